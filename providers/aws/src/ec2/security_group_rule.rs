//! `aws_security_group_rule`: traffic between the members of a security group and several others.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_ec2::types;
use plumb_engine::Schema;
use plumb_engine::diagnostic::{Diagnostic, Diagnostics};
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, ProviderError, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::permission_checks::{self, has_source};
use super::permissions::{
    Added, Detail, Direction, Permission, Permissions, Source, Traffic, add, describe, of_rule, remove, rules_of,
};
use crate::client::Aws;
use crate::wire::same::{protocol, protocol_name};
use crate::wire::{Check, hash};

const SOURCES: [&str; 5] = ["cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids", "self", "source_security_group_id"];

/// Rules of a security group for the same traffic, as earlier configurations declare them.
///
/// `aws_vpc_security_group_ingress_rule` and `aws_vpc_security_group_egress_rule` are the better choice: one object
/// each, with an id and tags of its own. A group whose rules are declared one by one declares none in the blocks of
/// `aws_security_group`. An import takes `GROUP_TYPE_PROTOCOL_FROM_TO_SOURCE[_SOURCE…]`, such as
/// `sg-1_ingress_tcp_80_80_10.0.0.0/8`.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct SecurityGroupRule {
    /// Group of the rules.
    #[attr(force_new)]
    pub security_group_id: String,
    /// `ingress` for traffic to the members, `egress` for traffic from them.
    #[attr(force_new)]
    pub r#type: String,
    /// `tcp`, `udp`, `icmp`, `icmpv6`, the number of a protocol, or `-1` for all.
    #[attr(force_new, same = protocol)]
    pub protocol: String,
    /// First port, or the type of ICMP with -1 for all; 0 when `protocol` is `-1`.
    #[attr(force_new)]
    pub from_port: i64,
    /// Last port, or the code of ICMP with -1 for all; 0 when `protocol` is `-1`.
    #[attr(force_new)]
    pub to_port: i64,
    /// IPv4 networks on the other side.
    #[attr(force_new)]
    pub cidr_blocks: Vec<String>,
    /// IPv6 networks on the other side.
    #[attr(force_new)]
    pub ipv6_cidr_blocks: Vec<String>,
    /// Managed prefix lists with the networks on the other side.
    #[attr(force_new)]
    pub prefix_list_ids: Vec<String>,
    /// Whether the members of the group itself are on the other side.
    #[attr(force_new, default = false)]
    #[serde(rename = "self")]
    pub itself: bool,
    /// Security group whose members are on the other side; `ACCOUNT/ID` for a group of another account.
    #[attr(force_new, optional, computed)]
    pub source_security_group_id: Option<String>,
    /// What the rules are for, at most 255 characters.
    pub description: Option<String>,
    /// Id that AWS gives the rule, `sgr-…`, when there is one source only.
    #[attr(computed)]
    pub security_group_rule_id: Option<String>,
}

impl Resource for SecurityGroupRule {
    type Client = Aws;
    const TYPE: &'static str = "aws_security_group_rule";
    const RECOGNITION: Recognition = Recognition::Arguments;
    const TIMEOUTS: Timeouts = Timeouts::minutes(5);
    const BATCH: usize = 1000;
    const POLL: Duration = Duration::from_secs(1);

    fn validate(config: &Value) -> Diagnostics {
        let mut check = Check::of(config);
        check.one_of("type", &["ingress", "egress"]);
        permission_checks::traffic(&mut check, "protocol");
        permission_checks::text(&mut check, "description");
        let mut found = check.found();
        found.extend(permission_checks::networks(config));
        found.extend(check_sources(config));
        found
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let doing = "creating aws_security_group_rule";
        let rules = match add(aws, self.of(), &self.permissions(), None, doing).await? {
            Added::Rules(rules) => rules,
            Added::Duplicate(error) => {
                return Err(error.help(format!(
                    "The group has such a rule. Import it as \"{}\", or remove the one that is declared twice.",
                    self.import_id()
                )));
            }
            Added::Full(error) => return Err(error),
        };
        let id = self.id();
        creation.made(&id);
        Ok(match self.observe(&Found::of(rules)) {
            Some(state) => Made::ready(id, state),
            None => Made::id(id),
        })
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let doing = "reading aws_security_group_rule";
        let wanted = objects.iter().map(|it| Ok((&it.id, wanted(it)?))).collect::<Result<Vec<_>>>()?;
        let groups: BTreeSet<String> = wanted.iter().map(|(_, it)| it.security_group_id.clone()).collect();
        let mut found: BTreeMap<(String, Direction), Vec<types::SecurityGroupRule>> = BTreeMap::new();
        for rule in rules_of(aws, groups, doing).await? {
            let direction = if rule.is_egress == Some(true) { Direction::Egress } else { Direction::Ingress };
            found.entry((rule.group_id.clone().unwrap_or_default(), direction)).or_default().push(rule);
        }
        let found: BTreeMap<_, _> = found.into_iter().map(|(of, rules)| (of, Found::of(rules))).collect();
        let seen = wanted.into_iter().filter_map(|(id, wanted)| {
            let of = (wanted.security_group_id.clone(), wanted.of().1);
            let state = wanted.observe(found.get(&of)?)?;
            Some(Observed::ready(wanted.id(), state).asked_as(id))
        });
        Ok(seen.collect())
    }

    async fn update(&self, aws: &Aws, _id: &str, prior: &Self) -> Result<()> {
        if self.description.as_deref().unwrap_or_default() == prior.description.as_deref().unwrap_or_default() {
            return Ok(());
        }
        describe(aws, self.of(), &self.permissions(), "changing aws_security_group_rule").await
    }

    async fn delete(&self, aws: &Aws, _id: &str) -> Result<()> {
        remove(aws, self.of(), &self.permissions(), "deleting aws_security_group_rule").await
    }

    async fn find(&self, aws: &Aws, _key: &IntentKey) -> Result<Option<Id>> {
        let prior = Prior { id: self.id(), state: Some(self.clone()) };
        let found = Self::read(aws, std::slice::from_ref(&prior)).await?;
        Ok(found.into_iter().next().map(|it| it.id))
    }
}

/// The rules of a group in one direction, by what tells them from each other, with their ids.
struct Found(BTreeMap<Permission, (Detail, Option<String>)>);

impl Found {
    fn of(rules: Vec<types::SecurityGroupRule>) -> Self {
        let rules = rules.into_iter().filter_map(|it| {
            let (permission, detail) = of_rule(&it)?;
            Some((permission, (detail, it.security_group_rule_id)))
        });
        Self(rules.collect())
    }
}

impl SecurityGroupRule {
    fn of(&self) -> (&str, Direction) {
        let direction = if self.r#type == "egress" { Direction::Egress } else { Direction::Ingress };
        (&self.security_group_id, direction)
    }

    fn permissions(&self) -> Permissions {
        let networks = self.cidr_blocks.iter().map(|it| (Source::ipv4(it), None));
        let ipv6 = self.ipv6_cidr_blocks.iter().map(|it| (Source::ipv6(it), None));
        let lists = self.prefix_list_ids.iter().map(|it| (Source::PrefixList(it.clone()), None));
        let group = self.source_security_group_id.iter().filter(|it| !it.is_empty()).map(|it| Source::group(it));
        let itself = self.itself.then(|| (Source::Group(self.security_group_id.clone()), None));
        let description = self.description.clone().unwrap_or_default();
        networks
            .chain(ipv6)
            .chain(lists)
            .chain(group)
            .chain(itself)
            .map(|(source, account)| (self.permission(source), Detail { description: description.clone(), account }))
            .collect()
    }

    fn permission(&self, source: Source) -> Permission {
        Permission { traffic: Traffic::new(&self.protocol, Some(self.from_port), Some(self.to_port)), source }
    }

    /// The object as far as its rules are there; `None` where none of them is.
    fn observe(&self, found: &Found) -> Option<Self> {
        let there = |source: Source| found.0.get(&self.permission(source));
        let rules: Vec<_> = self.permissions().into_keys().filter_map(|it| found.0.get(&it)).collect();
        if rules.is_empty() {
            return None;
        }
        let written = self.description.clone().unwrap_or_default();
        let described = rules.iter().map(|(detail, _)| &detail.description);
        let description = described.clone().find(|it| **it != written).unwrap_or(&written).clone();
        let mut state = self.clone();
        state.protocol = protocol_name(&self.protocol);
        state.description = Some(description).filter(|it| !it.is_empty());
        state.cidr_blocks.retain(|it| there(Source::ipv4(it)).is_some());
        state.ipv6_cidr_blocks.retain(|it| there(Source::ipv6(it)).is_some());
        state.prefix_list_ids.retain(|it| there(Source::PrefixList(it.clone())).is_some());
        state.source_security_group_id =
            state.source_security_group_id.filter(|it| there(Source::group(it).0).is_some());
        if self.itself {
            state.itself = there(Source::Group(self.security_group_id.clone())).is_some();
        }
        // Rules of a group that refer to it tell it as their source, as rules with any other group do.
        if state.itself {
            state.source_security_group_id = Some(self.security_group_id.clone());
        }
        state.security_group_rule_id = match rules.as_slice() {
            [(_, id)] => id.clone(),
            _ => None,
        };
        Some(state)
    }

    /// The id that Terraform's provider gives, so that states can be taken over.
    fn id(&self) -> Id {
        let Traffic { protocol, ports } = Traffic::new(&self.protocol, Some(self.from_port), Some(self.to_port));
        let mut text = format!("{}-", self.security_group_id);
        for port in ports.into_iter().flat_map(|(from, to)| [from, to]).filter(|it| *it > 0) {
            text.push_str(&format!("{port}-"));
        }
        text.push_str(&format!("{protocol}-{}-", self.r#type));
        for list in [&self.cidr_blocks, &self.ipv6_cidr_blocks, &self.prefix_list_ids] {
            let sorted: BTreeSet<&String> = list.iter().collect();
            sorted.into_iter().for_each(|it| text.push_str(&format!("{it}-")));
        }
        let groups = self.permissions().into_keys().filter_map(|it| match it.source {
            Source::Group(id) => Some(id),
            _ => None,
        });
        groups.for_each(|id| text.push_str(&format!("{id}--")));
        format!("sgrule-{}", hash::crc(&text))
    }

    fn import_id(&self) -> String {
        let Self { security_group_id, r#type, protocol, from_port, to_port, .. } = self;
        let lists = [&self.cidr_blocks, &self.ipv6_cidr_blocks, &self.prefix_list_ids];
        let sources = lists.into_iter().flatten().cloned();
        let group = if self.itself { Some("self".to_owned()) } else { self.source_security_group_id.clone() };
        let sources: Vec<String> = sources.chain(group).collect();
        let protocol = if protocol_name(protocol) == "-1" { "all" } else { protocol };
        format!("{security_group_id}_{type}_{protocol}_{from_port}_{to_port}_{}", sources.join("_"))
    }

    /// The rules that an import names.
    fn imported(id: &str) -> Option<Self> {
        let mut parts = id.split('_');
        let mut next = || parts.next();
        let (group, kind, protocol) = (next()?, next()?, next()?);
        let (from_port, to_port) = (next()?.parse().ok()?, next()?.parse().ok()?);
        if !group.starts_with("sg-") || !matches!(kind, "ingress" | "egress") {
            return None;
        }
        let mut rule = Self {
            security_group_id: group.to_owned(),
            r#type: kind.to_owned(),
            protocol: protocol_name(protocol),
            from_port,
            to_port,
            ..Self::default()
        };
        for source in parts {
            match source {
                "self" => rule.itself = true,
                it if it.contains("sg-") => rule.source_security_group_id = Some(it.to_owned()),
                it if it.starts_with("pl-") => rule.prefix_list_ids.push(it.to_owned()),
                it if it.contains(':') => rule.ipv6_cidr_blocks.push(it.to_owned()),
                it if it.contains('.') => rule.cidr_blocks.push(it.to_owned()),
                _ => return None,
            }
        }
        (!rule.permissions().is_empty()).then_some(rule)
    }
}

/// The rules to look for: those of the state, or those that an import names.
fn wanted(prior: &Prior<SecurityGroupRule>) -> Result<SecurityGroupRule> {
    let rule = prior.state.clone().filter(|it| !it.security_group_id.is_empty());
    rule.or_else(|| SecurityGroupRule::imported(&prior.id)).ok_or_else(|| {
        let message = format!("\"{}\" does not tell which rules are meant", prior.id);
        ProviderError::refused("reading aws_security_group_rule", message)
            .help("Write GROUP_TYPE_PROTOCOL_FROM_TO_SOURCE[_SOURCE…], such as sg-1_ingress_tcp_80_80_10.0.0.0/8.")
    })
}

fn check_sources(config: &Value) -> Diagnostics {
    let set = |names: &[&str]| has_source(config, names);
    let error = |detail: &str| Diagnostics::from(Diagnostic::error("Invalid combination of arguments", detail));
    if set(&SOURCES) == Some(false) {
        return error(
            "The rule names no other side. Set \"cidr_blocks\", \"ipv6_cidr_blocks\", \"prefix_list_ids\", \"self\" or \
             \"source_security_group_id\".",
        );
    }
    if set(&["source_security_group_id"]) == Some(true)
        && (set(&["cidr_blocks"]) == Some(true) || set(&["ipv6_cidr_blocks"]) == Some(true) || is_self(config))
    {
        return error(
            "\"source_security_group_id\" cannot stand together with \"cidr_blocks\", \"ipv6_cidr_blocks\" or \"self\". \
             Write a resource for each.",
        );
    }
    if is_self(config) && (set(&["cidr_blocks"]) == Some(true) || set(&["ipv6_cidr_blocks"]) == Some(true)) {
        return error("\"self\" cannot stand together with networks. Write a resource for each.");
    }
    Diagnostics::new()
}

fn is_self(config: &Value) -> bool {
    config.get("self").and_then(Value::as_bool) == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(group: &str, kind: &str, protocol: &str, ports: (i64, i64)) -> SecurityGroupRule {
        SecurityGroupRule {
            security_group_id: group.into(),
            r#type: kind.into(),
            protocol: protocol.into(),
            from_port: ports.0,
            to_port: ports.1,
            ..SecurityGroupRule::default()
        }
    }

    #[test]
    fn ids_are_those_of_terraform() {
        let networks = || vec!["10.0.0.0/8".to_owned()];
        let simple = SecurityGroupRule { cidr_blocks: networks(), ..rule("sg-12345", "ingress", "tcp", (80, 8000)) };
        assert_eq!(simple.id(), "sgrule-3403497314");
        let egress = SecurityGroupRule { cidr_blocks: networks(), ..rule("sg-12345", "egress", "6", (80, 8000)) };
        assert_eq!(egress.id(), "sgrule-1173186295");
        let all = SecurityGroupRule { cidr_blocks: networks(), ..rule("sg-12345", "egress", "-1", (0, 0)) };
        assert_eq!(all.id(), "sgrule-766323498");
    }

    #[test]
    fn imports_name_the_rules() {
        for id in [
            "sg-1_ingress_tcp_80_8000_10.1.0.0/16_10.2.0.0/16_2001:db8::/48_pl-1",
            "sg-1_egress_all_0_0_self",
            "sg-1_ingress_icmp_-1_-1_123456789012/sg-2",
        ] {
            assert_eq!(SecurityGroupRule::imported(id).unwrap().import_id(), id);
        }
        for wrong in ["sgrule-1", "sg-1_ingress_tcp_80_80", "sg-1_in_tcp_80_80_self", "sg-1_egress_tcp_x_80_self"] {
            assert!(SecurityGroupRule::imported(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn what_is_there_of_several_shows() {
        let own = SecurityGroupRule::imported("sg-1_ingress_tcp_80_80_10.1.0.0/16_10.2.0.0/16").unwrap();
        let found = |network: &str, id: &str| {
            types::SecurityGroupRule::builder()
                .ip_protocol("tcp")
                .from_port(80)
                .to_port(80)
                .cidr_ipv4(network)
                .description("web")
                .security_group_rule_id(id)
                .build()
        };
        let seen = own.observe(&Found::of(vec![found("10.2.0.0/16", "sgr-2"), found("10.9.0.0/16", "sgr-9")]));
        let seen = seen.unwrap();
        assert_eq!(seen.cidr_blocks, ["10.2.0.0/16"]);
        assert_eq!((seen.description.as_deref(), seen.security_group_rule_id.as_deref()), (Some("web"), Some("sgr-2")));
        assert!(own.observe(&Found::of(vec![found("10.9.0.0/16", "sgr-9")])).is_none());
    }

    #[test]
    fn sources_exclude_each_other() {
        let check = |id: &str| {
            let rule = SecurityGroupRule::imported(id).unwrap();
            check_sources(&plumb_engine::value::to_value(&rule).unwrap()).len()
        };
        assert_eq!(check("sg-1_ingress_tcp_80_80_10.1.0.0/16_pl-1"), 0);
        assert_eq!(check("sg-1_ingress_tcp_80_80_10.1.0.0/16_self"), 1);
        assert_eq!(check("sg-1_ingress_tcp_80_80_self_sg-2"), 1);
    }
}

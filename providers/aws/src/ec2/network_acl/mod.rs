//! `aws_network_acl`: a list of rules around subnets.

pub mod entry;
pub mod subnets;

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_ec2::types::{self, NetworkAclEntry, ResourceType};
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use self::entry::{Content, GONE, LAST, Place};
use super::{FILTER_VALUES, arn, by_intent, filter, has_intent, observed_tags, retag, tags_on_create};
use crate::client::Aws;
use crate::wire::{Absent, Check, Context, Tags, ids, pages, patiently, same, told};

/// A list of rules around subnets. Unlike security groups it has no memory: answers need rules of their own.
///
/// Rules are declared either in its `ingress` and `egress` blocks or one by one as `aws_network_acl_rule`, subnets either
/// in `subnet_ids` or one by one as `aws_network_acl_association`; never both for the same list.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct NetworkAcl {
    /// VPC of the list.
    #[attr(force_new)]
    pub vpc_id: String,
    /// Subnets that the list is for. One that is taken away gets the VPC's default list.
    #[attr(set, optional, computed)]
    pub subnet_ids: Vec<String>,
    /// Rules for traffic into subnets. When set, rules that others add are removed; `[]` allows nothing.
    #[attr(set, optional, computed, block_syntax)]
    pub ingress: Vec<Rule>,
    /// Rules for traffic out of subnets. When set, rules that others add are removed; `[]` allows nothing.
    #[attr(set, optional, computed, block_syntax)]
    pub egress: Vec<Rule>,
    /// ARN of the list.
    #[attr(computed)]
    pub arn: Option<String>,
    /// Account that owns the list.
    #[attr(computed)]
    pub owner_id: Option<String>,
    /// Tags of the list.
    pub tags: Tags,
    /// Tags of the list, with the provider's default tags.
    #[attr(computed)]
    pub tags_all: Tags,
}

/// A rule of a network ACL.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Rule {
    /// Number, 1 to 32766: the rule with the lowest one that matches decides.
    pub rule_no: Option<i64>,
    /// `allow` or `deny`.
    pub action: Option<String>,
    /// Protocol: `tcp`, `udp`, `icmp`, a number, or `-1` for all.
    pub protocol: Option<String>,
    /// First port; 0 for protocols without ports.
    pub from_port: Option<i64>,
    /// Last port; 0 for protocols without ports.
    pub to_port: Option<i64>,
    /// IPv4 network on the other side.
    pub cidr_block: Option<String>,
    /// IPv6 network on the other side.
    pub ipv6_cidr_block: Option<String>,
    /// Type of ICMP; -1 for all.
    pub icmp_type: Option<i64>,
    /// Code of ICMP; -1 for all.
    pub icmp_code: Option<i64>,
}

impl Resource for NetworkAcl {
    type Client = Aws;
    const TYPE: &'static str = "aws_network_acl";
    const RECOGNITION: Recognition = Recognition::Tag;
    const TIMEOUTS: Timeouts = Timeouts::minutes(5);
    const BATCH: usize = FILTER_VALUES;
    const POLL: Duration = Duration::from_secs(1);

    fn validate(config: &Value) -> Diagnostics {
        let mut found = Diagnostics::new();
        for name in ["ingress", "egress"] {
            for block in config.get(name).and_then(Value::as_slice).unwrap_or_default() {
                let mut check = Check::of(block);
                entry::validate(&mut check, "rule_no", "action");
                for name in ["rule_no", "action", "protocol", "from_port", "to_port"] {
                    if check.is_set(name) == Some(false) {
                        check.error(
                            name,
                            "is missing in a rule. For all traffic set protocol = \"-1\", from_port = 0, to_port = 0.",
                        );
                    }
                }
                found.extend(check.found());
            }
        }
        found
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let action = "creating aws_network_acl (CreateNetworkAcl)";
        let call = aws.ec2.create_network_acl().client_token(creation.key.as_str()).vpc_id(&self.vpc_id);
        let tags = tags_on_create(ResourceType::NetworkAcl, &self.tags_all, creation.key);
        let call = call.tag_specifications(tags);
        let made = patiently(super::VISIBLE, &["InvalidVpcID.NotFound"], || call.clone().send()).await;
        let id = told(made.context(action)?.network_acl.and_then(|it| it.network_acl_id), action)?;
        creation.made(&id);
        self.set_rules(aws, &id, &Self::default(), "creating aws_network_acl").await?;
        self.set_subnets(aws, &id, &Self::default(), "creating aws_network_acl").await?;
        Ok(Made::id(id))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let found = entry::acls(aws, ids(objects), "reading aws_network_acl").await?;
        let priors: BTreeMap<&str, &Self> =
            objects.iter().filter_map(|it| Some((it.id.as_str(), it.state.as_ref()?))).collect();
        let seen = found.into_iter().filter_map(|it| {
            let prior = priors.get(it.network_acl_id.as_deref()?).copied();
            Self::observe(aws, it, prior)
        });
        Ok(seen.collect())
    }

    async fn update(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        self.set_rules(aws, id, prior, "changing aws_network_acl").await?;
        self.set_subnets(aws, id, prior, "changing aws_network_acl").await?;
        retag(aws, id, &prior.tags_all, &self.tags_all).await
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        let doing = "deleting aws_network_acl";
        let none = Self { vpc_id: self.vpc_id.clone(), ..Self::default() };
        none.set_subnets(aws, id, self, doing).await?;
        let call = || aws.ec2.delete_network_acl().network_acl_id(id).send();
        let done = patiently(Self::TIMEOUTS.delete, &["DependencyViolation"], call).await;
        done.absent(&format!("{doing} (DeleteNetworkAcl)"), GONE).map(drop)
    }

    async fn find(&self, aws: &Aws, key: &IntentKey) -> Result<Option<Id>> {
        let call = aws.ec2.describe_network_acls().filters(by_intent(key));
        let found: Vec<types::NetworkAcl> = pages!(call, "finding aws_network_acl (DescribeNetworkAcls)")?;
        Ok(found.into_iter().filter(|it| has_intent(it.tags(), key)).find_map(|it| it.network_acl_id))
    }

    async fn list(aws: &Aws) -> Result<Vec<Id>> {
        let call = aws.ec2.describe_network_acls().filters(filter("default", ["false"]));
        let found: Vec<types::NetworkAcl> = pages!(call, "listing aws_network_acl (DescribeNetworkAcls)")?;
        Ok(found.into_iter().filter_map(|it| it.network_acl_id).collect())
    }
}

impl NetworkAcl {
    /// Makes, changes and removes rules, so that those of `prior` become those of `self`.
    async fn set_rules(&self, aws: &Aws, id: &str, prior: &Self, doing: &str) -> Result<()> {
        for (egress, now, before) in [(false, &self.ingress, &prior.ingress), (true, &self.egress, &prior.egress)] {
            let (now, before) = (contents(now), contents(before));
            let place = |number| Place { acl: id, egress, number };
            for number in before.keys().filter(|it| !now.contains_key(it)) {
                entry::delete(aws, place(*number), doing).await?;
            }
            for (number, content) in &now {
                match before.get(number) {
                    Some(before) if before.is(content) => {}
                    Some(_) => entry::replace(aws, place(*number), content, doing).await?,
                    None => entry::create(aws, place(*number), content, doing).await?,
                }
            }
        }
        Ok(())
    }

    async fn set_subnets(&self, aws: &Aws, id: &str, prior: &Self, doing: &str) -> Result<()> {
        let removed: Vec<_> = prior.subnet_ids.iter().filter(|it| !self.subnet_ids.contains(it)).cloned().collect();
        if !removed.is_empty() {
            let found = subnets::acls_of(aws, removed.clone(), doing).await?;
            let all = found.into_iter().flat_map(|it| it.associations.unwrap_or_default());
            // One that has got another list meanwhile is left alone.
            let ours = all.filter(|it| it.network_acl_id() == Some(id));
            let ours = ours.filter(|it| it.subnet_id().is_some_and(|it| removed.iter().any(|removed| removed == it)));
            for association in ours.filter_map(|it| it.network_acl_association_id) {
                subnets::release(aws, &association, &self.vpc_id, doing).await?;
            }
        }
        for subnet in self.subnet_ids.iter().filter(|it| !prior.subnet_ids.contains(it)) {
            subnets::associate(aws, subnet, id, doing).await?;
        }
        Ok(())
    }

    fn observe(aws: &Aws, acl: types::NetworkAcl, prior: Option<&Self>) -> Option<Observed<Self>> {
        let id = acl.network_acl_id?;
        let owner = acl.owner_id.clone().unwrap_or_default();
        let (egress, ingress): (Vec<_>, Vec<_>) =
            acl.entries.unwrap_or_default().into_iter().partition(|it| it.egress == Some(true));
        let subnets = acl.associations.unwrap_or_default().into_iter().filter_map(|it| it.subnet_id);
        let state = Self {
            vpc_id: acl.vpc_id.unwrap_or_default(),
            subnet_ids: subnets.collect(),
            ingress: rules(&ingress, prior.map_or(&[], |it| &it.ingress)),
            egress: rules(&egress, prior.map_or(&[], |it| &it.egress)),
            arn: Some(arn(aws, &owner, &format!("network-acl/{id}"))),
            owner_id: acl.owner_id,
            tags: Tags::new(),
            tags_all: observed_tags(acl.tags),
        };
        Some(Observed::ready(id, state))
    }
}

impl Rule {
    fn content(&self) -> Content {
        let text = |it: &Option<String>| it.clone().unwrap_or_default();
        Content::new(
            (&text(&self.action), &text(&self.protocol)),
            (self.cidr_block.as_ref(), self.ipv6_cidr_block.as_ref()),
            (self.from_port, self.to_port),
            (self.icmp_type, self.icmp_code),
        )
    }

    /// A rule that nobody has written yet, in the words that most configurations have for it.
    fn observe(entry: &NetworkAclEntry) -> Self {
        let Content { action, protocol, cidr, ipv6, ports, icmp } = Content::of(entry);
        let (from, to) = ports.unwrap_or_default();
        let (icmp_type, icmp_code) = icmp.unzip();
        Self {
            rule_no: entry.rule_number.map(i64::from),
            action: Some(action),
            protocol: Some(same::protocol_name(&protocol)),
            from_port: Some(from),
            to_port: Some(to),
            cidr_block: cidr,
            ipv6_cidr_block: ipv6,
            icmp_type,
            icmp_code,
        }
    }
}

fn contents(rules: &[Rule]) -> BTreeMap<i64, Content> {
    rules.iter().filter_map(|it| Some((it.rule_no?, it.content()))).collect()
}

/// The rules that were found, in the words of `prior` where it has the same.
fn rules(found: &[NetworkAclEntry], prior: &[Rule]) -> Vec<Rule> {
    let own = found.iter().filter(|it| it.rule_number.is_some_and(|it| i64::from(it) <= LAST));
    let rule = |entry: &NetworkAclEntry| {
        let number = entry.rule_number.map(i64::from);
        let known = prior.iter().find(|it| it.rule_no == number && it.content().is(&Content::of(entry)));
        known.cloned().unwrap_or_else(|| Rule::observe(entry))
    };
    own.map(rule).collect()
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::{PortRange, RuleAction};

    use super::*;

    #[test]
    fn rules_keep_their_words_and_the_last_one_is_not_shown() {
        let entry = |number: i32| {
            let entry = NetworkAclEntry::builder().rule_number(number).rule_action(RuleAction::Allow).egress(false);
            let ports = PortRange::builder().from(443).to(443).build();
            entry.protocol("6").cidr_block("0.0.0.0/0").port_range(ports).build()
        };
        let written = Rule {
            rule_no: Some(100),
            action: Some("allow".into()),
            protocol: Some("tcp".into()),
            from_port: Some(443),
            to_port: Some(443),
            cidr_block: Some("0.0.0.0/0".into()),
            ..Rule::default()
        };
        let found = rules(&[entry(100), entry(110), entry(32767)], std::slice::from_ref(&written));
        assert_eq!(found.len(), 2);
        assert_eq!(found[0], written);
        assert_eq!(found[1], Rule { rule_no: Some(110), ..written });
    }
}

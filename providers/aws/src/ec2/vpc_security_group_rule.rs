//! Rules of security groups that allow one source or destination each, in either direction.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::time::Duration;

use aws_sdk_ec2::types::{self, ResourceType, SecurityGroupRuleRequest, SecurityGroupRuleUpdate};
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, PlannedChange, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::permissions::{
    Added, Detail, Direction, Permission, Permissions, Source, Traffic, add, group_text, of_rule, remove_rules,
};
use super::{
    FILTER_VALUES, arn, by_intent, filter, has_intent, observed_tags, permission_checks, retag, tags_on_create,
};
use crate::client::Aws;
use crate::wire::same::protocol_name;
use crate::wire::{Check, Context, Tags, ids, pages, plan, same, told};

const SOURCES: [&str; 4] = ["cidr_ipv4", "cidr_ipv6", "prefix_list_id", "referenced_security_group_id"];

/// How many rules one page of an answer holds.
const PAGE: i32 = 1000;

/// Which of the two types a rule is of.
pub trait Side: Clone + Default + Send + Sync + 'static {
    /// Name of the type.
    const TYPE: &'static str;
    /// Which way traffic goes.
    const DIRECTION: Direction;
}

/// A rule of a security group for traffic with one other side: where ingress comes from, or where egress goes.
///
/// A group whose rules are declared one by one declares none in the blocks of `aws_security_group`.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct VpcSecurityGroupRule<S> {
    /// Group of the rule.
    #[attr(force_new)]
    pub security_group_id: String,
    /// `tcp`, `udp`, `icmp`, `icmpv6`, the number of a protocol, or `-1` for all.
    #[attr(same = same::protocol)]
    pub ip_protocol: String,
    /// First port, or the type of ICMP with -1 for all; left out when `ip_protocol` is `-1`.
    pub from_port: Option<i64>,
    /// Last port, or the code of ICMP with -1 for all; left out when `ip_protocol` is `-1`.
    pub to_port: Option<i64>,
    /// The other side: an IPv4 network such as `10.0.0.0/8`. One of the four must be set; another of them means
    /// another rule.
    #[attr(same = same::cidr)]
    pub cidr_ipv4: Option<String>,
    /// The other side: an IPv6 network such as `2001:db8::/56`.
    #[attr(same = same::cidr)]
    pub cidr_ipv6: Option<String>,
    /// The other side: the networks of a managed prefix list.
    pub prefix_list_id: Option<String>,
    /// The other side: the members of a security group, which may be the rule's own; `ACCOUNT/ID` for a group of
    /// another account.
    pub referenced_security_group_id: Option<String>,
    /// What the rule is for, at most 255 characters.
    pub description: Option<String>,
    /// ARN of the rule.
    #[attr(computed)]
    pub arn: Option<String>,
    /// Id of the rule: `sgr-…`.
    #[attr(computed)]
    pub security_group_rule_id: Option<String>,
    /// Tags of the rule.
    pub tags: Tags,
    /// Tags of the rule, with the provider's default tags.
    #[attr(computed)]
    pub tags_all: Tags,
    #[serde(skip)]
    side: PhantomData<S>,
}

impl<S: Side> Resource for VpcSecurityGroupRule<S> {
    type Client = Aws;
    const TYPE: &'static str = S::TYPE;
    const RECOGNITION: Recognition = Recognition::Tag;
    const TIMEOUTS: Timeouts = Timeouts::minutes(5);
    const BATCH: usize = FILTER_VALUES;
    const POLL: Duration = Duration::from_secs(1);

    fn validate(config: &Value) -> Diagnostics {
        let mut check = Check::of(config);
        check.exactly_one(&SOURCES).ipv4_network("cidr_ipv4").ipv6_network("cidr_ipv6");
        permission_checks::traffic(&mut check, "ip_protocol");
        permission_checks::text(&mut check, "description");
        check.found()
    }

    fn plan(change: &mut PlannedChange, _client: Option<&Aws>) -> Diagnostics {
        let kind = |object: &Value| SOURCES.into_iter().find(|name| object.get(name).is_some_and(|it| !it.is_null()));
        // AWS changes what is in a rule, but not of which kind its other side is.
        if let (Some(then), Some(now)) = (kind(&change.prior), kind(&change.planned))
            && then != now
        {
            plan::replace(change, now);
        }
        Diagnostics::new()
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let doing = format!("creating {}", S::TYPE);
        let tags = tags_on_create(ResourceType::SecurityGroupRule, &self.tags_all, creation.key);
        let of = (self.security_group_id.as_str(), S::DIRECTION);
        let made = match add(aws, of, &Permissions::from([self.permission()]), Some(tags), &doing).await? {
            Added::Rules(rules) => told(rules.into_iter().next(), &doing)?,
            Added::Duplicate(error) => {
                // The first answer of a repetition may have been lost; any other rule is not ours.
                let Some(id) = self.find(aws, creation.key).await? else {
                    return Err(error.help(
                        "The group has such a rule. Import it by its id (sgr-…), or remove the one that is declared twice.",
                    ));
                };
                creation.made(&id);
                return Ok(Made::id(id));
            }
            Added::Full(error) => return Err(error),
        };
        let account = account(aws, std::slice::from_ref(&made)).await?;
        let made = told(Self::observe(aws, made, Some(self), account), &doing)?;
        creation.made(&made.id);
        Ok(Made::ready(made.id, made.state))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let found = found(aws, ("security-group-rule-id", ids(objects)), &format!("reading {}", S::TYPE)).await?;
        let priors: BTreeMap<&str, &Self> =
            objects.iter().filter_map(|it| Some((it.id.as_str(), it.state.as_ref()?))).collect();
        let account = account(aws, &found).await?;
        let seen = found.into_iter().filter_map(|it| {
            let prior = priors.get(it.security_group_rule_id.as_deref()?).copied();
            Self::observe(aws, it, prior, account)
        });
        Ok(seen.collect())
    }

    async fn update(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        if self.permission() != prior.permission() {
            let rule = SecurityGroupRuleUpdate::builder().security_group_rule_id(id);
            let rule = rule.security_group_rule(self.request()).build();
            let call = aws.ec2.modify_security_group_rules().group_id(&self.security_group_id);
            let done = call.security_group_rules(rule).send().await;
            done.context(&format!("changing {} (ModifySecurityGroupRules)", S::TYPE))?;
        }
        retag(aws, id, &prior.tags_all, &self.tags_all).await
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        let of = (self.security_group_id.as_str(), S::DIRECTION);
        remove_rules(aws, of, vec![id.to_owned()], &format!("deleting {}", S::TYPE)).await
    }

    async fn find(&self, aws: &Aws, key: &IntentKey) -> Result<Option<Id>> {
        let call = aws.ec2.describe_security_group_rules().filters(by_intent(key));
        let action = format!("finding {} (DescribeSecurityGroupRules)", S::TYPE);
        let found: Vec<types::SecurityGroupRule> = pages!(call, &action)?;
        Ok(found.into_iter().filter(|it| has_intent(it.tags(), key)).find_map(|it| it.security_group_rule_id))
    }

    async fn list(aws: &Aws) -> Result<Vec<Id>> {
        let call = aws.ec2.describe_security_group_rules().max_results(PAGE);
        let action = format!("listing {} (DescribeSecurityGroupRules)", S::TYPE);
        let found: Vec<types::SecurityGroupRule> = pages!(call, &action)?;
        let found = found.into_iter().filter(|it| direction(it) == S::DIRECTION);
        Ok(found.filter_map(|it| it.security_group_rule_id).collect())
    }
}

impl<S: Side> VpcSecurityGroupRule<S> {
    fn observe(
        aws: &Aws,
        rule: types::SecurityGroupRule,
        prior: Option<&Self>,
        account: &str,
    ) -> Option<Observed<Self>> {
        if direction(&rule) != S::DIRECTION {
            return None;
        }
        let (permission, detail) = of_rule(&rule)?;
        let id = rule.security_group_rule_id?;
        let owner = rule.group_owner_id.unwrap_or_else(|| account.to_owned());
        let (from_port, to_port) = ports(&permission.traffic, prior.map(|it| (it.from_port, it.to_port)));
        let mut state = Self {
            security_group_id: rule.group_id.unwrap_or_default(),
            ip_protocol: permission.traffic.protocol.clone(),
            from_port,
            to_port,
            description: rule.description,
            arn: rule.security_group_rule_arn.or_else(|| Some(arn(aws, &owner, &format!("security-group-rule/{id}")))),
            security_group_rule_id: Some(id.clone()),
            tags_all: observed_tags(rule.tags),
            ..Self::default()
        };
        match permission.source {
            Source::Ipv4(network) => state.cidr_ipv4 = Some(network),
            Source::Ipv6(network) => state.cidr_ipv6 = Some(network),
            Source::PrefixList(list) => state.prefix_list_id = Some(list),
            Source::Group(group) => {
                let written = prior.and_then(|it| it.referenced_security_group_id.clone());
                let written = written.filter(|it| Source::group(it).0 == Source::Group(group.clone()));
                let text = || group_text(&group, detail.account.as_deref(), &owner);
                state.referenced_security_group_id = Some(written.unwrap_or_else(text));
            }
        }
        Some(Observed::ready(id, state))
    }

    fn permission(&self) -> (Permission, Detail) {
        let (source, account) = match (&self.cidr_ipv4, &self.cidr_ipv6, &self.prefix_list_id) {
            (Some(network), _, _) => (Source::ipv4(network), None),
            (_, Some(network), _) => (Source::ipv6(network), None),
            (_, _, Some(list)) => (Source::PrefixList(list.clone()), None),
            _ => Source::group(self.referenced_security_group_id.as_deref().unwrap_or_default()),
        };
        let traffic = Traffic::new(&self.ip_protocol, self.from_port, self.to_port);
        (Permission { traffic, source }, Detail { description: self.description.clone().unwrap_or_default(), account })
    }

    /// The rule as it is to be: what a change leaves out would be taken away.
    fn request(&self) -> SecurityGroupRuleRequest {
        let (Permission { traffic, source }, detail) = self.permission();
        let request = SecurityGroupRuleRequest::builder()
            .ip_protocol(&traffic.protocol)
            .set_from_port(traffic.ports.map(|(from, _)| from))
            .set_to_port(traffic.ports.map(|(_, to)| to))
            .description(detail.description);
        match source {
            Source::Ipv4(network) => request.cidr_ipv4(network),
            Source::Ipv6(network) => request.cidr_ipv6(network),
            Source::PrefixList(list) => request.prefix_list_id(list),
            Source::Group(group) => request.referenced_group_id(group),
        }
        .build()
    }
}

/// Ports as the configuration writes them where they mean nothing, else as they are.
fn ports(traffic: &Traffic, written: Option<(Option<i64>, Option<i64>)>) -> (Option<i64>, Option<i64>) {
    let same = |it: &(Option<i64>, Option<i64>)| Traffic::new(&traffic.protocol, it.0, it.1) == *traffic;
    if let Some(written) = written.filter(same) {
        return written;
    }
    match traffic.ports {
        Some((from, to)) if matches!(protocol_name(&traffic.protocol).as_str(), "tcp" | "udp" | "icmp" | "icmpv6") => {
            (Some(from.into()), Some(to.into()))
        }
        _ => (None, None),
    }
}

/// The account of groups whose owner the answer does not tell; empty where it tells them all.
async fn account<'a>(aws: &'a Aws, rules: &[types::SecurityGroupRule]) -> Result<&'a str> {
    if rules.iter().all(|it| it.group_owner_id.is_some()) { Ok("") } else { aws.account().await }
}

async fn found(aws: &Aws, (name, values): (&str, Vec<String>), doing: &str) -> Result<Vec<types::SecurityGroupRule>> {
    let call = aws.ec2.describe_security_group_rules().filters(filter(name, values)).max_results(PAGE);
    pages!(call, &format!("{doing} (DescribeSecurityGroupRules)"))
}

fn direction(rule: &types::SecurityGroupRule) -> Direction {
    if rule.is_egress == Some(true) { Direction::Egress } else { Direction::Ingress }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_without_meaning_are_as_written() {
        let all = Traffic::new("-1", None, None);
        assert_eq!(ports(&all, Some((Some(0), Some(0)))), (Some(0), Some(0)));
        assert_eq!(ports(&all, Some((None, None))), (None, None));
        assert_eq!(ports(&all, None), (None, None));
        let web = Traffic::new("tcp", Some(80), Some(81));
        assert_eq!(ports(&web, Some((Some(80), Some(80)))), (Some(80), Some(81)));
        let ping = Traffic::new("icmpv6", Some(-1), Some(-1));
        assert_eq!(ports(&ping, Some((None, None))), (None, None));
        assert_eq!(ports(&ping, None), (Some(-1), Some(-1)));
    }
}

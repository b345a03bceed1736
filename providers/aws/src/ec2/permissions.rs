//! Permissions of security groups: what one source may do, as AWS keeps them, and the calls that change them.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{
    IpPermission, IpRange, Ipv6Range, PrefixListId, SecurityGroupRule, TagSpecification, UserIdGroupPair,
};
use plumb_engine::provider::ProviderError;
use plumb_engine::provider::typed::Result;

use super::{FILTER_VALUES, VISIBLE, filter};
use crate::client::Aws;
use crate::wire::error::CallError;
use crate::wire::same::protocol_name;
use crate::wire::{Absent, Context, code, each, pages, patiently};

/// Codes of a group that does not exist.
pub const GROUP_GONE: &[&str] = &["InvalidGroup.NotFound", "InvalidGroupId.NotFound"];

/// Codes of a rule that does not exist, whether it is named by its id or by its content.
const RULE_GONE: &[&str] = &[
    "InvalidPermission.NotFound",
    "InvalidSecurityGroupRuleId.NotFound",
    "InvalidGroup.NotFound",
    "InvalidGroupId.NotFound",
];

const DUPLICATE: &str = "InvalidPermission.Duplicate";
const FULL: &str = "RulesPerSecurityGroupLimitExceeded";

/// How many rules one page of an answer holds.
const PAGE: i32 = 1000;

/// Which way traffic goes, as seen from the group's members.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// To them.
    Ingress,
    /// From them.
    Egress,
}

/// What may be done by one source, or to one destination. AWS keeps no two of the same in a group and direction.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Permission {
    /// The traffic.
    pub traffic: Traffic,
    /// The other side.
    pub source: Source,
}

/// A protocol with its ports.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Traffic {
    /// `tcp`, `udp`, `icmp`, `icmpv6`, the number of another protocol, or `-1` for all.
    pub protocol: String,
    /// First and last port, or type and code of ICMP; `None` for all protocols.
    pub ports: Option<(i32, i32)>,
}

/// The other side of a permission.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// An IPv4 network.
    Ipv4(String),
    /// An IPv6 network.
    Ipv6(String),
    /// A managed prefix list, by its id.
    PrefixList(String),
    /// Members of a security group, by its id.
    Group(String),
}

/// What a permission has besides what tells it from others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Detail {
    /// What it is for; empty for none.
    pub description: String,
    /// Account of a source group, where it is told.
    pub account: Option<String>,
}

/// Permissions of one group and direction.
pub type Permissions = BTreeMap<Permission, Detail>;

impl Traffic {
    /// Traffic in one form, however it is written: protocols by name, ports only where they have a meaning.
    pub fn new(protocol: &str, from: Option<i64>, to: Option<i64>) -> Self {
        let protocol = protocol_name(protocol);
        let number = |port: Option<i64>, none: i32| port.and_then(|it| i32::try_from(it).ok()).unwrap_or(none);
        let ports = match protocol.as_str() {
            "-1" => None,
            "tcp" | "udp" => Some((number(from, 0), number(to, 0))),
            "icmp" | "icmpv6" => Some((number(from, -1), number(to, -1))),
            // Other protocols have no ports: AWS takes any and opens all.
            _ => Some((number(from, 0).max(0), number(to, 0).max(0))),
        };
        Self { protocol, ports }
    }
}

impl Source {
    /// An IPv4 network in AWS's spelling.
    pub fn ipv4(network: &str) -> Self {
        Self::Ipv4(canonical(network))
    }

    /// An IPv6 network in AWS's spelling.
    pub fn ipv6(network: &str) -> Self {
        Self::Ipv6(canonical(network))
    }

    /// A group, written as its id or as `ACCOUNT/ID`, with its account.
    pub fn group(text: &str) -> (Self, Option<String>) {
        match text.split_once('/') {
            Some((account, id)) => (Self::Group(id.to_owned()), Some(account.to_owned())),
            None => (Self::Group(text.to_owned()), None),
        }
    }
}

/// A group as configurations write it: `ACCOUNT/ID` when it belongs to another account than `owner`.
pub fn group_text(id: &str, account: Option<&str>, owner: &str) -> String {
    match account.filter(|it| !it.is_empty() && *it != owner) {
        Some(account) => format!("{account}/{id}"),
        None => id.to_owned(),
    }
}

/// Permissions as the answer for a group tells them.
pub fn of_group(told: Option<Vec<IpPermission>>) -> Permissions {
    let mut all = Permissions::new();
    for it in told.unwrap_or_default() {
        let traffic = Traffic::new(
            it.ip_protocol.as_deref().unwrap_or_default(),
            it.from_port.map(i64::from),
            it.to_port.map(i64::from),
        );
        let mut add = |source: Source, description: Option<String>, account: Option<String>| {
            let detail = Detail { description: description.unwrap_or_default(), account };
            all.insert(Permission { traffic: traffic.clone(), source }, detail);
        };
        for it in it.ip_ranges.unwrap_or_default() {
            add(Source::ipv4(&it.cidr_ip.unwrap_or_default()), it.description, None);
        }
        for it in it.ipv6_ranges.unwrap_or_default() {
            add(Source::ipv6(&it.cidr_ipv6.unwrap_or_default()), it.description, None);
        }
        for it in it.prefix_list_ids.unwrap_or_default() {
            add(Source::PrefixList(it.prefix_list_id.unwrap_or_default()), it.description, None);
        }
        for it in it.user_id_group_pairs.unwrap_or_default() {
            add(Source::Group(it.group_id.unwrap_or_default()), it.description, it.user_id);
        }
    }
    all
}

/// The permission of a rule; `None` where the answer does not tell the other side.
pub fn of_rule(rule: &SecurityGroupRule) -> Option<(Permission, Detail)> {
    let group = rule.referenced_group_info.as_ref();
    let (source, account) = if let Some(network) = &rule.cidr_ipv4 {
        (Source::ipv4(network), None)
    } else if let Some(network) = &rule.cidr_ipv6 {
        (Source::ipv6(network), None)
    } else if let Some(list) = &rule.prefix_list_id {
        (Source::PrefixList(list.clone()), None)
    } else {
        (Source::Group(group?.group_id.clone()?), group?.user_id.clone())
    };
    let protocol = rule.ip_protocol.as_deref().unwrap_or_default();
    let traffic = Traffic::new(protocol, rule.from_port.map(i64::from), rule.to_port.map(i64::from));
    let detail = Detail { description: rule.description.clone().unwrap_or_default(), account };
    Some((Permission { traffic, source }, detail))
}

/// All rules of groups, as many groups per call as its filter takes.
///
/// # Errors
/// A call is refused.
pub async fn rules_of(aws: &Aws, groups: BTreeSet<String>, doing: &str) -> Result<Vec<SecurityGroupRule>> {
    let action = format!("{doing} (DescribeSecurityGroupRules)");
    let groups: Vec<String> = groups.into_iter().collect();
    let calls = groups.chunks(FILTER_VALUES).map(|it| {
        let call = aws.ec2.describe_security_group_rules().max_results(PAGE);
        (call.filters(filter("group-id", it.to_vec())), action.clone())
    });
    let read = each(calls.collect::<Vec<_>>(), |(call, action)| async move {
        let found: Vec<SecurityGroupRule> = pages!(call, &action)?;
        Ok(found)
    });
    Ok(read.await?.into_iter().flatten().collect())
}

/// What became of permissions that were to be added.
pub enum Added {
    /// They are rules now.
    Rules(Vec<SecurityGroupRule>),
    /// The group has at least one of them already; none was added.
    Duplicate(ProviderError),
    /// The group has no room for them; none was added.
    Full(ProviderError),
}

/// Adds permissions in one call; `doing` is what is being done: "creating aws_security_group".
///
/// # Errors
/// The call is refused for another reason than those of [`Added`].
pub async fn add(
    aws: &Aws,
    (group, direction): (&str, Direction),
    permissions: &Permissions,
    tags: Option<TagSpecification>,
    doing: &str,
) -> Result<Added> {
    let (list, tags) = (listed(permissions), tags.map(|it| vec![it]));
    match direction {
        Direction::Ingress => {
            let call = aws.ec2.authorize_security_group_ingress().group_id(group);
            let call = call.set_ip_permissions(Some(list)).set_tag_specifications(tags);
            let done = patiently(VISIBLE, GROUP_GONE, || call.clone().send()).await;
            let action = format!("{doing} (AuthorizeSecurityGroupIngress)");
            added(done.map(|it| it.security_group_rules), &action)
        }
        Direction::Egress => {
            let call = aws.ec2.authorize_security_group_egress().group_id(group);
            let call = call.set_ip_permissions(Some(list)).set_tag_specifications(tags);
            let done = patiently(VISIBLE, GROUP_GONE, || call.clone().send()).await;
            let action = format!("{doing} (AuthorizeSecurityGroupEgress)");
            added(done.map(|it| it.security_group_rules), &action)
        }
    }
}

fn added<E>(answer: std::result::Result<Option<Vec<SecurityGroupRule>>, CallError<E>>, action: &str) -> Result<Added>
where
    E: aws_smithy_types::error::metadata::ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let refusal = answer.as_ref().err().and_then(code).map(str::to_owned);
    match (answer.context(action), refusal.as_deref()) {
        (Ok(rules), _) => Ok(Added::Rules(rules.unwrap_or_default())),
        (Err(error), Some(DUPLICATE)) => Ok(Added::Duplicate(error)),
        (Err(error), Some(FULL)) => Ok(Added::Full(error)),
        (Err(error), _) => Err(error),
    }
}

/// Removes permissions in one call, or one by one when some of them are gone already.
///
/// # Errors
/// A call is refused.
pub async fn remove(
    aws: &Aws,
    (group, direction): (&str, Direction),
    permissions: &Permissions,
    doing: &str,
) -> Result<()> {
    if permissions.is_empty() || remove_listed(aws, (group, direction), listed(permissions), doing).await? {
        return Ok(());
    }
    if permissions.len() > 1 {
        // AWS removes none of them when it does not know one.
        for (permission, detail) in permissions {
            let one = listed(&Permissions::from([(permission.clone(), detail.clone())]));
            remove_listed(aws, (group, direction), one, doing).await?;
        }
    }
    Ok(())
}

/// Whether all were there.
async fn remove_listed(
    aws: &Aws,
    (group, direction): (&str, Direction),
    list: Vec<IpPermission>,
    doing: &str,
) -> Result<bool> {
    let list = Some(list);
    match direction {
        Direction::Ingress => {
            let call = aws.ec2.revoke_security_group_ingress().group_id(group).set_ip_permissions(list);
            let done = call.send().await.absent(&format!("{doing} (RevokeSecurityGroupIngress)"), RULE_GONE)?;
            Ok(done.is_some())
        }
        Direction::Egress => {
            let call = aws.ec2.revoke_security_group_egress().group_id(group).set_ip_permissions(list);
            let done = call.send().await.absent(&format!("{doing} (RevokeSecurityGroupEgress)"), RULE_GONE)?;
            Ok(done.is_some())
        }
    }
}

/// Removes rules by their ids; one that is gone is a success where it is the only one.
///
/// # Errors
/// The call is refused.
pub async fn remove_rules(
    aws: &Aws,
    (group, direction): (&str, Direction),
    ids: Vec<String>,
    doing: &str,
) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let ids = Some(ids);
    match direction {
        Direction::Ingress => {
            let call = aws.ec2.revoke_security_group_ingress().group_id(group).set_security_group_rule_ids(ids);
            call.send().await.absent(&format!("{doing} (RevokeSecurityGroupIngress)"), RULE_GONE)?;
        }
        Direction::Egress => {
            let call = aws.ec2.revoke_security_group_egress().group_id(group).set_security_group_rule_ids(ids);
            call.send().await.absent(&format!("{doing} (RevokeSecurityGroupEgress)"), RULE_GONE)?;
        }
    }
    Ok(())
}

/// Changes the descriptions of permissions that are there.
///
/// # Errors
/// The call is refused.
pub async fn describe(
    aws: &Aws,
    (group, direction): (&str, Direction),
    permissions: &Permissions,
    doing: &str,
) -> Result<()> {
    let list = Some(listed(permissions));
    match direction {
        Direction::Ingress => {
            let call = aws.ec2.update_security_group_rule_descriptions_ingress().group_id(group);
            let done = call.set_ip_permissions(list).send().await;
            done.context(&format!("{doing} (UpdateSecurityGroupRuleDescriptionsIngress)")).map(drop)
        }
        Direction::Egress => {
            let call = aws.ec2.update_security_group_rule_descriptions_egress().group_id(group);
            let done = call.set_ip_permissions(list).send().await;
            done.context(&format!("{doing} (UpdateSecurityGroupRuleDescriptionsEgress)")).map(drop)
        }
    }
}

/// Turns the permissions `prior` of a group into `now`. New ones are added before old ones are removed, so that
/// traffic that both allow is never cut; only a group without room loses the old ones first.
///
/// # Errors
/// A call is refused.
pub async fn replace(
    aws: &Aws,
    of: (&str, Direction),
    prior: &Permissions,
    now: &Permissions,
    doing: &str,
) -> Result<()> {
    let new = only(now, |it, _| !prior.contains_key(it));
    let old = only(prior, |it, _| !now.contains_key(it));
    let told = only(now, |it, detail| prior.get(it).is_some_and(|then| then.description != detail.description));
    if !new.is_empty() {
        match add(aws, of, &new, None, doing).await? {
            Added::Rules(_) => {}
            Added::Duplicate(_) => add_missing(aws, of, &new, doing).await?,
            Added::Full(error) if old.is_empty() => return Err(error),
            Added::Full(_) => {
                remove(aws, of, &old, doing).await?;
                return match add(aws, of, &new, None, doing).await? {
                    Added::Rules(_) => redescribe(aws, of, &told, doing).await,
                    Added::Duplicate(error) | Added::Full(error) => Err(error),
                };
            }
        }
    }
    remove(aws, of, &old, doing).await?;
    redescribe(aws, of, &told, doing).await
}

async fn redescribe(aws: &Aws, of: (&str, Direction), told: &Permissions, doing: &str) -> Result<()> {
    if told.is_empty() { Ok(()) } else { describe(aws, of, told, doing).await }
}

/// Adds permissions one by one; those that are there keep their rule and get the description.
async fn add_missing(aws: &Aws, of: (&str, Direction), permissions: &Permissions, doing: &str) -> Result<()> {
    for (permission, detail) in permissions {
        let one = Permissions::from([(permission.clone(), detail.clone())]);
        match add(aws, of, &one, None, doing).await? {
            Added::Rules(_) => {}
            Added::Duplicate(_) => describe(aws, of, &one, doing).await?,
            Added::Full(error) => return Err(error),
        }
    }
    Ok(())
}

fn only(all: &Permissions, which: impl Fn(&Permission, &Detail) -> bool) -> Permissions {
    all.iter().filter(|(it, detail)| which(it, detail)).map(|(it, detail)| (it.clone(), detail.clone())).collect()
}

/// Permissions as calls take them: one element for all sources of the same traffic.
fn listed(permissions: &Permissions) -> Vec<IpPermission> {
    let mut listed: BTreeMap<&Traffic, IpPermission> = BTreeMap::new();
    for (Permission { traffic, source }, detail) in permissions {
        let it = listed.entry(traffic).or_insert_with(|| {
            IpPermission::builder()
                .ip_protocol(&traffic.protocol)
                .set_from_port(traffic.ports.map(|(from, _)| from))
                .set_to_port(traffic.ports.map(|(_, to)| to))
                .build()
        });
        let description = Some(detail.description.clone()).filter(|it| !it.is_empty());
        match source {
            Source::Ipv4(network) => {
                let range = IpRange::builder().cidr_ip(network).set_description(description).build();
                it.ip_ranges.get_or_insert_default().push(range);
            }
            Source::Ipv6(network) => {
                let range = Ipv6Range::builder().cidr_ipv6(network).set_description(description).build();
                it.ipv6_ranges.get_or_insert_default().push(range);
            }
            Source::PrefixList(list) => {
                let list = PrefixListId::builder().prefix_list_id(list).set_description(description).build();
                it.prefix_list_ids.get_or_insert_default().push(list);
            }
            Source::Group(id) => {
                let pair = UserIdGroupPair::builder().group_id(id).set_user_id(detail.account.clone());
                it.user_id_group_pairs.get_or_insert_default().push(pair.set_description(description).build());
            }
        }
    }
    listed.into_values().collect()
}

fn canonical(network: &str) -> String {
    network.parse::<ipnet::IpNet>().map_or_else(|_| network.to_owned(), |it| it.trunc().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permission(protocol: &str, ports: (i64, i64), source: Source) -> Permission {
        Permission { traffic: Traffic::new(protocol, Some(ports.0), Some(ports.1)), source }
    }

    #[test]
    fn traffic_has_one_form() {
        assert_eq!(Traffic::new("6", Some(80), Some(80)), Traffic::new("TCP", Some(80), Some(80)));
        assert_eq!(Traffic::new("all", Some(0), Some(0)), Traffic::new("-1", Some(-1), Some(-1)));
        assert_eq!(Traffic::new("50", None, None), Traffic::new("50", Some(-1), Some(0)));
        assert_eq!(Traffic::new("icmpv6", None, None).ports, Some((-1, -1)));
    }

    #[test]
    fn sources_of_the_same_traffic_share_an_element() {
        let detail = Detail { description: "web".into(), account: None };
        let all = Permissions::from([
            (permission("tcp", (80, 80), Source::ipv4("10.0.0.0/8")), detail.clone()),
            (permission("tcp", (80, 80), Source::ipv6("2001:DB8::/32")), detail.clone()),
            (permission("tcp", (443, 443), Source::group("sg-1").0), Detail::default()),
            (permission("-1", (0, 0), Source::PrefixList("pl-1".into())), Detail::default()),
        ]);
        let listed = listed(&all);
        assert_eq!(listed.len(), 3);
        assert_eq!(listed[0].from_port, None);
        assert_eq!(listed[1].ip_ranges()[0].description(), Some("web"));
        assert_eq!(listed[1].ipv6_ranges()[0].cidr_ipv6(), Some("2001:db8::/32"));
        assert_eq!(listed[2].user_id_group_pairs()[0].description(), None);
        assert_eq!(of_group(Some(listed)), all);
    }

    #[test]
    fn groups_of_other_accounts_name_them() {
        assert_eq!(Source::group("1/sg-1"), (Source::Group("sg-1".into()), Some("1".into())));
        assert_eq!(group_text("sg-1", Some("1"), "2"), "1/sg-1");
        assert_eq!(group_text("sg-1", Some("2"), "2"), "sg-1");
        assert_eq!(group_text("sg-1", None, "2"), "sg-1");
    }
}

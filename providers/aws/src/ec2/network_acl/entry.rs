//! Rules of network ACLs as AWS keeps them: protocols by number, and ports or types of ICMP only where they mean something.

use aws_sdk_ec2::types::{IcmpTypeCode, NetworkAcl, NetworkAclEntry, PortRange, RuleAction};
use plumb_engine::provider::typed::Result;

use crate::client::Aws;
use crate::ec2::VISIBLE;
use crate::wire::{Absent, Check, Context, by_ids, patiently, same};

/// Codes of answers that mean that there is no such ACL.
pub const GONE: &[&str] = &["InvalidNetworkAclID.NotFound"];
/// Codes of answers that mean that there is no such rule, or no such ACL.
const ENTRY_GONE: &[&str] = &["InvalidNetworkAclEntry.NotFound", "InvalidNetworkAclID.NotFound"];

/// Highest number of a rule that is one's own; above it are those that refuse the rest.
pub const LAST: i64 = 32766;

/// Names of protocols besides their numbers.
const PROTOCOLS: &[(&str, &str)] = &[
    ("all", "-1"),
    ("icmp", "1"),
    ("igmp", "2"),
    ("ipv4", "4"),
    ("tcp", "6"),
    ("egp", "8"),
    ("igp", "9"),
    ("udp", "17"),
    ("rdp", "27"),
    ("dccp", "33"),
    ("ipv6", "41"),
    ("rsvp", "46"),
    ("gre", "47"),
    ("esp", "50"),
    ("ah", "51"),
    ("icmpv6", "58"),
    ("ospf", "89"),
    ("pim", "103"),
    ("vrrp", "112"),
    ("l2tp", "115"),
    ("sctp", "132"),
    ("udplite", "136"),
];

const ALL: &str = "-1";
const ICMP: [&str; 2] = ["1", "58"];
const WITH_PORTS: [&str; 2] = ["6", "17"];

/// What a rule says, without its number and direction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// `allow` or `deny`.
    pub action: String,
    /// Number of the protocol; -1 for all.
    pub protocol: String,
    /// IPv4 network on the other side.
    pub cidr: Option<String>,
    /// IPv6 network on the other side.
    pub ipv6: Option<String>,
    /// First and last port, of TCP and UDP.
    pub ports: Option<(i64, i64)>,
    /// Type and code, of ICMP; -1 for all.
    pub icmp: Option<(i64, i64)>,
}

impl Content {
    /// The content of these arguments, without what the protocol does not have.
    pub fn new(
        (action, protocol): (&str, &str),
        (cidr, ipv6): (Option<&String>, Option<&String>),
        ports: (Option<i64>, Option<i64>),
        icmp: (Option<i64>, Option<i64>),
    ) -> Self {
        let protocol = protocol_number(protocol);
        let pair = |(first, second): (Option<i64>, Option<i64>), otherwise| {
            (first.unwrap_or(otherwise), second.unwrap_or(otherwise))
        };
        let set = |it: Option<&String>| it.filter(|it| !it.is_empty()).cloned();
        Self {
            action: action.to_ascii_lowercase(),
            ports: WITH_PORTS.contains(&&*protocol).then(|| pair(ports, 0)),
            icmp: ICMP.contains(&&*protocol).then(|| pair(icmp, 0)),
            cidr: set(cidr),
            ipv6: set(ipv6),
            protocol,
        }
    }

    /// What an answer says.
    pub fn of(entry: &NetworkAclEntry) -> Self {
        let number = |it: Option<i32>| it.map(i64::from);
        let ports = entry.port_range.as_ref().map(|it| (number(it.from), number(it.to)));
        let icmp = entry.icmp_type_code.as_ref().map(|it| (number(it.r#type), number(it.code)));
        let action = entry.rule_action.as_ref().map_or("", RuleAction::as_str);
        let networks = (entry.cidr_block.as_ref(), entry.ipv6_cidr_block.as_ref());
        let protocol = entry.protocol.as_deref().unwrap_or(ALL);
        Self::new((action, protocol), networks, ports.unwrap_or_default(), icmp.unwrap_or_default())
    }

    /// Whether both say the same, however networks are written.
    pub fn is(&self, other: &Self) -> bool {
        let network = |a: &Option<String>, b: &Option<String>| match (a, b) {
            (Some(a), Some(b)) => same::cidr(a, b),
            (a, b) => a == b,
        };
        let rest = |it: &Self| (it.action.clone(), it.protocol.clone(), it.ports, it.icmp);
        network(&self.cidr, &other.cidr) && network(&self.ipv6, &other.ipv6) && rest(self) == rest(other)
    }
}

/// ACLs by their ids; those that are gone are left out.
///
/// # Errors
/// The call is refused.
pub async fn acls(aws: &Aws, ids: Vec<String>, doing: &str) -> Result<Vec<NetworkAcl>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let action = format!("{doing} (DescribeNetworkAcls)");
    let found = by_ids(ids, &action, GONE, |ids| {
        let call = aws.ec2.describe_network_acls().set_network_acl_ids(Some(ids));
        call.into_paginator().items().send().try_collect()
    });
    found.await
}

/// Where a rule stands: its ACL, whether it is about traffic that leaves subnets, and its number.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Id of the ACL.
    pub acl: &'a str,
    /// Whether it is about traffic that leaves subnets.
    pub egress: bool,
    /// Its number.
    pub number: i64,
}

/// Makes a rule.
///
/// # Errors
/// The call is refused.
pub async fn create(aws: &Aws, place: Place<'_>, content: &Content, doing: &str) -> Result<()> {
    let call = aws
        .ec2
        .create_network_acl_entry()
        .network_acl_id(place.acl)
        .egress(place.egress)
        .rule_number(place.number as i32)
        .protocol(&content.protocol)
        .rule_action(RuleAction::from(content.action.as_str()))
        .set_cidr_block(content.cidr.clone())
        .set_ipv6_cidr_block(content.ipv6.clone())
        .set_port_range(content.ports.map(port_range))
        .set_icmp_type_code(content.icmp.map(icmp_type));
    let done = patiently(VISIBLE, GONE, || call.clone().send()).await;
    done.context(&format!("{doing} (CreateNetworkAclEntry)")).map(drop)
}

/// Changes a rule, without a moment in which it is not there.
///
/// # Errors
/// The call is refused.
pub async fn replace(aws: &Aws, place: Place<'_>, content: &Content, doing: &str) -> Result<()> {
    let call = aws
        .ec2
        .replace_network_acl_entry()
        .network_acl_id(place.acl)
        .egress(place.egress)
        .rule_number(place.number as i32)
        .protocol(&content.protocol)
        .rule_action(RuleAction::from(content.action.as_str()))
        .set_cidr_block(content.cidr.clone())
        .set_ipv6_cidr_block(content.ipv6.clone())
        .set_port_range(content.ports.map(port_range))
        .set_icmp_type_code(content.icmp.map(icmp_type));
    call.send().await.context(&format!("{doing} (ReplaceNetworkAclEntry)")).map(drop)
}

/// Removes a rule; one that is gone already is a success.
///
/// # Errors
/// The call is refused.
pub async fn delete(aws: &Aws, place: Place<'_>, doing: &str) -> Result<()> {
    let call = aws.ec2.delete_network_acl_entry().network_acl_id(place.acl).egress(place.egress);
    let done = call.rule_number(place.number as i32).send().await;
    done.absent(&format!("{doing} (DeleteNetworkAclEntry)"), ENTRY_GONE).map(drop)
}

/// Checks what the arguments of a rule have in common, whatever they are named.
pub fn validate(check: &mut Check<'_>, number: &str, action: &str) {
    check.range(number, 1, LAST).one_of(action, &["allow", "deny", "ALLOW", "DENY"]);
    check.exactly_one(&["cidr_block", "ipv6_cidr_block"]);
    check.ipv4_network("cidr_block").ipv6_network("ipv6_cidr_block");
    check.range("from_port", 0, 65535).range("to_port", 0, 65535);
    let is_known = |it: &str| protocol_number(it).parse::<i16>().is_ok_and(|it| (-1..=255).contains(&it));
    if let Some(protocol) = check.text("protocol").filter(|it| !is_known(it)) {
        check.error("protocol", format!("is \"{protocol}\", which is no protocol. Use a number, or -1 for all."));
    }
}

/// Whether two texts mean the same protocol.
pub fn same_protocol(a: &str, b: &str) -> bool {
    protocol_number(a) == protocol_number(b)
}

/// The number of a protocol; a text that is no name stays as it is.
pub fn protocol_number(protocol: &str) -> String {
    let name = protocol.to_ascii_lowercase();
    let known = PROTOCOLS.iter().find(|(known, _)| *known == name);
    known.map_or(name.clone(), |(_, number)| (*number).to_owned())
}

fn port_range((from, to): (i64, i64)) -> PortRange {
    PortRange::builder().from(from as i32).to(to as i32).build()
}

fn icmp_type((kind, code): (i64, i64)) -> IcmpTypeCode {
    IcmpTypeCode::builder().r#type(kind as i32).code(code as i32).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_protocol_has() {
        let any = "0.0.0.0/0".to_owned();
        let content = |protocol, network: &str| {
            let network = network.to_owned();
            Content::new(("ALLOW", protocol), (Some(&network), None), (Some(0), Some(0)), (None, None))
        };
        assert!(content("-1", &any).is(&content("all", &any)));
        assert_eq!((content("all", &any).ports, content("tcp", &any).ports), (None, Some((0, 0))));
        assert_eq!(content("icmp", &any).icmp, Some((0, 0)));
        assert!(content("6", "10.0.0.0/8").is(&content("tcp", "10.0.0.0/8")));
        assert!(!content("6", "10.0.0.0/8").is(&content("udp", "10.0.0.0/8")));
    }

    #[test]
    fn protocols() {
        assert!(same_protocol("tcp", "6") && same_protocol("all", "-1") && !same_protocol("tcp", "udp"));
        assert_eq!(protocol_number("99"), "99");
    }
}

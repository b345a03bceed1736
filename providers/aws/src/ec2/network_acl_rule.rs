//! `aws_network_acl_rule`: one rule of a network ACL.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_ec2::types;
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::FILTER_VALUES;
use super::network_acl::entry::{self, Content, Place, same_protocol};
use crate::client::Aws;
use crate::wire::{Check, hash, same};

/// One rule of a network ACL, which then has none in its own blocks.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct NetworkAclRule {
    /// The list.
    #[attr(force_new)]
    pub network_acl_id: String,
    /// Number, 1 to 32766: the rule with the lowest one that matches decides.
    #[attr(required, force_new)]
    pub rule_number: i64,
    /// Whether the rule is for traffic out of subnets, and not into them.
    #[attr(force_new, default = false)]
    pub egress: bool,
    /// Protocol: `tcp`, `udp`, `icmp`, a number, or `-1` for all.
    #[attr(force_new, same = same_protocol)]
    pub protocol: String,
    /// `allow` or `deny`.
    #[attr(force_new, same = same::case)]
    pub rule_action: String,
    /// IPv4 network on the other side.
    #[attr(force_new, same = same::cidr, conflicts_with("ipv6_cidr_block"))]
    pub cidr_block: Option<String>,
    /// IPv6 network on the other side.
    #[attr(force_new, same = same::cidr, conflicts_with("cidr_block"))]
    pub ipv6_cidr_block: Option<String>,
    /// First port, for TCP and UDP.
    #[attr(force_new)]
    pub from_port: Option<i64>,
    /// Last port, for TCP and UDP.
    #[attr(force_new)]
    pub to_port: Option<i64>,
    /// Type of ICMP; -1 for all.
    #[attr(force_new)]
    pub icmp_type: Option<i64>,
    /// Code of ICMP; -1 for all.
    #[attr(force_new)]
    pub icmp_code: Option<i64>,
}

impl Resource for NetworkAclRule {
    type Client = Aws;
    const TYPE: &'static str = "aws_network_acl_rule";
    const RECOGNITION: Recognition = Recognition::Arguments;
    const TIMEOUTS: Timeouts = Timeouts::minutes(5);
    const BATCH: usize = FILTER_VALUES;
    const POLL: Duration = Duration::from_secs(1);

    fn validate(config: &Value) -> Diagnostics {
        let mut check = Check::of(config);
        entry::validate(&mut check, "rule_number", "rule_action");
        check.found()
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        entry::create(aws, self.place(), &self.content(), "creating aws_network_acl_rule").await?;
        let id = self.id();
        creation.made(&id);
        Ok(Made::ready(id, self.clone()))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let named: Vec<Option<Self>> = objects.iter().map(|it| it.state.clone().or_else(|| parse(&it.id))).collect();
        let acls: BTreeSet<String> = named.iter().flatten().map(|it| it.network_acl_id.clone()).collect();
        let found = entry::acls(aws, acls.into_iter().collect(), "reading aws_network_acl_rule").await?;
        let seen = objects.iter().zip(&named).filter_map(|(object, named)| {
            let named = named.as_ref()?;
            let acl = found.iter().find(|it| it.network_acl_id() == Some(&named.network_acl_id))?;
            let is_it = |it: &&types::NetworkAclEntry| {
                it.egress == Some(named.egress) && it.rule_number.map(i64::from) == Some(named.rule_number)
            };
            let state = named.observe(acl.entries().iter().find(is_it)?);
            Some(Observed::ready(named.id(), state).asked_as(&object.id))
        });
        Ok(seen.collect())
    }

    /// Every argument means another rule.
    async fn update(&self, _aws: &Aws, _id: &str, _prior: &Self) -> Result<()> {
        Ok(())
    }

    async fn delete(&self, aws: &Aws, _id: &str) -> Result<()> {
        entry::delete(aws, self.place(), "deleting aws_network_acl_rule").await
    }

    async fn find(&self, aws: &Aws, _key: &IntentKey) -> Result<Option<Id>> {
        let found = Self::read(aws, &[Prior { id: self.id(), state: Some(self.clone()) }]).await?;
        Ok(found.into_iter().find(|it| it.state.content().is(&self.content())).map(|it| it.id))
    }
}

impl NetworkAclRule {
    fn id(&self) -> Id {
        let Self { network_acl_id, rule_number, egress, protocol, .. } = self;
        format!("nacl-{}", hash::crc(&format!("{network_acl_id}-{rule_number}-{egress}-{protocol}-")))
    }

    fn place(&self) -> Place<'_> {
        Place { acl: &self.network_acl_id, egress: self.egress, number: self.rule_number }
    }

    fn content(&self) -> Content {
        Content::new(
            (&self.rule_action, &self.protocol),
            (self.cidr_block.as_ref(), self.ipv6_cidr_block.as_ref()),
            (self.from_port, self.to_port),
            (self.icmp_type, self.icmp_code),
        )
    }

    /// What AWS shows; `self` is what the state says of it, in its own words as long as they mean the same.
    fn observe(&self, entry: &types::NetworkAclEntry) -> Self {
        let found = Content::of(entry);
        if found.is(&self.content()) {
            return self.clone();
        }
        let (ports, icmp) = (found.ports.unzip(), found.icmp.unzip());
        Self {
            protocol: found.protocol,
            rule_action: found.action,
            cidr_block: found.cidr,
            ipv6_cidr_block: found.ipv6,
            from_port: ports.0,
            to_port: ports.1,
            icmp_type: icmp.0,
            icmp_code: icmp.1,
            ..self.clone()
        }
    }
}

/// What an import names: `LIST:NUMBER:PROTOCOL:EGRESS`.
fn parse(id: &str) -> Option<NetworkAclRule> {
    let mut parts = id.split(':');
    let network_acl_id = parts.next()?.to_owned();
    let rule_number = parts.next()?.parse().ok()?;
    let (protocol, egress) = (parts.next()?.to_owned(), parts.next()?.parse().ok()?);
    Some(NetworkAclRule { network_acl_id, rule_number, protocol, egress, ..NetworkAclRule::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports() {
        let named = parse("acl-7aaabd18:100:tcp:false").unwrap();
        assert_eq!((named.rule_number, named.protocol.as_str(), named.egress), (100, "tcp", false));
        assert!(parse("nacl-123").is_none());
    }
}

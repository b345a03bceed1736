//! What a group owns of plain AWS resources: the target of its routes, its association, the value of its record.

use std::collections::BTreeMap;
use std::sync::Arc;

use plumb_engine::provider::{Claim, Decision, Existence};
use plumb_engine::value::{Type, Value};

use super::{Found, Member};
use crate::model::group::DnsBlock;

/// The claims of a group.
pub fn of(group: &Found<'_>) -> Vec<Claim> {
    let Some(described) = group.current() else { return Vec::new() };
    let mut claims = Vec::new();
    for vip in described.virtual_ip.iter().filter(|it| !it.ip.is_empty()) {
        let members = interfaces(group, &vip.interfaces);
        let matches = [("destination_cidr_block", format!("{}/32", vip.ip))];
        claims.push(claim(group, ("aws_route", &matches, "network_interface_id"), members, Existence::Configured));
    }
    for eip in described.elastic_ip.iter().filter(|it| !it.allocation_id.is_empty()) {
        let matches = [("allocation_id", eip.allocation_id.clone())];
        let about = |attribute| ("aws_eip_association", matches.as_slice(), attribute);
        let members = interfaces(group, &eip.interfaces);
        claims.push(claim(group, about("network_interface_id"), members, Existence::Runtime));
        let instances = each(group, |it| it.instance.clone());
        claims.push(claim(group, about("instance_id"), instances, Existence::Runtime));
    }
    for dns in described.dns.iter().filter(|it| !it.zone_id.is_empty() && it.address.is_none()) {
        claims.extend(records(group, dns));
    }
    claims
}

/// A record is claimed under every form of its name: a configuration may write it with the dot, without it, or without the
/// zone, and then only `fqdn` tells.
fn records(group: &Found<'_>, dns: &DnsBlock) -> Vec<Claim> {
    let address = |member: &Member| match dns.addresses.is_empty() {
        true => member.address.clone(),
        false => dns.addresses.get(&member.name).cloned().unwrap_or_default(),
    };
    let values = each(group, address).into_iter().map(|(name, ip)| (name, Value::set(Type::String, vec![ip])));
    let values: BTreeMap<Arc<str>, Value> = values.collect();
    let existence = if dns.delete_on_deactivate { Existence::Runtime } else { Existence::Configured };
    let bare = dns.record_name.trim_end_matches('.').to_owned();
    [("name", bare.clone()), ("name", format!("{bare}.")), ("fqdn", bare)]
        .into_iter()
        .map(|name| {
            let matches = [("zone_id", dns.zone_id.clone()), name, ("type", "A".to_owned())];
            claim(group, ("aws_route53_record", &matches, "records"), values.clone(), existence)
        })
        .collect()
}

/// Type of the objects, how they are told, and the attribute.
type About<'a> = (&'a str, &'a [(&'a str, String)], &'a str);

fn claim(
    group: &Found<'_>,
    (type_name, matches, attribute): About<'_>,
    members: BTreeMap<Arc<str>, Value>,
    existence: Existence,
) -> Claim {
    let active = group.before.as_ref().filter(|_| group.is_settled()).and_then(|it| it.active_server.clone());
    Claim {
        owner: group.object.object.addr.clone(),
        type_name: type_name.into(),
        matches: matches.iter().map(|(name, text)| ((*name).into(), Value::from(text.as_str()))).collect(),
        attribute: attribute.into(),
        members,
        active: active.map(Into::into),
        epoch: group.epoch(),
        confirmed: group.is_settled(),
        existence,
        decision: Decision::Runtime,
    }
}

fn interfaces(group: &Found<'_>, own: &BTreeMap<String, String>) -> BTreeMap<Arc<str>, Value> {
    each(group, |it| own.get(&it.name).unwrap_or(&it.eni).clone())
}

/// A text for each member of which it is known.
fn each(group: &Found<'_>, text: impl Fn(&Member) -> String) -> BTreeMap<Arc<str>, Value> {
    let known = group.members.iter().map(|it| (it, text(it))).filter(|(_, text)| !text.is_empty());
    known.map(|(it, text)| (it.name.as_str().into(), Value::from(text.as_str()))).collect()
}

//! What is wrong with groups beside other objects of the plan; what is not known is never wrong.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use plumb_engine::diagnostic::{Diagnostic, Diagnostics};
use plumb_engine::provider::Reviewed;
use plumb_engine::value::Value;

use super::{Found, Member};
use crate::model::HaGroup;

/// Checks all groups of a plan.
pub fn check(groups: &[Found<'_>], objects: &[Reviewed<'_>]) -> Diagnostics {
    let present: Vec<(&Found<'_>, &HaGroup)> = groups.iter().filter_map(|it| Some((it, it.after.as_ref()?))).collect();
    let mut found = duplicates(&present);
    found.extend(exclusive(&present));
    for (group, described) in &present {
        let of_group = members(group, described)
            .into_iter()
            .chain(addresses(described, objects))
            .chain(interfaces(group, described, objects))
            .chain(names(described, objects));
        found.extend(of_group.map(|it| it.of(group.object.object)));
    }
    found
}

/// What only one group can own.
fn duplicates(groups: &[(&Found<'_>, &HaGroup)]) -> Diagnostics {
    let mut found = Diagnostics::new();
    let mut owners: BTreeMap<(&str, String), &Found<'_>> = BTreeMap::new();
    for (group, described) in groups {
        let vips = described.virtual_ip.iter().map(|it| ("virtual address", it.ip.clone()));
        let eips = described.elastic_ip.iter().map(|it| ("Elastic IP address", it.allocation_id.clone()));
        let names = described.dns.iter().filter(|it| !it.zone_id.is_empty());
        let names = names.map(|it| ("record", format!("{} of {}", it.record_name, it.zone_id)));
        let cluster = described.cluster.name.clone().unwrap_or_default();
        let own = [("name", format!("{} in the cluster {cluster}", described.name))];
        for (what, thing) in vips.chain(eips).chain(names).chain(own).filter(|(_, it)| !it.is_empty()) {
            if let Some(other) = owners.insert((what, thing.clone()), group) {
                let detail = format!(
                    "The {what} {thing} is claimed by {} and by {}: each would take it from the other (code 8). Give one of them \
                     another.",
                    other.object.object, group.object.object
                );
                found.push(Diagnostic::error("Claimed by two failover groups", detail).of(group.object.object));
            }
        }
    }
    found
}

/// Two groups that share no server, and have one in common.
fn exclusive(groups: &[(&Found<'_>, &HaGroup)]) -> Diagnostics {
    let mut found = Diagnostics::new();
    let full: Vec<_> = groups.iter().filter(|(_, it)| it.exclusive == "full").collect();
    for (at, (one, _)) in full.iter().enumerate() {
        for (other, _) in &full[at + 1..] {
            let common = one
                .startup()
                .into_iter()
                .find(|it| other.startup().iter().any(|o| !o.instance.is_empty() && o.instance == it.instance));
            let Some(common) = common else { continue };
            let detail = format!(
                "{} and {} are both exclusive = \"full\" and may both be on {}: while it is the only healthy server, one of them \
                 stays stopped.",
                one.object.object, other.object.object, common.name
            );
            found.push(Diagnostic::warning("Exclusive groups share a server", detail).of(other.object.object));
        }
    }
    found
}

/// Names of servers in the group's arguments.
fn members(group: &Found<'_>, described: &HaGroup) -> Diagnostics {
    let mut found = Diagnostics::new();
    let staying: Vec<&str> = group.members.iter().filter(|it| it.stays).map(|it| it.name.as_str()).collect();
    if staying.is_empty() {
        return found;
    }
    let mut known = |argument: String, name: &str| {
        if !staying.contains(&name) {
            let detail = format!(
                "The argument \"{argument}\" names the server {name:?}, but the cluster has {}.",
                staying.join(", ")
            );
            found.push(Diagnostic::error("Unknown server", detail));
        }
    };
    described.startup.iter().for_each(|it| known("startup".into(), it));
    for vip in &described.virtual_ip {
        vip.interfaces.keys().for_each(|it| known(format!("virtual_ip.{}.interfaces", vip.name), it));
    }
    for eip in &described.elastic_ip {
        eip.interfaces.keys().for_each(|it| known(format!("elastic_ip.{}.interfaces", eip.name), it));
    }
    for dns in &described.dns {
        dns.addresses.keys().for_each(|it| known(format!("dns.{}.addresses", dns.name), it));
    }
    for disk in &described.mirror_disk {
        disk.side.iter().for_each(|it| known(format!("mirror_disk.{}.side", disk.name), &it.server));
    }
    for member in group.startup() {
        found.extend(left_out(described, member));
    }
    found
}

/// What a server of the group needs and lacks.
fn left_out(described: &HaGroup, member: &Member) -> Vec<Diagnostic> {
    let lacks = |what: String| {
        let detail = format!("{what} has nothing for {}, which may have the group.", member.name);
        Diagnostic::error("Server left out", detail)
    };
    let names = described.dns.iter().filter(|it| !it.addresses.is_empty() && !it.addresses.contains_key(&member.name));
    let names = names.map(|it| lacks(format!("The argument \"addresses\" of {}", it.name)));
    let disks = described.mirror_disk.iter().filter(|it| !it.side.iter().any(|side| side.server == member.name));
    names.chain(disks.map(|it| lacks(format!("The mirror disk {}", it.name)))).collect()
}

/// A virtual address lies in no network of the configuration.
fn addresses(described: &HaGroup, objects: &[Reviewed<'_>]) -> Diagnostics {
    let mut found = Diagnostics::new();
    let networks = networks(objects);
    let only_one = networks.iter().map(|it| it.label.as_str()).collect::<std::collections::BTreeSet<_>>().len() == 1;
    for vip in &described.virtual_ip {
        let Ok(ip) = vip.ip.parse::<Ipv4Addr>() else { continue };
        for network in networks.iter().filter(|it| it.block.contains(&ip)) {
            let own = only_one || vip.vpc_id.is_empty() || network.id.is_empty() || network.id == vip.vpc_id;
            if own {
                found.push(inside(&vip.ip, &network.label, &network.block.to_string()));
            } else {
                let detail = format!(
                    "The virtual address {} lies in {} of {}. Traffic from there stays there; if the two networks are connected, \
                     choose another address.",
                    vip.ip, network.block, network.label
                );
                found.push(Diagnostic::warning("Virtual address in another network", detail));
            }
        }
    }
    found
}

/// A CIDR block of a network of the plan.
struct Network {
    id: String,
    label: String,
    block: Ipv4Net,
}

fn networks(objects: &[Reviewed<'_>]) -> Vec<Network> {
    let kinds = ["aws_vpc", "aws_vpc_ipv4_cidr_block_association"];
    let blocks = objects.iter().filter(|it| kinds.contains(&it.type_name()) && !it.after.is_null());
    blocks
        .filter_map(|it| {
            let id = if it.type_name() == "aws_vpc" { text(it.after, "id") } else { text(it.after, "vpc_id") };
            let block = text(it.after, "cidr_block").parse().ok()?;
            Some(Network { id: id.to_owned(), label: it.object.to_string(), block })
        })
        .collect()
}

/// Interfaces that virtual addresses lead to let foreign packets pass.
fn interfaces(group: &Found<'_>, described: &HaGroup, objects: &[Reviewed<'_>]) -> Diagnostics {
    let mut found = Diagnostics::new();
    if described.virtual_ip.is_empty() {
        return found;
    }
    for member in group.startup() {
        let of_member = |it: &&Reviewed<'_>| match it.type_name() {
            "aws_network_interface" => {
                let (id, ip) = (text(it.after, "id"), text(it.after, "private_ip"));
                let listed = it.after.get("private_ips").and_then(Value::as_slice).unwrap_or_default();
                let ours = |ip: &str| !ip.is_empty() && ip == member.address;
                (!id.is_empty() && id == member.eni) || ours(ip) || listed.iter().filter_map(Value::as_str).any(ours)
            }
            "aws_instance" => {
                let eni = text(it.after, "primary_network_interface_id");
                // One that starts with an interface made apart from it leaves the check to that interface.
                let apart = ["primary_network_interface", "network_interface"]
                    .into_iter()
                    .any(|name| it.after.get(name).and_then(Value::as_slice).is_some_and(|blocks| !blocks.is_empty()));
                !eni.is_empty() && eni == member.eni && !apart
            }
            _ => false,
        };
        for object in objects.iter().filter(|it| !it.after.is_null()).filter(of_member) {
            if object.after.get("source_dest_check").and_then(Value::as_bool) == Some(true) {
                let detail = format!(
                    "{} is the interface of {} and checks source and destination, so packets to a virtual address are dropped: the \
                     group would start, and nobody would reach it. Write source_dest_check = false.",
                    object.object, member.name
                );
                found.push(Diagnostic::error("Source/destination check is on", detail));
            }
        }
    }
    found
}

/// Records lie in their zones, and the networks of private zones resolve names.
fn names(described: &HaGroup, objects: &[Reviewed<'_>]) -> Diagnostics {
    let mut found = Diagnostics::new();
    let zones: Vec<&Reviewed<'_>> =
        objects.iter().filter(|it| it.type_name() == "aws_route53_zone" && !it.after.is_null()).collect();
    for dns in described.dns.iter().filter(|it| !it.record_name.is_empty()) {
        let id = |it: &Reviewed<'_>| match text(it.after, "zone_id") {
            "" => text(it.after, "id").to_owned(),
            id => id.to_owned(),
        };
        let of_id: Vec<&&Reviewed<'_>> =
            zones.iter().filter(|it| !dns.zone_id.is_empty() && id(it) == dns.zone_id).collect();
        let name = |it: &Reviewed<'_>| text(it.after, "name").to_owned();
        match of_id.as_slice() {
            [zone, ..] => found.extend(outside_zone(&dns.record_name, &name(zone))),
            // The zone is made by this plan: the name must lie in one of those.
            [] if dns.zone_id.is_empty() && !zones.is_empty() => {
                let wrong: Vec<Diagnostic> =
                    zones.iter().filter_map(|it| outside_zone(&dns.record_name, &name(it))).collect();
                if wrong.len() == zones.len() {
                    found.extend(wrong.into_iter().next());
                }
            }
            [] => {}
        }
        for network in objects.iter().filter(|it| it.type_name() == "aws_vpc" && !it.after.is_null()) {
            let asks = |zone: &Reviewed<'_>| {
                let blocks = zone.after.get("vpc").and_then(Value::as_slice).unwrap_or_default();
                let id = text(network.after, "id");
                !id.is_empty() && blocks.iter().any(|it| text(it, "vpc_id") == id)
            };
            let only = objects.iter().filter(|it| it.type_name() == "aws_vpc" && !it.after.is_null()).count() == 1;
            let off = network.after.get("enable_dns_support").and_then(Value::as_bool) == Some(false);
            if off && (only || zones.iter().any(|it| asks(it))) {
                found.push(no_resolver(&network.object.to_string(), &dns.record_name));
            }
        }
    }
    found
}

/// A virtual address inside of a network.
pub(crate) fn inside(ip: &str, network: &str, block: &str) -> Diagnostic {
    let detail = format!(
        "The VIP address {ip} belongs to a VPC subnet (code 7): it lies in {block} of {network}, so the network itself answers for \
         it and no route can lead it elsewhere. Choose an address outside of every CIDR block of the network, such as 10.1.0.20 \
         beside 10.0.0.0/16."
    );
    Diagnostic::error("Virtual address inside the network", detail)
}

/// A network whose resolver does not answer.
pub(crate) fn no_resolver(network: &str, name: &str) -> Diagnostic {
    let detail = format!(
        "The servers of {network} cannot resolve {name}: the network has DNS support off (code 5). Set enable_dns_support = true \
         in its aws_vpc."
    );
    Diagnostic::error("Network without DNS support", detail)
}

/// Why a record cannot be in a zone.
pub(crate) fn outside_zone(record: &str, zone: &str) -> Option<Diagnostic> {
    let (record, zone) = (record.trim_end_matches('.'), zone.trim_end_matches('.').to_lowercase());
    if zone.is_empty() {
        return None;
    }
    if record == zone {
        let detail = format!(
            "The record {record}. has the name of its zone. A failover group needs a name below it: write \"srv.{zone}.\"."
        );
        return Some(Diagnostic::error("Record has the name of its zone", detail));
    }
    if record.to_lowercase().ends_with(&format!(".{zone}")) {
        return None;
    }
    let first = record.split('.').next().unwrap_or("srv").to_lowercase();
    let detail = format!("The record {record}. does not lie in the zone {zone}. (code 5). Write \"{first}.{zone}.\".");
    Some(Diagnostic::error("Record outside of its zone", detail))
}

fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

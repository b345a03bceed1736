//! With whom a resource is, as AWS has it.

use serde::Serialize;

use super::Observed;
use super::op::only_address;
use crate::group::{Cluster, Resource, ResourceKind};

/// With whom a resource is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "held")]
pub enum Holding {
    /// A member.
    Member {
        /// Its name.
        server: String,
    },
    /// Nobody.
    Nobody,
    /// Somebody who is no member.
    Foreign {
        /// What it is, by part: `rtb-1 → eni-9`.
        what: String,
    },
    /// Several.
    Several {
        /// Which part is with whom: `rtb-1 → server1, rtb-2 → server2`.
        parts: String,
    },
    /// That cannot be told from AWS: disks, programs, names with one address for all.
    Unknown,
}

impl Holding {
    /// The member, if it is one.
    pub fn member(&self) -> Option<&str> {
        match self {
            Self::Member { server } => Some(server),
            _ => None,
        }
    }
}

/// With whom a resource is.
pub fn holding(resource: &Resource, cluster: &Cluster, observed: &Observed) -> Holding {
    match (&resource.kind, observed) {
        (ResourceKind::VirtualIp(vip), Observed::Routes(tables)) => {
            let destination = vip.destination();
            let parts = tables.iter().filter_map(|table| {
                let route = table.route(&destination)?;
                let target = route.eni.as_deref().or(route.other_target.as_deref()).unwrap_or("nothing");
                let member = route.eni.as_deref().and_then(|eni| vip.owner(cluster, eni));
                Some((table.id.as_str(), target, member.map(|it| it.name.as_str())))
            });
            of_parts(&parts.collect::<Vec<_>>())
        }
        (ResourceKind::ElasticIp(eip), Observed::Address(address)) => match &address.eni {
            None => Holding::Nobody,
            Some(eni) => of_one(eip.owner(cluster, eni).map(|it| &*it.name), eni),
        },
        (ResourceKind::DnsRecord(dns), Observed::Record(record)) => match record {
            None => Holding::Nobody,
            Some(record) => {
                let ip = only_address(record);
                let expected = ip.is_some_and(|ip| cluster.servers.iter().any(|it| dns.address(it) == Some(ip)));
                match ip.and_then(|ip| dns.owner(cluster, ip)) {
                    None if expected => Holding::Unknown,
                    member => of_one(member.map(|it| &*it.name), &record.values.join(", ")),
                }
            }
        },
        _ => Holding::Unknown,
    }
}

fn of_one(member: Option<&str>, target: &str) -> Holding {
    match member {
        Some(server) => Holding::Member { server: server.to_owned() },
        None => Holding::Foreign { what: target.to_owned() },
    }
}

fn of_parts(parts: &[(&str, &str, Option<&str>)]) -> Holding {
    let Some((_, _, first)) = parts.first() else { return Holding::Nobody };
    let text = |member: &Option<&str>, target: &str| member.map_or_else(|| target.to_owned(), str::to_owned);
    let foreign: Vec<String> =
        parts.iter().filter(|it| it.2.is_none()).map(|(part, target, _)| format!("{part} → {target}")).collect();
    match first {
        _ if !foreign.is_empty() => Holding::Foreign { what: foreign.join(", ") },
        Some(server) if parts.iter().all(|it| it.2 == *first) => Holding::Member { server: (*server).to_owned() },
        _ => {
            let parts = parts.iter().map(|(part, target, member)| format!("{part} → {}", text(member, target)));
            Holding::Several { parts: parts.collect::<Vec<_>>().join(", ") }
        }
    }
}

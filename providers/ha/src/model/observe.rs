//! What of a group is seen on AWS: where everything leads to that the group owns.

use std::collections::{BTreeMap, BTreeSet};

use crate::cloud::{Cloud, CloudError, ErrorKind, Record};
use crate::group::{Cluster, DnsRecord, ElasticIp, Group, ResourceKind, Server, VirtualIp};

/// Where something leads to that leads nowhere.
pub const NOWHERE: &str = "none";
/// Where a route leads to whose target is gone or stopped, before the name of the server that it was.
pub const BLACKHOLE: &str = "blackhole";

/// What is seen of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Where everything leads to, by the name of the resource, for a route followed by `/` and its table: the name of a
    /// server, [`NOWHERE`], [`BLACKHOLE`], or the id or address that is no member's.
    pub targets: BTreeMap<String, String>,
    /// Records as they are, by the name of the resource.
    pub records: BTreeMap<String, Record>,
}

impl Seen {
    /// Servers that anything leads to, in order.
    pub fn servers<'a>(&'a self, cluster: &Cluster) -> BTreeSet<&'a str> {
        self.targets.values().map(String::as_str).filter(|it| cluster.server(it).is_some()).collect()
    }

    /// What leads to something that is neither a member nor nowhere, with what that is.
    pub fn foreign<'a>(targets: &'a BTreeMap<String, String>, members: &[String]) -> Vec<(&'a str, &'a str)> {
        let stranger = |it: &&String| *it != NOWHERE && !it.starts_with(BLACKHOLE) && !members.contains(it);
        let strangers = targets.iter().filter(|(_, target)| stranger(target));
        strangers.map(|(key, target)| (key.as_str(), target.as_str())).collect()
    }
}

/// Key of a route in [`Seen::targets`].
pub fn route_key(resource: &str, table: &str) -> String {
    format!("{resource}/{table}")
}

/// Looks at everything that a group owns on AWS.
///
/// # Errors
/// A call was not answered, or something that the group relies on is not there; nothing is concluded then.
pub async fn observe(cloud: &dyn Cloud, cluster: &Cluster, group: &Group) -> Result<Seen, CloudError> {
    let mut seen = Seen::default();
    for resource in &group.resources {
        match &resource.kind {
            ResourceKind::VirtualIp(vip) => routes(cloud, cluster, (&resource.name, vip), &mut seen).await?,
            ResourceKind::ElasticIp(eip) => {
                let target = association(cloud, cluster, eip).await?;
                seen.targets.insert(resource.name.clone(), target);
            }
            ResourceKind::DnsRecord(dns) => {
                let record = cloud.record(&dns.zone_id, &dns.name).await?;
                let target = record.as_ref().map_or_else(|| NOWHERE.to_owned(), |it| says(cluster, dns, it));
                if !matches!(dns.value, crate::group::DnsValue::Common { .. }) || record.is_none() {
                    seen.targets.insert(resource.name.clone(), target);
                }
                seen.records.extend(record.map(|it| (resource.name.clone(), it)));
            }
            ResourceKind::MirrorDisk(_) | ResourceKind::Exec(_) => {}
        }
    }
    Ok(seen)
}

/// Every row of the network's tables with the address counts, declared or not: all of them are moved.
async fn routes(
    cloud: &dyn Cloud,
    cluster: &Cluster,
    (name, vip): (&str, &VirtualIp),
    seen: &mut Seen,
) -> Result<(), CloudError> {
    let destination = vip.destination();
    for table in cloud.route_tables(&vip.vpc_id).await? {
        let Some(route) = table.route(&destination) else { continue };
        let server = route.eni.as_deref().and_then(|eni| vip.owner(cluster, eni));
        let target = match (server, route.active) {
            (Some(server), true) => server.name.clone(),
            (Some(server), false) => format!("{BLACKHOLE} ({})", server.name),
            (None, active) => {
                let id = route.eni.as_deref().or(route.other_target.as_deref());
                match id {
                    Some(id) => id.to_owned(),
                    None if active => NOWHERE.to_owned(),
                    None => BLACKHOLE.to_owned(),
                }
            }
        };
        seen.targets.insert(route_key(name, &table.id), target);
    }
    Ok(())
}

async fn association(cloud: &dyn Cloud, cluster: &Cluster, eip: &ElasticIp) -> Result<String, CloudError> {
    let address = cloud.address(&eip.allocation_id).await?;
    Ok(match address.eni {
        Some(eni) => eip.owner(cluster, &eni).map_or(eni, |it| it.name.clone()),
        None => NOWHERE.to_owned(),
    })
}

fn says(cluster: &Cluster, dns: &DnsRecord, record: &Record) -> String {
    let only = match record.values.as_slice() {
        [only] => only.clone(),
        several => return several.join(", "),
    };
    let owner: Option<&Server> = only.parse().ok().and_then(|ip| dns.owner(cluster, ip));
    owner.map_or(only, |it| it.name.clone())
}

/// What a failed look says to whoever reads a plan.
pub fn explain(error: &CloudError) -> (String, Option<&'static str>) {
    let help = match error.kind {
        ErrorKind::NotFound => Some("Correct the id in the group's block; it exists in no other region either."),
        ErrorKind::Denied => Some(
            "The credentials of plan and apply need to read what the group owns: ec2:Describe*, route53:ListResourceRecordSets, route53:GetHostedZone.",
        ),
        _ => None,
    };
    (error.to_string(), help)
}

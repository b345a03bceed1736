//! Looks at AWS before an apply, for what neither arguments nor the state tell.

use std::collections::BTreeMap;

use plumb_engine::diagnostic::{Diagnostic, Diagnostics};
use plumb_engine::provider::Reviewed;

use super::{HaGroup, read_model};
use crate::cloud::{Cloud, CloudError, ErrorKind};
use crate::group::{Cluster, Group, ResourceKind, Server};
use crate::provider::Ha;

/// Looks at what the groups of a plan rely on, as far as its ids are known.
pub async fn inspect(ha: &Ha, objects: &[Reviewed<'_>]) -> Diagnostics {
    let mut found = Diagnostics::new();
    for object in objects.iter().filter(|it| it.type_name() == "ha_group" && !it.after.is_null()) {
        let Some(described) = read_model::<HaGroup>(object.after) else { continue };
        let Ok(cluster) = described.cluster() else { continue };
        let Ok(group) = described.group(&cluster) else { continue };
        let cloud = match ha.cloud(&cluster).await {
            Ok(cloud) => cloud,
            Err(error) => {
                let detail = format!("{error}. What the group relies on is checked when it is applied.");
                found.push(Diagnostic::warning("Failover group was not checked on AWS", detail).of(object.object));
                continue;
            }
        };
        let look = Look { cloud: &*cloud, cluster: &cluster, group: &group };
        let mut seen = look.group().await;
        if let Some(to) = moved_to(object) {
            seen.extend(look.destination(&to, described.allow_outage).await);
        }
        found.extend(seen.into_iter().map(|it| it.of(object.object)));
    }
    found
}

/// The server that a planned move goes to.
fn moved_to(object: &Reviewed<'_>) -> Option<String> {
    let active = |value| read_model::<HaGroup>(value).and_then(|it| it.active_server);
    let (from, to) = (active(object.before)?, active(object.after)?);
    (from != to).then_some(to)
}

struct Look<'a> {
    cloud: &'a dyn Cloud,
    cluster: &'a Cluster,
    group: &'a Group,
}

impl Look<'_> {
    async fn group(&self) -> Diagnostics {
        let mut found = Diagnostics::new();
        let mut networks: BTreeMap<String, Server> = BTreeMap::new();
        let routed = self.group.resources.iter().any(|it| matches!(it.kind, ResourceKind::VirtualIp(_)));
        for server in self.group.startup.iter().filter_map(|it| self.cluster.server(it)) {
            match self.interface(server, routed, &mut found).await {
                Ok(vpc) => {
                    networks.entry(vpc).or_insert_with(|| server.clone());
                }
                Err(error) => found.push(unseen(&format!("the network interface of {}", server.name), &error)),
            }
        }
        for resource in &self.group.resources {
            let result = match &resource.kind {
                ResourceKind::VirtualIp(vip) => self.outside(vip, &networks, &mut found).await,
                ResourceKind::ElasticIp(eip) => self.cloud.address(&eip.allocation_id).await.map(|_| ()),
                ResourceKind::DnsRecord(dns) => self.zone(dns, &networks, &mut found).await,
                ResourceKind::MirrorDisk(_) | ResourceKind::Exec(_) => Ok(()),
            };
            if let Err(error) = result {
                found.push(unseen(&format!("what {} relies on", resource.name), &error));
            }
        }
        found
    }

    /// Checks the interface of a server, and tells its network.
    async fn interface(&self, server: &Server, routed: bool, found: &mut Diagnostics) -> Result<String, CloudError> {
        let interface = self.cloud.network_interface(&server.eni_id).await?;
        if routed && interface.source_dest_check {
            let detail = format!(
                "The network interface {} of {} checks source and destination, so packets to the virtual address are dropped: \
                 the group would start, and nobody would reach it. Set source_dest_check = false in its \
                 aws_network_interface or aws_instance.",
                interface.id, server.name
            );
            found.push(Diagnostic::warning("Source/destination check is on", detail));
        }
        if let Some(instance) = interface.instance_id.filter(|it| *it != server.instance_id) {
            let detail = format!(
                "The network interface {} is attached to {instance}, and the cluster says that it is {}'s, which is {}.",
                interface.id, server.name, server.instance_id
            );
            found.push(Diagnostic::error("Network interface of another server", detail));
        }
        Ok(interface.vpc_id)
    }

    async fn outside(
        &self,
        vip: &crate::group::VirtualIp,
        networks: &BTreeMap<String, Server>,
        found: &mut Diagnostics,
    ) -> Result<(), CloudError> {
        let vpc = self.cloud.vpc(&vip.vpc_id).await?;
        if let Some(cidr) = vpc.cidrs.iter().find(|it| it.contains(&vip.ip)) {
            found.push(super::review::inside(&vip.ip.to_string(), &vpc.id, &cidr.to_string()));
        }
        for (other, server) in
            networks.iter().filter(|(other, _)| **other != vip.vpc_id && server_vpc(self.cluster, other).is_none())
        {
            let detail = format!(
                "The routes of {} are in {}, and the network interface of {} is in {other}: a route cannot lead there.",
                vip.ip, vip.vpc_id, server.name
            );
            found.push(Diagnostic::error("Server in another network", detail));
        }
        Ok(())
    }

    async fn zone(
        &self,
        dns: &crate::group::DnsRecord,
        networks: &BTreeMap<String, Server>,
        found: &mut Diagnostics,
    ) -> Result<(), CloudError> {
        let zone = self.cloud.hosted_zone(&dns.zone_id).await?;
        if let Some(wrong) = super::review::outside_zone(&dns.name, &zone.name) {
            found.push(wrong);
        }
        for (vpc, server) in networks.iter().filter(|_| zone.private) {
            if !zone.vpcs.contains(vpc) {
                let detail = format!(
                    "The private zone {} is not associated with {vpc}, the network of {}, so its servers cannot resolve {} \
                     (code 5). Associate them with an aws_route53_zone_association or a vpc block of the zone.",
                    zone.name, server.name, dns.name
                );
                found.push(Diagnostic::error("Hosted zone is not associated", detail));
            } else if !self.cloud.vpc(vpc).await?.dns_support {
                found.push(super::review::no_resolver(vpc, &dns.name));
            }
        }
        Ok(())
    }

    /// Whether the server that a planned move goes to can have the group.
    async fn destination(&self, to: &str, allow_outage: bool) -> Option<Diagnostic> {
        let server = self.cluster.server(to)?;
        let state = self.cloud.instance(&server.instance_id).await.map(|it| it.state);
        let healthy = state.as_deref().is_ok_and(|it| it == "running");
        if healthy || allow_outage {
            return None;
        }
        let seen = state
            .map_or_else(|error| error.to_string(), |state| format!("its instance {} is {state}", server.instance_id));
        let detail = format!(
            "The plan removes the server where {} is active, and would move the group to {to} first: {seen}. Start {to}, or set \
             allow_outage = true in the group to have it stopped.",
            self.group.name
        );
        Some(Diagnostic::error("No healthy server to move to", detail))
    }
}

/// The server whose network is said to be this one.
fn server_vpc<'a>(cluster: &'a Cluster, vpc: &str) -> Option<&'a Server> {
    cluster.servers.iter().find(|it| it.vpc_id.as_deref() == Some(vpc))
}

fn unseen(what: &str, error: &CloudError) -> Diagnostic {
    match error.kind {
        ErrorKind::NotFound | ErrorKind::Invalid => {
            let detail = format!("{error} (code 5). The group names {what}; correct the id.");
            Diagnostic::error("Group relies on what does not exist", detail)
        }
        _ => {
            let detail = format!("{error}. So {what} was not checked; nothing is concluded from this.");
            Diagnostic::warning("Failover group was not checked on AWS", detail)
        }
    }
}

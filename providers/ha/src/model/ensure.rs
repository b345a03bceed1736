//! What plan and apply make and remove of a group on AWS: rows, the association, the record.

use std::collections::{BTreeMap, BTreeSet};

use plumb_engine::provider::{Effect, ProviderError};

use super::observe::{NOWHERE, observe, route_key};
use super::{group::HaGroup, observe::explain};
use crate::cloud::{Cloud, CloudError, ErrorKind, Record};
use crate::group::{Cluster, DnsRecord, ElasticIp, Group, Resource, ResourceKind, Server, VirtualIp};
use crate::provider::Ha;

/// What is done with what belongs to somebody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strangers {
    /// Nothing is done at all: a new group takes nothing from anybody.
    Refuse,
    /// It is brought back to the active server.
    Repair,
}

/// A group as an apply works on it.
pub struct Work<'a> {
    /// The client.
    pub ha: &'a Ha,
    /// AWS in the cluster's region.
    pub cloud: &'a dyn Cloud,
    /// The cluster.
    pub cluster: &'a Cluster,
    /// The group.
    pub group: &'a Group,
    /// Epoch in which the writes are right; `None` when nobody counts.
    pub epoch: Option<u64>,
}

/// An error of AWS as one of the provider.
pub fn refused(doing: &str, group: &str, error: &CloudError) -> ProviderError {
    let (message, help) = explain(error);
    let answer = matches!(error.kind, ErrorKind::Timeout | ErrorKind::Unreachable);
    let effect = if answer { Effect::Unknown } else { Effect::None };
    let refused = ProviderError { effect, ..ProviderError::refused(format!("{doing} ha_group {group}"), message) };
    match help {
        Some(help) => refused.help(help),
        None => refused,
    }
}

impl Work<'_> {
    fn failed(&self, error: &CloudError) -> ProviderError {
        refused("changing", &self.group.name, error)
    }

    fn stop(&self, message: impl Into<String>) -> ProviderError {
        ProviderError::refused(format!("changing ha_group {}", self.group.name), message)
    }

    /// Refuses to go on when the group has been moved since the plan: called before every write that the last caller
    /// wins.
    pub async fn in_epoch(&self) -> Result<(), ProviderError> {
        let Some(planned) = self.epoch else { return Ok(()) };
        match self.ha.runtime().owner(self.cluster, self.group).await? {
            Some(now) if now.epoch != planned => {
                let message = format!(
                    "the plan was made in epoch {planned}, and the group is in epoch {} now: it was moved or failed over in \
                     between",
                    now.epoch
                );
                Err(self.stop(message).summary("Runtime changed since the plan").help("Plan again."))
            }
            _ => Ok(()),
        }
    }

    /// Makes what is missing, for a server; what leads to another member already stays there.
    ///
    /// # Errors
    /// A call failed, something belongs to a stranger and is not to be taken from him, or the group was moved meanwhile.
    pub async fn ensure(
        &self,
        server: &Server,
        tables: &BTreeMap<&str, &[String]>,
        strangers: Strangers,
    ) -> Result<(), ProviderError> {
        let seen = observe(self.cloud, self.cluster, self.group).await.map_err(|it| self.failed(&it))?;
        if strangers == Strangers::Refuse {
            self.none_of_strangers(&seen.targets)?;
        }
        let members: BTreeSet<&str> = self.cluster.servers.iter().map(|it| it.name.as_str()).collect();
        for resource in self.group.activation_order() {
            match &resource.kind {
                ResourceKind::VirtualIp(vip) => {
                    let declared = tables.get(resource.name.as_str()).copied().unwrap_or_default();
                    self.rows(resource, vip, server, (declared, &seen.targets)).await?;
                }
                ResourceKind::ElasticIp(eip) => {
                    let at = seen.targets.get(&resource.name).map_or(NOWHERE, String::as_str);
                    if !members.contains(at) {
                        self.associate(eip, server).await?;
                    }
                }
                ResourceKind::DnsRecord(dns) => self.name(dns, server, seen.records.get(&resource.name)).await?,
                ResourceKind::MirrorDisk(_) | ResourceKind::Exec(_) => {}
            }
        }
        Ok(())
    }

    /// Refuses when something that the group is to own leads to somebody who is no member.
    ///
    /// # Errors
    /// It does, or that could not be read.
    pub async fn refuse_strangers(&self) -> Result<(), ProviderError> {
        let seen = observe(self.cloud, self.cluster, self.group).await.map_err(|it| self.failed(&it))?;
        self.none_of_strangers(&seen.targets)
    }

    fn none_of_strangers(&self, targets: &BTreeMap<String, String>) -> Result<(), ProviderError> {
        let members: Vec<String> = self.cluster.servers.iter().map(|it| it.name.clone()).collect();
        let strangers = super::observe::Seen::foreign(targets, &members);
        let Some((key, stranger)) = strangers.first() else { return Ok(()) };
        let message = format!("{key} leads to {stranger}, which is no member of the cluster {}", self.cluster.name);
        Err(self.stop(message).help(
            "Another cluster or another configuration uses it. Give the group an address or a name of its own, or let the \
             other one go first.",
        ))
    }

    async fn rows(
        &self,
        resource: &Resource,
        vip: &VirtualIp,
        server: &Server,
        (declared, targets): (&[String], &BTreeMap<String, String>),
    ) -> Result<(), ProviderError> {
        let (destination, eni) = (vip.destination(), vip.interface(server));
        for table in declared {
            if !targets.contains_key(&route_key(&resource.name, table)) {
                self.in_epoch().await?;
                match self.cloud.create_route(table, &destination, eni).await {
                    Err(error) if error.kind != ErrorKind::Conflict => return Err(self.failed(&error)),
                    _ => {}
                }
            }
        }
        let prefix = route_key(&resource.name, "");
        for (key, target) in targets {
            let Some(table) = key.strip_prefix(&prefix) else { continue };
            let members: Vec<String> = self.cluster.servers.iter().map(|it| it.name.clone()).collect();
            let one = [(key.clone(), target.clone())].into();
            if !super::observe::Seen::foreign(&one, &members).is_empty() {
                self.in_epoch().await?;
                self.cloud.replace_route(table, &destination, eni).await.map_err(|it| self.failed(&it))?;
            }
        }
        Ok(())
    }

    async fn associate(&self, eip: &ElasticIp, server: &Server) -> Result<(), ProviderError> {
        self.in_epoch().await?;
        let eni = eip.interface(server);
        self.cloud.associate_address(&eip.allocation_id, eni).await.map_err(|it| self.failed(&it))?;
        Ok(())
    }

    /// A record that is a member's keeps its value and gets the time to live; any other gets the server's address.
    async fn name(&self, dns: &DnsRecord, server: &Server, record: Option<&Record>) -> Result<(), ProviderError> {
        let own =
            dns.address(server).ok_or_else(|| self.stop(format!("{} has no address for {}", dns.name, server.name)))?;
        let is_members =
            |record: &Record| self.cluster.servers.iter().filter_map(|it| dns.address(it)).any(|ip| record.says(ip));
        let values = match record {
            Some(record) if is_members(record) && record.ttl == dns.ttl => return Ok(()),
            Some(record) if is_members(record) => record.values.clone(),
            _ => vec![own.to_string()],
        };
        self.in_epoch().await?;
        let record = Record { name: dns.name.clone(), ttl: dns.ttl, values };
        self.cloud.upsert_record(&dns.zone_id, &record).await.map_err(|it| self.failed(&it))?;
        Ok(())
    }

    /// Takes away what the group had and a later form of it no longer has; `kept` is that form, `None` when there is none.
    /// The address is let go of first, then the name, then the rows. Nothing is taken from strangers.
    ///
    /// # Errors
    /// A call failed; what was done so far stays done, and doing it again is no harm.
    pub async fn remove(
        &self,
        tables: &BTreeMap<&str, &[String]>,
        kept: Option<(&Group, &HaGroup)>,
    ) -> Result<(), ProviderError> {
        let mut order = self.group.activation_order();
        order.reverse();
        let stays =
            |kind: &ResourceKind| kept.is_some_and(|(group, _)| group.resources.iter().any(|it| same(&it.kind, kind)));
        for resource in &order {
            if let (ResourceKind::ElasticIp(eip), false) = (&resource.kind, stays(&resource.kind)) {
                self.disassociate(eip).await?;
            }
        }
        for resource in &order {
            if let (ResourceKind::DnsRecord(dns), false) = (&resource.kind, stays(&resource.kind)) {
                self.unname(dns).await?;
            }
        }
        for resource in &order {
            let ResourceKind::VirtualIp(vip) = &resource.kind else { continue };
            let before = tables.get(resource.name.as_str()).copied().unwrap_or_default();
            let after: BTreeSet<&String> = match kept.filter(|_| stays(&resource.kind)) {
                Some((_, described)) => described
                    .virtual_ip
                    .iter()
                    .filter(|it| it.ip == vip.ip.to_string())
                    .flat_map(|it| &it.route_table_ids)
                    .collect(),
                None => BTreeSet::new(),
            };
            for table in before.iter().filter(|it| !after.contains(it)) {
                self.remove_row(vip, table).await?;
            }
        }
        Ok(())
    }

    async fn disassociate(&self, eip: &ElasticIp) -> Result<(), ProviderError> {
        let address = match self.cloud.address(&eip.allocation_id).await {
            Err(error) if error.kind == ErrorKind::NotFound => return Ok(()),
            other => other.map_err(|it| self.failed(&it))?,
        };
        let ours = address.eni.as_deref().is_some_and(|eni| eip.owner(self.cluster, eni).is_some());
        let Some(association) = address.association_id.filter(|_| ours) else { return Ok(()) };
        // The association that was just read: one that has ended since, or has become another's, is left alone.
        gone_is_done(self.cloud.disassociate_address(&association).await).map_err(|it| self.failed(&it))
    }

    async fn unname(&self, dns: &DnsRecord) -> Result<(), ProviderError> {
        let record = match self.cloud.record(&dns.zone_id, &dns.name).await {
            Err(error) if error.kind == ErrorKind::NotFound => return Ok(()),
            other => other.map_err(|it| self.failed(&it))?,
        };
        let ours =
            |record: &Record| self.cluster.servers.iter().filter_map(|it| dns.address(it)).any(|ip| record.says(ip));
        let Some(record) = record.filter(ours) else { return Ok(()) };
        match self.cloud.delete_record(&dns.zone_id, &record).await {
            Err(error) if error.kind == ErrorKind::Conflict => {
                Err(self.stop(format!("the record {} changed while it was deleted", dns.name)).help("Apply again."))
            }
            other => gone_is_done(other).map_err(|it| self.failed(&it)),
        }
    }

    async fn remove_row(&self, vip: &VirtualIp, table: &str) -> Result<(), ProviderError> {
        let destination = vip.destination();
        let tables = self.cloud.route_tables(&vip.vpc_id).await.map_err(|it| self.failed(&it))?;
        let route = tables.iter().find(|it| it.id == table).and_then(|it| it.route(&destination));
        let ours = |eni: &str| vip.owner(self.cluster, eni).is_some();
        if route.is_some_and(|it| it.eni.as_deref().is_some_and(ours) || (it.eni.is_none() && !it.active)) {
            gone_is_done(self.cloud.delete_route(table, &destination).await).map_err(|it| self.failed(&it))?;
        }
        Ok(())
    }
}

/// Whether two resources own the same thing on AWS.
fn same(a: &ResourceKind, b: &ResourceKind) -> bool {
    match (a, b) {
        (ResourceKind::VirtualIp(a), ResourceKind::VirtualIp(b)) => (a.ip, &a.vpc_id) == (b.ip, &b.vpc_id),
        (ResourceKind::ElasticIp(a), ResourceKind::ElasticIp(b)) => a.allocation_id == b.allocation_id,
        (ResourceKind::DnsRecord(a), ResourceKind::DnsRecord(b)) => (&a.zone_id, &a.name) == (&b.zone_id, &b.name),
        _ => false,
    }
}

fn gone_is_done<T>(result: Result<T, CloudError>) -> Result<(), CloudError> {
    match result {
        Err(error) if error.kind != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

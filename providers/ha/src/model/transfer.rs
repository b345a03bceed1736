//! Moves of groups that own nothing but what is on AWS, where nobody keeps record of them.

use std::sync::Arc;

use async_trait::async_trait;
use plumb_engine::provider::ProviderError;

use super::ensure::refused;
use crate::cloud::{Cloud, Record};
use crate::group::{Cluster, Group, ResourceKind, Server};
use crate::provider::{Owner, Runtime};

/// Keeps no record, and moves by the calls alone.
pub struct Direct;

#[async_trait]
impl Runtime for Direct {
    async fn owner(&self, _cluster: &Cluster, _group: &Group) -> Result<Option<Owner>, ProviderError> {
        Ok(None)
    }

    async fn transfer(
        &self,
        cloud: Arc<dyn Cloud>,
        cluster: &Cluster,
        group: &Group,
        to: Option<&str>,
    ) -> Result<(), ProviderError> {
        let refuse = |message: String| ProviderError::refused(format!("moving ha_group {}", group.name), message);
        if group.needs_agents() {
            let help = format!("Move it with \"plumb ha move {}\", and apply again.", group.name);
            let message = "the group has disks or programs, which only the agents of its servers can move".to_owned();
            return Err(refuse(message).help(help));
        }
        // A stop leaves routes and associations as they are: they are taken away with what they belong to.
        let Some(to) = to else { return Ok(()) };
        let server = cluster.server(to).ok_or_else(|| refuse(format!("the cluster has no server {to:?}")))?;
        preflight(&*cloud, group, server).await?;
        for resource in group.activation_order() {
            activate(&*cloud, group, &resource.kind, server).await?;
        }
        Ok(())
    }
}

/// Whether the server can have the group at all; nothing is changed by it.
async fn preflight(cloud: &dyn Cloud, group: &Group, server: &Server) -> Result<(), ProviderError> {
    let failed = |error| refused("moving", &group.name, &error);
    let instance = cloud.instance(&server.instance_id).await.map_err(failed)?;
    let interface = cloud.network_interface(&server.eni_id).await.map_err(failed)?;
    let refuse = |message: String| Err(ProviderError::refused(format!("moving ha_group {}", group.name), message));
    if instance.state != "running" {
        return refuse(format!("the instance {} of {} is {}", instance.id, server.name, instance.state));
    }
    if interface.instance_id.as_ref() != Some(&server.instance_id) {
        return refuse(format!("the interface {} is not attached to {}", server.eni_id, server.instance_id));
    }
    Ok(())
}

async fn activate(cloud: &dyn Cloud, group: &Group, kind: &ResourceKind, server: &Server) -> Result<(), ProviderError> {
    let failed = |error| refused("moving", &group.name, &error);
    match kind {
        ResourceKind::VirtualIp(vip) => {
            let (destination, eni) = (vip.destination(), vip.interface(server));
            for table in cloud.route_tables(&vip.vpc_id).await.map_err(failed)? {
                let right = |it: &crate::cloud::Route| it.eni.as_deref() == Some(eni);
                if table.route(&destination).is_some_and(|it| !right(it)) {
                    cloud.replace_route(&table.id, &destination, eni).await.map_err(failed)?;
                }
            }
        }
        ResourceKind::ElasticIp(eip) => {
            let eni = eip.interface(server);
            if cloud.address(&eip.allocation_id).await.map_err(failed)?.eni.as_deref() != Some(eni) {
                cloud.associate_address(&eip.allocation_id, eni).await.map_err(failed)?;
            }
        }
        ResourceKind::DnsRecord(dns) => {
            let Some(ip) = dns.address(server) else { return Ok(()) };
            let now = cloud.record(&dns.zone_id, &dns.name).await.map_err(failed)?;
            if !now.is_some_and(|it| it.says(ip) && it.ttl == dns.ttl) {
                let record = Record { name: dns.name.clone(), ttl: dns.ttl, values: vec![ip.to_string()] };
                cloud.upsert_record(&dns.zone_id, &record).await.map_err(failed)?;
            }
        }
        ResourceKind::MirrorDisk(_) | ResourceKind::Exec(_) => {}
    }
    Ok(())
}

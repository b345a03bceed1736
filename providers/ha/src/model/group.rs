//! The arguments of `ha_group`, and the group that they describe.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use plumb_engine::Schema;
use serde::{Deserialize, Serialize};

use super::blocks::{ActivationBlock, DeactivationBlock, MonitorBlock, seconds};
use super::words;
use crate::group::{
    AzMonitor, Cluster, DnsRecord, DnsValue, ElasticIp, Exec, FlapGuard, Group, MirrorDisk, MirrorSide, Resource,
    ResourceKind, VirtualIp, defaults,
};

/// A failover group: what is active together on one server at most, and moves to another when that one fails.
///
/// Which server is active is decided at run time: `active_server`, `epoch` and `targets` follow it and are no drift. The
/// group makes the routes, the association and the record that it moves; `aws_route`, `aws_eip_association` and
/// `aws_route53_record` resources about the same objects may stay, and leave the active side to the group.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct HaGroup {
    /// Name, unique in the cluster: `failover1`.
    #[attr(force_new)]
    pub name: String,
    /// The cluster: `ha_cluster.NAME` as a whole.
    pub cluster: ClusterRef,
    /// Names of the servers that may have the group, the preferred one first; left out, all of the cluster.
    pub startup: Vec<String>,
    /// Whether agents start the group by themselves: `auto` or `manual`.
    #[attr(default = "auto")]
    pub start: String,
    /// Whether agents move the group when its server fails: `auto` or `manual`.
    #[attr(default = "auto")]
    pub failover: String,
    /// Whether the group returns to a better server once that is back: `manual` or `auto`.
    #[attr(default = "manual")]
    pub failback: String,
    /// Whether other groups may be active on the same server: `none` (they may), `normal` (a free server is preferred) or
    /// `full` (never).
    #[attr(default = "none")]
    pub exclusive: String,
    /// Seconds for one AWS call with all its repetitions, 1 to 999.
    #[attr(default = 100)]
    pub call_timeout: i64,
    /// Lets a plan remove the active server although no other one can take over: the group stops.
    #[attr(default = false)]
    pub allow_outage: bool,
    /// An address outside of the VPC that routes lead to.
    #[block(list)]
    pub virtual_ip: Vec<VirtualIpBlock>,
    /// An Elastic IP address.
    #[block(list)]
    pub elastic_ip: Vec<ElasticIpBlock>,
    /// A name.
    #[block(list)]
    pub dns: Vec<DnsBlock>,
    /// A disk whose data is on every server.
    #[block(list)]
    pub mirror_disk: Vec<MirrorDiskBlock>,
    /// A program.
    #[block(list)]
    pub exec: Vec<ExecBlock>,
    /// Watch over the availability zone of each server; left out, there is none.
    #[block(single)]
    pub az_monitor: Option<MonitorBlock>,
    /// When rewriting what others keep changing ends.
    #[block(single)]
    pub flap_guard: Option<FlapGuardBlock>,
    /// Server where the group is active; null while it is stopped.
    #[attr(computed)]
    pub active_server: Option<String>,
    /// Number of the last transition, which only grows.
    #[attr(computed)]
    pub epoch: Option<i64>,
    /// `active`, `stopped`, `partial` when what the group owns is at several servers, or `unconfirmed` when it is at another
    /// server than the last known and nobody confirms a transition.
    #[attr(computed)]
    pub state: Option<String>,
    /// Where everything leads to that the group owns on AWS: the name of a server, or what else it is. The key is the
    /// resource's name, for a route followed by `/` and the table.
    #[attr(computed)]
    pub targets: Option<BTreeMap<String, String>>,
    /// The group as the JSON document that agents read.
    #[attr(computed)]
    pub definition: Option<String>,
}

/// A cluster as groups refer to it.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct ClusterRef {
    /// Name of the cluster.
    pub name: Option<String>,
    /// The cluster as a JSON document.
    pub definition: Option<String>,
}

/// An address outside of every CIDR of the VPC: one host route per table leads to the active server's interface.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct VirtualIpBlock {
    /// Name, unique in the group.
    pub name: String,
    /// The address: in no CIDR block of the VPC, primary or secondary.
    pub ip: String,
    /// The network: `vpc-…`.
    pub vpc_id: String,
    /// Route tables that have the route: those of every subnet with clients. A table without the row is not served.
    #[attr(set, required)]
    pub route_table_ids: Vec<String>,
    /// Interface by server, where it is not the server's own.
    pub interfaces: BTreeMap<String, String>,
    /// Names of resources that must be active first.
    pub after: Vec<String>,
    /// How activation is tried.
    #[block(single)]
    pub activation: Option<ActivationBlock>,
    /// How deactivation is tried.
    #[block(single)]
    pub deactivation: Option<DeactivationBlock>,
    /// How it is watched.
    #[block(single)]
    pub monitor: Option<MonitorBlock>,
}

/// An Elastic IP address, associated with the active server's interface.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct ElasticIpBlock {
    /// Name, unique in the group.
    pub name: String,
    /// The allocation: `eipalloc-…`.
    pub allocation_id: String,
    /// Interface by server, where it is not the server's own.
    pub interfaces: BTreeMap<String, String>,
    /// Names of resources that must be active first.
    pub after: Vec<String>,
    /// How activation is tried.
    #[block(single)]
    pub activation: Option<ActivationBlock>,
    /// How deactivation is tried.
    #[block(single)]
    pub deactivation: Option<DeactivationBlock>,
    /// How it is watched.
    #[block(single)]
    pub monitor: Option<MonitorBlock>,
}

/// A record of type A that has the active server's address.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct DnsBlock {
    /// Name, unique in the group.
    pub name: String,
    /// The hosted zone: `Z…`.
    pub zone_id: String,
    /// Name of the record, in lower case, with a dot at its end: `srv.hz1.local.`.
    pub record_name: String,
    /// Address that the record always has, such as that of a virtual address of the group.
    #[attr(conflicts_with("addresses"))]
    pub address: Option<String>,
    /// Address by server. Left out as well as `address`, the servers' interconnect addresses.
    #[attr(conflicts_with("address"))]
    pub addresses: BTreeMap<String, String>,
    /// How long resolvers may keep it, in seconds.
    #[attr(default = 300)]
    pub ttl: i64,
    /// Whether the record goes when the group stops. Without it a name resolves sooner after a failover, and still does when
    /// the group is stopped.
    #[attr(default = true)]
    pub delete_on_deactivate: bool,
    /// Whether the monitor resolves the name besides looking at the record.
    #[attr(default = true)]
    pub check_resolution: bool,
    /// Names of resources that must be active first.
    pub after: Vec<String>,
    /// How activation is tried.
    #[block(single)]
    pub activation: Option<ActivationBlock>,
    /// How deactivation is tried.
    #[block(single)]
    pub deactivation: Option<DeactivationBlock>,
    /// How it is watched.
    #[block(single)]
    pub monitor: Option<MonitorBlock>,
}

/// A disk whose data is on every server and that is mounted on the active one.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct MirrorDiskBlock {
    /// Name, unique in the group; that of the DRBD resource.
    pub name: String,
    /// Where it is mounted.
    pub mount_point: String,
    /// Type of the file system.
    #[attr(default = "ext4")]
    pub file_system: String,
    /// Whether a write waits for the other server: `sync`, or `async`, with which the last writes may be lost.
    #[attr(default = "sync")]
    pub mode: String,
    /// Seconds to mount, per attempt.
    #[attr(default = 120)]
    pub mount_timeout: i64,
    /// Seconds to unmount, per attempt.
    #[attr(default = 300)]
    pub unmount_timeout: i64,
    /// Devices of a server: both on an EBS volume of the server's availability zone.
    #[block(list, min = 2)]
    pub side: Vec<MirrorSideBlock>,
    /// Names of resources that must be active first.
    pub after: Vec<String>,
    /// How activation is tried.
    #[block(single)]
    pub activation: Option<ActivationBlock>,
    /// How deactivation is tried.
    #[block(single)]
    pub deactivation: Option<DeactivationBlock>,
    /// How it is watched.
    #[block(single)]
    pub monitor: Option<MonitorBlock>,
}

/// A server's part of a mirrored disk.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct MirrorSideBlock {
    /// Name of the server.
    pub server: String,
    /// Partition with the data.
    pub data_partition: String,
    /// Partition with what the mirror knows of itself; left out where it is kept with the data.
    pub cluster_partition: Option<String>,
}

/// A program that is started and stopped with the group.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct ExecBlock {
    /// Name, unique in the group.
    pub name: String,
    /// Program and arguments of the start; no shell reads them.
    #[attr(required)]
    pub start: Vec<String>,
    /// Program and arguments of the stop.
    #[attr(required)]
    pub stop: Vec<String>,
    /// Program and arguments that tell by their exit code whether it works; left out, nothing is checked.
    pub check: Vec<String>,
    /// Seconds for each of them.
    #[attr(default = 1800)]
    pub timeout: i64,
    /// Names of resources that must be active first.
    pub after: Vec<String>,
    /// How activation is tried.
    #[block(single)]
    pub activation: Option<ActivationBlock>,
    /// How deactivation is tried.
    #[block(single)]
    pub deactivation: Option<DeactivationBlock>,
    /// How it is watched.
    #[block(single)]
    pub monitor: Option<MonitorBlock>,
}

/// When rewriting what others keep changing ends.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct FlapGuardBlock {
    /// Rewrites of one target that are allowed within the window.
    #[attr(default = 5)]
    pub rewrites: i64,
    /// The window in seconds.
    #[attr(default = 600)]
    pub window: i64,
}

impl HaGroup {
    /// The cluster that the group refers to.
    ///
    /// # Errors
    /// It is not known, or is none.
    pub fn cluster(&self) -> Result<Cluster, String> {
        let text = self.cluster.definition.as_ref().ok_or("the cluster of the group is not known")?;
        serde_json::from_str(text).map_err(|error| format!("the definition of the cluster cannot be read: {error}"))
    }

    /// The group as agents know it.
    ///
    /// # Errors
    /// An address is none.
    pub fn group(&self, cluster: &Cluster) -> Result<Group, String> {
        let startup = match self.startup.as_slice() {
            [] => cluster.servers.iter().map(|it| it.name.clone()).collect(),
            some => some.to_vec(),
        };
        let flap_guard = self.flap_guard.as_ref();
        Ok(Group {
            name: self.name.clone(),
            cluster: cluster.name.clone(),
            startup,
            start: words::find(words::TRIGGER, &self.start),
            failover: words::find(words::TRIGGER, &self.failover),
            failback: words::find(words::FAILBACK, &self.failback),
            exclusive: words::find(words::EXCLUSIVE, &self.exclusive),
            resources: self.resources()?,
            az_monitor: self.az_monitor.as_ref().and_then(MonitorBlock::of_zones).map(|monitor| AzMonitor { monitor }),
            flap_guard: flap_guard.map_or_else(FlapGuard::default, |it| FlapGuard {
                rewrites: u32::try_from(it.rewrites).unwrap_or(defaults::FLAP_REWRITES),
                window: seconds(it.window),
            }),
            call_timeout: seconds(self.call_timeout),
        })
    }

    /// Route tables that are to have the route of a virtual address, by its name.
    pub fn declared_tables(&self) -> BTreeMap<&str, &[String]> {
        self.virtual_ip.iter().map(|it| (it.name.as_str(), it.route_table_ids.as_slice())).collect()
    }

    fn resources(&self) -> Result<Vec<Resource>, String> {
        let mut all = Vec::new();
        for it in &self.virtual_ip {
            let kind = VirtualIp { ip: address(&it.ip)?, vpc_id: it.vpc_id.clone(), interfaces: it.interfaces.clone() };
            all.push(resource(
                &it.name,
                ResourceKind::VirtualIp(kind),
                &it.after,
                (&it.activation, &it.deactivation, &it.monitor),
            ));
        }
        for it in &self.elastic_ip {
            let kind = ElasticIp { allocation_id: it.allocation_id.clone(), interfaces: it.interfaces.clone() };
            all.push(resource(
                &it.name,
                ResourceKind::ElasticIp(kind),
                &it.after,
                (&it.activation, &it.deactivation, &it.monitor),
            ));
        }
        for it in &self.dns {
            let kind = ResourceKind::DnsRecord(it.record()?);
            all.push(resource(&it.name, kind, &it.after, (&it.activation, &it.deactivation, &it.monitor)));
        }
        for it in &self.mirror_disk {
            let kind = ResourceKind::MirrorDisk(it.disk());
            all.push(resource(&it.name, kind, &it.after, (&it.activation, &it.deactivation, &it.monitor)));
        }
        for it in &self.exec {
            let exec = Exec {
                start: it.start.clone(),
                stop: it.stop.clone(),
                check: (!it.check.is_empty()).then(|| it.check.clone()),
                timeout: seconds(it.timeout),
            };
            all.push(resource(
                &it.name,
                ResourceKind::Exec(exec),
                &it.after,
                (&it.activation, &it.deactivation, &it.monitor),
            ));
        }
        Ok(all)
    }
}

type Policies<'a> = (&'a Option<ActivationBlock>, &'a Option<DeactivationBlock>, &'a Option<MonitorBlock>);

fn resource(
    name: &str,
    kind: ResourceKind,
    after: &[String],
    (activation, deactivation, monitor): Policies<'_>,
) -> Resource {
    Resource {
        name: name.to_owned(),
        depends_on: after.to_vec(),
        activation: ActivationBlock::settings(activation.as_ref()),
        deactivation: DeactivationBlock::settings(deactivation.as_ref()),
        monitor: MonitorBlock::settings(monitor.as_ref(), &kind),
        kind,
    }
}

impl DnsBlock {
    fn record(&self) -> Result<DnsRecord, String> {
        let value = match &self.address {
            Some(ip) => DnsValue::Common { ip: address(ip)? },
            None if self.addresses.is_empty() => DnsValue::ServerIp,
            None => {
                let ips = self.addresses.iter().map(|(server, ip)| Ok((server.clone(), address(ip)?)));
                DnsValue::PerServer { ips: ips.collect::<Result<_, String>>()? }
            }
        };
        Ok(DnsRecord {
            zone_id: self.zone_id.clone(),
            name: self.record_name.clone(),
            value,
            ttl: u32::try_from(self.ttl).unwrap_or(defaults::DNS_TTL),
            delete_on_deactivate: self.delete_on_deactivate,
            check_resolution: self.check_resolution,
        })
    }
}

impl MirrorDiskBlock {
    fn disk(&self) -> MirrorDisk {
        let sides = self.side.iter().map(|it| {
            let side = MirrorSide {
                data_partition: it.data_partition.clone(),
                cluster_partition: it.cluster_partition.clone(),
            };
            (it.server.clone(), side)
        });
        MirrorDisk {
            mount_point: self.mount_point.clone(),
            file_system: self.file_system.clone(),
            mode: words::find(words::MIRROR_MODE, &self.mode),
            mount_timeout: seconds(self.mount_timeout),
            unmount_timeout: seconds(self.unmount_timeout),
            sides: sides.collect(),
        }
    }
}

fn address(text: &str) -> Result<Ipv4Addr, String> {
    text.parse().map_err(|_| format!("{text:?} is no IPv4 address"))
}

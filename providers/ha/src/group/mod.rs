//! Failover groups as plain data: what is described, with nothing of what is observed.

pub mod defaults;
mod monitor;
mod policy;
mod resource;
pub mod seconds;

use std::net::Ipv4Addr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use monitor::{AzMonitor, FinalAction, Monitor, NoAnswer, Recovery, RecoveryTarget};
pub use policy::{
    Activation, ActivationFailed, Deactivation, Exclusive, Failback, FlapGuard, IsolationAction, Trigger,
};
pub use resource::{
    DnsRecord, DnsValue, ElasticIp, Exec, MirrorDisk, MirrorMode, MirrorSide, Resource, ResourceKind, VirtualIp,
};

/// A named set of servers that watch each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cluster {
    /// Name, unique in a state; journals, leases and metrics carry it.
    pub name: String,
    /// Region of the servers; left out, the one that the credentials' settings name.
    pub region: Option<String>,
    /// Members in order of priority, the first server first.
    pub servers: Vec<Server>,
    /// How a server finds out whether it is the one that is cut off.
    pub partition: PartitionCheck,
    /// How servers notice each other's silence.
    pub heartbeat: Heartbeat,
    /// The store outside all servers that says who may be active.
    pub arbiter: Arbiter,
    /// Whether the former active server is stopped through AWS before a takeover.
    pub forced_stop: Option<ForcedStop>,
}

impl Cluster {
    /// The member with a name.
    pub fn server(&self, name: &str) -> Option<&Server> {
        self.servers.iter().find(|it| it.name == name)
    }

    /// The member that has a network interface.
    pub fn server_of_interface(&self, eni: &str) -> Option<&Server> {
        self.servers.iter().find(|it| it.eni_id == eni)
    }
}

/// An instance that runs an agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// Name in lower case, unique in the cluster.
    pub name: String,
    /// Instance: `i-…`.
    pub instance_id: String,
    /// Network interface that virtual and Elastic IP addresses lead to: `eni-…`.
    pub eni_id: String,
    /// Network of the interface, where it is not that of the resource: `vpc-…`.
    pub vpc_id: Option<String>,
    /// Availability zone: `ap-northeast-1a`.
    pub availability_zone: String,
    /// Private address for heartbeats and mirrored data.
    pub interconnect: Ipv4Addr,
}

/// How a server asks a third party whether it is itself cut off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartitionCheck {
    /// What is asked.
    pub target: PartitionTarget,
    /// Time between two questions.
    #[serde(with = "seconds")]
    pub interval: Duration,
    /// Time without an answer after which the target counts as unreachable.
    #[serde(with = "seconds")]
    pub timeout: Duration,
    /// What an isolated server does with itself.
    pub action: IsolationAction,
}

/// The third party that a server asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum PartitionTarget {
    /// An HTTP HEAD request that must be answered with 200.
    Http {
        /// Host name or address.
        host: String,
        /// TCP port.
        port: u16,
        /// Whether the connection is encrypted.
        tls: bool,
    },
    /// An ICMP echo request.
    Ping {
        /// Host name or address.
        host: String,
    },
    /// Nobody.
    None,
}

/// How servers notice each other's silence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heartbeat {
    /// Time between two heartbeats.
    #[serde(with = "seconds")]
    pub interval: Duration,
    /// Silence after which a server counts as down.
    #[serde(with = "seconds")]
    pub timeout: Duration,
}

/// The store outside all servers that gives out the right to be active.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum Arbiter {
    /// None: partition check and forced stop decide alone.
    None,
    /// A table of DynamoDB with the string key `id`.
    DynamoDb {
        /// Name of the table.
        table: String,
        /// How long a lease lasts without renewal.
        #[serde(with = "seconds")]
        lease: Duration,
    },
    /// Objects in a bucket of S3.
    S3 {
        /// Name of the bucket.
        bucket: String,
        /// What the keys begin with, without a slash at the end.
        prefix: String,
        /// How long a lease lasts without renewal.
        #[serde(with = "seconds")]
        lease: Duration,
    },
    /// A table of a PostgreSQL database.
    Postgres {
        /// Connection string or URL; the password may come from `PGPASSWORD`.
        connection: String,
        /// How long a lease lasts without renewal.
        #[serde(with = "seconds")]
        lease: Duration,
    },
}

/// The former active server is stopped through AWS before another takes over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForcedStop {
    /// How long the instance may take to stop.
    #[serde(with = "seconds")]
    pub timeout: Duration,
    /// Whether there is no failover when the stop fails.
    pub required: bool,
}

/// A unit that is active on one server at most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Name, unique in the cluster.
    pub name: String,
    /// Name of the cluster.
    pub cluster: String,
    /// Servers that may have the group, the preferred one first.
    pub startup: Vec<String>,
    /// Whether agents start the group by themselves.
    pub start: Trigger,
    /// Whether agents move the group by themselves when its server fails.
    pub failover: Trigger,
    /// Whether the group returns to a better server.
    pub failback: Failback,
    /// Whether other groups may be active on the same server.
    pub exclusive: Exclusive,
    /// What the group consists of, as declared.
    pub resources: Vec<Resource>,
    /// Watch over the zone of each server.
    pub az_monitor: Option<AzMonitor>,
    /// When rewriting what others keep changing ends.
    pub flap_guard: FlapGuard,
    /// Time for one AWS call with all its repetitions.
    #[serde(with = "seconds")]
    pub call_timeout: Duration,
}

impl Group {
    /// The resources in the order of activation: what one depends on first, else disks, programs, addresses, names, else
    /// as declared. Deactivation goes backwards. Resources of a cycle come last, as declared.
    pub fn activation_order(&self) -> Vec<&Resource> {
        let mut waiting: Vec<&Resource> = self.resources.iter().collect();
        waiting.sort_by_key(|it| it.kind.rank());
        let mut order: Vec<&Resource> = Vec::with_capacity(waiting.len());
        while !waiting.is_empty() {
            let ready = |it: &&Resource| {
                it.depends_on
                    .iter()
                    .all(|name| !waiting.iter().any(|other| other.name == *name && other.name != it.name))
            };
            let at = waiting.iter().position(ready).unwrap_or(0);
            order.push(waiting.remove(at));
        }
        order
    }

    /// The resource with a name.
    pub fn resource(&self, name: &str) -> Option<&Resource> {
        self.resources.iter().find(|it| it.name == name)
    }

    /// Whether some of it can be done by nobody but the servers themselves: disks and programs.
    pub fn needs_agents(&self) -> bool {
        self.resources.iter().any(|it| matches!(it.kind, ResourceKind::MirrorDisk(_) | ResourceKind::Exec(_)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn resource(name: &str, depends_on: &[&str], kind: ResourceKind) -> Resource {
        Resource::new(name, kind).after(depends_on)
    }

    fn dns() -> ResourceKind {
        ResourceKind::DnsRecord(DnsRecord {
            zone_id: "Z1".into(),
            name: "srv.hz1.local.".into(),
            value: DnsValue::ServerIp,
            ttl: defaults::DNS_TTL,
            delete_on_deactivate: true,
            check_resolution: true,
        })
    }

    fn vip() -> ResourceKind {
        ResourceKind::VirtualIp(VirtualIp {
            ip: Ipv4Addr::new(10, 1, 0, 20),
            vpc_id: "vpc-1".into(),
            interfaces: BTreeMap::new(),
        })
    }

    fn group(resources: Vec<Resource>) -> Group {
        Group::new("failover1", "db", &["server1"], resources)
    }

    #[test]
    fn names_come_last_unless_somebody_depends_on_them() {
        let names = |group: &Group| group.activation_order().iter().map(|it| it.name.clone()).collect::<Vec<_>>();
        let usual = group(vec![resource("d", &[], dns()), resource("v", &[], vip())]);
        assert_eq!(names(&usual), ["v", "d"]);
        let turned = group(vec![resource("d", &[], dns()), resource("v", &["d"], vip())]);
        assert_eq!(names(&turned), ["d", "v"]);
        let circle = group(vec![resource("d", &["v"], dns()), resource("v", &["d"], vip())]);
        assert_eq!(names(&circle).len(), 2);
    }

    #[test]
    fn survives_a_round_through_json() {
        let group = group(vec![resource("v", &[], vip()), resource("d", &["v"], dns())]);
        let text = serde_json::to_string(&group).unwrap();
        assert_eq!(serde_json::from_str::<Group>(&text).unwrap(), group);
        assert!(!group.needs_agents());
    }
}

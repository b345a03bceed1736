//! What a group consists of.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Activation, Cluster, Deactivation, Monitor, Server, seconds};

/// Something that is active where its group is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    /// Name, unique in the group.
    pub name: String,
    /// Names of resources that must be active first.
    pub depends_on: Vec<String>,
    /// How it is activated.
    pub activation: Activation,
    /// How it is deactivated.
    pub deactivation: Deactivation,
    /// How it is watched; `None` for not at all.
    pub monitor: Option<Monitor>,
    /// What it is.
    #[serde(flatten)]
    pub kind: ResourceKind,
}

/// What a resource is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResourceKind {
    /// An address outside of the VPC that routes lead to.
    VirtualIp(VirtualIp),
    /// An address on the Internet.
    ElasticIp(ElasticIp),
    /// A name.
    DnsRecord(DnsRecord),
    /// A disk whose data is on every server.
    MirrorDisk(MirrorDisk),
    /// A program.
    Exec(Exec),
}

impl ResourceKind {
    /// Place in the usual order of activation: clients are directed last.
    pub fn rank(&self) -> u8 {
        match self {
            Self::MirrorDisk(_) => 0,
            Self::Exec(_) => 1,
            Self::VirtualIp(_) | Self::ElasticIp(_) => 2,
            Self::DnsRecord(_) => 3,
        }
    }

    /// The type as manifests and messages have it.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::VirtualIp(_) => "virtual_ip",
            Self::ElasticIp(_) => "elastic_ip",
            Self::DnsRecord(_) => "dns",
            Self::MirrorDisk(_) => "mirror_disk",
            Self::Exec(_) => "exec",
        }
    }
}

/// An address outside of every CIDR of the VPC: one host route per table leads to the active server's interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VirtualIp {
    /// The address.
    pub ip: Ipv4Addr,
    /// The network whose tables have the route: `vpc-…`.
    pub vpc_id: String,
    /// Interface by server, where it is not the server's own.
    #[serde(default)]
    pub interfaces: BTreeMap<String, String>,
}

impl VirtualIp {
    /// Destination of the routes: `10.1.0.20/32`.
    pub fn destination(&self) -> String {
        format!("{}/32", self.ip)
    }

    /// Interface that the routes lead to when a server is active.
    pub fn interface<'a>(&'a self, server: &'a Server) -> &'a str {
        self.interfaces.get(&server.name).map_or(&server.eni_id, String::as_str)
    }

    /// The member whose interface this is.
    pub fn owner<'a>(&self, cluster: &'a Cluster, eni: &str) -> Option<&'a Server> {
        cluster.servers.iter().find(|it| self.interface(it) == eni)
    }
}

/// An address on the Internet, associated with the active server's interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ElasticIp {
    /// The allocation: `eipalloc-…`.
    pub allocation_id: String,
    /// Interface by server, where it is not the server's own.
    #[serde(default)]
    pub interfaces: BTreeMap<String, String>,
}

impl ElasticIp {
    /// Interface that has the address when a server is active.
    pub fn interface<'a>(&'a self, server: &'a Server) -> &'a str {
        self.interfaces.get(&server.name).map_or(&server.eni_id, String::as_str)
    }

    /// The member whose interface this is.
    pub fn owner<'a>(&self, cluster: &'a Cluster, eni: &str) -> Option<&'a Server> {
        cluster.servers.iter().find(|it| self.interface(it) == eni)
    }
}

/// A record of type A that has the active server's address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DnsRecord {
    /// The hosted zone: `Z…`.
    pub zone_id: String,
    /// Name in lower case with a dot at its end.
    pub name: String,
    /// What it says.
    pub value: DnsValue,
    /// How long resolvers may keep it, in seconds.
    pub ttl: u32,
    /// Whether it goes when the group stops.
    pub delete_on_deactivate: bool,
    /// Whether the monitor resolves the name besides looking at the record.
    pub check_resolution: bool,
}

impl DnsRecord {
    /// Address that the record has when a server is active; `None` when the manifest gives the server none.
    pub fn address(&self, server: &Server) -> Option<Ipv4Addr> {
        match &self.value {
            DnsValue::ServerIp => Some(server.interconnect),
            DnsValue::Common { ip } => Some(*ip),
            DnsValue::PerServer { ips } => ips.get(&server.name).copied(),
        }
    }

    /// The member whose address this is; `None` for a common one, which tells nothing.
    pub fn owner<'a>(&self, cluster: &'a Cluster, ip: Ipv4Addr) -> Option<&'a Server> {
        match &self.value {
            DnsValue::Common { .. } => None,
            _ => cluster.servers.iter().find(|it| self.address(it) == Some(ip)),
        }
    }
}

/// What a record says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "source")]
pub enum DnsValue {
    /// The active server's interconnect address.
    ServerIp,
    /// The same on every server: a virtual or Elastic IP address.
    Common {
        /// The address.
        ip: Ipv4Addr,
    },
    /// An address per server.
    PerServer {
        /// Address by server.
        ips: BTreeMap<String, Ipv4Addr>,
    },
}

/// A disk whose data is on every server and that is mounted on the active one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MirrorDisk {
    /// Where it is mounted.
    pub mount_point: String,
    /// Type of the file system: `ext4`, `xfs`.
    pub file_system: String,
    /// Whether a write waits for the other server.
    pub mode: MirrorMode,
    /// Time to mount, per attempt.
    #[serde(with = "seconds")]
    pub mount_timeout: Duration,
    /// Time to unmount, per attempt.
    #[serde(with = "seconds")]
    pub unmount_timeout: Duration,
    /// Devices by server.
    pub sides: BTreeMap<String, MirrorSide>,
}

/// Whether a write waits for the other server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MirrorMode {
    /// It does: nothing is lost in a failover.
    Sync,
    /// It does not: the last writes may be lost in a failover.
    Async,
}

/// A server's part of a mirrored disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MirrorSide {
    /// Partition with the data.
    pub data_partition: String,
    /// Partition with what the mirror knows of itself; `None` where it is kept with the data.
    pub cluster_partition: Option<String>,
}

/// A program that is started and stopped with the group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exec {
    /// Program and arguments of the start.
    pub start: Vec<String>,
    /// Program and arguments of the stop.
    pub stop: Vec<String>,
    /// Program and arguments that tell by their exit code whether it works; none when left out.
    pub check: Option<Vec<String>>,
    /// Time for each of them.
    #[serde(with = "seconds")]
    pub timeout: Duration,
}

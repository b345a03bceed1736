//! What an agent is told when it starts: its cluster, its groups, its own name.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::group::{Cluster, Group, ResourceKind, Server};

/// What an agent is told when it starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// The cluster.
    pub cluster: Cluster,
    /// Its groups.
    pub groups: Vec<Group>,
    /// Name of the server that the agent runs on.
    pub server: String,
    /// Last epoch by group that the journal of this server knows.
    #[serde(default)]
    pub epochs: BTreeMap<String, u64>,
}

impl Settings {
    /// The server that the agent runs on; `None` when the cluster has no such member.
    pub fn own(&self) -> Option<&Server> {
        self.cluster.server(&self.server)
    }

    /// The other members.
    pub fn peers(&self) -> impl Iterator<Item = &Server> {
        self.cluster.servers.iter().filter(|it| it.name != self.server)
    }

    /// A group by its name.
    pub fn group(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|it| it.name == name)
    }

    /// The limits of a lease; `None` without an arbiter.
    pub fn limits(&self) -> Option<Limits> {
        self.cluster.arbiter.lease().map(Limits::of)
    }
}

/// The names of what a group has on a server itself - addresses on the network card, disks, programs - in the order of
/// activation.
pub fn local_resources(group: &Group) -> Vec<&str> {
    let local = group.activation_order().into_iter().filter(|it| {
        matches!(it.kind, ResourceKind::VirtualIp(_) | ResourceKind::MirrorDisk(_) | ResourceKind::Exec(_))
    });
    local.map(|it| it.name.as_str()).collect()
}

/// When what must have happened, counted from the moment at which the last renewal that succeeded was asked for.
///
/// Others may take the group when the whole lease has passed by their clock. What is left between [`Limits::gone`] and
/// that covers clocks of different speed: a tenth of the lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The lease.
    pub lease: Duration,
    /// It is renewed.
    pub renew: Duration,
    /// The agent begins to give up what it has.
    pub fence: Duration,
    /// The guard ends an agent that has not, and gives up in its place.
    pub guard: Duration,
    /// Everything is given up, or the machine is stopped.
    pub gone: Duration,
}

impl Limits {
    /// Those of a lease.
    pub fn of(lease: Duration) -> Self {
        let part = |tenths: u32| lease * tenths / 10;
        Self { lease, renew: lease / 6, fence: part(6), guard: part(7), gone: part(9) }
    }
}

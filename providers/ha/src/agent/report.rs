//! What an agent says of itself to whoever asks on its server.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// An agent at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentReport {
    /// Its cluster.
    pub cluster: String,
    /// Its server.
    pub server: String,
    /// Whether this server is cut off.
    pub cut_off: bool,
    /// The other servers.
    pub servers: BTreeMap<String, PeerReport>,
    /// The groups, by name.
    pub groups: BTreeMap<String, GroupReport>,
}

/// Another server as an agent hears it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerReport {
    /// `alive`, `silent`, or `unknown` while that is not clear yet.
    pub presence: String,
    /// Seconds since it was heard; `None` for never.
    pub heard_seconds_ago: Option<u64>,
}

/// A group as an agent has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupReport {
    /// What is going on with it: `idle`, `failed`, `taking`, `active`, `recovering`, `stopping`, `releasing`.
    pub state: String,
    /// Number of the last transition here.
    pub epoch: u64,
    /// Seconds until the lease ends unless it is renewed; `None` without a lease.
    pub lease_seconds_left: Option<u64>,
    /// What is on the server of its resources: `active`, `inactive`, `starting`, `ending`, `stuck`, `unknown`.
    pub resources: BTreeMap<String, String>,
    /// What monitors have seen, by resource; that of the zone by its own name.
    pub monitors: BTreeMap<String, MonitorReport>,
    /// Why activation here failed.
    pub failed: Option<String>,
    /// Whether a part of it is missing although it is active.
    pub degraded: bool,
}

/// What a monitor has seen last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonitorReport {
    /// The result in a word; empty before the first look.
    pub result: String,
    /// Seconds since it looked; `None` before the first look.
    pub seconds_ago: Option<u64>,
    /// The result in words, where there is more to say.
    pub message: Option<String>,
    /// Errors in a row.
    pub errors: u32,
}

impl AgentReport {
    /// Whether nobody need look after a group here.
    pub fn is_well(&self, group: &str) -> bool {
        let Some(it) = self.groups.get(group) else { return true };
        let quiet = it.monitors.values().all(|it| it.errors == 0) && it.resources.values().all(|it| it != "stuck");
        !self.cut_off && it.failed.is_none() && !it.degraded && quiet
    }
}

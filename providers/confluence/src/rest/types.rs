//! The states of a cluster and of its nodes, as the API of rolling upgrades names them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a cluster stands in a rolling upgrade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ClusterState {
    /// All nodes run the same version, and upgrade mode is off.
    Stable,
    /// Upgrade mode is on, and no node was upgraded yet. Only now can it be turned off again.
    ReadyToUpgrade,
    /// Nodes run different versions, or one is in error.
    Mixed,
    /// All nodes run the new version: the upgrade can be finalized.
    ReadyToRunUpgradeTasks,
    /// The upgrade is being finalized.
    RunningUpgradeTasks,
    /// Finalizing the upgrade failed.
    UpgradeTasksFailed,
    /// A state that this version of plumb does not know.
    #[serde(other)]
    Unknown,
}

impl ClusterState {
    /// The API's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Stable => "STABLE",
            Self::ReadyToUpgrade => "READY_TO_UPGRADE",
            Self::Mixed => "MIXED",
            Self::ReadyToRunUpgradeTasks => "READY_TO_RUN_UPGRADE_TASKS",
            Self::RunningUpgradeTasks => "RUNNING_UPGRADE_TASKS",
            Self::UpgradeTasksFailed => "UPGRADE_TASKS_FAILED",
            Self::Unknown => "UNKNOWN",
        }
    }
}

impl fmt::Display for ClusterState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// How a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NodeState {
    /// It is part of the cluster and works.
    Active,
    /// It is loading.
    Starting,
    /// It finishes its work before it stops.
    Draining,
    /// It is stopping gracefully.
    Terminating,
    /// It does not answer. It leaves the cluster for good when upgrade mode is turned off.
    Offline,
    /// Something is wrong with it.
    Error,
    /// It runs the tasks that finalize an upgrade.
    RunningFinalizeUpgradeTasks,
    /// Those tasks failed on it.
    UpgradeTasksFailed,
    /// A state that this version of plumb does not know.
    #[serde(other)]
    Unknown,
}

impl NodeState {
    /// The API's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Starting => "STARTING",
            Self::Draining => "DRAINING",
            Self::Terminating => "TERMINATING",
            Self::Offline => "OFFLINE",
            Self::Error => "ERROR",
            Self::RunningFinalizeUpgradeTasks => "RUNNING_FINALIZE_UPGRADE_TASKS",
            Self::UpgradeTasksFailed => "UPGRADE_TASKS_FAILED",
            Self::Unknown => "UNKNOWN",
        }
    }
}

impl fmt::Display for NodeState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A cluster with its nodes.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterOverview {
    /// Where it stands.
    pub state: ClusterState,
    /// Whether nodes of different versions may join.
    #[serde(default)]
    pub upgrade_mode_enabled: bool,
    /// Version that the upgrade began from; empty while there is none.
    #[serde(default)]
    pub original_version: String,
    /// Its nodes.
    #[serde(default)]
    pub nodes: Vec<Node>,
}

/// A node as the cluster sees it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Node {
    /// Id in the cluster.
    pub id: String,
    /// Name in the cluster.
    #[serde(default)]
    pub name: String,
    /// Private address.
    #[serde(default)]
    pub ip_address: String,
    /// How it is.
    pub state: NodeState,
    /// Version that it runs; empty when it does not tell.
    #[serde(default)]
    pub version: String,
    /// Tasks that it is running.
    #[serde(default)]
    pub tasks_total: i64,
    /// How its last finalization went.
    #[serde(default)]
    pub finalization: Option<Finalization>,
}

/// The end of a finalization on a node.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finalization {
    /// What went wrong.
    #[serde(default)]
    pub errors: Vec<TaskFailure>,
}

/// An upgrade task that failed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskFailure {
    /// What the task threw.
    #[serde(default)]
    pub exception_message: String,
    /// What the task said.
    #[serde(default)]
    pub errors: Vec<String>,
}

/// How far the application behind the address is, as its status page says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Stage {
    /// It works.
    Running,
    /// It waits for its setup wizard to be done.
    FirstRun,
    /// It is loading, or running upgrade tasks.
    Starting,
    /// It does not work.
    Error,
    /// It is stopping.
    Stopping,
    /// It is under maintenance.
    Maintenance,
    /// A word that this version of plumb does not know.
    #[serde(other)]
    Unknown,
}

impl Stage {
    /// Whether it is all that can be expected: it works, or its setup wizard waits for a person.
    pub fn is_up(self) -> bool {
        matches!(self, Self::Running | Self::FirstRun)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_they_are_written() {
        for state in ["STABLE", "READY_TO_UPGRADE", "MIXED", "READY_TO_RUN_UPGRADE_TASKS", "UPGRADE_TASKS_FAILED"] {
            let read: ClusterState = serde_json::from_value(state.into()).unwrap();
            assert_eq!(read.word(), state);
        }
        for state in ["ACTIVE", "STARTING", "TERMINATING", "OFFLINE", "ERROR", "RUNNING_FINALIZE_UPGRADE_TASKS"] {
            let read: NodeState = serde_json::from_value(state.into()).unwrap();
            assert_eq!(read.word(), state);
        }
        assert_eq!(serde_json::from_value::<ClusterState>("NEW".into()).unwrap(), ClusterState::Unknown);
        assert_eq!(serde_json::from_value::<Stage>("FIRST_RUN".into()).unwrap(), Stage::FirstRun);
    }

    #[test]
    fn an_overview_may_leave_things_out() {
        let text = r#"{"state":"MIXED","nodes":[{"id":"n1","ipAddress":"10.0.0.1","state":"ACTIVE","tasksTotal":2}]}"#;
        let read: ClusterOverview = serde_json::from_str(text).unwrap();
        assert_eq!((read.state, read.nodes[0].tasks_total, read.upgrade_mode_enabled), (ClusterState::Mixed, 2, false));
    }
}

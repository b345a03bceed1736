//! How often something is looked at, and what follows from what is seen.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::seconds;

/// Settings of a monitor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Monitor {
    /// Time between two looks.
    #[serde(with = "seconds")]
    pub interval: Duration,
    /// Time for one look.
    #[serde(with = "seconds")]
    pub timeout: Duration,
    /// How many bad looks in a row are forgiven.
    pub retry: u32,
    /// Time between activation and the first look.
    #[serde(with = "seconds")]
    pub start_delay: Duration,
    /// What it means that AWS does not answer.
    pub no_answer: NoAnswer,
    /// What follows from an error.
    pub recovery: Recovery,
}

/// What it means to a monitor that AWS does not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoAnswer {
    /// Nothing: endpoints have maintenance.
    Ignore,
    /// A warning, and no recovery.
    Warn,
    /// An error as any other.
    Recover,
}

/// What follows from an error of a monitor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovery {
    /// What is restarted or moved.
    pub target: RecoveryTarget,
    /// Restarts before a failover.
    pub restarts: u32,
    /// Failovers before the final action.
    pub failovers: u32,
    /// What happens when nothing helped.
    pub final_action: FinalAction,
}

/// What a recovery restarts or moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecoveryTarget {
    /// The resource that is watched.
    Resource,
    /// The whole group.
    Group,
    /// All groups of the server.
    LocalServer,
}

/// What a server does when nothing helped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinalAction {
    /// Nothing.
    None,
    /// Stop the group.
    StopGroup,
    /// Stop the agent.
    StopAgent,
    /// Stop the machine.
    Shutdown,
    /// Restart the machine.
    Reboot,
}

/// Watch over the availability zone of each server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AzMonitor {
    /// Its settings.
    pub monitor: Monitor,
}

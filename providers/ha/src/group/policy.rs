//! What a group does by itself, and when it stops trying.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{FinalAction, seconds};

/// Whether something happens by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// By itself.
    Auto,
    /// When a person says so.
    Manual,
}

/// Whether a group returns to a better server once that is back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failback {
    /// By itself.
    Auto,
    /// When a person says so.
    Manual,
}

/// Whether groups share a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exclusive {
    /// They may.
    None,
    /// A server without a group is preferred.
    Normal,
    /// They never do.
    Full,
}

/// What an isolated server does with itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IsolationAction {
    /// Nothing but to report it.
    None,
    /// Stop its groups.
    StopGroup,
    /// Stop its groups and the agent.
    StopAgent,
    /// Stop its groups and the machine.
    Shutdown,
    /// Restart the machine.
    Reboot,
}

/// How activation is tried, and what follows when it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activation {
    /// Attempts after the first, 0 to 99.
    pub retry: u32,
    /// Further servers that are tried, 0 to 99.
    pub failover: u32,
    /// What follows when no server is left.
    pub action: ActivationFailed,
}

/// What follows when activation failed everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActivationFailed {
    /// What comes after it is not activated; what is active stays.
    StopHere,
    /// What comes after it is activated all the same.
    GoOn,
    /// The group is stopped.
    StopGroup,
}

/// How deactivation is tried, and what follows when it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deactivation {
    /// Attempts after the first, 0 to 99.
    pub retry: u32,
    /// What the server does with itself: one that cannot let go must not go on.
    pub action: FinalAction,
}

/// When rewriting what others keep changing ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlapGuard {
    /// Rewrites of one target that are allowed within the window.
    pub rewrites: u32,
    /// The window.
    #[serde(with = "seconds")]
    pub window: Duration,
}

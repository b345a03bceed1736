//! Blocks that several kinds of group resources have: activation, deactivation, monitor, recovery.

use std::time::Duration;

use plumb_engine::Schema;
use serde::{Deserialize, Serialize};

use super::words;
use crate::group::{Activation, Deactivation, Monitor, Recovery, RecoveryTarget, ResourceKind, defaults};

/// How activation is tried, and what follows when it fails.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct ActivationBlock {
    /// Attempts after the first on the same server, 0 to 99.
    #[attr(default = 5)]
    pub retry: i64,
    /// Further servers that are tried when all attempts failed, 0 to 99.
    #[attr(default = 1)]
    pub failover: i64,
    /// What follows when no server is left: `stop_here` leaves what comes after it inactive, `go_on` activates that all the
    /// same, `stop_group` stops the group.
    #[attr(default = "stop_here")]
    pub action: String,
}

impl ActivationBlock {
    /// The settings; the defaults where there is no block.
    pub fn settings(block: Option<&Self>) -> Activation {
        block.map_or_else(Activation::default, |it| Activation {
            retry: count(it.retry),
            failover: count(it.failover),
            action: words::find(words::ACTIVATION_FAILED, &it.action),
        })
    }
}

/// How deactivation is tried, and what follows when it fails.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct DeactivationBlock {
    /// Attempts after the first, 0 to 99.
    #[attr(default = 0)]
    pub retry: i64,
    /// What a server does that cannot let go: `shutdown`, `reboot`, `stop_agent`, `stop_group` or `none`.
    #[attr(default = "shutdown")]
    pub action: String,
}

impl DeactivationBlock {
    /// The settings; the defaults where there is no block.
    pub fn settings(block: Option<&Self>) -> Deactivation {
        block.map_or_else(Deactivation::default, |it| Deactivation {
            retry: count(it.retry),
            action: words::find(words::FINAL_ACTION, &it.action),
        })
    }
}

/// How often something is looked at, and what follows from what is seen.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct MonitorBlock {
    /// Whether it is looked at at all.
    #[attr(default = true)]
    pub enabled: bool,
    /// Seconds between two looks.
    #[attr(default = 60)]
    pub interval: i64,
    /// Seconds for one look; at least what the AWS call takes.
    #[attr(default = 180)]
    pub timeout: i64,
    /// Bad looks in a row that are forgiven, 0 to 99.
    #[attr(default = 1)]
    pub retry: i64,
    /// Seconds between activation and the first look: 300 for a name when left out, which must be more than the 60 that
    /// Route 53 takes; 0 for everything else.
    pub start_delay: Option<i64>,
    /// What it means that AWS does not answer: `ignore` (endpoints have maintenance), `warn`, or `recover`, which is taken
    /// for an error as any other.
    #[attr(default = "ignore")]
    pub mode: String,
    /// What follows from an error.
    #[block(single)]
    pub recovery: Option<RecoveryBlock>,
}

/// What follows from an error of a monitor.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct RecoveryBlock {
    /// What is restarted or moved: `resource`, `group`, or `local_server` for all groups of the server.
    pub target: Option<String>,
    /// Restarts before a failover, 0 to 99.
    pub restarts: Option<i64>,
    /// Failovers before the final action, 0 to 99.
    pub failovers: Option<i64>,
    /// What the server does when nothing helped: `none`, `stop_group`, `stop_agent`, `shutdown` or `reboot`.
    #[attr(default = "none")]
    pub final_action: String,
}

impl MonitorBlock {
    /// The settings of a resource's monitor; `None` when it is off. Without a block the monitor has its defaults: a
    /// resource on AWS is always watched unless it is said otherwise.
    pub fn settings(block: Option<&Self>, kind: &ResourceKind) -> Option<Monitor> {
        let usual = Monitor::of(kind);
        match block {
            None => Some(usual),
            Some(block) => block.enabled.then(|| block.over(usual)),
        }
    }

    /// The settings of the watch over availability zones; `None` when it is off.
    pub fn of_zones(&self) -> Option<Monitor> {
        self.enabled.then(|| self.over(crate::group::AzMonitor::default().monitor))
    }

    fn over(&self, usual: Monitor) -> Monitor {
        let recovery = self.recovery.as_ref().map_or(usual.recovery.clone(), |it| it.over(&usual.recovery));
        Monitor {
            interval: seconds(self.interval),
            timeout: seconds(self.timeout),
            retry: count(self.retry),
            start_delay: self.start_delay.map_or(usual.start_delay, seconds),
            no_answer: words::find(words::NO_ANSWER, &self.mode),
            recovery,
        }
    }
}

impl RecoveryBlock {
    fn over(&self, usual: &Recovery) -> Recovery {
        let target = |it: &String| words::find::<RecoveryTarget>(words::RECOVERY_TARGET, it);
        Recovery {
            target: self.target.as_ref().map_or(usual.target, target),
            restarts: self.restarts.map_or(usual.restarts, count),
            failovers: self.failovers.map_or(usual.failovers, count),
            final_action: words::find(words::FINAL_ACTION, &self.final_action),
        }
    }
}

/// A number of attempts; validation has seen that it is one.
pub(super) fn count(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(0).min(defaults::COUNT_MAX)
}

/// Whole seconds; validation has seen that they are not negative.
pub(super) fn seconds(number: i64) -> Duration {
    Duration::from_secs(u64::try_from(number).unwrap_or(0))
}

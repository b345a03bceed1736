//! What is killed: configurations with the steps before, and the step at whose boundaries plumb is ended.

use crate::faults::confluence;
use crate::space::{Space, root};

/// A configuration and a step of its life.
pub struct Scenario {
    /// Name of the test.
    pub name: &'static str,
    /// What is configured.
    pub configuration: Configuration,
    /// Environment of the applies before; `None` when the step is the first apply.
    pub before: Option<&'static [(&'static str, &'static str)]>,
    /// Environment of the step.
    pub step: &'static [(&'static str, &'static str)],
    /// Whether the step is a destroy.
    pub destroys: bool,
}

/// What is configured.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Configuration {
    /// `tests/suite/kill/site`: Confluence with a network of its own.
    Confluence,
    /// `tests/suite/kill/small`: every type whose create takes several calls.
    Small,
    /// `tests/suite/ha/small`: a failover group with an address of each kind.
    Ha,
}

/// Variables of an update that reaches many objects. Tags are not among them: the emulator does not show those that a
/// launch template gets later.
const CHANGED: &[(&str, &str)] = &[
    ("TF_VAR_cidr_block", "198.51.100.0/24"),
    ("TF_VAR_cluster_node_max", "3"),
    ("TF_VAR_log_retention_days", "30"),
    ("TF_VAR_db_backup_retention_period", "3"),
    ("TF_VAR_cluster_node_volume_size", "60"),
    ("TF_VAR_db_multi_az", "false"),
    ("TF_VAR_autologin_cookie_age", "3600"),
];

const SMALL_CHANGED: &[(&str, &str)] = &[("TF_VAR_owner", "other"), ("TF_VAR_dns_hostnames", "false")];

/// All of them.
pub const ALL: [Scenario; 8] = [
    Scenario { name: "create", configuration: Configuration::Confluence, before: None, step: &[], destroys: false },
    Scenario {
        name: "update",
        configuration: Configuration::Confluence,
        before: Some(&[]),
        step: CHANGED,
        destroys: false,
    },
    Scenario {
        name: "replace",
        configuration: Configuration::Confluence,
        before: Some(&[]),
        step: &[("TF_VAR_db_engine_version", "17")],
        destroys: false,
    },
    Scenario {
        name: "destroy",
        configuration: Configuration::Confluence,
        before: Some(&[]),
        step: &[],
        destroys: true,
    },
    Scenario { name: "small_create", configuration: Configuration::Small, before: None, step: &[], destroys: false },
    Scenario {
        name: "small_update",
        configuration: Configuration::Small,
        before: Some(&[]),
        step: SMALL_CHANGED,
        destroys: false,
    },
    Scenario {
        name: "small_replace",
        configuration: Configuration::Small,
        before: Some(&[]),
        step: &[("TF_VAR_generation", "two")],
        destroys: false,
    },
    Scenario {
        name: "small_destroy",
        configuration: Configuration::Small,
        before: Some(&[]),
        step: &[],
        destroys: true,
    },
];

impl Configuration {
    /// Puts the configuration into a space, and returns the `-chdir` of its runs.
    pub fn put(self, space: &mut Space) -> String {
        match self {
            Self::Confluence => confluence(space),
            Self::Small => {
                space.copy(&root().join("tests/suite/kill/small"), "small");
                "-chdir=small".to_owned()
            }
            Self::Ha => {
                space.copy(&root().join("tests/suite/ha/small"), "small");
                "-chdir=small".to_owned()
            }
        }
    }
}

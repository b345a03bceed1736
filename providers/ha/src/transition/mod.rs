//! How a group gets from one server to another: facts to steps, steps to writes, and what a crash left behind.

mod execute;
mod finish;
mod guard;
mod hosts;
mod manage;
mod plan;
mod targets;

#[cfg(test)]
mod scenarios;

use serde::Serialize;

use crate::arbiter::{Arbiter, Lease};
use crate::cloud::Cloud;
use crate::cloud::patient::Patience;
use crate::errors::Trouble;
use crate::group::{Cluster, FinalAction, Group};
use crate::journal::{Journal, Kind, Outcome};

pub use hosts::{HostFacts, Hosts, LeftAlone};
pub use plan::{Facts, plan};
pub use targets::{Occupancy, targets};

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What happens.
    pub kind: Kind,
    /// Server that has the group; `None` for none, or where that is not known.
    pub from: Option<String>,
    /// Server that gets the group; `None` to stop it.
    pub to: Option<String>,
    /// In words, why.
    pub reason: String,
    /// Whether a person overrides what a check says.
    pub forced: bool,
}

/// Whether the lease outlives the transition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeepLease {
    /// It is given back: nobody renews it after that.
    No,
    /// The caller goes on and renews it.
    Yes,
}

/// Everything that a transition works with.
pub struct Manager<'a> {
    /// The cluster.
    pub cluster: &'a Cluster,
    /// The group.
    pub group: &'a Group,
    /// AWS, with patience for reads.
    pub cloud: &'a dyn Cloud,
    /// The servers, where they can be asked.
    pub hosts: Option<&'a dyn Hosts>,
    /// Who may be active.
    pub arbiter: &'a dyn Arbiter,
    /// Where steps are recorded.
    pub journal: &'a dyn Journal,
    /// Time for each write with its repetitions.
    pub patience: Patience,
    /// Who does it: user and machine.
    pub by: String,
    /// Whether the lease outlives the transition.
    pub keep: KeepLease,
}

/// How a transition went.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Its id; `None` where there was nothing to do.
    pub id: Option<String>,
    /// Epoch under which it was done.
    pub epoch: u64,
    /// How it ended; `None` while a step waits for Route 53.
    pub outcome: Option<Outcome>,
    /// Writes that were done.
    pub done: usize,
    /// What the old server is to do with itself, because it could not let go of something; `None` when it could.
    pub final_action: Option<FinalAction>,
    /// What somebody should know.
    #[serde(skip)]
    pub warnings: Vec<Trouble>,
    /// Why it is not done.
    #[serde(skip)]
    pub trouble: Option<Trouble>,
    /// The lease, where it is kept.
    #[serde(skip)]
    pub lease: Option<Lease>,
}

impl Report {
    /// A transition that ended, or was not needed, with nothing to tell.
    fn ended(id: Option<String>, epoch: u64, outcome: Option<Outcome>) -> Self {
        let (warnings, trouble, lease) = (Vec::new(), None, None);
        Self { id, epoch, outcome, done: 0, final_action: None, warnings, trouble, lease }
    }

    /// Whether the group is where it should be.
    pub fn is_done(&self) -> bool {
        self.outcome == Some(Outcome::Done)
    }
}

impl Manager<'_> {
    /// Key of the group at the arbiter.
    pub fn key(&self) -> String {
        format!("{}/{}", self.cluster.name, self.group.name)
    }
}

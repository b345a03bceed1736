//! What an agent knows of one group.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::super::clock::Tick;
use super::super::event::{Ticket, Watch, Work};
use super::super::settings::{Limits, local_resources};
use crate::address::HostAction;
use crate::group::{FinalAction, Group, Monitor};

/// What an agent knows of one group.
#[derive(Debug)]
pub(super) struct GroupState {
    /// What is going on.
    pub phase: Phase,
    /// What is here of it, in the order of activation.
    pub locals: Vec<(String, Local)>,
    /// Disks whose copy here is not up to date.
    pub outdated: BTreeSet<String>,
    /// The lease.
    pub tenure: Tenure,
    /// What is known of who has it.
    pub record: Record,
    /// Number of the last job.
    pub job: u64,
    /// Whether a transition is running.
    pub running: bool,
    /// Why activation here failed; it is not tried again until something changes.
    pub failed: Option<String>,
    /// Whether some of it could not be activated while the rest is active.
    pub degraded: bool,
    /// Whether a record is still to be written.
    pub pending: bool,
    /// Attempts without an answer, in a row.
    pub attempts: u32,
    /// Nothing is tried before.
    pub retry_at: Tick,
    /// Who waits for what is going on.
    pub ticket: Option<Ticket>,
    /// Who waits for another server to have it.
    pub handed: Option<Handed>,
    /// To which server it goes once that is found able.
    pub leaving_to: Option<String>,
    /// What the monitors have seen.
    pub watches: BTreeMap<String, WatchState>,
    /// What the guard was told last.
    pub guarded: Option<Watch>,
    /// Whether what an earlier run has left open was looked at.
    pub finished: bool,
    /// What was last said about why nothing is done, so that it is said once.
    pub said: Option<String>,
}

/// Who waits for another server to have a group.
#[derive(Debug)]
pub(super) struct Handed {
    pub ticket: Ticket,
    pub to: String,
    pub until: Tick,
}

/// What is going on with a group here.
#[derive(Clone, Debug)]
pub(super) enum Phase {
    /// Nothing: nothing of it is here.
    Idle,
    /// It is on its way here.
    Taking,
    /// It is here.
    Active,
    /// It is here and something of it is made right.
    Recovering,
    /// It is stopped in order.
    Stopping,
    /// What is here is given up, last first.
    Releasing(Release),
}

/// What is given up, and what comes after it.
#[derive(Clone, Debug)]
pub(super) struct Release {
    /// The only resource; all when left out.
    pub only: Option<String>,
    /// When the machine must be stopped if something is still there.
    pub gone: Option<Tick>,
    /// What comes after it.
    pub then: Then,
}

/// What comes after a release.
#[derive(Clone, Debug)]
pub(super) enum Then {
    /// Nothing: the lease is lost already.
    Nothing,
    /// The lease is given back, with a holder on record.
    GiveBack(String),
    /// The lease goes on to another server.
    HandOn(String),
    /// A transition makes it active again.
    Again(Work),
}

/// A resource on this server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Local {
    /// Nobody has looked yet.
    Unknown,
    /// It is not active.
    Inactive,
    /// It is being made active.
    Starting,
    /// It is active.
    Active,
    /// It is being made inactive, for so many times.
    Ending(u32),
    /// It cannot be made inactive; it is tried again then.
    Stuck(Tick),
}

/// The lease of a group as this server has it.
#[derive(Debug, Default)]
pub(super) struct Tenure {
    /// The lease; `None` while there is none.
    pub held: Option<Held>,
    /// Whether the arbiter is being asked to take it back or to hand it on.
    pub going: bool,
    /// Whether it is being taken without a transition.
    pub coming: bool,
    /// When a renewal was asked for that was not answered.
    pub renewal: Option<Tick>,
    /// When it is renewed next.
    pub next: Tick,
    /// Holder that stays on record when it is given back.
    pub holder: Option<String>,
    /// Last epoch that was held here.
    pub epoch: u64,
}

/// A lease that is held.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    pub epoch: u64,
    pub asked: Tick,
    /// Its limits; `None` where there is no arbiter.
    pub limits: Option<Limits>,
}

impl Held {
    /// Whether it is too late to begin anything under it.
    pub fn is_late(&self, now: Tick) -> bool {
        self.limits.is_some_and(|it| now >= self.asked + it.fence)
    }

    pub fn watch(&self) -> Watch {
        let at = |limit: fn(&Limits) -> Duration| self.limits.as_ref().map(|it| self.asked + limit(it));
        Watch { act: at(|it| it.guard), gone: at(|it| it.gone) }
    }
}

/// What the arbiter, or the journal in its place, says of who has a group.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// What it said last; `None` while it does not answer.
    pub seen: Option<Seen>,
    /// Whether it is being asked.
    pub asking: bool,
    /// When it is asked next.
    pub next: Tick,
    /// Who had it before the last change of holder.
    pub before: Option<String>,
}

/// A lease as it was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    /// Its holder: `None` where there never was one, empty for a stopped group.
    pub holder: Option<String>,
    /// Its epoch.
    pub epoch: u64,
    /// Whether it was given back.
    pub is_free: bool,
    /// Its end as the store has it: another with every renewal.
    pub mark: String,
    /// Since when it was seen so.
    pub since: Tick,
}

/// What a monitor has seen.
#[derive(Clone, Debug, Default)]
pub(super) struct WatchState {
    /// When it looks next; `None` while it does not.
    pub next: Option<Tick>,
    /// Since when it looks.
    pub looking: Option<Tick>,
    /// Errors in a row.
    pub bad: u32,
    /// Restarts since all was well.
    pub restarts: u32,
    /// Failovers since all was well.
    pub failovers: u32,
    /// Whether the final action was done.
    pub done: bool,
    /// Whether rewriting was ended because others keep changing the target.
    pub flapping: bool,
    /// When it looked last.
    pub at: Option<Tick>,
    /// What it saw, in a word.
    pub word: &'static str,
    /// What it saw, in words.
    pub message: Option<String>,
}

impl GroupState {
    pub fn new(group: &Group, epoch: u64) -> Self {
        let locals: Vec<(String, Local)> =
            local_resources(group).into_iter().map(|it| (it.to_owned(), Local::Unknown)).collect();
        let release = Release { only: None, gone: None, then: Then::Nothing };
        Self {
            phase: Phase::Releasing(release),
            locals,
            outdated: BTreeSet::new(),
            tenure: Tenure { epoch, ..Tenure::default() },
            record: Record::default(),
            job: 0,
            running: false,
            failed: None,
            degraded: false,
            pending: false,
            attempts: 0,
            retry_at: Tick::default(),
            ticket: None,
            handed: None,
            leaving_to: None,
            watches: BTreeMap::new(),
            guarded: None,
            finished: false,
            said: None,
        }
    }

    pub fn local(&self, resource: &str) -> Option<Local> {
        self.locals.iter().find(|(name, _)| name == resource).map(|(_, it)| *it)
    }

    pub fn set_local(&mut self, resource: &str, state: Local) {
        if let Some((_, it)) = self.locals.iter_mut().find(|(name, _)| name == resource) {
            *it = state;
        }
    }

    /// Whether anything of it is here, or may be.
    pub fn is_here(&self) -> bool {
        self.locals.iter().any(|(_, it)| *it != Local::Inactive)
    }

    /// Whether nothing is going on with it.
    pub fn is_idle(&self) -> bool {
        matches!(self.phase, Phase::Idle) && !self.running && !self.tenure.going && !self.tenure.coming
    }

    /// Whether others are to be told that it is here or on its way.
    pub fn occupies(&self) -> bool {
        !matches!(self.phase, Phase::Idle | Phase::Releasing(_))
    }

    pub fn next_job(&mut self) -> u64 {
        self.job += 1;
        self.running = true;
        self.job
    }
}

/// The monitors of a group: those of its resources, and that of the zone.
pub(super) fn monitors(group: &Group) -> impl Iterator<Item = (&str, &Monitor)> {
    let resources = group.resources.iter().filter_map(|it| Some((it.name.as_str(), it.monitor.as_ref()?)));
    let zone = group.az_monitor.iter().map(|it| (super::super::event::AZ_MONITOR, &it.monitor));
    resources.chain(zone)
}

/// What to do with a machine on which a resource cannot be made inactive.
pub fn last_resort(group: &Group, resource: &str) -> FinalAction {
    group.resource(resource).map_or(FinalAction::Shutdown, |it| it.deactivation.action)
}

/// How a local resource is after something was done with it.
pub(super) fn after(action: HostAction) -> Local {
    match action {
        HostAction::Activate | HostAction::ActivateOutdated => Local::Active,
        HostAction::Deactivate => Local::Inactive,
    }
}

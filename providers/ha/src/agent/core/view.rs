//! What others are told: servers by heartbeat, the guard, the disks' state, and whoever asks.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::super::clock::Tick;
use super::super::event::Action;
use super::super::message::{Beat, Said, SaidState};
use super::super::report::{AgentReport, GroupReport, MonitorReport, PeerReport};
use super::Agent;
use super::peers::Presence;
use super::state::{GroupState, Local, Phase, WatchState};
use crate::group::ResourceKind;
use crate::transition::HostFacts;

/// What the other servers say that they have of each group; those that say nothing of use are left out.
pub type PeerFacts = BTreeMap<String, BTreeMap<String, HostFacts>>;

impl Agent {
    /// Tells the others that this server lives: at the set times, and at once when something has changed.
    pub(super) fn beat(&mut self) {
        if self.now < self.next_beat && !self.news {
            return;
        }
        self.news = false;
        self.next_beat = self.now + self.settings.cluster.heartbeat.interval;
        self.seq += 1;
        let groups = self.groups.iter().map(|(name, it)| said(name, it)).collect();
        self.out.push(Action::Send(Beat {
            cluster: self.settings.cluster.name.clone(),
            from: self.settings.server.clone(),
            boot: self.boot.clone(),
            seq: self.seq,
            leaving: self.ended,
            cut_off: self.cut_off,
            groups,
        }));
        for group in &self.settings.groups {
            let disks = group.resources.iter().any(|it| matches!(it.kind, ResourceKind::MirrorDisk(_)));
            if disks && matches!(self.groups[&group.name].phase, Phase::Idle) {
                self.out.push(Action::LookAtDisks { group: group.name.clone() });
            }
        }
    }

    pub(super) fn tell_guard(&mut self, group: &str) {
        let Some(state) = self.groups.get_mut(group) else { return };
        let watch = state.is_here().then(|| match (&state.phase, &state.tenure.held) {
            // What is given up already is left to the agent as long as it lives and has time.
            (Phase::Releasing(release), _) => super::super::event::Watch { act: release.gone, gone: release.gone },
            (_, Some(held)) => held.watch(),
            (_, None) => super::super::event::Watch { act: None, gone: None },
        });
        if state.guarded != watch {
            state.guarded = watch;
            self.out.push(Action::Guard { group: group.to_owned(), watch });
        }
    }

    /// What the others have, as far as they are heard and know of the last lease.
    pub fn peer_facts(&self) -> PeerFacts {
        let mut all = PeerFacts::new();
        for server in self.peers.keys() {
            for (group, state) in &self.groups {
                let Some(said) = self.said(server, group) else { continue };
                // Under an older lease than the last one nothing can be there any more.
                let last = state.record.seen.as_ref().map_or(0, |it| it.epoch).max(state.tenure.epoch);
                if self.settings.limits().is_some() && said.epoch < last && !said.active.is_empty() {
                    continue;
                }
                let facts = HostFacts { active: said.active.clone(), outdated: said.outdated.clone() };
                all.entry(group.clone()).or_default().insert(server.clone(), facts);
            }
        }
        all
    }

    /// Whether a group is active here, with its epoch.
    pub fn is_active(&self, group: &str) -> Option<u64> {
        let state = self.groups.get(group)?;
        matches!(state.phase, Phase::Active | Phase::Recovering).then_some(state.tenure.epoch)
    }

    /// What the agent knows, for people.
    pub fn report(&self) -> AgentReport {
        let presence = |name: &String| match self.presence(name) {
            Presence::Alive => "alive",
            Presence::Unknown => "unknown",
            Presence::Silent => "silent",
        };
        let peer = |name: &String, last: Option<Tick>| PeerReport {
            presence: presence(name).to_owned(),
            heard_seconds_ago: last.map(|last| self.now.since(last).as_secs()),
        };
        AgentReport {
            cluster: self.settings.cluster.name.clone(),
            server: self.settings.server.clone(),
            cut_off: self.cut_off,
            servers: self.peers.iter().map(|(name, it)| (name.clone(), peer(name, it.last))).collect(),
            groups: self.groups.iter().map(|(name, it)| (name.clone(), self.group_report(it))).collect(),
        }
    }

    /// The same as a document.
    pub fn status(&self) -> Json {
        serde_json::to_value(self.report()).expect("its keys are texts")
    }

    fn group_report(&self, state: &GroupState) -> GroupReport {
        let local = |it: &Local| match it {
            Local::Unknown => "unknown",
            Local::Inactive => "inactive",
            Local::Starting => "starting",
            Local::Active => "active",
            Local::Ending(_) => "ending",
            Local::Stuck(_) => "stuck",
        };
        let monitor = |it: &WatchState| MonitorReport {
            result: it.word.to_owned(),
            seconds_ago: it.at.map(|at| self.now.since(at).as_secs()),
            message: it.message.clone(),
            errors: it.bad,
        };
        let left = state.tenure.held.and_then(|it| it.limits.map(|limits| (it.asked + limits.lease).since(self.now)));
        GroupReport {
            state: phase(state).to_owned(),
            epoch: state.tenure.epoch,
            lease_seconds_left: left.map(|it| it.as_secs()),
            resources: state.locals.iter().map(|(name, it)| (name.clone(), local(it).to_owned())).collect(),
            monitors: state.watches.iter().map(|(name, it)| (name.clone(), monitor(it))).collect(),
            failed: state.failed.clone(),
            degraded: state.degraded,
        }
    }
}

fn said(name: &str, state: &GroupState) -> Said {
    let here = |it: &&(String, Local)| it.1 != Local::Inactive;
    let saying = match &state.phase {
        Phase::Taking => SaidState::Taking,
        Phase::Active | Phase::Recovering => SaidState::Active,
        Phase::Stopping | Phase::Releasing(_) => SaidState::Leaving,
        Phase::Idle if state.tenure.held.is_some() || state.tenure.going => SaidState::Leaving,
        Phase::Idle if state.failed.is_some() => SaidState::Failed,
        Phase::Idle => SaidState::Idle,
    };
    let active: BTreeSet<String> = state.locals.iter().filter(here).map(|(name, _)| name.clone()).collect();
    let (group, epoch, outdated) = (name.to_owned(), state.tenure.epoch, state.outdated.clone());
    Said { group, state: saying, epoch, active, outdated }
}

/// What is going on with a group, in a word.
fn phase(state: &GroupState) -> &'static str {
    match &state.phase {
        Phase::Idle if state.failed.is_some() => "failed",
        Phase::Idle => "idle",
        Phase::Taking => "taking",
        Phase::Active => "active",
        Phase::Recovering => "recovering",
        Phase::Stopping => "stopping",
        Phase::Releasing(_) => "releasing",
    }
}

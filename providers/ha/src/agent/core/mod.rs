//! The decisions of an agent: events in, actions out, no clock and no network.
//!
//! Whoever drives it calls [`Agent::handle`] with the time of the moment and does what it says, in order. Two rules hold
//! at every point: nothing is made active here without a lease that lasts, and before anything else an event brings is
//! looked at, whatever has outlived its lease is given up. So events that waited while the process was stopped find an
//! agent that has let go already.

mod lease;
mod local;
mod monitors;
mod operator;
mod peers;
mod state;
mod takeover;
mod transitions;
mod view;

use std::collections::BTreeMap;

use self::peers::{Partition, Peer};
use self::state::{GroupState, Phase, Release, Then};
use super::clock::Tick;
use super::event::{Action, Event, Level, Notice};
use super::settings::Settings;
use crate::errors::Trouble;
use crate::group::{FinalAction, IsolationAction};

pub use self::state::last_resort;
pub use self::view::PeerFacts;

/// An agent as it decides.
#[derive(Debug)]
pub struct Agent {
    settings: Settings,
    started: Tick,
    now: Tick,
    boot: String,
    seq: u64,
    next_beat: Tick,
    /// Whether others are told at once what has changed.
    news: bool,
    peers: BTreeMap<String, Peer>,
    partition: Partition,
    cut_off: bool,
    groups: BTreeMap<String, GroupState>,
    ending: Option<FinalAction>,
    ended: bool,
    out: Vec<Action>,
}

impl Agent {
    /// An agent that begins at a moment; `boot` is another with every start.
    pub fn new(settings: Settings, boot: &str, now: Tick) -> Self {
        let epoch = |name: &str| settings.epochs.get(name).copied().unwrap_or_default();
        let groups = settings.groups.iter().map(|it| (it.name.clone(), GroupState::new(it, epoch(&it.name)))).collect();
        let peers = settings.peers().map(|it| (it.name.clone(), Peer::default())).collect();
        Self {
            started: now,
            now,
            boot: boot.to_owned(),
            seq: 0,
            next_beat: now,
            news: true,
            peers,
            partition: Partition::default(),
            cut_off: false,
            groups,
            ending: None,
            ended: false,
            out: Vec::new(),
            settings,
        }
    }

    /// What follows from an event at a moment.
    pub fn handle(&mut self, now: Tick, event: Event) -> Vec<Action> {
        self.now = now;
        self.fence_the_late();
        self.take_in(event);
        self.go_on();
        std::mem::take(&mut self.out)
    }

    /// What the agent was told when it started.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    fn take_in(&mut self, event: Event) {
        match event {
            Event::Tick => {}
            Event::Heard(beat) => self.heard(beat),
            Event::Probed { asked, result } => self.probed(asked, result),
            Event::LeaseSeen { group, seen } => self.lease_seen(&group, seen),
            Event::LeaseHeld { group, lease, asked } => self.lease_held(&group, &lease, asked),
            Event::LeaseSilent { group, reason } => self.lease_silent(&group, &reason),
            Event::LeaseLost { group, by } => self.lease_lost(&group, &by),
            Event::LeaseUnneeded { group, holder } => self.lease_unneeded(&group, holder),
            Event::LeaseGone { group, result } => self.lease_gone(&group, result),
            Event::LocalWanted { group, resource, action, ticket } => {
                self.local_wanted(&group, &resource, action, ticket);
            }
            Event::LocalEnded { group, resource, action, result } => {
                self.local_ended(&group, &resource, action, result);
            }
            Event::Outdated { group, disks } => self.with(&group, |it| it.outdated = disks),
            Event::TransitionEnded { group, job, ended } => self.transition_ended(&group, job, ended),
            Event::Preflighted { group, result } => self.preflighted(&group, result),
            Event::Monitored { group, monitor, look } => self.monitored(&group, &monitor, look),
            Event::Asked { ticket, command } => self.asked(ticket, command),
            Event::Terminate => self.end(FinalAction::StopAgent, "the agent was told to end"),
        }
    }

    /// Everything that is due.
    fn go_on(&mut self) {
        self.watch_peers();
        self.watch_partition();
        self.settle_handed("");
        let names: Vec<String> = self.groups.keys().cloned().collect();
        for name in &names {
            self.step_release(name);
            self.keep_lease(name);
            self.look_at_record(name);
            self.run_monitors(name);
            self.decide(name);
            self.consider_failback(name);
            self.tell_guard(name);
        }
        self.finish_ending();
        self.beat();
    }

    fn state(&self, group: &str) -> &GroupState {
        &self.groups[group]
    }

    fn with(&mut self, group: &str, change: impl FnOnce(&mut GroupState)) {
        if let Some(it) = self.groups.get_mut(group) {
            change(it);
        }
    }

    /// Changes what is going on with a group: the only place where that happens.
    fn enter(&mut self, group: &str, phase: Phase) {
        self.news = true;
        self.with(group, |it| it.phase = phase);
    }

    fn release(&mut self, group: &str, then: Then) {
        let gone = self.state(group).tenure.held.and_then(|it| it.watch().gone);
        self.release_with(group, Release { only: None, gone, then });
    }

    fn release_with(&mut self, group: &str, release: Release) {
        if self.state(group).running {
            self.out.push(Action::Cancel { group: group.to_owned() });
            self.with(group, |it| it.running = false);
        }
        self.with(group, |it| it.leaving_to = None);
        self.enter(group, Phase::Releasing(release));
        self.step_release(group);
    }

    /// Gives up everything here and ends; the machine ends with it where the action says so.
    fn end(&mut self, action: FinalAction, why: &str) {
        if self.ending.is_some() {
            return;
        }
        self.log("ending", Level::Warning, None, why);
        self.ending = Some(action);
        self.give_up_all();
    }

    fn give_up_all(&mut self) {
        let names: Vec<String> = self.groups.keys().cloned().collect();
        for name in &names {
            let state = self.state(name);
            if state.occupies() || state.running {
                let holder = self.settings.server.clone();
                self.release(name, Then::GiveBack(holder));
            } else if let Phase::Releasing(Release { then: Then::Again(_), gone, .. }) = &state.phase {
                let then = Then::GiveBack(self.settings.server.clone());
                let release = Release { only: None, gone: *gone, then };
                self.release_with(name, release);
            }
        }
    }

    /// What an isolated server does with itself.
    fn isolate(&mut self) {
        let action = self.settings.cluster.partition.action;
        let why = "no other server is heard and the third party is not reached: this server is cut off";
        self.log("cut_off", Level::Error, None, why);
        match action {
            IsolationAction::None => {}
            IsolationAction::StopGroup => self.give_up_all(),
            IsolationAction::StopAgent => self.end(FinalAction::StopAgent, why),
            IsolationAction::Shutdown => self.end(FinalAction::Shutdown, why),
            IsolationAction::Reboot => self.end(FinalAction::Reboot, why),
        }
    }

    fn finish_ending(&mut self) {
        let Some(action) = self.ending.filter(|_| !self.ended) else { return };
        if self.groups.values().all(|it| it.is_idle() && it.tenure.held.is_none()) {
            self.ended = true;
            self.news = true;
            self.beat();
            self.out.push(Action::End(action));
        }
    }

    fn log(&mut self, event: &'static str, level: Level, group: Option<&str>, message: &str) {
        let epoch = group.map(|it| self.state(it).tenure.epoch).filter(|it| *it > 0);
        let (group, message) = (group.map(str::to_owned), message.to_owned());
        self.out.push(Action::Log(Notice { event, level, group, resource: None, epoch, code: None, message }));
    }

    fn log_trouble(&mut self, event: &'static str, level: Level, group: &str, trouble: &Trouble) {
        let epoch = Some(self.state(group).tenure.epoch).filter(|it| *it > 0);
        self.out.push(Action::Log(Notice {
            event,
            level,
            group: Some(group.to_owned()),
            resource: Some(trouble.name.clone()).filter(|it| it != group),
            epoch,
            code: trouble.code(),
            message: trouble.to_string(),
        }));
    }

    /// Says once why nothing is done with a group.
    fn say(&mut self, event: &'static str, group: &str, message: &str) {
        if self.state(group).said.as_deref() != Some(message) {
            self.with(group, |it| it.said = Some(message.to_owned()));
            self.log(event, Level::Warning, Some(group), message);
        }
    }
}

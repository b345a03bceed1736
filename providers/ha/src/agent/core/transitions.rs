//! Transitions: begun, ended, and what follows from how they ended.

use std::time::Duration;

use super::super::event::{Action, Ended, Level, Work};
use super::super::message::SaidState;
use super::Agent;
use super::state::{Phase, Release, Then, WatchState, monitors};
use crate::errors::{Problem, Trouble};
use crate::group::{FinalAction, RecoveryTarget, ResourceKind};

/// First pause before what was not answered is tried again; it doubles.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
/// Longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

impl Agent {
    pub(super) fn begin(&mut self, group: &str, work: Work) {
        let Some(state) = self.groups.get_mut(group) else { return };
        let job = state.next_job();
        state.tenure.holder = None;
        self.out.push(Action::Transition { group: group.to_owned(), job, work });
    }

    pub(super) fn transition_ended(&mut self, group: &str, job: u64, ended: Ended) {
        let Some(state) = self.groups.get_mut(group).filter(|it| it.running && it.job == job) else { return };
        state.running = false;
        if let Ended::Superseded(trouble) = &ended {
            self.log_trouble("superseded", Level::Warning, group, trouble);
            return self.fence(group, "somebody else has the group");
        }
        match self.state(group).phase.clone() {
            Phase::Taking => self.taking_ended(group, ended),
            Phase::Recovering => self.recovery_ended(group, ended),
            Phase::Stopping => self.stopping_ended(group, ended),
            Phase::Idle | Phase::Active | Phase::Releasing(_) => {}
        }
    }

    fn taking_ended(&mut self, group: &str, ended: Ended) {
        match ended {
            Ended::Done { is_pending } => {
                self.with(group, |it| it.pending = is_pending);
                if self.state(group).tenure.held.is_some() {
                    return self.activated(group);
                }
                // All was right already, so that nobody has taken the lease.
                self.with(group, |it| it.tenure.coming = true);
                let holder = self.settings.server.clone();
                self.out.push(Action::Acquire { group: group.to_owned(), holder });
            }
            Ended::Refused(trouble) if passes(&trouble) => {
                self.log_trouble("not_taken", Level::Warning, group, &trouble);
                self.answer(group, Err(trouble.to_string()));
                self.retry_later(group);
                self.release(group, Then::GiveBack(self.settings.server.clone()));
            }
            Ended::Failed(trouble) | Ended::Refused(trouble) | Ended::Superseded(trouble) => {
                self.activation_failed(group, &trouble);
            }
        }
    }

    /// The group is here.
    pub(super) fn activated(&mut self, group: &str) {
        self.enter(group, Phase::Active);
        self.with(group, |it| {
            it.failed = None;
            it.degraded = false;
            it.attempts = 0;
            it.said = None;
        });
        self.start_monitors(group);
        self.log("activated", Level::Info, Some(group), "the group is active here");
        let answer = self.status();
        self.answer(group, Ok(answer));
    }

    fn activation_failed(&mut self, group: &str, trouble: &Trouble) {
        self.log_trouble("activation_failed", Level::Error, group, trouble);
        self.answer(group, Err(trouble.to_string()));
        let others = self.settings.group(group).map(|it| {
            let own = [self.settings.server.clone()].into();
            self.candidates(it, &own)
        });
        let others = others.unwrap_or_default();
        let held = self.state(group).tenure.held.is_some();
        // With nobody else who could have it, what is active stays, and the rest is tried again.
        if held && (others.is_empty() || passes(trouble)) && self.state(group).is_here() {
            self.activated(group);
            self.with(group, |it| {
                it.degraded = true;
                it.failed = Some(trouble.to_string());
            });
            return self.retry_later(group);
        }
        if passes(trouble) {
            self.retry_later(group);
        } else {
            self.with(group, |it| it.failed = Some(trouble.to_string()));
        }
        self.release(group, Then::GiveBack(self.settings.server.clone()));
    }

    fn recovery_ended(&mut self, group: &str, ended: Ended) {
        self.enter(group, Phase::Active);
        match ended {
            Ended::Done { is_pending } => {
                self.with(group, |it| {
                    it.pending = is_pending;
                    it.degraded = false;
                    it.failed = None;
                    it.attempts = 0;
                });
                self.log("recovered", Level::Info, Some(group), "the group is as it should be");
                self.delay_monitors(group);
            }
            Ended::Failed(trouble) | Ended::Refused(trouble) | Ended::Superseded(trouble) => {
                if trouble.problem == Problem::Flapping {
                    self.with(group, |it| {
                        if let Some(watch) = it.watches.get_mut(&trouble.name) {
                            watch.flapping = true;
                        }
                    });
                }
                self.log_trouble("recovery_failed", Level::Error, group, &trouble);
                let whole = self.state(group).locals.iter().any(|(_, it)| *it != super::state::Local::Active);
                self.with(group, |it| it.degraded |= whole);
                self.retry_later(group);
            }
        }
        if self.state(group).tenure.held.is_none() {
            self.release(group, Then::Nothing);
        }
    }

    fn stopping_ended(&mut self, group: &str, ended: Ended) {
        match ended {
            Ended::Done { .. } => {
                let asked = self.state(group).ticket.is_some();
                if asked || self.state(group).tenure.held.is_some() {
                    self.log("stopped", Level::Info, Some(group), "the group is stopped");
                }
                self.with(group, |it| it.finished = true);
                if asked && self.state(group).tenure.held.is_none() {
                    // It was stopped already here; the arbiter is to know it, too.
                    self.with(group, |it| it.tenure.coming = true);
                    return self.out.push(Action::Acquire { group: group.to_owned(), holder: String::new() });
                }
                self.release(group, Then::GiveBack(String::new()));
            }
            Ended::Refused(trouble) => {
                self.log_trouble("not_stopped", Level::Error, group, &trouble);
                self.answer(group, Err(trouble.to_string()));
                let held = self.state(group).tenure.held.is_some();
                if held { self.enter(group, Phase::Active) } else { self.enter(group, Phase::Idle) }
            }
            Ended::Failed(trouble) | Ended::Superseded(trouble) => {
                self.log_trouble("stop_failed", Level::Error, group, &trouble);
                self.answer(group, Err(trouble.to_string()));
                self.release(group, Then::GiveBack(String::new()));
            }
        }
    }

    pub(super) fn retry_later(&mut self, group: &str) {
        let now = self.now;
        self.with(group, |it| {
            let pause = FIRST_PAUSE * 2_u32.saturating_pow(it.attempts.min(8));
            it.attempts += 1;
            it.retry_at = now + pause.min(LONGEST_PAUSE);
        });
    }

    /// Makes a resource right again, or the whole group.
    pub(super) fn restart(&mut self, group: &str, monitor: &str, target: RecoveryTarget) {
        let whole = target != RecoveryTarget::Resource;
        let work = match whole {
            false => Work::Restart(monitor.to_owned()),
            true => Work::Run(crate::transition::Request {
                kind: crate::journal::Kind::Recover,
                from: Some(self.settings.server.clone()),
                to: Some(self.settings.server.clone()),
                reason: format!("the monitor {monitor} found an error"),
                forced: false,
            }),
        };
        let kind = self.settings.group(group).and_then(|it| it.resource(monitor)).map(|it| &it.kind);
        // A route is made right under the address; a program or a disk is stopped before it is started.
        let only = match kind {
            Some(ResourceKind::Exec(_) | ResourceKind::MirrorDisk(_)) if !whole => Some(monitor.to_owned()),
            _ if whole => None,
            _ => {
                self.enter(group, Phase::Recovering);
                return self.begin(group, work);
            }
        };
        self.release_with(group, Release { only, gone: None, then: Then::Again(work) });
    }

    /// Makes right what was left undone: a record while Route 53 was silent, resources that could not be activated.
    pub(super) fn finish_the_rest(&mut self, group: &str) {
        let state = self.state(group);
        if !matches!(state.phase, Phase::Active) || self.now < state.retry_at || state.leaving_to.is_some() {
            return;
        }
        if state.pending || state.degraded {
            let server = Some(self.settings.server.clone());
            let reason = "something of it could not be activated before".to_owned();
            let kind = crate::journal::Kind::Recover;
            let request = crate::transition::Request { kind, from: server.clone(), to: server, reason, forced: false };
            self.retry_later(group);
            self.enter(group, Phase::Recovering);
            self.begin(group, Work::Run(request));
        }
    }

    /// Gives a group to another server, once that is found able to have it.
    pub(super) fn hand_over(&mut self, group: &str, to: &str, why: &str) {
        self.log("handing_over", Level::Info, Some(group), &format!("to {to}: {why}"));
        self.with(group, |it| it.leaving_to = Some(to.to_owned()));
        self.out.push(Action::Preflight { group: group.to_owned(), to: to.to_owned() });
    }

    pub(super) fn preflighted(&mut self, group: &str, result: Result<(), Box<Trouble>>) {
        let Some(to) = self.groups.get_mut(group).and_then(|it| it.leaving_to.take()) else { return };
        if !matches!(self.state(group).phase, Phase::Active) {
            return;
        }
        let outdated = self.said(&to, group).is_none_or(|it| !it.outdated.is_empty());
        let refused = match result {
            Err(trouble) => Some(trouble.to_string()),
            Ok(()) if outdated => Some(format!("{to} is silent, or its copy of a disk is not up to date")),
            Ok(()) => None,
        };
        if let Some(reason) = refused {
            self.log("not_handed_over", Level::Warning, Some(group), &reason);
            self.answer(group, Err(reason));
            return self.retry_later(group);
        }
        let until = self.now + LONGEST_PAUSE * 10;
        self.with(group, |it| {
            it.handed = it.ticket.take().map(|ticket| super::state::Handed { ticket, to: to.clone(), until });
        });
        self.release(group, Then::HandOn(to));
    }

    /// Answers who waits for another server to have a group.
    pub(super) fn settle_handed(&mut self, from: &str) {
        let names: Vec<String> = self.groups.keys().cloned().collect();
        for name in names {
            let state = self.said(from, &name).map(|it| it.state);
            let now = self.now;
            let Some(handed) = self.groups.get_mut(&name).and_then(|it| {
                it.handed.take_if(|it| {
                    now >= it.until || (it.to == from && matches!(state, Some(SaidState::Active | SaidState::Failed)))
                })
            }) else {
                continue;
            };
            let answer = match state {
                Some(SaidState::Active) => Ok(self.status()),
                Some(SaidState::Failed) => Err(format!("Activation on {from} failed; see its log.")),
                _ => Err(format!("{} does not say that it has the group.", handed.to)),
            };
            self.out.push(Action::Reply { ticket: handed.ticket, answer });
        }
    }

    /// What a server does when nothing helped.
    pub(super) fn last_action(&mut self, group: &str, action: FinalAction, why: &str) {
        let alone = self.peers.keys().all(|it| self.presence(it) != super::peers::Presence::Alive);
        match action {
            FinalAction::None => self.log("gave_up", Level::Error, Some(group), why),
            FinalAction::StopGroup => self.stop(group, why.to_owned()),
            _ if alone => {
                let message = format!("{why}; the final action is left out: no other server is there");
                self.log("final_action_suppressed", Level::Error, Some(group), &message);
            }
            action => self.end(action, why),
        }
    }

    pub(super) fn stop(&mut self, group: &str, reason: String) {
        let kind = crate::journal::Kind::Stop;
        let from = self.state(group).occupies().then(|| self.settings.server.clone());
        let request = crate::transition::Request { kind, from, to: None, reason, forced: false };
        self.enter(group, Phase::Stopping);
        self.begin(group, Work::Run(request));
    }

    /// The monitors begin to look, each after its delay.
    fn start_monitors(&mut self, group: &str) {
        let Some(settings) = self.settings.group(group) else { return };
        let now = self.now;
        let first: Vec<(String, Duration)> =
            monitors(settings).map(|(name, it)| (name.to_owned(), it.start_delay)).collect();
        self.with(group, |state| {
            for (name, delay) in first {
                if name != super::super::event::AZ_MONITOR {
                    let failovers = state.watches.get(&name).map_or(0, |it| it.failovers);
                    let watch = WatchState { next: Some(now + delay), failovers, ..WatchState::default() };
                    state.watches.insert(name, watch);
                }
            }
        });
    }

    /// After a recovery nobody looks before the change can be seen.
    fn delay_monitors(&mut self, group: &str) {
        let Some(settings) = self.settings.group(group) else { return };
        let now = self.now;
        let delays: Vec<(String, Duration)> =
            monitors(settings).map(|(name, it)| (name.to_owned(), it.start_delay.max(it.interval))).collect();
        self.with(group, |state| {
            for (name, delay) in delays {
                if let Some(watch) = state.watches.get_mut(&name) {
                    watch.next = Some(now + delay);
                }
            }
        });
    }
}

/// Whether trouble may pass by itself: nothing was answered, or somebody else still has the group.
fn passes(trouble: &Trouble) -> bool {
    let silent = trouble.cause.as_ref().is_some_and(|it| it.kind.is_transient());
    silent
        || matches!(
            trouble.problem,
            Problem::ArbiterUnknown
                | Problem::MaybeActiveElsewhere
                | Problem::NotVisible
                | Problem::Journal
                | Problem::ForcedStopFailed
        )
}

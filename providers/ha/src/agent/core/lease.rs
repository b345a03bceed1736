//! The lease of a group: seen, held, renewed, and given up before it ends.

use super::super::clock::Tick;
use super::super::event::{Action, Level};
use super::Agent;
use super::state::{GroupState, Held, Phase, Seen, Then};
use crate::arbiter::Lease;
use crate::moment::Moment;

impl Agent {
    /// Gives up every group whose lease was not renewed in time.
    pub(super) fn fence_the_late(&mut self) {
        let late = |it: &GroupState| it.tenure.held.is_some_and(|held| held.is_late(self.now));
        let late: Vec<String> = self.groups.iter().filter(|(_, it)| late(it)).map(|(name, _)| name.clone()).collect();
        for name in late {
            self.fence(&name, "the lease was not renewed in time");
        }
    }

    /// Gives up what is here of a group: the lease is lost, or as good as lost.
    pub(super) fn fence(&mut self, group: &str, why: &str) {
        self.log("fenced", Level::Error, Some(group), &format!("everything here is given up: {why}"));
        self.answer(group, Err(format!("The group was given up here: {why}.")));
        let gone = self.state(group).tenure.held.and_then(|it| it.watch().gone_from(self.now));
        let gone = match &self.state(group).phase {
            Phase::Releasing(it) => it.gone.or(gone),
            _ => gone,
        };
        self.with(group, |it| {
            it.tenure.held = None;
            it.tenure.renewal = None;
            it.tenure.coming = false;
            it.record.seen = None;
            it.degraded = false;
            it.pending = false;
        });
        self.release_with(group, super::Release { only: None, gone, then: Then::Nothing });
    }

    pub(super) fn lease_held(&mut self, group: &str, lease: &Lease, asked: Tick) {
        let limits = self.settings.limits();
        let Some(state) = self.groups.get_mut(group) else { return };
        if state.tenure.held.is_some_and(|it| it.epoch > lease.epoch) {
            return;
        }
        let held = Held { epoch: lease.epoch, asked, limits };
        let newly = state.tenure.epoch != lease.epoch;
        state.tenure.epoch = lease.epoch;
        state.tenure.renewal = None;
        state.tenure.next = asked + limits.map_or(crate::group::defaults::LEASE, |it| it.renew);
        state.tenure.held = Some(held);
        if let Phase::Releasing(release) = &mut state.phase {
            release.gone = held.watch().gone;
        }
        let came = std::mem::take(&mut state.tenure.coming);
        if newly {
            self.log("lease_taken", Level::Info, Some(group), "this server has the lease");
        }
        if held.is_late(self.now) {
            self.fence(group, "the arbiter answered too late");
        } else if came && matches!(self.state(group).phase, Phase::Taking) {
            self.activated(group);
        } else if came && matches!(self.state(group).phase, Phase::Stopping) {
            self.release(group, Then::GiveBack(String::new()));
        }
    }

    pub(super) fn lease_silent(&mut self, group: &str, reason: &str) {
        let Some(state) = self.groups.get_mut(group) else { return };
        state.tenure.renewal = None;
        let pause = state.tenure.held.and_then(|it| it.limits).map(|it| it.renew / 4);
        state.tenure.next = self.now + pause.unwrap_or_default();
        if std::mem::take(&mut state.tenure.coming) {
            self.retry_later(group);
            self.enter(group, Phase::Idle);
        }
        self.log("lease_silent", Level::Warning, Some(group), &format!("the arbiter: {reason}"));
    }

    pub(super) fn lease_lost(&mut self, group: &str, by: &str) {
        if self.groups.get(group).is_some_and(|it| it.tenure.held.is_some()) {
            self.fence(group, by);
        }
    }

    pub(super) fn lease_gone(&mut self, group: &str, result: Result<(), String>) {
        let Some(state) = self.groups.get_mut(group) else { return };
        state.tenure.going = false;
        state.tenure.held = None;
        state.tenure.holder = None;
        state.record.seen = None;
        state.record.next = self.now;
        self.news = true;
        // Who has asked for a stop is answered when all is done; others who wait, wait for more.
        let status = self.status();
        self.answer(group, Ok(status));
        match result {
            Ok(()) => self.log("lease_given_back", Level::Info, Some(group), "this server has the lease no longer"),
            Err(reason) => {
                let message = format!("the arbiter: {reason}; the lease ends by itself");
                self.log("lease_silent", Level::Warning, Some(group), &message);
            }
        }
    }

    /// A transition that fails leaves the holder on record that was there before it. An empty one means a stopped group,
    /// and is kept only where the group was stopped: else nobody would start it again.
    pub(super) fn lease_unneeded(&mut self, group: &str, holder: String) {
        let Some(state) = self.groups.get_mut(group) else { return };
        let was_stopped = state.record.seen.as_ref().is_some_and(|it| it.holder.as_deref() == Some(""));
        let stops = matches!(state.phase, Phase::Stopping);
        state.tenure.holder = Some(holder).filter(|it| !it.is_empty() || was_stopped || stops);
    }

    pub(super) fn keep_lease(&mut self, group: &str) {
        let now = self.now;
        let server = self.settings.server.clone();
        let Some(state) = self.groups.get_mut(group) else { return };
        if state.tenure.held.is_none() || state.tenure.going {
            return;
        }
        // A lease that nothing needs any more, as after a transition that was broken off.
        if matches!(state.phase, Phase::Idle) && !state.running && !state.tenure.coming {
            let holder = state.tenure.holder.take().unwrap_or(server);
            state.tenure.going = true;
            self.out.push(Action::GiveBack { group: group.to_owned(), holder });
        } else if state.tenure.renewal.is_none() && now >= state.tenure.next && self.settings.limits().is_some() {
            state.tenure.renewal = Some(now);
            self.out.push(Action::Renew { group: group.to_owned() });
        }
    }

    /// Asks now and then who has a group that is not here.
    pub(super) fn look_at_record(&mut self, group: &str) {
        let now = self.now;
        let pause = self.settings.limits().map_or(self.settings.cluster.heartbeat.interval, |it| it.renew);
        let Some(state) = self.groups.get_mut(group) else { return };
        let idle = matches!(state.phase, Phase::Idle) && state.tenure.held.is_none();
        if idle && !state.record.asking && now >= state.record.next {
            state.record.asking = true;
            state.record.next = now + pause;
            self.out.push(Action::Look { group: group.to_owned() });
        }
    }

    pub(super) fn lease_seen(&mut self, group: &str, seen: Result<Option<Lease>, String>) {
        let now = self.now;
        let Some(state) = self.groups.get_mut(group) else { return };
        state.record.asking = false;
        let lease = match seen {
            Ok(lease) => lease,
            Err(reason) => {
                state.record.seen = None;
                self.say("arbiter_silent", group, &format!("the arbiter: {reason}"));
                return;
            }
        };
        let mut new = Seen {
            holder: lease.as_ref().map(|it| it.holder.clone()),
            epoch: lease.as_ref().map_or(0, |it| it.epoch),
            is_free: lease.as_ref().is_none_or(|it| it.expires == Moment::EPOCH),
            mark: lease.as_ref().map(|it| it.expires.to_string()).unwrap_or_default(),
            since: now,
        };
        if let Some(old) = &state.record.seen {
            if (&old.holder, old.epoch, &old.mark) == (&new.holder, new.epoch, &new.mark) {
                new.since = old.since;
            }
            if old.holder != new.holder {
                state.record.before.clone_from(&old.holder);
            }
            // Somebody has it anew: what failed here before is another matter.
            if old.holder != new.holder && new.holder.as_deref() == Some(&self.settings.server) {
                state.failed = None;
            }
        }
        state.record.seen = Some(new);
    }
}

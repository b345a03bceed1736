//! Whether this server takes a group that it does not have, or gives one to a better server.

use std::collections::BTreeSet;

use super::super::event::{Level, Work};
use super::super::message::SaidState;
use super::Agent;
use super::peers::Presence;
use super::state::{Phase, Seen};
use crate::group::{Failback, Group, PartitionTarget, Trigger, defaults};
use crate::journal::Kind;
use crate::transition::{Occupancy, Request, targets};

/// Why a group is not taken.
enum No {
    /// It is as it should be.
    Fine,
    /// Somebody should know.
    Because(String),
}

impl Agent {
    /// Takes a group that is nowhere, if it is this server's turn.
    pub(super) fn decide(&mut self, group: &str) {
        let state = self.state(group);
        if self.ending.is_some() || !state.is_idle() || state.is_here() || self.now < state.retry_at {
            return;
        }
        if state.tenure.held.is_some() {
            return;
        }
        let Some(seen) = state.record.seen.clone() else { return };
        if !state.finished && seen.holder.as_deref() == Some("") {
            self.with(group, |it| it.finished = true);
            self.enter(group, Phase::Stopping);
            return self.begin(group, Work::Finish);
        }
        match self.wish(group, &seen) {
            Ok(request) => {
                self.with(group, |it| it.said = None);
                self.log("taking", Level::Info, Some(group), &request.reason);
                self.enter(group, Phase::Taking);
                self.begin(group, Work::Run(request));
            }
            Err(No::Fine) => {}
            Err(No::Because(reason)) => self.say("not_taking", group, &reason),
        }
    }

    /// What would bring the group here.
    fn wish(&self, name: &str, seen: &Seen) -> Result<Request, No> {
        let group = self.settings.group(name).ok_or(No::Fine)?;
        let own = &self.settings.server;
        if self.cut_off || !group.startup.contains(own) || self.state(name).failed.is_some() {
            return Err(No::Fine);
        }
        let others = self.settings.peers().filter(|it| group.startup.contains(&it.name));
        let others: Vec<&str> = others.map(|it| it.name.as_str()).collect();
        if others.iter().any(|it| self.says_it_has(it, name)) {
            return Err(No::Fine);
        }
        let request = |kind, from: Option<&str>, reason: String| Request {
            kind,
            from: from.map(str::to_owned),
            to: Some(own.clone()),
            reason,
            forced: false,
        };
        if self.settings.limits().is_none() {
            return self.wish_without_arbiter(group, seen, &others, &request);
        }
        match seen.holder.as_deref() {
            Some("") => Err(No::Fine),
            Some(holder) if holder == own => self.wish_for_own(name, seen, &request),
            None if group.start == Trigger::Manual => Err(No::Fine),
            None => {
                self.is_our_turn(group)?;
                Ok(request(Kind::Start, None, "nobody has had it yet".to_owned()))
            }
            Some(holder) => {
                let reason = self.gone(group, holder)?;
                self.is_our_turn(group)?;
                Ok(request(Kind::Failover, Some(holder), reason))
            }
        }
    }

    /// What is recorded as this server's own, after a restart or because it was handed on.
    fn wish_for_own(
        &self,
        name: &str,
        seen: &Seen,
        request: &dyn Fn(Kind, Option<&str>, String) -> Request,
    ) -> Result<Request, No> {
        let lease = self.settings.limits().map_or(defaults::LEASE, |it| it.lease);
        // Whoever moves it here in this server's name is let to finish.
        let is_moved = !seen.is_free && seen.epoch != self.state(name).tenure.epoch;
        if is_moved && self.now.since(seen.since) < lease {
            return Err(No::Fine);
        }
        let before = self.state(name).record.before.clone();
        match before.filter(|it| *it != self.settings.server && !it.is_empty()) {
            Some(from) if seen.epoch != self.state(name).tenure.epoch => {
                Ok(request(Kind::Move, Some(&from), format!("{from} has handed it on")))
            }
            _ => Ok(request(Kind::Start, None, "it is recorded as this server's".to_owned())),
        }
    }

    /// Why the holder of a group no longer looks after it.
    fn gone(&self, group: &Group, holder: &str) -> Result<String, No> {
        if group.failover == Trigger::Manual {
            return Err(No::Because(format!("{holder} has it, and failover is manual")));
        }
        if self.settings.cluster.server(holder).is_none() {
            return Ok(format!("{holder} is no longer a member"));
        }
        match self.presence(holder) {
            Presence::Unknown => Err(No::Fine),
            Presence::Alive if self.is_cut_off(holder) => Ok(format!("{holder} is cut off")),
            Presence::Alive => match self.said(holder, &group.name).map(|it| it.state) {
                Some(SaidState::Failed) => Ok(format!("activation on {holder} failed")),
                _ => Err(No::Fine),
            },
            Presence::Silent if self.is_connected_since(self.silent_since(holder)) => {
                Ok(format!("{holder} is silent, and the third party is reached"))
            }
            Presence::Silent => {
                Err(No::Because(format!("{holder} is silent, and the third party was not reached since")))
            }
        }
    }

    /// Without an arbiter: whoever is heard and has the group keeps it; for servers that are silent, partition check,
    /// waiting and forced stop must do.
    fn wish_without_arbiter(
        &self,
        group: &Group,
        seen: &Seen,
        others: &[&str],
        request: &dyn Fn(Kind, Option<&str>, String) -> Request,
    ) -> Result<Request, No> {
        let own = Some(self.settings.server.as_str());
        let holder = seen.holder.as_deref();
        if holder == Some("") || (holder.is_none() && group.start == Trigger::Manual) {
            return Err(No::Fine);
        }
        if others.iter().any(|it| self.presence(it) == Presence::Unknown) {
            return Err(No::Fine);
        }
        let silent: Vec<&str> =
            others.iter().copied().filter(|it| self.presence(it) == Presence::Silent && !self.has_left(it)).collect();
        let Some(last) = silent.iter().map(|it| self.silent_since(it)).max() else {
            if holder != own {
                self.is_our_turn(group)?;
            }
            return Ok(request(Kind::Start, None, "no other server has it".to_owned()));
        };
        if group.failover == Trigger::Manual && holder != own {
            return Err(No::Because("a server is silent, and failover is manual".to_owned()));
        }
        if self.settings.cluster.partition.target == PartitionTarget::None
            && self.settings.cluster.forced_stop.is_none()
        {
            let reason = "a server is silent, and nothing tells whether it is down: there is no arbiter, no partition \
                          check and no forced stop";
            return Err(No::Because(reason.to_owned()));
        }
        if !self.is_connected_since(last) {
            return Err(No::Because("a server is silent, and the third party was not reached since".to_owned()));
        }
        if self.now.since(last) < self.worst_self_stop() {
            return Err(No::Fine);
        }
        self.is_our_turn(group)?;
        let from = holder.filter(|it| silent.contains(it)).unwrap_or(silent[0]);
        Ok(request(Kind::Failover, Some(from), format!("{from} is silent, and the third party is reached")))
    }

    fn has_left(&self, server: &str) -> bool {
        self.peers.get(server).and_then(|it| it.beat.as_ref()).is_some_and(|it| it.leaving)
    }

    /// Whether no better server can have the group.
    fn is_our_turn(&self, group: &Group) -> Result<(), No> {
        let rank = |name: &str| group.startup.iter().position(|it| it == name);
        let own = &self.settings.server;
        let waits =
            self.settings.peers().any(|it| self.presence(&it.name) == Presence::Unknown && rank(&it.name) < rank(own));
        if waits {
            return Err(No::Fine);
        }
        let allowed = group.resources.iter().map(|it| it.activation.failover).max();
        let allowed = allowed.unwrap_or(defaults::ACTIVATION_FAILOVER) as usize;
        let failed = group.startup.iter().filter(|it| self.has_failed(it, &group.name)).count();
        if failed > allowed {
            return Err(No::Because(format!("activation failed on {failed} server(s); no other one is tried")));
        }
        match self.candidates(group, &BTreeSet::new()).first() {
            Some(first) if first == own => Ok(()),
            Some(_) => Err(No::Fine),
            None => Err(No::Because("no server can have it".to_owned())),
        }
    }

    fn has_failed(&self, server: &str, group: &str) -> bool {
        if server == self.settings.server {
            return self.state(group).failed.is_some();
        }
        self.said(server, group).is_some_and(|it| it.state == SaidState::Failed)
    }

    /// The servers that can have a group now, the best first.
    pub(super) fn candidates(&self, group: &Group, without: &BTreeSet<String>) -> Vec<String> {
        let unfit = |name: &String| {
            self.presence(name) != Presence::Alive || self.is_cut_off(name) || self.has_failed(name, &group.name)
        };
        let mut unavailable: BTreeSet<String> = group.startup.iter().filter(|it| unfit(it)).cloned().collect();
        unavailable.extend(without.iter().cloned());
        targets(&self.settings.cluster, group, &unavailable, &self.occupancy(&group.name))
    }

    /// Which other groups are on which server.
    fn occupancy(&self, group: &str) -> Occupancy {
        let mut occupancy = Occupancy::new();
        for other in self.settings.groups.iter().filter(|it| it.name != group) {
            for server in &self.settings.cluster.servers {
                let has = match server.name == self.settings.server {
                    true => self.state(&other.name).occupies() || self.state(&other.name).is_here(),
                    false => self.says_it_has(&server.name, &other.name),
                };
                if has {
                    occupancy.entry(server.name.clone()).or_default().push(other.exclusive);
                }
            }
        }
        occupancy
    }

    /// Hands a group on to a better server that was heard without a gap for the time of a heartbeat's limit.
    pub(super) fn consider_failback(&mut self, name: &str) {
        let Some(group) = self.settings.group(name).filter(|it| it.failback == Failback::Auto) else { return };
        let state = self.state(name);
        if !matches!(state.phase, Phase::Active) || state.leaving_to.is_some() || self.now < state.retry_at {
            return;
        }
        let own = group.startup.iter().position(|it| *it == self.settings.server);
        let better = group.startup.iter().take(own.unwrap_or(0)).find(|it| {
            let since = self.peers.get(*it).and_then(|it| it.since);
            self.presence(it) == Presence::Alive
                && !self.is_cut_off(it)
                && !self.has_failed(it, name)
                && since.is_some_and(|since| self.now.since(since) >= self.settings.cluster.heartbeat.timeout)
        });
        let fits = |it: &&String| self.candidates(group, &BTreeSet::new()).contains(it);
        if let Some(to) = better.filter(fits).cloned() {
            self.hand_over(name, &to, "the group returns to a better server");
        }
    }
}

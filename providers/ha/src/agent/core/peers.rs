//! Who else lives, and whether it is this server that is cut off.

use std::time::Duration;

use super::super::clock::Tick;
use super::super::event::{Action, Level};
use super::super::message::{Beat, Said, SaidState};
use super::Agent;
use crate::group::PartitionTarget;

/// How many former starts of a server are remembered, so that their heartbeats are not taken for new ones.
const BOOTS: usize = 8;

/// Another server as it is heard.
#[derive(Debug, Default)]
pub(super) struct Peer {
    /// When it was heard last.
    pub last: Option<Tick>,
    /// Since when it has been heard without a gap.
    pub since: Option<Tick>,
    /// What it said last.
    pub beat: Option<Beat>,
    boots: Vec<String>,
    was_silent: bool,
}

/// How another server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    /// It is heard.
    Alive,
    /// It was not heard yet, and there was little time for it.
    Unknown,
    /// It is not heard, or has said that it ends.
    Silent,
}

/// The partition check.
#[derive(Debug, Default)]
pub(super) struct Partition {
    next: Tick,
    asking: bool,
    /// When the last check was begun that was answered.
    pub answered: Option<Tick>,
    /// Since when no check was answered.
    pub failing: Option<Tick>,
}

impl Agent {
    pub(super) fn heard(&mut self, beat: Beat) {
        let timeout = self.settings.cluster.heartbeat.timeout;
        let now = self.now;
        let Some(peer) = self.peers.get_mut(&beat.from) else { return };
        if let Some(last) = &peer.beat {
            if last.boot == beat.boot && beat.seq <= last.seq {
                return;
            }
            if last.boot != beat.boot {
                if peer.boots.contains(&beat.boot) {
                    return;
                }
                peer.boots.push(last.boot.clone());
                let extra = peer.boots.len().saturating_sub(BOOTS);
                peer.boots.drain(..extra);
            }
        }
        if peer.last.is_none_or(|last| now.since(last) >= timeout) || peer.since.is_none() {
            peer.since = Some(now);
        }
        peer.last = Some(now);
        let back = std::mem::take(&mut peer.was_silent) && !beat.leaving;
        let from = beat.from.clone();
        peer.beat = Some(beat);
        if back {
            self.log("server_heard", Level::Info, None, &format!("{from} is heard again"));
        }
        self.settle_handed(&from);
        // Where it runs now, what failed here before is another matter.
        for (name, state) in &mut self.groups {
            let said = self.peers.get(&from).and_then(|it| it.beat.as_ref());
            let runs =
                said.is_some_and(|it| it.groups.iter().any(|it| it.group == *name && it.state == SaidState::Active));
            if runs && matches!(state.phase, super::state::Phase::Idle) {
                state.failed = None;
            }
        }
    }

    pub(super) fn presence(&self, server: &str) -> Presence {
        if server == self.settings.server {
            return Presence::Alive;
        }
        let timeout = self.settings.cluster.heartbeat.timeout;
        let Some(peer) = self.peers.get(server) else { return Presence::Silent };
        let fresh = peer.last.is_some_and(|last| self.now.since(last) < timeout);
        match &peer.beat {
            Some(beat) if fresh && !beat.leaving => Presence::Alive,
            Some(_) => Presence::Silent,
            None if self.now.since(self.started) < timeout => Presence::Unknown,
            None => Presence::Silent,
        }
    }

    /// Since when a server has been silent by this server's measure.
    pub(super) fn silent_since(&self, server: &str) -> Tick {
        let timeout = self.settings.cluster.heartbeat.timeout;
        match self.peers.get(server) {
            Some(peer) if peer.beat.as_ref().is_some_and(|it| it.leaving) => peer.last.unwrap_or(self.started),
            Some(peer) => peer.last.unwrap_or(self.started) + timeout,
            None => self.started + timeout,
        }
    }

    /// What a server that is heard says of a group.
    pub(super) fn said(&self, server: &str, group: &str) -> Option<&Said> {
        if self.presence(server) != Presence::Alive {
            return None;
        }
        self.peers.get(server)?.beat.as_ref()?.groups.iter().find(|it| it.group == group)
    }

    /// Whether a server that is heard says that it has a group, or is taking it.
    pub(super) fn says_it_has(&self, server: &str, group: &str) -> bool {
        self.said(server, group).is_some_and(|it| {
            !it.active.is_empty() || matches!(it.state, SaidState::Taking | SaidState::Active | SaidState::Leaving)
        })
    }

    pub(super) fn is_cut_off(&self, server: &str) -> bool {
        if server == self.settings.server {
            return self.cut_off;
        }
        self.peers.get(server).and_then(|it| it.beat.as_ref()).is_some_and(|it| it.cut_off)
    }

    pub(super) fn watch_peers(&mut self) {
        let silent: Vec<String> = self
            .peers
            .iter()
            .filter(|(name, peer)| !peer.was_silent && self.presence(name) == Presence::Silent)
            .map(|(name, _)| name.clone())
            .collect();
        for name in silent {
            if let Some(peer) = self.peers.get_mut(&name) {
                peer.was_silent = true;
                peer.since = None;
            }
            let seconds = self.settings.cluster.heartbeat.timeout.as_secs();
            let leaving = self.peers.get(&name).and_then(|it| it.beat.as_ref()).is_some_and(|it| it.leaving);
            let message = match leaving {
                true => format!("{name} has ended"),
                false => format!("{name} was not heard for {seconds} seconds"),
            };
            self.log("server_silent", Level::Warning, None, &message);
        }
    }

    pub(super) fn probed(&mut self, asked: Tick, result: Result<(), String>) {
        self.partition.asking = false;
        match result {
            Ok(()) => {
                if self.partition.failing.take().is_some() {
                    self.log("partition_ok", Level::Info, None, "the third party is reached again");
                }
                self.partition.answered = Some(asked);
            }
            Err(reason) => {
                if self.partition.failing.is_none() {
                    self.partition.failing = Some(asked);
                    self.log("partition_failed", Level::Warning, None, &format!("the third party: {reason}"));
                }
            }
        }
    }

    /// Asks the third party at the set times, and finds out whether this server is cut off: it hears nobody and does not
    /// reach the third party for as long as the settings say.
    pub(super) fn watch_partition(&mut self) {
        let check = &self.settings.cluster.partition;
        if check.target == PartitionTarget::None {
            return;
        }
        if !self.partition.asking && self.now >= self.partition.next {
            self.partition.asking = true;
            self.partition.next = self.now + check.interval;
            self.out.push(Action::Probe);
        }
        let failing = self.partition.failing.is_some_and(|since| self.now.since(since) >= check.timeout);
        let alone = !self.peers.is_empty() && self.peers.keys().all(|it| self.presence(it) == Presence::Silent);
        let was = std::mem::replace(&mut self.cut_off, failing && alone);
        match (was, self.cut_off) {
            (false, true) => self.isolate(),
            (true, false) => self.log("connected", Level::Info, None, "this server is no longer cut off"),
            _ => {}
        }
        if was != self.cut_off {
            self.news = true;
        }
    }

    /// Whether the third party was reached by a check that was begun after a moment.
    pub(super) fn is_connected_since(&self, moment: Tick) -> bool {
        let asked = self.settings.cluster.partition.target != PartitionTarget::None;
        !asked || (self.partition.failing.is_none() && self.partition.answered.is_some_and(|it| it >= moment))
    }

    /// How long a server that is cut off may take, after this one has found it silent, to find out and to give up what it
    /// has: what a takeover without an arbiter waits for.
    pub(super) fn worst_self_stop(&self) -> Duration {
        let check = &self.settings.cluster.partition;
        check.interval + check.timeout + crate::group::defaults::LEASE
    }
}

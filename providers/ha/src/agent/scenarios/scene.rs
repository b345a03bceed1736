//! A core with everything around it played by the test: time, the arbiter, transitions, this server, the others.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::time::Duration;

use serde_json::Value as Json;

use super::super::clock::Tick;
use super::super::core::Agent;
use super::super::event::{Action, Command, Ended, Event, Ticket, Work};
use super::super::message::{Beat, Said, SaidState};
use super::super::settings::{Settings, local_resources};
use crate::address::{HostAction, Look};
use crate::arbiter::Lease;
use crate::errors::{Phase, Problem, Trouble};
use crate::group::{
    Arbiter, Cluster, Exec, FinalAction, Group, Heartbeat, Monitor, PartitionCheck, PartitionTarget, Resource,
    ResourceKind, Server, VirtualIp,
};
use crate::journal::Kind;
use crate::moment::Moment;

pub fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// A program and a virtual address, looked at every twenty seconds.
pub fn group() -> Group {
    let vip = VirtualIp { ip: [10, 1, 0, 20].into(), vpc_id: "vpc-1".into(), interfaces: BTreeMap::new() };
    let exec = Exec { start: Vec::new(), stop: Vec::new(), check: None, timeout: seconds(60) };
    let mut resources =
        vec![Resource::new("app", ResourceKind::Exec(exec)), Resource::new("vip", ResourceKind::VirtualIp(vip))];
    for it in &mut resources {
        it.monitor = Some(Monitor { interval: seconds(20), ..Monitor::default() });
    }
    Group::new("g", "db", &["server1", "server2"], resources)
}

pub fn peer_says(group: &str, state: SaidState, epoch: u64) -> Said {
    let (active, outdated) = (BTreeSet::new(), BTreeSet::new());
    Said { group: group.into(), state, epoch, active, outdated }
}

fn cluster() -> Cluster {
    let servers = vec![
        Server::new("server1", "i-1", "eni-1", "ap-northeast-1a", Ipv4Addr::new(10, 0, 1, 10)),
        Server::new("server2", "i-2", "eni-2", "ap-northeast-1a", Ipv4Addr::new(10, 0, 2, 10)),
    ];
    Cluster {
        partition: PartitionCheck {
            target: PartitionTarget::Http { host: "third".into(), port: 80, tls: false },
            interval: seconds(5),
            timeout: seconds(10),
            ..PartitionCheck::default()
        },
        heartbeat: Heartbeat { interval: seconds(1), timeout: seconds(10) },
        arbiter: Arbiter::DynamoDb { table: "t".into(), lease: seconds(20) },
        ..Cluster::new("db", servers)
    }
}

/// A core and what the test plays around it.
pub struct Scene {
    agent: Agent,
    settings: Settings,
    pub now: Tick,
    /// Everything that it did.
    pub all: Vec<Action>,
    /// Whether the third party answers.
    pub third: bool,
    /// Whether the arbiter answers.
    pub api: bool,
    /// Whether what is done on this server never ends.
    pub hold_locals: bool,
    /// Whether transitions get no lease, and hang.
    pub no_lease: bool,
    /// How transitions end; done when left out.
    pub transition_ends: Option<Ended>,
    /// What monitors see; all is well when left out.
    pub looks: BTreeMap<String, Look>,
    leases: BTreeMap<String, Lease>,
    peers: BTreeMap<String, Said>,
    seq: u64,
    renewed: Tick,
    queue: Vec<Event>,
    tickets: BTreeMap<Ticket, (String, usize, u64, bool)>,
    next_ticket: Ticket,
}

impl Scene {
    pub fn new(server: &str, group: Group) -> Self {
        Self::of(server, vec![group], |_| {})
    }

    pub fn with(server: &str, group: Group, change: impl FnOnce(&mut Cluster)) -> Self {
        Self::of(server, vec![group], change)
    }

    pub fn of(server: &str, groups: Vec<Group>, change: impl FnOnce(&mut Cluster)) -> Self {
        let mut cluster = cluster();
        change(&mut cluster);
        let settings = Settings { cluster, groups, server: server.to_owned(), epochs: BTreeMap::new() };
        let now = Tick::at(seconds(1_000_000));
        Self {
            agent: Agent::new(settings.clone(), "boot", now),
            settings,
            now,
            all: Vec::new(),
            third: true,
            api: true,
            hold_locals: false,
            no_lease: false,
            transition_ends: None,
            looks: BTreeMap::new(),
            leases: BTreeMap::new(),
            peers: BTreeMap::new(),
            seq: 0,
            renewed: now,
            queue: Vec::new(),
            tickets: BTreeMap::new(),
            next_ticket: 100,
        }
    }

    /// `server1`, with the group, while `server2` is heard.
    pub fn active(group: Group) -> Self {
        Self::active_with(group, |_| {})
    }

    pub fn active_with(group: Group, change: impl FnOnce(&mut Cluster)) -> Self {
        let mut scene = Self::of("server1", vec![group], change);
        scene.peer("server2", SaidState::Idle);
        scene.pass(10);
        assert!(scene.is_active());
        scene
    }

    /// The journal of an earlier life.
    pub fn epochs(&mut self, group: &str, epoch: u64) {
        self.settings.epochs.insert(group.to_owned(), epoch);
        self.agent = Agent::new(self.settings.clone(), "boot", self.now);
    }

    pub fn lease(&mut self, holder: &str, epoch: u64, is_free: bool) {
        let expires = if is_free { Moment::EPOCH } else { Moment::now() };
        let lease = Lease { group: "db/g".into(), holder: holder.into(), epoch, ttl_ms: 20_000, expires };
        self.leases.insert("g".into(), lease);
    }

    pub fn lease_holder(&self) -> &str {
        &self.leases["g"].holder
    }

    pub fn peer(&mut self, server: &str, state: SaidState) {
        self.peer_with(server, peer_says("g", state, 0));
    }

    pub fn peer_with(&mut self, server: &str, said: Said) {
        self.peers.insert(server.to_owned(), said);
    }

    pub fn silence(&mut self, server: &str) {
        self.peers.remove(server);
    }

    pub fn fail(&mut self, monitor: &str, problem: Problem) {
        let trouble = Trouble::new(problem, Phase::Monitoring, monitor);
        self.looks.insert(monitor.to_owned(), Look::Error(trouble));
    }

    pub fn well(&mut self, monitor: &str) {
        self.looks.remove(monitor);
    }

    pub fn ask(&mut self, command: Command) {
        self.next_ticket += 1;
        let ticket = self.next_ticket;
        self.at(Event::Asked { ticket, command });
    }

    /// What was answered to the last question.
    pub fn answer(&self) -> Option<Result<Json, String>> {
        self.all.iter().rev().find_map(|it| match it {
            Action::Reply { ticket, answer } if *ticket == self.next_ticket => Some(answer.clone()),
            _ => None,
        })
    }

    pub fn pass(&mut self, count: u64) {
        for _ in 0..count * 2 {
            self.pass_half();
        }
    }

    pub fn pass_half(&mut self) {
        self.now = self.now + Duration::from_millis(500);
        self.seq += 1;
        let beats: Vec<Beat> = self.peers.iter().map(|(name, said)| self.beat(name, said)).collect();
        if self.seq.is_multiple_of(2) {
            for beat in beats {
                self.at(Event::Heard(beat));
            }
        }
        self.at(Event::Tick);
    }

    fn beat(&self, from: &str, said: &Said) -> Beat {
        let (cluster, boot) = ("db".to_owned(), "b".to_owned());
        let groups = vec![said.clone()];
        Beat { cluster, from: from.to_owned(), boot, seq: self.seq, leaving: false, cut_off: false, groups }
    }

    /// What follows at once, without what the test plays.
    pub fn handle(&mut self, event: Event) -> Vec<Action> {
        let actions = self.agent.handle(self.now, event);
        self.all.extend(actions.iter().cloned());
        actions
    }

    /// An event and all that follows from it.
    pub fn at(&mut self, event: Event) {
        self.queue.push(event);
        while !self.queue.is_empty() {
            let event = self.queue.remove(0);
            for action in self.handle(event) {
                self.play(action);
            }
        }
    }

    fn play(&mut self, action: Action) {
        let now = self.now;
        match action {
            Action::Probe => {
                let result = if self.third { Ok(()) } else { Err("no answer".to_owned()) };
                self.queue.push(Event::Probed { asked: now, result });
            }
            Action::Look { group } => {
                let lease = self.leases.get(&group).cloned();
                let seen = if self.api { Ok(lease) } else { Err("no answer".to_owned()) };
                self.queue.push(Event::LeaseSeen { group, seen });
            }
            Action::Renew { group } if self.api => {
                self.renewed = now;
                let lease = self.leases[&group].clone();
                self.queue.push(Event::LeaseHeld { group, lease, asked: now });
            }
            Action::Renew { group } => {
                self.queue.push(Event::LeaseSilent { group, reason: "no answer".to_owned() });
            }
            Action::Acquire { group, holder } => self.take(&group, &holder),
            Action::GiveBack { group, holder } => self.put(group, holder),
            Action::HandOn { group, to } => self.put(group, to),
            Action::Local { group, resource, action, ticket } if !self.hold_locals => {
                self.queue.push(Event::LocalEnded { group, resource, action, result: Ok(()) });
                if let Some((group, at, job, up)) = ticket.and_then(|it| self.tickets.remove(&it)) {
                    self.go_on(group, at + 1, job, up);
                }
            }
            Action::Transition { group, job, work } => self.transition(group, job, &work),
            Action::Preflight { group, .. } => self.queue.push(Event::Preflighted { group, result: Ok(()) }),
            Action::Monitor { group, monitor } => {
                let look = self.looks.get(&monitor).cloned().unwrap_or(Look::Fine);
                self.queue.push(Event::Monitored { group, monitor, look });
            }
            _ => {}
        }
    }

    fn take(&mut self, group: &str, holder: &str) {
        let epoch = self.leases.get(group).map_or(0, |it| it.epoch) + 1;
        let (key, holder, expires) = (format!("db/{group}"), holder.to_owned(), Moment::now());
        let lease = Lease { group: key, holder, epoch, ttl_ms: 20_000, expires };
        self.leases.insert(group.to_owned(), lease.clone());
        self.renewed = self.now;
        self.queue.push(Event::LeaseHeld { group: group.to_owned(), lease, asked: self.now });
    }

    fn put(&mut self, group: String, holder: String) {
        if let Some(it) = self.leases.get_mut(&group) {
            it.epoch += u64::from(it.holder != holder);
            (it.holder, it.expires) = (holder, Moment::EPOCH);
        }
        self.queue.push(Event::LeaseGone { group, result: Ok(()) });
    }

    /// A transition as a manager would carry it out: lease, then each resource on this server, then the end.
    fn transition(&mut self, group: String, job: u64, work: &Work) {
        if self.no_lease {
            return;
        }
        let refused = match &self.transition_ends {
            Some(Ended::Refused(trouble)) => Some(Ended::Refused(trouble.clone())),
            _ => None,
        };
        if let Some(ended) = refused {
            return self.queue.push(Event::TransitionEnded { group, job, ended });
        }
        let own = self.settings.server.clone();
        let (holder, up) = match work {
            Work::Run(it) => (it.to.clone().unwrap_or_default(), it.to.is_some()),
            Work::Restart(_) => (own, true),
            Work::Finish => return self.queue.push(done(group, job)),
        };
        self.take(&group, &holder);
        self.go_on(group, 0, job, up);
    }

    fn go_on(&mut self, group: String, at: usize, job: u64, up: bool) {
        let settings = self.settings.group(&group).unwrap();
        let mut names: Vec<String> = local_resources(settings).into_iter().map(str::to_owned).collect();
        if !up {
            names.reverse();
        }
        let Some(resource) = names.get(at).cloned() else {
            let ended =
                self.transition_ends.clone().map(|ended| Event::TransitionEnded { group: group.clone(), job, ended });
            return self.queue.push(ended.unwrap_or_else(|| done(group, job)));
        };
        self.next_ticket += 1000;
        let ticket = self.next_ticket;
        self.next_ticket -= 1000;
        let ticket = ticket * 100 + at as u64 + job * 10_000_000;
        self.tickets.insert(ticket, (group.clone(), at, job, up));
        let action = if up { HostAction::Activate } else { HostAction::Deactivate };
        self.queue.push(Event::LocalWanted { group, resource, action, ticket });
    }

    pub fn did(&self, what: impl Fn(&Action) -> bool) -> bool {
        self.all.iter().any(what)
    }

    /// Transitions that were begun, recoveries left out: what for, and from where.
    pub fn transitions(&self) -> Vec<(Kind, Option<String>)> {
        let begun = self.all.iter().filter_map(|it| match it {
            Action::Transition { work: Work::Run(it), .. } if it.kind != Kind::Recover => {
                Some((it.kind, it.from.clone()))
            }
            _ => None,
        });
        begun.collect()
    }

    pub fn locals(&self) -> Vec<(String, HostAction)> {
        let done = self.all.iter().filter_map(|it| match it {
            Action::Local { resource, action, .. } => Some((resource.clone(), *action)),
            _ => None,
        });
        done.collect()
    }

    pub fn notices(&self, event: &str) -> usize {
        self.all.iter().filter(|it| matches!(it, Action::Log(it) if it.event == event)).count()
    }

    pub fn handed_to(&self) -> Option<String> {
        self.all.iter().rev().find_map(|it| match it {
            Action::HandOn { to, .. } => Some(to.clone()),
            _ => None,
        })
    }

    pub fn ended(&self) -> Option<FinalAction> {
        self.all.iter().find_map(|it| match it {
            Action::End(action) => Some(*action),
            _ => None,
        })
    }

    pub fn gave_up_before_the_end(&self) -> bool {
        let end = self.all.iter().position(|it| matches!(it, Action::End(_)));
        let gone = self.all.iter().rposition(|it| matches!(it, Action::Local { action: HostAction::Deactivate, .. }));
        let back = self.all.iter().rposition(|it| matches!(it, Action::GiveBack { .. }));
        gone < back && back < end
    }

    pub fn is_active(&self) -> bool {
        self.agent.is_active("g").is_some()
    }

    pub fn active_groups(&self) -> Vec<String> {
        self.settings
            .groups
            .iter()
            .filter(|it| self.agent.is_active(&it.name).is_some())
            .map(|it| it.name.clone())
            .collect()
    }

    pub fn epoch(&self) -> u64 {
        self.agent.is_active("g").unwrap_or_default()
    }

    pub fn last_renewal(&self) -> Tick {
        self.renewed
    }

    /// What it says of the group in its last heartbeat.
    pub fn said(&self) -> SaidState {
        let last = self.all.iter().rev().find_map(|it| match it {
            Action::Send(beat) => Some(beat.groups[0].state),
            _ => None,
        });
        last.unwrap()
    }
}

fn done(group: String, job: u64) -> Event {
    Event::TransitionEnded { group, job, ended: Ended::Done { is_pending: false } }
}

//! What agents live in: servers with what is on them, the wires between them, and an arbiter and an AWS that may be slow.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::time::{Instant, sleep};

use super::super::clock::{Clock, Tick};
use super::super::core::Agent;
use super::super::driver::{Guard, Input, Log, Others, Outbox, ThirdParty};
use super::super::event::{Event, Notice, Watch};
use super::super::guard::Watches;
use super::super::local::{Condition, LocalResource};
use super::super::message::Beat;
use crate::arbiter::leases::{Cell, Cells, Document};

/// Everything there is.
#[derive(Clone)]
pub struct World(Arc<Mutex<Inner>>);

/// What can be seen of the world.
pub struct Inner {
    pub rng: StdRng,
    pub begin: Instant,
    pub servers: BTreeMap<String, Machine>,
    /// Pairs of servers that do not hear each other.
    pub cut: BTreeSet<(String, String)>,
    /// Servers that do not reach the third party.
    pub no_third: BTreeSet<String>,
    /// Servers that do not reach AWS and the arbiter.
    pub no_api: BTreeSet<String>,
    /// Of a hundred calls to the arbiter so many lose their answer, and so many come late.
    pub lose: u32,
    pub late: u32,
    cells: BTreeMap<String, Cell>,
    writes: u64,
    pub violations: Vec<String>,
    pub trace: Vec<String>,
}

/// A server.
#[derive(Default)]
pub struct Machine {
    /// What is active on it.
    pub active: BTreeSet<String>,
    /// Whether nothing on it goes on.
    pub is_frozen: bool,
    /// Until then it may give up what it had when it stood still.
    pub excused: Option<Instant>,
    /// Whether it runs at all.
    pub is_up: bool,
    /// Where its agent takes in what it hears; `None` while it does not run.
    pub outbox: Option<Outbox>,
    /// What its guard watches.
    pub watches: Watches,
    /// Probability in percent that giving up hangs.
    pub hangs: u32,
}

impl World {
    pub fn new(seed: u64, servers: &[String]) -> Self {
        let machine = |name: &String| (name.clone(), Machine { is_up: true, ..Machine::default() });
        Self(Arc::new(Mutex::new(Inner {
            rng: StdRng::seed_from_u64(seed),
            begin: Instant::now(),
            servers: servers.iter().map(machine).collect(),
            cut: BTreeSet::new(),
            no_third: BTreeSet::new(),
            no_api: BTreeSet::new(),
            lose: 0,
            late: 0,
            cells: BTreeMap::new(),
            writes: 0,
            violations: Vec::new(),
            trace: Vec::new(),
        })))
    }

    pub fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn note(&self, text: &str) {
        self.lock().note(text);
    }

    pub fn below(&self, limit: u64) -> u64 {
        self.lock().rng.random_range(0..limit.max(1))
    }

    /// A time of up to so many milliseconds.
    pub fn some(&self, milliseconds: u64) -> Duration {
        Duration::from_millis(self.below(milliseconds))
    }

    pub fn machine<T>(&self, server: &str, work: impl FnOnce(&mut Machine) -> T) -> T {
        work(self.lock().servers.get_mut(server).expect("the server is there"))
    }

    /// What a machine has is gone: it was switched off.
    pub fn switch_off(&self, server: &str) {
        self.machine(server, |it| {
            it.active.clear();
            it.watches = Watches::default();
            (it.outbox, it.is_up, it.is_frozen) = (None, false, false);
        });
        self.note(&format!("{server} is switched off"));
    }
}

impl Inner {
    pub fn note(&mut self, text: &str) {
        let at = self.begin.elapsed().as_millis();
        self.trace.push(format!("{at:>8} {text}"));
    }

    /// Which servers have something active that others can meet. A machine that stands still meets nobody, and gets a
    /// moment to let go when it goes on.
    fn holders(&self) -> Vec<String> {
        let meets = |it: &Machine| !it.is_frozen && it.excused.is_none_or(|until| Instant::now() >= until);
        self.servers.iter().filter(|(_, it)| meets(it) && !it.active.is_empty()).map(|(name, _)| name.clone()).collect()
    }

    /// Whether a machine that went on has let go in time.
    pub fn end_excuse(&mut self, server: &str) {
        let over = |it: &&mut Machine| it.excused.is_some_and(|until| Instant::now() >= until);
        let Some(machine) = self.servers.get_mut(server).filter(over) else { return };
        machine.excused = None;
        let holders = self.holders();
        if holders.len() > 1 {
            self.violations.push(format!("{server} has gone on and not let go: {holders:?}"));
        }
    }

    fn activated(&mut self, server: &str, resource: &str) {
        if let Some(it) = self.servers.get_mut(server).filter(|it| it.is_up) {
            it.active.insert(resource.to_owned());
        }
        self.note(&format!("{server} + {resource}"));
        let others: Vec<String> = self.holders().into_iter().filter(|it| it != server).collect();
        if !others.is_empty() {
            let text = format!("{server} activated {resource} while {others:?} have something active");
            self.note(&text);
            self.violations.push(text);
        }
    }
}

/// A local resource of a simulated server.
pub struct Thing {
    pub world: World,
    pub server: String,
    pub name: String,
}

#[async_trait]
impl LocalResource for Thing {
    async fn activate(&self, _outdated: bool) -> Result<(), String> {
        let (before, after) = (self.world.some(300), self.world.some(700));
        sleep(before).await;
        // It counts as active from the first moment at which it may be.
        self.world.lock().activated(&self.server, &self.name);
        sleep(after).await;
        if self.world.below(40) == 0 { Err("as the simulation wants".to_owned()) } else { Ok(()) }
    }

    async fn deactivate(&self) -> Result<(), String> {
        if !self.world.machine(&self.server, |it| it.active.contains(&self.name)) {
            return Ok(());
        }
        let hangs = self.world.machine(&self.server, |it| it.hangs);
        if self.world.below(100) < u64::from(hangs) {
            sleep(Duration::from_secs(120)).await;
            return Err("it hung".to_owned());
        }
        let time = self.world.some(1500);
        sleep(time).await;
        self.world.machine(&self.server, |it| it.active.remove(&self.name));
        self.world.note(&format!("{} - {}", self.server, self.name));
        Ok(())
    }

    async fn condition(&self) -> Condition {
        let is_active = self.world.machine(&self.server, |it| it.active.contains(&self.name));
        Condition { is_active, ..Condition::default() }
    }
}

/// A clock that is off and runs at another speed.
pub struct SkewedClock {
    pub begin: Instant,
    pub ahead: Duration,
    /// Parts per thousand that it is too fast (or too slow, below zero).
    pub rate: i32,
}

#[async_trait]
impl Clock for SkewedClock {
    fn now(&self) -> Tick {
        let passed = self.begin.elapsed();
        let factor = 1.0 + f64::from(self.rate) / 1000.0;
        Tick::at(self.ahead + passed.mul_f64(factor))
    }

    async fn until(&self, at: Tick) {
        let factor = 1.0 + f64::from(self.rate) / 1000.0;
        sleep(at.since(self.now()).div_f64(factor).max(Duration::from_millis(1))).await;
    }
}

/// The ports of one simulated server.
#[derive(Clone)]
pub struct Station {
    pub world: World,
    pub server: String,
}

#[async_trait]
impl Others for Station {
    async fn send(&self, beat: &Beat) {
        let peers: Vec<String> = self.world.lock().servers.keys().filter(|it| **it != self.server).cloned().collect();
        for peer in peers {
            let pair = (self.server.clone().min(peer.clone()), self.server.clone().max(peer.clone()));
            let (is_cut, dropped) = {
                let mut world = self.world.lock();
                (world.cut.contains(&pair), world.rng.random_range(0..50) == 0)
            };
            if is_cut || dropped {
                continue;
            }
            // What a stopped process hears waits for it.
            let outbox = self.world.machine(&peer, |it| it.outbox.clone());
            if let Some(outbox) = outbox {
                outbox.send(Input::Event(Event::Heard(beat.clone()))).ok();
            }
        }
    }
}

#[async_trait]
impl ThirdParty for Station {
    async fn ask(&self) -> Result<(), String> {
        let time = self.world.some(200);
        sleep(time).await;
        match self.world.lock().no_third.contains(&self.server) {
            true => Err("it is cut off".to_owned()),
            false => Ok(()),
        }
    }
}

impl Guard for Station {
    fn watch(&self, group: &str, watch: Option<Watch>) {
        self.world.machine(&self.server, |it| it.watches.set(group, watch));
    }
}

impl Log for Station {
    fn write(&self, notice: &Notice) {
        let epoch = notice.epoch.unwrap_or_default();
        self.world.note(&format!("{} [{}] {}: {}", self.server, epoch, notice.event, notice.message));
    }

    fn look(&self, _agent: &Agent) {}
}

/// The arbiter's documents, as one server reaches them.
#[async_trait]
impl Cells for Station {
    async fn read(&self, group: &str) -> Result<Option<Cell>, String> {
        self.way().await?;
        let found = self.world.lock().cells.get(group).cloned();
        self.way().await?;
        Ok(found)
    }

    async fn write(&self, group: &str, document: &Document, expected: Option<&str>) -> Result<bool, String> {
        self.way().await?;
        let written = {
            let mut world = self.world.lock();
            let fits = world.cells.get(group).map(|it| it.version.as_str()) == expected;
            if fits {
                world.writes += 1;
                let version = world.writes.to_string();
                let lease = &document.lease;
                let text =
                    format!("lease {} {} released={} by {}", lease.epoch, lease.holder, document.released, self.server);
                if lease.expires.age(crate::moment::Moment::EPOCH).is_zero() && document.released {
                    world.note(&text);
                }
                world.cells.insert(group.to_owned(), Cell { document: document.clone(), version });
            }
            fits
        };
        self.way().await?;
        Ok(written)
    }
}

impl Station {
    /// A way to the arbiter or back: it takes time, and some do not arrive.
    async fn way(&self) -> Result<(), String> {
        let (time, lost, cut) = {
            let mut world = self.world.lock();
            let (late, lose) = (world.late, world.lose);
            let slow = world.rng.random_range(0..100) < late;
            let time = world.rng.random_range(0..if slow { 4000 } else { 40 });
            (time, world.rng.random_range(0..200) < lose, world.no_api.contains(&self.server))
        };
        sleep(Duration::from_millis(time)).await;
        if lost || cut {
            // Somebody waits for it as long as he wants to.
            sleep(Duration::from_secs(2)).await;
            return Err("no answer".to_owned());
        }
        Ok(())
    }
}

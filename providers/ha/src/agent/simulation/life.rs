//! A server's life: its agent runs, is stopped, dies and is started again, and its guard looks after what is left.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::{Instant, sleep, sleep_until};

use super::super::clock::{Clock as _, Tick};
use super::super::core::Agent;
use super::super::driver::{Input, Ports, run};
use super::super::event::Command;
use super::super::local::{LocalResource as _, Locals};
use super::super::settings::Settings;
use super::Premises;
use super::cloud::Reached;
use super::world::{SkewedClock, Station, Thing, World};
use crate::arbiter::leases::Leases;
use crate::cloud::memory::Memory;
use crate::cloud::patient::{Patience, Patient};
use crate::group::{Cluster, FinalAction, Group};
use crate::journal::{Entry, Journal as _, MemoryJournal, fold};

/// What is on every server, in the order of activation.
const THINGS: [&str; 2] = ["app", "vip"];

/// Pause between two looks of a guard.
const LOOK: Duration = Duration::from_millis(250);

/// Whether something goes on, and who waits for it to do so.
#[derive(Default)]
struct Halt {
    until: Option<Instant>,
    waker: Option<Waker>,
}

/// A future that makes no progress while it is halted, however often it is woken.
struct Haltable<F> {
    inner: Pin<Box<F>>,
    halt: Arc<Mutex<Halt>>,
}

impl<F: Future> Future for Haltable<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        {
            let mut halt = self.halt.lock().unwrap();
            halt.waker = Some(context.waker().clone());
            if halt.until.is_some_and(|it| Instant::now() < it) {
                return Poll::Pending;
            }
            halt.until = None;
        }
        self.inner.as_mut().poll(context)
    }
}

/// A server's life.
pub struct Life {
    pub server: String,
    world: World,
    settings: Settings,
    aws: Memory,
    journal: MemoryJournal,
    guards: bool,
    clock: Arc<SkewedClock>,
    process: Arc<Mutex<Halt>>,
    machine: Arc<Mutex<Halt>>,
    killed: Notify,
    off: Notify,
}

impl Life {
    pub fn new(world: &World, server: &str, cluster: &Cluster, group: &Group, aws: Memory, premises: Premises) -> Self {
        let (cluster, groups, server) = (cluster.clone(), vec![group.clone()], server.to_owned());
        let settings = Settings { cluster, groups, server: server.clone(), epochs: Default::default() };
        let rate = i32::try_from(world.below(2 * premises.rate + 1)).unwrap_or_default();
        let rate = rate - i32::try_from(premises.rate).unwrap_or_default();
        let clock = SkewedClock { begin: Instant::now(), ahead: world.some(100_000_000), rate };
        world.note(&format!("{server} has a clock of rate {rate}"));
        Self {
            server,
            world: world.clone(),
            settings,
            aws,
            journal: MemoryJournal::default(),
            guards: premises.guards,
            clock: Arc::new(clock),
            process: Arc::default(),
            machine: Arc::default(),
            killed: Notify::new(),
            off: Notify::new(),
        }
    }

    pub fn entries(&self) -> Vec<Entry> {
        self.journal.entries().unwrap_or_default()
    }

    /// Kills the agent; its guard lives.
    pub fn kill_agent(&self) {
        self.world.note(&format!("{}: the agent is killed", self.server));
        self.killed.notify_waiters();
    }

    /// Takes the current away.
    pub fn switch_off(&self) {
        self.world.switch_off(&self.server);
        self.off.notify_waiters();
    }

    /// Stops the agent's process for a time; its guard goes on.
    pub fn stop_process(&self, time: Duration) {
        self.world.note(&format!("{}: the agent stands still for {time:?}", self.server));
        halt(&self.process, time);
    }

    /// Stops the whole machine for a time.
    pub fn freeze_machine(&self, time: Duration) {
        self.world.note(&format!("{}: the machine stands still for {time:?}", self.server));
        self.world.machine(&self.server, |it| it.is_frozen = true);
        halt(&self.machine, time);
    }

    /// Ends all standing still.
    pub fn wake(&self) {
        for it in [&self.process, &self.machine] {
            let mut it = it.lock().unwrap();
            it.until = None;
            if let Some(waker) = it.waker.take() {
                waker.wake();
            }
        }
    }

    pub fn ask_to_move(&self) {
        let (answer, _) = oneshot::channel();
        let command = Command::Move { group: "g".into(), to: None, reason: "a test".into() };
        if let Some(outbox) = self.world.machine(&self.server, |it| it.outbox.clone()) {
            outbox.send(Input::Ask(command, answer)).ok();
        }
    }

    /// Lives for ever: the machine is started, its agent is started again whenever it has ended.
    pub async fn go_on(&self) {
        loop {
            let alive = Haltable { inner: Box::pin(self.powered()), halt: self.machine.clone() };
            tokio::select! {
                biased;
                () = self.off.notified() => {}
                () = alive => {}
            }
            let time = Duration::from_secs(5) + self.world.some(40_000);
            sleep(time).await;
            *self.machine.lock().unwrap() = Halt::default();
            self.world.machine(&self.server, |it| it.is_up = true);
            self.world.note(&format!("{} is started", self.server));
        }
    }

    /// As long as the machine runs.
    async fn powered(&self) {
        loop {
            self.world.machine(&self.server, |it| it.is_frozen = false);
            *self.process.lock().unwrap() = Halt::default();
            let agent = Haltable { inner: Box::pin(self.agent()), halt: self.process.clone() };
            let action = tokio::select! {
                biased;
                () = self.unfrozen() => unreachable!("it has no end"),
                () = self.killed.notified() => None,
                () = self.guard_acts() => None,
                action = agent => Some(action),
            };
            self.world.machine(&self.server, |it| it.outbox = None);
            if matches!(action, Some(FinalAction::Shutdown | FinalAction::Reboot)) {
                return self.world.switch_off(&self.server);
            }
            if !self.give_up().await {
                return self.world.switch_off(&self.server);
            }
            let time = self.world.some(10_000);
            sleep(time).await;
        }
    }

    /// Takes note of the end of a machine's standing still in the moment in which it goes on.
    async fn unfrozen(&self) {
        loop {
            if self.machine.lock().unwrap().until.is_none() && self.world.machine(&self.server, |it| it.is_frozen) {
                self.world.machine(&self.server, |it| {
                    it.is_frozen = false;
                    it.excused = Some(Instant::now() + Duration::from_secs(10));
                });
                self.world.note(&format!("{}: the machine goes on", self.server));
            }
            self.world.lock().end_excuse(&self.server);
            sleep(LOOK).await;
        }
    }

    async fn agent(&self) -> FinalAction {
        let log = fold(&self.entries());
        let epochs = log.iter().map(|it| (it.transition.group.clone(), it.transition.epoch)).collect();
        let settings = Settings { epochs, ..self.settings.clone() };
        let station = Arc::new(Station { world: self.world.clone(), server: self.server.clone() });
        let (world, server, aws) = (self.world.clone(), self.server.clone(), self.aws.clone());
        let reached = Reached { world, server, aws };
        let thing =
            |name: &str| Thing { world: self.world.clone(), server: self.server.clone(), name: name.to_owned() };
        let locals: Locals = THINGS
            .iter()
            .map(|it| {
                (("g".to_owned(), (*it).to_owned()), Arc::new(thing(it)) as Arc<dyn super::super::local::LocalResource>)
            })
            .collect();
        let (outbox, inbox) = mpsc::unbounded_channel();
        self.world.machine(&self.server, |it| it.outbox = Some(outbox.clone()));
        let ports = Ports {
            clock: self.clock.clone(),
            cloud: Arc::new(Patient::new(reached, Patience::within(Duration::from_secs(20)))),
            arbiter: Arc::new(Leases::new(Station { world: self.world.clone(), server: self.server.clone() })),
            journal: Arc::new(self.journal.clone()),
            resolver: None,
            locals,
            others: station.clone(),
            third_party: station.clone(),
            guard: station.clone(),
            log: station,
        };
        let boot = format!("{}-{}", self.server, self.world.below(u64::MAX));
        let agent = Agent::new(settings, &boot, self.clock.now());
        run(agent, ports, outbox, inbox).await
    }

    /// Returns when the guard must act: what the real one does, with the real one's rules.
    async fn guard_acts(&self) {
        loop {
            let due = self.world.machine(&self.server, |it| it.watches.act());
            if self.guards && due.is_some_and(|at| self.clock.now() >= at) {
                return self.world.note(&format!("{}: the guard acts", self.server));
            }
            sleep(LOOK).await;
        }
    }

    /// The guard gives up what the agent has left; whether it could in time.
    async fn give_up(&self) -> bool {
        if !self.guards {
            return true;
        }
        let gone: Option<Tick> = self.world.machine(&self.server, |it| it.watches.gone_from(self.clock.now()));
        let work = async {
            for name in THINGS.iter().rev() {
                let thing = Thing { world: self.world.clone(), server: self.server.clone(), name: (*name).to_owned() };
                while thing.deactivate().await.is_err() {}
            }
        };
        let end = async {
            match gone {
                Some(gone) => super::super::clock::Clock::until(&*self.clock, gone).await,
                None => std::future::pending().await,
            }
        };
        let done = tokio::select! {
            biased;
            () = work => true,
            () = end => false,
        };
        self.world.machine(&self.server, |it| it.watches = Default::default());
        done
    }
}

fn halt(halt: &Arc<Mutex<Halt>>, time: Duration) {
    let until = Instant::now() + time;
    let mut held = halt.lock().unwrap();
    held.until = Some(held.until.map_or(until, |it| it.max(until)));
    drop(held);
    let halt = halt.clone();
    tokio::spawn(async move {
        sleep_until(until).await;
        if let Some(waker) = halt.lock().unwrap().waker.take() {
            waker.wake();
        }
    });
}

//! Does what the core decides, and tells it what came of it: the only part that waits.
//!
//! Everything runs inside the future of [`run`], and nothing beside it: an agent that is not polled does nothing, and one
//! that is dropped has ended.

mod jobs;
mod keeper;
mod servers;

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt as _;
use futures::future::{AbortHandle, Abortable};
use futures::stream::FuturesUnordered;
use serde_json::Value as Json;
use tokio::sync::{mpsc, oneshot};

use super::clock::Clock;
use super::core::{Agent, PeerFacts};
use super::event::{Action, Command, Event, Notice, Ticket, Watch};
use super::local::Locals;
use super::message::Beat;
use super::settings::Settings;
use crate::address::resolver::Resolver;
use crate::arbiter::Arbiter;
use crate::cloud::Cloud;
use crate::group::FinalAction;
use crate::journal::Journal;

use self::keeper::Keeper;

/// Longest time between two looks at the clock.
const STEP: Duration = Duration::from_millis(500);

/// The way to the other agents.
#[async_trait]
pub trait Others: Send + Sync {
    /// Sends a heartbeat to all of them; what is lost is lost.
    async fn send(&self, beat: &Beat);
}

/// Whom a server asks whether it is itself cut off.
#[async_trait]
pub trait ThirdParty: Send + Sync {
    /// Why it cannot be reached, as a clause.
    async fn ask(&self) -> Result<(), String>;
}

/// Who gives up what is here when the agent does not.
pub trait Guard: Send + Sync {
    /// Tells until when it need not act; `None` when nothing of the group is here.
    fn watch(&self, group: &str, watch: Option<Watch>);
}

/// Who takes what an agent has to say.
pub trait Log: Send + Sync {
    /// Takes a line.
    fn write(&self, notice: &Notice);

    /// Takes how things are; called a few times a second.
    fn look(&self, agent: &Agent);
}

/// Everything that an agent touches.
pub struct Ports {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// AWS, with patience for reads.
    pub cloud: Arc<dyn Cloud>,
    /// Who may be active; the journal's epochs where there is no arbiter.
    pub arbiter: Arc<dyn Arbiter>,
    /// Where steps are recorded.
    pub journal: Arc<dyn Journal>,
    /// What names resolve to here.
    pub resolver: Option<Arc<dyn Resolver>>,
    /// What is on this server.
    pub locals: Locals,
    /// The other agents.
    pub others: Arc<dyn Others>,
    /// The third party of the partition check.
    pub third_party: Arc<dyn ThirdParty>,
    /// The guard.
    pub guard: Arc<dyn Guard>,
    /// The log.
    pub log: Arc<dyn Log>,
}

/// What comes to an agent from outside.
#[derive(Debug)]
pub enum Input {
    /// Something has happened.
    Event(Event),
    /// Somebody asks for something, and waits for the answer.
    Ask(Command, oneshot::Sender<Result<Json, String>>),
}

/// Where input comes in.
pub type Outbox = mpsc::UnboundedSender<Input>;
/// Where input is taken out.
pub type Inbox = mpsc::UnboundedReceiver<Input>;

type Job = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Who waits for a transition's work on this server, by ticket.
#[derive(Default)]
struct Tickets {
    last: Ticket,
    waiting: BTreeMap<Ticket, oneshot::Sender<Result<(), String>>>,
}

/// What jobs share.
struct Shared {
    settings: Settings,
    ports: Ports,
    outbox: Outbox,
    peers: Mutex<PeerFacts>,
    tickets: Mutex<Tickets>,
    keepers: BTreeMap<String, Keeper>,
}

impl Shared {
    fn tell(&self, event: Event) {
        // Nobody takes it out any more when the agent has ended.
        self.outbox.send(Input::Event(event)).ok();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Driver {
    agent: Agent,
    shared: Arc<Shared>,
    jobs: FuturesUnordered<Job>,
    transitions: BTreeMap<String, AbortHandle>,
    locals: BTreeMap<(String, String), AbortHandle>,
    asked: BTreeMap<Ticket, oneshot::Sender<Result<Json, String>>>,
    last_ticket: Ticket,
    end: Option<FinalAction>,
}

/// Runs an agent until it decides to end; what is then to be done with the machine.
pub async fn run(agent: Agent, ports: Ports, outbox: Outbox, mut inbox: Inbox) -> FinalAction {
    let settings = agent.settings().clone();
    let keepers = settings.groups.iter().map(|it| (it.name.clone(), Keeper::new(&settings, it))).collect();
    let (peers, tickets) = (Mutex::default(), Mutex::default());
    let shared = Arc::new(Shared { settings, ports, outbox, peers, tickets, keepers });
    let mut driver = Driver {
        agent,
        shared,
        jobs: FuturesUnordered::new(),
        transitions: BTreeMap::new(),
        locals: BTreeMap::new(),
        asked: BTreeMap::new(),
        last_ticket: 0,
        end: None,
    };
    let clock = driver.shared.ports.clock.clone();
    let mut next = clock.now();
    loop {
        let event = tokio::select! {
            biased;
            Some(input) = inbox.recv() => driver.event(input),
            Some(()) = driver.jobs.next(), if !driver.jobs.is_empty() => continue,
            () = clock.until(next) => Event::Tick,
        };
        if matches!(event, Event::Tick) {
            next = clock.now() + STEP;
            driver.shared.ports.log.look(&driver.agent);
        }
        driver.handle(event);
        if let Some(action) = driver.end {
            driver.last_words().await;
            return action;
        }
    }
}

impl Driver {
    fn event(&mut self, input: Input) -> Event {
        match input {
            Input::Event(event) => event,
            Input::Ask(command, answer) => {
                self.last_ticket += 1;
                self.asked.insert(self.last_ticket, answer);
                Event::Asked { ticket: self.last_ticket, command }
            }
        }
    }

    fn handle(&mut self, event: Event) {
        let heard = matches!(event, Event::Heard(_) | Event::Tick);
        let now = self.shared.ports.clock.now();
        for action in self.agent.handle(now, event) {
            self.obey(action);
        }
        if heard {
            *lock(&self.shared.peers) = self.agent.peer_facts();
        }
    }

    fn obey(&mut self, action: Action) {
        let shared = self.shared.clone();
        match action {
            Action::Send(beat) => self.start(async move { shared.ports.others.send(&beat).await }),
            Action::Probe => self.start(jobs::probe(shared)),
            Action::Look { group } => self.start(jobs::look(shared, group)),
            Action::Acquire { group, holder } => self.start(jobs::acquire(shared, group, holder)),
            Action::Renew { group } => self.start(jobs::renew(shared, group)),
            Action::GiveBack { group, holder } => self.start(jobs::give_back(shared, group, holder)),
            Action::HandOn { group, to } => self.start(jobs::hand_on(shared, group, to)),
            Action::Local { group, resource, action, ticket } => {
                let key = (group.clone(), resource.clone());
                let handle = self.start_stoppable(jobs::local(shared, group, resource, action, ticket));
                if let Some(before) = self.locals.insert(key, handle) {
                    before.abort();
                }
            }
            Action::Refuse { ticket, reason } => {
                if let Some(waiting) = lock(&shared.tickets).waiting.remove(&ticket) {
                    waiting.send(Err(reason)).ok();
                }
            }
            Action::Transition { group, job, work } => {
                *lock(&shared.peers) = self.agent.peer_facts();
                let handle = self.start_stoppable(jobs::transition(shared, group.clone(), job, work));
                self.transitions.insert(group, handle);
            }
            Action::Cancel { group } => {
                if let Some(handle) = self.transitions.remove(&group) {
                    handle.abort();
                }
            }
            Action::Preflight { group, to } => self.start(jobs::preflight(shared, group, to)),
            Action::Monitor { group, monitor } => self.start(jobs::monitor(shared, group, monitor)),
            Action::LookAtDisks { group } => self.start(jobs::disks(shared, group)),
            Action::Guard { group, watch } => shared.ports.guard.watch(&group, watch),
            Action::Reply { ticket, answer } => {
                if let Some(waiting) = self.asked.remove(&ticket) {
                    waiting.send(answer).ok();
                }
            }
            Action::Log(notice) => shared.ports.log.write(&notice),
            Action::End(action) => self.end = Some(action),
        }
    }

    fn start(&mut self, job: impl Future<Output = ()> + Send + 'static) {
        self.jobs.push(Box::pin(job));
    }

    fn start_stoppable(&mut self, job: impl Future<Output = ()> + Send + 'static) -> AbortHandle {
        let (handle, registration) = AbortHandle::new_pair();
        let job = Abortable::new(job, registration);
        self.start(async move {
            job.await.ok();
        });
        handle
    }

    /// Lets what was said last go out, for a moment.
    async fn last_words(&mut self) {
        let all = async { while self.jobs.next().await.is_some() {} };
        tokio::time::timeout(STEP, all).await.ok();
    }
}

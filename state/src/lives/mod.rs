//! Whole applies of random graphs that fail and are killed anywhere, against an account that keeps the rules.
//!
//! After every apply, however it ended, each object of the account is in the state or in the journal. After the last one,
//! which nothing disturbs, the account is what the configuration says and the next plan is empty.

mod account;
mod contract;
mod doom;
mod life;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use plumb_engine::apply::{self, ApplyRequest, RecoverRequest};
use plumb_engine::config::{Config, Variables, load_sources};
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::eval::Settings;
use plumb_engine::events::Silent;
use plumb_engine::plan::{self, Action, Plan, PlanMode, PlanOptions, PlanRequest};
use plumb_engine::provider::Providers;
use plumb_engine::store::{
    Lease, LockRequest, ObjectChange, ObjectKey, ObjectStatus, OperationId, Row, Run, RunOutcome, RunStatus, Scope,
    Store,
};
use proptest::test_runner::{Config as Cases, RngSeed, TestRunner};

use self::account::World;
use self::doom::{Died, Doom, Doomed, Fate};
use self::life::{Attempt, Epoch, Kind, Life, NODES, lives};
use crate::{MemoryStore, Options, SqliteStore};

/// How an apply ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The process was killed.
    Killed,
    /// Something went wrong, and it said so.
    Failed,
    /// It did what there was to do.
    Done,
    /// There was nothing to do.
    Idle,
}

/// What outlives processes.
struct Stage<'a> {
    world: Arc<Mutex<World>>,
    store: &'a dyn Store,
    /// Processes that are known to have died.
    dead: Arc<Mutex<BTreeSet<String>>>,
    processes: u64,
    /// What the next process undoes, in place of what the configuration asks for.
    undo: Option<Vec<ObjectChange>>,
}

/// A process that applies.
struct Process<'a> {
    name: String,
    config: &'a Config,
    options: PlanOptions,
    providers: Providers,
    store: Doomed<'a>,
    world: Arc<Mutex<World>>,
    undo: Option<Vec<ObjectChange>>,
}

impl Stage<'_> {
    fn world(&self) -> std::sync::MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One apply, in a process and in a time of its own.
    fn attempt(&mut self, text: &str, attempt: &Attempt, ty: &str) -> (End, Diagnostics) {
        let doom = Doom::new(attempt.end, (attempt.seed, attempt.faults));
        self.process(text, (attempt.kind, ty), &doom)
    }

    fn process(&mut self, text: &str, (kind, ty): (Kind, &str), doom: &Arc<Doom>) -> (End, Diagnostics) {
        self.processes += 1;
        let name = format!("process {}", self.processes);
        let files = BTreeMap::from([(PathBuf::from("main.tf"), Arc::from(text))]);
        let (config, found) = load_sources(Path::new(""), &files);
        assert!(!found.has_errors(), "{found:?}\n{text}");
        let process = Process {
            name: name.clone(),
            config: &config,
            options: options(kind, &config, ty),
            providers: account::providers(&self.world, doom),
            store: Doomed { store: self.store, doom: doom.clone() },
            world: self.world.clone(),
            undo: self.undo.take(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let ended = catch_unwind(AssertUnwindSafe(|| {
            runtime.block_on(async {
                tokio::select! {
                    biased;
                    () = doom.death() => (End::Killed, Diagnostics::new()),
                    ended = process.live() => ended,
                }
            })
        }));
        let ended = ended.unwrap_or_else(|panic| match panic.downcast::<Died>() {
            Ok(_) => (End::Killed, Diagnostics::new()),
            Err(panic) => resume_unwind(panic),
        });
        self.dead.lock().unwrap().insert(name);
        ended
    }

    /// What must hold whatever has happened: no rule was broken, and nothing of the account is forgotten.
    fn check(&self) {
        let world = self.world();
        assert_eq!(world.broken, Vec::<String>::new(), "broken rules");
        let known = ids(self.store);
        let open = self.store.open_operations().unwrap();
        for (id, node) in world.nodes.iter().filter(|(id, _)| !known.contains(*id)) {
            let intended = open.iter().any(|it| it.intent.key.as_ref().is_some_and(|key| key.as_str() == node.key));
            assert!(intended, "{id} ({}) is neither in the state nor in the journal", node.name);
        }
    }
}

impl Process<'_> {
    /// What a command does: it settles what an earlier one left open, plans, and applies.
    async fn live(&self) -> (End, Diagnostics) {
        match self.steps().await {
            Ok(ended) => ended,
            Err(found) => (End::Failed, found),
        }
    }

    async fn steps(&self) -> Result<(End, Diagnostics), Diagnostics> {
        self.settle().await?;
        let variables = Variables::default();
        let snapshot = self.store.snapshot().map_err(failed)?;
        let request = PlanRequest {
            config: self.config,
            variables: &variables,
            snapshot: &snapshot,
            providers: &self.providers,
            events: &Silent,
            settings: settings(None),
            options: self.options.clone(),
        };
        let planned = match &self.undo {
            Some(changes) => plan::revert(&request, changes).await,
            None => plan::create(request).await,
        };
        let plan = planned.plan;
        if plan.errored {
            return Err(planned.diagnostics);
        }
        if plan.is_empty() && !plan.has_refreshed() {
            return Ok((End::Idle, Diagnostics::new()));
        }
        let rows = apply::rows(&plan, &snapshot, &self.providers);
        let lease = self.lock(Scope::Rows(rows))?;
        let snapshot = apply::check_fresh(&plan, &self.store)?;
        self.begin(&lease)?;
        self.allow_gaps(&plan);
        let outcome = apply::run(ApplyRequest {
            config: self.config,
            variables: &variables,
            plan: &plan,
            store: &self.store,
            snapshot: &snapshot,
            lease: &lease,
            providers: &self.providers,
            events: &Silent,
            settings: settings(Some("2026-01-01T00:00:00Z")),
            parallelism: 3,
            stop: self.store.doom.stop(),
        })
        .await;
        let ended = RunOutcome { status: outcome.status, calls: 0 };
        self.store.end_run(&lease, &ended).map_err(failed)?;
        self.store.unlock(&lease).map_err(failed)?;
        let end = if outcome.status == RunStatus::Succeeded { End::Done } else { End::Failed };
        Ok((end, outcome.diagnostics))
    }

    async fn settle(&self) -> Result<(), Diagnostics> {
        let mut open = self.store.open_operations().map_err(failed)?;
        open.retain(|it| !it.running);
        if open.is_empty() {
            return Ok(());
        }
        let lease = self.lock(Scope::write(open.iter().map(|it| Row::instance(&it.intent.object.addr))))?;
        let operations: Vec<OperationId> = open.iter().map(|it| it.id).collect();
        let settled = apply::recover(RecoverRequest {
            config: self.config,
            variables: &Variables::default(),
            providers: &self.providers,
            settings: settings(None),
            store: &self.store,
            lease: &lease,
            operations: &operations,
        })
        .await;
        self.store.unlock(&lease).map_err(failed)?;
        settled.map(drop)
    }

    fn lock(&self, scope: Scope) -> Result<Lease, Diagnostics> {
        let request = LockRequest {
            run: uuid::Uuid::new_v4().to_string(),
            operation: "apply".into(),
            who: "me@here".into(),
            pid: 1,
            process: self.name.clone(),
            scope,
        };
        self.store.lock(&request).map_err(failed)
    }

    fn begin(&self, lease: &Lease) -> Result<(), Diagnostics> {
        let (command, who, summary) = ("apply".into(), "me@here".into(), String::new());
        let run = Run { id: lease.run.clone(), command, who, commit: None, summary };
        self.store.begin_run(lease, &run).map_err(failed)
    }

    /// Where a node is deleted before it is made again, those that use it have to wait for the new one, and so have those
    /// that use a node that has to go before it.
    fn allow_gaps(&self, plan: &Plan) {
        let mut world = self.world.lock().unwrap();
        let replaced = plan.changes.iter().filter(|it| it.action == Action::DeleteThenCreate);
        let mut next: Vec<String> =
            replaced.filter_map(|it| it.before.get("id")?.as_str().map(str::to_owned)).collect();
        while let Some(id) = next.pop() {
            if world.replaced.insert(id.clone()) {
                let users =
                    world.nodes.iter().filter(|(_, it)| it.parent.as_ref() == Some(&id) || it.peers.contains(&id));
                next.extend(users.map(|(user, _)| user.clone()));
            }
        }
    }
}

fn failed(error: impl std::fmt::Display) -> Diagnostics {
    plumb_engine::diagnostic::Diagnostic::error("State not accessible", error.to_string()).into()
}

fn settings(now: Option<&str>) -> Settings {
    Settings {
        working_dir: PathBuf::new(),
        workspace: "default".into(),
        plan_time: "2026-01-01T00:00:00Z".into(),
        now: now.map(str::to_owned),
        validating: false,
    }
}

fn options(kind: Kind, config: &Config, ty: &str) -> PlanOptions {
    let mode = match kind {
        Kind::Apply | Kind::Replace(_) => PlanMode::Normal,
        Kind::Destroy => PlanMode::Destroy,
        Kind::Refresh => PlanMode::RefreshOnly,
    };
    let replace = match kind {
        Kind::Replace(at) => Some(format!("{ty}.n{at}").parse().unwrap()),
        _ => None,
    };
    let declared = |it: &plumb_engine::addr::InstanceAddr| config.resource(&it.config()).is_some();
    PlanOptions { mode, replace: replace.into_iter().filter(declared).collect(), ..PlanOptions::default() }
}

/// Ids of the objects of a state.
fn ids(store: &dyn Store) -> BTreeSet<String> {
    store.snapshot().unwrap().objects.values().filter_map(|it| it.attributes.id()).collect()
}

/// An apply that nothing disturbs.
fn calm(kind: Kind) -> Attempt {
    Attempt { kind, end: Fate::default(), seed: 0, faults: 0 }
}

/// Options of a store that knows which processes have died, and what tells it.
fn mortal() -> (Options, Arc<Mutex<BTreeSet<String>>>) {
    let dead: Arc<Mutex<BTreeSet<String>>> = Arc::default();
    let known = dead.clone();
    let died = Arc::new(move |process: &str| known.lock().unwrap().contains(process));
    (Options { died, ..Options::default() }, dead)
}

fn live(life: &Life, make: &dyn Fn(Options) -> Box<dyn Store>) {
    let (options, dead) = mortal();
    let store = make(options);
    let mut stage = Stage { world: Arc::default(), store: &*store, dead, processes: 0, undo: None };
    let ty = life.type_name();
    for epoch in &life.epochs {
        if let Some(vandal) = epoch.vandal {
            let mut world = stage.world();
            let victim = world.nodes.keys().nth(vandal).cloned();
            victim.map(|id| world.nodes.remove(&id));
        }
        let text = life.configuration(epoch);
        for attempt in &epoch.attempts {
            stage.attempt(&text, attempt, ty);
            stage.check();
        }
    }
    let Some(last) = life.epochs.last() else { return };
    let text = life.configuration(last);
    let first = stage.attempt(&text, &calm(Kind::Apply), ty);
    assert!(matches!(first.0, End::Done | End::Idle), "an undisturbed apply: {first:?}\n{text}");
    stage.check();
    let second = stage.attempt(&text, &calm(Kind::Apply), ty);
    assert_eq!(second.0, End::Idle, "there is nothing left to do: {second:?}\n{text}");
    as_configured(&stage, last, &text);
    let gone = stage.attempt(&text, &calm(Kind::Destroy), ty);
    assert!(matches!(gone.0, End::Done | End::Idle), "an undisturbed destroy: {gone:?}\n{text}");
    stage.check();
    assert!(stage.world().nodes.is_empty() && ids(stage.store).is_empty(), "something outlives the destroy\n{text}");
}

/// Compares the account with the last configuration and with the state.
fn as_configured(stage: &Stage<'_>, last: &Epoch, text: &str) {
    let world = stage.world();
    let snapshot = stage.store.snapshot().unwrap();
    assert_eq!(stage.store.open_operations().unwrap(), []);
    let whole = |(key, it): (&ObjectKey, &plumb_engine::store::ObjectRecord)| {
        key.deposed.is_none() && it.status == ObjectStatus::Ready
    };
    assert!(snapshot.objects.iter().all(whole), "{:?}\n{text}", snapshot.objects.keys());
    let stored: BTreeSet<String> = snapshot.objects.values().filter_map(|it| it.attributes.id()).collect();
    assert_eq!(stored, world.nodes.keys().cloned().collect(), "state and account\n{text}");
    let names: BTreeSet<&str> = world.nodes.values().map(|it| it.name.split('-').next().unwrap()).collect();
    let wanted: Vec<usize> = (0..NODES).filter(|at| last.nodes[*at].is_some()).collect();
    assert_eq!(names.len(), world.nodes.len(), "twins\n{text}");
    assert_eq!(wanted.len(), world.nodes.len(), "orphans\n{text}");
    for at in wanted {
        let wanted = last.nodes[at].as_ref().unwrap();
        let node = world.nodes.values().find(|it| it.name.starts_with(&format!("n{at}-"))).unwrap();
        let note = wanted.note.map(|it| format!("note {it}"));
        assert_eq!((node.size, &node.note), (i64::from(wanted.size), &note), "n{at}\n{text}");
    }
    assert_eq!(snapshot.outputs["ids"].value.as_array().map(Vec::len), Some(world.nodes.len()));
}

/// Any lives, on two threads; with `PROPTEST_CASES` in the environment, that many, and with `PROPTEST_RNG_SEED`, others.
/// What fails is shrunk and printed with all that it takes to repeat it.
fn check(cases: u32, make: &(dyn Fn(Options) -> Box<dyn Store> + Sync)) {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|it| it.parse().ok()).unwrap_or(cases);
    let given = Cases::default();
    let run = |thread: u64| {
        let rng_seed = match given.rng_seed {
            RngSeed::Fixed(seed) => RngSeed::Fixed(seed.wrapping_mul(2).wrapping_add(thread)),
            RngSeed::Random => RngSeed::Random,
        };
        let config = Cases { cases: cases.div_ceil(2), failure_persistence: None, rng_seed, ..given.clone() };
        let result = TestRunner::new(config).run(&lives(), |life| {
            live(&life, make);
            Ok(())
        });
        result.map_err(|error| error.to_string())
    };
    let results =
        std::thread::scope(|scope| [0, 1].map(|it| scope.spawn(move || run(it))).map(|it| it.join().unwrap()));
    for result in results {
        if let Err(error) = result {
            panic!("{error}");
        }
    }
}

#[test]
fn every_life_in_memory_ends_as_configured() {
    check(9_000, &|options| Box::new(MemoryStore::new(options)));
}

#[test]
fn every_life_in_sqlite_ends_as_configured() {
    check(1_000, &|options| Box::new(SqliteStore::in_memory(options)));
}

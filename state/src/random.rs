//! Random interleavings of runs that lock, write, die and come back, on every store and on a model of what must come out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use plumb_engine::store::{
    Access, Intent, Lease, LockRequest, ObjectKey, ObjectWrite, OperationAction, OperationId, OperationOutcome, Row,
    Run, Scope, Store, StoreError,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

use crate::conformance::{TestClock, current, put, request};
use crate::{MemoryStore, Options, SqliteStore};

/// Names of the objects.
const NAMES: [&str; 4] = ["a", "b", "c", "d"];

/// How long a lease lasts, in seconds.
const LEASE: i64 = 60;

/// What happens next. Leases and operations are those that were given before, counted around.
#[derive(Clone, Debug)]
enum Step {
    /// A new run asks for rows; `None` for the whole state.
    Lock(Option<[Option<Access>; 4]>),
    Renew(usize),
    Unlock(usize),
    ForceUnlock(usize),
    /// The process of a run dies and is known to have died. It may be a mistake: the run goes on all the same.
    Die(usize),
    Pass(i64),
    Put(usize, usize),
    Move(usize, usize, usize),
    Begin(usize, usize),
    End(usize, usize, bool),
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Answer {
    Done,
    Locked(String),
    Lost,
    Conflict,
}

/// What must come out, said as simply as possible.
#[derive(Default)]
struct Model {
    now: i64,
    held: BTreeMap<String, (Scope, i64)>,
    dead: BTreeSet<String>,
    objects: BTreeMap<&'static str, i64>,
    open: BTreeMap<usize, (String, &'static str)>,
}

/// What was given so far.
#[derive(Default)]
struct Given {
    leases: Vec<Lease>,
    operations: Vec<(OperationId, &'static str)>,
    runs: usize,
}

impl Model {
    fn counts(&self, run: &str) -> bool {
        self.held.get(run).is_some_and(|(_, until)| self.now < *until) && !self.dead.contains(run)
    }

    fn lock(&mut self, run: &str, scope: &Scope) -> Answer {
        let others: Vec<String> = self.held.keys().cloned().collect();
        let stand: Vec<String> = others.into_iter().filter(|it| self.held[it].0.conflict(scope).is_some()).collect();
        if let Some(holder) = stand.iter().find(|it| self.counts(it)) {
            return Answer::Locked(holder.clone());
        }
        stand.iter().for_each(|it| drop(self.held.remove(it)));
        self.held.insert(run.to_owned(), (scope.clone(), self.now + LEASE));
        Answer::Done
    }

    fn may(&self, run: &str, names: &[&str]) -> Answer {
        let Some((scope, _)) = self.held.get(run) else { return Answer::Lost };
        let all = names.iter().all(|name| scope.may_write(&Row::instance(&current(name).addr)));
        if all { Answer::Done } else { Answer::Conflict }
    }
}

fn answer<T>(result: Result<T, StoreError>) -> Answer {
    match result {
        Ok(_) => Answer::Done,
        Err(StoreError::Locked(holder)) => Answer::Locked(holder.run),
        Err(StoreError::LeaseLost { .. }) => Answer::Lost,
        Err(StoreError::Conflict { .. }) => Answer::Conflict,
        Err(other) => panic!("{other}"),
    }
}

fn scope(rows: Option<&[Option<Access>; 4]>) -> Scope {
    let Some(rows) = rows else { return Scope::Whole };
    let named =
        NAMES.iter().zip(rows).filter_map(|(name, access)| Some((Row::instance(&current(name).addr), (*access)?)));
    Scope::Rows(named.collect())
}

/// Does a step on a store and on the model, and compares the answers.
fn step(store: &dyn Store, model: &mut Model, given: &mut Given, step: &Step, value: i64) {
    let lease = |at: &usize| given.leases.get(at % given.leases.len().max(1)).cloned();
    match step {
        Step::Lock(rows) => lock(store, model, given, &scope(rows.as_ref())),
        Step::Pass(_) | Step::Die(_) => {}
        Step::Renew(at) => {
            let Some(lease) = lease(at) else { return };
            let expected = if model.held.contains_key(&lease.run) { Answer::Done } else { Answer::Lost };
            assert_eq!(answer(store.renew(&lease)), expected);
            let until = model.now + LEASE;
            model.held.entry(lease.run).and_modify(|it| it.1 = until);
        }
        Step::Unlock(at) => {
            let Some(lease) = lease(at) else { return };
            store.unlock(&lease).unwrap();
            model.held.remove(&lease.run);
        }
        Step::ForceUnlock(at) => {
            let Some(lease) = lease(at) else { return };
            assert_eq!(store.force_unlock(&lease.run).unwrap(), model.held.remove(&lease.run).is_some());
        }
        Step::Put(at, name) => {
            let (Some(lease), name) = (lease(at), NAMES[name % 4]) else { return };
            let expected = model.may(&lease.run, &[name]);
            assert_eq!(answer(store.write_objects(&lease, &[put(name, value)])), expected);
            if expected == Answer::Done {
                model.objects.insert(name, value);
            }
        }
        Step::Move(at, from, to) => {
            let (Some(lease), from, to) = (lease(at), NAMES[from % 4], NAMES[to % 4]) else { return };
            let mut expected = model.may(&lease.run, &[from, to]);
            if expected == Answer::Done && (!model.objects.contains_key(from) || model.objects.contains_key(to)) {
                expected = Answer::Conflict;
            }
            let write = ObjectWrite::Move(current(from), current(to));
            assert_eq!(answer(store.write_objects(&lease, &[write])), expected);
            if expected == Answer::Done
                && let Some(value) = model.objects.remove(from)
            {
                model.objects.insert(to, value);
            }
        }
        Step::Begin(at, name) => {
            let (Some(lease), name) = (lease(at), NAMES[name % 4]) else { return };
            let expected = model.may(&lease.run, &[name]);
            let begun = store.begin_operation(&lease, &intent(current(name)));
            if let Ok(id) = &begun {
                model.open.insert(given.operations.len(), (lease.run.clone(), name));
                given.operations.push((*id, name));
            }
            assert_eq!(answer(begun), expected);
        }
        Step::End(at, operation, done) => {
            let count = given.operations.len();
            let Some(lease) = lease(at).filter(|_| count > 0) else { return };
            let number = operation % count;
            let (id, name) = given.operations[number];
            let open = model.open.contains_key(&number);
            let written = [name];
            let expected = match model.may(&lease.run, &written[..usize::from(*done)]) {
                Answer::Done if !open => Answer::Conflict,
                other => other,
            };
            let outcome = if *done { OperationOutcome::Done } else { OperationOutcome::Failed("no".into()) };
            let writes: Vec<_> = done.then(|| put(name, value)).into_iter().collect();
            assert_eq!(answer(store.end_operation(&lease, id, &outcome, &writes)), expected);
            if expected == Answer::Done {
                model.open.remove(&number);
                if *done {
                    model.objects.insert(name, value);
                }
            }
        }
    }
}

fn lock(store: &dyn Store, model: &mut Model, given: &mut Given, scope: &Scope) {
    given.runs += 1;
    let run = format!("run {}", given.runs);
    let result = store.lock(&LockRequest { scope: scope.clone(), process: run.clone(), ..request(&run) });
    match (&result, model.lock(&run, scope)) {
        // Several may stand in the way; any of them may be named.
        (Err(StoreError::Locked(holder)), Answer::Locked(_)) => {
            assert!(model.counts(&holder.run));
            assert!(model.held[&holder.run].0.conflict(scope).is_some());
        }
        (_, expected) => assert_eq!(answer(result.as_ref().map_err(|it| panic!("{it}"))), expected),
    }
    if let Ok(lease) = result {
        let last = given.leases.last().map_or(0, |it| it.fence);
        assert!(lease.fence > last, "fencing numbers grow");
        let (command, who) = ("apply".into(), "me".into());
        let begun = Run { id: run, command, who, commit: None, summary: String::new() };
        store.begin_run(&lease, &begun).unwrap();
        given.leases.push(lease);
    }
}

fn intent(object: ObjectKey) -> Intent {
    Intent {
        object,
        action: OperationAction::Create,
        provider: "p".into(),
        planned: json!({}),
        sensitive: Vec::new(),
        key: None,
        recognition: None,
        dependencies: Vec::new(),
        steps: None,
    }
}

/// Compares everything that a store shows with the model.
fn compare(store: &dyn Store, model: &Model, given: &Given) {
    let snapshot = store.snapshot().unwrap();
    let objects: BTreeMap<String, i64> = snapshot
        .objects
        .iter()
        .map(|(key, it)| {
            (key.addr.resource.name.to_string(), it.attributes.read().unwrap()["number"].as_i64().unwrap())
        })
        .collect();
    let expected: BTreeMap<String, i64> = model.objects.iter().map(|(name, it)| ((*name).to_owned(), *it)).collect();
    assert_eq!(objects, expected);
    let open: Vec<_> = store.open_operations().unwrap().into_iter().map(|it| (it.id, it.run, it.running)).collect();
    let expected: Vec<_> =
        model.open.iter().map(|(at, (run, _))| (given.operations[*at].0, run.clone(), model.counts(run))).collect();
    assert_eq!(open, expected);
    // No two leases that count are in each other's way.
    let live: Vec<&Scope> = model.held.iter().filter(|(run, _)| model.counts(run)).map(|(_, it)| &it.0).collect();
    for (at, scope) in live.iter().enumerate() {
        assert!(live[..at].iter().all(|other| other.conflict(scope).is_none()));
    }
}

fn run(make: &dyn Fn(Options) -> Box<dyn Store>, steps: &[Step]) {
    let clock = TestClock::default();
    let dead: Arc<Mutex<BTreeSet<String>>> = Arc::default();
    let known = dead.clone();
    let died = Arc::new(move |process: &str| known.lock().unwrap().contains(process));
    let store = make(Options { died, ..clock.options() });
    let (mut model, mut given) = (Model::default(), Given::default());
    for (value, next) in steps.iter().enumerate() {
        match next {
            Step::Pass(seconds) => {
                clock.advance(*seconds);
                model.now += seconds;
            }
            Step::Die(at) if !given.leases.is_empty() => {
                let run = &given.leases[at % given.leases.len()].run;
                dead.lock().unwrap().insert(run.clone());
                model.dead.insert(run.clone());
            }
            _ => step(&*store, &mut model, &mut given, next, i64::try_from(value).unwrap()),
        }
        if value % 8 == 7 {
            compare(&*store, &model, &given);
        }
    }
    compare(&*store, &model, &given);
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let access = prop_oneof![2 => Just(None), 1 => Just(Some(Access::Read)), 2 => Just(Some(Access::Write))];
    let rows = prop_oneof![1 => Just(None), 9 => prop::array::uniform4(access).prop_map(Some)];
    let (lease, name) = (|| 0..8_usize, || 0..4_usize);
    let step = prop_oneof![
        5 => rows.prop_map(Step::Lock),
        1 => lease().prop_map(Step::Renew),
        2 => lease().prop_map(Step::Unlock),
        1 => lease().prop_map(Step::ForceUnlock),
        1 => lease().prop_map(Step::Die),
        2 => (1..40_i64).prop_map(Step::Pass),
        4 => (lease(), name()).prop_map(|(lease, name)| Step::Put(lease, name)),
        2 => (lease(), name(), name()).prop_map(|(lease, from, to)| Step::Move(lease, from, to)),
        4 => (lease(), name()).prop_map(|(lease, name)| Step::Begin(lease, name)),
        3 => (lease(), lease(), any::<bool>()).prop_map(|(lease, at, done)| Step::End(lease, at, done)),
    ];
    prop::collection::vec(step, 1..40)
}

/// With `PROPTEST_CASES` in the environment, that many.
fn check(cases: u32, make: &dyn Fn(Options) -> Box<dyn Store>) {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|it| it.parse().ok()).unwrap_or(cases);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&steps(), |steps| {
            run(make, &steps);
            Ok(())
        })
        .unwrap();
}

#[test]
fn the_store_in_memory_does_as_the_model() {
    check(4_000, &|options| Box::new(MemoryStore::new(options)));
}

#[test]
fn the_store_in_sqlite_does_as_the_model() {
    check(1_000, &|options| Box::new(SqliteStore::in_memory(options)));
}

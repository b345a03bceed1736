//! What any store must do, as functions that a store's tests call.

mod steps;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Barrier};

use jiff::Timestamp;
use plumb_engine::addr::{ConfigResource, InstanceAddr, InstanceKey, Mode, ModuleAddr, ModulePath, ResourceName};
use plumb_engine::plan::{CheckInstance, CheckResult, CheckStatus};
use plumb_engine::provider::{IntentKey, Recognition};
use plumb_engine::store::{
    Access, Intent, Lease, LockRequest, ObjectKey, ObjectRecord, ObjectStatus, ObjectWrite, OpenOperation,
    OperationAction, OperationOutcome, OutputRecord, Row, Run, RunOutcome, RunStatus, Scope, Snapshot, Store,
    StoreError,
};
use plumb_engine::value::Path;
use serde_json::json;

use crate::options::Options;

/// Makes an empty store that is told these options.
pub type Make<'a> = &'a dyn Fn(Options) -> Box<dyn Store>;

/// A clock that stands still until it is told otherwise.
#[derive(Clone, Default)]
pub struct TestClock(Arc<AtomicI64>);

impl TestClock {
    /// Lets time pass.
    pub fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Options with this clock and the usual lease.
    pub fn options(&self) -> Options {
        let seconds = self.0.clone();
        let clock = move || Timestamp::from_second(seconds.load(Ordering::SeqCst)).unwrap_or(Timestamp::MAX);
        Options { clock: Arc::new(clock), ..Options::default() }
    }
}

/// Every promise.
///
/// # Panics
/// When a promise is broken.
pub fn all(make: Make<'_>) {
    for check in [
        starts_empty,
        keeps_every_field,
        counts_writes,
        never_repeats_a_row_version,
        moves_to_free_keys_only,
        writes_all_or_nothing,
        journals_operations,
        later_runs_end_what_earlier_ones_left_open,
        ends_an_operation_once,
        steps::remembers_the_steps_of_an_update,
        steps::moves_the_steps_with_their_object,
        runs_begin_once,
        one_run_writes_at_a_time,
        disjoint_rows_are_held_at_once,
        a_lease_covers_its_rows_only,
        the_dead_are_not_waited_for,
        leases_expire_unless_renewed,
        a_lost_lease_writes_nothing,
        locks_can_be_broken,
        replaces_everything,
        takes_calls_from_many_threads,
    ] {
        check(make);
    }
}

/// A new store is empty and has an identity of its own.
///
/// # Panics
/// When a promise is broken.
pub fn starts_empty(make: Make<'_>) {
    let (one, other) = (make(Options::default()), make(Options::default()));
    let snapshot = read(&*one);
    assert!(!snapshot.lineage.is_empty());
    assert_ne!(snapshot.lineage, read(&*other).lineage);
    assert_eq!((snapshot.serial, snapshot.objects.len(), snapshot.outputs.len()), (0, 0, 0));
    assert_eq!(one.open_operations().expect("reads"), []);
}

/// Objects and outputs come back as they were written.
///
/// # Panics
/// When a promise is broken.
pub fn keeps_every_field(make: Make<'_>) {
    let store = make(Options::default());
    let lease = take(&*store, "r");
    let module = ModuleAddr::root().child(&"net".into(), InstanceKey::Str("a.\"b\"[${c}]".into()));
    let module = module.child(&"zone".into(), InstanceKey::Int(2));
    let strange = InstanceAddr { module, resource: name(Mode::Data, "x"), key: InstanceKey::Str("é\n".into()) };
    let mut expected = BTreeMap::new();
    for (deposed, key) in [
        (None, strange.clone()),
        (Some("0badcafe"), strange),
        (None, current("y").addr.resource().instance(InstanceKey::Int(2))),
    ] {
        let key = ObjectKey { addr: key, deposed: deposed.map(Into::into) };
        let record = ObjectRecord {
            provider: "module.net.provider[\"registry.terraform.io/hashicorp/aws\"].west".into(),
            schema_version: 7,
            status: ObjectStatus::Tainted,
            attributes: json!({
                "z": [1, true, null, "é"],
                "a": serde_json::from_str::<serde_json::Value>("12345678901234567890.12345678901").expect("a number"),
                "dynamic": {"value": {"k": "v"}, "type": ["object", {"k": "string"}]},
            })
            .into(),
            sensitive: vec![Path::root().name("z").index(3), Path::root().name("dynamic").name("k")],
            dependencies: vec![ConfigResource {
                module: ModulePath(vec!["net".into()]),
                resource: name(Mode::Data, "x"),
            }],
            create_before_destroy: true,
            row_version: 0,
        };
        write(&*store, &lease, &[ObjectWrite::Put(key.clone(), Box::new(record.clone()))]);
        expected.insert(key, record);
    }
    let outputs: BTreeMap<Arc<str>, OutputRecord> = BTreeMap::from([
        (Arc::from("o"), OutputRecord { value: json!({"b": 1, "a": null}), ty: json!("dynamic"), sensitive: true }),
        (Arc::from("p"), OutputRecord { value: json!("x"), ty: json!("string"), sensitive: false }),
    ]);
    let some: BTreeMap<_, _> = outputs.iter().map(|(name, it)| (name.clone(), Some(it.clone()))).collect();
    store.write_outputs(&lease, &some).expect("writes");
    let snapshot = read(&*store);
    assert_eq!(without_versions(&snapshot), expected);
    assert_eq!(snapshot.outputs, outputs);
    store.write_outputs(&lease, &BTreeMap::from([(Arc::from("p"), None)])).expect("writes");
    assert_eq!(read(&*store).outputs.into_keys().collect::<Vec<_>>(), [Arc::from("o")]);
}

/// The serial grows with every transaction that changes something, and with no other.
///
/// # Panics
/// When a promise is broken.
pub fn counts_writes(make: Make<'_>) {
    let store = make(Options::default());
    let lease = take(&*store, "r");
    let expect = |serial| assert_eq!(read(&*store).serial, serial);
    write(&*store, &lease, &[put("a", 1), put("b", 1)]);
    expect(1);
    write(&*store, &lease, &[put("a", 1)]);
    expect(2);
    write(&*store, &lease, &[]);
    write(&*store, &lease, &[ObjectWrite::Remove(current("nothing"))]);
    expect(2);
    let output = OutputRecord { value: json!(1), ty: json!("number"), sensitive: false };
    let outputs = BTreeMap::from([(Arc::from("o"), Some(output))]);
    store.write_outputs(&lease, &outputs).expect("writes");
    store.write_outputs(&lease, &outputs).expect("writes");
    expect(3);
}

/// No write of an object gets a row version that an earlier one under its key had.
///
/// # Panics
/// When a promise is broken.
pub fn never_repeats_a_row_version(make: Make<'_>) {
    let store = make(Options::default());
    let lease = take(&*store, "r");
    let mut last = 0;
    for writes in [
        vec![put("a", 1)],
        vec![put("a", 1)],
        vec![ObjectWrite::Remove(current("a")), put("a", 1)],
        vec![ObjectWrite::Move(current("a"), current("b")), ObjectWrite::Move(current("b"), current("a"))],
    ] {
        write(&*store, &lease, &writes);
        let version = read(&*store).objects[&current("a")].row_version;
        assert!(version > last, "{writes:?} left {version} after {last}");
        last = version;
    }
    write(&*store, &lease, &[put("other", 1)]);
    assert_eq!(read(&*store).objects[&current("a")].row_version, last, "a write of another object is none of this one");
}

/// A move needs an object to move and a free key; a missing object can be removed.
///
/// # Panics
/// When a promise is broken.
pub fn moves_to_free_keys_only(make: Make<'_>) {
    let store = make(Options::default());
    let lease = take(&*store, "r");
    write(&*store, &lease, &[put("a", 1), put("b", 2)]);
    for (from, to) in [("nothing", "c"), ("a", "b"), ("a", "a")] {
        conflict(store.write_objects(&lease, &[ObjectWrite::Move(current(from), current(to))]));
    }
    let deposed = ObjectKey { deposed: Some("0badcafe".into()), ..current("a") };
    let swap = [
        ObjectWrite::Move(current("a"), deposed.clone()),
        ObjectWrite::Move(current("b"), current("a")),
        ObjectWrite::Move(deposed, current("b")),
        ObjectWrite::Remove(current("nothing")),
    ];
    write(&*store, &lease, &swap);
    assert_eq!(numbers(&*store), [("a".to_owned(), 2), ("b".to_owned(), 1)]);
}

/// Of a list of writes with one that does not fit, nothing is done.
///
/// # Panics
/// When a promise is broken.
pub fn writes_all_or_nothing(make: Make<'_>) {
    let store = make(Options::default());
    let lease = start(&*store, "r");
    write(&*store, &lease, &[put("a", 1), put("b", 2)]);
    let before = read(&*store);
    let writes = [
        put("a", 9),
        put("new", 9),
        ObjectWrite::Move(current("b"), current("c")),
        ObjectWrite::Remove(current("a")),
        ObjectWrite::Move(current("nothing"), current("d")),
    ];
    conflict(store.write_objects(&lease, &writes));
    let operation = store.begin_operation(&lease, &intent("a")).expect("begins");
    conflict(store.end_operation(&lease, operation, &OperationOutcome::Done, &writes));
    let after = read(&*store);
    assert_eq!((after.serial, after.objects), (before.serial, before.objects));
    assert_eq!(store.open_operations().expect("reads").len(), 1, "the operation is still open");
}

/// An operation is open from its beginning to its end, with everything that was said of it.
///
/// # Panics
/// When a promise is broken.
pub fn journals_operations(make: Make<'_>) {
    let store = make(Options::default());
    let lease = start(&*store, "r");
    let bare = Intent {
        object: ObjectKey { deposed: Some("0badcafe".into()), ..current("b") },
        action: OperationAction::Delete,
        key: None,
        recognition: None,
        ..intent("b")
    };
    let first = store.begin_operation(&lease, &intent("a")).expect("begins");
    let second = store.begin_operation(&lease, &bare).expect("begins");
    store.operation_made(&lease, first, "vpc-1").expect("writes");
    let open = |id, intent, made: Option<&str>| OpenOperation {
        id,
        run: "r".into(),
        intent,
        made: made.map(Into::into),
        running: true,
    };
    let expected = [open(first, intent("a"), Some("vpc-1")), open(second, bare.clone(), None)];
    assert_eq!(store.open_operations().expect("reads"), expected);
    store.end_operation(&lease, first, &OperationOutcome::Done, &[put("a", 1)]).expect("ends");
    assert_eq!(store.open_operations().expect("reads"), [open(second, bare, None)]);
    assert_eq!(numbers(&*store), [("a".to_owned(), 1)]);
    store.end_operation(&lease, second, &OperationOutcome::Failed("no".into()), &[]).expect("ends");
    assert_eq!(store.open_operations().expect("reads"), []);
    let outcome = RunOutcome { status: RunStatus::Failed, calls: 12 };
    store.end_run(&lease, &outcome).expect("ends");
}

/// What a run has left open is known to the next one, which may end it.
///
/// # Panics
/// When a promise is broken.
pub fn later_runs_end_what_earlier_ones_left_open(make: Make<'_>) {
    let clock = TestClock::default();
    let store = make(clock.options());
    let dead = start(&*store, "dead");
    store.begin_operation(&dead, &intent("a")).expect("begins");
    clock.advance(3600);
    let lease = start(&*store, "next");
    let open = store.open_operations().expect("reads").remove(0);
    assert_eq!((open.run.as_str(), open.running), ("dead", false));
    store.end_operation(&lease, open.id, &OperationOutcome::Done, &[put("a", 1)]).expect("ends");
    assert_eq!(store.open_operations().expect("reads"), []);
}

/// An operation that has ended takes no further news.
///
/// # Panics
/// When a promise is broken.
pub fn ends_an_operation_once(make: Make<'_>) {
    let store = make(Options::default());
    let lease = start(&*store, "r");
    let operation = store.begin_operation(&lease, &intent("a")).expect("begins");
    store.end_operation(&lease, operation, &OperationOutcome::Done, &[]).expect("ends");
    conflict(store.end_operation(&lease, operation, &OperationOutcome::Done, &[put("a", 1)]));
    conflict(store.operation_made(&lease, operation, "vpc-1"));
    assert_eq!(numbers(&*store), []);
    let next = store.begin_operation(&lease, &intent("a")).expect("begins");
    assert!(next > operation, "numbers of operations grow");
}

/// A run begins once, under its own lease, before its operations and its end.
///
/// # Panics
/// When a promise is broken.
pub fn runs_begin_once(make: Make<'_>) {
    let store = make(Options::default());
    let lease = take(&*store, "r");
    conflict(store.begin_operation(&lease, &intent("a")));
    conflict(store.end_run(&lease, &RunOutcome { status: RunStatus::Succeeded, calls: 0 }));
    conflict(store.begin_run(&lease, &run("another")));
    store.begin_run(&lease, &run("r")).expect("begins");
    conflict(store.begin_run(&lease, &run("r")));
}

/// While a lease counts nobody else gets one, and the refusal names the holder.
///
/// # Panics
/// When a promise is broken.
pub fn one_run_writes_at_a_time(make: Make<'_>) {
    let clock = TestClock::default();
    let store = make(clock.options());
    let lease = take(&*store, "first");
    clock.advance(1);
    let Err(StoreError::Locked(holder)) = store.lock(&request("second")) else {
        panic!("a second lock was given");
    };
    assert_eq!((holder.who.as_str(), holder.operation.as_str(), holder.run.as_str()), ("me@here", "apply", "first"));
    assert_eq!((holder.pid, holder.rows.len()), (7, 0));
    assert_eq!(holder.since, "1970-01-01T00:00:00.000Z");
    assert_eq!(holder.expires, "1970-01-01T00:01:00.000Z");
    store.unlock(&lease).expect("unlocks");
    let next = take(&*store, "second");
    assert!(next.fence > lease.fence);
    store.unlock(&lease).expect("giving back what was given back is no error");
    assert!(matches!(store.lock(&request("third")), Err(StoreError::Locked { .. })), "an old lease frees nothing");
}

/// Runs hold different rows at once, and rely on the same ones; what two cannot hold is given whole or not at all.
///
/// # Panics
/// When a promise is broken.
pub fn disjoint_rows_are_held_at_once(make: Make<'_>) {
    let store = make(Options::default());
    let one = ask(&*store, "one", &["+a", "-c"]).expect("is free");
    let two = ask(&*store, "two", &["+b", "-c"]).expect("is free");
    assert!(two.fence > one.fence);
    write(&*store, &one, &[put("a", 1)]);
    write(&*store, &two, &[put("b", 2)]);
    let vpc = |name: &str| format!("aws_vpc.{name}");
    assert_eq!(refused(ask(&*store, "x", &["+d", "-a"])), ("one".to_owned(), vec![vpc("a")]));
    assert_eq!(refused(ask(&*store, "x", &["+c", "+d"])).1, [vpc("c")]);
    assert_eq!(refused(store.lock(&request("x"))).1, Vec::<String>::new());
    let three = ask(&*store, "three", &["+d"]).expect("what was refused holds nothing");
    for lease in [&one, &two, &three] {
        store.unlock(lease).expect("unlocks");
    }
    let whole = take(&*store, "whole");
    assert_eq!(refused(ask(&*store, "x", &[])).0, "whole");
    write(&*store, &whole, &[put("e", 1)]);
}

/// A lease writes the rows that it was given to write, and data.
///
/// # Panics
/// When a promise is broken.
pub fn a_lease_covers_its_rows_only(make: Make<'_>) {
    let store = make(Options::default());
    let lease = ask(&*store, "r", &["+a", "+b", "-c"]).expect("is free");
    store.begin_run(&lease, &run("r")).expect("begins");
    let deposed = ObjectKey { deposed: Some("0badcafe".into()), ..current("a") };
    write(&*store, &lease, &[put("a", 1), ObjectWrite::Move(current("a"), deposed), put("b", 1)]);
    let output = OutputRecord { value: json!(1), ty: json!("number"), sensitive: false };
    for name in ["c", "d"] {
        conflict(store.write_objects(&lease, &[put("b", 2), put(name, 1)]));
        conflict(store.write_objects(&lease, &[ObjectWrite::Remove(current(name))]));
        conflict(store.write_objects(&lease, &[ObjectWrite::Move(current("b"), current(name))]));
        conflict(store.begin_operation(&lease, &intent(name)));
        conflict(store.write_outputs(&lease, &BTreeMap::from([(Arc::from(name), Some(output.clone()))])));
    }
    assert_eq!(read(&*store).objects.len(), 2);
    let ObjectWrite::Put(mut key, record) = put("x", 1) else { unreachable!("that is what put makes") };
    key.addr.resource.mode = Mode::Data;
    write(&*store, &lease, &[ObjectWrite::Put(key, record)]);
}

/// Nobody waits for the lease of a process that has died, and what it left open is not under way.
///
/// # Panics
/// When a promise is broken.
pub fn the_dead_are_not_waited_for(make: Make<'_>) {
    let store = make(Options { died: Arc::new(|process| process == "process of dead"), ..Options::default() });
    let dead = ask(&*store, "dead", &["+a", "+b"]).expect("is free");
    store.begin_run(&dead, &run("dead")).expect("begins");
    store.begin_operation(&dead, &intent("b")).expect("begins");
    assert!(!store.open_operations().expect("reads")[0].running);
    write(&*store, &dead, &[put("a", 1)]);
    ask(&*store, "next", &["+b"]).expect("is taken over");
    assert!(matches!(store.write_objects(&dead, &[put("a", 2)]), Err(StoreError::LeaseLost { .. })), "no row is left");
}

/// A lease ends after its time, counted from the last renewal.
///
/// # Panics
/// When a promise is broken.
pub fn leases_expire_unless_renewed(make: Make<'_>) {
    let clock = TestClock::default();
    let store = make(clock.options());
    let lease = take(&*store, "first");
    clock.advance(59);
    store.renew(&lease).expect("renews");
    clock.advance(59);
    assert!(matches!(store.lock(&request("second")), Err(StoreError::Locked { .. })));
    clock.advance(1);
    write(&*store, &lease, &[put("a", 1)]);
    store.renew(&lease).expect("a lease that nobody has taken over can be renewed late");
    clock.advance(60);
    take(&*store, "second");
}

/// After a lease was taken over, none of the methods that write do anything for it.
///
/// # Panics
/// When a promise is broken.
pub fn a_lost_lease_writes_nothing(make: Make<'_>) {
    let clock = TestClock::default();
    let store = make(clock.options());
    let lost = start(&*store, "lost");
    let operation = store.begin_operation(&lost, &intent("a")).expect("begins");
    write(&*store, &lost, &[put("a", 1)]);
    clock.advance(60);
    let winner = take(&*store, "winner");
    let before = read(&*store);
    let outcome = RunOutcome { status: RunStatus::Succeeded, calls: 0 };
    let forged = Lease { run: "winner".into(), fence: lost.fence };
    for lease in [&lost, &forged] {
        let refused = [
            store.renew(lease),
            store.begin_run(lease, &run(&lease.run)),
            store.end_run(lease, &outcome),
            store.begin_operation(lease, &intent("b")).map(drop),
            store.operation_made(lease, operation, "vpc-1"),
            store.end_operation(lease, operation, &OperationOutcome::Done, &[put("a", 2)]),
            store.write_objects(lease, &[put("a", 2)]),
            store.write_outputs(lease, &BTreeMap::new()),
            store.write_checks(lease, &[]),
            store.replace(lease, &Snapshot::default()),
        ];
        for result in refused {
            assert!(matches!(&result, Err(StoreError::LeaseLost { run }) if *run == lease.run), "{result:?}");
        }
    }
    let after = read(&*store);
    assert_eq!((after.serial, after.objects), (before.serial, before.objects));
    assert_eq!(store.open_operations().expect("reads")[0].made, None);
    write(&*store, &winner, &[put("a", 3)]);
}

/// A lock is broken by the id of its run, and by no other.
///
/// # Panics
/// When a promise is broken.
pub fn locks_can_be_broken(make: Make<'_>) {
    let store = make(Options::default());
    let lease = take(&*store, "r");
    assert!(!store.force_unlock("another").expect("answers"));
    assert!(store.force_unlock("r").expect("answers"));
    assert!(!store.force_unlock("r").expect("answers"));
    assert!(matches!(store.write_objects(&lease, &[]), Err(StoreError::LeaseLost { .. })));
    take(&*store, "next");
}

/// A pushed snapshot replaces what was there, and makes every earlier plan stale.
///
/// # Panics
/// When a promise is broken.
pub fn replaces_everything(make: Make<'_>) {
    let store = make(Options::default());
    let lease = take(&*store, "r");
    write(&*store, &lease, &[put("a", 1), put("b", 2)]);
    let before = read(&*store);
    let ObjectWrite::Put(key, record) = put("a", 5) else { unreachable!("that is what put makes") };
    let output = OutputRecord { value: json!(1), ty: json!("number"), sensitive: false };
    let check = CheckResult {
        address: "check.c".into(),
        kind: "check".into(),
        status: CheckStatus::Fail,
        instances: vec![CheckInstance {
            address: "check.c".into(),
            status: CheckStatus::Fail,
            problems: vec!["no".into()],
        }],
    };
    let pushed = Snapshot {
        lineage: "another".into(),
        serial: 40,
        objects: BTreeMap::from([(key, *record)]),
        outputs: BTreeMap::from([(Arc::from("o"), output)]),
        checks: vec![check],
        unfinished: BTreeMap::new(),
    };
    store.replace(&lease, &pushed).expect("replaces");
    let after = read(&*store);
    assert_eq!((after.lineage.as_str(), after.serial), ("another", 40));
    assert_eq!(without_versions(&after), pushed.objects);
    assert_eq!(after.outputs, pushed.outputs);
    assert_eq!(after.checks, pushed.checks);
    store.write_checks(&lease, &[]).expect("writes");
    assert_eq!((read(&*store).checks, read(&*store).serial), (Vec::new(), 40));
    assert!(after.objects[&current("a")].row_version > before.objects[&current("b")].row_version);
}

/// Operations of one run may be recorded from many threads.
///
/// # Panics
/// When a promise is broken.
pub fn takes_calls_from_many_threads(make: Make<'_>) {
    const THREADS: usize = 8;
    let store = make(Options::default());
    let lease = start(&*store, "r");
    let together = Barrier::new(THREADS);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (store, lease, together) = (&store, &lease, &together);
            scope.spawn(move || {
                together.wait();
                for round in 0..4 {
                    let name = format!("n{thread}_{round}");
                    let operation = store.begin_operation(lease, &intent(&name)).expect("begins");
                    store.end_operation(lease, operation, &OperationOutcome::Done, &[put(&name, 1)]).expect("ends");
                    store.snapshot().expect("reads");
                }
            });
        }
    });
    let snapshot = read(&*store);
    assert_eq!((snapshot.objects.len(), snapshot.serial), (THREADS * 4, THREADS as u64 * 4));
    assert_eq!(store.open_operations().expect("reads"), []);
}

fn name(mode: Mode, name: &str) -> ResourceName {
    ResourceName { mode, type_name: "aws_vpc".into(), name: name.into() }
}

pub(crate) fn current(resource: &str) -> ObjectKey {
    let resource = name(Mode::Managed, resource);
    ObjectKey::current(InstanceAddr { module: ModuleAddr::root(), resource, key: InstanceKey::None })
}

pub(crate) fn put(resource: &str, number: i64) -> ObjectWrite {
    let record = ObjectRecord {
        provider: "provider[\"registry.terraform.io/hashicorp/aws\"]".into(),
        schema_version: 1,
        status: ObjectStatus::Ready,
        attributes: json!({ "number": number }).into(),
        sensitive: Vec::new(),
        dependencies: Vec::new(),
        create_before_destroy: false,
        row_version: 0,
    };
    ObjectWrite::Put(current(resource), Box::new(record))
}

fn intent(resource: &str) -> Intent {
    Intent {
        object: current(resource),
        action: OperationAction::Create,
        provider: "provider[\"registry.terraform.io/hashicorp/aws\"]".into(),
        planned: json!({"cidr_block": "10.0.0.0/16", "id": null}),
        sensitive: vec![Path::root().name("cidr_block")],
        key: Some(IntentKey::new("lineage", "r", resource)),
        recognition: Some(Recognition::ClientToken),
        dependencies: vec![ConfigResource { module: ModulePath::default(), resource: name(Mode::Managed, "z") }],
        steps: None,
    }
}

/// What a run asks for that wants the whole state.
pub fn request(run: &str) -> LockRequest {
    LockRequest {
        run: run.into(),
        operation: "apply".into(),
        who: "me@here".into(),
        pid: 7,
        process: format!("process of {run}"),
        scope: Scope::Whole,
    }
}

/// A run asks for rows: `+a` to write `aws_vpc.a`, `-a` to rely on it.
fn ask(store: &dyn Store, run: &str, rows: &[&str]) -> Result<Lease, StoreError> {
    let row = |text: &&str| {
        let access = if text.starts_with('+') { Access::Write } else { Access::Read };
        (Row::instance(&current(&text[1..]).addr), access)
    };
    store.lock(&LockRequest { scope: Scope::Rows(rows.iter().map(row).collect()), ..request(run) })
}

fn refused(result: Result<Lease, StoreError>) -> (String, Vec<String>) {
    match result {
        Err(StoreError::Locked(holder)) => (holder.run, holder.rows.iter().map(ToString::to_string).collect()),
        other => panic!("{other:?} in place of a refusal"),
    }
}

fn run(id: &str) -> Run {
    Run {
        id: id.into(),
        command: "apply".into(),
        who: "me@here".into(),
        commit: Some("0badcafe+".into()),
        summary: "1 to add, 0 to change, 0 to destroy".into(),
    }
}

fn take(store: &dyn Store, run: &str) -> Lease {
    store.lock(&request(run)).expect("the lock is free")
}

fn start(store: &dyn Store, id: &str) -> Lease {
    let lease = take(store, id);
    store.begin_run(&lease, &run(id)).expect("the run begins");
    lease
}

fn read(store: &dyn Store) -> Snapshot {
    store.snapshot().expect("the store can be read")
}

fn write(store: &dyn Store, lease: &Lease, writes: &[ObjectWrite]) {
    store.write_objects(lease, writes).expect("the store can be written");
}

fn conflict<T: std::fmt::Debug>(result: Result<T, StoreError>) {
    assert!(matches!(result, Err(StoreError::Conflict { .. })), "{result:?}");
}

fn without_versions(snapshot: &Snapshot) -> BTreeMap<ObjectKey, ObjectRecord> {
    let strip = |record: &ObjectRecord| ObjectRecord { row_version: 0, ..record.clone() };
    snapshot.objects.iter().map(|(key, record)| (key.clone(), strip(record))).collect()
}

/// Names of the objects and the number that each was written with.
fn numbers(store: &dyn Store) -> Vec<(String, i64)> {
    let number = |record: &ObjectRecord| {
        let attributes = record.attributes.read().expect("what was written can be read");
        attributes["number"].as_i64().expect("a number was written")
    };
    read(store).objects.iter().map(|(key, record)| (key.addr.resource.name.to_string(), number(record))).collect()
}

//! What the file remembers of runs, and queries by hand.

use plumb_engine::store::{History, Moment, RunStatus};

use super::*;

fn ids(store: &SqliteStore, moment: &Moment) -> Vec<String> {
    store.at(moment).unwrap().objects.keys().map(|it| it.addr.to_string()).collect()
}

/// Three runs, a second apart: 0 and 1 are made, 0 becomes 2, 1 is removed.
fn three(store: &SqliteStore, clock: &TestClock) {
    for (run, writes) in [
        ("one", vec![put(0), put(1)]),
        ("two", vec![ObjectWrite::Move(key(0), key(2))]),
        ("three", vec![ObjectWrite::Remove(key(1))]),
    ] {
        let lease = start(store, run);
        let operation = store.begin_operation(&lease, &intent()).unwrap();
        clock.advance(1);
        store.end_operation(&lease, operation, &OperationOutcome::Done, &writes).unwrap();
        store.end_run(&lease, &RunOutcome { status: RunStatus::Succeeded, calls: 2 }).unwrap();
        store.unlock(&lease).unwrap();
    }
}

#[test]
fn the_past_can_be_read() {
    let (_dir, path) = place();
    let clock = TestClock::default();
    let store = SqliteStore::open(&path, clock.options()).unwrap();
    three(&store, &clock);
    let all = |indices: &[u64]| indices.iter().map(|it| format!("aws_subnet.all[{it}]")).collect::<Vec<_>>();
    assert_eq!(ids(&store, &Moment::After("one".into())), all(&[0, 1]));
    assert_eq!(ids(&store, &Moment::After("two".into())), all(&[1, 2]));
    assert_eq!(ids(&store, &Moment::After("three".into())), all(&[2]));
    assert_eq!(ids(&store, &Moment::Time("1970-01-01T00:00:00.999Z".into())), all(&[]));
    assert_eq!(ids(&store, &Moment::Time("1970-01-01T00:00:02.000Z".into())), all(&[1, 2]));
    assert!(matches!(store.at(&Moment::After("four".into())), Err(StoreError::Conflict { .. })));
    let runs: Vec<_> = store.runs(None).unwrap().into_iter().map(|it| (it.run.id, it.operations)).collect();
    assert_eq!(runs, [("three".to_owned(), 1), ("two".to_owned(), 1), ("one".to_owned(), 1)]);
    let of = |target: &str| store.runs(Some(&target.parse().unwrap())).unwrap().len();
    assert_eq!((of("aws_subnet.all[2]"), of("aws_subnet.all"), of("aws_vpc.main")), (1, 3, 0));
    let changes = store.changes("two").unwrap();
    let kinds: Vec<_> = changes.iter().map(|it| (it.before.is_some(), it.after.is_some())).collect();
    assert_eq!(kinds, [(true, false), (false, true)]);
    let operations = store.operations("one").unwrap();
    assert_eq!((operations[0].ended_by.clone(), &operations[0].outcome), (None, &Some(OperationOutcome::Done)));
}

#[test]
fn a_pruned_history_keeps_what_the_kept_runs_found() {
    let (_dir, path) = place();
    let clock = TestClock::default();
    let store = SqliteStore::open(&path, clock.options()).unwrap();
    three(&store, &clock);
    let before = (store.changes("three").unwrap(), store.snapshot().unwrap().objects);
    assert_eq!(store.prune(1).unwrap(), 2);
    assert_eq!((store.changes("three").unwrap(), store.snapshot().unwrap().objects), before);
    assert_eq!(store.runs(None).unwrap().len(), 1);
    assert_eq!(ids(&store, &Moment::After("three".into())), ["aws_subnet.all[2]"]);
    assert_eq!(rows(&path, "SELECT CAST(count(*) AS TEXT) FROM object_history"), ["3"]);
    assert_eq!(store.prune(0).unwrap(), 1);
    assert_eq!(ids(&store, &Moment::Time("2000".into())), ["aws_subnet.all[2]"]);
}

#[test]
fn a_run_that_goes_on_is_not_pruned() {
    let (_dir, path) = place();
    let store = open(&path);
    let lease = start(&store, "r");
    store.begin_operation(&lease, &intent()).unwrap();
    store.unlock(&lease).unwrap();
    assert_eq!(store.prune(0).unwrap(), 0, "its operation is open");
}

#[test]
fn queries_only_read() {
    let (_dir, path) = place();
    let clock = TestClock::default();
    let store = SqliteStore::open(&path, clock.options()).unwrap();
    three(&store, &clock);
    let found = store.query("select type, count(*) AS n, max(attributes ->> 'id') from objects group by type").unwrap();
    assert_eq!(found.columns[..2], ["type", "n"]);
    assert_eq!(found.rows, [vec![json!("aws_subnet"), json!(1), json!("subnet-00000000000000000")]]);
    let seconds = store.query("SELECT round(seconds, 2) FROM operations WHERE run = 'two'").unwrap();
    assert_eq!(seconds.rows, [vec![json!(1.0)]]);
    let elsewhere = path.with_file_name("x.db");
    for sql in [
        "DELETE FROM objects",
        "ATTACH 'x.db' AS x",
        "SELECT 1; DELETE FROM objects",
        "WITH a AS (SELECT 1) DELETE FROM objects",
        "PRAGMA query_only = 0",
        "SELECT * FROM nothing",
        "SELECT",
        "",
    ] {
        assert!(matches!(store.query(sql), Err(StoreError::Conflict { .. })), "{sql}");
    }
    assert!(!elsewhere.exists());
}

//! The store in a file: what stands in it, who else may use it, and what happens to a file that is none.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use plumb_engine::addr::{InstanceAddr, InstanceKey, Mode, ModuleAddr, ResourceName};
use plumb_engine::provider::Recognition;
use plumb_engine::store::{ObjectKey, ObjectRecord, ObjectStatus, OperationAction};
use serde_json::json;
use tempfile::TempDir;

mod history;
mod sealing;

use super::migrations::{APPLICATION_ID, STEPS};
use super::*;
use crate::conformance::{self, TestClock};

fn place() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("plumb.db");
    (dir, path)
}

fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path, Options::default()).unwrap()
}

fn view(path: &Path) -> SqliteStore {
    SqliteStore::open_existing(path, Options::default()).unwrap().unwrap()
}

fn error(path: &Path) -> StoreError {
    let opened = SqliteStore::open(path, Options::default()).map(drop).unwrap_err();
    let viewed = SqliteStore::open_existing(path, Options::default()).map(drop).unwrap_err();
    assert_eq!(opened.to_string(), viewed.to_string());
    opened
}

fn start(store: &SqliteStore, run: &str) -> Lease {
    let lease = store.lock(&conformance::request(run)).unwrap();
    let who = "me@here".into();
    let run = Run { id: run.into(), command: "apply".into(), who, commit: None, summary: String::new() };
    store.begin_run(&lease, &run).unwrap();
    lease
}

fn key(index: u64) -> ObjectKey {
    let resource = ResourceName { mode: Mode::Managed, type_name: "aws_subnet".into(), name: "all".into() };
    ObjectKey::current(InstanceAddr { module: ModuleAddr::root(), resource, key: InstanceKey::Int(index) })
}

fn put(index: u64) -> ObjectWrite {
    let tags: serde_json::Map<_, _> = (0..8).map(|it| (format!("tag{it}"), json!("some value"))).collect();
    let record = ObjectRecord {
        provider: "provider[\"registry.terraform.io/hashicorp/aws\"]".into(),
        schema_version: 1,
        status: ObjectStatus::Ready,
        attributes: json!({
            "id": format!("subnet-{index:017x}"), "arn": format!("arn:aws:ec2:eu-west-1:123456789012:subnet/{index}"),
            "cidr_block": "10.0.0.0/24", "availability_zone": "eu-west-1a", "map_public_ip_on_launch": false,
            "vpc_id": "vpc-0123456789abcdef0", "timeouts": null, "tags": tags.clone(), "tags_all": tags,
        })
        .into(),
        sensitive: Vec::new(),
        dependencies: Vec::new(),
        create_before_destroy: false,
        row_version: 0,
    };
    ObjectWrite::Put(key(index), Box::new(record))
}

fn intent() -> Intent {
    Intent {
        object: key(0),
        action: OperationAction::Create,
        provider: "provider[\"registry.terraform.io/hashicorp/aws\"]".into(),
        planned: json!({"cidr_block": "10.0.0.0/24"}),
        sensitive: Vec::new(),
        key: None,
        recognition: Some(Recognition::Tag),
        dependencies: Vec::new(),
        steps: None,
    }
}

fn rows(path: &Path, sql: &str) -> Vec<String> {
    let conn = Connection::open(path).unwrap();
    let mut statement = conn.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<rusqlite::Result<_>>().unwrap()
}

#[test]
fn keeps_what_stores_promise() {
    let dir = tempfile::tempdir().unwrap();
    let count = std::sync::atomic::AtomicUsize::new(0);
    conformance::all(&|options| {
        let name = format!("{}.db", count.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        Box::new(SqliteStore::open(dir.path().join(name), options).unwrap())
    });
}

#[test]
fn a_new_file_is_for_its_owner_only_and_survives_crashes() {
    let (dir, path) = place();
    let store = open(&path);
    start(&store, "r");
    for file in fs::read_dir(dir.path()).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", file.path());
    }
    let conn = store.conn();
    let pragma = |name: &str| -> String {
        conn.query_row(&format!("SELECT * FROM pragma_{name}"), [], |row| row.get::<_, rusqlite::types::Value>(0))
            .map(|it| format!("{it:?}"))
            .unwrap()
    };
    assert_eq!(pragma("journal_mode"), "Text(\"wal\")");
    assert_eq!(pragma("synchronous"), "Integer(2)");
    assert_eq!(pragma("foreign_keys"), "Integer(1)");
    assert_eq!(pragma("application_id"), format!("Integer({APPLICATION_ID})"));
}

#[test]
fn reading_creates_nothing() {
    let (dir, path) = place();
    assert!(SqliteStore::open_existing(&path, Options::default()).unwrap().is_none());
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_reader_leaves_no_files_behind_and_cannot_write() {
    let (dir, path) = place();
    let lease = start(&open(&path), "r");
    let reader = view(&path);
    reader.snapshot().unwrap();
    let refused = reader.write_objects(&lease, &[put(0)]).unwrap_err();
    assert!(matches!(refused, StoreError::Storage { .. }), "{refused}");
    drop(reader);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn an_operation_without_end_is_found_after_a_crash() {
    let (_dir, path) = place();
    let clock = TestClock::default();
    let store = SqliteStore::open(&path, clock.options()).unwrap();
    let lease = start(&store, "r");
    store.write_objects(&lease, &[put(1)]).unwrap();
    let operation = store.begin_operation(&lease, &intent()).unwrap();
    store.operation_made(&lease, operation, "subnet-1").unwrap();
    let refused = store.operation_made(&Lease { fence: lease.fence + 1, ..lease.clone() }, operation, "subnet-2");
    assert!(refused.is_err(), "a note is fenced as well");
    let waits: i64 = store.conn().query_row("PRAGMA synchronous", [], |row| row.get(0)).unwrap();
    assert_eq!(waits, 2, "what follows a note waits for the disk again");
    drop(store);
    let store = SqliteStore::open(&path, clock.options()).unwrap();
    let made = Some("subnet-1".into());
    let expected = OpenOperation { id: operation, run: "r".into(), intent: intent(), made, running: true };
    assert_eq!(store.open_operations().unwrap(), [expected]);
    assert_eq!(store.snapshot().unwrap().objects.len(), 1);
}

#[test]
fn other_processes_see_commits_and_the_lock() {
    let (_dir, path) = place();
    let clock = TestClock::default();
    let [one, other] = [(); 2].map(|()| SqliteStore::open(&path, clock.options()).unwrap());
    let reader = view(&path);
    let lease = start(&one, "one");
    one.write_objects(&lease, &[put(1)]).unwrap();
    for store in [&other, &reader] {
        assert_eq!(store.snapshot().unwrap().objects.len(), 1);
    }
    let request = conformance::request("other");
    assert!(matches!(other.lock(&request), Err(StoreError::Locked(holder)) if holder.run == "one"));
    clock.advance(60);
    let taken = other.lock(&request).unwrap();
    assert!(taken.fence > lease.fence);
    assert!(matches!(one.write_objects(&lease, &[put(2)]), Err(StoreError::LeaseLost { .. })));
    assert_eq!(other.snapshot().unwrap().objects.len(), 1);
}

#[test]
fn one_of_many_that_ask_at_once_gets_the_lock() {
    let (_dir, path) = place();
    let won = std::thread::scope(|scope| {
        let ask = |number: usize| {
            let path = &path;
            move || open(path).lock(&conformance::request(&number.to_string())).is_ok()
        };
        let threads: Vec<_> = (0..8).map(|number| scope.spawn(ask(number))).collect();
        threads.into_iter().map(|it| it.join().unwrap()).filter(|won| *won).count()
    });
    assert_eq!(won, 1);
}

#[test]
fn every_write_of_an_object_is_remembered() {
    let (_dir, path) = place();
    let store = open(&path);
    let lease = start(&store, "r");
    let operation = store.begin_operation(&lease, &intent()).unwrap();
    store.end_operation(&lease, operation, &OperationOutcome::Done, &[put(0)]).unwrap();
    store.write_objects(&lease, &[ObjectWrite::Move(key(0), key(1)), ObjectWrite::Remove(key(1))]).unwrap();
    let sql = "SELECT run || ' ' || coalesce(operation, '-') || ' ' || present || ' ' || address
               || ' ' || coalesce(attributes ->> 'id', '-') FROM object_history ORDER BY seq";
    let expected = [
        "r 1 1 aws_subnet.all[0] subnet-00000000000000000",
        "r - 0 aws_subnet.all[0] -",
        "r - 1 aws_subnet.all[1] subnet-00000000000000000",
        "r - 0 aws_subnet.all[1] -",
    ];
    assert_eq!(rows(&path, sql), expected);
}

#[test]
fn times_are_kept() {
    let (_dir, path) = place();
    let clock = TestClock::default();
    let store = SqliteStore::open(&path, clock.options()).unwrap();
    let lease = start(&store, "r");
    let operation = store.begin_operation(&lease, &intent()).unwrap();
    clock.advance(1);
    store.operation_made(&lease, operation, "subnet-1").unwrap();
    clock.advance(1);
    let failed = OperationOutcome::Failed("InvalidVpcID.NotFound".into());
    store.end_operation(&lease, operation, &failed, &[put(0)]).unwrap();
    clock.advance(1);
    store.write_objects(&lease, &[put(0)]).unwrap();
    let outcome = RunOutcome { status: plumb_engine::store::RunStatus::Failed, calls: 3 };
    store.end_run(&lease, &outcome).unwrap();
    let second = |at: u64| format!("1970-01-01T00:00:0{at}.000Z");
    let expected = [second(0), second(1), second(2), "r".into(), "failed".into(), "InvalidVpcID.NotFound".into()];
    let sql = "SELECT began || '|' || made || '|' || ended || '|' || ended_by || '|' || outcome || '|' || error
               FROM operations";
    assert_eq!(rows(&path, sql), [expected.join("|")]);
    assert_eq!(rows(&path, "SELECT created || '|' || updated FROM objects"), [second(2) + "|" + &second(3)]);
    assert_eq!(rows(&path, "SELECT ended || '|' || status || '|' || calls FROM runs"), [second(3) + "|failed|3"]);
}

#[test]
fn a_file_of_something_else_is_refused_untouched() {
    let (_dir, path) = place();
    fs::write(&path, "resource \"aws_vpc\" \"main\" {}\n".repeat(100)).unwrap();
    let message = error(&path).to_string();
    assert!(message.contains("not a database") && message.contains("restore a backup"), "{message}");
    assert!(fs::read_to_string(&path).unwrap().starts_with("resource"));

    fs::remove_file(&path).unwrap();
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    let before = fs::read(&path).unwrap();
    let message = error(&path).to_string();
    assert!(message.contains("another program"), "{message}");
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_file_of_a_later_version_is_refused_untouched() {
    let (_dir, path) = place();
    drop(open(&path));
    let known = i64::try_from(STEPS.len()).unwrap();
    Connection::open(&path).unwrap().pragma_update(None, "user_version", known + 1).unwrap();
    let before = fs::read(&path).unwrap();
    let refused = error(&path);
    assert!(matches!(refused, StoreError::TooNew { found, known: k, .. } if (found, k) == (known + 1, known)));
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_damaged_file_is_refused() {
    let (_dir, path) = place();
    let store = open(&path);
    let lease = start(&store, "r");
    store.write_objects(&lease, &(0..500).map(put).collect::<Vec<_>>()).unwrap();
    drop(store);
    let root: String = rows(&path, "SELECT CAST(rootpage AS TEXT) FROM sqlite_schema WHERE name = 'objects'").remove(0);
    let mut bytes = fs::read(&path).unwrap();
    let page = (root.parse::<usize>().unwrap() - 1) * 4096;
    bytes[page..page + 512].fill(0x5a);
    fs::write(&path, bytes).unwrap();
    assert!(matches!(error(&path), StoreError::Corrupt { .. }));
}

#[test]
fn a_row_that_was_tampered_with_is_named() {
    let (_dir, path) = place();
    let store = open(&path);
    let lease = start(&store, "r");
    store.write_objects(&lease, &[put(0)]).unwrap();
    Connection::open(&path).unwrap().execute("UPDATE objects SET attributes = '{'", []).unwrap();
    let snapshot = store.snapshot().unwrap();
    let message = snapshot.objects[&key(0)].attributes.read().unwrap_err().to_string();
    assert!(message.contains("column \"attributes\""), "{message}");
}

#[test]
fn an_empty_file_becomes_a_state() {
    let (_dir, path) = place();
    fs::write(&path, "").unwrap();
    let snapshot = view(&path).snapshot().unwrap();
    assert_eq!(snapshot.serial, 0);
    assert_eq!(fs::metadata(&path).unwrap().len(), 0, "reading has changed nothing");
    assert!(!open(&path).snapshot().unwrap().lineage.is_empty());
}

#[test]
fn a_directory_that_cannot_be_written_is_readable() {
    let (_dir, path) = place();
    let store = open(&path);
    let lease = start(&store, "r");
    store.write_objects(&lease, &[put(0)]).unwrap();
    let message = open::unshared(&path).unwrap_err().at(&path, "").to_string();
    assert!(message.contains("plumb.db-wal") && message.contains("the right to write"), "{message}");
    drop(store);
    let odd = path.with_file_name("100% #1?.db");
    fs::rename(&path, &odd).unwrap();
    let mut conn = open::unshared(&odd).unwrap();
    assert_eq!(
        objects::snapshot(&mut conn, &Vault::default(), &Opener::new(&Vault::default(), Path::new("")))
            .unwrap()
            .objects
            .len(),
        1
    );
    assert_eq!(fs::read_dir(odd.parent().unwrap()).unwrap().count(), 1);
}

#[test]
fn a_missing_directory_is_named() {
    let (_dir, path) = place();
    let inside = path.join("plumb.db");
    let message = SqliteStore::open(&inside, Options::default()).map(drop).unwrap_err().to_string();
    assert!(message.contains(&inside.display().to_string()), "{message}");
}

/// Takes seconds without optimisation: run it with `cargo test --release -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn a_hundred_thousand_objects_load_in_about_a_second() {
    let (_dir, path) = place();
    let store = open(&path);
    let lease = start(&store, "r");
    store.write_objects(&lease, &(0..100_000).map(put).collect::<Vec<_>>()).unwrap();
    drop(store);
    let before = std::time::Instant::now();
    let store = view(&path);
    let opened = before.elapsed();
    assert_eq!(store.snapshot().unwrap().objects.len(), 100_000);
    let loaded = before.elapsed();
    assert!(loaded < std::time::Duration::from_secs(3), "opened in {opened:?}, loaded in {loaded:?}");
    std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("opened in {opened:?}, loaded in {loaded:?}\n"))
        .unwrap();
}

//! What of the file cannot be read without the key, and what still works then.

use plumb_engine::store::OutputRecord;
use plumb_engine::value::Path as ValuePath;

use super::*;
use crate::seal::StateKey;

const SECRET: &str = "correct horse battery staple";

fn with_key(text: &str) -> Options {
    Options { key: Some(StateKey::passphrase(text)), ..Options::default() }
}

fn secret(index: u64) -> ObjectWrite {
    let ObjectWrite::Put(key, mut record) = put(index) else { unreachable!("that is what put makes") };
    let mut attributes = record.attributes.read().unwrap().into_owned();
    attributes["password"] = SECRET.into();
    record.attributes = attributes.into();
    record.sensitive = vec![ValuePath::root().name("password")];
    ObjectWrite::Put(key, record)
}

fn attribute(store: &SqliteStore, index: u64, name: &str) -> serde_json::Value {
    store.snapshot().unwrap().objects[&key(index)].attributes.read().unwrap()[name].clone()
}

fn password(store: &SqliteStore, index: u64) -> serde_json::Value {
    attribute(store, index, "password")
}

/// A state with secrets everywhere where there can be some.
fn fill(store: &SqliteStore) -> Lease {
    let lease = start(store, "r");
    store.write_objects(&lease, &[secret(0), secret(1), ObjectWrite::Move(key(1), key(2))]).unwrap();
    let sensitive = vec![ValuePath::root().name("cidr_block")];
    let intent = Intent { planned: json!({"cidr_block": SECRET}), sensitive, ..intent() };
    store.begin_operation(&lease, &intent).unwrap();
    let ended = store.begin_operation(&lease, &intent).unwrap();
    store.end_operation(&lease, ended, &OperationOutcome::Done, &[secret(0)]).unwrap();
    let output = OutputRecord { value: json!({"k": SECRET}), ty: json!("dynamic"), sensitive: true };
    store.write_outputs(&lease, &BTreeMap::from([(Arc::from("o"), Some(output))])).unwrap();
    lease
}

/// Whether any of the files of a state has the secret in clear.
fn in_clear(path: &Path) -> bool {
    let files = fs::read_dir(path.parent().unwrap()).unwrap();
    files.flatten().any(|file| String::from_utf8_lossy(&fs::read(file.path()).unwrap()).contains(SECRET))
}

fn refusal(path: &Path, options: Options) -> String {
    let viewed = SqliteStore::open_existing(path, options.clone()).map(drop).unwrap_err();
    let opened = SqliteStore::open(path, options).map(drop).unwrap_err();
    assert!(matches!(opened, StoreError::Sealed { .. }), "{opened}");
    assert_eq!(opened.to_string(), viewed.to_string());
    opened.to_string()
}

#[test]
fn a_store_with_a_key_keeps_what_stores_promise() {
    conformance::all(&|options| {
        let key = Some(StateKey::passphrase("k"));
        Box::new(SqliteStore::in_memory(Options { key, ..options }))
    });
}

#[test]
fn nothing_sensitive_is_in_clear() {
    let (_dir, path) = place();
    let store = SqliteStore::open(&path, with_key("k")).unwrap();
    fill(&store);
    assert!(!in_clear(&path), "while the log is beside the file");
    assert_eq!(store.open_operations().unwrap()[0].intent.planned, json!({"cidr_block": SECRET}));
    drop(store);
    assert!(!in_clear(&path));
    let store = SqliteStore::open_existing(&path, with_key("k")).unwrap().unwrap();
    assert_eq!((password(&store, 0), password(&store, 2)), (SECRET.into(), SECRET.into()));
    assert_eq!(store.snapshot().unwrap().outputs["o"].value, json!({"k": SECRET}));
}

#[test]
fn an_ended_operation_keeps_no_secret() {
    let (_dir, path) = place();
    fill(&open(&path));
    assert_eq!(rows(&path, "SELECT planned FROM operations WHERE ended IS NOT NULL"), ["{\"cidr_block\":null}"]);
}

#[test]
fn without_the_key_the_rest_can_be_read() {
    let (_dir, path) = place();
    fill(&SqliteStore::open(&path, with_key("k")).unwrap());
    assert!(refusal(&path, Options::default()).contains("PLUMB_STATE_KEY is not set"));
    assert!(refusal(&path, with_key("wrong")).contains("another key"));
    for options in [Options::default(), with_key("wrong")] {
        let options = Options { hide_sealed: true, ..options };
        let store = SqliteStore::open(&path, options).unwrap();
        assert!(store.is_sealed());
        assert_eq!(password(&store, 0), serde_json::Value::Null);
        let id = |index| attribute(&store, index, "id");
        assert_eq!((id(0), id(2)), ("subnet-00000000000000000".into(), "subnet-00000000000000001".into()));
        store.force_unlock("r").unwrap();
        let lease = store.lock(&conformance::request("s")).unwrap();
        assert!(matches!(store.write_objects(&lease, &[secret(5)]), Err(StoreError::Sealed { .. })));
        let moved = store.write_objects(&lease, &[ObjectWrite::Move(key(0), key(7))]);
        assert!(matches!(moved, Err(StoreError::Sealed { .. })));
        store.unlock(&lease).unwrap();
    }
    let store = SqliteStore::open(&path, Options { hide_sealed: true, ..Options::default() }).unwrap();
    let lease = store.lock(&conformance::request("s")).unwrap();
    store.write_objects(&lease, &[ObjectWrite::Remove(key(0))]).unwrap();
}

#[test]
fn the_key_changes_as_a_whole() {
    let (_dir, path) = place();
    let store = open(&path);
    let lease = fill(&store);
    assert!(in_clear(&path));
    assert!(refusal(&path, with_key("one")).contains("plumb state rekey"));
    store.rekey(&lease, Some(&StateKey::passphrase("one"))).unwrap();
    let late = store.write_objects(&lease, &[secret(3)]);
    assert!(matches!(late, Err(StoreError::Sealed { .. })), "an open store would write in clear");
    drop(store);
    assert!(!in_clear(&path), "nothing is left in free pages");
    let store = SqliteStore::open(&path, with_key("one")).unwrap();
    assert_eq!(password(&store, 2), SECRET);
    store.rekey(&lease, Some(&StateKey::passphrase("two"))).unwrap();
    drop(store);
    assert!(refusal(&path, with_key("one")).contains("another key"));
    let store = SqliteStore::open(&path, with_key("two")).unwrap();
    assert_eq!(store.open_operations().unwrap()[0].intent.planned, json!({"cidr_block": SECRET}));
    store.rekey(&lease, None).unwrap();
    drop(store);
    let store = open(&path);
    assert_eq!(password(&store, 0), SECRET);
    assert_eq!(store.snapshot().unwrap().outputs["o"].value, json!({"k": SECRET}));
    let rows = conformance::current("x");
    let narrow = LockRequest {
        scope: plumb_engine::store::Scope::write([Row::instance(&rows.addr)]),
        ..conformance::request("narrow")
    };
    store.force_unlock("r").unwrap();
    let narrow = store.lock(&narrow).unwrap();
    assert!(matches!(store.rekey(&narrow, None), Err(StoreError::Conflict { .. })), "a run may be writing other rows");
}

#[test]
fn a_sealed_value_cannot_be_put_elsewhere() {
    let (_dir, path) = place();
    let store = SqliteStore::open(&path, with_key("k")).unwrap();
    fill(&store);
    let swap = "UPDATE objects SET attributes = (SELECT attributes FROM objects AS other WHERE other.address <> objects.address)";
    Connection::open(&path).unwrap().execute(swap, []).unwrap();
    let refused = store.snapshot().unwrap().objects[&key(0)].attributes.read().unwrap_err().to_string();
    assert!(refused.contains("changed or moved"), "{refused}");
}

#[test]
fn several_that_make_a_file_agree_on_its_key() {
    let (_dir, path) = place();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| SqliteStore::open(&path, with_key("k")).map(drop).unwrap());
        }
    });
    fill(&SqliteStore::open(&path, with_key("k")).unwrap());
}

#[test]
fn queries_see_no_secret() {
    for key in [None, Some(StateKey::passphrase("k"))] {
        let (_dir, path) = place();
        let store = SqliteStore::open(&path, Options { key, ..Options::default() }).unwrap();
        fill(&store);
        for table in ["state", "objects", "outputs", "runs", "operations", "versions", "leases"] {
            let table = store.query(&format!("SELECT * FROM {table}")).unwrap();
            assert!(!table.rows.is_empty());
            assert!(!format!("{table:?}").contains(SECRET) && !format!("{table:?}").contains("$sealed"), "{table:?}");
        }
    }
}

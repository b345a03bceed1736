//! The adapter against a remote side in memory, in paused time.

mod fake;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::join_all;
use tokio::time::Instant;

use self::fake::{Cloud, Lookup, Single, Volume, is_cloud};
use super::{Registry, TypedClientHandle};
use crate::provider::{
    Client, Creation, Effect, IntentKey, Known, PlannedChange, ProviderError, ReadOutcome, Settled, Trace,
};
use crate::schema::Nesting;
use crate::value::{Marks, Type, Value};

const VOLUME: &str = "fake_volume";

fn registry() -> Registry<Cloud> {
    let mut registry = Registry::new();
    registry.resource::<Volume>().resource::<Single>().data::<Lookup>();
    registry
}

fn client() -> (Arc<Cloud>, TypedClientHandle<Cloud>) {
    let cloud = Arc::new(Cloud::default());
    (cloud.clone(), registry().client(cloud))
}

fn key() -> IntentKey {
    IntentKey::new("lineage", "run", VOLUME)
}

/// A planned object: what the configuration sets, and unknown where the provider decides.
fn planned(name: &str, set: &[(&str, Value)]) -> Value {
    let registry = registry();
    let block = &registry.resource_type(VOLUME).unwrap().schema().block;
    let object = block
        .attributes
        .iter()
        .filter(|(_, it)| it.computed)
        .fold(block.empty(), |object, (name, it)| object.with(name, Value::unknown(it.ty.clone())));
    let object = object.with("name", name.into()).with("size", 8i64.into());
    set.iter().fold(object, |object, (name, value)| object.with(name, value.clone()))
}

fn timeouts(operation: &str, limit: &str) -> (&'static str, Value) {
    let operations = ["create", "delete", "read", "update"].map(|it| (it, Value::null(Type::String)));
    ("timeouts", Value::object(operations).with(operation, limit.into()))
}

/// A create, and the ids that were recorded during it.
async fn create(client: &dyn Client, planned: &Value) -> (Result<Value, ProviderError>, Vec<String>) {
    let ids = Mutex::new(Vec::new());
    let made = |id: &str| ids.lock().unwrap().push(id.to_owned());
    let creation = Creation { key: &key(), made: &made, timeout: Duration::ZERO };
    let result = client.create(VOLUME, planned, &creation).await;
    (result, ids.into_inner().unwrap())
}

async fn created(client: &dyn Client, planned: &Value) -> Value {
    create(client, planned).await.0.unwrap()
}

fn text<'v>(object: &'v Value, name: &str) -> Option<&'v str> {
    object.get(name).and_then(Value::as_str)
}

#[test]
fn schema_has_what_every_type_has() {
    let registry = registry();
    assert_eq!(registry.resource_types(), ["fake_single", VOLUME]);
    assert_eq!(registry.data_sources(), [VOLUME]);
    assert!(registry.resource_type("fake_other").is_none());
    let schema = registry.resource_type(VOLUME).unwrap().schema();
    assert_eq!(schema.version, 3);
    assert!(schema.block.attributes["id"].computed);
    assert!(schema.block.attributes.contains_key("region"));
    let timeouts = &schema.block.blocks["timeouts"];
    assert_eq!(timeouts.nesting, Nesting::Single);
    assert!(timeouts.block.attributes.keys().map(|it| &**it).eq(["create", "delete", "read", "update"]));
    let data = &registry.data_source(VOLUME).unwrap().block;
    assert!(data.attributes.contains_key("id") && data.blocks.is_empty());
}

#[test]
#[should_panic(expected = "fake_single is registered twice")]
fn names_are_unique() {
    registry().resource::<Single>();
}

#[test]
fn planning_sees_the_settings() {
    let (cloud, client) = client();
    assert!(is_cloud(&client, &cloud));
    let registry = registry();
    let volume = registry.resource_type(VOLUME).unwrap();
    let region = |client: Option<&dyn Client>| {
        let planned = planned("a", &[]);
        let mut change = PlannedChange { prior: planned.clone(), config: planned.clone(), planned, replace: vec![] };
        assert!(volume.plan(&mut change, client).is_empty());
        text(&change.planned, "region").map(ToOwned::to_owned)
    };
    assert_eq!(region(Some(&client)).as_deref(), Some("home"));
    assert_eq!(region(None).as_deref(), Some("unknown"));
    assert_eq!(volume.validate(&planned("a", &[timeouts("create", "soon")])).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn create_waits_until_ready() {
    for (name, reads) in [("plain", 1), ("slow", 4), ("late", 4), ("instant", 0)] {
        let (cloud, client) = client();
        let (object, ids) = create(&client, &planned(name, &[])).await;
        let object = object.unwrap();
        let id = format!("vol-{name}");
        assert_eq!(ids, [id.as_str()]);
        assert_eq!(text(&object, "id"), Some(&*id));
        assert_eq!(text(&object, "arn"), Some(&*format!("arn:{id}")));
        assert_eq!(text(&object, "region"), Some("home"));
        assert_eq!(cloud.reads(), reads, "{name}");
        assert!(object.is_wholly_known());
        assert_eq!(object.ty(), registry().resource_type(VOLUME).unwrap().schema().block.ty());
        assert_eq!(client.calls(), 1 + reads as u64);
    }
}

#[tokio::test(start_paused = true)]
async fn create_keeps_what_means_the_same() {
    let (_, client) = client();
    let tags = Value::map(Type::String, [("a".into(), Value::from("b"))]);
    let set = [
        ("owner", Value::from("Ada")),
        ("tags", tags.clone()),
        ("password", Value::from("secret").marked(Marks::SENSITIVE)),
        ("token", "once".into()),
        ("note", "".into()),
        timeouts("create", "3m"),
    ];
    let object = created(&client, &planned("plain", &set)).await;
    assert_eq!(text(&object, "owner"), Some("Ada"), "the remote side says ADA");
    assert_eq!(text(&object, "password"), Some("secret"), "the remote side never tells it");
    assert_eq!(object.get("token"), Some(&Value::null(Type::String)), "a write-only argument is not stored");
    assert_eq!(text(&object, "note"), Some(""));
    assert_eq!(text(&object, "zone"), Some("a"));
    assert_eq!(object.get("tags"), Some(&tags));
    assert_eq!(object.get("timeouts"), Some(&timeouts("create", "3m").1));
    assert_eq!(object.get("snapshots"), Some(&Value::list(Type::String, vec![])), "computed: empty is not null");

    let bare = created(&client, &planned("bare", &[])).await;
    assert_eq!(bare.get("tags"), Some(&Value::null(Type::map(Type::String))));
    assert!(bare.get("timeouts").unwrap().is_null());
    assert_eq!(bare.get("grant").and_then(Value::as_slice).map(<[_]>::len), Some(0));
}

#[tokio::test(start_paused = true)]
async fn failed_creates_say_what_they_left() {
    let (_, client) = client();
    for (name, effect, ids, message) in [
        ("refused", Effect::None, 0, "Quota"),
        ("half", Effect::Partial, 1, "AccessDenied"),
        ("broken", Effect::Partial, 1, "no space left"),
        ("lost", Effect::Partial, 1, "gone"),
        ("unreadable", Effect::Partial, 1, "InternalError"),
        ("panic", Effect::Partial, 1, "without an answer"),
        ("silent", Effect::Unknown, 0, "after 10m: the create was not answered"),
        ("stuck", Effect::Partial, 1, "after 10m: it is \"creating\""),
    ] {
        let (result, recorded) = create(&client, &planned(name, &[])).await;
        let error = result.unwrap_err();
        assert_eq!((error.effect, recorded.len()), (effect, ids), "{name}: {error}");
        assert!(error.to_string().contains(message), "{name}: {error}");
    }
}

#[tokio::test(start_paused = true)]
async fn limits_of_the_object_count() {
    let (_, client) = client();
    let start = Instant::now();
    let error = create(&client, &planned("stuck", &[timeouts("create", "90s")])).await.0.unwrap_err();
    assert_eq!(start.elapsed(), Duration::from_secs(90));
    assert_eq!(error.action, "waiting for the create of fake_volume (vol-stuck)");
    assert!(error.message.contains("1m30s"), "{error}");
    assert!(error.help.unwrap().contains("timeouts { create = "));

    let error = create(&client, &planned("plain", &[timeouts("create", "soon")])).await.0.unwrap_err();
    assert_eq!(error.effect, Effect::None);
    assert!(error.message.contains("\"soon\", which is no duration"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn update_changes_and_rereads() {
    let (cloud, client) = client();
    let prior = created(&client, &planned("plain", &[("password", "p".into())])).await;
    let null = || Value::null(Type::String);
    let grant = |may: Value| Value::object([("user", "ada".into()), ("note", null()), ("may", may)]);
    let grants = |may: Value| Value::set(grant(null()).ty(), vec![grant(may)]);
    let target = prior
        .clone()
        .with("size", 16i64.into())
        .with("grant", grants(null()))
        .with("arn", Value::unknown(Type::String))
        .with("note", "n".into());
    let object = client.update(VOLUME, &prior, &target).await.unwrap();
    assert_eq!(object.get("size"), Some(&16i64.into()));
    assert_eq!(object.get("grant"), Some(&grants("read".into())), "defaults reach nested blocks");
    assert_eq!(text(&object, "arn"), Some("arn:vol-plain"));
    assert_eq!(text(&object, "password"), Some("p"));
    assert_eq!(text(&object, "note"), Some("n"));
    assert_eq!(cloud.volumes.lock().unwrap()["vol-plain"].volume.size, 16);

    let error = client.update(VOLUME, &object, &prior).await.unwrap_err();
    assert_eq!((error.effect, &*error.message), (Effect::None, "it cannot shrink"));

    let calls = client.calls();
    let (name, limits) = timeouts("update", "1h");
    let patient = client.update(VOLUME, &object, &object.clone().with(name, limits.clone())).await.unwrap();
    assert_eq!((patient.get(name), client.calls()), (Some(&limits), calls), "time limits are nobody else's business");
}

#[tokio::test(start_paused = true)]
async fn delete_waits_until_gone() {
    let (cloud, client) = client();
    let object = created(&client, &planned("plain", &[])).await;
    let before = cloud.reads();
    client.delete(VOLUME, &object).await.unwrap();
    assert_eq!(cloud.reads() - before, 4, "three looks show it being deleted");
    client.delete(VOLUME, &object).await.unwrap();

    let undying = created(&client, &planned("undying", &[timeouts("delete", "1m")])).await;
    let error = client.delete(VOLUME, &undying).await.unwrap_err();
    assert!(error.message.contains("after 1m: it is being deleted"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn find_takes_up_an_interrupted_create() {
    let (_, client) = client();
    let target = planned("slow", &[("password", "p".into())]);
    assert!(client.find(VOLUME, &target, &key()).await.unwrap().is_none());
    created(&client, &target).await;
    let found = client.find(VOLUME, &target, &key()).await.unwrap().unwrap();
    assert_eq!((text(&found, "id"), text(&found, "password")), (Some("vol-slow"), Some("p")));
}

#[tokio::test(start_paused = true)]
async fn refresh_reads_pages() {
    let (cloud, client) = client();
    let known = |id: &str, object: Option<&Value>| Known { id: id.into(), object: object.cloned() };
    for n in 0..7 {
        cloud.put(&format!("vol-{n}"), Volume { name: n.to_string(), note: Some("".into()), ..Volume::default() });
    }
    let prior = created(&client, &planned("kept", &[("password", "p".into())])).await;
    let away = prior.clone().with("region", "away".into());
    cloud.reads.lock().unwrap().clear();
    let mut objects: Vec<_> = (0..7).map(|n| known(&format!("vol-{n}"), None)).collect();
    objects.insert(0, known("vol-none", None));
    objects.insert(1, known("vol-kept", Some(&away)));
    let answers = client.read(VOLUME, objects).await;
    assert_eq!(answers.len(), 9);
    assert!(matches!(answers[0], ReadOutcome::Absent));
    let ReadOutcome::Found(kept) = &answers[1] else { panic!("{:?}", answers[1]) };
    assert_eq!((text(kept, "region"), text(kept, "password")), (Some("away"), Some("p")));
    for (n, answer) in answers[2..].iter().enumerate() {
        let ReadOutcome::Found(object) = answer else { panic!("{answer:?}") };
        assert_eq!(text(object, "name"), Some(&*n.to_string()));
        assert_eq!(text(object, "region"), Some("home"));
        assert!(object.get("note").unwrap().is_null(), "an import takes \"\" for not set");
    }
    let mut sizes: Vec<_> = cloud.reads.lock().unwrap().iter().map(Vec::len).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [1, 1, 2, 3, 3], "pages of three in one scope, one page in the other, what is missing once more");
}

#[tokio::test(start_paused = true)]
async fn lost_answers_make_nothing_twice() {
    let (cloud, client) = client();
    let (object, ids) = create(&client, &planned("unheard", &[("note", "whole".into())])).await;
    assert_eq!(ids, ["vol-unheard"], "found by its key");
    assert_eq!(text(&object.unwrap(), "note"), Some("whole"), "and completed");
    assert_eq!(cloud.creates(), 1);
    let (cloud, client) = self::client();
    let object = created(&client, &planned("unsent", &[])).await;
    assert_eq!(text(&object, "id"), Some("vol-unsent"), "repeated, because nothing was made");
    assert_eq!(cloud.creates(), 2);
    let (_, client) = self::client();
    let (object, ids) = create(&client, &planned("unfinished", &[("note", "whole".into())])).await;
    assert_eq!((text(&object.unwrap(), "note"), ids.len()), (Some("whole"), 1));
}

#[tokio::test(start_paused = true)]
async fn creates_of_earlier_processes_are_settled() {
    let (cloud, client) = client();
    let planned = planned("plain", &[]);
    let settle =
        async |made: Option<&str>| client.settle(VOLUME, &planned, Trace { key: Some(&key()), made }).await.unwrap();
    assert!(matches!(settle(None).await, Settled::Absent));
    created(&client, &planned).await;
    assert!(matches!(settle(None).await, Settled::Found(_)));
    assert!(matches!(settle(Some("vol-plain")).await, Settled::Found(_)));
    cloud.put("vol-broken", Volume { name: "broken".into(), ..Volume::default() });
    let Settled::Broken { id, reason } = settle(Some("vol-broken")).await else { panic!("it is broken") };
    assert_eq!((id.as_str(), reason.as_str()), ("vol-broken", "no space left"));
}

#[tokio::test(start_paused = true)]
async fn unread_is_not_gone() {
    let (cloud, client) = client();
    cloud.put("vol-a", Volume { name: "a".into(), ..Volume::default() });
    let ids = ["vol-x", "vol-y", "vol-unreadable", "vol-a"];
    let objects = ids.map(|id| Known { id: id.into(), object: None }).to_vec();
    let answers = client.read(VOLUME, objects).await;
    let failed = answers.iter().filter(|it| matches!(it, ReadOutcome::Failed(_))).count();
    assert_eq!(failed, 3, "the whole page");
    assert!(matches!(answers[3], ReadOutcome::Found(_)));
    let unknown = client.read("fake_other", vec![Known { id: "a".into(), object: None }]).await;
    assert!(matches!(&unknown[..], [ReadOutcome::Failed(_)]));
}

#[tokio::test(start_paused = true)]
async fn objects_that_are_being_deleted_are_absent() {
    let (cloud, client) = client();
    cloud.put("vol-undying", Volume { name: "undying".into(), ..Volume::default() });
    cloud.volumes.lock().unwrap().get_mut("vol-undying").unwrap().deleted = true;
    let answers = client.read(VOLUME, vec![Known { id: "vol-undying".into(), object: None }]).await;
    assert!(matches!(&answers[..], [ReadOutcome::Absent]));
}

#[tokio::test(start_paused = true)]
async fn waits_share_calls() {
    let (cloud, client) = client();
    let targets: Vec<_> = ["a", "b", "c", "slow-d", "slow-e", "slow-f"].map(|name| planned(name, &[])).to_vec();
    let objects = join_all(targets.iter().map(|it| created(&client, it))).await;
    assert_eq!(objects.len(), 6);
    let pages: Vec<_> = cloud.reads.lock().unwrap().iter().map(Vec::len).collect();
    assert_eq!(pages, [3, 3, 3, 3, 3], "six at first, then three times the three that are slow");
}

#[tokio::test(start_paused = true)]
async fn one_object_is_asked_for_once() {
    let (cloud, client) = client();
    let target = planned("plain", &[]);
    created(&client, &target).await;
    let before = cloud.reads();
    let key = key();
    let found = join_all((0..5).map(|_| client.find(VOLUME, &target, &key))).await;
    assert!(found.iter().all(|it| matches!(it, Ok(Some(_)))));
    assert_eq!(cloud.reads() - before, 1);
}

#[tokio::test(start_paused = true)]
async fn reads_that_nobody_waits_for_are_left_out() {
    let (cloud, client) = client();
    let (left, kept) = (planned("left", &[]), planned("kept", &[]));
    let leaving = tokio::time::timeout(Duration::from_millis(10), created(&client, &left));
    let (left, _) = tokio::join!(leaving, created(&client, &kept));
    assert!(left.is_err());
    assert_eq!(*cloud.reads.lock().unwrap(), [["vol-kept"]]);
}

#[tokio::test(start_paused = true)]
async fn one_by_one_reads_may_correct_the_id() {
    let (_, client) = client();
    let known = |id: &str| Known { id: id.into(), object: None };
    let answers = client.read("fake_single", vec![known("x"), known("y")]).await;
    let ids: Vec<_> = answers
        .iter()
        .map(|it| match it {
            ReadOutcome::Found(object) => text(object, "id"),
            _ => None,
        })
        .collect();
    assert_eq!(ids, [Some("X"), Some("Y")]);
    assert_eq!(client.list("fake_single").await.unwrap(), ["X"]);
    let error = client.list(VOLUME).await.unwrap_err();
    assert_eq!(error.to_string(), "listing fake_volume: objects of this type cannot be listed");
}

#[tokio::test(start_paused = true)]
async fn data_sources_keep_their_arguments() {
    let (_, client) = client();
    created(&client, &planned("plain", &[])).await;
    let registry = registry();
    let config = registry.data_source(VOLUME).unwrap().block.empty();
    let config = config.with("name", "plain".into()).with("note", "mine".into());
    let object = client.read_data(VOLUME, &config).await.unwrap();
    assert_eq!(text(&object, "id"), Some("vol-plain"));
    assert_eq!(text(&object, "arn"), Some("arn:vol-plain"));
    assert_eq!(text(&object, "note"), Some("mine"));
    assert_eq!(text(&object, "region"), Some("home"));
    assert!(client.read_data("fake_other", &config).await.is_err());
}

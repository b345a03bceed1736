//! Groups made, read, changed and removed on an AWS in memory.

use std::sync::Arc;

use plumb_engine::provider::{Client, Creation, IntentKey, Known, Provider, ReadOutcome};
use serde_json::{Value as Json, json};

use super::*;
use crate::cloud::Cloud;
use crate::cloud::memory::Memory;
use crate::model::HaCluster;
use crate::model::testing::{Keeper, object, provider, records};
use crate::provider::{HaProvider, Runtime};

/// AWS in memory, the provider over it, and its client.
struct Scene {
    memory: Memory,
    provider: HaProvider,
    client: Arc<dyn Client>,
}

async fn scene(runtime: Arc<dyn Runtime>) -> Scene {
    let memory = Memory::two_servers();
    let provider = provider(Arc::new(memory.clone()), runtime);
    let client = provider.configure(&Value::object([("region", Value::from("ap-northeast-1"))])).await.unwrap();
    Scene { memory, provider, client }
}

fn definition(servers: &[u8]) -> String {
    let server = |n: &u8| {
        json!({
            "name": format!("server{n}"), "instance_id": format!("i-{n}"), "eni_id": format!("eni-{n}"),
            "availability_zone": "ap-northeast-1a", "interconnect": format!("10.0.1{n}0.10"),
        })
    };
    let json = json!({ "name": "db", "server": servers.iter().map(server).collect::<Vec<_>>() });
    let model: HaCluster = read_model(&plumb_engine::value::infer_json(&json)).unwrap();
    serde_json::to_string(&model.cluster().unwrap()).unwrap()
}

/// A group with these route tables, an Elastic IP address and a name.
fn group(tables: &[&str]) -> Json {
    json!({
        "name": "failover1",
        "cluster": { "name": "db", "definition": definition(&[1, 2]) },
        "startup": ["server1", "server2"],
        "virtual_ip": [{ "name": "v", "ip": "10.1.0.20", "vpc_id": "vpc-1", "route_table_ids": tables }],
        "elastic_ip": [{ "name": "e", "allocation_id": "eipalloc-1" }],
        "dns": [{
            "name": "d", "zone_id": "Z1", "record_name": "srv.hz1.local.", "ttl": 60,
            "delete_on_deactivate": true, "check_resolution": true,
        }],
        "call_timeout": 100,
    })
}

impl Scene {
    fn object(&self, json: &Json) -> Value {
        object(&self.provider, "ha_group", json)
    }

    async fn create(&self, json: &Json) -> Result<Value> {
        let key = IntentKey::new("l", "r", "ha_group.g");
        let made = |_: &str| {};
        let creation = Creation { key: &key, made: &made, timeout: std::time::Duration::from_secs(60) };
        self.client.create("ha_group", &self.object(json), &creation).await
    }

    async fn read(&self, object: &Value) -> Value {
        let known = Known { id: "db/failover1".into(), object: Some(object.clone()) };
        match self.client.read("ha_group", vec![known]).await.pop() {
            Some(ReadOutcome::Found(found)) => found,
            other => panic!("{other:?}"),
        }
    }

    /// The object with arguments of another form of the group, as a plan has it.
    fn planned(&self, prior: &Value, json: &Json) -> Value {
        let wanted = self.object(json);
        let arguments = wanted.as_map().unwrap().iter().filter(|(name, _)| !COMPUTED.contains(&&***name));
        let proposed = arguments.fold(prior.clone(), |object, (name, it)| object.with(name, it.clone()));
        let mut change = PlannedChange { prior: prior.clone(), config: wanted, planned: proposed, replace: Vec::new() };
        assert!(HaGroup::plan(&mut change, None).is_empty());
        change.planned
    }

    /// Where the rows of the virtual address lead to, by table.
    async fn rows(&self) -> Vec<(String, String)> {
        let tables = self.memory.route_tables("vpc-1").await.unwrap();
        let row = |it: &crate::cloud::RouteTable| Some((it.id.clone(), it.route("10.1.0.20/32")?.eni.clone()?));
        tables.iter().filter_map(row).collect()
    }
}

fn text(object: &Value, name: &str) -> String {
    object.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn target(object: &Value, key: &str) -> String {
    text(object.get("targets").unwrap(), key)
}

#[tokio::test]
async fn a_new_group_makes_what_is_missing_and_takes_over_what_is_there() {
    let scene = scene(records()).await;
    let made = scene.create(&group(&["rtb-1", "rtb-5"])).await.unwrap();
    assert_eq!(scene.memory.count("CreateRoute"), 1, "four tables have the row");
    assert_eq!(scene.memory.count("AssociateAddress"), 1);
    assert_eq!((text(&made, "active_server"), text(&made, "state")), ("server1".into(), "active".into()));
    assert_eq!(text(&made, "id"), "db/failover1");
    assert_eq!(
        (target(&made, "v/rtb-5"), target(&made, "e"), target(&made, "d")),
        ("server1".into(), "server1".into(), "server1".into())
    );
    assert_eq!(target(&made, "v/rtb-3"), "server1", "a row that nobody declared follows too");
    scene.memory.forget_calls();
    scene.create(&group(&["rtb-1", "rtb-5"])).await.unwrap();
    assert_eq!(scene.memory.writes(), 0, "repeated, it writes nothing");
}

#[tokio::test]
async fn a_new_group_takes_nothing_from_strangers() {
    let scene = scene(records()).await;
    scene.memory.associate_address("eipalloc-1", "eni-9").await.unwrap();
    scene.memory.forget_calls();
    let error = scene.create(&group(&["rtb-1"])).await.unwrap_err();
    assert!(error.message.contains("eni-9"), "{error}");
    assert_eq!(scene.memory.writes(), 0);
}

#[tokio::test]
async fn who_keeps_record_confirms_a_move() {
    let keeper = Keeper::at("server1", 1);
    let scene = scene(keeper.clone()).await;
    let made = scene.create(&group(&["rtb-1"])).await.unwrap();
    for table in 1..=4 {
        scene.memory.replace_route(&format!("rtb-{table}"), "10.1.0.20/32", "eni-2").await.unwrap();
    }
    scene.memory.associate_address("eipalloc-1", "eni-2").await.unwrap();
    let half = scene.read(&made).await;
    assert_eq!((text(&half, "active_server"), text(&half, "state")), ("server1".into(), "partial".into()));
    let record = crate::cloud::Record { name: "srv.hz1.local.".into(), ttl: 60, values: vec!["10.0.120.10".into()] };
    scene.memory.upsert_record("Z1", &record).await.unwrap();
    keeper.set("server2", 2);
    let whole = scene.read(&made).await;
    assert_eq!((text(&whole, "active_server"), text(&whole, "state")), ("server2".into(), "active".into()));
    let planned = scene.planned(&whole, &group(&["rtb-1"]));
    assert_eq!(planned.get("targets"), whole.get("targets"), "there is nothing to do");
}

#[tokio::test]
async fn without_a_record_a_move_is_not_confirmed() {
    let scene = scene(records()).await;
    let vip = json!({ "elastic_ip": [], "dns": [] });
    let mut json = group(&["rtb-1"]);
    json.as_object_mut().unwrap().extend(vip.as_object().unwrap().clone());
    let made = scene.create(&json).await.unwrap();
    for table in 1..=4 {
        scene.memory.replace_route(&format!("rtb-{table}"), "10.1.0.20/32", "eni-2").await.unwrap();
    }
    let seen = scene.read(&made).await;
    assert_eq!((text(&seen, "active_server"), text(&seen, "state")), ("server1".into(), "unconfirmed".into()));
    let error =
        scene.client.update("ha_group", &made, &scene.planned(&made, &group(&["rtb-1", "rtb-5"]))).await.unwrap_err();
    assert_eq!(error.summary.as_deref(), Some("Runtime changed since the plan"));
}

#[tokio::test]
async fn a_strangers_row_is_planned_back_and_repaired() {
    let scene = scene(Keeper::at("server2", 3)).await;
    let json = group(&["rtb-1", "rtb-2"]);
    let made = scene.create(&json).await.unwrap();
    for (table, eni) in [(1, "eni-2"), (2, "eni-9"), (3, "eni-2"), (4, "eni-2")] {
        scene.memory.replace_route(&format!("rtb-{table}"), "10.1.0.20/32", eni).await.unwrap();
    }
    let seen = scene.read(&made).await;
    assert_eq!((target(&seen, "v/rtb-2"), text(&seen, "state")), ("eni-9".into(), "active".into()));
    let planned = scene.planned(&seen, &json);
    assert_eq!(target(&planned, "v/rtb-2"), "server2");
    scene.memory.forget_calls();
    let repaired = scene.client.update("ha_group", &seen, &planned).await.unwrap();
    assert_eq!(scene.memory.writes(), 1);
    assert_eq!(scene.rows().await[1], ("rtb-2".to_owned(), "eni-2".to_owned()));
    assert_eq!(target(&repaired, "v/rtb-2"), "server2");
}

#[tokio::test]
async fn a_plan_of_another_epoch_writes_nothing() {
    let keeper = Keeper::at("server1", 7);
    let scene = scene(keeper.clone()).await;
    let made = scene.create(&group(&["rtb-1"])).await.unwrap();
    let mut json = group(&["rtb-1", "rtb-5"]);
    json["dns"][0]["ttl"] = json!(30);
    let planned = scene.planned(&made, &json);
    keeper.set("server2", 8);
    scene.memory.forget_calls();
    let error = scene.client.update("ha_group", &made, &planned).await.unwrap_err();
    assert_eq!(error.summary.as_deref(), Some("Runtime changed since the plan"));
    assert_eq!(scene.memory.writes(), 0, "server1's address is never written back");
}

#[tokio::test]
async fn tables_come_and_go_and_a_lifetime_changes_where_the_group_is() {
    let keeper = Keeper::at("server2", 2);
    let scene = scene(keeper).await;
    for table in 1..=4 {
        scene.memory.replace_route(&format!("rtb-{table}"), "10.1.0.20/32", "eni-2").await.unwrap();
    }
    let made = scene.create(&group(&["rtb-1", "rtb-2"])).await.unwrap();
    let mut json = group(&["rtb-1", "rtb-5"]);
    json["dns"][0]["ttl"] = json!(30);
    let planned = scene.planned(&made, &json);
    let changed = scene.client.update("ha_group", &made, &planned).await.unwrap();
    let rows = scene.rows().await;
    assert!(rows.contains(&("rtb-5".into(), "eni-2".into())), "{rows:?}");
    assert!(!rows.iter().any(|(table, _)| table == "rtb-2"), "{rows:?}");
    assert!(rows.iter().any(|(table, _)| table == "rtb-3"), "what it never had stays");
    let record = scene.memory.record("Z1", "srv.hz1.local.").await.unwrap().unwrap();
    assert_eq!((record.ttl, record.values), (30, vec!["10.0.120.10".to_owned()]));
    assert_eq!(text(&changed, "active_server"), "server2");
}

#[tokio::test]
async fn a_missing_row_is_a_difference_of_configuration() {
    let scene = scene(Keeper::at("server1", 1)).await;
    let made = scene.create(&group(&["rtb-1", "rtb-2"])).await.unwrap();
    scene.memory.delete_route("rtb-2", "10.1.0.20/32").await.unwrap();
    let seen = scene.read(&made).await;
    let tables = seen.get("virtual_ip").unwrap().as_slice().unwrap()[0].get("route_table_ids").unwrap().clone();
    assert_eq!(tables.as_slice().unwrap().len(), 1);
    let planned = scene.planned(&seen, &group(&["rtb-1", "rtb-2"]));
    scene.client.update("ha_group", &seen, &planned).await.unwrap();
    assert!(scene.rows().await.contains(&("rtb-2".into(), "eni-1".into())));
}

#[tokio::test]
async fn an_active_server_that_leaves_is_moved_away_from_first() {
    let keeper = Keeper::at("server1", 1);
    let scene = scene(keeper).await;
    let made = scene.create(&group(&["rtb-1"])).await.unwrap();
    let mut json = group(&["rtb-1"]);
    json["cluster"]["definition"] = json!(definition(&[2]));
    json["startup"] = json!(["server2"]);
    let planned = scene.planned(&made, &json).with("active_server", "server2".into());
    let moved = scene.client.update("ha_group", &made, &planned).await.unwrap();
    assert_eq!((text(&moved, "active_server"), text(&moved, "state")), ("server2".into(), "active".into()));
    assert!(scene.rows().await.iter().all(|(_, eni)| eni == "eni-2"));
    assert_eq!(scene.memory.count("DisassociateAddress"), 0, "one call moves the address");
}

#[tokio::test]
async fn a_group_is_removed_where_it_is() {
    let keeper = Keeper::at("server1", 1);
    let scene = scene(keeper.clone()).await;
    let made = scene.create(&group(&["rtb-1", "rtb-2", "rtb-3", "rtb-4"])).await.unwrap();
    let (cluster, described) = read_model::<HaGroup>(&made).unwrap().described("moving").unwrap();
    keeper.transfer(Arc::new(scene.memory.clone()), &cluster, &described, Some("server2")).await.unwrap();
    scene.memory.forget_calls();
    scene.client.delete("ha_group", &made).await.unwrap();
    let writes: Vec<&str> = scene
        .memory
        .calls()
        .iter()
        .map(|it| it.operation)
        .filter(|it| !it.starts_with("Describe") && !it.starts_with("List"))
        .collect();
    assert_eq!(&writes[..3], ["DisassociateAddress", "ChangeResourceRecordSets", "DeleteRoute"]);
    assert!(scene.rows().await.is_empty());
    assert_eq!(scene.memory.record("Z1", "srv.hz1.local.").await.unwrap(), None, "deleted with its live value");
    scene.client.delete("ha_group", &made).await.unwrap();
}

#[tokio::test]
async fn what_became_a_strangers_is_left_to_him() {
    let scene = scene(Keeper::at("server1", 1)).await;
    let made = scene.create(&group(&["rtb-1"])).await.unwrap();
    scene.memory.associate_address("eipalloc-1", "eni-9").await.unwrap();
    scene.memory.replace_route("rtb-1", "10.1.0.20/32", "eni-9").await.unwrap();
    scene.client.delete("ha_group", &made).await.unwrap();
    assert_eq!(scene.memory.address("eipalloc-1").await.unwrap().eni.as_deref(), Some("eni-9"));
    assert!(scene.rows().await.contains(&("rtb-1".into(), "eni-9".into())));
}

#[tokio::test]
async fn plain_resources_ask_who_is_active_when_they_are_written() {
    let keeper = Keeper::at("server1", 1);
    let scene = scene(keeper.clone()).await;
    let made = scene.create(&group(&["rtb-1"])).await.unwrap();
    keeper.set("server2", 2);
    let now = scene.client.active_member("ha_group", &made).await.unwrap();
    assert_eq!((now.name.as_deref(), now.epoch), (Some("server2"), 2));
}

#[tokio::test]
async fn a_move_by_plan_is_written_down_and_confirms_itself() {
    let scene = scene(records()).await;
    let made = scene.create(&group(&["rtb-1"])).await.unwrap();
    let mut json = group(&["rtb-1"]);
    json["startup"] = json!(["server2"]);
    let planned = scene.planned(&made, &json).with("active_server", "server2".into());
    let moved = scene.client.update("ha_group", &made, &planned).await.unwrap();
    assert_eq!((text(&moved, "active_server"), text(&moved, "state")), ("server2".into(), "active".into()));
    let now = scene.client.active_member("ha_group", &moved).await.unwrap();
    assert_eq!((now.name.as_deref(), now.epoch), (Some("server2"), 2));
}

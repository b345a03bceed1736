//! Whole plans of clusters and groups over an AWS in memory.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use plumb_engine::config::{Variables, load_sources};
use plumb_engine::eval::Settings;
use plumb_engine::events::Silent;
use plumb_engine::plan::{Action, PlanOptions, PlanRequest, PlanResult, create};
use plumb_engine::provider::{Creation, IntentKey, Provider, Providers};
use plumb_engine::store::{ObjectKey, ObjectRecord, ObjectStatus, Snapshot};
use plumb_engine::value::{Value, to_json};
use serde_json::{Value as Json, json};

use super::plain::PlainAws;
use super::testing::{Keeper, object};
use crate::cloud::Cloud;
use crate::cloud::memory::Memory;
use crate::provider::{HaProvider, SOURCE};

/// A configuration of a cluster of these servers with a group whose address this is.
fn main(servers: &[u8], ip: &str, more: &str) -> String {
    let server = |n: &u8| {
        format!(
            "  server {{\n    name = \"server{n}\"\n    instance_id = \"i-{n}\"\n    eni_id = \"eni-{n}\"\n    \
             availability_zone = \"ap-northeast-1a\"\n    interconnect = \"10.0.1{n}0.10\"\n  }}\n"
        )
    };
    let servers: String = servers.iter().map(server).collect();
    format!(
        "resource \"ha_cluster\" \"db\" {{\n  name = \"db\"\n{servers}  arbiter {{\n    table = \"t\"\n  }}\n}}\n\
         resource \"ha_group\" \"g\" {{\n  name = \"failover1\"\n  cluster = ha_cluster.db\n  virtual_ip {{\n    name = \"v\"\n    \
         ip = \"{ip}\"\n    vpc_id = \"vpc-1\"\n    route_table_ids = [\"rtb-1\", \"rtb-2\"]\n  }}\n{more}}}\n"
    )
}

struct Scene {
    memory: Memory,
    keeper: Arc<Keeper>,
    provider: Arc<HaProvider>,
    snapshot: Snapshot,
}

/// A state in which the configuration of two servers was applied.
async fn applied() -> Scene {
    let (memory, keeper) = (Memory::two_servers(), Keeper::at("server1", 6));
    let provider = Arc::new(HaProvider::new(Arc::new(memory.clone()), keeper.clone()));
    let mut scene = Scene { memory, keeper, provider, snapshot: Snapshot::default() };
    let planned = scene.plan(&main(&[1, 2], "10.1.0.20", "")).await;
    assert!(!planned.diagnostics.has_errors(), "{:?}", planned.diagnostics);
    let client = scene.provider.configure(&Value::object([("region", Value::from("ap-northeast-1"))])).await.unwrap();
    for change in &planned.plan.changes {
        let key = IntentKey::new("l", "r", &change.object.to_string());
        let made = |_: &str| {};
        let creation = Creation { key: &key, made: &made, timeout: std::time::Duration::from_secs(60) };
        let type_name = &change.object.addr.resource.type_name;
        let value = client.create(type_name, &change.after, &creation).await.unwrap();
        scene.store(&change.object, &value);
    }
    scene.memory.forget_calls();
    scene
}

impl Scene {
    fn store(&mut self, key: &ObjectKey, value: &Value) {
        let schema = self.provider.resource_type(&key.addr.resource.type_name).unwrap().schema();
        let record = ObjectRecord {
            provider: format!("provider[{SOURCE:?}]"),
            schema_version: schema.version,
            status: ObjectStatus::Ready,
            attributes: to_json(value, Some(&schema.block.ty())).into(),
            sensitive: Vec::new(),
            dependencies: Vec::new(),
            create_before_destroy: false,
            row_version: 1,
        };
        self.snapshot.objects.insert(key.clone(), record);
    }

    async fn plan(&self, main: &str) -> PlanResult {
        let files = BTreeMap::from([(PathBuf::from("main.tf"), Arc::<str>::from(main))]);
        let (config, found) = load_sources(Path::new(""), &files);
        assert!(!found.has_errors(), "{found:?}");
        let mut providers = Providers::default();
        providers.add(self.provider.clone());
        providers.add(Arc::new(PlainAws::new(self.memory.clone())));
        let settings = Settings {
            working_dir: PathBuf::new(),
            workspace: "default".into(),
            plan_time: "2026-01-01T00:00:00Z".into(),
            now: None,
            validating: false,
        };
        create(PlanRequest {
            config: &config,
            variables: &Variables::default(),
            snapshot: &self.snapshot,
            providers: &providers,
            events: &Silent,
            settings,
            options: PlanOptions::default(),
        })
        .await
    }

    /// Somebody points every row at an interface.
    async fn point_at(&self, eni: &str) {
        for table in 1..=4 {
            self.memory.replace_route(&format!("rtb-{table}"), "10.1.0.20/32", eni).await.unwrap();
        }
        self.memory.forget_calls();
    }
}

fn actions(result: &PlanResult) -> Vec<Action> {
    result.plan.changes.iter().map(|it| it.action).collect()
}

fn after(result: &PlanResult, name: &str) -> Value {
    let change = result.plan.changes.iter().find(|it| it.object.to_string() == "ha_group.g").unwrap();
    change.after.get(name).unwrap().clone()
}

fn said(result: &PlanResult) -> String {
    result.diagnostics.iter().map(|it| format!("{}: {}\n", it.summary, it.detail)).collect()
}

#[tokio::test]
async fn what_was_applied_is_planned_empty() {
    let scene = applied().await;
    let result = scene.plan(&main(&[1, 2], "10.1.0.20", "")).await;
    assert_eq!(actions(&result), [Action::NoOp, Action::NoOp], "{}", said(&result));
    assert!(result.plan.runtime_changes.is_empty() && result.plan.drift.is_empty() && result.diagnostics.is_empty());
    assert_eq!(scene.memory.writes(), 0);
}

#[tokio::test]
async fn a_confirmed_failover_changes_nothing_and_is_told() {
    let scene = applied().await;
    scene.point_at("eni-2").await;
    scene.keeper.set("server2", 7);
    let result = scene.plan(&main(&[1, 2], "10.1.0.20", "")).await;
    assert_eq!(actions(&result), [Action::NoOp, Action::NoOp]);
    let [change] = result.plan.runtime_changes.as_slice() else { panic!("{:?}", result.plan.runtime_changes) };
    let told = (change.from.as_deref(), change.to.as_deref(), change.epoch, change.confirmed);
    assert_eq!(told, (Some("server1"), Some("server2"), 7, true));
    assert!(result.plan.drift.is_empty() && result.diagnostics.is_empty());
    // What differs besides is planned all the same.
    let result = scene.plan(&main(&[1, 2], "10.1.0.20", "  failback = \"auto\"\n")).await;
    assert_eq!(actions(&result), [Action::NoOp, Action::Update]);
    assert_eq!(result.plan.runtime_changes.len(), 1);
    assert_eq!(after(&result, "active_server"), Value::from("server2"));
}

#[tokio::test]
async fn a_strangers_row_is_drift_and_planned_back() {
    let scene = applied().await;
    scene.memory.replace_route("rtb-2", "10.1.0.20/32", "eni-9").await.unwrap();
    let result = scene.plan(&main(&[1, 2], "10.1.0.20", "")).await;
    assert_eq!(actions(&result), [Action::NoOp, Action::Update], "{}", said(&result));
    assert_eq!(after(&result, "targets").get("v/rtb-2"), Some(&Value::from("server1")));
    assert_eq!(result.plan.drift.len(), 1);
    assert!(result.plan.runtime_changes.is_empty());
}

#[tokio::test]
async fn half_a_move_is_an_error_with_the_way_out() {
    let scene = applied().await;
    scene.memory.replace_route("rtb-2", "10.1.0.20/32", "eni-2").await.unwrap();
    let result = scene.plan(&main(&[1, 2], "10.1.0.20", "")).await;
    assert!(
        result.diagnostics.has_errors() && said(&result).contains("plumb ha repair failover1"),
        "{}",
        said(&result)
    );
}

#[tokio::test]
async fn removing_the_active_server_moves_the_group_first_or_is_refused() {
    let scene = applied().await;
    let result = scene.plan(&main(&[2], "10.1.0.20", "")).await;
    assert!(!result.diagnostics.has_errors(), "{}", said(&result));
    assert_eq!(actions(&result), [Action::Update, Action::Update]);
    assert_eq!(after(&result, "active_server"), Value::from("server2"));
    scene.memory.stop_instance("i-2").await.unwrap();
    let refused = scene.plan(&main(&[2], "10.1.0.20", "")).await;
    assert!(said(&refused).contains("No healthy server to move to"), "{}", said(&refused));
    let other = scene.plan(&main(&[1], "10.1.0.20", "")).await;
    assert!(!other.diagnostics.has_errors(), "the standby may go: {}", said(&other));
}

#[tokio::test]
async fn an_address_of_the_network_is_refused_without_a_write() {
    let scene = Scene { snapshot: Snapshot::default(), ..applied().await };
    for ip in ["10.0.5.20", "10.2.0.20"] {
        let result = scene.plan(&main(&[1, 2], ip, "")).await;
        assert!(result.diagnostics.has_errors() && said(&result).contains("code 7"), "{ip}: {}", said(&result));
    }
    assert_eq!(scene.memory.writes(), 0);
}

#[tokio::test]
async fn what_the_group_relies_on_is_looked_at() {
    let scene = applied().await;
    if let Some(eni) = scene.memory.world().interfaces.get_mut("eni-2") {
        eni.source_dest_check = true;
    }
    let result = scene.plan(&main(&[1, 2], "10.1.0.20", "")).await;
    assert!(said(&result).contains("source_dest_check = false"), "{}", said(&result));
    scene.memory.world().interfaces.remove("eni-2");
    let result = scene.plan(&main(&[1, 2], "10.1.0.20", "")).await;
    assert!(result.diagnostics.has_errors() && said(&result).contains("code 5"), "{}", said(&result));
}

#[tokio::test]
async fn a_policy_is_made_from_what_groups_own() {
    let scene = applied().await;
    let json: Json =
        json!({ "account_id": "123456789012", "partition": "aws", "virtual_ip": [{ "route_table_ids": ["rtb-1"] }] });
    let cluster = scene.snapshot.objects.values().next().unwrap();
    let given = object(&scene.provider, "ha_cluster", &cluster.attributes.read().unwrap());
    let definition = given.get("definition").cloned().unwrap();
    let schema = scene.provider.data_source("ha_iam_policy").unwrap();
    let config = super::testing::fill(&plumb_engine::value::infer_json(&json), &schema.block.ty());
    let reference = config.get("cluster").cloned().unwrap();
    assert!(reference.is_null(), "filled in below");
    let reference = Value::object([("name", Value::from("db")), ("definition", definition)]);
    let client = scene.provider.configure(&Value::object([("region", Value::from("ap-northeast-1"))])).await.unwrap();
    let read = client.read_data("ha_iam_policy", &config.with("cluster", reference)).await.unwrap();
    let text = read.get("json").and_then(Value::as_str).unwrap().to_owned();
    assert!(text.contains("arn:aws:ec2:ap-northeast-1:123456789012:route-table/rtb-1"), "{text}");
    assert!(text.contains("arn:aws:dynamodb:ap-northeast-1:123456789012:table/t"), "{text}");
}

/// A plain route to the virtual address, written for the first server.
const PLAIN: &str = "resource \"aws_route\" \"vip\" {\n  route_table_id = \"rtb-1\"\n  destination_cidr_block = \"10.1.0.20/32\"\n  \
                     network_interface_id = \"eni-1\"\n}\n";

/// The state of a plain route that was applied when the first server was active.
fn with_route(mut scene: Scene) -> Scene {
    let attributes = json!({
        "id": "r-1", "route_table_id": "rtb-1", "destination_cidr_block": "10.1.0.20/32", "network_interface_id": "eni-1",
        "timeouts": null,
    });
    let record = ObjectRecord {
        provider: "provider[\"registry.terraform.io/hashicorp/aws\"]".into(),
        schema_version: 0,
        status: ObjectStatus::Ready,
        attributes: attributes.into(),
        sensitive: Vec::new(),
        dependencies: Vec::new(),
        create_before_destroy: false,
        row_version: 1,
    };
    scene.snapshot.objects.insert(ObjectKey::current("aws_route.vip".parse().unwrap()), record);
    scene
}

fn of_route(result: &PlanResult) -> (Action, Value) {
    let change = result.plan.changes.iter().find(|it| it.object.to_string() == "aws_route.vip").unwrap();
    (change.action, change.after.get("network_interface_id").unwrap().clone())
}

#[tokio::test]
async fn a_plain_route_follows_the_group() {
    let scene = with_route(applied().await);
    scene.point_at("eni-2").await;
    scene.keeper.set("server2", 7);
    let main = main(&[1, 2], "10.1.0.20", "") + PLAIN;
    let result = scene.plan(&main).await;
    assert!(!result.diagnostics.has_errors(), "{}", said(&result));
    assert_eq!(of_route(&result), (Action::NoOp, "eni-2".into()));
    assert_eq!(result.plan.runtime_changes.len(), 2, "the group's and the route's");
    assert!(result.plan.drift.is_empty());
    scene.memory.replace_route("rtb-1", "10.1.0.20/32", "eni-9").await.unwrap();
    let result = scene.plan(&main).await;
    assert_eq!(
        of_route(&result),
        (Action::Update, "eni-2".into()),
        "back to the active server, not to what is written"
    );
    let late = result.plan.late.values().next().unwrap();
    assert_eq!((late.epoch, late.members.len()), (7, 2));
}

#[tokio::test]
async fn a_configuration_adopts_a_group_without_moving_it() {
    let mut scene = with_route(applied().await);
    scene.point_at("eni-2").await;
    scene.snapshot.objects.retain(|key, _| key.to_string() == "aws_route.vip");
    let without = scene.plan(PLAIN).await;
    assert_eq!(of_route(&without), (Action::Update, "eni-1".into()), "nobody claims it");
    let with = scene.plan(&(main(&[1, 2], "10.1.0.20", "") + PLAIN)).await;
    assert!(!with.diagnostics.has_errors(), "{}", said(&with));
    assert_eq!(of_route(&with), (Action::NoOp, "eni-2".into()));
    assert!(with.plan.drift.is_empty());
}

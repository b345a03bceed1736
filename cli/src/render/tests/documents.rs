//! Plans and events as JSON.

use plumb_engine::events::Event;
use plumb_engine::plan::{Action, CheckInstance, CheckResult, CheckStatus, Reason};
use plumb_engine::store::ObjectKey;
use plumb_engine::value::{Marks, Path, Type, Value};
use serde_json::{Value as Json, json};

use super::fixture::*;
use crate::render::{json_plan, json_stream};

fn document() -> Json {
    let before = thing([("id", "t-1".into()), ("name", "web".into()), ("cidr_block", "a".into())]);
    let after = before
        .clone()
        .with("id", unknown(Type::String))
        .with("cidr_block", "b".into())
        .with("password", "p".into())
        .with("zones", Value::list(Type::String, vec!["x".into(), unknown(Type::String)]))
        .with("name", Value::string("web").marked(Marks::SENSITIVE));
    let mut replaced = change(Action::DeleteThenCreate, before.clone(), after);
    replaced.reason = Some(Reason::ReplaceBecauseCannotUpdate);
    replaced.replace_paths = vec![Path::root().name("cidr_block")];
    let mut created = change(Action::Create, none(), before.clone());
    created.object.addr = "module.net[\"a\"].aws_thing.b[0]".parse().unwrap();
    created.moved_from = Some("aws_thing.c".parse().unwrap());
    let mut it = plan(vec![replaced, created, change(Action::Delete, before.clone(), none())]);
    it.drift = vec![drift(before, none())];
    it.outputs = [("o".into(), output(Action::Create, Value::null(Type::String), strings(&["a"])))].into();
    it.variables = [("v".into(), 1_i64.into())].into();
    it.checks = vec![CheckResult {
        address: "check.c".into(),
        kind: "check".into(),
        status: CheckStatus::Fail,
        instances: vec![CheckInstance {
            address: "check.c".into(),
            status: CheckStatus::Fail,
            problems: vec!["no".into()],
        }],
    }];
    json_plan::document(&it, json!({ "root_module": {} }), &providers())
}

#[test]
fn the_document_has_the_keys_that_tools_look_for() {
    let document = document();
    let keys: Vec<&String> = document.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        [
            "format_version",
            "terraform_version",
            "variables",
            "planned_values",
            "resource_drift",
            "resource_changes",
            "output_changes",
            "prior_state",
            "configuration",
            "checks",
            "timestamp",
            "applyable",
            "complete",
            "errored"
        ]
    );
    assert_eq!(document["format_version"], "1.2");
    assert_eq!(document["variables"], json!({ "v": { "value": 1 } }));
    assert_eq!(document["checks"][0]["instances"][0]["problems"], json!([{ "message": "no" }]));
    assert_eq!(document["resource_drift"][0]["change"]["actions"], json!(["delete"]));
}

#[test]
fn a_change_tells_what_is_unknown_and_what_is_sensitive() {
    let document = document();
    let change = &document["resource_changes"][0];
    assert_eq!(change["provider_name"], "registry.terraform.io/hashicorp/aws");
    assert_eq!(change["action_reason"], "replace_because_cannot_update");
    let change = &change["change"];
    assert_eq!(change["actions"], json!(["delete", "create"]));
    assert_eq!(change["replace_paths"], json!([["cidr_block"]]));
    assert!(change["after"].get("id").is_none());
    assert_eq!(change["after"]["zones"], json!(["x", null]));
    assert_eq!(change["after_unknown"], json!({ "id": true, "disk": [], "ingress": [], "zones": [false, true] }));
    assert_eq!(change["after_sensitive"]["password"], true);
    assert_eq!(change["after_sensitive"]["name"], true);
    assert_eq!(change["before_sensitive"].get("name"), None);
    let deleted = &document["resource_changes"][2]["change"];
    assert_eq!(
        (&deleted["after"], &deleted["after_unknown"], &deleted["after_sensitive"]),
        (&Json::Null, &json!({}), &json!(false))
    );
}

#[test]
fn modules_nest() {
    let document = document();
    let change = &document["resource_changes"][1];
    assert_eq!(change["module_address"], "module.net[\"a\"]");
    assert_eq!(change["previous_address"], "aws_thing.c");
    assert_eq!(change["index"], 0);
    let child = &document["planned_values"]["root_module"]["child_modules"][0];
    assert_eq!(child["address"], "module.net[\"a\"]");
    assert_eq!(child["resources"][0]["address"], "module.net[\"a\"].aws_thing.b[0]");
    assert_eq!(child["resources"][0]["schema_version"], 1);
    let prior = &document["prior_state"]["values"]["root_module"]["resources"];
    assert_eq!(prior[0]["values"]["id"], "t-1");
    assert_eq!(document["planned_values"]["outputs"]["o"]["type"], json!(["list", "string"]));
}

#[test]
fn every_action_has_its_words() {
    use plumb_engine::addr::Mode;
    for (action, want) in [
        (Action::NoOp, json!(["no-op"])),
        (Action::Create, json!(["create"])),
        (Action::Read, json!(["read"])),
        (Action::Update, json!(["update"])),
        (Action::DeleteThenCreate, json!(["delete", "create"])),
        (Action::CreateThenDelete, json!(["create", "delete"])),
        (Action::Delete, json!(["delete"])),
        (Action::Forget, json!(["forget"])),
    ] {
        assert_eq!(json_plan::actions(action, Mode::Managed), want);
    }
}

fn without_time(mut line: Json) -> Json {
    line.as_object_mut().unwrap().shift_remove("@timestamp").unwrap();
    line
}

#[test]
fn the_stream_tells_a_plan() {
    let mut it = plan(vec![change(Action::Create, none(), thing([("name", "x".into())]))]);
    it.changes[0].object.addr = "module.m.aws_thing.a[\"k\"]".parse().unwrap();
    let lines: Vec<Json> = json_stream::plan(&it).into_iter().map(without_time).collect();
    assert_eq!(
        lines[0],
        json!({
            "@level": "info",
            "@message": "module.m.aws_thing.a[\"k\"]: Plan to create",
            "@module": "terraform.ui",
            "type": "planned_change",
            "change": {
                "resource": {
                    "addr": "module.m.aws_thing.a[\"k\"]",
                    "module": "module.m",
                    "resource": "aws_thing.a[\"k\"]",
                    "implied_provider": "aws",
                    "resource_type": "aws_thing",
                    "resource_name": "a",
                    "resource_key": "k",
                },
                "action": "create",
            },
        })
    );
    assert_eq!(lines[1]["type"], "change_summary");
    assert_eq!(lines[1]["@message"], "Plan: 1 to add, 0 to change, 0 to destroy.");
    assert_eq!(lines[1]["changes"]["operation"], "plan");
}

#[test]
fn the_stream_tells_operations() {
    let object = ObjectKey::current("aws_thing.a".parse().unwrap());
    let elapsed = std::time::Duration::from_secs(2);
    let event = Event::OperationDone { object: &object, action: Action::Create, id: Some("t-1"), elapsed };
    let [line] = &json_stream::event(&event)[..] else { panic!() };
    assert_eq!(line["type"], "apply_complete");
    assert_eq!(line["@message"], "aws_thing.a: Creation complete after 2s [id=t-1]");
    assert_eq!(line["hook"]["id_value"], "t-1");
    assert_eq!(line["hook"]["elapsed_seconds"], 2);
    let objects = [(object.clone(), "t-1".to_owned()), (object, "t-2".to_owned())];
    let lines = json_stream::event(&Event::RefreshStart { objects: &objects });
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[1]["@message"], "aws_thing.a: Refreshing state... [id=t-2]");
}

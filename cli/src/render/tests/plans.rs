//! Whole plans as text.

use plumb_engine::plan::{Action, Plan, PlanMode};
use plumb_engine::value::{Type, Value};

use super::fixture::*;
use crate::render::{plan as rendered, state_show};

fn text(plan: &Plan) -> String {
    rendered::plan(plan, view(&providers()))
}

fn object() -> Value {
    thing([("id", "t-1".into()), ("name", "web".into())])
}

#[test]
fn changes_with_outputs() {
    let mut it = plan(vec![
        change(Action::Create, none(), thing([("id", unknown(Type::String)), ("name", "web".into())])),
        change(Action::NoOp, object(), object()),
    ]);
    it.outputs = [
        ("gone".into(), output(Action::Delete, "x".into(), Value::null(Type::String))),
        ("id".into(), output(Action::Create, Value::null(Type::String), unknown(Type::String))),
        ("list".into(), output(Action::Update, strings(&["a", "b"]), strings(&["a", "c"]))),
        ("same".into(), output(Action::NoOp, "x".into(), "x".into())),
        ("secret".into(), {
            let mut secret = output(Action::Update, "a".into(), "b".into());
            secret.sensitive = true;
            secret
        }),
    ]
    .into();
    insta::assert_snapshot!(text(&it), @"");
}

#[test]
fn only_outputs_change() {
    let mut it = plan(Vec::new());
    it.outputs = [("z".into(), output(Action::Update, 1_i64.into(), 2_i64.into()))].into();
    insta::assert_snapshot!(text(&it), @"");
}

#[test]
fn nothing_to_do() {
    let mut it = plan(vec![change(Action::NoOp, object(), object())]);
    insta::assert_snapshot!(text(&it), @"");
    it.mode = PlanMode::Destroy;
    assert!(text(&it).starts_with("\nNo changes. No objects need to be destroyed.\n"));
    it.mode = PlanMode::RefreshOnly;
    assert!(text(&it).starts_with("\nNo changes. Your infrastructure still matches the configuration.\n"));
}

#[test]
fn drift_stands_before_the_changes() {
    let mut it = plan(vec![change(Action::Update, object().with("name", "hand".into()), object())]);
    it.drift = vec![drift(object(), object().with("name", "hand".into()))];
    insta::assert_snapshot!(text(&it), @"");
}

#[test]
fn drift_without_changes() {
    let mut it = plan(Vec::new());
    it.mode = PlanMode::RefreshOnly;
    it.drift = vec![drift(object(), none())];
    insta::assert_snapshot!(text(&it), @"");
    it.mode = PlanMode::Normal;
    assert!(text(&it).contains("\nNo changes. Your infrastructure matches the configuration.\n"));
}

#[test]
fn a_plan_that_failed_says_so() {
    let mut it = plan(vec![change(Action::Delete, object(), none())]);
    it.errored = true;
    assert!(text(&it).contains("\nThese actions were planned before a problem was met:\n"));
    it.changes.clear();
    assert!(text(&it).contains("Planning failed."));
}

#[test]
fn the_way_on_names_the_plan_file() {
    let providers = providers();
    assert!(rendered::next_step(Some("p.bin"), view(&providers)).contains("\nSaved the plan to: p.bin\n"));
    assert!(rendered::next_step(None, view(&providers)).contains("-out was not given"));
}

#[test]
fn drift_as_a_list() {
    let after = object().with("name", "hand".into()).with("tags", map(&[("k", "v")])).with("password", "p".into());
    let all = [drift(object(), after), drift(object(), none())];
    let providers = providers();
    insta::assert_snapshot!(crate::render::drift::text(&all, view(&providers)), @"");
    let document = crate::render::drift::document(&all[..1], "2026-01-01T00:00:00Z", view(&providers));
    insta::assert_snapshot!(format!("{document:#}"), @"");
}

#[test]
fn a_stored_object_is_shown_without_markers() {
    use plumb_engine::store::{ObjectKey, ObjectRecord, ObjectStatus};
    let record = ObjectRecord {
        provider: PROVIDER.into(),
        schema_version: 1,
        status: ObjectStatus::Tainted,
        attributes: serde_json::json!({
            "id": "t-1", "name": "web", "password": "p", "zones": ["a"], "tags": {"Name": "web"},
            "input": {"value": {"a": [1]}, "type": ["object", {"a": ["tuple", ["number"]]}]},
            "ingress": [{"port": 443, "cidrs": ["x"], "note": null}],
        }),
        sensitive: Vec::new(),
        dependencies: Vec::new(),
        create_before_destroy: false,
        row_version: 1,
    };
    let key = ObjectKey::current("aws_thing.a[0]".parse().unwrap());
    let providers = providers();
    insta::assert_snapshot!(state_show::object(&key, &record, view(&providers)), @"");
}

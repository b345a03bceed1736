//! Values that run time owns: what a plan leaves alone, what it repairs, and what it reports.

use super::{Scene, changes, input, scene};
use crate::plan::PlanResult;
use crate::value::Value;

/// A thing that is claimed by an owner with the members a and b, of which `active` is active.
fn owned(active: &str, more: &str) -> Scene {
    let owner = format!("{{ trigger = \"t\", members = {{ a = \"A\", b = \"B\" }}, active = {active}{more} }}");
    let json = format!(
        "{{\"trigger\":\"t\",\"members\":{{\"a\":\"A\",\"b\":\"B\"}},\"active\":{active}{}}}",
        if more.is_empty() { "" } else { ",\"optional\":true" }
    );
    let main = format!(
        "resource \"test_other\" \"owner\" {{\n  input = {owner}\n}}\n\
         resource \"test_thing\" \"t\" {{\n  input   = \"A\"\n  trigger = \"t\"\n}}\n\
         output \"seen\" {{\n  value = test_thing.t.input\n}}\n"
    );
    scene(&main).object("test_other.owner", &json).output("seen", "\"A\"")
}

fn plan(scene: &Scene) -> PlanResult {
    let result = scene.plan();
    assert!(!result.diagnostics.has_errors(), "{:?}", result.diagnostics);
    result
}

#[test]
fn a_member_that_became_active_is_reported_and_nothing_else() {
    let result = plan(&owned("\"b\"", "").known_as("test_thing.t", "now:B", "\"A\"", "t"));
    assert_eq!(changes(&result.plan), ["NoOp test_other.owner", "NoOp test_thing.t"]);
    assert!(result.plan.drift.is_empty());
    let [change] = result.plan.runtime_changes.as_slice() else { panic!("{:?}", result.plan.runtime_changes) };
    assert_eq!((change.from.as_deref(), change.to.as_deref(), change.epoch), (Some("a"), Some("b"), 3));
    assert_eq!(result.plan.outputs["seen"].after, Value::from("B"), "outputs see the value of run time");
}

#[test]
fn a_strangers_value_is_drift_and_gives_way_to_the_active_members() {
    let result = plan(&owned("\"b\"", "").known_as("test_thing.t", "now:X", "\"A\"", "t"));
    assert_eq!(changes(&result.plan), ["NoOp test_other.owner", "Update test_thing.t"]);
    assert_eq!(input(&result.plan, "test_thing.t"), Value::from("B"));
    assert_eq!(result.plan.drift.len(), 1);
    assert!(result.plan.runtime_changes.is_empty());
    let late = result.plan.late.values().next().expect("the value is resolved when it is written");
    assert_eq!((late.epoch, late.attribute.as_ref()), (3, "input"));
}

#[test]
fn a_new_object_gets_the_active_members_value() {
    let result = plan(&owned("\"b\"", ""));
    assert_eq!(changes(&result.plan), ["NoOp test_other.owner", "Create test_thing.t"]);
    assert_eq!(input(&result.plan, "test_thing.t"), Value::from("B"));
    assert_eq!(result.plan.late.len(), 1);
}

#[test]
fn what_run_time_removes_is_not_made_again() {
    let stopped = owned("null", ", optional = true").known_as("test_thing.t", "gone", "\"A\"", "t");
    let result = plan(&stopped);
    assert_eq!(changes(&result.plan), ["NoOp test_other.owner", "NoOp test_thing.t"]);
    assert!(result.plan.drift.is_empty() && result.plan.refreshed.is_empty());
    let running = owned("\"a\"", ", optional = true").known_as("test_thing.t", "gone", "\"A\"", "t");
    let result = plan(&running);
    assert_eq!(changes(&result.plan), ["NoOp test_other.owner", "NoOp test_thing.t"], "the group's monitor makes it");
    assert_eq!(result.plan.drift.len(), 1, "but it is missed");
}

#[test]
fn what_is_not_claimed_is_planned_as_ever() {
    let result = plan(&owned("\"b\"", "").known_as("test_thing.t", "now:B", "\"A\"", "u"));
    assert_eq!(result.plan.drift.len(), 1);
    assert!(result.plan.runtime_changes.is_empty());
}

#[test]
fn what_its_owner_writes_is_left_alone_and_not_told() {
    let own = ", own = true";
    let owner = format!("{{ trigger = \"t\", members = {{ a = \"A\", b = \"B\" }}, active = \"b\"{own} }}");
    let json = "{\"trigger\":\"t\",\"members\":{\"a\":\"A\",\"b\":\"B\"},\"active\":\"b\",\"own\":true}";
    let main = format!(
        "resource \"test_other\" \"owner\" {{\n  input = {owner}\n}}\n\
         resource \"test_thing\" \"t\" {{\n  input   = \"C\"\n  trigger = \"t\"\n}}\n"
    );
    let owned = || scene(&main).object("test_other.owner", json);
    let kept = plan(&owned().known_as("test_thing.t", "now:A", "\"B\"", "t"));
    assert_eq!(changes(&kept.plan), ["NoOp test_other.owner", "NoOp test_thing.t"]);
    assert!(kept.plan.drift.is_empty() && kept.plan.runtime_changes.is_empty() && kept.diagnostics.is_empty());
    let strange = plan(&owned().known_as("test_thing.t", "now:X", "\"B\"", "t"));
    assert_eq!(changes(&strange.plan), ["NoOp test_other.owner", "Update test_thing.t"]);
    assert_eq!(input(&strange.plan, "test_thing.t"), Value::from("B"));
    assert!(strange.plan.late.is_empty(), "the plan knows what its owner means");
}

#[test]
fn others_see_the_value_of_run_time() {
    let scene = owned("\"b\"", "").known_as("test_thing.t", "now:B", "\"A\"", "t");
    let reader = "resource \"test_thing\" \"reader\" {\n  input = test_thing.t.input\n}\n";
    let result = plan(&scene.file("more.tf", reader));
    assert_eq!(changes(&result.plan), ["NoOp test_other.owner", "Create test_thing.reader", "NoOp test_thing.t"]);
    assert_eq!(input(&result.plan, "test_thing.reader"), Value::from("B"), "not what the configuration gives it");
    assert_eq!(result.plan.runtime_changes.len(), 1, "it is told once");
}

//! `lifecycle` blocks and conditions.

use super::{input, planned, said, scene};
use crate::plan::{Action, CheckStatus, PlanMode, PlanOptions};
use crate::value::Value;

#[test]
fn what_a_new_object_needs_first_is_made_first_too() {
    let main = "
        resource \"test_thing\" \"a\" {
          trigger = 2
          lifecycle {
            create_before_destroy = false
          }
        }
        resource \"test_thing\" \"b\" {
          trigger = test_thing.a.id
          lifecycle {
            create_before_destroy = true
          }
        }";
    let scene = scene(main).object("test_thing.a", "null").object("test_thing.b", "null");
    let reason = "ReplaceBecauseCannotUpdate";
    let expected = ["a", "b"].map(|it| format!("CreateThenDelete test_thing.{it} {reason}"));
    assert_eq!(planned(&scene), expected);
}

#[test]
fn a_trigger_is_a_change_and_neither_a_create_nor_another_attribute() {
    let with = |trigger: &str| {
        format!(
            "resource \"test_thing\" \"a\" {{\n  input = 2\n}}\nresource \"test_thing\" \"new\" {{}}\n\
             resource \"test_thing\" \"b\" {{\n  lifecycle {{\n    replace_triggered_by = [{trigger}]\n  }}\n}}\n"
        )
    };
    let action = |trigger: &str| {
        let scene = scene(&with(trigger)).object("test_thing.a", "1").object("test_thing.b", "null");
        let plan = scene.plan().plan;
        plan.changes.iter().find(|it| it.object.to_string() == "test_thing.b").unwrap().action
    };
    assert_eq!(action("test_thing.a"), Action::DeleteThenCreate);
    assert_eq!(action("test_thing.a.input"), Action::DeleteThenCreate);
    assert_eq!(action("test_thing.a.trigger"), Action::NoOp);
    assert_eq!(action("test_thing.new"), Action::NoOp);
    let nothing = said(&scene(&with("test_thing.a[3]")).object("test_thing.b", "null"));
    assert_eq!(nothing, ["no change found for test_thing.a[3] in the root module"]);
}

#[test]
fn a_replacement_is_made_as_the_configuration_says() {
    let main = |trigger: u8| {
        format!(
            "resource \"test_thing\" \"a\" {{\n  input = 2\n  trigger = {trigger}\n  \
             lifecycle {{\n    ignore_changes = [input]\n  }}\n}}\n"
        )
    };
    let kept =
        scene("resource \"test_thing\" \"a\" {\n  input = 2\n  lifecycle {\n    ignore_changes = [input]\n  }\n}\n");
    let kept = kept.object("test_thing.a", "1");
    assert_eq!(planned(&kept), ["NoOp test_thing.a"]);
    let replaced = scene(&main(1)).object("test_thing.a", "1").plan().plan;
    assert!(replaced.changes[0].action.is_replace());
    assert_eq!(input(&replaced, "test_thing.a"), Value::from(2_i64));
}

#[test]
fn conditions_are_judged_as_far_as_they_are_known() {
    let with = |condition: &str| {
        format!(
            "resource \"test_thing\" \"a\" {{\n  input = 1\n}}\n\
             check \"c\" {{\n  assert {{\n    condition = {condition}\n    error_message = \"no\"\n  }}\n}}\n"
        )
    };
    let judged = |condition: &str| {
        let result = scene(&with(condition)).plan();
        (result.plan.checks[0].status, result.diagnostics.iter().next().map(|it| it.summary.clone()))
    };
    assert_eq!(judged("test_thing.a.input == 1"), (CheckStatus::Pass, None));
    let failed = Some("Check block assertion failed".to_owned());
    assert_eq!(judged("test_thing.a.input == 2"), (CheckStatus::Fail, failed));
    let later = Some("Check block assertion known after apply".to_owned());
    assert_eq!(judged("test_thing.a.output == 2"), (CheckStatus::Unknown, later));
}

#[test]
fn a_condition_that_fails_stops_a_plan_and_not_a_refresh() {
    let main = "
        resource \"test_thing\" \"a\" {
          input = 1
          lifecycle {
            postcondition {
              condition     = self.input == 2
              error_message = \"no\"
            }
          }
        }";
    let scene = scene(main).object("test_thing.a", "1");
    assert_eq!(said(&scene), ["Resource postcondition failed"]);
    for (mode, status) in [(PlanMode::RefreshOnly, CheckStatus::Fail), (PlanMode::Destroy, CheckStatus::Unknown)] {
        let result = scene.plan_with(PlanOptions { mode, ..PlanOptions::default() });
        assert!(!result.diagnostics.has_errors());
        assert_eq!(result.plan.checks[0].status, status);
    }
}

#[test]
fn every_block_with_conditions_is_told_of() {
    let main = "
        resource \"test_thing\" \"a\" {
          count = 0
          lifecycle {
            precondition {
              condition     = count.index == 2
              error_message = \"no\"
            }
          }
        }";
    let result = scene(main).plan();
    assert_eq!((result.plan.checks[0].status, result.plan.checks[0].instances.len()), (CheckStatus::Pass, 0));
}

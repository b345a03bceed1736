//! Imports, removals, and plans of a part of a configuration.

use super::{changes, planned, planned_with, said, scene};
use crate::plan::{Action, PlanMode, PlanOptions};

fn targeted(mode: PlanMode, target: &str) -> PlanOptions {
    PlanOptions { mode, targets: vec![target.parse().unwrap()], ..PlanOptions::default() }
}

const CHAIN: &str = "
    resource \"test_thing\" \"a\" {
      input = 1
    }
    resource \"test_thing\" \"b\" {
      input = test_thing.a.input
    }
    resource \"test_thing\" \"c\" {
      input = test_thing.b.input
    }
    output \"b\" {
      value = test_thing.b.input
    }
    output \"c\" {
      value = test_thing.c.input
    }
    output \"fixed\" {
      value = 1
    }
";

#[test]
fn a_target_brings_what_it_needs_and_the_outputs_that_are_whole() {
    let options = targeted(PlanMode::Normal, "test_thing.b");
    let result = scene(CHAIN).plan_with(options);
    assert_eq!(changes(&result.plan), ["Create test_thing.a", "Create test_thing.b"]);
    assert_eq!(result.plan.outputs.keys().map(|it| &**it).collect::<Vec<_>>(), ["b"]);
}

#[test]
fn a_targeted_destroy_takes_what_needs_it() {
    let scene = scene(CHAIN).object("test_thing.a", "1").object("test_thing.b", "1").object("test_thing.c", "1");
    let scene = scene.made_from("test_thing.orphan", "1", &["test_thing.b"]).output("b", "1");
    let options = targeted(PlanMode::Destroy, "test_thing.b");
    let expected = ["Delete test_thing.b", "Delete test_thing.c", "Delete test_thing.orphan"];
    assert_eq!(planned_with(&scene, options.clone()), expected);
    assert!(scene.plan_with(options).plan.outputs.is_empty());
}

#[test]
fn a_destroy_lets_go_of_reads_that_would_have_to_wait() {
    let main = "
        resource \"test_thing\" \"a\" {}
        data \"test_thing\" \"d\" {
          input = test_thing.a.output
        }";
    let made = scene(main).object("data.test_thing.d", "1");
    let destroy = PlanOptions { mode: PlanMode::Destroy, ..PlanOptions::default() };
    assert_eq!(planned_with(&made, destroy), ["Forget data.test_thing.d"]);
}

/// A destroy that was interrupted leaves some instances of a resource; what names the others is evaluated no more.
#[test]
fn a_destroy_needs_nothing_of_what_is_gone() {
    let main = "
        resource \"test_thing\" \"each\" {
          for_each = { a = 1, b = 2 }
        }
        locals {
          first = test_thing.each[\"a\"].input
        }
        data \"test_thing\" \"d\" {
          input = local.first
        }
        resource \"test_thing\" \"user\" {
          count = data.test_thing.d.output
        }
        output \"first\" {
          value = local.first
        }";
    let left = scene(main).object("test_thing.each[\"b\"]", "2").object("test_thing.user[0]", "1");
    let left = left.object("data.test_thing.d", "1").output("first", "1");
    let destroy = PlanOptions { mode: PlanMode::Destroy, ..PlanOptions::default() };
    let result = left.plan_with(destroy);
    assert!(!result.diagnostics.has_errors(), "{:?}", result.diagnostics);
    let expected = ["Forget data.test_thing.d", "Delete test_thing.each[\"b\"]", "Delete test_thing.user[0]"];
    assert_eq!(changes(&result.plan), expected);
    assert_eq!(result.plan.outputs["first"].action, Action::Delete);
}

#[test]
fn an_import_waits_for_what_tells_its_id() {
    let main = "
        data \"test_thing\" \"ids\" {
          input = { a = \"i-1\", b = \"i-2\" }
        }
        resource \"test_thing\" \"r\" {
          for_each = { a = 1, b = 2 }
        }
        import {
          for_each = data.test_thing.ids.output
          to       = test_thing.r[each.key]
          id       = each.value
        }";
    let made = scene(main).object("test_thing.r[\"a\"]", "null");
    let expected = ["NoOp test_thing.r[\"a\"]", "NoOp test_thing.r[\"b\"] importing i-2"];
    assert_eq!(planned(&made), expected, "what is managed already is not taken over again");
    let destroy = PlanOptions { mode: PlanMode::Destroy, ..PlanOptions::default() };
    assert!(planned_with(&scene(main), destroy).is_empty());
}

#[test]
fn an_import_that_cannot_be_is_refused() {
    let with = |to: &str, id: &str| {
        let text = format!(
            "resource \"test_thing\" \"r\" {{\n  count = 1\n}}\nresource \"test_thing\" \"s\" {{}}\n\
             import {{\n  to = {to}\n  id = {id}\n}}\n"
        );
        said(&scene(&text))
    };
    assert_eq!(with("test_thing.r[0]", "\"gone\""), ["Cannot import non-existent remote object"]);
    assert_eq!(with("test_thing.r[1]", "\"i\""), ["Configuration for import target does not exist"]);
    assert_eq!(with("test_thing.x", "\"i\""), ["Configuration for import target does not exist"]);
    for id in ["\"\"", "null", "test_thing.s.id", "test_thing.r[0].id"] {
        assert_eq!(with("test_thing.r[0]", id), ["Invalid import id argument"], "{id}");
    }
    assert_eq!(with("test_thing.r[0]", "[1]"), ["Incorrect value type"]);
}

#[test]
fn what_is_removed_is_deleted_or_let_go() {
    let removed = |from: &str, lifecycle: &str| format!("removed {{\n  from = {from}\n{lifecycle}}}\n");
    let keep = "  lifecycle {\n    destroy = false\n  }\n";
    let deleted = scene(&removed("test_thing.a", "")).object("test_thing.a", "1");
    assert_eq!(planned(&deleted), ["Delete test_thing.a DeleteBecauseNoResourceConfig"]);
    let kept = scene(&removed("module.m", keep)).object("module.m[0].test_thing.a", "1");
    assert_eq!(planned(&kept), ["Forget module.m[0].test_thing.a DeleteBecauseNoResourceConfig"]);
    assert_eq!(said(&kept), ["Some objects will no longer be managed by Terraform"]);
}

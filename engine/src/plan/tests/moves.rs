//! `moved` blocks, and moves that follow from `count`.

use super::{planned, planned_with, said, scene};
use crate::plan::{PlanMode, PlanOptions};

fn moved(from: &str, to: &str) -> String {
    format!("moved {{\n  from = {from}\n  to   = {to}\n}}\n")
}

const THING: &str = "resource \"test_thing\" \"r\" {\n  input = 1\n}\n";
const CALL: &str = "module \"b\" {\n  source = \"./m\"\n  count  = 2\n}\n";

#[test]
fn a_chain_leads_to_its_end() {
    let main = format!("{THING}{}{}", moved("test_thing.q", "test_thing.r"), moved("test_thing.p", "test_thing.q"));
    let scene = scene(&main).object("test_thing.p", "1");
    assert_eq!(planned(&scene), ["NoOp test_thing.r from test_thing.p"]);
    let destroy = PlanOptions { mode: PlanMode::Destroy, ..PlanOptions::default() };
    assert_eq!(planned_with(&scene, destroy), ["Delete test_thing.r from test_thing.p"]);
}

#[test]
fn keys_come_and_go() {
    let counted = "resource \"test_thing\" \"r\" {\n  count = 2\n  input = 1\n}\n";
    let single = scene(counted).object("test_thing.r", "1");
    assert_eq!(planned(&single), ["NoOp test_thing.r[0] from test_thing.r", "Create test_thing.r[1]"]);
    let back = scene(THING).object("test_thing.r[0]", "1").object("test_thing.r[1]", "1");
    let gone = "Delete test_thing.r[1] DeleteBecauseWrongRepetition";
    assert_eq!(planned(&back), ["NoOp test_thing.r from test_thing.r[0]", gone]);
    let chosen = format!("{counted}{}", moved("test_thing.r", "test_thing.r[1]"));
    let chosen = scene(&chosen).object("test_thing.r", "1");
    assert_eq!(planned(&chosen), ["Create test_thing.r[0]", "NoOp test_thing.r[1] from test_thing.r"]);
}

#[test]
fn modules_move_with_all_that_is_in_them() {
    let scene = scene(&format!("{CALL}{}", moved("module.a", "module.b[1]"))).file("m/main.tf", THING);
    let scene = scene.object("module.a.test_thing.r", "1").object("module.a.test_thing.old", "1");
    let gone = "Delete module.b[1].test_thing.old from module.a.test_thing.old DeleteBecauseNoMoveTarget";
    let kept = "NoOp module.b[1].test_thing.r from module.a.test_thing.r";
    assert_eq!(planned(&scene), ["Create module.b[0].test_thing.r", gone, kept]);
}

#[test]
fn a_module_and_what_is_in_it_may_move_at_once() {
    let inner = format!("{THING}{}", moved("test_thing.q", "test_thing.r"));
    let scene = scene(&format!("{CALL}{}", moved("module.b", "module.b[0]"))).file("m/main.tf", &inner);
    let scene = scene.object("module.b.test_thing.q", "1");
    let kept = "NoOp module.b[0].test_thing.r from module.b.test_thing.q";
    assert_eq!(planned(&scene), [kept, "Create module.b[1].test_thing.r"]);
}

#[test]
fn a_taken_address_keeps_its_object() {
    let main = format!("{THING}{}", moved("test_thing.q", "test_thing.r"));
    let scene = scene(&main).object("test_thing.q", "1").object("test_thing.r", "1");
    let gone = "Delete test_thing.q DeleteBecauseNoResourceConfig";
    assert_eq!(planned(&scene), [gone, "NoOp test_thing.r"]);
    assert_eq!(said(&scene), ["Unresolved resource instance address changes"]);
}

#[test]
fn statements_that_make_no_sense_are_refused() {
    let q = "resource \"test_thing\" \"q\" {}\n";
    let to = |from: &str, to: &str| moved(&format!("test_thing.{from}"), &format!("test_thing.{to}"));
    for (main, summary) in [
        (format!("{q}{}", to("q", "r")), "Moved object still exists"),
        (format!("{q}{}", to("q", "q")), "Redundant move statement"),
        (format!("{q}{}{}", to("x", "q"), to("y", "q")), "Ambiguous move statements"),
        (format!("{q}{}{}", to("x", "q"), to("x", "r")), "Ambiguous move statements"),
        (format!("{q}{}{}", to("x", "y"), to("y", "x")), "Cyclic dependency in move statements"),
    ] {
        assert_eq!(said(&scene(&main)), [summary], "{main}");
    }
}

#[test]
fn another_type_must_know_how_to_take_over() {
    let main = |to: &str| format!("resource \"{to}\" \"r\" {{\n  input = 1\n}}\n");
    let other = main("test_other") + &moved("test_thing.q", "test_other.r");
    let kept = scene(&other).object("test_thing.q", "1");
    assert_eq!(planned(&kept), ["NoOp test_other.r from test_thing.q"]);
    let thing = main("test_thing") + &moved("test_other.q", "test_thing.r");
    let refused = scene(&thing).object("test_other.q", "1");
    assert_eq!(said(&refused), ["Unsupported `moved` across resource types"]);
}

#[test]
fn a_target_names_both_sides() {
    let scene = scene(&format!("{THING}{}", moved("test_thing.q", "test_thing.r"))).object("test_thing.q", "1");
    let targets = |names: &[&str]| {
        let targets = names.iter().map(|it| it.parse().unwrap()).collect();
        PlanOptions { targets, ..PlanOptions::default() }
    };
    let refused = scene.plan_with(targets(&["test_thing.r"]));
    let summaries: Vec<_> = refused.diagnostics.iter().map(|it| it.summary.as_str()).collect();
    assert_eq!(summaries, ["Moved resource instances excluded by targeting"]);
    let both = targets(&["test_thing.r", "test_thing.q"]);
    assert_eq!(planned_with(&scene, both), ["NoOp test_thing.r from test_thing.q"]);
}

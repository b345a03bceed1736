//! Ephemeral resources: opened where they are known, closed after their last use, kept out of whatever is stored.

use std::sync::Mutex;

use super::{changes, scene};
use crate::events::{EphemeralStep, Event, Events};
use crate::plan::PlanResult;

/// Takes down what is opened and closed.
struct Noted(Mutex<Vec<String>>);

impl Events for Noted {
    fn event(&self, event: Event<'_>) {
        let line = match event {
            Event::EphemeralDone { addr, step: EphemeralStep::Open, succeeded: true, .. } => format!("opened {addr}"),
            Event::EphemeralDone { addr, step: EphemeralStep::Close, .. } => format!("closed {addr}"),
            Event::ReadStart { addr } => format!("read {addr}"),
            _ => return,
        };
        self.0.lock().unwrap().push(line);
    }
}

fn plan(main: &str) -> (PlanResult, Vec<String>) {
    let noted: &'static Noted = Box::leak(Box::new(Noted(Mutex::default())));
    let result = super::Scene { events: noted, ..scene(main) }.plan();
    let lines = noted.0.lock().unwrap().clone();
    (result, lines)
}

fn summaries(main: &str) -> Vec<String> {
    plan(main).0.diagnostics.iter().map(|it| it.summary.clone()).collect()
}

#[test]
fn it_is_open_as_long_as_something_needs_it() {
    let (result, lines) = plan(
        "ephemeral \"test_token\" \"t\" {\n  count = 2\n  seed = count.index\n}\n\
         locals {\n  l = ephemeral.test_token.t[0].value\n}\n\
         resource \"test_thing\" \"a\" {\n  secret = local.l\n}\n\
         data \"test_thing\" \"late\" {\n  input = test_thing.a.input\n  depends_on = []\n}\n",
    );
    assert!(!result.plan.errored, "{:?}", result.diagnostics);
    assert_eq!(changes(&result.plan), ["Create test_thing.a"]);
    assert!(result.plan.changes[0].dependencies.is_empty());
    let (first, second) = ("ephemeral.test_token.t[0]", "ephemeral.test_token.t[1]");
    assert_eq!(lines[..2], [format!("opened {first}"), format!("opened {second}")]);
    // The data source is read after the thing, which is the last to need the token in the order of the blocks.
    assert!(lines.contains(&format!("closed {first}")) && lines.contains(&format!("closed {second}")), "{lines:?}");
    assert!(!serde_json::to_string(&result.plan).unwrap().contains("opened"));
}

#[test]
fn what_is_not_known_yet_is_not_opened() {
    let (result, lines) = plan(
        "resource \"test_thing\" \"a\" {\n  input = 1\n}\n\
         ephemeral \"test_token\" \"t\" {\n  seed = test_thing.a.output\n}\n\
         ephemeral \"test_token\" \"waits\" {\n  depends_on = [test_thing.a]\n}\n\
         resource \"test_thing\" \"b\" {\n  secret = ephemeral.test_token.t.value\n}\n",
    );
    assert!(!result.plan.errored, "{:?}", result.diagnostics);
    assert_eq!(changes(&result.plan), ["Create test_thing.a", "Create test_thing.b"]);
    assert!(lines.is_empty(), "{lines:?}");
}

#[test]
fn it_stays_out_of_what_is_stored() {
    let token = "ephemeral \"test_token\" \"t\" {}\n";
    for (block, summary) in [
        (
            "resource \"test_thing\" \"a\" {\n  input = ephemeral.test_token.t.value\n}",
            "Invalid use of ephemeral value",
        ),
        ("data \"test_thing\" \"a\" {\n  input = ephemeral.test_token.t.seed\n}", "Invalid use of ephemeral value"),
        (
            "resource \"test_thing\" \"a\" {\n  count = length(ephemeral.test_token.t.value)\n}",
            "Invalid count argument",
        ),
        (
            "output \"o\" {\n  value = ephemeral.test_token.t.value\n  sensitive = true\n}",
            "Ephemeral value not allowed",
        ),
    ] {
        assert_eq!(summaries(&format!("{token}{block}\n")), [summary], "{block}");
    }
    assert_eq!(summaries("ephemeral \"test_thing\" \"t\" {}\n"), ["Invalid ephemeral resource"]);
}

#[test]
fn conditions_hold_before_and_after_it_is_opened() {
    let with = |lifecycle: &str| {
        summaries(&format!(
            "variable \"v\" {{\n  default = 1\n}}\nephemeral \"test_token\" \"t\" {{\n  lifecycle {{\n{lifecycle}\n  }}\n}}\n"
        ))
    };
    let condition = |kind: &str, test: &str| format!("{kind} {{\n  condition = {test}\n  error_message = \"no\"\n}}");
    assert!(with(&condition("postcondition", "self.value == \"opened\"")).is_empty());
    assert_eq!(with(&condition("postcondition", "self.value == \"x\"")), ["Resource postcondition failed"]);
    assert_eq!(with(&condition("precondition", "var.v == 2")), ["Resource precondition failed"]);
    let bad = "ephemeral \"test_token\" \"t\" {\n  seed = \"bad\"\n}\n\
               resource \"test_thing\" \"a\" {\n  secret = ephemeral.test_token.t.value\n}\n";
    assert_eq!(summaries(bad), ["Ephemeral resource could not be opened"]);
}

#[test]
fn modules_pass_it_on_where_they_say_so() {
    let with = |variable: &str, output: &str| {
        let root = "ephemeral \"test_token\" \"t\" {}\nmodule \"m\" {\n  source = \"./m\"\n  v = ephemeral.test_token.t.value\n}\n";
        let module = format!("variable \"v\" {{\n{variable}\n}}\noutput \"o\" {{\n  value = var.v\n{output}\n}}\n");
        let result = scene(root).file("m/main.tf", &module).plan();
        result.diagnostics.iter().map(|it| it.summary.clone()).collect::<Vec<_>>()
    };
    let said = "  ephemeral = true";
    assert!(with(said, said).is_empty());
    assert_eq!(with("", said), ["Ephemeral value not allowed"]);
    assert_eq!(with(said, ""), ["Ephemeral value not allowed"]);
}

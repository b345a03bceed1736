//! The expressions by which wrappers read the output, run on ours.

use std::collections::BTreeMap;

use plumb_engine::diagnostic::Diagnostic;
use plumb_engine::plan::{Action, Counts, Reason};
use plumb_engine::value::Value;
use regex::Regex;

use super::fixture::*;
use crate::render::diagnostic::{DiagnosticOptions, diagnostic};
use crate::render::{Paint, plan as rendered, summary};

fn object() -> Value {
    thing([("id", "t-1".into()), ("name", "web".into())])
}

fn text(changes: Vec<plumb_engine::plan::ResourceChange>) -> String {
    rendered::plan(&plan(changes), view(&providers()))
}

fn matches(expression: &str, text: &str) -> bool {
    Regex::new(expression).unwrap().is_match(text)
}

/// tfcmt decides line by line.
fn some_line(expression: &str, text: &str) -> bool {
    text.lines().any(|line| matches(expression, line))
}

const TFCMT_FAIL: &str = r"^([│|] )?(Error: )";
const TFCMT_PLAN: &str = r"^(Plan: \d|No changes.)";
const TFCMT_APPLY: &str = r"^Apply complete!";
const TFCMT_DESTROY: &str = r"(\d+) to destroy\.?";

#[test]
fn tfcmt_reads_plans() {
    let changed = text(vec![change(Action::Delete, object(), none())]);
    assert!(some_line(TFCMT_PLAN, &changed));
    assert!(!some_line(TFCMT_FAIL, &changed));
    assert!(changed.lines().any(|line| line == "Terraform will perform the following actions:"));
    let destroyed = Regex::new(TFCMT_DESTROY).unwrap().captures(&changed).unwrap()[1].to_owned();
    assert_eq!(destroyed, "1");
    assert!(some_line(TFCMT_PLAN, &text(Vec::new())));
}

#[test]
fn tfcmt_reads_applies_and_errors() {
    let counts = Counts { import: 1, add: 2, change: 3, destroy: 4, forget: 5 };
    assert!(some_line(TFCMT_APPLY, &summary::applied(counts, Paint::PLAIN)));
    for boxed in [true, false] {
        let options = DiagnosticOptions { paint: Paint::PLAIN, columns: 78, boxed };
        let error = diagnostic(&Diagnostic::error("Bad", "Why."), None, options);
        assert!(some_line(TFCMT_FAIL, &error), "{error}");
        let warning = diagnostic(&Diagnostic::warning("Odd", ""), None, options);
        assert!(warning.contains("Warning: ") && !some_line(TFCMT_FAIL, &warning));
    }
}

#[test]
fn tfcmt_lists_what_happens_to_each_resource() {
    let mut replaced = change(Action::DeleteThenCreate, object(), object());
    replaced.reason = Some(Reason::ReplaceBecauseTainted);
    let mut imported = change(Action::NoOp, object(), object());
    imported.importing = Some("t-1".into());
    let mut moved = change(Action::NoOp, object(), object());
    moved.moved_from = Some("aws_thing.b".parse().unwrap());
    let text = text(vec![
        change(Action::Create, none(), object()),
        change(Action::Update, object(), object().with("name", "x".into())),
        change(Action::Delete, object(), none()),
        change(Action::CreateThenDelete, object(), object()),
        replaced,
        imported,
        moved,
    ]);
    for expression in [
        r"^ *# (.*) will be created$",
        r"^ *# (.*) will be updated in-place$",
        r"^ *# (.*) will be destroyed$",
        r"^ *# (.*?)( is tainted, so)? must be replaced$",
        r"^ *# (.*?) will be imported$",
        r"^ *# (.*?) has moved to (.*?)$",
    ] {
        let found: Vec<_> = text.lines().filter(|line| matches(expression, line)).collect();
        assert!(!found.is_empty(), "{expression}\n{text}");
        assert!(found.iter().all(|line| line.starts_with("  # ")), "{found:?}");
    }
}

#[test]
fn atlantis_reads_plans() {
    let changed = text(vec![change(Action::Update, object(), object().with("name", "x".into()))]);
    // It makes a diff of the plan by moving markers to the margin.
    let markers =
        Regex::new(r"(?m)^( +)([-+~]\s)(.*)(\s=\s|\s->\s|<<|\{|\(known after apply\)| \{\}|\[\]|\},?)(.*)$").unwrap();
    assert!(markers.is_match(&changed));
    assert!(changed.lines().any(|line| line.starts_with("  ~ resource")));
    assert!(matches(r"Plan: (?:(\d+) to import, )?(\d+) to add, (\d+) to change, (\d+) to destroy\.", &changed));
    assert!(matches(
        r"No changes\. (Infrastructure is up-to-date|Your infrastructure matches the configuration)\.",
        &text(Vec::new())
    ));
    assert!(!changed.contains("Refreshing state..."));
    let version = format!("Terraform v{} (Plumb v{})\n", crate::TERRAFORM_VERSION, crate::VERSION);
    let found = Regex::new(r"(?:Terraform|OpenTofu) v(.*?)(\s.*)?\n").unwrap();
    assert_eq!(&found.captures(&version).unwrap()[1], crate::TERRAFORM_VERSION);
}

#[test]
fn atlantis_notices_drift() {
    let mut it = plan(vec![change(Action::Update, object().with("name", "x".into()), object())]);
    it.drift = vec![drift(object(), object().with("name", "x".into()))];
    let text = rendered::plan(&it, view(&providers()));
    assert!(text.contains("Note: Objects have changed outside of "));
    // It cuts what a refresh found off at this sentence.
    assert!(text.contains("Unless you have made equivalent changes to your configuration"));
}

#[test]
fn the_number_of_calls_is_no_part_of_the_summary() {
    let counts = Counts { add: 1, ..Counts::default() };
    assert_eq!(summary::applied(counts, Paint::PLAIN), "Apply complete! Resources: 1 added, 0 changed, 0 destroyed.");
    assert_eq!(summary::calls(&BTreeMap::from([("a/b/aws".into(), 63)])).unwrap(), "API calls: 63 (aws 63)");
}

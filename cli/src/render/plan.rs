//! A plan as text.
//!
//! Wrappers match some lines of it exactly, so those keep the words that Terraform gives them.

use anstyle::AnsiColor;
use plumb_engine::addr::Mode;
use plumb_engine::plan::{Action, Drift, Plan, PlanMode, ResourceChange};
use plumb_engine::value::Value;

use super::diff::{self, DrawOptions};
use super::{View, operation, outputs, runtime, schema_block, summary, wrap};

/// Above the changes. tfcmt and Digger cut the plan out of the output at this very line, with this product's name.
const ACTIONS: &str = "Terraform will perform the following actions:";

/// Above what a refresh found; wrappers match it from its second word on.
const DRIFTED: &str = "Objects have changed outside of Terraform";

/// The plan: drift, changes, the line of numbers, outputs; or that there is nothing to do.
pub fn plan(plan: &Plan, view: View<'_>) -> String {
    let drift = drift_section(plan, view) + &runtime::text(&plan.runtime_changes, view);
    let changes: Vec<&ResourceChange> = plan.changes.iter().filter(|it| is_shown(it)).collect();
    let outputs = outputs::changes(&plan.outputs, view.paint);
    if changes.is_empty() && outputs.is_empty() {
        let rule = if drift.is_empty() || plan.mode == PlanMode::RefreshOnly { String::new() } else { rule(view) };
        return drift + &rule + &nothing(plan, view, !plan.drift.is_empty());
    }
    let mut out = drift;
    if !out.is_empty() {
        out += &rule(view);
    }
    if changes.iter().any(|it| it.action != Action::NoOp) {
        out += &legend(&changes, view);
    }
    if !changes.is_empty() {
        out += &if plan.errored {
            "\nThese actions were planned before a problem was met:\n".to_owned()
        } else {
            format!("\n{ACTIONS}\n")
        };
        for change in &changes {
            out += &format!("\n{}\n", resource(change, view));
        }
        out += &format!("\n{}\n", summary::planned(plan.counts(), view.paint));
    }
    if !outputs.is_empty() {
        out += &format!("\nChanges to Outputs:\n{outputs}");
        if changes.is_empty() {
            let note = "Applying this plan stores the new output values in the state and changes nothing else.";
            out += &format!("\n{}\n", wrap(note, view.columns));
        }
    }
    out
}

/// Below a plan: how to apply it. `saved` is the plan file, if there is one.
pub fn next_step(saved: Option<&str>, view: View<'_>) -> String {
    let text = match saved {
        Some(path) => {
            format!("\nSaved the plan to: {path}\n\nTo perform exactly these actions, run:\n    plumb apply {path:?}\n")
        }
        None => {
            let note = "Note: The plan was not saved, because -out was not given. A later \"plumb apply\" makes a new \
                        plan, which can differ from this one.";
            format!("\n{}\n", wrap(note, view.columns))
        }
    };
    rule(view) + &text
}

/// A line across the terminal, with an empty line above.
pub fn rule(view: View<'_>) -> String {
    format!("\n{}\n", view.paint.dim(&"─".repeat(view.columns.saturating_sub(1).clamp(1, 200))))
}

fn is_shown(change: &ResourceChange) -> bool {
    let mode = change.object.addr.resource.mode;
    let acts = change.action != Action::NoOp || change.importing.is_some() || change.moved_from.is_some();
    acts && mode != Mode::Ephemeral && !(mode == Mode::Data && change.action == Action::Delete)
}

fn legend(changes: &[&ResourceChange], view: View<'_>) -> String {
    let intro = "Plumb compared the configuration with the real infrastructure and made the following execution plan. \
                 Resource actions are indicated with the following symbols:";
    let mut out = format!("\n{}\n", wrap(intro, view.columns));
    for action in operation::LEGEND {
        if changes.iter().any(|it| it.action == action) {
            out += &format!("{}{}\n", operation::symbol(action, view.paint), operation::meaning(action));
        }
    }
    out
}

/// One change: the comment above it and the block.
pub fn resource(change: &ResourceChange, view: View<'_>) -> String {
    let forget = change.action == Action::Forget;
    let before = &change.before;
    // What is forgotten stays as it is, so it is drawn as an object and not as a change.
    let after = if forget { before } else { &change.after };
    let schema = schema_block(view.providers, &change.provider, &change.object.addr.resource, &[before, after]);
    let tree = diff::block(before, after, &schema, &change.replace_paths);
    let options = DrawOptions { paint: view.paint, show_same: change.importing.is_some(), ..DrawOptions::default() };
    let steps = change.steps.as_ref().map(|it| super::steps::section(it, view.paint)).unwrap_or_default();
    format!(
        "{}{}{} {}{steps}",
        operation::comment(change, view.paint),
        operation::symbol(change.action, view.paint),
        operation::header(&change.object.addr),
        diff::draw(&tree, 0, options)
    )
}

fn drift_section(plan: &Plan, view: View<'_>) -> String {
    if plan.drift.is_empty() {
        return String::new();
    }
    let word = view.paint.strong(AnsiColor::Cyan, "Note:");
    let mut out = format!("\n{word} {}\n\n", view.paint.bold(DRIFTED));
    let intro = "The following objects are no longer as the last apply left them, which may have led to parts of this \
                 plan:";
    out += &format!("{}\n", wrap(intro, view.columns));
    for drift in &plan.drift {
        out += &format!("\n{}\n", drifted(drift, view));
    }
    let outro = match plan.mode {
        PlanMode::RefreshOnly => {
            "This is a refresh-only plan: nothing is done to undo these changes. If they were expected, apply it to \
             record them in the state; no object is touched by that."
        }
        _ => {
            "Unless you have made equivalent changes to your configuration, or told plumb with ignore_changes to leave \
             these attributes alone, the following plan may undo or answer these changes."
        }
    };
    out + &format!("\n\n{}\n", wrap(outro, view.columns))
}

/// One object that changed by itself: the comment above it and the block.
pub fn drifted(drift: &Drift, view: View<'_>) -> String {
    let schema =
        schema_block(view.providers, &drift.provider, &drift.object.addr.resource, &[&drift.before, &drift.after]);
    let tree = diff::block(&drift.before, &drift.after, &schema, &[]);
    let options = DrawOptions { paint: view.paint, ..DrawOptions::default() };
    let action = drift_action(&drift.before, &drift.after);
    format!(
        "{}{}{} {}",
        operation::drift_comment(drift, action, view.paint),
        operation::symbol(action, view.paint),
        operation::header(&drift.object.addr),
        diff::draw(&tree, 0, options)
    )
}

/// What happened to an object that drifted.
pub fn drift_action(before: &Value, after: &Value) -> Action {
    match (after.is_null(), before == after) {
        (true, _) => Action::Delete,
        (false, true) => Action::NoOp,
        (false, false) => Action::Update,
    }
}

fn nothing(plan: &Plan, view: View<'_>, drifted: bool) -> String {
    let line = |first: &str, second: &str, detail: &str| {
        let (first, second) = (view.paint.strong(AnsiColor::Green, first), view.paint.bold(second));
        format!("\n{first} {second}\n\n{}\n", wrap(detail, view.columns))
    };
    if plan.errored {
        let (first, second) = (view.paint.strong(AnsiColor::Red, "Planning failed."), "No plan could be made.");
        return format!("\n{first} {}\n", view.paint.bold(second));
    }
    match plan.mode {
        PlanMode::RefreshOnly if drifted => String::new(),
        PlanMode::RefreshOnly => line(
            "No changes.",
            "Your infrastructure still matches the configuration.",
            "Every object was read again and is as the last apply left it.",
        ),
        PlanMode::Destroy => line(
            "No changes.",
            "No objects need to be destroyed.",
            "The state holds no object that exists: none was made yet, or all are gone already.",
        ),
        PlanMode::Normal if drifted => line(
            "No changes.",
            "Your infrastructure matches the configuration.",
            "The configuration agrees with the changes above. To take them over into the state as well, run:\n  \
             plumb apply -refresh-only",
        ),
        PlanMode::Normal => {
            let targeted = !plan.targets.is_empty() || !plan.excludes.is_empty();
            let detail = if targeted {
                "Only the objects that -target and -exclude leave were compared with the configuration; they need no \
                 change."
            } else {
                "Plumb has compared your real infrastructure against your configuration and found no differences, so \
                 no changes are needed."
            };
            line("No changes.", "Your infrastructure matches the configuration.", detail)
        }
    }
}

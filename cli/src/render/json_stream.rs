//! The lines of the `-json` stream: one JSON object for everything that would be said to a person.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use plumb_engine::addr::InstanceAddr;
use plumb_engine::diagnostic::Diagnostic;
use plumb_engine::events::{EphemeralStep, Event};
use plumb_engine::plan::{Action, Counts, Drift, OutputChange, Plan, Reason, ResourceChange};
use plumb_engine::provider::RuntimeChange;
use plumb_engine::source::SourceMap;
use plumb_engine::store::{ObjectKey, OutputRecord};
use serde_json::{Value as Json, json};

use super::plan::drift_action;
use super::{json_diagnostic, progress, runtime, summary};
use crate::{TERRAFORM_VERSION, VERSION};

/// Version of the stream.
const UI: &str = "1.2";

/// The first line: who speaks.
pub fn version() -> Json {
    let mut json = line("info", &format!("Plumb {VERSION}"), "version");
    json["terraform"] = json!(TERRAFORM_VERSION);
    json["ui"] = json!(UI);
    json
}

/// A diagnostic.
pub fn diagnostic(it: &Diagnostic, sources: Option<&SourceMap>) -> Json {
    let (level, word) = if it.is_error() { ("error", "Error") } else { ("warn", "Warning") };
    let mut json = line(level, &format!("{word}: {}", it.summary), "diagnostic");
    json["diagnostic"] = json_diagnostic::diagnostic(it, sources);
    json
}

/// Everything that a plan says: drift, changes, numbers, outputs.
pub fn plan(plan: &Plan) -> Vec<Json> {
    let mut lines: Vec<Json> = plan.drift.iter().map(resource_drift).collect();
    lines.extend(plan.runtime_changes.iter().map(runtime_change));
    lines.extend(plan.changes.iter().filter_map(planned_change));
    lines.push(change_summary(plan.counts(), "plan"));
    if !plan.outputs.is_empty() {
        lines.push(planned_outputs(&plan.outputs));
    }
    lines
}

/// The numbers of a plan, an apply or a destroy: `operation` is one of these words.
pub fn change_summary(counts: Counts, operation: &str) -> Json {
    let message = match operation {
        "plan" => format!("Plan: {}", summary::planned_text(counts)),
        "destroy" => summary::destroyed_text(counts),
        _ => summary::applied_text(counts),
    };
    let mut json = line("info", &message, "change_summary");
    json["changes"] = json!({
        "add": counts.add,
        "change": counts.change,
        "import": counts.import,
        "remove": counts.destroy,
        "forget": counts.forget,
        "operation": operation,
    });
    json
}

/// The outputs after an apply; values of sensitive ones are left out.
pub fn outputs(outputs: &BTreeMap<Arc<str>, OutputRecord>) -> Json {
    let mut json = line("info", &format!("Outputs: {}", outputs.len()), "outputs");
    let values = outputs.iter().map(|(name, it)| {
        let mut output = json!({ "sensitive": it.sensitive, "type": it.ty });
        if !it.sensitive {
            output["value"] = it.value.clone();
        }
        (name.to_string(), output)
    });
    json["outputs"] = Json::Object(values.collect());
    json
}

fn planned_outputs(outputs: &BTreeMap<Arc<str>, OutputChange>) -> Json {
    let mut json = line("info", &format!("Outputs: {}", outputs.len()), "outputs");
    let values = outputs
        .iter()
        .map(|(name, it)| (name.to_string(), json!({ "sensitive": it.sensitive, "action": change_action(it.action) })));
    json["outputs"] = Json::Object(values.collect());
    json
}

fn planned_change(change: &ResourceChange) -> Option<Json> {
    let action = match (change.action, &change.importing, &change.moved_from) {
        (Action::NoOp, Some(_), _) => "import",
        (Action::NoOp, None, Some(_)) => "move",
        (Action::NoOp, None, None) => return None,
        (action, ..) => change_action(action),
    };
    let mut json = line("info", &format!("{}: Plan to {action}", change.object.addr), "planned_change");
    let mut inner = json!({ "resource": resource(&change.object.addr) });
    if let Some(from) = &change.moved_from {
        inner["previous_resource"] = resource(from);
    }
    inner["action"] = json!(action);
    if let Some(reason) = change.reason {
        inner["reason"] = json!(change_reason(reason));
    }
    if let Some(id) = &change.importing {
        inner["importing"] = json!({ "id": id });
    }
    if let Some(steps) = &change.steps {
        inner["steps"] = super::steps::json(steps);
    }
    json["change"] = inner;
    Some(json)
}

fn resource_drift(drift: &Drift) -> Json {
    let action = match drift_action(&drift.before, &drift.after) {
        Action::NoOp => "move",
        action => change_action(action),
    };
    let mut json = line("info", &format!("{}: Drift detected ({action})", drift.object.addr), "resource_drift");
    let mut inner = json!({ "resource": resource(&drift.object.addr) });
    if let Some(from) = &drift.moved_from {
        inner["previous_resource"] = resource(from);
    }
    inner["action"] = json!(action);
    json["change"] = inner;
    json
}

fn runtime_change(change: &RuntimeChange) -> Json {
    let mut json = line("info", &format!("{}: Runtime changed", runtime::line(change)), "runtime_change");
    json["change"] = runtime::object(change);
    json
}

/// Something that happens while a plan is made or applied.
pub fn event(event: &Event<'_>) -> Vec<Json> {
    let Some((kind, level)) = event_type(event) else { return Vec::new() };
    let messages = progress::lines(event);
    let hooks: Vec<Json> = match event {
        Event::RefreshStart { objects } | Event::RefreshDone { objects } => {
            objects.iter().map(|(object, id)| hook(&object.addr, None, Some(id), None)).collect()
        }
        Event::ReadStart { addr } => vec![hook(addr, Some("read"), None, None)],
        Event::ReadDone { addr, id, elapsed } => vec![hook(addr, Some("read"), Some(id), Some(*elapsed))],
        Event::EphemeralStart { addr, step } => vec![hook(addr, Some(step_name(*step)), None, None)],
        Event::EphemeralDone { addr, step, elapsed, .. } => {
            vec![hook(addr, Some(step_name(*step)), None, Some(*elapsed))]
        }
        Event::OperationStart { object, action, id } => vec![operation(object, *action, *id, None)],
        Event::OperationProgress { object, action, id, elapsed }
        | Event::OperationDone { object, action, id, elapsed } => {
            vec![operation(object, *action, *id, Some(*elapsed))]
        }
        Event::OperationFailed { object, action, elapsed } => vec![operation(object, *action, None, Some(*elapsed))],
        Event::Step { object, step, number, count, what } => {
            vec![super::steps::hook(resource(&object.addr), step, (*number, *count), *what)]
        }
        Event::ProvisionStart { addr, provisioner } | Event::ProvisionDone { addr, provisioner, .. } => {
            vec![json!({ "resource": resource(addr), "provisioner": provisioner })]
        }
        Event::ProvisionOutput { addr, provisioner, line } => {
            vec![json!({ "resource": resource(addr), "provisioner": provisioner, "output": line })]
        }
        Event::Stopping { .. } | Event::Waiting { .. } => vec![Json::Null],
    };
    let described = hooks.into_iter().zip(messages).map(|(hook, message)| {
        let mut json = line(level, &message, kind);
        if !hook.is_null() {
            json["hook"] = hook;
        }
        json
    });
    described.collect()
}

fn event_type(event: &Event<'_>) -> Option<(&'static str, &'static str)> {
    Some(match event {
        Event::RefreshStart { .. } => ("refresh_start", "info"),
        Event::RefreshDone { .. } => ("refresh_complete", "info"),
        Event::ReadStart { .. } => ("apply_start", "info"),
        Event::ReadDone { .. } => ("apply_complete", "info"),
        Event::EphemeralStart { .. } => ("ephemeral_op_start", "info"),
        Event::EphemeralDone { succeeded: true, .. } => ("ephemeral_op_complete", "info"),
        Event::EphemeralDone { .. } => ("ephemeral_op_errored", "info"),
        // Leaving the state is no operation on an object; the summary counts it.
        Event::OperationStart { action: Action::Forget | Action::NoOp, .. }
        | Event::OperationProgress { action: Action::Forget | Action::NoOp, .. }
        | Event::OperationDone { action: Action::Forget | Action::NoOp, .. } => return None,
        Event::OperationStart { .. } => ("apply_start", "info"),
        Event::OperationProgress { .. } => ("apply_progress", "info"),
        Event::OperationDone { .. } => ("apply_complete", "info"),
        Event::OperationFailed { .. } => ("apply_errored", "info"),
        Event::Step { what, .. } => (super::steps::event_type(*what), "info"),
        Event::ProvisionStart { .. } => ("provision_start", "info"),
        Event::ProvisionDone { succeeded: true, .. } => ("provision_complete", "info"),
        Event::ProvisionDone { .. } => ("provision_errored", "info"),
        Event::ProvisionOutput { .. } => ("provision_progress", "info"),
        Event::Stopping { .. } | Event::Waiting { .. } => ("log", "warn"),
    })
}

fn step_name(step: EphemeralStep) -> &'static str {
    match step {
        EphemeralStep::Open => "open",
        EphemeralStep::Close => "close",
    }
}

fn operation(object: &ObjectKey, action: Action, id: Option<&str>, elapsed: Option<Duration>) -> Json {
    hook(&object.addr, Some(change_action(action)), id, elapsed)
}

fn hook(addr: &InstanceAddr, action: Option<&str>, id: Option<&str>, elapsed: Option<Duration>) -> Json {
    let mut json = json!({ "resource": resource(addr) });
    if let Some(action) = action {
        json["action"] = json!(action);
    }
    if let Some(id) = id {
        json["id_key"] = json!("id");
        json["id_value"] = json!(id);
    }
    if let Some(elapsed) = elapsed {
        json["elapsed_seconds"] = json!(elapsed.as_secs());
    }
    json
}

fn resource(addr: &InstanceAddr) -> Json {
    let type_name = &addr.resource.type_name;
    json!({
        "addr": addr.to_string(),
        "module": addr.module.to_string(),
        "resource": format!("{}{}", addr.resource, addr.key),
        "implied_provider": type_name.split('_').next(),
        "resource_type": type_name,
        "resource_name": addr.resource.name,
        "resource_key": addr.key,
    })
}

/// The stream's word for an action.
fn change_action(action: Action) -> &'static str {
    match action {
        Action::NoOp => "noop",
        Action::Create => "create",
        Action::Read => "read",
        Action::Update => "update",
        Action::DeleteThenCreate | Action::CreateThenDelete => "replace",
        Action::Delete => "delete",
        Action::Forget => "remove",
    }
}

/// The stream's word for a reason; those of replacements are shorter than in the plan document.
fn change_reason(reason: Reason) -> Json {
    match reason {
        Reason::ReplaceBecauseTainted => json!("tainted"),
        Reason::ReplaceByRequest => json!("requested"),
        Reason::ReplaceByTriggers => json!("replace_triggered_by"),
        Reason::ReplaceBecauseCannotUpdate => json!("cannot_update"),
        other => json!(other),
    }
}

/// A line of a kind.
pub fn line(level: &str, message: &str, kind: &str) -> Json {
    let now = jiff::Timestamp::now();
    json!({
        "@level": level,
        "@message": message,
        "@module": "terraform.ui",
        "@timestamp": format!("{now:.6}"),
        "type": kind,
    })
}

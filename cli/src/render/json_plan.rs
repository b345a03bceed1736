//! A plan as the JSON of `show -json`, format 1.2: what policy engines, scanners and cost tools read.

use plumb_engine::addr::{Mode, ModuleAddr};
use plumb_engine::plan::{Action, Drift, OutputChange, Plan, PlanMode, ResourceChange};
use plumb_engine::provider::Providers;
use plumb_engine::store::ObjectKey;
use plumb_engine::value::Value;
use serde_json::{Map, Value as Json, json};

use super::json_state::{self, identity, module_tree, type_json};
use super::{json_value, plan::drift_action, provider_source, runtime, schema_block, schema_version};
use crate::TERRAFORM_VERSION;

/// Version of the format.
const FORMAT: &str = "1.2";

/// The document. `configuration` describes the configuration in the same format.
pub fn document(plan: &Plan, configuration: Json, providers: &Providers) -> Json {
    let variables =
        plan.variables.iter().map(|(name, it)| (name.to_string(), json!({ "value": json_value::plain(it) })));
    let mut json = json!({
        "format_version": FORMAT,
        "terraform_version": TERRAFORM_VERSION,
        "variables": Json::Object(variables.collect()),
        "planned_values": planned_values(plan, providers),
    });
    if !plan.drift.is_empty() {
        json["resource_drift"] = plan.drift.iter().map(|it| drift(it, providers)).collect();
    }
    if !plan.runtime_changes.is_empty() {
        json["runtime_changes"] = runtime::document(&plan.runtime_changes);
    }
    // A refresh tells what it found as drift, and changes nothing.
    let changes = plan.changes.iter().filter(|_| plan.mode != PlanMode::RefreshOnly);
    let changes: Vec<Json> = changes.map(|it| resource_change(it, plan.mode, providers)).collect();
    if !changes.is_empty() {
        json["resource_changes"] = json!(changes);
    }
    let outputs = plan.outputs.iter().map(|(name, it)| (name.to_string(), output_change(it)));
    json["output_changes"] = Json::Object(outputs.collect());
    json["prior_state"] = prior_state(plan, providers);
    json["configuration"] = configuration;
    json["checks"] = json_state::checks(&plan.checks);
    json["timestamp"] = json!(plan.timestamp);
    json["applyable"] = json!(!plan.errored && is_applyable(plan));
    json["complete"] = json!(!plan.errored && plan.targets.is_empty() && plan.excludes.is_empty());
    json["errored"] = json!(plan.errored);
    json
}

fn is_applyable(plan: &Plan) -> bool {
    let differs = |it: &Drift| drift_action(&it.before, &it.after) != Action::NoOp;
    match plan.mode {
        PlanMode::RefreshOnly => {
            plan.drift.iter().any(differs)
                || !plan.runtime_changes.is_empty()
                || plan.outputs.values().any(|it| it.action != Action::NoOp)
        }
        _ => !plan.is_empty(),
    }
}

fn planned_values(plan: &Plan, providers: &Providers) -> Json {
    let mut json = json!({});
    let outputs = plan.outputs.iter().filter(|(_, it)| it.action != Action::Delete);
    let outputs: Map<String, Json> =
        outputs.map(|(name, it)| (name.to_string(), output(&it.after, it.sensitive))).collect();
    if !outputs.is_empty() {
        json["outputs"] = Json::Object(outputs);
    }
    let planned = plan.changes.iter().filter(|it| it.object.deposed.is_none() && !it.after.is_null());
    let planned = planned.filter(|_| plan.mode != PlanMode::RefreshOnly);
    json["root_module"] = module_tree(
        planned.map(|it| (&it.object.addr.module, planned_object(&it.object, &it.provider, &it.after, providers))),
    );
    json
}

fn prior_state(plan: &Plan, providers: &Providers) -> Json {
    let mut values = json!({});
    let outputs = plan.outputs.iter().filter(|(_, it)| !it.before.is_null());
    let outputs: Map<String, Json> =
        outputs.map(|(name, it)| (name.to_string(), output(&it.before, it.sensitive))).collect();
    if !outputs.is_empty() {
        values["outputs"] = Json::Object(outputs);
    }
    let prior = plan.changes.iter().filter(|it| it.object.deposed.is_none() && !it.before.is_null());
    let resources: Vec<(&ModuleAddr, Json)> = prior
        .map(|it| {
            let mut json = planned_object(&it.object, &it.provider, &it.before, providers);
            if !it.dependencies.is_empty() {
                json["depends_on"] = it.dependencies.iter().map(ToString::to_string).collect();
            }
            (&it.object.addr.module, json)
        })
        .collect();
    values["root_module"] = module_tree(resources);
    json!({ "format_version": json_state::FORMAT, "terraform_version": TERRAFORM_VERSION, "values": values })
}

fn output(value: &Value, sensitive: bool) -> Json {
    let mut json = json!({ "sensitive": sensitive });
    if value.is_wholly_known() {
        json["type"] = type_json(value);
        json["value"] = json_value::plain(value);
    }
    json
}

fn planned_object(object: &ObjectKey, provider: &str, value: &Value, providers: &Providers) -> Json {
    let resource = &object.addr.resource;
    let value = marked(object, provider, value, providers);
    let mut json = identity(&object.addr);
    json["provider_name"] = json!(provider_source(provider));
    json["schema_version"] = json!(schema_version(providers, provider, resource));
    json["values"] = json_value::plain(&value);
    json["sensitive_values"] = object_mask(json_value::sensitive_mask(&value));
    json
}

fn marked(object: &ObjectKey, provider: &str, value: &Value, providers: &Providers) -> Value {
    let schema = schema_block(providers, provider, &object.addr.resource, &[value]);
    json_value::mark_by_schema(value, &schema)
}

/// A mask of an object is an object even if nothing in it is marked.
fn object_mask(mask: Json) -> Json {
    if mask == Json::Bool(false) { json!({}) } else { mask }
}

fn resource_change(change: &ResourceChange, mode: PlanMode, providers: &Providers) -> Json {
    // What is deleted with everything else has no past to tell of.
    let moved_from = change.moved_from.as_ref().filter(|_| mode != PlanMode::Destroy);
    let mut json = heading(&change.object, moved_from.map(ToString::to_string), &change.provider);
    let mut inner = sides(&change.object, &change.provider, &change.before, &change.after, change.action, providers);
    if !change.replace_paths.is_empty() {
        inner["replace_paths"] = json!(change.replace_paths);
    }
    if let Some(id) = &change.importing {
        inner["importing"] = json!({ "id": id });
    }
    if let Some(steps) = &change.steps {
        inner["steps"] = super::steps::json(steps);
    }
    json["change"] = inner;
    if let Some(reason) = change.reason {
        json["action_reason"] = json!(reason);
    }
    json
}

fn drift(drift: &Drift, providers: &Providers) -> Json {
    let mut json = heading(&drift.object, drift.moved_from.as_ref().map(ToString::to_string), &drift.provider);
    let action = drift_action(&drift.before, &drift.after);
    json["change"] = sides(&drift.object, &drift.provider, &drift.before, &drift.after, action, providers);
    json
}

fn heading(object: &ObjectKey, moved_from: Option<String>, provider: &str) -> Json {
    let mut json = json!({ "address": object.addr.to_string() });
    if let Some(from) = moved_from {
        json["previous_address"] = json!(from);
    }
    if !object.addr.module.is_root() {
        json["module_address"] = json!(object.addr.module.to_string());
    }
    let Json::Object(identity) = identity(&object.addr) else { return json };
    for (key, value) in identity {
        json[key] = value;
    }
    json["provider_name"] = json!(provider_source(provider));
    if let Some(deposed) = &object.deposed {
        json["deposed"] = json!(deposed);
    }
    json
}

fn sides(
    object: &ObjectKey,
    provider: &str,
    before: &Value,
    after: &Value,
    action: Action,
    providers: &Providers,
) -> Json {
    let (before, after) = (marked(object, provider, before, providers), marked(object, provider, after, providers));
    json!({
        "actions": actions(action, object.addr.resource.mode),
        "before": json_value::plain(&before),
        "after": json_value::plain(&after),
        "after_unknown": object_mask(json_value::unknown_mask(&after)),
        "before_sensitive": json_value::sensitive_mask(&before),
        "after_sensitive": json_value::sensitive_mask(&after),
    })
}

fn output_change(change: &OutputChange) -> Json {
    let mut json = json!({
        "actions": actions(change.action, Mode::Managed),
        "before": json_value::plain(&change.before),
    });
    if !change.after.is_unknown() {
        json["after"] = json_value::plain(&change.after);
    }
    json["after_unknown"] = json_value::unknown_mask(&change.after);
    json["before_sensitive"] = json!(change.sensitive);
    json["after_sensitive"] = json!(change.sensitive);
    json
}

/// The actions of a change as every policy reads them.
pub fn actions(action: Action, mode: Mode) -> Json {
    match action {
        Action::NoOp => json!(["no-op"]),
        Action::Create if mode == Mode::Data => json!(["read"]),
        Action::Create => json!(["create"]),
        Action::Read => json!(["read"]),
        Action::Update => json!(["update"]),
        Action::DeleteThenCreate => json!(["delete", "create"]),
        Action::CreateThenDelete => json!(["create", "delete"]),
        Action::Delete => json!(["delete"]),
        Action::Forget => json!(["forget"]),
    }
}

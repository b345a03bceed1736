//! A state as the JSON of `show -json`, format 1.0, and the tree of modules that plans share with it.

use std::collections::BTreeMap;

use plumb_engine::addr::{InstanceAddr, InstanceKey, Mode, ModuleAddr};
use plumb_engine::plan::CheckResult;
use plumb_engine::provider::Providers;
use plumb_engine::store::{ObjectKey, ObjectRecord, ObjectStatus, Snapshot};
use plumb_engine::value::{Value, from_json, infer_json, to_json};
use serde_json::{Value as Json, json};

use super::{json_value, provider_source, schema_block};
use crate::TERRAFORM_VERSION;

/// Version of the format.
pub const FORMAT: &str = "1.0";

/// The document.
pub fn document(snapshot: &Snapshot, providers: &Providers) -> Json {
    if snapshot.objects.is_empty() && snapshot.outputs.is_empty() {
        return json!({ "format_version": FORMAT });
    }
    let mut json = json!({ "format_version": FORMAT, "terraform_version": TERRAFORM_VERSION, "values": values(snapshot, providers) });
    if !snapshot.checks.is_empty() {
        json["checks"] = checks(&snapshot.checks);
    }
    json
}

fn values(snapshot: &Snapshot, providers: &Providers) -> Json {
    let mut values = json!({});
    if !snapshot.outputs.is_empty() {
        let outputs = snapshot.outputs.iter().map(|(name, it)| {
            (name.to_string(), json!({ "sensitive": it.sensitive, "value": it.value, "type": it.ty }))
        });
        values["outputs"] = Json::Object(outputs.collect());
    }
    let resources = snapshot.objects.iter().map(|(key, record)| (&key.addr.module, resource(key, record, providers)));
    values["root_module"] = module_tree(resources);
    values
}

fn resource(key: &ObjectKey, record: &ObjectRecord, providers: &Providers) -> Json {
    let value = object(key, record, providers);
    let mut json = identity(&key.addr);
    json["provider_name"] = json!(provider_source(&record.provider));
    json["schema_version"] = json!(record.schema_version);
    json["values"] = json_value::plain(&value);
    json["sensitive_values"] = json_value::sensitive_mask(&value);
    if !record.dependencies.is_empty() {
        json["depends_on"] = record.dependencies.iter().map(ToString::to_string).collect();
    }
    if record.status == ObjectStatus::Tainted {
        json["tainted"] = json!(true);
    }
    if let Some(deposed) = &key.deposed {
        json["deposed_key"] = json!(deposed);
    }
    json
}

/// A stored object as a value of its type, sensitive parts marked.
pub fn object(key: &ObjectKey, record: &ObjectRecord, providers: &Providers) -> Value {
    // Whoever shows an object has read it before; what cannot be read is shown as nothing.
    let stored = record.attributes.read().unwrap_or_default();
    let raw = infer_json(&stored);
    let schema = schema_block(providers, &record.provider, &key.addr.resource, &[&raw]);
    // Written under another version of the schema: shown as it is stored.
    let value = from_json(&stored, &schema.ty()).unwrap_or(raw);
    json_value::mark_all(json_value::mark_by_schema(&value, &schema), &record.sensitive)
}

/// The keys that name an instance: `address`, `mode`, `type`, `name`, `index`.
pub fn identity(addr: &InstanceAddr) -> Json {
    let mode = match addr.resource.mode {
        Mode::Managed => "managed",
        Mode::Data => "data",
        Mode::Ephemeral => "ephemeral",
    };
    let mut json = json!({
        "address": addr.to_string(),
        "mode": mode,
        "type": addr.resource.type_name,
        "name": addr.resource.name,
    });
    if addr.key != InstanceKey::None {
        json["index"] = json!(addr.key);
    }
    json
}

/// Resources as a tree: those of the root module under `resources`, those of others under `child_modules`.
pub fn module_tree<'a>(resources: impl IntoIterator<Item = (&'a ModuleAddr, Json)>) -> Json {
    let mut by_module: BTreeMap<&ModuleAddr, Vec<Json>> = BTreeMap::new();
    for (module, resource) in resources {
        by_module.entry(module).or_default().push(resource);
    }
    module_node(&ModuleAddr::root(), &by_module)
}

fn module_node(module: &ModuleAddr, by_module: &BTreeMap<&ModuleAddr, Vec<Json>>) -> Json {
    let mut json = json!({});
    if let Some(resources) = by_module.get(module) {
        json["resources"] = json!(resources);
    }
    if !module.is_root() {
        json["address"] = json!(module.to_string());
    }
    let depth = module.0.len() + 1;
    let mut children: Vec<ModuleAddr> = by_module
        .keys()
        .filter(|it| it.0.len() >= depth && it.is_within(module))
        .map(|it| ModuleAddr(it.0[..depth].to_vec()))
        .collect();
    children.dedup();
    if !children.is_empty() {
        json["child_modules"] = children.iter().map(|child| module_node(child, by_module)).collect();
    }
    json
}

/// Results of checks.
pub fn checks(checks: &[CheckResult]) -> Json {
    checks.iter().map(check).collect()
}

fn check(check: &CheckResult) -> Json {
    let instances = check.instances.iter().map(|it| {
        let problems: Vec<Json> = it.problems.iter().map(|message| json!({ "message": message })).collect();
        let mut json = json!({ "address": instance_address(&check.kind, &it.address), "status": it.status });
        if !problems.is_empty() {
            json["problems"] = json!(problems);
        }
        json
    });
    let mut json = json!({
        "address": block_address(&check.kind, &check.address),
        "status": check.status,
    });
    if !check.instances.is_empty() {
        json["instances"] = instances.collect();
    }
    json
}

/// What a check is about: the parts of the block's address.
fn block_address(kind: &str, address: &str) -> Json {
    let mut json = json!({ "kind": kind, "to_display": address });
    let resource = if kind == "resource" { address.parse::<InstanceAddr>().ok() } else { None };
    match resource {
        Some(addr) => {
            let Json::Object(parts) = identity(&addr) else { return json };
            for key in ["mode", "type", "name"] {
                json[key] = parts[key].clone();
            }
            if !addr.module.is_root() {
                json["module"] = json!(addr.module.to_string());
            }
        }
        None => {
            let (module, name) = split(address);
            json["name"] = json!(name);
            if let Some(module) = module {
                json["module"] = json!(module);
            }
        }
    }
    json
}

/// An instance of it: its keys besides the address.
fn instance_address(kind: &str, address: &str) -> Json {
    let mut json = json!({ "to_display": address });
    let resource = if kind == "resource" { address.parse::<InstanceAddr>().ok() } else { None };
    match resource {
        Some(addr) => {
            if addr.key != InstanceKey::None {
                json["instance_key"] = json!(addr.key);
            }
            if !addr.module.is_root() {
                json["module"] = json!(addr.module.to_string());
            }
        }
        None => {
            if let (Some(module), _) = split(address) {
                json["module"] = json!(module);
            }
        }
    }
    json
}

/// `module.a["k"].check.c` as its module and its name.
fn split(address: &str) -> (Option<&str>, &str) {
    let (head, name) = address.rsplit_once('.').unwrap_or(("", address));
    (head.rsplit_once('.').map(|(module, _)| module), name)
}

/// The type of a value in JSON: `"string"`, `["list","string"]`.
pub fn type_json(value: &Value) -> Json {
    // The wrapped form of a dynamic value spells the type.
    let wrapped = to_json(value, Some(&plumb_engine::value::Type::Dynamic));
    wrapped.get("type").cloned().unwrap_or_else(|| json!("dynamic"))
}

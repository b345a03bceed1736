//! Drift as a list of attributes with what they were and what they are.

use plumb_engine::plan::{Drift, Plan};
use plumb_engine::value::{Kind, Marks, Path, Value};
use serde_json::{Value as Json, json};

use super::{View, json_value, provider_source, runtime, schema_block};

/// A part of an object that is no longer as it was.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Where it lies.
    pub path: Path,
    /// As the state has it; `None` where there was nothing.
    pub was: Option<Value>,
    /// As it is; `None` where there is nothing.
    pub is: Option<Value>,
}

/// The smallest parts in which two values differ; lists of different length and sets are compared as a whole.
pub fn differences(was: &Value, is: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(Some(was), Some(is), Path::root(), &mut found);
    found
}

fn compare(was: Option<&Value>, is: Option<&Value>, path: Path, found: &mut Vec<Difference>) {
    let present = |it: Option<&Value>| it.filter(|it| !it.is_null()).cloned();
    if was == is || (present(was).is_none() && present(is).is_none()) {
        return;
    }
    if let (Some(was), Some(is)) = (was, is)
        && !was.is_sensitive()
        && !is.is_sensitive()
    {
        match (was.kind(), is.kind()) {
            (Kind::Object(a), Kind::Object(b)) | (Kind::Map(_, a), Kind::Map(_, b)) => {
                let keys: std::collections::BTreeSet<_> = a.keys().chain(b.keys()).collect();
                for key in keys {
                    compare(a.get(key), b.get(key), path.name(key), found);
                }
                return;
            }
            (Kind::List(_, a), Kind::List(_, b)) | (Kind::Tuple(a), Kind::Tuple(b)) if a.len() == b.len() => {
                for (at, (a, b)) in a.iter().zip(b.iter()).enumerate() {
                    compare(Some(a), Some(b), path.index(at), found);
                }
                return;
            }
            _ => {}
        }
    }
    found.push(Difference { path, was: present(was), is: present(is) });
}

/// The list for people.
pub fn text(drifts: &[Drift], view: View<'_>) -> String {
    if drifts.is_empty() {
        return "No drift. Every object is as the last apply left it.\n".into();
    }
    let mut out = String::new();
    for drift in drifts {
        let id = drift.before.get("id").and_then(Value::as_str).map(|id| format!(" [id={id}]")).unwrap_or_default();
        out += &format!("{}{id}", view.paint.bold(&drift.object.to_string()));
        if drift.after.is_null() {
            out += ": deleted\n";
            continue;
        }
        out += "\n";
        for it in object_differences(drift, view) {
            let (was, is) = (shown(it.was.as_ref()), shown(it.is.as_ref()));
            out += &format!("  {}: {was} → {is}\n", it.path);
        }
    }
    let objects = if drifts.len() == 1 { "object has" } else { "objects have" };
    out + &format!(
        "\n{}\n",
        view.paint.bold(&format!("Drift: {} {objects} changed since the last apply.", drifts.len()))
    )
}

/// The document of `plumb drift -json`:
///
/// `format_version` "1.0"; `drifted`, whether there is any; `runtime_changes`, what failover groups moved, which is no drift;
/// `objects`, each with `address`, `deposed` (if it is one),
/// `type`, `name`, `provider_name`, `id`, `action` ("update" or "delete") and `differences`: `path` as an expression
/// writes it, `was`, `is`, and `sensitive`, in which case both values are null.
pub fn document(plan: &Plan, view: View<'_>) -> Json {
    let objects: Vec<Json> = plan.drift.iter().map(|drift| object(drift, view)).collect();
    json!({
        "format_version": "1.0",
        "timestamp": plan.timestamp,
        "drifted": !plan.drift.is_empty(),
        "objects": objects,
        "runtime_changes": runtime::document(&plan.runtime_changes),
    })
}

fn object(drift: &Drift, view: View<'_>) -> Json {
    let addr = &drift.object.addr;
    let mut json = json!({
        "address": addr.to_string(),
        "type": addr.resource.type_name,
        "name": addr.resource.name,
        "provider_name": provider_source(&drift.provider),
        "id": drift.before.get("id").and_then(Value::as_str),
        "action": if drift.after.is_null() { "delete" } else { "update" },
    });
    if let Some(deposed) = &drift.object.deposed {
        json["deposed"] = json!(deposed);
    }
    let parts = if drift.after.is_null() { Vec::new() } else { object_differences(drift, view) };
    json["differences"] = parts.iter().map(difference).collect();
    json
}

fn difference(it: &Difference) -> Json {
    let sensitive = [&it.was, &it.is].into_iter().flatten().any(|it| it.deep_marks().has(Marks::SENSITIVE));
    let side = |value: &Option<Value>| match value {
        Some(value) if !sensitive => json_value::plain(value),
        _ => Json::Null,
    };
    json!({ "path": it.path.to_string(), "was": side(&it.was), "is": side(&it.is), "sensitive": sensitive })
}

fn object_differences(drift: &Drift, view: View<'_>) -> Vec<Difference> {
    let resource = &drift.object.addr.resource;
    let schema = schema_block(view.providers, &drift.provider, resource, &[&drift.before, &drift.after]);
    differences(&json_value::mark_by_schema(&drift.before, &schema), &json_value::mark_by_schema(&drift.after, &schema))
}

fn shown(value: Option<&Value>) -> String {
    match value {
        None => "(none)".into(),
        Some(value) if value.deep_marks().has(Marks::SENSITIVE) => "(sensitive value)".into(),
        Some(value) => json_value::plain(value).to_string(),
    }
}

//! Values of which parts may be unknown as structs: what is unknown or null is the default.

use plumb_engine::value::{Value, to_json};
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

/// The struct of an object; `None` where it does not fit.
pub(crate) fn object<T: DeserializeOwned>(value: &Value) -> Option<T> {
    let known = value.clone().transform(&mut |it| if it.is_unknown() { Value::null(it.ty()) } else { it });
    serde_json::from_value(without_nulls(to_json(&known, None))).ok()
}

fn without_nulls(json: Json) -> Json {
    match json {
        Json::Object(items) => {
            let items = items.into_iter().filter(|(_, it)| !it.is_null());
            Json::Object(items.map(|(name, it)| (name, without_nulls(it))).collect())
        }
        Json::Array(items) => Json::Array(items.into_iter().map(without_nulls).collect()),
        other => other,
    }
}

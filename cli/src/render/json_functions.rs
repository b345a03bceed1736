//! Signatures of functions as JSON, in the form that editors read.

use plumb_engine::functions::{self, Function, Parameter};
use plumb_engine::value::type_to_json;
use serde_json::{Map, Value as Json, json};

/// The document of `metadata functions -json`: every function by its name, and again by its name in the namespace
/// `core`.
pub fn metadata() -> Json {
    let mut signatures: Vec<(String, Json)> = functions::all()
        .filter(|it| !functions::REMOVED.contains(&it.name))
        .map(|it| (it.name.to_owned(), described(it)))
        .chain(functions::forms().map(|it| (it.name.to_owned(), described(&it))))
        .collect();
    signatures.extend(signatures.clone().into_iter().map(|(name, it)| (format!("core::{name}"), it)));
    signatures.sort_by(|(a, _), (b, _)| a.cmp(b));
    json!({ "format_version": "1.0", "function_signatures": signatures.into_iter().collect::<Map<_, _>>() })
}

/// The signature of a function whose call failed, without descriptions.
pub fn call_signature(function: &Function) -> Json {
    let parameter = |it: &Parameter| json!({ "name": it.name, "type": type_to_json(&(it.ty)()) });
    let mut out = json!({
        "name": function.name,
        "params": function.parameters.iter().map(parameter).collect::<Vec<_>>(),
    });
    if let Some(it) = &function.variadic {
        out["variadic_param"] = parameter(it);
    }
    out["return_type"] = type_to_json(&function.listed_type());
    out
}

fn described(function: &Function) -> Json {
    let mut out = json!({ "description": function.description, "return_type": type_to_json(&function.listed_type()) });
    if !function.parameters.is_empty() {
        out["parameters"] = function.parameters.iter().map(parameter).collect();
    }
    if let Some(it) = &function.variadic {
        out["variadic_parameter"] = parameter(it);
    }
    out
}

fn parameter(it: &Parameter) -> Json {
    let mut out = json!({ "name": it.name, "description": it.description });
    if it.allow_null {
        out["is_nullable"] = json!(true);
    }
    out["type"] = type_to_json(&(it.ty)());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_is_listed_under_both_of_its_names() {
        let document = metadata();
        let all = document["function_signatures"].as_object().unwrap();
        assert_eq!(all["core::upper"], all["upper"]);
        assert_eq!(all["lookup"]["variadic_parameter"]["is_nullable"], true);
        assert_eq!(all["try"]["variadic_parameter"]["name"], "expressions");
        assert!(!all.contains_key("list") && all.len().is_multiple_of(2));
    }

    #[test]
    fn a_call_is_described_by_its_parameters() {
        let substr = functions::find("substr").unwrap();
        assert_eq!(
            call_signature(substr),
            json!({
                "name": "substr",
                "params": [
                    { "name": "str", "type": "string" },
                    { "name": "offset", "type": "number" },
                    { "name": "length", "type": "number" },
                ],
                "return_type": "string",
            })
        );
    }
}

//! Types from their JSON form, as outputs and values of dynamic type carry it.

use std::sync::Arc;

use plumb_engine::value::Type;
use serde_json::Value as Json;

/// The type that a JSON form stands for; `None` where it stands for none.
pub(super) fn parse_type(json: &Json) -> Option<Type> {
    if let Some(word) = json.as_str() {
        return match word {
            "string" => Some(Type::String),
            "number" => Some(Type::Number),
            "bool" => Some(Type::Bool),
            "dynamic" => Some(Type::Dynamic),
            _ => None,
        };
    }
    match json.as_array()?.as_slice() {
        [kind, inner] => compound(kind.as_str()?, inner),
        [kind, inner, _optional] if kind == "object" => compound("object", inner),
        _ => None,
    }
}

fn compound(kind: &str, inner: &Json) -> Option<Type> {
    match kind {
        "list" => parse_type(inner).map(Type::list),
        "set" => parse_type(inner).map(Type::set),
        "map" => parse_type(inner).map(Type::map),
        "tuple" => inner.as_array()?.iter().map(parse_type).collect::<Option<Vec<_>>>().map(Type::tuple),
        "object" => inner
            .as_object()?
            .iter()
            .map(|(name, ty)| Some((Arc::<str>::from(name.as_str()), parse_type(ty)?)))
            .collect::<Option<Vec<_>>>()
            .map(Type::object),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_of_type_is_read() {
        let json = json!(["object", {
            "a": ["list", "string"], "b": ["set", "number"], "c": ["map", "bool"], "d": ["tuple", ["dynamic"]],
        }, ["a"]]);
        let expected = Type::object([
            ("a", Type::list(Type::String)),
            ("b", Type::set(Type::Number)),
            ("c", Type::map(Type::Bool)),
            ("d", Type::tuple([Type::Dynamic])),
        ]);
        assert_eq!(parse_type(&json), Some(expected));
    }

    #[test]
    fn other_json_is_no_type() {
        for json in [json!(null), json!("text"), json!(["list"]), json!(["list", "x"]), json!(["object", []])] {
            assert_eq!(parse_type(&json), None, "{json}");
        }
    }
}

//! Values as plain JSON, and JSON as values of a type.

use serde_json::{Map, Value as Json, json};

use super::{ConvertError, Kind, Number, ObjectType, Path, PathStep, Type, Value};

/// Plain JSON of a value: unknown becomes null, marks are left out, numbers keep every digit, infinities become text.
/// With `dynamic` in the type (`None` to use the value's own), that part is wrapped as `{"value": …, "type": …}`, as
/// states do.
pub fn to_json(value: &Value, ty: Option<&Type>) -> Json {
    if ty == Some(&Type::Dynamic) {
        let own = value.ty();
        if own == Type::Dynamic {
            return Json::Null;
        }
        return json!({ "value": to_json(value, Some(&own)), "type": type_to_json(&own) });
    }
    let element = ty.and_then(Type::element);
    match value.kind() {
        Kind::Null(_) | Kind::Unknown(..) => Json::Null,
        Kind::Bool(value) => (*value).into(),
        Kind::Number(number) => number_to_json(number),
        Kind::String(text) => text.as_ref().into(),
        Kind::List(_, items) | Kind::Set(_, items) => items.iter().map(|it| to_json(it, element)).collect(),
        Kind::Tuple(items) => {
            let ty = |at| match ty {
                Some(Type::Tuple(types)) => types.get(at),
                _ => element,
            };
            items.iter().enumerate().map(|(at, it)| to_json(it, ty(at))).collect()
        }
        Kind::Map(_, items) | Kind::Object(items) => {
            let ty = |name: &str| match ty {
                Some(Type::Object(object)) => object.attributes.get(name),
                _ => element,
            };
            let entries = items.iter().map(|(name, it)| (name.to_string(), to_json(it, ty(name))));
            Json::Object(entries.collect())
        }
    }
}

/// A number with all of its digits; an infinity as text, because JSON has none.
pub(super) fn number_to_json(number: &Number) -> Json {
    let text = number.to_string();
    text.parse().map_or_else(|_| Json::String(text), Json::Number)
}

/// JSON as a value of a type; `Type::Dynamic` parts are read from their `{"value": …, "type": …}` form.
/// Attributes that an object type has and the JSON lacks become null; those that it lacks are dropped.
///
/// # Errors
/// Names the first part that does not fit.
pub fn from_json(json: &Json, ty: &Type) -> Result<Value, ConvertError> {
    read(json, ty, &mut Path::root())
}

/// JSON as the value that `jsondecode` makes of it: objects and tuples.
pub fn infer_json(json: &Json) -> Value {
    match json {
        Json::Null => Value::null(Type::Dynamic),
        Json::Bool(value) => (*value).into(),
        Json::Number(number) => number_from_json(number).map_or_else(|| Value::null(Type::Number), Value::number),
        Json::String(text) => Value::string(text),
        Json::Array(items) => Value::tuple(items.iter().map(infer_json).collect()),
        Json::Object(items) => Value::object(items.iter().map(|(name, it)| (super::text::nfc(name), infer_json(it)))),
    }
}

fn number_from_json(number: &serde_json::Number) -> Option<Number> {
    Number::parse(&number.to_string())
}

/// A type as states write it: `"string"`, `["list","string"]`, `["object",{…}]`, with a list of the optional
/// attributes after those.
pub fn type_to_json(ty: &Type) -> Json {
    match ty {
        Type::Dynamic | Type::Bool | Type::Number | Type::String => ty.friendly_name().into(),
        Type::List(element) => json!(["list", type_to_json(element)]),
        Type::Set(element) => json!(["set", type_to_json(element)]),
        Type::Map(element) => json!(["map", type_to_json(element)]),
        Type::Tuple(items) => json!(["tuple", items.iter().map(type_to_json).collect::<Vec<_>>()]),
        Type::Object(object) => {
            let attributes = object.attributes.iter().map(|(name, ty)| (name.to_string(), type_to_json(ty)));
            let attributes = Json::Object(attributes.collect());
            if object.optional.is_empty() {
                json!(["object", attributes])
            } else {
                json!(["object", attributes, object.optional])
            }
        }
    }
}

/// Reads what [`type_to_json`] wrote; `None` where it is something else.
pub fn type_from_json(json: &Json) -> Option<Type> {
    if let Some(name) = json.as_str() {
        return match name {
            "dynamic" => Some(Type::Dynamic),
            "bool" => Some(Type::Bool),
            "number" => Some(Type::Number),
            "string" => Some(Type::String),
            _ => None,
        };
    }
    let [kind, inner, rest @ ..] = json.as_array()?.as_slice() else { return None };
    match kind.as_str()? {
        "list" => type_from_json(inner).map(Type::list),
        "set" => type_from_json(inner).map(Type::set),
        "map" => type_from_json(inner).map(Type::map),
        "tuple" => inner.as_array()?.iter().map(type_from_json).collect::<Option<Vec<_>>>().map(Type::tuple),
        "object" => {
            let attributes = inner.as_object()?.iter();
            let attributes = attributes.map(|(name, ty)| Some((name.as_str().into(), type_from_json(ty)?)));
            let optional = rest.first().and_then(Json::as_array).into_iter().flatten();
            let object = ObjectType {
                attributes: attributes.collect::<Option<_>>()?,
                optional: optional.filter_map(Json::as_str).map(Into::into).collect(),
            };
            Some(Type::Object(object.into()))
        }
        _ => None,
    }
}

fn read(json: &Json, ty: &Type, path: &mut Path) -> Result<Value, ConvertError> {
    if json.is_null() {
        return Ok(Value::null(ty.without_optional()));
    }
    match (ty, json) {
        (Type::Dynamic, _) => read_dynamic(json, path),
        (Type::Bool, Json::Bool(value)) => Ok((*value).into()),
        (Type::Bool, Json::String(text)) if text == "true" || text == "false" => Ok((text == "true").into()),
        (Type::Number, Json::Number(number)) => {
            number_from_json(number).map(Value::number).ok_or_else(|| error(path, "a number is required"))
        }
        (Type::Number, Json::String(text)) => {
            Number::parse(text).map(Value::number).ok_or_else(|| error(path, "a number is required"))
        }
        (Type::String, Json::String(text)) => Ok(Value::string(text)),
        (Type::String, Json::Number(number)) => {
            let number = number_from_json(number).ok_or_else(|| error(path, "a string is required"))?;
            Ok(Value::string(number.to_string()))
        }
        (Type::String, Json::Bool(value)) => Ok(Value::string(value.to_string())),
        (Type::List(element), Json::Array(items)) => {
            Ok(Value::list(element.without_optional(), read_items(items, |_| element, path)?))
        }
        (Type::Set(element), Json::Array(items)) => {
            Ok(Value::set(element.without_optional(), read_items(items, |_| element, path)?))
        }
        (Type::Tuple(types), Json::Array(items)) if types.len() == items.len() => {
            Ok(Value::tuple(read_items(items, |at| &types[at], path)?))
        }
        (Type::Tuple(types), Json::Array(_)) => Err(error(path, &format!("{} elements are required", types.len()))),
        (Type::Map(element), Json::Object(items)) => {
            let mut entries = Vec::with_capacity(items.len());
            for (name, item) in items {
                entries
                    .push((super::text::nfc(name), step(PathStep::Name(name.as_str().into()), item, element, path)?));
            }
            Ok(Value::map(element.without_optional(), entries))
        }
        (Type::Object(object), Json::Object(items)) => {
            let mut entries = Vec::with_capacity(object.attributes.len());
            for (name, ty) in &object.attributes {
                let item = items.get(name.as_ref()).unwrap_or(&Json::Null);
                entries.push((name.clone(), step(PathStep::Name(name.clone()), item, ty, path)?));
            }
            Ok(Value::object(entries))
        }
        (ty, _) => Err(error(path, &format!("{} required", ty.friendly_name()))),
    }
}

fn read_items<'t>(items: &[Json], ty: impl Fn(usize) -> &'t Type, path: &mut Path) -> Result<Vec<Value>, ConvertError> {
    items.iter().enumerate().map(|(at, item)| step(PathStep::Index(at), item, ty(at), path)).collect()
}

fn read_dynamic(json: &Json, path: &mut Path) -> Result<Value, ConvertError> {
    let parts = json.get("value").zip(json.get("type").and_then(type_from_json));
    let Some((value, ty)) = parts else { return Err(error(path, "a value with its type is required")) };
    if ty == Type::Dynamic && !value.is_null() {
        return Err(error(path, "a value with its type is required"));
    }
    read(value, &ty, path)
}

fn step(step: PathStep, json: &Json, ty: &Type, path: &mut Path) -> Result<Value, ConvertError> {
    path.0.push(step);
    let value = read(json, ty, path)?;
    path.0.pop();
    Ok(value)
}

fn error(path: &Path, reason: &str) -> ConvertError {
    ConvertError { path: path.clone(), reason: reason.into() }
}

/// JSON as one writes it in sorted order: the same for equal values, whatever order the keys came in.
pub fn sorted_json(json: Json) -> Json {
    match json {
        Json::Object(items) => {
            let mut items: Vec<(String, Json)> = items.into_iter().collect();
            items.sort_by(|left, right| left.0.cmp(&right.0));
            Json::Object(items.into_iter().map(|(name, it)| (name, sorted_json(it))).collect::<Map<_, _>>())
        }
        Json::Array(items) => items.into_iter().map(sorted_json).collect(),
        leaf => leaf,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Marks;

    fn parsed(text: &str) -> Json {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn numbers_keep_every_digit() {
        let text = r#"{"a":123456789012345678901234567890.5,"b":-0,"c":[0.1,1]}"#;
        let value = infer_json(&parsed(text));
        assert_eq!(to_json(&value, None).to_string(), text);
        assert_eq!(infer_json(&parsed("-1.5E-7")), Value::number(Number::parse("-0.00000015").unwrap()));
    }

    #[test]
    fn json_is_read_as_the_type_asks() {
        let ty = Type::object([
            ("a", Type::set(Type::Number)),
            ("b", Type::map(Type::String)),
            ("c", Type::tuple([Type::Bool])),
            ("d", Type::Bool),
        ]);
        let value = from_json(&parsed(r#"{"a":[2,1,2],"b":{"x":5},"c":[true],"z":1}"#), &ty).unwrap();
        assert_eq!(value.ty(), ty);
        assert_eq!(to_json(&value, None).to_string(), r#"{"a":[1,2],"b":{"x":"5"},"c":[true],"d":null}"#);
        let error = from_json(&parsed(r#"{"a":[1,"x"]}"#), &ty).unwrap_err();
        assert_eq!(error.located(), "a[1]: a number is required");
    }

    #[test]
    fn dynamic_parts_carry_their_type() {
        let value = Value::object([("a", Value::tuple(vec!["x".into(), Value::null(Type::Dynamic)]))]);
        let ty = Type::object([("a", Type::Dynamic)]);
        let json = to_json(&value, Some(&ty));
        assert_eq!(json.to_string(), r#"{"a":{"value":["x",null],"type":["tuple",["string","dynamic"]]}}"#);
        assert_eq!(from_json(&json, &ty).unwrap(), value);
    }

    #[test]
    fn unknown_becomes_null_and_marks_go() {
        let value = Value::tuple(vec![Value::unknown(Type::Bool), Value::from("x").marked(Marks::SENSITIVE)]);
        assert_eq!(to_json(&value, None).to_string(), r#"[null,"x"]"#);
    }

    #[test]
    fn types_come_back() {
        let optional = ObjectType { attributes: [("a".into(), Type::Number)].into(), optional: ["a".into()].into() };
        let ty = Type::tuple([
            Type::list(Type::set(Type::Dynamic)),
            Type::map(Type::Object(optional.into())),
            Type::object([("b", Type::Bool)]),
            Type::String,
        ]);
        assert_eq!(type_from_json(&type_to_json(&ty)), Some(ty));
        assert_eq!(type_from_json(&json!(["list"])), None);
    }
}

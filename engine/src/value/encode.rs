//! A lossless JSON form of values for plan files: type, unknowns and marks included.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{
    Kind, Marks, Number, Path, PathStep, Refinement, Type, Value, from_json, to_json, type_from_json, type_to_json,
};

/// The plain value with everything beside it that plain JSON has no place for.
#[derive(Serialize, Deserialize)]
struct Encoded {
    #[serde(rename = "type")]
    ty: Json,
    value: Json,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    unknown: Vec<(Path, Refinement)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    marks: Vec<(Path, u8)>,
    /// Digits and bits of mantissa of numbers whose shortest text is not the whole number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    numbers: Vec<(Path, String, u16)>,
}

/// The lossless JSON form.
pub fn encode(value: &Value) -> Json {
    let ty = value.ty();
    let mut encoded = Encoded {
        ty: type_to_json(&ty),
        value: to_json(value, Some(&ty)),
        unknown: Vec::new(),
        marks: Vec::new(),
        numbers: Vec::new(),
    };
    collect(value, &mut Path::root(), &mut encoded);
    serde_json::to_value(encoded).expect("all parts are JSON already")
}

/// Reads what [`encode`] wrote; `None` where it is something else.
pub fn decode(json: &Json) -> Option<Value> {
    let encoded = Encoded::deserialize(json).ok()?;
    let ty = type_from_json(&encoded.ty)?;
    let beside = Beside {
        unknown: encoded.unknown.into_iter().collect(),
        marks: encoded.marks.into_iter().collect(),
        numbers: encoded.numbers.into_iter().map(|(path, digits, precision)| (path, (digits, precision))).collect(),
    };
    beside.restore(&encoded.value, &ty, &mut Path::root())
}

fn collect(value: &Value, path: &mut Path, encoded: &mut Encoded) {
    if value.marks().any() {
        encoded.marks.push((path.clone(), value.marks().0));
    }
    let mut inside = |step: PathStep, part: &Value| {
        path.0.push(step);
        collect(part, path, encoded);
        path.0.pop();
    };
    match value.kind() {
        Kind::Unknown(_, refinement) => encoded.unknown.push((path.clone(), refinement.clone())),
        Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) => {
            items.iter().enumerate().for_each(|(at, item)| inside(PathStep::Index(at), item));
        }
        Kind::Map(_, items) | Kind::Object(items) => {
            items.iter().for_each(|(name, item)| inside(PathStep::Name(name.clone()), item));
        }
        Kind::Number(number) => {
            let precise = number.precise().map(|(digits, precision)| (path.clone(), digits, precision));
            encoded.numbers.extend(precise);
        }
        Kind::Null(_) | Kind::Bool(_) | Kind::String(_) => {}
    }
}

/// What belongs to a place in the plain value.
struct Beside {
    unknown: BTreeMap<Path, Refinement>,
    marks: BTreeMap<Path, u8>,
    numbers: BTreeMap<Path, (String, u16)>,
}

impl Beside {
    fn restore(&self, json: &Json, ty: &Type, path: &mut Path) -> Option<Value> {
        let value = match self.unknown.get(path) {
            Some(refinement) => Kind::Unknown(ty.clone(), refinement.clone()).into(),
            None => self.known(json, ty, path)?,
        };
        let marks = self.marks.get(path).copied().map_or(Marks::NONE, Marks);
        Some(value.marked(marks))
    }

    fn known(&self, json: &Json, ty: &Type, path: &mut Path) -> Option<Value> {
        if json.is_null() {
            return Some(Value::null(ty.clone()));
        }
        let mut inside = |step: PathStep, json: &Json, ty: &Type| {
            path.0.push(step);
            let part = self.restore(json, ty, path);
            path.0.pop();
            part
        };
        match ty {
            Type::List(element) | Type::Set(element) => {
                let items = json.as_array()?.iter().enumerate();
                let items = items.map(|(at, it)| inside(PathStep::Index(at), it, element)).collect::<Option<_>>()?;
                let build = if matches!(ty, Type::Set(_)) { Value::set } else { Value::list };
                Some(build((**element).clone(), items))
            }
            Type::Tuple(types) => {
                let items = json.as_array()?.iter().zip(types.iter()).enumerate();
                let items = items.map(|(at, (it, ty))| inside(PathStep::Index(at), it, ty)).collect::<Option<_>>()?;
                Some(Value::tuple(items))
            }
            Type::Map(element) => {
                let items = json.as_object()?.iter().map(|(name, it)| {
                    let name: Arc<str> = name.as_str().into();
                    Some((name.clone(), inside(PathStep::Name(name), it, element)?))
                });
                Some(Value::map((**element).clone(), items.collect::<Option<Vec<_>>>()?))
            }
            Type::Object(object) => {
                let items = object.attributes.iter().map(|(name, ty)| {
                    Some((name.clone(), inside(PathStep::Name(name.clone()), json.get(name.as_ref())?, ty)?))
                });
                Some(Value::object(items.collect::<Option<Vec<_>>>()?))
            }
            leaf => match self.numbers.get(path) {
                Some((digits, precision)) => Number::restored(digits, *precision).map(Value::number),
                None => from_json(json, leaf).ok(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_comes_back() {
        let secret = Marks::SENSITIVE;
        let id = Value::refined(Type::String, Refinement::prefix("ami-"));
        let value = Value::object([
            ("set", Value::set(Type::String, vec![id.clone(), id.clone(), Value::null(Type::String), "a".into()])),
            ("list", Value::list(Type::Number, vec![1i64.into(), Value::null(Type::Number)])),
            ("map", Value::map(Type::String, [("k".into(), id.marked(secret))]).marked(Marks::EPHEMERAL)),
            ("dynamic", Value::tuple(vec![Value::unknown(Type::Dynamic), Value::null(Type::Dynamic)])),
            ("empty", Value::set(Type::object([("a", Type::Bool)]), vec![])),
            ("number", Value::number(Number::parse("-0.1").unwrap())),
            ("double", Value::number(7f64.powi(30))),
            ("infinity", Value::number(Number::infinity(true))),
        ])
        .marked(secret);
        let json = encode(&value);
        let text = json.to_string();
        assert_eq!(decode(&serde_json::from_str(&text).unwrap()), Some(value));
    }

    #[test]
    fn plain_values_have_no_extras() {
        assert_eq!(encode(&true.into()).to_string(), r#"{"type":"bool","value":true}"#);
        assert_eq!(decode(&Json::Null), None);
    }
}

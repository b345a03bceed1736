//! Attributes, elements, length and iteration, with the language's rules for unknown, null and marked values.

use std::sync::Arc;

use super::{Kind, Marks, Number, ObjectType, Refinement, Type, Value, convert};

/// Why a value has no such part.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{summary}: {detail}")]
pub struct AccessError {
    /// As a diagnostic's summary.
    pub summary: &'static str,
    /// As a diagnostic's detail.
    pub detail: String,
}

const INVALID_INDEX: &str = "Invalid index";
const UNSUPPORTED_ATTRIBUTE: &str = "Unsupported attribute";

/// `value[key]`: an element of a list or tuple by position, of a map by key, an attribute of an object by name.
/// The result carries the marks of the value and of the key; those of an attribute's name do not count.
///
/// # Errors
/// No such element, a null value or key, a value without elements to name.
pub fn index(value: &Value, key: &Value) -> Result<Value, AccessError> {
    if value.is_null() {
        let detail = "This value is null, so it does not have any indices.".into();
        return Err(AccessError { summary: "Attempt to index null value", detail });
    }
    if key.is_null() {
        return Err(invalid_index("A null value cannot be used as an index."));
    }
    // The name of an attribute is part of the configuration, however it is put together.
    let marks = match value.kind() {
        Kind::Object(_) => value.marks(),
        _ => value.marks().and(key.marks()),
    };
    if matches!(key.kind(), Kind::Unknown(Type::Dynamic, _)) {
        return Ok(Value::unknown(Type::Dynamic).marked(marks));
    }
    let found = match value.kind() {
        Kind::List(element, items) => at_position(items, key, element)?,
        Kind::Tuple(items) => at_position(items, key, &Type::Dynamic)?,
        Kind::Map(element, items) => match index_key(key, &Type::String)?.as_str() {
            None => Value::unknown(element.clone()),
            Some(name) => items.get(name).cloned().ok_or_else(|| no_element(""))?,
        },
        Kind::Object(items) => match index_key(key, &Type::String)?.as_str() {
            None => Value::unknown(Type::Dynamic),
            Some(name) => items.get(name).cloned().ok_or_else(|| no_attribute_at(key))?,
        },
        Kind::Unknown(ty, known) => Value::unknown(index_unknown(ty, known, key)?),
        Kind::Set(..) => return Err(set_has_no_index()),
        _ => return Err(no_indices()),
    };
    Ok(found.marked(marks))
}

/// The type of `unknown[key]`.
fn index_unknown(ty: &Type, known: &Refinement, key: &Value) -> Result<Type, AccessError> {
    match ty {
        Type::Dynamic => Ok(Type::Dynamic),
        Type::List(element) => {
            let beyond = |at: usize| known.max_length.is_some_and(|length| at as u64 >= length);
            match position(key)? {
                Some(at) if beyond(at) => Err(beyond_the_end(known.max_length.map_or(0, |it| it as usize))),
                _ => Ok((**element).clone()),
            }
        }
        Type::Tuple(types) => match position(key)? {
            None => Ok(Type::Dynamic),
            Some(at) => types.get(at).cloned().ok_or_else(|| beyond_the_end(types.len())),
        },
        Type::Map(element) => index_key(key, &Type::String).map(|_| (**element).clone()),
        Type::Object(object) => match index_key(key, &Type::String)?.as_str() {
            None => Ok(Type::Dynamic),
            Some(name) => object.attributes.get(name).cloned().ok_or_else(|| no_attribute_at(key)),
        },
        Type::Set(_) => Err(set_has_no_index()),
        Type::Bool | Type::Number | Type::String => Err(no_indices()),
    }
}

/// `value.name`: an attribute of an object, or the element of a map with that key. The result carries the marks of
/// the value.
///
/// # Errors
/// No such attribute or element, a null value, a value without attributes.
pub fn get_attr(value: &Value, name: &str) -> Result<Value, AccessError> {
    if value.is_null() {
        let detail = "This value is null, so it does not have any attributes.".into();
        return Err(AccessError { summary: "Attempt to get attribute from null value", detail });
    }
    let absent = || unsupported_attribute(format!("This object does not have an attribute named {name:?}."));
    let found = match value.kind() {
        Kind::Object(items) => items.get(name).cloned().ok_or_else(absent)?,
        Kind::Map(_, items) => items.get(name).cloned().ok_or_else(|| AccessError {
            summary: "Missing map element",
            detail: format!("This map does not have an element with the key {name:?}."),
        })?,
        Kind::Unknown(Type::Dynamic, _) => Value::unknown(Type::Dynamic),
        Kind::Unknown(Type::Map(element), _) => Value::unknown((**element).clone()),
        Kind::Unknown(Type::Object(object), _) => {
            Value::unknown(object.attributes.get(name).cloned().ok_or_else(absent)?)
        }
        _ => return Err(no_attributes(&value.ty(), name)),
    };
    Ok(found.marked(value.marks()))
}

/// Keys and elements as `for` goes through them, without the marks of the value as a whole: positions of lists and
/// tuples, keys of maps, names of objects, the elements themselves of sets; `None` for anything else.
pub fn elements(value: &Value) -> Option<Vec<(Value, Value)>> {
    Some(match value.kind() {
        Kind::List(_, items) | Kind::Tuple(items) => {
            items.iter().enumerate().map(|(at, item)| (Value::from(at), item.clone())).collect()
        }
        Kind::Set(_, items) => items.iter().map(|item| (item.clone(), item.clone())).collect(),
        Kind::Map(_, items) | Kind::Object(items) => {
            items.iter().map(|(name, item)| (Kind::String(name.clone()).into(), item.clone())).collect()
        }
        _ => return None,
    })
}

/// Parts of values and what is known of them.
impl Value {
    /// How many elements or attributes there are, with the value's marks: a number, unknown where it is not known yet;
    /// `None` for primitives and nulls.
    pub fn length(&self) -> Option<Value> {
        let length = match self.kind() {
            Kind::Null(_) | Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => return None,
            Kind::Unknown(Type::Bool | Type::Number | Type::String, _) => return None,
            Kind::Unknown(Type::Tuple(items), _) => items.len().into(),
            Kind::Unknown(Type::Object(object), _) => object.attributes.len().into(),
            Kind::Unknown(_, known) => unknown_length(known),
            Kind::Set(..) if self.uncertain_length() => unknown_length(&self.refinement()),
            Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) => items.len().into(),
            Kind::Map(_, items) | Kind::Object(items) => items.len().into(),
        };
        Some(length.marked(self.marks()))
    }

    /// Whether `for` can go through values of this value's type (or will perhaps, where the type is not known).
    pub fn can_iterate(&self) -> bool {
        !self.is_primitive() && !matches!(self.kind(), Kind::Null(ty) | Kind::Unknown(ty, _) if ty.is_primitive())
    }

    /// Whether it is a known bool, number or string.
    pub fn is_primitive(&self) -> bool {
        matches!(self.kind(), Kind::Bool(_) | Kind::Number(_) | Kind::String(_))
    }

    /// The value with the marks that `others` have themselves.
    #[must_use]
    pub fn with_marks_of<'v>(self, others: impl IntoIterator<Item = &'v Value>) -> Self {
        let marks = others.into_iter().fold(Marks::NONE, |marks, other| marks.and(other.marks()));
        self.marked(marks)
    }

    /// The object of a type with every attribute null.
    pub fn all_null(object: &ObjectType) -> Self {
        let null = |(name, ty): (&Arc<str>, &Type)| (name.clone(), Value::null(ty.without_optional()));
        Value::object(object.attributes.iter().map(null))
    }

    /// The value with every unknown part, itself included, replaced by the null of its type.
    #[must_use]
    pub fn unknown_as_null(self) -> Self {
        if self.is_wholly_known() {
            return self;
        }
        self.transform(&mut |it| match it.kind() {
            Kind::Unknown(ty, _) => Value::null(ty.clone()).marked(it.marks()),
            _ => it,
        })
    }
}

/// The element of a known sequence; `unless_known` is its type where the key is not known.
fn at_position(items: &[Value], key: &Value, unless_known: &Type) -> Result<Value, AccessError> {
    match position(key)? {
        None => Ok(Value::unknown(unless_known.clone())),
        Some(at) => items.get(at).cloned().ok_or_else(|| beyond_the_end(items.len())),
    }
}

/// The key as a position in a sequence, `None` while it is not known.
fn position(key: &Value) -> Result<Option<usize>, AccessError> {
    let key = index_key(key, &Type::Number)?;
    let Some(number) = key.as_number() else { return Ok(None) };
    if number.is_negative() && !number.is_zero() {
        return Err(no_element(": a negative number is not a position in a sequence"));
    }
    if !number.is_integer() && !number.is_infinite() {
        return Err(no_element(": the position in a sequence is a whole number, and the index is a fraction"));
    }
    Ok(Some(number.as_usize().unwrap_or(usize::MAX)))
}

fn beyond_the_end(length: usize) -> AccessError {
    match length {
        0 => no_element(": the sequence is empty"),
        1 => no_element(": the sequence has 1 element, and the first has the index 0"),
        length => no_element(&format!(": the sequence has {length} elements, and the first has the index 0")),
    }
}

fn unknown_length(known: &Refinement) -> Value {
    let range = Refinement {
        not_null: true,
        min: Some(known.min_length.unwrap_or_default().into()),
        max: known.max_length.map(Number::from),
        ..Refinement::default()
    };
    Value::refined(Type::Number, range)
}

fn no_attribute_at(key: &Value) -> AccessError {
    match key.kind() {
        Kind::Number(_) => no_element("; attributes of an object are named, not numbered"),
        _ => no_element(""),
    }
}

fn set_has_no_index() -> AccessError {
    invalid_index(
        "The elements of a set have no index: they are found by their own value only. Use a for expression, or convert \
         the set with tolist.",
    )
}

fn no_indices() -> AccessError {
    invalid_index("This value does not have any indices.")
}

fn index_key(key: &Value, ty: &Type) -> Result<Value, AccessError> {
    let key = convert(key, ty).map_err(|error| no_element(&format!(": {}", error.reason)))?;
    if key.is_null() { Err(invalid_index("A null value cannot be used as an index.")) } else { Ok(key) }
}

fn no_element(reason: &str) -> AccessError {
    invalid_index(&format!("The given key does not identify an element in this collection value{reason}."))
}

fn invalid_index(detail: &str) -> AccessError {
    AccessError { summary: INVALID_INDEX, detail: detail.into() }
}

fn unsupported_attribute(detail: String) -> AccessError {
    AccessError { summary: UNSUPPORTED_ATTRIBUTE, detail }
}

fn no_attributes(ty: &Type, name: &str) -> AccessError {
    let detail = match ty {
        ty if ty.is_primitive() => format!("A {} does not have any attributes.", ty.friendly_name()),
        Type::List(element) | Type::Set(element) if has_attribute(element, name) => format!(
            "This is a {}, and the attribute {name:?} belongs to its elements. Take one of them by its index, or all of \
             them with a splat: [*].{name}.",
            ty.friendly_name()
        ),
        ty => format!("A {} does not have any attributes.", ty.friendly_name()),
    };
    unsupported_attribute(detail)
}

fn has_attribute(ty: &Type, name: &str) -> bool {
    matches!(ty, Type::Object(object) if object.attributes.contains_key(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tuple() -> Value {
        Value::tuple(vec!["a".into(), Value::from("b").marked(Marks::SENSITIVE)])
    }

    fn summary(result: Result<Value, AccessError>) -> &'static str {
        result.unwrap_err().summary
    }

    #[test]
    fn positions_are_numbers_or_their_text() {
        assert_eq!(index(&tuple(), &0i64.into()), Ok("a".into()));
        assert_eq!(index(&tuple(), &"0".into()), Ok("a".into()));
        assert!(index(&tuple(), &1i64.into()).unwrap().is_sensitive());
        for key in [Value::from(2i64), Value::from(-1i64), Value::number(0.5), "x".into(), Value::null(Type::Number)] {
            assert_eq!(summary(index(&tuple(), &key)), "Invalid index", "{key:?}");
        }
        assert_eq!(summary(index(&Value::null(Type::Dynamic), &0i64.into())), "Attempt to index null value");
        assert_eq!(summary(index(&Value::set(Type::String, vec![]), &0i64.into())), "Invalid index");
        assert_eq!(summary(index(&Value::from("x"), &0i64.into())), "Invalid index");
    }

    #[test]
    fn names_find_attributes_and_elements() {
        let object = Value::object([("a", Value::from(1i64))]).marked(Marks::EPHEMERAL);
        assert_eq!(get_attr(&object, "a"), Ok(Value::from(1i64).marked(Marks::EPHEMERAL)));
        assert_eq!(index(&object, &"a".into()), get_attr(&object, "a"));
        assert_eq!(summary(get_attr(&object, "b")), "Unsupported attribute");
        assert_eq!(summary(index(&object, &"b".into())), "Invalid index");
        let map = Value::map(Type::Number, [("1".into(), Value::from(1i64))]);
        assert_eq!(index(&map, &1i64.into()), Ok(1i64.into()));
        assert_eq!(summary(get_attr(&map, "b")), "Missing map element");
        assert_eq!(summary(get_attr(&Value::from("x"), "b")), "Unsupported attribute");
        assert_eq!(summary(get_attr(&Value::null(Type::Dynamic), "b")), "Attempt to get attribute from null value");
    }

    #[test]
    fn unknown_values_have_parts_of_known_types() {
        let ty = Type::object([("a", Type::list(Type::Number))]);
        let list = get_attr(&Value::unknown(ty), "a").unwrap();
        assert_eq!(list, Value::unknown(Type::list(Type::Number)));
        assert_eq!(index(&list, &5i64.into()), Ok(Value::unknown(Type::Number)));
        let pair = Value::unknown(Type::tuple([Type::Bool, Type::Number]));
        assert_eq!(index(&pair, &1i64.into()), Ok(Value::unknown(Type::Number)));
        assert_eq!(summary(index(&pair, &2i64.into())), "Invalid index");
        assert_eq!(pair.length(), Some(2i64.into()));
        let length = list.length().unwrap();
        assert!(length.is_unknown());
        assert_eq!(crate::value::equal(&length, &(-1i64).into()), false.into());
        assert_eq!(index(&tuple(), &Value::unknown(Type::Number)), Ok(Value::unknown(Type::Dynamic)));
    }

    #[test]
    fn elements_come_with_their_keys() {
        let set = Value::set(Type::String, vec!["b".into(), "a".into()]);
        assert_eq!(elements(&set).unwrap(), [("a".into(), "a".into()), ("b".into(), "b".into())]);
        assert_eq!(elements(&tuple()).unwrap()[0], (0i64.into(), "a".into()));
        let map = Value::map(Type::Bool, [("k".into(), true.into())]);
        assert_eq!(elements(&map).unwrap(), [("k".into(), true.into())]);
        assert_eq!(Value::from("x").length(), None);
        assert_eq!(elements(&"x".into()), None);
    }
}

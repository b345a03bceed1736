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

/// Parts of values.
impl Value {
    /// `value[key]`: an element of a list or tuple by position, of a map by key, an attribute of an object by name.
    /// The result carries the marks of the value and of the key.
    ///
    /// # Errors
    /// No such element, a null value or key, a value without elements to name.
    pub fn index(&self, key: &Value) -> Result<Value, AccessError> {
        if self.is_null() {
            let detail = "This value is null, so it does not have any indices.".into();
            return Err(AccessError { summary: "Attempt to index null value", detail });
        }
        if key.is_null() {
            return Err(invalid_index("A null value cannot be used as an index."));
        }
        let marks = self.marks().and(key.marks());
        let found = match (self.ty(), key.ty()) {
            (Type::Dynamic, _) | (_, Type::Dynamic) => Value::unknown(Type::Dynamic),
            (Type::List(_) | Type::Tuple(_), _) => self.at_position(key)?,
            (Type::Map(element), _) => match index_key(key, &Type::String)?.as_str() {
                None => Value::unknown((*element).clone()),
                Some(_) if self.is_unknown() => Value::unknown((*element).clone()),
                Some(name) => self.get(name).cloned().ok_or_else(|| no_element(""))?,
            },
            (Type::Object(object), key_type) => match index_key(key, &Type::String)?.as_str() {
                None => Value::unknown(Type::Dynamic),
                Some(name) => self.attribute(&object, name).ok_or_else(|| match key_type {
                    Type::Number => no_element("; attributes of an object are named, not numbered"),
                    _ => no_element(""),
                })?,
            },
            (Type::Set(_), _) => {
                return Err(invalid_index(
                    "The elements of a set have no index: they are found by their own value only. Use a for expression, \
                     or convert the set with tolist.",
                ));
            }
            _ => return Err(invalid_index("This value does not have any indices.")),
        };
        Ok(found.marked(marks))
    }

    /// `value.name`: an attribute of an object, or the element of a map with that key. The result carries the marks of
    /// the value.
    ///
    /// # Errors
    /// No such attribute or element, a null value, a value without attributes.
    pub fn get_attr(&self, name: &str) -> Result<Value, AccessError> {
        if self.is_null() {
            let detail = "This value is null, so it does not have any attributes.".into();
            return Err(AccessError { summary: "Attempt to get attribute from null value", detail });
        }
        let found = match self.ty() {
            Type::Dynamic => Value::unknown(Type::Dynamic),
            Type::Object(object) => self.attribute(&object, name).ok_or_else(|| {
                unsupported_attribute(format!("This object does not have an attribute named {name:?}."))
            })?,
            Type::Map(element) if self.is_unknown() => Value::unknown((*element).clone()),
            Type::Map(_) => self.get(name).cloned().ok_or_else(|| AccessError {
                summary: "Missing map element",
                detail: format!("This map does not have an element with the key {name:?}."),
            })?,
            ty => return Err(no_attributes(&ty, name)),
        };
        Ok(found.marked(self.marks()))
    }

    fn attribute(&self, object: &ObjectType, name: &str) -> Option<Value> {
        let ty = object.attributes.get(name)?;
        if self.is_unknown() { Some(Value::unknown(ty.clone())) } else { self.get(name).cloned() }
    }

    /// The element of a list or tuple at a position.
    fn at_position(&self, key: &Value) -> Result<Value, AccessError> {
        let key = index_key(key, &Type::Number)?;
        let Some(position) = key.as_number() else {
            return Ok(Value::unknown(self.ty().element().cloned().unwrap_or(Type::Dynamic)));
        };
        if !position.is_integer() && !position.is_infinite() {
            return Err(no_element(": the position in a sequence is a whole number, and the index is a fraction"));
        }
        if position.is_negative() && !position.is_zero() {
            return Err(no_element(": a negative number is not a position in a sequence"));
        }
        let beyond = |length: usize| match length {
            0 => no_element(": the sequence is empty"),
            1 => no_element(": the sequence has 1 element, and the first has the index 0"),
            length => no_element(&format!(": the sequence has {length} elements, and the first has the index 0")),
        };
        match (self.kind(), self.ty()) {
            (Kind::Unknown(_, known), Type::List(element)) => {
                let length = known.max_length.map(Number::from);
                match length.filter(|length| position.compare(length).is_ge()) {
                    Some(length) => Err(beyond(length.as_usize().unwrap_or(usize::MAX))),
                    None => Ok(Value::unknown((*element).clone())),
                }
            }
            (Kind::Unknown(..), Type::Tuple(types)) => {
                let ty = position.as_usize().and_then(|at| types.get(at));
                ty.map(|ty| Value::unknown(ty.clone())).ok_or_else(|| beyond(types.len()))
            }
            _ => {
                let items = self.as_slice().unwrap_or_default();
                position.as_usize().and_then(|at| items.get(at)).cloned().ok_or_else(|| beyond(items.len()))
            }
        }
    }

    /// How many elements or attributes there are, with the value's marks: a number, unknown where it is not known yet;
    /// `None` for primitives and nulls.
    pub fn length(&self) -> Option<Value> {
        let length = match (self.kind(), self.ty()) {
            (Kind::Null(_), _) | (_, Type::Bool | Type::Number | Type::String) => return None,
            (Kind::Unknown(..), Type::Tuple(items)) => Some(items.len()),
            (Kind::Unknown(..), Type::Object(object)) => Some(object.attributes.len()),
            (Kind::Unknown(..), _) => None,
            _ if self.uncertain_length() => None,
            (Kind::Map(_, items) | Kind::Object(items), _) => Some(items.len()),
            _ => self.as_slice().map(<[Value]>::len),
        };
        let length = length.map_or_else(|| Value::refined(Type::Number, Refinement::not_null()), Value::from);
        Some(length.marked(self.marks()))
    }

    /// Keys and elements as `for` goes through them, without the marks of the value as a whole: positions of lists and
    /// tuples, keys of maps, names of objects, the elements themselves of sets; none for anything else.
    pub fn elements(&self) -> Vec<(Value, Value)> {
        match self.kind() {
            Kind::List(_, items) | Kind::Tuple(items) => {
                items.iter().enumerate().map(|(at, item)| (Value::from(at), item.clone())).collect()
            }
            Kind::Set(_, items) => items.iter().map(|item| (item.clone(), item.clone())).collect(),
            Kind::Map(_, items) | Kind::Object(items) => {
                items.iter().map(|(name, item)| (Kind::String(name.clone()).into(), item.clone())).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Whether `for` can go through values of this value's type (or will perhaps, where the type is not known).
    pub fn can_iterate(&self) -> bool {
        !matches!(self.ty(), Type::Bool | Type::Number | Type::String)
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
        assert_eq!(tuple().index(&0i64.into()), Ok("a".into()));
        assert_eq!(tuple().index(&"0".into()), Ok("a".into()));
        assert!(tuple().index(&1i64.into()).unwrap().is_sensitive());
        for key in [Value::from(2i64), Value::from(-1i64), Value::number(0.5), "x".into(), Value::null(Type::Number)] {
            assert_eq!(summary(tuple().index(&key)), "Invalid index", "{key:?}");
        }
        assert_eq!(summary(Value::null(Type::Dynamic).index(&0i64.into())), "Attempt to index null value");
        assert_eq!(summary(Value::set(Type::String, vec![]).index(&0i64.into())), "Invalid index");
        assert_eq!(summary(Value::from("x").index(&0i64.into())), "Invalid index");
    }

    #[test]
    fn names_find_attributes_and_elements() {
        let object = Value::object([("a", Value::from(1i64))]).marked(Marks::EPHEMERAL);
        assert_eq!(object.get_attr("a"), Ok(Value::from(1i64).marked(Marks::EPHEMERAL)));
        assert_eq!(object.index(&"a".into()), object.get_attr("a"));
        assert_eq!(summary(object.get_attr("b")), "Unsupported attribute");
        assert_eq!(summary(object.index(&"b".into())), "Invalid index");
        let map = Value::map(Type::Number, [("1".into(), Value::from(1i64))]);
        assert_eq!(map.index(&1i64.into()), Ok(1i64.into()));
        assert_eq!(summary(map.get_attr("b")), "Missing map element");
        assert_eq!(summary(Value::from("x").get_attr("b")), "Unsupported attribute");
        assert_eq!(summary(Value::null(Type::Dynamic).get_attr("b")), "Attempt to get attribute from null value");
    }

    #[test]
    fn unknown_values_have_parts_of_known_types() {
        let ty = Type::object([("a", Type::list(Type::Number))]);
        let list = Value::unknown(ty).get_attr("a").unwrap();
        assert_eq!(list, Value::unknown(Type::list(Type::Number)));
        assert_eq!(list.index(&5i64.into()), Ok(Value::unknown(Type::Number)));
        let pair = Value::unknown(Type::tuple([Type::Bool, Type::Number]));
        assert_eq!(pair.index(&1i64.into()), Ok(Value::unknown(Type::Number)));
        assert_eq!(summary(pair.index(&2i64.into())), "Invalid index");
        assert_eq!(pair.length(), Some(2i64.into()));
        assert!(list.length().unwrap().is_unknown());
        assert_eq!(tuple().index(&Value::unknown(Type::Number)), Ok(Value::unknown(Type::Dynamic)));
    }

    #[test]
    fn elements_come_with_their_keys() {
        let set = Value::set(Type::String, vec!["b".into(), "a".into()]);
        assert_eq!(set.elements(), [("a".into(), "a".into()), ("b".into(), "b".into())]);
        assert_eq!(tuple().elements()[0], (0i64.into(), "a".into()));
        let map = Value::map(Type::Bool, [("k".into(), true.into())]);
        assert_eq!(map.elements(), [("k".into(), true.into())]);
        assert_eq!(Value::from("x").length(), None);
    }
}

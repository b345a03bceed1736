//! Type constraints with the defaults of their optional attributes.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Kind, Type, Value, convert, unify};

/// A type constraint with the defaults of `optional(T, default)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Constraint {
    /// The type, with its optional attributes.
    pub ty: Type,
    /// Defaults within it; `None` where there are none.
    pub defaults: Option<Arc<Defaults>>,
}

/// Defaults of the optional attributes of a type and of the types inside it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Defaults {
    /// Defaults of this object's own attributes, already of the attribute's type.
    pub attributes: BTreeMap<Arc<str>, Value>,
    /// Defaults inside: by attribute name, by tuple index (as text), or under `""` for the elements of a collection.
    pub children: BTreeMap<Arc<str>, Arc<Defaults>>,
}

/// Fills in defaults where optional attributes are absent or null; done before conversion to the type.
#[must_use]
pub fn apply_defaults(value: Value, defaults: &Defaults) -> Value {
    if value.is_null() || value.is_unknown() || defaults.attributes.is_empty() && defaults.children.is_empty() {
        return value;
    }
    let marks = value.marks();
    let filled = match value.kind {
        Kind::List(element, items) => match common(in_items(items, defaults)) {
            Ok((found, items)) => Value::list(found.unwrap_or(element), items),
            Err(items) => Value::tuple(items),
        },
        Kind::Set(element, items) => match common(in_items(items, defaults)) {
            Ok((found, items)) => Value::set(found.unwrap_or(element), items),
            Err(items) => Value::tuple(items),
        },
        Kind::Tuple(items) => Value::tuple(in_items(items, defaults)),
        Kind::Object(items) => Value::object(in_entries(items, defaults)),
        Kind::Map(element, items) => {
            let (names, items): (Vec<_>, Vec<_>) = in_entries(items, defaults).into_iter().unzip();
            match common(items) {
                Ok((found, items)) => Value::map(found.unwrap_or(element), names.into_iter().zip(items)),
                Err(items) => Value::object(names.into_iter().zip(items)),
            }
        }
        kind => kind.into(),
    };
    filled.marked(marks)
}

fn in_items(items: Arc<Vec<Value>>, defaults: &Defaults) -> Vec<Value> {
    let in_item = |(at, item): (usize, Value)| {
        let child = defaults.children.get("").or_else(|| defaults.children.get(at.to_string().as_str()));
        match child {
            Some(child) => apply_defaults(item, child),
            None => item,
        }
    };
    Arc::unwrap_or_clone(items).into_iter().enumerate().map(in_item).collect()
}

fn in_entries(items: Arc<BTreeMap<Arc<str>, Value>>, defaults: &Defaults) -> BTreeMap<Arc<str>, Value> {
    let mut items = Arc::unwrap_or_clone(items);
    for (name, item) in &mut items {
        if let Some(child) = defaults.children.get(name).or_else(|| defaults.children.get("")) {
            *item = apply_defaults(item.clone(), child);
        }
    }
    for (name, default) in &defaults.attributes {
        match items.get_mut(name).filter(|it| !it.is_null()) {
            Some(item) if !default.is_null() && !default.is_unknown() => *item = item.clone().known_not_null(),
            Some(_) => {}
            None => {
                let default = default.clone();
                let default = match defaults.children.get(name) {
                    Some(child) => apply_defaults(default, child),
                    None => default,
                };
                items.insert(name.clone(), default);
            }
        }
    }
    items
}

/// Items in the type that all of them convert to; as they are where there is none.
fn common(items: Vec<Value>) -> Result<(Option<Type>, Vec<Value>), Vec<Value>> {
    if items.is_empty() {
        return Ok((None, items));
    }
    let types: Vec<Type> = items.iter().map(Value::ty).collect();
    let Some(ty) = unify(&types) else { return Err(items) };
    let converted: Result<Vec<Value>, _> = items.iter().map(|it| convert(it, &ty)).collect();
    converted.map(|converted| (Some(ty), converted)).map_err(|_| items)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Marks;

    fn defaults(attributes: &[(&str, Value)], children: &[(&str, Defaults)]) -> Defaults {
        Defaults {
            attributes: attributes.iter().map(|(name, value)| ((*name).into(), value.clone())).collect(),
            children: children.iter().map(|(name, child)| ((*name).into(), Arc::new(child.clone()))).collect(),
        }
    }

    #[test]
    fn absent_and_null_attributes_get_their_default() {
        let of = defaults(&[("a", "da".into()), ("b", 1i64.into())], &[]);
        let value = Value::object([("a", Value::null(Type::Dynamic)), ("c", true.into())]).marked(Marks::SENSITIVE);
        let filled = apply_defaults(value, &of);
        assert_eq!(filled.get("a"), Some(&"da".into()));
        assert_eq!(filled.get("b"), Some(&1i64.into()));
        assert_eq!(filled.get("c"), Some(&true.into()));
        assert!(filled.is_sensitive());
    }

    #[test]
    fn defaults_reach_elements_and_the_defaults_themselves() {
        let inner = defaults(&[("x", "dx".into())], &[]);
        let empty = Value::object::<&str>([]);
        let outer = defaults(&[("nested", empty.clone())], &[("nested", inner.clone())]);
        let filled = apply_defaults(empty.clone(), &outer);
        assert_eq!(filled.get("nested").and_then(|it| it.get("x")), Some(&"dx".into()));
        let list = defaults(&[], &[("", inner)]);
        let filled = apply_defaults(Value::tuple(vec![empty.clone(), empty]), &list);
        assert!(filled.parts().all(|it| it.get("x") == Some(&"dx".into())));
    }

    #[test]
    fn an_unknown_with_a_default_will_not_be_null() {
        let of = defaults(&[("a", "da".into())], &[]);
        let filled = apply_defaults(Value::object([("a", Value::unknown(Type::String))]), &of);
        assert!(filled.get("a").unwrap().refinement().not_null);
        assert!(apply_defaults(Value::null(Type::Dynamic), &of).is_null());
    }
}

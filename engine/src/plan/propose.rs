//! The object to be, from the prior object and the configuration, by schema alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::schema::{Attribute, Block, NestedBlock, Nesting, Schema};
use crate::value::{Kind, Marks, Path, PathStep, Type, Value};

/// The object that a configuration asks for. `prior` is null for a create.
///
/// What the configuration does not set is the schema's default, or else for a computed attribute the prior value, or
/// unknown in a create, or else null.
pub fn propose(schema: &Schema, prior: &Value, config: &Value) -> Value {
    block(&schema.block, schema.zero_is_absent, (!prior.is_null()).then_some(prior), config)
}

fn block(schema: &Block, zero_is_absent: bool, prior: Option<&Value>, config: &Value) -> Value {
    let get = |object: Option<&Value>, name: &str| object.and_then(|it| it.get(name)).cloned();
    let mut object: BTreeMap<Arc<str>, Value> = BTreeMap::new();
    for (name, spec) in &schema.attributes {
        let given = get(Some(config), name).unwrap_or_else(|| Value::null(spec.ty.clone()));
        let before = get(prior, name);
        object.insert(name.clone(), attribute(spec, zero_is_absent, before, given, prior.is_some()));
    }
    for (name, spec) in &schema.blocks {
        let given = get(Some(config), name).unwrap_or_else(|| spec.empty());
        let before = get(prior, name);
        object.insert(name.clone(), nested(spec, zero_is_absent, before, given));
    }
    Value::object(object)
}

fn attribute(spec: &Attribute, zero_is_absent: bool, before: Option<Value>, given: Value, exists: bool) -> Value {
    if spec.write_only {
        return Value::null(spec.ty.clone());
    }
    if given.is_null() {
        if let Some(default) = &spec.default {
            return default.clone().marked(given.marks());
        }
        if spec.computed {
            return match before {
                Some(before) if exists => before,
                _ => Value::unknown(spec.ty.clone()),
            };
        }
    }
    match before {
        Some(before) if means_the_same(spec, zero_is_absent, &before, &given) => {
            // The state's spelling stays, the configuration's marks count.
            let marks = given.deep_marks();
            if unmarked(&before) == unmarked(&given) { given } else { unmarked(&before).marked(marks) }
        }
        _ => given,
    }
}

fn means_the_same(spec: &Attribute, zero_is_absent: bool, before: &Value, given: &Value) -> bool {
    if let (Some(same), Some(a), Some(b)) = (spec.same, before.as_str(), given.as_str()) {
        return same(a, b);
    }
    zero_is_absent && (given.is_null() && is_zero(before) || before.is_null() && is_zero(given))
}

/// Whether a value is what many APIs answer for "not set": an empty text or collection, zero or false.
fn is_zero(value: &Value) -> bool {
    match value.kind() {
        Kind::String(text) => text.is_empty(),
        Kind::Bool(value) => !value,
        Kind::Number(number) => number.as_i64() == Some(0),
        Kind::List(_, items) | Kind::Set(_, items) => items.is_empty(),
        Kind::Map(_, items) => items.is_empty(),
        _ => false,
    }
}

fn nested(spec: &NestedBlock, zero_is_absent: bool, before: Option<Value>, given: Value) -> Value {
    let none = given.is_null() || given.as_slice().is_some_and(<[_]>::is_empty);
    if spec.computed && none {
        return before.unwrap_or_else(|| Value::unknown(spec.ty()));
    }
    if given.is_unknown() {
        return given;
    }
    let marks = given.marks();
    let value = match spec.nesting {
        Nesting::Single if given.is_null() => given,
        Nesting::Single => {
            let before = before.filter(|it| !it.is_null());
            block(&spec.block, zero_is_absent, before.as_ref(), &given)
        }
        Nesting::List => {
            let items = given.as_slice().unwrap_or_default();
            let before = before.as_ref().and_then(Value::as_slice).unwrap_or_default();
            let items = items.iter().enumerate();
            let items = items.map(|(at, item)| block(&spec.block, zero_is_absent, before.get(at), item));
            Value::list(spec.block.ty(), items.collect())
        }
        Nesting::Set => set(spec, zero_is_absent, before.as_ref(), &given),
    };
    value.marked(marks)
}

/// Blocks of a set have no position: each takes over from the prior block that agrees with all it sets.
fn set(spec: &NestedBlock, zero_is_absent: bool, before: Option<&Value>, given: &Value) -> Value {
    let mut free: Vec<&Value> = before.and_then(Value::as_slice).unwrap_or_default().iter().collect();
    let items = given.as_slice().unwrap_or_default().iter().map(|item| {
        let at = free.iter().position(|old| agrees(&spec.block, zero_is_absent, old, item));
        let old = at.map(|at| free.swap_remove(at));
        block(&spec.block, zero_is_absent, old, item)
    });
    Value::set(spec.block.ty(), items.collect())
}

fn agrees(schema: &Block, zero_is_absent: bool, before: &Value, given: &Value) -> bool {
    let merged = block(schema, zero_is_absent, Some(before), given);
    unmarked(&merged) == unmarked(before)
}

/// What a schema marks as sensitive, marked in an object of its type.
pub fn mark_sensitive(schema: &Block, value: Value) -> Value {
    if !has_sensitive(schema) {
        return value;
    }
    mark(schema, value)
}

fn mark(schema: &Block, value: Value) -> Value {
    let Some(items) = value.as_map() else { return value };
    let marks = value.marks();
    let items = items.iter().map(|(name, item)| {
        let item = item.clone();
        let item = match (schema.attributes.get(name), schema.blocks.get(name)) {
            (Some(spec), _) if spec.sensitive => item.marked(Marks::SENSITIVE),
            (_, Some(nested)) if has_sensitive(&nested.block) => mark_nested(nested, item),
            _ => item,
        };
        (name.clone(), item)
    });
    Value::object(items).marked(marks)
}

fn mark_nested(spec: &NestedBlock, value: Value) -> Value {
    let marks = value.marks();
    let items =
        |value: &Value| value.as_slice().map(|items| items.iter().map(|it| mark(&spec.block, it.clone())).collect());
    match value.kind() {
        Kind::List(element, _) => Value::list(element.clone(), items(&value).unwrap_or_default()).marked(marks),
        Kind::Set(element, _) => Value::set(element.clone(), items(&value).unwrap_or_default()).marked(marks),
        Kind::Object(_) => mark(&spec.block, value),
        _ => value,
    }
}

fn has_sensitive(schema: &Block) -> bool {
    schema.attributes.values().any(|spec| spec.sensitive) || schema.blocks.values().any(|it| has_sensitive(&it.block))
}

/// The value without marks: what a comparison of contents compares.
pub fn unmarked(value: &Value) -> Value {
    value.clone().without_marks(Marks::SENSITIVE.and(Marks::EPHEMERAL))
}

/// The attributes whose change replaces the object: those that the schema marks, as far as they differ.
pub fn forced(schema: &Block, prior: &Value, planned: &Value) -> Vec<Path> {
    let mut paths = Vec::new();
    forced_in(schema, prior, planned, &Path::root(), &mut paths);
    paths
}

fn forced_in(schema: &Block, prior: &Value, planned: &Value, at: &Path, paths: &mut Vec<Path>) {
    for (name, spec) in &schema.attributes {
        if let (true, Some(before), Some(after)) = (spec.force_new, prior.get(name), planned.get(name))
            && differ(before, after)
        {
            paths.push(at.name(name));
        }
    }
    for (name, spec) in &schema.blocks {
        let (Some(before), Some(after)) = (prior.get(name), planned.get(name)) else { continue };
        if differ(before, after) {
            forced_block(spec, before, after, &at.name(name), paths);
        }
    }
}

fn forced_block(spec: &NestedBlock, before: &Value, after: &Value, at: &Path, paths: &mut Vec<Path>) {
    match (spec.nesting, before.as_slice(), after.as_slice()) {
        (Nesting::Single, ..) if before.as_map().is_some() && after.as_map().is_some() => {
            forced_in(&spec.block, before, after, at, paths);
        }
        (Nesting::List, Some(old), Some(new)) if old.len() == new.len() => {
            for (index, (old, new)) in old.iter().zip(new).enumerate() {
                forced_in(&spec.block, old, new, &at.index(index), paths);
            }
        }
        _ if spec.force_new || forces_inside(&spec.block) => paths.push(at.clone()),
        _ => {}
    }
}

fn forces_inside(schema: &Block) -> bool {
    schema.attributes.values().any(|spec| spec.force_new)
        || schema.blocks.values().any(|it| it.force_new || forces_inside(&it.block))
}

/// Whether two values differ in content; an unknown one differs from any.
pub fn differ(before: &Value, after: &Value) -> bool {
    !after.is_wholly_known() || unmarked(before) != unmarked(after)
}

/// An argument, or a part of one, whose change is not a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// The argument.
    pub path: Path,
    /// The key after it, in brackets: one element of a map. An object is kept as a whole.
    pub key: Option<Arc<str>>,
}

/// The configuration with the prior value in the place of every argument that `ignored` names.
pub fn keep_ignored(config: Value, prior: &Value, ignored: &[Ignored]) -> Value {
    ignored.iter().fold(config, |config, it| keep_at(config, prior, &it.path.0, it.key.as_ref()))
}

fn keep_at(config: Value, prior: &Value, path: &[PathStep], key: Option<&Arc<str>>) -> Value {
    let Some((step, rest)) = path.split_first() else {
        return match key {
            Some(key) => keep_key(config, prior, key),
            None => prior.clone(),
        };
    };
    match (step, config.kind()) {
        (PathStep::Name(name), Kind::Map(..) | Kind::Null(Type::Map(_))) if rest.is_empty() && key.is_none() => {
            keep_key(config, prior, name)
        }
        (PathStep::Name(name), Kind::Object(_) | Kind::Map(..)) => match (config.get(name).cloned(), prior.get(name)) {
            (Some(item), Some(old)) => config.with(name, keep_at(item, old, rest, key)),
            _ => config,
        },
        (PathStep::Index(at), Kind::List(..) | Kind::Tuple(_)) => {
            let old = prior.as_slice().and_then(|old| old.get(*at));
            match (config.as_slice().is_some_and(|items| *at < items.len()), old) {
                (true, Some(old)) => config.with_index(*at, |item| keep_at(item, old, rest, key)),
                _ => config,
            }
        }
        _ => config,
    }
}

/// One element of a map from the prior one; anything that is no map from it as a whole.
fn keep_key(config: Value, prior: &Value, key: &Arc<str>) -> Value {
    match config.kind() {
        Kind::Map(..) => match (config.get(key).is_some(), prior.get(key)) {
            (_, Some(old)) => config.with(key, old.clone()),
            (true, None) => without_key(config, key),
            (false, None) => config,
        },
        Kind::Null(Type::Map(element)) => match prior.get(key) {
            Some(old) => Value::map((**element).clone(), [(key.clone(), old.clone())]),
            None => config,
        },
        _ => prior.clone(),
    }
}

fn without_key(map: Value, name: &str) -> Value {
    match map.kind() {
        Kind::Map(element, items) => {
            let items = items.iter().filter(|(key, _)| &***key != name).map(|(key, it)| (key.clone(), it.clone()));
            Value::map(element.clone(), items).marked(map.marks())
        }
        _ => map,
    }
}

/// The configuration that would leave an object as it is: its arguments without its computed attributes.
pub fn config_of(schema: &Block, object: &Value) -> Value {
    let Some(items) = object.as_map() else { return object.clone() };
    Value::object(items.iter().map(|(name, item)| {
        let computed = schema.attributes.get(name).is_some_and(|spec| !spec.is_argument());
        (name.clone(), if computed { Value::null(item.ty()) } else { item.clone() })
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(items: &[(&str, &str)]) -> Value {
        Value::map(Type::String, items.iter().map(|(key, it)| ((*key).into(), Value::from(*it))))
    }

    fn keep(config: Value, prior: Value, path: &[PathStep], key: Option<&str>) -> Value {
        let ignored = Ignored { path: Path(path.to_vec()), key: key.map(Into::into) };
        keep_ignored(config, &prior, &[ignored])
    }

    #[test]
    fn a_key_of_a_map_is_kept_alone() {
        let tags = [PathStep::Name("tags".into())];
        let object = |it: Value| Value::object([("tags", it)]);
        let prior = || object(map(&[("a", "1"), ("b", "1")]));
        for (config, kept) in [
            (map(&[("a", "2"), ("b", "2")]), map(&[("a", "1"), ("b", "2")])),
            (map(&[("b", "2")]), map(&[("a", "1"), ("b", "2")])),
            (Value::null(Type::map(Type::String)), map(&[("a", "1")])),
        ] {
            assert_eq!(keep(object(config), prior(), &tags, Some("a")), object(kept));
        }
        let kept = keep(object(map(&[("a", "2"), ("c", "2")])), prior(), &tags, Some("c"));
        assert_eq!(kept, object(map(&[("a", "2")])), "a key that was not there does not appear");
    }

    #[test]
    fn an_object_with_a_key_is_kept_as_a_whole_and_with_a_name_in_part() {
        let input = PathStep::Name("input".into());
        let object = |a: &str, b: &str| {
            let parts = [("a", Value::from(a)), ("b", Value::from(b))];
            Value::object([("input", Value::object(parts))])
        };
        let (config, prior) = (object("2", "2"), object("1", "1"));
        assert_eq!(keep(config.clone(), prior.clone(), std::slice::from_ref(&input), Some("a")), prior);
        let named = [input.clone(), PathStep::Name("a".into())];
        assert_eq!(keep(config.clone(), prior.clone(), &named, None), object("1", "2"));
        let missing = [input, PathStep::Name("x".into())];
        assert_eq!(keep(config.clone(), prior, &missing, None), config);
    }

    #[test]
    fn an_element_is_kept_by_its_position() {
        let path = [PathStep::Name("input".into()), PathStep::Index(0)];
        let object =
            |items: &[&str]| Value::object([("input", Value::tuple(items.iter().map(|it| (*it).into()).collect()))]);
        assert_eq!(keep(object(&["2", "2"]), object(&["1", "1"]), &path, None), object(&["1", "2"]));
        assert_eq!(keep(object(&["2"]), object(&[]), &path, None), object(&["2"]));
    }
}

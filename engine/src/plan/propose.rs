//! The object to be, from the prior object and the configuration, by schema alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::schema::{Attribute, Block, NestedBlock, Nesting, Schema};
use crate::value::{Kind, Marks, Path, Type, Value};

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
            if before.deep_marks().has(marks) { before } else { before.marked(marks) }
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

/// The configuration with the prior value in the place of every argument that `ignored` names.
pub fn keep_ignored(config: Value, prior: &Value, ignored: &[Path]) -> Value {
    ignored.iter().fold(config, |config, path| keep_at(config, prior, &path.0))
}

fn keep_at(config: Value, prior: &Value, path: &[crate::value::PathStep]) -> Value {
    use crate::value::PathStep;
    let Some((step, rest)) = path.split_first() else { return prior.clone() };
    match (step, config.kind()) {
        (PathStep::Name(name), Kind::Object(_) | Kind::Map(..)) => {
            let old = prior.get(name);
            match (config.get(name).cloned(), old) {
                (Some(item), Some(old)) => config.with(name, keep_at(item, old, rest)),
                // A key of a map that only one side has.
                (Some(_), None) if rest.is_empty() => without_key(config, name),
                (None, Some(old)) if rest.is_empty() => config.with(name, old.clone()),
                _ => config,
            }
        }
        (PathStep::Name(name), Kind::Null(Type::Map(element))) if rest.is_empty() => match prior.get(name) {
            Some(old) => Value::map((**element).clone(), [(name.clone(), old.clone())]),
            None => config,
        },
        (PathStep::Index(at), Kind::List(element, items)) => {
            let old = prior.as_slice().and_then(|old| old.get(*at));
            match (items.get(*at), old) {
                (Some(item), Some(old)) => {
                    let mut items = items.as_ref().clone();
                    items[*at] = keep_at(item.clone(), old, rest);
                    Value::list(element.clone(), items).marked(config.marks())
                }
                _ => config,
            }
        }
        _ => config,
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

//! Values as the JSON documents show them: plain, and as masks of what is unknown or sensitive.

use std::sync::Arc;

use plumb_engine::schema::Block;
use plumb_engine::value::{Kind, Marks, Path, PathStep, Value, to_json};
use serde_json::{Map, Value as Json};

/// Plain JSON: unknown attributes and elements of maps are left out, unknown elements of lists are null.
pub fn plain(value: &Value) -> Json {
    match value.kind() {
        Kind::Unknown(..) | Kind::Null(_) => Json::Null,
        Kind::Object(items) | Kind::Map(_, items) => {
            let known = items.iter().filter(|(_, it)| !it.is_unknown());
            Json::Object(known.map(|(name, it)| (name.to_string(), plain(it))).collect())
        }
        Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) => items.iter().map(plain).collect(),
        Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => to_json(value, None),
    }
}

/// `true` where a part is unknown. Attributes without an unknown part are left out unless they are collections.
pub fn unknown_mask(value: &Value) -> Json {
    mask(value, &|it| it.is_unknown())
}

/// `true` where a part is sensitive, in the same form.
pub fn sensitive_mask(value: &Value) -> Json {
    mask(value, &|it| it.is_sensitive())
}

fn mask(value: &Value, holds: &dyn Fn(&Value) -> bool) -> Json {
    if holds(value) {
        return Json::Bool(true);
    }
    match value.kind() {
        Kind::Object(items) | Kind::Map(_, items) => {
            let parts = items.iter().map(|(name, it)| (name.to_string(), mask(it, holds)));
            Json::Object(parts.filter(|(_, it)| *it != Json::Bool(false)).collect::<Map<_, _>>())
        }
        Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) => {
            items.iter().map(|it| mask(it, holds)).collect()
        }
        _ => Json::Bool(false),
    }
}

/// The object with every attribute marked that its schema says is sensitive.
pub fn mark_by_schema(value: &Value, schema: &Block) -> Value {
    let mut marked = value.clone();
    for (name, attribute) in &schema.attributes {
        if let (true, Some(part)) = (attribute.sensitive, value.get(name)) {
            marked = marked.with(name, part.clone().marked(Marks::SENSITIVE));
        }
    }
    for (name, nested) in &schema.blocks {
        if let Some(part) = value.get(name) {
            marked = marked.with(name, mark_blocks(part, &nested.block));
        }
    }
    marked
}

fn mark_blocks(value: &Value, schema: &Block) -> Value {
    let marks = value.marks();
    match value.kind() {
        Kind::List(ty, items) => {
            Value::list(ty.clone(), items.iter().map(|it| mark_by_schema(it, schema)).collect()).marked(marks)
        }
        Kind::Set(ty, items) => {
            Value::set(ty.clone(), items.iter().map(|it| mark_by_schema(it, schema)).collect()).marked(marks)
        }
        Kind::Object(_) => mark_by_schema(value, schema),
        _ => value.clone(),
    }
}

/// The value with the part at `path` marked as sensitive; a path that leads nowhere marks nothing.
pub fn mark_at(value: &Value, path: &[PathStep]) -> Value {
    let Some((step, rest)) = path.split_first() else { return value.clone().marked(Marks::SENSITIVE) };
    let marks = value.marks();
    match (step, value.kind()) {
        (PathStep::Name(name), Kind::Object(items) | Kind::Map(_, items)) => match items.get(name) {
            Some(part) => value.clone().with(name, mark_at(part, rest)),
            None => value.clone(),
        },
        (PathStep::Index(at), Kind::List(ty, items)) => {
            Value::list(ty.clone(), mark_element(items, *at, rest)).marked(marks)
        }
        (PathStep::Index(at), Kind::Tuple(items)) => Value::tuple(mark_element(items, *at, rest)).marked(marks),
        // Elements of a set carry no marks: the whole set does.
        (PathStep::Index(_), Kind::Set(..)) => value.clone().marked(Marks::SENSITIVE),
        _ => value.clone(),
    }
}

/// The value with the parts at all `paths` marked as sensitive.
pub fn mark_all(value: Value, paths: &[Path]) -> Value {
    paths.iter().fold(value, |value, path| mark_at(&value, &path.0))
}

fn mark_element(items: &Arc<Vec<Value>>, at: usize, rest: &[PathStep]) -> Vec<Value> {
    let mark = |(index, it): (usize, &Value)| if index == at { mark_at(it, rest) } else { it.clone() };
    items.iter().enumerate().map(mark).collect()
}

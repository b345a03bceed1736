//! What of a difference between state and reality is drift: what the configuration has a say in.
//!
//! Much of what AWS tells changes by itself or through other objects: routes of a table, the load balancers of a target
//! group, restore times. An attribute drifts when the next plan would turn it back.

use std::sync::Arc;

use super::Drift;
use super::propose::{Ignored, config_of, keep_ignored, unmarked};
use crate::schema::{Block, Nesting, Schema};
use crate::value::{Kind, Value};

/// The part of a drift that matters; `None` when nothing does. Without a configuration every argument matters.
/// `ignored` are the paths of `ignore_changes`, `None` for all of them.
pub fn relevant(drift: &Drift, schema: &Schema, config: Option<&Value>, ignored: Option<&[Ignored]>) -> Option<Drift> {
    if drift.after.is_null() {
        return Some(drift.clone());
    }
    let ignored = ignored?;
    let config = config.map_or_else(|| config_of(&schema.block, &drift.before), Value::clone);
    let after = block(&schema.block, &drift.before, &drift.after, &config);
    let after = keep_ignored(after, &drift.before, ignored);
    (unmarked(&after) != unmarked(&drift.before)).then(|| Drift { after, ..drift.clone() })
}

/// `before` with those attributes from `after` that the configuration has a say in.
fn block(schema: &Block, before: &Value, after: &Value, config: &Value) -> Value {
    let (Some(old), Some(new)) = (before.as_map(), after.as_map()) else { return after.clone() };
    let merged = old.iter().map(|(name, was)| {
        let given = config.get(name).filter(|it| !it.is_null());
        let value = match new.get(name) {
            Some(is) => attribute(schema, name, (was, is), given),
            None => was.clone(),
        };
        (name.clone(), value)
    });
    Value::object(merged).marked(before.marks())
}

fn attribute(schema: &Block, name: &Arc<str>, (was, is): (&Value, &Value), given: Option<&Value>) -> Value {
    if let Some(spec) = schema.attributes.get(name) {
        let wanted = spec.is_argument() && (given.is_some() || !spec.computed);
        return if wanted { is.clone() } else { was.clone() };
    }
    let Some(spec) = schema.blocks.get(name) else { return was.clone() };
    let given = given.filter(|it| it.as_slice().is_none_or(|items| !items.is_empty()));
    if spec.computed && given.is_none() {
        return was.clone();
    }
    match (spec.nesting, was.as_slice(), is.as_slice()) {
        (Nesting::Single, ..) => match given {
            Some(given) => block(&spec.block, was, is, given),
            None => is.clone(),
        },
        (Nesting::List, Some(old), Some(new)) if old.len() == new.len() => {
            let given = given.and_then(Value::as_slice).unwrap_or_default();
            let items = old.iter().zip(new).enumerate().map(|(at, (old, new))| match given.get(at) {
                Some(given) => block(&spec.block, old, new, given),
                None => new.clone(),
            });
            match was.kind() {
                Kind::List(element, _) => Value::list(element.clone(), items.collect()).marked(was.marks()),
                _ => is.clone(),
            }
        }
        _ => is.clone(),
    }
}

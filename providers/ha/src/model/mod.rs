//! What configurations say of failover groups: schemas, checks, and what a plan makes of them.

pub mod blocks;
mod check;
pub mod cluster;
mod ensure;
pub mod group;
pub mod iam;
mod iam_policy;
pub(crate) mod inspect;
mod observe;
#[cfg(test)]
mod plain;
#[cfg(test)]
mod plans;
pub(crate) mod recorded;
pub(crate) mod resource;
pub mod review;
#[cfg(test)]
pub(crate) mod testing;
pub mod validate;
pub mod words;

use plumb_engine::value::{Value, from_value};
use serde::de::DeserializeOwned;

pub use cluster::HaCluster;
pub use group::HaGroup;
pub use iam_policy::IamPolicy;

/// An object as the struct of its type; what is null or unknown is left out. `None` when it does not fit.
pub(crate) fn read_model<T: DeserializeOwned>(object: &Value) -> Option<T> {
    from_value(&compact(object)).ok()
}

/// The value without attributes that are null or unknown, and without such elements.
fn compact(value: &Value) -> Value {
    let keep = |it: &&Value| !it.is_null() && !it.is_unknown();
    if let Some(items) = value.as_map() {
        let items = items.iter().filter(|(_, it)| keep(it));
        return Value::object(items.map(|(name, it)| (name.clone(), compact(it))));
    }
    match value.as_slice() {
        Some(items) => Value::tuple(items.iter().filter(keep).map(compact).collect()),
        None => value.clone(),
    }
}

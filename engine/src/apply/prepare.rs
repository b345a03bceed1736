//! The final form of a planned object, once what it was waiting for is known.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::propose::{mark_sensitive, propose, unmarked};
use crate::plan::{Action, ResourceChange};
use crate::provider::{Client, PlannedChange, ResourceType};
use crate::schema::Block;
use crate::value::{Path, Value};

/// Fills in what was unknown when the object was planned, from its configuration as it is known now.
///
/// # Errors
/// The result contradicts the plan: some value that the plan shows as known would be another. Nothing is done then.
pub fn final_object(
    change: &ResourceChange,
    resource_type: &dyn ResourceType,
    client: &dyn Client,
    config: &Value,
) -> Result<Value, Diagnostics> {
    let schema = resource_type.schema();
    let nothing = Value::null(schema.block.ty());
    let prior = if change.action == Action::Update { change.before.clone() } else { nothing };
    let planned = if change.after.is_wholly_known() {
        change.after.clone()
    } else {
        let planned = propose(schema, &prior, config);
        let mut again = PlannedChange { prior, config: config.clone(), planned, replace: Vec::new() };
        let found = resource_type.plan(&mut again, Some(client));
        if found.has_errors() {
            return Err(found);
        }
        let planned = mark_sensitive(&schema.block, again.planned);
        let filled = fill(&change.after, &planned);
        contradictions(&change.after, &filled, &change.object.to_string())?;
        filled
    };
    Ok(with_write_only(&schema.block, planned, config))
}

/// The planned value with its unknown parts from the later one; what was known stays as it was planned, so that
/// arguments that are ignored or normalised keep the planned spelling.
fn fill(planned: &Value, later: &Value) -> Value {
    if planned.is_unknown() {
        return later.clone();
    }
    if planned.is_wholly_known() {
        return planned.clone();
    }
    match (planned.as_map(), later.as_map()) {
        (Some(items), Some(more)) => {
            let filled = items.iter().fold(planned.clone(), |value, (name, item)| match more.get(name) {
                Some(later) => value.with(name, fill(item, later)),
                None => value,
            });
            return filled;
        }
        (None, None) => {}
        _ => return later.clone(),
    }
    match (planned.kind(), planned.as_slice(), later.as_slice()) {
        (crate::value::Kind::List(..) | crate::value::Kind::Tuple(_), Some(items), Some(more))
            if items.len() == more.len() =>
        {
            (0..items.len()).fold(planned.clone(), |value, at| value.with_index(at, |item| fill(&item, &more[at])))
        }
        _ => later.clone(),
    }
}

/// Refuses a final object that differs from a known part of the planned one.
fn contradictions(planned: &Value, actual: &Value, address: &str) -> Result<(), Diagnostics> {
    match contradiction(planned, actual, &Path::root()) {
        None => Ok(()),
        Some(path) => {
            let detail = format!(
                "When expanding the plan for {address} to include new values learned so far during apply, the value of \
                 {path} became another than the one that the plan shows. Nothing was done to this object. Plan again."
            );
            Err(Diagnostic::error("Inconsistent final plan", detail).of(address).into())
        }
    }
}

fn contradiction(planned: &Value, actual: &Value, at: &Path) -> Option<Path> {
    if planned.is_unknown() || unmarked(planned) == unmarked(actual) {
        return None;
    }
    if let (Some(a), Some(b)) = (planned.as_map(), actual.as_map()) {
        let names: std::collections::BTreeSet<_> = a.keys().chain(b.keys()).collect();
        return names.into_iter().find_map(|name| match (a.get(name), b.get(name)) {
            (Some(a), Some(b)) => contradiction(a, b, &at.name(name)),
            _ => Some(at.name(name)),
        });
    }
    if !planned.is_wholly_known() {
        return match (planned.kind(), planned.as_slice(), actual.as_slice()) {
            // Elements of a set have no position to compare by.
            (crate::value::Kind::Set(..), ..) => None,
            (_, Some(a), Some(b)) if a.len() == b.len() => {
                a.iter().zip(b).enumerate().find_map(|(index, (a, b))| contradiction(a, b, &at.index(index)))
            }
            _ => Some(at.clone()),
        };
    }
    Some(at.clone())
}

/// Write-only arguments are in no plan; they are sent as the configuration has them now.
fn with_write_only(schema: &Block, planned: Value, config: &Value) -> Value {
    let names = schema.attributes.iter().filter(|(_, spec)| spec.write_only).map(|(name, _)| name);
    names.fold(planned, |planned, name| match config.get(name) {
        Some(value) if !value.is_null() => planned.with(name, value.clone()),
        _ => planned,
    })
}

/// The object without its write-only arguments: what may be stored.
pub fn without_write_only(schema: &Block, value: Value) -> Value {
    let names = schema.attributes.iter().filter(|(_, spec)| spec.write_only);
    names.fold(value, |value, (name, spec)| value.with(name, Value::null(spec.ty.clone())))
}

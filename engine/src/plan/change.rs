//! The change of one managed object: what is done, and why.

use super::prior::sensitive_paths;
use super::propose::{Ignored, differ, forced, keep_ignored, mark_sensitive, propose, unmarked};
use super::{Action, Reason};
use crate::diagnostic::Diagnostics;
use crate::provider::{ChangeSteps, Client, PlannedChange, ResourceType};
use crate::store::ObjectStatus;
use crate::value::{Path, Value};

/// What the change of an object is planned from.
pub struct ChangeInput<'a> {
    /// The type.
    pub resource_type: &'a dyn ResourceType,
    /// Settings of the provider; `None` while its configuration is unknown.
    pub client: Option<&'a dyn Client>,
    /// The object as the refresh found it; null when there is none.
    pub prior: &'a Value,
    /// Whether the prior object is whole.
    pub status: ObjectStatus,
    /// The configuration.
    pub config: &'a Value,
    /// Arguments whose change is not a change; `None` for all of them.
    pub ignored: Option<&'a [Ignored]>,
    /// Why it is replaced whatever the difference.
    pub replace: Option<Reason>,
    /// Whether a replacement is made first.
    pub create_before_destroy: bool,
    /// Steps of an update that an earlier run has left.
    pub unfinished: Option<&'a ChangeSteps>,
}

/// The change of an object.
pub struct PlannedObject {
    /// What is done.
    pub action: Action,
    /// Why, where it does not follow from the difference.
    pub reason: Option<Reason>,
    /// The object to be.
    pub after: Value,
    /// The attributes that force a replacement.
    pub replace_paths: Vec<Path>,
    /// The steps of a change in place.
    pub steps: Option<ChangeSteps>,
}

/// Plans the change of an object that the configuration wants.
pub fn plan_object(input: &ChangeInput<'_>) -> (PlannedObject, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    let schema = input.resource_type.schema();
    let mut step = |prior: &Value, config: &Value| {
        let planned = propose(schema, prior, config);
        let mut change = PlannedChange { prior: prior.clone(), config: config.clone(), planned, replace: Vec::new() };
        diagnostics.extend(input.resource_type.plan(&mut change, input.client));
        change.planned = mark_sensitive(&schema.block, change.planned);
        change
    };
    let nothing = Value::null(schema.block.ty());
    if input.prior.is_null() {
        let after = step(&nothing, input.config).planned;
        let planned =
            PlannedObject { action: Action::Create, reason: None, after, replace_paths: Vec::new(), steps: None };
        return (planned, diagnostics);
    }
    let config = match input.ignored {
        Some(paths) => keep_ignored(input.config.clone(), input.prior, paths),
        None => super::propose::config_of(&schema.block, input.prior),
    };
    let change = step(input.prior, &config);
    let mut replace_paths = forced(&schema.block, input.prior, &change.planned);
    let also = change.replace.iter().filter(|path| {
        path.find(input.prior).zip(path.find(&change.planned)).is_none_or(|(before, after)| differ(before, after))
    });
    replace_paths.extend(also.cloned());
    replace_paths.sort();
    replace_paths.dedup();
    let reason = if input.status == ObjectStatus::Tainted {
        Some(Reason::ReplaceBecauseTainted)
    } else if input.replace.is_some() {
        input.replace
    } else {
        (!replace_paths.is_empty()).then_some(Reason::ReplaceBecauseCannotUpdate)
    };
    if reason.is_some() {
        // A new object is made as the configuration says: there is nothing left of it that could be kept.
        let after = step(&nothing, input.config).planned;
        let action = if input.create_before_destroy { Action::CreateThenDelete } else { Action::DeleteThenCreate };
        return (PlannedObject { action, reason, after, replace_paths, steps: None }, diagnostics);
    }
    // What is no longer sensitive, or has become so, must be stored as such.
    let same = unmarked(input.prior) == unmarked(&change.planned)
        && sensitive_paths(input.prior) == sensitive_paths(&change.planned);
    let steps = input.resource_type.steps(&change, input.unfinished, input.client).unwrap_or_else(|found| {
        diagnostics.extend(found);
        None
    });
    let steps = steps.and_then(|it| it.or_left(input.unfinished));
    let action = if same && steps.is_none() { Action::NoOp } else { Action::Update };
    (PlannedObject { action, reason: None, after: change.planned, replace_paths, steps }, diagnostics)
}

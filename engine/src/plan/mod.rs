//! Plans: what is to be done and why, as data.

mod change;
pub mod checks;
mod claims;
mod conditions;
mod depth;
mod drift;
pub(crate) mod ephemerals;
pub mod file;
mod imports;
mod managed;
mod moves;
mod orphans;
mod outputs;
pub mod paths;
pub mod prior;
pub mod propose;
mod reads;
mod request;
mod revert;
mod scope;
#[cfg(test)]
mod tests;
mod unsupported;
pub mod walk;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use request::{PlanOptions, PlanRequest, PlanResult, create};
pub use revert::{Given, Link, revert};

use crate::addr::{ConfigResource, InstanceAddr, Mode, Target};
use crate::provider::{ChangeSteps, LateBinding, RuntimeChange};
use crate::store::ObjectKey;
use crate::value::{Path, Value};

/// Everything that an apply will do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Plan {
    /// What kind of plan it is.
    pub mode: PlanMode,
    /// Lineage of the state that it was made from; empty when there was none.
    pub lineage: String,
    /// Serial of the state that it was made from.
    pub serial: u64,
    /// Changes of objects, by address; objects that stay as they are are among them as no-ops.
    pub changes: Vec<ResourceChange>,
    /// What a refresh found different from the state, by address.
    pub drift: Vec<Drift>,
    /// Values that belong to run time and are no longer as the state has them, by address: neither drift nor a change.
    #[serde(default)]
    pub runtime_changes: Vec<RuntimeChange>,
    /// Planned values that are resolved at the moment of the call, because run time owns them.
    #[serde(with = "file::pairs", default)]
    pub late: BTreeMap<ObjectKey, LateBinding>,
    /// Objects as the refresh found them, to be stored with the apply.
    pub refreshed: Vec<Refreshed>,
    /// Changes of the root module's outputs, by name.
    pub outputs: BTreeMap<Arc<str>, OutputChange>,
    /// Values of the root module's variables as they were given, before conversion, or their defaults; ephemeral ones that
    /// were given are left out.
    #[serde(with = "file::lossless_map")]
    pub variables: BTreeMap<Arc<str>, Value>,
    /// `-target`.
    pub targets: Vec<Target>,
    /// `-exclude`.
    pub excludes: Vec<Target>,
    /// Row versions of the stored objects that the plan is about: those that it writes and those that it relies on.
    #[serde(with = "file::pairs")]
    pub read_set: BTreeMap<ObjectKey, u64>,
    /// Configurations of objects that do not come from blocks: a revert has them from the history.
    #[serde(with = "file::pairs", default)]
    pub given: BTreeMap<ObjectKey, Given>,
    /// Results of checks and conditions, by address.
    pub checks: Vec<CheckResult>,
    /// When it was made, RFC 3339 in UTC.
    pub timestamp: String,
    /// Whether planning failed: such a plan is shown, never applied.
    pub errored: bool,
}

/// What kind of plan it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanMode {
    /// Make everything as the configuration says.
    #[default]
    Normal,
    /// Only take over what a refresh finds.
    RefreshOnly,
    /// Delete everything.
    Destroy,
}

/// One change of one object.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ResourceChange {
    /// The object.
    pub object: ObjectKey,
    /// Where the object was before, when it moves.
    pub moved_from: Option<InstanceAddr>,
    /// Provider configuration that does it, as [`crate::store::ObjectRecord::provider`] writes it.
    pub provider: String,
    /// What is done.
    pub action: Action,
    /// Why, where it does not follow from the difference.
    pub reason: Option<Reason>,
    /// The object as it is; null when there is none.
    #[serde(with = "file::lossless")]
    pub before: Value,
    /// The object to be; null when there will be none, with unknown parts.
    #[serde(with = "file::lossless")]
    pub after: Value,
    /// The attributes that force a replacement.
    pub replace_paths: Vec<Path>,
    /// Id under which an existing object is taken over.
    pub importing: Option<String>,
    /// Resources that the object will depend on, itself left out.
    pub dependencies: Vec<ConfigResource>,
    /// Resources that the present object was made from.
    pub prior_dependencies: Vec<ConfigResource>,
    /// A replacement is made first; an object made so is deleted so.
    pub create_before_destroy: bool,
    /// The steps of a change in place that takes many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<ChangeSteps>,
}

/// What is done to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Nothing.
    NoOp,
    /// It is made.
    Create,
    /// A data source is read during apply.
    Read,
    /// It is changed in place.
    Update,
    /// It is deleted, and a new one is made.
    DeleteThenCreate,
    /// A new one is made, and it is deleted.
    CreateThenDelete,
    /// It is deleted.
    Delete,
    /// It leaves the state and stays as it is.
    Forget,
}

impl Action {
    /// Whether the object is replaced.
    pub fn is_replace(self) -> bool {
        matches!(self, Action::DeleteThenCreate | Action::CreateThenDelete)
    }
}

/// Why an object is changed, where the difference alone does not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Its create did not finish.
    ReplaceBecauseTainted,
    /// `-replace` names it.
    ReplaceByRequest,
    /// `replace_triggered_by`.
    ReplaceByTriggers,
    /// An attribute changes that cannot be changed in place.
    ReplaceBecauseCannotUpdate,
    /// Its block is no longer in the configuration.
    DeleteBecauseNoResourceConfig,
    /// Its module call is no longer in the configuration.
    DeleteBecauseNoModule,
    /// The block has `count` or `for_each` now, or no longer has.
    DeleteBecauseWrongRepetition,
    /// `count` is smaller now.
    DeleteBecauseCountIndex,
    /// `for_each` has no such key now.
    DeleteBecauseEachKey,
    /// `enabled` is false now.
    DeleteBecauseEnabledFalse,
    /// It moved to an address that the configuration does not have.
    DeleteBecauseNoMoveTarget,
    /// Its arguments are not known yet.
    ReadBecauseConfigUnknown,
    /// Something that it depends on changes first.
    ReadBecauseDependencyPending,
    /// A check reads it at apply.
    ReadBecauseCheckNested,
}

/// What a refresh found.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Drift {
    /// The object.
    pub object: ObjectKey,
    /// Where the object was before, when it moved.
    pub moved_from: Option<InstanceAddr>,
    /// Provider configuration that read it.
    pub provider: String,
    /// As the state has it.
    #[serde(with = "file::lossless")]
    pub before: Value,
    /// As it is; null when it is gone.
    #[serde(with = "file::lossless")]
    pub after: Value,
}

/// A refreshed object, to be written back with the apply.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Refreshed {
    /// The object.
    pub object: ObjectKey,
    /// Where the object was before, when it moves.
    #[serde(default)]
    pub moved_from: Option<InstanceAddr>,
    /// Provider configuration that read it.
    pub provider: String,
    /// As it is; `None` when it is gone.
    #[serde(with = "file::lossless_option")]
    pub value: Option<Value>,
    /// Resources that it depends on.
    pub dependencies: Vec<ConfigResource>,
}

/// A change of an output.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OutputChange {
    /// What happens: no-op, create, update or delete.
    pub action: Action,
    /// As stored; null when there is none.
    #[serde(with = "file::lossless")]
    pub before: Value,
    /// As it will be; null when there will be none.
    #[serde(with = "file::lossless")]
    pub after: Value,
    /// Never shown.
    pub sensitive: bool,
}

/// Result of the conditions of one block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckResult {
    /// Address of the resource, output, variable or check block, without instance keys.
    pub address: String,
    /// What it is: `resource`, `output_value`, `check`, `var`.
    pub kind: String,
    /// The worst result of its instances.
    pub status: CheckStatus,
    /// Its instances, as far as they are known.
    pub instances: Vec<CheckInstance>,
}

/// Result of the conditions of one instance of a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckInstance {
    /// Address of the instance.
    pub address: String,
    /// The worst result of its conditions.
    pub status: CheckStatus,
    /// Messages of the conditions that failed.
    pub problems: Vec<String>,
}

/// Result of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckStatus {
    /// All held.
    Pass,
    /// Not known before apply.
    Unknown,
    /// At least one did not hold.
    Fail,
    /// At least one could not be evaluated.
    Error,
}

/// How many objects a plan changes, as its last line says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Taken over.
    pub import: usize,
    /// Made, replacements included.
    pub add: usize,
    /// Changed in place.
    pub change: usize,
    /// Deleted, replacements included.
    pub destroy: usize,
    /// Left alone from now on.
    pub forget: usize,
}

impl Plan {
    /// How many objects it changes.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for change in &self.changes {
            counts.import += usize::from(change.importing.is_some());
            match change.action {
                Action::Create => counts.add += 1,
                Action::Update => counts.change += 1,
                Action::Delete => counts.destroy += 1,
                Action::Forget => counts.forget += 1,
                Action::DeleteThenCreate | Action::CreateThenDelete => {
                    counts.add += 1;
                    counts.destroy += 1;
                }
                Action::NoOp | Action::Read => {}
            }
        }
        counts
    }

    /// Whether the refresh found managed objects other than the state has them: an apply stores that, even if it does
    /// nothing else.
    pub fn has_refreshed(&self) -> bool {
        self.refreshed.iter().any(|it| it.object.addr.resource.mode == Mode::Managed)
    }

    /// Whether an apply would do anything at all.
    pub fn is_empty(&self) -> bool {
        let nothing =
            |it: &ResourceChange| it.action == Action::NoOp && it.importing.is_none() && it.moved_from.is_none();
        self.changes.iter().all(nothing) && self.outputs.values().all(|it| it.action == Action::NoOp)
    }
}

//! Claims: attributes of objects whose value belongs to run time, as data between a provider and the planner.
//!
//! Which server of a failover group is active is decided while nobody plans. The group's provider claims the attributes
//! that follow the active server, each with the values that its members have. Within them an observed value is neither
//! drift nor a change; any other value is drift, and gives way to that of the active member. An owner that writes the
//! values by its own changes, such as the upgrade of a cluster, claims them in the same way ([`Decision::Owner`]).

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::addr::InstanceAddr;
use crate::diagnostic::Diagnostics;
use crate::plan::{Action, PlanMode};
use crate::provider::ChangeSteps;
use crate::store::ObjectKey;
use crate::value::{Path, Value};

/// An object of a plan as a provider sees it that reviews the plan.
#[derive(Clone, Copy, Debug)]
pub struct Reviewed<'a> {
    /// The object.
    pub object: &'a ObjectKey,
    /// What is done to it.
    pub action: Action,
    /// As the state has it; null where it has none.
    pub recorded: &'a Value,
    /// As it is; null where there is none.
    pub before: &'a Value,
    /// As it will be; null where there will be none.
    pub after: &'a Value,
    /// The attributes that force a replacement.
    pub replace_paths: &'a [Path],
    /// What an earlier run has left of the steps of its change.
    pub unfinished: Option<&'a ChangeSteps>,
}

impl Reviewed<'_> {
    /// Name of its type.
    pub fn type_name(&self) -> &str {
        &self.object.addr.resource.type_name
    }

    /// The object to be, or else the one that is: what a rule over all objects looks at.
    pub fn current(&self) -> &Value {
        if self.after.is_null() { self.before } else { self.after }
    }
}

/// What a provider finds in a whole plan.
#[derive(Clone, Debug, Default)]
pub struct Review {
    /// Attributes that belong to run time.
    pub claims: Vec<Claim>,
    /// What happened at run time since it was last recorded, of the provider's own objects.
    pub changes: Vec<RuntimeChange>,
    /// Values of the provider's own objects that follow from other objects of the plan.
    pub adjustments: Vec<Adjustment>,
    /// Objects of the provider that have drifted, though only computed attributes tell.
    pub drifted: Vec<Drifted>,
    /// Errors and warnings about objects that only show side by side.
    pub diagnostics: Diagnostics,
}

/// An object that has drifted besides what run time has changed of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Drifted {
    /// The object.
    pub object: ObjectKey,
    /// It as it would be if nothing had drifted: recorded, with what belongs to run time as it is.
    pub expected: Value,
}

/// A planned value that follows from other objects; an object that would stay as it is is changed by it.
#[derive(Clone, Debug, PartialEq)]
pub struct Adjustment {
    /// The object.
    pub object: ObjectKey,
    /// The attribute.
    pub attribute: Arc<str>,
    /// Its value.
    pub value: Value,
}

/// How a review is made.
#[derive(Clone, Copy, Debug)]
pub struct ReviewInput<'a> {
    /// What kind of plan it is.
    pub mode: PlanMode,
    /// Its objects, of all providers, in the order of their addresses; data sources are left out.
    pub objects: &'a [Reviewed<'a>],
}

/// An attribute of other objects whose value belongs to run time.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// The object that makes the claim.
    pub owner: InstanceAddr,
    /// Type of the objects that it is about.
    pub type_name: Arc<str>,
    /// Attribute values by which they are told.
    pub matches: BTreeMap<Arc<str>, Value>,
    /// The attribute.
    pub attribute: Arc<str>,
    /// Its value for each member, by the member's name; a member whose value is not known yet is left out.
    pub members: BTreeMap<Arc<str>, Value>,
    /// The active member; `None` while nothing is active, or while it is not known which is.
    pub active: Option<Arc<str>>,
    /// Number of the last transition, which only grows.
    pub epoch: u64,
    /// Whether the active member is sure: an agent or the journal confirms it.
    pub confirmed: bool,
    /// Who decides that the object exists.
    pub existence: Existence,
    /// Who decides which member's value the attribute has.
    pub decision: Decision,
}

/// Who decides which member's value a claimed attribute has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Run time. A change from one member to another is told, and what a plan writes is resolved again at the moment of
    /// the call. An attribute that the configuration does not set is left alone.
    Runtime,
    /// The owner, by its own change, whose plan tells of it. A member's value stays, whatever the configuration of the
    /// object says.
    Owner,
}

/// Who decides that an object exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Existence {
    /// The configuration.
    Configured,
    /// Run time: it may be gone while nothing is active, and whatever makes a member active makes it again.
    Runtime,
}

/// A value that changed at run time to another one that it may have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuntimeChange {
    /// The object whose attribute it is.
    pub object: ObjectKey,
    /// The attribute.
    pub attribute: Arc<str>,
    /// The object that owns the value.
    pub owner: InstanceAddr,
    /// The member that the state has.
    pub from: Option<Arc<str>>,
    /// The member that it is now; `None` while none is active.
    pub to: Option<Arc<str>>,
    /// Number of the last transition.
    pub epoch: u64,
    /// Whether an agent or the journal confirms it.
    pub confirmed: bool,
}

/// A planned value that is resolved once more at the moment of the call that writes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LateBinding {
    /// The object that owns the value.
    pub owner: InstanceAddr,
    /// Provider configuration of the owner, as [`crate::store::ObjectRecord::provider`] writes it.
    pub provider: String,
    /// The attribute.
    pub attribute: Arc<str>,
    /// Its value for each member.
    #[serde(with = "crate::plan::file::lossless_map")]
    pub members: BTreeMap<Arc<str>, Value>,
    /// The epoch that the plan was made in.
    pub epoch: u64,
}

/// Which member of an owner is active, as its provider is asked at the moment of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveMember {
    /// Its name; `None` while none is active.
    pub name: Option<Arc<str>>,
    /// Number of the last transition.
    pub epoch: u64,
}

//! What a store remembers of runs: their operations, and every object as each of them left it.

use super::{
    ObjectKey, ObjectRecord, OperationAction, OperationId, OperationOutcome, Run, RunOutcome, Snapshot, Store,
    StoreError,
};
use crate::addr::Target;
use crate::provider::PlannedStep;

/// A store that remembers runs.
pub trait History: Store {
    /// Runs, latest first; with a target, those that wrote an object of it or began an operation on one.
    ///
    /// # Errors
    /// The store cannot be read.
    fn runs(&self, target: Option<&Target>) -> Result<Vec<RunRecord>, StoreError>;

    /// Operations that a run began, in order.
    ///
    /// # Errors
    /// The store cannot be read.
    fn operations(&self, run: &str) -> Result<Vec<OperationRecord>, StoreError>;

    /// Every object as a run found it and as it left it, by key; objects that it did not write are left out.
    ///
    /// # Errors
    /// The store cannot be read.
    fn changes(&self, run: &str) -> Result<Vec<ObjectChange>, StoreError>;

    /// The objects as they were at some moment. Outputs are not remembered, so there are none.
    ///
    /// # Errors
    /// The store cannot be read; [`StoreError::Conflict`] for a run that is not known.
    fn at(&self, moment: &Moment) -> Result<Snapshot, StoreError>;
}

/// A run with its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRecord {
    /// How it began.
    pub run: Run,
    /// When it began, RFC 3339.
    pub began: String,
    /// When it ended, RFC 3339; `None` while it goes on or when it died.
    pub ended: Option<String>,
    /// How it ended.
    pub outcome: Option<RunOutcome>,
    /// Operations that it began.
    pub operations: u64,
}

/// An operation with its end.
#[derive(Clone, Debug, PartialEq)]
pub struct OperationRecord {
    /// Its number.
    pub id: OperationId,
    /// The object.
    pub object: ObjectKey,
    /// What was done.
    pub action: OperationAction,
    /// When it began, RFC 3339.
    pub began: String,
    /// When it ended, RFC 3339.
    pub ended: Option<String>,
    /// The run that recorded the end, when it is another one.
    pub ended_by: Option<String>,
    /// How it ended.
    pub outcome: Option<OperationOutcome>,
    /// Id of the object that it made, when it was known before the end.
    pub made: Option<String>,
    /// The steps of an update that takes many, in order.
    pub steps: Vec<StepRecord>,
}

/// A step of an operation with its end.
#[derive(Clone, Debug, PartialEq)]
pub struct StepRecord {
    /// The step as it was planned.
    pub step: PlannedStep,
    /// When it was begun last, RFC 3339; `None` when it was not begun, or was done by an earlier run.
    pub began: Option<String>,
    /// When it ended, RFC 3339.
    pub ended: Option<String>,
    /// How it ended.
    pub outcome: Option<OperationOutcome>,
}

/// An object before and after a run.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectChange {
    /// The object.
    pub object: ObjectKey,
    /// As the run found it; `None` when there was none.
    pub before: Option<ObjectRecord>,
    /// As the run left it; `None` when there was none.
    pub after: Option<ObjectRecord>,
}

/// A moment of a state's past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moment {
    /// After the last write of a run.
    After(String),
    /// A time, RFC 3339 in UTC with milliseconds.
    Time(String),
}

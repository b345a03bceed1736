//! What the engine asks of a store: snapshots to plan from, and a journal to apply through.

mod attributes;
mod history;
mod lease;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use attributes::{Attributes, Reading};
pub use history::{History, Moment, ObjectChange, OperationRecord, RunRecord, StepRecord};
pub use lease::{Access, Holder, Lease, LockRequest, Row, Rows, Scope};

use crate::addr::{ConfigResource, InstanceAddr};
use crate::plan::CheckResult;
use crate::provider::{ChangeSteps, IntentKey, Recognition};

/// A state: objects, outputs, and the journal of the operations that made them.
///
/// Every method is one transaction; when it returns `Ok` the effect survives a crash of the process or the machine.
pub trait Store: Send + Sync {
    /// Everything as of one moment. Takes no lock and blocks nobody.
    ///
    /// # Errors
    /// The store cannot be read.
    fn snapshot(&self) -> Result<Snapshot, StoreError>;

    /// The outputs of the root module.
    ///
    /// # Errors
    /// The store cannot be read.
    fn outputs(&self) -> Result<BTreeMap<Arc<str>, OutputRecord>, StoreError> {
        Ok(self.snapshot()?.outputs)
    }

    /// The objects of an instance, deposed ones included, in order of their keys.
    ///
    /// # Errors
    /// The store cannot be read.
    fn instance(&self, addr: &InstanceAddr) -> Result<Vec<(ObjectKey, ObjectRecord)>, StoreError> {
        let objects = self.snapshot()?.objects.into_iter();
        Ok(objects.filter(|(key, _)| key.addr == *addr).collect())
    }

    /// Takes the right to write for a run: all of the rows that it asks for, or none. Leases that have expired, or whose
    /// process is known to have died, are taken over.
    ///
    /// # Errors
    /// [`StoreError::Locked`] names a holder whose lease of some of the rows counts.
    fn lock(&self, request: &LockRequest) -> Result<Lease, StoreError>;

    /// Extends a lease.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when somebody else has taken over.
    fn renew(&self, lease: &Lease) -> Result<(), StoreError>;

    /// Gives a lease back.
    ///
    /// # Errors
    /// The store cannot be written.
    fn unlock(&self, lease: &Lease) -> Result<(), StoreError>;

    /// Breaks the lease of a run; whether there was one.
    ///
    /// # Errors
    /// The store cannot be written.
    fn force_unlock(&self, run: &str) -> Result<bool, StoreError>;

    /// Records the beginning of a run, whose id must be that of the lease. A run begins once.
    ///
    /// # Errors
    /// The lease was lost or the store cannot be written; [`StoreError::Conflict`] for a run that has begun before.
    fn begin_run(&self, lease: &Lease, run: &Run) -> Result<(), StoreError>;

    /// Records the end of the lease's run.
    ///
    /// # Errors
    /// The lease was lost or the store cannot be written; [`StoreError::Conflict`] for a run that never began.
    fn end_run(&self, lease: &Lease, outcome: &RunOutcome) -> Result<(), StoreError>;

    /// Records that an operation of the lease's run, which must have begun, is about to be sent.
    ///
    /// # Errors
    /// The lease was lost or the store cannot be written: then the operation must not be sent.
    fn begin_operation(&self, lease: &Lease, intent: &Intent) -> Result<OperationId, StoreError>;

    /// Records the id of the object that an operation has made, while the operation goes on.
    ///
    /// # Errors
    /// The lease was lost or the store cannot be written; [`StoreError::Conflict`] when the operation has ended.
    fn operation_made(&self, lease: &Lease, operation: OperationId, id: &str) -> Result<(), StoreError>;

    /// Records that a step of an operation is about to be done; steps are begun in their order.
    ///
    /// # Errors
    /// The lease was lost or the store cannot be written: then the step must not be done. [`StoreError::Conflict`] when
    /// the operation has ended, or has no step of this id.
    fn begin_step(&self, lease: &Lease, operation: OperationId, step: &str) -> Result<(), StoreError>;

    /// Records how a step of an operation ended. One that failed may be begun again.
    ///
    /// # Errors
    /// As for [`Store::begin_step`].
    fn end_step(
        &self,
        lease: &Lease,
        operation: OperationId,
        step: &str,
        outcome: &OperationOutcome,
    ) -> Result<(), StoreError>;

    /// Records the result of an operation together with what it did to objects: both or neither. An operation that
    /// an earlier run left open may be ended by a later one.
    ///
    /// # Errors
    /// The lease was lost or the store cannot be written; [`StoreError::Conflict`] when the operation has ended
    /// before, or when a write does not fit.
    fn end_operation(
        &self,
        lease: &Lease,
        operation: OperationId,
        outcome: &OperationOutcome,
        writes: &[ObjectWrite],
    ) -> Result<(), StoreError>;

    /// Operations that were begun and never ended, oldest first.
    ///
    /// # Errors
    /// The store cannot be read.
    fn open_operations(&self) -> Result<Vec<OpenOperation>, StoreError>;

    /// Writes objects outside of an operation: refreshed attributes, moves, imports, removals. In order, and all or
    /// none.
    ///
    /// # Errors
    /// The lease was lost or the store cannot be written; [`StoreError::Conflict`] when a write does not fit, or is of a
    /// managed object that the lease does not cover. Data is what anybody may read, and needs no cover.
    fn write_objects(&self, lease: &Lease, writes: &[ObjectWrite]) -> Result<(), StoreError>;

    /// Sets outputs of the root module, or removes those that are given as `None`; others stay.
    ///
    /// # Errors
    /// The lease was lost or the store cannot be written; [`StoreError::Conflict`] for an output that the lease does not
    /// cover.
    fn write_outputs(
        &self,
        lease: &Lease,
        outputs: &BTreeMap<Arc<str>, Option<OutputRecord>>,
    ) -> Result<(), StoreError>;

    /// Replaces the results of the conditions. They tell of the last apply and are no reason for another serial.
    ///
    /// # Errors
    /// The lease was lost or the store cannot be written.
    fn write_checks(&self, lease: &Lease, checks: &[CheckResult]) -> Result<(), StoreError>;

    /// Replaces objects and outputs, lineage and serial included, by those of a snapshot: `state push`. Row versions
    /// are set anew, so that no plan made before counts as fresh. The journal stays.
    ///
    /// # Errors
    /// The lease was lost or the store cannot be written.
    fn replace(&self, lease: &Lease, snapshot: &Snapshot) -> Result<(), StoreError>;
}

/// A state as of one moment.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Identity of the state, a UUID that never changes.
    pub lineage: String,
    /// Grows with every transaction that changes objects or outputs.
    pub serial: u64,
    /// Objects by their key.
    pub objects: BTreeMap<ObjectKey, ObjectRecord>,
    /// Outputs of the root module.
    pub outputs: BTreeMap<Arc<str>, OutputRecord>,
    /// Results of the conditions of the configuration, as the last apply judged them, by address.
    pub checks: Vec<CheckResult>,
    /// Steps of updates that were begun and not done to the end, where nothing else was done to the object since.
    pub unfinished: BTreeMap<ObjectKey, ChangeSteps>,
}

impl Snapshot {
    /// The same with all attributes read: for those who show or write out all of it.
    ///
    /// # Errors
    /// Attributes of an object cannot be read.
    pub fn read(mut self) -> Result<Self, StoreError> {
        for record in self.objects.values_mut() {
            record.attributes = record.attributes.read()?.into_owned().into();
        }
        Ok(self)
    }
}

/// Which object of an instance: the current one, or one that a replacement has set aside.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ObjectKey {
    /// The instance.
    pub addr: InstanceAddr,
    /// Key of a deposed object (eight hexadecimal digits); `None` for the current object.
    pub deposed: Option<Arc<str>>,
}

impl ObjectKey {
    /// The current object of an instance.
    pub fn current(addr: InstanceAddr) -> Self {
        Self { addr, deposed: None }
    }
}

impl std::fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.addr)?;
        self.deposed.as_ref().map_or(Ok(()), |key| write!(f, " (deposed object {key})"))
    }
}

/// An object as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ObjectRecord {
    /// Provider configuration that manages it: `provider["registry.terraform.io/hashicorp/aws"].west`, with the module
    /// path in front.
    pub provider: String,
    /// Version of the schema of `attributes`.
    pub schema_version: u64,
    /// Whether it is whole.
    pub status: ObjectStatus,
    /// Attributes as JSON, as a state of version 4 has them: parts of dynamic type as `{"value": …, "type": …}`.
    pub attributes: Attributes,
    /// Paths of attributes that must not be shown, besides those that the schema marks.
    pub sensitive: Vec<crate::value::Path>,
    /// Resources that it was made from: they are deleted after it.
    pub dependencies: Vec<ConfigResource>,
    /// Its replacement is made before it is deleted.
    pub create_before_destroy: bool,
    /// Grows with every write of this object: what a plan that read it remembers. Set by the store; never given twice
    /// under one key, not even after a removal.
    #[serde(default)]
    pub row_version: u64,
}

/// Whether an object is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectStatus {
    /// Whole.
    Ready,
    /// Its create did not finish: the next plan replaces it.
    Tainted,
}

/// One change of an object's row.
#[derive(Clone, Debug, PartialEq)]
pub enum ObjectWrite {
    /// Adds or replaces the row.
    Put(ObjectKey, Box<ObjectRecord>),
    /// Removes the row; a missing one is no error.
    Remove(ObjectKey),
    /// Gives the row another key; the row must exist, and the new key must be free.
    Move(ObjectKey, ObjectKey),
}

/// An output value as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutputRecord {
    /// Plain JSON.
    pub value: serde_json::Value,
    /// Its type, in JSON: `"string"`, `["list","string"]`.
    #[serde(rename = "type")]
    pub ty: serde_json::Value,
    /// Never shown.
    #[serde(default)]
    pub sensitive: bool,
}

/// How a run began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Id, a UUID.
    pub id: String,
    /// `apply`, `destroy`, `refresh`, `import`.
    pub command: String,
    /// `user@host`.
    pub who: String,
    /// Commit of the configuration when it is in git, with `+` when the work tree differs.
    pub commit: Option<String>,
    /// The plan in one line: "3 to add, 0 to change, 0 to destroy".
    pub summary: String,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunOutcome {
    /// How it ended.
    pub status: RunStatus,
    /// API calls that were sent, retries included.
    pub calls: u64,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// Everything was done.
    Succeeded,
    /// Some operations failed.
    Failed,
    /// A person stopped it.
    Interrupted,
}

/// Number of an operation in the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OperationId(pub i64);

/// What is about to be done to an object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Intent {
    /// The object.
    pub object: ObjectKey,
    /// What is done.
    pub action: OperationAction,
    /// Provider configuration that does it.
    pub provider: String,
    /// The planned object as JSON (for a delete, the prior one).
    pub planned: serde_json::Value,
    /// Paths in `planned` that must not be shown.
    pub sensitive: Vec<crate::value::Path>,
    /// Token of a create.
    pub key: Option<IntentKey>,
    /// How a create is recognised.
    pub recognition: Option<Recognition>,
    /// Resources that the object will depend on.
    pub dependencies: Vec<ConfigResource>,
    /// The steps of an update that takes many.
    #[serde(default)]
    pub steps: Option<ChangeSteps>,
}

/// What an operation does to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationAction {
    /// Makes it.
    Create,
    /// Changes it in place.
    Update,
    /// Deletes it.
    Delete,
}

/// How an operation ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationOutcome {
    /// It was done.
    Done,
    /// It failed, with the error's text.
    Failed(String),
}

/// An operation that was begun and never ended.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenOperation {
    /// Its number.
    pub id: OperationId,
    /// Its run.
    pub run: String,
    /// What was about to be done.
    pub intent: Intent,
    /// Id of the object, when it was known before the end.
    pub made: Option<String>,
    /// Whether its run holds a lease that counts: then it goes on, and is nobody else's business.
    pub running: bool,
}

/// Why a store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else holds a row.
    #[error(
        "cannot lock {held}, which {who} (process {pid}) has locked for {operation:?} (run {run}) since {since}; that lease \
         ends at {expires} unless it is renewed", held = .0.held(), who = .0.who, pid = .0.pid,
        operation = .0.operation, run = .0.run, since = .0.since, expires = .0.expires
    )]
    Locked(Box<Holder>),
    /// The lease has expired and was taken over.
    #[error("the lock of run {run} has expired and was taken over; nothing more is written")]
    LeaseLost {
        /// Run that lost it.
        run: String,
    },
    /// What was asked does not fit what is stored: a move from nothing or onto something, a run begun twice.
    #[error("{subject}: {reason}")]
    Conflict {
        /// The object, run or operation.
        subject: String,
        /// Why it does not fit.
        reason: String,
    },
    /// Values are sealed, and the key that was given, if any, does not open them.
    #[error("the state's sensitive values cannot be read: {reason}")]
    Sealed {
        /// What is wrong, with the way out.
        reason: String,
    },
    /// The file is no state, or was damaged.
    #[error("the file {path} is no readable state: {reason}")]
    Corrupt {
        /// File.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// The state was written by a later version.
    #[error("the file {path} was written by a later version of plumb (format {found}, this one knows {known})")]
    TooNew {
        /// File.
        path: String,
        /// Its format.
        found: i64,
        /// The latest format that is known.
        known: i64,
    },
    /// Anything else that the storage says.
    #[error("{action}: {reason}")]
    Storage {
        /// What was attempted.
        action: String,
        /// What the storage said.
        reason: String,
    },
}

//! The refusals that every store words alike, and who holds a lease.

use jiff::Timestamp;
use plumb_engine::store::{Holder, Lease, LockRequest, ObjectKey, OperationId, Row, StoreError};

use crate::options::{Options, rfc3339};

/// A lease as it is held.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    /// Who asked for it, and what for.
    pub request: LockRequest,
    /// Fencing number of the lease.
    pub fence: u64,
    /// Since when.
    pub since: Timestamp,
    /// When it ends unless it is renewed.
    pub expires: Timestamp,
}

impl Held {
    /// Whether it is the lease that somebody shows.
    pub fn is_of(&self, lease: &Lease) -> bool {
        self.request.run == lease.run && self.fence == lease.fence
    }

    /// Whether it counts: it has not expired, and its process has not died.
    pub fn counts(&self, now: Timestamp, options: &Options) -> bool {
        now < self.expires && !(options.died)(&self.request.process)
    }

    /// Why nobody else can take these rows now.
    pub fn refusal(&self, rows: Vec<Row>) -> StoreError {
        StoreError::Locked(Box::new(Holder {
            who: self.request.who.clone(),
            pid: self.request.pid,
            operation: self.request.operation.clone(),
            run: self.request.run.clone(),
            since: rfc3339(self.since),
            expires: rfc3339(self.expires),
            rows,
        }))
    }
}

/// A step of an operation that has ended, or that has no such step.
pub(crate) fn no_step(operation: OperationId, step: &str) -> StoreError {
    let subject = format!("step {step:?} of operation {}", operation.0);
    StoreError::Conflict { subject, reason: "the operation has ended, or has no such step".into() }
}

/// The lease is no longer the one that counts.
pub(crate) fn lease_lost(lease: &Lease) -> StoreError {
    StoreError::LeaseLost { run: lease.run.clone() }
}

/// A move from a key that has no object.
pub(crate) fn nothing_to_move(key: &ObjectKey) -> StoreError {
    conflict(key, "the state has no such object, so it cannot be moved")
}

/// A move onto a key that has an object.
pub(crate) fn move_onto(key: &ObjectKey) -> StoreError {
    conflict(key, "the state has an object there already; move or remove that one first")
}

/// A move of an object whose change stopped between two steps to a key that something else was done at since.
pub(crate) fn steps_would_be_lost(from: &ObjectKey, to: &ObjectKey) -> StoreError {
    conflict(
        format_args!("{from}"),
        format!(
            "its change stopped between two steps, and a move to {to}, where another object was changed since, would lose \
             those that are left; finish or cancel the change first, or choose another address"
        ),
    )
}

/// A run that began before.
pub(crate) fn run_begun(run: &str) -> StoreError {
    conflict(format_args!("run {run}"), "it has begun before")
}

/// A run that never began.
pub(crate) fn run_not_begun(run: &str) -> StoreError {
    conflict(format_args!("run {run}"), "it has not begun")
}

/// A run that was never recorded, or was forgotten since.
pub(crate) fn unknown_run(run: &str) -> StoreError {
    conflict(format_args!("run {run}"), "the state does not know it; \"plumb history\" lists the runs that it knows")
}

/// A run that begins under the lease of another.
pub(crate) fn foreign_run(run: &str, lease: &Lease) -> StoreError {
    conflict(format_args!("run {run}"), format_args!("the lease is that of run {}", lease.run))
}

/// A write outside of what the lease covers.
pub(crate) fn not_covered(row: &Row, lease: &Lease) -> StoreError {
    conflict(row, format_args!("the lease of run {} does not cover it", lease.run))
}

/// An operation that is not open.
pub(crate) fn not_open(operation: OperationId) -> StoreError {
    conflict(format_args!("operation {}", operation.0), "it has ended before, or never began")
}

/// A query by hand that cannot be answered.
pub(crate) fn bad_query(reason: &str) -> StoreError {
    conflict("the query", reason)
}

fn conflict(subject: impl ToString, reason: impl ToString) -> StoreError {
    StoreError::Conflict { subject: subject.to_string(), reason: reason.to_string() }
}

//! What happens while a plan is made or applied, for whoever shows it.

use std::time::Duration;

use crate::addr::InstanceAddr;
use crate::plan::Action;
use crate::provider::PlannedStep;
use crate::store::ObjectKey;

/// Receives events, from one task at a time and in order.
pub trait Events: Send + Sync {
    /// Takes one event.
    fn event(&self, event: Event<'_>);
}

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Event<'a> {
    /// Objects of one type are about to be read in a batch.
    RefreshStart {
        /// The objects with their ids.
        objects: &'a [(ObjectKey, String)],
    },
    /// The batch has been read.
    RefreshDone {
        /// The objects with their ids.
        objects: &'a [(ObjectKey, String)],
    },
    /// A data source is about to be read.
    ReadStart {
        /// The instance.
        addr: &'a InstanceAddr,
    },
    /// A data source has been read.
    ReadDone {
        /// The instance.
        addr: &'a InstanceAddr,
        /// Id of the result.
        id: &'a str,
        /// How long it took.
        elapsed: Duration,
    },
    /// An ephemeral resource is about to be opened or closed.
    EphemeralStart {
        /// The instance.
        addr: &'a InstanceAddr,
        /// What is done.
        step: EphemeralStep,
    },
    /// An ephemeral resource has been opened or closed, or could not be.
    EphemeralDone {
        /// The instance.
        addr: &'a InstanceAddr,
        /// What was done.
        step: EphemeralStep,
        /// How long it took.
        elapsed: Duration,
        /// Whether it was done; where not, a diagnostic comes with the outcome.
        succeeded: bool,
    },
    /// An operation is about to be sent.
    OperationStart {
        /// The object.
        object: &'a ObjectKey,
        /// Create, update, delete, read, forget.
        action: Action,
        /// Id of the object, when it exists.
        id: Option<&'a str>,
    },
    /// An operation is under way; sent every ten seconds.
    OperationProgress {
        /// The object.
        object: &'a ObjectKey,
        /// Create, update, delete, read.
        action: Action,
        /// Id of the object, when it exists.
        id: Option<&'a str>,
        /// Time since its start.
        elapsed: Duration,
    },
    /// An operation was done.
    OperationDone {
        /// The object.
        object: &'a ObjectKey,
        /// Create, update, delete, read, forget.
        action: Action,
        /// Id of the object.
        id: Option<&'a str>,
        /// How long it took.
        elapsed: Duration,
    },
    /// An operation failed; the diagnostic comes with the outcome.
    OperationFailed {
        /// The object.
        object: &'a ObjectKey,
        /// Create, update, delete, read.
        action: Action,
        /// How long it took.
        elapsed: Duration,
    },
    /// Something that happens to a step of an update.
    Step {
        /// The object.
        object: &'a ObjectKey,
        /// The step.
        step: &'a PlannedStep,
        /// Its number, from 1.
        number: usize,
        /// How many steps the update has.
        count: usize,
        /// What happens.
        what: StepEvent<'a>,
    },
    /// A provisioner is about to be run.
    ProvisionStart {
        /// The instance.
        addr: &'a InstanceAddr,
        /// Type of the provisioner: `local-exec`.
        provisioner: &'a str,
    },
    /// A provisioner has ended.
    ProvisionDone {
        /// The instance.
        addr: &'a InstanceAddr,
        /// Type of the provisioner: `local-exec`.
        provisioner: &'a str,
        /// Whether it did what it was to do.
        succeeded: bool,
    },
    /// A line that a provisioner printed.
    ProvisionOutput {
        /// The instance.
        addr: &'a InstanceAddr,
        /// Type of the provisioner: `local-exec`.
        provisioner: &'a str,
        /// The line.
        line: &'a str,
    },
    /// Operations wait for something that a person can do.
    Waiting {
        /// What, as a sentence.
        reason: &'a str,
    },
    /// An interrupt was taken: nothing new is started, and what runs is waited for.
    Stopping {
        /// Operations under way.
        running: usize,
    },
}

/// What is done to an ephemeral resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EphemeralStep {
    /// It is opened.
    Open,
    /// It is given back.
    Close,
}

/// What happens to a step of an update.
#[derive(Clone, Copy, Debug)]
pub enum StepEvent<'a> {
    /// It is about to be done.
    Start,
    /// It is under way: how far.
    Note(&'a str),
    /// It was done.
    Done {
        /// How long it took.
        elapsed: Duration,
    },
    /// It failed; the diagnostic comes with the outcome.
    Failed {
        /// How long it took.
        elapsed: Duration,
    },
}

/// Shows nothing.
pub struct Silent;

impl Events for Silent {
    fn event(&self, _event: Event<'_>) {}
}

//! The steps of an update: each written down before it is begun and after it has ended, and told to whoever watches.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::{ApplyRequest, Stop};
use crate::events::{Event, StepEvent};
use crate::plan::ResourceChange;
use crate::provider::{PlannedStep, ProviderError, StepJournal};
use crate::store::{OperationId, OperationOutcome, StoreError};

/// The journal of one operation's steps.
pub(super) struct Journal<'a> {
    request: &'a ApplyRequest<'a>,
    operation: OperationId,
    change: &'a ResourceChange,
    began: Mutex<Option<Instant>>,
}

impl<'a> Journal<'a> {
    /// The journal of an operation that was begun.
    pub fn new(request: &'a ApplyRequest<'a>, operation: OperationId, change: &'a ResourceChange) -> Self {
        Self { request, operation, change, began: Mutex::new(None) }
    }

    fn tell(&self, step: &PlannedStep, what: StepEvent<'_>) {
        let Some(steps) = &self.change.steps else { return };
        let number = steps.steps.iter().position(|it| it.id == step.id).map_or(0, |at| at + 1);
        let (object, count) = (&self.change.object, steps.steps.len());
        self.request.events.event(Event::Step { object, step, number, count, what });
    }

    fn began(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.began.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StepJournal for Journal<'_> {
    fn begin(&self, step: &PlannedStep) -> Result<(), ProviderError> {
        let (store, lease) = (self.request.store, self.request.lease);
        store.begin_step(lease, self.operation, &step.id).map_err(|error| unrecorded(step, &error))?;
        *self.began() = Some(Instant::now());
        self.tell(step, StepEvent::Start);
        Ok(())
    }

    fn end(&self, step: &PlannedStep, result: Result<(), &ProviderError>) -> Result<(), ProviderError> {
        let outcome = match result {
            Ok(()) => OperationOutcome::Done,
            Err(error) => OperationOutcome::Failed(error.to_string()),
        };
        let (store, lease) = (self.request.store, self.request.lease);
        store.end_step(lease, self.operation, &step.id, &outcome).map_err(|error| unrecorded(step, &error))?;
        let elapsed = self.began().take().map(|it| it.elapsed()).unwrap_or_default();
        let what = if result.is_ok() { StepEvent::Done { elapsed } } else { StepEvent::Failed { elapsed } };
        self.tell(step, what);
        Ok(())
    }

    fn note(&self, step: &PlannedStep, text: &str) {
        self.tell(step, StepEvent::Note(text));
    }

    fn is_stopping(&self) -> bool {
        *self.request.stop.borrow() != Stop::Go
    }
}

fn unrecorded(step: &PlannedStep, error: &StoreError) -> ProviderError {
    ProviderError::refused(format!("recording the step \"{}\"", step.title), error.to_string())
        .summary("State could not be written")
        .help("No further step is begun. Make the state writable, then run \"plumb apply\" to go on with this step.")
}

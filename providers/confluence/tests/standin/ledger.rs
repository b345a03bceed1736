//! The journal of a run that can be killed anywhere.

use std::sync::{Mutex, PoisonError};

use plumb_engine::provider::{ChangeSteps, PlannedStep, ProviderError, StepJournal};
use tokio::sync::Notify;

/// What a killed run says.
pub const KILLED: &str = "the run was killed";

/// Where a run dies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kill {
    /// When a step is recorded as begun, before anything is done.
    AtBegin(usize),
    /// In the middle of a step that waits for something, or else at its end.
    WhileWaiting(usize),
    /// When a step was done, before that is recorded.
    BeforeEnd(usize),
}

pub struct Ledger {
    ids: Vec<String>,
    done: Mutex<usize>,
    kill: Option<Kill>,
    dead: Notify,
    /// What was shown.
    pub notes: Mutex<Vec<String>>,
}

impl Ledger {
    pub fn new(steps: &ChangeSteps, kill: Option<Kill>) -> Self {
        let ids = steps.steps.iter().map(|it| it.id.to_string()).collect();
        Self { ids, done: Mutex::new(steps.done), kill, dead: Notify::new(), notes: Mutex::default() }
    }

    /// How many steps are recorded as done.
    pub fn done(&self) -> usize {
        *self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends when the run dies in the middle of a step.
    pub async fn killed(&self) {
        self.dead.notified().await;
    }

    fn at(&self, step: &PlannedStep) -> usize {
        self.ids.iter().position(|it| *it == *step.id).unwrap()
    }
}

fn killed() -> ProviderError {
    ProviderError::refused("running", KILLED)
}

impl StepJournal for Ledger {
    fn begin(&self, step: &PlannedStep) -> Result<(), ProviderError> {
        let at = self.at(step);
        assert_eq!(at, self.done(), "steps are begun in order");
        if self.kill == Some(Kill::AtBegin(at)) { Err(killed()) } else { Ok(()) }
    }

    fn end(&self, step: &PlannedStep, result: Result<(), &ProviderError>) -> Result<(), ProviderError> {
        let at = self.at(step);
        if [Some(Kill::BeforeEnd(at)), Some(Kill::WhileWaiting(at))].contains(&self.kill) {
            return Err(killed());
        }
        if result.is_ok() {
            *self.done.lock().unwrap_or_else(PoisonError::into_inner) = at + 1;
        }
        Ok(())
    }

    fn note(&self, step: &PlannedStep, text: &str) {
        self.notes.lock().unwrap().push(text.to_owned());
        if self.kill == Some(Kill::WhileWaiting(self.at(step))) {
            self.dead.notify_one();
        }
    }

    fn is_stopping(&self) -> bool {
        false
    }
}

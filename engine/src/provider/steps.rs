//! Changes that take many steps: planned in order, journaled one by one, taken up again where an earlier run stopped.

use std::future::Future;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::ProviderError;

/// The steps of a change. A step is begun only when all before it are done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeSteps {
    /// What they lead to, in a few words: "upgrade to 9.2.3". Steps of an earlier run are taken up again by a change
    /// with the same goal, and by no other.
    pub goal: String,
    /// All of them in order; ids differ.
    pub steps: Vec<PlannedStep>,
    /// How many of them, from the first, an earlier run has done.
    #[serde(default)]
    pub done: usize,
}

/// One step of a change. Doing it again when it was done, wholly or in part, must have no further effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedStep {
    /// Tells it from the other steps of the change; by it the provider knows what to do: `drain/i-0123`.
    pub id: Arc<str>,
    /// What is done, as a clause: "wait until every node is gone".
    pub title: String,
    /// What it is done to: names of groups, of nodes, of a database.
    pub target: String,
    /// How long it usually takes, in seconds.
    pub expected_seconds: u64,
}

impl ChangeSteps {
    /// Steps of which none is done.
    pub fn new(goal: impl Into<String>, steps: Vec<PlannedStep>) -> Self {
        Self { goal: goal.into(), steps, done: 0 }
    }

    /// Those that are not done.
    pub fn remaining(&self) -> &[PlannedStep] {
        self.steps.get(self.done..).unwrap_or_default()
    }

    /// Whether nothing is left to do.
    pub fn is_done(&self) -> bool {
        self.remaining().is_empty()
    }

    /// How long what is left usually takes, in seconds.
    pub fn expected_seconds(&self) -> u64 {
        self.remaining().iter().map(|it| it.expected_seconds).sum()
    }

    /// These steps, or those that an earlier run to the same goal has left after it did some: what it recorded counts, for
    /// what it has changed already need not show what else was to be done. `None` when nothing is left.
    #[must_use]
    pub fn or_left(self, unfinished: Option<&ChangeSteps>) -> Option<ChangeSteps> {
        let steps = match unfinished {
            Some(left) if left.goal == self.goal && left.done > 0 && !left.is_done() => left.clone(),
            _ => self,
        };
        (!steps.is_done()).then_some(steps)
    }
}

/// Where the steps of a change are written down.
pub trait StepJournal: Send + Sync {
    /// Records durably that a step is about to be done.
    ///
    /// # Errors
    /// It cannot be recorded: then the step must not be done.
    fn begin(&self, step: &PlannedStep) -> Result<(), ProviderError>;

    /// Records how a step ended.
    ///
    /// # Errors
    /// It cannot be recorded: then no other step may follow.
    fn end(&self, step: &PlannedStep, result: Result<(), &ProviderError>) -> Result<(), ProviderError>;

    /// Shows how far a step is; nothing is recorded.
    fn note(&self, step: &PlannedStep, text: &str);

    /// Whether a person wants the change to stop before the next step.
    fn is_stopping(&self) -> bool;
}

/// A change in steps as the provider carries it out.
#[derive(Clone, Copy)]
pub struct Stepping<'a> {
    steps: &'a ChangeSteps,
    journal: &'a dyn StepJournal,
}

impl<'a> Stepping<'a> {
    /// The steps of a plan with the journal of the operation.
    pub fn new(steps: &'a ChangeSteps, journal: &'a dyn StepJournal) -> Self {
        Self { steps, journal }
    }

    /// All steps with what they lead to.
    pub fn steps(&self) -> &'a ChangeSteps {
        self.steps
    }

    /// The steps that are to be done, in order.
    pub fn remaining(&self) -> &'a [PlannedStep] {
        self.steps.remaining()
    }

    /// Does one step: its begin is durable before `work` starts, and its end before this returns.
    ///
    /// # Errors
    /// The step failed, could not be recorded, or is not begun because a person wants the change to stop.
    pub async fn run(
        &self,
        step: &PlannedStep,
        work: impl Future<Output = Result<(), ProviderError>> + Send,
    ) -> Result<(), ProviderError> {
        if self.journal.is_stopping() {
            let action = format!("{} ({})", step.title, step.target);
            return Err(ProviderError::refused(action, "the change was stopped before this step, as you asked")
                .summary("Change stopped between two steps")
                .help("What was done is recorded. Run \"plumb apply\" to go on with this step."));
        }
        self.journal.begin(step)?;
        let result = work.await;
        self.journal.end(step, result.as_ref().copied())?;
        result
    }

    /// Shows how far a step is: "2 of 4 nodes are gone".
    pub fn note(&self, step: &PlannedStep, text: &str) {
        self.journal.note(step, text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(goal: &str, done: usize) -> ChangeSteps {
        let step = |id: &str| PlannedStep { id: id.into(), title: id.into(), target: "t".into(), expected_seconds: 60 };
        ChangeSteps { goal: goal.into(), steps: vec![step("a"), step("b"), step("c")], done }
    }

    #[test]
    fn what_is_left_is_what_counts() {
        let half = steps("g", 1);
        assert_eq!(half.remaining().iter().map(|it| &*it.id).collect::<Vec<_>>(), ["b", "c"]);
        assert_eq!((half.expected_seconds(), half.is_done()), (120, false));
        assert!(steps("g", 3).is_done() && steps("g", 9).remaining().is_empty());
    }

    #[test]
    fn the_same_goal_takes_up_what_was_recorded() {
        let left = steps("g", 2);
        assert_eq!(steps("g", 0).or_left(Some(&left)), Some(left.clone()));
        assert_eq!(ChangeSteps::new("g", Vec::new()).or_left(Some(&left)), Some(left.clone()));
        assert_eq!(steps("h", 0).or_left(Some(&left)), Some(steps("h", 0)));
        assert_eq!(steps("g", 0).or_left(Some(&steps("g", 3))), Some(steps("g", 0)));
        let fresh = ChangeSteps { steps: steps("g", 0).steps.split_off(1), ..steps("g", 0) };
        assert_eq!(fresh.clone().or_left(Some(&steps("g", 0))), Some(fresh));
        assert_eq!(ChangeSteps::new("g", Vec::new()).or_left(None), None);
    }
}

//! What a log says when it is read from its beginning.

use std::time::Duration;

use crate::moment::Moment;
use serde::Serialize;

use super::{Entry, Kind, Outcome, StepState, Transition};

/// A transition with what became of it.
#[derive(Clone, Debug, Serialize)]
pub struct TransitionRecord {
    /// What it is.
    pub transition: Transition,
    /// When it began.
    pub began: Moment,
    /// What became of its steps.
    pub steps: Vec<StepRecord>,
    /// When it ended.
    pub ended: Option<Moment>,
    /// How it ended; `None` while it goes on, or when its process has died.
    pub outcome: Option<Outcome>,
    /// Why, unless it is done.
    pub message: Option<String>,
}

/// What became of a step.
#[derive(Clone, Debug, Default, Serialize)]
pub struct StepRecord {
    /// How often it was sent.
    pub attempts: u32,
    /// How it ended; `None` for not yet.
    pub state: Option<StepState>,
    /// When that was recorded, or when it was last sent.
    pub at: Option<Moment>,
    /// Error code of AWS or of ours.
    pub code: Option<String>,
    /// What went wrong.
    pub message: Option<String>,
    /// Id of AWS's request.
    pub request_id: Option<String>,
}

impl TransitionRecord {
    /// Whether it has not ended.
    pub fn is_open(&self) -> bool {
        self.outcome.is_none()
    }
}

/// The transitions of a log, oldest first.
pub fn fold(entries: &[Entry]) -> Vec<TransitionRecord> {
    let mut all: Vec<TransitionRecord> = Vec::new();
    for entry in entries {
        match entry {
            Entry::Began { at, transition } => all.push(TransitionRecord {
                steps: vec![StepRecord::default(); transition.steps.len()],
                transition: transition.clone(),
                began: *at,
                ended: None,
                outcome: None,
                message: None,
            }),
            Entry::Intent { at, id, seq, attempt } => {
                if let Some(step) = step(&mut all, id, *seq) {
                    *step = StepRecord { attempts: attempt + 1, at: Some(*at), ..StepRecord::default() };
                }
            }
            Entry::Result { at, id, seq, state, code, message, request_id } => {
                if let Some(step) = step(&mut all, id, *seq) {
                    (step.state, step.at) = (Some(*state), Some(*at));
                    (step.code, step.message) = (code.clone(), message.clone());
                    step.request_id.clone_from(request_id);
                }
            }
            Entry::Ended { at, id, outcome, message } => {
                if let Some(it) = all.iter_mut().find(|it| it.transition.id == *id) {
                    (it.ended, it.outcome, it.message) = (Some(*at), Some(*outcome), message.clone());
                }
            }
        }
    }
    all
}

fn step<'a>(all: &'a mut [TransitionRecord], id: &str, seq: usize) -> Option<&'a mut StepRecord> {
    all.iter_mut().rev().find(|it| it.transition.id == id)?.steps.get_mut(seq)
}

/// Who has a group, as the last transition that was done says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Recorded {
    /// The server; `None` for a stopped group.
    pub server: Option<String>,
    /// Epoch of that transition.
    pub epoch: u64,
    /// When it ended.
    pub since: Option<Moment>,
}

/// Who has a group of a cluster, as the log says; `None` where it says nothing.
pub fn recorded(all: &[TransitionRecord], cluster: &str, group: &str) -> Option<Recorded> {
    let of = |it: &&TransitionRecord| it.transition.cluster == cluster && it.transition.group == group;
    let last = all.iter().rev().filter(of).find(|it| it.outcome == Some(Outcome::Done))?;
    Some(Recorded { server: last.transition.to.clone(), epoch: last.transition.epoch, since: last.ended })
}

/// How often a target was rewritten by recoveries in a span of time before a moment.
pub fn rewrites(all: &[TransitionRecord], target: &str, now: Moment, window: Duration) -> u32 {
    let after = now - window;
    let steps = all.iter().filter(|it| it.transition.kind == Kind::Recover).flat_map(|record| {
        record.transition.steps.iter().zip(&record.steps).filter(|(step, _)| step.op.target() == target)
    });
    let recent = steps.filter(|(_, it)| it.state == Some(StepState::Done) && it.at.is_some_and(|at| at > after));
    u32::try_from(recent.count()).unwrap_or(u32::MAX)
}

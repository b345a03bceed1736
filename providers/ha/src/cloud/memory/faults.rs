//! What goes wrong on demand.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::cloud::ErrorKind;

/// What happens to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It is refused with an AWS error code, and nothing is done.
    Fail(ErrorKind, &'static str),
    /// It is done and the answer is lost.
    LoseAnswer,
    /// It is done late.
    Delay(Duration),
    /// It is never answered and never done.
    Hang,
}

/// An effect on some calls.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub operation: &'static str,
    pub target: String,
    pub times: Option<u32>,
    pub effect: Effect,
}

impl Fault {
    /// The effect on a call, if it meets this one.
    pub fn meets(&mut self, operation: &str, target: &str) -> Option<Effect> {
        let fits = (self.operation.is_empty() || self.operation == operation) && target.contains(&self.target);
        match &mut self.times {
            _ if !fits => None,
            None => Some(self.effect),
            Some(0) => None,
            Some(left) => {
                *left -= 1;
                Some(self.effect)
            }
        }
    }
}

/// A process that dies after so many durable steps: it burns with every write of AWS and every record of the journal.
#[derive(Clone, Debug)]
pub struct Fuse(Arc<AtomicUsize>);

impl Fuse {
    /// A fuse that lets so many steps be done.
    pub fn of(steps: usize) -> Self {
        Self(Arc::new(AtomicUsize::new(steps)))
    }

    /// Whether one more step is done.
    pub fn burn(&self) -> bool {
        self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
    }

    /// How many steps are left.
    pub fn left(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

//! A call as the proxy records it.

use std::time::Duration;

/// One call.
#[derive(Clone, Debug)]
pub struct Call {
    /// Its number, from 1.
    pub number: u64,
    /// Service as signatures name it: `ec2`.
    pub service: String,
    /// Operation: `CreateVpc`; method and path where the API has no names in its requests.
    pub action: String,
    /// When it arrived, from the start of the proxy.
    pub at: Duration,
    /// How long it took.
    pub took: Duration,
    /// What became of it.
    pub outcome: Outcome,
    /// Body of the request.
    pub body: String,
}

impl std::fmt::Display for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { number, service, action, at, took, outcome, .. } = self;
        write!(f, "{number:4} {:8.3}s {service} {action} {outcome:?} after {} ms", at.as_secs_f64(), took.as_millis())
    }
}

/// What became of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done and answered with this status.
    Answered(u16),
    /// A fault answered it with this status; it was not done.
    Fault(u16),
    /// The connection was closed before it was done.
    ResetBefore,
    /// It was done, with this status, and the connection was closed.
    ResetAfter(u16),
    /// It was not answered.
    Hung,
    /// The emulator did not answer.
    Unreachable,
}

impl Call {
    /// Whether it was done with success, answered or not.
    pub fn was_done(&self) -> bool {
        matches!(self.outcome, Outcome::Answered(status) | Outcome::ResetAfter(status) if status < 400)
    }
}

//! Waiting until an object is ready, or gone.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout_at};
use tracing::debug;

use super::timeouts::{self, Operation};
use crate::provider::batch::Batcher;
use crate::provider::typed::{Observed, Phase, Prior, Resource};
use crate::provider::{Effect, ProviderError};

/// How long an object that was just made may not be visible yet: reads are eventually consistent.
const VISIBLE: Duration = Duration::from_secs(60);
/// Consecutive failed reads that end the waiting; the client below has retried each already.
const FAILED_READS: u32 = 3;

/// How long an operation may take, and when that is over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline {
    pub operation: Operation,
    pub limit: Duration,
    pub end: Instant,
}

impl Deadline {
    /// From now on.
    pub fn new(operation: Operation, limit: Duration) -> Self {
        Self { operation, limit, end: Instant::now() + limit }
    }

    /// The error of an operation of which `last` was seen when its time was over.
    pub fn missed(&self, what: &str, last: &str, effect: Effect) -> ProviderError {
        let name = self.operation.name();
        let error = ProviderError::unanswered(
            format!("waiting for the {name} of {what}"),
            format!("it was not over after {}: {last}", timeouts::text(self.limit)),
        );
        let help = format!(
            "If it only needs more time, raise the limit with `timeouts {{ {name} = \"…\" }}` in the resource's \
             block; else find out on the remote side what holds it up."
        );
        ProviderError { effect, ..error }.help(help)
    }
}

/// Why the wait ended without the object being ready.
#[derive(Debug)]
pub(super) enum Unready {
    /// There is no such object, or not one that is to stay.
    Absent,
    /// It will not become ready.
    Failed(ProviderError),
    /// Another reason.
    Error(ProviderError),
}

/// Looks at the object until it is ready. Right after a create it need not be visible yet.
pub(super) async fn until_ready<R: Resource>(
    reader: &Arc<Batcher<R>>,
    object: &Prior<R>,
    deadline: Deadline,
) -> Result<Observed<R>, Unready> {
    let mut looks = Looks::new(object, deadline, R::POLL);
    let mut missing: Option<Instant> = None;
    loop {
        match looks.next(reader).await.map_err(Unready::Error)? {
            Look::Unread => {}
            Look::Absent => {
                if missing.get_or_insert_with(Instant::now).elapsed() >= VISIBLE {
                    return Err(Unready::Absent);
                }
                looks.last = "the remote side does not show it".into();
            }
            Look::Seen(seen) => {
                missing = None;
                match &seen.phase {
                    Phase::Ready => return Ok(*seen),
                    Phase::Pending(word) => looks.last = format!("it is \"{word}\""),
                    Phase::Deleting => return Err(Unready::Absent),
                    Phase::Failed(reason) => return Err(Unready::Failed(failed(looks.name(), deadline, reason))),
                }
            }
        }
    }
}

/// Looks at an object that is being deleted until it is gone.
pub(super) async fn until_gone<R: Resource>(
    reader: &Arc<Batcher<R>>,
    object: &Prior<R>,
    deadline: Deadline,
) -> Result<(), ProviderError> {
    let mut looks = Looks::new(object, deadline, R::POLL);
    let mut deleting = false;
    loop {
        match looks.next(reader).await? {
            Look::Unread => {}
            Look::Absent => return Ok(()),
            Look::Seen(seen) => match seen.phase {
                // An object that had failed before the delete goes away like any other.
                Phase::Failed(reason) if deleting => return Err(failed(looks.name(), deadline, &reason)),
                Phase::Failed(reason) => looks.last = format!("it has failed: {reason}"),
                Phase::Ready => looks.last = "it is still there".into(),
                Phase::Pending(word) => looks.last = format!("it is \"{word}\""),
                Phase::Deleting => {
                    deleting = true;
                    looks.last = "it is being deleted".into();
                }
            },
        }
    }
}

fn failed(what: String, deadline: Deadline, reason: &str) -> ProviderError {
    let error = ProviderError::refused(format!("waiting for the {} of {what}", deadline.operation.name()), reason);
    ProviderError { effect: Effect::Partial, ..error }
}

/// Looks at one object, with growing pauses.
struct Looks<'a, R> {
    object: &'a Prior<R>,
    deadline: Deadline,
    /// Pause that the type asks for.
    poll: Duration,
    /// Pause before the next look.
    pause: Duration,
    /// What was seen last, as a clause.
    last: String,
    failures: u32,
}

/// What one look showed.
enum Look<R> {
    Seen(Box<Observed<R>>),
    Absent,
    /// The read failed, which may pass.
    Unread,
}

impl<'a, R: Resource> Looks<'a, R> {
    fn new(object: &'a Prior<R>, deadline: Deadline, poll: Duration) -> Self {
        let last = "it was not looked at yet".into();
        Self { object, deadline, poll, pause: Duration::ZERO, last, failures: 0 }
    }

    async fn next(&mut self, reader: &Arc<Batcher<R>>) -> Result<Look<R>, ProviderError> {
        let at = Instant::now() + self.pause;
        if at >= self.deadline.end && !self.pause.is_zero() {
            sleep_until(self.deadline.end).await;
            return Err(self.missed());
        }
        sleep_until(at).await;
        self.pause = longer(self.pause, self.poll);
        let Ok(answer) = timeout_at(self.deadline.end, reader.read(self.object.clone())).await else {
            return Err(self.missed());
        };
        debug!(object = self.name(), last = self.last, "looked at an object");
        match answer {
            Ok(seen) => {
                self.failures = 0;
                Ok(seen.map_or(Look::Absent, |it| Look::Seen(Box::new(it))))
            }
            Err(error) if self.failures + 1 == FAILED_READS => Err(ProviderError { effect: Effect::Partial, ..error }),
            Err(error) => {
                self.failures += 1;
                self.last = format!("it could not be read ({})", error.message);
                Ok(Look::Unread)
            }
        }
    }

    fn missed(&self) -> ProviderError {
        self.deadline.missed(&self.name(), &self.last, Effect::Partial)
    }

    fn name(&self) -> String {
        name::<R>(&self.object.id)
    }
}

/// How messages call an object.
pub(super) fn name<R: Resource>(id: &str) -> String {
    format!("{} ({id})", R::TYPE)
}

/// The pause after `pause`: soon at first, for objects that are ready at once; then the type's own; then slowly up to
/// three times as long, because what is not ready after minutes takes minutes more.
fn longer(pause: Duration, poll: Duration) -> Duration {
    if pause.is_zero() {
        poll / 8
    } else if pause < poll {
        (pause * 2).min(poll)
    } else {
        (pause + poll / 10).min(poll * 3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow() {
        let poll = Duration::from_millis(800);
        let mut pause = Duration::ZERO;
        let pauses: Vec<u128> = (0..6)
            .map(|_| {
                pause = longer(pause, poll);
                pause.as_millis()
            })
            .collect();
        assert_eq!(pauses, [100, 200, 400, 800, 880, 960]);
        assert_eq!(longer(poll * 3, poll), poll * 3);
        assert_eq!(longer(Duration::ZERO, Duration::ZERO), Duration::ZERO);
    }
}

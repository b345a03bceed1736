//! The last look at the lease before a write that the last caller wins, shared by writes that go out together.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::arbiter::{Arbiter, ArbiterError, Lease};
use crate::cloud::{CloudError, ErrorKind};

/// How old a look may be for the first attempt at a write: far below any lease, and enough for those that go out together.
const FRESH: Duration = Duration::from_millis(500);

/// A lease whose holder is about to write.
pub(super) struct Guard<'a> {
    arbiter: &'a dyn Arbiter,
    lease: &'a Lease,
    lost: AtomicBool,
    /// When the last look began that found the lease to be ours.
    looked: Mutex<Option<Instant>>,
}

impl<'a> Guard<'a> {
    pub(super) fn new(arbiter: &'a dyn Arbiter, lease: &'a Lease) -> Self {
        Self { arbiter, lease, lost: AtomicBool::new(false), looked: Mutex::default() }
    }

    /// Whether somebody else has taken the lease.
    pub(super) fn is_lost(&self) -> bool {
        self.lost.load(Ordering::SeqCst)
    }

    /// Makes sure that the lease is still ours, and extends it. A repetition comes after a pause of unknown length, so it
    /// is not content with an earlier look.
    ///
    /// # Errors
    /// It is somebody else's, or the arbiter does not say.
    pub(super) async fn still_ours(&self, is_repetition: bool) -> Result<(), CloudError> {
        let asked = Instant::now();
        let since = if is_repetition { asked } else { asked.checked_sub(FRESH).unwrap_or(asked) };
        // Writes that go out together wait here for the look of the first.
        let mut looked = self.looked.lock().await;
        if looked.is_some_and(|it| it >= since) {
            return Ok(());
        }
        let begun = Instant::now();
        match self.arbiter.renew(self.lease).await {
            Ok(_) => {
                *looked = Some(begun);
                Ok(())
            }
            Err(ArbiterError::Unknown(reason)) => {
                Err(CloudError::new(ErrorKind::Unreachable, "Renew", None, format!("the arbiter is silent: {reason}")))
            }
            Err(error) => {
                self.lost.store(true, Ordering::SeqCst);
                Err(CloudError::new(ErrorKind::Conflict, "Renew", None, error.to_string()))
            }
        }
    }
}

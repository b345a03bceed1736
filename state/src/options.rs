//! What a store is told when it is opened: the time, and how long a lease lasts.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::seal::StateKey;

/// How long a lease lasts unless it is renewed.
pub const LEASE: Duration = Duration::from_secs(60);

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Tells of [`plumb_engine::store::LockRequest::process`] whether the process is known to have died.
pub type Died = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// What a store is told when it is opened.
#[derive(Clone)]
pub struct Options {
    /// Tells the time: for leases and for the timestamps of rows.
    pub clock: Clock,
    /// How long a lease lasts unless it is renewed. A renewal every third of it survives two failures.
    pub lease: Duration,
    /// Tells whether a holder has died, so that nobody waits for the end of its lease.
    pub died: Died,
    /// The key that sensitive values are sealed with; a new state is sealed with it from the beginning.
    pub key: Option<StateKey>,
    /// Show sealed values as null where the key is missing or wrong, in place of refusing to open.
    pub hide_sealed: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { clock: Arc::new(Timestamp::now), lease: LEASE, died: Arc::new(|_| false), key: None, hide_sealed: false }
    }
}

impl Options {
    /// The moment at which a lease ends that begins now.
    pub(crate) fn lease_end(&self, now: Timestamp) -> Timestamp {
        now.saturating_add(self.lease).unwrap_or(Timestamp::MAX)
    }
}

/// A moment as it is stored and shown: RFC 3339 in UTC, always with milliseconds, so that texts sort as moments do.
pub(crate) fn rfc3339(moment: Timestamp) -> String {
    format!("{moment:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_have_one_width() {
        assert_eq!(rfc3339(Timestamp::UNIX_EPOCH), "1970-01-01T00:00:00.000Z");
        assert_eq!(rfc3339(Timestamp::from_nanosecond(1_999_999).unwrap()), "1970-01-01T00:00:00.001Z");
    }

    #[test]
    fn a_lease_without_end_is_possible() {
        let options = Options { lease: Duration::MAX, ..Options::default() };
        assert_eq!(options.lease_end(Timestamp::now()), Timestamp::MAX);
    }
}

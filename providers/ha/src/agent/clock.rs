//! Time that goes on while a process is stopped or a machine sleeps.

use std::ops::{Add, Sub};
use std::time::Duration;

use async_trait::async_trait;
use nix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

/// A point in time: how long after a beginning that all processes of a machine share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Tick(Duration);

impl Tick {
    /// So long after the beginning.
    pub fn at(since: Duration) -> Self {
        Self(since)
    }

    /// How long it was after an earlier point; nothing when it was before.
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    /// How long it was after the beginning.
    pub fn since_beginning(self) -> Duration {
        self.0
    }
}

impl Add<Duration> for Tick {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span))
    }
}

impl Sub<Duration> for Tick {
    type Output = Self;

    fn sub(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(span))
    }
}

/// What time it is.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Tick;

    /// Returns at a point in time or a moment later.
    async fn until(&self, at: Tick);
}

/// The machine's time since it was started, sleep included: leases go on while it sleeps.
#[derive(Clone, Copy, Debug, Default)]
pub struct BootClock;

#[async_trait]
impl Clock for BootClock {
    fn now(&self) -> Tick {
        let now = clock_gettime(ClockId::CLOCK_BOOTTIME).expect("Linux has this clock since 2.6.39");
        Tick(Duration::from(now))
    }

    async fn until(&self, at: Tick) {
        tokio::time::sleep(at.since(self.now())).await;
    }
}

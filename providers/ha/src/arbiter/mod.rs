//! Who may be active: a lease per group in a store outside of all servers, with an epoch that only grows.
//!
//! A lease is taken by one conditional write, so of two that try only one gets it, and every change of holder has a higher
//! epoch. Who wants to write without condition asks first whether his epoch is still the last one.

#[cfg(test)]
mod conformance;
#[cfg(feature = "aws")]
pub mod dynamodb;
pub mod journaled;
pub mod leases;
pub mod memory;
pub mod postgres;
#[cfg(feature = "aws")]
pub mod s3;

use std::time::Duration;

use crate::moment::Moment;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// A store of leases.
#[async_trait]
pub trait Arbiter: Send + Sync {
    /// Takes the lease of a group for a server: when nobody has it, when it has expired, when it is the server's own
    /// or is handed on.
    /// The epoch is one more than the last, in every case.
    async fn acquire(&self, claim: &Claim) -> Result<Lease, ArbiterError>;

    /// Extends a lease; the answer that it is still the holder's.
    async fn renew(&self, lease: &Lease) -> Result<Lease, ArbiterError>;

    /// Gives a lease back. Its holder and epoch stay on record, so that others know who had the group last: a holder that
    /// never became active is replaced by the one before. A lease that was lost is given back already.
    async fn release(&self, lease: &Lease) -> Result<(), ArbiterError>;

    /// The last lease of a group, expired or not; `None` when there never was one.
    async fn current(&self, group: &str) -> Result<Option<Lease>, ArbiterError>;

    /// How many calls of an API were sent so far, repetitions included.
    fn calls(&self) -> u64 {
        0
    }
}

/// Who wants a lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Key of the group: `cluster/group`.
    pub group: String,
    /// Server that is to be active; empty for a stopped group.
    pub holder: String,
    /// How long the lease lasts without renewal.
    pub ttl: Duration,
    /// Epoch under which the caller has the lease now and hands it on, for itself or in another's name: that lease is
    /// replaced at once. `None` for who has none.
    pub handed_on: Option<u64>,
}

impl Claim {
    /// Whether a lease gives way without having ended: it is the claimant's own, or the one that is handed on.
    pub fn replaces(&self, last: &Lease) -> bool {
        last.holder == self.holder || Some(last.epoch) == self.handed_on
    }
}

/// The right to be active.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Key of the group: `cluster/group`.
    pub group: String,
    /// Server that has it, or had it last; empty for a stopped group.
    pub holder: String,
    /// Number of the holding; it only grows.
    pub epoch: u64,
    /// How long it lasts after a renewal, in milliseconds.
    pub ttl_ms: u64,
    /// When it ends by the store's clock, or by the holder's where the store has none.
    pub expires: Moment,
}

impl Lease {
    /// Whether it has ended at a moment.
    pub fn has_expired(&self, now: Moment) -> bool {
        self.expires <= now
    }

    /// How long it lasts after a renewal.
    pub fn ttl(&self) -> Duration {
        Duration::from_millis(self.ttl_ms)
    }

    /// The lease that follows one, or the first.
    fn next(claim: &Claim, last: Option<&Self>, now: Moment) -> Self {
        Self {
            group: claim.group.clone(),
            holder: claim.holder.clone(),
            epoch: last.map_or(0, |it| it.epoch) + 1,
            ttl_ms: u64::try_from(claim.ttl.as_millis()).unwrap_or(u64::MAX),
            expires: now + claim.ttl,
        }
    }

    /// The same with a later end.
    fn extended(&self, now: Moment) -> Self {
        Self { expires: now + self.ttl(), ..self.clone() }
    }

    /// The same, at its end.
    fn ended(&self) -> Self {
        Self { expires: Moment::EPOCH, ..self.clone() }
    }
}

/// Why there is no lease.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArbiterError {
    /// Somebody has it.
    #[error("{} has it with epoch {} until {}", .0.holder, .0.epoch, .0.expires)]
    Held(Lease),
    /// Somebody has taken it over, or it was never given.
    #[error("{}", .0.as_ref().map_or_else(|| "there is no lease".to_owned(), |it| format!("{} took it with epoch {}", it.holder, it.epoch)))]
    Lost(Option<Lease>),
    /// The store gives no answer: nothing is known.
    #[error("{0}")]
    Unknown(String),
}

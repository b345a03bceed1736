//! Leases in memory, for tests.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::moment::Moment;
use async_trait::async_trait;

use super::{Arbiter, ArbiterError, Claim, Lease};

/// Leases in memory; clones are the same store.
#[derive(Clone, Debug, Default)]
pub struct MemoryArbiter {
    leases: Arc<Mutex<BTreeMap<String, Lease>>>,
}

impl MemoryArbiter {
    fn leases(&self) -> MutexGuard<'_, BTreeMap<String, Lease>> {
        self.leases.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody takes a lease whoever has it, as after it has expired.
    pub fn seize(&self, group: &str, holder: &str) -> u64 {
        let mut leases = self.leases();
        let epoch = leases.get(group).map_or(0, |it| it.epoch) + 1;
        let (group, holder) = (group.to_owned(), holder.to_owned());
        let lease = Lease { group: group.clone(), holder, epoch, ttl_ms: 30_000, expires: Moment::EPOCH };
        leases.insert(group, lease);
        epoch
    }
}

#[async_trait]
impl Arbiter for MemoryArbiter {
    async fn acquire(&self, claim: &Claim) -> Result<Lease, ArbiterError> {
        let now = Moment::now();
        let mut leases = self.leases();
        let last = leases.get(&claim.group);
        if let Some(last) = last.filter(|it| !claim.replaces(it) && !it.has_expired(now)) {
            return Err(ArbiterError::Held(last.clone()));
        }
        let lease = Lease::next(claim, last, now);
        leases.insert(claim.group.clone(), lease.clone());
        Ok(lease)
    }

    async fn renew(&self, lease: &Lease) -> Result<Lease, ArbiterError> {
        let mut leases = self.leases();
        match leases.get_mut(&lease.group) {
            Some(last) if last.epoch == lease.epoch => {
                *last = lease.extended(Moment::now());
                Ok(last.clone())
            }
            last => Err(ArbiterError::Lost(last.cloned())),
        }
    }

    async fn release(&self, lease: &Lease) -> Result<(), ArbiterError> {
        if let Some(last) = self.leases().get_mut(&lease.group).filter(|it| it.epoch == lease.epoch) {
            *last = lease.ended();
        }
        Ok(())
    }

    async fn current(&self, group: &str) -> Result<Option<Lease>, ArbiterError> {
        Ok(self.leases().get(group).cloned())
    }
}

//! Epochs where there is no arbiter: the local journal counts them.
//!
//! They order what this machine does, and protect nothing from what another does: partition check and forced stop must.

use std::sync::Arc;

use crate::moment::Moment;
use async_trait::async_trait;

use super::{Arbiter, ArbiterError, Claim, Lease};
use crate::journal::{Journal, JournalError, fold};

/// Epochs from a journal that only its holder writes.
pub struct Journaled<'a>(&'a dyn Journal);

impl<'a> Journaled<'a> {
    /// Counts by a journal.
    pub fn new(journal: &'a dyn Journal) -> Self {
        Self(journal)
    }

    fn last(&self, group: &str) -> Result<Option<Lease>, ArbiterError> {
        let unknown = |error: JournalError| ArbiterError::Unknown(error.to_string());
        let all = fold(&self.0.entries().map_err(unknown)?);
        let transitions = all.iter().map(|it| &it.transition);
        let last = transitions.filter(|it| format!("{}/{}", it.cluster, it.group) == group).max_by_key(|it| it.epoch);
        Ok(last.map(|it| Lease {
            group: group.to_owned(),
            holder: it.to.clone().unwrap_or_default(),
            epoch: it.epoch,
            ttl_ms: 0,
            expires: Moment::EPOCH,
        }))
    }
}

/// The same for who goes on for ever: it keeps its journal.
pub struct Counted(Arc<dyn Journal>);

impl Counted {
    /// Counts by a journal.
    pub fn new(journal: Arc<dyn Journal>) -> Self {
        Self(journal)
    }
}

#[async_trait]
impl Arbiter for Counted {
    async fn acquire(&self, claim: &Claim) -> Result<Lease, ArbiterError> {
        Journaled(&*self.0).acquire(claim).await
    }

    async fn renew(&self, lease: &Lease) -> Result<Lease, ArbiterError> {
        Journaled(&*self.0).renew(lease).await
    }

    async fn release(&self, lease: &Lease) -> Result<(), ArbiterError> {
        Journaled(&*self.0).release(lease).await
    }

    async fn current(&self, group: &str) -> Result<Option<Lease>, ArbiterError> {
        Journaled(&*self.0).current(group).await
    }
}

#[async_trait]
impl Arbiter for Journaled<'_> {
    async fn acquire(&self, claim: &Claim) -> Result<Lease, ArbiterError> {
        Ok(Lease::next(claim, self.last(&claim.group)?.as_ref(), Moment::now()))
    }

    async fn renew(&self, lease: &Lease) -> Result<Lease, ArbiterError> {
        match self.last(&lease.group)? {
            Some(last) if last.epoch > lease.epoch => Err(ArbiterError::Lost(Some(last))),
            _ => Ok(lease.extended(Moment::now())),
        }
    }

    async fn release(&self, _lease: &Lease) -> Result<(), ArbiterError> {
        Ok(())
    }

    async fn current(&self, group: &str) -> Result<Option<Lease>, ArbiterError> {
        self.last(group)
    }
}

//! Leases in a store that has nothing but conditional writes: a bucket, a table.
//!
//! Such a store has no clock, and the clocks of two servers need not agree. So nobody compares times: who wants a lease that
//! another has watches it for as long as it lasts, by his own monotonic clock, and takes it only when it was not renewed.

use std::time::Duration;

use crate::moment::Moment;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::{Arbiter, ArbiterError, Claim, Lease};

/// How often a lease that another has is looked at while it is watched.
const LOOKS: u32 = 5;
/// How often a renewal is tried that another renewal of the same lease has come before.
const RENEWALS: u32 = 20;

/// A store of one small document per group, written under the condition that nobody has written since it was read.
#[async_trait]
pub trait Cells: Send + Sync {
    /// A group's document with its version; why it cannot be read, as a clause.
    async fn read(&self, group: &str) -> Result<Option<Cell>, String>;

    /// Writes a group's document if its version is the expected one (`None`: if there is none). Whether it was written;
    /// why that is not known, as a clause.
    async fn write(&self, group: &str, document: &Document, expected: Option<&str>) -> Result<bool, String>;

    /// How many calls were sent so far.
    fn calls(&self) -> u64 {
        0
    }
}

/// A document as it was read.
#[derive(Clone, Debug)]
pub struct Cell {
    /// What it says.
    pub document: Document,
    /// Its version, another with every write.
    pub version: String,
}

/// What is stored of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// The lease.
    pub lease: Lease,
    /// Another with every write, so that a writer whose answer was lost recognises his own.
    pub beat: String,
    /// Whether the lease was given back.
    pub released: bool,
}

impl Document {
    fn of(lease: Lease, released: bool) -> Self {
        Self { lease, beat: Uuid::new_v4().to_string(), released }
    }
}

/// Leases in a store of documents.
#[derive(Clone, Debug)]
pub struct Leases<C>(C);

impl<C: Cells> Leases<C> {
    /// Leases in a store.
    pub fn new(cells: C) -> Self {
        Self(cells)
    }

    async fn read(&self, group: &str) -> Result<Option<Cell>, ArbiterError> {
        self.0.read(group).await.map_err(ArbiterError::Unknown)
    }

    /// Writes; `Err` with what is there instead when somebody was faster.
    async fn write(&self, group: &str, document: &Document, expected: Option<&str>) -> Result<(), ArbiterError> {
        let failed = match self.0.write(group, document, expected).await {
            Ok(true) => return Ok(()),
            Ok(false) => None,
            Err(reason) => Some(reason),
        };
        // An answer may have been lost, and a repetition of the same write finds its own first attempt.
        match (self.read(group).await, failed) {
            (Ok(Some(found)), _) if found.document.beat == document.beat => Ok(()),
            (Ok(found), None) => Err(ArbiterError::Lost(found.map(|it| it.document.lease))),
            (_, Some(reason)) => Err(ArbiterError::Unknown(reason)),
            (Err(error), None) => Err(error),
        }
    }

    /// Waits until a lease has lasted without a renewal; who renews it, keeps it.
    async fn outlast(&self, cell: Cell) -> Result<Cell, ArbiterError> {
        let lease = &cell.document.lease;
        let end = Instant::now() + lease.ttl();
        let pause = (lease.ttl() / LOOKS).max(Duration::from_millis(10));
        while Instant::now() < end {
            sleep(pause).await;
            match self.read(&lease.group).await? {
                Some(now) if now.document.beat == cell.document.beat => {}
                Some(now) if now.document.released => return Ok(now),
                now => return Err(ArbiterError::Held(now.map_or_else(|| lease.clone(), |it| it.document.lease))),
            }
        }
        Ok(cell)
    }
}

#[async_trait]
impl<C: Cells> Arbiter for Leases<C> {
    async fn acquire(&self, claim: &Claim) -> Result<Lease, ArbiterError> {
        let last = match self.read(&claim.group).await? {
            Some(cell) if cell.document.released || claim.replaces(&cell.document.lease) => Some(cell),
            Some(cell) => Some(self.outlast(cell).await?),
            None => None,
        };
        let lease = Lease::next(claim, last.as_ref().map(|it| &it.document.lease), Moment::now());
        let document = Document::of(lease.clone(), false);
        let written = self.write(&claim.group, &document, last.as_ref().map(|it| &*it.version)).await;
        written.map_err(|error| match error {
            ArbiterError::Lost(Some(other)) => ArbiterError::Held(other),
            other => other,
        })?;
        Ok(lease)
    }

    async fn renew(&self, lease: &Lease) -> Result<Lease, ArbiterError> {
        let mut attempts = 0;
        loop {
            attempts += 1;
            let cell = match self.read(&lease.group).await? {
                Some(cell) if cell.document.lease.epoch == lease.epoch => cell,
                cell => return Err(ArbiterError::Lost(cell.map(|it| it.document.lease))),
            };
            let extended = lease.extended(Moment::now());
            let document = Document::of(extended.clone(), false);
            match self.write(&lease.group, &document, Some(&cell.version)).await {
                Ok(()) => return Ok(extended),
                // An earlier renewal whose answer was lost has come late, and has extended it just now.
                Err(ArbiterError::Lost(Some(now))) if now.epoch == lease.epoch && now.expires > lease.expires => {
                    return Ok(now);
                }
                // The holder renews from more than one place at once: nothing is lost by that.
                Err(ArbiterError::Lost(Some(now))) if now.epoch == lease.epoch && attempts < RENEWALS => {}
                Err(error) => return Err(error),
            }
        }
    }

    async fn release(&self, lease: &Lease) -> Result<(), ArbiterError> {
        match self.read(&lease.group).await? {
            Some(cell) if cell.document.lease.epoch == lease.epoch => {
                match self.write(&lease.group, &Document::of(lease.ended(), true), Some(&cell.version)).await {
                    Ok(()) | Err(ArbiterError::Lost(_)) => Ok(()),
                    Err(error) => Err(error),
                }
            }
            _ => Ok(()),
        }
    }

    async fn current(&self, group: &str) -> Result<Option<Lease>, ArbiterError> {
        Ok(self.read(group).await?.map(|it| it.document.lease))
    }

    fn calls(&self) -> u64 {
        self.0.calls()
    }
}

//! The lease of a group as transitions and the core share it: one call to the arbiter at a time, every answer told.
//!
//! A transition that gives its lease back gives it back to the core: what is active here must be given up first.

use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::super::event::Event;
use super::super::settings::Settings;
use super::Shared;
use crate::arbiter::{Arbiter, ArbiterError, Claim, Lease};
use crate::group::{Group, defaults};

/// What is held of a group's lease.
pub(super) struct Keeper {
    key: String,
    lease: Duration,
    held: Mutex<Option<Lease>>,
}

impl Keeper {
    pub fn new(settings: &Settings, group: &Group) -> Self {
        let lease = settings.cluster.arbiter.lease().unwrap_or(defaults::LEASE);
        Self { key: format!("{}/{}", settings.cluster.name, group.name), lease, held: Mutex::new(None) }
    }

    /// Longest time for an answer to a renewal: several fit into what is left of a lease.
    fn limit(&self) -> Duration {
        self.lease / 5
    }

    pub async fn look(&self, shared: &Shared) -> Result<Option<Lease>, String> {
        let asked = timeout(self.lease, shared.ports.arbiter.current(&self.key)).await;
        asked.map_err(|_| "there is no answer".to_owned())?.map_err(|error| error.to_string())
    }

    pub async fn take(&self, shared: &Shared, group: &str, holder: &str) -> Result<(), String> {
        let claim = Claim { group: self.key.clone(), holder: holder.to_owned(), ttl: self.lease, handed_on: None };
        let taken = timeout(self.lease, self.acquire(shared, group, &claim)).await;
        taken.map_err(|_| "there is no answer".to_owned())?.map(drop).map_err(|error| error.to_string())
    }

    async fn acquire(&self, shared: &Shared, group: &str, claim: &Claim) -> Result<Lease, ArbiterError> {
        let mut held = self.held.lock().await;
        let clock = &shared.ports.clock;
        let claim = Claim { handed_on: held.as_ref().map(|it| it.epoch), ..claim.clone() };
        let mut asked = clock.now();
        let mut lease = shared.ports.arbiter.acquire(&claim).await?;
        if clock.now().since(asked) > self.lease / 10 {
            // It was waited for; it counts from when it was given, which only a renewal tells for sure.
            asked = clock.now();
            lease = shared.ports.arbiter.renew(&lease).await?;
        }
        *held = Some(lease.clone());
        shared.tell(Event::LeaseHeld { group: group.to_owned(), lease: lease.clone(), asked });
        Ok(lease)
    }

    pub async fn renew(&self, shared: &Shared, group: &str) -> Result<(), ArbiterError> {
        let Some(lease) = self.held.lock().await.clone() else {
            return Err(ArbiterError::Lost(None));
        };
        self.extend(shared, group, &lease).await.map(drop)
    }

    async fn extend(&self, shared: &Shared, group: &str, lease: &Lease) -> Result<Lease, ArbiterError> {
        let mut held = self.held.lock().await;
        if held.as_ref().is_none_or(|it| it.epoch != lease.epoch) {
            return Err(ArbiterError::Lost(held.clone()));
        }
        let asked = shared.ports.clock.now();
        let answer = timeout(self.limit(), shared.ports.arbiter.renew(lease)).await;
        let answer = answer.unwrap_or_else(|_| Err(ArbiterError::Unknown("there is no answer".to_owned())));
        let group = group.to_owned();
        match &answer {
            Ok(lease) => {
                *held = Some(lease.clone());
                shared.tell(Event::LeaseHeld { group, lease: lease.clone(), asked });
            }
            Err(ArbiterError::Unknown(reason)) => shared.tell(Event::LeaseSilent { group, reason: reason.clone() }),
            Err(error) => {
                *held = None;
                shared.tell(Event::LeaseLost { group, by: error.to_string() });
            }
        }
        answer
    }

    /// Gives it back; whatever comes of it, it is held no longer.
    pub async fn give_back(&self, shared: &Shared, holder: &str) -> Result<(), String> {
        let Some(lease) = self.held.lock().await.take() else { return Ok(()) };
        let lease = Lease { holder: holder.to_owned(), ..lease };
        let answer = timeout(self.lease, shared.ports.arbiter.release(&lease)).await;
        answer.map_err(|_| "there is no answer".to_owned())?.map_err(|error| error.to_string())
    }

    /// Takes it in another server's name, and gives it back in that.
    pub async fn hand_on(&self, shared: &Shared, to: &str) -> Result<(), String> {
        let Some(lease) = self.held.lock().await.take() else { return Ok(()) };
        let handed_on = Some(lease.epoch);
        let claim = Claim { group: self.key.clone(), holder: to.to_owned(), ttl: self.lease, handed_on };
        let work = async {
            let lease = shared.ports.arbiter.acquire(&claim).await?;
            shared.ports.arbiter.release(&lease).await
        };
        let answer = timeout(self.lease, work).await;
        answer.map_err(|_| "there is no answer".to_owned())?.map_err(|error| error.to_string())
    }
}

/// The arbiter as transitions of a group see it.
pub(super) struct Kept<'a> {
    pub shared: &'a Shared,
    pub group: &'a str,
}

impl Kept<'_> {
    fn keeper(&self) -> &Keeper {
        &self.shared.keepers[self.group]
    }
}

#[async_trait]
impl Arbiter for Kept<'_> {
    async fn acquire(&self, claim: &Claim) -> Result<Lease, ArbiterError> {
        self.keeper().acquire(self.shared, self.group, claim).await
    }

    async fn renew(&self, lease: &Lease) -> Result<Lease, ArbiterError> {
        self.keeper().extend(self.shared, self.group, lease).await
    }

    async fn release(&self, lease: &Lease) -> Result<(), ArbiterError> {
        let (group, holder) = (self.group.to_owned(), lease.holder.clone());
        self.shared.tell(Event::LeaseUnneeded { group, holder });
        Ok(())
    }

    async fn current(&self, group: &str) -> Result<Option<Lease>, ArbiterError> {
        self.shared.ports.arbiter.current(group).await
    }
}

//! The servers of a group as a transition sees them: this one is asked, the others by what they said last.

use async_trait::async_trait;
use tokio::sync::oneshot;

use super::super::event::Event;
use super::{Shared, lock};
use crate::address::HostAction;
use crate::transition::{HostFacts, Hosts};

/// The servers of a group.
pub(super) struct Servers<'a> {
    pub shared: &'a Shared,
    pub group: &'a str,
}

#[async_trait]
impl Hosts for Servers<'_> {
    async fn look(&self, server: &str) -> Option<HostFacts> {
        if server != self.shared.settings.server {
            return lock(&self.shared.peers).get(self.group)?.get(server).cloned();
        }
        let mut facts = HostFacts::default();
        for ((group, name), local) in &self.shared.ports.locals {
            if group != self.group {
                continue;
            }
            let condition = local.condition().await;
            if condition.is_active {
                facts.active.insert(name.clone());
            }
            if condition.is_outdated {
                facts.outdated.insert(name.clone());
            }
        }
        Some(facts)
    }

    /// Asks the core, which decides whether it is done: only the active server's resources become active.
    async fn act(&self, server: &str, resource: &str, action: HostAction) -> Result<(), String> {
        if server != self.shared.settings.server {
            return Err(format!("this agent does nothing on {server}"));
        }
        let (answer, done) = oneshot::channel();
        let ticket = {
            let mut tickets = lock(&self.shared.tickets);
            tickets.last += 1;
            let ticket = tickets.last;
            tickets.waiting.insert(ticket, answer);
            ticket
        };
        let (group, resource) = (self.group.to_owned(), resource.to_owned());
        self.shared.tell(Event::LocalWanted { group, resource, action, ticket });
        done.await.unwrap_or_else(|_| Err("it was broken off".to_owned()))
    }
}

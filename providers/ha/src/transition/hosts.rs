//! What servers do themselves, as far as a transition needs it: addresses on their network cards, disks, programs.

use std::collections::BTreeSet;

use async_trait::async_trait;

use crate::address::HostAction;

/// The servers of a group, asked over whatever path leads to them.
#[async_trait]
pub trait Hosts: Send + Sync {
    /// What a server has of the group; `None` when it does not answer.
    async fn look(&self, server: &str) -> Option<HostFacts>;

    /// Does something with a resource on a server; why it could not be done, as a clause.
    async fn act(&self, server: &str, resource: &str, action: HostAction) -> Result<(), String>;
}

/// What a server has of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostFacts {
    /// Names of resources that are active there.
    pub active: BTreeSet<String>,
    /// Names of mirrored disks whose copy there is not up to date.
    pub outdated: BTreeSet<String>,
}

/// Servers that nobody asks and nobody tells: the side of AWS is done alone, where no agent has the group.
#[derive(Clone, Copy, Debug)]
pub struct LeftAlone;

#[async_trait]
impl Hosts for LeftAlone {
    async fn look(&self, _server: &str) -> Option<HostFacts> {
        None
    }

    async fn act(&self, server: &str, resource: &str, _action: HostAction) -> Result<(), String> {
        Err(format!("{resource} is on {server}, which is left alone"))
    }
}

//! Confluence Data Center: releases, health and nodes of a running cluster.

mod cluster;
pub mod fleet;
mod parse;
mod provider;
mod rest;
mod session;
pub mod upgrade;
mod version;

use std::sync::Arc;

use plumb_engine::provider::Provider;

pub use cluster::{Cluster, Database, FileSystem, Limits, MachineGroup, NodeView};
pub use provider::{ConfluenceProvider, MakeFleet, SOURCE, Settings};
pub use rest::{ClusterState, Login, NodeState};
pub use session::Session;
pub use version::Version;

/// The provider with the machines of AWS, or without any in a build without the feature `aws`.
pub fn provider() -> Arc<dyn Provider> {
    #[cfg(feature = "aws")]
    let fleet: MakeFleet = Arc::new(|settings| Arc::new(fleet::aws::AwsFleet::new(settings)));
    #[cfg(not(feature = "aws"))]
    let fleet: MakeFleet = Arc::new(|_| Arc::new(fleet::Missing));
    Arc::new(ConfluenceProvider::new(fleet))
}

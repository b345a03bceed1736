//! AWS resource types, one file each, and the wire idioms that they share.
//!
//! - `<service>/<type>.rs`: one resource type or data source each; `<service>/mod.rs` has the idioms of its API.
//! - [`wire`]: idioms of all services: errors, absence, retries, tags, equality of texts.
//! - [`client`]: SDK clients per region and the provider's settings; `connect` makes them from the provider block,
//!   `settings` is that block, `traffic` counts calls, `shared` adds `region` and `tags_all` to every type.
//! - `provider`: what the engine sees.
//!
//! A type is the file, its `pub mod`, and its line in [`all`].

pub mod client;
mod connect;
pub mod ec2;
mod provider;
pub mod rds;
#[cfg(test)]
mod recorded;
pub mod settings;
mod shared;
mod traffic;
pub mod wire;

use std::sync::Arc;

pub use client::Aws;
use plumb_engine::provider::{Provider, Registry};

/// The AWS provider.
pub fn provider() -> Arc<dyn Provider> {
    Arc::new(provider::AwsProvider::new(all()))
}

/// All resource types and data sources, sorted by name.
pub fn all() -> Registry<Aws> {
    let mut registry = Registry::new();
    registry
        .resource::<rds::db_instance::DbInstance>()
        .resource::<rds::db_parameter_group::DbParameterGroup>()
        .resource::<rds::db_subnet_group::DbSubnetGroup>()
        .resource::<rds::rds_cluster::RdsCluster>()
        .resource::<rds::rds_cluster_instance::RdsClusterInstance>()
        .resource::<rds::rds_cluster_parameter_group::RdsClusterParameterGroup>()
        .resource::<ec2::vpc::Vpc>();
    registry
}

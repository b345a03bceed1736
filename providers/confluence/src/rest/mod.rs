//! What Confluence says of itself over HTTP: its state, its version, its nodes, its rolling upgrade.

mod client;
mod error;
mod types;

pub use client::{Confluence, Login};
pub use error::RestError;
pub use types::{ClusterOverview, ClusterState, Node, NodeState, Stage};

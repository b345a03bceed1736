//! CLUSTERPRO-style failover groups on AWS.

pub mod cloud;
pub mod errors;
pub mod group;
pub mod model;
pub mod provider;

pub use provider::provider;

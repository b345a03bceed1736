//! CLUSTERPRO-style failover groups on AWS.

pub mod address;
pub mod agent;
pub mod arbiter;
pub mod cloud;
pub mod connect;
pub mod errors;
pub mod group;
pub mod journal;
pub mod model;
pub mod moment;
pub mod provider;
pub mod status;
pub mod transition;

pub use provider::provider;

//! CLUSTERPRO-style failover groups on AWS.

pub mod cloud;
pub mod errors;
pub mod group;

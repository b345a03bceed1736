//! CLUSTERPRO-style failover groups on AWS.

pub mod address;
pub mod cloud;
pub mod errors;
pub mod group;

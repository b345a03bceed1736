//! CLUSTERPRO-style failover groups on AWS.

pub mod cloud;
pub mod group;

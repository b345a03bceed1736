//! What is known of AWS without asking it.

pub mod data_partition;
pub mod data_region;

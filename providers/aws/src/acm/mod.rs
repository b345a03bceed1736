//! Certificate Manager: certificates for load balancers.

pub mod data_certificate;

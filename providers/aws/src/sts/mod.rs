//! STS: who the caller is.

pub mod data_caller_identity;

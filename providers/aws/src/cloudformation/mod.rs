//! CloudFormation: what its stacks export.

pub mod data_export;

//! CloudWatch Logs: log groups and streams.

pub mod group;
pub mod stream;

/// Codes of answers that mean that there is no such group or stream.
pub const GONE: &[&str] = &["ResourceNotFoundException"];

/// Codes of answers that mean that another change of the same group is under way.
pub const BUSY: &[&str] = &["OperationAbortedException"];

/// How long another change may take.
pub const PATIENCE: std::time::Duration = std::time::Duration::from_secs(120);

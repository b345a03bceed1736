//! EC2 Auto Scaling: groups, their policies and schedules.

pub mod group;
pub mod policy;
pub mod policy_blocks;
pub mod policy_predictive;
pub mod schedule;

/// Code for "there is no such group, policy or action", together with much else: see [`is_absent`].
const VALIDATION: &str = "ValidationError";

/// Whether an error says that the group or what belongs to it is not there. Auto Scaling has one code for all
/// invalid arguments; its words tell which it is.
fn is_absent(error: &impl aws_sdk_autoscaling::error::ProvideErrorMetadata) -> bool {
    let text = error.message().unwrap_or_default().to_ascii_lowercase();
    error.code() == Some(VALIDATION) && (text.contains("not found") || text.contains("no longer exists"))
}

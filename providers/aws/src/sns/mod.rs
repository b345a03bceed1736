//! SNS: topics and their subscriptions.

pub mod topic;
pub mod topic_subscription;

/// Codes of answers that mean that there is no such topic or subscription.
pub const GONE: &[&str] = &["NotFound", "NotFoundException"];

//! Route 53: zones and records, and the idioms of its API.

pub mod data_zone;
pub mod record;
pub mod record_set;
#[cfg(test)]
mod scenarios;
pub mod zone;
pub mod zone_association;

use std::time::Duration;

use aws_sdk_route53::types::{ChangeInfo, ChangeStatus, Vpc, VpcRegion};
use plumb_engine::provider::ProviderError;
use plumb_engine::provider::typed::Result;

use crate::client::Aws;
use crate::wire::{Context, until_found};

/// Codes of answers that mean that there is no such zone.
pub const GONE: &[&str] = &["NoSuchHostedZone"];

/// Codes of answers that mean that another change of the same zone is under way.
pub const BUSY: &[&str] = &["PriorRequestNotComplete", "ConcurrentModification"];

/// How long another change may take.
pub const PATIENCE: Duration = Duration::from_secs(300);

/// The id of a zone without the path that answers put before it.
pub fn zone_id(id: &str) -> &str {
    id.strip_prefix("/hostedzone/").unwrap_or(id)
}

/// A VPC as calls take it.
pub fn vpc(id: &str, region: &str) -> Vpc {
    Vpc::builder().vpc_id(id).vpc_region(VpcRegion::from(region)).build()
}

/// Waits until all name servers of Route 53 know a change.
///
/// # Errors
/// A call is refused, or the change takes longer than `limit`.
pub async fn in_sync(aws: &Aws, change: Option<ChangeInfo>, limit: Duration) -> Result<()> {
    const ACTION: &str = "waiting for a change of DNS (GetChange)";
    let Some(change) = change.filter(|it| it.status != ChangeStatus::Insync) else { return Ok(()) };
    let id = change.id.strip_prefix("/change/").unwrap_or(&change.id);
    let done = until_found(limit, async || {
        let answer = aws.route53.get_change().id(id).send().await.context(ACTION)?;
        Ok(answer.change_info.filter(|it| it.status == ChangeStatus::Insync))
    });
    match done.await? {
        Some(_) => Ok(()),
        None => Err(ProviderError::unanswered(ACTION, format!("the change {id} is still pending after {limit:?}"))),
    }
}

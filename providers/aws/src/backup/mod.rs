//! AWS Backup: vaults, plans and what they are for, and the idioms of its API.

pub mod plan;
pub mod rule;
#[cfg(test)]
mod scenarios;
pub mod selection;
pub mod vault;

use std::collections::HashMap;

use plumb_engine::provider::typed::Result;

use crate::client::Aws;
use crate::wire::{Absent, Context, Tags, tags};

/// Codes of answers that mean that there is no such vault, plan or selection.
pub const GONE: &[&str] = &["ResourceNotFoundException"];

/// Tags of a vault or plan; none where it is gone.
///
/// # Errors
/// A call is refused.
pub async fn tags_of(aws: &Aws, arn: &str) -> Result<Tags> {
    let mut all = Vec::new();
    let mut next = None;
    loop {
        let call = aws.backup.list_tags().resource_arn(arn).set_next_token(next).send();
        let Some(page) = call.await.absent("reading tags (ListTags)", GONE)? else { break };
        all.extend(page.tags.unwrap_or_default().into_iter().map(|(key, value)| (Some(key), Some(value))));
        next = page.next_token.filter(|it| !it.is_empty());
        if next.is_none() {
            break;
        }
    }
    Ok(tags::observed(all))
}

/// Tags as calls take them; `None` where there are none.
pub fn sdk_tags(tags: &Tags) -> Option<HashMap<String, String>> {
    (!tags.is_empty()).then(|| tags.clone().into_iter().collect())
}

/// Turns the tags `prior` of a vault or plan into `now`.
///
/// # Errors
/// A call is refused.
pub async fn retag(aws: &Aws, arn: &str, prior: &Tags, now: &Tags) -> Result<()> {
    let diff = tags::diff(prior, now);
    if !diff.remove.is_empty() {
        let call = aws.backup.untag_resource().resource_arn(arn).set_tag_key_list(Some(diff.remove)).send();
        call.await.context("removing tags (UntagResource)")?;
    }
    if let Some(set) = sdk_tags(&diff.set) {
        let call = aws.backup.tag_resource().resource_arn(arn).set_tags(Some(set)).send();
        call.await.context("setting tags (TagResource)")?;
    }
    Ok(())
}

//! Secrets Manager: secrets and their values, and the idioms of its API.

pub mod data_secret_version;
pub mod secret;
pub mod secret_version;

use aws_sdk_secretsmanager::error::ProvideErrorMetadata;
use aws_sdk_secretsmanager::types::Tag;
use plumb_engine::provider::typed::Result;

use crate::client::Aws;
use crate::wire::{Context, Tags, tags};

/// Codes of answers that mean that there is no such secret or version.
pub const GONE: &[&str] = &["ResourceNotFoundException"];

/// Whether an error says that a secret is to be deleted, and is kept for those who want it back.
pub fn is_marked(error: &impl ProvideErrorMetadata) -> bool {
    let says = |it: &str| it.contains("marked for deletion") || it.contains("scheduled for deletion");
    error.code() == Some("InvalidRequestException") && error.message().is_some_and(says)
}

/// Tags as an answer tells them.
pub fn observed_tags(tags: Option<Vec<Tag>>) -> Tags {
    tags::observed(tags.unwrap_or_default().into_iter().map(|it| (it.key, it.value)))
}

/// Tags as calls take them; `None` where there are none.
pub fn sdk_tags(tags: &Tags) -> Option<Vec<Tag>> {
    let tag = |(key, value)| Tag::builder().key(key).value(value).build();
    (!tags.is_empty()).then(|| tags.iter().map(tag).collect())
}

/// Turns the tags `prior` of a secret into `now`.
///
/// # Errors
/// A call is refused.
pub async fn retag(aws: &Aws, id: &str, prior: &Tags, now: &Tags) -> Result<()> {
    let diff = tags::diff(prior, now);
    if !diff.remove.is_empty() {
        let call = aws.secretsmanager.untag_resource().secret_id(id).set_tag_keys(Some(diff.remove)).send();
        call.await.context("removing tags (UntagResource)")?;
    }
    if let Some(set) = sdk_tags(&diff.set) {
        let call = aws.secretsmanager.tag_resource().secret_id(id).set_tags(Some(set)).send();
        call.await.context("setting tags (TagResource)")?;
    }
    Ok(())
}

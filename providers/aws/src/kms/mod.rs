//! KMS: keys and their aliases, and the idioms of its API.

pub mod alias;
pub mod key;

use aws_sdk_kms::types::Tag;
use plumb_engine::provider::typed::Result;

use crate::client::Aws;
use crate::wire::{Context, Tags, pages, tags};

/// Codes of answers that mean that there is no such key or alias.
pub const GONE: &[&str] = &["NotFoundException"];

/// How long a change may be unknown to other calls.
pub const VISIBLE: std::time::Duration = std::time::Duration::from_secs(120);

/// Tags of a key, the intent's included. Empty where the key is gone.
///
/// # Errors
/// The call is refused.
pub async fn tags_of(aws: &Aws, id: &str) -> Result<Vec<Tag>> {
    let answer =
        pages!(aws.kms.list_resource_tags().key_id(id), absent "reading aws_kms_key (ListResourceTags)", GONE)?;
    Ok(answer.unwrap_or_default())
}

/// Tags as an answer tells them.
pub fn observed_tags(tags: Vec<Tag>) -> Tags {
    tags::observed(tags.into_iter().map(|it| (Some(it.tag_key), Some(it.tag_value))))
}

/// Tags as calls take them.
pub fn sdk_tags(tags: &Tags) -> Vec<Tag> {
    let tag = |(key, value)| Tag::builder().tag_key(key).tag_value(value).build().expect("a tag has a key and a value");
    tags.iter().map(tag).collect()
}

/// Turns the tags `prior` of a key into `now`.
///
/// # Errors
/// A call is refused.
pub async fn retag(aws: &Aws, id: &str, prior: &Tags, now: &Tags) -> Result<()> {
    let diff = tags::diff(prior, now);
    if !diff.remove.is_empty() {
        let call = aws.kms.untag_resource().key_id(id).set_tag_keys(Some(diff.remove)).send();
        call.await.context("removing tags (UntagResource)")?;
    }
    if !diff.set.is_empty() {
        let call = aws.kms.tag_resource().key_id(id).set_tags(Some(sdk_tags(&diff.set))).send();
        call.await.context("setting tags (TagResource)")?;
    }
    Ok(())
}

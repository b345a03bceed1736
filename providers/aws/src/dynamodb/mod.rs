//! DynamoDB: tables, and the idioms of its API.

pub mod table;

use aws_sdk_dynamodb::types::Tag;
use plumb_engine::provider::typed::Result;

use crate::client::Aws;
use crate::wire::{Absent, Context, Tags, tags};

/// Codes of answers that mean that there is no such table.
pub const GONE: &[&str] = &["ResourceNotFoundException"];

/// Tags of a table; none where it is gone.
///
/// # Errors
/// The call is refused.
pub async fn tags_of(aws: &Aws, arn: &str) -> Result<Tags> {
    let mut all = Vec::new();
    let mut next = None;
    loop {
        let call = aws.dynamodb.list_tags_of_resource().resource_arn(arn).set_next_token(next).send();
        let page = call.await.absent("reading aws_dynamodb_table (ListTagsOfResource)", GONE)?;
        let Some(page) = page else { break };
        all.extend(page.tags.unwrap_or_default().into_iter().map(|it| (Some(it.key), Some(it.value))));
        next = page.next_token.filter(|it| !it.is_empty());
        if next.is_none() {
            break;
        }
    }
    Ok(tags::observed(all))
}

/// Tags as calls take them; `None` where there are none.
pub fn sdk_tags(tags: &Tags) -> Option<Vec<Tag>> {
    let tag = |(key, value)| Tag::builder().key(key).value(value).build().expect("a tag has a key and a value");
    (!tags.is_empty()).then(|| tags.iter().map(tag).collect())
}

/// Turns the tags `prior` of a table into `now`.
///
/// # Errors
/// A call is refused.
pub async fn retag(aws: &Aws, arn: &str, prior: &Tags, now: &Tags) -> Result<()> {
    let diff = tags::diff(prior, now);
    if !diff.remove.is_empty() {
        let call = aws.dynamodb.untag_resource().resource_arn(arn).set_tag_keys(Some(diff.remove)).send();
        call.await.context("removing tags (UntagResource)")?;
    }
    if let Some(set) = sdk_tags(&diff.set) {
        let call = aws.dynamodb.tag_resource().resource_arn(arn).set_tags(Some(set)).send();
        call.await.context("setting tags (TagResource)")?;
    }
    Ok(())
}

//! EFS: shared file systems, and the idioms of its API.

pub mod backup_policy;
pub mod data_file_system;
pub mod file_system;
pub mod mount_target;
#[cfg(test)]
mod scenarios;

use aws_sdk_efs::types::{FileSystemDescription, Tag};
use plumb_engine::provider::typed::Result;

use crate::client::Aws;
use crate::wire::{Absent, Context, Tags, pages, tags};

/// Codes of answers that mean that there is no such file system.
pub const GONE: &[&str] = &["FileSystemNotFound"];

/// Codes of answers that mean that a file system is busy for a moment.
pub const BUSY: &[&str] = &["IncorrectFileSystemLifeCycleState", "ConcurrentModification"];

/// File systems by their ids: one call for one of them, else pages of all of the region.
///
/// # Errors
/// A call is refused.
pub async fn file_systems(aws: &Aws, ids: &[String], action: &str) -> Result<Vec<FileSystemDescription>> {
    if let [id] = ids {
        let answer = aws.efs.describe_file_systems().file_system_id(id).send().await.absent(action, GONE)?;
        return Ok(answer.and_then(|it| it.file_systems).unwrap_or_default());
    }
    let all: Vec<FileSystemDescription> = pages!(aws.efs.describe_file_systems(), action)?;
    Ok(all.into_iter().filter(|it| ids.contains(&it.file_system_id)).collect())
}

/// Tags as an answer tells them.
pub fn observed_tags(tags: Vec<Tag>) -> Tags {
    tags::observed(tags.into_iter().map(|it| (Some(it.key), Some(it.value))))
}

/// Tags as calls take them.
pub fn sdk_tags(tags: &Tags) -> Vec<Tag> {
    let tag = |(key, value)| Tag::builder().key(key).value(value).build().expect("a tag has a key and a value");
    tags.iter().map(tag).collect()
}

/// Turns the tags `prior` of an object into `now`.
///
/// # Errors
/// A call is refused.
pub async fn retag(aws: &Aws, id: &str, prior: &Tags, now: &Tags) -> Result<()> {
    let diff = tags::diff(prior, now);
    if !diff.remove.is_empty() {
        let call = aws.efs.untag_resource().resource_id(id).set_tag_keys(Some(diff.remove)).send();
        call.await.context("removing tags (UntagResource)")?;
    }
    if !diff.set.is_empty() {
        let call = aws.efs.tag_resource().resource_id(id).set_tags(Some(sdk_tags(&diff.set))).send();
        call.await.context("setting tags (TagResource)")?;
    }
    Ok(())
}

/// ARN of a file system.
pub fn arn(aws: &Aws, owner: &str, id: &str) -> String {
    let resource = format!("file-system/{id}");
    crate::wire::arn::arn(aws.partition.id, "elasticfilesystem", &aws.region, owner, &resource)
}

/// DNS name of a file system.
pub fn dns_name(aws: &Aws, id: &str) -> String {
    format!("{id}.efs.{}.{}", aws.region, aws.partition.dns_suffix)
}

//! IAM: roles, policies and instance profiles. Its API has no batches: objects are read one by one, a few at a time.

pub mod data_policy_document;
pub mod instance_profile;
pub mod policy;
pub mod policy_json;
pub mod role;
pub mod role_policy;
pub mod role_policy_attachment;

use std::time::Duration;

use aws_sdk_iam::error::ProvideErrorMetadata;
use aws_sdk_iam::types::Tag;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use plumb_engine::provider::ProviderError;
use plumb_engine::provider::typed::Result;

use crate::wire::{Tags, tags};

/// The code for "there is no such object".
const ABSENT: &[&str] = &["NoSuchEntity"];

/// How long a new object may take to be known everywhere.
const PROPAGATION: Duration = Duration::from_secs(120);

/// Codes of calls that come too early or at the same time as another one.
const TOO_EARLY: &[&str] = &["NoSuchEntity", "ConcurrentModification", "EntityTemporarilyUnmodifiable"];

/// Codes of deletes that come before a dependant's delete is known everywhere.
const IN_USE: &[&str] = &["DeleteConflict", "ConcurrentModification"];

/// Most characters of the name of a role.
const ROLE_NAME_LENGTH: usize = 64;
/// Most characters of the name of a policy or an instance profile.
const NAME_LENGTH: usize = 128;

/// Tags for a call.
///
/// # Errors
/// The SDK refuses a tag.
fn sdk_tags(tags: &Tags) -> Result<Vec<Tag>> {
    let tags = tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build());
    tags.collect::<std::result::Result<_, _>>().map_err(|error| ProviderError::refused("tagging", error.to_string()))
}

/// Tags as an answer tells them.
fn observed_tags(tags: Option<Vec<Tag>>) -> Tags {
    tags::observed(tags.unwrap_or_default().into_iter().map(|it| (Some(it.key), Some(it.value))))
}

/// The value of the tag that recognises a create.
fn intent(tags: Option<&[Tag]>) -> Option<&str> {
    tags.unwrap_or_default().iter().find(|it| it.key == tags::INTENT).map(|it| it.value.as_str())
}

/// A policy's JSON as answers have it, which is percent-encoded.
fn decoded(document: &str) -> String {
    percent_encoding::percent_decode_str(document).decode_utf8_lossy().into_owned()
}

/// A time as RFC 3339 has it.
fn time(time: &DateTime) -> Option<String> {
    DateTime::from_secs(time.secs()).fmt(Format::DateTime).ok()
}

/// Whether a policy names a principal that is not known everywhere yet.
fn unknown_principal(error: &impl ProvideErrorMetadata) -> bool {
    error.code() == Some("MalformedPolicyDocument")
        && error.message().is_some_and(|it| it.to_ascii_lowercase().contains("invalid principal"))
}

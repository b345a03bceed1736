//! `aws_efs_file_system`: looks up a network file system.

use aws_sdk_efs::types::FileSystemDescription;
use plumb_engine::Schema;
use plumb_engine::provider::ProviderError;
use plumb_engine::provider::typed::{DataSource, Id, Prior, Resource, Result};
use serde::{Deserialize, Serialize};

use super::file_system::{FileSystem, LifecyclePolicy, Protection};
use super::observed_tags;
use crate::client::Aws;
use crate::wire::{Tags, pages, told};

const ACTION: &str = "reading aws_efs_file_system (DescribeFileSystems)";

/// Looks up a file system by its id, its creation token or its tags; exactly one must match.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct FoundFileSystem {
    /// Id of the file system.
    #[attr(optional, computed)]
    pub file_system_id: Option<String>,
    /// Name under which AWS recognised its create.
    #[attr(optional, computed)]
    pub creation_token: Option<String>,
    /// Tags that it has.
    #[attr(optional, computed)]
    pub tags: Tags,
    /// ARN of the file system.
    #[attr(computed)]
    pub arn: Option<String>,
    /// Id of the availability zone of a One Zone file system.
    #[attr(computed)]
    pub availability_zone_id: Option<String>,
    /// Availability zone of a One Zone file system.
    #[attr(computed)]
    pub availability_zone_name: Option<String>,
    /// Name under which machines of the VPC mount the file system.
    #[attr(computed)]
    pub dns_name: Option<String>,
    /// Whether the content is encrypted at rest.
    #[attr(computed)]
    pub encrypted: Option<bool>,
    /// ARN of the KMS key of the encryption.
    #[attr(computed)]
    pub kms_key_id: Option<String>,
    /// When files move between storage classes.
    #[attr(computed)]
    pub lifecycle_policy: Vec<LifecyclePolicy>,
    /// Value of the `Name` tag.
    #[attr(computed)]
    pub name: Option<String>,
    /// `generalPurpose` or `maxIO`.
    #[attr(computed)]
    pub performance_mode: Option<String>,
    /// Protection of the file system.
    #[attr(computed)]
    pub protection: Vec<Protection>,
    /// Throughput in MiB/s, when it is provisioned.
    #[attr(computed)]
    pub provisioned_throughput_in_mibps: Option<f64>,
    /// Size of the content in bytes, as last measured by AWS.
    #[attr(computed)]
    pub size_in_bytes: Option<i64>,
    /// `bursting`, `elastic` or `provisioned`.
    #[attr(computed)]
    pub throughput_mode: Option<String>,
}

impl DataSource for FoundFileSystem {
    type Client = Aws;
    const TYPE: &'static str = "aws_efs_file_system";

    async fn read(self, aws: &Aws) -> Result<(Id, Self)> {
        let call = aws.efs.describe_file_systems().set_file_system_id(self.file_system_id.clone());
        let call = call.set_creation_token(self.creation_token.clone().filter(|_| self.file_system_id.is_none()));
        let found: Vec<FileSystemDescription> = pages!(call, ACTION)?;
        let matches = |it: &FileSystemDescription| {
            let tags = observed_tags(it.tags.clone());
            self.tags.iter().all(|(key, value)| tags.get(key) == Some(value))
        };
        let mut ids: Vec<Id> = found.into_iter().filter(matches).map(|it| it.file_system_id).collect();
        let id = match (ids.pop(), ids.len()) {
            (Some(only), 0) => only,
            (None, _) => return Err(ProviderError::refused(ACTION, "no file system matches the arguments")),
            (Some(_), others) => {
                return Err(ProviderError::refused(ACTION, format!("{} file systems match", others + 1))
                    .help("Name one by `file_system_id` or `creation_token`, or add tags until one is left."));
            }
        };
        let seen = FileSystem::read(aws, &[Prior { id: id.clone(), state: None }]).await?;
        let seen = told(seen.into_iter().next(), ACTION)?.state;
        let size = seen.size_in_bytes.first().and_then(|it| it.value);
        let seen = Self {
            file_system_id: Some(id.clone()),
            creation_token: seen.creation_token,
            tags: seen.tags_all,
            arn: seen.arn,
            availability_zone_id: seen.availability_zone_id,
            availability_zone_name: seen.availability_zone_name,
            dns_name: seen.dns_name,
            encrypted: seen.encrypted,
            kms_key_id: seen.kms_key_id,
            lifecycle_policy: seen.lifecycle_policy,
            name: seen.name,
            performance_mode: seen.performance_mode,
            protection: seen.protection,
            provisioned_throughput_in_mibps: seen.provisioned_throughput_in_mibps,
            size_in_bytes: size,
            throughput_mode: Some(seen.throughput_mode),
        };
        Ok((id, seen))
    }
}

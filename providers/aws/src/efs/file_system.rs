//! `aws_efs_file_system`: a file system that many machines mount at once.

use std::collections::BTreeMap;

use aws_sdk_efs::operation::create_file_system::CreateFileSystemError;
use aws_sdk_efs::types::{self, FileSystemDescription, LifeCycleState, ReplicationOverwriteProtection};
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Phase, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, PlannedChange, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::{BUSY, GONE, arn, dns_name, file_systems, observed_tags, retag, sdk_tags};
use crate::client::Aws;
use crate::wire::{Absent, Check, Context, Tags, check, each, ids, pages, patiently, plan, until_found};

const AGES: &[&str] = &[
    "AFTER_1_DAY",
    "AFTER_7_DAYS",
    "AFTER_14_DAYS",
    "AFTER_30_DAYS",
    "AFTER_60_DAYS",
    "AFTER_90_DAYS",
    "AFTER_180_DAYS",
    "AFTER_270_DAYS",
    "AFTER_365_DAYS",
];

/// A network file system (NFS) that grows and shrinks with its content.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct FileSystem {
    /// Name under which AWS recognises a repeated create, at most 64 characters; made up when left out.
    #[attr(force_new, optional, computed)]
    pub creation_token: Option<String>,
    /// Availability zone of a One Zone file system; left out, the content is kept in several zones.
    #[attr(force_new, optional, computed)]
    pub availability_zone_name: Option<String>,
    /// Whether the content is encrypted at rest.
    #[attr(force_new, optional, computed)]
    pub encrypted: Option<bool>,
    /// ARN of the KMS key of the encryption; the account's key for EFS when left out.
    #[attr(force_new, optional, computed)]
    pub kms_key_id: Option<String>,
    /// `generalPurpose`, or `maxIO` for more operations at a higher latency.
    #[attr(force_new, optional, computed)]
    pub performance_mode: Option<String>,
    /// `bursting`, `elastic` or `provisioned`.
    #[attr(default = "bursting")]
    pub throughput_mode: String,
    /// Throughput in MiB/s; with `throughput_mode = "provisioned"` only.
    pub provisioned_throughput_in_mibps: Option<f64>,
    /// When files move between storage classes: one transition per block. It is read only while a block is set and in
    /// an import, because it costs one call per file system.
    #[block(list, max = 3)]
    pub lifecycle_policy: Vec<LifecyclePolicy>,
    /// Protection of the file system.
    #[block(list, max = 1, computed)]
    pub protection: Vec<Protection>,
    /// ARN of the file system.
    #[attr(computed)]
    pub arn: Option<String>,
    /// Id of the availability zone of a One Zone file system.
    #[attr(computed)]
    pub availability_zone_id: Option<String>,
    /// Name under which machines of the VPC mount the file system.
    #[attr(computed)]
    pub dns_name: Option<String>,
    /// Value of the `Name` tag.
    #[attr(computed)]
    pub name: Option<String>,
    /// Number of mount targets.
    #[attr(computed)]
    pub number_of_mount_targets: Option<i64>,
    /// Account that owns the file system.
    #[attr(computed)]
    pub owner_id: Option<String>,
    /// Size of the content as last measured by AWS.
    #[attr(computed)]
    pub size_in_bytes: Vec<Size>,
    /// Tags of the file system.
    pub tags: Tags,
    /// Tags of the file system, with the provider's default tags.
    #[attr(computed)]
    pub tags_all: Tags,
}

/// One transition between storage classes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct LifecyclePolicy {
    /// Age without access at which files move to Infrequent Access: `AFTER_1_DAY` to `AFTER_365_DAYS`.
    pub transition_to_ia: Option<String>,
    /// Age without access at which files move to Archive: `AFTER_1_DAY` to `AFTER_365_DAYS`.
    pub transition_to_archive: Option<String>,
    /// `AFTER_1_ACCESS`: files move back to the primary class when they are read.
    pub transition_to_primary_storage_class: Option<String>,
}

/// Protection of a file system.
#[derive(Clone, Debug, Default, PartialEq, Eq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Protection {
    /// `ENABLED`, or `DISABLED` so that a replication may write to the file system; `REPLICATING` while one does.
    #[attr(optional, computed)]
    pub replication_overwrite: Option<String>,
}

/// Bytes in use.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Size {
    /// Bytes in all storage classes.
    #[attr(computed)]
    pub value: Option<i64>,
    /// Bytes in Infrequent Access.
    #[attr(computed)]
    pub value_in_ia: Option<i64>,
    /// Bytes in Standard.
    #[attr(computed)]
    pub value_in_standard: Option<i64>,
}

impl Resource for FileSystem {
    type Client = Aws;
    const TYPE: &'static str = "aws_efs_file_system";
    const RECOGNITION: Recognition = Recognition::CreationToken;
    const TIMEOUTS: Timeouts = Timeouts::minutes(10);
    const WAIT_GONE: bool = true;

    fn validate(config: &Value) -> Diagnostics {
        let mut check = Check::of(config);
        check.length("creation_token", 64);
        check.one_of("throughput_mode", &["bursting", "elastic", "provisioned"]);
        check.one_of("performance_mode", &["generalPurpose", "maxIO"]);
        let provisioned = check.text("throughput_mode") == Some("provisioned");
        let throughput = check.is_set("provisioned_throughput_in_mibps");
        let mode_is_known = config.get("throughput_mode").is_none_or(|it| !it.is_unknown());
        if throughput == Some(true) && !provisioned && mode_is_known {
            check.error(
                "provisioned_throughput_in_mibps",
                "has no meaning without throughput_mode = \"provisioned\". Set the mode, or remove the throughput.",
            );
        }
        if throughput == Some(false) && provisioned {
            check.error("provisioned_throughput_in_mibps", "is missing; throughput_mode \"provisioned\" needs it.");
        }
        if check.is_set("kms_key_id") == Some(true) && config.get("encrypted").and_then(Value::as_bool) != Some(true) {
            let open = config.get("encrypted").is_some_and(Value::is_unknown);
            if !open {
                check.error("kms_key_id", "needs encrypted = true.");
            }
        }
        let mut found = check.found();
        for block in check::blocks(config, "lifecycle_policy") {
            let mut check = Check::of(block);
            check.one_of("transition_to_ia", AGES).one_of("transition_to_archive", AGES);
            check.one_of("transition_to_primary_storage_class", &["AFTER_1_ACCESS"]);
            check.exactly_one(&["transition_to_ia", "transition_to_archive", "transition_to_primary_storage_class"]);
            found.extend(check.found());
        }
        for block in check::blocks(config, "protection") {
            let mut check = Check::of(block);
            check.one_of("replication_overwrite", &["ENABLED", "DISABLED"]);
            found.extend(check.found());
        }
        found
    }

    fn plan(change: &mut PlannedChange, _client: Option<&Aws>) -> Diagnostics {
        plan::follow(change, &["tags_all"], &["name"]);
        Diagnostics::new()
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let call = aws
            .efs
            .create_file_system()
            .creation_token(self.creation_token.as_deref().unwrap_or(creation.key.as_str()))
            .set_availability_zone_name(self.availability_zone_name.clone())
            .set_encrypted(self.encrypted)
            .set_kms_key_id(self.kms_key_id.clone())
            .set_performance_mode(self.performance_mode.as_deref().map(Into::into))
            .throughput_mode(self.throughput_mode.as_str().into())
            .set_provisioned_throughput_in_mibps(self.provisioned_throughput_in_mibps)
            .set_tags(Some(sdk_tags(&self.tags_all)));
        let id = match call.send().await {
            Ok(made) => made.file_system_id,
            Err(error) => match error.as_service_error() {
                // Under our own token it is what an earlier attempt of this create made.
                Some(CreateFileSystemError::FileSystemAlreadyExists(it)) if self.creation_token.is_none() => {
                    it.file_system_id.clone()
                }
                _ => return Err(error).context("creating aws_efs_file_system (CreateFileSystem)"),
            },
        };
        creation.made(&id);
        self.set_lifecycle(aws, &id, &[], creation.timeout).await?;
        self.set_protection(aws, &id, &[], creation.timeout).await?;
        Ok(Made::id(id))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let found = file_systems(aws, &ids(objects), "reading aws_efs_file_system (DescribeFileSystems)").await?;
        let priors: BTreeMap<&str, Option<&Self>> =
            objects.iter().map(|it| (it.id.as_str(), it.state.as_ref())).collect();
        let wanted = found.iter().map(|it| {
            let prior = priors.get(it.file_system_id.as_str()).copied().flatten();
            let prior = prior.map(|it| it.lifecycle_policy.clone());
            (it.file_system_id.clone(), prior)
        });
        let policies = each(wanted.collect::<Vec<_>>(), |(id, prior)| lifecycle(aws, id, prior)).await?;
        Ok(found.into_iter().zip(policies).map(|(it, policies)| Self::observe(aws, it, policies)).collect())
    }

    async fn update(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        let throughput = |it: &Self| (it.throughput_mode.clone(), it.provisioned_throughput_in_mibps);
        if throughput(self) != throughput(prior) {
            self.set_throughput(aws, id).await?;
        }
        let limit = Self::TIMEOUTS.update;
        self.set_lifecycle(aws, id, &prior.lifecycle_policy, limit).await?;
        self.set_protection(aws, id, &prior.protection, limit).await?;
        retag(aws, id, &prior.tags_all, &self.tags_all).await
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        let call = || aws.efs.delete_file_system().file_system_id(id).send();
        // Mount targets are shown as gone a moment before the file system knows it.
        let done = patiently(std::time::Duration::from_secs(120), &["FileSystemInUse"], call).await;
        done.absent("deleting aws_efs_file_system (DeleteFileSystem)", GONE).map(drop)
    }

    async fn find(&self, aws: &Aws, key: &IntentKey) -> Result<Option<Id>> {
        let token = self.creation_token.as_deref().unwrap_or(key.as_str());
        let found = aws.efs.describe_file_systems().creation_token(token).send().await;
        let found = found.absent("finding aws_efs_file_system (DescribeFileSystems)", GONE)?;
        let found = found.and_then(|it| it.file_systems).unwrap_or_default();
        Ok(found.into_iter().map(|it| it.file_system_id).next())
    }

    async fn list(aws: &Aws) -> Result<Vec<Id>> {
        let found: Vec<FileSystemDescription> =
            pages!(aws.efs.describe_file_systems(), "listing aws_efs_file_system (DescribeFileSystems)")?;
        Ok(found.into_iter().map(|it| it.file_system_id).collect())
    }
}

impl FileSystem {
    fn observe(aws: &Aws, it: FileSystemDescription, lifecycle_policy: Vec<LifecyclePolicy>) -> Observed<Self> {
        let phase = match it.life_cycle_state {
            LifeCycleState::Creating => Phase::Pending("creating".into()),
            LifeCycleState::Updating => Phase::Pending("updating".into()),
            LifeCycleState::Deleting | LifeCycleState::Deleted => Phase::Deleting,
            LifeCycleState::Error => Phase::Failed("AWS shows it in the state \"error\"".into()),
            _ => Phase::Ready,
        };
        let id = it.file_system_id;
        let protection = it.file_system_protection.and_then(|it| it.replication_overwrite_protection);
        let protection = protection.map(|it| Protection { replication_overwrite: Some(it.as_str().to_owned()) });
        let size = it.size_in_bytes.map(|it| Size {
            value: Some(it.value),
            value_in_ia: it.value_in_ia,
            value_in_standard: it.value_in_standard,
        });
        let state = Self {
            creation_token: Some(it.creation_token),
            availability_zone_name: it.availability_zone_name,
            availability_zone_id: it.availability_zone_id,
            encrypted: Some(it.encrypted.unwrap_or_default()),
            kms_key_id: it.kms_key_id,
            performance_mode: Some(it.performance_mode.as_str().to_owned()),
            throughput_mode: it.throughput_mode.map_or("bursting".into(), |it| it.as_str().to_owned()),
            provisioned_throughput_in_mibps: it.provisioned_throughput_in_mibps,
            lifecycle_policy,
            protection: protection.into_iter().collect(),
            arn: it.file_system_arn.or_else(|| Some(arn(aws, &it.owner_id, &id))),
            dns_name: Some(dns_name(aws, &id)),
            name: it.name,
            number_of_mount_targets: Some(it.number_of_mount_targets.into()),
            owner_id: Some(it.owner_id),
            size_in_bytes: size.into_iter().collect(),
            tags: Tags::new(),
            tags_all: observed_tags(it.tags),
        };
        Observed::ready(id, state).phase(phase)
    }

    async fn set_throughput(&self, aws: &Aws, id: &str) -> Result<()> {
        let call = aws
            .efs
            .update_file_system()
            .file_system_id(id)
            .throughput_mode(self.throughput_mode.as_str().into())
            .set_provisioned_throughput_in_mibps(self.provisioned_throughput_in_mibps);
        let limit = Self::TIMEOUTS.update;
        let done = patiently(limit, BUSY, || call.clone().send()).await;
        done.context("changing aws_efs_file_system (UpdateFileSystem)")?;
        // The file system may be shown as it was, and available, until the change begins.
        let ids = [id.to_owned()];
        let changed = until_found(limit, async || {
            let seen = file_systems(aws, &ids, "reading aws_efs_file_system (DescribeFileSystems)").await?;
            let done = |it: &FileSystemDescription| {
                it.throughput_mode.as_ref().is_none_or(|it| it.as_str() == self.throughput_mode)
                    && it.provisioned_throughput_in_mibps == self.provisioned_throughput_in_mibps
            };
            Ok(seen.iter().any(done).then_some(()))
        });
        changed.await.map(drop)
    }

    async fn set_lifecycle(
        &self,
        aws: &Aws,
        id: &str,
        prior: &[LifecyclePolicy],
        limit: std::time::Duration,
    ) -> Result<()> {
        if self.lifecycle_policy == prior {
            return Ok(());
        }
        let policies = self.lifecycle_policy.iter().map(|it| {
            types::LifecyclePolicy::builder()
                .set_transition_to_ia(it.transition_to_ia.as_deref().map(Into::into))
                .set_transition_to_archive(it.transition_to_archive.as_deref().map(Into::into))
                .set_transition_to_primary_storage_class(
                    it.transition_to_primary_storage_class.as_deref().map(Into::into),
                )
                .build()
        });
        let call =
            aws.efs.put_lifecycle_configuration().file_system_id(id).set_lifecycle_policies(Some(policies.collect()));
        let done = patiently(limit, BUSY, || call.clone().send()).await;
        done.context("changing aws_efs_file_system (PutLifecycleConfiguration)").map(drop)
    }

    async fn set_protection(
        &self,
        aws: &Aws,
        id: &str,
        prior: &[Protection],
        limit: std::time::Duration,
    ) -> Result<()> {
        let now = self.protection.first().and_then(|it| it.replication_overwrite.as_deref());
        let then = prior.first().and_then(|it| it.replication_overwrite.as_deref());
        let Some(now) = now.filter(|it| Some(*it) != then) else { return Ok(()) };
        let call = aws
            .efs
            .update_file_system_protection()
            .file_system_id(id)
            .replication_overwrite_protection(ReplicationOverwriteProtection::from(now));
        let done = patiently(limit, BUSY, || call.clone().send()).await;
        done.context("changing aws_efs_file_system (UpdateFileSystemProtection)").map(drop)
    }
}

/// The lifecycle policies of a file system in the order of `prior`; not asked for where `prior` says there are none.
async fn lifecycle(aws: &Aws, id: String, prior: Option<Vec<LifecyclePolicy>>) -> Result<Vec<LifecyclePolicy>> {
    let prior = match prior {
        Some(prior) if prior.is_empty() => return Ok(prior),
        prior => prior.unwrap_or_default(),
    };
    let answer = aws.efs.describe_lifecycle_configuration().file_system_id(id).send().await;
    let answer = answer.absent("reading aws_efs_file_system (DescribeLifecycleConfiguration)", GONE)?;
    let policies = answer.and_then(|it| it.lifecycle_policies).unwrap_or_default();
    let mut policies: Vec<_> = policies
        .into_iter()
        .map(|it| LifecyclePolicy {
            transition_to_ia: it.transition_to_ia.map(|it| it.as_str().to_owned()),
            transition_to_archive: it.transition_to_archive.map(|it| it.as_str().to_owned()),
            transition_to_primary_storage_class: it
                .transition_to_primary_storage_class
                .map(|it| it.as_str().to_owned()),
        })
        .collect();
    policies.sort_by_key(|it| prior.iter().position(|then| then == it).unwrap_or(usize::MAX));
    Ok(policies)
}

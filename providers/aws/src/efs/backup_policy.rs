//! `aws_efs_backup_policy`: whether AWS Backup keeps copies of a file system.

use aws_sdk_efs::types::{self, Status};
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Phase, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::BUSY;
use crate::client::Aws;
use crate::wire::{Absent, Check, Context, check, each, ids, patiently};

const GONE: &[&str] = &["FileSystemNotFound", "PolicyNotFound"];

/// The daily backups of a file system by AWS Backup. Deleting it turns them off; copies stay as long as they would.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct EfsBackupPolicy {
    /// File system to back up.
    #[attr(force_new)]
    pub file_system_id: String,
    /// The policy.
    #[block(list, min = 1, max = 1)]
    pub backup_policy: Vec<BackupPolicy>,
}

/// Whether there are backups.
#[derive(Clone, Debug, Default, PartialEq, Eq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct BackupPolicy {
    /// `ENABLED` or `DISABLED`.
    pub status: String,
}

impl Resource for EfsBackupPolicy {
    type Client = Aws;
    const TYPE: &'static str = "aws_efs_backup_policy";
    const RECOGNITION: Recognition = Recognition::Arguments;
    const TIMEOUTS: Timeouts = Timeouts::minutes(10);

    fn validate(config: &Value) -> Diagnostics {
        let mut found = Diagnostics::new();
        for block in check::blocks(config, "backup_policy") {
            let mut check = Check::of(block);
            check.one_of("status", &["ENABLED", "DISABLED"]);
            found.extend(check.found());
        }
        found
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        self.put(aws, creation.timeout).await?;
        Ok(Made::id(self.file_system_id.clone()))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let found = each(ids(objects), |id| describe(aws, id)).await?;
        let seen = found.into_iter().flatten().map(|(id, status, phase)| {
            let policy = BackupPolicy { status: status.as_str().to_owned() };
            let state = Self { file_system_id: id.clone(), backup_policy: vec![policy] };
            Observed::ready(id, state).phase(phase)
        });
        Ok(seen.collect())
    }

    async fn update(&self, aws: &Aws, _id: &str, prior: &Self) -> Result<()> {
        if self.backup_policy == prior.backup_policy {
            return Ok(());
        }
        self.put(aws, Self::TIMEOUTS.update).await
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        let off = types::BackupPolicy::builder().status(Status::Disabled).build().expect("a policy has a status");
        let call = || aws.efs.put_backup_policy().file_system_id(id).backup_policy(off.clone()).send();
        let done = patiently(Self::TIMEOUTS.delete, BUSY, call).await;
        done.absent("deleting aws_efs_backup_policy (PutBackupPolicy)", GONE).map(drop)
    }

    async fn find(&self, aws: &Aws, _key: &IntentKey) -> Result<Option<Id>> {
        let wanted = self.backup_policy.first().map(|it| it.status.as_str());
        let found = describe(aws, self.file_system_id.clone()).await?;
        Ok(found.filter(|(_, status, _)| Some(status.as_str()) == wanted).map(|(id, ..)| id))
    }
}

impl EfsBackupPolicy {
    async fn put(&self, aws: &Aws, limit: std::time::Duration) -> Result<()> {
        let status = self.backup_policy.first().map(|it| it.status.as_str()).unwrap_or_default();
        let policy = types::BackupPolicy::builder().status(status.into()).build().expect("a policy has a status");
        let call =
            || aws.efs.put_backup_policy().file_system_id(&self.file_system_id).backup_policy(policy.clone()).send();
        let done = patiently(limit, BUSY, call).await;
        done.context("creating aws_efs_backup_policy (PutBackupPolicy)").map(drop)
    }
}

/// The status of a file system's backups as it is, or as it is about to be; `None` where there is no policy.
async fn describe(aws: &Aws, id: String) -> Result<Option<(String, Status, Phase)>> {
    let answer = aws.efs.describe_backup_policy().file_system_id(&id).send().await;
    let answer = answer.absent("reading aws_efs_backup_policy (DescribeBackupPolicy)", GONE)?;
    let status = answer.and_then(|it| it.backup_policy).map(|it| match it.status {
        Status::Enabling => (Status::Enabled, Phase::Pending("ENABLING".into())),
        Status::Disabling => (Status::Disabled, Phase::Pending("DISABLING".into())),
        other => (other, Phase::Ready),
    });
    Ok(status.map(|(status, phase)| (id, status, phase)))
}

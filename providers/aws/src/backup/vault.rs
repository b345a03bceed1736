//! `aws_backup_vault`: where backups are kept.

use std::time::Duration;

use aws_sdk_backup::types::BackupVaultListMember;
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::{GONE, retag, sdk_tags, tags_of};
use crate::client::Aws;
use crate::wire::{Absent, Check, Context, Tags, code, each, pages, patiently, told};

/// A vault whose last backups are being deleted is not empty yet.
const NOT_EMPTY: &[&str] = &["InvalidRequestException"];

/// A vault, where AWS Backup keeps recovery points under one key.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Vault {
    /// Name, unique in the region: 2 to 50 letters, digits, hyphens and underscores.
    #[attr(force_new)]
    pub name: String,
    /// Key that encrypts backups; the account's key for AWS Backup when left out.
    #[attr(force_new, optional, computed)]
    pub kms_key_arn: Option<String>,
    /// Whether a destroy deletes the recovery points, too; AWS refuses to delete a vault that has some.
    #[attr(default = false)]
    pub force_destroy: bool,
    /// ARN of the vault.
    #[attr(computed)]
    pub arn: Option<String>,
    /// How many recovery points the vault has.
    #[attr(computed)]
    pub recovery_points: Option<i64>,
    /// Tags of the vault. They are read only while there are some and in an import, because it costs a call of its own.
    pub tags: Tags,
    /// Tags of the vault, with the provider's default tags.
    #[attr(computed)]
    pub tags_all: Tags,
}

impl Resource for Vault {
    type Client = Aws;
    const TYPE: &'static str = "aws_backup_vault";
    const RECOGNITION: Recognition = Recognition::CreationToken;
    const TIMEOUTS: Timeouts = Timeouts::minutes(10);
    const POLL: Duration = Duration::from_secs(2);
    const UNREADABLE: &'static [&'static str] = &["force_destroy"];

    fn validate(config: &Value) -> Diagnostics {
        let mut check = Check::of(config);
        let allowed = |it: char| it.is_ascii_alphanumeric() || "_-".contains(it);
        if let Some(name) = check.text("name").filter(|it| !(2..=50).contains(&it.len()) || !it.chars().all(allowed)) {
            let detail = format!("is \"{name}\"; it takes 2 to 50 letters, digits and the characters \"_-\".");
            check.error("name", detail);
        }
        check.found()
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let call = aws
            .backup
            .create_backup_vault()
            .backup_vault_name(&self.name)
            .creator_request_id(creation.key.as_str())
            .set_encryption_key_arn(self.kms_key_arn.clone())
            .set_backup_vault_tags(sdk_tags(&self.tags_all));
        let made = call.send().await;
        let exists = made.as_ref().is_err_and(|it| code(it) == Some("AlreadyExistsException"));
        // A repetition whose first answer was lost finds its own vault.
        if !exists || self.find(aws, creation.key).await?.is_none() {
            made.context("creating aws_backup_vault (CreateBackupVault)")?;
        }
        creation.made(&self.name);
        Ok(Made::id(self.name.clone()))
    }

    /// From the list: AWS answers the question for a vault that does not exist as one that is forbidden.
    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let found = vaults(aws, "reading aws_backup_vault (ListBackupVaults)").await?;
        let wanted = found.into_iter().filter_map(|it| {
            let object = objects.iter().find(|object| Some(&object.id) == it.backup_vault_name.as_ref())?;
            Some((it, object.state.as_ref().is_none_or(|it| !it.tags_all.is_empty())))
        });
        each(wanted.collect::<Vec<_>>(), |(it, with_tags)| Self::observe(aws, it, with_tags)).await
    }

    async fn update(&self, aws: &Aws, _id: &str, prior: &Self) -> Result<()> {
        retag(aws, prior.arn.as_deref().unwrap_or_default(), &prior.tags_all, &self.tags_all).await
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        let action = "deleting aws_backup_vault (DeleteBackupVault)";
        let call = || aws.backup.delete_backup_vault().backup_vault_name(id).send();
        if self.force_destroy {
            delete_recovery_points(aws, id).await?;
            return patiently(Self::TIMEOUTS.delete, NOT_EMPTY, call).await.absent(action, GONE).map(drop);
        }
        call().await.absent(action, GONE).map(drop)
    }

    async fn find(&self, aws: &Aws, key: &IntentKey) -> Result<Option<Id>> {
        let found = vaults(aws, "finding aws_backup_vault (ListBackupVaults)").await?;
        let is_ours = |it: &BackupVaultListMember| {
            it.backup_vault_name.as_ref() == Some(&self.name) && it.creator_request_id.as_deref() == Some(key.as_str())
        };
        Ok(found.into_iter().find(is_ours).and_then(|it| it.backup_vault_name))
    }

    async fn list(aws: &Aws) -> Result<Vec<Id>> {
        let found = vaults(aws, "listing aws_backup_vault (ListBackupVaults)").await?;
        Ok(found.into_iter().filter_map(|it| it.backup_vault_name).collect())
    }
}

impl Vault {
    async fn observe(aws: &Aws, it: BackupVaultListMember, with_tags: bool) -> Result<Observed<Self>> {
        let action = "reading aws_backup_vault (ListBackupVaults)";
        let name = told(it.backup_vault_name, action)?;
        let arn = told(it.backup_vault_arn, action)?;
        let tags_all = match with_tags {
            true => tags_of(aws, &arn).await?,
            false => Tags::new(),
        };
        let state = Self {
            name: name.clone(),
            kms_key_arn: it.encryption_key_arn,
            force_destroy: false,
            arn: Some(arn),
            recovery_points: Some(it.number_of_recovery_points),
            tags: Tags::new(),
            tags_all,
        };
        Ok(Observed::ready(name, state))
    }
}

async fn vaults(aws: &Aws, action: &str) -> Result<Vec<BackupVaultListMember>> {
    pages!(aws.backup.list_backup_vaults(), action)
}

async fn delete_recovery_points(aws: &Aws, vault: &str) -> Result<()> {
    let action = "deleting recovery points of aws_backup_vault (ListRecoveryPointsByBackupVault)";
    let call = aws.backup.list_recovery_points_by_backup_vault().backup_vault_name(vault);
    let found: Vec<_> = pages!(call, absent action, GONE)?.unwrap_or_default();
    let arns: Vec<String> = found.into_iter().filter_map(|it| it.recovery_point_arn).collect();
    let deleted = each(arns, |arn| async move {
        let call = aws.backup.delete_recovery_point().backup_vault_name(vault).recovery_point_arn(arn).send();
        call.await.absent("deleting recovery points of aws_backup_vault (DeleteRecoveryPoint)", GONE)
    });
    deleted.await.map(drop)
}

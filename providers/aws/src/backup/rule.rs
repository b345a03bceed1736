//! Rules of backup plans, to the SDK's types and back.

use aws_sdk_backup::types::{
    AdvancedBackupSetting as SdkSetting, BackupRule, BackupRuleInput, CopyAction as SdkCopy, Lifecycle as SdkLifecycle,
};
use plumb_engine::Schema;
use serde::{Deserialize, Serialize};

use super::sdk_tags;
use crate::wire::{Tags, some};

const UTC: &str = "Etc/UTC";

/// When backups are made, where they are kept, and for how long.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Rule {
    /// Name of the rule.
    pub rule_name: String,
    /// Vault of the backups.
    pub target_vault_name: String,
    /// Logically air-gapped vault that gets the backups, too.
    pub target_logically_air_gapped_backup_vault_arn: Option<String>,
    /// When a backup starts: `cron(0 5 * * ? *)`. Daily at 5 in the morning when left out.
    pub schedule: Option<String>,
    /// Time zone of `schedule`.
    #[attr(default = "Etc/UTC")]
    pub schedule_expression_timezone: String,
    /// Minutes after which a backup that has not started is given up, at least 60.
    #[attr(default = 60)]
    pub start_window: i64,
    /// Minutes after which a backup that is not complete is given up.
    #[attr(default = 180)]
    pub completion_window: i64,
    /// Whether backups are continuous, for restores to any second.
    #[attr(default = false)]
    pub enable_continuous_backup: bool,
    /// Tags of the recovery points.
    pub recovery_point_tags: Tags,
    /// When backups move to cold storage and are deleted; never when left out.
    #[block(list, max = 1)]
    pub lifecycle: Vec<Lifecycle>,
    /// Copies in other vaults.
    #[block(set)]
    pub copy_action: Vec<CopyAction>,
}

/// A copy of a backup.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct CopyAction {
    /// Vault of the copy, perhaps of another region or account.
    pub destination_vault_arn: String,
    /// When copies move to cold storage and are deleted; never when left out.
    #[block(list, max = 1)]
    pub lifecycle: Vec<Lifecycle>,
}

/// When backups move to cold storage and are deleted.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Lifecycle {
    /// Days after which a backup moves to cold storage.
    pub cold_storage_after: Option<i64>,
    /// Days after which a backup is deleted, at least 90 more than `cold_storage_after`.
    pub delete_after: Option<i64>,
    /// Whether backups move to the archive tier of their service where it has one.
    pub opt_in_to_archive_for_supported_resources: Option<bool>,
}

/// Options for backups of one kind of resource.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct AdvancedSetting {
    /// Options: `{ WindowsVSS = "enabled" }`.
    #[attr(required)]
    pub backup_options: Tags,
    /// Kind of resource: `EC2`.
    pub resource_type: String,
}

impl Rule {
    pub(super) fn input(&self) -> BackupRuleInput {
        let copies: Vec<_> = self.copy_action.iter().map(CopyAction::sdk).collect();
        BackupRuleInput::builder()
            .rule_name(&self.rule_name)
            .target_backup_vault_name(&self.target_vault_name)
            .set_target_logically_air_gapped_backup_vault_arn(self.target_logically_air_gapped_backup_vault_arn.clone())
            .set_schedule_expression(self.schedule.clone())
            .schedule_expression_timezone(&self.schedule_expression_timezone)
            .start_window_minutes(self.start_window)
            .completion_window_minutes(self.completion_window)
            .enable_continuous_backup(self.enable_continuous_backup)
            .set_recovery_point_tags(sdk_tags(&self.recovery_point_tags))
            .set_lifecycle(self.lifecycle.first().map(Lifecycle::sdk))
            .set_copy_actions(some(&copies))
            .build()
            .expect("a rule has a name and a vault")
    }

    /// What is shown; what AWS fills in of it stays out where `prior` leaves it out.
    pub(super) fn observe(rule: BackupRule, prior: Option<&Self>) -> Self {
        let leaves_out = prior.is_some_and(|it| it.schedule.is_none());
        Self {
            target_vault_name: rule.target_backup_vault_name,
            target_logically_air_gapped_backup_vault_arn: rule.target_logically_air_gapped_backup_vault_arn,
            schedule: rule.schedule_expression.filter(|_| !leaves_out),
            schedule_expression_timezone: rule.schedule_expression_timezone.unwrap_or_else(|| UTC.to_owned()),
            start_window: rule.start_window_minutes.unwrap_or(60),
            completion_window: rule.completion_window_minutes.unwrap_or(180),
            enable_continuous_backup: rule.enable_continuous_backup.unwrap_or_default(),
            recovery_point_tags: rule.recovery_point_tags.unwrap_or_default().into_iter().collect(),
            lifecycle: rule.lifecycle.map(Lifecycle::observe).into_iter().collect(),
            copy_action: rule.copy_actions.unwrap_or_default().into_iter().map(CopyAction::observe).collect(),
            rule_name: rule.rule_name,
        }
    }
}

impl CopyAction {
    fn sdk(&self) -> SdkCopy {
        SdkCopy::builder()
            .destination_backup_vault_arn(&self.destination_vault_arn)
            .set_lifecycle(self.lifecycle.first().map(Lifecycle::sdk))
            .build()
            .expect("a copy has a destination")
    }

    fn observe(copy: SdkCopy) -> Self {
        Self {
            destination_vault_arn: copy.destination_backup_vault_arn,
            lifecycle: copy.lifecycle.map(Lifecycle::observe).into_iter().collect(),
        }
    }
}

impl Lifecycle {
    fn sdk(&self) -> SdkLifecycle {
        SdkLifecycle::builder()
            .set_move_to_cold_storage_after_days(self.cold_storage_after)
            .set_delete_after_days(self.delete_after)
            .set_opt_in_to_archive_for_supported_resources(self.opt_in_to_archive_for_supported_resources)
            .build()
    }

    fn observe(lifecycle: SdkLifecycle) -> Self {
        Self {
            cold_storage_after: lifecycle.move_to_cold_storage_after_days,
            delete_after: lifecycle.delete_after_days,
            opt_in_to_archive_for_supported_resources: lifecycle.opt_in_to_archive_for_supported_resources,
        }
    }
}

impl AdvancedSetting {
    pub(super) fn sdk(&self) -> SdkSetting {
        let options = sdk_tags(&self.backup_options);
        SdkSetting::builder().resource_type(&self.resource_type).set_backup_options(options).build()
    }

    pub(super) fn observe(setting: SdkSetting) -> Self {
        Self {
            backup_options: setting.backup_options.unwrap_or_default().into_iter().collect(),
            resource_type: setting.resource_type.unwrap_or_default(),
        }
    }
}

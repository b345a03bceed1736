//! The five calls that make an instance: new, a replica, from a snapshot, from a time, from a backup in S3.

use plumb_engine::provider::typed::Result;

use super::{DbInstance, PointInTime, S3Import};
use crate::client::Aws;
use crate::rds::wait::{BUSY, passes, until_ready};
use crate::rds::{int, parsed_time, sdk_tags, text, texts};
use crate::wire::{Context, patiently_while};

/// Arguments that several of the calls take, by group: each is mapped once.
macro_rules! arguments {
    (common, $it:ident, $call:expr) => {
        $call
            .db_instance_class(&$it.instance_class)
            .auto_minor_version_upgrade($it.auto_minor_version_upgrade)
            .copy_tags_to_snapshot($it.copy_tags_to_snapshot)
            .publicly_accessible($it.publicly_accessible)
            .set_allocated_storage(int($it.allocated_storage))
            .set_availability_zone(text(&$it.availability_zone))
            .set_ca_certificate_identifier(text(&$it.ca_cert_identifier))
            .set_db_subnet_group_name(text(&$it.db_subnet_group_name))
            .set_dedicated_log_volume($it.dedicated_log_volume)
            .set_deletion_protection($it.deletion_protection)
            .set_enable_cloudwatch_logs_exports(texts(&$it.enabled_cloudwatch_logs_exports))
            .set_enable_iam_database_authentication($it.iam_database_authentication_enabled)
            .set_iops(int($it.iops).filter(|it| *it > 0))
            .set_multi_az($it.multi_az)
            .set_network_type(text(&$it.network_type))
            .set_option_group_name(text(&$it.option_group_name))
            .set_port(int($it.port))
            .set_storage_throughput(int($it.storage_throughput).filter(|it| *it > 0))
            .set_storage_type(text(&$it.storage_type))
            .set_tags(sdk_tags(&$it.tags_all))
            .set_vpc_security_group_ids(texts(&$it.vpc_security_group_ids))
    };
    (growth, $it:ident, $call:expr) => {
        $call.set_max_allocated_storage(int($it.max_allocated_storage).filter(|it| *it > 0))
    };
    (directory, $it:ident, $call:expr) => {
        $call
            .set_backup_target(text(&$it.backup_target))
            .set_custom_iam_instance_profile(text(&$it.custom_iam_instance_profile))
            .set_domain(text(&$it.domain))
            .set_domain_auth_secret_arn(text(&$it.domain_auth_secret_arn))
            .set_domain_dns_ips(texts(&$it.domain_dns_ips))
            .set_domain_fqdn(text(&$it.domain_fqdn))
            .set_domain_iam_role_name(text(&$it.domain_iam_role_name))
            .set_domain_ou(text(&$it.domain_ou))
            .set_enable_customer_owned_ip($it.customer_owned_ip_enabled)
    };
    (monitoring, $it:ident, $call:expr) => {
        $call
            .set_database_insights_mode(text(&$it.database_insights_mode).map(|it| it.as_str().into()))
            .enable_performance_insights($it.performance_insights_enabled)
            .set_monitoring_interval(int($it.monitoring_interval).filter(|it| *it > 0))
            .set_monitoring_role_arn(text(&$it.monitoring_role_arn))
            .set_performance_insights_kms_key_id(text(&$it.performance_insights_kms_key_id))
            .set_performance_insights_retention_period(
                int($it.performance_insights_retention_period).filter(|it| *it > 0),
            )
    };
    (backup, $it:ident, $call:expr) => {
        $call
            .set_backup_retention_period(int($it.backup_retention_period))
            .set_db_parameter_group_name(text(&$it.parameter_group_name))
            .set_engine(text(&$it.engine).map(|it| it.to_ascii_lowercase()))
            .set_engine_lifecycle_support(text(&$it.engine_lifecycle_support))
            .set_license_model(text(&$it.license_model))
            .set_manage_master_user_password($it.manage_master_user_password.filter(|it| *it))
            .set_master_user_secret_kms_key_id(text(&$it.master_user_secret_kms_key_id))
            .set_preferred_backup_window(text(&$it.backup_window))
    };
    (new, $it:ident, $call:expr) => {
        $call
            .set_db_name(text(&$it.db_name))
            .set_engine_version(text(&$it.engine_version))
            .set_kms_key_id(text(&$it.kms_key_id))
            .set_master_user_password($it.master_password())
            .set_master_username(text(&$it.username))
            .set_preferred_maintenance_window(text(&$it.maintenance_window))
            .set_storage_encrypted($it.storage_encrypted)
    };
}

/// Sends a call, again while a role that was just made is not known to RDS.
macro_rules! send {
    ($call:expr, $operation:literal) => {{
        let call = $call;
        let sent = patiently_while(BUSY, passes, || call.clone().send()).await;
        sent.context(concat!("creating aws_db_instance (", $operation, ")")).map(drop)
    }};
}

impl DbInstance {
    /// Sends the create. Whether the call took everything; else [`Self::complete`] is to follow.
    pub(super) async fn send_create(&self, aws: &Aws, identifier: &str) -> Result<bool> {
        if let Some(source) = text(&self.replicate_source_db) {
            self.replicate(aws, identifier, source).await?;
        } else if let Some(import) = self.s3_import.first() {
            self.import(aws, identifier, import).await?;
            return Ok(true);
        } else if let Some(snapshot) = text(&self.snapshot_identifier) {
            self.restore(aws, identifier, snapshot).await?;
        } else if let Some(time) = self.restore_to_point_in_time.first() {
            self.restore_time(aws, identifier, time).await?;
        } else {
            self.make(aws, identifier).await?;
            return Ok(true);
        }
        Ok(false)
    }

    /// Changes what the call that made the instance has no argument for, once the instance can be changed.
    pub(super) async fn complete(&self, aws: &Aws, identifier: &str) -> Result<()> {
        let made: Self = until_ready(aws, identifier).await?;
        let desired = Self { identifier: Some(identifier.to_owned()), ..self.clone() };
        let sent = desired.modify(aws, identifier, &made, true).await?;
        if sent.is_some_and(|it| it.get_db_parameter_group_name().is_some()) {
            until_ready::<Self>(aws, identifier).await?;
            let call = aws.rds.reboot_db_instance().db_instance_identifier(identifier);
            let sent = patiently_while(BUSY, passes, || call.clone().send()).await;
            sent.context("creating aws_db_instance (RebootDBInstance)")?;
        }
        Ok(())
    }

    async fn make(&self, aws: &Aws, identifier: &str) -> Result<()> {
        let call = aws.rds.create_db_instance().db_instance_identifier(identifier);
        let call = arguments!(common, self, call);
        let call = arguments!(growth, self, call);
        let call = arguments!(directory, self, call);
        let call = arguments!(monitoring, self, call);
        let call = arguments!(backup, self, call);
        let call = arguments!(new, self, call)
            .set_character_set_name(text(&self.character_set_name))
            .set_nchar_character_set_name(text(&self.nchar_character_set_name))
            .set_timezone(text(&self.timezone));
        send!(call, "CreateDBInstance")
    }

    async fn replicate(&self, aws: &Aws, identifier: &str, source: String) -> Result<()> {
        // A replica in the region of its source takes the source's parameter group first, with most engines.
        let is_elsewhere = source.starts_with("arn:");
        let takes_group = is_elsewhere || self.engine.as_deref().is_some_and(|it| it.starts_with("oracle"));
        let call = aws.rds.create_db_instance_read_replica().db_instance_identifier(identifier);
        let call = arguments!(common, self, call);
        let call = arguments!(growth, self, call);
        let call = arguments!(directory, self, call);
        let call = arguments!(monitoring, self, call)
            .source_db_instance_identifier(source)
            .set_db_parameter_group_name(text(&self.parameter_group_name).filter(|_| takes_group))
            .set_kms_key_id(text(&self.kms_key_id))
            .set_replica_mode(text(&self.replica_mode).map(|it| it.as_str().into()))
            .set_upgrade_storage_config(self.upgrade_storage_config);
        send!(call, "CreateDBInstanceReadReplica")
    }

    async fn restore(&self, aws: &Aws, identifier: &str, snapshot: String) -> Result<()> {
        // Snapshots that are ARNs of clusters' snapshots are given by another argument.
        let is_cluster = snapshot.contains(":cluster-snapshot:");
        let (of_cluster, of_instance) = if is_cluster { (Some(snapshot), None) } else { (None, Some(snapshot)) };
        let call = aws.rds.restore_db_instance_from_db_snapshot().db_instance_identifier(identifier);
        let call = arguments!(common, self, call);
        let call = arguments!(directory, self, call);
        let call = arguments!(backup, self, call)
            .set_db_name(self.restored_name())
            .set_db_cluster_snapshot_identifier(of_cluster)
            .set_db_snapshot_identifier(of_instance);
        send!(call, "RestoreDBInstanceFromDBSnapshot")
    }

    async fn restore_time(&self, aws: &Aws, identifier: &str, time: &PointInTime) -> Result<()> {
        let call = aws.rds.restore_db_instance_to_point_in_time().target_db_instance_identifier(identifier);
        let call = arguments!(common, self, call);
        let call = arguments!(growth, self, call);
        let call = arguments!(directory, self, call);
        let call = arguments!(backup, self, call)
            .set_db_name(self.restored_name())
            .set_restore_time(parsed_time(&time.restore_time))
            .set_source_db_instance_automated_backups_arn(text(&time.source_db_instance_automated_backups_arn))
            .set_source_db_instance_identifier(text(&time.source_db_instance_identifier))
            .set_source_dbi_resource_id(text(&time.source_dbi_resource_id))
            .set_use_latest_restorable_time(time.use_latest_restorable_time.filter(|it| *it));
        send!(call, "RestoreDBInstanceToPointInTime")
    }

    async fn import(&self, aws: &Aws, identifier: &str, import: &S3Import) -> Result<()> {
        let call = aws.rds.restore_db_instance_from_s3().db_instance_identifier(identifier);
        let call = arguments!(common, self, call);
        let call = arguments!(growth, self, call);
        let call = arguments!(monitoring, self, call);
        let call = arguments!(backup, self, call);
        let call = arguments!(new, self, call)
            .s3_bucket_name(&import.bucket_name)
            .set_s3_prefix(text(&import.bucket_prefix))
            .s3_ingestion_role_arn(&import.ingestion_role)
            .source_engine(&import.source_engine)
            .source_engine_version(&import.source_engine_version);
        send!(call, "RestoreDBInstanceFromS3")
    }

    /// The database's name, for the engines that take it in a restore.
    fn restored_name(&self) -> Option<String> {
        let engine = self.engine.as_deref().unwrap_or_default().to_ascii_lowercase();
        text(&self.db_name).filter(|_| !["mariadb", "mysql", "postgres"].contains(&engine.as_str()))
    }
}

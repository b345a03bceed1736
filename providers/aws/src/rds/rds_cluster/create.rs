//! The four calls that make a cluster: new, from a snapshot, from a time, from a backup in S3.

use plumb_engine::provider::typed::Result;

use super::{PointInTime, RdsCluster, S3Import};
use crate::client::Aws;
use crate::rds::wait::{BUSY, passes, until_ready};
use crate::rds::{int, parsed_time, sdk_tags, text, texts};
use crate::wire::{Context, patiently_while};

/// Arguments that several of the calls take, by group: each is mapped once.
macro_rules! arguments {
    (common, $it:ident, $call:expr) => {
        $call
            .copy_tags_to_snapshot($it.copy_tags_to_snapshot)
            .set_backtrack_window($it.backtrack_window.filter(|it| *it > 0))
            .set_backup_retention_period(int($it.backup_retention_period))
            .set_db_cluster_parameter_group_name(text(&$it.db_cluster_parameter_group_name))
            .set_db_subnet_group_name(text(&$it.db_subnet_group_name))
            .set_deletion_protection($it.deletion_protection)
            .set_domain(text(&$it.domain))
            .set_domain_iam_role_name(text(&$it.domain_iam_role_name))
            .set_enable_cloudwatch_logs_exports(texts(&$it.enabled_cloudwatch_logs_exports))
            .set_enable_iam_database_authentication($it.iam_database_authentication_enabled)
            .set_engine_lifecycle_support(text(&$it.engine_lifecycle_support))
            .set_kms_key_id(text(&$it.kms_key_id))
            .set_network_type(text(&$it.network_type))
            .set_port(int($it.port))
            .set_preferred_backup_window(text(&$it.preferred_backup_window))
            .set_serverless_v2_scaling_configuration($it.serverlessv2_scaling_configuration.first().map(Into::into))
            .set_storage_type(text(&$it.storage_type))
            .set_tags(sdk_tags(&$it.tags_all))
            .set_vpc_security_group_ids(texts(&$it.vpc_security_group_ids))
    };
    (servers, $it:ident, $call:expr) => {
        $call
            .engine_mode(&$it.engine_mode)
            .set_db_cluster_instance_class(text(&$it.db_cluster_instance_class))
            .set_enable_performance_insights($it.performance_insights_enabled)
            .set_iops(int($it.iops).filter(|it| *it > 0))
            .set_monitoring_interval(int($it.monitoring_interval).filter(|it| *it > 0))
            .set_monitoring_role_arn(text(&$it.monitoring_role_arn))
            .set_performance_insights_kms_key_id(text(&$it.performance_insights_kms_key_id))
            .set_performance_insights_retention_period(
                int($it.performance_insights_retention_period).filter(|it| *it > 0),
            )
            .set_scaling_configuration($it.scaling_configuration.first().map(Into::into))
    };
    (engine, $it:ident, $call:expr) => {
        $call
            .engine(&$it.engine)
            .set_availability_zones(texts(&$it.availability_zones))
            .set_database_name(text(&$it.database_name))
            .set_engine_version(text(&$it.engine_version))
    };
    (new, $it:ident, $call:expr) => {
        $call
            .set_manage_master_user_password($it.manage_master_user_password.filter(|it| *it))
            .set_master_user_password($it.password())
            .set_master_user_secret_kms_key_id(text(&$it.master_user_secret_kms_key_id))
            .set_master_username(text(&$it.master_username))
            .set_preferred_maintenance_window(text(&$it.preferred_maintenance_window))
            .set_storage_encrypted($it.storage_encrypted)
    };
}

/// Sends a call, again while a role that was just made is not known to RDS.
macro_rules! send {
    ($call:expr, $operation:literal) => {{
        let call = $call;
        let sent = patiently_while(BUSY, passes, || call.clone().send()).await;
        sent.context(concat!("creating aws_rds_cluster (", $operation, ")")).map(drop)
    }};
}

impl RdsCluster {
    /// Sends the create. Whether the call took everything; else [`Self::complete`] is to follow.
    pub(super) async fn send_create(&self, aws: &Aws, identifier: &str) -> Result<bool> {
        if let Some(snapshot) = text(&self.snapshot_identifier) {
            self.restore(aws, identifier, snapshot).await?;
        } else if let Some(import) = self.s3_import.first() {
            self.import(aws, identifier, import).await?;
        } else if let Some(time) = self.restore_to_point_in_time.first() {
            self.restore_time(aws, identifier, time).await?;
        } else {
            self.make(aws, identifier).await?;
            return Ok(true);
        }
        Ok(false)
    }

    /// Changes what the call that made the cluster has no argument for, once the cluster can be changed.
    pub(super) async fn complete(&self, aws: &Aws, identifier: &str) -> Result<()> {
        let made: Self = until_ready(aws, identifier).await?;
        let desired = Self { arn: made.arn.clone(), ..self.clone() };
        desired.modify(aws, identifier, &made, true).await?;
        desired.set_http_endpoint(aws, &made).await
    }

    async fn make(&self, aws: &Aws, identifier: &str) -> Result<()> {
        let call = aws.rds.create_db_cluster().db_cluster_identifier(identifier);
        let call = arguments!(common, self, call);
        let call = arguments!(servers, self, call);
        let call = arguments!(engine, self, call);
        let call = arguments!(new, self, call)
            .set_allocated_storage(int(self.allocated_storage))
            .set_ca_certificate_identifier(text(&self.ca_certificate_identifier))
            .set_cluster_scalability_type(text(&self.cluster_scalability_type).map(|it| it.as_str().into()))
            .set_database_insights_mode(text(&self.database_insights_mode).map(|it| it.as_str().into()))
            .set_db_system_id(text(&self.db_system_id))
            .set_enable_global_write_forwarding(self.enable_global_write_forwarding)
            .set_enable_http_endpoint(Some(self.enable_http_endpoint).filter(|it| *it))
            .set_enable_local_write_forwarding(self.enable_local_write_forwarding)
            .set_global_cluster_identifier(text(&self.global_cluster_identifier))
            .set_replication_source_identifier(text(&self.replication_source_identifier));
        send!(call, "CreateDBCluster")
    }

    async fn restore(&self, aws: &Aws, identifier: &str, snapshot: String) -> Result<()> {
        let call = aws.rds.restore_db_cluster_from_snapshot().db_cluster_identifier(identifier);
        let call = arguments!(common, self, call);
        let call = arguments!(servers, self, call);
        let call = arguments!(engine, self, call).snapshot_identifier(snapshot);
        send!(call, "RestoreDBClusterFromSnapshot")
    }

    async fn restore_time(&self, aws: &Aws, identifier: &str, time: &PointInTime) -> Result<()> {
        let call = aws.rds.restore_db_cluster_to_point_in_time().db_cluster_identifier(identifier);
        let call = arguments!(common, self, call);
        let call = arguments!(servers, self, call)
            .set_restore_to_time(parsed_time(&time.restore_to_time))
            .set_restore_type(text(&time.restore_type))
            .set_source_db_cluster_identifier(text(&time.source_cluster_identifier))
            .set_source_db_cluster_resource_id(text(&time.source_cluster_resource_id))
            .set_use_latest_restorable_time(time.use_latest_restorable_time.filter(|it| *it));
        send!(call, "RestoreDBClusterToPointInTime")
    }

    async fn import(&self, aws: &Aws, identifier: &str, import: &S3Import) -> Result<()> {
        let call = aws.rds.restore_db_cluster_from_s3().db_cluster_identifier(identifier);
        let call = arguments!(common, self, call);
        let call = arguments!(engine, self, call);
        let call = arguments!(new, self, call)
            .s3_bucket_name(&import.bucket_name)
            .set_s3_prefix(text(&import.bucket_prefix))
            .s3_ingestion_role_arn(&import.ingestion_role)
            .source_engine(&import.source_engine)
            .source_engine_version(&import.source_engine_version);
        send!(call, "RestoreDBClusterFromS3")
    }
}

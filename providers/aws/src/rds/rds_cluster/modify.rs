//! Changes of a cluster: what differs, in one call, and the wait until it shows.

use aws_sdk_rds::operation::modify_db_cluster::builders::ModifyDbClusterInputBuilder as Modification;
use aws_sdk_rds::types::{self, ClusterPendingModifiedValues, DbCluster};
use plumb_engine::provider::typed::Result;

use super::{RdsCluster, Scaling, ServerlessV2Scaling, describe};
use crate::client::Aws;
use crate::rds::wait::{BUSY, Progress, passes, phase, until_applied, until_ready};
use crate::rds::{changed, changed_set, changed_text, int, is_version, log_exports, same_key, switched, text};
use crate::wire::{Context, patiently_while, same};

const READING: &str = "reading aws_rds_cluster (DescribeDBClusters)";

fn exactly(a: &str, b: &str) -> bool {
    a == b
}

impl RdsCluster {
    /// Turns `prior` into `self`, and waits until that shows.
    pub(super) async fn modify(&self, aws: &Aws, identifier: &str, prior: &Self, immediately: bool) -> Result<()> {
        let change = self.difference(prior);
        // Turning `apply_immediately` on is a change of its own: what waits for the maintenance window is done now.
        let hurries = immediately && !prior.apply_immediately.unwrap_or_default();
        if change == Modification::default() && !(hurries && self.waits(aws, identifier).await?) {
            return Ok(());
        }
        let has_version = change.get_engine_version().is_some();
        let major = self.allow_major_version_upgrade.filter(|it| *it && has_version);
        let call = change
            .db_cluster_identifier(identifier)
            .apply_immediately(immediately)
            .set_allow_major_version_upgrade(major)
            .set_db_instance_parameter_group_name(
                text(&self.db_instance_parameter_group_name).filter(|_| major.is_some()),
            );
        let sent = patiently_while(BUSY, passes, || call.clone().send_with(&aws.rds)).await;
        sent.context("changing aws_rds_cluster (ModifyDBCluster)")?;
        until_applied(|| self.progress(aws, identifier, immediately)).await
    }

    /// Makes a replica a cluster of its own, and waits until it is one.
    pub(super) async fn promote(&self, aws: &Aws, identifier: &str) -> Result<()> {
        let call = aws.rds.promote_read_replica_db_cluster().db_cluster_identifier(identifier);
        let sent = patiently_while(BUSY, passes, || call.clone().send()).await;
        sent.context("changing aws_rds_cluster (PromoteReadReplicaDBCluster)")?;
        until_applied(|| async move {
            let found = describe(aws, vec![identifier.to_owned()], READING).await?.pop();
            let is_replica = found.as_ref().is_none_or(|it| text(&it.replication_source_identifier).is_some());
            let phase = phase(found.as_ref().and_then(|it| it.status.as_deref()));
            Ok(Progress::of(&phase, !is_replica, false, true))
        })
        .await?;
        until_ready::<Self>(aws, identifier).await.map(drop)
    }

    /// Turns the RDS Data API on or off, which is a call of its own but for Serverless v1.
    pub(super) async fn set_http_endpoint(&self, aws: &Aws, prior: &Self) -> Result<()> {
        if self.enable_http_endpoint == prior.enable_http_endpoint || self.engine_mode == "serverless" {
            return Ok(());
        }
        let arn = prior.arn.clone();
        if self.enable_http_endpoint {
            let call = aws.rds.enable_http_endpoint().set_resource_arn(arn).send();
            call.await.context("changing aws_rds_cluster (EnableHttpEndpoint)").map(drop)
        } else {
            let call = aws.rds.disable_http_endpoint().set_resource_arn(arn).send();
            call.await.context("changing aws_rds_cluster (DisableHttpEndpoint)").map(drop)
        }
    }

    async fn waits(&self, aws: &Aws, identifier: &str) -> Result<bool> {
        Ok(describe(aws, vec![identifier.to_owned()], READING).await?.iter().any(has_pending))
    }

    async fn progress(&self, aws: &Aws, identifier: &str, immediately: bool) -> Result<Progress> {
        let found = describe(aws, vec![identifier.to_owned()], READING).await?.pop();
        let Some(cluster) = found else { return Ok(Progress::Busy) };
        let has_pending = has_pending(&cluster);
        let seen = Self::observe(cluster, Some(self));
        let told = Self {
            master_password: self.master_password.clone(),
            master_password_wo_version: self.master_password_wo_version,
            ..seen.state
        };
        let is_shown = self.difference(&told) == Modification::default();
        Ok(Progress::of(&seen.phase, is_shown, has_pending, immediately))
    }

    /// What is to be sent to turn `prior` into `self`. Arguments that are not set are no change.
    pub(super) fn difference(&self, prior: &Self) -> Modification {
        let change = self.servers(prior, Modification::default());
        let change = self.access(prior, change);
        let version = text(&self.engine_version).filter(|asked| {
            let actual = text(&prior.engine_version_actual).or_else(|| text(&prior.engine_version));
            !actual.is_some_and(|actual| is_version(asked, &actual))
        });
        let is = |now: bool, prior: bool| (now != prior).then_some(now);
        let days =
            (self.backup_retention_period != prior.backup_retention_period).then_some(self.backup_retention_period);
        let backup = changed_text(&self.preferred_backup_window, &prior.preferred_backup_window, exactly);
        let window = changed_text(&self.preferred_maintenance_window, &prior.preferred_maintenance_window, same::case);
        let group =
            changed_text(&self.db_cluster_parameter_group_name, &prior.db_cluster_parameter_group_name, same::case);
        let support = changed_text(&self.engine_lifecycle_support, &prior.engine_lifecycle_support, exactly);
        let global = switched(self.enable_global_write_forwarding, prior.enable_global_write_forwarding);
        let local = switched(self.enable_local_write_forwarding, prior.enable_local_write_forwarding);
        let backtrack = |it: &Self| it.backtrack_window.unwrap_or_default();
        change
            .set_backtrack_window(Some(backtrack(self)).filter(|it| *it != backtrack(prior)))
            .set_backup_retention_period(int(days))
            .set_copy_tags_to_snapshot(is(self.copy_tags_to_snapshot, prior.copy_tags_to_snapshot))
            .set_db_cluster_parameter_group_name(group)
            .set_deletion_protection(switched(self.deletion_protection, prior.deletion_protection))
            .set_enable_global_write_forwarding(global)
            .set_enable_local_write_forwarding(local)
            .set_engine_lifecycle_support(support)
            .set_engine_version(version)
            .set_preferred_backup_window(backup)
            .set_preferred_maintenance_window(window)
    }

    fn servers(&self, prior: &Self, change: Modification) -> Modification {
        let days = changed(&self.performance_insights_retention_period, &prior.performance_insights_retention_period);
        let turned = changed(&self.performance_insights_enabled, &prior.performance_insights_enabled);
        let mode = changed_text(&self.database_insights_mode, &prior.database_insights_mode, exactly);
        let is_on = self.performance_insights_enabled == Some(true);
        // The mode, the switch and the days depend on each other.
        let insights = mode.is_some() || days.is_some() || turned.is_some();
        let key = changed_text(&self.performance_insights_kms_key_id, &prior.performance_insights_kms_key_id, same_key);
        let seconds = |it: &Self| it.monitoring_interval.unwrap_or_default();
        let interval = Some(seconds(self)).filter(|it| *it != seconds(prior));
        let role = changed_text(&self.monitoring_role_arn, &prior.monitoring_role_arn, exactly)
            .or_else(|| interval.and_then(|_| text(&self.monitoring_role_arn)));
        let class = changed_text(&self.db_cluster_instance_class, &prior.db_cluster_instance_class, exactly);
        let storage = changed_text(&self.storage_type, &prior.storage_type, exactly);
        let scaling =
            self.scaling_configuration.first().filter(|_| self.scaling_configuration != prior.scaling_configuration);
        let serverless = self.serverlessv2_scaling_configuration.first();
        let serverless = serverless.filter(|now| !prior.serverlessv2_scaling_configuration.iter().any(|it| now.is(it)));
        // Storage types with provisioned operations are set together with them.
        let iops = changed(&self.iops, &prior.iops).or_else(|| storage.as_ref().and(self.iops)).filter(|it| *it > 0);
        change
            .set_allocated_storage(int(changed(&self.allocated_storage, &prior.allocated_storage)))
            .set_database_insights_mode(mode.map(|it| it.as_str().into()))
            .set_db_cluster_instance_class(class)
            .set_enable_performance_insights(turned.or((insights && is_on).then_some(true)))
            .set_iops(int(iops))
            .set_monitoring_interval(int(interval))
            .set_monitoring_role_arn(role.filter(|_| seconds(self) > 0))
            .set_performance_insights_kms_key_id(key.filter(|_| is_on))
            .set_performance_insights_retention_period(int(self
                .performance_insights_retention_period
                .filter(|it| insights && is_on && *it > 0)))
            .set_scaling_configuration(scaling.map(Into::into))
            .set_serverless_v2_scaling_configuration(serverless.map(Into::into))
            .set_storage_type(storage)
    }

    fn access(&self, prior: &Self, change: Modification) -> Modification {
        let has_new_password = self.master_password != prior.master_password
            || self.master_password_wo_version != prior.master_password_wo_version;
        let is_serverless = self.engine_mode == "serverless";
        let endpoint = (is_serverless && self.enable_http_endpoint != prior.enable_http_endpoint)
            .then_some(self.enable_http_endpoint);
        let managed = switched(self.manage_master_user_password, prior.manage_master_user_password);
        let key = changed_text(&self.master_user_secret_kms_key_id, &prior.master_user_secret_kms_key_id, same_key);
        let iam = switched(self.iam_database_authentication_enabled, prior.iam_database_authentication_enabled);
        let logs = log_exports(&self.enabled_cloudwatch_logs_exports, &prior.enabled_cloudwatch_logs_exports);
        let certificate = changed_text(&self.ca_certificate_identifier, &prior.ca_certificate_identifier, exactly);
        let domain = |it: &Self| (text(&it.domain), text(&it.domain_iam_role_name));
        // RDS takes the word "none" for leaving the directory.
        let (directory, role) = match (domain(self), domain(prior)) {
            (now, before) if now == before => (None, None),
            ((None, _), (Some(_), _)) => (Some("none".to_owned()), None),
            (now, _) => now,
        };
        change
            .set_ca_certificate_identifier(certificate)
            .set_cloudwatch_logs_export_configuration(logs)
            .set_domain(directory)
            .set_domain_iam_role_name(role)
            .set_enable_http_endpoint(endpoint)
            .set_enable_iam_database_authentication(iam)
            .set_manage_master_user_password(managed)
            .set_master_user_password(self.password().filter(|_| has_new_password))
            .set_master_user_secret_kms_key_id(key.filter(|_| self.manage_master_user_password == Some(true)))
            .set_network_type(changed_text(&self.network_type, &prior.network_type, exactly))
            .set_port(int(changed(&self.port, &prior.port)))
            .set_vpc_security_group_ids(changed_set(&self.vpc_security_group_ids, &prior.vpc_security_group_ids))
    }
}

impl ServerlessV2Scaling {
    /// Whether it asks for what another one is; what is not set is no change.
    fn is(&self, other: &Self) -> bool {
        let seconds = changed(&self.seconds_until_auto_pause, &other.seconds_until_auto_pause);
        self.max_capacity == other.max_capacity && self.min_capacity == other.min_capacity && seconds.is_none()
    }
}

/// Whether changes of a cluster are accepted and not done yet.
fn has_pending(cluster: &DbCluster) -> bool {
    cluster.pending_modified_values.as_ref().is_some_and(|it| *it != ClusterPendingModifiedValues::builder().build())
}

impl From<&Scaling> for types::ScalingConfiguration {
    fn from(it: &Scaling) -> Self {
        types::ScalingConfiguration::builder()
            .auto_pause(it.auto_pause)
            .set_max_capacity(int(it.max_capacity))
            .set_min_capacity(int(it.min_capacity))
            .set_seconds_before_timeout(int(it.seconds_before_timeout).filter(|it| *it > 0))
            .set_seconds_until_auto_pause(int(it.seconds_until_auto_pause).filter(|_| it.auto_pause))
            .timeout_action(&it.timeout_action)
            .build()
    }
}

impl From<&ServerlessV2Scaling> for types::ServerlessV2ScalingConfiguration {
    fn from(it: &ServerlessV2Scaling) -> Self {
        types::ServerlessV2ScalingConfiguration::builder()
            .max_capacity(it.max_capacity)
            .min_capacity(it.min_capacity)
            .set_seconds_until_auto_pause(int(it.seconds_until_auto_pause).filter(|it| *it > 0))
            .build()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster() -> RdsCluster {
        RdsCluster {
            engine: "aurora-postgresql".into(),
            engine_mode: "provisioned".into(),
            engine_version: Some("16".into()),
            engine_version_actual: Some("16.4".into()),
            backup_retention_period: 1,
            ..RdsCluster::default()
        }
    }

    fn difference(change: impl FnOnce(&mut RdsCluster)) -> Modification {
        let mut now = cluster();
        change(&mut now);
        now.difference(&cluster())
    }

    #[test]
    fn no_difference_sends_nothing() {
        assert_eq!(difference(|_| ()), Modification::default());
        assert_eq!(difference(|it| it.engine_version = Some("16.4".into())), Modification::default());
        assert_eq!(difference(|it| it.enable_http_endpoint = true), Modification::default());
    }

    #[test]
    fn capacity_changes_with_what_is_set() {
        let capacity =
            |seconds| ServerlessV2Scaling { max_capacity: 2.0, min_capacity: 0.5, seconds_until_auto_pause: seconds };
        let mut prior = cluster();
        prior.serverlessv2_scaling_configuration = vec![capacity(Some(300))];
        let mut now = cluster();
        now.serverlessv2_scaling_configuration = vec![capacity(None)];
        assert_eq!(now.difference(&prior), Modification::default());
        now.serverlessv2_scaling_configuration = vec![capacity(Some(600))];
        let sent = now.difference(&prior).get_serverless_v2_scaling_configuration().clone().unwrap();
        assert_eq!((sent.min_capacity, sent.seconds_until_auto_pause), (Some(0.5), Some(600)));
    }

    #[test]
    fn directories_are_left_by_a_word() {
        let mut prior = cluster();
        prior.domain = Some("d-1".into());
        assert_eq!(cluster().difference(&prior).get_domain().as_deref(), Some("none"));
    }

    #[test]
    fn logs_and_passwords() {
        let logs = difference(|it| it.enabled_cloudwatch_logs_exports = ["postgresql".to_owned()].into());
        let logs = logs.get_cloudwatch_logs_export_configuration().clone().unwrap();
        assert_eq!(logs.enable_log_types(), ["postgresql"]);
        let sent = difference(|it| it.master_password = Some("secret-1".into()));
        assert_eq!(sent.get_master_user_password().as_deref(), Some("secret-1"));
    }
}

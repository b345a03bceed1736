//! A cluster as an answer shows it.

use std::collections::BTreeSet;

use aws_sdk_rds::types::{DbCluster, LocalWriteForwardingStatus, ScalingConfigurationInfo};
use plumb_engine::provider::typed::Observed;

use super::{RdsCluster, Scaling, ServerlessV2Scaling};
use crate::rds::wait::phase_with_secret;
use crate::rds::{observed_tags, shown_version, time};

impl RdsCluster {
    /// What an answer tells of a cluster; `prior` is what the state or the plan says of it.
    pub(super) fn observe(cluster: DbCluster, prior: Option<&Self>) -> Observed<Self> {
        let id = cluster.db_cluster_identifier.clone().unwrap_or_default();
        let secret = cluster.master_user_secret;
        let phase = phase_with_secret(cluster.status.as_deref(), secret.as_ref());
        let names = |items: Option<Vec<String>>| items.unwrap_or_default().into_iter().collect::<BTreeSet<_>>();
        let certificate = cluster.certificate_details;
        let domain = cluster.domain_memberships.unwrap_or_default().into_iter().next();
        let groups = cluster.vpc_security_groups.unwrap_or_default();
        let version = prior.and_then(|it| it.engine_version.as_ref());
        let forwards = [LocalWriteForwardingStatus::Enabled, LocalWriteForwardingStatus::Enabling];
        let serverless = cluster.serverless_v2_scaling_configuration;
        // What a cluster of another mode says of it means nothing.
        let is_serverless = cluster.engine_mode.as_deref() == Some("serverless");
        let scaling = cluster.scaling_configuration_info.filter(|_| is_serverless);
        let state = Self {
            cluster_identifier: cluster.db_cluster_identifier,
            engine: cluster.engine.unwrap_or_default(),
            engine_mode: cluster.engine_mode.unwrap_or_else(|| "provisioned".to_owned()),
            engine_version: shown_version(version, cluster.engine_version.as_ref()),
            engine_version_actual: cluster.engine_version,
            engine_lifecycle_support: cluster.engine_lifecycle_support,
            cluster_scalability_type: cluster.cluster_scalability_type.map(|it| it.as_str().to_owned()),
            db_cluster_instance_class: cluster.db_cluster_instance_class,
            db_system_id: cluster.db_system_id,
            allocated_storage: cluster.allocated_storage.map(i64::from),
            // The storage that Aurora has when none is chosen.
            storage_type: cluster.storage_type.filter(|it| it != "aurora"),
            iops: cluster.iops.map(i64::from),
            storage_encrypted: cluster.storage_encrypted,
            kms_key_id: cluster.kms_key_id,
            database_name: cluster.database_name,
            master_username: cluster.master_username,
            manage_master_user_password: secret.is_some().then_some(true),
            master_user_secret_kms_key_id: secret.as_ref().and_then(|it| it.kms_key_id.clone()),
            master_user_secret: secret.into_iter().map(Into::into).collect(),
            iam_database_authentication_enabled: cluster.iam_database_authentication_enabled,
            iam_roles: roles(cluster.associated_roles.unwrap_or_default()),
            enable_http_endpoint: cluster.http_endpoint_enabled.unwrap_or_default(),
            db_cluster_parameter_group_name: cluster.db_cluster_parameter_group,
            db_subnet_group_name: cluster.db_subnet_group,
            availability_zones: shown_zones(prior, names(cluster.availability_zones)),
            vpc_security_group_ids: groups.into_iter().filter_map(|it| it.vpc_security_group_id).collect(),
            port: cluster.port.map(i64::from),
            network_type: cluster.network_type,
            ca_certificate_identifier: certificate.as_ref().and_then(|it| it.ca_identifier.clone()),
            ca_certificate_valid_till: time(certificate.and_then(|it| it.valid_till)),
            domain: domain.as_ref().and_then(|it| it.domain.clone()),
            domain_iam_role_name: domain.and_then(|it| it.iam_role_name),
            backtrack_window: cluster.backtrack_window,
            backup_retention_period: cluster.backup_retention_period.unwrap_or_default().into(),
            preferred_backup_window: cluster.preferred_backup_window,
            preferred_maintenance_window: cluster.preferred_maintenance_window,
            copy_tags_to_snapshot: cluster.copy_tags_to_snapshot.unwrap_or_default(),
            delete_automated_backups: true,
            deletion_protection: cluster.deletion_protection,
            global_cluster_identifier: cluster.global_cluster_identifier,
            enable_global_write_forwarding: cluster.global_write_forwarding_requested,
            enable_local_write_forwarding: cluster.local_write_forwarding_status.map(|it| forwards.contains(&it)),
            replication_source_identifier: cluster.replication_source_identifier,
            enabled_cloudwatch_logs_exports: names(cluster.enabled_cloudwatch_logs_exports),
            monitoring_interval: cluster.monitoring_interval.map(i64::from),
            monitoring_role_arn: cluster.monitoring_role_arn,
            database_insights_mode: cluster.database_insights_mode.map(|it| it.as_str().to_owned()),
            performance_insights_enabled: Some(cluster.performance_insights_enabled.unwrap_or_default()),
            performance_insights_kms_key_id: cluster.performance_insights_kms_key_id,
            performance_insights_retention_period: cluster.performance_insights_retention_period.map(i64::from),
            arn: cluster.db_cluster_arn,
            cluster_members: cluster
                .db_cluster_members
                .unwrap_or_default()
                .into_iter()
                .filter_map(|it| it.db_instance_identifier)
                .collect(),
            cluster_resource_id: cluster.db_cluster_resource_id,
            endpoint: cluster.endpoint,
            reader_endpoint: cluster.reader_endpoint,
            hosted_zone_id: cluster.hosted_zone_id,
            tags_all: observed_tags(cluster.tag_list),
            scaling_configuration: scaling.into_iter().map(Into::into).collect(),
            serverlessv2_scaling_configuration: serverless
                .map(|it| ServerlessV2Scaling {
                    max_capacity: it.max_capacity.unwrap_or_default(),
                    min_capacity: it.min_capacity.unwrap_or_default(),
                    seconds_until_auto_pause: it.seconds_until_auto_pause.map(i64::from),
                })
                .into_iter()
                .collect(),
            ..Self::default()
        };
        Observed::ready(id, state).phase(phase)
    }
}

/// Roles without a feature: those with one are associations of their own.
fn roles(found: Vec<aws_sdk_rds::types::DbClusterRole>) -> BTreeSet<String> {
    let plain = found.into_iter().filter(|it| it.feature_name.as_ref().is_none_or(|it| it.is_empty()));
    plain.filter_map(|it| it.role_arn).collect()
}

/// The zones that are asked for, while RDS has only added others to them.
fn shown_zones(prior: Option<&RdsCluster>, found: BTreeSet<String>) -> BTreeSet<String> {
    let asked = prior.map(|it| &it.availability_zones).filter(|it| !it.is_empty() && it.is_subset(&found));
    asked.cloned().unwrap_or(found)
}

impl From<ScalingConfigurationInfo> for Scaling {
    fn from(it: ScalingConfigurationInfo) -> Self {
        Self {
            auto_pause: it.auto_pause.unwrap_or_default(),
            max_capacity: it.max_capacity.unwrap_or_default().into(),
            min_capacity: it.min_capacity.unwrap_or_default().into(),
            seconds_before_timeout: it.seconds_before_timeout.map(i64::from),
            seconds_until_auto_pause: it.seconds_until_auto_pause.unwrap_or(300).into(),
            timeout_action: it.timeout_action.unwrap_or_else(|| "RollbackCapacityChange".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_that_rds_adds_are_not_shown() {
        let zones = |items: &[&str]| items.iter().map(|it| (*it).to_owned()).collect::<BTreeSet<_>>();
        let asked = RdsCluster { availability_zones: zones(&["a", "b"]), ..RdsCluster::default() };
        assert_eq!(shown_zones(Some(&asked), zones(&["a", "b", "c"])), zones(&["a", "b"]));
        assert_eq!(shown_zones(Some(&asked), zones(&["a", "c"])), zones(&["a", "c"]));
        assert_eq!(shown_zones(None, zones(&["a"])), zones(&["a"]));
    }
}

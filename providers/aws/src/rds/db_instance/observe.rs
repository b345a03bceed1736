//! An instance as an answer shows it.

use aws_sdk_rds::types::{self, Endpoint};
use plumb_engine::provider::typed::Observed;

use super::{DbInstance, ListenerEndpoint};
use crate::rds::wait::phase_with_secret;
use crate::rds::{observed_tags, shown_version, time};

impl DbInstance {
    /// What an answer tells of an instance; `prior` is what the state or the plan says of it.
    pub(super) fn observe(db: types::DbInstance, prior: Option<&Self>) -> Observed<Self> {
        let id = db.db_instance_identifier.clone().unwrap_or_default();
        let secret = db.master_user_secret;
        let phase = phase_with_secret(db.db_instance_status.as_deref(), secret.as_ref());
        let endpoint = db.endpoint.unwrap_or_else(|| Endpoint::builder().build());
        let domain = db.domain_memberships.unwrap_or_default().into_iter().next();
        let directory = domain.clone().filter(|it| it.fqdn.is_none() || it.auth_secret_arn.is_none());
        let own = domain.filter(|it| it.auth_secret_arn.is_some());
        let allocated_storage = db.allocated_storage.map(i64::from);
        let names = |groups: Option<Vec<String>>| groups.unwrap_or_default().into_iter();
        let groups = db.vpc_security_groups.unwrap_or_default();
        let state = Self {
            identifier: db.db_instance_identifier,
            instance_class: db.db_instance_class.unwrap_or_default(),
            engine: db.engine,
            engine_version: shown_version(prior.and_then(|it| it.engine_version.as_ref()), db.engine_version.as_ref()),
            engine_version_actual: db.engine_version,
            engine_lifecycle_support: db.engine_lifecycle_support,
            auto_minor_version_upgrade: db.auto_minor_version_upgrade.unwrap_or_default(),
            license_model: db.license_model,
            // Storage that may grow to what it is does not grow.
            max_allocated_storage: db.max_allocated_storage.map(i64::from).filter(|it| Some(*it) != allocated_storage),
            allocated_storage,
            storage_type: db.storage_type,
            iops: db.iops.map(i64::from),
            storage_throughput: db.storage_throughput.map(i64::from),
            storage_encrypted: db.storage_encrypted,
            kms_key_id: db.kms_key_id,
            dedicated_log_volume: db.dedicated_log_volume,
            db_name: db.db_name,
            username: db.master_username,
            manage_master_user_password: secret.is_some().then_some(true),
            master_user_secret_kms_key_id: secret.as_ref().and_then(|it| it.kms_key_id.clone()),
            master_user_secret: secret.into_iter().map(Into::into).collect(),
            iam_database_authentication_enabled: db.iam_database_authentication_enabled,
            character_set_name: db.character_set_name,
            nchar_character_set_name: db.nchar_character_set_name,
            timezone: db.timezone,
            parameter_group_name: db
                .db_parameter_groups
                .unwrap_or_default()
                .into_iter()
                .find_map(|it| it.db_parameter_group_name),
            option_group_name: db
                .option_group_memberships
                .unwrap_or_default()
                .into_iter()
                .find_map(|it| it.option_group_name),
            db_subnet_group_name: db.db_subnet_group.and_then(|it| it.db_subnet_group_name),
            availability_zone: db.availability_zone,
            multi_az: db.multi_az,
            publicly_accessible: db.publicly_accessible.unwrap_or_default(),
            vpc_security_group_ids: groups.into_iter().filter_map(|it| it.vpc_security_group_id).collect(),
            // An instance that is being made has its port elsewhere in the answer.
            port: endpoint.port.or(db.db_instance_port.filter(|it| *it > 0)).map(i64::from),
            network_type: db.network_type,
            customer_owned_ip_enabled: db.customer_owned_ip_enabled,
            ca_cert_identifier: db.ca_certificate_identifier,
            custom_iam_instance_profile: db.custom_iam_instance_profile,
            domain: directory.as_ref().and_then(|it| it.domain.clone()),
            domain_iam_role_name: directory.and_then(|it| it.iam_role_name),
            domain_auth_secret_arn: own.as_ref().and_then(|it| it.auth_secret_arn.clone()),
            domain_dns_ips: names(own.as_ref().and_then(|it| it.dns_ips.clone())).collect(),
            domain_fqdn: own.as_ref().and_then(|it| it.fqdn.clone()),
            domain_ou: own.and_then(|it| it.ou),
            backup_retention_period: db.backup_retention_period.map(i64::from),
            backup_window: db.preferred_backup_window,
            backup_target: db.backup_target,
            maintenance_window: db.preferred_maintenance_window,
            copy_tags_to_snapshot: db.copy_tags_to_snapshot.unwrap_or_default(),
            delete_automated_backups: true,
            deletion_protection: db.deletion_protection,
            replicate_source_db: db.read_replica_source_db_instance_identifier,
            replica_mode: db.replica_mode.map(|it| it.as_str().to_owned()),
            replicas: names(db.read_replica_db_instance_identifiers).collect(),
            enabled_cloudwatch_logs_exports: names(db.enabled_cloudwatch_logs_exports).collect(),
            monitoring_interval: db.monitoring_interval.unwrap_or_default().into(),
            monitoring_role_arn: db.monitoring_role_arn,
            database_insights_mode: db.database_insights_mode.map(|it| it.as_str().to_owned()),
            performance_insights_enabled: db.performance_insights_enabled.unwrap_or_default(),
            performance_insights_kms_key_id: db.performance_insights_kms_key_id,
            performance_insights_retention_period: db.performance_insights_retention_period.map(i64::from),
            endpoint: endpoint.address.as_ref().map(|it| format!("{it}:{}", endpoint.port.unwrap_or_default())),
            address: endpoint.address,
            hosted_zone_id: endpoint.hosted_zone_id,
            listener_endpoint: db.listener_endpoint.into_iter().map(Into::into).collect(),
            arn: db.db_instance_arn,
            resource_id: db.dbi_resource_id,
            latest_restorable_time: time(db.latest_restorable_time),
            status: db.db_instance_status,
            tags_all: observed_tags(db.tag_list),
            ..Self::default()
        };
        Observed::ready(id, state).phase(phase)
    }
}

impl From<Endpoint> for ListenerEndpoint {
    fn from(it: Endpoint) -> Self {
        Self { address: it.address, hosted_zone_id: it.hosted_zone_id, port: it.port.map(i64::from) }
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_rds::types::{DomainMembership, MasterUserSecret};
    use plumb_engine::provider::typed::Phase;

    use super::*;

    #[test]
    fn versions_and_storage_are_shown_as_asked_for() {
        let db =
            types::DbInstance::builder().engine_version("15.4").allocated_storage(20).max_allocated_storage(20).build();
        let asked = DbInstance { engine_version: Some("15".into()), ..Default::default() };
        let state = DbInstance::observe(db, Some(&asked)).state;
        assert_eq!(state.engine_version.as_deref(), Some("15"));
        assert_eq!(state.engine_version_actual.as_deref(), Some("15.4"));
        assert_eq!((state.allocated_storage, state.max_allocated_storage), (Some(20), None));
    }

    #[test]
    fn a_secret_in_the_making_is_waited_for() {
        let secret = |status: &str| MasterUserSecret::builder().secret_status(status).build();
        let db = |status: &str| {
            types::DbInstance::builder().db_instance_status("available").master_user_secret(secret(status))
        };
        let phase = |status: &str| DbInstance::observe(db(status).build(), None).phase;
        assert!(matches!(phase("creating"), Phase::Pending(_)));
        assert_eq!(phase("active"), Phase::Ready);
    }

    #[test]
    fn directories_of_both_kinds() {
        let of = |it: DomainMembership| {
            DbInstance::observe(types::DbInstance::builder().domain_memberships(it).build(), None).state
        };
        let aws = of(DomainMembership::builder().domain("d-1").fqdn("a.example.com").iam_role_name("ad").build());
        assert_eq!((aws.domain.as_deref(), aws.domain_fqdn), (Some("d-1"), None));
        let own = of(DomainMembership::builder().domain("x").fqdn("a.example.com").auth_secret_arn("arn").build());
        assert_eq!((own.domain, own.domain_fqdn.as_deref()), (None, Some("a.example.com")));
    }
}

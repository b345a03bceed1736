//! `aws_db_instance`: looks up a database server.

use std::collections::BTreeSet;

use aws_sdk_rds::types;
use plumb_engine::Schema;
use plumb_engine::provider::ProviderError;
use plumb_engine::provider::typed::{DataSource, Id, Result};
use serde::{Deserialize, Serialize};

use super::observed_tags;
use crate::client::Aws;
use crate::wire::{Tags, pages, told};

const ACTION: &str = "reading aws_db_instance (DescribeDBInstances)";
const GONE: &[&str] = &["DBInstanceNotFound", "DBInstanceNotFoundFault"];

/// Looks up a database server by its identifier, its tags, or both; exactly one must match.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct FoundDbInstance {
    /// Name of the instance.
    #[attr(optional, computed)]
    pub db_instance_identifier: Option<String>,
    /// Tags that it has.
    #[attr(optional, computed)]
    pub tags: Tags,
    /// Host name of the database.
    #[attr(computed)]
    pub address: Option<String>,
    /// Storage in GiB.
    #[attr(computed)]
    pub allocated_storage: Option<i64>,
    /// Whether AWS upgrades minor versions in the maintenance window.
    #[attr(computed)]
    pub auto_minor_version_upgrade: Option<bool>,
    /// Availability zone of the instance.
    #[attr(computed)]
    pub availability_zone: Option<String>,
    /// How many days automated backups are kept.
    #[attr(computed)]
    pub backup_retention_period: Option<i64>,
    /// Certificate authority of the server's certificate.
    #[attr(computed)]
    pub ca_cert_identifier: Option<String>,
    /// `standard` or `advanced`.
    #[attr(computed)]
    pub database_insights_mode: Option<String>,
    /// Cluster that the instance belongs to.
    #[attr(computed)]
    pub db_cluster_identifier: Option<String>,
    /// ARN of the instance.
    #[attr(computed)]
    pub db_instance_arn: Option<String>,
    /// Class of the instance.
    #[attr(computed)]
    pub db_instance_class: Option<String>,
    /// TCP port that the instance of a cluster listens on.
    #[attr(computed)]
    pub db_instance_port: Option<i64>,
    /// Name of the database that was made with the instance.
    #[attr(computed)]
    pub db_name: Option<String>,
    /// Parameter groups.
    #[attr(computed)]
    pub db_parameter_groups: Vec<String>,
    /// Subnet group that the instance is placed in.
    #[attr(computed)]
    pub db_subnet_group: Option<String>,
    /// Logs that are exported to CloudWatch.
    #[attr(computed)]
    pub enabled_cloudwatch_logs_exports: BTreeSet<String>,
    /// Host name and port of the database.
    #[attr(computed)]
    pub endpoint: Option<String>,
    /// Engine.
    #[attr(computed)]
    pub engine: Option<String>,
    /// Version of the engine.
    #[attr(computed)]
    pub engine_version: Option<String>,
    /// Route 53 zone of the host name, for alias records.
    #[attr(computed)]
    pub hosted_zone_id: Option<String>,
    /// Input and output operations per second.
    #[attr(computed)]
    pub iops: Option<i64>,
    /// ARN of the KMS key that encrypts the storage.
    #[attr(computed)]
    pub kms_key_id: Option<String>,
    /// License model.
    #[attr(computed)]
    pub license_model: Option<String>,
    /// The secret of the master user, when RDS keeps it.
    #[attr(computed)]
    pub master_user_secret: Vec<super::MasterUserSecret>,
    /// Name of the master user.
    #[attr(computed)]
    pub master_username: Option<String>,
    /// Storage in GiB up to which the storage grows by itself.
    #[attr(computed)]
    pub max_allocated_storage: Option<i64>,
    /// Seconds between two points of Enhanced Monitoring.
    #[attr(computed)]
    pub monitoring_interval: Option<i64>,
    /// ARN of the role by which Enhanced Monitoring writes to CloudWatch.
    #[attr(computed)]
    pub monitoring_role_arn: Option<String>,
    /// Whether there is a standby in another availability zone.
    #[attr(computed)]
    pub multi_az: Option<bool>,
    /// `IPV4` or `DUAL`.
    #[attr(computed)]
    pub network_type: Option<String>,
    /// Option groups.
    #[attr(computed)]
    pub option_group_memberships: Vec<String>,
    /// TCP port of the database.
    #[attr(computed)]
    pub port: Option<i64>,
    /// When backups are made, in UTC.
    #[attr(computed)]
    pub preferred_backup_window: Option<String>,
    /// When AWS may work on the instance, in UTC.
    #[attr(computed)]
    pub preferred_maintenance_window: Option<String>,
    /// Whether the instance has a public address.
    #[attr(computed)]
    pub publicly_accessible: Option<bool>,
    /// Instance that this one is a replica of.
    #[attr(computed)]
    pub replicate_source_db: Option<String>,
    /// Id that no rename changes.
    #[attr(computed)]
    pub resource_id: Option<String>,
    /// Whether the storage is encrypted.
    #[attr(computed)]
    pub storage_encrypted: Option<bool>,
    /// Throughput of `gp3` storage in MiB per second.
    #[attr(computed)]
    pub storage_throughput: Option<i64>,
    /// Kind of storage.
    #[attr(computed)]
    pub storage_type: Option<String>,
    /// Time zone of the instance.
    #[attr(computed)]
    pub timezone: Option<String>,
    /// Security groups of the instance.
    #[attr(computed)]
    pub vpc_security_groups: Vec<String>,
}

impl DataSource for FoundDbInstance {
    type Client = Aws;
    const TYPE: &'static str = "aws_db_instance";

    async fn read(self, aws: &Aws) -> Result<(Id, Self)> {
        let call = aws.rds.describe_db_instances().set_db_instance_identifier(self.db_instance_identifier.clone());
        let found: Vec<types::DbInstance> = pages!(call, absent ACTION, GONE)?.unwrap_or_default();
        let matches = |it: &types::DbInstance| {
            let tags = observed_tags(it.tag_list.clone());
            self.tags.iter().all(|(key, value)| tags.get(key) == Some(value))
        };
        let mut found: Vec<_> = found.into_iter().filter(matches).collect();
        let seen = match (found.pop(), found.len()) {
            (Some(only), 0) => Self::of(only),
            (None, _) => {
                return Err(ProviderError::refused(ACTION, "no database instance matches the arguments")
                    .help("Check the identifier, the tags, the region and the account."));
            }
            (Some(_), others) => {
                return Err(ProviderError::refused(ACTION, format!("{} database instances match", others + 1))
                    .help("Name one by `db_instance_identifier`, or add tags until one is left."));
            }
        };
        Ok((told(seen.db_instance_identifier.clone(), ACTION)?, seen))
    }
}

impl FoundDbInstance {
    fn of(db: types::DbInstance) -> Self {
        let endpoint = db.endpoint.unwrap_or_else(|| types::Endpoint::builder().build());
        let groups = db.vpc_security_groups.unwrap_or_default().into_iter();
        let parameters = db.db_parameter_groups.unwrap_or_default().into_iter();
        let options = db.option_group_memberships.unwrap_or_default().into_iter();
        Self {
            db_instance_identifier: db.db_instance_identifier,
            tags: observed_tags(db.tag_list),
            endpoint: endpoint.address.as_ref().map(|it| format!("{it}:{}", endpoint.port.unwrap_or_default())),
            address: endpoint.address,
            port: endpoint.port.map(i64::from),
            hosted_zone_id: endpoint.hosted_zone_id,
            allocated_storage: db.allocated_storage.map(i64::from),
            auto_minor_version_upgrade: db.auto_minor_version_upgrade,
            availability_zone: db.availability_zone,
            backup_retention_period: db.backup_retention_period.map(i64::from),
            ca_cert_identifier: db.ca_certificate_identifier,
            database_insights_mode: db.database_insights_mode.map(|it| it.as_str().to_owned()),
            db_cluster_identifier: db.db_cluster_identifier,
            db_instance_arn: db.db_instance_arn,
            db_instance_class: db.db_instance_class,
            db_instance_port: db.db_instance_port.map(i64::from),
            db_name: db.db_name,
            db_parameter_groups: parameters.filter_map(|it| it.db_parameter_group_name).collect(),
            db_subnet_group: db.db_subnet_group.and_then(|it| it.db_subnet_group_name),
            enabled_cloudwatch_logs_exports: db
                .enabled_cloudwatch_logs_exports
                .unwrap_or_default()
                .into_iter()
                .collect(),
            engine: db.engine,
            engine_version: db.engine_version,
            iops: db.iops.map(i64::from),
            kms_key_id: db.kms_key_id,
            license_model: db.license_model,
            master_user_secret: db.master_user_secret.into_iter().map(Into::into).collect(),
            master_username: db.master_username,
            max_allocated_storage: db.max_allocated_storage.map(i64::from),
            monitoring_interval: db.monitoring_interval.map(i64::from),
            monitoring_role_arn: db.monitoring_role_arn,
            multi_az: db.multi_az,
            network_type: db.network_type,
            option_group_memberships: options.filter_map(|it| it.option_group_name).collect(),
            preferred_backup_window: db.preferred_backup_window,
            preferred_maintenance_window: db.preferred_maintenance_window,
            publicly_accessible: db.publicly_accessible,
            replicate_source_db: db.read_replica_source_db_instance_identifier,
            resource_id: db.dbi_resource_id,
            storage_encrypted: db.storage_encrypted,
            storage_throughput: db.storage_throughput.map(i64::from),
            storage_type: db.storage_type,
            timezone: db.timezone,
            vpc_security_groups: groups.filter_map(|it| it.vpc_security_group_id).collect(),
        }
    }
}

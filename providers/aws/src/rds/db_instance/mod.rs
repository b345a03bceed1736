//! `aws_db_instance`: a database server.

mod create;
mod modify;
mod observe;
mod rules;

use std::collections::BTreeSet;

use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, PlannedChange, ProviderError, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::instances::{self, GONE};
use super::wait::{BUSY, passes};
use super::{MasterUserSecret, retag, same_database, same_key, text};
use crate::client::Aws;
use crate::wire::{Absent, Tags, name, patiently_while, same};

const NAME_LENGTH: usize = 63;

/// A database server that RDS runs: MariaDB, MySQL, Oracle, PostgreSQL, SQL Server or Db2.
///
/// Its `id` is the identifier; an import takes the resource id too. Instances of Aurora are `aws_rds_cluster_instance`.
/// A change is made in the next maintenance window unless `apply_immediately` is true; until then the old value is
/// shown.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct DbInstance {
    /// Name of the instance; one is made up when it is left out. Another name renames the instance.
    #[attr(optional, computed, conflicts_with("identifier_prefix"))]
    pub identifier: Option<String>,
    /// What a made-up name begins with.
    #[attr(force_new, optional, computed, conflicts_with("identifier"))]
    pub identifier_prefix: Option<String>,
    /// Class of the instance, such as `db.t4g.micro`.
    #[attr(required)]
    pub instance_class: String,
    /// Engine: `postgres`, `mysql`, `mariadb`, `oracle-se2`, `sqlserver-ex`, and others. Left out only where it
    /// follows from a source.
    #[attr(force_new, optional, computed, same = same::case)]
    pub engine: Option<String>,
    /// Version of the engine. A part of it, such as `15`, asks for any version that begins with it.
    #[attr(optional, computed)]
    pub engine_version: Option<String>,
    /// Version of the engine that is in use.
    #[attr(computed)]
    pub engine_version_actual: Option<String>,
    /// `open-source-rds-extended-support`, or `open-source-rds-extended-support-disabled` to be upgraded when the
    /// standard support of the version ends.
    #[attr(optional, computed)]
    pub engine_lifecycle_support: Option<String>,
    /// Whether a change of `engine_version` may be a change of the major version.
    pub allow_major_version_upgrade: Option<bool>,
    /// Whether AWS upgrades minor versions in the maintenance window.
    #[attr(default = true)]
    pub auto_minor_version_upgrade: bool,
    /// Whether changes are made now instead of in the next maintenance window. Some of them interrupt the service.
    pub apply_immediately: Option<bool>,
    /// License model, such as `license-included` or `bring-your-own-license`.
    #[attr(optional, computed)]
    pub license_model: Option<String>,

    /// Storage in GiB. Storage that has grown by itself up to `max_allocated_storage` is not made smaller.
    #[attr(optional, computed)]
    pub allocated_storage: Option<i64>,
    /// Storage in GiB up to which the storage grows by itself; 0 for never.
    pub max_allocated_storage: Option<i64>,
    /// `gp2`, `gp3`, `io1`, `io2` or `standard`.
    #[attr(optional, computed)]
    pub storage_type: Option<String>,
    /// Input and output operations per second.
    #[attr(optional, computed)]
    pub iops: Option<i64>,
    /// Throughput of `gp3` storage in MiB per second.
    #[attr(optional, computed)]
    pub storage_throughput: Option<i64>,
    /// Whether the storage is encrypted.
    #[attr(force_new, optional, computed)]
    pub storage_encrypted: Option<bool>,
    /// ARN of the KMS key that encrypts the storage.
    #[attr(force_new, optional, computed, same = same_key)]
    pub kms_key_id: Option<String>,
    /// Whether logs of the database have a volume of their own.
    pub dedicated_log_volume: Option<bool>,
    /// Whether a replica of an instance with an old file system gets the new one.
    #[attr(force_new)]
    pub upgrade_storage_config: Option<bool>,

    /// Name of the database that is made with the instance; of the Oracle system, its id.
    #[attr(force_new, optional, computed)]
    pub db_name: Option<String>,
    /// Name of the master user.
    #[attr(force_new, optional, computed)]
    pub username: Option<String>,
    /// Password of the master user. It is stored in the state.
    #[attr(sensitive)]
    pub password: Option<String>,
    /// Password of the master user that is not stored in the state; sent when `password_wo_version` changes.
    #[attr(sensitive, write_only)]
    pub password_wo: Option<String>,
    /// Version of `password_wo`, a number of one's own.
    pub password_wo_version: Option<i64>,
    /// Whether RDS makes the password and keeps it in Secrets Manager.
    pub manage_master_user_password: Option<bool>,
    /// KMS key that encrypts the secret of the master user.
    #[attr(optional, computed, same = same_key)]
    pub master_user_secret_kms_key_id: Option<String>,
    /// The secret of the master user, when RDS keeps it.
    #[attr(computed)]
    pub master_user_secret: Vec<MasterUserSecret>,
    /// Whether users may log in with IAM credentials.
    pub iam_database_authentication_enabled: Option<bool>,
    /// Character set of an Oracle or SQL Server instance.
    #[attr(force_new, optional, computed)]
    pub character_set_name: Option<String>,
    /// National character set of an Oracle instance.
    #[attr(force_new, optional, computed)]
    pub nchar_character_set_name: Option<String>,
    /// Time zone of a SQL Server or Db2 instance.
    #[attr(force_new, optional, computed)]
    pub timezone: Option<String>,
    /// Parameter group of the instance. Some parameters come into force with the next reboot.
    #[attr(optional, computed)]
    pub parameter_group_name: Option<String>,
    /// Option group of the instance.
    #[attr(optional, computed)]
    pub option_group_name: Option<String>,

    /// Subnet group that the instance is placed in.
    #[attr(optional, computed)]
    pub db_subnet_group_name: Option<String>,
    /// Availability zone of the instance.
    #[attr(force_new, optional, computed)]
    pub availability_zone: Option<String>,
    /// Whether there is a standby in another availability zone.
    #[attr(optional, computed)]
    pub multi_az: Option<bool>,
    /// Whether the instance has a public address.
    #[attr(default = false)]
    pub publicly_accessible: bool,
    /// Security groups of the instance.
    #[attr(optional, computed)]
    pub vpc_security_group_ids: BTreeSet<String>,
    /// TCP port of the database.
    #[attr(optional, computed)]
    pub port: Option<i64>,
    /// `IPV4`, or `DUAL` for IPv6 too.
    #[attr(optional, computed)]
    pub network_type: Option<String>,
    /// Whether an instance on an Outpost has an address of one's own network.
    pub customer_owned_ip_enabled: Option<bool>,
    /// Certificate authority of the server's certificate.
    #[attr(optional, computed)]
    pub ca_cert_identifier: Option<String>,
    /// Instance profile of an RDS Custom instance.
    #[attr(force_new)]
    pub custom_iam_instance_profile: Option<String>,

    /// Directory of AWS Managed Microsoft AD that the instance is a member of.
    #[attr(conflicts_with("domain_auth_secret_arn", "domain_dns_ips", "domain_fqdn", "domain_ou"))]
    pub domain: Option<String>,
    /// IAM role for calls to the directory.
    #[attr(conflicts_with("domain_auth_secret_arn", "domain_dns_ips", "domain_fqdn", "domain_ou"))]
    pub domain_iam_role_name: Option<String>,
    /// ARN of the secret with the user that joins a directory of one's own.
    pub domain_auth_secret_arn: Option<String>,
    /// Addresses of the directory's DNS servers: two of them.
    pub domain_dns_ips: Vec<String>,
    /// Name of a directory of one's own that the instance is a member of.
    #[attr(same = same::dns)]
    pub domain_fqdn: Option<String>,
    /// Organizational unit of the instance in a directory of one's own.
    pub domain_ou: Option<String>,

    /// How many days automated backups are kept; 0 for no backups.
    #[attr(optional, computed)]
    pub backup_retention_period: Option<i64>,
    /// When backups are made, in UTC: `03:00-04:00`.
    #[attr(optional, computed)]
    pub backup_window: Option<String>,
    /// Where backups are kept: `region`, or `outposts`.
    #[attr(force_new, optional, computed)]
    pub backup_target: Option<String>,
    /// When AWS may work on the instance, in UTC: `mon:03:00-mon:04:00`.
    #[attr(optional, computed, same = same::case)]
    pub maintenance_window: Option<String>,
    /// Whether snapshots get the tags of the instance.
    #[attr(default = false)]
    pub copy_tags_to_snapshot: bool,
    /// Whether automated backups are deleted with the instance.
    #[attr(default = true)]
    pub delete_automated_backups: bool,
    /// Whether the instance cannot be deleted.
    pub deletion_protection: Option<bool>,
    /// Whether the instance is deleted without a last snapshot. A replica never has one.
    #[attr(default = false)]
    pub skip_final_snapshot: bool,
    /// Name of the last snapshot, which is made when the instance is deleted.
    pub final_snapshot_identifier: Option<String>,
    /// Snapshot that the instance is made from.
    #[attr(force_new)]
    pub snapshot_identifier: Option<String>,

    /// Instance that this one is a replica of: its identifier, or its ARN where it is in another region. Removing it
    /// makes the replica an instance of its own.
    #[attr(same = same_database)]
    pub replicate_source_db: Option<String>,
    /// `mounted`, or `open-read-only`, for replicas of Oracle and Db2.
    #[attr(optional, computed)]
    pub replica_mode: Option<String>,
    /// Replicas of this instance.
    #[attr(computed)]
    pub replicas: Vec<String>,

    /// Logs that are exported to CloudWatch.
    pub enabled_cloudwatch_logs_exports: BTreeSet<String>,
    /// Seconds between two points of Enhanced Monitoring: 0 for none, 1, 5, 10, 15, 30 or 60.
    #[attr(default = 0)]
    pub monitoring_interval: i64,
    /// ARN of the role by which Enhanced Monitoring writes to CloudWatch.
    #[attr(optional, computed)]
    pub monitoring_role_arn: Option<String>,
    /// `standard`, or `advanced`, which takes Performance Insights for 465 days and more.
    #[attr(optional, computed)]
    pub database_insights_mode: Option<String>,
    /// Whether Performance Insights is on.
    #[attr(default = false)]
    pub performance_insights_enabled: bool,
    /// KMS key that encrypts the data of Performance Insights; it cannot be changed later.
    #[attr(optional, computed, same = same_key)]
    pub performance_insights_kms_key_id: Option<String>,
    /// How many days Performance Insights keeps data: 7, 731, or a multiple of 31.
    #[attr(optional, computed)]
    pub performance_insights_retention_period: Option<i64>,

    /// Name of the server.
    #[attr(computed)]
    pub address: Option<String>,
    /// Name of the server and its port: `NAME:PORT`.
    #[attr(computed)]
    pub endpoint: Option<String>,
    /// Route 53 zone of the server's name, for alias records.
    #[attr(computed)]
    pub hosted_zone_id: Option<String>,
    /// Where SQL Server's Always On listener is reached.
    #[attr(computed)]
    pub listener_endpoint: Vec<ListenerEndpoint>,
    /// ARN of the instance.
    #[attr(computed)]
    pub arn: Option<String>,
    /// Id that stays the same when the instance is renamed.
    #[attr(computed)]
    pub resource_id: Option<String>,
    /// Latest time, in RFC 3339, to which the instance can be restored.
    #[attr(computed)]
    pub latest_restorable_time: Option<String>,
    /// State of the instance, such as `available`.
    #[attr(computed)]
    pub status: Option<String>,
    /// Tags of the instance.
    pub tags: Tags,
    /// Tags of the instance, with the provider's default tags.
    #[attr(computed)]
    pub tags_all: Tags,

    /// How changes are made.
    #[block(list, max = 1)]
    pub blue_green_update: Vec<BlueGreenUpdate>,
    /// Instance, and time of it, that this one is made from.
    #[block(list, max = 1)]
    pub restore_to_point_in_time: Vec<PointInTime>,
    /// Backup in S3 that a MySQL instance is made from.
    #[block(list, max = 1, force_new)]
    pub s3_import: Vec<S3Import>,
}

/// How changes are made.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct BlueGreenUpdate {
    /// Must be false: changes are made in place.
    pub enabled: Option<bool>,
}

/// Instance, and time of it, that another one is made from.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct PointInTime {
    /// Time in RFC 3339.
    #[attr(force_new, conflicts_with("use_latest_restorable_time"))]
    pub restore_time: Option<String>,
    /// ARN of automated backups that were copied from another region.
    #[attr(force_new)]
    pub source_db_instance_automated_backups_arn: Option<String>,
    /// Identifier of the source.
    #[attr(force_new)]
    pub source_db_instance_identifier: Option<String>,
    /// Resource id of the source, which may have been deleted.
    #[attr(force_new)]
    pub source_dbi_resource_id: Option<String>,
    /// Whether the latest time is taken.
    #[attr(force_new)]
    pub use_latest_restorable_time: Option<bool>,
}

/// Backup in S3 that a database is made from.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct S3Import {
    /// Bucket of the backup.
    #[attr(required, force_new)]
    pub bucket_name: String,
    /// What the names of the backup's objects begin with.
    #[attr(force_new)]
    pub bucket_prefix: Option<String>,
    /// ARN of the role by which RDS reads the bucket.
    #[attr(required, force_new)]
    pub ingestion_role: String,
    /// Engine of the backup: `mysql`.
    #[attr(required, force_new)]
    pub source_engine: String,
    /// Version of the engine of the backup.
    #[attr(required, force_new)]
    pub source_engine_version: String,
}

/// Where a listener is reached.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct ListenerEndpoint {
    /// Name of the listener.
    #[attr(computed)]
    pub address: Option<String>,
    /// Route 53 zone of the name.
    #[attr(computed)]
    pub hosted_zone_id: Option<String>,
    /// TCP port.
    #[attr(computed)]
    pub port: Option<i64>,
}

impl Resource for DbInstance {
    type Client = Aws;
    const TYPE: &'static str = "aws_db_instance";
    const RECOGNITION: Recognition = Recognition::NaturalName;
    const TIMEOUTS: Timeouts = Timeouts {
        create: std::time::Duration::from_secs(40 * 60),
        update: std::time::Duration::from_secs(80 * 60),
        delete: std::time::Duration::from_secs(60 * 60),
    };
    const POLL: std::time::Duration = std::time::Duration::from_secs(10);
    const WAIT_GONE: bool = true;
    const UNREADABLE: &'static [&'static str] = &[
        "allow_major_version_upgrade",
        "apply_immediately",
        "blue_green_update",
        "delete_automated_backups",
        "final_snapshot_identifier",
        "identifier_prefix",
        "password",
        "password_wo_version",
        "restore_to_point_in_time",
        "s3_import",
        "skip_final_snapshot",
        "snapshot_identifier",
        "upgrade_storage_config",
    ];

    fn validate(config: &Value) -> Diagnostics {
        rules::validate(config)
    }

    fn plan(change: &mut PlannedChange, _client: Option<&Aws>) -> Diagnostics {
        rules::plan(change)
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let identifier = self.identifier_under(creation.key);
        let is_complete = self.send_create(aws, &identifier).await?;
        creation.made(&identifier);
        if !is_complete {
            self.complete(aws, &identifier).await?;
        }
        Ok(Made::id(identifier))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let names = instances::names(objects, |it: &Self| it.identifier.as_ref());
        let found = instances::describe(aws, names, "reading aws_db_instance (DescribeDBInstances)").await?;
        let seen = objects.iter().filter_map(|object| {
            let renamed = object.state.as_ref().and_then(|it| it.identifier.as_ref());
            let is_it = |name: &String| found.iter().find(|it| instances::is_named(it, name));
            let instance = is_it(&object.id).or_else(|| renamed.and_then(is_it))?;
            Some(Self::observe(instance.clone(), object.state.as_ref()).asked_as(&object.id))
        });
        Ok(seen.collect())
    }

    async fn update(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        if text(&prior.replicate_source_db).is_some() && text(&self.replicate_source_db).is_none() {
            self.promote(aws, id).await?;
        }
        self.modify(aws, id, prior, self.apply_immediately.unwrap_or_default()).await?;
        retag(aws, prior.arn.as_deref(), &prior.tags_all, &self.tags_all).await
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        let action = "deleting aws_db_instance (DeleteDBInstance)";
        // RDS makes no last snapshot of a replica.
        let skip = self.skip_final_snapshot || text(&self.replicate_source_db).is_some();
        let snapshot = text(&self.final_snapshot_identifier).filter(|_| !skip);
        if !skip && snapshot.is_none() {
            return Err(ProviderError::refused(action, "the last snapshot has no name, and is not to be skipped").help(
                "Set `final_snapshot_identifier`, or set `skip_final_snapshot = true` if no snapshot is wanted; apply \
                 that, and then delete the instance.",
            ));
        }
        let call = aws
            .rds
            .delete_db_instance()
            .db_instance_identifier(id)
            .skip_final_snapshot(skip)
            .set_final_db_snapshot_identifier(snapshot)
            .delete_automated_backups(self.delete_automated_backups);
        let send = || instances::delete(call.clone());
        patiently_while(BUSY, passes, send).await.absent(action, GONE).map(drop)
    }

    async fn find(&self, aws: &Aws, key: &IntentKey) -> Result<Option<Id>> {
        let names = [self.identifier_under(key)];
        let found = instances::describe(aws, names, "finding aws_db_instance (DescribeDBInstances)").await?;
        Ok(found.into_iter().find_map(|it| it.db_instance_identifier))
    }

    async fn list(aws: &Aws) -> Result<Vec<Id>> {
        let action = "listing aws_db_instance (DescribeDBInstances)";
        instances::list(aws, action, |it| it.db_cluster_identifier.is_none()).await
    }
}

impl DbInstance {
    fn identifier_under(&self, key: &IntentKey) -> String {
        name(self.identifier.as_deref(), self.identifier_prefix.as_deref(), key, NAME_LENGTH)
    }

    /// The password to send, however it is given.
    fn master_password(&self) -> Option<String> {
        text(&self.password).or_else(|| text(&self.password_wo))
    }
}

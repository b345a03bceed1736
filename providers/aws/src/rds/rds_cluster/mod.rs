//! `aws_rds_cluster`: an Aurora cluster, or a Multi-AZ cluster of MySQL or PostgreSQL.

mod create;
mod modify;
mod observe;
mod rules;

use std::collections::BTreeSet;

use aws_sdk_rds::types::DbCluster;
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, PlannedChange, ProviderError, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::wait::{BUSY, deletes_already, passes};
use super::{MasterUserSecret, filter, retag, same_database, same_key, text};
use crate::client::Aws;
use crate::wire::{Absent, Context, Tags, ids, name, pages, patiently_while, same};

const GONE: &[&str] = &["DBClusterNotFoundFault"];
const NAME_LENGTH: usize = 63;
/// Engines that share the API of RDS and have services and resource types of their own.
const OTHER_SERVICES: [&str; 2] = ["docdb", "neptune"];

/// A cluster of database servers with common storage (Aurora), or a Multi-AZ cluster of MySQL or PostgreSQL.
///
/// The servers of Aurora are `aws_rds_cluster_instance`. A change is made in the next maintenance window unless
/// `apply_immediately` is true.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct RdsCluster {
    /// Name of the cluster; one is made up when it is left out.
    #[attr(force_new, optional, computed, conflicts_with("cluster_identifier_prefix"))]
    pub cluster_identifier: Option<String>,
    /// What a made-up name begins with.
    #[attr(force_new, optional, computed, conflicts_with("cluster_identifier"))]
    pub cluster_identifier_prefix: Option<String>,
    /// Engine: `aurora-mysql`, `aurora-postgresql`, or `mysql` or `postgres` for a Multi-AZ cluster.
    #[attr(required, force_new)]
    pub engine: String,
    /// `provisioned`, also for Serverless v2; `serverless` for Serverless v1; `global`, `parallelquery`.
    #[attr(force_new, default = "provisioned")]
    pub engine_mode: String,
    /// Version of the engine. A part of it, such as `16`, asks for any version that begins with it.
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
    /// Whether changes are made now instead of in the next maintenance window. Some of them interrupt the service.
    pub apply_immediately: Option<bool>,
    /// `standard`, or `limitless` for Aurora Limitless.
    #[attr(force_new, optional, computed)]
    pub cluster_scalability_type: Option<String>,
    /// Class of the servers of a Multi-AZ cluster.
    pub db_cluster_instance_class: Option<String>,
    /// Id of the Oracle system of an RDS Custom cluster.
    #[attr(force_new, optional, computed)]
    pub db_system_id: Option<String>,

    /// Storage of each server of a Multi-AZ cluster in GiB.
    #[attr(optional, computed)]
    pub allocated_storage: Option<i64>,
    /// `aurora-iopt1` for Aurora without charges by operation; `io1`, `io2` or `gp3` for a Multi-AZ cluster.
    #[attr(optional, computed)]
    pub storage_type: Option<String>,
    /// Input and output operations per second of a Multi-AZ cluster.
    #[attr(optional, computed)]
    pub iops: Option<i64>,
    /// Whether the storage is encrypted.
    #[attr(force_new, optional, computed)]
    pub storage_encrypted: Option<bool>,
    /// ARN of the KMS key that encrypts the storage.
    #[attr(force_new, optional, computed, same = same_key)]
    pub kms_key_id: Option<String>,

    /// Name of the database that is made with the cluster.
    #[attr(force_new, optional, computed)]
    pub database_name: Option<String>,
    /// Name of the master user.
    #[attr(force_new, optional, computed)]
    pub master_username: Option<String>,
    /// Password of the master user. It is stored in the state.
    #[attr(sensitive)]
    pub master_password: Option<String>,
    /// Password of the master user that is not stored in the state; sent when `master_password_wo_version` changes.
    #[attr(sensitive, write_only)]
    pub master_password_wo: Option<String>,
    /// Version of `master_password_wo`, a number of one's own.
    pub master_password_wo_version: Option<i64>,
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
    /// ARNs of roles that the cluster may take on, without the name of a feature.
    #[attr(optional, computed)]
    pub iam_roles: BTreeSet<String>,
    /// Whether SQL can be sent with HTTPS, by the RDS Data API.
    #[attr(default = false)]
    pub enable_http_endpoint: bool,
    /// Parameter group of the cluster.
    #[attr(optional, computed)]
    pub db_cluster_parameter_group_name: Option<String>,
    /// Parameter group that the instances get when the major version changes.
    pub db_instance_parameter_group_name: Option<String>,

    /// Subnet group that the cluster is placed in.
    #[attr(force_new, optional, computed)]
    pub db_subnet_group_name: Option<String>,
    /// Availability zones of the storage. RDS adds zones up to three, which is no change.
    #[attr(force_new, optional, computed)]
    pub availability_zones: BTreeSet<String>,
    /// Security groups of the cluster.
    #[attr(optional, computed)]
    pub vpc_security_group_ids: BTreeSet<String>,
    /// TCP port of the database.
    #[attr(optional, computed)]
    pub port: Option<i64>,
    /// `IPV4`, or `DUAL` for IPv6 too.
    #[attr(optional, computed)]
    pub network_type: Option<String>,
    /// Certificate authority of a Multi-AZ cluster's certificates.
    #[attr(optional, computed)]
    pub ca_certificate_identifier: Option<String>,
    /// Until when, in RFC 3339, the certificate of a Multi-AZ cluster is valid.
    #[attr(computed)]
    pub ca_certificate_valid_till: Option<String>,
    /// Directory of AWS Managed Microsoft AD that the cluster is a member of.
    pub domain: Option<String>,
    /// IAM role for calls to the directory.
    pub domain_iam_role_name: Option<String>,

    /// Seconds that an Aurora MySQL cluster can be turned back; 0 for not at all.
    pub backtrack_window: Option<i64>,
    /// How many days automated backups are kept.
    #[attr(default = 1)]
    pub backup_retention_period: i64,
    /// When backups are made, in UTC: `03:00-04:00`.
    #[attr(optional, computed)]
    pub preferred_backup_window: Option<String>,
    /// When AWS may work on the cluster, in UTC: `mon:03:00-mon:04:00`.
    #[attr(optional, computed, same = same::case)]
    pub preferred_maintenance_window: Option<String>,
    /// Whether snapshots get the tags of the cluster.
    #[attr(default = false)]
    pub copy_tags_to_snapshot: bool,
    /// Whether automated backups are deleted with the cluster.
    #[attr(default = true)]
    pub delete_automated_backups: bool,
    /// Whether the cluster cannot be deleted.
    pub deletion_protection: Option<bool>,
    /// Whether the cluster is deleted without a last snapshot.
    #[attr(default = false)]
    pub skip_final_snapshot: bool,
    /// Name of the last snapshot, which is made when the cluster is deleted.
    pub final_snapshot_identifier: Option<String>,
    /// Snapshot that the cluster is made from: its name, or its ARN.
    #[attr(force_new)]
    pub snapshot_identifier: Option<String>,

    /// Global cluster that the cluster is a member of. It can be left, not entered, in place.
    #[attr(optional, computed)]
    pub global_cluster_identifier: Option<String>,
    /// Whether writes on a secondary cluster of a global cluster go to the primary one.
    pub enable_global_write_forwarding: Option<bool>,
    /// Whether writes on readers go to the writer.
    pub enable_local_write_forwarding: Option<bool>,
    /// ARN of the cluster or instance that the cluster is a replica of. Removing it makes the replica a cluster of
    /// its own.
    #[attr(same = same_database)]
    pub replication_source_identifier: Option<String>,
    /// Region of the source of a replica; it follows from the source's ARN and is not sent.
    #[attr(force_new)]
    pub source_region: Option<String>,

    /// Logs that are exported to CloudWatch.
    pub enabled_cloudwatch_logs_exports: BTreeSet<String>,
    /// Seconds between two points of Enhanced Monitoring: 0 for none, 1, 5, 10, 15, 30 or 60.
    pub monitoring_interval: Option<i64>,
    /// ARN of the role by which Enhanced Monitoring writes to CloudWatch.
    pub monitoring_role_arn: Option<String>,
    /// `standard`, or `advanced`, which takes Performance Insights for 465 days and more.
    #[attr(optional, computed)]
    pub database_insights_mode: Option<String>,
    /// Whether Performance Insights is on.
    #[attr(optional, computed)]
    pub performance_insights_enabled: Option<bool>,
    /// KMS key that encrypts the data of Performance Insights.
    #[attr(optional, computed, same = same_key)]
    pub performance_insights_kms_key_id: Option<String>,
    /// How many days Performance Insights keeps data: 7, 731, or a multiple of 31.
    #[attr(optional, computed)]
    pub performance_insights_retention_period: Option<i64>,

    /// ARN of the cluster.
    #[attr(computed)]
    pub arn: Option<String>,
    /// Instances of the cluster.
    #[attr(optional, computed)]
    pub cluster_members: BTreeSet<String>,
    /// Id that stays the same when the cluster is renamed.
    #[attr(computed)]
    pub cluster_resource_id: Option<String>,
    /// Name by which the writer is reached.
    #[attr(computed)]
    pub endpoint: Option<String>,
    /// Name by which the readers are reached.
    #[attr(computed)]
    pub reader_endpoint: Option<String>,
    /// Route 53 zone of the endpoints' names, for alias records.
    #[attr(computed)]
    pub hosted_zone_id: Option<String>,
    /// Tags of the cluster.
    pub tags: Tags,
    /// Tags of the cluster, with the provider's default tags.
    #[attr(computed)]
    pub tags_all: Tags,

    /// Cluster, and time of it, that this one is made from.
    #[block(list, max = 1)]
    pub restore_to_point_in_time: Vec<PointInTime>,
    /// Backup in S3 that an Aurora MySQL cluster is made from.
    #[block(list, max = 1, force_new)]
    pub s3_import: Vec<S3Import>,
    /// Capacity of a cluster of Serverless v1.
    #[block(list, max = 1)]
    pub scaling_configuration: Vec<Scaling>,
    /// Capacity of the instances of the class `db.serverless`.
    #[block(list, max = 1)]
    pub serverlessv2_scaling_configuration: Vec<ServerlessV2Scaling>,
}

/// Cluster, and time of it, that another one is made from.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct PointInTime {
    /// Time in RFC 3339.
    #[attr(force_new, conflicts_with("use_latest_restorable_time"))]
    pub restore_to_time: Option<String>,
    /// `full-copy`, or `copy-on-write` for a clone.
    #[attr(force_new)]
    pub restore_type: Option<String>,
    /// Identifier or ARN of the source.
    #[attr(force_new, conflicts_with("source_cluster_resource_id"))]
    pub source_cluster_identifier: Option<String>,
    /// Resource id of the source, which may have been deleted.
    #[attr(force_new, conflicts_with("source_cluster_identifier"))]
    pub source_cluster_resource_id: Option<String>,
    /// Whether the latest time is taken.
    #[attr(force_new)]
    pub use_latest_restorable_time: Option<bool>,
}

/// Backup in S3 that a cluster is made from.
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

/// Capacity of a cluster of Serverless v1.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Scaling {
    /// Whether the cluster stops when nobody uses it.
    #[attr(default = true)]
    pub auto_pause: bool,
    /// Most capacity units.
    #[attr(default = 16)]
    pub max_capacity: i64,
    /// Least capacity units.
    #[attr(default = 1)]
    pub min_capacity: i64,
    /// Seconds for which a scaling point is looked for, 60 to 600.
    #[attr(optional, computed)]
    pub seconds_before_timeout: Option<i64>,
    /// Seconds without use after which the cluster stops, 300 to 86400.
    #[attr(default = 300)]
    pub seconds_until_auto_pause: i64,
    /// What is done when no scaling point is found: `RollbackCapacityChange` or `ForceApplyCapacityChange`.
    #[attr(default = "RollbackCapacityChange")]
    pub timeout_action: String,
}

/// Capacity of the instances of the class `db.serverless`.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct ServerlessV2Scaling {
    /// Most capacity units, 1 to 256 in steps of a half.
    #[attr(required)]
    pub max_capacity: f64,
    /// Least capacity units, 0 to 256 in steps of a half; with 0 the instances stop when nobody uses them.
    #[attr(required)]
    pub min_capacity: f64,
    /// Seconds without use after which an instance stops, 300 to 86400.
    #[attr(optional, computed)]
    pub seconds_until_auto_pause: Option<i64>,
}

impl Resource for RdsCluster {
    type Client = Aws;
    const TYPE: &'static str = "aws_rds_cluster";
    const RECOGNITION: Recognition = Recognition::NaturalName;
    const TIMEOUTS: Timeouts = Timeouts::minutes(120);
    const POLL: std::time::Duration = std::time::Duration::from_secs(10);
    const WAIT_GONE: bool = true;
    const UNREADABLE: &'static [&'static str] = &[
        "allow_major_version_upgrade",
        "apply_immediately",
        "cluster_identifier_prefix",
        "db_instance_parameter_group_name",
        "delete_automated_backups",
        "final_snapshot_identifier",
        "master_password",
        "master_password_wo_version",
        "restore_to_point_in_time",
        "s3_import",
        "skip_final_snapshot",
        "snapshot_identifier",
        "source_region",
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
        self.set_roles(aws, &identifier, &BTreeSet::new()).await?;
        Ok(Made::id(identifier))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let found = describe(aws, ids(objects), "reading aws_rds_cluster (DescribeDBClusters)").await?;
        let seen = objects.iter().filter_map(|object| {
            let is_it = |it: &&DbCluster| {
                it.db_cluster_identifier.as_ref().is_some_and(|it| it.eq_ignore_ascii_case(&object.id))
            };
            let cluster = found.iter().find(is_it)?.clone();
            Some(Self::observe(cluster, object.state.as_ref()).asked_as(&object.id))
        });
        Ok(seen.collect())
    }

    async fn update(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        if text(&prior.replication_source_identifier).is_some() && text(&self.replication_source_identifier).is_none() {
            self.promote(aws, id).await?;
        }
        if text(&self.global_cluster_identifier).is_none() {
            prior.leave_global_cluster(aws).await?;
        }
        self.modify(aws, id, prior, self.apply_immediately.unwrap_or_default()).await?;
        self.set_http_endpoint(aws, prior).await?;
        self.set_roles(aws, id, &prior.iam_roles).await?;
        retag(aws, prior.arn.as_deref(), &prior.tags_all, &self.tags_all).await
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        let action = "deleting aws_rds_cluster (DeleteDBCluster)";
        let snapshot = text(&self.final_snapshot_identifier).filter(|_| !self.skip_final_snapshot);
        if !self.skip_final_snapshot && snapshot.is_none() {
            return Err(ProviderError::refused(action, "the last snapshot has no name, and is not to be skipped").help(
                "Set `final_snapshot_identifier`, or set `skip_final_snapshot = true` if no snapshot is wanted; apply \
                 that, and then delete the cluster.",
            ));
        }
        self.leave_global_cluster(aws).await?;
        let call = aws
            .rds
            .delete_db_cluster()
            .db_cluster_identifier(id)
            .skip_final_snapshot(self.skip_final_snapshot)
            .set_final_db_snapshot_identifier(snapshot)
            .delete_automated_backups(self.delete_automated_backups);
        let send = || {
            let call = call.clone();
            async move {
                match call.send().await {
                    Err(error) if deletes_already(&error) => Ok(()),
                    other => other.map(drop),
                }
            }
        };
        patiently_while(BUSY, passes, send).await.absent(action, GONE).map(drop)
    }

    async fn find(&self, aws: &Aws, key: &IntentKey) -> Result<Option<Id>> {
        let names = vec![self.identifier_under(key)];
        let found = describe(aws, names, "finding aws_rds_cluster (DescribeDBClusters)").await?;
        Ok(found.into_iter().find_map(|it| it.db_cluster_identifier))
    }

    async fn list(aws: &Aws) -> Result<Vec<Id>> {
        let found: Vec<DbCluster> =
            pages!(aws.rds.describe_db_clusters(), "listing aws_rds_cluster (DescribeDBClusters)")?;
        let is_ours = |it: &DbCluster| !it.engine.as_deref().is_some_and(|it| OTHER_SERVICES.contains(&it));
        Ok(found.into_iter().filter(is_ours).filter_map(|it| it.db_cluster_identifier).collect())
    }
}

impl RdsCluster {
    fn identifier_under(&self, key: &IntentKey) -> String {
        let (name_, prefix) = (self.cluster_identifier.as_deref(), self.cluster_identifier_prefix.as_deref());
        name(name_, prefix, key, NAME_LENGTH)
    }

    /// The password to send, however it is given.
    fn password(&self) -> Option<String> {
        text(&self.master_password).or_else(|| text(&self.master_password_wo))
    }

    async fn leave_global_cluster(&self, aws: &Aws) -> Result<()> {
        let Some(global) = text(&self.global_cluster_identifier) else { return Ok(()) };
        let call = aws
            .rds
            .remove_from_global_cluster()
            .global_cluster_identifier(global)
            .set_db_cluster_identifier(self.arn.clone());
        let sent = patiently_while(BUSY, passes, || call.clone().send()).await;
        let gone = ["DBClusterNotFoundFault", "GlobalClusterNotFoundFault"];
        sent.absent("changing aws_rds_cluster (RemoveFromGlobalCluster)", &gone).map(drop)
    }

    /// Gives the cluster its roles and takes others from it.
    async fn set_roles(&self, aws: &Aws, id: &str, prior: &BTreeSet<String>) -> Result<()> {
        for role in prior.difference(&self.iam_roles) {
            let call = aws.rds.remove_role_from_db_cluster().db_cluster_identifier(id).role_arn(role);
            let sent = patiently_while(BUSY, passes, || call.clone().send()).await;
            sent.absent("changing aws_rds_cluster (RemoveRoleFromDBCluster)", &["DBClusterRoleNotFound"])?;
        }
        for role in self.iam_roles.difference(prior) {
            let call = aws.rds.add_role_to_db_cluster().db_cluster_identifier(id).role_arn(role);
            let sent = patiently_while(BUSY, passes, || call.clone().send()).await;
            sent.context("changing aws_rds_cluster (AddRoleToDBCluster)")?;
        }
        Ok(())
    }
}

/// The clusters that are in `names`, in any order.
async fn describe(aws: &Aws, names: Vec<String>, action: &str) -> Result<Vec<DbCluster>> {
    let call = aws.rds.describe_db_clusters().filters(filter("db-cluster-id", names));
    pages!(call, action)
}

//! `aws_rds_cluster_instance`: an instance of an Aurora cluster.

use std::collections::BTreeSet;

use aws_sdk_rds::operation::modify_db_instance::builders::ModifyDbInstanceInputBuilder as Modification;
use aws_sdk_rds::types::{DbCluster, DbInstance, Endpoint};
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Phase, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, PlannedChange, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::instances::{self, GONE};
use super::wait::{BUSY, Progress, is_last_of_replica, passes, phase, until_applied};
use super::{changed, changed_text, check, filter, int, observed_tags, retag, same_key, sdk_tags, shown_version, text};
use crate::client::Aws;
use crate::wire::{Absent, Check, Context, Tags, name, pages, patiently_while, plan, same};

const NAME_LENGTH: usize = 63;

/// An instance of an Aurora cluster: the writer, or a reader.
///
/// Its version is that of the cluster, which upgrades all instances. A change is made in the next maintenance window
/// unless `apply_immediately` is true.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct RdsClusterInstance {
    /// Cluster of the instance.
    #[attr(required, force_new)]
    pub cluster_identifier: String,
    /// Name of the instance; one is made up when it is left out. Another name renames the instance.
    #[attr(optional, computed, conflicts_with("identifier_prefix"))]
    pub identifier: Option<String>,
    /// What a made-up name begins with.
    #[attr(force_new, optional, computed, conflicts_with("identifier"))]
    pub identifier_prefix: Option<String>,
    /// Class of the instance, such as `db.r7g.large`, or `db.serverless`.
    #[attr(required)]
    pub instance_class: String,
    /// Engine of the cluster: `aurora-mysql` or `aurora-postgresql`.
    #[attr(required, force_new)]
    pub engine: String,
    /// Version of the engine; it follows that of the cluster.
    #[attr(optional, computed)]
    pub engine_version: Option<String>,
    /// Version of the engine that is in use.
    #[attr(computed)]
    pub engine_version_actual: Option<String>,
    /// Whether changes are made now instead of in the next maintenance window.
    pub apply_immediately: Option<bool>,
    /// Whether AWS upgrades minor versions in the maintenance window.
    #[attr(default = true)]
    pub auto_minor_version_upgrade: bool,
    /// Availability zone of the instance.
    #[attr(force_new, optional, computed)]
    pub availability_zone: Option<String>,
    /// Certificate authority of the server's certificate.
    #[attr(optional, computed)]
    pub ca_cert_identifier: Option<String>,
    /// Whether snapshots get the tags of the instance.
    #[attr(default = false)]
    pub copy_tags_to_snapshot: bool,
    /// Instance profile of an RDS Custom instance.
    #[attr(force_new)]
    pub custom_iam_instance_profile: Option<String>,
    /// Parameter group of the instance.
    #[attr(optional, computed)]
    pub db_parameter_group_name: Option<String>,
    /// Subnet group of the instance; it is that of the cluster.
    #[attr(force_new, optional, computed)]
    pub db_subnet_group_name: Option<String>,
    /// Whether the last instance of a cluster that is a replica of another may be deleted: the cluster is made one
    /// of its own first.
    #[attr(default = false)]
    pub force_destroy: bool,
    /// Seconds between two points of Enhanced Monitoring: 0 for none, 1, 5, 10, 15, 30 or 60.
    #[attr(default = 0)]
    pub monitoring_interval: i64,
    /// ARN of the role by which Enhanced Monitoring writes to CloudWatch.
    #[attr(optional, computed)]
    pub monitoring_role_arn: Option<String>,
    /// Whether Performance Insights is on.
    #[attr(optional, computed)]
    pub performance_insights_enabled: Option<bool>,
    /// KMS key that encrypts the data of Performance Insights.
    #[attr(optional, computed, same = same_key)]
    pub performance_insights_kms_key_id: Option<String>,
    /// How many days Performance Insights keeps data: 7, 731, or a multiple of 31.
    #[attr(optional, computed)]
    pub performance_insights_retention_period: Option<i64>,
    /// When backups are made, in UTC; that of the cluster holds.
    #[attr(optional, computed)]
    pub preferred_backup_window: Option<String>,
    /// When AWS may work on the instance, in UTC: `mon:03:00-mon:04:00`.
    #[attr(optional, computed, same = same::case)]
    pub preferred_maintenance_window: Option<String>,
    /// Who becomes the writer when the writer fails: the least number first, 0 to 15.
    #[attr(default = 0)]
    pub promotion_tier: i64,
    /// Whether the instance has a public address.
    #[attr(default = false)]
    pub publicly_accessible: bool,
    /// ARN of the instance.
    #[attr(computed)]
    pub arn: Option<String>,
    /// Id that stays the same when the instance is renamed.
    #[attr(computed)]
    pub dbi_resource_id: Option<String>,
    /// Name of the server.
    #[attr(computed)]
    pub endpoint: Option<String>,
    /// KMS key that encrypts the storage.
    #[attr(computed)]
    pub kms_key_id: Option<String>,
    /// `IPV4` or `DUAL`.
    #[attr(computed)]
    pub network_type: Option<String>,
    /// TCP port of the database.
    #[attr(computed)]
    pub port: Option<i64>,
    /// Whether the storage is encrypted.
    #[attr(computed)]
    pub storage_encrypted: Option<bool>,
    /// Whether the instance is the writer now. Reading it costs one call for all clusters.
    #[attr(computed)]
    pub writer: Option<bool>,
    /// Tags of the instance.
    pub tags: Tags,
    /// Tags of the instance, with the provider's default tags.
    #[attr(computed)]
    pub tags_all: Tags,
}

impl Resource for RdsClusterInstance {
    type Client = Aws;
    const TYPE: &'static str = "aws_rds_cluster_instance";
    const RECOGNITION: Recognition = Recognition::NaturalName;
    const TIMEOUTS: Timeouts = Timeouts::minutes(90);
    const POLL: std::time::Duration = std::time::Duration::from_secs(10);
    const WAIT_GONE: bool = true;
    const UNREADABLE: &'static [&'static str] = &["apply_immediately", "force_destroy", "identifier_prefix"];

    fn validate(config: &Value) -> Diagnostics {
        let mut check = Check::of(config);
        check::name_and_prefix(&mut check, "identifier", "identifier_prefix", NAME_LENGTH);
        check::monitoring(&mut check);
        check::insights(&mut check);
        check::windows(&mut check, "preferred_backup_window", "preferred_maintenance_window");
        check.range("promotion_tier", 0, 15);
        if let Some(class) = check.text("instance_class").filter(|it| !it.starts_with("db.")) {
            check.error("instance_class", format!("is \"{class}\"; classes begin with \"db.\", such as db.r7g.large."));
        }
        check.found()
    }

    fn plan(change: &mut PlannedChange, _client: Option<&Aws>) -> Diagnostics {
        plan::follow(change, &["engine_version"], &["engine_version_actual"]);
        plan::follow(change, &["identifier"], &["id", "arn", "endpoint"]);
        Diagnostics::new()
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let identifier = self.identifier_under(creation.key);
        let is_on = self.performance_insights_enabled.filter(|it| *it);
        let call = aws
            .rds
            .create_db_instance()
            .db_instance_identifier(&identifier)
            .db_cluster_identifier(&self.cluster_identifier)
            .db_instance_class(&self.instance_class)
            .engine(&self.engine)
            .auto_minor_version_upgrade(self.auto_minor_version_upgrade)
            .copy_tags_to_snapshot(self.copy_tags_to_snapshot)
            .publicly_accessible(self.publicly_accessible)
            .set_promotion_tier(int(self.promotion_tier))
            .set_availability_zone(text(&self.availability_zone))
            .set_ca_certificate_identifier(text(&self.ca_cert_identifier))
            .set_custom_iam_instance_profile(text(&self.custom_iam_instance_profile))
            .set_db_parameter_group_name(text(&self.db_parameter_group_name))
            .set_db_subnet_group_name(text(&self.db_subnet_group_name))
            .set_enable_performance_insights(self.performance_insights_enabled)
            .set_engine_version(text(&self.engine_version))
            .set_monitoring_interval(int(self.monitoring_interval).filter(|it| *it > 0))
            .set_monitoring_role_arn(text(&self.monitoring_role_arn))
            .set_performance_insights_kms_key_id(is_on.and_then(|_| text(&self.performance_insights_kms_key_id)))
            .set_performance_insights_retention_period(int(self
                .performance_insights_retention_period
                .filter(|it| is_on.is_some() && *it > 0)))
            .set_preferred_backup_window(text(&self.preferred_backup_window))
            .set_preferred_maintenance_window(text(&self.preferred_maintenance_window))
            .set_tags(sdk_tags(&self.tags_all));
        let sent = patiently_while(BUSY, passes, || call.clone().send()).await;
        sent.context("creating aws_rds_cluster_instance (CreateDBInstance)")?;
        creation.made(&identifier);
        Ok(Made::id(identifier))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let names = instances::names(objects, |it: &Self| it.identifier.as_ref());
        let found = instances::describe(aws, names, "reading aws_rds_cluster_instance (DescribeDBInstances)").await?;
        let writers = writers(aws, &found).await?;
        let seen = objects.iter().filter_map(|object| {
            let renamed = object.state.as_ref().and_then(|it| it.identifier.as_ref());
            let is_it = |name: &String| found.iter().find(|it| instances::is_named(it, name));
            let instance = is_it(&object.id).or_else(|| renamed.and_then(is_it))?;
            let seen = Self::observe(instance.clone(), object.state.as_ref(), &writers);
            Some(seen.asked_as(&object.id))
        });
        Ok(seen.collect())
    }

    async fn update(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        let change = self.difference(prior);
        if change != Modification::default() {
            let immediately = self.apply_immediately.unwrap_or_default();
            let call = change.db_instance_identifier(id).apply_immediately(immediately);
            let sent = patiently_while(BUSY, passes, || call.clone().send_with(&aws.rds)).await;
            sent.context("changing aws_rds_cluster_instance (ModifyDBInstance)")?;
            // An instance that is being renamed is found by what stays the same.
            let name = text(&prior.dbi_resource_id).unwrap_or_else(|| id.to_owned());
            until_applied(|| self.progress(aws, name.clone(), immediately)).await?;
        }
        retag(aws, prior.arn.as_deref(), &prior.tags_all, &self.tags_all).await
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        let action = "deleting aws_rds_cluster_instance (DeleteDBInstance)";
        // Snapshots are of clusters: their instances have none of their own.
        let call = aws.rds.delete_db_instance().db_instance_identifier(id);
        let send = || instances::delete(call.clone());
        let mut answer = patiently_while(BUSY, passes, send).await;
        if self.force_destroy && answer.as_ref().is_err_and(is_last_of_replica) {
            self.promote_cluster(aws).await?;
            answer = patiently_while(BUSY, |error| passes(error) || is_last_of_replica(error), send).await;
        }
        answer.absent(action, GONE).map(drop)
    }

    async fn find(&self, aws: &Aws, key: &IntentKey) -> Result<Option<Id>> {
        let names = [self.identifier_under(key)];
        let found = instances::describe(aws, names, "finding aws_rds_cluster_instance (DescribeDBInstances)").await?;
        Ok(found.into_iter().find_map(|it| it.db_instance_identifier))
    }

    async fn list(aws: &Aws) -> Result<Vec<Id>> {
        let action = "listing aws_rds_cluster_instance (DescribeDBInstances)";
        instances::list(aws, action, |it| it.db_cluster_identifier.is_some()).await
    }
}

impl RdsClusterInstance {
    fn identifier_under(&self, key: &IntentKey) -> String {
        name(self.identifier.as_deref(), self.identifier_prefix.as_deref(), key, NAME_LENGTH)
    }

    /// What is to be sent to turn `prior` into `self`. Arguments that are not set are no change.
    fn difference(&self, prior: &Self) -> Modification {
        let exactly: fn(&str, &str) -> bool = |a, b| a == b;
        let is = |now: bool, prior: bool| (now != prior).then_some(now);
        let class = Some(self.instance_class.clone()).filter(|it| *it != prior.instance_class);
        let interval = Some(self.monitoring_interval).filter(|it| *it != prior.monitoring_interval);
        let role = changed_text(&self.monitoring_role_arn, &prior.monitoring_role_arn, exactly)
            .or_else(|| interval.and_then(|_| text(&self.monitoring_role_arn)));
        let group = changed_text(&self.db_parameter_group_name, &prior.db_parameter_group_name, same::case);
        let window = changed_text(&self.preferred_maintenance_window, &prior.preferred_maintenance_window, same::case);
        let backup = changed_text(&self.preferred_backup_window, &prior.preferred_backup_window, exactly);
        let days = changed(&self.performance_insights_retention_period, &prior.performance_insights_retention_period);
        let turned = changed(&self.performance_insights_enabled, &prior.performance_insights_enabled);
        let is_on = self.performance_insights_enabled == Some(true);
        let insights = days.is_some() || turned.is_some();
        let key = changed_text(&self.performance_insights_kms_key_id, &prior.performance_insights_kms_key_id, same_key);
        Modification::default()
            .set_auto_minor_version_upgrade(is(self.auto_minor_version_upgrade, prior.auto_minor_version_upgrade))
            .set_ca_certificate_identifier(changed_text(&self.ca_cert_identifier, &prior.ca_cert_identifier, exactly))
            .set_copy_tags_to_snapshot(is(self.copy_tags_to_snapshot, prior.copy_tags_to_snapshot))
            .set_db_instance_class(class)
            .set_db_parameter_group_name(group)
            .set_enable_performance_insights(turned.or((insights && is_on).then_some(true)))
            .set_monitoring_interval(int(interval))
            .set_monitoring_role_arn(role.filter(|_| self.monitoring_interval > 0))
            .set_new_db_instance_identifier(changed_text(&self.identifier, &prior.identifier, same::case))
            .set_performance_insights_kms_key_id(key.filter(|_| is_on))
            .set_performance_insights_retention_period(int(self
                .performance_insights_retention_period
                .filter(|it| insights && is_on && *it > 0)))
            .set_preferred_backup_window(backup)
            .set_preferred_maintenance_window(window)
            .set_promotion_tier(int(Some(self.promotion_tier).filter(|it| *it != prior.promotion_tier)))
            .set_publicly_accessible(is(self.publicly_accessible, prior.publicly_accessible))
    }

    async fn progress(&self, aws: &Aws, name: String, immediately: bool) -> Result<Progress> {
        let action = "reading aws_rds_cluster_instance (DescribeDBInstances)";
        let found = instances::describe(aws, [name], action).await?.pop();
        let Some(instance) = found else { return Ok(Progress::Busy) };
        let has_pending = instances::has_pending(&instance);
        let seen = Self::observe(instance, Some(self), &BTreeSet::new());
        let is_shown = self.difference(&seen.state) == Modification::default();
        Ok(Progress::of(&seen.phase, is_shown, has_pending, immediately))
    }

    /// Makes the cluster, which is a replica, one of its own.
    async fn promote_cluster(&self, aws: &Aws) -> Result<()> {
        let call = aws.rds.promote_read_replica_db_cluster().db_cluster_identifier(&self.cluster_identifier);
        let sent = patiently_while(BUSY, passes, || call.clone().send()).await;
        sent.context("deleting aws_rds_cluster_instance (PromoteReadReplicaDBCluster)").map(drop)
    }

    fn observe(db: DbInstance, prior: Option<&Self>, writers: &BTreeSet<String>) -> Observed<Self> {
        let id = db.db_instance_identifier.clone().unwrap_or_default();
        let phase: Phase = phase(db.db_instance_status.as_deref());
        let endpoint = db.endpoint.unwrap_or_else(|| Endpoint::builder().build());
        let groups = db.db_parameter_groups.unwrap_or_default();
        let state = Self {
            cluster_identifier: db.db_cluster_identifier.unwrap_or_default(),
            identifier: db.db_instance_identifier,
            instance_class: db.db_instance_class.unwrap_or_default(),
            engine: db.engine.unwrap_or_default(),
            engine_version: shown_version(prior.and_then(|it| it.engine_version.as_ref()), db.engine_version.as_ref()),
            engine_version_actual: db.engine_version,
            auto_minor_version_upgrade: db.auto_minor_version_upgrade.unwrap_or_default(),
            availability_zone: db.availability_zone,
            ca_cert_identifier: db.ca_certificate_identifier,
            copy_tags_to_snapshot: db.copy_tags_to_snapshot.unwrap_or_default(),
            custom_iam_instance_profile: db.custom_iam_instance_profile,
            db_parameter_group_name: groups.into_iter().find_map(|it| it.db_parameter_group_name),
            db_subnet_group_name: db.db_subnet_group.and_then(|it| it.db_subnet_group_name),
            monitoring_interval: db.monitoring_interval.unwrap_or_default().into(),
            monitoring_role_arn: db.monitoring_role_arn,
            performance_insights_enabled: Some(db.performance_insights_enabled.unwrap_or_default()),
            performance_insights_kms_key_id: db.performance_insights_kms_key_id,
            performance_insights_retention_period: db.performance_insights_retention_period.map(i64::from),
            preferred_backup_window: db.preferred_backup_window,
            preferred_maintenance_window: db.preferred_maintenance_window,
            promotion_tier: db.promotion_tier.unwrap_or_default().into(),
            publicly_accessible: db.publicly_accessible.unwrap_or_default(),
            arn: db.db_instance_arn,
            dbi_resource_id: db.dbi_resource_id,
            port: endpoint.port.map(i64::from),
            endpoint: endpoint.address,
            kms_key_id: db.kms_key_id,
            network_type: db.network_type,
            storage_encrypted: db.storage_encrypted,
            writer: Some(writers.contains(&id)),
            tags_all: observed_tags(db.tag_list),
            ..Self::default()
        };
        Observed::ready(id, state).phase(phase)
    }
}

/// The writers of the clusters of instances.
async fn writers(aws: &Aws, instances: &[DbInstance]) -> Result<BTreeSet<String>> {
    let clusters: BTreeSet<&String> = instances.iter().filter_map(|it| it.db_cluster_identifier.as_ref()).collect();
    if clusters.is_empty() {
        return Ok(BTreeSet::new());
    }
    let call = aws.rds.describe_db_clusters().filters(filter("db-cluster-id", clusters));
    let found: Vec<DbCluster> = pages!(call, "reading aws_rds_cluster_instance (DescribeDBClusters)")?;
    let members = found.into_iter().flat_map(|it| it.db_cluster_members.unwrap_or_default());
    let writers = members.filter(|it| it.is_cluster_writer == Some(true));
    Ok(writers.filter_map(|it| it.db_instance_identifier).collect())
}

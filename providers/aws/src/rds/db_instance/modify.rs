//! Changes of an instance: what differs, in one call, and the wait until it shows.

use aws_sdk_rds::operation::modify_db_instance::builders::ModifyDbInstanceInputBuilder as Modification;
use plumb_engine::provider::typed::{Phase, Result};

use super::DbInstance;
use crate::client::Aws;
use crate::rds::instances;
use crate::rds::wait::{BUSY, Progress, passes, phase, until_applied, until_ready};
use crate::rds::{changed, changed_set, changed_text, int, is_version, log_exports, same_key, switched, text, texts};
use crate::wire::{Context, patiently_while, same};

fn exactly(a: &str, b: &str) -> bool {
    a == b
}

impl DbInstance {
    /// Turns `prior` into `self`, and waits until that shows. What was sent, if anything had to be.
    pub(super) async fn modify(
        &self,
        aws: &Aws,
        identifier: &str,
        prior: &Self,
        immediately: bool,
    ) -> Result<Option<Modification>> {
        let change = self.difference(prior);
        // Turning `apply_immediately` on is a change of its own: what waits for the maintenance window is done now.
        let hurries = immediately && !prior.apply_immediately.unwrap_or_default();
        if change == Modification::default() && !(hurries && self.waits(aws, identifier).await?) {
            return Ok(None);
        }
        let major = self.allow_major_version_upgrade.filter(|it| *it && change.get_engine_version().is_some());
        let call = change
            .clone()
            .db_instance_identifier(identifier)
            .apply_immediately(immediately)
            .set_allow_major_version_upgrade(major);
        let sent = patiently_while(BUSY, passes, || call.clone().send_with(&aws.rds)).await;
        sent.context("changing aws_db_instance (ModifyDBInstance)")?;
        // An instance that is being renamed is found by what stays the same.
        let name = text(&prior.resource_id).unwrap_or_else(|| identifier.to_owned());
        until_applied(|| self.progress(aws, name.clone(), immediately)).await?;
        Ok(Some(change))
    }

    /// Makes a replica an instance of its own, and waits until it is one.
    pub(super) async fn promote(&self, aws: &Aws, identifier: &str) -> Result<()> {
        let call = aws
            .rds
            .promote_read_replica()
            .db_instance_identifier(identifier)
            .set_backup_retention_period(int(self.backup_retention_period))
            .set_preferred_backup_window(text(&self.backup_window));
        let sent = patiently_while(BUSY, passes, || call.clone().send()).await;
        sent.context("changing aws_db_instance (PromoteReadReplica)")?;
        until_applied(|| async move {
            let action = "reading aws_db_instance (DescribeDBInstances)";
            let found = instances::describe(aws, [identifier.to_owned()], action).await?.pop();
            let is_replica = found.as_ref().is_none_or(|it| it.read_replica_source_db_instance_identifier.is_some());
            let status = found.as_ref().and_then(|it| it.db_instance_status.as_deref());
            Ok(match phase(status) {
                Phase::Ready if is_replica => Progress::Waiting,
                Phase::Ready | Phase::Failed(_) => Progress::Done,
                _ => Progress::Busy,
            })
        })
        .await?;
        until_ready::<Self>(aws, identifier).await.map(drop)
    }

    async fn waits(&self, aws: &Aws, identifier: &str) -> Result<bool> {
        let action = "reading aws_db_instance (DescribeDBInstances)";
        let found = instances::describe(aws, [identifier.to_owned()], action).await?;
        Ok(found.iter().any(instances::has_pending))
    }

    async fn progress(&self, aws: &Aws, name: String, immediately: bool) -> Result<Progress> {
        let found = instances::describe(aws, [name], "reading aws_db_instance (DescribeDBInstances)").await?.pop();
        let Some(instance) = found else { return Ok(Progress::Busy) };
        let has_pending = instances::has_pending(&instance);
        let seen = Self::observe(instance, Some(self));
        let told =
            Self { password: self.password.clone(), password_wo_version: self.password_wo_version, ..seen.state };
        let is_shown = self.difference(&told) == Modification::default();
        Ok(Progress::of(&seen.phase, is_shown, has_pending, immediately))
    }

    /// What is to be sent to turn `prior` into `self`. Arguments that are not set are no change.
    pub(super) fn difference(&self, prior: &Self) -> Modification {
        let change = self.storage(prior, Modification::default());
        let change = self.directory(prior, change);
        let change = self.access(prior, change);
        let change = self.monitoring(prior, change);
        let version = text(&self.engine_version).filter(|asked| {
            let actual = text(&prior.engine_version_actual).or_else(|| text(&prior.engine_version));
            !actual.is_some_and(|actual| is_version(asked, &actual))
        });
        let is = |now: bool, prior: bool| (now != prior).then_some(now);
        let class = Some(self.instance_class.clone()).filter(|it| *it != prior.instance_class);
        change
            .set_auto_minor_version_upgrade(is(self.auto_minor_version_upgrade, prior.auto_minor_version_upgrade))
            .set_backup_retention_period(int(changed(&self.backup_retention_period, &prior.backup_retention_period)))
            .set_copy_tags_to_snapshot(is(self.copy_tags_to_snapshot, prior.copy_tags_to_snapshot))
            .set_db_instance_class(class)
            .set_db_parameter_group_name(changed_text(
                &self.parameter_group_name,
                &prior.parameter_group_name,
                same::case,
            ))
            .set_deletion_protection(switched(self.deletion_protection, prior.deletion_protection))
            .set_engine_lifecycle_support(changed_text(
                &self.engine_lifecycle_support,
                &prior.engine_lifecycle_support,
                exactly,
            ))
            .set_engine_version(version)
            .set_license_model(changed_text(&self.license_model, &prior.license_model, exactly))
            .set_multi_az(changed(&self.multi_az, &prior.multi_az))
            .set_new_db_instance_identifier(changed_text(&self.identifier, &prior.identifier, same::case))
            .set_option_group_name(changed_text(&self.option_group_name, &prior.option_group_name, same::case))
            .set_preferred_backup_window(changed_text(&self.backup_window, &prior.backup_window, exactly))
            .set_preferred_maintenance_window(changed_text(
                &self.maintenance_window,
                &prior.maintenance_window,
                same::case,
            ))
            .set_replica_mode(
                changed_text(&self.replica_mode, &prior.replica_mode, exactly).map(|it| it.as_str().into()),
            )
    }

    fn storage(&self, prior: &Self, change: Modification) -> Modification {
        let allocated = changed(&self.allocated_storage, &prior.allocated_storage);
        let iops = changed(&self.iops, &prior.iops);
        let throughput = changed(&self.storage_throughput, &prior.storage_throughput);
        let kind = changed_text(&self.storage_type, &prior.storage_type, exactly);
        let change = change
            .set_dedicated_log_volume(switched(self.dedicated_log_volume, prior.dedicated_log_volume))
            .set_max_allocated_storage(int(self.growth(prior)));
        if allocated.is_none() && iops.is_none() && throughput.is_none() && kind.is_none() {
            return change;
        }
        // RDS wants the whole of what it provisions, and refuses it for small volumes, which have a fixed baseline.
        let provisions = self.is_provisioned();
        let is_gp3 = self.storage_type.as_deref() == Some("gp3");
        change
            .set_allocated_storage(int(allocated.or(self.allocated_storage)))
            .set_iops(int(iops.or(self.iops.filter(|_| provisions)).filter(|it| *it > 0)))
            .set_storage_throughput(int(throughput
                .or(self.storage_throughput.filter(|_| provisions && is_gp3))
                .filter(|it| *it > 0)))
            .set_storage_type(kind)
    }

    /// Storage up to which it grows; that which there is, where it is not to grow any more.
    fn growth(&self, prior: &Self) -> Option<i64> {
        let most = |it: &Self| it.max_allocated_storage.filter(|it| *it > 0);
        (most(self) != most(prior)).then(|| most(self).or(self.allocated_storage)).flatten()
    }

    /// Whether operations and throughput can be chosen: not for `gp3` below a size that depends on the engine.
    fn is_provisioned(&self) -> bool {
        let engine = self.engine.as_deref().unwrap_or_default().to_ascii_lowercase();
        let least = match engine.split('-').next() {
            Some("oracle") => 200,
            Some("db2") => 100,
            Some("sqlserver") => 0,
            _ => 400,
        };
        match self.storage_type.as_deref() {
            Some("io1" | "io2") => true,
            Some("gp3") => self.allocated_storage.is_some_and(|it| it >= least),
            _ => false,
        }
    }

    fn directory(&self, prior: &Self, change: Modification) -> Modification {
        let of = |it: &Self| {
            let ours = [&it.domain_auth_secret_arn, &it.domain_ou].map(text);
            (text(&it.domain), text(&it.domain_iam_role_name), text(&it.domain_fqdn), ours, it.domain_dns_ips.clone())
        };
        let is_member = |it: &Self| text(&it.domain).or_else(|| text(&it.domain_fqdn)).is_some();
        if of(self) == of(prior) {
            return change;
        }
        if !is_member(self) {
            return change.set_disable_domain(is_member(prior).then_some(true));
        }
        change
            .set_domain(text(&self.domain))
            .set_domain_auth_secret_arn(text(&self.domain_auth_secret_arn))
            .set_domain_dns_ips(texts(&self.domain_dns_ips))
            .set_domain_fqdn(text(&self.domain_fqdn))
            .set_domain_iam_role_name(text(&self.domain_iam_role_name))
            .set_domain_ou(text(&self.domain_ou))
    }

    fn access(&self, prior: &Self, change: Modification) -> Modification {
        let has_new_password = self.password != prior.password || self.password_wo_version != prior.password_wo_version;
        let managed = switched(self.manage_master_user_password, prior.manage_master_user_password);
        let is_public = (self.publicly_accessible != prior.publicly_accessible).then_some(self.publicly_accessible);
        let key = changed_text(&self.master_user_secret_kms_key_id, &prior.master_user_secret_kms_key_id, same_key);
        let iam = switched(self.iam_database_authentication_enabled, prior.iam_database_authentication_enabled);
        let groups = changed_set(&self.vpc_security_group_ids, &prior.vpc_security_group_ids);
        change
            .set_ca_certificate_identifier(changed_text(&self.ca_cert_identifier, &prior.ca_cert_identifier, exactly))
            .set_db_port_number(int(changed(&self.port, &prior.port)))
            .set_db_subnet_group_name(changed_text(&self.db_subnet_group_name, &prior.db_subnet_group_name, same::case))
            .set_enable_customer_owned_ip(switched(self.customer_owned_ip_enabled, prior.customer_owned_ip_enabled))
            .set_enable_iam_database_authentication(iam)
            .set_manage_master_user_password(managed)
            .set_master_user_password(self.master_password().filter(|_| has_new_password))
            .set_master_user_secret_kms_key_id(key.filter(|_| self.manage_master_user_password == Some(true)))
            .set_network_type(changed_text(&self.network_type, &prior.network_type, exactly))
            .set_publicly_accessible(is_public)
            .set_vpc_security_group_ids(groups)
    }

    fn monitoring(&self, prior: &Self, change: Modification) -> Modification {
        let interval = (self.monitoring_interval != prior.monitoring_interval).then_some(self.monitoring_interval);
        let role = changed_text(&self.monitoring_role_arn, &prior.monitoring_role_arn, exactly);
        let role = if interval.is_some() { text(&self.monitoring_role_arn) } else { role };
        let mode = changed_text(&self.database_insights_mode, &prior.database_insights_mode, exactly);
        let days = changed(&self.performance_insights_retention_period, &prior.performance_insights_retention_period);
        let key = changed_text(&self.performance_insights_kms_key_id, &prior.performance_insights_kms_key_id, same_key);
        let is_on = self.performance_insights_enabled;
        let logs = log_exports(&self.enabled_cloudwatch_logs_exports, &prior.enabled_cloudwatch_logs_exports);
        let turns = is_on != prior.performance_insights_enabled;
        // The mode, the switch and the days depend on each other.
        let insights = mode.is_some() || days.is_some() || turns;
        change
            .set_cloudwatch_logs_export_configuration(logs)
            .set_database_insights_mode(mode.map(|it| it.as_str().into()))
            .set_enable_performance_insights((turns || insights && is_on).then_some(is_on))
            .set_monitoring_interval(int(interval))
            .set_monitoring_role_arn(role.filter(|_| self.monitoring_interval > 0))
            .set_performance_insights_kms_key_id(key.filter(|_| is_on))
            .set_performance_insights_retention_period(int(self
                .performance_insights_retention_period
                .filter(|it| insights && is_on && *it > 0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance() -> DbInstance {
        DbInstance {
            identifier: Some("main".into()),
            instance_class: "db.t4g.micro".into(),
            engine: Some("postgres".into()),
            engine_version: Some("15".into()),
            engine_version_actual: Some("15.4".into()),
            allocated_storage: Some(20),
            storage_type: Some("gp3".into()),
            iops: Some(3000),
            storage_throughput: Some(125),
            password: Some("first".into()),
            ..DbInstance::default()
        }
    }

    fn difference(change: impl FnOnce(&mut DbInstance)) -> Modification {
        let mut now = instance();
        change(&mut now);
        now.difference(&instance())
    }

    #[test]
    fn no_difference_sends_nothing() {
        assert_eq!(difference(|_| ()), Modification::default());
        assert_eq!(difference(|it| it.storage_type = None), Modification::default());
        assert_eq!(difference(|it| it.apply_immediately = Some(true)), Modification::default());
    }

    #[test]
    fn versions_change_when_another_is_asked_for() {
        let version = |text: &str| {
            let change = difference(|it| it.engine_version = Some(text.into()));
            change.get_engine_version().clone()
        };
        assert_eq!(version("15.4"), None);
        assert_eq!(version("15.5").as_deref(), Some("15.5"));
        assert_eq!(version("16").as_deref(), Some("16"));
    }

    #[test]
    fn small_volumes_keep_their_baseline() {
        let grown = difference(|it| it.allocated_storage = Some(30));
        assert_eq!((grown.get_allocated_storage(), grown.get_iops()), (&Some(30), &None));
        let large = difference(|it| it.allocated_storage = Some(500));
        let sent = (large.get_allocated_storage(), large.get_iops(), large.get_storage_throughput());
        assert_eq!(sent, (&Some(500), &Some(3000), &Some(125)));
    }

    #[test]
    fn storage_stops_to_grow_at_its_size() {
        let mut prior = instance();
        prior.max_allocated_storage = Some(100);
        let change = instance().difference(&prior);
        assert_eq!(change.get_max_allocated_storage(), &Some(20));
    }

    #[test]
    fn passwords_are_sent_when_they_change() {
        let sent = |change: Modification| change.get_master_user_password().clone();
        assert_eq!(sent(difference(|it| it.password = Some("second".into()))).as_deref(), Some("second"));
        let write_only = |version| {
            sent(difference(|it| {
                it.password_wo = Some("third".into());
                it.password = instance().password.filter(|_| version == 0);
                it.password_wo_version = Some(version).filter(|it| *it > 0);
            }))
        };
        assert_eq!(write_only(0), None);
        assert_eq!(write_only(1).as_deref(), Some("third"));
    }

    #[test]
    fn a_directory_is_left() {
        let mut prior = instance();
        prior.domain = Some("d-1".into());
        assert_eq!(instance().difference(&prior).get_disable_domain(), &Some(true));
        let joins = difference(|it| it.domain = Some("d-1".into()));
        assert_eq!((joins.get_domain().as_deref(), joins.get_disable_domain()), (Some("d-1"), &None));
    }

    #[test]
    fn insights_are_sent_together() {
        let mut prior = instance();
        prior.performance_insights_enabled = true;
        prior.performance_insights_retention_period = Some(7);
        let mut now = prior.clone();
        now.database_insights_mode = Some("advanced".into());
        now.performance_insights_retention_period = Some(465);
        let change = now.difference(&prior);
        assert_eq!(change.get_enable_performance_insights(), &Some(true));
        assert_eq!(change.get_performance_insights_retention_period(), &Some(465));
    }
}

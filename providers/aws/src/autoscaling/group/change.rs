//! Changes and the delete of a group.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_autoscaling::types as sdk;
use plumb_engine::provider::ProviderError;
use plumb_engine::provider::typed::{Resource, Result};

use super::blocks::{GroupTag, InstanceRefresh, MixedInstancesPolicy, RefreshPreferences, TrafficSource, WarmPool};
use super::request::template;
use super::{CapacityReservation, Group, groups, wait};
use crate::autoscaling::is_absent;
use crate::client::Aws;
use crate::wire::words::{word, words};
use crate::wire::{Context, patiently, retry, until_found};

/// Most target groups or load balancers of one call.
const MOST_ATTACHED: usize = 10;

/// Codes of calls that have to wait for an activity of the group.
const BUSY: &[&str] = &["ResourceInUse", "ScalingActivityInProgress", "ResourceContention"];

impl Group {
    /// Changes the group from `prior` to `self`.
    pub(super) async fn change(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        let began = wait::now();
        self.change_tags(aws, id, prior).await?;
        self.change_group(aws, id, prior).await?;
        self.change_traffic(aws, id, prior).await?;
        self.set_processes(aws, id, &prior.suspended_processes).await?;
        if self.metrics_granularity != prior.metrics_granularity {
            self.set_metrics(aws, id, &BTreeSet::new()).await?;
        }
        self.set_metrics(aws, id, &prior.enabled_metrics).await?;
        match (self.warm_pool.first(), prior.warm_pool.first()) {
            (Some(now), before) if Some(now) != before => put_warm_pool(aws, id, now).await?,
            (None, Some(_)) => delete_warm_pool(aws, id, self.force_delete_warm_pool).await?,
            _ => {}
        }
        if let Some(refresh) = self.instance_refresh.first().filter(|it| self.is_refreshed(prior, it)) {
            self.refresh(aws, id, refresh).await?;
        }
        if self.min_size != prior.min_size || self.desired_capacity != prior.desired_capacity {
            wait::for_capacity(aws, id, &self.wanted_after_update(), began).await?;
        }
        Ok(())
    }

    async fn change_group(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        /// The value of a field where it has changed; `or` is what takes a value away.
        macro_rules! changed {
            ($field:ident, or $nothing:expr) => {
                (self.$field != prior.$field).then(|| self.$field.clone().unwrap_or($nothing))
            };
            ($field:ident) => {
                (self.$field != prior.$field).then(|| self.$field.clone())
            };
        }
        let empty = aws.autoscaling.update_auto_scaling_group().auto_scaling_group_name(id);
        let template = self.launch_template.first().filter(|_| self.launch_template != prior.launch_template);
        let mixed = self.mixed_instances_policy.first();
        let mixed = mixed.filter(|_| self.mixed_instances_policy != prior.mixed_instances_policy);
        let configuration = self.launch_configuration.clone();
        let reservation = self.capacity_reservation_specification.first();
        let reserved = self.capacity_reservation_specification != prior.capacity_reservation_specification;
        let none =
            || sdk::InstanceMaintenancePolicy::builder().max_healthy_percentage(-1).min_healthy_percentage(-1).build();
        let maintained = self.instance_maintenance_policy != prior.instance_maintenance_policy;
        let call = empty
            .clone()
            .set_launch_template(template.map(super::request::template))
            .set_mixed_instances_policy(mixed.map(MixedInstancesPolicy::request))
            .set_launch_configuration_name(
                configuration.filter(|_| self.launch_configuration != prior.launch_configuration),
            )
            .set_min_size(changed!(min_size))
            .set_max_size(changed!(max_size))
            .set_desired_capacity(self.desired_capacity.filter(|_| self.desired_capacity != prior.desired_capacity))
            .set_desired_capacity_type(changed!(desired_capacity_type, or "units".to_owned()))
            .set_default_cooldown(self.default_cooldown.filter(|_| self.default_cooldown != prior.default_cooldown))
            .set_default_instance_warmup(changed!(default_instance_warmup, or - 1))
            .set_availability_zones(
                words(&self.availability_zones).filter(|_| {
                    self.vpc_zone_identifier.is_empty() && self.availability_zones != prior.availability_zones
                }),
            )
            .set_vpc_zone_identifier(self.subnets().filter(|_| self.vpc_zone_identifier != prior.vpc_zone_identifier))
            .set_capacity_rebalance(changed!(capacity_rebalance, or false))
            .set_context(changed!(context, or String::new()))
            .set_health_check_grace_period(changed!(health_check_grace_period))
            .set_health_check_type(
                self.health_check_type.clone().filter(|_| self.health_check_type != prior.health_check_type),
            )
            .set_max_instance_lifetime(changed!(max_instance_lifetime, or 0))
            .set_placement_group(changed!(placement_group, or String::new()))
            .set_new_instances_protected_from_scale_in(changed!(protect_from_scale_in))
            .set_service_linked_role_arn(
                word(self.service_linked_role_arn.as_ref())
                    .filter(|_: &String| self.service_linked_role_arn != prior.service_linked_role_arn),
            )
            .set_termination_policies(
                (self.termination_policies != prior.termination_policies)
                    .then(|| words(&self.termination_policies).unwrap_or_else(|| vec!["Default".to_owned()])),
            )
            .set_availability_zone_distribution(
                self.distribution()
                    .filter(|_| self.availability_zone_distribution != prior.availability_zone_distribution),
            )
            .set_capacity_reservation_specification(reservation.filter(|_| reserved).map(CapacityReservation::request))
            .set_instance_maintenance_policy(maintained.then(|| self.maintenance().unwrap_or_else(none)));
        if call.as_input() == empty.as_input() {
            return Ok(());
        }
        let sent = patiently(Self::TIMEOUTS.delete, BUSY, || call.clone().send()).await;
        sent.context("updating aws_autoscaling_group (UpdateAutoScalingGroup)").map(drop)
    }

    async fn change_tags(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        let gone = prior.tag.iter().filter(|it| !self.tag.iter().any(|now| now.key == it.key));
        let gone: Vec<_> = gone.map(|it| GroupTag::request(it, id)).collect();
        if !gone.is_empty() {
            let sent = aws.autoscaling.delete_tags().set_tags(Some(gone)).send().await;
            sent.context("updating aws_autoscaling_group (DeleteTags)")?;
        }
        let set: Vec<_> = self.tag.iter().filter(|it| !prior.tag.contains(it)).map(|it| it.request(id)).collect();
        if !set.is_empty() {
            let sent = aws.autoscaling.create_or_update_tags().set_tags(Some(set)).send().await;
            sent.context("updating aws_autoscaling_group (CreateOrUpdateTags)")?;
        }
        Ok(())
    }

    /// Attaches what is new before it detaches what is gone.
    async fn change_traffic(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        for arns in chunks(self.target_group_arns.difference(&prior.target_group_arns)) {
            let call = aws.autoscaling.attach_load_balancer_target_groups().auto_scaling_group_name(id);
            let sent = call.set_target_group_arns(Some(arns)).send().await;
            sent.context("updating aws_autoscaling_group (AttachLoadBalancerTargetGroups)")?;
        }
        for arns in chunks(prior.target_group_arns.difference(&self.target_group_arns)) {
            let call = aws.autoscaling.detach_load_balancer_target_groups().auto_scaling_group_name(id);
            let sent = call.set_target_group_arns(Some(arns)).send().await;
            sent.context("updating aws_autoscaling_group (DetachLoadBalancerTargetGroups)")?;
        }
        for names in chunks(self.load_balancers.difference(&prior.load_balancers)) {
            let call = aws.autoscaling.attach_load_balancers().auto_scaling_group_name(id);
            let sent = call.set_load_balancer_names(Some(names)).send().await;
            sent.context("updating aws_autoscaling_group (AttachLoadBalancers)")?;
        }
        for names in chunks(prior.load_balancers.difference(&self.load_balancers)) {
            let call = aws.autoscaling.detach_load_balancers().auto_scaling_group_name(id);
            let sent = call.set_load_balancer_names(Some(names)).send().await;
            sent.context("updating aws_autoscaling_group (DetachLoadBalancers)")?;
        }
        let missing = |from: &[TrafficSource], other: &[TrafficSource]| -> Vec<_> {
            from.iter().filter(|it| !other.contains(it)).map(TrafficSource::request).collect()
        };
        let new = missing(&self.traffic_source, &prior.traffic_source);
        if !new.is_empty() {
            let call = aws.autoscaling.attach_traffic_sources().auto_scaling_group_name(id);
            let sent = call.set_traffic_sources(Some(new)).send().await;
            sent.context("updating aws_autoscaling_group (AttachTrafficSources)")?;
        }
        let gone = missing(&prior.traffic_source, &self.traffic_source);
        if !gone.is_empty() {
            let call = aws.autoscaling.detach_traffic_sources().auto_scaling_group_name(id);
            let sent = call.set_traffic_sources(Some(gone)).send().await;
            sent.context("updating aws_autoscaling_group (DetachTrafficSources)")?;
        }
        Ok(())
    }

    /// Suspends and resumes processes; `prior` are those that are suspended.
    pub(super) async fn set_processes(&self, aws: &Aws, id: &str, prior: &BTreeSet<String>) -> Result<()> {
        let resumed = words(prior.difference(&self.suspended_processes));
        if resumed.is_some() {
            let call = aws.autoscaling.resume_processes().auto_scaling_group_name(id);
            let sent = call.set_scaling_processes(resumed).send().await;
            sent.context("updating aws_autoscaling_group (ResumeProcesses)")?;
        }
        let suspended = words(self.suspended_processes.difference(prior));
        if suspended.is_some() {
            let call = aws.autoscaling.suspend_processes().auto_scaling_group_name(id);
            let sent = call.set_scaling_processes(suspended).send().await;
            sent.context("updating aws_autoscaling_group (SuspendProcesses)")?;
        }
        Ok(())
    }

    /// Enables and disables metrics; `prior` are those that are collected.
    pub(super) async fn set_metrics(&self, aws: &Aws, id: &str, prior: &BTreeSet<String>) -> Result<()> {
        let disabled = words(prior.difference(&self.enabled_metrics));
        if disabled.is_some() {
            let call = aws.autoscaling.disable_metrics_collection().auto_scaling_group_name(id);
            let sent = call.set_metrics(disabled).send().await;
            sent.context("updating aws_autoscaling_group (DisableMetricsCollection)")?;
        }
        let enabled = words(self.enabled_metrics.difference(prior));
        if enabled.is_some() {
            let call = aws.autoscaling.enable_metrics_collection().auto_scaling_group_name(id).set_metrics(enabled);
            let sent = call.granularity(&self.metrics_granularity).send().await;
            sent.context("updating aws_autoscaling_group (EnableMetricsCollection)")?;
        }
        Ok(())
    }

    fn is_refreshed(&self, prior: &Self, refresh: &InstanceRefresh) -> bool {
        let launch = self.launch_template != prior.launch_template
            || self.mixed_instances_policy != prior.mixed_instances_policy
            || self.launch_configuration != prior.launch_configuration;
        launch || {
            let json = |it: &Self| serde_json::to_value(it).unwrap_or_default();
            let (now, before) = (json(self), json(prior));
            // `tags` is the older name of the `tag` blocks in triggers.
            let field = |name: &String| if name == "tags" { "tag".to_owned() } else { name.clone() };
            refresh.triggers.iter().map(field).any(|name| now.get(&name) != before.get(&name))
        }
    }

    /// Starts a refresh; one that is under way replaces instances by what is out of date, and is cancelled.
    async fn refresh(&self, aws: &Aws, id: &str, refresh: &InstanceRefresh) -> Result<()> {
        let wanted = refresh.rolls_back().then(|| {
            sdk::DesiredConfiguration::builder()
                .set_launch_template(self.launch_template.first().map(template))
                .set_mixed_instances_policy(self.mixed_instances_policy.first().map(MixedInstancesPolicy::request))
                .build()
        });
        let call = aws
            .autoscaling
            .start_instance_refresh()
            .auto_scaling_group_name(id)
            .set_strategy(word(Some(&refresh.strategy)))
            .set_preferences(refresh.preferences.first().map(RefreshPreferences::request))
            .set_desired_configuration(wanted);
        let running = ["InstanceRefreshInProgress"];
        let action = "updating aws_autoscaling_group (StartInstanceRefresh)";
        let first = call.clone().send().await;
        if !first.as_ref().is_err_and(|error| crate::wire::code(error) == Some(running[0])) {
            return first.context(action).map(drop);
        }
        let cancelled = aws.autoscaling.cancel_instance_refresh().auto_scaling_group_name(id).send().await;
        let absent = ["ActiveInstanceRefreshNotFound"];
        crate::wire::Absent::absent(
            cancelled,
            "cancelling an instance refresh of aws_autoscaling_group (CancelInstanceRefresh)",
            &absent,
        )?;
        let sent = patiently(Duration::from_secs(15 * 60), &running, || call.clone().send()).await;
        sent.context(action).map(drop)
    }
}

/// Deletes a group: at once with its instances, or after they are gone.
pub(super) async fn delete(group: &Group, aws: &Aws, id: &str) -> Result<()> {
    let Some(found) = groups(aws, vec![id.to_owned()]).await?.into_iter().next() else { return Ok(()) };
    if found.warm_pool_configuration.is_some() {
        delete_warm_pool(aws, id, group.force_delete || group.force_delete_warm_pool).await?;
    }
    if !group.force_delete {
        drain(aws, id).await?;
    }
    let call = aws.autoscaling.delete_auto_scaling_group().auto_scaling_group_name(id).force_delete(group.force_delete);
    let sent = patiently(Group::TIMEOUTS.delete, BUSY, || call.clone().send()).await;
    match sent {
        Err(error) if error.as_service_error().is_some_and(is_absent) => Ok(()),
        other => other.context("deleting aws_autoscaling_group (DeleteAutoScalingGroup)").map(drop),
    }
}

/// Sets the size to zero and waits until the last instance is gone.
async fn drain(aws: &Aws, id: &str) -> Result<()> {
    let call = aws.autoscaling.update_auto_scaling_group().auto_scaling_group_name(id);
    let call = call.min_size(0).max_size(0).desired_capacity(0);
    let sent = patiently(Group::TIMEOUTS.delete, BUSY, || call.clone().send()).await;
    match sent {
        Err(error) if error.as_service_error().is_some_and(is_absent) => return Ok(()),
        other => other.context("draining aws_autoscaling_group (UpdateAutoScalingGroup)")?,
    };
    let empty = until_found(Group::TIMEOUTS.delete, async || {
        let found = groups(aws, vec![id.to_owned()]).await?.into_iter().next();
        Ok::<_, ProviderError>(found.is_none_or(|it| it.instances.unwrap_or_default().is_empty()).then_some(()))
    });
    let message = "the group's instances are not gone yet";
    empty.await?.ok_or_else(|| {
        ProviderError::unanswered("draining aws_autoscaling_group", message)
            .help("Look for instances that are protected or in standby; `force_delete = true` does not wait for them.")
    })
}

/// Makes or changes the warm pool.
pub(super) async fn put_warm_pool(aws: &Aws, id: &str, pool: &WarmPool) -> Result<()> {
    let reuse = pool.instance_reuse_policy.first();
    let reuse = reuse.map(|it| sdk::InstanceReusePolicy::builder().set_reuse_on_scale_in(it.reuse_on_scale_in).build());
    let call = aws
        .autoscaling
        .put_warm_pool()
        .auto_scaling_group_name(id)
        .min_size(pool.min_size)
        .set_pool_state(word(Some(&pool.pool_state)))
        .max_group_prepared_capacity(pool.max_group_prepared_capacity.unwrap_or(-1))
        .set_instance_reuse_policy(reuse);
    call.send().await.context("writing the warm pool of aws_autoscaling_group (PutWarmPool)").map(drop)
}

async fn delete_warm_pool(aws: &Aws, id: &str, force: bool) -> Result<()> {
    let action = "deleting the warm pool of aws_autoscaling_group (DeleteWarmPool)";
    let call = aws.autoscaling.delete_warm_pool().auto_scaling_group_name(id).force_delete(force);
    let sent = patiently(Group::TIMEOUTS.delete, BUSY, || call.clone().send()).await;
    match sent {
        Err(error) if error.as_service_error().is_some_and(is_absent) => return Ok(()),
        other => other.context(action)?,
    };
    let gone = retry::until_found(Group::TIMEOUTS.delete, async || {
        let found = groups(aws, vec![id.to_owned()]).await?.into_iter().next();
        Ok::<_, ProviderError>(found.is_none_or(|it| it.warm_pool_configuration.is_none()).then_some(()))
    });
    gone.await?.ok_or_else(|| ProviderError::unanswered(action, "the warm pool is not gone yet"))
}

fn chunks<'a>(texts: impl Iterator<Item = &'a String>) -> Vec<Vec<String>> {
    texts.cloned().collect::<Vec<_>>().chunks(MOST_ATTACHED).map(<[String]>::to_vec).collect()
}

//! `aws_autoscaling_group`: a number of like instances that AWS keeps running.

mod blocks;
mod change;
mod request;
mod rules;
mod wait;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_autoscaling::types as sdk;
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Phase, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, PlannedChange, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use self::blocks::{
    CapacityReservation, GroupTag, InstanceRefresh, LifecycleHook, MaintenancePolicy, MixedInstancesPolicy,
    TrafficSource, WarmPool, ZoneDistribution,
};
use self::request::{observed_template, template};
use crate::client::Aws;
use crate::ec2::template_reference::TemplateReference;
use crate::wire;
use crate::wire::words::{text, word, words};
use crate::wire::{Context, ids, tags};

/// Most characters of a group's name.
const NAME_LENGTH: usize = 255;

/// A number of like instances that AWS keeps running, in one region.
///
/// How long a create or update waits for instances is `wait_for_capacity_timeout`. Classic load balancers are
/// attached, but not waited for.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default)]
#[serde(default)]
pub struct Group {
    /// ARN of the group.
    #[attr(computed)]
    pub arn: Option<String>,
    /// Availability zones, in a default VPC; see `vpc_zone_identifier`.
    #[attr(optional, computed, conflicts_with("vpc_zone_identifier"))]
    pub availability_zones: BTreeSet<String>,
    /// Whether spot instances are replaced before they are interrupted.
    pub capacity_rebalance: Option<bool>,
    /// Reserved by AWS.
    pub context: Option<String>,
    /// Pause after a simple scaling activity, in seconds.
    #[attr(optional, computed)]
    pub default_cooldown: Option<i32>,
    /// Time until a new instance counts in metrics, in seconds.
    pub default_instance_warmup: Option<i32>,
    /// How many instances there are to be. When left out, scaling policies and schedules decide.
    #[attr(optional, computed)]
    pub desired_capacity: Option<i32>,
    /// Unit of the capacity: `units`, `vcpu` or `memory-mib`.
    pub desired_capacity_type: Option<String>,
    /// Group metrics to collect, such as `GroupInServiceInstances`.
    pub enabled_metrics: BTreeSet<String>,
    /// Whether the group is deleted together with its instances, without waiting for them.
    #[attr(default = false)]
    pub force_delete: bool,
    /// Whether the warm pool is deleted together with its instances, without waiting for them.
    #[attr(default = false)]
    pub force_delete_warm_pool: bool,
    /// Time before a new instance's health counts, in seconds.
    #[attr(default = 300)]
    pub health_check_grace_period: i32,
    /// Whose word on health counts: `EC2`, or `ELB` for the load balancer's, too.
    #[attr(optional, computed)]
    pub health_check_type: Option<String>,
    /// Whether waiting goes on when AWS fails to launch an instance.
    #[attr(default = false)]
    pub ignore_failed_scaling_activities: bool,
    /// Name of a launch configuration.
    #[attr(conflicts_with("launch_template"))]
    pub launch_configuration: Option<String>,
    /// Names of classic load balancers.
    #[attr(optional, computed)]
    pub load_balancers: BTreeSet<String>,
    /// Longest life of an instance, in seconds: 86400 to 31536000; 0 for no limit.
    pub max_instance_lifetime: Option<i32>,
    /// Most instances.
    pub max_size: i32,
    /// How often metrics are collected: `1Minute`.
    #[attr(default = "1Minute")]
    pub metrics_granularity: String,
    /// How many instances have to be healthy in all target groups before a create is over.
    pub min_elb_capacity: Option<i32>,
    /// Fewest instances.
    pub min_size: i32,
    /// Name of the group, unique in the region; made up when left out.
    #[attr(force_new, optional, computed, conflicts_with("name_prefix"))]
    pub name: Option<String>,
    /// What a made-up name begins with.
    #[attr(force_new, optional, computed, conflicts_with("name"))]
    pub name_prefix: Option<String>,
    /// Name of the placement group.
    pub placement_group: Option<String>,
    /// Capacity that a predictive scaling policy foresees.
    #[attr(computed)]
    pub predicted_capacity: Option<i32>,
    /// Whether new instances are protected from scale in.
    #[attr(default = false)]
    pub protect_from_scale_in: bool,
    /// Role that Auto Scaling uses to call other services.
    #[attr(optional, computed)]
    pub service_linked_role_arn: Option<String>,
    /// Processes that do not run, such as `Launch` or `AZRebalance`.
    pub suspended_processes: BTreeSet<String>,
    /// ARNs of target groups whose targets the instances are.
    #[attr(optional, computed)]
    pub target_group_arns: BTreeSet<String>,
    /// Which instances go first on scale in, in order.
    pub termination_policies: Vec<String>,
    /// Ids of the subnets that instances are in.
    #[attr(optional, computed, conflicts_with("availability_zones"))]
    pub vpc_zone_identifier: BTreeSet<String>,
    /// How long to wait for instances, such as `10m`; `0` does not wait.
    #[attr(default = "10m")]
    pub wait_for_capacity_timeout: String,
    /// How many instances have to be healthy in all target groups before a create or an update is over.
    pub wait_for_elb_capacity: Option<i32>,
    /// Number of instances in the warm pool.
    #[attr(computed)]
    pub warm_pool_size: Option<i32>,
    /// How instances are spread over availability zones.
    #[block(list, max = 1, computed)]
    pub availability_zone_distribution: Vec<ZoneDistribution>,
    /// Which capacity reservations instances may use.
    #[block(list, max = 1, computed)]
    pub capacity_reservation_specification: Vec<CapacityReservation>,
    /// Lifecycle hooks that are there before the first instance. They are made with the group and not looked at again.
    #[block(set)]
    pub initial_lifecycle_hook: Vec<LifecycleHook>,
    /// How many instances stay healthy while others are replaced.
    #[block(list, max = 1)]
    pub instance_maintenance_policy: Vec<MaintenancePolicy>,
    /// Replaces instances when what they are launched with changes.
    #[block(list, max = 1)]
    pub instance_refresh: Vec<InstanceRefresh>,
    /// Launch template of the instances.
    #[block(list, max = 1)]
    pub launch_template: Vec<TemplateReference>,
    /// Several instance types, on-demand and spot, in the place of `launch_template`.
    #[block(list, max = 1)]
    pub mixed_instances_policy: Vec<MixedInstancesPolicy>,
    /// A tag of the group. The provider's `default_tags` are not among them.
    #[block(set)]
    pub tag: Vec<GroupTag>,
    /// Where traffic to the instances comes from, in the place of `target_group_arns` and `load_balancers`.
    #[block(set, computed)]
    pub traffic_source: Vec<TrafficSource>,
    /// Instances that are made ready ahead of time.
    #[block(list, max = 1)]
    pub warm_pool: Vec<WarmPool>,
}

impl Resource for Group {
    type Client = Aws;
    const TYPE: &'static str = "aws_autoscaling_group";
    const RECOGNITION: Recognition = Recognition::NaturalName;
    // A create or update takes as long as `wait_for_capacity_timeout` says; this limit only ends what hangs.
    const TIMEOUTS: Timeouts = Timeouts {
        create: Duration::from_secs(12 * 3600),
        update: Duration::from_secs(12 * 3600),
        delete: Duration::from_secs(600),
    };
    const BATCH: usize = 50;
    const POLL: Duration = Duration::from_secs(5);
    const WAIT_GONE: bool = true;

    fn validate(config: &Value) -> Diagnostics {
        rules::validate(config)
    }

    fn plan(change: &mut PlannedChange, _client: Option<&Aws>) -> Diagnostics {
        rules::plan(change);
        Diagnostics::new()
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let began = wait::now();
        let name = wire::name(self.name.as_deref(), self.name_prefix.as_deref(), creation.key, NAME_LENGTH);
        // A suspended process must not run even once: the group gets its size when the processes stand still.
        let sized = self.suspended_processes.is_empty();
        let size = |size: i32| if sized { size } else { 0 };
        let call = self.request(aws, &name).min_size(size(self.min_size)).max_size(size(self.max_size));
        let call = call.set_desired_capacity(self.desired_capacity.map(size));
        call.send().await.context("creating aws_autoscaling_group (CreateAutoScalingGroup)")?;
        creation.made(&name);
        if !sized {
            self.set_processes(aws, &name, &BTreeSet::new()).await?;
            let call = aws.autoscaling.update_auto_scaling_group().auto_scaling_group_name(&name);
            let call = call.min_size(self.min_size).max_size(self.max_size);
            let call = call.set_desired_capacity(self.desired_capacity);
            call.send().await.context("creating aws_autoscaling_group (UpdateAutoScalingGroup)")?;
        }
        self.set_metrics(aws, &name, &BTreeSet::new()).await?;
        if let Some(pool) = self.warm_pool.first() {
            change::put_warm_pool(aws, &name, pool).await?;
        }
        wait::for_capacity(aws, &name, &self.wanted_after_create(), began).await?;
        Ok(Made::id(name))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let groups = groups(aws, ids(objects)).await?;
        let found = groups.into_iter().filter_map(|group| {
            let id = group.auto_scaling_group_name.clone()?;
            let phase = if group.status.is_some() { Phase::Deleting } else { Phase::Ready };
            let prior = objects.iter().find(|it| it.id == id)?.state.clone();
            Some(Observed::ready(id, prior.unwrap_or_else(Self::imported).observe(aws, group)).phase(phase))
        });
        Ok(found.collect())
    }

    async fn update(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        self.change(aws, id, prior).await
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        change::delete(self, aws, id).await
    }

    async fn find(&self, aws: &Aws, key: &IntentKey) -> Result<Option<Id>> {
        let name = wire::name(self.name.as_deref(), self.name_prefix.as_deref(), key, NAME_LENGTH);
        let found = groups(aws, vec![name]).await?.into_iter().find(|it| it.status.is_none());
        Ok(found.and_then(|it| it.auto_scaling_group_name))
    }
}

/// The groups of these names that there are.
async fn groups(aws: &Aws, names: Vec<String>) -> Result<Vec<sdk::AutoScalingGroup>> {
    let call = aws.autoscaling.describe_auto_scaling_groups().set_auto_scaling_group_names(Some(names));
    let mut pages = call.max_records(100).into_paginator().items().send();
    let mut groups = Vec::new();
    while let Some(group) = pages.next().await {
        groups.push(group.context("reading aws_autoscaling_group (DescribeAutoScalingGroups)")?);
    }
    Ok(groups)
}

type CreateCall =
    aws_sdk_autoscaling::operation::create_auto_scaling_group::builders::CreateAutoScalingGroupFluentBuilder;

impl Group {
    /// What is not read has the schema's defaults in an import.
    fn imported() -> Self {
        Self {
            metrics_granularity: "1Minute".to_owned(),
            wait_for_capacity_timeout: "10m".to_owned(),
            ..Self::default()
        }
    }

    /// The create without sizes.
    fn request(&self, aws: &Aws, name: &str) -> CreateCall {
        let tags: Vec<_> = self.tag.iter().map(|it| it.request(name)).collect();
        let hooks: Vec<_> = self.initial_lifecycle_hook.iter().map(LifecycleHook::request).collect();
        let filled = |it: Vec<sdk::TrafficSourceIdentifier>| (!it.is_empty()).then_some(it);
        aws.autoscaling
            .create_auto_scaling_group()
            .auto_scaling_group_name(name)
            .set_availability_zones(words(&self.availability_zones).filter(|_| self.vpc_zone_identifier.is_empty()))
            .set_vpc_zone_identifier(self.subnets())
            .set_capacity_rebalance(self.capacity_rebalance)
            .set_context(word(self.context.as_ref()))
            .set_default_cooldown(self.default_cooldown)
            .set_default_instance_warmup(self.default_instance_warmup)
            .set_desired_capacity_type(word(self.desired_capacity_type.as_ref()))
            .health_check_grace_period(self.health_check_grace_period)
            .set_health_check_type(word(self.health_check_type.as_ref()))
            .set_launch_configuration_name(word(self.launch_configuration.as_ref()))
            .set_launch_template(self.launch_template.first().map(template))
            .set_mixed_instances_policy(self.mixed_instances_policy.first().map(MixedInstancesPolicy::request))
            .set_load_balancer_names(words(&self.load_balancers))
            .set_target_group_arns(words(&self.target_group_arns))
            .set_traffic_sources(filled(self.traffic_source.iter().map(TrafficSource::request).collect()))
            .set_max_instance_lifetime(self.max_instance_lifetime)
            .set_placement_group(word(self.placement_group.as_ref()))
            .new_instances_protected_from_scale_in(self.protect_from_scale_in)
            .set_service_linked_role_arn(word(self.service_linked_role_arn.as_ref()))
            .set_termination_policies(words(&self.termination_policies))
            .set_availability_zone_distribution(self.distribution())
            .set_capacity_reservation_specification(
                self.capacity_reservation_specification.first().map(CapacityReservation::request),
            )
            .set_instance_maintenance_policy(self.maintenance())
            .set_lifecycle_hook_specification_list((!hooks.is_empty()).then_some(hooks))
            .set_tags((!tags.is_empty()).then_some(tags))
    }

    fn subnets(&self) -> Option<String> {
        let subnets: Vec<&str> = self.vpc_zone_identifier.iter().map(String::as_str).collect();
        (!subnets.is_empty()).then(|| subnets.join(","))
    }

    fn distribution(&self) -> Option<sdk::AvailabilityZoneDistribution> {
        self.availability_zone_distribution.first().map(|it| {
            sdk::AvailabilityZoneDistribution::builder()
                .set_capacity_distribution_strategy(word(it.capacity_distribution_strategy.as_ref()))
                .build()
        })
    }

    fn maintenance(&self) -> Option<sdk::InstanceMaintenancePolicy> {
        self.instance_maintenance_policy.first().map(|it| {
            sdk::InstanceMaintenancePolicy::builder()
                .max_healthy_percentage(it.max_healthy_percentage)
                .min_healthy_percentage(it.min_healthy_percentage)
                .build()
        })
    }

    /// What an answer shows; `self` is what the state says.
    fn observe(self, aws: &Aws, it: sdk::AutoScalingGroup) -> Self {
        let metrics = it.enabled_metrics.unwrap_or_default();
        let policies = it.termination_policies.unwrap_or_default();
        let unset = self.termination_policies.is_empty() && policies == ["Default"];
        let subnets = it.vpc_zone_identifier.unwrap_or_default();
        let suspended = it.suspended_processes.unwrap_or_default();
        let maintenance = it.instance_maintenance_policy.and_then(|it| {
            Some(MaintenancePolicy {
                max_healthy_percentage: it.max_healthy_percentage.filter(|it| *it >= 0)?,
                min_healthy_percentage: it.min_healthy_percentage.unwrap_or(-1),
            })
        });
        let own_sources = !self.traffic_source.is_empty();
        let sources = it.traffic_sources.unwrap_or_default().into_iter().filter(|_| own_sources);
        Self {
            arn: it.auto_scaling_group_arn,
            availability_zones: it.availability_zones.unwrap_or_default().into_iter().collect(),
            capacity_rebalance: it.capacity_rebalance,
            context: text(it.context),
            default_cooldown: it.default_cooldown,
            default_instance_warmup: it.default_instance_warmup,
            desired_capacity: it.desired_capacity,
            desired_capacity_type: text(it.desired_capacity_type),
            metrics_granularity: metrics
                .iter()
                .find_map(|it| it.granularity.clone())
                .unwrap_or(self.metrics_granularity),
            enabled_metrics: metrics.into_iter().filter_map(|it| it.metric).collect(),
            health_check_grace_period: it.health_check_grace_period.unwrap_or_default(),
            health_check_type: text(it.health_check_type),
            launch_configuration: text(it.launch_configuration_name),
            load_balancers: it.load_balancer_names.unwrap_or_default().into_iter().collect(),
            max_instance_lifetime: it.max_instance_lifetime,
            max_size: it.max_size.unwrap_or_default(),
            min_size: it.min_size.unwrap_or_default(),
            name: it.auto_scaling_group_name,
            placement_group: text(it.placement_group),
            predicted_capacity: it.predicted_capacity,
            protect_from_scale_in: it.new_instances_protected_from_scale_in.unwrap_or_default(),
            service_linked_role_arn: text(it.service_linked_role_arn),
            suspended_processes: suspended.into_iter().filter_map(|it| it.process_name).collect(),
            target_group_arns: it.target_group_arns.unwrap_or_default().into_iter().collect(),
            termination_policies: if unset { Vec::new() } else { policies },
            vpc_zone_identifier: subnets
                .split(',')
                .map(str::trim)
                .filter(|it| !it.is_empty())
                .map(str::to_owned)
                .collect(),
            warm_pool_size: it.warm_pool_size,
            availability_zone_distribution: it
                .availability_zone_distribution
                .map(|it| ZoneDistribution { capacity_distribution_strategy: text(it.capacity_distribution_strategy) })
                .into_iter()
                .collect(),
            capacity_reservation_specification: it
                .capacity_reservation_specification
                .map(CapacityReservation::observe)
                .into_iter()
                .collect(),
            instance_maintenance_policy: maintenance.into_iter().collect(),
            launch_template: it.launch_template.map(observed_template).into_iter().collect(),
            mixed_instances_policy: it.mixed_instances_policy.map(MixedInstancesPolicy::observe).into_iter().collect(),
            tag: observed_tags(aws, it.tags.unwrap_or_default()),
            traffic_source: sources.map(TrafficSource::observe).collect(),
            warm_pool: it.warm_pool_configuration.map(WarmPool::observe).into_iter().collect(),
            ..self
        }
    }
}

/// Tags of the group that are neither AWS's nor to be left alone.
fn observed_tags(aws: &Aws, all: Vec<sdk::TagDescription>) -> Vec<GroupTag> {
    let propagated: BTreeMap<Option<String>, bool> =
        all.iter().map(|it| (it.key.clone(), it.propagate_at_launch.unwrap_or_default())).collect();
    let tags = tags::observed(all.into_iter().map(|it| (it.key, it.value)));
    let kept = tags.into_iter().filter(|(key, _)| !aws.ignore_tags().has(key));
    kept.map(|(key, value)| {
        let propagate_at_launch = propagated.get(&Some(key.clone())).copied().unwrap_or_default();
        GroupTag { key, propagate_at_launch, value }
    })
    .collect()
}

impl GroupTag {
    fn request(&self, group: &str) -> sdk::Tag {
        sdk::Tag::builder()
            .resource_id(group)
            .resource_type("auto-scaling-group")
            .key(&self.key)
            .value(&self.value)
            .propagate_at_launch(self.propagate_at_launch)
            .build()
    }
}

impl TrafficSource {
    fn request(&self) -> sdk::TrafficSourceIdentifier {
        sdk::TrafficSourceIdentifier::builder()
            .identifier(&self.identifier)
            .set_type(word(self.r#type.as_ref()))
            .build()
    }

    fn observe(it: sdk::TrafficSourceIdentifier) -> Self {
        Self { identifier: it.identifier.unwrap_or_default(), r#type: text(it.r#type) }
    }
}

//! Nested blocks of `aws_autoscaling_group` as calls send them and answers show them.

use aws_sdk_autoscaling::types as sdk;

use super::blocks::{
    CapacityReservation, CapacityReservationTarget, Distribution, InstanceRefresh, LifecycleHook, MixedInstancesPolicy,
    MixedTemplate, Override, RefreshPreferences, ReusePolicy, TemplateSpecification, WarmPool,
};
use crate::ec2::requirements::InstanceRequirements;
use crate::ec2::template_reference::TemplateReference;
use crate::wire::words::{text, word, words};

/// A template by id where that is known, else by name: AWS refuses both.
fn specification(
    id: Option<&String>,
    name: Option<&String>,
    version: Option<&String>,
) -> sdk::LaunchTemplateSpecification {
    let id: Option<String> = word(id);
    let name = word(name).filter(|_| id.is_none());
    sdk::LaunchTemplateSpecification::builder()
        .set_launch_template_id(id)
        .set_launch_template_name(name)
        .set_version(word(version))
        .build()
}

/// A template reference as a call sends it.
pub(super) fn template(it: &TemplateReference) -> sdk::LaunchTemplateSpecification {
    specification(it.id.as_ref(), it.name.as_ref(), Some(&it.version))
}

/// A template reference as an answer shows it.
pub(super) fn observed_template(it: sdk::LaunchTemplateSpecification) -> TemplateReference {
    let version = it.version.unwrap_or_else(|| "$Default".to_owned());
    TemplateReference { id: it.launch_template_id, name: it.launch_template_name, version }
}

impl TemplateSpecification {
    fn request(&self) -> sdk::LaunchTemplateSpecification {
        specification(self.launch_template_id.as_ref(), self.launch_template_name.as_ref(), self.version.as_ref())
    }

    fn observe(it: sdk::LaunchTemplateSpecification) -> Self {
        Self {
            launch_template_id: it.launch_template_id,
            launch_template_name: it.launch_template_name,
            version: it.version,
        }
    }
}

impl MixedInstancesPolicy {
    pub(super) fn request(&self) -> sdk::MixedInstancesPolicy {
        sdk::MixedInstancesPolicy::builder()
            .set_instances_distribution(self.instances_distribution.first().map(Distribution::request))
            .set_launch_template(self.launch_template.first().map(MixedTemplate::request))
            .build()
    }

    pub(super) fn observe(it: sdk::MixedInstancesPolicy) -> Self {
        Self {
            instances_distribution: it.instances_distribution.map(Distribution::observe).into_iter().collect(),
            launch_template: it.launch_template.map(MixedTemplate::observe).into_iter().collect(),
        }
    }
}

impl Distribution {
    fn request(&self) -> sdk::InstancesDistribution {
        sdk::InstancesDistribution::builder()
            .set_on_demand_allocation_strategy(word(self.on_demand_allocation_strategy.as_ref()))
            .set_on_demand_base_capacity(self.on_demand_base_capacity)
            .set_on_demand_percentage_above_base_capacity(self.on_demand_percentage_above_base_capacity)
            .set_spot_allocation_strategy(word(self.spot_allocation_strategy.as_ref()))
            .set_spot_instance_pools(self.spot_instance_pools.filter(|it| *it != 0))
            .set_spot_max_price(self.spot_max_price.clone())
            .build()
    }

    fn observe(it: sdk::InstancesDistribution) -> Self {
        Self {
            on_demand_allocation_strategy: it.on_demand_allocation_strategy,
            on_demand_base_capacity: it.on_demand_base_capacity,
            on_demand_percentage_above_base_capacity: it.on_demand_percentage_above_base_capacity,
            spot_allocation_strategy: it.spot_allocation_strategy,
            spot_instance_pools: it.spot_instance_pools,
            spot_max_price: it.spot_max_price,
        }
    }
}

impl MixedTemplate {
    fn request(&self) -> sdk::LaunchTemplate {
        let overrides: Vec<_> = self.r#override.iter().map(Override::request).collect();
        sdk::LaunchTemplate::builder()
            .set_launch_template_specification(
                self.launch_template_specification.first().map(TemplateSpecification::request),
            )
            .set_overrides(Some(overrides))
            .build()
    }

    fn observe(it: sdk::LaunchTemplate) -> Self {
        let specification = it.launch_template_specification.map(TemplateSpecification::observe);
        Self {
            launch_template_specification: specification.into_iter().collect(),
            r#override: it.overrides.unwrap_or_default().into_iter().map(Override::observe).collect(),
        }
    }
}

impl Override {
    fn request(&self) -> sdk::LaunchTemplateOverrides {
        sdk::LaunchTemplateOverrides::builder()
            .set_instance_type(word(self.instance_type.as_ref()))
            .set_weighted_capacity(word(self.weighted_capacity.as_ref()))
            .set_instance_requirements(self.instance_requirements.first().map(InstanceRequirements::to_autoscaling))
            .set_launch_template_specification(
                self.launch_template_specification.first().map(TemplateSpecification::request),
            )
            .build()
    }

    fn observe(it: sdk::LaunchTemplateOverrides) -> Self {
        let requirements = it.instance_requirements.map(InstanceRequirements::from_autoscaling);
        let specification = it.launch_template_specification.map(TemplateSpecification::observe);
        Self {
            instance_type: it.instance_type,
            weighted_capacity: it.weighted_capacity,
            instance_requirements: requirements.into_iter().collect(),
            launch_template_specification: specification.into_iter().collect(),
        }
    }
}

impl CapacityReservation {
    pub(super) fn request(&self) -> sdk::CapacityReservationSpecification {
        let target = self.capacity_reservation_target.first().map(|it| {
            sdk::CapacityReservationTarget::builder()
                .set_capacity_reservation_ids(words(&it.capacity_reservation_ids))
                .set_capacity_reservation_resource_group_arns(words(&it.capacity_reservation_resource_group_arns))
                .build()
        });
        sdk::CapacityReservationSpecification::builder()
            .set_capacity_reservation_preference(word(self.capacity_reservation_preference.as_ref()))
            .set_capacity_reservation_target(target)
            .build()
    }

    pub(super) fn observe(it: sdk::CapacityReservationSpecification) -> Self {
        let target = it.capacity_reservation_target.map(|it| CapacityReservationTarget {
            capacity_reservation_ids: it.capacity_reservation_ids.unwrap_or_default(),
            capacity_reservation_resource_group_arns: it.capacity_reservation_resource_group_arns.unwrap_or_default(),
        });
        Self {
            capacity_reservation_preference: text(it.capacity_reservation_preference),
            capacity_reservation_target: target.into_iter().collect(),
        }
    }
}

impl LifecycleHook {
    pub(super) fn request(&self) -> sdk::LifecycleHookSpecification {
        sdk::LifecycleHookSpecification::builder()
            .lifecycle_hook_name(&self.name)
            .lifecycle_transition(&self.lifecycle_transition)
            .set_default_result(word(self.default_result.as_ref()))
            .set_heartbeat_timeout(self.heartbeat_timeout)
            .set_notification_metadata(word(self.notification_metadata.as_ref()))
            .set_notification_target_arn(word(self.notification_target_arn.as_ref()))
            .set_role_arn(word(self.role_arn.as_ref()))
            .build()
    }
}

impl WarmPool {
    pub(super) fn observe(it: sdk::WarmPoolConfiguration) -> Self {
        let reuse = it.instance_reuse_policy.map(|it| ReusePolicy { reuse_on_scale_in: it.reuse_on_scale_in });
        Self {
            max_group_prepared_capacity: it.max_group_prepared_capacity.filter(|it| *it >= 0),
            min_size: it.min_size.unwrap_or_default(),
            pool_state: text(it.pool_state).unwrap_or_default(),
            instance_reuse_policy: reuse.into_iter().collect(),
        }
    }
}

impl InstanceRefresh {
    /// Whether a failed refresh is to go back, for which AWS has to be told the wanted configuration.
    pub(super) fn rolls_back(&self) -> bool {
        self.preferences.first().is_some_and(|it| it.auto_rollback == Some(true))
    }
}

impl RefreshPreferences {
    pub(super) fn request(&self) -> sdk::RefreshPreferences {
        let seconds = |it: Option<&String>| it.and_then(|it| it.parse::<i32>().ok());
        let percentages = &self.checkpoint_percentages;
        let alarms = self.alarm_specification.first();
        sdk::RefreshPreferences::builder()
            .set_auto_rollback(self.auto_rollback)
            .set_checkpoint_delay(seconds(self.checkpoint_delay.as_ref()))
            .set_checkpoint_percentages((!percentages.is_empty()).then(|| percentages.clone()))
            .set_instance_warmup(seconds(self.instance_warmup.as_ref()))
            .set_max_healthy_percentage(self.max_healthy_percentage)
            .set_min_healthy_percentage(self.min_healthy_percentage)
            .set_scale_in_protected_instances(word(self.scale_in_protected_instances.as_ref()))
            .set_skip_matching(self.skip_matching)
            .set_standby_instances(word(self.standby_instances.as_ref()))
            .set_alarm_specification(
                alarms.map(|it| sdk::AlarmSpecification::builder().set_alarms(words(&it.alarms)).build()),
            )
            .build()
    }
}

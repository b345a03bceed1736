//! Nested blocks of `aws_autoscaling_group`.

use std::collections::BTreeSet;

use plumb_engine::Schema;
use serde::{Deserialize, Serialize};

use crate::ec2::requirements::InstanceRequirements;

/// How instances are spread over availability zones.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct ZoneDistribution {
    /// Where a zone has no capacity: `balanced-best-effort` uses others, `balanced-only` tries again.
    pub capacity_distribution_strategy: Option<String>,
}

/// Which capacity reservations instances may use.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct CapacityReservation {
    /// `default`, `capacity-reservations-only`, `capacity-reservations-first` or `none`.
    pub capacity_reservation_preference: Option<String>,
    /// The reservations to use.
    #[block(list, max = 1)]
    pub capacity_reservation_target: Vec<CapacityReservationTarget>,
}

/// Capacity reservations.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct CapacityReservationTarget {
    /// Ids of reservations.
    pub capacity_reservation_ids: Vec<String>,
    /// ARNs of resource groups of reservations.
    pub capacity_reservation_resource_group_arns: Vec<String>,
}

/// A lifecycle hook that is there before the first instance.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct LifecycleHook {
    /// What happens when nobody answers: `CONTINUE` or `ABANDON`.
    #[attr(optional, computed)]
    pub default_result: Option<String>,
    /// How long to wait for an answer, in seconds.
    pub heartbeat_timeout: Option<i32>,
    /// When: `autoscaling:EC2_INSTANCE_LAUNCHING` or `autoscaling:EC2_INSTANCE_TERMINATING`.
    pub lifecycle_transition: String,
    /// Name of the hook.
    pub name: String,
    /// Text that is sent along.
    pub notification_metadata: Option<String>,
    /// ARN of the queue or topic that is told.
    pub notification_target_arn: Option<String>,
    /// Role that may tell it.
    pub role_arn: Option<String>,
}

/// How many instances stay healthy while others are replaced.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct MaintenancePolicy {
    /// Most instances, in percent of the desired capacity: 100 to 200; -1 for none.
    pub max_healthy_percentage: i32,
    /// Fewest healthy instances, in percent of the desired capacity: 0 to 100; -1 for none.
    pub min_healthy_percentage: i32,
}

/// Replaces instances when what they are launched with changes. The command does not wait until the last one is
/// replaced.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct InstanceRefresh {
    /// How: `Rolling`, a few at a time.
    pub strategy: String,
    /// Attributes besides `launch_template`, `launch_configuration` and `mixed_instances_policy` whose change
    /// replaces instances, such as `tag`.
    pub triggers: BTreeSet<String>,
    /// Preferences.
    #[block(list, max = 1)]
    pub preferences: Vec<RefreshPreferences>,
}

/// Preferences of an instance refresh.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct RefreshPreferences {
    /// Whether a failed refresh goes back to what was before.
    pub auto_rollback: Option<bool>,
    /// Pause after a checkpoint, in seconds.
    pub checkpoint_delay: Option<String>,
    /// Percentages of replaced instances after which to pause; 100 has to be the last.
    pub checkpoint_percentages: Vec<i32>,
    /// Time until a new instance is used, in seconds; the group's health check grace period when left out.
    pub instance_warmup: Option<String>,
    /// Most instances, in percent of the desired capacity: 100 to 200.
    pub max_healthy_percentage: Option<i32>,
    /// Fewest healthy instances, in percent of the desired capacity.
    #[attr(default = 90)]
    pub min_healthy_percentage: Option<i32>,
    /// Instances that are protected from scale in: `Refresh`, `Ignore` or `Wait`.
    #[attr(default = "Ignore")]
    pub scale_in_protected_instances: Option<String>,
    /// Whether instances that have the wanted configuration already stay.
    pub skip_matching: Option<bool>,
    /// Instances in standby: `Terminate`, `Ignore` or `Wait`.
    #[attr(default = "Ignore")]
    pub standby_instances: Option<String>,
    /// Alarms that stop the refresh.
    #[block(list, max = 1)]
    pub alarm_specification: Vec<AlarmSpecification>,
}

/// Alarms that stop an instance refresh.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct AlarmSpecification {
    /// Names of CloudWatch alarms.
    pub alarms: Vec<String>,
}

/// Several instance types, on-demand and spot.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct MixedInstancesPolicy {
    /// Share and choice of on-demand and spot instances.
    #[block(list, max = 1, computed)]
    pub instances_distribution: Vec<Distribution>,
    /// Launch template and instance types.
    #[block(list, min = 1, max = 1)]
    pub launch_template: Vec<MixedTemplate>,
}

/// Share and choice of on-demand and spot instances.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct Distribution {
    /// Choice of on-demand types: `prioritized` or `lowest-price`.
    #[attr(optional, computed)]
    pub on_demand_allocation_strategy: Option<String>,
    /// Capacity that is always on-demand.
    #[attr(optional, computed)]
    pub on_demand_base_capacity: Option<i32>,
    /// Percentage of on-demand instances above the base capacity.
    #[attr(optional, computed)]
    pub on_demand_percentage_above_base_capacity: Option<i32>,
    /// Choice of spot types: `lowest-price`, `capacity-optimized`, `capacity-optimized-prioritized` or
    /// `price-capacity-optimized`.
    #[attr(optional, computed)]
    pub spot_allocation_strategy: Option<String>,
    /// Number of spot pools per zone, with `lowest-price`.
    #[attr(optional, computed)]
    pub spot_instance_pools: Option<i32>,
    /// Highest spot price per hour, in US dollars; the on-demand price when empty.
    pub spot_max_price: Option<String>,
}

/// Launch template and instance types of a mixed group.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct MixedTemplate {
    /// The launch template.
    #[block(list, min = 1, max = 1)]
    pub launch_template_specification: Vec<TemplateSpecification>,
    /// An instance type, or requirements on it; the order is the priority.
    #[block(list)]
    pub r#override: Vec<Override>,
}

/// A version of a launch template.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct TemplateSpecification {
    /// Id of the template.
    #[attr(optional, computed)]
    pub launch_template_id: Option<String>,
    /// Name of the template.
    #[attr(optional, computed)]
    pub launch_template_name: Option<String>,
    /// Version: a number, `$Latest` or `$Default`.
    #[attr(default = "$Default")]
    pub version: Option<String>,
}

/// An instance type of a mixed group, or requirements on it.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct Override {
    /// Instance type.
    pub instance_type: Option<String>,
    /// How much capacity an instance of this type counts: 1 to 999.
    pub weighted_capacity: Option<String>,
    /// What an instance type has to have.
    #[block(list, max = 1)]
    pub instance_requirements: Vec<InstanceRequirements>,
    /// Another launch template for this type.
    #[block(list, max = 1)]
    pub launch_template_specification: Vec<TemplateSpecification>,
}

/// A tag of the group.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[serde(default)]
pub struct GroupTag {
    /// Key of the tag.
    pub key: String,
    /// Whether new instances get the tag, too.
    pub propagate_at_launch: bool,
    /// Value of the tag.
    pub value: String,
}

/// Where traffic to the instances comes from.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct TrafficSource {
    /// ARN, or name of a classic load balancer.
    pub identifier: String,
    /// Kind: `elb`, `elbv2` or `vpc-lattice`.
    pub r#type: Option<String>,
}

/// Instances that are made ready ahead of time.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct WarmPool {
    /// Most instances in the pool and the group together; the group's `max_size` when left out.
    pub max_group_prepared_capacity: Option<i32>,
    /// Fewest instances in the pool.
    #[attr(default = 0)]
    pub min_size: i32,
    /// How they wait: `Stopped`, `Running` or `Hibernated`.
    #[attr(default = "Stopped")]
    pub pool_state: String,
    /// What becomes of instances on scale in.
    #[block(list, max = 1)]
    pub instance_reuse_policy: Vec<ReusePolicy>,
}

/// What becomes of instances on scale in.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct ReusePolicy {
    /// Whether they go back to the pool.
    pub reuse_on_scale_in: Option<bool>,
}

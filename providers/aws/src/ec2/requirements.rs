//! Requirements on instance types, which launch templates and Auto Scaling groups share.

use std::collections::BTreeSet;

use plumb_engine::Schema;
use serde::{Deserialize, Serialize};

use crate::wire::words::{text, texts, word, words};

/// What an instance type has to have; AWS picks among the types that have it.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct InstanceRequirements {
    /// Makers of accelerators: `amazon-web-services`, `amd`, `habana`, `nvidia`, `xilinx`.
    accelerator_manufacturers: BTreeSet<String>,
    /// Accelerators, such as `a100` or `t4`.
    accelerator_names: BTreeSet<String>,
    /// Kinds of accelerators: `fpga`, `gpu`, `inference`.
    accelerator_types: BTreeSet<String>,
    /// Instance types to pick from; `*` stands for any text. Not together with `excluded_instance_types`.
    allowed_instance_types: BTreeSet<String>,
    /// Bare metal types: `included`, `excluded` or `required`.
    bare_metal: Option<String>,
    /// Burstable types: `included`, `excluded` or `required`.
    burstable_performance: Option<String>,
    /// Makers of processors: `amazon-web-services`, `amd`, `intel`.
    cpu_manufacturers: BTreeSet<String>,
    /// Instance types to leave out; `*` stands for any text.
    excluded_instance_types: BTreeSet<String>,
    /// Generations of types: `current`, `previous`.
    instance_generations: BTreeSet<String>,
    /// Types with instance store: `included`, `excluded` or `required`.
    local_storage: Option<String>,
    /// Kinds of instance store: `hdd`, `ssd`.
    local_storage_types: BTreeSet<String>,
    /// Highest spot price, in percent of the lowest on-demand price of a fitting type.
    max_spot_price_as_percentage_of_optimal_on_demand_price: Option<i32>,
    /// How far an on-demand price may be above the lowest one, in percent.
    on_demand_max_price_percentage_over_lowest_price: Option<i32>,
    /// Whether the type must support hibernation.
    require_hibernate_support: Option<bool>,
    /// How far a spot price may be above the lowest one, in percent.
    spot_max_price_percentage_over_lowest_price: Option<i32>,
    /// Number of accelerators.
    #[block(list, max = 1)]
    accelerator_count: Vec<Whole>,
    /// Memory of all accelerators together, in MiB.
    #[block(list, max = 1)]
    accelerator_total_memory_mib: Vec<Whole>,
    /// Bandwidth to EBS, in megabits per second.
    #[block(list, max = 1)]
    baseline_ebs_bandwidth_mbps: Vec<Whole>,
    /// Memory per vCPU, in GiB.
    #[block(list, max = 1)]
    memory_gib_per_vcpu: Vec<Fraction>,
    /// Memory, in MiB.
    #[block(list, min = 1, max = 1)]
    memory_mib: Vec<Least>,
    /// Network bandwidth, in gigabits per second.
    #[block(list, max = 1)]
    network_bandwidth_gbps: Vec<Fraction>,
    /// Number of network interfaces.
    #[block(list, max = 1)]
    network_interface_count: Vec<Whole>,
    /// Instance store of all disks together, in GB.
    #[block(list, max = 1)]
    total_local_storage_gb: Vec<Fraction>,
    /// Number of vCPUs.
    #[block(list, min = 1, max = 1)]
    vcpu_count: Vec<Least>,
}

/// A range of whole numbers.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct Whole {
    /// Most; no limit when left out.
    max: Option<i32>,
    /// Least; no limit when left out.
    min: Option<i32>,
}

/// A range of whole numbers with a lower end.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct Least {
    /// Most; no limit when left out.
    max: Option<i32>,
    /// Least.
    #[attr(required)]
    min: Option<i32>,
}

/// A range of numbers.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct Fraction {
    /// Most; no limit when left out.
    max: Option<f64>,
    /// Least; no limit when left out.
    min: Option<f64>,
}

/// Writes the conversions to and from the types of one SDK.
macro_rules! conversions {
    ($types:path, $request:ident, $cpus:ident, $answer:ident, $to:ident, $from:ident) => {
        impl InstanceRequirements {
            /// The requirements as the SDK sends them.
            pub fn $to(&self) -> $request {
                use $types as sdk;
                macro_rules! range {
                    ($field:ident, $ty:ident) => {
                        self.$field.first().map(|it| sdk::$ty::builder().set_min(it.min).set_max(it.max).build())
                    };
                }
                $request::builder()
                    .set_accelerator_manufacturers(words(&self.accelerator_manufacturers))
                    .set_accelerator_names(words(&self.accelerator_names))
                    .set_accelerator_types(words(&self.accelerator_types))
                    .set_allowed_instance_types(words(&self.allowed_instance_types))
                    .set_bare_metal(word(self.bare_metal.as_ref()))
                    .set_burstable_performance(word(self.burstable_performance.as_ref()))
                    .set_cpu_manufacturers(words(&self.cpu_manufacturers))
                    .set_excluded_instance_types(words(&self.excluded_instance_types))
                    .set_instance_generations(words(&self.instance_generations))
                    .set_local_storage(word(self.local_storage.as_ref()))
                    .set_local_storage_types(words(&self.local_storage_types))
                    .set_max_spot_price_as_percentage_of_optimal_on_demand_price(
                        self.max_spot_price_as_percentage_of_optimal_on_demand_price,
                    )
                    .set_on_demand_max_price_percentage_over_lowest_price(
                        self.on_demand_max_price_percentage_over_lowest_price,
                    )
                    .set_require_hibernate_support(self.require_hibernate_support)
                    .set_spot_max_price_percentage_over_lowest_price(self.spot_max_price_percentage_over_lowest_price)
                    .set_accelerator_count(range!(accelerator_count, AcceleratorCountRequest))
                    .set_accelerator_total_memory_mib(range!(
                        accelerator_total_memory_mib,
                        AcceleratorTotalMemoryMiBRequest
                    ))
                    .set_baseline_ebs_bandwidth_mbps(range!(
                        baseline_ebs_bandwidth_mbps,
                        BaselineEbsBandwidthMbpsRequest
                    ))
                    .set_memory_gib_per_v_cpu(range!(memory_gib_per_vcpu, MemoryGiBPerVCpuRequest))
                    .set_memory_mib(range!(memory_mib, MemoryMiBRequest))
                    .set_network_bandwidth_gbps(range!(network_bandwidth_gbps, NetworkBandwidthGbpsRequest))
                    .set_network_interface_count(range!(network_interface_count, NetworkInterfaceCountRequest))
                    .set_total_local_storage_gb(range!(total_local_storage_gb, TotalLocalStorageGbRequest))
                    .set_v_cpu_count(range!(vcpu_count, $cpus))
                    .build()
            }

            /// The requirements as an answer tells them.
            pub fn $from(it: $answer) -> Self {
                macro_rules! range {
                    ($field:ident, $ty:ident) => {
                        it.$field.map(|it| $ty { max: it.max, min: it.min }).into_iter().collect()
                    };
                }
                Self {
                    accelerator_manufacturers: texts(it.accelerator_manufacturers),
                    accelerator_names: texts(it.accelerator_names),
                    accelerator_types: texts(it.accelerator_types),
                    allowed_instance_types: texts(it.allowed_instance_types),
                    bare_metal: text(it.bare_metal),
                    burstable_performance: text(it.burstable_performance),
                    cpu_manufacturers: texts(it.cpu_manufacturers),
                    excluded_instance_types: texts(it.excluded_instance_types),
                    instance_generations: texts(it.instance_generations),
                    local_storage: text(it.local_storage),
                    local_storage_types: texts(it.local_storage_types),
                    max_spot_price_as_percentage_of_optimal_on_demand_price: it
                        .max_spot_price_as_percentage_of_optimal_on_demand_price,
                    on_demand_max_price_percentage_over_lowest_price: it
                        .on_demand_max_price_percentage_over_lowest_price,
                    require_hibernate_support: it.require_hibernate_support,
                    spot_max_price_percentage_over_lowest_price: it.spot_max_price_percentage_over_lowest_price,
                    accelerator_count: range!(accelerator_count, Whole),
                    accelerator_total_memory_mib: range!(accelerator_total_memory_mib, Whole),
                    baseline_ebs_bandwidth_mbps: range!(baseline_ebs_bandwidth_mbps, Whole),
                    memory_gib_per_vcpu: range!(memory_gib_per_v_cpu, Fraction),
                    memory_mib: range!(memory_mib, Least),
                    network_bandwidth_gbps: range!(network_bandwidth_gbps, Fraction),
                    network_interface_count: range!(network_interface_count, Whole),
                    total_local_storage_gb: range!(total_local_storage_gb, Fraction),
                    vcpu_count: range!(v_cpu_count, Least),
                }
            }
        }
    };
}

type Ec2Request = aws_sdk_ec2::types::InstanceRequirementsRequest;
type Ec2Answer = aws_sdk_ec2::types::InstanceRequirements;
type GroupRequirements = aws_sdk_autoscaling::types::InstanceRequirements;

conversions!(aws_sdk_ec2::types, Ec2Request, VCpuCountRangeRequest, Ec2Answer, to_ec2, from_ec2);
conversions!(
    aws_sdk_autoscaling::types,
    GroupRequirements,
    VCpuCountRequest,
    GroupRequirements,
    to_autoscaling,
    from_autoscaling
);

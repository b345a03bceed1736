//! `aws_ec2_instance_type`: what an instance type is made of.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{EbsInfo, InstanceType, InstanceTypeInfo, NetworkInfo};
use plumb_engine::Schema;
use plumb_engine::provider::ProviderError;
use plumb_engine::provider::typed::{DataSource, Id, Result};
use serde::{Deserialize, Serialize};

use crate::client::Aws;
use crate::wire::words::{text, texts};
use crate::wire::{Absent, told};

const ACTION: &str = "reading aws_ec2_instance_type (DescribeInstanceTypes)";
const UNKNOWN: &[&str] = &["InvalidInstanceType"];

/// What an instance type is made of, and what it can do. Accelerators are told by their memory only.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct InstanceTypeData {
    /// The instance type: `m7i.large`.
    pub instance_type: String,
    /// Whether an instance is moved by itself when its hardware fails.
    #[attr(computed)]
    pub auto_recovery_supported: Option<bool>,
    /// How bandwidth can be shared out between network and volumes.
    #[attr(set, computed)]
    pub bandwidth_weightings: Vec<String>,
    /// Whether it is a machine without hypervisor.
    #[attr(computed)]
    pub bare_metal: Option<bool>,
    /// How it can boot: `legacy-bios`, `uefi`.
    #[attr(computed)]
    pub boot_modes: BTreeSet<String>,
    /// Whether its speed is paid with credits.
    #[attr(computed)]
    pub burstable_performance_supported: Option<bool>,
    /// Whether it is of a current generation.
    #[attr(computed)]
    pub current_generation: Option<bool>,
    /// Whether it runs on dedicated hosts.
    #[attr(computed)]
    pub dedicated_hosts_supported: Option<bool>,
    /// Number of cores.
    #[attr(computed)]
    pub default_cores: Option<i64>,
    /// Network card that an interface is on when none is named.
    #[attr(computed)]
    pub default_network_card_index: Option<i64>,
    /// Threads of a core.
    #[attr(computed)]
    pub default_threads_per_core: Option<i64>,
    /// Number of virtual processors.
    #[attr(computed)]
    pub default_vcpus: Option<i64>,
    /// Whether volumes are encrypted: `supported`, `unsupported`.
    #[attr(computed)]
    pub ebs_encryption_support: Option<String>,
    /// Whether volumes are NVMe devices: `required`, `supported`, `unsupported`.
    #[attr(computed)]
    pub ebs_nvme_support: Option<String>,
    /// Whether volumes have bandwidth of their own: `default`, `supported`, `unsupported`.
    #[attr(computed)]
    pub ebs_optimized_support: Option<String>,
    /// Bandwidth to volumes that it always has, in Mbit/s.
    #[attr(computed)]
    pub ebs_performance_baseline_bandwidth: Option<i64>,
    /// I/O operations per second on volumes that it always has.
    #[attr(computed)]
    pub ebs_performance_baseline_iops: Option<i64>,
    /// Throughput to volumes that it always has, in MB/s.
    #[attr(computed)]
    pub ebs_performance_baseline_throughput: Option<f64>,
    /// Most bandwidth to volumes, in Mbit/s.
    #[attr(computed)]
    pub ebs_performance_maximum_bandwidth: Option<i64>,
    /// Most I/O operations per second on volumes.
    #[attr(computed)]
    pub ebs_performance_maximum_iops: Option<i64>,
    /// Most throughput to volumes, in MB/s.
    #[attr(computed)]
    pub ebs_performance_maximum_throughput: Option<f64>,
    /// Number of Elastic Fabric Adapters.
    #[attr(computed)]
    pub efa_maximum_interfaces: Option<i64>,
    /// Whether it takes Elastic Fabric Adapters.
    #[attr(computed)]
    pub efa_supported: Option<bool>,
    /// Whether it takes ENA Express.
    #[attr(computed)]
    pub ena_srd_supported: Option<bool>,
    /// Whether it has enhanced networking: `required`, `supported`, `unsupported`.
    #[attr(computed)]
    pub ena_support: Option<String>,
    /// Whether traffic between instances is encrypted by itself.
    #[attr(computed)]
    pub encryption_in_transit_supported: Option<bool>,
    /// Whether it is part of the free tier.
    #[attr(computed)]
    pub free_tier_eligible: Option<bool>,
    /// Whether it can hibernate.
    #[attr(computed)]
    pub hibernation_supported: Option<bool>,
    /// Hypervisor: `nitro`, `xen`.
    #[attr(computed)]
    pub hypervisor: Option<String>,
    /// Disks in the machine.
    #[attr(computed)]
    pub instance_disks: Vec<InstanceDisk>,
    /// Whether it has disks in the machine.
    #[attr(computed)]
    pub instance_storage_supported: Option<bool>,
    /// Whether it has IPv6.
    #[attr(computed)]
    pub ipv6_supported: Option<bool>,
    /// Most IPv4 addresses of an interface.
    #[attr(computed)]
    pub maximum_ipv4_addresses_per_interface: Option<i64>,
    /// Most IPv6 addresses of an interface.
    #[attr(computed)]
    pub maximum_ipv6_addresses_per_interface: Option<i64>,
    /// Number of network cards.
    #[attr(computed)]
    pub maximum_network_cards: Option<i64>,
    /// Most network interfaces.
    #[attr(computed)]
    pub maximum_network_interfaces: Option<i64>,
    /// Memory, in MiB.
    #[attr(computed)]
    pub memory_size: Option<i64>,
    /// Network performance in words: `Up to 12.5 Gigabit`.
    #[attr(computed)]
    pub network_performance: Option<String>,
    /// Whether it takes Nitro Enclaves: `supported`, `unsupported`.
    #[attr(computed)]
    pub nitro_enclaves_support: Option<String>,
    /// Whether it has a NitroTPM: `supported`, `unsupported`.
    #[attr(computed)]
    pub nitro_tpm_support: Option<String>,
    /// Whether it has a hardware clock: `supported`, `unsupported`.
    #[attr(computed)]
    pub phc_support: Option<String>,
    /// Architectures: `x86_64`, `arm64`.
    #[attr(computed)]
    pub supported_architectures: Vec<String>,
    /// Further features of the processor.
    #[attr(computed)]
    pub supported_cpu_features: BTreeSet<String>,
    /// Placement strategies.
    #[attr(computed)]
    pub supported_placement_strategies: Vec<String>,
    /// Kinds of root devices: `ebs`, `instance-store`.
    #[attr(computed)]
    pub supported_root_device_types: Vec<String>,
    /// How it is paid: `on-demand`, `spot`.
    #[attr(computed)]
    pub supported_usages_classes: Vec<String>,
    /// Kinds of virtualization.
    #[attr(computed)]
    pub supported_virtualization_types: Vec<String>,
    /// Speed of the processor, in GHz.
    #[attr(computed)]
    pub sustained_clock_speed: Option<f64>,
    /// Memory of FPGAs, in MiB.
    #[attr(computed)]
    pub total_fpga_memory: Option<i64>,
    /// Memory of GPUs, in MiB.
    #[attr(computed)]
    pub total_gpu_memory: Option<i64>,
    /// Memory of inference accelerators, in MiB.
    #[attr(computed)]
    pub total_inference_memory: Option<i64>,
    /// Size of the disks in the machine, in GB.
    #[attr(computed)]
    pub total_instance_storage: Option<i64>,
    /// Numbers of cores that can be chosen.
    #[attr(computed)]
    pub valid_cores: Vec<i64>,
    /// Numbers of threads of a core that can be chosen.
    #[attr(computed)]
    pub valid_threads_per_core: Vec<i64>,
}

/// A disk in the machine.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct InstanceDisk {
    /// Number of such disks.
    pub count: Option<i64>,
    /// Size, in GB.
    pub size: Option<i64>,
    /// Kind: `ssd`, `hdd`.
    pub r#type: Option<String>,
}

impl DataSource for InstanceTypeData {
    type Client = Aws;
    const TYPE: &'static str = "aws_ec2_instance_type";

    async fn read(self, aws: &Aws) -> Result<(Id, Self)> {
        let kind = InstanceType::from(self.instance_type.as_str());
        let found = aws.ec2.describe_instance_types().instance_types(kind).send().await.absent(ACTION, UNKNOWN)?;
        let found = found.and_then(|it| it.instance_types).unwrap_or_default().into_iter().next();
        let unknown = || {
            let message = format!("the region {} has no instance type \"{}\"", aws.region, self.instance_type);
            ProviderError::refused(ACTION, message).help("Check its spelling, and whether it is offered there.")
        };
        let found = found.ok_or_else(unknown)?;
        let id = told(text(found.instance_type.clone()), ACTION)?;
        Ok((id.clone(), Self { instance_type: id, ..Self::of(found) }))
    }
}

impl InstanceTypeData {
    fn of(found: InstanceTypeInfo) -> Self {
        let processor = found.processor_info;
        let cores = found.v_cpu_info;
        let number = |it: Option<i32>| it.map(i64::from);
        let numbers = |it: Option<Vec<i32>>| it.unwrap_or_default().into_iter().map(i64::from).collect();
        let storage = found.instance_storage_info;
        let disks = storage.as_ref().and_then(|it| it.disks.clone()).unwrap_or_default().into_iter();
        let own = Self {
            auto_recovery_supported: found.auto_recovery_supported,
            bare_metal: found.bare_metal,
            boot_modes: texts(found.supported_boot_modes),
            burstable_performance_supported: found.burstable_performance_supported,
            current_generation: found.current_generation,
            dedicated_hosts_supported: found.dedicated_hosts_supported,
            default_cores: number(cores.as_ref().and_then(|it| it.default_cores)),
            default_threads_per_core: number(cores.as_ref().and_then(|it| it.default_threads_per_core)),
            default_vcpus: number(cores.as_ref().and_then(|it| it.default_v_cpus)),
            free_tier_eligible: found.free_tier_eligible,
            hibernation_supported: found.hibernation_supported,
            hypervisor: text(found.hypervisor),
            instance_disks: disks
                .map(|it| InstanceDisk { count: number(it.count), size: it.size_in_gb, r#type: text(it.r#type) })
                .collect(),
            instance_storage_supported: found.instance_storage_supported,
            memory_size: found.memory_info.and_then(|it| it.size_in_mib),
            nitro_enclaves_support: text(found.nitro_enclaves_support),
            nitro_tpm_support: text(found.nitro_tpm_support),
            phc_support: text(found.phc_support),
            supported_architectures: in_order(processor.as_ref().and_then(|it| it.supported_architectures.clone())),
            supported_cpu_features: texts(processor.as_ref().and_then(|it| it.supported_features.clone())),
            supported_placement_strategies: in_order(found.placement_group_info.and_then(|it| it.supported_strategies)),
            supported_root_device_types: in_order(found.supported_root_device_types),
            supported_usages_classes: in_order(found.supported_usage_classes),
            supported_virtualization_types: in_order(found.supported_virtualization_types),
            sustained_clock_speed: processor.and_then(|it| it.sustained_clock_speed_in_ghz),
            total_fpga_memory: number(found.fpga_info.and_then(|it| it.total_fpga_memory_in_mib)),
            total_gpu_memory: number(found.gpu_info.and_then(|it| it.total_gpu_memory_in_mib)),
            total_inference_memory: number(
                found.inference_accelerator_info.and_then(|it| it.total_inference_memory_in_mib),
            ),
            total_instance_storage: storage.and_then(|it| it.total_size_in_gb),
            valid_cores: numbers(cores.as_ref().and_then(|it| it.valid_cores.clone())),
            valid_threads_per_core: numbers(cores.and_then(|it| it.valid_threads_per_core)),
            ..Self::default()
        };
        own.with_volumes(found.ebs_info).with_network(found.network_info)
    }

    fn with_volumes(self, found: Option<EbsInfo>) -> Self {
        let Some(found) = found else { return self };
        let performance = found.ebs_optimized_info;
        let performance = performance.as_ref();
        Self {
            ebs_encryption_support: text(found.encryption_support),
            ebs_nvme_support: text(found.nvme_support),
            ebs_optimized_support: text(found.ebs_optimized_support),
            ebs_performance_baseline_bandwidth: performance.and_then(|it| it.baseline_bandwidth_in_mbps).map(i64::from),
            ebs_performance_baseline_iops: performance.and_then(|it| it.baseline_iops).map(i64::from),
            ebs_performance_baseline_throughput: performance.and_then(|it| it.baseline_throughput_in_m_bps),
            ebs_performance_maximum_bandwidth: performance.and_then(|it| it.maximum_bandwidth_in_mbps).map(i64::from),
            ebs_performance_maximum_iops: performance.and_then(|it| it.maximum_iops).map(i64::from),
            ebs_performance_maximum_throughput: performance.and_then(|it| it.maximum_throughput_in_m_bps),
            ..self
        }
    }

    fn with_network(self, found: Option<NetworkInfo>) -> Self {
        let Some(found) = found else { return self };
        Self {
            bandwidth_weightings: in_order(found.bandwidth_weightings),
            default_network_card_index: found.default_network_card_index.map(i64::from),
            efa_maximum_interfaces: found.efa_info.and_then(|it| it.maximum_efa_interfaces).map(i64::from),
            efa_supported: found.efa_supported,
            ena_srd_supported: found.ena_srd_supported,
            ena_support: text(found.ena_support),
            encryption_in_transit_supported: found.encryption_in_transit_supported,
            ipv6_supported: found.ipv6_supported,
            maximum_ipv4_addresses_per_interface: found.ipv4_addresses_per_interface.map(i64::from),
            maximum_ipv6_addresses_per_interface: found.ipv6_addresses_per_interface.map(i64::from),
            maximum_network_cards: found.maximum_network_cards.map(i64::from),
            maximum_network_interfaces: found.maximum_network_interfaces.map(i64::from),
            network_performance: found.network_performance,
            ..self
        }
    }
}

fn in_order<T: AsRef<str>>(words: Option<Vec<T>>) -> Vec<String> {
    words.unwrap_or_default().iter().map(|it| it.as_ref().to_owned()).collect()
}

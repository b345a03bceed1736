//! The data of a launch template version: as a call sends it, and as an answer shows it.

use aws_sdk_ec2::types as sdk;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use super::LaunchTemplate;
use super::blocks::{
    BlockDeviceMapping, CapacityReservation, CapacityReservationTarget, CpuOptions, CreditSpecification, Ebs,
    EnclaveOptions, HibernationOptions, LicenseSpecification, MaintenanceOptions, MarketOptions, MetadataOptions,
    Monitoring, Placement, PrivateDnsNameOptions, ProfileReference, SpotOptions, TagSpecification,
};
use crate::ec2::requirements::InstanceRequirements;
use crate::ec2::{observed_tags, sdk_tags};
use crate::wire::words::{flag, text, texts, word, words};

/// Makes the one block that there may be of an SDK value.
fn one<T, B>(value: Option<T>, block: impl FnOnce(T) -> B) -> Vec<B> {
    value.map(block).into_iter().collect()
}

fn many<B, T>(blocks: &[B], request: impl FnMut(&B) -> T) -> Option<Vec<T>> {
    (!blocks.is_empty()).then(|| blocks.iter().map(request).collect())
}

fn flag_text(flag: Option<bool>) -> Option<String> {
    flag.map(|it| it.to_string())
}

impl LaunchTemplate {
    /// What a call sends.
    pub(super) fn data(&self) -> sdk::RequestLaunchTemplateData {
        sdk::RequestLaunchTemplateData::builder()
            .set_block_device_mappings(many(&self.block_device_mappings, BlockDeviceMapping::request))
            .set_capacity_reservation_specification(
                self.capacity_reservation_specification.first().map(CapacityReservation::request),
            )
            .set_cpu_options(self.cpu_options.first().map(CpuOptions::request))
            .set_credit_specification(self.credit_specification.first().map(CreditSpecification::request))
            .set_disable_api_stop(self.disable_api_stop)
            .set_disable_api_termination(self.disable_api_termination)
            .set_ebs_optimized(flag(self.ebs_optimized.as_ref()))
            .set_enclave_options(
                self.enclave_options
                    .first()
                    .map(|it| sdk::LaunchTemplateEnclaveOptionsRequest::builder().set_enabled(it.enabled).build()),
            )
            .set_hibernation_options(
                self.hibernation_options.first().map(|it| {
                    sdk::LaunchTemplateHibernationOptionsRequest::builder().configured(it.configured).build()
                }),
            )
            .set_iam_instance_profile(self.iam_instance_profile.first().map(ProfileReference::request))
            .set_image_id(word(self.image_id.as_ref()))
            .set_instance_initiated_shutdown_behavior(word(self.instance_initiated_shutdown_behavior.as_ref()))
            .set_instance_market_options(self.instance_market_options.first().map(MarketOptions::request))
            .set_instance_requirements(self.instance_requirements.first().map(InstanceRequirements::to_ec2))
            .set_instance_type(word(self.instance_type.as_ref()))
            .set_kernel_id(word(self.kernel_id.as_ref()))
            .set_key_name(word(self.key_name.as_ref()))
            .set_license_specifications(many(&self.license_specification, |it| {
                sdk::LaunchTemplateLicenseConfigurationRequest::builder()
                    .license_configuration_arn(&it.license_configuration_arn)
                    .build()
            }))
            .set_maintenance_options(self.maintenance_options.first().map(|it| {
                sdk::LaunchTemplateInstanceMaintenanceOptionsRequest::builder()
                    .set_auto_recovery(word(it.auto_recovery.as_ref()))
                    .build()
            }))
            .set_metadata_options(self.metadata_options.first().map(MetadataOptions::request))
            .set_monitoring(
                self.monitoring
                    .first()
                    .map(|it| sdk::LaunchTemplatesMonitoringRequest::builder().set_enabled(it.enabled).build()),
            )
            .set_network_interfaces(many(&self.network_interfaces, |it| it.request()))
            .set_placement(self.placement.first().map(Placement::request))
            .set_private_dns_name_options(self.private_dns_name_options.first().map(PrivateDnsNameOptions::request))
            .set_ram_disk_id(word(self.ram_disk_id.as_ref()))
            .set_security_groups(words(&self.security_group_names))
            .set_security_group_ids(words(&self.vpc_security_group_ids))
            .set_tag_specifications(many(&self.tag_specifications, TagSpecification::request))
            .set_user_data(word(self.user_data.as_ref()))
            .build()
    }

    /// The template with the data that an answer shows; everything else is as in `self`.
    pub(super) fn with_data(self, data: sdk::ResponseLaunchTemplateData) -> Self {
        Self {
            block_device_mappings: data
                .block_device_mappings
                .unwrap_or_default()
                .into_iter()
                .map(BlockDeviceMapping::observe)
                .collect(),
            capacity_reservation_specification: one(
                data.capacity_reservation_specification,
                CapacityReservation::observe,
            ),
            cpu_options: one(data.cpu_options, CpuOptions::observe),
            credit_specification: one(data.credit_specification, |it| CreditSpecification {
                cpu_credits: text(it.cpu_credits),
            }),
            disable_api_stop: data.disable_api_stop,
            disable_api_termination: data.disable_api_termination,
            ebs_optimized: flag_text(data.ebs_optimized),
            enclave_options: one(data.enclave_options, |it| EnclaveOptions { enabled: it.enabled }),
            hibernation_options: one(data.hibernation_options, |it| HibernationOptions {
                configured: it.configured.unwrap_or_default(),
            }),
            iam_instance_profile: one(data.iam_instance_profile, |it| ProfileReference {
                arn: text(it.arn),
                name: text(it.name),
            }),
            image_id: text(data.image_id),
            instance_initiated_shutdown_behavior: text(data.instance_initiated_shutdown_behavior),
            instance_market_options: one(data.instance_market_options, MarketOptions::observe),
            instance_requirements: one(data.instance_requirements, InstanceRequirements::from_ec2),
            instance_type: text(data.instance_type),
            kernel_id: text(data.kernel_id),
            key_name: text(data.key_name),
            license_specification: data
                .license_specifications
                .unwrap_or_default()
                .into_iter()
                .filter_map(|it| {
                    Some(LicenseSpecification { license_configuration_arn: it.license_configuration_arn? })
                })
                .collect(),
            maintenance_options: one(data.maintenance_options, |it| MaintenanceOptions {
                auto_recovery: text(it.auto_recovery),
            }),
            metadata_options: one(data.metadata_options, MetadataOptions::observe),
            monitoring: one(data.monitoring, |it| Monitoring { enabled: it.enabled }),
            network_interfaces: data
                .network_interfaces
                .unwrap_or_default()
                .into_iter()
                .map(super::blocks::NetworkInterface::observe)
                .collect(),
            placement: one(data.placement, Placement::observe),
            private_dns_name_options: one(data.private_dns_name_options, PrivateDnsNameOptions::observe),
            ram_disk_id: text(data.ram_disk_id),
            security_group_names: texts(data.security_groups),
            vpc_security_group_ids: texts(data.security_group_ids),
            tag_specifications: data
                .tag_specifications
                .unwrap_or_default()
                .into_iter()
                .filter(|it| it.resource_type != Some(sdk::ResourceType::LaunchTemplate))
                .map(|it| TagSpecification { resource_type: text(it.resource_type), tags: observed_tags(it.tags) })
                .collect(),
            user_data: text(data.user_data),
            ..self
        }
    }
}

impl BlockDeviceMapping {
    fn request(&self) -> sdk::LaunchTemplateBlockDeviceMappingRequest {
        let removed = self.no_device.as_deref().is_some_and(|it| it != "false");
        sdk::LaunchTemplateBlockDeviceMappingRequest::builder()
            .set_device_name(word(self.device_name.as_ref()))
            .set_no_device(removed.then(String::new))
            .set_virtual_name(word(self.virtual_name.as_ref()))
            .set_ebs(self.ebs.first().filter(|_| !removed).map(Ebs::request))
            .build()
    }

    fn observe(it: sdk::LaunchTemplateBlockDeviceMapping) -> Self {
        Self {
            device_name: text(it.device_name),
            no_device: it.no_device.map(|_| "true".to_owned()),
            virtual_name: text(it.virtual_name),
            ebs: one(it.ebs, Ebs::observe),
        }
    }
}

impl Ebs {
    fn request(&self) -> sdk::LaunchTemplateEbsBlockDeviceRequest {
        sdk::LaunchTemplateEbsBlockDeviceRequest::builder()
            .set_delete_on_termination(flag(self.delete_on_termination.as_ref()))
            .set_encrypted(flag(self.encrypted.as_ref()))
            .set_iops(self.iops.filter(|it| *it != 0))
            .set_kms_key_id(word(self.kms_key_id.as_ref()))
            .set_snapshot_id(word(self.snapshot_id.as_ref()))
            .set_throughput(self.throughput.filter(|it| *it != 0))
            .set_volume_initialization_rate(self.volume_initialization_rate.filter(|it| *it != 0))
            .set_volume_size(self.volume_size.filter(|it| *it != 0))
            .set_volume_type(word(self.volume_type.as_ref()))
            .build()
    }

    fn observe(it: sdk::LaunchTemplateEbsBlockDevice) -> Self {
        Self {
            delete_on_termination: flag_text(it.delete_on_termination),
            encrypted: flag_text(it.encrypted),
            iops: it.iops,
            kms_key_id: text(it.kms_key_id),
            snapshot_id: text(it.snapshot_id),
            throughput: it.throughput,
            volume_initialization_rate: it.volume_initialization_rate,
            volume_size: it.volume_size,
            volume_type: text(it.volume_type),
        }
    }
}

impl CapacityReservation {
    fn request(&self) -> sdk::LaunchTemplateCapacityReservationSpecificationRequest {
        sdk::LaunchTemplateCapacityReservationSpecificationRequest::builder()
            .set_capacity_reservation_preference(word(self.capacity_reservation_preference.as_ref()))
            .set_capacity_reservation_target(self.capacity_reservation_target.first().map(|it| it.request()))
            .build()
    }

    fn observe(it: sdk::LaunchTemplateCapacityReservationSpecificationResponse) -> Self {
        Self {
            capacity_reservation_preference: text(it.capacity_reservation_preference),
            capacity_reservation_target: one(it.capacity_reservation_target, CapacityReservationTarget::observe),
        }
    }
}

impl CapacityReservationTarget {
    /// As a call sends it.
    pub(in crate::ec2) fn request(&self) -> sdk::CapacityReservationTarget {
        sdk::CapacityReservationTarget::builder()
            .set_capacity_reservation_id(word(self.capacity_reservation_id.as_ref()))
            .set_capacity_reservation_resource_group_arn(word(self.capacity_reservation_resource_group_arn.as_ref()))
            .build()
    }

    /// As an answer shows it.
    pub(in crate::ec2) fn observe(it: sdk::CapacityReservationTargetResponse) -> Self {
        Self {
            capacity_reservation_id: text(it.capacity_reservation_id),
            capacity_reservation_resource_group_arn: text(it.capacity_reservation_resource_group_arn),
        }
    }
}

impl CpuOptions {
    fn request(&self) -> sdk::LaunchTemplateCpuOptionsRequest {
        sdk::LaunchTemplateCpuOptionsRequest::builder()
            .set_amd_sev_snp(word(self.amd_sev_snp.as_ref()))
            .set_core_count(self.core_count)
            .set_threads_per_core(self.threads_per_core)
            .build()
    }

    fn observe(it: sdk::LaunchTemplateCpuOptions) -> Self {
        Self { amd_sev_snp: text(it.amd_sev_snp), core_count: it.core_count, threads_per_core: it.threads_per_core }
    }
}

impl CreditSpecification {
    /// As a call sends it.
    pub(in crate::ec2) fn request(&self) -> sdk::CreditSpecificationRequest {
        sdk::CreditSpecificationRequest::builder().set_cpu_credits(word(self.cpu_credits.as_ref())).build()
    }
}

impl ProfileReference {
    fn request(&self) -> sdk::LaunchTemplateIamInstanceProfileSpecificationRequest {
        sdk::LaunchTemplateIamInstanceProfileSpecificationRequest::builder()
            .set_arn(word(self.arn.as_ref()))
            .set_name(word(self.name.as_ref()))
            .build()
    }
}

impl MarketOptions {
    fn request(&self) -> sdk::LaunchTemplateInstanceMarketOptionsRequest {
        sdk::LaunchTemplateInstanceMarketOptionsRequest::builder()
            .set_market_type(word(self.market_type.as_ref()))
            .set_spot_options(self.spot_options.first().map(SpotOptions::request))
            .build()
    }

    fn observe(it: sdk::LaunchTemplateInstanceMarketOptions) -> Self {
        Self { market_type: text(it.market_type), spot_options: one(it.spot_options, SpotOptions::observe) }
    }
}

impl SpotOptions {
    /// As a call sends it.
    pub(in crate::ec2) fn request(&self) -> sdk::LaunchTemplateSpotMarketOptionsRequest {
        sdk::LaunchTemplateSpotMarketOptionsRequest::builder()
            .set_block_duration_minutes(self.block_duration_minutes)
            .set_instance_interruption_behavior(word(self.instance_interruption_behavior.as_ref()))
            .set_max_price(word(self.max_price.as_ref()))
            .set_spot_instance_type(word(self.spot_instance_type.as_ref()))
            .set_valid_until(
                self.valid_until.as_deref().and_then(|it| DateTime::from_str(it, Format::DateTimeWithOffset).ok()),
            )
            .build()
    }

    fn observe(it: sdk::LaunchTemplateSpotMarketOptions) -> Self {
        Self {
            block_duration_minutes: it.block_duration_minutes,
            instance_interruption_behavior: text(it.instance_interruption_behavior),
            max_price: text(it.max_price),
            spot_instance_type: text(it.spot_instance_type),
            valid_until: it.valid_until.and_then(|it| it.fmt(Format::DateTime).ok()),
        }
    }
}

impl MetadataOptions {
    fn request(&self) -> sdk::LaunchTemplateInstanceMetadataOptionsRequest {
        sdk::LaunchTemplateInstanceMetadataOptionsRequest::builder()
            .set_http_endpoint(word(self.http_endpoint.as_ref()))
            .set_http_protocol_ipv6(word(self.http_protocol_ipv6.as_ref()))
            .set_http_put_response_hop_limit(self.http_put_response_hop_limit)
            .set_http_tokens(word(self.http_tokens.as_ref()))
            .set_instance_metadata_tags(word(self.instance_metadata_tags.as_ref()))
            .build()
    }

    fn observe(it: sdk::LaunchTemplateInstanceMetadataOptions) -> Self {
        Self {
            http_endpoint: text(it.http_endpoint),
            http_protocol_ipv6: text(it.http_protocol_ipv6),
            http_put_response_hop_limit: it.http_put_response_hop_limit,
            http_tokens: text(it.http_tokens),
            instance_metadata_tags: text(it.instance_metadata_tags),
        }
    }
}

impl Placement {
    fn request(&self) -> sdk::LaunchTemplatePlacementRequest {
        sdk::LaunchTemplatePlacementRequest::builder()
            .set_affinity(word(self.affinity.as_ref()))
            .set_availability_zone(word(self.availability_zone.as_ref()))
            .set_group_id(word(self.group_id.as_ref()))
            .set_group_name(word(self.group_name.as_ref()))
            .set_host_id(word(self.host_id.as_ref()))
            .set_host_resource_group_arn(word(self.host_resource_group_arn.as_ref()))
            .set_partition_number(self.partition_number)
            .set_spread_domain(word(self.spread_domain.as_ref()))
            .set_tenancy(word(self.tenancy.as_ref()))
            .build()
    }

    fn observe(it: sdk::LaunchTemplatePlacement) -> Self {
        Self {
            affinity: text(it.affinity),
            availability_zone: text(it.availability_zone),
            group_id: text(it.group_id),
            group_name: text(it.group_name),
            host_id: text(it.host_id),
            host_resource_group_arn: text(it.host_resource_group_arn),
            partition_number: it.partition_number,
            spread_domain: text(it.spread_domain),
            tenancy: text(it.tenancy),
        }
    }
}

impl PrivateDnsNameOptions {
    fn request(&self) -> sdk::LaunchTemplatePrivateDnsNameOptionsRequest {
        sdk::LaunchTemplatePrivateDnsNameOptionsRequest::builder()
            .set_enable_resource_name_dns_a_record(self.enable_resource_name_dns_a_record)
            .set_enable_resource_name_dns_aaaa_record(self.enable_resource_name_dns_aaaa_record)
            .set_hostname_type(word(self.hostname_type.as_ref()))
            .build()
    }

    fn observe(it: sdk::LaunchTemplatePrivateDnsNameOptions) -> Self {
        Self {
            enable_resource_name_dns_a_record: it.enable_resource_name_dns_a_record,
            enable_resource_name_dns_aaaa_record: it.enable_resource_name_dns_aaaa_record,
            hostname_type: text(it.hostname_type),
        }
    }
}

impl TagSpecification {
    fn request(&self) -> sdk::LaunchTemplateTagSpecificationRequest {
        sdk::LaunchTemplateTagSpecificationRequest::builder()
            .set_resource_type(word(self.resource_type.as_ref()))
            .set_tags(Some(sdk_tags(&self.tags)))
            .build()
    }
}

//! The launch of an instance.

use std::collections::BTreeMap;

use aws_sdk_ec2::error::ProvideErrorMetadata;
use aws_sdk_ec2::types as sdk;
use plumb_engine::provider::typed::{Made, Resource, Result};
use plumb_engine::provider::{Creation, ProviderError};

use super::blocks::{
    CapacityReservation, CpuOptions, EbsBlockDevice, EphemeralBlockDevice, MetadataOptions, RootBlockDevice,
};
use super::{Instance, PROPAGATION, instances, modify};
use crate::client::Aws;
use crate::ec2::launch_template::blocks::CreditSpecification;
use crate::ec2::{filter, retag, switch, tagged};
use crate::wire::words::{word, words};
use crate::wire::{Context, Tags, retry, told, until_found};

/// Launches the instance, and then does what no argument of the launch does.
pub(super) async fn create(instance: &Instance, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Instance>> {
    let root = match instance.root_block_device.is_empty() {
        true => None,
        false => Some(instance.root_device(aws).await?),
    };
    let call = instance.request(aws, root).client_token(creation.key.as_str());
    let sent = retry::while_error(PROPAGATION, unknown_profile, || call.clone().send()).await;
    let action = "creating aws_instance (RunInstances)";
    let made = sent.context(action)?.instances.unwrap_or_default();
    let id = told(made.into_iter().find_map(|it| it.instance_id), action)?;
    creation.made(&id);
    if !instance.source_dest_check {
        modify(aws, &id, |call| call.source_dest_check(switch(false))).await?;
    }
    instance.tag_volumes(aws, &id).await?;
    Ok(Made::id(id))
}

/// Whether the instance profile is not known to EC2 yet.
pub(super) fn unknown_profile(error: &impl ProvideErrorMetadata) -> bool {
    error.code() == Some("InvalidParameterValue")
        && error.message().is_some_and(|it| it.contains("iamInstanceProfile") || it.contains("IAM Instance Profile"))
}

type RunCall = aws_sdk_ec2::operation::run_instances::builders::RunInstancesFluentBuilder;

impl Instance {
    fn request(&self, aws: &Aws, root: Option<String>) -> RunCall {
        let call = aws
            .ec2
            .run_instances()
            .min_count(1)
            .max_count(1)
            .set_image_id(word(self.ami.as_ref()))
            .set_instance_type(word(self.instance_type.as_ref()))
            .set_launch_template(self.launch_template.first().map(|it| {
                let id: Option<String> = word(it.id.as_ref());
                let name = word(it.name.as_ref()).filter(|_: &String| id.is_none());
                let template = sdk::LaunchTemplateSpecification::builder().version(&it.version);
                template.set_launch_template_id(id).set_launch_template_name(name).build()
            }))
            .set_block_device_mappings(self.mappings(root))
            .set_capacity_reservation_specification(
                self.capacity_reservation_specification.first().map(CapacityReservation::request),
            )
            .set_cpu_options(self.cpu_options.first().map(CpuOptions::request))
            .set_credit_specification(self.credit_specification.first().map(CreditSpecification::request))
            .set_disable_api_stop(self.disable_api_stop)
            .set_disable_api_termination(self.disable_api_termination)
            .set_ebs_optimized(self.ebs_optimized)
            .set_enclave_options(
                self.enclave_options
                    .first()
                    .map(|it| sdk::EnclaveOptionsRequest::builder().set_enabled(it.enabled).build()),
            )
            .set_hibernation_options(
                self.hibernation.map(|it| sdk::HibernationOptionsRequest::builder().configured(it).build()),
            )
            .set_iam_instance_profile(
                word::<String>(self.iam_instance_profile.as_ref())
                    .map(|it| sdk::IamInstanceProfileSpecification::builder().name(it).build()),
            )
            .set_instance_initiated_shutdown_behavior(word(self.instance_initiated_shutdown_behavior.as_ref()))
            .set_instance_market_options(self.market())
            .set_key_name(word(self.key_name.as_ref()))
            .set_maintenance_options(self.maintenance_options.first().map(|it| {
                let options = sdk::InstanceMaintenanceOptionsRequest::builder();
                options.set_auto_recovery(word(it.auto_recovery.as_ref())).build()
            }))
            .set_metadata_options(self.metadata_options.first().map(MetadataOptions::request))
            .set_monitoring(self.monitoring.map(|it| sdk::RunInstancesMonitoringEnabled::builder().enabled(it).build()))
            .set_placement(self.placement())
            .set_private_dns_name_options(self.private_dns_name_options.first().map(|it| {
                sdk::PrivateDnsNameOptionsRequest::builder()
                    .set_hostname_type(word(it.hostname_type.as_ref()))
                    .set_enable_resource_name_dns_a_record(it.enable_resource_name_dns_a_record)
                    .set_enable_resource_name_dns_aaaa_record(it.enable_resource_name_dns_aaaa_record)
                    .build()
            }))
            .set_tag_specifications(self.tag_specifications())
            .set_user_data(self.sent_user_data());
        self.on_network(call)
    }

    fn tag_specifications(&self) -> Option<Vec<sdk::TagSpecification>> {
        let instance = tagged(sdk::ResourceType::Instance, &self.tags_all);
        let volume = tagged(sdk::ResourceType::Volume, &self.volume_tags);
        let all: Vec<_> = instance.into_iter().chain(volume).collect();
        (!all.is_empty()).then_some(all)
    }

    fn placement(&self) -> Option<sdk::Placement> {
        let placement = sdk::Placement::builder()
            .set_availability_zone(word(self.availability_zone.as_ref()))
            .set_group_name(word(self.placement_group.as_ref()))
            .set_group_id(word(self.placement_group_id.as_ref()))
            .set_partition_number(self.placement_partition_number.filter(|it| *it != 0))
            .set_host_id(word(self.host_id.as_ref()))
            .set_host_resource_group_arn(word(self.host_resource_group_arn.as_ref()))
            .set_tenancy(word(self.tenancy.as_ref()))
            .build();
        (placement != sdk::Placement::builder().build()).then_some(placement)
    }

    /// Network arguments stand either at the instance or at its first interface, which alone can say whether it gets a
    /// public address.
    fn on_network(&self, call: RunCall) -> RunCall {
        let existing: Vec<_> = self.existing_interfaces();
        if !existing.is_empty() {
            return call.set_network_interfaces(Some(existing));
        }
        let addresses: Vec<_> =
            self.ipv6_addresses.iter().map(|it| sdk::InstanceIpv6Address::builder().ipv6_address(it).build()).collect();
        let addresses = (!addresses.is_empty()).then_some(addresses);
        let count = self.ipv6_address_count.filter(|it| *it != 0);
        let plain = self.associate_public_ip_address.is_none() && self.secondary_private_ips.is_empty();
        if plain {
            return call
                .set_enable_primary_ipv6(self.enable_primary_ipv6)
                .set_ipv6_address_count(count)
                .set_ipv6_addresses(addresses)
                .set_private_ip_address(word(self.private_ip.as_ref()))
                .set_security_groups(words(&self.security_groups))
                .set_security_group_ids(words(&self.vpc_security_group_ids))
                .set_subnet_id(word(self.subnet_id.as_ref()));
        }
        let secondary = self.secondary_private_ips.iter();
        let address = |ip: &String, primary: bool| {
            sdk::PrivateIpAddressSpecification::builder().private_ip_address(ip).primary(primary).build()
        };
        let mut private: Vec<_> = secondary.map(|it| address(it, false)).collect();
        private.extend(self.private_ip.iter().filter(|it| !it.is_empty()).map(|it| address(it, true)));
        let groups = words(self.vpc_security_group_ids.iter().chain(&self.security_groups));
        let interface = sdk::InstanceNetworkInterfaceSpecification::builder()
            .device_index(0)
            .set_associate_public_ip_address(self.associate_public_ip_address)
            .set_groups(groups)
            .set_ipv6_address_count(count)
            .set_ipv6_addresses(addresses)
            .set_primary_ipv6(self.enable_primary_ipv6)
            .set_private_ip_addresses((!private.is_empty()).then_some(private))
            .set_subnet_id(word(self.subnet_id.as_ref()))
            .build();
        call.network_interfaces(interface)
    }

    fn existing_interfaces(&self) -> Vec<sdk::InstanceNetworkInterfaceSpecification> {
        let primary = self.primary_network_interface.iter().map(|it| {
            sdk::InstanceNetworkInterfaceSpecification::builder()
                .device_index(0)
                .network_interface_id(&it.network_interface_id)
                .build()
        });
        let others = self.network_interface.iter().map(|it| {
            sdk::InstanceNetworkInterfaceSpecification::builder()
                .device_index(it.device_index)
                .network_card_index(it.network_card_index)
                .network_interface_id(&it.network_interface_id)
                .delete_on_termination(it.delete_on_termination)
                .build()
        });
        primary.chain(others).collect()
    }

    fn mappings(&self, root: Option<String>) -> Option<Vec<sdk::BlockDeviceMapping>> {
        let root = self.root_block_device.first().zip(root).map(|(it, device)| it.request(device));
        let volumes = self.ebs_block_device.iter().map(EbsBlockDevice::request);
        let ephemeral = self.ephemeral_block_device.iter().map(EphemeralBlockDevice::request);
        let all: Vec<_> = volumes.chain(ephemeral).chain(root).collect();
        (!all.is_empty()).then_some(all)
    }

    fn market(&self) -> Option<sdk::InstanceMarketOptionsRequest> {
        let options = self.instance_market_options.first()?;
        let spot = options.spot_options.first().map(|it| {
            let sent = it.request();
            sdk::SpotMarketOptions::builder()
                .set_max_price(sent.max_price)
                .set_spot_instance_type(sent.spot_instance_type)
                .set_block_duration_minutes(sent.block_duration_minutes)
                .set_valid_until(sent.valid_until)
                .set_instance_interruption_behavior(sent.instance_interruption_behavior)
                .build()
        });
        let market = sdk::InstanceMarketOptionsRequest::builder().set_spot_options(spot);
        Some(market.set_market_type(word(options.market_type.as_ref())).build())
    }

    /// Name of the root device, which the image tells: the block of the root volume does not have it.
    async fn root_device(&self, aws: &Aws) -> Result<String> {
        let action = "finding the root device of aws_instance (DescribeImages)";
        let image = match self.ami.clone().filter(|it| !it.is_empty()) {
            Some(image) => image,
            None => self.template_image(aws).await?,
        };
        let sent = aws.ec2.describe_images().image_ids(&image).include_deprecated(true).send().await;
        let found = sent.context(action)?.images.unwrap_or_default();
        let device = found.into_iter().next().and_then(|it| it.root_device_name);
        device.ok_or_else(|| {
            ProviderError::refused(action, format!("the image {image} is not found, or has no root device"))
                .help("Check the AMI's id and the region.")
        })
    }

    async fn template_image(&self, aws: &Aws) -> Result<String> {
        let action = "finding the image of aws_instance (DescribeLaunchTemplateVersions)";
        let template = self.launch_template.first().cloned().unwrap_or_default();
        let id: Option<String> = word(template.id.as_ref());
        let name = word(template.name.as_ref()).filter(|_: &String| id.is_none());
        let call = aws.ec2.describe_launch_template_versions().versions(&template.version).resolve_alias(true);
        let answer = call.set_launch_template_id(id).set_launch_template_name(name).send().await.context(action)?;
        let version = answer.launch_template_versions.unwrap_or_default().into_iter().next();
        version.and_then(|it| it.launch_template_data?.image_id).ok_or_else(|| {
            ProviderError::refused(action, "neither the instance nor its launch template has an image")
                .help("Set `ami`, or `image_id` of the launch template.")
        })
    }

    /// Tags of single volumes are no argument of the launch, and can be set when the volumes are attached.
    async fn tag_volumes(&self, aws: &Aws, id: &str) -> Result<()> {
        let defaults = aws.default_tags();
        let wanted = |tags: &Tags| -> Tags {
            defaults.iter().chain(tags).map(|(key, value)| (key.clone(), value.clone())).collect()
        };
        let root = self.root_block_device.first().map(|it| wanted(&it.tags)).filter(|it| !it.is_empty());
        let others: BTreeMap<&str, Tags> = self
            .ebs_block_device
            .iter()
            .map(|it| (it.device_name.as_str(), wanted(&it.tags)))
            .filter(|(_, it)| !it.is_empty())
            .collect();
        if !self.volume_tags.is_empty() || (root.is_none() && others.is_empty()) {
            return Ok(());
        }
        let volumes = until_found(Self::TIMEOUTS.create, async || {
            let found = instances(aws, filter("instance-id", [id])).await?.into_iter().next();
            let Some((_, instance)) = found else { return Ok::<_, ProviderError>(None) };
            let volumes = attached(&instance);
            let complete = !volumes.is_empty() && others.keys().all(|device| volumes.contains_key(*device));
            Ok(complete.then_some((instance.root_device_name, volumes)))
        });
        let Some((root_device, volumes)) = volumes.await? else {
            return Err(ProviderError::unanswered("tagging the volumes of aws_instance", "they are not attached yet"));
        };
        for (device, volume) in volumes {
            let tags =
                if root_device.as_deref() == Some(&device) { root.as_ref() } else { others.get(device.as_str()) };
            if let Some(tags) = tags {
                retag(aws, &volume, &Tags::new(), tags).await?;
            }
        }
        Ok(())
    }
}

/// Volumes by device.
fn attached(instance: &sdk::Instance) -> BTreeMap<String, String> {
    let mappings = instance.block_device_mappings.as_deref().unwrap_or_default();
    mappings.iter().filter_map(|it| Some((it.device_name.clone()?, it.ebs.as_ref()?.volume_id.clone()?))).collect()
}

impl RootBlockDevice {
    fn request(&self, device: String) -> sdk::BlockDeviceMapping {
        let ebs = sdk::EbsBlockDevice::builder()
            .delete_on_termination(self.delete_on_termination)
            .set_encrypted(self.encrypted.filter(|it| *it))
            .set_iops(self.iops.filter(|it| *it != 0))
            .set_kms_key_id(word(self.kms_key_id.as_ref()))
            .set_throughput(self.throughput.filter(|it| *it != 0))
            .set_volume_size(self.volume_size.filter(|it| *it != 0))
            .set_volume_type(word(self.volume_type.as_ref()))
            .build();
        sdk::BlockDeviceMapping::builder().device_name(device).ebs(ebs).build()
    }
}

impl EbsBlockDevice {
    fn request(&self) -> sdk::BlockDeviceMapping {
        let ebs = sdk::EbsBlockDevice::builder()
            .delete_on_termination(self.delete_on_termination)
            .set_encrypted(self.encrypted.filter(|it| *it))
            .set_iops(self.iops.filter(|it| *it != 0))
            .set_kms_key_id(word(self.kms_key_id.as_ref()))
            .set_snapshot_id(word(self.snapshot_id.as_ref()))
            .set_throughput(self.throughput.filter(|it| *it != 0))
            .set_volume_size(self.volume_size.filter(|it| *it != 0))
            .set_volume_type(word(self.volume_type.as_ref()))
            .build();
        sdk::BlockDeviceMapping::builder().device_name(&self.device_name).ebs(ebs).build()
    }
}

impl EphemeralBlockDevice {
    fn request(&self) -> sdk::BlockDeviceMapping {
        sdk::BlockDeviceMapping::builder()
            .device_name(&self.device_name)
            .set_no_device(self.no_device.filter(|it| *it).map(|_| String::new()))
            .set_virtual_name(word(self.virtual_name.as_ref()))
            .build()
    }
}

impl CapacityReservation {
    pub(super) fn request(&self) -> sdk::CapacityReservationSpecification {
        sdk::CapacityReservationSpecification::builder()
            .set_capacity_reservation_preference(word(self.capacity_reservation_preference.as_ref()))
            .set_capacity_reservation_target(self.capacity_reservation_target.first().map(|it| it.request()))
            .build()
    }
}

impl CpuOptions {
    fn request(&self) -> sdk::CpuOptionsRequest {
        sdk::CpuOptionsRequest::builder()
            .set_amd_sev_snp(word(self.amd_sev_snp.as_ref()))
            .set_core_count(self.core_count)
            .set_threads_per_core(self.threads_per_core)
            .build()
    }
}

impl MetadataOptions {
    fn request(&self) -> sdk::InstanceMetadataOptionsRequest {
        sdk::InstanceMetadataOptionsRequest::builder()
            .set_http_endpoint(word(self.http_endpoint.as_ref()))
            .set_http_protocol_ipv6(word(self.http_protocol_ipv6.as_ref()))
            .set_http_put_response_hop_limit(self.http_put_response_hop_limit)
            .set_http_tokens(word(self.http_tokens.as_ref()))
            .set_instance_metadata_tags(word(self.instance_metadata_tags.as_ref()))
            .build()
    }
}

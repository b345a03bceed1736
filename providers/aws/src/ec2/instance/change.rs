//! Changes of an instance in place.

use std::time::Duration;

use aws_sdk_ec2::primitives::Blob;
use aws_sdk_ec2::types as sdk;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use plumb_engine::provider::ProviderError;
use plumb_engine::provider::typed::{Resource, Result};

use super::blocks::{CapacityReservation, RootBlockDevice};
use super::{ABSENT, Instance, instances, modify, state};
use crate::client::Aws;
use crate::ec2::ebs_volume::{VolumeChange, change_volume};
use crate::ec2::{filter, retag, switch};
use crate::wire::words::{word, words};
use crate::wire::{Context, Tags, pages, patiently, retry, until_found};

/// How long a stop may take.
const STOP: Duration = Duration::from_secs(600);

/// Changes the instance from `prior` to `self`; it is stopped at most once, and only for what needs it.
pub(super) async fn update(now: &Instance, aws: &Aws, id: &str, prior: &Instance) -> Result<()> {
    retag(aws, id, &prior.tags_all, &now.tags_all).await?;
    now.change_volumes(aws, id, prior).await?;
    now.change_profile(aws, id, prior).await?;
    now.change_network(aws, id, prior).await?;
    now.change_options(aws, id, prior).await?;
    now.change_attributes(aws, id, prior).await?;
    now.change_stopped(aws, id, prior).await
}

/// Lifts the protection from being terminated and stopped.
pub(super) async fn unprotect(aws: &Aws, id: &str, termination: Option<bool>, stop: Option<bool>) -> Result<()> {
    let found = instances(aws, filter("instance-id", [id])).await?;
    if found.is_empty() {
        return Ok(());
    }
    if termination == Some(true) {
        modify(aws, id, |call| call.disable_api_termination(switch(false))).await?;
    }
    if stop == Some(true) {
        modify(aws, id, |call| call.disable_api_stop(switch(false))).await?;
    }
    Ok(())
}

impl Instance {
    async fn change_attributes(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        if self.disable_api_stop != prior.disable_api_stop {
            modify(aws, id, |call| call.disable_api_stop(switch(self.disable_api_stop))).await?;
        }
        if self.disable_api_termination != prior.disable_api_termination {
            modify(aws, id, |call| call.disable_api_termination(switch(self.disable_api_termination))).await?;
        }
        let behavior = self.instance_initiated_shutdown_behavior.as_deref();
        if behavior != prior.instance_initiated_shutdown_behavior.as_deref() {
            let value = sdk::AttributeValue::builder().value(behavior.unwrap_or("stop")).build();
            modify(aws, id, |call| call.instance_initiated_shutdown_behavior(value)).await?;
        }
        match (self.monitoring, prior.monitoring) {
            (Some(true), before) if before != Some(true) => {
                let sent = aws.ec2.monitor_instances().instance_ids(id).send().await;
                sent.context("changing aws_instance (MonitorInstances)")?;
            }
            (Some(false), Some(true)) => {
                let sent = aws.ec2.unmonitor_instances().instance_ids(id).send().await;
                sent.context("changing aws_instance (UnmonitorInstances)")?;
            }
            _ => {}
        }
        Ok(())
    }

    async fn change_options(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        if let Some(it) = self.credit_specification.first().filter(|it| Some(*it) != prior.credit_specification.first())
        {
            let request = sdk::InstanceCreditSpecificationRequest::builder().instance_id(id);
            let request = request.set_cpu_credits(it.cpu_credits.clone()).build();
            let call = aws.ec2.modify_instance_credit_specification().instance_credit_specifications(request);
            call.send().await.context("changing aws_instance (ModifyInstanceCreditSpecification)")?;
        }
        if let Some(it) = self.metadata_options.first().filter(|it| Some(*it) != prior.metadata_options.first()) {
            // An endpoint that is off takes no other option.
            let on = it.http_endpoint.as_deref() != Some("disabled");
            let call = aws
                .ec2
                .modify_instance_metadata_options()
                .instance_id(id)
                .set_http_endpoint(word(it.http_endpoint.as_ref()))
                .set_http_protocol_ipv6(word(it.http_protocol_ipv6.as_ref()).filter(|_| on))
                .set_http_put_response_hop_limit(it.http_put_response_hop_limit.filter(|_| on))
                .set_http_tokens(word(it.http_tokens.as_ref()).filter(|_| on))
                .set_instance_metadata_tags(word(it.instance_metadata_tags.as_ref()).filter(|_| on));
            call.send().await.context("changing aws_instance (ModifyInstanceMetadataOptions)")?;
        }
        if let Some(it) = self.maintenance_options.first().filter(|it| Some(*it) != prior.maintenance_options.first()) {
            let call = aws.ec2.modify_instance_maintenance_options().instance_id(id);
            let sent = call.set_auto_recovery(word(it.auto_recovery.as_ref())).send().await;
            sent.context("changing aws_instance (ModifyInstanceMaintenanceOptions)")?;
        }
        let reservation = self.capacity_reservation_specification.first();
        if let Some(it) = reservation.filter(|it| Some(*it) != prior.capacity_reservation_specification.first()) {
            let call = aws.ec2.modify_instance_capacity_reservation_attributes().instance_id(id);
            let sent = call.capacity_reservation_specification(CapacityReservation::request(it)).send().await;
            sent.context("changing aws_instance (ModifyInstanceCapacityReservationAttributes)")?;
        }
        Ok(())
    }

    async fn change_network(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        if self.source_dest_check != prior.source_dest_check {
            modify(aws, id, |call| call.source_dest_check(switch(self.source_dest_check))).await?;
        }
        let Some(interface) = prior.primary_network_interface_id.as_deref() else { return Ok(()) };
        if self.vpc_security_group_ids != prior.vpc_security_group_ids {
            let call = aws.ec2.modify_network_interface_attribute().network_interface_id(interface);
            let sent = call.set_groups(words(&self.vpc_security_group_ids)).send().await;
            sent.context("changing the security groups of aws_instance (ModifyNetworkInterfaceAttribute)")?;
        }
        let gone = words(prior.secondary_private_ips.difference(&self.secondary_private_ips));
        if gone.is_some() {
            let call = aws.ec2.unassign_private_ip_addresses().network_interface_id(interface);
            let sent = call.set_private_ip_addresses(gone).send().await;
            sent.context("changing aws_instance (UnassignPrivateIpAddresses)")?;
        }
        let new = words(self.secondary_private_ips.difference(&prior.secondary_private_ips));
        if new.is_some() {
            let call = aws.ec2.assign_private_ip_addresses().network_interface_id(interface);
            let sent = call.set_private_ip_addresses(new).send().await;
            sent.context("changing aws_instance (AssignPrivateIpAddresses)")?;
        }
        if self.enable_primary_ipv6 == Some(true) && prior.enable_primary_ipv6 != Some(true) {
            let call = aws.ec2.modify_network_interface_attribute().network_interface_id(interface);
            let sent = call.enable_primary_ipv6(true).send().await;
            sent.context("changing aws_instance (ModifyNetworkInterfaceAttribute)")?;
        }
        Ok(())
    }

    async fn change_profile(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        let profile = word::<String>(self.iam_instance_profile.as_ref());
        if profile == word::<String>(prior.iam_instance_profile.as_ref()) {
            return Ok(());
        }
        let specification = profile.map(|it| sdk::IamInstanceProfileSpecification::builder().name(it).build());
        let call = aws.ec2.describe_iam_instance_profile_associations().filters(filter("instance-id", [id]));
        let found = pages!(call, "changing aws_instance (DescribeIamInstanceProfileAssociations)")?;
        let live = |it: &sdk::IamInstanceProfileAssociation| {
            matches!(
                it.state,
                Some(
                    sdk::IamInstanceProfileAssociationState::Associated
                        | sdk::IamInstanceProfileAssociationState::Associating
                )
            )
        };
        let association = found.into_iter().filter(live).find_map(|it| it.association_id);
        match (association, specification) {
            (Some(association), Some(profile)) => {
                let call = aws.ec2.replace_iam_instance_profile_association().association_id(association);
                let call = call.iam_instance_profile(profile);
                let again = super::create::unknown_profile;
                let sent = retry::while_error(super::PROPAGATION, again, || call.clone().send()).await;
                sent.context("changing aws_instance (ReplaceIamInstanceProfileAssociation)").map(drop)
            }
            (None, Some(profile)) => {
                let call = aws.ec2.associate_iam_instance_profile().instance_id(id).iam_instance_profile(profile);
                let again = super::create::unknown_profile;
                let sent = retry::while_error(super::PROPAGATION, again, || call.clone().send()).await;
                sent.context("changing aws_instance (AssociateIamInstanceProfile)").map(drop)
            }
            (Some(association), None) => {
                let sent = aws.ec2.disassociate_iam_instance_profile().association_id(association).send().await;
                sent.context("changing aws_instance (DisassociateIamInstanceProfile)").map(drop)
            }
            (None, None) => Ok(()),
        }
    }

    async fn change_volumes(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        if let (Some(now), Some(before)) = (self.root_block_device.first(), prior.root_block_device.first()) {
            change_root(aws, id, now, before).await?;
        }
        if !self.volume_tags.is_empty() || !prior.volume_tags.is_empty() {
            for volume in prior.volumes() {
                retag(aws, &volume, &prior.volume_tags, &self.volume_tags).await?;
            }
            return Ok(());
        }
        if let (Some(now), Some(before)) = (self.root_block_device.first(), prior.root_block_device.first()) {
            let volume = before.volume_id.as_deref().unwrap_or_default();
            retag(aws, volume, &before.tags_all, &self.all_tags(aws, &now.tags, &now.tags_all)).await?;
        }
        for now in &self.ebs_block_device {
            let before = prior.ebs_block_device.iter().find(|it| it.device_name == now.device_name);
            let Some(before) = before else { continue };
            let volume = before.volume_id.as_deref().unwrap_or_default();
            retag(aws, volume, &before.tags_all, &self.all_tags(aws, &now.tags, &now.tags_all)).await?;
        }
        Ok(())
    }

    /// All tags as planned; where the plan could not tell, those of the block and the provider's defaults.
    fn all_tags(&self, aws: &Aws, tags: &Tags, planned: &Tags) -> Tags {
        if !planned.is_empty() {
            return planned.clone();
        }
        aws.default_tags().iter().chain(tags).map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    fn volumes(&self) -> Vec<String> {
        let root = self.root_block_device.iter().filter_map(|it| it.volume_id.clone());
        root.chain(self.ebs_block_device.iter().filter_map(|it| it.volume_id.clone())).collect()
    }

    /// Stops the instance for the changes that need it, and starts it again if it was running.
    async fn change_stopped(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        let kind = self.instance_type.clone().filter(|_| self.instance_type != prior.instance_type);
        let user_data = self.sent_user_data();
        let user_data = (user_data != prior.sent_user_data()).then(|| user_data.unwrap_or_default());
        let names = self.private_dns_name_options.first();
        let names = names.filter(|it| Some(*it) != prior.private_dns_name_options.first());
        let renamed = names.is_some_and(|it| {
            Some(it.hostname_type.as_ref())
                != prior.private_dns_name_options.first().map(|it| it.hostname_type.as_ref())
        });
        if kind.is_none() && user_data.is_none() && names.is_none() {
            return Ok(());
        }
        let stopped = (kind.is_some() || user_data.is_some() || renamed) && stop(aws, id).await?;
        if let Some(kind) = kind {
            let value = sdk::AttributeValue::builder().value(kind).build();
            modify(aws, id, |call| call.instance_type(value)).await?;
        }
        if let Some(text) = user_data {
            // The call takes the data itself, which the SDK encodes.
            let data = STANDARD.decode(&text).unwrap_or_else(|_| text.into_bytes());
            let value = sdk::SecureBlobAttributeValue::builder().value(Blob::new(data)).build();
            modify(aws, id, |call| call.user_data(value)).await?;
        }
        if let Some(it) = names {
            let call = aws
                .ec2
                .modify_private_dns_name_options()
                .instance_id(id)
                .set_private_dns_hostname_type(word(it.hostname_type.as_ref()).filter(|_| renamed))
                .set_enable_resource_name_dns_a_record(it.enable_resource_name_dns_a_record)
                .set_enable_resource_name_dns_aaaa_record(it.enable_resource_name_dns_aaaa_record);
            call.send().await.context("changing aws_instance (ModifyPrivateDnsNameOptions)")?;
        }
        if stopped {
            let call = aws.ec2.start_instances().instance_ids(id);
            let again = ["IncorrectInstanceState", "InsufficientInstanceCapacity"];
            let sent = patiently(Duration::from_secs(120), &again, || call.clone().send()).await;
            sent.context("starting aws_instance (StartInstances)")?;
            until_running(aws, id).await?;
        }
        Ok(())
    }
}

async fn change_root(aws: &Aws, id: &str, now: &RootBlockDevice, prior: &RootBlockDevice) -> Result<()> {
    let volume = prior.volume_id.as_deref().unwrap_or_default();
    let of = |it: &RootBlockDevice| VolumeChange {
        size: it.volume_size,
        iops: it.iops,
        throughput: it.throughput,
        kind: it.volume_type.clone(),
    };
    change_volume(aws, volume, &of(now), &of(prior)).await?;
    if now.delete_on_termination == prior.delete_on_termination {
        return Ok(());
    }
    let ebs = sdk::EbsInstanceBlockDeviceSpecification::builder().delete_on_termination(now.delete_on_termination);
    let ebs = ebs.volume_id(volume).build();
    let mapping = sdk::InstanceBlockDeviceMappingSpecification::builder().set_device_name(prior.device_name.clone());
    modify(aws, id, |call| call.block_device_mappings(mapping.ebs(ebs).build())).await
}

/// Stops an instance and waits until it is stopped; `false` where it was not running.
async fn stop(aws: &Aws, id: &str) -> Result<bool> {
    let action = "stopping aws_instance (StopInstances)";
    let current = || async {
        let found = instances(aws, filter("instance-id", [id])).await?.into_iter().next();
        Ok::<_, ProviderError>(found.and_then(|(_, it)| state(&it).map(str::to_owned)))
    };
    if current().await?.as_deref() == Some("stopped") {
        return Ok(false);
    }
    let call = aws.ec2.stop_instances().instance_ids(id);
    patiently(super::PROPAGATION, ABSENT, || call.clone().send()).await.context(action)?;
    let stopped = until_found(STOP, async || Ok(current().await?.filter(|it| it == "stopped")));
    let late = || ProviderError::unanswered(action, format!("the instance {id} is not stopped yet"));
    stopped.await?.map(|_| true).ok_or_else(late)
}

/// A started instance shows its old state for a moment; waiting for the end of it must not begin with that.
async fn until_running(aws: &Aws, id: &str) -> Result<()> {
    let running = until_found(Instance::TIMEOUTS.update, async || {
        let found = instances(aws, filter("instance-id", [id])).await?.into_iter().next();
        Ok::<_, ProviderError>(found.filter(|(_, it)| state(it) == Some("running")))
    });
    let late = || ProviderError::unanswered("starting aws_instance (StartInstances)", "it is not running yet");
    running.await?.map(drop).ok_or_else(late)
}

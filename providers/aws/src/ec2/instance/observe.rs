//! What AWS shows of instances.

use std::collections::BTreeMap;

use aws_sdk_ec2::types as sdk;
use plumb_engine::provider::typed::{Observed, Phase, Prior, Result};

use super::blocks::{
    CapacityReservation, CpuOptions, EbsBlockDevice, EnclaveOptions, MaintenanceOptions, MetadataOptions,
    NetworkInterface, PrimaryNetworkInterface, PrivateDnsNameOptions, RootBlockDevice,
};
use super::{Instance, instances, state};
use crate::client::Aws;
use crate::ec2::launch_template::blocks::{CapacityReservationTarget, CreditSpecification};
use crate::ec2::template_reference::TemplateReference;
use crate::ec2::{FILTER_VALUES, arn, filter, observed_tags};
use crate::wire::words::text;
use crate::wire::{Absent, Tags, each, ids, pages};

/// What is asked for besides the instances themselves.
struct Details {
    volumes: BTreeMap<String, sdk::Volume>,
    credits: BTreeMap<String, String>,
    attributes: BTreeMap<String, Attributes>,
}

/// Attributes that take one call per instance, where they are in use.
#[derive(Default)]
struct Attributes {
    user_data: Option<Option<String>>,
    disable_api_termination: Option<bool>,
    disable_api_stop: Option<bool>,
    shutdown_behavior: Option<String>,
    password_data: Option<String>,
}

/// Reads instances: one call for 100 of them, one for their volumes, one for credits where they are in use.
pub(super) async fn read(aws: &Aws, objects: &[Prior<Instance>]) -> Result<Vec<Observed<Instance>>> {
    let found = instances(aws, filter("instance-id", ids(objects))).await?;
    let priors: BTreeMap<&str, Option<&Instance>> =
        objects.iter().map(|it| (it.id.as_str(), it.state.as_ref())).collect();
    let prior = |it: &sdk::Instance| priors.get(it.instance_id.as_deref()?).copied().flatten();
    let live: Vec<_> = found.iter().map(|(_, it)| it).filter(|it| state(it) != Some("terminated")).collect();
    let details = Details {
        volumes: volumes(aws, &live).await?,
        credits: credits(aws, &live, prior).await?,
        attributes: attributes(aws, &live, prior).await?,
    };
    let seen = found.into_iter().filter_map(|(owner, it)| {
        let before = prior(&it).cloned();
        let phase = phase(&it, before.as_ref())?;
        let seen = Instance::observe(aws, &owner, it, before, &details);
        // The password comes minutes after the instance runs.
        let unread = seen.state.get_password_data && seen.state.password_data.as_deref() == Some("");
        Some(match phase {
            Phase::Ready if unread => seen.phase(Phase::Pending("without a password yet".to_owned())),
            phase => seen.phase(phase),
        })
    });
    Ok(seen.collect())
}

/// `None` where the instance is gone. One that is terminated while it is waited for has failed.
fn phase(it: &sdk::Instance, prior: Option<&Instance>) -> Option<Phase> {
    match state(it)? {
        "terminated" => prior.filter(|it| it.arn.is_none()).map(|_| Phase::Failed(reason(it))),
        "shutting-down" => Some(Phase::Deleting),
        word @ ("pending" | "stopping") => Some(Phase::Pending(word.to_owned())),
        _ => Some(Phase::Ready),
    }
}

fn reason(it: &sdk::Instance) -> String {
    let reason = it.state_reason.as_ref();
    let message = reason.and_then(|it| it.message.clone().or_else(|| it.code.clone()));
    let why = message.or_else(|| text(it.state_transition_reason.clone()));
    format!("AWS has terminated it: {}", why.unwrap_or_else(|| "no reason is given".to_owned()))
}

async fn volumes(aws: &Aws, instances: &[&sdk::Instance]) -> Result<BTreeMap<String, sdk::Volume>> {
    let mappings = instances.iter().flat_map(|it| it.block_device_mappings.as_deref().unwrap_or_default());
    let ids: Vec<String> = mappings.filter_map(|it| it.ebs.as_ref()?.volume_id.clone()).collect();
    let mut volumes = BTreeMap::new();
    for page in ids.chunks(FILTER_VALUES) {
        let call = aws.ec2.describe_volumes().filters(filter("volume-id", page.to_vec()));
        let found = pages!(call, "reading the volumes of aws_instance (DescribeVolumes)")?;
        volumes.extend(found.into_iter().filter_map(|it| Some((it.volume_id.clone()?, it))));
    }
    Ok(volumes)
}

/// Credits of the instances whose state has them.
async fn credits<'p>(
    aws: &Aws,
    instances: &[&sdk::Instance],
    prior: impl Fn(&sdk::Instance) -> Option<&'p Instance>,
) -> Result<BTreeMap<String, String>> {
    let used = |it: &sdk::Instance| prior(it).is_some_and(|it| !it.credit_specification.is_empty());
    let ids: Vec<String> = instances.iter().filter(|it| used(it)).filter_map(|it| it.instance_id.clone()).collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let call = aws.ec2.describe_instance_credit_specifications().filters(filter("instance-id", ids));
    let found = pages!(call, "reading aws_instance (DescribeInstanceCreditSpecifications)")?;
    Ok(found.into_iter().filter_map(|it| Some((it.instance_id?, it.cpu_credits?))).collect())
}

async fn attributes<'p>(
    aws: &Aws,
    instances: &[&sdk::Instance],
    prior: impl Fn(&sdk::Instance) -> Option<&'p Instance>,
) -> Result<BTreeMap<String, Attributes>> {
    let wanted = instances.iter().filter_map(|it| Some((it.instance_id.clone()?, prior(it).cloned())));
    let all = each(wanted.collect::<Vec<_>>(), |(id, prior)| Attributes::read(aws, id, prior));
    Ok(all.await?.into_iter().collect())
}

impl Attributes {
    /// Asks for what the state says is in use; for everything in an import.
    async fn read(aws: &Aws, id: String, prior: Option<Instance>) -> Result<(String, Self)> {
        use sdk::InstanceAttributeName as Name;
        let templated = prior.as_ref().is_none_or(|it| !it.launch_template.is_empty());
        let off = |flag: fn(&Instance) -> Option<bool>| match prior.as_ref().map(flag) {
            Some(Some(flag)) => !flag,
            _ => !templated,
        };
        let mut found = Self::default();
        if prior.as_ref().is_none_or(|it| it.user_data.is_some() || it.user_data_base64.is_some()) {
            let told = attribute(aws, &id, Name::UserData).await?;
            found.user_data = told.map(|it| it.user_data.and_then(|it| it.value));
        }
        if !off(|it| it.disable_api_termination) {
            let told = attribute(aws, &id, Name::DisableApiTermination).await?;
            found.disable_api_termination = told.and_then(|it| it.disable_api_termination?.value);
        }
        if !off(|it| it.disable_api_stop) {
            let told = attribute(aws, &id, Name::DisableApiStop).await?;
            found.disable_api_stop = told.and_then(|it| it.disable_api_stop?.value);
        }
        let behavior = prior.as_ref().and_then(|it| it.instance_initiated_shutdown_behavior.as_deref());
        if behavior.map_or(templated, |it| it != "stop") {
            let told = attribute(aws, &id, Name::InstanceInitiatedShutdownBehavior).await?;
            found.shutdown_behavior = told.and_then(|it| it.instance_initiated_shutdown_behavior?.value);
        }
        if prior.is_some_and(|it| it.get_password_data) {
            let sent = aws.ec2.get_password_data().instance_id(&id).send().await;
            let told = sent.absent("reading the password of aws_instance (GetPasswordData)", super::ABSENT)?;
            found.password_data = told.and_then(|it| it.password_data).map(|it| it.trim().to_owned());
        }
        Ok((id, found))
    }
}

async fn attribute(
    aws: &Aws,
    id: &str,
    name: sdk::InstanceAttributeName,
) -> Result<Option<aws_sdk_ec2::operation::describe_instance_attribute::DescribeInstanceAttributeOutput>> {
    let sent = aws.ec2.describe_instance_attribute().instance_id(id).attribute(name).send().await;
    sent.absent("reading aws_instance (DescribeInstanceAttribute)", super::ABSENT)
}

impl Instance {
    fn observe(aws: &Aws, owner: &str, it: sdk::Instance, prior: Option<Self>, details: &Details) -> Observed<Self> {
        let id = it.instance_id.clone().unwrap_or_default();
        let known = Attributes::default();
        let attributes = details.attributes.get(&id).unwrap_or(&known);
        let credits = details.credits.get(&id);
        let imported = Self { source_dest_check: true, ..Self::default() };
        let is_import = prior.is_none();
        let mut seen = prior.unwrap_or(imported);
        if let Some(user_data) = &attributes.user_data {
            seen.observe_user_data(user_data.clone());
        }
        let seen = seen.with_attributes(attributes).with_volumes(aws, &it, details, is_import);
        let seen = seen.with_interfaces(&it).with_blocks(&it).with_placement(&it);
        let profile = it.iam_instance_profile.and_then(|it| it.arn);
        let state = Self {
            ami: it.image_id,
            arn: Some(arn(aws, owner, &format!("instance/{id}"))),
            credit_specification: match credits {
                Some(credits) => vec![CreditSpecification { cpu_credits: Some(credits.clone()) }],
                None => seen.credit_specification.clone(),
            },
            ebs_optimized: it.ebs_optimized,
            hibernation: it.hibernation_options.and_then(|it| it.configured),
            iam_instance_profile: profile.and_then(|it| it.rsplit('/').next().map(str::to_owned)),
            instance_lifecycle: Some(text(it.instance_lifecycle).unwrap_or_default()),
            instance_state: it.state.and_then(|it| text(it.name)),
            instance_type: text(it.instance_type),
            key_name: text(it.key_name),
            launch_template: seen.template(it.tags.as_deref().unwrap_or_default(), is_import),
            monitoring: it.monitoring.and_then(|it| text(it.state)).map(|it| it == "enabled" || it == "pending"),
            outpost_arn: Some(it.outpost_arn.unwrap_or_default()),
            private_dns: Some(it.private_dns_name.unwrap_or_default()),
            private_ip: it.private_ip_address,
            public_dns: Some(it.public_dns_name.unwrap_or_default()),
            public_ip: Some(it.public_ip_address.unwrap_or_default()),
            spot_instance_request_id: Some(it.spot_instance_request_id.unwrap_or_default()),
            tags_all: observed_tags(it.tags),
            ..seen
        };
        Observed::ready(id, state)
    }

    /// The template, which AWS notes in the instance's tags.
    fn template(&self, tags: &[sdk::Tag], imported: bool) -> Vec<TemplateReference> {
        let tag = |name: &str| {
            let key = format!("aws:ec2launchtemplate:{name}");
            tags.iter().find(|it| it.key.as_deref() == Some(&key)).and_then(|it| it.value.clone())
        };
        match (self.launch_template.first(), tag("id")) {
            (Some(own), id) => vec![TemplateReference { id: id.or_else(|| own.id.clone()), ..own.clone() }],
            (None, Some(id)) if imported => {
                let version = tag("version").unwrap_or_else(|| "$Default".to_owned());
                vec![TemplateReference { id: Some(id), name: None, version }]
            }
            (None, _) => Vec::new(),
        }
    }

    /// What was not asked for is as the state says, or as AWS has it for a new instance.
    fn with_attributes(self, told: &Attributes) -> Self {
        let kept = |told: Option<bool>, state: Option<bool>| Some(told.or(state).unwrap_or(false));
        let behavior = told.shutdown_behavior.clone().or(self.instance_initiated_shutdown_behavior.clone());
        let password = told.password_data.clone().or(self.password_data.clone());
        Self {
            disable_api_stop: kept(told.disable_api_stop, self.disable_api_stop),
            disable_api_termination: kept(told.disable_api_termination, self.disable_api_termination),
            instance_initiated_shutdown_behavior: behavior.or_else(|| Some("stop".to_owned())),
            password_data: Some(password.unwrap_or_default()),
            ..self
        }
    }

    fn with_interfaces(self, it: &sdk::Instance) -> Self {
        let interfaces = it.network_interfaces.as_deref().unwrap_or_default();
        let index = |it: &sdk::InstanceNetworkInterface| it.attachment.as_ref().and_then(|it| it.device_index);
        let primary = interfaces.iter().find(|it| index(it) == Some(0));
        let addresses = primary.map(|it| it.private_ip_addresses.clone().unwrap_or_default()).unwrap_or_default();
        let ipv6 = primary.map(|it| it.ipv6_addresses.clone().unwrap_or_default()).unwrap_or_default();
        let deleted = primary.and_then(|it| it.attachment.as_ref()?.delete_on_termination);
        let own = primary.and_then(|it| it.groups.as_deref()).filter(|it| !it.is_empty());
        let groups = own.or(it.security_groups.as_deref()).unwrap_or_default();
        let is_public = primary.is_some_and(|it| it.association.is_some()) || it.public_ip_address.is_some();
        let existing = |own: &NetworkInterface| {
            let found =
                interfaces.iter().find(|it| it.network_interface_id.as_ref() == Some(&own.network_interface_id));
            let attachment = found.and_then(|it| it.attachment.as_ref());
            attachment.map(|it| NetworkInterface {
                delete_on_termination: it.delete_on_termination.unwrap_or_default(),
                device_index: it.device_index.unwrap_or_default(),
                network_card_index: it.network_card_index.unwrap_or_default(),
                ..own.clone()
            })
        };
        let first = |own: &PrimaryNetworkInterface| PrimaryNetworkInterface {
            delete_on_termination: deleted,
            network_interface_id: primary
                .and_then(|it| it.network_interface_id.clone())
                .unwrap_or_else(|| own.network_interface_id.clone()),
        };
        Self {
            associate_public_ip_address: self.associate_public_ip_address.or(Some(is_public)),
            enable_primary_ipv6: Some(ipv6.iter().any(|it| it.is_primary_ipv6 == Some(true))),
            ipv6_address_count: Some(ipv6.len() as i32),
            ipv6_addresses: ipv6.into_iter().filter_map(|it| it.ipv6_address).collect(),
            network_interface: self.network_interface.iter().filter_map(existing).collect(),
            primary_network_interface: self.primary_network_interface.iter().map(first).collect(),
            primary_network_interface_id: primary.and_then(|it| it.network_interface_id.clone()),
            secondary_private_ips: addresses
                .into_iter()
                .filter(|it| it.primary != Some(true))
                .filter_map(|it| it.private_ip_address)
                .collect(),
            // An interface of its own says what it checks; the instance only repeats it.
            source_dest_check: match it.source_dest_check {
                Some(check) if self.network_interface.is_empty() && self.primary_network_interface.is_empty() => check,
                _ => self.source_dest_check,
            },
            subnet_id: it.subnet_id.clone(),
            vpc_security_group_ids: groups.iter().filter_map(|it| it.group_id.clone()).collect(),
            ..self
        }
    }

    fn with_placement(self, it: &sdk::Instance) -> Self {
        let placement = it.placement.clone().unwrap_or_else(|| sdk::Placement::builder().build());
        Self {
            availability_zone: placement.availability_zone,
            host_id: text(placement.host_id),
            host_resource_group_arn: text(placement.host_resource_group_arn),
            placement_group: text(placement.group_name),
            placement_group_id: text(placement.group_id),
            placement_partition_number: placement.partition_number,
            tenancy: text(placement.tenancy),
            ..self
        }
    }

    fn with_blocks(self, it: &sdk::Instance) -> Self {
        let reservation = it.capacity_reservation_specification.clone().map(|it| CapacityReservation {
            capacity_reservation_preference: text(it.capacity_reservation_preference),
            capacity_reservation_target: it
                .capacity_reservation_target
                .map(CapacityReservationTarget::observe)
                .into_iter()
                .collect(),
        });
        let cpu = it.cpu_options.as_ref().map(|it| CpuOptions {
            amd_sev_snp: text(it.amd_sev_snp.as_ref()),
            core_count: it.core_count,
            threads_per_core: it.threads_per_core,
        });
        let metadata = it.metadata_options.as_ref().map(|it| MetadataOptions {
            http_endpoint: text(it.http_endpoint.as_ref()),
            http_protocol_ipv6: text(it.http_protocol_ipv6.as_ref()),
            http_put_response_hop_limit: it.http_put_response_hop_limit,
            http_tokens: text(it.http_tokens.as_ref()),
            instance_metadata_tags: text(it.instance_metadata_tags.as_ref()),
        });
        let names = it.private_dns_name_options.as_ref().map(|it| PrivateDnsNameOptions {
            enable_resource_name_dns_a_record: it.enable_resource_name_dns_a_record,
            enable_resource_name_dns_aaaa_record: it.enable_resource_name_dns_aaaa_record,
            hostname_type: text(it.hostname_type.as_ref()),
        });
        let enclave = it.enclave_options.as_ref().map(|it| EnclaveOptions { enabled: it.enabled });
        let maintenance = it.maintenance_options.as_ref();
        let maintenance = maintenance.map(|it| MaintenanceOptions { auto_recovery: text(it.auto_recovery.as_ref()) });
        Self {
            capacity_reservation_specification: reservation.into_iter().collect(),
            cpu_options: cpu.into_iter().collect(),
            enclave_options: enclave.into_iter().collect(),
            maintenance_options: maintenance.into_iter().collect(),
            metadata_options: metadata.into_iter().collect(),
            private_dns_name_options: names.into_iter().collect(),
            ..self
        }
    }

    fn with_volumes(self, aws: &Aws, it: &sdk::Instance, details: &Details, imported: bool) -> Self {
        let mut root = Vec::new();
        let mut others = Vec::new();
        let mut all_tags: Option<Tags> = None;
        for mapping in it.block_device_mappings.as_deref().unwrap_or_default() {
            let device = mapping.device_name.clone().unwrap_or_default();
            let Some(ebs) = &mapping.ebs else { continue };
            let Some(volume) = ebs.volume_id.as_ref().and_then(|id| details.volumes.get(id)) else { continue };
            let volume = Volume { aws, volume, imported, deleted: ebs.delete_on_termination.unwrap_or_default() };
            let tags = observed_tags(volume.volume.tags.clone());
            if it.root_device_name.as_ref() == Some(&device) {
                let own = self.root_block_device.first().map(|it| &it.tags);
                root.push(volume.root(device, own));
            } else {
                let own = self.ebs_block_device.iter().find(|it| it.device_name == device).map(|it| &it.tags);
                others.push(volume.other(device, own));
            }
            all_tags.get_or_insert_with(|| tags.clone());
        }
        let tracked = !self.volume_tags.is_empty();
        Self {
            root_block_device: root,
            ebs_block_device: others,
            volume_tags: if tracked { all_tags.unwrap_or_default() } else { Tags::new() },
            ..self
        }
    }
}

/// A volume of an instance.
struct Volume<'a> {
    aws: &'a Aws,
    volume: &'a sdk::Volume,
    /// Whether it goes with the instance.
    deleted: bool,
    /// Whether nothing is known of what the configuration says.
    imported: bool,
}

impl Volume<'_> {
    fn root(self, device: String, own: Option<&Tags>) -> RootBlockDevice {
        let (tags, tags_all) = self.tags(own);
        RootBlockDevice {
            delete_on_termination: self.deleted,
            device_name: Some(device),
            encrypted: self.volume.encrypted,
            iops: self.volume.iops,
            kms_key_id: text(self.volume.kms_key_id.as_ref()),
            tags,
            tags_all,
            throughput: self.volume.throughput,
            volume_id: self.volume.volume_id.clone(),
            volume_size: self.volume.size,
            volume_type: text(self.volume.volume_type.as_ref()),
        }
    }

    fn other(self, device: String, own: Option<&Tags>) -> EbsBlockDevice {
        let (tags, tags_all) = self.tags(own);
        EbsBlockDevice {
            delete_on_termination: self.deleted,
            device_name: device,
            encrypted: self.volume.encrypted,
            iops: self.volume.iops,
            kms_key_id: text(self.volume.kms_key_id.as_ref()),
            snapshot_id: text(self.volume.snapshot_id.as_ref()),
            tags,
            tags_all,
            throughput: self.volume.throughput,
            volume_id: self.volume.volume_id.clone(),
            volume_size: self.volume.size,
            volume_type: text(self.volume.volume_type.as_ref()),
        }
    }

    /// The block's tags and all tags. A block without tags of its own has none, whatever the volume has.
    fn tags(&self, own: Option<&Tags>) -> (Tags, Tags) {
        let all: Tags = observed_tags(self.volume.tags.clone());
        let all: Tags = all.into_iter().filter(|(key, _)| !self.aws.ignore_tags().has(key)).collect();
        let defaults = self.aws.default_tags();
        let own = own.filter(|it| !it.is_empty());
        if own.is_none() && !self.imported {
            return (Tags::new(), all);
        }
        let written = |key: &String| own.is_some_and(|it| it.contains_key(key));
        let tags = all.iter().filter(|(key, value)| written(key) || defaults.get(*key) != Some(value));
        (tags.map(|(key, value)| (key.clone(), value.clone())).collect(), all)
    }
}

//! `aws_instance`: a virtual machine.

mod blocks;
mod change;
mod create;
mod observe;
mod rules;
mod user_data;

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_ec2::types as sdk;
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, PlannedChange, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use self::blocks::{
    CapacityReservation, CpuOptions, EbsBlockDevice, EnclaveOptions, EphemeralBlockDevice, MaintenanceOptions,
    MetadataOptions, NetworkInterface, PrimaryNetworkInterface, PrivateDnsNameOptions, RootBlockDevice,
};
use super::filter;
use super::launch_template::blocks::{CreditSpecification, MarketOptions};
use super::template_reference::TemplateReference;
use crate::client::Aws;
use crate::wire::{Absent, Context, Tags, patiently};

/// Code for "there is no such instance".
const ABSENT: &[&str] = &["InvalidInstanceID.NotFound"];

/// How long a new instance or profile may be unknown to other calls.
const PROPAGATION: Duration = Duration::from_secs(120);

/// A virtual machine.
///
/// Attributes that cost one call per instance are read only where they are in use: `user_data`,
/// `disable_api_termination`, `disable_api_stop` and `instance_initiated_shutdown_behavior`, and in an import.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default)]
#[serde(default)]
pub struct Instance {
    /// AMI that the instance is launched from.
    #[attr(force_new, optional, computed)]
    pub ami: Option<String>,
    /// ARN of the instance.
    #[attr(computed)]
    pub arn: Option<String>,
    /// Whether the instance gets a public IPv4 address; the subnet's choice when left out.
    #[attr(force_new, optional, computed)]
    pub associate_public_ip_address: Option<bool>,
    /// Availability zone.
    #[attr(force_new, optional, computed)]
    pub availability_zone: Option<String>,
    /// Whether the instance cannot be stopped through the API.
    #[attr(optional, computed)]
    pub disable_api_stop: Option<bool>,
    /// Whether the instance cannot be terminated through the API; see `force_destroy`.
    #[attr(optional, computed)]
    pub disable_api_termination: Option<bool>,
    /// Whether the instance has bandwidth of its own to EBS.
    #[attr(force_new, optional, computed)]
    pub ebs_optimized: Option<bool>,
    /// Whether the first IPv6 address stays with the interface. It cannot be taken back.
    #[attr(optional, computed)]
    pub enable_primary_ipv6: Option<bool>,
    /// Whether a destroy lifts `disable_api_termination` and `disable_api_stop` first.
    #[attr(default = false)]
    pub force_destroy: bool,
    /// Whether the password of a Windows instance is waited for and read.
    #[attr(default = false)]
    pub get_password_data: bool,
    /// Whether the instance can hibernate.
    #[attr(force_new)]
    pub hibernation: Option<bool>,
    /// Dedicated host.
    #[attr(force_new, optional, computed)]
    pub host_id: Option<String>,
    /// ARN of the resource group of dedicated hosts.
    #[attr(force_new, optional, computed, conflicts_with("host_id"))]
    pub host_resource_group_arn: Option<String>,
    /// Name of the instance profile.
    pub iam_instance_profile: Option<String>,
    /// What a shutdown from within does: `stop` or `terminate`.
    #[attr(optional, computed)]
    pub instance_initiated_shutdown_behavior: Option<String>,
    /// `spot`, `scheduled` or `capacity-block`; empty for an on-demand instance.
    #[attr(computed)]
    pub instance_lifecycle: Option<String>,
    /// State: `pending`, `running`, `stopping`, `stopped`, `shutting-down`.
    #[attr(computed)]
    pub instance_state: Option<String>,
    /// Instance type. A change stops the instance and starts it again.
    #[attr(optional, computed)]
    pub instance_type: Option<String>,
    /// Number of IPv6 addresses that AWS picks.
    #[attr(force_new, optional, computed, conflicts_with("ipv6_addresses"))]
    pub ipv6_address_count: Option<i32>,
    /// IPv6 addresses.
    #[attr(force_new, optional, computed)]
    pub ipv6_addresses: Vec<String>,
    /// Name of the key pair to log in with.
    #[attr(force_new, optional, computed)]
    pub key_name: Option<String>,
    /// Whether there are metrics every minute instead of every five.
    #[attr(optional, computed)]
    pub monitoring: Option<bool>,
    /// ARN of the Outpost that the instance is on.
    #[attr(computed)]
    pub outpost_arn: Option<String>,
    /// Password of a Windows instance, encrypted with its key pair, in Base64.
    #[attr(computed)]
    pub password_data: Option<String>,
    /// Name of the placement group.
    #[attr(force_new, optional, computed, conflicts_with("placement_group_id"))]
    pub placement_group: Option<String>,
    /// Id of the placement group.
    #[attr(force_new, optional, computed)]
    pub placement_group_id: Option<String>,
    /// Partition of the placement group.
    #[attr(force_new, optional, computed)]
    pub placement_partition_number: Option<i32>,
    /// Id of the first network interface.
    #[attr(computed)]
    pub primary_network_interface_id: Option<String>,
    /// Private host name.
    #[attr(computed)]
    pub private_dns: Option<String>,
    /// Primary private IPv4 address.
    #[attr(force_new, optional, computed)]
    pub private_ip: Option<String>,
    /// Public host name; empty where there is none.
    #[attr(computed)]
    pub public_dns: Option<String>,
    /// Public IPv4 address; empty where there is none.
    #[attr(computed)]
    pub public_ip: Option<String>,
    /// Secondary private IPv4 addresses of the first network interface.
    #[attr(optional, computed)]
    pub secondary_private_ips: BTreeSet<String>,
    /// Names of security groups, in a default VPC.
    #[attr(force_new, optional, computed)]
    pub security_groups: BTreeSet<String>,
    /// Whether traffic is only taken that is to or from the instance; `false` for routers and NAT.
    #[attr(default = true)]
    pub source_dest_check: bool,
    /// Id of the spot request.
    #[attr(computed)]
    pub spot_instance_request_id: Option<String>,
    /// Subnet.
    #[attr(force_new, optional, computed)]
    pub subnet_id: Option<String>,
    /// Tags of the instance.
    pub tags: Tags,
    /// Tags of the instance, those of the provider's `default_tags` included.
    #[attr(computed)]
    pub tags_all: Tags,
    /// `default`, `dedicated` or `host`.
    #[attr(force_new, optional, computed)]
    pub tenancy: Option<String>,
    /// User data as text; text that is Base64 already is sent as it is. A change stops and starts the instance, or
    /// replaces it with `user_data_replace_on_change`.
    #[attr(same = user_data::same, conflicts_with("user_data_base64"))]
    pub user_data: Option<String>,
    /// User data in Base64, for content that is no text.
    #[attr(conflicts_with("user_data"))]
    pub user_data_base64: Option<String>,
    /// Whether a change of the user data replaces the instance.
    #[attr(default = false)]
    pub user_data_replace_on_change: bool,
    /// Tags of all volumes that the instance starts with; not together with `tags` of the volumes' blocks. They are
    /// read only when this is set.
    pub volume_tags: Tags,
    /// Ids of security groups.
    #[attr(optional, computed)]
    pub vpc_security_group_ids: BTreeSet<String>,
    /// Which capacity reservations the instance may use.
    #[block(list, max = 1, computed)]
    pub capacity_reservation_specification: Vec<CapacityReservation>,
    /// Processor options.
    #[block(list, max = 1, computed)]
    pub cpu_options: Vec<CpuOptions>,
    /// Credits of burstable instance types. They are read only when this is set.
    #[block(list, max = 1)]
    pub credit_specification: Vec<CreditSpecification>,
    /// Volumes besides the root volume. A change of their size or type replaces the instance; use `aws_ebs_volume`
    /// for volumes with a life of their own.
    #[block(set, computed)]
    pub ebs_block_device: Vec<EbsBlockDevice>,
    /// Nitro Enclaves.
    #[block(list, max = 1, computed)]
    pub enclave_options: Vec<EnclaveOptions>,
    /// Instance store volumes. AWS does not tell them.
    #[block(set, force_new)]
    pub ephemeral_block_device: Vec<EphemeralBlockDevice>,
    /// How the instance is bought. It is not read, and a change replaces the instance.
    #[block(list, max = 1, force_new)]
    pub instance_market_options: Vec<MarketOptions>,
    /// Launch template whose data is used where the instance has no argument of its own. A change replaces the
    /// instance; a new version behind `$Latest` or `$Default` does not.
    #[block(list, max = 1)]
    pub launch_template: Vec<TemplateReference>,
    /// Maintenance.
    #[block(list, max = 1, computed)]
    pub maintenance_options: Vec<MaintenanceOptions>,
    /// The instance metadata service.
    #[block(list, max = 1, computed)]
    pub metadata_options: Vec<MetadataOptions>,
    /// Existing network interfaces that the instance starts with; use `primary_network_interface` instead.
    #[block(set, force_new)]
    pub network_interface: Vec<NetworkInterface>,
    /// The existing network interface that is the instance's first.
    #[block(list, max = 1, force_new)]
    pub primary_network_interface: Vec<PrimaryNetworkInterface>,
    /// Host names.
    #[block(list, max = 1, computed)]
    pub private_dns_name_options: Vec<PrivateDnsNameOptions>,
    /// The root volume.
    #[block(list, max = 1, computed)]
    pub root_block_device: Vec<RootBlockDevice>,
}

impl Resource for Instance {
    type Client = Aws;
    const TYPE: &'static str = "aws_instance";
    const RECOGNITION: Recognition = Recognition::ClientToken;
    const TIMEOUTS: Timeouts = Timeouts {
        create: Duration::from_secs(600),
        update: Duration::from_secs(600),
        delete: Duration::from_secs(1200),
    };
    const WAIT_GONE: bool = true;

    fn validate(config: &Value) -> Diagnostics {
        rules::validate(config)
    }

    fn plan(change: &mut PlannedChange, client: Option<&Aws>) -> Diagnostics {
        rules::plan(change, client);
        Diagnostics::new()
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        create::create(self, aws, creation).await
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        observe::read(aws, objects).await
    }

    async fn update(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        change::update(self, aws, id, prior).await
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        if self.force_destroy {
            change::unprotect(aws, id, self.disable_api_termination, self.disable_api_stop).await?;
        }
        if let Some(request) = self.spot_instance_request_id.as_deref().filter(|it| !it.is_empty()) {
            let call = aws.ec2.cancel_spot_instance_requests().spot_instance_request_ids(request);
            let absent = ["InvalidSpotInstanceRequestID.NotFound"];
            call.send().await.absent("deleting aws_instance (CancelSpotInstanceRequests)", &absent)?;
        }
        let sent = aws.ec2.terminate_instances().instance_ids(id).send().await;
        sent.absent("deleting aws_instance (TerminateInstances)", ABSENT).map(drop)
    }

    async fn find(&self, aws: &Aws, key: &IntentKey) -> Result<Option<Id>> {
        let found = instances(aws, filter("client-token", [key.as_str()])).await?;
        let live = found.into_iter().find(|(_, it)| state(it) != Some("terminated"));
        Ok(live.and_then(|(_, it)| it.instance_id))
    }
}

/// Instances that a filter finds, each with the account that owns it.
async fn instances(aws: &Aws, filter: sdk::Filter) -> Result<Vec<(String, sdk::Instance)>> {
    let mut pages = aws.ec2.describe_instances().filters(filter).into_paginator().send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.context("reading aws_instance (DescribeInstances)")?;
        for reservation in page.reservations.unwrap_or_default() {
            let owner = reservation.owner_id.unwrap_or_default();
            found.extend(reservation.instances.unwrap_or_default().into_iter().map(|it| (owner.clone(), it)));
        }
    }
    Ok(found)
}

/// The word for an instance's state.
fn state(instance: &sdk::Instance) -> Option<&str> {
    instance.state.as_ref().and_then(|it| it.name.as_ref()).map(|it| it.as_str())
}

/// Changes attributes of an instance that may just have been made.
async fn modify(aws: &Aws, id: &str, set: impl FnOnce(ModifyCall) -> ModifyCall) -> Result<()> {
    let call = set(aws.ec2.modify_instance_attribute().instance_id(id));
    let sent = patiently(PROPAGATION, ABSENT, || call.clone().send()).await;
    sent.context("changing aws_instance (ModifyInstanceAttribute)").map(drop)
}

type ModifyCall = aws_sdk_ec2::operation::modify_instance_attribute::builders::ModifyInstanceAttributeFluentBuilder;

//! `aws_network_interface`: a network interface in a subnet.

pub mod addresses;

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_ec2::operation::create_network_interface::builders::CreateNetworkInterfaceFluentBuilder;
use aws_sdk_ec2::types::{
    self, AttributeValue, InstanceIpv6Address, Ipv4PrefixSpecificationRequest, Ipv6PrefixSpecificationRequest,
    NetworkInterfaceCreationType, NetworkInterfaceStatus, PrivateIpAddressSpecification, ResourceType,
};
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Phase, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, PlannedChange, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::{FILTER_VALUES, VISIBLE, arn, by_intent, filter, has_intent, observed_tags, retag, switch, tags_on_create};
use crate::client::Aws;
use crate::wire::{Absent, Check, Context, Tags, ids, pages, patiently, plan, some, told, until_found};

const GONE: &[&str] = &["InvalidNetworkInterfaceID.NotFound"];
const DETACHED: &[&str] = &["InvalidAttachmentID.NotFound", "InvalidNetworkInterfaceID.NotFound"];

/// Codes of the delete of an interface that AWS is still detaching, or that a service is about to give up.
const IN_USE: &[&str] = &["InvalidNetworkInterface.InUse", "InvalidParameterValue"];

/// How many interfaces one page of an answer holds.
const PAGE: i32 = 1000;

/// A network interface in a subnet, which can move from instance to instance with its addresses.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct NetworkInterface {
    /// Subnet of the interface.
    #[attr(force_new)]
    pub subnet_id: String,
    /// What the interface is for.
    pub description: Option<String>,
    /// Kind of interface: `interface`, `efa`, `efa-only`, `branch` or `trunk`.
    #[attr(force_new, optional, computed)]
    pub interface_type: Option<String>,
    /// Security groups of the interface; the VPC's default group when left out.
    #[attr(set, optional, computed)]
    pub security_groups: Vec<String>,
    /// Whether traffic that is neither from nor to the interface is dropped; off for NAT instances and firewalls.
    #[attr(default = true)]
    pub source_dest_check: bool,
    /// Primary IPv4 address; another one means another interface.
    #[attr(optional, computed)]
    pub private_ip: Option<String>,
    /// IPv4 addresses, the primary one among them.
    #[attr(set, optional, computed, conflicts_with("private_ip_list", "private_ips_count"))]
    pub private_ips: Vec<String>,
    /// How many IPv4 addresses besides the primary one AWS chooses.
    #[attr(optional, computed, conflicts_with("private_ip_list", "private_ips"))]
    pub private_ips_count: Option<i64>,
    /// IPv4 addresses in order, the primary one first; needs `private_ip_list_enabled`.
    #[attr(optional, computed, conflicts_with("private_ips", "private_ips_count"))]
    pub private_ip_list: Vec<String>,
    /// Whether `private_ip_list` gives the IPv4 addresses.
    pub private_ip_list_enabled: Option<bool>,
    /// IPv4 prefixes (/28) of the interface.
    #[attr(set, optional, computed, conflicts_with("ipv4_prefix_count"))]
    pub ipv4_prefixes: Vec<String>,
    /// How many IPv4 prefixes AWS chooses.
    #[attr(optional, computed, conflicts_with("ipv4_prefixes"))]
    pub ipv4_prefix_count: Option<i64>,
    /// IPv6 addresses.
    #[attr(set, optional, computed, conflicts_with("ipv6_address_count", "ipv6_address_list"))]
    pub ipv6_addresses: Vec<String>,
    /// How many IPv6 addresses AWS chooses.
    #[attr(optional, computed, conflicts_with("ipv6_addresses", "ipv6_address_list"))]
    pub ipv6_address_count: Option<i64>,
    /// IPv6 addresses in order; needs `ipv6_address_list_enabled`.
    #[attr(optional, computed, conflicts_with("ipv6_addresses", "ipv6_address_count"))]
    pub ipv6_address_list: Vec<String>,
    /// Whether `ipv6_address_list` gives the IPv6 addresses.
    pub ipv6_address_list_enabled: Option<bool>,
    /// IPv6 prefixes (/80) of the interface.
    #[attr(set, optional, computed, conflicts_with("ipv6_prefix_count"))]
    pub ipv6_prefixes: Vec<String>,
    /// How many IPv6 prefixes AWS chooses.
    #[attr(optional, computed, conflicts_with("ipv6_prefixes"))]
    pub ipv6_prefix_count: Option<i64>,
    /// Whether the first IPv6 address stays for the interface's life; turning it off means another interface.
    #[attr(optional, computed)]
    pub enable_primary_ipv6: Option<bool>,
    /// Instance that the interface is attached to.
    #[block(set, max = 1, computed)]
    pub attachment: Vec<Attachment>,
    /// ARN of the interface.
    #[attr(computed)]
    pub arn: Option<String>,
    /// MAC address.
    #[attr(computed)]
    pub mac_address: Option<String>,
    /// Outpost on which the interface is.
    #[attr(computed)]
    pub outpost_arn: Option<String>,
    /// Account that owns the interface.
    #[attr(computed)]
    pub owner_id: Option<String>,
    /// Private name of the primary IPv4 address, where the VPC has names.
    #[attr(computed)]
    pub private_dns_name: Option<String>,
    /// Tags of the interface.
    pub tags: Tags,
    /// Tags of the interface, with the provider's default tags.
    #[attr(computed)]
    pub tags_all: Tags,
}

/// An instance with a network interface.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Attachment {
    /// Id of the instance.
    pub instance: String,
    /// Position among the instance's interfaces; 0 is the one that it is launched with.
    #[attr(required)]
    pub device_index: i64,
    /// Network card, for instances with several.
    #[attr(optional, computed)]
    pub network_card_index: Option<i64>,
    /// Id of the attachment.
    #[attr(computed)]
    pub attachment_id: Option<String>,
}

impl Resource for NetworkInterface {
    type Client = Aws;
    const TYPE: &'static str = "aws_network_interface";
    const RECOGNITION: Recognition = Recognition::ClientToken;
    const TIMEOUTS: Timeouts = Timeouts::minutes(10);
    const BATCH: usize = FILTER_VALUES;
    const POLL: Duration = Duration::from_secs(2);
    const UNREADABLE: &'static [&'static str] = &["private_ip_list_enabled", "ipv6_address_list_enabled"];

    fn validate(config: &Value) -> Diagnostics {
        let mut check = Check::of(config);
        check.one_of("interface_type", &["interface", "efa", "efa-only", "branch", "trunk"]);
        check.address("private_ip").length("description", 255);
        check.needs("private_ip_list", "private_ip_list_enabled");
        check.needs("ipv6_address_list", "ipv6_address_list_enabled");
        for name in ["private_ips_count", "ipv4_prefix_count", "ipv6_address_count", "ipv6_prefix_count"] {
            check.range(name, 0, i64::from(u8::MAX));
        }
        check.found()
    }

    fn plan(change: &mut PlannedChange, _client: Option<&Aws>) -> Diagnostics {
        for kind in [
            &["private_ips", "private_ip_list", "private_ips_count"][..],
            &["ipv6_addresses", "ipv6_address_list", "ipv6_address_count"],
            &["ipv4_prefixes", "ipv4_prefix_count"],
            &["ipv6_prefixes", "ipv6_prefix_count"],
        ] {
            let given = kind.iter().filter(|name| change.config.get(name).is_some_and(|it| !it.is_null()));
            let given: Vec<&str> = given.copied().collect();
            plan::follow(change, &given, kind);
        }
        if let Some(name) = moves_primary(change) {
            plan::replace(change, name);
        }
        let primary = |object: &Value| object.get("enable_primary_ipv6").and_then(Value::as_bool);
        if primary(&change.prior) == Some(true) && primary(&change.planned) == Some(false) {
            plan::replace(change, "enable_primary_ipv6");
        }
        Diagnostics::new()
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let action = "creating aws_network_interface (CreateNetworkInterface)";
        let call = self.creation(aws).client_token(creation.key.as_str());
        let call =
            call.tag_specifications(tags_on_create(ResourceType::NetworkInterface, &self.tags_all, creation.key));
        let unseen = &["InvalidSubnetID.NotFound", "InvalidGroup.NotFound"];
        let made = patiently(VISIBLE, unseen, || call.clone().send()).await.context(action)?;
        let id = told(made.network_interface.and_then(|it| it.network_interface_id), action)?;
        creation.made(&id);
        if !self.source_dest_check {
            self.set_source_dest_check(aws, &id).await?;
        }
        if let Some(attachment) = self.attachment.first() {
            attachment.attach(aws, &id).await?;
        }
        Ok(Made::id(id))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let call = aws.ec2.describe_network_interfaces().max_results(PAGE);
        let call = call.filters(filter("network-interface-id", ids(objects)));
        let found: Vec<_> = pages!(call, "reading aws_network_interface (DescribeNetworkInterfaces)")?;
        // An attachment that has its id already was seen: without it, it is gone and not still to come.
        let is_new = |it: &Attachment| it.attachment_id.is_none();
        let wanted: BTreeMap<&str, bool> = objects
            .iter()
            .map(|it| (it.id.as_str(), it.state.as_ref().is_some_and(|it| it.attachment.iter().any(is_new))))
            .collect();
        let seen = found.into_iter().filter_map(|it| {
            let attached = wanted.get(it.network_interface_id.as_deref()?).copied().unwrap_or_default();
            Self::observe(aws, it, attached)
        });
        Ok(seen.collect())
    }

    async fn update(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        let place = |it: &Self| it.attachment.first().map(|it| (it.instance.clone(), it.device_index));
        if place(self) != place(prior) {
            prior.detach(aws, id).await?;
        }
        self.set_addresses(aws, id, prior).await?;
        if self.source_dest_check != prior.source_dest_check {
            self.set_source_dest_check(aws, id).await?;
        }
        let call = || aws.ec2.modify_network_interface_attribute().network_interface_id(id);
        let mut changes = Vec::new();
        if self.security_groups != prior.security_groups {
            changes.push(call().set_groups(some(&self.security_groups)));
        }
        if self.description != prior.description {
            let text = self.description.clone().unwrap_or_default();
            changes.push(call().description(AttributeValue::builder().value(text).build()));
        }
        if self.enable_primary_ipv6 == Some(true) && prior.enable_primary_ipv6 != Some(true) {
            changes.push(call().enable_primary_ipv6(true));
        }
        for change in changes {
            let done = change.send().await;
            done.context("changing aws_network_interface (ModifyNetworkInterfaceAttribute)")?;
        }
        if let Some(attachment) = self.attachment.first().filter(|_| place(self) != place(prior)) {
            attachment.attach(aws, id).await?;
        }
        retag(aws, id, &prior.tags_all, &self.tags_all).await
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        // The first interface of an instance cannot be detached: it is free when the instance is gone.
        if self.attachment.first().is_some_and(|it| it.device_index != 0) {
            self.detach(aws, id).await?;
        }
        let call = || aws.ec2.delete_network_interface().network_interface_id(id).send();
        let done = patiently(Self::TIMEOUTS.delete, IN_USE, call).await;
        done.absent("deleting aws_network_interface (DeleteNetworkInterface)", GONE).map(drop)
    }

    async fn find(&self, aws: &Aws, key: &IntentKey) -> Result<Option<Id>> {
        let call = aws.ec2.describe_network_interfaces().filters(by_intent(key));
        let found: Vec<types::NetworkInterface> =
            pages!(call, "finding aws_network_interface (DescribeNetworkInterfaces)")?;
        Ok(found.into_iter().filter(|it| has_intent(it.tag_set(), key)).find_map(|it| it.network_interface_id))
    }

    async fn list(aws: &Aws) -> Result<Vec<Id>> {
        let call = aws.ec2.describe_network_interfaces().max_results(PAGE);
        let found: Vec<types::NetworkInterface> =
            pages!(call, "listing aws_network_interface (DescribeNetworkInterfaces)")?;
        // Those of load balancers, NAT gateways and other services come and go with them.
        let own = found.into_iter().filter(|it| it.requester_managed != Some(true));
        Ok(own.filter_map(|it| it.network_interface_id).collect())
    }
}

impl NetworkInterface {
    fn creation(&self, aws: &Aws) -> CreateNetworkInterfaceFluentBuilder {
        let addresses = self.private();
        let primary = self.private_ip.as_ref().filter(|it| addresses.contains(it)).or(addresses.first());
        let private = addresses.iter().map(|it| {
            let address = PrivateIpAddressSpecification::builder().private_ip_address(it);
            address.primary(Some(it) == primary).build()
        });
        let ipv4 =
            self.ipv4_prefixes.iter().map(|it| Ipv4PrefixSpecificationRequest::builder().ipv4_prefix(it).build());
        let ipv6 = self.ipv6().iter().map(|it| InstanceIpv6Address::builder().ipv6_address(it).build());
        let prefixes = self.ipv6_prefixes.iter();
        let prefixes = prefixes.map(|it| Ipv6PrefixSpecificationRequest::builder().ipv6_prefix(it).build());
        let number = |count: Option<i64>| count.map(|it| it as i32).filter(|it| *it > 0);
        aws.ec2
            .create_network_interface()
            .subnet_id(&self.subnet_id)
            .set_description(self.description.clone())
            .set_interface_type(self.interface_type.as_deref().and_then(creation_type))
            .set_groups(some(&self.security_groups))
            .set_private_ip_address(self.private_ip.clone().filter(|_| addresses.is_empty()))
            .set_private_ip_addresses(some(&private.collect::<Vec<_>>()))
            .set_secondary_private_ip_address_count(number(self.private_ips_count))
            .set_ipv4_prefixes(some(&ipv4.collect::<Vec<_>>()))
            .set_ipv4_prefix_count(number(self.ipv4_prefix_count))
            .set_ipv6_addresses(some(&ipv6.collect::<Vec<_>>()))
            .set_ipv6_address_count(number(self.ipv6_address_count))
            .set_ipv6_prefixes(some(&prefixes.collect::<Vec<_>>()))
            .set_ipv6_prefix_count(number(self.ipv6_prefix_count))
            .set_enable_primary_ipv6(self.enable_primary_ipv6.filter(|it| *it))
    }

    fn observe(aws: &Aws, found: types::NetworkInterface, attached: bool) -> Option<Observed<Self>> {
        let id = found.network_interface_id?;
        let phase = match &found.status {
            Some(it @ (NetworkInterfaceStatus::Attaching | NetworkInterfaceStatus::Detaching)) => {
                Phase::Pending(it.as_str().to_owned())
            }
            Some(it) if it.as_str() == "pending" => Phase::Pending("pending".into()),
            Some(NetworkInterfaceStatus::Available) if attached => Phase::Pending("not attached yet".into()),
            _ => Phase::Ready,
        };
        let owner = found.owner_id.clone().unwrap_or_default();
        let addresses = found.private_ip_addresses.unwrap_or_default();
        let (first, others): (Vec<_>, Vec<_>) = addresses.into_iter().partition(|it| it.primary == Some(true));
        let private: Vec<String> = first.into_iter().chain(others).filter_map(|it| it.private_ip_address).collect();
        let ipv6 = found.ipv6_addresses.unwrap_or_default();
        let primary_ipv6 = ipv6.iter().any(|it| it.is_primary_ipv6 == Some(true));
        let ipv6: Vec<String> = ipv6.into_iter().filter_map(|it| it.ipv6_address).collect();
        let ipv4_prefixes: Vec<String> =
            found.ipv4_prefixes.unwrap_or_default().into_iter().filter_map(|it| it.ipv4_prefix).collect();
        let ipv6_prefixes: Vec<String> =
            found.ipv6_prefixes.unwrap_or_default().into_iter().filter_map(|it| it.ipv6_prefix).collect();
        let number = |count: usize| i64::try_from(count).ok();
        let state = Self {
            subnet_id: found.subnet_id.unwrap_or_default(),
            description: found.description.filter(|it| !it.is_empty()),
            interface_type: found.interface_type.map(|it| it.as_str().to_owned()),
            security_groups: found.groups.unwrap_or_default().into_iter().filter_map(|it| it.group_id).collect(),
            source_dest_check: found.source_dest_check.unwrap_or_default(),
            private_ip: found.private_ip_address,
            private_ips: private.clone(),
            private_ips_count: number(private.len().saturating_sub(1)),
            private_ip_list: private,
            ipv4_prefix_count: number(ipv4_prefixes.len()),
            ipv4_prefixes,
            ipv6_addresses: ipv6.clone(),
            ipv6_address_count: number(ipv6.len()),
            ipv6_address_list: ipv6,
            ipv6_prefix_count: number(ipv6_prefixes.len()),
            ipv6_prefixes,
            enable_primary_ipv6: Some(primary_ipv6),
            attachment: found.attachment.and_then(Attachment::observe).into_iter().collect(),
            arn: Some(arn(aws, &owner, &format!("network-interface/{id}"))),
            mac_address: found.mac_address,
            outpost_arn: found.outpost_arn,
            owner_id: found.owner_id,
            private_dns_name: found.private_dns_name,
            tags_all: observed_tags(found.tag_set),
            ..Self::default()
        };
        Some(Observed::ready(id, state).phase(phase))
    }

    async fn set_source_dest_check(&self, aws: &Aws, id: &str) -> Result<()> {
        let call = aws.ec2.modify_network_interface_attribute().network_interface_id(id);
        let call = call.source_dest_check(switch(self.source_dest_check));
        let done = patiently(VISIBLE, GONE, || call.clone().send()).await;
        done.context("changing aws_network_interface (ModifyNetworkInterfaceAttribute)").map(drop)
    }

    /// Takes the interface from its instance, and waits until it is free.
    async fn detach(&self, aws: &Aws, id: &str) -> Result<()> {
        let Some(attachment) = self.attachment.first().and_then(|it| it.attachment_id.as_ref()) else { return Ok(()) };
        let call = aws.ec2.detach_network_interface().attachment_id(attachment).force(true).send();
        let action = "detaching aws_network_interface (DetachNetworkInterface)";
        if call.await.absent(action, DETACHED)?.is_none() {
            return Ok(());
        }
        let free = || async {
            let call = aws.ec2.describe_network_interfaces().filters(filter("network-interface-id", [id]));
            let found: Vec<types::NetworkInterface> =
                pages!(call, "detaching aws_network_interface (DescribeNetworkInterfaces)")?;
            Ok(found.iter().all(|it| it.attachment.as_ref().is_none_or(|it| it.instance_id.is_none())).then_some(()))
        };
        until_found(Self::TIMEOUTS.update, free).await.map(drop)
    }
}

impl Attachment {
    async fn attach(&self, aws: &Aws, id: &str) -> Result<()> {
        let call = aws.ec2.attach_network_interface().network_interface_id(id).instance_id(&self.instance);
        let call = call
            .device_index(self.device_index as i32)
            .set_network_card_index(self.network_card_index.map(|it| it as i32));
        let done = patiently(VISIBLE, GONE, || call.clone().send()).await;
        done.context("attaching aws_network_interface (AttachNetworkInterface)").map(drop)
    }

    fn observe(attachment: types::NetworkInterfaceAttachment) -> Option<Self> {
        Some(Self {
            instance: attachment.instance_id?,
            device_index: attachment.device_index.unwrap_or_default().into(),
            network_card_index: Some(attachment.network_card_index.unwrap_or_default().into()),
            attachment_id: attachment.attachment_id,
        })
    }
}

/// Kinds that are asked for; a plain interface is what AWS makes otherwise.
fn creation_type(kind: &str) -> Option<NetworkInterfaceCreationType> {
    (kind != "interface").then(|| NetworkInterfaceCreationType::from(kind))
}

/// The argument by which an existing interface would get another primary address, which AWS cannot do.
fn moves_primary(change: &PlannedChange) -> Option<&'static str> {
    let primary = change.prior.get("private_ip").filter(|it| !it.is_null())?;
    let given = |name: &str| change.config.get(name).filter(|it| it.is_wholly_known() && !it.is_null());
    let other = |item: Option<&Value>| item.is_some_and(|it| it != primary);
    if other(given("private_ip")) {
        return Some("private_ip");
    }
    if other(given("private_ip_list").and_then(Value::as_slice).and_then(<[Value]>::first)) {
        return Some("private_ip_list");
    }
    let set = given("private_ips").and_then(Value::as_slice)?;
    (!set.is_empty() && !set.contains(primary)).then_some("private_ips")
}

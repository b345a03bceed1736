//! `aws_network_interface`: looks up a network interface.

use aws_sdk_ec2::types;
use plumb_engine::Schema;
use plumb_engine::provider::typed::{DataSource, Id, Result};
use serde::{Deserialize, Serialize};

use super::lookup::{Condition, filters, one};
use super::{arn, observed_tags};
use crate::client::Aws;
use crate::wire::words::text;
use crate::wire::{Tags, pages, told};

const ACTION: &str = "reading aws_network_interface (DescribeNetworkInterfaces)";

/// Looks up a network interface by its id, its tags or filters; exactly one must match.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct FoundNetworkInterface {
    /// Id of the interface.
    #[attr(optional, computed)]
    pub id: Option<String>,
    /// Tags that it has.
    #[attr(optional, computed)]
    pub tags: Tags,
    /// Only interfaces that match.
    #[block(set)]
    pub filter: Vec<Condition>,
    /// ARN of the interface.
    #[attr(computed)]
    pub arn: Option<String>,
    /// Public address of the interface.
    #[attr(computed)]
    pub association: Vec<PublicAddress>,
    /// Instance that the interface is attached to.
    #[attr(computed)]
    pub attachment: Vec<FoundAttachment>,
    /// Availability zone.
    #[attr(computed)]
    pub availability_zone: Option<String>,
    /// What the interface is for.
    #[attr(computed)]
    pub description: Option<String>,
    /// Kind of interface.
    #[attr(computed)]
    pub interface_type: Option<String>,
    /// IPv6 addresses.
    #[attr(set, computed)]
    pub ipv6_addresses: Vec<String>,
    /// MAC address.
    #[attr(computed)]
    pub mac_address: Option<String>,
    /// Outpost on which the interface is.
    #[attr(computed)]
    pub outpost_arn: Option<String>,
    /// Account that owns the interface.
    #[attr(computed)]
    pub owner_id: Option<String>,
    /// Private name of the primary IPv4 address.
    #[attr(computed)]
    pub private_dns_name: Option<String>,
    /// Primary IPv4 address.
    #[attr(computed)]
    pub private_ip: Option<String>,
    /// IPv4 addresses, the primary one first.
    #[attr(computed)]
    pub private_ips: Vec<String>,
    /// Service or account that made the interface for its owner.
    #[attr(computed)]
    pub requester_id: Option<String>,
    /// Security groups.
    #[attr(set, computed)]
    pub security_groups: Vec<String>,
    /// Subnet of the interface.
    #[attr(computed)]
    pub subnet_id: Option<String>,
    /// VPC of the interface.
    #[attr(computed)]
    pub vpc_id: Option<String>,
}

/// A public address of a network interface.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct PublicAddress {
    /// Id of the address, when it is one of one's own.
    pub allocation_id: Option<String>,
    /// Id of the association.
    pub association_id: Option<String>,
    /// Address in a carrier's network.
    pub carrier_ip: Option<String>,
    /// Address in one's own network on an Outpost.
    pub customer_owned_ip: Option<String>,
    /// Account that owns the address; `amazon` for one that AWS gave on launch.
    pub ip_owner_id: Option<String>,
    /// Public name of the address.
    pub public_dns_name: Option<String>,
    /// The address.
    pub public_ip: Option<String>,
}

/// An instance with a network interface.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct FoundAttachment {
    /// Id of the attachment.
    pub attachment_id: Option<String>,
    /// Position among the instance's interfaces.
    pub device_index: Option<i64>,
    /// Id of the instance.
    pub instance_id: Option<String>,
    /// Account that owns the instance.
    pub instance_owner_id: Option<String>,
    /// Network card, for instances with several.
    pub network_card_index: Option<i64>,
}

impl DataSource for FoundNetworkInterface {
    type Client = Aws;
    const TYPE: &'static str = "aws_network_interface";

    async fn read(self, aws: &Aws) -> Result<(Id, Self)> {
        let arguments = [("network-interface-id", self.id.clone())];
        let call = aws.ec2.describe_network_interfaces().set_filters(filters(&self.filter, &self.tags, arguments));
        let found: types::NetworkInterface = one(pages!(call, ACTION)?, ACTION)?;
        let id = told(found.network_interface_id, ACTION)?;
        let owner = found.owner_id.clone().unwrap_or_default();
        let (first, others): (Vec<_>, Vec<_>) =
            found.private_ip_addresses.unwrap_or_default().into_iter().partition(|it| it.primary == Some(true));
        let seen = Self {
            tags: observed_tags(found.tag_set),
            arn: Some(arn(aws, &owner, &format!("network-interface/{id}"))),
            association: found.association.map(PublicAddress::observe).into_iter().collect(),
            attachment: found.attachment.map(FoundAttachment::observe).into_iter().collect(),
            availability_zone: found.availability_zone,
            description: found.description,
            interface_type: text(found.interface_type),
            ipv6_addresses: found
                .ipv6_addresses
                .unwrap_or_default()
                .into_iter()
                .filter_map(|it| it.ipv6_address)
                .collect(),
            mac_address: found.mac_address,
            outpost_arn: found.outpost_arn,
            owner_id: found.owner_id,
            private_dns_name: found.private_dns_name,
            private_ip: found.private_ip_address,
            private_ips: first.into_iter().chain(others).filter_map(|it| it.private_ip_address).collect(),
            requester_id: found.requester_id,
            security_groups: found.groups.unwrap_or_default().into_iter().filter_map(|it| it.group_id).collect(),
            subnet_id: found.subnet_id,
            vpc_id: found.vpc_id,
            ..self
        };
        Ok((id, seen))
    }
}

impl PublicAddress {
    fn observe(found: types::NetworkInterfaceAssociation) -> Self {
        Self {
            allocation_id: found.allocation_id,
            association_id: found.association_id,
            carrier_ip: found.carrier_ip,
            customer_owned_ip: found.customer_owned_ip,
            ip_owner_id: found.ip_owner_id,
            public_dns_name: found.public_dns_name,
            public_ip: found.public_ip,
        }
    }
}

impl FoundAttachment {
    fn observe(found: types::NetworkInterfaceAttachment) -> Self {
        Self {
            attachment_id: found.attachment_id,
            device_index: found.device_index.map(i64::from),
            instance_id: found.instance_id,
            instance_owner_id: found.instance_owner_id,
            network_card_index: found.network_card_index.map(i64::from),
        }
    }
}

//! `aws_subnet`: looks up a range of a VPC's addresses.

use aws_sdk_ec2::types;
use plumb_engine::Schema;
use plumb_engine::provider::typed::{DataSource, Id, Result};
use serde::{Deserialize, Serialize};

use super::lookup::{Condition, filters, one};
use super::subnet::Subnet;
use crate::client::Aws;
use crate::wire::{Tags, pages, told};

const ACTION: &str = "reading aws_subnet (DescribeSubnets)";

/// Looks up a subnet by what is known of it; exactly one must match.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct FoundSubnet {
    /// Id of the subnet.
    #[attr(optional, computed)]
    pub id: Option<String>,
    /// VPC of the subnet.
    #[attr(optional, computed)]
    pub vpc_id: Option<String>,
    /// Availability zone by name, such as `eu-central-1a`.
    #[attr(optional, computed)]
    pub availability_zone: Option<String>,
    /// Availability zone by id, such as `euc1-az2`.
    #[attr(optional, computed)]
    pub availability_zone_id: Option<String>,
    /// IPv4 network of the subnet.
    #[attr(optional, computed)]
    pub cidr_block: Option<String>,
    /// IPv6 network of the subnet.
    #[attr(optional, computed)]
    pub ipv6_cidr_block: Option<String>,
    /// Whether it is the zone's default subnet.
    #[attr(optional, computed)]
    pub default_for_az: Option<bool>,
    /// State: `available` or `pending`.
    #[attr(optional, computed)]
    pub state: Option<String>,
    /// Tags that it has.
    #[attr(optional, computed)]
    pub tags: Tags,
    /// Only subnets that match.
    #[block(set)]
    pub filter: Vec<Condition>,
    /// ARN of the subnet.
    #[attr(computed)]
    pub arn: Option<String>,
    /// Whether network interfaces made here get an IPv6 address.
    #[attr(computed)]
    pub assign_ipv6_address_on_creation: Option<bool>,
    /// How many IPv4 addresses are free.
    #[attr(computed)]
    pub available_ip_address_count: Option<i64>,
    /// Pool of the owner's addresses on an Outpost.
    #[attr(computed)]
    pub customer_owned_ipv4_pool: Option<String>,
    /// Whether DNS answers give IPv6 addresses for IPv4 destinations.
    #[attr(computed)]
    pub enable_dns64: Option<bool>,
    /// Position of the network interface that reaches the local network of an Outpost.
    #[attr(computed)]
    pub enable_lni_at_device_index: Option<i64>,
    /// Whether names of instances answer with an IPv4 address.
    #[attr(computed)]
    pub enable_resource_name_dns_a_record_on_launch: Option<bool>,
    /// Whether names of instances answer with an IPv6 address.
    #[attr(computed)]
    pub enable_resource_name_dns_aaaa_record_on_launch: Option<bool>,
    /// Id of the IPv6 network's association.
    #[attr(computed)]
    pub ipv6_cidr_block_association_id: Option<String>,
    /// Whether the subnet has IPv6 addresses only.
    #[attr(computed)]
    pub ipv6_native: Option<bool>,
    /// Whether interfaces made here get an address of the owner's network on an Outpost.
    #[attr(computed)]
    pub map_customer_owned_ip_on_launch: Option<bool>,
    /// Whether instances started here get a public IPv4 address.
    #[attr(computed)]
    pub map_public_ip_on_launch: Option<bool>,
    /// Outpost on which the subnet lies.
    #[attr(computed)]
    pub outpost_arn: Option<String>,
    /// Account that owns the subnet.
    #[attr(computed)]
    pub owner_id: Option<String>,
    /// From what private names of instances are made: `ip-name` or `resource-name`.
    #[attr(computed)]
    pub private_dns_hostname_type_on_launch: Option<String>,
}

impl DataSource for FoundSubnet {
    type Client = Aws;
    const TYPE: &'static str = "aws_subnet";

    async fn read(self, aws: &Aws) -> Result<(Id, Self)> {
        let arguments = [
            ("subnet-id", self.id.clone()),
            ("vpc-id", self.vpc_id.clone()),
            ("availability-zone", self.availability_zone.clone()),
            ("availability-zone-id", self.availability_zone_id.clone()),
            ("cidr-block", self.cidr_block.clone()),
            ("ipv6-cidr-block-association.ipv6-cidr-block", self.ipv6_cidr_block.clone()),
            ("default-for-az", self.default_for_az.map(|it| it.to_string())),
            ("state", self.state.clone()),
        ];
        let call = aws.ec2.describe_subnets().set_filters(filters(&self.filter, &self.tags, arguments));
        let found: types::Subnet = one(pages!(call, ACTION)?, ACTION)?;
        let (free, is_default) = (found.available_ip_address_count, found.default_for_az);
        let state = found.state.as_ref().map(|it| it.as_str().to_owned());
        let (id, seen) = told(Subnet::observe(aws, found), ACTION).map(|it| (it.id, it.state))?;
        let seen = Self {
            vpc_id: Some(seen.vpc_id),
            availability_zone: seen.availability_zone,
            availability_zone_id: seen.availability_zone_id,
            cidr_block: seen.cidr_block,
            ipv6_cidr_block: seen.ipv6_cidr_block,
            default_for_az: is_default,
            state,
            tags: seen.tags_all,
            arn: seen.arn,
            assign_ipv6_address_on_creation: Some(seen.assign_ipv6_address_on_creation),
            available_ip_address_count: free.map(i64::from),
            customer_owned_ipv4_pool: seen.customer_owned_ipv4_pool,
            enable_dns64: seen.enable_dns64,
            enable_lni_at_device_index: seen.enable_lni_at_device_index,
            enable_resource_name_dns_a_record_on_launch: seen.enable_resource_name_dns_a_record_on_launch,
            enable_resource_name_dns_aaaa_record_on_launch: seen.enable_resource_name_dns_aaaa_record_on_launch,
            ipv6_cidr_block_association_id: seen.ipv6_cidr_block_association_id,
            ipv6_native: seen.ipv6_native,
            map_customer_owned_ip_on_launch: seen.map_customer_owned_ip_on_launch,
            map_public_ip_on_launch: Some(seen.map_public_ip_on_launch),
            outpost_arn: seen.outpost_arn,
            owner_id: seen.owner_id,
            private_dns_hostname_type_on_launch: seen.private_dns_hostname_type_on_launch,
            ..self
        };
        Ok((id, seen))
    }
}

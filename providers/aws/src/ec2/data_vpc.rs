//! `aws_vpc`: looks up a network.

use plumb_engine::Schema;
use plumb_engine::provider::typed::{DataSource, Id, Prior, Resource, Result};
use serde::{Deserialize, Serialize};

use super::lookup::{Condition, filters, one};
use super::{observed_tags, vpc::Vpc};
use crate::client::Aws;
use crate::wire::{Tags, pages, told};

const ACTION: &str = "reading aws_vpc (DescribeVpcs)";

/// Looks up a network by what is known of it; exactly one must match.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct FoundVpc {
    /// Id of the VPC.
    #[attr(optional, computed)]
    pub id: Option<String>,
    /// IPv4 network of the VPC.
    #[attr(optional, computed)]
    pub cidr_block: Option<String>,
    /// Whether it is the region's default VPC.
    #[attr(optional, computed)]
    pub default: Option<bool>,
    /// DHCP options in use.
    #[attr(optional, computed)]
    pub dhcp_options_id: Option<String>,
    /// State: `available` or `pending`.
    #[attr(optional, computed)]
    pub state: Option<String>,
    /// Tags that it has.
    #[attr(optional, computed)]
    pub tags: Tags,
    /// Only VPCs that match.
    #[block(set)]
    pub filter: Vec<Condition>,
    /// ARN of the VPC.
    #[attr(computed)]
    pub arn: Option<String>,
    /// IPv4 networks of the VPC.
    #[attr(computed)]
    pub cidr_block_associations: Vec<Network>,
    /// Whether instances with public addresses get public names.
    #[attr(computed)]
    pub enable_dns_hostnames: Option<bool>,
    /// Whether the VPC's addresses answer DNS questions.
    #[attr(computed)]
    pub enable_dns_support: Option<bool>,
    /// Whether CloudWatch metrics count the addresses in use.
    #[attr(computed)]
    pub enable_network_address_usage_metrics: Option<bool>,
    /// `default` or `dedicated`.
    #[attr(computed)]
    pub instance_tenancy: Option<String>,
    /// Id of the IPv6 network's association.
    #[attr(computed)]
    pub ipv6_association_id: Option<String>,
    /// IPv6 network of the VPC.
    #[attr(computed)]
    pub ipv6_cidr_block: Option<String>,
    /// Route table of subnets that are associated with no other.
    #[attr(computed)]
    pub main_route_table_id: Option<String>,
    /// Account that owns the VPC.
    #[attr(computed)]
    pub owner_id: Option<String>,
}

/// An IPv4 network of a VPC.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Network {
    /// Id of the association.
    #[attr(computed)]
    pub association_id: Option<String>,
    /// The network.
    #[attr(computed)]
    pub cidr_block: Option<String>,
    /// State of the association.
    #[attr(computed)]
    pub state: Option<String>,
}

impl DataSource for FoundVpc {
    type Client = Aws;
    const TYPE: &'static str = "aws_vpc";

    async fn read(self, aws: &Aws) -> Result<(Id, Self)> {
        let arguments = [
            ("vpc-id", self.id.clone()),
            ("cidr", self.cidr_block.clone()),
            ("dhcp-options-id", self.dhcp_options_id.clone()),
            ("is-default", self.default.map(|it| it.to_string())),
            ("state", self.state.clone()),
        ];
        let call = aws.ec2.describe_vpcs().set_filters(filters(&self.filter, &self.tags, arguments));
        let found = one(pages!(call, ACTION)?, ACTION)?;
        let id = told(found.vpc_id, ACTION)?;
        let details = Vpc::read(aws, &[Prior { id: id.clone(), state: None }]).await?;
        let details = one(details, ACTION)?.state;
        let networks = found.cidr_block_association_set.unwrap_or_default().into_iter().map(|it| Network {
            association_id: it.association_id,
            cidr_block: it.cidr_block,
            state: it.cidr_block_state.and_then(|it| it.state).map(|it| it.as_str().to_owned()),
        });
        let seen = Self {
            cidr_block: found.cidr_block,
            default: found.is_default,
            dhcp_options_id: found.dhcp_options_id,
            state: found.state.map(|it| it.as_str().to_owned()),
            tags: observed_tags(found.tags),
            arn: details.arn,
            cidr_block_associations: networks.collect(),
            enable_dns_hostnames: details.enable_dns_hostnames,
            enable_dns_support: Some(details.enable_dns_support),
            enable_network_address_usage_metrics: details.enable_network_address_usage_metrics,
            instance_tenancy: Some(details.instance_tenancy),
            ipv6_association_id: details.ipv6_association_id,
            ipv6_cidr_block: details.ipv6_cidr_block,
            main_route_table_id: details.main_route_table_id,
            owner_id: details.owner_id,
            ..self
        };
        Ok((id, seen))
    }
}

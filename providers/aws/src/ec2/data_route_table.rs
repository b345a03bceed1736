//! `aws_route_table`: looks up a route table.

use aws_sdk_ec2::types;
use plumb_engine::Schema;
use plumb_engine::provider::typed::{DataSource, Id, Result};
use serde::{Deserialize, Serialize};

use super::lookup::{Condition, filters, one};
use super::{arn, observed_tags, routing};
use crate::client::Aws;
use crate::wire::{Tags, pages, told};

const ACTION: &str = "reading aws_route_table (DescribeRouteTables)";

/// Looks up a route table by what is known of it; exactly one must match.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct FoundRouteTable {
    /// Id of the table.
    #[attr(optional, computed)]
    pub route_table_id: Option<String>,
    /// VPC of the table.
    #[attr(optional, computed)]
    pub vpc_id: Option<String>,
    /// Subnet that uses the table by an association; one that uses the main table has none.
    #[attr(optional, computed)]
    pub subnet_id: Option<String>,
    /// Gateway that uses the table.
    #[attr(optional, computed)]
    pub gateway_id: Option<String>,
    /// Tags that it has.
    #[attr(optional, computed)]
    pub tags: Tags,
    /// Only tables that match.
    #[block(set)]
    pub filter: Vec<Condition>,
    /// ARN of the table.
    #[attr(computed)]
    pub arn: Option<String>,
    /// Account that owns the table.
    #[attr(computed)]
    pub owner_id: Option<String>,
    /// Who uses the table.
    #[attr(computed)]
    pub associations: Vec<FoundAssociation>,
    /// Routes of the table but those inside the VPC and those of gateway endpoints.
    #[attr(computed)]
    pub routes: Vec<FoundRoute>,
}

/// Who uses a route table.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct FoundAssociation {
    /// Id of the association.
    pub route_table_association_id: Option<String>,
    /// The table.
    pub route_table_id: Option<String>,
    /// The subnet.
    pub subnet_id: Option<String>,
    /// The gateway.
    pub gateway_id: Option<String>,
    /// Whether it is the main table of its VPC.
    pub main: Option<bool>,
}

/// A route: a destination and a target.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct FoundRoute {
    /// Destination: an IPv4 network.
    pub cidr_block: Option<String>,
    /// Destination: an IPv6 network.
    pub ipv6_cidr_block: Option<String>,
    /// Destination: a managed prefix list.
    pub destination_prefix_list_id: Option<String>,
    /// Target: a carrier gateway.
    pub carrier_gateway_id: Option<String>,
    /// Target: the ARN of a core network.
    pub core_network_arn: Option<String>,
    /// Target: an egress-only internet gateway.
    pub egress_only_gateway_id: Option<String>,
    /// Target: an internet gateway or a virtual private gateway.
    pub gateway_id: Option<String>,
    /// Instance of the network interface that is the target.
    pub instance_id: Option<String>,
    /// Target: a gateway of an Outpost.
    pub local_gateway_id: Option<String>,
    /// Target: a NAT gateway.
    pub nat_gateway_id: Option<String>,
    /// Target: a network interface.
    pub network_interface_id: Option<String>,
    /// Target: a transit gateway.
    pub transit_gateway_id: Option<String>,
    /// Target: a Gateway Load Balancer endpoint.
    pub vpc_endpoint_id: Option<String>,
    /// Target: a VPC peering connection.
    pub vpc_peering_connection_id: Option<String>,
}

impl DataSource for FoundRouteTable {
    type Client = Aws;
    const TYPE: &'static str = "aws_route_table";

    async fn read(self, aws: &Aws) -> Result<(Id, Self)> {
        let arguments = [
            ("route-table-id", self.route_table_id.clone()),
            ("vpc-id", self.vpc_id.clone()),
            ("association.subnet-id", self.subnet_id.clone()),
            ("association.gateway-id", self.gateway_id.clone()),
        ];
        let call = aws.ec2.describe_route_tables().set_filters(filters(&self.filter, &self.tags, arguments));
        let found: types::RouteTable = one(pages!(call, ACTION)?, ACTION)?;
        let id = told(found.route_table_id, ACTION)?;
        let owner = found.owner_id.clone().unwrap_or_default();
        let seen = Self {
            route_table_id: Some(id.clone()),
            vpc_id: found.vpc_id,
            tags: observed_tags(found.tags),
            arn: Some(arn(aws, &owner, &format!("route-table/{id}"))),
            owner_id: found.owner_id,
            associations: found.associations.unwrap_or_default().into_iter().map(FoundAssociation::observe).collect(),
            routes: found.routes.unwrap_or_default().iter().filter_map(FoundRoute::observe).collect(),
            ..self
        };
        Ok((id, seen))
    }
}

impl FoundAssociation {
    fn observe(found: types::RouteTableAssociation) -> Self {
        Self {
            route_table_association_id: found.route_table_association_id,
            route_table_id: found.route_table_id,
            subnet_id: found.subnet_id,
            gateway_id: found.gateway_id,
            main: found.main,
        }
    }
}

impl FoundRoute {
    fn observe(found: &types::Route) -> Option<Self> {
        let (destination, target) = routing::observe(found);
        let propagated = found.origin == Some(types::RouteOrigin::EnableVgwRoutePropagation);
        let of_endpoint = destination.prefix_list.is_some() && target.vpc_endpoint_id.is_some();
        if target.is_local() || propagated || of_endpoint {
            return None;
        }
        Some(Self {
            cidr_block: destination.ipv4,
            ipv6_cidr_block: destination.ipv6,
            destination_prefix_list_id: destination.prefix_list,
            carrier_gateway_id: target.carrier_gateway_id,
            core_network_arn: target.core_network_arn,
            egress_only_gateway_id: target.egress_only_gateway_id,
            gateway_id: target.gateway_id,
            instance_id: found.instance_id.clone(),
            local_gateway_id: target.local_gateway_id,
            nat_gateway_id: target.nat_gateway_id,
            network_interface_id: target.network_interface_id,
            transit_gateway_id: target.transit_gateway_id,
            vpc_endpoint_id: target.vpc_endpoint_id,
            vpc_peering_connection_id: target.vpc_peering_connection_id,
        })
    }
}

//! `aws_route`: one route of a route table.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_ec2::types;
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, PlannedChange, Recognition};
use plumb_engine::value::{Type, Value};
use serde::{Deserialize, Serialize};

use super::routing::{self, Destination, TARGETS, Target};
use super::{FILTER_VALUES, filter};
use crate::client::Aws;
use crate::wire::{Check, hash, pages, same};

/// One route of a route table: traffic to a destination takes a target. A table whose routes are declared one by one
/// declares none in `aws_route_table` itself.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Route {
    /// Route table of the route.
    #[attr(force_new)]
    pub route_table_id: String,
    /// Destination: an IPv4 network, `0.0.0.0/0` for everything.
    #[attr(force_new, conflicts_with("destination_ipv6_cidr_block", "destination_prefix_list_id"))]
    pub destination_cidr_block: Option<String>,
    /// Destination: an IPv6 network, `::/0` for everything.
    #[attr(force_new, same = same::cidr, conflicts_with("destination_cidr_block", "destination_prefix_list_id"))]
    pub destination_ipv6_cidr_block: Option<String>,
    /// Destination: a managed prefix list.
    #[attr(force_new, conflicts_with("destination_cidr_block", "destination_ipv6_cidr_block"))]
    pub destination_prefix_list_id: Option<String>,
    /// Target: a carrier gateway.
    pub carrier_gateway_id: Option<String>,
    /// Target: the ARN of a core network.
    pub core_network_arn: Option<String>,
    /// Target: an egress-only internet gateway, for IPv6.
    #[attr(optional, computed)]
    pub egress_only_gateway_id: Option<String>,
    /// Target: an internet gateway, a virtual private gateway, or `local`.
    #[attr(optional, computed)]
    pub gateway_id: Option<String>,
    /// Target: a gateway of an Outpost.
    #[attr(optional, computed)]
    pub local_gateway_id: Option<String>,
    /// Target: a NAT gateway.
    #[attr(optional, computed)]
    pub nat_gateway_id: Option<String>,
    /// Target: a network interface.
    #[attr(optional, computed)]
    pub network_interface_id: Option<String>,
    /// Target: a transit gateway.
    pub transit_gateway_id: Option<String>,
    /// Target: a Gateway Load Balancer endpoint.
    pub vpc_endpoint_id: Option<String>,
    /// Target: a VPC peering connection.
    pub vpc_peering_connection_id: Option<String>,
    /// Instance of the target's network interface.
    #[attr(computed)]
    pub instance_id: Option<String>,
    /// Account that owns the instance.
    #[attr(computed)]
    pub instance_owner_id: Option<String>,
    /// How the route came to be: `CreateRoute`, `CreateRouteTable` or `EnableVgwRoutePropagation`.
    #[attr(computed)]
    pub origin: Option<String>,
    /// `active`, or `blackhole` when the target is gone.
    #[attr(computed)]
    pub state: Option<String>,
}

impl Resource for Route {
    type Client = Aws;
    const TYPE: &'static str = "aws_route";
    const RECOGNITION: Recognition = Recognition::Arguments;
    const TIMEOUTS: Timeouts = Timeouts {
        create: Duration::from_secs(300),
        update: Duration::from_secs(120),
        delete: Duration::from_secs(300),
    };
    const BATCH: usize = FILTER_VALUES;

    fn validate(config: &Value) -> Diagnostics {
        let mut check = Check::of(config);
        check.exactly_one(&["destination_cidr_block", "destination_ipv6_cidr_block", "destination_prefix_list_id"]);
        check.exactly_one(TARGETS);
        check.ipv4_network("destination_cidr_block").ipv6_network("destination_ipv6_cidr_block");
        check.found()
    }

    fn plan(change: &mut PlannedChange, _client: Option<&Aws>) -> Diagnostics {
        // There is one target: what the configuration does not set is none, whatever it was before.
        for name in TARGETS {
            if change.config.get(name).is_some_and(Value::is_null) {
                change.planned = change.planned.clone().with(name, Value::null(Type::String));
            }
        }
        Diagnostics::new()
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        routing::create(aws, &self.route_table_id, &self.destination(), &self.target()).await?;
        let id = self.id();
        creation.made(&id);
        if self.network_interface_id.is_some() || self.target().is_local() {
            // Only a read tells the instance of the interface, and how a local route came to be.
            return Ok(Made::id(id));
        }
        let made = Self { origin: Some("CreateRoute".into()), state: Some("active".into()), ..self.clone() };
        Ok(Made::ready(id, made))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let wanted: Vec<_> = objects.iter().filter_map(|it| Some((it.id.clone(), wanted(it)?))).collect();
        let tables: BTreeSet<&String> = wanted.iter().map(|(_, (table, _))| table).collect();
        if tables.is_empty() {
            return Ok(Vec::new());
        }
        let call = aws.ec2.describe_route_tables().filters(filter("route-table-id", tables));
        let found = pages!(call, "reading aws_route (DescribeRouteTables)")?;
        let route = |table: &String, destination: &Destination| {
            let table = found.iter().find(|it| it.route_table_id.as_ref() == Some(table))?;
            table.routes().iter().find(|it| routing::observe(it).0.is(destination))
        };
        let seen = wanted.iter().filter_map(|(asked, (table, destination))| {
            let state = Self::observe(table, route(table, destination)?);
            Some(Observed::ready(state.id(), state).asked_as(asked))
        });
        Ok(seen.collect())
    }

    async fn update(&self, aws: &Aws, _id: &str, prior: &Self) -> Result<()> {
        if self.target() == prior.target() {
            return Ok(());
        }
        routing::replace(aws, &self.route_table_id, &self.destination(), &self.target()).await
    }

    async fn delete(&self, aws: &Aws, _id: &str) -> Result<()> {
        routing::delete(aws, &self.route_table_id, &self.destination(), &self.target()).await
    }

    async fn find(&self, aws: &Aws, _key: &IntentKey) -> Result<Option<Id>> {
        let found = Self::read(aws, &[Prior { id: self.id(), state: Some(self.clone()) }]).await?;
        Ok(found.into_iter().find(|it| it.state.target() == self.target()).map(|it| it.id))
    }
}

impl Route {
    /// The table's id and a hash of the destination.
    fn id(&self) -> Id {
        format!("r-{}{}", self.route_table_id, hash::crc(self.destination().text()))
    }

    fn destination(&self) -> Destination {
        Destination {
            ipv4: self.destination_cidr_block.clone(),
            ipv6: self.destination_ipv6_cidr_block.clone(),
            prefix_list: self.destination_prefix_list_id.clone(),
        }
    }

    fn target(&self) -> Target {
        Target {
            carrier_gateway_id: self.carrier_gateway_id.clone(),
            core_network_arn: self.core_network_arn.clone(),
            egress_only_gateway_id: self.egress_only_gateway_id.clone(),
            gateway_id: self.gateway_id.clone(),
            local_gateway_id: self.local_gateway_id.clone(),
            nat_gateway_id: self.nat_gateway_id.clone(),
            network_interface_id: self.network_interface_id.clone(),
            transit_gateway_id: self.transit_gateway_id.clone(),
            vpc_endpoint_id: self.vpc_endpoint_id.clone(),
            vpc_peering_connection_id: self.vpc_peering_connection_id.clone(),
        }
    }

    fn observe(table: &str, route: &types::Route) -> Self {
        let (destination, target) = routing::observe(route);
        Self {
            route_table_id: table.to_owned(),
            destination_cidr_block: destination.ipv4,
            destination_ipv6_cidr_block: destination.ipv6,
            destination_prefix_list_id: destination.prefix_list,
            carrier_gateway_id: target.carrier_gateway_id,
            core_network_arn: target.core_network_arn,
            egress_only_gateway_id: target.egress_only_gateway_id,
            gateway_id: target.gateway_id,
            local_gateway_id: target.local_gateway_id,
            nat_gateway_id: target.nat_gateway_id,
            network_interface_id: target.network_interface_id,
            transit_gateway_id: target.transit_gateway_id,
            vpc_endpoint_id: target.vpc_endpoint_id,
            vpc_peering_connection_id: target.vpc_peering_connection_id,
            instance_id: route.instance_id.clone(),
            instance_owner_id: route.instance_owner_id.clone(),
            origin: route.origin.as_ref().map(|it| it.as_str().to_owned()),
            state: route.state.as_ref().map(|it| it.as_str().to_owned()),
        }
    }
}

/// Table and destination of an object; an import names them as `TABLE_DESTINATION`.
fn wanted(object: &Prior<Route>) -> Option<(String, Destination)> {
    match &object.state {
        Some(state) => Some((state.route_table_id.clone(), state.destination())),
        None => {
            let (table, destination) = object.id.split_once('_')?;
            Some((table.to_owned(), Destination::parse(destination)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_name_table_and_destination() {
        let of = |id: &str| wanted(&Prior { id: id.to_owned(), state: None });
        assert_eq!(of("rtb-1_0.0.0.0/0"), Some(("rtb-1".to_owned(), Destination::parse("0.0.0.0/0"))));
        assert_eq!(of("rtb-1"), None);
    }

    #[test]
    fn ids_hash_the_destination() {
        let cidr = Some("0.0.0.0/0".to_owned());
        let route = Route { route_table_id: "rtb-1".into(), destination_cidr_block: cidr, ..Route::default() };
        assert_eq!(route.id(), "r-rtb-11080289494");
    }
}

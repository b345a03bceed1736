//! `aws_route_table`: where the traffic of subnets goes.

use aws_sdk_ec2::types::{self, ResourceType, RouteOrigin};
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::routing::{self, Destination, TARGETS, Target};
use super::{FILTER_VALUES, VISIBLE, arn, by_intent, filter, has_intent, observed_tags, retag, tags_on_create};
use crate::client::Aws;
use crate::wire::{Absent, Check, Context, Tags, each, ids, pages, patiently, told};

const GONE: &[&str] = &["InvalidRouteTableID.NotFound"];

/// Where the traffic of associated subnets goes. Routes inside the VPC are always there; others are declared here as
/// `route`, or one by one as `aws_route`, not both.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct RouteTable {
    /// VPC of the table.
    #[attr(force_new)]
    pub vpc_id: String,
    /// All routes of the table but those inside the VPC. Routes are left alone when there is no `route`; `route = []`
    /// removes them.
    #[attr(set, optional, computed, block_syntax)]
    pub route: Vec<TableRoute>,
    /// Virtual private gateways that add their routes.
    #[attr(set, optional, computed)]
    pub propagating_vgws: Vec<String>,
    /// ARN of the table.
    #[attr(computed)]
    pub arn: Option<String>,
    /// Account that owns the table.
    #[attr(computed)]
    pub owner_id: Option<String>,
    /// Tags of the table.
    pub tags: Tags,
    /// Tags of the table, with the provider's default tags.
    #[attr(computed)]
    pub tags_all: Tags,
}

/// One route of a table: a destination and a target.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct TableRoute {
    /// Destination: an IPv4 network, `0.0.0.0/0` for everything.
    pub cidr_block: Option<String>,
    /// Destination: an IPv6 network, `::/0` for everything.
    pub ipv6_cidr_block: Option<String>,
    /// Destination: a managed prefix list.
    pub destination_prefix_list_id: Option<String>,
    /// Target: a carrier gateway.
    pub carrier_gateway_id: Option<String>,
    /// Target: the ARN of a core network.
    pub core_network_arn: Option<String>,
    /// Target: an egress-only internet gateway, for IPv6.
    pub egress_only_gateway_id: Option<String>,
    /// Target: an internet gateway, a virtual private gateway, or `local`.
    pub gateway_id: Option<String>,
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

impl Resource for RouteTable {
    type Client = Aws;
    const TYPE: &'static str = "aws_route_table";
    const RECOGNITION: Recognition = Recognition::ClientToken;
    const TIMEOUTS: Timeouts = Timeouts::minutes(5);
    const BATCH: usize = FILTER_VALUES;

    fn validate(config: &Value) -> Diagnostics {
        let mut found = Diagnostics::new();
        for route in config.get("route").and_then(Value::as_slice).unwrap_or_default() {
            // In attribute syntax every part is written, and "" stands for none.
            let route =
                route.clone().transform(&mut |it| if it.as_str() == Some("") { Value::null(it.ty()) } else { it });
            let mut check = Check::of(&route);
            check.exactly_one(&["cidr_block", "ipv6_cidr_block", "destination_prefix_list_id"]).exactly_one(TARGETS);
            check.ipv4_network("cidr_block").ipv6_network("ipv6_cidr_block");
            found.extend(check.found());
        }
        found
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let action = "creating aws_route_table (CreateRouteTable)";
        let call = aws
            .ec2
            .create_route_table()
            .vpc_id(&self.vpc_id)
            .client_token(creation.key.as_str())
            .tag_specifications(tags_on_create(ResourceType::RouteTable, &self.tags_all, creation.key));
        let made = told(call.send().await.context(action)?.route_table, action)?;
        let made = told(Self::observe(aws, made, None), action)?;
        creation.made(&made.id);
        if self.route.is_empty() && self.propagating_vgws.is_empty() {
            return Ok(Made::ready(made.id, made.state));
        }
        self.set_routes(aws, &made.id, &[]).await?;
        self.set_propagation(aws, &made.id, &[]).await?;
        Ok(Made::id(made.id))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let call = aws.ec2.describe_route_tables().filters(filter("route-table-id", ids(objects)));
        let found = pages!(call, "reading aws_route_table (DescribeRouteTables)")?;
        let prior = |table: &types::RouteTable| {
            objects.iter().find(|it| Some(it.id.as_str()) == table.route_table_id()).and_then(|it| it.state.as_ref())
        };
        let seen = found.into_iter().filter_map(|it| {
            let prior = prior(&it);
            Self::observe(aws, it, prior)
        });
        Ok(seen.collect())
    }

    async fn update(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        self.set_routes(aws, id, &prior.route).await?;
        self.set_propagation(aws, id, &prior.propagating_vgws).await?;
        retag(aws, id, &prior.tags_all, &self.tags_all).await
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        let call = || aws.ec2.delete_route_table().route_table_id(id).send();
        let done = patiently(Self::TIMEOUTS.delete, &["DependencyViolation"], call).await;
        done.absent("deleting aws_route_table (DeleteRouteTable)", GONE).map(drop)
    }

    async fn find(&self, aws: &Aws, key: &IntentKey) -> Result<Option<Id>> {
        let call = aws.ec2.describe_route_tables().filters(by_intent(key));
        let found = pages!(call, "finding aws_route_table (DescribeRouteTables)")?;
        Ok(found.into_iter().filter(|it| has_intent(it.tags(), key)).find_map(|it| it.route_table_id))
    }

    async fn list(aws: &Aws) -> Result<Vec<Id>> {
        let found = pages!(aws.ec2.describe_route_tables(), "listing aws_route_table (DescribeRouteTables)")?;
        let is_main = |it: &types::RouteTable| it.associations().iter().any(|it| it.main == Some(true));
        Ok(found.into_iter().filter(|it| !is_main(it)).filter_map(|it| it.route_table_id).collect())
    }
}

impl RouteTable {
    fn observe(aws: &Aws, table: types::RouteTable, prior: Option<&Self>) -> Option<Observed<Self>> {
        let id = table.route_table_id?;
        let declared = |route: &TableRoute| {
            prior.is_some_and(|it| it.route.iter().any(|it| it.destination().is(&route.destination())))
        };
        let routes = table.routes.unwrap_or_default();
        let routes = routes.iter().filter(|it| is_own(it)).map(TableRoute::observe);
        let state = Self {
            vpc_id: table.vpc_id.unwrap_or_default(),
            route: routes.filter(|it| !it.target().is_local() || declared(it)).collect(),
            propagating_vgws: table
                .propagating_vgws
                .unwrap_or_default()
                .into_iter()
                .filter_map(|it| it.gateway_id)
                .collect(),
            arn: table.owner_id.as_deref().map(|owner| arn(aws, owner, &format!("route-table/{id}"))),
            owner_id: table.owner_id,
            tags: Tags::new(),
            tags_all: observed_tags(table.tags),
        };
        Some(Observed::ready(id, state))
    }

    async fn set_routes(&self, aws: &Aws, id: &str, prior: &[TableRoute]) -> Result<()> {
        let at = |routes: &[TableRoute], route: &TableRoute| {
            routes.iter().find(|it| it.destination().is(&route.destination())).map(TableRoute::target)
        };
        let gone = prior.iter().filter(|it| at(&self.route, it).is_none());
        let gone: Vec<_> = gone.map(|it| (it.destination(), it.target())).collect();
        each(gone, |(destination, target)| async move { routing::delete(aws, id, &destination, &target).await })
            .await?;
        let new = self.route.iter().filter(|it| at(prior, it).as_ref() != Some(&it.target()));
        let new: Vec<_> = new.map(|it| (it.destination(), it.target(), at(prior, it).is_some())).collect();
        each(new, |(destination, target, is_there)| async move {
            match is_there {
                true => routing::replace(aws, id, &destination, &target).await,
                false => routing::create(aws, id, &destination, &target).await,
            }
        })
        .await
        .map(drop)
    }

    async fn set_propagation(&self, aws: &Aws, id: &str, prior: &[String]) -> Result<()> {
        for gateway in prior.iter().filter(|it| !self.propagating_vgws.contains(it)) {
            let call = aws.ec2.disable_vgw_route_propagation().route_table_id(id).gateway_id(gateway).send();
            call.await.context("changing aws_route_table (DisableVgwRoutePropagation)")?;
        }
        for gateway in self.propagating_vgws.iter().filter(|it| !prior.contains(it)) {
            let call = || aws.ec2.enable_vgw_route_propagation().route_table_id(id).gateway_id(gateway).send();
            let done = patiently(VISIBLE, &["Gateway.NotAttached"], call).await;
            done.context("changing aws_route_table (EnableVgwRoutePropagation)")?;
        }
        Ok(())
    }
}

/// Whether a route is the table's own, not one of a gateway that propagates or of a gateway endpoint.
fn is_own(route: &types::Route) -> bool {
    let is_endpoint = route.gateway_id().is_some_and(|it| it.starts_with("vpce-"));
    route.origin != Some(RouteOrigin::EnableVgwRoutePropagation)
        && !(is_endpoint && route.destination_prefix_list_id.is_some())
}

impl TableRoute {
    fn destination(&self) -> Destination {
        let set = |it: &Option<String>| it.clone().filter(|it| !it.is_empty());
        Destination {
            ipv4: set(&self.cidr_block),
            ipv6: set(&self.ipv6_cidr_block),
            prefix_list: set(&self.destination_prefix_list_id),
        }
    }

    fn target(&self) -> Target {
        let set = |it: &Option<String>| it.clone().filter(|it| !it.is_empty());
        Target {
            carrier_gateway_id: set(&self.carrier_gateway_id),
            core_network_arn: set(&self.core_network_arn),
            egress_only_gateway_id: set(&self.egress_only_gateway_id),
            gateway_id: set(&self.gateway_id),
            local_gateway_id: set(&self.local_gateway_id),
            nat_gateway_id: set(&self.nat_gateway_id),
            network_interface_id: set(&self.network_interface_id),
            transit_gateway_id: set(&self.transit_gateway_id),
            vpc_endpoint_id: set(&self.vpc_endpoint_id),
            vpc_peering_connection_id: set(&self.vpc_peering_connection_id),
        }
    }

    fn observe(route: &types::Route) -> Self {
        let (destination, target) = routing::observe(route);
        Self {
            cidr_block: destination.ipv4,
            ipv6_cidr_block: destination.ipv6,
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
        }
    }
}

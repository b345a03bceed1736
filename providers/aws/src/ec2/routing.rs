//! Routes as the types of route tables share them: destination, target, and the calls that set them.

use aws_sdk_ec2::types;
use plumb_engine::provider::typed::Result;

use crate::client::Aws;
use crate::wire::{Absent, Context, patiently, same};

/// Codes of targets and tables that were just made and are not known everywhere yet.
const NOT_YET: &[&str] = &[
    "InvalidGatewayID.NotFound",
    "InvalidNatGatewayID.NotFound",
    "InvalidNetworkInterfaceID.NotFound",
    "InvalidParameterException",
    "InvalidRouteTableID.NotFound",
    "InvalidTransitGatewayID.NotFound",
    "NatGatewayNotFound",
];

/// The target that keeps traffic in the VPC.
pub const LOCAL: &str = "local";

/// Destination of a route: one of these.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Destination {
    /// IPv4 network.
    pub ipv4: Option<String>,
    /// IPv6 network.
    pub ipv6: Option<String>,
    /// Managed prefix list.
    pub prefix_list: Option<String>,
}

impl Destination {
    /// The one that is set.
    pub fn text(&self) -> &str {
        [&self.ipv4, &self.ipv6, &self.prefix_list].into_iter().flatten().next().map_or("", String::as_str)
    }

    /// Whether both name the same networks.
    pub fn is(&self, other: &Self) -> bool {
        same::cidr(self.text(), other.text())
    }

    /// The destination that a text is.
    pub fn parse(text: &str) -> Self {
        let text = Some(text.to_owned());
        match text.as_deref() {
            Some(it) if it.starts_with("pl-") => Self { prefix_list: text, ..Self::default() },
            Some(it) if it.contains(':') => Self { ipv6: text, ..Self::default() },
            _ => Self { ipv4: text, ..Self::default() },
        }
    }
}

/// Where a route leads: one of these.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as the arguments of the route types, which document them")]
pub struct Target {
    pub carrier_gateway_id: Option<String>,
    pub core_network_arn: Option<String>,
    pub egress_only_gateway_id: Option<String>,
    pub gateway_id: Option<String>,
    pub local_gateway_id: Option<String>,
    pub nat_gateway_id: Option<String>,
    pub network_interface_id: Option<String>,
    pub transit_gateway_id: Option<String>,
    pub vpc_endpoint_id: Option<String>,
    pub vpc_peering_connection_id: Option<String>,
}

/// Names of the arguments of which one is a route's target.
pub const TARGETS: &[&str] = &[
    "carrier_gateway_id",
    "core_network_arn",
    "egress_only_gateway_id",
    "gateway_id",
    "local_gateway_id",
    "nat_gateway_id",
    "network_interface_id",
    "transit_gateway_id",
    "vpc_endpoint_id",
    "vpc_peering_connection_id",
];

impl Target {
    /// Whether traffic stays in the VPC.
    pub fn is_local(&self) -> bool {
        self.gateway_id.as_deref() == Some(LOCAL)
    }

    /// The target without what is empty.
    fn set(&self) -> Self {
        let set = |it: &Option<String>| it.clone().filter(|it| !it.is_empty());
        Self {
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
}

/// Destination and target of a route as AWS tells it. An endpoint is told as a gateway.
pub fn observe(route: &types::Route) -> (Destination, Target) {
    let destination = Destination {
        ipv4: route.destination_cidr_block.clone(),
        ipv6: route.destination_ipv6_cidr_block.clone(),
        prefix_list: route.destination_prefix_list_id.clone(),
    };
    let endpoint = |it: &String| it.starts_with("vpce-");
    let target = Target {
        carrier_gateway_id: route.carrier_gateway_id.clone(),
        core_network_arn: route.core_network_arn.clone(),
        egress_only_gateway_id: route.egress_only_internet_gateway_id.clone(),
        gateway_id: route.gateway_id.clone().filter(|it| !endpoint(it)),
        local_gateway_id: route.local_gateway_id.clone(),
        nat_gateway_id: route.nat_gateway_id.clone(),
        network_interface_id: route.network_interface_id.clone(),
        transit_gateway_id: route.transit_gateway_id.clone(),
        vpc_endpoint_id: route.gateway_id.clone().filter(endpoint),
        vpc_peering_connection_id: route.vpc_peering_connection_id.clone(),
    };
    (destination, target)
}

/// Sets the table, destination and target of a call that makes or replaces a route.
macro_rules! aimed {
    ($call:expr, $table:expr, $destination:expr, $target:expr) => {
        $call
            .route_table_id($table)
            .set_destination_cidr_block($destination.ipv4.clone())
            .set_destination_ipv6_cidr_block($destination.ipv6.clone())
            .set_destination_prefix_list_id($destination.prefix_list.clone())
            .set_carrier_gateway_id($target.carrier_gateway_id.clone())
            .set_core_network_arn($target.core_network_arn.clone())
            .set_egress_only_internet_gateway_id($target.egress_only_gateway_id.clone())
            .set_local_gateway_id($target.local_gateway_id.clone())
            .set_nat_gateway_id($target.nat_gateway_id.clone())
            .set_network_interface_id($target.network_interface_id.clone())
            .set_transit_gateway_id($target.transit_gateway_id.clone())
            .set_vpc_endpoint_id($target.vpc_endpoint_id.clone())
            .set_vpc_peering_connection_id($target.vpc_peering_connection_id.clone())
    };
}

/// Makes a route. A local route is there already: it only gets its target back.
///
/// # Errors
/// AWS refuses it.
pub async fn create(aws: &Aws, table: &str, destination: &Destination, target: &Target) -> Result<()> {
    if target.is_local() {
        return replace(aws, table, destination, target).await;
    }
    let target = target.set();
    let call = aimed!(aws.ec2.create_route(), table, destination, target).set_gateway_id(target.gateway_id);
    let done = patiently(super::VISIBLE, NOT_YET, || call.clone().send()).await;
    done.context("creating a route (CreateRoute)").map(drop)
}

/// Gives a route another target.
///
/// # Errors
/// AWS refuses it.
pub async fn replace(aws: &Aws, table: &str, destination: &Destination, target: &Target) -> Result<()> {
    let target = target.set();
    let local = target.is_local();
    let call = aimed!(aws.ec2.replace_route(), table, destination, target)
        .set_gateway_id(target.gateway_id.filter(|_| !local))
        .set_local_target(local.then_some(true));
    let done = patiently(super::VISIBLE, NOT_YET, || call.clone().send()).await;
    done.context("changing a route (ReplaceRoute)").map(drop)
}

/// Deletes a route; one that is gone is a success. A local route cannot be deleted and stays.
///
/// # Errors
/// AWS refuses it.
pub async fn delete(aws: &Aws, table: &str, destination: &Destination, target: &Target) -> Result<()> {
    if target.is_local() {
        return Ok(());
    }
    let call = aws
        .ec2
        .delete_route()
        .route_table_id(table)
        .set_destination_cidr_block(destination.ipv4.clone())
        .set_destination_ipv6_cidr_block(destination.ipv6.clone())
        .set_destination_prefix_list_id(destination.prefix_list.clone());
    let done = patiently(super::VISIBLE, &["InvalidParameterException"], || call.clone().send()).await;
    let gone = &["InvalidRoute.NotFound", "InvalidRouteTableID.NotFound"];
    done.absent("deleting a route (DeleteRoute)", gone).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn destinations() {
        assert_eq!(Destination::parse("pl-1").prefix_list.as_deref(), Some("pl-1"));
        assert_eq!(Destination::parse("::/0").ipv6.as_deref(), Some("::/0"));
        assert!(Destination::parse("2001:DB8::/32").is(&Destination::parse("2001:db8:0::/32")));
        assert!(!Destination::parse("0.0.0.0/0").is(&Destination::parse("10.0.0.0/8")));
    }
}

//! `aws_nat_gateway`: the way out of private subnets.

use std::time::Duration;

use aws_sdk_ec2::types::{
    self, AvailabilityMode, ConnectivityType, NatGatewayAddress, NatGatewayAddressStatus, NatGatewayState, ResourceType,
};
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Phase, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, PlannedChange, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::{FILTER_VALUES, VISIBLE, by_intent, filter, has_intent, observed_tags, retag, tags_on_create};
use crate::client::Aws;
use crate::wire::{Absent, Check, Context, Tags, ids, only, pages, patiently, plan, some, told};

const GONE: &[&str] = &["NatGatewayNotFound", "InvalidNatGatewayID.NotFound"];
const PUBLIC: &str = "public";
const ZONAL: &str = "zonal";
const REGIONAL: &str = "regional";

/// The way out of subnets without public addresses: instances reach the internet, which does not reach them.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct NatGateway {
    /// Subnet of a zonal gateway.
    #[attr(force_new)]
    pub subnet_id: Option<String>,
    /// VPC of a regional gateway.
    #[attr(force_new, optional, computed)]
    pub vpc_id: Option<String>,
    /// `zonal`, in one subnet, or `regional`, in all zones of a VPC.
    #[attr(force_new, optional, computed)]
    pub availability_mode: Option<String>,
    /// Elastic IP address of a public zonal gateway, by its allocation id.
    #[attr(force_new)]
    pub allocation_id: Option<String>,
    /// `public`, or `private` for a way to other networks only.
    #[attr(force_new, default = "public")]
    pub connectivity_type: String,
    /// Private address of the gateway; AWS picks one when left out.
    #[attr(force_new, optional, computed)]
    pub private_ip: Option<String>,
    /// Further Elastic IP addresses of a public gateway, by their allocation ids.
    #[attr(set, optional, computed)]
    pub secondary_allocation_ids: Vec<String>,
    /// How many further private addresses a private gateway has; goes without `secondary_private_ip_addresses`.
    #[attr(force_new, optional, computed, conflicts_with("secondary_private_ip_addresses"))]
    pub secondary_private_ip_address_count: Option<i64>,
    /// Further private addresses.
    #[attr(set, optional, computed)]
    pub secondary_private_ip_addresses: Vec<String>,
    /// Elastic IP addresses of a regional gateway by zone; AWS provides addresses when there is none.
    #[block(set, force_new)]
    pub availability_zone_address: Vec<ZoneAddress>,
    /// Addresses of a regional gateway.
    #[attr(set, computed)]
    pub regional_nat_gateway_address: Vec<RegionalAddress>,
    /// Id of the association of the gateway's address.
    #[attr(computed)]
    pub association_id: Option<String>,
    /// Whether AWS adds zones to a regional gateway by itself.
    #[attr(computed)]
    pub auto_provision_zones: Option<String>,
    /// Whether AWS adds addresses to a regional gateway by itself.
    #[attr(computed)]
    pub auto_scaling_ips: Option<String>,
    /// Network interface of the gateway.
    #[attr(computed)]
    pub network_interface_id: Option<String>,
    /// Public address of the gateway.
    #[attr(computed)]
    pub public_ip: Option<String>,
    /// Whether a regional gateway finds its zones by itself.
    #[attr(computed)]
    pub regional_nat_gateway_auto_mode: Option<String>,
    /// Route table of a regional gateway.
    #[attr(computed)]
    pub route_table_id: Option<String>,
    /// Tags of the gateway.
    pub tags: Tags,
    /// Tags of the gateway, with the provider's default tags.
    #[attr(computed)]
    pub tags_all: Tags,
}

/// Elastic IP addresses of a regional gateway in one zone.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct ZoneAddress {
    /// Allocation ids of the addresses.
    #[attr(set, required)]
    pub allocation_ids: Vec<String>,
    /// Zone by name.
    #[attr(optional, computed)]
    pub availability_zone: Option<String>,
    /// Zone by id.
    #[attr(optional, computed)]
    pub availability_zone_id: Option<String>,
}

/// An address of a regional gateway.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct RegionalAddress {
    /// Allocation id of the address.
    #[attr(computed)]
    pub allocation_id: Option<String>,
    /// Id of its association.
    #[attr(computed)]
    pub association_id: Option<String>,
    /// Zone by name.
    #[attr(computed)]
    pub availability_zone: Option<String>,
    /// Zone by id.
    #[attr(computed)]
    pub availability_zone_id: Option<String>,
    /// Network interface in the zone.
    #[attr(computed)]
    pub network_interface_id: Option<String>,
    /// The address.
    #[attr(computed)]
    pub public_ip: Option<String>,
    /// State of the association.
    #[attr(computed)]
    pub status: Option<String>,
}

impl Resource for NatGateway {
    type Client = Aws;
    const TYPE: &'static str = "aws_nat_gateway";
    const RECOGNITION: Recognition = Recognition::ClientToken;
    const TIMEOUTS: Timeouts = Timeouts {
        create: Duration::from_secs(600),
        update: Duration::from_secs(600),
        delete: Duration::from_secs(1800),
    };
    const BATCH: usize = FILTER_VALUES;
    const POLL: Duration = Duration::from_secs(5);
    const WAIT_GONE: bool = true;

    fn validate(config: &Value) -> Diagnostics {
        let mut check = Check::of(config);
        check.one_of("connectivity_type", &[PUBLIC, "private"]).one_of("availability_mode", &[ZONAL, REGIONAL]);
        check.address("private_ip").range("secondary_private_ip_address_count", 1, 31);
        let regional = check.text("availability_mode") == Some(REGIONAL);
        let zonal = check.is_set("availability_mode") == Some(false) || check.text("availability_mode") == Some(ZONAL);
        if zonal && check.is_set("subnet_id") == Some(false) {
            check.error("subnet_id", "is missing. A zonal NAT gateway needs the subnet that it is in.");
        }
        if regional && check.is_set("vpc_id") == Some(false) {
            check.error("vpc_id", "is missing. A regional NAT gateway needs the VPC that it is for.");
        }
        let private = check.text("connectivity_type") == Some("private");
        let public =
            check.is_set("connectivity_type") == Some(false) || check.text("connectivity_type") == Some(PUBLIC);
        if private && check.is_set("allocation_id") == Some(true) {
            check.error("allocation_id", "has no meaning for a private NAT gateway. Remove it.");
        }
        if zonal && public && check.is_set("allocation_id") == Some(false) {
            check.error("allocation_id", "is missing. A public zonal NAT gateway needs an Elastic IP address.");
        }
        check.found()
    }

    fn plan(change: &mut PlannedChange, _client: Option<&Aws>) -> Diagnostics {
        let arguments = ["secondary_allocation_ids", "secondary_private_ip_addresses"];
        plan::follow(change, &arguments[..1], &["secondary_private_ip_addresses"]);
        plan::follow(change, &arguments, &["secondary_private_ip_address_count"]);
        Diagnostics::new()
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let action = "creating aws_nat_gateway (CreateNatGateway)";
        let not_yet = &["InvalidAllocationID.NotFound", "InvalidElasticIpID.NotFound", "InvalidSubnetID.NotFound"];
        let call = aws
            .ec2
            .create_nat_gateway()
            .client_token(creation.key.as_str())
            .set_subnet_id(self.subnet_id.clone())
            .set_vpc_id(self.vpc_id.clone().filter(|_| self.is_regional()))
            .set_availability_mode(self.is_regional().then_some(AvailabilityMode::Regional))
            .set_availability_zone_addresses(self.zone_addresses())
            .set_allocation_id(self.allocation_id.clone())
            .connectivity_type(ConnectivityType::from(self.connectivity_type.as_str()))
            .set_private_ip_address(self.private_ip.clone())
            .set_secondary_allocation_ids(some(&self.secondary_allocation_ids))
            .set_secondary_private_ip_addresses(some(&self.secondary_private_ip_addresses))
            .set_secondary_private_ip_address_count(self.secondary_private_ip_address_count.map(|it| it as i32))
            .tag_specifications(tags_on_create(ResourceType::Natgateway, &self.tags_all, creation.key));
        let made = patiently(VISIBLE, not_yet, || call.clone().send()).await.context(action)?;
        let id = told(made.nat_gateway.and_then(|it| it.nat_gateway_id), action)?;
        creation.made(&id);
        Ok(Made::id(id))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let call = aws.ec2.describe_nat_gateways().filter(filter("nat-gateway-id", ids(objects)));
        let found = pages!(call, "reading aws_nat_gateway (DescribeNatGateways)")?;
        Ok(found.into_iter().filter_map(Self::observe).collect())
    }

    async fn update(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        self.set_allocations(aws, id, prior).await?;
        self.set_private_addresses(aws, id, prior).await?;
        retag(aws, id, &prior.tags_all, &self.tags_all).await
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        let call = aws.ec2.delete_nat_gateway().nat_gateway_id(id).send();
        call.await.absent("deleting aws_nat_gateway (DeleteNatGateway)", GONE).map(drop)
    }

    async fn find(&self, aws: &Aws, key: &IntentKey) -> Result<Option<Id>> {
        let call = aws.ec2.describe_nat_gateways().filter(by_intent(key));
        let call = call.filter(filter("state", ["pending", "available"]));
        let found = pages!(call, "finding aws_nat_gateway (DescribeNatGateways)")?;
        Ok(found.into_iter().filter(|it| has_intent(it.tags(), key)).find_map(|it| it.nat_gateway_id))
    }

    async fn list(aws: &Aws) -> Result<Vec<Id>> {
        let call = aws.ec2.describe_nat_gateways().filter(filter("state", ["pending", "available"]));
        let found = pages!(call, "listing aws_nat_gateway (DescribeNatGateways)")?;
        Ok(found.into_iter().filter_map(|it| it.nat_gateway_id).collect())
    }
}

impl NatGateway {
    fn is_regional(&self) -> bool {
        self.availability_mode.as_deref() == Some(REGIONAL)
    }

    fn zone_addresses(&self) -> Option<Vec<types::AvailabilityZoneAddress>> {
        let addresses = self.availability_zone_address.iter().map(|it| {
            types::AvailabilityZoneAddress::builder()
                .set_allocation_ids(some(&it.allocation_ids))
                .set_availability_zone(it.availability_zone.clone())
                .set_availability_zone_id(it.availability_zone_id.clone())
                .build()
        });
        some(&addresses.collect::<Vec<_>>())
    }

    fn observe(gateway: types::NatGateway) -> Option<Observed<Self>> {
        let id = gateway.nat_gateway_id?;
        let phase = match gateway.state {
            Some(NatGatewayState::Deleted) => return None,
            Some(NatGatewayState::Deleting) => Phase::Deleting,
            Some(NatGatewayState::Pending) => Phase::Pending("pending".into()),
            Some(NatGatewayState::Failed) => Phase::Failed(
                [gateway.failure_code, gateway.failure_message].into_iter().flatten().collect::<Vec<_>>().join(": "),
            ),
            _ => addresses_phase(gateway.nat_gateway_addresses.as_deref().unwrap_or_default()),
        };
        let addresses = gateway.nat_gateway_addresses.unwrap_or_default();
        let word = |it: Option<&str>| it.map(str::to_owned);
        let is_regional = gateway.availability_mode == Some(AvailabilityMode::Regional);
        let primary = addresses.iter().find(|it| it.is_primary != Some(false)).filter(|_| !is_regional).cloned();
        let others = || addresses.iter().filter(|it| it.is_primary == Some(false) && !is_regional);
        let primary_of = |of: fn(NatGatewayAddress) -> Option<String>| primary.clone().and_then(of);
        let regional = addresses.iter().filter(|_| is_regional).map(RegionalAddress::observe);
        let connectivity = gateway.connectivity_type.as_ref().map_or(PUBLIC, ConnectivityType::as_str);
        let state = Self {
            subnet_id: gateway.subnet_id,
            vpc_id: gateway.vpc_id,
            availability_mode: Some(gateway.availability_mode.map_or(ZONAL.into(), |it| it.as_str().to_owned())),
            allocation_id: primary_of(|it| it.allocation_id),
            connectivity_type: connectivity.to_owned(),
            private_ip: primary_of(|it| it.private_ip),
            secondary_allocation_ids: others().filter_map(|it| it.allocation_id.clone()).collect(),
            secondary_private_ip_address_count: Some(others().count() as i64),
            secondary_private_ip_addresses: others().filter_map(|it| it.private_ip.clone()).collect(),
            availability_zone_address: zone_addresses(&addresses, is_regional),
            regional_nat_gateway_address: regional.collect(),
            association_id: primary_of(|it| it.association_id),
            auto_provision_zones: word(gateway.auto_provision_zones.as_ref().map(|it| it.as_str())),
            auto_scaling_ips: word(gateway.auto_scaling_ips.as_ref().map(|it| it.as_str())),
            regional_nat_gateway_auto_mode: word(gateway.auto_provision_zones.as_ref().map(|it| it.as_str())),
            network_interface_id: primary_of(|it| it.network_interface_id),
            public_ip: primary_of(|it| it.public_ip),
            route_table_id: gateway.route_table_id,
            tags: Tags::new(),
            tags_all: observed_tags(gateway.tags),
        };
        Some(Observed::ready(id, state).phase(phase))
    }

    async fn set_allocations(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        let added = only(&self.secondary_allocation_ids, &prior.secondary_allocation_ids);
        let removed = only(&prior.secondary_allocation_ids, &self.secondary_allocation_ids);
        if !removed.is_empty() {
            let associations = associations(aws, id, &removed).await?;
            let call = aws.ec2.disassociate_nat_gateway_address().nat_gateway_id(id);
            let done = call.set_association_ids(Some(associations)).send().await;
            done.context("changing aws_nat_gateway (DisassociateNatGatewayAddress)")?;
        }
        if !added.is_empty() {
            let call = aws.ec2.associate_nat_gateway_address().nat_gateway_id(id).set_allocation_ids(Some(added));
            call.send().await.context("changing aws_nat_gateway (AssociateNatGatewayAddress)")?;
        }
        Ok(())
    }

    /// Only a private gateway has private addresses of its own; those of a public one follow its allocations.
    async fn set_private_addresses(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        if self.connectivity_type == PUBLIC {
            return Ok(());
        }
        let added = only(&self.secondary_private_ip_addresses, &prior.secondary_private_ip_addresses);
        let removed = only(&prior.secondary_private_ip_addresses, &self.secondary_private_ip_addresses);
        if !removed.is_empty() {
            let call = aws.ec2.unassign_private_nat_gateway_address().nat_gateway_id(id);
            let done = call.set_private_ip_addresses(Some(removed)).send().await;
            done.context("changing aws_nat_gateway (UnassignPrivateNatGatewayAddress)")?;
        }
        if !added.is_empty() {
            let call = aws.ec2.assign_private_nat_gateway_address().nat_gateway_id(id);
            let done = call.set_private_ip_addresses(Some(added)).send().await;
            done.context("changing aws_nat_gateway (AssignPrivateNatGatewayAddress)")?;
        }
        Ok(())
    }
}

impl RegionalAddress {
    fn observe(address: &NatGatewayAddress) -> Self {
        Self {
            allocation_id: address.allocation_id.clone(),
            association_id: address.association_id.clone(),
            availability_zone: address.availability_zone.clone(),
            availability_zone_id: address.availability_zone_id.clone(),
            network_interface_id: address.network_interface_id.clone(),
            public_ip: address.public_ip.clone(),
            status: address.status.as_ref().map(|it| it.as_str().to_owned()),
        }
    }
}

/// Addresses of a regional gateway by zone, as the block writes them.
fn zone_addresses(addresses: &[NatGatewayAddress], is_regional: bool) -> Vec<ZoneAddress> {
    let mut zones: Vec<ZoneAddress> = Vec::new();
    for address in addresses.iter().filter(|it| is_regional && it.allocation_id.is_some()) {
        let id = address.allocation_id.clone().unwrap_or_default();
        match zones.iter_mut().find(|it| it.availability_zone_id == address.availability_zone_id) {
            Some(zone) => zone.allocation_ids.push(id),
            None => zones.push(ZoneAddress {
                allocation_ids: vec![id],
                availability_zone: address.availability_zone.clone(),
                availability_zone_id: address.availability_zone_id.clone(),
            }),
        }
    }
    zones
}

fn addresses_phase(addresses: &[NatGatewayAddress]) -> Phase {
    for address in addresses {
        match &address.status {
            None | Some(NatGatewayAddressStatus::Succeeded) => {}
            Some(NatGatewayAddressStatus::Failed) => {
                return Phase::Failed(address.failure_message.clone().unwrap_or_default());
            }
            Some(status) => return Phase::Pending(format!("{} an address", status.as_str())),
        }
    }
    Phase::Ready
}

/// Ids of the associations of some allocations with a gateway.
async fn associations(aws: &Aws, id: &str, allocations: &[String]) -> Result<Vec<String>> {
    let call = aws.ec2.describe_nat_gateways().filter(filter("nat-gateway-id", [id]));
    let found = pages!(call, "reading aws_nat_gateway (DescribeNatGateways)")?;
    let addresses = found.into_iter().flat_map(|it| it.nat_gateway_addresses.unwrap_or_default());
    let wanted = addresses.filter(|it| it.allocation_id.as_ref().is_some_and(|it| allocations.contains(it)));
    Ok(wanted.filter_map(|it| it.association_id).collect())
}

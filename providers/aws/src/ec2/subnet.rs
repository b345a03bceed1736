//! `aws_subnet`: a range of a VPC's addresses in one availability zone.

use std::time::Duration;

use aws_sdk_ec2::operation::modify_subnet_attribute::builders::ModifySubnetAttributeFluentBuilder;
use aws_sdk_ec2::types::{self, HostnameType, ResourceType, SubnetCidrBlockStateCode, SubnetState};
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Phase, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, PlannedChange, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::{FILTER_VALUES, VISIBLE, arn, by_intent, filter, has_intent, observed_tags, retag, switch, tags_on_create};
use crate::client::Aws;
use crate::wire::{Absent, Check, Context, Tags, ids, pages, patiently, plan, same, told};

const GONE: &[&str] = &["InvalidSubnetID.NotFound"];

/// A range of a VPC's addresses in one availability zone.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Subnet {
    /// VPC of the subnet.
    #[attr(force_new)]
    pub vpc_id: String,
    /// IPv4 network of the subnet, a part of the VPC's: a /16 to a /28. Left out for a subnet with IPv6 only.
    #[attr(force_new)]
    pub cidr_block: Option<String>,
    /// Availability zone by name, such as `eu-central-1a`; AWS picks one when left out.
    #[attr(force_new, optional, computed, conflicts_with("availability_zone_id"))]
    pub availability_zone: Option<String>,
    /// Availability zone by id, such as `euc1-az2`, which means the same zone in every account.
    #[attr(force_new, optional, computed, conflicts_with("availability_zone"))]
    pub availability_zone_id: Option<String>,
    /// IPv6 network of the subnet, a part of the VPC's: a /44 to a /64.
    #[attr(optional, computed, same = same::cidr)]
    pub ipv6_cidr_block: Option<String>,
    /// Whether the subnet has IPv6 addresses only.
    #[attr(force_new)]
    pub ipv6_native: Option<bool>,
    /// Whether network interfaces made here get an IPv6 address.
    #[attr(default = false)]
    pub assign_ipv6_address_on_creation: bool,
    /// Whether instances started here get a public IPv4 address.
    #[attr(default = false)]
    pub map_public_ip_on_launch: bool,
    /// Whether interfaces made here get an address of the owner's network on an Outpost; goes together with
    /// `customer_owned_ipv4_pool` and `outpost_arn`.
    pub map_customer_owned_ip_on_launch: Option<bool>,
    /// Pool of the owner's addresses on an Outpost.
    pub customer_owned_ipv4_pool: Option<String>,
    /// Outpost on which the subnet lies.
    #[attr(force_new)]
    pub outpost_arn: Option<String>,
    /// Whether DNS answers give IPv6 addresses for IPv4 destinations.
    pub enable_dns64: Option<bool>,
    /// Position of the network interface that reaches the local network of an Outpost.
    pub enable_lni_at_device_index: Option<i64>,
    /// Whether names of instances answer with an IPv4 address.
    pub enable_resource_name_dns_a_record_on_launch: Option<bool>,
    /// Whether names of instances answer with an IPv6 address.
    pub enable_resource_name_dns_aaaa_record_on_launch: Option<bool>,
    /// From what private names of instances are made: `ip-name` or `resource-name`.
    #[attr(optional, computed)]
    pub private_dns_hostname_type_on_launch: Option<String>,
    /// ARN of the subnet.
    #[attr(computed)]
    pub arn: Option<String>,
    /// Id of the IPv6 network's association.
    #[attr(computed)]
    pub ipv6_cidr_block_association_id: Option<String>,
    /// Account that owns the subnet.
    #[attr(computed)]
    pub owner_id: Option<String>,
    /// Tags of the subnet.
    pub tags: Tags,
    /// Tags of the subnet, with the provider's default tags.
    #[attr(computed)]
    pub tags_all: Tags,
}

impl Resource for Subnet {
    type Client = Aws;
    const TYPE: &'static str = "aws_subnet";
    const RECOGNITION: Recognition = Recognition::Tag;
    const TIMEOUTS: Timeouts = Timeouts {
        create: Duration::from_secs(600),
        update: Duration::from_secs(600),
        delete: Duration::from_secs(1200),
    };
    const BATCH: usize = FILTER_VALUES;
    const POLL: Duration = Duration::from_secs(1);

    fn validate(config: &Value) -> Diagnostics {
        let mut check = Check::of(config);
        check.ipv4_network("cidr_block").prefix("cidr_block", 16, 28);
        check.ipv6_network("ipv6_cidr_block").prefix("ipv6_cidr_block", 44, 64);
        check.one_of("private_dns_hostname_type_on_launch", &["ip-name", "resource-name"]);
        check.needs("map_customer_owned_ip_on_launch", "outpost_arn").needs("customer_owned_ipv4_pool", "outpost_arn");
        if check.is_set("cidr_block") == Some(false) && check.is_set("ipv6_native") == Some(false) {
            check.error("cidr_block", "is missing. Only a subnet with \"ipv6_native = true\" has no IPv4 network.");
        }
        check.found()
    }

    fn plan(change: &mut PlannedChange, _client: Option<&Aws>) -> Diagnostics {
        plan::follow(change, &["ipv6_cidr_block"], &["ipv6_cidr_block_association_id"]);
        Diagnostics::new()
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let action = "creating aws_subnet (CreateSubnet)";
        let call = aws
            .ec2
            .create_subnet()
            .vpc_id(&self.vpc_id)
            .set_cidr_block(self.cidr_block.clone())
            .set_availability_zone(self.availability_zone.clone())
            .set_availability_zone_id(self.availability_zone_id.clone())
            .set_ipv6_cidr_block(self.ipv6_cidr_block.clone())
            .set_ipv6_native(self.ipv6_native)
            .set_outpost_arn(self.outpost_arn.clone())
            .tag_specifications(tags_on_create(ResourceType::Subnet, &self.tags_all, creation.key));
        let made = told(call.send().await.context(action)?.subnet, action)?;
        let made = told(Self::observe(aws, made), action)?;
        creation.made(&made.id);
        let changed = self.set_attributes(aws, &made.id, &made.state).await?;
        Ok(if changed || made.phase != Phase::Ready { Made::id(made.id) } else { Made::ready(made.id, made.state) })
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let call = aws.ec2.describe_subnets().filters(filter("subnet-id", ids(objects)));
        let found = pages!(call, "reading aws_subnet (DescribeSubnets)")?;
        Ok(found.into_iter().filter_map(|it| Self::observe(aws, it)).collect())
    }

    async fn update(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        let moved = self.ipv6_cidr_block != prior.ipv6_cidr_block;
        if moved && self.ipv6_cidr_block.is_none() {
            // Addresses are no longer given out before the network goes away.
            self.set_attributes(aws, id, prior).await?;
        }
        if moved {
            self.set_ipv6(aws, id, prior).await?;
        }
        self.set_attributes(aws, id, prior).await?;
        retag(aws, id, &prior.tags_all, &self.tags_all).await
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        let call = || aws.ec2.delete_subnet().subnet_id(id).send();
        let done = patiently(Self::TIMEOUTS.delete, &["DependencyViolation"], call).await;
        done.absent("deleting aws_subnet (DeleteSubnet)", GONE).map(drop)
    }

    async fn find(&self, aws: &Aws, key: &IntentKey) -> Result<Option<Id>> {
        let found = pages!(aws.ec2.describe_subnets().filters(by_intent(key)), "finding aws_subnet (DescribeSubnets)")?;
        Ok(found.into_iter().filter(|it| has_intent(it.tags(), key)).find_map(|it| it.subnet_id))
    }

    async fn list(aws: &Aws) -> Result<Vec<Id>> {
        let found = pages!(aws.ec2.describe_subnets(), "listing aws_subnet (DescribeSubnets)")?;
        Ok(found.into_iter().filter_map(|it| it.subnet_id).collect())
    }
}

impl Subnet {
    fn observe(aws: &Aws, subnet: types::Subnet) -> Option<Observed<Self>> {
        let id = subnet.subnet_id?;
        let ipv6 = subnet.ipv6_cidr_block_association_set.unwrap_or_default();
        let state = |it: &types::SubnetIpv6CidrBlockAssociation| it.ipv6_cidr_block_state.as_ref()?.state.clone();
        let changing = ipv6.iter().any(|it| {
            matches!(state(it), Some(SubnetCidrBlockStateCode::Associating | SubnetCidrBlockStateCode::Disassociating))
        });
        let ipv6 = ipv6.into_iter().find(|it| state(it) == Some(SubnetCidrBlockStateCode::Associated));
        let phase = match subnet.state {
            Some(SubnetState::Pending) => Phase::Pending("pending".into()),
            Some(SubnetState::Failed) => Phase::Failed("AWS could not make the subnet".into()),
            _ if changing => Phase::Pending("changing its IPv6 network".into()),
            _ => Phase::Ready,
        };
        let names = subnet.private_dns_name_options_on_launch;
        let owner = subnet.owner_id.clone().unwrap_or_default();
        let state = Self {
            vpc_id: subnet.vpc_id.unwrap_or_default(),
            cidr_block: subnet.cidr_block,
            availability_zone: subnet.availability_zone,
            availability_zone_id: subnet.availability_zone_id,
            ipv6_cidr_block_association_id: ipv6.as_ref().and_then(|it| it.association_id.clone()),
            ipv6_cidr_block: ipv6.and_then(|it| it.ipv6_cidr_block),
            ipv6_native: subnet.ipv6_native,
            assign_ipv6_address_on_creation: subnet.assign_ipv6_address_on_creation.unwrap_or_default(),
            map_public_ip_on_launch: subnet.map_public_ip_on_launch.unwrap_or_default(),
            map_customer_owned_ip_on_launch: subnet.map_customer_owned_ip_on_launch,
            customer_owned_ipv4_pool: subnet.customer_owned_ipv4_pool,
            outpost_arn: subnet.outpost_arn,
            enable_dns64: subnet.enable_dns64,
            enable_lni_at_device_index: subnet.enable_lni_at_device_index.map(i64::from),
            enable_resource_name_dns_a_record_on_launch: names
                .as_ref()
                .and_then(|it| it.enable_resource_name_dns_a_record),
            enable_resource_name_dns_aaaa_record_on_launch: names
                .as_ref()
                .and_then(|it| it.enable_resource_name_dns_aaaa_record),
            private_dns_hostname_type_on_launch: names.and_then(|it| it.hostname_type).map(|it| it.as_str().to_owned()),
            arn: subnet.subnet_arn.or_else(|| Some(arn(aws, &owner, &format!("subnet/{id}")))),
            owner_id: subnet.owner_id,
            tags: Tags::new(),
            tags_all: observed_tags(subnet.tags),
        };
        Some(Observed::ready(id, state).phase(phase))
    }

    /// One call for each attribute that differs from `prior`; whether there was any.
    async fn set_attributes(&self, aws: &Aws, id: &str, prior: &Self) -> Result<bool> {
        let changes = self.attribute_changes(aws, id, prior);
        for change in &changes {
            let done = patiently(VISIBLE, GONE, || change.clone().send()).await;
            done.context("changing aws_subnet (ModifySubnetAttribute)")?;
        }
        Ok(!changes.is_empty())
    }

    fn attribute_changes(&self, aws: &Aws, id: &str, prior: &Self) -> Vec<ModifySubnetAttributeFluentBuilder> {
        let call = || aws.ec2.modify_subnet_attribute().subnet_id(id);
        let differs = |of: fn(&Self) -> Option<bool>| of(self).unwrap_or_default() != of(prior).unwrap_or_default();
        let mut changes = Vec::new();
        if differs(|it| Some(it.assign_ipv6_address_on_creation)) {
            changes.push(call().assign_ipv6_address_on_creation(switch(self.assign_ipv6_address_on_creation)));
        }
        if differs(|it| Some(it.map_public_ip_on_launch)) {
            changes.push(call().map_public_ip_on_launch(switch(self.map_public_ip_on_launch)));
        }
        if differs(|it| it.map_customer_owned_ip_on_launch)
            || self.customer_owned_ipv4_pool != prior.customer_owned_ipv4_pool
        {
            let change = call().map_customer_owned_ip_on_launch(switch(self.map_customer_owned_ip_on_launch));
            changes.push(change.set_customer_owned_ipv4_pool(self.customer_owned_ipv4_pool.clone()));
        }
        if differs(|it| it.enable_dns64) {
            changes.push(call().enable_dns64(switch(self.enable_dns64)));
        }
        if differs(|it| it.enable_resource_name_dns_a_record_on_launch) {
            let on = switch(self.enable_resource_name_dns_a_record_on_launch);
            changes.push(call().enable_resource_name_dns_a_record_on_launch(on));
        }
        if differs(|it| it.enable_resource_name_dns_aaaa_record_on_launch) {
            let on = switch(self.enable_resource_name_dns_aaaa_record_on_launch);
            changes.push(call().enable_resource_name_dns_aaaa_record_on_launch(on));
        }
        let hostname = self.private_dns_hostname_type_on_launch.as_deref();
        if let Some(kind) = hostname.filter(|_| hostname != prior.private_dns_hostname_type_on_launch.as_deref()) {
            changes.push(call().private_dns_hostname_type_on_launch(HostnameType::from(kind)));
        }
        let index = self.enable_lni_at_device_index.unwrap_or_default();
        if index != prior.enable_lni_at_device_index.unwrap_or_default() {
            changes.push(match index {
                0 => call().disable_lni_at_device_index(switch(true)),
                index => call().enable_lni_at_device_index(index as i32),
            });
        }
        changes
    }

    async fn set_ipv6(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        if let Some(association) = prior.ipv6_cidr_block_association_id.as_ref().filter(|it| !it.is_empty()) {
            let call = aws.ec2.disassociate_subnet_cidr_block().association_id(association).send();
            let gone = &["InvalidSubnetCidrBlockAssociationID.NotFound"];
            call.await.absent("changing aws_subnet (DisassociateSubnetCidrBlock)", gone)?;
        }
        if let Some(network) = &self.ipv6_cidr_block {
            let call = aws.ec2.associate_subnet_cidr_block().subnet_id(id).ipv6_cidr_block(network).send();
            call.await.context("changing aws_subnet (AssociateSubnetCidrBlock)")?;
        }
        Ok(())
    }
}

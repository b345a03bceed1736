//! `aws_eip`: a public IPv4 address of one's own.

use std::time::Duration;

use aws_sdk_ec2::types::{self, DomainType, ResourceType};
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, PlannedChange, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::{FILTER_VALUES, VISIBLE, arn, by_intent, filter, has_intent, observed_tags, retag, tags_on_create};
use crate::client::Aws;
use crate::wire::{Absent, Check, Context, Tags, ids, patiently, plan, told};

const GONE: &[&str] = &["InvalidAllocationID.NotFound", "InvalidAddress.NotFound"];

/// A public IPv4 address that stays yours until it is released, free or associated with an instance or interface.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Eip {
    /// `vpc`, the only kind that AWS still gives out.
    #[attr(force_new, optional, computed)]
    pub domain: Option<String>,
    /// A certain address, out of a pool of yours or one that you had before.
    #[attr(force_new)]
    pub address: Option<String>,
    /// Instance to associate with.
    #[attr(optional, computed)]
    pub instance: Option<String>,
    /// Network interface to associate with.
    #[attr(optional, computed)]
    pub network_interface: Option<String>,
    /// Private address of the instance or interface to associate with; its primary one when left out.
    pub associate_with_private_ip: Option<String>,
    /// Pool of your public addresses to take it from; `amazon` is AWS's own.
    #[attr(force_new, optional, computed)]
    pub public_ipv4_pool: Option<String>,
    /// IPAM pool to take it from.
    #[attr(force_new)]
    pub ipam_pool_id: Option<String>,
    /// Pool of addresses of your own network on an Outpost.
    #[attr(force_new)]
    pub customer_owned_ipv4_pool: Option<String>,
    /// Group of zones from which AWS advertises the address.
    #[attr(force_new, optional, computed)]
    pub network_border_group: Option<String>,
    /// Id of the address, the same as `id`.
    #[attr(computed)]
    pub allocation_id: Option<String>,
    /// ARN of the address.
    #[attr(computed)]
    pub arn: Option<String>,
    /// Id of the association with an instance or interface.
    #[attr(computed)]
    pub association_id: Option<String>,
    /// Address in a carrier's network.
    #[attr(computed)]
    pub carrier_ip: Option<String>,
    /// Address in your own network on an Outpost.
    #[attr(computed)]
    pub customer_owned_ip: Option<String>,
    /// Private name of the associated private address.
    #[attr(computed)]
    pub private_dns: Option<String>,
    /// Associated private address.
    #[attr(computed)]
    pub private_ip: Option<String>,
    /// Name in reverse DNS. Not read, because it costs a call of its own: null, or as an import from elsewhere has it.
    #[attr(computed)]
    pub ptr_record: Option<String>,
    /// Public name of the address.
    #[attr(computed)]
    pub public_dns: Option<String>,
    /// The address.
    #[attr(computed)]
    pub public_ip: Option<String>,
    /// Tags of the address.
    pub tags: Tags,
    /// Tags of the address, with the provider's default tags.
    #[attr(computed)]
    pub tags_all: Tags,
}

impl Resource for Eip {
    type Client = Aws;
    const TYPE: &'static str = "aws_eip";
    const RECOGNITION: Recognition = Recognition::Tag;
    const TIMEOUTS: Timeouts = Timeouts {
        create: Duration::from_secs(900),
        update: Duration::from_secs(300),
        delete: Duration::from_secs(180),
    };
    const BATCH: usize = FILTER_VALUES;
    const UNREADABLE: &'static [&'static str] = &["address", "associate_with_private_ip", "ipam_pool_id", "ptr_record"];

    fn validate(config: &Value) -> Diagnostics {
        let mut check = Check::of(config);
        check.one_of("domain", &["vpc"]).address("address").address("associate_with_private_ip");
        check.found()
    }

    fn plan(change: &mut PlannedChange, _client: Option<&Aws>) -> Diagnostics {
        let arguments = ["instance", "network_interface", "associate_with_private_ip"];
        let computed = ["instance", "network_interface", "association_id", "private_ip", "private_dns"];
        plan::follow(change, &arguments, &computed);
        Diagnostics::new()
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let action = "creating aws_eip (AllocateAddress)";
        let call = aws
            .ec2
            .allocate_address()
            .domain(DomainType::Vpc)
            .set_address(self.address.clone())
            .set_public_ipv4_pool(self.public_ipv4_pool.clone())
            .set_ipam_pool_id(self.ipam_pool_id.clone())
            .set_customer_owned_ipv4_pool(self.customer_owned_ipv4_pool.clone())
            .set_network_border_group(self.network_border_group.clone())
            .tag_specifications(tags_on_create(ResourceType::ElasticIp, &self.tags_all, creation.key));
        let made = call.send().await.context(action)?;
        let id = told(made.allocation_id, action)?;
        creation.made(&id);
        if self.is_associated() {
            self.associate(aws, &id).await?;
        }
        Ok(Made::id(id))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let call = aws.ec2.describe_addresses().filters(filter("allocation-id", ids(objects))).send();
        let found = call.await.context("reading aws_eip (DescribeAddresses)")?.addresses.unwrap_or_default();
        let known = objects.iter().find_map(|it| owner(it.state.as_ref()?.arn.as_deref()?));
        let owner = match known {
            Some(owner) => owner,
            None if found.is_empty() => return Ok(Vec::new()),
            None => aws.account().await?,
        };
        Ok(found.into_iter().filter_map(|it| Self::observe(aws, it, owner)).collect())
    }

    async fn update(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        let end = |it: &Self| (it.instance.clone(), it.network_interface.clone(), it.associate_with_private_ip.clone());
        if end(self) != end(prior) {
            prior.disassociate(aws).await?;
            if self.is_associated() {
                self.associate(aws, id).await?;
            }
        }
        retag(aws, id, &prior.tags_all, &self.tags_all).await
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        if self.is_associated() {
            self.disassociate(aws).await?;
        }
        let call = || {
            let group = self.network_border_group.clone();
            aws.ec2.release_address().allocation_id(id).set_network_border_group(group).send()
        };
        let done = patiently(Self::TIMEOUTS.delete, &["InvalidIPAddress.InUse", "AuthFailure"], call).await;
        done.absent("deleting aws_eip (ReleaseAddress)", GONE).map(drop)
    }

    async fn find(&self, aws: &Aws, key: &IntentKey) -> Result<Option<Id>> {
        let found = aws.ec2.describe_addresses().filters(by_intent(key)).send().await;
        let found = found.context("finding aws_eip (DescribeAddresses)")?.addresses.unwrap_or_default();
        Ok(found.into_iter().filter(|it| has_intent(it.tags(), key)).find_map(|it| it.allocation_id))
    }

    async fn list(aws: &Aws) -> Result<Vec<Id>> {
        let found = aws.ec2.describe_addresses().send().await.context("listing aws_eip (DescribeAddresses)")?;
        Ok(found.addresses.unwrap_or_default().into_iter().filter_map(|it| it.allocation_id).collect())
    }
}

impl Eip {
    fn is_associated(&self) -> bool {
        [&self.instance, &self.network_interface].into_iter().any(|it| it.as_ref().is_some_and(|it| !it.is_empty()))
    }

    async fn associate(&self, aws: &Aws, id: &str) -> Result<()> {
        // An instance that was named by its interface is told with it: the one that is set says enough.
        let instance = self.instance.clone().filter(|it| !it.is_empty());
        let interface = self.network_interface.clone().filter(|_| instance.is_none());
        let call = aws
            .ec2
            .associate_address()
            .allocation_id(id)
            .set_instance_id(instance)
            .set_network_interface_id(interface)
            .set_private_ip_address(self.associate_with_private_ip.clone());
        let not_yet = &["InvalidAllocationID.NotFound", "InvalidInstanceID", "InvalidInstanceID.NotFound"];
        let done = patiently(VISIBLE, not_yet, || call.clone().send()).await;
        done.context("associating aws_eip (AssociateAddress)").map(drop)
    }

    async fn disassociate(&self, aws: &Aws) -> Result<()> {
        let Some(association) = self.association_id.as_ref().filter(|it| !it.is_empty()) else { return Ok(()) };
        let call = aws.ec2.disassociate_address().association_id(association).send();
        call.await.absent("disassociating aws_eip (DisassociateAddress)", &["InvalidAssociationID.NotFound"]).map(drop)
    }

    fn observe(aws: &Aws, address: types::Address, owner: &str) -> Option<Observed<Self>> {
        let id = address.allocation_id?;
        let dns = |ip: &Option<String>, private: bool| Some(name(aws, ip.as_ref()?, private));
        let state = Self {
            domain: address.domain.map(|it| it.as_str().to_owned()),
            instance: Some(address.instance_id.unwrap_or_default()),
            network_interface: Some(address.network_interface_id.unwrap_or_default()),
            public_ipv4_pool: address.public_ipv4_pool,
            customer_owned_ipv4_pool: address.customer_owned_ipv4_pool,
            network_border_group: address.network_border_group,
            arn: Some(arn(aws, owner, &format!("elastic-ip/{id}"))),
            association_id: Some(address.association_id.unwrap_or_default()),
            carrier_ip: Some(address.carrier_ip.unwrap_or_default()),
            customer_owned_ip: Some(address.customer_owned_ip.unwrap_or_default()),
            private_dns: dns(&address.private_ip_address, true),
            public_dns: dns(&address.public_ip, false),
            private_ip: address.private_ip_address,
            public_ip: address.public_ip,
            allocation_id: Some(id.clone()),
            tags_all: observed_tags(address.tags),
            ..Self::default()
        };
        Some(Observed::ready(id, state))
    }
}

/// The account of an ARN. AWS does not tell who owns an address: it is the caller, who is asked only where no address
/// is known yet.
fn owner(arn: &str) -> Option<&str> {
    crate::wire::arn::parse(arn).map(|it| it.account).filter(|it| !it.is_empty())
}

/// The name that AWS's DNS gives an address.
fn name(aws: &Aws, ip: &str, private: bool) -> String {
    let dashed = ip.replace('.', "-");
    match (private, aws.region.as_str()) {
        (true, "us-east-1") => format!("ip-{dashed}.ec2.internal"),
        (true, region) => format!("ip-{dashed}.{region}.compute.internal"),
        (false, "us-east-1") => format!("ec2-{dashed}.compute-1.{}", aws.partition.dns_suffix),
        (false, region) => format!("ec2-{dashed}.{region}.compute.{}", aws.partition.dns_suffix),
    }
}

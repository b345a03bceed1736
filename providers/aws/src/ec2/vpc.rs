//! `aws_vpc`: a network of one's own.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{self, ResourceType, Tenancy, VpcAttributeName, VpcCidrBlockStateCode, VpcTenancy};
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Phase, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, PlannedChange, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::{FILTER_VALUES, VISIBLE, arn, by_intent, filter, has_intent, observed_tags, retag, switch, tags_on_create};
use crate::client::Aws;
use crate::wire::{Absent, Check, Context, Tags, each, ids, pages, patiently, plan, told};

const GONE: &[&str] = &["InvalidVpcID.NotFound"];

/// A network with its own range of private addresses, in which subnets are made.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Vpc {
    /// IPv4 network of the VPC: a /16 to a /28, such as `10.0.0.0/16`. Left out when an IPAM pool gives it.
    #[attr(force_new, optional, computed)]
    pub cidr_block: Option<String>,
    /// `default`, or `dedicated` for hardware of one's own for each instance; only the way back to `default` is done
    /// in place.
    #[attr(default = "default")]
    pub instance_tenancy: String,
    /// IPAM pool from which the IPv4 network is taken.
    #[attr(force_new)]
    pub ipv4_ipam_pool_id: Option<String>,
    /// Prefix length of the network that is taken from the IPAM pool.
    #[attr(force_new, conflicts_with("cidr_block"))]
    pub ipv4_netmask_length: Option<i64>,
    /// Whether AWS gives the VPC a /56 of its own IPv6 addresses.
    #[attr(conflicts_with("ipv6_ipam_pool_id", "ipv6_cidr_block", "ipv6_netmask_length"))]
    pub assign_generated_ipv6_cidr_block: Option<bool>,
    /// IPv6 network of the VPC.
    #[attr(optional, computed, conflicts_with("ipv6_netmask_length"))]
    pub ipv6_cidr_block: Option<String>,
    /// Group of zones from which AWS advertises the IPv6 network.
    #[attr(optional, computed)]
    pub ipv6_cidr_block_network_border_group: Option<String>,
    /// IPAM pool from which the IPv6 network is taken.
    pub ipv6_ipam_pool_id: Option<String>,
    /// Prefix length of the IPv6 network that is taken from the IPAM pool.
    pub ipv6_netmask_length: Option<i64>,
    /// Whether instances with public addresses get public names. Reading it costs one call per VPC.
    #[attr(optional, computed)]
    pub enable_dns_hostnames: Option<bool>,
    /// Whether the VPC's addresses answer DNS questions. Reading it costs one call per VPC.
    #[attr(default = true)]
    pub enable_dns_support: bool,
    /// Whether CloudWatch metrics count the addresses in use. Read only while it is on and in an import, because it
    /// costs one call per VPC.
    #[attr(optional, computed)]
    pub enable_network_address_usage_metrics: Option<bool>,
    /// ARN of the VPC.
    #[attr(computed)]
    pub arn: Option<String>,
    /// Network ACL that the VPC was made with.
    #[attr(computed)]
    pub default_network_acl_id: Option<String>,
    /// Route table that the VPC was made with.
    #[attr(computed)]
    pub default_route_table_id: Option<String>,
    /// Security group that the VPC was made with.
    #[attr(computed)]
    pub default_security_group_id: Option<String>,
    /// DHCP options in use.
    #[attr(computed)]
    pub dhcp_options_id: Option<String>,
    /// Id of the IPv6 network's association.
    #[attr(computed)]
    pub ipv6_association_id: Option<String>,
    /// Route table of subnets that are associated with no other.
    #[attr(computed)]
    pub main_route_table_id: Option<String>,
    /// Account that owns the VPC.
    #[attr(computed)]
    pub owner_id: Option<String>,
    /// Tags of the VPC.
    pub tags: Tags,
    /// Tags of the VPC, with the provider's default tags.
    #[attr(computed)]
    pub tags_all: Tags,
}

impl Resource for Vpc {
    type Client = Aws;
    const TYPE: &'static str = "aws_vpc";
    const RECOGNITION: Recognition = Recognition::Tag;
    const TIMEOUTS: Timeouts = Timeouts::minutes(5);
    const BATCH: usize = FILTER_VALUES;
    const POLL: std::time::Duration = std::time::Duration::from_secs(1);
    const UNREADABLE: &'static [&'static str] =
        &["ipv4_ipam_pool_id", "ipv4_netmask_length", "ipv6_ipam_pool_id", "ipv6_netmask_length"];

    fn validate(config: &Value) -> Diagnostics {
        let mut check = Check::of(config);
        check.ipv4_network("cidr_block").prefix("cidr_block", 16, 28).ipv6_network("ipv6_cidr_block");
        check.one_of("instance_tenancy", &["default", "dedicated"]);
        check.needs("ipv4_netmask_length", "ipv4_ipam_pool_id").needs("ipv6_netmask_length", "ipv6_ipam_pool_id");
        check.needs("ipv6_cidr_block", "ipv6_ipam_pool_id");
        if check.is_set("cidr_block") == Some(false) && check.is_set("ipv4_ipam_pool_id") == Some(false) {
            check
                .error("cidr_block", "is missing. Set it, or take the network from a pool with \"ipv4_ipam_pool_id\".");
        }
        check.found()
    }

    fn plan(change: &mut PlannedChange, _client: Option<&Aws>) -> Diagnostics {
        let planned = change.planned.get("instance_tenancy").and_then(Value::as_str);
        if plan::changes(change, "instance_tenancy") && planned != Some("default") {
            plan::replace(change, "instance_tenancy");
        }
        let ipv6 = ["assign_generated_ipv6_cidr_block", "ipv6_ipam_pool_id", "ipv6_netmask_length", "ipv6_cidr_block"];
        let follow = ["ipv6_cidr_block", "ipv6_association_id", "ipv6_cidr_block_network_border_group"];
        plan::follow(change, &ipv6, &follow);
        Diagnostics::new()
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let call = aws
            .ec2
            .create_vpc()
            .set_cidr_block(self.cidr_block.clone())
            .instance_tenancy(Tenancy::from(self.instance_tenancy.as_str()))
            .set_ipv4_ipam_pool_id(self.ipv4_ipam_pool_id.clone())
            .set_ipv4_netmask_length(self.ipv4_netmask_length.map(|it| it as i32))
            .set_amazon_provided_ipv6_cidr_block(self.assign_generated_ipv6_cidr_block.filter(|it| *it))
            .set_ipv6_cidr_block(self.ipv6_cidr_block.clone())
            .set_ipv6_ipam_pool_id(self.ipv6_ipam_pool_id.clone())
            .set_ipv6_netmask_length(self.ipv6_netmask_length.map(|it| it as i32))
            .set_ipv6_cidr_block_network_border_group(self.ipv6_cidr_block_network_border_group.clone())
            .tag_specifications(tags_on_create(ResourceType::Vpc, &self.tags_all, creation.key));
        let action = "creating aws_vpc (CreateVpc)";
        let made = call.send().await.context(action)?;
        let id = told(made.vpc.and_then(|it| it.vpc_id), action)?;
        creation.made(&id);
        self.set_switches(aws, &id, &Switches::of_new()).await?;
        Ok(Made::id(id))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let call = aws.ec2.describe_vpcs().filters(filter("vpc-id", ids(objects)));
        let found = pages!(call, "reading aws_vpc (DescribeVpcs)")?;
        let found: Vec<_> = found.into_iter().filter_map(|it| Some((it.vpc_id.clone()?, it))).collect();
        if found.is_empty() {
            return Ok(Vec::new());
        }
        let priors: BTreeMap<&str, Option<&Self>> =
            objects.iter().map(|it| (it.id.as_str(), it.state.as_ref())).collect();
        let prior = |id: &str| priors.get(id).copied().flatten();
        let known: Vec<_> = found.iter().map(|(id, _)| (id.clone(), prior(id))).collect();
        let wanted = known.iter().map(|(id, prior)| {
            let metrics = prior.is_none_or(|it| it.enable_network_address_usage_metrics == Some(true));
            (id.clone(), metrics)
        });
        let switches = each(wanted.collect::<Vec<_>>(), |(id, metrics)| Switches::read(aws, id, metrics));
        let (members, switches) = futures::try_join!(Members::read(aws, &known), switches)?;
        let seen = found
            .into_iter()
            .zip(switches)
            .map(|((id, vpc), switches)| Self::observe(aws, vpc, prior(&id), (members.of(&id), switches)));
        Ok(seen.collect())
    }

    async fn update(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        if self.instance_tenancy != prior.instance_tenancy {
            let call = aws.ec2.modify_vpc_tenancy().vpc_id(id).instance_tenancy(VpcTenancy::Default).send();
            call.await.context("changing aws_vpc (ModifyVpcTenancy)")?;
        }
        self.set_ipv6(aws, id, prior).await?;
        self.set_switches(aws, id, &Switches::of(prior)).await?;
        retag(aws, id, &prior.tags_all, &self.tags_all).await
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        let call = || aws.ec2.delete_vpc().vpc_id(id).send();
        let done = patiently(Self::TIMEOUTS.delete, &["DependencyViolation"], call).await;
        done.absent("deleting aws_vpc (DeleteVpc)", GONE).map(drop)
    }

    async fn find(&self, aws: &Aws, key: &IntentKey) -> Result<Option<Id>> {
        let found = aws.ec2.describe_vpcs().filters(by_intent(key)).send().await;
        let found = found.context("finding aws_vpc (DescribeVpcs)")?.vpcs.unwrap_or_default();
        Ok(found.into_iter().filter(|it| has_intent(it.tags(), key)).find_map(|it| it.vpc_id))
    }

    async fn list(aws: &Aws) -> Result<Vec<Id>> {
        let found = pages!(aws.ec2.describe_vpcs(), "listing aws_vpc (DescribeVpcs)")?;
        Ok(found.into_iter().filter_map(|it| it.vpc_id).collect())
    }
}

impl Vpc {
    fn observe(
        aws: &Aws,
        vpc: types::Vpc,
        prior: Option<&Self>,
        (members, switches): (Member, Switches),
    ) -> Observed<Self> {
        let id = vpc.vpc_id.unwrap_or_default();
        let ipv6 = vpc.ipv6_cidr_block_association_set.unwrap_or_default();
        let state = |it: &types::VpcIpv6CidrBlockAssociation| it.ipv6_cidr_block_state.as_ref()?.state.clone();
        let changing = ipv6.iter().any(|it| {
            matches!(state(it), Some(VpcCidrBlockStateCode::Associating | VpcCidrBlockStateCode::Disassociating))
        });
        let ipv6 = ipv6.into_iter().find(|it| state(it) == Some(VpcCidrBlockStateCode::Associated));
        let phase = match vpc.state {
            Some(types::VpcState::Pending) => Phase::Pending("pending".into()),
            _ if changing => Phase::Pending("changing its IPv6 network".into()),
            _ => Phase::Ready,
        };
        let is_amazon = ipv6.as_ref().is_some_and(|it| it.ipv6_pool.as_deref() == Some("Amazon"));
        let state = Self {
            cidr_block: vpc.cidr_block,
            instance_tenancy: vpc.instance_tenancy.map(|it| it.as_str().to_owned()).unwrap_or_default(),
            assign_generated_ipv6_cidr_block: Some(is_amazon),
            ipv6_association_id: ipv6.as_ref().and_then(|it| it.association_id.clone()),
            ipv6_cidr_block_network_border_group: ipv6.as_ref().and_then(|it| it.network_border_group.clone()),
            ipv6_cidr_block: ipv6.and_then(|it| it.ipv6_cidr_block),
            enable_dns_hostnames: Some(switches.dns_hostnames),
            enable_dns_support: switches.dns_support,
            enable_network_address_usage_metrics: Some(switches.usage_metrics),
            arn: vpc.owner_id.as_deref().map(|owner| arn(aws, owner, &format!("vpc/{id}"))),
            default_network_acl_id: members.network_acl,
            default_route_table_id: prior
                .and_then(|it| it.default_route_table_id.clone())
                .or_else(|| members.route_table.clone()),
            default_security_group_id: members.security_group,
            main_route_table_id: members.route_table,
            dhcp_options_id: vpc.dhcp_options_id,
            owner_id: vpc.owner_id,
            tags_all: observed_tags(vpc.tags),
            ..Self::default()
        };
        Observed::ready(id, state).phase(phase)
    }

    async fn set_switches(&self, aws: &Aws, id: &str, prior: &Switches) -> Result<()> {
        let now = Switches::of(self);
        let call = || aws.ec2.modify_vpc_attribute().vpc_id(id);
        let mut changes = Vec::new();
        // Names need DNS: it is turned on before them and off after them.
        if now.dns_support != prior.dns_support && now.dns_support {
            changes.push(call().enable_dns_support(switch(true)));
        }
        if now.dns_hostnames != prior.dns_hostnames {
            changes.push(call().enable_dns_hostnames(switch(now.dns_hostnames)));
        }
        if now.dns_support != prior.dns_support && !now.dns_support {
            changes.push(call().enable_dns_support(switch(false)));
        }
        if now.usage_metrics != prior.usage_metrics {
            changes.push(call().enable_network_address_usage_metrics(switch(now.usage_metrics)));
        }
        for change in changes {
            let done = patiently(VISIBLE, GONE, || change.clone().send()).await;
            done.context("changing aws_vpc (ModifyVpcAttribute)")?;
        }
        Ok(())
    }

    async fn set_ipv6(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        let generated = self.assign_generated_ipv6_cidr_block.unwrap_or_default();
        let wanted = (generated, &self.ipv6_ipam_pool_id, &self.ipv6_netmask_length);
        let had = prior.assign_generated_ipv6_cidr_block.unwrap_or_default();
        if wanted == (had, &prior.ipv6_ipam_pool_id, &prior.ipv6_netmask_length) {
            return Ok(());
        }
        if let Some(association) = prior.ipv6_association_id.as_ref().filter(|it| !it.is_empty()) {
            let call = aws.ec2.disassociate_vpc_cidr_block().association_id(association).send();
            call.await.absent(
                "changing aws_vpc (DisassociateVpcCidrBlock)",
                &["InvalidVpcCidrBlockAssociationID.NotFound"],
            )?;
        }
        if !generated && self.ipv6_ipam_pool_id.is_none() {
            return Ok(());
        }
        let written =
            self.ipv6_cidr_block.clone().filter(|it| !generated && prior.ipv6_cidr_block.as_ref() != Some(it));
        let call = aws
            .ec2
            .associate_vpc_cidr_block()
            .vpc_id(id)
            .set_amazon_provided_ipv6_cidr_block(generated.then_some(true))
            .set_ipv6_cidr_block(written)
            .set_ipv6_ipam_pool_id(self.ipv6_ipam_pool_id.clone())
            .set_ipv6_netmask_length(self.ipv6_netmask_length.map(|it| it as i32));
        call.send().await.context("changing aws_vpc (AssociateVpcCidrBlock)").map(drop)
    }
}

/// What the calls for single attributes of a VPC change and tell.
#[derive(Clone, Copy, Debug)]
struct Switches {
    dns_support: bool,
    dns_hostnames: bool,
    usage_metrics: bool,
}

impl Switches {
    fn of_new() -> Self {
        Self { dns_support: true, dns_hostnames: false, usage_metrics: false }
    }

    fn of(vpc: &Vpc) -> Self {
        Self {
            dns_support: vpc.enable_dns_support,
            dns_hostnames: vpc.enable_dns_hostnames.unwrap_or_default(),
            usage_metrics: vpc.enable_network_address_usage_metrics.unwrap_or_default(),
        }
    }

    async fn read(aws: &Aws, id: String, usage_metrics: bool) -> Result<Self> {
        let read = async |attribute: VpcAttributeName| {
            let answer = aws.ec2.describe_vpc_attribute().vpc_id(&id).attribute(attribute).send().await;
            let answer = answer.absent("reading aws_vpc (DescribeVpcAttribute)", GONE)?;
            let switch = answer.and_then(|it| {
                it.enable_dns_support.or(it.enable_dns_hostnames).or(it.enable_network_address_usage_metrics)
            });
            Result::Ok(switch.and_then(|it| it.value).unwrap_or_default())
        };
        let (dns_support, dns_hostnames) =
            futures::try_join!(read(VpcAttributeName::EnableDnsSupport), read(VpcAttributeName::EnableDnsHostnames))?;
        let usage_metrics = usage_metrics && read(VpcAttributeName::EnableNetworkAddressUsageMetrics).await?;
        Ok(Self { dns_support, dns_hostnames, usage_metrics })
    }
}

/// What every VPC is made with.
#[derive(Clone, Debug, Default)]
struct Member {
    route_table: Option<String>,
    network_acl: Option<String>,
    security_group: Option<String>,
}

/// The members of several VPCs.
struct Members(BTreeMap<String, Member>);

impl Members {
    /// One call for the main route tables, and one each for what cannot change and is not known yet.
    async fn read(aws: &Aws, vpcs: &[(String, Option<&Vpc>)]) -> Result<Self> {
        let mut members: BTreeMap<String, Member> = BTreeMap::new();
        let all = || filter("vpc-id", vpcs.iter().map(|(id, _)| id));
        let main = aws.ec2.describe_route_tables().filters(all()).filters(filter("association.main", ["true"]));
        for table in pages!(main, "reading aws_vpc (DescribeRouteTables)")? {
            members.entry(table.vpc_id.unwrap_or_default()).or_default().route_table = table.route_table_id;
        }
        let known = |vpc: &Vpc| vpc.default_network_acl_id.is_some() && vpc.default_security_group_id.is_some();
        if vpcs.iter().all(|(_, prior)| prior.is_some_and(known)) {
            for (id, prior) in vpcs.iter().filter_map(|(id, prior)| Some((id, (*prior)?))) {
                let member = members.entry(id.clone()).or_default();
                member.network_acl = prior.default_network_acl_id.clone();
                member.security_group = prior.default_security_group_id.clone();
            }
            return Ok(Self(members));
        }
        let acls = aws.ec2.describe_network_acls().filters(all()).filters(filter("default", ["true"]));
        let groups = aws.ec2.describe_security_groups().filters(all()).filters(filter("group-name", ["default"]));
        for acl in pages!(acls, "reading aws_vpc (DescribeNetworkAcls)")? {
            members.entry(acl.vpc_id.unwrap_or_default()).or_default().network_acl = acl.network_acl_id;
        }
        for group in pages!(groups, "reading aws_vpc (DescribeSecurityGroups)")? {
            members.entry(group.vpc_id.unwrap_or_default()).or_default().security_group = group.group_id;
        }
        Ok(Self(members))
    }

    fn of(&self, id: &str) -> Member {
        self.0.get(id).cloned().unwrap_or_default()
    }
}

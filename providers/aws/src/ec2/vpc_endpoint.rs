//! `aws_vpc_endpoint`: a private way from a VPC to a service.

use aws_sdk_ec2::operation::modify_vpc_endpoint::builders::ModifyVpcEndpointFluentBuilder;
use aws_sdk_ec2::types::{self, DnsOptionsSpecification, IpAddressType, ResourceType, State, VpcEndpointType};
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::ProviderError;
use plumb_engine::provider::typed::{Id, Made, Observed, Phase, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, PlannedChange, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::{FILTER_VALUES, arn, by_intent, filter, has_intent, observed_tags, retag, tags_on_create};
use crate::client::Aws;
use crate::wire::{Absent, Check, Context, Tags, by_ids, ids, only, pages, patiently, plan, same, some, told};

const GONE: &[&str] = &["InvalidVpcEndpointId.NotFound", "InvalidVpcEndpoint.NotFound"];
const GATEWAY: &str = "Gateway";

/// A private way from a VPC to a service: a route for S3 and DynamoDB (`Gateway`), or network interfaces in subnets
/// (`Interface`, `GatewayLoadBalancer`, `Resource`, `ServiceNetwork`).
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct VpcEndpoint {
    /// VPC of the endpoint.
    #[attr(force_new)]
    pub vpc_id: String,
    /// Service: `com.amazonaws.eu-central-1.s3`, or the name of a service of your own.
    #[attr(force_new, optional, computed)]
    pub service_name: Option<String>,
    /// Service network of VPC Lattice, instead of a service.
    #[attr(force_new)]
    pub service_network_arn: Option<String>,
    /// Resource configuration of VPC Lattice, instead of a service.
    #[attr(force_new)]
    pub resource_configuration_arn: Option<String>,
    /// Region of the service, when it is another.
    #[attr(force_new, optional, computed)]
    pub service_region: Option<String>,
    /// `Gateway`, `Interface`, `GatewayLoadBalancer`, `Resource` or `ServiceNetwork`.
    #[attr(force_new, default = "Gateway")]
    pub vpc_endpoint_type: String,
    /// Accept the endpoint on the side of the service, when the service is yours.
    pub auto_accept: Option<bool>,
    /// IAM policy of what may be done through the endpoint; everything when left out.
    #[attr(optional, computed, same = same::policy)]
    pub policy: Option<String>,
    /// Route tables that get a route to a gateway endpoint.
    #[attr(set, optional, computed)]
    pub route_table_ids: Vec<String>,
    /// Subnets that get a network interface.
    #[attr(set, optional, computed)]
    pub subnet_ids: Vec<String>,
    /// Security groups of the network interfaces; the VPC's default group when left out.
    #[attr(set, optional, computed)]
    pub security_group_ids: Vec<String>,
    /// Addresses of the network interfaces: `ipv4`, `ipv6` or `dualstack`.
    #[attr(optional, computed)]
    pub ip_address_type: Option<String>,
    /// Whether the service's public name leads to the endpoint from inside the VPC.
    #[attr(optional, computed)]
    pub private_dns_enabled: Option<bool>,
    /// How names lead to the endpoint.
    #[block(list, max = 1, computed)]
    pub dns_options: Vec<DnsOptions>,
    /// Addresses of the network interfaces in subnets.
    #[block(set, computed)]
    pub subnet_configuration: Vec<SubnetConfiguration>,
    /// ARN of the endpoint.
    #[attr(computed)]
    pub arn: Option<String>,
    /// Networks of the service, for a gateway endpoint.
    #[attr(computed)]
    pub cidr_blocks: Vec<String>,
    /// Names of the endpoint.
    #[attr(computed)]
    pub dns_entry: Vec<DnsEntry>,
    /// Network interfaces of the endpoint.
    #[attr(set, computed)]
    pub network_interface_ids: Vec<String>,
    /// Account that owns the endpoint.
    #[attr(computed)]
    pub owner_id: Option<String>,
    /// Prefix list of the service's networks, for a gateway endpoint.
    #[attr(computed)]
    pub prefix_list_id: Option<String>,
    /// Whether an AWS service manages the endpoint.
    #[attr(computed)]
    pub requester_managed: Option<bool>,
    /// State: `available`, `pendingAcceptance` and others.
    #[attr(computed)]
    pub state: Option<String>,
    /// Tags of the endpoint.
    pub tags: Tags,
    /// Tags of the endpoint, with the provider's default tags.
    #[attr(computed)]
    pub tags_all: Tags,
}

/// How names lead to an endpoint.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct DnsOptions {
    /// Addresses that names answer with: `ipv4`, `dualstack`, `ipv6` or `service-defined`.
    #[attr(optional, computed)]
    pub dns_record_ip_type: Option<String>,
    /// Whether the service's public name leads to the endpoint only for questions from outside of AWS.
    #[attr(optional, computed)]
    pub private_dns_only_for_inbound_resolver_endpoint: Option<bool>,
}

/// Addresses of a network interface in a subnet.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct SubnetConfiguration {
    /// The subnet.
    pub subnet_id: Option<String>,
    /// IPv4 address.
    pub ipv4: Option<String>,
    /// IPv6 address.
    pub ipv6: Option<String>,
}

/// A name of an endpoint.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct DnsEntry {
    /// The name.
    #[attr(computed)]
    pub dns_name: Option<String>,
    /// Private hosted zone of the name.
    #[attr(computed)]
    pub hosted_zone_id: Option<String>,
}

impl Resource for VpcEndpoint {
    type Client = Aws;
    const TYPE: &'static str = "aws_vpc_endpoint";
    const RECOGNITION: Recognition = Recognition::ClientToken;
    const TIMEOUTS: Timeouts = Timeouts::minutes(10);
    const BATCH: usize = FILTER_VALUES;
    const POLL: std::time::Duration = std::time::Duration::from_secs(5);
    const WAIT_GONE: bool = true;
    const UNREADABLE: &'static [&'static str] = &["auto_accept", "subnet_configuration"];

    fn validate(config: &Value) -> Diagnostics {
        let mut check = Check::of(config);
        check.exactly_one(&["service_name", "service_network_arn", "resource_configuration_arn"]);
        let types = ["Gateway", "Interface", "GatewayLoadBalancer", "Resource", "ServiceNetwork"];
        check.one_of("vpc_endpoint_type", &types).one_of("ip_address_type", &["ipv4", "ipv6", "dualstack"]);
        check.found()
    }

    fn plan(change: &mut PlannedChange, _client: Option<&Aws>) -> Diagnostics {
        plan::follow(change, &["subnet_ids", "subnet_configuration"], &["network_interface_ids", "subnet_ids"]);
        let names = ["private_dns_enabled", "dns_options", "ip_address_type", "subnet_ids"];
        plan::follow(change, &names, &["dns_entry"]);
        Diagnostics::new()
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let action = "creating aws_vpc_endpoint (CreateVpcEndpoint)";
        let call = aws
            .ec2
            .create_vpc_endpoint()
            .client_token(creation.key.as_str())
            .vpc_id(&self.vpc_id)
            .vpc_endpoint_type(VpcEndpointType::from(self.vpc_endpoint_type.as_str()))
            .set_service_name(self.service_name.clone())
            .set_service_network_arn(self.service_network_arn.clone())
            .set_resource_configuration_arn(self.resource_configuration_arn.clone())
            .set_service_region(self.service_region.clone())
            .set_policy_document(self.policy.clone())
            .set_route_table_ids(some(&self.route_table_ids))
            .set_subnet_ids(some(&self.subnet_ids))
            .set_security_group_ids(some(&self.security_group_ids))
            .set_ip_address_type(self.ip_address_type.as_deref().map(IpAddressType::from))
            .set_private_dns_enabled(self.private_dns_enabled.filter(|_| self.vpc_endpoint_type != GATEWAY))
            .set_dns_options(self.dns_options.first().map(DnsOptions::specification))
            .set_subnet_configurations(self.subnet_configurations())
            .tag_specifications(tags_on_create(ResourceType::VpcEndpoint, &self.tags_all, creation.key));
        let not_yet = &["InvalidParameter", "InvalidRouteTableId.NotFound", "InvalidSubnetId.NotFound"];
        let made = patiently(super::VISIBLE, not_yet, || call.clone().send()).await.context(action)?;
        let made = told(made.vpc_endpoint, action)?;
        let id = told(made.vpc_endpoint_id, action)?;
        creation.made(&id);
        if self.auto_accept == Some(true) && made.state == Some(State::PendingAcceptance) {
            self.accept(aws, &id).await?;
        }
        Ok(Made::id(id))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let action = "reading aws_vpc_endpoint (DescribeVpcEndpoints)";
        let found = by_ids(ids(objects), action, GONE, |ids| {
            let call = aws.ec2.describe_vpc_endpoints().set_vpc_endpoint_ids(Some(ids));
            call.into_paginator().items().send().try_collect()
        });
        let found = found.await?;
        let lists = prefix_lists(aws, &found).await?;
        let accepts = |id: &Option<String>| {
            let object = objects.iter().find(|it| Some(&it.id) == id.as_ref()).and_then(|it| it.state.as_ref());
            object.is_some_and(|it| it.auto_accept == Some(true))
        };
        let seen = found.into_iter().filter_map(|it| {
            let accepts = accepts(&it.vpc_endpoint_id);
            Self::observe(aws, it, &lists, accepts)
        });
        Ok(seen.collect())
    }

    async fn update(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        if self.auto_accept == Some(true) && prior.state.as_deref() == Some("pendingAcceptance") {
            self.accept(aws, id).await?;
        }
        if let Some(call) = self.modification(aws, id, prior) {
            let done = patiently(super::VISIBLE, &["InvalidParameter"], || call.clone().send()).await;
            done.context("changing aws_vpc_endpoint (ModifyVpcEndpoint)")?;
        }
        retag(aws, id, &prior.tags_all, &self.tags_all).await
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        let action = "deleting aws_vpc_endpoint (DeleteVpcEndpoints)";
        let done = aws.ec2.delete_vpc_endpoints().vpc_endpoint_ids(id).send().await;
        let failed = done.absent(action, GONE)?.and_then(|it| it.unsuccessful).unwrap_or_default();
        let errors = failed.into_iter().filter_map(|it| it.error);
        let mut errors = errors.filter(|it| !it.code().is_some_and(|code| GONE.contains(&code)));
        match errors.next() {
            Some(error) => Err(ProviderError::refused(
                action,
                format!("{}: {}", error.code().unwrap_or("no code"), error.message().unwrap_or("no message was given")),
            )),
            None => Ok(()),
        }
    }

    async fn find(&self, aws: &Aws, key: &IntentKey) -> Result<Option<Id>> {
        let call = aws.ec2.describe_vpc_endpoints().filters(by_intent(key));
        let found = pages!(call, "finding aws_vpc_endpoint (DescribeVpcEndpoints)")?;
        Ok(found.into_iter().filter(|it| has_intent(it.tags(), key)).find_map(|it| it.vpc_endpoint_id))
    }

    async fn list(aws: &Aws) -> Result<Vec<Id>> {
        let found = pages!(aws.ec2.describe_vpc_endpoints(), "listing aws_vpc_endpoint (DescribeVpcEndpoints)")?;
        Ok(found.into_iter().filter_map(|it| it.vpc_endpoint_id).collect())
    }
}

impl VpcEndpoint {
    async fn accept(&self, aws: &Aws, id: &str) -> Result<()> {
        let service = self.service_name.clone().unwrap_or_default();
        let configurations = aws.ec2.describe_vpc_endpoint_service_configurations();
        let call = configurations.filters(filter("service-name", [service]));
        let found = pages!(call, "accepting aws_vpc_endpoint (DescribeVpcEndpointServiceConfigurations)")?;
        let action = "accepting aws_vpc_endpoint (AcceptVpcEndpointConnections)";
        let service = found.into_iter().find_map(|it| it.service_id).ok_or_else(|| {
            ProviderError::refused(action, "the service is not one of this account")
                .help("Remove `auto_accept`, and have the service's owner accept the endpoint.")
        })?;
        let call = aws.ec2.accept_vpc_endpoint_connections().service_id(service).vpc_endpoint_ids(id).send();
        call.await.context(action).map(drop)
    }

    /// The call for everything that differs from `prior`; `None` where nothing does.
    fn modification(&self, aws: &Aws, id: &str, prior: &Self) -> Option<ModifyVpcEndpointFluentBuilder> {
        let added = |of: fn(&Self) -> &[String]| some(&only(of(self), of(prior)));
        let removed = |of: fn(&Self) -> &[String]| some(&only(of(prior), of(self)));
        let dns = self.dns_options.first().filter(|it| Some(*it) != prior.dns_options.first());
        let same_policy = match (&self.policy, &prior.policy) {
            (Some(now), Some(then)) => same::policy(now, then),
            (now, then) => now == then,
        };
        let configured = self.subnet_configuration != prior.subnet_configuration;
        let sets: [fn(&Self) -> &[String]; 3] =
            [|it| &it.route_table_ids, |it| &it.subnet_ids, |it| &it.security_group_ids];
        let unchanged = sets.iter().all(|of| added(*of).is_none() && removed(*of).is_none())
            && same_policy
            && dns.is_none()
            && !configured
            && self.ip_address_type == prior.ip_address_type
            && self.private_dns_enabled.unwrap_or_default() == prior.private_dns_enabled.unwrap_or_default();
        if unchanged {
            return None;
        }
        let private_dns = self.private_dns_enabled.unwrap_or_default();
        let private_dns = (private_dns != prior.private_dns_enabled.unwrap_or_default()).then_some(private_dns);
        let address_type = self.ip_address_type.as_deref().filter(|_| self.ip_address_type != prior.ip_address_type);
        let call = aws
            .ec2
            .modify_vpc_endpoint()
            .vpc_endpoint_id(id)
            .set_add_route_table_ids(added(|it| &it.route_table_ids))
            .set_remove_route_table_ids(removed(|it| &it.route_table_ids))
            .set_add_subnet_ids(added(|it| &it.subnet_ids))
            .set_remove_subnet_ids(removed(|it| &it.subnet_ids))
            .set_add_security_group_ids(added(|it| &it.security_group_ids))
            .set_remove_security_group_ids(removed(|it| &it.security_group_ids))
            .set_policy_document(self.policy.clone().filter(|it| !same_policy && !it.is_empty()))
            .set_reset_policy((!same_policy && self.policy.as_deref().unwrap_or_default().is_empty()).then_some(true))
            .set_ip_address_type(address_type.map(IpAddressType::from))
            .set_private_dns_enabled(private_dns)
            .set_dns_options(dns.map(DnsOptions::specification))
            .set_subnet_configurations(self.subnet_configurations().filter(|_| configured));
        Some(call)
    }

    fn subnet_configurations(&self) -> Option<Vec<types::SubnetConfiguration>> {
        let configurations = self.subnet_configuration.iter().map(|it| {
            types::SubnetConfiguration::builder()
                .set_subnet_id(it.subnet_id.clone())
                .set_ipv4(it.ipv4.clone())
                .set_ipv6(it.ipv6.clone())
                .build()
        });
        some(&configurations.collect::<Vec<_>>())
    }

    fn observe(
        aws: &Aws,
        endpoint: types::VpcEndpoint,
        lists: &[types::PrefixList],
        accepts: bool,
    ) -> Option<Observed<Self>> {
        let id = endpoint.vpc_endpoint_id?;
        let state = endpoint.state.as_ref().map(|it| it.as_str().to_owned()).unwrap_or_default();
        let state = lower_first(&state);
        let phase = match state.as_str() {
            "deleted" => return None,
            "deleting" => Phase::Deleting,
            "failed" | "rejected" | "expired" => {
                let why = endpoint.last_error.and_then(|it| it.message).or(endpoint.failure_reason);
                Phase::Failed(why.unwrap_or_else(|| format!("the endpoint is {state}")))
            }
            "pending" => Phase::Pending(state.clone()),
            "pendingAcceptance" if accepts => Phase::Pending(state.clone()),
            _ => Phase::Ready,
        };
        let kind = endpoint.vpc_endpoint_type.as_ref().map_or(GATEWAY, VpcEndpointType::as_str);
        let list = lists.iter().find(|it| kind == GATEWAY && it.prefix_list_name == endpoint.service_name);
        let groups = endpoint.groups.unwrap_or_default().into_iter().filter_map(|it| it.group_id);
        let entries = endpoint.dns_entries.unwrap_or_default().into_iter();
        let observed = Self {
            vpc_id: endpoint.vpc_id.unwrap_or_default(),
            service_name: endpoint.service_name,
            service_network_arn: endpoint.service_network_arn,
            resource_configuration_arn: endpoint.resource_configuration_arn,
            service_region: endpoint.service_region.or_else(|| Some(aws.region.clone())),
            vpc_endpoint_type: kind.to_owned(),
            policy: endpoint.policy_document,
            route_table_ids: endpoint.route_table_ids.unwrap_or_default(),
            subnet_ids: endpoint.subnet_ids.unwrap_or_default(),
            security_group_ids: groups.collect(),
            ip_address_type: endpoint.ip_address_type.map(|it| it.as_str().to_owned()),
            private_dns_enabled: Some(endpoint.private_dns_enabled.unwrap_or_default()),
            dns_options: endpoint.dns_options.map(DnsOptions::observe).into_iter().collect(),
            arn: endpoint.owner_id.as_deref().map(|owner| arn(aws, owner, &format!("vpc-endpoint/{id}"))),
            cidr_blocks: list.and_then(|it| it.cidrs.clone()).unwrap_or_default(),
            prefix_list_id: list.and_then(|it| it.prefix_list_id.clone()),
            dns_entry: entries
                .map(|it| DnsEntry { dns_name: it.dns_name, hosted_zone_id: it.hosted_zone_id })
                .collect(),
            network_interface_ids: endpoint.network_interface_ids.unwrap_or_default(),
            owner_id: endpoint.owner_id,
            requester_managed: endpoint.requester_managed,
            state: Some(state),
            tags_all: observed_tags(endpoint.tags),
            ..Self::default()
        };
        Some(Observed::ready(id, observed).phase(phase))
    }
}

impl DnsOptions {
    fn specification(&self) -> DnsOptionsSpecification {
        DnsOptionsSpecification::builder()
            .set_dns_record_ip_type(self.dns_record_ip_type.as_deref().map(types::DnsRecordIpType::from))
            .set_private_dns_only_for_inbound_resolver_endpoint(self.private_dns_only_for_inbound_resolver_endpoint)
            .build()
    }

    fn observe(options: types::DnsOptions) -> Self {
        Self {
            dns_record_ip_type: options.dns_record_ip_type.map(|it| it.as_str().to_owned()),
            private_dns_only_for_inbound_resolver_endpoint: options.private_dns_only_for_inbound_resolver_endpoint,
        }
    }
}

/// Prefix lists of the services of gateway endpoints: one call for all of them.
async fn prefix_lists(aws: &Aws, endpoints: &[types::VpcEndpoint]) -> Result<Vec<types::PrefixList>> {
    let gateways = endpoints.iter().filter(|it| it.vpc_endpoint_type == Some(VpcEndpointType::Gateway));
    let services: std::collections::BTreeSet<_> = gateways.filter_map(|it| it.service_name.clone()).collect();
    if services.is_empty() {
        return Ok(Vec::new());
    }
    let call = aws.ec2.describe_prefix_lists().filters(filter("prefix-list-name", services));
    pages!(call, "reading aws_vpc_endpoint (DescribePrefixLists)")
}

/// A state as the service's events write it: AWS answers in either form.
fn lower_first(state: &str) -> String {
    let mut chars = state.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

//! `aws_lb`: a load balancer for applications, networks or appliances.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_elasticloadbalancingv2::types::{
    self, IpAddressType, IpamPools as SdkIpamPools, LoadBalancer, LoadBalancerSchemeEnum, LoadBalancerStateEnum,
    LoadBalancerTypeEnum, MinimumLoadBalancerCapacity, RemoveIpamPoolEnum,
};
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Phase, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, PlannedChange, ProviderError, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::lb_attributes::{self, Logs};
use super::{Attributes, LB_GONE, load_balancers, retag, tags_of, tags_on_create};
use crate::client::Aws;
use crate::wire::{Absent, Check, Context, Tags, each, ids, name, pages, patiently, plan, told};

/// Most characters of a name.
const NAME: usize = 32;

/// A load balancer. Attributes that its kind does not have are left alone.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Lb {
    /// Name, at most 32 letters, digits and hyphens; made up when left out.
    #[attr(force_new, optional, computed, conflicts_with("name_prefix"))]
    pub name: Option<String>,
    /// What a name that is made up begins with, at most 6 characters.
    #[attr(force_new, optional, computed, conflicts_with("name"))]
    pub name_prefix: Option<String>,
    /// `application`, `network` or `gateway`.
    #[attr(force_new, default = "application")]
    pub load_balancer_type: String,
    /// Whether only the VPC and what is connected to it reach it.
    #[attr(force_new, optional, computed)]
    pub internal: Option<bool>,
    /// `ipv4`, `dualstack` or `dualstack-without-public-ipv4`.
    #[attr(optional, computed)]
    pub ip_address_type: Option<String>,
    /// Security groups; not for a gateway load balancer.
    #[attr(optional, computed)]
    pub security_groups: BTreeSet<String>,
    /// Subnets, each in another availability zone; an application load balancer needs two at least.
    #[attr(optional, computed, conflicts_with("subnet_mapping"))]
    pub subnets: BTreeSet<String>,
    /// Subnets with the addresses in them, instead of `subnets`.
    #[block(set, computed)]
    pub subnet_mapping: Vec<SubnetMapping>,
    /// Pool of addresses of one's own on an Outpost.
    #[attr(force_new)]
    pub customer_owned_ipv4_pool: Option<String>,
    /// IPAM pools that public addresses are taken from.
    #[block(list, max = 1)]
    pub ipam_pools: Vec<IpamPools>,
    /// Capacity that is kept ready. It is read only while it is set, because it costs one call per load balancer.
    #[block(list, max = 1)]
    pub minimum_load_balancer_capacity: Vec<Capacity>,
    /// Log of requests in S3.
    #[block(list, max = 1)]
    pub access_logs: Vec<Logs>,
    /// Log of connections in S3.
    #[block(list, max = 1)]
    pub connection_logs: Vec<Logs>,
    /// Log of health checks in S3.
    #[block(list, max = 1)]
    pub health_check_logs: Vec<Logs>,
    /// Seconds for which a client's connection is kept: 60 to 604800; application only.
    #[attr(default = 3600)]
    pub client_keep_alive: i64,
    /// `monitor`, `defensive` or `strictest`: what is done with risky requests; application only.
    #[attr(default = "defensive")]
    pub desync_mitigation_mode: String,
    /// `any_availability_zone`, `availability_zone_affinity` or `partial_availability_zone_affinity`: which addresses
    /// clients in the VPC get; network only.
    #[attr(default = "any_availability_zone")]
    pub dns_record_client_routing_policy: String,
    /// Whether headers that are not valid are removed; application only.
    #[attr(default = false)]
    pub drop_invalid_header_fields: bool,
    /// Whether requests go to targets in all zones; an application load balancer always does so.
    #[attr(default = false)]
    pub enable_cross_zone_load_balancing: bool,
    /// Whether AWS refuses to delete it.
    #[attr(default = false)]
    pub enable_deletion_protection: bool,
    /// Whether clients may use HTTP/2; application only.
    #[attr(default = true)]
    pub enable_http2: bool,
    /// Whether targets are told the TLS version and cipher; application only.
    #[attr(default = false)]
    pub enable_tls_version_and_cipher_suite_headers: bool,
    /// Whether requests pass when AWS WAF does not answer; application only.
    #[attr(default = false)]
    pub enable_waf_fail_open: bool,
    /// Whether targets are told the client's port; application only.
    #[attr(default = false)]
    pub enable_xff_client_port: bool,
    /// Whether traffic can be moved away from a zone.
    #[attr(default = false)]
    pub enable_zonal_shift: bool,
    /// `on` or `off`: whether security groups count for traffic through PrivateLink; network only.
    #[attr(optional, computed)]
    pub enforce_security_group_inbound_rules_on_private_link_traffic: Option<String>,
    /// Seconds after which an idle connection ends: 1 to 4000; application only.
    #[attr(default = 60)]
    pub idle_timeout: i64,
    /// Whether targets get the Host header as it came; application only.
    #[attr(default = false)]
    pub preserve_host_header: bool,
    /// Number of further addresses per subnet, 0 to 7; network only.
    #[attr(optional, computed)]
    pub secondary_ips_auto_assigned_per_subnet: Option<i64>,
    /// `append`, `preserve` or `remove`: what is done with X-Forwarded-For; application only.
    #[attr(default = "append")]
    pub xff_header_processing_mode: String,
    /// ARN of the load balancer.
    #[attr(computed)]
    pub arn: Option<String>,
    /// The ARN's end, as metrics name the load balancer.
    #[attr(computed)]
    pub arn_suffix: Option<String>,
    /// DNS name.
    #[attr(computed)]
    pub dns_name: Option<String>,
    /// VPC of the subnets.
    #[attr(computed)]
    pub vpc_id: Option<String>,
    /// Route 53 zone of the DNS name, for alias records.
    #[attr(computed)]
    pub zone_id: Option<String>,
    /// Tags of the load balancer.
    pub tags: Tags,
    /// Tags of the load balancer, with the provider's default tags.
    #[attr(computed)]
    pub tags_all: Tags,
}

/// A subnet with the addresses in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct SubnetMapping {
    /// Id of the subnet.
    pub subnet_id: String,
    /// Elastic IP of a network load balancer that the internet reaches.
    pub allocation_id: Option<String>,
    /// IPv6 address in the subnet.
    pub ipv6_address: Option<String>,
    /// IPv4 address in the subnet, of an internal network load balancer.
    pub private_ipv4_address: Option<String>,
    /// Outpost of the subnet.
    #[attr(computed)]
    pub outpost_id: Option<String>,
}

/// IPAM pools that public addresses are taken from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct IpamPools {
    /// Pool of IPv4 addresses.
    pub ipv4_ipam_pool_id: String,
}

/// Capacity that is kept ready.
#[derive(Clone, Debug, Default, PartialEq, Eq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Capacity {
    /// Load balancer capacity units.
    pub capacity_units: i64,
}

impl Resource for Lb {
    type Client = Aws;
    const TYPE: &'static str = "aws_lb";
    const RECOGNITION: Recognition = Recognition::NaturalName;
    const TIMEOUTS: Timeouts = Timeouts::minutes(10);
    const WAIT_GONE: bool = true;
    const UNREADABLE: &'static [&'static str] = &["name_prefix"];

    fn validate(config: &Value) -> Diagnostics {
        let mut check = Check::of(config);
        check.one_of("load_balancer_type", &["application", "network", "gateway"]);
        check.one_of("ip_address_type", &["ipv4", "dualstack", "dualstack-without-public-ipv4"]);
        check.one_of("desync_mitigation_mode", &["monitor", "defensive", "strictest"]);
        check.one_of("xff_header_processing_mode", &["append", "preserve", "remove"]);
        check.one_of("enforce_security_group_inbound_rules_on_private_link_traffic", &["on", "off"]);
        let policies = ["any_availability_zone", "availability_zone_affinity", "partial_availability_zone_affinity"];
        check.one_of("dns_record_client_routing_policy", &policies);
        check.range("idle_timeout", 1, 4000).range("client_keep_alive", 60, 604_800);
        check.range("secondary_ips_auto_assigned_per_subnet", 0, 7);
        check_name(&mut check, "name", NAME);
        check_name(&mut check, "name_prefix", 6);
        let count = |name: &str| {
            config.get(name).filter(|it| !it.is_unknown()).map(|it| it.as_slice().map_or(0, <[Value]>::len))
        };
        let (subnets, mappings) = (count("subnets"), count("subnet_mapping"));
        if let (Some(subnets), Some(mappings)) = (subnets, mappings) {
            let application = check.text("load_balancer_type").unwrap_or("application") == "application";
            match (subnets, mappings) {
                (0, 0) => check.error("subnets", "is missing. Set it, or add subnet_mapping blocks."),
                (1.., 1..) => check.error("subnets", "cannot stand together with subnet_mapping blocks."),
                (1, 0) | (0, 1) if application && check.is_set("customer_owned_ipv4_pool") == Some(false) => {
                    let detail = "has one subnet; an application load balancer needs two, in different zones.";
                    check.error("subnets", detail);
                }
                _ => {}
            }
        }
        if check.text("load_balancer_type") == Some("gateway") && check.is_set("security_groups") == Some(true) {
            check.error("security_groups", "is not for a gateway load balancer. Remove it.");
        }
        check.found()
    }

    fn plan(change: &mut PlannedChange, _client: Option<&Aws>) -> Diagnostics {
        plan_subnets(change);
        plan_groups(change);
        Diagnostics::new()
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let action = "creating aws_lb (CreateLoadBalancer)";
        let name = self.chosen(creation.key);
        // A create with the same settings would be answered with the load balancer that is there.
        if by_name(aws, &name).await?.is_some() {
            let message = format!("there is a load balancer \"{name}\" already");
            return Err(ProviderError::refused(action, message).help("Import it, or choose another name."));
        }
        let groups: Vec<String> = self.security_groups.iter().cloned().collect();
        let (subnets, mappings) = self.places();
        let call = aws
            .elbv2
            .create_load_balancer()
            .name(name)
            .r#type(LoadBalancerTypeEnum::from(self.load_balancer_type.as_str()))
            .set_scheme(self.internal.filter(|it| *it).map(|_| LoadBalancerSchemeEnum::Internal))
            .set_ip_address_type(self.ip_address_type.as_deref().map(IpAddressType::from))
            .set_security_groups((!groups.is_empty()).then_some(groups))
            .set_subnets(subnets)
            .set_subnet_mappings(mappings)
            .set_customer_owned_ipv4_pool(self.customer_owned_ipv4_pool.clone())
            .set_ipam_pools(self.ipam_pools.first().map(IpamPools::sdk))
            .set_tags(tags_on_create(&self.tags_all));
        let made = call.send().await.context(action)?.load_balancers.and_then(|it| it.into_iter().next());
        let id = told(made.and_then(|it| it.load_balancer_arn), action)?;
        creation.made(&id);
        self.complete(aws, &id).await?;
        Ok(Made::id(id))
    }

    /// Attributes are set by calls of their own, and an answer that leaves one out tells nothing of it.
    async fn complete(&self, aws: &Aws, id: &str) -> Result<bool> {
        let new = lb_attributes::of_new(self);
        lb_attributes::set(aws, id, self, &new).await?;
        self.set_enforcement(aws, id, &new).await?;
        self.set_capacity(aws, id, &new).await?;
        Ok(true)
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let found = load_balancers(aws, &ids(objects)).await?;
        let found: Vec<_> = found.into_iter().filter_map(|it| Some((it.load_balancer_arn.clone()?, it))).collect();
        let arns: Vec<String> = found.iter().map(|(arn, _)| arn.clone()).collect();
        let wanted = arns.iter().map(|arn| {
            let prior = objects.iter().find(|it| it.id == *arn).and_then(|it| it.state.as_ref());
            (arn.clone(), prior.is_some_and(|it| !it.minimum_load_balancer_capacity.is_empty()))
        });
        let details = each(wanted.collect::<Vec<_>>(), |(arn, capacity)| async move {
            futures::try_join!(lb_attributes::read(aws, &arn), read_capacity(aws, &arn, capacity))
        });
        let (details, mut tags) = futures::try_join!(details, tags_of(aws, &arns))?;
        let seen = found.into_iter().zip(details).map(|((arn, it), (attributes, capacity))| {
            let prior = objects.iter().find(|object| object.id == arn).and_then(|it| it.state.as_ref());
            let mut seen = Self::observe(arn, it, &attributes, prior);
            seen.state.minimum_load_balancer_capacity = capacity;
            seen.state.tags_all = tags.remove(&seen.id).unwrap_or_default();
            seen
        });
        Ok(seen.collect())
    }

    async fn update(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        self.set_groups(aws, id, prior).await?;
        if self.places() != prior.places() {
            let (subnets, mappings) = self.places();
            let call = aws.elbv2.set_subnets().load_balancer_arn(id).set_subnets(subnets).set_subnet_mappings(mappings);
            let call = call.set_ip_address_type(self.ip_address_type.as_deref().map(IpAddressType::from));
            call.send().await.context("changing aws_lb (SetSubnets)")?;
        } else if let Some(kind) =
            self.ip_address_type.as_ref().filter(|it| Some(*it) != prior.ip_address_type.as_ref())
        {
            let call =
                aws.elbv2.set_ip_address_type().load_balancer_arn(id).ip_address_type(kind.as_str().into()).send();
            call.await.context("changing aws_lb (SetIpAddressType)")?;
        }
        if self.ipam_pools != prior.ipam_pools {
            let call = aws.elbv2.modify_ip_pools().load_balancer_arn(id);
            let call = match self.ipam_pools.first() {
                Some(pools) => call.ipam_pools(pools.sdk()),
                None => call.remove_ipam_pools(RemoveIpamPoolEnum::Ipv4),
            };
            call.send().await.context("changing aws_lb (ModifyIpPools)")?;
        }
        self.set_capacity(aws, id, prior).await?;
        lb_attributes::set(aws, id, self, prior).await?;
        retag(aws, id, &prior.tags_all, &self.tags_all).await
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        let done = aws.elbv2.delete_load_balancer().load_balancer_arn(id).send().await;
        let done = done.absent("deleting aws_lb (DeleteLoadBalancer)", LB_GONE).map(drop);
        done.map_err(|error| {
            match error.message.starts_with("OperationNotPermitted") && self.enable_deletion_protection {
                true => error.help("Set enable_deletion_protection = false and apply before you delete it."),
                false => error,
            }
        })
    }

    async fn find(&self, aws: &Aws, key: &IntentKey) -> Result<Option<Id>> {
        Ok(by_name(aws, &self.chosen(key)).await?.and_then(|it| it.load_balancer_arn))
    }

    async fn list(aws: &Aws) -> Result<Vec<Id>> {
        let call = aws.elbv2.describe_load_balancers();
        let found: Vec<LoadBalancer> = pages!(call, "listing aws_lb (DescribeLoadBalancers)")?;
        Ok(found.into_iter().filter_map(|it| it.load_balancer_arn).collect())
    }
}

impl Lb {
    fn chosen(&self, key: &IntentKey) -> String {
        name(self.name.as_deref(), self.name_prefix.as_deref(), key, NAME)
    }

    /// Subnets as calls take them: by their ids, or with addresses.
    fn places(&self) -> (Option<Vec<String>>, Option<Vec<types::SubnetMapping>>) {
        let addressed = |it: &SubnetMapping| {
            it.allocation_id.is_some() || it.private_ipv4_address.is_some() || it.ipv6_address.is_some()
        };
        let mapped: BTreeSet<String> = self.subnet_mapping.iter().map(|it| it.subnet_id.clone()).collect();
        // Both are known of an existing load balancer; the mapping says more, unless `subnets` has changed.
        let by_mapping = !mapped.is_empty()
            && (self.subnets.is_empty() || (self.subnets == mapped && self.subnet_mapping.iter().any(addressed)));
        if !by_mapping {
            return (Some(self.subnets.iter().cloned().collect()), None);
        }
        let mut sorted = self.subnet_mapping.clone();
        sorted.sort();
        let mappings = sorted.into_iter().map(|it| {
            types::SubnetMapping::builder()
                .subnet_id(it.subnet_id)
                .set_allocation_id(it.allocation_id)
                .set_private_ipv4_address(it.private_ipv4_address)
                .set_ipv6_address(it.ipv6_address)
                .build()
        });
        (None, Some(mappings.collect()))
    }

    fn observe(arn: String, it: LoadBalancer, attributes: &Attributes, prior: Option<&Self>) -> Observed<Self> {
        let reason = it.state.as_ref().and_then(|it| it.reason.clone()).unwrap_or_default();
        let phase = match it.state.and_then(|it| it.code) {
            Some(LoadBalancerStateEnum::Provisioning) => Phase::Pending("provisioning".into()),
            Some(LoadBalancerStateEnum::Failed) => Phase::Failed(format!("AWS could not make it: {reason}")),
            _ => Phase::Ready,
        };
        let zones = it.availability_zones.unwrap_or_default();
        let text = |it: Option<String>| it.filter(|it| !it.is_empty());
        let state = Self {
            name: it.load_balancer_name,
            load_balancer_type: it.r#type.map(|it| it.as_str().to_owned()).unwrap_or_default(),
            internal: Some(it.scheme == Some(LoadBalancerSchemeEnum::Internal)),
            ip_address_type: it.ip_address_type.map(|it| it.as_str().to_owned()),
            security_groups: it.security_groups.into_iter().flatten().collect(),
            subnets: zones.iter().filter_map(|it| it.subnet_id.clone()).collect(),
            subnet_mapping: zones.into_iter().map(|it| SubnetMapping::observe(it, prior)).collect(),
            customer_owned_ipv4_pool: text(it.customer_owned_ipv4_pool),
            ipam_pools: it
                .ipam_pools
                .and_then(|it| text(it.ipv4_ipam_pool_id))
                .map(|it| IpamPools { ipv4_ipam_pool_id: it })
                .into_iter()
                .collect(),
            enforce_security_group_inbound_rules_on_private_link_traffic: text(
                it.enforce_security_group_inbound_rules_on_private_link_traffic,
            ),
            arn_suffix: arn.split_once(":loadbalancer/").map(|(_, it)| it.to_owned()),
            arn: Some(arn.clone()),
            dns_name: it.dns_name,
            vpc_id: it.vpc_id,
            zone_id: it.canonical_hosted_zone_id,
            ..Self::default()
        };
        Observed::ready(arn, lb_attributes::observe(state, attributes, prior)).phase(phase)
    }

    async fn set_groups(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        if self.security_groups == prior.security_groups {
            return self.set_enforcement(aws, id, prior).await;
        }
        let enforce = self.enforce_security_group_inbound_rules_on_private_link_traffic.as_deref();
        let call = aws
            .elbv2
            .set_security_groups()
            .load_balancer_arn(id)
            .set_security_groups(Some(self.security_groups.iter().cloned().collect()))
            .set_enforce_security_group_inbound_rules_on_private_link_traffic(enforce.map(Into::into));
        call.send().await.context("changing aws_lb (SetSecurityGroups)").map(drop)
    }

    async fn set_enforcement(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        let enforce = &self.enforce_security_group_inbound_rules_on_private_link_traffic;
        let then = &prior.enforce_security_group_inbound_rules_on_private_link_traffic;
        let Some(enforce) = enforce.as_deref().filter(|it| then.as_deref() != Some(*it) && !it.is_empty()) else {
            return Ok(());
        };
        let groups = self.security_groups.iter().cloned().collect();
        let call = aws.elbv2.set_security_groups().load_balancer_arn(id).set_security_groups(Some(groups));
        let call = call.enforce_security_group_inbound_rules_on_private_link_traffic(enforce.into()).send();
        call.await.context("changing aws_lb (SetSecurityGroups)").map(drop)
    }

    async fn set_capacity(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        if self.minimum_load_balancer_capacity == prior.minimum_load_balancer_capacity {
            return Ok(());
        }
        let call = aws.elbv2.modify_capacity_reservation().load_balancer_arn(id);
        let call = match self.minimum_load_balancer_capacity.first() {
            Some(capacity) => {
                let units = capacity.capacity_units as i32;
                let capacity = MinimumLoadBalancerCapacity::builder().capacity_units(units).build();
                call.minimum_load_balancer_capacity(capacity)
            }
            None => call.reset_capacity_reservation(true),
        };
        // A load balancer takes no reservation while it is being made.
        let codes = &["InvalidLoadBalancerAction", "OperationNotPermitted"];
        let done = patiently(Self::TIMEOUTS.create, codes, || call.clone().send()).await;
        done.context("changing aws_lb (ModifyCapacityReservation)").map(drop)
    }
}

impl SubnetMapping {
    /// A subnet as an answer tells it; an answer without any addresses says nothing of those of `prior`.
    fn observe(it: types::AvailabilityZone, prior: Option<&Lb>) -> Self {
        let subnet_id = it.subnet_id.unwrap_or_default();
        let outpost_id = it.outpost_id;
        match it.load_balancer_addresses.into_iter().flatten().next() {
            Some(address) => Self {
                subnet_id,
                allocation_id: address.allocation_id,
                ipv6_address: address.ipv6_address,
                private_ipv4_address: address.private_ipv4_address,
                outpost_id,
            },
            None => {
                let known = prior.and_then(|it| it.subnet_mapping.iter().find(|it| it.subnet_id == subnet_id));
                Self { outpost_id, ..known.cloned().unwrap_or(Self { subnet_id, ..Self::default() }) }
            }
        }
    }
}

impl IpamPools {
    fn sdk(&self) -> SdkIpamPools {
        SdkIpamPools::builder().ipv4_ipam_pool_id(&self.ipv4_ipam_pool_id).build()
    }
}

/// Checks the name of a load balancer or target group, or what it begins with.
pub(super) fn check_name(check: &mut Check<'_>, argument: &str, most: usize) {
    check.length(argument, most);
    let Some(text) = check.text(argument) else { return };
    if !text.chars().all(|it| it.is_ascii_alphanumeric() || it == '-') || text.starts_with('-') {
        check.error(argument, format!("is \"{text}\"; it takes letters, digits and hyphens, no hyphen at its start."));
    } else if argument == "name" && text.ends_with('-') {
        check.error(argument, format!("is \"{text}\"; it must not end with a hyphen."));
    } else if text.starts_with("internal-") {
        check.error(argument, format!("is \"{text}\"; names that begin with \"internal-\" are AWS's own."));
    }
}

/// Subnets follow from mappings and mappings from subnets. Addresses in a subnet cannot be changed.
fn plan_subnets(change: &mut PlannedChange) {
    let blocks = |it: &Value| it.get("subnet_mapping").and_then(Value::as_slice).map(<[Value]>::to_vec);
    let written = blocks(&change.config).is_none_or(|it| !it.is_empty());
    if !written && plan::changes(change, "subnets") {
        if let Some(ty) = change.planned.get("subnet_mapping").map(Value::ty) {
            change.planned = change.planned.clone().with("subnet_mapping", Value::unknown(ty));
        }
        return;
    }
    plan::follow(change, &["subnet_mapping"], &["subnets"]);
    let (Some(prior), Some(planned)) = (blocks(&change.prior), blocks(&change.planned)) else { return };
    let by_subnet: BTreeMap<&str, &Value> =
        prior.iter().filter_map(|it| Some((it.get("subnet_id")?.as_str()?, it))).collect();
    let moved = planned.iter().any(|it| {
        let subnet = it.get("subnet_id").and_then(Value::as_str);
        let then = subnet.and_then(|it| by_subnet.get(it));
        let differs = |name: &&str| then.is_some_and(|then| then.get(name) != it.get(name));
        ["allocation_id", "private_ipv4_address"].iter().any(differs)
    });
    if written && moved {
        plan::replace(change, "subnet_mapping");
    }
}

/// A network load balancer keeps its choice for or against security groups.
fn plan_groups(change: &mut PlannedChange) {
    let network = change.planned.get("load_balancer_type").and_then(Value::as_str) == Some("network");
    let any = |it: &Value| it.get("security_groups").and_then(Value::as_slice).map(|it| !it.is_empty());
    if let (true, false, Some(then), Some(now)) =
        (network, change.prior.is_null(), any(&change.prior), any(&change.planned))
        && then != now
    {
        plan::replace(change, "security_groups");
    }
}

async fn by_name(aws: &Aws, name: &str) -> Result<Option<LoadBalancer>> {
    let answer = aws.elbv2.describe_load_balancers().names(name).send().await;
    let found = answer.absent("finding aws_lb (DescribeLoadBalancers)", LB_GONE)?.and_then(|it| it.load_balancers);
    Ok(found.into_iter().flatten().next())
}

async fn read_capacity(aws: &Aws, arn: &str, wanted: bool) -> Result<Vec<Capacity>> {
    if !wanted {
        return Ok(Vec::new());
    }
    let answer = aws.elbv2.describe_capacity_reservation().load_balancer_arn(arn).send().await;
    let answer = answer.absent("reading aws_lb (DescribeCapacityReservation)", LB_GONE)?;
    let units = answer.and_then(|it| it.minimum_load_balancer_capacity).and_then(|it| it.capacity_units);
    Ok(units.map(|it| Capacity { capacity_units: it.into() }).into_iter().collect())
}

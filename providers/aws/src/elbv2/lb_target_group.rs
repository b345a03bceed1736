//! `aws_lb_target_group`: targets that requests go to, and how their health is found out.

use std::collections::BTreeSet;

use aws_sdk_elasticloadbalancingv2::types::{
    Matcher, ProtocolEnum, TargetGroup as SdkTargetGroup, TargetGroupIpAddressTypeEnum, TargetTypeEnum,
};
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, ProviderError, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::lb::check_name;
use super::target_group_attributes::{self, Failover, GroupHealth, HealthState, Stickiness};
use super::{Attributes, TARGET_GROUP_GONE, retag, tags_of, tags_on_create, target_groups};
use crate::client::Aws;
use crate::wire::{Absent, Check, Context, Tags, check, each, ids, name, pages, patiently, told};

/// Most characters of a name.
const NAME: usize = 32;
const PROTOCOLS: &[&str] = &["HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP", "GENEVE", "QUIC", "TCP_QUIC"];

/// A group of targets. Attributes that its kind does not have are left alone.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct LbTargetGroup {
    /// Name, at most 32 letters, digits and hyphens; made up when left out.
    #[attr(force_new, optional, computed, conflicts_with("name_prefix"))]
    pub name: Option<String>,
    /// What a name that is made up begins with, at most 6 characters.
    #[attr(force_new, optional, computed, conflicts_with("name"))]
    pub name_prefix: Option<String>,
    /// `instance`, `ip`, `lambda` or `alb`.
    #[attr(force_new, default = "instance")]
    pub target_type: String,
    /// Port of the targets, unless a target has its own; not for `lambda`.
    #[attr(force_new)]
    pub port: Option<i64>,
    /// Protocol of the targets: `HTTP`, `HTTPS`, `TCP`, `TLS`, `UDP`, `TCP_UDP`, `GENEVE`, `QUIC` or `TCP_QUIC`; not
    /// for `lambda`.
    #[attr(force_new)]
    pub protocol: Option<String>,
    /// `HTTP1`, `HTTP2` or `GRPC`; with the protocols HTTP and HTTPS.
    #[attr(force_new, optional, computed)]
    pub protocol_version: Option<String>,
    /// VPC of the targets; not for `lambda`.
    #[attr(force_new)]
    pub vpc_id: Option<String>,
    /// `ipv4` or `ipv6`.
    #[attr(force_new, optional, computed)]
    pub ip_address_type: Option<String>,
    /// Port on which targets tell how busy they are.
    #[attr(force_new)]
    pub target_control_port: Option<i64>,
    /// How the health of targets is found out.
    #[block(list, max = 1, computed)]
    pub health_check: Vec<HealthCheck>,
    /// Whether a client stays with its target.
    #[block(list, max = 1, computed)]
    pub stickiness: Vec<Stickiness>,
    /// What happens to flows of targets that leave; gateway load balancers only.
    #[block(list, max = 1, computed)]
    pub target_failover: Vec<Failover>,
    /// How many targets must be healthy.
    #[block(list, max = 1, computed)]
    pub target_group_health: Vec<GroupHealth>,
    /// What happens to connections to targets that are not healthy; network load balancers only.
    #[block(list, max = 1, computed)]
    pub target_health_state: Vec<HealthState>,
    /// Whether connections end when a target has left; protocols TCP, TLS, UDP and TCP_UDP.
    #[attr(optional, computed)]
    pub connection_termination: Option<bool>,
    /// Seconds for which requests to a target that leaves may go on: 0 to 3600.
    #[attr(default = "300")]
    pub deregistration_delay: String,
    /// Whether a Lambda function gets headers as lists.
    #[attr(default = false)]
    pub lambda_multi_value_headers_enabled: bool,
    /// `round_robin`, `least_outstanding_requests` or `weighted_random`; HTTP and HTTPS.
    #[attr(optional, computed)]
    pub load_balancing_algorithm_type: Option<String>,
    /// `on` or `off`: whether targets that behave oddly get fewer requests; with `weighted_random`.
    #[attr(optional, computed)]
    pub load_balancing_anomaly_mitigation: Option<String>,
    /// `true`, `false` or `use_load_balancer_configuration`: whether requests go to targets in all zones.
    #[attr(optional, computed)]
    pub load_balancing_cross_zone_enabled: Option<String>,
    /// Whether targets see the client's address: `true` or `false`; TCP, TLS, UDP and TCP_UDP.
    #[attr(optional, computed)]
    pub preserve_client_ip: Option<String>,
    /// Whether targets get the PROXY protocol's header; TCP, TLS, UDP and TCP_UDP.
    #[attr(default = false)]
    pub proxy_protocol_v2: bool,
    /// Seconds in which a new target's share grows: 0 for no, or 30 to 900; HTTP and HTTPS.
    #[attr(default = 0)]
    pub slow_start: i64,
    /// ARN of the target group.
    #[attr(computed)]
    pub arn: Option<String>,
    /// The ARN's end, as metrics name the target group.
    #[attr(computed)]
    pub arn_suffix: Option<String>,
    /// ARNs of the load balancers that use the target group.
    #[attr(computed)]
    pub load_balancer_arns: BTreeSet<String>,
    /// Tags of the target group.
    pub tags: Tags,
    /// Tags of the target group, with the provider's default tags.
    #[attr(computed)]
    pub tags_all: Tags,
}

/// How the health of targets is found out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct HealthCheck {
    /// Whether it is; only `lambda` can do without.
    #[attr(default = true)]
    pub enabled: bool,
    /// Number of successes after which a target is healthy: 2 to 10.
    #[attr(default = 3)]
    pub healthy_threshold: i64,
    /// Seconds between two checks: 5 to 300.
    #[attr(default = 30)]
    pub interval: i64,
    /// Status codes of a success: `200`, `200-299` or `200,202`; HTTP and HTTPS.
    #[attr(optional, computed)]
    pub matcher: Option<String>,
    /// Path of the request; HTTP and HTTPS.
    #[attr(optional, computed)]
    pub path: Option<String>,
    /// Port of the request, or `traffic-port` for that of the target.
    #[attr(default = "traffic-port")]
    pub port: String,
    /// `HTTP`, `HTTPS` or `TCP`.
    #[attr(default = "HTTP")]
    pub protocol: String,
    /// Seconds until a check without answer has failed: 2 to 120.
    #[attr(optional, computed)]
    pub timeout: Option<i64>,
    /// Number of failures after which a target is not healthy: 2 to 10.
    #[attr(default = 3)]
    pub unhealthy_threshold: i64,
}

impl Resource for LbTargetGroup {
    type Client = Aws;
    const TYPE: &'static str = "aws_lb_target_group";
    const RECOGNITION: Recognition = Recognition::NaturalName;
    const TIMEOUTS: Timeouts = Timeouts::minutes(5);
    const UNREADABLE: &'static [&'static str] = &["name_prefix"];

    fn validate(config: &Value) -> Diagnostics {
        let mut check = Check::of(config);
        check.one_of("target_type", &["instance", "ip", "lambda", "alb"]).one_of("protocol", PROTOCOLS);
        check.one_of("protocol_version", &["HTTP1", "HTTP2", "GRPC"]).one_of("ip_address_type", &["ipv4", "ipv6"]);
        let algorithms = ["round_robin", "least_outstanding_requests", "weighted_random"];
        check.one_of("load_balancing_algorithm_type", &algorithms);
        check.one_of("load_balancing_anomaly_mitigation", &["on", "off"]);
        let cross_zone = ["true", "false", "use_load_balancer_configuration"];
        check.one_of("load_balancing_cross_zone_enabled", &cross_zone);
        check.one_of("preserve_client_ip", &["true", "false"]);
        check.range("port", 1, 65535).range("target_control_port", 1, 65535);
        check_name(&mut check, "name", NAME);
        check_name(&mut check, "name_prefix", 6);
        if let Some(seconds) = check.number("slow_start").filter(|it| *it != 0 && !(30..=900).contains(it)) {
            check.error("slow_start", format!("is {seconds}; it takes 0, or 30 to 900 seconds."));
        }
        let seconds = |it: &&str| it.parse::<i64>().is_ok_and(|it| (0..=3600).contains(&it));
        if let Some(text) = check.text("deregistration_delay").filter(|it| !seconds(it)) {
            check.error("deregistration_delay", format!("is \"{text}\"; it takes 0 to 3600 seconds."));
        }
        let lambda = check.text("target_type") == Some("lambda");
        let kind_is_known = config.get("target_type").is_none_or(|it| !it.is_unknown());
        for needed in ["port", "protocol", "vpc_id"] {
            match check.is_set(needed) {
                Some(false) if !lambda && kind_is_known => {
                    check.error(needed, "is missing; every target type but \"lambda\" needs it.");
                }
                Some(true) if lambda => check.error(needed, "is not for the target type \"lambda\". Remove it."),
                _ => {}
            }
        }
        let mut found = check.found();
        for block in check::blocks(config, "health_check") {
            let mut check = Check::of(block);
            check.range("healthy_threshold", 2, 10).range("unhealthy_threshold", 2, 10);
            check.range("interval", 5, 300).range("timeout", 2, 120).one_of("protocol", &["HTTP", "HTTPS", "TCP"]);
            if check.text("protocol") == Some("TCP") {
                for useless in ["path", "matcher"] {
                    if check.is_set(useless) == Some(true) {
                        check.error(useless, "has no meaning for a health check over TCP. Remove it.");
                    }
                }
            }
            found.extend(check.found());
        }
        found.extend(target_group_attributes::validate(config));
        found
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let action = "creating aws_lb_target_group (CreateTargetGroup)";
        let name = self.chosen(creation.key);
        // A create with the same settings would be answered with the target group that is there.
        if by_name(aws, &name).await?.is_some() {
            let message = format!("there is a target group \"{name}\" already");
            return Err(ProviderError::refused(action, message).help("Import it, or choose another name."));
        }
        let check = self.health_check.first();
        let number = |it: Option<i64>| it.map(|it| it as i32);
        let http = check.filter(|it| it.is_http());
        let call = aws
            .elbv2
            .create_target_group()
            .name(name)
            .target_type(TargetTypeEnum::from(self.target_type.as_str()))
            .set_port(number(self.port))
            .set_protocol(self.protocol.as_deref().map(ProtocolEnum::from))
            .set_protocol_version(self.protocol_version.clone())
            .set_vpc_id(self.vpc_id.clone())
            .set_ip_address_type(self.ip_address_type.as_deref().map(TargetGroupIpAddressTypeEnum::from))
            .set_target_control_port(number(self.target_control_port))
            .set_health_check_enabled(check.map(|it| it.enabled))
            .set_health_check_interval_seconds(number(check.map(|it| it.interval)))
            .set_health_check_timeout_seconds(number(check.and_then(|it| it.timeout)))
            .set_healthy_threshold_count(number(check.map(|it| it.healthy_threshold)))
            .set_unhealthy_threshold_count(number(check.map(|it| it.unhealthy_threshold)))
            .set_health_check_path(http.and_then(|it| it.path.clone()))
            .set_matcher(http.and_then(|it| self.matcher(it)))
            .set_health_check_port(check.filter(|_| self.is_networked()).map(|it| it.port.clone()))
            .set_health_check_protocol(
                check.filter(|_| self.is_networked()).map(|it| ProtocolEnum::from(it.protocol.as_str())),
            )
            .set_tags(tags_on_create(&self.tags_all));
        let made = call.send().await.context(action)?.target_groups.and_then(|it| it.into_iter().next());
        let id = told(made.and_then(|it| it.target_group_arn), action)?;
        creation.made(&id);
        self.complete(aws, &id).await?;
        Ok(Made::id(id))
    }

    /// Attributes are set by calls of their own, and an answer that leaves one out tells nothing of it.
    async fn complete(&self, aws: &Aws, id: &str) -> Result<bool> {
        target_group_attributes::set(aws, id, self, &target_group_attributes::of_new(self)).await.map(|()| true)
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let found = target_groups(aws, &ids(objects)).await?;
        let found: Vec<_> = found.into_iter().filter_map(|it| Some((it.target_group_arn.clone()?, it))).collect();
        let arns: Vec<String> = found.iter().map(|(arn, _)| arn.clone()).collect();
        let attributes = each(arns.clone(), |arn| target_group_attributes::read(aws, arn));
        let (attributes, mut tags) = futures::try_join!(attributes, tags_of(aws, &arns))?;
        let seen = found.into_iter().zip(attributes).map(|((arn, it), attributes)| {
            let prior = objects.iter().find(|object| object.id == arn).and_then(|it| it.state.as_ref());
            let mut seen = Self::observe(arn, it, &attributes, prior);
            seen.state.tags_all = tags.remove(&seen.id).unwrap_or_default();
            seen
        });
        Ok(seen.collect())
    }

    async fn update(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        if let Some(check) = self.health_check.first().filter(|it| Some(*it) != prior.health_check.first()) {
            let http = Some(check).filter(|it| it.is_http());
            let call = aws
                .elbv2
                .modify_target_group()
                .target_group_arn(id)
                .health_check_enabled(check.enabled)
                .health_check_interval_seconds(check.interval as i32)
                .set_health_check_timeout_seconds(check.timeout.map(|it| it as i32))
                .healthy_threshold_count(check.healthy_threshold as i32)
                .unhealthy_threshold_count(check.unhealthy_threshold as i32)
                .set_health_check_path(http.and_then(|it| it.path.clone()))
                .set_matcher(http.and_then(|it| self.matcher(it)))
                .set_health_check_port(self.is_networked().then(|| check.port.clone()))
                .set_health_check_protocol(self.is_networked().then(|| ProtocolEnum::from(check.protocol.as_str())));
            call.send().await.context("changing aws_lb_target_group (ModifyTargetGroup)")?;
        }
        target_group_attributes::set(aws, id, self, prior).await?;
        retag(aws, id, &prior.tags_all, &self.tags_all).await
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        let call = || aws.elbv2.delete_target_group().target_group_arn(id).send();
        // A listener that is gone already counts as a user for a moment.
        let done = patiently(Self::TIMEOUTS.delete, &["ResourceInUse"], call).await;
        done.absent("deleting aws_lb_target_group (DeleteTargetGroup)", TARGET_GROUP_GONE).map(drop)
    }

    async fn find(&self, aws: &Aws, key: &IntentKey) -> Result<Option<Id>> {
        Ok(by_name(aws, &self.chosen(key)).await?.and_then(|it| it.target_group_arn))
    }

    async fn list(aws: &Aws) -> Result<Vec<Id>> {
        let call = aws.elbv2.describe_target_groups();
        let found: Vec<SdkTargetGroup> = pages!(call, "listing aws_lb_target_group (DescribeTargetGroups)")?;
        Ok(found.into_iter().filter_map(|it| it.target_group_arn).collect())
    }
}

impl LbTargetGroup {
    fn chosen(&self, key: &IntentKey) -> String {
        name(self.name.as_deref(), self.name_prefix.as_deref(), key, NAME)
    }

    /// Whether targets are reached over a network.
    fn is_networked(&self) -> bool {
        self.target_type != "lambda"
    }

    fn matcher(&self, check: &HealthCheck) -> Option<Matcher> {
        let codes = check.matcher.clone().filter(|it| !it.is_empty())?;
        let grpc = self.protocol_version.as_deref() == Some("GRPC");
        let matcher = Matcher::builder();
        Some(if grpc { matcher.grpc_code(codes) } else { matcher.http_code(codes) }.build())
    }

    fn observe(arn: String, it: SdkTargetGroup, attributes: &Attributes, prior: Option<&Self>) -> Observed<Self> {
        let text = |it: Option<String>| it.filter(|it| !it.is_empty());
        let number = |it: Option<i32>| i64::from(it.unwrap_or_default());
        let check = HealthCheck {
            enabled: it.health_check_enabled.unwrap_or(true),
            healthy_threshold: number(it.healthy_threshold_count),
            interval: number(it.health_check_interval_seconds),
            matcher: it.matcher.and_then(|it| text(it.http_code).or(text(it.grpc_code))),
            path: text(it.health_check_path),
            port: text(it.health_check_port).unwrap_or_else(|| "traffic-port".into()),
            protocol: it.health_check_protocol.map_or("HTTP".into(), |it| it.as_str().to_owned()),
            timeout: it.health_check_timeout_seconds.map(i64::from),
            unhealthy_threshold: number(it.unhealthy_threshold_count),
        };
        let state = Self {
            name: it.target_group_name,
            target_type: it.target_type.map(|it| it.as_str().to_owned()).unwrap_or_default(),
            port: it.port.map(i64::from),
            protocol: it.protocol.map(|it| it.as_str().to_owned()),
            protocol_version: text(it.protocol_version),
            vpc_id: text(it.vpc_id),
            ip_address_type: it.ip_address_type.map(|it| it.as_str().to_owned()),
            target_control_port: it.target_control_port.map(i64::from),
            health_check: vec![check],
            arn_suffix: arn.rsplit_once(':').map(|(_, it)| it.to_owned()),
            arn: Some(arn.clone()),
            load_balancer_arns: it.load_balancer_arns.into_iter().flatten().collect(),
            ..Self::default()
        };
        Observed::ready(arn, target_group_attributes::observe(state, attributes, prior))
    }
}

impl HealthCheck {
    fn is_http(&self) -> bool {
        self.protocol != "TCP"
    }
}

async fn by_name(aws: &Aws, name: &str) -> Result<Option<SdkTargetGroup>> {
    let answer = aws.elbv2.describe_target_groups().names(name).send().await;
    let action = "finding aws_lb_target_group (DescribeTargetGroups)";
    let found = answer.absent(action, TARGET_GROUP_GONE)?.and_then(|it| it.target_groups);
    Ok(found.into_iter().flatten().next())
}

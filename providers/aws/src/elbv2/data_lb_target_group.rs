//! `aws_lb_target_group`: looks up a target group.

use std::collections::BTreeSet;

use aws_sdk_elasticloadbalancingv2::types::TargetGroup;
use plumb_engine::Schema;
use plumb_engine::provider::typed::{DataSource, Id, Prior, Resource, Result};
use serde::{Deserialize, Serialize};

use super::lb_target_group::{HealthCheck, LbTargetGroup};
use super::tagged_one;
use super::target_group_attributes::Stickiness;
use crate::client::Aws;
use crate::wire::{Tags, pages, told};

const ACTION: &str = "reading aws_lb_target_group (DescribeTargetGroups)";

/// Looks up a target group by its ARN, its name or its tags; exactly one must match.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct FoundLbTargetGroup {
    /// ARN of the target group.
    #[attr(optional, computed)]
    pub arn: Option<String>,
    /// Name of the target group.
    #[attr(optional, computed)]
    pub name: Option<String>,
    /// Tags that it has.
    #[attr(optional, computed)]
    pub tags: Tags,
    /// The ARN's end, as metrics name the target group.
    #[attr(computed)]
    pub arn_suffix: Option<String>,
    /// Whether connections end when a target has left.
    #[attr(computed)]
    pub connection_termination: Option<bool>,
    /// Seconds for which requests to a target that leaves may go on.
    #[attr(computed)]
    pub deregistration_delay: Option<String>,
    /// How the health of targets is found out.
    #[attr(computed)]
    pub health_check: Vec<HealthCheck>,
    /// Whether a Lambda function gets headers as lists.
    #[attr(computed)]
    pub lambda_multi_value_headers_enabled: Option<bool>,
    /// ARNs of the load balancers that use the target group.
    #[attr(computed)]
    pub load_balancer_arns: BTreeSet<String>,
    /// How a target is chosen.
    #[attr(computed)]
    pub load_balancing_algorithm_type: Option<String>,
    /// Whether targets that behave oddly get fewer requests.
    #[attr(computed)]
    pub load_balancing_anomaly_mitigation: Option<String>,
    /// Whether requests go to targets in all zones.
    #[attr(computed)]
    pub load_balancing_cross_zone_enabled: Option<String>,
    /// Port of the targets.
    #[attr(computed)]
    pub port: Option<i64>,
    /// Whether targets see the client's address.
    #[attr(computed)]
    pub preserve_client_ip: Option<String>,
    /// Protocol of the targets.
    #[attr(computed)]
    pub protocol: Option<String>,
    /// `HTTP1`, `HTTP2` or `GRPC`.
    #[attr(computed)]
    pub protocol_version: Option<String>,
    /// Whether targets get the PROXY protocol's header.
    #[attr(computed)]
    pub proxy_protocol_v2: Option<bool>,
    /// Seconds in which a new target's share grows.
    #[attr(computed)]
    pub slow_start: Option<i64>,
    /// Whether a client stays with its target.
    #[attr(computed)]
    pub stickiness: Vec<Stickiness>,
    /// Port on which targets tell how busy they are.
    #[attr(computed)]
    pub target_control_port: Option<i64>,
    /// `instance`, `ip`, `lambda` or `alb`.
    #[attr(computed)]
    pub target_type: Option<String>,
    /// VPC of the targets.
    #[attr(computed)]
    pub vpc_id: Option<String>,
}

impl DataSource for FoundLbTargetGroup {
    type Client = Aws;
    const TYPE: &'static str = "aws_lb_target_group";

    async fn read(self, aws: &Aws) -> Result<(Id, Self)> {
        let call = aws.elbv2.describe_target_groups();
        let call = call.set_target_group_arns(self.arn.clone().map(|it| vec![it]));
        let found: Vec<TargetGroup> = pages!(call, ACTION)?;
        let named = found.into_iter().filter(|it| self.name.is_none() || it.target_group_name == self.name);
        let arns = named.filter_map(|it| it.target_group_arn).collect();
        let arn = tagged_one(aws, arns, &self.tags, ACTION).await?;
        let seen = LbTargetGroup::read(aws, &[Prior { id: arn.clone(), state: None }]).await?;
        let seen = told(seen.into_iter().next(), ACTION)?.state;
        let seen = Self {
            arn: seen.arn,
            name: seen.name,
            tags: seen.tags_all,
            arn_suffix: seen.arn_suffix,
            connection_termination: seen.connection_termination,
            deregistration_delay: Some(seen.deregistration_delay),
            health_check: seen.health_check,
            lambda_multi_value_headers_enabled: Some(seen.lambda_multi_value_headers_enabled),
            load_balancer_arns: seen.load_balancer_arns,
            load_balancing_algorithm_type: seen.load_balancing_algorithm_type,
            load_balancing_anomaly_mitigation: seen.load_balancing_anomaly_mitigation,
            load_balancing_cross_zone_enabled: seen.load_balancing_cross_zone_enabled,
            port: seen.port,
            preserve_client_ip: seen.preserve_client_ip,
            protocol: seen.protocol,
            protocol_version: seen.protocol_version,
            proxy_protocol_v2: Some(seen.proxy_protocol_v2),
            slow_start: Some(seen.slow_start),
            stickiness: seen.stickiness,
            target_control_port: seen.target_control_port,
            target_type: Some(seen.target_type),
            vpc_id: seen.vpc_id,
        };
        Ok((arn, seen))
    }
}

//! `aws_lb`: looks up a load balancer.

use std::collections::BTreeSet;

use aws_sdk_elasticloadbalancingv2::types::LoadBalancer;
use plumb_engine::Schema;
use plumb_engine::provider::typed::{DataSource, Id, Prior, Resource, Result};
use serde::{Deserialize, Serialize};

use super::lb::{Lb, SubnetMapping};
use super::lb_attributes::Logs;
use super::tagged_one;
use crate::client::Aws;
use crate::wire::{Tags, pages, told};

const ACTION: &str = "reading aws_lb (DescribeLoadBalancers)";

/// Looks up a load balancer by its ARN, its name or its tags; exactly one must match.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct FoundLb {
    /// ARN of the load balancer.
    #[attr(optional, computed)]
    pub arn: Option<String>,
    /// Name of the load balancer.
    #[attr(optional, computed)]
    pub name: Option<String>,
    /// Tags that it has.
    #[attr(optional, computed)]
    pub tags: Tags,
    /// Log of requests in S3.
    #[attr(computed)]
    pub access_logs: Vec<Logs>,
    /// The ARN's end, as metrics name the load balancer.
    #[attr(computed)]
    pub arn_suffix: Option<String>,
    /// Seconds for which a client's connection is kept.
    #[attr(computed)]
    pub client_keep_alive: Option<i64>,
    /// Log of connections in S3.
    #[attr(computed)]
    pub connection_logs: Vec<Logs>,
    /// Pool of addresses of one's own on an Outpost.
    #[attr(computed)]
    pub customer_owned_ipv4_pool: Option<String>,
    /// What is done with risky requests.
    #[attr(computed)]
    pub desync_mitigation_mode: Option<String>,
    /// DNS name.
    #[attr(computed)]
    pub dns_name: Option<String>,
    /// Which addresses clients in the VPC get.
    #[attr(computed)]
    pub dns_record_client_routing_policy: Option<String>,
    /// Whether headers that are not valid are removed.
    #[attr(computed)]
    pub drop_invalid_header_fields: Option<bool>,
    /// Whether requests go to targets in all zones.
    #[attr(computed)]
    pub enable_cross_zone_load_balancing: Option<bool>,
    /// Whether AWS refuses to delete it.
    #[attr(computed)]
    pub enable_deletion_protection: Option<bool>,
    /// Whether clients may use HTTP/2.
    #[attr(computed)]
    pub enable_http2: Option<bool>,
    /// Whether targets are told the TLS version and cipher.
    #[attr(computed)]
    pub enable_tls_version_and_cipher_suite_headers: Option<bool>,
    /// Whether requests pass when AWS WAF does not answer.
    #[attr(computed)]
    pub enable_waf_fail_open: Option<bool>,
    /// Whether targets are told the client's port.
    #[attr(computed)]
    pub enable_xff_client_port: Option<bool>,
    /// Whether traffic can be moved away from a zone.
    #[attr(computed)]
    pub enable_zonal_shift: Option<bool>,
    /// Whether security groups count for traffic through PrivateLink.
    #[attr(computed)]
    pub enforce_security_group_inbound_rules_on_private_link_traffic: Option<String>,
    /// Log of health checks in S3.
    #[attr(computed)]
    pub health_check_logs: Vec<Logs>,
    /// Seconds after which an idle connection ends.
    #[attr(computed)]
    pub idle_timeout: Option<i64>,
    /// Whether only the VPC and what is connected to it reach it.
    #[attr(computed)]
    pub internal: Option<bool>,
    /// `ipv4`, `dualstack` or `dualstack-without-public-ipv4`.
    #[attr(computed)]
    pub ip_address_type: Option<String>,
    /// `application`, `network` or `gateway`.
    #[attr(computed)]
    pub load_balancer_type: Option<String>,
    /// Whether targets get the Host header as it came.
    #[attr(computed)]
    pub preserve_host_header: Option<bool>,
    /// Security groups.
    #[attr(computed)]
    pub security_groups: BTreeSet<String>,
    /// Subnets with the addresses in them.
    #[attr(set, computed)]
    pub subnet_mapping: Vec<SubnetMapping>,
    /// Subnets.
    #[attr(computed)]
    pub subnets: BTreeSet<String>,
    /// VPC of the subnets.
    #[attr(computed)]
    pub vpc_id: Option<String>,
    /// What is done with X-Forwarded-For.
    #[attr(computed)]
    pub xff_header_processing_mode: Option<String>,
    /// Route 53 zone of the DNS name, for alias records.
    #[attr(computed)]
    pub zone_id: Option<String>,
}

impl DataSource for FoundLb {
    type Client = Aws;
    const TYPE: &'static str = "aws_lb";

    async fn read(self, aws: &Aws) -> Result<(Id, Self)> {
        let call = aws.elbv2.describe_load_balancers();
        let call = call.set_load_balancer_arns(self.arn.clone().map(|it| vec![it]));
        let found: Vec<LoadBalancer> = pages!(call, ACTION)?;
        let named = found.into_iter().filter(|it| self.name.is_none() || it.load_balancer_name == self.name);
        let arns = named.filter_map(|it| it.load_balancer_arn).collect();
        let arn = tagged_one(aws, arns, &self.tags, ACTION).await?;
        let seen = Lb::read(aws, &[Prior { id: arn.clone(), state: None }]).await?;
        let seen = told(seen.into_iter().next(), ACTION)?.state;
        Ok((arn, Self::of(seen)))
    }
}

impl FoundLb {
    fn of(seen: Lb) -> Self {
        Self {
            arn: seen.arn,
            name: seen.name,
            tags: seen.tags_all,
            access_logs: seen.access_logs,
            arn_suffix: seen.arn_suffix,
            client_keep_alive: Some(seen.client_keep_alive),
            connection_logs: seen.connection_logs,
            customer_owned_ipv4_pool: seen.customer_owned_ipv4_pool,
            desync_mitigation_mode: Some(seen.desync_mitigation_mode),
            dns_name: seen.dns_name,
            dns_record_client_routing_policy: Some(seen.dns_record_client_routing_policy),
            drop_invalid_header_fields: Some(seen.drop_invalid_header_fields),
            enable_cross_zone_load_balancing: Some(seen.enable_cross_zone_load_balancing),
            enable_deletion_protection: Some(seen.enable_deletion_protection),
            enable_http2: Some(seen.enable_http2),
            enable_tls_version_and_cipher_suite_headers: Some(seen.enable_tls_version_and_cipher_suite_headers),
            enable_waf_fail_open: Some(seen.enable_waf_fail_open),
            enable_xff_client_port: Some(seen.enable_xff_client_port),
            enable_zonal_shift: Some(seen.enable_zonal_shift),
            enforce_security_group_inbound_rules_on_private_link_traffic: seen
                .enforce_security_group_inbound_rules_on_private_link_traffic,
            health_check_logs: seen.health_check_logs,
            idle_timeout: Some(seen.idle_timeout),
            internal: seen.internal,
            ip_address_type: seen.ip_address_type,
            load_balancer_type: Some(seen.load_balancer_type),
            preserve_host_header: Some(seen.preserve_host_header),
            security_groups: seen.security_groups,
            subnet_mapping: seen.subnet_mapping,
            subnets: seen.subnets,
            vpc_id: seen.vpc_id,
            xff_header_processing_mode: Some(seen.xff_header_processing_mode),
            zone_id: seen.zone_id,
        }
    }
}

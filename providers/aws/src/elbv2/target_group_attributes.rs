//! Attributes of a target group: settings that AWS keeps as texts by key, and that each kind has others of.

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::types::TargetGroupAttribute;
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::Result;
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::lb_target_group::LbTargetGroup;
use super::{Attributes, TARGET_GROUP_GONE, changed};
use crate::client::Aws;
use crate::wire::{Absent, Check, Context, check};

const STICKINESS: &[&str] = &["lb_cookie", "app_cookie", "source_ip", "source_ip_dest_ip", "source_ip_dest_ip_proto"];

/// Whether a client stays with its target.
#[derive(Clone, Debug, Default, PartialEq, Eq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Stickiness {
    /// `lb_cookie` or `app_cookie` for HTTP and HTTPS, `source_ip` for TCP and UDP, `source_ip_dest_ip` or
    /// `source_ip_dest_ip_proto` for GENEVE.
    pub r#type: String,
    /// Whether it does.
    #[attr(default = true)]
    pub enabled: bool,
    /// Seconds for which a cookie counts: 1 to 604800.
    #[attr(default = 86400)]
    pub cookie_duration: i64,
    /// Name of the application's cookie; with `app_cookie`.
    pub cookie_name: Option<String>,
}

/// What happens to flows of targets that leave.
#[derive(Clone, Debug, Default, PartialEq, Eq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Failover {
    /// `rebalance` or `no_rebalance`, when a target is deregistered.
    pub on_deregistration: String,
    /// `rebalance` or `no_rebalance`, when a target is not healthy; the same as `on_deregistration`.
    pub on_unhealthy: String,
}

/// How many targets must be healthy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct GroupHealth {
    /// Below which the zone is taken out of DNS.
    #[block(list, max = 1, computed)]
    pub dns_failover: Vec<DnsFailover>,
    /// Below which requests go to targets that are not healthy too.
    #[block(list, max = 1, computed)]
    pub unhealthy_state_routing: Vec<UnhealthyRouting>,
}

/// Below which the zone is taken out of DNS.
#[derive(Clone, Debug, Default, PartialEq, Eq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct DnsFailover {
    /// A number, or `off`.
    #[attr(default = "1")]
    pub minimum_healthy_targets_count: String,
    /// A percentage, or `off`.
    #[attr(default = "off")]
    pub minimum_healthy_targets_percentage: String,
}

/// Below which requests go to targets that are not healthy too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct UnhealthyRouting {
    /// A number.
    #[attr(default = 1)]
    pub minimum_healthy_targets_count: i64,
    /// A percentage, or `off`.
    #[attr(default = "off")]
    pub minimum_healthy_targets_percentage: String,
}

/// What happens to connections to targets that are not healthy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct HealthState {
    /// Whether they end.
    pub enable_unhealthy_connection_termination: bool,
    /// Seconds until they end: 0 to 360000.
    pub unhealthy_draining_interval: Option<i64>,
}

/// A target group with the attributes that AWS makes it with.
pub fn of_new(group: &LbTargetGroup) -> LbTargetGroup {
    LbTargetGroup {
        target_type: group.target_type.clone(),
        protocol: group.protocol.clone(),
        deregistration_delay: "300".into(),
        ..LbTargetGroup::default()
    }
}

/// Checks the blocks that are attributes.
pub fn validate(config: &Value) -> Diagnostics {
    let mut found = Diagnostics::new();
    for block in check::blocks(config, "stickiness") {
        let mut check = Check::of(block);
        check.one_of("type", STICKINESS).range("cookie_duration", 1, 604_800);
        if check.text("type") == Some("app_cookie") && check.is_set("cookie_name") == Some(false) {
            check.error("cookie_name", "is missing; stickiness by \"app_cookie\" needs it.");
        }
        found.extend(check.found());
    }
    for block in check::blocks(config, "target_failover") {
        let mut check = Check::of(block);
        let values = ["rebalance", "no_rebalance"];
        check.one_of("on_deregistration", &values).one_of("on_unhealthy", &values);
        if let (Some(a), Some(b)) = (check.text("on_deregistration"), check.text("on_unhealthy"))
            && a != b
        {
            check.error("on_unhealthy", "must be the same as \"on_deregistration\".");
        }
        found.extend(check.found());
    }
    for block in check::blocks(config, "target_health_state") {
        let mut check = Check::of(block);
        check.range("unhealthy_draining_interval", 0, 360_000);
        found.extend(check.found());
    }
    found
}

/// Sets the attributes that differ from those of `prior`.
///
/// # Errors
/// The call is refused.
pub async fn set(aws: &Aws, arn: &str, group: &LbTargetGroup, prior: &LbTargetGroup) -> Result<()> {
    let attributes: Vec<_> = changed(write(group), &write(prior))
        .into_iter()
        .map(|(key, value)| TargetGroupAttribute::builder().key(key).value(value).build())
        .collect();
    if attributes.is_empty() {
        return Ok(());
    }
    let call = aws.elbv2.modify_target_group_attributes().target_group_arn(arn).set_attributes(Some(attributes));
    call.send().await.context("changing aws_lb_target_group (ModifyTargetGroupAttributes)").map(drop)
}

/// The attributes of a target group.
///
/// # Errors
/// The call is refused.
pub async fn read(aws: &Aws, arn: String) -> Result<Attributes> {
    let answer = aws.elbv2.describe_target_group_attributes().target_group_arn(arn).send().await;
    let answer = answer.absent("reading aws_lb_target_group (DescribeTargetGroupAttributes)", TARGET_GROUP_GONE)?;
    let attributes = answer.and_then(|it| it.attributes).unwrap_or_default();
    Ok(attributes.into_iter().filter_map(|it| Some((it.key?, it.value.unwrap_or_default()))).collect())
}

/// The attributes that the kind of a target group has, by the API's keys.
fn write(group: &LbTargetGroup) -> BTreeMap<&'static str, String> {
    let mut all = BTreeMap::new();
    if group.target_type == "lambda" {
        all.insert("lambda.multi_value_headers.enabled", group.lambda_multi_value_headers_enabled.to_string());
    } else {
        all.insert("deregistration_delay.timeout_seconds", group.deregistration_delay.clone());
        match group.protocol.as_deref() {
            Some("HTTP" | "HTTPS") => {
                all.insert("slow_start.duration_seconds", group.slow_start.to_string());
            }
            Some("GENEVE") => {}
            _ => {
                all.insert("proxy_protocol_v2.enabled", group.proxy_protocol_v2.to_string());
            }
        }
    }
    let optional = [
        ("deregistration_delay.connection_termination.enabled", group.connection_termination.map(|it| it.to_string())),
        ("load_balancing.algorithm.type", group.load_balancing_algorithm_type.clone()),
        ("load_balancing.algorithm.anomaly_mitigation", group.load_balancing_anomaly_mitigation.clone()),
        ("load_balancing.cross_zone.enabled", group.load_balancing_cross_zone_enabled.clone()),
        ("preserve_client_ip.enabled", group.preserve_client_ip.clone()),
    ];
    all.extend(optional.into_iter().filter_map(|(key, value)| Some((key, value.filter(|it| !it.is_empty())?))));
    write_blocks(group, &mut all);
    all
}

fn write_blocks(group: &LbTargetGroup, all: &mut BTreeMap<&'static str, String>) {
    if let Some(it) = group.stickiness.first() {
        all.insert("stickiness.enabled", it.enabled.to_string());
        all.insert("stickiness.type", it.r#type.clone());
        match it.r#type.as_str() {
            "lb_cookie" => {
                all.insert("stickiness.lb_cookie.duration_seconds", it.cookie_duration.to_string());
            }
            "app_cookie" => {
                all.insert("stickiness.app_cookie.duration_seconds", it.cookie_duration.to_string());
                all.insert("stickiness.app_cookie.cookie_name", it.cookie_name.clone().unwrap_or_default());
            }
            _ => {}
        }
    }
    if let Some(it) = group.target_failover.first() {
        all.insert("target_failover.on_deregistration", it.on_deregistration.clone());
        all.insert("target_failover.on_unhealthy", it.on_unhealthy.clone());
    }
    if let Some(it) = group.target_group_health.first().and_then(|it| it.dns_failover.first()) {
        let (count, share) = (&it.minimum_healthy_targets_count, &it.minimum_healthy_targets_percentage);
        all.insert("target_group_health.dns_failover.minimum_healthy_targets.count", count.clone());
        all.insert("target_group_health.dns_failover.minimum_healthy_targets.percentage", share.clone());
    }
    if let Some(it) = group.target_group_health.first().and_then(|it| it.unhealthy_state_routing.first()) {
        let (count, share) = (it.minimum_healthy_targets_count, &it.minimum_healthy_targets_percentage);
        all.insert("target_group_health.unhealthy_state_routing.minimum_healthy_targets.count", count.to_string());
        all.insert("target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage", share.clone());
    }
    if let Some(it) = group.target_health_state.first() {
        let end = it.enable_unhealthy_connection_termination;
        all.insert("target_health_state.unhealthy.connection_termination.enabled", end.to_string());
        let seconds = it.unhealthy_draining_interval.map(|it| it.to_string());
        all.extend(seconds.map(|it| ("target_health_state.unhealthy.draining_interval_seconds", it)));
    }
}

/// `state` with the attributes that the answer has; what it lacks is as it was, or as a new target group has it.
pub fn observe(state: LbTargetGroup, attributes: &Attributes, prior: Option<&LbTargetGroup>) -> LbTargetGroup {
    let new = of_new(&state);
    let base = prior.unwrap_or(&new);
    let get = |key: &str| attributes.get(key).filter(|it| !it.is_empty()).cloned();
    let is = |key: &str, base: bool| get(key).map_or(base, |it| it == "true");
    LbTargetGroup {
        stickiness: read_stickiness(attributes).or_else(|| base.stickiness.first().cloned()).into_iter().collect(),
        target_failover: match (get("target_failover.on_deregistration"), get("target_failover.on_unhealthy")) {
            (Some(on_deregistration), Some(on_unhealthy)) => vec![Failover { on_deregistration, on_unhealthy }],
            _ => base.target_failover.clone(),
        },
        target_group_health: read_health(attributes).map_or(base.target_group_health.clone(), |it| vec![it]),
        target_health_state: match get("target_health_state.unhealthy.connection_termination.enabled") {
            Some(end) => vec![HealthState {
                enable_unhealthy_connection_termination: end == "true",
                unhealthy_draining_interval: get("target_health_state.unhealthy.draining_interval_seconds")
                    .and_then(|it| it.parse().ok()),
            }],
            None => base.target_health_state.clone(),
        },
        connection_termination: get("deregistration_delay.connection_termination.enabled")
            .map(|it| it == "true")
            .or(base.connection_termination),
        deregistration_delay: get("deregistration_delay.timeout_seconds")
            .unwrap_or_else(|| base.deregistration_delay.clone()),
        lambda_multi_value_headers_enabled: is(
            "lambda.multi_value_headers.enabled",
            base.lambda_multi_value_headers_enabled,
        ),
        load_balancing_algorithm_type: get("load_balancing.algorithm.type")
            .or_else(|| base.load_balancing_algorithm_type.clone()),
        load_balancing_anomaly_mitigation: get("load_balancing.algorithm.anomaly_mitigation")
            .or_else(|| base.load_balancing_anomaly_mitigation.clone()),
        load_balancing_cross_zone_enabled: get("load_balancing.cross_zone.enabled")
            .or_else(|| base.load_balancing_cross_zone_enabled.clone()),
        preserve_client_ip: get("preserve_client_ip.enabled").or_else(|| base.preserve_client_ip.clone()),
        proxy_protocol_v2: is("proxy_protocol_v2.enabled", base.proxy_protocol_v2),
        slow_start: get("slow_start.duration_seconds").and_then(|it| it.parse().ok()).unwrap_or(base.slow_start),
        ..state
    }
}

fn read_stickiness(attributes: &Attributes) -> Option<Stickiness> {
    let get = |key: &str| attributes.get(key).filter(|it| !it.is_empty()).cloned();
    let kind = get("stickiness.type")?;
    let seconds = get(&format!("stickiness.{kind}.duration_seconds")).and_then(|it| it.parse().ok());
    Some(Stickiness {
        enabled: get("stickiness.enabled")? == "true",
        cookie_duration: seconds.unwrap_or(86400),
        cookie_name: get("stickiness.app_cookie.cookie_name").filter(|_| kind == "app_cookie"),
        r#type: kind,
    })
}

fn read_health(attributes: &Attributes) -> Option<GroupHealth> {
    let get = |kind: &str, name: &str| {
        attributes.get(&format!("target_group_health.{kind}.minimum_healthy_targets.{name}")).cloned()
    };
    let dns = get("dns_failover", "count").map(|count| DnsFailover {
        minimum_healthy_targets_count: count,
        minimum_healthy_targets_percentage: get("dns_failover", "percentage").unwrap_or_else(|| "off".into()),
    });
    let routing = get("unhealthy_state_routing", "count").map(|count| UnhealthyRouting {
        minimum_healthy_targets_count: count.parse().unwrap_or(1),
        minimum_healthy_targets_percentage: get("unhealthy_state_routing", "percentage")
            .unwrap_or_else(|| "off".into()),
    });
    (dns.is_some() || routing.is_some()).then(|| GroupHealth {
        dns_failover: dns.into_iter().collect(),
        unhealthy_state_routing: routing.into_iter().collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_sent_its_own_attributes_only() {
        let group = |kind: &str, protocol: Option<&str>| LbTargetGroup {
            target_type: kind.into(),
            protocol: protocol.map(Into::into),
            deregistration_delay: "10".into(),
            slow_start: 30,
            lambda_multi_value_headers_enabled: true,
            ..LbTargetGroup::default()
        };
        let keys = |group: LbTargetGroup| {
            changed(write(&group), &write(&of_new(&group))).into_iter().map(|(key, _)| key).collect::<Vec<_>>()
        };
        let http = ["deregistration_delay.timeout_seconds", "slow_start.duration_seconds"];
        assert_eq!(keys(group("ip", Some("HTTP"))), http);
        assert_eq!(keys(group("ip", Some("TCP"))), http[..1]);
        assert_eq!(keys(group("lambda", None)), ["lambda.multi_value_headers.enabled"]);
    }

    #[test]
    fn stickiness_has_the_duration_of_its_kind() {
        let all = [
            ("stickiness.enabled", "true"),
            ("stickiness.type", "app_cookie"),
            ("stickiness.app_cookie.cookie_name", "id"),
            ("stickiness.app_cookie.duration_seconds", "60"),
            ("stickiness.lb_cookie.duration_seconds", "86400"),
        ];
        let seen = read_stickiness(&all.map(|(key, value)| (key.to_owned(), value.to_owned())).into());
        let expected = Stickiness {
            r#type: "app_cookie".into(),
            enabled: true,
            cookie_duration: 60,
            cookie_name: Some("id".into()),
        };
        assert_eq!(seen, Some(expected));
    }
}

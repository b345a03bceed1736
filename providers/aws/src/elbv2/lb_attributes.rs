//! Attributes of a load balancer: switches that AWS keeps as texts by key, and that each kind has others of.

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::types::LoadBalancerAttribute;
use plumb_engine::Schema;
use plumb_engine::provider::typed::Result;
use serde::{Deserialize, Serialize};

use super::lb::Lb;
use super::{Attributes, LB_GONE, changed};
use crate::client::Aws;
use crate::wire::{Absent, Context};

/// A log in S3.
#[derive(Clone, Debug, Default, PartialEq, Eq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Logs {
    /// Name of the bucket.
    pub bucket: String,
    /// Whether the log is written.
    #[attr(default = false)]
    pub enabled: bool,
    /// What the names of the log's objects begin with.
    pub prefix: Option<String>,
}

/// A load balancer with the attributes that AWS makes it with.
pub fn of_new(lb: &Lb) -> Lb {
    Lb {
        load_balancer_type: lb.load_balancer_type.clone(),
        client_keep_alive: 3600,
        desync_mitigation_mode: "defensive".into(),
        dns_record_client_routing_policy: "any_availability_zone".into(),
        enable_http2: true,
        idle_timeout: 60,
        xff_header_processing_mode: "append".into(),
        ..Lb::default()
    }
}

/// Sets the attributes that differ from those of `prior`.
///
/// # Errors
/// The call is refused.
pub async fn set(aws: &Aws, arn: &str, lb: &Lb, prior: &Lb) -> Result<()> {
    let attributes: Vec<_> = changed(write(lb), &write(prior))
        .into_iter()
        .map(|(key, value)| LoadBalancerAttribute::builder().key(key).value(value).build())
        .collect();
    if attributes.is_empty() {
        return Ok(());
    }
    let call = aws.elbv2.modify_load_balancer_attributes().load_balancer_arn(arn).set_attributes(Some(attributes));
    call.send().await.context("changing aws_lb (ModifyLoadBalancerAttributes)").map(drop)
}

/// The attributes of a load balancer.
///
/// # Errors
/// The call is refused.
pub async fn read(aws: &Aws, arn: &str) -> Result<Attributes> {
    let answer = aws.elbv2.describe_load_balancer_attributes().load_balancer_arn(arn).send().await;
    let answer = answer.absent("reading aws_lb (DescribeLoadBalancerAttributes)", LB_GONE)?;
    let attributes = answer.and_then(|it| it.attributes).unwrap_or_default();
    Ok(attributes.into_iter().filter_map(|it| Some((it.key?, it.value.unwrap_or_default()))).collect())
}

/// The attributes that the kind of a load balancer has, by the API's keys.
fn write(lb: &Lb) -> BTreeMap<&'static str, String> {
    let application = lb.load_balancer_type == "application";
    let network = lb.load_balancer_type == "network";
    let mut all = BTreeMap::from([("deletion_protection.enabled", lb.enable_deletion_protection.to_string())]);
    if application || network {
        write_logs(
            &mut all,
            ["access_logs.s3.enabled", "access_logs.s3.bucket", "access_logs.s3.prefix"],
            &lb.access_logs,
        );
        all.insert("zonal_shift.config.enabled", lb.enable_zonal_shift.to_string());
    }
    if application {
        let keys = ["connection_logs.s3.enabled", "connection_logs.s3.bucket", "connection_logs.s3.prefix"];
        write_logs(&mut all, keys, &lb.connection_logs);
        let keys = ["health_check_logs.s3.enabled", "health_check_logs.s3.bucket", "health_check_logs.s3.prefix"];
        write_logs(&mut all, keys, &lb.health_check_logs);
        all.extend([
            ("client_keep_alive.seconds", lb.client_keep_alive.to_string()),
            ("idle_timeout.timeout_seconds", lb.idle_timeout.to_string()),
            ("routing.http.desync_mitigation_mode", lb.desync_mitigation_mode.clone()),
            ("routing.http.drop_invalid_header_fields.enabled", lb.drop_invalid_header_fields.to_string()),
            ("routing.http.preserve_host_header.enabled", lb.preserve_host_header.to_string()),
            (
                "routing.http.x_amzn_tls_version_and_cipher_suite.enabled",
                lb.enable_tls_version_and_cipher_suite_headers.to_string(),
            ),
            ("routing.http.xff_client_port.enabled", lb.enable_xff_client_port.to_string()),
            ("routing.http.xff_header_processing.mode", lb.xff_header_processing_mode.clone()),
            ("routing.http2.enabled", lb.enable_http2.to_string()),
            ("waf.fail_open.enabled", lb.enable_waf_fail_open.to_string()),
        ]);
    } else {
        all.insert("load_balancing.cross_zone.enabled", lb.enable_cross_zone_load_balancing.to_string());
    }
    if network {
        all.insert("dns_record.client_routing_policy", lb.dns_record_client_routing_policy.clone());
        let addresses = lb.secondary_ips_auto_assigned_per_subnet.map(|it| it.to_string());
        all.extend(addresses.map(|it| ("secondary_ips.auto_assigned.per_subnet", it)));
    }
    all
}

fn write_logs(all: &mut BTreeMap<&'static str, String>, keys: [&'static str; 3], logs: &[Logs]) {
    let [enabled, bucket, prefix] = keys;
    let on = logs.first().filter(|it| it.enabled);
    all.insert(enabled, on.is_some().to_string());
    // A bucket is checked when it is set: only that of a log that is written is sent.
    if let Some(logs) = on {
        all.insert(bucket, logs.bucket.clone());
        all.insert(prefix, logs.prefix.clone().unwrap_or_default());
    }
}

/// `state` with the attributes that the answer has; what it lacks is as it was, or as a new load balancer has it.
pub fn observe(state: Lb, attributes: &Attributes, prior: Option<&Lb>) -> Lb {
    let application = state.load_balancer_type == "application";
    let new = of_new(&state);
    let base = prior.unwrap_or(&new);
    let text = |key: &str, base: &String| attributes.get(key).cloned().unwrap_or_else(|| base.clone());
    let is = |key: &str, base: bool| attributes.get(key).map_or(base, |it| it == "true");
    let number = |key: &str, base: i64| attributes.get(key).and_then(|it| it.parse().ok()).unwrap_or(base);
    let logs = |kind: &str, base: &[Logs]| read_logs(kind, attributes, base);
    let addresses = attributes.get("secondary_ips.auto_assigned.per_subnet").and_then(|it| it.parse().ok());
    Lb {
        access_logs: logs("access_logs", &base.access_logs),
        connection_logs: logs("connection_logs", &base.connection_logs),
        health_check_logs: logs("health_check_logs", &base.health_check_logs),
        client_keep_alive: number("client_keep_alive.seconds", base.client_keep_alive),
        desync_mitigation_mode: text("routing.http.desync_mitigation_mode", &base.desync_mitigation_mode),
        dns_record_client_routing_policy: text(
            "dns_record.client_routing_policy",
            &base.dns_record_client_routing_policy,
        ),
        drop_invalid_header_fields: is(
            "routing.http.drop_invalid_header_fields.enabled",
            base.drop_invalid_header_fields,
        ),
        enable_cross_zone_load_balancing: match application {
            // AWS says true and lets nobody change it.
            true => base.enable_cross_zone_load_balancing,
            false => is("load_balancing.cross_zone.enabled", base.enable_cross_zone_load_balancing),
        },
        enable_deletion_protection: is("deletion_protection.enabled", base.enable_deletion_protection),
        enable_http2: is("routing.http2.enabled", base.enable_http2),
        enable_tls_version_and_cipher_suite_headers: is(
            "routing.http.x_amzn_tls_version_and_cipher_suite.enabled",
            base.enable_tls_version_and_cipher_suite_headers,
        ),
        enable_waf_fail_open: is("waf.fail_open.enabled", base.enable_waf_fail_open),
        enable_xff_client_port: is("routing.http.xff_client_port.enabled", base.enable_xff_client_port),
        enable_zonal_shift: is("zonal_shift.config.enabled", base.enable_zonal_shift),
        idle_timeout: number("idle_timeout.timeout_seconds", base.idle_timeout),
        preserve_host_header: is("routing.http.preserve_host_header.enabled", base.preserve_host_header),
        secondary_ips_auto_assigned_per_subnet: addresses.or(base.secondary_ips_auto_assigned_per_subnet),
        xff_header_processing_mode: text("routing.http.xff_header_processing.mode", &base.xff_header_processing_mode),
        ..state
    }
}

fn read_logs(kind: &str, attributes: &Attributes, base: &[Logs]) -> Vec<Logs> {
    let key = |name: &str| attributes.get(&format!("{kind}.s3.{name}")).cloned();
    let Some(enabled) = key("enabled").map(|it| it == "true") else { return base.to_vec() };
    if !enabled {
        // What is not written has no bucket of its own to tell; "off" stays as the configuration writes it.
        return base.first().map(|it| Logs { enabled: false, ..it.clone() }).into_iter().collect();
    }
    let prefix = key("prefix").filter(|it| !it.is_empty());
    vec![Logs { bucket: key("bucket").unwrap_or_default(), enabled, prefix }]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lb(kind: &str) -> Lb {
        of_new(&Lb { load_balancer_type: kind.into(), ..Lb::default() })
    }

    #[test]
    fn a_kind_is_sent_its_own_attributes_only() {
        let wanted = Lb { idle_timeout: 90, enable_cross_zone_load_balancing: true, ..lb("application") };
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(changed(write(&wanted), &write(&lb("application"))), [pair("idle_timeout.timeout_seconds", "90")]);
        let wanted = Lb { load_balancer_type: "network".into(), ..wanted };
        assert_eq!(
            changed(write(&wanted), &write(&lb("network"))),
            [pair("load_balancing.cross_zone.enabled", "true")]
        );
    }

    #[test]
    fn what_an_answer_lacks_is_no_drift() {
        let prior = Lb { idle_timeout: 90, preserve_host_header: true, ..lb("application") };
        let answer = Attributes::from([("idle_timeout.timeout_seconds".into(), "30".into())]);
        let seen = observe(Lb { load_balancer_type: "application".into(), ..Lb::default() }, &answer, Some(&prior));
        assert_eq!((seen.idle_timeout, seen.preserve_host_header), (30, true));
        let imported = observe(Lb { load_balancer_type: "application".into(), ..Lb::default() }, &answer, None);
        assert!(imported.enable_http2 && !imported.preserve_host_header);
    }

    #[test]
    fn logs_that_are_off_stay_as_written() {
        let logs = |enabled| Logs { bucket: "b".into(), enabled, prefix: None };
        let off = Attributes::from([("access_logs.s3.enabled".into(), "false".into())]);
        assert_eq!(read_logs("access_logs", &off, &[logs(true)]), [logs(false)]);
        assert!(read_logs("access_logs", &off, &[]).is_empty());
        let on = [("enabled", "true"), ("bucket", "b"), ("prefix", "")];
        let on = on.map(|(key, value)| (format!("access_logs.s3.{key}"), value.to_owned()));
        assert_eq!(read_logs("access_logs", &Attributes::from(on), &[]), [logs(true)]);
    }
}

//! Attributes of a listener: settings that AWS keeps as texts by key.

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::types::ListenerAttribute;
use plumb_engine::provider::typed::Result;

use super::lb_listener::LbListener;
use super::{Attributes, LISTENER_GONE, changed};
use crate::client::Aws;
use crate::wire::{Absent, Context};

/// Sets the attributes that differ from those of `prior`.
///
/// # Errors
/// The call is refused.
pub async fn set(aws: &Aws, arn: &str, listener: &LbListener, prior: &LbListener) -> Result<()> {
    let attributes: Vec<_> = changed(write(listener), &write(prior))
        .into_iter()
        .map(|(key, value)| ListenerAttribute::builder().key(key).value(value).build())
        .collect();
    if attributes.is_empty() {
        return Ok(());
    }
    let call = aws.elbv2.modify_listener_attributes().listener_arn(arn).set_attributes(Some(attributes)).send();
    call.await.context("changing aws_lb_listener (ModifyListenerAttributes)").map(drop)
}

/// Whether any attribute is set.
pub fn any(listener: &LbListener) -> bool {
    write(listener).values().any(|it| !it.is_empty())
}

/// The attributes of a listener.
///
/// # Errors
/// The call is refused.
pub async fn read(aws: &Aws, arn: String) -> Result<Attributes> {
    let answer = aws.elbv2.describe_listener_attributes().listener_arn(arn).send().await;
    let answer = answer.absent("reading aws_lb_listener (DescribeListenerAttributes)", LISTENER_GONE)?;
    let attributes = answer.and_then(|it| it.attributes).unwrap_or_default();
    Ok(attributes.into_iter().filter_map(|it| Some((it.key?, it.value.unwrap_or_default()))).collect())
}

fn write(listener: &LbListener) -> BTreeMap<&'static str, String> {
    let all = [
        ("tcp.idle_timeout.seconds", listener.tcp_idle_timeout_seconds.map(|it| it.to_string())),
        (
            "routing.http.response.server.enabled",
            listener.routing_http_response_server_enabled.map(|it| it.to_string()),
        ),
        (
            "routing.http.request.x_amzn_mtls_clientcert.header_name",
            listener.routing_http_request_x_amzn_mtls_clientcert_header_name.clone(),
        ),
        (
            "routing.http.request.x_amzn_mtls_clientcert_issuer.header_name",
            listener.routing_http_request_x_amzn_mtls_clientcert_issuer_header_name.clone(),
        ),
        (
            "routing.http.request.x_amzn_mtls_clientcert_leaf.header_name",
            listener.routing_http_request_x_amzn_mtls_clientcert_leaf_header_name.clone(),
        ),
        (
            "routing.http.request.x_amzn_mtls_clientcert_serial_number.header_name",
            listener.routing_http_request_x_amzn_mtls_clientcert_serial_number_header_name.clone(),
        ),
        (
            "routing.http.request.x_amzn_mtls_clientcert_subject.header_name",
            listener.routing_http_request_x_amzn_mtls_clientcert_subject_header_name.clone(),
        ),
        (
            "routing.http.request.x_amzn_mtls_clientcert_validity.header_name",
            listener.routing_http_request_x_amzn_mtls_clientcert_validity_header_name.clone(),
        ),
        (
            "routing.http.request.x_amzn_tls_cipher_suite.header_name",
            listener.routing_http_request_x_amzn_tls_cipher_suite_header_name.clone(),
        ),
        (
            "routing.http.request.x_amzn_tls_version.header_name",
            listener.routing_http_request_x_amzn_tls_version_header_name.clone(),
        ),
        (
            "routing.http.response.access_control_allow_credentials.header_value",
            listener.routing_http_response_access_control_allow_credentials_header_value.clone(),
        ),
        (
            "routing.http.response.access_control_allow_headers.header_value",
            listener.routing_http_response_access_control_allow_headers_header_value.clone(),
        ),
        (
            "routing.http.response.access_control_allow_methods.header_value",
            listener.routing_http_response_access_control_allow_methods_header_value.clone(),
        ),
        (
            "routing.http.response.access_control_allow_origin.header_value",
            listener.routing_http_response_access_control_allow_origin_header_value.clone(),
        ),
        (
            "routing.http.response.access_control_expose_headers.header_value",
            listener.routing_http_response_access_control_expose_headers_header_value.clone(),
        ),
        (
            "routing.http.response.access_control_max_age.header_value",
            listener.routing_http_response_access_control_max_age_header_value.clone(),
        ),
        (
            "routing.http.response.content_security_policy.header_value",
            listener.routing_http_response_content_security_policy_header_value.clone(),
        ),
        (
            "routing.http.response.strict_transport_security.header_value",
            listener.routing_http_response_strict_transport_security_header_value.clone(),
        ),
        (
            "routing.http.response.x_content_type_options.header_value",
            listener.routing_http_response_x_content_type_options_header_value.clone(),
        ),
        (
            "routing.http.response.x_frame_options.header_value",
            listener.routing_http_response_x_frame_options_header_value.clone(),
        ),
    ];
    all.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
}

/// `state` with the attributes that the answer has.
pub fn observe(state: LbListener, attributes: &Attributes) -> LbListener {
    let text = |key: &str| attributes.get(key).cloned();
    LbListener {
        tcp_idle_timeout_seconds: text("tcp.idle_timeout.seconds").and_then(|it| it.parse().ok()),
        routing_http_response_server_enabled: text("routing.http.response.server.enabled").map(|it| it == "true"),
        routing_http_request_x_amzn_mtls_clientcert_header_name: text(
            "routing.http.request.x_amzn_mtls_clientcert.header_name",
        ),
        routing_http_request_x_amzn_mtls_clientcert_issuer_header_name: text(
            "routing.http.request.x_amzn_mtls_clientcert_issuer.header_name",
        ),
        routing_http_request_x_amzn_mtls_clientcert_leaf_header_name: text(
            "routing.http.request.x_amzn_mtls_clientcert_leaf.header_name",
        ),
        routing_http_request_x_amzn_mtls_clientcert_serial_number_header_name: text(
            "routing.http.request.x_amzn_mtls_clientcert_serial_number.header_name",
        ),
        routing_http_request_x_amzn_mtls_clientcert_subject_header_name: text(
            "routing.http.request.x_amzn_mtls_clientcert_subject.header_name",
        ),
        routing_http_request_x_amzn_mtls_clientcert_validity_header_name: text(
            "routing.http.request.x_amzn_mtls_clientcert_validity.header_name",
        ),
        routing_http_request_x_amzn_tls_cipher_suite_header_name: text(
            "routing.http.request.x_amzn_tls_cipher_suite.header_name",
        ),
        routing_http_request_x_amzn_tls_version_header_name: text(
            "routing.http.request.x_amzn_tls_version.header_name",
        ),
        routing_http_response_access_control_allow_credentials_header_value: text(
            "routing.http.response.access_control_allow_credentials.header_value",
        ),
        routing_http_response_access_control_allow_headers_header_value: text(
            "routing.http.response.access_control_allow_headers.header_value",
        ),
        routing_http_response_access_control_allow_methods_header_value: text(
            "routing.http.response.access_control_allow_methods.header_value",
        ),
        routing_http_response_access_control_allow_origin_header_value: text(
            "routing.http.response.access_control_allow_origin.header_value",
        ),
        routing_http_response_access_control_expose_headers_header_value: text(
            "routing.http.response.access_control_expose_headers.header_value",
        ),
        routing_http_response_access_control_max_age_header_value: text(
            "routing.http.response.access_control_max_age.header_value",
        ),
        routing_http_response_content_security_policy_header_value: text(
            "routing.http.response.content_security_policy.header_value",
        ),
        routing_http_response_strict_transport_security_header_value: text(
            "routing.http.response.strict_transport_security.header_value",
        ),
        routing_http_response_x_content_type_options_header_value: text(
            "routing.http.response.x_content_type_options.header_value",
        ),
        routing_http_response_x_frame_options_header_value: text("routing.http.response.x_frame_options.header_value"),
        ..state
    }
}

//! `aws_lb_listener`: a port of a load balancer, and what is done with what comes in there.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_elasticloadbalancingv2::types::{
    AdvertiseTrustStoreCaNamesEnum, Certificate, Listener, MutualAuthenticationAttributes, ProtocolEnum,
};
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::action::{self, Action};
use super::{Attributes, LISTENER_GONE, listener_attributes, parent, retag, tags_of, tags_on_create};
use crate::client::Aws;
use crate::wire::{Absent, Check, Context, Tags, check, each, pages, patiently, told};

/// A certificate that was just made is not known to load balancers at once.
const NEW_CERTIFICATE: &[&str] = &["CertificateNotFound", "UnsupportedCertificate"];
const PROTOCOLS: &[&str] = &["HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP", "GENEVE", "QUIC", "TCP_QUIC"];

/// A listener of a load balancer. Names and values of headers, and the idle timeout, are read only while one is set,
/// because it costs one call per listener.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct LbListener {
    /// ARN of the load balancer.
    #[attr(force_new)]
    pub load_balancer_arn: String,
    /// Port; not for a gateway load balancer.
    pub port: Option<i64>,
    /// `HTTP` or `HTTPS`, or `TCP`, `TLS`, `UDP`, `TCP_UDP`, `QUIC` or `TCP_QUIC` for a network load balancer; `HTTP`
    /// or that of the gateway when left out.
    #[attr(optional, computed)]
    pub protocol: Option<String>,
    /// Name of the policy for TLS; AWS picks one when left out.
    #[attr(optional, computed)]
    pub ssl_policy: Option<String>,
    /// ARN of the default certificate; HTTPS and TLS.
    pub certificate_arn: Option<String>,
    /// `HTTP1Only`, `HTTP2Only`, `HTTP2Optional`, `HTTP2Preferred` or `None`; TLS.
    pub alpn_policy: Option<String>,
    /// What is done with requests that no rule is about.
    #[block(list, min = 1)]
    pub default_action: Vec<Action>,
    /// Whether clients need certificates.
    #[block(list, max = 1, computed)]
    pub mutual_authentication: Vec<MutualAuthentication>,
    /// Seconds after which an idle TCP connection ends: 60 to 6000.
    #[attr(optional, computed)]
    pub tcp_idle_timeout_seconds: Option<i64>,
    /// Whether responses have the header Server.
    #[attr(optional, computed)]
    pub routing_http_response_server_enabled: Option<bool>,
    /// Name that targets see instead of X-Amzn-Mtls-Clientcert.
    #[attr(optional, computed)]
    pub routing_http_request_x_amzn_mtls_clientcert_header_name: Option<String>,
    /// Name that targets see instead of X-Amzn-Mtls-Clientcert-Issuer.
    #[attr(optional, computed)]
    pub routing_http_request_x_amzn_mtls_clientcert_issuer_header_name: Option<String>,
    /// Name that targets see instead of X-Amzn-Mtls-Clientcert-Leaf.
    #[attr(optional, computed)]
    pub routing_http_request_x_amzn_mtls_clientcert_leaf_header_name: Option<String>,
    /// Name that targets see instead of X-Amzn-Mtls-Clientcert-Serial-Number.
    #[attr(optional, computed)]
    pub routing_http_request_x_amzn_mtls_clientcert_serial_number_header_name: Option<String>,
    /// Name that targets see instead of X-Amzn-Mtls-Clientcert-Subject.
    #[attr(optional, computed)]
    pub routing_http_request_x_amzn_mtls_clientcert_subject_header_name: Option<String>,
    /// Name that targets see instead of X-Amzn-Mtls-Clientcert-Validity.
    #[attr(optional, computed)]
    pub routing_http_request_x_amzn_mtls_clientcert_validity_header_name: Option<String>,
    /// Name that targets see instead of X-Amzn-Tls-Cipher-Suite.
    #[attr(optional, computed)]
    pub routing_http_request_x_amzn_tls_cipher_suite_header_name: Option<String>,
    /// Name that targets see instead of X-Amzn-Tls-Version.
    #[attr(optional, computed)]
    pub routing_http_request_x_amzn_tls_version_header_name: Option<String>,
    /// Value of the header Access-Control-Allow-Credentials of responses.
    #[attr(optional, computed)]
    pub routing_http_response_access_control_allow_credentials_header_value: Option<String>,
    /// Value of the header Access-Control-Allow-Headers of responses.
    #[attr(optional, computed)]
    pub routing_http_response_access_control_allow_headers_header_value: Option<String>,
    /// Value of the header Access-Control-Allow-Methods of responses.
    #[attr(optional, computed)]
    pub routing_http_response_access_control_allow_methods_header_value: Option<String>,
    /// Value of the header Access-Control-Allow-Origin of responses.
    #[attr(optional, computed)]
    pub routing_http_response_access_control_allow_origin_header_value: Option<String>,
    /// Value of the header Access-Control-Expose-Headers of responses.
    #[attr(optional, computed)]
    pub routing_http_response_access_control_expose_headers_header_value: Option<String>,
    /// Value of the header Access-Control-Max-Age of responses.
    #[attr(optional, computed)]
    pub routing_http_response_access_control_max_age_header_value: Option<String>,
    /// Value of the header Content-Security-Policy of responses.
    #[attr(optional, computed)]
    pub routing_http_response_content_security_policy_header_value: Option<String>,
    /// Value of the header Strict-Transport-Security of responses.
    #[attr(optional, computed)]
    pub routing_http_response_strict_transport_security_header_value: Option<String>,
    /// Value of the header X-Content-Type-Options of responses.
    #[attr(optional, computed)]
    pub routing_http_response_x_content_type_options_header_value: Option<String>,
    /// Value of the header X-Frame-Options of responses.
    #[attr(optional, computed)]
    pub routing_http_response_x_frame_options_header_value: Option<String>,
    /// ARN of the listener.
    #[attr(computed)]
    pub arn: Option<String>,
    /// Tags of the listener.
    pub tags: Tags,
    /// Tags of the listener, with the provider's default tags.
    #[attr(computed)]
    pub tags_all: Tags,
}

/// Whether clients need certificates.
#[derive(Clone, Debug, Default, PartialEq, Eq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct MutualAuthentication {
    /// `off`, `verify` or `passthrough`.
    pub mode: String,
    /// ARN of the trust store; with `verify`.
    pub trust_store_arn: Option<String>,
    /// `on` or `off`: whether clients are told which certificates are trusted.
    #[attr(optional, computed)]
    pub advertise_trust_store_ca_names: Option<String>,
    /// Whether certificates count that have expired.
    #[attr(default = false)]
    pub ignore_client_certificate_expiry: bool,
}

impl Resource for LbListener {
    type Client = Aws;
    const TYPE: &'static str = "aws_lb_listener";
    const RECOGNITION: Recognition = Recognition::Arguments;
    const TIMEOUTS: Timeouts = Timeouts::minutes(5);

    fn validate(config: &Value) -> Diagnostics {
        let mut check = Check::of(config);
        check.range("port", 1, 65535).one_of("protocol", PROTOCOLS).range("tcp_idle_timeout_seconds", 60, 6000);
        check.one_of("alpn_policy", &["HTTP1Only", "HTTP2Only", "HTTP2Optional", "HTTP2Preferred", "None"]);
        let secure = check.text("protocol").map(|it| matches!(it, "HTTPS" | "TLS"));
        if secure == Some(true) && check.is_set("certificate_arn") == Some(false) {
            check.error("certificate_arn", "is missing; the protocols \"HTTPS\" and \"TLS\" need it.");
        }
        if secure == Some(false) {
            for useless in ["certificate_arn", "ssl_policy", "alpn_policy"] {
                if check.is_set(useless) == Some(true) {
                    check.error(useless, "is for the protocols \"HTTPS\" and \"TLS\" only. Remove it.");
                }
            }
        }
        let mut found = check.found();
        found.extend(action::validate(config, "default_action"));
        for block in check::blocks(config, "mutual_authentication") {
            let mut check = Check::of(block);
            check.one_of("mode", &["off", "verify", "passthrough"]);
            check.one_of("advertise_trust_store_ca_names", &["on", "off"]);
            if check.text("mode") == Some("verify") && check.is_set("trust_store_arn") == Some(false) {
                check.error("trust_store_arn", "is missing; the mode \"verify\" needs it.");
            }
            found.extend(check.found());
        }
        found
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let action = "creating aws_lb_listener (CreateListener)";
        let call = aws
            .elbv2
            .create_listener()
            .load_balancer_arn(&self.load_balancer_arn)
            .set_port(self.port.map(|it| it as i32))
            .set_protocol(self.wanted_protocol())
            .set_ssl_policy(self.ssl_policy.clone())
            .set_certificates(self.certificates())
            .set_alpn_policy(self.alpn_policy.clone().map(|it| vec![it]))
            .set_default_actions(Some(action::sdk(&self.default_action)))
            .set_mutual_authentication(self.mutual_authentication.first().map(MutualAuthentication::sdk))
            .set_tags(tags_on_create(&self.tags_all));
        let made = patiently(creation.timeout, NEW_CERTIFICATE, || call.clone().send()).await.context(action)?;
        let made = made.listeners.and_then(|it| it.into_iter().next()).and_then(|it| it.listener_arn);
        let id = told(made, action)?;
        creation.made(&id);
        self.complete(aws, &id).await?;
        Ok(Made::id(id))
    }

    /// Attributes are set by calls of their own, and an answer that leaves one out tells nothing of it.
    async fn complete(&self, aws: &Aws, id: &str) -> Result<bool> {
        listener_attributes::set(aws, id, self, &Self::default()).await.map(|()| true)
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        // One call per load balancer: a call for listeners by their ARNs fails when one is gone.
        let balancers: BTreeSet<String> = objects.iter().filter_map(|it| parent(&it.id)).collect();
        let found = each(balancers, |arn| of_load_balancer(aws, arn)).await?;
        let found: BTreeMap<String, Listener> =
            found.into_iter().flatten().filter_map(|it| Some((it.listener_arn.clone()?, it))).collect();
        let wanted: Vec<_> = objects.iter().filter_map(|it| Some((it, found.get(&it.id)?.clone()))).collect();
        let arns: Vec<String> = wanted.iter().map(|(it, _)| it.id.clone()).collect();
        let asked =
            wanted.iter().map(|(it, _)| (it.id.clone(), it.state.as_ref().is_none_or(listener_attributes::any)));
        let attributes = each(asked.collect::<Vec<_>>(), |(arn, wanted)| async move {
            if wanted { listener_attributes::read(aws, arn).await } else { Ok(Attributes::new()) }
        });
        let (attributes, mut tags) = futures::try_join!(attributes, tags_of(aws, &arns))?;
        let seen = wanted.into_iter().zip(attributes).map(|((object, it), attributes)| {
            let state = Self::observe(&object.id, it, object.state.as_ref());
            let tags_all = tags.remove(&object.id).unwrap_or_default();
            Observed::ready(&object.id, Self { tags_all, ..listener_attributes::observe(state, &attributes) })
        });
        Ok(seen.collect())
    }

    async fn update(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        let call = aws
            .elbv2
            .modify_listener()
            .listener_arn(id)
            .set_port(self.port.map(|it| it as i32))
            .set_protocol(self.protocol.as_deref().map(ProtocolEnum::from).filter(|_| self.port.is_some()))
            .set_ssl_policy(self.ssl_policy.clone().filter(|it| !it.is_empty() && self.is_secure()))
            .set_certificates(self.certificates())
            .set_alpn_policy(match (&self.alpn_policy, &prior.alpn_policy) {
                (None, Some(_)) => Some(Vec::new()),
                (now, _) => now.clone().map(|it| vec![it]),
            })
            .set_default_actions(Some(action::sdk(&self.default_action)))
            .set_mutual_authentication(self.mutual_authentication.first().map(MutualAuthentication::sdk));
        if self.differs(prior) {
            let done = patiently(Self::TIMEOUTS.update, NEW_CERTIFICATE, || call.clone().send()).await;
            done.context("changing aws_lb_listener (ModifyListener)")?;
        }
        listener_attributes::set(aws, id, self, prior).await?;
        retag(aws, id, &prior.tags_all, &self.tags_all).await
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        let done = aws.elbv2.delete_listener().listener_arn(id).send().await;
        done.absent("deleting aws_lb_listener (DeleteListener)", LISTENER_GONE).map(drop)
    }

    async fn find(&self, aws: &Aws, _key: &IntentKey) -> Result<Option<Id>> {
        let found = of_load_balancer(aws, self.load_balancer_arn.clone()).await?;
        let protocol = self.wanted_protocol();
        // A port of a load balancer has one listener; of a gateway there is one at all.
        let ours = found.into_iter().find(|it| {
            it.port.map(i64::from).filter(|it| *it > 0) == self.port && (protocol.is_none() || it.protocol == protocol)
        });
        Ok(ours.and_then(|it| it.listener_arn))
    }
}

impl LbListener {
    /// The protocol, which has a default for all but gateway load balancers.
    fn wanted_protocol(&self) -> Option<ProtocolEnum> {
        let default = || self.load_balancer_arn.contains("/app/").then_some(ProtocolEnum::Http);
        self.protocol.as_deref().filter(|it| !it.is_empty()).map(ProtocolEnum::from).or_else(default)
    }

    fn is_secure(&self) -> bool {
        matches!(self.protocol.as_deref(), Some("HTTPS" | "TLS"))
    }

    fn certificates(&self) -> Option<Vec<Certificate>> {
        let arn = self.certificate_arn.as_ref().filter(|it| !it.is_empty())?;
        Some(vec![Certificate::builder().certificate_arn(arn).build()])
    }

    /// Whether there is anything for ModifyListener to change.
    fn differs(&self, prior: &Self) -> bool {
        self.port != prior.port
            || self.protocol != prior.protocol
            || self.ssl_policy != prior.ssl_policy
            || self.certificate_arn != prior.certificate_arn
            || self.alpn_policy != prior.alpn_policy
            || self.default_action != prior.default_action
            || self.mutual_authentication != prior.mutual_authentication
    }

    fn observe(arn: &str, it: Listener, prior: Option<&Self>) -> Self {
        let text = |it: Option<String>| it.filter(|it| !it.is_empty());
        let mutual = it.mutual_authentication.filter(|it| it.mode.is_some());
        Self {
            load_balancer_arn: it.load_balancer_arn.unwrap_or_default(),
            port: it.port.filter(|it| *it > 0).map(i64::from),
            protocol: Some(it.protocol.map(|it| it.as_str().to_owned()).unwrap_or_default()),
            ssl_policy: Some(it.ssl_policy.unwrap_or_default()),
            certificate_arn: it.certificates.into_iter().flatten().find_map(|it| text(it.certificate_arn)),
            alpn_policy: it.alpn_policy.into_iter().flatten().next(),
            default_action: action::observe(it.default_actions, prior.map(|it| it.default_action.as_slice())),
            mutual_authentication: mutual.map(MutualAuthentication::observe).into_iter().collect(),
            arn: Some(arn.to_owned()),
            ..Self::default()
        }
    }
}

impl MutualAuthentication {
    fn sdk(&self) -> MutualAuthenticationAttributes {
        let verify = self.mode == "verify";
        let names = self.advertise_trust_store_ca_names.as_deref().filter(|it| verify && !it.is_empty());
        MutualAuthenticationAttributes::builder()
            .mode(&self.mode)
            .set_trust_store_arn(self.trust_store_arn.clone().filter(|_| verify))
            .set_ignore_client_certificate_expiry(verify.then_some(self.ignore_client_certificate_expiry))
            .set_advertise_trust_store_ca_names(names.map(AdvertiseTrustStoreCaNamesEnum::from))
            .build()
    }

    fn observe(it: MutualAuthenticationAttributes) -> Self {
        Self {
            mode: it.mode.unwrap_or_default(),
            trust_store_arn: it.trust_store_arn,
            advertise_trust_store_ca_names: it.advertise_trust_store_ca_names.map(|it| it.as_str().to_owned()),
            ignore_client_certificate_expiry: it.ignore_client_certificate_expiry.unwrap_or_default(),
        }
    }
}

/// All listeners of a load balancer; none where it is gone.
async fn of_load_balancer(aws: &Aws, arn: String) -> Result<Vec<Listener>> {
    let call = aws.elbv2.describe_listeners().load_balancer_arn(arn);
    let found = pages!(call, absent "reading aws_lb_listener (DescribeListeners)", LISTENER_GONE)?;
    Ok(found.unwrap_or_default())
}

//! Where and as whom AWS is called: what a provider block can say about it.

use std::collections::BTreeMap;
use std::time::Duration;

use plumb_engine::diagnostic::{Diagnostic, Diagnostics};
use plumb_engine::value::{Value, from_value};
use serde::Deserialize;

/// Name of the block of endpoints: one object in a list, where other arguments are plain.
const ENDPOINTS: &str = "endpoints";

/// Where and as whom AWS is called. Fields are named as the arguments of `provider "aws"`. What is left out comes from
/// the AWS SDK's own chain: environment variables (`AWS_PROFILE`, `AWS_REGION`, `AWS_ENDPOINT_URL`), profiles, SSO, web
/// identity, the role of the instance or task.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Config {
    /// Region: `eu-central-1`.
    pub region: Option<String>,
    /// Profile of the shared configuration files.
    pub profile: Option<String>,
    /// Access key id; goes together with `secret_key`.
    pub access_key: Option<String>,
    /// Secret access key; goes together with `access_key`.
    pub secret_key: Option<String>,
    /// Session token of temporary credentials.
    pub token: Option<String>,
    /// Paths of configuration files; `~/.aws/config` when empty.
    pub shared_config_files: Vec<String>,
    /// Paths of credentials files; `~/.aws/credentials` when empty.
    pub shared_credentials_files: Vec<String>,
    /// How often a throttled or failed call is sent; 25 times when left out.
    pub max_retries: Option<i64>,
    /// `standard`, or `adaptive` to slow down all calls once AWS throttles one.
    pub retry_mode: Option<String>,
    /// Region of the STS endpoint for assumed roles; `region` when left out.
    pub sts_region: Option<String>,
    /// Whether credentials are not looked for before the first call needs them.
    pub skip_credentials_validation: Option<bool>,
    /// `true` to take no credentials and no region from the instance metadata service.
    pub skip_metadata_api_check: Option<String>,
    /// Whether a region of an unusual form is accepted.
    pub skip_region_validation: Option<bool>,
    /// Whether endpoints with cryptography validated to FIPS 140 are used.
    pub use_fips_endpoint: Option<bool>,
    /// Whether endpoints that answer over IPv6 as well are used.
    pub use_dualstack_endpoint: Option<bool>,
    /// File of certificate authorities in PEM form to trust besides the system's; else that of `AWS_CA_BUNDLE`.
    pub custom_ca_bundle: Option<String>,
    /// Proxy for `http` addresses; those of `HTTP_PROXY` when left out.
    pub http_proxy: Option<String>,
    /// Proxy for `https` addresses; those of `HTTPS_PROXY` when left out.
    pub https_proxy: Option<String>,
    /// Hosts that are reached without a proxy, separated by commas.
    pub no_proxy: Option<String>,
    /// Roles to assume one after the other, the first with the credentials that the other fields find.
    pub assume_role: Vec<AssumeRole>,
    /// Role to assume with the token of an OpenID Connect provider; the first counts.
    pub assume_role_with_web_identity: Vec<AssumeRoleWithWebIdentity>,
    /// Address of the endpoint by service, as `endpoints` blocks name services: `ec2`.
    #[serde(skip)]
    pub endpoints: BTreeMap<String, String>,
    /// Longest time for one attempt of a call, from sending to the last byte of the answer; a minute when left out.
    #[serde(skip)]
    pub answer_limit: Option<Duration>,
}

/// A role to assume.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct AssumeRole {
    /// ARN of the role.
    pub role_arn: Option<String>,
    /// Name of the session, as it appears in logs.
    pub session_name: Option<String>,
    /// Id that the role's owner asks for.
    pub external_id: Option<String>,
    /// Length of a session: `1h`, `15m`.
    pub duration: Option<String>,
    /// IAM policy in JSON that narrows the session.
    pub policy: Option<String>,
    /// ARNs of managed policies that narrow the session.
    pub policy_arns: Vec<String>,
    /// Tags of the session.
    pub tags: BTreeMap<String, String>,
}

/// A role to assume with a token.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct AssumeRoleWithWebIdentity {
    /// ARN of the role.
    pub role_arn: Option<String>,
    /// Name of the session, as it appears in logs.
    pub session_name: Option<String>,
    /// IAM policy in JSON that narrows the session.
    pub policy: Option<String>,
    /// ARNs of managed policies that narrow the session.
    pub policy_arns: Vec<String>,
    /// File of the token.
    pub web_identity_token_file: Option<String>,
}

impl Config {
    /// What a provider block says; arguments about other things are passed over.
    ///
    /// # Errors
    /// An argument has a value of another kind.
    pub fn of(block: &Value) -> Result<Self, Diagnostics> {
        let config: Self = from_value(block).map_err(|error| {
            Diagnostic::error("Invalid provider configuration", format!("The provider block cannot be used: {error}."))
        })?;
        Ok(Self { endpoints: endpoints(block), ..config })
    }
}

fn endpoints(block: &Value) -> BTreeMap<String, String> {
    let blocks = block.get(ENDPOINTS).and_then(Value::as_slice).unwrap_or_default();
    let entries = blocks.iter().filter_map(Value::as_map).flatten();
    entries
        .filter_map(|(service, url)| Some((service.to_string(), url.as_str()?.to_owned())))
        .filter(|(_, url)| !url.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use plumb_engine::value::Type;

    use super::*;

    fn object(items: Vec<(&str, Value)>) -> Value {
        Value::object(items)
    }

    #[test]
    fn of_a_block_with_more_than_it_needs() {
        let role = object(vec![("role_arn", "arn:aws:iam::1:role/a".into()), ("source_identity", "me".into())]);
        let endpoints = object(vec![("ec2", "http://127.0.0.1:1".into()), ("rds", Value::null(Type::String))]);
        let config = Config::of(&object(vec![
            ("region", "eu-central-1".into()),
            ("profile", Value::null(Type::String)),
            ("cluster", "of the provider itself".into()),
            ("assume_role", Value::tuple(vec![role])),
            ("endpoints", Value::tuple(vec![endpoints])),
        ]))
        .unwrap();
        assert_eq!((config.region.as_deref(), config.profile), (Some("eu-central-1"), None));
        assert_eq!(config.assume_role[0].role_arn.as_deref(), Some("arn:aws:iam::1:role/a"));
        assert_eq!(config.endpoints, BTreeMap::from([("ec2".to_owned(), "http://127.0.0.1:1".to_owned())]));
    }
}

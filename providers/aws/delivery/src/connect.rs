//! From a configuration to a connection: region, credentials, HTTP, retries.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use plumb_engine::diagnostic::{Diagnostic, Diagnostics};

use crate::config::Config;
use crate::connection::Connection;
use crate::credentials::{credentials, local_region, profile_files, renewing, resolve_credentials, without_metadata};
use crate::error::chain;
use crate::http::http_client;
use crate::region::is_region;
use crate::way::{Delivery, through};

/// How often a call is sent when `max_retries` does not say: throttled accounts need many.
const ATTEMPTS: u32 = 25;
const FIRST_BACKOFF: Duration = Duration::from_millis(500);
const LONGEST_BACKOFF: Duration = Duration::from_secs(20);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Some calls take AWS half a minute; none takes longer than this.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// Makes the connection that a configuration asks for.
///
/// # Errors
/// No region, no credentials, settings that contradict each other.
pub async fn connect(config: &Config) -> Result<Connection, Diagnostics> {
    let delivery = Delivery::default();
    let http = through(&delivery, http_client(config)?, config.answer_limit.unwrap_or(ANSWER_TIMEOUT));
    let sdk = loader(config, http.clone()).load().await;
    let region = region(config, &sdk)?;
    let sdk = renewing(config, sdk, (&http, &region), &delivery).await?;
    let sdk = match config.skip_credentials_validation {
        Some(true) => sdk,
        _ => resolve_credentials(sdk).await?,
    };
    Ok(Connection::new(sdk, region, config.endpoints.clone(), delivery))
}

/// Credentials as they are found without a provider block, those of `profile` where one is named; `None` where there are
/// none anywhere. For what is asked of AWS outside of the provider's own work, such as modules in buckets.
///
/// # Errors
/// There should be some and they cannot be had, as a clause.
pub async fn default_credentials(profile: Option<&str>) -> Result<Option<Credentials>, String> {
    let config = Config { profile: profile.map(str::to_owned), ..Config::default() };
    let http =
        http_client(&config).map_err(|found| found.iter().map(|it| it.detail.clone()).collect::<Vec<_>>().join(" "))?;
    let sdk = loader(&config, http).load().await;
    let Some(source) = sdk.credentials_provider() else { return Ok(None) };
    match source.provide_credentials().await {
        Ok(found) => Ok(Some(found)),
        Err(CredentialsError::CredentialsNotLoaded(_)) => Ok(None),
        Err(error) => Err(chain(&error)),
    }
}

/// What loads the SDK's configuration.
pub(crate) fn loader(config: &Config, http: SharedHttpClient) -> ConfigLoader {
    let limit = config.answer_limit.unwrap_or(ANSWER_TIMEOUT);
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http.clone())
        .app_name(AppName::new("plumb").expect("the name has only letters"))
        .timeout_config(TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).read_timeout(limit).build())
        .retry_config(retries(config));
    if let Some(files) = profile_files(config) {
        loader = loader.profile_files(files);
    }
    if let Some(profile) = &config.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(region) = &config.region {
        loader = loader.region(Region::new(region.clone()));
    } else if without_metadata(config) {
        loader = loader.region(local_region(config, &http));
    }
    if let Some(fips) = config.use_fips_endpoint {
        loader = loader.use_fips(fips);
    }
    if let Some(dual) = config.use_dualstack_endpoint {
        loader = loader.use_dual_stack(dual);
    }
    match credentials(config, &http) {
        Some(provider) => loader.credentials_provider(provider),
        None => loader,
    }
}

fn retries(config: &Config) -> RetryConfig {
    let from_env = std::env::var("AWS_MAX_ATTEMPTS").ok().and_then(|it| it.parse().ok());
    let asked = config.max_retries.and_then(|it| u32::try_from(it).ok()).or(from_env);
    let mode = config.retry_mode.clone().or_else(|| std::env::var("AWS_RETRY_MODE").ok());
    let base = if mode.as_deref() == Some("adaptive") { RetryConfig::adaptive() } else { RetryConfig::standard() };
    base.with_max_attempts(asked.unwrap_or(ATTEMPTS).max(1))
        .with_initial_backoff(FIRST_BACKOFF)
        .with_max_backoff(LONGEST_BACKOFF)
}

fn region(config: &Config, sdk: &SdkConfig) -> Result<String, Diagnostics> {
    let Some(region) = sdk.region().map(ToString::to_string) else {
        return Err(Diagnostic::error(
            "Missing AWS region",
            "No region is set for AWS. Set `region` in the provider block, or AWS_REGION, or `region` in the profile \
             of ~/.aws/config.",
        )
        .into());
    };
    if config.skip_region_validation != Some(true) && !is_region(&region) {
        return Err(Diagnostic::error(
            "Invalid AWS region",
            format!(
                "\"{region}\" does not have the form of a region such as eu-central-1. Correct it, or set \
                 `skip_region_validation = true` if your endpoint uses names of its own."
            ),
        )
        .into());
    }
    Ok(region)
}

/// An error of the configuration.
pub(crate) fn invalid(detail: impl Into<String>) -> Diagnostics {
    Diagnostic::error("Invalid provider configuration", detail).into()
}

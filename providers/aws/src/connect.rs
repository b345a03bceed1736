//! From the provider block to a client: region, credentials, HTTP, retries.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::{EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider};
use aws_config::identity::IdentityCache;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::meta::region::{ProvideRegion, RegionProviderChain};
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::web_identity_token::{StaticConfiguration, WebIdentityTokenCredentialsProvider};
use aws_config::{AppName, BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{self, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use plumb_engine::diagnostic::{Diagnostic, Diagnostics};

use crate::client::{Aws, Options};
use crate::delivery::{Delivery, Renewing, through};
use crate::settings::{AssumeRole, AssumeRoleWithWebIdentity, Settings};
use crate::wire::error::{CREDENTIALS_HELP, chain};
use crate::wire::region::is_region;

/// How often a call is sent when `max_retries` does not say: throttled accounts need many.
const ATTEMPTS: u32 = 25;
const FIRST_BACKOFF: Duration = Duration::from_millis(500);
const LONGEST_BACKOFF: Duration = Duration::from_secs(20);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Some calls take AWS half a minute; none takes longer than this.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
const SESSION_NAME: &str = "plumb";

/// Makes the client that the provider block asks for.
///
/// # Errors
/// No region, no credentials, an account that is not allowed, settings that contradict each other.
pub async fn connect(settings: &Settings, options: Options) -> Result<Arc<Aws>, Diagnostics> {
    let delivery = Delivery::default();
    let http = through(&delivery, http_client(settings)?, ANSWER_TIMEOUT);
    let sdk = loader(settings, http.clone()).load().await;
    let region = region(settings, &sdk)?;
    let sdk = renewing(settings, sdk, (&http, &region), &delivery).await?;
    let sdk = match settings.skip_credentials_validation {
        Some(true) => sdk,
        _ => resolve_credentials(sdk).await?,
    };
    let aws = Aws::new(sdk, &region, options, delivery);
    check_account(settings, &aws).await?;
    Ok(aws)
}

/// Credentials as they are found without a provider block, those of `profile` where one is named; `None` where there are
/// none anywhere. For what is asked of AWS outside of the provider's own work, such as modules in buckets.
///
/// # Errors
/// There should be some and they cannot be had, as a clause.
pub async fn default_credentials(profile: Option<&str>) -> Result<Option<Credentials>, String> {
    let settings = Settings { profile: profile.map(str::to_owned), ..Settings::default() };
    let http = http_client(&settings)
        .map_err(|found| found.iter().map(|it| it.detail.clone()).collect::<Vec<_>>().join(" "))?;
    let sdk = loader(&settings, http).load().await;
    let Some(source) = sdk.credentials_provider() else { return Ok(None) };
    match source.provide_credentials().await {
        Ok(found) => Ok(Some(found)),
        Err(CredentialsError::CredentialsNotLoaded(_)) => Ok(None),
        Err(error) => Err(chain(&error)),
    }
}

fn loader(settings: &Settings, http: SharedHttpClient) -> ConfigLoader {
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http.clone())
        .app_name(AppName::new("plumb").expect("the name has only letters"))
        .timeout_config(TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).read_timeout(ANSWER_TIMEOUT).build())
        .retry_config(retries(settings));
    if let Some(files) = profile_files(settings) {
        loader = loader.profile_files(files);
    }
    if let Some(profile) = &settings.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(region) = &settings.region {
        loader = loader.region(Region::new(region.clone()));
    } else if without_metadata(settings) {
        loader = loader.region(local_region(settings, &http));
    }
    if let Some(fips) = settings.use_fips_endpoint {
        loader = loader.use_fips(fips);
    }
    if let Some(dual) = settings.use_dualstack_endpoint {
        loader = loader.use_dual_stack(dual);
    }
    match credentials(settings, &http) {
        Some(provider) => loader.credentials_provider(provider),
        None => loader,
    }
}

fn retries(settings: &Settings) -> RetryConfig {
    let from_env = std::env::var("AWS_MAX_ATTEMPTS").ok().and_then(|it| it.parse().ok());
    let asked = settings.max_retries.and_then(|it| u32::try_from(it).ok()).or(from_env);
    let mode = settings.retry_mode.clone().or_else(|| std::env::var("AWS_RETRY_MODE").ok());
    let base = if mode.as_deref() == Some("adaptive") { RetryConfig::adaptive() } else { RetryConfig::standard() };
    base.with_max_attempts(asked.unwrap_or(ATTEMPTS).max(1))
        .with_initial_backoff(FIRST_BACKOFF)
        .with_max_backoff(LONGEST_BACKOFF)
}

/// An HTTP client on rustls with ring, its trust and proxies from the settings and the environment.
fn http_client(settings: &Settings) -> Result<SharedHttpClient, Diagnostics> {
    let tls = trust(settings)?;
    let proxy = proxy(settings)?;
    Ok(aws_smithy_http_client::Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = Connector::builder().proxy_config(proxy.clone());
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        connector.tls_provider(tls::Provider::Rustls(CryptoMode::Ring)).tls_context(tls.clone()).build()
    }))
}

fn trust(settings: &Settings) -> Result<TlsContext, Diagnostics> {
    let mut store = TrustStore::default();
    if let Some(path) = settings.custom_ca_bundle.clone().or_else(|| std::env::var("AWS_CA_BUNDLE").ok()) {
        let pem = std::fs::read(&path)
            .map_err(|error| invalid(format!("The file {path} of certificate authorities cannot be read: {error}.")))?;
        store.add_pem_certificate(pem);
    }
    let context = TlsContext::builder().with_trust_store(store).build();
    context.map_err(|error| invalid(format!("The certificate authorities cannot be used: {}.", chain(&error))))
}

fn proxy(settings: &Settings) -> Result<ProxyConfig, Diagnostics> {
    let made = match (&settings.http_proxy, &settings.https_proxy) {
        (None, None) => return Ok(ProxyConfig::from_env()),
        (Some(http), None) => ProxyConfig::all(http),
        (None, Some(https)) => ProxyConfig::https(https),
        (Some(http), Some(https)) if http == https => ProxyConfig::all(http),
        (Some(_), Some(https)) => ProxyConfig::https(https),
    };
    let made = made.map_err(|error| invalid(format!("The proxy's address cannot be used: {}.", chain(&error))))?;
    let except = settings.no_proxy.clone().or_else(|| std::env::var("NO_PROXY").ok());
    Ok(match except {
        Some(hosts) => made.no_proxy(hosts),
        None => made,
    })
}

fn profile_files(settings: &Settings) -> Option<EnvConfigFiles> {
    let (config, credentials) = (&settings.shared_config_files, &settings.shared_credentials_files);
    if config.is_empty() && credentials.is_empty() {
        return None;
    }
    let mut files = EnvConfigFiles::builder()
        .include_default_config_file(config.is_empty())
        .include_default_credentials_file(credentials.is_empty());
    for path in config {
        files = files.with_file(EnvConfigFileKind::Config, home(path));
    }
    for path in credentials {
        files = files.with_file(EnvConfigFileKind::Credentials, home(path));
    }
    Some(files.build())
}

fn home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => path.into(),
    }
}

fn without_metadata(settings: &Settings) -> bool {
    settings.skip_metadata_api_check.as_deref() == Some("true")
}

fn local(settings: &Settings, http: &SharedHttpClient) -> ProviderConfig {
    let region = settings.region.clone().map(Region::new);
    ProviderConfig::without_region().with_http_client(http.clone()).with_region(region)
}

fn local_region(settings: &Settings, http: &SharedHttpClient) -> impl ProvideRegion + use<> {
    let profile = ProfileFileRegionProvider::builder().configure(&local(settings, http));
    let profile = match &settings.profile {
        Some(name) => profile.profile_name(name),
        None => profile,
    };
    RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new()).or_else(profile.build())
}

/// The source of credentials that the block names; `None` for the SDK's own chain.
fn credentials(settings: &Settings, http: &SharedHttpClient) -> Option<SharedCredentialsProvider> {
    if let (Some(key), Some(secret)) = (&settings.access_key, &settings.secret_key) {
        let fixed = Credentials::new(key, secret, settings.token.clone(), None, "provider block");
        return Some(SharedCredentialsProvider::new(fixed));
    }
    let config = local(settings, http);
    let mut profile = ProfileFileCredentialsProvider::builder().configure(&config);
    if let Some(files) = profile_files(settings) {
        profile = profile.profile_files(files);
    }
    if let Some(name) = &settings.profile {
        return Some(SharedCredentialsProvider::new(profile.profile_name(name).build()));
    }
    if !without_metadata(settings) {
        return None;
    }
    let web_identity = WebIdentityTokenCredentialsProvider::builder().configure(&config).build();
    let chain = CredentialsProviderChain::first_try("Environment", EnvironmentVariableCredentialsProvider::new())
        .or_else("Profile", profile.build())
        .or_else("WebIdentityToken", web_identity)
        .or_else("Ecs", EcsCredentialsProvider::builder().configure(&config).build());
    Some(SharedCredentialsProvider::new(chain))
}

fn region(settings: &Settings, sdk: &SdkConfig) -> Result<String, Diagnostics> {
    let Some(region) = sdk.region().map(ToString::to_string) else {
        return Err(Diagnostic::error(
            "Missing AWS region",
            "No region is set for AWS. Set `region` in the provider block, or AWS_REGION, or `region` in the profile \
             of ~/.aws/config.",
        )
        .into());
    };
    if settings.skip_region_validation != Some(true) && !is_region(&region) {
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

/// The credentials that the block asks for, made anew when they expire. They are kept here and not by the SDK, which
/// keeps what AWS no longer takes.
async fn renewing(
    settings: &Settings,
    sdk: SdkConfig,
    (http, region): (&SharedHttpClient, &str),
    delivery: &Delivery,
) -> Result<SdkConfig, Diagnostics> {
    // What is wrong with the block is said now; later the same steps succeed.
    let first = assume(settings, sdk.clone(), region).await?;
    let first = Mutex::new(first.credentials_provider());
    let in_env = settings.profile.is_none() && std::env::var_os("AWS_ACCESS_KEY_ID").is_some();
    let roles = !settings.assume_role.is_empty() || !settings.assume_role_with_web_identity.is_empty();
    let fixed = (in_env || settings.access_key.is_some()) && !roles;
    let (settings, http, region) = (settings.clone(), http.clone(), region.to_owned());
    let source = move || {
        let first = first.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (settings, http, region) = (settings.clone(), http.clone(), region.clone());
        async move {
            if first.is_some() {
                return first;
            }
            let sdk = loader(&settings, http).load().await;
            assume(&settings, sdk, &region).await.ok()?.credentials_provider()
        }
    };
    let provider = SharedCredentialsProvider::new(Renewing::new(delivery.renewal.clone(), fixed, source));
    let sdk = with_credentials(sdk, provider);
    let region = sdk.region().cloned();
    Ok(sdk.into_builder().region(region).identity_cache(IdentityCache::no_cache()).build())
}

/// Assumes the roles of the block, one with the credentials of the one before.
async fn assume(settings: &Settings, sdk: SdkConfig, region: &str) -> Result<SdkConfig, Diagnostics> {
    let sts = settings.sts_region.clone().unwrap_or_else(|| region.to_owned());
    let mut sdk = sdk.into_builder().region(Region::new(region.to_owned())).build();
    if let Some(role) = settings.assume_role_with_web_identity.first() {
        sdk = with_credentials(sdk.clone(), web_identity(role, &sdk, &sts)?);
    }
    for role in settings.assume_role.iter().filter(|it| it.role_arn.is_some()) {
        sdk = with_credentials(sdk.clone(), assumed(role, &sdk, &sts).await?);
    }
    Ok(sdk)
}

async fn assumed(role: &AssumeRole, sdk: &SdkConfig, sts: &str) -> Result<SharedCredentialsProvider, Diagnostics> {
    let mut provider = AssumeRoleProvider::builder(role.role_arn.as_deref().unwrap_or_default())
        .configure(sdk)
        .region(Region::new(sts.to_owned()))
        .session_name(role.session_name.as_deref().unwrap_or(SESSION_NAME))
        .tags(role.tags.clone());
    if let Some(id) = &role.external_id {
        provider = provider.external_id(id);
    }
    if let Some(policy) = &role.policy {
        provider = provider.policy(policy);
    }
    if !role.policy_arns.is_empty() {
        provider = provider.policy_arns(role.policy_arns.clone());
    }
    if let Some(text) = &role.duration {
        let seconds = duration(text).ok_or_else(|| {
            invalid(format!("\"{text}\" is no duration. Write the `duration` of `assume_role` as \"1h\" or \"15m\"."))
        })?;
        provider = provider.session_length(seconds);
    }
    Ok(SharedCredentialsProvider::new(provider.build().await))
}

fn web_identity(
    role: &AssumeRoleWithWebIdentity,
    sdk: &SdkConfig,
    sts: &str,
) -> Result<SharedCredentialsProvider, Diagnostics> {
    let env = |name| std::env::var(name).ok();
    let arn = role.role_arn.clone().or_else(|| env("AWS_ROLE_ARN"));
    let file = role.web_identity_token_file.clone().or_else(|| env("AWS_WEB_IDENTITY_TOKEN_FILE"));
    let (Some(role_arn), Some(file)) = (arn, file) else {
        return Err(invalid(
            "`assume_role_with_web_identity` needs `role_arn` and `web_identity_token_file`, or AWS_ROLE_ARN and \
             AWS_WEB_IDENTITY_TOKEN_FILE. A token that stands in the configuration itself cannot be renewed and is \
             not supported: write it to a file.",
        ));
    };
    let mut config = ProviderConfig::without_region().with_region(Some(Region::new(sts.to_owned())));
    if let Some(http) = sdk.http_client() {
        config = config.with_http_client(http);
    }
    let session_name = role.session_name.clone().unwrap_or_else(|| SESSION_NAME.to_owned());
    let mut provider = WebIdentityTokenCredentialsProvider::builder()
        .configure(&config)
        .static_configuration(StaticConfiguration { web_identity_token_file: home(&file), role_arn, session_name });
    if let Some(policy) = &role.policy {
        provider = provider.policy(policy);
    }
    if !role.policy_arns.is_empty() {
        provider = provider.policy_arns(role.policy_arns.clone());
    }
    Ok(SharedCredentialsProvider::new(provider.build()))
}

fn with_credentials(sdk: SdkConfig, credentials: SharedCredentialsProvider) -> SdkConfig {
    sdk.into_builder().credentials_provider(credentials).build()
}

/// Finds credentials now, so that their absence is one message and not one per object. They are kept for the first
/// call: nothing is asked twice.
async fn resolve_credentials(sdk: SdkConfig) -> Result<SdkConfig, Diagnostics> {
    let Some(source) = sdk.credentials_provider() else { return Ok(sdk) };
    match source.provide_credentials().await {
        Ok(_) => Ok(sdk),
        Err(error) => Err(Diagnostic::error(
            "No valid credential sources found",
            format!("AWS cannot be called because no credentials are usable: {}. {CREDENTIALS_HELP}", chain(&error)),
        )
        .into()),
    }
}

async fn check_account(settings: &Settings, aws: &Aws) -> Result<(), Diagnostics> {
    let (allowed, forbidden) = (&settings.allowed_account_ids, &settings.forbidden_account_ids);
    if allowed.is_empty() && forbidden.is_empty() {
        return Ok(());
    }
    let account = aws.account().await.map_err(|error| {
        let detail = format!("The account could not be checked against the provider block: {error}.");
        Diagnostic::error("Unknown AWS account", [detail, error.help.unwrap_or_default()].join(" "))
    })?;
    if forbidden.iter().any(|it| it == account) || (!allowed.is_empty() && !allowed.iter().any(|it| it == account)) {
        return Err(Diagnostic::error(
            "AWS account ID not allowed",
            format!(
                "The credentials belong to account {account}, which `allowed_account_ids` or `forbidden_account_ids` \
                 of the provider block excludes. Use credentials of another account, or change the list."
            ),
        )
        .into());
    }
    Ok(())
}

fn invalid(detail: impl Into<String>) -> Diagnostics {
    Diagnostic::error("Invalid provider configuration", detail).into()
}

/// A duration as `1h30m`, `15m` or `900s`.
fn duration(text: &str) -> Option<Duration> {
    let mut seconds = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|it: char| !it.is_ascii_digit())?;
        let unit = match &rest[end..=end] {
            "h" => 3600,
            "m" => 60,
            "s" => 1,
            _ => return None,
        };
        seconds += rest[..end].parse::<u64>().ok()? * unit;
        rest = &rest[end + 1..];
    }
    (seconds > 0).then(|| Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        assert_eq!(duration("1h30m"), Some(Duration::from_secs(5400)));
        assert_eq!(duration("900s"), Some(Duration::from_secs(900)));
        assert_eq!(duration("1 hour"), None);
        assert_eq!(duration(""), None);
    }
}

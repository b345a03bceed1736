//! Credentials: where they are looked for, the roles that are assumed with them, and their renewal.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::{EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider};
use aws_config::identity::IdentityCache;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::meta::region::{ProvideRegion, RegionProviderChain};
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::web_identity_token::{StaticConfiguration, WebIdentityTokenCredentialsProvider};
use aws_config::{Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use plumb_engine::diagnostic::{Diagnostic, Diagnostics};

use crate::config::{AssumeRole, AssumeRoleWithWebIdentity, Config};
use crate::connect::{invalid, loader};
use crate::error::{CREDENTIALS_HELP, chain};
use crate::renewal::Renewing;
use crate::way::Delivery;

const SESSION_NAME: &str = "plumb";

/// The source of credentials that the block names; `None` for the SDK's own chain.
pub(crate) fn credentials(config: &Config, http: &SharedHttpClient) -> Option<SharedCredentialsProvider> {
    if let (Some(key), Some(secret)) = (&config.access_key, &config.secret_key) {
        let fixed = Credentials::new(key, secret, config.token.clone(), None, "provider block");
        return Some(SharedCredentialsProvider::new(fixed));
    }
    let source = local(config, http);
    let mut profile = ProfileFileCredentialsProvider::builder().configure(&source);
    if let Some(files) = profile_files(config) {
        profile = profile.profile_files(files);
    }
    if let Some(name) = &config.profile {
        return Some(SharedCredentialsProvider::new(profile.profile_name(name).build()));
    }
    if !without_metadata(config) {
        return None;
    }
    let web_identity = WebIdentityTokenCredentialsProvider::builder().configure(&source).build();
    let chain = CredentialsProviderChain::first_try("Environment", EnvironmentVariableCredentialsProvider::new())
        .or_else("Profile", profile.build())
        .or_else("WebIdentityToken", web_identity)
        .or_else("Ecs", EcsCredentialsProvider::builder().configure(&source).build());
    Some(SharedCredentialsProvider::new(chain))
}

/// The credentials that the block asks for, made anew when they expire. They are kept here and not by the SDK, which
/// keeps what AWS no longer takes.
pub(crate) async fn renewing(
    config: &Config,
    sdk: SdkConfig,
    (http, region): (&SharedHttpClient, &str),
    delivery: &Delivery,
) -> Result<SdkConfig, Diagnostics> {
    // What is wrong with the block is said now; later the same steps succeed.
    let first = assume(config, sdk.clone(), region).await?;
    let first = Mutex::new(first.credentials_provider());
    let in_env = config.profile.is_none() && std::env::var_os("AWS_ACCESS_KEY_ID").is_some();
    let roles = !config.assume_role.is_empty() || !config.assume_role_with_web_identity.is_empty();
    let fixed = (in_env || config.access_key.is_some()) && !roles;
    let (config, http, region) = (config.clone(), http.clone(), region.to_owned());
    let source = move || {
        let first = first.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (config, http, region) = (config.clone(), http.clone(), region.clone());
        async move {
            if first.is_some() {
                return first;
            }
            let sdk = loader(&config, http).load().await;
            assume(&config, sdk, &region).await.ok()?.credentials_provider()
        }
    };
    let provider = SharedCredentialsProvider::new(Renewing::new(delivery.renewal.clone(), fixed, source));
    let sdk = with_credentials(sdk, provider);
    let region = sdk.region().cloned();
    Ok(sdk.into_builder().region(region).identity_cache(IdentityCache::no_cache()).build())
}

/// Finds credentials now, so that their absence is one message and not one per object. They are kept for the first
/// call: nothing is asked twice.
pub(crate) async fn resolve_credentials(sdk: SdkConfig) -> Result<SdkConfig, Diagnostics> {
    let Some(source) = sdk.credentials_provider() else { return Ok(sdk) };
    match source.provide_credentials().await {
        Ok(_) => Ok(sdk),
        Err(error) => Err(Diagnostic::error(
            "No valid credential sources found",
            format!("AWS cannot be called because no credentials are usable: {}.\n\n{CREDENTIALS_HELP}", chain(&error)),
        )
        .into()),
    }
}

/// The shared files that the block names besides or instead of the usual ones.
pub(crate) fn profile_files(config: &Config) -> Option<EnvConfigFiles> {
    let (config, credentials) = (&config.shared_config_files, &config.shared_credentials_files);
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

/// The region as this machine knows it, without asking the instance metadata service.
pub(crate) fn local_region(config: &Config, http: &SharedHttpClient) -> impl ProvideRegion + use<> {
    let profile = ProfileFileRegionProvider::builder().configure(&local(config, http));
    let profile = match &config.profile {
        Some(name) => profile.profile_name(name),
        None => profile,
    };
    RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new()).or_else(profile.build())
}

/// Whether the instance metadata service is not to be asked.
pub(crate) fn without_metadata(config: &Config) -> bool {
    config.skip_metadata_api_check.as_deref() == Some("true")
}

fn home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => path.into(),
    }
}

fn local(config: &Config, http: &SharedHttpClient) -> ProviderConfig {
    let region = config.region.clone().map(Region::new);
    ProviderConfig::without_region().with_http_client(http.clone()).with_region(region)
}

/// Assumes the roles of the block, one with the credentials of the one before.
async fn assume(config: &Config, sdk: SdkConfig, region: &str) -> Result<SdkConfig, Diagnostics> {
    let sts = config.sts_region.clone().unwrap_or_else(|| region.to_owned());
    let mut sdk = sdk.into_builder().region(Region::new(region.to_owned())).build();
    if let Some(role) = config.assume_role_with_web_identity.first() {
        sdk = with_credentials(sdk.clone(), web_identity(role, &sdk, &sts)?);
    }
    for role in config.assume_role.iter().filter(|it| it.role_arn.is_some()) {
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

//! The HTTP client: trust, proxies and TLS.

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{self, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use plumb_engine::diagnostic::Diagnostics;

use crate::config::Config;
use crate::connect::invalid;
use crate::error::chain;

/// An HTTP client on rustls with ring, its trust and proxies from the settings and the environment.
pub(crate) fn http_client(config: &Config) -> Result<SharedHttpClient, Diagnostics> {
    let tls = trust(config)?;
    let proxy = proxy(config)?;
    Ok(aws_smithy_http_client::Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = Connector::builder().proxy_config(proxy.clone());
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        connector.tls_provider(tls::Provider::Rustls(CryptoMode::Ring)).tls_context(tls.clone()).build()
    }))
}

fn trust(config: &Config) -> Result<TlsContext, Diagnostics> {
    let mut store = TrustStore::default();
    if let Some(path) = config.custom_ca_bundle.clone().or_else(|| std::env::var("AWS_CA_BUNDLE").ok()) {
        let pem = std::fs::read(&path)
            .map_err(|error| invalid(format!("The file {path} of certificate authorities cannot be read: {error}.")))?;
        store.add_pem_certificate(pem);
    }
    let context = TlsContext::builder().with_trust_store(store).build();
    context.map_err(|error| invalid(format!("The certificate authorities cannot be used: {}.", chain(&error))))
}

fn proxy(config: &Config) -> Result<ProxyConfig, Diagnostics> {
    let made = match (&config.http_proxy, &config.https_proxy) {
        (None, None) => return Ok(ProxyConfig::from_env()),
        (Some(http), None) => ProxyConfig::all(http),
        (None, Some(https)) => ProxyConfig::https(https),
        (Some(http), Some(https)) if http == https => ProxyConfig::all(http),
        (Some(_), Some(https)) => ProxyConfig::https(https),
    };
    let made = made.map_err(|error| invalid(format!("The proxy's address cannot be used: {}.", chain(&error))))?;
    let except = config.no_proxy.clone().or_else(|| std::env::var("NO_PROXY").ok());
    Ok(match except {
        Some(hosts) => made.no_proxy(hosts),
        None => made,
    })
}

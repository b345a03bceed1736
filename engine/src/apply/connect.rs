//! A client for an object of the state, outside of a plan or an apply.

use std::sync::Arc;

use crate::config::{Config, ProviderAddr, Variables};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::{Evaluator, Settings, root_variables};
use crate::provider::{Client, Providers};

/// The client of the provider configuration `provider`, as [`crate::store::ObjectRecord::provider`] writes it.
///
/// # Errors
/// There is no such provider, its block cannot be evaluated, or it refuses its arguments.
pub async fn connect(
    config: &Config,
    variables: &Variables,
    settings: Settings,
    (providers, provider): (&Providers, &str),
) -> Result<Arc<dyn Client>, Diagnostics> {
    let values = root_variables(config, variables)?;
    let mut evaluator = Evaluator::new(config, providers, settings, values);
    connect_with(&mut evaluator, providers, provider).await
}

/// As [`connect`], with an evaluator that knows the configuration already.
pub(super) async fn connect_with(
    evaluator: &mut Evaluator<'_>,
    providers: &Providers,
    provider: &str,
) -> Result<Arc<dyn Client>, Diagnostics> {
    let unknown = || Diagnostic::error("Unknown provider", format!("{provider} is not among the providers of plumb."));
    let addr = ProviderAddr::parse(provider).ok_or_else(unknown)?;
    let provider = providers.get(&addr.source).ok_or_else(unknown)?;
    let config = evaluator.configure_provider(&addr, provider.config_schema())?;
    provider.configure(&config).await
}

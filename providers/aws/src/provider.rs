//! The AWS provider as the engine sees it.

use std::sync::Arc;

use async_trait::async_trait;
use plumb_aws_delivery::{Config, connect};
use plumb_engine::diagnostic::{Diagnostic, Diagnostics};
use plumb_engine::functions::Function;
use plumb_engine::provider::{Client, Provider, Registry, ResourceType};
use plumb_engine::schema::Schema;
use plumb_engine::value::{Marks, Value, from_value};
use plumb_provider_aws_schemas::functions::FUNCTIONS;
use plumb_provider_aws_schemas::{SOURCE, table};

use crate::client::{Aws, Options};
use crate::settings::{self, Settings};
use crate::wire::Tags;

/// Environment variables that begin like this add default tags; the rest of the name is the key.
const DEFAULT_TAGS_ENV: &str = "TF_AWS_DEFAULT_TAGS_";

/// The provider with all of its types: those that it has operations for, and the schemas of the others.
pub(crate) struct AwsProvider {
    schema: Schema,
    registry: Registry<Aws>,
}

impl AwsProvider {
    /// The provider of the types of `registry`.
    pub fn new(registry: Registry<Aws>) -> Self {
        Self { schema: settings::schema(), registry }
    }
}

#[async_trait]
impl Provider for AwsProvider {
    fn source(&self) -> &str {
        SOURCE
    }

    fn config_schema(&self) -> &Schema {
        &self.schema
    }

    fn resource_type(&self, name: &str) -> Option<&dyn ResourceType> {
        self.registry.resource_type(name).or_else(|| table::resource_type(name))
    }

    fn data_source(&self, name: &str) -> Option<&Schema> {
        self.registry.data_source(name).or_else(|| table::data_source(name))
    }

    fn resource_types(&self) -> Vec<&str> {
        self.registry.resource_types()
    }

    fn data_sources(&self) -> Vec<&str> {
        self.registry.data_sources()
    }

    fn is_partial(&self) -> bool {
        true
    }

    fn functions(&self) -> &'static [Function] {
        &FUNCTIONS
    }

    async fn configure(&self, config: &Value) -> Result<Arc<dyn Client>, Diagnostics> {
        let config = config.clone().without_marks(Marks::SENSITIVE.and(Marks::EPHEMERAL));
        let connection = connect(&Config::of(&config)?).await?;
        let settings: Settings = from_value(&config).map_err(|error| {
            Diagnostic::error("Invalid provider configuration", format!("The provider block cannot be used: {error}."))
        })?;
        let options = Options { default_tags: default_tags(&settings), ignore_tags: ignored(&settings) };
        let aws = Aws::new(connection, options);
        check_account(&settings, &aws).await?;
        Ok(Arc::new(self.registry.client(aws)))
    }
}

fn default_tags(settings: &Settings) -> Tags {
    let from_env = std::env::vars().filter_map(|(name, value)| {
        let key = name.strip_prefix(DEFAULT_TAGS_ENV)?;
        Some((key.to_owned(), value))
    });
    let written = settings.default_tags.iter().flat_map(|it| it.tags.clone());
    from_env.chain(written).collect()
}

fn ignored(settings: &Settings) -> settings::IgnoreTags {
    settings.ignore_tags.first().cloned().unwrap_or_default()
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

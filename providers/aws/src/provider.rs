//! The AWS provider as the engine sees it.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use plumb_engine::diagnostic::{Diagnostic, Diagnostics};
use plumb_engine::functions::Function;
use plumb_engine::provider::{Client, Provider, Registry, ResourceType};
use plumb_engine::schema::Schema;
use plumb_engine::value::{Marks, Value, from_value};
use plumb_provider_aws_schemas::functions::FUNCTIONS;
use plumb_provider_aws_schemas::{SOURCE, table};

use crate::client::{Aws, Options};
use crate::connect::connect;
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
        let endpoints = endpoints(&config);
        let settings: Settings = from_value(&without_endpoints(&config)).map_err(|error| {
            Diagnostic::error("Invalid provider configuration", format!("The provider block cannot be used: {error}."))
        })?;
        let options = Options { default_tags: default_tags(&settings), ignore_tags: ignored(&settings), endpoints };
        let aws = connect(&settings, options).await?;
        Ok(Arc::new(self.registry.client(aws)))
    }
}

fn endpoints(config: &Value) -> BTreeMap<String, String> {
    let blocks = config.get("endpoints").and_then(Value::as_slice).unwrap_or_default();
    let entries = blocks.iter().filter_map(Value::as_map).flatten();
    entries
        .filter_map(|(service, url)| Some((service.to_string(), url.as_str()?.to_owned())))
        .filter(|(_, url)| !url.is_empty())
        .collect()
}

fn without_endpoints(config: &Value) -> Value {
    let items = config.as_map().into_iter().flatten().filter(|(name, _)| &***name != "endpoints");
    Value::object(items.map(|(name, value)| (name.clone(), value.clone())))
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

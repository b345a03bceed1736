//! What stands for the AWS provider in a build without its SDK: it checks and plans, and does nothing.

use std::any::Any;
use std::sync::Arc;

use async_trait::async_trait;
use plumb_engine::addr::ResourceName;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::functions::Function;
use plumb_engine::provider::{Client, Creation, IntentKey, Known, Provider, ProviderError, ReadOutcome, ResourceType};
use plumb_engine::schema::Schema;
use plumb_engine::value::Value;

use crate::functions::FUNCTIONS;
use crate::{SOURCE, settings, table};

/// The AWS provider without operations.
pub fn provider() -> Arc<dyn Provider> {
    Arc::new(SchemaProvider { schema: settings::schema() })
}

struct SchemaProvider {
    schema: Schema,
}

#[async_trait]
impl Provider for SchemaProvider {
    fn source(&self) -> &str {
        SOURCE
    }

    fn config_schema(&self) -> &Schema {
        &self.schema
    }

    fn resource_type(&self, name: &str) -> Option<&dyn ResourceType> {
        table::resource_type(name)
    }

    fn data_source(&self, name: &str) -> Option<&Schema> {
        table::data_source(name)
    }

    fn resource_types(&self) -> Vec<&str> {
        table::resource_types().collect()
    }

    fn data_sources(&self) -> Vec<&str> {
        table::data_sources().collect()
    }

    fn operates(&self, _resource: &ResourceName) -> bool {
        false
    }

    fn is_partial(&self) -> bool {
        true
    }

    fn functions(&self) -> &'static [Function] {
        &FUNCTIONS
    }

    async fn configure(&self, _config: &Value) -> Result<Arc<dyn Client>, Diagnostics> {
        Ok(Arc::new(Idle))
    }
}

/// A client that refuses whatever it is asked.
struct Idle;

fn refused(action: &str, type_name: &str) -> ProviderError {
    ProviderError::refused(format!("{action} {type_name}"), "this build of plumb has no operations for AWS")
}

#[async_trait]
impl Client for Idle {
    async fn read(&self, type_name: &str, objects: Vec<Known>) -> Vec<ReadOutcome> {
        objects.iter().map(|_| ReadOutcome::Failed(refused("reading", type_name))).collect()
    }

    async fn create(&self, type_name: &str, _planned: &Value, _: &Creation<'_>) -> Result<Value, ProviderError> {
        Err(refused("creating", type_name))
    }

    async fn update(&self, type_name: &str, _prior: &Value, _planned: &Value) -> Result<Value, ProviderError> {
        Err(refused("updating", type_name))
    }

    async fn delete(&self, type_name: &str, _prior: &Value) -> Result<(), ProviderError> {
        Err(refused("deleting", type_name))
    }

    async fn find(&self, type_name: &str, _planned: &Value, _: &IntentKey) -> Result<Option<Value>, ProviderError> {
        Err(refused("finding", type_name))
    }

    async fn read_data(&self, type_name: &str, _config: &Value) -> Result<Value, ProviderError> {
        Err(refused("reading", type_name))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn calls(&self) -> u64 {
        0
    }
}

//! The provider that is built into Terraform: `terraform_data`.

mod data;

use std::sync::Arc;

use async_trait::async_trait;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::functions::{Function, TERRAFORM_PROVIDER};
use plumb_engine::provider::{Client, Creation, IntentKey, Known, Provider, ProviderError, ReadOutcome, ResourceType};
use plumb_engine::schema::Schema;
use plumb_engine::value::Value;

use self::data::TerraformData;

/// The provider `terraform.io/builtin/terraform`.
pub(crate) struct BuiltIn {
    config: Schema,
    data: TerraformData,
}

impl BuiltIn {
    pub(crate) fn new() -> Self {
        Self { config: Schema::default(), data: TerraformData::new() }
    }
}

#[async_trait]
impl Provider for BuiltIn {
    fn source(&self) -> &str {
        "terraform.io/builtin/terraform"
    }

    fn config_schema(&self) -> &Schema {
        &self.config
    }

    fn resource_type(&self, name: &str) -> Option<&dyn ResourceType> {
        (name == data::TYPE).then_some(&self.data)
    }

    fn data_source(&self, _name: &str) -> Option<&Schema> {
        None
    }

    fn resource_types(&self) -> Vec<&str> {
        vec![data::TYPE]
    }

    fn functions(&self) -> &'static [Function] {
        &TERRAFORM_PROVIDER
    }

    fn data_sources(&self) -> Vec<&str> {
        Vec::new()
    }

    async fn configure(&self, _config: &Value) -> Result<Arc<dyn Client>, Diagnostics> {
        Ok(Arc::new(Local))
    }
}

/// The client: every object exists in the state alone.
struct Local;

#[async_trait]
impl Client for Local {
    async fn read(&self, _type_name: &str, objects: Vec<Known>) -> Vec<ReadOutcome> {
        let read = |it: Known| ReadOutcome::Found(it.object.unwrap_or_else(|| data::imported(&it.id)));
        objects.into_iter().map(read).collect()
    }

    async fn create(&self, _type_name: &str, planned: &Value, _: &Creation<'_>) -> Result<Value, ProviderError> {
        Ok(data::applied(planned))
    }

    async fn update(&self, _type_name: &str, _prior: &Value, planned: &Value) -> Result<Value, ProviderError> {
        Ok(data::applied(planned))
    }

    async fn delete(&self, _type_name: &str, _prior: &Value) -> Result<(), ProviderError> {
        Ok(())
    }

    /// What was not recorded does not exist.
    async fn find(&self, _type_name: &str, _: &Value, _: &IntentKey) -> Result<Option<Value>, ProviderError> {
        Ok(None)
    }

    async fn read_data(&self, type_name: &str, _config: &Value) -> Result<Value, ProviderError> {
        Err(ProviderError::refused(format!("reading {type_name}"), "the provider has no data source of this name"))
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }

    fn calls(&self) -> u64 {
        0
    }
}

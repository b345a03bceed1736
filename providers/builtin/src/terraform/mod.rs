//! The provider that is built into Terraform: `terraform_data`, `terraform_remote_state` and the functions of the language.

mod data;
mod remote_state;

use std::sync::Arc;

use async_trait::async_trait;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::functions::{Function, TERRAFORM_PROVIDER};
use plumb_engine::provider::{Client, Creation, IntentKey, Known, Provider, ProviderError, ReadOutcome, ResourceType};
use plumb_engine::schema::Schema;
use plumb_engine::value::Value;

use self::data::TerraformData;
pub use self::remote_state::{NoStates, Place, States};

/// The provider `terraform.io/builtin/terraform`.
pub(crate) struct BuiltIn {
    config: Schema,
    data: TerraformData,
    remote_state: Schema,
    states: Arc<dyn States>,
}

impl BuiltIn {
    /// With a way to the states of other configurations.
    pub(crate) fn new(states: Arc<dyn States>) -> Self {
        Self { config: Schema::default(), data: TerraformData::new(), remote_state: remote_state::schema(), states }
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

    fn data_source(&self, name: &str) -> Option<&Schema> {
        (name == remote_state::TYPE).then_some(&self.remote_state)
    }

    fn resource_types(&self) -> Vec<&str> {
        vec![data::TYPE]
    }

    fn functions(&self) -> &'static [Function] {
        &TERRAFORM_PROVIDER
    }

    fn data_sources(&self) -> Vec<&str> {
        vec![remote_state::TYPE]
    }

    async fn configure(&self, _config: &Value) -> Result<Arc<dyn Client>, Diagnostics> {
        Ok(Arc::new(Local { states: self.states.clone() }))
    }
}

/// The client: every object exists in the state alone.
struct Local {
    states: Arc<dyn States>,
}

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

    async fn read_data(&self, type_name: &str, config: &Value) -> Result<Value, ProviderError> {
        if type_name == remote_state::TYPE {
            return remote_state::read(&*self.states, config);
        }
        Err(ProviderError::refused(format!("reading {type_name}"), "the provider has no data source of this name"))
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }

    fn calls(&self) -> u64 {
        0
    }
}

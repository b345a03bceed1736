//! Objects that exist in the state alone: made once, then read back as they were made.

use std::sync::Arc;

use async_trait::async_trait;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result, TypedClient};
use plumb_engine::provider::{
    Client, Creation, EphemeralType, IntentKey, PlannedChange, Provider, ProviderError, Recognition, Registry,
    ResourceType, Schematic,
};
use plumb_engine::schema::{Block, Schema};
use plumb_engine::value::Value;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A resource type whose objects exist in the state alone.
pub(crate) trait Local: Schematic + Serialize + DeserializeOwned + Clone + Send + Sync + 'static {
    /// Name of the type.
    const TYPE: &'static str;
    /// Version of the stored form.
    const VERSION: u64 = 0;

    /// Checks a configuration beyond its schema; parts may be unknown.
    fn validate(_config: &Value) -> Diagnostics {
        Diagnostics::new()
    }

    /// Adapts a planned change.
    fn plan(_change: &mut PlannedChange) -> Diagnostics {
        Diagnostics::new()
    }

    /// The object that the arguments ask for, with its id.
    fn make(&self) -> Result<(Id, Self)>;

    /// The object of an import id, with the id that it is kept under.
    fn import(_id: &str) -> Result<(Id, Self)> {
        Err(ProviderError::refused(importing::<Self>(), "objects of this type cannot be imported"))
    }
}

/// What an import attempts, for its errors.
pub(crate) fn importing<R: Local>() -> String {
    format!("importing {}", R::TYPE)
}

/// What a create attempts, for its errors.
pub(crate) fn creating<R: Local>() -> String {
    format!("creating {}", R::TYPE)
}

/// A local type as a resource type.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Stored<T>(T);

impl<T: Schematic> Schematic for Stored<T> {
    fn block() -> Block {
        T::block()
    }
}

impl<T: Local> Resource for Stored<T> {
    type Client = NoRemote;
    const TYPE: &'static str = T::TYPE;
    const RECOGNITION: Recognition = Recognition::Local;
    const VERSION: u64 = T::VERSION;
    const BATCH: usize = 1;

    fn validate(config: &Value) -> Diagnostics {
        T::validate(config)
    }

    fn plan(change: &mut PlannedChange, _client: Option<&NoRemote>) -> Diagnostics {
        T::plan(change)
    }

    async fn create(&self, _client: &NoRemote, _creation: &Creation<'_>) -> Result<Made<Self>> {
        let (id, state) = self.0.make()?;
        Ok(Made::ready(id, Self(state)))
    }

    async fn read(_client: &NoRemote, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let read = |object: &Prior<Self>| match &object.state {
            Some(state) => Ok(Observed::ready(object.id.as_str(), state.clone())),
            None => T::import(&object.id).map(|(id, state)| Observed::ready(id, Self(state))),
        };
        objects.iter().map(read).collect()
    }

    async fn update(&self, _client: &NoRemote, _id: &str, _prior: &Self) -> Result<()> {
        Ok(())
    }

    async fn delete(&self, _client: &NoRemote, _id: &str) -> Result<()> {
        Ok(())
    }

    /// What was not recorded does not exist.
    async fn find(&self, _client: &NoRemote, _key: &IntentKey) -> Result<Option<Id>> {
        Ok(None)
    }
}

/// The client of providers that call nobody.
pub(crate) struct NoRemote;

impl TypedClient for NoRemote {
    fn calls(&self) -> u64 {
        0
    }
}

/// A provider of local types, without settings.
pub(crate) struct LocalProvider {
    source: &'static str,
    config: Schema,
    registry: Registry<NoRemote>,
}

impl LocalProvider {
    pub(crate) fn new(source: &'static str, registry: Registry<NoRemote>) -> Self {
        Self { source, config: Schema::default(), registry }
    }
}

#[async_trait]
impl Provider for LocalProvider {
    fn source(&self) -> &str {
        self.source
    }

    fn config_schema(&self) -> &Schema {
        &self.config
    }

    fn resource_type(&self, name: &str) -> Option<&dyn ResourceType> {
        self.registry.resource_type(name)
    }

    fn data_source(&self, name: &str) -> Option<&Schema> {
        self.registry.data_source(name)
    }

    fn ephemeral_type(&self, name: &str) -> Option<&dyn EphemeralType> {
        self.registry.ephemeral_type(name)
    }

    fn ephemeral_types(&self) -> Vec<&str> {
        self.registry.ephemeral_types()
    }

    fn resource_types(&self) -> Vec<&str> {
        self.registry.resource_types()
    }

    fn data_sources(&self) -> Vec<&str> {
        self.registry.data_sources()
    }

    async fn configure(&self, _config: &Value) -> std::result::Result<Arc<dyn Client>, Diagnostics> {
        Ok(Arc::new(self.registry.client(Arc::new(NoRemote))))
    }
}

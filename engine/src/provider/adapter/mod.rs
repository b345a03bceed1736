//! Typed resources and data sources as a provider: what a provider crate registers is all that the engine needs.

mod converge;
mod data;
mod ephemeral;
mod form;
mod resource;
mod settle;
mod stepped;
#[cfg(test)]
mod tests;
mod timeouts;
mod wait;

pub use self::timeouts::parse as parse_duration;

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;

use self::data::AnyData;
use self::ephemeral::AnyEphemeral;
use self::resource::{AnyResource, Operations};
use super::typed::{DataSource, EphemeralResource, Id, Resource, TypedClient};
use super::{
    Client, Creation, EphemeralType, Hold, IntentKey, Known, ProviderError, ReadOutcome, ResourceType, Settled,
    Stepping, Trace,
};
use crate::schema::Schema;
use crate::value::Value;

/// The resource types, data sources and ephemeral resource types of a provider, by name.
///
/// ```ignore
/// let mut registry = Registry::new();
/// registry.resource::<Vpc>().resource::<Subnet>().data::<Ami>();
/// ```
pub struct Registry<C> {
    resources: BTreeMap<&'static str, Arc<dyn AnyResource<C>>>,
    data: BTreeMap<&'static str, Arc<dyn AnyData<C>>>,
    ephemeral: BTreeMap<&'static str, Arc<dyn AnyEphemeral<C>>>,
}

impl<C: TypedClient> Registry<C> {
    /// Without any type.
    pub fn new() -> Self {
        Self { resources: BTreeMap::new(), data: BTreeMap::new(), ephemeral: BTreeMap::new() }
    }

    /// Adds a resource type.
    ///
    /// # Panics
    /// There is a resource type of the same name already.
    pub fn resource<R: Resource<Client = C>>(&mut self) -> &mut Self {
        let former = self.resources.insert(R::TYPE, Arc::new(resource::Adapter::<R>::new()));
        assert!(former.is_none(), "the resource type {} is registered twice", R::TYPE);
        self
    }

    /// Adds a data source.
    ///
    /// # Panics
    /// There is a data source of the same name already.
    pub fn data<D: DataSource<Client = C>>(&mut self) -> &mut Self {
        let former = self.data.insert(D::TYPE, Arc::new(data::Adapter::<D>::new()));
        assert!(former.is_none(), "the data source {} is registered twice", D::TYPE);
        self
    }

    /// Adds an ephemeral resource type.
    ///
    /// # Panics
    /// There is an ephemeral resource type of the same name already.
    pub fn ephemeral<E: EphemeralResource<Client = C>>(&mut self) -> &mut Self {
        let former = self.ephemeral.insert(E::TYPE, Arc::new(ephemeral::Adapter::<E>::new()));
        assert!(former.is_none(), "the ephemeral resource type {} is registered twice", E::TYPE);
        self
    }

    /// A resource type, or `None` if there is none of this name.
    pub fn resource_type(&self, name: &str) -> Option<&dyn ResourceType> {
        self.resources.get(name).map(|it| &**it as &dyn ResourceType)
    }

    /// The schema of a data source, or `None` if there is none of this name.
    pub fn data_source(&self, name: &str) -> Option<&Schema> {
        self.data.get(name).map(|it| it.schema())
    }

    /// All resource type names in order.
    pub fn resource_types(&self) -> Vec<&str> {
        self.resources.keys().copied().collect()
    }

    /// All data source names in order.
    pub fn data_sources(&self) -> Vec<&str> {
        self.data.keys().copied().collect()
    }

    /// An ephemeral resource type, or `None` if there is none of this name.
    pub fn ephemeral_type(&self, name: &str) -> Option<&dyn EphemeralType> {
        self.ephemeral.get(name).map(|it| &**it as &dyn EphemeralType)
    }

    /// All ephemeral resource type names in order.
    pub fn ephemeral_types(&self) -> Vec<&str> {
        self.ephemeral.keys().copied().collect()
    }

    /// The operations of all types through `client`: what [`super::Provider::configure`] returns.
    pub fn client(&self, client: Arc<C>) -> TypedClientHandle<C> {
        let resources = self.resources.iter().map(|(name, it)| (*name, it.bind(&client))).collect();
        TypedClientHandle { client, resources, data: self.data.clone(), ephemeral: self.ephemeral.clone() }
    }
}

impl<C: TypedClient> Default for Registry<C> {
    fn default() -> Self {
        Self::new()
    }
}

/// A typed client as the engine's: finds the type by its name, and waits, batches and converts for it.
pub struct TypedClientHandle<C> {
    client: Arc<C>,
    resources: BTreeMap<&'static str, Box<dyn Operations>>,
    data: BTreeMap<&'static str, Arc<dyn AnyData<C>>>,
    ephemeral: BTreeMap<&'static str, Arc<dyn AnyEphemeral<C>>>,
}

impl<C: TypedClient> TypedClientHandle<C> {
    fn of(&self, type_name: &str) -> Result<&dyn Operations, ProviderError> {
        self.resources.get(type_name).map(Box::as_ref).ok_or_else(|| unsupported("resource type", type_name))
    }

    fn ephemeral(&self, type_name: &str) -> Result<&dyn AnyEphemeral<C>, ProviderError> {
        let found = self.ephemeral.get(type_name).map(|it| &**it);
        found.ok_or_else(|| unsupported("ephemeral resource type", type_name))
    }
}

fn unsupported(kind: &str, name: &str) -> ProviderError {
    ProviderError::refused(format!("finding {name}"), format!("the provider has no {kind} of this name"))
}

#[async_trait]
impl<C: TypedClient> Client for TypedClientHandle<C> {
    async fn read(&self, type_name: &str, objects: Vec<Known>) -> Vec<ReadOutcome> {
        match self.of(type_name) {
            Ok(operations) => operations.read(objects).await,
            Err(error) => objects.iter().map(|_| ReadOutcome::Failed(error.clone())).collect(),
        }
    }

    async fn create(&self, type_name: &str, planned: &Value, creation: &Creation<'_>) -> Result<Value, ProviderError> {
        self.of(type_name)?.create(planned, creation).await
    }

    async fn update(&self, type_name: &str, prior: &Value, planned: &Value) -> Result<Value, ProviderError> {
        self.of(type_name)?.update(prior, planned).await
    }

    async fn update_in_steps(
        &self,
        type_name: &str,
        prior: &Value,
        planned: &Value,
        stepping: Stepping<'_>,
    ) -> Result<Value, ProviderError> {
        self.of(type_name)?.update_in_steps(prior, planned, stepping).await
    }

    async fn delete(&self, type_name: &str, prior: &Value) -> Result<(), ProviderError> {
        self.of(type_name)?.delete(prior).await
    }

    async fn find(&self, type_name: &str, planned: &Value, key: &IntentKey) -> Result<Option<Value>, ProviderError> {
        self.of(type_name)?.find(planned, key).await
    }

    async fn settle(&self, type_name: &str, planned: &Value, trace: Trace<'_>) -> Result<Settled, ProviderError> {
        self.of(type_name)?.settle(planned, trace).await
    }

    async fn list(&self, type_name: &str) -> Result<Vec<Id>, ProviderError> {
        self.of(type_name)?.list().await
    }

    async fn read_data(&self, type_name: &str, config: &Value) -> Result<Value, ProviderError> {
        let source = self.data.get(type_name).ok_or_else(|| unsupported("data source", type_name))?;
        source.read(&self.client, config).await
    }

    async fn open(&self, type_name: &str, config: &Value) -> Result<(Value, Hold), ProviderError> {
        self.ephemeral(type_name)?.open(&self.client, config).await
    }

    async fn renew(&self, type_name: &str, hold: &Hold) -> Result<Hold, ProviderError> {
        self.ephemeral(type_name)?.renew(&self.client, hold).await
    }

    async fn close(&self, type_name: &str, hold: &Hold) -> Result<(), ProviderError> {
        self.ephemeral(type_name)?.close(&self.client, hold).await
    }

    fn as_any(&self) -> &dyn Any {
        &self.client
    }

    fn calls(&self) -> u64 {
        self.client.calls()
    }

    fn waiting(&self) -> Option<String> {
        self.client.waiting()
    }
}

//! A typed ephemeral resource as the engine's.

use std::sync::{Arc, LazyLock};

use async_trait::async_trait;

use super::form::{Form, plain};
use crate::diagnostic::Diagnostics;
use crate::provider::typed::EphemeralResource;
use crate::provider::{EphemeralType, Hold, ProviderError};
use crate::schema::Schema;
use crate::value::Value;

/// An ephemeral resource type in a registry, whatever its struct.
#[async_trait]
pub(super) trait AnyEphemeral<C>: EphemeralType {
    async fn open(&self, client: &Arc<C>, config: &Value) -> Result<(Value, Hold), ProviderError>;
    async fn renew(&self, client: &Arc<C>, hold: &Hold) -> Result<Hold, ProviderError>;
    async fn close(&self, client: &Arc<C>, hold: &Hold) -> Result<(), ProviderError>;
}

/// The ephemeral resource type `E` in a registry.
pub(super) struct Adapter<E> {
    form: LazyLock<Form>,
    of: std::marker::PhantomData<fn() -> E>,
}

impl<E: EphemeralResource> Adapter<E> {
    pub fn new() -> Self {
        Self { form: LazyLock::new(Form::ephemeral::<E>), of: std::marker::PhantomData }
    }
}

impl<E: EphemeralResource> EphemeralType for Adapter<E> {
    fn schema(&self) -> &Schema {
        &self.form.schema
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        E::validate(&plain(config))
    }
}

#[async_trait]
impl<E: EphemeralResource> AnyEphemeral<E::Client> for Adapter<E> {
    async fn open(&self, client: &Arc<E::Client>, config: &Value) -> Result<(Value, Hold), ProviderError> {
        let config = plain(config);
        let asked: E = self.form.parse(&config)?;
        let client = crate::provider::typed::TypedClient::scoped(client, Some(&config));
        let (opened, hold) = asked.open(&client).await?;
        Ok((self.form.read(&*client, ("", &opened), &config)?, hold))
    }

    async fn renew(&self, client: &Arc<E::Client>, hold: &Hold) -> Result<Hold, ProviderError> {
        E::renew(client, hold).await
    }

    async fn close(&self, client: &Arc<E::Client>, hold: &Hold) -> Result<(), ProviderError> {
        E::close(client, hold).await
    }
}

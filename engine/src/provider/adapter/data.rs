//! A typed data source as the engine's.

use std::sync::{Arc, LazyLock};

use async_trait::async_trait;

use super::form::{Form, plain};
use crate::provider::ProviderError;
use crate::provider::typed::{DataSource, TypedClient};
use crate::schema::Schema;
use crate::value::Value;

/// A data source in a registry, whatever its struct.
#[async_trait]
pub(super) trait AnyData<C>: Send + Sync {
    fn schema(&self) -> &Schema;
    async fn read(&self, client: &Arc<C>, config: &Value) -> Result<Value, ProviderError>;
}

/// The data source `D` in a registry.
pub(super) struct Adapter<D> {
    form: LazyLock<Form>,
    of: std::marker::PhantomData<fn() -> D>,
}

impl<D: DataSource> Adapter<D> {
    pub fn new() -> Self {
        Self { form: LazyLock::new(Form::data::<D>), of: std::marker::PhantomData }
    }
}

#[async_trait]
impl<D: DataSource> AnyData<D::Client> for Adapter<D> {
    fn schema(&self) -> &Schema {
        &self.form.schema
    }

    async fn read(&self, client: &Arc<D::Client>, config: &Value) -> Result<Value, ProviderError> {
        let config = plain(config);
        let asked: D = self.form.parse(&config)?;
        let client = client.scoped(Some(&config));
        let (id, found) = asked.read(&client).await?;
        self.form.read(&*client, (&id, &found), &config)
    }
}

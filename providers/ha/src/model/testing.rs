//! What tests of resources share: objects of a type from JSON, and a provider whose AWS is in memory.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::{Provider, ProviderError};
use plumb_engine::value::{Type, Value, infer_json};
use serde_json::Value as Json;

use super::recorded::Records;
use crate::cloud::Cloud;
use crate::cloud::memory::Memory;
use crate::group::{Cluster, Group};
use crate::provider::{Clouds, HaProvider, Owner, Runtime};

/// A provider with its own ways to AWS and to who keeps record.
pub fn provider(clouds: Arc<dyn Clouds>, runtime: Arc<dyn Runtime>) -> HaProvider {
    HaProvider::new(clouds, runtime)
}

/// An object of a type: what the JSON leaves out is null, or no block at all.
pub fn object(provider: &HaProvider, type_name: &str, json: &Json) -> Value {
    let schema = provider.resource_type(type_name).unwrap().schema();
    fill(&infer_json(json), &schema.block.ty())
}

/// The value in the form of a type: what is left out is null, or no block at all.
pub fn fill(value: &Value, ty: &Type) -> Value {
    match ty {
        Type::Object(object) => {
            let items = object.attributes.iter().map(|(name, ty)| {
                let item = value.get(name).map_or_else(|| Value::null(ty.clone()), |it| fill(it, ty));
                (name.clone(), item)
            });
            Value::object(items)
        }
        Type::List(element) => {
            let items = value.as_slice().unwrap_or_default().iter().map(|it| fill(it, element)).collect();
            Value::list((**element).clone(), items)
        }
        Type::Set(element) => Value::set(
            (**element).clone(),
            value.as_slice().unwrap_or_default().iter().map(|it| fill(it, element)).collect(),
        ),
        Type::Map(element) => {
            let items = value.as_map().into_iter().flatten().map(|(name, it)| (name.clone(), fill(it, element)));
            Value::map((**element).clone(), items)
        }
        _ => value.clone(),
    }
}

#[async_trait]
impl Clouds for Memory {
    async fn connect(&self, _region: Option<&str>) -> Result<Arc<dyn Cloud>, Diagnostics> {
        Ok(Arc::new(self.clone()))
    }
}

/// A journal of its own, which nobody has written yet.
pub fn records() -> Arc<Records> {
    let name = format!("plumb-ha-{}.journal", uuid::Uuid::new_v4());
    Arc::new(Records::new(std::env::temp_dir().join(name)))
}

/// A keeper of records in memory, which moves by the calls alone.
#[derive(Default)]
pub struct Keeper(pub Mutex<Option<Owner>>);

impl Keeper {
    /// With a group at a server.
    pub fn at(server: &str, epoch: u64) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Some(Owner { server: Some(server.to_owned()), epoch, alive: false }))))
    }

    /// Somebody has moved the group.
    pub fn set(&self, server: &str, epoch: u64) {
        *self.0.lock().unwrap() = Some(Owner { server: Some(server.to_owned()), epoch, alive: false });
    }
}

#[async_trait]
impl Runtime for Keeper {
    async fn owner(&self, _: &Cluster, _: &Group) -> Result<Option<Owner>, ProviderError> {
        Ok(self.0.lock().unwrap().clone())
    }

    async fn transfer(
        &self,
        cloud: Arc<dyn Cloud>,
        cluster: &Cluster,
        group: &Group,
        to: Option<&str>,
    ) -> Result<(), ProviderError> {
        records().transfer(cloud, cluster, group, to).await?;
        if let Some(owner) = self.0.lock().unwrap().as_mut() {
            *owner = Owner { server: to.map(str::to_owned), epoch: owner.epoch + 1, alive: false };
        }
        Ok(())
    }
    async fn note(&self, _: Arc<dyn Cloud>, _: &Cluster, _: &Group, server: Option<&str>) -> Result<(), ProviderError> {
        let mut owner = self.0.lock().unwrap();
        let epoch = owner.as_ref().map_or(0, |it| it.epoch) + 1;
        *owner = Some(Owner { server: server.map(str::to_owned), epoch, alive: false });
        Ok(())
    }
}

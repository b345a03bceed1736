//! A provider with plain routes over an AWS in memory: configurations that adopt a group.

use std::sync::Arc;

use async_trait::async_trait;
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result, TypedClient};
use plumb_engine::provider::{Client, Creation, IntentKey, Provider, Recognition, Registry, ResourceType};
use plumb_engine::schema::Schema as BlockSchema;
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use crate::cloud::Cloud;
use crate::cloud::memory::Memory;

/// A route to an interface.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Route {
    /// Table.
    #[attr(force_new)]
    pub route_table_id: String,
    /// Destination.
    #[attr(force_new)]
    pub destination_cidr_block: String,
    /// Target.
    #[attr(optional, computed)]
    pub network_interface_id: Option<String>,
}

/// AWS in memory as a client.
pub struct Plain(Memory);

impl TypedClient for Plain {
    fn calls(&self) -> u64 {
        0
    }
}

impl Resource for Route {
    type Client = Plain;
    const TYPE: &'static str = "aws_route";
    const RECOGNITION: Recognition = Recognition::Arguments;
    const BATCH: usize = 1;

    async fn create(&self, _: &Plain, _: &Creation<'_>) -> Result<Made<Self>> {
        Ok(Made::ready("r-1", self.clone()))
    }

    async fn read(plain: &Plain, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let mut all = Vec::new();
        for object in objects {
            let state = object.state.clone().unwrap_or_default();
            let tables = plain.0.route_tables("vpc-1").await.expect("memory answers");
            let table = tables.iter().find(|it| it.id == state.route_table_id);
            if let Some(route) = table.and_then(|it| it.route(&state.destination_cidr_block)) {
                let seen = Self { network_interface_id: route.eni.clone(), ..state };
                all.push(Observed::ready(object.id.clone(), seen));
            }
        }
        Ok(all)
    }

    async fn update(&self, _: &Plain, _: &str, _: &Self) -> Result<()> {
        Ok(())
    }

    async fn delete(&self, _: &Plain, _: &str) -> Result<()> {
        Ok(())
    }

    async fn find(&self, _: &Plain, _: &IntentKey) -> Result<Option<Id>> {
        Ok(None)
    }
}

/// The provider.
pub struct PlainAws {
    memory: Memory,
    schema: BlockSchema,
    registry: Registry<Plain>,
}

impl PlainAws {
    /// Over an AWS in memory.
    pub fn new(memory: Memory) -> Self {
        let mut registry = Registry::new();
        registry.resource::<Route>();
        Self { memory, schema: BlockSchema::default(), registry }
    }
}

#[async_trait]
impl Provider for PlainAws {
    fn source(&self) -> &str {
        "registry.terraform.io/hashicorp/aws"
    }

    fn config_schema(&self) -> &BlockSchema {
        &self.schema
    }

    fn resource_type(&self, name: &str) -> Option<&dyn ResourceType> {
        self.registry.resource_type(name)
    }

    fn data_source(&self, _: &str) -> Option<&BlockSchema> {
        None
    }

    fn resource_types(&self) -> Vec<&str> {
        self.registry.resource_types()
    }

    fn data_sources(&self) -> Vec<&str> {
        Vec::new()
    }

    async fn configure(&self, _: &Value) -> std::result::Result<Arc<dyn Client>, Diagnostics> {
        Ok(Arc::new(self.registry.client(Arc::new(Plain(self.memory.clone())))))
    }
}

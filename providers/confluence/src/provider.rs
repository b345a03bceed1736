//! The provider `plumb/confluence`: its settings, and its one resource type.

use std::sync::Arc;

use async_trait::async_trait;
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::{Client, Provider, Registry, ResourceType, Review, ReviewInput, Schematic};
use plumb_engine::schema::Schema as SchemaData;
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use crate::cluster::{Cluster, claims};
use crate::fleet::Fleet;
use crate::rest::Login;
use crate::session::Session;

/// Address of the provider.
pub const SOURCE: &str = "registry.terraform.io/plumb/confluence";

/// Whose login is used where a cluster does not say, and where the machines are.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Personal access token of a system administrator.
    #[attr(sensitive, conflicts_with("password"))]
    pub token: Option<String>,
    /// Name of a system administrator.
    pub username: Option<String>,
    /// Password of `username`.
    #[attr(sensitive)]
    pub password: Option<String>,
    /// Region of the machines; what the AWS SDK finds when left out.
    pub region: Option<String>,
    /// Profile of the shared AWS configuration files.
    pub profile: Option<String>,
}

/// Makes the fleet of a configured provider.
pub type MakeFleet = Arc<dyn Fn(&Settings) -> Arc<dyn Fleet> + Send + Sync>;

/// The provider.
pub struct ConfluenceProvider {
    config: SchemaData,
    registry: Registry<Session>,
    fleet: MakeFleet,
}

impl ConfluenceProvider {
    /// The provider with these machines.
    pub fn new(fleet: MakeFleet) -> Self {
        let mut registry = Registry::new();
        registry.resource::<Cluster>();
        let config = SchemaData { block: Settings::block(), ..SchemaData::default() };
        Self { config, registry, fleet }
    }
}

#[async_trait]
impl Provider for ConfluenceProvider {
    fn source(&self) -> &str {
        SOURCE
    }

    fn config_schema(&self) -> &SchemaData {
        &self.config
    }

    fn resource_type(&self, name: &str) -> Option<&dyn ResourceType> {
        self.registry.resource_type(name)
    }

    fn data_source(&self, name: &str) -> Option<&SchemaData> {
        self.registry.data_source(name)
    }

    fn resource_types(&self) -> Vec<&str> {
        self.registry.resource_types()
    }

    fn data_sources(&self) -> Vec<&str> {
        self.registry.data_sources()
    }

    fn claims(&self) -> &'static [&'static str] {
        &[claims::GROUP]
    }

    fn review(&self, input: &ReviewInput<'_>) -> Review {
        claims::review(input)
    }

    async fn configure(&self, config: &Value) -> Result<Arc<dyn Client>, Diagnostics> {
        let settings: Settings = crate::parse::object(config).unwrap_or_default();
        let login = match (&settings.token, &settings.username, &settings.password) {
            (Some(token), ..) => Login::Token(token.clone()),
            (None, Some(name), Some(password)) => Login::Password(name.clone(), password.clone()),
            _ => Login::Nobody,
        };
        let session = Session::new((self.fleet)(&settings), login);
        Ok(Arc::new(self.registry.client(Arc::new(session))))
    }
}

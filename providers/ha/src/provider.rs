//! The provider of failover groups as the engine sees it.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use plumb_engine::diagnostic::{Diagnostic, Diagnostics};
use plumb_engine::provider::typed::TypedClient;
use plumb_engine::provider::{
    ActiveMember, Client, Creation, IntentKey, Known, Provider, ProviderError, ReadOutcome, Registry, ResourceType,
    Review, ReviewInput, Reviewed, Settled, Trace, TypedClientHandle,
};
use plumb_engine::schema::{Attribute, Block, Schema};
use plumb_engine::value::{Type, Value};

use crate::cloud::Cloud;
use crate::group::{Cluster, Group};
use crate::model::recorded::Records;
use crate::model::{self, HaCluster, HaGroup, IamPolicy};

/// Source address under which configurations know the provider.
pub const SOURCE: &str = "registry.terraform.io/plumb/ha";

/// Who has a group, as whoever gives out the right to have it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The server; `None` while the group is stopped.
    pub server: Option<String>,
    /// Number of the last transition.
    pub epoch: u64,
    /// Whether an agent renews the right to have it.
    pub alive: bool,
}

/// What is known and done about groups besides AWS itself: leases, journals, transitions.
#[async_trait]
pub trait Runtime: Send + Sync {
    /// Who has a group; `None` when nobody keeps record of it.
    async fn owner(&self, cluster: &Cluster, group: &Group) -> Result<Option<Owner>, ProviderError>;

    /// Moves a group to a server, or stops it where there is none to move to. Nothing is changed when a check before it
    /// fails.
    async fn transfer(
        &self,
        cloud: Arc<dyn Cloud>,
        cluster: &Cluster,
        group: &Group,
        to: Option<&str>,
    ) -> Result<(), ProviderError>;

    /// Keeps record of who has a group that something else has brought there: an apply that made or destroyed it. Where
    /// that is recorded already, nothing is.
    async fn note(
        &self,
        cloud: Arc<dyn Cloud>,
        cluster: &Cluster,
        group: &Group,
        server: Option<&str>,
    ) -> Result<(), ProviderError>;

    /// How many calls of an API were sent so far to those who keep record.
    fn calls(&self) -> u64 {
        0
    }
}

/// Connections to AWS by region.
#[async_trait]
pub trait Clouds: Send + Sync {
    /// The connection to a region; left out, the region that the settings of the environment name.
    async fn connect(&self, region: Option<&str>) -> Result<Arc<dyn Cloud>, Diagnostics>;
}

/// What resources of the provider act through.
pub struct Ha {
    region: Option<String>,
    clouds: Arc<dyn Clouds>,
    runtime: Arc<dyn Runtime>,
    /// Calls of the runtime before this client was made: other clients have it too.
    before: u64,
    connected: Mutex<BTreeMap<Option<String>, Arc<dyn Cloud>>>,
}

impl Ha {
    /// A client with ways to AWS and to who keeps record of groups.
    pub fn new(region: Option<String>, clouds: Arc<dyn Clouds>, runtime: Arc<dyn Runtime>) -> Self {
        let before = runtime.calls();
        Self { region, clouds, runtime, before, connected: Mutex::new(BTreeMap::new()) }
    }

    /// Region of clusters that name none.
    pub fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// Who keeps record of groups.
    pub fn runtime(&self) -> &dyn Runtime {
        &*self.runtime
    }

    /// AWS in the region of a cluster.
    ///
    /// # Errors
    /// There is no region, or there are no credentials.
    pub async fn cloud(&self, cluster: &Cluster) -> Result<Arc<dyn Cloud>, ProviderError> {
        let region = cluster.region.clone().or_else(|| self.region.clone());
        if let Some(cloud) = self.connected().get(&region) {
            return Ok(cloud.clone());
        }
        let made = self.clouds.connect(region.as_deref()).await.map_err(|found| {
            let reason = found.iter().next().map_or_else(String::new, |it| it.detail.clone());
            ProviderError::refused(format!("connecting to AWS for the cluster {}", cluster.name), reason)
        })?;
        // Whoever was faster made one that serves as well.
        Ok(self.connected().entry(region).or_insert(made).clone())
    }

    fn connected(&self) -> MutexGuard<'_, BTreeMap<Option<String>, Arc<dyn Cloud>>> {
        self.connected.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TypedClient for Ha {
    fn calls(&self) -> u64 {
        let aws: u64 = self.connected().values().map(|it| it.sent()).sum();
        aws + self.runtime.calls() - self.before
    }
}

/// The provider `plumb/ha`: `ha_cluster`, `ha_group` and the data source `ha_iam_policy`.
pub fn provider() -> Arc<dyn Provider> {
    Arc::new(HaProvider::new(clouds(), Arc::new(Records::of_environment())))
}

/// The provider with its own ways to AWS and to who keeps record of groups.
pub struct HaProvider {
    schema: Schema,
    registry: Registry<Ha>,
    clouds: Arc<dyn Clouds>,
    runtime: Arc<dyn Runtime>,
}

impl HaProvider {
    /// With ways to AWS and to who keeps record of groups.
    pub fn new(clouds: Arc<dyn Clouds>, runtime: Arc<dyn Runtime>) -> Self {
        let mut registry = Registry::new();
        registry.resource::<HaCluster>().resource::<HaGroup>().data::<IamPolicy>();
        Self { schema: settings(), registry, clouds, runtime }
    }
}

fn settings() -> Schema {
    let description =
        "Region of clusters that name none; left out, the one that the AWS settings of the environment name.";
    let region = Attribute { description: description.into(), ..Attribute::optional(Type::String) };
    let block = Block { attributes: [("region".into(), region)].into(), ..Block::default() };
    Schema { block, ..Schema::default() }
}

#[async_trait]
impl Provider for HaProvider {
    fn source(&self) -> &str {
        SOURCE
    }

    fn config_schema(&self) -> &Schema {
        &self.schema
    }

    fn resource_type(&self, name: &str) -> Option<&dyn ResourceType> {
        self.registry.resource_type(name)
    }

    fn data_source(&self, name: &str) -> Option<&Schema> {
        self.registry.data_source(name)
    }

    fn resource_types(&self) -> Vec<&str> {
        self.registry.resource_types()
    }

    fn data_sources(&self) -> Vec<&str> {
        self.registry.data_sources()
    }

    fn claims(&self) -> &'static [&'static str] {
        model::review::CLAIMABLE
    }

    fn review(&self, input: &ReviewInput<'_>) -> Review {
        model::review::review(input)
    }

    async fn configure(&self, config: &Value) -> Result<Arc<dyn Client>, Diagnostics> {
        let set = config.get("region").and_then(Value::as_str).map(str::to_owned);
        let region =
            set.or_else(|| std::env::var("AWS_REGION").ok()).or_else(|| std::env::var("AWS_DEFAULT_REGION").ok());
        let region = region.filter(|it| !it.is_empty());
        let ha = Arc::new(Ha::new(region, self.clouds.clone(), self.runtime.clone()));
        Ok(Arc::new(HaClient { typed: self.registry.client(ha.clone()), ha }))
    }
}

/// The typed client with what only groups have: looks before an apply, and active members.
struct HaClient {
    typed: TypedClientHandle<Ha>,
    ha: Arc<Ha>,
}

#[async_trait]
impl Client for HaClient {
    async fn read(&self, type_name: &str, objects: Vec<Known>) -> Vec<ReadOutcome> {
        self.typed.read(type_name, objects).await
    }

    async fn create(&self, type_name: &str, planned: &Value, creation: &Creation<'_>) -> Result<Value, ProviderError> {
        self.typed.create(type_name, planned, creation).await
    }

    async fn update(&self, type_name: &str, prior: &Value, planned: &Value) -> Result<Value, ProviderError> {
        self.typed.update(type_name, prior, planned).await
    }

    async fn delete(&self, type_name: &str, prior: &Value) -> Result<(), ProviderError> {
        self.typed.delete(type_name, prior).await
    }

    async fn find(&self, type_name: &str, planned: &Value, key: &IntentKey) -> Result<Option<Value>, ProviderError> {
        self.typed.find(type_name, planned, key).await
    }

    async fn settle(&self, type_name: &str, planned: &Value, trace: Trace<'_>) -> Result<Settled, ProviderError> {
        self.typed.settle(type_name, planned, trace).await
    }

    async fn list(&self, type_name: &str) -> Result<Vec<String>, ProviderError> {
        self.typed.list(type_name).await
    }

    async fn read_data(&self, type_name: &str, config: &Value) -> Result<Value, ProviderError> {
        self.typed.read_data(type_name, config).await
    }

    async fn inspect(&self, objects: &[Reviewed<'_>]) -> Diagnostics {
        model::inspect::inspect(&self.ha, objects).await
    }

    async fn active_member(&self, type_name: &str, owner: &Value) -> Result<ActiveMember, ProviderError> {
        model::resource::active_member(&self.ha, type_name, owner).await
    }

    fn as_any(&self) -> &dyn Any {
        self.typed.as_any()
    }

    fn calls(&self) -> u64 {
        self.typed.calls()
    }
}

#[cfg(feature = "aws")]
pub(crate) fn clouds() -> Arc<dyn Clouds> {
    Arc::new(aws::Regions)
}

#[cfg(not(feature = "aws"))]
pub(crate) fn clouds() -> Arc<dyn Clouds> {
    Arc::new(NoClouds)
}

/// A build without AWS: configurations are checked and planned, and nothing is done.
pub struct NoClouds;

impl NoClouds {
    /// What is said instead of an answer of AWS.
    pub fn refusal() -> Diagnostics {
        let detail = "This build of plumb cannot talk to AWS: it checks and plans configurations only.";
        Diagnostic::error("AWS is not part of this build", detail).into()
    }
}

#[async_trait]
impl Clouds for NoClouds {
    async fn connect(&self, _region: Option<&str>) -> Result<Arc<dyn Cloud>, Diagnostics> {
        Err(Self::refusal())
    }
}

#[cfg(feature = "aws")]
mod aws {
    //! AWS through its SDK, with patience.

    use std::sync::Arc;

    use async_trait::async_trait;
    use plumb_engine::diagnostic::Diagnostics;

    use super::Clouds;
    use crate::cloud::Cloud;
    use crate::cloud::aws::Aws;
    use crate::cloud::patient::{Patience, Patient};
    use crate::group::defaults::CALL_TIMEOUT;

    /// Every region of AWS.
    pub struct Regions;

    #[async_trait]
    impl Clouds for Regions {
        async fn connect(&self, region: Option<&str>) -> Result<Arc<dyn Cloud>, Diagnostics> {
            Ok(Arc::new(Patient::new(Aws::connect(region).await?, Patience::within(CALL_TIMEOUT))))
        }
    }
}

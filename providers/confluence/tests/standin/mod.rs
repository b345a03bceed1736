//! What stands in for AWS and Confluence: machines in memory whose nodes serve on loopback behind a balancer.

pub mod http;
pub mod ledger;
pub mod world;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use plumb_engine::provider::{
    ChangeSteps, Client, Known, PlannedChange, Provider, ProviderError, ReadOutcome, Stepping,
};
use plumb_engine::schema::Block;
use plumb_engine::value::{Value, infer_json};
use plumb_provider_confluence::fleet::memory::MemoryFleet;
use plumb_provider_confluence::fleet::{Fleet, Sizes, Template};
use plumb_provider_confluence::{ConfluenceProvider, upgrade};
use serde_json::{Value as Json, json};

use self::http::Server;
use self::ledger::{Kill, Ledger};
use self::world::{Hosts, World};

pub const NODES: &str = "arn:targets/nodes";
pub const SYNCHRONY: &str = "arn:targets/synchrony";
const TYPE: &str = "confluence_cluster";

/// A site: nodes of 9.2.1 from version 1 of their template; version 2 makes nodes of 9.2.3.
pub struct Site {
    pub world: Arc<World>,
    pub fleet: Arc<MemoryFleet>,
    pub balancer: Server,
    provider: ConfluenceProvider,
    client: Arc<dyn Client>,
    /// The object as the state has it.
    pub object: Value,
    /// What an earlier run has left.
    pub left: Option<ChangeSteps>,
}

impl Site {
    pub async fn new() -> Self {
        Self::at("/rest/zdu").await
    }

    /// A site whose calls for rolling upgrades are at `zdu`.
    pub async fn at(zdu: &'static str) -> Self {
        let world = World::new("9.2.1", &[("1", "9.2.1"), ("2", "9.2.3"), ("3", "9.2.3")], zdu);
        let fleet = Arc::new(MemoryFleet::new(Arc::new(Hosts(world.clone()))));
        let template = Template { id: "lt-1".into(), version: "1".into() };
        fleet.add_group("nodes", Sizes { min: 3, max: 4, desired: 3 }, &template, Some(NODES));
        fleet.add_group("synchrony", Sizes::exactly(1), &template, Some(SYNCHRONY));
        let balancer = balancer(world.clone(), fleet.clone());
        let machines = fleet.clone();
        let provider = ConfluenceProvider::new(Arc::new(move |_| machines.clone() as Arc<dyn Fleet>));
        let settings = provider.config_schema().block.empty().with("token", Value::from("token"));
        let client = provider.configure(&settings).await.unwrap();
        let object = Value::from(false);
        let mut site = Self { world, fleet, balancer, provider, client, object, left: None };
        while site.fleet.serving(NODES).len() < 3 {
            site.fleet.targets(NODES).await.unwrap();
            for id in ["i-0001", "i-0002", "i-0003"] {
                http::send(site.world.server(id).unwrap(), &get("/status"));
            }
        }
        site.object = site.wanted("9.2.1", "1", "stop_all");
        site.refresh().await;
        site
    }

    /// The object that a configuration asks for.
    pub fn wanted(&self, version: &str, template: &str, strategy: &str) -> Value {
        let json = json!({
            "id": self.url(), "base_url": self.url(), "version": version, "upgrade_strategy": strategy,
            "node_group": {
                "name": "nodes", "min_size": 3, "max_size": 4, "target_group_arn": NODES,
                "launch_template_id": "lt-1", "launch_template_version": template,
            },
            "synchrony_group": {
                "name": "synchrony", "min_size": 1, "target_group_arn": SYNCHRONY, "launch_template_id": "lt-1",
                "launch_template_version": template,
            },
            "database": { "instance": "db" },
            "limits": { "drain": "5s", "stop": "5s", "start": "5s", "tasks": "5s", "backup": "5s", "poll": "2ms" },
        });
        self.with(&json)
    }

    /// An object with these attributes, those that are computed as they were.
    pub fn with(&self, json: &Json) -> Value {
        let block = &self.provider.resource_type(TYPE).unwrap().schema().block;
        let object = filled(block, &infer_json(json));
        let kept = ["cluster_state", "nodes"].iter().filter_map(|name| Some((*name, self.object.get(name)?.clone())));
        let object = kept.fold(object, |object, (name, value)| object.with(name, value));
        plumb_engine::value::convert(&object, &block.ty()).unwrap()
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.balancer.address)
    }

    /// Reads an object under the login of another provider block.
    pub async fn read_as(&self, token: Option<&str>, object: &Value) -> ReadOutcome {
        let settings = self.provider.config_schema().block.empty();
        let settings = token.map_or(settings.clone(), |token| settings.with("token", Value::from(token)));
        let client = self.provider.configure(&settings).await.unwrap();
        client.read(TYPE, vec![Known { id: self.url(), object: Some(object.clone()) }]).await.remove(0)
    }

    /// Reads the object as it is now.
    pub async fn refresh(&mut self) {
        let known = Known { id: self.url(), object: Some(self.object.clone()) };
        match self.client.read(TYPE, vec![known]).await.remove(0) {
            ReadOutcome::Found(object) => self.object = object,
            other => panic!("{other:?}"),
        }
    }

    /// Plans the change to `wanted` as the engine does: refreshed, with what an earlier run has left.
    pub async fn plan(&mut self, wanted: &Value) -> Result<Option<ChangeSteps>, Vec<String>> {
        self.refresh().await;
        let computed = ["cluster_state", "nodes"];
        let planned =
            computed.iter().fold(wanted.clone(), |it, name| it.with(name, self.object.get(name).unwrap().clone()));
        let change = PlannedChange { prior: self.object.clone(), config: wanted.clone(), planned, replace: Vec::new() };
        let steps = self.provider.resource_type(TYPE).unwrap().steps(&change, self.left.as_ref(), None);
        let steps = steps.map_err(|found| found.iter().map(|it| it.summary.clone()).collect::<Vec<_>>())?;
        Ok(steps.and_then(|it| it.or_left(self.left.as_ref())))
    }

    /// Applies a change that needs no steps.
    pub async fn update(&mut self, wanted: &Value) {
        assert_eq!(self.plan(wanted).await.unwrap(), None);
        self.object = self.client.update(TYPE, &self.object, wanted).await.unwrap();
    }

    /// Takes back the upgrade that was begun.
    pub async fn cancel(&self) -> Result<Vec<String>, ProviderError> {
        upgrade::cancel(&*self.client, &self.object, self.left.as_ref().unwrap()).await
    }

    /// Plans and applies, until the end or until the run is killed.
    pub async fn apply(&mut self, wanted: &Value, kill: Option<Kill>) -> Result<(), ProviderError> {
        let Some(steps) = self.plan(wanted).await.unwrap() else { return Ok(()) };
        let ledger = Ledger::new(&steps, kill);
        let stepping = Stepping::new(&steps, &ledger);
        let work = self.client.update_in_steps(TYPE, &self.object, wanted, stepping);
        let result = tokio::select! {
            result = work => result,
            () = ledger.killed() => Err(ProviderError::refused("running", ledger::KILLED)),
        };
        let done = ledger.done();
        self.left = (done < steps.steps.len()).then_some(ChangeSteps { done, ..steps });
        // As the executor does, the object is stored as it is after a failure, too.
        match result {
            Ok(object) => self.object = object,
            Err(error) => {
                self.refresh().await;
                return Err(error);
            }
        }
        Ok(())
    }
}

/// A block with what is given and the defaults of the rest.
fn filled(block: &Block, given: &Value) -> Value {
    let defaults = block.attributes.iter().filter_map(|(name, it)| Some((name, it.default.clone()?)));
    let object = defaults.fold(block.empty(), |object, (name, value)| object.with(name, value));
    given.as_map().unwrap().iter().fold(object, |object, (name, value)| match block.blocks.get(name) {
        Some(nested) => object.with(name, filled(&nested.block, value)),
        None => object.with(name, value.clone()),
    })
}

pub fn get(path: &str) -> http::Request {
    http::Request { method: "GET".into(), path: path.into(), authorization: None }
}

/// Sends each request to one of the machines that are healthy in the target group, in turn.
fn balancer(world: Arc<World>, fleet: Arc<MemoryFleet>) -> Server {
    let turn = AtomicUsize::new(0);
    Server::start(IpAddr::V4(Ipv4Addr::LOCALHOST), move |request| {
        let chosen = fleet.route(NODES, |serving| {
            let next = turn.fetch_add(1, Ordering::Relaxed) % serving.len().max(1);
            serving.get(next).inspect(|id| world.enter(id)).cloned()
        });
        let Some(id) = chosen else { return (503, "no healthy target".into()) };
        let answer = world.server(&id).and_then(|address| http::send(address, &request));
        world.leave(&id);
        answer.unwrap_or((502, "the target did not answer".into()))
    })
}

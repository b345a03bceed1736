//! The account that applies work on: nodes that live in one another and use one another, and rules that no apply may break.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result, TypedClient};
use plumb_engine::provider::{
    Client, Creation, IntentKey, Provider, ProviderError, Providers, Recognition, Registry, ResourceType,
};
use plumb_engine::schema::Schema as ProviderSchema;
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::doom::{Doom, Fault};

/// Source address of the provider.
pub const SOURCE: &str = "registry.terraform.io/hashicorp/fake";

/// A node there.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub name: String,
    pub size: i64,
    pub note: Option<String>,
    pub parent: Option<Id>,
    pub peers: Vec<Id>,
    pub key: String,
}

/// What outlives every process.
#[derive(Default)]
pub struct World {
    pub nodes: BTreeMap<Id, Node>,
    /// Keys under which something was made.
    pub made: BTreeSet<String>,
    /// Ids of nodes that a plan deletes before it makes another in their place: who uses them goes without for a while.
    pub replaced: BTreeSet<Id>,
    /// Nodes that the next reads do not show, and how many reads.
    pub hidden: BTreeMap<Id, u32>,
    /// Rules that were broken.
    pub broken: Vec<String>,
    last: u64,
}

/// The account as one process sees it.
pub struct Account {
    world: Arc<Mutex<World>>,
    doom: Arc<Doom>,
}

impl Account {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    /// One call with an effect.
    async fn call<T>(&self, name: &str, effect: impl FnOnce(&mut World) -> Result<T>) -> Result<T> {
        self.doom.call().await;
        let fault = self.doom.fault(name);
        let lost = || ProviderError::unanswered(name, "connection reset");
        let result = match fault {
            Fault::Refused => Err(ProviderError::refused(name, "AccessDenied: 403")),
            Fault::Unsent => Err(lost()),
            Fault::None | Fault::Unheard => effect(&mut self.world()),
        };
        self.doom.call().await;
        if fault == Fault::Unheard { Err(lost()) } else { result }
    }
}

impl World {
    fn must(&mut self, holds: bool, rule: impl FnOnce() -> String) {
        if !holds {
            self.broken.push(rule());
        }
    }

    fn known(&mut self, who: &str, ids: &[Id]) {
        for id in ids {
            let known = self.nodes.contains_key(id);
            self.must(known, || format!("{who} names {id} before it is there"));
        }
    }

    fn create(&mut self, node: Node, unique: bool) -> Result<Id> {
        if unique && self.nodes.values().any(|it| it.name == node.name) {
            return Err(ProviderError::refused("CreateNode", format!("AlreadyExists: {}", node.name)));
        }
        let needs: Vec<Id> = node.parent.iter().chain(&node.peers).cloned().collect();
        self.known(&node.name, &needs);
        let fresh = self.made.insert(node.key.clone());
        self.must(fresh, || format!("{} was made twice under one key", node.name));
        self.last += 1;
        let id = format!("i-{}", self.last);
        self.nodes.insert(id.clone(), node);
        Ok(id)
    }

    fn delete(&mut self, id: &str) -> Result<()> {
        let lives = self.nodes.values().find(|it| it.parent.as_deref() == Some(id)).map(|it| it.name.clone());
        self.must(lives.is_none(), || format!("{id} is deleted while {lives:?} lives in it"));
        let user = self.nodes.values().find(|it| it.peers.iter().any(|peer| peer == id)).map(|it| it.name.clone());
        let allowed = user.is_none() || self.replaced.contains(id);
        self.must(allowed, || format!("{id} is deleted while {user:?} uses it"));
        self.nodes.remove(id);
        Ok(())
    }

    /// Whether a read shows a node, if it is there.
    fn is_shown(&mut self, id: &str) -> bool {
        match self.hidden.get_mut(id) {
            Some(left) if *left > 0 => {
                *left -= 1;
                false
            }
            _ => true,
        }
    }

    fn node(&mut self, id: &str) -> Result<&mut Node> {
        self.nodes.get_mut(id).ok_or_else(|| ProviderError::refused("ModifyNode", format!("NotFound: {id}")))
    }
}

impl TypedClient for Account {
    fn calls(&self) -> u64 {
        0
    }
}

macro_rules! node_type {
    ($type:ident, $name:literal, $recognition:ident, $find:expr) => {
        /// A node.
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Schema)]
        pub struct $type {
            /// Name.
            #[attr(force_new)]
            pub name: String,
            /// Size.
            pub size: i64,
            /// Note, which a second call sets.
            pub note: Option<String>,
            /// Node that it lives in.
            #[attr(force_new)]
            pub parent: Option<String>,
            /// Nodes that it uses.
            pub peers: Vec<String>,
        }

        impl Resource for $type {
            type Client = Account;
            const TYPE: &'static str = $name;
            const RECOGNITION: Recognition = Recognition::$recognition;
            const BATCH: usize = 3;

            async fn create(&self, account: &Account, creation: &Creation<'_>) -> Result<Made<Self>> {
                let node = Node {
                    name: self.name.clone(),
                    size: self.size,
                    note: None,
                    parent: self.parent.clone(),
                    peers: self.peers.clone(),
                    key: creation.key.to_string(),
                };
                let unique = Self::RECOGNITION == Recognition::NaturalName;
                let id = account.call("CreateNode", |world| world.create(node, unique)).await?;
                creation.made(&id);
                if self.note.is_some() {
                    let note = self.note.clone();
                    account.call("SetNote", |world| world.node(&id).map(|it| it.note = note)).await?;
                }
                Ok(Made::id(id))
            }

            async fn read(account: &Account, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
                let seen = |world: &mut World| {
                    let found = objects.iter().filter(|it| world.is_shown(&it.id)).collect::<Vec<_>>();
                    let found = found.into_iter().filter_map(|it| {
                        let Node { name, size, note, parent, peers, .. } = world.nodes.get(&it.id)?.clone();
                        Some(Observed::ready(it.id.clone(), Self { name, size, note, parent, peers }))
                    });
                    Ok(found.collect())
                };
                account.call("DescribeNodes", seen).await
            }

            async fn update(&self, account: &Account, id: &str, prior: &Self) -> Result<()> {
                if self.size != prior.size || self.note != prior.note {
                    let (size, note) = (self.size, self.note.clone());
                    account
                        .call("ModifyNode", |world| {
                            let node = world.node(id)?;
                            (node.size, node.note) = (size, note);
                            Ok(())
                        })
                        .await?;
                }
                if self.peers != prior.peers {
                    let peers = self.peers.clone();
                    account
                        .call("RewireNode", |world| {
                            world.known(id, &peers);
                            world.node(id)?.peers = peers;
                            Ok(())
                        })
                        .await?;
                }
                Ok(())
            }

            async fn delete(&self, account: &Account, id: &str) -> Result<()> {
                account
                    .call("DeleteNode", |world| if world.nodes.contains_key(id) { world.delete(id) } else { Ok(()) })
                    .await
            }

            async fn find(&self, account: &Account, key: &IntentKey) -> Result<Option<Id>> {
                let same: fn(&Self, &Node, &IntentKey) -> bool = $find;
                let found = |world: &mut World| {
                    Ok(world.nodes.iter().find(|(_, it)| same(self, it, key)).map(|(id, _)| id.clone()))
                };
                account.call("FindNode", found).await
            }
        }
    };
}

node_type!(Tagged, "fake_tagged", Tag, |_, node, key| node.key == key.as_str());
node_type!(Named, "fake_named", NaturalName, |wanted, node, _| node.name == wanted.name);

/// The provider of a process.
struct Fake {
    config: ProviderSchema,
    registry: Registry<Account>,
    account: Arc<Account>,
}

/// The provider of a process that works on a world until its doom.
pub fn providers(world: &Arc<Mutex<World>>, doom: &Arc<Doom>) -> Providers {
    let mut registry = Registry::new();
    registry.resource::<Tagged>().resource::<Named>();
    let account = Arc::new(Account { world: world.clone(), doom: doom.clone() });
    let mut providers = Providers::default();
    providers.add(Arc::new(Fake { config: ProviderSchema::default(), registry, account }));
    providers
}

#[async_trait]
impl Provider for Fake {
    fn source(&self) -> &str {
        SOURCE
    }

    fn config_schema(&self) -> &ProviderSchema {
        &self.config
    }

    fn resource_type(&self, name: &str) -> Option<&dyn ResourceType> {
        self.registry.resource_type(name)
    }

    fn data_source(&self, _name: &str) -> Option<&ProviderSchema> {
        None
    }

    fn resource_types(&self) -> Vec<&str> {
        self.registry.resource_types()
    }

    fn data_sources(&self) -> Vec<&str> {
        Vec::new()
    }

    async fn configure(&self, _config: &Value) -> std::result::Result<Arc<dyn Client>, Diagnostics> {
        Ok(Arc::new(self.registry.client(self.account.clone())))
    }
}

//! Ephemeral resources of an apply: opened before the first operation that needs them, closed after the last one.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use petgraph::graph::NodeIndex;

use super::executor::{Executor, Progress};
use crate::addr::ResourceName;
use crate::config::graph::{Node, Order};
use crate::config::{Config, ModuleIndex, ProviderAddr};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::ephemeral::Lifetime;
use crate::eval::{Each, ModuleId};
use crate::operations::{Operation, OperationKind, Operations, Step};
use crate::plan::checks::Place;
use crate::plan::ephemerals::{deferred, is_ephemeral, no_ephemeral_type, opened};
use crate::plan::walk::provider_error;
use crate::plan::{Plan, PlanMode};
use crate::value::Value;

/// Ephemeral blocks: who needs them, and those that are open.
pub(super) struct Ephemerals {
    /// The ephemeral blocks that each block needs, in the order in which they are opened.
    needed: HashMap<Node, Vec<Node>>,
    /// The steps that need each of them.
    users: BTreeMap<Node, BTreeSet<NodeIndex>>,
    /// Blocks that were opened, and whether that went well.
    tried: BTreeMap<Node, bool>,
    open: BTreeMap<Node, Vec<Lifetime>>,
}

impl Ephemerals {
    /// Nothing is open yet.
    pub fn new(config: &Config, order: &Order, operations: &Operations, plan: &Plan) -> Self {
        let needed = order.needs_among(is_ephemeral);
        let mut users: BTreeMap<Node, BTreeSet<NodeIndex>> = BTreeMap::new();
        if !needed.is_empty() {
            for at in operations.graph.node_indices() {
                let Step::Operation(operation) = &operations.graph[at] else { continue };
                let Some(node) = block_of(config, plan, operation) else { continue };
                for need in needed.get(&node).into_iter().flatten() {
                    users.entry(need.clone()).or_default().insert(at);
                }
            }
        }
        Self { needed, users, tried: BTreeMap::new(), open: BTreeMap::new() }
    }
}

/// The block whose needs an operation has: the object's own, or for a delete its provider's.
fn block_of(config: &Config, plan: &Plan, operation: &Operation) -> Option<Node> {
    let change = &plan.changes[operation.change];
    let provider = || ProviderAddr::parse(&change.provider).map(Node::Provider);
    match operation.kind {
        OperationKind::Forget => None,
        OperationKind::Delete(_) => provider(),
        _ => match config.find_module(&change.object.addr.module.path()) {
            Some(index) if config.resource(&change.object.addr.config()).is_some() => {
                Some(Node::Resource(index, change.object.addr.resource.clone()))
            }
            _ => provider(),
        },
    }
}

impl Executor<'_> {
    /// Opens what an operation needs.
    ///
    /// # Errors
    /// Something cannot be opened; nothing is in the diagnostics where that was said already.
    pub(super) async fn open_for(&mut self, operation: &Operation) -> Result<(), Diagnostics> {
        match block_of(self.request.config, self.request.plan, operation) {
            Some(node) => self.open_needs_of(&node).await,
            None => Ok(()),
        }
    }

    async fn open_needs_of(&mut self, node: &Node) -> Result<(), Diagnostics> {
        for need in self.ephemerals.needed.get(node).cloned().unwrap_or_default() {
            match self.ephemerals.tried.get(&need) {
                Some(true) => continue,
                Some(false) => return Err(Diagnostics::new()),
                None => {}
            }
            let Node::Resource(module, name) = &need else { continue };
            let done = self.open_block(*module, name, &need).await;
            self.ephemerals.tried.insert(need.clone(), done.is_ok());
            done?;
            // Whatever was made of it before it was open is made again.
            self.evaluator.forget_unknown();
        }
        Ok(())
    }

    async fn open_block(&mut self, module: ModuleIndex, name: &ResourceName, node: &Node) -> Result<(), Diagnostics> {
        for instance in self.evaluator.instances_of(module) {
            let (kind, keys) = self.evaluator.expand_resource(instance, name)?;
            self.evaluator.objects.declare(instance, name, kind, BTreeMap::new());
            for (key, each) in keys {
                let value = self.open_instance((instance, name), (&key, &each), node).await?;
                self.evaluator.objects.set(instance, name, &key, value);
            }
        }
        Ok(())
    }

    async fn open_instance(
        &mut self,
        (instance, name): (ModuleId, &ResourceName),
        (key, each): (&crate::addr::InstanceKey, &Each),
        node: &Node,
    ) -> Result<Value, Diagnostics> {
        let addr = self.evaluator.resource_addr(instance, name).instance(key.clone());
        let block = self.evaluator.block(instance, name);
        let provider_addr = self.evaluator.provider_of(instance, name);
        let provider = self.request.providers.get(&provider_addr.source).map(|it| &**it);
        let Some(ephemeral_type) = provider.and_then(|it| it.ephemeral_type(&name.type_name)) else {
            return Err(no_ephemeral_type(provider, &provider_addr.source, &name.type_name, block.span).into());
        };
        let rules = (block.lifecycle.preconditions.as_slice(), "Resource precondition failed", Severity::Error);
        let (_, found) = self.judge(instance, rules, (each, None), &Place::of_resource(&addr));
        if found.has_errors() {
            return Err(found);
        }
        let desired = self.evaluator.configure(instance, name, (key, each), ephemeral_type.schema())?;
        if !desired.config.is_wholly_known() {
            // The plan leaves out something that it needs; whoever needs the unknown part says so.
            return Ok(deferred(ephemeral_type, &desired.config));
        }
        let invalid: Diagnostics =
            ephemeral_type.validate(&desired.config).into_iter().map(|it| it.at(block.span)).collect();
        if invalid.has_errors() {
            return Err(invalid.of(&addr));
        }
        let (client, _) = self.client(&provider_addr.to_string()).await?;
        let done = crate::ephemeral::open(client, &addr, &desired.config, self.request.events).await;
        let (value, lifetime) = done.map_err(|error| {
            provider_error("Ephemeral resource could not be opened", &error).at(block.span).of(&addr)
        })?;
        self.ephemerals.open.entry(node.clone()).or_default().push(lifetime);
        let value = opened(&ephemeral_type.schema().block, value);
        let rules = (block.lifecycle.postconditions.as_slice(), "Resource postcondition failed", Severity::Error);
        let (_, found) = self.judge(instance, rules, (each, Some(&value)), &Place::of_resource(&addr));
        if found.has_errors() { Err(found) } else { Ok(value) }
    }

    /// Opens what the conditions and outputs need that are looked at last.
    pub(super) async fn open_for_conditions(&mut self) {
        let plan = self.request.plan;
        if self.ephemerals.needed.is_empty() || plan.mode != PlanMode::Normal || self.broken {
            return;
        }
        let undone = self.undone();
        let config = self.request.config;
        let all: Vec<Node> = self.order.nodes().filter(|it| self.is_judged_last(it)).cloned().collect();
        for node in all {
            let needs = self.order.closure([&node]);
            if needs.iter().filter_map(|it| it.resource(config)).any(|it| undone.contains(&it)) {
                continue;
            }
            if let Err(found) = self.open_needs_of(&node).await {
                self.diagnostics.extend(found);
            }
        }
    }

    fn is_judged_last(&self, node: &Node) -> bool {
        if !self.ephemerals.needed.contains_key(node) {
            return false;
        }
        let config = self.request.config;
        match node {
            Node::Variable(module, name) => !config.module(*module).variables[name].validations.is_empty(),
            Node::Output(module, name) => !config.module(*module).outputs[name].preconditions.is_empty(),
            Node::Check(..) => true,
            Node::Resource(module, name) => {
                let lifecycle = &config.module(*module).resources[name].lifecycle;
                let conditions = lifecycle.preconditions.iter().chain(&lifecycle.postconditions);
                !is_ephemeral(node) && conditions.count() > 0
            }
            _ => false,
        }
    }

    /// Closes what no step needs any more that is still to come.
    pub(super) async fn close_unused(&mut self) {
        if self.ephemerals.open.is_empty() {
            return;
        }
        let over =
            |at: &NodeIndex| matches!(self.progress[at.index()], Progress::Done | Progress::Failed | Progress::Skipped);
        let unused = |node: &&Node| self.ephemerals.users.get(*node).is_none_or(|users| users.iter().all(over));
        let nodes: Vec<Node> = self.ephemerals.open.keys().filter(unused).cloned().collect();
        self.close(nodes).await;
    }

    /// Closes whatever is open.
    pub(super) async fn close_all(&mut self) {
        let nodes = self.ephemerals.open.keys().cloned().collect();
        self.close(nodes).await;
    }

    async fn close(&mut self, nodes: Vec<Node>) {
        let lifetimes: Vec<Lifetime> =
            nodes.into_iter().filter_map(|node| self.ephemerals.open.remove(&node)).flatten().collect();
        for lifetime in lifetimes {
            let addr = lifetime.addr().clone();
            if let Err(error) = lifetime.close(self.request.events).await {
                let found: Diagnostic = provider_error("Ephemeral resource could not be closed", &error);
                self.diagnostics.push(found.of(&addr));
            }
        }
    }
}

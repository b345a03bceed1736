//! Ephemeral resources of a plan: opened when their block is reached, closed when nothing that is left needs them.

use std::collections::{BTreeMap, HashMap};

use super::propose::{mark_sensitive, propose};
use super::reads::Job;
use super::walk::{Walk, provider_error};
use crate::addr::{InstanceAddr, InstanceKey, Mode, ResourceName};
use crate::config::graph::Node;
use crate::config::{ModuleIndex, ProviderAddr};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ephemeral::Lifetime;
use crate::eval::{DesiredInstance, Each, ModuleId};
use crate::provider::{EphemeralType, Provider, ProviderError};
use crate::schema::Block;
use crate::source::Span;
use crate::value::{Marks, Value};

/// Ephemeral resources that are open, by their block.
pub(super) type Open = BTreeMap<Node, Vec<Lifetime>>;

/// The diagnostic of an ephemeral resource type that there is none of.
pub(crate) fn no_ephemeral_type(provider: Option<&dyn Provider>, source: &str, name: &str, span: Span) -> Diagnostic {
    match provider.filter(|it| !it.is_partial()) {
        Some(provider) => {
            let near = crate::config::did_you_mean(name, provider.ephemeral_types());
            let detail = format!("The provider {source} does not support ephemeral resource {name:?}.{near}");
            Diagnostic::error("Invalid ephemeral resource", detail).at(span)
        }
        None => {
            let detail = format!(
                "plumb cannot open the ephemeral resource type {name} of {source}. Take the value from a variable with \
                 ephemeral = true instead."
            );
            Diagnostic::error("Ephemeral resource type not supported", detail).at(span)
        }
    }
}

/// The object of an ephemeral resource that cannot be opened yet: what its configuration says, the rest unknown.
pub(crate) fn deferred(ephemeral_type: &dyn EphemeralType, config: &Value) -> Value {
    let schema = ephemeral_type.schema();
    let value = propose(schema, &Value::null(schema.block.ty()), config);
    mark_sensitive(&schema.block, value).marked(Marks::EPHEMERAL)
}

/// The object of an ephemeral resource that was opened, with the marks that its type gives it.
pub(crate) fn opened(block: &Block, value: Value) -> Value {
    mark_sensitive(block, value).marked(Marks::EPHEMERAL)
}

impl<'a> Walk<'a> {
    /// Evaluates the instances of an ephemeral block; those whose configuration is known are opened.
    pub(super) fn ephemeral_jobs(&mut self, module: ModuleIndex, name: &ResourceName, jobs: &mut Vec<Job>) {
        for instance in self.evaluator.instances_of(module) {
            let Some((kind, keys)) = self.expand(instance, name) else { continue };
            self.evaluator.objects.declare(instance, name, kind, BTreeMap::new());
            for (key, each) in keys {
                let addr = self.evaluator.resource_addr(instance, name).instance(key.clone());
                if self.included.object(&addr) {
                    jobs.extend(self.ephemeral_job(instance, &addr, &key, &each));
                }
            }
        }
    }

    fn ephemeral_job(
        &mut self,
        instance: ModuleId,
        addr: &InstanceAddr,
        key: &InstanceKey,
        each: &Each,
    ) -> Option<Job> {
        let name = &addr.resource;
        let provider_addr = self.evaluator.provider_of(instance, name);
        let ephemeral_type = self.ephemeral_type_of(instance, name, &provider_addr)?;
        if !self.conditions_before(instance, name, key, each) {
            return None;
        }
        let desired = self.evaluator.configure(instance, name, (key, each), ephemeral_type.schema());
        let desired = self.take(desired)?;
        let span = self.evaluator.block(instance, name).span;
        let invalid: Diagnostics =
            ephemeral_type.validate(&desired.config).into_iter().map(|it| it.at(span).of(addr)).collect();
        if invalid.has_errors() {
            self.diagnostics.extend(invalid);
            return None;
        }
        self.diagnostics.extend(invalid);
        let client = self.clients.get(&provider_addr).cloned().flatten();
        let known = desired.config.is_wholly_known() && !self.is_pending(instance, name);
        match client.filter(|_| known) {
            Some(client) => Some(Job::Open { desired: Box::new(desired), client }),
            None => {
                let value = deferred(ephemeral_type, &desired.config);
                self.evaluator.objects.set(instance, name, key, value);
                None
            }
        }
    }

    fn ephemeral_type_of(
        &mut self,
        instance: ModuleId,
        name: &ResourceName,
        provider_addr: &ProviderAddr,
    ) -> Option<&'a dyn EphemeralType> {
        let provider = self.request.providers.get(&provider_addr.source).map(|it| &**it);
        let found = provider.and_then(|it| it.ephemeral_type(&name.type_name));
        if found.is_none() {
            let span = self.evaluator.block(instance, name).span;
            self.diagnostics.push(no_ephemeral_type(provider, &provider_addr.source, &name.type_name, span));
        }
        found
    }

    /// Takes in what came of opening an instance.
    pub(super) fn opened(&mut self, desired: DesiredInstance, result: Result<(Value, Lifetime), ProviderError>) {
        let addr = desired.addr;
        let Some(instance) = self.evaluator.find_module(&addr.module) else { return };
        let Some(index) = self.request.config.find_module(&addr.module.path()) else { return };
        let node = Node::Resource(index, addr.resource.clone());
        let (value, lifetime) = match result {
            Ok(done) => done,
            Err(error) => {
                let span = self.evaluator.block(instance, &addr.resource).span;
                let found = provider_error("Ephemeral resource could not be opened", &error).at(span).of(&addr);
                self.diagnostics.push(found);
                self.failed.insert(node);
                return;
            }
        };
        self.open.entry(node).or_default().push(lifetime);
        let provider = self.request.providers.get(&desired.provider.source);
        let schema = provider.and_then(|it| it.ephemeral_type(&addr.resource.type_name)).map(|it| it.schema());
        let value = schema.map_or(value.clone(), |schema| opened(&schema.block, value));
        self.evaluator.objects.set(instance, &addr.resource, &addr.key, value.clone());
        self.conditions_after(instance, &addr, &value);
    }

    /// The level of the walk after which nothing needs an ephemeral block any more, by block.
    pub(super) fn last_uses(&self, levels: &[Vec<&Node>]) -> BTreeMap<Node, usize> {
        let all: Vec<&Node> = levels.iter().flatten().copied().filter(|it| is_ephemeral(it)).collect();
        if all.is_empty() {
            return BTreeMap::new();
        }
        let level = levels.iter().enumerate().flat_map(|(at, nodes)| nodes.iter().map(move |node| (*node, at)));
        let level: HashMap<&Node, usize> = level.collect();
        let last =
            |node: &Node| self.order.dependents([node]).into_iter().filter_map(|it| level.get(it).copied()).max();
        all.into_iter().map(|node| (node.clone(), last(node).unwrap_or_default())).collect()
    }

    /// Closes what is open and not needed: everything, or what `ended` says.
    pub(super) async fn close(&mut self, ended: impl Fn(&Node) -> bool) {
        let nodes: Vec<Node> = self.open.keys().filter(|node| ended(node)).cloned().collect();
        for lifetime in nodes.into_iter().filter_map(|node| self.open.remove(&node)).flatten() {
            let addr = lifetime.addr().clone();
            if let Err(error) = lifetime.close(self.request.events).await {
                let found = provider_error("Ephemeral resource could not be closed", &error);
                self.diagnostics.push(found.of(&addr));
            }
        }
    }
}

/// Whether a block is an ephemeral one.
pub(crate) fn is_ephemeral(node: &Node) -> bool {
    matches!(node, Node::Resource(_, name) if name.mode == Mode::Ephemeral)
}

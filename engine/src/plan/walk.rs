//! The walk through a configuration that makes a plan: block by block, each after what it needs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::checks::Checks;
use super::claims::Owned;
use super::ephemerals::Open;
use super::managed::Wanted;
use super::prior::PriorObjects;
use super::reads::Job;
use super::scope::Included;
use super::unsupported::Unsupported;
use super::{PlanRequest, Refreshed, ResourceChange};
use crate::addr::{ConfigResource, InstanceAddr, Mode, ResourceName};
use crate::config::ProviderAddr;
use crate::config::graph::{Node, Order};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::{Evaluator, ModuleId};
use crate::provider::{Claim, Client, LateBinding, ProviderError, RuntimeChange};
use crate::store::ObjectKey;
use crate::value::Value;

/// What a plan is made of while it is being made.
pub struct Walk<'a> {
    /// What was asked for.
    pub request: &'a PlanRequest<'a>,
    /// Order of the blocks.
    pub order: &'a Order,
    /// Evaluates them.
    pub evaluator: Evaluator<'a>,
    /// Objects of the state.
    pub prior: PriorObjects,
    /// Clients by provider configuration; `None` while a configuration is unknown.
    pub clients: BTreeMap<ProviderAddr, Option<Arc<dyn Client>>>,
    /// Changes so far.
    pub changes: Vec<ResourceChange>,
    /// Results of conditions so far.
    pub checks: Checks,
    /// What was found so far.
    pub diagnostics: Diagnostics,
    /// Data read in this plan.
    pub data: Vec<Refreshed>,
    pub(super) included: Included<'a>,
    pub(super) dependencies: BTreeMap<ConfigResource, BTreeSet<ConfigResource>>,
    pub(super) create_before_destroy: BTreeSet<ConfigResource>,
    pub(super) actions: BTreeMap<InstanceAddr, usize>,
    pub(super) imports: BTreeMap<InstanceAddr, String>,
    pub(super) unsupported: Unsupported,
    pub(super) configs: BTreeMap<InstanceAddr, Wanted>,
    /// What run time owns of objects, as an earlier walk has found it.
    pub(super) known_owned: Owned,
    /// The same as this walk finds it.
    pub(super) owned: Owned,
    /// Types about whose objects providers may make claims.
    pub(super) claimable: BTreeSet<&'static str>,
    /// What run time owns.
    pub(super) claims: Vec<Claim>,
    pub(super) runtime_changes: Vec<RuntimeChange>,
    /// Objects that have drifted though only computed attributes tell, as they would be if they had not.
    pub(super) drifted: BTreeMap<ObjectKey, Value>,
    pub(super) late: BTreeMap<ObjectKey, LateBinding>,
    pub(super) failed: BTreeSet<Node>,
    /// Ephemeral resources that are open.
    pub(super) open: Open,
}

impl<'a> Walk<'a> {
    /// A walk that has not begun.
    pub fn new(
        request: &'a PlanRequest<'a>,
        order: &'a Order,
        evaluator: Evaluator<'a>,
        prior: PriorObjects,
        included: Included<'a>,
    ) -> Self {
        let mut dependencies = order.resource_dependencies(request.config);
        for needed in dependencies.values_mut() {
            // What is stored nowhere is nothing that a state could name.
            needed.retain(|it: &ConfigResource| it.resource.mode != Mode::Ephemeral);
        }
        let wants =
            |it: &&ConfigResource| request.config.resource(it).is_some_and(|it| it.lifecycle.create_before_destroy);
        let mut create_before_destroy = BTreeSet::new();
        // What a create-before-destroy object needs must outlive it the same way.
        for resource in dependencies.keys().filter(wants) {
            create_before_destroy.insert(resource.clone());
            create_before_destroy.extend(dependencies[resource].iter().cloned());
        }
        Self {
            request,
            order,
            evaluator,
            prior,
            clients: BTreeMap::new(),
            changes: Vec::new(),
            checks: Checks::default(),
            diagnostics: Diagnostics::new(),
            data: Vec::new(),
            included,
            dependencies,
            create_before_destroy,
            actions: BTreeMap::new(),
            imports: BTreeMap::new(),
            unsupported: Unsupported::default(),
            configs: BTreeMap::new(),
            known_owned: Owned::new(),
            owned: Owned::new(),
            claimable: request.providers.iter().flat_map(|it| it.claims()).copied().collect(),
            claims: Vec::new(),
            runtime_changes: Vec::new(),
            drifted: BTreeMap::new(),
            late: BTreeMap::new(),
            failed: BTreeSet::new(),
            open: Open::new(),
        }
    }

    /// Goes through the whole configuration.
    pub async fn run(&mut self) {
        self.collect_imports();
        // Objects whose configuration is gone still have a provider.
        let implied: Vec<_> =
            self.prior.providers().into_iter().filter(|it| !self.order.contains(&Node::Provider(it.clone()))).collect();
        let mut jobs = Vec::new();
        for addr in implied {
            jobs.extend(self.provider_job(&addr));
        }
        self.work(jobs).await;
        let levels = self.order.levels();
        let last_uses = self.last_uses(&levels);
        for (at, level) in levels.into_iter().enumerate() {
            let mut jobs = Vec::new();
            for node in &level {
                if self.skip(node) {
                    continue;
                }
                let before = self.diagnostics.errors();
                self.first_half(node, &mut jobs);
                if self.diagnostics.errors() > before {
                    self.failed.insert((*node).clone());
                }
            }
            self.work(jobs).await;
            for node in level {
                if let Node::Resource(module, name) = node
                    && name.mode == Mode::Managed
                    && !self.skip(node)
                {
                    let before = self.diagnostics.errors();
                    self.managed(*module, name);
                    if self.diagnostics.errors() > before {
                        self.failed.insert(node.clone());
                    }
                }
            }
            self.close(|node| last_uses.get(node) == Some(&at)).await;
        }
        self.close(|_| true).await;
    }

    /// A block is left out when it is not asked for, or when something that it needs has failed.
    fn skip(&mut self, node: &Node) -> bool {
        if self.failed.contains(node) || !self.included.node(node) {
            return true;
        }
        let broken = !self.failed.is_empty() && self.order.needs(node).any(|need| self.failed.contains(need));
        if broken {
            self.failed.insert(node.clone());
        }
        broken
    }

    /// Everything that needs no waiting; what does becomes a job.
    fn first_half(&mut self, node: &Node, jobs: &mut Vec<Job>) {
        match node {
            Node::Expand(module) => {
                let expanded = self.evaluator.expand_module(*module);
                self.take(expanded);
            }
            Node::Gate(_) | Node::Close(_) => {}
            Node::Variable(module, name) => self.variable(*module, name),
            Node::Local(module, name) => {
                for instance in self.evaluator.instances_of(*module) {
                    let value = self.evaluator.local(instance, name);
                    self.take(value);
                }
            }
            Node::Output(module, name) => self.output(*module, name),
            Node::Provider(addr) => jobs.extend(self.provider_job(addr)),
            Node::Resource(module, name) => match name.mode {
                Mode::Managed => self.import_jobs(*module, name, jobs),
                Mode::Data => self.data_jobs(*module, name, jobs),
                Mode::Ephemeral => self.ephemeral_jobs(*module, name, jobs),
            },
            Node::Check(module, name) => self.check(*module, name),
        }
    }

    pub(super) fn take<T>(&mut self, result: Result<T, Diagnostics>) -> Option<T> {
        result.map_err(|found| self.diagnostics.extend(found)).ok()
    }

    pub(super) fn expand(&mut self, instance: ModuleId, name: &ResourceName) -> Option<crate::eval::Expansion> {
        let expanded = self.evaluator.expand_resource(instance, name);
        self.take(expanded)
    }

    /// Adds a change to the plan.
    pub(super) fn record(&mut self, change: ResourceChange) {
        if change.object.deposed.is_none() {
            self.actions.insert(change.object.addr.clone(), self.changes.len());
        }
        self.changes.push(change);
    }

    pub(super) fn dependencies_of(&self, resource: &ConfigResource) -> Vec<ConfigResource> {
        self.dependencies.get(resource).map(|all| all.iter().cloned().collect()).unwrap_or_default()
    }
}

/// A provider's error as a diagnostic.
pub fn provider_error(summary: &str, error: &ProviderError) -> Diagnostic {
    let mut detail = format!("{error}.");
    if let Some(help) = &error.help {
        detail = format!("{detail}\n\n{help}");
    }
    Diagnostic::error(error.summary.as_deref().unwrap_or(summary), detail)
}

/// A plan that would delete what must not be deleted.
pub(super) fn prevented(addr: &InstanceAddr) -> Diagnostic {
    let detail = format!(
        "Resource {addr} has lifecycle.prevent_destroy set, but the plan calls for this resource to be destroyed. To \
         avoid this error and continue with the plan, either disable lifecycle.prevent_destroy or reduce the scope of \
         the plan using the -target option."
    );
    Diagnostic::error("Instance cannot be destroyed", detail).of(addr)
}

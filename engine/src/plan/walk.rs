//! The walk through a configuration that makes a plan: block by block, each after what it needs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use futures::StreamExt;

use super::change::{ChangeInput, plan_object};
use super::prior::PriorObjects;
use super::scope::Included;
use super::unsupported::Unsupported;
use super::{Action, CheckResult, PlanMode, PlanRequest, Reason, Refreshed, ResourceChange};
use crate::addr::{ConfigResource, InstanceAddr, InstanceKey, Mode, ResourceName};
use crate::config::graph::{Node, Order};
use crate::config::{IgnoreChanges, ModuleIndex, ProviderAddr};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::{DesiredInstance, Each, Evaluator, KeyKind, ModuleId};
use crate::events::Event;
use crate::provider::{Client, Known, ProviderError, ReadOutcome};
use crate::store::{ObjectKey, ObjectRecord, ObjectStatus};
use crate::value::{Path, Value};

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
    pub checks: Vec<CheckResult>,
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
    configs: BTreeMap<InstanceAddr, Wanted>,
    failed: BTreeSet<Node>,
}

/// What the configuration wants of an instance, kept to tell drift by.
struct Wanted {
    config: Value,
    ignored: Option<Vec<Path>>,
}

/// Objects of one type that are read together.
type OfType = (Arc<str>, Vec<(ObjectKey, Known)>);

/// Something that is read while the plan is made.
enum Job {
    Provider { addr: ProviderAddr, config: Value, objects: Vec<OfType> },
    Data { desired: Box<DesiredInstance>, client: Arc<dyn Client> },
    Import { addr: InstanceAddr, id: String, client: Arc<dyn Client> },
}

enum Done {
    Provider { addr: ProviderAddr, client: Result<Arc<dyn Client>, Diagnostics>, read: Vec<(ObjectKey, ReadOutcome)> },
    Data { desired: Box<DesiredInstance>, result: Result<Value, ProviderError> },
    Import { addr: InstanceAddr, id: String, outcome: ReadOutcome },
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
        let dependencies = order.resource_dependencies(request.config);
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
            checks: Vec::new(),
            diagnostics: Diagnostics::new(),
            data: Vec::new(),
            included,
            dependencies,
            create_before_destroy,
            actions: BTreeMap::new(),
            imports: BTreeMap::new(),
            unsupported: Unsupported::default(),
            configs: BTreeMap::new(),
            failed: BTreeSet::new(),
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
        for level in self.order.levels() {
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
        }
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
                Mode::Ephemeral => {
                    let span = self.request.config.module(*module).resources[name].span;
                    let detail = format!("{name}: the provider has no ephemeral resource of this type.");
                    self.diagnostics.push(Diagnostic::error("Unsupported ephemeral resource type", detail).at(span));
                }
            },
            Node::Check(module, name) => self.check(*module, name),
        }
    }

    pub(super) fn take<T>(&mut self, result: Result<T, Diagnostics>) -> Option<T> {
        result.map_err(|found| self.diagnostics.extend(found)).ok()
    }

    /// Configures a provider and reads all of its objects, as few calls as there are types and pages.
    fn provider_job(&mut self, addr: &ProviderAddr) -> Option<Job> {
        // A provider that plumb does not have is no error before an instance needs it.
        let provider = self.request.providers.get(&addr.source)?;
        let config = self.evaluator.configure_provider(addr, provider.config_schema());
        let config = self.take(config)?;
        if !config.is_wholly_known() {
            self.clients.insert(addr.clone(), None);
            return None;
        }
        let mut objects = Vec::new();
        if self.request.options.refresh {
            for (type_name, keys) in self.prior.of_provider(addr) {
                let keys: Vec<_> = keys.into_iter().filter(|key| self.included.object(&key.addr)).collect();
                if let Some(key) = keys.first()
                    && !provider.operates(&key.addr.resource)
                {
                    let all = &mut self.unsupported;
                    keys.iter().for_each(|key| all.add(&key.addr.resource, key.to_string(), &addr.source, None));
                    continue;
                }
                let keys = keys.into_iter();
                let known = keys.filter_map(|key| {
                    let value = self.prior.value(&key)?;
                    let id = value.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
                    let known = Known { id, object: Some(value.clone()) };
                    Some((key, known))
                });
                objects.push((type_name, known.collect()));
            }
        }
        Some(Job::Provider { addr: addr.clone(), config, objects })
    }

    fn data_jobs(&mut self, module: ModuleIndex, name: &ResourceName, jobs: &mut Vec<Job>) {
        for instance in self.evaluator.instances_of(module) {
            let Some((kind, keys)) = self.expand(instance, name) else { continue };
            self.evaluator.objects.declare(instance, name, kind, BTreeMap::new());
            for (key, each) in keys {
                let addr = self.evaluator.resource_addr(instance, name).instance(key.clone());
                if self.included.object(&addr) {
                    jobs.extend(self.data_job(instance, name, &key, &each));
                }
            }
        }
    }

    fn data_job(&mut self, instance: ModuleId, name: &ResourceName, key: &InstanceKey, each: &Each) -> Option<Job> {
        let provider_addr = self.evaluator.provider_of(instance, name);
        let addr = self.evaluator.resource_addr(instance, name).instance(key.clone());
        let schema = self.data_schema_of(instance, &addr, &provider_addr)?;
        self.conditions_before(instance, name, key, each);
        let desired = self.evaluator.configure(instance, name, (key, each), schema);
        let desired = self.take(desired)?;
        let client = self.clients.get(&provider_addr).cloned().flatten();
        let pending = self.is_pending(instance, name);
        let reason = if pending { Reason::ReadBecauseDependencyPending } else { Reason::ReadBecauseConfigUnknown };
        let client = client.filter(|_| !pending && desired.config.is_wholly_known() && !self.unsupported.has(name));
        let Some(client) = client else {
            let after = super::propose::propose(schema, &Value::null(schema.block.ty()), &desired.config);
            let after = super::propose::mark_sensitive(&schema.block, after);
            self.evaluator.objects.set(instance, name, key, after.clone());
            self.record(ResourceChange {
                object: ObjectKey::current(desired.addr.clone()),
                moved_from: None,
                provider: provider_addr.to_string(),
                action: Action::Read,
                reason: Some(reason),
                before: Value::null(schema.block.ty()),
                after,
                replace_paths: Vec::new(),
                importing: None,
                dependencies: self.dependencies_of(&desired.addr.config()),
                prior_dependencies: Vec::new(),
                create_before_destroy: false,
            });
            return None;
        };
        Some(Job::Data { desired: Box::new(desired), client })
    }

    /// Whether something that a data block explicitly waits for is about to change.
    fn is_pending(&self, instance: ModuleId, name: &ResourceName) -> bool {
        let module = self.evaluator.module_addr(instance).path();
        let Some(index) = self.request.config.find_module(&module) else { return false };
        let targets = self.order.waits_for(self.request.config, index, name);
        targets.iter().any(|resource| {
            self.changes.iter().any(|change| change.object.addr.config() == *resource && change.action != Action::NoOp)
        })
    }

    async fn work(&mut self, jobs: Vec<Job>) {
        let running = jobs.into_iter().map(|job| run(job, self.request));
        let done: Vec<Done> =
            futures::stream::iter(running).buffered(self.request.options.parallelism.max(1)).collect().await;
        for done in done {
            match done {
                Done::Provider { addr, client, read } => self.provider_done(addr, client, read),
                Done::Data { desired, result } => self.data_done(*desired, result),
                Done::Import { addr, id, outcome } => self.import_done(addr, id, outcome),
            }
        }
    }

    fn provider_done(
        &mut self,
        addr: ProviderAddr,
        client: Result<Arc<dyn Client>, Diagnostics>,
        read: Vec<(ObjectKey, ReadOutcome)>,
    ) {
        let Some(client) = self.take(client) else {
            self.failed.insert(Node::Provider(addr));
            return;
        };
        let Some(provider) = self.request.providers.get(&addr.source) else { return };
        self.clients.insert(addr.clone(), Some(client));
        for (key, outcome) in read {
            let Some(resource_type) = provider.resource_type(&key.addr.resource.type_name) else { continue };
            if let Err(diagnostic) = self.prior.observe(&key, outcome, resource_type.schema()) {
                self.diagnostics.push(*diagnostic);
                self.failed.insert(Node::Provider(addr.clone()));
            }
        }
    }

    fn data_done(&mut self, desired: DesiredInstance, result: Result<Value, ProviderError>) {
        let addr = desired.addr;
        let Some(instance) = self.evaluator.find_module(&addr.module) else { return };
        let value = match result {
            Ok(value) => value,
            Err(error) => {
                let span = self.evaluator.block(instance, &addr.resource).span;
                self.diagnostics.push(provider_error("Data source could not be read", &error).at(span).of(&addr));
                if let Some(index) = self.request.config.find_module(&addr.module.path()) {
                    self.failed.insert(Node::Resource(index, addr.resource.clone()));
                }
                return;
            }
        };
        let provider = self.request.providers.get(&desired.provider.source);
        let schema = provider.and_then(|it| it.data_source(&addr.resource.type_name));
        let value = schema.map_or(value.clone(), |schema| super::propose::mark_sensitive(&schema.block, value));
        self.evaluator.objects.set(instance, &addr.resource, &addr.key, value.clone());
        self.conditions_after(instance, &addr, &value);
        self.data.push(Refreshed {
            dependencies: self.dependencies_of(&addr.config()),
            object: ObjectKey::current(addr),
            provider: desired.provider.to_string(),
            value: Some(value),
        });
    }

    fn import_done(&mut self, addr: InstanceAddr, id: String, outcome: ReadOutcome) {
        let Some(instance) = self.evaluator.find_module(&addr.module) else { return };
        let provider = self.evaluator.provider_of(instance, &addr.resource);
        match outcome {
            ReadOutcome::Found(value) => {
                let record = ObjectRecord {
                    provider: provider.to_string(),
                    schema_version: 0,
                    status: ObjectStatus::Ready,
                    attributes: serde_json::Value::Null,
                    sensitive: Vec::new(),
                    dependencies: Vec::new(),
                    create_before_destroy: false,
                    row_version: 0,
                };
                self.prior.add(addr, record, value);
            }
            ReadOutcome::Absent => {
                self.imports.remove(&addr);
                let detail = format!(
                    "There is no {} with the id {id:?}, so it cannot be imported to {addr}. Check the id, the region and \
                     the account.",
                    addr.resource.type_name
                );
                self.diagnostics.push(Diagnostic::error("Cannot import non-existent remote object", detail).of(&addr));
            }
            ReadOutcome::Failed(error) => {
                self.imports.remove(&addr);
                self.diagnostics.push(provider_error("Object could not be read", &error).of(&addr));
            }
        }
    }

    pub(super) fn expand(&mut self, instance: ModuleId, name: &ResourceName) -> Option<crate::eval::Expansion> {
        let expanded = self.evaluator.expand_resource(instance, name);
        self.take(expanded)
    }

    /// Plans all instances of a managed resource.
    fn managed(&mut self, module: ModuleIndex, name: &ResourceName) {
        for instance in self.evaluator.instances_of(module) {
            let resource = self.evaluator.resource_addr(instance, name);
            if self.request.options.mode == PlanMode::Destroy {
                self.declare_prior(instance, name);
                continue;
            }
            let Some((kind, keys)) = self.expand(instance, name) else { continue };
            self.prior.follow_count(&resource, kind);
            self.evaluator.objects.declare(instance, name, kind, BTreeMap::new());
            for (key, each) in keys {
                let addr = resource.instance(key.clone());
                if self.included.object(&addr) {
                    self.instance(instance, &addr, &each);
                } else if let Some(prior) = self.prior.get(&addr) {
                    let value = prior.value.clone();
                    self.evaluator.objects.set(instance, name, &key, value);
                }
            }
        }
    }

    /// In a destroy plan, resources have the values that the state knows.
    fn declare_prior(&mut self, instance: ModuleId, name: &ResourceName) {
        let resource = self.evaluator.resource_addr(instance, name);
        let keys = self.prior.keys_of(&resource);
        let kind = KeyKind::of(keys.first());
        let value = |key: InstanceKey| Some((key.clone(), self.prior.get(&resource.instance(key))?.value.clone()));
        let values = keys.into_iter().filter_map(value).collect();
        self.evaluator.objects.declare(instance, name, kind, values);
    }

    /// Plans one instance of a managed resource.
    fn instance(&mut self, module: ModuleId, addr: &InstanceAddr, each: &Each) {
        let name = &addr.resource;
        let block = self.evaluator.block(module, name);
        let provider_addr = self.evaluator.provider_of(module, name);
        let Some(resource_type) = self.type_of(module, addr, &provider_addr) else { return };
        let schema = resource_type.schema();
        if let Some(provisioner) = block.provisioners.first() {
            self.diagnostics.push(not_run(&provisioner.kind).at(provisioner.span));
        }
        self.conditions_before(module, name, &addr.key, each);
        let desired = self.evaluator.configure(module, name, (&addr.key, each), schema);
        let Some(desired) = self.take(desired) else { return };
        let invalid = resource_type.validate(&desired.config);
        self.diagnostics.extend(invalid.into_iter().map(|it| it.at(block.span).of(addr)));
        let client = self.clients.get(&provider_addr).cloned().flatten();
        let nothing = Value::null(schema.block.ty());
        let prior = self.prior.get(addr).cloned();
        let before = prior.as_ref().map_or(nothing, |it| it.value.clone());
        let ignored = self.ignored(module, addr, &before);
        if self.prior.has_drifted(addr) {
            let wanted = Wanted { config: desired.config.clone(), ignored: ignored.clone() };
            self.configs.insert(addr.clone(), wanted);
        }
        if self.request.options.mode == PlanMode::RefreshOnly {
            self.evaluator.objects.set(module, name, &addr.key, before.clone());
            return self.unchanged(addr, &provider_addr, before, prior.and_then(|it| it.moved_from));
        }
        let triggered = self.replacement_asked(module, addr, each);
        let config = addr.config();
        let (planned, found) = plan_object(&ChangeInput {
            resource_type,
            client: client.as_deref(),
            prior: &before,
            status: prior.as_ref().map_or(ObjectStatus::Ready, |it| it.record.status),
            config: &desired.config,
            ignored: ignored.as_deref(),
            replace: triggered,
            create_before_destroy: self.create_before_destroy.contains(&config),
        });
        self.diagnostics.extend(found.into_iter().map(|it| it.at(block.span).of(addr)));
        if planned.action.is_replace() && block.lifecycle.prevent_destroy {
            self.diagnostics.push(prevented(addr).at(block.span));
        }
        self.evaluator.objects.set(module, name, &addr.key, planned.after.clone());
        self.conditions_after(module, addr, &planned.after);
        self.record(ResourceChange {
            object: ObjectKey::current(addr.clone()),
            moved_from: prior.as_ref().and_then(|it| it.moved_from.clone()),
            provider: provider_addr.to_string(),
            action: planned.action,
            reason: planned.reason,
            before,
            after: planned.after,
            replace_paths: planned.replace_paths,
            importing: self.imports.get(addr).filter(|_| prior.is_some()).cloned(),
            dependencies: self.dependencies_of(&config),
            prior_dependencies: prior.map(|it| it.record.dependencies).unwrap_or_default(),
            create_before_destroy: self.create_before_destroy.contains(&config),
        });
    }

    /// What the refresh found, as far as the configuration has a say in it.
    pub(super) fn drift(&self) -> Vec<super::Drift> {
        let mut all: Vec<super::Drift> = self
            .prior
            .drift
            .iter()
            .filter_map(|drift| {
                let provider = ProviderAddr::parse(&drift.provider)?;
                let provider = self.request.providers.get(&provider.source)?;
                let schema = provider.resource_type(&drift.object.addr.resource.type_name)?.schema();
                let wanted = self.configs.get(&drift.object.addr).filter(|_| drift.object.deposed.is_none());
                let ignored = wanted.map_or(Some(&[][..]), |it| it.ignored.as_deref());
                super::drift::relevant(drift, schema, wanted.map(|it| &it.config), ignored)
            })
            .collect();
        all.sort_by(|a, b| a.object.cmp(&b.object));
        all
    }

    fn unchanged(&mut self, addr: &InstanceAddr, provider: &ProviderAddr, value: Value, moved: Option<InstanceAddr>) {
        if value.is_null() {
            return;
        }
        let config = addr.config();
        self.record(ResourceChange {
            object: ObjectKey::current(addr.clone()),
            moved_from: moved,
            provider: provider.to_string(),
            action: Action::NoOp,
            reason: None,
            before: value.clone(),
            after: value,
            replace_paths: Vec::new(),
            importing: self.imports.get(addr).cloned(),
            dependencies: self.dependencies_of(&config),
            prior_dependencies: Vec::new(),
            create_before_destroy: self.create_before_destroy.contains(&config),
        });
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

    /// Paths whose change is ignored; `None` for all.
    fn ignored(&mut self, module: ModuleId, addr: &InstanceAddr, prior: &Value) -> Option<Vec<Path>> {
        match &self.evaluator.block(module, &addr.resource).lifecycle.ignore_changes {
            IgnoreChanges::Nothing => Some(Vec::new()),
            IgnoreChanges::All if prior.is_null() => Some(Vec::new()),
            IgnoreChanges::All => None,
            IgnoreChanges::Paths(paths) => Some(paths.iter().filter_map(super::paths::relative).collect()),
        }
    }

    fn replacement_asked(&mut self, module: ModuleId, addr: &InstanceAddr, each: &Each) -> Option<Reason> {
        if self.request.options.replace.contains(addr) {
            return Some(Reason::ReplaceByRequest);
        }
        let triggers = &self.evaluator.block(module, &addr.resource).lifecycle.replace_triggered_by;
        let hit = triggers.iter().any(|trigger| super::paths::changed(self, module, each, trigger));
        hit.then_some(Reason::ReplaceByTriggers)
    }

    fn import_jobs(&mut self, module: ModuleIndex, name: &ResourceName, jobs: &mut Vec<Job>) {
        let wanted: Vec<(InstanceAddr, String)> = self
            .imports
            .iter()
            .filter(|(addr, _)| addr.resource == *name && self.prior.get(addr).is_none())
            .filter(|(addr, _)| self.request.config.find_module(&addr.module.path()) == Some(module))
            .map(|(addr, id)| (addr.clone(), id.clone()))
            .collect();
        for (addr, id) in wanted {
            let Some(instance) = self.evaluator.find_module(&addr.module) else { continue };
            let provider = self.evaluator.provider_of(instance, name);
            if let Some(client) = self.clients.get(&provider).cloned().flatten() {
                jobs.push(Job::Import { addr, id, client });
            }
        }
    }
}

/// Runs a job to its end.
async fn run(job: Job, request: &PlanRequest<'_>) -> Done {
    match job {
        Job::Provider { addr, config, objects } => {
            let Some(provider) = request.providers.get(&addr.source) else {
                let client = Err(Diagnostic::error("Unknown provider", addr.source.to_string()).into());
                return Done::Provider { addr, client, read: Vec::new() };
            };
            let client = match provider.configure(&config).await {
                Ok(client) => client,
                Err(found) => {
                    let found = found.of(&addr);
                    return Done::Provider { addr, client: Err(found), read: Vec::new() };
                }
            };
            let reads = objects.into_iter().map(|(type_name, objects)| refresh(request, &*client, type_name, objects));
            let read =
                futures::stream::iter(reads).buffered(request.options.parallelism.max(1)).collect::<Vec<_>>().await;
            Done::Provider { addr, client: Ok(client), read: read.into_iter().flatten().collect() }
        }
        Job::Data { desired, client } => {
            let start = Instant::now();
            request.events.event(Event::ReadStart { addr: &desired.addr });
            let result = client.read_data(&desired.addr.resource.type_name, &desired.config).await;
            if let Ok(value) = &result {
                let id = value.get("id").and_then(Value::as_str).unwrap_or_default();
                request.events.event(Event::ReadDone { addr: &desired.addr, id, elapsed: start.elapsed() });
            }
            Done::Data { desired, result }
        }
        Job::Import { addr, id, client } => {
            let known = Known { id: id.clone(), object: None };
            let mut outcomes = client.read(&addr.resource.type_name, vec![known]).await;
            let outcome = outcomes.pop().unwrap_or(ReadOutcome::Absent);
            Done::Import { addr, id, outcome }
        }
    }
}

/// Reads the objects of one type. What is not found is looked for once more before it counts as gone.
async fn refresh(
    request: &PlanRequest<'_>,
    client: &dyn Client,
    type_name: Arc<str>,
    objects: Vec<(ObjectKey, Known)>,
) -> Vec<(ObjectKey, ReadOutcome)> {
    let named: Vec<(ObjectKey, String)> = objects.iter().map(|(key, known)| (key.clone(), known.id.clone())).collect();
    request.events.event(Event::RefreshStart { objects: &named });
    let (keys, known): (Vec<_>, Vec<_>) = objects.into_iter().unzip();
    let mut outcomes = client.read(&type_name, known.clone()).await;
    let absent: Vec<usize> =
        outcomes.iter().enumerate().filter(|(_, it)| matches!(it, ReadOutcome::Absent)).map(|(at, _)| at).collect();
    if !absent.is_empty() {
        let again = client.read(&type_name, absent.iter().map(|&at| known[at].clone()).collect()).await;
        for (at, outcome) in absent.into_iter().zip(again) {
            outcomes[at] = outcome;
        }
    }
    request.events.event(Event::RefreshDone { objects: &named });
    keys.into_iter().zip(outcomes).collect()
}

/// A provider's error as a diagnostic.
pub fn provider_error(summary: &str, error: &ProviderError) -> Diagnostic {
    let mut detail = format!("{error}.");
    if let Some(help) = &error.help {
        detail = format!("{detail}\n\n{help}");
    }
    Diagnostic::error(summary, detail)
}

/// What a provisioner would do stays undone, and whoever wrote it must know.
fn not_run(kind: &str) -> Diagnostic {
    let detail = format!(
        "The provisioner {kind:?} is not run: plumb makes and changes objects through their APIs only. Do what it does \
         in user data, in an image, or in a step after the apply."
    );
    Diagnostic::warning("Provisioners are not run", detail)
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

//! Reads that a plan waits for: refreshed objects, data sources, and objects that are taken over.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use futures::StreamExt;

use super::managed::{not_stored, stored_ephemeral};
use super::walk::{Walk, provider_error};
use super::{Action, PlanMode, PlanRequest, Reason, Refreshed, ResourceChange};
use crate::addr::{InstanceAddr, InstanceKey, ResourceName};
use crate::config::graph::Node;
use crate::config::{ModuleIndex, ProviderAddr};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ephemeral::Lifetime;
use crate::eval::{DesiredInstance, Each, ModuleId};
use crate::events::Event;
use crate::provider::{Client, Known, ProviderError, ReadOutcome};
use crate::store::{ObjectKey, ObjectRecord, ObjectStatus};
use crate::value::Value;

/// Objects of one type that are read together.
type OfType = (Arc<str>, Vec<(ObjectKey, Known)>);

/// Something that is read while the plan is made.
pub(super) enum Job {
    Provider { addr: ProviderAddr, config: Value, objects: Vec<OfType> },
    Data { desired: Box<DesiredInstance>, client: Arc<dyn Client> },
    Open { desired: Box<DesiredInstance>, client: Arc<dyn Client> },
    Import { addr: InstanceAddr, id: String, client: Arc<dyn Client> },
}

/// What came of a job.
enum Done {
    Provider { addr: ProviderAddr, client: Result<Arc<dyn Client>, Diagnostics>, read: Vec<(ObjectKey, ReadOutcome)> },
    Data { desired: Box<DesiredInstance>, result: Result<Value, ProviderError> },
    Opened { desired: Box<DesiredInstance>, result: Result<(Value, Lifetime), ProviderError> },
    Import { addr: InstanceAddr, id: String, outcome: ReadOutcome },
}

impl Walk<'_> {
    /// Configures a provider and reads all of its objects, as few calls as there are types and pages.
    pub(super) fn provider_job(&mut self, addr: &ProviderAddr) -> Option<Job> {
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
            for (type_name, keys) in self.prior.of_provider(addr, |object| self.included.object(object)) {
                if let Some(key) = keys.first()
                    && !provider.operates(&key.addr.resource)
                {
                    let all = &mut self.unsupported;
                    keys.iter().for_each(|key| all.add(&key.addr.resource, key.to_string(), &addr.source, None));
                    continue;
                }
                let keys = keys.into_iter();
                let known = keys.filter_map(|key| {
                    let value = self.prior.value(&key).transpose()?;
                    Some(value.map(|value| {
                        let id = value.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
                        (key, Known { id, object: Some(value.clone()) })
                    }))
                });
                let known = known.collect();
                objects.push((type_name, self.take(known)?));
            }
        }
        Some(Job::Provider { addr: addr.clone(), config, objects })
    }

    pub(super) fn data_jobs(&mut self, module: ModuleIndex, name: &ResourceName, jobs: &mut Vec<Job>) {
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
        if !self.conditions_before(instance, name, key, each) {
            return None;
        }
        let desired = self.evaluator.configure(instance, name, (key, each), schema);
        let desired = self.take(desired)?;
        let block = self.evaluator.block(instance, name);
        let stored = stored_ephemeral(&schema.block, &desired.config);
        if !stored.is_empty() {
            self.diagnostics.extend(stored.into_iter().map(|name| not_stored(&name, block).of(&addr)));
            return None;
        }
        let client = self.clients.get(&provider_addr).cloned().flatten();
        let pending = self.is_pending(instance, name);
        let reason = if pending { Reason::ReadBecauseDependencyPending } else { Reason::ReadBecauseConfigUnknown };
        let client = client.filter(|_| !pending && desired.config.is_wholly_known() && !self.unsupported.has(name));
        let Some(client) = client else {
            let after = super::propose::propose(schema, &Value::null(schema.block.ty()), &desired.config);
            let after = super::propose::mark_sensitive(&schema.block, after);
            self.evaluator.objects.set(instance, name, key, after.clone());
            if self.request.options.mode == PlanMode::Destroy {
                // A read that must wait is never made: what an earlier one found is let go with the rest.
                return None;
            }
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
                steps: None,
            });
            return None;
        };
        Some(Job::Data { desired: Box::new(desired), client })
    }

    /// Whether something that a data block explicitly waits for is about to change.
    pub(super) fn is_pending(&self, instance: ModuleId, name: &ResourceName) -> bool {
        let module = self.evaluator.module_addr(instance).path();
        let Some(index) = self.request.config.find_module(&module) else { return false };
        let targets = self.order.waits_for(self.request.config, index, name);
        targets.iter().any(|resource| {
            self.changes.iter().any(|change| change.object.addr.config() == *resource && change.action != Action::NoOp)
        })
    }

    pub(super) async fn work(&mut self, jobs: Vec<Job>) {
        let running = jobs.into_iter().map(|job| run(job, self.request));
        let done: Vec<Done> =
            futures::stream::iter(running).buffered(self.request.options.parallelism.max(1)).collect().await;
        for done in done {
            match done {
                Done::Provider { addr, client, read } => self.provider_done(addr, client, read),
                Done::Data { desired, result } => self.data_done(*desired, result),
                Done::Opened { desired, result } => self.opened(*desired, result),
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
            if let Err(found) = self.prior.observe(&key, outcome, resource_type.schema()) {
                self.diagnostics.extend(found);
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
            dependencies: Vec::new(),
            object: ObjectKey::current(addr),
            moved_from: None,
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
                    attributes: serde_json::Value::Null.into(),
                    sensitive: Vec::new(),
                    dependencies: Vec::new(),
                    create_before_destroy: false,
                    row_version: 0,
                };
                let schema = self.request.providers.get(&provider.source);
                let schema = schema.and_then(|it| it.resource_type(&addr.resource.type_name));
                if let Some(resource_type) = schema {
                    self.prior.add(addr, record, (resource_type.schema(), value));
                }
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

    pub(super) fn import_jobs(&mut self, module: ModuleIndex, name: &ResourceName, jobs: &mut Vec<Job>) {
        self.evaluate_imports(module, name);
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
        Job::Open { desired, client } => {
            let result = crate::ephemeral::open(client, &desired.addr, &desired.config, request.events).await;
            Done::Opened { desired, result }
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

//! Runs operations: each when all that it waits for is done, several at a time, every one journaled.
//!
//! One task owns the evaluator and the state of every step; operations run beside it and only talk to providers.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use petgraph::Direction;
use petgraph::graph::NodeIndex;

use super::conditions::Conditions;
use super::prepare::{final_object, without_write_only};
use super::record::{Outputs, first_writes, intent, record, schema_of};
use super::{ApplyOutcome, ApplyRequest, Stop};
use crate::addr::{InstanceKey, Mode, ResourceName};
use crate::config::ProviderAddr;
use crate::config::graph::Order;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::{Each, Evaluator, ModuleId, final_value, root_variable};
use crate::events::Event;
use crate::operations::{Operation, OperationKind, Operations, Step};
use crate::plan::propose::{mark_sensitive, unmarked};
use crate::plan::walk::provider_error;
use crate::plan::{Action, Counts, PlanMode, ResourceChange};
use crate::provider::{Client, Creation, IntentKey, Known, Provider, ProviderError, ReadOutcome};
use crate::store::{
    Intent, ObjectKey, ObjectStatus, ObjectWrite, OperationAction, OperationId, OperationOutcome, RunStatus, StoreError,
};
use crate::value::Value;

/// How often running operations are reported, and how often the lease is renewed.
const TICK: Duration = Duration::from_secs(10);

/// Where a step stands. Every step goes from `Waiting` to `Ready` to `Running` to one of the last three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// Something that it needs is not done.
    Waiting,
    /// It may start.
    Ready,
    /// It has started.
    Running,
    /// It was done.
    Done,
    /// It failed.
    Failed,
    /// Something that it needs failed, or a person stopped the apply.
    Skipped,
}

/// An operation under way.
struct Running {
    object: ObjectKey,
    action: Action,
    id: Option<String>,
    since: Instant,
    reported: Instant,
}

/// What an operation's task returns.
struct Finished {
    node: NodeIndex,
    operation: Option<OperationId>,
    result: Result<Option<Value>, Failure>,
}

/// A failed operation, with what is known of the object.
struct Failure {
    error: ProviderError,
    made: Option<String>,
    /// The object as it is after a failed update.
    seen: Option<Value>,
}

impl Failure {
    fn of(error: ProviderError) -> Self {
        Self { error, made: None, seen: None }
    }
}

type Task<'a> = BoxFuture<'a, Finished>;

/// An apply under way.
pub struct Executor<'a> {
    pub(super) request: &'a ApplyRequest<'a>,
    pub(super) order: Order,
    pub(super) operations: Operations,
    pub(super) progress: Vec<Progress>,
    waits: Vec<usize>,
    ready: BTreeSet<NodeIndex>,
    running: BTreeMap<NodeIndex, Running>,
    pub(super) evaluator: Evaluator<'a>,
    repetitions: HashMap<(ModuleId, ResourceName), Arc<BTreeMap<InstanceKey, Each>>>,
    pub(super) conditions: Conditions,
    clients: BTreeMap<ProviderAddr, Arc<dyn Client>>,
    done: Counts,
    pub(super) diagnostics: Diagnostics,
    broken: bool,
}

impl<'a> Executor<'a> {
    /// An apply that has not begun: writes what the plan itself changes in the state, and gives every resource its
    /// planned value.
    ///
    /// # Errors
    /// The plan cannot be ordered, or the state cannot be written.
    pub fn new(request: &'a ApplyRequest<'a>) -> Result<Self, Diagnostics> {
        let order = Order::new(request.config)?;
        let operations = Operations::new(request.plan)?;
        let variables = final_variables(request)?;
        let snapshot = super::rows::check_fresh(request.plan, request.store)?;
        let writes = first_writes(request.plan, &snapshot, request.providers);
        if !writes.is_empty() {
            request.store.write_objects(request.lease, &writes).map_err(store_failed)?;
        }
        let mut evaluator = Evaluator::new(request.config, request.providers, request.settings.clone(), variables);
        if request.plan.mode == PlanMode::Destroy {
            super::seed::declare_all(&mut evaluator, &order, request.plan);
        } else {
            super::seed::planned(&mut evaluator, &order, request.plan)?;
        }
        let count = operations.graph.node_count();
        let waits: Vec<usize> = operations
            .graph
            .node_indices()
            .map(|at| operations.graph.neighbors_directed(at, Direction::Incoming).count())
            .collect();
        let conditions = Conditions::new(request.config, &order);
        let mut executor = Self {
            request,
            order,
            operations,
            progress: vec![Progress::Waiting; count],
            waits,
            ready: BTreeSet::new(),
            running: BTreeMap::new(),
            evaluator,
            repetitions: HashMap::new(),
            conditions,
            clients: BTreeMap::new(),
            done: Counts { import: request.plan.counts().import, ..Counts::default() },
            diagnostics: Diagnostics::new(),
            broken: false,
        };
        for at in executor.operations.graph.node_indices().collect::<Vec<_>>() {
            if executor.waits[at.index()] == 0 {
                executor.set(at, Progress::Ready);
            }
        }
        Ok(executor)
    }

    /// Runs every operation that can run.
    ///
    /// - Ready steps are started in the order of the plan, up to the limit.
    /// - A step that is done frees those that wait for it; one that fails skips them, and nothing else.
    /// - An interrupt stops the start of new ones; a second one stops the wait as well.
    pub async fn run(&mut self) {
        let mut tasks: FuturesUnordered<Task<'a>> = FuturesUnordered::new();
        let mut tick = tokio::time::interval(TICK);
        tick.reset();
        let mut stop = self.request.stop.clone();
        let mut told = false;
        loop {
            let stopping = *stop.borrow();
            if stopping == Stop::Go && !self.broken {
                self.start(&mut tasks).await;
            } else if !told && !tasks.is_empty() {
                told = true;
                self.request.events.event(Event::Stopping { running: tasks.len() });
            }
            if tasks.is_empty() || stopping == Stop::Now {
                break;
            }
            tokio::select! {
                Some(finished) = tasks.next() => self.finished(finished),
                _ = tick.tick() => self.beat(),
                Ok(()) = stop.changed() => {}
            }
        }
    }

    /// The only place where a step changes its state.
    fn set(&mut self, at: NodeIndex, to: Progress) {
        self.progress[at.index()] = to;
        match to {
            Progress::Ready => {
                self.ready.insert(at);
            }
            Progress::Done => self.release(at),
            Progress::Failed | Progress::Skipped => self.skip_dependents(at),
            Progress::Waiting | Progress::Running => {}
        }
    }

    fn release(&mut self, at: NodeIndex) {
        let next: Vec<NodeIndex> = self.operations.graph.neighbors(at).collect();
        for next in next {
            self.waits[next.index()] -= 1;
            if self.waits[next.index()] == 0 && self.progress[next.index()] == Progress::Waiting {
                self.set(next, Progress::Ready);
            }
        }
    }

    fn skip_dependents(&mut self, at: NodeIndex) {
        let mut stack: Vec<NodeIndex> = self.operations.graph.neighbors(at).collect();
        while let Some(next) = stack.pop() {
            if self.progress[next.index()] == Progress::Waiting {
                self.progress[next.index()] = Progress::Skipped;
                stack.extend(self.operations.graph.neighbors(next));
            }
        }
    }

    async fn start(&mut self, tasks: &mut FuturesUnordered<Task<'a>>) {
        while tasks.len() < self.request.parallelism.max(1) {
            let Some(at) = self.ready.pop_first() else { return };
            let Step::Operation(operation) = self.operations.graph[at].clone() else {
                self.set(at, Progress::Done);
                continue;
            };
            self.set(at, Progress::Running);
            match self.begin(at, &operation).await {
                Ok(Some(task)) => tasks.push(task),
                Ok(None) => self.set(at, Progress::Done),
                Err(found) => {
                    let object = &self.request.plan.changes[operation.change].object;
                    self.diagnostics.extend(found.of(object));
                    self.set(at, Progress::Failed);
                }
            }
        }
    }

    /// Prepares an operation, writes it down, and returns its task; `None` when it is done already.
    async fn begin(&mut self, at: NodeIndex, operation: &Operation) -> Result<Option<Task<'a>>, Diagnostics> {
        let change = &self.request.plan.changes[operation.change];
        match &operation.kind {
            OperationKind::Forget => {
                self.write(&[ObjectWrite::Remove(change.object.clone())])?;
                self.done.forget += usize::from(change.object.addr.resource.mode == Mode::Managed);
                Ok(None)
            }
            OperationKind::Read => self.begin_read(at, change).await.map(Some),
            OperationKind::Delete(deposed) => self.begin_delete(at, change, deposed.clone()).await.map(Some),
            OperationKind::Update => self.begin_update(at, change).await.map(Some),
            OperationKind::Create => self.begin_create(at, change, None).await.map(Some),
            OperationKind::Depose(key) => {
                let deposed = ObjectKey { addr: change.object.addr.clone(), deposed: Some(key.clone()) };
                self.begin_create(at, change, Some(deposed)).await.map(Some)
            }
        }
    }

    async fn begin_read(&mut self, at: NodeIndex, change: &'a ResourceChange) -> Result<Task<'a>, Diagnostics> {
        let (client, provider) = self.client(&change.provider).await?;
        let type_name = change.object.addr.resource.type_name.clone();
        let Some(schema) = provider.data_source(&type_name) else { return Err(no_type(change)) };
        let config = self.configure(change, schema)?;
        self.started(at, &change.object, Action::Read, None);
        Ok(Box::pin(async move {
            let result = client.read_data(&type_name, &config).await;
            Finished { node: at, operation: None, result: result.map(Some).map_err(Failure::of) }
        }))
    }

    /// With `aside`, the present object is set aside under that key. That is written after the intent, so that an
    /// interruption between the two leaves everything as it was.
    async fn begin_create(
        &mut self,
        at: NodeIndex,
        change: &'a ResourceChange,
        aside: Option<ObjectKey>,
    ) -> Result<Task<'a>, Diagnostics> {
        let (client, provider) = self.client(&change.provider).await?;
        let type_name = change.object.addr.resource.type_name.clone();
        let Some(resource_type) = provider.resource_type(&type_name) else { return Err(no_type(change)) };
        let config = self.configure(change, resource_type.schema())?;
        let planned = final_object(change, resource_type, &*client, &config)?;
        let key = IntentKey::new(&self.request.plan.lineage, &self.request.lease.run, &change.object.to_string());
        let stored = without_write_only(&resource_type.schema().block, planned.clone());
        let intent = Intent {
            key: Some(key.clone()),
            recognition: Some(resource_type.recognition()),
            ..intent(change, change.object.clone(), OperationAction::Create, &stored, resource_type.schema())
        };
        let operation = self.journal(&intent)?;
        if let Some(aside) = aside {
            self.write(&[ObjectWrite::Move(change.object.clone(), aside)])?;
        }
        self.started(at, &change.object, Action::Create, None);
        let (store, lease) = (self.request.store, self.request.lease);
        Ok(Box::pin(async move {
            let made = std::sync::Mutex::new(None);
            let note = |id: &str| {
                if let Ok(mut made) = made.lock() {
                    *made = Some(id.to_owned());
                }
                if let Err(error) = store.operation_made(lease, operation, id) {
                    tracing::warn!(%error, id, "the id of a new object could not be recorded");
                }
            };
            let creation = Creation { key: &key, made: &note, timeout: Duration::from_secs(20 * 60) };
            let result = client.create(&type_name, &planned, &creation).await;
            let made = made.into_inner().ok().flatten();
            Finished {
                node: at,
                operation: Some(operation),
                result: result.map(Some).map_err(|error| Failure { made, ..Failure::of(error) }),
            }
        }))
    }

    async fn begin_update(&mut self, at: NodeIndex, change: &'a ResourceChange) -> Result<Task<'a>, Diagnostics> {
        let (client, provider) = self.client(&change.provider).await?;
        let type_name = change.object.addr.resource.type_name.clone();
        let Some(resource_type) = provider.resource_type(&type_name) else { return Err(no_type(change)) };
        let config = self.configure(change, resource_type.schema())?;
        let planned = final_object(change, resource_type, &*client, &config)?;
        let stored = without_write_only(&resource_type.schema().block, planned.clone());
        let intent = intent(change, change.object.clone(), OperationAction::Update, &stored, resource_type.schema());
        let operation = self.journal(&intent)?;
        self.started(at, &change.object, Action::Update, id_of(&change.before));
        Ok(Box::pin(async move {
            // What only became sensitive, or no longer is, concerns the state alone.
            let same = unmarked(&change.before) == unmarked(&planned);
            let result = if same { Ok(planned) } else { client.update(&type_name, &change.before, &planned).await };
            let result = match result {
                Ok(value) => Ok(Some(value)),
                Err(error) => Err(Failure { seen: present(&*client, change).await, ..Failure::of(error) }),
            };
            Finished { node: at, operation: Some(operation), result }
        }))
    }

    async fn begin_delete(
        &mut self,
        at: NodeIndex,
        change: &'a ResourceChange,
        deposed: Option<Arc<str>>,
    ) -> Result<Task<'a>, Diagnostics> {
        let (client, _) = self.client(&change.provider).await?;
        let type_name = change.object.addr.resource.type_name.clone();
        let object = ObjectKey { addr: change.object.addr.clone(), deposed };
        let Some(schema) = schema_of(self.request.providers, &change.provider, &object.addr) else {
            return Err(no_type(change));
        };
        let intent = intent(change, object.clone(), OperationAction::Delete, &change.before, schema);
        let operation = self.journal(&intent)?;
        self.started(at, &object, Action::Delete, id_of(&change.before));
        Ok(Box::pin(async move {
            let result = client.delete(&type_name, &change.before).await;
            let result = result.map(|()| None).map_err(Failure::of);
            Finished { node: at, operation: Some(operation), result }
        }))
    }

    /// The block of the change's instance, evaluated with all that is known by now.
    fn configure(&mut self, change: &ResourceChange, schema: &crate::schema::Schema) -> Result<Value, Diagnostics> {
        if let Some(given) = self.request.plan.given.get(&change.object) {
            return super::record::resolve(given, self.request.store);
        }
        let addr = &change.object.addr;
        let gone = || Diagnostic::error("Instance not in configuration", format!("{addr} has no block any more."));
        let module = self.evaluator.find_module(&addr.module).ok_or_else(gone)?;
        let each = self.each(module, &addr.resource, &addr.key)?.ok_or_else(gone)?;
        self.conditions_before(module, addr, &each)?;
        self.evaluator.configure(module, &addr.resource, (&addr.key, &each), schema).map(|it| it.config)
    }

    /// What tells an instance apart inside its block; `None` when the configuration has no such instance.
    pub(super) fn each(
        &mut self,
        module: ModuleId,
        resource: &ResourceName,
        key: &InstanceKey,
    ) -> Result<Option<Each>, Diagnostics> {
        let slot = (module, resource.clone());
        let repetition = match self.repetitions.get(&slot) {
            Some(known) => known.clone(),
            None => {
                let (_, keys) = self.evaluator.expand_resource(module, resource)?;
                let keys = Arc::new(keys.into_iter().collect::<BTreeMap<_, _>>());
                self.repetitions.insert(slot, keys.clone());
                keys
            }
        };
        Ok(repetition.get(key).cloned())
    }

    async fn client(&mut self, provider: &str) -> Result<(Arc<dyn Client>, &'a Arc<dyn Provider>), Diagnostics> {
        let request = self.request;
        let unknown =
            || Diagnostic::error("Unknown provider", format!("{provider} is not among the providers of plumb."));
        let addr = ProviderAddr::parse(provider).ok_or_else(unknown)?;
        let provider = request.providers.get(&addr.source).ok_or_else(unknown)?;
        if let Some(client) = self.clients.get(&addr) {
            return Ok((client.clone(), provider));
        }
        let config = self.evaluator.configure_provider(&addr, provider.config_schema())?;
        let client = provider.configure(&config).await?;
        self.clients.insert(addr, client.clone());
        Ok((client, provider))
    }

    fn started(&mut self, at: NodeIndex, object: &ObjectKey, action: Action, id: Option<String>) {
        self.request.events.event(Event::OperationStart { object, action, id: id.as_deref() });
        let now = Instant::now();
        self.running.insert(at, Running { object: object.clone(), action, id, since: now, reported: now });
    }

    /// Takes in the result of an operation.
    fn finished(&mut self, finished: Finished) {
        let Some(running) = self.running.remove(&finished.node) else { return };
        let Step::Operation(operation) = self.operations.graph[finished.node].clone() else { return };
        let change = &self.request.plan.changes[operation.change];
        let elapsed = running.since.elapsed();
        let written = match &finished.result {
            Ok(value) => self.succeeded(change, &operation, &running, finished.operation, value.clone()),
            Err(failure) => self.failed(change, &operation, finished.operation, failure),
        };
        if let Err(found) = written {
            // What cannot be written down must not be followed by anything else.
            self.diagnostics.extend(found);
            self.broken = true;
        }
        let (object, action) = (&running.object, running.action);
        match finished.result {
            Ok(value) => {
                let holds = value.as_ref().is_none_or(|value| self.conditions_after(&object.addr, value));
                let id = value.as_ref().and_then(id_of).or(running.id.clone());
                self.request.events.event(Event::OperationDone { object, action, id: id.as_deref(), elapsed });
                // The object is there, but nothing may be made from what is not as it should be.
                self.set(finished.node, if holds { Progress::Done } else { Progress::Failed });
            }
            Err(failure) => {
                self.request.events.event(Event::OperationFailed { object, action, elapsed });
                let summary = match action {
                    Action::Read => "Data source could not be read",
                    Action::Delete => "Object could not be deleted",
                    Action::Update => "Object could not be updated",
                    _ => "Object could not be created",
                };
                let span = self.request.config.resource(&object.addr.config()).map(|it| it.span);
                self.diagnostics.push(provider_error(summary, &failure.error).at_opt(span).of(object));
                self.set(finished.node, Progress::Failed);
            }
        }
    }

    fn succeeded(
        &mut self,
        change: &ResourceChange,
        operation: &Operation,
        running: &Running,
        journaled: Option<OperationId>,
        value: Option<Value>,
    ) -> Result<(), Diagnostics> {
        let object = running.object.clone();
        let Some(value) = value else {
            self.done.destroy += 1;
            return self.journal_end(journaled, &OperationOutcome::Done, &[ObjectWrite::Remove(object)]);
        };
        let Some(schema) = schema_of(self.request.providers, &change.provider, &object.addr) else { return Ok(()) };
        let value = mark_sensitive(&schema.block, value);
        let value = super::marks::carry(&change.after, value);
        let row = record(change, schema, &value, ObjectStatus::Ready);
        let write = ObjectWrite::Put(object.clone(), Box::new(row));
        match journaled {
            Some(_) => self.journal_end(journaled, &OperationOutcome::Done, &[write])?,
            None => self.write(&[write])?,
        }
        match operation.kind {
            OperationKind::Update => self.done.change += 1,
            OperationKind::Read => {}
            _ => self.done.add += 1,
        }
        // What no block asks for is nothing that blocks see.
        let block = !self.request.plan.given.contains_key(&change.object);
        if let Some(module) = self.evaluator.find_module(&object.addr.module).filter(|_| block) {
            self.evaluator.objects.set(module, &object.addr.resource, &object.addr.key, value);
        }
        Ok(())
    }

    /// A create that failed after the object was made leaves it tainted; an update leaves what it did before it failed.
    fn failed(
        &mut self,
        change: &ResourceChange,
        operation: &Operation,
        journaled: Option<OperationId>,
        failure: &Failure,
    ) -> Result<(), Diagnostics> {
        let creating = matches!(operation.kind, OperationKind::Create | OperationKind::Depose(_));
        let schema = schema_of(self.request.providers, &change.provider, &change.object.addr);
        let mut writes = Vec::new();
        if let (Some(seen), Some(schema)) = (&failure.seen, schema) {
            let seen = super::marks::carry(&change.before, mark_sensitive(&schema.block, seen.clone()));
            let row = record(change, schema, &seen, ObjectStatus::Ready);
            writes.push(ObjectWrite::Put(change.object.clone(), Box::new(row)));
        }
        match (&failure.made, schema) {
            (Some(id), Some(schema)) if creating => {
                let object = super::marks::known_part(&change.after).with("id", Value::string(id));
                let row = record(change, schema, &object, ObjectStatus::Tainted);
                writes.push(ObjectWrite::Put(change.object.clone(), Box::new(row)));
            }
            // A replacement that was not made leaves the object that it was to replace in its place.
            (None, _) => {
                if let OperationKind::Depose(key) = &operation.kind {
                    let deposed = ObjectKey { addr: change.object.addr.clone(), deposed: Some(key.clone()) };
                    writes.push(ObjectWrite::Move(deposed, change.object.clone()));
                }
            }
            _ => {}
        }
        self.journal_end(journaled, &OperationOutcome::Failed(failure.error.to_string()), &writes)
    }

    fn journal(&self, intent: &Intent) -> Result<OperationId, Diagnostics> {
        self.request.store.begin_operation(self.request.lease, intent).map_err(store_failed)
    }

    fn journal_end(
        &self,
        operation: Option<OperationId>,
        outcome: &OperationOutcome,
        writes: &[ObjectWrite],
    ) -> Result<(), Diagnostics> {
        match operation {
            Some(operation) => {
                self.request.store.end_operation(self.request.lease, operation, outcome, writes).map_err(store_failed)
            }
            None => Ok(()),
        }
    }

    fn write(&self, writes: &[ObjectWrite]) -> Result<(), Diagnostics> {
        self.request.store.write_objects(self.request.lease, writes).map_err(store_failed)
    }

    /// Every few seconds: the lease is renewed, and long operations are reported.
    fn beat(&mut self) {
        if let Err(error) = self.request.store.renew(self.request.lease) {
            self.diagnostics.extend(store_failed(error));
            self.broken = true;
        }
        for reason in self.clients.values().filter_map(|it| it.waiting()) {
            self.request.events.event(Event::Waiting { reason: &reason });
        }
        for running in self.running.values_mut() {
            if running.reported.elapsed() >= TICK {
                running.reported = Instant::now();
                self.request.events.event(Event::OperationProgress {
                    object: &running.object,
                    action: running.action,
                    id: running.id.as_deref(),
                    elapsed: running.since.elapsed(),
                });
            }
        }
    }

    /// Writes the outputs and sums up.
    pub fn finish(mut self) -> ApplyOutcome {
        if !self.request.plan.targets.is_empty() {
            let detail = "The plan covered only what -target names and what that needs, so the result may not be all \
                          that the configuration asks for. Plan without -target to see what is left.";
            self.diagnostics.push(Diagnostic::warning("Applied changes may be incomplete", detail));
        }
        let interrupted = *self.request.stop.borrow() != Stop::Go
            && self.progress.iter().any(|it| !matches!(it, Progress::Done | Progress::Failed | Progress::Skipped));
        self.remaining_conditions();
        let outputs = if self.broken { Outputs::new() } else { self.write_outputs() };
        let mut calls: BTreeMap<Arc<str>, u64> = BTreeMap::new();
        for (addr, client) in &self.clients {
            *calls.entry(addr.source.clone()).or_default() += client.calls();
        }
        let status = match (interrupted, self.diagnostics.has_errors()) {
            (true, _) => RunStatus::Interrupted,
            (_, true) => RunStatus::Failed,
            _ => RunStatus::Succeeded,
        };
        let checks = self.conditions.finish(self.request.config, self.request.plan.mode);
        if !self.broken
            && self.request.plan.mode != PlanMode::RefreshOnly
            && let Err(error) = self.request.store.write_checks(self.request.lease, &checks)
        {
            self.diagnostics.extend(store_failed(error));
        }
        ApplyOutcome { status, checks, done: self.done, diagnostics: self.diagnostics, outputs, calls }
    }
}

/// The object of a failed update as it is now: a part of the change may have been done.
async fn present(client: &dyn Client, change: &ResourceChange) -> Option<Value> {
    let known = Known { id: id_of(&change.before)?, object: Some(change.before.clone()) };
    match client.read(&change.object.addr.resource.type_name, vec![known]).await.pop() {
        Some(ReadOutcome::Found(seen)) => Some(seen),
        _ => None,
    }
}

fn id_of(value: &Value) -> Option<String> {
    value.get("id").and_then(Value::as_str).map(str::to_owned)
}

fn no_type(change: &ResourceChange) -> Diagnostics {
    let detail = format!("{} has no type {:?}.", change.provider, change.object.addr.resource.type_name);
    Diagnostic::error("Invalid resource type", detail).of(&change.object).into()
}

/// The values that the plan was made with; those that it does not hold, because they are ephemeral, as given again.
fn final_variables(request: &ApplyRequest<'_>) -> Result<BTreeMap<Arc<str>, Value>, Diagnostics> {
    let mut values = BTreeMap::new();
    for (name, variable) in &request.config.root().variables {
        let again = variable.ephemeral && request.variables.get(name).is_some();
        let value = match request.plan.variables.get(name).filter(|_| !again) {
            Some(planned) => final_value(variable, name, Some(planned.clone()), Some(variable.span))?,
            None => root_variable(request.config, request.variables, name)?,
        };
        values.insert(name.clone(), value);
    }
    Ok(values)
}

pub(super) fn store_failed(error: StoreError) -> Diagnostics {
    Diagnostic::error("State could not be written", format!("{error}.")).into()
}

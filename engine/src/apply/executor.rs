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

use super::begin::id_of;
use super::conditions::Conditions;
use super::ephemerals::Ephemerals;
use super::provision::Provisioning;
use super::record::{Outputs, first_writes, record, schema_of, union};
use super::{ApplyOutcome, ApplyRequest, Stop};
use crate::addr::{InstanceKey, ResourceName};
use crate::config::ProviderAddr;
use crate::config::graph::Order;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::{Each, Evaluator, ModuleId};
use crate::events::Event;
use crate::operations::{Operation, OperationKind, Operations, Step};
use crate::plan::propose::mark_sensitive;
use crate::plan::walk::provider_error;
use crate::plan::{Action, Counts, PlanMode, ResourceChange};
use crate::provider::{Client, Effect, ProviderError};
use crate::store::{
    Intent, ObjectKey, ObjectRecord, ObjectStatus, ObjectWrite, OperationId, OperationOutcome, RunStatus, StoreError,
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
pub(super) struct Running<'a> {
    /// The object.
    pub object: ObjectKey,
    /// Create, update, delete or read.
    pub action: Action,
    /// Id of the object, when it exists.
    pub id: Option<String>,
    /// When it was started.
    pub since: Instant,
    /// When it was last reported.
    pub reported: Instant,
    /// What is left to run on the object's behalf.
    pub provisioning: Provisioning<'a>,
    /// Whether what must hold of the object does.
    pub holds: bool,
}

/// What an operation's task returns.
pub(super) struct Finished {
    /// The step.
    pub node: NodeIndex,
    /// How the task ended.
    pub ended: Ended,
}

/// How a task ended.
pub(super) enum Ended {
    /// A provider was asked.
    Acted {
        /// The operation's number in the journal, for one that is written down.
        operation: Option<OperationId>,
        /// The object; `None` after a delete.
        result: Result<Option<Value>, Failure>,
    },
    /// A provisioner was run.
    Provisioned(Result<(), Diagnostic>),
}

/// A failed operation, with what is known of the object.
pub(super) struct Failure {
    /// Why.
    pub error: ProviderError,
    /// Id of the object that was made all the same.
    pub made: Option<String>,
    /// The object as it is after a failed update.
    pub seen: Option<Value>,
}

impl Failure {
    /// An operation of which no trace is known.
    pub fn of(error: ProviderError) -> Self {
        Self { error, made: None, seen: None }
    }
}

pub(super) type Task<'a> = BoxFuture<'a, Finished>;

/// An apply under way.
pub struct Executor<'a> {
    pub(super) request: &'a ApplyRequest<'a>,
    pub(super) order: Order,
    pub(super) operations: Operations,
    pub(super) progress: Vec<Progress>,
    waits: Vec<usize>,
    ready: BTreeSet<NodeIndex>,
    pub(super) running: BTreeMap<NodeIndex, Running<'a>>,
    pub(super) evaluator: Evaluator<'a>,
    pub(super) repetitions: HashMap<(ModuleId, ResourceName), Arc<BTreeMap<InstanceKey, Each>>>,
    pub(super) conditions: Conditions,
    pub(super) ephemerals: Ephemerals,
    pub(super) clients: BTreeMap<ProviderAddr, Arc<dyn Client>>,
    pub(super) done: Counts,
    pub(super) diagnostics: Diagnostics,
    pub(super) broken: bool,
    /// Objects that are tainted in the state: their end is not provisioned for.
    pub(super) tainted: BTreeSet<ObjectKey>,
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
        let variables = super::variables::values(request.config, request.variables, request.plan)?;
        let snapshot = request.snapshot;
        let tainted = snapshot.objects.iter().filter(|(_, it)| it.status == ObjectStatus::Tainted);
        let tainted = tainted.map(|(key, _)| key.clone());
        let writes = first_writes(request.plan, snapshot, request.providers);
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
        let ephemerals = Ephemerals::new(request.config, &order, &operations, request.plan);
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
            ephemerals,
            clients: BTreeMap::new(),
            done: Counts { import: request.plan.counts().import, ..Counts::default() },
            diagnostics: Diagnostics::new(),
            broken: false,
            tainted: tainted.collect(),
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
                Some(finished) = tasks.next() => {
                    let next = self.finished(finished).await;
                    tasks.extend(next);
                    self.close_unused().await;
                }
                _ = tick.tick() => self.beat(),
                Ok(()) = stop.changed() => {}
            }
        }
        if *stop.borrow() == Stop::Go {
            self.open_for_conditions().await;
        }
        self.close_all().await;
    }

    /// The only place where a step changes its state.
    pub(super) fn set(&mut self, at: NodeIndex, to: Progress) {
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

    pub(super) fn started(&mut self, at: NodeIndex, object: &ObjectKey, action: Action, id: Option<String>) {
        self.request.events.event(Event::OperationStart { object, action, id: id.as_deref() });
        let now = Instant::now();
        self.running.insert(
            at,
            Running {
                object: object.clone(),
                action,
                id,
                since: now,
                reported: now,
                provisioning: Provisioning::default(),
                holds: true,
            },
        );
    }

    /// Takes in the end of a task, and returns the one that continues the operation, if any does.
    async fn finished(&mut self, finished: Finished) -> Option<Task<'a>> {
        match finished.ended {
            Ended::Acted { operation, result } => self.acted(finished.node, operation, result).await,
            Ended::Provisioned(result) => self.provisioned(finished.node, result).await,
        }
    }

    async fn acted(
        &mut self,
        at: NodeIndex,
        journaled: Option<OperationId>,
        result: Result<Option<Value>, Failure>,
    ) -> Option<Task<'a>> {
        let Step::Operation(operation) = self.operations.graph[at].clone() else { return None };
        let change = &self.request.plan.changes[operation.change];
        if let Ok(Some(value)) = &result {
            self.provision_after(at, change, &operation.kind, value);
        }
        let written = match &result {
            Ok(value) => self.succeeded(at, change, &operation, journaled, value.clone()),
            // Whether something was made is found out by the next run, which finds the operation open.
            Err(failure) if is_unsettled(&operation, failure) => Ok(()),
            Err(failure) => self.failed(change, &operation, journaled, failure),
        };
        let is_written = written.is_ok();
        if let Err(found) = written {
            // What cannot be written down must not be followed by anything else.
            self.diagnostics.extend(found);
            self.broken = true;
        }
        match result {
            Ok(value) => {
                if let (Some(running), Some(id)) = (self.running.get_mut(&at), value.as_ref().and_then(id_of)) {
                    running.id = Some(id);
                }
                if is_written { self.provision(at).await } else { self.ended(at) }
            }
            Err(mut failure) => {
                let running = self.abandoned(at)?;
                if is_unsettled(&operation, &failure) {
                    failure.error.help.get_or_insert_with(|| UNSETTLED.to_owned());
                }
                let summary = match running.action {
                    Action::Read => "Data source could not be read",
                    Action::Delete => "Object could not be deleted",
                    Action::Update => "Object could not be updated",
                    _ => "Object could not be created",
                };
                let span = self.request.config.resource(&running.object.addr.config()).map(|it| it.span);
                self.diagnostics.push(provider_error(summary, &failure.error).at_opt(span).of(&running.object));
                self.set(at, Progress::Failed);
                None
            }
        }
    }

    /// Ends an operation that was done as a whole.
    pub(super) fn ended(&mut self, at: NodeIndex) -> Option<Task<'a>> {
        let running = self.running.remove(&at)?;
        let (object, action, elapsed) = (&running.object, running.action, running.since.elapsed());
        self.request.events.event(Event::OperationDone { object, action, id: running.id.as_deref(), elapsed });
        // The object is there, but nothing may be made from what is not as it should be.
        self.set(at, if running.holds { Progress::Done } else { Progress::Failed });
        None
    }

    /// Says that an operation is given up.
    pub(super) fn abandoned(&mut self, at: NodeIndex) -> Option<Running<'a>> {
        let running = self.running.remove(&at)?;
        let (object, action, elapsed) = (&running.object, running.action, running.since.elapsed());
        self.request.events.event(Event::OperationFailed { object, action, elapsed });
        Some(running)
    }

    /// Gives up an operation that was begun, for these reasons.
    pub(super) fn give_up(&mut self, at: NodeIndex, found: Diagnostics) -> Option<Task<'a>> {
        let running = self.abandoned(at)?;
        self.diagnostics.extend(found.of(&running.object));
        self.set(at, Progress::Failed);
        None
    }

    fn succeeded(
        &mut self,
        at: NodeIndex,
        change: &ResourceChange,
        operation: &Operation,
        journaled: Option<OperationId>,
        value: Option<Value>,
    ) -> Result<(), Diagnostics> {
        let Some(running) = self.running.get(&at) else { return Ok(()) };
        let object = running.object.clone();
        // Until everything is run that belongs to its creation, an object is not whole.
        let status = if running.provisioning.is_empty() { ObjectStatus::Ready } else { ObjectStatus::Tainted };
        let Some(value) = value else {
            self.done.destroy += 1;
            return self.journal_end(journaled, &OperationOutcome::Done, &[ObjectWrite::Remove(object)]);
        };
        let Some(schema) = schema_of(self.request.providers, &change.provider, &object.addr) else { return Ok(()) };
        let value = mark_sensitive(&schema.block, value);
        let value = super::marks::carry(&change.after, value);
        let row = record(change, schema, &value, status);
        let write = ObjectWrite::Put(object.clone(), Box::new(row));
        match journaled {
            Some(_) => self.journal_end(journaled, &OperationOutcome::Done, &[write])?,
            None => self.write(&[write])?,
        }
        // What no block asks for is nothing that blocks see.
        let block = !self.request.plan.given.contains_key(&change.object);
        if let Some(module) = self.evaluator.find_module(&object.addr.module).filter(|_| block) {
            self.evaluator.objects.set(module, &object.addr.resource, &object.addr.key, value.clone());
        }
        if status == ObjectStatus::Ready {
            self.completed(at, &operation.kind, &object, &value);
        }
        Ok(())
    }

    /// Counts an operation that made or changed an object, and checks what must hold of the object now.
    pub(super) fn completed(&mut self, at: NodeIndex, kind: &OperationKind, object: &ObjectKey, value: &Value) {
        match kind {
            OperationKind::Update => self.done.change += 1,
            OperationKind::Read => {}
            _ => self.done.add += 1,
        }
        let holds = self.conditions_after(&object.addr, value);
        if let Some(running) = self.running.get_mut(&at) {
            running.holds = holds;
        }
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
        if let (OperationKind::Update, Some(schema)) = (&operation.kind, schema) {
            let seen = failure.seen.as_ref().unwrap_or(&change.before).clone();
            let seen = super::marks::carry(&change.before, mark_sensitive(&schema.block, seen));
            // It may still be made from what it was made from, and from what it was to be made from already.
            let dependencies = union(&change.dependencies, &change.prior_dependencies);
            let row = ObjectRecord { dependencies, ..record(change, schema, &seen, ObjectStatus::Ready) };
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

    pub(super) fn journal(&self, intent: &Intent) -> Result<OperationId, Diagnostics> {
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

    pub(super) fn write(&self, writes: &[ObjectWrite]) -> Result<(), Diagnostics> {
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

const UNSETTLED: &str = "Whether the object was made is not known. The next apply finds out before it plans, and takes \
                         the object over if it is there.";

/// Whether it cannot be told if a create made anything.
fn is_unsettled(operation: &Operation, failure: &Failure) -> bool {
    let creating = matches!(operation.kind, OperationKind::Create | OperationKind::Depose(_));
    creating && failure.made.is_none() && failure.error.effect == Effect::Unknown
}

pub(super) fn store_failed(error: StoreError) -> Diagnostics {
    Diagnostic::error("State could not be written", format!("{error}.")).into()
}

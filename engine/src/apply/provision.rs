//! Provisioners as parts of operations: after the create of their object, or before its delete.

use std::collections::VecDeque;
use std::sync::Arc;

use petgraph::graph::NodeIndex;

use super::executor::{Ended, Executor, Finished, Task};
use super::record::{record, schema_of};
use crate::addr::InstanceKey;
use crate::config::Provisioner;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::eval::{Each, Evaluator, ModuleId};
use crate::operations::{OperationKind, Step};
use crate::plan::ResourceChange;
use crate::plan::propose::mark_sensitive;
use crate::provision::{self, Command};
use crate::store::{ObjectKey, ObjectStatus, ObjectWrite};
use crate::value::{Type, Value};

/// What is left to run on an object's behalf.
#[derive(Default)]
pub(super) struct Provisioning<'a> {
    waiting: VecDeque<&'a Provisioner>,
    running: Option<&'a Provisioner>,
    /// The object as `self`; `None` when nothing is run for it, or everything was.
    this: Option<Value>,
}

impl Provisioning<'_> {
    /// Whether there is nothing to run.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.running.is_none()
    }
}

impl<'a> Executor<'a> {
    /// Takes down what is run before a delete: nothing for an object that was set aside or never was whole.
    pub(super) fn provision_before(&mut self, at: NodeIndex, change: &'a ResourceChange, object: &ObjectKey) {
        if object.deposed.is_none() && !self.tainted.contains(object) {
            let waiting = provision::of_object(self.request.config, &change.object.addr, true);
            self.plan_provisioning(at, waiting, &change.before);
        }
    }

    /// Takes down what is run after a create.
    pub(super) fn provision_after(
        &mut self,
        at: NodeIndex,
        change: &'a ResourceChange,
        kind: &OperationKind,
        value: &Value,
    ) {
        if matches!(kind, OperationKind::Create | OperationKind::Depose(_)) {
            let waiting = provision::of_object(self.request.config, &change.object.addr, false);
            let schema = schema_of(self.request.providers, &change.provider, &change.object.addr);
            let value = schema.map_or_else(|| value.clone(), |it| mark_sensitive(&it.block, value.clone()));
            self.plan_provisioning(at, waiting, &super::marks::carry(&change.after, value));
        }
    }

    fn plan_provisioning(&mut self, at: NodeIndex, waiting: Vec<&'a Provisioner>, this: &Value) {
        // What is brought back from the history need not have a block, and its block has no say.
        let Step::Operation(operation) = &self.operations.graph[at] else { return };
        let given = self.request.plan.given.contains_key(&self.request.plan.changes[operation.change].object);
        let Some(running) = self.running.get_mut(&at).filter(|_| !given) else { return };
        if !waiting.is_empty() {
            running.provisioning = Provisioning { waiting: waiting.into(), running: None, this: Some(this.clone()) };
        }
    }

    /// Goes on with what is to be run for a step, and ends the step when nothing is left.
    pub(super) async fn provision(&mut self, at: NodeIndex) -> Option<Task<'a>> {
        match self.next_provisioner(at) {
            Ok(Some(task)) => Some(task),
            Ok(None) => match self.provisioned_all(at).await {
                Ok(Some(task)) => Some(task),
                Ok(None) => self.ended(at),
                Err(found) => self.give_up(at, found),
            },
            Err(found) => self.give_up(at, found),
        }
    }

    /// Starts the next provisioner of a step; `None` when there is none left.
    ///
    /// # Errors
    /// Its block cannot be evaluated.
    pub(super) fn next_provisioner(&mut self, at: NodeIndex) -> Result<Option<Task<'a>>, Diagnostics> {
        let Some(running) = self.running.get_mut(&at) else { return Ok(None) };
        let provisioning = &mut running.provisioning;
        provisioning.running = provisioning.waiting.pop_front();
        let (Some(provisioner), Some(this)) = (provisioning.running, provisioning.this.clone()) else {
            return Ok(None);
        };
        let object = running.object.clone();
        let (module, each) = self.place(&object, provisioner);
        let config = self.evaluator.provisioner(module, provisioner, (&each, this))?;
        let command = Command::new(&config).map_err(|it| Diagnostics::from(it.at(provisioner.span)))?;
        let events = self.request.events;
        Ok(Some(Box::pin(async move {
            let result = provision::run(&command, &object.addr, events).await;
            let result = result.map_err(|it| it.at(provisioner.span));
            Finished { node: at, ended: Ended::Provisioned(result) }
        })))
    }

    /// Takes in the end of a provisioner.
    pub(super) async fn provisioned(&mut self, at: NodeIndex, result: Result<(), Diagnostic>) -> Option<Task<'a>> {
        let running = self.running.get_mut(&at)?;
        let provisioner = running.provisioning.running.take();
        if let Err(diagnostic) = result {
            if !provisioner.is_some_and(|it| it.continue_on_failure) {
                return self.give_up(at, diagnostic.into());
            }
            let warning = Diagnostic { severity: Severity::Warning, ..diagnostic };
            self.diagnostics.push(warning.of(&running.object));
        }
        self.provision(at).await
    }

    /// After the last provisioner: an object that was made is whole, one that goes is deleted.
    async fn provisioned_all(&mut self, at: NodeIndex) -> Result<Option<Task<'a>>, Diagnostics> {
        let Some(running) = self.running.get_mut(&at) else { return Ok(None) };
        let Some(this) = running.provisioning.this.take() else { return Ok(None) };
        let object = running.object.clone();
        let Step::Operation(operation) = self.operations.graph[at].clone() else { return Ok(None) };
        let change = &self.request.plan.changes[operation.change];
        if let OperationKind::Delete(_) = operation.kind {
            return self.delete(at, change, &object).await.map(Some);
        }
        if let Some(schema) = schema_of(self.request.providers, &change.provider, &object.addr) {
            let row = record(change, schema, &this, ObjectStatus::Ready);
            self.write(&[ObjectWrite::Put(object.clone(), Box::new(row))])?;
        }
        self.completed(at, &operation.kind, &object, &this);
        Ok(None)
    }

    /// Where a provisioner's expressions are evaluated. The module of an object that goes may be gone already: then its
    /// expressions, which name little more than `self`, are evaluated wherever the block still is.
    fn place(&self, object: &ObjectKey, provisioner: &Provisioner) -> (ModuleId, Each) {
        let module = self.evaluator.find_module(&object.addr.module).unwrap_or_else(|| {
            let index = self.request.config.find_module(&object.addr.module.path());
            let other = index.and_then(|index| self.evaluator.instances_of(index).first().copied());
            other.unwrap_or(Evaluator::ROOT)
        });
        let slot = (module, object.addr.resource.clone());
        let known = self.repetitions.get(&slot).and_then(|keys| keys.get(&object.addr.key));
        let each = match known {
            Some(each) if !provisioner.on_destroy => each.clone(),
            _ => of_key(&object.addr.key),
        };
        (module, each)
    }
}

/// What a key alone tells of a repetition.
fn of_key(key: &InstanceKey) -> Each {
    match key {
        InstanceKey::None => Each::None,
        InstanceKey::Int(index) => Each::Count(Value::number(i64::try_from(*index).unwrap_or(i64::MAX))),
        InstanceKey::Str(key) => {
            Each::ForEach { key: Value::string(Arc::clone(key)), value: Value::unknown(Type::Dynamic) }
        }
    }
}

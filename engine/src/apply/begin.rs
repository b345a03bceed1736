//! From an operation to the task that carries it out: everything is prepared, and its intent is durable.

use std::sync::Arc;
use std::time::Duration;

use petgraph::graph::NodeIndex;

use super::executor::{Ended, Executor, Failure, Finished, Task};
use super::prepare::{final_object, without_write_only};
use super::record::{intent, schema_of};
use super::steps::Journal;
use crate::addr::Mode;
use crate::config::ProviderAddr;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::operations::{Operation, OperationKind};
use crate::plan::propose::unmarked;
use crate::plan::{Action, ResourceChange};
use crate::provider::{Client, Creation, IntentKey, Known, Provider, ReadOutcome, Stepping};
use crate::store::{Intent, ObjectKey, ObjectWrite, OperationAction};
use crate::value::Value;

impl<'a> Executor<'a> {
    /// Prepares an operation, writes it down, and returns its task; `None` when it is done already.
    pub(super) async fn begin(
        &mut self,
        at: NodeIndex,
        operation: &Operation,
    ) -> Result<Option<Task<'a>>, Diagnostics> {
        self.open_for(operation).await?;
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
            let result = result.map(Some).map_err(Failure::of);
            Finished { node: at, ended: Ended::Acted { operation: None, result } }
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
        let planned = self.bind_late(change, planned).await?;
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
            let result = result.map(Some).map_err(|error| Failure { made, ..Failure::of(error) });
            Finished { node: at, ended: Ended::Acted { operation: Some(operation), result } }
        }))
    }

    async fn begin_update(&mut self, at: NodeIndex, change: &'a ResourceChange) -> Result<Task<'a>, Diagnostics> {
        let (client, provider) = self.client(&change.provider).await?;
        let type_name = change.object.addr.resource.type_name.clone();
        let Some(resource_type) = provider.resource_type(&type_name) else { return Err(no_type(change)) };
        let config = self.configure(change, resource_type.schema())?;
        let planned = final_object(change, resource_type, &*client, &config)?;
        let planned = self.bind_late(change, planned).await?;
        let stored = without_write_only(&resource_type.schema().block, planned.clone());
        let schema = resource_type.schema();
        let intent = Intent {
            steps: change.steps.clone(),
            ..intent(change, change.object.clone(), OperationAction::Update, &stored, schema)
        };
        let operation = self.journal(&intent)?;
        self.started(at, &change.object, Action::Update, id_of(&change.before));
        let journal = Journal::new(self.request, operation, change);
        Ok(Box::pin(async move {
            // What only became sensitive, or no longer is, concerns the state alone.
            let same = unmarked(&change.before) == unmarked(&planned);
            let result = match &change.steps {
                Some(steps) => {
                    let stepping = Stepping::new(steps, &journal);
                    client.update_in_steps(&type_name, &change.before, &planned, stepping).await
                }
                None if same => Ok(planned),
                None => client.update(&type_name, &change.before, &planned).await,
            };
            let result = match result {
                Ok(value) => Ok(Some(value)),
                Err(error) => Err(Failure { seen: present(&*client, change).await, ..Failure::of(error) }),
            };
            Finished { node: at, ended: Ended::Acted { operation: Some(operation), result } }
        }))
    }

    async fn begin_delete(
        &mut self,
        at: NodeIndex,
        change: &'a ResourceChange,
        deposed: Option<Arc<str>>,
    ) -> Result<Task<'a>, Diagnostics> {
        let object = ObjectKey { addr: change.object.addr.clone(), deposed };
        self.started(at, &object, Action::Delete, id_of(&change.before));
        self.provision_before(at, change, &object);
        let task = match self.next_provisioner(at) {
            Ok(Some(task)) => Ok(task),
            Ok(None) => self.delete(at, change, &object).await,
            Err(found) => Err(found),
        };
        if task.is_err() {
            self.abandoned(at);
        }
        task
    }

    /// Writes a delete down, and returns its task.
    pub(super) async fn delete(
        &mut self,
        at: NodeIndex,
        change: &'a ResourceChange,
        object: &ObjectKey,
    ) -> Result<Task<'a>, Diagnostics> {
        let (client, _) = self.client(&change.provider).await?;
        let type_name = object.addr.resource.type_name.clone();
        let Some(schema) = schema_of(self.request.providers, &change.provider, &object.addr) else {
            return Err(no_type(change));
        };
        let intent = intent(change, object.clone(), OperationAction::Delete, &change.before, schema);
        let operation = self.journal(&intent)?;
        Ok(Box::pin(async move {
            let result = client.delete(&type_name, &change.before).await;
            let result = result.map(|()| None).map_err(Failure::of);
            Finished { node: at, ended: Ended::Acted { operation: Some(operation), result } }
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

    pub(super) async fn client(
        &mut self,
        provider: &str,
    ) -> Result<(Arc<dyn Client>, &'a Arc<dyn Provider>), Diagnostics> {
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
}

/// The object of a failed update as it is now: a part of the change may have been done.
async fn present(client: &dyn Client, change: &ResourceChange) -> Option<Value> {
    let known = Known { id: id_of(&change.before)?, object: Some(change.before.clone()) };
    match client.read(&change.object.addr.resource.type_name, vec![known]).await.pop() {
        Some(ReadOutcome::Found(seen)) => Some(seen),
        _ => None,
    }
}

fn no_type(change: &ResourceChange) -> Diagnostics {
    let detail = format!("{} has no type {:?}.", change.provider, change.object.addr.resource.type_name);
    Diagnostic::error("Invalid resource type", detail).of(&change.object).into()
}

/// The id of an object.
pub(super) fn id_of(value: &Value) -> Option<String> {
    value.get("id").and_then(Value::as_str).map(str::to_owned)
}

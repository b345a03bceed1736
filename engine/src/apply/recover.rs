//! Operations that an earlier run began and never ended: what became of them is found out before anything is planned.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::{StreamExt, stream};

use super::connect::connect_with;
use super::record::{schema_of, union};
use crate::config::{Config, Variables};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::{Evaluator, Settings, root_variables};
use crate::plan::prior::sensitive_paths;
use crate::plan::propose::mark_sensitive;
use crate::provider::{Client, Known, ProviderError, Providers, ReadOutcome, Settled, Trace};
use crate::schema::Schema;
use crate::store::{
    Intent, Lease, ObjectKey, ObjectRecord, ObjectStatus, ObjectWrite, OpenOperation, OperationAction, OperationId,
    OperationOutcome, Store,
};
use crate::value::{self, Value};

/// Operations that are looked into at one time.
const CONCURRENT: usize = 10;

/// What a recovery works on.
pub struct RecoverRequest<'a> {
    /// The configuration, for the provider configurations.
    pub config: &'a Config,
    /// Values of its variables.
    pub variables: &'a Variables,
    /// Providers by source address.
    pub providers: &'a Providers,
    /// What expressions may know of the outside.
    pub settings: Settings,
    /// Where the journal is.
    pub store: &'a dyn Store,
    /// The right to write it.
    pub lease: &'a Lease,
    /// The operations to settle, whose objects the lease covers.
    pub operations: &'a [OperationId],
}

/// Ends the given open operations, and says what it found.
///
/// - A create whose object exists is taken into the state; the plan that follows completes it. One whose object does
///   not exist is closed, and what it was to replace is put back in its place.
/// - A delete whose object is gone takes it out of the state, and waits for one that is on its way. Otherwise the
///   object stays in the state, and the plan that follows says what is to become of it.
/// - An update is closed: the refresh sees what it did.
///
/// # Errors
/// A provider does not answer: the operation stays open, and nothing is to be planned before it is settled. Or there is
/// an object of which the facts do not tell who made it: the operation is closed, and the diagnostic says what to do.
pub async fn recover(request: RecoverRequest<'_>) -> Result<Diagnostics, Diagnostics> {
    let mut open = request.store.open_operations().map_err(super::executor::store_failed)?;
    open.retain(|it| !it.running && request.operations.contains(&it.id));
    if open.is_empty() {
        return Ok(Diagnostics::new());
    }
    let variables = root_variables(request.config, request.variables)?;
    let mut evaluator = Evaluator::new(request.config, request.providers, request.settings.clone(), variables);
    let mut clients: BTreeMap<String, Arc<dyn Client>> = BTreeMap::new();
    for operation in &open {
        let provider = &operation.intent.provider;
        if !clients.contains_key(provider) {
            clients.insert(provider.clone(), connect_with(&mut evaluator, request.providers, provider).await?);
        }
    }
    let looks = open.iter().map(|operation| {
        let client = clients[&operation.intent.provider].clone();
        let request = &request;
        async move { (operation, facts(request, &*client, operation).await) }
    });
    let mut found = stream::iter(looks).buffered(CONCURRENT);
    let (mut said, mut failed) = (Diagnostics::new(), Diagnostics::new());
    while let Some((operation, facts)) = found.next().await {
        let result = facts.and_then(|facts| close(&request, operation, facts));
        match result {
            Ok(diagnostic) if diagnostic.is_error() => failed.push(diagnostic),
            Ok(diagnostic) => said.push(diagnostic),
            Err(diagnostics) => failed.extend(diagnostics),
        }
    }
    if failed.has_errors() { Err(failed) } else { Ok(said) }
}

/// What the remote side shows of an open operation.
enum Facts {
    Created(Settled),
    /// Whether the object is still there.
    Deleted(bool),
    Updated,
}

async fn facts(
    request: &RecoverRequest<'_>,
    client: &dyn Client,
    operation: &OpenOperation,
) -> Result<Facts, Diagnostics> {
    let intent = &operation.intent;
    let type_name = &intent.object.addr.resource.type_name;
    let unanswered = |error: ProviderError| unanswered(operation, &error);
    if intent.action == OperationAction::Update {
        return Ok(Facts::Updated);
    }
    let schema = schema(request, intent)?;
    let planned = value::from_json(&intent.planned, &schema.block.ty())
        .map_err(|error| unanswered(ProviderError::refused("reading the journal", error.to_string())))?;
    if intent.action == OperationAction::Delete {
        let Some(id) = planned.get("id").and_then(Value::as_str).map(str::to_owned) else {
            return Ok(Facts::Deleted(true));
        };
        let read = client.read(type_name, vec![Known { id, object: Some(planned.clone()) }]).await.pop();
        return match read {
            Some(ReadOutcome::Found(_)) => Ok(Facts::Deleted(true)),
            Some(ReadOutcome::Failed(error)) => Err(unanswered(error)),
            // Whether it is gone or on its way, to delete it again waits until it is gone.
            Some(ReadOutcome::Absent) | None => {
                client.delete(type_name, &planned).await.map(|()| Facts::Deleted(false)).map_err(unanswered)
            }
        };
    }
    let trace = Trace { key: intent.key.as_ref(), made: operation.made.as_deref() };
    client.settle(type_name, &planned, trace).await.map(Facts::Created).map_err(unanswered)
}

fn close(request: &RecoverRequest<'_>, operation: &OpenOperation, facts: Facts) -> Result<Diagnostic, Diagnostics> {
    let intent = &operation.intent;
    let object = &intent.object;
    let said = |text: String| Diagnostic::warning("An earlier run was interrupted", text).of(object);
    let (outcome, writes, diagnostic) = match facts {
        Facts::Updated => {
            let text = match &intent.steps {
                None => {
                    format!("The update of {object} may or may not have been done; the plan shows what is left of it.")
                }
                Some(steps) => {
                    let (count, goal) = (steps.steps.len(), &steps.goal);
                    let at = steps.remaining().first().map_or("the end", |it| it.title.as_str());
                    let done = steps.done;
                    format!(
                        "The update of {object} ({goal}) stopped after {done} of {count} steps, at: {at}. The plan goes on \
                         from there."
                    )
                }
            };
            (interrupted(), relied_on(request, intent)?, said(text))
        }
        Facts::Deleted(true) => {
            let text = format!("The delete of {object} was not done; the plan shows what becomes of it.");
            (interrupted(), Vec::new(), said(text))
        }
        Facts::Deleted(false) => {
            let text = format!("{object} had been deleted and is taken out of the state.");
            (OperationOutcome::Done, vec![ObjectWrite::Remove(object.clone())], said(text))
        }
        Facts::Created(Settled::Found(found)) => {
            let schema = schema(request, intent)?;
            let row = row(intent, schema, &mark_sensitive(&schema.block, found), ObjectStatus::Ready);
            let text = format!("{object} had been made and is taken into the state.");
            (OperationOutcome::Done, vec![ObjectWrite::Put(object.clone(), Box::new(row))], said(text))
        }
        Facts::Created(Settled::Broken { id, reason }) => {
            let schema = schema(request, intent)?;
            let planned = value::from_json(&intent.planned, &schema.block.ty()).map_err(|error| {
                unanswered(operation, &ProviderError::refused("reading the journal", error.to_string()))
            })?;
            let broken = super::marks::known_part(&planned).with("id", Value::string(&id));
            let row = row(intent, schema, &mark_sensitive(&schema.block, broken), ObjectStatus::Tainted);
            let text =
                format!("{object} had been made ({id}) and will not become ready: {reason}. The plan replaces it.");
            (interrupted(), vec![ObjectWrite::Put(object.clone(), Box::new(row))], said(text))
        }
        Facts::Created(Settled::Doubtful { id, differs }) => {
            (interrupted(), put_back(request, object)?, doubtful(object, &id, &differs))
        }
        Facts::Created(Settled::Absent) => {
            let text = format!("{object} had not been made; the plan makes it.");
            (interrupted(), put_back(request, object)?, said(text))
        }
    };
    request
        .store
        .end_operation(request.lease, operation.id, &outcome, &writes)
        .map_err(super::executor::store_failed)?;
    Ok(diagnostic)
}

/// After an update of which nobody knows how far it came, the object may be made from what it was made from before and
/// from what it was to be made from.
fn relied_on(request: &RecoverRequest<'_>, intent: &Intent) -> Result<Vec<ObjectWrite>, Diagnostics> {
    let of_instance = request.store.instance(&intent.object.addr).map_err(super::executor::store_failed)?;
    let row = of_instance.into_iter().find(|(key, _)| *key == intent.object);
    let write = row.map(|(key, row)| {
        let dependencies = union(&row.dependencies, &intent.dependencies);
        ObjectWrite::Put(key, Box::new(ObjectRecord { dependencies, ..row }))
    });
    Ok(write.into_iter().collect())
}

/// A replacement that was not made leaves the object that it was to replace in its place. Where several are set aside,
/// it is not known which was the last, and they stay so.
fn put_back(request: &RecoverRequest<'_>, object: &ObjectKey) -> Result<Vec<ObjectWrite>, Diagnostics> {
    let of_instance = request.store.instance(&object.addr).map_err(super::executor::store_failed)?;
    Ok(match of_instance.as_slice() {
        [(only, _)] if only.deposed.is_some() => vec![ObjectWrite::Move(only.clone(), object.clone())],
        _ => Vec::new(),
    })
}

fn schema<'r>(request: &RecoverRequest<'r>, intent: &Intent) -> Result<&'r Schema, Diagnostics> {
    let object = &intent.object;
    schema_of(request.providers, &intent.provider, &object.addr).ok_or_else(|| {
        Diagnostic::error("Invalid resource type", format!("{object} is of a type that plumb does not have.")).into()
    })
}

fn row(intent: &Intent, schema: &Schema, found: &Value, status: ObjectStatus) -> ObjectRecord {
    let mut sensitive = sensitive_paths(found);
    sensitive.extend(intent.sensitive.iter().filter(|path| !sensitive.contains(path)).cloned().collect::<Vec<_>>());
    ObjectRecord {
        provider: intent.provider.clone(),
        schema_version: schema.version,
        status,
        attributes: value::to_json(found, Some(&schema.block.ty())).into(),
        sensitive,
        dependencies: intent.dependencies.clone(),
        create_before_destroy: false,
        row_version: 0,
    }
}

fn interrupted() -> OperationOutcome {
    OperationOutcome::Failed("interrupted".to_owned())
}

/// Both readings, and one command for each.
fn doubtful(object: &ObjectKey, id: &str, differs: &[String]) -> Diagnostic {
    let address = &object.addr;
    let detail = format!(
        "An earlier run began to make {object} and was interrupted. There is an object of its name or arguments ({id}), \
         but not one that this create would have made: it differs in {}.\n\nEither it is another's object, and the create \
         was never done: choose another name in the configuration, then run\n  plumb apply\n\nOr it is this object, and \
         the configuration was changed since: take it over with\n  plumb import '{address}' '{id}'",
        differs.join(", ")
    );
    Diagnostic::error("Interrupted create cannot be attributed", detail).of(object)
}

fn unanswered(operation: &OpenOperation, error: &ProviderError) -> Diagnostics {
    let doing = if operation.intent.action == OperationAction::Delete { "delete" } else { "make" };
    let detail = format!(
        "An earlier run began to {doing} {} and was interrupted. Whether that was done cannot be told now: {error}. Nothing \
         is planned before that is known; run the same command again.",
        operation.intent.object
    );
    Diagnostic::error("Interrupted operation cannot be settled", detail).of(&operation.intent.object).into()
}

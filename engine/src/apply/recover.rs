//! Operations that an earlier run began and never ended: what became of them is found out before anything is planned.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::record::schema_of;
use crate::config::{Config, ProviderAddr, Variables};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::{Evaluator, Settings, root_variables};
use crate::plan::prior::sensitive_paths;
use crate::plan::propose::mark_sensitive;
use crate::provider::{Client, Known, ProviderError, Providers, ReadOutcome};
use crate::schema::Schema;
use crate::store::{
    Intent, Lease, ObjectRecord, ObjectStatus, ObjectWrite, OpenOperation, OperationAction, OperationId,
    OperationOutcome, Store,
};
use crate::value::{self, Value};

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

/// Ends open operations: a create whose object exists is taken into the state, one whose object does not exist is
/// closed; updates and deletes are closed, because the next refresh sees what they did. Says what it found.
///
/// # Errors
/// A provider does not answer: the operation stays open, and nothing is to be planned before it is settled.
pub async fn recover(request: RecoverRequest<'_>) -> Result<Diagnostics, Diagnostics> {
    let mut open = request.store.open_operations().map_err(super::executor::store_failed)?;
    open.retain(|it| !it.running && request.operations.contains(&it.id));
    let mut said = Diagnostics::new();
    if open.is_empty() {
        return Ok(said);
    }
    let variables = root_variables(request.config, request.variables)?;
    let mut evaluator = Evaluator::new(request.config, request.providers, request.settings.clone(), variables);
    let mut clients: BTreeMap<String, Arc<dyn Client>> = BTreeMap::new();
    for operation in open {
        let provider = operation.intent.provider.clone();
        let client = match clients.get(&provider) {
            Some(client) => client.clone(),
            None => {
                let client = connect(&request, &mut evaluator, &provider).await?;
                clients.insert(provider, client.clone());
                client
            }
        };
        said.push(settle(&request, &*client, &operation).await?);
    }
    Ok(said)
}

async fn connect(
    request: &RecoverRequest<'_>,
    evaluator: &mut Evaluator<'_>,
    provider: &str,
) -> Result<Arc<dyn Client>, Diagnostics> {
    let unknown = || Diagnostic::error("Unknown provider", format!("{provider} is not among the providers of plumb."));
    let addr = ProviderAddr::parse(provider).ok_or_else(unknown)?;
    let provider = request.providers.get(&addr.source).ok_or_else(unknown)?;
    let config = evaluator.configure_provider(&addr, provider.config_schema())?;
    provider.configure(&config).await
}

async fn settle(
    request: &RecoverRequest<'_>,
    client: &dyn Client,
    operation: &OpenOperation,
) -> Result<Diagnostic, Diagnostics> {
    let intent = &operation.intent;
    let object = &intent.object;
    let (outcome, writes, what) = match intent.action {
        OperationAction::Update => {
            (closed(), Vec::new(), format!("The update of {object} may or may not have been done; the plan shows it."))
        }
        OperationAction::Delete => {
            (closed(), Vec::new(), format!("The delete of {object} may or may not have been done; the plan shows it."))
        }
        OperationAction::Create => {
            let schema = schema_of(request.providers, &intent.provider, &object.addr).ok_or_else(|| {
                Diagnostic::error("Invalid resource type", format!("{object} is of a type that plumb does not have."))
            })?;
            match find(client, operation, schema).await.map_err(|error| unanswered(operation, &error))? {
                Some(found) => {
                    let row = row(intent, schema, &mark_sensitive(&schema.block, found));
                    let write = ObjectWrite::Put(object.clone(), Box::new(row));
                    (
                        OperationOutcome::Done,
                        vec![write],
                        format!("{object} had been made and is taken into the state."),
                    )
                }
                None => (closed(), Vec::new(), format!("{object} had not been made; the plan makes it.")),
            }
        }
    };
    request
        .store
        .end_operation(request.lease, operation.id, &outcome, &writes)
        .map_err(super::executor::store_failed)?;
    Ok(Diagnostic::warning("An earlier run was interrupted", what).of(object))
}

/// By its id where the create came that far, else by the key under which it was sent.
async fn find(client: &dyn Client, operation: &OpenOperation, schema: &Schema) -> Result<Option<Value>, ProviderError> {
    let intent = &operation.intent;
    let type_name = &intent.object.addr.resource.type_name;
    let planned = value::from_json(&intent.planned, &schema.block.ty())
        .map_err(|error| ProviderError::refused("reading the journal", error.to_string()))?;
    if let Some(id) = &operation.made {
        let known = Known { id: id.clone(), object: Some(planned.clone().with("id", Value::string(id))) };
        return match client.read(type_name, vec![known]).await.pop() {
            Some(ReadOutcome::Found(found)) => Ok(Some(found)),
            Some(ReadOutcome::Failed(error)) => Err(error),
            Some(ReadOutcome::Absent) | None => Ok(None),
        };
    }
    match &intent.key {
        Some(key) => client.find(type_name, &planned, key).await,
        None => Ok(None),
    }
}

fn row(intent: &Intent, schema: &Schema, found: &Value) -> ObjectRecord {
    let mut sensitive = sensitive_paths(found);
    sensitive.extend(intent.sensitive.iter().filter(|path| !sensitive.contains(path)).cloned().collect::<Vec<_>>());
    ObjectRecord {
        provider: intent.provider.clone(),
        schema_version: schema.version,
        status: ObjectStatus::Ready,
        attributes: value::to_json(found, Some(&schema.block.ty())),
        sensitive,
        dependencies: intent.dependencies.clone(),
        create_before_destroy: false,
        row_version: 0,
    }
}

fn closed() -> OperationOutcome {
    OperationOutcome::Failed("interrupted".to_owned())
}

fn unanswered(operation: &OpenOperation, error: &ProviderError) -> Diagnostics {
    let detail = format!(
        "An earlier run began to make {} and was interrupted. Whether it was made cannot be told now: {error}. Nothing is \
         planned before that is known; run the same command again.",
        operation.intent.object
    );
    Diagnostic::error("Interrupted operation cannot be settled", detail).of(&operation.intent.object).into()
}

//! Objects as rows, and rows before anything is done: refreshed, moved and imported objects.

use std::sync::Arc;

use crate::addr::{InstanceAddr, Mode};
use crate::config::ProviderAddr;
use crate::plan::prior::sensitive_paths;
use crate::plan::{Action, Plan, ResourceChange};
use crate::provider::Providers;
use crate::schema::Schema;
use crate::store::{
    Intent, ObjectKey, ObjectRecord, ObjectStatus, ObjectWrite, OperationAction, OutputRecord, Snapshot,
};
use crate::value::{self, Value};

/// The schema of an object's type.
pub fn schema_of<'p>(providers: &'p Providers, provider: &str, addr: &InstanceAddr) -> Option<&'p Schema> {
    let provider = providers.get(&ProviderAddr::parse(provider)?.source)?;
    match addr.resource.mode {
        Mode::Data => provider.data_source(&addr.resource.type_name),
        _ => provider.resource_type(&addr.resource.type_name).map(|it| it.schema()),
    }
}

/// The row of an object that a change has made or kept.
pub fn record(change: &ResourceChange, schema: &Schema, value: &Value, status: ObjectStatus) -> ObjectRecord {
    ObjectRecord {
        provider: change.provider.clone(),
        schema_version: schema.version,
        status,
        attributes: value::to_json(value, Some(&schema.block.ty())),
        sensitive: sensitive_paths(value),
        dependencies: change.dependencies.clone(),
        create_before_destroy: change.create_before_destroy,
        row_version: 0,
    }
}

/// What is about to be done to an object; a create adds its key.
pub fn intent(
    change: &ResourceChange,
    object: ObjectKey,
    action: OperationAction,
    planned: &Value,
    schema: &Schema,
) -> Intent {
    Intent {
        object,
        action,
        provider: change.provider.clone(),
        planned: value::to_json(planned, Some(&schema.block.ty())),
        sensitive: sensitive_paths(planned),
        key: None,
        recognition: None,
        dependencies: change.dependencies.clone(),
    }
}

/// The stored form of an output.
pub fn output_record(value: &Value, sensitive: bool) -> OutputRecord {
    let ty = value.ty();
    OutputRecord { value: value::to_json(value, None), ty: value::type_to_json(&ty), sensitive }
}

/// What the plan itself already changes in the state: what the refresh found, what moves, and what is taken over.
pub fn first_writes(plan: &Plan, snapshot: &Snapshot, providers: &Providers) -> Vec<ObjectWrite> {
    let mut writes = Vec::new();
    for refreshed in &plan.refreshed {
        let known = snapshot.objects.get(&refreshed.object);
        let schema = schema_of(providers, &refreshed.provider, &refreshed.object.addr);
        match (&refreshed.value, schema) {
            (None, _) => writes.push(ObjectWrite::Remove(refreshed.object.clone())),
            (Some(value), Some(schema)) => {
                let record = ObjectRecord {
                    provider: refreshed.provider.clone(),
                    schema_version: schema.version,
                    status: known.map_or(ObjectStatus::Ready, |it| it.status),
                    attributes: value::to_json(value, Some(&schema.block.ty())),
                    sensitive: sensitive_paths(value),
                    dependencies: refreshed.dependencies.clone(),
                    create_before_destroy: known.is_some_and(|it| it.create_before_destroy),
                    row_version: 0,
                };
                let unchanged = known.is_some_and(|it| ObjectRecord { row_version: 0, ..it.clone() } == record);
                if !unchanged {
                    writes.push(ObjectWrite::Put(refreshed.object.clone(), Box::new(record)));
                }
            }
            (Some(_), None) => {}
        }
    }
    for change in &plan.changes {
        if let Some(from) = &change.moved_from {
            writes.push(ObjectWrite::Move(ObjectKey::current(from.clone()), change.object.clone()));
        }
        let Some(schema) = schema_of(providers, &change.provider, &change.object.addr) else { continue };
        if change.importing.is_some() {
            let record = record(change, schema, &change.before, ObjectStatus::Ready);
            writes.push(ObjectWrite::Put(change.object.clone(), Box::new(record)));
        } else if change.action == Action::NoOp && change.object.deposed.is_none() {
            writes.extend(settings_changed(change, snapshot, schema));
        }
    }
    writes
}

/// An object that stays as it is may still depend on other resources than before.
fn settings_changed(change: &ResourceChange, snapshot: &Snapshot, schema: &Schema) -> Option<ObjectWrite> {
    let key = change.moved_from.as_ref().map_or_else(|| change.object.clone(), |from| ObjectKey::current(from.clone()));
    let known = snapshot.objects.get(&key)?;
    let same = known.dependencies == change.dependencies
        && known.create_before_destroy == change.create_before_destroy
        && known.provider == change.provider
        && known.status == ObjectStatus::Ready;
    let record = || record(change, schema, &change.after, known.status);
    (!same).then(|| ObjectWrite::Put(change.object.clone(), Box::new(record())))
}

/// Outputs as they are stored.
pub type Outputs = std::collections::BTreeMap<Arc<str>, OutputRecord>;

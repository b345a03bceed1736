//! Objects as rows, and rows before anything is done: refreshed, moved and imported objects.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::addr::{ConfigResource, InstanceAddr, Mode};
use crate::config::ProviderAddr;
use crate::diagnostic::Diagnostics;
use crate::plan::prior::sensitive_paths;
use crate::plan::{Action, Given, Plan, ResourceChange};
use crate::provider::Providers;
use crate::schema::Schema;
use crate::store::{
    Intent, ObjectKey, ObjectRecord, ObjectStatus, ObjectWrite, OperationAction, OutputRecord, Snapshot, Store,
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
    // Nothing waits for the end of what was only read, so nothing is noted of what that needed.
    let kept = change.object.addr.resource.mode != Mode::Data;
    ObjectRecord {
        provider: change.provider.clone(),
        schema_version: schema.version,
        status,
        attributes: value::to_json(value, Some(&schema.block.ty())).into(),
        sensitive: sensitive_paths(value),
        dependencies: if kept { change.dependencies.clone() } else { Vec::new() },
        create_before_destroy: change.create_before_destroy,
        row_version: 0,
    }
}

/// The blocks of both lists, each once.
pub fn union(one: &[ConfigResource], other: &[ConfigResource]) -> Vec<ConfigResource> {
    one.iter().chain(other).cloned().collect::<BTreeSet<_>>().into_iter().collect()
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
        steps: None,
    }
}

/// The stored form of an output.
pub fn output_record(value: &Value, sensitive: bool) -> OutputRecord {
    let ty = value.ty();
    OutputRecord { value: value::to_json(value, None), ty: value::type_to_json(&ty), sensitive }
}

/// What the plan itself already changes in the state: what the refresh found, what moves, and what is taken over.
pub fn first_writes(plan: &Plan, snapshot: &Snapshot, providers: &Providers) -> Vec<ObjectWrite> {
    // Rows that the plan did not mean to write when it was made are not its own to write.
    let meant = |key: &ObjectKey| key.addr.resource.mode == Mode::Data || plan.read_set.contains_key(key);
    meant_writes(plan, snapshot, providers, &meant)
}

/// As [`first_writes`], of the rows that the plan means to write.
pub fn meant_writes(
    plan: &Plan,
    snapshot: &Snapshot,
    providers: &Providers,
    meant: &dyn Fn(&ObjectKey) -> bool,
) -> Vec<ObjectWrite> {
    let mut writes = moves(plan, snapshot);
    for refreshed in plan.refreshed.iter().filter(|it| meant(&former(&it.object, it.moved_from.as_ref()))) {
        let known = snapshot.objects.get(&former(&refreshed.object, refreshed.moved_from.as_ref()));
        let schema = schema_of(providers, &refreshed.provider, &refreshed.object.addr);
        match (&refreshed.value, schema) {
            (None, _) => writes.push(ObjectWrite::Remove(refreshed.object.clone())),
            (Some(value), Some(schema)) => {
                let record = ObjectRecord {
                    provider: refreshed.provider.clone(),
                    schema_version: schema.version,
                    status: known.map_or(ObjectStatus::Ready, |it| it.status),
                    attributes: value::to_json(value, Some(&schema.block.ty())).into(),
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
        let Some(schema) = schema_of(providers, &change.provider, &change.object.addr) else { continue };
        if change.importing.is_some() {
            let record = record(change, schema, &change.before, ObjectStatus::Ready);
            writes.push(ObjectWrite::Put(change.object.clone(), Box::new(record)));
        } else if change.action == Action::NoOp && change.object.deposed.is_none() {
            writes.extend(settings_changed(change, snapshot, schema, meant));
        }
    }
    writes
}

/// The key that the state has for an object.
fn former(object: &ObjectKey, moved_from: Option<&InstanceAddr>) -> ObjectKey {
    let addr = moved_from.unwrap_or(&object.addr).clone();
    ObjectKey { addr, deposed: object.deposed.clone() }
}

/// The moves of a plan, each after the one that frees its new address.
fn moves(plan: &Plan, snapshot: &Snapshot) -> Vec<ObjectWrite> {
    let changed = plan.changes.iter().map(|it| (&it.object, it.moved_from.as_ref()));
    let refreshed = plan.refreshed.iter().map(|it| (&it.object, it.moved_from.as_ref()));
    let mut waiting: BTreeMap<ObjectKey, ObjectKey> = changed
        .chain(refreshed)
        .filter_map(|(object, from)| Some((former(object, Some(from?)), object.clone())))
        .filter(|(from, _)| snapshot.objects.contains_key(from))
        .collect();
    let mut writes = Vec::new();
    while !waiting.is_empty() {
        let free: Vec<ObjectKey> =
            waiting.iter().filter(|(_, to)| !waiting.contains_key(to)).map(|(from, _)| from.clone()).collect();
        if free.is_empty() {
            break;
        }
        for from in free {
            writes.extend(waiting.remove(&from).map(|to| ObjectWrite::Move(from, to)));
        }
    }
    writes
}

/// An object that stays as it is may still depend on other resources than before.
fn settings_changed(
    change: &ResourceChange,
    snapshot: &Snapshot,
    schema: &Schema,
    meant: &dyn Fn(&ObjectKey) -> bool,
) -> Option<ObjectWrite> {
    let key = former(&change.object, change.moved_from.as_ref());
    let known = snapshot.objects.get(&key)?;
    if !meant(&key) {
        return None;
    }
    let same = known.dependencies == change.dependencies
        && known.create_before_destroy == change.create_before_destroy
        && known.provider == change.provider
        && known.status == ObjectStatus::Ready;
    let record = || record(change, schema, &change.after, known.status);
    (!same).then(|| ObjectWrite::Put(change.object.clone(), Box::new(record())))
}

/// The configuration of an object that is brought back, with the names that others have by now.
///
/// # Errors
/// The state cannot be read.
pub fn resolve(given: &Given, store: &dyn Store) -> Result<Value, Diagnostics> {
    if given.links.is_empty() {
        return Ok(given.config.clone());
    }
    let mut attributes = BTreeMap::new();
    for link in &given.links {
        let of_instance = store.instance(&link.object.addr).map_err(super::executor::store_failed)?;
        if let Some((_, record)) = of_instance.into_iter().find(|(key, _)| *key == link.object) {
            let read = record.attributes.read().map_err(super::executor::store_failed)?.into_owned();
            attributes.insert(&link.object, read);
        }
    }
    Ok(given.resolved(|link| attributes.get(&link.object)?.get(&*link.attribute)?.as_str().map(Value::string)))
}

/// Outputs as they are stored.
pub type Outputs = std::collections::BTreeMap<Arc<str>, OutputRecord>;

//! Prior objects: what the state says, then what a refresh says.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::propose::{mark_sensitive, unmarked};
use super::{Drift, Refreshed};
use crate::addr::{InstanceAddr, InstanceKey, Mode, ResourceAddr};
use crate::config::ProviderAddr;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::provider::{Providers, ReadOutcome};
use crate::schema::Schema;
use crate::store::{ObjectKey, ObjectRecord, Snapshot};
use crate::value::{self, Marks, Path, PathStep, Value};

/// An object of the state with its attributes as values.
#[derive(Clone, Debug)]
pub struct PriorObject {
    /// As stored.
    pub record: ObjectRecord,
    /// As last known: from the state, or from the refresh once it was read.
    pub value: Value,
    /// Former address, when the object moves in this plan.
    pub moved_from: Option<InstanceAddr>,
}

/// All objects of a state.
#[derive(Default)]
pub struct PriorObjects {
    objects: BTreeMap<ObjectKey, PriorObject>,
    drifted: BTreeSet<InstanceAddr>,
    /// What the refresh found different.
    pub drift: Vec<Drift>,
    /// What the refresh found different, to be stored.
    pub refreshed: Vec<Refreshed>,
}

impl PriorObjects {
    /// Decodes the objects of a state by the schemas of their types.
    pub fn decode(snapshot: &Snapshot, providers: &Providers) -> (Self, Diagnostics) {
        let mut all = Self::default();
        let mut diagnostics = Diagnostics::new();
        for (key, record) in &snapshot.objects {
            match decode(key, record, providers) {
                Ok(value) => {
                    let prior = PriorObject { record: record.clone(), value, moved_from: None };
                    all.objects.insert(key.clone(), prior);
                }
                Err(diagnostic) => diagnostics.push(*diagnostic),
            }
        }
        (all, diagnostics)
    }

    /// The current object of an instance.
    pub fn get(&self, addr: &InstanceAddr) -> Option<&PriorObject> {
        self.objects.get(&ObjectKey::current(addr.clone()))
    }

    /// An object, deposed ones included.
    pub fn object(&self, key: &ObjectKey) -> Option<&PriorObject> {
        self.objects.get(key)
    }

    /// The value of an object, deposed ones included.
    pub fn value(&self, key: &ObjectKey) -> Option<&Value> {
        self.objects.get(key).map(|it| &it.value)
    }

    /// Every object with its key.
    pub fn iter(&self) -> impl Iterator<Item = (&ObjectKey, &PriorObject)> {
        self.objects.iter()
    }

    /// Managed objects of a provider configuration by their type.
    pub fn of_provider(&self, provider: &ProviderAddr) -> BTreeMap<Arc<str>, Vec<ObjectKey>> {
        let text = provider.to_string();
        let mut by_type: BTreeMap<Arc<str>, Vec<ObjectKey>> = BTreeMap::new();
        for (key, object) in &self.objects {
            if object.record.provider == text && key.addr.resource.mode == Mode::Managed {
                by_type.entry(key.addr.resource.type_name.clone()).or_default().push(key.clone());
            }
        }
        by_type
    }

    /// Provider configurations that have objects.
    pub fn providers(&self) -> BTreeSet<ProviderAddr> {
        self.objects.values().filter_map(|it| ProviderAddr::parse(&it.record.provider)).collect()
    }

    /// Keys of the current objects of a resource.
    pub fn keys_of(&self, resource: &ResourceAddr) -> Vec<InstanceKey> {
        let first = ObjectKey::current(resource.instance(InstanceKey::None));
        let same = |key: &&ObjectKey| key.addr.module == resource.module && key.addr.resource == resource.resource;
        self.objects
            .range(first..)
            .map(|(key, _)| key)
            .take_while(same)
            .filter(|key| key.deposed.is_none())
            .map(|key| key.addr.key.clone())
            .collect()
    }

    /// Values of the current objects of a resource by their keys.
    pub fn of_resource(&self, resource: &ResourceAddr) -> BTreeMap<InstanceKey, Value> {
        let value = |key: InstanceKey| Some((key.clone(), self.get(&resource.instance(key))?.value.clone()));
        self.keys_of(resource).into_iter().filter_map(value).collect()
    }

    /// Gives every object of an instance another address, and returns that address.
    pub fn rename(&mut self, from: &InstanceAddr, to: InstanceAddr) -> InstanceAddr {
        let of_instance = |key: &&ObjectKey| key.addr == *from;
        let first = ObjectKey::current(from.clone());
        let keys: Vec<ObjectKey> =
            self.objects.range(first..).map(|(key, _)| key).take_while(of_instance).cloned().collect();
        for key in keys {
            if let Some(mut object) = self.objects.remove(&key) {
                let origin = object.moved_from.take().unwrap_or_else(|| from.clone());
                object.moved_from = (origin != to).then_some(origin);
                self.objects.insert(ObjectKey { addr: to.clone(), deposed: key.deposed }, object);
            }
        }
        to
    }

    /// Makes the object of an instance one of another type and provider.
    pub fn retype(&mut self, addr: &InstanceAddr, provider: String, value: Value) {
        if let Some(object) = self.objects.get_mut(&ObjectKey::current(addr.clone())) {
            object.record.provider = provider;
            object.value = value;
        }
    }

    /// Takes over an object that the state does not have.
    pub fn add(&mut self, addr: InstanceAddr, record: ObjectRecord, value: Value) {
        self.objects.insert(ObjectKey::current(addr), PriorObject { record, value, moved_from: None });
    }

    /// As the state had an object, when the refresh found it different.
    pub fn recorded(&self, key: &ObjectKey) -> Option<&Value> {
        self.drift.iter().find(|it| it.object == *key).map(|it| &it.before)
    }

    /// Leaves an object in the state that the refresh did not find: its existence belongs to run time.
    pub fn keep_recorded(&mut self, key: &ObjectKey) {
        self.refreshed.retain(|it| it.object != *key);
    }

    /// Whether the refresh found the instance different.
    pub fn has_drifted(&self, addr: &InstanceAddr) -> bool {
        self.drifted.contains(addr)
    }

    /// Takes in what a read found.
    ///
    /// # Errors
    /// The object could not be read.
    pub fn observe(&mut self, key: &ObjectKey, outcome: ReadOutcome, schema: &Schema) -> Result<(), Box<Diagnostic>> {
        let Some(object) = self.objects.get_mut(key) else { return Ok(()) };
        let found = match outcome {
            ReadOutcome::Failed(error) => {
                let mut detail = format!("{error}. Nothing is concluded about the object from this.");
                if let Some(help) = error.help {
                    detail = format!("{detail}\n\n{help}");
                }
                return Err(Box::new(Diagnostic::error("Object could not be read", detail).of(&key.addr)));
            }
            ReadOutcome::Absent => None,
            ReadOutcome::Found(found) => {
                Some(mark_paths(mark_sensitive(&schema.block, found), &object.record.sensitive))
            }
        };
        let after = found.clone().unwrap_or_else(|| Value::null(schema.block.ty()));
        if unmarked(&after) != unmarked(&object.value) {
            self.drifted.insert(key.addr.clone());
            self.drift.push(Drift {
                object: key.clone(),
                moved_from: object.moved_from.clone(),
                provider: object.record.provider.clone(),
                before: object.value.clone(),
                after,
            });
            self.refreshed.push(Refreshed {
                object: key.clone(),
                moved_from: object.moved_from.clone(),
                provider: object.record.provider.clone(),
                value: found.clone(),
                dependencies: object.record.dependencies.clone(),
            });
        }
        match found {
            Some(value) => object.value = value,
            None => {
                self.objects.remove(key);
            }
        }
        Ok(())
    }
}

/// A stored object as a value of its type.
///
/// # Errors
/// Its provider or type is not known, or its attributes do not fit the type.
pub fn decode(key: &ObjectKey, record: &ObjectRecord, providers: &Providers) -> Result<Value, Box<Diagnostic>> {
    let wrong = |summary: &str, detail: String| Box::new(Diagnostic::error(summary, detail).of(key));
    let provider = ProviderAddr::parse(&record.provider).and_then(|addr| providers.get(&addr.source));
    let Some(provider) = provider else {
        let detail = format!("{key} is managed by {}, which this version of plumb does not have.", record.provider);
        return Err(wrong("Unknown provider in state", detail));
    };
    let type_name = &key.addr.resource.type_name;
    let schema = match key.addr.resource.mode {
        Mode::Data => provider.data_source(type_name),
        _ => provider.resource_type(type_name).map(|it| it.schema()),
    };
    let Some(schema) = schema else {
        let detail = format!("{key} is in the state, but {} has no type {type_name:?}.", provider.source());
        return Err(wrong("Unsupported resource type in state", detail));
    };
    let value = value::from_json(&record.attributes, &schema.block.ty()).map_err(|error| {
        let detail = format!("The stored attributes of {key} do not fit the type: {}: {error}.", error.path);
        wrong("Unreadable object in state", detail)
    })?;
    Ok(mark_paths(mark_sensitive(&schema.block, value), &record.sensitive))
}

/// The paths of sensitive parts, outermost first and none inside another.
pub fn sensitive_paths(value: &Value) -> Vec<Path> {
    let mut paths = Vec::new();
    collect_sensitive(value, &Path::root(), &mut paths);
    paths
}

fn collect_sensitive(value: &Value, at: &Path, paths: &mut Vec<Path>) {
    if value.is_sensitive() {
        return paths.push(at.clone());
    }
    if let Some(items) = value.as_map() {
        for (name, item) in items {
            collect_sensitive(item, &at.name(name), paths);
        }
    } else if let Some(items) = value.as_slice() {
        for (index, item) in items.iter().enumerate() {
            collect_sensitive(item, &at.index(index), paths);
        }
    }
}

fn mark_paths(value: Value, paths: &[Path]) -> Value {
    paths.iter().fold(value, |value, path| mark_at(value, &path.0))
}

fn mark_at(value: Value, path: &[PathStep]) -> Value {
    let Some((step, rest)) = path.split_first() else { return value.marked(Marks::SENSITIVE) };
    match step {
        PathStep::Name(name) => match value.get(name).cloned() {
            Some(item) => value.with(name, mark_at(item, rest)),
            None => value,
        },
        PathStep::Index(at) => value.with_index(*at, |item| mark_at(item, rest)),
    }
}

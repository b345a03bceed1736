//! Prior objects: what the state says, then what a refresh says.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Display;
use std::sync::{Arc, OnceLock};

use super::propose::{mark_sensitive, unmarked};
use super::{Drift, Refreshed};
use crate::addr::{InstanceAddr, InstanceKey, Mode, ResourceAddr, ResourceName};
use crate::config::ProviderAddr;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::provider::{Providers, ReadOutcome};
use crate::schema::Schema;
use crate::store::{ObjectKey, ObjectRecord, Snapshot};
use crate::value::{self, Marks, Path, PathStep, Type, Value};

/// From how many objects on it pays to decode them on several threads.
const MANY: usize = 2_000;

/// An object of the state with its attributes as a value.
#[derive(Clone, Debug)]
pub struct PriorObject {
    /// As stored.
    pub record: ObjectRecord,
    /// Former address, when the object moves in this plan.
    pub moved_from: Option<InstanceAddr>,
    shape: Arc<Shape>,
    /// Decoded when it is asked for: a state may hold many more objects than a plan is about.
    value: OnceLock<Value>,
}

impl PriorObject {
    /// The object as last known: from the state, or from the refresh once it was read. `object` names it in an error.
    ///
    /// # Errors
    /// The stored attributes cannot be read or do not fit the type.
    pub fn value(&self, object: &dyn Display) -> Result<&Value, Diagnostics> {
        if let Some(known) = self.value.get() {
            return Ok(known);
        }
        let value = decode(&self.record, &self.shape, object)?;
        Ok(self.value.get_or_init(|| value))
    }
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
    /// The objects of a state, each with the schema of its type; an error for every one whose type is not known.
    pub fn new(snapshot: &Snapshot, providers: &Providers) -> (Self, Diagnostics) {
        let mut diagnostics = Diagnostics::new();
        let mut shapes = Shapes::default();
        let known = snapshot.objects.iter().filter_map(|(key, record)| match shapes.of(key, record, providers) {
            Ok(shape) => {
                let (record, value) = (record.clone(), OnceLock::new());
                Some((key.clone(), PriorObject { record, moved_from: None, shape, value }))
            }
            Err(diagnostic) => {
                diagnostics.push(*diagnostic);
                None
            }
        });
        let objects = known.collect();
        (Self { objects, ..Self::default() }, diagnostics)
    }

    /// Decodes the objects that are wanted, on all processors when there are many.
    ///
    /// # Errors
    /// All objects whose stored attributes cannot be read or do not fit their type.
    pub fn decode(&self, wanted: impl Fn(&InstanceAddr) -> bool) -> Result<(), Diagnostics> {
        let objects: Vec<_> = self.objects.iter().filter(|(key, _)| wanted(&key.addr)).collect();
        let decode = |share: &[(&ObjectKey, &PriorObject)]| {
            let mut found = Diagnostics::new();
            share.iter().filter_map(|(key, object)| object.value(key).err()).for_each(|it| found.extend(it));
            found
        };
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(objects.len() / MANY).max(1);
        let mut found = Diagnostics::new();
        std::thread::scope(|scope| {
            let shares = objects.chunks(objects.len().div_ceil(threads).max(1));
            let running: Vec<_> = shares.map(|share| scope.spawn(move || decode(share))).collect();
            for it in running {
                found.extend(it.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            }
        });
        if found.has_errors() { Err(found) } else { Ok(()) }
    }

    /// The current object of an instance.
    pub fn get(&self, addr: &InstanceAddr) -> Option<&PriorObject> {
        self.objects.get(&ObjectKey::current(addr.clone()))
    }

    /// An object, deposed ones included.
    pub fn object(&self, key: &ObjectKey) -> Option<&PriorObject> {
        self.objects.get(key)
    }

    /// The value of an object, deposed ones included; `None` when there is no such object.
    ///
    /// # Errors
    /// As [`PriorObject::value`].
    pub fn value(&self, key: &ObjectKey) -> Result<Option<&Value>, Diagnostics> {
        self.objects.get(key).map(|it| it.value(key)).transpose()
    }

    /// Every object with its key.
    pub fn iter(&self) -> impl Iterator<Item = (&ObjectKey, &PriorObject)> {
        self.objects.iter()
    }

    /// Managed objects of a provider configuration that are wanted, by their type.
    pub fn of_provider(
        &self,
        provider: &ProviderAddr,
        wanted: impl Fn(&InstanceAddr) -> bool,
    ) -> BTreeMap<Arc<str>, Vec<ObjectKey>> {
        let text = provider.to_string();
        let mut by_type: BTreeMap<Arc<str>, Vec<ObjectKey>> = BTreeMap::new();
        for (key, object) in &self.objects {
            if key.addr.resource.mode == Mode::Managed && wanted(&key.addr) && object.record.provider == text {
                by_type.entry(key.addr.resource.type_name.clone()).or_default().push(key.clone());
            }
        }
        by_type
    }

    /// Provider configurations that have objects.
    pub fn providers(&self) -> BTreeSet<ProviderAddr> {
        let texts: BTreeSet<&str> = self.objects.values().map(|it| it.record.provider.as_str()).collect();
        texts.into_iter().filter_map(ProviderAddr::parse).collect()
    }

    /// Keys of the current objects of a resource.
    fn keys_of(&self, resource: &ResourceAddr) -> Vec<InstanceKey> {
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
    ///
    /// # Errors
    /// As [`PriorObject::value`].
    pub fn of_resource(&self, resource: &ResourceAddr) -> Result<BTreeMap<InstanceKey, Value>, Diagnostics> {
        let value = |key: InstanceKey| {
            let object = ObjectKey::current(resource.instance(key.clone()));
            Some(self.value(&object).transpose()?.map(|it| (key, it.clone())))
        };
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
    pub fn retype(&mut self, addr: &InstanceAddr, provider: String, (schema, value): (&Schema, Value)) {
        if let Some(object) = self.objects.get_mut(&ObjectKey::current(addr.clone())) {
            object.record.provider = provider;
            object.shape = Shape::new(schema);
            object.value = value.into();
        }
    }

    /// Takes over an object that the state does not have.
    pub fn add(&mut self, addr: InstanceAddr, record: ObjectRecord, (schema, value): (&Schema, Value)) {
        let (shape, value) = (Shape::new(schema), value.into());
        self.objects.insert(ObjectKey::current(addr), PriorObject { record, moved_from: None, shape, value });
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
    pub fn observe(&mut self, key: &ObjectKey, outcome: ReadOutcome, schema: &Schema) -> Result<(), Diagnostics> {
        let Some(object) = self.objects.get_mut(key) else { return Ok(()) };
        let found = match outcome {
            ReadOutcome::Failed(error) => {
                let mut detail = format!("{error}. Nothing is concluded about the object from this.");
                if let Some(help) = error.help {
                    detail = format!("{detail}\n\n{help}");
                }
                return Err(Diagnostic::error("Object could not be read", detail).of(&key.addr).into());
            }
            ReadOutcome::Absent => None,
            ReadOutcome::Found(found) => {
                Some(mark_paths(mark_sensitive(&schema.block, found), &object.record.sensitive))
            }
        };
        let after = found.clone().unwrap_or_else(|| Value::null(schema.block.ty()));
        let before = object.value(key)?.clone();
        if unmarked(&after) != unmarked(&before) {
            self.drifted.insert(key.addr.clone());
            self.drift.push(Drift {
                object: key.clone(),
                moved_from: object.moved_from.clone(),
                provider: object.record.provider.clone(),
                before,
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
            Some(value) => object.value = value.into(),
            None => {
                self.objects.remove(key);
            }
        }
        Ok(())
    }
}

/// What the objects of a type are like.
#[derive(Debug)]
struct Shape {
    schema: Schema,
    ty: Type,
}

impl Shape {
    fn new(schema: &Schema) -> Arc<Self> {
        Arc::new(Self { schema: schema.clone(), ty: schema.block.ty() })
    }
}

/// Shapes by provider configuration, mode and type.
#[derive(Default)]
struct Shapes {
    known: HashMap<(String, Mode, Arc<str>), Arc<Shape>>,
    /// That of the object before: objects come in the order of their addresses.
    last: Option<(String, ResourceName, Arc<Shape>)>,
}

impl Shapes {
    /// The shape of a stored object.
    fn of(
        &mut self,
        key: &ObjectKey,
        record: &ObjectRecord,
        providers: &Providers,
    ) -> Result<Arc<Shape>, Box<Diagnostic>> {
        let resource = &key.addr.resource;
        if let Some((provider, last, shape)) = &self.last
            && *provider == record.provider
            && last == resource
        {
            return Ok(shape.clone());
        }
        let slot = (record.provider.clone(), resource.mode, resource.type_name.clone());
        let shape = match self.known.get(&slot) {
            Some(known) => known.clone(),
            None => {
                let shape = Shape::new(schema(key, record, providers)?);
                self.known.insert(slot, shape.clone());
                shape
            }
        };
        self.last = Some((record.provider.clone(), resource.clone(), shape.clone()));
        Ok(shape)
    }
}

fn schema<'p>(key: &ObjectKey, record: &ObjectRecord, providers: &'p Providers) -> Result<&'p Schema, Box<Diagnostic>> {
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
    schema.ok_or_else(|| {
        let detail = format!("{key} is in the state, but {} has no type {type_name:?}.", provider.source());
        wrong("Unsupported resource type in state", detail)
    })
}

/// A stored object as a value of its type.
///
/// # Errors
/// Its provider or type is not known, or its attributes cannot be read or do not fit the type.
pub fn decode_record(key: &ObjectKey, record: &ObjectRecord, providers: &Providers) -> Result<Value, Diagnostics> {
    let schema = schema(key, record, providers).map_err(|it| Diagnostics::from(*it))?;
    decode(record, &Shape::new(schema), key)
}

fn decode(record: &ObjectRecord, shape: &Shape, object: &dyn Display) -> Result<Value, Diagnostics> {
    let wrong = |detail: String| {
        Diagnostics::from(Diagnostic::error("Unreadable object in state", detail).of(object.to_string()))
    };
    let stored = record.attributes.read().map_err(|error| wrong(format!("{object}: {error}.")))?;
    let value = value::from_json(&stored, &shape.ty).map_err(|error| {
        wrong(format!("The stored attributes of {object} do not fit the type: {}: {error}.", error.path))
    })?;
    Ok(mark_paths(mark_sensitive(&shape.schema.block, value), &record.sensitive))
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

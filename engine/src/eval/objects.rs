//! The values that resources have for expressions: planned ones while planning, recorded ones while applying.

use std::collections::{BTreeMap, HashMap};

use super::modules::ModuleId;
use crate::addr::{InstanceKey, ResourceName};
use crate::value::{Type, Value};

/// The instances of one resource in one module instance.
#[derive(Clone, Debug)]
pub struct Instances {
    /// How they are told apart.
    pub kind: KeyKind,
    values: BTreeMap<InstanceKey, Value>,
    whole: Option<Value>,
}

/// How the instances of a block are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// There is one, without a key.
    Single,
    /// It has no key either, and is switched off: a null.
    Absent,
    /// By a number.
    Count,
    /// By a string.
    ForEach,
    /// It is not known how many there are.
    Unknown,
}

impl KeyKind {
    /// The kind that one of the instances' keys tells; without instances it is not known.
    pub fn of(key: Option<&InstanceKey>) -> Self {
        match key {
            None => KeyKind::Unknown,
            Some(InstanceKey::None) => KeyKind::Single,
            Some(InstanceKey::Int(_)) => KeyKind::Count,
            Some(InstanceKey::Str(_)) => KeyKind::ForEach,
        }
    }

    /// One value out of those of all instances.
    pub fn collect(self, mut values: BTreeMap<InstanceKey, Value>) -> Value {
        match self {
            KeyKind::Single => values.remove(&InstanceKey::None).unwrap_or_else(|| Value::unknown(Type::Dynamic)),
            KeyKind::Absent => Value::null(Type::Dynamic),
            KeyKind::Count => counted(values),
            KeyKind::ForEach => Value::object(values.into_iter().filter_map(|(key, value)| match key {
                InstanceKey::Str(key) => Some((key, value)),
                _ => None,
            })),
            KeyKind::Unknown => Value::unknown(Type::Dynamic),
        }
    }
}

/// The instances in their places. One that has no value, because the plan leaves it out, is not known.
fn counted(values: BTreeMap<InstanceKey, Value>) -> Value {
    let mut items = Vec::new();
    for (key, value) in values {
        if let InstanceKey::Int(at) = key {
            while (items.len() as u64) < at {
                items.push(Value::unknown(Type::Dynamic));
            }
            items.push(value);
        }
    }
    Value::tuple(items)
}

/// The values of all resources.
#[derive(Clone, Debug, Default)]
pub struct Objects(HashMap<(ModuleId, ResourceName), Instances>);

impl Objects {
    /// Declares the instances of a resource, each with its value so far.
    pub fn declare(
        &mut self,
        module: ModuleId,
        resource: &ResourceName,
        kind: KeyKind,
        values: BTreeMap<InstanceKey, Value>,
    ) {
        self.0.insert((module, resource.clone()), Instances { kind, values, whole: None });
    }

    /// Gives a declared instance its value.
    pub fn set(&mut self, module: ModuleId, resource: &ResourceName, key: &InstanceKey, value: Value) {
        if let Some(instances) = self.0.get_mut(&(module, resource.clone())) {
            instances.values.insert(key.clone(), value);
            instances.whole = None;
        }
    }

    /// The instances of a resource; `None` while they have not been declared.
    pub fn get(&mut self, module: ModuleId, resource: &ResourceName) -> Option<&mut Instances> {
        self.0.get_mut(&(module, resource.clone()))
    }
}

impl Instances {
    /// The value of one instance.
    pub fn one(&self, key: &InstanceKey) -> Option<&Value> {
        self.values.get(key)
    }

    /// Keys of all instances.
    pub fn keys(&self) -> impl Iterator<Item = &InstanceKey> {
        self.values.keys()
    }

    /// The value of the resource as a whole, made once until an instance changes.
    pub fn whole(&mut self) -> Value {
        let (kind, values) = (self.kind, &self.values);
        self.whole.get_or_insert_with(|| kind.collect(values.clone())).clone()
    }
}

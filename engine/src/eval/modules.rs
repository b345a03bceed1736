//! Instances of modules and what has been evaluated in each.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::objects::KeyKind;
use crate::addr::{InstanceKey, ModuleAddr};
use crate::config::ModuleIndex;
use crate::value::Value;

/// Position of a module instance in the evaluator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModuleId(pub usize);

/// What tells an instance of a block apart inside its expressions.
#[derive(Clone, Debug, Default)]
pub enum Each {
    /// The block is not repeated.
    #[default]
    None,
    /// `count.index`
    Count(Value),
    /// `each.key` and `each.value`
    ForEach {
        /// Key.
        key: Value,
        /// Value.
        value: Value,
    },
}

/// One instance of a module, with the values that have been evaluated in it.
#[derive(Debug, Default)]
pub struct ModuleInstance {
    /// Address.
    pub addr: ModuleAddr,
    /// The module in the configuration.
    pub config: ModuleIndex,
    /// The instance that called it.
    pub parent: Option<ModuleId>,
    /// Its repetition in the call.
    pub each: Each,
    /// Instances of the modules that it calls.
    pub calls: BTreeMap<Arc<str>, CallInstances>,
    /// Variables.
    pub variables: BTreeMap<Arc<str>, Value>,
    /// Local values.
    pub locals: BTreeMap<Arc<str>, Value>,
    /// Outputs.
    pub outputs: BTreeMap<Arc<str>, Value>,
}

/// The instances of one call.
#[derive(Clone, Debug)]
pub struct CallInstances {
    /// How they are told apart.
    pub kind: KeyKind,
    /// The instances.
    pub instances: BTreeMap<InstanceKey, ModuleId>,
}

//! Type constraints with the defaults of their optional attributes.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Type, Value};

/// A type constraint with the defaults of `optional(T, default)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Constraint {
    /// The type, with its optional attributes.
    pub ty: Type,
    /// Defaults within it; `None` where there are none.
    pub defaults: Option<Arc<Defaults>>,
}

/// Defaults of the optional attributes of a type and of the types inside it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Defaults {
    /// Defaults of this object's own attributes, already of the attribute's type.
    pub attributes: BTreeMap<Arc<str>, Value>,
    /// Defaults inside: by attribute name, by tuple index (as text), or under `""` for the elements of a collection.
    pub children: BTreeMap<Arc<str>, Arc<Defaults>>,
}

/// Fills in defaults where optional attributes are absent or null; done before conversion to the type.
#[must_use]
pub fn apply_defaults(_value: Value, _defaults: &Defaults) -> Value {
    unimplemented!()
}

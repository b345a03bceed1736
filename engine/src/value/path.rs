//! Paths: where in a value a part lies.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Kind, Value};

/// Steps from a value to one of its parts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Path(pub Vec<PathStep>);

/// One step of a [`Path`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PathStep {
    /// Position in a list, tuple or (in the order of the set) set.
    Index(usize),
    /// Attribute of an object or key of a map.
    Name(Arc<str>),
}

impl Path {
    /// The whole value.
    pub fn root() -> Self {
        Self::default()
    }

    /// The path one step further in, by name.
    #[must_use]
    pub fn name(&self, name: &str) -> Self {
        self.step(PathStep::Name(name.into()))
    }

    /// The path one step further in, by position.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.step(PathStep::Index(index))
    }

    /// The path one step further in.
    #[must_use]
    pub fn step(&self, step: PathStep) -> Self {
        Self(self.0.iter().cloned().chain([step]).collect())
    }

    /// The part of `value` that lies there, if there is one.
    pub fn find<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        self.0.iter().try_fold(value, |value, step| match (step, value.kind()) {
            (PathStep::Name(name), _) => value.get(name),
            (PathStep::Index(at), Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items)) => items.get(*at),
            _ => None,
        })
    }
}

impl fmt::Display for Path {
    /// As an expression writes it: `a.b[0]["c d"]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            match step {
                PathStep::Index(index) => write!(f, "[{index}]")?,
                PathStep::Name(name) if is_identifier(name) => {
                    write!(f, "{}{name}", if at == 0 { "" } else { "." })?;
                }
                PathStep::Name(name) => write!(f, "[{}]", crate::addr::quote(name))?,
            }
        }
        Ok(())
    }
}

pub(super) fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

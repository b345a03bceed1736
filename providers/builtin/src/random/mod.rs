//! The provider `hashicorp/random`: values that are drawn once and kept.

mod characters;
mod id;
mod integer;
mod keepers;
mod password;
mod password_ephemeral;
mod pet;
mod seed;
mod shuffle;
mod string;
mod uuid;

use plumb_engine::diagnostic::Diagnostic;
use plumb_engine::provider::Registry;
use plumb_engine::value::{Number, Value};

use crate::local::{LocalProvider, Stored};

/// The provider `hashicorp/random`.
pub(crate) fn provider() -> LocalProvider {
    let mut registry = Registry::new();
    registry
        .resource::<Stored<id::RandomId>>()
        .resource::<Stored<integer::RandomInteger>>()
        .resource::<Stored<password::RandomPassword>>()
        .resource::<Stored<pet::RandomPet>>()
        .resource::<Stored<shuffle::RandomShuffle>>()
        .resource::<Stored<string::RandomString>>()
        .resource::<Stored<uuid::RandomUuid>>()
        .ephemeral::<password_ephemeral::RandomPassword>();
    LocalProvider::new("registry.terraform.io/hashicorp/random", registry)
}

/// An argument as a whole number, where it is set and known.
fn number(config: &Value, name: &str) -> Option<i64> {
    config.get(name).and_then(Value::as_number).and_then(Number::as_i64)
}

/// The error of an argument that is less than it must be.
fn too_small(name: &str, least: i64, found: i64) -> Diagnostic {
    invalid(format!("The argument \"{name}\" must be at least {least}, but it is {found}."))
}

/// The error of an argument whose value does not do.
fn invalid(detail: impl Into<String>) -> Diagnostic {
    Diagnostic::error("Invalid Attribute Value", detail)
}

//! `null_resource`: an object that does nothing but be replaced.

use std::collections::BTreeMap;

use plumb_engine::Schema;
use plumb_engine::provider::Registry;
use plumb_engine::provider::typed::{Id, Result};
use rand::RngExt;
use serde::{Deserialize, Serialize};

use crate::local::{Local, LocalProvider, Stored};

/// The provider `hashicorp/null`.
pub(crate) fn provider() -> LocalProvider {
    let mut registry = Registry::new();
    registry.resource::<Stored<NullResource>>();
    LocalProvider::new("registry.terraform.io/hashicorp/null", registry)
}

/// An object that exists in the state alone. It gives provisioners and dependencies something to hang on;
/// `terraform_data` does the same without a provider of its own.
#[derive(Clone, Debug, Serialize, Deserialize, Schema)]
struct NullResource {
    /// Any values; a change of one replaces the object.
    #[attr(force_new)]
    triggers: Option<BTreeMap<String, Option<String>>>,
}

impl Local for NullResource {
    const TYPE: &'static str = "null_resource";

    fn make(&self) -> Result<(Id, Self)> {
        Ok((rand::rng().random_range(1..=i64::MAX).to_string(), self.clone()))
    }
}

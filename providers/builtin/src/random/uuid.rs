//! `random_uuid`: a random UUID.

use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Result};
use plumb_engine::provider::{PlannedChange, ProviderError};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::keepers::{self, Keepers};
use crate::local::{Local, importing};

/// A random UUID (version 4), as a unique part of other objects' names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Schema)]
pub(super) struct RandomUuid {
    /// Any values; a change of one makes a new UUID.
    pub keepers: Keepers,
    /// The UUID in lower case, with hyphens.
    #[attr(computed)]
    pub result: Option<String>,
}

impl Local for RandomUuid {
    const TYPE: &'static str = "random_uuid";

    fn plan(change: &mut PlannedChange) -> Diagnostics {
        keepers::plan(change);
        Diagnostics::new()
    }

    fn make(&self) -> Result<(Id, Self)> {
        let id = Uuid::new_v4().to_string();
        Ok((id.clone(), Self { keepers: self.keepers.clone(), result: Some(id) }))
    }

    /// The UUID.
    fn import(id: &str) -> Result<(Id, Self)> {
        let id = Uuid::try_parse(id)
            .map_err(|error| ProviderError::refused(importing::<Self>(), format!("{id:?} is no UUID: {error}")))?
            .to_string();
        Ok((id.clone(), Self { keepers: None, result: Some(id) }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_restores_what_was_made() {
        let (id, object) = RandomUuid { keepers: None, result: None }.make().unwrap();
        assert_eq!(object.result.as_ref(), Some(&id));
        assert_eq!(RandomUuid::import(&id.to_uppercase()).unwrap(), (id, object));
        assert!(RandomUuid::import("x").is_err());
    }
}

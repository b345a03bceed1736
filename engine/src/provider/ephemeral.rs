//! Ephemeral resource types: what is opened for the time of one plan or apply, and stored nowhere.

use std::time::Duration;

use serde_json::Value as Json;

use crate::diagnostic::Diagnostics;
use crate::schema::Schema;
use crate::value::Value;

/// Schema and checks of an ephemeral resource type.
pub trait EphemeralType: Send + Sync {
    /// Attributes and nested blocks.
    fn schema(&self) -> &Schema;

    /// Checks a configuration beyond its schema; parts may be unknown, and an unknown part is no error.
    fn validate(&self, _config: &Value) -> Diagnostics {
        Diagnostics::new()
    }
}

/// What a provider keeps of something that it has opened.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hold {
    /// What it needs to renew and to close it, such as the id of a lease. Nobody else looks into it.
    pub private: Json,
    /// How long it lasts before it must be renewed; `None` when it lasts as long as it is needed.
    pub renew_after: Option<Duration>,
}

//! The groups that the state describes.

use plumb_engine::addr::Mode;
use plumb_engine::diagnostic::Diagnostic;
use plumb_provider_ha::group::{Cluster, Group};
use plumb_provider_ha::journal::Recorded;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use crate::args::StateOption;
use crate::commands::state_view;
use crate::session::Failure;
use crate::workspace;

/// A group with its cluster.
pub struct Described {
    /// The cluster.
    pub cluster: Cluster,
    /// The group.
    pub group: Group,
    /// Who had it when it was last applied.
    pub applied: Option<Recorded>,
}

impl Described {
    /// `CLUSTER/NAME`.
    pub fn key(&self) -> String {
        format!("{}/{}", self.cluster.name, self.group.name)
    }
}

/// The groups of the state, all or those that a name means.
pub fn groups(state: &StateOption, name: Option<&str>) -> Result<Vec<Described>, Failure> {
    if state.source().is_none() {
        return Err(state_view::no_state(state).into());
    }
    let snapshot = workspace::snapshot(state)?;
    let mut found = Vec::new();
    for (key, record) in &snapshot.objects {
        let resource = &key.addr.resource;
        if key.deposed.is_some() || resource.mode != Mode::Managed || &*resource.type_name != "ha_group" {
            continue;
        }
        let address = key.addr.to_string();
        let attributes = record.attributes.read()?;
        found.push(Described {
            cluster: read(&attributes["cluster"]["definition"], &address)?,
            group: read(&attributes["definition"], &address)?,
            applied: applied(&attributes),
        });
    }
    found.retain(|it| name.is_none_or(|name| it.group.name == name || it.key() == name));
    match name {
        Some(name) if found.is_empty() => Err(unknown(name).into()),
        _ => Ok(found),
    }
}

/// The only group that a name means.
pub fn group(state: &StateOption, name: &str) -> Result<Described, Failure> {
    let mut found = groups(state, Some(name))?;
    match found.len() {
        1 => Ok(found.remove(0)),
        _ => {
            let keys = found.iter().map(Described::key).collect::<Vec<_>>().join(", ");
            let detail = format!("Several clusters have a group {name:?}: name one of {keys}.");
            Err(Diagnostic::error("Ambiguous failover group", detail).into())
        }
    }
}

/// Nothing for a group that was never active, which is not the same as one that was stopped.
fn applied(attributes: &Json) -> Option<Recorded> {
    let server = attributes["active_server"].as_str()?.to_owned();
    Some(Recorded { server: Some(server), epoch: attributes["epoch"].as_u64().unwrap_or_default(), since: None })
}

fn read<T: DeserializeOwned>(definition: &Json, address: &str) -> Result<T, Diagnostic> {
    let wrong = |reason: String| {
        let detail = format!("The definition of {address} in the state cannot be used: {reason}. Apply it again.");
        Diagnostic::error("Unreadable failover group", detail)
    };
    let text = definition.as_str().ok_or_else(|| wrong("there is none".to_owned()))?;
    serde_json::from_str(text).map_err(|error| wrong(error.to_string()))
}

fn unknown(name: &str) -> Diagnostic {
    let detail = format!(
        "The state has no failover group {name:?}. \"plumb ha status\" lists the groups that were applied; the name is \
         the argument `name` of the resource, not its label."
    );
    Diagnostic::error("No such failover group", detail)
}

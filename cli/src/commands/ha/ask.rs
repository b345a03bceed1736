//! Moves, starts and stops by way of the agent of this server, where one runs.

use plumb_engine::diagnostic::Diagnostic;
use plumb_provider_ha::agent::control::{self, ControlError};
use plumb_provider_ha::agent::event::Command;
use plumb_provider_ha::connect;
use serde_json::Value as Json;

use super::described::Described;
use super::run_dir;
use crate::session::{Failure, Session};

/// Asks the agent of this server; `None` where none runs here.
pub async fn agent(it: &Described, command: &Command, session: &Session) -> Result<Option<Json>, Failure> {
    let socket = connect::socket_path(&run_dir(session), &it.cluster.name);
    match control::ask(&socket, command).await {
        Ok(status) => Ok(Some(status)),
        Err(ControlError::Nobody(_)) => Ok(None),
        Err(error) => {
            let detail = format!("{}, by the agent of this server: {error}", it.key());
            Err(Diagnostic::error("Failover group not changed", detail).into())
        }
    }
}

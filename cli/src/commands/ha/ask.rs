//! Moves, starts and stops by way of the agent of this server, where one runs, and what it says of itself.

use std::time::Duration;

use plumb_engine::diagnostic::Diagnostic;
use plumb_provider_ha::agent::control::{self, ControlError};
use plumb_provider_ha::agent::event::Command;
use plumb_provider_ha::agent::report::AgentReport;
use serde_json::Value as Json;

use super::described::Described;
use super::socket;
use crate::session::{Failure, Session};

/// Time for an agent to say how it is.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the agent of this server says of itself; `None` where none runs here, or it does not answer.
pub async fn report(cluster: &str, session: &Session) -> Option<AgentReport> {
    let socket = socket(cluster, session);
    let asked = tokio::time::timeout(PATIENCE, control::ask(&socket, &Command::Status)).await;
    match asked.unwrap_or_else(|late| Err(ControlError::Silent(late.to_string()))) {
        Ok(report) => serde_json::from_value(report).ok(),
        Err(ControlError::Nobody(_)) => None,
        Err(error) => {
            tracing::warn!(%error, "the agent of this server says nothing of itself");
            None
        }
    }
}

/// Asks the agent of this server; `None` where none runs here.
pub async fn agent(it: &Described, command: &Command, session: &Session) -> Result<Option<Json>, Failure> {
    let socket = socket(&it.cluster.name, session);
    match control::ask(&socket, command).await {
        Ok(status) => Ok(Some(status)),
        Err(ControlError::Nobody(_)) => Ok(None),
        Err(error) => {
            let detail = format!("{}, by the agent of this server: {error}", it.key());
            Err(Diagnostic::error("Failover group not changed", detail).into())
        }
    }
}

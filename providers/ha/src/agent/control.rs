//! The socket over which people ask the agent of their server: one line of JSON each way.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value as Json, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::oneshot;

use super::driver::{Input, Outbox};
use super::event::Command;

/// Longest time that whoever asks waits for an answer: moves take their time.
const LIMIT: Duration = Duration::from_secs(1800);

/// Why an agent gave no answer that helps.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ControlError {
    /// No agent listens there.
    #[error("no agent listens at {0}")]
    Nobody(String),
    /// The agent refuses, and says why.
    #[error("{0}")]
    Refused(String),
    /// The agent listens and does not answer.
    #[error("the agent does not answer: {0}")]
    Silent(String),
}

/// Whether nobody listens at the socket.
///
/// # Errors
/// An agent does.
pub fn alone(path: &Path) -> Result<(), String> {
    match std::os::unix::net::UnixStream::connect(path) {
        Ok(_) => Err(format!("an agent of the cluster runs on this machine already: it listens at {}", path.display())),
        Err(_) => Ok(()),
    }
}

/// Opens the socket for the agent's user only. What an agent that has died left there is replaced.
///
/// # Errors
/// It cannot be opened, as a clause; or another agent listens there.
pub fn open(path: &Path) -> Result<UnixListener, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    alone(path)?;
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let listener = UnixListener::bind(path).map_err(failed)?;
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o600)).map_err(failed)?;
    Ok(listener)
}

/// Answers whoever asks, for ever.
pub async fn serve(listener: UnixListener, outbox: Outbox) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(answer(stream, outbox.clone()))),
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

async fn answer(stream: UnixStream, outbox: Outbox) {
    let (read, mut write) = stream.into_split();
    let Ok(Some(line)) = BufReader::new(read).lines().next_line().await else { return };
    let result = match serde_json::from_str::<Command>(&line) {
        Err(error) => Err(error.to_string()),
        Ok(command) => {
            let (asked, answered) = oneshot::channel();
            outbox.send(Input::Ask(command, asked)).ok();
            answered.await.unwrap_or_else(|_| Err("The agent has ended.".to_owned()))
        }
    };
    let answer = match result {
        Ok(it) => json!({ "ok": it }),
        Err(reason) => json!({ "error": reason }),
    };
    write.write_all(format!("{answer}\n").as_bytes()).await.ok();
}

/// Asks the agent that listens at a path.
///
/// # Errors
/// Nobody listens there, the agent refuses, or there is no answer.
pub async fn ask(path: &Path, command: &Command) -> Result<Json, ControlError> {
    let silent = |error: &dyn std::fmt::Display| ControlError::Silent(error.to_string());
    let nobody = |_| ControlError::Nobody(path.display().to_string());
    let stream = UnixStream::connect(path).await.map_err(nobody)?;
    let (read, mut write) = stream.into_split();
    let line = serde_json::to_string(command).map_err(|error| silent(&error))? + "\n";
    write.write_all(line.as_bytes()).await.map_err(|error| silent(&error))?;
    let mut lines = BufReader::new(read).lines();
    let answer = tokio::time::timeout(LIMIT, lines.next_line()).await.map_err(|error| silent(&error))?;
    let answer = answer.map_err(|error| silent(&error))?.ok_or_else(|| silent(&"the connection has ended"))?;
    let mut answer: Json = serde_json::from_str(&answer).map_err(|error| silent(&error))?;
    match answer.get("error").and_then(Json::as_str) {
        Some(reason) => Err(ControlError::Refused(reason.to_owned())),
        None => Ok(answer["ok"].take()),
    }
}

//! The log for whoever looks for a fault: `TF_LOG` says how much, `TF_LOG_PATH` where to.

use std::collections::BTreeMap;
use std::sync::Mutex;

use plumb_engine::diagnostic::Diagnostic;
use tracing_subscriber::EnvFilter;

/// Begins to log, if the environment asks for it.
///
/// # Errors
/// The log file cannot be opened.
pub fn start(environment: &BTreeMap<String, String>) -> Result<(), Diagnostic> {
    let Some(level) = environment.get("TF_LOG").and_then(|it| level(it)) else { return Ok(()) };
    let filter = EnvFilter::new(level);
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false);
    // A log that began before stays: a process logs once.
    match environment.get("TF_LOG_PATH").filter(|it| !it.is_empty()) {
        None => builder.with_writer(std::io::stderr).try_init().ok(),
        Some(path) => {
            let file = std::fs::OpenOptions::new().create(true).append(true).open(path).map_err(|error| {
                let detail = format!("The file {path} that TF_LOG_PATH names cannot be opened: {error}.");
                Diagnostic::error("Cannot write the log", detail)
            })?;
            builder.with_writer(Mutex::new(file)).try_init().ok()
        }
    };
    Ok(())
}

/// The level of a text; a text that is no level means everything.
fn level(text: &str) -> Option<&'static str> {
    match text.to_ascii_uppercase().as_str() {
        "" | "OFF" => None,
        "ERROR" => Some("error"),
        "WARN" => Some("warn"),
        "INFO" => Some("info"),
        "DEBUG" => Some("debug"),
        _ => Some("trace"),
    }
}

//! What every command works with: the terminal, the providers, the environment.

use std::collections::BTreeMap;
use std::path::PathBuf;

use plumb_engine::config::DATA_DIR;
use plumb_engine::diagnostic::{Diagnostic, Diagnostics};
use plumb_engine::eval::Settings;
use plumb_engine::provider::Providers;
use plumb_engine::source::SourceMap;
use plumb_engine::store::StoreError;

use crate::args::ViewOptions;
use crate::ui::{Ui, UiOptions};

/// What every command works with.
pub struct Session {
    /// Providers by source address.
    pub providers: Providers,
    /// Environment variables.
    pub environment: BTreeMap<String, String>,
    /// The current workspace.
    pub workspace: String,
}

impl Session {
    /// The terminal as a command wants to use it.
    pub fn ui(&self, view: &ViewOptions, json_stream: bool) -> Ui {
        Ui::new(UiOptions {
            no_color: view.no_color,
            compact_warnings: view.compact_warnings,
            json_stream,
            no_color_wanted: self.is_set("NO_COLOR"),
        })
    }

    /// What expressions may know of the outside; with `now` while applying.
    pub fn settings(&self, applying: bool) -> Settings {
        let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        Settings {
            working_dir: std::env::current_dir().unwrap_or_default(),
            workspace: self.workspace.as_str().into(),
            now: applying.then(|| now.clone()),
            plan_time: now,
            validating: false,
        }
    }

    /// Where `init` leaves installed modules behind: `TF_DATA_DIR`, else `.terraform`.
    pub fn data_dir(&self) -> PathBuf {
        let named = self.environment.get("TF_DATA_DIR").filter(|it| !it.is_empty());
        named.map_or_else(|| PathBuf::from(DATA_DIR), PathBuf::from)
    }

    /// Whether a variable is there and not empty.
    pub fn is_set(&self, name: &str) -> bool {
        self.environment.get(name).is_some_and(|it| !it.is_empty())
    }

    /// Whether nobody reads hints about the next command.
    pub fn in_automation(&self) -> bool {
        self.is_set("TF_IN_AUTOMATION")
    }

    /// Whether people may be asked: `-input`, which `TF_INPUT` can clear.
    pub fn may_ask(&self, input: bool) -> bool {
        input && !matches!(self.environment.get("TF_INPUT").map(String::as_str), Some("0" | "false"))
    }
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It did what was asked: 0.
    Success,
    /// It could not: 1.
    Error,
    /// There are changes, and the caller wanted to know: 2.
    Changes,
    /// Files could not be formatted: 2.
    Unreadable,
    /// Files are not formatted, and the caller wanted to know: 3.
    Unformatted,
    /// Only run time has changed, and the caller wanted to know: 3.
    Runtime,
}

impl Exit {
    /// The process's exit code.
    pub fn code(self) -> u8 {
        match self {
            Exit::Success => 0,
            Exit::Error => 1,
            Exit::Changes | Exit::Unreadable => 2,
            Exit::Unformatted | Exit::Runtime => 3,
        }
    }
}

/// Why a command could not do what was asked.
#[derive(Debug, Default)]
pub struct Failure {
    /// At least one error.
    pub diagnostics: Diagnostics,
    /// The files that it points into.
    pub sources: SourceMap,
}

impl Failure {
    /// Errors that point into files.
    pub fn new(diagnostics: Diagnostics, sources: &SourceMap) -> Self {
        Self { diagnostics, sources: sources.clone() }
    }
}

impl From<Diagnostic> for Failure {
    fn from(diagnostic: Diagnostic) -> Self {
        Self { diagnostics: diagnostic.into(), sources: SourceMap::default() }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        store_diagnostic(&error).into()
    }
}

/// What a store's refusal means to a person.
pub fn store_diagnostic(error: &StoreError) -> Diagnostic {
    let (summary, help) = match error {
        StoreError::Locked(holder) => (
            "Error acquiring the state lock",
            format!(
                "Wait for the other run to end, or let this command wait with -lock-timeout. If the other run is no \
                 more and you cannot wait for its lease to end, break the lock with:\n  plumb force-unlock {}",
                holder.run
            ),
        ),
        StoreError::LeaseLost { .. } => (
            "State lock lost",
            "Nothing was written after that. Make a new plan: what was under way is in the journal and is found again."
                .to_owned(),
        ),
        StoreError::Corrupt { .. } => (
            "Unreadable state",
            "The file was left as it is. If it is a state, restore it from a copy; if not, name another with -state."
                .to_owned(),
        ),
        StoreError::TooNew { .. } => ("State of a later version", "Use that version of plumb.".to_owned()),
        StoreError::Sealed { .. } => ("Sealed state", String::new()),
        StoreError::Conflict { .. } => ("The state does not fit", String::new()),
        StoreError::Storage { .. } => ("State not accessible", String::new()),
    };
    let text = error.to_string();
    let mut chars = text.chars();
    let sentence = chars.next().map(|first| first.to_uppercase().to_string() + chars.as_str()).unwrap_or_default();
    let detail = if help.is_empty() { format!("{sentence}.") } else { format!("{sentence}.\n\n{help}") };
    Diagnostic::error(summary, detail)
}

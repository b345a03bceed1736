//! `ha history`: the transitions that the journal of this machine remembers.

use plumb_engine::diagnostic::Diagnostic;
use plumb_provider_ha::connect::{JOURNAL_VARIABLE, journal_path};
use plumb_provider_ha::journal::{FileJournal, TransitionRecord, fold};
use serde_json::json;

use crate::args::HaHistoryArgs;
use crate::render::ha;
use crate::session::{Exit, Failure, Session};
use crate::ui::Ui;

/// Runs the command.
pub fn run(args: &HaHistoryArgs, session: &Session, ui: &Ui) -> Result<Exit, Failure> {
    let mut all = log(session)?;
    let named = |it: &TransitionRecord| {
        let (cluster, group) = (&it.transition.cluster, &it.transition.group);
        args.group.as_ref().is_none_or(|name| name == group || *name == format!("{cluster}/{group}"))
    };
    all.retain(named);
    all.drain(..all.len().saturating_sub(args.last));
    if args.common.json {
        ui.document(&json!(all));
    } else {
        ui.out(&ha::history(&all, args.steps, ui.paint()));
    }
    Ok(Exit::Success)
}

/// The transitions that the journal remembers; none where there is no journal.
pub fn log(session: &Session) -> Result<Vec<TransitionRecord>, Failure> {
    let path = journal_path(session.environment.get(JOURNAL_VARIABLE).map(String::as_str));
    let entries = FileJournal::read(&path).map_err(|error| unreadable(&error.to_string()))?;
    Ok(fold(&entries))
}

/// The journal cannot be read.
pub fn unreadable(reason: &str) -> Diagnostic {
    let detail = format!(
        "The journal of failover groups cannot be used: {reason}. Set {JOURNAL_VARIABLE} to another file if this is not it."
    );
    Diagnostic::error("Unusable journal", detail)
}

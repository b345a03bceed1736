//! `history`: the runs that the state remembers.

use plumb_engine::diagnostic::Diagnostic;
use plumb_engine::store::{History, OperationOutcome, OperationRecord, RunRecord};
use plumb_state::SqliteStore;
use serde_json::{Value as Json, json};

use crate::args::{HistoryArgs, HistoryCommand, HistoryPruneArgs, HistoryShowArgs, StateOption};
use crate::render::history;
use crate::session::{Exit, Failure, Session};
use crate::ui::Ui;
use crate::workspace;

/// Runs the command.
pub fn run(args: &HistoryArgs, session: &Session) -> (Ui, Result<Exit, Failure>) {
    match &args.command {
        None => with(session.ui(&args.view, false), |ui| list(args, ui)),
        Some(HistoryCommand::Show(it)) => with(session.ui(&it.view, false), |ui| show(it, ui)),
        Some(HistoryCommand::Prune(it)) => with(session.ui(&it.view, false), |ui| prune(it, ui)),
    }
}

fn with(ui: Ui, command: impl FnOnce(&Ui) -> Result<Exit, Failure>) -> (Ui, Result<Exit, Failure>) {
    let result = command(&ui);
    (ui, result)
}

fn list(args: &HistoryArgs, ui: &Ui) -> Result<Exit, Failure> {
    let runs = store(&args.state)?.runs(args.target.as_ref())?;
    if args.json {
        ui.document(&Json::Array(runs.iter().map(run_json).collect()));
    } else {
        ui.out(&history::runs(&runs));
    }
    Ok(Exit::Success)
}

fn show(args: &HistoryShowArgs, ui: &Ui) -> Result<Exit, Failure> {
    let store = store(&args.state)?;
    let run = find(&store, &args.run)?;
    let operations = store.operations(&run.run.id)?;
    if args.json {
        let mut document = run_json(&run);
        document["operations"] = Json::Array(operations.iter().map(operation_json).collect());
        ui.document(&document);
    } else {
        ui.out(&history::run(&run, &operations));
    }
    Ok(Exit::Success)
}

fn prune(args: &HistoryPruneArgs, ui: &Ui) -> Result<Exit, Failure> {
    let store = workspace::open_hiding(&args.state)?;
    ui.out(&format!("Forgot {} run(s).\n", store.prune(args.keep)?));
    Ok(Exit::Success)
}

/// The state, which must exist; what is sealed stays so.
pub fn store(state: &StateOption) -> Result<SqliteStore, Failure> {
    workspace::existing_hiding(state)?.ok_or_else(|| super::state_view::no_state(state).into())
}

/// The run with an id, or with the only id that begins so.
pub fn find(store: &SqliteStore, id: &str) -> Result<RunRecord, Failure> {
    let mut found = store.runs(None)?;
    found.retain(|it| it.run.id.starts_with(id));
    let refuse = |detail: String| Err(Diagnostic::error("No such run", detail).into());
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => refuse(format!("The state knows no run {id}. \"plumb history\" lists the runs that it knows.")),
        count => refuse(format!("The ids of {count} runs begin with {id:?}. Give more of it.")),
    }
}

fn run_json(record: &RunRecord) -> Json {
    json!({
        "id": record.run.id,
        "command": record.run.command,
        "who": record.run.who,
        "commit": record.run.commit,
        "summary": record.run.summary,
        "began": record.began,
        "ended": record.ended,
        "status": record.outcome.as_ref().map(|it| it.status),
        "calls": record.outcome.as_ref().map(|it| it.calls),
        "operation_count": record.operations,
    })
}

fn operation_json(record: &OperationRecord) -> Json {
    let (outcome, error) = match &record.outcome {
        None => (None, None),
        Some(OperationOutcome::Done) => (Some("done"), None),
        Some(OperationOutcome::Failed(error)) => (Some("failed"), Some(error)),
    };
    json!({
        "id": record.id,
        "address": record.object.addr.to_string(),
        "deposed": record.object.deposed,
        "action": record.action,
        "began": record.began,
        "ended": record.ended,
        "ended_by": record.ended_by,
        "seconds": history::seconds(&record.began, record.ended.as_deref()),
        "outcome": outcome,
        "error": error,
        "object_id": record.made,
    })
}

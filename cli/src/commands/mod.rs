//! The commands, one file each: they read options, call the engine and hand data to the renderer.

mod apply;
mod approval;
mod confluence;
mod console;
mod drift;
mod fmt;
mod force_unlock;
mod get;
mod graph;
mod ha;
mod history;
mod import;
mod init;
mod metadata;
mod module;
mod output;
mod plan;
mod show;
mod sql;
mod state_edit;
mod state_exchange;
mod state_rekey;
mod state_view;
mod test;
mod validate;
mod version;
mod workspace;

pub use test::test_files;

use plumb_engine::diagnostic::Diagnostic;

use crate::args::{Command, ConfluenceCommand, ConfluenceUpgradeCommand, MetadataCommand, StateCommand};
use crate::session::{Exit, Failure, Session};
use crate::ui::Ui;

/// Runs a command and shows why it failed, if it did.
pub async fn run(command: Command, session: &Session) -> Exit {
    match command {
        Command::Init(it) => finish(session.ui(&it.view, false), |ui| init::run(&it, session, ui)),
        Command::Get(it) => finish(session.ui(&it.view, false), |ui| get::run(&it, session, ui)),
        Command::Module(it) => module::run(&it, session),
        Command::Validate(it) => {
            let ui = session.ui(&it.view, false);
            validate::run(&it, session, &ui)
        }
        Command::Test(it) => {
            let ui = session.ui(&it.view, it.json);
            shown(&ui, test::run(&it, session, &ui).await)
        }
        Command::Plan(it) => {
            let ui = session.ui(&it.view, it.json);
            shown(&ui, plan::run(&it, session, &ui).await)
        }
        Command::Apply(it) => {
            let ui = session.ui(&it.view, it.json);
            shown(&ui, apply::run(apply::Kind::Apply, it, session, &ui).await)
        }
        Command::Destroy(it) => {
            let ui = session.ui(&it.view, it.json);
            shown(&ui, apply::run(apply::Kind::Destroy, it, session, &ui).await)
        }
        Command::Refresh(it) => {
            let ui = session.ui(&it.view, it.json);
            shown(&ui, apply::run(apply::Kind::Refresh, it, session, &ui).await)
        }
        Command::Show(it) => finish(session.ui(&it.view, false), |ui| show::run(&it, session, ui)),
        Command::Output(it) => finish(session.ui(&it.view, false), |ui| output::run(&it, ui)),
        Command::State(it) => state(it, session).await,
        Command::Workspace(it) => {
            let ui = session.ui(it.view(), false);
            shown(&ui, workspace::run(&it, session, &ui).await)
        }
        Command::Import(it) => {
            let ui = session.ui(&it.view, false);
            shown(&ui, import::run(&it, session, &ui).await)
        }
        Command::Drift(it) => {
            let ui = session.ui(&it.view, false);
            shown(&ui, drift::run(&it, session, &ui).await)
        }
        Command::Console(it) => {
            let ui = session.ui(&it.view, false);
            shown(&ui, console::run(&it, session, &ui).await)
        }
        Command::Fmt(it) => fmt::run(&it, &session.ui(&it.view, false)),
        Command::Metadata(MetadataCommand::Functions(it)) => {
            finish(session.ui(&it.view, false), |ui| metadata::functions(&it, ui))
        }
        Command::Graph(it) => finish(session.ui(&it.view, false), |ui| graph::run(&it, session, ui)),
        Command::Ha(it) => {
            let ui = session.ui(it.view(), false);
            shown(&ui, ha::run(&it, session, &ui).await)
        }
        Command::History(it) => {
            let (ui, result) = history::run(&it, session);
            shown(&ui, result)
        }
        Command::Sql(it) => finish(session.ui(&it.view, false), |ui| sql::run(&it, ui)),
        Command::Confluence(it) => confluence_command(it, session).await,
        Command::ForceUnlock(it) => finish(session.ui(&it.view, false), |ui| force_unlock::run(&it, ui)),
        Command::Version(it) => finish(session.ui(&it.view, false), |ui| version::run(&it, session, ui)),
    }
}

/// The workspace that the environment or an earlier command has chosen.
///
/// # Errors
/// The environment names none.
pub fn current_workspace(session: &Session) -> Result<String, Diagnostic> {
    let variable = |name: &str| session.environment.get(name).map(String::as_str);
    workspace::current(variable("TF_WORKSPACE"), variable("TF_DATA_DIR"))
}

async fn confluence_command(command: ConfluenceCommand, session: &Session) -> Exit {
    match command {
        ConfluenceCommand::Status(it) => {
            let ui = session.ui(&it.view, false);
            shown(&ui, confluence::status(&it, session, &ui).await)
        }
        ConfluenceCommand::Upgrade(ConfluenceUpgradeCommand::Resume(it)) => {
            let ui = session.ui(&it.view, it.json);
            shown(&ui, confluence::resume(it, session, &ui).await)
        }
        ConfluenceCommand::Upgrade(ConfluenceUpgradeCommand::Cancel(it)) => {
            let ui = session.ui(&it.view, false);
            shown(&ui, confluence::cancel(&it, session, &ui).await)
        }
    }
}

async fn state(command: StateCommand, session: &Session) -> Exit {
    match command {
        StateCommand::List(it) => finish(session.ui(&it.view, false), |ui| state_view::list(&it, ui)),
        StateCommand::Show(it) => finish(session.ui(&it.view, false), |ui| state_view::show(&it, session, ui)),
        StateCommand::Rm(it) => {
            let ui = session.ui(&it.view, false);
            shown(&ui, state_edit::remove(&it, &ui).await)
        }
        StateCommand::Mv(it) => {
            let ui = session.ui(&it.view, false);
            shown(&ui, state_edit::relocate(&it, &ui).await)
        }
        StateCommand::Pull(it) => finish(session.ui(&it.view, false), |ui| state_exchange::pull(&it, session, ui)),
        StateCommand::Push(it) => {
            let ui = session.ui(&it.view, false);
            shown(&ui, state_exchange::push(&it, &ui).await)
        }
        StateCommand::Rekey(it) => {
            let ui = session.ui(&it.view, false);
            shown(&ui, state_rekey::run(&it, session, &ui).await)
        }
    }
}

fn finish(ui: Ui, command: impl FnOnce(&Ui) -> Result<Exit, Failure>) -> Exit {
    let result = command(&ui);
    shown(&ui, result)
}

fn shown(ui: &Ui, result: Result<Exit, Failure>) -> Exit {
    result.unwrap_or_else(|failure| {
        ui.diagnostics(&failure.diagnostics, Some(&failure.sources));
        Exit::Error
    })
}

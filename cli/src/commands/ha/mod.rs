//! `ha`: failover groups at run time.

mod act;
mod agent;
mod ask;
mod described;
mod explain;
mod history;
mod status;
mod told;

use std::path::PathBuf;
use std::sync::Arc;

use plumb_engine::diagnostic::{Diagnostic, Diagnostics};
use plumb_provider_ha::arbiter::Arbiter;
use plumb_provider_ha::connect;
use plumb_provider_ha::errors::{Language, Trouble};
use plumb_provider_ha::group::Cluster;

use crate::args::HaCommand;
use crate::session::{Exit, Failure, Session};
use crate::ui::Ui;

/// Runs the command.
pub async fn run(command: &HaCommand, session: &Session, ui: &Ui) -> Result<Exit, Failure> {
    match command {
        HaCommand::Agent(it) => agent::run(it, session, ui).await,
        HaCommand::Guard => agent::guard().await,
        HaCommand::Status(it) => status::run(it, session, ui).await,
        HaCommand::Move(it) => act::run(act::Verb::Move, it, session, ui).await,
        HaCommand::Start(it) => act::run(act::Verb::Start, it, session, ui).await,
        HaCommand::Repair(it) => act::run(act::Verb::Repair, it, session, ui).await,
        HaCommand::Stop(it) => act::stop(it, session, ui).await,
        HaCommand::History(it) => history::run(it, session, ui),
        HaCommand::Explain(it) => explain::run(it, session, ui),
    }
}

/// What stands in no source file: descriptions come from the state, settings from the environment.
fn unplaced(diagnostics: Diagnostics) -> Failure {
    Failure { diagnostics, ..Failure::default() }
}

/// The arbiter of a cluster, with the password that the environment has for it.
async fn arbiter(cluster: &Cluster, session: &Session) -> Result<Option<Arc<dyn Arbiter>>, Failure> {
    let password = session.environment.get("PGPASSWORD").map(String::as_str);
    connect::arbiter(cluster, password).await.map_err(unplaced)
}

/// The socket of the agent of this server.
fn socket(cluster: &str, session: &Session) -> PathBuf {
    connect::socket_path(&run_dir(session), cluster)
}

/// The folder of agents on this machine.
fn run_dir(session: &Session) -> PathBuf {
    let named = session.environment.get(connect::RUN_DIR_VARIABLE).filter(|it| !it.is_empty());
    PathBuf::from(named.map_or(connect::RUN_DIR, String::as_str))
}

/// The language that is asked for: by option, or by the locale of the environment.
fn language(asked: Option<&str>, session: &Session) -> Result<Language, Diagnostic> {
    match asked {
        Some("en") => Ok(Language::English),
        Some("ja") => Ok(Language::Japanese),
        Some(other) => {
            let detail = format!("Messages are in \"en\" and \"ja\"; there are none in {other:?}.");
            Err(Diagnostic::error("Unsupported language", detail))
        }
        None => {
            let set = |name: &&str| session.is_set(name);
            let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find(set);
            let locale = locale.and_then(|it| session.environment.get(it)).map_or("", String::as_str);
            Ok(Language::of_locale(locale))
        }
    }
}

/// Trouble as a diagnostic, with its causes and remedies.
fn diagnostic(trouble: &Trouble, summary: &str, language: Language) -> Diagnostic {
    let detail = trouble.explained(language);
    let detail = detail.trim_end();
    if trouble.is_warning { Diagnostic::warning(summary, detail) } else { Diagnostic::error(summary, detail) }
}

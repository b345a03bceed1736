//! `ha explain`: what a code means, why it happens and what to do.

use plumb_engine::diagnostic::Diagnostic;
use plumb_provider_ha::errors::{self, Row};
use serde_json::Value as Json;

use super::language;
use crate::args::HaExplainArgs;
use crate::session::{Exit, Failure, Session};
use crate::ui::Ui;

/// Runs the command.
pub fn run(args: &HaExplainArgs, session: &Session, ui: &Ui) -> Result<Exit, Failure> {
    let language = language(args.lang.as_deref(), session)?;
    let rows: Vec<&'static Row> = match &args.code {
        None => errors::all().collect(),
        Some(code) => errors::find(code),
    };
    if rows.is_empty() {
        let code = args.code.as_deref().unwrap_or_default();
        let detail = format!(
            "No error of failover groups has the code or name {code:?}. \"plumb ha explain\" without a code lists all."
        );
        return Err(Diagnostic::error("Unknown error code", detail).into());
    }
    if args.json {
        ui.document(&Json::Array(rows.iter().map(|it| it.to_json(language)).collect()));
    } else {
        ui.out(&rows.iter().map(|it| it.page(language)).collect::<Vec<_>>().join("\n"));
    }
    Ok(Exit::Success)
}

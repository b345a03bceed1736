//! `sql`: a query over what the state holds.

use plumb_engine::diagnostic::Diagnostic;
use plumb_engine::store::StoreError;
use serde_json::{Map, Value as Json};

use super::history;
use crate::args::SqlArgs;
use crate::render::table;
use crate::session::{Exit, Failure};
use crate::ui::Ui;

/// Runs the command.
pub fn run(args: &SqlArgs, ui: &Ui) -> Result<Exit, Failure> {
    let found = history::store(&args.state)?.query(&args.query).map_err(|error| match error {
        StoreError::Conflict { reason, .. } => {
            Failure::from(Diagnostic::error("Invalid query", format!("The query cannot be answered: {reason}.")))
        }
        other => other.into(),
    })?;
    if args.json {
        let object = |row: Vec<Json>| Json::Object(Map::from_iter(found.columns.iter().cloned().zip(row)));
        ui.document(&Json::Array(found.rows.iter().cloned().map(object).collect()));
    } else if args.csv {
        ui.out(&table::csv(&found.columns, &found.rows));
    } else {
        ui.out(&table::text(&found.columns, &found.rows));
    }
    Ok(Exit::Success)
}

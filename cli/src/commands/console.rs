//! `console`: expressions in, values out, one per line.

use std::io::BufRead;

use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::eval;
use plumb_engine::store::Snapshot;
use plumb_engine::value::{Value, display};
use serde_json::{Value as Json, json};

use crate::args::ConsoleArgs;
use crate::render::{json_diagnostic, json_state, json_value};
use crate::session::{Exit, Failure, Session};
use crate::ui::Ui;
use crate::workspace::{self, Loaded};

/// Runs the command. With `-json` each line of output is an object: `value` and `type` (and `sensitive` with a null
/// value for what must not be shown), or `diagnostics`.
pub fn run(args: &ConsoleArgs, session: &Session, ui: &Ui) -> Result<Exit, Failure> {
    let loaded = workspace::load(session, &args.variables)?;
    let snapshot = workspace::snapshot(&args.state)?;
    let mut exit = Exit::Success;
    while let Some(line) = next_line(ui) {
        let line = line.trim();
        if line == "exit" {
            break;
        }
        if line.is_empty() {
            continue;
        }
        match evaluate_console_line(&loaded, &snapshot, line) {
            Ok(value) if args.json => ui.json_line(&described(&value)),
            Ok(value) => ui.out(&format!("{}\n", display(&value))),
            Err(found) => {
                // At a prompt a mistake is corrected in the next line; a script wants to know.
                if !ui.is_interactive() {
                    exit = Exit::Error;
                }
                if args.json {
                    let all: Vec<Json> = found.iter().map(|it| json_diagnostic::diagnostic(it, None)).collect();
                    ui.json_line(&json!({ "diagnostics": all }));
                } else {
                    ui.diagnostics(&found, None);
                }
            }
        }
    }
    Ok(exit)
}

fn evaluate_console_line(loaded: &Loaded, snapshot: &Snapshot, line: &str) -> Result<Value, Diagnostics> {
    eval::console(&loaded.config, &loaded.variables, snapshot, line)
}

fn next_line(ui: &Ui) -> Option<String> {
    if ui.is_interactive() {
        return ui.ask("> ");
    }
    std::io::stdin().lock().lines().next()?.ok()
}

fn described(value: &Value) -> Json {
    let ty = json_state::type_json(value);
    if value.is_sensitive() {
        return json!({ "value": null, "type": ty, "sensitive": true });
    }
    json!({ "value": json_value::plain(value), "type": ty })
}

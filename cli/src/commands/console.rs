//! `console`: expressions in, values out, one per line.

use std::io::BufRead;

use plumb_engine::console::Console;
use plumb_engine::value::{Marks, Value, display, to_json, type_text};
use serde_json::{Value as Json, json};

use crate::args::ConsoleArgs;
use crate::session::{Exit, Failure, Session};
use crate::ui::Ui;
use crate::workspace::{self, Loaded};

/// Runs the command. With `-json` each line of output is an object: `{"ok":true,"value":…,"type":…}`, or
/// `{"ok":false,"error":…}`.
pub fn run(args: &ConsoleArgs, session: &Session, ui: &Ui) -> Result<Exit, Failure> {
    let loaded = workspace::load(session, &args.variables)?;
    let snapshot = workspace::snapshot(&args.state)?;
    let settings = session.settings(true);
    let (mut console, found) = Console::new(&loaded.config, &session.providers, &loaded.variables, &snapshot, settings);
    ui.diagnostics(&found, Some(&loaded.config.sources));
    let mut exit = Exit::Success;
    while let Some(line) = next_line(ui) {
        let line = line.trim();
        if line == "exit" {
            break;
        }
        if line.is_empty() {
            continue;
        }
        match console.eval(line) {
            Ok(value) if args.json => ui.json_line(&described(&value)),
            Ok(value) => ui.out(&format!("{}\n", display(&value))),
            Err((sources, found)) => {
                // At a prompt a mistake is corrected in the next line; a script wants to know.
                if !ui.is_interactive() && !args.json {
                    exit = Exit::Error;
                }
                if args.json {
                    let errors: Vec<String> = found.iter().map(|it| format!("{}: {}", it.summary, it.detail)).collect();
                    ui.json_line(&json!({ "ok": false, "error": errors.join("\n") }));
                } else {
                    ui.diagnostics(&found, Some(&sources));
                }
            }
        }
    }
    Ok(exit)
}

fn next_line(ui: &Ui) -> Option<String> {
    if ui.is_interactive() {
        return ui.ask("> ");
    }
    std::io::stdin().lock().lines().next()?.ok()
}

/// The value with its type, and the places that JSON cannot tell: unknown, sensitive and ephemeral ones, as JSON
/// pointers. A sensitive value is in clear: who asks for JSON pipes it to a program, and the pointers say what is secret.
fn described(value: &Value) -> Json {
    let mut places = Places::default();
    places.collect(value, "");
    let mut line = json!({ "ok": true, "value": to_json(value, None), "type": type_text(&value.ty()) });
    for (name, pointers) in
        [("unknown", places.unknown), ("sensitive", places.sensitive), ("ephemeral", places.ephemeral)]
    {
        if !pointers.is_empty() {
            line[name] = json!(pointers);
        }
    }
    line
}

#[derive(Default)]
struct Places {
    unknown: Vec<String>,
    sensitive: Vec<String>,
    ephemeral: Vec<String>,
}

impl Places {
    fn collect(&mut self, value: &Value, at: &str) {
        if value.is_sensitive() {
            self.sensitive.push(at.to_owned());
        }
        if value.marks().has(Marks::EPHEMERAL) {
            self.ephemeral.push(at.to_owned());
        }
        if value.is_unknown() {
            self.unknown.push(at.to_owned());
        }
        if let Some(items) = value.as_map() {
            for (name, item) in items {
                self.collect(item, &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")));
            }
        } else if let Some(items) = value.as_slice() {
            for (index, item) in items.iter().enumerate() {
                self.collect(item, &format!("{at}/{index}"));
            }
        }
    }
}

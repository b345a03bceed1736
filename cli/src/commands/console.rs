//! `console`: expressions in, values out, one per line.

use std::io::BufRead;

use plumb_engine::console::{Answer, Console, is_incomplete};
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::plan::PlanOptions;
use plumb_engine::source::SourceMap;
use plumb_engine::store::Snapshot;
use plumb_engine::value::{Marks, Value, display, to_json, type_display, type_text};
use serde_json::{Value as Json, json};

use super::plan::make_silently;
use crate::args::ConsoleArgs;
use crate::line_editor::{Entered, LineEditor};
use crate::render::json_diagnostic;
use crate::session::{Exit, Failure, Session};
use crate::ui::Ui;
use crate::workspace::{self, Loaded};

const HELP: &str = "\
Type an expression and press enter to see its value, such as var.region, upper(\"a\") or aws_vpc.main.id.
An expression with an open bracket or a heredoc goes on in the next line. type(…) shows the type of a value.
The tab key completes names. To leave, type \"exit\", or press Ctrl-D or Ctrl-C.
";

/// Runs the command. With `-json` each line of input is an expression and gives one object: `{"ok":true,"value":…,
/// "type":…}`, or `{"ok":false,"error":SUMMARY,"diagnostics":[…]}`.
pub async fn run(args: &ConsoleArgs, session: &Session, ui: &Ui) -> Result<Exit, Failure> {
    let loaded = workspace::load(session, &args.variables)?;
    let snapshot = workspace::snapshot(&args.state)?;
    let settings = session.settings(true);
    let (mut console, found) = if args.plan {
        let plan = planned(&loaded, &snapshot, session).await?;
        Console::of_plan(&loaded.config, &session.providers, &loaded.variables, &plan, settings)
    } else {
        Console::new(&loaded.config, &session.providers, &loaded.variables, &snapshot, settings)
    };
    ui.diagnostics(&found, Some(&loaded.config.sources));
    if args.json {
        answer_lines(&mut console, ui);
        Ok(Exit::Success)
    } else if ui.is_interactive() {
        converse(&mut console, ui)
    } else {
        Ok(answer_all(&mut console, ui))
    }
}

async fn planned(loaded: &Loaded, snapshot: &Snapshot, session: &Session) -> Result<plumb_engine::plan::Plan, Failure> {
    let made = make_silently(loaded, snapshot, PlanOptions::default(), session).await;
    if made.diagnostics.has_errors() {
        return Err(Failure::new(made.diagnostics, &loaded.config.sources));
    }
    Ok(made.plan)
}

/// One JSON object per line of input.
fn answer_lines(console: &mut Console<'_>, ui: &Ui) {
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let line = line.trim();
        if line == "exit" {
            break;
        }
        if line.is_empty() {
            continue;
        }
        ui.json_line(&match console.eval(line) {
            Ok(Answer::Value(value)) => described(&value),
            Ok(Answer::Type(ty)) => json!({ "ok": true, "value": type_text(&ty), "type": "type" }),
            Err((sources, found)) => refused(&sources, &found),
        });
    }
}

/// Expressions of a pipe, up to the first that is wrong: a script wants to know.
fn answer_all(console: &mut Console<'_>, ui: &Ui) -> Exit {
    let mut entered = String::new();
    let mut lines = std::io::stdin().lock().lines().map_while(Result::ok);
    loop {
        let line = lines.next();
        let more = line.is_some();
        entered.push_str(line.as_deref().unwrap_or_default());
        if more && is_incomplete(&entered) {
            entered.push('\n');
            continue;
        }
        match entered.trim() {
            "exit" => return Exit::Success,
            "" if !more => return Exit::Success,
            "" => {}
            text => {
                if !answer(console, text, ui) {
                    return Exit::Error;
                }
            }
        }
        entered.clear();
    }
}

/// Questions and answers on a terminal.
fn converse(console: &mut Console<'_>, ui: &Ui) -> Result<Exit, Failure> {
    let mut editor = LineEditor::new(console.names())?;
    loop {
        match editor.read("> ")? {
            Entered::End => return Ok(Exit::Success),
            Entered::Text(text) => match text.trim() {
                "exit" => return Ok(Exit::Success),
                "" => {}
                "help" => ui.out(HELP),
                // A mistake is corrected in the next line.
                text => {
                    answer(console, text, ui);
                }
            },
        }
    }
}

/// Whether there was a value to print.
fn answer(console: &mut Console<'_>, text: &str, ui: &Ui) -> bool {
    match console.eval(text) {
        Ok(Answer::Value(value)) => ui.out(&format!("{}\n", display(&value))),
        Ok(Answer::Type(ty)) => ui.out(&format!("{}\n", type_display(&ty))),
        Err((sources, found)) => {
            ui.diagnostics(&found, Some(&sources));
            return false;
        }
    }
    true
}

fn refused(sources: &SourceMap, found: &Diagnostics) -> Json {
    let summary = found.iter().find(|it| it.is_error()).map(|it| it.summary.as_str());
    let all: Vec<Json> = found.iter().map(|it| json_diagnostic::diagnostic(it, Some(sources))).collect();
    json!({ "ok": false, "error": summary, "diagnostics": all })
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

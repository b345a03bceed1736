//! `output`: values of the root module's outputs.

use plumb_engine::diagnostic::Diagnostic;
use plumb_engine::store::OutputRecord;
use plumb_engine::value::{display, infer_json};
use serde_json::{Value as Json, json};

use crate::args::OutputArgs;
use crate::render::outputs;
use crate::session::{Exit, Failure};
use crate::ui::Ui;
use crate::workspace;

/// Runs the command.
pub fn run(args: &OutputArgs, ui: &Ui) -> Result<Exit, Failure> {
    let all = workspace::outputs(&args.state)?;
    let Some(name) = &args.name else {
        if args.raw {
            let detail = "With -raw the command prints one output: give its name.";
            return Err(Diagnostic::error("Output name required", detail).into());
        }
        if args.json {
            let entries = all.iter().map(|(name, it)| {
                (name.to_string(), json!({ "sensitive": it.sensitive, "type": it.ty, "value": it.value }))
            });
            ui.document(&Json::Object(entries.collect()));
        } else if all.is_empty() {
            let detail = "The state holds no outputs. Declare them with output blocks and run \"plumb apply\".";
            ui.diagnostics(&Diagnostic::warning("No outputs found", detail).into(), None);
        } else {
            ui.out(&outputs::values(&all));
        }
        return Ok(Exit::Success);
    };
    let output = all.get(&**name).ok_or_else(|| {
        let detail = format!(
            "The state holds no output {name:?}. If it was added to the configuration lately, run \"plumb apply\" \
             first: the state gets new outputs only then."
        );
        Diagnostic::error("Output not found", detail)
    })?;
    if args.json {
        ui.out(&format!("{}\n", output.value));
    } else if args.raw {
        ui.out(&raw(name, output)?);
    } else {
        ui.out(&format!("{}\n", display(&infer_json(&output.value))));
    }
    Ok(Exit::Success)
}

/// A text as it is, a number or bool as it is written; no line end, because the value has none.
fn raw(name: &str, output: &OutputRecord) -> Result<String, Diagnostic> {
    match &output.value {
        Json::String(text) => Ok(text.clone()),
        Json::Number(number) => Ok(number.to_string()),
        Json::Bool(value) => Ok(value.to_string()),
        _ => {
            let detail = format!(
                "The value of the output {name:?} is neither a text nor a number nor a bool, so it has no raw form. \
                 Use -json instead."
            );
            Err(Diagnostic::error("Unsupported value for raw output", detail))
        }
    }
}

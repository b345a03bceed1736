//! `metadata`: the language described to programs, such as editors.

use plumb_engine::diagnostic::Diagnostic;

use crate::args::MetadataFunctionsArgs;
use crate::render::json_functions;
use crate::session::{Exit, Failure};
use crate::ui::Ui;

/// Prints the signatures of all functions.
pub fn functions(args: &MetadataFunctionsArgs, ui: &Ui) -> Result<Exit, Failure> {
    if !args.json {
        let detail = "The list is for programs: the command \"metadata functions\" needs the option -json.";
        return Err(Diagnostic::error("Missing option -json", detail).into());
    }
    ui.json_line(&json_functions::metadata());
    Ok(Exit::Success)
}

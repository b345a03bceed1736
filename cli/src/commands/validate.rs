//! `validate`: what is wrong with the configuration, without state and without calls.

use std::path::Path;

use anstyle::AnsiColor;
use plumb_engine::config;
use plumb_engine::validate::validate;

use crate::args::ValidateArgs;
use crate::render::json_diagnostic;
use crate::session::{Exit, Session};
use crate::ui::Ui;

/// Runs the command.
pub fn run(args: &ValidateArgs, session: &Session, ui: &Ui) -> Exit {
    let (config, mut found) = config::load_installed(Path::new("."), &session.data_dir());
    if !found.has_errors() {
        found.extend(validate(&config, &session.providers, session.settings(false)));
    }
    let exit = if found.has_errors() { Exit::Error } else { Exit::Success };
    if args.json {
        ui.document(&json_diagnostic::validation(&found, Some(&config.sources)));
        return exit;
    }
    ui.diagnostics(&found, Some(&config.sources));
    if exit == Exit::Success {
        let word = ui.paint().strong(AnsiColor::Green, "Success!");
        let also = if found.is_empty() { "." } else { ", but there were some warnings as shown above." };
        ui.out(&format!("{word} The configuration is valid{also}\n\n"));
    }
    exit
}

//! `init`: reads the configuration and leaves the files behind that other tools look for.

use std::fs;
use std::path::Path;

use plumb_engine::config;
use plumb_engine::diagnostic::Diagnostic;

use crate::args::InitArgs;
use crate::session::{Exit, Failure, Session};
use crate::ui::Ui;

/// Atlantis deletes or upgrades a working directory that has no such file.
const LOCK_FILE: &str = ".terraform.lock.hcl";

const LOCK_TEXT: &str = "\
# plumb writes this file in \"init\" because other tools look for it.
# The providers are part of plumb, so there is no version to lock.
";

/// Runs the command.
pub fn run(_args: &InitArgs, session: &Session, ui: &Ui) -> Result<Exit, Failure> {
    ui.out("Initializing the backend...\n");
    let (config, found) = config::load(Path::new("."));
    if found.has_errors() {
        return Err(Failure::new(found, &config.sources));
    }
    ui.diagnostics(&found, Some(&config.sources));
    if config.sources.files().next().is_none() {
        ui.out("\nPlumb initialized in an empty directory!\n\nThe directory has no configuration yet.\n");
        return Ok(Exit::Success);
    }
    ui.out("Initializing provider plugins...\n");
    for provider in session.providers.iter() {
        ui.out(&format!("- {} is built in to plumb\n", provider.source()));
    }
    if !Path::new(LOCK_FILE).exists() {
        fs::write(LOCK_FILE, LOCK_TEXT).map_err(|error| {
            Diagnostic::error("Cannot write the lock file", format!("{LOCK_FILE} cannot be written: {error}."))
        })?;
    }
    ui.out("\nPlumb has been successfully initialized!\n");
    if !session.in_automation() {
        ui.out(
            "\nRun \"plumb plan\" to see what would be done to make the infrastructure as the configuration says.\n",
        );
    }
    Ok(Exit::Success)
}

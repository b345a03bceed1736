//! `init`: installs modules and leaves the files behind that other tools look for.

use std::fs;
use std::path::Path;

use plumb_engine::config;
use plumb_engine::diagnostic::Diagnostic;

use crate::args::InitArgs;
use crate::modules::{self, InstallOptions};
use crate::session::{Exit, Failure, Session};
use crate::ui::Ui;

/// Atlantis deletes or upgrades a working directory that has no such file.
const LOCK_FILE: &str = ".terraform.lock.hcl";

const LOCK_TEXT: &str = "\
# plumb writes this file in \"init\" because other tools look for it.
# The providers are part of plumb, so there is no version to lock.
";

/// Runs the command.
pub fn run(args: &InitArgs, session: &Session, ui: &Ui) -> Result<Exit, Failure> {
    let data_dir = session.data_dir();
    let options = InstallOptions {
        data_dir: &data_dir,
        upgrade: args.upgrade,
        environment: &session.environment,
        variables: &args.variables.options,
        header: if args.upgrade { "Upgrading modules...\n" } else { "Initializing modules...\n" },
        say: &|text| ui.out(text),
    };
    if let Some(address) = &args.from_module {
        modules::copy_from(address, &options)?;
    }
    if args.backend {
        ui.out("Initializing the backend...\n");
    }
    let (config, found) = if args.get {
        modules::install(&options)
    } else {
        config::load_given(Path::new("."), &data_dir, &modules::given(&options))
    };
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

//! `get`: installs the modules that the configuration calls.

use crate::args::GetArgs;
use crate::modules::{self, InstallOptions};
use crate::session::{Exit, Failure, Session};
use crate::ui::Ui;

/// Runs the command.
pub fn run(args: &GetArgs, session: &Session, ui: &Ui) -> Result<Exit, Failure> {
    let (config, found) = modules::install(&InstallOptions {
        data_dir: &session.data_dir(),
        upgrade: args.update,
        environment: &session.environment,
        variables: &args.variables.options,
        header: "",
        say: &|text| ui.out(text),
    });
    if found.has_errors() {
        return Err(Failure::new(found, &config.sources));
    }
    ui.diagnostics(&found, Some(&config.sources));
    Ok(Exit::Success)
}

//! `force-unlock`: breaks the lock of a run that is no more.

use plumb_engine::diagnostic::Diagnostic;
use plumb_engine::store::Store;

use super::approval;
use crate::args::ForceUnlockArgs;
use crate::session::{Exit, Failure};
use crate::ui::Ui;
use crate::workspace;

/// Runs the command.
pub fn run(args: &ForceUnlockArgs, ui: &Ui) -> Result<Exit, Failure> {
    if !args.force && !approval::unlock(&args.run, ui)? {
        ui.out("\nforce-unlock cancelled.\n");
        return Ok(Exit::Error);
    }
    if !workspace::open_hiding(&args.state)?.force_unlock(&args.run)? {
        let detail = format!(
            "No run {:?} holds a lock. The error about the lock names the run that does; a lease that has ended needs \
             no breaking.",
            args.run
        );
        return Err(Diagnostic::error("Failed to unlock state", detail).into());
    }
    ui.out("The lock has been broken. What it covered can be written again.\n");
    Ok(Exit::Success)
}

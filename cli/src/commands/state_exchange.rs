//! `state pull` and `state push`: the state in Terraform's own format.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use plumb_engine::diagnostic::Diagnostic;
use plumb_engine::store::{Scope, Snapshot, Store};
use plumb_state::state_v4::{self, ExportOptions};

use crate::args::{StatePullArgs, StatePushArgs};
use crate::session::{Exit, Failure, Session};
use crate::ui::Ui;
use crate::{TERRAFORM_VERSION, lock, workspace};

/// Runs `state pull`. Without a state nothing is printed, so that a wrapper can tell.
pub fn pull(args: &StatePullArgs, session: &Session, ui: &Ui) -> Result<Exit, Failure> {
    if args.state.source().is_none() {
        return Ok(Exit::Success);
    }
    let snapshot = workspace::snapshot(&args.state)?;
    let types = |resource: &_| workspace::object_type(&session.providers, resource);
    let options = ExportOptions { terraform_version: TERRAFORM_VERSION, types: &types };
    ui.document(&state_v4::export(&snapshot, &options)?);
    Ok(Exit::Success)
}

/// Runs `state push`.
pub async fn push(args: &StatePushArgs, ui: &Ui) -> Result<Exit, Failure> {
    let refuse = |detail: String| Diagnostic::error("Failed to read the state to push", detail);
    let text = read(&args.file).map_err(|error| refuse(format!("{} cannot be read: {error}.", args.file.display())))?;
    let pushed = state_v4::parse(&text).map_err(|error| refuse(format!("{}: {error}.", args.file.display())))?;
    let store = Arc::new(workspace::open(&args.state)?);
    let lock = lock::acquire(&store, "state push", Scope::Whole, args.lock.deadline()).await?;
    let result = check(&store.snapshot()?, &pushed, args.force);
    if result.is_ok() {
        store.replace(&lock.lease, &pushed)?;
        lock.begin("state push", &format!("{} object(s)", pushed.objects.len()))?;
    }
    lock.release()?;
    result?;
    ui.out(&format!("The state now has {} objects.\n", pushed.objects.len()));
    Ok(Exit::Success)
}

/// Whether one state may take the place of another.
fn check(present: &Snapshot, pushed: &Snapshot, force: bool) -> Result<(), Diagnostic> {
    let empty = present.objects.is_empty() && present.outputs.is_empty();
    if force || empty {
        return Ok(());
    }
    let refuse = |detail: String| Err(Diagnostic::error("Cannot overwrite the state", detail));
    if pushed.lineage != present.lineage {
        return refuse(format!(
            "The pushed state is another one (lineage {:?}, here {:?}). Give -force to replace the state all the same.",
            pushed.lineage, present.lineage
        ));
    }
    if pushed.serial < present.serial {
        return refuse(format!(
            "The pushed state is older (serial {}, here {}). Give -force to go back to it all the same.",
            pushed.serial, present.serial
        ));
    }
    Ok(())
}

fn read(path: &Path) -> std::io::Result<String> {
    if path.as_os_str() != "-" {
        return std::fs::read_to_string(path);
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(lineage: &str, serial: u64) -> Snapshot {
        let mut snapshot = Snapshot { lineage: lineage.into(), serial, ..Snapshot::default() };
        let output = plumb_engine::store::OutputRecord { value: 1.into(), ty: "number".into(), sensitive: false };
        snapshot.outputs.insert("o".into(), output);
        snapshot
    }

    #[test]
    fn only_a_later_state_of_the_same_lineage_replaces_one() {
        assert!(check(&state("a", 1), &state("a", 1), false).is_ok());
        assert!(check(&state("a", 2), &state("a", 1), false).unwrap_err().detail.contains("older"));
        assert!(check(&state("a", 1), &state("b", 2), false).unwrap_err().detail.contains("another"));
        assert!(check(&state("a", 2), &state("b", 1), true).is_ok());
        assert!(check(&Snapshot::default(), &state("b", 1), false).is_ok());
    }
}

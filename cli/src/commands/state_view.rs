//! `state list` and `state show`.

use plumb_engine::diagnostic::Diagnostic;
use plumb_engine::store::{History, Moment, ObjectKey, Snapshot};

use super::history;
use crate::args::{StateListArgs, StateOption, StateShowArgs};
use crate::render::state_show;
use crate::session::{Exit, Failure, Session};
use crate::ui::Ui;
use crate::workspace;

/// Runs `state list`.
pub fn list(args: &StateListArgs, ui: &Ui) -> Result<Exit, Failure> {
    let snapshot = existing(&args.state)?;
    let wanted = |key: &ObjectKey| args.addresses.is_empty() || args.addresses.iter().any(|it| it.contains(&key.addr));
    for target in &args.addresses {
        if !snapshot.objects.keys().any(|key| target.contains(&key.addr)) {
            return Err(no_match(&target.to_string()).into());
        }
    }
    let mut addresses: Vec<String> = Vec::new();
    for (key, record) in snapshot.objects.iter().filter(|(key, _)| wanted(key)) {
        let fits = args.id.as_deref().is_none_or(|id| record.attributes.id().as_deref() == Some(id));
        let address = key.addr.to_string();
        // An instance is listed once, however many deposed objects it has.
        if fits && addresses.last() != Some(&address) {
            addresses.push(address);
        }
    }
    ui.out(&addresses.iter().map(|it| format!("{it}\n")).collect::<String>());
    Ok(Exit::Success)
}

/// Runs `state show`.
pub fn show(args: &StateShowArgs, session: &Session, ui: &Ui) -> Result<Exit, Failure> {
    let objects = match &args.at {
        None if args.state.source().is_none() => return Err(no_state(&args.state).into()),
        None => workspace::instance(&args.state, &args.address)?,
        Some(at) => {
            let past = past(&args.state, at)?.objects.into_iter();
            past.filter(|(key, _)| key.addr == args.address).collect()
        }
    };
    if objects.is_empty() {
        return Err(no_match(&args.address.to_string()).into());
    }
    for (_, record) in &objects {
        record.attributes.read()?;
    }
    let view = ui.view(&session.providers);
    let texts: Vec<String> = objects.iter().map(|(key, record)| state_show::object(key, record, view)).collect();
    ui.out(&texts.join("\n"));
    Ok(Exit::Success)
}

/// The state as it was after a run or at a time.
fn past(state: &StateOption, at: &str) -> Result<Snapshot, Failure> {
    let store = history::store(state)?;
    let moment = match at.parse::<jiff::Timestamp>() {
        Ok(time) => Moment::Time(format!("{time:.3}")),
        Err(_) => Moment::After(history::find(&store, at)?.run.id),
    };
    Ok(store.at(&moment)?)
}

/// The state, which must exist; sealed values are null where the key is missing.
pub fn existing(state: &StateOption) -> Result<Snapshot, Failure> {
    if state.source().is_none() {
        return Err(no_state(state).into());
    }
    workspace::listing(state)
}

/// There is no state.
pub fn no_state(state: &StateOption) -> Diagnostic {
    let detail = format!(
        "There is no file {}. Run the command in a directory where plumb was applied, or name the file with -state.",
        state.path.display()
    );
    Diagnostic::error("No state file was found", detail)
}

/// Nothing in the state has this address.
pub fn no_match(address: &str) -> Diagnostic {
    let detail = format!(
        "Nothing in the state matches {address}. \"plumb state list\" shows what there is; quote addresses with keys \
         for the shell: 'aws_subnet.a[\"k\"]'."
    );
    Diagnostic::error("Invalid target address", detail)
}

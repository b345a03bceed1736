//! `state rekey`: seals the sensitive values of the state with another key, or with none.

use std::sync::Arc;

use plumb_engine::diagnostic::Diagnostic;
use plumb_engine::store::Scope;

use super::history;
use crate::args::StateRekeyArgs;
use crate::session::{Exit, Failure, Session};
use crate::ui::Ui;
use crate::{key, lock, workspace};

/// Runs the command.
pub async fn run(args: &StateRekeyArgs, session: &Session, ui: &Ui) -> Result<Exit, Failure> {
    let next = key::named(&session.environment, key::NEXT_VARIABLE)?;
    let sealed = history::store(&args.state)?.is_sealed();
    // A state that is in clear is sealed with the key that it is to have from now on, under whichever name it is given.
    let next = if sealed { next } else { next.or_else(key::present) };
    let next = match (args.none, next) {
        (true, _) => None,
        (false, Some(next)) => Some(next),
        (false, None) => {
            let detail = format!(
                "Set {} to the key that the state is to be sealed with, a passphrase or the id of a key of AWS KMS such as \
                 \"awskms:alias/state\", or give -none to have its values in clear.",
                key::NEXT_VARIABLE
            );
            return Err(Diagnostic::error("No new key", detail).into());
        }
    };
    let store = Arc::new(if sealed { workspace::open(&args.state)? } else { workspace::open_hiding(&args.state)? });
    let lock = lock::acquire(&store, "state rekey", Scope::Whole, args.lock.deadline()).await?;
    lock.begin("state rekey", "")?;
    store.rekey(&lock.lease, next.as_ref())?;
    lock.release()?;
    ui.out(if next.is_some() {
        "The sensitive values of the state are sealed with the new key.\n"
    } else {
        "The sensitive values of the state are in clear.\n"
    });
    Ok(Exit::Success)
}

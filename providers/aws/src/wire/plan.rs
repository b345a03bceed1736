//! Planning rules that several types need.

use plumb_engine::provider::PlannedChange;
use plumb_engine::value::{Marks, Path, Value};

/// Whether an attribute of an existing object will change; an unknown value may.
pub fn changes(change: &PlannedChange, name: &str) -> bool {
    // What is sensitive is marked in a plan, and not in a state.
    let plain = |object: &Value| object.get(name).map(|it| it.clone().without_marks(Marks::SENSITIVE));
    !change.prior.is_null() && plain(&change.prior) != plain(&change.planned)
}

/// Makes `computed` attributes unknown in an update that changes one of `arguments`, which they follow.
pub fn follow(change: &mut PlannedChange, arguments: &[&str], computed: &[&str]) {
    if !arguments.iter().any(|name| changes(change, name)) {
        return;
    }
    for name in computed {
        let unset = change.config.get(name).is_none_or(Value::is_null);
        if let (Some(value), true) = (change.planned.get(name), unset) {
            change.planned = change.planned.clone().with(name, Value::unknown(value.ty()));
        }
    }
}

/// Replaces the object.
pub fn replace(change: &mut PlannedChange, name: &str) {
    change.replace.push(Path::root().name(name));
}

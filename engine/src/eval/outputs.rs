//! What an output may hold: secrets where they are declared, ephemeral values where nothing stores them.

use crate::config::Output;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::value::{Marks, Value};

/// What is wrong with a value that an output of the root module or of a called one would have.
pub fn misplaced(output: &Output, in_root: bool, value: &Value) -> Diagnostics {
    let marks = value.deep_marks();
    let mut found = Diagnostics::new();
    if in_root && marks.has(Marks::SENSITIVE) && !output.sensitive {
        let detail = "To reduce the risk of accidentally exporting sensitive data that was intended to be only internal, \
                      any root module output containing sensitive data must be marked as sensitive: add sensitive = \
                      true, or use nonsensitive() where the value may be shown.";
        found.push(Diagnostic::error("Output refers to sensitive values", detail).at(output.span));
    }
    if marks.has(Marks::EPHEMERAL) && !output.ephemeral {
        let detail = "This output value is not declared as returning an ephemeral value, so it cannot be set to a result \
                      derived from an ephemeral value. Add ephemeral = true in a called module, or take the ephemeral \
                      part out.";
        found.push(Diagnostic::error("Ephemeral value not allowed", detail).at(output.expr.span));
    }
    // Of an unknown it is not known either what it is derived from.
    if output.ephemeral && !value.marks().has(Marks::EPHEMERAL) && !value.is_unknown() {
        let detail = "This output value is declared as returning an ephemeral value, so it can only be set to an \
                      ephemeral value as a whole. Take ephemeral = true away where nothing of it is ephemeral.";
        found.push(Diagnostic::error("Value not allowed in ephemeral output", detail).at(output.expr.span));
    }
    found
}

//! Evaluation of expressions outside of a plan.

use crate::config::{Config, Variables};
use crate::diagnostic::Diagnostics;
use crate::store::Snapshot;
use crate::value::Value;

/// The value of an expression in the root module, with everything in scope that a state and the variables give.
///
/// # Errors
/// The text is no expression, or it cannot be evaluated.
pub fn console(
    _config: &Config,
    _variables: &Variables,
    _snapshot: &Snapshot,
    _line: &str,
) -> Result<Value, Diagnostics> {
    unimplemented!()
}

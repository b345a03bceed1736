//! The operators of the language on values.

use super::Value;
use crate::syntax::ast::{BinaryOp, UnaryOp};

/// Why an operator does not apply.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{summary}: {detail}")]
pub struct OperatorError {
    /// As a diagnostic's summary.
    pub summary: &'static str,
    /// As a diagnostic's detail.
    pub detail: String,
    /// Which operand is wrong: 0 left (or only), 1 right; `None` for both together.
    pub operand: Option<usize>,
}

/// `a op b`. `&&` and `||` give their result from one known operand where it decides; the evaluator skips the
/// evaluation of the right side before that.
///
/// # Errors
/// Operands of a wrong type, null operands, 0/0.
pub fn binary(_op: BinaryOp, _left: &Value, _right: &Value) -> Result<Value, OperatorError> {
    unimplemented!()
}

/// `op a`.
///
/// # Errors
/// An operand of a wrong type or null.
pub fn unary(_op: UnaryOp, _operand: &Value) -> Result<Value, OperatorError> {
    unimplemented!()
}

/// The language's `==`: a bool, or unknown; never converts.
pub fn equal(_left: &Value, _right: &Value) -> Value {
    unimplemented!()
}

//! The evaluator: from blocks and expressions to values and desired instances.

mod call;
mod expr;
mod for_expr;
mod names;
mod template;

pub use expr::{Evaluated, eval};
pub use names::{CallSpans, Constants, Frame, Names, StepValue, TemplateNames};

use crate::syntax::ast::Expr;

/// The value of an expression without references and calls.
///
/// # Errors
/// It has some, or is wrong otherwise.
pub fn constant(expr: &Expr) -> Evaluated {
    eval(expr, &mut Constants, None)
}

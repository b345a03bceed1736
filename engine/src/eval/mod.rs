//! The evaluator: from blocks and expressions to values and desired instances.

mod body;
mod call;
mod check_blocks;
mod check_names;
mod declared;
mod evaluator;
mod expand;
mod explain;
mod expr;
mod for_expr;
mod instance;
mod leniency;
mod logic;
mod modules;
mod names;
mod objects;
mod outputs;
mod render;
mod scope;
mod statics;
mod template;
mod variables;

pub use body::decode;
pub use check_blocks::check_blocks;
pub use check_names::{check_names, check_names_of};
pub use evaluator::{Evaluator, Settings};
pub use expand::{Expansion, expand};
pub(crate) use explain::explain;
pub use expr::{Evaluated, eval};
pub use instance::{DesiredInstance, Verdict};
pub use modules::{Each, ModuleId};
pub use names::{CallSpans, Constants, Frame, Names, StepValue, TemplateNames};
pub use objects::{KeyKind, Objects};
pub(crate) use outputs::misplaced;
pub use scope::Scope;
pub use statics::{StaticPlace, static_value};
pub use variables::{final_value, given_value, root_variable, root_variables};

use crate::syntax::ast::Expr;

/// The value of an expression without references and calls.
///
/// # Errors
/// It has some, or is wrong otherwise.
pub fn constant(expr: &Expr) -> Evaluated {
    eval(expr, &mut Constants, None)
}

#[cfg(test)]
mod testing {
    use super::expr::eval;
    use super::names::{Constants, Frame};
    use crate::source::SourceMap;
    use crate::syntax::parse_expr;
    use crate::value::{Value, display};

    /// How a constant expression is displayed, or the summaries of what is wrong with it.
    pub fn shown(text: &str) -> String {
        shown_with(text, Value::from("known"))
    }

    /// The same with a value that goes by the name `it`.
    pub fn shown_with(text: &str, value: Value) -> String {
        let (expr, found) = parse_expr(SourceMap::default().add("t", text), text, 0);
        assert!(found.is_empty(), "{found:?}");
        let frame = Frame { name: "it", value, outer: None };
        match eval(&expr, &mut Constants, Some(&frame)) {
            Ok(value) => display(&value),
            Err(found) => found.iter().map(|it| it.summary.clone()).collect::<Vec<_>>().join(", "),
        }
    }
}

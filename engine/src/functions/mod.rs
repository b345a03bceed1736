//! The functions of the language: one table, one file per family.

use std::path::PathBuf;

use crate::diagnostic::Diagnostics;
use crate::syntax::ast::Expr;
use crate::value::{Type, Value};

/// A function: its signature as data, and its body.
pub struct Function {
    /// Name without namespace.
    pub name: &'static str,
    /// What it does, in one sentence.
    pub description: &'static str,
    /// Parameters in order.
    pub parameters: &'static [Parameter],
    /// The parameter that takes all further arguments.
    pub variadic: Option<Parameter>,
    /// The type of the result for a signature listing.
    pub returns: fn() -> Type,
    /// The body. Arguments are converted, checked and unmarked as the parameters say.
    pub call: fn(&Context<'_>, &[Value]) -> Result<Value, FunctionError>,
    /// The type of the result for given arguments, some of which may be unknown: what an unknown result has.
    pub result_type: fn(&[Value]) -> Result<Type, FunctionError>,
}

/// A parameter of a function.
#[derive(Clone, Copy)]
pub struct Parameter {
    /// Name, for messages.
    pub name: &'static str,
    /// What it means.
    pub description: &'static str,
    /// The type that an argument is converted to; `Type::Dynamic` for any.
    pub ty: fn() -> Type,
    /// A null is passed on instead of refused.
    pub allow_null: bool,
    /// An unknown is passed on instead of making the result unknown.
    pub allow_unknown: bool,
    /// Marks are passed on instead of being moved to the result.
    pub allow_marks: bool,
}

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FunctionError {
    /// The argument that is wrong, from 0; `None` for the call as a whole.
    pub argument: Option<usize>,
    /// What is wrong.
    pub message: String,
}

/// What a function may use of the world.
pub struct Context<'a> {
    /// Directory that relative file names start from: the working directory.
    pub base_dir: PathBuf,
    /// Time that `timestamp()` and `plantimestamp()` return, as RFC 3339 in UTC; `None` while planning: then
    /// `timestamp()` is unknown.
    pub now: Option<String>,
    /// Time of the plan, as RFC 3339 in UTC.
    pub plan_time: String,
    /// Evaluates a parsed template with the given variables (an object) and nothing else in scope.
    pub render: &'a dyn Fn(&Expr, &Value) -> Result<Value, Diagnostics>,
}

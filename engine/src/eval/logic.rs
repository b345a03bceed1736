//! `&&` and `||`: a side that decides alone makes the errors of the other moot.

use super::expr::{Evaluated, eval, operator_failed};
use super::names::{Frame, Names, Quiet};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::syntax::ast::{BinaryOp, Expr};
use crate::value::{self, Marks, Refinement, Type, Value};

/// Evaluates `left && right` or `left || right`.
///
/// Both sides are always evaluated, because both must be true or false and the marks of both count; what failed stands
/// for an unknown. A side that decides by itself wins over an error of the other one, whichever is written first.
pub(super) fn eval_logic(
    op: BinaryOp,
    (left, right): (&Expr, &Expr),
    names: &mut dyn Names,
    frame: Option<&Frame<'_>>,
) -> Evaluated {
    let a = eval(left, names, frame);
    let decisive = op == BinaryOp::Or;
    let known = |it: &Evaluated| it.as_ref().ok().and_then(|it| value::convert(it, &Type::Bool).ok()?.as_bool());
    let b = match known(&a) == Some(decisive) {
        true => eval(right, &mut Quiet(names), frame),
        false => eval(right, names, frame),
    };
    let wrong: Diagnostics = [(&a, left, "left"), (&b, right, "right")]
        .into_iter()
        .filter_map(|(it, at, side)| unsuitable(it, at, side))
        .collect();
    if wrong.has_errors() {
        return Err(with_errors_of(wrong, a, b));
    }
    let marks = [&a, &b].into_iter().flatten().fold(Marks::NONE, |marks, it| marks.and(it.marks()));
    let unknown = |it: Evaluated| it.map(|_| Value::refined(Type::Bool, Refinement::not_null()).marked(marks));
    match (known(&a), known(&b)) {
        (Some(it), _) if it == decisive => return Ok(Value::from(decisive).marked(marks)),
        (None, _) if is_null(&a) => {}
        (_, Some(it)) if it == decisive => return Ok(Value::from(decisive).marked(marks)),
        (_, None) if is_null(&b) => {}
        (None, None) if a.is_err() => return Err(with_errors_of(Diagnostics::new(), a, b)),
        (None, _) => return unknown(a),
        (Some(_), None) => return unknown(b),
        (Some(_), Some(_)) => {}
    }
    let (a, b) = (a?, b?);
    value::binary(op, &a, &b).map_err(|error| operator_failed(error, left, right, left.span.to(right.span)).into())
}

fn is_null(side: &Evaluated) -> bool {
    side.as_ref().is_ok_and(Value::is_null)
}

/// A side that is neither true nor false, nor will become so.
fn unsuitable(side: &Evaluated, at: &Expr, name: &str) -> Option<Diagnostic> {
    let error = value::convert(side.as_ref().ok()?, &Type::Bool).err()?;
    let detail = format!("Unsuitable value for {name} operand: {}.", error.reason);
    Some(Diagnostic::error("Invalid operand", detail).at(at.span))
}

fn with_errors_of(mut all: Diagnostics, a: Evaluated, b: Evaluated) -> Diagnostics {
    all.extend([a, b].into_iter().filter_map(Result::err).flatten());
    all
}

#[cfg(test)]
mod tests {
    use crate::eval::constant;
    use crate::source::SourceMap;
    use crate::syntax::parse_expr;
    use crate::value::display;

    fn eval(text: &str) -> String {
        let (expr, found) = parse_expr(SourceMap::default().add("t", text), text, 0);
        assert!(found.is_empty(), "{found:?}");
        match constant(&expr) {
            Ok(value) => display(&value),
            Err(found) => found.iter().map(|it| it.summary.clone()).collect::<Vec<_>>().join(", "),
        }
    }

    #[test]
    fn a_side_that_decides_hides_the_errors_of_the_other() {
        for (text, want) in [
            ("false && null.x", "false"),
            ("null.x && false", "false"),
            ("true || null.x", "true"),
            ("true && null.x", "Attempt to get attribute from null value"),
            ("null.x || nope.x", "Attempt to get attribute from null value, Variables not allowed"),
        ] {
            assert_eq!(eval(text), want, "{text}");
        }
    }

    #[test]
    fn both_sides_must_be_true_or_false() {
        assert_eq!(eval("true || \"x\""), "Invalid operand");
        assert_eq!(eval("[] && {}"), "Invalid operand, Invalid operand");
        assert_eq!(eval("\"true\" && true"), "true");
        assert_eq!(eval("null || true"), "Operation failed");
        assert_eq!(eval("false && null"), "false");
    }
}

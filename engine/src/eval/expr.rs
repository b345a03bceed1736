//! Expressions to values.

use std::sync::Arc;

use super::names::{Frame, Names, Quiet, StepValue};
use super::{call, explain, for_expr, logic, template};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Span;
use crate::syntax::ast::{Access, BinaryOp, Conditional, Expr, ExprKind, Literal, ObjectItem, Step, UnaryOp};
use crate::value::{self, Kind, Marks, Type, Value};

/// Result of an evaluation.
pub type Evaluated = Result<Value, Diagnostics>;

/// Evaluates an expression; `frame` holds the variables of the `for` expressions around it.
///
/// Deep nesting grows the stack on the heap; the parser limits its depth.
///
/// # Errors
/// Everything that is wrong in the expression, each with its range.
pub fn eval(expr: &Expr, names: &mut dyn Names, frame: Option<&Frame<'_>>) -> Evaluated {
    let result = stacker::maybe_grow(64 * 1024, 1024 * 1024, || form(expr, names, frame));
    result.map_err(|found| explain::explained(found, expr, names, frame))
}

fn form(expr: &Expr, names: &mut dyn Names, frame: Option<&Frame<'_>>) -> Evaluated {
    match &expr.kind {
        ExprKind::Literal(literal) => Ok(literal_value(literal)),
        ExprKind::Template(it) => template::eval_template(it, names, frame),
        ExprKind::Wrapped(inner) | ExprKind::Parens(inner) => eval(inner, names, frame),
        ExprKind::Tuple(items) => all(items, names, frame).map(Value::tuple),
        ExprKind::Object(items) => object(items, names, frame),
        ExprKind::Variable(name) => variable(name, expr.span, names, frame),
        ExprKind::Access(it) => access(it, names, frame),
        ExprKind::Call(it) => call::eval_call(it, expr.span, names, frame),
        ExprKind::Conditional(it) => conditional(it, expr.span, names, frame),
        ExprKind::Unary(op, operand) => unary(*op, operand, names, frame),
        ExprKind::Binary(op, sides) => binary(*op, &sides.0, &sides.1, expr.span, names, frame),
        ExprKind::For(it) => for_expr::eval_for(it, expr.span, names, frame),
    }
}

/// Evaluates several expressions and collects the errors of all.
pub(super) fn all(exprs: &[Expr], names: &mut dyn Names, frame: Option<&Frame<'_>>) -> Result<Vec<Value>, Diagnostics> {
    let mut values = Vec::with_capacity(exprs.len());
    let mut diagnostics = Diagnostics::new();
    for expr in exprs {
        match eval(expr, names, frame) {
            Ok(value) => values.push(value),
            Err(found) => diagnostics.extend(found),
        }
    }
    if diagnostics.has_errors() { Err(diagnostics) } else { Ok(values) }
}

/// The value of a literal.
pub(super) fn literal_value(literal: &Literal) -> Value {
    match literal {
        Literal::Null => Value::null(Type::Dynamic),
        Literal::Bool(value) => Value::from(*value),
        Literal::Number(number) => Value::number(number.clone()),
        Literal::String(text) => Value::string(text),
    }
}

fn variable(name: &Arc<str>, span: Span, names: &mut dyn Names, frame: Option<&Frame<'_>>) -> Evaluated {
    match frame.and_then(|it| it.find(name)) {
        Some(value) => Ok(value.clone()),
        None => names.resolve(name, &[], span).map(|(value, _)| value),
    }
}

fn access(access: &Access, names: &mut dyn Names, frame: Option<&Frame<'_>>) -> Evaluated {
    let steps = step_values(&access.steps, names, frame)?;
    let (mut value, used) = match &access.source.kind {
        ExprKind::Variable(name) if frame.and_then(|it| it.find(name)).is_none() => {
            let span = steps.iter().fold(access.source.span, |span, step| span.to(step.span()));
            names.resolve(name, &steps, span)?
        }
        _ => (eval(&access.source, names, frame)?, 0),
    };
    let mut before = access.source.span;
    for (at, step) in steps.iter().enumerate() {
        if at >= used {
            value = apply_step(value, step, before, names, frame)?;
        }
        before = before.to(step.span());
    }
    Ok(value)
}

fn step_values<'e>(
    steps: &'e [Step],
    names: &mut dyn Names,
    frame: Option<&Frame<'_>>,
) -> Result<Vec<StepValue<'e>>, Diagnostics> {
    steps
        .iter()
        .map(|step| {
            Ok(match step {
                Step::Attr(ident) => StepValue::Attr(ident),
                Step::Index { key, span } => StepValue::Index(eval(key, names, frame)?, *span),
                Step::Splat { each, full, span } => StepValue::Splat { each, full: *full, span: *span },
            })
        })
        .collect()
}

fn apply_step(
    value: Value,
    step: &StepValue<'_>,
    source: Span,
    names: &mut dyn Names,
    frame: Option<&Frame<'_>>,
) -> Evaluated {
    let failed = |error: value::AccessError, span: Span| {
        Diagnostics::from(Diagnostic::error(error.summary, error.detail).at(span))
    };
    match step {
        StepValue::Attr(ident) => value::get_attr(&value, &ident.name).map_err(|error| failed(error, ident.span)),
        StepValue::Index(key, span) => value::index(&value, key).map_err(|error| failed(error, *span)),
        StepValue::Splat { each, full, span } => splat(value, each, *full, source.to(*span), names, frame),
    }
}

/// `[*]` and `.*`: a list gives a tuple or list of the results, null gives an empty tuple, anything else is taken as a
/// list of one.
fn splat(
    value: Value,
    each: &[Step],
    _full: bool,
    span: Span,
    names: &mut dyn Names,
    frame: Option<&Frame<'_>>,
) -> Evaluated {
    let (value, marks) = value.unmarked();
    if value.is_null() {
        return match value.ty() {
            Type::List(_) | Type::Set(_) | Type::Tuple(_) => Err(Diagnostic::error(
                "Splat of null value",
                "Splat expressions (with the * symbol) cannot be applied to null sequences.",
            )
            .at(span)
            .into()),
            _ => Ok(Value::tuple(Vec::new()).marked(marks)),
        };
    }
    let steps = step_values(each, names, frame)?;
    let walk = |mut item: Value, names: &mut dyn Names| {
        for step in &steps {
            item = apply_step(item, step, span, names, frame)?;
        }
        Ok::<_, Diagnostics>(item)
    };
    if value.is_unknown() {
        return Ok(match value.ty() {
            Type::List(element) | Type::Set(element) => {
                Value::unknown(Type::list(walk(Value::unknown((*element).clone()), names)?.ty()))
            }
            Type::Dynamic | Type::Tuple(_) => Value::unknown(Type::Dynamic),
            // One that may yet be null may yet give no element.
            _ => {
                let certain = value.refinement().not_null;
                let only = walk(value, names)?;
                if certain { Value::tuple(vec![only]) } else { Value::unknown(Type::Dynamic) }
            }
        }
        .marked(marks));
    }
    let (items, same_type) = match value.kind() {
        Kind::List(_, items) | Kind::Set(_, items) => (items.as_ref().clone(), true),
        Kind::Tuple(items) => (items.as_ref().clone(), false),
        _ => (vec![value.clone()], false),
    };
    let element = value.ty().element().cloned();
    let mut results = Vec::with_capacity(items.len());
    for item in items {
        results.push(walk(item, names)?);
    }
    // What has no type yet may become of any.
    let typed = results.iter().map(Value::ty).find(|ty| *ty != Type::Dynamic);
    let result = match (same_type, typed) {
        (false, _) => Value::tuple(results),
        (true, Some(ty)) if results.iter().all(|it| [&ty, &Type::Dynamic].contains(&&it.ty())) => {
            Value::list(ty, results)
        }
        (true, Some(_)) => {
            let detail = "The results for the elements are of different types, so they make no list. Write a 'for' \
                          expression, which makes a tuple.";
            return Err(Diagnostic::error("Inconsistent splat result types", detail).at(span).into());
        }
        (true, None) if !results.is_empty() => Value::list(Type::Dynamic, results),
        (true, None) => {
            let probe = walk(Value::unknown(element.unwrap_or(Type::Dynamic)), names)?;
            Value::list(probe.ty(), Vec::new())
        }
    };
    Ok(result.marked(marks))
}

fn object(items: &[ObjectItem], names: &mut dyn Names, frame: Option<&Frame<'_>>) -> Evaluated {
    let mut entries: Vec<(Arc<str>, Value)> = Vec::with_capacity(items.len());
    let mut marks = Marks::NONE;
    let mut known = true;
    let mut diagnostics = Diagnostics::new();
    for item in items {
        let key = object_key(&item.key, names, frame);
        let value = eval(&item.value, names, frame);
        match (key, value) {
            (Ok(key), Ok(value)) => {
                marks = marks.and(key.marks());
                match key.as_str() {
                    Some(text) => entries.push((text.into(), value)),
                    None => known = false,
                }
            }
            (key, value) => {
                diagnostics.extend(key.err().into_iter().flatten());
                diagnostics.extend(value.err().into_iter().flatten());
            }
        }
    }
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    let value = if known { Value::object(entries) } else { Value::unknown(Type::Dynamic) };
    Ok(value.marked(marks))
}

/// A bare name is its own text; anything else must be a known string or become one.
fn object_key(key: &Expr, names: &mut dyn Names, frame: Option<&Frame<'_>>) -> Evaluated {
    match &key.kind {
        ExprKind::Variable(name) => return Ok(Value::string(name)),
        ExprKind::Literal(Literal::Bool(value)) => return Ok(Value::string(value.to_string())),
        ExprKind::Literal(Literal::Null) => return Ok(Value::string("null")),
        ExprKind::Access(_) => {
            let detail = "If this expression is intended to be a reference, wrap it in parentheses. If it's instead \
                          intended as a literal name containing periods, wrap it in quotes to create a string literal.";
            return Err(Diagnostic::error("Ambiguous attribute key", detail).at(key.span).into());
        }
        _ => {}
    }
    let value = eval(key, names, frame)?;
    let wrong = |detail: String| Diagnostics::from(Diagnostic::error("Incorrect key type", detail).at(key.span));
    if value.is_null() {
        return Err(Diagnostic::error("Null value as key", "Can't use a null value as a key.").at(key.span).into());
    }
    value::convert(&value, &Type::String).map_err(|error| wrong(format!("Can't use this value as a key: {error}.")))
}

fn conditional(it: &Conditional, span: Span, names: &mut dyn Names, frame: Option<&Frame<'_>>) -> Evaluated {
    let condition = eval(&it.condition, names, frame)?;
    let wrong =
        |summary: &str, detail: String| Diagnostics::from(Diagnostic::error(summary, detail).at(it.condition.span));
    if condition.is_null() {
        return Err(wrong(
            "Null condition",
            "The condition value is null. Conditions must either be true or false.".into(),
        ));
    }
    // Both sides are evaluated, because the result has a type and marks that both decide; only the chosen side's
    // errors count, so as long as none is chosen, none do.
    let marks = condition.marks();
    if condition.is_unknown() {
        let (yes, no) = (eval(&it.yes, &mut Quiet(names), frame), eval(&it.no, &mut Quiet(names), frame));
        let open = |_| Value::unknown(Type::Dynamic);
        return undecided(yes.unwrap_or_else(open), no.unwrap_or_else(open), span).map(|value| value.marked(marks));
    }
    let condition = value::convert(&condition, &Type::Bool)
        .map_err(|error| wrong("Incorrect condition type", format!("The condition must be true or false: {error}.")))?;
    let (chosen, other) = match condition.as_bool() {
        Some(true) => (&it.yes, &it.no),
        _ => (&it.no, &it.yes),
    };
    let chosen = eval(chosen, names, frame)?;
    let Ok(other) = eval(other, &mut Quiet(names), frame) else { return Ok(chosen.marked(marks)) };
    let marks = marks.and(other.marks());
    if matches!(chosen.kind(), Kind::Unknown(Type::Dynamic, _)) {
        return Ok(chosen.marked(marks));
    }
    let ty = branch_type(&chosen, &other, condition.as_bool() == Some(true), span)?;
    let value =
        value::convert(&chosen, &ty).map_err(|error| Diagnostics::from(inconsistent(span, format!("{error}."))))?;
    Ok(value.marked(marks))
}

fn undecided(yes: Value, no: Value, span: Span) -> Evaluated {
    let ty = branch_type(&yes, &no, true, span)?;
    let marks = yes.marks().and(no.marks());
    Ok(value::unknown_of_either(&yes, &no, &ty).marked(marks))
}

/// The one type of both branches. A null of no type takes the other's; an unknown of no type leaves it open.
fn branch_type(a: &Value, b: &Value, a_is_true: bool, span: Span) -> Result<Type, Diagnostics> {
    let untyped_null = |it: &Value| it.is_null() && it.ty() == Type::Dynamic && !it.marks().any();
    match (untyped_null(a), untyped_null(b)) {
        (true, _) => return Ok(b.ty()),
        (_, true) => return Ok(a.ty()),
        _ if [a.ty(), b.ty()].contains(&Type::Dynamic) => return Ok(Type::Dynamic),
        _ => {}
    }
    value::unify(&[a.ty(), b.ty()]).ok_or_else(|| {
        let (yes, no) = if a_is_true { (a, b) } else { (b, a) };
        let detail = format!("{}.", value::mismatch_text(&yes.ty(), &no.ty()));
        inconsistent(span, detail).into()
    })
}

fn inconsistent(span: Span, detail: String) -> Diagnostic {
    let detail = format!("The true and false result expressions must have consistent types. {detail}");
    Diagnostic::error("Inconsistent conditional result types", detail).at(span)
}

fn unary(op: UnaryOp, operand: &Expr, names: &mut dyn Names, frame: Option<&Frame<'_>>) -> Evaluated {
    let value = eval(operand, names, frame)?;
    value::unary(op, &value).map_err(|error| Diagnostic::error(error.summary, error.detail).at(operand.span).into())
}

fn binary(
    op: BinaryOp,
    left: &Expr,
    right: &Expr,
    span: Span,
    names: &mut dyn Names,
    frame: Option<&Frame<'_>>,
) -> Evaluated {
    if matches!(op, BinaryOp::And | BinaryOp::Or) {
        return logic::eval_logic(op, (left, right), names, frame);
    }
    let a = eval(left, names, frame)?;
    let b = eval(right, names, frame)?;
    value::binary(op, &a, &b).map_err(|error| operator_failed(error, left, right, span).into())
}

/// The diagnostic at the operand that is wrong, or at the whole operation.
pub(super) fn operator_failed(error: value::OperatorError, left: &Expr, right: &Expr, span: Span) -> Diagnostic {
    let span = match error.operand {
        Some(0) => left.span,
        Some(_) => right.span,
        None => span,
    };
    Diagnostic::error(error.summary, error.detail).at(span)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::testing::{shown, shown_with};

    #[test]
    fn the_branch_not_taken_still_marks_the_result() {
        let secret = || Value::from("s").marked(Marks::SENSITIVE);
        assert_eq!(shown_with("true ? 1 : it", secret()), "(sensitive value)");
        assert_eq!(shown_with("true ? [1] : [it]", secret()), "[\n  \"1\",\n]");
        assert_eq!(shown("true ? 1 : null.x"), "1");
        assert_eq!(shown("false ? 1 : null.x"), "Attempt to get attribute from null value");
    }

    #[test]
    fn an_open_condition_hides_the_errors_of_both_branches() {
        for ty in [Type::Bool, Type::Dynamic, Type::list(Type::String)] {
            assert_eq!(shown_with("it ? null.x : 1", Value::unknown(ty)), "(known after apply)");
        }
    }

    #[test]
    fn a_splat_is_about_what_elements_can_have() {
        let strings = || Value::list(Type::String, Vec::new());
        assert_eq!(shown_with("it[*]", strings()), "tolist([])");
        assert_eq!(shown_with("it[*].a", strings()), "Unsupported attribute");
        assert_eq!(shown_with("it[*].a", Value::unknown(Type::String)), "Unsupported attribute");
        assert_eq!(shown_with("it[*]", Value::unknown(Type::String)), "(known after apply)");
        let certain = Value::unknown(Type::String).known_not_null();
        assert_eq!(shown_with("it[*]", certain), "[\n  (known after apply),\n]");
    }

    #[test]
    fn the_name_of_an_attribute_passes_no_marks() {
        let key = || Value::from("a").marked(Marks::SENSITIVE);
        assert_eq!(shown_with("{a = 1}[it]", key()), "1");
        assert_eq!(shown_with("[for x in [it] : {a = x}[x]]", key()), "[\n  (sensitive value),\n]");
    }
}

//! The values of the references in an expression that failed: what a diagnostic shows below the source.

use std::collections::BTreeMap;

use super::expr::literal_value;
use super::names::{Frame, Names, StepValue};
use crate::config::references::{Named, visit_expr};
use crate::diagnostic::{Cause, Diagnostic, Diagnostics};
use crate::syntax::ast::{Expr, ExprKind, Literal, Step, TemplatePart};
use crate::value::{self, Kind, Marks, Type, Value};

/// Adds the values of the references in `expr`, unless the diagnostics come from a part of it that has explained them.
pub(super) fn explained(
    found: Diagnostics,
    expr: &Expr,
    names: &mut dyn Names,
    frame: Option<&Frame<'_>>,
) -> Diagnostics {
    if !names.explains() {
        return found;
    }
    found.into_iter().map(|it| explain(it, expr, names, frame)).collect()
}

/// The same for one diagnostic.
pub(crate) fn explain(
    mut diagnostic: Diagnostic,
    expr: &Expr,
    names: &mut dyn Names,
    frame: Option<&Frame<'_>>,
) -> Diagnostic {
    if diagnostic.explained {
        return diagnostic;
    }
    diagnostic.explained = true;
    let part = diagnostic.subject.and_then(|at| parts(expr).into_iter().find(|it| it.span == at)).unwrap_or(expr);
    let mut statements = BTreeMap::new();
    visit_expr(part, &mut |named| {
        if let Some((reference, value)) = value_of(named, names, frame)
            && let Some(statement) = statement(&value, diagnostic.cause)
        {
            statements.insert(reference, statement);
        }
    });
    diagnostic.values.extend(statements);
    diagnostic
}

/// The operands of an expression: where one alone is wrong, the others have nothing to do with it.
fn parts(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::Call(it) => it.args.iter().collect(),
        ExprKind::Binary(_, sides) => vec![&sides.0, &sides.1],
        ExprKind::Unary(_, operand) => vec![operand],
        ExprKind::Conditional(it) => vec![&it.condition],
        ExprKind::For(it) => vec![&it.collection],
        ExprKind::Object(items) => items.iter().map(|it| &it.key).collect(),
        ExprKind::Template(it) => it
            .parts
            .iter()
            .filter_map(|part| match part {
                TemplatePart::Interpolation(expr) => Some(expr),
                TemplatePart::If { condition, .. } => Some(condition),
                TemplatePart::For { collection, .. } => Some(collection),
                TemplatePart::Text(_) => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// The value of a reference, or of as much of it as has one, with its text. A name without steps has no value to show.
fn value_of(named: &Named<'_>, names: &mut dyn Names, frame: Option<&Frame<'_>>) -> Option<(String, Value)> {
    let steps: Vec<StepValue<'_>> = named
        .steps
        .iter()
        .map_while(|step| match step {
            Step::Attr(ident) => Some(StepValue::Attr(ident)),
            Step::Index { key, span } => match &key.kind {
                ExprKind::Literal(it @ (Literal::Number(_) | Literal::String(_))) => {
                    Some(StepValue::Index(literal_value(it), *span))
                }
                _ => None,
            },
            Step::Splat { .. } => None,
        })
        .collect();
    if steps.is_empty() {
        return None;
    }
    let bound = frame.and_then(|it| it.find(named.root)).map(|it| (it.clone(), 0));
    // What a scope cannot find with all of the steps it may find with the first ones: a module, not its output.
    let mut lengths = [steps.len(), 2, 1].into_iter().filter(|it| *it <= steps.len());
    let (mut value, mut length) =
        bound.or_else(|| lengths.find_map(|it| names.resolve(named.root, &steps[..it], named.span).ok()))?;
    for step in &steps[length..] {
        let next = match step {
            StepValue::Attr(ident) => value::get_attr(&value, &ident.name),
            StepValue::Index(key, _) => value::index(&value, key),
            StepValue::Splat { .. } => break,
        };
        let Ok(next) = next else { break };
        (value, length) = (next, length + 1);
    }
    (length > 0).then(|| (text(named.root, &steps[..length]), value))
}

/// A reference as it is written.
fn text(root: &str, steps: &[StepValue<'_>]) -> String {
    let mut out = root.to_owned();
    for step in steps {
        match step {
            StepValue::Attr(ident) => out += &format!(".{}", ident.name),
            StepValue::Index(key, _) => out += &format!("[{}]", value::display(key)),
            StepValue::Splat { .. } => out += "[*]",
        }
    }
    out
}

/// What there is to say of a value, as the rest of a sentence about it. Of a sensitive or unknown one only that it is
/// so, and only where that is why the expression failed.
fn statement(value: &Value, cause: Option<Cause>) -> Option<String> {
    let marks = value.marks();
    if marks.has(Marks::SENSITIVE) {
        return (cause == Some(Cause::Sensitive)).then(|| "has a sensitive value".into());
    }
    if marks.has(Marks::EPHEMERAL) {
        return (cause == Some(Cause::Ephemeral)).then(|| "has an ephemeral value".into());
    }
    match (value.kind(), cause == Some(Cause::Unknown)) {
        (Kind::Unknown(Type::Dynamic, _), true) => Some("will be known only after apply".into()),
        (Kind::Unknown(Type::Dynamic, _), false) => None,
        (Kind::Unknown(ty, _), true) => Some(format!("is a {}, known only after apply", ty.friendly_name())),
        (Kind::Unknown(ty, _), false) => Some(format!("is a {}", ty.friendly_name())),
        _ => Some(format!("is {}", short(value))),
    }
}

/// A value in a few words: primitives as they are, of anything else its kind and size.
fn short(value: &Value) -> String {
    let ty = value.ty();
    let count = value.as_slice().map(<[Value]>::len).or(value.as_map().map(BTreeMap::len));
    match (value.kind(), count) {
        (Kind::Null(_), _) => "null".into(),
        (Kind::String(text), _) => crate::addr::quote(text),
        (Kind::Object(_), Some(0)) => "object with no attributes".into(),
        (Kind::Object(items), Some(1)) => {
            let name = items.keys().next().map_or("", |it| it);
            format!("object with 1 attribute {name:?}")
        }
        (Kind::Object(_), Some(count)) => format!("object with {count} attributes"),
        (_, Some(0)) => format!("empty {}", ty.friendly_name()),
        (_, Some(1)) => format!("{} with 1 element", ty.friendly_name()),
        (_, Some(count)) => format!("{} with {count} elements", ty.friendly_name()),
        (_, None) => value::display(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_in_a_few_words() {
        let one = || Value::from(1i64);
        for (value, want) in [
            (Value::from("a\nb"), r#""a\nb""#),
            (one(), "1"),
            (true.into(), "true"),
            (Value::null(Type::String), "null"),
            (Value::tuple(vec![]), "empty tuple"),
            (Value::tuple(vec![one(), one()]), "tuple with 2 elements"),
            (Value::list(Type::Number, vec![one()]), "list of number with 1 element"),
            (Value::map(Type::String, []), "empty map of string"),
            (Value::object([("a", one())]), "object with 1 attribute \"a\""),
            (Value::object([("a", one()), ("b", one())]), "object with 2 attributes"),
        ] {
            assert_eq!(short(&value), want);
        }
    }

    #[test]
    fn what_is_secret_or_not_known_is_told_only_where_it_matters() {
        let secret = Value::from("x").marked(Marks::SENSITIVE);
        assert_eq!(statement(&secret, None), None);
        assert_eq!(statement(&secret, Some(Cause::Sensitive)).unwrap(), "has a sensitive value");
        let unknown = Value::unknown(Type::list(Type::String));
        assert_eq!(statement(&unknown, None).unwrap(), "is a list of string");
        assert_eq!(statement(&unknown, Some(Cause::Unknown)).unwrap(), "is a list of string, known only after apply");
        assert_eq!(statement(&Value::unknown(Type::Dynamic), None), None);
    }
}

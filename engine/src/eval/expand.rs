//! `count` and `for_each`: how many instances a block has.

use std::sync::Arc;

use super::explain::explained;
use super::expr::eval;
use super::modules::Each;
use super::names::Names;
use super::objects::KeyKind;
use crate::addr::InstanceKey;
use crate::config::Repetition;
use crate::diagnostic::{Cause, Diagnostic, Diagnostics};
use crate::source::Span;
use crate::syntax::ast::Expr;
use crate::value::{self, Kind, Marks, Type, Value};

/// The instances of a block: how they are told apart, and each with its key.
pub type Expansion = (KeyKind, Vec<(InstanceKey, Each)>);

/// Evaluates `count`, `for_each` or `enabled`.
///
/// # Errors
/// The value is not known yet, sensitive where it would show, or of the wrong type.
pub fn expand(repetition: &Repetition, names: &mut dyn Names) -> Result<Expansion, Diagnostics> {
    match repetition {
        Repetition::Single => Ok((KeyKind::Single, vec![(InstanceKey::None, Each::None)])),
        Repetition::Enabled(expr) => enabled(expr, names).map_err(|found| explained(found, expr, names, None)),
        Repetition::Count(expr) => count(expr, names).map_err(|found| explained(found, expr, names, None)),
        Repetition::ForEach(expr) => for_each(expr, names).map_err(|found| explained(found, expr, names, None)),
    }
}

fn enabled(expr: &Expr, names: &mut dyn Names) -> Result<Expansion, Diagnostics> {
    let error = |detail: String| Diagnostic::error("Invalid enabled argument", detail).at(expr.span);
    let value = eval(expr, names, None)?;
    for (mark, word, cause) in
        [(Marks::SENSITIVE, "sensitive", Cause::Sensitive), (Marks::EPHEMERAL, "ephemeral", Cause::Ephemeral)]
    {
        if value.marks().has(mark) {
            let detail = format!("The given \"enabled\" is {word} and so cannot decide whether there is an instance.");
            return Err(error(detail).caused_by(cause).into());
        }
    }
    if value.is_null() {
        return Err(error("The given \"enabled\" argument value is null. True or false is required.".into()).into());
    }
    let value = value::convert(&value, &Type::Bool)
        .map_err(|why| error(format!("The given \"enabled\" argument value is unsuitable: {why}.")))?;
    match value.as_bool() {
        Some(true) => Ok((KeyKind::Single, vec![(InstanceKey::None, Each::None)])),
        Some(false) => Ok((KeyKind::Absent, Vec::new())),
        None => Err(error(unknown_detail("enabled")).caused_by(Cause::Unknown).into()),
    }
}

fn count(expr: &Expr, names: &mut dyn Names) -> Result<Expansion, Diagnostics> {
    let error = |detail: String| Diagnostic::error("Invalid count argument", detail).at(expr.span);
    let wrong = |detail: String| Diagnostics::from(error(detail));
    let (value, marks) = eval(expr, names, None)?.unmarked();
    if marks.has(Marks::EPHEMERAL) {
        let detail = "The given \"count\" is ephemeral and so cannot decide how many instances there are.";
        return Err(error(detail.into()).caused_by(Cause::Ephemeral).into());
    }
    if value.is_null() {
        return Err(wrong("The given \"count\" argument value is null. An integer is required.".into()));
    }
    let value = value::convert(&value, &Type::Number)
        .map_err(|error| wrong(format!("The given \"count\" argument value is unsuitable: {error}.")))?;
    if value.is_unknown() {
        return Err(error(unknown_detail("count")).caused_by(Cause::Unknown).into());
    }
    let number = value.as_number().and_then(|it| it.as_i64());
    let count = match number {
        Some(count) if count >= 0 => count as u64,
        Some(_) => {
            return Err(wrong(
                "The given \"count\" argument value is unsuitable: must be greater than or equal to zero.".into(),
            ));
        }
        None => {
            return Err(wrong("The given \"count\" argument value is unsuitable: a whole number is required.".into()));
        }
    };
    let instances = (0..count).map(|at| (InstanceKey::Int(at), Each::Count(Value::number(at as i64))));
    Ok((KeyKind::Count, instances.collect()))
}

fn for_each(expr: &Expr, names: &mut dyn Names) -> Result<Expansion, Diagnostics> {
    let value = eval(expr, names, None)?;
    let error = |detail: String| Diagnostic::error("Invalid for_each argument", detail).at(expr.span);
    let wrong = |detail: String| Diagnostics::from(error(detail));
    if value.is_sensitive() {
        let detail = "Sensitive values, or values derived from sensitive values, cannot be used as for_each arguments: \
                      the keys would show them in addresses.";
        return Err(error(detail.into()).caused_by(Cause::Sensitive).into());
    }
    if value.marks().has(Marks::EPHEMERAL) {
        let detail = "The given \"for_each\" is ephemeral and so cannot decide which instances there are.";
        return Err(error(detail.into()).caused_by(Cause::Ephemeral).into());
    }
    if value.is_null() {
        return Err(wrong(
            "The given \"for_each\" argument value is null. A map, or set of strings is allowed.".into(),
        ));
    }
    if value.is_unknown() {
        return Err(error(unknown_detail("for_each")).caused_by(Cause::Unknown).into());
    }
    let items: Vec<(Arc<str>, Value)> = match value.kind() {
        Kind::Map(_, items) | Kind::Object(items) => {
            items.iter().map(|(key, value)| (key.clone(), value.clone())).collect()
        }
        Kind::Set(_, items) => set_keys(items, expr.span)?,
        _ => {
            return Err(wrong(format!(
                "The given \"for_each\" argument value is unsuitable: the \"for_each\" argument must be a map, or set of \
                 strings, and you have provided a value of type {}.",
                value.ty().friendly_name()
            )));
        }
    };
    let instances = items
        .into_iter()
        .map(|(key, value)| (InstanceKey::Str(key.clone()), Each::ForEach { key: Value::string(&key), value }));
    Ok((KeyKind::ForEach, instances.collect()))
}

fn set_keys(items: &[Value], span: Span) -> Result<Vec<(Arc<str>, Value)>, Diagnostics> {
    let wrong = |detail: &str| Diagnostics::from(Diagnostic::error("Invalid for_each set argument", detail).at(span));
    items
        .iter()
        .map(|item| match item.kind() {
            Kind::String(text) => Ok((text.clone(), item.clone())),
            Kind::Unknown(..) => {
                let error = Diagnostic::error("Invalid for_each argument", unknown_detail("for_each")).at(span);
                Err(error.caused_by(Cause::Unknown).into())
            }
            Kind::Null(_) => Err(wrong(
                "The given \"for_each\" argument value is unsuitable: \"for_each\" sets must not contain null values.",
            )),
            _ => Err(wrong(
                "The given \"for_each\" argument value is unsuitable: \"for_each\" supports maps and sets of strings; \
                 convert the elements with tostring.",
            )),
        })
        .collect()
}

fn unknown_detail(argument: &str) -> String {
    format!(
        "The {argument:?} value depends on resource attributes that cannot be determined until apply, so it cannot be \
         predicted how many instances will be created. Derive it from values that are known in the configuration, or \
         apply first only what it depends on with -target."
    )
}

//! `for` expressions.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::expr::{Evaluated, eval};
use super::names::{Frame, Names};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Span;
use crate::syntax::ast::{Expr, ForExpr};
use crate::value::{self, Marks, Type, Value};

/// Evaluates a `for` expression to a tuple or an object.
pub(super) fn eval_for(it: &ForExpr, span: Span, names: &mut dyn Names, frame: Option<&Frame<'_>>) -> Evaluated {
    let collection = eval(&it.collection, names, frame)?;
    let (collection, mut marks) = collection.unmarked();
    if collection.is_null() {
        let detail = "A null value cannot be used as the collection in a 'for' expression.";
        return Err(Diagnostic::error("Iteration over null value", detail).at(it.collection.span).into());
    }
    if collection.is_unknown() && collection.can_iterate() {
        return Ok(Value::unknown(Type::Dynamic).marked(marks));
    }
    let Some(elements) = value::elements(&collection) else {
        let detail = format!(
            "A value of type {} cannot be used as the collection in a 'for' expression.",
            collection.ty().friendly_name()
        );
        return Err(Diagnostic::error("Iteration over non-iterable value", detail).at(it.collection.span).into());
    };
    if elements.is_empty() {
        check_condition(it, names, frame)?;
    }
    let mut output = Output { it, span, tuple: Vec::new(), object: BTreeMap::new(), known: true };
    let mut diagnostics = Diagnostics::new();
    for (key, value) in elements {
        let outer;
        let mut inner = Frame { name: &it.value_name.name, value, outer: frame };
        if let Some(name) = &it.key_name {
            outer = Frame { name: &name.name, value: key, outer: frame };
            inner.outer = Some(&outer);
        }
        match output.add(names, &inner) {
            Ok(more) => marks = marks.and(more),
            Err(found) => diagnostics.extend(found),
        }
        // One element's errors are most often those of all.
        if diagnostics.has_errors() {
            return Err(diagnostics);
        }
    }
    Ok(output.finish().marked(marks))
}

/// A condition that can hold for no element at all is wrong even where there are no elements.
fn check_condition(it: &ForExpr, names: &mut dyn Names, frame: Option<&Frame<'_>>) -> Result<(), Diagnostics> {
    let Some(condition) = &it.condition else { return Ok(()) };
    let any = || Value::unknown(Type::Dynamic);
    let outer;
    let mut inner = Frame { name: &it.value_name.name, value: any(), outer: frame };
    if let Some(name) = &it.key_name {
        outer = Frame { name: &name.name, value: any(), outer: frame };
        inner.outer = Some(&outer);
    }
    eval_condition(condition, names, &inner).map(drop)
}

struct Output<'f> {
    it: &'f ForExpr,
    span: Span,
    tuple: Vec<Value>,
    object: BTreeMap<Arc<str>, Vec<Value>>,
    known: bool,
}

impl Output<'_> {
    /// Adds the result for one element; returns the marks that pass to the whole.
    fn add(&mut self, names: &mut dyn Names, frame: &Frame<'_>) -> Result<Marks, Diagnostics> {
        let mut marks = Marks::NONE;
        if let Some(condition) = &self.it.condition {
            let held = eval_condition(condition, names, frame)?;
            marks = marks.and(held.marks());
            match held.as_bool() {
                Some(true) => {}
                Some(false) => return Ok(marks),
                None => {
                    self.known = false;
                    return Ok(marks);
                }
            }
        }
        let Some(key) = &self.it.key else {
            self.tuple.push(eval(&self.it.value, names, Some(frame))?);
            return Ok(marks);
        };
        let key_value = eval_key(key, names, frame)?;
        marks = marks.and(key_value.marks());
        let value = eval(&self.it.value, names, Some(frame))?;
        let Some(text) = key_value.as_str() else {
            self.known = false;
            return Ok(marks);
        };
        let values = self.object.entry(text.into()).or_default();
        if !values.is_empty() && !self.it.group {
            let detail = format!(
                "Two different items produced the key {text:?} in this 'for' expression. If duplicates are expected, \
                 use the ellipsis (...) after the value expression to enable grouping by key."
            );
            return Err(Diagnostic::error("Duplicate object key", detail).at(key.span).into());
        }
        values.push(value);
        Ok(marks)
    }

    fn finish(self) -> Value {
        let _ = self.span;
        if !self.known {
            return Value::unknown(Type::Dynamic);
        }
        if self.it.key.is_none() {
            return Value::tuple(self.tuple);
        }
        let group = self.it.group;
        Value::object(self.object.into_iter().map(|(key, mut values)| {
            let value = if group { Value::tuple(values) } else { values.remove(0) };
            (key, value)
        }))
    }
}

fn eval_condition(condition: &Expr, names: &mut dyn Names, frame: &Frame<'_>) -> Evaluated {
    let value = eval(condition, names, Some(frame))?;
    let wrong =
        |detail: String| Diagnostics::from(Diagnostic::error("Invalid 'for' condition", detail).at(condition.span));
    if value.is_null() {
        return Err(Diagnostic::error("Condition is null", "The value of the 'if' clause must not be null.")
            .at(condition.span)
            .into());
    }
    value::convert(&value, &Type::Bool).map_err(|error| wrong(format!("The 'if' clause value is invalid: {error}.")))
}

fn eval_key(key: &Expr, names: &mut dyn Names, frame: &Frame<'_>) -> Evaluated {
    let value = eval(key, names, Some(frame))?;
    let wrong = |detail: String| Diagnostics::from(Diagnostic::error("Invalid object key", detail).at(key.span));
    if value.is_null() {
        return Err(wrong("Key expression in 'for' expression must not produce a null value.".into()));
    }
    value::convert(&value, &Type::String)
        .map_err(|error| wrong(format!("The key expression produced an invalid result: {error}.")))
}

#[cfg(test)]
mod tests {
    use crate::eval::testing::shown;

    #[test]
    fn a_condition_counts_even_without_elements() {
        for (text, want) in [
            ("[for k, v in {} : k if null]", "Condition is null"),
            ("[for v in [] : v if \"x\"]", "Invalid 'for' condition"),
            ("{for k, v in {} : k => v if v.a == k}", "{}"),
            ("[for v in [] : v + []]", "[]"),
        ] {
            assert_eq!(shown(text), want, "{text}");
        }
    }
}

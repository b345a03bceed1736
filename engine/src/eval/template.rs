//! String templates: interpolations and directives.

use super::expr::{Evaluated, eval};
use super::names::{Frame, Names};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Span;
use crate::syntax::ast::{Expr, Template, TemplatePart};
use crate::value::{self, Kind, Marks, Refinement, Type, Value};

/// Evaluates a template to a string. With an unknown part, the text in front of it is the known prefix.
pub(super) fn eval_template(it: &Template, names: &mut dyn Names, frame: Option<&Frame<'_>>) -> Evaluated {
    let mut text = Text::default();
    text.parts(&it.parts, names, frame)?;
    Ok(text.finish())
}

#[derive(Default)]
struct Text {
    text: String,
    unknown: bool,
    marks: Marks,
}

impl Text {
    fn parts(
        &mut self,
        parts: &[TemplatePart],
        names: &mut dyn Names,
        frame: Option<&Frame<'_>>,
    ) -> Result<(), Diagnostics> {
        let mut diagnostics = Diagnostics::new();
        for part in parts {
            let done = match part {
                TemplatePart::Text(text) => {
                    self.push(text);
                    Ok(())
                }
                TemplatePart::Interpolation(expr) => self.interpolation(expr, names, frame),
                TemplatePart::If { condition, yes, no, .. } => self.directive_if(condition, yes, no, names, frame),
                TemplatePart::For { key_name, value_name, collection, each, span } => {
                    let key_name = key_name.as_ref().map(|it| &*it.name);
                    self.directive_for((key_name, &value_name.name), collection, each, *span, names, frame)
                }
            };
            diagnostics.extend(done.err().into_iter().flatten());
        }
        if diagnostics.has_errors() { Err(diagnostics) } else { Ok(()) }
    }

    fn push(&mut self, text: &str) {
        if !self.unknown {
            self.text.push_str(text);
        }
    }

    fn interpolation(
        &mut self,
        expr: &Expr,
        names: &mut dyn Names,
        frame: Option<&Frame<'_>>,
    ) -> Result<(), Diagnostics> {
        let value = eval(expr, names, frame)?;
        self.marks = self.marks.and(value.marks());
        let wrong = |detail: String| {
            Diagnostics::from(Diagnostic::error("Invalid template interpolation value", detail).at(expr.span))
        };
        if value.is_null() {
            return Err(wrong(
                "The expression result is null. Cannot include a null value in a string template.".into(),
            ));
        }
        let text = value::convert(&value, &Type::String)
            .map_err(|error| wrong(format!("Cannot include the given value in a string template: {error}.")))?;
        match text.kind() {
            Kind::String(text) => self.push(text),
            Kind::Unknown(_, known) => {
                if let Some(prefix) = &known.prefix {
                    self.push(prefix);
                }
                self.unknown = true;
            }
            _ => {}
        }
        Ok(())
    }

    fn directive_if(
        &mut self,
        condition: &Expr,
        yes: &[TemplatePart],
        no: &[TemplatePart],
        names: &mut dyn Names,
        frame: Option<&Frame<'_>>,
    ) -> Result<(), Diagnostics> {
        let value = eval(condition, names, frame)?;
        self.marks = self.marks.and(value.marks());
        if value.is_null() {
            let detail = "The condition value is null. Conditions must either be true or false.";
            return Err(Diagnostic::error("Null condition", detail).at(condition.span).into());
        }
        if value.is_unknown() {
            self.unknown = true;
            return Ok(());
        }
        let value = value::convert(&value, &Type::Bool).map_err(|error| {
            let detail = format!("The condition of a template directive must be true or false: {error}.");
            Diagnostics::from(Diagnostic::error("Incorrect condition type", detail).at(condition.span))
        })?;
        match value.as_bool() {
            Some(true) => self.parts(yes, names, frame),
            Some(false) => self.parts(no, names, frame),
            None => {
                self.unknown = true;
                Ok(())
            }
        }
    }

    fn directive_for(
        &mut self,
        (key_name, value_name): (Option<&str>, &str),
        collection: &Expr,
        each: &[TemplatePart],
        span: Span,
        names: &mut dyn Names,
        frame: Option<&Frame<'_>>,
    ) -> Result<(), Diagnostics> {
        let (value, marks) = eval(collection, names, frame)?.unmarked();
        self.marks = self.marks.and(marks);
        if value.is_unknown() && value.can_iterate() {
            self.unknown = true;
            return Ok(());
        }
        if value.is_null() {
            let detail = "A null value cannot be used as the collection in a 'for' expression.";
            return Err(Diagnostic::error("Iteration over null value", detail).at(collection.span).into());
        }
        let Some(elements) = value::elements(&value) else {
            let detail = "The collection of a template 'for' directive must be a list, a map or another collection.";
            return Err(Diagnostic::error("Iteration over non-iterable value", detail)
                .at(collection.span.to(span))
                .into());
        };
        for (key, value) in elements {
            let outer;
            let mut inner = Frame { name: value_name, value, outer: frame };
            if let Some(name) = key_name {
                outer = Frame { name, value: key, outer: frame };
                inner.outer = Some(&outer);
            }
            self.parts(each, names, Some(&inner))?;
        }
        Ok(())
    }

    fn finish(self) -> Value {
        let value = if self.unknown {
            Kind::Unknown(Type::String, Refinement::prefix(&self.text)).into()
        } else {
            Value::string(self.text)
        };
        value.marked(self.marks)
    }
}

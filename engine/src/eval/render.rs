//! What functions get from the evaluator: templates and variables files, with nothing of the module in scope.

use std::collections::BTreeMap;

use super::evaluator::Settings;
use super::expr::{Evaluated, eval};
use super::names::{Constants, TemplateNames};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::functions::{Context, TemplateError, TemplateSource};
use crate::source::{SourceMap, Span};
use crate::syntax::{parse_body, parse_template};
use crate::value::Value;

/// Calls `use_it` with what functions may use of the world.
pub fn with_context(
    settings: &Settings,
    in_template: bool,
    use_it: &mut dyn FnMut(&Context<'_>) -> Evaluated,
) -> Evaluated {
    let render = |source: &TemplateSource<'_>, variables: &Value| render(settings, source, variables);
    let context = Context {
        base_dir: settings.working_dir.clone(),
        now: settings.now.clone(),
        plan_time: Some(settings.plan_time.clone()),
        random: settings.now.is_some(),
        in_template,
        render: &render,
        read_tfvars: &read_tfvars,
    };
    use_it(&context)
}

fn render(settings: &Settings, source: &TemplateSource<'_>, variables: &Value) -> Result<Value, TemplateError> {
    let mut sources = SourceMap::default();
    let file = sources.add(source.name, source.text);
    let (expr, found) = parse_template(file, source.text, 0);
    if found.has_errors() {
        return Err(TemplateError::Failed(located(&sources, found)));
    }
    let missing = std::cell::RefCell::new(None);
    let rendered = with_context(settings, true, &mut |functions| {
        eval(&expr, &mut TemplateNames { variables, functions, missing: &missing }, None)
    });
    rendered.map_err(|found| match missing.take() {
        Some((name, span)) => TemplateError::MissingVariable { name, at: place(&sources, span) },
        None => TemplateError::Failed(located(&sources, found)),
    })
}

/// A template's file is not among those of the configuration, so its place goes into the text.
fn located(sources: &SourceMap, found: Diagnostics) -> Diagnostics {
    let text = |it: Diagnostic| {
        let at = it.subject.map(|span| format!("{}: ", place(sources, span))).unwrap_or_default();
        Diagnostic::error(it.summary, format!("{at}{}", it.detail))
    };
    found.into_iter().map(text).collect()
}

/// `file:line,column-column`
fn place(sources: &SourceMap, span: Span) -> String {
    let file = sources.file(span.file);
    let (start, end) = (file.position(span.start as usize), file.position(span.end as usize));
    let end = if start.line == end.line { end.column.to_string() } else { format!("{},{}", end.line, end.column) };
    format!("{}:{},{}-{end}", file.path.display(), start.line, start.column)
}

fn read_tfvars(text: &str) -> Result<Value, Diagnostics> {
    let mut sources = SourceMap::default();
    let file = sources.add("the text", text);
    let (body, mut found) = parse_body(file, text);
    for block in &body.blocks {
        let detail = "A variables file holds arguments only. Write name = { … } for a value with attributes.";
        found.push(Diagnostic::error("Unexpected block", detail).at(block.header));
    }
    let mut values = BTreeMap::new();
    for attribute in &body.attributes {
        match eval(&attribute.expr, &mut Constants, None) {
            Ok(value) => {
                if values.insert(attribute.name.name.clone(), value).is_some() {
                    found.push(crate::config::duplicate_argument(attribute, false));
                }
            }
            Err(more) => found.extend(more),
        }
    }
    if found.has_errors() { Err(located(&sources, found)) } else { Ok(Value::object(values)) }
}

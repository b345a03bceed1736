//! Diagnostics as JSON: in `validate -json` and in the stream of `-json`.

use plumb_engine::diagnostic::{Diagnostic, Diagnostics, Severity};
use plumb_engine::functions;
use plumb_engine::source::{Position, SourceFile, SourceMap, Span};
use serde_json::{Value as Json, json};

use super::diagnostic::enclosing_block;
use super::json_functions;

/// One diagnostic.
pub fn diagnostic(it: &Diagnostic, sources: Option<&SourceMap>) -> Json {
    let mut out = json!({ "severity": severity(it.severity), "summary": it.summary, "detail": it.detail });
    if let Some(address) = &it.address {
        out["address"] = json!(address);
    }
    if let Some((span, sources)) = it.subject.zip(sources) {
        let file = sources.file(span.file);
        let (start, end) = (file.position(span.range().start), file.position(span.range().end));
        out["range"] = json!({
            "filename": file.path.display().to_string(),
            "start": position(start),
            "end": position(end),
        });
        out["snippet"] = snippet(it, span, file, start);
    }
    out
}

/// The document of `validate -json`, version 1.0.
pub fn validation(all: &Diagnostics, sources: Option<&SourceMap>) -> Json {
    let errors = all.iter().filter(|it| it.is_error()).count();
    json!({
        "format_version": "1.0",
        "valid": errors == 0,
        "error_count": errors,
        "warning_count": all.len() - errors,
        "diagnostics": all.iter().map(|it| diagnostic(it, sources)).collect::<Vec<_>>(),
    })
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn position(at: Position) -> Json {
    json!({ "line": at.line, "column": at.column, "byte": at.byte })
}

fn snippet(it: &Diagnostic, span: Span, file: &SourceFile, start: Position) -> Json {
    let shown = it.context.filter(|it| it.file == span.file).unwrap_or(span).to(span);
    let (first, last) = (file.position(shown.range().start), file.position(shown.range().end).line);
    let code: Vec<&str> = (first.line..=last).map(|line| file.line(line)).collect();
    let code = code.join("\n");
    // From the start of the first line that is shown.
    let origin = first.byte - first_line_offset(file, first);
    let offset = |byte: usize| byte.saturating_sub(origin).min(code.len());
    let values: Vec<Json> = it
        .values
        .iter()
        .map(|(reference, statement)| json!({ "traversal": reference, "statement": statement }))
        .collect();
    let mut out = json!({
        "context": enclosing_block(file, start.line),
        "code": code,
        "start_line": first.line,
        "highlight_start_offset": offset(span.range().start),
        "highlight_end_offset": offset(span.range().end),
        "values": values,
    });
    if let Some((called, function)) = it.function.as_deref().and_then(|it| Some((it, functions::find(it)?))) {
        out["function_call"] = json!({ "called_as": called, "signature": json_functions::call_signature(function) });
    }
    out
}

fn first_line_offset(file: &SourceFile, at: Position) -> usize {
    file.line(at.line).char_indices().nth(at.column - 1).map_or(file.line(at.line).len(), |(byte, _)| byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_the_keys_that_editors_read() {
        let text = "resource \"a\" \"b\" {\n  x = var.y\n}\n";
        let mut sources = SourceMap::default();
        let file = sources.add("main.tf", text);
        let at = text.find("var.y").unwrap();
        let it = Diagnostic::error("Bad", "Why.").at(Span::new(file, at, at + 5)).with_value("var.y", "is 5");
        let document = validation(&it.into(), Some(&sources));
        assert_eq!(document["valid"], false);
        insta::assert_snapshot!(serde_json::to_string_pretty(&document["diagnostics"][0]).unwrap(), @r#"
        {
          "severity": "error",
          "summary": "Bad",
          "detail": "Why.",
          "range": {
            "filename": "main.tf",
            "start": {
              "line": 2,
              "column": 7,
              "byte": 25
            },
            "end": {
              "line": 2,
              "column": 12,
              "byte": 30
            }
          },
          "snippet": {
            "context": "resource \"a\" \"b\"",
            "code": "  x = var.y",
            "start_line": 2,
            "highlight_start_offset": 6,
            "highlight_end_offset": 11,
            "values": [
              {
                "traversal": "var.y",
                "statement": "is 5"
              }
            ]
          }
        }
        "#);
    }
}

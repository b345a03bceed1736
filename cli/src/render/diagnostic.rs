//! Diagnostics as text: a box with the source line, the values involved and the detail.

use anstyle::AnsiColor;
use plumb_engine::diagnostic::{Diagnostic, Diagnostics, Severity};
use plumb_engine::functions;
use plumb_engine::source::{SourceFile, SourceMap, Span};
use unicode_width::UnicodeWidthStr;

use super::{Paint, wrap};

/// How diagnostics are drawn.
#[derive(Clone, Copy, Debug)]
pub struct DiagnosticOptions {
    /// Colours.
    pub paint: Paint,
    /// Width of the terminal in columns.
    pub columns: usize,
    /// A frame on the left side. Without it every line begins at the margin, as `-no-color` asks for.
    pub boxed: bool,
}

/// One diagnostic.
pub fn diagnostic(it: &Diagnostic, sources: Option<&SourceMap>, options: DiagnosticOptions) -> String {
    let DiagnosticOptions { paint, boxed, .. } = options;
    let (color, word) = match it.severity {
        Severity::Error => (AnsiColor::Red, "Error: "),
        Severity::Warning => (AnsiColor::Yellow, "Warning: "),
    };
    let columns = options.columns.saturating_sub(if boxed { 2 } else { 0 }).max(20);
    let mut body = format!("{}{}\n", paint.strong(color, word), paint.bold(&it.summary));
    if let Some(place) = place(it, sources, paint) {
        body += &format!("\n{place}");
    }
    if !it.detail.is_empty() {
        body += &format!("\n{}\n", wrap(&it.detail, columns));
    }
    if !boxed {
        return format!("\n{body}");
    }
    let side = paint.color(color, "│");
    let lines: String = body.lines().map(|line| format!("{side} {line}\n")).collect();
    format!("{}\n{lines}{}\n", paint.color(color, "╷"), paint.color(color, "╵"))
}

/// Warnings in short: what `-compact-warnings` shows when there is no error.
pub fn compact_warnings(all: &Diagnostics, sources: Option<&SourceMap>, options: DiagnosticOptions) -> String {
    let mut out = format!("{}\n\n", options.paint.strong(AnsiColor::Yellow, "Warnings:"));
    for it in all {
        out += &format!("- {}\n", it.summary);
        if let (Some(span), Some(sources)) = (it.subject, sources) {
            let file = sources.file(span.file);
            out += &format!("  on {} line {}\n", file.path.display(), file.position(span.range().start).line);
        }
    }
    out + "\nTo see all of their texts, run the command without -compact-warnings.\n"
}

/// The block that a position lies in, by its header: `resource "aws_vpc" "main"`.
///
/// It is read off the text, because a diagnostic can be about a file that cannot be parsed. A header begins at the
/// margin and ends with its opening brace.
pub fn enclosing_block(file: &SourceFile, line: usize) -> Option<String> {
    for number in (1..=line).rev() {
        let text = file.line(number);
        if number < line && text.starts_with('}') {
            return None;
        }
        let header = text.split_once('{').map(|(header, _)| header.trim_end());
        if let Some(header) = header.filter(|it| is_header(it)) {
            return Some(header.into());
        }
    }
    None
}

fn is_header(text: &str) -> bool {
    let mut words = text.split(' ');
    let word = |it: &str| !it.is_empty() && it.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    words.next().is_some_and(word) && words.all(|it| word(it.trim_matches('"')))
}

fn place(it: &Diagnostic, sources: Option<&SourceMap>, paint: Paint) -> Option<String> {
    let mut out = String::new();
    let subject = it.subject.zip(sources);
    if let Some(address) = &it.address {
        out += &format!("  with {address}{}\n", if subject.is_some() { "," } else { "" });
    }
    if let Some((span, sources)) = subject {
        out += &snippet(span, it.context, sources.file(span.file), paint);
    }
    let signature = it.function.as_deref().and_then(signature);
    if !it.values.is_empty() || signature.is_some() {
        out += &format!("    {}\n", paint.dim("├────────────────"));
        if let Some(signature) = signature {
            out += &format!("    {} while calling {signature}\n", paint.dim("│"));
        }
        for (reference, statement) in &it.values {
            out += &format!("    {} {} {statement}\n", paint.dim("│"), paint.bold(reference));
        }
    }
    (!out.is_empty()).then_some(out)
}

/// A function with the names of its parameters, as it was called: `substr(str, offset, length)`.
fn signature(called: &str) -> Option<String> {
    let function = functions::find(called)?;
    let mut names: Vec<String> = function.parameters.iter().map(|it| it.name.to_owned()).collect();
    names.extend(function.variadic.map(|it| format!("{}...", it.name)));
    Some(format!("{called}({})", names.join(", ")))
}

fn snippet(span: Span, context: Option<Span>, file: &SourceFile, paint: Paint) -> String {
    let (start, end) = (file.position(span.range().start), file.position(span.range().end));
    let within = enclosing_block(file, start.line).map(|block| format!(", in {block}")).unwrap_or_default();
    let mut out = format!("  on {} line {}{within}:\n", file.path.display(), start.line);
    let shown = context.filter(|it| it.file == span.file).unwrap_or(span).to(span);
    let (first, last) = (file.position(shown.range().start).line, file.position(shown.range().end).line);
    for number in first..=last {
        let text = file.line(number);
        // Columns count characters; the subject can begin or end on another line.
        let length = text.chars().count();
        let from = if number == start.line { start.column - 1 } else { 0 };
        let to = if number == end.line { end.column - 1 } else { length };
        let marked = (start.line..=end.line).contains(&number) && from < to;
        let (from, to) = if marked { (from.min(length), to.min(length)) } else { (0, 0) };
        let (before, rest) = split_chars(text, from);
        let (subject, after) = split_chars(rest, to - from);
        out += &format!("{number:>4}: {before}{}{after}\n", paint.underline(subject));
        // Without underlining the range would be lost.
        if marked && !paint.is_on() && subject.trim() != text.trim() && start.line == end.line {
            let blank: String = before.chars().map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
            out += &format!("      {blank}{}\n", "^".repeat(subject.width().max(1)));
        }
    }
    out
}

fn split_chars(text: &str, at: usize) -> (&str, &str) {
    text.split_at(text.char_indices().nth(at).map_or(text.len(), |(byte, _)| byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "variable \"x\" {\n  default = 5\n}\n\nresource \"aws_vpc\" \"main\" {\n  cidr = var.x.foo\n}\n";

    fn sources() -> (SourceMap, Diagnostic) {
        let mut sources = SourceMap::default();
        let file = sources.add("main.tf", TEXT);
        let at = TEXT.find("var.x.foo").unwrap();
        let it = Diagnostic::error("Unsupported attribute", "A number has no attributes.")
            .at(Span::new(file, at, at + 9))
            .of("aws_vpc.main")
            .with_value("var.x", "is 5");
        (sources, it)
    }

    fn options(boxed: bool) -> DiagnosticOptions {
        DiagnosticOptions { paint: Paint::PLAIN, columns: 78, boxed }
    }

    #[test]
    fn shows_where_with_what_and_why() {
        let (sources, it) = sources();
        insta::assert_snapshot!(diagnostic(&it, Some(&sources), options(true)), @r#"
        ╷
        │ Error: Unsupported attribute
        │ 
        │   with aws_vpc.main,
        │   on main.tf line 6, in resource "aws_vpc" "main":
        │    6:   cidr = var.x.foo
        │                ^^^^^^^^^
        │     ├────────────────
        │     │ var.x is 5
        │ 
        │ A number has no attributes.
        ╵
        "#);
    }

    #[test]
    fn a_frame_is_left_out_without_colours() {
        let it = Diagnostic::warning("Old", "");
        assert_eq!(diagnostic(&it, None, options(false)), "\nWarning: Old\n");
    }

    #[test]
    fn the_subject_is_underlined_where_there_are_colours() {
        let (sources, it) = sources();
        let text = diagnostic(&it, Some(&sources), DiagnosticOptions { paint: Paint::new(true), ..options(true) });
        assert!(text.contains("cidr = \u{1b}[4mvar.x.foo\u{1b}[0m\n"), "{text}");
        assert!(!text.contains('^'));
    }

    #[test]
    fn a_block_is_found_by_its_header() {
        let (sources, it) = sources();
        let file = sources.file(it.subject.unwrap().file);
        assert_eq!(enclosing_block(file, 2).unwrap(), "variable \"x\"");
        assert_eq!(enclosing_block(file, 4), None);
        assert_eq!(enclosing_block(file, 5).unwrap(), "resource \"aws_vpc\" \"main\"");
    }

    #[test]
    fn several_lines_are_shown_without_marks() {
        let mut sources = SourceMap::default();
        let file = sources.add("a.tf", "x = f(\n  1,\n)\n");
        let it = Diagnostic::error("Bad", "").at(Span::new(file, 4, 13));
        let text = diagnostic(&it, Some(&sources), options(false));
        assert_eq!(text, "\nError: Bad\n\n  on a.tf line 1:\n   1: x = f(\n   2:   1,\n   3: )\n");
    }

    #[test]
    fn compact_warnings_name_their_places() {
        let (sources, it) = sources();
        let all = Diagnostics::from(Diagnostic { severity: Severity::Warning, ..it });
        let text = compact_warnings(&all, Some(&sources), options(false));
        assert!(text.contains("- Unsupported attribute\n  on main.tf line 6\n"), "{text}");
    }
}

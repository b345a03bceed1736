//! Tests of the parser as a whole.

mod bodies;
mod differential;
mod expressions;
mod random;
mod show;
mod templates;

use super::ast::{Body, Expr};
use crate::diagnostic::Diagnostics;
use crate::source::{FileId, SourceMap};

fn file() -> FileId {
    SourceMap::default().add("test.tf", "")
}

fn parse_body(text: &str) -> (Body, Diagnostics) {
    super::parse_body(file(), text)
}

fn parse_expr(text: &str) -> (Expr, Diagnostics) {
    super::parse_expr(file(), text, 0)
}

/// The tree of an expression as text; a diagnostic's summary if it has any.
fn expr(text: &str) -> String {
    let (expr, diagnostics) = parse_expr(text);
    diagnostics.iter().next().map_or_else(|| show::expr(text, &expr), |it| it.summary.clone())
}

/// The tree of a template as text; a diagnostic's summary if it has any.
fn template(text: &str) -> String {
    let (expr, diagnostics) = super::parse_template(file(), text, 0);
    diagnostics.iter().next().map_or_else(|| show::expr(text, &expr), |it| it.summary.clone())
}

/// Summaries of a file's diagnostics with the line (from 1) of each.
fn faults(text: &str) -> Vec<String> {
    let (_, diagnostics) = parse_body(text);
    let line = |at: u32| text[..at as usize].matches('\n').count() + 1;
    diagnostics.iter().map(|it| format!("{}: {}", line(it.subject.unwrap().start), it.summary)).collect()
}

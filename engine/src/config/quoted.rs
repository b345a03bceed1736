//! References and keywords in arguments that name things of the configuration, also in the quotes of old.

use std::sync::Arc;

use super::content::Content;
use super::module::ProviderRef;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::syntax::ast::{Expr, ExprKind, Literal, Step};
use crate::syntax::parse_expr;

/// The entries of a list of references such as `depends_on`.
pub(crate) fn references(content: &Content<'_>, name: &str, diagnostics: &mut Diagnostics) -> Vec<Expr> {
    let entries = entries(content, name, diagnostics);
    entries.iter().map(|it| unquoted(it, diagnostics)).collect()
}

/// The entries of a list of references of an argument that is younger than the quotes.
pub(super) fn entries(content: &Content<'_>, name: &str, diagnostics: &mut Diagnostics) -> Vec<Expr> {
    let Some(attribute) = content.attribute(name) else { return Vec::new() };
    match &attribute.expr.kind {
        ExprKind::Tuple(items) => items.clone(),
        _ => {
            let detail = format!("The {name} argument takes a list of references: {name} = [aws_vpc.main].");
            diagnostics.push(Diagnostic::error("Invalid expression", detail).at(attribute.expr.span));
            Vec::new()
        }
    }
}

/// The reference that a quoted one means; anything else as it is.
pub(super) fn unquoted(expr: &Expr, diagnostics: &mut Diagnostics) -> Expr {
    let ExprKind::Literal(Literal::String(text)) = &expr.kind else { return expr.clone() };
    let (inner, found) = parse_expr(expr.span.file, text, expr.span.start as usize + 1);
    if found.has_errors() {
        return expr.clone();
    }
    let detail = "References stand without quotes here; quotes were needed by versions before 0.12 only. Remove them.";
    diagnostics.push(Diagnostic::warning("Quoted references are deprecated", detail).at(expr.span));
    inner
}

/// The keyword of an argument, in quotes or not, when it is one of `known`.
pub(super) fn keyword(
    content: &Content<'_>,
    name: &str,
    known: &[&str],
    diagnostics: &mut Diagnostics,
) -> Option<Arc<str>> {
    let expr = &content.attribute(name)?.expr;
    let word = match &expr.kind {
        ExprKind::Variable(word) => word,
        ExprKind::Literal(Literal::String(word)) => {
            let detail =
                "Keywords stand without quotes here; quotes were needed by versions before 0.12 only. Remove them.";
            diagnostics.push(Diagnostic::warning("Quoted keywords are deprecated", detail).at(expr.span));
            word
        }
        _ => {
            let detail = format!("The {name} argument takes a keyword: a bare word, which is no expression.");
            diagnostics.push(Diagnostic::error("Invalid expression", detail).at(expr.span));
            return None;
        }
    };
    if !known.contains(&&**word) {
        let detail = format!("The {name} argument takes one of the keywords {}, not {word}.", known.join(", "));
        diagnostics.push(Diagnostic::error(format!("Invalid {name:?} keyword"), detail).at(expr.span));
        return None;
    }
    Some(word.clone())
}

/// `aws` or `aws.west`, in quotes or not.
pub(crate) fn provider_ref(expr: &Expr, diagnostics: &mut Diagnostics) -> Option<ProviderRef> {
    let expr = unquoted(expr, diagnostics);
    let found = match &expr.kind {
        ExprKind::Variable(name) => Some(ProviderRef { name: name.clone(), alias: None }),
        ExprKind::Access(access) => match (&access.source.kind, access.steps.as_slice()) {
            (ExprKind::Variable(name), [Step::Attr(alias)]) => {
                Some(ProviderRef { name: name.clone(), alias: Some(alias.name.clone()) })
            }
            _ => None,
        },
        _ => None,
    };
    if found.is_none() {
        let detail = "A provider configuration is named by its local name, with an alias if wanted: aws or aws.west.";
        diagnostics.push(Diagnostic::error("Invalid provider configuration reference", detail).at(expr.span));
    }
    found
}

//! From text to syntax tree.
//!
//! A file is read in two passes, both linear: the lexer splits it into tokens, the parser builds the tree by recursive
//! descent. Neither stops at a fault: the parser goes on with the next argument or block, so that one run reports what
//! there is to report, and the tree holds what could be read.

mod access;
pub mod ast;
mod body;
mod collection;
mod expr;
mod heredoc;
pub mod json;
mod lex;
pub(crate) mod literal;
mod parser;
mod places;
mod template;
#[cfg(test)]
mod tests;

use crate::diagnostic::Diagnostics;
use crate::source::FileId;

use ast::{Body, Expr, ExprKind, Literal};
use lex::{Kind, Start};
use parser::Parser;

pub use places::Places;

pub(crate) use lex::{Kind as TokenKind, lex_with_comments, name_len};

/// Reads the text of a file: arguments and blocks.
///
/// With errors among the diagnostics the body holds what could be read.
pub fn parse_body(file: FileId, text: &str) -> (Body, Diagnostics) {
    let mut parser = Parser::new(file, text, 0, Start::Code);
    let body = parser.body(0, Kind::Eof);
    (body, parser.into_diagnostics())
}

/// Reads a text that is one expression, such as a line of the console; line breaks are blanks.
///
/// `places` tells where its bytes stand in the file; the offset of the first in bytes will do. With errors among the diagnostics the expression is a null.
pub fn parse_expr(file: FileId, text: &str, places: impl Into<Places>) -> (Expr, Diagnostics) {
    let mut parser = Parser::new(file, text, places, Start::Code);
    let expr = parser.whole_expression();
    finish(parser, expr)
}

/// Reads a text that is a template from the first byte to the last: a template file, or a string of a JSON document.
///
/// `places` tells where its bytes stand in the file; the offset of the first in bytes will do. With errors among the diagnostics the expression is a null.
pub fn parse_template(file: FileId, text: &str, places: impl Into<Places>) -> (Expr, Diagnostics) {
    let mut parser = Parser::new(file, text, places, Start::Template);
    let expr = parser.whole_template();
    finish(parser, expr)
}

/// Whether a text that is one expression goes on in the next line: a bracket, a template or a heredoc is still open.
pub fn is_incomplete(text: &str) -> bool {
    let (tokens, _) = lex::lex(&format!("{text}\n"), Start::Code);
    let mut open: Vec<Kind> = Vec::new();
    for kind in tokens.into_iter().map(|it| it.kind.bare()) {
        match kind {
            _ if kind.closer().is_some() => open.push(kind),
            _ if open.last().and_then(|it| it.closer()) == Some(kind) => {
                open.pop();
            }
            // A closing bracket without its opening one is wrong however the text goes on.
            Kind::CloseBrace | Kind::CloseBracket | Kind::CloseParen => return false,
            _ => {}
        }
    }
    // The text of a quoted string ends on its line.
    !matches!(open.last(), None | Some(Kind::OpenQuote))
}

fn finish(parser: Parser<'_>, expr: parser::Parsed<Expr>) -> (Expr, Diagnostics) {
    let span = parser.span_of(0, parser.text.len());
    let expr = expr.unwrap_or(Expr { kind: ExprKind::Literal(Literal::Null), span });
    (expr, parser.into_diagnostics())
}

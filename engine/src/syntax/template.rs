//! Templates: strings with interpolations and directives.

use std::mem;

use crate::source::Span;

use super::ast::{Expr, ExprKind, Ident, Literal, Template, TemplatePart};
use super::heredoc;
use super::lex::{Kind, Token};
use super::literal;
use super::parser::{Failed, Parsed, Parser};

const INVALID_FOR: &str = "Invalid 'for' directive";
const UNCLOSED: &str = "Unclosed template interpolation sequence";
const EXTRA: &str = "Extra characters after interpolation expression";

/// A part of a template before directives are matched with each other.
pub(super) enum Piece {
    /// Text of at most one line.
    Text(String),
    /// `${…}`.
    Interpolation(Expr),
    /// `%{…}`.
    Directive(Directive, Span),
}

/// What a `%{…}` says.
pub(super) enum Directive {
    If(Expr),
    Else,
    EndIf,
    For { key_name: Option<Ident>, value_name: Ident, collection: Expr },
    EndFor,
}

impl Parser<'_> {
    /// Reads a quoted string or a heredoc.
    pub fn string(&mut self) -> Parsed<Expr> {
        let open = self.read();
        let indented = matches!(open.kind, Kind::OpenHeredoc { indented: true });
        let closer = open.kind.closer().unwrap_or(Kind::Eof);
        let mut pieces = self.newlines(false, |p| p.pieces(closer))?;
        let close = self.read();
        if indented {
            heredoc::unindent(&mut pieces);
        }
        self.assemble(pieces, self.span_of(open.start, close.end))
    }

    /// Reads the whole text as a template.
    pub fn whole_template(&mut self) -> Parsed<Expr> {
        let pieces = self.pieces(Kind::Eof)?;
        self.assemble(pieces, self.span_of(0, self.text.len()))
    }

    /// What a text token of a quoted string means; faulty escapes are reported.
    pub fn unescaped(&mut self, token: Token) -> String {
        let (text, faults) = literal::unescape(self.slice(token));
        for fault in faults {
            let span = self.span_of(token.start + fault.range.start, token.start + fault.range.end);
            self.error("Invalid escape sequence", fault.detail, span);
        }
        text.into_owned()
    }

    /// Reads up to `end`, which is left for the caller; strip markers are applied.
    fn pieces(&mut self, end: Kind) -> Parsed<Vec<Piece>> {
        let mut pieces = Vec::new();
        let mut strip_next = false;
        loop {
            let token = self.peek();
            let strip_before = mem::take(&mut strip_next);
            match token.kind {
                kind if kind == end => return Ok(pieces),
                Kind::QuotedText | Kind::PlainText => {
                    self.read();
                    let mut text = match token.kind {
                        Kind::QuotedText => self.unescaped(token),
                        _ => literal::undouble(self.slice(token)).into_owned(),
                    };
                    if strip_before {
                        text = text.trim_start().to_owned();
                    }
                    pieces.push(Piece::Text(text));
                }
                Kind::Interpolation { strip } | Kind::Directive { strip } => {
                    if strip && let Some(Piece::Text(text)) = pieces.last_mut() {
                        text.truncate(text.trim_end().len());
                    }
                    let (piece, strip) = self.sequence(token, end)?;
                    strip_next = strip;
                    pieces.push(piece);
                }
                _ => {
                    return Err(self.unexpected(
                        "Unterminated template string",
                        "The text ends before this string does. Close a quoted string with a double quote, and a \
                         heredoc with a line that holds nothing but its marker and ends with a line break.",
                    ));
                }
            }
        }
    }

    /// Reads one `${…}` or `%{…}`; also tells whether the blanks after it are to be dropped.
    fn sequence(&mut self, open: Token, end: Kind) -> Parsed<(Piece, bool)> {
        self.read();
        self.newlines(true, |p| match open.kind {
            Kind::Directive { .. } => {
                let (directive, keyword) = p.directive()?;
                let Kind::SequenceEnd { strip } = p.peek().kind else {
                    return Err(p.unexpected(
                        format!("Extra characters in {keyword} marker"),
                        "The directive is complete, but its closing brace does not follow. Add it, or remove what \
                         else stands here.",
                    ));
                };
                let close = p.read();
                Ok((Piece::Directive(directive, p.span_of(open.start, close.end)), strip))
            }
            _ => {
                let expr = p.expression()?;
                let Kind::SequenceEnd { strip } = p.peek().kind else { return Err(p.unclosed_interpolation(end)) };
                p.read();
                Ok((Piece::Interpolation(expr), strip))
            }
        })
    }

    fn unclosed_interpolation(&mut self, end: Kind) -> Failed {
        match self.peek().kind {
            Kind::Eof => self.unexpected(
                UNCLOSED,
                "The text ends before the closing brace of this interpolation. Add it, or look for a bracket that is \
                 missing further inside.",
            ),
            Kind::OpenQuote | Kind::CloseQuote if end == Kind::CloseQuote => self.unexpected(
                UNCLOSED,
                "This quote stands inside of an interpolation whose closing brace is missing. Add the brace in front \
                 of the quote.",
            ),
            Kind::Colon => self.unexpected(
                EXTRA,
                "An interpolation holds one expression, in which a colon cannot stand here. If the sequence is meant \
                 for another program, such as a shell, write $${ instead of ${.",
            ),
            _ => self.unexpected(
                EXTRA,
                "The expression is complete, but the closing brace of the interpolation does not follow. Add it; if \
                 the sequence is meant for another program, such as a shell, write $${ instead of ${.",
            ),
        }
    }

    fn directive(&mut self) -> Parsed<(Directive, &'static str)> {
        let Some(token) = self.take(Kind::Ident) else {
            return Err(self.unexpected(
                "Invalid template directive",
                "A directive starts with if, else, endif, for or endfor. Add the word; if the characters %{ themselves \
                 are meant, write %%{.",
            ));
        };
        Ok(match self.slice(token) {
            "if" => (Directive::If(self.expression()?), "if"),
            "else" => (Directive::Else, "else"),
            "endif" => (Directive::EndIf, "endif"),
            "for" => {
                let (key_name, value_name) = self.for_names(INVALID_FOR)?;
                (Directive::For { key_name, value_name, collection: self.expression()? }, "for")
            }
            "endfor" => (Directive::EndFor, "endfor"),
            other => {
                let detail = format!(
                    "There is no directive \"{other}\". A directive starts with if, else, endif, for or endfor; if the \
                     characters %{{ themselves are meant, write %%{{."
                );
                let span = self.span(token);
                return Err(self.error("Invalid template control keyword", detail, span));
            }
        })
    }

    /// Matches directives with each other and makes the expression.
    fn assemble(&mut self, pieces: Vec<Piece>, span: Span) -> Parsed<Expr> {
        let pieces = match <[Piece; 1]>::try_from(pieces) {
            Ok([Piece::Interpolation(expr)]) => {
                self.wrap()?;
                return Ok(Expr { kind: ExprKind::Wrapped(Box::new(expr)), span });
            }
            Ok(single) => Vec::from(single),
            Err(pieces) => pieces,
        };
        let mut assembly = Assembly::default();
        let mut deepest = 1;
        for piece in pieces {
            match piece {
                Piece::Text(text) => assembly.text.push_str(&text),
                Piece::Interpolation(expr) => assembly.part(TemplatePart::Interpolation(expr)),
                Piece::Directive(directive, at) => {
                    assembly.directive(directive, at).map_err(|(summary, detail)| self.error(summary, detail, at))?;
                }
            }
            deepest = deepest.max(assembly.open.len() + 1);
            self.levels(assembly.open.len())?;
        }
        for _ in 0..deepest {
            self.wrap()?;
        }
        let parts = assembly.finish().map_err(|(unclosed, detail)| self.error(END, detail, unclosed))?;
        let kind = match <[TemplatePart; 1]>::try_from(parts) {
            Ok([TemplatePart::Text(text)]) => ExprKind::Literal(Literal::String(text)),
            Ok(single) => ExprKind::Template(Template { parts: single.into() }),
            Err(parts) if parts.is_empty() => ExprKind::Literal(Literal::String("".into())),
            Err(parts) => ExprKind::Template(Template { parts }),
        };
        Ok(Expr { kind, span })
    }
}

const END: &str = "Unexpected end of template";

/// Parts that are being put together, with the directives that are still open.
#[derive(Default)]
struct Assembly {
    open: Vec<Open>,
    /// Parts of the innermost open directive, or of the template itself.
    parts: Vec<TemplatePart>,
    /// Text that is not a part yet, because more may follow.
    text: String,
}

struct Open {
    start: Start,
    span: Span,
    /// The parts around the directive.
    around: Vec<TemplatePart>,
}

enum Start {
    If { condition: Expr },
    Else { condition: Expr, yes: Vec<TemplatePart> },
    For { key_name: Option<Ident>, value_name: Ident, collection: Expr },
}

impl Assembly {
    fn part(&mut self, part: TemplatePart) {
        self.flush();
        self.parts.push(part);
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            self.parts.push(TemplatePart::Text(mem::take(&mut self.text).into()));
        }
    }

    fn opened(&mut self, start: Start, span: Span) {
        self.flush();
        let around = mem::take(&mut self.parts);
        self.open.push(Open { start, span, around });
    }

    /// Takes a directive; the error is a summary and a detail.
    fn directive(&mut self, directive: Directive, at: Span) -> Result<(), (&'static str, String)> {
        match directive {
            Directive::If(condition) => self.opened(Start::If { condition }, at),
            Directive::For { key_name, value_name, collection } => {
                self.opened(Start::For { key_name, value_name, collection }, at);
            }
            Directive::Else => {
                let Some(Open { start: Start::If { condition }, span, around }) =
                    self.open.pop_if(|it| matches!(it.start, Start::If { .. }))
                else {
                    return Err(self.unbalanced("Unexpected else directive", "else"));
                };
                self.flush();
                let yes = mem::take(&mut self.parts);
                self.open.push(Open { start: Start::Else { condition, yes }, span, around });
            }
            Directive::EndIf => {
                let Some(open) = self.open.pop_if(|it| !matches!(it.start, Start::For { .. })) else {
                    return Err(self.unbalanced("Unexpected endif directive", "endif"));
                };
                self.close(open, at);
            }
            Directive::EndFor => {
                let Some(open) = self.open.pop_if(|it| matches!(it.start, Start::For { .. })) else {
                    return Err(self.unbalanced("Unexpected endfor directive", "endfor"));
                };
                self.close(open, at);
            }
        }
        Ok(())
    }

    fn unbalanced(&self, summary: &'static str, found: &str) -> (&'static str, String) {
        let detail = match self.open.last().map(|it| &it.start) {
            None => format!("No directive is open that `{found}` could belong to. Remove it, or add its opening."),
            Some(Start::For { .. }) => {
                format!("The innermost open directive is a `for`: close it with endfor before `{found}`.")
            }
            Some(Start::If { .. }) => {
                format!("The innermost open directive is an `if`: close it with endif before `{found}`.")
            }
            Some(Start::Else { .. }) => {
                format!(
                    "The innermost open directive is an `if` with its `else`: close it with endif before `{found}`."
                )
            }
        };
        (summary, detail)
    }

    fn close(&mut self, open: Open, at: Span) {
        self.flush();
        let inner = mem::replace(&mut self.parts, open.around);
        let span = open.span.to(at);
        self.parts.push(match open.start {
            Start::If { condition } => TemplatePart::If { condition, yes: inner, no: Vec::new(), span },
            Start::Else { condition, yes } => TemplatePart::If { condition, yes, no: inner, span },
            Start::For { key_name, value_name, collection } => {
                TemplatePart::For { key_name, value_name, collection, each: inner, span }
            }
        });
    }

    /// All parts; the error is the opening of a directive that is not closed, and what to do about it.
    fn finish(mut self) -> Result<Vec<TemplatePart>, (Span, String)> {
        self.flush();
        let Some(open) = self.open.pop() else { return Ok(self.parts) };
        let (word, end) = match open.start {
            Start::For { .. } => ("for", "endfor"),
            Start::If { .. } | Start::Else { .. } => ("if", "endif"),
        };
        let detail = format!("The template ends before this `{word}` does. Close it with %{{ {end} }}.");
        Err((open.span, detail))
    }
}

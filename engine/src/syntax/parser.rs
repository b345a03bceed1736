//! The cursor over the tokens: reading, newline rules, depth limits, diagnostics and recovery.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::{FileId, Span};

use super::ast::Ident;
use super::lex::{self, Kind, MAX_FAULTS, Start, Token};
use super::places::Places;

/// Brackets, blocks, templates and prefix operators may be nested this deep.
const MAX_DEPTH: usize = 200;
/// The tree of one expression may be this high; operators in a row count, because each holds the ones before it.
const MAX_HEIGHT: usize = 1000;

/// So many searches for the end of a faulty item may run into the end of the text; after that, brackets are no longer
/// matched, so that a text full of open ones takes no longer than others.
const MAX_RUNAWAYS: usize = 3;

/// Marks that a diagnostic has been made and that the current item cannot be read further.
#[derive(Debug)]
pub(super) struct Failed;

pub(super) type Parsed<T> = Result<T, Failed>;

pub(super) struct Parser<'a> {
    file: FileId,
    pub text: &'a str,
    places: Places,
    tokens: Vec<Token>,
    at: usize,
    /// Newlines are blanks: inside parentheses, brackets and interpolations.
    skip_newlines: bool,
    depth: usize,
    /// Upper bound of the height of the tree that the current expression has become so far.
    height: usize,
    diagnostics: Vec<Diagnostic>,
    failures: usize,
    /// How many searches for the end of a faulty item ran into the end of the text.
    runaways: usize,
}

impl<'a> Parser<'a> {
    pub fn new(file: FileId, text: &'a str, places: impl Into<Places>, start: Start) -> Self {
        let places = places.into();
        let (tokens, faults) = lex::lex(text, start);
        let diagnostics = faults
            .into_iter()
            .map(|it| {
                Diagnostic::error(it.summary, it.detail).at(Span::new(file, places.of(it.start), places.of(it.end)))
            })
            .collect();
        let skip_newlines = false;
        Self {
            file,
            text,
            places,
            tokens,
            at: 0,
            skip_newlines,
            depth: 0,
            height: 0,
            diagnostics,
            failures: 0,
            runaways: 0,
        }
    }

    /// What was found wrong, in the order of the text.
    pub fn into_diagnostics(mut self) -> Diagnostics {
        self.diagnostics.sort_by_key(|it| it.subject.map(|span| span.start));
        self.diagnostics.into_iter().take(MAX_FAULTS).collect()
    }

    /// The next token; newlines are passed over where they are blanks.
    pub fn peek(&self) -> Token {
        self.tokens[self.next_index()]
    }

    /// Consumes the next token; `Eof` is never passed.
    pub fn read(&mut self) -> Token {
        let index = self.next_index();
        let token = self.tokens[index];
        self.at = if token.kind == Kind::Eof { index } else { index + 1 };
        token
    }

    /// Consumes the next token if it is of that kind.
    pub fn take(&mut self, kind: Kind) -> Option<Token> {
        (self.peek().kind == kind).then(|| self.read())
    }

    fn next_index(&self) -> usize {
        let mut index = self.at;
        while self.skip_newlines && self.tokens[index].kind == Kind::Newline {
            index += 1;
        }
        index
    }

    /// Runs `read` with newlines as blanks, or as tokens.
    pub fn newlines<T>(&mut self, skip: bool, read: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.skip_newlines, skip);
        let result = read(self);
        self.skip_newlines = outer;
        result
    }

    /// Whether the next token is that word.
    pub fn at_word(&self, word: &str) -> bool {
        let token = self.peek();
        token.kind == Kind::Ident && self.slice(token) == word
    }

    /// The text of a token.
    pub fn slice(&self, token: Token) -> &'a str {
        &self.text[token.start..token.end]
    }

    pub fn span(&self, token: Token) -> Span {
        self.span_of(token.start, token.end)
    }

    pub fn span_of(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, self.places.of(start), self.places.of(end))
    }

    /// The range of the token that was read last.
    pub fn last_span(&self) -> Span {
        self.span(self.tokens[self.at.saturating_sub(1)])
    }

    pub fn ident(&self, token: Token) -> Ident {
        Ident { name: self.slice(token).into(), span: self.span(token) }
    }

    /// Goes one level deeper for `read`, or refuses to.
    pub fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= MAX_DEPTH {
            return Err(self.too_deep());
        }
        self.depth += 1;
        let result = stacker::maybe_grow(64 * 1024, 1024 * 1024, || read(self));
        self.depth -= 1;
        result
    }

    /// Runs `read` for an expression of its own, whose height counts on top of the levels around it.
    pub fn measured<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        let outer = std::mem::replace(&mut self.height, self.depth);
        let result = read(self);
        self.height = self.height.max(outer);
        result
    }

    /// Notes that what was read of the current expression becomes a part of a larger node.
    pub fn wrap(&mut self) -> Parsed<()> {
        self.height += 1;
        if self.height > MAX_HEIGHT { Err(self.too_deep()) } else { Ok(()) }
    }

    /// Notes `levels` of nodes at the cursor that are read without going deeper.
    pub fn levels(&mut self, levels: usize) -> Parsed<()> {
        self.height = self.height.max(self.depth + levels);
        if self.depth + levels > MAX_DEPTH { Err(self.too_deep()) } else { Ok(()) }
    }

    fn too_deep(&mut self) -> Failed {
        let span = self.span(self.peek());
        self.error(
            "Excessive nesting",
            format!(
                "Brackets, blocks and directives can be nested {MAX_DEPTH} levels deep, and one expression can chain \
                 {MAX_HEIGHT} operators at most. Move a part of it into a local value."
            ),
            span,
        )
    }

    /// Makes a diagnostic.
    pub fn error(&mut self, summary: impl Into<String>, detail: impl Into<String>, span: Span) -> Failed {
        self.failures += 1;
        if self.failures <= MAX_FAULTS {
            self.diagnostics.push(Diagnostic::error(summary, detail).at(span));
        }
        Failed
    }

    /// Makes a diagnostic about the next token, unless the lexer has complained of it already.
    pub fn unexpected(&mut self, summary: impl Into<String>, detail: impl Into<String>) -> Failed {
        let token = self.peek();
        let span = self.span(token);
        match token.kind {
            Kind::Invalid => {
                self.failures += 1;
                Failed
            }
            Kind::Eof => self.give_up(summary, detail, span),
            _ => self.error(summary, detail, span),
        }
    }

    /// Makes a last diagnostic and ends the reading: what is open around the fault has no end either.
    pub fn give_up(&mut self, summary: impl Into<String>, detail: impl Into<String>, span: Span) -> Failed {
        self.failures = 2 * MAX_FAULTS + 1;
        self.diagnostics.push(Diagnostic::error(summary, detail).at(span));
        Failed
    }

    /// Whether to read no further: after so many errors the rest only repeats them.
    pub fn exhausted(&self) -> bool {
        self.failures > 2 * MAX_FAULTS
    }

    /// The index of the next token, to recover to the end of what starts here.
    pub fn mark(&self) -> usize {
        self.at
    }

    /// Moves on to the end of the item whose first token is `start`, after something in it was wrong.
    ///
    /// Where the brackets of the item close, that is the end of the line on which they do. Where they do not, it is the
    /// next line that is indented no deeper than the item and looks like an item or like the end of the body.
    pub fn recover(&mut self, start: usize) {
        match self.balanced_end(start) {
            Some(end) => self.at = end.max(self.at),
            None => self.at = self.next_item_like(start),
        }
        while let Some(line) = self.continuation() {
            match self.balanced_end(line) {
                Some(end) => self.at = end.max(line),
                None => break,
            }
        }
    }

    /// The index of the first token of the next line, if no item starts there: then the line belongs to the faulty one.
    fn continuation(&self) -> Option<usize> {
        let line = (self.at..self.tokens.len()).find(|&index| self.tokens[index].kind != Kind::Newline)?;
        let continues = line > self.at && !matches!(self.tokens[line].kind, Kind::Ident | Kind::CloseBrace | Kind::Eof);
        continues.then_some(line)
    }

    fn balanced_end(&mut self, start: usize) -> Option<usize> {
        if self.runaways > MAX_RUNAWAYS {
            return None;
        }
        let mut open: Vec<Kind> = Vec::new();
        for (index, token) in self.tokens.iter().enumerate().skip(start) {
            match token.kind {
                Kind::Eof if open.is_empty() => return Some(index),
                Kind::Newline if open.is_empty() && index >= self.at => return Some(index),
                kind => match kind.closer() {
                    Some(closer) => open.push(closer),
                    None if open.last() == Some(&kind.bare()) => {
                        open.pop();
                    }
                    None if kind == Kind::CloseBrace => {
                        // The end of the body around the item, unless an inner bracket was left open.
                        return open.is_empty().then_some(index);
                    }
                    None => {}
                },
            }
        }
        self.runaways += 1;
        None
    }

    fn next_item_like(&self, start: usize) -> usize {
        let limit = self.indentation(start).unwrap_or(0);
        let end = self.tokens.len() - 1;
        (self.at.max(start + 1)..end)
            .find(|&index| {
                matches!(self.tokens[index].kind, Kind::Ident | Kind::CloseBrace)
                    && self.indentation(index).is_some_and(|it| it <= limit)
            })
            .unwrap_or(end)
    }

    /// The blanks before a token in bytes, if it is the first one of its line.
    fn indentation(&self, index: usize) -> Option<usize> {
        let before = &self.text[..self.tokens[index].start];
        let blanks = before.len() - before.trim_end_matches([' ', '\t']).len();
        let first = blanks == before.len() || before[..before.len() - blanks].ends_with(['\n', '\u{feff}']);
        first.then_some(blanks)
    }
}

//! Words: tokens that know how many blanks stand before them.

use std::borrow::Cow;

use crate::functions::graphemes;
use crate::syntax::{TokenKind as Kind, lex_with_comments};

/// A token or comment, free of its place in a text.
#[derive(Clone, Debug)]
pub(super) struct Word<'t> {
    /// What it is.
    pub kind: Kind,
    /// How it is written.
    pub text: Cow<'t, str>,
    /// How many blanks stand before it.
    pub blanks: usize,
}

impl<'t> Word<'t> {
    /// A word of our own.
    pub fn new(kind: Kind, text: impl Into<Cow<'t, str>>) -> Self {
        Self { kind, text: text.into(), blanks: 0 }
    }

    /// How many more brackets are open after it than before.
    pub fn nesting(&self) -> isize {
        match self.kind {
            Kind::OpenBrace
            | Kind::OpenBracket
            | Kind::OpenParen
            | Kind::Interpolation { .. }
            | Kind::Directive { .. } => 1,
            Kind::CloseBrace | Kind::CloseBracket | Kind::CloseParen | Kind::SequenceEnd { .. } => -1,
            _ => 0,
        }
    }

    /// Whether the line ends with it.
    pub fn ends_line(&self) -> bool {
        self.kind == Kind::Newline || self.kind == Kind::Comment && self.text.ends_with('\n')
    }

    /// Its width in columns, the blanks before it included.
    pub fn columns(&self) -> usize {
        // A line break of two characters is one for whoever counts what is seen.
        let simple = self.text.is_ascii() && !self.text.contains('\r');
        self.blanks + if simple { self.text.len() } else { graphemes(&self.text).len() }
    }
}

/// The words of a text, the end of the file among them.
pub(super) fn split(text: &str) -> Vec<Word<'_>> {
    let mut end = 0;
    let tokens = lex_with_comments(text).into_iter().map(|token| {
        let blanks = token.start - end;
        end = token.end;
        Word { kind: token.kind, text: Cow::Borrowed(&text[token.start..token.end]), blanks }
    });
    tokens.collect()
}

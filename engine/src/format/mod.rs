//! The canonical layout of a file: text in, text out.
//!
//! Only blanks change, and a few forms that older versions of the language wrote otherwise. The steps are passes over
//! the words of the file: [`legacy`] forms are rewritten, words become [`lines`] of cells, lines are indented, words
//! spaced and cells aligned.

mod legacy;
mod lines;
mod space;
#[cfg(test)]
mod tests;
mod word;

use std::collections::BTreeSet;

use crate::config;
use crate::diagnostic::Diagnostics;
use crate::source::FileId;
use crate::syntax;
use crate::syntax::ast::Body;

use word::Word;

/// Lays out the text of a file of blocks and arguments.
///
/// # Errors
/// What is wrong with the syntax: a text that cannot be read cannot be laid out. The spans point into `file`.
pub fn format(file: FileId, text: &str) -> Result<String, Diagnostics> {
    let (body, mut found) = syntax::parse_body(file, text);
    redefinitions(&body, &mut found);
    if found.has_errors() { Err(found) } else { Ok(layout(text)) }
}

/// With an argument twice it is open which of the two is meant: the file is left alone until somebody decided.
fn redefinitions(body: &Body, found: &mut Diagnostics) {
    let mut names = BTreeSet::new();
    for attribute in body.attributes.iter().filter(|it| !names.insert(&it.name.name)) {
        found.push(config::duplicate_argument(attribute, false));
    }
    body.blocks.iter().for_each(|it| redefinitions(&it.body, found));
}

fn layout(text: &str) -> String {
    let mut words = legacy::modernize(&word::split(text));
    lines::arrange(&mut words);
    write(&words, text.len())
}

fn write(words: &[Word<'_>], about: usize) -> String {
    let mut out = String::with_capacity(about + about / 8);
    for word in words {
        out.extend(std::iter::repeat_n(' ', word.blanks));
        out.push_str(&word.text);
    }
    out
}

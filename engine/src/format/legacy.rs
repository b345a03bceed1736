//! Forms of older versions of the language, rewritten: labels without quotes, quoted types, `"${…}"` around everything.

use unicode_normalization::UnicodeNormalization;

use super::word::Word;
use crate::functions::write_string;
use crate::syntax::TokenKind as Kind;
use crate::syntax::literal::unescape;

/// The words with what is outdated replaced.
pub(super) fn modernize<'t>(words: &[Word<'t>]) -> Vec<Word<'t>> {
    let mut out = Vec::with_capacity(words.len());
    // Types of the blocks around.
    let mut blocks: Vec<&str> = Vec::new();
    let mut rest = words;
    while let Some((word, after)) = rest.split_first() {
        let len = match word.kind {
            Kind::Ident if is_argument(after) => {
                let is_type = blocks == ["variable"] && word.text == "type";
                argument(rest, is_type, &mut out)
            }
            Kind::Ident => {
                blocks.push(&word.text);
                header(rest, &mut out)
            }
            kind => {
                if kind == Kind::CloseBrace {
                    blocks.pop();
                }
                out.push(word.clone());
                1
            }
        };
        rest = &rest[len..];
    }
    out
}

fn is_comment(word: &Word<'_>) -> bool {
    word.kind == Kind::Comment
}

fn is_argument(after_name: &[Word<'_>]) -> bool {
    after_name.iter().find(|it| !is_comment(it)).is_some_and(|it| it.kind == Kind::Equal)
}

/// Writes an argument up to the end of its expression, and says how many words that were.
fn argument<'t>(words: &[Word<'t>], is_type: bool, out: &mut Vec<Word<'t>>) -> usize {
    let equal = words.iter().position(|it| it.kind == Kind::Equal).unwrap_or(0);
    let start = words[equal + 1..].iter().position(|it| !is_comment(it)).map_or(words.len(), |it| equal + 1 + it);
    let len = expression_len(&words[start..]);
    let expression = &words[start..start + len];
    out.extend_from_slice(&words[..start]);
    out.extend(if is_type { type_constraint(expression) } else { value(expression) });
    start + len
}

/// The number of words of the expression that they start with, without the comments after it.
fn expression_len(words: &[Word<'_>]) -> usize {
    let (mut depth, mut end) = (0_usize, 0);
    for (at, word) in words.iter().enumerate() {
        let ends = word.ends_line() || matches!(word.kind, Kind::CloseBrace | Kind::Eof);
        if ends && depth == 0 {
            break;
        }
        if word.kind.closer().is_some() {
            depth += 1;
        } else if is_closer(word.kind) {
            depth = depth.saturating_sub(1);
        }
        if !is_comment(word) {
            end = at + 1;
        }
    }
    end
}

fn is_closer(kind: Kind) -> bool {
    matches!(kind, Kind::CloseQuote | Kind::CloseHeredoc)
        || matches!(kind, Kind::CloseBrace | Kind::CloseBracket | Kind::CloseParen | Kind::SequenceEnd { .. })
}

/// An expression, free of the quotes around an interpolation that is all of it.
fn value<'t>(words: &[Word<'t>]) -> Vec<Word<'t>> {
    let [open, Word { kind: Kind::Interpolation { .. }, .. }, inside @ .., end, close] = words else {
        return words.to_vec();
    };
    let is_wrapped = open.kind == Kind::OpenQuote
        && matches!(end.kind, Kind::SequenceEnd { .. })
        && close.kind == Kind::CloseQuote
        && !inside.is_empty();
    if !is_wrapped || !is_alone(inside) {
        return words.to_vec();
    }
    let is_break = |it: &&Word<'_>| it.kind == Kind::Newline;
    let leading = inside.iter().take_while(is_break).count();
    let trailing = inside[leading..].iter().rev().take_while(is_break).count();
    let inside = &inside[leading..inside.len() - trailing];
    if !needs_parens(inside) {
        return inside.to_vec();
    }
    let (open, close) = (Word::new(Kind::OpenParen, "("), Word::new(Kind::CloseParen, ")"));
    std::iter::once(open).chain(inside.iter().cloned()).chain([close]).collect()
}

/// Whether an expression of several lines needs parentheses around it: outside of the sequence a line break can end it.
fn needs_parens(words: &[Word<'_>]) -> bool {
    let [first, others @ .., last] = words else { return false };
    let has_parens = first.kind == Kind::OpenParen && last.kind == Kind::CloseParen;
    let mut depth = first.nesting();
    let is_cut = first.ends_line()
        || others.iter().any(|word| {
            depth += word.nesting();
            depth == 0 && word.ends_line()
        });
    is_cut || !has_parens && others.iter().any(|it| it.kind == Kind::Newline)
}

/// Whether what stands in a sequence holds no text and no other sequence, strings within it aside.
fn is_alone(inside: &[Word<'_>]) -> bool {
    let mut strings = 0_isize;
    inside.iter().all(|word| {
        match word.kind {
            Kind::OpenQuote => strings += 1,
            Kind::CloseQuote => strings -= 1,
            Kind::Interpolation { .. } | Kind::SequenceEnd { .. } | Kind::QuotedText => return strings > 0,
            _ => {}
        }
        true
    })
}

/// The type of a variable: a keyword in quotes meant text within, one without quotes anything.
fn type_constraint<'t>(words: &[Word<'t>]) -> Vec<Word<'t>> {
    let (name, of) = match words {
        [word] if word.kind == Kind::Ident && matches!(&*word.text, "list" | "map" | "set") => {
            (&word.text, Some("any"))
        }
        [open, word, _] if open.kind == Kind::OpenQuote && word.kind == Kind::QuotedText => match &*word.text {
            "string" => (&word.text, None),
            "list" | "map" => (&word.text, Some("string")),
            _ => return words.to_vec(),
        },
        _ => return words.to_vec(),
    };
    let mut all = vec![Word::new(Kind::Ident, name.clone())];
    if let Some(of) = of {
        all.extend([Word::new(Kind::OpenParen, "("), Word::new(Kind::Ident, of), Word::new(Kind::CloseParen, ")")]);
    }
    all
}

/// Writes the type and the labels of a block, and says how many words that were. Comments among them are dropped: there
/// is no place for them in the canonical form.
fn header<'t>(words: &[Word<'t>], out: &mut Vec<Word<'t>>) -> usize {
    out.push(words[0].clone());
    let end = words.iter().position(|it| it.kind == Kind::OpenBrace).unwrap_or(words.len());
    let mut len = 1;
    let mut at = 1;
    while at < end {
        let written = match words[at].kind {
            Kind::Ident => Some((&*words[at].text, at + 1)),
            Kind::OpenQuote if words.get(at + 1).is_some_and(|it| it.kind == Kind::CloseQuote) => Some(("", at + 2)),
            Kind::OpenQuote => words.get(at + 1).map(|it| (&*it.text, at + 3)),
            _ => None,
        };
        let Some((written, next)) = written else {
            at += 1;
            continue;
        };
        label(written, out);
        at = next;
        len = next.min(words.len());
    }
    let after = &words[len..end.max(len)];
    out.extend_from_slice(after);
    len + after.len()
}

fn label<'t>(written: &str, out: &mut Vec<Word<'t>>) {
    let text: String = unescape(written).0.nfc().collect();
    let mut quoted = String::new();
    write_string(&text, &mut quoted);
    out.push(Word::new(Kind::OpenQuote, "\""));
    if !text.is_empty() {
        out.push(Word::new(Kind::QuotedText, quoted[1..quoted.len() - 1].to_owned()));
    }
    out.push(Word::new(Kind::CloseQuote, "\""));
}

//! Which words a blank separates.

use super::word::Word;
use crate::syntax::TokenKind as Kind;

/// Whether a blank stands between `word` and `after`; `before` is what precedes both in their cell.
pub(super) fn separates(before: Option<&Word<'_>>, word: &Word<'_>, after: &Word<'_>) -> bool {
    if is_glued(word.kind, after.kind) {
        return false;
    }
    if word.kind == Kind::Comma {
        return true;
    }
    if is_in_template(word.kind, after.kind) {
        return false;
    }
    // After the `in` of a for expression a bracket starts a list; elsewhere it is an index.
    let is_name = |it: &Word<'_>| it.kind == Kind::Ident;
    if is_name(word) && word.text == "in" && before.is_some_and(is_name) {
        return true;
    }
    if after.kind == Kind::OpenBracket && (matches!(word.kind, Kind::Ident | Kind::Number) || word.nesting() < 0) {
        return false;
    }
    match (word.kind, after.kind) {
        (Kind::Bang, _) => false,
        (Kind::Minus, _) => before.is_some_and(|it| !precedes_sign(it.kind)),
        (Kind::OpenBrace, Kind::CloseBrace) => false,
        // Blocks and objects on one line have room inside their braces, even as the whole of a sequence.
        (Kind::OpenBrace, _) | (_, Kind::CloseBrace) => true,
        (Kind::Interpolation { .. } | Kind::Directive { .. }, Kind::OpenBrace) => true,
        (Kind::CloseBrace, Kind::SequenceEnd { .. }) => true,
        (Kind::SequenceEnd { .. }, Kind::Interpolation { .. } | Kind::Directive { .. }) => false,
        _ => word.nesting() <= 0 && after.nesting() >= 0,
    }
}

/// Whether the two never have a blank between them.
fn is_glued(word: Kind, after: Kind) -> bool {
    matches!(
        (word, after),
        (_, Kind::Newline | Kind::Dot | Kind::Comma | Kind::Ellipsis)
            | (Kind::Dot, _)
            | (Kind::Ident, Kind::OpenParen | Kind::DoubleColon)
            | (Kind::DoubleColon, Kind::Ident)
    )
}

/// Whether a blank between the two would be part of a text.
fn is_in_template(word: Kind, after: Kind) -> bool {
    matches!(word, Kind::QuotedText | Kind::PlainText | Kind::OpenQuote | Kind::OpenHeredoc { .. })
        || matches!(after, Kind::QuotedText | Kind::PlainText | Kind::CloseQuote | Kind::CloseHeredoc)
}

/// Whether a minus after it is a sign and not an operator.
fn precedes_sign(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::OpenParen
            | Kind::OpenBrace
            | Kind::OpenBracket
            | Kind::Equal
            | Kind::Colon
            | Kind::Comma
            | Kind::Question
            | Kind::Plus
            | Kind::Star
            | Kind::Slash
            | Kind::Percent
            | Kind::Minus
            | Kind::EqualEqual
            | Kind::NotEqual
            | Kind::Greater
            | Kind::GreaterEqual
            | Kind::Less
            | Kind::LessEqual
            | Kind::AndAnd
            | Kind::OrOr
            | Kind::Bang
    )
}

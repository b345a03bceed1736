//! Tokens with the comments between them, for whoever writes the text anew.

use super::{Kind, Start, Token, lex};

/// Splits the text of a file as [`lex`] does and keeps the comments. One that ends with its line holds the line break,
/// in place of the `Newline`.
pub(crate) fn lex_with_comments(text: &str) -> Vec<Token> {
    let (tokens, _) = lex(text, Start::Code);
    let mut all = Vec::with_capacity(tokens.len() + tokens.len() / 8);
    let mut at = 0;
    for token in tokens {
        let mut taken = false;
        while let Some((start, end)) = comment(&text[..token.start], at) {
            taken = end == token.start && token.kind == Kind::Newline && !text[start..].starts_with("/*");
            at = if taken { token.end } else { end };
            all.push(Token { kind: Kind::Comment, start, end: at });
        }
        if !taken {
            all.push(token);
        }
        at = token.end;
    }
    all
}

/// The first comment after `at`; between tokens there is nothing but blanks and comments.
fn comment(text: &str, at: usize) -> Option<(usize, usize)> {
    let gap = text.get(at..)?;
    let start = at + gap.find(['#', '/'])?;
    let block = text[start..].strip_prefix("/*");
    let end = block.and_then(|it| it.find("*/")).map_or(text.len(), |len| start + len + 4);
    Some((start, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_stand_where_they_are_written() {
        for (text, expected) in [
            ("a = 1 # x\nb", &["a", "=", "1", "# x\n", "b", ""][..]),
            ("// x\r\n\r\n/* y */ /* z\n */ b", &["// x\r\n", "\r\n", "/* y */", "/* z\n */", "b", ""]),
            ("a /* x */\n# /* y", &["a", "/* x */", "\n", "# /* y", ""]),
            ("\u{feff}# x", &["# x", ""]),
            ("\"# x ${/* y */a}\"", &["\"", "# x ", "${", "/* y */", "a", "}", "\"", ""]),
            ("#\n#\n", &["#\n", "#\n", ""]),
        ] {
            let found: Vec<&str> = lex_with_comments(text).iter().map(|it| &text[it.start..it.end]).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}

//! The lexer: from text to tokens, in one pass and without ever failing.

mod comments;
mod template;
mod token;

use unicode_ident::{is_xid_continue, is_xid_start};

pub(crate) use comments::lex_with_comments;
pub(crate) use token::{Kind, Token};

/// So many faults of one text are reported; what follows is mostly their consequence.
pub(super) const MAX_FAULTS: usize = 50;

/// What the text is as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// Blocks, arguments, expressions.
    Code,
    /// A template from the first byte to the last.
    Template,
}

/// A fault that the lexer found; the range is in bytes of the text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub summary: &'static str,
    pub detail: String,
    pub start: usize,
    pub end: usize,
}

/// Splits the text; the last token is always `Eof`.
pub(super) fn lex(text: &str, start: Start) -> (Vec<Token>, Vec<Fault>) {
    let mut lexer = Lexer {
        text,
        at: 0,
        modes: vec![match start {
            Start::Code => Mode::Code { braces: 0 },
            Start::Template => Mode::Template,
        }],
        tokens: Vec::with_capacity(text.len() / 4),
        faults: Vec::new(),
        told: Vec::new(),
        comments_end: true,
    };
    if start == Start::Code && text.starts_with('\u{feff}') {
        lexer.at = '\u{feff}'.len_utf8();
    }
    while lexer.at < text.len() {
        match lexer.modes.last() {
            Some(Mode::Quoted) => lexer.quoted(),
            Some(Mode::Heredoc { .. }) => lexer.heredoc(),
            Some(Mode::Template) => lexer.plain(),
            Some(Mode::Code { .. }) | None => lexer.code(),
        }
    }
    lexer.push(Kind::Eof, 0);
    (lexer.tokens, lexer.faults)
}

/// Whether a name can start with it.
fn is_name_start(c: char) -> bool {
    c == '_' || is_xid_start(c)
}

/// Whether a name can go on with it.
fn is_name_continue(c: char) -> bool {
    c == '-' || is_xid_continue(c)
}

/// The length in bytes of the name at the start of the text; 0 where there is none.
pub(crate) fn name_len(text: &str) -> usize {
    let mut chars = text.char_indices();
    match chars.next() {
        Some((_, c)) if is_name_start(c) => chars.find(|&(_, c)| !is_name_continue(c)).map_or(text.len(), |(at, _)| at),
        _ => 0,
    }
}

/// What the lexer is inside of.
enum Mode<'a> {
    /// Code: the file itself, or an interpolation with that many open braces of its own.
    Code { braces: usize },
    /// Between quotes.
    Quoted,
    /// In a heredoc that ends with a line that is the marker.
    Heredoc { marker: &'a str, line_start: bool },
    /// In a text that is a template as a whole.
    Template,
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    modes: Vec<Mode<'a>>,
    tokens: Vec<Token>,
    faults: Vec<Fault>,
    /// Characters that a fault has been reported for: one report each is enough.
    told: Vec<char>,
    /// False once a search for `*/` came back empty: no later search can find one.
    comments_end: bool,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn push(&mut self, kind: Kind, len: usize) {
        self.tokens.push(Token { kind, start: self.at, end: self.at + len });
        self.at += len;
    }

    fn fault(&mut self, summary: &'static str, detail: impl Into<String>, start: usize, end: usize) {
        self.faults.push(Fault { summary, detail: detail.into(), start, end });
    }

    /// Consumes one token, comment or stretch of blanks of code.
    fn code(&mut self) {
        let rest = self.rest();
        let bytes = rest.as_bytes();
        match bytes[0] {
            b' ' | b'\t' => self.at += bytes.iter().take_while(|b| matches!(b, b' ' | b'\t')).count(),
            b'\n' => self.push(Kind::Newline, 1),
            b'\r' if bytes.get(1) == Some(&b'\n') => self.push(Kind::Newline, 2),
            b'#' => self.line_comment(),
            b'/' if bytes.get(1) == Some(&b'/') => self.line_comment(),
            b'/' if bytes.get(1) == Some(&b'*') => self.block_comment(),
            b'0'..=b'9' => self.push(Kind::Number, number_len(bytes)),
            b'"' => {
                self.push(Kind::OpenQuote, 1);
                self.modes.push(Mode::Quoted);
            }
            b'<' if bytes.get(1) == Some(&b'<') && self.open_heredoc() => {}
            b'{' => self.open_brace(),
            b'}' => self.close_brace(false),
            b'~' if bytes.get(1) == Some(&b'}') => self.close_brace(true),
            _ => match (name_len(rest), operator(bytes)) {
                (0, Some((kind, len))) => self.push(kind, len),
                (0, None) => self.invalid(),
                (len, _) => self.push(Kind::Ident, len),
            },
        }
    }

    fn line_comment(&mut self) {
        let rest = self.rest();
        match rest.find('\n') {
            Some(end) => {
                self.at += end;
                self.push(Kind::Newline, 1);
            }
            None => self.at += rest.len(),
        }
    }

    fn block_comment(&mut self) {
        let end = if self.comments_end { self.rest()[2..].find("*/") } else { None };
        match end {
            Some(end) => self.at += 2 + end + 2,
            None => {
                self.comments_end = false;
                self.push(Kind::Slash, 1);
                self.push(Kind::Star, 1);
            }
        }
    }

    /// Consumes the introduction of a heredoc, if it is one: `<<`, a name, and nothing more on the line.
    fn open_heredoc(&mut self) -> bool {
        let rest = self.rest();
        let indented = rest.as_bytes().get(2) == Some(&b'-');
        let name = if indented { 3 } else { 2 };
        let len = name_len(&rest[name..]);
        let after = &rest[name + len..];
        let line_break = if after.starts_with("\r\n") { 2 } else { usize::from(after.starts_with('\n')) };
        if len == 0 || line_break == 0 {
            return false;
        }
        let marker = &rest[name..name + len];
        self.push(Kind::OpenHeredoc { indented }, name + len + line_break);
        self.modes.push(Mode::Heredoc { marker, line_start: true });
        true
    }

    fn open_brace(&mut self) {
        if let Some(Mode::Code { braces }) = self.modes.last_mut() {
            *braces += 1;
        }
        self.push(Kind::OpenBrace, 1);
    }

    fn close_brace(&mut self, strip: bool) {
        let nested = self.modes.len() > 1;
        let ends_sequence = match self.modes.last_mut() {
            Some(Mode::Code { braces: 0 }) => nested,
            Some(Mode::Code { braces }) => {
                *braces -= 1;
                false
            }
            _ => false,
        };
        if ends_sequence {
            self.modes.pop();
        }
        match (ends_sequence, strip) {
            // `~}` is never a plain brace: as the end of a sequence it lets the parser point at the mismatch.
            (true, _) | (false, true) => self.push(Kind::SequenceEnd { strip }, 1 + usize::from(strip)),
            (false, false) => self.push(Kind::CloseBrace, 1),
        }
    }

    fn invalid(&mut self) {
        let Some(c) = self.rest().chars().next() else { return };
        let (start, len) = (self.at, c.len_utf8());
        self.push(Kind::Invalid, len);
        let shown = match c {
            '“' | '”' => '"',
            '‘' | '’' => '\'',
            c => c,
        };
        if self.faults.len() < MAX_FAULTS && !self.told.contains(&shown) {
            self.told.push(shown);
            let (summary, detail) = complaint(c);
            self.fault(summary, detail, start, start + len);
        }
    }
}

/// The length of the number at the start of the text: dots and exponents are taken as long as the last byte is no
/// dot, so that `1..2` is one faulty number while `1...` is a number before an ellipsis.
fn number_len(bytes: &[u8]) -> usize {
    let (mut at, mut end) = (0, 0);
    while let Some(&b) = bytes.get(at) {
        match b {
            b'0'..=b'9' => at += 1,
            b'.' => {
                at += 1;
                continue;
            }
            b'e' | b'E' => {
                let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
                if !bytes.get(at + 1 + sign).is_some_and(u8::is_ascii_digit) {
                    break;
                }
                at += 2 + sign;
            }
            _ => break,
        }
        end = at;
    }
    end
}

fn operator(bytes: &[u8]) -> Option<(Kind, usize)> {
    let second = bytes.get(1).copied();
    let found = match (bytes[0], second) {
        (b'.', Some(b'.')) if bytes.get(2) == Some(&b'.') => (Kind::Ellipsis, 3),
        (b'=', Some(b'=')) => (Kind::EqualEqual, 2),
        (b'=', Some(b'>')) => (Kind::FatArrow, 2),
        (b'!', Some(b'=')) => (Kind::NotEqual, 2),
        (b'<', Some(b'=')) => (Kind::LessEqual, 2),
        (b'>', Some(b'=')) => (Kind::GreaterEqual, 2),
        (b'&', Some(b'&')) => (Kind::AndAnd, 2),
        (b'|', Some(b'|')) => (Kind::OrOr, 2),
        (b':', Some(b':')) => (Kind::DoubleColon, 2),
        (b'.', _) => (Kind::Dot, 1),
        (b',', _) => (Kind::Comma, 1),
        (b':', _) => (Kind::Colon, 1),
        (b'?', _) => (Kind::Question, 1),
        (b'=', _) => (Kind::Equal, 1),
        (b'<', _) => (Kind::Less, 1),
        (b'>', _) => (Kind::Greater, 1),
        (b'!', _) => (Kind::Bang, 1),
        (b'+', _) => (Kind::Plus, 1),
        (b'-', _) => (Kind::Minus, 1),
        (b'*', _) => (Kind::Star, 1),
        (b'/', _) => (Kind::Slash, 1),
        (b'%', _) => (Kind::Percent, 1),
        (b'[', _) => (Kind::OpenBracket, 1),
        (b']', _) => (Kind::CloseBracket, 1),
        (b'(', _) => (Kind::OpenParen, 1),
        (b')', _) => (Kind::CloseParen, 1),
        _ => return None,
    };
    Some(found)
}

/// Summary and detail for a character that stands where none like it can stand.
fn complaint(c: char) -> (&'static str, String) {
    let bitwise = |instead: &str| {
        let detail = format!("The language has no operators on bits, so `{c}` means nothing here.{instead}");
        ("Unsupported operator", detail)
    };
    let invalid = |detail: &str| ("Invalid character", detail.to_owned());
    match c {
        '&' => bitwise(" The logical \"and\" is written `&&`."),
        '|' => bitwise(" The logical \"or\" is written `||`."),
        '~' => bitwise(" The logical \"not\" is written `!`."),
        '^' => bitwise(" A power is computed by the function pow."),
        '\'' => invalid("Strings stand in double quotes; write \"text\" instead of 'text'."),
        '`' => invalid(
            "Backquotes mean nothing in this language. Write a string in double quotes, or a text of several lines \
             as a heredoc that starts with <<EOT.",
        ),
        ';' => invalid("A semicolon separates nothing here. Put every argument on a line of its own."),
        '“' | '”' | '‘' | '’' => invalid(
            "This is a typographic quote, which word processors put in place of a plain one. Write the string in \
             straight double quotes.",
        ),
        c if c.is_control() || c.is_whitespace() => (
            "Invalid character",
            format!("The invisible character U+{:04X} cannot stand here. Delete it, or type a plain space.", c as u32),
        ),
        c => (
            "Invalid character",
            format!(
                "The character `{c}` means nothing outside strings and comments. Delete it, or quote the \
                 text that it belongs to."
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<Kind> {
        lex(text, Start::Code).0.into_iter().map(|it| it.kind).collect()
    }

    fn words(text: &str, start: Start) -> Vec<&str> {
        let (tokens, _) = lex(text, start);
        tokens[..tokens.len() - 1].iter().map(|it| &text[it.start..it.end]).collect()
    }

    #[test]
    fn splits_code_into_words() {
        for (text, expected) in [
            ("a-b - c", vec!["a-b", "-", "c"]),
            ("a1.b[*].0", vec!["a1", ".", "b", "[", "*", "]", ".", "0"]),
            ("1..2 1.e5 1e+3 1e+ 2.foo 3...", vec!["1..2", "1.e5", "1e+3", "1", "e", "+", "2", ".", "foo", "3", "..."]),
            ("a::b(c...)", vec!["a", "::", "b", "(", "c", "...", ")"]),
            ("1 /* a\n */ 2 // b\n3 # c", vec!["1", "2", "\n", "3"]),
            ("a\r\nb", vec!["a", "\r\n", "b"]),
            ("\u{feff}é = 日本", vec!["é", "=", "日本"]),
            ("x==y=>z>=1", vec!["x", "==", "y", "=>", "z", ">=", "1"]),
        ] {
            assert_eq!(words(text, Start::Code), expected, "{text}");
        }
    }

    #[test]
    fn braces_of_a_sequence_are_told_from_its_end() {
        assert_eq!(
            words(r#""a${ {b = "}"} ~}c""#, Start::Code),
            ["\"", "a", "${", "{", "b", "=", "\"", "}", "\"", "}", "~}", "c", "\""]
        );
        assert_eq!(kinds("{ ~}").last(), Some(&Kind::Eof));
    }

    #[test]
    fn dollars_start_a_sequence_only_before_a_single_brace() {
        assert_eq!(words(r#""$${a} $$${b} $c %%{d} $%{e}""#, Start::Code).len(), 6);
        assert_eq!(words("$${a}$ %\n${b}", Start::Template), ["$${a}$ %\n", "${", "b", "}"]);
    }

    #[test]
    fn heredocs_end_at_a_line_that_is_the_marker() {
        assert_eq!(
            words("<<-E-T\n a\n E-Tx\n E-T \nb", Start::Code),
            ["<<-E-T\n", " a\n", " E-Tx\n", " E-T ", "\n", "b"]
        );
        assert_eq!(words("<<E\n${a}E\nE\n", Start::Code), ["<<E\n", "${", "a", "}", "E\n", "E", "\n"]);
        assert_eq!(words("<< E\n", Start::Code), ["<", "<", "E", "\n"]);
        assert_eq!(words("<<E\nE", Start::Code), ["<<E\n", "E"]);
    }

    #[test]
    fn a_missing_quote_ends_at_the_line_but_a_string_over_lines_goes_on() {
        let (_, faults) = lex("a = \"x\nb = \"y\"\n", Start::Code);
        assert_eq!(faults.len(), 1);
        assert_eq!(words("a = \"x\nb = \"y\"\n", Start::Code)[5..], ["\n", "b", "=", "\"", "y", "\"", "\n"]);
        let (_, faults) = lex("a = \"x\ny\"\nb = 1\n", Start::Code);
        assert_eq!(faults.len(), 1);
        assert_eq!(words("a = \"x\ny\"\nb = 1\n", Start::Code)[3..5], ["x\ny", "\""]);
    }

    #[test]
    fn each_foreign_character_is_reported_once() {
        let (_, faults) = lex("a = 'x' & 'y' & “z”\n", Start::Code);
        let summaries: Vec<_> = faults.iter().map(|it| it.summary).collect();
        assert_eq!(summaries, ["Invalid character", "Unsupported operator", "Invalid character"]);
    }
}

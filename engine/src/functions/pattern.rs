//! Regular expressions in RE2's syntax, written over into that of the `regex` crate.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::iter::Peekable;
use std::rc::Rc;
use std::str::Chars;

use regex::{Captures, Regex};

/// Most patterns that are kept ready for the next call.
const KEPT: usize = 64;

/// A compiled pattern.
pub(super) struct Pattern {
    /// The expression; none of its groups has a name.
    pub regex: Regex,
    /// The name of each group, from group 1 on.
    pub names: Vec<Option<String>>,
}

impl Pattern {
    /// Compiles a pattern, or finds it among those compiled lately.
    ///
    /// # Errors
    /// Says what is wrong with the pattern.
    pub fn new(text: &str) -> Result<Rc<Pattern>, String> {
        thread_local! {
            static READY: RefCell<BTreeMap<String, Rc<Pattern>>> = const { RefCell::new(BTreeMap::new()) };
        }
        if let Some(ready) = READY.with_borrow(|it| it.get(text).cloned()) {
            return Ok(ready);
        }
        let pattern = Rc::new(compile(text)?);
        READY.with_borrow_mut(|it| {
            if it.len() >= KEPT {
                it.clear();
            }
            it.insert(text.to_owned(), pattern.clone());
        });
        Ok(pattern)
    }

    /// The text with every match replaced; `$1`, `$name` and `${name}` in the replacement stand for groups, `$$` for `$`.
    pub fn replace_all(&self, text: &str, replacement: &str) -> String {
        let expand = |captures: &Captures<'_>| self.expand(replacement, captures);
        self.regex.replace_all(text, expand).into_owned()
    }

    fn expand(&self, replacement: &str, captures: &Captures<'_>) -> String {
        let mut out = String::new();
        let mut rest = replacement;
        while let Some((before, after)) = rest.split_once('$') {
            out.push_str(before);
            if let Some(after) = after.strip_prefix('$') {
                out.push('$');
                rest = after;
                continue;
            }
            match group_reference(after) {
                Some((name, after)) => {
                    out.push_str(self.group(name, captures));
                    rest = after;
                }
                None => {
                    out.push('$');
                    rest = after;
                }
            }
        }
        out + rest
    }

    fn group<'t>(&self, name: &str, captures: &Captures<'t>) -> &'t str {
        let index = match name.parse() {
            Ok(index) => Some(index),
            Err(_) => self.names.iter().position(|it| it.as_deref() == Some(name)).map(|at| at + 1),
        };
        index.and_then(|at| captures.get(at)).map_or("", |it| it.as_str())
    }
}

/// The name after a `$`, and what comes after it.
fn group_reference(text: &str) -> Option<(&str, &str)> {
    let word = |text: &str| text.find(|it: char| !it.is_alphanumeric() && it != '_').unwrap_or(text.len());
    if let Some(text) = text.strip_prefix('{') {
        let (name, after) = text.split_at(word(text));
        return after.strip_prefix('}').filter(|_| !name.is_empty()).map(|after| (name, after));
    }
    let (name, after) = text.split_at(word(text));
    (!name.is_empty()).then_some((name, after))
}

fn compile(text: &str) -> Result<Pattern, String> {
    let mut writer = Writer { rest: text.chars().peekable(), out: String::new(), names: Vec::new() };
    writer.expression()?;
    let regex = Regex::new(&writer.out).map_err(|error| match error {
        regex::Error::Syntax(report) => {
            let last = report.lines().last().unwrap_or_default();
            last.strip_prefix("error: ").unwrap_or(last).to_owned()
        }
        other => other.to_string(),
    })?;
    Ok(Pattern { regex, names: writer.names })
}

/// Reads a pattern and writes the same one for the crate, whose classes `\d`, `\w`, `\s` and `\b` would be those of
/// Unicode, and which gives a meaning to more characters within brackets.
struct Writer<'p> {
    rest: Peekable<Chars<'p>>,
    out: String,
    names: Vec<Option<String>>,
}

impl Writer<'_> {
    fn expression(&mut self) -> Result<(), String> {
        let mut repeated = false;
        while let Some(it) = self.rest.next() {
            let repeats = match it {
                '\\' => {
                    self.escape()?;
                    false
                }
                '[' => {
                    self.class()?;
                    false
                }
                '(' => {
                    self.group()?;
                    false
                }
                '{' => self.count(repeated)?,
                '*' | '+' | '?' => {
                    self.out.push(it);
                    true
                }
                '.' | '^' | '$' | '|' | ')' => {
                    self.out.push(it);
                    false
                }
                other => {
                    self.literal(other);
                    false
                }
            };
            if repeats && repeated {
                return Err("invalid nested repetition operator".into());
            }
            if repeats && self.rest.next_if_eq(&'?').is_some() {
                self.out.push('?');
            }
            repeated = repeats;
        }
        Ok(())
    }

    /// Writes one character that means itself.
    fn literal(&mut self, it: char) {
        if it.is_ascii() && !it.is_ascii_alphanumeric() {
            self.code(u32::from(it));
        } else {
            self.out.push(it);
        }
    }

    fn code(&mut self, code: u32) {
        write!(self.out, "\\x{{{code:x}}}").expect("writing to a string cannot fail");
    }

    /// `{2}`, `{2,}` or `{2,3}` after its brace; anything else is a brace.
    fn count(&mut self, repeated: bool) -> Result<bool, String> {
        let ahead: String = self.rest.clone().take_while(|it| *it != '}').collect();
        let (least, most) = ahead.split_once(',').unwrap_or((&ahead, &ahead));
        let digits = |it: &str| it.bytes().all(|it| it.is_ascii_digit());
        let closed = self.rest.clone().nth(ahead.chars().count()) == Some('}');
        if !closed || least.is_empty() || !digits(least) || !digits(most) {
            self.literal('{');
            return Ok(false);
        }
        if repeated {
            return Err("invalid nested repetition operator".into());
        }
        let number = |it: &str| it.parse::<u32>().unwrap_or(u32::MAX);
        let bounded = !most.is_empty();
        if number(least) > 1000 || bounded && (number(most) > 1000 || number(most) < number(least)) {
            return Err(format!("invalid repeat count in {{{ahead}}}"));
        }
        write!(self.out, "{{{ahead}}}").expect("writing to a string cannot fail");
        self.rest.nth(ahead.chars().count());
        Ok(true)
    }

    /// What comes after an opening parenthesis.
    fn group(&mut self) -> Result<(), String> {
        self.out.push('(');
        if self.rest.next_if_eq(&'?').is_none() {
            self.names.push(None);
            return Ok(());
        }
        let ahead: String = self.rest.clone().take(2).collect();
        if ahead == "P<" || ahead.starts_with('<') && !["<=", "<!"].contains(&ahead.as_str()) {
            self.rest.nth(if ahead == "P<" { 1 } else { 0 });
            return self.name();
        }
        self.out.push('?');
        loop {
            match self.rest.next() {
                Some(flag @ ('i' | 'm' | 's' | 'U' | '-')) => self.out.push(flag),
                Some(end @ (':' | ')')) => {
                    self.out.push(end);
                    return Ok(());
                }
                _ => return Err(format!("invalid or unsupported Perl syntax in (?{ahead}")),
            }
        }
    }

    fn name(&mut self) -> Result<(), String> {
        let mut name = String::new();
        loop {
            match self.rest.next() {
                Some('>') if !name.is_empty() => break,
                Some(it) if it.is_ascii_alphanumeric() || it == '_' => name.push(it),
                _ => return Err("invalid named capture".into()),
            }
        }
        if self.names.iter().flatten().any(|it| *it == name) {
            return Err(format!("duplicate capture group name {name}"));
        }
        self.names.push(Some(name));
        Ok(())
    }

    /// What comes after a backslash outside of brackets.
    fn escape(&mut self) -> Result<(), String> {
        match self.rest.peek().copied() {
            Some('A' | 'z') => {
                let it = self.rest.next().expect("it was seen");
                write!(self.out, "\\{it}").expect("writing to a string cannot fail");
            }
            Some('b' | 'B') => {
                let it = self.rest.next().expect("it was seen");
                write!(self.out, "(?-u:\\{it})").expect("writing to a string cannot fail");
            }
            Some('Q') => {
                self.rest.next();
                self.quotation();
            }
            _ if self.class_escape()? => {}
            _ => {
                let code = self.character()?;
                self.code(code);
            }
        }
        Ok(())
    }

    /// Literal text up to `\E` or the end.
    fn quotation(&mut self) {
        while let Some(it) = self.rest.next() {
            if it == '\\' && self.rest.next_if_eq(&'E').is_some() {
                return;
            }
            self.literal(it);
        }
    }

    /// `d`, `w`, `s`, `p` and their opposites after a backslash; whether there was one.
    fn class_escape(&mut self) -> Result<bool, String> {
        let Some(&it) = self.rest.peek() else { return Ok(false) };
        let members = match it.to_ascii_lowercase() {
            'd' => "0-9",
            'w' => "0-9A-Za-z_",
            's' => "\\t\\n\\f\\r ",
            'p' => {
                self.rest.next();
                self.unicode_class(it == 'P')?;
                return Ok(true);
            }
            _ => return Ok(false),
        };
        self.rest.next();
        let not = if it.is_ascii_uppercase() { "^" } else { "" };
        write!(self.out, "[{not}{members}]").expect("writing to a string cannot fail");
        Ok(true)
    }

    fn unicode_class(&mut self, negated: bool) -> Result<(), String> {
        let name: String = match self.rest.next() {
            Some('{') => {
                let name: String = self.rest.by_ref().take_while(|it| *it != '}').collect();
                name
            }
            Some(one) => one.into(),
            None => return Err("invalid character class range".into()),
        };
        let (name, negated) = name.strip_prefix('^').map_or((&*name, negated), |name| (name, !negated));
        if name.is_empty() || !name.chars().all(|it| it.is_ascii_alphanumeric() || it == '_') {
            return Err(format!("invalid character class range {name}"));
        }
        let letter = if negated { 'P' } else { 'p' };
        write!(self.out, "\\{letter}{{{name}}}").expect("writing to a string cannot fail");
        Ok(())
    }

    /// The code of a character after a backslash.
    fn character(&mut self) -> Result<u32, String> {
        let it = self.rest.next().ok_or("trailing backslash at end of expression")?;
        let invalid = Err(format!("invalid escape sequence in \\{it}"));
        Ok(match it {
            'a' => 7,
            'f' => 12,
            'n' => 10,
            'r' => 13,
            't' => 9,
            'v' => 11,
            'x' => {
                let digits: String = if self.rest.next_if_eq(&'{').is_some() {
                    self.rest.by_ref().take_while(|it| *it != '}').collect()
                } else {
                    self.rest.by_ref().take(2).collect()
                };
                return u32::from_str_radix(&digits, 16).or(invalid);
            }
            '0'..='7' => {
                let mut code = it.to_digit(8).unwrap_or(0);
                let mut more = 0;
                while let Some(digit) = self.rest.peek().and_then(|it| it.to_digit(8)).filter(|_| more < 2) {
                    self.rest.next();
                    code = code * 8 + digit;
                    more += 1;
                }
                // One digit alone would be a reference to a group, which this syntax does not have.
                if it != '0' && more == 0 {
                    return invalid;
                }
                code
            }
            it if it.is_ascii() && !it.is_ascii_alphanumeric() => u32::from(it),
            _ => return invalid,
        })
    }

    /// What comes after an opening bracket.
    fn class(&mut self) -> Result<(), String> {
        self.out.push('[');
        if self.rest.next_if_eq(&'^').is_some() {
            self.out.push('^');
        }
        let mut first = true;
        loop {
            let it = self.rest.next().ok_or("missing closing ]")?;
            match it {
                ']' if !first => break,
                '[' if self.rest.peek() == Some(&':') && self.posix_class() => {}
                '\\' if self.class_escape()? => {}
                _ => self.range(it)?,
            }
            first = false;
        }
        self.out.push(']');
        Ok(())
    }

    /// `[:alpha:]` after its first bracket; whether it was one.
    fn posix_class(&mut self) -> bool {
        let ahead: String = self.rest.clone().take_while(|it| *it != ']').collect();
        let name = ahead.strip_prefix(':').and_then(|it| it.strip_suffix(':')).unwrap_or("");
        if name.is_empty() {
            return false;
        }
        self.rest.nth(ahead.len());
        write!(self.out, "[:{name}:]").expect("writing to a string cannot fail");
        true
    }

    /// A character within brackets, or a range that starts with it.
    fn range(&mut self, first: char) -> Result<(), String> {
        let from = if first == '\\' { self.character()? } else { u32::from(first) };
        let mut ahead = self.rest.clone();
        if ahead.next() != Some('-') || matches!(ahead.peek(), None | Some(']')) {
            self.code(from);
            return Ok(());
        }
        self.rest.next();
        let to = match self.rest.next() {
            Some('\\') => self.character()?,
            Some(it) => u32::from(it),
            None => return Err("missing closing ]".into()),
        };
        if to < from {
            return Err("invalid character class range".into());
        }
        self.code(from);
        self.out.push('-');
        self.code(to);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn first<'t>(pattern: &str, text: &'t str) -> Option<&'t str> {
        Pattern::new(pattern).unwrap().regex.find(text).map(|it| it.as_str())
    }

    #[test]
    fn classes_are_of_ascii() {
        assert_eq!(first(r"\w+", "żółw"), Some("w"));
        assert_eq!(first(r"\d", "٣"), None);
        assert_eq!(first(r"(?i)\w", "\u{212a}"), Some("\u{212a}"));
        assert_eq!(first(r"[\W]+", "aż-b"), Some("ż-"));
        assert_eq!(first(r"\bfoo\b", "éfoo"), Some("foo"));
        assert_eq!(first(r"\pL+", "12żółw"), Some("żółw"));
        assert_eq!(first(r"\p{^Greek}+", "αbc"), Some("bc"));
    }

    #[test]
    fn characters_that_mean_themselves() {
        assert_eq!(first(r"[a&&b~~-]+", "x&-~b"), Some("&-~b"));
        assert_eq!(first(r"[[a]+", "x[a"), Some("[a"));
        assert_eq!(first(r"[]a]+", "x]a"), Some("]a"));
        assert_eq!(first(r"[a-]+", "b-a"), Some("-a"));
        assert_eq!(first(r"\Qa.b\E+", "a.bb"), Some("a.bb"));
        assert_eq!(first(r"\<\_\/\-", "</_/-"), None);
        assert_eq!(first(r"\<\_\/\-", "<_/-"), Some("<_/-"));
        assert_eq!(first(r"a{,3}|x{y}", "xx{y}"), Some("x{y}"));
        assert_eq!(first(r"\x41\x{42}\103\07?", "ABC"), Some("ABC"));
        assert_eq!(first(r"[[:alpha:]_]+", "12a_"), Some("a_"));
        assert_eq!(first("a # b", "a # b"), Some("a # b"));
    }

    #[test]
    fn flags_and_anchors() {
        assert_eq!(first("(?i)HELLO", "say hello"), Some("hello"));
        assert_eq!(first("(?s:a.b)", "a\nb"), Some("a\nb"));
        assert_eq!(first("(?U)a+", "aaa"), Some("a"));
        assert_eq!(first("^b$", "a\nb"), None);
        assert_eq!(first("(?m)^b$", "a\nb"), Some("b"));
        assert_eq!(first(r"\Bx", "ax"), Some("x"));
    }

    #[test]
    fn errors() {
        for (pattern, part) in [
            ("(", "unclosed group"),
            ("(?=a)", "Perl syntax in (?=a"),
            ("(?<=a)", "Perl syntax"),
            ("(?x)a", "Perl syntax"),
            ("a**", "nested repetition"),
            ("a*{2}", "nested repetition"),
            ("a{1001}", "repeat count in {1001}"),
            ("a{3,2}", "repeat count"),
            (r"\Z", r"escape sequence in \Z"),
            (r"\1", "escape sequence"),
            ("[a", "missing closing ]"),
            ("[b-a]", "class range"),
            ("a\\", "trailing backslash"),
            ("(?P<a>x)(?P<a>y)", "duplicate"),
            ("*a", "repetition"),
            (r"\p{Nope}", "property"),
        ] {
            let error = Pattern::new(pattern).err().unwrap();
            assert!(error.to_lowercase().contains(&part.to_lowercase()), "{pattern}: {error}");
        }
    }

    #[test]
    fn replacements() {
        let replace = |pattern: &str, with: &str| Pattern::new(pattern).unwrap().replace_all("abc", with);
        assert_eq!(replace("(a)(b)", "$2$1"), "bac");
        assert_eq!(replace("(?P<x>a)(b)", "$x"), "ac");
        assert_eq!(replace("(a)", "$1x"), "bc");
        assert_eq!(replace("(a)", "${1}x"), "axbc");
        assert_eq!(replace("(a)", "$$-$-${"), "$-$-${bc");
        assert_eq!(replace("", "-"), "-a-b-c-");
        assert_eq!(Pattern::new("a*").unwrap().replace_all("aaa", "x"), "x");
    }
}

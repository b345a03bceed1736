//! JSON documents as trees with the exact range of every value.
//!
//! The tree says nothing about what a value means to the language: that needs the schema of the place where it stands.

use std::sync::Arc;

use super::ast::Ident;
use super::places::Places;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::{FileId, Span};
use crate::text::suggestion;
use crate::value::Number;

/// Arrays and objects may be nested this deep.
const MAX_DEPTH: usize = 200;

/// A value with its range.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of value.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeKind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, exact.
    Number(Number),
    /// A string with its escapes resolved.
    String(Text),
    /// `[…]`
    Array(Vec<Node>),
    /// `{…}` in the order of the file; a name may stand more than once.
    Object(Vec<Property>),
    /// Something that is no value; a diagnostic says so.
    Invalid,
}

/// A string and where its bytes stand in the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// What it means.
    pub text: Arc<str>,
    /// Where it stands.
    pub places: Places,
}

/// `"name": value`.
#[derive(Clone, Debug, PartialEq)]
pub struct Property {
    /// The name; its range includes the quotes.
    pub name: Ident,
    /// The name with the places of its bytes.
    pub text: Text,
    /// The value.
    pub value: Node,
}

impl Property {
    /// From the name to the end of the value.
    pub fn span(&self) -> Span {
        self.name.span.to(self.value.span)
    }
}

/// Reads a document whose root must be an object, or an array of objects.
///
/// With errors among the diagnostics the tree holds what could be read.
pub fn parse(file: FileId, text: &str) -> (Node, Diagnostics) {
    let mut reader = Reader { file, text, at: 0, depth: 0, diagnostics: Diagnostics::new() };
    let mut root = reader.value().unwrap_or_else(|Failed| reader.invalid(0));
    reader.blanks();
    if reader.diagnostics.is_empty() && reader.at < text.len() {
        let detail = "The document is complete, but the file goes on. Remove what follows the value.";
        reader.error("Extraneous data after value", detail, reader.at, text.len());
    }
    if !matches!(root.kind, NodeKind::Object(_) | NodeKind::Array(_)) {
        let detail = "A configuration in JSON is an object, or an array of objects that count as one. Put the whole \
                      content in braces.";
        reader.diagnostics.push(Diagnostic::error("Root value must be object", detail).at(root.span));
        root.kind = NodeKind::Object(Vec::new());
    }
    (root, reader.diagnostics)
}

/// A diagnostic has been made; the value around it cannot be read further.
struct Failed;

type Read<T> = Result<T, Failed>;

struct Reader<'a> {
    file: FileId,
    text: &'a str,
    at: usize,
    depth: usize,
    diagnostics: Diagnostics,
}

impl Reader<'_> {
    fn value(&mut self) -> Read<Node> {
        self.blanks();
        let start = self.at;
        let kind = match self.peek() {
            Some(b'{') => self.nested(Self::object)?,
            Some(b'[') => self.nested(Self::array)?,
            Some(b'"') => NodeKind::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(it) if it.is_ascii_alphabetic() => self.keyword()?,
            Some(_) => {
                let end = start + self.text[start..].chars().next().map_or(0, char::len_utf8);
                let detail = "A JSON value is an object, an array, a string in double quotes, a number, true, false or \
                              null. Write one of these.";
                return Err(self.error("Invalid start of value", detail, start, end));
            }
            None => {
                let detail = "The file ends where a value is expected. Write the value, and close what is still open.";
                return Err(self.error("Missing value", detail, start, start));
            }
        };
        Ok(Node { kind, span: Span::new(self.file, start, self.at) })
    }

    fn nested(&mut self, read: fn(&mut Self) -> Read<NodeKind>) -> Read<NodeKind> {
        if self.depth >= MAX_DEPTH {
            let detail = format!("Arrays and objects may stand inside each other {MAX_DEPTH} levels deep, not deeper.");
            return Err(self.error("JSON nested too deeply", &detail, self.at, self.at + 1));
        }
        self.depth += 1;
        let result = stacker::maybe_grow(64 * 1024, 1024 * 1024, || read(self));
        self.depth -= 1;
        result
    }

    fn object(&mut self) -> Read<NodeKind> {
        let open = self.take();
        let mut properties = Vec::new();
        self.blanks();
        while self.peek() != Some(b'}') {
            match self.property(open) {
                Ok(property) => properties.push(property),
                Err(Failed) => {
                    self.skip_to(b'}');
                    return Ok(NodeKind::Object(properties));
                }
            }
            self.blanks();
        }
        self.take();
        Ok(NodeKind::Object(properties))
    }

    /// Reads a property with the comma after it, if there is one.
    fn property(&mut self, open: usize) -> Read<Property> {
        let start = self.at;
        let text = match self.peek() {
            Some(b'"') => self.string()?,
            None => return Err(self.unclosed_object(open)),
            _ => {
                self.value()?;
                let detail = "Names of properties are strings in double quotes: \"name\": value.";
                return Err(self.error("Invalid object property name", detail, start, self.at));
            }
        };
        let name = Ident { name: text.text.clone(), span: Span::new(self.file, start, self.at) };
        self.colon()?;
        let value = self.value()?;
        self.blanks();
        let at = self.at;
        match self.peek() {
            Some(b',') => {
                self.take();
                self.blanks();
                if self.peek() == Some(b'}') {
                    let detail = "JSON has no comma after the last property of an object. Remove it.";
                    self.error("Trailing comma in object", detail, at, at + 1);
                }
            }
            Some(b'}') => {}
            None => return Err(self.unclosed_object(open)),
            Some(b']') => {
                let detail = "An object ends with a closing brace, and this is a bracket. Write } here.";
                return Err(self.error("Mismatched braces", detail, at, at + 1));
            }
            Some(_) => return Err(self.missing_comma("property of an object", at)),
        }
        Ok(Property { name, text, value })
    }

    fn unclosed_object(&mut self, open: usize) -> Failed {
        let detail = "The file ends before the closing brace of this object. Add it, or look for a brace that is missing \
                      further inside.";
        self.error("Unclosed object", detail, open, open + 1)
    }

    // Summaries are what users search for, so the customary spelling stays.
    fn missing_comma(&mut self, after: &str, at: usize) -> Failed {
        let detail = format!("A comma stands between each {after} and the next. Add one here.");
        self.error("Missing attribute seperator comma", &detail, at, at + 1)
    }

    fn colon(&mut self) -> Read<()> {
        self.blanks();
        let at = self.at;
        let (summary, detail) = match self.peek() {
            Some(b':') => {
                self.take();
                return Ok(());
            }
            Some(b'}' | b',') => {
                ("Missing object value", "A property has a value after its name: \"name\": value. Add a colon and one.")
            }
            Some(b'=') => {
                ("Missing property value colon", "JSON puts a colon between name and value, not an equals sign.")
            }
            _ => ("Missing property value colon", "A colon stands between the name of a property and its value."),
        };
        Err(self.error(summary, detail, at, (at + 1).min(self.text.len())))
    }

    fn array(&mut self) -> Read<NodeKind> {
        let open = self.take();
        let mut items = Vec::new();
        self.blanks();
        while self.peek() != Some(b']') {
            match self.element(open) {
                Ok(item) => items.push(item),
                Err(Failed) => {
                    self.skip_to(b']');
                    return Ok(NodeKind::Array(items));
                }
            }
            self.blanks();
        }
        self.take();
        Ok(NodeKind::Array(items))
    }

    fn element(&mut self, open: usize) -> Read<Node> {
        let unclosed = "The file ends before the closing bracket of this array. Add it.";
        if self.peek().is_none() {
            return Err(self.error("Unclosed array", unclosed, open, open + 1));
        }
        let item = self.value()?;
        self.blanks();
        let at = self.at;
        match self.peek() {
            Some(b',') => {
                self.take();
                self.blanks();
                if self.peek() == Some(b']') {
                    let detail = "JSON has no comma after the last value of an array. Remove it.";
                    self.error("Trailing comma in array", detail, at, at + 1);
                }
            }
            Some(b']') => {}
            None => return Err(self.error("Unclosed array", unclosed, open, open + 1)),
            Some(b'}') => {
                let detail = "An array ends with a closing bracket, and this is a brace. Write ] here.";
                return Err(self.error("Mismatched brackets", detail, at, at + 1));
            }
            Some(_) => return Err(self.missing_comma("value of an array", at)),
        }
        Ok(item)
    }

    fn string(&mut self) -> Read<Text> {
        let open = self.take();
        let mut text = String::new();
        let mut places = Places::new(self.at);
        loop {
            let rest = &self.text[self.at..];
            let plain = rest.find(['"', '\\', '\n']).unwrap_or(rest.len());
            text.push_str(&rest[..plain]);
            self.at += plain;
            match self.peek() {
                Some(b'"') => {
                    self.take();
                    return Ok(Text { text: text.into(), places });
                }
                Some(b'\\') => {
                    text.push(self.escape()?);
                    places.continue_at(text.len(), self.at);
                }
                _ => {
                    let detail = "The line ends before the string does. Add the closing quote; a line break inside a \
                                  string is written \\n.";
                    return Err(self.error("Invalid JSON string", detail, open, self.at));
                }
            }
        }
    }

    fn escape(&mut self) -> Read<char> {
        let start = self.take();
        let found = self.peek();
        self.at += self.text[self.at..].chars().next().map_or(0, char::len_utf8);
        let meant = match found {
            Some(it @ (b'"' | b'\\' | b'/')) => Some(char::from(it)),
            Some(b'b') => Some('\u{8}'),
            Some(b'f') => Some('\u{c}'),
            Some(b'n') => Some('\n'),
            Some(b'r') => Some('\r'),
            Some(b't') => Some('\t'),
            Some(b'u') => self.code_unit().map(|unit| self.character(unit)),
            _ => None,
        };
        meant.ok_or_else(|| {
            let detail = "This escape sequence means nothing in JSON. A backslash itself is written \\\\.";
            self.error("Invalid JSON string", detail, start, self.at)
        })
    }

    /// Four hexadecimal digits.
    fn code_unit(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        let unit = digits.bytes().all(|it| it.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())??;
        self.at += 4;
        Some(unit)
    }

    /// The character of a code unit, together with the second half of a pair if it is a first one; half a pair alone is
    /// the replacement character.
    fn character(&mut self, unit: u32) -> char {
        if (0xd800..0xdc00).contains(&unit) && self.text[self.at..].starts_with("\\u") {
            let back = self.at;
            self.at += 2;
            match self.code_unit() {
                Some(low @ 0xdc00..0xe000) => {
                    let code = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
                    return char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
                }
                _ => self.at = back,
            }
        }
        char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER)
    }

    fn number(&mut self) -> Read<NodeKind> {
        let start = self.at;
        let rest = &self.text[start..];
        let inside = |it: char| it.is_ascii_alphanumeric() || matches!(it, '+' | '-' | '.');
        let written = &rest[..rest.find(|it| !inside(it)).unwrap_or(rest.len())];
        self.at += written.len();
        // JSON tells no zero from the other.
        let unsigned = if written.bytes().any(|it| it.is_ascii_digit() && it != b'0') { written } else { "0" };
        let number = is_number(written).then(|| Number::parse(unsigned)).flatten();
        number.map(NodeKind::Number).ok_or_else(|| {
            let detail = "This is no number of JSON: digits without a leading zero, then a fraction and an exponent if \
                          wanted, as in -12.5e3.";
            self.error("Invalid JSON number", detail, start, self.at)
        })
    }

    fn keyword(&mut self) -> Read<NodeKind> {
        let start = self.at;
        let rest = &self.text[start..];
        let word = &rest[..rest.find(|it: char| !it.is_ascii_alphanumeric() && it != '_').unwrap_or(rest.len())];
        self.at += word.len();
        match word {
            "true" => Ok(NodeKind::Bool(true)),
            "false" => Ok(NodeKind::Bool(false)),
            "null" => Ok(NodeKind::Null),
            _ => {
                let near = suggestion(&word.to_ascii_lowercase(), ["true", "false", "null"]);
                let near = near.map(|near| format!(" Did you mean {near:?}?")).unwrap_or_default();
                let detail = format!("{word:?} is not a keyword of JSON; text stands in double quotes.{near}");
                Err(self.error("Invalid JSON keyword", &detail, start, self.at))
            }
        }
    }

    /// Goes past the bracket that closes the value around a fault, or to the end of the file.
    fn skip_to(&mut self, close: u8) {
        let mut open = 0_usize;
        while let Some(it) = self.peek() {
            match it {
                b'"' => {
                    let before = self.at;
                    let known = self.diagnostics.clone();
                    if self.string().is_err() {
                        self.at = self.at.max(before + 1);
                        self.diagnostics = known;
                    }
                    continue;
                }
                b'{' | b'[' => open += 1,
                b'}' | b']' if open > 0 => open -= 1,
                it if it == close => {
                    self.take();
                    return;
                }
                // The closing bracket of something further out.
                b'}' | b']' => return,
                _ => {}
            }
            self.at += 1;
        }
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Goes past one byte and tells where it was.
    fn take(&mut self) -> usize {
        self.at += 1;
        self.at - 1
    }

    fn invalid(&self, start: usize) -> Node {
        Node { kind: NodeKind::Invalid, span: Span::new(self.file, start, self.at) }
    }

    fn error(&mut self, summary: &str, detail: &str, start: usize, end: usize) -> Failed {
        // At the end of the file every open bracket would complain about the same.
        if self.at >= self.text.len() && summary.starts_with("Unclosed") && !self.diagnostics.is_empty() {
            return Failed;
        }
        self.diagnostics.push(Diagnostic::error(summary, detail).at(Span::new(self.file, start, end)));
        Failed
    }
}

/// Whether the text is a number by the grammar of JSON.
fn is_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    let (text, exponent) = text.split_once(['e', 'E']).map_or((text, None), |(text, exponent)| (text, Some(exponent)));
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|it| digits(it.strip_prefix(['+', '-']).unwrap_or(it)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceMap;

    fn read(text: &str) -> (Node, Vec<String>) {
        let file = SourceMap::default().add("x.tf.json", text);
        let (node, found) = parse(file, text);
        (node, found.into_iter().map(|it| it.summary).collect())
    }

    #[test]
    fn values_have_their_ranges() {
        let text = r#" {"a": [1.50, "x\n\u00e9y"], "b": null}"#;
        let (node, found) = read(text);
        assert!(found.is_empty(), "{found:?}");
        let NodeKind::Object(properties) = node.kind else { panic!() };
        assert_eq!(&text[properties[0].name.span.range()], "\"a\"");
        let NodeKind::Array(items) = &properties[0].value.kind else { panic!() };
        assert_eq!(&text[items[0].span.range()], "1.50");
        let NodeKind::String(it) = &items[1].kind else { panic!() };
        assert_eq!(&*it.text, "x\néy");
        assert_eq!(&text[it.places.of(4)..][..1], "y");
        assert_eq!(properties[1].value.kind, NodeKind::Null);
    }

    #[test]
    fn faults_are_named_as_users_know_them() {
        for (text, summary) in [
            ("", "Missing value"),
            ("{\"a\": 1", "Unclosed object"),
            ("{\"a\": [1", "Unclosed array"),
            ("{\"a\": [1,]}", "Trailing comma in array"),
            ("{\"a\": 1,}", "Trailing comma in object"),
            ("{\"a\": 01}", "Invalid JSON number"),
            ("{\"a\": tru}", "Invalid JSON keyword"),
            ("{\"a\" = 1}", "Missing property value colon"),
            ("{\"a\": 1 \"b\": 2}", "Missing attribute seperator comma"),
            ("{\"a\": \"\\q\"}", "Invalid JSON string"),
            ("{a: 1}", "Invalid JSON keyword"),
            ("{} x", "Extraneous data after value"),
            ("5", "Root value must be object"),
            ("{\"a\": [1}}", "Mismatched brackets"),
        ] {
            let (_, found) = read(text);
            assert_eq!(found.first().map(String::as_str), Some(summary), "{text}");
        }
    }

    #[test]
    fn deep_nesting_is_refused() {
        let (_, found) = read(&"[".repeat(100_000));
        assert_eq!(found.first().map(String::as_str), Some("JSON nested too deeply"));
    }
}

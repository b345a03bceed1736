//! Values and types as text: for people, for the console, for the value lines of diagnostics.

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::sync::{Arc, LazyLock};

use regex::Regex;
use unicode_normalization::{UnicodeNormalization, is_nfc_quick};

use unicode_segmentation::UnicodeSegmentation;

use super::{Kind, Marks, Type, Value};

/// The text in Unicode NFC.
pub(super) fn nfc(text: &str) -> Arc<str> {
    if text.is_ascii() || is_nfc_quick(text.chars()) == unicode_normalization::IsNormalized::Yes {
        return text.into();
    }
    text.nfc().collect::<String>().into()
}

/// The beginning of a text that stays as it is whatever follows: what follows may combine with the last character.
pub(super) fn stable_prefix(text: &str) -> &str {
    match text.grapheme_indices(true).next_back() {
        Some((_, " " | "\t")) => text,
        Some((_, last))
            if last.len() == 1 && last.bytes().all(|it| it.is_ascii_punctuation() && !b"<>=`".contains(&it)) =>
        {
            text
        }
        Some((at, _)) => &text[..at],
        None => text,
    }
}

/// A value as the console prints it, sensitive and unknown parts as `(sensitive value)` and `(known after apply)`.
pub fn display(value: &Value) -> String {
    let mut out = String::new();
    write_value(&mut out, value, 0).expect("writing to a string cannot fail");
    out
}

/// A type on one line, as HCL's `typeexpr.TypeString` writes it; `any` for dynamic.
pub fn type_text(ty: &Type) -> String {
    let mut out = String::new();
    write_type(&mut out, ty).expect("writing to a string cannot fail");
    out
}

/// A type over several lines, as the console's `type()` prints it; `dynamic` for dynamic.
pub fn type_display(ty: &Type) -> String {
    let mut out = String::new();
    write_type_lines(&mut out, ty, 0).expect("writing to a string cannot fail");
    out
}

const STEP: usize = 2;

fn write_value(out: &mut String, value: &Value, indent: usize) -> fmt::Result {
    if value.is_unknown() {
        return out.write_str("(known after apply)");
    }
    if value.marks().has(Marks::EPHEMERAL) {
        return out.write_str("(ephemeral value)");
    }
    if value.is_sensitive() {
        return out.write_str("(sensitive value)");
    }
    match value.kind() {
        Kind::Unknown(..) => Ok(()),
        Kind::Null(ty) => write_null(out, ty),
        Kind::Bool(value) => write!(out, "{value}"),
        Kind::Number(number) => write!(out, "{number}"),
        Kind::String(text) => write_string(out, text, indent),
        Kind::List(_, items) => write_call(out, "tolist(", |out| write_items(out, items, indent)),
        Kind::Set(_, items) => write_call(out, "toset(", |out| write_items(out, items, indent)),
        Kind::Map(_, items) => write_call(out, "tomap(", |out| write_entries(out, items, indent)),
        Kind::Tuple(items) => write_items(out, items, indent),
        Kind::Object(items) => write_entries(out, items, indent),
    }
}

fn write_call(out: &mut String, open: &str, argument: impl FnOnce(&mut String) -> fmt::Result) -> fmt::Result {
    out.write_str(open)?;
    argument(out)?;
    out.write_char(')')
}

fn write_null(out: &mut String, ty: &Type) -> fmt::Result {
    match ty {
        Type::Dynamic => out.write_str("null"),
        Type::Bool => out.write_str("tobool(null)"),
        Type::Number => out.write_str("tonumber(null)"),
        Type::String => out.write_str("tostring(null)"),
        Type::List(element) => write!(out, "tolist(null) /* of {} */", element.friendly_name()),
        Type::Set(element) => write!(out, "toset(null) /* of {} */", element.friendly_name()),
        Type::Map(element) => write!(out, "tomap(null) /* of {} */", element.friendly_name()),
        Type::Tuple(_) | Type::Object(_) => write!(out, "null /* {} */", ty.friendly_name()),
    }
}

fn write_items(out: &mut String, items: &[Value], indent: usize) -> fmt::Result {
    if items.is_empty() {
        return out.write_str("[]");
    }
    out.write_char('[')?;
    for item in items {
        new_line(out, indent + STEP)?;
        write_value(out, item, indent + STEP)?;
        out.write_char(',')?;
    }
    new_line(out, indent)?;
    out.write_char(']')
}

fn write_entries(out: &mut String, items: &BTreeMap<Arc<str>, Value>, indent: usize) -> fmt::Result {
    if items.is_empty() {
        return out.write_str("{}");
    }
    out.write_char('{')?;
    for (key, item) in items {
        new_line(out, indent + STEP)?;
        write_string(out, key, indent + STEP)?;
        out.write_str(" = ")?;
        write_value(out, item, indent + STEP)?;
    }
    new_line(out, indent)?;
    out.write_char('}')
}

fn new_line(out: &mut String, indent: usize) -> fmt::Result {
    write!(out, "\n{:indent$}", "")
}

/// A text in quotes, or as a heredoc when it has several lines.
fn write_string(out: &mut String, text: &str, indent: usize) -> fmt::Result {
    if !text.contains('\n') {
        return out.write_str(&go_quote(text));
    }
    let mut delimiter = "EOT".to_owned();
    while text.split('\n').any(|line| line.trim() == delimiter) {
        delimiter.push('_');
    }
    write!(out, "<<{}{delimiter}", if indent > 0 { "-" } else { "" })?;
    for line in text.split('\n').chain([delimiter.as_str()]) {
        new_line(out, indent)?;
        out.write_str(line)?;
    }
    Ok(())
}

/// A text in quotes with Go's escapes: what cannot be printed as `\x01`, `\u200d`, `\U000e0001`.
pub(super) fn go_quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for it in text.chars() {
        match it {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\x07' => out.push_str("\\a"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x0b' => out.push_str("\\v"),
            it if is_printable(it) => out.push(it),
            it => {
                let code = u32::from(it);
                let escape = match code {
                    0..0x80 => format!("\\x{code:02x}"),
                    0x80..0x10000 => format!("\\u{code:04x}"),
                    _ => format!("\\U{code:08x}"),
                };
                out.push_str(&escape);
            }
        }
    }
    out.push('"');
    out
}

fn is_printable(it: char) -> bool {
    static PRINTABLE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^[\p{L}\p{M}\p{N}\p{P}\p{S}]$").expect("the pattern is valid"));
    if it.is_ascii() { (' '..='~').contains(&it) } else { PRINTABLE.is_match(it.encode_utf8(&mut [0; 4])) }
}

fn write_type(out: &mut String, ty: &Type) -> fmt::Result {
    match ty {
        Type::Dynamic => out.write_str("any"),
        Type::Bool => out.write_str("bool"),
        Type::Number => out.write_str("number"),
        Type::String => out.write_str("string"),
        Type::List(element) => write_call(out, "list(", |out| write_type(out, element)),
        Type::Set(element) => write_call(out, "set(", |out| write_type(out, element)),
        Type::Map(element) => write_call(out, "map(", |out| write_type(out, element)),
        Type::Tuple(items) => {
            out.write_str("tuple([")?;
            for (at, item) in items.iter().enumerate() {
                out.write_str(if at > 0 { "," } else { "" })?;
                write_type(out, item)?;
            }
            out.write_str("])")
        }
        Type::Object(object) => {
            out.write_str("object({")?;
            for (at, (name, ty)) in object.attributes.iter().enumerate() {
                out.write_str(if at > 0 { "," } else { "" })?;
                if super::path::is_identifier(name) {
                    out.write_str(name)?;
                } else {
                    out.write_str(&crate::addr::quote(name))?;
                }
                out.write_char('=')?;
                if object.optional.contains(name) {
                    write_call(out, "optional(", |out| write_type(out, ty))?;
                } else {
                    write_type(out, ty)?;
                }
            }
            out.write_str("})")
        }
    }
}

fn write_type_lines(out: &mut String, ty: &Type, indent: usize) -> fmt::Result {
    const TYPE_STEP: usize = 4;
    let inner = indent + TYPE_STEP;
    match ty {
        Type::Dynamic | Type::Bool | Type::Number | Type::String => out.write_str(&ty.friendly_name()),
        Type::List(element) | Type::Set(element) | Type::Map(element) => {
            out.write_str(match ty {
                Type::List(_) => "list(",
                Type::Set(_) => "set(",
                _ => "map(",
            })?;
            if matches!(**element, Type::Tuple(_) | Type::Object(_)) {
                new_line(out, inner)?;
                write_type_lines(out, element, inner)?;
                out.write_char(',')?;
                new_line(out, indent)?;
            } else {
                write_type_lines(out, element, indent)?;
            }
            out.write_char(')')
        }
        Type::Tuple(items) if items.is_empty() => out.write_str("tuple([])"),
        Type::Tuple(items) => {
            out.write_str("tuple([")?;
            for item in items.iter() {
                new_line(out, inner)?;
                write_type_lines(out, item, inner)?;
                out.write_char(',')?;
            }
            new_line(out, indent)?;
            out.write_str("])")
        }
        Type::Object(object) if object.attributes.is_empty() => out.write_str("object({})"),
        Type::Object(object) => {
            out.write_str("object({")?;
            for (name, ty) in &object.attributes {
                new_line(out, inner)?;
                write!(out, "{name}: ")?;
                write_type_lines(out, ty, inner)?;
                out.write_char(',')?;
            }
            new_line(out, indent)?;
            out.write_str("})")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_as_the_console_writes_them() {
        let value = Value::object([
            ("a", Value::list(Type::Number, vec![1i64.into(), 2i64.into()])),
            ("b", Value::map(Type::String, [])),
            ("c", Value::null(Type::list(Type::Number))),
            ("d", Value::from("x").marked(Marks::SENSITIVE)),
            ("e", Value::tuple(vec![Value::unknown(Type::Bool), Value::null(Type::Dynamic)])),
        ]);
        assert_eq!(
            display(&value),
            "{\n  \"a\" = tolist([\n    1,\n    2,\n  ])\n  \"b\" = tomap({})\n  \"c\" = tolist(null) /* of number */\n  \
             \"d\" = (sensitive value)\n  \"e\" = [\n    (known after apply),\n    null,\n  ]\n}"
        );
    }

    #[test]
    fn texts_of_several_lines_are_heredocs() {
        assert_eq!(display(&"a\nb\n".into()), "<<EOT\na\nb\n\nEOT");
        assert_eq!(display(&Value::tuple(vec!["x\n EOT\ny".into()])), "[\n  <<-EOT_\n  x\n   EOT\n  y\n  EOT_,\n]");
    }

    #[test]
    fn what_cannot_be_printed_is_escaped() {
        assert_eq!(
            display(&"a\tb\u{1}\u{200d}\u{a0}é🙂\u{e0001}\"\\".into()),
            r#""a\tb\x01\u200d\u00a0é🙂\U000e0001\"\\""#
        );
    }

    #[test]
    fn strings_are_normalised() {
        assert_eq!(Value::from("e\u{301}").as_str(), Some("é"));
    }

    #[test]
    fn types_on_one_line_and_on_many() {
        let object = Type::object([("a", Type::Number), ("b c", Type::list(Type::String)), ("d", Type::Dynamic)]);
        assert_eq!(type_text(&object), r#"object({a=number,"b c"=list(string),d=any})"#);
        assert_eq!(type_text(&Type::tuple([Type::Bool, Type::set(Type::Dynamic)])), "tuple([bool,set(any)])");
        let nested = Type::map(Type::list(Type::object([("x", Type::Dynamic)])));
        assert_eq!(type_display(&nested), "map(list(\n    object({\n        x: dynamic,\n    }),\n))");
        assert_eq!(type_display(&Type::tuple([])), "tuple([])");
    }
}

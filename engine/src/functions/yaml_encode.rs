//! `yamlencode`: values as YAML with every string in quotes or as a block.

use std::fmt::Write as _;

use libyaml_safer::{Emitter, Encoding, Event, MappingStyle, ScalarStyle, SequenceStyle};

use super::{Context, Function, FunctionError, Outcome, Parameter, any, string};
use crate::value::{Kind, Type, Value};

pub(super) static YAMLENCODE: Function = Function::new(
    "yamlencode",
    "The YAML text of a value.",
    &[Parameter::new("value", "The value to encode.", any).null().unknown().dynamic()],
    string,
    yamlencode,
);

fn yamlencode(_: &Context<'_>, args: &[Value]) -> Outcome {
    if !args[0].is_wholly_known() {
        return Ok(Value::unknown(Type::String));
    }
    let mut bytes = Vec::new();
    emit(&args[0], &mut bytes).map_err(|error| FunctionError::failed(error.to_string()))?;
    let text = String::from_utf8_lossy(&bytes);
    // The library ends a document that a later one could be taken into; here documents end so when they are a plain
    // scalar, and only then.
    let text = text.strip_suffix("\n...\n").map_or(text.to_string(), |it| format!("{it}\n"));
    let end = if matches!(args[0].kind(), Kind::Null(_) | Kind::Bool(_) | Kind::Number(_)) { "...\n" } else { "" };
    Ok((escape_beyond_basic_plane(&text) + end).into())
}

fn emit(value: &Value, out: &mut Vec<u8>) -> libyaml_safer::Result<()> {
    let mut emitter = Emitter::new();
    emitter.set_output_string(out);
    emitter.set_unicode(true);
    emitter.emit(Event::stream_start(Encoding::Utf8))?;
    emitter.emit(Event::document_start(None, &[], true))?;
    write(value, &mut emitter)?;
    emitter.emit(Event::document_end(true))?;
    emitter.emit(Event::stream_end())?;
    emitter.flush()
}

fn write(value: &Value, emitter: &mut Emitter<'_>) -> libyaml_safer::Result<()> {
    match value.kind() {
        Kind::Null(_) | Kind::Unknown(..) => plain("null", emitter),
        Kind::Bool(value) => plain(if *value { "true" } else { "false" }, emitter),
        Kind::Number(number) => plain(&number.to_string(), emitter),
        Kind::String(text) => write_string(text, emitter),
        Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) => {
            emitter.emit(Event::sequence_start(None, None, true, SequenceStyle::Block))?;
            for item in items.iter() {
                write(item, emitter)?;
            }
            emitter.emit(Event::sequence_end())
        }
        Kind::Map(_, items) | Kind::Object(items) => {
            emitter.emit(Event::mapping_start(None, None, true, MappingStyle::Block))?;
            for (key, item) in items.iter() {
                write_string(key, emitter)?;
                write(item, emitter)?;
            }
            emitter.emit(Event::mapping_end())
        }
    }
}

fn plain(text: &str, emitter: &mut Emitter<'_>) -> libyaml_safer::Result<()> {
    emitter.emit(Event::scalar(None, None, text, true, false, ScalarStyle::Plain))
}

fn write_string(text: &str, emitter: &mut Emitter<'_>) -> libyaml_safer::Result<()> {
    let block = text.contains('\n') && !text.chars().any(is_beyond_basic_plane);
    let style = if block { ScalarStyle::Literal } else { ScalarStyle::DoubleQuoted };
    emitter.emit(Event::scalar(None, None, text, false, true, style))
}

fn is_beyond_basic_plane(it: char) -> bool {
    it > '\u{ffff}'
}

/// Escapes characters that the format's first version could not have; they all stand between double quotes.
fn escape_beyond_basic_plane(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for it in text.chars() {
        if is_beyond_basic_plane(it) {
            write!(out, "\\U{:08X}", u32::from(it)).expect("writing to a string cannot fail");
        } else {
            out.push(it);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::testing::{invoke, v};

    #[track_caller]
    fn writes(cases: &[(&str, &str)]) {
        for (json, want) in cases {
            let got = invoke("yamlencode", &[v(json)]).unwrap();
            assert_eq!(got.as_str().unwrap(), *want, "{json}");
        }
    }

    #[test]
    fn collections() {
        writes(&[
            (
                "{\"foo\":[1,{\"a\":\"b\",\"c\":\"d\"},3],\"bar\":\"baz\"}",
                "\"bar\": \"baz\"\n\"foo\":\n- 1\n- \"a\": \"b\"\n  \"c\": \"d\"\n- 3\n",
            ),
            ("[[],{},[[\"a\"]]]", "- []\n- {}\n- - - \"a\"\n"),
            ("{}", "{}\n"),
            ("{\"a\":null,\"b\":{\"c\":true}}", "\"a\": null\n\"b\":\n  \"c\": true\n"),
        ]);
    }

    #[test]
    fn scalars() {
        writes(&[
            ("5", "5\n...\n"),
            ("null", "null\n...\n"),
            ("\"\"", "\"\"\n"),
            ("\"yes\"", "\"yes\"\n"),
            ("\"back\\\\slash\\u0001\\t\"", "\"back\\\\slash\\x01\\t\"\n"),
            ("\"żółw 😀\"", "\"żółw \\U0001F600\"\n"),
            ("\" x\u{2028}y\u{85}\"", "\" x\\Ly\\N\"\n"),
        ]);
    }

    #[test]
    fn blocks() {
        writes(&[
            ("\"a\\nb\"", "|-\n  a\n  b\n"),
            ("\"a\\nb\\n\"", "|\n  a\n  b\n"),
            ("\"x\\n\\n\"", "|+\n  x\n\n"),
            ("{\"a\":\" lead\\nx\"}", "\"a\": |2-\n   lead\n  x\n"),
            ("[{\"a\":\"x\\ny\"}]", "- \"a\": |-\n    x\n    y\n"),
            ("\"a\\nb\\tc\"", "\"a\\nb\\tc\"\n"),
            ("\"trail \\nx\"", "\"trail \\nx\"\n"),
            ("\"emoji 😀\\nnext\"", "\"emoji \\U0001F600\\nnext\"\n"),
            ("{\"a\\nb\":1}", "? |-\n  a\n  b\n: 1\n"),
            ("\"\\n\"", "|2+\n\n"),
        ]);
    }

    #[test]
    fn long_lines_are_folded() {
        let (a, b, c) = ("a".repeat(43), "b".repeat(50), "c".repeat(23));
        writes(&[(&format!("\"{a} {b} {c}\""), &format!("\"{a} {b}\n  {c}\"\n"))]);
    }
}

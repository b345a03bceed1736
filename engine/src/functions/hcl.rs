//! Functions of the built-in provider: values as the language writes them, and back.

use std::fmt::Write as _;

use super::template::summarize;
use super::{Context, Function, FunctionError, Outcome, Parameter, any, quote, string, text};
use crate::text::is_identifier;
use crate::value::{Kind, Refinement, Type, Value};

const STEP: usize = 2;

/// The functions of the built-in `terraform` provider, sorted by name.
pub static TERRAFORM_PROVIDER: [Function; 3] = [DECODE_TFVARS, ENCODE_EXPR, ENCODE_TFVARS];

const ENCODE_TFVARS: Function = Function::new(
    "encode_tfvars",
    "The text of a .tfvars file for the attributes of an object.",
    &[Parameter::new("value", "An object of values by the names of variables.", any)],
    string,
    encode_tfvars,
);

const DECODE_TFVARS: Function = Function::new(
    "decode_tfvars",
    "An object of the values in the text of a .tfvars file.",
    &[Parameter::new("src", "The text of the file.", string)],
    any,
    |ctx: &Context<'_>, args| {
        (ctx.read_tfvars)(text(args, 0)).map_err(|errors| FunctionError::failed(summarize(&errors)))
    },
);

const ENCODE_EXPR: Function = Function::new(
    "encode_expr",
    "The expression that stands for a value.",
    &[Parameter::new("value", "The value to write.", any).unknown().dynamic()],
    string,
    encode_expr,
);

fn encode_tfvars(_: &Context<'_>, args: &[Value]) -> Outcome {
    let items = match args[0].kind() {
        Kind::Object(items) | Kind::Map(_, items) => items,
        _ => {
            let message = "invalid value to encode: must be an object whose attribute names will become the encoded \
                           variable names";
            return Err(FunctionError::failed(message));
        }
    };
    if let Some(name) = items.keys().find(|it| !is_identifier(it)) {
        let message = format!("invalid variable name {}: must be a valid identifier", quote(name));
        return Err(FunctionError::failed(message));
    }
    if !args[0].is_wholly_known() {
        return Ok(Value::unknown(Type::String));
    }
    let mut out = String::new();
    write_lines(items.iter().map(|(name, value)| (name.to_string(), value)), 0, &mut out);
    Ok(out.into())
}

/// A wholly known value as an expression.
pub(crate) fn expression_text(value: &Value) -> String {
    let mut out = String::new();
    write_value(value, 0, &mut out);
    out
}

fn encode_expr(_: &Context<'_>, args: &[Value]) -> Outcome {
    if args[0].is_wholly_known() {
        return Ok(expression_text(&args[0]).into());
    }
    let start = match args[0].kind() {
        Kind::List(..) | Kind::Set(..) | Kind::Tuple(_) => Some("["),
        Kind::Map(..) | Kind::Object(_) => Some("{"),
        _ => None,
    };
    Ok(Kind::Unknown(Type::String, Refinement { prefix: start.map(Into::into), ..Refinement::default() }).into())
}

/// Writes a value; lines after the first one are indented.
fn write_value(value: &Value, indent: usize, out: &mut String) {
    match value.kind() {
        Kind::Null(_) | Kind::Unknown(..) => out.push_str("null"),
        Kind::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Kind::Number(number) => out.push_str(&number.to_string()),
        Kind::String(text) => write_string(text, out),
        Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) => write_sequence(items, indent, out),
        Kind::Map(_, items) | Kind::Object(items) if items.is_empty() => out.push_str("{}"),
        Kind::Map(_, items) | Kind::Object(items) => {
            out.push_str("{\n");
            let name = |name: &str| {
                if is_identifier(name) {
                    return name.to_owned();
                }
                let mut quoted = String::new();
                write_string(name, &mut quoted);
                quoted
            };
            write_lines(items.iter().map(|(key, value)| (name(key), value)), indent + STEP, out);
            write!(out, "{:indent$}}}", "").expect("writing to a string cannot fail");
        }
    }
}

fn write_sequence(items: &[Value], indent: usize, out: &mut String) {
    out.push('[');
    let text = |item: &Value| {
        let mut text = String::new();
        write_value(item, indent, &mut text);
        text
    };
    let texts: Vec<String> = items.iter().map(text).collect();
    let last_long = texts.iter().rposition(|it| it.contains('\n')).unwrap_or(0);
    for (at, mut text) in texts.into_iter().enumerate() {
        // A bracket that closes stands one step further in when another one opens on its line and stays open.
        if at < last_long && text.contains('\n') {
            let last_line = text.rfind('\n').map_or(0, |it| it + 1);
            text.insert_str(last_line, &" ".repeat(STEP));
        }
        out.push_str(if at > 0 { ", " } else { "" });
        out.push_str(&text);
    }
    out.push(']');
}

/// Writes arguments line by line; the `=` of neighbours of one line each are below each other.
fn write_lines<'v>(items: impl Iterator<Item = (String, &'v Value)>, indent: usize, out: &mut String) {
    let lines: Vec<(String, String)> = items
        .map(|(name, value)| {
            let mut text = String::new();
            write_value(value, indent, &mut text);
            (name, text)
        })
        .collect();
    let mut rest = &lines[..];
    while !rest.is_empty() {
        let short = rest.iter().take_while(|(_, text)| !text.contains('\n')).count();
        let (group, after) = rest.split_at(short.max(1));
        let width = if short == 0 { 0 } else { group.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0) };
        for (name, text) in group {
            writeln!(out, "{:indent$}{name:width$} = {text}", "").expect("writing to a string cannot fail");
        }
        rest = after;
    }
}

/// Writes a text in quotes, as a file has it.
pub(crate) fn write_string(text: &str, out: &mut String) {
    out.push('"');
    let mut rest = text.chars().peekable();
    while let Some(it) = rest.next() {
        match it {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '$' | '%' => {
                out.push(it);
                if rest.peek() == Some(&'{') {
                    out.push(it);
                }
            }
            it if crate::value::is_printable(it) => out.push(it),
            it => {
                let code = u32::from(it);
                let escape = if code < 0x10000 { format!("\\u{code:04x}") } else { format!("\\U{code:08x}") };
                out.push_str(&escape);
            }
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, invoke, v};
    use super::*;

    #[track_caller]
    fn encoded(name: &str, value: &str, want: &str) {
        let name = format!("provider::terraform::{name}");
        assert_eq!(invoke(&name, &[v(value)]).unwrap(), Value::from(want), "{value}");
    }

    #[test]
    fn expressions() {
        encoded("encode_expr", "[1,\"a\",null,true,[],{}]", "[1, \"a\", null, true, [], {}]");
        encoded(
            "encode_expr",
            "{\"b\":1,\"a\":{\"c\":\"d\"},\"e f\":2}",
            "{\n  a = {\n    c = \"d\"\n  }\n  b     = 1\n  \"e f\" = 2\n}",
        );
        encoded("encode_expr", "[[1,2],{\"a\":[true]}]", "[[1, 2], {\n  a = [true]\n}]");
        encoded(
            "encode_expr",
            "{\"a\":[{\"b\":1},{\"c\":2}],\"ccc\":4}",
            "{\n  a = [{\n    b = 1\n    }, {\n    c = 2\n  }]\n  ccc = 4\n}",
        );
        encoded("encode_expr", "\"a$${b} %{c} \\u0001 😀 \\u00a0 \\t\"", "\"a$$${b} %%{c} \\u0001 😀 \\u00a0 \\t\"");
        encoded("encode_expr", "[{\"b\":1},null,{\"c\":2},3]", "[{\n  b = 1\n  }, null, {\n  c = 2\n}, 3]");
        check("provider::terraform::encode_expr", &[("[null]", "!must not be null")]);
    }

    #[test]
    fn variables() {
        encoded(
            "encode_tfvars",
            "{\"aaa\":\"m\",\"b\":{\"x\":1,\"yy\":{}},\"cc\":[],\"ddd\":[{},[1,{\"q\":1}]]}",
            "aaa = \"m\"\nb = {\n  x  = 1\n  yy = {}\n}\ncc = []\nddd = [{}, [1, {\n  q = 1\n}]]\n",
        );
        let name = "provider::terraform::encode_tfvars";
        check(
            name,
            &[("[{\"bad name\":1}]", "!invalid variable name \"bad name\""), ("[\"x\"]", "!must be an object")],
        );
        assert!(invoke(name, &[Value::object([("a", Value::unknown(Type::Number))])]).unwrap().is_unknown());
    }
}

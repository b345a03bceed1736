//! JSON, Base64, URL and gzip encoding of strings and values.

use std::borrow::Cow;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use flate2::{Compress, Compression, Crc, FlushCompress};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Context, Function, FunctionError, Outcome, Parameter, any, quote, string, text};
use crate::value::{Kind, Refinement, Type, Value, infer_json};

const STR: Parameter = Parameter::new("str", "The string to work on.", string);

/// Base64 that does not mind what stands in the unused bits of the last digit.
const LENIENT: GeneralPurpose =
    GeneralPurpose::new(&alphabet::STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));

pub(super) static BASE64ENCODE: Function =
    Function::new("base64encode", "Base64 of the UTF-8 bytes of a string.", &[STR], string, |_, args| {
        Ok(to_base64(text(args, 0)).into())
    });

pub(super) static BASE64DECODE: Function =
    Function::new("base64decode", "The UTF-8 string of which a text is the Base64.", &[STR], string, |_, args| {
        let given = text(args, 0);
        let error = |why: &str| FunctionError::failed(format!("failed to decode base64 data {}{why}", quote(given)));
        let bytes = from_base64(given).ok_or_else(|| error(""))?;
        let decoded = String::from_utf8(bytes);
        Ok(decoded.map_err(|_| error(": the result is not valid UTF-8"))?.into())
    });

pub(super) static BASE64GZIP: Function =
    Function::new("base64gzip", "Base64 of a string compressed with gzip.", &[STR], string, |_, args| {
        Ok(to_base64(gzip(text(args, 0).as_bytes())).into())
    });

pub(super) static URLENCODE: Function = Function::new(
    "urlencode",
    "A string with everything escaped that means something in the query of a URL.",
    &[STR],
    string,
    |_, args| {
        const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b' ');
        Ok(utf8_percent_encode(text(args, 0), ESCAPED).to_string().replace(' ', "+").into())
    },
);

pub(super) static JSONENCODE: Function = Function::new(
    "jsonencode",
    "The JSON text of a value.",
    &[Parameter::new("val", "The value to encode.", any).null().unknown().dynamic()],
    string,
    jsonencode,
);

pub(super) static JSONDECODE: Function =
    Function::new("jsondecode", "The value of a JSON text.", &[STR], any, |_, args| {
        let error = |error: serde_json::Error| FunctionError::failed(format!("invalid JSON: {error}"));
        Ok(infer_json(&serde_json::from_str(&without_lone_surrogates(text(args, 0))).map_err(error)?))
    })
    .nullable();

/// JSON text in which half a pair of surrogates is the replacement character, as no string can hold it.
fn without_lone_surrogates(json: &str) -> Cow<'_, str> {
    let unit = |at: usize| {
        let digits = json.get(at..)?.strip_prefix("\\u")?.get(..4)?;
        u16::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'))
    };
    let (mut out, mut done, mut from) = (String::new(), 0, 0);
    while let Some(found) = json[from..].find('\\') {
        let at = from + found;
        from = match (unit(at), unit(at + 6)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => at + 12,
            (Some(0xD800..=0xDFFF), _) => {
                out.push_str(&json[done..at]);
                out.push_str("\\ufffd");
                done = at + 6;
                done
            }
            (Some(_), _) => at + 6,
            // What stands after the backslash may be one that escapes nothing.
            (None, _) => at + 1 + json[at + 1..].chars().next().map_or(0, char::len_utf8),
        };
    }
    if done == 0 { json.into() } else { (out + &json[done..]).into() }
}

/// Base64 of bytes.
pub(super) fn to_base64(bytes: impl AsRef<[u8]>) -> String {
    LENIENT.encode(bytes)
}

/// Bytes of Base64; line breaks in it mean nothing.
pub(super) fn from_base64(text: &str) -> Option<Vec<u8>> {
    LENIENT.decode(text.replace(['\r', '\n'], "")).ok()
}

/// A gzip file without name and time: the data, a flush, and an empty last block.
fn gzip(data: &[u8]) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    if data.is_empty() {
        out.extend([0, 0, 0, 0xff, 0xff]);
    } else {
        let mut deflate = Compress::new(Compression::default(), false);
        loop {
            out.reserve(data.len() / 2 + 64);
            let rest = &data[deflate.total_in() as usize..];
            deflate.compress_vec(rest, &mut out, FlushCompress::Sync).expect("deflate accepts all data");
            if deflate.total_in() as usize == data.len() && out.len() < out.capacity() {
                break;
            }
        }
    }
    out.extend([1, 0, 0, 0xff, 0xff]);
    let mut crc = Crc::new();
    crc.update(data);
    out.extend(crc.sum().to_le_bytes());
    out.extend(crc.amount().to_le_bytes());
    out
}

fn jsonencode(_: &Context<'_>, args: &[Value]) -> Outcome {
    let value = &args[0];
    if value.is_wholly_known() {
        return Ok(json_text(value)?.into());
    }
    let maybe_null = matches!(value.kind(), Kind::Unknown(_, known) if !known.not_null);
    let start = match value.ty() {
        _ if maybe_null => None,
        Type::String => Some("\""),
        Type::List(_) | Type::Set(_) | Type::Tuple(_) => Some("["),
        Type::Map(_) | Type::Object(_) => Some("{"),
        _ => None,
    };
    let known = Refinement { not_null: true, prefix: start.map(Into::into), ..Refinement::default() };
    Ok(Kind::Unknown(Type::String, known).into())
}

/// The JSON text of a wholly known value, without blanks, safe to put into HTML.
///
/// # Errors
/// An infinite number within.
pub(super) fn json_text(value: &Value) -> Result<String, FunctionError> {
    let mut out = String::new();
    write_json(value, &mut out)?;
    Ok(out)
}

fn write_json(value: &Value, out: &mut String) -> Result<(), FunctionError> {
    match value.kind() {
        Kind::Null(_) | Kind::Unknown(..) => out.push_str("null"),
        Kind::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Kind::Number(number) if number.is_infinite() => {
            return Err(FunctionError::failed("cannot serialize infinity as JSON"));
        }
        Kind::Number(number) => write!(out, "{number}").expect("writing to a string cannot fail"),
        Kind::String(text) => write_json_string(text, out),
        Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                write_json(item, out)?;
            }
            out.push(']');
        }
        Kind::Map(_, items) | Kind::Object(items) => {
            out.push('{');
            for (at, (name, item)) in items.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                write_json_string(name, out);
                out.push(':');
                write_json(item, out)?;
            }
            out.push('}');
        }
    }
    Ok(())
}

fn write_json_string(text: &str, out: &mut String) {
    out.push('"');
    for it in text.chars() {
        match it {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\0'..='\u{1f}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                write!(out, "\\u{:04x}", u32::from(it)).expect("writing to a string cannot fail");
            }
            it => out.push(it),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, invoke};
    use super::*;
    use crate::value::Number;

    #[test]
    fn base64() {
        check("base64encode", &[("[\"??>>~~\"]", "\"Pz8+Pn5+\""), ("[123]", "\"MTIz\"")]);
        check("base64decode", &[("[\"SGVs\\nbG8=\"]", "\"Hello\""), ("[\"YR==\"]", "\"a\""), ("[\"\"]", "\"\"")]);
        check(
            "base64decode",
            &[("[\"YQ\"]", "!failed to decode"), ("[\" YQ==\"]", "!failed"), ("[\"gIE=\"]", "!UTF-8")],
        );
    }

    #[test]
    fn half_a_pair_of_surrogates_is_replaced() {
        for (text, want) in [
            (r#""\ud83d\ude00""#, r#""\ud83d\ude00""#),
            (r#""\ud800\u0041""#, r#""\ufffd\u0041""#),
            (r#"["\udc00x", "\\ud800", "\ud800"]"#, r#"["\ufffdx", "\\ud800", "\ufffd"]"#),
            (r#""é\é\u12""#, r#""é\é\u12""#),
        ] {
            assert_eq!(without_lone_surrogates(text), want);
        }
    }

    #[test]
    fn gzip_is_flushed_before_its_end() {
        check("base64gzip", &[("[\"test\"]", "\"H4sIAAAAAAAA/ypJLS4BAAAA//8BAAD//wx+f9gEAAAA\"")]);
        check("base64gzip", &[("[\"\"]", "\"H4sIAAAAAAAA/wAAAP//AQAA//8AAAAAAAAAAA==\"")]);
        let long: String = (0..20_000).map(|it| char::from(b'a' + (it * it % 23) as u8)).collect();
        let mut text = String::new();
        let packed = gzip(long.as_bytes());
        std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&packed[..]), &mut text).unwrap();
        assert_eq!(text, long);
    }

    #[test]
    fn urls() {
        check("urlencode", &[("[\"a=1;b~c d-e_f.g*🙂\"]", "\"a%3D1%3Bb~c+d-e_f.g%2A%F0%9F%99%82\"")]);
    }

    #[test]
    fn json() {
        let ask = |value: Value| invoke("jsonencode", &[value]).unwrap().as_str().unwrap().to_owned();
        assert_eq!(
            ask(Value::from("<>&\u{2028}\u{7f}\u{8}\u{1f}é")),
            "\"\\u003c\\u003e\\u0026\\u2028\u{7f}\\b\\u001fé\""
        );
        assert_eq!(ask(Value::number(Number::parse("-0").unwrap())), "-0");
        assert_eq!(ask(Value::null(Type::Dynamic)), "null");
        check("jsonencode", &[("[{\"b\":[1.50,null,true],\"a\":{}}]", "\"{\\\"a\\\":{},\\\"b\\\":[1.5,null,true]}\"")]);
        check(
            "jsondecode",
            &[("[\"{\\\"b\\\":1,\\\"a\\\":[null]}\"]", "{\"a\":[null],\"b\":1}"), ("[\"null\"]", "null")],
        );
        check("jsondecode", &[("[\"\"]", "!invalid JSON"), ("[\"[1] x\"]", "!invalid JSON"), ("[\"01\"]", "!invalid")]);
        assert!(invoke("jsonencode", &[Value::number(Number::infinity(false))]).is_err());
    }

    #[test]
    fn the_start_of_unknown_json_may_be_known() {
        let value = Value::object([("a", Value::unknown(Type::Dynamic))]);
        let result = invoke("jsonencode", &[value]).unwrap();
        assert!(matches!(result.kind(), Kind::Unknown(_, known) if known.prefix.as_deref() == Some("{")));
        let result = invoke("jsonencode", &[Value::unknown(Type::String)]).unwrap();
        assert!(matches!(result.kind(), Kind::Unknown(_, known) if known.prefix.is_none()));
    }
}

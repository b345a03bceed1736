//! `yamldecode`: values from YAML 1.1, by the core schema's numbers and the older version's bools and timestamps.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use dashu_int::IBig;
use jiff::civil::DateTime;
use libyaml_safer::{Event, EventData, Parser, ScalarStyle};
use regex::Regex;

use super::encoding::from_base64;
use super::{Context, Function, FunctionError, Parameter, any, quote, string, text};
use crate::value::{Number, Type, Value, convert};

pub(super) static YAMLDECODE: Function = Function::new(
    "yamldecode",
    "The value of a YAML document.",
    &[Parameter::new("src", "Text of the document.", string)],
    any,
    |_: &Context<'_>, args| decode(text(args, 0)).map_err(FunctionError::failed),
)
.nullable();

/// The handle `!!` in full.
const STANDARD: &str = "tag:yaml.org,2002:";

/// The scanner takes time by the square of the depth.
const MAX_DEPTH: usize = 1000;

fn decode(text: &str) -> Result<Value, String> {
    // The scanner needs the end of the last line; a block scalar that ends there must not have it.
    let unended = !text.ends_with(['\n', '\r']);
    let closed = if unended { format!("{text}\n") } else { text.to_owned() };
    let mut input = closed.as_bytes();
    let mut parser = Parser::new();
    parser.set_input_string(&mut input);
    let added_break = unended.then_some(text.len() as u64);
    let mut reader = Reader { parser, anchors: BTreeMap::new(), depth: 0, added_break };
    reader.next()?;
    match reader.next()?.data {
        EventData::DocumentStart { version_directive: Some(version), .. }
            if (version.major, version.minor) != (1, 1) =>
        {
            return Err("the document is of a version of YAML other than 1.1".into());
        }
        EventData::DocumentStart { .. } => {}
        _ => return Err("missing start of document".into()),
    }
    let first = reader.next()?;
    let value = reader.node(first)?;
    reader.next()?;
    match reader.next()?.data {
        EventData::StreamEnd => Ok(value),
        _ => Err("unexpected extra content after value".into()),
    }
}

struct Reader<'t> {
    parser: Parser<&'t mut &'t [u8]>,
    /// Values by anchor; `None` for one whose value is still being read.
    anchors: BTreeMap<String, Option<Value>>,
    /// Sequences and mappings around the present event.
    depth: usize,
    /// Where a line break stands that the document itself does not have, in bytes.
    added_break: Option<u64>,
}

impl Reader<'_> {
    fn next(&mut self) -> Result<Event, String> {
        self.parser.parse().map_err(|error| error.to_string())
    }

    /// The value that starts with an event.
    fn node(&mut self, event: Event) -> Result<Value, String> {
        stacker::maybe_grow(64 * 1024, 1024 * 1024, || match event.data {
            EventData::Alias { anchor } => match self.anchors.get(&anchor) {
                Some(Some(value)) => Ok(value.clone()),
                Some(None) => Err(format!("cannot refer to anchor {} from inside its own definition", quote(&anchor))),
                None => Err(format!("reference to undefined anchor {}", quote(&anchor))),
            },
            EventData::Scalar { anchor, tag, value, style, .. } => {
                let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
                let to_the_end = self.added_break.is_some_and(|it| event.end_mark.index > it);
                let text = match block && to_the_end {
                    true => value.strip_suffix('\n').unwrap_or(&value),
                    false => &value,
                };
                let value = scalar(tag.as_deref(), text, style)?;
                Ok(self.anchored(anchor, value))
            }
            EventData::SequenceStart { anchor, tag, .. } => {
                check_tag(tag.as_deref(), "seq", "sequence")?;
                self.announce(anchor.as_ref());
                let value = self.deeper(Self::sequence)?;
                Ok(self.anchored(anchor, value))
            }
            EventData::MappingStart { anchor, tag, .. } => {
                check_tag(tag.as_deref(), "map", "mapping")?;
                self.announce(anchor.as_ref());
                let value = self.deeper(Self::mapping)?;
                Ok(self.anchored(anchor, value))
            }
            _ => Err("a value is missing".into()),
        })
    }

    fn deeper(&mut self, read: impl FnOnce(&mut Self) -> Result<Value, String>) -> Result<Value, String> {
        if self.depth >= MAX_DEPTH {
            return Err(format!("sequences and mappings are nested deeper than {MAX_DEPTH}"));
        }
        self.depth += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn announce(&mut self, anchor: Option<&String>) {
        if let Some(anchor) = anchor {
            self.anchors.insert(anchor.clone(), None);
        }
    }

    fn anchored(&mut self, anchor: Option<String>, value: Value) -> Value {
        if let Some(anchor) = anchor {
            self.anchors.insert(anchor, Some(value.clone()));
        }
        value
    }

    fn sequence(&mut self) -> Result<Value, String> {
        let mut items = Vec::new();
        loop {
            let event = self.next()?;
            if event.data == EventData::SequenceEnd {
                return Ok(Value::tuple(items));
            }
            items.push(self.node(event)?);
        }
    }

    fn mapping(&mut self) -> Result<Value, String> {
        let mut items: BTreeMap<Arc<str>, Value> = BTreeMap::new();
        loop {
            let (merge, key) = match self.next()?.data {
                EventData::MappingEnd => return Ok(Value::object(items)),
                EventData::Scalar { tag, value, style, .. } => (
                    tag.is_none() && style == ScalarStyle::Plain && value == "<<",
                    scalar(tag.as_deref(), &value, style)?,
                ),
                _ => return Err("only strings are allowed as mapping keys".into()),
            };
            let event = self.next()?;
            let value = self.node(event)?;
            if merge {
                let Some(more) = value.as_map() else {
                    return Err(format!("cannot merge {} into mapping", value.ty().friendly_name()));
                };
                items.extend(more.iter().map(|(key, value)| (key.clone(), value.clone())));
                continue;
            }
            let key = convert(&key, &Type::String).map_err(|error| error.reason)?;
            items.insert(key.as_str().ok_or("mapping key cannot be null")?.into(), value);
        }
    }
}

fn check_tag(tag: Option<&str>, standard: &str, what: &str) -> Result<(), String> {
    match tag {
        Some(tag) if tag.strip_prefix(STANDARD) != Some(standard) => Err(format!("can't interpret {what} as {tag}")),
        _ => Ok(()),
    }
}

fn scalar(tag: Option<&str>, text: &str, style: ScalarStyle) -> Result<Value, String> {
    let plain = style == ScalarStyle::Plain;
    let Some(tag) = tag else {
        let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        // The oracle takes a block without content for a value that was left out.
        return match text {
            "" if block => Ok(Value::null(Type::String)),
            _ if plain => untagged(text),
            _ => Ok(text.into()),
        };
    };
    let cannot = || format!("cannot parse {} as {tag}", quote(text));
    match tag.strip_prefix(STANDARD) {
        Some("str") => Ok(text.into()),
        Some("binary") if from_base64(text).is_some() => Ok(text.into()),
        Some("timestamp") => timestamp(text).map(Value::from).ok_or_else(cannot),
        Some("null") if plain => Ok(Value::null(Type::Dynamic)),
        Some("null") if text.is_empty() => Ok(text.into()),
        Some("int" | "float" | "bool") => {
            let value = constant(text)?.or_else(|| number(text).map(Value::number)).ok_or_else(cannot)?;
            Ok(if plain { value } else { text.into() })
        }
        Some("binary" | "null") => Err(cannot()),
        _ => Err(format!("unsupported tag {}", quote(tag))),
    }
}

/// A plain scalar without tag: what it looks like.
fn untagged(text: &str) -> Result<Value, String> {
    if let Some(constant) = constant(text)? {
        return Ok(constant);
    }
    if let Some(timestamp) = timestamp(text) {
        return Ok(timestamp.into());
    }
    Ok(number(text).map_or_else(|| text.into(), Value::number))
}

fn constant(text: &str) -> Result<Option<Value>, String> {
    Ok(Some(match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::null(Type::Dynamic),
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "true" | "True" | "TRUE" => true.into(),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" | "false" | "False" | "FALSE" => false.into(),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Value::number(Number::infinity(false)),
        "-.inf" | "-.Inf" | "-.INF" => Value::number(Number::infinity(true)),
        ".nan" | ".NaN" | ".NAN" => return Err("floating point NaN is not supported".into()),
        _ => return Ok(None),
    }))
}

fn number(text: &str) -> Option<Number> {
    static DECIMAL: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?$").expect("the pattern is valid")
    });
    let radix = |prefix: &str, radix: u32| {
        let digits = text.strip_prefix(prefix)?;
        let digits = Some(digits).filter(|it| !it.is_empty() && it.chars().all(|it| it.is_digit(radix)))?;
        IBig::from_str_radix(digits, radix).ok().map(Number::from_integer)
    };
    if DECIMAL.is_match(text) { Number::parse(text) } else { radix("0x", 16).or_else(|| radix("0o", 8)) }
}

/// A date or a point in time, as RFC 3339 without fractions of a second.
fn timestamp(text: &str) -> Option<String> {
    static FORM: LazyLock<Regex> = LazyLock::new(|| {
        let form = r"(?x) ^ ([0-9]{4}) - ([0-9]{1,2}) - ([0-9]{1,2})
            (?: (?: [Tt] | (?<blank> \x20 ) ) ([0-9]{1,2}) : ([0-9]{1,2}) : ([0-9]{1,2}) (?: \.[0-9]+ )?
                (?<zone> Z | [-+][0-9]{2}:[0-9]{2} )? )? $";
        Regex::new(form).expect("the pattern is valid")
    });
    if !text.as_bytes().first().is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let found = FORM.captures(text)?;
    let part = |at: usize| found.get(at).map_or(Some(0), |it| it.as_str().parse::<i8>().ok());
    let (hour, minute, second) = (part(5)?, part(6)?, part(7)?);
    let zone = found.name("zone").map(|it| it.as_str());
    let zone = match (found.name("blank"), found.get(5), zone) {
        (_, None, _) | (Some(_), Some(_), None) => "Z",
        (None, Some(_), Some(zone)) => zone,
        _ => return None,
    };
    let time = DateTime::new(found[1].parse().ok()?, part(2)?, part(3)?, hour, minute, second, 0).ok()?;
    let zone = if matches!(zone, "+00:00" | "-00:00") { "Z" } else { zone };
    Some(format!("{}{zone}", time.strftime("%Y-%m-%dT%H:%M:%S")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads(cases: &[(&str, &str)]) {
        for (text, want) in cases {
            let got = match decode(text) {
                Ok(value) => crate::value::to_json(&value, None).to_string(),
                Err(error) => format!("!{error}"),
            };
            match want.strip_prefix('!') {
                Some(part) => assert!(got.starts_with('!') && got.contains(part), "{text:?}: {got}"),
                None => assert_eq!(&got, want, "{text:?}"),
            }
        }
    }

    #[test]
    fn plain_scalars() {
        reads(&[
            (
                "[Yes, yEs, On, oN, n, Null, nULL, ~, '~', \"\"]",
                "[true,\"yEs\",true,\"oN\",false,null,\"nULL\",null,\"~\",\"\"]",
            ),
            (
                "[1, 017, 0x1F, 0o17, 0o18, 0b11, 0X1F, +0x1f, 1_000]",
                "[1,17,31,15,\"0o18\",\"0b11\",\"0X1F\",\"+0x1f\",\"1_000\"]",
            ),
            (
                "[1e3, .5, +.5, 1., 1e, 1.5.2, 1-2, inf, +, -017]",
                "[1000,0.5,0.5,1,\"1e\",\"1.5.2\",\"1-2\",\"inf\",\"+\",-17]",
            ),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
            (".nan", "!NaN"),
        ]);
    }

    #[test]
    fn block_scalars_at_the_end_of_the_last_line() {
        reads(&[
            ("|\n  t\n  u", "\"t\\nu\""),
            ("a: |\n  t", "{\"a\":\"t\"}"),
            ("a: |\n  t\nb: >\n  é\n  f", "{\"a\":\"t\\n\",\"b\":\"é f\"}"),
            ("- |+\n  t\n\n", "[\"t\\n\\n\"]"),
            ("a: |\n  t\nb: c", "{\"a\":\"t\\n\",\"b\":\"c\"}"),
            ("- |+\n  t", "[\"t\"]"),
        ]);
    }

    #[test]
    fn timestamps() {
        reads(&[
            ("2020-1-2", "\"2020-01-02T00:00:00Z\""),
            ("2020-01-02t3:4:5+02:00", "\"2020-01-02T03:04:05+02:00\""),
            ("2020-01-02 03:04:05.123", "\"2020-01-02T03:04:05Z\""),
            ("2020-01-02 03:04:05Z", "\"2020-01-02 03:04:05Z\""),
            ("2020-01-02T03:04:05", "\"2020-01-02T03:04:05\""),
            ("2020-02-30", "\"2020-02-30\""),
            ("'2020-01-02'", "\"2020-01-02\""),
            ("2001-12-14 21:59:43.10 -5", "\"2001-12-14 21:59:43.10 -5\""),
        ]);
    }

    #[test]
    fn collections() {
        reads(&[
            ("a: {b: [c, {d: e}]}\nf: [\n  g,\n  h\n]", "{\"a\":{\"b\":[\"c\",{\"d\":\"e\"}]},\"f\":[\"g\",\"h\"]}"),
            ("a: |\n  x\n  y\nb: >\n  x\n  y\n", "{\"a\":\"x\\ny\\n\",\"b\":\"x y\\n\"}"),
            ("yes: 1\n1.50: 2\n2020-01-01: 3\n'': 4", "{\"\":4,\"1.5\":2,\"2020-01-01T00:00:00Z\":3,\"true\":1}"),
            ("? a\n? b\n: c", "{\"a\":null,\"b\":\"c\"}"),
            ("a: 1\na: 2", "{\"a\":2}"),
            ("---\n...\n", "null"),
            ("%YAML 1.1\n---\nx", "\"x\""),
            ("~: x", "!cannot be null"),
            ("? [a]\n: b", "!only strings"),
            ("", "!missing start"),
            ("a: 1\n---\nb: 2\n", "!extra content"),
            ("%YAML 1.2\n---\nx", "!version"),
            ("a: b: c", "!mapping values are not allowed"),
            ("\tx: 1", "!cannot start any token"),
            ("[a, b", "!',' or ']'"),
        ]);
    }

    #[test]
    fn anchors_and_merges() {
        reads(&[
            ("{a: &x [1], b: *x}", "{\"a\":[1],\"b\":[1]}"),
            ("- &a x\n- *a\n- &a y\n- *a", "[\"x\",\"x\",true,true]"),
            ("base: &b {x: 1, z: 2}\nd:\n  <<: *b\n  z: 3", "{\"base\":{\"x\":1,\"z\":2},\"d\":{\"x\":1,\"z\":3}}"),
            ("a: 1\n<<: {a: 2}", "{\"a\":2}"),
            ("a: <<", "{\"a\":\"<<\"}"),
            ("<<: [{a: 1}]", "!cannot merge tuple"),
            ("*nope", "!undefined anchor \"nope\""),
            ("a: &x\n  b: *x", "!inside its own definition"),
            ("&k a: *k", "!undefined anchor"),
        ]);
    }

    #[test]
    fn tags() {
        reads(&[
            ("[!!str 123, !!float 1, !!int 1.5, !!bool yes, !!null x, !!float 0x10]", "[\"123\",1,1.5,true,null,16]"),
            ("[!!int '12', !!null '', !!binary aGVsbG8=]", "[\"12\",\"\",\"aGVsbG8=\"]"),
            ("!!timestamp 2020-01-02", "\"2020-01-02T00:00:00Z\""),
            ("!!int x", "!cannot parse \"x\""),
            ("!!int 2020-01-01", "!cannot parse"),
            ("!!binary '*'", "!cannot parse"),
            ("!foo x", "!unsupported tag \"!foo\""),
            ("!!set {a, b}", "!can't interpret mapping"),
            ("!!map [a]", "!can't interpret sequence"),
        ]);
    }
}

//! `format` and `formatlist`: verbs such as `%-5s` and what they make of values.

use std::str::FromStr;

use dashu_int::{IBig, Sign};

use super::encoding::json_text;
use super::string::graphemes;
use super::{Context, Function, FunctionError, LONGEST_FILL, Outcome, Parameter, any, string, strings, text};
use crate::value::{Kind, Number, Refinement, Type, Value, convert};

const FORMAT: Parameter = Parameter::new("format", "A text with a verb such as %s for each value.", string);
const ARGS: Parameter = Parameter::new("args", "Values for the verbs.", any).null().unknown();

pub(super) static FORMAT_FUNCTION: Function =
    Function::new("format", "Puts values into a text.", &[FORMAT], string, format).variadic(ARGS);

pub(super) static FORMATLIST: Function = Function::new(
    "formatlist",
    "Puts the values of lists into a text, one result for each set of elements.",
    &[FORMAT],
    strings,
    formatlist,
)
.variadic(ARGS);

fn format(_: &Context<'_>, args: &[Value]) -> Outcome {
    let (pattern, values) = (text(args, 0), &args[1..]);
    if values.iter().all(Value::is_wholly_known) {
        return Ok(render(pattern, &values.iter().collect::<Vec<_>>())?.into());
    }
    let prefix = pattern.split_once('%').map_or("", |(before, _)| before);
    let prefix = (!prefix.is_empty()).then(|| prefix.into());
    Ok(Kind::Unknown(Type::String, Refinement { prefix, ..Refinement::default() }).into())
}

fn formatlist(_: &Context<'_>, args: &[Value]) -> Outcome {
    let (pattern, values) = (text(args, 0), &args[1..]);
    let Some(rows) = row_count(values)? else {
        return Ok(Value::unknown(strings()));
    };
    let mut results = Vec::with_capacity(rows);
    for row in 0..rows {
        let cells: Vec<&Value> = values.iter().map(|it| it.as_slice().map_or(it, |items| &items[row])).collect();
        results.push(if cells.iter().all(|it| it.is_wholly_known()) {
            let result = render(pattern, &cells);
            result.map(Value::from).map_err(|error| match values {
                [] => error,
                _ => FunctionError::failed(format!("error on format iteration {row}: {}", error.message)),
            })?
        } else {
            Value::unknown(Type::String)
        });
    }
    Ok(Value::list(Type::String, results))
}

/// How many results there are: the common length of all sequences, 1 where there are none; `None` where that is unknown.
fn row_count(values: &[Value]) -> Result<Option<usize>, FunctionError> {
    let mut first: Option<(usize, usize)> = None;
    let mut known = true;
    for (at, value) in values.iter().enumerate() {
        let length = match value.kind() {
            Kind::List(_, items) | Kind::Tuple(items) => items.len(),
            Kind::Set(_, items) if items.len() < 2 || value.is_wholly_known() => items.len(),
            Kind::Unknown(Type::Tuple(types), _) => {
                known = false;
                types.len()
            }
            Kind::Set(..) | Kind::Unknown(Type::List(_) | Type::Set(_) | Type::Dynamic, _) => {
                known = false;
                continue;
            }
            _ => continue,
        };
        match first {
            None => first = Some((at, length)),
            Some((_, expected)) if expected == length => {}
            Some((chooser, expected)) => {
                let message = format!(
                    "argument {} has length {length}, which is inconsistent with argument {} of length {expected}",
                    at + 1,
                    chooser + 1
                );
                return Err(FunctionError::argument(at + 1, message));
            }
        }
    }
    Ok(known.then(|| first.map_or(1, |(_, length)| length)))
}

/// `%[flags][width][.precision][[index]]letter`
struct Verb<'p> {
    raw: &'p str,
    offset: usize,
    sharp: bool,
    zero: bool,
    minus: bool,
    plus: bool,
    space: bool,
    width: Option<usize>,
    precision: Option<usize>,
    /// Which value, from 1; the next one where there is none.
    index: Option<usize>,
    letter: char,
}

/// The pattern with all values put in.
fn render(pattern: &str, values: &[&Value]) -> Result<String, FunctionError> {
    let mut out = String::with_capacity(pattern.len());
    let (mut at, mut next, mut used) = (0, 1, 0);
    while let Some(found) = pattern[at..].find('%') {
        out.push_str(&pattern[at..at + found]);
        at += found;
        if pattern[at..].starts_with("%%") {
            out.push('%');
            at += 2;
            continue;
        }
        let verb = parse(pattern, at)?;
        let index = verb.index.unwrap_or(next);
        let value = values.get(index - 1).ok_or_else(|| {
            let (raw, offset, total) = (verb.raw, verb.offset, values.len());
            let message =
                format!("not enough arguments for \"{raw}\" at {offset}: need index {index} but have {total} total");
            FunctionError::failed(message)
        })?;
        (next, used) = (index + 1, used.max(index));
        verb.write(value, &mut out)?;
        at += verb.raw.len();
    }
    out.push_str(&pattern[at..]);
    if values.len() > used {
        let message = match used {
            0 => "too many arguments; no verbs in format string".into(),
            used => format!("too many arguments; only {used} used by format string"),
        };
        return Err(FunctionError::argument(used + 1, message));
    }
    Ok(out)
}

/// Reads the verb at `start`, where a `%` stands.
fn parse(pattern: &str, start: usize) -> Result<Verb<'_>, FunctionError> {
    let mut at = start + 1;
    let mut flags = String::new();
    while let Some(flag) = pattern[at..].chars().next().filter(|it| "#0-+ ".contains(*it)) {
        flags.push(flag);
        at += 1;
    }
    let width = digits(pattern, &mut at);
    let precision = if pattern[at..].starts_with('.') {
        at += 1;
        Some(digits(pattern, &mut at).unwrap_or(0))
    } else {
        None
    };
    if width.max(precision).is_some_and(|it| it > LONGEST_FILL) {
        let message = format!("the width or precision at offset {start} is greater than {LONGEST_FILL}");
        return Err(FunctionError::failed(message));
    }
    let index = if pattern[at..].starts_with('[') {
        at += 1;
        let index = digits(pattern, &mut at).filter(|_| !pattern[..at].ends_with("[0"));
        if index.is_none() || !pattern[at..].starts_with(']') {
            let wrong = if pattern[..at].ends_with("[0") { at - 1 } else { at };
            return Err(unrecognized(pattern, wrong));
        }
        at += 1;
        index
    } else {
        None
    };
    let letter = pattern[at..].chars().next().filter(char::is_ascii_alphabetic);
    let letter = letter.ok_or_else(|| unrecognized(pattern, at))?;
    let has = |flag| flags.contains(flag);
    Ok(Verb {
        raw: &pattern[start..=at],
        offset: start,
        sharp: has('#'),
        zero: has('0'),
        minus: has('-'),
        plus: has('+'),
        space: has(' '),
        width,
        precision,
        index,
        letter,
    })
}

fn digits(pattern: &str, at: &mut usize) -> Option<usize> {
    let count = pattern[*at..].bytes().take_while(u8::is_ascii_digit).count();
    let number = usize::from_str(&pattern[*at..*at + count]).ok();
    *at += count;
    number
}

fn unrecognized(pattern: &str, at: usize) -> FunctionError {
    FunctionError::failed(match pattern[at..].chars().next() {
        Some(it) => format!("unrecognized format character '{it}' at offset {at}"),
        None => format!("invalid format string starting at offset {at}"),
    })
}

impl Verb<'_> {
    fn write(&self, value: &Value, out: &mut String) -> Result<(), FunctionError> {
        if self.letter != 'v' && value.is_null() {
            return Err(self.unsupported("null value cannot be formatted"));
        }
        let text = match self.letter {
            'v' => self.pad(self.as_is(value)?),
            't' => self.converted(value, &Type::Bool)?.as_bool().unwrap_or_default().to_string(),
            's' => self.pad(self.string(value)?),
            'q' => self.pad(json_text(&self.string(value)?.into())?),
            'b' | 'd' | 'o' | 'x' | 'X' => self.integer(value)?,
            'e' | 'E' | 'f' | 'g' | 'G' => self.float(value)?,
            other => {
                let message =
                    format!("unsupported format verb '{other}' in \"{}\" at offset {}", self.raw, self.offset);
                return Err(FunctionError::failed(message));
            }
        };
        out.push_str(&text);
        Ok(())
    }

    fn unsupported(&self, why: impl std::fmt::Display) -> FunctionError {
        FunctionError::failed(format!("unsupported value for \"{}\" at {}: {why}", self.raw, self.offset))
    }

    fn converted(&self, value: &Value, ty: &Type) -> Result<Value, FunctionError> {
        convert(value, ty).map_err(|error| self.unsupported(error.reason))
    }

    /// `%v`: strings as they are, numbers short, everything else as JSON.
    fn as_is(&self, value: &Value) -> Result<String, FunctionError> {
        match value.kind() {
            Kind::String(text) if !self.sharp => Ok(text.to_string()),
            Kind::Number(number) if !self.sharp => Ok(general(number, None)),
            _ => json_text(value).map_err(|error| self.unsupported(error.message)),
        }
    }

    fn string(&self, value: &Value) -> Result<String, FunctionError> {
        let value = self.converted(value, &Type::String)?;
        let text = value.as_str().unwrap_or_default();
        Ok(match self.precision {
            None | Some(0) => text.to_owned(),
            Some(most) => graphemes(text).into_iter().take(most).collect(),
        })
    }

    fn number(&self, value: &Value) -> Result<Number, FunctionError> {
        let value = self.converted(value, &Type::Number)?;
        Ok(value.as_number().expect("it was converted and is not null").clone())
    }

    fn integer(&self, value: &Value) -> Result<String, FunctionError> {
        let number = self.number(value)?.as_integer().ok_or_else(|| self.unsupported("an integer is required"))?;
        let (sign, magnitude) = number.into_parts();
        let (radix, prefix) = match self.letter {
            'b' => (2, "0b"),
            'o' => (8, "0"),
            'x' => (16, "0x"),
            'X' => (16, "0X"),
            _ => (10, ""),
        };
        let mut digits = IBig::from(magnitude).in_radix(radix).to_string();
        if self.letter == 'X' {
            digits.make_ascii_uppercase();
        } else {
            digits.make_ascii_lowercase();
        }
        if digits == "0" && self.precision == Some(0) {
            return Ok(String::new());
        }
        let sign = self.sign(sign == Sign::Negative);
        let prefix = if self.sharp { prefix } else { "" };
        let mut zeros = self.precision.unwrap_or(0).saturating_sub(digits.len());
        let length = sign.len() + prefix.len() + zeros + digits.len();
        let fill = self.width.unwrap_or(0).saturating_sub(length);
        let (mut left, mut right) = (0, 0);
        match (self.minus, self.zero && self.precision.is_none()) {
            (true, _) => right = fill,
            (false, true) => zeros += fill,
            (false, false) => left = fill,
        }
        let (left, zeros, right) = (" ".repeat(left), "0".repeat(zeros), " ".repeat(right));
        Ok(format!("{left}{sign}{prefix}{zeros}{digits}{right}"))
    }

    fn float(&self, value: &Value) -> Result<String, FunctionError> {
        let number = self.number(value)?;
        let text = if number.is_infinite() {
            "Inf".into()
        } else {
            let number = number.absolute();
            match self.letter {
                'f' => number.to_fixed(self.precision.unwrap_or(6)),
                'e' | 'E' => scientific(&number, self.precision.unwrap_or(6)),
                _ => general(&number, self.precision),
            }
        };
        let text = if self.letter.is_ascii_uppercase() { text.replace('e', "E") } else { text };
        let plus_infinity = number.is_infinite() && !number.is_negative() && !self.space;
        let sign = if plus_infinity { "+" } else { self.sign(number.is_negative()) };
        let fill = self.width.unwrap_or(0).saturating_sub(sign.len() + text.len());
        Ok(match (self.minus, self.zero && !number.is_infinite()) {
            (true, _) => format!("{sign}{text}{}", " ".repeat(fill)),
            (false, true) => format!("{sign}{}{text}", "0".repeat(fill)),
            (false, false) => format!("{}{sign}{text}", " ".repeat(fill)),
        })
    }

    fn sign(&self, negative: bool) -> &'static str {
        match (negative, self.plus, self.space) {
            (true, ..) => "-",
            (false, true, _) => "+",
            (false, false, true) => " ",
            (false, false, false) => "",
        }
    }

    /// Fills up to the width, measured in characters that a reader sees.
    fn pad(&self, text: String) -> String {
        let Some(width) = self.width else { return text };
        let fill = width.saturating_sub(graphemes(&text).len());
        let fill = if self.zero { "0" } else { " " }.repeat(fill);
        if self.minus { text + &fill } else { fill + &text }
    }
}

/// `1.5e+09`
fn scientific(number: &Number, decimals: usize) -> String {
    let mut all = number.exact();
    all.round(decimals as i64 + 1);
    exponent_form(&all.digits, all.point, decimals)
}

/// `%g`: as many digits as asked for or as tell the number from its neighbours, with an exponent where it is far from 1.
fn general(number: &Number, digits: Option<usize>) -> String {
    if number.is_infinite() {
        return number.to_string();
    }
    let sign = if number.is_negative() { "-" } else { "" };
    let number = number.absolute();
    let mut all = number.shortest();
    if let Some(digits) = digits {
        all = number.exact();
        all.round(digits.max(1) as i64);
    }
    let count = all.digits.len();
    let exponent = all.point - 1;
    let limit = match digits {
        None => 6,
        Some(digits) if digits > count && count as i64 >= all.point => count as i64,
        Some(digits) => digits.max(1) as i64,
    };
    if count == 0 || (-4..limit).contains(&exponent) {
        return format!("{sign}{}", all.plain());
    }
    format!("{sign}{}", exponent_form(&all.digits, all.point, count - 1))
}

fn exponent_form(digits: &str, point: i64, decimals: usize) -> String {
    let exponent = if digits.is_empty() { 0 } else { point - 1 };
    let first = digits.get(..1).unwrap_or("0");
    let rest = digits.get(1..).unwrap_or("");
    let dot = if decimals > 0 { "." } else { "" };
    let direction = if exponent < 0 { '-' } else { '+' };
    let zeros = "0".repeat(decimals.saturating_sub(rest.len()));
    format!("{first}{dot}{rest}{zeros}e{direction}{:02}", exponent.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, invoke, v};
    use super::*;

    #[track_caller]
    fn formats(cases: &[(&str, &str, &str)]) {
        for (pattern, args, want) in cases {
            let mut all = vec![Value::from(*pattern)];
            all.extend(v(args).as_slice().unwrap().iter().cloned());
            let got = match invoke("format", &all) {
                Ok(value) if value.is_unknown() => "?".to_owned(),
                Ok(value) => value.as_str().unwrap().to_owned(),
                Err(error) => format!("!{}", error.message),
            };
            match want.strip_prefix('!') {
                Some(part) => assert!(got.starts_with('!') && got.contains(part), "{pattern} {args}: {got}"),
                None => assert_eq!(&got, want, "{pattern} {args}"),
            }
        }
    }

    #[test]
    fn widths_beyond_what_the_standard_library_takes() {
        let count = 70_000;
        for (pattern, args) in [("d", "[1]"), ("s", "[\"a\"]"), ("f", "[1]"), ("e", "[1]")] {
            for pattern in [format!("%{count}{pattern}"), format!("%-{count}{pattern}"), format!("%0{count}{pattern}")]
            {
                let text =
                    invoke("format", &[pattern.as_str().into(), v(args).as_slice().unwrap()[0].clone()]).unwrap();
                assert_eq!(text.as_str().unwrap().len(), count, "{pattern}");
            }
        }
        let fixed = invoke("format", &["%.70000f|%.70000e|%.70000d".into(), 1.into(), 1.into(), 1.into()]).unwrap();
        assert_eq!(fixed.as_str().unwrap().len(), "1.|1.e+00|".len() + 3 * count);
        formats(&[
            ("%99999999d", "[1]", "!the width or precision at offset 0 is greater than 16777216"),
            ("a%.99999999f", "[1]", "!at offset 1 is greater"),
        ]);
    }

    #[test]
    fn values_of_any_type() {
        formats(&[
            ("%v %v %v", "[true,1.50,\"x\"]", "true 1.5 x"),
            ("%v", "[{\"b\":1,\"a\":\"<\"}]", "{\"a\":\"\\u003c\",\"b\":1}"),
            ("%v %v %v %v", "[100000,1000000,21000000,0.00001]", "100000 1e+06 2.1e+07 1e-05"),
            ("%v %v", "[123456789,12345.678]", "1.23456789e+08 12345.678"),
            ("%#v %#v", "[1000000,\"a\\\"b\"]", "1000000 \"a\\\"b\""),
            ("%5v|%-5v|%05v|", "[1,2,3]", "    1|2    |00003|"),
            ("%v", "[null]", "?"),
        ]);
    }

    #[test]
    fn strings_and_bools() {
        formats(&[
            ("%s %s", "[1.5,true]", "1.5 true"),
            ("%10s|", "[\"żółw\"]", "      żółw|"),
            ("%-6s|%06s|", "[\"ab\",\"cd\"]", "ab    |0000cd|"),
            ("%.2s %.0s", "[\"żółw\",\"ab\"]", "żó ab"),
            ("%5s|", "[\"e\u{301}\"]", "    é|"),
            ("%q", "[\"<a>\\u0001\"]", "\"\\u003ca\\u003e\\u0001\""),
            ("%t|%5t|%-7t|", "[\"true\",true,true]", "true|true|true|"),
            ("%t", "[1]", "!bool required"),
            ("%s", "[[1]]", "!unsupported value for \"%s\" at 0: string required"),
        ]);
    }

    #[test]
    fn integers() {
        formats(&[
            ("%d %d %+d % d", "[4,\"-5\",12,12]", "4 -5 +12  12"),
            ("%-5d|%5d|%05d|%-05d|", "[42,42,-42,42]", "42   |   42|-0042|42   |"),
            ("%b %o %x %X", "[5,64,255,255]", "101 100 ff FF"),
            ("%#b %#o %#x %#X", "[5,8,255,255]", "0b101 010 0xff 0XFF"),
            ("%.3d|%6.3d|%.0d|", "[5,5,0]", "005|   005||"),
            ("%d", "[123456789012345678901234567890]", "123456789012345678901234567890"),
            ("%d", "[1.5]", "!an integer is required"),
            ("%d", "[\"x\"]", "!a number is required"),
            ("%x", "[-255]", "-ff"),
        ]);
    }

    #[test]
    fn floats() {
        formats(&[
            ("%f %.0f %.0f %.2f", "[1.5,0.5,1.5,0]", "1.500000 0 2 0.00"),
            ("%8.3f|%-8.1f|%08.3f", "[3.14159,3.14159,-3.14159]", "   3.142|3.1     |-003.142"),
            ("%+f % f", "[1.5,1.5]", "+1.500000  1.500000"),
            ("%e %E %.2e %.3e", "[12345.678,0,0,1e400]", "1.234568e+04 0.000000E+00 0.00e+00 1.000e+400"),
            ("%10.3e|%-12g|", "[12345.678,1.5]", " 1.235e+04|1.5         |"),
            ("%g %g %G", "[0.1,1e21,1e-10]", "0.1 1e+21 1E-10"),
            ("%g %g", "[100000,123456789]", "100000 1.23456789e+08"),
            ("%.3g %6.3g|", "[1234.5678,0.33333]", "1.23e+03  0.333|"),
            ("%.10g", "[123456789]", "123456789"),
        ]);
    }

    #[test]
    fn verbs_and_arguments_must_match() {
        formats(&[
            ("%% %d%%", "[1]", "% 1%"),
            ("%[2]s %[1]s", "[\"a\",\"b\"]", "b a"),
            ("%[3]s %s", "[\"a\",\"b\",\"c\",\"d\"]", "c d"),
            ("a%[1]qb%[1]s", "[\"x\"]", "a\"x\"bx"),
            ("%s-%s", "[\"a\"]", "!\"%s\" at 3: need index 2 but have 1 total"),
            ("a", "[\"b\"]", "!no verbs"),
            ("%[1]s", "[\"a\",\"b\"]", "!only 1 used"),
            ("%[0]s", "[\"a\"]", "!'0' at offset 2"),
            ("%[s", "[\"a\"]", "!'s' at offset 2"),
            ("%*d", "[1]", "!'*' at offset 1"),
            ("%é", "[1]", "!'é' at offset 1"),
            ("%", "[]", "!offset 1"),
            ("%5", "[]", "!offset 2"),
            ("%5%", "[1]", "!'%' at offset 2"),
            ("%z", "[1]", "!unsupported format verb 'z'"),
        ]);
    }

    #[test]
    fn lists() {
        check("formatlist", &[("[\"%s-%s\",[\"a\",\"b\"],\"z\"]", "[\"a-z\",\"b-z\"]"), ("[\"%s\",\"a\"]", "[\"a\"]")]);
        check("formatlist", &[("[\"%s%s\",[1,2],[3]]", "!argument 2 has length 1"), ("[\"%s\",[]]", "[]")]);
        check("formatlist", &[("[\"%d\",[\"a\"]]", "!iteration 0: unsupported"), ("[\"%s\"]", "!not enough")]);
        check("formatlist", &[("[\"%s\",null]", "?"), ("[\"%v\",[[1,2],[3]]]", "[\"[1,2]\",\"[3]\"]")]);
        let list = Value::tuple(vec![Value::unknown(Type::Dynamic), "x".into()]);
        let result = invoke("formatlist", &["%s".into(), list]).unwrap();
        let parts = result.as_slice().unwrap();
        assert!(parts[0].is_unknown() && parts[1] == Value::from("x"));
    }

    #[test]
    fn an_unknown_value_leaves_the_start_known() {
        let result = invoke("format", &["ab%s".into(), Value::unknown(Type::String)]).unwrap();
        let Kind::Unknown(Type::String, known) = result.kind() else { panic!("{result:?}") };
        assert_eq!(known.prefix.as_deref(), Some("ab"));
    }
}

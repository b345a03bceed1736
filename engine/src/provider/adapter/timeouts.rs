//! The `timeouts` block that every resource type has, and the durations in it.

use std::time::Duration;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::provider::typed::Timeouts;
use crate::schema::{Attribute, Block, NestedBlock, Nesting};
use crate::value::{Type, Value};

/// Name of the block.
pub(super) const NAME: &str = "timeouts";

/// An operation that a time limit is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Create,
    Update,
    Delete,
}

impl Operation {
    /// The word for it: the argument in the block, and the noun in messages.
    pub fn name(self) -> &'static str {
        match self {
            Operation::Create => "create",
            Operation::Update => "update",
            Operation::Delete => "delete",
        }
    }

    /// What is being done.
    pub fn doing(self) -> &'static str {
        match self {
            Operation::Create => "creating",
            Operation::Update => "updating",
            Operation::Delete => "deleting",
        }
    }
}

/// The schema of the block.
pub(super) fn block() -> NestedBlock {
    let argument = |name: &str, description: String| {
        let attribute = Attribute { description, ..Attribute::optional(Type::String) };
        (name.into(), attribute)
    };
    let operations = [Operation::Create, Operation::Update, Operation::Delete];
    let limits = operations.map(|it| {
        let end = if it == Operation::Delete { "is gone" } else { "is ready for use" };
        let description =
            format!("Longest time for the {} until the object {end}, such as `40m` or `1h30m`.", it.name());
        argument(it.name(), description)
    });
    let read = argument(
        "read",
        "Accepted for existing configurations; reads of many objects share calls, which have the client's own limits."
            .into(),
    );
    let block = Block {
        description: "How long operations may take.".into(),
        attributes: limits.into_iter().chain([read]).collect(),
        ..Block::default()
    };
    NestedBlock { nesting: Nesting::Single, block, min_items: 0, max_items: Some(1), computed: false, force_new: false }
}

/// Checks the durations of a configuration as far as they are known.
pub(super) fn validate(config: &Value) -> Diagnostics {
    let arguments = config.get(NAME).and_then(Value::as_map).into_iter().flatten();
    let wrong = arguments.filter_map(|(name, value)| Some((name, parse(value.as_str()?).err()?)));
    wrong.map(|(name, reason)| invalid(name, &reason)).collect()
}

fn invalid(name: &str, reason: &str) -> Diagnostic {
    Diagnostic::error("Invalid timeout", format!("The time limit \"{name}\" in the block \"{NAME}\" {reason}."))
}

/// The limit of an operation: that of the object, or else the type's.
///
/// # Errors
/// The object's own limit is no duration; the sentence says why.
pub(super) fn limit(object: &Value, operation: Operation, defaults: Timeouts) -> Result<Duration, String> {
    let own = object.get(NAME).and_then(|it| it.get(operation.name())).and_then(Value::as_str);
    match own {
        Some(text) => parse(text).map_err(|reason| format!("the time limit \"{}\" {reason}", operation.name())),
        None => Ok(match operation {
            Operation::Create => defaults.create,
            Operation::Update => defaults.update,
            Operation::Delete => defaults.delete,
        }),
    }
}

const UNITS: [(&str, u64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// Reads a duration such as `40m`, `1h30m` or `1.5h`: decimal numbers, each with its unit.
///
/// # Errors
/// A clause that follows the name of the argument and says what is wrong.
pub fn parse(text: &str) -> Result<Duration, String> {
    let syntax = || {
        format!(
            "is \"{text}\", which is no duration. A duration is one or more numbers, each with a unit: \"40m\", \
             \"1h30m\" or \"90s\""
        )
    };
    let mut nanoseconds = 0u64;
    let mut rest = text;
    while !rest.is_empty() {
        let (number, tail) = split(rest, |it| it.is_ascii_digit() || it == '.');
        let (unit, tail) = split(tail, |it| !it.is_ascii_digit() && it != '.');
        let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(syntax)?;
        let part = scale(number, *factor).ok_or_else(syntax)?;
        nanoseconds = nanoseconds.checked_add(part).ok_or_else(syntax)?;
        rest = tail;
    }
    match nanoseconds {
        0 if text.is_empty() => Err(syntax()),
        0 => Err(format!("is \"{text}\", but no operation is done in no time. Leave it out for the type's own limit")),
        _ => Ok(Duration::from_nanos(nanoseconds)),
    }
}

fn split(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|it| !belongs(it)).unwrap_or(text.len()))
}

/// A decimal number times `factor`, cut to a whole number.
fn scale(number: &str, factor: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.contains('.') {
        return None;
    }
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    // More digits than a nanosecond of the largest unit can show change nothing.
    let digits = &fraction[..fraction.len().min(15)];
    let part = if digits.is_empty() {
        0
    } else {
        digits.parse::<u128>().ok()? * u128::from(factor) / 10u128.pow(digits.len() as u32)
    };
    whole.checked_mul(factor)?.checked_add(u64::try_from(part).ok()?)
}

/// A duration as a person writes it, whole seconds: `1h30m`, `40m`, `90s` as `1m30s`.
pub(super) fn text(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let parts = [(seconds / 3600, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")];
    let text: String = parts.iter().filter(|(n, _)| *n > 0).map(|(n, unit)| format!("{n}{unit}")).collect();
    if text.is_empty() { format!("{}ms", duration.as_millis()) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let seconds = |text| parse(text).map(|it| it.as_secs_f64());
        assert_eq!(seconds("40m"), Ok(2400.0));
        assert_eq!(seconds("1h30m"), Ok(5400.0));
        assert_eq!(seconds("1.5h"), Ok(5400.0));
        assert_eq!(seconds(".5s"), Ok(0.5));
        assert_eq!(seconds("250ms"), Ok(0.25));
        for wrong in ["", "40", "m", "40 m", "-5m", "1d", "1..5s", ".s", "99999999999999999999h", "9999999h"] {
            let reason = parse(wrong).unwrap_err();
            assert!(reason.contains("which is no duration"), "{wrong}: {reason}");
        }
        assert!(parse("0s").unwrap_err().contains("in no time"));
    }

    #[test]
    fn as_text() {
        let of = |seconds| text(Duration::from_secs(seconds));
        assert_eq!([of(5400), of(2400), of(90), of(7200)], ["1h30m", "40m", "1m30s", "2h"]);
        assert_eq!(text(Duration::from_millis(300)), "300ms");
    }

    #[test]
    fn limits() {
        let object = Value::object([(NAME, Value::object([("create", Value::from("2h")), ("update", "x".into())]))]);
        let of = |operation| limit(&object, operation, Timeouts::minutes(5));
        assert_eq!(of(Operation::Create), Ok(Duration::from_secs(7200)));
        assert_eq!(of(Operation::Delete), Ok(Duration::from_secs(300)));
        assert!(of(Operation::Update).unwrap_err().starts_with("the time limit \"update\" is \"x\""));
        let found = validate(&object);
        assert_eq!(found.len(), 1);
        assert_eq!(found.iter().next().unwrap().summary, "Invalid timeout");
    }
}

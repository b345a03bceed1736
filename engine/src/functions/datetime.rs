//! Functions of points in time.

use std::cmp::Ordering;
use std::fmt::Write as _;

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, Time};

use super::duration::nanoseconds;
use super::{Context, Function, FunctionError, Outcome, Parameter, number, quote, string, text};
use crate::value::{Type, Value};

pub(super) static FORMATDATE: Function = Function::new(
    "formatdate",
    "Writes a point in time in another format.",
    &[
        Parameter::new("format", "The format, such as YYYY-MM-DD; text between quotes stays.", string),
        Parameter::new("time", "The point in time as RFC 3339.", string),
    ],
    string,
    |_, args| {
        let stamp = Stamp::parse(text(args, 1)).map_err(|error| FunctionError::argument(1, error))?;
        Ok(stamp.format(text(args, 0)).map_err(|error| FunctionError::argument(0, error))?.into())
    },
);

pub(super) static PLANTIMESTAMP: Function = Function::new(
    "plantimestamp",
    "The time at which the plan was made, as RFC 3339 in UTC.",
    &[],
    string,
    |ctx: &Context<'_>, _| Ok(known_or_unknown(ctx.plan_time.as_ref())),
);

pub(super) static TIMEADD: Function = Function::new(
    "timeadd",
    "A point in time some duration later.",
    &[
        Parameter::new("timestamp", "The point in time as RFC 3339.", string),
        Parameter::new("duration", "The duration, such as 1h30m or -10s.", string),
    ],
    string,
    timeadd,
);

pub(super) static TIMECMP: Function = Function::new(
    "timecmp",
    "-1, 0 or 1: whether a point in time is before, at or after another.",
    &[
        Parameter::new("timestamp_a", "A point in time as RFC 3339.", string),
        Parameter::new("timestamp_b", "Another point in time as RFC 3339.", string),
    ],
    number,
    |_, args| {
        let instant =
            |at| Stamp::read(text(args, at), Reading::Loose).map_err(|error| FunctionError::argument(at, error));
        Ok(Value::from(match instant(0)?.utc().cmp(&instant(1)?.utc()) {
            Ordering::Less => -1i64,
            Ordering::Equal => 0,
            Ordering::Greater => 1,
        }))
    },
);

pub(super) static TIMESTAMP: Function = Function::new(
    "timestamp",
    "The time of now, as RFC 3339 in UTC; unknown while planning.",
    &[],
    string,
    |ctx: &Context<'_>, _| Ok(known_or_unknown(ctx.now.as_ref())),
);

fn known_or_unknown(time: Option<&String>) -> Value {
    time.map_or_else(|| Value::unknown(Type::String), Value::string)
}

fn timeadd(_: &Context<'_>, args: &[Value]) -> Outcome {
    let stamp = Stamp::parse(text(args, 0)).map_err(FunctionError::failed)?;
    let duration = nanoseconds(text(args, 1)).map_err(FunctionError::failed)?;
    let local = stamp.local.checked_add(SignedDuration::from_nanos(duration));
    let local = local.map_err(|_| FunctionError::failed("the result is beyond the year 9999"))?;
    Ok(Stamp { local, ..stamp }.to_string().into())
}

/// How closely a text must follow RFC 3339.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    Strict,
    /// As `timecmp` reads it: hours of one digit, a comma before fractions, offsets up to 24:60.
    Loose,
}

/// A point in time with the offset of its zone.
pub(super) struct Stamp {
    local: DateTime,
    /// Minutes east of UTC.
    offset: i64,
}

impl Stamp {
    /// Reads RFC 3339, capital `T` and `Z` only.
    ///
    /// # Errors
    /// Says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::read(text, Reading::Strict)
    }

    fn read(text: &str, reading: Reading) -> Result<Self, String> {
        let error = |why: &str| format!("not a valid RFC3339 timestamp: {why}");
        let mut rest = text;
        let year =
            part(&mut rest, 4, "", 0..=9999).map_err(|got| error(&format!("cannot use {} as year", quote(got))))?;
        let month =
            part(&mut rest, 2, "-", 1..=12).map_err(|got| error(&format!("cannot use {} as month", quote(got))))?;
        let day = part(&mut rest, 2, "-", 1..=31).map_err(|got| error(&format!("cannot use {} as day", quote(got))))?;
        rest = rest.strip_prefix('T').ok_or_else(|| error("missing required time introducer 'T'"))?;
        let mut clock = [0; 3];
        for (at, (name, most)) in [("hour", 23), ("minute", 59), ("second", 59)].into_iter().enumerate() {
            let separator = if at == 0 { "" } else { ":" };
            let single = reading == Reading::Loose && at == 0 && rest.as_bytes().get(1) == Some(&b':');
            clock[at] = part(&mut rest, if single { 1 } else { 2 }, separator, 0..=most)
                .map_err(|got| error(&format!("cannot use {} as {name}", quote(got))))?;
        }
        let fraction = fraction(&mut rest, reading);
        let offset = offset(rest, reading).ok_or_else(|| match rest {
            "" => error("end of string before UTC offset"),
            rest => error(&format!("cannot use {} as UTC offset", quote(rest))),
        })?;
        let date = Date::new(year as i16, month as i8, day as i8).map_err(|_| error("day out of range"))?;
        let [hour, minute, second] = clock.map(|it| it as i8);
        let time = Time::new(hour, minute, second, fraction).map_err(|_| error("time out of range"))?;
        Ok(Self { local: DateTime::from_parts(date, time), offset })
    }

    fn utc(&self) -> DateTime {
        self.local.saturating_sub(SignedDuration::from_mins(self.offset))
    }

    /// `+0200` or `+02:00`
    fn offset(&self, separator: &str) -> String {
        let sign = if self.offset < 0 { '-' } else { '+' };
        let minutes = self.offset.abs();
        format!("{sign}{:02}{separator}{:02}", minutes / 60, minutes % 60)
    }

    fn format(&self, format: &str) -> Result<String, String> {
        let mut out = String::new();
        let mut rest = format;
        while let Some(first) = rest.chars().next() {
            if first == '\'' {
                let (literal, after) = quoted_literal(rest).ok_or("unterminated literal '")?;
                out.push_str(&literal);
                rest = after;
            } else if first.is_ascii_alphabetic() {
                let end = rest.find(|it| it != first).unwrap_or(rest.len());
                let (verb, after) = rest.split_at(end);
                self.write(verb, &mut out)?;
                rest = after;
            } else {
                out.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
        Ok(out)
    }

    fn write(&self, verb: &str, out: &mut String) -> Result<(), String> {
        let (date, time) = (self.local.date(), self.local.time());
        let hour12 = (time.hour() + 11) % 12 + 1;
        let month = MONTHS[usize::from(date.month().unsigned_abs()) - 1];
        let weekday = WEEKDAYS[usize::from(date.weekday().to_monday_zero_offset().unsigned_abs())];
        let half = if time.hour() < 12 { "AM" } else { "PM" };
        let written = match verb {
            "YYYY" => write!(out, "{:04}", date.year()),
            "YY" => write!(out, "{:02}", date.year() % 100),
            "MMMM" => write!(out, "{month}"),
            "MMM" => write!(out, "{}", &month[..3]),
            "MM" => write!(out, "{:02}", date.month()),
            "M" => write!(out, "{}", date.month()),
            "DD" => write!(out, "{:02}", date.day()),
            "D" => write!(out, "{}", date.day()),
            "EEEE" => write!(out, "{weekday}"),
            "EEE" => write!(out, "{}", &weekday[..3]),
            "hh" => write!(out, "{:02}", time.hour()),
            "h" => write!(out, "{}", time.hour()),
            "HH" => write!(out, "{hour12:02}"),
            "H" => write!(out, "{hour12}"),
            "AA" => write!(out, "{half}"),
            "aa" => write!(out, "{}", half.to_lowercase()),
            "mm" => write!(out, "{:02}", time.minute()),
            "m" => write!(out, "{}", time.minute()),
            "ss" => write!(out, "{:02}", time.second()),
            "s" => write!(out, "{}", time.second()),
            "Z" if self.offset == 0 => write!(out, "Z"),
            "ZZZ" if self.offset == 0 => write!(out, "UTC"),
            "ZZZ" | "ZZZZ" => write!(out, "{}", self.offset("")),
            "Z" | "ZZZZZ" => write!(out, "{}", self.offset(":")),
            other => return Err(invalid_verb(other)),
        };
        written.expect("writing to a string cannot fail");
        Ok(())
    }
}

impl std::fmt::Display for Stamp {
    /// As RFC 3339 without fractions of a second.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (date, time) = (self.local.date(), self.local.time());
        write!(f, "{:04}-{:02}-{:02}T", date.year(), date.month(), date.day())?;
        write!(f, "{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second())?;
        f.write_str(&if self.offset == 0 { "Z".into() } else { self.offset(":") })
    }
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

fn invalid_verb(verb: &str) -> String {
    let hint = match verb.chars().next() {
        Some('Y') => ": year must either be \"YY\" or \"YYYY\"",
        Some('M') => ": month must be \"M\", \"MM\", \"MMM\" or \"MMMM\"",
        Some('D') => ": day of month must either be \"D\" or \"DD\"",
        Some('E') => ": day of week must either be \"EEE\" or \"EEEE\"",
        Some('h') => ": 24-hour must either be \"h\" or \"hh\"",
        Some('H') => ": 12-hour must either be \"H\" or \"HH\"",
        Some('A') => ": must be \"AA\"",
        Some('a') => ": must be \"aa\"",
        Some('m') => ": minute must either be \"m\" or \"mm\"",
        Some('s') => ": second must either be \"s\" or \"ss\"",
        Some('Z') => ": timezone must be \"Z\", \"ZZZ\", \"ZZZZ\" or \"ZZZZZ\"",
        _ => "",
    };
    format!("invalid date format verb {}{hint}", quote(verb))
}

/// A literal in quotes, in which two quotes stand for one; alone they are one.
fn quoted_literal(text: &str) -> Option<(String, &str)> {
    let mut literal = String::new();
    let mut rest = &text[1..];
    loop {
        let (before, after) = rest.split_once('\'')?;
        literal.push_str(before);
        rest = after;
        match rest.strip_prefix('\'') {
            Some(after) => {
                literal.push('\'');
                rest = after;
            }
            None => break,
        }
    }
    if literal.is_empty() {
        literal.push('\'');
    }
    Some((literal, rest))
}

/// Takes a separator and a number of some digits; the error is the text that is none.
fn part<'t>(
    rest: &mut &'t str,
    digits: usize,
    separator: &str,
    range: std::ops::RangeInclusive<u16>,
) -> Result<u16, &'t str> {
    let text = rest.strip_prefix(separator).ok_or(*rest)?;
    let number = text.get(..digits).filter(|it| it.bytes().all(|it| it.is_ascii_digit()));
    let number = number.and_then(|it| it.parse().ok()).filter(|it| range.contains(it)).ok_or(text)?;
    *rest = &text[digits..];
    Ok(number)
}

/// Takes `.5` as nanoseconds; leaves anything else where it is.
fn fraction(rest: &mut &str, reading: Reading) -> i32 {
    let comma = rest.strip_prefix(',').filter(|_| reading == Reading::Loose);
    let digits = rest.strip_prefix('.').or(comma).unwrap_or("");
    let count = digits.bytes().take_while(u8::is_ascii_digit).count();
    if count == 0 {
        return 0;
    }
    *rest = &digits[count..];
    let padded = format!("{:0<9}", &digits[..count]);
    padded[..9].parse().unwrap_or(0)
}

/// Minutes east of UTC.
fn offset(text: &str, reading: Reading) -> Option<i64> {
    if text == "Z" {
        return Some(0);
    }
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let mut rest = &text[1..];
    let (most_hours, most_minutes) = if reading == Reading::Loose { (24, 60) } else { (23, 59) };
    let hours = part(&mut rest, 2, "", 0..=most_hours).ok()?;
    let minutes = part(&mut rest, 2, ":", 0..=most_minutes).ok()?;
    rest.is_empty().then_some(sign * i64::from(hours * 60 + minutes))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    #[test]
    fn formats() {
        for (format, want) in [
            ("EEEE, DD-MMM-YY hh:mm:ss ZZZ", "Tuesday, 02-Jan-18 23:12:01 UTC"),
            ("Z ZZZZ ZZZZZ ZZZ", "Z +0000 +00:00 UTC"),
            ("H HH h hh AA aa", "11 11 23 23 PM pm"),
            ("M MM MMM MMMM D DD m s", "1 01 Jan January 2 02 12 1"),
            ("'quoted ''text''' YYYY", "quoted 'text' 2018"),
            ("''", "'"),
        ] {
            check("formatdate", &[(&format!("[\"{format}\",\"2018-01-02T23:12:01Z\"]"), &format!("\"{want}\""))]);
        }
        check(
            "formatdate",
            &[("[\"ZZZ ZZZZ ZZZZZ Z H\",\"2018-01-02T00:12:01-08:00\"]", "\"-0800 -0800 -08:00 -08:00 12\"")],
        );
        check(
            "formatdate",
            &[
                ("[\"YYY\",\"2018-01-02T23:12:01Z\"]", "!year must"),
                ("[\"'x\",\"2018-01-02T23:12:01Z\"]", "!unterminated"),
            ],
        );
        check("formatdate", &[("[\"x\",\"2018-01-02T23:12:01Z\"]", "!verb \"x\"")]);
    }

    #[test]
    fn timestamps_are_checked() {
        for (time, part) in [
            ("2018-09-02", "time introducer"),
            ("2018-09-02 00:02:01Z", "time introducer"),
            ("2018-13-02T00:02:01Z", "as month"),
            ("2018-02-30T00:02:01Z", "day out of range"),
            ("2018-01-02T24:12:01Z", "as hour"),
            ("2018-01-02T23:12:60Z", "as second"),
            ("2018-01-02T23:12:01", "before UTC offset"),
            ("2018-01-02T23:12:01+2:00", "UTC offset"),
            ("2018-01-02T23:12:01.Z", "UTC offset"),
            ("x", "as year"),
        ] {
            check("formatdate", &[(&format!("[\"YYYY\",\"{time}\"]"), &format!("!{part}"))]);
        }
    }

    #[test]
    fn arithmetic() {
        check(
            "timeadd",
            &[
                ("[\"2017-11-22T00:00:00.5Z\",\"600ms\"]", "\"2017-11-22T00:00:01Z\""),
                ("[\"2016-02-28T12:00:00Z\",\"24h\"]", "\"2016-02-29T12:00:00Z\""),
            ],
        );
        check(
            "timeadd",
            &[
                ("[\"2017-11-22T00:00:00+02:00\",\"-1h\"]", "\"2017-11-21T23:00:00+02:00\""),
                ("[\"0001-01-01T00:00:00Z\",\"-1h\"]", "\"0000-12-31T23:00:00Z\""),
            ],
        );
        check("timeadd", &[("[\"x\",\"1h\"]", "!RFC3339"), ("[\"2017-11-22T00:00:00Z\",\"1d\"]", "!unknown unit")]);
        check(
            "timecmp",
            &[
                ("[\"2017-11-22T00:00:00Z\",\"2017-11-22T01:00:00+01:00\"]", "0"),
                ("[\"2017-11-22T00:00:00.1Z\",\"2017-11-22T00:00:00Z\"]", "1"),
            ],
        );
        check("timestamp", &[("[]", "\"2024-05-06T07:08:09Z\"")]);
        check("plantimestamp", &[("[]", "?")]);
    }
}

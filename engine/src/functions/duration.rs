//! Durations such as `1h30m`.

/// Reads a duration: an optional sign and numbers with units, or `0`.
///
/// # Errors
/// Says what is wrong; a duration beyond about 292 years is wrong too.
pub(super) fn nanoseconds(text: &str) -> Result<i64, String> {
    let quoted = super::quote(text);
    let invalid = || format!("invalid duration {quoted}");
    let (negative, mut rest) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total: u128 = 0;
    while !rest.is_empty() {
        let (whole, after) = split_digits(rest);
        let (fraction, after) = after.strip_prefix('.').map_or(("", after), split_digits);
        if whole.is_empty() && fraction.is_empty() {
            return Err(invalid());
        }
        let end = after.find(|it: char| it == '.' || it.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        if unit.is_empty() {
            return Err(format!("missing unit in duration {quoted}"));
        }
        let unit = unit_nanoseconds(unit)
            .ok_or_else(|| format!("unknown unit {} in duration {quoted}", super::quote(unit)))?;
        let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| invalid())? };
        let fraction = fraction.get(..18).unwrap_or(fraction);
        let part = fraction.parse().unwrap_or(0u128) * unit / 10u128.pow(fraction.len() as u32);
        total = total.saturating_add(u128::from(whole) * unit + part);
        rest = after;
    }
    let total = i128::try_from(total).map_err(|_| invalid())?;
    i64::try_from(if negative { -total } else { total }).map_err(|_| invalid())
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|it: char| !it.is_ascii_digit()).unwrap_or(text.len()))
}

fn unit_nanoseconds(unit: &str) -> Option<u128> {
    Some(match unit {
        "ns" => 1,
        // The micro sign and the Greek letter look alike.
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::nanoseconds;

    #[test]
    fn numbers_with_units() {
        for (text, want) in [
            ("0", 0),
            ("1h30m15s", 5_415_000_000_000),
            ("-1.5h", -5_400_000_000_000),
            (".5s", 500_000_000),
            ("1.s", 1_000_000_000),
            ("1µs", 1_000),
            ("+2ns", 2),
        ] {
            assert_eq!(nanoseconds(text), Ok(want), "{text}");
        }
        for (text, part) in [
            ("", "invalid duration"),
            ("-", "invalid"),
            ("1", "missing unit"),
            ("1d", "unknown unit \"d\""),
            ("1h-30m", "unknown unit \"h-\""),
            (".s", "invalid"),
            ("9999999h", "invalid"),
        ] {
            assert!(nanoseconds(text).unwrap_err().contains(part), "{text}");
        }
    }
}

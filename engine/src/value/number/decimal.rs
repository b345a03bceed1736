//! The decimal digits of numbers.

use std::cmp::Ordering;

use dashu_int::UBig;
use dashu_int::ops::BitTest;

use super::arithmetic::power_of_five;
use super::{Number, top};

/// Decimal digits: `0.DIGITS * 10^point`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decimal {
    /// Whether the number is below zero.
    pub negative: bool,
    /// Digits without leading or trailing zeros; empty for zero.
    pub digits: String,
    /// Where the decimal point stands: before the digit of this index.
    pub point: i64,
}

impl Number {
    /// All decimal digits of a finite number (an infinity has none).
    pub fn exact(&self) -> Decimal {
        let (mantissa, exponent) = self.parts();
        Decimal { negative: self.is_negative(), ..exact(mantissa.into_parts().1, exponent) }
    }

    /// The fewest digits that tell a finite number from its neighbours of the same precision.
    pub fn shortest(&self) -> Decimal {
        let (mantissa, exponent) = self.parts();
        let (_, magnitude) = mantissa.into_parts();
        let trailing = magnitude.trailing_zeros().unwrap_or(0);
        let (magnitude, exponent) = (magnitude >> trailing, exponent + trailing as i64);
        let all = Decimal { negative: self.is_negative(), ..exact(magnitude.clone(), exponent) };
        if all.digits.is_empty() {
            return all;
        }
        // With one bit more than the number has, the bounds of what rounds to it are one unit away.
        let shift = usize::from(self.precision) + 1 - magnitude.bit_len();
        let (magnitude, exponent) = (magnitude << shift, exponent - shift as i64);
        let lower = exact(&magnitude - UBig::ONE, exponent);
        let upper = exact(&magnitude + UBig::ONE, exponent);
        // The bounds themselves round to the number only when its own last bit is even.
        let inclusive = !magnitude.bit(1);
        shorten(all, lower.digits.as_bytes(), upper.digits.as_bytes(), inclusive)
    }

    /// As many digits as the precision is sure of, whatever the exponent.
    pub(super) fn leading(&self) -> Decimal {
        let (mantissa, exponent) = self.parts();
        let (_, magnitude) = mantissa.into_parts();
        let sure = usize::from(self.precision) * 30_103 / 100_000;
        // Powers of ten that leave a whole number of somewhat more digits than are sure.
        let tens = (top(&magnitude.clone().into(), exponent) * 30_103).div_euclid(100_000) - sure as i64 - 8;
        let (fives, fives_exponent) = power_of_five(tens.unsigned_abs());
        let scaled = |number: UBig, shift: i64| match usize::try_from(shift) {
            Ok(shift) => number << shift,
            Err(_) => number >> shift.unsigned_abs() as usize,
        };
        let whole = if tens >= 0 {
            // Bits below the quotient's last one are kept until it is taken.
            const SPARE: i64 = 64;
            (scaled(magnitude, exponent - tens - fives_exponent + SPARE) / fives) >> SPARE as usize
        } else {
            scaled(magnitude * fives, exponent - tens + fives_exponent)
        };
        let digits = whole.to_string();
        let mut found = Decimal { negative: self.is_negative(), point: digits.len() as i64 + tens, digits };
        found.round(sure as i64);
        found.digits.truncate(found.digits.trim_end_matches('0').len());
        found
    }

    /// The number with exactly `decimals` digits after the point, ties to even: `%.2f`.
    pub fn to_fixed(&self, decimals: usize) -> String {
        if self.is_infinite() {
            return self.to_string();
        }
        let mut all = self.exact();
        all.round(all.point + decimals as i64);
        let text = all.plain();
        if decimals == 0 {
            return text;
        }
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let zeros = "0".repeat(decimals.saturating_sub(fraction.len()));
        format!("{whole}.{fraction}{zeros}")
    }

    /// At most `digits` digits, with an exponent where the number is far from 1: `%.10g`.
    pub fn to_general(&self, digits: usize) -> String {
        if self.is_infinite() {
            return self.to_string();
        }
        let mut all = self.exact();
        all.round(digits as i64);
        let exponent = all.point - 1;
        let count = all.digits.len();
        let limit = if count as i64 >= all.point { count.min(digits) } else { digits };
        if count == 0 || exponent >= -4 && exponent < limit as i64 {
            return all.plain();
        }
        let sign = if all.negative { "-" } else { "" };
        let (first, rest) = all.digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        let direction = if exponent < 0 { '-' } else { '+' };
        format!("{sign}{first}{point}{rest}e{direction}{:02}", exponent.unsigned_abs())
    }
}

impl Decimal {
    /// Keeps the first `count` digits, rounded to the nearest, ties to even.
    pub fn round(&mut self, count: i64) {
        let Ok(count) = usize::try_from(count) else {
            self.digits.clear();
            return;
        };
        let digits = self.digits.as_bytes();
        if count >= digits.len() {
            return;
        }
        let up = match digits[count].cmp(&b'5') {
            Ordering::Equal if count + 1 == digits.len() => count > 0 && digits[count - 1] % 2 == 1,
            order => order != Ordering::Less,
        };
        self.cut(count, up);
    }

    /// Keeps the first `count` digits, the last one counted up if asked for.
    fn cut(&mut self, count: usize, up: bool) {
        self.digits.truncate(count);
        if up {
            let kept = self.digits.trim_end_matches('9').len();
            self.digits.truncate(kept);
            match self.digits.pop() {
                Some(last) => self.digits.push((last as u8 + 1) as char),
                None => {
                    self.digits.push('1');
                    self.point += 1;
                }
            }
        }
        self.digits.truncate(self.digits.trim_end_matches('0').len());
    }

    /// The digits with an exponent: `-1.25e300`.
    pub fn scientific(&self) -> String {
        let sign = if self.negative { "-" } else { "" };
        let (first, rest) = self.digits.split_at(1.min(self.digits.len()));
        let point = if rest.is_empty() { "" } else { "." };
        format!("{sign}{first}{point}{rest}e{}", self.point - 1)
    }

    /// The digits with their point and without exponent: `-12.5`. There may be more than a width of `format!` can say.
    pub fn plain(&self) -> String {
        let sign = if self.negative { "-" } else { "" };
        let digits = &self.digits;
        if digits.is_empty() {
            return format!("{sign}0");
        }
        match usize::try_from(self.point) {
            Ok(point) if point >= digits.len() => format!("{sign}{digits}{}", "0".repeat(point - digits.len())),
            Ok(point) if point > 0 => format!("{sign}{}.{}", &digits[..point], &digits[point..]),
            _ => format!("{sign}0.{}{digits}", "0".repeat(self.point.unsigned_abs() as usize)),
        }
    }
}

fn exact(magnitude: UBig, exponent: i64) -> Decimal {
    let (whole, tens) = match usize::try_from(exponent) {
        Ok(exponent) => (magnitude << exponent, 0),
        Err(_) => (magnitude * UBig::from(5u8).pow(exponent.unsigned_abs() as usize), exponent),
    };
    if whole.is_zero() {
        return Decimal { negative: false, digits: String::new(), point: 0 };
    }
    let mut digits = whole.to_string();
    let point = digits.len() as i64 + tens;
    digits.truncate(digits.trim_end_matches('0').len());
    Decimal { negative: false, digits, point }
}

/// Cuts `all` at the first digit at which the result still lies between the bounds.
fn shorten(mut all: Decimal, lower: &[u8], upper: &[u8], inclusive: bool) -> Decimal {
    let at = |digits: &[u8], index: usize| digits.get(index).copied().unwrap_or(b'0');
    for (index, digit) in all.digits.bytes().enumerate() {
        let (low, high) = (at(lower, index), at(upper, index));
        let down = low != digit || inclusive && index + 1 == lower.len();
        let up = digit != high && (inclusive || digit + 1 < high || index + 1 < upper.len());
        match (down, up) {
            (true, true) => all.round(index as i64 + 1),
            (true, false) => all.cut(index + 1, false),
            (false, true) => all.cut(index + 1, true),
            (false, false) => continue,
        }
        return all;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn n(text: &str) -> Number {
        Number::parse(text).unwrap()
    }

    #[test]
    fn text_reads_back_as_the_same_number() {
        for text in ["0.1", "123.456", "1e-30", "1e100", "0.00001234", "99999.99999", "1.5e300"] {
            let number = n(text);
            assert_eq!(n(&number.to_string()).compare(&number), Ordering::Equal, "{text}");
        }
        assert_eq!(n("0.00001234").to_string(), "0.00001234");
        assert_eq!(n("-1.5E-7").to_string(), "-0.00000015");
    }

    #[test]
    fn numbers_of_many_digits_are_written_out() {
        assert_eq!(n("3e114010").to_string().len(), 114_011);
        assert_eq!(n("44444444444444444.5e4444").to_string().len(), 17 + 4444);
        assert_eq!(n("3").to_fixed(70_000).len(), 70_002);
    }

    #[test]
    fn numbers_of_very_many_digits_have_an_exponent() {
        for text in ["1e304740993", "-1.25e304740993", "7e-304740993", "1e220000"] {
            assert_eq!(n(text).to_string(), text);
            assert!(n(text).is_unwieldy() && n(text).precise().is_none(), "{text}");
            assert_eq!(n(text).add(&n(text)).unwrap().subtract(&n(text)).unwrap().to_string(), text);
        }
        assert!(!n("1e100000").is_unwieldy());
    }

    #[test]
    fn general_form_is_short() {
        for (text, shown) in [
            ("100", "100"),
            ("0", "0"),
            ("1e11", "1e+11"),
            ("123456789012", "1.23456789e+11"),
            ("0.00001", "1e-05"),
            ("0.0001", "0.0001"),
            ("99999", "99999"),
            ("-1.5", "-1.5"),
        ] {
            assert_eq!(n(text).to_general(10), shown);
        }
    }

    #[test]
    fn fixed_digits_round_ties_to_even() {
        assert_eq!(n("0.125").to_fixed(2), "0.12");
        assert_eq!(n("0.375").to_fixed(2), "0.38");
        assert_eq!(n("2.5").to_fixed(0), "2");
        assert_eq!(n("9.999").to_fixed(2), "10.00");
        assert_eq!(n("0.001").to_fixed(2), "0.00");
        assert_eq!(n("0.6").to_fixed(0), "1");
        assert_eq!(n("1e40").to_fixed(6), format!("1{}.000000", "0".repeat(40)));
        assert_eq!(n("-3").to_fixed(1), "-3.0");
    }
}

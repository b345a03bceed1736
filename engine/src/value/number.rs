//! Numbers: binary floating point with up to 512 bits of mantissa, as the oracle computes.

mod arithmetic;
mod decimal;

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use dashu_int::ops::BitTest;
use dashu_int::{IBig, Sign, UBig};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use arithmetic::ArithmeticError;
pub use decimal::Decimal;

/// Bits of mantissa of a number that was written as text.
const PRECISION: u16 = 512;
/// Bits of mantissa of a number that came from a machine integer.
const INTEGER_PRECISION: u16 = 64;
/// Bits of mantissa of a number that came from a double.
const DOUBLE_PRECISION: u16 = 53;
/// Greatest distance of a mantissa from the point, in bits: about two hundred thousand decimal digits.
const WIELDY: u64 = 664_386;

/// A number of up to 512 bits, or an infinity.
///
/// A number remembers how many bits of mantissa it was computed with: text has 512, a machine integer 64, a double 53.
/// Its text is the shortest decimal that tells it from its neighbours at that precision, and an operation computes with
/// the precision of its more precise operand.
///
/// `==` is the language's: whole numbers are compared exactly, others by their text; `-0 == 0`.
#[derive(Clone, Debug)]
pub struct Number {
    repr: Repr,
    precision: u16,
}

#[derive(Clone, Debug)]
enum Repr {
    /// A whole number that fits; never a [`Repr::Float`].
    Small(i64),
    /// Zero that came from the negative side.
    NegativeZero,
    /// Any other finite number.
    Float(Arc<Float>),
    /// Beyond every number.
    Infinity(Sign),
}

/// `mantissa * 2^exponent`; the mantissa is odd.
#[derive(Clone, Debug, PartialEq)]
struct Float {
    mantissa: IBig,
    exponent: i64,
}

/// Reading and making numbers.
impl Number {
    /// Reads decimal text such as `12`, `-0.5`, `.5`, `1e9`, `1p4` (times a power of two) or `Inf`; `None` where it is
    /// no number.
    pub fn parse(text: &str) -> Option<Number> {
        let (sign, rest) = match text.as_bytes().first()? {
            b'-' => (Sign::Negative, &text[1..]),
            b'+' => (Sign::Positive, &text[1..]),
            _ => (Sign::Positive, text),
        };
        if rest == "Inf" || rest == "inf" {
            return Some(Number { repr: Repr::Infinity(sign), precision: PRECISION });
        }
        if rest.len() <= 18 && rest.bytes().all(|it| it.is_ascii_digit()) {
            let value: i64 = rest.parse().ok()?;
            let repr = match (sign, value) {
                (Sign::Negative, 0) => Repr::NegativeZero,
                (Sign::Negative, value) => Repr::Small(-value),
                (Sign::Positive, value) => Repr::Small(value),
            };
            return Some(Number { repr, precision: PRECISION });
        }
        parse_decimal(sign, rest)
    }

    /// An infinity.
    pub fn infinity(negative: bool) -> Number {
        Number { repr: Repr::Infinity(Sign::from(negative)), precision: PRECISION }
    }

    /// A double; `None` for what is not a number.
    pub fn from_f64(value: f64) -> Option<Number> {
        let precision = DOUBLE_PRECISION;
        if value.is_nan() {
            return None;
        }
        if value.is_infinite() {
            return Some(Number { repr: Repr::Infinity(Sign::from(value < 0.0)), precision });
        }
        if value == 0.0 {
            let repr = if value.is_sign_negative() { Repr::NegativeZero } else { Repr::Small(0) };
            return Some(Number { repr, precision });
        }
        let bits = value.to_bits();
        let stored = ((bits >> 52) & 0x7ff) as i64;
        let fraction = bits & ((1 << 52) - 1);
        let (mantissa, exponent) = if stored == 0 { (fraction, -1074) } else { (fraction | (1 << 52), stored - 1075) };
        let mantissa = IBig::from_parts(Sign::from(value < 0.0), UBig::from(mantissa));
        Some(rounded(mantissa, exponent, precision))
    }

    /// The number that [`Number::precise`] described.
    pub(super) fn restored(digits: &str, precision: u16) -> Option<Number> {
        let precision = precision.clamp(1, PRECISION);
        Number::parse(digits).map(|number| Number { precision, ..number })
    }

    /// All digits and the bits of mantissa, where the shortest text does not say the whole number.
    pub(super) fn precise(&self) -> Option<(String, u16)> {
        let same = self.is_unwieldy() || Number::parse(&self.to_string()).is_some_and(|it| it == *self);
        (!same).then(|| (self.exact().plain(), self.precision))
    }

    /// A whole number of any size; it keeps all digits up to 512 bits.
    pub fn from_integer(value: IBig) -> Number {
        let precision = value.bit_len().clamp(INTEGER_PRECISION.into(), PRECISION.into()) as u16;
        rounded(value, 0, precision)
    }
}

/// Reads digits with an optional point and exponent.
fn parse_decimal(sign: Sign, text: &str) -> Option<Number> {
    let mantissa_end = text.find(['e', 'E', 'p', 'P']).unwrap_or(text.len());
    let (mantissa, exponent) = text.split_at(mantissa_end);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|it| it.is_ascii_digit()) {
        return None;
    }
    let (mut tens, mut twos) = (-(fraction.len() as i64), 0);
    if let Some(binary) = exponent.bytes().next().map(|it| it.eq_ignore_ascii_case(&b'p')) {
        let value = parse_exponent(&exponent[1..])?;
        if binary {
            twos = value;
        } else {
            tens = tens.saturating_add(value);
        }
    }
    let digits = UBig::from_str_radix(&digits, 10).ok()?;
    Some(arithmetic::scaled(sign, digits, tens, twos, PRECISION))
}

fn parse_exponent(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|it| it.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// Rounds to the nearest number of `precision` bits, ties to even; beyond the range of exponents (32 bits) lie the
/// infinities and zero.
fn rounded(mantissa: IBig, exponent: i64, precision: u16) -> Number {
    let (sign, magnitude) = mantissa.into_parts();
    if magnitude.is_zero() {
        return Number { repr: Repr::Small(0), precision };
    }
    let (magnitude, exponent) = round_magnitude(magnitude, exponent, precision.into());
    let trailing = magnitude.trailing_zeros().unwrap_or(0);
    let (magnitude, exponent) = (magnitude >> trailing, exponent + trailing as i64);
    let top = exponent.saturating_add(magnitude.bit_len() as i64);
    let repr = if top > i32::MAX.into() {
        Repr::Infinity(sign)
    } else if top < i32::MIN.into() {
        if sign == Sign::Negative { Repr::NegativeZero } else { Repr::Small(0) }
    } else {
        float_repr(sign, magnitude, exponent, top)
    };
    Number { repr, precision }
}

fn float_repr(sign: Sign, magnitude: UBig, exponent: i64, top: i64) -> Repr {
    if exponent >= 0
        && top <= 64
        && let Ok(small) = i64::try_from(IBig::from_parts(sign, magnitude.clone() << exponent as usize))
    {
        return Repr::Small(small);
    }
    Repr::Float(Arc::new(Float { mantissa: IBig::from_parts(sign, magnitude), exponent }))
}

/// Keeps the highest `precision` bits (at least one), ties to even.
fn round_magnitude(magnitude: UBig, exponent: i64, precision: usize) -> (UBig, i64) {
    let excess = magnitude.bit_len().saturating_sub(precision);
    if excess == 0 {
        return (magnitude, exponent);
    }
    let half = magnitude.bit(excess - 1);
    let below = magnitude.trailing_zeros().is_some_and(|zeros| zeros < excess - 1);
    let mut kept = magnitude >> excess;
    if half && (below || kept.bit(0)) {
        kept += 1u8;
    }
    (kept, exponent + excess as i64)
}

/// Looking at numbers.
impl Number {
    /// The value as an `i64` when it is a whole number in range.
    pub fn as_i64(&self) -> Option<i64> {
        match self.repr {
            Repr::Small(value) => Some(value),
            Repr::NegativeZero => Some(0),
            _ => None,
        }
    }

    /// The value as a `u64` when it is a whole number in range.
    pub fn as_u64(&self) -> Option<u64> {
        match &self.repr {
            Repr::Small(value) => u64::try_from(*value).ok(),
            Repr::NegativeZero => Some(0),
            Repr::Float(float) if float.exponent <= 64 => u64::try_from(self.as_integer()?).ok(),
            _ => None,
        }
    }

    /// The value as a `usize` when it is a whole number in range.
    pub fn as_usize(&self) -> Option<usize> {
        self.as_u64().and_then(|it| it.try_into().ok())
    }

    /// The value when it is a whole number, of any size.
    pub fn as_integer(&self) -> Option<IBig> {
        match &self.repr {
            Repr::Small(value) => Some(IBig::from(*value)),
            Repr::NegativeZero => Some(IBig::ZERO),
            Repr::Float(float) if float.exponent >= 0 => Some(&float.mantissa << float.exponent as usize),
            _ => None,
        }
    }

    /// The nearest double, ties to even; too large numbers become infinities.
    pub fn to_f64(&self) -> f64 {
        match &self.repr {
            Repr::Small(value) => *value as f64,
            Repr::NegativeZero => -0.0,
            Repr::Infinity(Sign::Negative) => f64::NEG_INFINITY,
            Repr::Infinity(Sign::Positive) => f64::INFINITY,
            Repr::Float(float) => float.to_f64(),
        }
    }

    /// Whether it is a whole number; infinities are not.
    pub fn is_integer(&self) -> bool {
        match &self.repr {
            Repr::Small(_) | Repr::NegativeZero => true,
            Repr::Float(float) => float.exponent >= 0,
            Repr::Infinity(_) => false,
        }
    }

    /// Whether it is finite and has more than two hundred thousand digits before the point or after it. Such a number is written with
    /// an exponent, and functions do not take it: its digits alone would take minutes.
    pub fn is_unwieldy(&self) -> bool {
        matches!(&self.repr, Repr::Float(float) if float.exponent.unsigned_abs() > WIELDY)
    }

    /// Whether it is one of the infinities.
    pub fn is_infinite(&self) -> bool {
        matches!(self.repr, Repr::Infinity(_))
    }

    /// Whether it is zero of either sign.
    pub fn is_zero(&self) -> bool {
        matches!(self.repr, Repr::Small(0) | Repr::NegativeZero)
    }

    /// Whether it is below zero, or the zero that came from there.
    pub fn is_negative(&self) -> bool {
        match &self.repr {
            Repr::Small(value) => *value < 0,
            Repr::NegativeZero => true,
            Repr::Float(float) => float.mantissa.sign() == Sign::Negative,
            Repr::Infinity(sign) => *sign == Sign::Negative,
        }
    }

    /// The order of the numbers themselves, whatever their precision; `-0` and `0` are the same.
    pub fn compare(&self, other: &Number) -> Ordering {
        if let (Some(left), Some(right)) = (self.as_i64(), other.as_i64()) {
            return left.cmp(&right);
        }
        let (left, right) = (self.rank(), other.rank());
        if left != right || left.abs() == 2 {
            return left.cmp(&right);
        }
        let ((left, left_exponent), (right, right_exponent)) = (self.parts(), other.parts());
        let tops = (top(&left, left_exponent), top(&right, right_exponent));
        if tops.0 != tops.1 {
            let order = tops.0.cmp(&tops.1);
            return if self.is_negative() { order.reverse() } else { order };
        }
        let common = left_exponent.min(right_exponent);
        (left << (left_exponent - common) as usize).cmp(&(right << (right_exponent - common) as usize))
    }

    /// -2 and 2 for infinities, -1, 0, 1 for the sign of a finite number.
    fn rank(&self) -> i8 {
        match &self.repr {
            Repr::Small(value) => value.signum() as i8,
            Repr::NegativeZero => 0,
            Repr::Float(_) => 1 - 2 * i8::from(self.is_negative()),
            Repr::Infinity(_) => 2 - 4 * i8::from(self.is_negative()),
        }
    }

    /// Mantissa and exponent of a finite number.
    fn parts(&self) -> (IBig, i64) {
        match &self.repr {
            Repr::Small(value) => (IBig::from(*value), 0),
            Repr::Float(float) => (float.mantissa.clone(), float.exponent),
            Repr::NegativeZero | Repr::Infinity(_) => (IBig::ZERO, 0),
        }
    }
}

/// The position above the highest bit.
fn top(mantissa: &IBig, exponent: i64) -> i64 {
    exponent + mantissa.bit_len() as i64
}

impl Float {
    fn to_f64(&self) -> f64 {
        let (sign, magnitude) = self.mantissa.clone().into_parts();
        let top = top(&self.mantissa, self.exponent);
        // Below the smallest normal double the mantissa gets shorter; two bits below the smallest of all it is zero.
        let bits = 53 - (-1021 - top).max(0);
        let value = if top > 1024 {
            f64::INFINITY
        } else if bits < 0 {
            0.0
        } else if bits == 0 {
            // Between zero and the smallest double; a tie goes to zero, which is even.
            if magnitude.is_one() { 0.0 } else { f64::from_bits(1) }
        } else {
            let (kept, exponent) = round_magnitude(magnitude, self.exponent, bits as usize);
            let kept = u64::try_from(kept).unwrap_or(u64::MAX) as f64;
            // Two steps, because a power of two alone may be out of range where the product is not.
            let step = exponent as i32 / 2;
            kept * 2f64.powi(step) * 2f64.powi(exponent as i32 - step)
        };
        if sign == Sign::Negative { -value } else { value }
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        match (&self.repr, &other.repr) {
            (Repr::Small(left), Repr::Small(right)) => left == right,
            (Repr::Infinity(left), Repr::Infinity(right)) => left == right,
            (Repr::Float(left), Repr::Float(right)) => {
                let whole = (left.exponent >= 0, right.exponent >= 0);
                match whole {
                    (true, true) => left == right,
                    (false, false) if self.precision == other.precision => left == right,
                    (false, false) => self.to_string() == other.to_string(),
                    _ => false,
                }
            }
            _ => self.is_zero() && other.is_zero(),
        }
    }
}

impl Eq for Number {}

impl fmt::Display for Number {
    /// The shortest decimal, without exponent unless that would have more than two hundred thousand digits, that tells the number
    /// from its neighbours; `+Inf`, `-Inf`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.repr {
            Repr::Small(value) if fits(value.unsigned_abs(), self.precision) => write!(f, "{value}"),
            Repr::Infinity(Sign::Negative) => f.write_str("-Inf"),
            Repr::Infinity(Sign::Positive) => f.write_str("+Inf"),
            Repr::NegativeZero => f.write_str("-0"),
            _ if self.is_unwieldy() => f.write_str(&self.leading().scientific()),
            _ => f.write_str(&self.shortest().plain()),
        }
    }
}

/// Whether all bits are within the precision.
fn fits(magnitude: u64, precision: u16) -> bool {
    u64::BITS - magnitude.leading_zeros() <= precision.into()
}

impl Serialize for Number {
    /// As text, because most formats have no number of this size.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Number::parse(&text).ok_or_else(|| serde::de::Error::custom("a number is required"))
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Number { repr: Repr::Small(value), precision: INTEGER_PRECISION }
    }
}

impl From<i32> for Number {
    fn from(value: i32) -> Self {
        i64::from(value).into()
    }
}

impl From<u32> for Number {
    fn from(value: u32) -> Self {
        i64::from(value).into()
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        match i64::try_from(value) {
            Ok(small) => small.into(),
            Err(_) => Number::from_integer(IBig::from(value)),
        }
    }
}

impl From<usize> for Number {
    fn from(value: usize) -> Self {
        (value as u64).into()
    }
}

impl From<IBig> for Number {
    fn from(value: IBig) -> Self {
        Number::from_integer(value)
    }
}

impl From<f64> for Number {
    /// What is not a number must not get here (see [`Number::from_f64`]); it becomes 0.
    fn from(value: f64) -> Self {
        Number::from_f64(value).unwrap_or_else(|| 0i64.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn n(text: &str) -> Number {
        Number::parse(text).unwrap()
    }

    #[test]
    fn reads_what_is_a_number_and_nothing_else() {
        for (text, shown) in [
            ("12", "12"),
            ("-0", "-0"),
            ("+5", "5"),
            (".5", "0.5"),
            ("5.", "5"),
            ("1E5", "100000"),
            ("1e-7", "0.0000001"),
            ("1p5", "32"),
            ("00012", "12"),
            ("inf", "+Inf"),
            ("-Inf", "-Inf"),
            ("1e1000000000", "+Inf"),
            ("1e-1000000000", "0"),
            ("9223372036854775808", "9223372036854775808"),
            ("123456789012345678901234567890.123456789", "123456789012345678901234567890.123456789"),
            ("1.0000000000000000000000000000000000000001", "1.0000000000000000000000000000000000000001"),
        ] {
            assert_eq!(n(text).to_string(), shown, "{text}");
        }
        for text in ["", " 1", "1 ", "0x10", "1_000", "1e", "1e+", "nan", "Infinity", "1,000", "١", ".", "-", "--1"] {
            assert!(Number::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn tiny_numbers_keep_the_rounding_of_their_text() {
        assert_eq!(n("1e-400").to_string(), format!("0.{}1", "0".repeat(399)));
        assert_eq!(n("1e-40").to_string(), format!("0.{}1", "0".repeat(39)));
    }

    #[test]
    fn doubles_have_their_own_precision() {
        assert_eq!(Number::from(2f64.sqrt()).to_string(), "1.4142135623730951");
        assert_eq!(Number::from(2f64.powi(62)).to_string(), "4611686018427388000");
        assert_eq!(Number::from(2f64.sqrt()), n("1.4142135623730951"));
        assert_ne!(Number::from(7f64.powi(30)), n("22539340290692256000000000"));
        assert_eq!(Number::from(-0.0), n("0"));
    }

    #[test]
    fn doubles_come_back_unchanged() {
        for value in [0.1, -1.5, 1e300, f64::MAX, f64::MIN_POSITIVE, 5e-324, 1e-310, 123456789.123] {
            assert_eq!(Number::from(value).to_f64(), value);
            assert_eq!(n(&format!("{value:?}")).to_f64(), value);
        }
        assert_eq!(n("1e400").to_f64(), f64::INFINITY);
        assert_eq!(n("1e-400").to_f64(), 0.0);
        assert_eq!(n("2e-324").to_f64(), 0.0);
        assert_eq!(n("3e-324").to_f64(), 5e-324);
    }

    #[test]
    fn integers_of_any_size() {
        assert_eq!(n("18446744073709551615").as_u64(), Some(u64::MAX));
        assert_eq!(n("18446744073709551616").as_u64(), None);
        assert_eq!(n("-9223372036854775808").as_i64(), Some(i64::MIN));
        assert_eq!(n("1.5").as_i64(), None);
        assert_eq!(n("-1").as_u64(), None);
        assert_eq!(n("1e30").as_integer(), Some(IBig::from(10u8).pow(30)));
    }

    #[test]
    fn order_is_that_of_the_numbers() {
        let sorted =
            ["-Inf", "-1e30", "-1.5", "-1", "0", "1e-400", "0.1", "1", "1.5", "9223372036854775808", "1e30", "inf"];
        for (at, left) in sorted.iter().enumerate() {
            for (other, right) in sorted.iter().enumerate() {
                assert_eq!(n(left).compare(&n(right)), at.cmp(&other), "{left} {right}");
            }
        }
    }
}

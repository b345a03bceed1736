//! Arithmetic on numbers, rounded as the more precise operand is.

use dashu_int::ops::{BitTest, DivRem};
use dashu_int::{IBig, Sign, UBig};

use super::{Number, PRECISION, Repr, rounded, top};

/// Why two numbers have no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArithmeticError {
    /// `Inf + -Inf`
    #[error("opposite infinities have no sum")]
    OpposingInfinities,
    /// `Inf - Inf`
    #[error("an infinity less itself has no value")]
    InfinityMinusItself,
    /// `0 * Inf`
    #[error("zero times infinity has no value")]
    ZeroTimesInfinity,
    /// `0 / 0`, `Inf / Inf`
    #[error("neither zero by zero nor infinity by infinity can be divided")]
    Undivided,
    /// `5 % Inf`
    #[error("a remainder with infinity has no value")]
    ModuloInfinity,
}

/// Results of operations; the precision is that of the more precise operand.
impl Number {
    /// `self + other`
    ///
    /// # Errors
    /// Infinities of opposite sign.
    pub fn add(&self, other: &Number) -> Result<Number, ArithmeticError> {
        let precision = self.precision.max(other.precision);
        if let (Repr::Small(left), Repr::Small(right)) = (&self.repr, &other.repr)
            && let Some(sum) = left.checked_add(*right)
        {
            return Ok(small(sum, precision));
        }
        match (&self.repr, &other.repr) {
            (Repr::Infinity(left), Repr::Infinity(right)) if left != right => Err(ArithmeticError::OpposingInfinities),
            (Repr::Infinity(_), _) => Ok(self.clone()),
            (_, Repr::Infinity(_)) => Ok(other.clone()),
            (Repr::NegativeZero, Repr::NegativeZero) => Ok(Number { repr: Repr::NegativeZero, precision }),
            _ => Ok(sum(self.parts(), other.parts(), precision)),
        }
    }

    /// `self - other`
    ///
    /// # Errors
    /// An infinity less itself.
    pub fn subtract(&self, other: &Number) -> Result<Number, ArithmeticError> {
        self.add(&other.negate()).map_err(|_| ArithmeticError::InfinityMinusItself)
    }

    /// `self * other`; a product that needs more bits than its factors have gets them, up to 512.
    ///
    /// # Errors
    /// Zero times an infinity.
    pub fn multiply(&self, other: &Number) -> Result<Number, ArithmeticError> {
        let precision = self.precision.max(other.precision);
        if let (Repr::Small(left), Repr::Small(right)) = (&self.repr, &other.repr)
            && *left != 0
            && *right != 0
            && let Some(product) = left.checked_mul(*right)
        {
            return Ok(small(product, precision.max(needed_bits(product))));
        }
        let negative = self.is_negative() != other.is_negative();
        if self.is_infinite() || other.is_infinite() {
            if self.is_zero() || other.is_zero() {
                return Err(ArithmeticError::ZeroTimesInfinity);
            }
            return Ok(Number { repr: Repr::Infinity(Sign::from(negative)), precision });
        }
        if self.is_zero() || other.is_zero() {
            return Ok(zero(negative, precision));
        }
        let ((left, left_exponent), (right, right_exponent)) = (self.parts(), other.parts());
        let mut product = rounded(left * right, left_exponent + right_exponent, PRECISION);
        product.precision = precision.max(product.bits());
        Ok(product)
    }

    /// `self / other`; a number by zero is an infinity.
    ///
    /// # Errors
    /// Zero by zero, an infinity by an infinity.
    pub fn divide(&self, other: &Number) -> Result<Number, ArithmeticError> {
        let precision = self.precision.max(other.precision);
        let negative = self.is_negative() != other.is_negative();
        if self.is_zero() && other.is_zero() || self.is_infinite() && other.is_infinite() {
            return Err(ArithmeticError::Undivided);
        }
        if self.is_infinite() || other.is_zero() {
            return Ok(Number { repr: Repr::Infinity(Sign::from(negative)), precision });
        }
        if self.is_zero() || other.is_infinite() {
            return Ok(zero(negative, precision));
        }
        if let (Repr::Small(left), Repr::Small(right)) = (&self.repr, &other.repr)
            && left.checked_rem(*right) == Some(0)
        {
            return Ok(small(left / right, precision));
        }
        let ((left, left_exponent), (right, right_exponent)) = (self.parts(), other.parts());
        let (sign, right) = right.into_parts();
        Ok(quotient(left * sign, right, left_exponent - right_exponent, precision))
    }

    /// `self % other`, with the sign of `self`; `x % 0` is `x`.
    ///
    /// # Errors
    /// A finite number by an infinity, an infinity by a number.
    pub fn modulo(&self, other: &Number) -> Result<Number, ArithmeticError> {
        if other.is_zero() {
            return Ok(self.clone());
        }
        if self.is_infinite() || other.is_infinite() {
            return Err(ArithmeticError::ModuloInfinity);
        }
        if let (Repr::Small(left), Repr::Small(right)) = (&self.repr, &other.repr)
            && self.precision == PRECISION
        {
            return Ok(small(left.wrapping_rem(*right), PRECISION));
        }
        // The oracle goes over the rounded quotient and the rounded product; the last digits of its results show it.
        let whole = self.divide(other)?.truncate();
        let ((whole, whole_exponent), (divisor, exponent)) = (whole.parts(), other.parts());
        let (whole, whole_exponent) = rounded(whole, whole_exponent, self.precision).into_parts(whole_exponent);
        let product = rounded(whole * divisor, whole_exponent + exponent, self.precision);
        let (product, exponent) = product.parts();
        Ok(sum(self.parts(), (-product, exponent), self.precision))
    }

    /// `-self`
    #[must_use]
    pub fn negate(&self) -> Number {
        let repr = match &self.repr {
            Repr::Small(0) => Repr::NegativeZero,
            Repr::NegativeZero => Repr::Small(0),
            Repr::Infinity(sign) => Repr::Infinity(-*sign),
            Repr::Small(value) if *value != i64::MIN => Repr::Small(-value),
            Repr::Small(_) | Repr::Float(_) => {
                let (mantissa, exponent) = self.parts();
                return rounded(-mantissa, exponent, self.precision);
            }
        };
        Number { repr, precision: self.precision }
    }

    /// The distance from zero.
    #[must_use]
    pub fn absolute(&self) -> Number {
        if self.is_negative() { self.negate() } else { self.clone() }
    }

    /// The greatest whole number that is not above it; infinities stay.
    #[must_use]
    pub fn floor(&self) -> Number {
        let whole = self.truncate();
        if self.is_negative() && !self.is_integer() && !self.is_infinite() {
            return one_off(&whole, Sign::Negative);
        }
        whole
    }

    /// The least whole number that is not below it; infinities stay.
    #[must_use]
    pub fn ceil(&self) -> Number {
        let whole = self.truncate();
        if !self.is_negative() && !self.is_integer() && !self.is_infinite() {
            return one_off(&whole, Sign::Positive);
        }
        whole
    }

    /// The whole part; infinities stay. A whole number comes back unchanged.
    #[must_use]
    pub fn truncate(&self) -> Number {
        match &self.repr {
            Repr::Float(float) if float.exponent < 0 => {
                let (sign, magnitude) = float.mantissa.clone().into_parts();
                let dropped = usize::try_from(-float.exponent).unwrap_or(usize::MAX);
                let whole = if dropped >= magnitude.bit_len() { UBig::ZERO } else { magnitude >> dropped };
                Number::from_integer(IBig::from_parts(sign, whole))
            }
            _ => self.clone(),
        }
    }

    /// Mantissa and exponent; the exponent of a zero is `exponent`.
    fn into_parts(self, exponent: i64) -> (IBig, i64) {
        if self.is_zero() { (IBig::ZERO, exponent) } else { self.parts() }
    }

    /// Bits of mantissa that the number needs.
    fn bits(&self) -> u16 {
        match &self.repr {
            Repr::Small(value) => needed_bits(*value),
            Repr::Float(float) => float.mantissa.bit_len() as u16,
            Repr::NegativeZero | Repr::Infinity(_) => 0,
        }
    }
}

/// `digits * 10^tens * 2^twos` with a sign.
pub(super) fn scaled(sign: Sign, digits: UBig, tens: i64, twos: i64, precision: u16) -> Number {
    /// Beyond it every number is out of range, whatever its digits within reason.
    const OUT_OF_RANGE: i64 = 1 << 31;
    if digits.is_zero() {
        return zero(sign == Sign::Negative, precision);
    }
    let magnitude = tens.saturating_add(digits.bit_len() as i64 / 4);
    if magnitude > OUT_OF_RANGE || twos > 2 * OUT_OF_RANGE {
        return Number { repr: Repr::Infinity(sign), precision };
    }
    if tens < -OUT_OF_RANGE || twos < -2 * OUT_OF_RANGE {
        return zero(sign == Sign::Negative, precision);
    }
    let (fives, fives_exponent) = power_of_five(tens.unsigned_abs());
    let mantissa = IBig::from_parts(sign, digits);
    if tens >= 0 {
        rounded(mantissa * fives, twos + tens + fives_exponent, precision)
    } else {
        quotient(mantissa, fives, twos + tens - fives_exponent, precision)
    }
}

/// `5^power` as mantissa and exponent: exact where that is of reasonable size, else with many more bits than a number.
pub(super) fn power_of_five(power: u64) -> (UBig, i64) {
    const EXACT: u64 = 8_000;
    const BITS: usize = 2 * PRECISION as usize;
    if power <= EXACT {
        return (UBig::from(5u8).pow(power as usize), 0);
    }
    let (half, exponent) = power_of_five(power / 2);
    let square = half.sqr() * if power % 2 == 1 { 5u8 } else { 1u8 };
    let excess = square.bit_len().saturating_sub(BITS);
    (square >> excess, 2 * exponent + excess as i64)
}

/// `(left / right) * 2^exponent`
fn quotient(left: IBig, right: UBig, exponent: i64, precision: u16) -> Number {
    let (sign, left) = left.into_parts();
    let shift = (usize::from(precision) + 3 + right.bit_len()).saturating_sub(left.bit_len());
    let (mut whole, rest) = (left << shift).div_rem(&right);
    if !rest.is_zero() {
        // Far below the last bit that is kept: all that matters is that the rest is not zero.
        whole.set_bit(0);
    }
    rounded(IBig::from_parts(sign, whole), exponent - shift as i64, precision)
}

fn sum((left, left_exponent): (IBig, i64), (right, right_exponent): (IBig, i64), precision: u16) -> Number {
    if left.is_zero() {
        return rounded(right, right_exponent, precision);
    }
    if right.is_zero() {
        return rounded(left, left_exponent, precision);
    }
    if top(&left, left_exponent) < top(&right, right_exponent) {
        return sum((right, right_exponent), (left, left_exponent), precision);
    }
    /// Further down than this, a summand can only break a tie.
    const FAR: i64 = 2 * PRECISION as i64 + 8;
    let lowest = left_exponent.min(top(&left, left_exponent) - FAR);
    if top(&right, right_exponent) < lowest {
        let hint = IBig::from_parts(right.sign(), UBig::ONE);
        return rounded((left << (left_exponent - lowest + 1) as usize) + hint, lowest - 1, precision);
    }
    let common = left_exponent.min(right_exponent);
    let total = (left << (left_exponent - common) as usize) + (right << (right_exponent - common) as usize);
    rounded(total, common, precision)
}

fn one_off(whole: &Number, sign: Sign) -> Number {
    let (mantissa, exponent) = whole.parts();
    Number::from_integer((mantissa << exponent as usize) + IBig::from_parts(sign, UBig::ONE))
}

fn small(value: i64, precision: u16) -> Number {
    if needed_bits(value) <= precision {
        Number { repr: Repr::Small(value), precision }
    } else {
        rounded(IBig::from(value), 0, precision)
    }
}

fn needed_bits(value: i64) -> u16 {
    let magnitude = value.unsigned_abs();
    (u64::BITS - magnitude.leading_zeros() - if magnitude == 0 { 0 } else { magnitude.trailing_zeros() }) as u16
}

fn zero(negative: bool, precision: u16) -> Number {
    Number { repr: if negative { Repr::NegativeZero } else { Repr::Small(0) }, precision }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn n(text: &str) -> Number {
        Number::parse(text).unwrap()
    }

    #[test]
    fn decimal_fractions_come_out_as_people_expect() {
        assert_eq!(n("0.1").add(&n("0.2")).unwrap(), n("0.3"));
        assert_eq!(n("1").divide(&n("3")).unwrap().multiply(&n("3")).unwrap(), n("1"));
        assert_eq!(
            n("1.1").multiply(&n("1.1")).unwrap().to_string(),
            "1.2100000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
             000000000000000000000000000000000000000000000000000001"
        );
        assert_eq!(
            n("5").modulo(&n("0.3")).unwrap().to_string(),
            "0.1999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999\
             9999999999999999999999999999999999999999999999999999976"
        );
    }

    #[test]
    fn quotients_have_the_precision_of_their_operands() {
        let third = |precision: &str| match precision {
            "text" => n("1").divide(&n("3")).unwrap().to_string(),
            _ => Number::from(1i64).divide(&3i64.into()).unwrap().to_string(),
        };
        assert_eq!(third("text"), format!("0.{}5", "3".repeat(154)));
        assert_eq!(third("integer"), "0.33333333333333333334");
        assert_eq!(
            n("1e50").divide(&n("3")).unwrap().to_string(),
            "33333333333333333333333333333333333333333333333333.333333333333333333333333333333333333333333333333333333\
             333333333333333333333333333333333333333333333333334"
        );
    }

    #[test]
    fn products_of_doubles_get_the_bits_they_need() {
        let root = Number::from(2f64.sqrt());
        assert_eq!(root.multiply(&root).unwrap().to_string(), "2.00000000000000027343234630647693");
    }

    #[test]
    fn zeros_and_infinities() {
        let (zero, one, infinity) = (n("0"), n("1"), n("inf"));
        assert_eq!(one.divide(&zero).unwrap().to_string(), "+Inf");
        assert_eq!(one.divide(&n("-0")).unwrap().to_string(), "-Inf");
        assert_eq!(zero.multiply(&n("-1")).unwrap().to_string(), "-0");
        assert_eq!(n("-0").add(&zero).unwrap().to_string(), "0");
        assert_eq!(n("-0").add(&n("-0")).unwrap().to_string(), "-0");
        assert_eq!(zero.divide(&zero), Err(ArithmeticError::Undivided));
        assert_eq!(infinity.multiply(&zero), Err(ArithmeticError::ZeroTimesInfinity));
        assert_eq!(infinity.subtract(&infinity), Err(ArithmeticError::InfinityMinusItself));
        assert_eq!(infinity.add(&infinity.negate()), Err(ArithmeticError::OpposingInfinities));
        assert_eq!(n("5").modulo(&zero).unwrap(), n("5"));
        assert_eq!(n("5").modulo(&infinity), Err(ArithmeticError::ModuloInfinity));
        assert_eq!(n("-5").modulo(&n("3")).unwrap(), n("-2"));
        assert_eq!(n("1e20").modulo(&n("7")).unwrap(), n("2"));
    }

    #[test]
    fn large_and_tiny_summands() {
        let huge = n("1e600");
        assert_eq!(n("1e300").multiply(&n("1e300")).unwrap(), huge);
        assert_eq!(huge.add(&n("1e-600")).unwrap(), huge);
        assert_eq!(n("1e600000000").add(&n("1")).unwrap().compare(&n("1e600000000")), std::cmp::Ordering::Equal);
        assert_eq!(n("9223372036854775807").add(&n("1")).unwrap(), n("9223372036854775808"));
    }

    #[test]
    fn whole_parts() {
        assert_eq!(n("-2.5").ceil().to_string(), "-2");
        assert_eq!(n("-2.5").floor().to_string(), "-3");
        assert_eq!(n("2.0000000000000000000000000000000001").ceil(), n("3"));
        assert_eq!(n("0.5").floor(), n("0"));
        assert_eq!(n("1e30").add(&n("0.5")).unwrap().floor(), n("1e30"));
        assert_eq!(n("inf").floor().to_string(), "+Inf");
        assert_eq!(n("-1e30").absolute(), n("1e30"));
    }
}

//! Numbers: binary floating point with 512 bits of mantissa, as the oracle computes.

use dashu_float::FBig;
use dashu_float::round::mode::HalfEven;

/// A number of 512 bits, or an infinity.
#[derive(Clone, Debug, PartialEq)]
pub struct Number(FBig<HalfEven, 2>);

impl Number {
    /// Reads decimal text such as `12`, `-0.5` or `1e9`; `None` where it is no number.
    pub fn parse(_text: &str) -> Option<Number> {
        unimplemented!()
    }

    /// The value as an `i64` when it is a whole number in range.
    pub fn as_i64(&self) -> Option<i64> {
        unimplemented!()
    }

    /// The nearest double.
    pub fn to_f64(&self) -> f64 {
        unimplemented!()
    }
}

impl From<i64> for Number {
    fn from(_value: i64) -> Self {
        unimplemented!()
    }
}

impl From<f64> for Number {
    fn from(_value: f64) -> Self {
        unimplemented!()
    }
}

//! Functions of numbers.

use std::cmp::Ordering;

use dashu_int::{IBig, Sign, UBig};

use super::{
    Context, Function, FunctionError, Outcome, Parameter, UNWIELDY, any, items, num, number, quote, text, whole,
};
use crate::value::{Number, Type, Value, convert};

const NUM: Parameter = Parameter::new("num", "A number.", number);

pub(super) static ABS: Function =
    Function::new("abs", "The distance of a number from zero.", &[NUM], number, |_, args| {
        Ok(Value::number(num(args, 0).absolute()))
    });

pub(super) static CEIL: Function =
    Function::new("ceil", "The least whole number that is not below a number.", &[NUM], number, |_, args| {
        Ok(Value::number(num(args, 0).ceil()))
    });

pub(super) static FLOOR: Function =
    Function::new("floor", "The greatest whole number that is not above a number.", &[NUM], number, |_, args| {
        Ok(Value::number(num(args, 0).floor()))
    });

pub(super) static SIGNUM: Function =
    Function::new("signum", "-1, 0 or 1: the sign of a whole number.", &[NUM], number, |_, args| {
        Ok(Value::from(whole(args, 0)?.signum()))
    });

pub(super) static LOG: Function = Function::new(
    "log",
    "The logarithm of a number to a base, in double precision.",
    &[NUM, Parameter::new("base", "The base of the logarithm.", number)],
    number,
    |_, args| double(logarithm(double_of(args, 0)?) / logarithm(double_of(args, 1)?)),
);

pub(super) static POW: Function = Function::new(
    "pow",
    "A number raised to a power, in double precision.",
    &[NUM, Parameter::new("power", "The exponent.", number)],
    number,
    |_, args| double(power(double_of(args, 0)?, double_of(args, 1)?)),
);

const NUMBERS: Parameter = Parameter::new("numbers", "Numbers to choose from.", number);

pub(super) static MAX: Function =
    Function::new("max", "The greatest of its arguments.", &[], number, |_, args| extreme(args, Ordering::Greater))
        .variadic(NUMBERS);

pub(super) static MIN: Function =
    Function::new("min", "The least of its arguments.", &[], number, |_, args| extreme(args, Ordering::Less))
        .variadic(NUMBERS);

pub(super) static PARSEINT: Function = Function::new(
    "parseint",
    "Reads a whole number that is written to a base.",
    &[
        Parameter::new("number", "Text of the number.", any),
        Parameter::new("base", "Base of the digits, from 2 to 62.", number),
    ],
    number,
    parseint,
)
.typed(|args| check_parseint(args).map(|()| Type::Number));

pub(super) static SUM: Function = Function::new(
    "sum",
    "The sum of the numbers of a list, set or tuple.",
    &[Parameter::new("list", "Numbers to add up.", any)],
    any,
    sum,
);

pub(super) static RANGE: Function = Function::new(
    "range",
    "Numbers from a start (0) up or down to a limit that is left out, by a step.",
    &[],
    || Type::list(Type::Number),
    range,
)
.variadic(Parameter::new("params", "The limit; or start and limit; or start, limit and step.", number));

/// A double from an argument.
fn double_of(args: &[Value], at: usize) -> Result<f64, FunctionError> {
    let number = num(args, at);
    let double = number.to_f64();
    if double.is_infinite() && !number.is_infinite() {
        return Err(FunctionError::failed("value is beyond the range of a 64-bit floating point number"));
    }
    Ok(double)
}

fn double(result: f64) -> Outcome {
    let number = Number::from_f64(result).ok_or_else(|| FunctionError::failed("the result is not a real number"))?;
    Ok(Value::number(number))
}

/// The natural logarithm. The standard library's differs from the oracle's in the last bit of every third number.
fn logarithm(value: f64) -> f64 {
    libm::log(value)
}

/// `base^exponent`: the whole part of the exponent by repeated squaring of the mantissa, the rest through the logarithm.
/// The steps and their order matter: the last bit of the result, which users see, is the oracle's only so.
fn power(base: f64, exponent: f64) -> f64 {
    if !base.is_finite() || !exponent.is_finite() || base == 0.0 || exponent == 0.0 || exponent.abs() >= 2f64.powi(63) {
        return base.powf(exponent);
    }
    if exponent == 0.5 {
        return base.sqrt();
    }
    if exponent == -0.5 {
        return 1.0 / base.sqrt();
    }
    let (mut whole, mut rest) = (exponent.abs().trunc(), exponent.abs().fract());
    if rest > 0.5 {
        rest -= 1.0;
        whole += 1.0;
    }
    let mut result = if rest == 0.0 { 1.0 } else { (rest * logarithm(base)).exp() };
    let mut twos = 0;
    let (mut factor, mut factor_twos) = mantissa_and_exponent(base);
    let mut bits = whole as u64;
    while bits != 0 {
        if factor_twos.abs() > 1 << 12 {
            twos += factor_twos;
            break;
        }
        if bits & 1 == 1 {
            result *= factor;
            twos += factor_twos;
        }
        factor *= factor;
        factor_twos *= 2;
        if factor < 0.5 {
            factor += factor;
            factor_twos -= 1;
        }
        bits >>= 1;
    }
    if exponent < 0.0 { times_power_of_two(1.0 / result, -twos) } else { times_power_of_two(result, twos) }
}

/// A finite number but zero as `m * 2^e` with `0.5 <= |m| < 1`.
fn mantissa_and_exponent(value: f64) -> (f64, i64) {
    if value.abs() < f64::MIN_POSITIVE {
        let (mantissa, exponent) = mantissa_and_exponent(value * 2f64.powi(64));
        return (mantissa, exponent - 64);
    }
    let stored = (value.to_bits() >> 52 & 0x7ff) as i64;
    let mantissa = f64::from_bits(value.to_bits() & !(0x7ff << 52) | 1022 << 52);
    (mantissa, stored - 1022)
}

fn times_power_of_two(value: f64, exponent: i64) -> f64 {
    let mut value = value;
    let mut left = exponent.clamp(-4000, 4000) as i32;
    while left != 0 && value != 0.0 && value.is_finite() {
        let step = left.clamp(-1000, 1000);
        value *= 2f64.powi(step);
        left -= step;
    }
    value
}

fn extreme(args: &[Value], wanted: Ordering) -> Outcome {
    let numbers = args.iter().enumerate().map(|(at, _)| num(args, at));
    let best = numbers.reduce(|best, it| if it.compare(best) == wanted { it } else { best });
    best.map(|it| Value::number(it.clone())).ok_or_else(|| FunctionError::failed("must pass at least one number"))
}

fn check_parseint(args: &[Value]) -> Result<(), FunctionError> {
    match args[0].ty() {
        Type::String => Ok(()),
        ty => {
            let message = format!("first argument must be a string, not {}", ty.friendly_name());
            Err(FunctionError::argument(0, message))
        }
    }
}

fn parseint(_: &Context<'_>, args: &[Value]) -> Outcome {
    check_parseint(args)?;
    let base = whole(args, 1)?;
    if !(2..=62).contains(&base) {
        return Err(FunctionError::argument(1, "base must be a whole number between 2 and 62 inclusive"));
    }
    let text = text(args, 0);
    let parsed = parse_integer(text, base as u8);
    let error = || FunctionError::argument(0, format!("cannot parse {} as a base {base} integer", quote(text)));
    parsed.map(|it| Value::number(Number::from_integer(it))).ok_or_else(error)
}

/// Digits, then letters; up to base 36 of either case, beyond it lower case before upper case.
fn parse_integer(text: &str, base: u8) -> Option<IBig> {
    let (sign, digits) = match text.as_bytes() {
        [b'-', rest @ ..] => (Sign::Negative, rest),
        [b'+', rest @ ..] => (Sign::Positive, rest),
        all => (Sign::Positive, all),
    };
    let mut value = UBig::ZERO;
    for &byte in digits {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'z' => byte - b'a' + 10,
            b'A'..=b'Z' if base <= 36 => byte - b'A' + 10,
            b'A'..=b'Z' => byte - b'A' + 36,
            _ => return None,
        };
        if digit >= base {
            return None;
        }
        value = value * UBig::from(base) + UBig::from(digit);
    }
    (!digits.is_empty()).then(|| IBig::from_parts(sign, value))
}

fn sum(_: &Context<'_>, args: &[Value]) -> Outcome {
    let not_numbers = || FunctionError::argument(0, "argument must be list, set, or tuple of number values");
    let ty = args[0].ty();
    if !matches!(ty, Type::List(_) | Type::Set(_) | Type::Tuple(_)) {
        let message = match ty {
            Type::Map(_) | Type::Object(_) => {
                format!("argument must be list, set, or tuple. Received {}", ty.friendly_name())
            }
            _ => "cannot sum noniterable".into(),
        };
        return Err(FunctionError::argument(0, message));
    }
    let all = items(args, 0);
    if all.is_empty() {
        return Err(FunctionError::argument(0, "cannot sum an empty list"));
    }
    if !args[0].is_wholly_known() {
        return Ok(Value::unknown(Type::Number));
    }
    let mut total: Option<Number> = None;
    for item in all {
        let item = if item.ty() == Type::Bool { None } else { convert(item, &Type::Number).ok() };
        let item = item.as_ref().and_then(Value::as_number).ok_or_else(not_numbers)?;
        total = Some(match total {
            _ if item.is_unwieldy() => return Err(FunctionError::argument(0, UNWIELDY)),
            None => item.clone(),
            Some(total) => total.add(item).map_err(|error| FunctionError::failed(error.to_string()))?,
        });
    }
    Ok(Value::number(total.expect("there is at least one element")))
}

fn range(_: &Context<'_>, args: &[Value]) -> Outcome {
    let zero = Number::from(0i64);
    let (start, end) = match args.len() {
        1 => (&zero, num(args, 0)),
        2 | 3 => (num(args, 0), num(args, 1)),
        _ => return Err(FunctionError::failed("must have one, two, or three arguments")),
    };
    let default = Number::from(if end.compare(start).is_lt() { -1i64 } else { 1 });
    let step = if args.len() == 3 { num(args, 2) } else { &default };
    let down = step.compare(&zero).is_lt();
    if down && end.compare(start).is_gt() {
        return Err(FunctionError::argument(1, "end must be less than start when step is negative"));
    }
    if !down && end.compare(start).is_lt() {
        return Err(FunctionError::argument(1, "end must be greater than start when step is positive"));
    }
    let done = if down { Ordering::is_le } else { Ordering::is_ge };
    let mut values = Vec::new();
    let mut next = start.clone();
    while !done(next.compare(end)) {
        if values.len() >= 1024 {
            let message = "more than 1024 values were generated; either decrease the difference between start and \
                           end or use a smaller step";
            return Err(FunctionError::failed(message));
        }
        values.push(Value::number(next.clone()));
        next = next.add(step).map_err(|error| FunctionError::failed(error.to_string()))?;
    }
    Ok(Value::list(Type::Number, values))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn powers_and_logarithms() {
        for (base, exponent, want) in [
            (2.0, 10.0, 1024.0),
            (1.1, 10.0, 2.593742460100002),
            (1.5, 7.3, 19.295951155032363),
            (3.0, 0.1, 1.1161231740339044),
            (10.0, -3.0, 0.001),
            (1.0001, 365.0, 1.0371724113025396),
            (2.0, 0.5, std::f64::consts::SQRT_2),
            (2.0, -2.5, 0.1767766952966369),
            (-2.0, 3.0, -8.0),
            (0.0, -1.0, f64::INFINITY),
            (2.0, 1024.0, f64::INFINITY),
            (1e200, 3.0, f64::INFINITY),
            (1e-200, 3.0, 0.0),
            (-1.0, 1e30, 1.0),
        ] {
            assert_eq!(power(base, exponent), want, "{base}^{exponent}");
        }
        check("pow", &[("[-8,0.5]", "!real number"), ("[\"3\",\"2\"]", "9")]);
        check("log", &[("[100,10]", "2"), ("[-1,10]", "!real number"), ("[50,3]", "3.560876795007312")]);
        check("log", &[("[1e400,10]", "!range"), ("[2,10]", "0.30102999566398114")]);
    }

    #[test]
    fn whole_numbers() {
        check("ceil", &[("[-1.1]", "-1"), ("[\"2.3\"]", "3"), ("[1e-300]", "1")]);
        check("floor", &[("[-1.1]", "-2"), ("[123456789012345678901234567890.5]", "123456789012345678901234567890")]);
        check("signum", &[("[-2]", "-1"), ("[0]", "0"), ("[-1e-50]", "!whole number")]);
        check("abs", &[("[-5.5]", "5.5")]);
        check("max", &[("[\"10\",9]", "10"), ("[]", "!at least one"), ("[[1,2]]", "!number required")]);
        check("min", &[("[-1.5,-2]", "-2")]);
    }

    #[test]
    fn integers_of_any_base() {
        check(
            "parseint",
            &[("[\"FF\",16]", "255"), ("[\"Zz\",62]", "3817"), ("[\"aA\",62]", "656"), ("[\"+5\",10]", "5")],
        );
        check(
            "parseint",
            &[("[\"\",10]", "!cannot parse \"\""), ("[\"0b1\",2]", "!base 2"), ("[100,10]", "!not number")],
        );
        check("parseint", &[("[\"1\",63]", "!between 2 and 62"), ("[\"-9\",9]", "!cannot parse")]);
    }

    #[test]
    fn sums() {
        check(
            "sum",
            &[
                ("[[10,13,6,4.5]]", "33.5"),
                ("[[\"1\",\"2\"]]", "3"),
                ("[[]]", "!empty"),
                ("[[1,null]]", "!number values"),
            ],
        );
        check(
            "sum",
            &[("[[true]]", "!number values"), ("[{\"a\":1}]", "!Received object"), ("[\"x\"]", "!noniterable")],
        );
    }

    #[test]
    fn ranges() {
        check("range", &[("[3]", "[0,1,2]"), ("[-2.5]", "[0,-1,-2]"), ("[4,1]", "[4,3,2]"), ("[10,1,-3]", "[10,7,4]")]);
        check("range", &[("[1,1,0]", "[]"), ("[0,1,0]", "!1024"), ("[5,1,1]", "!greater"), ("[1,5,-1]", "!less")]);
        check("range", &[("[]", "!one, two, or three"), ("[0,1025]", "!1024")]);
    }
}

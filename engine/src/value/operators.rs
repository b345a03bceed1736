//! The operators of the language on values.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Kind, Marks, Number, Refinement, Type, Value, convert};
use crate::syntax::ast::{BinaryOp, UnaryOp};

/// Why an operator does not apply.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{summary}: {detail}")]
pub struct OperatorError {
    /// As a diagnostic's summary.
    pub summary: &'static str,
    /// As a diagnostic's detail.
    pub detail: String,
    /// Which operand is wrong: 0 left (or only), 1 right; `None` for both together.
    pub operand: Option<usize>,
}

/// `a op b`. `&&` and `||` give their result from one known operand where it decides; the evaluator skips the
/// evaluation of the right side before that.
///
/// # Errors
/// Operands of a wrong type, null operands, 0/0.
pub fn binary(op: BinaryOp, left: &Value, right: &Value) -> Result<Value, OperatorError> {
    match op {
        BinaryOp::Equal => Ok(equal(left, right)),
        BinaryOp::NotEqual => Ok(not(equal(left, right))),
        BinaryOp::And | BinaryOp::Or => logic(op, left, right),
        _ => {
            let (left, left_marks) = operand(left, &Type::Number, Some(0))?;
            let (right, right_marks) = operand(right, &Type::Number, Some(1))?;
            not_null(&left, Some(0))?;
            not_null(&right, Some(1))?;
            let result = match (left.as_number(), right.as_number()) {
                (Some(left), Some(right)) => numeric(op, left, right)?,
                _ => unknown(if is_comparison(op) { Type::Bool } else { Type::Number }),
            };
            Ok(result.marked(left_marks.and(right_marks)))
        }
    }
}

/// `op a`.
///
/// # Errors
/// An operand of a wrong type or null.
pub fn unary(op: UnaryOp, given: &Value) -> Result<Value, OperatorError> {
    let ty = match op {
        UnaryOp::Negate => Type::Number,
        UnaryOp::Not => Type::Bool,
    };
    let (value, marks) = operand(given, &ty, None).map_err(|error| OperatorError { operand: Some(0), ..error })?;
    not_null(&value, Some(0))?;
    let result = match (op, value.kind()) {
        (UnaryOp::Negate, Kind::Number(number)) => Value::number(number.negate()),
        (UnaryOp::Not, Kind::Bool(value)) => (!value).into(),
        _ => unknown(ty),
    };
    Ok(result.marked(marks))
}

/// The language's `==`: a bool, or unknown; never converts. All nulls are equal.
pub fn equal(left: &Value, right: &Value) -> Value {
    // Whether something is null says nothing of the secrets inside it.
    let marks = if left.is_null() == right.is_null() {
        left.deep_marks().and(right.deep_marks())
    } else {
        left.marks().and(right.marks())
    };
    compare_whole(left, right).map_or_else(|| unknown(Type::Bool), Value::from).marked(marks)
}

fn not(value: Value) -> Value {
    let marks = value.marks();
    value.as_bool().map_or(value, |it| Value::from(!it).marked(marks))
}

fn logic(op: BinaryOp, left: &Value, right: &Value) -> Result<Value, OperatorError> {
    let (left, left_marks) = operand(left, &Type::Bool, Some(0))?;
    let (right, right_marks) = operand(right, &Type::Bool, Some(1))?;
    let decisive = op == BinaryOp::Or;
    not_null(&left, Some(0))?;
    let result = match (left.as_bool(), right.as_bool()) {
        (Some(known), _) if known == decisive => decisive.into(),
        (_, Some(known)) if known == decisive => decisive.into(),
        (left, right_known) => {
            not_null(&right, Some(1))?;
            match (left, right_known) {
                (Some(_), Some(_)) => (!decisive).into(),
                _ => unknown(Type::Bool),
            }
        }
    };
    Ok(result.marked(left_marks.and(right_marks)))
}

fn unknown(ty: Type) -> Value {
    Value::refined(ty, Refinement::not_null())
}

fn operand(value: &Value, ty: &Type, side: Option<usize>) -> Result<(Value, Marks), OperatorError> {
    convert(value, ty).map(Value::unmarked).map_err(|error| {
        let name = match side {
            Some(0) => "left",
            Some(_) => "right",
            None => "unary",
        };
        let detail = format!("Unsuitable value for {name} operand: {}.", error.reason);
        OperatorError { summary: "Invalid operand", detail, operand: side }
    })
}

fn not_null(value: &Value, side: Option<usize>) -> Result<(), OperatorError> {
    if !value.is_null() {
        return Ok(());
    }
    let detail = "An operand is null, and the operator needs a value.".into();
    Err(OperatorError { summary: "Operation failed", detail, operand: side })
}

fn is_comparison(op: BinaryOp) -> bool {
    matches!(op, BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual)
}

fn numeric(op: BinaryOp, left: &Number, right: &Number) -> Result<Value, OperatorError> {
    let result = match op {
        BinaryOp::Less => return Ok((left.compare(right) == Ordering::Less).into()),
        BinaryOp::LessEqual => return Ok((left.compare(right) != Ordering::Greater).into()),
        BinaryOp::Greater => return Ok((left.compare(right) == Ordering::Greater).into()),
        BinaryOp::GreaterEqual => return Ok((left.compare(right) != Ordering::Less).into()),
        BinaryOp::Add => left.add(right),
        BinaryOp::Subtract => left.subtract(right),
        BinaryOp::Multiply => left.multiply(right),
        BinaryOp::Divide => left.divide(right),
        BinaryOp::Modulo => left.modulo(right),
        BinaryOp::Or | BinaryOp::And | BinaryOp::Equal | BinaryOp::NotEqual => return Ok(equal_numbers(left, right)),
    };
    result.map(Value::number).map_err(|error| OperatorError {
        summary: "Operation failed",
        detail: format!("Error during operation: {error}."),
        operand: None,
    })
}

fn equal_numbers(left: &Number, right: &Number) -> Value {
    (left == right).into()
}

/// `None` where it is not known yet.
fn compare_whole(left: &Value, right: &Value) -> Option<bool> {
    match (left.is_unknown(), right.is_unknown()) {
        (false, false) => {}
        (true, true) => return None,
        (true, false) => return disproved(left, right),
        (false, true) => return disproved(right, left),
    }
    match (left.is_null(), right.is_null()) {
        (true, true) => return Some(true),
        (false, false) => {}
        _ => return Some(false),
    }
    if left.is_primitive() && right.is_primitive() {
        return Some(same_primitive(left.kind(), right.kind()));
    }
    let (left_type, right_type) = (left.ty(), right.ty());
    let undecided = |value: &Value| value.any(&mut |it| matches!(it.kind(), Kind::Unknown(Type::Dynamic, _)));
    if undecided(left) || undecided(right) {
        let could_be = conforms(&left_type, &right_type) || conforms(&right_type, &left_type);
        return if could_be { None } else { Some(false) };
    }
    if left_type == right_type { compare(left, right) } else { Some(false) }
}

/// What can be said of an unknown and a known value: `Some(false)` or nothing.
fn disproved(unknown: &Value, known: &Value) -> Option<bool> {
    let Kind::Unknown(ty, refinement) = unknown.kind() else { return None };
    if known.is_null() {
        return refinement.not_null.then_some(false);
    }
    if !conforms(&known.ty(), ty) {
        return Some(false);
    }
    let prefix = refinement.prefix.as_deref().zip(known.as_str());
    if prefix.is_some_and(|(prefix, text)| !text.starts_with(prefix)) {
        return Some(false);
    }
    let seen = known.refinement();
    let too_short = seen.max_length.zip(refinement.min_length).is_some_and(|(most, least)| most < least);
    let too_long = seen.min_length.zip(refinement.max_length).is_some_and(|(least, most)| least > most);
    let beyond = |bound: &Option<Number>, side: Ordering| {
        known.as_number().zip(bound.as_ref()).is_some_and(|(number, bound)| number.compare(bound) == side)
    };
    let out_of_range = beyond(&refinement.min, Ordering::Less) || beyond(&refinement.max, Ordering::Greater);
    if too_short || too_long || out_of_range { Some(false) } else { None }
}

/// Whether values of the type can have the other type, with anything in the places of `any`.
fn conforms(ty: &Type, to: &Type) -> bool {
    match (ty, to) {
        (_, Type::Dynamic) => true,
        (Type::List(ty), Type::List(to)) | (Type::Set(ty), Type::Set(to)) | (Type::Map(ty), Type::Map(to)) => {
            conforms(ty, to)
        }
        (Type::Tuple(ty), Type::Tuple(to)) => {
            ty.len() == to.len() && ty.iter().zip(to.iter()).all(|(ty, to)| conforms(ty, to))
        }
        (Type::Object(ty), Type::Object(to)) => {
            ty.attributes.keys().eq(to.attributes.keys())
                && ty.attributes.values().zip(to.attributes.values()).all(|(ty, to)| conforms(ty, to))
        }
        (ty, to) => ty == to,
    }
}

/// Parts in order: the first that is unknown or different decides.
fn compare(left: &Value, right: &Value) -> Option<bool> {
    match (left.kind(), right.kind()) {
        (Kind::Null(_), Kind::Null(_)) => Some(true),
        (Kind::Unknown(..), _) | (_, Kind::Unknown(..)) | (Kind::Null(_), _) | (_, Kind::Null(_)) => {
            compare_whole(left, right)
        }
        (Kind::Set(_, left), Kind::Set(_, right)) => {
            let unknown = left.iter().chain(right.iter()).any(Value::is_unknown);
            if unknown { None } else { Some(left.len() == right.len() && without_marks(left) == without_marks(right)) }
        }
        (Kind::List(_, left), Kind::List(_, right)) | (Kind::Tuple(left), Kind::Tuple(right)) => {
            if left.len() == right.len() { pairs(left.iter().zip(right.iter())) } else { Some(false) }
        }
        (Kind::Map(_, left), Kind::Map(_, right)) | (Kind::Object(left), Kind::Object(right)) => entries(left, right),
        (left, right) => Some(same_primitive(left, right)),
    }
}

fn entries(left: &BTreeMap<Arc<str>, Value>, right: &BTreeMap<Arc<str>, Value>) -> Option<bool> {
    if left.keys().eq(right.keys()) { pairs(left.values().zip(right.values())) } else { Some(false) }
}

fn pairs<'v>(mut pairs: impl Iterator<Item = (&'v Value, &'v Value)>) -> Option<bool> {
    let decided = pairs.find_map(|(left, right)| match compare(left, right) {
        Some(true) => None,
        other => Some(other),
    });
    decided.unwrap_or(Some(true))
}

fn without_marks(items: &[Value]) -> Vec<Value> {
    items.iter().map(|it| it.clone().without_marks(it.deep_marks())).collect()
}

fn same_primitive(left: &Kind, right: &Kind) -> bool {
    match (left, right) {
        (Kind::Number(left), Kind::Number(right)) => left == right,
        (Kind::String(left), Kind::String(right)) => left == right,
        (Kind::Bool(left), Kind::Bool(right)) => left == right,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn n(text: &str) -> Value {
        Value::number(Number::parse(text).unwrap())
    }

    fn summary(result: Result<Value, OperatorError>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn arithmetic_converts_text_and_nothing_else() {
        assert_eq!(binary(BinaryOp::Add, &"2".into(), &n("3")), Ok(n("5")));
        assert_eq!(
            summary(binary(BinaryOp::Add, &n("1"), &"a".into())),
            "Invalid operand: Unsuitable value for right operand: a number is required."
        );
        assert_eq!(
            summary(unary(UnaryOp::Negate, &true.into())),
            "Invalid operand: Unsuitable value for unary operand: number required."
        );
        assert!(summary(binary(BinaryOp::Divide, &n("0"), &n("0"))).starts_with("Operation failed: Error"));
        assert!(summary(binary(BinaryOp::Less, &Value::null(Type::Dynamic), &n("0"))).starts_with("Operation failed"));
        assert_eq!(binary(BinaryOp::GreaterEqual, &n("2"), &"2".into()), Ok(true.into()));
    }

    #[test]
    fn a_known_side_decides_logic() {
        let unknown = Value::unknown(Type::Dynamic);
        assert_eq!(binary(BinaryOp::And, &unknown, &false.into()), Ok(false.into()));
        assert_eq!(binary(BinaryOp::Or, &"true".into(), &unknown), Ok(true.into()));
        assert_eq!(binary(BinaryOp::Or, &false.into(), &false.into()), Ok(false.into()));
        assert!(binary(BinaryOp::And, &unknown, &true.into()).unwrap().is_unknown());
        assert!(binary(BinaryOp::And, &Value::null(Type::Bool), &false.into()).is_err());
    }

    #[test]
    fn equality_never_converts() {
        let one = n("1");
        assert_eq!(equal(&one, &"1".into()), false.into());
        let tuple = Value::tuple(vec![one.clone()]);
        let list = Value::list(Type::Number, vec![one.clone()]);
        assert_eq!(equal(&tuple, &list), false.into());
        assert_eq!(equal(&list, &list), true.into());
        assert_eq!(equal(&Value::null(Type::String), &Value::null(Type::Number)), true.into());
        let object = |value: Value| Value::object([("a", value)]);
        assert_eq!(equal(&object(Value::null(Type::Dynamic)), &object(Value::null(Type::Dynamic))), true.into());
        assert_eq!(equal(&object(Value::null(Type::Dynamic)), &Value::object::<&str>([])), false.into());
        let third = binary(BinaryOp::Divide, &one, &n("3")).unwrap();
        assert_eq!(equal(&binary(BinaryOp::Multiply, &third, &n("3")).unwrap(), &one), true.into());
    }

    #[test]
    fn equality_with_unknowns() {
        let id = Value::refined(Type::String, Refinement::prefix("ami-"));
        assert_eq!(equal(&id, &Value::null(Type::String)), false.into());
        assert_eq!(equal(&id, &"vpc-1".into()), false.into());
        assert!(equal(&id, &"ami-1".into()).is_unknown());
        assert_eq!(equal(&id, &n("1")), false.into());
        assert!(equal(&Value::unknown(Type::Dynamic), &Value::null(Type::Dynamic)).is_unknown());
        let tuple = |items: &[Value]| Value::tuple(items.to_vec());
        assert_eq!(equal(&tuple(&[n("1"), id.clone()]), &tuple(&[n("2"), id.clone()])), false.into());
        assert!(equal(&tuple(&[n("1"), id.clone()]), &tuple(&[n("1"), "ami-2".into()])).is_unknown());
    }

    #[test]
    fn marks_pass_through() {
        let secret = n("1").marked(Marks::SENSITIVE);
        assert!(binary(BinaryOp::Add, &secret, &n("1")).unwrap().is_sensitive());
        assert!(equal(&Value::tuple(vec![secret.clone()]), &Value::tuple(vec![n("1")])).is_sensitive());
        assert!(!equal(&Value::tuple(vec![secret]), &Value::null(Type::Dynamic)).is_sensitive());
        assert!(unary(UnaryOp::Not, &Value::from(true).marked(Marks::EPHEMERAL)).unwrap().marks().any());
    }
}

//! What is already known of an unknown value.

use std::cmp::Ordering;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Kind, Number, Type, Value};

/// Facts about an unknown value; the default is none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Refinement {
    /// It will not be null.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub not_null: bool,
    /// It will start with this text (strings).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<Arc<str>>,
    /// Least number of elements (collections).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_length: Option<u64>,
    /// Greatest number of elements (collections).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_length: Option<u64>,
    /// Least number that it can be (numbers).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<Number>,
    /// Greatest number that it can be (numbers).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<Number>,
}

impl Refinement {
    /// It will not be null; nothing else is known.
    pub fn not_null() -> Self {
        Self { not_null: true, ..Self::default() }
    }

    /// It will start with `prefix`, and is not null. The last character is left out where what follows could still
    /// change it in Unicode NFC.
    pub fn prefix(prefix: &str) -> Self {
        let prefix = super::text::stable_prefix(prefix);
        Self { not_null: true, prefix: (!prefix.is_empty()).then(|| prefix.into()), ..Self::default() }
    }

    /// What both say: true of a value of which either is true.
    #[must_use]
    pub fn either(&self, other: &Refinement) -> Self {
        let prefix = self.prefix.as_deref().zip(other.prefix.as_deref()).map(|(left, right)| {
            let shared = left.char_indices().zip(right.chars()).take_while(|((_, left), right)| left == right);
            let end = shared.last().map_or(0, |((at, it), _)| at + it.len_utf8());
            Arc::from(super::text::stable_prefix(&left[..end]))
        });
        Self {
            not_null: self.not_null && other.not_null,
            prefix: prefix.filter(|it: &Arc<str>| !it.is_empty()),
            min_length: self.min_length.zip(other.min_length).map(|(left, right)| left.min(right)),
            max_length: self.max_length.zip(other.max_length).map(|(left, right)| left.max(right)),
            min: extreme(&self.min, &other.min, Ordering::Less),
            max: extreme(&self.max, &other.max, Ordering::Greater),
        }
    }
}

impl Refinement {
    /// The one number that is possible, if there is only one.
    fn only_number(&self) -> Option<Number> {
        let (min, max) = self.min.as_ref().zip(self.max.as_ref())?;
        (self.not_null && min.compare(max) == Ordering::Equal).then(|| min.clone())
    }
}

/// The bound that lies further in a direction; none where one side has none.
fn extreme(left: &Option<Number>, right: &Option<Number>, further: Ordering) -> Option<Number> {
    let (left, right) = left.as_ref().zip(right.as_ref())?;
    Some(if left.compare(right) == further { left.clone() } else { right.clone() })
}

/// Unknown values of which something is known.
impl Value {
    /// The unknown of a type with what is known of it. Where nothing else is possible, the value itself: an empty
    /// collection, a list of so many unknown elements.
    pub fn refined(ty: Type, refinement: Refinement) -> Self {
        let exact = refinement.min_length.filter(|it| refinement.not_null && Some(*it) == refinement.max_length);
        match (&ty, exact) {
            (Type::List(element), Some(length)) if length <= LISTED => {
                Value::list((**element).clone(), vec![Value::unknown((**element).clone()); length as usize])
            }
            (Type::Set(element), Some(length @ (0 | 1))) => {
                Value::set((**element).clone(), vec![Value::unknown((**element).clone()); length as usize])
            }
            (Type::Map(element), Some(0)) => Value::map((**element).clone(), []),
            (Type::Dynamic, _) => Value::unknown(ty),
            (Type::Number, _) => match refinement.only_number() {
                Some(number) => Value::number(number),
                None => Kind::Unknown(ty, refinement).into(),
            },
            _ => Kind::Unknown(ty, refinement).into(),
        }
    }

    /// What is known of the value: of an unknown its refinement, of any other value what can be seen.
    pub fn refinement(&self) -> Refinement {
        let length = |length: usize| Refinement {
            not_null: true,
            min_length: Some(length as u64),
            max_length: Some(length as u64),
            ..Refinement::default()
        };
        match self.kind() {
            Kind::Null(_) => Refinement::default(),
            Kind::Unknown(_, refinement) => refinement.clone(),
            Kind::String(text) => Refinement::prefix(text),
            Kind::Number(number) => {
                Refinement { min: Some(number.clone()), max: Some(number.clone()), ..Refinement::not_null() }
            }
            Kind::List(_, items) => length(items.len()),
            Kind::Map(_, items) => length(items.len()),
            Kind::Set(_, items) => {
                // Unknown elements may turn out to be the same as others.
                let known = items.iter().filter(|it| it.is_wholly_known()).count();
                Refinement { min_length: Some(known.max(items.len().min(1)) as u64), ..length(items.len()) }
            }
            _ => Refinement::not_null(),
        }
    }

    /// The value with the knowledge that it is not null, where it is unknown and of a known type.
    #[must_use]
    pub fn known_not_null(mut self) -> Self {
        if let Kind::Unknown(ty, refinement) = &mut self.kind
            && *ty != Type::Dynamic
        {
            refinement.not_null = true;
        }
        self
    }
}

/// The result of a conditional whose condition is not known yet, without any marks: the unknown of the type `ty` with
/// what is true of both sides, or the value itself where both sides are the same number or both are null.
pub fn unknown_of_either(yes: &Value, no: &Value, ty: &Type) -> Value {
    if yes.is_null() && no.is_null() {
        return Value::null(ty.clone());
    }
    let both = yes.refinement().either(&no.refinement());
    let types = (yes.ty(), no.ty());
    if types.0 == types.1 && (types.0.is_collection() || types.0 == Type::Number) {
        return Value::refined(ty.clone(), both);
    }
    let refinement = if both.not_null { Refinement::not_null() } else { Refinement::default() };
    Value::refined(ty.clone(), refinement)
}

/// An unknown list of a known length is written out up to this length; nobody reads longer ones.
const LISTED: u64 = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_length_makes_a_known_collection() {
        let exactly = |length| Refinement {
            not_null: true,
            min_length: Some(length),
            max_length: Some(length),
            ..Refinement::default()
        };
        let list = Value::refined(Type::list(Type::String), exactly(2));
        assert_eq!(list.as_slice().map(<[Value]>::len), Some(2));
        assert_eq!(Value::refined(Type::map(Type::String), exactly(0)), Value::map(Type::String, []));
        assert!(Value::refined(Type::set(Type::String), exactly(2)).is_unknown());
    }

    #[test]
    fn an_undecided_conditional_keeps_what_both_sides_share() {
        let either = |yes: Value, no: Value, ty: Type| unknown_of_either(&yes, &no, &ty);
        assert_eq!(either(1i64.into(), 1i64.into(), Type::Number), 1i64.into());
        assert_eq!(either("a".into(), "b".into(), Type::String).refinement(), Refinement::not_null());
        let null = Value::null(Type::String);
        assert_eq!(either("a".into(), null.clone(), Type::String), Value::unknown(Type::String));
        assert_eq!(either(null.clone(), Value::null(Type::Dynamic), Type::String), null);
        let list = |items: &[Value]| Value::list(Type::String, items.to_vec());
        let ty = Type::list(Type::String);
        assert_eq!(either(list(&["a".into()]), list(&["b".into()]), ty.clone()), list(&[Value::unknown(Type::String)]));
        let open = either(list(&[]), list(&["b".into()]), ty).refinement();
        assert_eq!((open.min_length, open.max_length), (Some(0), Some(1)));
    }

    #[test]
    fn either_keeps_what_both_say() {
        let left = Refinement::prefix("ami-123");
        let right = Refinement::prefix("ami-1zz");
        assert_eq!(left.either(&right).prefix.as_deref(), Some("ami-"));
        assert!(left.either(&right).not_null);
        assert_eq!(left.either(&Refinement::default()), Refinement::default());
    }
}

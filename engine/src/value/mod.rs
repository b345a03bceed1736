//! Values: typed, possibly unknown, possibly sensitive; cheap to copy.

mod access;
mod convert;
mod defaults;
mod encode;
mod json;
mod number;
mod operators;
mod path;
mod refine;
mod serde;
mod set;
mod text;
mod ty;
mod unify;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use self::serde::{ValueError, from_value, to_value};
pub use access::{AccessError, elements, get_attr, index};
pub use convert::{ConvertError, convert};
pub use defaults::{Constraint, Defaults, apply_defaults};
pub use encode::{decode, encode};
pub use json::{from_json, infer_json, sorted_json, to_json, type_from_json, type_to_json};
pub use number::{ArithmeticError, Decimal, Number};
pub use operators::{OperatorError, binary, equal, unary};
pub use path::{Path, PathStep};
pub use refine::{Refinement, unknown_of_either};
pub(crate) use set::order_key;
pub(crate) use text::is_printable;
pub use text::{display, type_display, type_text};
pub use ty::{ObjectType, Type};
pub use unify::{mismatch_text, unify};

/// Properties of a value that every operation on it passes on to its result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Marks(u8);

impl Marks {
    /// No mark.
    pub const NONE: Marks = Marks(0);
    /// Never shown to a person.
    pub const SENSITIVE: Marks = Marks(1);
    /// Never stored.
    pub const EPHEMERAL: Marks = Marks(2);

    /// Both sets of marks.
    #[must_use]
    pub fn and(self, other: Marks) -> Marks {
        Marks(self.0 | other.0)
    }

    /// These marks less those of `other`.
    #[must_use]
    pub fn without(self, other: Marks) -> Marks {
        Marks(self.0 & !other.0)
    }

    /// Whether all marks of `other` are among these.
    pub fn has(self, other: Marks) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether there is any mark.
    pub fn any(self) -> bool {
        self.0 != 0
    }
}

/// A value with its marks.
///
/// Equality (`==`) is of Rust values: same kind, type, marks and content. The language's `==` is [`equal`].
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    kind: Kind,
    marks: Marks,
}

/// The content of a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// No value, of a type.
    Null(Type),
    /// A value that will be known later; what is known of it already is its refinement.
    Unknown(Type, Refinement),
    /// `true` or `false`.
    Bool(bool),
    /// A number of 512 bits.
    Number(Number),
    /// A text in Unicode NFC.
    String(Arc<str>),
    /// Elements of one type in order.
    List(Type, Arc<Vec<Value>>),
    /// Distinct elements of one type, in the language's order of sets. No element carries marks.
    Set(Type, Arc<Vec<Value>>),
    /// Elements of one type by key.
    Map(Type, Arc<BTreeMap<Arc<str>, Value>>),
    /// Elements of any type in order.
    Tuple(Arc<Vec<Value>>),
    /// Attributes of any type by name.
    Object(Arc<BTreeMap<Arc<str>, Value>>),
}

impl From<Kind> for Value {
    fn from(kind: Kind) -> Self {
        Value { kind, marks: Marks::NONE }
    }
}

/// Making values.
impl Value {
    /// The null of a type.
    pub fn null(ty: Type) -> Self {
        Kind::Null(ty).into()
    }

    /// The unknown of a type.
    pub fn unknown(ty: Type) -> Self {
        Kind::Unknown(ty, Refinement::default()).into()
    }

    /// A text; it is brought into Unicode NFC.
    pub fn string(text: impl AsRef<str>) -> Self {
        Kind::String(text::nfc(text.as_ref())).into()
    }

    /// A number.
    pub fn number(number: impl Into<Number>) -> Self {
        Kind::Number(number.into()).into()
    }

    /// A list; every element must have the type `element` already.
    pub fn list(element: Type, items: Vec<Value>) -> Self {
        Kind::List(element, Arc::new(items)).into()
    }

    /// A set; every element must have the type `element` already. Sorts, removes repetitions, and moves the
    /// marks of the elements to the set.
    pub fn set(element: Type, items: Vec<Value>) -> Self {
        set::build(element, items)
    }

    /// A map; every element must have the type `element` already.
    pub fn map(element: Type, items: impl IntoIterator<Item = (Arc<str>, Value)>) -> Self {
        Kind::Map(element, Arc::new(items.into_iter().collect())).into()
    }

    /// A tuple.
    pub fn tuple(items: Vec<Value>) -> Self {
        Kind::Tuple(Arc::new(items)).into()
    }

    /// An object.
    pub fn object<K: Into<Arc<str>>>(items: impl IntoIterator<Item = (K, Value)>) -> Self {
        Kind::Object(Arc::new(items.into_iter().map(|(k, v)| (k.into(), v)).collect())).into()
    }

    /// The value with `marks` added to its own.
    #[must_use]
    pub fn marked(mut self, marks: Marks) -> Self {
        self.marks = self.marks.and(marks);
        self
    }

    /// The value without its own marks (those of its parts stay), and what was taken off.
    pub fn unmarked(mut self) -> (Self, Marks) {
        let marks = std::mem::take(&mut self.marks);
        (self, marks)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Kind::Bool(value).into()
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Value::string(value)
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Value::string(value)
    }
}

impl From<i32> for Value {
    fn from(value: i32) -> Self {
        Value::number(i64::from(value))
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Value::number(value)
    }
}

impl From<usize> for Value {
    fn from(value: usize) -> Self {
        Value::number(value as i64)
    }
}

/// Looking at values.
impl Value {
    /// The content.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// The value's own marks; parts may carry more.
    pub fn marks(&self) -> Marks {
        self.marks
    }

    /// Whether the value itself is marked sensitive.
    pub fn is_sensitive(&self) -> bool {
        self.marks.has(Marks::SENSITIVE)
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Null(_))
    }

    /// Whether the value itself (not only a part) is unknown.
    pub fn is_unknown(&self) -> bool {
        matches!(self.kind, Kind::Unknown(..))
    }

    /// Whether neither the value nor any part of it is unknown.
    pub fn is_wholly_known(&self) -> bool {
        !self.any(&mut |it| it.is_unknown())
    }

    /// The marks of the value and of all of its parts.
    pub fn deep_marks(&self) -> Marks {
        let mut marks = Marks::NONE;
        self.any(&mut |it| {
            marks = marks.and(it.marks);
            false
        });
        marks
    }

    /// Whether `found` holds for the value or any part of it, outer values first.
    pub fn any(&self, found: &mut impl FnMut(&Value) -> bool) -> bool {
        found(self) || self.parts().any(|part| part.any(found))
    }

    /// Elements or attribute values, in the value's order; none for anything else.
    pub fn parts(&self) -> Box<dyn Iterator<Item = &Value> + '_> {
        match &self.kind {
            Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) => Box::new(items.iter()),
            Kind::Map(_, items) | Kind::Object(items) => Box::new(items.values()),
            _ => Box::new(std::iter::empty()),
        }
    }

    /// The type.
    pub fn ty(&self) -> Type {
        match &self.kind {
            Kind::Null(ty) | Kind::Unknown(ty, _) => ty.clone(),
            Kind::Bool(_) => Type::Bool,
            Kind::Number(_) => Type::Number,
            Kind::String(_) => Type::String,
            Kind::List(element, _) => Type::list(element.clone()),
            Kind::Set(element, _) => Type::set(element.clone()),
            Kind::Map(element, _) => Type::map(element.clone()),
            Kind::Tuple(items) => Type::Tuple(items.iter().map(Value::ty).collect()),
            Kind::Object(items) => Type::object(items.iter().map(|(name, value)| (name.clone(), value.ty()))),
        }
    }

    /// The text of a known string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::String(text) => Some(text),
            _ => None,
        }
    }

    /// A known bool.
    pub fn as_bool(&self) -> Option<bool> {
        match self.kind {
            Kind::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// A known number.
    pub fn as_number(&self) -> Option<&Number> {
        match &self.kind {
            Kind::Number(number) => Some(number),
            _ => None,
        }
    }

    /// Elements of a known list, set or tuple.
    pub fn as_slice(&self) -> Option<&[Value]> {
        match &self.kind {
            Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) => Some(items),
            _ => None,
        }
    }

    /// Elements of a known map or object.
    pub fn as_map(&self) -> Option<&BTreeMap<Arc<str>, Value>> {
        match &self.kind {
            Kind::Map(_, items) | Kind::Object(items) => Some(items),
            _ => None,
        }
    }

    /// The attribute of a known object, or the element of a known map; without the container's marks.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.as_map()?.get(name)
    }

    /// The value with one attribute replaced or added; anything but a known object or map stays as it is.
    #[must_use]
    pub fn with(mut self, name: &str, value: Value) -> Self {
        if let Kind::Map(_, items) | Kind::Object(items) = &mut self.kind {
            Arc::make_mut(items).insert(name.into(), value);
        }
        self
    }

    /// The value with one element of a known list or tuple changed; anything else stays as it is. The change of an
    /// element of a set is made to the whole set's marks.
    #[must_use]
    pub fn with_index(mut self, index: usize, change: impl FnOnce(Value) -> Value) -> Self {
        match &mut self.kind {
            Kind::List(_, items) | Kind::Tuple(items) => {
                if let Some(item) = Arc::make_mut(items).get_mut(index) {
                    *item = change(item.clone());
                }
                self
            }
            Kind::Set(_, items) => match items.get(index).cloned() {
                Some(item) => {
                    let marks = change(item).deep_marks();
                    self.marked(marks)
                }
                None => self,
            },
            _ => self,
        }
    }

    /// Rebuilds the value from the inside out: `change` sees every part, then the whole.
    #[must_use]
    pub fn transform(self, change: &mut impl FnMut(Value) -> Value) -> Self {
        let Value { kind, marks } = self;
        let kind = match kind {
            Kind::List(element, items) => Kind::List(element, transform_items(items, change)),
            Kind::Set(element, items) => {
                let items = Arc::unwrap_or_clone(items).into_iter().map(|it| it.transform(change)).collect();
                let rebuilt = Value::set(element, items);
                return change(rebuilt.marked(marks));
            }
            Kind::Tuple(items) => Kind::Tuple(transform_items(items, change)),
            Kind::Map(element, items) => Kind::Map(element, transform_entries(items, change)),
            Kind::Object(items) => Kind::Object(transform_entries(items, change)),
            leaf => leaf,
        };
        change(Value { kind, marks })
    }

    /// The value without any mark of `marks`, on itself and on every part.
    #[must_use]
    pub fn without_marks(self, marks: Marks) -> Self {
        if !self.any(&mut |it| it.marks.without(marks) != it.marks) {
            return self;
        }
        self.transform(&mut |mut it| {
            it.marks = it.marks.without(marks);
            it
        })
    }
}

fn transform_items(items: Arc<Vec<Value>>, change: &mut impl FnMut(Value) -> Value) -> Arc<Vec<Value>> {
    Arc::new(Arc::unwrap_or_clone(items).into_iter().map(|it| it.transform(change)).collect())
}

fn transform_entries(
    items: Arc<BTreeMap<Arc<str>, Value>>,
    change: &mut impl FnMut(Value) -> Value,
) -> Arc<BTreeMap<Arc<str>, Value>> {
    Arc::new(Arc::unwrap_or_clone(items).into_iter().map(|(key, it)| (key, it.transform(change))).collect())
}

//! Values from and to the typed structs of providers, by serde.

use std::fmt;
use std::sync::Arc;

use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeOwned, DeserializeSeed, Deserializer, IntoDeserializer, Visitor};
use serde::{Serialize, forward_to_deserialize_any};

use super::{Kind, Number, Path, PathStep, Value, infer_json};

/// Why a struct has no value, or a value no struct.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueError {
    /// Where in the value.
    pub path: Path,
    /// What is wrong.
    pub reason: String,
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.0.is_empty() { f.write_str(&self.reason) } else { write!(f, "{}: {}", self.path, self.reason) }
    }
}

impl std::error::Error for ValueError {}

impl de::Error for ValueError {
    fn custom<T: fmt::Display>(reason: T) -> Self {
        ValueError { path: Path::root(), reason: reason.to_string() }
    }
}

impl ValueError {
    /// The error as seen from one step further out.
    fn under(mut self, step: PathStep) -> Self {
        self.path.0.insert(0, step);
        self
    }
}

/// Anything that serde can write: structs and maps as objects, sequences as tuples, `None` as null.
///
/// # Errors
/// What has no JSON form, such as maps whose keys are not text.
pub fn to_value<T: Serialize>(from: &T) -> Result<Value, ValueError> {
    let json = serde_json::to_value(from).map_err(<ValueError as de::Error>::custom)?;
    Ok(infer_json(&json))
}

/// A value as a struct. Marks are ignored; whole numbers fit integers. Null is `None`, or else empty, zero or `false`:
/// whether an attribute may be left out is the schema's business, not that of the field's type.
///
/// # Errors
/// A part that does not fit or is unknown, with the place where it is.
pub fn from_value<T: DeserializeOwned>(value: &Value) -> Result<T, ValueError> {
    T::deserialize(Reader(value))
}

#[derive(Clone, Copy)]
struct Reader<'de>(&'de Value);

impl<'de> Reader<'de> {
    fn number<V: Visitor<'de>>(number: &Number, visitor: V) -> Result<V::Value, ValueError> {
        if let Some(value) = number.as_i64() {
            return visitor.visit_i64(value);
        }
        match number.as_u64() {
            Some(value) => visitor.visit_u64(value),
            None => visitor.visit_f64(number.to_f64()),
        }
    }

    fn entries<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        match self.0.kind() {
            Kind::Null(_) => visitor.visit_map(Entries { items: std::iter::empty(), next: None }),
            _ => self.deserialize_any(visitor),
        }
    }

    fn items<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        match self.0.kind() {
            Kind::Null(_) => visitor.visit_seq(Items { items: [].iter().enumerate() }),
            _ => self.deserialize_any(visitor),
        }
    }
}

/// What null is to fields of primitive types.
macro_rules! null_as_zero {
    ($($method:ident: $visit:ident($zero:expr),)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
            if self.0.is_null() { visitor.$visit($zero) } else { self.deserialize_any(visitor) }
        })*
    };
}

impl<'de> Deserializer<'de> for Reader<'de> {
    type Error = ValueError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        match self.0.kind() {
            Kind::Null(_) => visitor.visit_unit(),
            Kind::Unknown(..) => Err(de::Error::custom("the value is not known yet")),
            Kind::Bool(value) => visitor.visit_bool(*value),
            Kind::Number(number) => Self::number(number, visitor),
            Kind::String(text) => visitor.visit_borrowed_str(text),
            Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) => {
                visitor.visit_seq(Items { items: items.iter().enumerate() })
            }
            Kind::Map(_, items) | Kind::Object(items) => visitor.visit_map(Entries { items: items.iter(), next: None }),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    null_as_zero! {
        deserialize_bool: visit_bool(false),
        deserialize_i8: visit_u64(0),
        deserialize_i16: visit_u64(0),
        deserialize_i32: visit_u64(0),
        deserialize_i64: visit_u64(0),
        deserialize_u8: visit_u64(0),
        deserialize_u16: visit_u64(0),
        deserialize_u32: visit_u64(0),
        deserialize_u64: visit_u64(0),
        deserialize_f32: visit_f64(0.0),
        deserialize_f64: visit_f64(0.0),
        deserialize_str: visit_borrowed_str(""),
        deserialize_string: visit_borrowed_str(""),
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        self.items(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        self.entries(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        self.entries(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        match self.0.kind() {
            Kind::String(text) => {
                let name: StrDeserializer<'_, ValueError> = text.as_ref().into_deserializer();
                visitor.visit_enum(name)
            }
            Kind::Map(_, items) | Kind::Object(items) => {
                visitor.visit_enum(de::value::MapAccessDeserializer::new(Entries { items: items.iter(), next: None }))
            }
            _ => Err(de::Error::custom(format!("one of {name}'s names is required: {}", variants.join(", ")))),
        }
    }

    forward_to_deserialize_any! {
        i128 u128 char bytes byte_buf unit unit_struct tuple tuple_struct identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, ValueError> for Reader<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// The elements of a list, set or tuple.
struct Items<'de> {
    items: std::iter::Enumerate<std::slice::Iter<'de, Value>>,
}

impl<'de> de::SeqAccess<'de> for Items<'de> {
    type Error = ValueError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, ValueError> {
        let Some((at, item)) = self.items.next() else { return Ok(None) };
        seed.deserialize(Reader(item)).map(Some).map_err(|error| error.under(PathStep::Index(at)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

/// The attributes of an object or the elements of a map.
struct Entries<'de, I> {
    items: I,
    next: Option<(&'de Arc<str>, &'de Value)>,
}

impl<'de, I: Iterator<Item = (&'de Arc<str>, &'de Value)>> de::MapAccess<'de> for Entries<'de, I> {
    type Error = ValueError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, ValueError> {
        self.next = self.items.next();
        let Some((name, _)) = self.next else { return Ok(None) };
        let key: StrDeserializer<'_, ValueError> = name.as_ref().into_deserializer();
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, ValueError> {
        let (name, item) =
            self.next.take().ok_or_else(|| <ValueError as de::Error>::custom("a value without a key"))?;
        seed.deserialize(Reader(item)).map_err(|error| error.under(PathStep::Name(name.clone())))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;
    use crate::value::{Marks, Type};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Protocol {
        Tcp,
        Udp,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Rule {
        port: u16,
        ratio: f64,
        protocol: Protocol,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Common {
        id: Option<String>,
        size: i64,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Group {
        #[serde(default)]
        rules: Vec<Rule>,
        tags: BTreeMap<String, Option<String>>,
        #[serde(flatten)]
        common: Common,
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    struct Plain {
        names: Vec<String>,
        required: String,
        labels: BTreeMap<String, String>,
        size: i64,
        on: bool,
        note: Option<String>,
        list: Option<Vec<String>>,
    }

    fn plain(attributes: &[(&str, Value)]) -> Value {
        let names = ["names", "required", "labels", "size", "on", "note", "list"];
        let null = Value::object(names.map(|it| (it, Value::null(Type::Dynamic))));
        attributes.iter().fold(null, |object, (name, value)| object.with(name, value.clone()))
    }

    #[test]
    fn structs_come_back() {
        let group = Group {
            rules: vec![
                Rule { port: 80, ratio: 0.1, protocol: Protocol::Tcp },
                Rule { port: 53, ratio: 2.0, protocol: Protocol::Udp },
            ],
            tags: [("a".into(), None), ("b".into(), Some("x".into()))].into(),
            common: Common { id: None, size: -9_007_199_254_740_993 },
        };
        let value = to_value(&group).unwrap();
        assert_eq!(value.get("id"), Some(&Value::null(Type::Dynamic)));
        assert_eq!(from_value::<Group>(&value.marked(Marks::SENSITIVE)), Ok(group));
    }

    #[test]
    fn nulls_are_nothing() {
        assert_eq!(from_value(&plain(&[])), Ok(Plain::default()));
        let filled = plain(&[("required", "x".into()), ("list", Value::tuple(vec![]))]);
        assert_eq!(from_value(&filled), Ok(Plain { required: "x".into(), list: Some(vec![]), ..Plain::default() }));
    }

    #[test]
    fn errors_name_the_place() {
        let value = plain(&[("names", Value::list(Type::Number, vec![1i64.into()]))]);
        assert!(from_value::<Plain>(&value).unwrap_err().to_string().starts_with("names[0]: "));
        let value = plain(&[("required", Value::unknown(Type::String))]);
        assert_eq!(from_value::<Plain>(&value).unwrap_err().to_string(), "required: the value is not known yet");
        assert!(from_value::<u8>(&Value::from(300i64)).is_err());
        assert!(from_value::<u8>(&Value::number(1.5)).is_err());
        assert_eq!(from_value::<u64>(&Value::number(u64::MAX)), Ok(u64::MAX));
        assert_eq!(from_value::<Protocol>(&"tcp".into()), Ok(Protocol::Tcp));
        assert!(from_value::<Protocol>(&"icmp".into()).is_err());
    }
}

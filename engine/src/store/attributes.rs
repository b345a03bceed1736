//! Attributes of stored objects, which stay the text that the store holds until somebody asks for them.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value as Json;

use super::StoreError;

/// Attributes of an object as JSON, as a state of version 4 has them. Clones share them.
///
/// A state can hold many more objects than a command looks at, so a store hands out its texts as they are; reading them
/// may fail later for that reason.
#[derive(Clone)]
pub struct Attributes(Source);

#[derive(Clone)]
enum Source {
    Json(Arc<Json>),
    Stored(Arc<Stored>),
}

struct Stored {
    text: Box<str>,
    read: Reading,
}

/// How a stored text becomes JSON: parsed, and what is sealed in it opened.
pub type Reading = Arc<dyn Fn(&str) -> Result<Json, StoreError> + Send + Sync>;

impl Attributes {
    /// A text of a store, with what reads it.
    pub fn stored(text: &str, read: Reading) -> Self {
        Self(Source::Stored(Arc::new(Stored { text: text.into(), read })))
    }

    /// The attributes. Those of a store are parsed anew each time.
    ///
    /// # Errors
    /// The store holds something else than it was given: the text is no JSON, or a sealed part was tampered with.
    pub fn read(&self) -> Result<Cow<'_, Json>, StoreError> {
        match &self.0 {
            Source::Json(json) => Ok(Cow::Borrowed(json)),
            Source::Stored(stored) => (stored.read)(&stored.text).map(Cow::Owned),
        }
    }

    /// The attribute `id`, where there is one that is a text and can be read.
    pub fn id(&self) -> Option<String> {
        self.read().ok()?.get("id")?.as_str().map(str::to_owned)
    }
}

impl From<Json> for Attributes {
    fn from(json: Json) -> Self {
        Self(Source::Json(Arc::new(json)))
    }
}

/// Attributes that cannot be read are equal to none.
impl PartialEq for Attributes {
    fn eq(&self, other: &Self) -> bool {
        match (self.read(), other.read()) {
            (Ok(one), Ok(other)) => one == other,
            _ => false,
        }
    }
}

impl fmt::Debug for Attributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.read() {
            Ok(json) => write!(f, "{json}"),
            Err(error) => write!(f, "unreadable: {error}"),
        }
    }
}

impl Serialize for Attributes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.read().map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Attributes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Json::deserialize(deserializer).map(Into::into)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use serde_json::json;

    fn damaged(text: &str) -> Result<Json, StoreError> {
        serde_json::from_str(text).map_err(|error| StoreError::Corrupt { path: "f".into(), reason: error.to_string() })
    }

    #[test]
    fn a_text_is_read_when_it_is_asked_for() {
        let count = Arc::new(AtomicUsize::new(0));
        let counted = count.clone();
        let read: Reading = Arc::new(move |text| {
            counted.fetch_add(1, Ordering::Relaxed);
            damaged(text)
        });
        let attributes = Attributes::stored(r#"{"id":"a"}"#, read);
        assert_eq!(count.load(Ordering::Relaxed), 0);
        assert_eq!(attributes.clone().id().as_deref(), Some("a"));
        assert_eq!(attributes, json!({"id": "a"}).into());
        assert_eq!(count.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn what_cannot_be_read_is_equal_to_nothing() {
        let broken = Attributes::stored("{", Arc::new(damaged));
        assert!(broken.read().is_err());
        assert_eq!(broken.id(), None);
        assert_ne!(broken, broken.clone());
        assert!(serde_json::to_string(&broken).is_err());
    }
}

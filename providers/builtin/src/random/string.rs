//! `random_string`: a random text.

use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Result};
use plumb_engine::provider::{PlannedChange, ProviderError};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::characters::{self, Rules, generate};
use super::keepers::Keepers;
use crate::local::{Local, creating};

/// A random text from a cryptographic generator. It is shown in plans; `random_password` makes one that is not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Schema)]
pub(super) struct RandomString {
    /// Any values; a change of one makes a new text.
    pub keepers: Keepers,
    /// How many characters; at least 1, and at least as many as the `min_` arguments ask for together.
    #[attr(force_new)]
    pub length: i64,
    /// Whether special characters may come: `!@#$%&*()-_=+[]{}<>:?`, or those of `override_special`.
    #[attr(default = true, force_new)]
    pub special: bool,
    /// Whether upper-case letters may come.
    #[attr(default = true, force_new)]
    pub upper: bool,
    /// Whether lower-case letters may come.
    #[attr(default = true, force_new)]
    pub lower: bool,
    /// The old name of `numeric`.
    #[attr(optional, computed, force_new, deprecated = "Use `numeric` instead.")]
    pub number: Option<bool>,
    /// Whether digits may come; they may when it is left out.
    #[attr(optional, computed, force_new)]
    pub numeric: Option<bool>,
    /// How many digits come at least.
    #[attr(default = 0, force_new)]
    pub min_numeric: i64,
    /// How many upper-case letters come at least.
    #[attr(default = 0, force_new)]
    pub min_upper: i64,
    /// How many lower-case letters come at least.
    #[attr(default = 0, force_new)]
    pub min_lower: i64,
    /// How many special characters come at least.
    #[attr(default = 0, force_new)]
    pub min_special: i64,
    /// Special characters to choose from instead of the usual ones; `special` must be true for them to come. Another
    /// value makes a new text.
    pub override_special: Option<String>,
    /// The text.
    #[attr(computed)]
    pub result: Option<String>,
}

impl RandomString {
    fn rules(&self) -> Rules<'_> {
        Rules {
            length: self.length,
            upper: (self.upper, self.min_upper),
            lower: (self.lower, self.min_lower),
            numeric: (self.numeric.unwrap_or(true), self.min_numeric),
            special: (self.special, self.min_special),
            override_special: self.override_special.as_deref().unwrap_or_default(),
        }
    }
}

impl Local for RandomString {
    const TYPE: &'static str = "random_string";
    const VERSION: u64 = 2;

    fn validate(config: &Value) -> Diagnostics {
        characters::validate(config)
    }

    fn plan(change: &mut PlannedChange) -> Diagnostics {
        characters::plan(change)
    }

    fn make(&self) -> Result<(Id, Self)> {
        let result = generate(&self.rules(), &mut rand::rng()).ok_or_else(|| {
            ProviderError::refused(creating::<Self>(), "no kind of characters is allowed to choose from")
        })?;
        Ok((result.clone(), Self { result: Some(result), ..self.clone() }))
    }

    /// The text.
    fn import(id: &str) -> Result<(Id, Self)> {
        let object = Self {
            keepers: None,
            length: i64::try_from(id.chars().count()).unwrap_or(i64::MAX),
            special: true,
            upper: true,
            lower: true,
            number: Some(true),
            numeric: Some(true),
            min_numeric: 0,
            min_upper: 0,
            min_lower: 0,
            min_special: 0,
            override_special: None,
            result: Some(id.to_owned()),
        };
        Ok((id.to_owned(), object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_restores_what_was_made() {
        let planned = RandomString { length: 12, ..RandomString::import("").unwrap().1 };
        let (id, object) = planned.make().unwrap();
        assert_eq!(object.result.as_ref(), Some(&id));
        assert_eq!(RandomString::import(&id).unwrap(), (id, object));
    }

    #[test]
    fn the_arguments_are_obeyed() {
        let all = RandomString::import("").unwrap().1;
        let planned = RandomString { length: 30, numeric: Some(false), upper: false, special: false, ..all };
        let (id, _) = planned.make().unwrap();
        assert!(id.len() == 30 && id.chars().all(|c| c.is_ascii_lowercase()), "{id}");
    }
}

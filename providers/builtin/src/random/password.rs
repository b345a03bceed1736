//! `random_password`: a random text that is never shown.

use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Result};
use plumb_engine::provider::{PlannedChange, ProviderError};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::characters::{self, Rules, generate};
use super::keepers::Keepers;
use crate::local::{Local, creating, importing};

/// Rounds of the hash, as a power of two.
const BCRYPT_COST: u32 = 10;

/// The id of every password: the text itself would show it.
const ID: &str = "none";

/// A random text from a cryptographic generator that is never shown. The state holds it: keep the state from others.
#[derive(Clone, PartialEq, Serialize, Deserialize, Schema)]
pub(super) struct RandomPassword {
    /// Any values; a change of one makes a new password.
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
    /// value makes a new password.
    pub override_special: Option<String>,
    /// The password.
    #[attr(computed, sensitive)]
    pub result: Option<String>,
    /// The password's bcrypt hash, of its first 72 bytes.
    #[attr(computed, sensitive)]
    pub bcrypt_hash: Option<String>,
}

impl RandomPassword {
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

impl Local for RandomPassword {
    const TYPE: &'static str = "random_password";
    const VERSION: u64 = 3;

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
        let bcrypt_hash = Some(hash(&result, creating::<Self>())?);
        Ok((ID.into(), Self { result: Some(result), bcrypt_hash, ..self.clone() }))
    }

    /// The password. The id under which passwords are kept is no password: a state that cannot be read must not be
    /// taken for an import.
    fn import(id: &str) -> Result<(Id, Self)> {
        if id == ID {
            let message = format!("{id:?} is the id of every password, and the password is not in the state");
            return Err(
                ProviderError::refused(importing::<Self>(), message).help("The import id is the password itself.")
            );
        }
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
            bcrypt_hash: Some(hash(id, importing::<Self>())?),
        };
        Ok((ID.into(), object))
    }
}

/// The bcrypt hash; the function takes 72 bytes at most, so the rest is left out.
pub(super) fn hash(password: &str, action: String) -> Result<String> {
    let bytes = password.as_bytes();
    bcrypt::hash(&bytes[..bytes.len().min(72)], BCRYPT_COST)
        .map_err(|error| ProviderError::refused(action, format!("the password cannot be hashed: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_comes_with_its_hash() {
        let (id, object) = RandomPassword { length: 100, ..RandomPassword::import("x").unwrap().1 }.make().unwrap();
        let password = object.result.unwrap();
        assert_eq!((id.as_str(), password.chars().count()), ("none", 100));
        assert!(bcrypt::verify(&password.as_bytes()[..72], &object.bcrypt_hash.unwrap()).unwrap());
    }

    #[test]
    fn what_would_show_a_password_is_sensitive() {
        let block = <RandomPassword as plumb_engine::provider::Schematic>::block();
        let sensitive: Vec<_> =
            block.attributes.iter().filter(|(_, it)| it.sensitive).map(|(name, _)| &**name).collect();
        assert_eq!(sensitive, ["bcrypt_hash", "result"]);
    }

    #[test]
    fn an_import_takes_over_the_password() {
        let (id, object) = RandomPassword::import("pässword").unwrap();
        assert_eq!((id.as_str(), object.length, object.result.as_deref()), ("none", 8, Some("pässword")));
        assert!(RandomPassword::import("none").is_err());
    }
}

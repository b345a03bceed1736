//! The ephemeral `random_password`: a random text that is drawn anew each time and stored nowhere.

use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{EphemeralResource, Result};
use plumb_engine::provider::{Hold, ProviderError};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::characters::{self, Rules, generate};
use super::password::hash;
use crate::local::NoRemote;

/// A random text from a cryptographic generator that no state or plan holds. Another one is drawn for every plan and
/// apply: hand it to write-only arguments.
#[derive(Serialize, Deserialize, Schema)]
pub(super) struct RandomPassword {
    /// How many characters; at least 1, and at least as many as the `min_` arguments ask for together.
    pub length: i64,
    /// Whether special characters may come: `!@#$%&*()-_=+[]{}<>:?`, or those of `override_special`. They may when it is
    /// left out.
    #[attr(optional, computed)]
    pub special: Option<bool>,
    /// Whether upper-case letters may come; they may when it is left out.
    #[attr(optional, computed)]
    pub upper: Option<bool>,
    /// Whether lower-case letters may come; they may when it is left out.
    #[attr(optional, computed)]
    pub lower: Option<bool>,
    /// Whether digits may come; they may when it is left out.
    #[attr(optional, computed)]
    pub numeric: Option<bool>,
    /// How many digits come at least.
    #[attr(optional, computed)]
    pub min_numeric: Option<i64>,
    /// How many upper-case letters come at least.
    #[attr(optional, computed)]
    pub min_upper: Option<i64>,
    /// How many lower-case letters come at least.
    #[attr(optional, computed)]
    pub min_lower: Option<i64>,
    /// How many special characters come at least.
    #[attr(optional, computed)]
    pub min_special: Option<i64>,
    /// Special characters to choose from instead of the usual ones; `special` must be true for them to come.
    pub override_special: Option<String>,
    /// The password.
    #[attr(computed, sensitive)]
    pub result: Option<String>,
    /// The password's bcrypt hash, of its first 72 bytes.
    #[attr(computed, sensitive)]
    pub bcrypt_hash: Option<String>,
}

impl EphemeralResource for RandomPassword {
    type Client = NoRemote;
    const TYPE: &'static str = "random_password";

    fn validate(config: &Value) -> Diagnostics {
        characters::validate(config)
    }

    async fn open(mut self, _client: &NoRemote) -> Result<(Self, Hold)> {
        let action = || format!("opening {}", Self::TYPE);
        let allowed = |it: &mut Option<bool>| *it.get_or_insert(true);
        let least = |it: &mut Option<i64>| *it.get_or_insert(0);
        let rules = Rules {
            length: self.length,
            upper: (allowed(&mut self.upper), least(&mut self.min_upper)),
            lower: (allowed(&mut self.lower), least(&mut self.min_lower)),
            numeric: (allowed(&mut self.numeric), least(&mut self.min_numeric)),
            special: (allowed(&mut self.special), least(&mut self.min_special)),
            override_special: self.override_special.as_deref().unwrap_or_default(),
        };
        let drawn = generate(&rules, &mut rand::rng());
        let result =
            drawn.ok_or_else(|| ProviderError::refused(action(), "no kind of characters is allowed to choose from"))?;
        self.bcrypt_hash = Some(hash(&result, action())?);
        self.result = Some(result);
        Ok((self, Hold::default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_opening_draws_another_text() {
        let asked = || RandomPassword {
            length: 20,
            special: Some(false),
            upper: None,
            lower: None,
            numeric: None,
            min_numeric: Some(3),
            min_upper: None,
            min_lower: None,
            min_special: None,
            override_special: None,
            result: None,
            bcrypt_hash: None,
        };
        let (one, hold) = asked().open(&NoRemote).await.unwrap();
        let (other, _) = asked().open(&NoRemote).await.unwrap();
        assert_eq!(hold, Hold::default());
        assert_ne!(one.result, other.result);
        let text = one.result.unwrap();
        assert!(text.len() == 20 && text.chars().all(char::is_alphanumeric), "{text}");
        assert!(text.chars().filter(char::is_ascii_digit).count() >= 3, "{text}");
        assert_eq!((one.upper, one.min_upper, one.special), (Some(true), Some(0), Some(false)));
        assert!(bcrypt::verify(&text, &one.bcrypt_hash.unwrap()).unwrap());
    }
}

//! `random_pet`: a name that a person can remember.

use petname::Petnames;
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Result};
use plumb_engine::provider::{PlannedChange, ProviderError};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::keepers::{self, Keepers};
use super::{invalid, number};
use crate::local::{Local, creating};

/// A name such as `kind-otter`, as a unique part of other objects' names. The name is the `id`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Schema)]
pub(super) struct RandomPet {
    /// Any values; a change of one makes a new name.
    pub keepers: Keepers,
    /// How many words, the prefix not counted; from 1 to 255.
    #[attr(default = 2, force_new)]
    pub length: i64,
    /// Text in front of the name, with a separator between them.
    #[attr(force_new)]
    pub prefix: Option<String>,
    /// Text between the words.
    #[attr(default = "-", force_new)]
    pub separator: String,
}

impl Local for RandomPet {
    const TYPE: &'static str = "random_pet";

    fn validate(config: &Value) -> Diagnostics {
        match number(config, "length") {
            Some(length) if words(length).is_none() => {
                invalid(format!("The argument \"length\" must be from 1 to 255, but it is {length}.")).into()
            }
            _ => Diagnostics::new(),
        }
    }

    fn plan(change: &mut PlannedChange) -> Diagnostics {
        keepers::plan(change);
        Diagnostics::new()
    }

    fn make(&self) -> Result<(Id, Self)> {
        let words = words(self.length).ok_or_else(|| {
            ProviderError::refused(creating::<Self>(), format!("a name cannot have {} words", self.length))
        })?;
        let mut name = String::new();
        if let Some(prefix) = self.prefix.as_deref().filter(|it| !it.is_empty()) {
            name = format!("{prefix}{}", self.separator);
        }
        let pets = Petnames::default();
        pets.namer(words, &self.separator).generate_into(&mut name, &mut rand::rng());
        Ok((name, self.clone()))
    }
}

fn words(length: i64) -> Option<u8> {
    u8::try_from(length).ok().filter(|it| *it > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pet(length: i64, prefix: Option<&str>, separator: &str) -> String {
        let prefix = prefix.map(Into::into);
        RandomPet { keepers: None, length, prefix, separator: separator.into() }.make().unwrap().0
    }

    #[test]
    fn names_have_the_words_that_were_asked_for() {
        for length in [1, 2, 3, 7] {
            let name = pet(length, None, "-");
            let words: Vec<_> = name.split('-').collect();
            assert_eq!(words.len(), usize::try_from(length).unwrap(), "{name}");
            assert!(words.iter().all(|it| !it.is_empty() && it.chars().all(|c| c.is_ascii_lowercase())), "{name}");
        }
    }

    #[test]
    fn the_prefix_is_one_word_more() {
        let name = pet(2, Some("Db"), "_");
        assert!(name.starts_with("Db_") && name.split('_').count() == 3, "{name}");
        assert_eq!(pet(2, Some(""), "_").split('_').count(), 2);
    }

    #[test]
    fn lengths_without_a_name_are_refused() {
        let errors = |length: i64| RandomPet::validate(&Value::object([("length", Value::from(length))])).len();
        assert_eq!([0, 1, 255, 256].map(errors), [1, 0, 0, 1]);
    }
}

//! `random_integer`: a random whole number of a range.

use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Result};
use plumb_engine::provider::{PlannedChange, ProviderError};
use plumb_engine::value::Value;
use rand::RngExt;
use serde::{Deserialize, Serialize};

use super::keepers::{self, Keepers};
use super::seed::generator;
use super::{invalid, number};
use crate::local::{Local, creating, importing};

/// A random whole number of a range.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Schema)]
pub(super) struct RandomInteger {
    /// Any values; a change of one makes a new number.
    pub keepers: Keepers,
    /// The least number that may come out.
    #[attr(force_new)]
    pub min: i64,
    /// The greatest number that may come out.
    #[attr(force_new)]
    pub max: i64,
    /// Fixes what comes out: the same seed and range give the same number.
    #[attr(force_new)]
    pub seed: Option<String>,
    /// The number.
    #[attr(computed)]
    pub result: Option<i64>,
}

impl Local for RandomInteger {
    const TYPE: &'static str = "random_integer";

    fn validate(config: &Value) -> Diagnostics {
        match (number(config, "min"), number(config, "max")) {
            (Some(min), Some(max)) if min > max => {
                invalid(format!("The argument \"min\" ({min}) must not be greater than \"max\" ({max}).")).into()
            }
            _ => Diagnostics::new(),
        }
    }

    fn plan(change: &mut PlannedChange) -> Diagnostics {
        keepers::plan(change);
        Diagnostics::new()
    }

    fn make(&self) -> Result<(Id, Self)> {
        if self.min > self.max {
            let message = format!("the least number ({}) is greater than the greatest ({})", self.min, self.max);
            return Err(ProviderError::refused(creating::<Self>(), message));
        }
        let result = generator(self.seed.as_deref()).random_range(self.min..=self.max);
        Ok((result.to_string(), Self { result: Some(result), ..self.clone() }))
    }

    /// `result,min,max` or `result,min,max,seed`.
    fn import(id: &str) -> Result<(Id, Self)> {
        let refuse = |reason: String| {
            ProviderError::refused(importing::<Self>(), reason)
                .help("The import id is RESULT,MIN,MAX or RESULT,MIN,MAX,SEED.")
        };
        let parse =
            |text: &str| text.parse::<i64>().map_err(|error| refuse(format!("{text:?} is no whole number: {error}")));
        let parts: Vec<&str> = id.splitn(4, ',').collect();
        let [result, min, max, seed @ ..] = parts.as_slice() else {
            return Err(refuse(format!("{id:?} has fewer than three parts")));
        };
        let seed = seed.first().map(|it| (*it).to_owned());
        let object = Self { keepers: None, min: parse(min)?, max: parse(max)?, seed, result: Some(parse(result)?) };
        Ok(((*result).to_owned(), object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(min: i64, max: i64, seed: Option<&str>) -> RandomInteger {
        RandomInteger { keepers: None, min, max, seed: seed.map(Into::into), result: None }
    }

    #[test]
    fn both_ends_come_out_and_nothing_beyond() {
        let drawn: std::collections::BTreeSet<_> =
            (0..200).map(|_| range(-1, 1, None).make().unwrap().1.result.unwrap()).collect();
        assert_eq!(drawn, [-1, 0, 1].into());
        assert_eq!(range(i64::MIN, i64::MIN, None).make().unwrap().0, i64::MIN.to_string());
        range(i64::MIN, i64::MAX, None).make().unwrap();
        assert!(range(1, 0, None).make().is_err());
    }

    #[test]
    fn a_seed_fixes_the_result() {
        let draw = |seed| range(0, i64::MAX, Some(seed)).make().unwrap();
        assert_eq!(draw("a"), draw("a"));
        assert_ne!(draw("a").1.result, draw("b").1.result);
    }

    #[test]
    fn an_import_restores_what_was_made() {
        for seed in [None, Some("a,b")] {
            let (id, object) = range(5, 7, seed).make().unwrap();
            let import = seed.map_or(format!("{id},5,7"), |seed| format!("{id},5,7,{seed}"));
            assert_eq!(RandomInteger::import(&import).unwrap(), (id, object));
        }
        for text in ["", "1,2", "a,1,2", "1,a,2"] {
            assert!(RandomInteger::import(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_ends_must_be_in_order() {
        let config = |min: i64, max: Value| Value::object([("min", Value::from(min)), ("max", max)]);
        assert!(RandomInteger::validate(&config(2, Value::from(1_i64))).has_errors());
        assert!(RandomInteger::validate(&config(1, Value::from(1_i64))).is_empty());
        let unknown = Value::unknown(plumb_engine::value::Type::Number);
        assert!(RandomInteger::validate(&config(1, unknown)).is_empty());
    }
}

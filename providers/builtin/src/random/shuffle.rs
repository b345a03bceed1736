//! `random_shuffle`: a list in random order.

use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::PlannedChange;
use plumb_engine::provider::typed::{Id, Result};
use plumb_engine::value::Value;
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

use super::keepers::{self, Keepers};
use super::seed::generator;
use super::{number, too_small};
use crate::local::Local;

/// A list of texts in random order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Schema)]
pub(super) struct RandomShuffle {
    /// Any values; a change of one makes a new order.
    pub keepers: Keepers,
    /// Fixes what comes out as long as the version of plumb stays the same.
    #[attr(force_new)]
    pub seed: Option<String>,
    /// The texts.
    #[attr(required, force_new)]
    pub input: Vec<String>,
    /// How many texts come out; all of them when it is left out or 0. With fewer, some are left out; with more, some
    /// are repeated, but none more often than the others by more than one.
    #[attr(force_new)]
    pub result_count: Option<i64>,
    /// The texts in random order.
    #[attr(computed)]
    pub result: Vec<String>,
}

impl Local for RandomShuffle {
    const TYPE: &'static str = "random_shuffle";

    fn validate(config: &Value) -> Diagnostics {
        let count = number(config, "result_count").filter(|it| *it < 0);
        count.map(|it| too_small("result_count", 0, it)).into_iter().collect()
    }

    fn plan(change: &mut PlannedChange) -> Diagnostics {
        keepers::plan(change);
        Diagnostics::new()
    }

    fn make(&self) -> Result<(Id, Self)> {
        let asked = self.result_count.and_then(|it| usize::try_from(it).ok()).filter(|it| *it > 0);
        let count = if self.input.is_empty() { 0 } else { asked.unwrap_or(self.input.len()) };
        let mut generator = generator(self.seed.as_deref());
        let mut result = Vec::new();
        while result.len() < count {
            let mut round = self.input.clone();
            round.shuffle(&mut generator);
            round.truncate(count - result.len());
            result.append(&mut round);
        }
        Ok(("-".into(), Self { result, ..self.clone() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shuffled(count: Option<i64>, seed: Option<&str>) -> Vec<String> {
        let input = ["a", "b", "c", "d", "e"].map(String::from).to_vec();
        let seed = seed.map(Into::into);
        let planned = RandomShuffle { keepers: None, seed, input, result_count: count, result: Vec::new() };
        let (id, object) = planned.make().unwrap();
        assert_eq!(id, "-");
        object.result
    }

    fn sorted(mut texts: Vec<String>) -> String {
        texts.sort();
        texts.concat()
    }

    #[test]
    fn everything_comes_out_once_by_default() {
        assert_eq!(sorted(shuffled(None, None)), "abcde");
        assert_eq!(sorted(shuffled(Some(0), None)), "abcde");
        let orders: std::collections::BTreeSet<_> = (0..50).map(|_| shuffled(None, None)).collect();
        assert!(orders.len() > 1);
    }

    #[test]
    fn the_count_leaves_out_or_repeats() {
        let two = shuffled(Some(2), None);
        assert_eq!(two.len(), 2);
        assert_ne!(two[0], two[1]);
        let twelve = shuffled(Some(12), None);
        assert_eq!(sorted(twelve[..10].to_vec()), "aabbccddee");
        assert_eq!(twelve.len(), 12);
    }

    #[test]
    fn a_seed_fixes_the_order() {
        assert_eq!(shuffled(Some(40), Some("x")), shuffled(Some(40), Some("x")));
        assert_ne!(shuffled(Some(40), Some("x")), shuffled(Some(40), Some("y")));
    }

    #[test]
    fn nothing_gives_nothing() {
        let empty =
            RandomShuffle { keepers: None, seed: None, input: Vec::new(), result_count: Some(3), result: Vec::new() };
        assert_eq!(empty.make().unwrap().1.result, [] as [&str; 0]);
    }
}

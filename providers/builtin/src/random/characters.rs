//! Random texts of chosen kinds of characters, and the arguments that choose them.

use plumb_engine::diagnostic::{Diagnostic, Diagnostics};
use plumb_engine::provider::PlannedChange;
use plumb_engine::value::{Path, Type, Value};
use rand::CryptoRng;
use rand::seq::{IndexedRandom, SliceRandom};

use super::{invalid, keepers, number, too_small};

/// The special characters unless others are named.
const SPECIAL: &str = "!@#$%&*()-_=+[]{}<>:?";

/// What a text is made of.
pub(super) struct Rules<'a> {
    /// How many characters.
    pub length: i64,
    /// Upper-case letters: whether any, and how many at least.
    pub upper: (bool, i64),
    /// Lower-case letters: whether any, and how many at least.
    pub lower: (bool, i64),
    /// Digits: whether any, and how many at least.
    pub numeric: (bool, i64),
    /// Special characters: whether any, and how many at least.
    pub special: (bool, i64),
    /// Special characters instead of the usual ones; empty for the usual ones.
    pub override_special: &'a str,
}

/// A random text; `None` when characters are asked for and no kind of them is allowed.
pub(super) fn generate(rules: &Rules<'_>, rng: &mut impl CryptoRng) -> Option<String> {
    let special = if rules.override_special.is_empty() { SPECIAL } else { rules.override_special };
    let kinds: [(Vec<char>, (bool, i64)); 4] = [
        (('A'..='Z').collect(), rules.upper),
        (('a'..='z').collect(), rules.lower),
        (('0'..='9').collect(), rules.numeric),
        (special.chars().collect(), rules.special),
    ];
    let mut text = Vec::new();
    for (characters, (_, least)) in &kinds {
        for _ in 0..*least {
            text.push(*characters.choose(rng)?);
        }
    }
    let any: Vec<char> =
        kinds.iter().filter(|(_, (allowed, _))| *allowed).flat_map(|(characters, _)| characters).copied().collect();
    let length = usize::try_from(rules.length).ok()?;
    while text.len() < length {
        text.push(*any.choose(rng)?);
    }
    text.shuffle(rng);
    Some(text.into_iter().collect())
}

/// Checks the arguments that `random_string` and `random_password` share.
pub(super) fn validate(config: &Value) -> Diagnostics {
    const LEAST: [&str; 4] = ["min_upper", "min_lower", "min_numeric", "min_special"];
    let mut found = Diagnostics::new();
    for name in LEAST {
        found.extend(number(config, name).filter(|it| *it < 0).map(|it| too_small(name, 0, it)));
    }
    let Some(length) = number(config, "length") else { return found };
    if length < 1 {
        found.push(too_small("length", 1, length));
    }
    let sum: i64 = LEAST.iter().filter_map(|name| number(config, name)).fold(0, i64::saturating_add);
    if length < sum {
        found.push(invalid(format!(
            "The argument \"length\" is {length}, but \"min_upper\", \"min_lower\", \"min_numeric\" and \"min_special\" \
             ask for {sum} characters together. Raise the length or lower one of them."
        )));
    }
    let off = |name: &str| config.get(name).and_then(Value::as_bool) == Some(false);
    let no_digits = off("numeric") || off("number");
    if sum < length && off("upper") && off("lower") && no_digits && off("special") {
        found.push(invalid(
            "No kind of characters is left to choose from. Set one of \"upper\", \"lower\", \"numeric\" and \"special\" \
             to true.",
        ));
    }
    found
}

/// The planning rules that `random_string` and `random_password` share.
pub(super) fn plan(change: &mut PlannedChange) -> Diagnostics {
    keepers::plan(change);
    plan_override_special(change);
    plan_number(change)
}

/// A change of the special characters replaces, but for one from the empty text to null: both mean the usual ones,
/// and earlier providers stored the empty text where nothing was set.
fn plan_override_special(change: &mut PlannedChange) {
    const NAME: &str = "override_special";
    let (Some(prior), Some(planned)) = (change.prior.get(NAME), change.planned.get(NAME)) else { return };
    let same = prior.clone().unmarked().0 == planned.clone().unmarked().0;
    let settled = prior.as_str() == Some("") && planned.is_null();
    if !same && !settled {
        change.replace.push(Path::root().name(NAME));
    }
}

/// `number` is the old name of `numeric`: both have the value of the one that is set.
fn plan_number(change: &mut PlannedChange) -> Diagnostics {
    let set = |name: &str| change.config.get(name).filter(|it| !it.is_null()).cloned();
    let value = match (set("number"), set("numeric")) {
        (Some(old), Some(new)) => {
            let different = matches!((old.as_bool(), new.as_bool()), (Some(old), Some(new)) if old != new);
            if different {
                return conflict().into();
            }
            new
        }
        (Some(only), None) | (None, Some(only)) => only,
        (None, None) => Value::from(true),
    };
    let value = if value.is_unknown() { Value::unknown(Type::Bool) } else { value };
    if !change.planned.is_null() {
        change.planned = change.planned.clone().with("number", value.clone()).with("numeric", value);
    }
    Diagnostics::new()
}

fn conflict() -> Diagnostic {
    Diagnostic::error(
        "Number and numeric are both configured with different values",
        "The argument \"number\" is the old name of \"numeric\". Remove \"number\".",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> Rules<'static> {
        let on = (true, 0);
        Rules { length: 40, upper: on, lower: on, numeric: on, special: on, override_special: "" }
    }

    fn text(rules: &Rules<'_>) -> String {
        generate(rules, &mut rand::rng()).unwrap()
    }

    #[test]
    fn texts_have_the_length_and_only_allowed_characters() {
        let off = (false, 0);
        let digits = text(&Rules { upper: off, lower: off, special: off, ..rules() });
        assert!(digits.len() == 40 && digits.chars().all(|c| c.is_ascii_digit()), "{digits}");
        let special = text(&Rules { upper: off, lower: off, numeric: off, override_special: "é~", ..rules() });
        assert!(special.chars().count() == 40 && special.chars().all(|c| "é~".contains(c)), "{special}");
        assert_ne!(text(&rules()), text(&rules()));
    }

    #[test]
    fn each_kind_comes_as_often_as_asked() {
        for _ in 0..20 {
            let text = text(&Rules {
                length: 10,
                upper: (false, 1),
                lower: (true, 2),
                numeric: (true, 3),
                special: (true, 4),
                ..rules()
            });
            let count = |of: fn(char) -> bool| text.chars().filter(|c| of(*c)).count();
            assert_eq!(count(|c| c.is_ascii_uppercase()), 1, "{text}");
            assert_eq!(count(|c| c.is_ascii_lowercase()), 2, "{text}");
            assert_eq!(count(|c| c.is_ascii_digit()), 3, "{text}");
            assert_eq!(count(|c| SPECIAL.contains(c)), 4, "{text}");
        }
    }

    #[test]
    fn the_asked_kinds_come_in_any_place() {
        let first_is_upper = |_| {
            text(&Rules { length: 4, upper: (true, 1), lower: (true, 3), ..rules() })
                .starts_with(|c: char| c.is_ascii_uppercase())
        };
        let hits = (0..400).map(first_is_upper).filter(|it| *it).count();
        assert!((50..150).contains(&hits), "{hits} of 400");
    }

    #[test]
    fn nothing_to_choose_from_gives_nothing() {
        let off = (false, 0);
        let rules = Rules { upper: off, lower: off, numeric: off, special: off, ..rules() };
        assert_eq!(generate(&rules, &mut rand::rng()), None);
    }

    fn config(items: &[(&str, Value)]) -> Value {
        Value::object(items.iter().map(|(name, value)| (*name, value.clone())))
    }

    #[test]
    fn the_length_must_hold_what_is_asked_for() {
        let errors = |items: &[(&str, i64)]| {
            let items: Vec<_> = items.iter().map(|(name, it)| (*name, Value::from(*it))).collect();
            validate(&config(&items)).len()
        };
        assert_eq!(errors(&[("length", 8), ("min_upper", 4), ("min_special", 4)]), 0);
        assert_eq!(errors(&[("length", 8), ("min_upper", 4), ("min_special", 5)]), 1);
        assert_eq!(errors(&[("length", 0)]), 1);
        assert_eq!(errors(&[("length", 1), ("min_lower", -1)]), 1);
        assert_eq!(errors(&[("min_lower", 9)]), 0, "an unknown length is no error");
    }

    #[test]
    fn some_kind_must_be_allowed() {
        let off = |name| (name, Value::from(false));
        let mut items = vec![("length", Value::from(4_i64)), off("upper"), off("lower"), off("special")];
        assert!(!validate(&config(&items)).has_errors());
        items.push(off("number"));
        assert!(validate(&config(&items)).has_errors());
        items.push(("min_upper", Value::from(4_i64)));
        assert!(!validate(&config(&items)).has_errors(), "the least numbers fill the text");
    }

    fn planned(number: Option<bool>, numeric: Option<bool>) -> (PlannedChange, Diagnostics) {
        let value = |it: Option<bool>| it.map_or_else(|| Value::null(Type::Bool), Value::from);
        let config = config(&[("number", value(number)), ("numeric", value(numeric))]);
        let prior = Value::null(config.ty());
        let mut change = PlannedChange { prior, config: config.clone(), planned: config, replace: Vec::new() };
        let found = plan(&mut change);
        (change, found)
    }

    #[test]
    fn number_and_numeric_are_one() {
        for (number, numeric, expected) in
            [(None, None, true), (Some(false), None, false), (None, Some(false), false), (Some(true), Some(true), true)]
        {
            let (change, found) = planned(number, numeric);
            assert!(found.is_empty());
            for name in ["number", "numeric"] {
                assert_eq!(change.planned.get(name), Some(&Value::from(expected)), "{number:?} {numeric:?}");
            }
        }
        assert!(planned(Some(true), Some(false)).1.has_errors());
    }

    #[test]
    fn other_special_characters_replace() {
        let replaces = |prior: Value, planned: Value| {
            let [prior, planned] = [prior, planned].map(|it| config(&[("override_special", it)]));
            let mut change = PlannedChange { prior, config: planned.clone(), planned, replace: Vec::new() };
            plan_override_special(&mut change);
            !change.replace.is_empty()
        };
        let null = || Value::null(Type::String);
        assert!(replaces("a".into(), "b".into()));
        assert!(replaces("a".into(), null()));
        assert!(replaces(null(), "a".into()));
        assert!(!replaces("a".into(), "a".into()));
        assert!(!replaces("".into(), null()));
    }
}

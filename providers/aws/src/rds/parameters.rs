//! Parameters of parameter groups: what to set and to reset, and what of them is shown.

use std::collections::BTreeMap;

use aws_sdk_rds::types::{self, ApplyMethod};
use plumb_engine::Schema;
use serde::{Deserialize, Serialize};

use crate::wire::same;

/// How many parameters one call changes.
const CALL: usize = 20;

/// Source of a parameter that somebody has set.
pub const SET_BY_USER: &str = "user";

/// A parameter of the engine.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Parameter {
    /// Name of the parameter, as the engine's documentation has it; case does not matter.
    #[attr(required, same = same::case)]
    pub name: String,
    /// Value of the parameter.
    #[attr(required)]
    pub value: String,
    /// When a new value comes into force: `immediate`, or `pending-reboot`, which static parameters need. AWS takes
    /// another method only together with another value.
    #[attr(default = "immediate")]
    pub apply_method: String,
}

impl Parameter {
    fn key(&self) -> String {
        self.name.to_ascii_lowercase()
    }

    fn sdk(&self) -> types::Parameter {
        types::Parameter::builder()
            .parameter_name(&self.name)
            .parameter_value(&self.value)
            .apply_method(ApplyMethod::from(self.apply_method.as_str()))
            .build()
    }
}

/// Calls that turn parameters into others, each with the parameters that it takes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// To be set.
    pub set: Vec<Vec<types::Parameter>>,
    /// To be set back to the engine's default.
    pub reset: Vec<Vec<types::Parameter>>,
}

/// What turns the parameters `prior` into `now`. Character sets and collations depend on each other and go first, in
/// one call.
pub fn changes(prior: &[Parameter], now: &[Parameter]) -> Changes {
    let before: BTreeMap<String, &Parameter> = prior.iter().map(|it| (it.key(), it)).collect();
    let after: BTreeMap<String, &Parameter> = now.iter().map(|it| (it.key(), it)).collect();
    let is_changed = |it: &&Parameter| before.get(&it.key()).is_none_or(|then| then.value != it.value);
    let mut set: Vec<&Parameter> = after.values().copied().filter(is_changed).collect();
    set.sort_by_key(|it| (!is_of_text(&it.key()), it.key()));
    let reset = before.iter().filter(|(key, _)| !after.contains_key(*key)).map(|(_, it)| *it);
    let calls = |items: Vec<types::Parameter>| items.chunks(CALL).map(<[_]>::to_vec).collect();
    Changes {
        set: calls(set.into_iter().map(Parameter::sdk).collect()),
        reset: calls(reset.map(Parameter::sdk).collect()),
    }
}

fn is_of_text(key: &str) -> bool {
    key.starts_with("character_set") || key.starts_with("character-set") || key.starts_with("collation")
}

/// Names of parameters that `prior` has and that are not among those that users have set: whoever sets a parameter to
/// its default may find that the engine still calls it its own.
pub fn missing(prior: &[Parameter], set: &[types::Parameter]) -> Vec<String> {
    let set: Vec<String> = set.iter().filter_map(|it| Some(it.parameter_name.as_ref()?.to_ascii_lowercase())).collect();
    prior.iter().map(Parameter::key).filter(|key| !set.contains(key)).collect()
}

/// Parameters as they are shown. The method is the prior one while the value is: AWS does not record another method
/// for the same value.
pub fn observed(found: impl IntoIterator<Item = types::Parameter>, prior: &[Parameter]) -> Vec<Parameter> {
    let before: BTreeMap<String, &Parameter> = prior.iter().map(|it| (it.key(), it)).collect();
    let shown = found.into_iter().filter_map(|it| {
        let (name, value) = (it.parameter_name?, it.parameter_value?);
        let kept = before.get(&name.to_ascii_lowercase()).filter(|then| then.value == value);
        let told = || it.apply_method.map_or_else(|| "immediate".to_owned(), |it| it.as_str().to_owned());
        let apply_method = kept.map_or_else(told, |then| then.apply_method.clone());
        Some(Parameter { name, value, apply_method })
    });
    shown.collect()
}

/// Reads the parameters of one group: those that users have set, and those of the state that are not among them.
/// Takes the call, the group's name, the state's parameters and the words for errors; `None` where there is no group.
macro_rules! read_parameters {
    ($call:expr, $prior:expr, $action:expr, $gone:expr) => {{
        let call = $call;
        let set = call.clone().source($crate::rds::parameters::SET_BY_USER).into_paginator().items().send();
        let set: Option<Vec<aws_sdk_rds::types::Parameter>> =
            $crate::wire::Absent::absent(set.try_collect().await, $action, $gone)?;
        match set {
            None => None,
            Some(mut found) => {
                let missing = $crate::rds::parameters::missing($prior, &found);
                if !missing.is_empty() {
                    let call = call.filters($crate::rds::filter("parameter-name", missing.iter().cloned()));
                    let more: Vec<aws_sdk_rds::types::Parameter> = $crate::wire::pages!(call, $action)?;
                    let is_missing = |it: &aws_sdk_rds::types::Parameter| {
                        it.parameter_name.as_ref().is_some_and(|name| missing.contains(&name.to_ascii_lowercase()))
                    };
                    found.extend(more.into_iter().filter(is_missing));
                }
                Some($crate::rds::parameters::observed(found, $prior))
            }
        }
    }};
}
pub(super) use read_parameters;

#[cfg(test)]
mod tests {
    use super::*;

    fn parameter(name: &str, value: &str, method: &str) -> Parameter {
        Parameter { name: name.into(), value: value.into(), apply_method: method.into() }
    }

    fn names(calls: &[Vec<types::Parameter>]) -> Vec<Vec<&str>> {
        calls.iter().map(|call| call.iter().filter_map(|it| it.parameter_name()).collect()).collect()
    }

    #[test]
    fn sets_what_differs_and_resets_what_is_gone() {
        let prior = [parameter("a", "1", "immediate"), parameter("b", "1", "immediate"), parameter("c", "1", "x")];
        let now = [parameter("A", "1", "pending-reboot"), parameter("b", "2", "immediate")];
        let changes = changes(&prior, &now);
        assert_eq!(names(&changes.set), [["b"]]);
        assert_eq!(names(&changes.reset), [["c"]]);
    }

    #[test]
    fn calls_take_twenty_and_character_sets_go_first() {
        let now: Vec<_> = (0..24)
            .map(|it| parameter(&format!("a{it:02}"), "1", "immediate"))
            .chain([parameter("character_set_server", "utf8mb4", "immediate")])
            .chain([parameter("collation_server", "utf8mb4_bin", "immediate")])
            .collect();
        let changes = changes(&[], &now);
        let names = names(&changes.set);
        assert_eq!(names.iter().map(Vec::len).collect::<Vec<_>>(), [20, 6]);
        assert_eq!(&names[0][..3], ["character_set_server", "collation_server", "a00"]);
    }

    #[test]
    fn the_method_is_kept_with_the_value() {
        let prior = [parameter("a", "1", "pending-reboot"), parameter("b", "1", "pending-reboot")];
        let sdk = |name: &str, value: &str| {
            let it = types::Parameter::builder().parameter_name(name).parameter_value(value);
            it.apply_method(ApplyMethod::Immediate).build()
        };
        let found = vec![sdk("a", "1"), sdk("b", "2"), types::Parameter::builder().parameter_name("c").build()];
        assert_eq!(missing(&prior, &found[1..]), ["a"]);
        let shown = observed(found, &prior);
        assert_eq!(shown, [parameter("a", "1", "pending-reboot"), parameter("b", "2", "immediate")]);
    }
}

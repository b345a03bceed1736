//! A reference to a version of a launch template, by id or by name, as instances and Auto Scaling groups have it.

use plumb_engine::Schema;
use plumb_engine::value::{Type, Value};
use serde::{Deserialize, Serialize};

/// A version of a launch template, found by id or by name.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct TemplateReference {
    /// Id of the template.
    #[attr(optional, computed)]
    pub id: Option<String>,
    /// Name of the template.
    #[attr(optional, computed)]
    pub name: Option<String>,
    /// Version: a number, `$Latest` or `$Default`.
    #[attr(default = "$Default")]
    pub version: String,
}

/// In the blocks of a list, makes the name unknown where the configuration gives another id than before, and the id
/// where it gives another name. `names` are the attributes' names: that of the id, that of the name.
pub fn unsettle(prior: Option<&Value>, config: Option<&Value>, planned: &Value, names: (&str, &str)) -> Value {
    let Some(blocks) = planned.as_slice() else { return planned.clone() };
    let at = |value: Option<&Value>, index: usize| value.and_then(|it| it.as_slice()?.get(index).cloned());
    let blocks = blocks.iter().enumerate().map(|(index, block)| {
        let (prior, config) = (at(prior, index), at(config, index));
        let follows = |name: &str, other: &str| {
            let set = |name: &str| config.as_ref().and_then(|it| it.get(name)).is_some_and(|it| !it.is_null());
            let before = prior.as_ref().and_then(|it| it.get(other));
            !set(name) && set(other) && before != block.get(other)
        };
        let (id, name) = names;
        let block =
            if follows(name, id) { block.clone().with(name, Value::unknown(Type::String)) } else { block.clone() };
        if follows(id, name) { block.with(id, Value::unknown(Type::String)) } else { block }
    });
    match planned.ty() {
        Type::List(element) => Value::list((*element).clone(), blocks.collect()),
        _ => planned.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(id: Value, name: Value) -> Value {
        let block = Value::object([("id", id), ("name", name), ("version", Value::from("1"))]);
        Value::list(block.ty(), vec![block])
    }

    #[test]
    fn the_name_follows_another_id() {
        let null = || Value::null(Type::String);
        let prior = blocks("lt-1".into(), "a".into());
        let names = ("id", "name");
        let same = unsettle(Some(&prior), Some(&blocks("lt-1".into(), null())), &prior, names);
        assert_eq!(same, prior);
        let planned = blocks("lt-2".into(), "a".into());
        let other = unsettle(Some(&prior), Some(&blocks("lt-2".into(), null())), &planned, names);
        assert_eq!(other, blocks("lt-2".into(), Value::unknown(Type::String)));
        let planned = blocks("lt-1".into(), "b".into());
        let other = unsettle(Some(&prior), Some(&blocks(null(), "b".into())), &planned, names);
        assert_eq!(other, blocks(Value::unknown(Type::String), "b".into()));
    }
}

//! `keepers`: values that keep the random one as it is until they change.

use std::collections::BTreeMap;
use std::sync::Arc;

use plumb_engine::provider::PlannedChange;
use plumb_engine::value::{Marks, Path, Value};

/// The type of the argument.
pub(super) type Keepers = Option<BTreeMap<String, Option<String>>>;

/// Asks for a replacement when the keepers change. A key whose value is null counts as absent: providers of earlier
/// times did not store such keys, and their states are still about.
pub(super) fn plan(change: &mut PlannedChange) {
    const NAME: &str = "keepers";
    if change.prior.is_null() || change.planned.is_null() {
        return;
    }
    let unknown = change.planned.get(NAME).is_some_and(Value::is_unknown);
    if unknown || set(&change.prior, NAME) != set(&change.planned, NAME) {
        change.replace.push(Path::root().name(NAME));
    }
}

fn set(object: &Value, name: &str) -> BTreeMap<Arc<str>, Value> {
    let entries = object.get(name).and_then(Value::as_map).into_iter().flatten();
    let plain = |value: &Value| value.clone().without_marks(Marks::SENSITIVE.and(Marks::EPHEMERAL));
    entries.filter(|(_, value)| !value.is_null()).map(|(key, value)| (key.clone(), plain(value))).collect()
}

#[cfg(test)]
mod tests {
    use plumb_engine::value::Type;

    use super::*;

    fn keepers(entries: &[(&str, Option<&str>)]) -> Value {
        let value = |it: Option<&str>| it.map_or_else(|| Value::null(Type::String), Value::from);
        Value::map(Type::String, entries.iter().map(|(key, it)| ((*key).into(), value(*it))))
    }

    fn replaces(prior: Value, planned: Value) -> bool {
        let object = |keepers| Value::object([("keepers", keepers)]);
        let planned = object(planned);
        let mut change = PlannedChange { prior: object(prior), config: planned.clone(), planned, replace: Vec::new() };
        plan(&mut change);
        !change.replace.is_empty()
    }

    #[test]
    fn a_change_of_a_value_replaces() {
        let old = keepers(&[("a", Some("1"))]);
        assert!(!replaces(old.clone(), old.clone()));
        assert!(replaces(old.clone(), keepers(&[("a", Some("2"))])));
        assert!(replaces(old.clone(), keepers(&[("a", Some("1")), ("b", Some("1"))])));
        assert!(replaces(old.clone(), Value::null(Type::map(Type::String))));
        assert!(replaces(old.clone(), Value::unknown(Type::map(Type::String))));
        assert!(!replaces(old.clone(), old.marked(Marks::SENSITIVE)), "a mark is no change");
    }

    #[test]
    fn an_unknown_value_replaces() {
        let unknown = Value::map(Type::String, [("a".into(), Value::unknown(Type::String))]);
        assert!(replaces(keepers(&[("a", Some("1"))]), unknown));
    }

    #[test]
    fn null_counts_as_absent() {
        let null = Value::null(Type::map(Type::String));
        assert!(!replaces(null.clone(), keepers(&[])));
        assert!(!replaces(null, keepers(&[("a", None)])));
        assert!(!replaces(keepers(&[("b", Some("1"))]), keepers(&[("a", None), ("b", Some("1"))])));
    }

    #[test]
    fn a_create_is_no_replacement() {
        let planned = Value::object([("keepers", keepers(&[("a", Some("1"))]))]);
        let prior = Value::null(planned.ty());
        let mut change = PlannedChange { prior, config: planned.clone(), planned, replace: Vec::new() };
        plan(&mut change);
        assert!(change.replace.is_empty());
    }
}

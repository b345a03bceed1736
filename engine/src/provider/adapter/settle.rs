//! Differences between what was planned and what was observed that mean nothing.
//!
//! Remote sides do not tell "not set" from "set to nothing", and return texts in another spelling. Where both mean the
//! same, an observed object keeps the words of the plan or of the state, so that the next plan is empty.

use crate::schema::{Attribute, Block, NestedBlock, Nesting, Same};
use crate::value::{Kind, Value};

/// Settles an observed object against the object that was planned or last observed.
pub(super) fn block(observed: Value, reference: Option<&Value>, schema: &Block) -> Value {
    let reference = reference.filter(|it| it.as_map().is_some());
    let part = |name: &str| reference.and_then(|it| it.get(name));
    let settled = schema.attributes.iter().fold(observed, |object, (name, schema)| match object.get(name).cloned() {
        Some(value) => object.with(name, attribute(value, part(name), schema)),
        None => object,
    });
    schema.blocks.iter().fold(settled, |object, (name, schema)| match object.get(name).cloned() {
        Some(value) => object.with(name, nested(value, part(name), schema)),
        None => object,
    })
}

fn nested(observed: Value, reference: Option<&Value>, schema: &NestedBlock) -> Value {
    let settle = |item: &Value, reference: Option<&Value>| block(item.clone(), reference, &schema.block);
    let references = reference.and_then(Value::as_slice).unwrap_or_default();
    match (schema.nesting, observed.kind()) {
        (Nesting::Single, Kind::Object(_)) => block(observed, reference, &schema.block),
        (Nesting::List, Kind::List(ty, items)) => {
            let items = items.iter().enumerate().map(|(at, item)| settle(item, references.get(at)));
            Value::list(ty.clone(), items.collect())
        }
        (Nesting::Set, Kind::Set(ty, items)) => {
            let items = items.iter().map(|item| {
                let same = references.iter().find(|it| settle(item, Some(it)) == **it);
                same.cloned().unwrap_or_else(|| settle(item, None))
            });
            Value::set(ty.clone(), items.collect())
        }
        _ => observed,
    }
}

fn attribute(observed: Value, reference: Option<&Value>, schema: &Attribute) -> Value {
    if schema.write_only {
        return Value::null(schema.ty.clone());
    }
    let nullable = schema.optional && !schema.computed && schema.default.is_none();
    match reference {
        Some(reference) => value(observed, reference, Rule { nullable, same: schema.same }),
        // Nothing tells `""` or `false` from null here; null is what a configuration that does not mention it has.
        None if nullable && (is_empty(&observed) || observed.as_bool() == Some(false)) => {
            Value::null(schema.ty.clone())
        }
        None => observed,
    }
}

#[derive(Clone, Copy)]
struct Rule {
    /// A configuration that leaves the attribute out plans null. Where the provider or a default decides instead,
    /// "empty" is a word of its own.
    nullable: bool,
    same: Option<Same>,
}

fn value(observed: Value, reference: &Value, rule: Rule) -> Value {
    if reference.is_unknown() || observed == *reference {
        return observed;
    }
    if observed.is_null() || reference.is_null() {
        let nothing = if observed.is_null() { is_zero(reference) } else { rule.nullable && is_zero(&observed) };
        return if nothing { reference.clone() } else { observed };
    }
    let pair = |item: &Value, reference: Option<&Value>| match reference {
        Some(reference) => value(item.clone(), reference, rule),
        None => item.clone(),
    };
    match (observed.kind(), reference.kind()) {
        (Kind::String(now), Kind::String(then)) if rule.same.is_some_and(|same| same(then, now)) => reference.clone(),
        (Kind::List(ty, items), Kind::List(_, references)) if items.len() == references.len() => {
            let items = items.iter().zip(references.iter()).map(|(item, it)| pair(item, Some(it)));
            Value::list(ty.clone(), items.collect())
        }
        (Kind::Set(ty, items), Kind::Set(_, references)) if !ty.is_primitive() || rule.same.is_some() => {
            let items = items.iter().map(|item| {
                let same = references.iter().find(|it| pair(item, Some(it)) == **it);
                same.cloned().unwrap_or_else(|| item.clone())
            });
            Value::set(ty.clone(), items.collect())
        }
        (Kind::Map(ty, items), Kind::Map(_, references)) => {
            let items = items.iter().map(|(key, item)| (key.clone(), pair(item, references.get(key))));
            Value::map(ty.clone(), items.collect::<Vec<_>>())
        }
        (Kind::Object(items), Kind::Object(references)) => {
            Value::object(items.iter().map(|(name, item)| (name.clone(), pair(item, references.get(name)))))
        }
        _ => observed,
    }
}

/// A text or collection with nothing in it.
fn is_empty(value: &Value) -> bool {
    match value.kind() {
        Kind::String(text) => text.is_empty(),
        Kind::List(_, items) | Kind::Set(_, items) => items.is_empty(),
        Kind::Map(_, items) => items.is_empty(),
        _ => false,
    }
}

/// What a remote side that has no null says in its place.
fn is_zero(value: &Value) -> bool {
    match value.kind() {
        Kind::Bool(value) => !value,
        Kind::Number(number) => number.as_i64() == Some(0),
        _ => is_empty(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Type;

    const PLAIN: Rule = Rule { nullable: true, same: None };

    fn settled(observed: impl Into<Value>, reference: impl Into<Value>) -> Value {
        value(observed.into(), &reference.into(), PLAIN)
    }

    fn texts(items: &[&str]) -> Value {
        Value::list(Type::String, items.iter().map(|it| Value::from(*it)).collect())
    }

    #[test]
    fn nothing_is_what_the_reference_calls_it() {
        let null = || Value::null(Type::String);
        assert_eq!(settled(null(), ""), Value::from(""));
        assert_eq!(settled("", null()), null());
        assert_eq!(settled(Value::null(Type::Bool), false), Value::from(false));
        assert_eq!(settled(Value::null(Type::Number), 0i64), Value::from(0i64));
        assert_eq!(settled(texts(&[]), Value::null(Type::list(Type::String))), Value::null(Type::list(Type::String)));
        assert_eq!(settled(texts(&[]), texts(&[])), texts(&[]));
    }

    #[test]
    fn something_is_as_observed() {
        assert_eq!(settled(Value::null(Type::String), "a"), Value::null(Type::String));
        assert_eq!(settled("b", "a"), Value::from("b"));
        assert_eq!(settled(true, Value::null(Type::Bool)), Value::from(true));
        assert_eq!(settled(texts(&[]), texts(&["a"])), texts(&[]));
        let computed = Rule { nullable: false, ..PLAIN };
        let null = Value::null(Type::list(Type::String));
        assert_eq!(value(texts(&[]), &null, computed), texts(&[]));
    }

    #[test]
    fn spellings_that_mean_the_same_stay() {
        let rule = Rule { same: Some(|a, b| a.eq_ignore_ascii_case(b)), ..PLAIN };
        assert_eq!(value("Any".into(), &"ANY".into(), rule), Value::from("ANY"));
        assert_eq!(value(texts(&["A", "b"]), &texts(&["a", "c"]), rule), texts(&["a", "b"]));
    }

    #[test]
    fn elements_of_sets_find_their_own() {
        let item = |name: &str, note: Value| Value::object([("name", Value::from(name)), ("note", note)]);
        let ty = item("", "".into()).ty();
        let null = || Value::null(Type::String);
        let observed = Value::set(ty.clone(), vec![item("a", "".into()), item("b", "".into())]);
        let reference = Value::set(ty.clone(), vec![item("a", null()), item("c", null())]);
        let settled = value(observed, &reference, PLAIN);
        assert_eq!(settled, Value::set(ty, vec![item("a", null()), item("b", "".into())]));
    }

    #[test]
    fn blocks_settle_part_by_part() {
        let mut inner = Block::default();
        inner.attributes.insert("note".into(), Attribute::optional(Type::String));
        let secret = Attribute { write_only: true, ..Attribute::optional(Type::String) };
        inner.attributes.insert("secret".into(), secret);
        let ty = inner.ty();
        let mut schema = Block::default();
        let rule = NestedBlock {
            nesting: Nesting::Set,
            block: inner,
            min_items: 0,
            max_items: None,
            computed: false,
            force_new: false,
        };
        schema.blocks.insert("rule".into(), rule);
        let object = |note: Value, secret: Value| {
            let item = Value::object([("note", note), ("secret", secret)]);
            Value::object([("rule", Value::set(ty.clone(), vec![item]))])
        };
        let null = || Value::null(Type::String);
        let settled = block(object("".into(), "s".into()), None, &schema);
        assert_eq!(settled, object(null(), null()));
        let reference = object("".into(), null());
        assert_eq!(block(object(null(), null()), Some(&reference), &schema), reference);
    }
}

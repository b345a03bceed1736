//! Sets: their order and the removal of repetitions.

use std::cmp::Ordering;
use std::fmt::Write as _;

use super::{Kind, Marks, Type, Value};

/// A set of elements that have the type `element` already: in order, each once, the marks on the set as a whole.
///
/// An element that is not wholly known is never the same as another element.
pub(super) fn build(element: Type, items: Vec<Value>) -> Value {
    let mut marks = Marks::NONE;
    let items: Vec<Value> = items
        .into_iter()
        .map(|item| {
            let own = item.deep_marks();
            marks = marks.and(own);
            if own.any() { item.without_marks(own) } else { item }
        })
        .collect();
    let items = if element.is_primitive() { primitives(items) } else { structures(items) };
    Value::from(Kind::Set(element, std::sync::Arc::new(items))).marked(marks)
}

fn primitives(mut items: Vec<Value>) -> Vec<Value> {
    items.sort_by(compare_primitives);
    items.dedup_by(|later, earlier| {
        !later.is_unknown() && compare_primitives(earlier, later).is_eq() && earlier == later
    });
    items
}

/// Known values in their natural order, then unknown ones, nulls last.
fn compare_primitives(left: &Value, right: &Value) -> Ordering {
    match (left.kind(), right.kind()) {
        (Kind::Number(left), Kind::Number(right)) => {
            left.compare(right).then_with(|| right.is_negative().cmp(&left.is_negative()))
        }
        (Kind::String(left), Kind::String(right)) => left.cmp(right),
        (Kind::Bool(left), Kind::Bool(right)) => left.cmp(right),
        _ => rank(left).cmp(&rank(right)),
    }
}

fn rank(value: &Value) -> u8 {
    match value.kind() {
        Kind::Null(_) => 2,
        Kind::Unknown(..) => 1,
        _ => 0,
    }
}

/// Anything but primitives is in the order of a text that stands for the value.
fn structures(items: Vec<Value>) -> Vec<Value> {
    let mut keyed: Vec<(u8, String, Value)> =
        items.into_iter().map(|item| (rank(&item), order_key(&item), item)).collect();
    keyed.sort_by(|left, right| (left.0, &left.1).cmp(&(right.0, &right.1)));
    keyed.dedup_by(|later, earlier| later.1 == earlier.1 && later.2 == earlier.2 && later.2.is_wholly_known());
    keyed.into_iter().map(|(_, _, item)| item).collect()
}

/// A text that stands for the value in the order of sets: values that are equal have the same, and a few that are not
/// equal too.
pub(crate) fn order_key(value: &Value) -> String {
    let mut key = String::new();
    write_key(value, &mut key);
    key
}

/// Punctuation is chosen so that the order is the oracle's: `~` null, `?` unknown, `<a;b;>` tuples and objects.
fn write_key(value: &Value, key: &mut String) {
    let written = match value.kind() {
        Kind::Null(_) => write!(key, "~"),
        Kind::Unknown(..) => write!(key, "?"),
        Kind::Bool(value) => write!(key, "{}", if *value { 'T' } else { 'F' }),
        Kind::Number(number) => write!(key, "{}", number.to_general(10)),
        Kind::String(text) => write!(key, "{}", super::text::go_quote(text)),
        Kind::List(_, items) | Kind::Set(_, items) => {
            key.push('[');
            write_keys(items.iter(), key);
            write!(key, "]")
        }
        Kind::Tuple(items) => {
            key.push('<');
            write_keys(items.iter(), key);
            write!(key, ">")
        }
        Kind::Object(items) => {
            key.push('<');
            write_keys(items.values(), key);
            write!(key, ">")
        }
        Kind::Map(_, items) => {
            key.push('{');
            for (name, item) in items.iter() {
                key.push_str(&super::text::go_quote(name));
                key.push(':');
                write_key(item, key);
                key.push(';');
            }
            write!(key, "}}")
        }
    };
    written.expect("writing to a string cannot fail");
}

fn write_keys<'v>(items: impl Iterator<Item = &'v Value>, key: &mut String) {
    for item in items {
        write_key(item, key);
        key.push(';');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(set: &Value) -> Vec<String> {
        set.as_slice().unwrap().iter().map(|it| super::super::display(it).replace([' ', '\n'], "")).collect()
    }

    #[test]
    fn primitives_are_in_their_natural_order_once_each() {
        let strings = Value::set(Type::String, ["b", "a", "B", "a10", "a9", ""].map(Value::from).to_vec());
        assert_eq!(shown(&strings), [r#""""#, r#""B""#, r#""a""#, r#""a10""#, r#""a9""#, r#""b""#]);
        let numbers = Value::set(Type::Number, [5i64, -10, -1, 5, 100].map(Value::from).to_vec());
        assert_eq!(shown(&numbers), ["-10", "-1", "5", "100"]);
        let bools = Value::set(Type::Bool, vec![true.into(), false.into(), true.into()]);
        assert_eq!(shown(&bools), ["false", "true"]);
    }

    #[test]
    fn unknown_elements_come_after_known_ones_and_nulls_last() {
        let items = vec![Value::null(Type::String), Value::unknown(Type::String), "b".into(), "a".into()];
        let set = Value::set(Type::String, items);
        let kinds: Vec<u8> = set.as_slice().unwrap().iter().map(rank).collect();
        assert_eq!(kinds, [0, 0, 1, 2]);
    }

    #[test]
    fn structures_are_in_the_order_of_their_text() {
        let items = [10i64, 9, 10].map(|it| Value::tuple(vec![it.into()])).to_vec();
        assert_eq!(shown(&Value::set(Type::tuple([Type::Number]), items)), ["[10,]", "[9,]"]);
        let ty = Type::object([("a", Type::String)]);
        let items = vec![Value::object([("a", Value::null(Type::String))]), Value::object([("a", Value::from("x"))])];
        assert_eq!(shown(&Value::set(ty, items)), [r#"{"a"="x"}"#, r#"{"a"=tostring(null)}"#]);
    }

    #[test]
    fn marks_of_elements_are_marks_of_the_set() {
        let set = Value::set(Type::String, vec![Value::from("a").marked(Marks::SENSITIVE), "b".into()]);
        assert!(set.is_sensitive());
        assert!(set.parts().all(|it| !it.is_sensitive()));
    }
}

//! Marks and gaps of objects between a plan and its result.

use crate::value::{Kind, Marks, Value};

/// The result with the sensitive marks of the planned object: what the configuration called secret stays so.
pub fn carry(planned: &Value, actual: Value) -> Value {
    if !planned.deep_marks().any() {
        return actual;
    }
    let marks = if planned.is_sensitive() { Marks::SENSITIVE } else { Marks::NONE };
    let Some(items) = planned.as_map() else {
        let inner = planned.as_slice().map(<[_]>::len);
        let actual = match (inner, planned.kind()) {
            (Some(count), Kind::List(..) | Kind::Tuple(_)) if actual.as_slice().map(<[_]>::len) == Some(count) => {
                let parts: Vec<Value> = planned.parts().cloned().collect();
                parts.iter().enumerate().fold(actual, |actual, (at, part)| actual.with_index(at, |it| carry(part, it)))
            }
            _ => actual,
        };
        return actual.marked(marks);
    };
    let actual = items.iter().fold(actual, |actual, (name, item)| match actual.get(name).cloned() {
        Some(found) if item.deep_marks().any() => actual.with(name, carry(item, found)),
        _ => actual,
    });
    actual.marked(marks)
}

/// What is known of a planned object: unknown parts are null.
pub fn known_part(planned: &Value) -> Value {
    planned.clone().transform(&mut |value| match value.kind() {
        Kind::Unknown(ty, _) => Value::null(ty.clone()).marked(value.marks()),
        _ => value,
    })
}

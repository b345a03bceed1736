//! How deep values may be nested that are stored: what reads them again refuses more.

use super::Plan;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::value::Value;

/// Levels of lists and maps inside each other. A level takes two in the stored type of a value, and documents of more than
/// 128 levels cannot be read.
const DEEPEST: usize = 60;

/// The values of a plan that could be written and not be read again.
pub(super) fn too_deep(plan: &Plan) -> Diagnostics {
    let outputs = plan.outputs.iter().filter(|(_, it)| is_deeper(&it.after, DEEPEST));
    let outputs = outputs.map(|(name, _)| refused(&format!("The output {name:?}")));
    let changes = plan.changes.iter().filter(|it| is_deeper(&it.after, DEEPEST));
    outputs.chain(changes.map(|it| refused(&it.object.to_string()).of(&it.object))).collect()
}

fn refused(what: &str) -> Diagnostic {
    let detail = format!(
        "{what} has values nested more than {DEEPEST} levels deep, which cannot be stored. Flatten them, or store them as \
         text with jsonencode()."
    );
    Diagnostic::error("Value nested too deeply", detail)
}

fn is_deeper(value: &Value, levels: usize) -> bool {
    let mut parts = value.as_slice().into_iter().flatten().chain(value.as_map().into_iter().flat_map(|it| it.values()));
    match levels.checked_sub(1) {
        Some(levels) => parts.any(|it| is_deeper(it, levels)),
        None => value.as_slice().is_some() || value.as_map().is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(levels: usize) -> Value {
        (0..levels).fold(Value::from(1i64), |inner, at| match at % 2 {
            0 => Value::tuple(vec![inner]),
            _ => Value::object([("a", inner)]),
        })
    }

    #[test]
    fn levels_are_counted_through_lists_and_maps() {
        assert!(!is_deeper(&nested(0), 0) && !is_deeper(&nested(DEEPEST), DEEPEST));
        assert!(is_deeper(&nested(1), 0) && is_deeper(&nested(DEEPEST + 1), DEEPEST));
    }
}

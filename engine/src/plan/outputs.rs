//! Outputs of the root module against those of the state.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::walk::Walk;
use super::{Action, OutputChange, PlanMode};
use crate::config::ModuleIndex;
use crate::config::graph::Node;
use crate::eval::Evaluator;
use crate::store::Snapshot;
use crate::value::{self, Marks, Type, Value};

/// Outputs of the root module against those of the state.
pub(super) fn outputs(walk: &mut Walk<'_>) -> BTreeMap<Arc<str>, OutputChange> {
    let request = walk.request;
    let destroying = request.options.mode == PlanMode::Destroy;
    let mut changes = BTreeMap::new();
    let declared = &request.config.root().outputs;
    if destroying && walk.included.is_partial() {
        // What is left may still need them.
        return changes;
    }
    for (name, output) in declared {
        if output.ephemeral {
            continue;
        }
        let before = stored_output(request.snapshot, name);
        if destroying {
            changes.extend(before.map(|before| (name.clone(), deleted(before))));
        } else if walk.is_evaluated(name)
            && let Ok(after) = walk.evaluator.output(Evaluator::ROOT, name)
        {
            changes.insert(name.clone(), output_change(before, after, output.sensitive));
        }
    }
    if !walk.included.is_partial() {
        for name in request.snapshot.outputs.keys().filter(|name| !declared.contains_key(*name)) {
            let before = stored_output(request.snapshot, name);
            changes.extend(before.map(|before| (name.clone(), deleted(before))));
        }
    }
    changes
}

fn stored_output(snapshot: &Snapshot, name: &Arc<str>) -> Option<Value> {
    let record = snapshot.outputs.get(name)?;
    let ty = value::type_from_json(&record.ty).unwrap_or(Type::Dynamic);
    let value = value::from_json(&record.value, &ty).ok()?;
    Some(if record.sensitive { value.marked(Marks::SENSITIVE) } else { value })
}

fn deleted(before: Value) -> OutputChange {
    let sensitive = before.is_sensitive();
    OutputChange { action: Action::Delete, before, after: Value::null(Type::Dynamic), sensitive }
}

/// A null is not stored, so it is the same as no output at all. A value that stays but has another type, or is
/// sensitive where it was not, is an update. What is sensitive before or after is shown on neither side.
fn output_change(before: Option<Value>, after: Value, sensitive: bool) -> OutputChange {
    let was_sensitive = before.as_ref().is_some_and(Value::is_sensitive);
    let same = |before: &Value| super::propose::unmarked(before) == super::propose::unmarked(&after);
    let action = match &before {
        None if after.is_null() => Action::NoOp,
        None => Action::Create,
        Some(before) if after.is_wholly_known() && same(before) && was_sensitive == sensitive => Action::NoOp,
        Some(_) => Action::Update,
    };
    let after = if after.is_null() { Value::null(Type::Dynamic) } else { after };
    let before = before.unwrap_or_else(|| Value::null(Type::Dynamic));
    OutputChange { action, before, after, sensitive: sensitive || was_sensitive }
}

impl Walk<'_> {
    /// Whether an output of the root module was evaluated and nothing that it needs has failed.
    fn is_evaluated(&self, name: &Arc<str>) -> bool {
        let node = Node::Output(ModuleIndex(0), name.clone());
        self.included.node(&node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn action(before: Option<Value>, after: Value, sensitive: bool) -> Action {
        output_change(before, after, sensitive).action
    }

    #[test]
    fn a_null_is_no_output() {
        let null = || Value::null(Type::String);
        assert_eq!(action(None, null(), false), Action::NoOp);
        assert_eq!(action(None, null(), true), Action::NoOp);
        assert_eq!(action(Some("x".into()), null(), false), Action::Update);
        assert_eq!(output_change(None, null(), false).after, Value::null(Type::Dynamic));
    }

    #[test]
    fn type_and_sensitivity_count_as_much_as_the_value() {
        let list = Value::list(Type::String, vec!["a".into()]);
        let tuple = Value::tuple(vec!["a".into()]);
        assert_eq!(action(Some(list.clone()), list.clone(), false), Action::NoOp);
        assert_eq!(action(Some(list), tuple, false), Action::Update);
        let secret = Value::from("x").marked(Marks::SENSITIVE);
        assert_eq!(action(Some(secret.clone()), secret.clone(), true), Action::NoOp);
        let shown = output_change(Some(secret), "x".into(), false);
        assert_eq!((shown.action, shown.sensitive), (Action::Update, true));
        assert_eq!(action(Some("x".into()), Value::unknown(Type::String), false), Action::Update);
    }
}

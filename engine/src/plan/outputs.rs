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
    let mut changes = BTreeMap::new();
    let declared = &request.config.root().outputs;
    for (name, output) in declared {
        if output.ephemeral || !walk.is_evaluated(name) {
            continue;
        }
        let before = stored_output(request.snapshot, name);
        let after = if request.options.mode == PlanMode::Destroy {
            None
        } else {
            match walk.evaluator.output(Evaluator::ROOT, name) {
                Ok(value) => Some(value),
                Err(_) => continue,
            }
        };
        changes.insert(name.clone(), output_change(before, after, output.sensitive));
    }
    if !walk.included.is_partial() {
        for (name, record) in &request.snapshot.outputs {
            if !declared.contains_key(name) {
                let before = stored_output(request.snapshot, name);
                changes.insert(name.clone(), output_change(before, None, record.sensitive));
            }
        }
    }
    changes.retain(|_, change| !(change.before.is_null() && change.after.is_null() && change.action == Action::NoOp));
    changes
}

fn stored_output(snapshot: &Snapshot, name: &Arc<str>) -> Option<Value> {
    let record = snapshot.outputs.get(name)?;
    let ty = value::type_from_json(&record.ty).unwrap_or(Type::Dynamic);
    let value = value::from_json(&record.value, &ty).ok()?;
    Some(if record.sensitive { value.marked(Marks::SENSITIVE) } else { value })
}

fn output_change(before: Option<Value>, after: Option<Value>, sensitive: bool) -> OutputChange {
    let same = |a: &Value, b: &Value| {
        super::propose::unmarked(a) == super::propose::unmarked(b) && a.is_sensitive() == b.is_sensitive()
    };
    let action = match (&before, &after) {
        (None, None) => Action::NoOp,
        (None, Some(_)) => Action::Create,
        (Some(_), None) => Action::Delete,
        (Some(a), Some(b)) if b.is_wholly_known() && same(a, b) => Action::NoOp,
        (Some(_), Some(_)) => Action::Update,
    };
    let nothing = || Value::null(Type::Dynamic);
    OutputChange { action, before: before.unwrap_or_else(nothing), after: after.unwrap_or_else(nothing), sensitive }
}

impl Walk<'_> {
    /// Whether an output of the root module was evaluated and nothing that it needs has failed.
    fn is_evaluated(&self, name: &Arc<str>) -> bool {
        let node = Node::Output(ModuleIndex(0), name.clone());
        self.included.node(&node)
    }
}

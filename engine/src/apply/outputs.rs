//! Outputs of the root module after an apply.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::executor::{Executor, Progress, store_failed};
use super::marks::known_part;
use super::record::{Outputs, output_record};
use crate::config::ModuleIndex;
use crate::config::graph::Node;
use crate::eval::Evaluator;
use crate::plan::{Action, PlanMode};
use crate::store::OutputRecord;
use crate::value::Value;

impl Executor<'_> {
    /// Writes the outputs that the plan changes, and returns all of them as they are now.
    pub(super) fn write_outputs(&mut self) -> Outputs {
        let mut outputs = self.request.store.outputs().unwrap_or_default();
        let changes = self.changed_outputs();
        if let Err(error) = self.request.store.write_outputs(self.request.lease, &changes) {
            self.diagnostics.extend(store_failed(error));
        }
        for (name, output) in changes {
            match output {
                Some(output) => outputs.insert(name, output),
                None => outputs.remove(&name),
            };
        }
        outputs
    }

    /// Outputs that the plan changes, as they are now; one that needs something that was not done keeps its stored
    /// value. Others may be changed by another run at the same time.
    fn changed_outputs(&mut self) -> BTreeMap<Arc<str>, Option<OutputRecord>> {
        let request = self.request;
        let changed = request.plan.outputs.iter().filter(|(_, it)| it.action != Action::NoOp);
        if request.plan.mode == PlanMode::Destroy {
            let all_done = self.progress.iter().all(|it| *it == Progress::Done);
            let gone = all_done && request.plan.targets.is_empty();
            return if gone { changed.map(|(name, _)| (name.clone(), None)).collect() } else { BTreeMap::new() };
        }
        let undone = self.undone();
        self.evaluator.forget_unknown();
        let mut outputs = BTreeMap::new();
        for (name, change) in changed {
            let Some(output) = request.config.root().outputs.get(name).filter(|_| change.action != Action::Delete)
            else {
                outputs.insert(name.clone(), None);
                continue;
            };
            let node = Node::Output(ModuleIndex(0), name.clone());
            let needs = self.order.closure([&node]);
            let waits = needs.iter().filter_map(|it| it.resource(request.config)).any(|it| undone.contains(&it));
            let held = self.needs_hold(&node) && self.node_holds(&node);
            let value = if waits || !held || output.ephemeral {
                None
            } else if change.after.is_wholly_known() {
                // What the plan shows is what is stored, whatever a file that it was read from holds by now.
                Some(change.after.clone())
            } else {
                self.evaluator.output(Evaluator::ROOT, name).ok()
            };
            // Parts that the plan left out stay unknown, and are stored as nothing.
            let value = if request.plan.targets.is_empty() { value } else { value.map(|it| known_part(&it)) };
            if let Some(value) = value.filter(Value::is_wholly_known) {
                // A null is not stored.
                let record = (!value.is_null()).then(|| output_record(&value, output.sensitive));
                outputs.insert(name.clone(), record);
            }
        }
        outputs
    }
}

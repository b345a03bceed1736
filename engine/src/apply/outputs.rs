//! Outputs of the root module after an apply.

use super::executor::{Executor, Progress};
use super::record::{Outputs, output_record};
use crate::config::ModuleIndex;
use crate::config::graph::Node;
use crate::eval::Evaluator;
use crate::plan::PlanMode;
use crate::value::Value;

impl Executor<'_> {
    /// The outputs as they are now; one that needs something that was not done keeps its stored value.
    pub(super) fn outputs(&mut self) -> Outputs {
        let stored = self.request.store.snapshot().map(|it| it.outputs).unwrap_or_default();
        let mut outputs = Outputs::new();
        if self.request.plan.mode == PlanMode::Destroy {
            let all_done = self.progress.iter().all(|it| *it == Progress::Done);
            return if all_done && self.request.plan.targets.is_empty() { outputs } else { stored };
        }
        let partial = !self.request.plan.targets.is_empty() || !self.request.plan.excludes.is_empty();
        let undone = self.undone();
        self.evaluator.forget_unknown();
        for (name, output) in &self.request.config.root().outputs {
            if partial && !self.request.plan.outputs.contains_key(name) {
                continue;
            }
            let node = Node::Output(ModuleIndex(0), name.clone());
            let needs = self.order.closure([&node]);
            let waits = needs.iter().filter_map(|it| it.resource(self.request.config)).any(|it| undone.contains(&it));
            let held = self.needs_hold(&node) && self.node_holds(&node);
            let value = if waits || !held || output.ephemeral {
                None
            } else {
                self.evaluator.output(Evaluator::ROOT, name).ok()
            };
            match value.filter(Value::is_wholly_known) {
                // A null is not stored.
                Some(value) if value.is_null() => {}
                Some(value) => {
                    outputs.insert(name.clone(), output_record(&value, output.sensitive));
                }
                None => outputs.extend(stored.get(name).map(|it| (name.clone(), it.clone()))),
            }
        }
        if partial {
            let others = stored.into_iter().filter(|(name, _)| !self.request.plan.outputs.contains_key(name));
            for (name, record) in others {
                outputs.entry(name).or_insert(record);
            }
        }
        outputs
    }
}

//! Conditions during an apply: what was not known when the plan was made is known now.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::executor::{Executor, Progress};
use crate::addr::{ConfigResource, InstanceAddr};
use crate::config::graph::{Node, Order};
use crate::config::{Condition, Config, ModuleIndex};
use crate::diagnostic::{Diagnostics, Severity};
use crate::eval::{Each, ModuleId};
use crate::operations::Step;
use crate::plan::checks::{Checks, Place, judge};
use crate::plan::{Action, CheckResult, CheckStatus, PlanMode};
use crate::value::Value;

/// Results of the conditions so far.
pub struct Conditions {
    checks: Checks,
    /// Variables and outputs with conditions that each block needs.
    needed: HashMap<Node, Vec<Node>>,
    /// Whether the conditions of a variable, output or check hold, in the instances where that is known.
    judged: BTreeMap<(Node, ModuleId), bool>,
}

impl Conditions {
    /// Nothing is known yet.
    pub fn new(config: &Config, order: &Order) -> Self {
        let needed = order.needs_among(|node| !conditions(config, node).is_empty());
        Self { checks: Checks::default(), needed, judged: BTreeMap::new() }
    }

    /// The results by block, those of a destroy left out: nothing was judged.
    pub fn finish(self, config: &Config, mode: PlanMode) -> Vec<CheckResult> {
        if mode == PlanMode::Destroy { Vec::new() } else { self.checks.finish(config, |_| true) }
    }
}

impl Executor<'_> {
    /// What must hold before an instance is made or changed: the conditions of everything that it needs, then its own.
    ///
    /// # Errors
    /// Something does not hold.
    pub(super) fn conditions_before(
        &mut self,
        module: ModuleId,
        addr: &InstanceAddr,
        each: &Each,
    ) -> Result<(), Diagnostics> {
        if let Some(index) = self.request.config.find_module(&addr.module.path())
            && !self.needs_hold(&Node::Resource(index, addr.resource.clone()))
        {
            // It was said already what does not hold.
            return Err(Diagnostics::new());
        }
        let block = self.evaluator.block(module, &addr.resource);
        let place = Place::of_resource(addr);
        let rules = (block.lifecycle.preconditions.as_slice(), "Resource precondition failed", Severity::Error);
        let (_, found) = self.judge(module, rules, (each, None), &place);
        if found.has_errors() { Err(found) } else { Ok(()) }
    }

    /// What must hold of an instance once it is as it should be; whether it does.
    pub(super) fn conditions_after(&mut self, addr: &InstanceAddr, value: &Value) -> bool {
        // What is brought back from the history need not have a block, and its block has no say.
        let Some(module) = self.evaluator.find_module(&addr.module).filter(|_| self.request.plan.given.is_empty())
        else {
            return true;
        };
        let block = self.evaluator.block(module, &addr.resource);
        let rules = (block.lifecycle.postconditions.as_slice(), "Resource postcondition failed", Severity::Error);
        if rules.0.is_empty() {
            return true;
        }
        let each = self.each(module, &addr.resource, &addr.key).ok().flatten().unwrap_or_default();
        let (_, found) = self.judge(module, rules, (&each, Some(value)), &Place::of_resource(addr));
        let holds = !found.has_errors();
        self.diagnostics.extend(found);
        holds
    }

    /// At the end: the conditions that no operation has asked for.
    pub(super) fn remaining_conditions(&mut self) {
        if self.request.plan.mode != PlanMode::Normal || !self.request.plan.given.is_empty() {
            return;
        }
        self.evaluator.forget_unknown();
        for change in self.request.plan.changes.iter().filter(|it| it.action == Action::NoOp) {
            let addr = &change.object.addr;
            let Some(module) = self.evaluator.find_module(&addr.module) else { continue };
            if self.request.config.resource(&addr.config()).is_none() || change.object.deposed.is_some() {
                continue;
            }
            let each = self.each(module, &addr.resource, &addr.key).ok().flatten().unwrap_or_default();
            match self.conditions_before(module, addr, &each) {
                Ok(()) => {
                    self.conditions_after(addr, &change.after);
                }
                Err(found) => self.diagnostics.extend(found),
            }
        }
        let config = self.request.config;
        let undone = self.undone();
        let all: Vec<Node> = self.order.nodes().filter(|it| !conditions(config, it).is_empty()).cloned().collect();
        for node in &all {
            let waits = !undone.is_empty()
                && self
                    .order
                    .closure([node])
                    .iter()
                    .filter_map(|it| it.resource(config))
                    .any(|it| undone.contains(&it));
            if !waits {
                self.node_holds(node);
            }
        }
    }

    /// Resources that have an operation which was not done.
    pub(super) fn undone(&self) -> BTreeSet<ConfigResource> {
        let graph = &self.operations.graph;
        let open = graph.node_indices().filter(|at| self.progress[at.index()] != Progress::Done);
        open.filter_map(|at| match &graph[at] {
            Step::Operation(operation) => Some(self.request.plan.changes[operation.change].object.addr.config()),
            Step::Made(_) | Step::Gone(_) => None,
        })
        .collect()
    }

    /// Whether the conditions of everything that a block needs hold.
    pub(super) fn needs_hold(&mut self, node: &Node) -> bool {
        let needed = self.conditions.needed.get(node).cloned().unwrap_or_default();
        // Every one is judged, so that all that does not hold is told at once.
        needed.iter().filter(|node| !self.node_holds(node)).count() == 0
    }

    /// Whether the conditions of a variable, output or check hold in every instance of its module. One that does not is
    /// told once; one that is still not known counts as held.
    pub(super) fn node_holds(&mut self, node: &Node) -> bool {
        let config = self.request.config;
        let Some((module, kind, name)) = named(node) else { return true };
        let mut held = true;
        for instance in self.evaluator.instances_of(module) {
            let key = (node.clone(), instance);
            if let Some(known) = self.conditions.judged.get(&key) {
                held &= known;
                continue;
            }
            let place = Place::in_module(kind, self.evaluator.module_addr(instance), name);
            let severity = if kind == "check" { Severity::Warning } else { Severity::Error };
            let rules = (conditions(config, node), place.failure(), severity);
            let (status, found) = self.judge(instance, rules, (&Each::None, None), &place);
            let holds = !found.has_errors();
            self.diagnostics.extend(found);
            if status != CheckStatus::Unknown {
                self.conditions.judged.insert(key, holds);
            }
            held &= holds;
        }
        held
    }

    pub(super) fn judge(
        &mut self,
        module: ModuleId,
        (conditions, summary, severity): (&[Condition], &str, Severity),
        (each, this): (&Each, Option<&Value>),
        place: &Place,
    ) -> (CheckStatus, Diagnostics) {
        let mut worst = CheckStatus::Pass;
        let mut diagnostics = Diagnostics::new();
        for condition in conditions {
            let verdict = self.evaluator.condition(module, condition, (each, this.cloned()));
            let found = judge(verdict, summary, condition, severity);
            worst = worst.max(found.status);
            for it in found.diagnostics.of(&place.instance) {
                let names = (module, each, this.cloned());
                diagnostics.push(self.evaluator.explain(it, &condition.condition, names));
            }
            self.conditions.checks.add(place, found.status, found.problem);
        }
        (worst, diagnostics)
    }
}

fn conditions<'c>(config: &'c Config, node: &Node) -> &'c [Condition] {
    match node {
        Node::Variable(module, name) => &config.module(*module).variables[name].validations,
        Node::Output(module, name) => &config.module(*module).outputs[name].preconditions,
        Node::Check(module, name) => &config.module(*module).checks[name].asserts,
        _ => &[],
    }
}

fn named(node: &Node) -> Option<(ModuleIndex, &'static str, &str)> {
    match node {
        Node::Variable(module, name) => Some((*module, "var", name)),
        Node::Output(module, name) => Some((*module, "output_value", name)),
        Node::Check(module, name) => Some((*module, "check", name)),
        _ => None,
    }
}

//! Variables, outputs, checks, and the conditions on all of them.

use std::sync::Arc;

use super::PlanMode;
use super::checks::Place;
use super::walk::Walk;
use crate::addr::{InstanceAddr, InstanceKey, ResourceName};
use crate::config::{Condition, ModuleIndex};
use crate::diagnostic::{Diagnostic, Severity};
use crate::eval::{Each, Evaluator, ModuleId, misplaced};
use crate::value::Value;

impl Walk<'_> {
    /// Evaluates a variable in every instance of its module, and its validations.
    pub(super) fn variable(&mut self, module: ModuleIndex, name: &Arc<str>) {
        let variable = &self.request.config.module(module).variables[name];
        for instance in self.evaluator.instances_of(module) {
            let value = self.evaluator.variable(instance, name);
            if self.take(value).is_none() {
                continue;
            }
            if let (Some(message), true) = (&variable.deprecated, self.is_given(module, name)) {
                let detail = format!("The variable {name:?} is deprecated: {message}");
                self.diagnostics.push(Diagnostic::warning("Value for deprecated variable", detail).at(variable.span));
            }
            let place = Place::in_module("var", self.evaluator.module_addr(instance), name);
            self.hold(instance, (&variable.validations, Severity::Error), (&Each::None, None), &place);
        }
    }

    fn is_given(&self, module: ModuleIndex, name: &Arc<str>) -> bool {
        let config = self.request.config;
        match config.module(module).parent {
            None => self.request.variables.get(name).is_some(),
            Some(parent) => config
                .module(module)
                .path
                .0
                .last()
                .and_then(|call| config.module(parent).calls.get(call))
                .is_some_and(|call| call.arguments.contains_key(name)),
        }
    }

    /// Evaluates an output in every instance of its module; in a destroy plan its conditions say nothing.
    pub(super) fn output(&mut self, module: ModuleIndex, name: &Arc<str>) {
        let output = &self.request.config.module(module).outputs[name];
        let destroying = self.request.options.mode == PlanMode::Destroy;
        for instance in self.evaluator.instances_of(module) {
            if !destroying {
                let place = Place::in_module("output_value", self.evaluator.module_addr(instance), name);
                let before = self.diagnostics.errors();
                self.hold(instance, (&output.preconditions, self.severity()), (&Each::None, None), &place);
                if self.diagnostics.errors() > before {
                    continue;
                }
            }
            let value = self.evaluator.output(instance, name);
            if destroying {
                // Nothing is made of it, and what it names may be gone already.
                continue;
            }
            let Some(value) = self.take(value) else { continue };
            self.diagnostics.extend(misplaced(output, instance == Evaluator::ROOT, &value));
        }
    }

    /// Evaluates the asserts of a check block; one that does not hold is a warning.
    pub(super) fn check(&mut self, module: ModuleIndex, name: &Arc<str>) {
        let check = &self.request.config.module(module).checks[name];
        for instance in self.evaluator.instances_of(module) {
            let place = Place::in_module("check", self.evaluator.module_addr(instance), name);
            self.hold(instance, (&check.asserts, Severity::Warning), (&Each::None, None), &place);
        }
    }

    /// What must hold before an instance is planned; whether it does.
    pub(super) fn conditions_before(
        &mut self,
        module: ModuleId,
        name: &ResourceName,
        key: &InstanceKey,
        each: &Each,
    ) -> bool {
        let block = self.evaluator.block(module, name);
        let place = Place::of_resource(&self.evaluator.resource_addr(module, name).instance(key.clone()));
        let before = self.diagnostics.errors();
        let conditions = (block.lifecycle.preconditions.as_slice(), self.severity());
        self.hold_as("Resource precondition failed", module, conditions, (each, None), &place);
        self.diagnostics.errors() == before
    }

    /// What must hold of an instance once it is planned or read.
    pub(super) fn conditions_after(&mut self, module: ModuleId, addr: &InstanceAddr, value: &Value) {
        let block = self.evaluator.block(module, &addr.resource);
        let rules = block.lifecycle.postconditions.as_slice();
        if rules.is_empty() {
            return;
        }
        let each = match &addr.key {
            InstanceKey::None => Each::None,
            InstanceKey::Int(index) => Each::Count(Value::number(*index as i64)),
            InstanceKey::Str(key) => {
                let expanded = self.evaluator.expand_resource(module, &addr.resource);
                let found = expanded.ok().and_then(|(_, keys)| keys.into_iter().find(|(it, _)| *it == addr.key));
                found.map(|(_, each)| each).unwrap_or(Each::ForEach {
                    key: Value::string(key),
                    value: Value::unknown(crate::value::Type::Dynamic),
                })
            }
        };
        let this = (&each, Some(value.clone()));
        self.hold_as(
            "Resource postcondition failed",
            module,
            (rules, self.severity()),
            this,
            &Place::of_resource(addr),
        );
    }

    /// Where nothing is to be made, a condition that fails is a warning.
    fn severity(&self) -> Severity {
        if self.request.options.mode == PlanMode::RefreshOnly { Severity::Warning } else { Severity::Error }
    }

    fn hold(
        &mut self,
        module: ModuleId,
        conditions: (&[Condition], Severity),
        names: (&Each, Option<Value>),
        place: &Place,
    ) {
        self.hold_as(place.failure(), module, conditions, names, place);
    }

    fn hold_as(
        &mut self,
        summary: &str,
        module: ModuleId,
        (conditions, severity): (&[Condition], Severity),
        (each, this): (&Each, Option<Value>),
        place: &Place,
    ) {
        for condition in conditions {
            let verdict = self.evaluator.condition(module, condition, (each, this.clone()));
            let found = super::checks::judge(verdict, summary, condition, severity);
            for it in found.diagnostics.of(&place.instance) {
                let names = (module, each, this.clone());
                self.diagnostics.push(self.evaluator.explain(it, &condition.condition, names));
            }
            self.checks.add(place, found.status, found.problem);
        }
    }
}

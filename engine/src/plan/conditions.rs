//! Variables, outputs, checks, and the conditions on all of them.

use std::sync::Arc;

use super::walk::Walk;
use super::{CheckResult, CheckStatus};
use crate::addr::{InstanceAddr, InstanceKey, ResourceName};
use crate::config::{Condition, ModuleIndex};
use crate::diagnostic::{Diagnostic, Severity};
use crate::eval::{Each, Evaluator, ModuleId};
use crate::value::{Marks, Value};

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
            let address = dotted(self.evaluator.module_addr(instance).to_string(), &format!("var.{name}"));
            let rules = (variable.validations.as_slice(), "Invalid value for variable", Severity::Error);
            self.hold(instance, rules, (&Each::None, None), ("var", &address));
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

    /// Evaluates an output in every instance of its module.
    pub(super) fn output(&mut self, module: ModuleIndex, name: &Arc<str>) {
        let output = &self.request.config.module(module).outputs[name];
        for instance in self.evaluator.instances_of(module) {
            let address = dotted(self.evaluator.module_addr(instance).to_string(), &format!("output.{name}"));
            let rules = (output.preconditions.as_slice(), "Module output value precondition failed", Severity::Error);
            self.hold(instance, rules, (&Each::None, None), ("output_value", &address));
            let value = self.evaluator.output(instance, name);
            let Some(value) = self.take(value) else { continue };
            let marks = value.deep_marks();
            if instance == Evaluator::ROOT && marks.has(Marks::SENSITIVE) && !output.sensitive {
                let detail = "To reduce the risk of accidentally exporting sensitive data that was intended to be only \
                              internal, any root module output containing sensitive data must be marked as sensitive: \
                              add sensitive = true, or use nonsensitive() where the value may be shown.";
                self.diagnostics.push(Diagnostic::error("Output refers to sensitive values", detail).at(output.span));
            }
            if marks.has(Marks::EPHEMERAL) && !output.ephemeral {
                let detail = "This output value is derived from ephemeral values, which are never stored. Mark the \
                              output as ephemeral (in a child module), or take the ephemeral part out.";
                self.diagnostics.push(Diagnostic::error("Ephemeral value not allowed", detail).at(output.span));
            }
        }
    }

    /// Evaluates the asserts of a check block; one that does not hold is a warning.
    pub(super) fn check(&mut self, module: ModuleIndex, name: &Arc<str>) {
        let check = &self.request.config.module(module).checks[name];
        for instance in self.evaluator.instances_of(module) {
            let address = dotted(self.evaluator.module_addr(instance).to_string(), &format!("check.{name}"));
            let rules = (check.asserts.as_slice(), "Check block assertion failed", Severity::Warning);
            self.hold(instance, rules, (&Each::None, None), ("check", &address));
        }
    }

    /// What must hold before an instance is planned.
    pub(super) fn conditions_before(&mut self, module: ModuleId, name: &ResourceName, key: &InstanceKey, each: &Each) {
        let block = self.evaluator.block(module, name);
        let address = self.evaluator.resource_addr(module, name).instance(key.clone()).to_string();
        let rules = (block.lifecycle.preconditions.as_slice(), "Resource precondition failed", Severity::Error);
        self.hold(module, rules, (each, None), ("resource", &address));
    }

    /// What must hold of an instance once it is planned or read.
    pub(super) fn conditions_after(&mut self, module: ModuleId, addr: &InstanceAddr, value: &Value) {
        let block = self.evaluator.block(module, &addr.resource);
        let rules = (block.lifecycle.postconditions.as_slice(), "Resource postcondition failed", Severity::Error);
        if rules.0.is_empty() {
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
        self.hold(module, rules, (&each, Some(value.clone())), ("resource", &addr.to_string()));
    }

    fn hold(
        &mut self,
        module: ModuleId,
        (conditions, summary, severity): (&[Condition], &str, Severity),
        (each, this): (&Each, Option<Value>),
        (kind, address): (&str, &str),
    ) {
        if conditions.is_empty() {
            return;
        }
        let mut status = CheckStatus::Pass;
        let mut problems = Vec::new();
        for condition in conditions {
            match self.evaluator.condition(module, condition, (each, this.clone())) {
                Ok(Some(Ok(()))) => {}
                Ok(None) => status = status.max(CheckStatus::Unknown),
                Ok(Some(Err(message))) => {
                    status = status.max(CheckStatus::Fail);
                    let diagnostic = Diagnostic { severity, ..Diagnostic::error(summary, &message) };
                    let diagnostic = diagnostic.at(condition.condition.span).of(address);
                    let place = (module, each, this.clone());
                    self.diagnostics.push(self.evaluator.explain(diagnostic, &condition.condition, place));
                    problems.push(message);
                }
                Err(found) => {
                    status = CheckStatus::Error;
                    let found = found.into_iter().map(|it| Diagnostic { severity, ..it }.of(address));
                    self.diagnostics.extend(found);
                }
            }
        }
        match self.checks.iter_mut().find(|it| it.address == address) {
            Some(known) => {
                known.status = known.status.max(status);
                known.problems.extend(problems);
            }
            None => {
                let (address, kind) = (address.to_owned(), kind.to_owned());
                self.checks.push(CheckResult { address, kind, status, problems });
            }
        }
    }
}

fn dotted(module: String, name: &str) -> String {
    if module.is_empty() { name.to_owned() } else { format!("{module}.{name}") }
}

//! Validation: everything that can be said of a configuration without values, a state or a provider's answers.

use std::collections::{BTreeMap, BTreeSet};

use crate::addr::{Mode, ResourceName};
use crate::config::graph::{Node, Order};
use crate::config::{Condition, Config, ModuleIndex, Repetition};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::{Each, Evaluator, ModuleId, Scope, Settings, check_blocks, check_names, expand};
use crate::plan::propose::{mark_sensitive, propose};
use crate::provider::Providers;
use crate::schema::Schema;
use crate::value::Value;

/// Checks a configuration with every variable, resource and repetition unknown.
pub fn validate(config: &Config, providers: &Providers, settings: Settings) -> Diagnostics {
    let order = match Order::new(config) {
        Ok(order) => order,
        Err(found) => return found,
    };
    let settings = Settings { validating: true, ..settings };
    let evaluator = Evaluator::new(config, providers, settings, BTreeMap::new());
    let mut validator = Validator { config, providers, evaluator, diagnostics: Diagnostics::new() };
    for node in order.nodes() {
        validator.node(node);
    }
    // What the check of names tells is not told again where the evaluation comes to the same place.
    let mut diagnostics = check_names(config, providers);
    diagnostics.extend(check_blocks(config, providers));
    let known: BTreeSet<_> = diagnostics.iter().map(|it| (it.summary.clone(), it.subject)).collect();
    let more = validator.diagnostics.into_iter().filter(|it| !known.contains(&(it.summary.clone(), it.subject)));
    diagnostics.extend(more);
    diagnostics.extend(validator.evaluator.warnings);
    diagnostics
}

struct Validator<'c> {
    config: &'c Config,
    providers: &'c Providers,
    evaluator: Evaluator<'c>,
    diagnostics: Diagnostics,
}

impl Validator<'_> {
    fn node(&mut self, node: &Node) {
        match node {
            Node::Expand(module) => {
                self.repetition_of_call(*module);
                let expanded = self.evaluator.expand_module(*module);
                self.take(expanded);
            }
            Node::Variable(module, name) => {
                for instance in self.evaluator.instances_of(*module) {
                    let value = self.evaluator.variable(instance, name);
                    self.take(value);
                    let variable = &self.config.module(*module).variables[name];
                    self.conditions(instance, &variable.validations, &Each::None);
                }
            }
            Node::Local(module, name) => {
                for instance in self.evaluator.instances_of(*module) {
                    let value = self.evaluator.local(instance, name);
                    self.take(value);
                }
            }
            Node::Output(module, name) => {
                for instance in self.evaluator.instances_of(*module) {
                    let value = self.evaluator.output(instance, name);
                    self.take(value);
                    let output = &self.config.module(*module).outputs[name];
                    self.conditions(instance, &output.preconditions, &Each::None);
                }
            }
            Node::Resource(module, name) => self.resource(*module, name),
            Node::Check(module, name) => {
                for instance in self.evaluator.instances_of(*module) {
                    let check = &self.config.module(*module).checks[name];
                    self.conditions(instance, &check.asserts, &Each::None);
                }
            }
            Node::Provider(addr) => match self.providers.get(&addr.source) {
                Some(provider) => {
                    let value = self.evaluator.configure_provider(addr, provider.config_schema());
                    self.take(value);
                }
                None => {
                    let known: Vec<&str> = self.providers.iter().map(|it| it.source()).collect();
                    let span = self.config.provider_block(addr).map(|(_, block)| block.span);
                    let detail = format!("{} is not among the providers of plumb: {}.", addr.source, known.join(", "));
                    self.diagnostics.push(Diagnostic::error("Unknown provider", detail).at_opt(span).of(addr));
                }
            },
            Node::Gate(_) | Node::Close(_) => {}
        }
    }

    fn resource(&mut self, module: ModuleIndex, name: &ResourceName) {
        for instance in self.evaluator.instances_of(module) {
            let block = self.evaluator.block(instance, name);
            self.repetition(instance, &block.repetition);
            let provider_addr = self.evaluator.provider_of(instance, name);
            let Some(provider) = self.providers.get(&provider_addr.source) else { continue };
            let (schema, known, what) = match name.mode {
                Mode::Managed => {
                    let found = provider.resource_type(&name.type_name).map(|it| it.schema());
                    (found, provider.resource_types(), "resource type")
                }
                _ => (provider.data_source(&name.type_name), provider.data_sources(), "data source"),
            };
            let Some(schema) = schema else {
                let near = crate::config::did_you_mean(&name.type_name, known);
                let detail = format!("The provider {} has no {what} {:?}.{near}", provider.source(), name.type_name);
                let summary = if name.mode == Mode::Managed { "Invalid resource type" } else { "Invalid data source" };
                self.diagnostics.push(Diagnostic::error(summary, detail).at(block.span));
                continue;
            };
            self.instance(instance, name, schema);
        }
    }

    fn instance(&mut self, instance: ModuleId, name: &ResourceName, schema: &Schema) {
        let block = self.evaluator.block(instance, name);
        let Ok((kind, keys)) = self.evaluator.expand_resource(instance, name) else { return };
        for (key, each) in keys {
            self.conditions(instance, &block.lifecycle.preconditions, &each);
            let desired = self.evaluator.configure(instance, name, (&key, &each), schema);
            let value = match self.take(desired) {
                Some(desired) => {
                    if let Some(resource_type) = self.resource_type(instance, name) {
                        let found = resource_type.validate(&desired.config);
                        self.diagnostics.extend(found.into_iter().map(|it| it.at(block.span).of(&desired.addr)));
                    }
                    mark_sensitive(&schema.block, propose(schema, &Value::null(schema.block.ty()), &desired.config))
                }
                None => Value::unknown(schema.block.ty()),
            };
            self.evaluator.objects.declare(instance, name, kind, BTreeMap::from([(key, value)]));
        }
    }

    fn resource_type(&self, instance: ModuleId, name: &ResourceName) -> Option<&dyn crate::provider::ResourceType> {
        if name.mode != Mode::Managed {
            return None;
        }
        let addr = self.evaluator.provider_of(instance, name);
        self.providers.get(&addr.source)?.resource_type(&name.type_name)
    }

    fn repetition_of_call(&mut self, index: ModuleIndex) {
        let module = self.config.module(index);
        let (Some(parent), Some(name)) = (module.parent, module.path.0.last()) else { return };
        for caller in self.evaluator.instances_of(parent) {
            self.repetition(caller, &self.config.module(parent).calls[name].repetition);
        }
    }

    /// A repetition that is known already must be a right one; one that is not known yet may become so.
    fn repetition(&mut self, module: ModuleId, repetition: &Repetition) {
        let Some(expr) = repetition.expr() else { return };
        let value = self.evaluator.eval_in(module, expr, &Each::None);
        if self.take(value).is_some_and(|it| it.is_wholly_known()) {
            let expanded = expand(repetition, &mut Scope::of_module(&mut self.evaluator, module));
            self.take(expanded);
        }
    }

    fn conditions(&mut self, module: ModuleId, conditions: &[Condition], each: &Each) {
        for condition in conditions {
            let held = self.evaluator.condition(module, condition, (each, None));
            self.take(held);
        }
    }

    fn take<T>(&mut self, result: Result<T, Diagnostics>) -> Option<T> {
        result.map_err(|found| self.diagnostics.extend(found)).ok()
    }
}

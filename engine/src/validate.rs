//! Validation: everything that can be said of a configuration without values, a state or a provider's answers.

use std::collections::{BTreeMap, BTreeSet};

use crate::addr::{Mode, ResourceName};
use crate::config::graph::{Node, Order};
use crate::config::{Condition, Config, ModuleIndex, ProviderAddr, Repetition};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::{Each, Evaluator, ModuleId, Scope, Settings, check_blocks, check_names, expand, misplaced};
use crate::plan::ephemerals::no_ephemeral_type;
use crate::plan::propose::{mark_sensitive, propose};
use crate::provider::Providers;
use crate::provision;
use crate::schema::Schema;
use crate::value::{Marks, Type, Value};

/// Checks a configuration with every variable, resource and repetition unknown.
pub fn validate(config: &Config, providers: &Providers, settings: Settings) -> Diagnostics {
    let order = match Order::new(config) {
        Ok(order) => order,
        Err(found) => return found,
    };
    let settings = Settings { validating: true, ..settings };
    let evaluator = Evaluator::new(config, providers, settings, BTreeMap::new());
    let (diagnostics, unchecked) = (Diagnostics::new(), BTreeSet::new());
    let mut validator = Validator { config, providers, evaluator, diagnostics, unchecked };
    for node in order.nodes() {
        validator.node(node);
    }
    // What the check of names tells is not told again where the evaluation comes to the same place.
    let mut diagnostics = check_names(config, providers);
    diagnostics.extend(check_blocks(config, providers));
    let known: BTreeSet<_> = diagnostics.iter().map(|it| (it.summary.clone(), it.subject)).collect();
    let more = std::mem::take(&mut validator.diagnostics)
        .into_iter()
        .filter(|it| !known.contains(&(it.summary.clone(), it.subject)));
    diagnostics.extend(more);
    diagnostics.extend(validator.evaluator.left_out_warning());
    diagnostics.extend(validator.evaluator.warnings);
    diagnostics.extend(not_checked(&validator.unchecked));
    diagnostics
}

/// A warning about types that have no schema, if there are any.
fn not_checked(types: &BTreeSet<String>) -> Option<Diagnostic> {
    if types.is_empty() {
        return None;
    }
    let names: Vec<&str> = types.iter().map(String::as_str).collect();
    let detail = format!(
        "plumb has no schemas of these types, so their blocks are not checked:\n  {}\n\nA plan that needs an instance of \
         one of them is refused.",
        names.join("\n  ")
    );
    Some(Diagnostic::warning("Resource types not supported", detail))
}

struct Validator<'c> {
    config: &'c Config,
    providers: &'c Providers,
    evaluator: Evaluator<'c>,
    diagnostics: Diagnostics,
    unchecked: BTreeSet<String>,
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
                    let output = &self.config.module(*module).outputs[name];
                    if let Some(value) = self.take(value) {
                        self.diagnostics.extend(misplaced(output, instance == Evaluator::ROOT, &value));
                    }
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
            // A provider that plumb does not have is named by the blocks that need it.
            Node::Provider(addr) => {
                if let Some(provider) = self.providers.get(&addr.source) {
                    let value = self.evaluator.configure_provider(addr, provider.config_schema());
                    self.take(value);
                }
            }
            Node::Gate(_) | Node::Close(_) => {}
        }
    }

    fn resource(&mut self, module: ModuleIndex, name: &ResourceName) {
        for instance in self.evaluator.instances_of(module) {
            let block = self.evaluator.block(instance, name);
            self.repetition(instance, &block.repetition);
            let provider_addr = self.evaluator.provider_of(instance, name);
            let provider = self.providers.get(&provider_addr.source);
            let schema = provider.and_then(|provider| match name.mode {
                Mode::Managed => provider.resource_type(&name.type_name).map(|it| it.schema()),
                Mode::Ephemeral => provider.ephemeral_type(&name.type_name).map(|it| it.schema()),
                Mode::Data => provider.data_source(&name.type_name),
            });
            match schema {
                Some(schema) => self.instance(instance, name, schema),
                None => self.without_schema(instance, name, &provider_addr),
            }
        }
    }

    /// A block whose type has no schema: a wrong name, or one that cannot be checked.
    fn without_schema(&mut self, instance: ModuleId, name: &ResourceName, provider_addr: &ProviderAddr) {
        let block = self.evaluator.block(instance, name);
        let what = if name.mode == Mode::Managed { "resource type" } else { "data source" };
        let provider = self.providers.get(&provider_addr.source);
        if let Some(provider) = provider.filter(|it| !it.is_partial()) {
            if name.mode == Mode::Ephemeral {
                let found = no_ephemeral_type(Some(&**provider), &provider_addr.source, &name.type_name, block.span);
                self.diagnostics.push(found);
                return;
            }
            let known = if name.mode == Mode::Managed { provider.resource_types() } else { provider.data_sources() };
            let near = crate::config::did_you_mean(&name.type_name, known);
            let detail = format!("The provider {} has no {what} {:?}.{near}", provider.source(), name.type_name);
            self.diagnostics.push(Diagnostic::error(format!("Invalid {what}"), detail).at(block.span));
            return;
        }
        self.unchecked.insert(format!("{}{}", name.mode.prefix(), name.type_name));
        let Ok((kind, keys)) = self.evaluator.expand_resource(instance, name) else { return };
        let marks = if name.mode == Mode::Ephemeral { Marks::EPHEMERAL } else { Marks::NONE };
        let values = keys.into_iter().map(|(key, _)| (key, Value::unknown(Type::Dynamic).marked(marks))).collect();
        self.evaluator.objects.declare(instance, name, kind, values);
    }

    fn instance(&mut self, instance: ModuleId, name: &ResourceName, schema: &Schema) {
        let block = self.evaluator.block(instance, name);
        let Ok((kind, keys)) = self.evaluator.expand_resource(instance, name) else { return };
        for (key, each) in keys {
            self.conditions(instance, &block.lifecycle.preconditions, &each);
            let found = provision::check(&mut self.evaluator, instance, &block.provisioners, (&each, schema));
            self.diagnostics.extend(found);
            let desired = self.evaluator.configure(instance, name, (&key, &each), schema);
            let value = match self.take(desired) {
                Some(desired) => {
                    let found = self.type_check(instance, name, &desired.config);
                    self.diagnostics.extend(found.into_iter().map(|it| it.at(block.span).of(&desired.addr)));
                    mark_sensitive(&schema.block, propose(schema, &Value::null(schema.block.ty()), &desired.config))
                }
                None => Value::unknown(schema.block.ty()),
            };
            let value = if name.mode == Mode::Ephemeral { value.marked(Marks::EPHEMERAL) } else { value };
            self.evaluator.objects.declare(instance, name, kind, BTreeMap::from([(key, value)]));
        }
    }

    /// What the type says of a configuration besides its schema.
    fn type_check(&self, instance: ModuleId, name: &ResourceName, config: &Value) -> Diagnostics {
        let addr = self.evaluator.provider_of(instance, name);
        let provider = self.providers.get(&addr.source);
        let found = provider.and_then(|provider| match name.mode {
            Mode::Managed => provider.resource_type(&name.type_name).map(|it| it.validate(config)),
            Mode::Ephemeral => provider.ephemeral_type(&name.type_name).map(|it| it.validate(config)),
            Mode::Data => None,
        });
        found.unwrap_or_default()
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

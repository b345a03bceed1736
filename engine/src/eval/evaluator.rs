//! The evaluator's tables: module instances, variables, locals, outputs, and the objects that expressions read.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::expand::{Expansion, expand};
use super::expr::{Evaluated, eval};
use super::leniency::LeftOut;
use super::modules::{CallInstances, Each, ModuleId, ModuleInstance};
use super::objects::Objects;
use super::scope::Scope;
use crate::addr::{ModuleAddr, ResourceAddr, ResourceName};
use crate::config::{Config, ModuleIndex};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::provider::Providers;
use crate::value::{Marks, Value};

/// Evaluates a configuration, block by block, each once.
///
/// Whoever drives it goes through [`crate::config::graph::Order`] and puts the value of each resource into `objects`
/// before anything that reads it is asked for; nothing here waits or looks anything up outside.
pub struct Evaluator<'c> {
    /// The configuration.
    pub config: &'c Config,
    /// Schemas of the types.
    pub providers: &'c Providers,
    /// What expressions may know of the outside.
    pub settings: Settings,
    /// Values of resources.
    pub objects: Objects,
    /// Warnings found on the way.
    pub warnings: Diagnostics,
    pub(super) left_out: LeftOut,
    pub(super) modules: Vec<ModuleInstance>,
    root_variables: BTreeMap<Arc<str>, Value>,
}

/// What expressions may know of the outside.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Working directory: `path.cwd`, and where relative file names start.
    pub working_dir: PathBuf,
    /// `terraform.workspace`
    pub workspace: Arc<str>,
    /// `plantimestamp()`, RFC 3339 in UTC.
    pub plan_time: String,
    /// `timestamp()`, RFC 3339 in UTC; `None` while planning.
    pub now: Option<String>,
    /// Nothing is known: every resource, variable and repetition is an unknown of its type, and each module has one
    /// instance. This is how a configuration is validated.
    pub validating: bool,
}

impl<'c> Evaluator<'c> {
    /// An evaluator with the root module alone. `root_variables` are the final values of all of its variables.
    pub fn new(
        config: &'c Config,
        providers: &'c Providers,
        settings: Settings,
        root_variables: BTreeMap<Arc<str>, Value>,
    ) -> Self {
        Self {
            config,
            providers,
            settings,
            objects: Objects::default(),
            warnings: Diagnostics::new(),
            left_out: LeftOut::new(),
            modules: vec![ModuleInstance::default()],
            root_variables,
        }
    }

    /// The root module's only instance.
    pub const ROOT: ModuleId = ModuleId(0);

    /// All instances of a module.
    pub fn instances_of(&self, module: ModuleIndex) -> Vec<ModuleId> {
        let all = self.modules.iter().enumerate();
        all.filter(|(_, it)| it.config == module).map(|(at, _)| ModuleId(at)).collect()
    }

    /// The address of a module instance.
    pub fn module_addr(&self, module: ModuleId) -> &ModuleAddr {
        &self.modules[module.0].addr
    }

    /// The address of a resource in a module instance.
    pub fn resource_addr(&self, module: ModuleId, resource: &ResourceName) -> ResourceAddr {
        ResourceAddr { module: self.module_addr(module).clone(), resource: resource.clone() }
    }

    /// The instance of an address.
    pub fn find_module(&self, addr: &ModuleAddr) -> Option<ModuleId> {
        addr.0
            .iter()
            .try_fold(Self::ROOT, |at, (name, key)| self.modules[at.0].calls.get(name)?.instances.get(key).copied())
    }

    /// Makes the instances of a called module, in every instance of its caller.
    ///
    /// # Errors
    /// `count` or `for_each` is wrong.
    pub fn expand_module(&mut self, index: ModuleIndex) -> Result<(), Diagnostics> {
        let config = self.config;
        let module = config.module(index);
        let (Some(parent), Some(name)) = (module.parent, module.path.0.last()) else { return Ok(()) };
        let call = &config.module(parent).calls[name];
        for caller in self.instances_of(parent) {
            let (kind, keys) = if self.settings.validating {
                super::scope::validation_instances(&call.repetition)
            } else {
                expand(&call.repetition, &mut Scope::of_module(self, caller))?
            };
            let mut instances = BTreeMap::new();
            for (key, each) in keys {
                let addr = self.modules[caller.0].addr.child(name, key.clone());
                instances.insert(key, ModuleId(self.modules.len()));
                let parent = Some(caller);
                self.modules.push(ModuleInstance { addr, config: index, parent, each, ..ModuleInstance::default() });
            }
            self.modules[caller.0].calls.insert(name.clone(), CallInstances { kind, instances });
        }
        Ok(())
    }

    /// The instances of a resource in a module instance.
    ///
    /// # Errors
    /// `count` or `for_each` is wrong.
    pub fn expand_resource(&mut self, module: ModuleId, resource: &ResourceName) -> Result<Expansion, Diagnostics> {
        let config = self.config;
        let block = &config.module(self.modules[module.0].config).resources[resource];
        if self.settings.validating {
            return Ok(super::scope::validation_instances(&block.repetition));
        }
        let addr = self.resource_addr(module, resource);
        expand(&block.repetition, &mut Scope::of_module(self, module)).map_err(|found| found.of(&addr))
    }

    /// The value of a variable of a module instance.
    ///
    /// # Errors
    /// The argument of the call is wrong, or a validation fails.
    pub fn variable(&mut self, module: ModuleId, name: &Arc<str>) -> Evaluated {
        if let Some(value) = self.modules[module.0].variables.get(name) {
            return Ok(value.clone());
        }
        let value = match self.modules[module.0].parent {
            None => self.root_variables.get(name).cloned().unwrap_or_else(|| self.undetermined(module, name)),
            Some(caller) => self.argument(module, caller, name)?,
        };
        let variable = &self.config.module(self.modules[module.0].config).variables[name];
        // A validation is about every value that a caller may give, not about the one that is given.
        let value = if self.settings.validating { self.undetermined(module, name) } else { value };
        let mut marks = Marks::NONE;
        if variable.sensitive {
            marks = marks.and(Marks::SENSITIVE);
        }
        if variable.ephemeral {
            marks = marks.and(Marks::EPHEMERAL);
        }
        let value = value.marked(marks);
        self.modules[module.0].variables.insert(name.clone(), value.clone());
        Ok(value)
    }

    /// What a variable is when nothing gives it a value: unknown in a validation.
    fn undetermined(&self, module: ModuleId, name: &Arc<str>) -> Value {
        let variable = &self.config.module(self.modules[module.0].config).variables[name];
        match &variable.default {
            Some(default) if !self.settings.validating => default.clone(),
            _ => Value::unknown(variable.constraint.ty.without_optional()),
        }
    }

    fn argument(&mut self, module: ModuleId, caller: ModuleId, name: &Arc<str>) -> Evaluated {
        let config = self.config;
        let child = config.module(self.modules[module.0].config);
        let variable = &child.variables[name];
        let call = child.path.0.last().and_then(|call| config.module(self.modules[caller.0].config).calls.get(call));
        let Some(expr) = call.and_then(|call| call.arguments.get(name)) else {
            return Ok(self.undetermined(module, name));
        };
        let each = self.modules[module.0].each.clone();
        let given = eval(expr, &mut Scope::new(self, caller, &each, None), None)?;
        if !variable.ephemeral && given.deep_marks().has(Marks::EPHEMERAL) {
            let detail = format!(
                "The input variable {name:?} is not declared as accepting ephemeral values, so it cannot be set to a \
                 result derived from an ephemeral value. Add ephemeral = true to the variable."
            );
            return Err(Diagnostic::error("Ephemeral value not allowed", detail).at(expr.span).into());
        }
        super::variables::final_value(variable, name, Some(given), Some(expr.span))
    }

    /// The value of a local value.
    ///
    /// # Errors
    /// Its expression is wrong.
    pub fn local(&mut self, module: ModuleId, name: &Arc<str>) -> Evaluated {
        if let Some(value) = self.modules[module.0].locals.get(name) {
            return Ok(value.clone());
        }
        let config = self.config;
        let local = &config.module(self.modules[module.0].config).locals[name];
        let value = eval(&local.expr, &mut Scope::of_module(self, module), None)?;
        self.modules[module.0].locals.insert(name.clone(), value.clone());
        Ok(value)
    }

    /// The value of an output, with the marks that its block gives it.
    ///
    /// # Errors
    /// Its expression is wrong.
    pub fn output(&mut self, module: ModuleId, name: &Arc<str>) -> Evaluated {
        if let Some(value) = self.modules[module.0].outputs.get(name) {
            return Ok(value.clone());
        }
        let config = self.config;
        let output = &config.module(self.modules[module.0].config).outputs[name];
        let value = eval(&output.expr, &mut Scope::of_module(self, module), None)?;
        let marks = if output.sensitive { Marks::SENSITIVE } else { Marks::NONE };
        let value = value.marked(marks);
        self.modules[module.0].outputs.insert(name.clone(), value.clone());
        Ok(value)
    }

    /// Forgets every local value and output, so that each is evaluated again from objects that were planned once more.
    pub fn forget_derived(&mut self) {
        for module in &mut self.modules {
            module.locals.clear();
            module.outputs.clear();
        }
    }

    /// Forgets every variable, local value and output that has an unknown part, so that it is evaluated again.
    pub fn forget_unknown(&mut self) {
        for module in &mut self.modules {
            for table in [&mut module.variables, &mut module.locals, &mut module.outputs] {
                table.retain(|_, value| value.is_wholly_known());
            }
        }
    }

    /// Evaluates an expression of a module instance.
    ///
    /// # Errors
    /// The expression is wrong.
    pub fn eval_in(&mut self, module: ModuleId, expr: &crate::syntax::ast::Expr, each: &Each) -> Evaluated {
        eval(expr, &mut Scope::new(self, module, each, None), None)
    }
}

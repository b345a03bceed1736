//! Desired instances: what the configuration wants of one object.

use super::body;
use super::evaluator::Evaluator;
use super::expr::{Evaluated, eval};
use super::modules::{Each, ModuleId};
use super::scope::Scope;
use crate::addr::{InstanceAddr, InstanceKey, ResourceName};
use crate::config::{Condition, ProviderAddr, Provisioner, Resource};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::provision;
use crate::schema::Schema;
use crate::syntax::ast::Expr;
use crate::value::{self, Marks, Type, Value};

/// What the configuration wants of one object: all that the planner learns of the language.
#[derive(Clone, Debug)]
pub struct DesiredInstance {
    /// Address.
    pub addr: InstanceAddr,
    /// Arguments by the type's schema: null where not set, unknown where not known yet.
    pub config: Value,
    /// Provider configuration that manages it.
    pub provider: ProviderAddr,
}

/// What became of a condition.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It holds.
    Holds,
    /// It is not known yet.
    Unknown,
    /// It does not hold: its message, or why the message cannot be shown.
    Fails(Result<String, Box<Diagnostic>>),
}

impl<'c> Evaluator<'c> {
    /// The block of a resource of a module instance.
    pub fn block(&self, module: ModuleId, resource: &ResourceName) -> &'c Resource {
        &self.config.module(self.modules[module.0].config).resources[resource]
    }

    /// The provider configuration of a resource.
    pub fn provider_of(&self, module: ModuleId, resource: &ResourceName) -> ProviderAddr {
        self.config.provider(self.modules[module.0].config, &self.block(module, resource).provider)
    }

    /// Evaluates the block of an instance.
    ///
    /// # Errors
    /// The block is wrong, with the instance's address in each diagnostic.
    pub fn configure(
        &mut self,
        module: ModuleId,
        resource: &ResourceName,
        (key, each): (&InstanceKey, &Each),
        schema: &Schema,
    ) -> Result<DesiredInstance, Diagnostics> {
        let block = self.block(module, resource);
        let addr = self.resource_addr(module, resource).instance(key.clone());
        let provider = self.provider_of(module, resource);
        let leniency = self.leniency(resource, &provider);
        let scope = &mut Scope::new(self, module, each, None);
        let (config, left_out) = body::decode_leniently(&block.body, &schema.block, block.span, scope, leniency)
            .map_err(|found| found.of(&addr))?;
        if !left_out.is_empty() {
            self.left_out.entry(resource.type_name.clone()).or_default().extend(left_out);
        }
        Ok(DesiredInstance { addr, config, provider })
    }

    /// Evaluates the block of a provisioner for an object, and checks its connection.
    ///
    /// # Errors
    /// The block is wrong.
    pub fn provisioner(&mut self, module: ModuleId, block: &Provisioner, (each, this): (&Each, Value)) -> Evaluated {
        let mut scope = Scope::new(self, module, each, Some(this));
        if let Some(connection) = &block.connection {
            body::decode(connection, provision::connection(), block.span, &mut scope)?;
        }
        let Some(schema) = provision::arguments(&block.kind) else { return Ok(Value::null(Type::Dynamic)) };
        body::decode(&block.body, schema, block.span, &mut scope)
    }

    /// Evaluates the block of a provider configuration; an implied one has no arguments.
    ///
    /// # Errors
    /// The block is wrong.
    pub fn configure_provider(&mut self, addr: &ProviderAddr, schema: &Schema) -> Evaluated {
        let config = self.config;
        let Some((module, block)) = config.provider_block(addr) else { return Ok(schema.block.empty()) };
        // A module with its own provider block is never repeated.
        let Some(instance) = self.instances_of(module).first().copied() else { return Ok(schema.block.empty()) };
        body::decode(&block.body, &schema.block, block.span, &mut Scope::of_module(self, instance))
            .map_err(|found| found.of(addr))
    }

    /// Adds the values of the references in an expression of a block to a diagnostic about it.
    pub fn explain(
        &mut self,
        diagnostic: Diagnostic,
        expr: &Expr,
        (module, each, this): (ModuleId, &Each, Option<Value>),
    ) -> Diagnostic {
        super::explain::explain(diagnostic, expr, &mut Scope::new(self, module, each, this), None)
    }

    /// Evaluates a condition, and its message where it does not hold.
    ///
    /// # Errors
    /// The condition cannot be evaluated.
    pub fn condition(
        &mut self,
        module: ModuleId,
        condition: &Condition,
        (each, this): (&Each, Option<Value>),
    ) -> Result<Verdict, Diagnostics> {
        let mut scope = Scope::new(self, module, each, this);
        let held = eval(&condition.condition, &mut scope, None)?;
        let wrong = |detail: String| {
            Diagnostics::from(Diagnostic::error("Invalid condition result", detail).at(condition.condition.span))
        };
        if held.is_null() {
            return Err(wrong("Condition expression must return either true or false, not null.".into()));
        }
        let held = value::convert(&held, &Type::Bool)
            .map_err(|error| wrong(format!("Condition expression must return either true or false: {error}.")))?;
        match held.as_bool() {
            None => return Ok(Verdict::Unknown),
            Some(true) => return Ok(Verdict::Holds),
            Some(false) => {}
        }
        let message = eval(&condition.error_message, &mut scope, None)?;
        let marks = message.deep_marks();
        let hidden =
            [(Marks::SENSITIVE, "sensitive", "nonsensitive"), (Marks::EPHEMERAL, "ephemeral", "ephemeralasnull")];
        if let Some((_, kind, function)) = hidden.into_iter().find(|(mark, ..)| marks.has(*mark)) {
            let detail = format!(
                "The message of this condition is made from {kind} values and so is not shown. Take them out of it, or \
                 use {function}() on a part that may be shown."
            );
            let summary = format!("Error message refers to {kind} values");
            return Ok(Verdict::Fails(Err(Diagnostic::error(summary, detail).at(condition.error_message.span).into())));
        }
        let text = value::convert(&message, &Type::String).ok();
        let text = text.as_ref().and_then(Value::as_str).unwrap_or("The condition does not hold.");
        Ok(Verdict::Fails(Ok(text.trim().to_owned())))
    }
}

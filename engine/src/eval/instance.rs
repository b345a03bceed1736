//! Desired instances: what the configuration wants of one object.

use super::body;
use super::evaluator::Evaluator;
use super::expr::{Evaluated, eval};
use super::modules::{Each, ModuleId};
use super::scope::Scope;
use crate::addr::{InstanceAddr, InstanceKey, ResourceName};
use crate::config::{Condition, ProviderAddr, Resource};
use crate::diagnostic::{Diagnostic, Diagnostics};
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
        let config = body::decode(&block.body, &schema.block, block.span, &mut Scope::new(self, module, each, None))
            .map_err(|found| found.of(&addr))?;
        Ok(DesiredInstance { addr, config, provider })
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

    /// Evaluates a condition. `Ok(None)` while it is not known; the message is that of a condition that does not hold.
    ///
    /// # Errors
    /// The condition cannot be evaluated.
    pub fn condition(
        &mut self,
        module: ModuleId,
        condition: &Condition,
        (each, this): (&Each, Option<Value>),
    ) -> Result<Option<Result<(), String>>, Diagnostics> {
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
            None => return Ok(None),
            Some(true) => return Ok(Some(Ok(()))),
            Some(false) => {}
        }
        let message = eval(&condition.error_message, &mut scope, None)?;
        if message.deep_marks().has(Marks::SENSITIVE) || message.deep_marks().has(Marks::EPHEMERAL) {
            let text = "The error message included a sensitive value, so it will not be displayed.";
            return Ok(Some(Err(text.to_owned())));
        }
        let text = value::convert(&message, &Type::String).ok();
        let text = text.as_ref().and_then(Value::as_str).unwrap_or("The condition does not hold.");
        Ok(Some(Err(text.trim().to_owned())))
    }
}

//! The check of every name before anything is evaluated: `try`, `can` and a branch not taken hide no misspelt one.

use std::sync::Arc;

use super::declared::{self, Declared, Repeated};
use crate::addr::{ConfigResource, Mode, ResourceName};
use crate::config::references::{Named, RESERVED, resource_name, visit_body, visit_expr};
use crate::config::{Condition, Config, Module, ModuleIndex, Resource, did_you_mean};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::provider::Providers;
use crate::schema::{Block, Schema};
use crate::source::Span;
use crate::syntax::ast::{Body, Expr, ExprKind, Literal, Step};
use crate::value::{self, Type, Value};

/// Names that no resource type has, because the language may want them one day.
const KEPT_FREE: [&str; 3] = ["arg", "lazy", "template"];

/// Checks every name in a configuration that stands where its value is needed.
pub fn check_names(config: &Config, providers: &Providers) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    for (index, module) in config.indexed() {
        let scope = StaticScope { config, providers, index, module, repeated: Repeated::No, this: None };
        scope.declarations(&mut diagnostics);
    }
    diagnostics
}

/// Checks the names of one expression of the root module outside all blocks.
pub fn check_names_of(expr: &Expr, config: &Config, providers: &Providers) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    if let Some((index, module)) = config.indexed().next() {
        let scope = StaticScope { config, providers, index, module, repeated: Repeated::No, this: None };
        scope.expr(expr, &mut diagnostics);
    }
    diagnostics
}

/// The scope of a block, as far as it is known without values.
#[derive(Clone, Copy)]
struct StaticScope<'c> {
    config: &'c Config,
    providers: &'c Providers,
    index: ModuleIndex,
    module: &'c Module,
    repeated: Repeated,
    /// The resource that `self` stands for.
    this: Option<&'c ResourceName>,
}

impl<'c> StaticScope<'c> {
    fn declarations(&self, found: &mut Diagnostics) {
        for local in self.module.locals.values() {
            self.expr(&local.expr, found);
        }
        for output in self.module.outputs.values() {
            self.expr(&output.expr, found);
            self.conditions(&output.preconditions, found);
        }
        for variable in self.module.variables.values() {
            self.conditions(&variable.validations, found);
        }
        for check in self.module.checks.values() {
            self.conditions(&check.asserts, found);
        }
        for provider in self.module.providers.values() {
            self.body(&provider.body, found);
        }
        for call in self.module.calls.values() {
            call.repetition.expr().into_iter().for_each(|it| self.expr(it, found));
            let inside = Self { repeated: (&call.repetition).into(), ..*self };
            call.arguments.values().for_each(|it| inside.expr(it, found));
        }
        for (name, resource) in &self.module.resources {
            let mut inside = Diagnostics::new();
            self.resource(name, resource, &mut inside);
            let addr = ConfigResource { module: self.module.path.clone(), resource: name.clone() };
            found.extend(inside.of(&addr));
        }
    }

    fn resource(&self, name: &'c ResourceName, resource: &Resource, found: &mut Diagnostics) {
        resource.repetition.expr().into_iter().for_each(|it| self.expr(it, found));
        let inside = Self { repeated: (&resource.repetition).into(), ..*self };
        inside.body(&resource.body, found);
        inside.conditions(&resource.lifecycle.preconditions, found);
        let after = Self { this: Some(name), ..inside };
        after.conditions(&resource.lifecycle.postconditions, found);
        for provisioner in &resource.provisioners {
            after.body(&provisioner.body, found);
        }
    }

    fn conditions(&self, conditions: &[Condition], found: &mut Diagnostics) {
        for it in conditions {
            self.expr(&it.condition, found);
            self.expr(&it.error_message, found);
        }
    }

    fn expr(&self, expr: &Expr, found: &mut Diagnostics) {
        visit_expr(expr, &mut |named| found.extend(self.name(named).err().into_iter().flatten()));
    }

    fn body(&self, body: &Body, found: &mut Diagnostics) {
        visit_body(body, &mut |named| found.extend(self.name(named).err().into_iter().flatten()));
    }

    fn name(&self, named: &Named<'_>) -> Declared {
        let span = named.steps.iter().fold(named.span, |span, step| span.to(step.span()));
        let root = &**named.root;
        if root == "self" {
            let Some(this) = self.this else { return Err(declared::no_self(span).into()) };
            return self.attributes(this, named.steps);
        }
        if !RESERVED.contains(&root) {
            return self.resource_reference(named, span);
        }
        let first = match named.steps.first() {
            Some(Step::Attr(ident)) => ident,
            Some(Step::Index { .. }) => {
                let detail = format!("The {root:?} object has no elements. Write {root}.name instead.");
                return Err(Diagnostic::error("Invalid reference", detail).at(span).into());
            }
            _ => return Err(declared::incomplete(root, span).into()),
        };
        match root {
            "var" => declared::variable(self.module, &first.name, span),
            "local" => declared::local(self.module, &first.name, span),
            "module" => declared::call(self.module, &first.name, span),
            "each" => declared::each(self.repeated, &first.name, first.span),
            "count" => declared::count(self.repeated, &first.name, first.span),
            _ => declared::fixed(root, &first.name, first.span),
        }
    }

    fn resource_reference(&self, named: &Named<'_>, span: Span) -> Declared {
        let root = &**named.root;
        if KEPT_FREE.contains(&root) {
            let detail = format!(
                "The name {root:?} is kept free for a later version of the language. For a resource type of that \
                 name, write resource.{root} and the resource's name."
            );
            return Err(Diagnostic::error("Reserved symbol name", detail).at(span).into());
        }
        let names: Vec<Option<&Arc<str>>> = named
            .steps
            .iter()
            .map(|step| match step {
                Step::Attr(ident) => Some(&ident.name),
                _ => None,
            })
            .collect();
        let Some((name, used)) = resource_name(root, &names) else {
            return Err(declared::incomplete_resource(root, span).into());
        };
        declared::resource(self.module, &name, span)?;
        let repeated = Repeated::from(&self.module.resources[&name].repetition);
        let rest = &named.steps[used..];
        match (repeated, rest.first()) {
            (Repeated::No, Some(Step::Index { span, .. })) => Err(declared::unexpected_key(&name, *span).into()),
            (Repeated::No, _) => self.attributes(&name, rest),
            (_, Some(Step::Attr(ident))) => Err(declared::missing_key(&name.to_string(), repeated, ident.span).into()),
            (_, Some(Step::Index { key, .. })) if literal(key).is_some() => self.attributes(&name, &rest[1..]),
            _ => Ok(()),
        }
    }

    /// Whether a resource's type has what the steps name, as far as the keys are literals.
    fn attributes(&self, name: &ResourceName, steps: &[Step]) -> Declared {
        let (Some(schema), Some(Step::Attr(first))) = (self.schema(name), steps.first()) else { return Ok(()) };
        let ty = match schema.block.attributes.get(&first.name) {
            Some(attribute) => attribute.ty.clone(),
            None => match schema.block.blocks.get(&first.name) {
                Some(block) => block.ty(),
                None if self.may_exist(name, &first.name, &schema.block) => return Ok(()),
                None => return Err(no_such_attribute(&first.name, &schema.block, first.span).into()),
            },
        };
        reach(ty, &steps[1..])
    }

    /// Whether a type may have an attribute that its schema does not: in another version of the provider. A name that is
    /// nearly another one is a slip where the type can be acted on.
    fn may_exist(&self, name: &ResourceName, attribute: &str, block: &Block) -> bool {
        let Some(resource) = self.module.resources.get(name) else { return false };
        let addr = self.config.provider(self.index, &resource.provider);
        let Some(provider) = self.providers.get(&addr.source).filter(|it| it.is_partial()) else { return false };
        let known = block.attributes.keys().chain(block.blocks.keys()).map(|it| &**it);
        !provider.operates(name) || crate::text::suggestion(attribute, known).is_none()
    }

    fn schema(&self, name: &ResourceName) -> Option<&'c Schema> {
        let addr = self.config.provider(self.index, &self.module.resources.get(name)?.provider);
        let provider = self.providers.get(&addr.source)?;
        match name.mode {
            Mode::Managed => Some(provider.resource_type(&name.type_name)?.schema()),
            Mode::Data => provider.data_source(&name.type_name),
            Mode::Ephemeral => Some(provider.ephemeral_type(&name.type_name)?.schema()),
        }
    }
}

fn no_such_attribute(name: &str, block: &Block, span: Span) -> Diagnostic {
    let near = did_you_mean(name, block.attributes.keys().chain(block.blocks.keys()).map(|it| &**it));
    let detail = format!("This object has no argument, nested block, or exported attribute named {name:?}.{near}");
    Diagnostic::error("Unsupported attribute", detail).at(span)
}

/// Follows the steps through values of a type up to the first that only values can decide.
fn reach(ty: Type, steps: &[Step]) -> Declared {
    let mut value = Value::unknown(ty);
    for step in steps {
        let (found, span) = match step {
            Step::Attr(ident) => (value::get_attr(&value, &ident.name), ident.span),
            Step::Index { key, span } => match literal(key) {
                Some(key) => (value::index(&value, &key), *span),
                None => return Ok(()),
            },
            Step::Splat { .. } => return Ok(()),
        };
        value = found.map_err(|error| Diagnostic::error(error.summary, error.detail).at(span))?;
    }
    Ok(())
}

fn literal(key: &Expr) -> Option<Value> {
    match &key.kind {
        ExprKind::Literal(it @ (Literal::Number(_) | Literal::String(_))) => Some(super::expr::literal_value(it)),
        _ => None,
    }
}

//! `import` blocks: the objects that a plan takes over.

use super::PlanMode;
use super::walk::Walk;
use crate::addr::{InstanceAddr, ResourceName};
use crate::config::references::{self, Reference};
use crate::config::{ImportBlock, ModuleIndex};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::{Each, Evaluator};
use crate::source::Span;
use crate::value::{self, Kind, Type, Value};

impl Walk<'_> {
    /// Takes in the imports of the request, and checks that every block names something that is declared.
    pub(super) fn collect_imports(&mut self) {
        let wanted = self.request.options.imports.iter().filter(|(addr, _)| self.prior.get(addr).is_none());
        self.imports.extend(wanted.cloned());
        for block in &self.request.config.root().imports {
            if self.request.options.mode == PlanMode::Normal && self.request.config.resource(&block.resource).is_none()
            {
                self.diagnostics.push(no_target(&block.resource.to_string(), block.to.span));
            }
        }
    }

    /// Evaluates the `import` blocks of a resource, once what they name is known. An object that the state has already
    /// stays as it is.
    pub(super) fn evaluate_imports(&mut self, module: ModuleIndex, name: &ResourceName) {
        if self.request.options.mode != PlanMode::Normal {
            return;
        }
        let path = &self.request.config.module(module).path;
        let blocks = self.request.config.root().imports.iter();
        for block in blocks.filter(|it| it.resource.resource == *name && it.resource.module == *path) {
            let repeated = self.repeat(block);
            for each in self.take(repeated).unwrap_or_default() {
                let target = self.import(block, &each);
                let Some((addr, id)) = self.take(target) else { continue };
                if self.prior.get(&addr).is_none() {
                    self.imports.insert(addr, id);
                }
            }
        }
    }

    fn repeat(&mut self, block: &ImportBlock) -> Result<Vec<Each>, Diagnostics> {
        let Some(expr) = &block.for_each else { return Ok(vec![Each::None]) };
        let value = self.evaluator.eval_in(Evaluator::ROOT, expr, &Each::None)?.unmarked().0;
        let wrong =
            |detail: &str| Diagnostics::from(Diagnostic::error("Invalid for_each argument", detail).at(expr.span));
        let pairs: Vec<(Value, Value)> = match value.kind() {
            Kind::Null(_) => Vec::new(),
            Kind::Unknown(..) => return Err(wrong(UNKNOWN)),
            Kind::Set(_, items) => items.iter().map(|it| (it.clone(), it.clone())).collect(),
            Kind::List(_, items) => enumerated(items),
            Kind::Tuple(items) => enumerated(items),
            Kind::Map(_, items) | Kind::Object(items) => {
                items.iter().map(|(key, it)| (Value::string(key), it.clone())).collect()
            }
            _ => return Err(wrong("It takes a map, an object, a set or a list.")),
        };
        if pairs.iter().any(|(key, _)| key.is_unknown()) {
            return Err(wrong(UNKNOWN));
        }
        Ok(pairs.into_iter().map(|(key, value)| Each::ForEach { key, value }).collect())
    }

    /// Address and id of one object that is to be taken over.
    fn import(&mut self, block: &ImportBlock, each: &Each) -> Result<(InstanceAddr, String), Diagnostics> {
        let wrong =
            |detail: &str| Diagnostics::from(Diagnostic::error("Invalid import id argument", detail).at(block.id.span));
        let own = Reference::Resource(block.resource.resource.clone());
        if block.resource.module.is_root() && references::of_expr(&block.id).contains(&own) {
            return Err(wrong("The id cannot be told by the resource that it is to make known."));
        }
        let id = self.evaluator.eval_in(Evaluator::ROOT, &block.id, each)?.unmarked().0;
        if id.is_null() {
            return Err(wrong("The id is null. Give the id that the provider knows the object by."));
        }
        let text = value::convert(&id, &Type::String).map_err(|error| {
            let detail = format!("The id of an import must be a text: {error}.");
            Diagnostic::error("Incorrect value type", detail).at(block.id.span)
        })?;
        let Some(text) = text.as_str() else {
            return Err(wrong(
                "The id depends on attributes that are known only after an apply, so nothing can be read by it yet. \
                 Write it out, or apply first what it depends on.",
            ));
        };
        if text.is_empty() {
            return Err(wrong("The id is an empty text. Give the id that the provider knows the object by."));
        }
        match super::paths::import_target(self, &block.to, each) {
            Some(addr) => Ok((addr, text.to_owned())),
            None => {
                let detail = "\"to\" must name one resource instance, such as aws_vpc.main.";
                Err(Diagnostic::error("Invalid import address", detail).at(block.to.span).into())
            }
        }
    }

    /// Refuses imports to instances that the configuration does not have.
    pub(super) fn check_imports(&mut self) {
        let wanted: Vec<InstanceAddr> = self.imports.keys().cloned().collect();
        for addr in wanted {
            let module = self.evaluator.find_module(&addr.module);
            let declared = module.is_some_and(|module| {
                let instances = self.evaluator.objects.get(module, &addr.resource);
                instances.is_none_or(|it| it.keys().any(|key| *key == addr.key))
            });
            if !declared && !self.diagnostics.has_errors() && !self.included.is_partial() {
                let blocks = &self.request.config.root().imports;
                let span = blocks.iter().find(|it| it.resource == addr.config()).map(|it| it.to.span);
                let found = Diagnostic::error(NO_TARGET, no_target_detail(&addr.to_string()));
                self.diagnostics.push(found.at_opt(span));
            }
        }
    }
}

const UNKNOWN: &str = "It depends on attributes that are known only after an apply, so it cannot be told what is to be \
                       taken over. Derive it from values of the configuration, or apply first what it depends on.";

const NO_TARGET: &str = "Configuration for import target does not exist";

fn no_target(addr: &str, span: Span) -> Diagnostic {
    Diagnostic::error(NO_TARGET, no_target_detail(addr)).at(span)
}

fn no_target_detail(addr: &str) -> String {
    format!("The configuration does not declare {addr}, which an object is to be imported to. Write its block first.")
}

fn enumerated(items: &[Value]) -> Vec<(Value, Value)> {
    items.iter().enumerate().map(|(at, it)| (Value::number(at as i64), it.clone())).collect()
}

//! What an expression of a module instance may name, and what each name means.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::declared::{self, Repeated};
use super::evaluator::Evaluator;
use super::expand::Expansion;
use super::expr::Evaluated;
use super::modules::{Each, ModuleId};
use super::names::{CallSpans, Names, StepValue};
use super::objects::KeyKind;
use super::render::with_context;
use crate::addr::{InstanceKey, Mode, ResourceName};
use crate::config::references::{self, RESERVED};
use crate::config::{Repetition, did_you_mean};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::functions;
use crate::source::Span;
use crate::value::{self, Marks, Type, Value};

type Resolved = Result<(Value, usize), Diagnostics>;

/// The names of one block of a module instance.
pub struct Scope<'e, 'c> {
    evaluator: &'e mut Evaluator<'c>,
    module: ModuleId,
    each: Each,
    this: Option<Value>,
}

impl<'e, 'c> Scope<'e, 'c> {
    /// The names of a block with its repetition and, where the block may name it, its own object as `self`.
    pub fn new(evaluator: &'e mut Evaluator<'c>, module: ModuleId, each: &Each, this: Option<Value>) -> Self {
        Self { evaluator, module, each: each.clone(), this }
    }

    /// The names of a block that is not repeated.
    pub fn of_module(evaluator: &'e mut Evaluator<'c>, module: ModuleId) -> Self {
        Self::new(evaluator, module, &Each::None, None)
    }

    fn variable(&mut self, name: &Arc<str>, span: Span) -> Resolved {
        declared::variable(self.declarations(), name, span)?;
        self.evaluator.variable(self.module, name).map(|value| (value, 1))
    }

    fn local(&mut self, name: &Arc<str>, span: Span) -> Resolved {
        declared::local(self.declarations(), name, span)?;
        self.evaluator.local(self.module, name).map(|value| (value, 1))
    }

    fn declarations(&self) -> &'c crate::config::Module {
        self.evaluator.config.module(self.evaluator.modules[self.module.0].config)
    }

    fn module_call(&mut self, name: &Arc<str>, steps: &[StepValue<'_>], span: Span) -> Resolved {
        let module = self.declarations();
        declared::call(module, name, span)?;
        let Some(found) = self.evaluator.modules[self.module.0].calls.get(name).cloned() else {
            return Ok((Value::unknown(Type::Dynamic), 1));
        };
        let child = module.calls[name].child;
        let (instance, used) = match found.kind {
            KeyKind::Single => (found.instances.get(&InstanceKey::None).copied(), 1),
            KeyKind::Unknown => return Ok((Value::unknown(Type::Dynamic), 1)),
            KeyKind::Absent => return Ok((Value::null(Type::Dynamic), 1)),
            KeyKind::Count | KeyKind::ForEach => match steps.get(1) {
                Some(StepValue::Index(key, _)) => match instance_key(found.kind, key) {
                    Some(key) => (found.instances.get(&key).copied(), 2),
                    None => (None, 1),
                },
                Some(StepValue::Attr(ident)) => {
                    return Err(
                        declared::missing_key(&format!("module.{name}"), repeated(found.kind), ident.span).into()
                    );
                }
                _ => (None, 1),
            },
        };
        let Some(instance) = instance else {
            let mut all = BTreeMap::new();
            for (key, id) in found.instances {
                all.insert(key, self.module_outputs(id)?);
            }
            return Ok((found.kind.collect(all), 1));
        };
        // Only the output that is named is evaluated.
        if let Some(StepValue::Attr(output)) = steps.get(used) {
            let outputs = &self.evaluator.config.module(child).outputs;
            if !outputs.contains_key(&output.name) {
                let near = did_you_mean(&output.name, outputs.keys().map(|it| &**it));
                let detail = format!(
                    "This object does not have an attribute named {:?}: the module has no such output.{near}",
                    output.name
                );
                return Err(Diagnostic::error("Unsupported attribute", detail).at(output.span).into());
            }
            return self.evaluator.output(instance, &output.name).map(|value| (value, used + 1));
        }
        Ok((self.module_outputs(instance)?, used))
    }

    fn module_outputs(&mut self, instance: ModuleId) -> Evaluated {
        let config = self.evaluator.config.module(self.evaluator.modules[instance.0].config);
        let mut all = BTreeMap::new();
        for name in config.outputs.keys() {
            all.insert(name.clone(), self.evaluator.output(instance, name)?);
        }
        Ok(Value::object(all))
    }

    fn resource(&mut self, name: &ResourceName, used: usize, steps: &[StepValue<'_>], span: Span) -> Resolved {
        declared::resource(self.declarations(), name, span)?;
        let Some(instances) = self.evaluator.objects.get(self.module, name) else {
            let marks = if name.mode == Mode::Ephemeral { Marks::EPHEMERAL } else { Marks::NONE };
            return Ok((Value::unknown(Type::Dynamic).marked(marks), used));
        };
        match (instances.kind, steps.get(used)) {
            (KeyKind::Unknown, _) => Ok((Value::unknown(Type::Dynamic), used)),
            (KeyKind::Single | KeyKind::Absent, _) => Ok((instances.whole(), used)),
            (kind, Some(StepValue::Attr(ident))) => {
                Err(declared::missing_key(&name.to_string(), repeated(kind), ident.span).into())
            }
            (kind, Some(StepValue::Index(key, span))) => match instance_key(kind, key) {
                Some(key) => match instances.one(&key) {
                    Some(value) => Ok((value.clone(), used + 1)),
                    None => Err(no_instance(name, &key, kind, instances.keys().count(), *span)),
                },
                None => Ok((instances.whole(), used)),
            },
            _ => Ok((instances.whole(), used)),
        }
    }

    fn each(&self, name: &str, span: Span) -> Resolved {
        declared::each((&self.each).into(), name, span)?;
        match &self.each {
            Each::ForEach { key, value } => Ok((if name == "key" { key.clone() } else { value.clone() }, 1)),
            _ => Err(declared::incomplete("each", span).into()),
        }
    }

    fn count(&self, name: &str, span: Span) -> Resolved {
        declared::count((&self.each).into(), name, span)?;
        match &self.each {
            Each::Count(index) => Ok((index.clone(), 1)),
            _ => Err(declared::incomplete("count", span).into()),
        }
    }

    fn path(&self, name: &str, span: Span) -> Resolved {
        declared::fixed("path", name, span)?;
        let text =
            |dir: &std::path::Path| if dir.as_os_str().is_empty() { ".".to_owned() } else { dir.display().to_string() };
        let path = match name {
            "module" => text(&self.declarations().dir),
            "root" => text(&self.evaluator.config.dir),
            _ => text(&self.evaluator.settings.working_dir),
        };
        Ok((Value::string(path), 1))
    }

    fn terraform(&self, name: &str, span: Span) -> Resolved {
        declared::fixed("terraform", name, span)?;
        if name == "workspace" {
            return Ok((Value::string(&self.evaluator.settings.workspace), 1));
        }
        let applying = Value::from(self.evaluator.settings.now.is_some());
        Ok((applying.marked(Marks::EPHEMERAL), 1))
    }
}

impl Names for Scope<'_, '_> {
    fn resolve(&mut self, root: &str, steps: &[StepValue<'_>], span: Span) -> Resolved {
        if root == "self" {
            return match &self.this {
                Some(value) => Ok((value.clone(), 0)),
                None => Err(declared::no_self(span).into()),
            };
        }
        let names: Vec<Option<&Arc<str>>> = steps
            .iter()
            .map(|step| match step {
                StepValue::Attr(ident) => Some(&ident.name),
                // An object's attribute may be written as an index.
                StepValue::Index(..) | StepValue::Splat { .. } => None,
            })
            .collect();
        let first = names.first().copied().flatten();
        if RESERVED.contains(&root) {
            let Some(first) = first else { return Err(declared::incomplete(root, span).into()) };
            let first_span = steps[0].span();
            return match root {
                "var" => self.variable(first, span),
                "local" => self.local(first, span),
                "module" => self.module_call(first, steps, span),
                "each" => self.each(first, first_span),
                "count" => self.count(first, first_span),
                "path" => self.path(first, first_span),
                _ => self.terraform(first, first_span),
            };
        }
        match references::resource_name(root, &names) {
            Some((name, used)) => self.resource(&name, used, steps, span),
            None => Err(declared::incomplete_resource(root, span).into()),
        }
    }

    fn call(&mut self, name: &str, args: &[Value], spans: &CallSpans<'_>) -> Evaluated {
        let settings = self.evaluator.settings.clone();
        with_context(&settings, false, &mut |context| match name.strip_prefix("provider::") {
            Some(rest) => self.provider_function(rest, context, args, spans),
            None => super::call::table(context, name, args, spans),
        })
    }
}

impl Scope<'_, '_> {
    fn provider_function(
        &self,
        name: &str,
        context: &functions::Context<'_>,
        args: &[Value],
        spans: &CallSpans<'_>,
    ) -> Evaluated {
        let function = name.split_once("::").and_then(|(local, name)| {
            // Unlike resources, functions have only the names that the module itself declares.
            let source = &self.declarations().required_providers.get(local)?.source;
            let provider = self.evaluator.providers.get(source)?;
            provider.functions().iter().find(|it| it.name == name)
        });
        let Some(function) = function else {
            return Err(self.unknown_provider_function(name).at(spans.name).into());
        };
        super::call::invoke(function, spans.called, context, args, spans)
    }

    fn unknown_provider_function(&self, name: &str) -> Diagnostic {
        let (local, last) = name.split_once("::").unwrap_or((name, ""));
        let source = self.evaluator.config.source(self.evaluator.modules[self.module.0].config, local);
        let detail = match self.evaluator.providers.get(&source) {
            Some(provider) => {
                let near = did_you_mean(last, provider.functions().iter().map(|it| it.name));
                format!("The provider {source} has no function named {last:?}.{near}")
            }
            None => format!("There is no provider {local:?} here whose function could be called."),
        };
        Diagnostic::error("Unknown provider function", detail)
    }
}

/// The one instance that stands for all in a validation, with everything about it unknown.
pub(super) fn validation_instances(repetition: &Repetition) -> Expansion {
    match repetition {
        Repetition::Single | Repetition::Enabled(_) => (KeyKind::Single, vec![(InstanceKey::None, Each::None)]),
        Repetition::Count(_) => {
            (KeyKind::Unknown, vec![(InstanceKey::Int(0), Each::Count(Value::unknown(Type::Number)))])
        }
        Repetition::ForEach(_) => {
            let each = Each::ForEach { key: Value::unknown(Type::String), value: Value::unknown(Type::Dynamic) };
            (KeyKind::Unknown, vec![(InstanceKey::Str("".into()), each)])
        }
    }
}

fn instance_key(kind: KeyKind, key: &Value) -> Option<InstanceKey> {
    match kind {
        KeyKind::Count => {
            let number = value::convert(key, &Type::Number).ok()?;
            let index = number.as_number()?.as_i64()?;
            u64::try_from(index).ok().map(InstanceKey::Int)
        }
        KeyKind::ForEach => {
            let text = value::convert(key, &Type::String).ok()?;
            text.as_str().map(|it| InstanceKey::Str(it.into()))
        }
        KeyKind::Single | KeyKind::Absent | KeyKind::Unknown => None,
    }
}

fn repeated(kind: KeyKind) -> Repeated {
    if kind == KeyKind::Count { Repeated::Count } else { Repeated::ForEach }
}

fn no_instance(name: &ResourceName, key: &InstanceKey, kind: KeyKind, count: usize, span: Span) -> Diagnostics {
    let detail = if kind == KeyKind::Count {
        format!(
            "The given index is greater than or equal to the length of the collection: {name} has {count} instances."
        )
    } else {
        format!("The given key does not identify an element in this collection value: {name} has no instance {key}.")
    };
    Diagnostic::error("Invalid index", detail).at(span).into()
}

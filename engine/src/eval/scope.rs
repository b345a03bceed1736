//! What an expression of a module instance may name, and what each name means.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::evaluator::Evaluator;
use super::expand::Expansion;
use super::expr::Evaluated;
use super::modules::{Each, ModuleId};
use super::names::{CallSpans, Names, StepValue};
use super::objects::KeyKind;
use super::render::with_context;
use crate::addr::{InstanceKey, ResourceName};
use crate::config::references::{self, RESERVED};
use crate::config::{Repetition, did_you_mean};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::functions;
use crate::source::Span;
use crate::value::{self, Type, Value};

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
        let declared = &self.declarations().variables;
        if !declared.contains_key(name) {
            let near = did_you_mean(name, declared.keys().map(|it| &**it));
            return Err(undeclared("input variable", "An input variable", name, &near, "variable", span));
        }
        self.evaluator.variable(self.module, name).map(|value| (value, 1))
    }

    fn local(&mut self, name: &Arc<str>, span: Span) -> Resolved {
        let declared = &self.declarations().locals;
        if !declared.contains_key(name) {
            let near = did_you_mean(name, declared.keys().map(|it| &**it));
            return Err(undeclared("local value", "A local value", name, &near, "locals", span));
        }
        self.evaluator.local(self.module, name).map(|value| (value, 1))
    }

    fn declarations(&self) -> &'c crate::config::Module {
        self.evaluator.config.module(self.evaluator.modules[self.module.0].config)
    }

    fn module_call(&mut self, name: &Arc<str>, steps: &[StepValue<'_>], span: Span) -> Resolved {
        let declared = &self.declarations().calls;
        let Some(call) = declared.get(name) else {
            let near = did_you_mean(name, declared.keys().map(|it| &**it));
            return Err(undeclared("module", "A module call", name, &near, "module", span));
        };
        let Some(found) = self.evaluator.modules[self.module.0].calls.get(name).cloned() else {
            return Ok((Value::unknown(Type::Dynamic), 1));
        };
        let child = call.child;
        let (instance, used) = match found.kind {
            KeyKind::Single => (found.instances.get(&InstanceKey::None).copied(), 1),
            KeyKind::Unknown => return Ok((Value::unknown(Type::Dynamic), 1)),
            KeyKind::Count | KeyKind::ForEach => match steps.get(1) {
                Some(StepValue::Index(key, _)) => match instance_key(found.kind, key) {
                    Some(key) => (found.instances.get(&key).copied(), 2),
                    None => (None, 1),
                },
                Some(StepValue::Attr(ident)) => return Err(missing_key("module", name, found.kind, ident.span)),
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
        let declared = &self.declarations().resources;
        if !declared.contains_key(name) {
            let names: Vec<String> = declared.keys().map(ToString::to_string).collect();
            let near = did_you_mean(&name.to_string(), names.iter().map(String::as_str));
            let module = match self.evaluator.module_addr(self.module) {
                root if root.is_root() => "the root module".to_owned(),
                addr => addr.path().to_string(),
            };
            let detail = format!(
                "A {} {:?} {:?} has not been declared in {module}.{near}",
                match name.mode {
                    crate::addr::Mode::Data => "data resource",
                    crate::addr::Mode::Ephemeral => "ephemeral resource",
                    crate::addr::Mode::Managed => "managed resource",
                },
                &*name.type_name,
                &*name.name
            );
            return Err(Diagnostic::error("Reference to undeclared resource", detail).at(span).into());
        }
        let Some(instances) = self.evaluator.objects.get(self.module, name) else {
            return Ok((Value::unknown(Type::Dynamic), used));
        };
        match (instances.kind, steps.get(used)) {
            (KeyKind::Unknown, _) => Ok((Value::unknown(Type::Dynamic), used)),
            (KeyKind::Single, _) => Ok((instances.whole(), used)),
            (kind, Some(StepValue::Attr(ident))) => Err(missing_key("resource", &name.to_string(), kind, ident.span)),
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
        let no = |detail: String| {
            Err(Diagnostic::error("Reference to \"each\" in context without for_each", detail).at(span).into())
        };
        match (&self.each, name) {
            (Each::ForEach { key, .. }, "key") => Ok((key.clone(), 1)),
            (Each::ForEach { value, .. }, "value") => Ok((value.clone(), 1)),
            (Each::ForEach { .. }, _) => Err(Diagnostic::error(
                "Invalid \"each\" attribute",
                format!("The \"each\" object does not have an attribute named {name:?}. The supported attributes are each.key and each.value."),
            )
            .at(span)
            .into()),
            _ => no("The \"each\" object can be used only in \"module\" or \"resource\" blocks, and only when the \"for_each\" argument is set.".into()),
        }
    }

    fn count(&self, name: &str, span: Span) -> Resolved {
        match &self.each {
            Each::Count(index) if name == "index" => Ok((index.clone(), 1)),
            Each::Count(_) => Err(Diagnostic::error(
                "Invalid \"count\" attribute",
                format!("The \"count\" object does not have an attribute named {name:?}. The only supported attribute is count.index."),
            )
            .at(span)
            .into()),
            _ => Err(Diagnostic::error(
                "Reference to \"count\" in non-counted context",
                "The \"count\" object can only be used in \"module\", \"resource\", and \"data\" blocks, and only when the \"count\" argument is set.",
            )
            .at(span)
            .into()),
        }
    }

    fn path(&self, name: &str, span: Span) -> Resolved {
        let text =
            |dir: &std::path::Path| if dir.as_os_str().is_empty() { ".".to_owned() } else { dir.display().to_string() };
        let path = match name {
            "module" => text(&self.declarations().dir),
            "root" => text(&self.evaluator.config.dir),
            "cwd" => text(&self.evaluator.settings.working_dir),
            _ => {
                let near = did_you_mean(name, ["cwd", "module", "root"]);
                let detail = format!("The \"path\" object does not have an attribute named {name:?}.{near}");
                return Err(Diagnostic::error("Invalid \"path\" attribute", detail).at(span).into());
            }
        };
        Ok((Value::string(path), 1))
    }

    fn terraform(&self, name: &str, span: Span) -> Resolved {
        match name {
            "workspace" => Ok((Value::string(&self.evaluator.settings.workspace), 1)),
            "applying" => {
                let applying = Value::from(self.evaluator.settings.now.is_some());
                Ok((applying.marked(value::Marks::EPHEMERAL), 1))
            }
            _ => {
                let near = did_you_mean(name, ["applying", "workspace"]);
                let detail = format!("The \"terraform\" object does not have an attribute named {name:?}.{near}");
                Err(Diagnostic::error("Invalid \"terraform\" attribute", detail).at(span).into())
            }
        }
    }
}

impl Names for Scope<'_, '_> {
    fn resolve(&mut self, root: &str, steps: &[StepValue<'_>], span: Span) -> Resolved {
        if root == "self" {
            return match &self.this {
                Some(value) => Ok((value.clone(), 0)),
                None => Err(Diagnostic::error(
                    "Invalid \"self\" reference",
                    "The \"self\" object is not available in this context. It stands for the object in provisioner, connection, and postcondition blocks.",
                )
                .at(span)
                .into()),
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
            let Some(first) = first else {
                let detail =
                    format!("The {root:?} object cannot be accessed directly. Instead, access one of its attributes.");
                return Err(Diagnostic::error("Invalid reference", detail).at(span).into());
            };
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
            None => {
                let detail = if matches!(root, "data" | "ephemeral" | "resource") {
                    format!(
                        "The {root:?} object must be followed by two attribute names: the resource type and the resource name."
                    )
                } else {
                    "A reference to a resource type must be followed by at least one attribute access, specifying the resource name.".to_owned()
                };
                Err(Diagnostic::error("Invalid reference", detail).at(span).into())
            }
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
            let source = self.evaluator.config.source(self.evaluator.modules[self.module.0].config, local);
            let provider = self.evaluator.providers.get(&source)?;
            provider.functions().iter().find(|it| it.name == name)
        });
        let Some(function) = function else {
            let detail = format!("There is no function named \"provider::{name}\".");
            return Err(Diagnostic::error("Call to unknown function", detail).at(spans.name).into());
        };
        super::call::invoke(function, name, context, args, spans)
    }
}

/// The one instance that stands for all in a validation, with everything about it unknown.
pub(super) fn validation_instances(repetition: &Repetition) -> Expansion {
    match repetition {
        Repetition::Single => (KeyKind::Single, vec![(InstanceKey::None, Each::None)]),
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
        KeyKind::Single | KeyKind::Unknown => None,
    }
}

fn undeclared(what: &str, article: &str, name: &str, near: &str, block: &str, span: Span) -> Diagnostics {
    let way_out = if near.is_empty() { format!(" Declare it with a {block} block.") } else { near.to_owned() };
    let detail = format!("{article} with the name {name:?} has not been declared in this module.{way_out}");
    Diagnostic::error(format!("Reference to undeclared {what}"), detail).at(span).into()
}

fn missing_key(what: &str, name: &str, kind: KeyKind, span: Span) -> Diagnostics {
    let (argument, example) = if kind == KeyKind::Count { ("count", "count.index") } else { ("for_each", "each.key") };
    let name = if what == "module" { format!("module.{name}") } else { name.to_owned() };
    let detail = format!(
        "Because {name} has {argument:?} set, its attributes must be accessed on specific instances. For example, to \
         correlate with indices of a referring resource, use: {name}[{example}]"
    );
    Diagnostic::error("Missing resource instance key", detail).at(span).into()
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

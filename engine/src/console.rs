//! Expressions against a configuration and its state, one at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::addr::{InstanceAddr, InstanceKey, Mode, ResourceAddr};
use crate::config::graph::{Node, Order};
use crate::config::{Config, Repetition, Variables};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::{
    CallSpans, Each, Evaluated, Evaluator, KeyKind, Names, Scope, Settings, StepValue, check_names_of, eval,
    root_variables,
};
use crate::functions;
use crate::plan::prior::PriorObjects;
use crate::plan::{Action, Plan};
use crate::provider::Providers;
use crate::source::{SourceMap, Span};
use crate::store::Snapshot;
use crate::syntax::ast::{Expr, ExprKind};
use crate::syntax::parse_expr;
use crate::value::{Type, Value};

pub use crate::syntax::is_incomplete;

/// Evaluates expressions in the root module, with resources as the state has them or as a plan will make them.
pub struct Console<'c> {
    evaluator: Evaluator<'c>,
}

/// What an expression gives.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// A value.
    Value(Value),
    /// The type of a value: what `type(value)` asks for.
    Type(Type),
}

/// Objects by the address of their resource.
pub(crate) type Objects = BTreeMap<ResourceAddr, BTreeMap<InstanceKey, Value>>;

impl<'c> Console<'c> {
    /// A console for a configuration. Variables without a value, and resources that the state does not have, are
    /// unknown.
    pub fn new(
        config: &'c Config,
        providers: &'c Providers,
        variables: &Variables,
        snapshot: &Snapshot,
        settings: Settings,
    ) -> (Self, Diagnostics) {
        let (objects, mut diagnostics) = stored(snapshot, providers);
        let (console, found) = Self::with_objects(config, providers, variables, objects, settings);
        diagnostics.extend(found);
        (console, diagnostics)
    }

    /// A console for what a plan will make: what only the apply can tell is unknown.
    pub fn of_plan(
        config: &'c Config,
        providers: &'c Providers,
        variables: &Variables,
        plan: &Plan,
        settings: Settings,
    ) -> (Self, Diagnostics) {
        Self::with_objects(config, providers, variables, planned(plan), settings)
    }

    fn with_objects(
        config: &'c Config,
        providers: &'c Providers,
        variables: &Variables,
        objects: Objects,
        settings: Settings,
    ) -> (Self, Diagnostics) {
        let values = root_variables(config, variables).unwrap_or_else(|_| {
            // Each for itself: one without a value does not take the others away.
            let one = |name: &Arc<str>| {
                let given = variables.get(name).cloned().into_iter().collect();
                crate::eval::root_variable(config, &Variables { given }, name).ok().map(|value| (name.clone(), value))
            };
            config.root().variables.keys().filter_map(one).collect()
        });
        let mut evaluator = Evaluator::new(config, providers, settings, values);
        let diagnostics = match Order::new(config) {
            Ok(order) => {
                seed(&mut evaluator, &order, objects, Absent::Unknown);
                Diagnostics::new()
            }
            Err(found) => found,
        };
        (Self { evaluator }, diagnostics)
    }

    /// The answer to an expression; its file is the only one of the sources.
    ///
    /// # Errors
    /// The expression is wrong.
    pub fn eval(&mut self, line: &str) -> Result<Answer, (SourceMap, Diagnostics)> {
        let mut sources = SourceMap::default();
        let file = sources.add("<console-input>", line);
        let (expr, mut found) = parse_expr(file, line, 0);
        if !found.has_errors() {
            found.extend(check_names_of(&expr, self.evaluator.config, self.evaluator.providers));
        }
        if found.has_errors() {
            return Err((sources, found));
        }
        let (asked, wants_type) = match type_argument(&expr) {
            Some(argument) => (argument, true),
            None => (&expr, false),
        };
        let scope = Scope::new(&mut self.evaluator, Evaluator::ROOT, &Each::None, None);
        match eval(asked, &mut ConsoleNames(scope), None) {
            Ok(value) if wants_type => Ok(Answer::Type(value.ty())),
            Ok(value) => Ok(Answer::Value(value)),
            Err(found) => Err((sources, found)),
        }
    }

    /// Everything that an expression can begin with, for a prompt that completes: functions with their parenthesis,
    /// and references down to the attributes of resources. Sorted.
    pub fn names(&self) -> Vec<String> {
        let root = self.evaluator.config.root();
        let mut names: BTreeSet<String> = functions::all().map(|it| format!("{}(", it.name)).collect();
        names.extend(["can(", "try(", "type(", "path.cwd", "path.module", "path.root"].map(String::from));
        names.insert("terraform.workspace".into());
        names.extend(root.variables.keys().map(|it| format!("var.{it}")));
        names.extend(root.locals.keys().map(|it| format!("local.{it}")));
        for (name, call) in &root.calls {
            let outputs = self.evaluator.config.module(call.child).outputs.keys();
            let one = if call.repetition.expr().is_some() { "[" } else { "." };
            names.insert(format!("module.{name}"));
            if one == "." {
                names.extend(outputs.map(|it| format!("module.{name}.{it}")));
            }
        }
        for (name, resource) in &root.resources {
            names.insert(name.to_string());
            if resource.repetition.expr().is_none() {
                names.extend(self.attributes(name).into_iter().map(|it| format!("{name}.{it}")));
            }
        }
        names.into_iter().collect()
    }

    fn attributes(&self, name: &crate::addr::ResourceName) -> Vec<Arc<str>> {
        let source = self.evaluator.provider_of(Evaluator::ROOT, name).source;
        let Some(provider) = self.evaluator.providers.get(&source) else { return Vec::new() };
        let schema = match name.mode {
            Mode::Managed => provider.resource_type(&name.type_name).map(|it| it.schema()),
            _ => provider.data_source(&name.type_name),
        };
        let block = schema.map(|it| &it.block);
        block.map(|it| it.attributes.keys().chain(it.blocks.keys()).cloned().collect()).unwrap_or_default()
    }
}

/// The objects of a state.
pub(crate) fn stored(snapshot: &Snapshot, providers: &Providers) -> (Objects, Diagnostics) {
    let (prior, mut diagnostics) = PriorObjects::new(snapshot, providers);
    if let Err(found) = prior.decode(|_| true) {
        diagnostics.extend(found);
    }
    let mut objects = Objects::new();
    for (key, object) in prior.iter().filter(|(key, _)| key.deposed.is_none()) {
        if let Ok(value) = object.value(key) {
            let of_resource = objects.entry(resource_of(&key.addr)).or_default();
            of_resource.insert(key.addr.key.clone(), value.clone());
        }
    }
    (objects, diagnostics)
}

/// Objects as a plan leaves them, data sources among them.
pub(crate) fn planned(plan: &Plan) -> Objects {
    let mut objects = Objects::new();
    for read in plan.refreshed.iter().filter(|it| it.object.addr.resource.mode == Mode::Data) {
        if let Some(value) = &read.value {
            let of_resource = objects.entry(resource_of(&read.object.addr)).or_default();
            of_resource.insert(read.object.addr.key.clone(), value.clone());
        }
    }
    let leaves = |it: &Action| matches!(it, Action::Delete | Action::Forget);
    for change in plan.changes.iter().filter(|it| it.object.deposed.is_none() && !leaves(&it.action)) {
        let addr = &change.object.addr;
        objects.entry(resource_of(addr)).or_default().insert(addr.key.clone(), change.after.clone());
    }
    objects
}

fn resource_of(addr: &InstanceAddr) -> ResourceAddr {
    ResourceAddr { module: addr.module.clone(), resource: addr.resource.clone() }
}

/// The argument of `type` when that is all that the expression is.
fn type_argument(expr: &Expr) -> Option<&Expr> {
    match &expr.kind {
        ExprKind::Parens(inner) | ExprKind::Wrapped(inner) => type_argument(inner),
        ExprKind::Call(call) if is_type(&call.name.name) && !call.expand_last => match call.args.as_slice() {
            [argument] => Some(argument),
            _ => None,
        },
        _ => None,
    }
}

fn is_type(name: &str) -> bool {
    matches!(name, "type" | "core::type")
}

/// The names of the root module, and `type`, which only the console has.
struct ConsoleNames<'e, 'c>(Scope<'e, 'c>);

impl Names for ConsoleNames<'_, '_> {
    fn resolve(&mut self, root: &str, steps: &[StepValue<'_>], span: Span) -> Result<(Value, usize), Diagnostics> {
        self.0.resolve(root, steps, span)
    }

    fn call(&mut self, name: &str, args: &[Value], spans: &CallSpans<'_>) -> Evaluated {
        if !is_type(name) {
            return self.0.call(name, args, spans);
        }
        let (summary, detail) = match args.len() {
            0 => (
                "Not enough function arguments",
                "Function \"type\" expects 1 argument(s). Missing value for \"value\".".to_owned(),
            ),
            1 => (
                "Invalid use of type function",
                "A type is no value, so type(…) cannot be a part of an expression: it must be all that the line says."
                    .to_owned(),
            ),
            _ => ("Too many function arguments", "Function \"type\" expects only 1 argument(s).".to_owned()),
        };
        Err(Diagnostic::error(summary, detail).at(spans.call).into())
    }
}

/// What a block without objects is, where `count` or `for_each` may have made none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Absent {
    /// It may not be made yet.
    Unknown,
    /// All there is was made.
    Nothing,
}

/// Gives every resource the values that it has, module by module.
pub(crate) fn seed(evaluator: &mut Evaluator<'_>, order: &Order, mut objects: Objects, absent: Absent) {
    for node in order.nodes() {
        match node {
            Node::Expand(module) => {
                if let Err(found) = evaluator.expand_module(*module) {
                    tracing::debug!(?found, "a module was not expanded for the console");
                }
            }
            Node::Resource(module, name) => {
                for instance in evaluator.instances_of(*module) {
                    let values = objects.remove(&evaluator.resource_addr(instance, name)).unwrap_or_default();
                    let kind = match (&evaluator.block(instance, name).repetition, absent) {
                        (Repetition::Count(_), Absent::Nothing) if values.is_empty() => KeyKind::Count,
                        (Repetition::ForEach(_), Absent::Nothing) if values.is_empty() => KeyKind::ForEach,
                        _ => KeyKind::of(values.keys().next()),
                    };
                    evaluator.objects.declare(instance, name, kind, values);
                }
            }
            _ => {}
        }
    }
    evaluator.forget_unknown();
}

#[cfg(test)]
mod tests {
    use super::is_incomplete;

    #[test]
    fn an_open_bracket_or_heredoc_goes_on_in_the_next_line() {
        for text in ["[", "{ a = [1,", "upper(", "<<EOT", "<<EOT\nx", "\"${upper(", "[ # ]", "{\n}, {"] {
            assert!(is_incomplete(text), "{text}");
        }
        for text in ["", "1", "[]", "]", "\"a", "[\"]\"]", "<<EOT\nx\nEOT", ")(", "\"[\""] {
            assert!(!is_incomplete(text), "{text}");
        }
    }
}

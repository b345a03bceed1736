//! The judgement of a run: assertions against what was planned or made, and failures that were expected.

use std::sync::Arc;

use super::Table;
use super::file::{Run, TestFile};
use crate::config::graph::Order;
use crate::config::{Condition, Config, Variables};
use crate::console;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::eval::{self, CallSpans, Evaluated, Evaluator, Names, Scope, Settings, StepValue, root_variables};
use crate::plan::Plan;
use crate::provider::Providers;
use crate::source::Span;
use crate::store::Snapshot;
use crate::value::{self, Type, Value};

/// What assertions are held against.
pub enum Found<'a> {
    /// A plan.
    Planned(&'a Plan),
    /// A state.
    Applied(&'a Snapshot),
}

/// Evaluates expressions of a run.
pub struct Judge<'c> {
    evaluator: Evaluator<'c>,
    variables: Table,
    runs: Table,
}

impl<'c> Judge<'c> {
    /// A judge of what was found. `variables` are all that the file knows, `runs` the outputs of earlier runs by name.
    ///
    /// # Errors
    /// What was found cannot be read.
    pub fn new(
        (config, providers): (&'c Config, &'c Providers),
        given: &Variables,
        settings: Settings,
        found: &Found<'_>,
        (variables, runs): (Table, Table),
    ) -> Result<Self, Diagnostics> {
        let values = root_variables(config, given)?;
        let order = Order::new(config)?;
        let mut evaluator = Evaluator::new(config, providers, settings, values);
        let objects = match found {
            Found::Planned(plan) => console::planned(plan),
            Found::Applied(snapshot) => {
                let (objects, found) = console::stored(snapshot, providers);
                if found.has_errors() {
                    return Err(found);
                }
                objects
            }
        };
        console::seed(&mut evaluator, &order, objects, console::Absent::Nothing);
        Ok(Self { evaluator, variables, runs })
    }

    /// Holds an assertion; the diagnostic is that of one which does not hold.
    ///
    /// # Errors
    /// It cannot be evaluated.
    pub fn assert(&mut self, condition: &Condition) -> Result<Option<Diagnostic>, Diagnostic> {
        let span = condition.condition.span;
        let held = self.eval(&condition.condition).map_err(first)?;
        let wrong = |detail: &str| Diagnostic::error("Invalid condition run", detail.to_owned()).at(span);
        if held.is_null() {
            return Err(wrong("Invalid condition run result: it is null, and must be true or false."));
        }
        let held = value::convert(&held, &Type::Bool)
            .map_err(|error| self.explain(wrong(&format!("Invalid condition run value: {error}.")), condition))?;
        match held.as_bool() {
            Some(true) => Ok(None),
            None => Err(Diagnostic::error(
                "Unknown condition value",
                "The condition cannot be evaluated yet: this run only plans, and a value that the condition needs is \
                 known after an apply. Take the value out of the condition, let the run apply (command = apply), or give \
                 the value in an override with override_during = plan.",
            )
            .at(span)),
            Some(false) => {
                let message = self.eval(&condition.error_message).map_err(first)?;
                let text = value::convert(&message, &Type::String).ok();
                let text = match text.as_ref().and_then(Value::as_str) {
                    Some(_) if message.is_sensitive() => {
                        "The message has a sensitive value in it and is not shown.".to_owned()
                    }
                    Some(text) => text.to_owned(),
                    None => "The assertion does not hold, and its message is no text.".to_owned(),
                };
                Ok(Some(self.explain(Diagnostic::error("Test assertion failed", text).at(span), condition)))
            }
        }
    }

    /// Outputs of the root module, for later runs: those that can be evaluated.
    pub fn outputs(&mut self) -> Value {
        let names: Vec<Arc<str>> = self.evaluator.config.root().outputs.keys().cloned().collect();
        let value = |name: Arc<str>| Some((name.clone(), self.evaluator.output(Evaluator::ROOT, &name).ok()?));
        Value::object(names.into_iter().filter_map(value))
    }

    fn explain(&mut self, it: Diagnostic, condition: &Condition) -> Diagnostic {
        let (variables, runs) = (&self.variables, &self.runs);
        let mut names = TestNames { evaluator: &mut self.evaluator, variables, runs, objects: true };
        eval::explain(it, &condition.condition, &mut names, None)
    }

    fn eval(&mut self, expr: &crate::syntax::ast::Expr) -> Evaluated {
        let (variables, runs) = (&self.variables, &self.runs);
        eval::eval(expr, &mut TestNames { evaluator: &mut self.evaluator, variables, runs, objects: true }, None)
    }
}

fn first(found: Diagnostics) -> Diagnostic {
    let unknown = || Diagnostic::error("Invalid condition", "The condition cannot be evaluated.");
    found.into_iter().find(Diagnostic::is_error).unwrap_or_else(unknown)
}

/// Values of the variables of a run: those of the file, then those of the run, which may refer to the former and to
/// the outputs of earlier runs. `global` are those from outside.
///
/// # Errors
/// An expression is wrong.
pub fn variable_values(
    evaluator: &mut Evaluator<'_>,
    (file, run): (&TestFile, Option<&Run>),
    global: &Table,
    runs: &Table,
) -> Result<Table, Diagnostics> {
    let mut all = global.clone();
    let mut found = Diagnostics::new();
    for level in [Some(&file.variables), run.map(|it| &it.variables)].into_iter().flatten() {
        let outer = all.clone();
        for (name, expr) in level {
            let mut names = TestNames { evaluator, variables: &outer, runs, objects: false };
            match eval::eval(expr, &mut names, None) {
                Ok(value) => {
                    all.insert(name.clone(), value);
                }
                Err(more) => found.extend(more),
            }
        }
    }
    if found.has_errors() { Err(found) } else { Ok(all) }
}

/// Evaluates an expression of a mock or an override.
pub(super) fn plain(
    evaluator: &mut Evaluator<'_>,
    expr: &crate::syntax::ast::Expr,
    variables: &Table,
    runs: &Table,
) -> Evaluated {
    eval::eval(expr, &mut TestNames { evaluator, variables, runs, objects: false }, None)
}

/// Sorts what a run said into what its `expect_failures` allow and the rest, and adds what was expected and did not come.
/// A check that was not expected to fail is an error here.
pub fn expected(run: &Run, said: Diagnostics) -> Verdict {
    const CONDITIONS: [&str; 5] = [
        "Invalid value for variable",
        "Resource precondition failed",
        "Resource postcondition failed",
        "Module output value precondition failed",
        "Check block assertion failed",
    ];
    let mut met = vec![false; run.expect_failures.len()];
    let mut verdict = Verdict::default();
    for mut it in said {
        let hit = it.address.as_deref().filter(|_| CONDITIONS.contains(&it.summary.as_str())).and_then(|address| {
            run.expect_failures.iter().position(|(wanted, _)| {
                address.strip_prefix(wanted.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('['))
            })
        });
        match hit {
            Some(at) => {
                met[at] = true;
                verdict.allowed.push(it);
            }
            None => {
                if it.summary == "Check block assertion failed" {
                    it.severity = Severity::Error;
                }
                verdict.rest.push(it);
            }
        }
    }
    for ((wanted, span), _) in run.expect_failures.iter().zip(&met).filter(|(_, met)| !**met) {
        let detail = format!("The checkable object, {wanted}, was expected to report an error but did not.");
        verdict.missing.push(Diagnostic::error("Missing expected failure", detail).at(*span));
    }
    verdict
}

/// What became of the expectations of a run.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Failures that were expected.
    pub allowed: Diagnostics,
    /// Everything else that was said.
    pub rest: Diagnostics,
    /// Failures that were expected and did not come.
    pub missing: Diagnostics,
}

struct TestNames<'e, 'c> {
    evaluator: &'e mut Evaluator<'c>,
    variables: &'e Table,
    runs: &'e Table,
    /// Whether objects and outputs of the module under test may be named.
    objects: bool,
}

impl Names for TestNames<'_, '_> {
    fn resolve(&mut self, root: &str, steps: &[StepValue<'_>], span: Span) -> Result<(Value, usize), Diagnostics> {
        let name = match steps.first() {
            Some(StepValue::Attr(ident)) => Some(&ident.name),
            _ => None,
        };
        match (root, name) {
            ("run", Some(name)) => self.runs.get(name).map(|it| (it.clone(), 1)).ok_or_else(|| {
                let near = crate::config::did_you_mean(name, self.runs.keys().map(|it| &**it));
                let detail = format!(
                    "There is no run block named {name:?} before this one in the file, or it did not finish.{near}"
                );
                Diagnostic::error("Reference to unknown run block", detail).at(span).into()
            }),
            ("var", Some(name)) if self.variables.contains_key(name) => Ok((self.variables[name].clone(), 1)),
            ("var", Some(name)) if !self.objects => {
                let near = crate::config::did_you_mean(name, self.variables.keys().map(|it| &**it));
                let detail = format!("The variable {name:?} has no value here.{near}");
                Err(Diagnostic::error("Reference to unavailable variable", detail).at(span).into())
            }
            ("output", Some(name)) if self.objects => {
                let declared = &self.evaluator.config.root().outputs;
                if !declared.contains_key(name) {
                    let near = crate::config::did_you_mean(name, declared.keys().map(|it| &**it));
                    let detail = format!("The module has no output named {name:?}.{near}");
                    return Err(Diagnostic::error("Reference to undeclared output value", detail).at(span).into());
                }
                self.evaluator.output(Evaluator::ROOT, name).map(|value| (value, 1))
            }
            _ if self.objects => Scope::of_module(self.evaluator, Evaluator::ROOT).resolve(root, steps, span),
            _ => {
                let detail =
                    "Only variables (var.NAME) and outputs of earlier runs (run.NAME.OUTPUT) can be named here.";
                Err(Diagnostic::error("Invalid reference", detail).at(span).into())
            }
        }
    }

    fn call(&mut self, name: &str, args: &[Value], spans: &CallSpans<'_>) -> Evaluated {
        Scope::of_module(self.evaluator, Evaluator::ROOT).call(name, args, spans)
    }
}

//! Expressions that must be known before anything is planned, such as the source of a module: variables and local
//! values of the module, without resources and without outputs.

use std::sync::Arc;

use super::evaluator::Settings;
use super::expr::{Evaluated, eval};
use super::names::{CallSpans, Names, StepValue};
use super::render::with_context;
use super::variables::{final_value, variable_of_root};
use crate::config::{Config, Module, Variables};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Span;
use crate::syntax::ast::Expr;
use crate::value::{Marks, Value};

/// Local values and arguments of calls may lead to each other so often.
const MAX_DEPTH: usize = 100;

/// Where a static expression stands.
#[derive(Clone, Copy)]
pub struct StaticPlace<'a> {
    /// The modules that call the one of the expression; it need not be among them itself.
    pub config: &'a Config,
    /// The module of the expression.
    pub module: &'a Module,
    /// Values of the root module's variables from outside.
    pub given: &'a Variables,
}

/// The value of an expression that may name variables, local values and paths only.
///
/// # Errors
/// It names something else, is sensitive or ephemeral, or is wrong otherwise.
pub fn static_value(place: StaticPlace<'_>, expr: &Expr) -> Evaluated {
    let value = eval(expr, &mut StaticNames { place, depth: 0 }, None)?;
    let marks = value.deep_marks();
    if marks.has(Marks::SENSITIVE) || marks.has(Marks::EPHEMERAL) {
        let detail = "What stands here is written to files and shown, so it cannot come from sensitive or ephemeral \
                      values.";
        return Err(Diagnostic::error("Secret value not allowed here", detail).at(expr.span).into());
    }
    Ok(value)
}

struct StaticNames<'a> {
    place: StaticPlace<'a>,
    depth: usize,
}

impl Names for StaticNames<'_> {
    fn resolve(&mut self, root: &str, steps: &[StepValue<'_>], span: Span) -> Result<(Value, usize), Diagnostics> {
        let name = match steps.first() {
            Some(StepValue::Attr(ident)) => Some(&ident.name),
            _ => None,
        };
        let value = match (root, name) {
            ("var", Some(name)) => self.variable(name, span),
            ("local", Some(name)) => self.local(name, span),
            ("path", Some(name)) => self.path(name, span),
            _ => {
                let detail = "This place must be known before anything is planned, so it can name variables and local \
                              values only.";
                Err(Diagnostic::error("Variables not allowed", detail).at(span).into())
            }
        };
        value.map(|value| (value, 1))
    }

    fn call(&mut self, name: &str, args: &[Value], spans: &CallSpans<'_>) -> Evaluated {
        let settings = Settings {
            working_dir: std::env::current_dir().unwrap_or_default(),
            workspace: "default".into(),
            plan_time: String::new(),
            now: None,
            validating: false,
        };
        with_context(&settings, false, &mut |context| super::call::table(context, name, args, spans))
    }
}

impl StaticNames<'_> {
    fn variable(&self, name: &Arc<str>, span: Span) -> Evaluated {
        let StaticPlace { config, module, given } = self.place;
        let Some(variable) = module.variables.get(name) else {
            return Err(undeclared("input variable", name, span));
        };
        let mut marks = Marks::NONE;
        if variable.sensitive {
            marks = marks.and(Marks::SENSITIVE);
        }
        if variable.ephemeral {
            marks = marks.and(Marks::EPHEMERAL);
        }
        let call = module.parent.zip(module.path.0.last());
        let value = match call {
            None => variable_of_root(variable, given, name)?,
            Some((parent, called)) => {
                let caller = config.module(parent);
                let argument = caller.calls.get(called).and_then(|call| call.arguments.get(name));
                let inner = StaticPlace { module: caller, ..self.place };
                let value = argument.map(|expr| self.inside(inner, expr, span)).transpose()?;
                final_value(variable, name, value, Some(span))?
            }
        };
        Ok(value.marked(marks))
    }

    fn local(&self, name: &Arc<str>, span: Span) -> Evaluated {
        let Some(local) = self.place.module.locals.get(name) else {
            return Err(undeclared("local value", name, span));
        };
        self.inside(self.place, &local.expr, span)
    }

    fn inside(&self, place: StaticPlace<'_>, expr: &Expr, span: Span) -> Evaluated {
        if self.depth >= MAX_DEPTH {
            let detail = "The value leads through more local values than can be followed. Do they lead in a circle?";
            return Err(Diagnostic::error("Cycle", detail).at(span).into());
        }
        let depth = self.depth + 1;
        stacker::maybe_grow(64 * 1024, 1024 * 1024, || eval(expr, &mut StaticNames { place, depth }, None))
    }

    fn path(&self, name: &str, span: Span) -> Evaluated {
        let shown =
            |dir: &std::path::Path| if dir.as_os_str().is_empty() { ".".into() } else { dir.display().to_string() };
        let path = match name {
            "module" => shown(&self.place.module.dir),
            "root" => shown(&self.place.config.dir),
            "cwd" => shown(&std::env::current_dir().unwrap_or_default()),
            _ => {
                let detail = format!("The \"path\" object does not have an attribute named {name:?}.");
                return Err(Diagnostic::error("Invalid \"path\" attribute", detail).at(span).into());
            }
        };
        Ok(Value::string(&path))
    }
}

fn undeclared(what: &str, name: &str, span: Span) -> Diagnostics {
    let detail = format!("The module declares no {what} of the name {name:?}.");
    Diagnostic::error(format!("Reference to undeclared {what}"), detail).at(span).into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::config::{GivenVariable, VariableOrigin, VariableText, load_sources_given};

    fn dirs(files: &[(&str, &str)], given: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
        let sources: BTreeMap<PathBuf, Arc<str>> =
            files.iter().map(|(path, text)| (PathBuf::from(path), Arc::from(*text))).collect();
        let given = given.iter().map(|(name, text)| GivenVariable {
            name: Arc::from(*name),
            value: VariableText::Text(Arc::from(*text)),
            origin: VariableOrigin::Argument,
        });
        let (config, found) = load_sources_given(Path::new("."), &sources, &Variables { given: given.collect() });
        let dirs = config.modules.iter().map(|it| it.dir.display().to_string()).collect();
        (dirs, found.into_iter().map(|it| it.summary).collect())
    }

    const ROOT: &str = "variable \"kind\" {\n  default = \"a\"\n}\nlocals {\n  dir = \"./mods/${lower(var.kind)}\"\n}\n\
                        module \"m\" {\n  source = local.dir\n  next   = \"./b\"\n}\n";
    const CALLED: &str = "variable \"next\" {}\nmodule \"n\" {\n  source = var.next\n}\n";

    #[test]
    fn sources_follow_variables_and_local_values() {
        let files = [("main.tf", ROOT), ("mods/a/main.tf", CALLED), ("mods/c/main.tf", CALLED), ("mods/a/b/x.tf", "")];
        assert_eq!(dirs(&files, &[]).0, [".", "mods/a", "mods/a/b"]);
        let files = [("main.tf", ROOT), ("mods/c/main.tf", CALLED), ("mods/c/b/x.tf", "")];
        assert_eq!(dirs(&files, &[("kind", "C")]).0, [".", "mods/c", "mods/c/b"]);
    }

    #[test]
    fn what_is_not_known_before_planning_is_refused() {
        let source = |text: &str| {
            format!("locals {{\n  a = local.b\n  b = local.a\n}}\nmodule \"m\" {{\n  source = {text}\n}}\n")
        };
        for (text, summary) in [
            ("a_b.c.d", "Variables not allowed"),
            ("local.a", "Cycle"),
            ("var.nosuch", "Reference to undeclared input variable"),
            ("sensitive(\"./x\")", "Secret value not allowed here"),
        ] {
            assert_eq!(dirs(&[("main.tf", &source(text))], &[]).1, [summary], "{text}");
        }
    }
}

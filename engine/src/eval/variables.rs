//! Values of variables: from text or a given value to the value that expressions see.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::expr::{Evaluated, eval};
use super::names::Constants;
use crate::config::{Config, GivenVariable, Variable, VariableOrigin, VariableText, Variables};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::{SourceMap, Span};
use crate::syntax::parse_expr;
use crate::value::{self, Type, Value};

/// Final values of all variables of the root module.
///
/// # Errors
/// A required variable has no value, or a value does not fit its type.
pub fn root_variables(config: &Config, given: &Variables) -> Result<BTreeMap<Arc<str>, Value>, Diagnostics> {
    let mut values = BTreeMap::new();
    let mut diagnostics = Diagnostics::new();
    for name in config.root().variables.keys() {
        match root_variable(config, given, name) {
            Ok(value) => {
                values.insert(name.clone(), value);
            }
            Err(found) => diagnostics.extend(found),
        }
    }
    if diagnostics.has_errors() { Err(diagnostics) } else { Ok(values) }
}

/// The final value of one variable that the root module declares.
///
/// # Errors
/// It is required and has no value, or the value does not fit its type.
pub fn root_variable(config: &Config, given: &Variables, name: &Arc<str>) -> Evaluated {
    variable_of_root(&config.root().variables[name], given, name)
}

/// The same by the declaration alone.
pub(super) fn variable_of_root(variable: &Variable, given: &Variables, name: &Arc<str>) -> Evaluated {
    let value = match given.get(name) {
        Some(given) => read_given(variable, given).and_then(|value| final_value(variable, name, Some(value), None)),
        None if variable.default.is_none() => Err(missing(name, variable).into()),
        None => final_value(variable, name, None, None),
    };
    value.map_err(|found| found.into_iter().map(|it| it.at(variable.span)).collect())
}

/// The value that was given for a variable, before its declaration makes another of it; the default where none was
/// given, and `None` where there is none either.
pub fn given_value(config: &Config, given: &Variables, name: &Arc<str>) -> Option<Value> {
    let variable = &config.root().variables[name];
    match given.get(name) {
        Some(given) => read_given(variable, given).ok(),
        None => variable.default.clone(),
    }
}

fn missing(name: &str, variable: &Variable) -> Diagnostic {
    let detail = format!(
        "The root module input variable {name:?} is not set, and has no default value. Set it with -var={name}=…, in a \
         .tfvars file, or as TF_VAR_{name} in the environment."
    );
    Diagnostic::error("No value for required variable", detail).at(variable.span)
}

/// Text from the command line or the environment is an expression for complex types, and itself otherwise.
fn read_given(variable: &Variable, given: &GivenVariable) -> Evaluated {
    let text = match &given.value {
        VariableText::Value(value) => return Ok(value.clone()),
        VariableText::Text(text) => text,
    };
    if !variable.typed || variable.constraint.ty.is_primitive() {
        return Ok(Value::string(text));
    }
    let origin = match given.origin {
        VariableOrigin::Environment => format!("TF_VAR_{}", given.name),
        VariableOrigin::Prompt => format!("the value typed for var.{}", given.name),
        _ => format!("-var={}=…", given.name),
    };
    let mut sources = SourceMap::default();
    let file = sources.add(&origin, &**text);
    let (expr, found) = parse_expr(file, text, 0);
    let value = if found.has_errors() { Err(found) } else { eval(&expr, &mut Constants, None) };
    value.map_err(|found| {
        let details = found.into_iter().map(|it| {
            let mut diagnostic = Diagnostic::error(it.summary, format!("In {origin}: {}", it.detail));
            diagnostic.values = it.values;
            diagnostic.function = it.function;
            diagnostic
        });
        details.collect()
    })
}

/// The value that a variable has when `given` is passed to it: defaults filled in, converted to the type.
///
/// # Errors
/// The value does not fit the type, or is null where the variable is not nullable.
pub fn final_value(variable: &Variable, name: &str, given: Option<Value>, span: Option<Span>) -> Evaluated {
    let given = match given {
        Some(value) if !value.is_null() || variable.nullable => value,
        Some(_) if variable.default.is_none() => {
            let detail = format!(
                "The value given for var.{name} is null, and the variable is not nullable and has no default. Give it \
                 another value."
            );
            return Err(Diagnostic::error("Required variable not set", detail).at_opt(span).into());
        }
        _ => return Ok(variable.default.clone().unwrap_or_else(|| Value::null(Type::Dynamic))),
    };
    let filled = match &variable.constraint.defaults {
        Some(defaults) => value::apply_defaults(given, defaults),
        None => given,
    };
    value::convert(&filled, &variable.constraint.ty).map_err(|error| {
        let place = if error.path.0.is_empty() { String::new() } else { format!(".{}", error.path) };
        let detail = format!("The given value is not suitable for var.{name}{place}: {}.", error.reason);
        invalid(detail, span)
    })
}

fn invalid(detail: String, span: Option<Span>) -> Diagnostics {
    Diagnostic::error("Invalid value for input variable", detail).at_opt(span).into()
}

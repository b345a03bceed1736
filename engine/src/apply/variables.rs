//! The root module's variables in an apply: as the plan was made with them, those that it does not hold as given again.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::{Config, Variables};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::{final_value, root_variable};
use crate::plan::Plan;
use crate::value::Value;

/// The values that a plan was made with; those that it does not hold, because they are ephemeral, as given again.
///
/// # Errors
/// One that the plan was made with and does not hold is not given, or does not fit its type.
pub fn values(config: &Config, given: &Variables, plan: &Plan) -> Result<BTreeMap<Arc<str>, Value>, Diagnostics> {
    let mut values = BTreeMap::new();
    let mut found = Diagnostics::new();
    for (name, variable) in &config.root().variables {
        let again = variable.ephemeral && given.get(name).is_some();
        let value = match plan.variables.get(name).filter(|_| !again) {
            Some(planned) => final_value(variable, name, Some(planned.clone()), Some(variable.span)),
            None if variable.ephemeral && !again => {
                let detail = format!(
                    "The ephemeral input variable {name:?} was set during the plan phase, and so must also be set during \
                     the apply phase: plans never hold such values. Set it with -var={name}=…, in a .tfvars file, or as \
                     TF_VAR_{name} in the environment."
                );
                Err(Diagnostic::error("No value for required variable", detail).at(variable.span).into())
            }
            None => root_variable(config, given, name),
        };
        match value {
            Ok(value) => {
                values.insert(name.clone(), value);
            }
            Err(errors) => found.extend(errors),
        }
    }
    if found.has_errors() { Err(found) } else { Ok(values) }
}

//! `variable` blocks.

use super::blocks::{flag, take, text};
use super::conditions::condition;
use super::content::{self, Shape};
use super::module::{Condition, Variable};
use super::references;
use super::type_expr;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::syntax::ast::{Attribute, Block, Ident};
use crate::value::{self, Constraint, Type, Value};

/// Names that mean something else in a `module` block, so that no variable could be set there.
const RESERVED: [&str; 8] =
    ["source", "version", "providers", "count", "for_each", "lifecycle", "depends_on", "locals"];

/// Reads a block; its faults are among the diagnostics.
pub(super) fn read(block: &Block, diagnostics: &mut Diagnostics) -> Variable {
    const SHAPE: Shape = Shape {
        optional: &["type", "default", "description", "sensitive", "ephemeral", "nullable", "deprecated"],
        required: &[],
        blocks: &[("validation", &[])],
        open: false,
    };
    let content = content::read(&block.body, &SHAPE, block.header, diagnostics);
    let label = &block.labels[0];
    if RESERVED.contains(&&*label.name) {
        let detail = format!(
            "{:?} means something else in a module block, so the variable could not be set there. Give it another name.",
            label.name
        );
        diagnostics.push(Diagnostic::error("Invalid variable name", detail).at(label.span));
    }
    let typed = content.attribute("type");
    let constraint = typed.and_then(|it| take(type_expr::read(&it.expr), diagnostics));
    let constraint = constraint.unwrap_or(Constraint { ty: Type::Dynamic, defaults: None });
    let nullable = flag(&content, "nullable", true, diagnostics);
    let default = content.attribute("default").and_then(|it| default_value(it, &constraint, nullable, diagnostics));
    Variable {
        typed: typed.is_some(),
        constraint,
        default,
        description: text(&content, "description", diagnostics),
        sensitive: flag(&content, "sensitive", false, diagnostics),
        ephemeral: flag(&content, "ephemeral", false, diagnostics),
        nullable,
        validations: content.blocks("validation").filter_map(|it| validation(it, label, diagnostics)).collect(),
        deprecated: text(&content, "deprecated", diagnostics),
        span: block.header,
    }
}

/// A rule must look at its own variable: it is about the value that is given.
fn validation(block: &Block, label: &Ident, diagnostics: &mut Diagnostics) -> Option<Condition> {
    let rule = condition(block, diagnostics)?;
    let own = references::Reference::Variable(label.name.clone());
    if !references::of_expr(&rule.condition).contains(&own) {
        let detail = format!(
            "The condition of a validation of variable {0:?} must refer to var.{0}: it tests the value that is given.",
            label.name
        );
        let summary = "Invalid variable validation condition";
        diagnostics.push(Diagnostic::error(summary, detail).at(rule.condition.span));
    }
    Some(rule)
}

fn default_value(
    attribute: &Attribute,
    constraint: &Constraint,
    nullable: bool,
    diagnostics: &mut Diagnostics,
) -> Option<Value> {
    let given = take(crate::eval::constant(&attribute.expr), diagnostics)?;
    let filled = match &constraint.defaults {
        Some(defaults) if !given.is_null() => value::apply_defaults(given, defaults),
        _ => given,
    };
    match value::convert(&filled, &constraint.ty) {
        Ok(value) if value.is_null() && !nullable => {
            let detail = "The default value is null, but the variable is not nullable. Leave default out to make the \
                          variable required.";
            diagnostics.push(Diagnostic::error("Invalid default value for variable", detail).at(attribute.expr.span));
            None
        }
        Ok(value) => Some(value),
        Err(error) => {
            let detail = format!("This default value is not compatible with the variable's type constraint: {error}.");
            diagnostics.push(Diagnostic::error("Invalid default value for variable", detail).at(attribute.expr.span));
            None
        }
    }
}

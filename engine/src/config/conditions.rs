//! Conditions with their messages, as several kinds of block have them.

use super::content::{self, Shape};
use super::module::Condition;
use super::references;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::syntax::ast::Block;

/// `condition` and `error_message` of a block.
pub(super) fn condition(block: &Block, diagnostics: &mut Diagnostics) -> Option<Condition> {
    const SHAPE: Shape = Shape { optional: &[], required: &["condition", "error_message"], blocks: &[], open: false };
    let content = content::read(&block.body, &SHAPE, block.header, diagnostics);
    let attribute = content.attribute("condition")?;
    if !references::names_anything(&attribute.expr) {
        let kind = &block.kind.name;
        let detail = "The condition names nothing of the configuration, so it would always hold or never. Let it refer to \
                      what it is about.";
        let summary = format!("Invalid {kind} expression");
        diagnostics.push(Diagnostic::error(summary, detail).at(attribute.expr.span));
    }
    Some(Condition {
        condition: attribute.expr.clone(),
        error_message: content.attribute("error_message")?.expr.clone(),
        span: block.header,
    })
}

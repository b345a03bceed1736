//! Conditions with their messages, as several kinds of block have them.

use super::content::{self, Shape};
use super::module::Condition;
use crate::diagnostic::Diagnostics;
use crate::syntax::ast::Block;

/// `condition` and `error_message` of a block.
pub(crate) fn condition(block: &Block, diagnostics: &mut Diagnostics) -> Option<Condition> {
    const SHAPE: Shape = Shape { optional: &[], required: &["condition", "error_message"], blocks: &[], open: false };
    let content = content::read(&block.body, &SHAPE, block.header, diagnostics);
    Some(Condition {
        condition: content.attribute("condition")?.expr.clone(),
        error_message: content.attribute("error_message")?.expr.clone(),
        span: block.header,
    })
}

//! Nested blocks in the arguments of a body that was read from JSON.

use std::collections::BTreeSet;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Span;
use crate::syntax::ast::{Attribute, Block, Body, Expr, ExprKind, Ident, Literal, ObjectItem};

/// The body with blocks for those arguments that `is_block` names, and for `dynamic`.
pub(crate) fn nested(body: &Body, is_block: &dyn Fn(&str, &Expr) -> bool, diagnostics: &mut Diagnostics) -> Body {
    let mut out = Body { attributes: Vec::new(), blocks: body.blocks.clone(), span: body.span, json: true };
    for attribute in &body.attributes {
        match &*attribute.name.name {
            "dynamic" if !is_block("dynamic", &attribute.expr) => {
                out.blocks.extend(dynamic(&attribute.name, &attribute.expr, diagnostics));
            }
            name if is_block(name, &attribute.expr) => {
                blocks(&attribute.name, &attribute.expr, &[], &mut out.blocks, diagnostics)
            }
            _ => out.attributes.push(attribute.clone()),
        }
    }
    out
}

/// `dynamic` blocks: objects by the block type that they make.
pub(crate) fn dynamic(kind: &Ident, expr: &Expr, diagnostics: &mut Diagnostics) -> Vec<Block> {
    let mut found = Vec::new();
    for object in objects(expr, diagnostics) {
        for attribute in body_of(object, expr.span, diagnostics).attributes {
            blocks(kind, &attribute.expr, std::slice::from_ref(&attribute.name), &mut found, diagnostics);
        }
    }
    for block in &mut found {
        let mut content = Vec::new();
        block.body.attributes.retain_mut(|attribute| match &*attribute.name.name {
            "content" => {
                blocks(&attribute.name, &attribute.expr, &[], &mut content, diagnostics);
                false
            }
            "iterator" => {
                if let ExprKind::Literal(Literal::String(name)) = &attribute.expr.kind {
                    attribute.expr.kind = ExprKind::Variable(name.clone());
                }
                true
            }
            _ => true,
        });
        block.body.blocks = content;
    }
    found
}

/// The block type that a block is of, or that it makes where it is `dynamic`.
pub(crate) fn nested_kind(block: &Block) -> Option<&std::sync::Arc<str>> {
    match &*block.kind.name {
        "dynamic" => block.labels.first().map(|it| &it.name),
        _ => Some(&block.kind.name),
    }
}

/// A name that stands twice in an object of an argument.
pub(crate) fn repeated_name(expr: &Expr) -> Option<Diagnostic> {
    match &expr.kind {
        ExprKind::Tuple(items) => items.iter().find_map(repeated_name),
        ExprKind::Object(items) => {
            let mut names = BTreeSet::new();
            let repeated = items.iter().find_map(|it| {
                let name = name_of(it)?;
                (!names.insert(name.name.clone())).then(|| {
                    let detail =
                        format!("A property {:?} stands twice in this object. Keep one of the two.", name.name);
                    Diagnostic::error("Duplicate object attribute", detail).at(name.span)
                })
            });
            repeated.or_else(|| items.iter().find_map(|it| repeated_name(&it.value)))
        }
        _ => None,
    }
}

fn blocks(kind: &Ident, expr: &Expr, labels: &[Ident], out: &mut Vec<Block>, diagnostics: &mut Diagnostics) {
    let several = matches!(expr.kind, ExprKind::Tuple(_));
    let exprs = match &expr.kind {
        ExprKind::Tuple(items) => items.as_slice(),
        _ => std::slice::from_ref(expr),
    };
    for it in exprs {
        let header =
            if several { Span { end: it.span.start + 1, ..it.span } } else { labels.last().unwrap_or(kind).span };
        for object in objects(it, diagnostics) {
            let body = body_of(object, it.span, diagnostics);
            out.push(Block { kind: kind.clone(), labels: labels.to_vec(), body, header, span: it.span });
        }
    }
}

/// An object, or the objects of an array; null is none.
fn objects<'e>(expr: &'e Expr, diagnostics: &mut Diagnostics) -> Vec<&'e [ObjectItem]> {
    match &expr.kind {
        ExprKind::Literal(Literal::Null) => Vec::new(),
        ExprKind::Object(items) => vec![items],
        ExprKind::Tuple(items) => items.iter().flat_map(|it| objects(it, diagnostics)).collect(),
        _ => {
            let detail = "A JSON object is required here, the content of a block, or an array with one for each block.";
            diagnostics.push(Diagnostic::error("Incorrect JSON value type", detail).at(expr.span));
            Vec::new()
        }
    }
}

fn body_of(items: &[ObjectItem], span: Span, diagnostics: &mut Diagnostics) -> Body {
    let mut body = Body { attributes: Vec::new(), blocks: Vec::new(), span, json: true };
    for item in items {
        match name_of(item) {
            Some(name) if &*name.name == "//" => {}
            Some(name) => {
                let span = name.span.to(item.value.span);
                body.attributes.push(Attribute { name, expr: item.value.clone(), span });
            }
            None => {
                let detail = "Names of arguments and blocks are fixed text and cannot hold a template sequence.";
                diagnostics.push(Diagnostic::error("Extraneous JSON object property", detail).at(item.key.span));
            }
        }
    }
    body
}

fn name_of(item: &ObjectItem) -> Option<Ident> {
    match &item.key.kind {
        ExprKind::Literal(Literal::String(name)) => Some(Ident { name: name.clone(), span: item.key.span }),
        _ => None,
    }
}

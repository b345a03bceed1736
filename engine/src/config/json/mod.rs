//! Configuration in JSON: documents become the same syntax tree as native files, by what stands where.
//!
//! Blocks of the language are told from arguments here, once. What a provider's schema decides stays an argument, in a
//! body that says so; [`nested`] finds the blocks in it when the schema is at hand.

mod forms;
mod nested;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use forms::{FILE, Form, Nested, Strings, TEST, VALUES};
pub(crate) use nested::{dynamic, nested, nested_kind, repeated_name};

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::{FileId, Span};
use crate::syntax::ast::{Attribute, Block, Body, Expr, ExprKind, Ident, Literal, ObjectItem};
use crate::syntax::json::{self, Node, NodeKind, Property, Text};
use crate::syntax::{parse_expr, parse_template};

/// Reads a `.tf.json` file.
///
/// With errors among the diagnostics the body holds what could be read.
pub fn parse_json_body(file: FileId, text: &str) -> (Body, Diagnostics) {
    read(file, text, &FILE)
}

/// Reads a `.tftest.json` file.
///
/// With errors among the diagnostics the body holds what could be read.
pub fn parse_json_test(file: FileId, text: &str) -> (Body, Diagnostics) {
    read(file, text, &TEST)
}

/// Reads a `.tfvars.json` file: values by name, with strings as they are.
///
/// With errors among the diagnostics the body holds what could be read.
pub fn parse_json_values(file: FileId, text: &str) -> (Body, Diagnostics) {
    let (mut body, mut diagnostics) = read(file, text, &VALUES);
    if text.trim_start().starts_with('[') {
        let detail = "Values of variables stand in one object: { \"name\": value }.";
        diagnostics.push(Diagnostic::error("Incorrect JSON value type", detail).at(body.span));
        body.attributes.clear();
    }
    (body, diagnostics)
}

fn read(file: FileId, text: &str, form: &Form) -> (Body, Diagnostics) {
    let (root, diagnostics) = json::parse(file, text);
    let mut reader = Reader { file, diagnostics };
    let body = reader.body(&root, form);
    (body, reader.diagnostics)
}

struct Reader {
    file: FileId,
    diagnostics: Diagnostics,
}

impl Reader {
    fn body(&mut self, node: &Node, form: &Form) -> Body {
        let mut body = Body { attributes: Vec::new(), blocks: Vec::new(), span: node.span, json: true };
        let mut names = BTreeSet::new();
        for property in self.properties(node, None) {
            let name = &*property.name.name;
            if name == "//" {
                continue;
            }
            if let Some(inner) = form.blocks.iter().find(|it| it.kind == name) {
                let found = Found { kind: &property.name, inner, header: property.name.span };
                self.block(found, &property.value, &mut Vec::new(), &mut body.blocks);
            } else if form.free && !names.insert(property.name.name.clone()) {
                let detail =
                    format!("The argument {name:?} is set more than once in this object. Keep one of the two.");
                self.diagnostics
                    .push(Diagnostic::error("Duplicate attribute definition", detail).at(property.name.span));
            } else {
                body.attributes.push(self.attribute(property, form));
            }
        }
        body
    }

    fn attribute(&mut self, property: &Property, form: &Form) -> Attribute {
        let name = &*property.name.name;
        let strings = match name {
            _ if form.text.contains(&name) => Strings::Text,
            _ if form.code.contains(&name) => Strings::Code,
            _ => form.rest,
        };
        let expr = self.expr(&property.value, strings);
        if !form.open
            && let Some(repeated) = repeated_name(&expr)
        {
            self.diagnostics.push(repeated);
        }
        Attribute { name: property.name.clone(), expr, span: property.span() }
    }

    /// The properties of an object, or of an array of objects that count as one; `label` is what their names are, where
    /// they are labels.
    fn properties<'n>(&mut self, node: &'n Node, label: Option<&str>) -> Vec<&'n Property> {
        let purpose = label.map_or_else(
            || "to define arguments and child blocks".to_owned(),
            |label| format!("to specify {label} labels for this block"),
        );
        let mut found = Vec::new();
        match &node.kind {
            NodeKind::Null | NodeKind::Invalid => {}
            NodeKind::Object(properties) => found.extend(properties),
            NodeKind::Array(items) => {
                for item in items {
                    match &item.kind {
                        NodeKind::Object(properties) => found.extend(properties),
                        NodeKind::Invalid => {}
                        _ => self.wrong_type(format!("A JSON object is required here, {purpose}."), item.span),
                    }
                }
            }
            _ => {
                let detail = format!("A JSON object, or an array of objects, is required here, {purpose}.");
                self.wrong_type(detail, node.span);
            }
        }
        found
    }

    fn wrong_type(&mut self, detail: String, span: Span) {
        self.diagnostics.push(Diagnostic::error("Incorrect JSON value type", detail).at(span));
    }

    /// Adds the blocks that a value stands for; `labels` are those that the objects around it gave.
    fn block(&mut self, found: Found<'_>, node: &Node, labels: &mut Vec<Ident>, blocks: &mut Vec<Block>) {
        let Found { kind, inner, .. } = found;
        if let Some(label) = inner.labels.get(labels.len()) {
            let properties = self.properties(node, Some(label));
            if properties.is_empty() {
                let detail = format!(
                    "The names of the properties here are the {label}s of {} blocks, and there is none. Write \
                     {{ \"{label}\": {{ … }} }}.",
                    kind.name
                );
                self.diagnostics.push(Diagnostic::error("Missing block label", detail).at(node.span));
            }
            for property in properties {
                labels.push(property.name.clone());
                self.block(Found { header: property.name.span, ..found }, &property.value, labels, blocks);
                labels.pop();
            }
            return;
        }
        match &node.kind {
            NodeKind::Null | NodeKind::Invalid => {}
            NodeKind::Object(_) => {
                let header = found.header;
                blocks.push(self.finished(found, node, labels, header));
            }
            NodeKind::Array(items) => {
                for item in items {
                    let header = Span { end: item.span.start + 1, ..item.span };
                    blocks.push(self.finished(found, item, labels, header));
                }
            }
            _ => {
                let detail = format!(
                    "A JSON object is required here, the content of a {:?} block, or an array with one for each block.",
                    kind.name
                );
                self.wrong_type(detail, node.span);
            }
        }
    }

    fn finished(&mut self, found: Found<'_>, node: &Node, labels: &[Ident], header: Span) -> Block {
        let body = self.body(node, found.inner.form);
        Block { kind: found.kind.clone(), labels: labels.to_vec(), body, header, span: node.span }
    }

    fn expr(&mut self, node: &Node, strings: Strings) -> Expr {
        let kind = match &node.kind {
            NodeKind::Null | NodeKind::Invalid => ExprKind::Literal(Literal::Null),
            NodeKind::Bool(it) => ExprKind::Literal(Literal::Bool(*it)),
            NodeKind::Number(it) => ExprKind::Literal(Literal::Number(it.clone())),
            NodeKind::String(text) => return self.string(text, node.span, strings),
            NodeKind::Array(items) => ExprKind::Tuple(items.iter().map(|it| self.expr(it, strings)).collect()),
            NodeKind::Object(properties) => {
                ExprKind::Object(properties.iter().map(|it| self.item(it, strings)).collect())
            }
        };
        Expr { kind, span: node.span }
    }

    fn item(&mut self, property: &Property, strings: Strings) -> ObjectItem {
        let inner = match (strings, &*property.name.name) {
            (Strings::Provider, "configuration_aliases") => Strings::Code,
            _ => strings,
        };
        ObjectItem {
            key: self.string(&property.text, property.name.span, strings),
            value: self.expr(&property.value, inner),
        }
    }

    fn string(&mut self, text: &Text, span: Span, strings: Strings) -> Expr {
        let (expr, found) = match strings {
            Strings::Text | Strings::Provider => {
                return Expr { kind: ExprKind::Literal(Literal::String(text.text.clone())), span };
            }
            Strings::Template => parse_template(self.file, &text.text, text.places.clone()),
            Strings::Code => match parse_expr(self.file, &text.text, text.places.clone()) {
                // What is no code is no reference, type or keyword either: whoever wants one says so.
                (_, found) if found.has_errors() => return Expr { kind: ExprKind::Literal(Literal::Null), span },
                read => read,
            },
        };
        self.diagnostics.extend(found);
        Expr { span, ..expr }
    }
}

/// A block type on the way to its content.
#[derive(Clone, Copy)]
struct Found<'f> {
    kind: &'f Ident,
    inner: &'static Nested,
    /// What a diagnostic about the block points at.
    header: Span,
}

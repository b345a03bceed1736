//! Bodies of blocks against a schema: the value of a configuration.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::explain::explain;
use super::expr::{Evaluated, eval};
use super::leniency::Leniency;
use super::names::{Frame, Names};
use crate::config;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::schema::{Attribute, Block, NestedBlock, Nesting};
use crate::source::Span;
use crate::syntax::ast::{self, Body, Expr, ExprKind};
use crate::text::suggestion;
use crate::value::{self, Kind, Marks, Type, Value};

/// The value of a body: an object of the schema's type, null where an argument is not set.
///
/// # Errors
/// Arguments and blocks that have no place, are missing, or do not fit.
pub fn decode(body: &Body, schema: &Block, owner: Span, names: &mut dyn Names) -> Evaluated {
    decode_leniently(body, schema, owner, names, Leniency::Strict).map(|(value, _)| value)
}

/// As [`decode`], with the names of what was left out because the schema does not know it.
///
/// # Errors
/// As [`decode`], as far as `leniency` makes them errors.
pub(super) fn decode_leniently(
    body: &Body,
    schema: &Block,
    owner: Span,
    names: &mut dyn Names,
    leniency: Leniency,
) -> Result<(Value, BTreeSet<Arc<str>>), Diagnostics> {
    let mut decoder = Decoder { names, diagnostics: Diagnostics::new(), leniency, left_out: BTreeSet::new() };
    let value = decoder.body(body, schema, owner, None);
    if decoder.diagnostics.has_errors() { Err(decoder.diagnostics) } else { Ok((value, decoder.left_out)) }
}

struct Decoder<'n> {
    names: &'n mut dyn Names,
    diagnostics: Diagnostics,
    leniency: Leniency,
    left_out: BTreeSet<Arc<str>>,
}

/// A nested block as it stands, or as a `dynamic` block makes it.
struct Found<'b, 'f> {
    body: &'b Body,
    span: Span,
    frame: Option<&'f Frame<'f>>,
}

impl Decoder<'_> {
    fn body(&mut self, body: &Body, schema: &Block, owner: Span, frame: Option<&Frame<'_>>) -> Value {
        let from_json;
        let body = if body.json {
            from_json =
                config::json_blocks(body, &|name, expr| takes_blocks(schema, name, expr), &mut self.diagnostics);
            &from_json
        } else {
            body
        };
        let mut object: BTreeMap<Arc<str>, Value> = BTreeMap::new();
        for attribute in &body.attributes {
            let name = &attribute.name.name;
            let Some(spec) = schema.attributes.get(name).filter(|spec| spec.is_argument()) else {
                if !self.may_leave_out(attribute, schema, frame) {
                    self.no_such_argument(attribute, schema, body.json);
                }
                continue;
            };
            if object.contains_key(name) {
                self.diagnostics.push(config::duplicate_argument(attribute, body.json));
                continue;
            }
            if body.json
                && let Some(repeated) = config::repeated_json_name(&attribute.expr)
            {
                self.diagnostics.push(repeated);
            }
            if let Some(value) = self.attribute(name, &attribute.expr, spec, frame) {
                object.insert(name.clone(), value);
            }
        }
        for (name, spec) in &schema.attributes {
            if spec.block_syntax && body.blocks.iter().any(|block| names_block(block, name)) {
                let value = self.attribute_blocks(body, name, spec, frame);
                object.insert(name.clone(), value);
            }
            if spec.required && !body.attributes.iter().any(|it| it.name.name == *name) && !object.contains_key(name) {
                self.diagnostics.push(config::missing_argument(name, owner));
            }
            object.entry(name.clone()).or_insert_with(|| Value::null(spec.ty.clone()));
        }
        for (name, spec) in &schema.blocks {
            let value = self.nested(body, name, spec, owner, frame);
            object.insert(name.clone(), value);
        }
        self.stray_blocks(body, schema, frame);
        Value::object(object)
    }

    fn attribute(&mut self, name: &str, expr: &Expr, spec: &Attribute, frame: Option<&Frame<'_>>) -> Option<Value> {
        let value = match eval(expr, self.names, frame) {
            Ok(value) => value,
            Err(found) => {
                self.diagnostics.extend(found);
                return None;
            }
        };
        match value::convert(&value, &spec.ty) {
            Ok(value) if value.is_null() && spec.required => {
                let detail = format!("The argument {name:?} is required, and its value here is null. Give it a value.");
                self.wrong(expr, "Missing required argument", detail, frame)
            }
            Ok(value) => Some(value),
            Err(error) => {
                let place = if error.path.0.is_empty() { String::new() } else { format!("{}: ", error.path) };
                let detail = format!("Inappropriate value for attribute {name:?}: {place}{}.", error.reason);
                self.wrong(expr, "Incorrect attribute value type", detail, frame)
            }
        }
    }

    fn wrong(&mut self, expr: &Expr, summary: &str, detail: String, frame: Option<&Frame<'_>>) -> Option<Value> {
        let diagnostic = Diagnostic::error(summary, detail).at(expr.span);
        self.diagnostics.push(explain(diagnostic, expr, self.names, frame));
        None
    }

    /// Blocks of a nested block type, `dynamic` ones included, as the value of the object's attribute.
    fn nested(
        &mut self,
        body: &Body,
        name: &Arc<str>,
        spec: &NestedBlock,
        owner: Span,
        frame: Option<&Frame<'_>>,
    ) -> Value {
        let mut items = Vec::new();
        let mut state = Repeated::default();
        let mut collect = |decoder: &mut Self, found: Found<'_, '_>| {
            items.push(decoder.body(found.body, &spec.block, found.span, found.frame));
        };
        self.each_block(body, name, frame, &mut state, &mut collect);
        let element = spec.block.ty();
        if state.unknown {
            return Value::unknown(spec.ty()).marked(state.marks);
        }
        self.check_count(name, spec, items.len(), state.last.unwrap_or(owner), owner);
        let value = match spec.nesting {
            Nesting::Single => items.into_iter().next().unwrap_or_else(|| Value::null(element)),
            Nesting::List => Value::list(element, items),
            Nesting::Set => Value::set(element, items),
        };
        value.marked(state.marks)
    }

    /// Blocks that stand for an attribute of objects.
    fn attribute_blocks(&mut self, body: &Body, name: &Arc<str>, spec: &Attribute, frame: Option<&Frame<'_>>) -> Value {
        let element = spec.ty.element().cloned().unwrap_or_else(|| spec.ty.clone());
        let Type::Object(object) = &element else { return Value::null(spec.ty.clone()) };
        let block = Block {
            attributes: object
                .attributes
                .iter()
                .map(|(name, ty)| (name.clone(), Attribute::optional(ty.clone())))
                .collect(),
            ..Block::default()
        };
        let mut items = Vec::new();
        let mut state = Repeated::default();
        let mut collect = |decoder: &mut Self, found: Found<'_, '_>| {
            items.push(decoder.body(found.body, &block, found.span, found.frame));
        };
        self.each_block(body, name, frame, &mut state, &mut collect);
        if state.unknown {
            return Value::unknown(spec.ty.clone()).marked(state.marks);
        }
        let value = match spec.ty {
            Type::Set(_) => Value::set(element, items),
            Type::List(_) => Value::list(element, items),
            _ => items.into_iter().next().unwrap_or_else(|| Value::null(spec.ty.clone())),
        };
        value.marked(state.marks)
    }

    fn each_block(
        &mut self,
        body: &Body,
        name: &str,
        frame: Option<&Frame<'_>>,
        state: &mut Repeated,
        collect: &mut dyn FnMut(&mut Self, Found<'_, '_>),
    ) {
        for block in body.blocks.iter().filter(|block| names_block(block, name)) {
            state.last = Some(block.header);
            if &*block.kind.name == "dynamic" {
                self.dynamic(block, frame, state, collect);
            } else {
                collect(self, Found { body: &block.body, span: block.header, frame });
            }
        }
    }

    fn dynamic(
        &mut self,
        block: &ast::Block,
        frame: Option<&Frame<'_>>,
        state: &mut Repeated,
        collect: &mut dyn FnMut(&mut Self, Found<'_, '_>),
    ) {
        let label = &block.labels[0].name;
        let argument = |name: &str| block.body.attributes.iter().find(|it| &*it.name.name == name);
        let content = block.body.blocks.iter().find(|it| &*it.kind.name == "content");
        let (Some(for_each), Some(content)) = (argument("for_each"), content) else {
            let missing = if content.is_none() { "a \"content\" block" } else { "the argument \"for_each\"" };
            let detail =
                format!("A dynamic block needs {missing}: dynamic {label:?} {{ for_each = … content {{ … }} }}.");
            self.diagnostics.push(Diagnostic::error("Invalid dynamic block", detail).at(block.header));
            return;
        };
        let iterator = match argument("iterator").map(|it| &it.expr.kind) {
            Some(ExprKind::Variable(name)) => name.clone(),
            _ => label.clone(),
        };
        let (collection, marks) = match eval(&for_each.expr, self.names, frame) {
            Ok(value) => value.unmarked(),
            Err(found) => return self.diagnostics.extend(found),
        };
        state.marks = state.marks.and(marks);
        if collection.is_unknown() {
            state.unknown = true;
            return;
        }
        let elements = if collection.is_null() { None } else { value::elements(&collection) };
        let Some(elements) = elements else {
            let detail = format!(
                "Cannot use a {} value in for_each. An iterable collection is required.",
                if collection.is_null() { "null".to_owned() } else { collection.ty().friendly_name() }
            );
            self.diagnostics.push(Diagnostic::error("Invalid dynamic for_each value", detail).at(for_each.expr.span));
            return;
        };
        for (key, value) in elements {
            let key = if matches!(collection.kind(), Kind::Set(..)) { value.clone() } else { key };
            let value = Value::object([("key", key), ("value", value)]);
            let inner = Frame { name: &iterator, value, outer: frame };
            collect(self, Found { body: &content.body, span: block.header, frame: Some(&inner) });
        }
    }

    fn check_count(&mut self, name: &str, spec: &NestedBlock, count: usize, last: Span, owner: Span) {
        if count < spec.min_items {
            let detail = format!("At least {} {name:?} blocks are required.", spec.min_items);
            self.diagnostics.push(Diagnostic::error(format!("Insufficient {name} blocks"), detail).at(owner));
        }
        let most = if spec.nesting == Nesting::Single { Some(1) } else { spec.max_items };
        if let Some(most) = most.filter(|most| count > *most) {
            let detail = format!("No more than {most} {name:?} blocks are allowed.");
            self.diagnostics.push(Diagnostic::error(format!("Too many {name} blocks"), detail).at(last));
        }
    }

    fn no_such_argument(&mut self, attribute: &ast::Attribute, schema: &Block, json: bool) {
        let name = &attribute.name.name;
        if schema.attributes.contains_key(name) {
            let detail = format!(
                "The attribute {name:?} is set by the provider and cannot be given here. Take it out of the block."
            );
            let summary = "Value for unconfigurable attribute";
            self.diagnostics.push(Diagnostic::error(summary, detail).at(attribute.name.span));
            return;
        }
        let arguments = schema.attributes.iter().filter(|(_, spec)| spec.is_argument()).map(|(name, _)| &**name);
        let as_block = schema.blocks.contains_key(name);
        self.diagnostics.push(config::unsupported_argument(attribute, arguments, as_block, json));
    }

    /// Whether an argument that the schema does not know may stand all the same.
    fn may_leave_out(&mut self, attribute: &ast::Attribute, schema: &Block, frame: Option<&Frame<'_>>) -> bool {
        let name = &attribute.name.name;
        let validating = match self.leniency {
            Leniency::Strict => return false,
            Leniency::Any => {
                self.left_out.insert(name.clone());
                return true;
            }
            Leniency::Unset { validating } => validating,
        };
        let Ok(value) = eval(&attribute.expr, self.names, frame) else { return false };
        let near = || suggestion(name, schema.attributes.keys().map(|it| &**it)).is_some();
        let unset = value.is_null();
        let perhaps = validating && value.is_unknown() && !schema.attributes.contains_key(name) && !near();
        if perhaps {
            self.left_out.insert(name.clone());
        }
        unset || perhaps
    }

    /// Whether blocks that the schema does not know may stand all the same.
    fn may_leave_out_blocks(&mut self, body: &Body, name: &Arc<str>, frame: Option<&Frame<'_>>) -> bool {
        let validating = match self.leniency {
            Leniency::Strict => return false,
            Leniency::Any => {
                self.left_out.insert(name.clone());
                return true;
            }
            Leniency::Unset { validating } => validating,
        };
        let (mut state, mut count) = (Repeated::default(), 0);
        self.each_block(body, name, frame, &mut state, &mut |_, _| count += 1);
        let perhaps = validating && state.unknown;
        if perhaps {
            self.left_out.insert(name.clone());
        }
        count == 0 && (!state.unknown || perhaps)
    }

    fn stray_blocks(&mut self, body: &Body, schema: &Block, frame: Option<&Frame<'_>>) {
        for block in &body.blocks {
            let dynamic = &*block.kind.name == "dynamic";
            let ident = if dynamic { block.labels.first() } else { Some(&block.kind) };
            let Some(ident) = ident else {
                let detail = "A dynamic block is labelled with the type of the blocks that it makes: dynamic \"tag\".";
                self.diagnostics.push(Diagnostic::error("Missing label for dynamic", detail).at(block.header));
                continue;
            };
            let attribute = schema.attributes.get(&ident.name);
            let known = schema.blocks.contains_key(&ident.name) || attribute.is_some_and(|it| it.block_syntax);
            if known || self.may_leave_out_blocks(body, &ident.name, frame) {
                continue;
            }
            let mut shown = block.clone();
            shown.kind = ident.clone();
            let kinds = schema.blocks.keys().map(|name| &**name);
            self.diagnostics.push(config::unsupported_block(&shown, kinds, attribute.is_some()));
        }
    }
}

#[derive(Default)]
struct Repeated {
    unknown: bool,
    marks: Marks,
    last: Option<Span>,
}

fn names_block(block: &ast::Block, name: &str) -> bool {
    if &*block.kind.name == "dynamic" {
        block.labels.first().is_some_and(|label| &*label.name == name)
    } else {
        &*block.kind.name == name
    }
}

/// Whether an argument of a body in JSON stands for blocks.
fn takes_blocks(schema: &Block, name: &str, expr: &Expr) -> bool {
    let objects = || match &expr.kind {
        ExprKind::Object(_) => true,
        ExprKind::Tuple(items) => items.iter().all(|it| matches!(it.kind, ExprKind::Object(_))),
        _ => false,
    };
    schema.blocks.contains_key(name) || schema.attributes.get(name).is_some_and(|it| it.block_syntax) && objects()
}

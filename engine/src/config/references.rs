//! The references in expressions, read off the syntax tree.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::json;
use crate::addr::{Mode, ResourceName};
use crate::diagnostic::Diagnostics;
use crate::source::Span;
use crate::syntax::ast::{Body, Expr, ExprKind, Step, TemplatePart};

/// Something of the same module that an expression names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reference {
    /// `var.x`
    Variable(Arc<str>),
    /// `local.x`
    Local(Arc<str>),
    /// `module.x.out`, or `module.x` as a whole.
    Module(Arc<str>, Option<Arc<str>>),
    /// `aws_vpc.main`, `data.aws_ami.node`
    Resource(ResourceName),
}

/// All references of an expression.
pub fn of_expr(expr: &Expr) -> BTreeSet<Reference> {
    let mut found = BTreeSet::new();
    visit_expr(expr, &mut |it| found.extend(reference(it)));
    found
}

/// All references of a body, nested blocks included.
pub fn of_body(body: &Body) -> BTreeSet<Reference> {
    let mut found = BTreeSet::new();
    visit_body(body, &mut |it| found.extend(reference(it)));
    found
}

/// A name that is no variable of a `for` expression or a `dynamic` block around it, with the steps that follow.
pub struct Named<'e> {
    /// The name: `var`, `aws_vpc`.
    pub root: &'e Arc<str>,
    /// What follows, up to the end of the access.
    pub steps: &'e [Step],
    /// The name alone.
    pub span: Span,
}

/// Shows `visit` every name that an expression leaves to its scope, in the order of the text.
pub fn visit_expr(expr: &Expr, visit: &mut dyn FnMut(&Named<'_>)) {
    Walk { visit, bound: Vec::new() }.expr(expr);
}

/// The same for a body, nested blocks included.
pub fn visit_body(body: &Body, visit: &mut dyn FnMut(&Named<'_>)) {
    Walk { visit, bound: Vec::new() }.body(body);
}

/// What a traversal such as an entry of `depends_on` names; `None` where it is no reference.
pub fn of_target(expr: &Expr) -> Option<Reference> {
    of_expr(expr).into_iter().next()
}

/// The resource that the steps after `root` name, and how many steps its name takes.
pub fn resource_name(root: &str, steps: &[Option<&Arc<str>>]) -> Option<(ResourceName, usize)> {
    let step = |at: usize| steps.get(at).copied().flatten().cloned();
    let (mode, type_name, name, used) = match root {
        "data" => (Mode::Data, step(0)?, step(1)?, 2),
        "ephemeral" => (Mode::Ephemeral, step(0)?, step(1)?, 2),
        "resource" => (Mode::Managed, step(0)?, step(1)?, 2),
        _ => (Mode::Managed, root.into(), step(0)?, 1),
    };
    Some((ResourceName { mode, type_name, name }, used))
}

/// Names that are no resource types when they begin a reference.
pub const RESERVED: [&str; 8] = ["count", "each", "local", "module", "path", "self", "terraform", "var"];

/// What a name stands for, if it is something that is declared.
fn reference(named: &Named<'_>) -> Option<Reference> {
    let names: Vec<Option<&Arc<str>>> = named
        .steps
        .iter()
        .map(|step| match step {
            Step::Attr(ident) => Some(&ident.name),
            _ => None,
        })
        .collect();
    let first = || names.first().copied().flatten().cloned();
    match &**named.root {
        "var" => first().map(Reference::Variable),
        "local" => first().map(Reference::Local),
        "module" => first().map(|call| {
            let output = names[1..].iter().take(2).find_map(|it| it.cloned());
            let output = if matches!(named.steps.get(1), Some(Step::Splat { .. })) { None } else { output };
            Reference::Module(call, output)
        }),
        name if RESERVED.contains(&name) => None,
        name => resource_name(name, &names).map(|(resource, _)| Reference::Resource(resource)),
    }
}

struct Walk<'w> {
    visit: &'w mut dyn FnMut(&Named<'_>),
    bound: Vec<Arc<str>>,
}

impl Walk<'_> {
    fn body(&mut self, body: &Body) {
        for attribute in &body.attributes {
            if body.json && &*attribute.name.name == "dynamic" {
                let blocks = json::dynamic(&attribute.name, &attribute.expr, &mut Diagnostics::new());
                blocks.iter().for_each(|it| self.block(it));
            } else {
                self.expr(&attribute.expr);
            }
        }
        for block in &body.blocks {
            self.block(block);
        }
    }

    fn block(&mut self, block: &crate::syntax::ast::Block) {
        if &*block.kind.name != "dynamic" {
            return self.body(&block.body);
        }
        // The iterator of a dynamic block is bound inside its content.
        let iterator =
            block.body.attributes.iter().find(|it| &*it.name.name == "iterator").and_then(|it| match &it.expr.kind {
                ExprKind::Variable(name) => Some(name.clone()),
                _ => None,
            });
        let name = iterator.or_else(|| block.labels.first().map(|it| it.name.clone()));
        for attribute in block.body.attributes.iter().filter(|it| &*it.name.name == "for_each") {
            self.expr(&attribute.expr);
        }
        self.bound.extend(name.clone());
        for attribute in block.body.attributes.iter().filter(|it| &*it.name.name == "labels") {
            self.expr(&attribute.expr);
        }
        for inner in &block.body.blocks {
            self.block(inner);
        }
        if name.is_some() {
            self.bound.pop();
        }
    }

    fn expr(&mut self, expr: &Expr) {
        stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.parts_of(expr));
    }

    fn parts_of(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Literal(_) => {}
            ExprKind::Template(it) => self.parts(&it.parts),
            ExprKind::Wrapped(inner) | ExprKind::Parens(inner) | ExprKind::Unary(_, inner) => self.expr(inner),
            ExprKind::Tuple(items) => items.iter().for_each(|it| self.expr(it)),
            ExprKind::Object(items) => {
                for item in items {
                    if !matches!(item.key.kind, ExprKind::Variable(_)) {
                        self.expr(&item.key);
                    }
                    self.expr(&item.value);
                }
            }
            ExprKind::Variable(root) => self.name(root, &[], expr.span),
            ExprKind::Access(it) => {
                match &it.source.kind {
                    ExprKind::Variable(root) => self.name(root, &it.steps, it.source.span),
                    _ => self.expr(&it.source),
                }
                self.steps(&it.steps);
            }
            ExprKind::Call(it) => it.args.iter().for_each(|it| self.expr(it)),
            ExprKind::Conditional(it) => [&it.condition, &it.yes, &it.no].into_iter().for_each(|it| self.expr(it)),
            ExprKind::Binary(_, sides) => {
                self.expr(&sides.0);
                self.expr(&sides.1);
            }
            ExprKind::For(it) => {
                self.expr(&it.collection);
                let names = it.key_name.iter().chain([&it.value_name]).map(|name| name.name.clone());
                let depth = self.bound.len();
                self.bound.extend(names);
                for inner in it.key.iter().chain([&it.value]).chain(&it.condition) {
                    self.expr(inner);
                }
                self.bound.truncate(depth);
            }
        }
    }

    fn name(&mut self, root: &Arc<str>, steps: &[Step], span: Span) {
        if !self.bound.contains(root) {
            (self.visit)(&Named { root, steps, span });
        }
    }

    fn steps(&mut self, steps: &[Step]) {
        for step in steps {
            match step {
                Step::Attr(_) => {}
                Step::Index { key, .. } => self.expr(key),
                Step::Splat { each, .. } => self.steps(each),
            }
        }
    }

    fn parts(&mut self, parts: &[TemplatePart]) {
        for part in parts {
            match part {
                TemplatePart::Text(_) => {}
                TemplatePart::Interpolation(expr) => self.expr(expr),
                TemplatePart::If { condition, yes, no, .. } => {
                    self.expr(condition);
                    self.parts(yes);
                    self.parts(no);
                }
                TemplatePart::For { key_name, value_name, collection, each, .. } => {
                    self.expr(collection);
                    let depth = self.bound.len();
                    self.bound.extend(key_name.iter().chain([value_name]).map(|name| name.name.clone()));
                    self.parts(each);
                    self.bound.truncate(depth);
                }
            }
        }
    }
}

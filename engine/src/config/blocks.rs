//! Top-level blocks of a module's files, decoded into its declarations.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::Arc;

use super::block_addr;
use super::content::{self, Content, Shape};
use super::module::{
    Check, Condition, ImportBlock, Local, Module, Moved, Output, ProviderBlock, ProviderRef, Removed, RequiredProvider,
    Variable,
};
use super::{provisioners, resource_block};
use super::type_expr;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Span;
use crate::syntax::ast::{Attribute, Block, Body, Expr, ExprKind, Step};
use crate::text::is_identifier;
use crate::value::{self, Constraint, Type, Value};

/// Takes in the blocks of one file. Module calls are left to the loader, which knows where their sources are.
pub(super) fn read_file(module: &mut Module, body: &Body, calls: &mut Vec<Block>, diagnostics: &mut Diagnostics) {
    for attribute in &body.attributes {
        let detail =
            format!("An argument named {:?} is not expected here: a file consists of blocks.", attribute.name.name);
        diagnostics.push(Diagnostic::error("Unsupported argument", detail).at(attribute.name.span));
    }
    for block in &body.blocks {
        let Some((_, labels)) = TOP_LEVEL.iter().find(|(kind, _)| *kind == &*block.kind.name) else {
            diagnostics.push(content::unsupported_block(block, TOP_LEVEL.iter().map(|(kind, _)| *kind), false));
            continue;
        };
        let shape = Shape { optional: &[], required: &[], blocks: TOP_LEVEL, open: false };
        let alone = Body { attributes: Vec::new(), blocks: vec![block.clone()], span: block.span, json: body.json };
        let found = content::read(&alone, &shape, block.header, diagnostics);
        if found.blocks.len() == 1 && check_labels(block, labels.len(), diagnostics) {
            read_block(module, block, calls, diagnostics);
        }
    }
}

const TOP_LEVEL: &[(&str, &[&str])] = &[
    ("terraform", &[]),
    ("variable", &["name"]),
    ("locals", &[]),
    ("output", &["name"]),
    ("provider", &["name"]),
    ("resource", &["type", "name"]),
    ("data", &["type", "name"]),
    ("ephemeral", &["type", "name"]),
    ("module", &["name"]),
    ("moved", &[]),
    ("removed", &[]),
    ("import", &[]),
    ("check", &["name"]),
];

fn check_labels(block: &Block, count: usize, diagnostics: &mut Diagnostics) -> bool {
    let wrong = block.labels.iter().take(count).find(|label| !is_identifier(&label.name));
    if let Some(label) = wrong {
        let detail = "A name must start with a letter or underscore and may contain only letters, digits, underscores, \
                      and dashes.";
        let kind = if &*block.kind.name == "check" { "check block" } else { &*block.kind.name };
        diagnostics.push(Diagnostic::error(format!("Invalid {kind} name"), detail).at(label.span));
    }
    wrong.is_none()
}

fn read_block(module: &mut Module, block: &Block, calls: &mut Vec<Block>, diagnostics: &mut Diagnostics) {
    match &*block.kind.name {
        "terraform" => terraform(module, block, diagnostics),
        "variable" => declare(&mut module.variables, block, variable(block, diagnostics), diagnostics),
        "locals" => locals(module, block, diagnostics),
        "output" => {
            if let Some(output) = output(block, diagnostics) {
                declare(&mut module.outputs, block, output, diagnostics);
            }
        }
        "provider" => provider(module, block, diagnostics),
        "resource" | "data" | "ephemeral" => resource_block::read(module, block, diagnostics),
        "module" => calls.push(block.clone()),
        "moved" => moved(module, block, diagnostics),
        "removed" => removed(module, block, diagnostics),
        "import" => import(module, block, diagnostics),
        _ => check(module, block, diagnostics),
    }
}

/// Adds a declaration under the block's name, unless there is one already.
fn declare<T>(map: &mut BTreeMap<Arc<str>, T>, block: &Block, item: T, diagnostics: &mut Diagnostics) {
    let name = &block.labels[0].name;
    if map.contains_key(name) {
        diagnostics.push(duplicate(&block.kind.name, name, block.header));
    } else {
        map.insert(name.clone(), item);
    }
}

/// A second declaration of a name.
pub(super) fn duplicate(kind: &str, name: impl Display, span: Span) -> Diagnostic {
    let summary = match kind {
        "variable" => "Duplicate variable declaration".to_owned(),
        "output" => "Duplicate output definition".to_owned(),
        "module" => "Duplicate module call".to_owned(),
        "local" => "Duplicate local value definition".to_owned(),
        "provider" => "Duplicate provider configuration".to_owned(),
        "resource" | "data" | "ephemeral" => {
            let name = name.to_string();
            let type_name = name.rsplit('.').nth(1).unwrap_or(&name);
            format!("Duplicate {kind} {type_name:?} configuration")
        }
        "check" => format!("Duplicate check {:?} configuration", name.to_string()),
        _ => format!("Duplicate {kind} definition"),
    };
    let detail = format!(
        "A {kind} named {:?} was declared already in this module. Names must be unique per module: rename or remove one \
         of the two.",
        name.to_string()
    );
    Diagnostic::error(summary, detail).at(span)
}

fn variable(block: &Block, diagnostics: &mut Diagnostics) -> Variable {
    const SHAPE: Shape = Shape {
        optional: &["type", "default", "description", "sensitive", "ephemeral", "nullable", "deprecated"],
        required: &[],
        blocks: &[("validation", &[])],
        open: false,
    };
    let content = content::read(&block.body, &SHAPE, block.header, diagnostics);
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
        validations: content.blocks("validation").filter_map(|it| condition(it, diagnostics)).collect(),
        deprecated: text(&content, "deprecated", diagnostics),
        span: block.header,
    }
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

fn locals(module: &mut Module, block: &Block, diagnostics: &mut Diagnostics) {
    for attribute in &block.body.attributes {
        let name = &attribute.name.name;
        if module.locals.contains_key(name) {
            diagnostics.push(duplicate("local", name, attribute.name.span));
        } else {
            module.locals.insert(name.clone(), Local { expr: attribute.expr.clone(), span: attribute.span });
        }
    }
    for inner in &block.body.blocks {
        diagnostics.push(content::unsupported_block(inner, [], true));
    }
}

fn output(block: &Block, diagnostics: &mut Diagnostics) -> Option<Output> {
    const SHAPE: Shape = Shape {
        optional: &["description", "sensitive", "ephemeral", "depends_on", "deprecated"],
        required: &["value"],
        blocks: &[("precondition", &[])],
        open: false,
    };
    let content = content::read(&block.body, &SHAPE, block.header, diagnostics);
    Some(Output {
        expr: content.attribute("value")?.expr.clone(),
        description: text(&content, "description", diagnostics),
        sensitive: flag(&content, "sensitive", false, diagnostics),
        ephemeral: flag(&content, "ephemeral", false, diagnostics),
        depends_on: references(&content, "depends_on", diagnostics),
        preconditions: content.blocks("precondition").filter_map(|it| condition(it, diagnostics)).collect(),
        span: block.header,
    })
}

fn provider(module: &mut Module, block: &Block, diagnostics: &mut Diagnostics) {
    const SHAPE: Shape = Shape { optional: &["alias", "version", "for_each"], required: &[], blocks: &[], open: true };
    let content = content::read(&block.body, &SHAPE, block.header, diagnostics);
    let alias = text(&content, "alias", diagnostics);
    let reference = ProviderRef { name: block.labels[0].name.clone(), alias };
    if module.providers.contains_key(&reference) {
        diagnostics.push(duplicate("provider", &reference, block.header));
        return;
    }
    module.providers.insert(reference, ProviderBlock { body: content.rest, span: block.header });
}

fn terraform(module: &mut Module, block: &Block, diagnostics: &mut Diagnostics) {
    const SHAPE: Shape = Shape {
        optional: &["required_version", "experiments", "language"],
        required: &[],
        blocks: &[
            ("required_providers", &[]),
            ("backend", &["type"]),
            ("cloud", &[]),
            ("provider_meta", &["provider"]),
        ],
        open: false,
    };
    let content = content::read(&block.body, &SHAPE, block.header, diagnostics);
    for inner in content.blocks("required_providers") {
        for attribute in &inner.body.attributes {
            required_provider(module, attribute, diagnostics);
        }
    }
    for inner in content.blocks("backend").chain(content.blocks("cloud")) {
        let detail = "plumb keeps its state in plumb.db beside the configuration, or where -state says. This block has \
                      no effect and may stay for terraform's sake.";
        diagnostics.push(Diagnostic::warning("State settings are not used", detail).at(inner.header));
    }
}

fn required_provider(module: &mut Module, attribute: &Attribute, diagnostics: &mut Diagnostics) {
    let local = attribute.name.name.clone();
    let mut entry =
        RequiredProvider { source: implied_source(&local), version: None, aliases: Vec::new(), span: attribute.span };
    let items = match &attribute.expr.kind {
        ExprKind::Object(items) => items,
        // Before 0.13 the entry was the version alone.
        _ => {
            entry.version = take(crate::eval::constant(&attribute.expr), diagnostics)
                .and_then(|value| value.as_str().map(Into::into));
            module.required_providers.insert(local, entry);
            return;
        }
    };
    for item in items {
        let key = match &item.key.kind {
            ExprKind::Variable(name) => name.clone(),
            _ => continue,
        };
        let constant = || crate::eval::constant(&item.value);
        match &*key {
            "source" => {
                let source = take(constant(), diagnostics).and_then(|value| value.as_str().map(full_source));
                entry.source = source.unwrap_or(entry.source);
            }
            "version" => {
                entry.version = take(constant(), diagnostics).and_then(|value| value.as_str().map(Into::into));
            }
            "configuration_aliases" => {
                if let ExprKind::Tuple(aliases) = &item.value.kind {
                    entry.aliases.extend(aliases.iter().filter_map(provider_ref));
                }
            }
            _ => {
                let detail =
                    format!("required_providers entries have source, version and configuration_aliases, not {key:?}.");
                diagnostics.push(Diagnostic::error("Invalid required_providers object", detail).at(item.key.span));
            }
        }
    }
    module.required_providers.insert(local, entry);
}

/// The source address that a local name stands for when nothing says otherwise.
pub(super) fn implied_source(local: &str) -> Arc<str> {
    match local {
        "terraform" => "terraform.io/builtin/terraform".into(),
        _ => format!("registry.terraform.io/hashicorp/{local}").into(),
    }
}

/// `hashicorp/aws` with the host, and the namespace where it is left out too.
fn full_source(source: &str) -> Arc<str> {
    match source.split('/').count() {
        1 => format!("registry.terraform.io/hashicorp/{source}").into(),
        2 => format!("registry.terraform.io/{source}").into(),
        _ => source.into(),
    }
}

/// `aws` or `aws.west`, in quotes or not.
pub(crate) fn provider_ref(expr: &Expr) -> Option<ProviderRef> {
    match &expr.kind {
        ExprKind::Variable(name) => Some(ProviderRef { name: name.clone(), alias: None }),
        ExprKind::Access(access) => match (&access.source.kind, access.steps.as_slice()) {
            (ExprKind::Variable(name), [Step::Attr(alias)]) => {
                Some(ProviderRef { name: name.clone(), alias: Some(alias.name.clone()) })
            }
            _ => None,
        },
        ExprKind::Literal(crate::syntax::ast::Literal::String(text)) => {
            let (name, alias) = text.split_once('.').map_or((&**text, None), |(name, alias)| (name, Some(alias)));
            Some(ProviderRef { name: name.into(), alias: alias.map(Into::into) })
        }
        _ => None,
    }
}

fn moved(module: &mut Module, block: &Block, diagnostics: &mut Diagnostics) {
    const SHAPE: Shape = Shape { optional: &[], required: &["from", "to"], blocks: &[], open: false };
    let content = content::read(&block.body, &SHAPE, block.header, diagnostics);
    let mut read = |name: &str| content.attribute(name).and_then(|it| take(block_addr::moved(&it.expr), diagnostics));
    let (from, to) = (read("from"), read("to"));
    let (Some(from), Some(to)) = (from, to) else { return };
    if from.resource.is_some() != to.resource.is_some() {
        let detail =
            "A resource can only move to a resource, and a module only to a module. Name two of the same kind.";
        diagnostics.push(Diagnostic::error("Invalid \"moved\" addresses", detail).at(block.header));
        return;
    }
    module.moved.push(Moved { from, to, span: block.header });
}

fn removed(module: &mut Module, block: &Block, diagnostics: &mut Diagnostics) {
    const SHAPE: Shape = Shape {
        optional: &[],
        required: &["from"],
        blocks: &[("lifecycle", &[]), ("provisioner", &["type"]), ("connection", &[])],
        open: false,
    };
    const LIFECYCLE: Shape = Shape { optional: &["destroy"], required: &[], blocks: &[], open: false };
    let content = content::read(&block.body, &SHAPE, block.header, diagnostics);
    let destroy = content.single("lifecycle", diagnostics).is_none_or(|inner| {
        let lifecycle = content::read(&inner.body, &LIFECYCLE, inner.header, diagnostics);
        flag(&lifecycle, "destroy", true, diagnostics)
    });
    let from = content.attribute("from").and_then(|it| take(block_addr::removed(&it.expr), diagnostics));
    let provisioners = provisioners::read_of_removed(&content, diagnostics);
    module.removed.extend(from.map(|from| Removed { from, destroy, provisioners, span: block.header }));
}

fn import(module: &mut Module, block: &Block, diagnostics: &mut Diagnostics) {
    const SHAPE: Shape =
        Shape { optional: &["for_each", "provider"], required: &["to", "id"], blocks: &[], open: false };
    let content = content::read(&block.body, &SHAPE, block.header, diagnostics);
    let (Some(to), Some(id)) = (content.attribute("to"), content.attribute("id")) else { return };
    let for_each = content.attribute("for_each").map(|it| it.expr.clone());
    let Some(resource) = take(block_addr::import_target(&to.expr, for_each.is_some()), diagnostics) else { return };
    module.imports.push(ImportBlock {
        to: to.expr.clone(),
        resource,
        id: id.expr.clone(),
        for_each,
        span: block.header,
    });
}

fn check(module: &mut Module, block: &Block, diagnostics: &mut Diagnostics) {
    const SHAPE: Shape =
        Shape { optional: &[], required: &[], blocks: &[("data", &["type", "name"]), ("assert", &[])], open: false };
    let content = content::read(&block.body, &SHAPE, block.header, diagnostics);
    let data = content.single("data", diagnostics);
    if let Some(data) = data {
        resource_block::read(module, data, diagnostics);
    }
    let asserts: Vec<_> = content.blocks("assert").filter_map(|it| condition(it, diagnostics)).collect();
    if asserts.is_empty() {
        let detail = "A check block needs at least one assert block.";
        diagnostics.push(Diagnostic::error("Zero assert blocks", detail).at(block.header));
    }
    let check = Check { data: data.map(resource_block::name_of), asserts, span: block.header };
    declare(&mut module.checks, block, check, diagnostics);
}

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

/// The entries of a list of references such as `depends_on`.
pub(crate) fn references(content: &Content<'_>, name: &str, diagnostics: &mut Diagnostics) -> Vec<Expr> {
    let Some(attribute) = content.attribute(name) else { return Vec::new() };
    match &attribute.expr.kind {
        ExprKind::Tuple(items) => items.clone(),
        _ => {
            let detail = format!("The {name} argument takes a list of references: {name} = [aws_vpc.main].");
            diagnostics.push(Diagnostic::error("Invalid expression", detail).at(attribute.expr.span));
            Vec::new()
        }
    }
}

/// A constant `true` or `false`.
pub(crate) fn flag(content: &Content<'_>, name: &str, default: bool, diagnostics: &mut Diagnostics) -> bool {
    constant(content, name, &Type::Bool, diagnostics).and_then(|it| it.as_bool()).unwrap_or(default)
}

/// A constant text.
pub(crate) fn text(content: &Content<'_>, name: &str, diagnostics: &mut Diagnostics) -> Option<Arc<str>> {
    constant(content, name, &Type::String, diagnostics).and_then(|it| it.as_str().map(Into::into))
}

fn constant(content: &Content<'_>, name: &str, ty: &Type, diagnostics: &mut Diagnostics) -> Option<Value> {
    let attribute = content.attribute(name)?;
    let value = take(crate::eval::constant(&attribute.expr), diagnostics)?;
    match value::convert(&value, ty) {
        Ok(value) => Some(value),
        Err(error) => {
            let detail = format!("Inappropriate value for {name:?}: {error}.");
            diagnostics.push(Diagnostic::error("Unsuitable value type", detail).at(attribute.expr.span));
            None
        }
    }
}

fn take<T>(result: Result<T, Diagnostics>, diagnostics: &mut Diagnostics) -> Option<T> {
    result.map_err(|found| diagnostics.extend(found)).ok()
}

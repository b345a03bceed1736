//! Top-level blocks of a module's files, decoded into its declarations.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::sync::Arc;

use super::block_addr;
pub(crate) use super::conditions::condition;
use super::content::{self, Content, Shape};
use super::module::{Check, ImportBlock, Local, Module, Moved, Output, ProviderBlock, ProviderRef, Removed};
pub(crate) use super::quoted::{provider_ref, references};
use super::{provisioners, resource_block, terraform_block, variable_block};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Span;
use crate::syntax::ast::{Block, Body};
use crate::text::is_identifier;
use crate::value::{self, Type, Value};

/// Takes in the blocks of one file. Module calls are left to the loader, which knows where their sources are.
pub(super) fn read_file(module: &mut Module, body: &Body, calls: &mut Vec<Block>, diagnostics: &mut Diagnostics) {
    for attribute in &body.attributes {
        let kinds = TOP_LEVEL.iter().map(|(kind, _)| *kind);
        let block = kinds.clone().any(|it| it == &*attribute.name.name);
        diagnostics.push(content::unsupported_argument(attribute, kinds, block, body.json));
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

/// What names look like.
pub(super) const NAME_RULE: &str =
    "A name must start with a letter or underscore and may contain only letters, digits, underscores, and dashes.";

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
        let kind = if &*block.kind.name == "check" { "check block" } else { &*block.kind.name };
        diagnostics.push(Diagnostic::error(format!("Invalid {kind} name"), NAME_RULE).at(label.span));
    }
    wrong.is_none()
}

fn read_block(module: &mut Module, block: &Block, calls: &mut Vec<Block>, diagnostics: &mut Diagnostics) {
    match &*block.kind.name {
        "terraform" => terraform_block::read(module, block, diagnostics),
        "variable" => {
            declare(&mut module.variables, block, variable_block::read(block, diagnostics), diagnostics);
        }
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
            let address = name.to_string();
            let type_name = address.rsplit('.').nth(1).unwrap_or(&address);
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

fn locals(module: &mut Module, block: &Block, diagnostics: &mut Diagnostics) {
    let mut here = BTreeSet::new();
    for attribute in &block.body.attributes {
        let name = &attribute.name.name;
        if !here.insert(name) {
            diagnostics.push(content::duplicate_argument(attribute, block.body.json));
        } else if !is_identifier(name) {
            diagnostics.push(Diagnostic::error("Invalid local value name", NAME_RULE).at(attribute.name.span));
        } else if module.locals.contains_key(name) {
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
    const SHAPE: Shape = Shape { optional: &["alias", "version"], required: &[], blocks: &[], open: true };
    let content = content::read(&block.body, &SHAPE, block.header, diagnostics);
    reserved(&content.rest, diagnostics);
    let alias = text(&content, "alias", diagnostics);
    if let (Some(alias), Some(attribute)) = (&alias, content.attribute("alias"))
        && !is_identifier(alias)
    {
        let detail = format!("{alias:?} is no alias. {NAME_RULE}");
        let summary = "Invalid provider configuration alias";
        diagnostics.push(Diagnostic::error(summary, detail).at(attribute.expr.span));
    }
    if let Some(attribute) = content.attribute("version") {
        let detail = "A version in a provider block has no effect any more. Write it into required_providers of the \
                      terraform block.";
        let summary = "Version constraints inside provider configuration blocks are deprecated";
        diagnostics.push(Diagnostic::warning(summary, detail).at(attribute.expr.span));
        terraform_block::constraints(attribute, diagnostics);
    }
    let reference = ProviderRef { name: block.labels[0].name.clone(), alias };
    if module.providers.contains_key(&reference) {
        diagnostics.push(duplicate("provider", &reference, block.header));
        return;
    }
    module.providers.insert(reference, ProviderBlock { body: content.rest, span: block.header });
}

/// Names that provider blocks keep for meanings to come.
fn reserved(rest: &Body, diagnostics: &mut Diagnostics) {
    for attribute in &rest.attributes {
        let name = &*attribute.name.name;
        if matches!(name, "count" | "for_each" | "depends_on" | "source") {
            let detail = format!("A provider block has no argument {name:?}: one block makes one configuration.");
            let summary = "Reserved argument name in provider block";
            diagnostics.push(Diagnostic::error(summary, detail).at(attribute.name.span));
        }
    }
    for inner in rest.blocks.iter().filter(|it| matches!(&*it.kind.name, "lifecycle" | "locals")) {
        let detail = format!("A provider block has no {} block.", inner.kind.name);
        let summary = "Reserved block type name in provider block";
        diagnostics.push(Diagnostic::error(summary, detail).at(inner.kind.span));
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
    if module.parent.is_some() {
        let detail =
            format!("{} has an import block, and only the root module can have one. Move it there.", module.path);
        diagnostics.push(Diagnostic::error("Invalid import configuration", detail).at(block.header));
        return;
    }
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

pub(super) fn take<T>(result: Result<T, Diagnostics>, diagnostics: &mut Diagnostics) -> Option<T> {
    result.map_err(|found| diagnostics.extend(found)).ok()
}

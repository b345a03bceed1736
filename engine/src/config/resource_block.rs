//! `resource`, `data` and `ephemeral` blocks.

use super::blocks::{duplicate, flag};
use super::conditions::condition;
use super::content::{self, Content, Shape};
use super::module::{IgnoreChanges, Lifecycle, Module, ProviderRef, Repetition, Resource};
use super::provisioners;
use super::quoted::{entries, provider_ref, references};
use crate::addr::{Mode, ResourceName};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::syntax::ast::{Block, ExprKind};

/// The name that a block declares.
pub(super) fn name_of(block: &Block) -> ResourceName {
    let mode = match &*block.kind.name {
        "data" => Mode::Data,
        "ephemeral" => Mode::Ephemeral,
        _ => Mode::Managed,
    };
    ResourceName { mode, type_name: block.labels[0].name.clone(), name: block.labels[1].name.clone() }
}

/// Adds the block to its module.
pub(super) fn read(module: &mut Module, block: &Block, diagnostics: &mut Diagnostics) {
    const SHAPE: Shape = Shape {
        optional: &["count", "for_each", "provider", "depends_on"],
        required: &[],
        blocks: &[("lifecycle", &[]), ("connection", &[]), ("provisioner", &["type"])],
        open: true,
    };
    const READ_SHAPE: Shape = Shape { blocks: &[("lifecycle", &[])], ..SHAPE };
    let name = name_of(block);
    if module.resources.contains_key(&name) {
        diagnostics.push(duplicate(&block.kind.name, &name, block.header));
        return;
    }
    let shape = if name.mode == Mode::Managed { &SHAPE } else { &READ_SHAPE };
    let content = content::read(&block.body, shape, block.header, diagnostics);
    for inner in content.rest.blocks.iter().filter(|it| &*it.kind.name == "locals") {
        let detail = "A resource has no local values of its own. Write a locals block beside it.";
        let summary = "Reserved block type name in resource block";
        diagnostics.push(Diagnostic::error(summary, detail).at(inner.kind.span));
    }
    let lifecycle = content.single("lifecycle", diagnostics);
    let repetition = repetition(&content, lifecycle, diagnostics);
    let lifecycle = lifecycle.map(|it| read_lifecycle(it, name.mode, diagnostics)).unwrap_or_default();
    let resource = Resource {
        repetition,
        provider: provider(&content, &name, diagnostics),
        depends_on: references(&content, "depends_on", diagnostics),
        lifecycle,
        provisioners: provisioners::read(&content, diagnostics),
        body: content.rest,
        span: block.header,
    };
    module.resources.insert(name, resource);
}

/// `count`, `for_each` or the lifecycle's `enabled`, and only one of them.
pub(super) fn repetition(
    content: &Content<'_>,
    lifecycle: Option<&Block>,
    diagnostics: &mut Diagnostics,
) -> Repetition {
    let enabled = lifecycle.and_then(|it| it.body.attributes.iter().find(|it| &*it.name.name == "enabled"));
    let repetition = counted(content, diagnostics);
    match (repetition, enabled) {
        (Repetition::Single, Some(enabled)) => Repetition::Enabled(enabled.expr.clone()),
        (repetition, None) => repetition,
        (repetition, Some(enabled)) => {
            let detail = "A block with \"count\" or \"for_each\" has as many instances as that says. Take \"enabled\" \
                          away, or the other.";
            let summary = "Invalid combination of \"enabled\" and \"count\" or \"for_each\"";
            diagnostics.push(Diagnostic::error(summary, detail).at(enabled.name.span));
            repetition
        }
    }
}

fn counted(content: &Content<'_>, diagnostics: &mut Diagnostics) -> Repetition {
    match (content.attribute("count"), content.attribute("for_each")) {
        (Some(_), Some(for_each)) => {
            let detail =
                "The \"count\" and \"for_each\" meta-arguments are mutually exclusive, only one should be used.";
            diagnostics.push(
                Diagnostic::error("Invalid combination of \"count\" and \"for_each\"", detail).at(for_each.name.span),
            );
            Repetition::ForEach(for_each.expr.clone())
        }
        (Some(count), None) => Repetition::Count(count.expr.clone()),
        (None, Some(for_each)) => Repetition::ForEach(for_each.expr.clone()),
        (None, None) => Repetition::Single,
    }
}

/// The provider that the block names, or the one that its type's prefix implies.
fn provider(content: &Content<'_>, name: &ResourceName, diagnostics: &mut Diagnostics) -> ProviderRef {
    let implied = || ProviderRef::default_of(name.type_name.split('_').next().unwrap_or(&name.type_name));
    let Some(attribute) = content.attribute("provider") else { return implied() };
    provider_ref(&attribute.expr, diagnostics).unwrap_or_else(implied)
}

fn read_lifecycle(block: &Block, mode: Mode, diagnostics: &mut Diagnostics) -> Lifecycle {
    const SHAPE: Shape = Shape {
        optional: &["create_before_destroy", "enabled", "prevent_destroy", "ignore_changes", "replace_triggered_by"],
        required: &[],
        blocks: &[("precondition", &[]), ("postcondition", &[])],
        open: false,
    };
    let content = content::read(&block.body, &SHAPE, block.header, diagnostics);
    if mode != Mode::Managed {
        let kind = if mode == Mode::Data { "data" } else { "ephemeral" };
        for attribute in content.attributes.iter().filter(|it| &*it.name.name != "enabled") {
            let detail =
                format!("The lifecycle argument {:?} is for managed resources only. Remove it.", attribute.name.name);
            let summary = format!("Invalid {kind} resource lifecycle argument");
            diagnostics.push(Diagnostic::error(summary, detail).at(attribute.name.span));
        }
    }
    Lifecycle {
        create_before_destroy: flag(&content, "create_before_destroy", false, diagnostics),
        prevent_destroy: flag(&content, "prevent_destroy", false, diagnostics),
        ignore_changes: ignore_changes(&content, diagnostics),
        replace_triggered_by: entries(&content, "replace_triggered_by", diagnostics),
        preconditions: content.blocks("precondition").filter_map(|it| condition(it, diagnostics)).collect(),
        postconditions: content.blocks("postcondition").filter_map(|it| condition(it, diagnostics)).collect(),
    }
}

fn ignore_changes(content: &Content<'_>, diagnostics: &mut Diagnostics) -> IgnoreChanges {
    let Some(attribute) = content.attribute("ignore_changes") else { return IgnoreChanges::Nothing };
    match &attribute.expr.kind {
        ExprKind::Variable(name) if &**name == "all" => IgnoreChanges::All,
        ExprKind::Tuple(_) => IgnoreChanges::Paths(references(content, "ignore_changes", diagnostics)),
        _ => {
            let detail = "ignore_changes takes a list of arguments, or the keyword all: ignore_changes = [tags].";
            diagnostics.push(Diagnostic::error("Invalid expression", detail).at(attribute.expr.span));
            IgnoreChanges::Nothing
        }
    }
}

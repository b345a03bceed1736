//! `resource`, `data` and `ephemeral` blocks.

use super::blocks::{duplicate, flag};
use super::conditions::condition;
use super::content::{self, Content, Shape};
use super::module::{IgnoreChanges, Lifecycle, Module, ProviderRef, Provisioner, Repetition, Resource};
use super::quoted::{keyword, provider_ref, references};
use crate::addr::{Mode, ResourceName};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::syntax::ast::{Block, Expr, ExprKind};

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
    let name = name_of(block);
    if module.resources.contains_key(&name) {
        diagnostics.push(duplicate(&block.kind.name, &name, block.header));
        return;
    }
    let content = content::read(&block.body, &SHAPE, block.header, diagnostics);
    let lifecycle = content.single("lifecycle", diagnostics);
    let lifecycle = lifecycle.map(|it| read_lifecycle(it, name.mode, diagnostics)).unwrap_or_default();
    let resource = Resource {
        repetition: repetition(&content, diagnostics),
        provider: provider(&content, &name, diagnostics),
        depends_on: references(&content, "depends_on", diagnostics),
        lifecycle,
        provisioners: content.blocks("provisioner").map(|it| provisioner(it, diagnostics)).collect(),
        body: content.rest,
        span: block.header,
    };
    module.resources.insert(name, resource);
}

/// `count` or `for_each`, not both.
pub(super) fn repetition(content: &Content<'_>, diagnostics: &mut Diagnostics) -> Repetition {
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
        optional: &["create_before_destroy", "prevent_destroy", "ignore_changes", "replace_triggered_by"],
        required: &[],
        blocks: &[("precondition", &[]), ("postcondition", &[])],
        open: false,
    };
    let content = content::read(&block.body, &SHAPE, block.header, diagnostics);
    if mode != Mode::Managed
        && let Some(attribute) = content.attributes.first()
    {
        let detail = format!("The lifecycle argument {:?} is for managed resources only.", attribute.name.name);
        diagnostics.push(Diagnostic::error("Invalid lifecycle configuration", detail).at(attribute.name.span));
    }
    Lifecycle {
        create_before_destroy: flag(&content, "create_before_destroy", false, diagnostics),
        prevent_destroy: flag(&content, "prevent_destroy", false, diagnostics),
        ignore_changes: ignore_changes(&content, diagnostics),
        replace_triggered_by: triggers(&content, block.body.json, diagnostics),
        preconditions: content.blocks("precondition").filter_map(|it| condition(it, diagnostics)).collect(),
        postconditions: content.blocks("postcondition").filter_map(|it| condition(it, diagnostics)).collect(),
    }
}

/// The entries of `replace_triggered_by`, which never stood in quotes but in JSON.
fn triggers(content: &Content<'_>, json: bool, diagnostics: &mut Diagnostics) -> Vec<Expr> {
    match content.attribute("replace_triggered_by").map(|it| &it.expr.kind) {
        Some(ExprKind::Tuple(items)) if !json => items.clone(),
        _ => references(content, "replace_triggered_by", diagnostics),
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

fn provisioner(block: &Block, diagnostics: &mut Diagnostics) -> Provisioner {
    const SHAPE: Shape =
        Shape { optional: &["when", "on_failure"], required: &[], blocks: &[("connection", &[])], open: true };
    let content = content::read(&block.body, &SHAPE, block.header, diagnostics);
    Provisioner {
        kind: block.labels[0].name.clone(),
        on_destroy: keyword(&content, "when", diagnostics).as_deref() == Some("destroy"),
        continue_on_failure: keyword(&content, "on_failure", diagnostics).as_deref() == Some("continue"),
        body: content.rest,
        span: block.header,
    }
}

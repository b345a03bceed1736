//! `provisioner` and `connection` blocks.

use super::content::{self, Content, Shape};
use super::module::Provisioner;
use super::quoted::keyword;
use super::references::{Named, visit_body};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::provision;
use crate::syntax::ast::{Block, Body, Step};

/// Provisioners that Terraform had once.
const GONE: [&str; 4] = ["chef", "habitat", "puppet", "salt-masterless"];

/// The provisioners of a resource; those without a connection have that of the resource.
pub(super) fn read(content: &Content<'_>, diagnostics: &mut Diagnostics) -> Vec<Provisioner> {
    let common = connection(content, diagnostics);
    let all: Vec<Provisioner> =
        content.blocks("provisioner").filter_map(|it| provisioner(it, common.as_ref(), diagnostics)).collect();
    for provisioner in all.iter().filter(|it| it.on_destroy) {
        for body in [&provisioner.body].into_iter().chain(&provisioner.connection) {
            only_itself(body, diagnostics);
        }
    }
    all
}

/// The provisioners of a `removed` block, which can only run before a delete.
pub(super) fn read_of_removed(content: &Content<'_>, diagnostics: &mut Diagnostics) -> Vec<Provisioner> {
    let all = read(content, diagnostics);
    for provisioner in all.iter().filter(|it| !it.on_destroy) {
        let detail = "Only destroy-time provisioners can be in a removed block: set when = destroy.";
        diagnostics.push(Diagnostic::error("Invalid provisioner block", detail).at(provisioner.span));
    }
    all.into_iter().filter(|it| it.on_destroy).collect()
}

fn connection(content: &Content<'_>, diagnostics: &mut Diagnostics) -> Option<Body> {
    content.single("connection", diagnostics).map(|it| it.body.clone())
}

fn provisioner(block: &Block, common: Option<&Body>, diagnostics: &mut Diagnostics) -> Option<Provisioner> {
    const SHAPE: Shape =
        Shape { optional: &["when", "on_failure"], required: &[], blocks: &[("connection", &[])], open: true };
    let content = content::read(&block.body, &SHAPE, block.header, diagnostics);
    let kind = &block.labels[0];
    if provision::arguments(&kind.name).is_none() {
        diagnostics.push(no_such(&kind.name).at(kind.span));
        return None;
    }
    let when = keyword(&content, "when", &["create", "destroy"], diagnostics);
    let on_failure = keyword(&content, "on_failure", &["continue", "fail"], diagnostics);
    Some(Provisioner {
        kind: kind.name.clone(),
        on_destroy: when.as_deref() == Some("destroy"),
        continue_on_failure: on_failure.as_deref() == Some("continue"),
        connection: connection(&content, diagnostics).or_else(|| common.cloned()),
        body: content.rest,
        span: block.header,
    })
}

fn no_such(kind: &str) -> Diagnostic {
    if GONE.contains(&kind) {
        let detail =
            format!("There is no provisioner {kind:?} any more. Run what it did with local-exec, or in an image.");
        return Diagnostic::error(format!("The {kind:?} provisioner has been removed"), detail);
    }
    let near = content::did_you_mean(kind, provision::KINDS);
    let detail = format!("plumb has no provisioner {kind:?}, only {}.{near}", provision::KINDS.join(", "));
    Diagnostic::error("Missing required provisioner plugin", detail)
}

/// Refuses references to anything but the object that goes: what else they name may be gone before it.
fn only_itself(body: &Body, diagnostics: &mut Diagnostics) {
    visit_body(body, &mut |named| {
        if !is_itself(named) {
            let detail = "Destroy-time provisioners and their connection configurations may only reference attributes of \
                          the related resource, via self, count.index, or each.key: anything else may be gone by then. \
                          Keep what they need in the object itself, for one in terraform_data's input.";
            let summary = "Invalid reference from destroy provisioner";
            diagnostics.push(Diagnostic::error(summary, detail).at(named.span));
        }
    });
}

fn is_itself(named: &Named<'_>) -> bool {
    let first = match named.steps.first() {
        Some(Step::Attr(ident)) => &*ident.name,
        _ => "",
    };
    matches!((&**named.root, first), ("self" | "path" | "terraform", _) | ("count", "index") | ("each", "key"))
}

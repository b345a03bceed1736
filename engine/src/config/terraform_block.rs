//! `terraform` blocks: which versions a module needs, and from where its providers come.

use std::sync::Arc;

use super::blocks::take;
use super::content::{self, Shape};
use super::module::{Module, RequiredProvider};
use super::quoted::provider_ref;
use super::version::{Constraints, Version};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Span;
use crate::syntax::ast::{Attribute, Block, Expr, ExprKind, Literal};

/// The version of Terraform whose language this is: what `required_version` is held against.
pub const LANGUAGE_VERSION: &str = "1.11.4";

/// Takes in a block; its faults are among the diagnostics.
pub(super) fn read(module: &mut Module, block: &Block, diagnostics: &mut Diagnostics) {
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
    if let Some(attribute) = content.attribute("required_version") {
        required_version(module, attribute, diagnostics);
    }
    if let Some(attribute) = content.attribute("experiments") {
        let detail = "Experiments of the language belong to early versions of Terraform and are not part of this one. \
                      Remove the argument.";
        let summary = "Module uses experimental features";
        diagnostics.push(Diagnostic::error(summary, detail).at(attribute.expr.span));
    }
    for inner in content.blocks("required_providers") {
        once(&mut module.terraform.required_providers, inner, diagnostics);
        for attribute in &inner.body.attributes {
            required_provider(module, attribute, diagnostics);
        }
    }
    for inner in content.blocks("backend").chain(content.blocks("cloud")) {
        state_settings(module, inner, diagnostics);
    }
}

/// Refuses the second block of a type that a module has once.
fn once(known: &mut Option<Span>, block: &Block, diagnostics: &mut Diagnostics) {
    if known.is_none() {
        *known = Some(block.header);
        return;
    }
    let kind = match &*block.kind.name {
        "cloud" => "HCP Terraform".to_owned(),
        kind => kind.replace('_', " "),
    };
    let detail = format!("A module has one {} block, in one of its terraform blocks. Merge the two.", block.kind.name);
    diagnostics.push(Diagnostic::error(format!("Duplicate {kind} configuration"), detail).at(block.header));
}

fn state_settings(module: &mut Module, block: &Block, diagnostics: &mut Diagnostics) {
    let settings = &mut module.terraform;
    let is_cloud = &*block.kind.name == "cloud";
    let (own, other) =
        if is_cloud { (&mut settings.cloud, settings.backend) } else { (&mut settings.backend, settings.cloud) };
    once(own, block, diagnostics);
    if other.is_some() {
        let detail = "A module has a cloud block or a backend block, not both. Remove one of the two.";
        let summary = "Both a backend and cloud configuration are present";
        diagnostics.push(Diagnostic::error(summary, detail).at(block.header));
    }
    if module.parent.is_some() {
        let detail =
            "Where the state is kept is said by the root module, so this block of a called module has no effect.";
        diagnostics.push(Diagnostic::warning("Backend configuration ignored", detail).at(block.header));
    } else {
        let detail = "plumb keeps its state in plumb.db beside the configuration, or where -state says. This block has \
                      no effect and may stay for terraform's sake.";
        diagnostics.push(Diagnostic::warning("State settings are not used", detail).at(block.header));
    }
}

fn required_version(module: &Module, attribute: &Attribute, diagnostics: &mut Diagnostics) {
    let Some(constraints) = constraints(attribute, diagnostics) else { return };
    if constraints.to_string().contains('-') {
        let detail = format!(
            "The constraint {constraints} names a version before a release, and versions of the language are compared by \
             their numbers alone. Remove what stands after the hyphen."
        );
        let summary = "Invalid required_version constraint";
        diagnostics.push(Diagnostic::error(summary, detail).at(attribute.expr.span));
        return;
    }
    let version = Version::parse(LANGUAGE_VERSION).expect("the constant is a version");
    if !constraints.allow(&version) {
        let whose = if module.path.is_root() { "This configuration".into() } else { format!("Module {}", module.path) };
        let detail = format!(
            "{whose} asks for a version {constraints} of the language, and this is {version}. Use a plumb that has it, \
             or widen the constraint if the configuration uses nothing of later versions."
        );
        let summary = "Unsupported Terraform Core version";
        diagnostics.push(Diagnostic::error(summary, detail).at(attribute.expr.span));
    }
}

/// The version constraints that an argument holds.
pub(super) fn constraints(attribute: &Attribute, diagnostics: &mut Diagnostics) -> Option<Constraints> {
    let text = version_text(&attribute.expr, diagnostics)?;
    checked(&text, attribute.expr.span, diagnostics)
}

fn version_text(expr: &Expr, diagnostics: &mut Diagnostics) -> Option<Arc<str>> {
    take(crate::eval::constant(expr), diagnostics)?.as_str().map(Into::into)
}

fn checked(text: &str, span: Span, diagnostics: &mut Diagnostics) -> Option<Constraints> {
    let found = Constraints::parse(text);
    if found.is_none() {
        let detail = format!(
            "{text:?} is no version constraint. Constraints are versions with an operator before them or not, separated \
             by commas: \">= 1.2, < 2.0\", \"~> 5.1\"."
        );
        diagnostics.push(Diagnostic::error("Invalid version constraint", detail).at(span));
    }
    found
}

fn required_provider(module: &mut Module, attribute: &Attribute, diagnostics: &mut Diagnostics) {
    let local = attribute.name.name.clone();
    let mut entry =
        RequiredProvider { source: implied_source(&local), version: None, aliases: Vec::new(), span: attribute.span };
    let items = match &attribute.expr.kind {
        ExprKind::Object(items) => items,
        // Before 0.13 the entry was the version alone.
        _ => {
            entry.version = version_text(&attribute.expr, diagnostics)
                .filter(|it| checked(it, attribute.expr.span, diagnostics).is_some());
            module.required_providers.insert(local, entry);
            return;
        }
    };
    for item in items {
        let key = match &item.key.kind {
            ExprKind::Variable(name) | ExprKind::Literal(Literal::String(name)) => name.clone(),
            _ => continue,
        };
        let span = item.value.span;
        match &*key {
            "source" => match version_text(&item.value, diagnostics) {
                Some(source) if is_source(&source) => entry.source = full_source(&source),
                Some(source) => {
                    let detail = format!(
                        "{source:?} is no source of a provider: those are [HOST/][NAMESPACE/]NAME, such as hashicorp/aws."
                    );
                    diagnostics.push(Diagnostic::error("Invalid provider source string", detail).at(span));
                }
                None => {}
            },
            "version" => {
                let text = version_text(&item.value, diagnostics);
                entry.version = text.filter(|it| checked(it, span, diagnostics).is_some());
            }
            "configuration_aliases" => {
                if let ExprKind::Tuple(aliases) = &item.value.kind {
                    entry.aliases.extend(aliases.iter().filter_map(|it| provider_ref(it, diagnostics)));
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
        // Providers of plumb's own, which nobody else has published.
        "ha" | "confluence" => format!("registry.terraform.io/plumb/{local}").into(),
        _ => format!("registry.terraform.io/hashicorp/{local}").into(),
    }
}

fn is_source(source: &str) -> bool {
    let parts: Vec<&str> = source.split('/').collect();
    let part =
        |it: &&str| !it.is_empty() && it.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ':'));
    parts.len() <= 3 && parts.iter().all(part)
}

/// `hashicorp/aws` with the host, and the namespace where it is left out too.
fn full_source(source: &str) -> Arc<str> {
    match source.split('/').count() {
        1 => format!("registry.terraform.io/hashicorp/{source}").into(),
        2 => format!("registry.terraform.io/{source}").into(),
        _ => source.into(),
    }
}

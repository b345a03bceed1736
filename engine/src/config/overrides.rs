//! Override files: their blocks are laid over those of the same name before anything is decoded.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::json::nested_kind;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::syntax::ast::{Attribute, Block, Body, ExprKind, Literal};

/// Lays the blocks of an override file over those of the primary files of its module, of which there must be one.
pub(super) fn apply(primary: &mut [Body], file: Body, diagnostics: &mut Diagnostics) {
    // What has no place in any file is refused where files are decoded.
    let mut rest = Body { blocks: Vec::new(), ..file };
    for block in file.blocks {
        match &*block.kind.name {
            "locals" => locals(primary, block, diagnostics),
            "terraform" => rest.blocks.push(settings(primary, block)),
            "moved" | "import" | "removed" | "check" => diagnostics.push(fixed(&block)),
            "variable" | "output" | "resource" | "data" | "ephemeral" | "module" | "provider" => {
                named(primary, block, diagnostics);
            }
            _ => rest.blocks.push(block),
        }
    }
    if let Some(first) = primary.first_mut() {
        first.attributes.extend(rest.attributes);
        first.blocks.extend(rest.blocks);
    }
}

fn fixed(block: &Block) -> Diagnostic {
    let kind = &*block.kind.name;
    let summary = if kind == "check" {
        "Can't override check blocks".to_owned()
    } else {
        format!("Cannot override '{kind}' blocks")
    };
    let detail = format!("A {kind} block stands in normal files only. Move it out of the override file.");
    Diagnostic::error(summary, detail).at(block.header)
}

fn locals(primary: &mut [Body], block: Block, diagnostics: &mut Diagnostics) {
    for attribute in block.body.attributes {
        let name = &attribute.name.name;
        let mut bases = primary.iter_mut().flat_map(|body| &mut body.blocks).filter(|it| &*it.kind.name == "locals");
        match bases.find_map(|it| it.body.attributes.iter_mut().find(|it| it.name.name == *name)) {
            Some(base) => *base = attribute,
            None => {
                let detail = format!(
                    "There is no local value named {name:?}. An override file changes only what a normal file declares."
                );
                let summary = "Missing base local value definition to override";
                diagnostics.push(Diagnostic::error(summary, detail).at(attribute.name.span));
            }
        }
    }
}

/// A `terraform` block of an override file stands beside the others, and they lose what it replaces.
fn settings(primary: &mut [Body], block: Block) -> Block {
    let replaces_state = block.body.blocks.iter().any(|it| matches!(&*it.kind.name, "backend" | "cloud"));
    let providers: BTreeSet<Arc<str>> = block
        .body
        .blocks
        .iter()
        .filter(|it| &*it.kind.name == "required_providers")
        .flat_map(|it| &it.body.attributes)
        .map(|it| it.name.name.clone())
        .collect();
    for base in primary.iter_mut().flat_map(|body| &mut body.blocks).filter(|it| &*it.kind.name == "terraform") {
        base.body.blocks.retain_mut(|inner| match &*inner.kind.name {
            "backend" | "cloud" => !replaces_state,
            "required_providers" => {
                inner.body.attributes.retain(|it| !providers.contains(&it.name.name));
                true
            }
            _ => true,
        });
    }
    // The entries join the block that is there, because a module has one only.
    let mut block = block;
    let mut bases = primary.iter_mut().flat_map(|body| &mut body.blocks).filter(|it| &*it.kind.name == "terraform");
    let base = bases.find_map(|it| it.body.blocks.iter_mut().find(|it| &*it.kind.name == "required_providers"));
    if let Some(base) = base {
        block.body.blocks.retain_mut(|inner| {
            let moves = &*inner.kind.name == "required_providers";
            if moves {
                base.body.attributes.append(&mut inner.body.attributes);
            }
            !moves
        });
    }
    block
}

fn named(primary: &mut [Body], block: Block, diagnostics: &mut Diagnostics) {
    let alias = alias(&block);
    let same = |it: &&mut Block| {
        it.kind.name == block.kind.name
            && it.labels.iter().map(|it| &it.name).eq(block.labels.iter().map(|it| &it.name))
            && (&*block.kind.name != "provider" || self::alias(it) == alias)
    };
    let Some(base) = primary.iter_mut().flat_map(|body| &mut body.blocks).find(same) else {
        diagnostics.push(missing_base(&block, &shown_name(&block, alias.as_deref())));
        return;
    };
    let over = allowed(block, diagnostics);
    merge(&mut base.body, over);
}

fn alias(block: &Block) -> Option<Arc<str>> {
    let attribute = block.body.attributes.iter().find(|it| &*it.name.name == "alias")?;
    match &attribute.expr.kind {
        ExprKind::Literal(Literal::String(alias)) => Some(alias.clone()),
        _ => None,
    }
}

fn shown_name(block: &Block, alias: Option<&str>) -> String {
    let labels = block.labels.iter().map(|it| &*it.name).chain(alias);
    labels.collect::<Vec<_>>().join(".")
}

fn missing_base(block: &Block, name: &str) -> Diagnostic {
    let kind = &*block.kind.name;
    let summary = match kind {
        "variable" => "Missing base variable declaration to override",
        "output" => "Missing base output definition to override",
        "resource" => "Missing resource to override",
        "data" => "Missing data resource to override",
        "ephemeral" => "Missing ephemeral resource to override",
        "module" => "Missing module call to override",
        "provider" => "Missing base provider configuration for override",
        _ => "Missing base block to override",
    };
    let detail = format!(
        "There is no {kind} block {name:?} to override. An override file changes only blocks that stand in a normal \
         file, one whose name is not override and does not end in _override."
    );
    Diagnostic::error(summary, detail).at(block.header)
}

/// The content of an override without what may not be overridden.
fn allowed(block: Block, diagnostics: &mut Diagnostics) -> Body {
    let mut body = block.body;
    if &*block.kind.name != "provider" {
        body.attributes.retain(|it| {
            let fixed = &*it.name.name == "depends_on";
            if fixed {
                let detail = "The depends_on argument may not be overridden: write it in the base block.";
                diagnostics.push(Diagnostic::error("Unsupported override", detail).at(it.span));
            }
            !fixed
        });
    }
    let kind = block.kind.name;
    body.blocks.retain_mut(|inner| match (&*kind, &*inner.kind.name) {
        ("variable", "validation") | ("output", "precondition") => conditions_stay(inner, diagnostics),
        ("resource" | "data" | "ephemeral", "lifecycle") => {
            inner.body.blocks.retain(|it| match &*it.kind.name {
                "precondition" | "postcondition" => conditions_stay(it, diagnostics),
                _ => true,
            });
            true
        }
        _ => true,
    });
    body
}

fn conditions_stay(block: &Block, diagnostics: &mut Diagnostics) -> bool {
    let kind = &block.kind.name;
    let detail = format!("The {kind} blocks of a base block stay as they are. Write this one there.");
    diagnostics.push(Diagnostic::error(format!("Can't override {kind} blocks"), detail).at(block.header));
    false
}

/// Arguments replace those of their name, and nested blocks all those of their type; only `lifecycle` is merged in turn.
fn merge(base: &mut Body, over: Body) {
    let json = base.json || over.json;
    let (lifecycle, blocks): (Vec<Block>, Vec<Block>) =
        over.blocks.into_iter().partition(|it| &*it.kind.name == "lifecycle");
    let kinds: BTreeSet<Arc<str>> = blocks.iter().filter_map(nested_kind).cloned().collect();
    let names: BTreeSet<Arc<str>> = over.attributes.iter().map(|it| it.name.name.clone()).collect();
    let replaced = |name: &Arc<str>| names.contains(name) || kinds.contains(name);
    base.attributes.retain(|it| !replaced(&it.name.name));
    // In JSON, or beside it, what is an argument in one file may be a block in the other.
    base.blocks.retain(|it| nested_kind(it).is_none_or(|kind| !(kinds.contains(kind) || json && names.contains(kind))));
    base.attributes.extend(over.attributes);
    // Where one file repeats by count and the other by for_each, count it is.
    if base.attributes.iter().any(|it| &*it.name.name == "count") && names.iter().any(|it| is_repetition(it)) {
        base.attributes.retain(|it| &*it.name.name != "for_each");
    }
    base.blocks.extend(blocks);
    for block in lifecycle {
        match base.blocks.iter_mut().find(|it| &*it.kind.name == "lifecycle") {
            Some(present) => merge_lifecycle(&mut present.body, block.body),
            None => base.blocks.push(block),
        }
    }
    base.json = json;
}

fn is_repetition(name: &str) -> bool {
    matches!(name, "count" | "for_each")
}

fn merge_lifecycle(base: &mut Body, over: Body) {
    for attribute in over.attributes {
        let empties = matches!(&attribute.expr.kind, ExprKind::Tuple(items) if items.is_empty());
        let known: Option<&mut Attribute> = base.attributes.iter_mut().find(|it| it.name.name == attribute.name.name);
        match known {
            // An empty list says nothing, so the base's stays.
            Some(_) if empties => {}
            Some(known) => *known = attribute,
            None => base.attributes.push(attribute),
        }
    }
    base.json |= over.json;
}

/// Whether a file overrides others, by its name without extensions.
pub(super) fn is_override(stem: &str) -> bool {
    stem == "override" || stem.ends_with("_override")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceMap;
    use crate::syntax::parse_body;

    fn body(text: &str) -> Body {
        let file = SourceMap::default().add("x.tf", text);
        parse_body(file, text).0
    }

    fn names(body: &Body) -> Vec<&str> {
        let attributes = body.attributes.iter().map(|it| &*it.name.name);
        attributes.chain(body.blocks.iter().map(|it| &*it.kind.name)).collect()
    }

    #[test]
    fn arguments_and_block_types_are_replaced() {
        let mut primary =
            [body("resource \"a\" \"b\" {\n x = 1\n y = 2\n tag {\n }\n tag {\n }\n other {\n }\n count = 1\n}")];
        let mut found = Diagnostics::new();
        let over = body("resource \"a\" \"b\" {\n y = 3\n dynamic \"tag\" {\n }\n for_each = {}\n}");
        apply(&mut primary, over, &mut found);
        assert!(found.is_empty(), "{found:?}");
        assert_eq!(names(&primary[0].blocks[0].body), ["x", "count", "y", "other", "dynamic"]);
    }

    #[test]
    fn what_has_no_base_is_refused() {
        let mut primary = [body("locals {\n a = 1\n}")];
        let mut found = Diagnostics::new();
        apply(&mut primary, body("locals {\n a = 2\n b = 3\n}\noutput \"o\" {\n}\nmoved {\n}"), &mut found);
        let summaries: Vec<_> = found.iter().map(|it| it.summary.as_str()).collect();
        assert_eq!(
            summaries,
            [
                "Missing base local value definition to override",
                "Missing base output definition to override",
                "Cannot override 'moved' blocks"
            ]
        );
    }
}

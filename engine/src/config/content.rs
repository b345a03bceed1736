//! Reads the fixed blocks of the language out of a body: what it may contain, and what it must.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Span;
use crate::syntax::ast::{Attribute, Block, Body};
use crate::text::suggestion;

/// What a body may contain.
pub(crate) struct Shape {
    /// Argument names that may stand.
    pub optional: &'static [&'static str],
    /// Argument names that must stand.
    pub required: &'static [&'static str],
    /// Block types that may stand, with the names of their labels.
    pub blocks: &'static [(&'static str, &'static [&'static str])],
    /// Arguments and blocks that the shape does not name are left for a schema.
    pub open: bool,
}

/// A body sorted by a shape.
pub(crate) struct Content<'b> {
    /// Arguments that the shape names, each once.
    pub attributes: Vec<&'b Attribute>,
    /// Blocks that the shape names, with the right number of labels.
    pub blocks: Vec<&'b Block>,
    /// What an open shape leaves.
    pub rest: Body,
}

impl<'b> Content<'b> {
    /// The argument of a name.
    pub fn attribute(&self, name: &str) -> Option<&'b Attribute> {
        self.attributes.iter().copied().find(|it| &*it.name.name == name)
    }

    /// The blocks of a type in order.
    pub fn blocks(&self, kind: &str) -> impl Iterator<Item = &'b Block> {
        self.blocks.iter().copied().filter(move |it| &*it.kind.name == kind)
    }

    /// The only block of a type; a second one is an error.
    pub fn single(&self, kind: &str, diagnostics: &mut Diagnostics) -> Option<&'b Block> {
        let mut all = self.blocks(kind);
        let first = all.next()?;
        if let Some(second) = all.next() {
            diagnostics.push(
                Diagnostic::error(
                    format!("Duplicate {kind} block"),
                    format!("Only one {kind} block is allowed here. Merge the two into one."),
                )
                .at(second.header),
            );
        }
        Some(first)
    }
}

/// Sorts a body by a shape; `owner` is the header of the block that the body belongs to.
pub(crate) fn read<'b>(body: &'b Body, shape: &Shape, owner: Span, diagnostics: &mut Diagnostics) -> Content<'b> {
    let mut content = Content {
        attributes: Vec::new(),
        blocks: Vec::new(),
        rest: Body { attributes: Vec::new(), blocks: Vec::new(), span: body.span, json: body.json },
    };
    for attribute in &body.attributes {
        let name = &*attribute.name.name;
        // In JSON an argument that the shape leaves may be a block, and blocks may stand more than once.
        let known = || content.rest.attributes.iter().any(|it| &*it.name.name == name);
        if content.attribute(name).is_some() || !body.json && known() {
            diagnostics.push(duplicate_argument(attribute, body.json));
        } else if shape.optional.contains(&name) || shape.required.contains(&name) {
            content.attributes.push(attribute);
        } else if shape.open {
            content.rest.attributes.push(attribute.clone());
        } else {
            let kinds = shape.blocks.iter().map(|(kind, _)| kind).filter(|_| body.json);
            let names = shape.optional.iter().chain(shape.required).chain(kinds).copied();
            let block = shape.blocks.iter().any(|(kind, _)| *kind == name);
            diagnostics.push(unsupported_argument(attribute, names, block, body.json));
        }
    }
    for block in &body.blocks {
        let kind = &*block.kind.name;
        match shape.blocks.iter().find(|(name, _)| *name == kind) {
            Some((_, labels)) => match label_problem(block, labels) {
                Some(problem) => diagnostics.push(problem),
                None => content.blocks.push(block),
            },
            None if shape.open => content.rest.blocks.push(block.clone()),
            None => {
                let attribute = shape.optional.contains(&kind) || shape.required.contains(&kind);
                diagnostics.push(unsupported_block(block, shape.blocks.iter().map(|(name, _)| *name), attribute));
            }
        }
    }
    for name in shape.required {
        if content.attribute(name).is_none() {
            diagnostics.push(missing_argument(name, owner));
        }
    }
    content
}

/// An argument that stands twice; `json` is where its body was read from.
pub(crate) fn duplicate_argument(attribute: &Attribute, json: bool) -> Diagnostic {
    let name = &attribute.name.name;
    Diagnostic::error(
        if json { "Duplicate argument" } else { "Attribute redefined" },
        format!("The argument {name:?} is set more than once in this block. Keep one of the two."),
    )
    .at(attribute.name.span)
}

/// An argument that has no place; `as_block` when a block of its name has one, `json` when its body was read from JSON.
pub(crate) fn unsupported_argument<'n>(
    attribute: &Attribute,
    names: impl IntoIterator<Item = &'n str>,
    as_block: bool,
    json: bool,
) -> Diagnostic {
    let name = &*attribute.name.name;
    if json {
        let detail = format!("No argument or block type is named {name:?} here.{}", did_you_mean(name, names));
        return Diagnostic::error("Extraneous JSON object property", detail).at(attribute.name.span);
    }
    let detail = if as_block {
        format!("{name:?} is a block here, not an argument. Write it without the equals sign: {name} {{ … }}.")
    } else {
        format!("An argument named {name:?} is not expected here.{}", did_you_mean(name, names))
    };
    Diagnostic::error("Unsupported argument", detail).at(attribute.name.span)
}

/// A block that has no place; `as_attribute` when an argument of its name has one.
pub(crate) fn unsupported_block<'n>(
    block: &Block,
    names: impl IntoIterator<Item = &'n str>,
    as_attribute: bool,
) -> Diagnostic {
    let kind = &*block.kind.name;
    let detail = if as_attribute {
        format!("{kind:?} is an argument here, not a block. Write it with an equals sign: {kind} = ….")
    } else {
        format!("Blocks of type {kind:?} are not expected here.{}", did_you_mean(kind, names))
    };
    Diagnostic::error("Unsupported block type", detail).at(block.kind.span)
}

/// Summary of what [`missing_argument`] makes.
pub(super) const MISSING_ARGUMENT: &str = "Missing required argument";

/// An argument that must stand and does not.
pub(crate) fn missing_argument(name: &str, owner: Span) -> Diagnostic {
    Diagnostic::error(
        MISSING_ARGUMENT,
        format!("The argument {name:?} is required, but no definition was found. Add {name} = … to this block."),
    )
    .at(owner)
}

/// ` Did you mean "x"?`, or nothing.
pub fn did_you_mean<'n>(name: &str, names: impl IntoIterator<Item = &'n str>) -> String {
    suggestion(name, names).map(|near| format!(" Did you mean {near:?}?")).unwrap_or_default()
}

fn label_problem(block: &Block, labels: &[&str]) -> Option<Diagnostic> {
    let kind = &block.kind.name;
    if let Some(extra) = block.labels.get(labels.len()) {
        let wanted = if labels.is_empty() {
            format!("Blocks of type {kind:?} have no labels.")
        } else {
            format!("Only {} labels ({}) are expected for {kind} blocks.", labels.len(), labels.join(", "))
        };
        return Some(Diagnostic::error(format!("Extraneous label for {kind}"), wanted).at(extra.span));
    }
    let missing = labels.get(block.labels.len())?;
    Some(
        Diagnostic::error(
            format!("Missing {missing} for {kind}"),
            format!("All {kind} blocks must have {} labels ({}).", labels.len(), labels.join(", ")),
        )
        .at(block.header),
    )
}

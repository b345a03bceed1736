//! What names of a module's scope exist: the judgement that evaluation and the check before it share.

use std::sync::Arc;

use super::modules::Each;
use crate::addr::{Mode, ModulePath, ResourceName};
use crate::config::{Module, Repetition, did_you_mean};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Span;

/// A name is there, or the diagnostic that it is not.
pub(super) type Declared = Result<(), Diagnostics>;

/// How a block is repeated: it decides whether it may name `each` or `count`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeated {
    No,
    Count,
    ForEach,
}

impl From<&Repetition> for Repeated {
    fn from(it: &Repetition) -> Self {
        match it {
            Repetition::Single | Repetition::Enabled(_) => Repeated::No,
            Repetition::Count(_) => Repeated::Count,
            Repetition::ForEach(_) => Repeated::ForEach,
        }
    }
}

impl From<&Each> for Repeated {
    fn from(it: &Each) -> Self {
        match it {
            Each::None => Repeated::No,
            Each::Count(_) => Repeated::Count,
            Each::ForEach { .. } => Repeated::ForEach,
        }
    }
}

/// `var.name`
pub(super) fn variable(module: &Module, name: &Arc<str>, span: Span) -> Declared {
    if module.variables.contains_key(name) {
        return Ok(());
    }
    let near = did_you_mean(name, module.variables.keys().map(|it| &**it));
    undeclared("input variable", "An input variable", name, &near, "variable", span)
}

/// `local.name`
pub(super) fn local(module: &Module, name: &Arc<str>, span: Span) -> Declared {
    if module.locals.contains_key(name) {
        return Ok(());
    }
    let near = did_you_mean(name, module.locals.keys().map(|it| &**it));
    undeclared("local value", "A local value", name, &near, "locals", span)
}

/// `module.name`
pub(super) fn call(module: &Module, name: &Arc<str>, span: Span) -> Declared {
    if module.calls.contains_key(name) {
        return Ok(());
    }
    let near = did_you_mean(name, module.calls.keys().map(|it| &**it));
    undeclared("module", "A module call", name, &near, "module", span)
}

fn undeclared(what: &str, article: &str, name: &str, near: &str, block: &str, span: Span) -> Declared {
    let way_out = if near.is_empty() { format!(" Declare it with a {block} block.") } else { near.to_owned() };
    let detail = format!("{article} with the name {name:?} has not been declared in this module.{way_out}");
    Err(Diagnostic::error(format!("Reference to undeclared {what}"), detail).at(span).into())
}

/// `type.name`, `data.type.name`
pub(super) fn resource(module: &Module, name: &ResourceName, span: Span) -> Declared {
    if module.resources.contains_key(name) {
        return Ok(());
    }
    let names: Vec<String> = module.resources.keys().map(ToString::to_string).collect();
    let near = did_you_mean(&name.to_string(), names.iter().map(String::as_str));
    let detail = format!(
        "{} {:?} {:?} has not been declared in {}.{near}",
        match name.mode {
            Mode::Data => "A data resource",
            Mode::Ephemeral => "An ephemeral resource",
            Mode::Managed => "A managed resource",
        },
        &*name.type_name,
        &*name.name,
        place_of(&module.path)
    );
    Err(Diagnostic::error("Reference to undeclared resource", detail).at(span).into())
}

fn place_of(path: &ModulePath) -> String {
    if path.is_root() { "the root module".into() } else { path.to_string() }
}

/// `each.name`
pub(super) fn each(repeated: Repeated, name: &str, span: Span) -> Declared {
    let (summary, detail) = match (repeated, name) {
        (Repeated::ForEach, "key" | "value") => return Ok(()),
        (Repeated::ForEach, _) => {
            let near = did_you_mean(name, ["key", "value"]);
            let detail = format!(
                "The \"each\" object does not have an attribute named {name:?}. The supported attributes are each.key \
                 and each.value.{near}"
            );
            ("Invalid \"each\" attribute", detail)
        }
        (_, "value") => (
            "each.value cannot be used in this context",
            "There is no each.value here: the block that the expression belongs to has no for_each. Give the block \
             for_each, or take the reference away."
                .to_owned(),
        ),
        _ => (
            "Reference to \"each\" in context without for_each",
            "The \"each\" object can be used only in \"module\" or \"resource\" blocks, and only when the \"for_each\" \
             argument is set."
                .to_owned(),
        ),
    };
    Err(Diagnostic::error(summary, detail).at(span).into())
}

/// `count.name`
pub(super) fn count(repeated: Repeated, name: &str, span: Span) -> Declared {
    let (summary, detail) = match (repeated, name) {
        (Repeated::Count, "index") => return Ok(()),
        (Repeated::Count, _) => (
            "Invalid \"count\" attribute",
            format!(
                "The \"count\" object does not have an attribute named {name:?}. The only supported attribute is \
                 count.index."
            ),
        ),
        _ => (
            "Reference to \"count\" in non-counted context",
            "The \"count\" object can only be used in \"module\", \"resource\", and \"data\" blocks, and only when the \
             \"count\" argument is set."
                .to_owned(),
        ),
    };
    Err(Diagnostic::error(summary, detail).at(span).into())
}

/// `path.name` and `terraform.name`
pub(super) fn fixed(object: &str, name: &str, span: Span) -> Declared {
    let names: &[&str] = if object == "path" { &["cwd", "module", "root"] } else { &["applying", "workspace"] };
    if names.contains(&name) {
        return Ok(());
    }
    let near = did_you_mean(name, names.iter().copied());
    let all: Vec<String> = names.iter().map(|it| format!("{object}.{it}")).collect();
    let detail = format!(
        "The {object:?} object does not have an attribute named {name:?}. The supported attributes are {}.{near}",
        all.join(", ")
    );
    Err(Diagnostic::error(format!("Invalid {object:?} attribute"), detail).at(span).into())
}

/// `self` where there is none.
pub(super) fn no_self(span: Span) -> Diagnostic {
    let detail = "The \"self\" object is not available in this context. It stands for the object in provisioner, \
                  connection, and postcondition blocks.";
    Diagnostic::error("Invalid \"self\" reference", detail).at(span)
}

/// `var`, `each` and the like without a name after them.
pub(super) fn incomplete(root: &str, span: Span) -> Diagnostic {
    let detail = format!("The {root:?} object cannot be accessed directly. Instead, access one of its attributes.");
    let summary = if root == "terraform" { "Invalid \"terraform\" attribute" } else { "Invalid reference" };
    Diagnostic::error(summary, detail).at(span)
}

/// A resource type, or `data`, without the names that must follow.
pub(super) fn incomplete_resource(root: &str, span: Span) -> Diagnostic {
    let detail = if matches!(root, "data" | "ephemeral" | "resource") {
        format!("The {root:?} object must be followed by two attribute names: the resource type and the resource name.")
    } else {
        "A reference to a resource type must be followed by at least one attribute access, specifying the resource \
         name. A text stands in quotes."
            .to_owned()
    };
    Diagnostic::error("Invalid reference", detail).at(span)
}

/// An attribute of a repeated resource or module without the instance.
pub(super) fn missing_key(name: &str, repeated: Repeated, span: Span) -> Diagnostic {
    let (argument, example) =
        if repeated == Repeated::Count { ("count", "count.index") } else { ("for_each", "each.key") };
    let detail = format!(
        "Because {name} has {argument:?} set, its attributes must be accessed on specific instances. For example, to \
         correlate with indices of a referring resource, use: {name}[{example}]"
    );
    Diagnostic::error("Missing resource instance key", detail).at(span)
}

/// An instance of a resource that is not repeated.
pub(super) fn unexpected_key(name: &ResourceName, span: Span) -> Diagnostic {
    let detail = format!(
        "Because {name} does not have \"count\" or \"for_each\" set, references to it must not include an index key. \
         Remove the brackets to refer to its only instance."
    );
    Diagnostic::error("Unexpected resource instance key", detail).at(span)
}

//! Values of the root module's variables from outside: files, options and the environment.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Config;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::syntax::parse_body;
use crate::value::Value;

/// Values of root module variables from outside, in order of precedence: later ones win.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    /// Each with its name and where it is from.
    pub given: Vec<GivenVariable>,
}

impl Variables {
    /// The value that wins for a name.
    pub fn get(&self, name: &str) -> Option<&GivenVariable> {
        self.given.iter().rev().find(|it| &*it.name == name)
    }
}

/// A variable's value from outside.
#[derive(Clone, Debug)]
pub struct GivenVariable {
    /// Name.
    pub name: Arc<str>,
    /// Value.
    pub value: VariableText,
    /// Where it is from.
    pub origin: VariableOrigin,
}

/// A variable's value before its declaration says how to read it.
#[derive(Clone, Debug)]
pub enum VariableText {
    /// Text of `-var` or of the environment: an expression unless the variable is a primitive or has no type.
    Text(Arc<str>),
    /// A value of a variables file.
    Value(Value),
}

/// Where a variable's value is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VariableOrigin {
    /// `TF_VAR_name`.
    Environment,
    /// `-var`.
    Argument,
    /// A variables file that is read by itself.
    AutomaticFile,
    /// A variables file given with `-var-file`.
    File,
    /// Typed at a prompt.
    Prompt,
    /// A saved plan.
    Plan,
}

/// `-var` or `-var-file`, in the order of the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VariableOption {
    /// `-var name=text`.
    Var(String),
    /// `-var-file path`.
    File(PathBuf),
}

/// Reads the environment (`TF_VAR_*`), `terraform.tfvars`, `*.auto.tfvars`, then the options in their order.
///
/// Names that the root module does not declare are a warning in a file and an error in an option; from the
/// environment they are left out in silence.
pub fn variables(
    config: &mut Config,
    dir: &Path,
    environment: &BTreeMap<String, String>,
    options: &[VariableOption],
) -> (Variables, Diagnostics) {
    let mut all = Variables::default();
    let mut diagnostics = Diagnostics::new();
    let declared = |config: &Config, name: &str| config.root().variables.contains_key(name);
    for (key, text) in environment {
        if let Some(name) = key.strip_prefix("TF_VAR_").filter(|name| declared(config, name)) {
            all.given.push(text_variable(name, text, VariableOrigin::Environment));
        }
    }
    for path in automatic_files(dir) {
        read_file(config, &path, VariableOrigin::AutomaticFile, &mut all, &mut diagnostics);
    }
    for option in options {
        match option {
            VariableOption::File(path) => {
                read_file(config, path, VariableOrigin::File, &mut all, &mut diagnostics);
            }
            VariableOption::Var(option) => match option.split_once('=') {
                None => diagnostics.push(Diagnostic::error(
                    "Invalid -var option",
                    format!("The given -var option {option:?} is not correctly specified. Write name=value."),
                )),
                Some((name, text)) if declared(config, name.trim()) => {
                    all.given.push(text_variable(name.trim(), text, VariableOrigin::Argument));
                }
                Some((name, _)) => {
                    let near = super::did_you_mean(name, config.root().variables.keys().map(|it| &**it));
                    let detail = format!(
                        "A variable named {name:?} was assigned on the command line, but the root module does not \
                         declare a variable of that name.{near} To use this value, add a \"variable\" block to the \
                         configuration."
                    );
                    diagnostics.push(Diagnostic::error("Value for undeclared variable", detail));
                }
            },
        }
    }
    (all, diagnostics)
}

fn text_variable(name: &str, text: &str, origin: VariableOrigin) -> GivenVariable {
    GivenVariable { name: name.into(), value: VariableText::Text(text.into()), origin }
}

/// `terraform.tfvars`, then `*.auto.tfvars` in lexical order.
fn automatic_files(dir: &Path) -> Vec<PathBuf> {
    let listed = super::Files::list(&super::Disk, dir).unwrap_or_default();
    let name = |path: &Path| path.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
    let first = listed.iter().filter(|path| name(path) == "terraform.tfvars");
    let rest = listed.iter().filter(|path| name(path).ends_with(".auto.tfvars"));
    first.chain(rest).cloned().collect()
}

fn read_file(
    config: &mut Config,
    path: &Path,
    origin: VariableOrigin,
    all: &mut Variables,
    diagnostics: &mut Diagnostics,
) {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            let detail = format!("Given variables file {} could not be read: {error}.", path.display());
            diagnostics.push(Diagnostic::error("Failed to read variables file", detail));
            return;
        }
    };
    let file = config.sources.add(path, text.as_str());
    let (body, found) = parse_body(file, &text);
    diagnostics.extend(found);
    for block in &body.blocks {
        let detail = format!("A variables file assigns values: {} = …. Blocks have no place in it.", block.kind.name);
        diagnostics.push(Diagnostic::error("Unexpected block", detail).at(block.header));
    }
    for attribute in &body.attributes {
        let name = &attribute.name.name;
        if !config.root().variables.contains_key(name) {
            let near = super::did_you_mean(name, config.root().variables.keys().map(|it| &**it));
            let detail = format!(
                "The root module does not declare a variable named {name:?}, but a value was found in {}.{near} To use \
                 this value, add a \"variable\" block to the configuration.",
                path.display()
            );
            diagnostics.push(Diagnostic::warning("Value for undeclared variable", detail).at(attribute.span));
            continue;
        }
        match crate::eval::constant(&attribute.expr) {
            Ok(value) => {
                all.given.push(GivenVariable {
                    name: name.clone(),
                    value: VariableText::Value(value),
                    origin: origin.clone(),
                });
            }
            Err(found) => diagnostics.extend(found),
        }
    }
}

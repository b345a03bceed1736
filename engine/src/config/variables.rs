//! Values of the root module's variables from outside: files, options and the environment.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Config, Variable, parse_json_values};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Span;
use crate::syntax::ast::{Attribute, Block};
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

    /// Required variables of the root module that nothing gives a value, by name.
    pub fn missing<'c>(&self, config: &'c Config) -> Vec<(&'c Arc<str>, &'c Variable)> {
        let all = config.root().variables.iter();
        all.filter(|(name, it)| it.default.is_none() && self.get(name).is_none()).collect()
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

/// So many undeclared names of files are told one by one; the rest are counted.
const MAX_UNDECLARED: usize = 2;

/// Reads the environment (`TF_VAR_*`), `terraform.tfvars`, `terraform.tfvars.json`, `*.auto.tfvars` and
/// `*.auto.tfvars.json` by name, then the options in their order.
///
/// Names that the root module does not declare are a warning in a file and an error in an option; from the
/// environment they are left out in silence.
pub fn variables(
    config: &mut Config,
    dir: &Path,
    environment: &BTreeMap<String, String>,
    options: &[VariableOption],
) -> (Variables, Diagnostics) {
    let mut reader =
        Reader { config, all: Variables::default(), diagnostics: Diagnostics::new(), undeclared: BTreeSet::new() };
    for (key, text) in environment {
        if let Some(name) = key.strip_prefix("TF_VAR_").filter(|name| reader.is_declared(name)) {
            reader.text(name, text, VariableOrigin::Environment);
        }
    }
    for path in automatic_files(dir) {
        reader.file(&path, &VariableOrigin::AutomaticFile);
    }
    for option in options {
        match option {
            VariableOption::File(path) => reader.file(path, &VariableOrigin::File),
            VariableOption::Var(option) => reader.option(option),
        }
    }
    reader.finish()
}

/// `terraform.tfvars`, `terraform.tfvars.json`, then the automatic ones in lexical order.
fn automatic_files(dir: &Path) -> Vec<PathBuf> {
    let listed = super::Files::list(&super::Disk, dir).unwrap_or_default();
    let name = |path: &Path| path.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
    let named = |wanted: &'static str| listed.iter().filter(move |path| name(path) == wanted);
    let rest = listed.iter().filter(|path| {
        let name = name(path);
        name.ends_with(".auto.tfvars") || name.ends_with(".auto.tfvars.json")
    });
    named("terraform.tfvars").chain(named("terraform.tfvars.json")).chain(rest).cloned().collect()
}

struct Reader<'c> {
    config: &'c mut Config,
    all: Variables,
    diagnostics: Diagnostics,
    /// Names in files that the root module does not declare.
    undeclared: BTreeSet<Arc<str>>,
}

impl Reader<'_> {
    fn is_declared(&self, name: &str) -> bool {
        self.config.root().variables.contains_key(name)
    }

    fn near(&self, name: &str) -> String {
        super::did_you_mean(name, self.config.root().variables.keys().map(|it| &**it))
    }

    fn error(&mut self, summary: &str, detail: String, span: Option<Span>) {
        self.diagnostics.push(Diagnostic::error(summary, detail).at_opt(span));
    }

    fn text(&mut self, name: &str, text: &str, origin: VariableOrigin) {
        self.all.given.push(GivenVariable { name: name.into(), value: VariableText::Text(text.into()), origin });
    }

    fn option(&mut self, option: &str) {
        let Some((name, text)) = option.split_once('=') else {
            let detail = format!("The option -var {option:?} has no equals sign. Write -var 'name=value'.");
            return self.error("Invalid -var option", detail, None);
        };
        if name.ends_with(char::is_whitespace) {
            let trimmed = name.trim_end();
            let detail = format!("The name {name:?} ends with a space. Write -var '{trimmed}=…'.");
            return self.error("Invalid -var option", detail, None);
        }
        if self.is_declared(name) {
            return self.text(name, text, VariableOrigin::Argument);
        }
        let detail = format!(
            "A variable named {name:?} was assigned on the command line, but the root module does not declare a variable \
             of that name.{} To use this value, add a \"variable\" block to the configuration.",
            self.near(name)
        );
        self.error("Value for undeclared variable", detail, None);
    }

    fn file(&mut self, path: &Path, origin: &VariableOrigin) {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                let why = match error.kind() {
                    std::io::ErrorKind::NotFound => "does not exist".to_owned(),
                    _ => format!("could not be read: {error}"),
                };
                let detail = format!("Given variables file {} {why}.", path.display());
                return self.error("Failed to read variables file", detail, None);
            }
        };
        let file = self.config.sources.add(path, text.as_str());
        let json = path.extension().is_some_and(|it| it == "json");
        let (body, found) = if json { parse_json_values(file, &text) } else { parse_body(file, &text) };
        self.diagnostics.extend(found);
        for block in &body.blocks {
            self.block(block);
        }
        let mut names = BTreeSet::new();
        for attribute in &body.attributes {
            if names.insert(attribute.name.name.clone()) {
                self.assignment(attribute, path, origin);
            } else {
                self.diagnostics.push(super::duplicate_argument(attribute, json));
            }
        }
    }

    fn block(&mut self, block: &Block) {
        let kind = &block.kind.name;
        if &**kind == "variable" {
            let name = block.labels.first().map_or("name", |it| &*it.name);
            let detail = format!(
                "A variables file gives values to variables that .tf files declare. Move this block into one of those, \
                 or write {name} = … to give it a value."
            );
            return self.error("Variable declaration in .tfvars file", detail, Some(block.header));
        }
        let detail = format!("A variables file assigns values: {kind} = …. Blocks have no place in it.");
        self.error(&format!("Unexpected {kind:?} block"), detail, Some(block.header));
    }

    fn assignment(&mut self, attribute: &Attribute, path: &Path, origin: &VariableOrigin) {
        let name = &attribute.name.name;
        if !self.is_declared(name) {
            self.undeclared.insert(name.clone());
            if self.undeclared.len() <= MAX_UNDECLARED {
                let detail = format!(
                    "The root module does not declare a variable named {name:?}, but a value was found in {}.{} To use \
                     this value, add a \"variable\" block to the configuration. For values that many configurations \
                     share, TF_VAR_{name} in the environment gives no warning.",
                    path.display(),
                    self.near(name)
                );
                let warning = Diagnostic::warning("Value for undeclared variable", detail);
                self.diagnostics.push(warning.at(attribute.span));
            }
            return;
        }
        match crate::eval::constant(&attribute.expr) {
            Ok(value) => {
                let (name, value, origin) = (name.clone(), VariableText::Value(value), origin.clone());
                self.all.given.push(GivenVariable { name, value, origin });
            }
            Err(found) => self.diagnostics.extend(found),
        }
    }

    fn finish(mut self) -> (Variables, Diagnostics) {
        let more = self.undeclared.len().saturating_sub(MAX_UNDECLARED);
        if more > 0 {
            let detail =
                format!("Besides those above, files give values to other variables that are not declared: {more}.");
            self.diagnostics.push(Diagnostic::warning("Values for undeclared variables", detail));
        }
        (self.all, self.diagnostics)
    }
}

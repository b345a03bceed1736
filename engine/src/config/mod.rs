//! Configurations: files as modules, blocks as data.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diagnostic::Diagnostics;
use crate::source::SourceMap;
use crate::value::Value;

/// A configuration: the root module and all that it calls.
#[derive(Debug, Default)]
pub struct Config {
    /// Every file that was read.
    pub sources: SourceMap,
}

/// Values of root module variables from outside, in order of precedence: later ones win.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    /// Each with its name and where it is from.
    pub given: Vec<GivenVariable>,
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
    /// Text of `-var` or of the environment: an expression unless the variable is a string or has no type.
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
    /// A variables file that is read by itself, or with `-var-file`; its undeclared names are a warning.
    File,
    /// Typed at a prompt.
    Prompt,
}

/// Reads the root module in `dir` and all that it calls.
///
/// The configuration is there even with errors, as far as it could be read: its sources show where they are.
pub fn load(_dir: &Path) -> (Config, Diagnostics) {
    unimplemented!()
}

/// The same from texts instead of files: what a plan file carries. `sources` has every file that [`load`] read, by the
/// path that [`Config::sources`] gives it; nothing is read from disk.
pub fn load_sources(_dir: &Path, _sources: &BTreeMap<PathBuf, Arc<str>>) -> (Config, Diagnostics) {
    unimplemented!()
}

/// Reads variables files and `TF_VAR_*`: `terraform.tfvars`, `*.auto.tfvars`, then `files` and `arguments` as they
/// were given on the command line.
pub fn variables(
    _config: &mut Config,
    _dir: &Path,
    _environment: &BTreeMap<String, String>,
    _options: &[VariableOption],
) -> (Variables, Diagnostics) {
    unimplemented!()
}

/// `-var` or `-var-file`, in the order of the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VariableOption {
    /// `-var name=text`.
    Var(String),
    /// `-var-file path`.
    File(std::path::PathBuf),
}

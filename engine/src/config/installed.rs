//! Modules that were installed: `modules.json`, which Terraform reads and writes as well.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::module_source::ModuleSource;
use super::version::{Constraints, Version};
use crate::diagnostic::Diagnostic;

/// A module call whose files are looked for.
#[derive(Debug)]
pub struct WantedModule<'a> {
    /// Names of the calls that lead to it, joined by dots.
    pub key: &'a str,
    /// Where it comes from.
    pub source: &'a ModuleSource,
    /// Versions that will do; `None` for any.
    pub version: Option<&'a Constraints>,
    /// For a local source the folder that it means, else empty.
    pub local: &'a Path,
}

/// Says where the files of a called module are.
pub trait ModuleFinder {
    /// The folder of a module.
    ///
    /// # Errors
    /// The module is not there.
    fn find(&mut self, wanted: &WantedModule<'_>) -> Result<PathBuf, Diagnostic>;
}

/// What `modules.json` says.
#[derive(Clone, Debug, Default)]
pub struct Manifest {
    records: BTreeMap<String, ModuleRecord>,
}

/// An installed module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ModuleRecord {
    /// Names of the calls that lead to it, joined by dots; empty for the root.
    pub key: String,
    /// Its source in full.
    pub source: String,
    /// Its version, where it comes from a registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Its folder, from the working directory.
    pub dir: String,
}

#[derive(Serialize, Deserialize)]
struct Document {
    #[serde(rename = "Modules")]
    modules: Vec<ModuleRecord>,
}

impl Manifest {
    /// Name of the file, from the folder that holds what `init` leaves behind.
    pub const FILE: &'static str = "modules/modules.json";

    /// Reads the text of the file.
    ///
    /// # Errors
    /// It is no such file.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let document: Document = serde_json::from_str(text)?;
        Ok(Self { records: document.modules.into_iter().map(|it| (it.key.clone(), it)).collect() })
    }

    /// The text of the file, sorted by key.
    pub fn text(&self) -> String {
        let document = Document { modules: self.records.values().cloned().collect() };
        serde_json::to_string(&document).expect("records of strings are JSON")
    }

    /// An installed module.
    pub fn get(&self, key: &str) -> Option<&ModuleRecord> {
        self.records.get(key)
    }

    /// Adds a module, or replaces the one of its key.
    pub fn insert(&mut self, record: ModuleRecord) {
        self.records.insert(record.key.clone(), record);
    }

    /// All of them by key.
    pub fn iter(&self) -> impl Iterator<Item = &ModuleRecord> {
        self.records.values()
    }
}

/// Finds modules where `init` has put them.
pub struct Installed<'a> {
    /// What is installed.
    pub manifest: &'a Manifest,
    /// The working directory, to which the folders are relative.
    pub dir: &'a Path,
}

impl ModuleFinder for Installed<'_> {
    fn find(&mut self, wanted: &WantedModule<'_>) -> Result<PathBuf, Diagnostic> {
        if matches!(wanted.source, ModuleSource::Local(_)) {
            return Ok(wanted.local.to_owned());
        }
        let Some(record) = self.manifest.get(wanted.key) else {
            let detail = format!(
                "The module {} from {} is not installed yet. Install all modules of the configuration with \"plumb \
                 init\".",
                wanted.key, wanted.source
            );
            return Err(Diagnostic::error("Module not installed", detail));
        };
        if record.source != wanted.source.to_string() {
            let detail = format!(
                "The module {} was installed from {}, and the configuration now wants it from {}. Install it anew with \
                 \"plumb init\".",
                wanted.key, record.source, wanted.source
            );
            return Err(Diagnostic::error("Module source has changed", detail));
        }
        if let Some(constraints) = wanted.version {
            let installed = record.version.as_deref().unwrap_or("without a version");
            if !Version::parse(installed).is_some_and(|it| constraints.allow(&it)) {
                let detail = format!(
                    "The module {} is installed as {installed}, and the configuration now wants {constraints}. Install \
                     another version with \"plumb init\".",
                    wanted.key
                );
                return Err(Diagnostic::error("Module version requirements have changed", detail));
            }
        }
        Ok(normal(&self.dir.join(&record.dir)))
    }
}

/// The path without `.` and with `..` resolved by name.
pub(super) fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{"Modules":[{"Key":"","Source":"","Dir":"."},
        {"Key":"net","Source":"registry.terraform.io/a/b/c","Version":"1.2.0","Dir":".terraform/modules/net"}]}"#;

    fn find(source: &str, version: Option<&str>) -> Result<PathBuf, String> {
        let manifest = Manifest::parse(TEXT).unwrap();
        let source = ModuleSource::parse(source).unwrap();
        let version = version.and_then(Constraints::parse);
        let wanted = WantedModule { key: "net", source: &source, version: version.as_ref(), local: Path::new("m") };
        Installed { manifest: &manifest, dir: Path::new(".") }.find(&wanted).map_err(|it| it.summary)
    }

    #[test]
    fn modules_are_found_where_they_were_put() {
        assert_eq!(find("a/b/c", Some("~> 1.0")), Ok(PathBuf::from(".terraform/modules/net")));
        assert_eq!(find("a/b/c", None), Ok(PathBuf::from(".terraform/modules/net")));
        assert_eq!(find("./m", None), Ok(PathBuf::from("m")));
    }

    #[test]
    fn another_source_or_version_must_be_installed() {
        assert_eq!(find("a/b/c", Some("~> 2.0")), Err("Module version requirements have changed".into()));
        assert_eq!(find("a/d/c", None), Err("Module source has changed".into()));
        let manifest = Manifest::default();
        let source = ModuleSource::parse("a/b/c").unwrap();
        let wanted = WantedModule { key: "x", source: &source, version: None, local: Path::new("") };
        let found = Installed { manifest: &manifest, dir: Path::new(".") }.find(&wanted);
        assert_eq!(found.unwrap_err().summary, "Module not installed");
    }

    #[test]
    fn the_file_is_that_of_terraform() {
        let manifest = Manifest::parse(TEXT).unwrap();
        let expected = TEXT.replace("\n        ", "");
        assert_eq!(manifest.text(), expected);
    }
}

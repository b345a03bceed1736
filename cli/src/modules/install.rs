//! Installs the modules that a configuration calls, and remembers them in `modules.json`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use plumb_engine::config::{
    Manifest, ModuleFinder, ModuleRecord, ModuleSource, RegistrySource, RemoteSource, Version, WantedModule,
};
use plumb_engine::diagnostic::Diagnostic;

use super::package::{Fetcher, copy, inside, join};
use super::registry::Registries;
use super::shipped;
use crate::VERSION;

/// Installs modules while the configuration is loaded: it is asked for each call in turn.
pub struct Installer<'a> {
    /// What was installed before.
    pub old: Manifest,
    /// What is installed now.
    pub new: Manifest,
    /// Folder of the installed modules.
    pub dir: PathBuf,
    /// Whether newer versions are taken where the constraints allow them.
    pub upgrade: bool,
    /// Registries.
    pub registries: Registries<'a>,
    /// Packages.
    pub fetcher: Fetcher<'a>,
    /// Told of each step.
    pub say: &'a dyn Fn(&str),
    /// What is said before the first module.
    pub header: &'static str,
    /// Packages of this run: where they are, and the folder that the address leads to inside.
    pub fetched: BTreeMap<String, (PathBuf, String)>,
}

impl ModuleFinder for Installer<'_> {
    fn find(&mut self, wanted: &WantedModule<'_>) -> Result<PathBuf, Diagnostic> {
        (self.say)(std::mem::take(&mut self.header));
        if let Some(record) = self.kept(wanted) {
            let dir = PathBuf::from(&record.dir);
            self.new.insert(record);
            return Ok(dir);
        }
        match wanted.source {
            ModuleSource::Local(_) => {
                let dir = wanted.local.to_owned();
                self.record(wanted, None, &dir);
                Ok(dir)
            }
            ModuleSource::Registry(source) => self.registry(wanted, source),
            ModuleSource::Remote(source) => {
                let ours = source.url.starts_with(shipped::SCHEME);
                let verb = if ours { "Copying" } else { "Downloading" };
                (self.say)(&format!("{verb} {} for {}...\n", source.package(), wanted.key));
                let dir = self.package(wanted, source, &source.subdir).map_err(|reason| failed(wanted, &reason))?;
                self.record(wanted, ours.then(|| VERSION.to_owned()), &dir);
                Ok(dir)
            }
        }
    }
}

impl Installer<'_> {
    /// The module as it is installed, when it will do.
    fn kept(&self, wanted: &WantedModule<'_>) -> Option<ModuleRecord> {
        let record = self.old.get(wanted.key).filter(|_| !self.upgrade)?;
        let version = record.version.as_deref().and_then(Version::parse);
        let fits = match (wanted.source, wanted.version) {
            (ModuleSource::Local(_), _) => Path::new(&record.dir) == wanted.local,
            (_, Some(constraints)) => version.is_some_and(|it| constraints.allow(&it)),
            (_, None) => true,
        };
        let same = record.source == wanted.source.to_string() && fits && Path::new(&record.dir).is_dir();
        same.then(|| record.clone())
    }

    fn registry(&mut self, wanted: &WantedModule<'_>, source: &RegistrySource) -> Result<PathBuf, Diagnostic> {
        let version = self.registries.select(source, wanted.version).map_err(|reason| {
            let summary = if reason.contains("meets the constraint") {
                "Unresolvable module version constraint"
            } else if reason.contains("has no module") || reason.contains("has no version") {
                "Module not found"
            } else {
                "Error accessing remote module registry"
            };
            let detail = format!("The module {:?} cannot be installed from {}: {reason}.", wanted.key, wanted.source);
            Diagnostic::error(summary, detail)
        })?;
        (self.say)(&format!("Downloading {} {version} for {}...\n", source.package(), wanted.key));
        let result = self.registries.package(source, &version).and_then(|address| {
            let remote = RemoteSource::parse(&address)?;
            let subdir = join(&[&remote.subdir, &source.subdir]);
            self.package(wanted, &remote, &subdir)
        });
        let dir = result.map_err(|reason| failed(wanted, &reason))?;
        self.record(wanted, Some(version.to_string()), &dir);
        Ok(dir)
    }

    /// Puts a package into the module's folder; a package that was fetched for another module is copied.
    fn package(&mut self, wanted: &WantedModule<'_>, source: &RemoteSource, subdir: &str) -> Result<PathBuf, String> {
        let to = self.dir.join(wanted.key);
        let unwritable = |error: std::io::Error| format!("{} cannot be written: {error}", to.display());
        if to.exists() {
            fs::remove_dir_all(&to).map_err(unwritable)?;
        }
        fs::create_dir_all(&self.dir).map_err(unwritable)?;
        let inner = match self.fetched.get(&source.package()) {
            Some((from, inner)) => {
                copy(from, &to).map_err(unwritable)?;
                inner.clone()
            }
            None => {
                let fetched = self.fetcher.fetch(source, &to);
                if fetched.is_err() {
                    // What is half there must not be taken for a module.
                    fs::remove_dir_all(&to).ok();
                }
                let inner = fetched?;
                self.fetched.insert(source.package(), (to.clone(), inner.clone()));
                inner
            }
        };
        inside(&to, &join(&[inner.as_str(), subdir]))
    }

    fn record(&mut self, wanted: &WantedModule<'_>, version: Option<String>, dir: &Path) {
        let shown = if dir.as_os_str().is_empty() { ".".to_owned() } else { dir.display().to_string() };
        (self.say)(&format!("- {} in {shown}\n", wanted.key));
        let source = wanted.source.to_string();
        self.new.insert(ModuleRecord { key: wanted.key.to_owned(), source, version, dir: shown });
    }
}

fn failed(wanted: &WantedModule<'_>, reason: &str) -> Diagnostic {
    let detail = format!("The module {:?} cannot be downloaded from {}: {reason}.", wanted.key, wanted.source);
    Diagnostic::error("Failed to download module", detail)
}

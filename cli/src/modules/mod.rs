//! Modules from elsewhere: registries, repositories, archives, buckets and plumb itself, installed for `plan` to find.
//!
//! [`install`] is the whole of it: it loads the configuration, fetches what is called and not there, and writes
//! `modules.json`, which Terraform understands as well.

mod archive;
mod git;
mod http;
mod install;
mod package;
mod registry;
mod runs;
mod s3;
mod settings;
pub mod shipped;
#[cfg(test)]
mod tests;
mod tls;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use plumb_engine::config::{self, Config, Disk, Manifest, ModuleRecord, RemoteSource, VariableOption, Variables};
use plumb_engine::diagnostic::{Diagnostic, Diagnostics};

use self::http::Http;
use self::install::Installer;
use self::package::{Fetcher, copy, inside};
use self::registry::Registries;
pub use self::runs::load_run;
use self::s3::keys;
use self::settings::Settings;

/// How modules are installed.
pub struct InstallOptions<'a> {
    /// Where `init` leaves things behind: `.terraform`.
    pub data_dir: &'a Path,
    /// Take the newest versions that the constraints allow.
    pub upgrade: bool,
    /// Environment variables.
    pub environment: &'a BTreeMap<String, String>,
    /// Options that give values to variables, for sources that depend on them.
    pub variables: &'a [VariableOption],
    /// What is said before the first module; may be empty.
    pub header: &'static str,
    /// Told of each step, a line at a time.
    pub say: &'a dyn Fn(&str),
}

/// Loads the configuration of the working directory and installs the modules that it calls. Modules that could be
/// installed are remembered even when others could not.
pub fn install(options: &InstallOptions<'_>) -> (Config, Diagnostics) {
    let settings = match Settings::read(options.environment) {
        Ok(settings) => settings,
        Err(diagnostic) => return (Config::default(), diagnostic.into()),
    };
    let http = Http::new();
    let path = options.data_dir.join(Manifest::FILE);
    let old = fs::read_to_string(&path).ok().and_then(|text| Manifest::parse(&text).ok()).unwrap_or_default();
    let mut new = Manifest::default();
    new.insert(ModuleRecord { key: String::new(), source: String::new(), version: None, dir: ".".to_owned() });
    let keys = keys(options.environment);
    let mut installer = Installer {
        old,
        new,
        dir: options.data_dir.join("modules"),
        upgrade: options.upgrade,
        registries: Registries::new(&http, &settings),
        fetcher: Fetcher { http: &http, keys: &keys },
        say: options.say,
        header: options.header,
        fetched: BTreeMap::new(),
    };
    let (config, mut found) = config::load_with_given(&Disk, Path::new("."), &given(options), &mut installer);
    found.extend(runs::find_all(&mut installer));
    let manifest = installer.new;
    if manifest.iter().count() > 1
        && let Err(error) = write(&path, &manifest)
    {
        let detail = format!("{} cannot be written: {error}. Modules are not found without it.", path.display());
        found.push(Diagnostic::error("Failed to update module manifest", detail));
    }
    (config, found)
}

/// Values of variables for sources that depend on them.
pub fn given(options: &InstallOptions<'_>) -> Variables {
    let dir = Path::new(".");
    let (mut config, _) = config::load_installed(dir, options.data_dir);
    if !config.has_computed_sources() {
        return Variables::default();
    }
    config::variables(&mut config, dir, options.environment, options.variables).0
}

fn write(path: &Path, manifest: &Manifest) -> std::io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(path, manifest.text())
}

/// Copies a module into the working directory, which must have no configuration yet.
///
/// # Errors
/// The directory has a configuration, or the module cannot be had.
pub fn copy_from(address: &str, options: &InstallOptions<'_>) -> Result<(), Diagnostic> {
    let has = |ending: &str| {
        let entries = fs::read_dir(".").into_iter().flatten().filter_map(Result::ok);
        entries.map(|it| it.file_name()).any(|it| it.to_string_lossy().ends_with(ending))
    };
    if has(".tf") || has(".tf.json") {
        let detail = "The option -from-module copies a module into a directory without configuration files, and this one \
                      has some. Use another directory, named with -chdir.";
        return Err(Diagnostic::error("Can't populate non-empty directory", detail));
    }
    let failed = |reason: String| {
        Diagnostic::error("Failed to download module", format!("The module {address:?} cannot be copied: {reason}."))
    };
    let settings = Settings::read(options.environment)?;
    let http = Http::new();
    let keys = keys(options.environment);
    let temporary = tempfile::tempdir().map_err(|error| failed(error.to_string()))?;
    let to = temporary.path().join("package");
    let (remote, subdir) = locate(address, &mut Registries::new(&http, &settings)).map_err(failed)?;
    (options.say)(&format!("Copying configuration from {address:?}...\n"));
    let inner = Fetcher { http: &http, keys: &keys }.fetch(&remote, &to).map_err(failed)?;
    let dir = inside(&to, &package::join(&[inner, subdir])).map_err(failed)?;
    copy(&dir, Path::new(".")).map_err(|error| failed(error.to_string()))
}

/// The package of an address, and the folder inside it.
fn locate(address: &str, registries: &mut Registries<'_>) -> Result<(RemoteSource, String), String> {
    use plumb_engine::config::ModuleSource;
    match ModuleSource::parse(address)? {
        ModuleSource::Local(path) => {
            let path = fs::canonicalize(&path).map_err(|error| format!("{path} cannot be read: {error}"))?;
            Ok((RemoteSource::parse(&path.display().to_string())?, String::new()))
        }
        ModuleSource::Remote(source) => {
            let subdir = source.subdir.clone();
            Ok((source, subdir))
        }
        ModuleSource::Registry(source) => {
            let version = registries.select(&source, None)?;
            let remote = RemoteSource::parse(&registries.package(&source, &version)?)?;
            let subdir = package::join(&[&remote.subdir, &source.subdir]);
            Ok((remote, subdir))
        }
    }
}

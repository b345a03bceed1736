//! Reads the root module and everything that it calls.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt::Display;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::blocks::{duplicate, provider_ref, references, text};
use super::content::{self, Content, Shape};
use super::files::{Disk, Embedded, Files};
use super::installed::{Installed, Manifest, ModuleFinder, WantedModule, normal};
use super::module::{Module, ModuleCall, ModuleIndex};
use super::module_source::ModuleSource;
use super::version::Constraints;
use super::{Config, resource_block};
use crate::addr::ModulePath;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Span;
use crate::syntax::ast::{Block, ExprKind};
use crate::syntax::parse_body;

/// How deep modules may call each other.
const MAX_DEPTH: usize = 64;

/// Where `init` leaves behind what it installs, beside the root module.
pub const DATA_DIR: &str = ".terraform";

/// Reads the root module in `dir` and all that it calls, modules that are installed in `.terraform` included.
///
/// The configuration is there even with errors, as far as it could be read: its sources show where they are.
pub fn load(dir: &Path) -> (Config, Diagnostics) {
    load_installed(dir, Path::new(DATA_DIR))
}

/// As [`load`], with installed modules in another folder.
pub fn load_installed(dir: &Path, data_dir: &Path) -> (Config, Diagnostics) {
    load_manifest(&Disk, dir, &dir.join(data_dir).join(Manifest::FILE))
}

/// The same from texts instead of files: what a plan file carries. `sources` has every file that [`load`] read, by the
/// path that [`Config::sources`] gives it; nothing is read from disk.
pub fn load_sources(dir: &Path, sources: &BTreeMap<PathBuf, Arc<str>>) -> (Config, Diagnostics) {
    let manifest = sources.keys().find(|path| path.ends_with(Manifest::FILE));
    let path = manifest.cloned().unwrap_or_else(|| dir.join(DATA_DIR).join(Manifest::FILE));
    load_manifest(&Embedded(sources), dir, &path)
}

/// As [`load`], from files that need not be on disk.
pub fn load_from(files: &dyn Files, dir: &Path) -> (Config, Diagnostics) {
    load_manifest(files, dir, &dir.join(DATA_DIR).join(Manifest::FILE))
}

/// The list of installed modules is one of the sources: a plan file finds their files by it.
fn load_manifest(files: &dyn Files, dir: &Path, path: &Path) -> (Config, Diagnostics) {
    let (text, mut refused) = match files.read(path) {
        Ok(text) => (text, Diagnostics::new()),
        Err(error) if error.kind() == ErrorKind::NotFound => (String::new(), Diagnostics::new()),
        Err(error) => (String::new(), unreadable(path, &error).into()),
    };
    let manifest = match Manifest::parse(&text) {
        Ok(manifest) => manifest,
        Err(_) if text.is_empty() => Manifest::default(),
        Err(error) => {
            refused.push(unreadable(path, &error));
            Manifest::default()
        }
    };
    let (mut config, mut found) = load_with(files, dir, &mut Installed { manifest: &manifest, dir });
    let is_remote = |call: &ModuleCall| !matches!(ModuleSource::parse(&call.source), Ok(ModuleSource::Local(_)));
    if !text.is_empty() && config.modules.iter().any(|module| module.calls.values().any(is_remote)) {
        config.sources.add(path.to_owned(), text);
    }
    refused.extend(std::mem::take(&mut found));
    (config, refused)
}

fn unreadable(path: &Path, error: &dyn Display) -> Diagnostic {
    let detail = format!(
        "{} cannot be read: {error}. It lists the modules that are installed; delete it and run \"plumb init\".",
        path.display()
    );
    Diagnostic::error("Failed to read module manifest", detail)
}

/// As [`load_from`], with `finder` saying where the files of called modules are.
pub fn load_with(files: &dyn Files, dir: &Path, finder: &mut dyn ModuleFinder) -> (Config, Diagnostics) {
    let mut config = Config { dir: dir.to_owned(), ..Config::default() };
    let mut diagnostics = Diagnostics::new();
    let root = Module { dir: dir.to_owned(), ..Module::default() };
    let mut waiting = vec![(root, None)];
    while let Some((mut module, called_at)) = waiting.pop() {
        let index = ModuleIndex(config.modules.len());
        let calls = read_module(&mut config, files, &mut module, called_at, &mut diagnostics);
        let mut children = Vec::new();
        for block in calls {
            if let Some((name, call, child)) = read_call(&module, index, &block, finder, &mut diagnostics) {
                match module.calls.entry(name) {
                    Entry::Occupied(known) => diagnostics.push(duplicate("module", known.key(), block.header)),
                    Entry::Vacant(free) => {
                        children.push((child, Some(call.span)));
                        free.insert(call);
                    }
                }
            }
        }
        if let (Some(parent), Some(name)) = (module.parent, module.path.0.last())
            && let Some(call) = config.modules[parent.0].calls.get_mut(name)
        {
            call.child = index;
        }
        config.by_path.insert(module.path.clone(), index);
        config.modules.push(module);
        waiting.extend(children.into_iter().rev());
    }
    check_calls(&config, &mut diagnostics);
    (config, diagnostics)
}

fn read_module(
    config: &mut Config,
    files: &dyn Files,
    module: &mut Module,
    called_at: Option<Span>,
    diagnostics: &mut Diagnostics,
) -> Vec<Block> {
    let mut calls = Vec::new();
    let listed = files.list(&module.dir);
    let paths = match listed {
        Ok(paths) => paths,
        Err(error) => {
            let summary =
                if called_at.is_some() { "Unreadable module directory" } else { "Failed to read module directory" };
            let detail = format!("The directory {} could not be read: {error}.", shown(&module.dir));
            diagnostics.push(Diagnostic::error(summary, detail).at_opt(called_at));
            return calls;
        }
    };
    let paths: Vec<_> = paths.into_iter().filter(|path| is_configuration(path)).collect();
    if paths.is_empty() {
        let detail = format!(
            "The directory {} has no .tf files. Write one, or name another with -chdir=DIR.",
            shown(&module.dir)
        );
        diagnostics.push(Diagnostic::error("No configuration files", detail).at_opt(called_at));
    }
    for path in paths {
        match files.read(&path) {
            Ok(source) => {
                let file = config.sources.add(path, source.as_str());
                let (body, found) = parse_body(file, &source);
                diagnostics.extend(found);
                super::blocks::read_file(module, &body, &mut calls, diagnostics);
            }
            Err(error) => {
                let detail = format!("The file {} could not be read: {error}.", path.display());
                diagnostics.push(Diagnostic::error("Failed to read file", detail));
            }
        }
    }
    calls
}

fn is_configuration(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.ends_with(".tf") && !name.starts_with('.') && !name.ends_with('~') && !name.starts_with('#')
}

fn read_call(
    module: &Module,
    index: ModuleIndex,
    block: &Block,
    finder: &mut dyn ModuleFinder,
    diagnostics: &mut Diagnostics,
) -> Option<(Arc<str>, ModuleCall, Module)> {
    const SHAPE: Shape = Shape {
        optional: &["version", "count", "for_each", "depends_on", "providers"],
        required: &["source"],
        blocks: &[],
        open: true,
    };
    let content = content::read(&block.body, &SHAPE, block.header, diagnostics);
    for inner in &content.rest.blocks {
        diagnostics.push(content::unsupported_block(inner, [], false));
    }
    let source = text(&content, "source", diagnostics)?;
    let span = content.attribute("source")?.expr.span;
    let name = block.labels[0].name.clone();
    let path = module.path.child(&name);
    if path.0.len() > MAX_DEPTH {
        let detail =
            format!("Modules call each other more than {MAX_DEPTH} levels deep: {path}. Does one call itself?");
        diagnostics.push(Diagnostic::error("Module calls nested too deeply", detail).at(span));
        return None;
    }
    let dir = find_module(module, &path, (&source, span), &content, finder)
        .map_err(|it| diagnostics.push(it.at(block.header)))
        .ok()?;
    let mut providers = BTreeMap::new();
    if let Some(attribute) = content.attribute("providers") {
        match &attribute.expr.kind {
            ExprKind::Object(items) => {
                providers
                    .extend(items.iter().filter_map(|it| Some((provider_ref(&it.key)?, provider_ref(&it.value)?))));
            }
            _ => {
                let detail = "providers takes a map from the module's provider names to yours: { aws = aws.west }.";
                diagnostics.push(Diagnostic::error("Invalid providers argument", detail).at(attribute.expr.span));
            }
        }
    }
    let child = Module { path, dir, parent: Some(index), ..Module::default() };
    let call = ModuleCall {
        source,
        repetition: resource_block::repetition(&content, diagnostics),
        depends_on: references(&content, "depends_on", diagnostics),
        providers,
        arguments: content.rest.attributes.iter().map(|it| (it.name.name.clone(), it.expr.clone())).collect(),
        child: ModuleIndex(usize::MAX),
        span: block.header,
    };
    Some((name, call, child))
}

/// The folder of a called module.
fn find_module(
    caller: &Module,
    path: &ModulePath,
    (source, span): (&str, Span),
    content: &Content<'_>,
    finder: &mut dyn ModuleFinder,
) -> Result<PathBuf, Diagnostic> {
    let version = content.attribute("version").and_then(|it| {
        let value = crate::eval::constant(&it.expr).ok()?;
        Some((value.as_str()?.to_owned(), it.expr.span))
    });
    let constraints = match &version {
        None => None,
        Some((text, span)) => Some(Constraints::parse(text).ok_or_else(|| {
            let detail = format!(
                "{text:?} is no version constraint. Constraints are versions with an operator before them or not, \
                 separated by commas: \">= 1.2, < 2.0\", \"~> 5.1\"."
            );
            Diagnostic::error("Invalid version constraint", detail).at(*span)
        })?),
    };
    let parsed = match &version {
        Some(_) => ModuleSource::parse_registry(source).map_err(|reason| {
            let detail = format!(
                "The argument \"version\" is given, and only modules of a registry have versions: {reason}. Take the \
                 version out, or name a registry module as NAMESPACE/NAME/SYSTEM."
            );
            Diagnostic::error("Invalid registry module source address", detail)
        }),
        None => ModuleSource::parse(source).map_err(|reason| {
            Diagnostic::error("Invalid module source address", format!("The module cannot be found: {reason}."))
        }),
    };
    let source = parsed.map_err(|it| it.at(span))?;
    let local = match &source {
        ModuleSource::Local(path) => normal(&caller.dir.join(path)),
        _ => PathBuf::new(),
    };
    let key = path.0.join(".");
    finder.find(&WantedModule { key: &key, source: &source, version: constraints.as_ref(), local: &local })
}

/// Arguments against the called modules' variables.
fn check_calls(config: &Config, diagnostics: &mut Diagnostics) {
    for module in &config.modules {
        for call in module.calls.values() {
            let Some(child) = config.modules.get(call.child.0) else { continue };
            for (name, expr) in &call.arguments {
                if !child.variables.contains_key(name) {
                    let near = content::did_you_mean(name, child.variables.keys().map(|it| &**it));
                    let detail = format!(
                        "An argument named {name:?} is not expected here: the module declares no such variable.{near}"
                    );
                    diagnostics.push(Diagnostic::error("Unsupported argument", detail).at(expr.span));
                }
            }
            for (name, variable) in &child.variables {
                if variable.default.is_none() && !call.arguments.contains_key(name) {
                    diagnostics.push(content::missing_argument(name, call.span));
                }
            }
        }
    }
}

fn shown(dir: &Path) -> String {
    if dir.as_os_str().is_empty() { ".".into() } else { dir.display().to_string() }
}

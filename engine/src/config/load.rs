//! Reads the root module and everything that it calls.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::blocks::duplicate;
use super::content::{self, Content, Shape};
use super::files::{Disk, Embedded, Files};
use super::installed::{Installed, Manifest, ModuleFinder, WantedModule, normal};
use super::module::{Module, ModuleCall, ModuleIndex};
use super::module_source::ModuleSource;
use super::quoted::{provider_ref, references};
use super::version::Constraints;
use super::{Config, Variables, overrides, parse_json_body, resource_block};
use crate::addr::ModulePath;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::{StaticPlace, static_value};
use crate::source::Span;
use crate::syntax::ast::{Block, Body, ExprKind};
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

/// As [`load_installed`], with values of the root module's variables for sources of modules that depend on them.
pub fn load_given(dir: &Path, data_dir: &Path, given: &Variables) -> (Config, Diagnostics) {
    load_manifest(&Disk, dir, &dir.join(data_dir).join(Manifest::FILE), given)
}

/// As [`load`], with installed modules in another folder.
pub fn load_installed(dir: &Path, data_dir: &Path) -> (Config, Diagnostics) {
    load_given(dir, data_dir, &Variables::default())
}

/// The same from texts instead of files: what a plan file carries. `sources` has every file that [`load`] read, by the
/// path that [`Config::sources`] gives it; nothing is read from disk.
pub fn load_sources(dir: &Path, sources: &BTreeMap<PathBuf, Arc<str>>) -> (Config, Diagnostics) {
    load_sources_given(dir, sources, &Variables::default())
}

/// As [`load_sources`], with values of the root module's variables for sources of modules that depend on them.
pub fn load_sources_given(
    dir: &Path,
    sources: &BTreeMap<PathBuf, Arc<str>>,
    given: &Variables,
) -> (Config, Diagnostics) {
    let manifest = sources.keys().find(|path| path.ends_with(Manifest::FILE));
    let path = manifest.cloned().unwrap_or_else(|| dir.join(DATA_DIR).join(Manifest::FILE));
    load_manifest(&Embedded(sources), dir, &path, given)
}

/// As [`load`], from files that need not be on disk.
pub fn load_from(files: &dyn Files, dir: &Path) -> (Config, Diagnostics) {
    load_manifest(files, dir, &dir.join(DATA_DIR).join(Manifest::FILE), &Variables::default())
}

/// The list of installed modules is one of the sources: a plan file finds their files by it.
fn load_manifest(files: &dyn Files, dir: &Path, path: &Path, given: &Variables) -> (Config, Diagnostics) {
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
    let finder = &mut Installed { manifest: &manifest, dir };
    let (mut config, mut found) = load_with_given(files, dir, given, finder);
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
    load_with_given(files, dir, &Variables::default(), finder)
}

/// As [`load_with`], with values of the root module's variables for sources of modules that depend on them.
pub fn load_with_given(
    files: &dyn Files,
    dir: &Path,
    given: &Variables,
    finder: &mut dyn ModuleFinder,
) -> (Config, Diagnostics) {
    let mut config = Config { dir: dir.to_owned(), ..Config::default() };
    let mut diagnostics = Diagnostics::new();
    let root = Module { dir: dir.to_owned(), ..Module::default() };
    let mut waiting = vec![(root, None)];
    while let Some((mut module, called_at)) = waiting.pop() {
        let index = ModuleIndex(config.modules.len());
        let calls = read_module(&mut config, files, &mut module, called_at, &mut diagnostics);
        let mut children = Vec::new();
        module.computed_sources = calls.iter().any(is_computed);
        for block in calls {
            let place = StaticPlace { config: &config, module: &module, given };
            if let Some((name, call, child)) = read_call(place, index, &block, finder, &mut diagnostics) {
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
    super::check::check(&config, &mut diagnostics);
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
    module.has_files = !paths.is_empty();
    let (mut primary, mut overriding) = (Vec::new(), Vec::new());
    let mut faulty = BTreeSet::new();
    for path in paths {
        let before = diagnostics.errors();
        let body = read_file(config, files, &path, diagnostics);
        faulty.extend(body.as_ref().filter(|_| diagnostics.errors() > before).map(|it| it.span.file));
        let bodies = if is_override(&path) { &mut overriding } else { &mut primary };
        bodies.extend(body);
    }
    for body in overriding {
        // Blocks of override files need others to lie over, also where there is no file to hold them.
        if primary.is_empty() {
            primary.push(Body { attributes: Vec::new(), blocks: Vec::new(), span: body.span, json: body.json });
        }
        overrides::apply(&mut primary, body, diagnostics);
    }
    let mut found = Diagnostics::new();
    for body in &primary {
        super::blocks::read_file(module, body, &mut calls, &mut found);
    }
    // An argument that could not be read is not missing.
    let hidden = |it: &Diagnostic| {
        it.summary == content::MISSING_ARGUMENT && it.subject.is_some_and(|span| faulty.contains(&span.file))
    };
    diagnostics.extend(found.into_iter().filter(|it| !hidden(it)));
    calls
}

/// The content of a file; none where it cannot be read.
fn read_file(config: &mut Config, files: &dyn Files, path: &Path, diagnostics: &mut Diagnostics) -> Option<Body> {
    match files.read(path) {
        Ok(source) => {
            let file = config.sources.add(path, source.as_str());
            let json = path.extension().is_some_and(|it| it == "json");
            let (body, found) = if json { parse_json_body(file, &source) } else { parse_body(file, &source) };
            diagnostics.extend(found);
            Some(body)
        }
        Err(error) => {
            let detail = format!("The file {} could not be read: {error}.", path.display());
            diagnostics.push(Diagnostic::error("Failed to read file", detail));
            None
        }
    }
}

/// The name of a configuration file without its extension; `None` for other files.
fn stem(path: &Path) -> Option<&str> {
    let name = path.file_name()?.to_str()?;
    let stem = name.strip_suffix(".tf").or_else(|| name.strip_suffix(".tf.json"))?;
    let passing = name.starts_with('.') || name.ends_with('~') || name.starts_with('#');
    (!passing).then_some(stem)
}

fn is_configuration(path: &Path) -> bool {
    stem(path).is_some()
}

fn is_override(path: &Path) -> bool {
    stem(path).is_some_and(overrides::is_override)
}

fn read_call(
    place: StaticPlace<'_>,
    index: ModuleIndex,
    block: &Block,
    finder: &mut dyn ModuleFinder,
    diagnostics: &mut Diagnostics,
) -> Option<(Arc<str>, ModuleCall, Module)> {
    const SHAPE: Shape = Shape {
        optional: &["version", "count", "for_each", "depends_on", "providers"],
        required: &["source"],
        blocks: &[("lifecycle", &[])],
        open: true,
    };
    const LIFECYCLE: Shape = Shape { optional: &["enabled"], required: &[], blocks: &[], open: false };
    let content = content::read(&block.body, &SHAPE, block.header, diagnostics);
    let lifecycle = content.single("lifecycle", diagnostics);
    if let Some(lifecycle) = lifecycle {
        content::read(&lifecycle.body, &LIFECYCLE, lifecycle.header, diagnostics);
    }
    for inner in &content.rest.blocks {
        let kind = &*inner.kind.name;
        let reserved = matches!(kind, "locals" | "provider" | "variable");
        diagnostics.push(if reserved {
            let detail = format!("The block type {kind:?} is reserved in module blocks and has no meaning there yet.");
            Diagnostic::error("Reserved block type name in module block", detail).at(inner.kind.span)
        } else {
            content::unsupported_block(inner, [], false)
        });
    }
    let module = place.module;
    let source = static_text(place, &content, "source", diagnostics)?;
    let span = content.attribute("source")?.expr.span;
    let version = match content.attribute("version") {
        Some(attribute) => Some((static_text(place, &content, "version", diagnostics)?, attribute.expr.span)),
        None => None,
    };
    let name = block.labels[0].name.clone();
    let path = module.path.child(&name);
    if path.0.len() > MAX_DEPTH {
        let detail =
            format!("Modules call each other more than {MAX_DEPTH} levels deep: {path}. Does one call itself?");
        diagnostics.push(Diagnostic::error("Module calls nested too deeply", detail).at(span));
        return None;
    }
    let dir = find_module(module, &path, (&source, span), version, finder)
        .map_err(|it| diagnostics.push(it.at(block.header)))
        .ok()?;
    let mut providers = BTreeMap::new();
    if let Some(attribute) = content.attribute("providers") {
        match &attribute.expr.kind {
            ExprKind::Object(items) => {
                for item in items {
                    let (inner, outer) = (provider_ref(&item.key, diagnostics), provider_ref(&item.value, diagnostics));
                    if let (Some(inner), Some(outer)) = (inner, outer)
                        && providers.insert(inner, outer).is_some()
                    {
                        let detail =
                            "The module takes each provider configuration once. Remove one of the two entries.";
                        diagnostics.push(Diagnostic::error("Duplicate provider address", detail).at(item.key.span));
                    }
                }
            }
            _ => {
                let detail = "providers takes a map from the module's provider names to yours: { aws = aws.west }.";
                diagnostics.push(Diagnostic::error("Invalid expression", detail).at(attribute.expr.span));
            }
        }
    }
    let child = Module { path, dir, parent: Some(index), ..Module::default() };
    let call = ModuleCall {
        source,
        repetition: resource_block::repetition(&content, lifecycle, diagnostics),
        depends_on: references(&content, "depends_on", diagnostics),
        providers,
        arguments: content.rest.attributes.iter().map(|it| (it.name.name.clone(), it.expr.clone())).collect(),
        child: ModuleIndex(usize::MAX),
        span: block.header,
    };
    Some((name, call, child))
}

/// Whether the place of a called module is more than a text.
fn is_computed(call: &Block) -> bool {
    let places = call.body.attributes.iter().filter(|it| matches!(&*it.name.name, "source" | "version"));
    places.into_iter().any(|it| !matches!(it.expr.kind, ExprKind::Literal(_)))
}

/// The text of an argument that must be known before modules are read.
fn static_text(
    place: StaticPlace<'_>,
    content: &Content<'_>,
    name: &str,
    diagnostics: &mut Diagnostics,
) -> Option<Arc<str>> {
    let expr = &content.attribute(name)?.expr;
    let value = static_value(place, expr).map_err(|found| diagnostics.extend(found)).ok()?;
    let text = value.as_str().map(Into::into);
    if text.is_none() {
        let detail = format!("Inappropriate value for {name:?}: a string is required.");
        diagnostics.push(Diagnostic::error("Unsuitable value type", detail).at(expr.span));
    }
    text
}

/// The folder of a called module.
fn find_module(
    caller: &Module,
    path: &ModulePath,
    (source, span): (&str, Span),
    version: Option<(Arc<str>, Span)>,
    finder: &mut dyn ModuleFinder,
) -> Result<PathBuf, Diagnostic> {
    let (source, version) = parse_source((source, span), version)?;
    let local = match &source {
        ModuleSource::Local(path) => normal(&caller.dir.join(path)),
        _ => PathBuf::new(),
    };
    let key = path.0.join(".");
    finder.find(&WantedModule { key: &key, source: &source, version: version.as_ref(), local: &local })
}

/// What the `source` and the `version` of a call mean.
pub(crate) fn parse_source(
    (source, span): (&str, Span),
    version: Option<(Arc<str>, Span)>,
) -> Result<(ModuleSource, Option<Constraints>), Diagnostic> {
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
    Ok((parsed.map_err(|it| it.at(span))?, constraints))
}

/// Reads a module that the configuration of the working directory does not call, such as that of a test's run, with all
/// that it calls. It is looked for under `key`, and what it calls below that.
pub fn load_called(
    key: &str,
    (source, version): (&ModuleSource, Option<&Constraints>),
    finder: &mut dyn ModuleFinder,
) -> (Config, Diagnostics) {
    let local = match source {
        ModuleSource::Local(path) => normal(Path::new(path)),
        _ => PathBuf::new(),
    };
    match finder.find(&WantedModule { key, source, version, local: &local }) {
        Ok(dir) => load_with_given(&Disk, &dir, &Variables::default(), &mut Below { key, finder }),
        Err(diagnostic) => (Config::default(), diagnostic.into()),
    }
}

/// Looks for modules under a key of another one.
struct Below<'a> {
    key: &'a str,
    finder: &'a mut dyn ModuleFinder,
}

impl ModuleFinder for Below<'_> {
    fn find(&mut self, wanted: &WantedModule<'_>) -> Result<PathBuf, Diagnostic> {
        let key = format!("{}.{}", self.key, wanted.key);
        let WantedModule { source, version, local, .. } = *wanted;
        self.finder.find(&WantedModule { key: &key, source, version, local })
    }
}

fn shown(dir: &Path) -> String {
    if dir.as_os_str().is_empty() { ".".into() } else { dir.display().to_string() }
}

//! What a test file says: variables, mocks, and runs in order.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::addr::{InstanceAddr, ResourceName, Target};
use crate::config::references::resource_name;
use crate::config::{Condition, Constraints, ModuleSource, ProviderBlock, ProviderRef, parse_json_test, parse_source};
use crate::config::{blocks, content};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::PlanMode;
use crate::source::{SourceMap, Span};
use crate::syntax::ast::{Access, Block, Body, Expr, ExprKind, Step};
use crate::syntax::parse_body;
use crate::text::is_identifier;

use content::{Content, Shape};

/// A test file.
#[derive(Debug, Default)]
pub struct TestFile {
    /// Its path as given.
    pub path: PathBuf,
    /// `variables` blocks: values for every run.
    pub variables: Vec<(Arc<str>, Expr)>,
    /// `provider` blocks, which stand in for those of the configuration.
    pub providers: Vec<(ProviderRef, ProviderBlock)>,
    /// `mock_provider` blocks.
    pub mocks: Vec<Mock>,
    /// Overrides for every run.
    pub overrides: Vec<Override>,
    /// `run` blocks in order.
    pub runs: Vec<Run>,
}

/// The module that a run is about, where that is not the one in the working directory.
#[derive(Debug)]
pub struct RunModule {
    /// Its source as written.
    pub text: Arc<str>,
    /// What the source means.
    pub source: ModuleSource,
    /// Versions that will do.
    pub version: Option<Constraints>,
}

/// A `run` block.
#[derive(Debug)]
pub struct Run {
    /// Name.
    pub name: Arc<str>,
    /// Whether it applies or only plans.
    pub command: RunCommand,
    /// Kind of plan.
    pub mode: PlanMode,
    /// Whether objects are read first.
    pub refresh: bool,
    /// What the plan is limited to.
    pub targets: Vec<Target>,
    /// What the plan replaces.
    pub replace: Vec<InstanceAddr>,
    /// Values of variables.
    pub variables: Vec<(Arc<str>, Expr)>,
    /// Provider configurations by the name that the configuration knows them by.
    pub providers: Vec<(ProviderRef, ProviderRef)>,
    /// Another module than the one in the working directory.
    pub module: Option<RunModule>,
    /// State that the run works on; runs of one module share one unless they name another.
    pub state_key: Option<Arc<str>>,
    /// What must hold.
    pub asserts: Vec<Condition>,
    /// Addresses of what must fail, with the range of the list.
    pub expect_failures: Vec<(String, Span)>,
    /// Overrides for this run.
    pub overrides: Vec<Override>,
    /// The block's header.
    pub span: Span,
}

/// What a run does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RunCommand {
    /// `plan`
    Plan,
    /// `apply`
    #[default]
    Apply,
}

/// A `mock_provider` block.
#[derive(Debug)]
pub struct Mock {
    /// Local name, and alias.
    pub provider: ProviderRef,
    /// Directory of `*.tfmock.hcl` files with more of them.
    pub source: Option<(Arc<str>, Span)>,
    /// `mock_resource` and `mock_data` blocks.
    pub types: Vec<MockedType>,
    /// Overrides inside the block.
    pub overrides: Vec<Override>,
    /// The block's header.
    pub span: Span,
}

/// A `mock_resource` or `mock_data` block.
#[derive(Clone, Debug)]
pub struct MockedType {
    /// Type name.
    pub type_name: Arc<str>,
    /// A data source and no resource.
    pub data: bool,
    /// Values of computed attributes.
    pub defaults: Option<Expr>,
    /// Values are there while planning already.
    pub during_plan: bool,
}

/// An `override_resource`, `override_data` or `override_module` block.
#[derive(Clone, Debug)]
pub struct Override {
    /// Calls to the module that has it.
    pub module: Vec<Arc<str>>,
    /// What is overridden.
    pub kind: OverrideKind,
    /// Values of attributes or of outputs.
    pub values: Option<Expr>,
    /// Values are there while planning already.
    pub during_plan: bool,
    /// The block's header.
    pub span: Span,
}

/// What an override overrides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OverrideKind {
    /// A resource or a data source.
    Object(ResourceName),
    /// A module.
    Module,
}

const FILE: Shape = Shape {
    optional: &[],
    required: &[],
    blocks: &[
        ("run", &["name"]),
        ("variables", &[]),
        ("variable", &["name"]),
        ("provider", &["name"]),
        ("mock_provider", &["name"]),
        ("override_resource", &[]),
        ("override_data", &[]),
        ("override_module", &[]),
        ("test", &[]),
    ],
    open: false,
};

const RUN: Shape = Shape {
    optional: &["command", "providers", "expect_failures", "state_key", "parallel"],
    required: &[],
    blocks: &[
        ("plan_options", &[]),
        ("variables", &[]),
        ("module", &[]),
        ("assert", &[]),
        ("override_resource", &[]),
        ("override_data", &[]),
        ("override_module", &[]),
    ],
    open: false,
};

/// Reads a test file; its text becomes one of `sources`.
pub fn read(sources: &mut SourceMap, path: &Path, text: &str) -> (TestFile, Diagnostics) {
    let file = sources.add(path, text);
    let json = path.extension().is_some_and(|it| it == "json");
    let (body, mut diagnostics) = if json { parse_json_test(file, text) } else { parse_body(file, text) };
    let content = content::read(&body, &FILE, body.span, &mut diagnostics);
    let mut test = TestFile { path: path.to_owned(), ..TestFile::default() };
    for block in &content.blocks {
        match &*block.kind.name {
            "run" => {
                if let Some(run) = run(block, &mut diagnostics) {
                    if let Some(known) = test.runs.iter().find(|it| it.name == run.name) {
                        diagnostics.push(duplicate_run(&run, known.span, sources));
                    }
                    test.runs.push(run);
                }
            }
            "variables" => test.variables.extend(values(&block.body, &mut diagnostics)),
            "provider" => provider(&mut test, block, &mut diagnostics),
            "mock_provider" => test.mocks.extend(mock(block, &mut diagnostics)),
            "override_resource" | "override_data" | "override_module" => {
                test.overrides.extend(override_block(block, &mut diagnostics));
            }
            // Declarations and settings of later versions: nothing here depends on them.
            _ => {}
        }
    }
    (test, diagnostics)
}

/// What the module of a run is noted under in the list of installed modules: `test.tests.main.setup`.
pub fn run_key(path: &Path, run: &str) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let stem = SUFFIXES.iter().find_map(|it| name.strip_suffix(it)).unwrap_or(&name);
    let dirs = path.parent().into_iter().flat_map(Path::components);
    let dirs = dirs.filter_map(|it| match it {
        std::path::Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
        _ => None,
    });
    let parts: Vec<String> =
        ["test".to_owned()].into_iter().chain(dirs).chain([stem.to_owned(), run.to_owned()]).collect();
    parts.join(".")
}

/// Endings of the names of test files.
pub const SUFFIXES: [&str; 2] = [".tftest.hcl", ".tftest.json"];

/// Reads a file of mocks: what a `mock_provider` block may hold, without the block.
pub fn read_mocks(sources: &mut SourceMap, path: &Path, text: &str) -> (Vec<MockedType>, Vec<Override>, Diagnostics) {
    let file = sources.add(path, text);
    let (body, mut diagnostics) = parse_body(file, text);
    let (_, types, overrides) = mock_content(&body, body.span, &mut diagnostics);
    (types, overrides, diagnostics)
}

fn duplicate_run(run: &Run, known: Span, sources: &SourceMap) -> Diagnostic {
    let file = sources.file(known.file);
    let line = file.position(known.start as usize).line;
    let detail = format!(
        "This test file already has a run block named {:?}, in line {line}. Runs are referred to by their names: rename one \
         of the two.",
        run.name
    );
    Diagnostic::error("Duplicate \"run\" block names", detail).at(run.span)
}

fn run(block: &Block, diagnostics: &mut Diagnostics) -> Option<Run> {
    let label = &block.labels[0];
    if !is_identifier(&label.name) {
        let detail = "A name must start with a letter or underscore and may contain only letters, digits, underscores, \
                      and dashes.";
        diagnostics.push(Diagnostic::error("Invalid run block name", detail).at(label.span));
    }
    let content = content::read(&block.body, &RUN, block.header, diagnostics);
    let mut run = Run {
        name: label.name.clone(),
        command: command(&content, diagnostics),
        mode: PlanMode::Normal,
        refresh: true,
        targets: Vec::new(),
        replace: Vec::new(),
        variables: Vec::new(),
        providers: handed(&content, diagnostics),
        module: None,
        state_key: blocks::text(&content, "state_key", diagnostics),
        asserts: content.blocks("assert").filter_map(|it| blocks::condition(it, diagnostics)).collect(),
        expect_failures: expect_failures(&content, diagnostics),
        overrides: Vec::new(),
        span: block.header,
    };
    if let Some(options) = content.single("plan_options", diagnostics) {
        plan_options(&mut run, options, diagnostics);
    }
    for inner in &content.blocks {
        match &*inner.kind.name {
            "variables" => run.variables.extend(values(&inner.body, diagnostics)),
            "override_resource" | "override_data" | "override_module" => {
                run.overrides.extend(override_block(inner, diagnostics));
            }
            _ => {}
        }
    }
    if let Some(inner) = content.single("module", diagnostics) {
        run.module = module(inner, diagnostics);
    }
    Some(run)
}

fn command(content: &Content<'_>, diagnostics: &mut Diagnostics) -> RunCommand {
    let Some(attribute) = content.attribute("command") else { return RunCommand::Apply };
    match keyword(&attribute.expr) {
        Some("apply") => RunCommand::Apply,
        Some("plan") => RunCommand::Plan,
        _ => {
            let detail =
                "The \"command\" argument requires one of the following keywords without quotes: apply or plan.";
            diagnostics.push(Diagnostic::error("Invalid \"command\" keyword", detail).at(attribute.expr.span));
            RunCommand::Apply
        }
    }
}

fn keyword(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Variable(name) => Some(name),
        _ => None,
    }
}

fn plan_options(run: &mut Run, block: &Block, diagnostics: &mut Diagnostics) {
    const SHAPE: Shape =
        Shape { optional: &["mode", "refresh", "replace", "target"], required: &[], blocks: &[], open: false };
    let content = content::read(&block.body, &SHAPE, block.header, diagnostics);
    if let Some(mode) = content.attribute("mode") {
        match keyword(&mode.expr) {
            Some("normal") => {}
            Some("refresh-only") => run.mode = PlanMode::RefreshOnly,
            _ => {
                let detail = "The \"mode\" argument requires one of the following keywords without quotes: normal or refresh-only.";
                diagnostics.push(Diagnostic::error("Invalid \"mode\" keyword", detail).at(mode.expr.span));
            }
        }
    }
    run.refresh = blocks::flag(&content, "refresh", true, diagnostics);
    for expr in blocks::references(&content, "target", diagnostics) {
        match address(&expr).and_then(|it| it.parse().ok()) {
            Some(target) => run.targets.push(target),
            None => diagnostics.push(not_an_address(&expr)),
        }
    }
    for expr in blocks::references(&content, "replace", diagnostics) {
        match address(&expr).and_then(|it| it.parse().ok()) {
            Some(addr) => run.replace.push(addr),
            None => diagnostics.push(not_an_address(&expr)),
        }
    }
}

fn not_an_address(expr: &Expr) -> Diagnostic {
    let detail = "Here stands the address of a resource, without quotes: [aws_vpc.main, module.app].";
    Diagnostic::error("Invalid reference", detail).at(expr.span)
}

fn expect_failures(content: &Content<'_>, diagnostics: &mut Diagnostics) -> Vec<(String, Span)> {
    let Some(attribute) = content.attribute("expect_failures") else { return Vec::new() };
    let mut all = Vec::new();
    for expr in blocks::references(content, "expect_failures", diagnostics) {
        match address(&expr) {
            Some(address) => all.push((address, attribute.span)),
            None => diagnostics.push(not_an_address(&expr)),
        }
    }
    all
}

/// The text of a reference whose keys are constants: an address.
fn address(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Wrapped(inner) | ExprKind::Parens(inner) => address(inner),
        ExprKind::Variable(name) => Some(name.to_string()),
        ExprKind::Access(access) => {
            let ExprKind::Variable(root) = &access.source.kind else { return None };
            let mut text = root.to_string();
            for step in &access.steps {
                match step {
                    Step::Attr(ident) => {
                        text.push('.');
                        text.push_str(&ident.name);
                    }
                    Step::Index { key, .. } => {
                        let key = crate::eval::constant(key).ok()?;
                        match (key.as_str(), key.as_number()) {
                            (Some(key), _) => text.push_str(&format!("[{}]", crate::addr::quote(key))),
                            (_, Some(key)) => text.push_str(&format!("[{key}]")),
                            _ => return None,
                        }
                    }
                    Step::Splat { .. } => return None,
                }
            }
            Some(text)
        }
        _ => None,
    }
}

fn module(block: &Block, diagnostics: &mut Diagnostics) -> Option<RunModule> {
    const SHAPE: Shape = Shape { optional: &["version"], required: &["source"], blocks: &[], open: false };
    let content = content::read(&block.body, &SHAPE, block.header, diagnostics);
    let span = content.attribute("source")?.expr.span;
    let text = blocks::text(&content, "source", diagnostics)?;
    let version = match content.attribute("version") {
        Some(attribute) => Some((blocks::text(&content, "version", diagnostics)?, attribute.expr.span)),
        None => None,
    };
    match parse_source((&text, span), version) {
        Ok((source, version)) => Some(RunModule { text, source, version }),
        Err(found) => {
            diagnostics.push(found);
            None
        }
    }
}

fn values(body: &Body, diagnostics: &mut Diagnostics) -> Vec<(Arc<str>, Expr)> {
    for inner in &body.blocks {
        diagnostics.push(content::unsupported_block(inner, [], true));
    }
    body.attributes.iter().map(|it| (it.name.name.clone(), it.expr.clone())).collect()
}

fn handed(content: &Content<'_>, diagnostics: &mut Diagnostics) -> Vec<(ProviderRef, ProviderRef)> {
    let items = content.attribute("providers").and_then(|it| match &it.expr.kind {
        ExprKind::Object(items) => Some(items),
        _ => None,
    });
    let mut pair = |it: &crate::syntax::ast::ObjectItem| {
        let inner = blocks::provider_ref(&it.key, diagnostics)?;
        Some((inner, blocks::provider_ref(&it.value, diagnostics)?))
    };
    items.into_iter().flatten().filter_map(&mut pair).collect()
}

fn provider(test: &mut TestFile, block: &Block, diagnostics: &mut Diagnostics) {
    const SHAPE: Shape = Shape { optional: &["alias", "version"], required: &[], blocks: &[], open: true };
    let content = content::read(&block.body, &SHAPE, block.header, diagnostics);
    let alias = blocks::text(&content, "alias", diagnostics);
    let reference = ProviderRef { name: block.labels[0].name.clone(), alias };
    test.providers.push((reference, ProviderBlock { body: content.rest, span: block.header }));
}

fn mock(block: &Block, diagnostics: &mut Diagnostics) -> Option<Mock> {
    let (content, types, overrides) = mock_content(&block.body, block.header, diagnostics);
    let alias = blocks::text(&content, "alias", diagnostics);
    let source =
        content.attribute("source").and_then(|it| Some((blocks::text(&content, "source", diagnostics)?, it.expr.span)));
    let provider = ProviderRef { name: block.labels[0].name.clone(), alias };
    Some(Mock { provider, source, types, overrides, span: block.header })
}

fn mock_content<'b>(
    body: &'b Body,
    owner: Span,
    diagnostics: &mut Diagnostics,
) -> (Content<'b>, Vec<MockedType>, Vec<Override>) {
    const SHAPE: Shape = Shape {
        optional: &["alias", "source", "override_during"],
        required: &[],
        blocks: &[
            ("mock_resource", &["type"]),
            ("mock_data", &["type"]),
            ("override_resource", &[]),
            ("override_data", &[]),
            ("override_module", &[]),
        ],
        open: false,
    };
    const TYPE: Shape = Shape { optional: &["defaults", "override_during"], required: &[], blocks: &[], open: false };
    let content = content::read(body, &SHAPE, owner, diagnostics);
    let whole = during_plan(&content);
    let mut types = Vec::new();
    let mut overrides = Vec::new();
    for inner in &content.blocks {
        if inner.kind.name.starts_with("override") {
            overrides.extend(override_block(inner, diagnostics));
            continue;
        }
        let fields = content::read(&inner.body, &TYPE, inner.header, diagnostics);
        types.push(MockedType {
            type_name: inner.labels[0].name.clone(),
            data: &*inner.kind.name == "mock_data",
            defaults: fields.attribute("defaults").map(|it| it.expr.clone()),
            during_plan: whole || during_plan(&fields),
        });
    }
    (content, types, overrides)
}

fn during_plan(content: &Content<'_>) -> bool {
    content.attribute("override_during").is_some_and(|it| keyword(&it.expr) == Some("plan"))
}

fn override_block(block: &Block, diagnostics: &mut Diagnostics) -> Option<Override> {
    const OBJECT: Shape =
        Shape { optional: &["values", "override_during"], required: &["target"], blocks: &[], open: false };
    const MODULE: Shape =
        Shape { optional: &["outputs", "override_during"], required: &["target"], blocks: &[], open: false };
    let whole_module = &*block.kind.name == "override_module";
    let content = content::read(&block.body, if whole_module { &MODULE } else { &OBJECT }, block.header, diagnostics);
    let target = content.attribute("target")?;
    let values = content.attribute(if whole_module { "outputs" } else { "values" }).map(|it| it.expr.clone());
    let Some((module, rest)) = target_of(&target.expr) else {
        let detail = "target names a resource, a data source or a module as a whole, without quotes and without a key: \
                      module.app, aws_instance.web.";
        diagnostics.push(Diagnostic::error("Invalid override target", detail).at(target.expr.span));
        return None;
    };
    let kind = match (rest, whole_module) {
        (None, true) => OverrideKind::Module,
        (Some(resource), false) => OverrideKind::Object(resource),
        _ => {
            let detail = format!("This is no target for {}.", block.kind.name);
            diagnostics.push(Diagnostic::error("Invalid override target", detail).at(target.expr.span));
            return None;
        }
    };
    Some(Override { module, kind, values, during_plan: during_plan(&content), span: block.header })
}

/// The module calls and the resource of an address without keys.
fn target_of(expr: &Expr) -> Option<(Vec<Arc<str>>, Option<ResourceName>)> {
    let ExprKind::Access(access) = &expr.kind else { return None };
    let names = names_of(access)?;
    let mut module = Vec::new();
    let mut names = names.as_slice();
    while let [first, name, rest @ ..] = names
        && &**first == "module"
    {
        module.push(name.clone());
        names = rest;
    }
    match names {
        [] => Some((module, None)),
        [root, rest @ ..] => {
            let steps: Vec<_> = rest.iter().map(Some).collect();
            let (resource, used) = resource_name(root, &steps)?;
            (used == rest.len()).then_some((module, Some(resource)))
        }
    }
}

fn names_of(access: &Access) -> Option<Vec<Arc<str>>> {
    let ExprKind::Variable(root) = &access.source.kind else { return None };
    let names = access.steps.iter().map(|step| match step {
        Step::Attr(ident) => Some(ident.name.clone()),
        _ => None,
    });
    std::iter::once(Some(root.clone())).chain(names).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> (TestFile, Vec<String>) {
        let (file, found) = read(&mut SourceMap::default(), Path::new("a.tftest.hcl"), text);
        (file, found.into_iter().map(|it| it.summary).collect())
    }

    #[test]
    fn runs_in_order() {
        let (file, found) = file(
            "run \"a\" {\n  command = plan\n  plan_options {\n    mode = refresh-only\n    target = [module.x[\"k\"].aws_vpc.a]\n  }\n}\n\
             run \"b\" {\n  module {\n    source = \"./setup\"\n  }\n  expect_failures = [var.x, aws_vpc.a[0], check.c]\n}\n",
        );
        assert_eq!(found, Vec::<String>::new());
        let [a, b] = file.runs.as_slice() else { panic!("two runs") };
        assert_eq!((a.command, a.mode), (RunCommand::Plan, PlanMode::RefreshOnly));
        assert_eq!(a.targets[0].to_string(), "module.x[\"k\"].aws_vpc.a");
        assert_eq!(b.module.as_ref().map(|it| &*it.text), Some("./setup"));
        let expected: Vec<_> = b.expect_failures.iter().map(|it| it.0.as_str()).collect();
        assert_eq!(expected, ["var.x", "aws_vpc.a[0]", "check.c"]);
    }

    #[test]
    fn mocks_and_overrides() {
        let (file, found) = file(
            "mock_provider \"aws\" {\n  override_during = plan\n  mock_resource \"aws_vpc\" {\n    defaults = { id = \"v\" }\n  }\n}\n\
             override_data {\n  target = module.a.module.b.data.aws_ami.x\n  values = {}\n}\n\
             override_module {\n  target = module.a\n}\n",
        );
        assert_eq!(found, Vec::<String>::new());
        assert!(file.mocks[0].types[0].during_plan);
        let [data, module] = file.overrides.as_slice() else { panic!("two overrides") };
        assert_eq!(data.module, ["a".into(), "b".into()] as [Arc<str>; 2]);
        assert!(matches!(&data.kind, OverrideKind::Object(name) if name.to_string() == "data.aws_ami.x"));
        assert_eq!(module.kind, OverrideKind::Module);
    }

    #[test]
    fn mistakes_are_found_together() {
        let (_, found) = file(
            "run \"a b\" {\n}\nrun \"a\" {\n  command = destroy\n}\nrun \"a\" {\n  bogus = 1\n}\nwhat {}\n\
             override_module {\n  target = aws_vpc.a\n}\n",
        );
        for summary in [
            "Invalid run block name",
            "Invalid \"command\" keyword",
            "Duplicate \"run\" block names",
            "Unsupported argument",
            "Unsupported block type",
            "Invalid override target",
        ] {
            assert!(found.iter().any(|it| it == summary), "{summary}: {found:?}");
        }
    }
}

//! Makes a configuration one under test: the file's providers, mocks and overrides put in.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::file::{Mock, MockedType, Override, OverrideKind, Run, TestFile};
use super::mock::{Filling, Fillings, MockProvider};
use crate::addr::{ModulePath, ResourceName};
use crate::config::{Config, ModuleIndex, ProviderAddr, ProviderBlock, ProviderRef, Repetition, RequiredProvider};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::Evaluated;
use crate::provider::{Provider, Providers};
use crate::schema::Block;
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, Literal};
use crate::syntax::parse_expr;
use crate::value::{self, Number, Value};

/// Puts what the file and the run say into the configuration. Mocks become providers of their own, added to
/// `providers` under addresses that are the same for every run of a file: the state refers to them.
///
/// # Errors
/// A mock or an override does not fit the configuration, or its values are wrong.
pub fn prepare(
    config: &mut Config,
    providers: &mut Providers,
    (file, run): (&TestFile, &Run),
    eval: &mut dyn FnMut(&Expr) -> Evaluated,
) -> Result<(), Diagnostics> {
    let mut found = Diagnostics::new();
    put_providers(config, file, run);
    let mut overrides: Vec<&Override> = Vec::new();
    for mock in &file.mocks {
        overrides.extend(&mock.overrides);
        for name in names_of(mock, run) {
            mock_provider(config, providers, (mock, &name), eval, &mut found);
        }
    }
    overrides.extend(&file.overrides);
    overrides.extend(&run.overrides);
    for it in overrides {
        // Overrides of a whole file need not fit every module that its runs test.
        let Some(module) = config.find_module(&ModulePath(it.module.clone())) else { continue };
        match &it.kind {
            OverrideKind::Module => override_module(config, module, it, eval, &mut found),
            OverrideKind::Object(name) => override_object(config, providers, (module, name, it), eval, &mut found),
        }
    }
    if found.has_errors() { Err(found) } else { Ok(()) }
}

/// The names under which a mock is used: its own, unless the run hands providers in by name.
fn names_of(mock: &Mock, run: &Run) -> Vec<ProviderRef> {
    if run.providers.is_empty() {
        return vec![mock.provider.clone()];
    }
    run.providers.iter().filter(|(_, from)| *from == mock.provider).map(|(name, _)| name.clone()).collect()
}

fn put_providers(config: &mut Config, file: &TestFile, run: &Run) {
    for (reference, block) in &file.providers {
        let names: Vec<&ProviderRef> = if run.providers.is_empty() {
            vec![reference]
        } else {
            run.providers.iter().filter(|(_, from)| from == reference).map(|(name, _)| name).collect()
        };
        for name in names {
            let block = ProviderBlock { body: block.body.clone(), span: block.span };
            config.modules[0].providers.insert(name.clone(), block);
        }
    }
}

fn mock_provider(
    config: &mut Config,
    providers: &mut Providers,
    (mock, name): (&Mock, &ProviderRef),
    eval: &mut dyn FnMut(&Expr) -> Evaluated,
    found: &mut Diagnostics,
) {
    let root = ModuleIndex(0);
    let addr = ProviderAddr {
        module: ModulePath::default(),
        source: config.source(root, &name.name),
        alias: name.alias.clone(),
    };
    let Some(real) = providers.get(&addr.source).cloned() else {
        let detail = format!("There is no provider {}, so it cannot be mocked.", addr.source);
        found.push(Diagnostic::error("Unknown provider", detail).at(mock.span));
        return;
    };
    let mut fillings = Fillings::default();
    for it in &mock.types {
        let Some(block) = block_of(&*real, &it.type_name, it.data) else {
            let detail = format!("The provider {} has no type {:?}.", addr.source, it.type_name);
            found.push(Diagnostic::error("Invalid mocked type", detail).at(mock.span));
            continue;
        };
        if let Some(filling) = filling(it, &block, mock.span, eval, found) {
            let kind = if it.data { &mut fillings.data } else { &mut fillings.resources };
            kind.insert(it.type_name.clone(), filling);
        }
    }
    let source = format!("mock/{}{}", addr.source, name.alias.as_ref().map(|it| format!(".{it}")).unwrap_or_default());
    for index in 0..config.modules.len() {
        let module = ModuleIndex(index);
        let names: Vec<ResourceName> = config.modules[index].resources.keys().cloned().collect();
        for name in names {
            let reference = &config.modules[index].resources[&name].provider;
            if config.provider(module, reference) == addr {
                redirect(config, module, &name, &source, mock.span);
            }
        }
    }
    config.modules[0].providers.remove(name);
    providers.add(Arc::new(MockProvider::new(source, real, fillings)));
}

fn override_object(
    config: &mut Config,
    providers: &mut Providers,
    (module, name, it): (ModuleIndex, &ResourceName, &Override),
    eval: &mut dyn FnMut(&Expr) -> Evaluated,
    found: &mut Diagnostics,
) {
    let Some(resource) = config.module(module).resources.get(name) else { return };
    let real = providers.get(&config.provider(module, &resource.provider).source).cloned();
    let data = name.mode == crate::addr::Mode::Data;
    let Some((real, block)) = real.and_then(|it| Some((it.clone(), block_of(&*it, &name.type_name, data)?))) else {
        let detail = format!("There is no type {:?}, so {name} cannot be overridden.", name.type_name);
        found.push(Diagnostic::error("Invalid override target", detail).at(it.span));
        return;
    };
    let values = MockedType {
        type_name: name.type_name.clone(),
        data,
        defaults: it.values.clone(),
        during_plan: it.during_plan,
    };
    let Some(filling) = filling(&values, &block, it.span, eval, found) else { return };
    let mut fillings = Fillings::default();
    (if data { &mut fillings.data } else { &mut fillings.resources }).insert(name.type_name.clone(), filling);
    let path = &config.module(module).path;
    let source = if path.is_root() { format!("override/{name}") } else { format!("override/{path}.{name}") };
    redirect(config, module, name, &source, it.span);
    providers.add(Arc::new(MockProvider::new(source, real, fillings)));
}

/// Nothing of an overridden module is made; its outputs are what the override says, and null where it says nothing.
fn override_module(
    config: &mut Config,
    index: ModuleIndex,
    it: &Override,
    eval: &mut dyn FnMut(&Expr) -> Evaluated,
    found: &mut Diagnostics,
) {
    let values = match it.values.as_ref().map(eval) {
        None => Value::object::<Arc<str>>([]),
        Some(Ok(values)) => values,
        Some(Err(more)) => return found.extend(more),
    };
    let Some(values) = values.as_map() else {
        let detail = "outputs is an object: outputs = { vpc_id = \"vpc-1\" }.";
        found.push(Diagnostic::error("Invalid override", detail).at(it.span));
        return;
    };
    let module = &mut config.modules[index.0];
    for name in values.keys().filter(|name| !module.outputs.contains_key(*name)) {
        let detail = format!("The module has no output named {name:?}, so its value is not used.");
        found.push(Diagnostic::warning("Invalid override", detail).at(it.span));
    }
    for call in module.calls.values_mut() {
        let none = ExprKind::Literal(Literal::Number(Number::from(0_i64)));
        call.repetition = Repetition::Count(Expr { kind: none, span: it.span });
    }
    module.resources.clear();
    module.locals.clear();
    module.checks.clear();
    for variable in module.variables.values_mut() {
        variable.validations.clear();
    }
    for (name, output) in &mut module.outputs {
        output.preconditions.clear();
        output.depends_on.clear();
        let value = values.get(name).cloned().unwrap_or_else(|| Value::null(value::Type::Dynamic));
        let text = crate::functions::expression_text(&value);
        let file = config.sources.add("override_module", text.as_str());
        output.expr = parse_expr(file, &text, 0).0;
    }
}

/// Gives a resource a provider of its own.
fn redirect(config: &mut Config, module: ModuleIndex, name: &ResourceName, source: &str, span: Span) {
    let module = &mut config.modules[module.0];
    let local: Arc<str> = source.into();
    let required = RequiredProvider { source: local.clone(), version: None, aliases: Vec::new(), span };
    module.required_providers.insert(local.clone(), required);
    if let Some(resource) = module.resources.get_mut(name) {
        resource.provider = ProviderRef { name: local, alias: None };
    }
}

fn block_of(provider: &dyn Provider, type_name: &str, data: bool) -> Option<Block> {
    if data {
        return provider.data_source(type_name).map(|it| it.block.clone());
    }
    provider.resource_type(type_name).map(|it| it.schema().block.clone())
}

fn filling(
    it: &MockedType,
    block: &Block,
    span: Span,
    eval: &mut dyn FnMut(&Expr) -> Evaluated,
    found: &mut Diagnostics,
) -> Option<Filling> {
    let mut values = BTreeMap::new();
    if let Some(expr) = &it.defaults {
        let given = match eval(expr) {
            Ok(given) => given,
            Err(more) => {
                found.extend(more);
                return None;
            }
        };
        let Some(given) = given.as_map() else {
            let detail = "Values are given as an object: { id = \"vpc-1\" }.";
            found.push(Diagnostic::error("Invalid mocked values", detail).at(expr.span));
            return None;
        };
        for (name, value) in given {
            let Some(attribute) = block.attributes.get(name) else {
                let detail = format!("{} has no attribute named {name:?}, so its value is not used.", it.type_name);
                found.push(Diagnostic::warning("Ignored mocked attribute", detail).at(span));
                continue;
            };
            match value::convert(value, &attribute.ty) {
                Ok(value) => {
                    values.insert(name.clone(), value);
                }
                Err(error) => {
                    let detail = format!("The value of {name:?} does not fit {}: {error}.", it.type_name);
                    found.push(Diagnostic::error("Invalid mocked values", detail).at(expr.span));
                }
            }
        }
    }
    Some(Filling { values, during_plan: it.during_plan })
}

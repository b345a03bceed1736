//! References that name places rather than values: `ignore_changes`, `replace_triggered_by`, addresses of blocks.

use super::propose::{Ignored, differ};
use super::walk::Walk;
use crate::addr::{InstanceAddr, InstanceKey, ModuleAddr, ResourceName};
use crate::config::references::resource_name;
use crate::diagnostic::Diagnostic;
use crate::eval::{Each, ModuleId};
use crate::plan::{Action, ResourceChange};
use crate::syntax::ast::{Access, Expr, ExprKind, Literal, Step};
use crate::value::{Kind, Path, PathStep, Type, Value, convert};

/// What a reference relative to an object names: `tags["x"]`, or the older `"tags"`.
pub fn relative(expr: &Expr) -> Option<Ignored> {
    let whole = |path: Path| Ignored { path, key: None };
    match &expr.kind {
        ExprKind::Variable(name) => Some(whole(Path::root().name(name))),
        ExprKind::Literal(Literal::String(text)) => {
            Some(whole(Path(text.split('.').map(|part| PathStep::Name(part.into())).collect())))
        }
        ExprKind::Access(access) => {
            let ExprKind::Variable(root) = &access.source.kind else { return None };
            let mut path = Path::root().name(root);
            let (last, steps) = access.steps.split_last()?;
            for step in steps {
                path = path.step(constant_step(step)?);
            }
            match (last, constant_step(last)?) {
                (Step::Index { .. }, PathStep::Name(key)) => Some(Ignored { path, key: Some(key) }),
                (_, step) => Some(whole(path.step(step))),
            }
        }
        _ => None,
    }
}

fn constant_step(step: &Step) -> Option<PathStep> {
    match step {
        Step::Attr(ident) => Some(PathStep::Name(ident.name.clone())),
        Step::Index { key, .. } => path_step(&crate::eval::constant(key).ok()?),
        Step::Splat { .. } => None,
    }
}

fn path_step(key: &Value) -> Option<PathStep> {
    match key.kind() {
        Kind::String(text) => Some(PathStep::Name(text.clone())),
        Kind::Number(number) => usize::try_from(number.as_i64()?).ok().map(PathStep::Index),
        _ => None,
    }
}

/// Whether what an entry of `replace_triggered_by` names changes in the plan.
pub fn changed(walk: &mut Walk<'_>, module: ModuleId, each: &Each, trigger: &Expr) -> bool {
    let ExprKind::Access(access) = &trigger.kind else { return false };
    let Some((name, used)) = named_resource(access) else { return false };
    let mut steps = access.steps[used..].iter().peekable();
    let key = match steps.peek() {
        Some(Step::Index { key, .. }) => {
            steps.next();
            walk.evaluator.eval_in(module, key, each).ok().and_then(|key| instance_key(&key))
        }
        _ => None,
    };
    let path: Option<Vec<PathStep>> = steps.map(constant_step).collect();
    let Some(path) = path.map(Path) else { return false };
    let resource = walk.evaluator.resource_addr(module, &name);
    let named = |change: &&ResourceChange| {
        let addr = &change.object.addr;
        change.object.deposed.is_none()
            && addr.resource == name
            && addr.module == resource.module
            && key.as_ref().is_none_or(|key| addr.key == *key)
    };
    let mut changes = walk.changes.iter().filter(named).peekable();
    if changes.peek().is_none() && !walk.included.is_partial() {
        let key = key.as_ref().map(ToString::to_string).unwrap_or_default();
        let within = if resource.module.is_root() { "the root module".into() } else { resource.module.to_string() };
        let detail = "An entry of replace_triggered_by names an instance that the configuration does not have, so its \
                      change can trigger nothing. Name one that is declared.";
        let summary = format!("no change found for {name}{key} in {within}");
        walk.diagnostics.push(Diagnostic::error(summary, detail).at(trigger.span));
        return false;
    }
    changes.any(|change| {
        // What is made new or deleted for good has not changed.
        if change.action != Action::Update && !change.action.is_replace() {
            return false;
        }
        match (path.find(&change.before), path.find(&change.after)) {
            _ if path.0.is_empty() => true,
            (Some(before), Some(after)) => differ(before, after),
            (before, after) => before.is_some() != after.is_some(),
        }
    })
}

fn named_resource(access: &Access) -> Option<(ResourceName, usize)> {
    let ExprKind::Variable(root) = &access.source.kind else { return None };
    let names: Vec<_> = access
        .steps
        .iter()
        .map(|step| match step {
            Step::Attr(ident) => Some(&ident.name),
            _ => None,
        })
        .collect();
    resource_name(root, &names)
}

fn instance_key(key: &Value) -> Option<InstanceKey> {
    match key.kind() {
        Kind::Number(number) => u64::try_from(number.as_i64()?).ok().map(InstanceKey::Int),
        _ => convert(key, &Type::String).ok()?.as_str().map(|text| InstanceKey::Str(text.into())),
    }
}

/// The instance that the `to` of an `import` block names, its keys evaluated.
pub fn import_target(walk: &mut Walk<'_>, to: &Expr, each: &Each) -> Option<InstanceAddr> {
    let access = match &to.kind {
        ExprKind::Access(access) => access,
        _ => return None,
    };
    let ExprKind::Variable(root) = &access.source.kind else { return None };
    let mut parts: Vec<Result<std::sync::Arc<str>, InstanceKey>> = vec![Ok(root.clone())];
    for step in &access.steps {
        parts.push(match step {
            Step::Attr(ident) => Ok(ident.name.clone()),
            Step::Index { key, .. } => {
                let key = walk.evaluator.eval_in(crate::eval::Evaluator::ROOT, key, each);
                let key = walk.take(key)?;
                Err(instance_key(&key)?)
            }
            Step::Splat { .. } => return None,
        });
    }
    let mut module = ModuleAddr::root();
    let mut parts = parts.as_slice();
    while let [Ok(first), Ok(name), rest @ ..] = parts
        && &**first == "module"
    {
        let (key, rest) = match rest {
            [Err(key), rest @ ..] => (key.clone(), rest),
            rest => (InstanceKey::None, rest),
        };
        module = module.child(name, key);
        parts = rest;
    }
    let (key, names) = match parts {
        [names @ .., Err(key)] => (key.clone(), names),
        names => (InstanceKey::None, names),
    };
    let names: Option<Vec<_>> = names.iter().map(|it| it.as_ref().ok()).collect();
    let names = names?;
    let (root, rest) = names.split_first()?;
    let rest: Vec<_> = rest.iter().copied().map(Some).collect();
    let (resource, _) = resource_name(root, &rest)?;
    Some(InstanceAddr { module, resource, key })
}

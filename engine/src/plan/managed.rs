//! Managed resources: what is planned for each of their instances.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::change::{ChangeInput, plan_object};
use super::prior::PriorObject;
use super::propose::Ignored;
use super::walk::{Walk, prevented};
use super::{Action, PlanMode, Reason, ResourceChange};
use crate::addr::{InstanceAddr, ResourceName};
use crate::config::{IgnoreChanges, ModuleIndex, ProviderAddr, Resource};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::{Each, KeyKind, ModuleId};
use crate::schema::Block;
use crate::store::{ObjectKey, ObjectStatus};
use crate::value::{Marks, Value};

/// What the configuration wants of an instance, kept to tell drift by and to plan it once more when run time has a say.
pub(super) struct Wanted {
    pub config: Value,
    pub ignored: Option<Vec<Ignored>>,
    pub replace: Option<Reason>,
}

impl Walk<'_> {
    /// Takes in what is said of a block, warnings only for the first of its instances.
    fn once(&mut self, found: Diagnostics, addr: &InstanceAddr) {
        for it in found {
            let known = |other: &Diagnostic| other.subject == it.subject && other.summary == it.summary;
            if it.is_error() || !self.diagnostics.iter().any(known) {
                self.diagnostics.push(it.of(addr));
            }
        }
    }

    /// Plans all instances of a managed resource.
    pub(super) fn managed(&mut self, module: ModuleIndex, name: &ResourceName) {
        for instance in self.evaluator.instances_of(module) {
            let resource = self.evaluator.resource_addr(instance, name);
            if self.request.options.mode == PlanMode::Destroy {
                self.declare_prior(instance, name);
                continue;
            }
            let Some((kind, keys)) = self.expand(instance, name) else { continue };
            self.evaluator.objects.declare(instance, name, kind, BTreeMap::new());
            for (key, each) in keys {
                let addr = resource.instance(key.clone());
                if self.included.object(&addr) {
                    self.instance(instance, &addr, &each);
                } else {
                    let value = self.prior.value(&ObjectKey::current(addr)).map(Option::<&Value>::cloned);
                    if let Some(value) = self.take(value).flatten() {
                        self.evaluator.objects.set(instance, name, &key, value);
                    }
                }
            }
        }
    }

    /// In a destroy plan, resources have the values that the state knows.
    fn declare_prior(&mut self, instance: ModuleId, name: &ResourceName) {
        let resource = self.evaluator.resource_addr(instance, name);
        let values = self.prior.of_resource(&resource);
        let Some(values) = self.take(values) else { return };
        let kind = KeyKind::of(values.keys().next());
        self.evaluator.objects.declare(instance, name, kind, values);
    }

    /// Plans one instance of a managed resource.
    fn instance(&mut self, module: ModuleId, addr: &InstanceAddr, each: &Each) {
        let name = &addr.resource;
        let block = self.evaluator.block(module, name);
        let provider_addr = self.evaluator.provider_of(module, name);
        let Some(resource_type) = self.type_of(module, addr, &provider_addr) else { return };
        let schema = resource_type.schema();
        let found = crate::provision::check(&mut self.evaluator, module, &block.provisioners, (each, schema));
        self.once(found, addr);
        if !self.conditions_before(module, name, &addr.key, each) {
            return;
        }
        let desired = self.evaluator.configure(module, name, (&addr.key, each), schema);
        let Some(desired) = self.take(desired) else { return };
        let stored = stored_ephemeral(&schema.block, &desired.config);
        if !stored.is_empty() {
            self.diagnostics.extend(stored.into_iter().map(|name| not_stored(&name, block).of(addr)));
            return;
        }
        let invalid = resource_type.validate(&desired.config);
        self.diagnostics.extend(invalid.into_iter().map(|it| it.at(block.span).of(addr)));
        let client = self.clients.get(&provider_addr).cloned().flatten();
        let nothing = Value::null(schema.block.ty());
        let prior = self.prior.get(addr).cloned();
        let before = prior.as_ref().map_or(Ok(nothing), |it| it.value(addr).cloned());
        let Some(before) = self.take(before) else { return };
        let ignored = self.ignored(module, addr, &before);
        if self.prior.has_drifted(addr) || self.claimable.contains(&*name.type_name) {
            let wanted = Wanted { config: desired.config.clone(), ignored: ignored.clone(), replace: None };
            self.configs.insert(addr.clone(), wanted);
        }
        if self.request.options.mode == PlanMode::RefreshOnly {
            // What is not there is not made by a refresh; whatever needs it is not known.
            let value = if before.is_null() { Value::unknown(schema.block.ty()) } else { before.clone() };
            self.evaluator.objects.set(module, name, &addr.key, value.clone());
            self.conditions_after(module, addr, &value);
            return self.unchanged(addr, &provider_addr, before, prior);
        }
        let triggered = self.replacement_asked(module, addr, each);
        if let Some(wanted) = self.configs.get_mut(addr) {
            wanted.replace = triggered;
        }
        let config = addr.config();
        let former = prior.as_ref().and_then(|it| it.moved_from.clone()).unwrap_or_else(|| addr.clone());
        let unfinished = self.request.snapshot.unfinished.get(&ObjectKey::current(former)).cloned();
        let (planned, found) = plan_object(&ChangeInput {
            resource_type,
            client: client.as_deref(),
            prior: &before,
            status: prior.as_ref().map_or(ObjectStatus::Ready, |it| it.record.status),
            config: &self.with_owned(addr, &desired.config),
            ignored: ignored.as_deref(),
            replace: triggered,
            create_before_destroy: self.create_before_destroy.contains(&config),
            unfinished: unfinished.as_ref(),
        });
        self.diagnostics.extend(found.into_iter().map(|it| it.at(block.span).of(addr)));
        if planned.action.is_replace() && block.lifecycle.prevent_destroy {
            self.diagnostics.push(prevented(addr).at(block.span));
        }
        self.evaluator.objects.set(module, name, &addr.key, planned.after.clone());
        self.conditions_after(module, addr, &planned.after);
        self.record(ResourceChange {
            object: ObjectKey::current(addr.clone()),
            moved_from: prior.as_ref().and_then(|it| it.moved_from.clone()),
            provider: provider_addr.to_string(),
            action: planned.action,
            reason: planned.reason,
            before,
            after: planned.after,
            replace_paths: planned.replace_paths,
            importing: self.imports.get(addr).filter(|_| prior.is_some()).cloned(),
            dependencies: self.dependencies_of(&config),
            prior_dependencies: prior.map(|it| it.record.dependencies).unwrap_or_default(),
            create_before_destroy: self.create_before_destroy.contains(&config),
            steps: planned.steps,
        });
    }

    /// What the refresh found, as far as the configuration has a say in it.
    pub(super) fn drift(&self) -> Vec<super::Drift> {
        let mut all: Vec<super::Drift> = self
            .prior
            .drift
            .iter()
            .filter_map(|drift| {
                if let Some(expected) = self.drifted.get(&drift.object) {
                    return Some(super::Drift { before: expected.clone(), ..drift.clone() });
                }
                let provider = ProviderAddr::parse(&drift.provider)?;
                let provider = self.request.providers.get(&provider.source)?;
                let schema = provider.resource_type(&drift.object.addr.resource.type_name)?.schema();
                let wanted = self.configs.get(&drift.object.addr).filter(|_| drift.object.deposed.is_none());
                let ignored = wanted.map_or(Some(&[][..]), |it| it.ignored.as_deref());
                let drift = super::claims::without_runtime(drift, &self.claims)?;
                super::drift::relevant(&drift, schema, wanted.map(|it| &it.config), ignored)
            })
            .collect();
        if self.request.options.mode == PlanMode::RefreshOnly {
            all.extend(self.moved());
        }
        all.sort_by(|a, b| a.object.cmp(&b.object));
        all
    }

    /// Objects that have only moved: a refresh has nothing else to tell of them.
    fn moved(&self) -> Vec<super::Drift> {
        let moved = self.prior.iter().filter(|(_, prior)| prior.moved_from.is_some());
        let still = moved.filter(|(key, _)| !self.prior.has_drifted(&key.addr));
        still
            .filter_map(|(key, prior)| {
                let value = prior.value(key).ok()?;
                Some(super::Drift {
                    object: key.clone(),
                    moved_from: prior.moved_from.clone(),
                    provider: prior.record.provider.clone(),
                    before: value.clone(),
                    after: value.clone(),
                })
            })
            .collect()
    }

    /// An object that a refresh leaves as it is: made from what it was made from, whatever its block names by now.
    fn unchanged(&mut self, addr: &InstanceAddr, provider: &ProviderAddr, value: Value, prior: Option<PriorObject>) {
        if value.is_null() {
            return;
        }
        let Some(prior) = prior else { return };
        self.record(ResourceChange {
            object: ObjectKey::current(addr.clone()),
            moved_from: prior.moved_from,
            provider: provider.to_string(),
            action: Action::NoOp,
            reason: None,
            before: value.clone(),
            after: value,
            replace_paths: Vec::new(),
            importing: self.imports.get(addr).cloned(),
            prior_dependencies: prior.record.dependencies.clone(),
            dependencies: prior.record.dependencies,
            create_before_destroy: prior.record.create_before_destroy,
            steps: None,
        });
    }

    /// Paths whose change is ignored; `None` for all.
    fn ignored(&mut self, module: ModuleId, addr: &InstanceAddr, prior: &Value) -> Option<Vec<Ignored>> {
        match &self.evaluator.block(module, &addr.resource).lifecycle.ignore_changes {
            IgnoreChanges::Nothing => Some(Vec::new()),
            IgnoreChanges::All if prior.is_null() => Some(Vec::new()),
            IgnoreChanges::All => None,
            IgnoreChanges::Paths(paths) => Some(paths.iter().filter_map(super::paths::relative).collect()),
        }
    }

    fn replacement_asked(&mut self, module: ModuleId, addr: &InstanceAddr, each: &Each) -> Option<Reason> {
        if self.request.options.replace.contains(addr) {
            return Some(Reason::ReplaceByRequest);
        }
        let triggers = &self.evaluator.block(module, &addr.resource).lifecycle.replace_triggered_by;
        let hit = triggers.iter().any(|trigger| super::paths::changed(self, module, each, trigger));
        hit.then_some(Reason::ReplaceByTriggers)
    }
}

/// Arguments that would put an ephemeral value into the state.
pub(super) fn stored_ephemeral(block: &Block, config: &Value) -> Vec<Arc<str>> {
    let Some(values) = config.as_map() else { return Vec::new() };
    let kept = |name: &Arc<str>| block.attributes.get(name).is_none_or(|it| !it.write_only);
    let ephemeral = values.iter().filter(|(name, value)| kept(name) && value.deep_marks().has(Marks::EPHEMERAL));
    ephemeral.map(|(name, _)| name.clone()).collect()
}

/// The diagnostic of such an argument.
pub(super) fn not_stored(name: &str, block: &Resource) -> Diagnostic {
    let detail = format!(
        "Ephemeral values are not valid for {name:?}, because it is not a write-only attribute and must be persisted to \
         state. Use a write-only argument where the type has one, or a value that may be stored."
    );
    let argument = block.body.attributes.iter().find(|it| &*it.name.name == name);
    Diagnostic::error("Invalid use of ephemeral value", detail).at(argument.map_or(block.span, |it| it.expr.span))
}

//! Objects that the configuration does not want: they are deleted, or let go.

use std::collections::BTreeSet;

use super::walk::{Walk, prevented};
use super::{Action, PlanMode, Reason, ResourceChange};
use crate::addr::{InstanceAddr, InstanceKey, Mode, ModulePath, ResourceName};
use crate::config::{Config, Repetition};
use crate::diagnostic::Diagnostic;
use crate::store::ObjectKey;
use crate::value::Value;

impl Walk<'_> {
    /// Plans the end of every object that no block has claimed; in a destroy plan, of every object.
    pub(super) fn orphans(&mut self) {
        let config = self.request.config;
        let released = released(config);
        let keys = self.prior.iter().map(|(key, _)| key).filter(|key| self.included.object(&key.addr));
        let keys: Vec<ObjectKey> = keys.cloned().collect();
        for key in keys {
            if key.deposed.is_none() && self.actions.contains_key(&key.addr) {
                continue;
            }
            let wanted = self.request.options.mode == PlanMode::Normal && self.is_wanted(&key.addr);
            if wanted && key.deposed.is_none() {
                continue;
            }
            self.orphan(&key, &released);
        }
    }

    fn orphan(&mut self, key: &ObjectKey, released: &BTreeSet<(ModulePath, Option<ResourceName>)>) {
        let Some(prior) = self.prior.object(key).cloned() else { return };
        let value = prior.value(key).cloned();
        let Some(before) = self.take(value) else { return };
        let destroying = self.request.options.mode == PlanMode::Destroy;
        let config = key.addr.config();
        if self.request.options.mode == PlanMode::RefreshOnly {
            return;
        }
        let action = match key.addr.resource.mode {
            // Nothing is there to delete: the result of a read is dropped.
            Mode::Data | Mode::Ephemeral => Action::Forget,
            Mode::Managed if !destroying && lets_go(released, &config.module, &config.resource) => Action::Forget,
            Mode::Managed => Action::Delete,
        };
        let block = self.request.config.resource(&config);
        if let (Action::Delete, Some(block)) = (action, block)
            && block.lifecycle.prevent_destroy
            && key.deposed.is_none()
        {
            self.diagnostics.push(prevented(&key.addr).at(block.span));
        }
        let reason = (!destroying && key.deposed.is_none()).then(|| self.why_gone(&key.addr)).flatten();
        self.record(ResourceChange {
            object: key.clone(),
            moved_from: prior.moved_from,
            provider: prior.record.provider.clone(),
            action,
            reason,
            after: Value::null(before.ty()),
            before,
            replace_paths: Vec::new(),
            importing: None,
            dependencies: prior.record.dependencies.clone(),
            prior_dependencies: prior.record.dependencies.clone(),
            create_before_destroy: prior.record.create_before_destroy,
            steps: None,
        });
    }

    /// What leaves the state without being deleted is easily lost sight of.
    pub(super) fn warn_of_forgotten(&mut self) {
        let forgotten = self.changes.iter().filter(|it| it.action == Action::Forget);
        let managed = forgotten.filter(|it| it.object.addr.resource.mode == Mode::Managed);
        let list: String = managed.map(|it| format!("\n  - {}", it.object)).collect();
        if !list.is_empty() {
            let detail = format!(
                "The plan lets go of these objects. They stay as they are, and plumb no longer knows of them:{list}\n\n\
                 To manage one of them again later, import it."
            );
            self.diagnostics.push(Diagnostic::warning("Some objects will no longer be managed by Terraform", detail));
        }
    }

    /// Whether a block that could not be planned wants it: then it is left alone.
    fn is_wanted(&mut self, addr: &InstanceAddr) -> bool {
        let Some(module) = self.evaluator.find_module(&addr.module) else {
            // A module whose own expansion failed is no reason to delete what is in it.
            return self.diagnostics.has_errors();
        };
        match self.evaluator.objects.get(module, &addr.resource) {
            Some(instances) => instances.one(&addr.key).is_some(),
            None => self.diagnostics.has_errors() && self.request.config.resource(&addr.config()).is_some(),
        }
    }

    fn why_gone(&self, addr: &InstanceAddr) -> Option<Reason> {
        let config = self.request.config;
        let Some(block) = config.resource(&addr.config()) else {
            let moved = self.prior.get(addr).is_some_and(|it| it.moved_from.is_some());
            let reason = if moved { Reason::DeleteBecauseNoMoveTarget } else { Reason::DeleteBecauseNoResourceConfig };
            return Some(reason);
        };
        if self.evaluator.find_module(&addr.module).is_none() {
            return Some(Reason::DeleteBecauseNoModule);
        }
        Some(match (&block.repetition, &addr.key) {
            (Repetition::Count(_), InstanceKey::Int(_)) => Reason::DeleteBecauseCountIndex,
            (Repetition::ForEach(_), InstanceKey::Str(_)) => Reason::DeleteBecauseEachKey,
            (Repetition::Enabled(_), InstanceKey::None) => Reason::DeleteBecauseEnabledFalse,
            _ => Reason::DeleteBecauseWrongRepetition,
        })
    }
}

/// What `removed` blocks let go without deleting.
fn released(config: &Config) -> BTreeSet<(ModulePath, Option<ResourceName>)> {
    let blocks = config.modules.iter().flat_map(|module| {
        let keep = module.removed.iter().filter(|it| !it.destroy);
        keep.map(|it| {
            let (path, resource) = &it.from;
            (ModulePath(module.path.0.iter().chain(&path.0).cloned().collect()), resource.clone())
        })
    });
    blocks.collect()
}

fn lets_go(released: &BTreeSet<(ModulePath, Option<ResourceName>)>, module: &ModulePath, name: &ResourceName) -> bool {
    released.iter().any(|(path, resource)| match resource {
        Some(resource) => path == module && resource == name,
        None => module.0.starts_with(&path.0),
    })
}

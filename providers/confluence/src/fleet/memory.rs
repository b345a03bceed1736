//! Machines that are kept in memory and do at once what they are told: for tests of what stands above.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use plumb_engine::provider::ProviderError;
use plumb_engine::provider::typed::Result;

use super::{Backup, BackupSource, Fleet, Group, Health, Instance, Life, Sizes, Target, Template};

/// What runs on the machines.
pub trait Machines: Send + Sync {
    /// A group has made a machine; returns its address.
    fn started(&self, group: &str, id: &str, template_version: &str) -> String;
    /// A machine is shut down.
    fn stopped(&self, id: &str);
    /// A machine is removed.
    fn removed(&self, id: &str);
    /// Whether a machine answers health checks.
    fn is_healthy(&self, id: &str) -> bool;
    /// Whether a machine has requests to finish.
    fn is_busy(&self, id: &str) -> bool;
}

/// Machines in memory.
pub struct MemoryFleet {
    machines: Arc<dyn Machines>,
    state: Mutex<State>,
    calls: AtomicU64,
}

#[derive(Default)]
struct State {
    groups: BTreeMap<String, Kept>,
    targets: BTreeMap<String, BTreeMap<String, Health>>,
    latest: BTreeMap<String, String>,
    backups: BTreeMap<String, u32>,
    secrets: BTreeMap<String, String>,
    made: u32,
}

struct Kept {
    group: Group,
    held: bool,
    target_group: Option<String>,
}

impl MemoryFleet {
    /// No machines yet.
    pub fn new(machines: Arc<dyn Machines>) -> Self {
        Self { machines, state: Mutex::default(), calls: AtomicU64::new(0) }
    }

    /// Adds a group, which makes its machines, and its target group.
    pub fn add_group(&self, name: &str, sizes: Sizes, template: &Template, target_group: Option<&str>) {
        let mut state = self.state();
        state.targets.extend(target_group.map(|it| (it.to_owned(), BTreeMap::new())));
        let group = Group { sizes, template: Some(template.clone()), instances: Vec::new() };
        let kept = Kept { group, held: false, target_group: target_group.map(str::to_owned) };
        state.groups.insert(name.to_owned(), kept);
        self.fill(&mut state, name);
    }

    /// Says which version of a launch template is the latest.
    pub fn set_latest(&self, template: &str, version: &str) {
        self.state().latest.insert(template.to_owned(), version.to_owned());
    }

    /// Adds a secret.
    pub fn add_secret(&self, id: &str, text: &str) {
        self.state().secrets.insert(id.to_owned(), text.to_owned());
    }

    /// A machine dies by itself. Its group makes another, unless it is held: then it does not notice.
    pub fn die(&self, id: &str) {
        self.machines.removed(id);
        let mut state = self.state();
        let names: Vec<String> = state.groups.keys().cloned().collect();
        for name in names {
            let Some(kept) = state.groups.get_mut(&name) else { continue };
            if let Some(machine) = kept.group.instances.iter_mut().find(|it| it.id == id) {
                machine.life = Life::Lost;
                if !kept.held {
                    kept.group.instances.retain(|it| it.id != id);
                }
            }
            self.fill(&mut state, &name);
        }
    }

    /// Labels of the backups that were made.
    pub fn backups(&self) -> Vec<String> {
        self.state().backups.keys().cloned().collect()
    }

    /// Machines of a target group that get requests, after another health check.
    pub fn serving(&self, target_group: &str) -> Vec<String> {
        self.route(target_group, <[String]>::to_vec)
    }

    /// Chooses where a request goes. No machine leaves the target group meanwhile, so that what is sent to one can be
    /// counted before it is asked whether it is busy.
    pub fn route<T>(&self, target_group: &str, choose: impl FnOnce(&[String]) -> T) -> T {
        let mut state = self.state();
        let Some(targets) = state.targets.get_mut(target_group) else { return choose(&[]) };
        self.check(targets);
        let serving: Vec<String> =
            targets.iter().filter(|(_, health)| **health == Health::Healthy).map(|(id, _)| id.clone()).collect();
        choose(&serving)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn called(&self) -> MutexGuard<'_, State> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.state()
    }

    /// Makes and removes machines of a group until there are as many as desired.
    fn fill(&self, state: &mut State, name: &str) {
        loop {
            let made = state.made + 1;
            let Some(kept) = state.groups.get_mut(name) else { return };
            let count = i64::try_from(kept.group.instances.len()).unwrap_or(i64::MAX);
            if count > kept.group.sizes.desired {
                let gone = kept.group.instances.remove(0);
                self.remove_targets(state, &gone.id);
                self.machines.removed(&gone.id);
                continue;
            }
            if count == kept.group.sizes.desired {
                return;
            }
            let id = format!("i-{made:04}");
            let version = kept.group.template.as_ref().map(|it| it.version.clone()).unwrap_or_default();
            let address = self.machines.started(name, &id, &version);
            let machine = Instance { id: id.clone(), address, template_version: Some(version), life: Life::Running };
            kept.group.instances.push(machine);
            let target_group = kept.target_group.clone().filter(|_| !kept.held);
            state.made = made;
            if let Some(targets) = target_group.and_then(|it| state.targets.get_mut(&it)) {
                targets.insert(id, Health::Initial);
            }
        }
    }

    /// One health check of each target.
    fn check(&self, targets: &mut BTreeMap<String, Health>) {
        for (id, health) in targets.iter_mut().filter(|(_, health)| **health != Health::Draining) {
            let unhealthy = || Health::Unhealthy("no answer".to_owned());
            *health = if self.machines.is_healthy(id) { Health::Healthy } else { unhealthy() };
        }
    }

    fn remove_targets(&self, state: &mut State, id: &str) {
        for targets in state.targets.values_mut() {
            targets.remove(id);
        }
    }
}

fn missing(what: &str, name: &str) -> ProviderError {
    ProviderError::refused(format!("finding the {what} {name}"), "there is none of this name")
}

#[async_trait]
impl Fleet for MemoryFleet {
    async fn find_group(&self, name: &str) -> Result<Option<Group>> {
        Ok(self.called().groups.get(name).map(|it| it.group.clone()))
    }

    async fn resize(&self, name: &str, sizes: Sizes) -> Result<()> {
        let mut state = self.called();
        let kept = state.groups.get_mut(name).ok_or_else(|| missing("group", name))?;
        kept.group.sizes = sizes;
        self.fill(&mut state, name);
        Ok(())
    }

    async fn use_template(&self, name: &str, template: &Template) -> Result<()> {
        let mut state = self.called();
        let version = match template.version.as_str() {
            "$Latest" => state.latest.get(&template.id).cloned().unwrap_or_default(),
            version => version.to_owned(),
        };
        let kept = state.groups.get_mut(name).ok_or_else(|| missing("group", name))?;
        kept.group.template = Some(Template { id: template.id.clone(), version });
        Ok(())
    }

    async fn hold(&self, name: &str) -> Result<()> {
        self.called().groups.get_mut(name).ok_or_else(|| missing("group", name))?.held = true;
        Ok(())
    }

    async fn release(&self, name: &str) -> Result<()> {
        let mut state = self.called();
        let kept = state.groups.get_mut(name).ok_or_else(|| missing("group", name))?;
        kept.held = false;
        kept.group.instances.retain(|it| it.life != Life::Lost);
        self.fill(&mut state, name);
        Ok(())
    }

    async fn targets(&self, target_group: &str) -> Result<Vec<Target>> {
        let mut state = self.called();
        let targets = state.targets.get_mut(target_group).ok_or_else(|| missing("target group", target_group))?;
        let seen = targets.iter().map(|(id, health)| Target { instance: id.clone(), health: health.clone() }).collect();
        targets.retain(|id, health| *health != Health::Draining || self.machines.is_busy(id));
        self.check(targets);
        Ok(seen)
    }

    async fn register(&self, target_group: &str, instance: &str, _port: i64) -> Result<()> {
        let mut state = self.called();
        let targets = state.targets.get_mut(target_group).ok_or_else(|| missing("target group", target_group))?;
        targets.insert(instance.to_owned(), Health::Initial);
        Ok(())
    }

    async fn deregister(&self, target_group: &str, instance: &str, _port: i64) -> Result<()> {
        let mut state = self.called();
        let targets = state.targets.get_mut(target_group).ok_or_else(|| missing("target group", target_group))?;
        if let Some(health) = targets.get_mut(instance) {
            *health = Health::Draining;
        }
        Ok(())
    }

    async fn stop(&self, instance: &str) -> Result<()> {
        let mut state = self.called();
        let mut all = state.groups.values_mut().flat_map(|it| &mut it.group.instances);
        if let Some(machine) = all.find(|it| it.id == instance) {
            machine.life = Life::Stopped;
            self.machines.stopped(instance);
        }
        Ok(())
    }

    async fn replace(&self, group: &str, instance: &str) -> Result<()> {
        let mut state = self.called();
        let kept = state.groups.get_mut(group).ok_or_else(|| missing("group", group))?;
        kept.group.instances.retain(|it| it.id != instance);
        self.remove_targets(&mut state, instance);
        self.machines.removed(instance);
        self.fill(&mut state, group);
        Ok(())
    }

    async fn backup(&self, source: &BackupSource, label: &str) -> Result<Backup> {
        let mut state = self.called();
        let looks = state.backups.entry(format!("{label}/{source}")).or_default();
        *looks += 1;
        let name = format!("{label}/{source}");
        Ok(if *looks > 1 { Backup::Done(name) } else { Backup::Running("0 % done".to_owned()) })
    }

    async fn secret(&self, id: &str) -> Result<String> {
        self.called().secrets.get(id).cloned().ok_or_else(|| missing("secret", id))
    }

    fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }
}

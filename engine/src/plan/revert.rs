//! Plans that bring back what a run has changed, from the objects as that run found them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::change::{ChangeInput, plan_object};
use super::prior::{self, PriorObjects};
use super::propose::config_of;
use super::request::{PlanRequest, PlanResult, empty_plan, failed, stored_variables};
use super::walk::prevented;
use super::{Action, Plan, ResourceChange, file};
use crate::addr::{ConfigResource, InstanceAddr, Mode};
use crate::config::ProviderAddr;
use crate::config::graph::{Node, Order};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::{Evaluator, root_variables};
use crate::provider::{Client, Known};
use crate::schema::Block;
use crate::store::{ObjectChange, ObjectKey, ObjectRecord, ObjectStatus, Snapshot};
use crate::value::{Type, Value};

/// The configuration of an object that does not come from a block.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Given {
    /// The configuration, with the texts that were true when the object was stored.
    #[serde(with = "file::lossless")]
    pub config: Value,
    /// Texts in it that name other objects.
    pub links: Vec<Link>,
}

/// A text that names an object as it was called: it becomes what the object is called now, or will be once it is made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Link {
    /// The text.
    pub old: Arc<str>,
    /// The object.
    pub object: ObjectKey,
    /// Its attribute that holds the text.
    pub attribute: Arc<str>,
}

impl Given {
    /// The configuration with its links resolved; `None` from `resolve` makes a text unknown.
    pub fn resolved(&self, resolve: impl Fn(&Link) -> Option<Value>) -> Value {
        self.config.clone().transform(&mut |value| match value.as_str() {
            Some(text) => match self.links.iter().find(|link| *link.old == *text) {
                Some(link) => resolve(link).unwrap_or_else(|| Value::unknown(Type::String)).marked(value.marks()),
                None => value,
            },
            None => value,
        })
    }
}

/// Makes a plan that brings back what a run has changed: what it made is deleted, what it deleted is made, what it
/// changed or moved is changed or moved back. Objects that it did not touch are not looked at, nor are the blocks of
/// the configuration, except for those of providers.
pub async fn revert(request: &PlanRequest<'_>, changes: &[ObjectChange]) -> PlanResult {
    let mut plan = empty_plan(request);
    let prepared = Order::new(request.config)
        .and_then(|order| root_variables(request.config, request.variables).map(|variables| (order, variables)));
    let (order, variables) = match prepared {
        Ok(prepared) => prepared,
        Err(diagnostics) => return failed(plan, diagnostics),
    };
    plan.variables = stored_variables(request);
    let touched: BTreeSet<&ObjectKey> = changes.iter().map(|it| &it.object).collect();
    let mut part = Snapshot { lineage: request.snapshot.lineage.clone(), ..Snapshot::default() };
    let present = request.snapshot.objects.iter().filter(|(key, _)| touched.contains(key));
    part.objects = present.map(|(key, record)| (key.clone(), record.clone())).collect();
    let (prior, found) = PriorObjects::new(&part, request.providers);
    if found.has_errors() {
        return failed(plan, found);
    }
    if let Err(found) = prior.decode(|_| true) {
        return failed(plan, found);
    }
    let mut evaluator = Evaluator::new(request.config, request.providers, request.settings.clone(), variables);
    for node in order.nodes() {
        if let Node::Expand(module) = node
            && let Err(found) = evaluator.expand_module(*module)
        {
            tracing::debug!(?found, "a module was not expanded for a revert");
        }
    }
    let mut reversal = Reversal {
        request,
        prior,
        clients: BTreeMap::new(),
        diagnostics: Diagnostics::new(),
        plan,
        moved: moved(changes),
        past: BTreeMap::new(),
    };
    reversal.connect(&mut evaluator, changes).await;
    if !reversal.diagnostics.has_errors() {
        reversal.all(changes);
    }
    let mut result = reversal.finish();
    let (snapshot, providers) = (request.snapshot, request.providers);
    result.plan.read_set = crate::apply::read_set(&result.plan, snapshot, providers, (request.config, &order));
    result
}

/// Where objects that the run moved are now, with where they were.
fn moved(changes: &[ObjectChange]) -> BTreeMap<InstanceAddr, InstanceAddr> {
    let id = |record: &ObjectRecord| record.attributes.id();
    let current = || changes.iter().filter(|it| it.object.deposed.is_none());
    let mut moved = BTreeMap::new();
    for to in current().filter(|it| it.before.is_none()) {
        let Some(now) = to.after.as_ref().and_then(id) else { continue };
        let same = |from: &&ObjectChange| {
            from.after.is_none()
                && from.object.addr.resource.type_name == to.object.addr.resource.type_name
                && from.before.as_ref().and_then(id).as_ref() == Some(&now)
        };
        if let Some(from) = current().find(same) {
            moved.insert(to.object.addr.clone(), from.object.addr.clone());
        }
    }
    moved
}

/// A revert under way.
struct Reversal<'a> {
    request: &'a PlanRequest<'a>,
    prior: PriorObjects,
    clients: BTreeMap<String, Arc<dyn Client>>,
    diagnostics: Diagnostics,
    plan: Plan,
    moved: BTreeMap<InstanceAddr, InstanceAddr>,
    /// Objects as they were.
    past: BTreeMap<ObjectKey, Value>,
}

impl Reversal<'_> {
    /// Configures the providers that are needed, and reads what is there now.
    async fn connect(&mut self, evaluator: &mut Evaluator<'_>, changes: &[ObjectChange]) {
        let records = changes.iter().filter(|it| it.object.addr.resource.mode == Mode::Managed);
        let names: BTreeSet<String> =
            records.flat_map(|it| it.before.iter().chain(&it.after)).map(|it| it.provider.clone()).collect();
        for name in names {
            let Some((addr, provider)) = ProviderAddr::parse(&name)
                .and_then(|addr| Some((addr.clone(), self.request.providers.get(&addr.source)?)))
            else {
                let detail = format!("{name} is not among the providers of plumb.");
                self.diagnostics.push(Diagnostic::error("Unknown provider", detail));
                continue;
            };
            let client = match evaluator.configure_provider(&addr, provider.config_schema()) {
                Ok(config) => provider.configure(&config).await,
                Err(found) => Err(found),
            };
            match client {
                Ok(client) => {
                    if self.request.options.refresh {
                        self.refresh(&addr, &*client).await;
                    }
                    self.clients.insert(name, client);
                }
                Err(found) => self.diagnostics.extend(found),
            }
        }
    }

    async fn refresh(&mut self, addr: &ProviderAddr, client: &dyn Client) {
        let Some(provider) = self.request.providers.get(&addr.source) else { return };
        for (type_name, keys) in self.prior.of_provider(addr, |_| true) {
            let Some(resource_type) = provider.resource_type(&type_name) else { continue };
            let known = keys.iter().filter_map(|key| {
                let value = self.prior.value(key).ok()??;
                let id = value.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
                Some(Known { id, object: Some(value.clone()) })
            });
            let outcomes = client.read(&type_name, known.collect()).await;
            for (key, outcome) in keys.iter().zip(outcomes) {
                if let Err(found) = self.prior.observe(key, outcome, resource_type.schema()) {
                    self.diagnostics.extend(found);
                }
            }
        }
    }

    fn all(&mut self, changes: &[ObjectChange]) {
        let managed = || changes.iter().filter(|it| it.object.addr.resource.mode == Mode::Managed);
        for (to, from) in &self.moved {
            self.prior.rename(to, from.clone());
        }
        for change in managed().filter(|it| it.object.deposed.is_none()) {
            if let Some(before) = &change.before {
                match prior::decode_record(&change.object, before, self.request.providers) {
                    Ok(value) => drop(self.past.insert(change.object.clone(), value)),
                    Err(found) => self.diagnostics.extend(found),
                }
            }
        }
        for change in managed() {
            match &change.before {
                None => self.delete(&change.object),
                Some(before) if change.object.deposed.is_none() => self.bring_back(&change.object, before),
                // What was set aside and cleaned up was on its way out.
                Some(_) => {}
            }
        }
        self.say_what_changed_since(changes);
        self.say_what_stays_different();
    }

    /// Another run may have had its hands on an object since.
    fn say_what_changed_since(&mut self, changes: &[ObjectChange]) {
        let version = |record: Option<&ObjectRecord>| record.map(|it| it.row_version);
        let planned: BTreeSet<&ObjectKey> = self.plan.changes.iter().map(|it| &it.object).collect();
        let since = changes.iter().filter(|it| {
            let now = self.request.snapshot.objects.get(&it.object);
            planned.contains(&it.object) && version(now) != version(it.after.as_ref())
        });
        let names: Vec<String> = since.map(|it| it.object.to_string()).collect();
        if names.is_empty() {
            return;
        }
        let detail = format!(
            "After the run that is reverted, these objects were changed again: {}. The plan takes them back to what they were \
             before that run, so the later changes go, too.",
            names.join(", ")
        );
        self.diagnostics.push(Diagnostic::warning("Objects changed since", detail));
    }

    fn delete(&mut self, object: &ObjectKey) {
        let Some((record, value)) = self.present(object) else { return };
        let block = self.request.config.resource(&object.addr.config());
        if let Some(block) = block.filter(|it| it.lifecycle.prevent_destroy && object.deposed.is_none()) {
            self.diagnostics.push(prevented(&object.addr).at(block.span));
        }
        self.plan.changes.push(ResourceChange {
            object: object.clone(),
            moved_from: None,
            provider: record.provider,
            action: Action::Delete,
            reason: None,
            after: Value::null(value.ty()),
            before: value,
            replace_paths: Vec::new(),
            importing: None,
            dependencies: record.dependencies.clone(),
            prior_dependencies: record.dependencies,
            create_before_destroy: record.create_before_destroy,
            steps: None,
        });
    }

    fn bring_back(&mut self, object: &ObjectKey, before: &ObjectRecord) {
        let providers = self.request.providers;
        let resource_type = ProviderAddr::parse(&before.provider)
            .and_then(|addr| providers.get(&addr.source))
            .and_then(|it| it.resource_type(&object.addr.resource.type_name));
        let value = prior::decode_record(object, before, providers);
        let (resource_type, value) = match (resource_type, value) {
            (Some(resource_type), Ok(value)) => (resource_type, value),
            (_, Err(found)) => return self.diagnostics.extend(found),
            (None, Ok(_)) => return,
        };
        let schema = resource_type.schema();
        let present = self.present(object);
        let given = self.given(&before.dependencies, &schema.block, &value, present.is_none());
        let config = given.resolved(|link| self.present(&link.object)?.1.get(&link.attribute).cloned());
        let moved_from = self.prior.get(&object.addr).and_then(|it| it.moved_from.clone());
        let (status, now) = match &present {
            Some((record, now)) => (record.status, now.clone()),
            None => (ObjectStatus::Ready, Value::null(schema.block.ty())),
        };
        let (planned, found) = plan_object(&ChangeInput {
            resource_type,
            client: self.clients.get(&before.provider).map(|it| &**it),
            prior: &now,
            status,
            config: &config,
            ignored: Some(&[]),
            replace: None,
            create_before_destroy: before.create_before_destroy,
            unfinished: None,
        });
        self.diagnostics.extend(found.into_iter().map(|it| it.of(object)));
        let block = self.request.config.resource(&object.addr.config());
        if let Some(block) = block.filter(|it| it.lifecycle.prevent_destroy && planned.action.is_replace()) {
            self.diagnostics.push(prevented(&object.addr).at(block.span));
        }
        if planned.action == Action::NoOp && moved_from.is_none() {
            return;
        }
        self.plan.given.insert(object.clone(), given);
        self.plan.changes.push(ResourceChange {
            object: object.clone(),
            moved_from,
            provider: before.provider.clone(),
            action: planned.action,
            reason: planned.reason,
            before: now,
            after: planned.after,
            replace_paths: planned.replace_paths,
            importing: None,
            dependencies: before.dependencies.clone(),
            prior_dependencies: present.map(|(record, _)| record.dependencies).unwrap_or_default(),
            create_before_destroy: before.create_before_destroy,
            steps: planned.steps,
        });
    }

    /// The object as it is now.
    fn present(&self, object: &ObjectKey) -> Option<(ObjectRecord, Value)> {
        let found = self.prior.object(object)?;
        Some((found.record.clone(), found.value(object).ok()?.clone()))
    }

    /// The configuration that an object had, as far as its attributes tell.
    fn given(&self, dependencies: &[ConfigResource], block: &Block, value: &Value, anew: bool) -> Given {
        let mut config = config_of(block, value);
        let set = |config: &Value, name: &str| config.get(name).is_some_and(|it| !it.is_null());
        for (name, spec) in block.attributes.iter().filter(|(_, spec)| spec.computed && spec.is_argument()) {
            // Of two arguments that exclude each other the provider has filled in the one that it may fill in.
            let excluded = spec.conflicts_with.iter().any(|other| set(&config, other));
            if &**name == "id" || (anew && excluded && set(&config, name)) {
                config = config.with(name, Value::null(spec.ty.clone()));
            }
        }
        let mut links: Vec<Link> = Vec::new();
        let needed = self.past.iter().filter(|(key, _)| dependencies.contains(&key.addr.config()));
        for (object, old) in needed {
            for (attribute, text) in names_of(old) {
                if !links.iter().any(|link| *link.old == *text) {
                    links.push(Link { old: text, object: object.clone(), attribute });
                }
            }
        }
        let mut used = BTreeSet::new();
        config.any(&mut |part| {
            used.extend(part.as_str().map(str::to_owned));
            false
        });
        links.retain(|link| used.contains(&*link.old));
        Given { config, links }
    }

    fn say_what_stays_different(&mut self) {
        let anew = self.plan.changes.iter().filter(|it| it.action == Action::Create || it.action.is_replace());
        let names: Vec<String> = anew.map(|it| it.object.to_string()).collect();
        if names.is_empty() {
            return;
        }
        let detail = format!(
            "These objects are made anew from their stored arguments: {}. Their ids, addresses and other computed attributes \
             become others, their contents are not brought back, and arguments that are only sent and never stored are \
             missing. Where their ids stand inside of longer texts, such as policies, the old ones stay.",
            names.join(", ")
        );
        self.diagnostics.push(Diagnostic::warning("Not everything can be brought back", detail));
    }

    fn finish(mut self) -> PlanResult {
        let mut calls: BTreeMap<Arc<str>, u64> = BTreeMap::new();
        for (name, client) in &self.clients {
            if let Some(addr) = ProviderAddr::parse(name) {
                *calls.entry(addr.source).or_default() += client.calls();
            }
        }
        self.plan.changes.sort_by(|a, b| a.object.cmp(&b.object));
        self.plan.refreshed = self.prior.refreshed;
        self.plan.errored = self.diagnostics.has_errors();
        PlanResult { plan: self.plan, diagnostics: self.diagnostics, calls }
    }
}

/// What an object is called in others: its id and ARN first, then its other texts.
fn names_of(object: &Value) -> Vec<(Arc<str>, Arc<str>)> {
    let items = object.as_map();
    let mut names: Vec<(Arc<str>, Arc<str>)> = items
        .into_iter()
        .flatten()
        .filter(|(name, _)| matches!(&***name, "id" | "arn") || name.ends_with("_id") || name.ends_with("_arn"))
        .filter_map(|(name, value)| Some((name.clone(), value.as_str().filter(|it| !it.is_empty())?.into())))
        .collect();
    names.sort_by_key(|(name, _)| match &**name {
        "id" => 0,
        "arn" => 1,
        _ => 2,
    });
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Marks;

    #[test]
    fn links_become_what_the_new_object_is_called() {
        let object = ObjectKey::current("aws_vpc.main".parse().unwrap());
        let given = Given {
            config: Value::object([
                ("vpc_id", Value::string("vpc-old").marked(Marks::SENSITIVE)),
                ("groups", Value::set(Type::String, vec![Value::string("vpc-old"), Value::string("sg")])),
            ]),
            links: vec![Link { old: "vpc-old".into(), object, attribute: "id".into() }],
        };
        let planned = given.resolved(|_| None);
        assert!(!planned.is_wholly_known());
        let done = given.resolved(|_| Some(Value::string("vpc-new")));
        assert_eq!(done.get("vpc_id"), Some(&Value::string("vpc-new").marked(Marks::SENSITIVE)));
        let groups = Value::set(Type::String, vec![Value::string("sg"), Value::string("vpc-new")]);
        assert_eq!(done.get("groups"), Some(&groups));
    }

    #[test]
    fn an_id_is_a_better_name_than_another() {
        let text = Value::string;
        let object =
            Value::object([("arn", text("a")), ("id", text("i")), ("name", text("n")), ("main_id", text("m"))]);
        let names: Vec<String> = names_of(&object).into_iter().map(|(name, _)| name.to_string()).collect();
        assert_eq!(names, ["id", "arn", "main_id"]);
    }
}

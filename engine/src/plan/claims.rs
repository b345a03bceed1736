//! What belongs to run time in a plan: claims of providers matched with objects, and what follows for their changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::change::{ChangeInput, plan_object};
use super::propose::unmarked;
use super::walk::Walk;
use super::{Action, Drift, PlanMode, ResourceChange};
use crate::addr::{ConfigResource, InstanceAddr};
use crate::config::ProviderAddr;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::provider::{
    Adjustment, ChangeSteps, Claim, Decision, Existence, LateBinding, Review, ReviewInput, Reviewed, RuntimeChange,
};
use crate::store::{ObjectKey, ObjectStatus};
use crate::value::Value;

/// Attributes that run time owns with their values, by object.
pub(super) type Owned = BTreeMap<InstanceAddr, Vec<(Arc<str>, Value)>>;

/// What a claim says of the attribute of an object.
#[derive(Clone, Debug, PartialEq)]
enum Verdict {
    /// Nothing: the configuration does not set the attribute, or no member has a value to put in its place.
    Open,
    /// The observed value is that of a member: it stays.
    Kept(Value),
    /// The observed value is nobody's, or there is none: the active member's takes its place.
    Bound(Value),
}

impl Claim {
    /// Whether the claim is about an object.
    fn is_about(&self, type_name: &str, object: &Value) -> bool {
        let same =
            |(name, value): (&std::sync::Arc<str>, &Value)| object.get(name).map(unmarked) == Some(value.clone());
        self.type_name.as_ref() == type_name && self.matches.iter().all(same)
    }

    /// The member that has a value.
    fn member(&self, value: &Value) -> Option<&std::sync::Arc<str>> {
        let value = unmarked(value);
        self.members.iter().find(|(_, it)| **it == value).map(|(name, _)| name)
    }

    fn active_value(&self) -> Option<&Value> {
        self.active.as_ref().and_then(|name| self.members.get(name))
    }

    /// What the claim says, `observed` being the attribute's value where the object exists.
    fn judge(&self, observed: Option<&Value>, configured: &Value) -> Verdict {
        if configured.is_null() && self.decision == Decision::Runtime {
            return Verdict::Open;
        }
        match observed.filter(|it| self.member(it).is_some()) {
            Some(observed) => Verdict::Kept(observed.clone()),
            None => self.active_value().cloned().map_or(Verdict::Open, Verdict::Bound),
        }
    }
}

/// What drift remains of a difference when values that run time owns are left out; `None` when none does.
pub(super) fn without_runtime(drift: &Drift, claims: &[Claim]) -> Option<Drift> {
    let mut drift = drift.clone();
    let type_name = drift.object.addr.resource.type_name.clone();
    for claim in claims.iter().filter(|it| it.is_about(&type_name, &drift.before)) {
        if drift.after.is_null() {
            let stopped = claim.existence == Existence::Runtime && claim.active.is_none();
            if stopped {
                return None;
            }
            continue;
        }
        let attribute = &claim.attribute;
        let (Some(was), Some(is)) = (drift.before.get(attribute), drift.after.get(attribute)) else { continue };
        if claim.member(is).is_some() {
            drift.after = drift.after.clone().with(attribute, was.clone());
        }
    }
    Some(drift)
}

/// A value that is a member's, but not the one that the state has.
fn runtime_change(claim: &Claim, object: &ObjectKey, recorded: &Value, observed: &Value) -> Option<RuntimeChange> {
    let attribute = &claim.attribute;
    let from = recorded.get(attribute).and_then(|it| claim.member(it)).cloned();
    let to = claim.member(observed.get(attribute)?)?.clone();
    let told = claim.decision == Decision::Runtime && !recorded.is_null() && from.as_ref() != Some(&to);
    told.then(|| RuntimeChange {
        object: object.clone(),
        attribute: attribute.clone(),
        owner: claim.owner.clone(),
        from,
        to: Some(to),
        epoch: claim.epoch,
        confirmed: claim.confirmed,
    })
}

impl Walk<'_> {
    /// Has every provider that makes claims look at the plan, and lets run time have what it owns.
    pub(super) fn review(&mut self) {
        let reviews: Vec<Review> = self
            .request
            .providers
            .iter()
            .filter(|it| !it.claims().is_empty() && self.has_objects_of(it.source()))
            .map(|provider| {
                let objects = self.reviewed(None);
                provider.review(&ReviewInput { mode: self.request.options.mode, objects: &objects })
            })
            .collect();
        for review in reviews {
            self.claims.extend(review.claims);
            self.runtime_changes.extend(review.changes);
            self.diagnostics.extend(review.diagnostics.into_iter().map(|it| self.located(it)).collect::<Vec<_>>());
            self.drifted.extend(review.drifted.into_iter().map(|it| (it.object, it.expected)));
            review.adjustments.into_iter().for_each(|it| self.adjust(it));
        }
        self.note_runtime_changes();
        self.keep_absent();
        if self.request.options.mode == PlanMode::Normal {
            for at in 0..self.changes.len() {
                self.settle(at);
            }
        }
        self.runtime_changes.sort_by(|a, b| (&a.object, &a.attribute).cmp(&(&b.object, &b.attribute)));
        // An object may be told by more than one set of attributes.
        self.runtime_changes.dedup();
    }

    /// Has the clients of providers that make claims look up what planned objects rely on.
    pub(super) async fn inspect(&mut self) {
        if self.request.options.mode != PlanMode::Normal || !self.request.options.refresh {
            return;
        }
        let mut found = Diagnostics::new();
        for (addr, client) in &self.clients {
            let reviews = self.request.providers.get(&addr.source).is_some_and(|it| !it.claims().is_empty());
            if let (true, Some(client)) = (reviews, client) {
                let text = addr.to_string();
                found.extend(client.inspect(&self.reviewed(Some(&text))).await);
            }
        }
        self.diagnostics.extend(found.into_iter().map(|it| self.located(it)).collect::<Vec<_>>());
    }

    /// A finding about an object, at the object's block.
    fn located(&self, it: Diagnostic) -> Diagnostic {
        let addr = it.address.as_deref().and_then(|it| it.parse::<InstanceAddr>().ok());
        let span = addr.and_then(|it| self.request.config.resource(&it.config())).map(|it| it.span);
        it.at_opt(span)
    }

    fn has_objects_of(&self, source: &str) -> bool {
        let is_of = |provider: &str| ProviderAddr::parse(provider).is_some_and(|it| &*it.source == source);
        self.changes.iter().any(|it| is_of(&it.provider))
    }

    /// The objects of the plan, of one provider configuration or of all.
    fn reviewed(&self, provider: Option<&str>) -> Vec<Reviewed<'_>> {
        let managed = self.changes.iter().filter(|it| it.object.addr.resource.mode == crate::addr::Mode::Managed);
        let mut objects: Vec<Reviewed<'_>> = managed
            .filter(|it| provider.is_none_or(|provider| it.provider == provider))
            .map(|it| Reviewed {
                object: &it.object,
                action: it.action,
                recorded: self.prior.recorded(&it.object).unwrap_or(&it.before),
                before: &it.before,
                after: &it.after,
                replace_paths: &it.replace_paths,
                unfinished: self.unfinished(it),
            })
            .collect();
        objects.sort_by_key(|it| it.object);
        objects
    }

    /// What an earlier run has left of the steps of an object's change.
    fn unfinished(&self, change: &ResourceChange) -> Option<&ChangeSteps> {
        let former = change.moved_from.clone().unwrap_or_else(|| change.object.addr.clone());
        let left = &self.request.snapshot.unfinished;
        left.get(&ObjectKey { addr: former, deposed: change.object.deposed.clone() })
    }

    /// Takes over a value that follows from other objects.
    fn adjust(&mut self, it: Adjustment) {
        let Some(&at) = self.actions.get(&it.object.addr) else { return };
        let change = &mut self.changes[at];
        if change.after.is_null() || change.object != it.object {
            return;
        }
        change.after = change.after.clone().with(&it.attribute, it.value);
        if change.action == Action::NoOp && change.before != change.after {
            change.action = Action::Update;
        }
        let after = change.after.clone();
        self.show(&it.object, after);
    }

    fn note_runtime_changes(&mut self) {
        for drift in self.prior.drift.iter().filter(|it| !it.after.is_null()) {
            let type_name = &drift.object.addr.resource.type_name;
            let claims = self.claims.iter().filter(|it| it.is_about(type_name, &drift.before));
            let changes = claims.filter_map(|it| runtime_change(it, &drift.object, &drift.before, &drift.after));
            self.runtime_changes.extend(changes);
        }
    }

    /// What may be gone at run time stays in the state and is not made again: whatever makes a member active makes it.
    fn keep_absent(&mut self) {
        let gone = self.prior.drift.iter().filter(|it| it.after.is_null() && it.object.deposed.is_none());
        let kept: Vec<(ObjectKey, Value)> = gone
            .filter(|drift| {
                let type_name = &drift.object.addr.resource.type_name;
                let mut claims = self.claims.iter().filter(|it| it.existence == Existence::Runtime);
                claims.any(|it| it.is_about(type_name, &drift.before))
            })
            .map(|drift| (drift.object.clone(), drift.before.clone()))
            .collect();
        for (object, recorded) in kept {
            let Some(&at) = self.actions.get(&object.addr) else { continue };
            if self.changes[at].action != Action::Create {
                continue;
            }
            self.prior.keep_recorded(&object);
            let change = &mut self.changes[at];
            (change.action, change.reason) = (Action::NoOp, None);
            (change.before, change.after) = (recorded.clone(), recorded.clone());
            self.show(&object, recorded);
        }
    }

    /// Plans a change once more when run time owns a value of it.
    fn settle(&mut self, at: usize) {
        let change = &self.changes[at];
        let addr = change.object.addr.clone();
        let making =
            matches!(change.action, Action::NoOp | Action::Create | Action::Update) || change.action.is_replace();
        let Some(wanted) = self.configs.get(&addr).filter(|_| making && change.object.deposed.is_none()) else {
            return;
        };
        let about = |it: &&Claim| it.is_about(&addr.resource.type_name, &change.after);
        let mut config = wanted.config.clone();
        let (mut claimed, mut values) = (None, Vec::new());
        let mut warnings = Vec::new();
        for claim in self.claims.iter().filter(about) {
            let configured =
                wanted.config.get(&claim.attribute).cloned().unwrap_or(Value::null(crate::value::Type::Dynamic));
            let observed = change.before.get(&claim.attribute).filter(|_| !change.before.is_null());
            let value = match claim.judge(observed, &configured) {
                Verdict::Open => continue,
                Verdict::Kept(value) | Verdict::Bound(value) => value,
            };
            let told = claim.decision == Decision::Runtime;
            if told && configured.is_wholly_known() && claim.member(&configured).is_none() {
                warnings.push(not_a_members(claim));
            }
            if unmarked(&value) != unmarked(&configured) {
                values.push((claim.attribute.clone(), value.clone()));
            }
            config = config.with(&claim.attribute, value);
            claimed = Some(claim.clone());
        }
        let Some(claim) = claimed else { return };
        if !values.is_empty() {
            self.owned.insert(addr.clone(), values);
        }
        let span = self.request.config.resource(&addr.config()).map(|it| it.span);
        self.diagnostics.extend(warnings.into_iter().map(|it| it.at_opt(span).of(&addr)));
        if unmarked(&config) != unmarked(&wanted.config) {
            self.plan_again(at, &config);
        }
        self.bind_late(at, &claim);
    }

    /// Values that run time owns, by object, if something was planned with other values than these because it came before
    /// the claims were known; `None` when nothing was.
    pub(super) fn seen_otherwise(&mut self) -> Option<Owned> {
        let others = |of: &ConfigResource| self.dependencies.iter().any(|(it, needs)| it != of && needs.contains(of));
        let seen = self.owned.keys().any(|it| !self.known_owned.contains_key(it) && others(&it.config()));
        seen.then(|| std::mem::take(&mut self.owned))
    }

    /// The configuration of an object, with what is known already to belong to run time.
    pub(super) fn with_owned(&self, addr: &InstanceAddr, config: &Value) -> Value {
        let values = self.known_owned.get(addr).into_iter().flatten();
        values.fold(config.clone(), |config, (attribute, value)| config.with(attribute, value.clone()))
    }

    /// Plans a change by another configuration than its block's.
    fn plan_again(&mut self, at: usize, config: &Value) {
        let change = &self.changes[at];
        let addr = change.object.addr.clone();
        let Some(provider_addr) = ProviderAddr::parse(&change.provider) else { return };
        let Some(provider) = self.request.providers.get(&provider_addr.source) else { return };
        let Some(resource_type) = provider.resource_type(&addr.resource.type_name) else { return };
        let Some(wanted) = self.configs.get(&addr) else { return };
        let client = self.clients.get(&provider_addr).cloned().flatten();
        // What was found about the block was found when it was planned first.
        let (planned, _) = plan_object(&ChangeInput {
            resource_type,
            client: client.as_deref(),
            prior: &change.before,
            status: self.prior.get(&addr).map_or(ObjectStatus::Ready, |it| it.record.status),
            config,
            ignored: wanted.ignored.as_deref(),
            replace: wanted.replace,
            create_before_destroy: change.create_before_destroy,
            unfinished: None,
        });
        let change = &mut self.changes[at];
        (change.action, change.reason) = (planned.action, planned.reason);
        (change.after, change.replace_paths) = (planned.after, planned.replace_paths);
        let (object, after) = (change.object.clone(), change.after.clone());
        self.show(&object, after);
    }

    /// Has a value that the plan writes resolved again when it is written.
    fn bind_late(&mut self, at: usize, claim: &Claim) {
        let change = &self.changes[at];
        let differs = || change.before.get(&claim.attribute) != change.after.get(&claim.attribute);
        let writes = change.action == Action::Create
            || change.action.is_replace()
            || (change.action == Action::Update && differs());
        let owner = self.actions.get(&claim.owner).map(|&at| &self.changes[at]);
        let late = writes && claim.active.is_some() && claim.decision == Decision::Runtime;
        let Some(owner) = owner.filter(|it| late && !it.before.is_null()) else { return };
        let binding = LateBinding {
            owner: claim.owner.clone(),
            provider: owner.provider.clone(),
            attribute: claim.attribute.clone(),
            members: claim.members.clone(),
            epoch: claim.epoch,
        };
        self.late.insert(change.object.clone(), binding);
    }

    /// Lets outputs see an object as it is planned now.
    fn show(&mut self, object: &ObjectKey, value: Value) {
        if let Some(module) = self.evaluator.find_module(&object.addr.module) {
            self.evaluator.objects.set(module, &object.addr.resource, &object.addr.key, value);
            self.evaluator.forget_derived();
        }
    }
}

fn not_a_members(claim: &Claim) -> Diagnostic {
    let members: Vec<String> = claim.members.keys().map(|it| format!("{it:?}")).collect();
    let detail = format!(
        "The argument {:?} belongs to {}, whose active member decides its value, and the configuration gives it one that no \
         member has ({} are members). The value of the active member is used. Write that of the first server of the group's \
         \"startup\".",
        claim.attribute,
        claim.owner,
        members.join(", ")
    );
    Diagnostic::warning("Value belongs to run time", detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(active: Option<&str>) -> Claim {
        let members = [("server1", "eni-1"), ("server2", "eni-2")];
        Claim {
            owner: "ha_group.g".parse().unwrap(),
            type_name: "aws_route".into(),
            matches: [("destination_cidr_block".into(), Value::from("10.1.0.20/32"))].into(),
            attribute: "network_interface_id".into(),
            members: members.map(|(name, it)| (name.into(), Value::from(it))).into(),
            active: active.map(Into::into),
            epoch: 7,
            confirmed: true,
            existence: Existence::Configured,
            decision: Decision::Runtime,
        }
    }

    fn route(eni: Option<&str>) -> Value {
        let eni = eni.map_or(Value::null(crate::value::Type::String), Value::from);
        Value::object([("destination_cidr_block", "10.1.0.20/32".into()), ("network_interface_id", eni)])
    }

    fn drift(after: Value) -> Drift {
        Drift {
            object: ObjectKey::current("aws_route.vip".parse().unwrap()),
            moved_from: None,
            provider: String::new(),
            before: route(Some("eni-1")),
            after,
        }
    }

    #[test]
    fn a_members_value_stays_and_any_other_gives_way_to_the_active_members() {
        let configured = Value::from("eni-1");
        let judged = |claim: Claim, eni: &str| claim.judge(Some(&Value::from(eni)), &configured);
        assert_eq!(judged(claim(Some("server1")), "eni-2"), Verdict::Kept("eni-2".into()), "whatever is active");
        assert_eq!(judged(claim(Some("server2")), "eni-9"), Verdict::Bound("eni-2".into()));
        assert_eq!(judged(claim(None), "eni-9"), Verdict::Open, "the configuration's word while nothing is active");
    }

    #[test]
    fn an_object_to_be_gets_the_active_members_value() {
        let configured = Value::from("eni-1");
        assert_eq!(claim(Some("server2")).judge(None, &configured), Verdict::Bound("eni-2".into()));
        let unset = Value::null(crate::value::Type::String);
        assert_eq!(claim(Some("server2")).judge(None, &unset), Verdict::Open, "what is not set is not owned");
    }

    #[test]
    fn claims_are_about_what_they_match() {
        let claim = claim(None);
        assert!(claim.is_about("aws_route", &route(None)));
        assert!(!claim.is_about("aws_eip", &route(None)));
        let other = route(None).with("destination_cidr_block", "0.0.0.0/0".into());
        assert!(!claim.is_about("aws_route", &other));
        let unknown = route(None).with("destination_cidr_block", Value::unknown(crate::value::Type::String));
        assert!(!claim.is_about("aws_route", &unknown));
    }

    #[test]
    fn a_move_to_a_member_is_no_drift_and_one_to_a_stranger_is() {
        let claims = [claim(Some("server2"))];
        let left = without_runtime(&drift(route(Some("eni-2"))), &claims).unwrap();
        assert_eq!(left.before, left.after);
        let left = without_runtime(&drift(route(Some("eni-9"))), &claims).unwrap();
        assert_ne!(left.before, left.after);
    }

    #[test]
    fn what_run_time_may_remove_is_missed_only_while_a_member_is_active() {
        let gone = drift(Value::null(crate::value::Type::Dynamic));
        let with = |active, existence| [Claim { existence, ..claim(active) }];
        assert!(without_runtime(&gone, &with(None, Existence::Runtime)).is_none());
        assert!(without_runtime(&gone, &with(Some("server1"), Existence::Runtime)).is_some());
        assert!(without_runtime(&gone, &with(None, Existence::Configured)).is_some());
    }

    #[test]
    fn a_runtime_change_names_the_members() {
        let object = ObjectKey::current("aws_route.vip".parse().unwrap());
        let change = |from: &str, to: &str| {
            runtime_change(&claim(Some("server2")), &object, &route(Some(from)), &route(Some(to)))
        };
        let found = change("eni-1", "eni-2").unwrap();
        assert_eq!((found.from.as_deref(), found.to.as_deref(), found.epoch), (Some("server1"), Some("server2"), 7));
        assert_eq!(change("eni-1", "eni-1"), None);
        assert_eq!(change("eni-1", "eni-9"), None, "a stranger's value is drift");
    }
}

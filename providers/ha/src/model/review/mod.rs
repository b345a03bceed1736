//! What a plan shows of clusters and groups when it is looked at as a whole. Pure.

mod claims;
mod leaving;
mod rules;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use plumb_engine::diagnostic::{Diagnostic, Diagnostics, Severity};
use plumb_engine::plan::PlanMode;
use plumb_engine::provider::{Drifted, Review, ReviewInput, Reviewed, RuntimeChange};
use plumb_engine::value::{Type, Value};

pub(crate) use rules::{inside, no_resolver, outside_zone};

use super::observe::{NOWHERE, Seen};
use super::{HaCluster, HaGroup, read_model};
use crate::group::Server;

/// Types whose attributes groups own.
pub const CLAIMABLE: &[&str] = &["aws_eip_association", "aws_route", "aws_route53_record"];

/// A group of a plan with its cluster.
pub(crate) struct Found<'a> {
    /// The object.
    object: Reviewed<'a>,
    /// As the state has it.
    recorded: Option<HaGroup>,
    /// As it is.
    before: Option<HaGroup>,
    /// As it will be; parts that are not known are left out.
    after: Option<HaGroup>,
    /// Its servers, those that leave included, as far as anything is known of them: interface and address may be empty.
    members: Vec<Member>,
}

/// What is known of a server of a cluster.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Member {
    name: String,
    instance: String,
    eni: String,
    address: String,
    /// Whether it will be a member.
    stays: bool,
}

impl Found<'_> {
    /// The group to be, or else the one that is.
    fn current(&self) -> Option<&HaGroup> {
        self.after.as_ref().or(self.before.as_ref())
    }

    /// Servers that may have the group, in order.
    fn startup(&self) -> Vec<&Member> {
        let staying = || self.members.iter().filter(|it| it.stays);
        match self.current().map(|it| it.startup.as_slice()).unwrap_or_default() {
            [] => staying().collect(),
            names => names.iter().filter_map(|name| staying().find(|it| it.name == *name)).collect(),
        }
    }

    /// Whether an active server is sure: AWS is of one mind, and whoever keeps record agrees.
    fn is_settled(&self) -> bool {
        self.before.as_ref().is_some_and(|it| it.state.as_deref() == Some("active"))
    }

    fn epoch(&self) -> u64 {
        self.before.as_ref().and_then(|it| it.epoch).and_then(|it| u64::try_from(it).ok()).unwrap_or_default()
    }
}

/// Looks at a plan.
pub fn review(input: &ReviewInput<'_>) -> Review {
    let groups = groups(input.objects);
    let mut review = Review { claims: groups.iter().flat_map(claims::of).collect(), ..Review::default() };
    for group in &groups {
        review.changes.extend(transition(group));
        if has_strangers(group) {
            review.drifted.push(Drifted { object: group.object.object.clone(), expected: expected(group) });
        }
        let told = state(group).into_iter().map(|it| it.of(group.object.object));
        match input.mode {
            PlanMode::Normal => {
                review.diagnostics.extend(told);
                leaving::plan(group, input.objects, &mut review);
            }
            // A look changes nothing, so nothing stands in its way.
            PlanMode::RefreshOnly => {
                review.diagnostics.extend(told.map(|it| Diagnostic { severity: Severity::Warning, ..it }));
            }
            PlanMode::Destroy => {}
        }
    }
    if input.mode == PlanMode::Normal {
        review.diagnostics.extend(rules::check(&groups, input.objects));
    }
    review
}

fn groups<'a>(objects: &'a [Reviewed<'a>]) -> Vec<Found<'a>> {
    let clusters: Vec<(&Reviewed<'_>, HaCluster)> = objects
        .iter()
        .filter(|it| it.type_name() == "ha_cluster" && !it.after.is_null())
        .filter_map(|it| Some((it, read_model(it.after)?)))
        .collect();
    let by_name: BTreeMap<&str, &HaCluster> = clusters.iter().map(|(_, it)| (it.name.as_str(), it)).collect();
    let groups = objects.iter().filter(|it| it.type_name() == "ha_group" && it.object.deposed.is_none());
    groups
        .map(|object| {
            let model = |value| read_model::<HaGroup>(value);
            let mut found = Found {
                object: *object,
                recorded: model(object.recorded),
                before: model(object.before),
                after: model(object.after),
                members: Vec::new(),
            };
            let name = found.current().and_then(|it| it.cluster.name.clone()).unwrap_or_default();
            found.members = members(by_name.get(name.as_str()).copied(), &found);
            found
        })
        .collect()
}

/// Servers to be, from the block of the cluster where the plan has it, and those that are and leave.
fn members(cluster: Option<&HaCluster>, group: &Found<'_>) -> Vec<Member> {
    let known = |server: &Server, stays| Member {
        name: server.name.clone(),
        instance: server.instance_id.clone(),
        eni: server.eni_id.clone(),
        address: server.interconnect.to_string(),
        stays,
    };
    let mut members: Vec<Member> = match cluster {
        Some(cluster) => {
            let described = cluster.server.iter().map(|it| Member {
                name: it.name.clone(),
                instance: it.instance_id.clone(),
                eni: it.eni_id.clone(),
                address: it.interconnect.clone(),
                stays: true,
            });
            described.collect()
        }
        None => {
            let cluster = group.after.as_ref().and_then(|it| it.cluster().ok());
            cluster.iter().flat_map(|it| &it.servers).map(|it| known(it, true)).collect()
        }
    };
    let former = group.before.as_ref().and_then(|it| it.cluster().ok());
    for server in former.iter().flat_map(|it| &it.servers) {
        if !members.iter().any(|it| it.name == server.name) {
            members.push(known(server, false));
        }
    }
    members
}

/// The group is active elsewhere than the state has it.
fn transition(group: &Found<'_>) -> Option<RuntimeChange> {
    let (recorded, before) = (group.recorded.as_ref()?, group.before.as_ref()?);
    if recorded.active_server == before.active_server {
        return None;
    }
    Some(RuntimeChange {
        object: group.object.object.clone(),
        attribute: "active_server".into(),
        owner: group.object.object.addr.clone(),
        from: recorded.active_server.as_deref().map(Into::into),
        to: before.active_server.as_deref().map(Into::into),
        epoch: group.epoch(),
        confirmed: before.state.as_deref() != Some("unconfirmed"),
    })
}

fn has_strangers(group: &Found<'_>) -> bool {
    let Some(before) = &group.before else { return false };
    let members: Vec<String> = group.members.iter().map(|it| it.name.clone()).collect();
    let recorded = group.recorded.as_ref().and_then(|it| it.targets.clone()).unwrap_or_default();
    let targets = before.targets.clone().unwrap_or_default();
    Seen::foreign(&targets, &members).iter().any(|(key, stranger)| recorded.get(*key).is_none_or(|it| it != stranger))
}

/// The group as the state has it, but for what has moved between members.
fn expected(group: &Found<'_>) -> Value {
    let (recorded, before) = (group.object.recorded, group.object.before);
    let mut expected = recorded.clone();
    for name in ["active_server", "epoch", "state"] {
        expected = before.get(name).map_or(expected.clone(), |now| expected.with(name, now.clone()));
    }
    let members: Vec<&str> = group.members.iter().map(|it| it.name.as_str()).collect();
    let mut targets = group.recorded.as_ref().and_then(|it| it.targets.clone()).unwrap_or_default();
    for (key, target) in group.before.iter().filter_map(|it| it.targets.as_ref()).flatten() {
        if members.contains(&target.as_str()) {
            targets.insert(key.clone(), target.clone());
        }
    }
    let targets = targets.into_iter().map(|(key, target)| (key.into(), Value::from(target)));
    expected.with("targets", Value::map(Type::String, targets))
}

/// What the state of a group says to whoever plans.
fn state(group: &Found<'_>) -> Diagnostics {
    let mut found = Diagnostics::new();
    let Some(before) = group.before.as_ref().filter(|_| !group.object.after.is_null()) else { return found };
    let targets = before.targets.clone().unwrap_or_default();
    let listed: String = targets.iter().map(|(key, target)| format!("\n  - {key}: {target}")).collect();
    let name = &before.name;
    match before.state.as_deref() {
        Some("partial") => {
            let detail = format!(
                "What {name} owns leads to several servers, or to another than the one that has the right to be active: a \
                 transition was interrupted, or two servers were active.{listed}\n\nRun \"plumb ha repair {name}\", which brings \
                 everything to the confirmed owner, and plan again."
            );
            found.push(Diagnostic::error("Failover group is at several servers", detail));
        }
        Some("unconfirmed") => {
            let recorded = before.active_server.as_deref().unwrap_or("none");
            let mut members = group.members.iter().map(|it| it.name.as_str());
            let at = members.find(|it| targets.values().any(|target| target == it)).unwrap_or(recorded);
            let detail = format!(
                "What {name} owns leads to {at} and not to {recorded}, where the last apply or move left it, and neither the \
                 arbiter nor the journal tells of a transition.{listed}\n\nNothing is done about it by an apply. Run \"plumb ha \
                 repair {name} --to {at}\" to take it over as it is, or \"plumb ha repair {name} --to {recorded}\" to bring it \
                 back."
            );
            found.push(Diagnostic::warning("Move is not confirmed", detail));
        }
        Some("active") => {
            let missing: Vec<&str> =
                targets.iter().filter(|(_, it)| *it == NOWHERE).map(|(key, _)| key.as_str()).collect();
            if !missing.is_empty() {
                let detail = format!(
                    "{name} is active, and these of it lead nowhere: {} (code 7). The group's monitors bring them back; the plan \
                     leaves them alone.",
                    missing.join(", ")
                );
                found.push(Diagnostic::warning("Part of a failover group is missing", detail));
            }
        }
        _ => {}
    }
    let holes: Vec<&str> =
        targets.iter().filter(|(_, it)| it.starts_with("blackhole")).map(|(key, _)| key.as_str()).collect();
    if !holes.is_empty() {
        let detail = format!(
            "These routes of {name} lead to a server that is stopped or gone: {}. That is no difference of configuration: let the \
             group fail over, with \"plumb ha move {name}\" if no agent does it.",
            holes.join(", ")
        );
        found.push(Diagnostic::warning("Route leads to a dead server", detail));
    }
    found
}

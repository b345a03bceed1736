//! The steps of a transition, from facts alone.

use std::collections::BTreeMap;

use super::{HostFacts, Request};
use crate::address::{HostAction, Live, Observations, Observed, Op, Purpose, activation, deactivation};
use crate::cloud::Instance;
use crate::errors::{Phase, Problem, Trouble};
use crate::group::{Cluster, Group, Resource, ResourceKind, Server};
use crate::journal::{Kind, Step};

/// What is known when a transition is planned.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// What AWS has of each resource.
    pub observed: Observations,
    /// What each server that answers has; `None` when servers cannot be asked.
    pub hosts: Option<BTreeMap<String, HostFacts>>,
    /// Instances by server, where a forced stop may be due.
    pub instances: BTreeMap<String, Instance>,
}

/// The steps of a transition in order: the silent server is stopped, the old one lets go in reverse order, the new one
/// takes over in order. What is as it should be needs no step.
///
/// # Errors
/// It must not or cannot be done; nothing was changed.
pub fn plan(cluster: &Cluster, group: &Group, request: &Request, facts: &Facts) -> Result<Vec<Step>, Trouble> {
    let trouble = |problem| Trouble::new(problem, Phase::Activating, &group.name);
    if facts.hosts.is_none() && group.needs_agents() {
        let local = group.resources.iter().filter(|it| is_on_servers_only(it)).map(|it| it.name.as_str());
        return Err(trouble(Problem::NeedsAgents).with("resources", local.collect::<Vec<_>>().join(", ")));
    }
    let from = request.from.as_deref().and_then(|name| cluster.server(name));
    let to = match &request.to {
        None => None,
        Some(name) => Some(cluster.server(name).filter(|it| group.startup.contains(&it.name)).ok_or_else(|| {
            trouble(Problem::NoTarget)
                .with("reason", format!("{name} is not in the group's startup list: {}", group.startup.join(", ")))
        })?),
    };
    only_one(group, request, facts)?;
    let mut steps = Vec::new();
    if let (Kind::Failover, Some(from)) = (request.kind, from) {
        steps.extend(forced_stop(cluster, from, facts));
    }
    if let (Kind::Stop | Kind::Move, Some(from)) = (request.kind, from) {
        let purpose = if to.is_some() { Purpose::Move } else { Purpose::Stop };
        for resource in group.activation_order().into_iter().rev() {
            steps.extend(leaving(resource, from, facts, purpose));
        }
    }
    if let Some(to) = to {
        for resource in group.activation_order() {
            steps.extend(arriving(resource, to, facts, request.forced)?);
        }
    }
    Ok(steps)
}

fn is_on_servers_only(resource: &Resource) -> bool {
    matches!(resource.kind, ResourceKind::MirrorDisk(_) | ResourceKind::Exec(_))
}

fn is_on_servers(resource: &Resource) -> bool {
    is_on_servers_only(resource) || matches!(resource.kind, ResourceKind::VirtualIp(_))
}

/// No server but the two that the request names has anything of the group.
fn only_one(group: &Group, request: &Request, facts: &Facts) -> Result<(), Trouble> {
    let Some(to) = &request.to else { return Ok(()) };
    let lets_go = |server: &String| request.kind == Kind::Move && request.from.as_ref() == Some(server);
    let others = facts.hosts.iter().flatten().filter(|(server, _)| *server != to && !lets_go(server));
    let Some((server, held)) = others.into_iter().find(|(_, it)| !it.active.is_empty()) else { return Ok(()) };
    let active = held.active.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let trouble = Trouble::new(Problem::MaybeActiveElsewhere, Phase::Activating, &group.name);
    Err(trouble.with("server", server).with("reason", format!("it has {active} active")))
}

fn forced_stop(cluster: &Cluster, from: &Server, facts: &Facts) -> Option<Step> {
    cluster.forced_stop.as_ref()?;
    let instance = facts.instances.get(&from.name).filter(|it| !it.is_stopped())?;
    let op = Op::StopInstance { instance: from.instance_id.clone() };
    Some(Step { resource: from.name.clone(), op, before: Live::Instance { state: instance.state.clone() } })
}

fn leaving(resource: &Resource, from: &Server, facts: &Facts, purpose: Purpose) -> Vec<Step> {
    let observed = facts.observed.get(&resource.name).unwrap_or(&Observed::OnServers);
    let ops = deactivation(resource, from, observed, purpose).into_iter();
    let mut steps: Vec<Step> = ops.map(|op| step(resource, op, observed)).collect();
    let held = facts.hosts.as_ref().and_then(|it| it.get(&from.name));
    if held.is_some_and(|it| it.active.contains(&resource.name)) {
        steps.push(on_host(resource, from, HostAction::Deactivate, true));
    }
    steps
}

fn arriving(resource: &Resource, to: &Server, facts: &Facts, forced: bool) -> Result<Vec<Step>, Trouble> {
    let observed = facts.observed.get(&resource.name).unwrap_or(&Observed::OnServers);
    let mut steps = Vec::new();
    let held = facts.hosts.as_ref().and_then(|it| it.get(&to.name));
    if let Some(held) = held.filter(|it| is_on_servers(resource) && !it.active.contains(&resource.name)) {
        let outdated = held.outdated.contains(&resource.name);
        if outdated && !forced {
            let trouble = Trouble::new(Problem::MirrorOutdated, Phase::Activating, &resource.name);
            return Err(trouble.with("server", &to.name).with("name", &resource.name));
        }
        let action = if outdated { HostAction::ActivateOutdated } else { HostAction::Activate };
        steps.push(on_host(resource, to, action, false));
    }
    let ops = activation(resource, to, observed)?;
    steps.extend(ops.into_iter().map(|op| step(resource, op, observed)));
    Ok(steps)
}

fn on_host(resource: &Resource, server: &Server, action: HostAction, active: bool) -> Step {
    let op = Op::Host { server: server.name.clone(), resource: resource.name.clone(), action };
    Step { resource: resource.name.clone(), op, before: Live::Host { active } }
}

fn step(resource: &Resource, op: Op, observed: &Observed) -> Step {
    let before = match (&op, observed) {
        (Op::ReplaceRoute { table, destination, .. }, Observed::Routes(tables)) => {
            let route = tables.iter().find(|it| it.id == *table).and_then(|it| it.route(destination));
            Live::Route { eni: route.and_then(|it| it.eni.clone()) }
        }
        (_, Observed::Address(it)) => Live::Address { association: it.association_id.clone(), eni: it.eni.clone() },
        (_, Observed::Record(record)) => Live::Record { record: record.clone() },
        _ => Live::Unknown,
    };
    Step { resource: resource.name.clone(), op, before }
}

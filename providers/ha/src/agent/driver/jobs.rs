//! What takes time: each job does one thing and tells what came of it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::super::event::{AZ_MONITOR, Ended, Event, Level, Notice, Ticket, Work};
use super::keeper::Kept;
use super::servers::Servers;
use super::{Shared, lock};
use crate::address::{HostAction, Look, check, dns, elastic_ip, judge, virtual_ip, zone};
use crate::arbiter::ArbiterError;
use crate::cloud::patient::Patience;
use crate::cloud::{CloudError, ErrorKind};
use crate::errors::{Phase, Problem, Trouble};
use crate::group::{Group, Monitor, NoAnswer, Resource, ResourceKind, Server};
use crate::journal::Outcome;
use crate::transition::{KeepLease, Manager, Report};

pub(super) async fn probe(shared: Arc<Shared>) {
    let asked = shared.ports.clock.now();
    let limit = shared.settings.cluster.partition.timeout;
    let late = |_| Err(format!("it did not answer within {} seconds", limit.as_secs()));
    let result = timeout(limit, shared.ports.third_party.ask()).await.unwrap_or_else(late);
    shared.tell(Event::Probed { asked, result });
}

pub(super) async fn look(shared: Arc<Shared>, group: String) {
    let seen = shared.keepers[&group].look(&shared).await;
    shared.tell(Event::LeaseSeen { group, seen });
}

pub(super) async fn acquire(shared: Arc<Shared>, group: String, holder: String) {
    if let Err(reason) = shared.keepers[&group].take(&shared, &group, &holder).await {
        shared.tell(Event::LeaseSilent { group, reason });
    }
}

pub(super) async fn renew(shared: Arc<Shared>, group: String) {
    // What came of it is told already, but where there was nothing to renew.
    if let Err(ArbiterError::Lost(None)) = shared.keepers[&group].renew(&shared, &group).await {
        shared.tell(Event::LeaseLost { group, by: "there is no lease".to_owned() });
    }
}

pub(super) async fn give_back(shared: Arc<Shared>, group: String, holder: String) {
    let result = shared.keepers[&group].give_back(&shared, &holder).await;
    shared.tell(Event::LeaseGone { group, result });
}

pub(super) async fn hand_on(shared: Arc<Shared>, group: String, to: String) {
    let result = shared.keepers[&group].hand_on(&shared, &to).await;
    shared.tell(Event::LeaseGone { group, result });
}

pub(super) async fn local(
    shared: Arc<Shared>,
    group: String,
    resource: String,
    action: HostAction,
    ticket: Option<Ticket>,
) {
    let key = (group.clone(), resource.clone());
    let result = match (shared.ports.locals.get(&key), action) {
        (None, _) => Err("this server has no such resource".to_owned()),
        (Some(it), HostAction::Activate) => it.activate(false).await,
        (Some(it), HostAction::ActivateOutdated) => it.activate(true).await,
        (Some(it), HostAction::Deactivate) => it.deactivate().await,
    };
    // The core first: what a transition does next must find it knowing.
    shared.tell(Event::LocalEnded { group, resource, action, result: result.clone() });
    if let Some(waiting) = ticket.and_then(|it| lock(&shared.tickets).waiting.remove(&it)) {
        waiting.send(result).ok();
    }
}

pub(super) async fn disks(shared: Arc<Shared>, group: String) {
    let mut outdated = BTreeSet::new();
    for ((of, name), local) in &shared.ports.locals {
        let kind = shared.settings.group(&group).and_then(|it| it.resource(name)).map(|it| &it.kind);
        if *of == group && matches!(kind, Some(ResourceKind::MirrorDisk(_))) && local.condition().await.is_outdated {
            outdated.insert(name.clone());
        }
    }
    shared.tell(Event::Outdated { group, disks: outdated });
}

pub(super) async fn preflight(shared: Arc<Shared>, name: String, to: String) {
    let result = match (shared.settings.group(&name), shared.settings.cluster.server(&to)) {
        (Some(group), Some(server)) => fits(&shared, group, server).await,
        _ => Ok(()),
    };
    shared.tell(Event::Preflighted { group: name, result });
}

async fn fits(shared: &Shared, group: &Group, server: &Server) -> Result<(), Box<Trouble>> {
    for resource in &group.resources {
        check(resource, server, &*shared.ports.cloud).await.map_err(Box::new)?;
    }
    Ok(())
}

pub(super) async fn transition(shared: Arc<Shared>, group: String, job: u64, work: Work) {
    let ended = match shared.settings.group(&group) {
        Some(it) => carry_out(&shared, it, work).await,
        None => return,
    };
    shared.tell(Event::TransitionEnded { group, job, ended });
}

async fn carry_out(shared: &Shared, group: &Group, work: Work) -> Ended {
    let kept = Kept { shared, group: &group.name };
    let servers = Servers { shared, group: &group.name };
    let manager = Manager {
        cluster: &shared.settings.cluster,
        group,
        cloud: &*shared.ports.cloud,
        hosts: Some(&servers),
        arbiter: &kept,
        journal: &*shared.ports.journal,
        patience: Patience::within(group.call_timeout),
        by: format!("agent@{}", shared.settings.server),
        keep: KeepLease::Yes,
    };
    let result = match &work {
        Work::Run(request) => manager.run(request).await.map(Some),
        Work::Restart(name) => match group.resource(name) {
            Some(resource) => manager.restart(resource, &shared.settings.server).await.map(Some),
            None => Ok(None),
        },
        Work::Finish => manager.finish().await.map(|mut it| it.pop()),
    };
    match result {
        Ok(None) => Ended::Done { is_pending: false },
        Ok(Some(report)) => reported(shared, group, report),
        Err(trouble) if trouble.problem == Problem::Superseded => Ended::Superseded(Box::new(trouble)),
        Err(trouble) => Ended::Refused(Box::new(trouble)),
    }
}

fn reported(shared: &Shared, group: &Group, report: Report) -> Ended {
    for warning in &report.warnings {
        shared.ports.log.write(&Notice {
            event: "transition_warning",
            level: Level::Warning,
            group: Some(group.name.clone()),
            resource: Some(warning.name.clone()),
            epoch: Some(report.epoch),
            code: warning.code(),
            message: warning.to_string(),
        });
    }
    let trouble = report.trouble.unwrap_or_else(|| Trouble::new(Problem::NotVisible, Phase::Activating, &group.name));
    match report.outcome {
        Some(Outcome::Done) => Ended::Done { is_pending: false },
        None => Ended::Done { is_pending: true },
        Some(Outcome::Superseded) => Ended::Superseded(Box::new(trouble)),
        Some(Outcome::Failed | Outcome::Undone | Outcome::Unknown) => Ended::Failed(Box::new(trouble)),
    }
}

pub(super) async fn monitor(shared: Arc<Shared>, name: String, monitor: String) {
    let Some(group) = shared.settings.group(&name) else { return };
    let Some(server) = shared.settings.own() else { return };
    let look = match group.resource(&monitor) {
        None => match &group.az_monitor {
            Some(it) => {
                let see = zone::monitor(AZ_MONITOR, server, &*shared.ports.cloud);
                looked(&it.monitor, AZ_MONITOR, None, see).await
            }
            None => Look::Fine,
        },
        Some(resource) => match &resource.monitor {
            Some(it) => looked(it, &monitor, Some(resource), see(&shared, group, resource, server)).await,
            None => Look::Fine,
        },
    };
    shared.tell(Event::Monitored { group: name, monitor, look });
}

/// One look within its time. That it takes longer says nothing about what is looked at, and is never an error.
async fn looked(
    monitor: &Monitor,
    name: &str,
    resource: Option<&Resource>,
    see: impl Future<Output = Result<(), Trouble>>,
) -> Look {
    match timeout(monitor.timeout, see).await {
        Ok(seen) => judge(seen, monitor.no_answer),
        Err(_) => judge(Err(late(name, resource, monitor.timeout)), weaker(monitor.no_answer)),
    }
}

fn weaker(mode: NoAnswer) -> NoAnswer {
    if mode == NoAnswer::Recover { NoAnswer::Warn } else { mode }
}

fn late(name: &str, resource: Option<&Resource>, limit: Duration) -> Trouble {
    let problem = match resource.map(|it| &it.kind) {
        None => Problem::ZoneTimeout,
        Some(ResourceKind::ElasticIp(_)) => Problem::EipTimeout,
        Some(ResourceKind::DnsRecord(_)) => Problem::DnsMonitorTimeout,
        Some(_) => Problem::VipTimeout,
    };
    let message = format!("the look was not over within {} seconds", limit.as_secs());
    Trouble::new(problem, Phase::Monitoring, name).because(CloudError::new(
        ErrorKind::Timeout,
        "Monitor",
        None,
        message,
    ))
}

async fn see(shared: &Shared, group: &Group, resource: &Resource, server: &Server) -> Result<(), Trouble> {
    let cloud = &*shared.ports.cloud;
    let condition = match shared.ports.locals.get(&(group.name.clone(), resource.name.clone())) {
        Some(local) => Some(local.condition().await),
        None => None,
    };
    match &resource.kind {
        ResourceKind::VirtualIp(it) => {
            virtual_ip::monitor(resource, it, server, condition.map(|it| it.is_active), cloud).await
        }
        ResourceKind::ElasticIp(it) => elastic_ip::monitor(resource, it, server, cloud).await,
        ResourceKind::DnsRecord(it) => {
            dns::monitor(resource, it, server, shared.ports.resolver.as_deref(), cloud).await
        }
        ResourceKind::MirrorDisk(_) | ResourceKind::Exec(_) => {
            let condition = condition.unwrap_or_default();
            let reason = match (condition.is_active, condition.trouble) {
                (true, None) => return Ok(()),
                (_, Some(reason)) => reason,
                (false, None) => "it is not active".to_owned(),
            };
            let trouble = Trouble::new(Problem::Local, Phase::Monitoring, &resource.name);
            Err(trouble.with("server", &server.name).with("reason", reason))
        }
    }
}

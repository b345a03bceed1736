//! How a group is at this moment: what AWS has, what was recorded, and what the two say together.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::address::{Holding, Look, dns, elastic_ip, holding, judge, observe_one, virtual_ip, zone};
use crate::arbiter::{Arbiter, Lease};
use crate::cloud::Cloud;
use crate::errors::{Language, Trouble};
use crate::group::{Cluster, Group, Resource, ResourceKind, Server};
use crate::journal::{Recorded, TransitionRecord, recorded};
use crate::moment::Moment;

/// How many of the last transitions are told.
const TRANSITIONS: usize = 5;

/// What AWS and the records say together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Verdict {
    /// The group is where the records have it.
    Active {
        /// The server.
        server: String,
    },
    /// The group is nowhere, as the records have it.
    Stopped {
        /// Parts that stay on AWS when a group stops: routes, records that are not deleted.
        remains: Vec<String>,
    },
    /// AWS has it with another member than the records.
    Elsewhere {
        /// What was recorded; `None` for nothing.
        recorded: Option<String>,
        /// What AWS has.
        server: String,
    },
    /// Its parts are with different members, or some with nobody.
    Split,
    /// Some of it is with somebody who is no member.
    Foreign,
    /// A transition has not ended.
    Underway,
    /// Something could not be read, or nothing on AWS tells.
    Unknown,
}

/// How a resource is.
#[derive(Clone, Debug)]
pub struct ResourceStatus {
    /// Its name.
    pub name: String,
    /// Its type.
    pub type_name: &'static str,
    /// With whom it is; why that is not known.
    pub holding: Result<Holding, Trouble>,
    /// What its monitor sees from here; `None` where it has none or the group is not active.
    pub look: Option<Look>,
}

/// How the zone of a server is.
#[derive(Clone, Debug)]
pub struct ZoneStatus {
    /// The server.
    pub server: String,
    /// Its zone.
    pub zone: String,
    /// What the monitor sees.
    pub look: Look,
}

/// How a group is.
#[derive(Clone, Debug)]
pub struct GroupStatus {
    /// Name of the cluster.
    pub cluster: String,
    /// Name of the group.
    pub group: String,
    /// What it all means.
    pub verdict: Verdict,
    /// What the journal of this machine says.
    pub recorded: Option<Recorded>,
    /// What the arbiter says.
    pub lease: Option<Lease>,
    /// Its resources in the order of activation.
    pub resources: Vec<ResourceStatus>,
    /// Whose the interfaces are that have a part of it and are no member's, by interface.
    pub strangers: BTreeMap<String, String>,
    /// The zones of its servers, where they are watched.
    pub zones: Vec<ZoneStatus>,
    /// Its last transitions, the latest first.
    pub transitions: Vec<TransitionRecord>,
    /// When this was seen.
    pub at: Moment,
}

/// What is known of a group besides AWS.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// Who gives out the right to be active.
    pub arbiter: Option<&'a dyn Arbiter>,
    /// The journal of this machine.
    pub log: &'a [TransitionRecord],
    /// Who had it when it was last applied, which counts where neither of them says anything.
    pub applied: Option<&'a Recorded>,
}

/// Looks at a group and writes nothing. What names resolve to is for the servers to see.
pub async fn look_at(cluster: &Cluster, group: &Group, cloud: &dyn Cloud, known: Known<'_>) -> GroupStatus {
    let Known { arbiter, log, applied } = known;
    let ours = |it: &&TransitionRecord| it.transition.cluster == cluster.name && it.transition.group == group.name;
    let recorded = recorded(log, &cluster.name, &group.name);
    let lease = match arbiter {
        Some(arbiter) => arbiter.current(&format!("{}/{}", cluster.name, group.name)).await.ok().flatten(),
        None => None,
    };
    let mut resources = Vec::new();
    for resource in group.activation_order() {
        let observed = observe_one(resource, cloud).await;
        let holding = observed.map(|it| holding(resource, cluster, &it));
        let (name, type_name) = (resource.name.clone(), resource.kind.type_name());
        resources.push(ResourceStatus { name, type_name, holding, look: None });
    }
    let recorded = recorded.or_else(|| applied.filter(|_| lease.is_none()).cloned());
    let owner = owner(recorded.as_ref(), lease.as_ref());
    let open = log.iter().filter(ours).any(TransitionRecord::is_open);
    let verdict = if open { Verdict::Underway } else { judge_all(owner.as_ref(), group, &resources) };
    if let Verdict::Active { server } | Verdict::Elsewhere { server, .. } = &verdict
        && let Some(server) = cluster.server(server)
    {
        for (it, resource) in resources.iter_mut().zip(group.activation_order()) {
            it.look = look(resource, server, cloud).await;
        }
    }
    let strangers = strangers(&resources, cloud).await;
    let transitions = log.iter().filter(ours).rev().take(TRANSITIONS).cloned().collect();
    let zones = zones(cluster, group, cloud).await;
    let (cluster, group) = (cluster.name.clone(), group.name.clone());
    GroupStatus {
        cluster,
        group,
        verdict,
        recorded,
        lease,
        resources,
        strangers,
        zones,
        transitions,
        at: Moment::now(),
    }
}

/// Who has a group as the records say, the later of journal and lease: `Some(None)` for a stopped one.
pub fn owner(recorded: Option<&Recorded>, lease: Option<&Lease>) -> Option<Option<String>> {
    match (recorded, lease) {
        (recorded, Some(lease)) if recorded.is_none_or(|it| it.epoch < lease.epoch) => {
            Some(Some(lease.holder.clone()).filter(|it| !it.is_empty()))
        }
        (recorded, _) => recorded.map(|it| it.server.clone()),
    }
}

/// The member that all resources are with that tell; `None` when they tell nothing or different things.
pub fn unanimous(resources: &[ResourceStatus]) -> Option<String> {
    let mut members = resources.iter().filter(|it| !matches!(it.holding, Ok(Holding::Unknown)));
    let first = members.next()?.holding.as_ref().ok()?.member()?.to_owned();
    members.all(|it| it.holding.as_ref().is_ok_and(|it| it.member() == Some(&first))).then_some(first)
}

fn judge_all(owner: Option<&Option<String>>, group: &Group, resources: &[ResourceStatus]) -> Verdict {
    if resources.iter().any(|it| it.holding.is_err()) {
        return Verdict::Unknown;
    }
    let holdings: Vec<(&str, &Holding)> =
        resources.iter().filter_map(|it| Some((it.name.as_str(), it.holding.as_ref().ok()?))).collect();
    if holdings.iter().any(|(_, it)| matches!(it, Holding::Foreign { .. })) {
        return Verdict::Foreign;
    }
    if owner == Some(&None) {
        let held = holdings.iter().filter(|(_, it)| it.member().is_some());
        let (remains, active): (Vec<&str>, Vec<&str>) =
            held.map(|(name, _)| *name).partition(|name| group.resource(name).is_some_and(stays));
        if active.is_empty() {
            return Verdict::Stopped { remains: remains.into_iter().map(str::to_owned).collect() };
        }
    }
    let Some(server) = unanimous(resources) else {
        let tells = holdings.iter().any(|(_, it)| **it != Holding::Unknown);
        return match owner {
            // Nothing on AWS tells: a group of disks and programs is where it was recorded.
            Some(Some(server)) if !tells => Verdict::Active { server: server.clone() },
            _ if !tells => Verdict::Unknown,
            None if holdings.iter().all(|(_, it)| matches!(it, Holding::Nobody | Holding::Unknown)) => {
                Verdict::Stopped { remains: Vec::new() }
            }
            _ => Verdict::Split,
        };
    };
    match owner {
        Some(Some(recorded)) if *recorded == server => Verdict::Active { server },
        Some(recorded) => Verdict::Elsewhere { recorded: recorded.clone(), server },
        None => Verdict::Elsewhere { recorded: None, server },
    }
}

/// Whether what a resource has on AWS stays when its group stops.
fn stays(resource: &Resource) -> bool {
    match &resource.kind {
        ResourceKind::DnsRecord(it) => !it.delete_on_deactivate,
        kind => matches!(kind, ResourceKind::VirtualIp(_)),
    }
}

async fn look(resource: &Resource, server: &Server, cloud: &dyn Cloud) -> Option<Look> {
    let monitor = resource.monitor.as_ref()?;
    let seen = match &resource.kind {
        ResourceKind::VirtualIp(it) => virtual_ip::monitor(resource, it, server, None, cloud).await,
        ResourceKind::ElasticIp(it) => elastic_ip::monitor(resource, it, server, cloud).await,
        ResourceKind::DnsRecord(it) => dns::monitor(resource, it, server, None, cloud).await,
        ResourceKind::MirrorDisk(_) | ResourceKind::Exec(_) => return None,
    };
    Some(judge(seen, monitor.no_answer))
}

/// Whose the interfaces of strangers are: that tells most often which other cluster uses the address.
async fn strangers(resources: &[ResourceStatus], cloud: &dyn Cloud) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for it in resources {
        let Ok(Holding::Foreign { what }) = &it.holding else { continue };
        for eni in what.split([' ', ',']).filter(|it| it.starts_with("eni-")) {
            if let Ok(interface) = cloud.network_interface(eni).await {
                found.insert(eni.to_owned(), interface.whose());
            }
        }
    }
    found
}

async fn zones(cluster: &Cluster, group: &Group, cloud: &dyn Cloud) -> Vec<ZoneStatus> {
    let mut all = Vec::new();
    let Some(monitor) = &group.az_monitor else { return all };
    for server in cluster.servers.iter().filter(|it| group.startup.contains(&it.name)) {
        let look = judge(zone::monitor(&server.name, server, cloud).await, monitor.monitor.no_answer);
        all.push(ZoneStatus { server: server.name.clone(), zone: server.availability_zone.clone(), look });
    }
    all
}

impl GroupStatus {
    /// Whether nobody need do anything.
    pub fn is_well(&self) -> bool {
        let fine = |look: &Look| !matches!(look, Look::Error(_));
        let good = matches!(self.verdict, Verdict::Active { .. } | Verdict::Stopped { .. });
        good && self
            .resources
            .iter()
            .filter_map(|it| it.look.as_ref())
            .chain(self.zones.iter().map(|it| &it.look))
            .all(fine)
    }

    /// Number of the last transition that is known.
    pub fn epoch(&self) -> u64 {
        let recorded = self.recorded.as_ref().map_or(0, |it| it.epoch);
        self.lease.as_ref().map_or(recorded, |it| it.epoch.max(recorded))
    }

    /// The status for programs.
    pub fn to_json(&self, language: Language) -> Json {
        let look = |it: &Look| {
            let word = match it {
                Look::Fine => "fine",
                Look::TooEarly => "too_early",
                Look::Ignored(_) => "ignored",
                Look::Warning(_) => "warning",
                Look::Error(_) => "error",
            };
            json!({ "result": word, "trouble": it.trouble().map(|it| it.to_json(language)) })
        };
        let resource = |it: &ResourceStatus| {
            json!({
                "name": it.name,
                "type": it.type_name,
                "holding": it.holding.as_ref().ok(),
                "unreadable": it.holding.as_ref().err().map(|it| it.to_json(language)),
                "monitor": it.look.as_ref().map(look),
            })
        };
        let zone = |it: &ZoneStatus| json!({ "server": it.server, "zone": it.zone, "monitor": look(&it.look) });
        json!({
            "cluster": self.cluster,
            "group": self.group,
            "verdict": self.verdict,
            "well": self.is_well(),
            "epoch": self.epoch(),
            "recorded": self.recorded,
            "lease": self.lease,
            "resources": self.resources.iter().map(resource).collect::<Vec<_>>(),
            "strangers": self.strangers,
            "zones": self.zones.iter().map(zone).collect::<Vec<_>>(),
            "transitions": self.transitions,
            "at": self.at,
        })
    }
}

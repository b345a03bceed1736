//! `ha_group` as a resource: read, made, changed and removed through AWS.

use std::collections::{BTreeMap, BTreeSet};

use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result};
use plumb_engine::provider::{ActiveMember, Creation, IntentKey, PlannedChange, ProviderError, Recognition};
use plumb_engine::value::{Type, Value};

use super::ensure::{Strangers, Work, refused};
use super::observe::{Seen, observe, route_key};
use super::{HaGroup, read_model, validate};
use crate::group::{Cluster, Group};
use crate::provider::{Ha, Owner};

/// Attributes that no argument decides.
const COMPUTED: [&str; 7] = ["active_server", "definition", "epoch", "id", "state", "targets", "timeouts"];

impl Resource for HaGroup {
    type Client = Ha;
    const TYPE: &'static str = "ha_group";
    const RECOGNITION: Recognition = Recognition::NaturalName;
    const BATCH: usize = 1;

    fn validate(config: &Value) -> Diagnostics {
        validate::group(config)
    }

    fn plan(change: &mut PlannedChange, _client: Option<&Ha>) -> Diagnostics {
        let planned = change.planned.clone();
        let group = settled(&planned).and_then(|it| definition(&it));
        let definition = group.map_or_else(|| Value::unknown(Type::String), Value::from);
        let mut planned = planned.clone().with("definition", definition).with("id", id_of(&planned));
        if let (Some(prior), Some(wanted)) = (read_model::<HaGroup>(&change.prior), read_model::<HaGroup>(&planned))
            && let Some(targets) = planned_targets(&prior, &wanted)
        {
            let items = targets.into_iter().map(|(key, target)| (key.into(), Value::from(target)));
            planned = planned.with("targets", Value::map(Type::String, items));
        }
        change.planned = planned;
        Diagnostics::new()
    }

    async fn create(&self, ha: &Ha, creation: &Creation<'_>) -> Result<Made<Self>> {
        let (cluster, group) = self.described("creating")?;
        let cloud = ha.cloud(&cluster).await?;
        let mut owner = ha.runtime().owner(&cluster, &group).await?;
        let server = owner.as_ref().and_then(|it| it.server.as_ref()).or(group.startup.first());
        let server = server.and_then(|it| cluster.server(it)).ok_or_else(|| no_server(&group))?;
        let nothing_yet = Work { ha, cloud: &*cloud, cluster: &cluster, group: &group, epoch: None };
        nothing_yet.refuse_strangers().await?;
        if owner.as_ref().is_none_or(|it| it.server.is_none()) {
            // From here on it is said who has the group, so that a move can be told from tampering.
            ha.runtime().note(cloud.clone(), &cluster, &group, Some(&server.name)).await?;
            owner = ha.runtime().owner(&cluster, &group).await?;
        }
        let id = id(&group);
        creation.made(&id);
        let work = Work { epoch: owner.map(|it| it.epoch), ..nothing_yet };
        work.ensure(server, &self.declared_tables(), Strangers::Refuse).await?;
        Ok(Made::id(id))
    }

    async fn read(ha: &Ha, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let mut all = Vec::new();
        for object in objects {
            let Some(state) = &object.state else {
                let reason = "a group is described by the configuration alone, so there is nothing to import";
                return Err(ProviderError::refused(format!("importing ha_group {}", object.id), reason).help(
                    "Leave the import out: the next apply takes over the rows, associations and records that exist.",
                ));
            };
            let (cluster, group) = state.described("reading")?;
            let cloud = ha.cloud(&cluster).await?;
            let seen = observe(&*cloud, &cluster, &group).await.map_err(|it| refused("reading", &group.name, &it))?;
            let owner = ha.runtime().owner(&cluster, &group).await?;
            all.push(Observed::ready(object.id.clone(), state.observed(&cluster, &seen, owner.as_ref())));
        }
        Ok(all)
    }

    async fn update(&self, ha: &Ha, _id: &str, prior: &Self) -> Result<()> {
        let (old_cluster, old) = prior.described("changing")?;
        let (cluster, group) = self.described("changing")?;
        let cloud = ha.cloud(&cluster).await?;
        let epoch = prior.epoch.and_then(|it| u64::try_from(it).ok());
        let before = Work { ha, cloud: &*cloud, cluster: &old_cluster, group: &old, epoch };
        before.in_epoch().await?;
        let owner = ha.runtime().owner(&old_cluster, &old).await?;
        let seen = observe(&*cloud, &old_cluster, &old).await.map_err(|it| refused("changing", &group.name, &it))?;
        unmoved(prior, &seen, &old_cluster)?;
        let moves = self.active_server != prior.active_server && prior.active_server.is_some();
        if moves {
            // The old form knows the server that goes.
            ha.runtime().transfer(cloud.clone(), &old_cluster, &old, self.active_server.as_deref()).await?;
        }
        // A move has made a new epoch.
        let owner = if moves { ha.runtime().owner(&cluster, &group).await? } else { owner };
        let at = seen.servers(&old_cluster).first().map(|it| (*it).to_owned()).filter(|_| !moves);
        let known = owner.as_ref().map_or_else(|| at.or(self.active_server.clone()), |it| it.server.clone());
        let server = known.as_ref().or(group.startup.first()).and_then(|it| cluster.server(it));
        if let Some(server) = server {
            let work = Work { ha, cloud: &*cloud, cluster: &cluster, group: &group, epoch: owner.map(|it| it.epoch) };
            work.ensure(server, &self.declared_tables(), Strangers::Repair).await?;
        }
        before.remove(&prior.declared_tables(), Some((&group, self))).await
    }

    async fn delete(&self, ha: &Ha, _id: &str) -> Result<()> {
        let (cluster, group) = self.described("destroying")?;
        let cloud = ha.cloud(&cluster).await?;
        if !group.needs_agents() {
            ha.runtime().transfer(cloud.clone(), &cluster, &group, None).await?;
        } else if let Some(owner) = ha.runtime().owner(&cluster, &group).await?
            && let Some(server) = owner.server.filter(|_| owner.alive)
        {
            let message =
                format!("the group is active on {server}, and only the agents can stop its disks and programs");
            return Err(ProviderError::refused(format!("destroying ha_group {}", group.name), message)
                .help(format!("Stop it with \"plumb ha stop {}\", and destroy again.", group.name)));
        }
        let work = Work { ha, cloud: &*cloud, cluster: &cluster, group: &group, epoch: None };
        work.remove(&self.declared_tables(), None).await?;
        // One of the same name that is made later begins anew.
        ha.runtime().note(cloud.clone(), &cluster, &group, None).await
    }

    /// A group is its cluster's and its own name: what a broken create has made is taken over.
    async fn find(&self, _ha: &Ha, _key: &IntentKey) -> Result<Option<Id>> {
        Ok(None)
    }
}

impl HaGroup {
    fn described(&self, doing: &str) -> Result<(Cluster, Group)> {
        let refuse = |reason: String| ProviderError::refused(format!("{doing} ha_group {}", self.name), reason);
        let cluster = self.cluster().map_err(refuse)?;
        let group = self.group(&cluster).map_err(refuse)?;
        Ok((cluster, group))
    }

    /// The group as it is, from what is seen on AWS and what the keeper of records says.
    fn observed(&self, cluster: &Cluster, seen: &Seen, owner: Option<&Owner>) -> Self {
        let servers = seen.servers(cluster);
        let (active, state) = side(&servers, owner, self.active_server.as_deref());
        let mut it = self.clone();
        it.active_server = active;
        it.state = Some(state.to_owned());
        let epoch = owner.and_then(|it| i64::try_from(it.epoch).ok());
        it.epoch = epoch.or(self.epoch).or(Some(0));
        it.targets = Some(seen.targets.clone());
        for vip in &mut it.virtual_ip {
            let name = vip.name.clone();
            vip.route_table_ids.retain(|table| seen.targets.contains_key(&route_key(&name, table)));
        }
        for dns in &mut it.dns {
            dns.ttl = seen.records.get(&dns.name).map_or(dns.ttl, |it| i64::from(it.ttl));
        }
        it
    }
}

/// Whether the group is where it was when the plan was made, as far as AWS shows it.
fn unmoved(prior: &HaGroup, seen: &Seen, cluster: &Cluster) -> Result<()> {
    let planned = Seen { targets: prior.targets.clone().unwrap_or_default(), ..Seen::default() };
    let (was, is) = (planned.servers(cluster), seen.servers(cluster));
    if was == is {
        return Ok(());
    }
    let names = |it: &BTreeSet<&str>| it.iter().copied().collect::<Vec<_>>().join(" and ");
    let message = format!("the plan was made while it was at {}, and it is at {} now", names(&was), names(&is));
    let error = ProviderError::refused(format!("changing ha_group {}", prior.name), message);
    Err(error.summary("Runtime changed since the plan").help("Plan again."))
}

/// Where a group is active, and in which state it is.
fn side(servers: &BTreeSet<&str>, owner: Option<&Owner>, recorded: Option<&str>) -> (Option<String>, &'static str) {
    let only = (servers.len() == 1).then(|| servers.iter().next().map(|it| (*it).to_owned())).flatten();
    if let Some(owner) = owner {
        let disagrees = servers.iter().any(|it| Some(*it) != owner.server.as_deref());
        let state = match &owner.server {
            // All of it is with another member: somebody has moved it, and whoever keeps record knows of nothing.
            Some(_) if disagrees && only.is_some() => "unconfirmed",
            Some(_) if disagrees => "partial",
            Some(_) => "active",
            // Routes of a stopped group stay where they are: the next start moves them.
            None => "stopped",
        };
        return (owner.server.clone(), state);
    }
    match (only, recorded) {
        _ if servers.len() > 1 => (recorded.map(str::to_owned), "partial"),
        (Some(only), Some(recorded)) if only != recorded => (Some(recorded.to_owned()), "unconfirmed"),
        (Some(only), _) => (Some(only), "active"),
        (None, _) => (None, "stopped"),
    }
}

/// Where everything is to lead to: strangers give way to the active server, declared rows are made, others go.
fn planned_targets(prior: &HaGroup, wanted: &HaGroup) -> Option<BTreeMap<String, String>> {
    let cluster = wanted.cluster().or_else(|_| prior.cluster()).ok()?;
    let mut targets = prior.targets.clone()?;
    let active = prior.active_server.clone()?;
    let mut members: Vec<String> = cluster.servers.iter().map(|it| it.name.clone()).collect();
    members.extend(prior.cluster().into_iter().flat_map(|it| it.servers).map(|it| it.name));
    let strangers: Vec<String> = Seen::foreign(&targets, &members).iter().map(|(key, _)| (*key).to_owned()).collect();
    for key in strangers {
        targets.insert(key, active.clone());
    }
    for vip in &wanted.virtual_ip {
        let keys: Vec<String> = vip.route_table_ids.iter().map(|it| route_key(&vip.name, it)).collect();
        for key in &keys {
            targets.entry(key.clone()).or_insert_with(|| active.clone());
        }
        let former = prior.virtual_ip.iter().filter(|it| it.name == vip.name).flat_map(|it| &it.route_table_ids);
        for key in former.map(|it| route_key(&vip.name, it)).filter(|it| !keys.contains(it)) {
            targets.remove(&key);
        }
    }
    Some(targets)
}

/// The id in a plan: known as soon as both names are.
fn id_of(planned: &Value) -> Value {
    let cluster = planned.get("cluster").and_then(|it| it.get("name")).and_then(Value::as_str);
    match (cluster, planned.get("name").and_then(Value::as_str)) {
        (Some(cluster), Some(name)) => Value::from(format!("{cluster}/{name}")),
        _ => Value::unknown(Type::String),
    }
}

fn id(group: &Group) -> Id {
    format!("{}/{}", group.cluster, group.name)
}

fn definition(group: &HaGroup) -> Option<String> {
    let cluster = group.cluster().ok()?;
    serde_json::to_string(&group.group(&cluster).ok()?).ok()
}

/// The group of a planned object when all arguments are known.
fn settled(planned: &Value) -> Option<HaGroup> {
    let mut arguments = planned.as_map()?.iter().filter(|(name, _)| !COMPUTED.contains(&&***name));
    arguments.all(|(_, value)| value.is_wholly_known()).then(|| read_model(planned)).flatten()
}

fn no_server(group: &Group) -> ProviderError {
    let message = format!("no server of the cluster {} is among those that may have it", group.cluster);
    ProviderError::refused(format!("creating ha_group {}", group.name), message).help("Correct \"startup\".")
}

/// Which server has the group of an object now.
///
/// # Errors
/// It is no group, or AWS did not answer.
pub async fn active_member(ha: &Ha, type_name: &str, owner: &Value) -> Result<ActiveMember> {
    let refuse = |reason: &str| ProviderError::refused(format!("finding the active server of {type_name}"), reason);
    let state: HaGroup = read_model(owner).ok_or_else(|| refuse("the object is no group"))?;
    let (cluster, group) = state.described("reading")?;
    let epoch = |epoch: Option<i64>| epoch.and_then(|it| u64::try_from(it).ok()).unwrap_or_default();
    if let Some(now) = ha.runtime().owner(&cluster, &group).await? {
        return Ok(ActiveMember { name: now.server.map(Into::into), epoch: now.epoch });
    }
    let cloud = ha.cloud(&cluster).await?;
    let seen = observe(&*cloud, &cluster, &group).await.map_err(|it| refused("reading", &group.name, &it))?;
    let now = state.observed(&cluster, &seen, None);
    if matches!(now.state.as_deref(), Some("partial" | "unconfirmed")) {
        let reason = "what the group owns is not at one server, or at another than the plan knows, and nobody keeps record of it";
        return Err(refuse(reason).help("Look with \"plumb ha status\", and plan again."));
    }
    Ok(ActiveMember { name: now.active_server.map(Into::into), epoch: epoch(state.epoch) })
}

#[cfg(test)]
mod tests;

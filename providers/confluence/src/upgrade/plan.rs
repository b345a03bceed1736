//! From what was observed and what is wanted to steps: pure, so that every rule is a test without a cluster.

use plumb_engine::diagnostic::{Diagnostic, Diagnostics};
use plumb_engine::provider::{ChangeSteps, PlannedChange, PlannedStep};
use plumb_engine::value::Value;

use super::work::Work;
use crate::cluster::rules::{can_replace_nodes, template_changes};
use crate::cluster::{Cluster, MachineGroup, UNREACHABLE};
use crate::version::Version;

const SECONDS: u64 = 1;
const MINUTES: u64 = 60;

/// What the steps of a replacement of nodes lead to.
const REPLACEMENT: &str = "replace the nodes";

/// The steps of a change, `None` where it needs none.
///
/// # Errors
/// The version is lower than the one that runs, the cluster is not fit for a rolling upgrade, or another upgrade is
/// under way.
pub(crate) fn plan(
    change: &PlannedChange,
    unfinished: Option<&ChangeSteps>,
) -> Result<Option<ChangeSteps>, Diagnostics> {
    if change.prior.is_null() {
        return Ok(None);
    }
    let (Some(seen), Some(wanted)) =
        (crate::parse::object::<Cluster>(&change.prior), crate::parse::object(&change.planned))
    else {
        return Ok(None);
    };
    if change.planned.get("version").is_some_and(Value::is_unknown) {
        let detail = "The version is only known after apply, so that no upgrade can be planned. Give it as a variable or \
                      a literal.";
        return Err(Diagnostic::error("Unknown version", detail).into());
    }
    let upgrade = upgrade_goal(&wanted);
    let begun = unfinished.filter(|it| it.done > 0);
    if let Some(left) = begun {
        return match left.goal == upgrade || left.goal == REPLACEMENT && seen.version == wanted.version {
            // What was recorded takes the place of these.
            true => Ok(Some(ChangeSteps::new(left.goal.clone(), Vec::new()))),
            false => Err(under_way(left, &upgrade).into()),
        };
    }
    match (Version::parse(&seen.version), Version::parse(&wanted.version)) {
        (Some(running), Some(to)) if to < running => Err(lower(running, to).into()),
        (Some(running), Some(to)) if to > running => {
            if wanted.upgrade_strategy == "rolling" {
                fit_for_rolling(&seen, (running, to), &wanted)?;
                Ok(Some(ChangeSteps::new(upgrade, rolling(&seen, &wanted))))
            } else {
                Ok(Some(ChangeSteps::new(upgrade, stop_all(&wanted))))
            }
        }
        // Where they cannot be replaced so, the rules of the resource say why.
        _ if wanted.replace_nodes == "rolling"
            && template_changes(change, "node_group")
            && can_replace_nodes(&change.prior) =>
        {
            Ok(Some(ChangeSteps::new(REPLACEMENT, replacement(&seen, &wanted))))
        }
        _ => Ok(None),
    }
}

fn upgrade_goal(wanted: &Cluster) -> String {
    let way = if wanted.upgrade_strategy == "rolling" { "node by node" } else { "with all nodes stopped" };
    format!("upgrade to {} {way}", wanted.version)
}

fn step(work: Work, title: &str, target: impl Into<String>, expected_seconds: u64) -> PlannedStep {
    PlannedStep { id: work.to_string().into(), title: title.into(), target: target.into(), expected_seconds }
}

fn names(cluster: &Cluster) -> String {
    let names: Vec<&str> = cluster.groups().map(|it| it.name.as_str()).collect();
    names.join(", ")
}

fn group_name(group: Option<&MachineGroup>) -> String {
    group.map(|it| it.name.clone()).unwrap_or_default()
}

fn backups(wanted: &Cluster) -> Vec<PlannedStep> {
    let database = wanted.database_source();
    let database = database.map(|it| step(Work::BackupDatabase, "back up the database", it.to_string(), 15 * MINUTES));
    let files = wanted.files_source();
    let files = files.map(|it| step(Work::BackupFiles, "back up the shared home", it.to_string(), 20 * MINUTES));
    database.into_iter().chain(files).collect()
}

/// All nodes of the old version are gone before the first of the new one starts, and it stays alone until the upgrade
/// tasks are done.
fn stop_all(wanted: &Cluster) -> Vec<PlannedStep> {
    let (all, url) = (names(wanted), wanted.base_url.as_str());
    let usual = wanted.groups().map(|it| format!("{} to {}", it.name, it.usual())).collect::<Vec<_>>().join(", ");
    let mut steps = vec![step(Work::Check, "check that the upgrade can begin", url, 10 * SECONDS)];
    steps.extend(backups(wanted));
    steps.extend([
        step(Work::Stop, "stop all nodes", &all, 10 * SECONDS),
        step(Work::Gone, "wait until every node is gone", &all, 10 * MINUTES),
        step(Work::Template, "switch to the template of the new version", &all, 10 * SECONDS),
        step(Work::First, "start one node", &all, 10 * SECONDS),
        step(Work::Healthy, "wait until it is healthy and has run the upgrade tasks", url, 30 * MINUTES),
        step(Work::Verify, "verify the version", format!("{url} ({})", wanted.version), 10 * SECONDS),
        step(Work::Resize, "return to the usual sizes", usual, 10 * SECONDS),
        step(Work::Joined, "wait until all nodes have joined", group_name(wanted.node_group.as_ref()), 20 * MINUTES),
    ]);
    steps
}

/// Each node gives way to one of the new version while the others serve; the data are upgraded at the end.
fn rolling(seen: &Cluster, wanted: &Cluster) -> Vec<PlannedStep> {
    let (name, url) = (group_name(wanted.node_group.as_ref()), wanted.base_url.as_str());
    let mut steps = vec![step(Work::Check, "check that the upgrade can begin", url, 10 * SECONDS)];
    steps.extend(backups(wanted));
    steps.extend([
        step(Work::Hold, "keep the group from acting by itself", &name, 10 * SECONDS),
        step(Work::Enable, "turn upgrade mode on", url, 10 * SECONDS),
        step(Work::Template, "switch to the template of the new version", names(wanted), 10 * SECONDS),
    ]);
    // A node that a former upgrade has replaced already stays.
    let old = seen.nodes.iter().filter(|it| !it.instance.is_empty() && it.version != wanted.version);
    steps.extend(node_by_node(old.map(|it| it.instance.as_str()), &name));
    steps.push(step(Work::Finalize, "finalize the upgrade and run its tasks", url, 15 * MINUTES));
    if let Some(synchrony) = &wanted.synchrony_group {
        steps.push(step(Work::Synchrony, "replace the nodes of Synchrony", &synchrony.name, 10 * MINUTES));
    }
    steps.extend([
        step(Work::Release, "let the group act by itself again", &name, 10 * SECONDS),
        step(Work::Verify, "verify the version", format!("{url} ({})", wanted.version), 10 * SECONDS),
        step(Work::Joined, "wait until all nodes have joined", &name, MINUTES),
    ]);
    steps
}

/// Each node gives way to one of the new template while the others serve.
fn replacement(seen: &Cluster, wanted: &Cluster) -> Vec<PlannedStep> {
    let (name, url) = (group_name(wanted.node_group.as_ref()), wanted.base_url.as_str());
    let mut steps = vec![
        step(Work::Check, "check that the replacement can begin", url, 10 * SECONDS),
        step(Work::Hold, "keep the group from acting by itself", &name, 10 * SECONDS),
        step(Work::Template, "switch to the new template", names(wanted), 10 * SECONDS),
    ];
    steps.extend(node_by_node(seen.nodes.iter().map(|it| it.instance.as_str()).filter(|it| !it.is_empty()), &name));
    steps.extend([
        step(Work::Release, "let the group act by itself again", &name, 10 * SECONDS),
        step(Work::Joined, "wait until all nodes have joined", &name, MINUTES),
    ]);
    steps
}

fn node_by_node<'a>(instances: impl Iterator<Item = &'a str>, group: &str) -> Vec<PlannedStep> {
    let steps = instances.enumerate().flat_map(|(at, instance)| {
        let own = || instance.to_owned();
        [
            step(Work::Drain(own()), "take the node out of the balancer", instance, 5 * MINUTES),
            step(Work::StopNode(own()), "stop the node gracefully", instance, 3 * MINUTES),
            step(Work::Replace(own()), "give way to a new machine", instance, 2 * MINUTES),
            step(Work::Join(at + 1), "wait until the new node is active and serves", group, 20 * MINUTES),
        ]
    });
    steps.collect()
}

/// What must hold of a cluster of which node after node is upgraded, as far as it was observed.
fn fit_for_rolling(seen: &Cluster, (from, to): (Version, Version), wanted: &Cluster) -> Result<(), Diagnostics> {
    let mut found = Diagnostics::new();
    let mut refuse = |summary: &str, detail: String| found.push(Diagnostic::error(summary, detail));
    if let Some(reason) = from.rolling_refusal(to, wanted.allow_feature_upgrade) {
        refuse(
            "No rolling upgrade between these versions",
            format!(
                "{reason} Otherwise set upgrade_strategy to \"stop_all\", which upgrades between any two versions."
            ),
        );
    }
    let stopping = "Or set upgrade_strategy to \"stop_all\".";
    match seen.cluster_state.as_str() {
        UNREACHABLE => refuse(
            "Cluster not reachable",
            format!(
                "{} does not answer, and only a cluster that runs can be upgraded node by node. {stopping}",
                seen.base_url
            ),
        ),
        "STABLE" | "READY_TO_UPGRADE" | "READY_TO_RUN_UPGRADE_TASKS" => {}
        "MIXED" if seen.nodes.iter().all(|it| it.state != "ERROR") => {}
        "UNKNOWN" => refuse(
            "Cluster state unknown",
            format!(
                "{} does not tell its nodes and its state, which a rolling upgrade needs. Give the login of a system \
                 administrator: credentials_secret in the resource, or token in the provider block. {stopping}",
                seen.base_url
            ),
        ),
        other => refuse(
            "Cluster not ready for a rolling upgrade",
            format!(
                "The cluster is {other}. Upgrade mode can only be turned on in a cluster that is STABLE, and not while a \
                 node is in error. {stopping}"
            ),
        ),
    }
    let active = seen.nodes.iter().filter(|it| it.state == "ACTIVE").count();
    if active < 2 && !matches!(seen.cluster_state.as_str(), UNREACHABLE | "UNKNOWN") {
        let detail = format!(
            "{active} of the nodes is active. With fewer than two, nobody serves while a node is replaced. Raise min_size \
             to 2 and apply before the upgrade. {stopping}"
        );
        refuse("Too few nodes for a rolling upgrade", detail);
    }
    for node in seen.nodes.iter().filter(|it| it.state == "ERROR") {
        let name = if node.instance.is_empty() { &node.address } else { &node.instance };
        let detail = format!(
            "The node {name} is in error. Upgrade mode cannot be turned on while one is. Repair it, or stop it so that it \
             leaves the cluster, and plan again."
        );
        refuse("Node in error", detail);
    }
    if found.has_errors() { Err(found) } else { Ok(()) }
}

fn lower(running: Version, to: Version) -> Diagnostic {
    Diagnostic::error(
        "Lower version",
        format!(
            "The cluster runs {running}, and version is {to}. Confluence never goes back to a lower version: its database \
             was upgraded, and the version is kept in the shared home. Set version to \"{running}\". To go back for good, \
             restore the backups of the database and of the shared home that were made before the upgrade."
        ),
    )
}

fn under_way(left: &ChangeSteps, wanted: &str) -> Diagnostic {
    let next = left.remaining().first().map_or("", |it| it.title.as_str());
    Diagnostic::error(
        "Another upgrade is under way",
        format!(
            "An earlier run began to {} and stopped after {} of {} steps, before: {next}. The configuration now asks to \
             {wanted}. Set version and upgrade_strategy back to what they were and run \"plumb apply\" to finish what was \
             begun, or take it back with \"plumb confluence upgrade cancel\".",
            left.goal,
            left.done,
            left.steps.len()
        ),
    )
}

#[cfg(test)]
mod tests;

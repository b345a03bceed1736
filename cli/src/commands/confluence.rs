//! `confluence`: what clusters do, and what becomes of upgrades that stopped half-way.

use std::sync::Arc;

use plumb_engine::addr::{InstanceAddr, Target};
use plumb_engine::apply;
use plumb_engine::diagnostic::Diagnostic;
use plumb_engine::plan::{PlanMode, PlanOptions};
use plumb_engine::provider::ChangeSteps;
use plumb_engine::store::{
    Intent, ObjectKey, ObjectRecord, OperationAction, OperationOutcome, Row, Run, RunOutcome, RunStatus, Scope,
    Snapshot, Store,
};
use plumb_engine::value::from_json;
use plumb_provider_confluence::upgrade;
use serde_json::Value as Json;

use super::{apply as apply_command, plan};
use crate::args::{ConfluenceCancelArgs, ConfluenceResumeArgs, ConfluenceStatusArgs};
use crate::render::confluence::{self, ClusterStatus};
use crate::session::{Exit, Failure, Session};
use crate::ui::Ui;
use crate::{lock, workspace};

const TYPE: &str = "confluence_cluster";

/// Runs `confluence status`.
pub async fn status(args: &ConfluenceStatusArgs, session: &Session, ui: &Ui) -> Result<Exit, Failure> {
    let loaded = workspace::load(session, &args.variables)?;
    let snapshot = workspace::snapshot(&args.state)?;
    let asked = |key: &ObjectKey| args.address.as_ref().is_none_or(|it| *it == key.addr);
    let clusters: Vec<&ObjectKey> = clusters(&snapshot).filter(|key| asked(key)).collect();
    if clusters.is_empty() {
        return Err(no_cluster(args.address.as_ref()).into());
    }
    let targets = clusters.iter().map(|it| Target::Instance(it.addr.clone())).collect();
    let options = PlanOptions { mode: PlanMode::RefreshOnly, targets, ..PlanOptions::default() };
    let result = plan::make_silently(&loaded, &snapshot, options, session).await;
    if result.plan.errored || result.diagnostics.has_errors() {
        return Err(Failure::new(result.diagnostics, &loaded.config.sources));
    }
    let seen: Vec<ClusterStatus> = clusters
        .into_iter()
        .filter_map(|key| {
            let change = result.plan.changes.iter().find(|it| it.object == *key)?;
            Some(ClusterStatus::of(key, &change.after, snapshot.unfinished.get(key)))
        })
        .collect();
    if args.json {
        ui.document(&confluence::document(&seen));
    } else {
        ui.out(&confluence::text(&seen));
    }
    Ok(Exit::Success)
}

/// Runs `confluence upgrade resume`: an apply of the cluster alone, whose plan begins with the step that is next.
pub async fn resume(args: ConfluenceResumeArgs, session: &Session, ui: &Ui) -> Result<Exit, Failure> {
    let snapshot = workspace::snapshot(&args.state)?;
    let (key, _) = under_way(&snapshot, args.address.as_ref())?;
    let apply = args.into_apply(key.addr.clone());
    apply_command::run(apply_command::Kind::Apply, apply, session, ui).await
}

/// Runs `confluence upgrade cancel`.
pub async fn cancel(args: &ConfluenceCancelArgs, session: &Session, ui: &Ui) -> Result<Exit, Failure> {
    let loaded = workspace::load(session, &args.variables)?;
    let deadline = args.lock.deadline();
    let snapshot = apply_command::settled(&loaded, &args.state, deadline, session, ui).await?;
    let (key, left) = under_way(&snapshot, args.address.as_ref())?;
    let Some(record) = snapshot.objects.get(key) else { return Err(no_cluster(Some(&key.addr)).into()) };
    let sources = &loaded.config.sources;
    let settings = session.settings(false);
    let provider = (&session.providers, record.provider.as_str());
    let client = apply::connect(&loaded.config, &loaded.variables, settings, provider).await;
    let client = client.map_err(|found| Failure::new(found, sources))?;
    let ty = workspace::object_type(&session.providers, &key.addr.resource);
    let stored = record.attributes.read()?.into_owned();
    let object = ty.and_then(|ty| from_json(&stored, &ty).ok());
    let Some(object) = object else { return Err(no_cluster(Some(&key.addr)).into()) };
    let store = Arc::new(workspace::open(&args.state)?);
    let scope = Scope::write([Row::instance(&key.addr)]);
    let lock = lock::acquire(&store, "confluence upgrade cancel", scope, deadline).await?;
    let run = Run {
        id: lock.lease.run.clone(),
        command: "confluence upgrade cancel".into(),
        who: lock::who(),
        commit: None,
        summary: format!("take back: {}", left.goal),
    };
    store.begin_run(&lock.lease, &run)?;
    let operation = store.begin_operation(&lock.lease, &intent(key, record, stored))?;
    let result = upgrade::cancel(&*client, &object, left).await;
    let (outcome, status) = match &result {
        Ok(_) => (OperationOutcome::Done, RunStatus::Succeeded),
        Err(error) => (OperationOutcome::Failed(error.to_string()), RunStatus::Failed),
    };
    store.end_operation(&lock.lease, operation, &outcome, &[])?;
    store.end_run(&lock.lease, &RunOutcome { status, calls: client.calls() })?;
    lock.release()?;
    match result {
        Ok(done) => {
            ui.out(&done.iter().map(|it| format!("{it}\n")).collect::<String>());
            ui.out(&format!("The upgrade of {key} was taken back. Set its version back before the next apply.\n"));
            Ok(Exit::Success)
        }
        Err(error) => {
            let found = apply::provider_error("Upgrade cannot be taken back", &error).of(key);
            Err(Failure::new(found.into(), sources))
        }
    }
}

/// What is about to be done, for the journal: an update without steps, which ends those that are left.
fn intent(key: &ObjectKey, record: &ObjectRecord, stored: Json) -> Intent {
    Intent {
        object: key.clone(),
        action: OperationAction::Update,
        provider: record.provider.clone(),
        planned: stored,
        sensitive: record.sensitive.clone(),
        key: None,
        recognition: None,
        dependencies: record.dependencies.clone(),
        steps: None,
    }
}

fn clusters(snapshot: &Snapshot) -> impl Iterator<Item = &ObjectKey> {
    snapshot.objects.keys().filter(|it| &*it.addr.resource.type_name == TYPE && it.deposed.is_none())
}

/// The cluster whose upgrade is under way, with the steps of it.
fn under_way<'s>(
    snapshot: &'s Snapshot,
    address: Option<&InstanceAddr>,
) -> Result<(&'s ObjectKey, &'s ChangeSteps), Diagnostic> {
    let of_clusters = snapshot.unfinished.iter().filter(|(key, _)| &*key.addr.resource.type_name == TYPE);
    let all: Vec<_> = of_clusters.filter(|(key, _)| address.is_none_or(|it| *it == key.addr)).collect();
    match all.as_slice() {
        [one] => Ok(*one),
        [] => {
            let of = address.map(|it| format!(" of {it}")).unwrap_or_default();
            let detail = format!(
                "The state knows of no upgrade{of} that was begun and not finished. What a cluster does shows \"plumb \
                 confluence status\"; what is to be done, \"plumb plan\"."
            );
            Err(Diagnostic::error("No upgrade under way", detail))
        }
        several => {
            let names: Vec<String> = several.iter().map(|(key, _)| key.to_string()).collect();
            let detail = format!("Upgrades of {} are under way. Say which one is meant.", names.join(" and "));
            Err(Diagnostic::error("Several upgrades under way", detail))
        }
    }
}

fn no_cluster(address: Option<&InstanceAddr>) -> Diagnostic {
    let detail = match address {
        Some(address) => format!("The state has no cluster {address}. \"plumb state list\" shows what it has."),
        None => format!("The state has no {TYPE}. Apply a configuration that has one first."),
    };
    Diagnostic::error("No such cluster", detail)
}

#[cfg(test)]
mod tests {
    use plumb_engine::provider::PlannedStep;

    use super::*;

    fn snapshot(names: &[&str]) -> Snapshot {
        let step =
            PlannedStep { id: "check".into(), title: "check".into(), target: "wiki".into(), expected_seconds: 1 };
        let steps = ChangeSteps::new("upgrade to 9.2.3", vec![step]);
        let key = |name: &&str| ObjectKey::current(name.parse().unwrap());
        Snapshot { unfinished: names.iter().map(|it| (key(it), steps.clone())).collect(), ..Snapshot::default() }
    }

    #[test]
    fn the_upgrade_is_found_where_there_is_one() {
        let one = snapshot(&["confluence_cluster.a", "aws_instance.b"]);
        assert_eq!(under_way(&one, None).unwrap().0.to_string(), "confluence_cluster.a");
        let two = snapshot(&["confluence_cluster.a", "confluence_cluster.b"]);
        assert_eq!(under_way(&two, None).unwrap_err().summary, "Several upgrades under way");
        let wanted = "confluence_cluster.b".parse().unwrap();
        assert_eq!(under_way(&two, Some(&wanted)).unwrap().0.to_string(), "confluence_cluster.b");
        assert_eq!(under_way(&one, Some(&wanted)).unwrap_err().summary, "No upgrade under way");
    }
}

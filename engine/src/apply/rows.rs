//! The rows that a plan is about: which of them an apply leases, and whether they still are as the plan read them.

use std::collections::{BTreeMap, BTreeSet};

use super::record::{first_writes, meant_writes};
use crate::addr::{ConfigResource, Mode};
use crate::config::graph::{Node, Order};
use crate::config::{Config, ModuleIndex};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::{Action, Plan, ResourceChange};
use crate::provider::Providers;
use crate::store::{Access, ObjectKey, ObjectWrite, Row, Rows, Snapshot, Store};

/// The rows that an apply of the plan writes and those that it relies on. Data is read anew by everybody and leased by
/// nobody.
pub fn rows(plan: &Plan, snapshot: &Snapshot, providers: &Providers) -> Rows {
    let mut rows = Rows::new();
    for key in plan.read_set.keys().filter(|it| it.addr.resource.mode == Mode::Managed) {
        rows.insert(Row::instance(&key.addr), Access::Read);
    }
    for key in written(plan, first_writes(plan, snapshot, providers)) {
        rows.insert(Row::instance(&key.addr), Access::Write);
    }
    let outputs = plan.outputs.iter().filter(|(_, it)| it.action != Action::NoOp);
    rows.extend(outputs.map(|(name, _)| (Row::output(name), Access::Write)));
    rows
}

/// Row versions of the stored objects that a plan is about: those that it writes, those that these depend on, and those
/// that changed outputs are made from.
pub fn read_set(
    plan: &Plan,
    snapshot: &Snapshot,
    providers: &Providers,
    context: (&Config, &Order),
) -> BTreeMap<ObjectKey, u64> {
    let (config, order) = context;
    let mut keys = written(plan, meant_writes(plan, snapshot, providers, &|_| true));
    let mut relied: BTreeSet<ConfigResource> = BTreeSet::new();
    for change in plan.changes.iter().filter(|it| is_change(it)) {
        relied.extend(change.dependencies.iter().cloned());
    }
    for (name, _) in plan.outputs.iter().filter(|(_, it)| it.action != Action::NoOp) {
        if config.root().outputs.contains_key(name) {
            let node = Node::Output(ModuleIndex(0), name.clone());
            relied.extend(order.closure([&node]).iter().filter_map(|it| it.resource(config)));
        }
    }
    let of_relied = snapshot.objects.keys().filter(|key| relied.contains(&key.addr.config()));
    keys.extend(of_relied.cloned());
    keys.retain(|key| key.addr.resource.mode == Mode::Managed);
    keys.into_iter()
        .filter_map(|key| Some((snapshot.objects.get(&key)?.row_version, key)))
        .map(|(version, key)| (key, version))
        .collect()
}

/// Refuses a plan when an object that it was made from has changed since; other objects do not matter. Meant to be
/// called under a lease of [`rows`], so that the answer stays true.
///
/// # Errors
/// "Saved plan is stale", with the objects that have changed or the operations on them that were interrupted.
pub fn check_fresh(plan: &Plan, store: &dyn Store) -> Result<Snapshot, Diagnostics> {
    let snapshot = store.snapshot().map_err(super::executor::store_failed)?;
    not_stale(plan, &snapshot)?;
    let open = store.open_operations().map_err(super::executor::store_failed)?;
    let touched: BTreeSet<_> = plan.changes.iter().filter(|it| is_change(it)).map(|it| &it.object.addr).collect();
    let interrupted = open.iter().find(|it| !it.running && touched.contains(&it.intent.object.addr));
    match interrupted {
        None => Ok(snapshot),
        Some(operation) => {
            let detail = format!(
                "Since the plan was made, another run was interrupted while it worked on {}. Nothing was done. Plan again.",
                operation.intent.object
            );
            Err(Diagnostic::error("Saved plan is stale", detail).into())
        }
    }
}

fn not_stale(plan: &Plan, snapshot: &Snapshot) -> Result<(), Diagnostics> {
    let other = !plan.lineage.is_empty() && !snapshot.lineage.is_empty() && plan.lineage != snapshot.lineage;
    if other {
        let detail = "The plan was made from another state. Apply it where it was made, or plan again.";
        return Err(Diagnostic::error("Saved plan does not match the given state", detail).into());
    }
    let now = |key: &ObjectKey| snapshot.objects.get(key).map(|it| it.row_version);
    let mut changed: BTreeSet<String> = plan
        .read_set
        .iter()
        .filter(|(key, version)| now(key) != Some(**version))
        .map(|(key, _)| key.to_string())
        .collect();
    let appeared =
        plan.changes.iter().filter(|it| it.action == Action::Create && !plan.read_set.contains_key(&it.object));
    changed.extend(appeared.filter(|it| now(&it.object).is_some()).map(|it| it.object.to_string()));
    if changed.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = changed.into_iter().collect();
    let detail = format!(
        "Since the plan was made, another run has changed what it is about: {}. Nothing was done. Plan again.",
        names.join(", ")
    );
    Err(Diagnostic::error("Saved plan is stale", detail).into())
}

/// Objects that an apply writes, data left out.
fn written(plan: &Plan, first: Vec<ObjectWrite>) -> BTreeSet<ObjectKey> {
    let mut keys = BTreeSet::new();
    for write in first {
        match write {
            ObjectWrite::Put(key, _) | ObjectWrite::Remove(key) => keys.insert(key),
            ObjectWrite::Move(from, to) => keys.insert(from) | keys.insert(to),
        };
    }
    for change in plan.changes.iter().filter(|it| is_change(it)) {
        keys.insert(change.object.clone());
    }
    keys.retain(|key| key.addr.resource.mode == Mode::Managed);
    keys
}

fn is_change(change: &ResourceChange) -> bool {
    change.action != Action::NoOp || change.importing.is_some() || change.moved_from.is_some()
}

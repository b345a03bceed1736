//! `state rm` and `state mv`.

use std::sync::Arc;

use plumb_engine::addr::{InstanceAddr, InstanceKey, ModuleAddr, Target};
use plumb_engine::diagnostic::Diagnostic;
use plumb_engine::store::{ObjectKey, ObjectWrite, Row, Scope, Store};

use super::state_view::{existing, no_match};
use crate::args::{LockOptions, StateMvArgs, StateOption, StateRmArgs};
use crate::session::{Exit, Failure};
use crate::ui::Ui;
use crate::{lock, workspace};

/// Runs `state rm`.
pub async fn remove(args: &StateRmArgs, ui: &Ui) -> Result<Exit, Failure> {
    let snapshot = existing(&args.state)?;
    let mut removed: Vec<&ObjectKey> = Vec::new();
    for target in &args.addresses {
        let before = removed.len();
        let matching = snapshot.objects.keys().filter(|key| target.contains(&key.addr));
        removed.extend(matching.filter(|key| !removed.contains(key)).collect::<Vec<_>>());
        if removed.len() == before && !removed.iter().any(|key| target.contains(&key.addr)) {
            return Err(no_match(&target.to_string()).into());
        }
    }
    let verb = if args.dry_run { "Would remove" } else { "Removed" };
    if !args.dry_run {
        let writes: Vec<ObjectWrite> = removed.iter().map(|key| ObjectWrite::Remove((*key).clone())).collect();
        write(&args.state, &args.lock, "state rm", &writes).await?;
    }
    ui.out(&removed.iter().map(|key| format!("{verb} {key}\n")).collect::<String>());
    if !args.dry_run {
        ui.out(&format!("Successfully removed {} resource instance(s).\n", removed.len()));
    }
    Ok(Exit::Success)
}

/// Runs `state mv`.
pub async fn relocate(args: &StateMvArgs, ui: &Ui) -> Result<Exit, Failure> {
    let snapshot = existing(&args.state)?;
    let mut moves: Vec<(ObjectKey, ObjectKey)> = Vec::new();
    for key in snapshot.objects.keys().filter(|key| args.from.contains(&key.addr)) {
        let addr = moved(&key.addr, &args.from, &args.to)?;
        moves.push((key.clone(), ObjectKey { addr, deposed: key.deposed.clone() }));
    }
    if moves.is_empty() {
        return Err(no_match(&args.from.to_string()).into());
    }
    if let Some((_, taken)) = moves.iter().find(|(_, to)| snapshot.objects.contains_key(to)) {
        let detail = format!("The state already has an object at {taken}. Move or remove that one first.");
        return Err(Diagnostic::error("Invalid target address", detail).into());
    }
    let verb = if args.dry_run { "Would move" } else { "Move" };
    ui.out(&moves.iter().map(|(from, to)| format!("{verb} \"{from}\" to \"{to}\"\n")).collect::<String>());
    if !args.dry_run {
        let count = moves.len();
        let writes: Vec<ObjectWrite> = moves.into_iter().map(|(from, to)| ObjectWrite::Move(from, to)).collect();
        write(&args.state, &args.lock, "state mv", &writes).await?;
        ui.out(&format!("Successfully moved {count} object(s).\n"));
    }
    Ok(Exit::Success)
}

async fn write(
    state: &StateOption,
    options: &LockOptions,
    operation: &str,
    writes: &[ObjectWrite],
) -> Result<(), Failure> {
    let store = Arc::new(workspace::open_hiding(state)?);
    let mut rows = Vec::new();
    for write in writes {
        match write {
            ObjectWrite::Put(key, _) | ObjectWrite::Remove(key) => rows.push(Row::instance(&key.addr)),
            ObjectWrite::Move(from, to) => rows.extend([Row::instance(&from.addr), Row::instance(&to.addr)]),
        }
    }
    let lock = lock::acquire(&store, operation, Scope::write(rows), options.deadline()).await?;
    store.write_objects(&lock.lease, writes)?;
    lock.begin(operation, &format!("{} object(s)", writes.len()))?;
    lock.release()
}

/// Where an instance lies after a move.
fn moved(addr: &InstanceAddr, from: &Target, to: &Target) -> Result<InstanceAddr, Diagnostic> {
    let unfit = |detail: String| Diagnostic::error("Invalid state move", detail);
    match (from, to) {
        (Target::Module(from), Target::Module(to)) => {
            let rest = addr.module.0[from.0.len()..].iter().cloned();
            let module = ModuleAddr(to.0.iter().cloned().chain(rest).collect());
            Ok(InstanceAddr { module, ..addr.clone() })
        }
        (Target::Module(_), _) | (_, Target::Module(_)) => {
            Err(unfit(format!("A module can only be moved to a module, so {from} cannot become {to}.")))
        }
        (_, Target::Resource(to)) if to.resource.mode == addr.resource.mode => {
            same_type(addr, to.resource.type_name.as_ref()).map(|()| {
                // A resource keeps the keys of its instances; one instance takes the key that is written, here none.
                let key = if matches!(from, Target::Resource(_)) { addr.key.clone() } else { InstanceKey::None };
                to.instance(key)
            })
        }
        (Target::Instance(_), Target::Instance(to)) if to.resource.mode == addr.resource.mode => {
            same_type(addr, to.resource.type_name.as_ref()).map(|()| to.clone())
        }
        (Target::Resource(_), Target::Instance(to)) if addr.key == InstanceKey::None => {
            same_type(addr, to.resource.type_name.as_ref()).map(|()| to.clone())
        }
        _ => Err(unfit(format!("{from} has instances with keys, which cannot all become {to}. Move them one by one."))),
    }
}

fn same_type(addr: &InstanceAddr, type_name: &str) -> Result<(), Diagnostic> {
    if *addr.resource.type_name == *type_name {
        return Ok(());
    }
    let detail = format!("{addr} is of type {}, so it cannot become one of type {type_name}.", addr.resource.type_name);
    Err(Diagnostic::error("Invalid state move", detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(addr: &str, from: &str, to: &str) -> Result<String, String> {
        let moved = moved(&addr.parse().unwrap(), &from.parse().unwrap(), &to.parse().unwrap());
        moved.map(|it| it.to_string()).map_err(|it| it.detail)
    }

    #[test]
    fn every_kind_of_address_moves_to_its_own_kind() {
        for (addr, from, to, want) in [
            ("a.b[0]", "a.b", "a.c", "a.c[0]"),
            ("a.b[0]", "a.b[0]", "a.c", "a.c"),
            ("a.b[0]", "a.b[0]", "a.c[\"k\"]", "a.c[\"k\"]"),
            ("a.b", "a.b", "module.m.a.b[1]", "module.m.a.b[1]"),
            ("module.m.module.n[0].a.b", "module.m", "module.x[1]", "module.x[1].module.n[0].a.b"),
        ] {
            assert_eq!(place(addr, from, to).as_deref(), Ok(want), "{from} to {to}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert!(place("a.b[0]", "a.b", "a.c[0]").unwrap_err().contains("one by one"));
        assert!(place("a.b", "a.b", "c.d").unwrap_err().contains("of type"));
        assert!(place("module.m.a.b", "module.m", "a.b").unwrap_err().contains("only be moved to a module"));
    }
}

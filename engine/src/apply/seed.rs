//! What expressions see when an apply begins: the planned value of every resource.

use std::collections::BTreeMap;

use crate::addr::{InstanceAddr, InstanceKey, Mode, ResourceAddr};
use crate::config::graph::{Node, Order};
use crate::diagnostic::Diagnostics;
use crate::eval::{Evaluator, KeyKind};
use crate::plan::Plan;
use crate::value::Value;

/// Makes the module instances again and gives each resource the value that the plan has for it.
///
/// # Errors
/// A repetition cannot be evaluated; it could when the plan was made, so a file that it reads has changed.
pub fn planned(evaluator: &mut Evaluator<'_>, order: &Order, plan: &Plan) -> Result<(), Diagnostics> {
    let values = values(plan, |change| &change.after);
    for node in order.nodes() {
        match node {
            Node::Expand(module) => evaluator.expand_module(*module)?,
            Node::Resource(_, name) if name.mode == Mode::Ephemeral => {}
            Node::Resource(module, name) => {
                for instance in evaluator.instances_of(*module) {
                    let resource = evaluator.resource_addr(instance, name);
                    let all = of_resource(&values, &resource);
                    let kind = declared_kind(evaluator, node).unwrap_or(KeyKind::Unknown);
                    let kind = if all.is_empty() { kind } else { KeyKind::of(all.keys().next()) };
                    evaluator.objects.declare(instance, name, kind, all);
                }
            }
            _ => {}
        }
    }
    evaluator.forget_unknown();
    Ok(())
}

/// For a destroy: each resource has the value that it had before.
pub fn declare_all(evaluator: &mut Evaluator<'_>, order: &Order, plan: &Plan) {
    let values = values(plan, |change| &change.before);
    for node in order.nodes() {
        match node {
            Node::Expand(module) => {
                // Without its repetition a module has no instances to look at, and nothing is made in it.
                if let Err(found) = evaluator.expand_module(*module) {
                    tracing::debug!(?found, "a module was not expanded for a destroy");
                }
            }
            Node::Resource(_, name) if name.mode == Mode::Ephemeral => {}
            Node::Resource(module, name) => {
                for instance in evaluator.instances_of(*module) {
                    let resource = evaluator.resource_addr(instance, name);
                    let all = of_resource(&values, &resource);
                    let kind = KeyKind::of(all.keys().next());
                    evaluator.objects.declare(instance, name, kind, all);
                }
            }
            _ => {}
        }
    }
}

/// The values of a resource by the keys of its instances, which lie beside each other.
fn of_resource(values: &BTreeMap<InstanceAddr, &Value>, resource: &ResourceAddr) -> BTreeMap<InstanceKey, Value> {
    let same = |addr: &InstanceAddr| addr.module == resource.module && addr.resource == resource.resource;
    let found = values.range(resource.instance(InstanceKey::None)..).take_while(|(addr, _)| same(addr));
    found.map(|(addr, value)| (addr.key.clone(), (*value).clone())).collect()
}

fn values<'p>(
    plan: &'p Plan,
    value: impl Fn(&'p crate::plan::ResourceChange) -> &'p Value,
) -> BTreeMap<InstanceAddr, &'p Value> {
    let read = plan.refreshed.iter().filter_map(|it| Some((it.object.addr.clone(), it.value.as_ref()?)));
    let changed = plan.changes.iter().filter(|it| it.object.deposed.is_none());
    read.chain(changed.map(|it| (it.object.addr.clone(), value(it)))).filter(|(_, it)| !it.is_null()).collect()
}

/// How a resource without planned instances is repeated: an empty `count` is an empty list, not an unknown.
fn declared_kind(evaluator: &Evaluator<'_>, node: &Node) -> Option<KeyKind> {
    let Node::Resource(module, name) = node else { return None };
    let block = evaluator.config.module(*module).resources.get(name)?;
    Some(match block.repetition {
        crate::config::Repetition::Single => KeyKind::Unknown,
        crate::config::Repetition::Count(_) => KeyKind::Count,
        crate::config::Repetition::ForEach(_) => KeyKind::ForEach,
        crate::config::Repetition::Enabled(_) => KeyKind::Absent,
    })
}

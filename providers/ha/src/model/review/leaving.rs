//! The active server leaves: the group is moved before its instance or interface goes.

use plumb_engine::diagnostic::Diagnostic;
use plumb_engine::plan::Action;
use plumb_engine::provider::{Adjustment, Review, Reviewed};
use plumb_engine::value::{Type, Value};

use super::{Found, Member};
use crate::group::Server;

/// Plans the move of a group whose active server leaves, or refuses the plan.
pub fn plan(group: &Found<'_>, objects: &[Reviewed<'_>], review: &mut Review) {
    let Some((before, after)) = group.before.as_ref().zip(group.after.as_ref()) else { return };
    let Some(active) = before.active_server.as_ref() else { return };
    let former = before.cluster().ok();
    let Some(server) = former.as_ref().and_then(|it| it.server(active)) else { return };
    let Some(why) = why(group, server, objects) else { return };
    let object = group.object.object;
    if why == Why::ReplacedFirst {
        let detail = format!(
            "{active}, where {} is active, is replaced by this plan, and what it has now is destroyed before there is a new one. \
             Move the group first with \"plumb ha move {}\", or give the instance and the interface a lifecycle block with \
             create_before_destroy = true.",
            before.name, before.name
        );
        review.diagnostics.push(Diagnostic::error("Active server would be destroyed", detail).of(object));
        return;
    }
    let adjust = |attribute: &str, value| Adjustment { object: object.clone(), attribute: attribute.into(), value };
    let healthy = |it: &&Member| it.name != *active && is_same(group, it, objects);
    match group.startup().into_iter().find(healthy) {
        Some(to) => {
            review.adjustments.push(adjust("active_server", Value::from(to.name.as_str())));
            review.adjustments.push(adjust("epoch", Value::unknown(Type::Number)));
            review.adjustments.push(adjust("targets", Value::unknown(Type::map(Type::String))));
            let detail = format!(
                "{active}, where {} is active, leaves. The group is moved to {} before anything of {active} is destroyed.",
                before.name, to.name
            );
            review.diagnostics.push(Diagnostic::warning("Planned move of a failover group", detail).of(object));
        }
        None if after.allow_outage => {
            review.adjustments.push(adjust("active_server", Value::null(Type::String)));
            review.adjustments.push(adjust("state", Value::unknown(Type::String)));
            let detail = format!(
                "{active}, where {} is active, leaves, and no other server can have it: the group stops.",
                before.name
            );
            review.diagnostics.push(Diagnostic::warning("Failover group stops", detail).of(object));
        }
        None => {
            let detail = format!(
                "{active}, where {} is active, leaves, and no server among those that may have the group stays as it is. Add a \
                 server and apply, then remove {active}; or set allow_outage = true in the group to have it stopped.",
                before.name
            );
            review.diagnostics.push(Diagnostic::error("No server to move to", detail).of(object));
        }
    }
}

/// Why a server cannot keep a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    /// It is no member any more, or may no longer have the group, or gets another instance or interface.
    Leaves,
    /// Its instance or interface is destroyed before there is a new one.
    ReplacedFirst,
}

fn why(group: &Found<'_>, server: &Server, objects: &[Reviewed<'_>]) -> Option<Why> {
    let first = replaced(objects, &server.instance_id, Action::DeleteThenCreate)
        || replaced(objects, &server.eni_id, Action::DeleteThenCreate);
    let member = group.startup().into_iter().find(|it| it.name == server.name);
    let stays = member.is_some_and(|it| it.eni == server.eni_id && it.instance == server.instance_id);
    match (first, stays) {
        (true, _) if member.is_some() => Some(Why::ReplacedFirst),
        (_, true) => None,
        _ => Some(Why::Leaves),
    }
}

/// Whether a member is there already and stays as it is.
fn is_same(group: &Found<'_>, member: &Member, objects: &[Reviewed<'_>]) -> bool {
    let former = group.before.as_ref().and_then(|it| it.cluster().ok());
    let was = former.as_ref().and_then(|it| it.server(&member.name));
    was.is_some_and(|it| it.eni_id == member.eni && it.instance_id == member.instance)
        && !objects.iter().any(|it| {
            let id = it.before.get("id").and_then(Value::as_str);
            let ends = it.action == Action::Delete || it.action.is_replace();
            ends && id.is_some_and(|id| id == member.eni || id == member.instance)
        })
}

fn replaced(objects: &[Reviewed<'_>], id: &str, action: Action) -> bool {
    objects.iter().any(|it| it.action == action && it.before.get("id").and_then(Value::as_str) == Some(id))
}

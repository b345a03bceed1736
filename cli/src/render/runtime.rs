//! What changed at run time: values that failover groups own, neither drift nor changes of a plan.

use plumb_engine::plan::Plan;
use plumb_engine::provider::RuntimeChange;
use serde_json::{Value as Json, json};

use super::{View, wrap};

/// The list for people; empty when there is nothing to tell.
pub fn text(changes: &[RuntimeChange], view: View<'_>) -> String {
    if changes.is_empty() {
        return String::new();
    }
    let intro = "These values belong to failover groups and are another member's than the last apply recorded. That is no \
                 drift, and nothing is done about it:";
    let mut out = format!("\n{} {}\n\n", view.paint.bold("Runtime changed."), "The active side is not where it was.");
    out += &format!("{}\n\n", wrap(intro, view.columns));
    for change in changes {
        out += &format!("  {}\n", line(change));
    }
    out
}

/// One change: `ha_group.db: active server1 → server2 (epoch 7)`.
pub fn line(change: &RuntimeChange) -> String {
    let what = if change.object.addr == change.owner { "active" } else { &change.attribute };
    let (from, to) = (member(change.from.as_deref()), member(change.to.as_deref()));
    let unsure = if change.confirmed { "" } else { ", not confirmed by any agent" };
    format!("{}: {what} {from} → {to} (epoch {}{unsure})", change.object, change.epoch)
}

fn member(name: Option<&str>) -> &str {
    name.unwrap_or("none")
}

/// The changes as the documents of `plan -json`, `show -json` and `drift -json` have them under `runtime_changes`:
/// `address`, `attribute`, `owner`, the members `from` and `to` (null for none), `epoch`, `confirmed`.
pub fn document(changes: &[RuntimeChange]) -> Json {
    changes.iter().map(object).collect()
}

/// One change as an object.
pub fn object(change: &RuntimeChange) -> Json {
    json!({
        "address": change.object.to_string(),
        "attribute": change.attribute,
        "owner": change.owner.to_string(),
        "from": change.from,
        "to": change.to,
        "epoch": change.epoch,
        "confirmed": change.confirmed,
    })
}

/// Whether only run time has changed: nothing to do, and no drift.
pub fn alone(plan: &Plan) -> bool {
    !plan.runtime_changes.is_empty() && plan.is_empty() && plan.drift.is_empty()
}

#[cfg(test)]
mod tests {
    use plumb_engine::store::ObjectKey;

    use super::*;

    fn change(object: &str, from: Option<&str>, confirmed: bool) -> RuntimeChange {
        RuntimeChange {
            object: ObjectKey::current(object.parse().unwrap()),
            attribute: if object.starts_with("ha_") { "active_server" } else { "network_interface_id" }.into(),
            owner: "ha_group.db".parse().unwrap(),
            from: from.map(Into::into),
            to: Some("server2".into()),
            epoch: 7,
            confirmed,
        }
    }

    #[test]
    fn a_line_tells_members_and_epoch() {
        let said = |object: &str, from, confirmed| line(&change(object, from, confirmed));
        assert_eq!(said("ha_group.db", Some("server1"), true), "ha_group.db: active server1 → server2 (epoch 7)");
        assert_eq!(
            said("aws_route.vip[0]", None, false),
            "aws_route.vip[0]: network_interface_id none → server2 (epoch 7, not confirmed by any agent)"
        );
    }
}

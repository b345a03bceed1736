//! Values that run time owns, resolved at the moment of the call that writes them.

use super::executor::Executor;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::walk::provider_error;
use crate::plan::{Action, ResourceChange};
use crate::provider::{ActiveMember, LateBinding};
use crate::store::ObjectKey;
use crate::value::Value;

impl Executor<'_> {
    /// The planned object with the value of the member that is active now.
    ///
    /// # Errors
    /// Another member has become active since the plan was made, none is active, or it could not be found out. Nothing is
    /// written then.
    pub(super) async fn bind_late(&mut self, change: &ResourceChange, planned: Value) -> Result<Value, Diagnostics> {
        let plan = self.request.plan;
        let Some(late) = plan.late.get(&change.object) else { return Ok(planned) };
        let key = ObjectKey::current(late.owner.clone());
        let owner = plan.changes.iter().find(|it| it.object == key);
        let Some(owner) = owner.filter(|it| !it.before.is_null()) else { return Ok(planned) };
        let (client, _) = self.client(&late.provider).await?;
        let asked = client.active_member(&late.owner.resource.type_name, &owner.before).await;
        let now = asked.map_err(|error| provider_error("Active member could not be found out", &error))?;
        // An owner that this very plan moves is in another epoch once that is done, as planned.
        let moved = owner.action != Action::NoOp;
        value_now(late, &now, moved).map(|value| planned.with(&late.attribute, value)).map_err(Diagnostics::from)
    }
}

/// The value that is written now; with `moved`, the epoch may be another than the plan's.
fn value_now(late: &LateBinding, now: &ActiveMember, moved: bool) -> Result<Value, Diagnostic> {
    let LateBinding { owner, attribute, epoch, .. } = late;
    if now.epoch != *epoch && !moved {
        let detail = format!(
            "The plan was made in epoch {epoch} of {owner}, and it is in epoch {} now: a group was moved or failed over \
             in between. {attribute} belongs to the active member, so nothing was written. Plan again.",
            now.epoch
        );
        return Err(Diagnostic::error("Runtime changed since the plan", detail));
    }
    let value = now.name.as_ref().and_then(|name| late.members.get(name));
    value.cloned().ok_or_else(|| {
        let detail = match &now.name {
            Some(name) => {
                format!("{name:?} is active in {owner}, and the plan has no value of {attribute} for it. Plan again.")
            }
            None => format!(
                "No member of {owner} is active, so {attribute} has no value. Start the group, or plan again to leave \
                 the attribute as it is."
            ),
        };
        Diagnostic::error("No active member", detail)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn late() -> LateBinding {
        let members = [("a", "eni-a"), ("b", "eni-b")];
        LateBinding {
            owner: "ha_group.g".parse().unwrap(),
            provider: String::new(),
            attribute: "network_interface_id".into(),
            members: members.map(|(name, value)| (name.into(), Value::from(value))).into(),
            epoch: 7,
        }
    }

    fn now(name: Option<&str>, epoch: u64) -> ActiveMember {
        ActiveMember { name: name.map(Into::into), epoch }
    }

    #[test]
    fn the_value_is_that_of_the_active_member_in_the_epoch_of_the_plan() {
        assert_eq!(value_now(&late(), &now(Some("b"), 7), false), Ok(Value::from("eni-b")));
        let refused = |it: ActiveMember| value_now(&late(), &it, false).unwrap_err().summary;
        assert_eq!(refused(now(Some("b"), 8)), "Runtime changed since the plan");
        assert_eq!(refused(now(Some("c"), 7)), "No active member");
        assert_eq!(refused(now(None, 7)), "No active member");
        assert_eq!(value_now(&late(), &now(Some("a"), 8), true), Ok(Value::from("eni-a")), "moved by the plan itself");
    }
}

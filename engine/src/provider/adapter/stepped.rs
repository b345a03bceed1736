//! Updates in steps, which are never sent twice as a whole: each step finds out by itself what is left of it.

use tokio::time::timeout_at;

use super::converge::partial;
use super::resource::Bound;
use super::wait::Deadline;
use crate::provider::typed::{Id, Prior, Resource, TypedClient};
use crate::provider::{ProviderError, Stepping};
use crate::value::Value;

impl<R: Resource> Bound<R> {
    /// Does the steps that are left, and reads the object when all are done.
    pub(super) async fn step_through(
        &self,
        planned: &Value,
        prior: &Value,
        id: Id,
        (stepping, deadline): (Stepping<'_>, Deadline),
    ) -> Result<Value, ProviderError> {
        let client = self.client.scoped(Some(prior));
        let (before, desired): (R, R) = (self.form.parse(prior)?, self.form.parse(planned)?);
        match timeout_at(deadline.end, desired.update_in_steps(&client, &id, &before, stepping)).await {
            Ok(done) => done.map_err(partial)?,
            Err(_) => return Err(self.unanswered(&id, deadline)),
        }
        let finish = async {
            let observed = self.ready(prior, Prior { id, state: Some(desired) }, deadline).await?;
            self.form.observed(&*client, (&observed.id, &observed.state), Some(planned))
        };
        finish.await.map_err(partial)
    }
}

//! Operations whose answer was lost: what they did is found out, and what they left undone is done.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};
use tracing::debug;

use super::resource::Bound;
use super::wait::{Deadline, Unready, name, until_ready};
use crate::provider::typed::{Id, Observed, Prior, Resource, TypedClient};
use crate::provider::{Creation, Effect, IntentKey, ProviderError, Recognition, Settled, Trace};
use crate::value::Value;

/// How often a write is sent whose answers are lost, one after the other.
const ATTEMPTS: u32 = 5;
/// Pauses between looks for an object of which it is not known whether it was made: it need not be visible at once.
const LOOKS: [Duration; 5] = [
    Duration::from_millis(300),
    Duration::from_millis(700),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
];

/// Whether no answer tells what a call did.
fn is_lost(error: &ProviderError) -> bool {
    error.effect == Effect::Unknown
}

fn pause(attempt: u32) -> Duration {
    Duration::from_millis(500) * attempt
}

/// A create as far as it came.
enum Progress<R> {
    /// It was answered.
    Answered(Observed<R>),
    /// The object is there; calls that follow the create may be missing.
    Begun(Id),
}

impl<R: Resource> Bound<R> {
    /// Makes the object and waits until it is ready. Where an answer is lost, the object is looked for by what its
    /// create is recognised by: it is completed if it is there, and the create is repeated under the same key if not.
    pub(super) async fn create_surely(
        &self,
        planned: &Value,
        creation: &Creation<'_>,
        deadline: Deadline,
    ) -> Result<Value, ProviderError> {
        let desired: R = self.form.parse(planned)?;
        let client = self.client.scoped(Some(planned));
        let recorded: Mutex<Option<Id>> = Mutex::new(None);
        let record = |id: &str| {
            let former = recorded.lock().unwrap_or_else(PoisonError::into_inner).replace(id.to_owned());
            if former.as_deref() != Some(id) {
                client.made(id);
                creation.made(id);
            }
        };
        let inner = Creation { key: creation.key, made: &record, timeout: deadline.limit };
        let id = || recorded.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let result = async {
            match self.begin(planned, &desired, &inner, (deadline, &id)).await? {
                Progress::Answered(seen) => self.form.observed(&*client, (&seen.id, &seen.state), Some(planned)),
                Progress::Begun(id) => {
                    record(&id);
                    desired.complete(&client, &id).await?;
                    self.converge(planned, planned, (id, None), deadline).await
                }
            }
        };
        result.await.map_err(|error| if id().is_some() { partial(error) } else { error })
    }

    async fn begin(
        &self,
        planned: &Value,
        desired: &R,
        creation: &Creation<'_>,
        (deadline, recorded): (Deadline, &(dyn Fn() -> Option<Id> + Sync)),
    ) -> Result<Progress<R>, ProviderError> {
        let client = self.client.scoped(Some(planned));
        let mut attempt = 0;
        loop {
            attempt += 1;
            let answer = timeout_at(deadline.end, desired.create(&client, creation)).await;
            let error = match (answer, recorded()) {
                (Ok(Ok(made)), _) => {
                    creation.made(&made.id);
                    let ready = match made.state {
                        Some(state) => Observed::ready(made.id, state),
                        None => {
                            let object = Prior { id: made.id, state: Some(desired.clone()) };
                            self.ready(planned, object, deadline).await?
                        }
                    };
                    return Ok(Progress::Answered(ready));
                }
                (Err(_), None) => return Err(deadline.missed(R::TYPE, "the create was not answered", Effect::Unknown)),
                (Err(_), Some(id)) => {
                    return Err(deadline.missed(&name::<R>(&id), "it is made in part", Effect::Partial));
                }
                (Ok(Err(error)), Some(id)) if is_lost(&error) => {
                    debug!(r#type = R::TYPE, id, %error, "completing an object after a lost answer");
                    return Ok(Progress::Begun(id));
                }
                (Ok(Err(error)), Some(_)) => return Err(error),
                (Ok(Err(error)), None) => error,
            };
            // Refused after a lost answer: what is in the way may be what the lost call has made.
            if !is_lost(&error) && attempt == 1 {
                return Err(error);
            }
            // While that cannot be told, it is not known whether anything was made.
            let unknown = |error| ProviderError { effect: Effect::Unknown, ..error };
            if let Some(id) = self.look_for(desired, &client, creation.key).await.map_err(unknown)? {
                debug!(r#type = R::TYPE, id, %error, "found the object of a lost answer");
                return Ok(Progress::Begun(id));
            }
            if !is_lost(&error) || attempt >= ATTEMPTS {
                return Err(error);
            }
            sleep(pause(attempt)).await;
        }
    }

    /// Looks until the object is found, or until it would be visible.
    async fn look_for(&self, desired: &R, client: &R::Client, key: &IntentKey) -> Result<Option<Id>, ProviderError> {
        for pause in LOOKS {
            if let Some(id) = desired.find(client, key).await? {
                return Ok(Some(id));
            }
            sleep(pause).await;
        }
        desired.find(client, key).await
    }

    /// Changes an object until it is as planned: from `prior`, or from what a read shows where it is not known how far
    /// an earlier call came.
    pub(super) async fn converge(
        &self,
        planned: &Value,
        scope: &Value,
        (id, prior): (Id, Option<R>),
        deadline: Deadline,
    ) -> Result<Value, ProviderError> {
        let client = self.client.scoped(Some(scope));
        let mut prior = prior;
        let mut desired: R = self.form.parse(planned)?;
        for attempt in 1.. {
            let before = match prior.take() {
                Some(prior) => prior,
                None => {
                    let object = Prior { id: id.clone(), state: Some(desired.clone()) };
                    let seen = self.ready(scope, object, deadline).await?;
                    let observed = self.form.observed(&*client, (&seen.id, &seen.state), Some(planned))?;
                    let wanted = with_known(planned, &observed);
                    if wanted == observed {
                        return Ok(observed);
                    }
                    desired = self.form.parse(&wanted)?;
                    self.form.parse(&observed)?
                }
            };
            match timeout_at(deadline.end, desired.update(&client, &id, &before)).await {
                Ok(Ok(())) => break,
                Ok(Err(error)) if is_lost(&error) && attempt < ATTEMPTS && Instant::now() < deadline.end => {
                    debug!(r#type = R::TYPE, id, %error, "changing an object again after a lost answer");
                    sleep(pause(attempt)).await;
                }
                Ok(Err(error)) => return Err(error),
                Err(_) => return Err(self.unanswered(&id, deadline)),
            }
        }
        let finish = async {
            let observed = self.ready(scope, Prior { id, state: Some(desired) }, deadline).await?;
            self.form.observed(&*client, (&observed.id, &observed.state), Some(planned))
        };
        finish.await.map_err(partial)
    }

    /// Sends a delete until it is answered: repeated, it does nothing.
    pub(super) async fn delete_surely(
        &self,
        state: &R,
        scope: &Value,
        id: &str,
        deadline: Deadline,
    ) -> Result<(), ProviderError> {
        let client = self.client.scoped(Some(scope));
        let mut attempt = 0;
        loop {
            attempt += 1;
            match timeout_at(deadline.end, state.delete(&client, id)).await {
                Ok(Err(error)) if is_lost(&error) && attempt < ATTEMPTS => sleep(pause(attempt)).await,
                Ok(done) => return done,
                Err(_) => return Err(self.unanswered(id, deadline)),
            }
        }
    }

    /// What became of a create that an earlier process sent.
    pub(super) async fn settle_create(&self, planned: &Value, trace: Trace<'_>) -> Result<Settled, ProviderError> {
        let desired: R = self.form.parse(planned)?;
        let client = self.client.scoped(Some(planned));
        let deadline = self.deadline(planned, super::timeouts::Operation::Create)?;
        let id = match (trace.made, trace.key) {
            (Some(id), _) => Some(id.to_owned()),
            (None, Some(key)) => self.look_for(&desired, &client, key).await?,
            (None, None) => None,
        };
        let Some(id) = id else { return Ok(Settled::Absent) };
        debug!(r#type = R::TYPE, id, "found the object of an interrupted create");
        let object = Prior { id: id.clone(), state: Some(desired.clone()) };
        let mut seen = match until_ready(&self.reader(Some(planned)), &object, deadline).await {
            Ok(seen) => seen,
            Err(Unready::Absent) => return Ok(Settled::Absent),
            Err(Unready::Failed(error)) => return Ok(Settled::Broken { id, reason: error.message }),
            Err(Unready::Error(error)) => return Err(error),
        };
        let found = self.form.observed(&*client, (&seen.id, &seen.state), Some(planned))?;
        let chosen_by_us = matches!(R::RECOGNITION, Recognition::NaturalName | Recognition::Arguments);
        let differs = if chosen_by_us && trace.made.is_none() { self.unlike(planned, &found) } else { Vec::new() };
        if !differs.is_empty() {
            return Ok(Settled::Doubtful { id: seen.id, differs });
        }
        if !desired.complete(&client, &seen.id).await? {
            return Ok(Settled::Found(found));
        }
        seen = self.ready(planned, object, deadline).await?;
        Ok(Settled::Found(self.form.observed(&*client, (&seen.id, &seen.state), Some(planned))?))
    }

    /// Attributes that only a create sets and that are not as planned: another hand has made such an object.
    fn unlike(&self, planned: &Value, found: &Value) -> Vec<String> {
        let fixed = self.form.schema.block.attributes.iter().filter(|(_, it)| it.force_new);
        let differs = fixed.filter(|(name, _)| match (planned.get(name), found.get(name)) {
            (Some(planned), Some(found)) => !planned.is_null() && planned.is_wholly_known() && planned != found,
            _ => false,
        });
        differs.map(|(name, _)| name.to_string()).collect()
    }
}

pub(super) fn partial(error: ProviderError) -> ProviderError {
    ProviderError { effect: Effect::Partial, ..error }
}

/// The planned object with what is not known of it as it was observed.
fn with_known(planned: &Value, observed: &Value) -> Value {
    let unknown = planned.as_map().into_iter().flatten().filter(|(_, value)| !value.is_wholly_known());
    unknown.fold(planned.clone(), |object, (name, _)| match observed.get(name) {
        Some(value) => object.with(name, value.clone()),
        None => object,
    })
}

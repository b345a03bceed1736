//! A typed resource as the engine's object-safe resource type and operations.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures::{StreamExt, stream};
use tokio::time::sleep;
use tracing::debug;

use super::form::{Form, ID, plain};
use super::timeouts::{self, Operation};
use super::wait::{Deadline, Unready, name, until_gone, until_ready};
use crate::diagnostic::Diagnostics;
use crate::provider::batch::{Batcher, read_page};
use crate::provider::typed::{self, Id, Observed, Phase, Prior, Resource, TypedClient};
use crate::provider::{
    ChangeSteps, Client, Creation, Effect, IntentKey, Known, PlannedChange, ProviderError, ReadOutcome, Recognition,
    ResourceType, Settled, Stepping, Trace,
};
use crate::schema::Schema;
use crate::value::Value;

/// Calls of one refresh of a type that are under way at the same time.
const CONCURRENT_READS: usize = 4;

/// Pause before an object that a refresh does not show is looked for once more.
const CONFIRMATION: Duration = Duration::from_secs(1);

/// A resource type in a registry, whatever its struct.
pub(super) trait AnyResource<C>: ResourceType {
    /// Its operations through a client.
    fn bind(&self, client: &Arc<C>) -> Box<dyn Operations>;
}

/// Operations of one resource type through one client; as in [`Client`].
#[async_trait]
pub(super) trait Operations: Send + Sync {
    async fn read(&self, objects: Vec<Known>) -> Vec<ReadOutcome>;
    async fn create(&self, planned: &Value, creation: &Creation<'_>) -> Result<Value, ProviderError>;
    async fn update(&self, prior: &Value, planned: &Value) -> Result<Value, ProviderError>;
    async fn update_in_steps(
        &self,
        prior: &Value,
        planned: &Value,
        stepping: Stepping<'_>,
    ) -> Result<Value, ProviderError>;
    async fn delete(&self, prior: &Value) -> Result<(), ProviderError>;
    async fn find(&self, planned: &Value, key: &IntentKey) -> Result<Option<Value>, ProviderError>;
    async fn settle(&self, planned: &Value, trace: Trace<'_>) -> Result<Settled, ProviderError>;
    async fn list(&self) -> Result<Vec<Id>, ProviderError>;
}

/// The form of a type, made when it is first needed: most types of a provider are in no configuration.
type LazyForm = Arc<LazyLock<Form>>;

/// The type `R` in a registry.
pub(super) struct Adapter<R> {
    form: LazyForm,
    of: std::marker::PhantomData<fn() -> R>,
}

impl<R: Resource> Adapter<R> {
    pub fn new() -> Self {
        Self { form: Arc::new(LazyLock::new(Form::resource::<R>)), of: std::marker::PhantomData }
    }
}

impl<R: Resource> ResourceType for Adapter<R> {
    fn schema(&self) -> &Schema {
        &self.form.schema
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        let mut found = timeouts::validate(config);
        found.extend(R::validate(config));
        found
    }

    fn plan(&self, change: &mut PlannedChange, client: Option<&dyn Client>) -> Diagnostics {
        let client = typed::settings::<R::Client>(client);
        R::Client::plan(change, client);
        R::plan(change, client)
    }

    fn steps(
        &self,
        change: &PlannedChange,
        unfinished: Option<&ChangeSteps>,
        client: Option<&dyn Client>,
    ) -> Result<Option<ChangeSteps>, Diagnostics> {
        R::steps(change, unfinished, typed::settings::<R::Client>(client))
    }

    fn recognition(&self) -> Recognition {
        R::RECOGNITION
    }
}

impl<R: Resource> AnyResource<R::Client> for Adapter<R> {
    fn bind(&self, client: &Arc<R::Client>) -> Box<dyn Operations> {
        let readers = Mutex::new(BTreeMap::new());
        Box::new(Bound::<R> { client: client.clone(), form: self.form.clone(), readers })
    }
}

/// The type `R` with a client.
pub(super) struct Bound<R: Resource> {
    pub(super) client: Arc<R::Client>,
    pub(super) form: LazyForm,
    /// Readers of single objects, by scope.
    readers: Mutex<BTreeMap<String, Arc<Batcher<R>>>>,
}

/// One call of a refresh: the objects of one scope with their places in the answer.
struct Page<R: Resource> {
    client: Arc<R::Client>,
    places: Vec<usize>,
    known: Vec<Known>,
}

#[async_trait]
impl<R: Resource> Operations for Bound<R> {
    async fn read(&self, objects: Vec<Known>) -> Vec<ReadOutcome> {
        let count = objects.len();
        let pages = self.pages(objects);
        let answers: Vec<_> =
            stream::iter(pages).map(|page| self.refresh(page)).buffer_unordered(CONCURRENT_READS).collect().await;
        let answers: BTreeMap<usize, ReadOutcome> = answers.into_iter().flatten().collect();
        debug_assert_eq!(answers.len(), count, "each object is answered once");
        answers.into_values().collect()
    }

    async fn create(&self, planned: &Value, creation: &Creation<'_>) -> Result<Value, ProviderError> {
        let planned = plain(planned);
        let deadline = self.deadline(&planned, Operation::Create)?;
        self.create_surely(&planned, creation, deadline).await
    }

    async fn update(&self, prior: &Value, planned: &Value) -> Result<Value, ProviderError> {
        let prior = plain(prior);
        let planned = with_prior(&plain(planned), &prior);
        let id = self.id(&prior)?;
        if let Some(limits) = planned.get(timeouts::NAME)
            && prior.clone().with(timeouts::NAME, limits.clone()) == planned
        {
            // Time limits are plumb's own: there is nothing to change on the remote side.
            return Ok(planned);
        }
        let before: R = self.form.parse(&prior)?;
        let deadline = self.deadline(&planned, Operation::Update)?;
        self.converge(&planned, &prior, (id, Some(before)), deadline).await
    }

    async fn update_in_steps(
        &self,
        prior: &Value,
        planned: &Value,
        stepping: Stepping<'_>,
    ) -> Result<Value, ProviderError> {
        let prior = plain(prior);
        let planned = with_prior(&plain(planned), &prior);
        let id = self.id(&prior)?;
        let deadline = self.deadline(&planned, Operation::Update)?;
        self.step_through(&planned, &prior, id, (stepping, deadline)).await
    }

    async fn delete(&self, prior: &Value) -> Result<(), ProviderError> {
        let prior = plain(prior);
        let id = self.id(&prior)?;
        let state: R = self.form.parse(&prior)?;
        let deadline = self.deadline(&prior, Operation::Delete)?;
        self.delete_surely(&state, &prior, &id, deadline).await?;
        if !R::WAIT_GONE {
            return Ok(());
        }
        let object = Prior { id, state: Some(state) };
        until_gone(&self.reader(Some(&prior)), &object, deadline).await
    }

    async fn find(&self, planned: &Value, key: &IntentKey) -> Result<Option<Value>, ProviderError> {
        let planned = plain(planned);
        let desired: R = self.form.parse(&planned)?;
        let client = self.client.scoped(Some(&planned));
        let deadline = self.deadline(&planned, Operation::Create)?;
        let Some(id) = desired.find(&client, key).await? else { return Ok(None) };
        debug!(r#type = R::TYPE, id, "found the object of an interrupted create");
        let object = Prior { id, state: Some(desired) };
        match until_ready(&self.reader(Some(&planned)), &object, deadline).await {
            Ok(seen) => self.form.observed(&*client, (&seen.id, &seen.state), Some(&planned)).map(Some),
            Err(Unready::Absent) => Ok(None),
            Err(Unready::Failed(error) | Unready::Error(error)) => Err(error),
        }
    }

    async fn settle(&self, planned: &Value, trace: Trace<'_>) -> Result<Settled, ProviderError> {
        self.settle_create(&plain(planned), trace).await
    }

    async fn list(&self) -> Result<Vec<Id>, ProviderError> {
        R::list(&self.client.scoped(None)).await
    }
}

impl<R: Resource> Bound<R> {
    fn pages(&self, objects: Vec<Known>) -> Vec<Page<R>> {
        let mut scopes: BTreeMap<String, Vec<Page<R>>> = BTreeMap::new();
        for (place, Known { id, object }) in objects.into_iter().enumerate() {
            let object = object.as_ref().map(plain);
            let pages = scopes.entry(self.client.scope(object.as_ref())).or_default();
            if pages.last().is_none_or(|it| it.known.len() >= R::BATCH) {
                let client = self.client.scoped(object.as_ref());
                pages.push(Page { client, places: Vec::new(), known: Vec::new() });
            }
            if let Some(page) = pages.last_mut() {
                page.places.push(place);
                page.known.push(Known { id, object });
            }
        }
        scopes.into_values().flatten().collect()
    }

    async fn refresh(&self, page: Page<R>) -> Vec<(usize, ReadOutcome)> {
        let Page { client, places, known } = page;
        // An object that an older version stored may not fit the struct; its id is enough to read it.
        let state = |it: &Known| it.object.as_ref().and_then(|object| self.form.parse(object).ok());
        let objects: Vec<_> = known.iter().map(|it| Prior { id: it.id.clone(), state: state(it) }).collect();
        debug!(r#type = R::TYPE, objects = objects.len(), "reading objects");
        let outcomes: Vec<ReadOutcome> = match self.read_twice(&client, &objects).await {
            Ok(seen) => seen.into_iter().zip(&known).map(|(seen, it)| self.outcome(&client, seen, it)).collect(),
            Err(error) => known.iter().map(|_| ReadOutcome::Failed(error.clone())).collect(),
        };
        places.into_iter().zip(outcomes).collect()
    }

    /// What a first read does not show is gone only when a second one does not show it either.
    async fn read_twice(&self, client: &R::Client, objects: &[Prior<R>]) -> typed::Result<Vec<Option<Observed<R>>>> {
        let mut seen = read_page::<R>(client, objects).await?;
        let missing: Vec<usize> = (0..seen.len()).filter(|at| seen[*at].is_none()).collect();
        if !missing.is_empty() {
            sleep(CONFIRMATION).await;
            let again: Vec<Prior<R>> = missing.iter().map(|at| objects[*at].clone()).collect();
            for (at, found) in missing.into_iter().zip(read_page::<R>(client, &again).await?) {
                seen[at] = found;
            }
        }
        Ok(seen)
    }

    fn outcome(&self, client: &R::Client, seen: Option<Observed<R>>, known: &Known) -> ReadOutcome {
        let Some(seen) = seen.filter(|it| it.phase != Phase::Deleting) else { return ReadOutcome::Absent };
        match self.form.observed(client, (&seen.id, &seen.state), known.object.as_ref()) {
            Ok(object) => ReadOutcome::Found(object),
            Err(error) => ReadOutcome::Failed(error),
        }
    }

    pub(super) async fn ready(
        &self,
        scope: &Value,
        object: Prior<R>,
        deadline: Deadline,
    ) -> Result<Observed<R>, ProviderError> {
        match until_ready(&self.reader(Some(scope)), &object, deadline).await {
            Ok(seen) => Ok(seen),
            Err(Unready::Failed(error) | Unready::Error(error)) => Err(error),
            Err(Unready::Absent) => {
                let action = format!("waiting for the {} of {}", deadline.operation.name(), name::<R>(&object.id));
                Err(ProviderError::refused(action, "the object is gone or is being deleted")
                    .help("Something else has deleted it. Plan again to have it made anew."))
            }
        }
    }

    /// The reader of objects in the scope of `object`.
    pub(super) fn reader(&self, object: Option<&Value>) -> Arc<Batcher<R>> {
        let scope = self.client.scope(object);
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        readers.entry(scope).or_insert_with(|| Batcher::new(self.client.scoped(object))).clone()
    }

    pub(super) fn deadline(&self, object: &Value, operation: Operation) -> Result<Deadline, ProviderError> {
        let limit = timeouts::limit(object, operation, R::TIMEOUTS)
            .map_err(|reason| ProviderError::refused(format!("{} {}", operation.doing(), R::TYPE), reason))?;
        Ok(Deadline::new(operation, limit))
    }

    fn id(&self, object: &Value) -> Result<Id, ProviderError> {
        object.get(ID).and_then(Value::as_str).map(ToOwned::to_owned).ok_or_else(|| {
            ProviderError::refused(format!("finding the object of {}", R::TYPE), "the state has no id of it")
                .help("Remove the instance from the state and import the object again.")
        })
    }

    pub(super) fn unanswered(&self, id: &str, deadline: Deadline) -> ProviderError {
        let last = format!("the {} was not answered", deadline.operation.name());
        deadline.missed(&name::<R>(id), &last, Effect::Unknown)
    }
}

/// The planned object in which what only the remote side can tell is still as it was before, so that it is no change.
pub(super) fn with_prior(planned: &Value, prior: &Value) -> Value {
    let unknown = planned.as_map().into_iter().flatten().filter(|(_, value)| value.is_unknown());
    unknown.fold(planned.clone(), |object, (name, _)| match prior.get(name) {
        Some(value) => object.with(name, value.clone()),
        None => object,
    })
}

//! Resource types as Rust structs: the typed operations that a type implements, and what every type gets for them.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{ChangeSteps, Creation, Hold, IntentKey, PlannedChange, ProviderError, Recognition, Schematic, Stepping};
use crate::diagnostic::Diagnostics;
use crate::schema::Block;
use crate::value::Value;

/// Id of an object: what `import` takes.
pub type Id = String;

/// Result of an operation.
pub type Result<T> = std::result::Result<T, ProviderError>;

/// An object that the remote side has shown.
#[derive(Clone, Debug)]
pub struct Observed<R> {
    /// Its id.
    pub id: Id,
    /// Its attributes; what the remote side does not tell is taken over from the state, or else null.
    pub state: R,
    /// Whether it is ready for use.
    pub phase: Phase,
    /// The id by which it was asked for, where that is another: one that an import takes, or one that an update has
    /// made obsolete.
    pub asked_as: Option<Id>,
}

impl<R> Observed<R> {
    /// An object that is ready for use.
    pub fn ready(id: impl Into<Id>, state: R) -> Self {
        Self { id: id.into(), state, phase: Phase::Ready, asked_as: None }
    }

    /// The same object, asked for by an id that need not be its own.
    #[must_use]
    pub fn asked_as(mut self, id: impl Into<Id>) -> Self {
        self.asked_as = Some(id.into());
        self
    }

    /// The same object in another phase.
    #[must_use]
    pub fn phase(mut self, phase: Phase) -> Self {
        self.phase = phase;
        self
    }
}

/// Where an object stands in its life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Ready for use.
    Ready,
    /// Being made or changed; the remote side's word for it ("creating").
    Pending(String),
    /// Being deleted: counts as absent in a refresh, and is waited for in a delete.
    Deleting,
    /// It will not become ready; why.
    Failed(String),
}

/// An object to read: its id, and its attributes where the state has them.
#[derive(Clone, Debug)]
pub struct Prior<R> {
    /// Its id.
    pub id: Id,
    /// Attributes as last observed, or as planned while a create or update is waited for; `None` for an import.
    pub state: Option<R>,
}

/// What a create returns.
#[derive(Clone, Debug)]
pub struct Made<R> {
    /// Its id.
    pub id: Id,
    /// Its attributes, when the answer told them all; else it is read until it is ready.
    pub state: Option<R>,
}

impl<R> Made<R> {
    /// An object that is to be read until it is ready.
    pub fn id(id: impl Into<Id>) -> Self {
        Self { id: id.into(), state: None }
    }

    /// An object whose answer told everything, ready for use.
    pub fn ready(id: impl Into<Id>, state: R) -> Self {
        Self { id: id.into(), state: Some(state) }
    }
}

/// How long operations of a type may take when `timeouts` does not say.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// Create, until the object is ready.
    pub create: Duration,
    /// Update, until the object is ready again.
    pub update: Duration,
    /// Delete, until the object is gone.
    pub delete: Duration,
}

impl Timeouts {
    /// The same time for each, in minutes.
    pub const fn minutes(minutes: u64) -> Self {
        let time = Duration::from_secs(minutes * 60);
        Self { create: time, update: time, delete: time }
    }
}

/// What the types of one provider share: the client that they talk through, and the arguments that every type has.
pub trait TypedClient: Send + Sync + Sized + 'static {
    /// Adds the attributes that types have besides their own (`region`); `type_name` tells those that lack them, as
    /// the types of a global service do. What an object has of them is taken over from the plan or the state;
    /// [`TypedClient::observed`] may set them.
    fn extend_schema(_type_name: &str, _block: &mut Block) {}

    /// Planning rules that every type shares (`tags_all` from `tags`). `client` is `None` while the provider's
    /// configuration is unknown.
    fn plan(_change: &mut PlannedChange, _client: Option<&Self>) {}

    /// What every observed object goes through before it is compared or stored, `prior` being what the state or the
    /// plan says of it.
    fn observed(&self, object: Value, _prior: Option<&Value>) -> Value {
        object
    }

    /// The client for the objects of a scope, such as a region; `object` is the object's planned or last state.
    fn scoped(self: &Arc<Self>, _object: Option<&Value>) -> Arc<Self> {
        self.clone()
    }

    /// Name of the scope of an object: objects of one scope are read in one batch.
    fn scope(&self, _object: Option<&Value>) -> String {
        String::new()
    }

    /// How many API calls were sent so far, retries included.
    fn calls(&self) -> u64;

    /// Told of an object that now exists. Calls that name it may be refused for a while, because the remote side has
    /// not heard of it everywhere; a client that knows can repeat them.
    fn made(&self, _id: &str) {}

    /// What all calls wait for at the moment; as [`super::Client::waiting`].
    fn waiting(&self) -> Option<String> {
        None
    }
}

/// A resource type: a documented struct whose derive is the schema, and its operations.
///
/// The struct is the whole object: arguments and computed attributes. Operations see known values only; an argument
/// that is not set is `None`, empty, or the schema's default.
/// An object's `id` is not a field: every type has it.
pub trait Resource: Schematic + Serialize + DeserializeOwned + Clone + Send + Sync + 'static {
    /// What operations talk through.
    type Client: TypedClient;
    /// Name of the type: `aws_subnet`.
    const TYPE: &'static str;
    /// How a create is recognised after a crash.
    const RECOGNITION: Recognition;
    /// Version of the stored form.
    const VERSION: u64 = 0;
    /// Default time limits.
    const TIMEOUTS: Timeouts = Timeouts::minutes(20);
    /// Most objects that one [`Resource::read`] takes.
    const BATCH: usize = 100;
    /// Pause between two looks at an object that is not ready.
    const POLL: Duration = Duration::from_secs(3);
    /// Attributes that the remote side never tells, such as passwords: kept as they were planned.
    const UNREADABLE: &'static [&'static str] = &[];

    /// Checks a configuration beyond its schema; parts may be unknown.
    fn validate(_config: &Value) -> Diagnostics {
        Diagnostics::new()
    }

    /// Adapts a planned change; pure.
    fn plan(_change: &mut PlannedChange, _client: Option<&Self::Client>) -> Diagnostics {
        Diagnostics::new()
    }

    /// The steps of a change in place; as [`super::ResourceType::steps`].
    ///
    /// # Errors
    /// The change must not be made as things are.
    fn steps(
        _change: &PlannedChange,
        _unfinished: Option<&ChangeSteps>,
        _client: Option<&Self::Client>,
    ) -> std::result::Result<Option<ChangeSteps>, Diagnostics> {
        Ok(None)
    }

    /// Makes the object. Sends `creation.key` as the API's token where it has one, and calls `creation.made` with the
    /// id as soon as the object exists, before any further call about it.
    fn create(&self, client: &Self::Client, creation: &Creation<'_>)
    -> impl Future<Output = Result<Made<Self>>> + Send;

    /// Reads at most [`Resource::BATCH`] objects in as few calls as the API allows. An object that is not in the
    /// answer is absent; an error is about all of them. Objects are recognised by their id or by
    /// [`Observed::asked_as`], unless `BATCH` is 1.
    fn read(client: &Self::Client, objects: &[Prior<Self>])
    -> impl Future<Output = Result<Vec<Observed<Self>>>> + Send;

    /// Changes the object from `prior` to `self` in place. Computed attributes that are not known yet are in `self` as
    /// they are in `prior`, so that they are no change.
    fn update(&self, client: &Self::Client, id: &str, prior: &Self) -> impl Future<Output = Result<()>> + Send;

    /// Changes the object from `prior` to `self` by the steps of the plan: each of those that are left is done through
    /// `stepping`, in order. Called instead of [`Resource::update`] when [`Resource::steps`] gave any.
    fn update_in_steps(
        &self,
        client: &Self::Client,
        id: &str,
        prior: &Self,
        _stepping: Stepping<'_>,
    ) -> impl Future<Output = Result<()>> + Send {
        self.update(client, id, prior)
    }

    /// Starts the delete of the object, of which `self` is the last observed state; an object that is gone already
    /// is a success. The caller waits until [`Resource::read`] no longer shows it, when [`Resource::WAIT_GONE`].
    fn delete(&self, client: &Self::Client, id: &str) -> impl Future<Output = Result<()>> + Send;

    /// Whether a delete is over only when a read no longer shows the object.
    const WAIT_GONE: bool = false;

    /// Looks for the object that a create under `key` made, `self` being what was planned.
    fn find(&self, client: &Self::Client, key: &IntentKey) -> impl Future<Output = Result<Option<Id>>> + Send;

    /// Does to an object whose create was cut off what a create does after the object exists, where neither a read nor an
    /// update would see that it is missing; `self` is what was planned. Repeatable. Whether anything was done.
    fn complete(&self, _client: &Self::Client, _id: &str) -> impl Future<Output = Result<bool>> + Send {
        async { Ok(false) }
    }

    /// Ids of all objects of the type that the client sees, for imports and the discovery of unmanaged objects.
    fn list(_client: &Self::Client) -> impl Future<Output = Result<Vec<Id>>> + Send {
        async {
            let action = format!("listing {}", Self::TYPE);
            Err(ProviderError::refused(action, "objects of this type cannot be listed"))
        }
    }
}

/// A data source: a documented struct whose derive is the schema, and its read.
pub trait DataSource: Schematic + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// What it reads through.
    type Client: TypedClient;
    /// Name of the data source: `aws_ami`.
    const TYPE: &'static str;

    /// Fills in the computed attributes of a configuration; the `id` is the first part of the result.
    fn read(self, client: &Self::Client) -> impl Future<Output = Result<(Id, Self)>> + Send;
}

/// An ephemeral resource type: a documented struct whose derive is the schema, and what opens and closes it. Its objects
/// have no `id` unless the struct has one, and are stored nowhere.
pub trait EphemeralResource: Schematic + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// What operations talk through.
    type Client: TypedClient;
    /// Name of the type: `random_password`.
    const TYPE: &'static str;

    /// Checks a configuration beyond its schema; parts may be unknown.
    fn validate(_config: &Value) -> Diagnostics {
        Diagnostics::new()
    }

    /// Fills in the computed attributes of a configuration, and tells what renews and closes the object.
    fn open(self, client: &Self::Client) -> impl Future<Output = Result<(Self, Hold)>> + Send;

    /// Prolongs what was opened.
    fn renew(_client: &Self::Client, hold: &Hold) -> impl Future<Output = Result<Hold>> + Send {
        async { Ok(hold.clone()) }
    }

    /// Gives back what was opened.
    fn close(_client: &Self::Client, _hold: &Hold) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }
}

/// A client as the settings of a provider, if it is a `C`.
pub fn settings<C: 'static>(client: Option<&dyn super::Client>) -> Option<&C> {
    client.and_then(|it| it.as_any().downcast_ref::<Arc<C>>()).map(Arc::as_ref)
}

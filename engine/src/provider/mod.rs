//! What a provider is to the engine: schemas and pure planning rules on one side, a client that acts on the other.

mod adapter;
mod attribute;
mod batch;
pub mod claim;
mod ephemeral;
mod steps;
pub mod typed;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

pub use self::adapter::{Registry, TypedClientHandle, parse_duration};
pub use self::claim::{
    ActiveMember, Adjustment, Claim, Decision, Drifted, Existence, LateBinding, Review, ReviewInput, Reviewed,
    RuntimeChange,
};
pub use self::ephemeral::{EphemeralType, Hold};
pub use self::steps::{ChangeSteps, PlannedStep, StepJournal, Stepping};
use crate::addr::{Mode, ResourceName};
use crate::diagnostic::Diagnostics;
use crate::schema::Schema;
use crate::value::{Path, Type, Value};

/// A provider: its types by name, and how to make a client for a configuration.
#[async_trait]
pub trait Provider: Send + Sync {
    /// Source address: `registry.terraform.io/hashicorp/aws`.
    fn source(&self) -> &str;

    /// Arguments of its `provider` block.
    fn config_schema(&self) -> &Schema;

    /// The schema and the rules of a resource type, or `None` if there is none of this name. A type that is here need
    /// not have operations.
    fn resource_type(&self, name: &str) -> Option<&dyn ResourceType>;

    /// The schema of a data source, or `None` if there is none of this name. One that is here need not be readable.
    fn data_source(&self, name: &str) -> Option<&Schema>;

    /// An ephemeral resource type, or `None` if there is none of this name.
    fn ephemeral_type(&self, _name: &str) -> Option<&dyn EphemeralType> {
        None
    }

    /// Names of all ephemeral resource types in order.
    fn ephemeral_types(&self) -> Vec<&str> {
        Vec::new()
    }

    /// Names of all resource types with operations in order.
    fn resource_types(&self) -> Vec<&str>;

    /// Names of all data sources that can be read in order.
    fn data_sources(&self) -> Vec<&str>;

    /// Whether the client can act on objects of a resource type or data source. Where it cannot, blocks are checked and
    /// instances planned by the schema, and a plan that has any is refused.
    fn operates(&self, resource: &ResourceName) -> bool {
        match resource.mode {
            Mode::Data => self.data_sources().contains(&&*resource.type_name),
            Mode::Ephemeral => self.ephemeral_types().contains(&&*resource.type_name),
            Mode::Managed => self.resource_types().contains(&&*resource.type_name),
        }
    }

    /// Whether there are types that it has no schema of, so that a name which is not here need not be wrong.
    fn is_partial(&self) -> bool {
        false
    }

    /// Functions callable as `provider::NAME::…`, by their last name.
    fn functions(&self) -> &'static [crate::functions::Function] {
        &[]
    }

    /// Types, of any provider, about whose objects [`Provider::review`] may make claims; empty for a provider that
    /// reviews nothing.
    fn claims(&self) -> &'static [&'static str] {
        &[]
    }

    /// Looks at a plan as a whole, once every object is planned: what of it belongs to run time, and what only shows
    /// when objects are seen side by side. Pure. Called when the plan has an object of the provider.
    fn review(&self, _input: &ReviewInput<'_>) -> Review {
        Review::default()
    }

    /// Makes a client. Checks what it can without a call; the first call finds the rest.
    async fn configure(&self, config: &Value) -> Result<Arc<dyn Client>, Diagnostics>;
}

/// Providers by source address.
#[derive(Clone, Default)]
pub struct Providers(BTreeMap<Arc<str>, Arc<dyn Provider>>);

impl Providers {
    /// Adds a provider under its source address.
    pub fn add(&mut self, provider: Arc<dyn Provider>) {
        self.0.insert(provider.source().into(), provider);
    }

    /// The provider of a source address.
    pub fn get(&self, source: &str) -> Option<&Arc<dyn Provider>> {
        self.0.get(source)
    }

    /// All of them in order of their source address.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn Provider>> {
        self.0.values()
    }
}

/// Schema and pure planning rules of a resource type.
pub trait ResourceType: Send + Sync {
    /// Attributes and nested blocks.
    fn schema(&self) -> &Schema;

    /// Checks a configuration beyond its schema; parts may be unknown, and an unknown part is no error.
    fn validate(&self, _config: &Value) -> Diagnostics {
        Diagnostics::new()
    }

    /// Adapts a planned change: computed values that follow from arguments, replacements that depend on values.
    /// Pure; `client` is there for settings of the provider's configuration such as default tags.
    fn plan(&self, _change: &mut PlannedChange, _client: Option<&dyn Client>) -> Diagnostics {
        Diagnostics::new()
    }

    /// The steps of a change in place, for a type whose changes take long and may stop half-way; with steps, an object is
    /// updated even if nothing differs. `change` is as [`ResourceType::plan`] has left it; `unfinished` are the steps that
    /// an earlier run has left, which those of the same goal give way to. Pure.
    ///
    /// # Errors
    /// The change must not be made as things are.
    fn steps(
        &self,
        _change: &PlannedChange,
        _unfinished: Option<&ChangeSteps>,
        _client: Option<&dyn Client>,
    ) -> Result<Option<ChangeSteps>, Diagnostics> {
        Ok(None)
    }

    /// The object of another type as one of this type, for a move between the two; `None` where that has no meaning.
    fn take_over(&self, _type_name: &str, _object: &Value) -> Option<Value> {
        None
    }

    /// How the create of an object is recognised after a crash.
    fn recognition(&self) -> Recognition;
}

/// A change as the planner proposes it, before the type has its say.
#[derive(Clone, Debug)]
pub struct PlannedChange {
    /// The prior object; null for a create.
    pub prior: Value,
    /// The configuration; null where an argument is not set.
    pub config: Value,
    /// The object to be; unknown where only the provider can tell.
    pub planned: Value,
    /// Attributes whose change replaces the object, besides those that the schema marks.
    pub replace: Vec<Path>,
}

/// How a create is recognised after a crash, so that it is neither lost nor done twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Recognition {
    /// The API takes a client token and answers a repetition with the first result.
    ClientToken,
    /// The API takes a creation token and finds the object by it.
    CreationToken,
    /// A tag that is set in the same call finds it.
    Tag,
    /// The name is unique and chosen by us.
    NaturalName,
    /// The arguments identify it: an association, an attachment, a rule.
    Arguments,
    /// Nothing outside plumb's own state is made.
    Local,
}

/// The key under which one create is sent, the same for every repetition of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct IntentKey(Arc<str>);

impl IntentKey {
    /// The key of the create of `address` in the run `run` of the state `lineage`: a UUID, the same for the same input.
    pub fn new(lineage: &str, run: &str, address: &str) -> Self {
        let name = format!("{lineage}\n{run}\n{address}");
        Self(uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, name.as_bytes()).to_string().into())
    }

    /// The text: 36 characters of lower-case hexadecimal digits and hyphens, at most 64 as every AWS token allows.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IntentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An object as the state knows it: enough to find it again.
#[derive(Clone, Debug)]
pub struct Known {
    /// The type's import id.
    pub id: String,
    /// Its last observed attributes; `None` for an import.
    pub object: Option<Value>,
}

/// The three answers of a read. "Could not read" is never "gone".
#[derive(Clone, Debug)]
pub enum ReadOutcome {
    /// The object as it is now.
    Found(Value),
    /// The remote side says that there is no such object.
    Absent,
    /// The remote side did not answer the question.
    Failed(ProviderError),
}

/// A create as the provider is asked to do it.
pub struct Creation<'a> {
    /// Token of the call.
    pub key: &'a IntentKey,
    /// Called as soon as the object's id is known, before anything else is done to it.
    pub made: &'a (dyn Fn(&str) + Send + Sync),
    /// How long it may take. [`TypedClientHandle`] puts the limit of the object or of its type here.
    pub timeout: Duration,
}

/// What the journal knows of a create that never ended.
#[derive(Clone, Copy, Debug)]
pub struct Trace<'a> {
    /// Key under which it was sent.
    pub key: Option<&'a IntentKey>,
    /// Id of the object, when it was told before the end.
    pub made: Option<&'a str>,
}

/// What became of a create that never ended.
#[derive(Clone, Debug)]
pub enum Settled {
    /// It made this object, which is ready; calls that follow a create may be missing.
    Found(Value),
    /// It made an object that will not become ready.
    Broken {
        /// Id of the object.
        id: String,
        /// Why.
        reason: String,
    },
    /// There is an object of the name or of the arguments, but one that this create would not have made so.
    Doubtful {
        /// Id of the object.
        id: String,
        /// Attributes that differ.
        differs: Vec<String>,
    },
    /// It made nothing.
    Absent,
}

impl Creation<'_> {
    /// Records the id of the object that now exists.
    pub fn made(&self, id: &str) {
        (self.made)(id);
    }
}

/// A configured provider: it acts. Every method may be called from many tasks at once.
#[async_trait]
pub trait Client: Send + Sync {
    /// Reads objects of one type, as few calls as the API allows; one answer per object, in their order.
    async fn read(&self, type_name: &str, objects: Vec<Known>) -> Vec<ReadOutcome>;

    /// Makes an object; `planned` is wholly known but for computed attributes, which are unknown or null.
    /// Returns the object with every attribute known.
    async fn create(&self, type_name: &str, planned: &Value, creation: &Creation<'_>) -> Result<Value, ProviderError>;

    /// Changes an object in place. Returns it with every attribute known.
    async fn update(&self, type_name: &str, prior: &Value, planned: &Value) -> Result<Value, ProviderError>;

    /// Changes an object by the steps of the plan, one after the other, each through `stepping`.
    async fn update_in_steps(
        &self,
        type_name: &str,
        prior: &Value,
        planned: &Value,
        _stepping: Stepping<'_>,
    ) -> Result<Value, ProviderError> {
        self.update(type_name, prior, planned).await
    }

    /// Deletes an object and waits until it is gone; an object that is gone already is a success.
    async fn delete(&self, type_name: &str, prior: &Value) -> Result<(), ProviderError>;

    /// Looks for the result of a create that was sent under `key` and never answered.
    async fn find(&self, type_name: &str, planned: &Value, key: &IntentKey) -> Result<Option<Value>, ProviderError>;

    /// Finds out what became of a create that an earlier process sent, looking until what it made would be visible.
    async fn settle(&self, type_name: &str, planned: &Value, trace: Trace<'_>) -> Result<Settled, ProviderError> {
        if let Some(id) = trace.made {
            let known = Known { id: id.to_owned(), object: Some(planned.clone().with("id", Value::string(id))) };
            return match self.read(type_name, vec![known]).await.pop() {
                Some(ReadOutcome::Found(found)) => Ok(Settled::Found(found)),
                Some(ReadOutcome::Failed(error)) => Err(error),
                Some(ReadOutcome::Absent) | None => Ok(Settled::Absent),
            };
        }
        match trace.key {
            Some(key) => Ok(self.find(type_name, planned, key).await?.map_or(Settled::Absent, Settled::Found)),
            None => Ok(Settled::Absent),
        }
    }

    /// Ids of all objects of a type that the remote side shows.
    ///
    /// # Errors
    /// The type does not list its objects, or the remote side did not answer.
    async fn list(&self, type_name: &str) -> Result<Vec<String>, ProviderError> {
        Err(ProviderError::refused(format!("listing {type_name}"), "objects of this type cannot be listed"))
    }

    /// Reads a data source; `config` is wholly known.
    async fn read_data(&self, type_name: &str, config: &Value) -> Result<Value, ProviderError>;

    /// Opens an ephemeral resource: its object, and what renews and closes it. `config` is wholly known.
    ///
    /// # Errors
    /// There is no such type, or the remote side refused or did not answer.
    async fn open(&self, type_name: &str, _config: &Value) -> Result<(Value, Hold), ProviderError> {
        let message = "the provider has no ephemeral resource type of this name";
        Err(ProviderError::refused(format!("opening {type_name}"), message))
    }

    /// Prolongs what was opened; called when [`Hold::renew_after`] has passed.
    ///
    /// # Errors
    /// The remote side refused or did not answer.
    async fn renew(&self, _type_name: &str, hold: &Hold) -> Result<Hold, ProviderError> {
        Ok(hold.clone())
    }

    /// Gives back what was opened, once nothing needs it any more.
    ///
    /// # Errors
    /// The remote side refused or did not answer.
    async fn close(&self, _type_name: &str, _hold: &Hold) -> Result<(), ProviderError> {
        Ok(())
    }

    /// Looks up what planned objects of the provider rely on, for what neither their arguments nor the state tell.
    /// Called once in a plan that refreshes, with the objects of this provider configuration.
    async fn inspect(&self, _objects: &[Reviewed<'_>]) -> Diagnostics {
        Diagnostics::new()
    }

    /// Which member of an object that makes claims is active now; `owner` is the object as the plan has it.
    ///
    /// # Errors
    /// The type makes no claims, or it could not be found out.
    async fn active_member(&self, type_name: &str, _owner: &Value) -> Result<ActiveMember, ProviderError> {
        Err(ProviderError::refused(format!("finding the active member of {type_name}"), "the type has no members"))
    }

    /// The provider's own settings, for [`ResourceType::plan`].
    fn as_any(&self) -> &dyn std::any::Any;

    /// How many API calls were sent so far, retries included.
    fn calls(&self) -> u64;

    /// What all calls wait for at the moment, as a sentence for the person who waits: credentials that have expired.
    fn waiting(&self) -> Option<String> {
        None
    }
}

/// Why a provider could not do what it was asked.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{action}: {message}")]
pub struct ProviderError {
    /// The summary of a diagnostic about it, where the action alone does not tell what users search for.
    pub summary: Option<Arc<str>>,
    /// What was attempted, with the API's words: "creating aws_vpc (CreateVpc)".
    pub action: String,
    /// What the remote side said, with code and request id, nothing lost.
    pub message: String,
    /// The way out, where one is known.
    pub help: Option<String>,
    /// What is known of the effect.
    pub effect: Effect,
}

/// What a failed call may have done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Nothing: it was refused or never sent.
    None,
    /// It cannot be told: no answer came.
    Unknown,
    /// A part of it was done.
    Partial,
}

impl ProviderError {
    /// A call that was refused or never sent.
    pub fn refused(action: impl Into<String>, message: impl Into<String>) -> Self {
        Self { summary: None, action: action.into(), message: message.into(), help: None, effect: Effect::None }
    }

    /// A call whose answer never came.
    pub fn unanswered(action: impl Into<String>, message: impl Into<String>) -> Self {
        Self { effect: Effect::Unknown, ..Self::refused(action, message) }
    }

    /// Gives a diagnostic about it a summary of its own.
    #[must_use]
    pub fn summary(mut self, summary: &str) -> Self {
        self.summary = Some(summary.into());
        self
    }

    /// Adds the way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// The type of an attribute, from a Rust type.
pub trait AttributeType {
    /// Whether a value may be left out.
    const OPTIONAL: bool = false;
    /// The type of its values.
    fn ty() -> Type;
}

/// The schema of a documented struct; implemented by `#[derive(Schema)]`.
pub trait Schematic {
    /// The struct's attributes and nested blocks.
    fn block() -> crate::schema::Block;
}

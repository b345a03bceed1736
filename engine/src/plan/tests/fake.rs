//! A provider whose things carry a value and are replaced when another one changes.

use std::any::Any;
use std::sync::Arc;

use async_trait::async_trait;

use crate::diagnostic::Diagnostics;
use crate::provider::{
    Claim, Client, Creation, Decision, EphemeralType, Existence, Hold, IntentKey, Known, PlannedChange, Provider,
    ProviderError, Providers, ReadOutcome, Recognition, ResourceType, Review, ReviewInput,
};
use crate::schema::{Attribute, Block, Schema};
use crate::value::{Type, Value};

/// Its source address.
pub const SOURCE: &str = "registry.terraform.io/hashicorp/test";

/// The schema of `test_thing` and `test_other`.
pub fn schema() -> Schema {
    let attributes = [
        ("id", Attribute::computed(Type::String)),
        ("input", Attribute::optional(Type::Dynamic)),
        ("output", Attribute::computed(Type::Dynamic)),
        ("trigger", Attribute { force_new: true, ..Attribute::optional(Type::Dynamic) }),
        ("secret", Attribute { write_only: true, ..Attribute::optional(Type::String) }),
    ];
    let attributes = attributes.map(|(name, it)| (name.into(), it)).into();
    Schema { block: Block { attributes, ..Block::default() }, ..Schema::default() }
}

/// A made thing.
pub fn object(id: &str, input: Value) -> Value {
    schema().block.empty().with("id", id.into()).with("output", input.clone()).with("input", input)
}

/// The provider alone.
pub fn providers() -> Providers {
    let mut providers = Providers::default();
    providers.add(Arc::new(Fake {
        config: Schema::default(),
        token: Token(token_schema()),
        thing: Thing(schema(), false),
        other: Thing(schema(), true),
    }));
    providers
}

struct Fake {
    config: Schema,
    token: Token,
    thing: Thing,
    other: Thing,
}

/// The schema of the ephemeral `test_token`.
fn token_schema() -> Schema {
    let attributes = [
        ("seed", Attribute::optional(Type::Dynamic)),
        ("value", Attribute { sensitive: true, ..Attribute::computed(Type::String) }),
    ];
    let attributes = attributes.map(|(name, it)| (name.into(), it)).into();
    Schema { block: Block { attributes, ..Block::default() }, ..Schema::default() }
}

struct Token(Schema);

impl EphemeralType for Token {
    fn schema(&self) -> &Schema {
        &self.0
    }
}

/// Schema, and whether it takes over objects of the other type.
struct Thing(Schema, bool);

impl ResourceType for Thing {
    fn schema(&self) -> &Schema {
        &self.0
    }

    fn plan(&self, change: &mut PlannedChange, _client: Option<&dyn Client>) -> Diagnostics {
        let input = change.planned.get("input").cloned().expect("the schema has it");
        if change.prior.get("input") != Some(&input) {
            change.planned = change.planned.clone().with("output", Value::unknown(input.ty()));
        }
        Diagnostics::new()
    }

    fn take_over(&self, type_name: &str, object: &Value) -> Option<Value> {
        (self.1 && type_name == "test_thing").then(|| object.clone())
    }

    fn recognition(&self) -> Recognition {
        Recognition::Local
    }
}

#[async_trait]
impl Provider for Fake {
    fn source(&self) -> &str {
        SOURCE
    }

    fn config_schema(&self) -> &Schema {
        &self.config
    }

    fn resource_type(&self, name: &str) -> Option<&dyn ResourceType> {
        match name {
            "test_thing" => Some(&self.thing),
            "test_other" => Some(&self.other),
            _ => None,
        }
    }

    fn data_source(&self, name: &str) -> Option<&Schema> {
        (name == "test_thing").then_some(&self.thing.0)
    }

    fn ephemeral_type(&self, name: &str) -> Option<&dyn EphemeralType> {
        (name == "test_token").then_some(&self.token)
    }

    fn ephemeral_types(&self) -> Vec<&str> {
        vec!["test_token"]
    }

    fn resource_types(&self) -> Vec<&str> {
        vec!["test_thing", "test_other"]
    }

    fn data_sources(&self) -> Vec<&str> {
        vec!["test_thing"]
    }

    fn claims(&self) -> &'static [&'static str] {
        &["test_thing"]
    }

    /// A `test_other` whose input has `members` claims the input of every `test_thing` with the same trigger.
    fn review(&self, input: &ReviewInput<'_>) -> Review {
        let owners = input.objects.iter().filter(|it| it.type_name() == "test_other");
        let claims = owners.filter_map(|owner| {
            let wanted = owner.current().get("input")?;
            let members = wanted.get("members")?.as_map()?.clone();
            Some(Claim {
                owner: owner.object.addr.clone(),
                type_name: "test_thing".into(),
                matches: [("trigger".into(), wanted.get("trigger")?.clone())].into(),
                attribute: "input".into(),
                members,
                active: wanted.get("active").and_then(Value::as_str).map(Into::into),
                epoch: 3,
                confirmed: true,
                existence: if wanted.get("optional").is_some() { Existence::Runtime } else { Existence::Configured },
                decision: if wanted.get("own").is_some() { Decision::Owner } else { Decision::Runtime },
            })
        });
        Review { claims: claims.collect(), ..Review::default() }
    }

    async fn configure(&self, _config: &Value) -> Result<Arc<dyn Client>, Diagnostics> {
        Ok(Arc::new(Reader))
    }
}

/// Finds every object as it is known; an unknown id is an object without input, but `gone` is none.
struct Reader;

#[async_trait]
impl Client for Reader {
    async fn read(&self, _type_name: &str, objects: Vec<Known>) -> Vec<ReadOutcome> {
        let outcome = |known: Known| match known.object {
            _ if known.id == "gone" => ReadOutcome::Absent,
            // Somebody has changed it behind the state's back.
            Some(object) if known.id.starts_with("now:") => {
                let text = Value::from(&known.id["now:".len()..]);
                ReadOutcome::Found(object.with("input", text.clone()).with("output", text))
            }
            Some(object) => ReadOutcome::Found(object),
            None => ReadOutcome::Found(object(&known.id, Value::null(Type::Dynamic))),
        };
        objects.into_iter().map(outcome).collect()
    }

    async fn create(&self, name: &str, _: &Value, _: &Creation<'_>) -> Result<Value, ProviderError> {
        Err(ProviderError::refused(name, "a plan makes nothing"))
    }

    async fn update(&self, name: &str, _: &Value, _: &Value) -> Result<Value, ProviderError> {
        Err(ProviderError::refused(name, "a plan changes nothing"))
    }

    async fn delete(&self, name: &str, _: &Value) -> Result<(), ProviderError> {
        Err(ProviderError::refused(name, "a plan deletes nothing"))
    }

    async fn find(&self, _: &str, _: &Value, _: &IntentKey) -> Result<Option<Value>, ProviderError> {
        Ok(None)
    }

    async fn read_data(&self, _type_name: &str, config: &Value) -> Result<Value, ProviderError> {
        let input = config.get("input").cloned().expect("the schema has it");
        Ok(object("data", input))
    }

    async fn open(&self, _type_name: &str, config: &Value) -> Result<(Value, Hold), ProviderError> {
        if config.get("seed").and_then(Value::as_str) == Some("bad") {
            return Err(ProviderError::refused("opening test_token", "the seed is bad"));
        }
        Ok((config.clone().with("value", "opened".into()), Hold::default()))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn calls(&self) -> u64 {
        0
    }
}

//! A provider that calls nothing: schemas of a real one, values as the test file gives them or made up.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;

use crate::diagnostic::Diagnostics;
use crate::provider::{
    Client, Creation, IntentKey, Known, PlannedChange, Provider, ProviderError, ReadOutcome, Recognition, ResourceType,
};
use crate::schema::{Block, Schema};
use crate::value::{Type, Value};

/// Values for computed attributes of a type.
#[derive(Clone, Debug, Default)]
pub(super) struct Filling {
    /// By attribute; of the attribute's type.
    pub values: BTreeMap<Arc<str>, Value>,
    /// They are there while planning already.
    pub during_plan: bool,
}

/// Values by type.
#[derive(Clone, Debug, Default)]
pub(super) struct Fillings {
    /// Of resources.
    pub resources: BTreeMap<Arc<str>, Filling>,
    /// Of data sources.
    pub data: BTreeMap<Arc<str>, Filling>,
}

/// Stands in for a provider.
pub(super) struct MockProvider {
    source: String,
    types: BTreeMap<String, MockType>,
    client: Arc<MockClient>,
}

struct MockType {
    real: Arc<dyn Provider>,
    name: String,
    filling: Filling,
}

struct MockClient {
    real: Arc<dyn Provider>,
    fillings: Fillings,
}

impl MockProvider {
    /// A stand-in for `real` under another source address.
    pub fn new(source: String, real: Arc<dyn Provider>, fillings: Fillings) -> Self {
        let types = real.resource_types().into_iter().map(|name| {
            let filling = fillings.resources.get(name).cloned().unwrap_or_default();
            (name.to_owned(), MockType { real: real.clone(), name: name.to_owned(), filling })
        });
        Self { source, types: types.collect(), client: Arc::new(MockClient { real: real.clone(), fillings }) }
    }
}

#[async_trait]
impl Provider for MockProvider {
    fn source(&self) -> &str {
        &self.source
    }

    fn config_schema(&self) -> &Schema {
        // A mocked provider is not configured: whatever its block says, nothing would read it.
        static NOTHING: std::sync::LazyLock<Schema> = std::sync::LazyLock::new(Schema::default);
        &NOTHING
    }

    fn resource_type(&self, name: &str) -> Option<&dyn ResourceType> {
        self.types.get(name).map(|it| it as &dyn ResourceType)
    }

    fn data_source(&self, name: &str) -> Option<&Schema> {
        self.client.real.data_source(name)
    }

    fn resource_types(&self) -> Vec<&str> {
        self.types.keys().map(String::as_str).collect()
    }

    fn data_sources(&self) -> Vec<&str> {
        self.client.real.data_sources()
    }

    async fn configure(&self, _config: &Value) -> Result<Arc<dyn Client>, Diagnostics> {
        Ok(self.client.clone())
    }
}

impl ResourceType for MockType {
    fn schema(&self) -> &Schema {
        let real = self.real.resource_type(&self.name);
        real.expect("the types of a mock are those of its provider").schema()
    }

    fn plan(&self, change: &mut PlannedChange, _client: Option<&dyn Client>) -> Diagnostics {
        if self.filling.during_plan {
            change.planned = complete(&change.planned, &self.schema().block, &self.filling, Value::is_unknown);
        }
        Diagnostics::new()
    }

    fn recognition(&self) -> Recognition {
        Recognition::Local
    }
}

impl MockClient {
    fn made(&self, type_name: &str, planned: &Value) -> Result<Value, ProviderError> {
        let Some(resource) = self.real.resource_type(type_name) else {
            return Err(ProviderError::refused(format!("mocking {type_name}"), "there is no such resource type"));
        };
        let filling = self.fillings.resources.get(type_name).cloned().unwrap_or_default();
        Ok(complete(planned, &resource.schema().block, &filling, Value::is_unknown))
    }
}

#[async_trait]
impl Client for MockClient {
    async fn read(&self, _type_name: &str, objects: Vec<Known>) -> Vec<ReadOutcome> {
        let read = |known: Known| known.object.map_or(ReadOutcome::Absent, ReadOutcome::Found);
        objects.into_iter().map(read).collect()
    }

    async fn create(&self, type_name: &str, planned: &Value, creation: &Creation<'_>) -> Result<Value, ProviderError> {
        let made = self.made(type_name, planned)?;
        if let Some(id) = made.get("id").and_then(Value::as_str) {
            creation.made(id);
        }
        Ok(made)
    }

    async fn update(&self, type_name: &str, _prior: &Value, planned: &Value) -> Result<Value, ProviderError> {
        self.made(type_name, planned)
    }

    async fn delete(&self, _type_name: &str, _prior: &Value) -> Result<(), ProviderError> {
        Ok(())
    }

    async fn find(&self, _: &str, _: &Value, _: &IntentKey) -> Result<Option<Value>, ProviderError> {
        Ok(None)
    }

    async fn read_data(&self, type_name: &str, config: &Value) -> Result<Value, ProviderError> {
        let Some(schema) = self.real.data_source(type_name) else {
            return Err(ProviderError::refused(format!("mocking data.{type_name}"), "there is no such data source"));
        };
        let filling = self.fillings.data.get(type_name).cloned().unwrap_or_default();
        Ok(complete(config, &schema.block, &filling, Value::is_null))
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }

    fn calls(&self) -> u64 {
        0
    }
}

/// The object with the computed attributes that are `open` filled in.
fn complete(object: &Value, block: &Block, filling: &Filling, open: fn(&Value) -> bool) -> Value {
    let mut whole = object.clone();
    for (name, attribute) in &block.attributes {
        let Some(value) = object.get(name) else { continue };
        if attribute.computed && open(value) {
            let value = filling.values.get(name).cloned().unwrap_or_else(|| made_up(&attribute.ty));
            whole = whole.with(name, value);
        }
    }
    whole.transform(&mut |part| if part.is_unknown() { made_up(&part.ty()) } else { part })
}

/// A value of a type: zero, empty, or a text of eight characters that is another one every time.
fn made_up(ty: &Type) -> Value {
    match ty {
        Type::String => {
            let random = uuid::Uuid::new_v4().simple().to_string();
            Value::string(&random[..8])
        }
        Type::Number => Value::number(0_i64),
        Type::Bool => Value::from(false),
        Type::List(element) => Value::list((**element).clone(), Vec::new()),
        Type::Set(element) => Value::set((**element).clone(), Vec::new()),
        Type::Map(element) => Value::map((**element).clone(), []),
        Type::Tuple(elements) => Value::tuple(elements.iter().map(made_up).collect()),
        Type::Object(object) => Value::object(object.attributes.iter().map(|(name, ty)| (name.clone(), made_up(ty)))),
        Type::Dynamic => Value::null(Type::Dynamic),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Attribute;

    #[test]
    fn computed_attributes_are_filled_and_arguments_left() {
        let mut block = Block::default();
        for (name, attribute) in [
            ("id", Attribute::computed(Type::String)),
            ("zones", Attribute::computed(Type::list(Type::String))),
            ("size", Attribute { computed: true, ..Attribute::optional(Type::Number) }),
            ("name", Attribute::optional(Type::String)),
        ] {
            block.attributes.insert(name.into(), attribute);
        }
        let planned = Value::object([
            ("id", Value::unknown(Type::String)),
            ("zones", Value::unknown(Type::list(Type::String))),
            ("size", Value::number(3_i64)),
            ("name", Value::null(Type::String)),
        ]);
        let filling = Filling { values: [("id".into(), Value::string("given"))].into(), during_plan: false };
        let made = complete(&planned, &block, &filling, Value::is_unknown);
        assert_eq!(made.get("id").and_then(Value::as_str), Some("given"));
        assert_eq!(made.get("zones").and_then(Value::as_slice).map(<[_]>::len), Some(0));
        assert_eq!(made.get("size"), planned.get("size"));
        assert!(made.get("name").is_some_and(Value::is_null));
        let empty = Filling::default();
        let id = |it: &Value| it.get("id").and_then(Value::as_str).map(str::len);
        assert_eq!(id(&complete(&planned, &block, &empty, Value::is_unknown)), Some(8));
    }
}

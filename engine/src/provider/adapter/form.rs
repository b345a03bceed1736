//! Objects as structs and structs as objects of a schema.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::settle;
use super::timeouts;
use crate::provider::typed::{DataSource, EphemeralResource, Resource, TypedClient};
use crate::provider::{ProviderError, Schematic};
use crate::schema::{Attribute, Block, Schema};
use crate::value::{Kind, Marks, Type, Value, convert, from_value, to_value};

/// Name of the attribute that every type has.
pub(super) const ID: &str = "id";

/// The form of a type's objects: the whole schema, and what of it is the struct's.
pub(super) struct Form {
    /// Name of the type.
    pub name: &'static str,
    /// The schema with what every type has.
    pub schema: Schema,
    /// The type of an object.
    pub ty: Type,
    /// Attributes and nested blocks that are fields of the struct.
    fields: BTreeSet<Arc<str>>,
    unreadable: &'static [&'static str],
}

impl Form {
    /// Form of a resource type.
    pub fn resource<R: Resource>() -> Self {
        let mut form = Self::new::<R, R::Client>(R::TYPE, R::VERSION);
        form.unreadable = R::UNREADABLE;
        let block = &mut form.schema.block;
        if !block.blocks.contains_key(timeouts::NAME) && !block.attributes.contains_key(timeouts::NAME) {
            block.blocks.insert(timeouts::NAME.into(), timeouts::block());
        }
        form.ty = form.schema.block.ty();
        form
    }

    /// Form of a data source.
    pub fn data<D: DataSource>() -> Self {
        Self::new::<D, D::Client>(D::TYPE, 0)
    }

    /// Form of an ephemeral resource type: nothing identifies its objects.
    pub fn ephemeral<E: EphemeralResource>() -> Self {
        let mut form = Self::new::<E, E::Client>(E::TYPE, 0);
        if !form.fields.contains(ID) {
            form.schema.block.attributes.remove(ID);
            form.ty = form.schema.block.ty();
        }
        form
    }

    fn new<S: Schematic, C: TypedClient>(name: &'static str, version: u64) -> Self {
        let mut block = S::block();
        let fields = block.attributes.keys().chain(block.blocks.keys()).cloned().collect();
        let description = "Identifies the object: what an import takes.".into();
        let id = Attribute { description, ..Attribute::computed(Type::String) };
        block.attributes.entry(ID.into()).or_insert(id);
        C::extend_schema(name, &mut block);
        Self { name, ty: block.ty(), schema: Schema { version, block, zero_is_absent: true }, fields, unreadable: &[] }
    }

    /// The struct of an object; what is unknown or null in the object is the default, `None`, empty or zero.
    pub fn parse<T: DeserializeOwned>(&self, object: &Value) -> Result<T, ProviderError> {
        let object = with_defaults(object.clone(), &self.schema.block);
        let fields = object.as_map().into_iter().flatten().filter(|(name, _)| self.fields.contains(*name));
        let fields = fields.map(|(name, value)| (name.clone(), known(value.clone())));
        from_value(&Value::object(fields)).map_err(|error| self.broken("reading the attributes", &error))
    }

    /// The object of a struct that the remote side has shown. `reference` is the object as it was planned or last
    /// observed; attributes that are none of the struct's are taken over from it.
    pub fn observed<C: TypedClient, T: Serialize>(
        &self,
        client: &C,
        (id, state): (&str, &T),
        reference: Option<&Value>,
    ) -> Result<Value, ProviderError> {
        let object = client.observed(self.build(id, state, reference)?, reference);
        let object = settle::block(object, reference, &self.schema.block);
        Ok(self.keep_unreadable(self.convert(&object)?, reference))
    }

    /// The object of a data source that was read: what the configuration sets stays as it is there.
    pub fn read<C: TypedClient, T: Serialize>(
        &self,
        client: &C,
        (id, state): (&str, &T),
        config: &Value,
    ) -> Result<Value, ProviderError> {
        let object = client.observed(self.build(id, state, Some(config))?, Some(config));
        let set = config.as_map().into_iter().flatten().filter(|(_, value)| is_set(value));
        let object = set.fold(object, |object, (name, value)| object.with(name, value.clone()));
        self.convert(&object)
    }

    /// Attributes of the struct, the `id`, and from `reference` what the struct does not have.
    fn build(&self, id: &str, state: &impl Serialize, reference: Option<&Value>) -> Result<Value, ProviderError> {
        let told = to_value(state).map_err(|error| self.broken("writing the attributes", &error))?;
        let value = |name: &Arc<str>, empty: Value| {
            let carried = || reference.and_then(|it| it.get(name)).filter(|it| it.is_wholly_known());
            let value = if self.fields.contains(name) { told.get(name) } else { carried() };
            (name.clone(), value.cloned().unwrap_or(empty))
        };
        let Block { attributes, blocks, .. } = &self.schema.block;
        let attributes = attributes.iter().map(|(name, it)| value(name, Value::null(it.ty.clone())));
        let blocks = blocks.iter().map(|(name, it)| value(name, it.empty()));
        let object = Value::object(attributes.chain(blocks)).with(ID, Value::from(id));
        self.convert(&object)
    }

    fn keep_unreadable(&self, object: Value, reference: Option<&Value>) -> Value {
        self.unreadable.iter().fold(object, |object, name| match reference.and_then(|it| it.get(name)) {
            Some(value) if is_set(value) && !self.is_write_only(name) => object.with(name, value.clone()),
            _ => object,
        })
    }

    fn is_write_only(&self, name: &str) -> bool {
        self.schema.block.attributes.get(name).is_some_and(|it| it.write_only)
    }

    fn convert(&self, object: &Value) -> Result<Value, ProviderError> {
        convert(object, &self.ty).map_err(|error| self.broken(&format!("converting \"{}\"", error.path), &error))
    }

    /// A struct that does not fit its own schema is a mistake in the provider, not in the configuration.
    fn broken(&self, doing: &str, reason: &impl ToString) -> ProviderError {
        ProviderError::refused(format!("{doing} of {}", self.name), reason.to_string())
            .help("This is a mistake in the provider: please report it, together with the resource's block.")
    }
}

/// The value without marks: providers see plain values, and the engine knows what is sensitive.
pub(super) fn plain(value: &Value) -> Value {
    value.clone().without_marks(Marks::SENSITIVE.and(Marks::EPHEMERAL))
}

/// The object with the schema's defaults in the place of nulls, in nested blocks too.
fn with_defaults(object: Value, block: &Block) -> Value {
    let null = |object: &Value, name: &str| object.get(name).is_none_or(Value::is_null);
    let defaults = block.attributes.iter().filter_map(|(name, it)| Some((name, it.default.as_ref()?)));
    let object = defaults.fold(object, |object, (name, default)| match null(&object, name) {
        true => object.with(name, default.clone()),
        false => object,
    });
    block.blocks.iter().fold(object, |object, (name, nested)| {
        let inner = |item: &Value| with_defaults(item.clone(), &nested.block);
        let filled = match object.get(name).map(Value::kind) {
            Some(Kind::Object(_)) => object.get(name).map(inner),
            Some(Kind::List(ty, items)) => Some(Value::list(ty.clone(), items.iter().map(inner).collect())),
            Some(Kind::Set(ty, items)) => Some(Value::set(ty.clone(), items.iter().map(inner).collect())),
            _ => None,
        };
        match filled {
            Some(filled) => object.with(name, filled),
            None => object,
        }
    })
}

/// The value with null in the place of everything unknown.
fn known(value: Value) -> Value {
    if value.is_wholly_known() {
        return value;
    }
    value.transform(&mut |it| if it.is_unknown() { Value::null(it.ty()) } else { it })
}

/// Whether it is wholly known, and neither null nor without elements.
fn is_set(value: &Value) -> bool {
    !value.is_null() && value.is_wholly_known() && value.as_slice().is_none_or(|it| !it.is_empty())
}

//! Schemas of the objects that are rendered, and stand-ins for those that nobody knows.

use std::borrow::Cow;

use plumb_engine::addr::{Mode, ResourceName};
use plumb_engine::provider::Providers;
use plumb_engine::schema::{Attribute, Block, Schema};
use plumb_engine::value::Value;

/// The source address in a provider configuration's name: `registry.terraform.io/hashicorp/aws` of
/// `module.a.provider["registry.terraform.io/hashicorp/aws"].west`.
pub fn provider_source(provider: &str) -> &str {
    provider.split('"').nth(1).unwrap_or(provider)
}

/// The block of a resource type or data source. A type that no provider has is shown by what its `samples` hold, every
/// part of them an attribute.
pub fn schema_block<'p>(
    providers: &'p Providers,
    provider: &str,
    resource: &ResourceName,
    samples: &[&Value],
) -> Cow<'p, Block> {
    match find(providers, provider, resource) {
        Some(schema) => Cow::Borrowed(&schema.block),
        None => Cow::Owned(inferred(samples)),
    }
}

/// The version of a type's schema, 0 when no provider has it.
pub fn schema_version(providers: &Providers, provider: &str, resource: &ResourceName) -> u64 {
    find(providers, provider, resource).map_or(0, |it| it.version)
}

fn find<'p>(providers: &'p Providers, provider: &str, resource: &ResourceName) -> Option<&'p Schema> {
    let provider = providers.get(provider_source(provider))?;
    match resource.mode {
        Mode::Managed => provider.resource_type(&resource.type_name).map(|it| it.schema()),
        Mode::Data => provider.data_source(&resource.type_name),
        Mode::Ephemeral => provider.ephemeral_type(&resource.type_name).map(|it| it.schema()),
    }
}

fn inferred(samples: &[&Value]) -> Block {
    let mut block = Block::default();
    for (name, value) in samples.iter().filter_map(|it| it.as_map()).flatten() {
        block.attributes.entry(name.clone()).or_insert_with(|| Attribute::optional(value.ty()));
    }
    block
}

//! The table of schemas: unpacked when the first is asked for, each decoded when it is.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::{LazyLock, OnceLock};

use flate2::read::GzDecoder;
use plumb_engine::provider::{Recognition, ResourceType};
use plumb_engine::schema::Schema;

use crate::decode::{self, Facts};

/// One JSON object a line, made by `scripts/aws-schemas.py`.
static PACKED: &[u8] = include_bytes!("schemas.jsonl.gz");

static TABLE: LazyLock<Table> = LazyLock::new(|| unpack(PACKED));

#[derive(Default)]
struct Table {
    resources: BTreeMap<String, Entry>,
    data: BTreeMap<String, Entry>,
}

struct Entry {
    line: String,
    schema: OnceLock<SchemaOnly>,
}

/// A type of which only the schema is known.
struct SchemaOnly(Schema);

impl ResourceType for SchemaOnly {
    fn schema(&self) -> &Schema {
        &self.0
    }

    fn recognition(&self) -> Recognition {
        Recognition::Arguments
    }
}

/// A resource type, or `None` where the table has none of this name.
pub fn resource_type(name: &str) -> Option<&'static dyn ResourceType> {
    TABLE.resources.get(name).map(|it| it.schema() as &dyn ResourceType)
}

/// The schema of a data source, or `None` where the table has none of this name.
pub fn data_source(name: &str) -> Option<&'static Schema> {
    TABLE.data.get(name).map(|it| &it.schema().0)
}

/// Names of all resource types in order.
pub fn resource_types() -> impl Iterator<Item = &'static str> {
    TABLE.resources.keys().map(String::as_str)
}

/// Names of all data sources in order.
pub fn data_sources() -> impl Iterator<Item = &'static str> {
    TABLE.data.keys().map(String::as_str)
}

impl Entry {
    fn schema(&self) -> &SchemaOnly {
        self.schema.get_or_init(|| {
            let facts: Facts = serde_json::from_str(&self.line).expect("the table is made and tested with the code");
            SchemaOnly(decode::schema(&facts))
        })
    }
}

fn unpack(packed: &[u8]) -> Table {
    let mut text = String::new();
    GzDecoder::new(packed).read_to_string(&mut text).expect("the table is made and tested with the code");
    let mut table = Table::default();
    for line in text.lines() {
        let (kind, name) = head(line).expect("the table is made and tested with the code");
        let entries = if kind == "data" { &mut table.data } else { &mut table.resources };
        entries.insert(name.to_owned(), Entry { line: line.to_owned(), schema: OnceLock::new() });
    }
    table
}

/// Kind and name of a line, without reading the rest: `{"kind":"data","type":"aws_ami",…`.
fn head(line: &str) -> Option<(&str, &str)> {
    let (kind, rest) = line.strip_prefix("{\"kind\":\"")?.split_once("\",\"type\":\"")?;
    Some((kind, rest.split_once('"')?.0))
}

#[cfg(test)]
mod tests {
    use plumb_engine::schema::Nesting;
    use plumb_engine::value::Type;

    use super::*;

    #[test]
    fn every_line_is_a_schema() {
        let mut count = 0;
        for name in resource_types() {
            count += resource_type(name).map_or(0, |it| it.schema().block.attributes.len());
        }
        for name in data_sources() {
            count += data_source(name).map_or(0, |it| it.block.attributes.len());
        }
        assert!(resource_types().count() > 500 && data_sources().count() > 300, "the table is whole");
        assert!(count > 9000, "{count} attributes");
        assert!(PACKED.len() < 1_000_000);
    }

    #[test]
    fn a_type_as_its_provider_has_it() {
        let block = &resource_type("aws_acm_certificate").unwrap().schema().block;
        let name = &block.attributes["domain_name"];
        assert!(name.optional && name.computed && name.force_new);
        assert!(block.attributes["private_key"].sensitive);
        assert!(
            matches!(&block.attributes["domain_validation_options"].ty, Type::Set(it) if matches!(**it, Type::Object(_)))
        );
        let options = &block.blocks["options"];
        assert_eq!((options.nesting, options.max_items), (Nesting::List, Some(1)));
        assert_eq!(block.blocks["validation_option"].nesting, Nesting::Set);
        assert!(block.blocks["validation_option"].block.attributes["domain_name"].required);
        assert!(resource_type("aws_acm_certificat").is_none());
    }

    #[test]
    fn arguments_that_may_be_blocks_and_time_limits() {
        let block = &resource_type("aws_security_group").unwrap().schema().block;
        assert!(block.attributes["ingress"].block_syntax);
        assert_eq!(block.blocks["timeouts"].nesting, Nesting::Single);
        assert!(block.attributes["region"].computed);
    }
}

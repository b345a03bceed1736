//! Terraform's state format, version 4: what `state pull` prints and `state push` takes.

mod export;
mod import;
mod steps;
mod types;

use std::collections::BTreeMap;
use std::sync::Arc;

use plumb_engine::addr::InstanceKey;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

pub use export::{ExportOptions, export};
pub use import::{FormatError, parse};

/// The version of the format.
const VERSION: u64 = 4;

/// The whole file.
#[derive(Serialize, Deserialize)]
struct File {
    version: u64,
    #[serde(default)]
    terraform_version: String,
    serial: u64,
    lineage: String,
    #[serde(default)]
    outputs: BTreeMap<Arc<str>, Output>,
    #[serde(default)]
    resources: Vec<Resource>,
    #[serde(default)]
    check_results: Json,
}

#[derive(Serialize, Deserialize)]
struct Output {
    value: Json,
    #[serde(rename = "type")]
    ty: Json,
    #[serde(default, skip_serializing_if = "is_false")]
    sensitive: bool,
}

#[derive(Serialize, Deserialize)]
struct Resource {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    module: String,
    mode: String,
    #[serde(rename = "type")]
    type_name: Arc<str>,
    name: Arc<str>,
    provider: String,
    #[serde(default)]
    instances: Vec<Instance>,
}

#[derive(Serialize, Deserialize)]
struct Instance {
    #[serde(default, skip_serializing_if = "is_unkeyed")]
    index_key: InstanceKey,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deposed: Option<Arc<str>>,
    schema_version: u64,
    #[serde(default)]
    attributes: Json,
    #[serde(default)]
    sensitive_attributes: Vec<Vec<Step>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    dependencies: Vec<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    create_before_destroy: bool,
}

/// One step of a path into attributes.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
enum Step {
    /// Into an attribute of an object.
    GetAttr(Arc<str>),
    /// Into an element: a position, or the key of a map.
    Index(Key),
}

/// What an element is found by.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Key {
    value: Json,
    #[serde(rename = "type")]
    ty: Json,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

fn is_unkeyed(key: &InstanceKey) -> bool {
    *key == InstanceKey::None
}

#[cfg(test)]
mod tests;

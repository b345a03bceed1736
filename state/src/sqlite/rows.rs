//! Keys and JSON columns: what the tables of objects and of operations have in common.

use std::collections::HashMap;
use std::sync::Arc;

use plumb_engine::addr::{AddrError, ConfigResource, InstanceAddr, InstanceKey, ModuleAddr, ResourceName};
use plumb_engine::store::ObjectKey;
use rusqlite::{Row, ToSql};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::failure::{Failure, Result};
use crate::address::{mode_name, parse_config_resource, parse_mode};

/// An object's key as columns.
pub(super) struct KeyColumns {
    /// The address as text.
    pub address: String,
    /// Key of a deposed object; empty for the current one.
    pub deposed: Arc<str>,
    module: String,
    mode: &'static str,
    type_name: Arc<str>,
    name: Arc<str>,
    instance_key: Option<String>,
}

impl KeyColumns {
    pub(super) fn new(key: &ObjectKey) -> Self {
        let InstanceAddr { module, resource, key: instance } = &key.addr;
        Self {
            address: key.addr.to_string(),
            deposed: key.deposed.clone().unwrap_or_default(),
            module: module.to_string(),
            mode: mode_name(resource.mode),
            type_name: resource.type_name.clone(),
            name: resource.name.clone(),
            instance_key: (*instance != InstanceKey::None).then(|| json(instance)),
        }
    }

    /// `address` and `deposed`, which tell rows apart.
    pub(super) fn identity(&self) -> [&dyn ToSql; 2] {
        [&self.address, &self.deposed]
    }

    /// Values for [`KEY`].
    pub(super) fn all(&self) -> [&dyn ToSql; 7] {
        [&self.address, &self.deposed, &self.module, &self.mode, &self.type_name, &self.name, &self.instance_key]
    }
}

/// The columns that [`Reader::key`] reads from column 0 on, and that [`KeyColumns::all`] has values for.
pub(super) const KEY: &str = "address, deposed, module, mode, type, name, instance_key";

/// How many columns [`KEY`] has.
pub(super) const KEY_LEN: usize = 7;

/// Reads rows; texts that come back often are read once.
#[derive(Default)]
pub(super) struct Reader {
    names: HashMap<String, Arc<str>>,
    modules: HashMap<String, ModuleAddr>,
    dependencies: HashMap<String, Vec<ConfigResource>>,
}

impl Reader {
    /// The key in the columns [`KEY`], which come first in the row.
    pub(super) fn key(&mut self, row: &Row<'_>) -> Result<ObjectKey> {
        let deposed = text(row, 1)?;
        let mode = text(row, 3)?;
        let resource = ResourceName {
            mode: parse_mode(mode).ok_or_else(|| Failure::Row(format!("{mode:?} is no mode of a resource")))?,
            type_name: self.name(text(row, 4)?),
            name: self.name(text(row, 5)?),
        };
        let key = match row.get_ref(6)?.as_str_or_null().map_err(|error| malformed(row, 6, error))? {
            None => InstanceKey::None,
            Some(key) => parse(key, || column(row, 6))?,
        };
        let addr = InstanceAddr { module: self.module(text(row, 2)?)?, resource, key };
        Ok(ObjectKey { addr, deposed: (!deposed.is_empty()).then(|| deposed.into()) })
    }

    /// Blocks as [`dependencies`] writes them.
    pub(super) fn dependencies(&mut self, row: &Row<'_>, index: usize) -> Result<Vec<ConfigResource>> {
        let json = text(row, index)?;
        if let Some(known) = self.dependencies.get(json) {
            return Ok(known.clone());
        }
        let names: Vec<&str> = parse(json, || column(row, index))?;
        let blocks = names
            .into_iter()
            .map(|it| parse_config_resource(it).ok_or_else(|| Failure::Row(format!("{it:?} is no address of a block"))))
            .collect::<Result<Vec<_>>>()?;
        self.dependencies.insert(json.to_owned(), blocks.clone());
        Ok(blocks)
    }

    fn name(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.names.get(text) {
            return known.clone();
        }
        let name: Arc<str> = text.into();
        self.names.insert(text.to_owned(), name.clone());
        name
    }

    fn module(&mut self, text: &str) -> Result<ModuleAddr> {
        if let Some(known) = self.modules.get(text) {
            return Ok(known.clone());
        }
        let module: ModuleAddr = text.parse().map_err(|error: AddrError| Failure::Row(error.to_string()))?;
        self.modules.insert(text.to_owned(), module.clone());
        Ok(module)
    }
}

/// Blocks as a JSON list of addresses.
pub(super) fn dependencies(blocks: &[ConfigResource]) -> String {
    json(&blocks.iter().map(ToString::to_string).collect::<Vec<_>>())
}

/// A value as JSON text.
pub(super) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("states hold only values with text keys")
}

/// A text column, borrowed from the row.
pub(super) fn text<'r>(row: &'r Row<'_>, index: usize) -> Result<&'r str> {
    row.get_ref(index)?.as_str().map_err(|error| malformed(row, index, error))
}

/// A JSON column.
pub(super) fn parse_column<T: DeserializeOwned>(row: &Row<'_>, index: usize) -> Result<T> {
    parse(text(row, index)?, || column(row, index))
}

/// A unit variant by its name, as [`variant`] writes it.
pub(super) fn parse_variant<T: DeserializeOwned>(row: &Row<'_>, index: usize) -> Result<T> {
    let name = text(row, index)?.to_owned();
    serde_json::from_value(name.into()).map_err(|error| malformed(row, index, error))
}

/// The name of a unit variant, or the text of a transparent wrapper of one.
pub(super) fn variant(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        other => unreachable!("only values that are written as texts are passed: {other:?}"),
    }
}

/// A counter as SQLite has it.
pub(super) fn to_i64(number: u64) -> Result<i64> {
    i64::try_from(number).map_err(|_| Failure::Row(format!("{number} is too large to be stored")))
}

/// A counter as it was stored.
pub(super) fn from_i64(number: i64) -> Result<u64> {
    u64::try_from(number).map_err(|_| Failure::Row(format!("{number} stands where a count should")))
}

/// JSON of a row; `place` says where it stands, for an error.
pub(super) fn parse<'t, T: serde::Deserialize<'t>>(json: &'t str, place: impl Fn() -> String) -> Result<T> {
    serde_json::from_str(json).map_err(|error| Failure::Row(format!("{}: {error}", place())))
}

fn malformed(row: &Row<'_>, index: usize, error: impl std::fmt::Display) -> Failure {
    Failure::Row(format!("{}: {error}", column(row, index)))
}

fn column(row: &Row<'_>, index: usize) -> String {
    format!("the column {:?} of a row", row.as_ref().column_name(index).unwrap_or("?"))
}

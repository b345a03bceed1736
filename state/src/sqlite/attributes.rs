//! Attributes of rows: parsed and opened when somebody asks for them, not when the row is read.

use std::path::Path;
use std::sync::Arc;

use plumb_engine::store::{Attributes, Reading, StoreError};
use plumb_engine::value;
use serde_json::Value as Json;

use super::failure::{Failure, Result};
use super::rows::parse;
use super::vault::Vault;

/// Makes attributes of the texts of rows.
pub(super) struct Opener {
    vault: Arc<Vault>,
    path: Arc<Path>,
    plain: Reading,
}

impl Opener {
    /// For the rows of a file.
    pub fn new(vault: &Vault, path: &Path) -> Self {
        let path: Arc<Path> = path.into();
        let file = path.clone();
        let plain: Reading = Arc::new(move |text| parsed(text).map_err(|failure| at(failure, &file)));
        Self { vault: Arc::new(vault.clone()), path, plain }
    }

    /// The attributes of a row, of which the parts at the paths may be sealed for the place.
    pub fn attributes(&self, text: &str, sensitive: &[value::Path], place: impl FnOnce() -> String) -> Attributes {
        if sensitive.is_empty() || !self.vault.is_sealed() {
            return Attributes::stored(text, self.plain.clone());
        }
        let (vault, file, place, sensitive) = (self.vault.clone(), self.path.clone(), place(), sensitive.to_vec());
        let read: Reading = Arc::new(move |text| {
            let opened = parsed(text).and_then(|mut json| {
                vault.open(&place, &mut json, &sensitive)?;
                Ok(json)
            });
            opened.map_err(|failure| at(failure, &file))
        });
        Attributes::stored(text, read)
    }
}

fn parsed(text: &str) -> Result<Json> {
    parse(text, || "the column \"attributes\" of a row".to_owned())
}

fn at(failure: Failure, path: &Path) -> StoreError {
    failure.at(path, "reading the state")
}

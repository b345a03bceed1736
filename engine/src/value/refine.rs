//! What is already known of an unknown value.

use std::sync::Arc;

/// Facts about an unknown value; the default is none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Refinement {
    /// It will not be null.
    pub not_null: bool,
    /// It will start with this text (strings).
    pub prefix: Option<Arc<str>>,
    /// Least number of elements (collections).
    pub min_length: Option<u64>,
    /// Greatest number of elements (collections).
    pub max_length: Option<u64>,
}

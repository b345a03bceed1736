//! Conversion of values to types.

use super::{Path, Type, Value};

/// Why a value cannot have a type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct ConvertError {
    /// The part of the value that does not fit.
    pub path: Path,
    /// What is wrong: "a number is required".
    pub reason: String,
}

/// Converts a value to a type constraint as the language does for arguments and variables; marks and unknowns stay.
///
/// # Errors
/// Names the first part that does not fit.
pub fn convert(_value: &Value, _ty: &Type) -> Result<Value, ConvertError> {
    unimplemented!()
}

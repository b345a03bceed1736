//! Values as plain JSON, and JSON as values of a type.

use super::{ConvertError, Type, Value};

/// Plain JSON of a value: unknown becomes null, marks are left out, numbers keep every digit. With `dynamic` in the
/// type (`None` to use the value's own), that part is wrapped as `{"value": …, "type": …}`, as states do.
pub fn to_json(_value: &Value, _ty: Option<&Type>) -> serde_json::Value {
    unimplemented!()
}

/// JSON as a value of a type; `Type::Dynamic` parts are read from their `{"value": …, "type": …}` form.
/// Attributes that an object type has and the JSON lacks become null; those that it lacks are dropped.
///
/// # Errors
/// Names the first part that does not fit.
pub fn from_json(_json: &serde_json::Value, _ty: &Type) -> Result<Value, ConvertError> {
    unimplemented!()
}

/// JSON as the value that `jsondecode` makes of it: objects and tuples.
pub fn infer_json(_json: &serde_json::Value) -> Value {
    unimplemented!()
}

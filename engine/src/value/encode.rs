//! A lossless JSON form of values for plan files: type, unknowns and marks included.

use super::Value;

/// The lossless JSON form.
pub fn encode(_value: &Value) -> serde_json::Value {
    unimplemented!()
}

/// Reads what [`encode`] wrote; `None` where it is something else.
pub fn decode(_json: &serde_json::Value) -> Option<Value> {
    unimplemented!()
}

//! Values and types as text: for people, for the console, for the value lines of diagnostics.

use std::sync::Arc;

use super::{Type, Value};

/// The text in Unicode NFC.
pub(super) fn nfc(_text: &str) -> Arc<str> {
    unimplemented!()
}

/// A value as the console prints it, sensitive and unknown parts as `(sensitive value)` and `(known after apply)`.
pub fn display(_value: &Value) -> String {
    unimplemented!()
}

/// A type on one line, as HCL's `typeexpr.TypeString` writes it; `any` for dynamic.
pub fn type_text(_ty: &Type) -> String {
    unimplemented!()
}

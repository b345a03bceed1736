//! Sets: their order and the removal of repetitions.

use super::{Type, Value};

/// A set of elements that have the type `element` already.
pub(super) fn build(_element: Type, _items: Vec<Value>) -> Value {
    unimplemented!()
}

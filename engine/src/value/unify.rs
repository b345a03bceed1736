//! The one type that several values can be converted to.

use super::Type;

/// The type to which values of all of `types` convert, as conditionals, `tolist` and `for` need it; `None` where
/// there is none. `Dynamic` among them makes the result `Dynamic` or the type of the others, as the oracle does.
pub fn unify(_types: &[Type]) -> Option<Type> {
    unimplemented!()
}

//! Small providers that need no network: `terraform_data`, `random_*` and `null_resource`.

mod local;
mod null;
mod random;
mod terraform;

use std::sync::Arc;

use plumb_engine::provider::Provider;

pub use self::terraform::{NoStates, Place, States};

/// The providers of this crate, in the order of their source addresses. `states` finds the states that
/// `terraform_remote_state` reads.
pub fn providers(states: Arc<dyn States>) -> Vec<Arc<dyn Provider>> {
    vec![Arc::new(null::provider()), Arc::new(random::provider()), Arc::new(terraform::BuiltIn::new(states))]
}

#[cfg(test)]
mod tests;

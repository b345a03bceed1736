//! Small providers that need no network: `terraform_data`, `random_*` and `null_resource`.

mod local;
mod null;
mod random;
mod terraform;

use std::sync::Arc;

use plumb_engine::provider::Provider;

/// The providers of this crate, in the order of their source addresses.
pub fn providers() -> Vec<Arc<dyn Provider>> {
    vec![Arc::new(null::provider()), Arc::new(random::provider()), Arc::new(terraform::BuiltIn::new())]
}

#[cfg(test)]
mod tests;

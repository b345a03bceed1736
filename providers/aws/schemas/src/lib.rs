//! AWS types as schemas alone: enough to check configurations and to plan, not to act.
//!
//! Modules declare many more types than they instantiate, so every type of the services in scope has a schema here, and
//! the AWS provider has operations for those that it implements. [`table`] holds the schemas, [`settings`] the arguments
//! of the provider block, [`functions`] its functions; [`provider`] is what stands for AWS in a build without its SDK.

mod decode;
pub mod functions;
mod provider;
pub mod settings;
pub mod table;
#[cfg(test)]
mod tests;

pub use provider::provider;

/// Source address under which configurations know the provider.
pub const SOURCE: &str = "registry.terraform.io/hashicorp/aws";

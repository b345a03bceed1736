//! The language, the planner and the executor.

// What the derive writes names the crate by its name, in the tests here too.
#[cfg(test)]
extern crate self as plumb_engine;

pub mod addr;
pub mod apply;
pub mod config;
pub mod diagnostic;
pub mod events;
pub mod functions;
pub mod plan;
pub mod provider;
pub mod schema;
pub mod source;
pub mod store;
pub mod syntax;
pub mod value;

pub use plumb_macros::Schema;

//! The language, the planner and the executor of plumb; knows no AWS, no SQLite, no terminal.
//!
//! ```text
//! configuration ──► desired instances ──► plan ──► operations ──► state
//!   (HCL, spans)      (evaluator)        (diff)     (graph)      (journal)
//! ```
//!
//! In the order of the pipeline:
//!
//! - [`source`], [`diagnostic`]: files and ranges; errors and warnings as values that are collected.
//! - [`syntax`]: text to syntax tree. [`config`]: files to modules and blocks, and the order of blocks ([`config::graph`]).
//! - [`value`]: typed values with unknowns and marks. [`functions`]: the functions of the language, one table.
//! - [`eval`]: expressions to values, blocks to desired instances. It sees no state and no network.
//! - [`schema`], [`provider`]: what a type is as data, and what a provider does. [`provider::typed`]: types as structs.
//! - [`plan`]: desired instances against prior objects, by schema alone. Start at [`plan::create`].
//! - [`operations`]: a plan as a graph of steps, the order decided once. [`apply`]: runs them, each journaled.
//! - [`store`]: what a state owes the engine. [`events`]: what happens, for whoever shows it.
//! - [`validate`], [`console`]: the evaluator without a plan. [`format`]: text to text. [`diagram`]: what waits for what.
//!
//! What is absent holds it together: no shared context that phases write to; no second code path for refresh, order or
//! execution; nothing in `apply` that decides; nothing here that prints.

// What the derive writes names the crate by its name, in the tests here too.
#[cfg(test)]
extern crate self as plumb_engine;

pub mod addr;
pub mod apply;
pub mod config;
#[cfg(test)]
mod conformance;
pub mod console;
pub mod diagnostic;
pub mod diagram;
mod ephemeral;
pub mod eval;
pub mod events;
pub mod format;
pub mod functions;
pub mod operations;
pub mod plan;
pub mod provider;
pub mod provision;
pub mod schema;
pub mod source;
pub mod store;
pub mod syntax;
pub mod testing;
pub mod text;
pub mod validate;
pub mod value;

pub use plumb_macros::Schema;

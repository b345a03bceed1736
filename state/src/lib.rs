//! The stores of plumb: SQLite for real use, memory for tests, and Terraform's state format as a means of exchange.

mod address;
pub mod conformance;
mod failure;
#[cfg(test)]
mod lives;
mod memory;
mod options;
#[cfg(test)]
mod random;
pub mod seal;
mod sqlite;
pub mod state_v4;

pub use memory::MemoryStore;
pub use options::{Clock, Died, LEASE, Options};
pub use sqlite::{SqliteStore, Table};

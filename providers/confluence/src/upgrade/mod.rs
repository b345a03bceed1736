//! Upgrades: planned as steps from what was observed, and carried out one step after the other.

mod cancel;
mod fleet_steps;
mod gates;
mod join;
mod plan;
mod rolling;
mod run;
mod stop_all;
mod wait;
mod work;

pub use cancel::cancel;
pub(crate) use plan::plan;
pub(crate) use run::{carry_out, settings};

//! The agent: what runs on each server of a cluster and moves its groups.
//!
//! `core` decides and does nothing: events in, actions out. `driver` does what it says and reports back. Everything that
//! touches the machine or the network is behind a small trait, so that the same core and the same driver run in a
//! simulation where processes stop, clocks differ and answers get lost.

pub mod clock;
pub mod control;
pub mod core;
pub mod driver;
pub mod event;
pub mod guard;
pub mod local;
pub mod message;
pub mod metrics;
pub mod network;
pub mod report;
pub mod settings;

#[cfg(test)]
mod scenarios;
#[cfg(test)]
mod simulation;

//! Checks of single blocks.

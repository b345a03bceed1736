//! Merges reads that are wanted at the same time into one call.

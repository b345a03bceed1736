//! Reviews of small plans.

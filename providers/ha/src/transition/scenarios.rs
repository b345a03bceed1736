//! Whole transitions over an AWS in memory, with faults, and killed at every boundary.

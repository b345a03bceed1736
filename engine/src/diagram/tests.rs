//! Diagrams of small configurations.

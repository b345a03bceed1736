//! The language, the planner and the executor.

pub mod addr;
pub mod diagnostic;
pub mod source;
pub mod syntax;
pub mod value;

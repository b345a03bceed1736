//! Plans made by hand, and how they are rendered.

mod changes;
mod documents;
mod fixture;
mod oracle;
mod plans;
mod wrappers;

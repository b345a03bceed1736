//! The command line of plumb: arguments in, text or JSON out, an exit code.

mod render;

/// Version of plumb.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Version of Terraform whose language and interface plumb speaks: what tools read that ask for a version.
pub const TERRAFORM_VERSION: &str = "1.11.4";

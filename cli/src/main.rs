//! The plumb binary.

use std::process::ExitCode;

use plumb_engine::provider::Providers;

fn main() -> ExitCode {
    plumb_cli::run(Providers::default())
}

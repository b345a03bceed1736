//! The plumb binary.

fn main() -> std::process::ExitCode {
    plumb_cli::run(plumb_cli::providers())
}

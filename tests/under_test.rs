//! The plumb binary as the suites run it: cargo builds the programs of a package before its tests.

fn main() -> std::process::ExitCode {
    plumb_cli::run(plumb_cli::providers())
}

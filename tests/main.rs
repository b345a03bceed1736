//! All suites in one binary: every file of a suite is a test of its own name.

mod architecture;
mod command_line;
mod concurrent;
mod emulator;
mod examples;
mod faults;
mod golden;
mod ha;
mod ha_agent;
mod interrupts;
mod kill;
mod lifecycle;
mod modules;
mod proxy;
mod recognition;
mod space;
mod state;
mod upgrades;

use libtest_mimic::{Arguments, Trial};

fn main() -> std::process::ExitCode {
    let arguments = Arguments::from_args();
    let mut trials: Vec<Trial> = Vec::new();
    trials.extend(architecture::trials());
    trials.extend(golden::trials());
    trials.extend(command_line::trials());
    trials.extend(concurrent::trials());
    trials.extend(state::trials());
    trials.extend(lifecycle::trials());
    trials.extend(examples::trials());
    trials.extend(ha::trials());
    trials.extend(modules::trials());
    trials.extend(upgrades::trials());
    trials.extend(recognition::trials());
    trials.extend(faults::trials());
    trials.extend(interrupts::trials());
    trials.extend(ha_agent::trials());
    trials.extend(kill::trials());
    let conclusion = libtest_mimic::run(&arguments, trials);
    emulator::stop();
    conclusion.exit_code()
}

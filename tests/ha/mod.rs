//! Failover groups on the emulator: their life, what plans make of run time, faults of AWS, and kills.

mod faults;
mod kill;
mod life;
mod plans;
mod site;

use libtest_mimic::Trial;

/// The suite.
pub fn trials() -> Vec<Trial> {
    let suites = [life::trials(), plans::trials(), faults::trials(), kill::trials()];
    suites.into_iter().flatten().collect()
}

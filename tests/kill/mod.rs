//! The kill harness: plumb is ended at every boundary of an apply, runs again, and must leave the account as an
//! uninterrupted run does.
//!
//! A boundary is before or after a call, where the proxy ends plumb, or before or after a commit of the state, where a
//! shim below the process does. Without more, a few boundaries are drawn by a seed; `PLUMB_KILL=all` takes every one,
//! `PLUMB_KILL=N` draws N of each scenario, `PLUMB_KILL_SEED` draws others.

mod scenario;
mod stage;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use libtest_mimic::{Failed, Trial};

use self::scenario::ALL;
pub use self::scenario::{Configuration, Scenario};
pub use self::stage::{Origin, Stage};
use super::faults::say;
use super::proxy::{Faults, Kill, Proxy};
use super::space::{Run, root};

/// Boundaries that are tried at the same time; `PLUMB_KILL_PARALLEL` sets another number.
const PARALLEL: usize = 2;

/// Boundaries after which a run of hours says how it goes.
const TALLY: usize = 50;

/// One per scenario.
pub fn trials() -> Vec<Trial> {
    ALL.iter().map(|it| Trial::test(format!("kill::{}", it.name), move || harness(it))).collect()
}

/// A point at which plumb is ended.
#[derive(Clone, Copy, Debug)]
pub enum Boundary {
    /// Before or after a call.
    Call {
        /// Its number, from 1.
        number: u64,
        /// After it.
        after: bool,
    },
    /// Before or after something is made durable.
    Commit {
        /// Its number, from 1.
        number: u64,
        /// After it.
        after: bool,
    },
}

/// What a run that was not interrupted does and leaves behind.
struct Reference {
    boundaries: Vec<Boundary>,
    account: Vec<String>,
}

fn harness(scenario: &'static Scenario) -> Result<(), Failed> {
    let origin = Origin::new(scenario)?;
    let reference = reference(scenario, &origin)?;
    let all = reference.boundaries.len();
    let chosen = choose(reference.boundaries.clone(), scenario);
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..number("PLUMB_KILL_PARALLEL").unwrap_or(PARALLEL) {
            scope.spawn(|| {
                while let Some(boundary) = chosen.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let ended = killed(scenario, &origin, &reference, *boundary);
                    let mut failures = failures.lock().expect("no panic");
                    if let Err(error) = ended {
                        // All of it comes at the end, which may be hours away.
                        let failure = format!("{boundary:?}: {error}");
                        say(&format!("kill::{}: {}", scenario.name, failure.lines().next().unwrap_or_default()));
                        failures.push(failure);
                    }
                    let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                    if done % TALLY == 0 {
                        report(scenario.name, all, done, failures.len());
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().expect("no panic");
    report(scenario.name, all, chosen.len(), failures.len());
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n\n").into()) }
}

fn report(name: &str, all: usize, tried: usize, failed: usize) {
    say(&format!("kill::{name}: {tried} of {all} boundaries, {failed} not converged"));
}

fn choose(all: Vec<Boundary>, scenario: &Scenario) -> Vec<Boundary> {
    let small = scenario.configuration != Configuration::Confluence;
    chosen(all, scenario.name.len(), if small { 3 } else { 1 })
}

/// The boundaries that are tried: all, as many as the environment says, or `usual` many, drawn by a seed and a salt.
pub fn chosen(all: Vec<Boundary>, salt: usize, usual: usize) -> Vec<Boundary> {
    let wanted = std::env::var("PLUMB_KILL").unwrap_or_default();
    if wanted == "all" {
        return all;
    }
    let count = wanted.parse().unwrap_or(usual);
    let seed = number("PLUMB_KILL_SEED").unwrap_or(1) as u64;
    let drawn = (0..count as u64).map(|at| super::proxy::roll(seed, at, salt));
    drawn.map(|part| all[((part * all.len() as f64) as usize).min(all.len() - 1)]).collect()
}

fn number(variable: &str) -> Option<usize> {
    std::env::var(variable).ok()?.parse().ok()
}

fn arguments(scenario: &Scenario) -> [&'static str; 3] {
    [if scenario.destroys { "destroy" } else { "apply" }, "-auto-approve", "-no-color"]
}

fn reference(scenario: &Scenario, origin: &Origin) -> Result<Reference, String> {
    let stage = origin.copy()?;
    let proxy = Proxy::start(&stage.upstream, Faults { tokens: true, ..Faults::default() });
    let log = stage.space.path().join("commits");
    let mut command = stage.command(&arguments(scenario), scenario.step, &proxy.endpoint());
    command.env("LD_PRELOAD", shim()?).env("PLUMB_SYNC_LOG", &log);
    let output = command.output().expect("plumb can be started");
    Run::new("reference", &output).expect(0)?;
    if !scenario.destroys {
        stage.run(&["plan", "-detailed-exitcode", "-no-color"], scenario.step, &stage.upstream).expect(0)?;
    }
    let commits = std::fs::read(&log).map(|it| it.len() as u64).unwrap_or_default();
    if commits == 0 {
        return Err("the shim has counted no commit".to_owned());
    }
    let both = |number| [false, true].map(|after| (number, after));
    let calls = (1..=proxy.arrived()).flat_map(both).map(|(number, after)| Boundary::Call { number, after });
    let commits = (1..=commits).flat_map(both).map(|(number, after)| Boundary::Commit { number, after });
    Ok(Reference { boundaries: calls.chain(commits).collect(), account: stage.account()? })
}

fn killed(scenario: &Scenario, origin: &Origin, reference: &Reference, boundary: Boundary) -> Result<(), String> {
    let stage = origin.copy()?;
    let pid = Arc::new(Mutex::new(None));
    let mut faults = Faults { tokens: true, ..Faults::default() };
    if let Boundary::Call { number, after } = boundary {
        faults.kill = Some(Kill { call: number, after, pid: pid.clone() });
    }
    let proxy = Proxy::start(&stage.upstream, faults);
    let mut command = stage.command(&arguments(scenario), scenario.step, &proxy.endpoint());
    if let Boundary::Commit { number, after } = boundary {
        command.env("LD_PRELOAD", shim()?).env("PLUMB_SYNC_KILL", order(number, after));
    }
    let child = command.spawn().expect("plumb can be started");
    *pid.lock().expect("no panic") = Some(child.id());
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    let first = Run::new("interrupted", &output);
    let second = stage.again(&arguments(scenario), scenario.step, &proxy.endpoint());
    let told = |what: &str, run: &Run| {
        // The plan before is long and tells nothing.
        let events = |run: &Run| {
            run.text().lines().skip_while(|it| !it.starts_with("Plan:")).map(|it| format!("{it}\n")).collect::<String>()
        };
        let again = if run.text().contains("\nPlan:") { events(run) } else { run.text() };
        let calls: String = proxy.calls().iter().map(|it| format!("{it}\n")).collect();
        format!("{what}\n--- interrupted\n{}\n--- again\n{again}\n--- calls\n{calls}", events(&first))
    };
    if second.code != 0 {
        return Err(told("the second run failed", &second));
    }
    if !scenario.destroys {
        let plan = stage.run(&["plan", "-detailed-exitcode", "-no-color"], scenario.step, &stage.upstream);
        if plan.code != 0 {
            return Err(told(&format!("the plan after it is not empty\n{}", plan.text()), &second));
        }
    }
    let difference = difference(&reference.account, &stage.account()?);
    if difference.is_empty() { Ok(()) } else { Err(told(&format!("the account differs\n{difference}"), &second)) }
}

/// Lines that one account has more often than the other.
fn difference(wanted: &[String], found: &[String]) -> String {
    let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
    for line in found {
        *counts.entry(line).or_default() += 1;
    }
    for line in wanted {
        *counts.entry(line).or_default() -= 1;
    }
    let differs = counts.into_iter().filter(|(_, count)| *count != 0);
    differs.map(|(line, count)| format!("{count:+} {line}\n")).collect()
}

/// What the shim is told to do at a commit.
pub fn order(number: u64, after: bool) -> String {
    format!("{number}{}", if after { 'a' } else { 'b' })
}

/// The shim that counts commits, compiled once.
pub fn shim() -> Result<PathBuf, String> {
    static SHIM: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    SHIM.get_or_init(|| {
        let source = root().join("tests/kill/shim.c");
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("shim-{}.so", std::process::id()));
        let mut compiler = Command::new("cc");
        let compiled = compiler.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&target).arg(source).arg("-ldl");
        match compiled.status() {
            Ok(status) if status.success() => Ok(target),
            other => Err(format!("the shim cannot be compiled: {other:?}")),
        }
    })
    .clone()
}

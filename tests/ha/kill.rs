//! Moves, repairs and stops that are ended at every boundary: one owner is left, and everybody agrees on it.
//!
//! A boundary is before or after a call, or before or after a record of the journal is durable. A few are drawn by a seed;
//! `PLUMB_KILL=all` takes every one, `PLUMB_KILL=N` draws N, `PLUMB_KILL_SEED` draws others.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use libtest_mimic::{Failed, Trial};

use super::site::Site;
use crate::kill::{Boundary, Configuration, Origin, Scenario, Stage, chosen, order, shim};
use crate::proxy::{Faults, Kill, Proxy};
use crate::space::Run;

/// The group with an address of each kind, applied.
const APPLIED: Scenario =
    Scenario { name: "ha", configuration: Configuration::Ha, before: Some(&[]), step: &[], destroys: false };

/// What is ended, what must have been done before, what is run afterwards, and where the group may be then.
struct Case {
    name: &'static str,
    before: &'static [&'static str],
    ended: &'static str,
    after: &'static str,
    owner: Option<&'static str>,
}

const CASES: [Case; 3] = [
    Case {
        name: "ha::killed_moves_are_finished",
        before: &[],
        ended: "ha move failover1",
        after: "ha move failover1 --to server2",
        owner: Some("server2"),
    },
    Case {
        name: "ha::killed_repairs_are_finished",
        before: &["ha move failover1"],
        ended: "ha repair failover1 --to server1",
        after: "ha repair failover1",
        owner: None,
    },
    Case {
        name: "ha::killed_starts_are_finished",
        before: &["ha stop failover1"],
        ended: "ha start failover1 --to server2",
        after: "ha start failover1 --to server2",
        owner: Some("server2"),
    },
];

/// The suite.
pub fn trials() -> Vec<Trial> {
    CASES.iter().map(|it| Trial::test(it.name, move || harness(it))).collect()
}

fn harness(case: &'static Case) -> Result<(), Failed> {
    let origin = Origin::new(&APPLIED)?;
    let all = boundaries(case, &origin)?;
    let (count, drawn) = (all.len(), chosen(all, case.name.len(), 8));
    let (next, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(boundary) = drawn.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(error) = killed(case, &origin, *boundary) {
                        failures.lock().expect("no panic").push(format!("{boundary:?}: {error}"));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().expect("no panic");
    crate::faults::say(&format!("{}: {} of {count} boundaries, {} failed", case.name, drawn.len(), failures.len()));
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n\n").into()) }
}

/// A copy of the applied group, with what comes before.
fn prepared(case: &Case, origin: &Origin) -> Result<Stage, String> {
    let stage = origin.copy()?;
    for line in case.before {
        stage.run(&words(line), &[], &stage.upstream).expect(0)?;
    }
    Ok(stage)
}

fn words(line: &str) -> Vec<&str> {
    line.split(' ').chain(["-no-color"]).collect()
}

/// The boundaries of a run that is not interrupted.
fn boundaries(case: &Case, origin: &Origin) -> Result<Vec<Boundary>, String> {
    let stage = prepared(case, origin)?;
    let proxy = Proxy::start(&stage.upstream, Faults::default());
    let log = stage.space.path().join("commits");
    let mut command = stage.command(&words(case.ended), &[], &proxy.endpoint());
    command.env("LD_PRELOAD", shim()?).env("PLUMB_SYNC_LOG", &log);
    Run::new(case.ended, &command.output().map_err(|error| error.to_string())?).expect(0)?;
    let commits = std::fs::read(&log).map(|it| it.len() as u64).unwrap_or_default();
    let both = |number| [false, true].map(|after| (number, after));
    let calls = (1..=proxy.arrived()).flat_map(both).map(|(number, after)| Boundary::Call { number, after });
    let commits = (1..=commits).flat_map(both).map(|(number, after)| Boundary::Commit { number, after });
    Ok(calls.chain(commits).collect())
}

fn killed(case: &Case, origin: &Origin, boundary: Boundary) -> Result<(), String> {
    let stage = prepared(case, origin)?;
    let pid = Arc::new(Mutex::new(None));
    let mut faults = Faults::default();
    if let Boundary::Call { number, after } = boundary {
        faults.kill = Some(Kill { call: number, after, pid: pid.clone() });
    }
    let proxy = Proxy::start(&stage.upstream, faults);
    let mut command = stage.command(&words(case.ended), &[], &proxy.endpoint());
    if let Boundary::Commit { number, after } = boundary {
        command.env("LD_PRELOAD", shim()?).env("PLUMB_SYNC_KILL", order(number, after));
    }
    let child = command.spawn().map_err(|error| error.to_string())?;
    *pid.lock().expect("no panic") = Some(child.id());
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    let first = Run::new("interrupted", &output);
    let second = stage.run(&words(case.after), &[], &stage.upstream);
    let told = |what: String| {
        let calls: String = proxy.calls().iter().map(|it| format!("{it}\n")).collect();
        format!("{what}\n--- interrupted\n{}\n--- again\n{}\n--- calls\n{calls}", first.text(), second.text())
    };
    if second.code != 0 {
        return Err(told("the second run failed".to_owned()));
    }
    let upstream = stage.upstream.clone();
    let mut space = stage.space.duplicate();
    space.env("AWS_ENDPOINT_URL", &upstream);
    let site = Site::at(space, upstream, "small");
    let (server, _) = site.agreed().map_err(told)?;
    if case.owner.is_some_and(|it| it != server) {
        return Err(told(format!("it is on {server}")));
    }
    let plan = site.plumb("plan -detailed-exitcode");
    if plan.code == 0 { Ok(()) } else { Err(told(format!("the plan after it is not empty\n{}", plan.text()))) }
}

//! An apply, a plan and a destroy while AWS throttles, fails, loses answers and has not heard of new objects yet.

use std::collections::BTreeMap;
use std::time::Duration;

use libtest_mimic::{Failed, Trial};

use super::emulator;
use super::proxy::{Call, Fault, Faults, Outcome, Proxy, Rule};
use super::space::{Space, root};

/// The suite.
pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("faults::storm", storm),
        Trial::test("faults::lost_creates_are_found", lost_creates),
        Trial::test("faults::objects_that_take_their_time", slow_objects),
        Trial::test("faults::hung_call_is_given_up", hung),
        Trial::test("faults::half_made_is_replaced", half_made),
        Trial::test("faults::half_changed_is_recorded", half_changed),
    ]
}

/// What AWS and the network do on a bad day.
fn weather(seed: u64) -> Faults {
    Faults {
        seed,
        rules: vec![
            Rule::some(Fault::Throttle, 0.30),
            Rule::some(Fault::Internal, 0.05),
            Rule::some(Fault::ResetBefore, 0.03),
            Rule::some(Fault::ResetAfter, 0.03),
            Rule::some(Fault::Delay(Duration::from_millis(200)), 0.02),
        ],
        page: Some(5),
        hide: Some(Duration::from_secs(2)),
        tokens: true,
        in_use: true,
        ..Faults::default()
    }
}

fn storm() -> Result<(), Failed> {
    let calm = life(&Faults { tokens: true, ..Faults::default() }, "340000000001")?;
    let seed = std::env::var("PLUMB_FAULT_SEED").ok().and_then(|it| it.parse().ok()).unwrap_or(7);
    let storm = life(&weather(seed), "340000000002")?;
    for (phase, calls) in &storm {
        let calm = calm.get(phase).map(Vec::len).unwrap_or_default();
        say(&format!(
            "faults::storm: {phase}: {} calls, {calm} without faults, {} extra",
            calls.len(),
            calls.len() as i64 - calm as i64
        ));
    }
    let made = |phases: &BTreeMap<&str, Vec<Call>>| makes(phases.get("apply").map(Vec::as_slice).unwrap_or_default());
    let (wanted, found) = (made(&calm), made(&storm));
    if wanted == found {
        return Ok(());
    }
    Err(format!("creates that were done differ\nwithout faults: {wanted:?}\nwith faults: {found:?}").into())
}

/// A life of the example through a proxy: the calls of each of its phases.
fn life(faults: &Faults, account: &str) -> Result<BTreeMap<&'static str, Vec<Call>>, Failed> {
    let (mut space, upstream) = account_space(account)?;
    let chdir = confluence(&mut space);
    let mut phases = BTreeMap::new();
    let steps: [(&str, &[&str]); 3] = [
        ("apply", &["apply", "-auto-approve", "-no-color"]),
        ("plan", &["plan", "-detailed-exitcode", "-no-color"]),
        ("destroy", &["destroy", "-auto-approve", "-no-color"]),
    ];
    for (phase, args) in steps {
        let proxy = Proxy::start(&upstream, faults.clone());
        space.env("AWS_ENDPOINT_URL", &proxy.endpoint());
        space.plumb(&[&[chdir.as_str()], args].concat()).expect(0)?;
        phases.insert(phase, proxy.calls());
    }
    Ok(phases)
}

/// How often each create was done, as plumb means it: a repeated client token counts once.
fn makes(calls: &[Call]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    let mut tokens = std::collections::BTreeSet::new();
    for call in calls.iter().filter(|it| it.was_done()) {
        let words = ["Create", "Run", "Allocate", "POST"];
        let sets = ["CreateTags", "CreateOrUpdateTags"];
        if !words.iter().any(|it| call.action.starts_with(it)) || sets.contains(&call.action.as_str()) {
            continue;
        }
        let token = call.body.split('&').find(|it| it.starts_with("ClientToken="));
        if token.is_none_or(|it| tokens.insert(it.to_owned())) {
            *counts.entry(call.action.clone()).or_default() += 1;
        }
    }
    counts
}

/// The answer to every first create is lost: each is found, none is made twice.
fn lost_creates() -> Result<(), Failed> {
    let (mut space, upstream) = account_space("340000000003")?;
    space.copy(&root().join("tests/suite/kill/small"), "small");
    let creates = ["CreateVpc", "CreateInternetGateway", "CreateSecurityGroup", "AllocateAddress", "CreateRole"];
    let more =
        ["RunInstances", "CreateLoadBalancer", "CreateDBInstance", "CreateAutoScalingGroup", "AttachInternetGateway"];
    let rules = creates.iter().chain(&more).map(|it| Rule::of(it, Fault::ResetAfter, 1)).collect();
    let proxy = Proxy::start(&upstream, Faults { rules, tokens: true, ..Faults::default() });
    space.env("AWS_ENDPOINT_URL", &proxy.endpoint());
    let run = |args: &[&str]| space.plumb(&[&["-chdir=small"], args].concat());
    run(&["apply", "-auto-approve", "-no-color"]).expect(0)?;
    run(&["plan", "-detailed-exitcode", "-no-color"]).expect(0)?;
    let calls = proxy.calls();
    let lost = calls.iter().filter(|it| matches!(it.outcome, Outcome::ResetAfter(_))).count();
    let twice: Vec<_> = makes(&calls)
        .into_iter()
        .filter(|(action, count)| *count > 1 && creates.iter().chain(&more).any(|it| it == action))
        .collect();
    run(&["destroy", "-auto-approve", "-no-color"]).expect(0)?;
    if lost == 10 && twice.is_empty() {
        Ok(())
    } else {
        Err(format!("{lost} answers lost, made twice: {twice:?}").into())
    }
}

fn slow_objects() -> Result<(), Failed> {
    let (mut space, upstream) = account_space("340000000004")?;
    space.copy(&root().join("tests/suite/kill/small"), "small");
    let faults = Faults { hold: Some(Duration::from_secs(3)), hide: Some(Duration::from_secs(1)), ..Faults::default() };
    let proxy = Proxy::start(&upstream, faults);
    space.env("AWS_ENDPOINT_URL", &proxy.endpoint());
    let run = |args: &[&str]| space.plumb(&[&["-chdir=small"], args].concat());
    run(&["apply", "-auto-approve", "-no-color"]).expect(0)?;
    run(&["plan", "-detailed-exitcode", "-no-color"]).expect(0)?;
    run(&["destroy", "-auto-approve", "-no-color"]).expect(0).map(drop)?;
    Ok(())
}

/// A call that is never answered is given up after a minute, and what it may have made is looked for.
fn hung() -> Result<(), Failed> {
    let (space, proxy) = vpc("340000000005", vec![Rule::of("CreateVpc", Fault::Hang, 1)])?;
    space.plumb(&["apply", "-auto-approve", "-no-color"]).expect(0)?;
    space.plumb(&["plan", "-detailed-exitcode", "-no-color"]).expect(0)?;
    match makes(&proxy.calls()).get("CreateVpc") {
        Some(1) => Ok(()),
        other => Err(format!("made {other:?} times").into()),
    }
}

/// A create that fails after the object was made leaves it tainted, and the next apply replaces it.
fn half_made() -> Result<(), Failed> {
    let refusal = Rule::of("ModifyVpcAttribute", Fault::Refuse("UnauthorizedOperation"), 1);
    let (space, _proxy) = vpc("340000000006", vec![refusal])?;
    space.plumb(&["apply", "-auto-approve", "-no-color"]).expect(1)?.has("UnauthorizedOperation")?;
    space.plumb(&["state", "list"]).expect(0)?.has("aws_vpc.this")?;
    space.plumb(&["apply", "-auto-approve", "-no-color"]).expect(0)?.has("1 added, 0 changed, 1 destroyed")?;
    space.plumb(&["plan", "-detailed-exitcode", "-no-color"]).expect(0)?;
    Ok(())
}

/// What a failed update did before it failed is in the state.
fn half_changed() -> Result<(), Failed> {
    let (mut space, _proxy) =
        vpc("340000000007", vec![Rule::of("CreateTags", Fault::Refuse("UnauthorizedOperation"), 1)])?;
    space.plumb(&["apply", "-auto-approve", "-no-color"]).expect(0)?;
    space.env("TF_VAR_names", "false").env("TF_VAR_owner", "other");
    space.plumb(&["apply", "-auto-approve", "-no-color"]).expect(1)?.has("UnauthorizedOperation")?;
    space
        .plumb(&["state", "show", "-no-color", "aws_vpc.this"])
        .expect(0)?
        .has("enable_dns_hostnames                 = false")?;
    space.plumb(&["apply", "-auto-approve", "-no-color"]).expect(0)?.has("0 added, 1 changed, 0 destroyed")?;
    space.plumb(&["plan", "-detailed-exitcode", "-no-color"]).expect(0)?;
    Ok(())
}

/// A network whose create takes two calls, behind a proxy.
fn vpc(account: &str, rules: Vec<Rule>) -> Result<(Space, Proxy), Failed> {
    let (mut space, upstream) = account_space(account)?;
    let text = "variable \"names\" {\n  default = true\n}\n\nvariable \"owner\" {\n  default = \"one\"\n}\n\n\
                resource \"aws_vpc\" \"this\" {\n  cidr_block           = \"10.1.0.0/16\"\n  \
                enable_dns_hostnames = var.names\n  tags                 = { owner = var.owner }\n}\n";
    space.write("main.tf", text);
    let proxy = Proxy::start(&upstream, Faults { rules, ..Faults::default() });
    space.env("AWS_ENDPOINT_URL", &proxy.endpoint());
    Ok((space, proxy))
}

/// A space whose runs act in an account of their own.
pub fn account_space(account: &str) -> Result<(Space, String), String> {
    let mut space = emulator::space("us-east-1")?;
    let upstream = emulator::endpoint()?;
    let credentials = super::proxy::credentials(&upstream, account).ok_or("the emulator gives no credentials")?;
    for (name, value) in &credentials {
        space.env(name, value);
    }
    Ok((space, upstream))
}

/// Puts a whole site into a space, with its modules, and returns the `-chdir` of its runs.
pub fn confluence(space: &mut Space) -> String {
    space.copy(&root().join("tests/suite/kill/site"), "site");
    let chdir = "-chdir=site".to_owned();
    let run = space.plumb(&[&chdir, "init", "-no-color"]);
    assert_eq!(run.code, 0, "{}", run.text());
    chdir
}

/// Figures are shown though the test succeeds.
pub fn say(line: &str) {
    use std::io::Write;
    // Nobody misses the figures of a suite whose output nobody reads.
    drop(writeln!(std::io::stderr(), "{line}"));
}

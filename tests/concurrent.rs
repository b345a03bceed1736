//! Many processes on one state: disjoint applies at once, the same apply by many, locks that name their holder.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Instant;

use libtest_mimic::{Failed, Trial};
use plumb_engine::store::{LockRequest, Row, Scope, Store};
use plumb_state::{Options, SqliteStore};

use super::space::Space;

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("concurrent::disjoint_applies_all_succeed", disjoint),
        Trial::test("concurrent::of_equal_applies_one_does_the_work", equal),
        Trial::test("concurrent::a_saved_plan_outlives_an_unrelated_apply", saved_plan),
        Trial::test("concurrent::a_lock_names_its_holder", named_holder),
        Trial::test("concurrent::nobody_waits_for_the_dead", dead_holder),
    ]
}

/// How many processes there are.
const MANY: usize = 20;

const CONFIG: &str = r#"
resource "terraform_data" "shared" {
  input = "s"
}
resource "terraform_data" "each" {
  count = 20
  input = "${terraform_data.shared.output}-${count.index}"
}
output "shared" {
  value = terraform_data.shared.output
}
"#;

fn space() -> Space {
    let mut space = Space::new();
    space.env("NO_COLOR", "1").env("USER", "me").write("main.tf", CONFIG);
    space
}

/// Starts one process per argument list at once; what each printed, all having succeeded.
fn at_once(space: &Space, lists: &[Vec<String>]) -> Result<Vec<String>, Failed> {
    let started: Vec<_> = lists
        .iter()
        .map(|args| {
            space.command().args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
        })
        .collect::<Result<_, _>>()?;
    let mut texts = Vec::new();
    for child in started {
        let output = child.wait_with_output()?;
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        if !output.status.success() {
            return Err(text.into());
        }
        texts.push(text);
    }
    Ok(texts)
}

fn apply(target: &str) -> Vec<String> {
    ["apply", "-auto-approve", "-lock-timeout=60s", &format!("-target={target}")].map(str::to_owned).to_vec()
}

fn disjoint() -> Result<(), Failed> {
    let space = space();
    let lists: Vec<_> = (0..MANY).map(|at| apply(&format!("terraform_data.each[{at}]"))).collect();
    let start = Instant::now();
    // Even the state itself is made by whoever comes first.
    at_once(&space, &lists)?;
    let took = start.elapsed();
    let listed = space.plumb(&["state", "list"]).expect(0)?;
    if listed.stdout.lines().count() != MANY + 1 {
        return Err(format!("after {took:?}:\n{}", listed.stdout).into());
    }
    space.plumb(&["apply", "-auto-approve"]).expect(0)?.has("0 added, 0 changed, 0 destroyed")?;
    space.plumb(&["plan", "-detailed-exitcode"]).expect(0)?;
    // The last apply found nothing to do, and so was no run.
    let runs = space.plumb(&["sql", "-csv", "SELECT count(*) FROM runs WHERE status = 'succeeded'"]).expect(0)?;
    runs.has(&format!("{MANY}\r\n"))?;
    Ok(())
}

fn equal() -> Result<(), Failed> {
    let space = space();
    let texts = at_once(&space, &vec![apply("terraform_data.each[3]"); MANY])?;
    let did = |text: &str| texts.iter().filter(|it| it.contains(text)).count();
    let counts = (did("2 added, 0 changed, 0 destroyed"), did("0 added, 0 changed, 0 destroyed"));
    if counts == (1, MANY - 1) { Ok(()) } else { Err(format!("{counts:?}\n{}", texts.join("\n")).into()) }
}

fn saved_plan() -> Result<(), Failed> {
    let space = space();
    space.plumb(&["apply", "-auto-approve", "-target=terraform_data.shared"]).expect(0)?;
    let plan = |name: &str, target: &str| {
        space.plumb(&["plan", &format!("-out={name}"), &format!("-target={target}")]).expect(0)
    };
    plan("one", "terraform_data.each[1]")?;
    plan("two", "terraform_data.each[2]")?;
    plan("three", "terraform_data.each[3]")?;
    space.plumb(&["apply", "-auto-approve", "-target=terraform_data.each[1]"]).expect(0)?;
    space.plumb(&["apply", "two"]).expect(0)?.has("1 added")?;
    space.plumb(&["apply", "one"]).expect(1)?.has("Saved plan is stale")?.has("terraform_data.each[1]")?;
    space.plumb(&["apply", "-auto-approve", "-replace=terraform_data.shared"]).expect(0)?;
    space.plumb(&["apply", "three"]).expect(1)?.has("terraform_data.shared")?;
    Ok(())
}

fn hold(space: &Space, process: &str) -> Result<SqliteStore, Failed> {
    let store = SqliteStore::open(space.path().join("plumb.db"), Options::default())?;
    let row = Row::instance(&"terraform_data.each[1]".parse()?);
    store.lock(&LockRequest {
        run: "4f0f9a52-0000-4000-8000-000000000000".into(),
        operation: "apply".into(),
        who: "ann@elsewhere".into(),
        pid: 4711,
        process: process.into(),
        scope: Scope::write([row]),
    })?;
    Ok(store)
}

fn named_holder() -> Result<(), Failed> {
    let space = space();
    space.plumb(&["apply", "-auto-approve", "-target=terraform_data.shared"]).expect(0)?;
    let _store = hold(&space, "")?;
    let refused = space.plumb(&["apply", "-auto-approve", "-target=terraform_data.each[1]"]).expect(1)?;
    let words: Vec<&str> = refused.stderr.split_whitespace().filter(|it| *it != "│").collect();
    let said = words.join(" ");
    for wanted in [
        "Error acquiring the state lock",
        "Cannot lock terraform_data.each[1], which ann@elsewhere (process 4711) has locked for \"apply\"",
        "run 4f0f9a52-0000-4000-8000-000000000000",
        "plumb force-unlock 4f0f9a52-0000-4000-8000-000000000000",
    ] {
        if !said.contains(wanted) {
            return Err(format!("{wanted:?} is missing:\n{said}").into());
        }
    }
    space.plumb(&["apply", "-auto-approve", "-target=terraform_data.each[2]"]).expect(0)?.has("1 added")?;
    space.plumb(&["plan"]).expect(0)?;
    let state = space.path().join("state.json");
    std::fs::write(&state, space.plumb(&["state", "pull"]).expect(0)?.stdout)?;
    space.plumb(&["state", "push", "-force", "state.json"]).expect(1)?.has("ann@elsewhere")?;
    space.plumb(&["force-unlock", "-force", "4f0f9a52-0000-4000-8000-000000000000"]).expect(0)?;
    space.plumb(&["apply", "-auto-approve", "-target=terraform_data.each[1]"]).expect(0)?.has("1 added")?;
    Ok(())
}

/// A process that was killed holds nothing, on the machine on which it was killed.
fn dead_holder() -> Result<(), Failed> {
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    let space = space();
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id")?;
    let numbers = std::fs::read_link("/proc/self/ns/pid")?;
    let store = Arc::new(hold(&space, &format!("{}/{} 1 no-such-start", boot.trim(), numbers.display()))?);
    space.plumb(&["apply", "-auto-approve", "-target=terraform_data.each[1]"]).expect(0)?.has("2 added")?;
    drop(store);
    Ok(())
}

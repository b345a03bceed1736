//! Interrupts, a full disk, a state that cannot be written, and credentials that expire, in the middle of an apply.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use libtest_mimic::{Failed, Trial};

use super::faults::account_space;
use super::proxy::{Fault, Faults, Proxy, Rule};
use super::space::{Run, Space, root};

/// The suite.
pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("interrupts::first_waits_for_what_runs", gently),
        Trial::test("interrupts::second_leaves_at_once", at_once),
        Trial::test("interrupts::full_disk", full_disk),
        Trial::test("interrupts::unwritable_state", unwritable),
        Trial::test("interrupts::credentials_are_renewed", renewed),
    ]
}

const APPLY: [&str; 4] = ["-chdir=small", "apply", "-auto-approve", "-no-color"];

/// An account with the small configuration, and a proxy to it.
fn stage(account: &str, rules: Vec<Rule>) -> Result<(Space, Proxy), Failed> {
    let (mut space, upstream) = account_space(account)?;
    space.copy(&root().join("tests/suite/kill/small"), "small");
    let proxy = Proxy::start(&upstream, Faults { rules, tokens: true, ..Faults::default() });
    space.env("AWS_ENDPOINT_URL", &proxy.endpoint());
    Ok((space, proxy))
}

/// A process that does not outlive its test.
struct Started(Option<Child>);

impl Drop for Started {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            child.kill().ok();
            child.wait().ok();
        }
    }
}

fn start(space: &Space) -> Started {
    let mut command = space.command();
    command.args(APPLY).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    Started(Some(command.spawn().expect("plumb can be started")))
}

fn end(mut started: Started) -> Result<Run, Failed> {
    let child = started.0.take().ok_or("it has ended already")?;
    Ok(Run::new("interrupted apply", &child.wait_with_output()?))
}

fn signal(started: &Started, name: &str) -> Result<(), Failed> {
    let child = started.0.as_ref().ok_or("it has ended already")?;
    let sent = std::process::Command::new("kill").args([name, &child.id().to_string()]).status()?;
    if sent.success() { Ok(()) } else { Err("plumb had ended before the signal".into()) }
}

/// Waits until a call of an action has arrived.
fn arrived(proxy: &Proxy, count: u64) -> Result<(), Failed> {
    let since = Instant::now();
    while proxy.arrived() < count {
        if since.elapsed() > Duration::from_secs(60) {
            return Err("the call did not come".into());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// Afterwards a second apply completes the first, a plan is empty, and everything can be destroyed.
fn converges(space: &Space) -> Result<(), Failed> {
    unlocked(space);
    space.plumb(&APPLY).expect(0)?.has("Apply complete!")?;
    space.plumb(&["-chdir=small", "plan", "-detailed-exitcode", "-no-color"]).expect(0)?;
    space.plumb(&["-chdir=small", "destroy", "-auto-approve", "-no-color"]).expect(0)?;
    Ok(())
}

/// Gives back the lease of a run that could not do so itself.
fn unlocked(space: &Space) {
    let text = space.plumb(&["-chdir=small", "apply", "-auto-approve", "-target=aws_eip.none", "-no-color"]).text();
    if let Some((_, rest)) = text.split_once("plumb force-unlock ") {
        let id = rest.split_whitespace().next().unwrap_or_default();
        space.plumb(&["-chdir=small", "force-unlock", "-force", id]);
    }
}

fn gently() -> Result<(), Failed> {
    let (space, proxy) = stage("350000000001", vec![Rule::of("CreateVpc", Fault::Delay(Duration::from_secs(2)), 1)])?;
    let child = start(&space);
    arrived(&proxy, 4)?;
    signal(&child, "-INT")?;
    let run = end(child)?;
    run.expect(1)?.has("Stopping:")?.has("interrupted")?;
    // What was under way has ended: nothing is left to settle.
    let again = space.plumb(&APPLY).expect(0)?;
    if again.text().contains("An earlier run was interrupted") {
        return Err(format!("an operation was left open\n{}", again.text()).into());
    }
    converges(&space)
}

fn at_once() -> Result<(), Failed> {
    let (space, proxy) = stage("350000000002", vec![Rule::of("CreateVpc", Fault::Delay(Duration::from_secs(8)), 1)])?;
    let child = start(&space);
    arrived(&proxy, 8)?;
    signal(&child, "-TERM")?;
    std::thread::sleep(Duration::from_millis(300));
    signal(&child, "-TERM")?;
    let since = Instant::now();
    let run = end(child)?;
    if since.elapsed() > Duration::from_secs(5) {
        return Err(format!("it waited\n{}", run.text()).into());
    }
    run.expect(1)?;
    // The call that was left behind is still done.
    std::thread::sleep(Duration::from_secs(8));
    converges(&space)
}

/// No file may grow any more from some point on: a full disk, for this process only.
fn full_disk() -> Result<(), Failed> {
    let (space, _proxy) = stage("350000000003", Vec::new())?;
    let plumb = space.command();
    let mut command = std::process::Command::new("bash");
    command.current_dir(space.path()).env_clear();
    for (name, value) in plumb.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    // Blocks of 1024 bytes. The signal that goes with the limit is ignored, so that writing fails as on a full disk.
    let script = "trap '' XFSZ; ulimit -f 180; exec \"$0\" \"$@\"";
    let output = command.args(["-c", script]).arg(plumb.get_program()).args(APPLY).output()?;
    let run = Run::new("apply on a full disk", &output);
    run.expect(1)?.has("State could not be written")?;
    converges(&space)
}

fn unwritable() -> Result<(), Failed> {
    let (space, proxy) =
        stage("350000000004", vec![Rule::of("CreateSubnet", Fault::Delay(Duration::from_secs(3)), 1)])?;
    let child = start(&space);
    arrived(&proxy, 12)?;
    let database = space.path().join("small/plumb.db");
    let mut locked = lock(&database)?;
    let run = end(child)?;
    locked.kill()?;
    locked.wait()?;
    if run.code == 0 {
        return Err(format!("it was not noticed\n{}", run.text()).into());
    }
    converges(&space)
}

/// Makes the database unwritable until the result is dropped: a writer that does not give way.
fn lock(database: &std::path::Path) -> Result<Child, Failed> {
    let script = "import sqlite3,sys,time; c=sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None); \
                  c.execute('BEGIN IMMEDIATE'); print('held', flush=True); time.sleep(40)";
    let python = root().join(".venv/bin/python");
    let mut child =
        std::process::Command::new(python).args(["-c", script]).arg(database).stdout(Stdio::piped()).spawn()?;
    let mut said = [0; 4];
    std::io::Read::read_exact(child.stdout.as_mut().ok_or("no output")?, &mut said)?;
    Ok(child)
}

/// The keys in the credentials file expire in the middle, and somebody writes new ones.
fn renewed() -> Result<(), Failed> {
    let (mut space, proxy) = stage("350000000005", Vec::new())?;
    drop(proxy);
    let upstream = super::emulator::endpoint()?;
    let expired = Rule { key: Some("OLDKEY"), ..Rule::some(Fault::Expired, 1.0) };
    let until = Rule { action: Some("CreateVpc"), ..expired.clone() };
    let later = Rule { action: Some("CreateRole"), ..expired };
    let proxy = Proxy::start(&upstream, Faults { rules: vec![until, later], ..Faults::default() });
    let file = |key: &str| format!("[default]\naws_access_key_id = {key}\naws_secret_access_key = secret\n");
    space.write("credentials", &file("OLDKEY"));
    let path = space.path().join("credentials");
    space.env("AWS_ENDPOINT_URL", &proxy.endpoint()).env("AWS_SHARED_CREDENTIALS_FILE", &path.to_string_lossy());
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
        space.without(name);
    }
    let child = start(&space);
    std::thread::sleep(Duration::from_secs(14));
    space.write("credentials", &file("NEWKEY"));
    end(child)?.expect(0)?.has("The AWS credentials have expired")?.has("Apply complete!")?;
    space.plumb(&["-chdir=small", "destroy", "-auto-approve", "-no-color"]).expect(0)?;
    Ok(())
}

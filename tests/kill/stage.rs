//! Where a try happens: an account in an emulator that can be copied, and a directory with the state.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use super::scenario::Scenario;
use crate::proxy::{self, post};
use crate::space::{Run, Space, root};

/// An account of its own with the configuration in it.
pub struct Stage {
    /// The directory.
    pub space: Space,
    /// Where the emulator listens.
    pub upstream: String,
    chdir: String,
    credentials: BTreeMap<&'static str, String>,
}

/// The stage of which every try gets a copy: the steps before are done once.
pub struct Origin {
    stage: Stage,
    emulator: Child,
}

impl Origin {
    /// Starts an emulator and does in it what comes before the step.
    ///
    /// # Errors
    /// The emulator cannot be started, or a step before fails.
    pub fn new(scenario: &Scenario) -> Result<Self, String> {
        // It ends with its standard input, however this process ends.
        let mut emulator = Command::new(root().join(".venv/bin/python"))
            .arg(root().join("tests/emulator/copies.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("the emulator cannot be started; `make test` installs it: {error}"))?;
        let mut port = String::new();
        let output = emulator.stdout.take().ok_or("the emulator has no output")?;
        BufReader::new(output).read_line(&mut port).map_err(|error| error.to_string())?;
        let upstream = format!("http://127.0.0.1:{}", port.trim());
        let credentials = proxy::credentials(&upstream, "330000000000").ok_or("the emulator gives no credentials")?;
        let mut space = Space::new();
        space.env("AWS_REGION", "us-east-1").env("AWS_EC2_METADATA_DISABLED", "true");
        for (name, value) in &credentials {
            space.env(name, value);
        }
        let chdir = scenario.configuration.put(&mut space);
        let origin = Self { stage: Stage { space, upstream, chdir, credentials }, emulator };
        if let Some(before) = scenario.before {
            let upstream = &origin.stage.upstream;
            origin.stage.run(&["apply", "-auto-approve", "-no-color"], before, upstream).expect(0)?;
        }
        // Copies have what this has made: the clients of the emulator's own questions.
        origin.stage.account()?;
        Ok(origin)
    }

    /// A copy for one try.
    ///
    /// # Errors
    /// The emulator does not answer.
    pub fn copy(&self) -> Result<Stage, String> {
        let port = post(&self.stage.upstream, "/harness/copy", "").ok_or("the emulator cannot be copied")?;
        Ok(Stage {
            space: self.stage.space.duplicate(),
            upstream: format!("http://127.0.0.1:{}", port.trim()),
            chdir: self.stage.chdir.clone(),
            credentials: self.stage.credentials.clone(),
        })
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        drop(self.emulator.stdin.take());
        // Nothing is left to be done when it cannot be waited for.
        drop(self.emulator.wait());
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        drop(post(&self.upstream, "/harness/end", ""));
    }
}

impl Stage {
    /// A command of plumb that talks to an endpoint, with further variables of the environment.
    pub fn command(&self, args: &[&str], env: &[(&str, &str)], endpoint: &str) -> Command {
        let mut command = self.space.command();
        command.arg(&self.chdir).args(args).env("AWS_ENDPOINT_URL", endpoint).envs(env.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs such a command.
    pub fn run(&self, args: &[&str], env: &[(&str, &str)], endpoint: &str) -> Run {
        let output = self.command(args, env, endpoint).output().expect("plumb can be started");
        Run::new(&args.join(" "), &output)
    }

    /// A run after one that was killed, whose lease on the state may not have ended yet.
    pub fn again(&self, args: &[&str], env: &[(&str, &str)], endpoint: &str) -> Run {
        let run = self.run(args, env, endpoint);
        let text = run.text();
        let Some((_, rest)) = text.split_once("plumb force-unlock ") else { return run };
        let id = rest.split_whitespace().next().unwrap_or_default();
        self.run(&["force-unlock", "-force", id], env, endpoint);
        self.run(args, env, endpoint)
    }

    /// Everything in the account, a line each.
    ///
    /// # Errors
    /// The emulator does not answer, or answers with a failure.
    pub fn account(&self) -> Result<Vec<String>, String> {
        let credentials = serde_json::to_string(&self.credentials).map_err(|error| error.to_string())?;
        let text = post(&self.upstream, "/harness/account", &credentials).ok_or("the emulator does not answer")?;
        // The last line is there when the list is whole.
        match text.strip_suffix("\nend\n") {
            Some(lines) => Ok(lines.lines().map(str::to_owned).collect()),
            None => Err(format!("the account cannot be read: {text}")),
        }
    }
}

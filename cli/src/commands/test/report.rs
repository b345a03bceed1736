//! What is said while tests run: lines for a person, or the JSON stream.

use anstyle::AnsiColor;
use plumb_engine::plan::Plan;
use plumb_engine::store::Snapshot;
use serde_json::{Value as Json, json};

use super::{FileResult, RunResult, Status};
use crate::render::{self, json_stream, state_show};
use crate::session::Session;
use crate::ui::Ui;

/// Says what happens.
pub struct Report<'a> {
    /// Where it is said.
    pub ui: &'a Ui,
    /// Whether plans and states are shown.
    pub verbose: bool,
    /// Providers, for plans and states.
    pub session: &'a Session,
}

/// What a run worked out, for `-verbose`.
pub enum Shown<'a> {
    /// A plan.
    Plan(&'a Plan),
    /// A state.
    State(&'a Snapshot),
}

impl Report<'_> {
    /// The files and their runs.
    pub fn start(&self, files: &[(String, Vec<String>)]) {
        if !self.ui.is_json() {
            return;
        }
        self.ui.json_line(&json_stream::version());
        let runs: usize = files.iter().map(|(_, runs)| runs.len()).sum();
        let word = |count: usize, one: &str| if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") };
        let text = format!("Found {} and {}", word(files.len(), "file"), word(runs, "run block"));
        let mut line = json_stream::line("info", &text, "test_abstract");
        line["test_abstract"] = files.iter().map(|(path, runs)| (path.clone(), json!(runs))).collect();
        self.ui.json_line(&line);
    }

    /// A file begins (`starting`), is cleaned up (`teardown`) or is done (`complete`).
    pub fn file(&self, path: &str, progress: &str, status: Option<Status>) {
        let word = match (progress, status) {
            ("starting", _) => "in progress",
            ("teardown", _) => "tearing down",
            (_, status) => outcome(status.unwrap_or_default()),
        };
        if self.ui.is_json() {
            let mut line = json_stream::line("info", &format!("{path}... {word}"), "test_file");
            line["@testfile"] = json!(path);
            line["test_file"] = json!({ "path": path, "progress": progress });
            if let Some(status) = status {
                line["test_file"]["status"] = json!(status.word());
            }
            self.ui.json_line(&line);
            return;
        }
        self.ui.out(&format!("{path}... {}\n", self.colored(word, status)));
    }

    /// A run begins or is cleaned up: said in the JSON stream only.
    pub fn run_progress(&self, path: &str, run: &str, progress: &str) {
        if self.ui.is_json() {
            let word = if progress == "teardown" { "tearing down" } else { "in progress" };
            let mut line = run_line(path, run, word);
            line["test_run"] = json!({ "path": path, "run": run, "progress": progress, "elapsed": 0 });
            self.ui.json_line(&line);
        }
    }

    /// A run is done.
    pub fn run(&self, path: &str, result: &RunResult, shown: Option<Shown<'_>>) {
        let word = outcome(result.status);
        if self.ui.is_json() {
            let mut line = run_line(path, &result.name, word);
            line["test_run"] =
                json!({ "path": path, "run": result.name, "progress": "complete", "status": result.status.word() });
            self.ui.json_line(&line);
            for it in &result.diagnostics {
                let mut line = json_stream::diagnostic(it, Some(&result.sources));
                line["@testfile"] = json!(path);
                line["@testrun"] = json!(result.name);
                self.ui.json_line(&line);
            }
            return;
        }
        self.ui.out(&format!("  run {:?}... {}\n", result.name, self.colored(word, Some(result.status))));
        if self.verbose {
            let view = self.ui.view(&self.session.providers);
            match shown {
                Some(Shown::Plan(plan)) => self.ui.out(&render::plan::plan(plan, view)),
                Some(Shown::State(snapshot)) => self.ui.out(&format!("\n{}\n", state_show::state(snapshot, view))),
                None => {}
            }
        }
        self.ui.diagnostics(&result.diagnostics, Some(&result.sources));
    }

    /// The numbers of all files.
    pub fn summary(&self, results: &[FileResult]) {
        let count = |status: Status| results.iter().flat_map(|it| &it.runs).filter(|it| it.status == status).count();
        let (passed, failed, errored, skipped) =
            (count(Status::Pass), count(Status::Fail), count(Status::Error), count(Status::Skip));
        let worst = results.iter().map(|it| it.status).max().unwrap_or_default();
        let good = worst <= Status::Skip;
        let mut numbers = format!("{passed} passed, {} failed", failed + errored);
        if skipped > 0 {
            numbers += &format!(", {skipped} skipped");
        }
        let word = if good { "Success!" } else { "Failure!" };
        if self.ui.is_json() {
            let mut line = json_stream::line("info", &format!("{word} {numbers}."), "test_summary");
            line["test_summary"] = json!({
                "status": worst.word(), "passed": passed, "failed": failed, "errored": errored, "skipped": skipped,
            });
            self.ui.json_line(&line);
            return;
        }
        let color = if good { AnsiColor::Green } else { AnsiColor::Red };
        self.ui.out(&format!("\n{} {numbers}.\n", self.ui.paint().strong(color, word)));
    }

    fn colored(&self, word: &str, status: Option<Status>) -> String {
        let color = match status {
            None => return word.to_owned(),
            Some(Status::Pass) => AnsiColor::Green,
            Some(Status::Skip) => AnsiColor::White,
            Some(Status::Fail | Status::Error) => AnsiColor::Red,
        };
        self.ui.paint().color(color, word)
    }
}

/// What a person is told: that a run could not be done is a failure to them.
fn outcome(status: Status) -> &'static str {
    if status == Status::Error { "fail" } else { status.word() }
}

fn run_line(path: &str, run: &str, word: &str) -> Json {
    let mut line = json_stream::line("info", &format!("  {run:?}... {word}"), "test_run");
    line["@testfile"] = json!(path);
    line["@testrun"] = json!(run);
    line
}

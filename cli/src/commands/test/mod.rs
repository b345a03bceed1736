//! `test`: runs the test files of a configuration, each with states of its own that are gone afterwards.

mod file;
mod junit;
mod report;

use std::path::{Path, PathBuf};
use std::time::Duration;

use plumb_engine::diagnostic::{Diagnostic, Diagnostics};
use plumb_engine::source::SourceMap;
use plumb_engine::testing;

use self::report::Report;
use crate::args::TestArgs;
use crate::session::{Exit, Failure, Session};
use crate::signals;
use crate::ui::Ui;

/// How a run or a file ended; the worst of its parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// Every assertion held.
    #[default]
    Pass,
    /// It was not begun.
    Skip,
    /// An assertion did not hold.
    Fail,
    /// It could not be done.
    Error,
}

impl Status {
    /// The word of reports.
    pub fn word(self) -> &'static str {
        match self {
            Status::Pass => "pass",
            Status::Skip => "skip",
            Status::Fail => "fail",
            Status::Error => "error",
        }
    }
}

/// What became of a run.
pub struct RunResult {
    /// Name.
    pub name: String,
    /// How it ended.
    pub status: Status,
    /// What was said.
    pub diagnostics: Diagnostics,
    /// The files that the diagnostics point into.
    pub sources: SourceMap,
    /// How many assertions it has, and how many did not hold.
    pub asserts: (usize, usize),
    /// When it began.
    pub began: jiff::Timestamp,
    /// How long it took.
    pub elapsed: Duration,
}

/// What became of a file.
pub struct FileResult {
    /// Path as shown.
    pub path: String,
    /// The worst of its runs.
    pub status: Status,
    /// Its runs in order.
    pub runs: Vec<RunResult>,
}

/// Runs the command.
pub async fn run(args: &TestArgs, session: &Session, ui: &Ui) -> Result<Exit, Failure> {
    let paths = chosen(args)?;
    let names = check(&paths)?;
    let report = Report { ui, verbose: args.verbose, session };
    report.start(&names);
    let (stop, listener) = signals::listen();
    let mut results = Vec::new();
    for path in &paths {
        results.push(file::run(path, args, session, &report, &stop).await?);
    }
    drop(listener);
    report.summary(&results);
    if let Some(path) = &args.junit_xml {
        let text = junit::document(&results);
        std::fs::write(path, text).map_err(|error| {
            let detail = format!("The file {} could not be written: {error}.", path.display());
            Diagnostic::error("Failed to write JUnit XML", detail)
        })?;
    }
    let good = results.iter().all(|it| it.status <= Status::Skip);
    Ok(if good { Exit::Success } else { Exit::Error })
}

/// Test files of the working directory and of the test directory, or those that `-filter` names.
fn chosen(args: &TestArgs) -> Result<Vec<PathBuf>, Failure> {
    let mut all = test_files(&args.test_directory);
    if args.filter.is_empty() {
        return Ok(all);
    }
    let mut found = Diagnostics::new();
    for wanted in &args.filter {
        if !all.contains(&plain(wanted)) {
            let detail = format!(
                "The file {} of -filter is none of the test files. They are looked for in the working directory and in {}, \
                 and their names end with .tftest.hcl or .tftest.json.",
                wanted.display(),
                args.test_directory.display()
            );
            found.push(Diagnostic::error("Unknown test file", detail));
        }
    }
    if found.has_errors() {
        return Err(Failure { diagnostics: found, sources: SourceMap::default() });
    }
    all.retain(|path| args.filter.iter().any(|it| plain(it) == *path));
    Ok(all)
}

/// Test files of the working directory and of `dir`, in order.
pub fn test_files(dir: &Path) -> Vec<PathBuf> {
    let dirs = [Path::new("."), dir].into_iter().take(if dir == Path::new(".") { 1 } else { 2 });
    let mut all: Vec<PathBuf> =
        dirs.flat_map(|dir| testing::SUFFIXES.into_iter().flat_map(move |suffix| list(dir, suffix))).collect();
    all.sort();
    all
}

/// Files of a directory with a suffix, in order; none where there is no directory.
fn list(dir: &Path, suffix: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().filter_map(Result::ok);
    let mut paths: Vec<PathBuf> = entries
        .map(|it| plain(&it.path()))
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.ends_with(suffix) && !name.starts_with('.')
        })
        .collect();
    paths.sort();
    paths
}

/// Without a leading `./`.
fn plain(path: &Path) -> PathBuf {
    path.strip_prefix("./").unwrap_or(path).to_owned()
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| {
        Diagnostic::error("Failed to read file", format!("The file {} could not be read: {error}.", path.display()))
            .into()
    })
}

/// Reads all files before anything is made; names of their runs.
fn check(paths: &[PathBuf]) -> Result<Vec<(String, Vec<String>)>, Failure> {
    let (mut sources, mut found) = (SourceMap::default(), Diagnostics::new());
    let mut names = Vec::new();
    for path in paths {
        let (file, more) = testing::read(&mut sources, path, &read(path)?);
        found.extend(more);
        names.push((path.display().to_string(), file.runs.iter().map(|it| it.name.to_string()).collect()));
    }
    if found.has_errors() { Err(Failure::new(found, &sources)) } else { Ok(names) }
}

//! One test file: its runs in order, on states in memory, and the removal of everything that they made.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use plumb_engine::apply::{self, ApplyOutcome, ApplyRequest, Stop};
use plumb_engine::config::{self, Config, GivenVariable, VariableOrigin, VariableText, Variables};
use plumb_engine::diagnostic::{Diagnostic, Diagnostics};
use plumb_engine::eval::{Evaluator, Settings, root_variable};
use plumb_engine::events::Silent;
use plumb_engine::plan::{self, PlanMode, PlanOptions, PlanRequest, PlanResult};
use plumb_engine::provider::Providers;
use plumb_engine::source::SourceMap;
use plumb_engine::store::{LockRequest, RunOutcome, Scope, Store};
use plumb_engine::testing::{self, Found, Judge, RunCommand, Table, TestFile, Verdict};
use plumb_state::{MemoryStore, Options};
use tokio::sync::watch;

use super::report::{Report, Shown};
use super::{FileResult, RunResult, Status, list, read};
use crate::args::TestArgs;
use crate::session::{Failure, Session};
use crate::{lock, modules};

/// A state in memory is nobody else's, so its lease need not end.
const LEASE: Duration = Duration::from_secs(365 * 24 * 3600);

/// Runs a file.
pub async fn run(
    path: &Path,
    args: &TestArgs,
    session: &Session,
    report: &Report<'_>,
    stop: &watch::Receiver<Stop>,
) -> Result<FileResult, Failure> {
    let mut work = Work::new(path, args, session, stop)?;
    let name = path.display().to_string();
    report.file(&name, "starting", None);
    let mut result = FileResult { path: name.clone(), status: Status::Pass, runs: Vec::new() };
    for at in 0..work.names.len() {
        let run = work.names[at].clone();
        let skip = result.status == Status::Error || *stop.borrow() != Stop::Go;
        let done = if skip {
            let done = skipped(&run);
            report.run(&name, &done, None);
            done
        } else {
            report.run_progress(&name, &run, "starting");
            work.one(at, report).await
        };
        result.status = result.status.max(done.status);
        result.runs.push(done);
    }
    report.file(&name, "teardown", None);
    if !work.clean(report).await {
        result.status = Status::Error;
    }
    report.file(&name, "complete", Some(result.status));
    Ok(result)
}

fn skipped(run: &str) -> RunResult {
    RunResult {
        name: run.into(),
        status: Status::Skip,
        diagnostics: Diagnostics::new(),
        sources: SourceMap::default(),
        asserts: (0, 0),
        began: jiff::Timestamp::now(),
        elapsed: Duration::ZERO,
    }
}

/// What the runs of a file share.
struct Work<'a> {
    path: &'a Path,
    text: String,
    names: Vec<String>,
    args: &'a TestArgs,
    session: &'a Session,
    stop: &'a watch::Receiver<Stop>,
    /// The configuration in the working directory, for the types of its variables.
    main: Config,
    /// Values from outside.
    given: Variables,
    /// The same, evaluated.
    global: Table,
    /// Real providers, and what stands in for them.
    providers: Providers,
    /// Outputs of the runs that are done, by name.
    outputs: Table,
    states: BTreeMap<String, State>,
}

/// A state and what it was last applied with.
struct State {
    store: MemoryStore,
    last: Option<Last>,
}

struct Last {
    /// Number of the run.
    at: usize,
    run: String,
    config: Config,
    variables: Variables,
}

/// A run made ready.
struct Ready {
    config: Config,
    variables: Variables,
    /// Variables that the file knows and the module does not declare.
    extra: Table,
    warnings: Diagnostics,
    key: String,
}

impl<'a> Work<'a> {
    fn new(
        path: &'a Path,
        args: &'a TestArgs,
        session: &'a Session,
        stop: &'a watch::Receiver<Stop>,
    ) -> Result<Self, Failure> {
        let text = read(path)?;
        let dir = Path::new(".");
        let (mut main, mut found) = config::load_installed(dir, &session.data_dir());
        let (given, more) = config::variables(&mut main, dir, &session.environment, &args.variables.options);
        found.extend(more);
        if found.has_errors() {
            return Err(Failure::new(found, &main.sources));
        }
        let mut global = Table::new();
        for it in &given.given {
            let value = root_variable(&main, &given, &it.name).map_err(|found| Failure::new(found, &main.sources))?;
            global.insert(it.name.clone(), value);
        }
        let (file, _) = testing::read(&mut SourceMap::default(), path, &text);
        let names = file.runs.iter().map(|it| it.name.to_string()).collect();
        let providers = session.providers.clone();
        let (outputs, states) = (Table::new(), BTreeMap::new());
        Ok(Self { path, text, names, args, session, stop, main, given, global, providers, outputs, states })
    }

    /// Does one run and says how it went.
    async fn one(&mut self, at: usize, report: &Report<'_>) -> RunResult {
        let (began, start) = (jiff::Timestamp::now(), Instant::now());
        let mut result = RunResult { began, ..skipped(&self.names[at]) };
        let mut shown = None;
        match self.ready(at) {
            Err(failure) => {
                result.status = Status::Error;
                result.diagnostics = failure.diagnostics;
                result.sources = failure.sources;
            }
            Ok((ready, file)) => {
                result.status = Status::Pass;
                result.sources = ready.config.sources.clone();
                result.diagnostics = ready.warnings.clone();
                shown = self.attempt(at, ready, &file, &mut result).await;
            }
        }
        result.elapsed = start.elapsed();
        let shown = shown.as_ref().map(|it| match it {
            Done::Planned(result) => Shown::Plan(&result.plan),
            Done::Applied(snapshot) => Shown::State(snapshot),
        });
        report.run(&self.path.display().to_string(), &result, shown);
        result
    }

    /// Reads the module under test and puts everything into it that the file says.
    fn ready(&mut self, at: usize) -> Result<(Ready, TestFile), Failure> {
        let (first, _) = testing::read(&mut SourceMap::default(), self.path, &self.text);
        let module = first.runs[at].module.as_ref();
        let source = module.map(|it| it.text.clone());
        let data_dir = self.session.data_dir();
        let (mut config, mut found) = match module {
            None => config::load_installed(Path::new("."), &data_dir),
            Some(module) => modules::load_run(&testing::run_key(self.path, &first.runs[at].name), module, &data_dir),
        };
        let (mut file, more) = testing::read(&mut config.sources, self.path, &self.text);
        found.extend(more);
        if found.has_errors() {
            return Err(Failure::new(found, &config.sources));
        }
        read_mock_files(&mut file, &mut config.sources)?;
        let run = &file.runs[at];
        let settings = self.session.settings(true);
        let mut evaluator = Evaluator::new(&self.main, &self.session.providers, settings.clone(), Table::new());
        let values = testing::variable_values(&mut evaluator, (&file, Some(run)), &self.global, &self.outputs);
        let values = values.map_err(|found| Failure::new(found, &config.sources))?;
        let mut warnings = found;
        let (variables, extra) = self.share_out(&config, &values, run, &mut warnings)?;
        testing::prepare(&mut config, &mut self.providers, (&file, run), settings, (&values, &self.outputs))
            .map_err(|found| Failure::new(found, &config.sources))?;
        let key = run.state_key.as_deref().or(source.as_deref()).unwrap_or_default().to_owned();
        Ok((Ready { config, variables, extra, warnings, key }, file))
    }

    /// Values that the module declares, and those that only the file knows.
    fn share_out(
        &self,
        config: &Config,
        values: &Table,
        run: &testing::Run,
        warnings: &mut Diagnostics,
    ) -> Result<(Variables, Table), Failure> {
        let declared = &config.root().variables;
        let outside = self.given.given.iter().filter(|it| declared.contains_key(&it.name)).cloned();
        let mut variables = Variables { given: outside.collect() };
        let mut extra = Table::new();
        for (name, value) in values {
            if self.global.get(name) == Some(value) && variables.get(name).is_some() {
                continue;
            }
            if declared.contains_key(name) {
                let value = VariableText::Value(value.clone());
                variables.given.push(GivenVariable { name: name.clone(), value, origin: VariableOrigin::File });
            } else {
                extra.insert(name.clone(), value.clone());
            }
        }
        for (name, expr) in run.variables.iter().filter(|(name, _)| !declared.contains_key(name)) {
            let near = config::did_you_mean(name, declared.keys().map(|it| &**it));
            let detail = format!(
                "The module under test does not declare a variable named {name:?}, but it is declared in run block {:?}.{near}",
                run.name
            );
            warnings.push(Diagnostic::warning("Value for undeclared variable", detail).at(expr.span));
        }
        let missing = declared.iter().filter(|(name, it)| it.default.is_none() && variables.get(name).is_none());
        let missing: Diagnostics = missing
            .map(|(name, it)| {
                let detail = format!(
                    "The module under test for run block {:?} has a required variable {name:?} with no set value. Use -var or \
                     -var-file on the command line, or set it in a \"variables\" block of the test file or of the run.",
                    run.name
                );
                Diagnostic::error("No value for required variable", detail).at(it.span)
            })
            .collect();
        if missing.has_errors() { Err(Failure::new(missing, &config.sources)) } else { Ok((variables, extra)) }
    }

    /// Plans and, where the run asks for it, applies; then judges.
    async fn attempt(&mut self, at: usize, ready: Ready, file: &TestFile, result: &mut RunResult) -> Option<Done> {
        let run = &file.runs[at];
        let store = self.state(&ready.key).store.clone();
        let snapshot = match store.snapshot() {
            Ok(snapshot) => snapshot,
            Err(error) => {
                fail(result, crate::session::store_diagnostic(&error).into());
                return None;
            }
        };
        let options = PlanOptions {
            mode: run.mode,
            refresh: run.refresh,
            targets: run.targets.clone(),
            replace: run.replace.clone(),
            parallelism: self.args.parallelism.max(1),
            ..PlanOptions::default()
        };
        let planned = self.plan((&ready.config, &ready.variables), &snapshot, options, false).await;
        let mut said = planned.diagnostics.clone();
        if planned.plan.errored {
            judge_failed_plan(run, said, result);
            return Some(Done::Planned(Box::new(planned)));
        }
        if run.command == RunCommand::Plan {
            let verdict = testing::expected(run, said);
            if settle(verdict, result) {
                let found = Found::Planned(&planned.plan);
                self.judge(&ready, run, &found, result);
            }
            return Some(Done::Planned(Box::new(planned)));
        }
        let outcome = self.apply((&ready.config, &ready.variables), &planned, &store, self.stop.clone()).await;
        said.extend(outcome.diagnostics);
        let verdict = testing::expected(run, said);
        let snapshot = store.snapshot().unwrap_or_default();
        if settle(verdict, result) {
            self.judge(&ready, run, &Found::Applied(&snapshot), result);
        }
        let Ready { config, variables, key, .. } = ready;
        let name = self.names[at].clone();
        self.state(&key).last = Some(Last { at, run: name, config, variables });
        Some(Done::Applied(snapshot))
    }

    fn judge(&mut self, ready: &Ready, run: &testing::Run, found: &Found<'_>, result: &mut RunResult) {
        let tables = (ready.extra.clone(), self.outputs.clone());
        let settings = self.session.settings(true);
        let judge = Judge::new((&ready.config, &self.providers), &ready.variables, settings, found, tables);
        let mut judge = match judge {
            Ok(judge) => judge,
            Err(found) => return fail(result, found),
        };
        result.asserts.0 = run.asserts.len();
        for condition in &run.asserts {
            match judge.assert(condition) {
                Ok(None) => {}
                Ok(Some(it)) => {
                    result.asserts.1 += 1;
                    result.status = result.status.max(Status::Fail);
                    result.diagnostics.push(it);
                }
                Err(it) => fail(result, it.into()),
            }
        }
        self.outputs.insert(run.name.clone(), judge.outputs());
    }

    fn state(&mut self, key: &str) -> &mut State {
        let options = Options { lease: LEASE, ..Options::default() };
        self.states.entry(key.to_owned()).or_insert_with(|| State { store: MemoryStore::new(options), last: None })
    }

    async fn plan(
        &self,
        (config, variables): (&Config, &Variables),
        snapshot: &plumb_engine::store::Snapshot,
        options: PlanOptions,
        applying: bool,
    ) -> PlanResult {
        let settings = self.session.settings(applying);
        let providers = &self.providers;
        plan::create(PlanRequest { config, variables, snapshot, providers, events: &Silent, settings, options }).await
    }

    async fn apply(
        &self,
        (config, variables): (&Config, &Variables),
        planned: &PlanResult,
        store: &MemoryStore,
        stop: watch::Receiver<Stop>,
    ) -> ApplyOutcome {
        let run = uuid::Uuid::new_v4().to_string();
        let request = LockRequest {
            process: run.clone(),
            run,
            operation: "test".into(),
            who: lock::who(),
            pid: std::process::id(),
            scope: Scope::Whole,
        };
        let lease = store.lock(&request).expect("a state in memory is locked by nobody else");
        let begun = plumb_engine::store::Run {
            id: lease.run.clone(),
            command: "test".into(),
            who: request.who,
            commit: None,
            summary: String::new(),
        };
        store.begin_run(&lease, &begun).expect("a new run of a state in memory begins");
        let settings = Settings { plan_time: planned.plan.timestamp.clone(), ..self.session.settings(true) };
        let snapshot = store.snapshot().unwrap_or_default();
        let outcome = apply::run(ApplyRequest {
            config,
            variables,
            plan: &planned.plan,
            store,
            snapshot: &snapshot,
            lease: &lease,
            providers: &self.providers,
            events: &Silent,
            settings,
            parallelism: self.args.parallelism.max(1),
            stop,
        })
        .await;
        let ended = RunOutcome { status: outcome.status, calls: outcome.calls.values().sum() };
        store
            .end_run(&lease, &ended)
            .and_then(|()| store.unlock(&lease))
            .expect("a state in memory takes the end of a run");
        outcome
    }

    /// Deletes what the runs made, the last first; whether nothing is left.
    async fn clean(&mut self, report: &Report<'_>) -> bool {
        let path = self.path.display().to_string();
        let mut states: Vec<(MemoryStore, Last)> =
            std::mem::take(&mut self.states).into_values().filter_map(|it| Some((it.store, it.last?))).collect();
        states.sort_by_key(|(_, last)| std::cmp::Reverse(last.at));
        let stop = only_now(self.stop.clone());
        let mut clean = true;
        for (store, last) in &states {
            let snapshot = store.snapshot().unwrap_or_default();
            if snapshot.objects.is_empty() {
                continue;
            }
            report.run_progress(&path, &last.run, "teardown");
            let options = PlanOptions { mode: PlanMode::Destroy, ..PlanOptions::default() };
            let planned = self.plan((&last.config, &last.variables), &snapshot, options, false).await;
            let mut said = planned.diagnostics.clone();
            if !planned.plan.errored {
                let outcome = self.apply((&last.config, &last.variables), &planned, store, stop.clone()).await;
                said.extend(outcome.diagnostics);
            }
            let left = store.snapshot().unwrap_or_default();
            let errors: Diagnostics = said.into_iter().filter(Diagnostic::is_error).collect();
            report.ui.diagnostics(&errors, Some(&last.config.sources));
            if !left.objects.is_empty() {
                clean = false;
                report.ui.diagnostics(&left_over(&path, &left).into(), None);
            }
        }
        clean
    }
}

/// What a run worked out.
enum Done {
    Planned(Box<PlanResult>),
    Applied(plumb_engine::store::Snapshot),
}

fn fail(result: &mut RunResult, found: Diagnostics) {
    result.status = Status::Error;
    result.diagnostics.extend(found);
}

/// Takes over what was said; whether the assertions are worth a look.
fn settle(verdict: Verdict, result: &mut RunResult) -> bool {
    let Verdict { rest, missing, .. } = verdict;
    if rest.has_errors() || missing.has_errors() {
        result.status = Status::Error;
    }
    result.diagnostics.extend(rest);
    result.diagnostics.extend(missing);
    result.status != Status::Error
}

fn judge_failed_plan(run: &testing::Run, said: Diagnostics, result: &mut RunResult) {
    let verdict = testing::expected(run, said);
    let stopped = verdict.allowed.iter().find(|it| it.is_error()).cloned();
    if let Some(it) = stopped.filter(|_| run.command == RunCommand::Apply) {
        let detail = format!(
            "A custom condition within {} failed during the planning stage and prevented the requested apply operation. While \
             this was an expected failure, the apply could not be done, so the run counts as failed. Let the run only plan \
             (command = plan), or expect nothing that a plan finds.",
            it.address.as_deref().unwrap_or("the configuration")
        );
        result.diagnostics.push(Diagnostic::warning("Expected failure while planning", detail));
        result.status = Status::Error;
        result.diagnostics.extend(verdict.allowed.clone());
    }
    settle(verdict, result);
}

fn left_over(path: &str, left: &plumb_engine::store::Snapshot) -> Diagnostic {
    let objects: Vec<String> = left
        .objects
        .iter()
        .map(|(key, it)| match it.attributes.id() {
            Some(id) => format!("  - {key} (id {id})"),
            None => format!("  - {key}"),
        })
        .collect();
    let detail = format!(
        "These objects were made by {path} and could not be deleted; delete them by hand:\n\n{}",
        objects.join("\n")
    );
    Diagnostic::error("Test objects are left over", detail)
}

/// Passes on the order to stop at once, and no other: what tests made is deleted even after an interrupt.
fn only_now(mut stop: watch::Receiver<Stop>) -> watch::Receiver<Stop> {
    let (sender, receiver) = watch::channel(Stop::Go);
    tokio::spawn(async move {
        if stop.wait_for(|it| *it == Stop::Now).await.is_ok() {
            sender.send(Stop::Now).ok();
        }
        sender.closed().await;
    });
    receiver
}

/// Adds the mocks of the directories that `mock_provider` blocks name.
fn read_mock_files(file: &mut TestFile, sources: &mut SourceMap) -> Result<(), Failure> {
    for mock in &mut file.mocks {
        let Some((dir, span)) = mock.source.clone() else { continue };
        let paths = list(Path::new(&*dir), ".tfmock.hcl");
        if paths.is_empty() {
            let detail = format!("The directory {dir} has no files whose names end with .tfmock.hcl.");
            let found = Diagnostic::error("No mocks found", detail).at(span);
            return Err(Failure::new(found.into(), sources));
        }
        for path in paths {
            let (types, overrides, found) = testing::read_mocks(sources, &path, &read(&path)?);
            if found.has_errors() {
                return Err(Failure::new(found, sources));
            }
            mock.types.extend(types);
            mock.overrides.extend(overrides);
        }
    }
    Ok(())
}

//! `apply`, `destroy` and `refresh`: plan, approval, execution.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use plumb_engine::apply::{self, ApplyOutcome, ApplyRequest, RecoverRequest};
use plumb_engine::config::{self, Config, Variables};
use plumb_engine::diagnostic::{Diagnostic, Diagnostics};
use plumb_engine::eval::Settings;
use plumb_engine::plan::{Counts, Plan, PlanMode};
use plumb_engine::store::{OperationId, OutputRecord, Row, Run, RunOutcome, RunStatus, Scope, Snapshot, Store};

use super::{approval, plan};
use crate::args::{ApplyArgs, StateOption};
use crate::progress::Progress;
use crate::render::{json_stream, outputs, summary};
use crate::session::{Exit, Failure, Session, store_diagnostic};
use crate::ui::Ui;
use crate::workspace::Loaded;
use crate::{lock, plan_file, signals, workspace};

/// Which of the commands it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `apply`.
    Apply,
    /// `destroy`: `apply -destroy`.
    Destroy,
    /// `refresh`: `apply -refresh-only -auto-approve`.
    Refresh,
}

/// A plan with what it was made from.
struct Approved {
    config: Config,
    variables: Variables,
    plan: Plan,
    /// The state that the plan was made from, for one that was made just now.
    seen: Option<Snapshot>,
}

/// What became of a plan.
enum Execution {
    /// It was carried out, as far as that went.
    Ended(Exit),
    /// Something that it is about has changed since; nothing was done.
    Stale(Diagnostics),
}

/// Runs the command.
pub async fn run(kind: Kind, mut args: ApplyArgs, session: &Session, ui: &Ui) -> Result<Exit, Failure> {
    match kind {
        Kind::Apply => {}
        Kind::Destroy => args.planning.destroy = true,
        Kind::Refresh => {
            args.planning.refresh_only = true;
            args.apply.auto_approve = true;
        }
    }
    if ui.is_json() {
        ui.json_line(&json_stream::version());
    }
    if !args.lock.lock {
        let detail = "A command that writes the state always leases what it writes, so -lock=false has no effect here.";
        ui.diagnostics(&Diagnostic::warning("Locking cannot be turned off", detail).into(), None);
    }
    let deadline = args.lock.deadline();
    if let Some(path) = args.plan_file.clone() {
        let approved = saved(&path, &args, kind, session, ui)?;
        return match execute(&approved, &args, deadline, session, ui).await? {
            Execution::Ended(exit) => Ok(exit),
            Execution::Stale(found) => Err(Failure::new(found, &approved.config.sources)),
        };
    }
    // Each time that a plan is stale another run has got something done, so this comes to an end.
    loop {
        let approved = match planned(&args, deadline, session, ui).await? {
            Ok(approved) => approved,
            Err(exit) => return Ok(exit),
        };
        match execute(&approved, &args, deadline, session, ui).await? {
            Execution::Ended(exit) => return Ok(exit),
            Execution::Stale(_) => {
                let detail = "Another run has changed objects that this plan is about, so it is made anew.";
                ui.diagnostics(&Diagnostic::warning("Planning again", detail).into(), None);
            }
        }
    }
}

/// Reads a saved plan. That it is given approves it.
fn saved(path: &Path, args: &ApplyArgs, kind: Kind, session: &Session, ui: &Ui) -> Result<Approved, Failure> {
    if kind != Kind::Apply {
        let detail = "A saved plan already says what is done. Apply it with \"plumb apply\".";
        return Err(Diagnostic::error("A plan file does not go with this command", detail).into());
    }
    if !workspace::interrupted(&args.state)?.is_empty() {
        let detail = "A run after which this plan may have been made was interrupted, and what became of its operations is \
                      not known yet. Run \"plumb apply\" without a plan file: it finds out first, and plans again.";
        return Err(Diagnostic::error("An earlier run was interrupted", detail).into());
    }
    let file = plan_file::read(path)?;
    let dir = Path::new(".");
    let (mut config, mut found) = plan_file::config(&file);
    let mut variables = Variables::default();
    let ephemeral = config.root().variables.values().any(|it| it.ephemeral);
    if !found.has_errors() && (ephemeral || !args.planning.variables.options.is_empty()) {
        let options = &args.planning.variables.options;
        let (given, more) = config::variables(&mut config, dir, &session.environment, options);
        variables = given;
        found.extend(more);
    }
    if found.has_errors() {
        return Err(Failure::new(found, &config.sources));
    }
    // Known before the state is so much as opened.
    apply::final_variables(&config, &variables, &file.plan).map_err(|found| Failure::new(found, &config.sources))?;
    if args.state.adopted().is_some() && workspace::snapshot(&args.state)?.serial != file.plan.serial {
        let detail =
            "The state of Terraform that the plan was made from has changed since. Nothing was done. Plan again.";
        return Err(Diagnostic::error("Saved plan is stale", detail).into());
    }
    ui.diagnostics(&found, Some(&config.sources));
    Ok(Approved { config, variables, plan: file.plan, seen: None })
}

/// Makes a plan and has it approved; `Err` with the exit code when there is nothing to execute.
async fn planned(
    args: &ApplyArgs,
    deadline: Instant,
    session: &Session,
    ui: &Ui,
) -> Result<Result<Approved, Exit>, Failure> {
    let loaded = workspace::load_asking(session, &args.planning.variables, args.planning.input, ui)?;
    let snapshot = settled(&loaded, &args.state, deadline, session, ui).await?;
    workspace::tell_origin(&args.state, ui);
    let mut result = plan::asked(&loaded, &snapshot, (&args.planning, &args.state), session, ui).await?;
    if args.apply.auto_approve && plan::has_changes(&result.plan) && !result.plan.errored {
        // The apply judges the checks again, and nobody is asked in between.
        let said_later = |it: &Diagnostic| it.summary.starts_with("Check block assertion ");
        result.diagnostics = result.diagnostics.into_iter().filter(|it| !said_later(it)).collect();
    }
    if !plan::show(&result, &loaded, session, ui) {
        return Ok(Err(Exit::Error));
    }
    let changes = plan::has_changes(&result.plan);
    if !changes && !result.plan.has_refreshed() {
        // A state is there once something was applied, even if it is empty.
        workspace::open(&args.state)?;
        finished(result.plan.mode, Counts::default(), &result.calls, &snapshot.outputs, ui);
        return Ok(Err(Exit::Success));
    }
    let mode = result.plan.mode;
    // That objects are not as the state has them is stored without a question: nothing is done to them.
    if changes && !args.apply.auto_approve && !approval::plan(mode, session.may_ask(args.planning.input), ui)? {
        let what = if mode == PlanMode::Destroy { "Destroy" } else { "Apply" };
        ui.out(&format!("\n{what} cancelled.\n"));
        return Ok(Err(Exit::Error));
    }
    let Loaded { config, variables, .. } = loaded;
    Ok(Ok(Approved { config, variables, plan: result.plan, seen: Some(snapshot) }))
}

/// The state, after what became of the operations that an interrupted run left open has been found out: nothing is planned
/// on top of them.
pub async fn settled(
    loaded: &Loaded,
    state: &StateOption,
    deadline: Instant,
    session: &Session,
    ui: &Ui,
) -> Result<Snapshot, Failure> {
    let (snapshot, open) = workspace::look(state)?;
    if open.is_empty() {
        return Ok(snapshot);
    }
    let store = Arc::new(workspace::open(state)?);
    let scope = Scope::write(open.iter().map(|it| Row::instance(&it.intent.object.addr)));
    let operations: Vec<OperationId> = open.iter().map(|it| it.id).collect();
    let lock = lock::acquire(&store, "recovery", scope, deadline).await?;
    let settled = apply::recover(RecoverRequest {
        config: &loaded.config,
        variables: &loaded.variables,
        providers: &session.providers,
        settings: session.settings(false),
        store: &*store,
        lease: &lock.lease,
        operations: &operations,
    })
    .await;
    let released = lock.release();
    match settled {
        Ok(said) => ui.diagnostics(&said, Some(&loaded.config.sources)),
        Err(found) => return Err(Failure::new(found, &loaded.config.sources)),
    }
    released?;
    workspace::snapshot(state)
}

/// Carries a plan out under a lease of the rows that it is about.
async fn execute(
    approved: &Approved,
    args: &ApplyArgs,
    deadline: Instant,
    session: &Session,
    ui: &Ui,
) -> Result<Execution, Failure> {
    let Approved { config, variables, plan, seen } = approved;
    let store = Arc::new(workspace::open(&args.state)?);
    let command = command_name(plan.mode);
    let commit = commit().await;
    let rows = match seen {
        Some(snapshot) => apply::rows(plan, snapshot, &session.providers),
        None => apply::rows(plan, &store.snapshot()?, &session.providers),
    };
    let lock = lock::acquire(&store, command, Scope::Rows(rows), deadline).await?;
    let snapshot = match apply::check_fresh(plan, &*store) {
        Ok(snapshot) => snapshot,
        Err(found) => {
            lock.release()?;
            return Ok(Execution::Stale(found));
        }
    };
    let run = Run {
        id: lock.lease.run.clone(),
        command: command.into(),
        who: lock::who(),
        commit,
        summary: summary::planned_text(plan.counts()).trim_end_matches('.').into(),
    };
    store.begin_run(&lock.lease, &run)?;
    let (stop, listener) = signals::listen();
    let progress = Progress::new(ui);
    let outcome = apply::run(ApplyRequest {
        config,
        variables,
        plan,
        store: &*store,
        snapshot: &snapshot,
        lease: &lock.lease,
        providers: &session.providers,
        events: &progress,
        settings: Settings { plan_time: plan.timestamp.clone(), ..session.settings(true) },
        parallelism: args.planning.parallelism.max(1),
        stop,
    })
    .await;
    drop(listener);
    let mut found = outcome.diagnostics.clone();
    let ended = RunOutcome { status: outcome.status, calls: outcome.calls.values().sum() };
    if let Err(error) = store.end_run(&lock.lease, &ended) {
        found.push(store_diagnostic(&error));
    }
    if let Err(failure) = lock.release() {
        found.extend(failure.diagnostics);
    }
    Ok(Execution::Ended(report(plan.mode, &outcome, &found, config, ui)))
}

fn report(mode: PlanMode, outcome: &ApplyOutcome, found: &Diagnostics, config: &Config, ui: &Ui) -> Exit {
    if outcome.status == RunStatus::Succeeded && !found.has_errors() {
        ui.diagnostics(found, Some(&config.sources));
        finished(mode, outcome.done, &outcome.calls, &outcome.outputs, ui);
        return Exit::Success;
    }
    if !ui.is_json() {
        let Counts { add, change, destroy, .. } = outcome.done;
        let how = if outcome.status == RunStatus::Interrupted { "interrupted" } else { "incomplete" };
        ui.out(&format!("\nThe run is {how}. Done so far: {add} added, {change} changed, {destroy} destroyed.\n"));
        if let Some(calls) = summary::calls(&outcome.calls) {
            ui.out(&format!("{calls}\n"));
        }
    }
    ui.diagnostics(found, Some(&config.sources));
    Exit::Error
}

/// What is said when everything is done.
fn finished(
    mode: PlanMode,
    done: Counts,
    calls: &BTreeMap<Arc<str>, u64>,
    values: &BTreeMap<Arc<str>, OutputRecord>,
    ui: &Ui,
) {
    if ui.is_json() {
        ui.json_line(&json_stream::change_summary(done, if mode == PlanMode::Destroy { "destroy" } else { "apply" }));
        ui.json_line(&json_stream::outputs(values));
        return;
    }
    let line = match mode {
        PlanMode::Destroy => summary::destroyed(done, ui.paint()),
        _ => summary::applied(done, ui.paint()),
    };
    ui.out(&format!("\n{line}\n"));
    if let Some(calls) = summary::calls(calls) {
        ui.out(&format!("{calls}\n"));
    }
    if !values.is_empty() && mode != PlanMode::Destroy {
        ui.out(&format!("\nOutputs:\n\n{}", outputs::values(values)));
    }
}

fn command_name(mode: PlanMode) -> &'static str {
    match mode {
        PlanMode::Normal => "apply",
        PlanMode::RefreshOnly => "refresh",
        PlanMode::Destroy => "destroy",
    }
}

/// The commit of the configuration, with `+` when files of it differ; `None` outside of git.
async fn commit() -> Option<String> {
    let head = git(&["rev-parse", "HEAD"]).await?;
    let changes = git(&["status", "--porcelain", "--untracked-files=all", "--", "."]).await?;
    let differs = changes.lines().any(|line| !line.starts_with("??") || is_configuration(line));
    Some(format!("{}{}", head.trim(), if differs { "+" } else { "" }))
}

/// Whether a new file is part of a configuration; states and plans beside it are not.
fn is_configuration(line: &str) -> bool {
    let path = line.trim_end_matches('"');
    [".tf", ".tf.json", ".tfvars", ".tfvars.json", ".tftpl"].iter().any(|end| path.ends_with(end))
}

async fn git(arguments: &[&str]) -> Option<String> {
    let output = tokio::process::Command::new("git").args(arguments).output().await.ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

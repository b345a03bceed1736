//! `plan`: what would be done, and a file of it.

use plumb_engine::diagnostic::Diagnostic;
use plumb_engine::events::{Events, Silent};
use plumb_engine::plan::file::PlanFile;
use plumb_engine::plan::{self, Plan, PlanMode, PlanOptions, PlanRequest, PlanResult};
use plumb_engine::store::{History, Snapshot};

use super::history;
use crate::args::{PlanArgs, PlanningOptions, StateOption};
use crate::plan_file;
use crate::progress::Progress;
use crate::render::{self, json_stream, summary};
use crate::session::{Exit, Failure, Session};
use crate::ui::Ui;
use crate::workspace::{self, Loaded};

/// Runs the command.
pub async fn run(args: &PlanArgs, session: &Session, ui: &Ui) -> Result<Exit, Failure> {
    if ui.is_json() {
        ui.json_line(&json_stream::version());
    }
    let loaded = workspace::load_asking(session, &args.planning.variables, args.planning.input, ui)?;
    let (snapshot, open) = workspace::look(&args.state)?;
    let open = open.len();
    if open > 0 {
        let detail = format!(
            "The journal has operations that were begun and never ended: {open}. What became of them is found out by the \
             next apply, before it plans; until then objects that were just made can be missing here."
        );
        ui.diagnostics(&Diagnostic::warning("An earlier run was interrupted", detail).into(), None);
    }
    workspace::tell_origin(&args.state, ui);
    let result = asked(&loaded, &snapshot, (&args.planning, &args.state), session, ui).await?;
    if !show(&result, &loaded, session, ui) {
        return Ok(Exit::Error);
    }
    let changes = has_changes(&result.plan);
    let runtime = render::runtime::alone(&result.plan);
    if let Some(path) = &args.out {
        plan_file::write(path, &PlanFile::new(result.plan, &loaded.config.sources))?;
    }
    let saved = args.out.as_ref().map(|it| it.display().to_string());
    if !ui.is_json() && (changes || saved.is_some()) && !(session.in_automation() && saved.is_none()) {
        ui.out(&render::plan::next_step(saved.as_deref(), ui.view(&session.providers)));
    }
    Ok(match changes {
        true if args.detailed_exitcode => Exit::Changes,
        false if args.runtime_exitcode && runtime => Exit::Runtime,
        _ => Exit::Success,
    })
}

/// Makes the plan that the options of a command ask for: of the configuration, or of what a run is to be undone of.
pub async fn asked(
    loaded: &Loaded,
    snapshot: &Snapshot,
    (planning, state): (&PlanningOptions, &StateOption),
    session: &Session,
    ui: &Ui,
) -> Result<PlanResult, Failure> {
    let options = planning.plan_options();
    let Some(run) = &planning.revert else { return Ok(make(loaded, snapshot, options, session, ui).await) };
    let run = history::find(&history::store(state)?, run)?.run.id;
    let changes = match workspace::existing(state)? {
        Some(store) => store.changes(&run)?,
        None => Vec::new(),
    };
    let request = PlanRequest {
        config: &loaded.config,
        variables: &loaded.variables,
        snapshot,
        providers: &session.providers,
        events: &Progress::new(ui),
        settings: session.settings(false),
        options,
    };
    Ok(plan::revert(&request, &changes).await)
}

/// Makes a plan; reads are shown as they happen.
pub async fn make(
    loaded: &Loaded,
    snapshot: &Snapshot,
    options: PlanOptions,
    session: &Session,
    ui: &Ui,
) -> PlanResult {
    create(loaded, snapshot, options, session, &Progress::new(ui)).await
}

/// Makes a plan without a word: for commands whose output is a document.
pub async fn make_silently(
    loaded: &Loaded,
    snapshot: &Snapshot,
    options: PlanOptions,
    session: &Session,
) -> PlanResult {
    create(loaded, snapshot, options, session, &Silent).await
}

async fn create(
    loaded: &Loaded,
    snapshot: &Snapshot,
    options: PlanOptions,
    session: &Session,
    events: &dyn Events,
) -> PlanResult {
    plan::create(PlanRequest {
        config: &loaded.config,
        variables: &loaded.variables,
        snapshot,
        providers: &session.providers,
        events,
        settings: session.settings(false),
        options,
    })
    .await
}

/// Shows a plan and what was found on the way; whether it can be applied.
pub fn show(result: &PlanResult, loaded: &Loaded, session: &Session, ui: &Ui) -> bool {
    let sources = Some(&loaded.config.sources);
    let failed = result.plan.errored || result.diagnostics.has_errors();
    // A plan that failed is shown as far as it goes only if it goes anywhere.
    let shown = !failed || result.plan.changes.iter().any(|it| it.action != plan::Action::NoOp);
    if ui.is_json() {
        if shown {
            json_stream::plan(&result.plan).iter().for_each(|line| ui.json_line(line));
        }
    } else {
        if shown {
            ui.out(&render::plan::plan(&result.plan, ui.view(&session.providers)));
        }
        if let Some(calls) = summary::calls(&result.calls) {
            ui.out(&format!("\n{calls}\n"));
        }
    }
    let mut found = loaded.warnings.clone();
    found.extend(result.diagnostics.clone());
    ui.diagnostics(&found, sources);
    !failed
}

/// Whether an apply of the plan would write anything.
pub fn has_changes(plan: &Plan) -> bool {
    !plan.is_empty()
        || (plan.mode == PlanMode::RefreshOnly && !(plan.drift.is_empty() && plan.runtime_changes.is_empty()))
}

//! `drift`: what was changed behind the configuration's back. Exits with 0 when nothing was, with 2 when
//! something was; with -runtime-exitcode, with 3 when only failover groups have moved.

use plumb_engine::plan::{PlanMode, PlanOptions};

use super::plan;
use crate::args::DriftArgs;
use crate::render::{self, summary};
use crate::session::{Exit, Failure, Session};
use crate::ui::Ui;
use crate::workspace;

/// Runs the command.
pub async fn run(args: &DriftArgs, session: &Session, ui: &Ui) -> Result<Exit, Failure> {
    let loaded = workspace::load(session, &args.variables)?;
    let snapshot = workspace::snapshot(&args.state)?;
    if !args.json {
        workspace::tell_origin(&args.state, ui);
    }
    let options = PlanOptions {
        mode: PlanMode::RefreshOnly,
        targets: args.target.clone(),
        excludes: args.exclude.clone(),
        parallelism: args.parallelism.max(1),
        ..PlanOptions::default()
    };
    let result = if args.json {
        plan::make_silently(&loaded, &snapshot, options, session).await
    } else {
        plan::make(&loaded, &snapshot, options, session, ui).await
    };
    if result.plan.errored || result.diagnostics.has_errors() {
        return Err(Failure::new(result.diagnostics, &loaded.config.sources));
    }
    let (drift, view) = (&result.plan.drift, ui.view(&session.providers));
    if args.json {
        ui.document(&render::drift::document(&result.plan, view));
    } else {
        ui.out(&format!("\n{}", render::drift::text(drift, view)));
        ui.out(&render::runtime::text(&result.plan.runtime_changes, view));
        if let Some(calls) = summary::calls(&result.calls) {
            ui.out(&format!("{calls}\n"));
        }
        ui.diagnostics(&result.diagnostics, Some(&loaded.config.sources));
    }
    let runtime = args.runtime_exitcode && render::runtime::alone(&result.plan);
    Ok(match drift.is_empty() {
        false => Exit::Changes,
        true if runtime => Exit::Runtime,
        true => Exit::Success,
    })
}

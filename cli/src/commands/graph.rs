//! `graph`: what waits for what, as a drawing.

use std::path::Path;

use plumb_engine::config::graph::Order;
use plumb_engine::config::{self, Config};
use plumb_engine::diagnostic::Diagnostic;
use plumb_engine::diagram::{self, Diagram, Visit};
use plumb_engine::source::SourceMap;

use crate::args::{GraphArgs, GraphFormat};
use crate::plan_file;
use crate::render::graph;
use crate::session::{Exit, Failure, Session};
use crate::ui::Ui;
use crate::workspace;

/// Runs the command.
pub fn run(args: &GraphArgs, session: &Session, ui: &Ui) -> Result<Exit, Failure> {
    let kind = match (&args.plan, args.kind.as_deref()) {
        (None, None | Some("")) => None,
        (Some(_), None | Some("")) => Some("apply"),
        (_, kind) => kind,
    };
    let drawing = draw(args, kind, session)?;
    ui.out(&match (args.format, kind) {
        (GraphFormat::Mermaid, _) => graph::mermaid(&drawing),
        (GraphFormat::Dot, None) => graph::dot_of_resources(&drawing),
        (GraphFormat::Dot, Some(_)) => graph::dot(&drawing, args.draw_cycles),
    });
    Ok(Exit::Success)
}

fn draw(args: &GraphArgs, kind: Option<&str>, session: &Session) -> Result<Diagram, Failure> {
    match (&args.plan, kind) {
        (Some(path), Some("apply")) => {
            let file = plan_file::read(path)?;
            Ok(diagram::operations(&file.plan).map_err(|found| Failure::new(found, &SourceMap::default()))?)
        }
        // Without a plan nothing is known of operations: what is planned is what could be applied.
        (_, Some(kind @ ("plan" | "plan-refresh-only" | "apply"))) => {
            let visit = if kind == "apply" { Visit::Apply } else { Visit::Plan };
            Ok(diagram::plan(&load(args, session)?, &workspace::snapshot(&args.state)?, visit))
        }
        (_, Some("plan-destroy")) => Ok(diagram::destroy(&load(args, session)?, &workspace::snapshot(&args.state)?)),
        (_, Some(kind)) => Err(unsupported(kind).into()),
        (_, None) => Ok(diagram::resources(&load(args, session)?, &workspace::snapshot(&args.state)?)),
    }
}

fn load(args: &GraphArgs, session: &Session) -> Result<Config, Failure> {
    let (config, found) = config::load_installed(Path::new("."), &session.data_dir());
    if found.has_errors() {
        return Err(Failure::new(found, &config.sources));
    }
    if !args.draw_cycles {
        Order::new(&config).map_err(|found| Failure::new(found, &config.sources))?;
    }
    Ok(config)
}

fn unsupported(kind: &str) -> Diagnostic {
    if matches!(kind, "validate" | "eval") {
        let detail =
            format!("There is no graph of type {kind:?} any more. Use -type=plan, which shows the same blocks.");
        return Diagnostic::error("Graph type no longer available", detail);
    }
    let detail = format!("{kind:?} is none of the types of graphs: plan, plan-refresh-only, plan-destroy, apply.");
    Diagnostic::error("Unsupported graph type", detail)
}

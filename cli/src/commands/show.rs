//! `show`: the state or a saved plan, as text or as the JSON document that other tools read.

use std::path::Path;

use plumb_engine::config::Config;
use plumb_engine::diagnostic::Diagnostic;
use plumb_engine::provider::Providers;
use serde_json::{Value as Json, json};

use crate::args::ShowArgs;
use crate::render::{self, json_plan, json_state, state_show};
use crate::session::{Exit, Failure, Session};
use crate::ui::Ui;
use crate::{plan_file, workspace};

/// Runs the command.
pub fn run(args: &ShowArgs, session: &Session, ui: &Ui) -> Result<Exit, Failure> {
    match &args.plan_file {
        Some(path) => plan(path, args.json, session, ui),
        None => {
            let snapshot = workspace::snapshot(&args.state)?.read()?;
            if args.json {
                ui.out(&format!("{}\n", json_state::document(&snapshot, &session.providers)));
            } else {
                ui.out(&state_show::state(&snapshot, ui.view(&session.providers)));
            }
            Ok(Exit::Success)
        }
    }
}

fn plan(path: &Path, json: bool, session: &Session, ui: &Ui) -> Result<Exit, Failure> {
    if !path.exists() {
        let detail = format!("There is no file {}. Save a plan with \"plumb plan -out={0}\".", path.display());
        return Err(Diagnostic::error("Failed to read the given file as a plan file", detail).into());
    }
    let file = plan_file::read(path)?;
    if json {
        // The plan was made from this configuration, so there is no error in it that was not shown then.
        let (config, _) = plan_file::config(&file);
        let document = json_plan::document(&file.plan, configuration(&config, &session.providers), &session.providers);
        ui.out(&format!("{document}\n"));
    } else {
        ui.out(&render::plan::plan(&file.plan, ui.view(&session.providers)));
    }
    Ok(Exit::Success)
}

/// The configuration as the plan document describes it.
fn configuration(_config: &Config, providers: &Providers) -> Json {
    let entries = providers.iter().map(|it| {
        let name = it.source().rsplit('/').next().unwrap_or(it.source());
        (name.to_owned(), json!({ "name": name, "full_name": it.source() }))
    });
    json!({ "provider_config": Json::Object(entries.collect()), "root_module": {} })
}

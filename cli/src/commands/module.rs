//! `module`: the modules that come with plumb, listed and copied.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use plumb_engine::diagnostic::Diagnostic;
use serde_json::json;

use crate::VERSION;
use crate::args::{ModuleCommand, ModuleCopyArgs};
use crate::modules::shipped;
use crate::session::{Exit, Failure, Session};

/// Runs the command.
pub fn run(command: &ModuleCommand, session: &Session) -> Exit {
    match command {
        ModuleCommand::List(it) => super::finish(session.ui(&it.view, false), |ui| {
            if it.json {
                ui.document(&listed())
            } else {
                ui.out(&list())
            }
            Ok(Exit::Success)
        }),
        ModuleCommand::Copy(it) => super::finish(session.ui(&it.view, false), |ui| {
            let name = it.name.strip_prefix(shipped::SCHEME).unwrap_or(&it.name);
            copy(name, it)?;
            let dir = it.dir.display();
            ui.out(&format!("Copied {name} to {dir}.\n"));
            ui.out(&called(&it.dir));
            Ok(Exit::Success)
        }),
    }
}

fn list() -> String {
    let lines =
        shipped::all().into_iter().map(|it| format!("{}{}\n    {}\n", shipped::SCHEME, it.name, it.description));
    lines.collect()
}

fn listed() -> serde_json::Value {
    let modules = shipped::all().into_iter().map(|it| {
        let source = format!("{}{}", shipped::SCHEME, it.name);
        json!({ "name": it.name, "source": source, "description": it.description, "version": VERSION })
    });
    json!({ "modules": modules.collect::<Vec<_>>() })
}

fn copy(name: &str, args: &ModuleCopyArgs) -> Result<(), Failure> {
    let dir = &args.dir;
    let occupied = fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some()) || dir.is_file();
    if occupied {
        let detail = format!(
            "{} is there already and not empty. What has been changed in it would be lost: name another directory, or \
             remove this one.",
            dir.display()
        );
        return Err(Diagnostic::error("Directory is not empty", detail).into());
    }
    shipped::write(name, &BTreeMap::new(), dir).map_err(|reason| {
        let detail = format!("The module cannot be copied: {reason}.");
        Diagnostic::error("Failed to copy module", detail).into()
    })
}

/// How a configuration of the working directory calls the copy, where that is below it.
fn called(dir: &Path) -> String {
    let inside = dir.is_relative() && !dir.starts_with("..");
    let dir = dir.strip_prefix(".").unwrap_or(dir);
    if inside { format!("Call it with\n\n    source = \"./{}\"\n", dir.display()) } else { String::new() }
}

//! `workspace`: several states for one configuration, one of which is current.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use plumb_engine::addr::Mode;
use plumb_engine::diagnostic::Diagnostic;
use plumb_engine::store::{Scope, Snapshot};

use crate::args::{WorkspaceCommand, WorkspaceDeleteArgs, WorkspaceNewArgs, WorkspaceSelectArgs};
use crate::session::{Exit, Failure, Session};
use crate::state_file::{self, DEFAULT_WORKSPACE, WORKSPACES};
use crate::ui::Ui;
use crate::{lock, workspace};

/// Runs the command.
pub async fn run(command: &WorkspaceCommand, session: &Session, ui: &Ui) -> Result<Exit, Failure> {
    match command {
        WorkspaceCommand::List(_) => ui.out(&list(session)?),
        WorkspaceCommand::Show(_) => ui.out(&format!("{}\n", session.workspace)),
        WorkspaceCommand::New(args) => new(args, session, ui)?,
        WorkspaceCommand::Select(args) => select(args, session, ui)?,
        WorkspaceCommand::Delete(args) => delete(args, session, ui).await?,
    }
    Ok(Exit::Success)
}

fn list(session: &Session) -> Result<String, Failure> {
    let mut text = String::new();
    for name in names()? {
        let mark = if name == session.workspace { '*' } else { ' ' };
        text += &format!("{mark} {name}\n");
    }
    text.push('\n');
    if session.is_set("TF_WORKSPACE") {
        text += "\n\nThe active workspace is being overridden using the TF_WORKSPACE environment\nvariable.\n\n";
    }
    Ok(text)
}

fn new(args: &WorkspaceNewArgs, session: &Session, ui: &Ui) -> Result<(), Failure> {
    check_name(&args.name)?;
    if session.is_set("TF_WORKSPACE") && session.workspace != args.name {
        let detail = "The current workspace is set by the environment variable TF_WORKSPACE, so that a new one would not \
                      become the current one. Unset the variable, or set it to the name of the new workspace.";
        return Err(Diagnostic::error("Workspace set by TF_WORKSPACE", detail).into());
    }
    if names()?.contains(&args.name) {
        let detail = format!("Workspace {:?} already exists. Change to it with \"plumb workspace select\".", args.name);
        return Err(Diagnostic::error("Workspace already exists", detail).into());
    }
    let begun = args.state.as_deref().map(copied).transpose()?;
    create(&args.name, session, ui)?;
    if let Some(snapshot) = begun {
        let store = workspace::open(&state_file::of_workspace(&args.name))?;
        state_file::fill(&store, &snapshot)?;
    }
    Ok(())
}

/// The state that a new workspace begins with: the content without its identity.
fn copied(path: &Path) -> Result<Snapshot, Failure> {
    let snapshot = state_file::read(path, state_file::options())?.ok_or_else(|| {
        Diagnostic::error("No state file was found", format!("There is no file {} to copy.", path.display()))
    })?;
    Ok(Snapshot { lineage: uuid::Uuid::new_v4().to_string(), ..snapshot })
}

fn create(name: &str, session: &Session, ui: &Ui) -> Result<(), Failure> {
    let folder = state_file::folder(name);
    fs::create_dir_all(&folder).map_err(|error| not_written(&folder, &error))?;
    remember(name, session)?;
    ui.out(&format!(
        "Created and switched to workspace \"{name}\"!\n\nYou're now on a new, empty workspace. Workspaces isolate their \
         state,\nso if you run \"plumb plan\" plumb will not see any existing state\nfor this configuration.\n"
    ));
    Ok(())
}

fn select(args: &WorkspaceSelectArgs, session: &Session, ui: &Ui) -> Result<(), Failure> {
    if session.is_set("TF_WORKSPACE") {
        let detail = "The current workspace is set by the environment variable TF_WORKSPACE. To change to another one, set \
                      the variable to its name, or unset it and run this command again.";
        return Err(Diagnostic::error("Workspace set by TF_WORKSPACE", detail).into());
    }
    check_name(&args.name)?;
    if args.name == session.workspace {
        return Ok(());
    }
    if !names()?.contains(&args.name) {
        if args.or_create {
            return create(&args.name, session, ui);
        }
        return Err(missing(&args.name).into());
    }
    remember(&args.name, session)?;
    ui.out(&format!("Switched to workspace \"{}\".\n", args.name));
    Ok(())
}

async fn delete(args: &WorkspaceDeleteArgs, session: &Session, ui: &Ui) -> Result<(), Failure> {
    let name = &args.name;
    check_name(name)?;
    if !names()?.contains(name) {
        return Err(missing(name).into());
    }
    if *name == session.workspace {
        let detail = format!(
            "Workspace {name:?} is your active workspace, which cannot be deleted. Change to another one with \"plumb \
             workspace select\", and try again."
        );
        return Err(Diagnostic::error("Workspace is active", detail).into());
    }
    if name == DEFAULT_WORKSPACE {
        let detail = "The workspace \"default\" is always there and cannot be deleted.";
        return Err(Diagnostic::error("Workspace cannot be deleted", detail).into());
    }
    let state = state_file::of_workspace(name);
    let managed = managed(&workspace::listing(&state)?);
    if !managed.is_empty() && !args.force {
        return Err(not_empty(name, &managed).into());
    }
    if state.path.exists() {
        // Whoever works in it has to end first.
        let store = Arc::new(workspace::open(&state)?);
        lock::acquire(&store, "workspace delete", Scope::Whole, args.lock.deadline()).await?.release()?;
    }
    let folder = state_file::folder(name);
    fs::remove_dir_all(&folder).map_err(|error| not_written(&folder, &error))?;
    ui.out(&format!("Deleted workspace \"{name}\"!\n"));
    if !managed.is_empty() {
        ui.out(&format!(
            "WARNING: \"{name}\" was non-empty.\nThe resources managed by the deleted workspace may still exist,\nbut are \
             no longer manageable by plumb since the state has\nbeen deleted.\n"
        ));
    }
    Ok(())
}

fn managed(snapshot: &Snapshot) -> Vec<String> {
    let objects = snapshot.objects.keys().filter(|key| key.addr.resource.mode == Mode::Managed);
    objects.map(ToString::to_string).collect()
}

fn not_empty(name: &str, managed: &[String]) -> Diagnostic {
    let list: String = managed.iter().map(|it| format!("  - {it}\n")).collect();
    let detail = format!(
        "Workspace {name:?} is currently tracking the following resource instances:\n{list}\nWith the workspace, plumb \
         would lose track of them, and they would have to be deleted by hand. Destroy them before, or give -force to \
         delete the workspace all the same."
    );
    Diagnostic::error("Workspace is not empty", detail)
}

/// All workspaces, the default one first.
fn names() -> Result<Vec<String>, Failure> {
    let mut names = Vec::new();
    let folder = Path::new(WORKSPACES);
    if folder.is_dir() {
        let unreadable = |error: std::io::Error| {
            let detail = format!("The directory {WORKSPACES} cannot be read: {error}.");
            Diagnostic::error("Workspaces cannot be listed", detail)
        };
        for entry in fs::read_dir(folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            if entry.path().is_dir() {
                names.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
    }
    names.sort();
    names.insert(0, DEFAULT_WORKSPACE.to_owned());
    Ok(names)
}

/// The workspace that the environment or an earlier `select` names.
///
/// # Errors
/// TF_WORKSPACE holds no name of a workspace.
pub fn current(from_environment: Option<&str>, data_dir: Option<&str>) -> Result<String, Diagnostic> {
    if let Some(name) = from_environment.filter(|it| !it.is_empty()) {
        if !is_name(name) {
            let detail = format!("TF_WORKSPACE is {name:?}. {NAME_RULE}");
            return Err(Diagnostic::error("Invalid workspace name set using TF_WORKSPACE", detail));
        }
        return Ok(name.to_owned());
    }
    let chosen = fs::read_to_string(file(data_dir)).unwrap_or_default();
    let chosen = chosen.trim();
    Ok(if is_name(chosen) { chosen } else { DEFAULT_WORKSPACE }.to_owned())
}

/// Where the current workspace is written down.
fn file(data_dir: Option<&str>) -> PathBuf {
    Path::new(data_dir.filter(|it| !it.is_empty()).unwrap_or(".terraform")).join("environment")
}

fn remember(name: &str, session: &Session) -> Result<(), Failure> {
    let path = file(session.environment.get("TF_DATA_DIR").map(String::as_str));
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).and_then(|()| fs::write(&path, name)).map_err(|error| not_written(&path, &error))?;
    Ok(())
}

const NAME_RULE: &str = "The name of a workspace may only have characters that need no escape in a URL, and no slash: \
                         letters, digits and -_.~$&+=:@.";

fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.~$&+=:@".contains(c);
    !name.is_empty() && name != "." && name != ".." && name.chars().all(fits)
}

fn check_name(name: &str) -> Result<(), Failure> {
    if is_name(name) {
        return Ok(());
    }
    Err(Diagnostic::error("Invalid workspace name", format!("The workspace name {name:?} is not allowed. {NAME_RULE}"))
        .into())
}

fn missing(name: &str) -> Diagnostic {
    let detail = format!(
        "Workspace {name:?} doesn't exist.\n\nMake it with \"plumb workspace new\", or with \"plumb workspace select \
         -or-create\"."
    );
    Diagnostic::error("Workspace not found", detail)
}

fn not_written(path: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error("Workspace cannot be changed", format!("{} cannot be written: {error}.", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_wins_over_what_was_chosen() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().to_str();
        assert_eq!(current(None, data).unwrap(), "default");
        fs::write(dir.path().join("environment"), "blue\n").unwrap();
        assert_eq!(current(Some(""), data).unwrap(), "blue");
        assert_eq!(current(Some("green"), data).unwrap(), "green");
        assert!(current(Some("a b"), data).is_err());
    }

    #[test]
    fn names_fit_into_a_path() {
        assert!(is_name("blue-1.x~@:"));
        for wrong in ["", "..", "a/b", "a b", "ä", "a;b"] {
            assert!(!is_name(wrong), "{wrong}");
        }
    }
}

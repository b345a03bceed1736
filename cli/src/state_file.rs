//! Where states lie: one store per workspace, and what Terraform has left beside it.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use plumb_engine::diagnostic::Diagnostic;
use plumb_engine::store::{Scope, Snapshot, Store};
use plumb_state::{Options, SqliteStore, state_v4};

use crate::args::StateOption;
use crate::session::Failure;
use crate::{key, lock, process};

/// The workspace that is always there.
pub const DEFAULT_WORKSPACE: &str = "default";

/// Folder of the other workspaces, a folder each.
pub const WORKSPACES: &str = "terraform.tfstate.d";

/// Name of plumb's own file.
pub const STORE: &str = "plumb.db";

/// Name of Terraform's file.
pub const TERRAFORM: &str = "terraform.tfstate";

/// The folder of a workspace's state.
pub fn folder(workspace: &str) -> PathBuf {
    if workspace == DEFAULT_WORKSPACE { PathBuf::new() } else { Path::new(WORKSPACES).join(workspace) }
}

/// The state of a workspace, where no option says otherwise.
pub fn of_workspace(workspace: &str) -> StateOption {
    let mut state = StateOption::default();
    locate(&mut state, workspace);
    state
}

/// Says which files a command reads and writes.
///
/// A file that `-state` names is the state itself. Without it the workspace's `plumb.db` is, and as long as there is
/// none, `terraform.tfstate` beside it is read: the first command that writes takes it over.
pub fn locate(state: &mut StateOption, workspace: &str) {
    let folder = folder(workspace);
    let (path, origin) = match &state.given {
        Some(given) => (given.clone(), None),
        None => (folder.join(STORE), Some(folder.join(TERRAFORM))),
    };
    (state.path, state.origin) = match &state.out {
        // What is written is begun with what is read.
        Some(out) if *out != path => {
            let read = if path.exists() { Some(path) } else { origin };
            (out.clone(), read)
        }
        _ => (path, origin),
    };
}

impl StateOption {
    /// The file that is read now, if there is any.
    pub fn source(&self) -> Option<&Path> {
        if self.path.exists() {
            return Some(&self.path);
        }
        self.origin.as_deref().filter(|it| it.exists())
    }

    /// The file of Terraform that is read because plumb has no state of its own here yet.
    pub fn adopted(&self) -> Option<&Path> {
        self.source().filter(|it| *it != self.path)
    }
}

/// How every state is opened.
pub fn options() -> Options {
    Options { died: Arc::new(process::died), key: key::present(), ..Options::default() }
}

/// For commands that need no sensitive value: sealed ones are null where the key is missing.
pub fn hiding() -> Options {
    Options { hide_sealed: true, ..options() }
}

/// A state of either kind: plumb's own, or one of Terraform; `None` when there is no file.
pub fn read(path: &Path, options: Options) -> Result<Option<Snapshot>, Failure> {
    if !path.exists() {
        return Ok(None);
    }
    if is_text(path) {
        return terraform(path).map(Some);
    }
    match SqliteStore::open_existing(path, options)? {
        Some(store) => Ok(Some(store.snapshot()?)),
        None => Ok(None),
    }
}

/// The state that a command reads; an empty one when there is none yet.
pub fn snapshot(state: &StateOption, options: Options) -> Result<Snapshot, Failure> {
    let Some(source) = state.source() else { return Ok(Snapshot::default()) };
    let snapshot = read(source, options)?.unwrap_or_default();
    Ok(if state.adopted().is_some() { numbered(snapshot) } else { snapshot })
}

/// The state for writing. It is made when there is none yet, from what was read so far.
pub fn open(state: &StateOption, options: Options) -> Result<SqliteStore, Failure> {
    if is_text(&state.path) {
        let detail = format!(
            "{} is a state of Terraform, which plumb reads and never writes. Leave -state out to let plumb take it over \
             into a state of its own, or name that one with -state-out.",
            state.path.display()
        );
        return Err(Diagnostic::error("State cannot be written", detail).into());
    }
    // What is taken over is taken over whole.
    let whole = Options { hide_sealed: false, ..options.clone() };
    let adopted = state.adopted().map(|path| read(path, whole)).transpose()?.flatten();
    if let Some(folder) = state.path.parent() {
        fs::create_dir_all(folder).map_err(|error| {
            let detail = format!("The directory {} of the state cannot be made: {error}.", folder.display());
            Diagnostic::error("State cannot be written", detail)
        })?;
    }
    let store = SqliteStore::open(&state.path, options)?;
    if let Some(adopted) = adopted {
        fill(&store, &adopted)?;
    }
    Ok(store)
}

/// Puts a snapshot into a store that is new, unless another process has done so at this very moment.
pub fn fill(store: &SqliteStore, snapshot: &Snapshot) -> Result<(), Failure> {
    let lease = store.lock(&lock::request("take over", Scope::Whole))?;
    let present = store.snapshot()?;
    let new = present.serial == 0 && present.objects.is_empty() && present.outputs.is_empty();
    let filled = if new { store.replace(&lease, snapshot) } else { Ok(()) };
    store.unlock(&lease)?;
    Ok(filled?)
}

/// Rows as a new store will number them, so that a plan that was made before it there is fresh afterwards.
fn numbered(mut snapshot: Snapshot) -> Snapshot {
    for (number, record) in (1..).zip(snapshot.objects.values_mut()) {
        record.row_version = number;
    }
    snapshot
}

/// Whether a file begins as JSON does, and so as no store.
pub fn is_text(path: &Path) -> bool {
    let mut start = [0; 16];
    let read = fs::File::open(path).and_then(|mut file| file.read(&mut start));
    let Ok(count) = read else { return false };
    start[..count].iter().find(|it| !it.is_ascii_whitespace()) == Some(&b'{')
}

fn terraform(path: &Path) -> Result<Snapshot, Failure> {
    let wrong = |reason: String| {
        let detail = format!("The state file {} cannot be read: {reason}.", path.display());
        Failure::from(Diagnostic::error("Failed to load state", detail))
    };
    let text = fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    state_v4::parse(&text).map_err(|error| wrong(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATE: &str = r#"{"version":4,"serial":3,"lineage":"l","outputs":{"o":{"value":1,"type":"number"}},
        "resources":[{"mode":"managed","type":"terraform_data","name":"a",
        "provider":"provider[\"terraform.io/builtin/terraform\"]",
        "instances":[{"schema_version":0,"attributes":{"id":"i"}}]}]}"#;

    fn state(path: &Path, origin: &Path) -> StateOption {
        StateOption { path: path.into(), origin: Some(origin.into()), ..StateOption::default() }
    }

    #[test]
    fn a_state_of_terraform_is_read_and_taken_over_by_the_first_write() {
        let dir = tempfile::tempdir().unwrap();
        let (own, theirs) = (dir.path().join("w/plumb.db"), dir.path().join("terraform.tfstate"));
        fs::write(&theirs, STATE).unwrap();
        let state = state(&own, &theirs);
        let before = snapshot(&state, options()).unwrap();
        assert_eq!((before.serial, before.objects.len(), state.adopted()), (3, 1, Some(&*theirs)));
        assert!(!own.exists(), "reading makes nothing");
        open(&state, options()).unwrap();
        let after = snapshot(&state, options()).unwrap();
        assert_eq!((after.lineage, after.objects), (before.lineage, before.objects));
        assert_eq!(state.adopted(), None);
        assert_eq!(fs::read_to_string(&theirs).unwrap(), STATE);
    }

    #[test]
    fn a_state_of_terraform_is_never_written() {
        let dir = tempfile::tempdir().unwrap();
        let theirs = dir.path().join("x.tfstate");
        fs::write(&theirs, STATE).unwrap();
        let state = state(&theirs, &dir.path().join("none"));
        assert_eq!(snapshot(&state, options()).unwrap().objects.len(), 1);
        let refused = open(&state, options()).map(drop).unwrap_err();
        assert!(refused.diagnostics.iter().any(|it| it.detail.contains("never writes")));
    }

    #[test]
    fn each_workspace_has_a_folder() {
        assert_eq!(of_workspace("default").path, Path::new("plumb.db"));
        assert_eq!(of_workspace("blue").path, Path::new("terraform.tfstate.d/blue/plumb.db"));
        let mut named = StateOption { given: Some("x".into()), out: Some("y".into()), ..StateOption::default() };
        locate(&mut named, "blue");
        assert_eq!((named.path, named.origin), ("y".into(), None));
    }
}

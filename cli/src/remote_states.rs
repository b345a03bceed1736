//! The states that `terraform_remote_state` reads: files of Terraform and of plumb.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use plumb_engine::store::{OutputRecord, Snapshot};
use plumb_provider_builtin::{Place, States};

use crate::state_file::{self, DEFAULT_WORKSPACE, STORE, TERRAFORM, WORKSPACES};

/// States in the file system.
pub struct Files;

impl States for Files {
    fn outputs(&self, place: &Place) -> Result<Option<BTreeMap<Arc<str>, OutputRecord>>, String> {
        let usual = if place.own { STORE } else { TERRAFORM };
        let path = if place.workspace == DEFAULT_WORKSPACE {
            place.path.clone().unwrap_or_else(|| usual.into())
        } else {
            let folder = place.workspace_dir.clone().unwrap_or_else(|| WORKSPACES.into());
            folder.join(&place.workspace).join(usual)
        };
        Ok(find(&path)?.map(|it| it.outputs))
    }
}

/// The state of a file or a folder. Where plumb has taken over the state that `terraform.tfstate` held, its own store
/// has the later one.
fn find(path: &Path) -> Result<Option<Snapshot>, String> {
    if path.is_dir() {
        return find(&path.join(TERRAFORM));
    }
    let named = read(path)?;
    if path.file_name() != Some(TERRAFORM.as_ref()) {
        return Ok(named);
    }
    let own: PathBuf = path.with_file_name(STORE);
    let own = read(&own)?;
    Ok(match (named, own) {
        (Some(named), Some(own)) if named.lineage == own.lineage => Some(own),
        (Some(named), _) => Some(named),
        (None, own) => own,
    })
}

fn read(path: &Path) -> Result<Option<Snapshot>, String> {
    state_file::read(path, state_file::options()).map_err(|failure| {
        let details: Vec<String> =
            failure.diagnostics.iter().map(|it| it.detail.trim_end_matches('.').to_owned()).collect();
        details.join("; ")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(path: &Path, workspace: &str) -> Place {
        let folder = path.parent().map(|it| it.join(WORKSPACES));
        Place { own: false, path: Some(path.into()), workspace_dir: folder, workspace: workspace.into() }
    }

    #[test]
    fn a_state_is_found_by_its_file_its_folder_and_its_workspace() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(TERRAFORM);
        assert!(Files.outputs(&place(&path, "default")).unwrap().is_none());
        let text = |value: u32| {
            format!(r#"{{"version":4,"serial":1,"lineage":"l","outputs":{{"o":{{"value":{value},"type":"number"}}}}}}"#)
        };
        std::fs::write(&path, text(1)).unwrap();
        std::fs::create_dir_all(dir.path().join(WORKSPACES).join("blue")).unwrap();
        std::fs::write(dir.path().join(WORKSPACES).join("blue").join(TERRAFORM), text(2)).unwrap();
        let value =
            |path: &Path, workspace| Files.outputs(&place(path, workspace)).unwrap().unwrap()["o"].value.clone();
        assert_eq!(value(&path, "default"), 1);
        assert_eq!(value(dir.path(), "default"), 1);
        assert_eq!(value(&path, "blue"), 2);
        assert!(Files.outputs(&place(&dir.path().join("other.tfstate"), "default")).unwrap().is_none());
    }
}

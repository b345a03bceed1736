//! Plan files on disk.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::Path;

use plumb_engine::config::{self, Config, GivenVariable, VariableOrigin, VariableText, Variables};
use plumb_engine::diagnostic::{Diagnostic, Diagnostics};
use plumb_engine::plan::file::{PlanFile, PlanFileError};
use plumb_engine::store::StoreError;
use plumb_state::seal::{StateKey, Wrapped};
use serde::{Deserialize, Serialize};

use crate::key;
use crate::session::store_diagnostic;

/// Writes a plan file that only its owner can read, because it can hold secrets. One that is there is replaced.
///
/// # Errors
/// The file cannot be written.
pub fn write(path: &Path, file: &PlanFile) -> Result<(), Diagnostic> {
    let text = match key::present() {
        None => file.write(),
        Some(key) => seal(&key, &file.write()).map_err(|error| store_diagnostic(&error))?,
    };
    create(path, text.as_bytes()).map_err(|error| {
        let detail = format!("The plan cannot be written to {}: {error}.", path.display());
        Diagnostic::error("Failed to write plan file", detail)
    })
}

/// Reads a plan file.
///
/// # Errors
/// There is no such file, or it holds no plan of this version.
pub fn read(path: &Path) -> Result<PlanFile, Diagnostic> {
    let refuse = |detail: String| Diagnostic::error("Failed to read the given file as a plan file", detail);
    let bytes = fs::read(path).map_err(|error| refuse(format!("{} cannot be read: {error}.", path.display())))?;
    // Other tools' plans are archives: no text.
    let text = String::from_utf8(bytes).map_err(|_| refuse(reason(path, &PlanFileError::NotAPlan)))?;
    let text = match serde_json::from_str::<Sealed>(&text) {
        Err(_) => text,
        Ok(sealed) => open(&sealed).map_err(|why| refuse(format!("{} cannot be opened: {why}.", path.display())))?,
    };
    PlanFile::read(&text).map_err(|error| refuse(reason(path, &error)))
}

/// The configuration that a plan file carries.
pub fn config(file: &PlanFile) -> (Config, Diagnostics) {
    let given = file.plan.variables.iter().map(|(name, value)| GivenVariable {
        name: name.clone(),
        value: VariableText::Value(value.clone()),
        origin: VariableOrigin::Plan,
    });
    config::load_sources_given(Path::new("."), &file.sources, &Variables { given: given.collect() })
}

/// A plan file that is sealed as a whole: it holds the configuration, too, and that can hold secrets anywhere.
#[derive(Serialize, Deserialize)]
struct Sealed {
    format: String,
    key: Wrapped,
    sealed: String,
}

fn seal(key: &StateKey, text: &str) -> Result<String, StoreError> {
    let (key, sealed) = plumb_state::seal::seal_document(key, text)?;
    let document = Sealed { format: "plumb sealed plan".into(), key, sealed };
    Ok(serde_json::to_string(&document).expect("texts and numbers are JSON") + "\n")
}

fn open(document: &Sealed) -> Result<String, String> {
    let missing = || format!("it is sealed, and {} is not set", key::VARIABLE);
    let key = key::present().ok_or_else(missing)?;
    plumb_state::seal::open_document(&key, &document.key, &document.sealed).map_err(|error| match error {
        StoreError::Sealed { reason } => reason,
        other => other.to_string(),
    })
}

fn reason(path: &Path, error: &PlanFileError) -> String {
    format!("{} cannot be used: {error}. Save a plan with \"plumb plan -out={0}\".", path.display())
}

/// The file is made anew: the rights of an old one may be wider.
fn create(path: &Path, content: &[u8]) -> std::io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn only_the_owner_reads_a_plan() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("p");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        create(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_wrong_file_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("p");
        assert!(read(&path).unwrap_err().detail.contains("cannot be read"));
        fs::write(&path, b"PK\x03\x04\xff").unwrap();
        assert!(read(&path).unwrap_err().detail.contains("it is not a plan file"));
    }
}

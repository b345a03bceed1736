//! Why a statement failed, before it is known which file it was about.

use std::path::Path;

use plumb_engine::store::StoreError;
use rusqlite::ErrorCode;

/// Result of the functions that speak SQL.
pub(super) type Result<T> = std::result::Result<T, Failure>;

/// Why a statement failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// SQLite says so.
    Sqlite(rusqlite::Error),
    /// A row does not hold what this program writes.
    Row(String),
    /// The request was refused.
    Refused(StoreError),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Failure::Sqlite(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Failure::Refused(error)
    }
}

impl Failure {
    /// The error that a caller sees; `action` says what was attempted: "reading the state".
    pub(super) fn at(self, path: &Path, action: &str) -> StoreError {
        let error = match self {
            Failure::Refused(error) => return error,
            Failure::Row(reason) => return corrupt(path, reason),
            Failure::Sqlite(error) => error,
        };
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => corrupt(path, error),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => storage(
                action,
                format!("another process has been writing to {} for too long; try again", path.display()),
            ),
            Some(ErrorCode::DiskFull) => {
                storage(action, format!("the disk of {} is full; what was stored before is unharmed", path.display()))
            }
            Some(ErrorCode::ReadOnly) => {
                storage(action, format!("{} or its directory cannot be written", path.display()))
            }
            _ => storage(action, format!("{}: {error}", path.display())),
        }
    }
}

/// The file is no state, or was damaged; with the way out.
pub(super) fn corrupt(path: &Path, reason: impl std::fmt::Display) -> StoreError {
    StoreError::Corrupt {
        path: path.display().to_string(),
        reason: format!(
            "{reason}. If this is the file of a state, restore a backup of it, or try `sqlite3 FILE .recover` on a copy; \
             else name another file. Nothing was changed"
        ),
    }
}

/// Anything else that went wrong.
pub(super) fn storage(action: &str, reason: impl ToString) -> StoreError {
    StoreError::Storage { action: action.to_owned(), reason: reason.to_string() }
}

//! Opening the file: created readable by its owner only, refused when it is not ours, readable where nothing is writable.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use plumb_engine::store::StoreError;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::failure::{Failure, Result, corrupt, storage};
use super::migrations::{APPLICATION_ID, Header, STEPS, header, migrate};

/// How often a statement that finds another process writing tries again: for about twenty seconds, well within a lease.
/// SQLite's own handler waits ever longer, so that who has waited longest is passed over by who has just come; here all
/// wait alike.
const TRIES: i32 = 2_500;

/// What every plan and apply reads. The journal and the history grow without end and are not looked through on every
/// opening; damage in them shows when they are read.
const CHECKED: [&str; 4] = ["meta", "leases", "objects", "outputs"];

/// A connection that may write; creates the file, and brings an older one to the present format.
pub(super) fn writable(path: &Path) -> std::result::Result<Connection, StoreError> {
    let action = "opening the state";
    create(path).map_err(|error| storage(action, format!("{}: {error}", path.display())))?;
    let open = || -> Result<Connection> {
        let mut conn = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let header = ours(&conn, path)?;
        conn.pragma_update(None, "journal_mode", "WAL")?;
        conn.pragma_update(None, "synchronous", "FULL")?;
        conn.pragma_update(None, "foreign_keys", true)?;
        if header.version < latest() {
            migrate(&mut conn, STEPS)?;
        }
        check(&conn, path)?;
        Ok(conn)
    };
    open().map_err(|failure| failure.at(path, action))
}

/// A connection that only reads; `None` when there is no file. Creates and changes nothing: an older file is brought
/// to the present format in memory.
pub(super) fn readable(path: &Path) -> std::result::Result<Option<Connection>, StoreError> {
    if !path.try_exists().map_err(|error| storage("opening the state", format!("{}: {error}", path.display())))? {
        return Ok(None);
    }
    let conn = match attach(path, OpenFlags::SQLITE_OPEN_READ_WRITE) {
        Err(Failure::Sqlite(error)) if needs_write(&error) => unshared(path),
        other => other,
    };
    conn.map(Some).map_err(|failure| failure.at(path, "opening the state"))
}

/// The file with a suffix: its write-ahead log, its shared memory.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path.as_os_str());
    name.push(suffix);
    name.into()
}

/// Reads where SQLite may write nothing, not even the shared memory by which processes agree. That is safe as long as
/// the file holds everything, which is so when nobody has it open for writing.
pub(super) fn unshared(path: &Path) -> Result<Connection> {
    let wal = beside(path, "-wal");
    if wal.metadata().is_ok_and(|it| it.len() > 0) {
        let reason = format!(
            "the last changes are still in {}, and the directory cannot be written; give the right to write there, \
             or wait for the command that writes to end",
            wal.display()
        );
        return Err(storage("opening the state", reason).into());
    }
    let text = path.to_str().ok_or_else(|| storage("opening the state", "the file's name is not valid Unicode"))?;
    let absolute = std::path::absolute(text).map_err(|error| storage("opening the state", error))?;
    let uri = format!("file:{}?immutable=1", escape(&absolute.to_string_lossy()));
    attach(Path::new(&uri), OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI).map_err(|failure| {
        match failure {
            Failure::Refused(StoreError::Corrupt { reason, .. }) => {
                StoreError::Corrupt { path: path.display().to_string(), reason }.into()
            }
            other => other,
        }
    })
}

fn attach(path: &Path, flags: OpenFlags) -> Result<Connection> {
    let conn = connect(path, flags)?;
    let header = ours(&conn, path)?;
    if header.version < latest() {
        let mut copy = Connection::open_in_memory()?;
        rusqlite::backup::Backup::new(&conn, &mut copy)?.run_to_completion(1024, Duration::ZERO, None)?;
        migrate(&mut copy, STEPS)?;
        if header.blank {
            // Whoever writes first gives the state its identity.
            copy.execute("UPDATE meta SET lineage = ''", [])?;
        }
        copy.pragma_update(None, "query_only", true)?;
        return Ok(copy);
    }
    conn.pragma_update(None, "query_only", true)?;
    check(&conn, path)?;
    Ok(conn)
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection> {
    let mut conn = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    conn.busy_handler(Some(wait))?;
    conn.pragma_update(None, "trusted_schema", false)?;
    conn.set_prepared_statement_cache_capacity(64);
    Ok(conn)
}

/// Waits between two attempts; no two processes in step.
fn wait(tried: i32) -> bool {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().subsec_nanos();
    let drawn = u64::from(now ^ std::process::id().wrapping_mul(0x9e37_79b9)) % 16;
    std::thread::sleep(Duration::from_millis(1 + drawn.min(u64::from(tried.unsigned_abs()) * 2)));
    tried < TRIES
}

/// Creates the file, readable by its owner only: states hold secrets. SQLite gives its other files the same mode.
fn create(path: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        other => other.map(drop),
    }
}

/// Refuses a file of something else or of a later version, before anything is done to it.
fn ours(conn: &Connection, path: &Path) -> Result<Header> {
    let header = header(conn)?;
    if header.application != APPLICATION_ID && !header.blank {
        let reason = format!("it is an SQLite database of another program (application id {})", header.application);
        return Err(corrupt(path, reason).into());
    }
    if header.version > latest() {
        let path = path.display().to_string();
        return Err(StoreError::TooNew { path, found: header.version, known: latest() }.into());
    }
    Ok(header)
}

fn check(conn: &Connection, path: &Path) -> Result<()> {
    for table in CHECKED {
        let answer: String = conn.query_row(&format!("PRAGMA quick_check('{table}')"), [], |row| row.get(0))?;
        if answer != "ok" {
            return Err(corrupt(path, format!("the table {table} is damaged: {answer}")).into());
        }
    }
    Ok(())
}

fn latest() -> i64 {
    i64::try_from(STEPS.len()).expect("steps are few")
}

fn needs_write(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied))
}

/// A path inside an SQLite URI.
fn escape(path: &str) -> String {
    path.replace('%', "%25").replace('?', "%3f").replace('#', "%23")
}

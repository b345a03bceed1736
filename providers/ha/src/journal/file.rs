//! A journal in a file: one JSON object per line, each on the disk before it counts.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::{Entry, Journal, JournalError};

/// A journal in a file that nobody else writes as long as this is open.
#[derive(Debug)]
pub struct FileJournal {
    path: PathBuf,
    file: Mutex<File>,
}

impl FileJournal {
    /// Opens a journal for writing; makes it, and its directory, where there is none. What a crash has left of a last
    /// line is cut off: it was never durable, so nothing was done because of it.
    ///
    /// # Errors
    /// It cannot be opened, is not a journal, or is in use by another process.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        let wrong = |error: std::io::Error| JournalError(format!("{}: {error}", path.display()));
        if let Some(dir) = path.parent().filter(|it| !it.as_os_str().is_empty()) {
            DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(wrong)?;
        }
        let mut file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path).map_err(wrong)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(JournalError(format!("{} is in use by another process", path.display())));
            }
            Err(TryLockError::Error(error)) => return Err(wrong(error)),
        }
        let text = text(&mut file).map_err(wrong)?;
        parse(path, &text)?;
        let whole = text.rfind('\n').map_or(0, |it| it + 1);
        if whole < text.len() {
            tracing::warn!(path = %path.display(), "cutting off an incomplete line of the journal");
            file.set_len(whole as u64).and_then(|()| file.sync_all()).map_err(wrong)?;
        }
        sync_directory(path).map_err(wrong)?;
        Ok(Self { path: path.to_owned(), file: Mutex::new(file) })
    }

    /// Reads a journal that another process may be writing; none is empty.
    ///
    /// # Errors
    /// It cannot be read or is not a journal.
    pub fn read(path: &Path) -> Result<Vec<Entry>, JournalError> {
        match std::fs::read_to_string(path) {
            Ok(text) => parse(path, &text),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(JournalError(format!("{}: {error}", path.display()))),
        }
    }
}

impl Journal for FileJournal {
    fn append(&self, entry: &Entry) -> Result<(), JournalError> {
        let line = serde_json::to_string(entry).map_err(|error| JournalError(error.to_string()))? + "\n";
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let written = file.write_all(line.as_bytes()).and_then(|()| file.sync_data());
        written.map_err(|error| JournalError(format!("{}: {error}", self.path.display())))
    }

    fn entries(&self) -> Result<Vec<Entry>, JournalError> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let text = text(&mut file).map_err(|error| JournalError(format!("{}: {error}", self.path.display())))?;
        parse(&self.path, &text)
    }
}

fn text(file: &mut File) -> std::io::Result<String> {
    let mut text = String::new();
    file.seek(SeekFrom::Start(0))?;
    file.read_to_string(&mut text)?;
    Ok(text)
}

/// The entries of all whole lines.
fn parse(path: &Path, text: &str) -> Result<Vec<Entry>, JournalError> {
    let whole = &text[..text.rfind('\n').map_or(0, |it| it + 1)];
    let entry = |(number, line): (usize, &str)| {
        serde_json::from_str(line)
            .map_err(|error| JournalError(format!("{}, line {}: {error}", path.display(), number + 1)))
    };
    whole.lines().enumerate().map(entry).collect()
}

/// A new file is only there for sure once its directory is on the disk.
fn sync_directory(path: &Path) -> std::io::Result<()> {
    let parent = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(parent)?.sync_all()
}

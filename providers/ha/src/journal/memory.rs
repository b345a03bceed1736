//! A journal in memory, for tests; a fuse ends it as a crash would.

use std::sync::{Arc, Mutex, PoisonError};

use super::{Entry, Journal, JournalError};
use crate::cloud::memory::Fuse;

/// A journal in memory; clones are the same one.
#[derive(Clone, Debug, Default)]
pub struct MemoryJournal {
    entries: Arc<Mutex<Vec<Entry>>>,
    fuse: Arc<Mutex<Option<Fuse>>>,
}

impl MemoryJournal {
    /// Entries burn a fuse; what comes after its end is not recorded.
    pub fn set_fuse(&self, fuse: Option<Fuse>) {
        *self.fuse.lock().unwrap_or_else(PoisonError::into_inner) = fuse;
    }
}

impl Journal for MemoryJournal {
    fn append(&self, entry: &Entry) -> Result<(), JournalError> {
        if self.fuse.lock().unwrap_or_else(PoisonError::into_inner).as_ref().is_some_and(|it| !it.burn()) {
            return Err(JournalError("the writer is gone".to_owned()));
        }
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).push(entry.clone());
        Ok(())
    }

    fn entries(&self) -> Result<Vec<Entry>, JournalError> {
        Ok(self.entries.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

//! Where the files of a configuration are read from.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Reads files and lists folders.
pub trait Files {
    /// Paths of the files in a folder, sorted.
    ///
    /// # Errors
    /// The folder cannot be read.
    fn list(&self, dir: &Path) -> io::Result<Vec<PathBuf>>;

    /// Text of a file.
    ///
    /// # Errors
    /// It cannot be read, or is not UTF-8.
    fn read(&self, path: &Path) -> io::Result<String>;
}

/// The file system.
pub struct Disk;

impl Files for Disk {
    fn list(&self, dir: &Path) -> io::Result<Vec<PathBuf>> {
        let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(dir)? {
            let path = entry?.path();
            if path.is_file() {
                paths.push(if dir == Path::new(".") {
                    path.strip_prefix(".").unwrap_or(&path).to_owned()
                } else {
                    path
                });
            }
        }
        paths.sort();
        Ok(paths)
    }

    fn read(&self, path: &Path) -> io::Result<String> {
        std::fs::read_to_string(path)
    }
}

/// Files that a saved plan carries.
pub struct Embedded<'a>(pub &'a BTreeMap<PathBuf, Arc<str>>);

impl Files for Embedded<'_> {
    fn list(&self, dir: &Path) -> io::Result<Vec<PathBuf>> {
        let here = Path::new(".");
        let dir = dir.strip_prefix(here).unwrap_or(dir);
        let inside = |path: &&PathBuf| path.parent().map(|it| it.strip_prefix(here).unwrap_or(it)) == Some(dir);
        Ok(self.0.keys().filter(inside).cloned().collect())
    }

    fn read(&self, path: &Path) -> io::Result<String> {
        self.0.get(path).map(ToString::to_string).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }
}

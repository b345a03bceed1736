//! Lists the modules that come with plumb, so that the binary holds them.

#![allow(clippy::print_stdout, reason = "this is how a build script speaks to cargo")]

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Name of the listing in the build's folder.
const LISTING: &str = "shipped_modules.rs";

fn main() -> io::Result<()> {
    let variable =
        |name: &str| std::env::var_os(name).map(PathBuf::from).ok_or_else(|| io::Error::other(name.to_owned()));
    let modules = variable("CARGO_MANIFEST_DIR")?.join("../modules");
    let mut files = Vec::new();
    walk(&modules, "", &mut files)?;
    files.sort();
    let entries = files.iter().map(|(path, file)| format!("    ({path:?}, include_str!({:?})),\n", file.display()));
    fs::write(variable("OUT_DIR")?.join(LISTING), format!("&[\n{}]\n", entries.collect::<String>()))
}

/// Collects the files below a folder with their paths inside it; hidden ones are not part of a module.
fn walk(dir: &Path, prefix: &str, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    println!("cargo::rerun-if-changed={}", dir.display());
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        let path = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
        if entry.file_type()?.is_dir() {
            walk(&entry.path(), &path, files)?;
        } else {
            files.push((path, fs::canonicalize(entry.path())?));
        }
    }
    Ok(())
}

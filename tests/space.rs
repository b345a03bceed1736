//! A temporary working directory in which plumb is run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A working directory that is removed at the end.
pub struct Space {
    dir: tempfile::TempDir,
    env: BTreeMap<String, String>,
}

/// What a run of plumb left behind.
pub struct Run {
    /// The command line.
    pub command: String,
    /// Exit code; -1 when a signal ended it.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Space {
    /// An empty directory.
    pub fn new() -> Self {
        Self { dir: tempfile::tempdir().expect("a temporary directory"), env: BTreeMap::new() }
    }

    /// Another directory with the same files and environment.
    pub fn duplicate(&self) -> Self {
        let other = Self { env: self.env.clone(), ..Self::new() };
        copy_all(self.path(), other.path());
        other
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Sets a variable of the environment for every later run.
    pub fn env(&mut self, name: &str, value: &str) -> &mut Self {
        self.env.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Takes a variable of the environment away for every later run.
    pub fn without(&mut self, name: &str) -> &mut Self {
        self.env.remove(name);
        self
    }

    /// The variables that were set.
    pub fn environment(&self) -> &BTreeMap<String, String> {
        &self.env
    }

    /// Writes a file, folders included.
    pub fn write(&self, name: &str, text: &str) -> &Self {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a file in the space")).expect("its folder");
        std::fs::write(path, text).expect("a file can be written");
        self
    }

    /// Copies a folder with all that is in it.
    pub fn copy(&self, from: &Path, to: &str) -> &Self {
        copy_all(from, &self.path().join(to));
        self
    }

    /// Runs plumb with arguments.
    pub fn plumb(&self, args: &[&str]) -> Run {
        let mut command = self.command();
        let output = command.args(args).stdin(Stdio::null()).output().expect("plumb can be started");
        Run::new(&format!("plumb {}", args.join(" ")), &output)
    }

    /// The command without arguments: the directory and the environment are set, and nothing else is inherited that
    /// could change what plumb does. `PLUMB_UNDER_TEST` names another binary than the one just built.
    pub fn command(&self) -> Command {
        let built = std::ffi::OsString::from(env!("CARGO_BIN_EXE_plumb-under-test"));
        let mut command = Command::new(std::env::var_os("PLUMB_UNDER_TEST").unwrap_or(built));
        command.current_dir(self.path()).env_clear().envs(&self.env);
        for name in ["PATH", "TMPDIR", "SSL_CERT_FILE"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.env("HOME", self.path()).env("TZ", "UTC").env("LANG", "C.UTF-8");
        command
    }
}

impl Run {
    /// What a run left behind; `command` is what messages call it.
    pub fn new(command: &str, output: &Output) -> Self {
        Self {
            command: command.to_owned(),
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Fails unless the exit code is the given one.
    pub fn expect(self, code: i32) -> Result<Self, String> {
        if self.code == code {
            return Ok(self);
        }
        Err(format!("{} ended with {} instead of {code}\n{}", self.command, self.code, self.text()))
    }

    /// Everything that was printed.
    pub fn text(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    /// Fails unless the output has the text.
    pub fn has(self, wanted: &str) -> Result<Self, String> {
        if self.text().contains(wanted) {
            return Ok(self);
        }
        Err(format!("{} did not print {wanted:?}\n{}", self.command, self.text()))
    }
}

/// The top of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the repository").to_owned()
}

/// Files and folders of a folder, sorted.
pub fn entries(dir: &Path) -> Vec<PathBuf> {
    let Ok(read) = std::fs::read_dir(dir) else { return Vec::new() };
    let mut all: Vec<PathBuf> = read.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    all.sort();
    all
}

/// All files below a folder with an ending, sorted; folders of build results and tools are left out.
pub fn files_below(dir: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in entries(dir) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if !name.starts_with('.') && name != "target" && name != "node_modules" {
                found.extend(files_below(&path, ending));
            }
        } else if name.ends_with(ending) {
            found.push(path);
        }
    }
    found
}

fn copy_all(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder can be made");
    for path in entries(from) {
        let target = to.join(path.file_name().expect("an entry has a name"));
        if path.is_dir() {
            copy_all(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("a file can be copied");
        }
    }
}

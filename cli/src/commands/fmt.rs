//! `fmt`: files in the canonical layout.

use std::io::Read;
use std::path::{Component, Path, PathBuf};

use plumb_engine::diagnostic::{Diagnostic, Diagnostics};
use plumb_engine::format::format;
use plumb_engine::source::SourceMap;

use crate::args::FmtArgs;
use crate::render::unified_diff;
use crate::session::Exit;
use crate::ui::Ui;

/// How the names of files end that have a layout.
const ENDINGS: [&str; 4] = [".tf", ".tfvars", ".tftest.hcl", ".tfmock.hcl"];
/// What stands for standard input, as a target and as a path.
const STDIN: [&str; 2] = ["-", "<stdin>"];

/// Runs the command. A file with a mistake stays as it is, and the others are done all the same.
pub fn run(args: &FmtArgs, ui: &Ui) -> Exit {
    let mut report = Report::default();
    let from_stdin = args.targets.first().is_some_and(|it| it.as_os_str() == STDIN[0]);
    let shows = args.list && !from_stdin;
    if from_stdin {
        let wanted = Wanted { list: false, write: false, diff: args.diff, text: !args.diff && !args.check };
        report.file(Path::new(STDIN[1]), wanted);
    } else {
        let (list, write) = (args.list || args.check, args.write && !args.check);
        let wanted = Wanted { list, write, diff: args.diff, text: !list && !write && !args.diff };
        for path in files(&args.targets, args.recursive, &mut report.found) {
            report.file(&path, wanted);
        }
    }
    let failed = report.found.has_errors();
    // A check answers for all files or not at all.
    if !args.check || shows && !failed {
        ui.out(&report.out);
    }
    ui.diagnostics(&report.found, Some(&report.sources));
    match (failed, args.check && report.differs) {
        (true, _) => Exit::Unreadable,
        (false, true) => Exit::Unformatted,
        (false, false) => Exit::Success,
    }
}

/// What is done with a file.
#[derive(Clone, Copy)]
struct Wanted {
    /// Its path is shown if it differs.
    list: bool,
    /// It is written if it differs.
    write: bool,
    /// What differs is shown.
    diff: bool,
    /// The new text is shown.
    text: bool,
}

#[derive(Default)]
struct Report {
    out: String,
    /// Whether any file is not as it should be.
    differs: bool,
    found: Diagnostics,
    sources: SourceMap,
}

impl Report {
    fn file(&mut self, path: &Path, wanted: Wanted) {
        if let Err(failure) = self.try_file(path, wanted) {
            self.found.push(failure);
        }
    }

    fn try_file(&mut self, path: &Path, wanted: Wanted) -> Result<(), Diagnostic> {
        let old = read(path)?;
        let shown = path.display();
        let file = self.sources.add(path, old.as_str());
        let new = match format(file, &old) {
            Ok(new) => new,
            Err(found) => {
                self.found.extend(found);
                return Ok(());
            }
        };
        if new != old {
            self.differs = true;
            if wanted.list {
                self.say(&format!("{shown}\n"));
            }
            if wanted.write {
                std::fs::write(path, &new).map_err(|it| inaccessible("Failed to write file", path, &it))?;
            }
            if wanted.diff {
                self.say(&unified_diff(&old, &new, &format!("old/{shown}"), &format!("new/{shown}")));
            }
        }
        if wanted.text {
            self.say(&new);
        }
        Ok(())
    }

    /// Texts of several files must not run into one line.
    fn say(&mut self, text: &str) {
        self.out.push_str(text);
        if !text.ends_with('\n') {
            self.out.push('\n');
        }
    }
}

fn read(path: &Path) -> Result<String, Diagnostic> {
    let text = if path == Path::new(STDIN[1]) {
        let mut text = String::new();
        std::io::stdin().lock().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(path)
    };
    text.map_err(|it| inaccessible("Failed to read file", path, &it))
}

fn inaccessible(summary: &str, path: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error(summary, format!("{}: {error}.", path.display()))
}

/// The files that the targets mean, in the order of the targets and of their names. Nothing is done after a target that
/// is not there: it is a slip of the hand, and what follows may be one too.
fn files(targets: &[PathBuf], recursive: bool, found: &mut Diagnostics) -> Vec<PathBuf> {
    let here = [PathBuf::from(".")];
    let targets = if targets.is_empty() { &here } else { targets };
    let mut files = Vec::new();
    for target in targets {
        let path = relative(target);
        if path.is_dir() {
            directory(&path, recursive, &mut files, found);
        } else if !path.exists() {
            let detail = format!("There is nothing at {}.", path.display());
            found.push(Diagnostic::error("No file or directory", detail));
            break;
        } else if has_layout(&path) {
            files.push(path);
        } else {
            let detail = format!(
                "{} is none of the files that have a canonical layout: their names end in {}.",
                path.display(),
                ENDINGS.join(", ")
            );
            found.push(Diagnostic::error("Unsupported file type", detail));
        }
    }
    files
}

fn directory(dir: &Path, recursive: bool, files: &mut Vec<PathBuf>, found: &mut Diagnostics) {
    let entries = std::fs::read_dir(dir).and_then(|it| it.collect::<Result<Vec<_>, _>>());
    let mut entries = match entries {
        Ok(entries) => entries,
        Err(error) => {
            found.push(inaccessible("Cannot read directory", dir, &error));
            return;
        }
    };
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        if is_ignored(&entry.file_name().to_string_lossy()) {
            continue;
        }
        let path = if dir == Path::new(".") { PathBuf::from(entry.file_name()) } else { entry.path() };
        // A link to a directory is not followed: it may lead back.
        if entry.file_type().is_ok_and(|it| it.is_dir()) {
            if recursive {
                directory(&path, recursive, files, found);
            }
        } else if has_layout(&path) {
            files.push(path);
        }
    }
}

/// Hidden files, and what editors leave behind.
fn is_ignored(name: &str) -> bool {
    name.starts_with('.') || name.ends_with('~') || (name.starts_with('#') && name.ends_with('#'))
}

fn has_layout(path: &Path) -> bool {
    let name = path.to_string_lossy();
    ENDINGS.iter().any(|it| name.ends_with(it))
}

/// The path as seen from the working directory, without detours.
fn relative(path: &Path) -> PathBuf {
    let base = std::env::current_dir().unwrap_or_default();
    let (base, path) = (plain(&base), plain(&base.join(path)));
    let shared = base.iter().zip(&path).take_while(|(one, other)| one == other).count();
    let up = base[shared..].iter().map(|_| Component::ParentDir.as_os_str().to_owned());
    let relative: PathBuf = up.chain(path[shared..].iter().cloned()).collect();
    if relative.as_os_str().is_empty() { PathBuf::from(".") } else { relative }
}

fn plain(path: &Path) -> Vec<std::ffi::OsString> {
    let mut parts = Vec::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                parts.pop();
            }
            Component::Normal(name) => parts.push(name.to_owned()),
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for path in
            ["b.tf", "a.tfvars", "c.tftest.hcl", "d.tfmock.hcl", "e.tf.json", ".f.tf", "g.tf~", "#h.tf#", "i.hcl"]
                .into_iter()
                .chain(["bb/x.tf", ".git/y.tf", "bb/deep/z.tf"])
        {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "a=1\n").unwrap();
        }
        dir
    }

    fn names(dir: &Path, recursive: bool) -> Vec<String> {
        let mut found = Diagnostics::new();
        let mut files = Vec::new();
        directory(dir, recursive, &mut files, &mut found);
        assert!(found.is_empty());
        files.iter().map(|it| it.strip_prefix(dir).unwrap().display().to_string()).collect()
    }

    #[test]
    fn a_directory_means_its_files_that_are_neither_hidden_nor_left_over() {
        let dir = tree();
        assert_eq!(names(dir.path(), false), ["a.tfvars", "b.tf", "c.tftest.hcl", "d.tfmock.hcl"]);
        let all = ["a.tfvars", "b.tf", "bb/deep/z.tf", "bb/x.tf", "c.tftest.hcl", "d.tfmock.hcl"];
        assert_eq!(names(dir.path(), true), all);
    }

    #[test]
    fn nothing_is_done_after_a_target_that_is_not_there() {
        let dir = tree();
        let targets = ["b.tf", "i.hcl", "nope", "bb"].map(|it| dir.path().join(it));
        let mut found = Diagnostics::new();
        assert_eq!(files(&targets, false, &mut found).len(), 1);
        let summaries: Vec<&str> = found.iter().map(|it| it.summary.as_str()).collect();
        assert_eq!(summaries, ["Unsupported file type", "No file or directory"]);
    }

    #[test]
    fn a_file_with_a_mistake_stays_as_it_is() {
        let dir = tree();
        let (good, bad) = (dir.path().join("b.tf"), dir.path().join("a.tfvars"));
        std::fs::write(&bad, "a=\n").unwrap();
        let mut report = Report::default();
        for path in [&bad, &good] {
            report.file(path, Wanted { list: true, write: true, diff: true, text: false });
        }
        assert!(report.found.has_errors() && report.differs);
        assert_eq!(std::fs::read_to_string(&bad).unwrap(), "a=\n");
        assert_eq!(std::fs::read_to_string(&good).unwrap(), "a = 1\n");
        let path = good.display();
        assert_eq!(report.out, format!("{path}\n--- old/{path}\n+++ new/{path}\n@@ -1 +1 @@\n-a=1\n+a = 1\n"));
    }
}

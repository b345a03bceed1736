//! Modules that the runs of tests are about: installed with the others, and found again by the run.

use std::fs;
use std::path::Path;

use plumb_engine::config::{self, Config, Installed, Manifest, ModuleFinder};
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::source::SourceMap;
use plumb_engine::testing::{self, RunModule};

use crate::commands::test_files;

/// Where test files are looked for besides the working directory.
const TESTS: &str = "tests";

/// Looks for the module of every run of every test file, and for what it calls. Files that cannot be read are left to the
/// command that runs them.
pub fn find_all(finder: &mut dyn ModuleFinder) -> Diagnostics {
    let mut all = Diagnostics::new();
    for path in test_files(Path::new(TESTS)) {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let (file, _) = testing::read(&mut SourceMap::default(), &path, &text);
        for run in &file.runs {
            let Some(module) = &run.module else { continue };
            let key = testing::run_key(&path, &run.name);
            let (_, found) = config::load_called(&key, (&module.source, module.version.as_ref()), finder);
            // Ranges are of files that only this load knows.
            all.extend(found.into_iter().map(|mut it| {
                (it.subject, it.context) = (None, None);
                it.of(format!("run.{}", run.name))
            }));
        }
    }
    all
}

/// Reads the module of a run, noted under `key` where it was installed.
pub fn load_run(key: &str, module: &RunModule, data_dir: &Path) -> (Config, Diagnostics) {
    let text = fs::read_to_string(data_dir.join(Manifest::FILE)).unwrap_or_default();
    let manifest = Manifest::parse(&text).unwrap_or_default();
    let finder = &mut Installed { manifest: &manifest, dir: Path::new(".") };
    config::load_called(key, (&module.source, module.version.as_ref()), finder)
}

//! The modules that come with plumb: their own tests, which need no AWS.

use std::path::Path;

use libtest_mimic::{Failed, Trial};

use super::space::{Space, entries, root};

/// One test for each folder of modules that has tests, however deep.
pub fn trials() -> Vec<Trial> {
    let mut names = Vec::new();
    collect(&root().join("modules"), "", &mut names);
    names.into_iter().map(|name| Trial::test(format!("modules::{name}"), move || tested(&name))).collect()
}

fn collect(dir: &Path, prefix: &str, names: &mut Vec<String>) {
    for entry in entries(dir).into_iter().filter(|it| it.is_dir()) {
        let name = format!("{prefix}{}", entry.file_name().unwrap_or_default().to_string_lossy());
        let is_test = |it: &std::path::PathBuf| it.to_string_lossy().ends_with(".tftest.hcl");
        if entries(&entry.join("tests")).iter().any(is_test) {
            names.push(name.clone());
        }
        collect(&entry, &format!("{name}/"), names);
    }
}

fn tested(name: &str) -> Result<(), Failed> {
    let space = Space::new();
    space.copy(&root().join("modules").join(name), "module");
    space.plumb(&["-chdir=module", "init", "-no-color"]).expect(0)?;
    space.plumb(&["-chdir=module", "validate", "-no-color"]).expect(0)?.has("Success!")?;
    space.plumb(&["-chdir=module", "fmt", "-check", "-recursive"]).expect(0)?;
    space.plumb(&["-chdir=module", "test", "-no-color"]).expect(0)?.has("0 failed")?;
    Ok(())
}

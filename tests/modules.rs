//! The modules that come with plumb: their own tests, which need no AWS.

use std::collections::BTreeSet;
use std::path::Path;

use libtest_mimic::{Failed, Trial};

use super::space::{Space, entries, files_below, root};

/// Resources that the templates of the Quick Start declare.
const DECLARED: usize = 149;

/// Checks that the pages of the Quick Start and its templates ask for.
const CHECKS: usize = 45;

/// One test for each folder of modules that has tests, however deep, and those of what is written about them.
pub fn trials() -> Vec<Trial> {
    let mut names = Vec::new();
    collect(&root().join("modules"), "", &mut names);
    let modules = names.into_iter().map(|name| Trial::test(format!("modules::{name}"), move || tested(&name)));
    let written = [
        Trial::test("modules::every_resource_is_compared", compared),
        Trial::test("modules::every_check_is_told_of", told),
    ];
    modules.chain(written).collect()
}

/// The table of resources has every one of the templates, and names only what the modules have.
fn compared() -> Result<(), Failed> {
    let page = std::fs::read_to_string(root().join("docs/confluence/resources.md"))?;
    let mut resources = 0;
    for row in page.lines().filter(|it| it.starts_with("| ")) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let Some(count) = cells.get(2).and_then(|it| it.parse::<usize>().ok()) else { continue };
        let named = cells[1].split(", ").count();
        if named != count {
            return Err(format!("{row}: {named} resources are named, {count} counted").into());
        }
        if cells[3] == "none" && cells[4].is_empty() {
            return Err(format!("{row}: nothing takes its place, and no reason is given").into());
        }
        resources += count;
    }
    if resources == DECLARED { Ok(()) } else { Err(format!("{resources} resources instead of {DECLARED}").into()) }
}

/// The table of checks has every number, and every number that a test has.
fn told() -> Result<(), Failed> {
    let page = std::fs::read_to_string(root().join("docs/confluence/checks.md"))?;
    let rows = page.lines().filter_map(|it| it.strip_prefix("| ")?.split('|').next());
    let numbers: BTreeSet<usize> =
        rows.flat_map(|it| it.split(',')).filter_map(|it| it.trim().parse::<usize>().ok()).collect();
    if numbers != (1..=CHECKS).collect() {
        return Err(format!("checks.md has the numbers {numbers:?}").into());
    }
    for file in files_below(&root().join("modules"), ".tftest.hcl") {
        let text = std::fs::read_to_string(&file)?;
        for name in text.lines().filter_map(|it| it.strip_prefix("run \"check_")) {
            let number = name.get(..2).and_then(|it| it.parse::<usize>().ok());
            if !number.is_some_and(|it| numbers.contains(&it)) {
                return Err(format!("{}: no check has the number of check_{name}", file.display()).into());
            }
        }
    }
    Ok(())
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

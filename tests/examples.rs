//! Every example applied on the emulator, planned empty, and destroyed.

use std::path::Path;

use libtest_mimic::{Failed, Trial};

use super::emulator;
use super::space::{entries, root};

/// Example folders with a `test.env` file are applied with the variables in it, those with a folder `test-needs` after
/// the configuration in that folder.
pub fn trials() -> Vec<Trial> {
    let dirs = entries(&root().join("examples"));
    let roots = dirs.into_iter().filter(|dir| dir.join("main.tf").exists());
    roots
        .enumerate()
        .map(|(at, dir)| {
            let name = dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let region = ["ca-central-1", "sa-east-1", "eu-north-1", "ap-south-1"][at % 4];
            Trial::test(format!("examples::{name}"), move || whole(&dir, region))
        })
        .collect()
}

fn whole(dir: &Path, region: &str) -> Result<(), Failed> {
    let mut space = emulator::space(region)?;
    space.copy(&root().join("examples"), "examples");
    for line in std::fs::read_to_string(dir.join("test.env")).unwrap_or_default().lines() {
        if let Some((name, value)) = line.split_once('=').filter(|_| !line.starts_with('#')) {
            space.env(name.trim(), value.trim());
        }
    }
    let name = dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let chdir = format!("-chdir=examples/{name}");
    let needs = dir.join("test-needs").exists().then(|| format!("{chdir}/test-needs"));
    if let Some(needs) = &needs {
        space.plumb(&[needs, "apply", "-auto-approve", "-no-color"]).expect(0)?;
    }
    let run = |args: &[&str]| space.plumb(&[&[chdir.as_str()], args].concat());
    run(&["validate", "-no-color"]).expect(0)?.has("Success!")?;
    run(&["apply", "-auto-approve", "-no-color"]).expect(0)?.has("Apply complete!")?;
    run(&["plan", "-detailed-exitcode", "-no-color"]).expect(0)?.has("No changes.")?;
    run(&["drift", "-no-color"]).expect(0)?;
    run(&["destroy", "-auto-approve", "-no-color"]).expect(0)?.has("Destroy complete!")?;
    run(&["state", "list"]).expect(0).map(drop)?;
    if let Some(needs) = &needs {
        space.plumb(&[needs, "destroy", "-auto-approve", "-no-color"]).expect(0)?;
    }
    Ok(())
}

//! Every example and every combination of switches applied on the emulator, planned empty, and destroyed.

use std::path::{Path, PathBuf};
use std::process::Command;

use libtest_mimic::{Failed, Trial};

use super::emulator;
use super::faults::account_space;
use super::space::{Run, Space, entries, root};

/// Example folders with a `test.env` file are applied with the variables in it, those with a folder `test-needs` after
/// the configuration in that folder. Folders of `tests/suite/confluence` are combinations of switches of the modules,
/// each applied in an account of its own.
pub fn trials() -> Vec<Trial> {
    let examples = roots(&root().join("examples")).into_iter().enumerate().map(|(at, dir)| {
        let region = ["ca-central-1", "sa-east-1", "eu-north-1", "ap-south-1"][at % 4];
        Trial::test(format!("examples::{}", name(&dir)), move || example(&dir, region))
    });
    let combinations = roots(&root().join("tests/suite/confluence")).into_iter().enumerate().map(|(at, dir)| {
        let account = format!("{:012}", 300_000_000_000_u64 + at as u64);
        Trial::test(format!("confluence::{}", name(&dir)), move || combination(&dir, &account))
    });
    examples.chain(combinations).collect()
}

fn roots(dir: &Path) -> Vec<PathBuf> {
    entries(dir).into_iter().filter(|dir| dir.join("main.tf").exists()).collect()
}

fn name(dir: &Path) -> String {
    dir.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn example(dir: &Path, region: &str) -> Result<(), Failed> {
    let mut space = emulator::space(region)?;
    space.copy(&root().join("examples"), "examples");
    for line in std::fs::read_to_string(dir.join("test.env")).unwrap_or_default().lines() {
        if let Some((name, value)) = line.split_once('=').filter(|_| !line.starts_with('#')) {
            space.env(name.trim(), value.trim());
        }
    }
    let chdir = format!("-chdir=examples/{}", name(dir));
    let needs = dir.join("test-needs").exists().then(|| format!("{chdir}/test-needs"));
    if let Some(needs) = &needs {
        space.plumb(&[needs, "init", "-no-color"]).expect(0)?;
        space.plumb(&[needs, "apply", "-auto-approve", "-no-color"]).expect(0)?;
    }
    let run = |args: &[&str]| space.plumb(&[&[chdir.as_str()], args].concat());
    run(&["init", "-no-color"]).expect(0)?;
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

fn combination(dir: &Path, account: &str) -> Result<(), Failed> {
    let (space, _) = account_space(account)?;
    prepare(&space)?;
    space.copy(dir, "site");
    let run = |args: &[&str]| space.plumb(&[&["-chdir=site"], args].concat());
    run(&["init", "-no-color"]).expect(0)?;
    run(&["plan", "-detailed-exitcode", "-out=site.tfplan", "-no-color"]).expect(2)?;
    run(&["apply", "-no-color", "site.tfplan"]).expect(0)?.has("Apply complete!")?;
    run(&["plan", "-detailed-exitcode", "-no-color"]).expect(0)?.has("No changes.")?;
    run(&["destroy", "-auto-approve", "-no-color"]).expect(0)?.has("Destroy complete!")?;
    let left = run(&["state", "list"]).expect(0)?.stdout;
    if left.is_empty() { Ok(()) } else { Err(format!("the destroy left:\n{left}").into()) }
}

/// Puts what a site finds into the account.
fn prepare(space: &Space) -> Result<(), Failed> {
    let mut command = Command::new(root().join(".venv/bin/python"));
    command.arg(root().join("tests/suite/confluence/account.py"));
    let region = [("AWS_DEFAULT_REGION", "us-east-1")];
    let output = command.current_dir(space.path()).envs(space.environment()).envs(region).output()?;
    Run::new("account.py", &output).expect(0)?;
    Ok(())
}

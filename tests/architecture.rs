//! The rules of the code base: who may depend on whom, how large a file may be, what must be registered.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use libtest_mimic::{Failed, Trial};

use super::space::{entries, files_below, root};

/// Longest source file.
const MAX_LINES: usize = 700;

/// Dependencies between our own crates; every other edge is forbidden.
const ALLOWED: &[(&str, &[&str])] = &[
    ("plumb-macros", &[]),
    ("plumb-engine", &["plumb-macros"]),
    ("plumb-state", &["plumb-engine"]),
    // The schemas of all types build without the SDK: a plumb without operations checks and plans by them.
    ("plumb-provider-aws-schemas", &["plumb-engine"]),
    ("plumb-provider-aws", &["plumb-engine", "plumb-provider-aws-schemas"]),
    ("plumb-provider-builtin", &["plumb-engine"]),
    ("plumb-provider-confluence", &["plumb-engine", "plumb-aws-delivery"]),
    (
        "plumb-cli",
        &["plumb-engine", "plumb-state", "plumb-provider-aws", "plumb-provider-aws-schemas", "plumb-provider-builtin"],
    ),
    ("plumb-tests", &["plumb-cli", "plumb-engine", "plumb-state", "plumb-provider-aws", "plumb-provider-builtin"]),
];

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("architecture::dependency_directions", dependency_directions),
        Trial::test("architecture::files_are_short_and_say_what_they_are", files),
        Trial::test("architecture::every_type_is_registered", registered),
        Trial::test("architecture::every_type_has_a_lifecycle_fixture", fixtures),
    ]
}

fn dependency_directions() -> Result<(), Failed> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .map_err(|error| format!("cargo metadata: {error}"))?;
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.iter().copied().collect();
    let mut wrong = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let name = package["name"].as_str().unwrap_or_default();
        let Some(may) = allowed.get(name) else {
            wrong.push(format!("{name} is a crate that the design does not have"));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let on = dependency["name"].as_str().unwrap_or_default();
            if on.starts_with("plumb-") && on != name && !may.contains(&on) {
                wrong.push(format!("{name} must not depend on {on}"));
            }
        }
    }
    none(wrong)
}

fn files() -> Result<(), Failed> {
    let mut wrong = Vec::new();
    for path in files_below(&root(), ".rs") {
        let text = std::fs::read_to_string(&path)?;
        let shown = path.strip_prefix(root()).unwrap_or(&path).display().to_string();
        let lines = text.lines().count();
        if lines > MAX_LINES {
            wrong.push(format!("{shown} has {lines} lines, more than {MAX_LINES}: split it by subject"));
        }
        if !text.starts_with("//! ") {
            wrong.push(format!("{shown} does not open with a //! sentence"));
        }
    }
    none(wrong)
}

/// Every `const TYPE` of the AWS provider's sources is in its registry.
fn registered() -> Result<(), Failed> {
    let provider = plumb_provider_aws::provider();
    let known: BTreeSet<&str> = provider.resource_types().into_iter().chain(provider.data_sources()).collect();
    let mut wrong = Vec::new();
    for path in files_below(&root().join("providers/aws/src"), ".rs") {
        let text = std::fs::read_to_string(&path)?;
        for line in text.lines().filter(|line| line.trim_start().starts_with("const TYPE: &'static str = \"aws_")) {
            let name = line.split('"').nth(1).unwrap_or_default();
            if !known.contains(name) {
                wrong.push(format!("{} declares {name}, which all() does not register", path.display()));
            }
        }
    }
    none(wrong)
}

fn fixtures() -> Result<(), Failed> {
    let fixtures: BTreeSet<String> = entries(&root().join("tests/suite/lifecycle"))
        .iter()
        .filter_map(|path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned()))
        .collect();
    let provider = plumb_provider_aws::provider();
    let missing = provider.resource_types().into_iter().filter(|name| !fixtures.contains(*name));
    none(missing.map(|name| format!("tests/suite/lifecycle/{name}.hcl is missing")).collect())
}

fn none(wrong: Vec<String>) -> Result<(), Failed> {
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

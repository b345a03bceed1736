//! Every AWS resource type through its life on the emulator: made, planned empty, changed, imported, deleted.

use std::path::Path;

use libtest_mimic::{Failed, Trial};

use super::emulator;
use super::space::{Run, Space, entries, root};

/// One test per fixture; one that the emulator cannot run is ignored, its reason in its name.
pub fn trials() -> Vec<Trial> {
    let files = entries(&root().join("tests/suite/lifecycle"));
    let fixtures = files.into_iter().filter(|path| path.extension().is_some_and(|it| it == "hcl"));
    fixtures
        .enumerate()
        .map(|(at, path)| {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let skipped = Fixture::read(&path).is_ok_and(|fixture| fixture.no_emulator);
            // Each in an account of its own, so that fixtures do not see each other's objects.
            let account = format!("{:012}", 210_000_000_000_u64 + at as u64);
            let test = move || live(&Fixture::read(&path)?, &account);
            Trial::test(format!("lifecycle::{name}"), test).with_ignored_flag(skipped)
        })
        .collect()
}

/// A configuration with one resource under test, labelled `test`, and what the header says about it.
struct Fixture {
    type_name: String,
    text: String,
    /// Arguments of the resource under test that change in place.
    updates: Vec<(String, String)>,
    /// Attributes that an import cannot know.
    import_differs: Vec<String>,
    /// The id to import by, where it is not the object's id: attributes of resources in `${…}`.
    import_id: Option<String>,
    no_import: bool,
    no_emulator: bool,
}

impl Fixture {
    fn read(path: &Path) -> Result<Self, Failed> {
        let text = std::fs::read_to_string(path)?;
        let header = |key: &str| {
            let prefix = format!("# {key}:");
            let found = text.lines().filter_map(|line| line.strip_prefix(&prefix).map(|rest| rest.trim().to_owned()));
            found.collect::<Vec<String>>()
        };
        let updates = header("update").into_iter().filter_map(|line| {
            line.split_once('=').map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        });
        Ok(Self {
            type_name: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            updates: updates.collect(),
            import_differs: header("import differs")
                .iter()
                .flat_map(|it| it.split(',').map(|it| it.trim().to_owned()))
                .collect(),
            import_id: header("import id").into_iter().next(),
            no_import: header("import").iter().any(|it| it.starts_with("no")),
            no_emulator: header("emulator").iter().any(|it| it.starts_with("no")),
            text,
        })
    }

    /// The configuration with the changed arguments in the resource under test.
    fn updated(&self) -> Result<String, Failed> {
        let start = format!("resource \"{}\" \"test\" {{", self.type_name);
        let at = self.text.find(&start).ok_or(format!("the fixture has no {start}"))? + start.len();
        let end = at + self.text[at..].find("\n}").ok_or("the resource under test does not end")?;
        let mut lines: Vec<String> = self.text[at..end].lines().map(str::to_owned).collect();
        for (name, value) in &self.updates {
            let is_it = |line: &String| {
                line.strip_prefix("  ").is_some_and(|rest| {
                    rest.strip_prefix(name.as_str()).is_some_and(|rest| rest.trim_start().starts_with('='))
                })
            };
            let line = format!("  {name} = {value}");
            match lines.iter().position(is_it) {
                Some(at) => {
                    let end = at + value_lines(&lines[at..]);
                    lines.splice(at..end, [line]);
                }
                None => lines.push(line),
            }
        }
        Ok(format!("{}{}{}", &self.text[..at], lines.join("\n"), &self.text[end..]))
    }
}

/// How many lines the argument on the first of them takes: until its brackets are closed.
fn value_lines(lines: &[String]) -> usize {
    let mut open = 0_i64;
    for (at, line) in lines.iter().enumerate() {
        open += line.chars().filter(|it| "{[(".contains(*it)).count() as i64;
        open -= line.chars().filter(|it| "}])".contains(*it)).count() as i64;
        if open <= 0 {
            return at + 1;
        }
    }
    lines.len()
}

fn live(fixture: &Fixture, account: &str) -> Result<(), Failed> {
    let space = emulator::space("us-east-1")?;
    let role = format!("arn:aws:iam::{account}:role/lifecycle");
    space
        .write("provider.tf", &format!("provider \"aws\" {{\n  assume_role {{\n    role_arn = \"{role}\"\n  }}\n}}\n"));
    space.write("main.tf", &fixture.text);
    let result = steps(fixture, &space);
    let destroyed = space.plumb(&["destroy", "-auto-approve", "-no-color"]);
    result?;
    destroyed.expect(0)?.has("Destroy complete!")?;
    let left = space.plumb(&["state", "list"]).expect(0)?;
    if left.stdout.trim().is_empty() { Ok(()) } else { Err(format!("left in the state: {}", left.stdout).into()) }
}

fn steps(fixture: &Fixture, space: &Space) -> Result<(), Failed> {
    space.plumb(&["apply", "-auto-approve", "-no-color"]).expect(0)?.has("Apply complete!")?;
    nothing_to_do(space, "after the apply")?;
    let address = format!("{}.test", fixture.type_name);
    if !fixture.updates.is_empty() {
        space.write("main.tf", &fixture.updated()?);
        space.plumb(&["apply", "-auto-approve", "-no-color"]).expect(0)?.has("1 changed, 0 destroyed")?;
        nothing_to_do(space, "after the update")?;
    }
    if fixture.no_import {
        return Ok(());
    }
    let id = match &fixture.import_id {
        Some(parts) => import_id(space, parts)?,
        None => id_of(space, &address)?,
    };
    space.plumb(&["state", "rm", &address]).expect(0)?;
    space.plumb(&["import", "-no-color", &address, &id]).expect(0)?;
    let plan = space.plumb(&["plan", "-detailed-exitcode", "-no-color"]);
    match plan.code {
        0 => Ok(()),
        2 if !fixture.import_differs.is_empty() => only_differs(&plan, &fixture.import_differs, space),
        _ => Err(format!("the plan after the import is not empty\n{}", plan.text()).into()),
    }
}

/// After an import only the named attributes may differ; an apply brings them back.
fn only_differs(plan: &Run, names: &[String], space: &Space) -> Result<(), Failed> {
    let changed = plan.stdout.lines().filter_map(|line| {
        let rest = line.trim_start().strip_prefix(['+', '-', '~'])?.trim_start();
        let (name, _) = rest.split_once('=')?;
        Some(name.trim().to_owned())
    });
    let other: Vec<String> = changed.filter(|name| !names.contains(name)).collect();
    if !other.is_empty() || plan.stdout.contains("must be replaced") {
        return Err(format!("the import differs in {other:?}\n{}", plan.text()).into());
    }
    space.plumb(&["apply", "-auto-approve", "-no-color"]).expect(0)?;
    nothing_to_do(space, "after the import was applied")
}

fn nothing_to_do(space: &Space, when: &str) -> Result<(), Failed> {
    let plan = space.plumb(&["plan", "-detailed-exitcode", "-no-color"]);
    match plan.code {
        0 => Ok(()),
        _ => Err(format!("the plan {when} is not empty\n{}", plan.text()).into()),
    }
}

/// A text with attributes of the state in it: `${aws_vpc.main.id}_x`.
fn import_id(space: &Space, parts: &str) -> Result<String, Failed> {
    let shown = space.plumb(&["show", "-json"]).expect(0)?;
    let state: serde_json::Value = serde_json::from_str(&shown.stdout)?;
    let resources = state["values"]["root_module"]["resources"].as_array().cloned().unwrap_or_default();
    let mut id = parts.to_owned();
    for resource in resources {
        let address = resource["address"].as_str().unwrap_or_default();
        for (name, value) in resource["values"].as_object().into_iter().flatten() {
            id = id.replace(&format!("${{{address}.{name}}}"), value.as_str().unwrap_or_default());
        }
    }
    Ok(id)
}

fn id_of(space: &Space, address: &str) -> Result<String, Failed> {
    let shown = space.plumb(&["show", "-json"]).expect(0)?;
    let state: serde_json::Value = serde_json::from_str(&shown.stdout)?;
    let resources = state["values"]["root_module"]["resources"].as_array().cloned().unwrap_or_default();
    let found = resources.iter().find(|it| it["address"] == address);
    let id = found.and_then(|it| it["values"]["id"].as_str());
    Ok(id.ok_or(format!("{address} has no id in the state"))?.to_owned())
}

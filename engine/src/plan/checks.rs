//! Results of conditions: what became of every object that has some.

use std::collections::BTreeMap;

use super::{CheckInstance, CheckResult, CheckStatus};
use crate::addr::{ConfigResource, InstanceAddr, ModuleAddr, ModulePath};
use crate::config::graph::Node;
use crate::config::{Condition, Config, Lifecycle};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::eval::Verdict;

/// The summary of an assert that does not hold.
const CHECK_FAILED: &str = "Check block assertion failed";

/// An instance of something that has conditions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// `resource`, `output_value`, `check` or `var`.
    pub kind: &'static str,
    /// Address of the block.
    pub block: String,
    /// Address of the instance.
    pub instance: String,
}

impl Place {
    /// An instance of a resource.
    pub fn of_resource(addr: &InstanceAddr) -> Self {
        Self { kind: "resource", block: addr.config().to_string(), instance: addr.to_string() }
    }

    /// An output, variable or check of a module instance.
    pub fn in_module(kind: &'static str, module: &ModuleAddr, name: &str) -> Self {
        Self { kind, block: inside(&module.path(), kind, name), instance: dotted(module.to_string(), kind, name) }
    }

    /// The summary of a condition that fails there, other than on a resource.
    pub fn failure(&self) -> &'static str {
        match self.kind {
            "var" => "Invalid value for variable",
            "check" => CHECK_FAILED,
            _ => "Module output value precondition failed",
        }
    }
}

fn inside(module: &ModulePath, kind: &str, name: &str) -> String {
    dotted(module.to_string(), kind, name)
}

fn dotted(module: String, kind: &str, name: &str) -> String {
    let kind = if kind == "output_value" { "output" } else { kind };
    let dot = if module.is_empty() { "" } else { "." };
    format!("{module}{dot}{kind}.{name}")
}

/// A condition that was evaluated.
pub struct Judgement {
    /// Its result.
    pub status: CheckStatus,
    /// Its message, where it fails and may be shown.
    pub problem: Option<String>,
    /// What is to be said about it.
    pub diagnostics: Diagnostics,
}

/// What follows from an evaluated condition; `severity` is that of a condition that does not hold.
pub fn judge(
    verdict: Result<Verdict, Diagnostics>,
    summary: &str,
    condition: &Condition,
    severity: Severity,
) -> Judgement {
    let mut diagnostics = Diagnostics::new();
    let failed = |detail: &str| {
        let diagnostic = Diagnostic { severity, ..Diagnostic::error(summary, detail) };
        diagnostic.at(condition.condition.span)
    };
    let (status, problem) = match verdict {
        Ok(Verdict::Holds) => (CheckStatus::Pass, None),
        Ok(Verdict::Unknown) => {
            if severity == Severity::Warning && summary == CHECK_FAILED {
                let detail =
                    "It is not known before the apply whether this holds. It is judged when everything is done.";
                let found = Diagnostic::warning("Check block assertion known after apply", detail);
                diagnostics.push(found.at(condition.condition.span));
            }
            (CheckStatus::Unknown, None)
        }
        Ok(Verdict::Fails(Ok(message))) => {
            diagnostics.push(failed(&message));
            (CheckStatus::Fail, Some(message))
        }
        Ok(Verdict::Fails(Err(hidden))) => {
            let detail = "The condition does not hold. Its message cannot be shown, as another diagnostic says.";
            diagnostics.push(failed(detail));
            diagnostics.push(Diagnostic { severity, ..*hidden });
            (CheckStatus::Fail, None)
        }
        Err(found) => {
            diagnostics.extend(found);
            (CheckStatus::Error, None)
        }
    };
    Judgement { status, problem, diagnostics }
}

/// Results of conditions by block and instance.
#[derive(Clone, Debug, Default)]
pub struct Checks(BTreeMap<String, (&'static str, BTreeMap<String, CheckInstance>)>);

impl Checks {
    /// Adds the result of a condition.
    pub fn add(&mut self, place: &Place, status: CheckStatus, problem: Option<String>) {
        let (_, instances) = self.0.entry(place.block.clone()).or_insert_with(|| (place.kind, BTreeMap::new()));
        let instance = instances.entry(place.instance.clone()).or_insert_with(|| CheckInstance {
            address: place.instance.clone(),
            status: CheckStatus::Pass,
            problems: Vec::new(),
        });
        instance.status = instance.status.max(status);
        instance.problems.extend(problem);
    }

    /// The results of every block that has conditions. A block that was `reached` and has no instance passes.
    pub fn finish(self, config: &Config, reached: impl Fn(&Node) -> bool) -> Vec<CheckResult> {
        let mut all: BTreeMap<String, CheckResult> = BTreeMap::new();
        for (node, kind, block) in declared(config) {
            let status = if reached(&node) { CheckStatus::Pass } else { CheckStatus::Unknown };
            let kind = kind.to_owned();
            all.insert(block.clone(), CheckResult { address: block, kind, status, instances: Vec::new() });
        }
        for (block, (kind, instances)) in self.0 {
            let instances: Vec<CheckInstance> = instances.into_values().collect();
            let status = instances.iter().map(|it| it.status).max().unwrap_or(CheckStatus::Pass);
            let kind = kind.to_owned();
            all.insert(block.clone(), CheckResult { address: block, kind, status, instances });
        }
        all.into_values().collect()
    }
}

/// Blocks with conditions, each with its kind and its address.
fn declared(config: &Config) -> Vec<(Node, &'static str, String)> {
    let mut all = Vec::new();
    for (index, module) in config.indexed() {
        let path = &module.path;
        let variables = module.variables.iter().filter(|(_, it)| !it.validations.is_empty());
        all.extend(variables.map(|(name, _)| (Node::Variable(index, name.clone()), "var", inside(path, "var", name))));
        let outputs = module.outputs.iter().filter(|(_, it)| !it.preconditions.is_empty());
        let output = "output_value";
        all.extend(outputs.map(|(name, _)| (Node::Output(index, name.clone()), output, inside(path, output, name))));
        let checks = module.checks.keys();
        all.extend(checks.map(|name| (Node::Check(index, name.clone()), "check", inside(path, "check", name))));
        let conditions = |it: &Lifecycle| !it.preconditions.is_empty() || !it.postconditions.is_empty();
        let resources = module.resources.iter().filter(|(_, it)| conditions(&it.lifecycle));
        all.extend(resources.map(|(name, _)| {
            let block = ConfigResource { module: path.clone(), resource: name.clone() };
            (Node::Resource(index, name.clone()), "resource", block.to_string())
        }));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_instance_decides() {
        let mut checks = Checks::default();
        let place = |key: &str| Place::of_resource(&format!("module.a[0].aws_vpc.b[{key}]").parse().unwrap());
        checks.add(&place("0"), CheckStatus::Pass, None);
        checks.add(&place("1"), CheckStatus::Fail, Some("no".into()));
        checks.add(&place("1"), CheckStatus::Unknown, None);
        let mut config = Config::default();
        config.modules.push(Default::default());
        let found = checks.finish(&config, |_| true);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].address.as_str(), found[0].status), ("module.a.aws_vpc.b", CheckStatus::Fail));
        assert_eq!(found[0].instances.len(), 2);
        assert_eq!(found[0].instances[1].problems, ["no"]);
    }

    #[test]
    fn addresses_have_the_module_in_front() {
        let module = "module.a[0]".parse().unwrap();
        let place = Place::in_module("output_value", &module, "o");
        assert_eq!((place.block.as_str(), place.instance.as_str()), ("module.a.output.o", "module.a[0].output.o"));
        assert_eq!(Place::in_module("check", &ModuleAddr::root(), "c").block, "check.c");
    }
}

//! Moves: prior objects under the addresses that the configuration has for them now.

mod check;
mod statement;

use std::collections::BTreeSet;

use petgraph::algo::{kosaraju_scc, toposort};
use petgraph::graph::{DiGraph, NodeIndex};

pub use statement::Statement;

use super::PlanOptions;
use super::prior::PriorObjects;
use crate::addr::{InstanceAddr, InstanceKey, ModuleAddr, ResourceAddr};
use crate::config::{Config, Repetition};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::provider::Providers;
use crate::store::ObjectKey;

/// What the statements of a configuration did to the prior objects.
#[derive(Debug, Default)]
pub struct Moves {
    statements: Vec<Statement>,
    /// Statements that follow each other in a circle: then nothing was moved.
    circle: Vec<usize>,
    /// What stayed because its new address was taken: former and wanted address.
    blocked: BTreeSet<(String, String)>,
}

impl Moves {
    /// Gives the prior objects their present addresses.
    ///
    /// # Errors
    /// A move leads to another type, and that type does not know how to take the object over; or the plan is
    /// targeted and leaves out one side of a move.
    pub fn apply(
        config: &Config,
        prior: &mut PriorObjects,
        providers: &Providers,
        options: &PlanOptions,
    ) -> Result<Self, Diagnostics> {
        let mut statements = explicit(config);
        statements.extend(implied(config, prior, &statements));
        let mut moves = Self { statements, ..Self::default() };
        match order(&moves.statements) {
            Ok(order) => {
                let mut moved = Vec::new();
                for at in order {
                    moves.one(at, prior, &mut moved);
                }
                take_over(config, prior, providers, &moved)?;
                let moved: Vec<&InstanceAddr> = moved.iter().filter(|it| prior.get(it).is_some()).collect();
                not_targeted(prior, &moved, options)?;
            }
            Err(circle) => moves.circle = circle,
        }
        Ok(moves)
    }

    /// Does one statement; `moved` takes the new address of each instance.
    fn one(&mut self, at: usize, prior: &mut PriorObjects, moved: &mut Vec<InstanceAddr>) {
        let statement = &self.statements[at];
        let concerned = prior.iter().filter(|(key, _)| statement.concerns(&key.addr));
        let addrs: BTreeSet<InstanceAddr> = concerned.map(|(key, _)| key.addr.clone()).collect();
        let modules: BTreeSet<&ModuleAddr> = addrs.iter().map(|it| &it.module).collect();
        for module in &modules {
            let Some(to) = statement.module_destination(module).filter(|to| to != *module) else { continue };
            if prior.iter().any(|(key, _)| key.addr.module == to) {
                self.blocked.insert((module.to_string(), to.to_string()));
                continue;
            }
            for addr in addrs.iter().filter(|it| it.module == **module) {
                moved.push(prior.rename(addr, InstanceAddr { module: to.clone(), ..addr.clone() }));
            }
        }
        let resources: BTreeSet<ResourceAddr> = addrs.iter().map(InstanceAddr::resource).collect();
        for resource in &resources {
            let Some(to) = statement.resource_destination(resource).filter(|to| to != resource) else { continue };
            if prior.iter().any(|(key, _)| key.addr.module == to.module && key.addr.resource == to.resource) {
                self.blocked.insert((resource.to_string(), to.to_string()));
                continue;
            }
            for addr in addrs.iter().filter(|it| it.resource() == *resource) {
                moved.push(prior.rename(addr, to.instance(addr.key.clone())));
            }
        }
        for addr in &addrs {
            let Some(to) = statement.instance_destination(addr).filter(|to| to != addr) else { continue };
            if prior.iter().any(|(key, _)| key.addr == to) {
                self.blocked.insert((addr.to_string(), to.to_string()));
                continue;
            }
            moved.push(prior.rename(addr, to));
        }
    }

    /// What could not be moved, as a warning.
    pub fn warning(&self) -> Option<Diagnostic> {
        if self.blocked.is_empty() {
            return None;
        }
        let list: String =
            self.blocked.iter().map(|(from, to)| format!("\n  - {from} could not move to {to}")).collect();
        let detail = format!(
            "The configuration says that objects have moved, but some of the addresses that they should have now are \
             taken by other objects:{list}\n\nThe plan deletes the objects that could not move. If that is not what you \
             want, give one of the two another address with \"plumb state mv\" and plan again."
        );
        Some(Diagnostic::warning("Unresolved resource instance address changes", detail))
    }
}

fn explicit(config: &Config) -> Vec<Statement> {
    let blocks = config.modules.iter().flat_map(|module| module.moved.iter().map(|it| (&module.path, it)));
    blocks.map(|(path, block)| Statement::new(path, block)).collect()
}

/// A block that gains or loses `count` keeps its object: the one without a key is the one with the key 0. Not so when
/// a block says itself what becomes of the resource.
fn implied(config: &Config, prior: &PriorObjects, explicit: &[Statement]) -> Vec<Statement> {
    let mut statements = Vec::new();
    let rekeyed =
        |key: &ObjectKey| key.deposed.is_none() && matches!(key.addr.key, InstanceKey::None | InstanceKey::Int(0));
    for (key, _) in prior.iter().filter(|(key, _)| rekeyed(key)) {
        let Some(block) = config.resource(&key.addr.config()) else { continue };
        let to = match (&block.repetition, &key.addr.key) {
            (Repetition::Count(_), InstanceKey::None) => InstanceKey::Int(0),
            (Repetition::Single | Repetition::Enabled(_), InstanceKey::Int(0)) => InstanceKey::None,
            _ => continue,
        };
        let resource = key.addr.resource();
        if !explicit.iter().any(|it| it.names(&resource)) {
            statements.push(Statement::implied(&resource, key.addr.key.clone(), to));
        }
    }
    statements
}

/// Positions of the statements, each after those that it depends on; or those of a circle.
fn order(statements: &[Statement]) -> Result<Vec<usize>, Vec<usize>> {
    let mut graph: DiGraph<usize, ()> = DiGraph::new();
    let nodes: Vec<NodeIndex> = (0..statements.len()).map(|at| graph.add_node(at)).collect();
    for (at, statement) in statements.iter().enumerate() {
        for (other, earlier) in statements.iter().enumerate() {
            if at != other && statement.depends_on(earlier) {
                graph.add_edge(nodes[other], nodes[at], ());
            }
        }
    }
    match toposort(&graph, None) {
        Ok(sorted) => Ok(sorted.into_iter().map(|at| graph[at]).collect()),
        Err(_) => {
            let circle = kosaraju_scc(&graph).into_iter().filter(|group| group.len() > 1).flatten();
            let mut circle: Vec<usize> = circle.map(|at| graph[at]).collect();
            circle.sort_unstable();
            Err(circle)
        }
    }
}

/// Objects that have come under another type become objects of that type.
fn take_over(
    config: &Config,
    prior: &mut PriorObjects,
    providers: &Providers,
    moved: &[InstanceAddr],
) -> Result<(), Diagnostics> {
    let mut diagnostics = Diagnostics::new();
    for addr in moved {
        let Some(from) = prior.get(addr).and_then(|it| it.moved_from.clone()) else { continue };
        let block = config.resource(&addr.config());
        let (Some(block), true) = (block, from.resource.type_name != addr.resource.type_name) else { continue };
        let index = config.find_module(&addr.module.path()).unwrap_or_default();
        let provider = config.provider(index, &block.provider);
        let source = &from.resource.type_name;
        let ty = providers.get(&provider.source).and_then(|it| it.resource_type(&addr.resource.type_name));
        let Some(object) = prior.get(addr) else { continue };
        let former = match object.value(&from) {
            Ok(former) => former,
            Err(found) => {
                diagnostics.extend(found);
                continue;
            }
        };
        match ty.and_then(|ty| Some((ty.schema(), ty.take_over(source, former)?))) {
            Some(object) => prior.retype(addr, provider.to_string(), object),
            None => {
                let detail = format!(
                    "The object at {from} is of type {source}, and {} does not know how to take such an object over as \
                     {}. Keep the type in both addresses of the move.",
                    provider.source, addr.resource.type_name
                );
                let summary = "Unsupported `moved` across resource types";
                diagnostics.push(Diagnostic::error(summary, detail).at(block.span).of(addr));
            }
        }
    }
    if diagnostics.has_errors() { Err(diagnostics) } else { Ok(()) }
}

/// A targeted plan must not tear the two sides of a move apart.
fn not_targeted(prior: &PriorObjects, moved: &[&InstanceAddr], options: &PlanOptions) -> Result<(), Diagnostics> {
    let targets = &options.targets;
    let within = |addr: &InstanceAddr| targets.is_empty() || targets.iter().any(|it| it.contains(addr));
    let missing: BTreeSet<String> = moved
        .iter()
        .flat_map(|to| [(*to).clone()].into_iter().chain(prior.get(to).and_then(|it| it.moved_from.clone())))
        .filter(|addr| !within(addr))
        .map(|addr| format!("\n  -target='{addr}'"))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let list: String = missing.into_iter().collect();
    let detail = format!(
        "Objects have moved, and -target does not name both their former and their present address. Add the missing \
         ones, or plan without -target:{list}"
    );
    Err(Diagnostic::error("Moved resource instances excluded by targeting", detail).into())
}

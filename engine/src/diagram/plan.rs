//! All that a plan visits: resources, variables, local values, outputs, modules, providers, checks.

use std::collections::BTreeSet;

use super::{Diagram, Draft, Shape, Vertex};
use crate::addr::ModulePath;
use crate::config::graph::{Node, dependencies};
use crate::config::{Config, ModuleIndex};
use crate::store::Snapshot;

/// What a diagram of a configuration is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visit {
    /// A plan: it also looks at objects that are in no configuration any more, and reports checks.
    Plan,
    /// An apply of which no more is known than the configuration.
    Apply,
}

/// What planning or applying a configuration visits.
pub fn plan(config: &Config, snapshot: &Snapshot, visit: Visit) -> Diagram {
    let needs = dependencies(config);
    let used: BTreeSet<&Node> = needs
        .iter()
        .filter(|(node, _)| matches!(node, Node::Resource(..)))
        .flat_map(|(_, needs)| needs.iter().filter(|it| matches!(it, Node::Provider(_))))
        .collect();
    let is_unused = |node: &Node| matches!(node, Node::Provider(_)) && !used.contains(node);
    let mut draft = Draft::default();
    for (node, needs) in needs.iter().filter(|(node, _)| !is_unused(node)) {
        let at = vertex(&mut draft, config, node);
        for need in needs {
            edge(&mut draft, config, node, need);
        }
        close(&mut draft, config, node);
        if let (Node::Check(index, name), Visit::Plan) = (node, visit) {
            report(&mut draft, config, *index, name, at);
        }
    }
    orphans(&mut draft, config, snapshot, visit);
    removed_outputs(&mut draft, config, snapshot);
    draft.finish()
}

/// What a node is called without its module, and whether there is one node for all instances of the module.
fn name(config: &Config, node: &Node) -> String {
    let within = |index: ModuleIndex| {
        let path = &config.module(index).path;
        if path.is_root() { String::new() } else { format!("{path}.") }
    };
    match node {
        Node::Expand(index) | Node::Gate(index) => format!("{} (expand)", config.module(*index).path),
        Node::Close(index) => format!("{} (close)", config.module(*index).path),
        Node::Variable(index, name) if config.module(*index).path.is_root() => format!("var.{name}"),
        Node::Variable(index, name) => format!("{}var.{name} (expand)", within(*index)),
        Node::Local(index, name) => format!("{}local.{name} (expand)", within(*index)),
        Node::Output(index, name) => format!("{}output.{name} (expand)", within(*index)),
        Node::Resource(index, name) => format!("{}{name} (expand)", within(*index)),
        Node::Check(index, name) => format!("{}check.{name} (expand)", within(*index)),
        Node::Provider(addr) => addr.to_string(),
    }
}

fn vertex(draft: &mut Draft, config: &Config, node: &Node) -> usize {
    let name = name(config, node);
    match node {
        Node::Provider(_) => draft.provider(&name),
        Node::Variable(index, _) if config.module(*index).path.is_root() => {
            draft.vertex(&name, || Vertex::drawn(&name, &name, Shape::Note))
        }
        _ => match node.resource(config) {
            Some(resource) => draft.vertex(&name, || Vertex::resource(&resource, " (expand)", &resource)),
            None => draft.step(&name),
        },
    }
}

/// The vertex that stands for a node's value: a variable counts once it is validated.
fn value(draft: &mut Draft, config: &Config, node: &Node) -> usize {
    let at = vertex(draft, config, node);
    let Node::Variable(index, variable) = node else { return at };
    if config.module(*index).variables.get(variable).is_none_or(|it| it.validations.is_empty()) {
        return at;
    }
    let name = name(config, node);
    let validation = draft.step(&format!("{} (validation)", name.trim_end_matches(" (expand)")));
    draft.edge(validation, at);
    validation
}

fn edge(draft: &mut Draft, config: &Config, node: &Node, need: &Node) {
    let to = value(draft, config, need);
    let from = match (node, need) {
        (Node::Variable(index, _), need) if is_seen_from(config, *index, need) => value(draft, config, node),
        _ => vertex(draft, config, node),
    };
    draft.edge(from, to);
    if let (Node::Resource(..), Node::Provider(addr)) = (node, need) {
        draft.provided(from, &addr.to_string());
    }
}

/// Whether a need of a variable is one of its conditions: these see the module, its value is given by the caller.
fn is_seen_from(config: &Config, index: ModuleIndex, need: &Node) -> bool {
    match need {
        Node::Variable(at, _) | Node::Local(at, _) | Node::Resource(at, _) | Node::Check(at, _) => *at == index,
        Node::Output(at, _) | Node::Close(at) | Node::Expand(at) => config.module(*at).parent == Some(index),
        Node::Gate(_) | Node::Provider(_) => false,
    }
}

/// The end of a module waits for everything inside.
fn close(draft: &mut Draft, config: &Config, node: &Node) {
    let Some(index) = node.block_of().filter(|it| !config.module(*it).path.is_root()) else { return };
    let (close, inside) = (vertex(draft, config, &Node::Close(index)), value(draft, config, node));
    draft.edge(close, inside);
}

/// The report of a check is open before its own data source is read: it is where a failed read is noted.
fn report(draft: &mut Draft, config: &Config, index: ModuleIndex, name: &str, check: usize) {
    let module = config.module(index);
    let within = if module.path.is_root() { String::new() } else { format!("{}.", module.path) };
    let report = draft.step(&format!("{within}check.{name} (report)"));
    draft.edge(check, report);
    if !module.path.is_root() {
        let open = vertex(draft, config, &Node::Expand(index));
        draft.edge(report, open);
    }
    if let Some(data) = module.checks.get(name).and_then(|it| it.data.as_ref()) {
        let data = vertex(draft, config, &Node::Resource(index, data.clone()));
        draft.edge(data, report);
    }
}

fn orphans(draft: &mut Draft, config: &Config, snapshot: &Snapshot, visit: Visit) {
    for (key, record) in &snapshot.objects {
        let resource = key.addr.config();
        for depth in 1..=resource.module.0.len() {
            let path = ModulePath(resource.module.0[..depth].to_vec());
            if config.find_module(&path).is_none() {
                draft.step(&format!("{path} (close)"));
            }
        }
        if visit == Visit::Apply {
            continue;
        }
        let what = match &key.deposed {
            Some(deposed) => format!(" (deposed {deposed})"),
            None if config.resource(&resource).is_none() => " (orphan)".to_owned(),
            None => continue,
        };
        let at = draft.vertex(&key.to_string(), || Vertex::resource(&key.addr, &what, &resource));
        draft.provided(at, &record.provider);
    }
}

/// Outputs that are in the state and in no configuration any more.
pub(super) fn removed_outputs(draft: &mut Draft, config: &Config, snapshot: &Snapshot) {
    for output in snapshot.outputs.keys().filter(|it| !config.root().outputs.contains_key(*it)) {
        let name = format!("output.{output} (destroy)");
        draft.vertex(&name, || Vertex::drawn(&name, &name, Shape::Note));
    }
}

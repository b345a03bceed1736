//! All that a plan visits: resources, variables, local values, outputs, modules, providers, checks.

use std::collections::BTreeSet;

use super::{Diagram, Draft, Shape, Vertex};
use crate::addr::ModulePath;
use crate::config::graph::{Node, dependencies};
use crate::config::{Config, ModuleIndex};
use crate::store::Snapshot;

/// What planning a configuration visits, and what of the state is in no configuration any more.
pub fn plan(config: &Config, snapshot: &Snapshot) -> Diagram {
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
        place(&mut draft, config, node, at);
    }
    orphans(&mut draft, config, snapshot);
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
        Node::Output(at, _) | Node::Close(at) => config.module(*at).parent == Some(index),
        Node::Expand(_) | Node::Gate(_) | Node::Provider(_) => false,
    }
}

/// Everything inside of a module waits for its expansion, and its end for everything inside.
fn place(draft: &mut Draft, config: &Config, node: &Node, at: usize) {
    let index = match node {
        Node::Variable(index, _) | Node::Local(index, _) | Node::Output(index, _) => *index,
        Node::Resource(index, _) | Node::Check(index, _) => *index,
        Node::Expand(_) | Node::Gate(_) | Node::Close(_) | Node::Provider(_) => return,
    };
    if let Node::Check(_, name) = node {
        let module = config.module(index);
        let within = if module.path.is_root() { String::new() } else { format!("{}.", module.path) };
        let report = draft.step(&format!("{within}check.{name} (report)"));
        draft.edge(at, report);
        if let Some(data) = &module.checks[name].data {
            let data = vertex(draft, config, &Node::Resource(index, data.clone()));
            draft.edge(data, report);
        }
    }
    let ends = value(draft, config, node);
    if !config.module(index).path.is_root() {
        let (open, close) = (vertex(draft, config, &Node::Expand(index)), vertex(draft, config, &Node::Close(index)));
        draft.edge(at, open);
        draft.edge(close, ends);
    }
}

fn orphans(draft: &mut Draft, config: &Config, snapshot: &Snapshot) {
    for (key, record) in &snapshot.objects {
        let resource = key.addr.config();
        let what = match &key.deposed {
            Some(deposed) => format!(" (deposed {deposed})"),
            None if config.resource(&resource).is_none() => " (orphan)".to_owned(),
            None => continue,
        };
        let at = draft.vertex(&key.to_string(), || Vertex::resource(&key.addr, &what, &resource));
        draft.provided(at, &record.provider);
        for depth in 1..=resource.module.0.len() {
            let path = ModulePath(resource.module.0[..depth].to_vec());
            if config.find_module(&path).is_none() {
                draft.step(&format!("{path} (close)"));
            }
        }
    }
    for output in snapshot.outputs.keys().filter(|it| !config.root().outputs.contains_key(*it)) {
        let name = format!("output.{output} (destroy)");
        draft.vertex(&name, || Vertex::drawn(&name, &name, Shape::Note));
    }
}

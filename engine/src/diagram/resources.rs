//! Resources alone: which is visited before which.

use std::collections::{BTreeMap, BTreeSet};

use super::{Diagram, Shape, Vertex, reduce};
use crate::addr::{ConfigResource, Mode};
use crate::config::Config;
use crate::config::graph::{Node, dependencies};
use crate::store::Snapshot;

/// The resources of a configuration, and those that only the state still knows; module by module.
pub fn resources(config: &Config, snapshot: &Snapshot) -> Diagram {
    let needs = dependencies(config);
    let declared = needs.keys().filter_map(|node| node.resource(config));
    let stored = snapshot.objects.keys().map(|it| it.addr.config());
    let all: BTreeSet<ConfigResource> = declared.chain(stored).collect();
    let mut all: Vec<ConfigResource> = all.into_iter().collect();
    all.sort_by_cached_key(|it| {
        let name = &it.resource;
        let is_data = name.mode == Mode::Data;
        (module_name(it), !is_data, name.type_name.clone(), name.name.clone())
    });
    let number: BTreeMap<&ConfigResource, usize> = all.iter().enumerate().map(|(at, it)| (it, at)).collect();
    let mut edges = BTreeSet::new();
    for node in needs.keys() {
        let Some(from) = node.resource(config) else { continue };
        for need in nearest(config, &needs, node) {
            edges.insert((number[&from], number[&need]));
        }
    }
    let edges = reduce::reduce(all.len(), &edges);
    Diagram { vertices: all.iter().map(vertex).collect(), edges }
}

fn module_name(of: &ConfigResource) -> String {
    if of.module.is_root() { String::new() } else { of.module.to_string() }
}

fn vertex(of: &ConfigResource) -> Vertex {
    let module = module_name(of);
    Vertex { name: of.to_string(), label: of.resource.to_string(), module, shape: Some(Shape::Box) }
}

/// The resources that a block needs without another resource in between.
fn nearest(config: &Config, needs: &BTreeMap<Node, BTreeSet<Node>>, of: &Node) -> BTreeSet<ConfigResource> {
    let mut found = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut open: Vec<&Node> = needs[of].iter().collect();
    while let Some(node) = open.pop() {
        if !seen.insert(node) {
            continue;
        }
        match node.resource(config) {
            Some(resource) => drop(found.insert(resource)),
            None => open.extend(needs.get(node).into_iter().flatten()),
        }
    }
    found
}

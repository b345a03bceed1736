//! Which blocks and objects a plan is about: `-target` and `-exclude`.

use std::collections::BTreeSet;

use super::PlanOptions;
use crate::addr::{InstanceAddr, ModuleAddr, ResourceAddr, Target};
use crate::config::Config;
use crate::config::graph::{Node, Order};

/// The part of a configuration and its objects that a plan is about.
pub struct Included<'a> {
    nodes: Option<BTreeSet<&'a Node>>,
    targets: &'a [Target],
    excludes: &'a [Target],
    /// Resources that are included only because a target needs them: all of their instances.
    needed: BTreeSet<crate::addr::ConfigResource>,
}

impl<'a> Included<'a> {
    /// Everything that the options name and what it needs; in a destroy plan, what needs it.
    pub fn new(config: &'a Config, order: &'a Order, options: &'a PlanOptions) -> Self {
        let all = Self { nodes: None, targets: &options.targets, excludes: &options.excludes, needed: BTreeSet::new() };
        if options.targets.is_empty() && options.excludes.is_empty() {
            return all;
        }
        let named = |targets: &[Target]| -> Vec<&Node> {
            order.nodes().filter(|node| targets.iter().any(|target| names(config, target, node))).collect()
        };
        let mut nodes: BTreeSet<&Node> = order.nodes().collect();
        let mut needed = BTreeSet::new();
        if !options.targets.is_empty() {
            let targets = named(&options.targets);
            nodes = order.closure(targets.iter().copied());
            let direct: BTreeSet<&Node> = targets.into_iter().collect();
            needed =
                nodes.iter().filter(|node| !direct.contains(*node)).filter_map(|node| node.resource(config)).collect();
        }
        if !options.excludes.is_empty() {
            // An excluded instance leaves its siblings in; an excluded resource takes what needs it out.
            let whole: Vec<Target> =
                options.excludes.iter().filter(|it| !matches!(it, Target::Instance(_))).cloned().collect();
            let gone = named(&whole);
            let gone = order.dependents(gone.iter().copied());
            nodes.retain(|node| !gone.contains(node) || !matches!(node, Node::Resource(..) | Node::Output(..)));
        }
        Self { nodes: Some(nodes), needed, ..all }
    }

    /// Whether a block is evaluated.
    pub fn node(&self, node: &Node) -> bool {
        self.nodes.as_ref().is_none_or(|nodes| nodes.contains(node))
    }

    /// Whether the plan covers only a part of the configuration.
    pub fn is_partial(&self) -> bool {
        self.nodes.is_some()
    }

    /// Whether an object may change.
    pub fn object(&self, addr: &InstanceAddr) -> bool {
        if self.excludes.iter().any(|it| it.contains(addr)) {
            return false;
        }
        self.targets.is_empty()
            || self.targets.iter().any(|it| it.contains(addr))
            || self.needed.contains(&addr.config())
    }
}

fn names(config: &Config, target: &Target, node: &Node) -> bool {
    let Some(resource) = node.resource(config) else {
        return match (target, node) {
            (Target::Module(module), Node::Output(at, _) | Node::Close(at)) => {
                config.module(*at).path.0.starts_with(&module.path().0)
            }
            _ => false,
        };
    };
    let same = |module: &ModuleAddr, name: &crate::addr::ResourceName| {
        module.path() == resource.module && *name == resource.resource
    };
    match target {
        Target::Module(module) => resource.module.0.starts_with(&module.path().0),
        Target::Resource(ResourceAddr { module, resource: name }) => same(module, name),
        Target::Instance(InstanceAddr { module, resource: name, .. }) => same(module, name),
    }
}

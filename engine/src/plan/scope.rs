//! Which blocks and objects a plan is about: `-target`, `-exclude`, and what a destroy must know.

use std::collections::BTreeSet;

use super::prior::PriorObjects;
use super::{PlanMode, PlanOptions};
use crate::addr::{ConfigResource, InstanceAddr, Mode, ModuleAddr, ResourceAddr, Target};
use crate::config::graph::{Node, Order};
use crate::config::{Config, ModuleIndex};

/// The part of a configuration and its objects that a plan is about.
pub struct Included<'a> {
    nodes: Option<BTreeSet<&'a Node>>,
    /// In a destroy plan, what is evaluated of that.
    evaluated: Option<BTreeSet<&'a Node>>,
    targets: &'a [Target],
    excludes: &'a [Target],
    /// Resources that are included only because a target needs them: all of their instances.
    needed: BTreeSet<ConfigResource>,
}

impl<'a> Included<'a> {
    /// Everything that the options name and what it needs; in a destroy plan, what needs it.
    pub fn new(config: &'a Config, order: &'a Order, options: &'a PlanOptions, prior: &PriorObjects) -> Self {
        let destroying = options.mode == PlanMode::Destroy;
        let all = Self {
            nodes: None,
            evaluated: destroying.then(|| for_destroy(order, prior)),
            targets: &options.targets,
            excludes: &options.excludes,
            needed: BTreeSet::new(),
        };
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
            let direct: BTreeSet<&Node> = targets.iter().copied().collect();
            let reached = if destroying { order.dependents(targets) } else { order.closure(targets) };
            let indirect = reached.iter().filter(|node| !direct.contains(*node));
            needed = indirect.filter_map(|node| node.resource(config)).collect();
            // What is evaluated needs what it names, whatever is done to it.
            nodes = order.closure(reached);
            if destroying {
                needed.extend(users(prior, &options.targets));
            } else {
                nodes.extend(finished_outputs(config, order, &nodes));
            }
        }
        if !options.excludes.is_empty() {
            // An excluded instance leaves its siblings in; an excluded resource takes what needs it out.
            let whole: Vec<Target> =
                options.excludes.iter().filter(|it| !matches!(it, Target::Instance(_))).cloned().collect();
            let gone = named(&whole);
            let gone = if destroying { order.closure(gone) } else { order.dependents(gone) };
            nodes.retain(|node| !gone.contains(node) || !matches!(node, Node::Resource(..) | Node::Output(..)));
        }
        Self { nodes: Some(nodes), needed, ..all }
    }

    /// Whether a block is evaluated.
    pub fn node(&self, node: &Node) -> bool {
        let among = |nodes: &Option<BTreeSet<&Node>>| nodes.as_ref().is_none_or(|nodes| nodes.contains(node));
        among(&self.nodes) && among(&self.evaluated)
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
            || (!self.needed.is_empty() && self.needed.contains(&addr.config()))
    }
}

/// What must be evaluated to delete objects: the configurations of their providers, and what people give. Nothing is
/// made of all else, and what it names may be gone: a destroy that was interrupted leaves some instances of a resource.
fn for_destroy<'o>(order: &'o Order, prior: &PriorObjects) -> BTreeSet<&'o Node> {
    let managed = prior.iter().filter(|(key, _)| key.addr.resource.mode == Mode::Managed);
    let providers: BTreeSet<&str> = managed.map(|(_, object)| object.record.provider.as_str()).collect();
    let roots = order.nodes().filter(|node| match node {
        Node::Provider(addr) => providers.contains(&*addr.to_string()),
        Node::Variable(module, _) => *module == ModuleIndex(0),
        _ => false,
    });
    order.closure(roots)
}

/// Resources whose objects were made from an object that a target names: they cannot outlive it.
fn users(prior: &PriorObjects, targets: &[Target]) -> BTreeSet<ConfigResource> {
    let named: BTreeSet<ConfigResource> = prior
        .iter()
        .filter(|(key, _)| targets.iter().any(|target| target.contains(&key.addr)))
        .map(|(key, _)| key.addr.config())
        .collect();
    let objects = prior.iter().map(|(key, object)| (key.addr.config(), &object.record.dependencies));
    objects.filter(|(_, needs)| needs.iter().any(|it| named.contains(it))).map(|(user, _)| user).collect()
}

/// Outputs of the root module that need resources, and none but those that are included: with their values all known
/// it would be odd to leave them out. What their values need comes with them.
fn finished_outputs<'o>(config: &Config, order: &'o Order, nodes: &BTreeSet<&Node>) -> BTreeSet<&'o Node> {
    let outputs = order.nodes().filter(|node| matches!(node, Node::Output(ModuleIndex(0), _)));
    let mut found = BTreeSet::new();
    for output in outputs {
        let needs = order.closure([output]);
        let mut resources = needs.iter().filter(|node| node.resource(config).is_some()).peekable();
        if resources.peek().is_some() && resources.all(|node| nodes.contains(node)) {
            found.extend(needs);
        }
    }
    found
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

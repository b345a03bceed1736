//! The order of a configuration: which block is evaluated before which.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

use petgraph::algo::{kosaraju_scc, toposort};
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::Dfs;

use super::references::{self, Reference};
use super::{Condition, Config, Module, ModuleIndex, ProviderAddr, Resource};
use crate::addr::{ConfigResource, ResourceName};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Span;
use crate::syntax::ast::Expr;

/// Something of the configuration that is evaluated at one time for all instances of its module.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Node {
    /// The instances of a called module.
    Expand(ModuleIndex),
    /// What everything inside a called module waits for: the call's `depends_on`.
    Gate(ModuleIndex),
    /// Everything inside a called module.
    Close(ModuleIndex),
    /// A variable.
    Variable(ModuleIndex, Arc<str>),
    /// A local value.
    Local(ModuleIndex, Arc<str>),
    /// An output.
    Output(ModuleIndex, Arc<str>),
    /// A resource.
    Resource(ModuleIndex, ResourceName),
    /// A provider configuration.
    Provider(ProviderAddr),
    /// A check block.
    Check(ModuleIndex, Arc<str>),
}

/// A configuration's blocks in the order of their evaluation, and what they depend on.
pub struct Order {
    graph: DiGraph<Node, ()>,
    index: HashMap<Node, NodeIndex>,
    sorted: Vec<NodeIndex>,
}

impl Order {
    /// Orders a configuration.
    ///
    /// # Errors
    /// Blocks that depend on each other in a circle, one diagnostic for each circle.
    pub fn new(config: &Config) -> Result<Self, Diagnostics> {
        let Build { graph, index, .. } = Build::new(config, Whole::Outputs);
        match toposort(&graph, None) {
            Ok(mut sorted) => {
                // Edges run from a block to what it needs.
                sorted.reverse();
                Ok(Self { graph, index, sorted })
            }
            Err(_) => Err(circles(config, &graph)),
        }
    }

    /// Blocks in order, dependencies first.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.sorted.iter().map(|&at| &self.graph[at])
    }

    /// Whether the block is there.
    pub fn contains(&self, node: &Node) -> bool {
        self.index.contains_key(node)
    }

    /// What a block needs directly.
    pub fn needs(&self, node: &Node) -> impl Iterator<Item = &Node> {
        let at = self.index.get(node).copied();
        at.into_iter().flat_map(|at| self.graph.neighbors(at)).map(|at| &self.graph[at])
    }

    /// Resources that a block waits for because its own or a calling module's `depends_on` says so.
    pub fn waits_for(&self, config: &Config, module: ModuleIndex, resource: &ResourceName) -> BTreeSet<ConfigResource> {
        let mut starts = vec![Node::Gate(module)];
        for expr in config.module(module).resources.get(resource).map(|it| &it.depends_on).into_iter().flatten() {
            match references::of_target(expr) {
                Some(Reference::Resource(name)) => starts.push(Node::Resource(module, name)),
                Some(Reference::Module(name, _)) => {
                    starts.extend(config.module(module).calls.get(&name).map(|call| Node::Close(call.child)));
                }
                _ => {}
            }
        }
        self.closure(&starts).into_iter().filter_map(|node| node.resource(config)).collect()
    }

    /// Blocks in groups: the members of a group need only what is in earlier groups.
    pub fn levels(&self) -> Vec<Vec<&Node>> {
        let mut level: HashMap<NodeIndex, usize> = HashMap::new();
        let mut levels: Vec<Vec<&Node>> = Vec::new();
        for &at in &self.sorted {
            let depth = self.graph.neighbors(at).map(|need| level[&need] + 1).max().unwrap_or(0);
            level.insert(at, depth);
            if levels.len() <= depth {
                levels.resize_with(depth + 1, Vec::new);
            }
            levels[depth].push(&self.graph[at]);
        }
        levels
    }

    /// All that the given blocks need, themselves included.
    pub fn closure<'n>(&self, of: impl IntoIterator<Item = &'n Node>) -> BTreeSet<&Node> {
        let mut found = BTreeSet::new();
        let mut dfs = Dfs::empty(&self.graph);
        for node in of {
            let Some(&start) = self.index.get(node) else { continue };
            dfs.move_to(start);
            while let Some(at) = dfs.next(&self.graph) {
                found.insert(&self.graph[at]);
            }
        }
        found
    }

    /// All blocks that need any of the given ones, themselves included.
    pub fn dependents<'n>(&self, of: impl IntoIterator<Item = &'n Node>) -> BTreeSet<&Node> {
        let reversed = petgraph::visit::Reversed(&self.graph);
        let mut found = BTreeSet::new();
        let mut dfs = Dfs::empty(&reversed);
        for node in of {
            let Some(&start) = self.index.get(node) else { continue };
            dfs.move_to(start);
            while let Some(at) = dfs.next(&reversed) {
                found.insert(&self.graph[at]);
            }
        }
        found
    }

    /// For each block the ones of a kind that it needs, directly and through others; blocks that need none are left out.
    pub fn needs_among(&self, of_kind: impl Fn(&Node) -> bool) -> HashMap<Node, Vec<Node>> {
        let wanted: Vec<NodeIndex> = self.sorted.iter().copied().filter(|&at| of_kind(&self.graph[at])).collect();
        let number: HashMap<NodeIndex, usize> = wanted.iter().enumerate().map(|(at, &it)| (it, at)).collect();
        let mut reach: HashMap<NodeIndex, fixedbitset::FixedBitSet> = HashMap::new();
        let mut all = HashMap::new();
        if wanted.is_empty() {
            return all;
        }
        for &at in &self.sorted {
            let mut set = fixedbitset::FixedBitSet::with_capacity(wanted.len());
            for need in self.graph.neighbors(at) {
                set.union_with(&reach[&need]);
                if let Some(&number) = number.get(&need) {
                    set.insert(number);
                }
            }
            if !set.is_clear() {
                let nodes = set.ones().map(|it| self.graph[wanted[it]].clone()).collect();
                all.insert(self.graph[at].clone(), nodes);
            }
            reach.insert(at, set);
        }
        all
    }

    /// The resources that each resource needs, directly and through others.
    pub fn resource_dependencies(&self, config: &Config) -> BTreeMap<ConfigResource, BTreeSet<ConfigResource>> {
        let resources: Vec<ConfigResource> = self.nodes().filter_map(|node| node.resource(config)).collect();
        let number: HashMap<&ConfigResource, usize> = resources.iter().enumerate().map(|(at, it)| (it, at)).collect();
        let mut reach: HashMap<NodeIndex, fixedbitset::FixedBitSet> = HashMap::new();
        let mut all = BTreeMap::new();
        for &at in &self.sorted {
            let mut set = fixedbitset::FixedBitSet::with_capacity(resources.len());
            for need in self.graph.neighbors(at) {
                set.union_with(&reach[&need]);
                if let Some(number) = self.graph[need].resource(config).and_then(|it| number.get(&it).copied()) {
                    set.insert(number);
                }
            }
            if let Some(resource) = self.graph[at].resource(config) {
                all.insert(resource, set.ones().map(|it| resources[it].clone()).collect());
            }
            reach.insert(at, set);
        }
        all
    }
}

/// What every block needs directly, circles included. A called module that is named as a whole stands as its
/// [`Node::Close`]; everything inside of one needs its [`Node::Expand`] and [`Node::Gate`].
pub fn dependencies(config: &Config) -> BTreeMap<Node, BTreeSet<Node>> {
    let Build { graph, .. } = Build::new(config, Whole::Close);
    let needs = |at: NodeIndex| {
        let own = graph[at].block_of().filter(|it| config.module(*it).parent.is_some());
        let implied = own.into_iter().flat_map(|it| [Node::Expand(it), Node::Gate(it)]);
        graph.neighbors(at).map(|need| graph[need].clone()).chain(implied).collect()
    };
    graph.node_indices().map(|at| (graph[at].clone(), needs(at))).collect()
}

impl Node {
    /// The module whose block it is; `None` for what is no block of a module or belongs to several.
    pub fn block_of(&self) -> Option<ModuleIndex> {
        match self {
            Node::Variable(module, _) | Node::Local(module, _) | Node::Output(module, _) => Some(*module),
            Node::Resource(module, _) | Node::Check(module, _) => Some(*module),
            Node::Expand(_) | Node::Gate(_) | Node::Close(_) | Node::Provider(_) => None,
        }
    }

    /// The resource that the node stands for.
    pub fn resource(&self, config: &Config) -> Option<ConfigResource> {
        match self {
            Node::Resource(module, resource) => {
                Some(ConfigResource { module: config.module(*module).path.clone(), resource: resource.clone() })
            }
            _ => None,
        }
    }
}

struct Build<'c> {
    config: &'c Config,
    graph: DiGraph<Node, ()>,
    index: HashMap<Node, NodeIndex>,
    whole: Whole,
}

/// What a called module stands for where it is named as a whole.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whole {
    /// What can be seen of it.
    Outputs,
    /// Everything inside.
    Close,
}

impl<'c> Build<'c> {
    fn new(config: &'c Config, whole: Whole) -> Self {
        let mut build = Build { config, graph: DiGraph::new(), index: HashMap::new(), whole };
        for (index, module) in config.indexed() {
            build.module(index, module);
        }
        build
    }

    fn node(&mut self, node: Node) -> NodeIndex {
        if let Some(&at) = self.index.get(&node) {
            return at;
        }
        let at = self.graph.add_node(node.clone());
        self.index.insert(node, at);
        at
    }

    fn edge(&mut self, from: &Node, to: Node) {
        let (from, to) = (self.node(from.clone()), self.node(to));
        self.graph.update_edge(from, to, ());
    }

    fn module(&mut self, index: ModuleIndex, module: &Module) {
        let mut inside = Vec::new();
        for (name, local) in &module.locals {
            let node = Node::Local(index, name.clone());
            self.node(node.clone());
            self.needs(&node, index, references::of_expr(&local.expr));
            self.inside(&node, index);
        }
        for (name, output) in &module.outputs {
            let node = Node::Output(index, name.clone());
            self.node(node.clone());
            self.needs(&node, index, references::of_expr(&output.expr));
            self.conditions(&node, index, &output.preconditions);
            self.waits(&node, index, &output.depends_on);
            self.inside(&node, index);
            inside.push(node);
        }
        for (name, resource) in &module.resources {
            inside.push(self.resource(index, name, resource));
        }
        for (name, check) in &module.checks {
            let node = Node::Check(index, name.clone());
            self.node(node.clone());
            self.conditions(&node, index, &check.asserts);
            if let Some(data) = &check.data {
                self.edge(&node, Node::Resource(index, data.clone()));
            }
            self.inside(&node, index);
        }
        for (reference, block) in &module.providers {
            let node = Node::Provider(self.config.provider(index, reference));
            self.node(node.clone());
            self.needs(&node, index, references::of_body(&block.body));
        }
        for name in module.variables.keys() {
            self.variable(index, module, name);
        }
        inside.extend(module.calls.values().map(|call| Node::Close(call.child)));
        if module.parent.is_some() {
            for node in inside {
                self.edge(&Node::Close(index), node);
            }
            self.call(index, module);
        }
    }

    /// What is in a called module comes after its instances are known.
    fn inside(&mut self, node: &Node, index: ModuleIndex) {
        if !self.config.module(index).path.is_root() {
            self.edge(node, Node::Expand(index));
        }
    }

    fn resource(&mut self, index: ModuleIndex, name: &ResourceName, resource: &Resource) -> Node {
        let node = Node::Resource(index, name.clone());
        self.node(node.clone());
        self.needs(&node, index, references::of_body(&resource.body));
        for expr in resource.repetition.expr().into_iter().chain(&resource.lifecycle.replace_triggered_by) {
            self.needs(&node, index, references::of_expr(expr));
        }
        let lifecycle = &resource.lifecycle;
        for condition in lifecycle.preconditions.iter().chain(&lifecycle.postconditions) {
            let mut named = references::of_expr(&condition.condition);
            named.extend(references::of_expr(&condition.error_message));
            // A postcondition may look at its own resource.
            named.remove(&Reference::Resource(name.clone()));
            self.needs(&node, index, named);
        }
        for provisioner in &resource.provisioners {
            for body in [&provisioner.body].into_iter().chain(&provisioner.connection) {
                let mut named = references::of_body(body);
                // By the time it is run the object is there, whether it is called self or by its name.
                named.remove(&Reference::Resource(name.clone()));
                self.needs(&node, index, named);
            }
        }
        self.waits(&node, index, &resource.depends_on);
        self.imports(&node, index, name);
        self.edge(&node, Node::Provider(self.config.provider(index, &resource.provider)));
        if !self.config.module(index).path.is_root() {
            self.edge(&node, Node::Gate(index));
        }
        self.inside(&node, index);
        node
    }

    /// What is taken over is told by expressions of the root module.
    fn imports(&mut self, node: &Node, index: ModuleIndex, name: &ResourceName) {
        let config = self.config;
        let path = &config.module(index).path;
        let own = Reference::Resource(name.clone());
        let blocks = config.root().imports.iter();
        for block in blocks.filter(|it| it.resource.resource == *name && it.resource.module == *path) {
            for expr in [Some(&block.id), block.for_each.as_ref()].into_iter().flatten() {
                let mut named = references::of_expr(expr);
                if path.is_root() {
                    named.remove(&own);
                }
                self.needs(node, ModuleIndex(0), named);
            }
        }
    }

    fn variable(&mut self, index: ModuleIndex, module: &Module, name: &Arc<str>) {
        let node = Node::Variable(index, name.clone());
        self.node(node.clone());
        self.conditions(&node, index, &module.variables[name].validations);
        let Some(parent) = module.parent else { return };
        self.edge(&node, Node::Expand(index));
        let call = module.path.0.last().and_then(|call| self.config.module(parent).calls.get(call));
        if let Some(argument) = call.and_then(|call| call.arguments.get(name)) {
            self.needs(&node, parent, references::of_expr(argument));
        }
    }

    fn call(&mut self, index: ModuleIndex, module: &Module) {
        let config = self.config;
        let Some(parent) = module.parent else { return };
        let Some(call) = module.path.0.last().and_then(|name| config.module(parent).calls.get(name)) else { return };
        let (expand, gate) = (Node::Expand(index), Node::Gate(index));
        self.node(expand.clone());
        self.node(gate.clone());
        if let Some(expr) = call.repetition.expr() {
            self.needs(&expand, parent, references::of_expr(expr));
        }
        self.waits(&gate, parent, &call.depends_on);
        if !config.module(parent).path.is_root() {
            self.edge(&expand, Node::Expand(parent));
            self.edge(&gate, Node::Gate(parent));
        }
        self.edge(&Node::Close(index), expand);
    }

    fn conditions(&mut self, node: &Node, module: ModuleIndex, conditions: &[Condition]) {
        for condition in conditions {
            let mut named = references::of_expr(&condition.condition);
            named.extend(references::of_expr(&condition.error_message));
            if let Node::Variable(_, name) = node {
                named.remove(&Reference::Variable(name.clone()));
            }
            self.needs(node, module, named);
        }
    }

    fn needs(&mut self, node: &Node, module: ModuleIndex, named: BTreeSet<Reference>) {
        for reference in named {
            for need in self.named(module, &reference) {
                self.edge(node, need);
            }
        }
    }

    /// The blocks that a reference in a module means; none where nothing is declared: its evaluation says so.
    fn named(&self, index: ModuleIndex, reference: &Reference) -> Vec<Node> {
        let module = self.config.module(index);
        match reference {
            Reference::Variable(name) if module.variables.contains_key(name) => {
                vec![Node::Variable(index, name.clone())]
            }
            Reference::Local(name) if module.locals.contains_key(name) => vec![Node::Local(index, name.clone())],
            Reference::Resource(name) if module.resources.contains_key(name) => {
                vec![Node::Resource(index, name.clone())]
            }
            Reference::Module(name, output) => {
                let Some(call) = module.calls.get(name) else { return Vec::new() };
                if output.is_none() && self.whole == Whole::Close {
                    return vec![Node::Close(call.child)];
                }
                let Some(child) = self.config.modules.get(call.child.0) else { return Vec::new() };
                let all = child.outputs.keys().filter(|it| output.as_ref().is_none_or(|output| output == *it));
                let outputs = all.map(|it| Node::Output(call.child, it.clone()));
                outputs.chain([Node::Expand(call.child)]).collect()
            }
            _ => Vec::new(),
        }
    }

    fn waits(&mut self, node: &Node, module: ModuleIndex, depends_on: &[Expr]) {
        for expr in depends_on {
            let Some(reference) = references::of_target(expr) else { continue };
            match &reference {
                Reference::Module(name, None) => {
                    if let Some(call) = self.config.module(module).calls.get(name) {
                        self.edge(node, Node::Close(call.child));
                    }
                }
                // To wait for oneself means nothing.
                Reference::Resource(name) if *node == Node::Resource(module, name.clone()) => {}
                _ => self.needs(node, module, BTreeSet::from([reference])),
            }
        }
    }
}

fn circles(config: &Config, graph: &DiGraph<Node, ()>) -> Diagnostics {
    let in_circle =
        |group: &Vec<NodeIndex>| group.len() > 1 || group.first().is_some_and(|&at| graph.contains_edge(at, at));
    kosaraju_scc(graph)
        .into_iter()
        .filter(in_circle)
        .map(|group| {
            let mut nodes: Vec<&Node> = group.iter().map(|&at| &graph[at]).collect();
            nodes.sort();
            let names: Vec<String> = nodes.iter().map(|node| shown(config, node).to_string()).collect();
            let span = nodes.iter().find_map(|node| span_of(config, node));
            if let ([name], [Node::Resource(..)]) = (names.as_slice(), nodes.as_slice()) {
                let detail = format!(
                    "Configuration for {name} may not refer to itself. Where the block must see its own attributes, use \
                     self in a postcondition or provisioner."
                );
                return Diagnostic::error("Self-referential block", detail).at_opt(span);
            }
            let detail = format!(
                "These depend on each other in a circle, so that none of them can come first: {}. Break the circle by \
                 taking one of the references out.",
                names.join(", ")
            );
            Diagnostic::error(format!("Cycle: {}", names.join(", ")), detail).at_opt(span)
        })
        .collect()
}

fn span_of(config: &Config, node: &Node) -> Option<Span> {
    match node {
        Node::Local(module, name) => config.module(*module).locals.get(name).map(|it| it.span),
        Node::Output(module, name) => config.module(*module).outputs.get(name).map(|it| it.span),
        Node::Resource(module, name) => config.module(*module).resources.get(name).map(|it| it.span),
        Node::Variable(module, name) => config.module(*module).variables.get(name).map(|it| it.span),
        _ => None,
    }
}

fn shown<'n>(config: &'n Config, node: &'n Node) -> impl fmt::Display + 'n {
    struct Shown<'n>(&'n Config, &'n Node);
    impl fmt::Display for Shown<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            let module = match self.1 {
                Node::Provider(addr) => return write!(f, "{addr}"),
                Node::Expand(at)
                | Node::Gate(at)
                | Node::Close(at)
                | Node::Variable(at, _)
                | Node::Local(at, _)
                | Node::Output(at, _)
                | Node::Resource(at, _)
                | Node::Check(at, _) => self.0.module(*at),
            };
            if !module.path.is_root() {
                write!(f, "{}", module.path)?;
                if !matches!(self.1, Node::Expand(_) | Node::Gate(_) | Node::Close(_)) {
                    f.write_str(".")?;
                }
            }
            match self.1 {
                Node::Variable(_, name) => write!(f, "var.{name}"),
                Node::Local(_, name) => write!(f, "local.{name}"),
                Node::Output(_, name) => write!(f, "output.{name}"),
                Node::Resource(_, name) => write!(f, "{name}"),
                Node::Check(_, name) => write!(f, "check.{name}"),
                Node::Expand(_) => f.write_str(" (expand)"),
                Node::Close(_) => f.write_str(" (close)"),
                Node::Gate(_) => f.write_str(" (depends_on)"),
                Node::Provider(_) => Ok(()),
            }
        }
    }
    Shown(config, node)
}

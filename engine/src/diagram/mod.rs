//! What waits for what, as data for a drawing.

mod destroy;
mod operations;
mod plan;
mod reduce;
mod resources;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::addr::ConfigResource;

pub use destroy::destroy;
pub use operations::operations;
pub use plan::{Visit, plan};
pub use resources::resources;

/// Things and what they wait for; no edge says what others say together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagram {
    /// The things, in the order of their names.
    pub vertices: Vec<Vertex>,
    /// From a vertex to one that it waits for, by position.
    pub edges: BTreeSet<(usize, usize)>,
}

/// A thing that waits or is waited for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Vertex {
    /// What the world calls it; two things may share a name.
    pub name: String,
    /// What is written on it.
    pub label: String,
    /// Module that it is drawn in: empty for the root, or where modules are not drawn.
    pub module: String,
    /// How it is drawn; steps on the way from one thing to another are not drawn by themselves.
    pub shape: Option<Shape>,
}

/// How a thing is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    /// A resource.
    Box,
    /// A provider.
    Diamond,
    /// A variable or an output of the root module.
    Note,
}

impl Diagram {
    /// The edges between things that wait for each other in a circle.
    pub fn circular_edges(&self) -> BTreeSet<(usize, usize)> {
        reduce::circular(self.vertices.len(), &self.edges)
    }
}

/// A diagram in the making: things are found by a key.
#[derive(Default)]
struct Draft {
    vertices: Vec<Vertex>,
    by_key: BTreeMap<String, usize>,
    edges: BTreeSet<(usize, usize)>,
}

impl Draft {
    /// The thing of a key, made where it is new.
    fn vertex(&mut self, key: &str, vertex: impl FnOnce() -> Vertex) -> usize {
        if let Some(&at) = self.by_key.get(key) {
            return at;
        }
        self.vertices.push(vertex());
        self.by_key.insert(key.to_owned(), self.vertices.len() - 1);
        self.vertices.len() - 1
    }

    /// A thing that is no more than a name.
    fn step(&mut self, name: &str) -> usize {
        self.vertex(name, || Vertex::step(name))
    }

    fn provider(&mut self, name: &str) -> usize {
        self.vertex(name, || Vertex::drawn(name, name, Shape::Diamond))
    }

    /// A thing of a provider waits for it, and the end of the provider for the thing.
    fn provided(&mut self, thing: usize, provider: &str) {
        let open = self.provider(provider);
        let close = self.step(&format!("{provider} (close)"));
        self.edge(thing, open);
        self.edge(close, open);
        self.edge(close, thing);
    }

    fn edge(&mut self, from: usize, to: usize) {
        if from != to {
            self.edges.insert((from, to));
        }
    }

    /// Ends with the root, which waits for everything.
    fn finish(mut self) -> Diagram {
        let root = self.step("root");
        let needed: BTreeSet<usize> = self.edges.iter().map(|(_, to)| *to).collect();
        self.edges.extend((0..root).filter(|at| !needed.contains(at)).map(|at| (root, at)));
        self.sorted()
    }

    fn sorted(self) -> Diagram {
        let mut order: Vec<usize> = (0..self.vertices.len()).collect();
        order.sort_by_key(|&at| &self.vertices[at]);
        let mut place = vec![0; order.len()];
        order.iter().enumerate().for_each(|(to, &from)| place[from] = to);
        let edges = self.edges.iter().map(|&(from, to)| (place[from], place[to])).collect();
        let edges = reduce::reduce(order.len(), &edges);
        Diagram { vertices: order.into_iter().map(|at| self.vertices[at].clone()).collect(), edges }
    }
}

impl Vertex {
    fn step(name: &str) -> Self {
        Self { name: name.to_owned(), label: String::new(), module: String::new(), shape: None }
    }

    fn drawn(name: &str, label: &str, shape: Shape) -> Self {
        Self { label: label.to_owned(), shape: Some(shape), ..Self::step(name) }
    }

    /// A resource, with something about it after its name.
    fn resource(name: impl std::fmt::Display, what: &str, resource: &ConfigResource) -> Self {
        Self::drawn(&format!("{name}{what}"), &resource.to_string(), Shape::Box)
    }
}

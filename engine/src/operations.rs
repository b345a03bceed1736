//! Operations: a plan as a graph of single steps, in the one order in which they may be done.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use petgraph::algo::{has_path_connecting, is_cyclic_directed, kosaraju_scc};
use petgraph::graph::{DiGraph, NodeIndex};

use crate::addr::ConfigResource;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::{Action, Plan, ResourceChange};
use crate::store::ObjectKey;

/// One step of an apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Something is done to an object.
    Operation(Operation),
    /// Every object of a resource is as it will be: waited for by what depends on it.
    Made(ConfigResource),
    /// What was made from a resource no longer stands in the way of its deletes.
    Gone(ConfigResource),
}

/// What is done to an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// What is done.
    pub kind: OperationKind,
    /// Position of the change in [`Plan::changes`].
    pub change: usize,
}

/// The vocabulary of an apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OperationKind {
    /// The object is made.
    Create,
    /// The present object is set aside under a key, and its replacement is made.
    Depose(Arc<str>),
    /// The object is changed in place.
    Update,
    /// The object is deleted: the current one, or the one that was set aside under a key.
    Delete(Option<Arc<str>>),
    /// A data source is read.
    Read,
    /// The object leaves the state.
    Forget,
}

/// The steps of a plan; an edge runs from a step to each that must wait for it.
pub struct Operations {
    /// The graph; it has no circle.
    pub graph: DiGraph<Step, ()>,
}

impl Operations {
    /// Orders a plan.
    ///
    /// # Errors
    /// The plan asks for a circle; that is a fault of the planner, and the diagnostic names the objects.
    pub fn new(plan: &Plan) -> Result<Self, Diagnostics> {
        let mut build = Build::default();
        for (at, change) in plan.changes.iter().enumerate() {
            build.change(at, change);
        }
        build.order_deletes(plan);
        build.order_updates(plan);
        if is_cyclic_directed(&build.graph) {
            return Err(circle(plan, &build.graph));
        }
        Ok(Self { graph: build.graph })
    }
}

#[derive(Default)]
struct Build {
    graph: DiGraph<Step, ()>,
    barriers: BTreeMap<(Barrier, ConfigResource), NodeIndex>,
    deletes: Vec<(NodeIndex, usize)>,
    /// Updates of users before the deletes of what they used.
    changed_first: Vec<(NodeIndex, NodeIndex)>,
}

/// What is waited for, of a resource.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Barrier {
    /// Its own objects are as they will be.
    Made,
    /// What was made from it, of other resources, is changed in place.
    Changed,
    /// What was made from it, of other resources, and is to be deleted is gone.
    Gone,
}

impl Build {
    fn barrier(&mut self, barrier: Barrier, resource: &ConfigResource) -> NodeIndex {
        let graph = &mut self.graph;
        let step = |resource: ConfigResource| match barrier {
            Barrier::Made => Step::Made(resource),
            Barrier::Changed | Barrier::Gone => Step::Gone(resource),
        };
        *self.barriers.entry((barrier, resource.clone())).or_insert_with(|| graph.add_node(step(resource.clone())))
    }

    fn operation(&mut self, kind: OperationKind, change: usize) -> NodeIndex {
        self.graph.add_node(Step::Operation(Operation { kind, change }))
    }

    fn change(&mut self, at: usize, change: &ResourceChange) {
        match change.action {
            Action::NoOp => {}
            Action::Forget => {
                self.operation(OperationKind::Forget, at);
            }
            Action::Create => self.making(OperationKind::Create, at, change, None),
            Action::Update => self.making(OperationKind::Update, at, change, None),
            Action::Read => self.making(OperationKind::Read, at, change, None),
            Action::Delete => {
                self.deleting(change.object.deposed.clone(), at, change);
            }
            Action::DeleteThenCreate => {
                let delete = self.deleting(None, at, change);
                self.making(OperationKind::Create, at, change, Some(delete));
            }
            Action::CreateThenDelete => {
                let key = deposed_key(&change.object, at);
                let delete = self.deleting(Some(key.clone()), at, change);
                let made = self.making_node(OperationKind::Depose(key), at, change);
                self.graph.add_edge(made, delete, ());
            }
        }
    }

    fn making(&mut self, kind: OperationKind, at: usize, change: &ResourceChange, after: Option<NodeIndex>) {
        let node = self.making_node(kind, at, change);
        if let Some(after) = after {
            self.graph.add_edge(after, node, ());
        }
    }

    fn making_node(&mut self, kind: OperationKind, at: usize, change: &ResourceChange) -> NodeIndex {
        let node = self.operation(kind, at);
        let own = change.object.addr.config();
        let made = self.barrier(Barrier::Made, &own);
        self.graph.add_edge(node, made, ());
        if change.action == Action::Update {
            self.frees(Barrier::Changed, node, change);
        }
        for needed in change.dependencies.iter().filter(|it| **it != own) {
            let needed = self.barrier(Barrier::Made, needed);
            self.graph.add_edge(needed, node, ());
        }
        node
    }

    fn deleting(&mut self, deposed: Option<Arc<str>>, at: usize, change: &ResourceChange) -> NodeIndex {
        let node = self.operation(OperationKind::Delete(deposed), at);
        self.frees(Barrier::Gone, node, change);
        self.deletes.push((node, at));
        node
    }

    /// An operation after which the object is no longer made from what it was made from. What it will be made from does
    /// not count: of that, nothing has been used yet.
    fn frees(&mut self, barrier: Barrier, node: NodeIndex, change: &ResourceChange) {
        let own = change.object.addr.config();
        for needed in change.prior_dependencies.iter().filter(|it| **it != own) {
            let freed = self.barrier(barrier, needed);
            self.graph.add_edge(node, freed, ());
        }
    }

    /// What was made from an object is deleted before it. Where the object gives way to nothing, or to a replacement that
    /// is there already, what was made from it and stays is to be changed before it too.
    fn order_deletes(&mut self, plan: &Plan) {
        for (node, at) in std::mem::take(&mut self.deletes) {
            let change = &plan.changes[at];
            let own = change.object.addr.config();
            if let Some(&gone) = self.barriers.get(&(Barrier::Gone, own.clone())) {
                self.graph.add_edge(gone, node, ());
            }
            if change.action != Action::DeleteThenCreate
                && let Some(&changed) = self.barriers.get(&(Barrier::Changed, own))
            {
                self.changed_first.push((changed, node));
            }
        }
    }

    /// What used an object is changed before the object is deleted, unless the change itself has to wait for the delete:
    /// when it is to use something that can be made only in the place of what goes.
    fn order_updates(&mut self, plan: &Plan) {
        let first = std::mem::take(&mut self.changed_first);
        let edges: Vec<_> = first.iter().map(|(changed, delete)| self.graph.add_edge(*changed, *delete, ())).collect();
        if edges.is_empty() || !is_cyclic_directed(&self.graph) {
            return;
        }
        // The last edges go first, so that no removal gives another edge a new number that is still to be removed.
        for edge in edges.into_iter().rev() {
            self.graph.remove_edge(edge);
        }
        for (changed, delete) in first {
            if has_path_connecting(&self.graph, delete, changed, None) {
                if let Step::Operation(operation) = &self.graph[delete] {
                    let object = &plan.changes[operation.change].object;
                    tracing::debug!(%object, "it is deleted before what used it is changed");
                }
            } else {
                self.graph.add_edge(changed, delete, ());
            }
        }
    }
}

/// Eight hexadecimal digits that tell the deposed objects of an instance apart.
fn deposed_key(object: &ObjectKey, at: usize) -> Arc<str> {
    let name = format!("{object}\n{at}\n{}", uuid::Uuid::new_v4());
    let id = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, name.as_bytes());
    id.simple().to_string()[..8].into()
}

fn circle(plan: &Plan, graph: &DiGraph<Step, ()>) -> Diagnostics {
    let group = kosaraju_scc(graph).into_iter().find(|group| group.len() > 1).unwrap_or_default();
    let names: BTreeSet<String> = group
        .into_iter()
        .filter_map(|at| match &graph[at] {
            Step::Operation(operation) => Some(plan.changes[operation.change].object.to_string()),
            Step::Made(_) | Step::Gone(_) => None,
        })
        .collect();
    let names: Vec<String> = names.into_iter().collect();
    let detail = format!(
        "The changes of these objects wait for each other: {}. Apply a part of them first with -target, or break the \
         circle in the configuration; it is a fault of plumb that the plan was made at all.",
        names.join(", ")
    );
    Diagnostic::error("Operations cannot be ordered", detail).into()
}

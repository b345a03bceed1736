//! What an apply does: the steps of a plan.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::Direction;
use petgraph::graph::NodeIndex;

use super::{Diagram, Draft, Vertex};
use crate::diagnostic::Diagnostics;
use crate::operations::{OperationKind, Operations, Step};
use crate::plan::Plan;

/// The operations of a plan.
///
/// # Errors
/// The operations cannot be ordered.
pub fn operations(plan: &Plan) -> Result<Diagram, Diagnostics> {
    let operations = Operations::new(plan)?;
    let mut draft = Draft::default();
    let mut drawn: BTreeMap<NodeIndex, usize> = BTreeMap::new();
    for at in operations.graph.node_indices() {
        let Step::Operation(operation) = &operations.graph[at] else { continue };
        let change = &plan.changes[operation.change];
        let what = match &operation.kind {
            OperationKind::Delete(None) => " (destroy)".to_owned(),
            OperationKind::Delete(Some(key)) => format!(" (destroy deposed {key})"),
            OperationKind::Forget => " (forget)".to_owned(),
            OperationKind::Create | OperationKind::Depose(_) | OperationKind::Update | OperationKind::Read => {
                String::new()
            }
        };
        let vertex = Vertex::resource(&change.object.addr, &what, &change.object.addr.config());
        let vertex = draft.vertex(&at.index().to_string(), || vertex);
        draft.provided(vertex, &change.provider);
        drawn.insert(at, vertex);
    }
    for (&at, &from) in &drawn {
        for before in nearest(&operations, at) {
            draft.edge(from, drawn[&before]);
        }
    }
    Ok(draft.finish())
}

/// The operations that an operation waits for, through any number of other steps.
fn nearest(operations: &Operations, of: NodeIndex) -> BTreeSet<NodeIndex> {
    let before = |at| operations.graph.neighbors_directed(at, Direction::Incoming);
    let (mut found, mut seen) = (BTreeSet::new(), BTreeSet::new());
    let mut open: Vec<NodeIndex> = before(of).collect();
    while let Some(at) = open.pop() {
        if !seen.insert(at) {
            continue;
        }
        match operations.graph[at] {
            Step::Operation(_) => drop(found.insert(at)),
            _ => open.extend(before(at)),
        }
    }
    found
}

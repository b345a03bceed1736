//! Transitive reduction: edges that others say together are left out.

use std::collections::BTreeSet;

use fixedbitset::FixedBitSet;
use petgraph::algo::{kosaraju_scc, toposort};
use petgraph::graph::{DiGraph, NodeIndex};

type Edges = BTreeSet<(usize, usize)>;

/// The fewest edges of `count` vertices that say what `edges` say. Edges among which there is a circle stay as they are.
pub(super) fn reduce(count: usize, edges: &Edges) -> Edges {
    let graph = graph(count, edges);
    let Ok(mut sorted) = toposort(&graph, None) else { return edges.clone() };
    sorted.reverse();
    let mut reach: Vec<FixedBitSet> = vec![FixedBitSet::new(); count];
    let mut kept = Edges::new();
    for at in sorted {
        let mut far = FixedBitSet::with_capacity(count);
        graph.neighbors(at).for_each(|to| far.union_with(&reach[to.index()]));
        let near = graph.neighbors(at).map(NodeIndex::index);
        kept.extend(near.filter(|to| !far.contains(*to)).map(|to| (at.index(), to)));
        far.extend(graph.neighbors(at).map(NodeIndex::index));
        reach[at.index()] = far;
    }
    kept
}

/// The edges that lie on circles.
pub(super) fn circular(count: usize, edges: &Edges) -> Edges {
    let mut group = vec![0; count];
    for (number, members) in kosaraju_scc(&graph(count, edges)).into_iter().enumerate() {
        members.into_iter().for_each(|at| group[at.index()] = number);
    }
    edges.iter().copied().filter(|&(from, to)| group[from] == group[to]).collect()
}

fn graph(count: usize, edges: &Edges) -> DiGraph<(), ()> {
    let mut graph = DiGraph::with_capacity(count, edges.len());
    for _ in 0..count {
        graph.add_node(());
    }
    for &(from, to) in edges {
        graph.add_edge(NodeIndex::new(from), NodeIndex::new(to), ());
    }
    graph
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_that_others_say_is_left_out() {
        let edges = Edges::from([(0, 1), (1, 2), (0, 2), (2, 3), (0, 3), (4, 3)]);
        assert_eq!(reduce(5, &edges), Edges::from([(0, 1), (1, 2), (2, 3), (4, 3)]));
    }

    #[test]
    fn circles_are_found_and_left() {
        let edges = Edges::from([(0, 1), (1, 2), (2, 1), (0, 2)]);
        assert_eq!(reduce(3, &edges), edges);
        assert_eq!(circular(3, &edges), Edges::from([(1, 2), (2, 1)]));
    }
}

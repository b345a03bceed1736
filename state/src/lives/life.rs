//! Random lives of a configuration: what it says from epoch to epoch, and how the applies of each epoch end.

use std::fmt;

use proptest::prelude::*;

use super::doom::Fate;

/// Most nodes of a configuration.
pub const NODES: usize = 5;

/// A configuration that changes, and the applies of it.
#[derive(Clone)]
pub struct Life {
    /// Whether nodes are recognised by their names, which then nobody else may have.
    pub named: bool,
    pub epochs: Vec<Epoch>,
}

/// As a person reads it: configurations and applies in turn.
impl fmt::Debug for Life {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for epoch in &self.epochs {
            if let Some(vandal) = epoch.vandal {
                writeln!(f, "\nnode number {vandal} of the account is deleted by another hand")?;
            }
            write!(f, "\n{}", self.configuration(epoch))?;
            for attempt in &epoch.attempts {
                let Attempt { kind, end, seed, faults } = attempt;
                writeln!(f, "{kind:?} with {end:?} and {faults} % faults by seed {seed}")?;
            }
        }
        Ok(())
    }
}

/// What the configuration says for a while.
#[derive(Clone, Debug)]
pub struct Epoch {
    pub nodes: [Option<Wanted>; NODES],
    pub attempts: Vec<Attempt>,
    /// A node that another hand deletes before.
    pub vandal: Option<usize>,
}

/// A node of the configuration.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Another one needs another node.
    pub generation: u8,
    pub size: u8,
    pub note: Option<u8>,
    /// The node that it lives in, counted down from itself; there may be none of that number.
    pub parent: Option<usize>,
    /// Nodes below itself that it uses.
    pub peers: [bool; NODES],
    pub create_before_destroy: bool,
}

/// An apply.
#[derive(Clone, Debug)]
pub struct Attempt {
    pub kind: Kind,
    /// When it is killed or stopped.
    pub end: Fate,
    pub seed: u64,
    /// How often calls go wrong, in percent.
    pub faults: u32,
}

/// Which apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Apply,
    Destroy,
    Refresh,
    /// Replaces a node.
    Replace(usize),
}

impl Life {
    /// The type of its nodes.
    pub fn type_name(&self) -> &'static str {
        if self.named { "fake_named" } else { "fake_tagged" }
    }

    /// The configuration of an epoch.
    pub fn configuration(&self, epoch: &Epoch) -> String {
        let mut text = String::new();
        for (at, wanted) in epoch.nodes.iter().enumerate() {
            if let Some(wanted) = wanted {
                text += &self.block(at, wanted, epoch);
            }
        }
        let there = (0..NODES).filter(|at| epoch.nodes[*at].is_some());
        let ids: Vec<String> = there.map(|at| format!("{}.n{at}.id", self.type_name())).collect();
        text + &format!("output \"ids\" {{\n  value = [{}]\n}}\n", ids.join(", "))
    }

    fn block(&self, at: usize, wanted: &Wanted, epoch: &Epoch) -> String {
        let ty = self.type_name();
        let is_there = |other: &usize| *other < at && epoch.nodes[*other].is_some();
        let parent = wanted.parent.and_then(|down| at.checked_sub(down + 1)).filter(is_there);
        let mut name = format!("n{at}-{}", wanted.generation);
        let mut body = format!("  size = {}\n", wanted.size);
        if let Some(note) = wanted.note {
            body += &format!("  note = \"note {note}\"\n");
        }
        if let Some(parent) = parent {
            // A name that nobody else may have is another one in another parent.
            name += &format!("-${{{ty}.n{parent}.id}}");
            body += &format!("  parent = {ty}.n{parent}.id\n");
        }
        let peers = (0..NODES).filter(|other| wanted.peers[*other] && is_there(other) && Some(*other) != parent);
        let peers: Vec<String> = peers.map(|other| format!("{ty}.n{other}.id")).collect();
        if !peers.is_empty() {
            body += &format!("  peers = [{}]\n", peers.join(", "));
        }
        if wanted.create_before_destroy && !self.named {
            body += "  lifecycle {\n    create_before_destroy = true\n  }\n";
        }
        format!("resource \"{ty}\" \"n{at}\" {{\n  name = \"{name}\"\n{body}}}\n")
    }
}

/// Any life.
pub fn lives() -> impl Strategy<Value = Life> {
    let epochs = prop::collection::vec(epoch(), 1..4);
    (prop::bool::weighted(0.25), epochs).prop_map(|(named, epochs)| Life { named, epochs })
}

fn epoch() -> impl Strategy<Value = Epoch> {
    let nodes = prop::array::uniform5(prop::option::weighted(0.75, wanted()));
    let attempts = prop::collection::vec(attempt(), 1..3);
    (nodes, attempts, prop::option::weighted(0.1, 0..NODES)).prop_map(|(nodes, attempts, vandal)| Epoch {
        nodes,
        attempts,
        vandal,
    })
}

fn wanted() -> impl Strategy<Value = Wanted> {
    let peers = prop::array::uniform5(prop::bool::weighted(0.35));
    let parent = prop::option::weighted(0.5, 0..2_usize);
    (0..3_u8, 0..3_u8, prop::option::of(0..2_u8), parent, peers, prop::bool::weighted(0.3)).prop_map(
        |(generation, size, note, parent, peers, create_before_destroy)| Wanted {
            generation,
            size,
            note,
            parent,
            peers,
            create_before_destroy,
        },
    )
}

fn attempt() -> impl Strategy<Value = Attempt> {
    let kind = prop_oneof![
        12 => Just(Kind::Apply),
        1 => Just(Kind::Destroy),
        1 => Just(Kind::Refresh),
        2 => (0..NODES).prop_map(Kind::Replace),
    ];
    let end = (prop::option::weighted(0.6, 0..80_u64), prop::option::weighted(0.1, 0..60_u64));
    let end = end.prop_map(|(killed, stopped)| Fate { killed, stopped });
    let faults = prop_oneof![2 => Just(0_u32), 1 => Just(5), 1 => Just(25)];
    (kind, end, any::<u64>(), faults).prop_map(|(kind, end, seed, faults)| Attempt { kind, end, seed, faults })
}

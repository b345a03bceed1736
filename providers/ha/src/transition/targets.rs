//! Which servers can have a group, the best first.

use std::collections::{BTreeMap, BTreeSet};

use crate::group::{Cluster, Exclusive, Group};

/// Which groups are active on which server.
pub type Occupancy = BTreeMap<String, Vec<Exclusive>>;

/// The servers that can have a group, in the order in which they are tried: the startup list without those that are
/// unavailable and those whose groups exclude it; for `normal` exclusiveness, servers without a group come first.
pub fn targets(cluster: &Cluster, group: &Group, unavailable: &BTreeSet<String>, occupied: &Occupancy) -> Vec<String> {
    let others = |server: &str| occupied.get(server).map_or(&[][..], Vec::as_slice);
    let excluded = |server: &str| {
        let others = others(server);
        let full = group.exclusive == Exclusive::Full || others.contains(&Exclusive::Full);
        full && !others.is_empty()
    };
    let known = group.startup.iter().filter(|it| cluster.server(it).is_some());
    let mut found: Vec<String> = known.filter(|it| !unavailable.contains(*it) && !excluded(it)).cloned().collect();
    if group.exclusive == Exclusive::Normal {
        found.sort_by_key(|it| !others(it).is_empty());
    }
    found
}

//! What deleting everything visits: the objects of the state, users before what they use.

use std::collections::BTreeMap;

use super::plan::removed_outputs;
use super::{Diagram, Draft, Vertex};
use crate::addr::ConfigResource;
use crate::config::Config;
use crate::store::Snapshot;

/// The objects of a state and the outputs of a configuration, which are taken away with them.
pub fn destroy(config: &Config, snapshot: &Snapshot) -> Diagram {
    let mut draft = Draft::default();
    let mut of_resource: BTreeMap<ConfigResource, Vec<usize>> = BTreeMap::new();
    for (key, record) in &snapshot.objects {
        let resource = key.addr.config();
        let at = draft.vertex(&key.to_string(), || match &key.deposed {
            Some(deposed) => Vertex::resource(&key.addr, &format!(" (deposed {deposed})"), &resource),
            None => Vertex::resource(&resource, " (destroy)", &resource),
        });
        draft.provided(at, &record.provider);
        of_resource.entry(resource).or_default().push(at);
    }
    for (key, record) in &snapshot.objects {
        let user = draft.by_key[&key.to_string()];
        let own = key.addr.config();
        for needed in record.dependencies.iter().filter(|it| **it != own) {
            for &at in of_resource.get(needed).into_iter().flatten() {
                draft.edge(at, user);
            }
        }
    }
    for output in config.root().outputs.keys() {
        draft.step(&format!("output.{output} (expand)"));
    }
    removed_outputs(&mut draft, config, snapshot);
    draft.finish()
}

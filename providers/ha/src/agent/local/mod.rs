//! What is on a server itself: addresses on its network card, disks, programs.

mod address;
mod exec;
mod mirror;
mod program;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;

use super::settings::{Settings, local_resources};
use crate::cloud::Cloud;
use crate::group::ResourceKind;

pub use address::{AddressProgram, NetworkCard};
pub use exec::Program;
pub use mirror::{Mirror, MirrorTools};

/// Something on a server that is active where its group is.
///
/// Both operations may be repeated: what is so already is done. A future that is dropped leaves something between; the
/// next operation begins from there.
#[async_trait]
pub trait LocalResource: Send + Sync {
    /// Makes it active; `outdated` takes a disk whose copy is not up to date. Why it could not be done, as a clause.
    async fn activate(&self, outdated: bool) -> Result<(), String>;

    /// Makes it inactive. When it returns `Ok`, nothing of it is there. Why it could not be done, as a clause.
    async fn deactivate(&self) -> Result<(), String>;

    /// How it is.
    async fn condition(&self) -> Condition;
}

/// How a local resource is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Condition {
    /// Whether it is active, or may be in part.
    pub is_active: bool,
    /// Whether its data here are not up to date.
    pub is_outdated: bool,
    /// What is wrong with it although it is active, as a clause.
    pub trouble: Option<String>,
}

/// Local resources by group and name.
pub type Locals = BTreeMap<(String, String), Arc<dyn LocalResource>>;

/// What of the machine is used otherwise than usual.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Machine {
    /// Folder for what is true until the machine is started anew.
    pub run_dir: PathBuf,
    /// Program that sets and removes virtual addresses in place of netlink.
    pub address_program: Option<PathBuf>,
}

/// The local resources of all groups on this server; without AWS, to be given up only.
pub fn locals(settings: &Settings, machine: &Machine, cloud: Option<&Arc<dyn Cloud>>) -> Locals {
    let mut all = Locals::new();
    let Some(server) = settings.own() else { return all };
    for group in &settings.groups {
        for name in local_resources(group) {
            let Some(resource) = group.resource(name) else { continue };
            let made: Arc<dyn LocalResource> = match (&resource.kind, &machine.address_program) {
                (ResourceKind::VirtualIp(it), Some(program)) => {
                    Arc::new(AddressProgram::new(program.clone(), it.ip, it.interface(server)))
                }
                (ResourceKind::VirtualIp(it), None) => {
                    Arc::new(NetworkCard::new(it.ip, it.interface(server), cloud.cloned()))
                }
                (ResourceKind::MirrorDisk(it), _) => Arc::new(Mirror::new(name, it, MirrorTools::default())),
                (ResourceKind::Exec(it), _) => {
                    let mark = format!("{}.{}.{name}", settings.cluster.name, group.name);
                    Arc::new(Program::new(it, &machine.run_dir.join(mark)))
                }
                (ResourceKind::ElasticIp(_) | ResourceKind::DnsRecord(_), _) => continue,
            };
            all.insert((group.name.clone(), name.to_owned()), made);
        }
    }
    all
}

//! Whole transitions over an AWS in memory, with faults, and killed at every boundary.

mod addresses;
mod crashes;
mod monitors;
mod servers;
mod verdicts;

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;

use super::{HostFacts, Hosts, KeepLease, Manager, Report, Request};
use crate::address::{Holding, HostAction, holding, observe};
use crate::arbiter::Arbiter;
use crate::arbiter::memory::MemoryArbiter;
use crate::cloud::Cloud;
use crate::cloud::memory::Memory;
use crate::cloud::patient::{Patience, Patient};
use crate::errors::Trouble;
use crate::group::{Cluster, DnsRecord, DnsValue, ElasticIp, Group, Resource, ResourceKind, Server, VirtualIp};
use crate::journal::{Kind, MemoryJournal};

/// A cluster of two on an AWS in memory, with everything that a transition needs.
#[derive(Clone)]
struct Scene {
    cluster: Cluster,
    group: Group,
    aws: Memory,
    hosts: FakeHosts,
    arbiter: MemoryArbiter,
    journal: MemoryJournal,
}

impl Scene {
    fn new(resources: Vec<Resource>) -> Self {
        let group = Group::new("failover1", "db", &["server1", "server2"], resources);
        let (aws, arbiter, journal) = (Memory::two_servers(), MemoryArbiter::default(), MemoryJournal::default());
        Self { cluster: cluster(), group, aws, hosts: FakeHosts::default(), arbiter, journal }
    }

    /// One that runs on server1.
    async fn started(resources: Vec<Resource>) -> Self {
        let scene = Self::new(resources);
        let report = scene.run(Kind::Start, None, Some("server1")).await.unwrap();
        assert!(report.is_done(), "{:?}", report.trouble);
        scene.aws.forget_calls();
        scene
    }

    fn aws(&self) -> Patient<Memory> {
        Patient::new(self.aws.clone(), Patience::within(Duration::from_secs(20)))
    }

    async fn run(&self, kind: Kind, from: Option<&str>, to: Option<&str>) -> Result<Report, Trouble> {
        let (from, to) = (from.map(str::to_owned), to.map(str::to_owned));
        let request = Request { kind, from, to, reason: "a test".into(), forced: false };
        self.with(async |manager| manager.run(&request).await).await
    }

    async fn with<T>(&self, work: impl AsyncFnOnce(&Manager<'_>) -> T) -> T {
        let aws = self.aws();
        let manager = Manager {
            cluster: &self.cluster,
            group: &self.group,
            cloud: &aws,
            hosts: Some(&self.hosts),
            arbiter: &self.arbiter,
            journal: &self.journal,
            patience: Patience::within(Duration::from_secs(20)),
            by: "test".into(),
            keep: KeepLease::No,
        };
        work(&manager).await
    }

    /// Members that have resources, by resource.
    async fn owners(&self) -> BTreeMap<String, Holding> {
        let observed = observe(&self.group, &self.aws).await.unwrap();
        let of = |it: &Resource| (it.name.clone(), holding(it, &self.cluster, &observed[&it.name]));
        self.group.resources.iter().map(of).collect()
    }

    /// Asserts that AWS, servers, lease and journal agree on an owner, and tells it.
    async fn agreed(&self, context: &str) -> Option<String> {
        let owners = self.owners().await;
        let recorded = self.with(async |it| it.log().unwrap()).await;
        assert!(recorded.iter().all(|it| !it.is_open()), "{context}: a transition is open");
        let recorded = crate::journal::recorded(&recorded, "db", "failover1").unwrap();
        for resource in &self.group.resources {
            // Routes and records that are not deleted outlive a stopped group.
            let stays = match &resource.kind {
                ResourceKind::DnsRecord(it) => !it.delete_on_deactivate,
                kind => matches!(kind, ResourceKind::VirtualIp(_)),
            };
            if recorded.server.is_some() || !stays {
                assert_eq!(owners[&resource.name].member(), recorded.server.as_deref(), "{context}: {owners:?}");
            }
        }
        let local = self.hosts.holders();
        let expected: Vec<String> = recorded.server.iter().filter(|_| self.has_local()).cloned().collect();
        assert_eq!(local, expected, "{context}");
        assert!(self.hosts.violations().is_empty(), "{context}: {:?}", self.hosts.violations());
        let lease = self.arbiter.current("db/failover1").await.unwrap().unwrap();
        // A later epoch is of a process that died before it had done or recorded anything.
        assert!(lease.epoch >= recorded.epoch, "{context}");
        if lease.epoch == recorded.epoch {
            assert_eq!(lease.holder, recorded.server.clone().unwrap_or_default(), "{context}");
        }
        recorded.server
    }

    fn has_local(&self) -> bool {
        self.group.resources.iter().any(|it| matches!(it.kind, ResourceKind::VirtualIp(_)))
    }

    fn route(&self, table: &str) -> Option<String> {
        let world = self.aws.world();
        let table = world.tables["vpc-1"].iter().find(|it| it.id == table)?;
        table.route("10.1.0.20/32")?.eni.clone()
    }
}

fn cluster() -> Cluster {
    let servers = vec![
        Server::new("server1", "i-1", "eni-1", "ap-northeast-1a", Ipv4Addr::new(10, 0, 110, 10)),
        Server::new("server2", "i-2", "eni-2", "ap-northeast-1c", Ipv4Addr::new(10, 0, 120, 10)),
    ];
    Cluster::new("db", servers)
}

fn vip() -> Resource {
    vip_at(Ipv4Addr::new(10, 1, 0, 20))
}

fn vip_at(ip: Ipv4Addr) -> Resource {
    let vip = VirtualIp { ip, vpc_id: "vpc-1".into(), interfaces: BTreeMap::new() };
    Resource::new("vip1", ResourceKind::VirtualIp(vip))
}

fn eip() -> Resource {
    let eip = ElasticIp { allocation_id: "eipalloc-1".into(), interfaces: BTreeMap::new() };
    Resource::new("eip1", ResourceKind::ElasticIp(eip))
}

fn dns(delete: bool) -> Resource {
    let record = DnsRecord::new("Z1", "srv.hz1.local.", DnsValue::ServerIp);
    Resource::new("dns1", ResourceKind::DnsRecord(DnsRecord { delete_on_deactivate: delete, ..record }))
}

/// Servers whose network cards are sets in memory.
#[derive(Clone, Default)]
struct FakeHosts {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    facts: BTreeMap<String, HostFacts>,
    silent: BTreeSet<String>,
    violations: Vec<String>,
}

impl FakeHosts {
    fn silence(&self, server: &str) {
        self.shared.lock().unwrap().silent.insert(server.to_owned());
    }

    fn power_off(&self, server: &str) {
        self.silence(server);
        self.shared.lock().unwrap().facts.remove(server);
    }

    fn holders(&self) -> Vec<String> {
        let shared = self.shared.lock().unwrap();
        shared.facts.iter().filter(|(_, it)| !it.active.is_empty()).map(|(server, _)| server.clone()).collect()
    }

    fn violations(&self) -> Vec<String> {
        self.shared.lock().unwrap().violations.clone()
    }
}

#[async_trait]
impl Hosts for FakeHosts {
    async fn look(&self, server: &str) -> Option<HostFacts> {
        let shared = self.shared.lock().unwrap();
        let answers = !shared.silent.contains(server);
        answers.then(|| shared.facts.get(server).cloned().unwrap_or_default())
    }

    async fn act(&self, server: &str, resource: &str, action: HostAction) -> Result<(), String> {
        let mut shared = self.shared.lock().unwrap();
        if shared.silent.contains(server) {
            return Err("the server does not answer".to_owned());
        }
        if action == HostAction::Deactivate {
            shared.facts.entry(server.to_owned()).or_default().active.remove(resource);
            return Ok(());
        }
        let others = shared.facts.iter().filter(|(name, it)| *name != server && it.active.contains(resource));
        let others: Vec<String> = others.map(|(name, _)| format!("{resource} on {name} and {server}")).collect();
        shared.violations.extend(others);
        shared.facts.entry(server.to_owned()).or_default().active.insert(resource.to_owned());
        Ok(())
    }
}

/// The state of a zone, a record or an address is changed behind everybody's back.
async fn by_hand(aws: &Memory, table: &str, eni: &str) {
    aws.replace_route(table, "10.1.0.20/32", eni).await.unwrap();
}

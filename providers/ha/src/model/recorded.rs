//! Who has a group as the cluster's arbiter says, or the journal of this machine where there is none; moves through it.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use plumb_engine::provider::ProviderError;

use crate::arbiter::Arbiter;
use crate::arbiter::journaled::Journaled;
use crate::cloud::Cloud;
use crate::cloud::patient::Patience;
use crate::connect;
use crate::group::{self, Cluster, Group};
use crate::journal::{FileJournal, Kind, fold, recorded};
use crate::moment::Moment;
use crate::provider::{Owner, Runtime};
use crate::transition::{KeepLease, Manager, Request};

/// Arbiters of clusters, and the journal.
pub struct Records {
    journal: PathBuf,
    /// Groups are made at the same time, and only one may have the journal open.
    writing: tokio::sync::Mutex<()>,
    arbiters: Mutex<BTreeMap<String, Arc<dyn Arbiter>>>,
}

impl Records {
    /// With the journal of a file, for clusters without an arbiter and for what is done here.
    pub fn new(journal: PathBuf) -> Self {
        Self { journal, writing: tokio::sync::Mutex::default(), arbiters: Mutex::default() }
    }

    /// With the journal that the environment names, or else the one beside the configuration.
    pub fn of_environment() -> Self {
        Self::new(connect::journal_path(std::env::var(connect::JOURNAL_VARIABLE).ok().as_deref()))
    }

    /// The arbiter of a cluster; `None` when it has none.
    async fn arbiter(&self, cluster: &Cluster) -> Result<Option<Arc<dyn Arbiter>>, ProviderError> {
        if cluster.arbiter == group::Arbiter::None {
            return Ok(None);
        }
        let key = serde_json::to_string(&(&cluster.region, &cluster.arbiter)).unwrap_or_default();
        if let Some(arbiter) = self.known().get(&key) {
            return Ok(Some(arbiter.clone()));
        }
        let password = std::env::var("PGPASSWORD").ok();
        let arbiter = connect::arbiter(cluster, password.as_deref()).await.map_err(|found| {
            let reason = found.iter().next().map_or_else(String::new, |it| it.detail.clone());
            ProviderError::refused(format!("asking the arbiter of the cluster {}", cluster.name), reason)
        })?;
        // Whoever was faster made one that serves as well.
        Ok(arbiter.map(|it| self.known().entry(key).or_insert(it).clone()))
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<String, Arc<dyn Arbiter>>> {
        self.arbiters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What happened to a transition, as an answer to whoever applies.
    async fn record(&self, asked: Asked<'_>) -> Result<(), ProviderError> {
        let Asked { doing, by_hand, cluster, group, cloud, what } = asked;
        let failed = |reason: String| {
            ProviderError::refused(format!("{doing} ha_group {}", group.name), reason).help(by_hand.clone())
        };
        let _alone = self.writing.lock().await;
        let journal = FileJournal::open(&self.journal).map_err(|it| failed(it.to_string()))?;
        let counted = Journaled::new(&journal);
        let arbiter = self.arbiter(cluster).await?;
        let manager = Manager {
            cluster,
            group,
            cloud: &*cloud,
            hosts: None,
            arbiter: arbiter.as_deref().unwrap_or(&counted),
            journal: &journal,
            patience: Patience::within(group.call_timeout),
            by: who(),
            keep: KeepLease::No,
        };
        let report = match what {
            What::Noted(server, reason) => manager.note(server, reason).await,
            What::Done(request) => manager.run(&request).await,
        };
        let report = report.map_err(|it| failed(it.to_string()))?;
        if report.is_done() {
            return Ok(());
        }
        let why = report.trouble.map_or_else(|| "it is not done yet".to_owned(), |it| it.to_string());
        Err(failed(why))
    }
}

/// A transition that an apply wants.
struct Asked<'a> {
    doing: &'static str,
    by_hand: String,
    cloud: Arc<dyn Cloud>,
    cluster: &'a Cluster,
    group: &'a Group,
    what: What<'a>,
}

/// Whether it is to be done, or was done already.
enum What<'a> {
    Noted(Option<&'a str>, &'a str),
    Done(Request),
}

#[async_trait]
impl Runtime for Records {
    async fn owner(&self, cluster: &Cluster, group: &Group) -> Result<Option<Owner>, ProviderError> {
        let failed = |reason: String| ProviderError::refused(format!("finding out who has {}", group.name), reason);
        let Some(arbiter) = self.arbiter(cluster).await? else {
            let entries = FileJournal::read(&self.journal).map_err(|it| failed(it.to_string()))?;
            let last = recorded(&fold(&entries), &cluster.name, &group.name);
            return Ok(last.map(|it| Owner { server: it.server, epoch: it.epoch, alive: false }));
        };
        let key = format!("{}/{}", cluster.name, group.name);
        let lease = arbiter.current(&key).await.map_err(|it| failed(it.to_string()))?;
        Ok(lease.map(|it| Owner {
            alive: !it.holder.is_empty() && !it.has_expired(Moment::now()),
            epoch: it.epoch,
            server: Some(it.holder).filter(|it| !it.is_empty()),
        }))
    }

    async fn transfer(
        &self,
        cloud: Arc<dyn Cloud>,
        cluster: &Cluster,
        group: &Group,
        to: Option<&str>,
    ) -> Result<(), ProviderError> {
        let from = self.owner(cluster, group).await?.and_then(|it| it.server);
        let by_hand = match to {
            Some(to) => format!("Move it with \"plumb ha move {} --to {to}\", and apply again.", group.name),
            None => format!("Stop it with \"plumb ha stop {}\", and try again.", group.name),
        };
        let kind = if to.is_some() { Kind::Move } else { Kind::Stop };
        let reason = "the plan has it so".to_owned();
        let request = Request { kind, from, to: to.map(str::to_owned), reason, forced: false };
        self.record(Asked { doing: "moving", by_hand, cloud, cluster, group, what: What::Done(request) }).await
    }

    async fn note(
        &self,
        cloud: Arc<dyn Cloud>,
        cluster: &Cluster,
        group: &Group,
        server: Option<&str>,
    ) -> Result<(), ProviderError> {
        let now = self.owner(cluster, group).await?;
        if now.as_ref().map(|it| it.server.as_deref()) == Some(server) || (now.is_none() && server.is_none()) {
            return Ok(());
        }
        let reason = if server.is_some() { "made by an apply" } else { "destroyed by an apply" };
        let by_hand =
            "Apply again once the arbiter of the cluster answers and nobody else writes the journal.".to_owned();
        let what = What::Noted(server, reason);
        self.record(Asked { doing: "recording who has", by_hand, cloud, cluster, group, what }).await
    }

    fn calls(&self) -> u64 {
        self.known().values().map(|it| it.calls()).sum()
    }
}

/// User and machine.
fn who() -> String {
    let variable = |name: &&str| std::env::var(name).ok().filter(|it| !it.is_empty());
    let user = ["USER", "LOGNAME"].iter().find_map(variable).or_else(account).unwrap_or_else(|| "unknown".to_owned());
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    format!("{user}@{}", host.trim())
}

/// The account that the process runs as: services often have no variable for it.
fn account() -> Option<String> {
    let id = std::fs::metadata("/proc/self").ok()?.uid().to_string();
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = accounts.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        (fields.get(2) == Some(&id.as_str())).then(|| fields[0].to_owned())
    });
    Some(name.unwrap_or(id))
}

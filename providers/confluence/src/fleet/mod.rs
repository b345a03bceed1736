//! The machines under a cluster: groups, instances, target groups, backups, whoever runs them.

#[cfg(feature = "aws")]
pub mod aws;
pub mod memory;
mod missing;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use plumb_engine::provider::ProviderError;
use plumb_engine::provider::typed::Result;

pub use missing::Missing;

/// What a group does by itself and must not while its nodes are replaced one by one. That nothing looks ill to it matters
/// most: a node that is taken out of the balancer or stopped would be terminated by it.
pub(crate) const HELD: [&str; 7] = [
    "AZRebalance",
    "AddToLoadBalancer",
    "AlarmNotification",
    "HealthCheck",
    "InstanceRefresh",
    "ReplaceUnhealthy",
    "ScheduledActions",
];

/// What can be done with the machines. Every method may be repeated.
#[async_trait]
pub trait Fleet: Send + Sync {
    /// A group of machines as it is; `None` where there is none of this name.
    async fn find_group(&self, name: &str) -> Result<Option<Group>>;

    /// A group of machines that is there.
    async fn group(&self, name: &str) -> Result<Group> {
        self.find_group(name).await?.ok_or_else(|| {
            let message = "there is no Auto Scaling group of this name";
            ProviderError::refused(format!("reading the group {name}"), message)
                .help("Check the name, and the region of the resource or of the provider block \"confluence\".")
        })
    }

    /// Sets the sizes of a group.
    async fn resize(&self, name: &str, sizes: Sizes) -> Result<()>;

    /// Sets what machines of a group are made from. Those that run stay as they are.
    async fn use_template(&self, name: &str, template: &Template) -> Result<()>;

    /// Keeps a group from doing by itself what would come in the way of an upgrade: scaling, balancing zones, replacing
    /// what looks ill, adding machines to target groups.
    async fn hold(&self, name: &str) -> Result<()>;

    /// Lets a group do by itself again what [`Fleet::hold`] has stopped.
    async fn release(&self, name: &str) -> Result<()>;

    /// The targets of a target group.
    async fn targets(&self, target_group: &str) -> Result<Vec<Target>>;

    /// Adds a machine to a target group.
    async fn register(&self, target_group: &str, instance: &str, port: i64) -> Result<()>;

    /// Takes a machine out of a target group: it gets no new requests, and finishes those that it has.
    async fn deregister(&self, target_group: &str, instance: &str, port: i64) -> Result<()>;

    /// Shuts a machine down as its operating system does, so that what runs on it is stopped gracefully.
    async fn stop(&self, instance: &str) -> Result<()>;

    /// Removes a machine; its group makes another from the present template. One that is gone already is a success; one
    /// that died unnoticed is replaced too.
    async fn replace(&self, group: &str, instance: &str) -> Result<()>;

    /// Backs something up under a label, unless there is a backup of that label: then tells how far it is.
    async fn backup(&self, source: &BackupSource, label: &str) -> Result<Backup>;

    /// The text of a secret.
    async fn secret(&self, id: &str) -> Result<String>;

    /// The machines of another region; `None` where there is only one.
    fn in_region(&self, _region: &str) -> Option<Arc<dyn Fleet>> {
        None
    }

    /// Calls sent so far.
    fn calls(&self) -> u64;

    /// What all calls wait for at the moment.
    fn waiting(&self) -> Option<String> {
        None
    }
}

/// A group of machines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its sizes.
    pub sizes: Sizes,
    /// What new machines are made from; `None` where it does not say.
    pub template: Option<Template>,
    /// Its machines, by id; those that are gone are left out.
    pub instances: Vec<Instance>,
}

impl Group {
    /// A machine of the group.
    pub fn instance(&self, id: &str) -> Option<&Instance> {
        self.instances.iter().find(|it| it.id == id)
    }
}

/// How many machines a group has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Fewest.
    pub min: i64,
    /// Most.
    pub max: i64,
    /// At the moment.
    pub desired: i64,
}

impl Sizes {
    /// Exactly so many.
    pub fn exactly(count: i64) -> Self {
        Self { min: count, max: count, desired: count }
    }
}

impl fmt::Display for Sizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.min == self.max { write!(f, "{}", self.min) } else { write!(f, "{} to {}", self.min, self.max) }
    }
}

/// What machines are made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// Id of the launch template.
    pub id: String,
    /// Its version: a number, `$Latest` or `$Default`.
    pub version: String,
}

/// A machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Its id.
    pub id: String,
    /// Its private address; empty until it has one.
    pub address: String,
    /// Version of the launch template that it was made from, where that is known.
    pub template_version: Option<String>,
    /// Where it stands in its life.
    pub life: Life,
}

/// Where a machine stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// It is starting.
    Pending,
    /// It runs.
    Running,
    /// It is shutting down, or was shut down, and can be started again.
    Stopped,
    /// It is being removed.
    Terminating,
    /// It died, and its group, which is held, has not noticed.
    Lost,
}

/// A machine in a target group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Id of the machine.
    pub instance: String,
    /// Whether it gets requests.
    pub health: Health,
}

/// Whether a target gets requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// It does.
    Healthy,
    /// Not yet: it was just added.
    Initial,
    /// It does not answer health checks; why.
    Unhealthy(String),
    /// It finishes the requests that it has.
    Draining,
}

/// What is backed up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BackupSource {
    /// A database instance, by its identifier.
    DatabaseInstance(String),
    /// A database cluster, by its identifier.
    DatabaseCluster(String),
    /// A file system.
    Files {
        /// Its ARN.
        arn: String,
        /// Name of the vault that keeps the backup.
        vault: String,
        /// ARN of the role that makes it.
        role: String,
    },
}

impl fmt::Display for BackupSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DatabaseInstance(id) | Self::DatabaseCluster(id) => f.write_str(id),
            Self::Files { arn, .. } => f.write_str(arn.rsplit('/').next().unwrap_or(arn)),
        }
    }
}

/// How far a backup is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Backup {
    /// It is being made; how far, in the maker's words.
    Running(String),
    /// It is there, under this name.
    Done(String),
    /// It was not made; why.
    Failed(String),
}

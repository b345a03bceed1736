//! `confluence_cluster`: the running cluster, with what AWS does not know of it.

pub(crate) mod claims;
mod login;
mod observe;
pub(crate) mod rules;

use std::time::Duration;

use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{
    ChangeSteps, Creation, IntentKey, PlannedChange, ProviderError, Recognition, Stepping, parse_duration,
};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use crate::fleet::{BackupSource, Sizes, Template};
use crate::session::Session;
use crate::upgrade;

pub(crate) use observe::{UNREACHABLE, observe};

/// A running Confluence Data Center cluster: which version runs, on which nodes, in which state.
///
/// While the resource manages a cluster, the sizes of its groups and the launch templates that they use are its own:
/// whatever an `aws_autoscaling_group` of the same name says, it leaves `min_size`, `max_size` and `launch_template` as
/// the cluster has set them, and everything else that an upgrade under way has set. A `desired_capacity` that scaling is
/// to decide is left out there, or named in `ignore_changes`. A change of `version` is an upgrade in steps that the plan
/// lists; `plumb apply` goes on with an upgrade that stopped half-way. A cluster that does not answer, because its nodes
/// are starting for the first time or because it is out of reach, is taken under management all the same. Deleting the
/// resource leaves the cluster as it is.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Cluster {
    /// Address at which people use it, with the context path: `https://wiki.example.com/confluence`. It must be within
    /// reach of where plumb runs.
    pub base_url: String,
    /// Region of its machines; that of the provider block, or what the AWS SDK finds, when left out.
    #[attr(force_new)]
    pub region: Option<String>,
    /// Version that it is to run: `9.2.3`. Nodes take it from their launch template, so that a new version comes with a new
    /// `launch_template_version`. It can never be lower than the one that runs.
    pub version: String,
    /// How a new version comes: `stop_all`, with all nodes stopped before the first of the new version starts, or
    /// `rolling`, node by node while the others serve.
    #[attr(default = "stop_all")]
    pub upgrade_strategy: String,
    /// What a new launch template of the same version does to running nodes: `never` leaves them as they are until something
    /// else replaces them, `rolling` replaces them one by one.
    #[attr(default = "never")]
    pub replace_nodes: String,
    /// Allow a rolling upgrade to another feature version, where its release notes say that this works.
    #[attr(default = false)]
    pub allow_feature_upgrade: bool,
    /// Path below `base_url` that tells whether the application is up. The application's own status page tells most.
    #[attr(default = "/status")]
    pub health_path: String,
    /// Name of a system administrator, whose password is in `password_wo`.
    pub username: Option<String>,
    /// Password of `username`; only sent, never stored. For reading the nodes when a plan is made, give
    /// `credentials_secret` or the login of the provider block, since this is not there then.
    #[attr(sensitive, write_only)]
    pub password_wo: Option<String>,
    /// Personal access token of a system administrator; only sent, never stored.
    #[attr(sensitive, write_only, conflicts_with("password_wo"))]
    pub token_wo: Option<String>,
    /// Name or ARN of a secret in Secrets Manager that holds the login as JSON: `{"token": "…"}`, or
    /// `{"username": "…", "password": "…"}`.
    pub credentials_secret: Option<String>,
    /// The nodes.
    #[block(single, min = 1)]
    pub node_group: Option<MachineGroup>,
    /// The nodes of Synchrony, where it does not run on those of Confluence.
    #[block(single)]
    pub synchrony_group: Option<MachineGroup>,
    /// The database to back up before an upgrade.
    #[block(single)]
    pub database: Option<Database>,
    /// The shared home to back up before an upgrade.
    #[block(single)]
    pub file_system: Option<FileSystem>,
    /// How long steps may take.
    #[block(single)]
    pub limits: Option<Limits>,
    /// Where the cluster stands: `STABLE`, `READY_TO_UPGRADE`, `MIXED`, `READY_TO_RUN_UPGRADE_TASKS`,
    /// `RUNNING_UPGRADE_TASKS`, `UPGRADE_TASKS_FAILED`; `UNREACHABLE` where it does not answer, `FIRST_RUN` while its setup wizard waits for a person, `UNKNOWN` where it does not
    /// tell.
    #[attr(computed)]
    pub cluster_state: String,
    /// The nodes as they were last seen.
    #[attr(computed)]
    pub nodes: Vec<NodeView>,
}

/// A group of machines.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct MachineGroup {
    /// Name of the Auto Scaling group.
    pub name: String,
    /// Fewest machines outside of an upgrade.
    #[attr(default = 1)]
    pub min_size: i64,
    /// Most machines outside of an upgrade; as many as `min_size` when left out. How many there are between the two is the
    /// group's own business.
    pub max_size: Option<i64>,
    /// Id of the launch template that machines are made from; that of the group stays when left out.
    pub launch_template_id: Option<String>,
    /// Version of the launch template; the latest when left out.
    pub launch_template_version: Option<String>,
    /// ARN of the target group through which the machines get requests.
    pub target_group_arn: Option<String>,
    /// Port on which the machines get requests: 8080 for Confluence and 8091 for Synchrony when left out.
    pub port: Option<i64>,
}

/// A database that is backed up before an upgrade.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Database {
    /// Identifier of an RDS instance.
    #[attr(conflicts_with("cluster"))]
    pub instance: Option<String>,
    /// Identifier of an Aurora cluster.
    pub cluster: Option<String>,
}

/// A file system that is backed up before an upgrade.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct FileSystem {
    /// ARN of the file system.
    pub arn: String,
    /// Name of the vault of AWS Backup that keeps the backup.
    #[attr(default = "Default")]
    pub vault: String,
    /// ARN of the role with which AWS Backup makes it.
    pub role_arn: String,
}

/// Longest times of the steps of an upgrade.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// A backup, until it is there.
    #[attr(default = "2h")]
    pub backup: Option<String>,
    /// Draining a node, until it has no request left.
    #[attr(default = "10m")]
    pub drain: Option<String>,
    /// Stopping a node gracefully, until the cluster sees it offline and its machine is gone.
    #[attr(default = "20m")]
    pub stop: Option<String>,
    /// Starting a node, until it is active and gets requests.
    #[attr(default = "45m")]
    pub start: Option<String>,
    /// The upgrade tasks.
    #[attr(default = "2h")]
    pub tasks: Option<String>,
    /// Pause between two looks.
    #[attr(default = "10s")]
    pub poll: Option<String>,
}

/// A node as it was last seen.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct NodeView {
    /// Id of its machine; empty where the machine is not in the group.
    pub instance: String,
    /// Private address.
    pub address: String,
    /// `ACTIVE`, `STARTING`, `TERMINATING`, `OFFLINE` or `ERROR`; empty where the cluster does not tell.
    pub state: String,
    /// Version that it runs.
    pub version: String,
    /// Version of the launch template that its machine was made from.
    pub template_version: String,
    /// Tasks that it was running.
    pub tasks: i64,
}

impl Cluster {
    /// The group of the nodes; the schema sees to it that there is one.
    pub(crate) fn nodes_group(&self) -> Result<&MachineGroup> {
        self.node_group.as_ref().ok_or_else(|| {
            ProviderError::refused("finding the nodes", "the resource has no block node_group")
                .help("Add it, and import the cluster with it.")
        })
    }

    /// All groups, the nodes' first.
    pub(crate) fn groups(&self) -> impl Iterator<Item = &MachineGroup> {
        self.node_group.iter().chain(&self.synchrony_group)
    }

    /// What is backed up of the database.
    pub(crate) fn database_source(&self) -> Option<BackupSource> {
        let database = self.database.as_ref()?;
        let instance = database.instance.clone().map(BackupSource::DatabaseInstance);
        instance.or_else(|| database.cluster.clone().map(BackupSource::DatabaseCluster))
    }

    /// What is backed up of the shared home.
    pub(crate) fn files_source(&self) -> Option<BackupSource> {
        let FileSystem { arn, vault, role_arn } = self.file_system.clone()?;
        Some(BackupSource::Files { arn, vault, role: role_arn })
    }

    /// The longest time of a kind of step, or the pause between two looks.
    pub(crate) fn limit(&self, which: Limit) -> Duration {
        let limits = self.limits.clone().unwrap_or_default();
        let (given, usual) = match which {
            Limit::Backup => (limits.backup, "2h"),
            Limit::Drain => (limits.drain, "10m"),
            Limit::Stop => (limits.stop, "20m"),
            Limit::Start => (limits.start, "45m"),
            Limit::Tasks => (limits.tasks, "2h"),
            Limit::Poll => (limits.poll, "10s"),
        };
        let read = |text: &str| parse_duration(text).ok();
        given.as_deref().and_then(read).or_else(|| read(usual)).unwrap_or(Duration::from_secs(10))
    }
}

/// A kind of step that has its own limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    Backup,
    Drain,
    Stop,
    Start,
    Tasks,
    Poll,
}

impl Limit {
    /// The argument of the block `limits`.
    pub(crate) fn argument(self) -> &'static str {
        match self {
            Self::Backup => "backup",
            Self::Drain => "drain",
            Self::Stop => "stop",
            Self::Start => "start",
            Self::Tasks => "tasks",
            Self::Poll => "poll",
        }
    }
}

impl MachineGroup {
    /// Its sizes outside of an upgrade.
    pub(crate) fn usual(&self) -> Sizes {
        Sizes {
            min: self.min_size,
            max: self.max_size.unwrap_or(self.min_size).max(self.min_size),
            desired: self.min_size,
        }
    }

    /// The template that its machines are to be made from, if the resource has a say in it.
    pub(crate) fn template(&self) -> Option<Template> {
        let version = self.launch_template_version.clone().unwrap_or_else(|| "$Latest".to_owned());
        Some(Template { id: self.launch_template_id.clone()?, version })
    }
}

impl Resource for Cluster {
    type Client = Session;
    const TYPE: &'static str = "confluence_cluster";
    const RECOGNITION: Recognition = Recognition::Local;
    const BATCH: usize = 1;
    const TIMEOUTS: Timeouts = Timeouts {
        create: Duration::from_secs(90 * 60),
        update: Duration::from_secs(24 * 3600),
        delete: Duration::from_secs(60),
    };

    fn validate(config: &Value) -> Diagnostics {
        rules::validate(config)
    }

    fn plan(change: &mut PlannedChange, _client: Option<&Session>) -> Diagnostics {
        rules::plan(change)
    }

    fn steps(
        change: &PlannedChange,
        unfinished: Option<&ChangeSteps>,
        _client: Option<&Session>,
    ) -> std::result::Result<Option<ChangeSteps>, Diagnostics> {
        upgrade::plan(change, unfinished)
    }

    /// Takes the cluster under management: nothing is made, and nothing is waited for. The first node of a new site needs
    /// 20 minutes and then a person who goes through its setup wizard, before which neither Confluence nor Synchrony
    /// answers as they will later.
    async fn create(&self, session: &Session, _creation: &Creation<'_>) -> Result<Made<Self>> {
        let seen = observe(session, self).await?;
        if seen.version != self.version {
            let message =
                format!("the cluster at {} runs {}, and version is {}", self.base_url, seen.version, self.version);
            return Err(ProviderError::refused("taking over the cluster", message)
                .summary("Another version is running")
                .help(format!(
                    "Set version to \"{}\" and apply; then change it to \"{}\", which plans an upgrade with all of its \
                     steps.",
                    seen.version, self.version
                )));
        }
        Ok(Made::ready(self.base_url.clone(), seen))
    }

    async fn read(session: &Session, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let mut seen = Vec::new();
        for object in objects {
            let known = object.state.clone().unwrap_or_else(|| Self { base_url: object.id.clone(), ..Self::default() });
            seen.push(Observed::ready(object.id.clone(), observe(session, &known).await?));
        }
        Ok(seen)
    }

    /// Settings that concern plumb alone, and templates and sizes of groups, which take effect on the machines to come.
    async fn update(&self, session: &Session, _id: &str, prior: &Self) -> Result<()> {
        upgrade::settings(session, self, prior).await
    }

    async fn update_in_steps(&self, session: &Session, _id: &str, _prior: &Self, stepping: Stepping<'_>) -> Result<()> {
        upgrade::carry_out(session, self, stepping).await
    }

    /// The cluster stays: it only leaves the state.
    async fn delete(&self, _session: &Session, _id: &str) -> Result<()> {
        Ok(())
    }

    async fn find(&self, _session: &Session, _key: &IntentKey) -> Result<Option<Id>> {
        Ok(None)
    }
}

//! `ha_cluster`: servers that watch each other.

use std::net::Ipv4Addr;

use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result};
use plumb_engine::provider::{Creation, IntentKey, PlannedChange, ProviderError, Recognition};
use plumb_engine::value::{Type, Value};
use serde::{Deserialize, Serialize};

use super::blocks::seconds;
use super::{read_model, validate, words};
use crate::group::{Arbiter, Cluster, ForcedStop, Heartbeat, PartitionCheck, PartitionTarget, Server, defaults};
use crate::provider::Ha;

/// Servers that watch each other: who they are, how each finds out that it is cut off, and who says which of them may be
/// active. Groups name their cluster with `cluster = ha_cluster.NAME`. Nothing is made on AWS; agents read `definition`.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct HaCluster {
    /// Name, unique in a state: journals, leases and metrics carry it.
    #[attr(force_new)]
    pub name: String,
    /// Region of the servers; left out, the one that the AWS settings of the environment name.
    pub region: Option<String>,
    /// A server, the preferred one first. Each is an EC2 instance that runs an agent.
    #[block(list, min = 1)]
    pub server: Vec<ServerBlock>,
    /// How a server finds out whether it is the one that is cut off; left out, by HTTP HEAD requests to `aws.amazon.com`.
    #[block(single)]
    pub network_partition: Option<PartitionBlock>,
    /// How servers notice each other's silence.
    #[block(single)]
    pub heartbeat: Option<HeartbeatBlock>,
    /// The store outside all servers that gives out the right to be active. Left out, partition check and forced stop decide
    /// alone, and cannot tell everything.
    #[block(single)]
    pub arbiter: Option<ArbiterBlock>,
    /// Has the former active server stopped through AWS before another takes over.
    #[block(single)]
    pub forced_stop: Option<ForcedStopBlock>,
    /// The whole cluster as the JSON document that agents read.
    #[attr(computed)]
    pub definition: Option<String>,
}

/// A server of a cluster.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct ServerBlock {
    /// Name in lower case, unique in the cluster.
    pub name: String,
    /// Instance: `i-…`.
    pub instance_id: String,
    /// Network interface that virtual and Elastic IP addresses lead to: `eni-…`. No two servers share one.
    pub eni_id: String,
    /// Availability zone: `ap-northeast-1a`.
    pub availability_zone: String,
    /// Private address for heartbeats and mirrored data.
    pub interconnect: String,
    /// Network of the interface, where it is not that of the virtual address.
    pub vpc_id: Option<String>,
}

/// How a server asks a third party whether it is itself cut off.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct PartitionBlock {
    /// How it asks: `http` (a HEAD request that must be answered with 200), `ping`, or `none`.
    #[attr(default = "http")]
    pub r#type: String,
    /// Host that every server reaches unless it is cut off.
    #[attr(default = "aws.amazon.com")]
    pub host: String,
    /// TCP port; for `http`.
    #[attr(default = 443)]
    pub port: i64,
    /// Whether the connection is encrypted; for `http`.
    #[attr(default = true)]
    pub tls: bool,
    /// Seconds between two questions.
    #[attr(default = 5)]
    pub interval: i64,
    /// Seconds without an answer after which the host counts as unreachable.
    #[attr(default = 20)]
    pub timeout: i64,
    /// What a server does that is cut off: `stop_group`, `stop_agent`, `shutdown`, `reboot` or `none`.
    #[attr(default = "stop_group")]
    pub action: String,
}

/// How servers notice each other's silence.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct HeartbeatBlock {
    /// Seconds between two heartbeats.
    #[attr(default = 3)]
    pub interval: i64,
    /// Seconds of silence after which a server counts as down; less than a server takes to boot.
    #[attr(default = 90)]
    pub timeout: i64,
}

/// The store that gives out the right to be active.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct ArbiterBlock {
    /// What it is: `dynamodb`, `s3`, `postgresql` or `none`.
    #[attr(default = "dynamodb")]
    pub r#type: String,
    /// Table with the string key `id`; for `dynamodb`.
    pub table: Option<String>,
    /// Bucket; for `s3`.
    pub bucket: Option<String>,
    /// What the keys in the bucket begin with, without a slash at the end; for `s3`.
    #[attr(default = "plumb-ha")]
    pub prefix: String,
    /// Connection string or URL; for `postgresql`. The password may come from `PGPASSWORD` on the servers.
    #[attr(sensitive)]
    pub connection: Option<String>,
    /// Seconds that the right lasts without renewal.
    #[attr(default = 30)]
    pub lease: i64,
}

/// The former active server is stopped through AWS before another takes over.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct ForcedStopBlock {
    /// Seconds that the instance may take to stop.
    #[attr(default = 300)]
    pub timeout: i64,
    /// Whether there is no failover when the stop fails.
    #[attr(default = true)]
    pub required: bool,
}

impl HaCluster {
    /// The cluster as agents know it.
    ///
    /// # Errors
    /// An address is none.
    pub fn cluster(&self) -> std::result::Result<Cluster, String> {
        Ok(Cluster {
            name: self.name.clone(),
            region: self.region.clone(),
            servers: self.server.iter().map(ServerBlock::server).collect::<std::result::Result<_, _>>()?,
            partition: self.network_partition.as_ref().map_or_else(PartitionCheck::default, PartitionBlock::check),
            heartbeat: self.heartbeat.as_ref().map_or_else(Heartbeat::default, |it| Heartbeat {
                interval: seconds(it.interval),
                timeout: seconds(it.timeout),
            }),
            arbiter: self.arbiter.as_ref().map_or(Arbiter::None, ArbiterBlock::arbiter),
            forced_stop: self
                .forced_stop
                .as_ref()
                .map(|it| ForcedStop { timeout: seconds(it.timeout), required: it.required }),
        })
    }

    fn definition(&self) -> Option<String> {
        serde_json::to_string(&self.cluster().ok()?).ok()
    }
}

impl ServerBlock {
    fn server(&self) -> std::result::Result<Server, String> {
        let interconnect: Ipv4Addr = self.interconnect.parse().map_err(|_| {
            format!("the interconnect of {} is {:?}, which is no IPv4 address", self.name, self.interconnect)
        })?;
        Ok(Server {
            name: self.name.clone(),
            instance_id: self.instance_id.clone(),
            eni_id: self.eni_id.clone(),
            vpc_id: self.vpc_id.clone(),
            availability_zone: self.availability_zone.clone(),
            interconnect,
        })
    }
}

impl PartitionBlock {
    fn check(&self) -> PartitionCheck {
        let host = self.host.clone();
        let target = match &*self.r#type {
            "ping" => PartitionTarget::Ping { host },
            "none" => PartitionTarget::None,
            _ => {
                let port = u16::try_from(self.port).unwrap_or(defaults::PARTITION_PORT);
                PartitionTarget::Http { host, port, tls: self.tls }
            }
        };
        PartitionCheck {
            target,
            interval: seconds(self.interval),
            timeout: seconds(self.timeout),
            action: words::find(words::ISOLATION, &self.action),
        }
    }
}

impl ArbiterBlock {
    fn arbiter(&self) -> Arbiter {
        let lease = seconds(self.lease);
        match &*self.r#type {
            "s3" => Arbiter::S3 { bucket: self.bucket.clone().unwrap_or_default(), prefix: self.prefix.clone(), lease },
            "postgresql" => Arbiter::Postgres { connection: self.connection.clone().unwrap_or_default(), lease },
            "none" => Arbiter::None,
            _ => Arbiter::DynamoDb { table: self.table.clone().unwrap_or_default(), lease },
        }
    }
}

impl Resource for HaCluster {
    type Client = Ha;
    const TYPE: &'static str = "ha_cluster";
    const RECOGNITION: Recognition = Recognition::Local;

    fn validate(config: &Value) -> Diagnostics {
        validate::cluster(config)
    }

    fn plan(change: &mut PlannedChange, _client: Option<&Ha>) -> Diagnostics {
        let definition = match settled(&change.planned).and_then(|it| it.definition()) {
            Some(text) => Value::from(text),
            None => Value::unknown(Type::String),
        };
        // The name is the id, so that groups find their cluster in a plan that makes both.
        let id = change.planned.get("name").cloned().unwrap_or_else(|| Value::unknown(Type::String));
        change.planned = change.planned.clone().with("definition", definition).with("id", id);
        Diagnostics::new()
    }

    async fn create(&self, _ha: &Ha, creation: &Creation<'_>) -> Result<Made<Self>> {
        let definition = Some(self.known()?);
        creation.made(&self.name);
        Ok(Made::ready(self.name.clone(), Self { definition, ..self.clone() }))
    }

    async fn read(_ha: &Ha, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let known = |it: &Prior<Self>| Some(Observed::ready(it.id.clone(), it.state.clone()?));
        let missing = objects.iter().find(|it| it.state.is_none());
        match missing {
            Some(object) => Err(ProviderError::refused(
                format!("importing ha_cluster {}", object.id),
                "a cluster is described by the configuration alone, so there is nothing to import",
            )
            .help("Leave the import out: the next apply records the cluster.")),
            None => Ok(objects.iter().filter_map(known).collect()),
        }
    }

    async fn update(&self, _ha: &Ha, _id: &str, _prior: &Self) -> Result<()> {
        self.known().map(|_| ())
    }

    async fn delete(&self, _ha: &Ha, _id: &str) -> Result<()> {
        Ok(())
    }

    async fn find(&self, _ha: &Ha, _key: &IntentKey) -> Result<Option<Id>> {
        Ok(None)
    }
}

impl HaCluster {
    /// The definition, when everything in it is right.
    fn known(&self) -> Result<String> {
        let refuse = |reason: String| ProviderError::refused(format!("describing ha_cluster {}", self.name), reason);
        let cluster = self.cluster().map_err(refuse)?;
        serde_json::to_string(&cluster).map_err(|error| refuse(error.to_string()))
    }
}

/// The cluster of a planned object when everything but what is computed is known.
fn settled(planned: &Value) -> Option<HaCluster> {
    let arguments = planned.as_map()?.iter().filter(|(name, _)| !matches!(&***name, "definition" | "id" | "timeouts"));
    let known = arguments.clone().all(|(_, value)| value.is_wholly_known());
    known.then(|| read_model(planned)).flatten()
}

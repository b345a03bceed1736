//! Every default of clusters and groups, in one place.
//!
//! Those marked *proposed* are the values of the product that the groups follow as far as people remember them; its
//! reference guide was not at hand to confirm them. All are settings.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::{
    Activation, ActivationFailed, Arbiter, AzMonitor, Cluster, Deactivation, DnsRecord, Exclusive, Failback,
    FinalAction, FlapGuard, ForcedStop, Group, Heartbeat, IsolationAction, Monitor, NoAnswer, PartitionCheck,
    PartitionTarget, Recovery, RecoveryTarget, Resource, ResourceKind, Server, Trigger,
};

/// Who is asked whether a server is cut off: the guide's example.
pub const PARTITION_HOST: &str = "aws.amazon.com";
/// Port of the partition check: the guide's example.
pub const PARTITION_PORT: u16 = 443;
/// Whether the partition check is encrypted: the guide's example.
pub const PARTITION_TLS: bool = true;
/// Time between two partition checks (proposed).
pub const PARTITION_INTERVAL: Duration = Duration::from_secs(5);
/// Time for an answer of the partition check (proposed).
pub const PARTITION_TIMEOUT: Duration = Duration::from_secs(20);
/// Time between two heartbeats (proposed).
pub const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(3);
/// Silence after which a server counts as down (proposed).
pub const HEARTBEAT_TIMEOUT: Duration = Duration::from_secs(90);
/// How long a lease lasts without renewal.
pub const LEASE: Duration = Duration::from_secs(30);
/// What keys in a bucket begin with.
pub const S3_PREFIX: &str = "plumb-ha";
/// How long an instance may take to stop.
pub const FORCED_STOP_TIMEOUT: Duration = Duration::from_secs(300);
/// How often the activation of an address is repeated (proposed).
pub const ACTIVATION_RETRY: u32 = 5;
/// How many servers are tried after the first when activation fails (proposed).
pub const ACTIVATION_FAILOVER: u32 = 1;
/// How often a deactivation is repeated (proposed).
pub const DEACTIVATION_RETRY: u32 = 0;
/// Time between two looks of a monitor (proposed).
pub const MONITOR_INTERVAL: Duration = Duration::from_secs(60);
/// Time for one look of a monitor (proposed).
pub const MONITOR_TIMEOUT: Duration = Duration::from_secs(180);
/// How many bad looks in a row are forgiven (proposed).
pub const MONITOR_RETRY: u32 = 1;
/// Time between activation and the first look of a DNS monitor (proposed).
pub const DNS_START_DELAY: Duration = Duration::from_secs(300);
/// Longest time that Route 53 takes to bring a change to all its servers; a DNS monitor must wait for longer.
pub const DNS_PROPAGATION: Duration = Duration::from_secs(60);
/// Time to live of a record in seconds (proposed).
pub const DNS_TTL: u32 = 300;
/// Largest time to live that Route 53 takes, in seconds.
pub const DNS_TTL_MAX: u32 = 2_147_483_647;
/// Whether the record goes when the group stops.
pub const DNS_DELETE: bool = true;
/// Time for one AWS call with all its repetitions.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(100);
/// Longest time for one AWS call that can be set.
pub const CALL_TIMEOUT_MAX: Duration = Duration::from_secs(999);
/// How many rewrites of the same target within the window end rewriting.
pub const FLAP_REWRITES: u32 = 5;
/// Window of the flap guard.
pub const FLAP_WINDOW: Duration = Duration::from_secs(600);
/// Restarts of a resource before a failover.
pub const RECOVERY_RESTARTS: u32 = 1;
/// Failovers before the final action.
pub const RECOVERY_FAILOVERS: u32 = 1;
/// Largest count that retries, restarts and failovers can have.
pub const COUNT_MAX: u32 = 99;
/// Time to mount, per attempt.
pub const MOUNT_TIMEOUT: Duration = Duration::from_secs(120);
/// Time to unmount, per attempt.
pub const UNMOUNT_TIMEOUT: Duration = Duration::from_secs(300);
/// Attempts to mount and to unmount.
pub const MOUNT_ATTEMPTS: u32 = 3;
/// Time for a program to start or stop what it starts and stops.
pub const EXEC_TIMEOUT: Duration = Duration::from_secs(1800);

impl Default for PartitionCheck {
    fn default() -> Self {
        Self {
            target: PartitionTarget::Http { host: PARTITION_HOST.into(), port: PARTITION_PORT, tls: PARTITION_TLS },
            interval: PARTITION_INTERVAL,
            timeout: PARTITION_TIMEOUT,
            action: IsolationAction::StopGroup,
        }
    }
}

impl Default for Heartbeat {
    fn default() -> Self {
        Self { interval: HEARTBEAT_INTERVAL, timeout: HEARTBEAT_TIMEOUT }
    }
}

impl Default for ForcedStop {
    fn default() -> Self {
        Self { timeout: FORCED_STOP_TIMEOUT, required: true }
    }
}

impl Default for FlapGuard {
    fn default() -> Self {
        Self { rewrites: FLAP_REWRITES, window: FLAP_WINDOW }
    }
}

impl Default for Activation {
    fn default() -> Self {
        Self { retry: ACTIVATION_RETRY, failover: ACTIVATION_FAILOVER, action: ActivationFailed::StopHere }
    }
}

impl Default for Deactivation {
    fn default() -> Self {
        Self { retry: DEACTIVATION_RETRY, action: FinalAction::Shutdown }
    }
}

impl Default for Recovery {
    fn default() -> Self {
        Self {
            target: RecoveryTarget::Resource,
            restarts: RECOVERY_RESTARTS,
            failovers: RECOVERY_FAILOVERS,
            final_action: FinalAction::None,
        }
    }
}

impl Default for Monitor {
    fn default() -> Self {
        Self {
            interval: MONITOR_INTERVAL,
            timeout: MONITOR_TIMEOUT,
            retry: MONITOR_RETRY,
            start_delay: Duration::ZERO,
            no_answer: NoAnswer::Ignore,
            recovery: Recovery::default(),
        }
    }
}

impl Default for AzMonitor {
    fn default() -> Self {
        let recovery = Recovery {
            target: RecoveryTarget::LocalServer,
            restarts: 0,
            failovers: 0,
            final_action: FinalAction::None,
        };
        Self { monitor: Monitor { recovery, ..Monitor::default() } }
    }
}

impl Monitor {
    /// The defaults for a kind of resource: a name is looked at once it can have reached everybody.
    pub fn of(kind: &ResourceKind) -> Self {
        let start_delay = match kind {
            ResourceKind::DnsRecord(_) => DNS_START_DELAY,
            _ => Duration::ZERO,
        };
        Self { start_delay, ..Self::default() }
    }
}

impl Resource {
    /// A resource with the default policies of its kind.
    pub fn new(name: &str, kind: ResourceKind) -> Self {
        Self {
            name: name.to_owned(),
            depends_on: Vec::new(),
            activation: Activation::default(),
            deactivation: Deactivation::default(),
            monitor: Some(Monitor::of(&kind)),
            kind,
        }
    }

    /// The same after others.
    #[must_use]
    pub fn after(mut self, names: &[&str]) -> Self {
        self.depends_on = names.iter().map(|it| (*it).to_owned()).collect();
        self
    }
}

impl Cluster {
    /// A cluster with the default checks and without arbiter, in the region that the credentials' settings name.
    pub fn new(name: &str, servers: Vec<Server>) -> Self {
        Self {
            name: name.to_owned(),
            region: None,
            servers,
            partition: PartitionCheck::default(),
            heartbeat: Heartbeat::default(),
            arbiter: Arbiter::None,
            forced_stop: None,
        }
    }
}

impl Server {
    /// A server whose interface is in the network of the resources.
    pub fn new(name: &str, instance_id: &str, eni_id: &str, availability_zone: &str, interconnect: Ipv4Addr) -> Self {
        Self {
            name: name.to_owned(),
            instance_id: instance_id.to_owned(),
            eni_id: eni_id.to_owned(),
            vpc_id: None,
            availability_zone: availability_zone.to_owned(),
            interconnect,
        }
    }
}

impl Group {
    /// A group with the default policies.
    pub fn new(name: &str, cluster: &str, startup: &[&str], resources: Vec<Resource>) -> Self {
        Self {
            name: name.to_owned(),
            cluster: cluster.to_owned(),
            startup: startup.iter().map(|it| (*it).to_owned()).collect(),
            start: Trigger::Auto,
            failover: Trigger::Auto,
            failback: Failback::Manual,
            exclusive: Exclusive::None,
            resources,
            az_monitor: None,
            flap_guard: FlapGuard::default(),
            call_timeout: CALL_TIMEOUT,
        }
    }
}

impl Arbiter {
    /// How long a lease lasts without renewal; `None` without an arbiter.
    pub fn lease(&self) -> Option<Duration> {
        match self {
            Self::None => None,
            Self::DynamoDb { lease, .. } | Self::S3 { lease, .. } | Self::Postgres { lease, .. } => Some(*lease),
        }
    }
}

impl DnsRecord {
    /// A record with the default lifetime, deleted when its group stops.
    pub fn new(zone_id: &str, name: &str, value: super::DnsValue) -> Self {
        Self {
            zone_id: zone_id.to_owned(),
            name: name.to_owned(),
            value,
            ttl: DNS_TTL,
            delete_on_deactivate: DNS_DELETE,
            check_resolution: true,
        }
    }
}

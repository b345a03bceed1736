//! What failover groups read from AWS and write to it, typed.

#[cfg(feature = "aws")]
pub mod aws;
pub mod memory;
pub mod patient;

use std::net::Ipv4Addr;

use async_trait::async_trait;
use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

/// AWS, as failover groups use it.
///
/// One method is one operation. Reads fetch all pages. "Not there" is an error of kind [`ErrorKind::NotFound`] where the
/// id is given, and `None` where absence is an ordinary answer; everything else that keeps an answer away is another kind
/// of error and says nothing about what is there.
#[async_trait]
pub trait Cloud: Send + Sync {
    /// A network with all its CIDR blocks.
    async fn vpc(&self, id: &str) -> Result<Vpc, CloudError>;

    /// A network interface.
    async fn network_interface(&self, id: &str) -> Result<NetworkInterface, CloudError>;

    /// All route tables of a network.
    async fn route_tables(&self, vpc: &str) -> Result<Vec<RouteTable>, CloudError>;

    /// An Elastic IP address.
    async fn address(&self, allocation: &str) -> Result<Address, CloudError>;

    /// All Elastic IP addresses of an interface.
    async fn addresses_of_interface(&self, eni: &str) -> Result<Vec<Address>, CloudError>;

    /// The state of an availability zone; `None` when there is none of this name.
    async fn zone_state(&self, zone: &str) -> Result<Option<ZoneState>, CloudError>;

    /// A hosted zone.
    async fn hosted_zone(&self, id: &str) -> Result<HostedZone, CloudError>;

    /// The record set of type A with a name; `None` when there is none.
    async fn record(&self, zone: &str, name: &str) -> Result<Option<Record>, CloudError>;

    /// An instance.
    async fn instance(&self, id: &str) -> Result<Instance, CloudError>;

    /// Adds a route to an interface; one of the same destination is a conflict. Plan and apply do it, servers may not.
    async fn create_route(&self, table: &str, destination: &str, eni: &str) -> Result<Receipt, CloudError>;

    /// Removes a route; one that is gone already is not found. Plan and apply do it, servers may not.
    async fn delete_route(&self, table: &str, destination: &str) -> Result<Receipt, CloudError>;

    /// Points the route of a destination, which must be in the table, at an interface. Unconditional: the last caller wins.
    async fn replace_route(&self, table: &str, destination: &str, eni: &str) -> Result<Receipt, CloudError>;

    /// Associates an address with an interface, whichever had it before. Unconditional: the last caller wins.
    async fn associate_address(&self, allocation: &str, eni: &str) -> Result<Receipt, CloudError>;

    /// Ends an association. One that has ended already is not found.
    async fn disassociate_address(&self, association: &str) -> Result<Receipt, CloudError>;

    /// Makes or replaces a record set. Unconditional: the last caller wins.
    async fn upsert_record(&self, zone: &str, record: &Record) -> Result<Receipt, CloudError>;

    /// Deletes a record set that is exactly this one; any other is [`ErrorKind::Conflict`].
    async fn delete_record(&self, zone: &str, record: &Record) -> Result<Receipt, CloudError>;

    /// Begins to stop an instance.
    async fn stop_instance(&self, id: &str) -> Result<Receipt, CloudError>;

    /// How many calls were sent so far, repetitions included; 0 where nobody counts.
    fn sent(&self) -> u64 {
        0
    }
}

/// A network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vpc {
    /// `vpc-…`.
    pub id: String,
    /// Every associated IPv4 block, primary and secondary.
    pub cidrs: Vec<Ipv4Net>,
    /// Whether the network's resolver answers.
    pub dns_support: bool,
}

/// A network interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkInterface {
    /// `eni-…`.
    pub id: String,
    /// Its network.
    pub vpc_id: String,
    /// Its subnet.
    pub subnet_id: String,
    /// Instance that it is attached to.
    pub instance_id: Option<String>,
    /// Whether packets that are not for its own addresses are dropped.
    pub source_dest_check: bool,
    /// Its private addresses, the primary one first.
    pub private_ips: Vec<Ipv4Addr>,
    /// Its hardware address, by which the server finds it.
    pub mac: Option<String>,
    /// Its tags, which tell a person whose it is.
    pub tags: Vec<(String, String)>,
}

impl NetworkInterface {
    /// Whose it is, for people: instance and tags.
    pub fn whose(&self) -> String {
        let instance = self.instance_id.as_deref().unwrap_or("no instance");
        let tags = self.tags.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(", ");
        if tags.is_empty() { instance.to_owned() } else { format!("{instance} ({tags})") }
    }
}

/// A route table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteTable {
    /// `rtb-…`.
    pub id: String,
    /// Name tag.
    pub name: Option<String>,
    /// Routes with an IPv4 destination.
    pub routes: Vec<Route>,
}

impl RouteTable {
    /// The route of exactly this destination.
    pub fn route(&self, destination: &str) -> Option<&Route> {
        self.routes.iter().find(|it| it.destination == destination)
    }
}

/// A route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// CIDR: `10.1.0.20/32`.
    pub destination: String,
    /// Interface that it leads to; `None` for gateways and the like.
    pub eni: Option<String>,
    /// Id of what it leads to when that is no interface.
    pub other_target: Option<String>,
    /// Whether its target is alive; else it is a black hole.
    pub active: bool,
}

/// An Elastic IP address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// `eipalloc-…`.
    pub allocation_id: String,
    /// The public address.
    pub public_ip: Ipv4Addr,
    /// `eipassoc-…` while it is associated.
    pub association_id: Option<String>,
    /// Interface that it is associated with.
    pub eni: Option<String>,
    /// Private address of the interface that it stands for.
    pub private_ip: Option<Ipv4Addr>,
}

/// State of an availability zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ZoneState {
    /// It works.
    Available,
    /// It works, and AWS has something to say about it.
    Information,
    /// Some of it does not work.
    Impaired,
    /// It does not work.
    Unavailable,
    /// It takes no new capacity.
    Constrained,
    /// A state that came later than this program.
    Other(String),
}

/// A hosted zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostedZone {
    /// `Z…`.
    pub id: String,
    /// Name with a dot at its end.
    pub name: String,
    /// Whether it is visible in associated networks only.
    pub private: bool,
    /// Networks that it is associated with.
    pub vpcs: Vec<String>,
}

/// A record set of type A.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Name in lower case with a dot at its end.
    pub name: String,
    /// Seconds that resolvers may keep it.
    pub ttl: u32,
    /// Its values as Route 53 has them.
    pub values: Vec<String>,
}

impl Record {
    /// Whether its only value is this address.
    pub fn says(&self, ip: Ipv4Addr) -> bool {
        matches!(&*self.values, [only] if *only == ip.to_string())
    }
}

/// An instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// `i-…`.
    pub id: String,
    /// `pending`, `running`, `stopping`, `stopped`, `shutting-down` or `terminated`.
    pub state: String,
    /// Name tag.
    pub name: Option<String>,
}

impl Instance {
    /// Whether nothing runs on it any more.
    pub fn is_stopped(&self) -> bool {
        matches!(&*self.state, "stopped" | "terminated")
    }
}

/// What AWS says of a write that it did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Id of the request, for AWS's support.
    pub request_id: Option<String>,
    /// Id of what the write made: an association, a change.
    pub made: Option<String>,
}

/// Why there is no answer, or a refusal in place of one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{operation}: {message}{}", code.as_deref().map(|it| format!(" ({it})")).unwrap_or_default())]
pub struct CloudError {
    /// What kind of error it is.
    pub kind: ErrorKind,
    /// Operation that was called: `ReplaceRoute`.
    pub operation: String,
    /// Error code of AWS, when it answered: `InvalidRouteTableID.NotFound`.
    pub code: Option<String>,
    /// What AWS or the network said.
    pub message: String,
    /// Id of the request, for AWS's support.
    pub request_id: Option<String>,
}

/// What kind of error it is, as far as that decides what to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The object that is named does not exist.
    NotFound,
    /// The caller may not do it.
    Denied,
    /// Too many calls; a later one may pass.
    Throttled,
    /// No answer within the time.
    Timeout,
    /// No connection, a broken one, or an answer 5xx.
    Unreachable,
    /// What the call relies on is no longer so.
    Conflict,
    /// AWS refuses the call as it is.
    Invalid,
}

impl ErrorKind {
    /// Whether the same call may pass a moment later.
    pub fn is_transient(self) -> bool {
        matches!(self, Self::Throttled | Self::Timeout | Self::Unreachable)
    }
}

impl CloudError {
    /// An error of a call.
    pub fn new(kind: ErrorKind, operation: &str, code: Option<&str>, message: impl Into<String>) -> Self {
        let code = code.map(str::to_owned);
        Self { kind, operation: operation.to_owned(), code, message: message.into(), request_id: None }
    }
}

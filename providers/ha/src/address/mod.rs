//! Addresses on AWS: what is read of them, and what would make them a server's.
//!
//! Every module has the same parts: `check` before anything is changed, `activation` and `deactivation` as pure decisions
//! over what was read, `monitor` which looks and never writes.

pub mod dns;
pub mod elastic_ip;
mod holding;
mod look;
mod op;
pub mod resolver;
pub mod virtual_ip;
pub mod zone;

use std::collections::BTreeMap;

use crate::cloud::{Address, Cloud, CloudError, ErrorKind, Record, RouteTable};
use crate::errors::{Phase, Problem, Trouble};
use crate::group::{Group, Resource, ResourceKind, Server};

pub use holding::{Holding, holding};
pub use look::{Look, judge};
pub use op::{HostAction, Live, Op};

/// What was read of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observed {
    /// The tables that have the route of a virtual IP address.
    Routes(Vec<RouteTable>),
    /// An Elastic IP address.
    Address(Address),
    /// A record, or that there is none.
    Record(Option<Record>),
    /// Nothing: it is on the servers only.
    OnServers,
    /// Nothing, because Route 53 does not answer: addresses can move all the same, and the name follows.
    Unreadable,
}

/// What was read of a group's resources, by name.
pub type Observations = BTreeMap<String, Observed>;

/// Why a deactivation is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The group shall be nowhere.
    Stop,
    /// Another server gets it next: what that one takes over anyway is left in place.
    Move,
}

/// Reads what AWS has of all resources of a group.
///
/// # Errors
/// Something could not be read: then nothing is known of it, and nothing may be decided.
pub async fn observe(group: &Group, cloud: &dyn Cloud) -> Result<Observations, Trouble> {
    let mut all = Observations::new();
    for resource in &group.resources {
        all.insert(resource.name.clone(), observe_one(resource, cloud).await?);
    }
    Ok(all)
}

/// Reads what AWS has of a resource.
///
/// # Errors
/// It could not be read.
pub async fn observe_one(resource: &Resource, cloud: &dyn Cloud) -> Result<Observed, Trouble> {
    let phase = Phase::Activating;
    match &resource.kind {
        ResourceKind::VirtualIp(it) => virtual_ip::observe(it, cloud).await.map(Observed::Routes),
        ResourceKind::ElasticIp(it) => cloud.address(&it.allocation_id).await.map(Observed::Address),
        ResourceKind::DnsRecord(it) => match dns::observe(it, cloud).await {
            Err(error) if error.kind.is_transient() => Ok(Observed::Unreadable),
            other => other.map(Observed::Record),
        },
        ResourceKind::MirrorDisk(_) | ResourceKind::Exec(_) => Ok(Observed::OnServers),
    }
    .map_err(|error| call_failed(resource, phase, error))
}

/// Checks whether a resource can become active on a server, without changing anything.
///
/// # Errors
/// It cannot, or that is not known.
pub async fn check(resource: &Resource, server: &Server, cloud: &dyn Cloud) -> Result<Vec<Trouble>, Trouble> {
    match &resource.kind {
        ResourceKind::VirtualIp(it) => virtual_ip::check(resource, it, server, cloud).await,
        ResourceKind::ElasticIp(it) => elastic_ip::check(resource, it, server, cloud).await,
        ResourceKind::DnsRecord(it) => dns::check(resource, it, server, cloud).await,
        ResourceKind::MirrorDisk(_) | ResourceKind::Exec(_) => Ok(Vec::new()),
    }
}

/// The writes that make a resource a server's; none when it is so already.
///
/// # Errors
/// Nothing can make it so.
pub fn activation(resource: &Resource, server: &Server, observed: &Observed) -> Result<Vec<Op>, Trouble> {
    match (&resource.kind, observed) {
        (ResourceKind::VirtualIp(it), Observed::Routes(tables)) => virtual_ip::activation(resource, it, server, tables),
        (ResourceKind::ElasticIp(it), Observed::Address(address)) => Ok(elastic_ip::activation(it, server, address)),
        (ResourceKind::DnsRecord(it), Observed::Record(record)) => {
            dns::activation(resource, it, server, record.as_ref())
        }
        (ResourceKind::DnsRecord(it), Observed::Unreadable) => dns::activation(resource, it, server, None),
        _ => Ok(Vec::new()),
    }
}

/// The writes that take a resource from a server; none when it is not there. What another has by now is left alone.
pub fn deactivation(resource: &Resource, server: &Server, observed: &Observed, purpose: Purpose) -> Vec<Op> {
    match (&resource.kind, observed) {
        (ResourceKind::ElasticIp(it), Observed::Address(address)) => {
            elastic_ip::deactivation(it, server, address, purpose)
        }
        (ResourceKind::DnsRecord(it), Observed::Record(record)) => {
            dns::deactivation(it, server, record.as_ref(), purpose)
        }
        // Routes stay: the next activation moves them, and packets to a server without the address go nowhere.
        _ => Vec::new(),
    }
}

/// A failed call as the trouble of a resource: which id does not exist, what was not answered, what is not allowed.
pub fn call_failed(resource: &Resource, phase: Phase, error: CloudError) -> Trouble {
    let (call, timeout) = match (&resource.kind, phase) {
        (ResourceKind::ElasticIp(_), _) => (Problem::EipCall, Problem::EipTimeout),
        (ResourceKind::DnsRecord(_), Phase::Monitoring) => (Problem::DnsCall, Problem::DnsMonitorTimeout),
        (ResourceKind::DnsRecord(_), _) => (Problem::DnsCall, Problem::DnsTimeout),
        _ => (Problem::VipCall, Problem::VipTimeout),
    };
    let code = error.code.as_deref().unwrap_or_default();
    let missing = match &resource.kind {
        _ if error.kind != ErrorKind::NotFound => None,
        ResourceKind::VirtualIp(it) if code.starts_with("InvalidVpcID") => Some((Problem::VipVpc, it.vpc_id.clone())),
        ResourceKind::VirtualIp(_) if code.starts_with("InvalidNetworkInterfaceID") => {
            Some((Problem::VipInterface, quoted(&error.message)))
        }
        ResourceKind::ElasticIp(it) if code.starts_with("InvalidAllocationID") => {
            Some((Problem::EipAllocation, it.allocation_id.clone()))
        }
        ResourceKind::ElasticIp(_) if code.starts_with("InvalidNetworkInterfaceID") => {
            Some((Problem::EipInterface, quoted(&error.message)))
        }
        ResourceKind::DnsRecord(it) if code == "NoSuchHostedZone" => Some((Problem::DnsZone, it.zone_id.clone())),
        _ => None,
    };
    let trouble = match missing {
        Some((problem, id)) => Trouble::new(problem, phase, &resource.name).with("id", id),
        None if error.kind == ErrorKind::Timeout => Trouble::new(timeout, phase, &resource.name),
        None => Trouble::new(call, phase, &resource.name),
    };
    trouble.because(error)
}

/// The id that a message quotes.
fn quoted(message: &str) -> String {
    message.split('\'').nth(1).unwrap_or("?").to_owned()
}

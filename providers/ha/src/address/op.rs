//! A single write, what it changes, and whether that is as it should be.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use crate::cloud::{Cloud, CloudError, ErrorKind, Receipt, Record};

/// A single write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "op")]
pub enum Op {
    /// Points a route at an interface.
    ReplaceRoute {
        /// Network of the table.
        vpc: String,
        /// The table.
        table: String,
        /// CIDR of the route.
        destination: String,
        /// The interface.
        eni: String,
    },
    /// Associates an Elastic IP address with an interface.
    Associate {
        /// The allocation.
        allocation: String,
        /// The interface.
        eni: String,
    },
    /// Ends an association.
    Disassociate {
        /// The allocation.
        allocation: String,
        /// The association as it was read: another one is left alone.
        association: String,
    },
    /// Makes or replaces a record.
    Upsert {
        /// The hosted zone.
        zone: String,
        /// The record.
        record: Record,
    },
    /// Deletes a record.
    Delete {
        /// The hosted zone.
        zone: String,
        /// The record as it was read: another one is left alone.
        record: Record,
    },
    /// Stops an instance and waits until it is.
    StopInstance {
        /// The instance.
        instance: String,
    },
    /// Something that a server does itself.
    Host {
        /// The server.
        server: String,
        /// Name of the resource.
        resource: String,
        /// What it does.
        action: HostAction,
    },
}

/// What a server does itself with a resource: an address on its network card, a disk, a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HostAction {
    /// Makes it active; it may be already.
    Activate,
    /// Makes a disk active whose copy is not up to date.
    ActivateOutdated,
    /// Makes it inactive; it may be already.
    Deactivate,
}

/// What is there where a write goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Live {
    /// A route and where it leads.
    Route {
        /// The interface; `None` for no interface or no route.
        eni: Option<String>,
    },
    /// An Elastic IP address and where it is.
    Address {
        /// Its association.
        association: Option<String>,
        /// Its interface.
        eni: Option<String>,
    },
    /// A record.
    Record {
        /// What it says; `None` for none.
        record: Option<Record>,
    },
    /// An instance.
    Instance {
        /// Its state.
        state: String,
    },
    /// A resource on a server.
    Host {
        /// Whether it is active there.
        active: bool,
    },
    /// It could not be read.
    Unknown,
}

impl Op {
    /// Whether the last caller wins: then it is sent only by who has the group at that moment.
    pub fn is_unconditional(&self) -> bool {
        matches!(self, Self::ReplaceRoute { .. } | Self::Associate { .. } | Self::Upsert { .. } | Self::Host { .. })
    }

    /// Whether it takes something from a server rather than gives it to one.
    pub fn lets_go(&self) -> bool {
        let stops = matches!(self, Self::Host { action: HostAction::Deactivate, .. });
        stops || matches!(self, Self::Disassociate { .. } | Self::Delete { .. })
    }

    /// What it is about, for people and for counting rewrites.
    pub fn target(&self) -> String {
        match self {
            Self::ReplaceRoute { table, destination, .. } => format!("{table} {destination}"),
            Self::Associate { allocation, .. } | Self::Disassociate { allocation, .. } => allocation.clone(),
            Self::Upsert { zone, record } | Self::Delete { zone, record } => format!("{zone} {}", record.name),
            Self::StopInstance { instance } => instance.clone(),
            Self::Host { server, resource, .. } => format!("{server} {resource}"),
        }
    }

    /// What it makes of its target, for people.
    pub fn wanted(&self) -> String {
        match self {
            Self::ReplaceRoute { eni, .. } | Self::Associate { eni, .. } => eni.clone(),
            Self::Disassociate { .. } => "not associated".to_owned(),
            Self::Upsert { record, .. } => record.values.join(", "),
            Self::Delete { .. } => "no record".to_owned(),
            Self::StopInstance { .. } => "stopped".to_owned(),
            Self::Host { action: HostAction::Deactivate, .. } => "inactive".to_owned(),
            Self::Host { .. } => "active".to_owned(),
        }
    }

    /// Whether its target is as it makes it.
    pub fn is_done(&self, live: &Live) -> bool {
        match (self, live) {
            (Self::ReplaceRoute { eni, .. }, Live::Route { eni: found })
            | (Self::Associate { eni, .. }, Live::Address { eni: found, .. }) => found.as_ref() == Some(eni),
            // Whoever associated it anew has made another association.
            (Self::Disassociate { association, .. }, Live::Address { association: found, .. }) => {
                found.as_ref() != Some(association)
            }
            (Self::Upsert { record, .. }, Live::Record { record: found }) => found.as_ref() == Some(record),
            (Self::Delete { record, .. }, Live::Record { record: found }) => found.as_ref() != Some(record),
            (Self::StopInstance { .. }, Live::Instance { state }) => matches!(&**state, "stopped" | "terminated"),
            (Self::Host { action, .. }, Live::Host { active }) => *active == (*action != HostAction::Deactivate),
            _ => false,
        }
    }

    /// The write that brings back what was there before; `None` where nothing can or need be brought back.
    pub fn undo(&self, before: &Live) -> Option<Self> {
        match (self, before) {
            (Self::ReplaceRoute { vpc, table, destination, .. }, Live::Route { eni: Some(eni) }) => {
                let (vpc, table, destination) = (vpc.clone(), table.clone(), destination.clone());
                Some(Self::ReplaceRoute { vpc, table, destination, eni: eni.clone() })
            }
            (
                Self::Associate { allocation, .. } | Self::Disassociate { allocation, .. },
                Live::Address { eni: Some(eni), .. },
            ) => Some(Self::Associate { allocation: allocation.clone(), eni: eni.clone() }),
            (Self::Upsert { zone, .. } | Self::Delete { zone, .. }, Live::Record { record: Some(record) }) => {
                Some(Self::Upsert { zone: zone.clone(), record: record.clone() })
            }
            (Self::Upsert { zone, record }, Live::Record { record: None }) => {
                Some(Self::Delete { zone: zone.clone(), record: record.clone() })
            }
            (Self::Host { server, resource, action }, Live::Host { active }) => {
                let back = if *active { HostAction::Activate } else { HostAction::Deactivate };
                let changed = *active != (*action != HostAction::Deactivate);
                let (server, resource) = (server.clone(), resource.clone());
                changed.then_some(Self::Host { server, resource, action: back })
            }
            _ => None,
        }
    }

    /// Reads what is there where the write goes; `None` for what only servers know.
    ///
    /// # Errors
    /// It could not be read.
    pub async fn read(&self, cloud: &dyn Cloud) -> Result<Option<Live>, CloudError> {
        Ok(Some(match self {
            Self::ReplaceRoute { vpc, table, destination, .. } => {
                let tables = cloud.route_tables(vpc).await?;
                let route = tables.iter().find(|it| it.id == *table).and_then(|it| it.route(destination));
                Live::Route { eni: route.and_then(|it| it.eni.clone()) }
            }
            Self::Associate { allocation, .. } | Self::Disassociate { allocation, .. } => {
                let found = cloud.address(allocation).await?;
                Live::Address { association: found.association_id, eni: found.eni }
            }
            Self::Upsert { zone, record } | Self::Delete { zone, record } => {
                Live::Record { record: cloud.record(zone, &record.name).await? }
            }
            Self::StopInstance { instance } => Live::Instance { state: cloud.instance(instance).await?.state },
            Self::Host { .. } => return Ok(None),
        }))
    }

    /// Sends the write. One that finds that somebody else has already changed its target as a later owner would is done.
    ///
    /// # Errors
    /// AWS refuses it, or does not answer; and what only servers do.
    pub async fn send(&self, cloud: &dyn Cloud) -> Result<Receipt, CloudError> {
        match self {
            Self::ReplaceRoute { table, destination, eni, .. } => cloud.replace_route(table, destination, eni).await,
            Self::Associate { allocation, eni } => cloud.associate_address(allocation, eni).await,
            Self::Disassociate { association, .. } => {
                harmless(cloud.disassociate_address(association).await, ErrorKind::NotFound)
            }
            Self::Upsert { zone, record } => cloud.upsert_record(zone, record).await,
            Self::Delete { zone, record } => harmless(cloud.delete_record(zone, record).await, ErrorKind::Conflict),
            Self::StopInstance { instance } => cloud.stop_instance(instance).await,
            Self::Host { server, .. } => {
                let message = format!("this is done by the agent of {server}");
                Err(CloudError::new(ErrorKind::Invalid, "Host", None, message))
            }
        }
    }
}

/// A conditional write whose condition no longer holds: the old owner's late one, which must not touch the new owner's.
fn harmless(result: Result<Receipt, CloudError>, kind: ErrorKind) -> Result<Receipt, CloudError> {
    match result {
        Err(error) if error.kind == kind => Ok(Receipt { request_id: error.request_id, made: None }),
        other => other,
    }
}

impl Live {
    /// For people.
    pub fn text(&self) -> String {
        match self {
            Self::Route { eni: None } => "no interface".to_owned(),
            Self::Route { eni: Some(eni) } | Self::Address { eni: Some(eni), .. } => eni.clone(),
            Self::Address { eni: None, .. } => "not associated".to_owned(),
            Self::Record { record: None } => "no record".to_owned(),
            Self::Record { record: Some(record) } => format!("{} (TTL {})", record.values.join(", "), record.ttl),
            Self::Instance { state } => state.clone(),
            Self::Host { active: true } => "active".to_owned(),
            Self::Host { active: false } => "inactive".to_owned(),
            Self::Unknown => "unknown".to_owned(),
        }
    }

    /// Whether two readings differ in nothing that counts: an association's id changes with every association.
    pub fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Address { eni: one, .. }, Self::Address { eni: two, .. }) => one == two,
            _ => self == other,
        }
    }
}

/// The single address of a record, if it is one.
pub(super) fn only_address(record: &Record) -> Option<Ipv4Addr> {
    match &*record.values {
        [only] => only.parse().ok(),
        _ => None,
    }
}

//! An AWS in memory, with faults on demand: what transitions are tested against.
//!
//! It behaves as AWS does where the emulator does not: routes to interfaces of stopped instances are black holes, an
//! association that has ended is not found, a record is deleted by its exact values only, an Elastic IP address displaces
//! another from the same private address.

mod faults;
mod scene;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

pub use faults::{Effect, Fuse};

use self::faults::Fault;
use super::{
    Address, Cloud, CloudError, ErrorKind, HostedZone, Instance, NetworkInterface, Receipt, Record, Route, RouteTable,
    Vpc, ZoneState,
};

/// An AWS in memory; clones are the same one.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    world: Mutex<World>,
    faults: Mutex<Vec<Fault>>,
    calls: Mutex<Vec<Call>>,
    fuse: Mutex<Option<Fuse>>,
}

/// What there is.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// Networks by id.
    pub vpcs: BTreeMap<String, Vpc>,
    /// Interfaces by id.
    pub interfaces: BTreeMap<String, NetworkInterface>,
    /// Route tables by network.
    pub tables: BTreeMap<String, Vec<RouteTable>>,
    /// Elastic IP addresses by allocation.
    pub addresses: BTreeMap<String, Address>,
    /// States of zones by name.
    pub zones: BTreeMap<String, ZoneState>,
    /// Hosted zones by id.
    pub hosted_zones: BTreeMap<String, HostedZone>,
    /// Records by hosted zone and name.
    pub records: BTreeMap<(String, String), Record>,
    /// Instances by id.
    pub instances: BTreeMap<String, Instance>,
    made: u32,
}

/// A call that came in, whatever became of it.
#[derive(Clone, Debug)]
pub struct Call {
    /// Operation: `ReplaceRoute`.
    pub operation: &'static str,
    /// What it was about, its parts separated by spaces.
    pub target: String,
    /// When it came.
    pub at: Instant,
}

/// Operations that change something.
const WRITES: [&str; 7] = [
    "CreateRoute",
    "DeleteRoute",
    "ReplaceRoute",
    "AssociateAddress",
    "DisassociateAddress",
    "ChangeResourceRecordSets",
    "StopInstances",
];

impl Memory {
    /// What there is, for looking and for changing behind everybody's back.
    pub fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.shared.world)
    }

    /// From now on, calls of an operation (all, when empty) whose target contains a text meet a fault: so often, or for
    /// ever. Of several faults that fit, the first counts.
    pub fn fault(&self, operation: &'static str, target: &str, times: Option<u32>, effect: Effect) {
        lock(&self.shared.faults).push(Fault { operation, target: target.to_owned(), times, effect });
    }

    /// Ends all faults.
    pub fn heal(&self) {
        lock(&self.shared.faults).clear();
    }

    /// Writes burn a fuse; what comes after its end is not done.
    pub fn set_fuse(&self, fuse: Option<Fuse>) {
        *lock(&self.shared.fuse) = fuse;
    }

    /// All calls that came in.
    pub fn calls(&self) -> Vec<Call> {
        lock(&self.shared.calls).clone()
    }

    /// How many calls of an operation came in.
    pub fn count(&self, operation: &str) -> usize {
        lock(&self.shared.calls).iter().filter(|it| it.operation == operation).count()
    }

    /// How many calls came in that change something.
    pub fn writes(&self) -> usize {
        lock(&self.shared.calls).iter().filter(|it| WRITES.contains(&it.operation)).count()
    }

    /// Forgets the calls.
    pub fn forget_calls(&self) {
        lock(&self.shared.calls).clear();
    }

    async fn call<T>(
        &self,
        operation: &'static str,
        target: String,
        work: impl FnOnce(&mut World) -> Result<T, CloudError> + Send,
    ) -> Result<T, CloudError> {
        let effect = lock(&self.shared.faults).iter_mut().find_map(|it| it.meets(operation, &target));
        if WRITES.contains(&operation) && lock(&self.shared.fuse).as_ref().is_some_and(|it| !it.burn()) {
            return Err(CloudError::new(ErrorKind::Unreachable, operation, None, "the caller is gone"));
        }
        lock(&self.shared.calls).push(Call { operation, target, at: Instant::now() });
        match effect {
            None => work(&mut self.world()),
            Some(Effect::Fail(kind, code)) => Err(CloudError::new(kind, operation, Some(code), "as the test asks for")),
            Some(Effect::LoseAnswer) => {
                work(&mut self.world())?;
                Err(CloudError::new(ErrorKind::Unreachable, operation, None, "the connection was reset"))
            }
            Some(Effect::Delay(time)) => {
                tokio::time::sleep(time).await;
                work(&mut self.world())
            }
            Some(Effect::Hang) => {
                tokio::time::sleep(Duration::from_secs(86_400)).await;
                Err(CloudError::new(ErrorKind::Timeout, operation, None, "no answer"))
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn missing(operation: &str, code: &str, what: &str, id: &str) -> CloudError {
    CloudError::new(ErrorKind::NotFound, operation, Some(code), format!("The {what} '{id}' does not exist"))
}

fn refused(operation: &str, code: &str, message: impl Into<String>) -> CloudError {
    CloudError::new(ErrorKind::Invalid, operation, Some(code), message)
}

impl World {
    fn id(&mut self, kind: &str) -> String {
        self.made += 1;
        format!("{kind}-{:04}", self.made)
    }

    fn receipt(&mut self, made: Option<String>) -> Receipt {
        Receipt { request_id: Some(self.id("req")), made }
    }

    /// Whether packets to an interface arrive.
    fn is_alive(&self, eni: &str) -> bool {
        let instance = self.interfaces.get(eni).and_then(|it| it.instance_id.as_ref());
        instance.and_then(|id| self.instances.get(id)).is_some_and(|it| it.state == "running")
    }

    fn interface(&self, operation: &str, eni: &str) -> Result<&NetworkInterface, CloudError> {
        let missing = || missing(operation, "InvalidNetworkInterfaceID.NotFound", "networkInterface ID", eni);
        self.interfaces.get(eni).ok_or_else(missing)
    }

    fn hosted(&self, operation: &str, zone: &str) -> Result<&HostedZone, CloudError> {
        self.hosted_zones.get(zone).ok_or_else(|| {
            let message = format!("No hosted zone found with ID: {zone}");
            CloudError::new(ErrorKind::NotFound, operation, Some("NoSuchHostedZone"), message)
        })
    }

    fn allocation(&self, operation: &str, id: &str) -> Result<&Address, CloudError> {
        let missing = || missing(operation, "InvalidAllocationID.NotFound", "allocation ID", id);
        self.addresses.get(id).ok_or_else(missing)
    }

    fn create_route(&mut self, table: &str, destination: &str, eni: &str) -> Result<Receipt, CloudError> {
        const OPERATION: &str = "CreateRoute";
        self.interface(OPERATION, eni)?;
        let found = self.tables.values_mut().flatten().find(|it| it.id == table);
        let found = found.ok_or_else(|| missing(OPERATION, "InvalidRouteTableID.NotFound", "routeTable ID", table))?;
        if found.route(destination).is_some() {
            let message = format!("The route identified by {destination} already exists");
            return Err(CloudError::new(ErrorKind::Conflict, OPERATION, Some("RouteAlreadyExists"), message));
        }
        let (destination, eni) = (destination.to_owned(), Some(eni.to_owned()));
        found.routes.push(Route { destination, eni, other_target: None, active: true });
        Ok(self.receipt(None))
    }

    fn delete_route(&mut self, table: &str, destination: &str) -> Result<Receipt, CloudError> {
        const OPERATION: &str = "DeleteRoute";
        let found = self.tables.values_mut().flatten().find(|it| it.id == table);
        let found = found.ok_or_else(|| missing(OPERATION, "InvalidRouteTableID.NotFound", "routeTable ID", table))?;
        let before = found.routes.len();
        found.routes.retain(|it| it.destination != destination);
        if found.routes.len() == before {
            return Err(missing(OPERATION, "InvalidRoute.NotFound", "route", destination));
        }
        Ok(self.receipt(None))
    }

    fn replace_route(&mut self, table: &str, destination: &str, eni: &str) -> Result<Receipt, CloudError> {
        const OPERATION: &str = "ReplaceRoute";
        let vpc = self.interface(OPERATION, eni)?.vpc_id.clone();
        let of = self.tables.iter().find(|(_, tables)| tables.iter().any(|it| it.id == table));
        let of = of.map(|(vpc, _)| vpc.clone());
        let of = of.ok_or_else(|| missing(OPERATION, "InvalidRouteTableID.NotFound", "routeTable ID", table))?;
        if of != vpc {
            let message = format!("route table {table} and interface {eni} belong to different networks");
            return Err(refused(OPERATION, "InvalidParameterValue", message));
        }
        let tables = self.tables.get_mut(&of).into_iter().flatten();
        let route = tables.filter(|it| it.id == table).flat_map(|it| &mut it.routes);
        let Some(route) = route.into_iter().find(|it| it.destination == destination) else {
            return Err(missing(OPERATION, "InvalidRoute.NotFound", "route", destination));
        };
        (route.eni, route.other_target) = (Some(eni.to_owned()), None);
        Ok(self.receipt(None))
    }

    fn associate(&mut self, allocation: &str, eni: &str) -> Result<Receipt, CloudError> {
        const OPERATION: &str = "AssociateAddress";
        let private = self.interface(OPERATION, eni)?.private_ips.first().copied();
        let before = self.allocation(OPERATION, allocation)?.clone();
        if let (Some(association), Some(held)) = (&before.association_id, &before.eni)
            && held == eni
        {
            let association = association.clone();
            return Ok(self.receipt(Some(association)));
        }
        let others =
            self.addresses.values_mut().filter(|it| it.eni.as_deref() == Some(eni) && it.private_ip == private);
        for other in others {
            (other.association_id, other.eni, other.private_ip) = (None, None, None);
        }
        let association = self.id("eipassoc");
        if let Some(address) = self.addresses.get_mut(allocation) {
            address.association_id = Some(association.clone());
            (address.eni, address.private_ip) = (Some(eni.to_owned()), private);
        }
        Ok(self.receipt(Some(association)))
    }

    fn disassociate(&mut self, association: &str) -> Result<Receipt, CloudError> {
        const OPERATION: &str = "DisassociateAddress";
        let held = self.addresses.values_mut().find(|it| it.association_id.as_deref() == Some(association));
        let Some(address) = held else {
            return Err(missing(OPERATION, "InvalidAssociationID.NotFound", "association ID", association));
        };
        (address.association_id, address.eni, address.private_ip) = (None, None, None);
        Ok(self.receipt(None))
    }

    fn delete_record(&mut self, zone: &str, record: &Record) -> Result<Receipt, CloudError> {
        const OPERATION: &str = "ChangeResourceRecordSets";
        self.hosted(OPERATION, zone)?;
        let key = (zone.to_owned(), record.name.to_lowercase());
        if self.records.get(&key) != Some(record) {
            let message = "Tried to delete a record set, but the values provided do not match the current values";
            return Err(CloudError::new(ErrorKind::Conflict, OPERATION, Some("InvalidChangeBatch"), message));
        }
        self.records.remove(&key);
        let change = self.id("C");
        Ok(self.receipt(Some(change)))
    }

    fn upsert_record(&mut self, zone: &str, record: &Record) -> Result<Receipt, CloudError> {
        const OPERATION: &str = "ChangeResourceRecordSets";
        let suffix = format!(".{}", self.hosted(OPERATION, zone)?.name);
        let name = record.name.to_lowercase();
        if !name.ends_with(&suffix) {
            let message = format!("RRSet with DNS name {name} is not permitted in zone {}", &suffix[1..]);
            return Err(refused(OPERATION, "InvalidChangeBatch", message));
        }
        if record.values.iter().any(|it| it.parse::<Ipv4Addr>().is_err()) {
            return Err(refused(OPERATION, "InvalidChangeBatch", "Value is not a valid IPv4 address"));
        }
        let record = Record { name: name.clone(), ..record.clone() };
        self.records.insert((zone.to_owned(), name), record);
        let change = self.id("C");
        Ok(self.receipt(Some(change)))
    }
}

#[async_trait]
impl Cloud for Memory {
    async fn vpc(&self, id: &str) -> Result<Vpc, CloudError> {
        let work = |world: &mut World| {
            let missing = || missing("DescribeVpcs", "InvalidVpcID.NotFound", "vpc ID", id);
            world.vpcs.get(id).cloned().ok_or_else(missing)
        };
        self.call("DescribeVpcs", id.to_owned(), work).await
    }

    async fn network_interface(&self, id: &str) -> Result<NetworkInterface, CloudError> {
        let operation = "DescribeNetworkInterfaces";
        self.call(operation, id.to_owned(), |world| world.interface(operation, id).cloned()).await
    }

    async fn route_tables(&self, vpc: &str) -> Result<Vec<RouteTable>, CloudError> {
        let work = |world: &mut World| {
            let mut tables = world.tables.get(vpc).cloned().unwrap_or_default();
            for route in tables.iter_mut().flat_map(|it| &mut it.routes) {
                route.active = route.eni.as_deref().is_none_or(|eni| world.is_alive(eni));
            }
            Ok(tables)
        };
        self.call("DescribeRouteTables", vpc.to_owned(), work).await
    }

    async fn address(&self, allocation: &str) -> Result<Address, CloudError> {
        let operation = "DescribeAddresses";
        self.call(operation, allocation.to_owned(), |world| world.allocation(operation, allocation).cloned()).await
    }

    async fn addresses_of_interface(&self, eni: &str) -> Result<Vec<Address>, CloudError> {
        let work = |world: &mut World| {
            Ok(world.addresses.values().filter(|it| it.eni.as_deref() == Some(eni)).cloned().collect())
        };
        self.call("DescribeAddresses", eni.to_owned(), work).await
    }

    async fn zone_state(&self, zone: &str) -> Result<Option<ZoneState>, CloudError> {
        self.call("DescribeAvailabilityZones", zone.to_owned(), |world| Ok(world.zones.get(zone).cloned())).await
    }

    async fn hosted_zone(&self, id: &str) -> Result<HostedZone, CloudError> {
        self.call("GetHostedZone", id.to_owned(), |world| world.hosted("GetHostedZone", id).cloned()).await
    }

    async fn record(&self, zone: &str, name: &str) -> Result<Option<Record>, CloudError> {
        let work = |world: &mut World| {
            world.hosted("ListResourceRecordSets", zone)?;
            Ok(world.records.get(&(zone.to_owned(), name.to_lowercase())).cloned())
        };
        self.call("ListResourceRecordSets", format!("{zone} {name}"), work).await
    }

    async fn instance(&self, id: &str) -> Result<Instance, CloudError> {
        let work = |world: &mut World| {
            let missing = || missing("DescribeInstances", "InvalidInstanceID.NotFound", "instance ID", id);
            world.instances.get(id).cloned().ok_or_else(missing)
        };
        self.call("DescribeInstances", id.to_owned(), work).await
    }

    async fn create_route(&self, table: &str, destination: &str, eni: &str) -> Result<Receipt, CloudError> {
        let target = format!("{table} {destination} {eni}");
        self.call("CreateRoute", target, |world| world.create_route(table, destination, eni)).await
    }

    async fn delete_route(&self, table: &str, destination: &str) -> Result<Receipt, CloudError> {
        let target = format!("{table} {destination}");
        self.call("DeleteRoute", target, |world| world.delete_route(table, destination)).await
    }

    async fn replace_route(&self, table: &str, destination: &str, eni: &str) -> Result<Receipt, CloudError> {
        let target = format!("{table} {destination} {eni}");
        self.call("ReplaceRoute", target, |world| world.replace_route(table, destination, eni)).await
    }

    async fn associate_address(&self, allocation: &str, eni: &str) -> Result<Receipt, CloudError> {
        self.call("AssociateAddress", format!("{allocation} {eni}"), |world| world.associate(allocation, eni)).await
    }

    async fn disassociate_address(&self, association: &str) -> Result<Receipt, CloudError> {
        self.call("DisassociateAddress", association.to_owned(), |world| world.disassociate(association)).await
    }

    async fn upsert_record(&self, zone: &str, record: &Record) -> Result<Receipt, CloudError> {
        let target = format!("UPSERT {zone} {}", record.name);
        self.call("ChangeResourceRecordSets", target, |world| world.upsert_record(zone, record)).await
    }

    async fn delete_record(&self, zone: &str, record: &Record) -> Result<Receipt, CloudError> {
        let target = format!("DELETE {zone} {}", record.name);
        self.call("ChangeResourceRecordSets", target, |world| world.delete_record(zone, record)).await
    }

    async fn stop_instance(&self, id: &str) -> Result<Receipt, CloudError> {
        let work = |world: &mut World| {
            let Some(instance) = world.instances.get_mut(id) else {
                return Err(missing("StopInstances", "InvalidInstanceID.NotFound", "instance ID", id));
            };
            instance.state = "stopped".to_owned();
            Ok(world.receipt(None))
        };
        self.call("StopInstances", id.to_owned(), work).await
    }

    fn sent(&self) -> u64 {
        self.calls().len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn late_conditional_writes_do_no_harm() {
        let memory = Memory::two_servers();
        let first = memory.associate_address("eipalloc-1", "eni-1").await.unwrap().made.unwrap();
        memory.associate_address("eipalloc-1", "eni-2").await.unwrap();
        let late = memory.disassociate_address(&first).await.unwrap_err();
        assert_eq!(late.code.as_deref(), Some("InvalidAssociationID.NotFound"));
        let old = Record { name: "srv.hz1.local.".into(), ttl: 60, values: vec!["10.0.110.10".into()] };
        let new = Record { values: vec!["10.0.120.10".into()], ..old.clone() };
        memory.upsert_record("Z1", &new).await.unwrap();
        assert_eq!(memory.delete_record("Z1", &old).await.unwrap_err().kind, ErrorKind::Conflict);
        assert_eq!(memory.record("Z1", "srv.hz1.local.").await.unwrap(), Some(new));
    }

    #[tokio::test]
    async fn routes_to_stopped_instances_are_black_holes() {
        let memory = Memory::two_servers();
        let active = |tables: Vec<RouteTable>| tables[0].route("10.1.0.20/32").unwrap().active;
        assert!(active(memory.route_tables("vpc-1").await.unwrap()));
        memory.stop_instance("i-1").await.unwrap();
        assert!(!active(memory.route_tables("vpc-1").await.unwrap()));
        let wrong = memory.replace_route("rtb-1", "10.9.9.9/32", "eni-2").await.unwrap_err();
        assert_eq!(wrong.code.as_deref(), Some("InvalidRoute.NotFound"));
    }
}

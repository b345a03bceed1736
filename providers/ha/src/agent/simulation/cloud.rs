//! AWS as one server reaches it: late, not at all, or without the answer.

use async_trait::async_trait;
use tokio::time::{Duration, sleep};

use super::world::World;
use crate::cloud::memory::Memory;
use crate::cloud::{
    Address, Cloud, CloudError, ErrorKind, HostedZone, Instance, NetworkInterface, Receipt, Record, RouteTable, Vpc,
    ZoneState,
};

/// AWS as one server reaches it.
pub struct Reached {
    pub world: World,
    pub server: String,
    pub aws: Memory,
}

impl Reached {
    async fn way(&self, operation: &str) -> Result<(), CloudError> {
        use rand::RngExt as _;
        let (time, lost, cut) = {
            let mut world = self.world.lock();
            let (late, lose) = (world.late, world.lose);
            let slow = world.rng.random_range(0..100) < late;
            let time = world.rng.random_range(0..if slow { 6000 } else { 60 });
            (time, world.rng.random_range(0..200) < lose, world.no_api.contains(&self.server))
        };
        sleep(Duration::from_millis(time)).await;
        if lost || cut {
            sleep(Duration::from_secs(3)).await;
            return Err(CloudError::new(ErrorKind::Unreachable, operation, None, "the connection was lost"));
        }
        Ok(())
    }

    async fn call<T>(
        &self,
        operation: &str,
        call: impl Future<Output = Result<T, CloudError>>,
    ) -> Result<T, CloudError> {
        self.way(operation).await?;
        let answer = call.await;
        self.way(operation).await?;
        answer
    }
}

#[async_trait]
impl Cloud for Reached {
    async fn vpc(&self, id: &str) -> Result<Vpc, CloudError> {
        self.call("DescribeVpcs", self.aws.vpc(id)).await
    }

    async fn network_interface(&self, id: &str) -> Result<NetworkInterface, CloudError> {
        self.call("DescribeNetworkInterfaces", self.aws.network_interface(id)).await
    }

    async fn route_tables(&self, vpc: &str) -> Result<Vec<RouteTable>, CloudError> {
        self.call("DescribeRouteTables", self.aws.route_tables(vpc)).await
    }

    async fn address(&self, allocation: &str) -> Result<Address, CloudError> {
        self.call("DescribeAddresses", self.aws.address(allocation)).await
    }

    async fn addresses_of_interface(&self, eni: &str) -> Result<Vec<Address>, CloudError> {
        self.call("DescribeAddresses", self.aws.addresses_of_interface(eni)).await
    }

    async fn zone_state(&self, zone: &str) -> Result<Option<ZoneState>, CloudError> {
        self.call("DescribeAvailabilityZones", self.aws.zone_state(zone)).await
    }

    async fn hosted_zone(&self, id: &str) -> Result<HostedZone, CloudError> {
        self.call("GetHostedZone", self.aws.hosted_zone(id)).await
    }

    async fn record(&self, zone: &str, name: &str) -> Result<Option<Record>, CloudError> {
        self.call("ListResourceRecordSets", self.aws.record(zone, name)).await
    }

    async fn instance(&self, id: &str) -> Result<Instance, CloudError> {
        self.call("DescribeInstances", self.aws.instance(id)).await
    }

    async fn create_route(&self, table: &str, destination: &str, eni: &str) -> Result<Receipt, CloudError> {
        self.call("CreateRoute", self.aws.create_route(table, destination, eni)).await
    }

    async fn delete_route(&self, table: &str, destination: &str) -> Result<Receipt, CloudError> {
        self.call("DeleteRoute", self.aws.delete_route(table, destination)).await
    }

    async fn replace_route(&self, table: &str, destination: &str, eni: &str) -> Result<Receipt, CloudError> {
        let answer = self.call("ReplaceRoute", self.aws.replace_route(table, destination, eni)).await;
        self.world.note(&format!("{} ReplaceRoute {table} {eni} {}", self.server, answer.is_ok()));
        answer
    }

    async fn associate_address(&self, allocation: &str, eni: &str) -> Result<Receipt, CloudError> {
        self.call("AssociateAddress", self.aws.associate_address(allocation, eni)).await
    }

    async fn disassociate_address(&self, association: &str) -> Result<Receipt, CloudError> {
        self.call("DisassociateAddress", self.aws.disassociate_address(association)).await
    }

    async fn upsert_record(&self, zone: &str, record: &Record) -> Result<Receipt, CloudError> {
        self.call("ChangeResourceRecordSets", self.aws.upsert_record(zone, record)).await
    }

    async fn delete_record(&self, zone: &str, record: &Record) -> Result<Receipt, CloudError> {
        self.call("ChangeResourceRecordSets", self.aws.delete_record(zone, record)).await
    }

    async fn stop_instance(&self, id: &str) -> Result<Receipt, CloudError> {
        self.call("StopInstances", self.aws.stop_instance(id)).await
    }
}

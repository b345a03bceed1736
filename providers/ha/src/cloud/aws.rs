//! AWS through its SDK: one attempt per call, errors by what they mean.

use std::net::Ipv4Addr;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_ec2::config::http::HttpResponse;
use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ec2::operation::RequestId;
use aws_sdk_ec2::types::{AvailabilityZoneState, Filter, RouteState, Tag, VpcCidrBlockStateCode};
use aws_sdk_route53::types::{Change, ChangeAction, ChangeBatch, ResourceRecord, ResourceRecordSet, RrType};
use plumb_aws_delivery::{Config, Connection, client, connect};
use plumb_engine::diagnostic::Diagnostics;

use super::{
    Address, Cloud, CloudError, ErrorKind, HostedZone, Instance, NetworkInterface, Receipt, Record, Route, RouteTable,
    Vpc, ZoneState,
};

/// Longest time for one attempt; repetitions are counted by whoever calls.
const ATTEMPT: Duration = Duration::from_secs(30);

/// EC2 of a region and Route 53.
#[derive(Clone, Debug)]
pub struct Aws {
    ec2: aws_sdk_ec2::Client,
    route53: aws_sdk_route53::Client,
    connection: Connection,
}

impl Aws {
    /// Finds region and credentials as the SDK does (environment, profiles, the instance's role).
    ///
    /// # Errors
    /// There is no region, or there are no credentials.
    pub async fn connect(region: Option<&str>) -> Result<Self, Diagnostics> {
        Ok(Self::new(&connection(region).await?))
    }

    /// The clients of a connection, which should send each call once.
    pub fn new(connection: &Connection) -> Self {
        let ec2 = client!(aws_sdk_ec2, connection, "ec2");
        let route53 = client!(aws_sdk_route53, connection, "route53");
        Self { ec2, route53, connection: connection.clone() }
    }

    async fn change(&self, zone: &str, action: ChangeAction, record: &Record) -> Result<Receipt, CloudError> {
        const OPERATION: &str = "ChangeResourceRecordSets";
        let built = || {
            let values = record.values.iter().map(|it| ResourceRecord::builder().value(it).build());
            let set = ResourceRecordSet::builder()
                .name(&record.name)
                .r#type(RrType::A)
                .ttl(i64::from(record.ttl))
                .set_resource_records(Some(values.collect::<Result<_, _>>()?))
                .build()?;
            let change = Change::builder().action(action).resource_record_set(set).build()?;
            ChangeBatch::builder().changes(change).build()
        };
        let batch = built().map_err(|error| invalid(OPERATION, &error.to_string()))?;
        let call = self.route53.change_resource_record_sets().hosted_zone_id(zone).change_batch(batch);
        let answer = call.send().await.map_err(|error| failed(OPERATION, &error))?;
        let made = answer.change_info().map(|it| it.id().to_owned());
        Ok(Receipt { request_id: answer.request_id().map(str::to_owned), made })
    }
}

/// A connection whose calls are sent once and answered within seconds.
///
/// # Errors
/// There is no region, or there are no credentials.
pub async fn connection(region: Option<&str>) -> Result<Connection, Diagnostics> {
    let config = Config {
        region: region.map(str::to_owned),
        max_retries: Some(1),
        answer_limit: Some(ATTEMPT),
        ..Config::default()
    };
    connect(&config).await
}

#[async_trait]
impl Cloud for Aws {
    async fn vpc(&self, id: &str) -> Result<Vpc, CloudError> {
        const OPERATION: &str = "DescribeVpcs";
        let answer = self.ec2.describe_vpcs().vpc_ids(id).send().await.map_err(|it| failed(OPERATION, &it))?;
        let vpc = answer.vpcs().first().ok_or_else(|| missing(OPERATION, "vpc ID", id))?;
        let associated = vpc.cidr_block_association_set().iter().filter(|it| {
            let state = it.cidr_block_state().and_then(|it| it.state());
            matches!(state, None | Some(VpcCidrBlockStateCode::Associated | VpcCidrBlockStateCode::Associating))
        });
        let cidrs = associated.filter_map(|it| it.cidr_block()).chain(vpc.cidr_block());
        let mut cidrs: Vec<ipnet::Ipv4Net> = cidrs.filter_map(|it| it.parse().ok()).collect();
        cidrs.sort_unstable();
        cidrs.dedup();
        let attribute = aws_sdk_ec2::types::VpcAttributeName::EnableDnsSupport;
        let answer = self.ec2.describe_vpc_attribute().vpc_id(id).attribute(attribute).send().await;
        // The role of servers may not ask, and need not know.
        let dns_support = match answer {
            Ok(answer) => answer.enable_dns_support().and_then(|it| it.value()).unwrap_or(true),
            Err(_) => true,
        };
        Ok(Vpc { id: id.to_owned(), cidrs, dns_support })
    }

    async fn network_interface(&self, id: &str) -> Result<NetworkInterface, CloudError> {
        const OPERATION: &str = "DescribeNetworkInterfaces";
        let call = self.ec2.describe_network_interfaces().network_interface_ids(id);
        let answer = call.send().await.map_err(|it| failed(OPERATION, &it))?;
        let found = answer.network_interfaces().first().ok_or_else(|| missing(OPERATION, "networkInterface ID", id))?;
        let others = found.private_ip_addresses().iter().filter(|it| it.primary() != Some(true));
        let ips = found.private_ip_address().into_iter().chain(others.filter_map(|it| it.private_ip_address()));
        Ok(NetworkInterface {
            id: id.to_owned(),
            vpc_id: found.vpc_id().unwrap_or_default().to_owned(),
            subnet_id: found.subnet_id().unwrap_or_default().to_owned(),
            instance_id: found.attachment().and_then(|it| it.instance_id()).map(str::to_owned),
            source_dest_check: found.source_dest_check().unwrap_or(true),
            private_ips: ips.filter_map(|it| it.parse().ok()).collect(),
            mac: found.mac_address().map(str::to_owned),
            tags: found.tag_set().iter().filter_map(pair).collect(),
        })
    }

    async fn route_tables(&self, vpc: &str) -> Result<Vec<RouteTable>, CloudError> {
        const OPERATION: &str = "DescribeRouteTables";
        let call = self.ec2.describe_route_tables().filters(filter("vpc-id", vpc));
        let all: Result<Vec<_>, _> = call.into_paginator().items().send().try_collect().await;
        let all = all.map_err(|it| failed(OPERATION, &it))?;
        Ok(all.iter().map(route_table).collect())
    }

    async fn address(&self, allocation: &str) -> Result<Address, CloudError> {
        const OPERATION: &str = "DescribeAddresses";
        let call = self.ec2.describe_addresses().allocation_ids(allocation);
        let answer = call.send().await.map_err(|it| failed(OPERATION, &it))?;
        let found = answer.addresses().iter().find_map(address);
        found.ok_or_else(|| missing(OPERATION, "allocation ID", allocation))
    }

    async fn addresses_of_interface(&self, eni: &str) -> Result<Vec<Address>, CloudError> {
        const OPERATION: &str = "DescribeAddresses";
        let call = self.ec2.describe_addresses().filters(filter("network-interface-id", eni));
        let answer = call.send().await.map_err(|it| failed(OPERATION, &it))?;
        Ok(answer.addresses().iter().filter_map(address).collect())
    }

    async fn zone_state(&self, zone: &str) -> Result<Option<ZoneState>, CloudError> {
        const OPERATION: &str = "DescribeAvailabilityZones";
        let answer = match self.ec2.describe_availability_zones().zone_names(zone).send().await {
            Ok(answer) => answer,
            Err(error) => {
                let error = failed(OPERATION, &error);
                // The code is the one of any wrong parameter; only the text tells that the zone is unknown.
                let unknown = error.message.contains("Invalid availability zone");
                return if unknown { Ok(None) } else { Err(error) };
            }
        };
        Ok(answer.availability_zones().first().and_then(|it| it.state()).map(|state| match state {
            AvailabilityZoneState::Available => ZoneState::Available,
            AvailabilityZoneState::Information => ZoneState::Information,
            AvailabilityZoneState::Impaired => ZoneState::Impaired,
            AvailabilityZoneState::Unavailable => ZoneState::Unavailable,
            AvailabilityZoneState::Constrained => ZoneState::Constrained,
            other => ZoneState::Other(other.as_str().to_owned()),
        }))
    }

    async fn hosted_zone(&self, id: &str) -> Result<HostedZone, CloudError> {
        const OPERATION: &str = "GetHostedZone";
        let answer = self.route53.get_hosted_zone().id(id).send().await.map_err(|it| failed(OPERATION, &it))?;
        let zone = answer.hosted_zone().ok_or_else(|| missing(OPERATION, "hosted zone", id))?;
        Ok(HostedZone {
            id: id.to_owned(),
            name: zone.name().to_owned(),
            private: zone.config().is_some_and(|it| it.private_zone()),
            vpcs: answer.vpcs().iter().filter_map(|it| it.vpc_id()).map(str::to_owned).collect(),
        })
    }

    async fn record(&self, zone: &str, name: &str) -> Result<Option<Record>, CloudError> {
        const OPERATION: &str = "ListResourceRecordSets";
        let call = self.route53.list_resource_record_sets().hosted_zone_id(zone);
        let call = call.start_record_name(name).start_record_type(RrType::A).max_items(1);
        let answer = call.send().await.map_err(|it| failed(OPERATION, &it))?;
        // Where there is no such record, the answer is the next one.
        let same = |it: &&ResourceRecordSet| it.name().eq_ignore_ascii_case(name) && *it.r#type() == RrType::A;
        Ok(answer.resource_record_sets().first().filter(same).map(|it| Record {
            name: it.name().to_owned(),
            ttl: it.ttl().and_then(|it| u32::try_from(it).ok()).unwrap_or_default(),
            values: it.resource_records().iter().map(|it| it.value().to_owned()).collect(),
        }))
    }

    async fn instance(&self, id: &str) -> Result<Instance, CloudError> {
        const OPERATION: &str = "DescribeInstances";
        let answer = self.ec2.describe_instances().instance_ids(id).send().await;
        let answer = answer.map_err(|it| failed(OPERATION, &it))?;
        let found = answer.reservations().iter().flat_map(|it| it.instances()).next();
        let found = found.ok_or_else(|| missing(OPERATION, "instance ID", id))?;
        Ok(Instance {
            id: id.to_owned(),
            state: found.state().and_then(|it| it.name()).map(|it| it.as_str().to_owned()).unwrap_or_default(),
            name: name_tag(found.tags()),
        })
    }

    async fn create_route(&self, table: &str, destination: &str, eni: &str) -> Result<Receipt, CloudError> {
        let call = self.ec2.create_route().route_table_id(table).destination_cidr_block(destination);
        let answer = call.network_interface_id(eni).send().await.map_err(|it| {
            let error = failed("CreateRoute", &it);
            let exists = error.code.as_deref() == Some("RouteAlreadyExists");
            CloudError { kind: if exists { ErrorKind::Conflict } else { error.kind }, ..error }
        })?;
        Ok(Receipt { request_id: answer.request_id().map(str::to_owned), made: None })
    }

    async fn delete_route(&self, table: &str, destination: &str) -> Result<Receipt, CloudError> {
        let call = self.ec2.delete_route().route_table_id(table).destination_cidr_block(destination);
        let answer = call.send().await.map_err(|it| {
            let error = failed("DeleteRoute", &it);
            let gone = error.code.as_deref() == Some("InvalidRoute.NotFound");
            CloudError { kind: if gone { ErrorKind::NotFound } else { error.kind }, ..error }
        })?;
        Ok(Receipt { request_id: answer.request_id().map(str::to_owned), made: None })
    }

    async fn replace_route(&self, table: &str, destination: &str, eni: &str) -> Result<Receipt, CloudError> {
        let call = self.ec2.replace_route().route_table_id(table).destination_cidr_block(destination);
        let answer = call.network_interface_id(eni).send().await.map_err(|it| failed("ReplaceRoute", &it))?;
        Ok(Receipt { request_id: answer.request_id().map(str::to_owned), made: None })
    }

    async fn associate_address(&self, allocation: &str, eni: &str) -> Result<Receipt, CloudError> {
        let call = self.ec2.associate_address().allocation_id(allocation).network_interface_id(eni);
        // Said explicitly: what its absence means is not the same everywhere.
        let answer = call.allow_reassociation(true).send().await.map_err(|it| failed("AssociateAddress", &it))?;
        let made = answer.association_id().map(str::to_owned);
        Ok(Receipt { request_id: answer.request_id().map(str::to_owned), made })
    }

    async fn disassociate_address(&self, association: &str) -> Result<Receipt, CloudError> {
        let call = self.ec2.disassociate_address().association_id(association);
        let answer = call.send().await.map_err(|it| failed("DisassociateAddress", &it))?;
        Ok(Receipt { request_id: answer.request_id().map(str::to_owned), made: None })
    }

    async fn upsert_record(&self, zone: &str, record: &Record) -> Result<Receipt, CloudError> {
        self.change(zone, ChangeAction::Upsert, record).await
    }

    async fn delete_record(&self, zone: &str, record: &Record) -> Result<Receipt, CloudError> {
        self.change(zone, ChangeAction::Delete, record).await.map_err(|error| {
            // Its only change names a record by its values: they are others by now.
            let gone = matches!(error.code.as_deref(), Some("InvalidChangeBatch" | "InvalidInput"));
            CloudError { kind: if gone { ErrorKind::Conflict } else { error.kind }, ..error }
        })
    }

    async fn stop_instance(&self, id: &str) -> Result<Receipt, CloudError> {
        let answer = self.ec2.stop_instances().instance_ids(id).force(true).send().await;
        let answer = answer.map_err(|it| failed("StopInstances", &it))?;
        Ok(Receipt { request_id: answer.request_id().map(str::to_owned), made: None })
    }

    fn sent(&self) -> u64 {
        self.connection.sent()
    }
}

fn filter(name: &str, value: &str) -> Filter {
    Filter::builder().name(name).values(value).build()
}

fn pair(tag: &Tag) -> Option<(String, String)> {
    Some((tag.key()?.to_owned(), tag.value().unwrap_or_default().to_owned()))
}

fn name_tag(tags: &[Tag]) -> Option<String> {
    tags.iter().find(|it| it.key() == Some("Name")).and_then(|it| it.value()).map(str::to_owned)
}

fn route_table(table: &aws_sdk_ec2::types::RouteTable) -> RouteTable {
    let routes = table.routes().iter().filter_map(|it| {
        let other = [it.gateway_id(), it.nat_gateway_id(), it.transit_gateway_id(), it.vpc_peering_connection_id()];
        let other = other.into_iter().chain([it.instance_id()]).flatten().next();
        let eni = it.network_interface_id().map(str::to_owned);
        Some(Route {
            destination: it.destination_cidr_block()?.to_owned(),
            other_target: if eni.is_some() { None } else { other.map(str::to_owned) },
            eni,
            active: it.state() != Some(&RouteState::Blackhole),
        })
    });
    let id = table.route_table_id().unwrap_or_default().to_owned();
    RouteTable { id, name: name_tag(table.tags()), routes: routes.collect() }
}

fn address(it: &aws_sdk_ec2::types::Address) -> Option<Address> {
    Some(Address {
        allocation_id: it.allocation_id()?.to_owned(),
        public_ip: it.public_ip()?.parse::<Ipv4Addr>().ok()?,
        association_id: it.association_id().filter(|it| !it.is_empty()).map(str::to_owned),
        eni: it.network_interface_id().filter(|it| !it.is_empty()).map(str::to_owned),
        private_ip: it.private_ip_address().and_then(|it| it.parse().ok()),
    })
}

fn missing(operation: &str, what: &str, id: &str) -> CloudError {
    CloudError::new(ErrorKind::NotFound, operation, None, format!("The {what} '{id}' does not exist"))
}

fn invalid(operation: &str, message: &str) -> CloudError {
    CloudError::new(ErrorKind::Invalid, operation, None, message)
}

/// An SDK error by what it means.
pub(crate) fn failed<E>(operation: &str, error: &SdkError<E, HttpResponse>) -> CloudError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let service = error.as_service_error();
    let code = service.and_then(ProvideErrorMetadata::code);
    let status = error.raw_response().map(|it| it.status().as_u16());
    let request_id = service.and_then(|it| it.meta().extra("aws_request_id")).map(str::to_owned);
    let kind = match error {
        SdkError::TimeoutError(_) => ErrorKind::Timeout,
        SdkError::DispatchFailure(failure) if failure.is_timeout() => ErrorKind::Timeout,
        SdkError::ServiceError(_) => kind_of(code, status),
        SdkError::ConstructionFailure(_) => ErrorKind::Invalid,
        _ => ErrorKind::Unreachable,
    };
    let message = match service.and_then(ProvideErrorMetadata::message) {
        Some(message) => message.to_owned(),
        None => chain(error),
    };
    CloudError { request_id, ..CloudError::new(kind, operation, code, message) }
}

fn kind_of(code: Option<&str>, status: Option<u16>) -> ErrorKind {
    match code.unwrap_or_default() {
        "RequestLimitExceeded"
        | "Throttling"
        | "ThrottlingException"
        | "PriorRequestNotComplete"
        | "SlowDown"
        | "ProvisionedThroughputExceededException"
        | "TooManyRequestsException" => ErrorKind::Throttled,
        "UnauthorizedOperation"
        | "AccessDenied"
        | "AccessDeniedException"
        | "AuthFailure"
        | "ExpiredToken"
        | "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "SignatureDoesNotMatch" => ErrorKind::Denied,
        code if code.contains("NotFound") || code.starts_with("NoSuch") || code.ends_with(".Malformed") => {
            ErrorKind::NotFound
        }
        _ if status.is_some_and(|it| it >= 500) => ErrorKind::Unreachable,
        _ if status == Some(429) => ErrorKind::Throttled,
        _ => ErrorKind::Invalid,
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text = format!("{text}: {source}");
        next = source.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_decide_what_errors_mean() {
        assert_eq!(kind_of(Some("RequestLimitExceeded"), Some(503)), ErrorKind::Throttled);
        assert_eq!(kind_of(Some("Throttling"), Some(400)), ErrorKind::Throttled);
        assert_eq!(kind_of(Some("UnauthorizedOperation"), Some(403)), ErrorKind::Denied);
        assert_eq!(kind_of(Some("InvalidAllocationID.NotFound"), Some(400)), ErrorKind::NotFound);
        assert_eq!(kind_of(Some("NoSuchHostedZone"), Some(404)), ErrorKind::NotFound);
        assert_eq!(kind_of(None, Some(502)), ErrorKind::Unreachable);
        assert_eq!(kind_of(Some("InvalidParameterValue"), Some(400)), ErrorKind::Invalid);
    }
}

//! Records: one `UPSERT`, and a deletion that names what it deletes.

use std::time::Duration;

use tokio::time::timeout;

use super::resolver::Resolver;
use super::{Op, Purpose, call_failed};
use crate::cloud::{Cloud, CloudError, ErrorKind, Record};
use crate::errors::{Phase, Problem, Trouble};
use crate::group::{DnsRecord, Resource, Server};

/// How long a look at a record may hold up the addresses of its group, which can move without it.
const LOOK: Duration = Duration::from_secs(5);

/// The record as it is, if Route 53 says so soon.
///
/// # Errors
/// It does not, or refuses.
pub async fn observe(dns: &DnsRecord, cloud: &dyn Cloud) -> Result<Option<Record>, CloudError> {
    let late = |_| {
        let message = format!("there was no answer within {} seconds", LOOK.as_secs());
        Err(CloudError::new(ErrorKind::Timeout, "ListResourceRecordSets", None, message))
    };
    timeout(LOOK, cloud.record(&dns.zone_id, &dns.name)).await.unwrap_or_else(late)
}

/// Checks that the zone is there and the server has an address. A silent Route 53 is a warning: the record follows later.
///
/// # Errors
/// The record cannot become the server's.
pub async fn check(
    resource: &Resource,
    dns: &DnsRecord,
    server: &Server,
    cloud: &dyn Cloud,
) -> Result<Vec<Trouble>, Trouble> {
    wanted(resource, dns, server)?;
    match observe(dns, cloud).await {
        Ok(_) => Ok(Vec::new()),
        Err(error) if error.kind.is_transient() => Ok(vec![call_failed(resource, Phase::Activating, error).warning()]),
        Err(error) => Err(call_failed(resource, Phase::Activating, error)),
    }
}

/// One `UPSERT`, unless the record is right already.
///
/// # Errors
/// The manifest gives the server no address.
pub fn activation(
    resource: &Resource,
    dns: &DnsRecord,
    server: &Server,
    found: Option<&Record>,
) -> Result<Vec<Op>, Trouble> {
    let record = wanted(resource, dns, server)?;
    if found == Some(&record) {
        return Ok(Vec::new());
    }
    Ok(vec![Op::Upsert { zone: dns.zone_id.clone(), record }])
}

/// Deletes the record with its live values when the group stops, if it is asked for and the record is the server's own.
/// For a move the next server replaces it: the name never is without an address.
pub fn deactivation(dns: &DnsRecord, server: &Server, found: Option<&Record>, purpose: Purpose) -> Vec<Op> {
    match (found, dns.address(server)) {
        (Some(record), Some(own)) if dns.delete_on_deactivate && purpose == Purpose::Stop && record.says(own) => {
            vec![Op::Delete { zone: dns.zone_id.clone(), record: record.clone() }]
        }
        _ => Vec::new(),
    }
}

fn wanted(resource: &Resource, dns: &DnsRecord, server: &Server) -> Result<Record, Trouble> {
    let Some(ip) = dns.address(server) else {
        let trouble = Trouble::new(Problem::DnsNoValue, Phase::Activating, &resource.name);
        return Err(trouble.with("server", &server.name));
    };
    Ok(Record { name: dns.name.clone(), ttl: dns.ttl, values: vec![ip.to_string()] })
}

/// Looks at the record, and at what the name resolves to where a resolver is given.
///
/// # Errors
/// The trouble that is found.
pub async fn monitor(
    resource: &Resource,
    dns: &DnsRecord,
    server: &Server,
    resolver: Option<&dyn Resolver>,
    cloud: &dyn Cloud,
) -> Result<(), Trouble> {
    let trouble = |problem| Trouble::new(problem, Phase::Monitoring, &resource.name).with("name", &dns.name);
    let found = cloud.record(&dns.zone_id, &dns.name).await;
    let found = found.map_err(|error| call_failed(resource, Phase::Monitoring, error))?;
    let wanted = dns.address(server).map(|it| it.to_string()).unwrap_or_default();
    let Some(record) = found else {
        return Err(trouble(Problem::DnsGone).with("zone", &dns.zone_id));
    };
    if *record.values != [wanted.clone()] {
        let found = record.values.join(", ");
        return Err(trouble(Problem::DnsChanged).with("found", found).with("wanted", wanted));
    }
    let Some(resolver) = resolver.filter(|_| dns.check_resolution) else { return Ok(()) };
    match resolver.resolve(&dns.name).await {
        Err(reason) => Err(trouble(Problem::DnsUnresolved).with("reason", reason)),
        Ok(found) if found.iter().any(|it| it.to_string() == wanted) => Ok(()),
        Ok(found) => {
            let found = found.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            Err(trouble(Problem::DnsWrongAnswer).with("found", found).with("wanted", wanted))
        }
    }
}

//! Virtual IP addresses: one host route in every table of the VPC that has it.

use super::{Op, call_failed};
use crate::cloud::{Cloud, CloudError, NetworkInterface, RouteTable};
use crate::errors::{Phase, Problem, Trouble};
use crate::group::{Resource, Server, VirtualIp};

/// The tables of the VPC that have the route, declared or not: all of them move, and only those.
///
/// # Errors
/// They could not be read.
pub async fn observe(vip: &VirtualIp, cloud: &dyn Cloud) -> Result<Vec<RouteTable>, CloudError> {
    let destination = vip.destination();
    let mut tables = cloud.route_tables(&vip.vpc_id).await?;
    tables.retain(|it| it.route(&destination).is_some());
    Ok(tables)
}

/// Checks network, address and interface. What would let activation succeed and clients fail is a warning.
///
/// # Errors
/// The address cannot become active there.
pub async fn check(
    resource: &Resource,
    vip: &VirtualIp,
    server: &Server,
    cloud: &dyn Cloud,
) -> Result<Vec<Trouble>, Trouble> {
    let trouble = |problem| Trouble::new(problem, Phase::Activating, &resource.name);
    let failed = |error| call_failed(resource, Phase::Activating, error);
    let vpc = cloud.vpc(&vip.vpc_id).await.map_err(failed)?;
    if let Some(cidr) = vpc.cidrs.iter().find(|it| it.contains(&vip.ip)) {
        return Err(trouble(Problem::VipInVpc).with("ip", vip.ip.to_string()).with("cidr", cidr.to_string()));
    }
    let interface = cloud.network_interface(vip.interface(server)).await.map_err(failed)?;
    fits(resource, server, &interface, Some(&vip.vpc_id))?;
    let mut warnings = Vec::new();
    if interface.source_dest_check {
        warnings.push(trouble(Problem::VipCheck).with("id", &interface.id).warning());
    }
    Ok(warnings)
}

/// Whether an interface is what the manifest says of it.
pub(super) fn fits(
    resource: &Resource,
    server: &Server,
    interface: &NetworkInterface,
    vpc: Option<&str>,
) -> Result<(), Trouble> {
    let reason = match &interface.instance_id {
        _ if vpc.is_some_and(|it| it != interface.vpc_id) => format!("it is in {}", interface.vpc_id),
        None => "it is attached to no instance".to_owned(),
        Some(instance) if *instance != server.instance_id => format!("it is attached to {instance}"),
        Some(_) => return Ok(()),
    };
    let trouble = Trouble::new(Problem::WrongInterface, Phase::Activating, &resource.name);
    Err(trouble.with("id", &interface.id).with("server", &server.name).with("reason", reason))
}

/// One write per table whose route is not the server's yet.
///
/// # Errors
/// No table has the route.
pub fn activation(
    resource: &Resource,
    vip: &VirtualIp,
    server: &Server,
    tables: &[RouteTable],
) -> Result<Vec<Op>, Trouble> {
    let destination = vip.destination();
    if tables.is_empty() {
        let trouble = Trouble::new(Problem::VipNoRoute, Phase::Activating, &resource.name);
        return Err(trouble.with("vpc", &vip.vpc_id).with("destination", destination));
    }
    let eni = vip.interface(server);
    // A black hole that already names the interface ends when the instance runs; writing it again changes nothing.
    let wrong = tables.iter().filter(|it| it.route(&destination).is_some_and(|it| it.eni.as_deref() != Some(eni)));
    let op = |table: &RouteTable| Op::ReplaceRoute {
        vpc: vip.vpc_id.clone(),
        table: table.id.clone(),
        destination: destination.clone(),
        eni: eni.to_owned(),
    };
    Ok(wrong.map(op).collect())
}

/// Looks whether every route leads to the server, and whether the address is on it where that is known.
///
/// # Errors
/// The trouble that is found.
pub async fn monitor(
    resource: &Resource,
    vip: &VirtualIp,
    server: &Server,
    on_server: Option<bool>,
    cloud: &dyn Cloud,
) -> Result<(), Trouble> {
    let trouble = |problem| Trouble::new(problem, Phase::Monitoring, &resource.name).with("ip", vip.ip.to_string());
    if on_server == Some(false) {
        return Err(trouble(Problem::VipNotLocal));
    }
    let destination = vip.destination();
    let tables = observe(vip, cloud).await.map_err(|error| call_failed(resource, Phase::Monitoring, error))?;
    if tables.is_empty() {
        let trouble = trouble(Problem::VipNoRoute);
        return Err(trouble.with("vpc", &vip.vpc_id).with("destination", destination));
    }
    let eni = vip.interface(server);
    let wrong = tables.iter().filter_map(|table| {
        let route = table.route(&destination)?;
        let target = route.eni.as_deref().or(route.other_target.as_deref()).unwrap_or("nothing");
        match (target == eni, route.active) {
            (true, true) => None,
            (true, false) => Some(format!("{} → {target} (black hole)", table.id)),
            (false, _) => Some(format!("{} → {target}", table.id)),
        }
    });
    let wrong: Vec<String> = wrong.collect();
    match &*wrong {
        [] => Ok(()),
        _ => Err(trouble(Problem::VipRoute).with("targets", wrong.join(", "))),
    }
}

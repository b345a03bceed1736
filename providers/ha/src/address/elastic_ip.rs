//! Elastic IP addresses: one association that moves in a single call.

use super::virtual_ip::fits;
use super::{Op, Purpose, call_failed};
use crate::cloud::{Address, Cloud};
use crate::errors::{Phase, Problem, Trouble};
use crate::group::{ElasticIp, Resource, Server};

/// Checks allocation and interface.
///
/// # Errors
/// The address cannot become active there, or would displace another.
pub async fn check(
    resource: &Resource,
    eip: &ElasticIp,
    server: &Server,
    cloud: &dyn Cloud,
) -> Result<Vec<Trouble>, Trouble> {
    let failed = |error| call_failed(resource, Phase::Activating, error);
    cloud.address(&eip.allocation_id).await.map_err(failed)?;
    let eni = eip.interface(server);
    let interface = cloud.network_interface(eni).await.map_err(failed)?;
    fits(resource, server, &interface, None)?;
    let primary = interface.private_ips.first().copied();
    let others = cloud.addresses_of_interface(eni).await.map_err(failed)?;
    let displaced = |it: &&Address| it.allocation_id != eip.allocation_id && it.private_ip == primary;
    if let Some(other) = others.iter().find(displaced) {
        let trouble = Trouble::new(Problem::EipOccupied, Phase::Activating, &resource.name);
        return Err(trouble.with("id", eni).with("held", format!("{} ({})", other.public_ip, other.allocation_id)));
    }
    Ok(Vec::new())
}

/// One association, unless it is there already. Whoever had the address loses it in the same moment.
pub fn activation(eip: &ElasticIp, server: &Server, address: &Address) -> Vec<Op> {
    let eni = eip.interface(server);
    if address.eni.as_deref() == Some(eni) {
        return Vec::new();
    }
    vec![Op::Associate { allocation: eip.allocation_id.clone(), eni: eni.to_owned() }]
}

/// Ends the server's own association when the group stops; for a move, the next server takes it.
pub fn deactivation(eip: &ElasticIp, server: &Server, address: &Address, purpose: Purpose) -> Vec<Op> {
    match &address.association_id {
        Some(association) if purpose == Purpose::Stop && address.eni.as_deref() == Some(eip.interface(server)) => {
            let (allocation, association) = (eip.allocation_id.clone(), association.clone());
            vec![Op::Disassociate { allocation, association }]
        }
        _ => Vec::new(),
    }
}

/// Looks whether the address is the server's.
///
/// # Errors
/// The trouble that is found.
pub async fn monitor(resource: &Resource, eip: &ElasticIp, server: &Server, cloud: &dyn Cloud) -> Result<(), Trouble> {
    let address = cloud.address(&eip.allocation_id).await;
    let address = address.map_err(|error| call_failed(resource, Phase::Monitoring, error))?;
    if address.eni.as_deref() == Some(eip.interface(server)) {
        return Ok(());
    }
    let held = address.eni.unwrap_or_else(|| "no interface".to_owned());
    let trouble = Trouble::new(Problem::EipGone, Phase::Monitoring, &resource.name);
    Err(trouble.with("id", &eip.allocation_id).with("held", held))
}

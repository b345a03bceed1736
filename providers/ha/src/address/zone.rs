//! The availability zone of a server, as AWS sees it.

use crate::cloud::{Cloud, ErrorKind, ZoneState};
use crate::errors::{Phase, Problem, Trouble};
use crate::group::Server;

/// Looks at the zone of a server: its own, so that every server asks for itself.
///
/// # Errors
/// The trouble that is found; a warning where the zone works in part.
pub async fn monitor(name: &str, server: &Server, cloud: &dyn Cloud) -> Result<(), Trouble> {
    let zone = &server.availability_zone;
    let trouble = |problem| Trouble::new(problem, Phase::Monitoring, name).with("id", zone);
    let state = cloud.zone_state(zone).await.map_err(|error| {
        let late = error.kind == ErrorKind::Timeout;
        trouble(if late { Problem::ZoneTimeout } else { Problem::ZoneCall }).because(error)
    })?;
    let disturbed = |state: &str| trouble(Problem::ZoneDisturbed).with("state", state);
    match state {
        None => Err(trouble(Problem::ZoneInvalid)),
        Some(ZoneState::Available | ZoneState::Information) => Ok(()),
        Some(ZoneState::Impaired) => Err(disturbed("impaired").warning()),
        Some(ZoneState::Constrained) => Err(disturbed("constrained").warning()),
        Some(ZoneState::Other(state)) => Err(disturbed(&state).warning()),
        Some(ZoneState::Unavailable) => Err(disturbed("unavailable")),
    }
}

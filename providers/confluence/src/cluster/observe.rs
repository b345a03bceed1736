//! The cluster as it is: what Confluence tells, joined with the machines of its group by their addresses.

use plumb_engine::provider::ProviderError;
use plumb_engine::provider::typed::Result;

use super::{Cluster, NodeView};
use crate::fleet::{Group, Life};
use crate::rest::{ClusterOverview, Confluence, NodeState, RestError, Stage};
use crate::session::Session;
use crate::version::Version;

/// The state of a cluster that does not answer.
pub(crate) const UNREACHABLE: &str = "UNREACHABLE";

/// The state of a cluster that does not tell.
const UNKNOWN: &str = "UNKNOWN";

/// The state of a cluster whose setup wizard waits for a person.
const FIRST_RUN: &str = "FIRST_RUN";

/// What Confluence tells of itself.
struct Told {
    version: String,
    state: String,
    overview: Option<ClusterOverview>,
}

/// The cluster with its version, state and nodes as they are now. What does not answer is not gone: it keeps the version
/// that it was last seen with.
///
/// # Errors
/// The login is not accepted, the machines cannot be listed, or an import names what does not answer.
pub(crate) async fn observe(session: &Session, known: &Cluster) -> Result<Cluster> {
    let confluence = session.confluence(known).await?;
    let group = match &known.node_group {
        // One that somebody has deleted has no machines; its own resource says that it is gone.
        Some(group) => session.fleet().find_group(&group.name).await?,
        None => None,
    };
    let told = match told(&confluence).await {
        Ok(told) => told,
        Err(error) if error.is_passing() && !known.version.is_empty() => {
            Told { version: known.version.clone(), state: UNREACHABLE.into(), overview: None }
        }
        // Before its setup wizard is done, a site tells nothing but that.
        Err(_) if !known.version.is_empty() && is_first_run(&confluence, known).await => {
            Told { version: known.version.clone(), state: FIRST_RUN.into(), overview: None }
        }
        Err(error) => return Err(failed(known, &error)),
    };
    let nodes = views(group.as_ref(), told.overview.as_ref());
    Ok(Cluster { version: told.version, cluster_state: told.state, nodes, ..known.clone() })
}

async fn is_first_run(confluence: &Confluence, known: &Cluster) -> bool {
    confluence.stage(&known.health_path).await == Ok(Stage::FirstRun)
}

async fn told(confluence: &Confluence) -> std::result::Result<Told, RestError> {
    if confluence.has_login() {
        match confluence.overview().await {
            Ok(overview) => {
                let version = match version_of(&overview) {
                    Some(version) => version,
                    None => confluence.version().await?,
                };
                return Ok(Told { version, state: overview.state.to_string(), overview: Some(overview) });
            }
            // Older versions and licences without clustering have no such page, and still tell their version.
            Err(RestError::Missing { .. } | RestError::Forbidden { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Told { version: confluence.version().await?, state: UNKNOWN.into(), overview: None })
}

/// The version of a cluster: until a rolling upgrade is finalized, the one that it began from; else the lowest that a
/// node runs.
pub(crate) fn version_of(overview: &ClusterOverview) -> Option<String> {
    if overview.upgrade_mode_enabled && Version::parse(&overview.original_version).is_some() {
        return Some(overview.original_version.clone());
    }
    let alive = overview.nodes.iter().filter(|it| it.state != NodeState::Offline);
    alive.filter_map(|it| Version::parse(&it.version)).min().map(|it| it.to_string())
}

fn views(group: Option<&Group>, overview: Option<&ClusterOverview>) -> Vec<NodeView> {
    let nodes = overview.map(|it| it.nodes.as_slice()).unwrap_or_default();
    let machines = group.map(|it| it.instances.as_slice()).unwrap_or_default();
    let machines = machines.iter().filter(|it| !matches!(it.life, Life::Terminating | Life::Lost));
    let mut views: Vec<NodeView> = machines
        .map(|machine| {
            let node = nodes.iter().find(|it| !it.ip_address.is_empty() && it.ip_address == machine.address);
            NodeView {
                instance: machine.id.clone(),
                address: machine.address.clone(),
                state: node.map(|it| it.state.to_string()).unwrap_or_default(),
                version: node.map(|it| it.version.clone()).unwrap_or_default(),
                template_version: machine.template_version.clone().unwrap_or_default(),
                tasks: node.map_or(0, |it| it.tasks_total),
            }
        })
        .collect();
    let strangers = nodes.iter().filter(|node| !views.iter().any(|it| it.address == node.ip_address));
    let strangers: Vec<NodeView> = strangers
        .filter(|it| it.state != NodeState::Offline)
        .map(|node| NodeView {
            address: node.ip_address.clone(),
            state: node.state.to_string(),
            version: node.version.clone(),
            tasks: node.tasks_total,
            ..NodeView::default()
        })
        .collect();
    views.extend(strangers);
    views
}

fn failed(known: &Cluster, error: &RestError) -> ProviderError {
    error.during(format!("reading the cluster at {}", known.base_url))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::{Instance, Sizes};

    fn overview(text: &str) -> ClusterOverview {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn the_version_is_the_old_one_until_the_upgrade_is_finalized() {
        let mixed = r#"{"state":"MIXED","upgradeModeEnabled":true,"originalVersion":"9.2.1","nodes":[
            {"id":"a","state":"ACTIVE","version":"9.2.3"}]}"#;
        assert_eq!(version_of(&overview(mixed)).as_deref(), Some("9.2.1"));
        let stable = r#"{"state":"STABLE","nodes":[{"id":"a","state":"ACTIVE","version":"9.10.0"},
            {"id":"b","state":"ACTIVE","version":"9.9.0"},{"id":"c","state":"OFFLINE","version":"9.2.0"}]}"#;
        assert_eq!(version_of(&overview(stable)).as_deref(), Some("9.9.0"));
        assert_eq!(version_of(&overview(r#"{"state":"STABLE"}"#)), None);
    }

    #[test]
    fn machines_and_nodes_are_joined_by_address() {
        let instance = |id: &str, address: &str| Instance {
            id: id.into(),
            address: address.into(),
            template_version: Some("4".into()),
            life: Life::Running,
        };
        let group = Group {
            sizes: Sizes::exactly(2),
            template: None,
            instances: vec![instance("i-1", "10.0.0.1"), instance("i-2", "10.0.0.2")],
        };
        let text = r#"{"state":"STABLE","nodes":[
            {"id":"a","ipAddress":"10.0.0.1","state":"ACTIVE","version":"9.2.1","tasksTotal":3},
            {"id":"b","ipAddress":"10.0.0.9","state":"ERROR","version":"9.2.1"},
            {"id":"c","ipAddress":"10.0.0.8","state":"OFFLINE"}]}"#;
        let views = views(Some(&group), Some(&overview(text)));
        let short: Vec<_> = views.iter().map(|it| (it.instance.as_str(), it.state.as_str(), it.tasks)).collect();
        assert_eq!(short, [("i-1", "ACTIVE", 3), ("i-2", "", 0), ("", "ERROR", 0)]);
    }
}

//! Taking back an upgrade that was begun, as long as that is possible.

use std::sync::Arc;

use plumb_engine::provider::typed::{Result, TypedClient};
use plumb_engine::provider::{ChangeSteps, Client, ProviderError};
use plumb_engine::value::Value;

use super::work::Work;
use crate::cluster::Cluster;
use crate::fleet::{Instance, Life, Template};
use crate::rest::{ClusterState, Confluence};
use crate::session::Session;
use crate::version::Version;

const ACTION: &str = "taking the upgrade back";

/// Brings a cluster back to what it was before its upgrade began: `object` is the cluster as the state has it, with the
/// templates and sizes from before, and `left` what is left of its upgrade. Returns what was done, as sentences.
///
/// # Errors
/// A node of the new version runs already, or something could not be asked or done.
pub async fn cancel(client: &dyn Client, object: &Value, left: &ChangeSteps) -> Result<Vec<String>> {
    let session = client.as_any().downcast_ref::<Arc<Session>>();
    let (Some(session), Some(known)) = (session, crate::parse::object::<Cluster>(object)) else {
        return Err(ProviderError::refused(ACTION, "the object is no cluster of this provider"));
    };
    if has_started(left) {
        return Err(begun("a node of the new version"));
    }
    take_back(&session.scoped(Some(object)), &known).await
}

/// Whether a lone node of the new version was started, which upgrades the data whatever became of it.
fn has_started(left: &ChangeSteps) -> bool {
    let done = left.steps.iter().take(left.done);
    done.filter_map(|it| Work::parse(&it.id)).any(|it| it == Work::First)
}

async fn take_back(session: &Session, known: &Cluster) -> Result<Vec<String>> {
    let confluence = session.confluence(known).await?;
    let mut done = Vec::new();
    if let Ok(overview) = confluence.overview().await {
        match overview.state {
            ClusterState::ReadyToUpgrade => done.push(turn_off(&confluence).await?),
            ClusterState::Stable if !overview.upgrade_mode_enabled => {}
            other => return Err(refused(other)),
        }
    }
    not_begun(session, known, &confluence).await?;
    for block in known.groups() {
        if let Some(template) = block.template() {
            session.fleet().use_template(&block.name, &template).await?;
            done.push(format!(
                "{} makes machines from version {} of {} again.",
                block.name, template.version, template.id
            ));
        }
        session.fleet().release(&block.name).await?;
        let (present, usual) = (session.fleet().group(&block.name).await?.sizes, block.usual());
        if (present.min, present.max) != (usual.min, usual.max) {
            session.fleet().resize(&block.name, usual).await?;
            done.push(format!("{} has its usual size of {usual} again.", block.name));
        }
    }
    Ok(done)
}

async fn turn_off(confluence: &Confluence) -> Result<String> {
    confluence.cancel_upgrade().await.map_err(|error| error.during("turning upgrade mode off (cancel)"))?;
    match confluence.state().await.map_err(|error| error.during("asking for the state of the cluster"))? {
        ClusterState::Stable => Ok("Upgrade mode is off, and the cluster is STABLE.".to_owned()),
        other => Err(refused(other)),
    }
}

/// No node of the new version was started: its upgrade tasks may have changed the data already.
async fn not_begun(session: &Session, known: &Cluster, confluence: &Confluence) -> Result<()> {
    let block = known.nodes_group()?;
    let group = session.fleet().group(&block.name).await?;
    // Machines of still older templates are old ones, too: what counts is the template that the upgrade has set.
    let set = group.template.as_ref().filter(|it| differs(it, block.template().as_ref()));
    let is_new = |it: &&Instance| set.is_some() && it.template_version.as_ref() == set.map(|it| &it.version);
    let new = group.instances.iter().filter(|it| it.life != Life::Terminating).find(is_new);
    let running = confluence.version().await.ok();
    let newer = running.as_deref().and_then(Version::parse) > Version::parse(&known.version);
    let Some(machine) = new.map(|it| it.id.clone()).or_else(|| newer.then(|| known.base_url.clone())) else {
        return Ok(());
    };
    Err(begun(&machine))
}

/// Whether a group has another template than it had before; the latest version may be the same.
fn differs(present: &Template, before: Option<&Template>) -> bool {
    before.is_some_and(|it| !it.version.starts_with('$') && it != present)
}

fn begun(what: &str) -> ProviderError {
    ProviderError::refused(ACTION, format!("{what} was started after the upgrade began"))
        .summary("Upgrade cannot be taken back")
        .help(
            "A node of the new version may have upgraded the data, and the old version does not run on them. Go on with \
             \"plumb confluence upgrade resume\". To go back for good, stop all nodes, restore the backups of the database \
             and of the shared home, and start the old version.",
        )
}

fn refused(state: ClusterState) -> ProviderError {
    let help = match state {
        ClusterState::Mixed => {
            "Upgrade mode cannot be turned off while nodes run different versions or one is in error. Go on with \"plumb \
             confluence upgrade resume\"; or replace each upgraded node by one of the old template, until the cluster is \
             READY_TO_UPGRADE, and cancel again. If a node is in error, stop it first."
        }
        ClusterState::ReadyToRunUpgradeTasks => {
            "All nodes run the new version. Go on with \"plumb confluence upgrade resume\", which finalizes the upgrade; or \
             replace each node by one of the old template, until the cluster is READY_TO_UPGRADE, and cancel again."
        }
        _ => "The upgrade is being finalized. Go on with \"plumb confluence upgrade resume\".",
    };
    ProviderError::refused(ACTION, format!("the cluster is {state}")).summary("Upgrade cannot be taken back").help(help)
}

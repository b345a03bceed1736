//! Carrying out steps: each reads how things are, decides, acts, and verifies, so that it can be done again at any time.

use std::future::Future;

use plumb_engine::provider::typed::Result;
use plumb_engine::provider::{PlannedStep, ProviderError, Stepping};

use super::gates::Gate;
use super::wait::{Look, Patience, until};
use super::work::Work;
use crate::cluster::{Cluster, Limit, MachineGroup};
use crate::fleet::{Fleet, Group, Sizes};
use crate::rest::{ClusterOverview, Confluence};
use crate::session::Session;

/// An upgrade under way.
pub(super) struct Run<'a> {
    pub fleet: &'a dyn Fleet,
    pub confluence: &'a Confluence,
    /// The cluster as it is to be.
    pub cluster: &'a Cluster,
    pub stepping: Stepping<'a>,
}

/// Does the steps that are left, in order.
///
/// # Errors
/// A gate does not hold, or something could not be asked or done; the error says how to go on or back.
pub(crate) async fn carry_out(session: &Session, cluster: &Cluster, stepping: Stepping<'_>) -> Result<()> {
    let confluence = session.confluence(cluster).await?;
    let run = Run { fleet: session.fleet(), confluence: &confluence, cluster, stepping };
    // What was corrected since the steps were planned counts for the machines to come.
    let done = stepping.steps().steps.iter().take(stepping.steps().done);
    if done.filter_map(|it| Work::parse(&it.id)).any(|it| it == Work::Template) {
        run.template().await?;
    }
    for step in stepping.remaining() {
        let Some(work) = Work::parse(&step.id) else {
            let message = "this version of plumb does not know the step; the plan was made by a later one";
            return Err(ProviderError::refused(format!("doing the step {}", step.id), message));
        };
        stepping.run(step, run.perform(step, work)).await?;
    }
    Ok(())
}

/// Brings a change that needs no steps to the groups: templates and sizes.
///
/// # Errors
/// The group could not be changed.
pub(crate) async fn settings(session: &Session, cluster: &Cluster, prior: &Cluster) -> Result<()> {
    for group in cluster.groups() {
        let before = prior.groups().find(|it| it.name == group.name);
        if let Some(template) =
            group.template().filter(|it| before.and_then(MachineGroup::template).as_ref() != Some(it))
        {
            session.fleet().use_template(&group.name, &template).await?;
        }
        let usual = group.usual();
        if before.map(MachineGroup::usual) != Some(usual) {
            let present = session.fleet().group(&group.name).await?.sizes;
            let desired = present.desired.clamp(usual.min, usual.max);
            session.fleet().resize(&group.name, Sizes { desired, ..usual }).await?;
        }
    }
    Ok(())
}

impl<'a> Run<'a> {
    async fn perform(&self, step: &PlannedStep, work: Work) -> Result<()> {
        match work {
            Work::Check => self.check(step).await,
            Work::BackupDatabase => self.backup(step, self.cluster.database_source()).await,
            Work::BackupFiles => self.backup(step, self.cluster.files_source()).await,
            Work::Stop => self.stop_groups().await,
            Work::Gone => self.gone(step).await,
            Work::Template => self.template().await,
            Work::First => self.first().await,
            Work::Healthy => self.healthy(step).await,
            Work::Verify => self.verify(step).await,
            Work::Resize => self.resize(step).await,
            Work::Joined => self.joined(step).await,
            Work::Hold => self.fleet.hold(&self.nodes()?.name).await,
            Work::Enable => self.enable(step).await,
            Work::Drain(instance) => self.drain(step, &instance).await,
            Work::StopNode(instance) => self.stop_node(step, &instance).await,
            Work::Replace(instance) => self.replace(step, &instance).await,
            Work::Join(count) => self.join(step, count).await,
            Work::Finalize => self.finalize(step).await,
            Work::Synchrony => self.synchrony(step).await,
            Work::Release => self.fleet.release(&self.nodes()?.name).await,
        }
    }

    /// The block of the nodes' group.
    pub fn nodes(&self) -> Result<&'a MachineGroup> {
        self.cluster.nodes_group()
    }

    /// The nodes' group as it is.
    pub async fn group(&self) -> Result<Group> {
        self.fleet.group(&self.nodes()?.name).await
    }

    /// Whether the nodes of all versions run together for a while.
    pub fn is_rolling(&self) -> bool {
        self.stepping.steps().steps.iter().any(|it| matches!(Work::parse(&it.id), Some(Work::Drain(_) | Work::Hold)))
    }

    /// Whether the upgrade changes the version, and not only the machines.
    pub fn changes_version(&self) -> bool {
        let new = |it: &PlannedStep| matches!(Work::parse(&it.id), Some(Work::Enable | Work::First));
        self.stepping.steps().steps.iter().any(new)
    }

    /// Machines that were there when the steps were planned, and give way to others.
    pub fn old_instances(&self) -> Vec<String> {
        let drained = |it: &PlannedStep| match Work::parse(&it.id) {
            Some(Work::Drain(instance)) => Some(instance),
            _ => None,
        };
        self.stepping.steps().steps.iter().filter_map(drained).collect()
    }

    /// The cluster with its nodes; `None` while it does not answer.
    pub async fn overview(&self) -> Result<Option<ClusterOverview>> {
        match self.confluence.overview().await {
            Ok(overview) => Ok(Some(overview)),
            Err(error) if error.is_passing() => Ok(None),
            Err(error) => Err(error.during("asking for the nodes of the cluster")),
        }
    }

    pub fn patience(&self, limit: Limit) -> Patience {
        Patience { limit: self.cluster.limit(limit), poll: self.cluster.limit(Limit::Poll) }
    }

    /// A gate of a step.
    pub fn gate(&self, step: &PlannedStep) -> Gate<'_> {
        Gate {
            title: step.title.clone(),
            target: step.target.clone(),
            cluster: self.cluster,
            rolling: self.is_rolling(),
        }
    }

    /// Looks until it holds, and shows what is missing meanwhile.
    pub async fn until<T, F: Future<Output = Result<Look<T>>>>(
        &self,
        (step, limit): (&PlannedStep, Limit),
        look: impl FnMut() -> F,
    ) -> Result<T> {
        let late = |missing: String| self.gate(step).late(limit, &missing);
        until(self.patience(limit), look, |missing| self.stepping.note(step, missing), late).await
    }
}

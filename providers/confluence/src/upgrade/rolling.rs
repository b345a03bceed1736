//! The steps of a rolling upgrade up to the new machine: upgrade mode, and one node after the other out of service.

use plumb_engine::provider::PlannedStep;
use plumb_engine::provider::typed::Result;

use super::run::Run;
use super::wait::Look;
use crate::cluster::Limit;
use crate::fleet::{Health, Life};
use crate::rest::{ClusterState, NodeState};

impl Run<'_> {
    /// Turns upgrade mode on, unless it is on.
    pub async fn enable(&self, step: &PlannedStep) -> Result<()> {
        let gate = self.gate(step);
        let overview = self.confluence.overview().await;
        let overview = overview.map_err(|error| error.during("asking for the state of the cluster"))?;
        // A cluster is MIXED without upgrade mode, too, when one of its nodes is in error.
        if let Some(node) =
            overview.nodes.iter().find(|it| it.state == NodeState::Error && !overview.upgrade_mode_enabled)
        {
            let message = format!("the node {} is in the state ERROR", super::gates::name_of(node));
            let help = "Upgrade mode cannot be turned on while a node is in error. Repair the node, or stop it so that it \
                        leaves the cluster.";
            return Err(gate.closed("Upgrade mode cannot be turned on", message, help));
        }
        match overview.state {
            ClusterState::Stable => {}
            ClusterState::ReadyToUpgrade | ClusterState::Mixed | ClusterState::ReadyToRunUpgradeTasks => return Ok(()),
            other => {
                let help = "Upgrade mode can only be turned on in a stable cluster. Finish the upgrade that is under way first.";
                return Err(gate.closed("Upgrade mode cannot be turned on", format!("the cluster is {other}"), help));
            }
        }
        if let Err(error) = self.confluence.start_upgrade().await {
            // An answer that was lost need not mean that nothing was done: the state tells.
            if !error.is_passing() {
                return Err(error.during("turning upgrade mode on (start)"));
            }
        }
        let look = || async {
            match self.confluence.state().await {
                Ok(ClusterState::Stable) => Ok(Look::NotYet("the cluster is still STABLE".to_owned())),
                Ok(_) => Ok(Look::Holds(())),
                Err(error) if error.is_passing() => Ok(Look::NotYet(error.to_string())),
                Err(error) => Err(error.during("asking for the state of the cluster")),
            }
        };
        self.until((step, Limit::Drain), look).await
    }

    /// Takes a machine out of the balancer and waits until its requests are answered. Never the last one that serves.
    pub async fn drain(&self, step: &PlannedStep, instance: &str) -> Result<()> {
        let block = self.nodes()?;
        let Some(target_group) = &block.target_group_arn else { return Ok(()) };
        let others = || async move {
            let targets = self.fleet.targets(target_group).await?;
            let leaving = targets.iter().all(|it| it.instance != instance || it.health == Health::Draining);
            let others = targets.iter().filter(|it| it.instance != instance && it.health == Health::Healthy).count();
            let missing = "no other node is healthy in the balancer, and one must always serve".to_owned();
            Ok(if leaving || others > 0 { Look::Holds(leaving) } else { Look::NotYet(missing) })
        };
        let leaving = self.until((step, Limit::Start), others).await?;
        if !leaving {
            self.fleet.deregister(target_group, instance, block.port.unwrap_or(8080)).await?;
        }
        let look = || async move {
            let targets = self.fleet.targets(target_group).await?;
            let left = targets.iter().any(|it| it.instance == instance);
            Ok(if left { Look::NotYet(format!("{instance} finishes its requests")) } else { Look::Holds(()) })
        };
        self.until((step, Limit::Drain), look).await
    }

    /// Stops the node on a machine gracefully, and waits until the cluster sees it offline.
    pub async fn stop_node(&self, step: &PlannedStep, instance: &str) -> Result<()> {
        let group = self.group().await?;
        // A machine that died by itself needs no stopping.
        let Some(machine) = group.instance(instance).cloned() else { return Ok(()) };
        if matches!(machine.life, Life::Running | Life::Pending) {
            self.fleet.stop(instance).await?;
        }
        let machine = &machine;
        let look = || async move {
            let runs = self.group().await?.instance(instance).is_some_and(|it| matches!(it.life, Life::Running));
            let Some(overview) = self.overview().await? else {
                return Ok(Look::NotYet("the cluster does not answer at the moment".to_owned()));
            };
            let node = overview.nodes.iter().find(|it| it.ip_address == machine.address);
            match node.map(|it| it.state) {
                Some(NodeState::Offline) | None => Ok(Look::Holds(())),
                // A node that is in error need not get offline; that its machine is down is all that counts.
                Some(NodeState::Error) if !runs => Ok(Look::Holds(())),
                Some(state) => Ok(Look::NotYet(format!("the node on {instance} is {state}"))),
            }
        };
        self.until((step, Limit::Stop), look).await
    }

    /// Removes a machine; its group makes another from the new template.
    pub async fn replace(&self, step: &PlannedStep, instance: &str) -> Result<()> {
        let name = &self.nodes()?.name;
        if self.fleet.group(name).await?.instance(instance).is_some_and(|it| it.life != Life::Terminating) {
            self.fleet.replace(name, instance).await?;
        }
        let look = || async move {
            let group = self.fleet.group(name).await?;
            let left = group.instance(instance).is_some_and(|it| it.life != Life::Terminating);
            Ok(if left { Look::NotYet(format!("{instance} is still there")) } else { Look::Holds(()) })
        };
        self.until((step, Limit::Stop), look).await
    }

    /// The nodes of Synchrony are replaced one by one. What they show in the balancer is not waited for.
    pub async fn synchrony(&self, step: &PlannedStep) -> Result<()> {
        let Some(block) = &self.cluster.synchrony_group else { return Ok(()) };
        let look = || async move {
            let group = self.fleet.group(&block.name).await?;
            let wanted = group.template.as_ref().map(|it| it.version.clone());
            let old = group.instances.iter().filter(|it| it.template_version != wanted && it.life != Life::Terminating);
            let running = group.instances.iter().filter(|it| it.life == Life::Running).count();
            let complete = i64::try_from(running).unwrap_or(0) >= group.sizes.desired;
            match old.into_iter().next() {
                None if complete => Ok(Look::Holds(())),
                Some(machine) if complete => {
                    self.fleet.replace(&block.name, &machine.id).await?;
                    Ok(Look::NotYet(format!("{} gives way to a new machine", machine.id)))
                }
                _ => Ok(Look::NotYet(format!("{running} of {} machines run", group.sizes.desired))),
            }
        };
        self.until((step, Limit::Start), look).await
    }
}

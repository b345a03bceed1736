//! The steps of an upgrade with all nodes stopped. Never two versions at once, never more than one node until the
//! upgrade tasks are done.

use plumb_engine::provider::PlannedStep;
use plumb_engine::provider::typed::Result;

use super::run::Run;
use super::wait::Look;
use crate::cluster::{Limit, MachineGroup};
use crate::fleet::{Group, Health, Life, Sizes};
use crate::rest::{NodeState, Stage};

impl Run<'_> {
    /// Sets all groups to no machines.
    pub async fn stop_groups(&self) -> Result<()> {
        for block in self.cluster.groups() {
            if self.fleet.group(&block.name).await?.sizes != Sizes::exactly(0) {
                self.fleet.resize(&block.name, Sizes::exactly(0)).await?;
            }
        }
        Ok(())
    }

    /// Waits until no machine is left in any group, and none in the target group of the nodes.
    pub async fn gone(&self, step: &PlannedStep) -> Result<()> {
        let look = || async {
            let mut left = Vec::new();
            for block in self.cluster.groups() {
                let group = self.fleet.group(&block.name).await?;
                left.extend(group.instances.into_iter().map(|it| it.id));
            }
            if let Some(target_group) = &self.nodes()?.target_group_arn {
                let targets = self.fleet.targets(target_group).await?.into_iter().map(|it| it.instance);
                left.extend(targets.filter(|it| !left.contains(it)).collect::<Vec<_>>());
            }
            let missing = format!("{} left: {}", left.len(), left.join(", "));
            Ok(if left.is_empty() { Look::Holds(()) } else { Look::NotYet(missing) })
        };
        self.until((step, Limit::Stop), look).await
    }

    /// Gives each group one machine, once it is sure that none of the old ones is left.
    pub async fn first(&self) -> Result<()> {
        for block in self.cluster.groups().filter(|it| it.usual().max > 0) {
            let group = self.fleet.group(&block.name).await?;
            if group.sizes != Sizes::exactly(1) {
                self.fleet.resize(&block.name, Sizes::exactly(1)).await?;
            }
        }
        Ok(())
    }

    /// Waits until the one node is up: while it runs the upgrade tasks, its status page says that it is starting.
    pub async fn healthy(&self, step: &PlannedStep) -> Result<()> {
        let gate = &self.gate(step);
        let look = || async move {
            let group = self.group().await?;
            if group.instances.iter().filter(|it| it.life != Life::Terminating).count() > 1 {
                let help = "Something else has raised the size of the group. Set it to 1 before more nodes start.";
                return Err(gate.closed("More than one node", "the group has more than one machine", help));
            }
            let stage = match self.confluence.stage(&self.cluster.health_path).await {
                Ok(Stage::Error) => {
                    let help = "Read the log of the node. If an upgrade task failed, its error is there.";
                    return Err(gate.closed("Application in error", "its status page says ERROR", help));
                }
                Ok(stage) if stage.is_up() => stage,
                Ok(stage) => return Ok(Look::NotYet(format!("the application is {stage:?}"))),
                Err(error) if error.is_passing() => return Ok(Look::NotYet(error.to_string())),
                Err(error) => return Err(error.during("asking whether the application is up")),
            };
            match self.confluence.version().await {
                // Before the setup wizard is done, the site does not tell.
                _ if stage == Stage::FirstRun => {}
                Ok(running) if running != self.cluster.version => {
                    return Err(gate.wrong_version(&self.cluster.base_url, &running));
                }
                Ok(_) => {}
                Err(error) if error.is_passing() => return Ok(Look::NotYet(error.to_string())),
                Err(error) => return Err(error.during("asking for the version that runs")),
            }
            // A node whose setup wizard waits for a person never gets healthy by itself.
            let serving = stage == Stage::FirstRun || self.served(self.nodes()?, &group).await? > 0;
            Ok(if serving {
                Look::Holds(())
            } else {
                Look::NotYet("the node is not healthy in the balancer yet".into())
            })
        };
        self.until((step, Limit::Tasks), look).await?;
        self.tell_synchrony(step).await
    }

    /// Synchrony is told of and never waited for: it gets healthy when the setup wizard of the site is done.
    async fn tell_synchrony(&self, step: &PlannedStep) -> Result<()> {
        let Some(block) = &self.cluster.synchrony_group else { return Ok(()) };
        let group = self.fleet.group(&block.name).await?;
        if block.target_group_arn.is_some() && self.served(block, &group).await? == 0 {
            let text = "Synchrony is not healthy yet; it need not be before the setup wizard of the site is done";
            self.stepping.note(step, text);
        }
        Ok(())
    }

    /// How many machines of a group get requests; those that run, where it has no target group.
    pub async fn served(&self, block: &MachineGroup, group: &Group) -> Result<usize> {
        let Some(target_group) = &block.target_group_arn else {
            return Ok(group.instances.iter().filter(|it| it.life == Life::Running).count());
        };
        let targets = self.fleet.targets(target_group).await?;
        let of_group = targets.iter().filter(|it| group.instance(&it.instance).is_some());
        Ok(of_group.filter(|it| it.health == Health::Healthy).count())
    }

    /// Returns to the usual sizes, once it is sure that the data are upgraded.
    pub async fn resize(&self, step: &PlannedStep) -> Result<()> {
        self.verify(step).await?;
        for block in self.cluster.groups() {
            let usual = block.usual();
            let present = self.fleet.group(&block.name).await?.sizes;
            if (present.min, present.max) != (usual.min, usual.max) {
                self.fleet.resize(&block.name, usual).await?;
            }
        }
        Ok(())
    }

    /// Waits until as many nodes as usual are active and serve.
    pub async fn joined(&self, step: &PlannedStep) -> Result<()> {
        let gate = &self.gate(step);
        let look = || async move {
            let block = self.nodes()?;
            let wanted = usize::try_from(block.usual().min).unwrap_or(0);
            let group = self.group().await?;
            let serving = self.served(block, &group).await?;
            if self.confluence.has_login()
                && let Some(overview) = self.overview_or_none().await?
            {
                if let Some(node) = overview.nodes.iter().find(|it| it.state == NodeState::Error) {
                    return Err(gate.node_in_error(super::gates::name_of(node)));
                }
                let active = overview.nodes.iter().filter(|it| it.state == NodeState::Active);
                let new = active.filter(|it| it.version == self.cluster.version).count();
                if new < wanted {
                    return Ok(Look::NotYet(format!("{new} of {wanted} nodes are active")));
                }
            }
            let missing = format!("{serving} of {wanted} nodes serve");
            Ok(if serving >= wanted { Look::Holds(()) } else { Look::NotYet(missing) })
        };
        self.until((step, Limit::Start), look).await?;
        if self.is_rolling() {
            let text = "people stay on the nodes that they are on, so that the last new one has few at first";
            self.stepping.note(step, text);
        }
        Ok(())
    }
}

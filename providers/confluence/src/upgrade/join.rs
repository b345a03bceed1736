//! The steps of a rolling upgrade from the new machine on: it becomes a node that serves, and at the end all are one
//! version.

use plumb_engine::provider::PlannedStep;
use plumb_engine::provider::typed::Result;

use super::gates::Gate;
use super::run::Run;
use super::wait::Look;
use crate::cluster::Limit;
use crate::fleet::{Health, Instance, Life};
use crate::rest::{ClusterOverview, ClusterState, NodeState};

impl Run<'_> {
    /// Waits until so many new machines are active nodes of the right version, and serve. Machines are only added to the
    /// balancer when their node is active.
    pub async fn join(&self, step: &PlannedStep, count: usize) -> Result<()> {
        let (gate, old) = (&self.gate(step), &self.old_instances());
        let look = || async move {
            let group = self.group().await?;
            let new = group.instances.iter().filter(|it| !old.contains(&it.id) && it.life != Life::Terminating);
            let Some(overview) = self.overview().await? else {
                return Ok(Look::NotYet("the cluster does not answer at the moment".to_owned()));
            };
            let (mut active, mut missing) = (Vec::new(), "the group has not made a new machine yet".to_owned());
            for machine in new {
                if machine.life == Life::Lost {
                    self.fleet.replace(&self.nodes()?.name, &machine.id).await?;
                    missing = format!("{} died, and gives way to another", machine.id);
                    continue;
                }
                match self.is_active(machine, &overview, gate)? {
                    Ok(()) => active.push(machine),
                    Err(why) => missing = why,
                }
            }
            if active.len() < count {
                return Ok(Look::NotYet(missing));
            }
            let waiting = self.serve(&active).await?;
            Ok(waiting.map_or(Look::Holds(()), Look::NotYet))
        };
        self.until((step, Limit::Start), look).await
    }

    /// Whether a machine is an active node of the new version; if not yet, why.
    ///
    /// # Errors
    /// It never will be by itself.
    fn is_active(
        &self,
        machine: &Instance,
        overview: &ClusterOverview,
        gate: &Gate<'_>,
    ) -> Result<std::result::Result<(), String>> {
        let id = &machine.id;
        let of_machine = |it: &&crate::rest::Node| !machine.address.is_empty() && it.ip_address == machine.address;
        let Some(node) = overview.nodes.iter().find(of_machine) else {
            return Ok(Err(format!("{id} has not joined the cluster yet")));
        };
        match node.state {
            NodeState::Error => Err(gate.node_in_error(id)),
            NodeState::Active if node.version != self.cluster.version => Err(gate.wrong_version(id, &node.version)),
            NodeState::Active => Ok(Ok(())),
            other => Ok(Err(format!("{id} is {other}"))),
        }
    }

    /// Adds machines to the balancer that are not in it; what is still to be waited for.
    async fn serve(&self, machines: &[&Instance]) -> Result<Option<String>> {
        let block = self.nodes()?;
        let Some(target_group) = &block.target_group_arn else { return Ok(None) };
        let targets = self.fleet.targets(target_group).await?;
        let mut waiting = None;
        for machine in machines {
            match targets.iter().find(|it| it.instance == machine.id).map(|it| &it.health) {
                Some(Health::Healthy) => {}
                None | Some(Health::Draining) => {
                    self.fleet.register(target_group, &machine.id, block.port.unwrap_or(8080)).await?;
                    waiting = Some(format!("{} was added to the balancer", machine.id));
                }
                Some(Health::Initial) => waiting = Some(format!("the balancer checks {}", machine.id)),
                Some(Health::Unhealthy(reason)) => waiting = Some(format!("{} is unhealthy: {reason}", machine.id)),
            }
        }
        Ok(waiting)
    }

    /// Finalizes the upgrade and waits until the cluster is stable. Tasks that failed before are run again once: a person
    /// who goes on has seen to the reason.
    pub async fn finalize(&self, step: &PlannedStep) -> Result<()> {
        let gate = &self.gate(step);
        let (approved, retried) =
            (&std::sync::atomic::AtomicBool::new(false), &std::sync::atomic::AtomicBool::new(false));
        let once = |flag: &std::sync::atomic::AtomicBool| !flag.swap(true, std::sync::atomic::Ordering::Relaxed);
        let look = || async move {
            let Some(overview) = self.overview().await? else {
                return Ok(Look::NotYet("the cluster does not answer at the moment".to_owned()));
            };
            let state = overview.state;
            // Never by itself does a node in error let a cluster be more than MIXED.
            if let Some(node) =
                overview.nodes.iter().find(|it| state == ClusterState::Mixed && it.state == NodeState::Error)
            {
                return Err(gate.node_in_error(super::gates::name_of(node)));
            }
            let asked = match state {
                ClusterState::Stable => return Ok(Look::Holds(())),
                ClusterState::ReadyToRunUpgradeTasks if once(approved) => self.confluence.approve_upgrade().await,
                ClusterState::UpgradeTasksFailed
                    if !approved.load(std::sync::atomic::Ordering::Relaxed) && once(retried) =>
                {
                    self.confluence.retry_upgrade().await
                }
                ClusterState::UpgradeTasksFailed => return Err(tasks_failed(gate, &overview)),
                ClusterState::ReadyToUpgrade => {
                    let help = "Upgrade mode is on, and every node still runs the old version. See which version the \
                                template of the group names.";
                    return Err(gate.closed("No node was upgraded", format!("the cluster is {state}"), help));
                }
                _ => Ok(()),
            };
            match asked {
                // A lost answer may have been a yes: the next look tells.
                Err(error) if !error.is_passing() => Err(error.during("finalizing the upgrade (approve)")),
                _ => Ok(Look::NotYet(format!("the cluster is {state}{}", mixed(&overview, &self.cluster.version)))),
            }
        };
        self.until((step, Limit::Tasks), look).await
    }

    /// The cluster with its nodes, where it tells them and answers.
    pub async fn overview_or_none(&self) -> Result<Option<ClusterOverview>> {
        use crate::rest::RestError::{Forbidden, Missing, Strange};
        match self.confluence.overview().await {
            Ok(overview) => Ok(Some(overview)),
            Err(Missing { .. } | Forbidden { .. } | Strange { .. }) => Ok(None),
            Err(error) if error.is_passing() => Ok(None),
            Err(error) => Err(error.during("asking for the nodes of the cluster")),
        }
    }
}

/// Which nodes keep a cluster mixed.
fn mixed(overview: &ClusterOverview, version: &str) -> String {
    let odd = overview.nodes.iter().filter(|it| it.state != NodeState::Offline);
    let odd = odd.filter(|it| it.version != version || it.state == NodeState::Error);
    let odd: Vec<String> =
        odd.map(|it| format!("{} is {} with {}", super::gates::name_of(it), it.state, it.version)).collect();
    if odd.is_empty() { String::new() } else { format!(": {}", odd.join(", ")) }
}

fn tasks_failed(gate: &Gate<'_>, overview: &ClusterOverview) -> plumb_engine::provider::ProviderError {
    let failures = overview.nodes.iter().filter_map(|it| it.finalization.as_ref()).flat_map(|it| &it.errors);
    let said: Vec<String> = failures
        .map(|it| {
            let errors = it.errors.join("; ");
            if it.exception_message.is_empty() {
                errors
            } else {
                format!("{} {errors}", it.exception_message).trim().into()
            }
        })
        .collect();
    let message = if said.is_empty() { "the upgrade tasks failed".to_owned() } else { said.join(", ") };
    let help = "All nodes run the new version and serve; only the tasks are left. Remove the reason that the log of the node \
                gives: going on runs them again.";
    gate.closed("Upgrade tasks failed", message, help)
}

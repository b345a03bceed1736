//! Gates that did not hold: what that means, and how to go on or back.

use plumb_engine::provider::typed::Result;
use plumb_engine::provider::{PlannedStep, ProviderError};

use super::run::Run;
use crate::cluster::{Cluster, Limit};
use crate::rest::{ClusterState, Node, NodeState};
use crate::version::Version;

/// How to go on once the reason is gone.
const GO_ON: &str = "To go on, run \"plumb confluence upgrade resume\" (or \"plumb apply\"): it begins with this step.";

/// The gate of one step.
pub(super) struct Gate<'a> {
    pub title: String,
    pub target: String,
    pub cluster: &'a Cluster,
    pub rolling: bool,
}

impl Gate<'_> {
    /// It did not hold; `help` says what to do before going on.
    pub fn closed(&self, summary: &str, message: impl Into<String>, help: &str) -> ProviderError {
        let action = format!("{} ({})", self.title, self.target);
        let help = format!("{help}\n\n{GO_ON}\n\n{}", self.way_back());
        ProviderError::refused(action, message).summary(summary).help(help)
    }

    /// It did not hold within its limit.
    pub fn late(&self, limit: Limit, missing: &str) -> ProviderError {
        let time = self.cluster.limit(limit);
        let argument = limit.argument();
        let help = match limit {
            Limit::Start | Limit::Tasks => {
                "A node that hangs in STARTING often waits for its database, its shared home or its licence: read \
                 logs/atlassian-confluence.log in the home of the node, and /var/log/cloud-init-output.log of its \
                 machine. Terminate a machine that will not come up; its group makes another."
            }
            Limit::Stop => {
                "If the node does not stop gracefully, terminate its machine in the AWS console: the cluster then sees it \
                 OFFLINE."
            }
            Limit::Drain => "Requests that do not end keep the node in the balancer; see its deregistration delay.",
            Limit::Backup | Limit::Poll => "Look at the backup in the AWS console.",
        };
        let message = format!("not after {time:?}: {missing}");
        self.closed(
            "Health gate not passed",
            message,
            &format!("{help} The limit is limits.{argument}; raise it if more time is all that is needed."),
        )
    }

    /// A node is in error.
    pub fn node_in_error(&self, name: &str) -> ProviderError {
        self.closed(
            "Node in error",
            format!("the node {name} is in the state ERROR"),
            "There are three ways. Stop Confluence on the node gracefully, so that it leaves the cluster and is seen \
             OFFLINE. If that does not work, shut its machine down: terminate it, and its group makes another. Once all \
             other active nodes run the new version, the upgrade can be finalized without it: it only has to be OFFLINE, \
             and can be repaired and join again later.",
        )
    }

    /// A node came up with another version than it should.
    pub fn wrong_version(&self, name: &str, found: &str) -> ProviderError {
        let template = self.cluster.node_group.as_ref().and_then(|it| it.template());
        let template = template.map_or_else(
            || "the launch template of the group".to_owned(),
            |it| format!("version {} of the launch template {}", it.version, it.id),
        );
        self.closed(
            "Node of the wrong version",
            format!("{name} came up with {found} instead of {}", self.cluster.version),
            &format!(
                "Nodes take their version from their user data: see which version {template} names. Correct it, give the \
                 group the corrected template, and terminate the machine, so that it is made anew."
            ),
        )
    }

    fn way_back(&self) -> String {
        if self.rolling {
            "To go back: as long as no node was upgraded (READY_TO_UPGRADE), \"plumb confluence upgrade cancel\" turns upgrade \
             mode off. In MIXED it cannot be turned off: replace each upgraded node by one of the old template first, or \
             go on."
                .to_owned()
        } else {
            "To go back: as long as no node of the new version has started, \"plumb confluence upgrade cancel\" starts the old \
             one again. After that, restore the backups of the database and of the shared home first: a lower version \
             does not run on upgraded data."
                .to_owned()
        }
    }
}

impl Run<'_> {
    /// Everything is as it must be before anything is changed. What was observed when the plan was made may be
    /// otherwise by now.
    pub async fn check(&self, step: &PlannedStep) -> Result<()> {
        let gate = self.gate(step);
        let group = self.group().await?;
        if self.is_rolling() {
            let overview = self.confluence.overview().await;
            let overview = overview.map_err(|error| error.during("asking for the nodes of the cluster"))?;
            let old = self.old_instances();
            if let Some(new) =
                group.instances.iter().find(|it| !old.contains(&it.id) && !self.runs_new(&it.address, &overview.nodes))
            {
                let message = format!("{} is in the group, and was not when the plan was made", new.id);
                return Err(gate.closed("Nodes changed since the plan", message, "Plan again; nothing was changed."));
            }
            let active = overview.nodes.iter().filter(|it| it.state == NodeState::Active).count();
            if active < 2 {
                let message = format!("{active} of the nodes is active, and two are needed so that one always serves");
                return Err(gate.closed(
                    "Too few nodes",
                    message,
                    "Raise min_size and wait until the node has joined.",
                ));
            }
            if let Some(node) = overview.nodes.iter().find(|it| it.state == NodeState::Error) {
                return Err(gate.node_in_error(name_of(node)));
            }
            if self.changes_version() && overview.state == ClusterState::UpgradeTasksFailed {
                let help = "Look at the upgrade tasks of the last upgrade in the administration of the cluster first.";
                return Err(gate.closed("Cluster not stable", format!("the cluster is {}", overview.state), help));
            }
        } else if let Ok(overview) = self.confluence.overview().await
            && overview.upgrade_mode_enabled
        {
            let help = "A rolling upgrade is under way. Finish it, or turn upgrade mode off with \"plumb confluence upgrade \
                        cancel\".";
            return Err(gate.closed("Upgrade mode is on", format!("the cluster is {}", overview.state), help));
        }
        self.never_lower(&gate).await
    }

    /// The version that runs is not higher than the one that is to come.
    async fn never_lower(&self, gate: &Gate<'_>) -> Result<()> {
        let Ok(running) = self.confluence.version().await else { return Ok(()) };
        match (Version::parse(&running), Version::parse(&self.cluster.version)) {
            (Some(from), Some(to)) if to < from => {
                let message = format!("{from} runs, and {to} is lower");
                Err(gate.closed(
                    "Lower version",
                    message,
                    "Nothing was changed. Set version to what runs, and plan again.",
                ))
            }
            _ => Ok(()),
        }
    }

    /// Whether the node of an address runs the new version already.
    fn runs_new(&self, address: &str, nodes: &[Node]) -> bool {
        nodes.iter().any(|it| it.ip_address == address && it.version == self.cluster.version)
    }
}

/// A node's name, or else its id.
pub(super) fn name_of(node: &Node) -> &str {
    if node.name.is_empty() { &node.id } else { &node.name }
}

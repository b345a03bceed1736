//! Arguments of `confluence`: what a cluster does, and what becomes of an upgrade that stopped half-way.

use clap::{ArgAction, Args, Subcommand};
use plumb_engine::addr::{InstanceAddr, Target};

use super::{ApplyArgs, ApplyOptions, LockOptions, PlanningOptions, StateOption, VariableArgs, ViewOptions};

/// `confluence`.
#[derive(Debug, Subcommand)]
pub enum ConfluenceCommand {
    /// Show clusters with their nodes, versions and running tasks, and how far an upgrade is.
    Status(ConfluenceStatusArgs),
    /// Go on with an upgrade that stopped half-way, or take it back.
    #[command(subcommand)]
    Upgrade(ConfluenceUpgradeCommand),
}

/// `confluence upgrade`.
#[derive(Debug, Subcommand)]
pub enum ConfluenceUpgradeCommand {
    /// Go on with the first step that is not done.
    Resume(ConfluenceResumeArgs),
    /// Turn upgrade mode off again and bring the groups back to what they were, before the first node is upgraded.
    Cancel(ConfluenceCancelArgs),
}

/// `confluence status`.
#[derive(Args, Debug)]
#[command(args_override_self = true)]
pub struct ConfluenceStatusArgs {
    /// The cluster; all when left out.
    #[arg(value_name = "ADDRESS")]
    pub address: Option<InstanceAddr>,
    /// Print a JSON document.
    #[arg(long)]
    pub json: bool,
    /// Variables.
    #[command(flatten)]
    pub variables: VariableArgs,
    /// State.
    #[command(flatten)]
    pub state: StateOption,
    /// Output.
    #[command(flatten)]
    pub view: ViewOptions,
}

/// `confluence upgrade resume`.
#[derive(Args, Debug)]
#[command(args_override_self = true)]
pub struct ConfluenceResumeArgs {
    /// The cluster; may be left out where only one upgrade is under way.
    #[arg(value_name = "ADDRESS")]
    pub address: Option<InstanceAddr>,
    /// Variables.
    #[command(flatten)]
    pub variables: VariableArgs,
    /// Whether to ask for what is missing.
    #[arg(long, num_args = 0..=1, require_equals = true, default_value_t = true, default_missing_value = "true", action = ArgAction::Set, value_name = "BOOL")]
    pub input: bool,
    /// Approval.
    #[command(flatten)]
    pub apply: ApplyOptions,
    /// Print one JSON object per line.
    #[arg(long)]
    pub json: bool,
    /// Locks.
    #[command(flatten)]
    pub lock: LockOptions,
    /// State.
    #[command(flatten)]
    pub state: StateOption,
    /// Output.
    #[command(flatten)]
    pub view: ViewOptions,
}

/// `confluence upgrade cancel`.
#[derive(Args, Debug)]
#[command(args_override_self = true)]
pub struct ConfluenceCancelArgs {
    /// The cluster; may be left out where only one upgrade is under way.
    #[arg(value_name = "ADDRESS")]
    pub address: Option<InstanceAddr>,
    /// Variables.
    #[command(flatten)]
    pub variables: VariableArgs,
    /// Locks.
    #[command(flatten)]
    pub lock: LockOptions,
    /// State.
    #[command(flatten)]
    pub state: StateOption,
    /// Output.
    #[command(flatten)]
    pub view: ViewOptions,
}

impl ConfluenceCommand {
    /// Where the state is.
    pub fn state(&mut self) -> &mut StateOption {
        match self {
            Self::Status(it) => &mut it.state,
            Self::Upgrade(ConfluenceUpgradeCommand::Resume(it)) => &mut it.state,
            Self::Upgrade(ConfluenceUpgradeCommand::Cancel(it)) => &mut it.state,
        }
    }
}

impl ConfluenceResumeArgs {
    /// The apply that goes on with the upgrade of a cluster, and does nothing else.
    pub fn into_apply(self, cluster: InstanceAddr) -> ApplyArgs {
        let planning = PlanningOptions {
            destroy: false,
            refresh_only: false,
            refresh: true,
            replace: Vec::new(),
            target: vec![Target::Instance(cluster)],
            exclude: Vec::new(),
            revert: None,
            variables: self.variables,
            input: self.input,
            parallelism: 10,
        };
        let (apply, json, lock) = (self.apply, self.json, self.lock);
        ApplyArgs { plan_file: None, planning, apply, json, lock, state: self.state, view: self.view }
    }
}

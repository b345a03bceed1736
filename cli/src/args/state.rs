//! Arguments of `state` and its subcommands, and of `force-unlock`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use plumb_engine::addr::{InstanceAddr, Target};

use super::{LockOptions, StateOption, ViewOptions};

/// `state`.
#[derive(Debug, Subcommand)]
pub enum StateCommand {
    /// List the objects.
    List(StateListArgs),
    /// Show one object.
    Show(StateShowArgs),
    /// Forget objects without deleting them.
    Rm(StateRmArgs),
    /// Give objects another address.
    Mv(StateMvArgs),
    /// Print the state as JSON of Terraform's format, version 4.
    Pull(StatePullArgs),
    /// Replace the state by JSON of Terraform's format, version 4.
    Push(StatePushArgs),
    /// Seal sensitive values with another key, or with none.
    Rekey(StateRekeyArgs),
}

/// `state list`.
#[derive(Args, Debug)]
#[command(args_override_self = true)]
pub struct StateListArgs {
    /// Modules, resources or instances to list; all when left out.
    #[arg(value_name = "ADDRESS")]
    pub addresses: Vec<Target>,
    /// Only objects with this id.
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// State.
    #[command(flatten)]
    pub state: StateOption,
    /// Output.
    #[command(flatten)]
    pub view: ViewOptions,
}

/// `state show`.
#[derive(Args, Debug)]
#[command(args_override_self = true)]
pub struct StateShowArgs {
    /// The instance.
    pub address: InstanceAddr,
    /// As it was after this run, or at this time (RFC 3339).
    #[arg(long, value_name = "RUN|TIME")]
    pub at: Option<String>,
    /// State.
    #[command(flatten)]
    pub state: StateOption,
    /// Output.
    #[command(flatten)]
    pub view: ViewOptions,
}

/// `state rm`.
#[derive(Args, Debug)]
#[command(args_override_self = true)]
pub struct StateRmArgs {
    /// Modules, resources or instances to forget.
    #[arg(value_name = "ADDRESS", required = true)]
    pub addresses: Vec<Target>,
    /// Only say what would be forgotten.
    #[arg(long)]
    pub dry_run: bool,
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

/// `state mv`.
#[derive(Args, Debug)]
#[command(args_override_self = true)]
pub struct StateMvArgs {
    /// The present address: a module, a resource or an instance.
    pub from: Target,
    /// The new address, of the same kind.
    pub to: Target,
    /// Only say what would be moved.
    #[arg(long)]
    pub dry_run: bool,
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

/// `state pull`.
#[derive(Args, Debug)]
#[command(args_override_self = true)]
pub struct StatePullArgs {
    /// State.
    #[command(flatten)]
    pub state: StateOption,
    /// Output.
    #[command(flatten)]
    pub view: ViewOptions,
}

/// `state push`.
#[derive(Args, Debug)]
#[command(args_override_self = true)]
pub struct StatePushArgs {
    /// The file; "-" for standard input.
    pub file: PathBuf,
    /// Write even a state of another lineage, or one that is older.
    #[arg(long)]
    pub force: bool,
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

/// `state rekey`.
#[derive(Args, Debug)]
#[command(args_override_self = true)]
pub struct StateRekeyArgs {
    /// Have the values in clear from now on.
    #[arg(long)]
    pub none: bool,
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

/// `force-unlock`.
#[derive(Args, Debug)]
#[command(args_override_self = true)]
pub struct ForceUnlockArgs {
    /// Id of the run that holds the lock, as the error about the lock names it.
    #[arg(value_name = "RUN")]
    pub run: String,
    /// Do not ask.
    #[arg(long)]
    pub force: bool,
    /// State.
    #[command(flatten)]
    pub state: StateOption,
    /// Output.
    #[command(flatten)]
    pub view: ViewOptions,
}

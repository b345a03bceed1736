//! Arguments of the commands that plan and carry out: `plan`, `apply` and its kin, `import`, `drift`.

use std::path::PathBuf;

use clap::Args;
use plumb_engine::addr::{InstanceAddr, Target};

use super::{ApplyOptions, LockOptions, PlanningOptions, StateOption, VariableArgs, ViewOptions};

/// `plan`.
#[derive(Args, Debug)]
#[command(args_override_self = true)]
pub struct PlanArgs {
    /// What to plan.
    #[command(flatten)]
    pub planning: PlanningOptions,
    /// Save the plan to this file.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Exit with 2 when there are changes.
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Exit with 3 when there are no changes but a failover group has moved.
    #[arg(long)]
    pub runtime_exitcode: bool,
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

/// `apply`, `destroy` and `refresh`.
#[derive(Args, Debug)]
#[command(args_override_self = true)]
pub struct ApplyArgs {
    /// A plan that "plan -out" saved; it is applied without asking.
    #[arg(value_name = "PLANFILE")]
    pub plan_file: Option<PathBuf>,
    /// What to plan when no plan is given.
    #[command(flatten)]
    pub planning: PlanningOptions,
    /// How to apply.
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

/// `import`.
#[derive(Args, Debug)]
#[command(args_override_self = true)]
pub struct ImportArgs {
    /// The instance that the object becomes; its block must be in the configuration.
    pub address: InstanceAddr,
    /// Id of the object, as its type's documentation says.
    pub id: String,
    /// Variables.
    #[command(flatten)]
    pub variables: VariableArgs,
    /// Ask for nothing.
    #[arg(long, num_args = 0..=1, require_equals = true, default_value_t = true, default_missing_value = "true", action = clap::ArgAction::Set, value_name = "BOOL")]
    pub input: bool,
    /// Most reads at one time.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub parallelism: usize,
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

/// `drift`.
#[derive(Args, Debug)]
#[command(args_override_self = true)]
pub struct DriftArgs {
    /// Only these modules, resources or instances.
    #[arg(long, value_name = "ADDRESS")]
    pub target: Vec<Target>,
    /// All but these modules, resources or instances.
    #[arg(long, value_name = "ADDRESS")]
    pub exclude: Vec<Target>,
    /// Variables.
    #[command(flatten)]
    pub variables: VariableArgs,
    /// Most reads at one time.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub parallelism: usize,
    /// Print a JSON document.
    #[arg(long)]
    pub json: bool,
    /// Exit with 3 when nothing has drifted but a failover group has moved.
    #[arg(long)]
    pub runtime_exitcode: bool,
    /// State.
    #[command(flatten)]
    pub state: StateOption,
    /// Output.
    #[command(flatten)]
    pub view: ViewOptions,
}

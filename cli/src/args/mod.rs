//! Arguments: commands and their options, as Terraform's users know them.

mod failure;
mod fmt;
mod graph;
mod ha;
mod history;
mod metadata;
mod normalize;
mod options;
mod parse;
mod test;
mod workspace;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use plumb_engine::addr::{InstanceAddr, Target};

pub use failure::{Misuse, misuse};
pub use fmt::FmtArgs;
pub use graph::{GraphArgs, GraphFormat};
pub use ha::{HaCommand, HaExplainArgs, HaGroupArgs, HaHistoryArgs, HaMoveArgs, HaStatusArgs};
pub use history::{HistoryArgs, HistoryCommand, HistoryPruneArgs, HistoryShowArgs, SqlArgs};
pub use metadata::{MetadataCommand, MetadataFunctionsArgs};
pub use options::{ApplyOptions, LockOptions, PlanningOptions, StateOption, VariableArgs, ViewOptions};
pub use parse::parse;
pub use test::TestArgs;
pub use workspace::{WorkspaceCommand, WorkspaceDeleteArgs, WorkspaceNewArgs, WorkspaceSelectArgs};

/// Makes real infrastructure true to what is written down, and keeps it true.
#[derive(Debug, Parser)]
#[command(name = "plumb", disable_help_subcommand = true, disable_version_flag = true, args_override_self = true)]
pub struct Cli {
    /// Switch to this directory before doing anything else.
    #[arg(long, value_name = "DIR")]
    pub chdir: Option<PathBuf>,
    /// The same as the command "version".
    #[arg(long)]
    pub version: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Prepare the working directory.
    Init(InitArgs),
    /// Install the modules that the configuration calls.
    Get(GetArgs),
    /// Check whether the configuration is valid.
    Validate(ValidateArgs),
    /// Show what would be done to make the infrastructure as the configuration says.
    Plan(PlanArgs),
    /// Make the infrastructure as the configuration says.
    Apply(ApplyArgs),
    /// Delete everything that the state holds.
    Destroy(ApplyArgs),
    /// Show the state, or a saved plan.
    Show(ShowArgs),
    /// Show outputs of the root module.
    Output(OutputArgs),
    /// List, show and rearrange the objects of the state.
    #[command(subcommand)]
    State(StateCommand),
    /// List, make, choose and delete workspaces, which have a state each.
    #[command(subcommand)]
    Workspace(WorkspaceCommand),
    /// Take over an object that exists into the state.
    Import(ImportArgs),
    /// Show what was changed behind the configuration's back.
    Drift(DriftArgs),
    /// Take over into the state what is found, without changing anything.
    Refresh(ApplyArgs),
    /// Evaluate expressions.
    Console(ConsoleArgs),
    /// Run the tests of the configuration.
    Test(TestArgs),
    /// Rewrite files in the canonical layout.
    Fmt(FmtArgs),
    /// Describe the language to programs.
    #[command(subcommand)]
    Metadata(MetadataCommand),
    /// Draw what waits for what.
    Graph(GraphArgs),
    /// Look at failover groups, and move them.
    #[command(subcommand)]
    Ha(HaCommand),
    /// Show what runs did.
    History(HistoryArgs),
    /// Ask the state by an SQL query.
    Sql(SqlArgs),
    /// Break a lock that nobody holds any more.
    ForceUnlock(ForceUnlockArgs),
    /// Show the version.
    Version(VersionArgs),
}

/// `init`. Providers are built in, so some options of other tools have nothing to do; they are taken so that wrappers can
/// give them.
#[derive(Args, Debug)]
#[command(args_override_self = true)]
pub struct InitArgs {
    /// Ask for nothing.
    #[arg(long, num_args = 0..=1, require_equals = true, default_value_t = true, default_missing_value = "true", action = clap::ArgAction::Set, value_name = "BOOL")]
    pub input: bool,
    /// Install the newest modules that the version constraints allow.
    #[arg(long)]
    pub upgrade: bool,
    /// Copy this module into the working directory first.
    #[arg(long, value_name = "SOURCE")]
    pub from_module: Option<String>,
    /// Taken for compatibility.
    #[arg(long)]
    pub reconfigure: bool,
    /// Taken for compatibility.
    #[arg(long)]
    pub migrate_state: bool,
    /// Taken for compatibility.
    #[arg(long)]
    pub force_copy: bool,
    /// Taken for compatibility.
    #[arg(long, num_args = 0..=1, require_equals = true, default_value_t = true, default_missing_value = "true", action = clap::ArgAction::Set, value_name = "BOOL")]
    pub backend: bool,
    /// Taken for compatibility.
    #[arg(long, value_name = "TEXT")]
    pub backend_config: Vec<String>,
    /// Install modules; with "false", those that are installed must do.
    #[arg(long, num_args = 0..=1, require_equals = true, default_value_t = true, default_missing_value = "true", action = clap::ArgAction::Set, value_name = "BOOL")]
    pub get: bool,
    /// Taken for compatibility.
    #[arg(long, value_name = "MODE")]
    pub lockfile: Option<String>,
    /// Taken for compatibility.
    #[arg(long, value_name = "DIR")]
    pub plugin_dir: Vec<PathBuf>,
    /// Locks.
    #[command(flatten)]
    pub lock: LockOptions,
    /// Output.
    #[command(flatten)]
    pub view: ViewOptions,
}

/// `get`.
#[derive(Args, Debug)]
#[command(args_override_self = true)]
pub struct GetArgs {
    /// Take the newest versions that the constraints allow.
    #[arg(long)]
    pub update: bool,
    /// Output.
    #[command(flatten)]
    pub view: ViewOptions,
}

/// `validate`.
#[derive(Args, Debug)]
#[command(args_override_self = true)]
pub struct ValidateArgs {
    /// Print a JSON document.
    #[arg(long)]
    pub json: bool,
    /// Output.
    #[command(flatten)]
    pub view: ViewOptions,
}

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

/// `show`.
#[derive(Args, Debug)]
#[command(args_override_self = true)]
pub struct ShowArgs {
    /// A plan that "plan -out" saved; the state when left out.
    #[arg(value_name = "PLANFILE")]
    pub plan_file: Option<PathBuf>,
    /// Print a JSON document.
    #[arg(long)]
    pub json: bool,
    /// State.
    #[command(flatten)]
    pub state: StateOption,
    /// Output.
    #[command(flatten)]
    pub view: ViewOptions,
}

/// `output`.
#[derive(Args, Debug)]
#[command(args_override_self = true)]
pub struct OutputArgs {
    /// The output to show, sensitive or not; all when left out.
    pub name: Option<String>,
    /// Print JSON.
    #[arg(long, conflicts_with = "raw")]
    pub json: bool,
    /// Print a text, number or bool as it is.
    #[arg(long)]
    pub raw: bool,
    /// State.
    #[command(flatten)]
    pub state: StateOption,
    /// Output.
    #[command(flatten)]
    pub view: ViewOptions,
}

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

/// `console`.
#[derive(Args, Debug)]
#[command(args_override_self = true)]
pub struct ConsoleArgs {
    /// Variables.
    #[command(flatten)]
    pub variables: VariableArgs,
    /// Make a plan, and evaluate expressions against what it will make.
    #[arg(long)]
    pub plan: bool,
    /// Print one JSON object per expression.
    #[arg(long)]
    pub json: bool,
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

/// `version`.
#[derive(Args, Debug, Default)]
#[command(args_override_self = true)]
pub struct VersionArgs {
    /// Print a JSON document.
    #[arg(long)]
    pub json: bool,
    /// Output.
    #[command(flatten)]
    pub view: ViewOptions,
}

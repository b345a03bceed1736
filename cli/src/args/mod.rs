//! Arguments: commands and their options, as Terraform's users know them.

mod check;
mod confluence;
mod failure;
mod fmt;
mod graph;
mod ha;
mod history;
mod init;
mod metadata;
mod module;
mod normalize;
mod options;
mod parse;
mod plan;
mod show;
mod state;
mod test;
mod workspace;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

pub use check::{ConsoleArgs, ValidateArgs, VersionArgs};
pub use confluence::{
    ConfluenceCancelArgs, ConfluenceCommand, ConfluenceResumeArgs, ConfluenceStatusArgs, ConfluenceUpgradeCommand,
};
pub use failure::{Misuse, misuse};
pub use fmt::FmtArgs;
pub use graph::{GraphArgs, GraphFormat};
pub use ha::{HaAgentArgs, HaCommand, HaCommon, HaExplainArgs, HaGroupArgs, HaHistoryArgs, HaMoveArgs, HaStatusArgs};
pub use history::{HistoryArgs, HistoryCommand, HistoryPruneArgs, HistoryShowArgs, SqlArgs};
pub use init::{GetArgs, InitArgs};
pub use metadata::{MetadataCommand, MetadataFunctionsArgs};
pub use module::{ModuleCommand, ModuleCopyArgs};
pub use options::{ApplyOptions, LockOptions, PlanningOptions, StateOption, VariableArgs, ViewOptions};
pub use parse::parse;
pub use plan::{ApplyArgs, DriftArgs, ImportArgs, PlanArgs};
pub use show::{OutputArgs, ShowArgs};
pub use state::{
    ForceUnlockArgs, StateCommand, StateListArgs, StateMvArgs, StatePullArgs, StatePushArgs, StateRekeyArgs,
    StateRmArgs, StateShowArgs,
};
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
    /// List and copy the modules that come with plumb.
    #[command(subcommand)]
    Module(ModuleCommand),
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
    /// Watch clusters of Confluence, and go on with their upgrades or take them back.
    #[command(subcommand)]
    Confluence(ConfluenceCommand),
    /// Break a lock that nobody holds any more.
    ForceUnlock(ForceUnlockArgs),
    /// Show the version.
    Version(VersionArgs),
}

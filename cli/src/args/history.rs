//! Arguments of the commands that look at the past: `history` and `sql`.

use clap::{Args, Subcommand};
use plumb_engine::addr::Target;

use super::{StateOption, ViewOptions};

/// `history`.
#[derive(Args, Debug)]
#[command(args_override_self = true, args_conflicts_with_subcommands = true)]
pub struct HistoryArgs {
    /// Only runs that touched this module, resource or instance.
    #[arg(value_name = "ADDRESS")]
    pub target: Option<Target>,
    /// Print a JSON document.
    #[arg(long)]
    pub json: bool,
    /// State.
    #[command(flatten)]
    pub state: StateOption,
    /// Output.
    #[command(flatten)]
    pub view: ViewOptions,
    /// What to do in place of listing runs.
    #[command(subcommand)]
    pub command: Option<HistoryCommand>,
}

impl HistoryArgs {
    /// Where the state is of what is asked for.
    pub fn state(&mut self) -> &mut StateOption {
        match &mut self.command {
            None => &mut self.state,
            Some(HistoryCommand::Show(it)) => &mut it.state,
            Some(HistoryCommand::Prune(it)) => &mut it.state,
        }
    }
}

/// What `history` can do besides listing runs.
#[derive(Debug, Subcommand)]
pub enum HistoryCommand {
    /// Show one run with its operations.
    Show(HistoryShowArgs),
    /// Forget all runs but the latest.
    Prune(HistoryPruneArgs),
}

/// `history show`.
#[derive(Args, Debug)]
#[command(args_override_self = true)]
pub struct HistoryShowArgs {
    /// Id of the run, or how it begins.
    #[arg(value_name = "RUN")]
    pub run: String,
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

/// `history prune`.
#[derive(Args, Debug)]
#[command(args_override_self = true)]
pub struct HistoryPruneArgs {
    /// How many of the latest runs to keep.
    #[arg(long, value_name = "N")]
    pub keep: usize,
    /// State.
    #[command(flatten)]
    pub state: StateOption,
    /// Output.
    #[command(flatten)]
    pub view: ViewOptions,
}

/// `sql`.
#[derive(Args, Debug)]
#[command(args_override_self = true)]
pub struct SqlArgs {
    /// One SELECT over state, objects, outputs, runs, operations, versions and leases.
    #[arg(value_name = "QUERY")]
    pub query: String,
    /// Print a JSON list with an object per row.
    #[arg(long, conflicts_with = "csv")]
    pub json: bool,
    /// Print comma-separated values.
    #[arg(long)]
    pub csv: bool,
    /// State.
    #[command(flatten)]
    pub state: StateOption,
    /// Output.
    #[command(flatten)]
    pub view: ViewOptions,
}

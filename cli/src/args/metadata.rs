//! Arguments of `metadata`.

use clap::{Args, Subcommand};

use super::ViewOptions;

/// `metadata`.
#[derive(Debug, Subcommand)]
pub enum MetadataCommand {
    /// Print the signatures of all functions.
    Functions(MetadataFunctionsArgs),
}

/// `metadata functions`.
#[derive(Args, Debug)]
#[command(args_override_self = true)]
pub struct MetadataFunctionsArgs {
    /// Print a JSON document: the only form there is.
    #[arg(long)]
    pub json: bool,
    /// Output.
    #[command(flatten)]
    pub view: ViewOptions,
}

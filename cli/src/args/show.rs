//! Arguments of the commands that show what is stored: `show` and `output`.

use std::path::PathBuf;

use clap::Args;

use super::{StateOption, ViewOptions};

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

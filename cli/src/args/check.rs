//! Arguments of the commands that look at the configuration alone: `validate`, `console`; and of `version`.

use clap::Args;

use super::{StateOption, VariableArgs, ViewOptions};

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

//! Arguments of the commands that prepare a working directory: `init` and `get`.

use std::path::PathBuf;

use clap::Args;

use super::{LockOptions, VariableArgs, ViewOptions};

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
    /// Variables, for sources of modules that depend on them.
    #[command(flatten)]
    pub variables: VariableArgs,
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
    /// Variables, for sources of modules that depend on them.
    #[command(flatten)]
    pub variables: VariableArgs,
    /// Output.
    #[command(flatten)]
    pub view: ViewOptions,
}

//! Arguments of `module`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::ViewOptions;

/// `module`.
#[derive(Debug, Subcommand)]
pub enum ModuleCommand {
    /// List the modules that come with plumb.
    List(ModuleListArgs),
    /// Copy one of them into a directory, to be changed there.
    Copy(ModuleCopyArgs),
}

/// `module list`.
#[derive(Args, Debug)]
#[command(args_override_self = true)]
pub struct ModuleListArgs {
    /// Print a JSON document.
    #[arg(long)]
    pub json: bool,
    /// Output.
    #[command(flatten)]
    pub view: ViewOptions,
}

/// `module copy`.
#[derive(Args, Debug)]
#[command(args_override_self = true)]
pub struct ModuleCopyArgs {
    /// Name of the module, with or without plumb://.
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Directory that the copy is made in; it must be new or empty.
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// Output.
    #[command(flatten)]
    pub view: ViewOptions,
}

//! Arguments of `fmt`.

use std::path::PathBuf;

use clap::{ArgAction, Args};

use super::ViewOptions;

/// `fmt`.
#[derive(Args, Debug)]
#[command(args_override_self = true)]
pub struct FmtArgs {
    /// Files and directories; the working directory when left out, standard input for "-".
    #[arg(value_name = "TARGET")]
    pub targets: Vec<PathBuf>,
    /// Whether the files whose layout differs are listed.
    #[arg(long, num_args = 0..=1, require_equals = true, default_value_t = true, default_missing_value = "true", action = ArgAction::Set, value_name = "BOOL")]
    pub list: bool,
    /// Whether they are written.
    #[arg(long, num_args = 0..=1, require_equals = true, default_value_t = true, default_missing_value = "true", action = ArgAction::Set, value_name = "BOOL")]
    pub write: bool,
    /// Show what differs.
    #[arg(long)]
    pub diff: bool,
    /// Write nothing; exit with 3 when something differs.
    #[arg(long)]
    pub check: bool,
    /// Also the directories within.
    #[arg(long)]
    pub recursive: bool,
    /// Output.
    #[command(flatten)]
    pub view: ViewOptions,
}

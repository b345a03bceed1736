//! Arguments of `test`.

use std::path::PathBuf;

use clap::Args;

use super::options::{VariableArgs, ViewOptions};

/// `test`.
#[derive(Args, Debug)]
#[command(args_override_self = true)]
pub struct TestArgs {
    /// Run only this file; may be given more than once.
    #[arg(long, value_name = "FILE")]
    pub filter: Vec<PathBuf>,
    /// Directory of test files besides the working directory.
    #[arg(long, value_name = "DIR", default_value = "tests")]
    pub test_directory: PathBuf,
    /// Show the plan or the state of each run.
    #[arg(long)]
    pub verbose: bool,
    /// Print one JSON object per line.
    #[arg(long)]
    pub json: bool,
    /// Write the results to this file, in JUnit's format.
    #[arg(long, value_name = "FILE")]
    pub junit_xml: Option<PathBuf>,
    /// Most operations at one time.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub parallelism: usize,
    /// Variables.
    #[command(flatten)]
    pub variables: VariableArgs,
    /// Output.
    #[command(flatten)]
    pub view: ViewOptions,
}

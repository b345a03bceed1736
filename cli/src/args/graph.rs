//! Arguments of `graph`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{StateOption, ViewOptions};

/// `graph`.
#[derive(Args, Debug)]
#[command(args_override_self = true)]
pub struct GraphArgs {
    /// What is drawn in full: plan, plan-refresh-only, plan-destroy or apply; resources alone when left out.
    #[arg(long = "type", value_name = "TYPE")]
    pub kind: Option<String>,
    /// Draw the operations of a plan that "plan -out" saved.
    #[arg(long, value_name = "FILE")]
    pub plan: Option<PathBuf>,
    /// Draw circles, in red, instead of refusing them.
    #[arg(long)]
    pub draw_cycles: bool,
    /// Language of the drawing.
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "dot")]
    pub format: GraphFormat,
    /// Taken for compatibility.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub module_depth: Option<i64>,
    /// Taken for compatibility.
    #[arg(long)]
    pub verbose: bool,
    /// State.
    #[command(flatten)]
    pub state: StateOption,
    /// Output.
    #[command(flatten)]
    pub view: ViewOptions,
}

/// Language of a drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// Graphviz.
    Dot,
    /// Mermaid.
    Mermaid,
}

//! Arguments of `ha`: failover groups at run time.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{StateOption, ViewOptions};

/// `ha` and what it can do.
#[derive(Debug, Subcommand)]
pub enum HaCommand {
    /// Show where groups are active and how they are; exits with 2 when somebody should look.
    Status(HaStatusArgs),
    /// Move a group to another server.
    Move(HaMoveArgs),
    /// Start a group that is active nowhere.
    Start(HaMoveArgs),
    /// Stop a group.
    Stop(HaGroupArgs),
    /// Finish what was interrupted, and bring all parts of a group to its owner.
    Repair(HaMoveArgs),
    /// Show what happened to groups.
    History(HaHistoryArgs),
    /// Explain an error: its causes and what to do.
    Explain(HaExplainArgs),
    /// Run the agent of a server: it watches the others, and has groups active here when it is this server's turn.
    Agent(HaAgentArgs),
    /// Give up what an agent leaves behind; the agent starts it.
    #[command(hide = true)]
    Guard,
}

/// What all of them take.
#[derive(Args, Debug)]
pub struct HaCommon {
    /// Language of messages: "en" or "ja"; left out, that of LANG.
    #[arg(long, value_name = "LANGUAGE")]
    pub lang: Option<String>,
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

/// `ha status`.
#[derive(Args, Debug)]
#[command(args_override_self = true)]
pub struct HaStatusArgs {
    /// Only this group: its name, or CLUSTER/NAME.
    #[arg(value_name = "GROUP")]
    pub group: Option<String>,
    /// Look again and again until interrupted.
    #[arg(long)]
    pub watch: bool,
    /// Seconds between two looks of -watch.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub interval: u64,
    /// Common options.
    #[command(flatten)]
    pub common: HaCommon,
}

/// `ha stop`.
#[derive(Args, Debug)]
#[command(args_override_self = true)]
pub struct HaGroupArgs {
    /// The group: its name, or CLUSTER/NAME.
    #[arg(value_name = "GROUP")]
    pub group: String,
    /// Do the side of AWS alone: addresses, routes, records. For groups whose disks and programs no agent runs, and which
    /// you have stopped or start yourself.
    #[arg(long)]
    pub aws_only: bool,
    /// Why, for the history.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Common options.
    #[command(flatten)]
    pub common: HaCommon,
}

/// `ha move`, `ha start` and `ha repair`.
#[derive(Args, Debug)]
#[command(args_override_self = true)]
pub struct HaMoveArgs {
    /// The server; left out, the best one of the startup list, for a repair the recorded owner.
    #[arg(long, value_name = "SERVER")]
    pub to: Option<String>,
    /// Use a copy of a mirrored disk although it is not up to date.
    #[arg(long)]
    pub force: bool,
    /// The group.
    #[command(flatten)]
    pub group: HaGroupArgs,
}

/// `ha history`.
#[derive(Args, Debug)]
#[command(args_override_self = true)]
pub struct HaHistoryArgs {
    /// Only this group: its name, or CLUSTER/NAME.
    #[arg(value_name = "GROUP")]
    pub group: Option<String>,
    /// How many of the last transitions.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub last: usize,
    /// Show the steps of each.
    #[arg(long)]
    pub steps: bool,
    /// Common options.
    #[command(flatten)]
    pub common: HaCommon,
}

/// `ha explain`.
#[derive(Args, Debug)]
#[command(args_override_self = true)]
pub struct HaExplainArgs {
    /// A code (5, 106), a code of a type (dns:7), or a name (virtual-ip-in-vpc); all when left out.
    #[arg(value_name = "CODE")]
    pub code: Option<String>,
    /// Language: "en" or "ja"; left out, that of LANG.
    #[arg(long, value_name = "LANGUAGE")]
    pub lang: Option<String>,
    /// Print a JSON document.
    #[arg(long)]
    pub json: bool,
    /// Output.
    #[command(flatten)]
    pub view: ViewOptions,
}

/// `ha agent`.
#[derive(Args, Debug)]
#[command(args_override_self = true)]
pub struct HaAgentArgs {
    /// The server that this machine is, as the cluster names it.
    #[arg(long, value_name = "NAME")]
    pub server: String,
    /// The cluster, where the state has several.
    #[arg(long, value_name = "NAME")]
    pub cluster: Option<String>,
    /// JSON file with "cluster" and "groups" in place of the state: the definitions of ha_cluster and ha_group.
    #[arg(long, value_name = "FILE")]
    pub description: Option<PathBuf>,
    /// File with the key that heartbeats are signed with, the same on all servers.
    #[arg(long, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
    /// UDP port of heartbeats, the same on all servers.
    #[arg(long, value_name = "PORT", default_value_t = plumb_provider_ha::agent::network::PORT)]
    pub port: u16,
    /// Where metrics are served over HTTP; "off" for nowhere.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9725")]
    pub metrics: String,
    /// Program that sets and removes virtual addresses in place of netlink: "add", "remove" or "check", address, interface.
    #[arg(long, value_name = "PROGRAM")]
    pub address_program: Option<PathBuf>,
    /// Program that ends the machine in place of systemctl: "poweroff" or "reboot".
    #[arg(long, value_name = "PROGRAM")]
    pub power_program: Option<PathBuf>,
    /// State.
    #[command(flatten)]
    pub state: StateOption,
    /// Output.
    #[command(flatten)]
    pub view: ViewOptions,
}

impl HaCommand {
    /// Where the state is, for those that read it.
    pub fn state(&mut self) -> Option<&mut StateOption> {
        Some(match self {
            Self::Status(it) => &mut it.common.state,
            Self::Move(it) | Self::Start(it) | Self::Repair(it) => &mut it.group.common.state,
            Self::Stop(it) => &mut it.common.state,
            Self::History(it) => &mut it.common.state,
            Self::Agent(it) => &mut it.state,
            Self::Explain(_) | Self::Guard => return None,
        })
    }

    /// How output looks.
    pub fn view(&self) -> &ViewOptions {
        static PLAIN: ViewOptions = ViewOptions::PLAIN;
        match self {
            Self::Agent(it) => &it.view,
            Self::Guard => &PLAIN,
            Self::Status(it) => &it.common.view,
            Self::Move(it) | Self::Start(it) | Self::Repair(it) => &it.group.common.view,
            Self::Stop(it) => &it.common.view,
            Self::History(it) => &it.common.view,
            Self::Explain(it) => &it.view,
        }
    }
}

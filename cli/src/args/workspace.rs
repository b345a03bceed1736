//! Arguments of `workspace`, and where each command's state lies.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Command, LockOptions, StateCommand, StateOption, ViewOptions};

/// `workspace`.
#[derive(Debug, Subcommand)]
pub enum WorkspaceCommand {
    /// List the workspaces.
    List(WorkspaceArgs),
    /// Show the name of the current workspace.
    Show(WorkspaceArgs),
    /// Make a workspace, and change to it.
    New(WorkspaceNewArgs),
    /// Change to a workspace.
    Select(WorkspaceSelectArgs),
    /// Delete a workspace.
    Delete(WorkspaceDeleteArgs),
}

impl WorkspaceCommand {
    /// How output looks.
    pub fn view(&self) -> &ViewOptions {
        match self {
            WorkspaceCommand::List(it) | WorkspaceCommand::Show(it) => &it.view,
            WorkspaceCommand::New(it) => &it.view,
            WorkspaceCommand::Select(it) => &it.view,
            WorkspaceCommand::Delete(it) => &it.view,
        }
    }
}

/// `workspace list` and `workspace show`.
#[derive(Args, Debug)]
#[command(args_override_self = true)]
pub struct WorkspaceArgs {
    /// Output.
    #[command(flatten)]
    pub view: ViewOptions,
}

/// `workspace new`.
#[derive(Args, Debug)]
#[command(args_override_self = true)]
pub struct WorkspaceNewArgs {
    /// Name of the workspace.
    pub name: String,
    /// Begin with the state of this file, which stays as it is.
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    /// Locks.
    #[command(flatten)]
    pub lock: LockOptions,
    /// Output.
    #[command(flatten)]
    pub view: ViewOptions,
}

/// `workspace select`.
#[derive(Args, Debug)]
#[command(args_override_self = true)]
pub struct WorkspaceSelectArgs {
    /// Name of the workspace.
    pub name: String,
    /// Make the workspace when there is none of this name.
    #[arg(long)]
    pub or_create: bool,
    /// Output.
    #[command(flatten)]
    pub view: ViewOptions,
}

/// `workspace delete`.
#[derive(Args, Debug)]
#[command(args_override_self = true)]
pub struct WorkspaceDeleteArgs {
    /// Name of the workspace.
    pub name: String,
    /// Delete it even though its state has objects: they stay, and plumb knows of them no more.
    #[arg(long)]
    pub force: bool,
    /// Locks.
    #[command(flatten)]
    pub lock: LockOptions,
    /// Output.
    #[command(flatten)]
    pub view: ViewOptions,
}

impl Command {
    /// Where the command's state is, for one that has any.
    pub fn state(&mut self) -> Option<&mut StateOption> {
        Some(match self {
            Command::Plan(it) => &mut it.state,
            Command::Apply(it) | Command::Destroy(it) | Command::Refresh(it) => &mut it.state,
            Command::Show(it) => &mut it.state,
            Command::Output(it) => &mut it.state,
            Command::State(it) => it.state(),
            Command::Import(it) => &mut it.state,
            Command::Drift(it) => &mut it.state,
            Command::Console(it) => &mut it.state,
            Command::Confluence(it) => it.state(),
            Command::ForceUnlock(it) => &mut it.state,
            Command::Graph(it) => &mut it.state,
            Command::Ha(it) => return it.state(),
            Command::History(it) => it.state(),
            Command::Sql(it) => &mut it.state,
            _ => return None,
        })
    }
}

impl StateCommand {
    fn state(&mut self) -> &mut StateOption {
        match self {
            StateCommand::List(it) => &mut it.state,
            StateCommand::Show(it) => &mut it.state,
            StateCommand::Rm(it) => &mut it.state,
            StateCommand::Mv(it) => &mut it.state,
            StateCommand::Pull(it) => &mut it.state,
            StateCommand::Push(it) => &mut it.state,
            StateCommand::Rekey(it) => &mut it.state,
        }
    }
}

//! The command line of plumb: arguments in, text or JSON out, an exit code.

mod args;
mod commands;
mod key;
mod line_editor;
mod lock;
mod log;
mod modules;
mod plan_file;
mod process;
mod progress;
mod prompt;
mod remote_states;
mod render;
mod session;
mod signals;
mod state_file;
mod ui;
mod workspace;

use std::collections::BTreeMap;
use std::process::ExitCode;

use plumb_engine::diagnostic::Diagnostic;
use plumb_engine::provider::Providers;

use crate::args::{Cli, Command, Misuse, VersionArgs, ViewOptions};
use crate::session::{Exit, Session};

/// Version of plumb.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Version of Terraform whose language and interface plumb speaks: what tools read that ask for a version.
pub const TERRAFORM_VERSION: &str = plumb_engine::config::LANGUAGE_VERSION;

/// All providers that plumb was built with.
pub fn providers() -> Providers {
    let mut all = Providers::default();
    #[cfg(feature = "aws")]
    all.add(plumb_provider_aws::provider());
    #[cfg(not(feature = "aws"))]
    all.add(plumb_provider_aws_schemas::provider());
    for provider in plumb_provider_builtin::providers(std::sync::Arc::new(remote_states::Files)) {
        all.add(provider);
    }
    all.add(plumb_provider_confluence::provider());
    all.add(plumb_provider_ha::provider());
    all
}

/// Local values build on each other, so a value can be nested as deep as a configuration is long, and whatever looks at
/// it goes down all the way. The memory is only reserved; none of it is used until it is needed.
const STACK_SIZES: [usize; 2] = [1 << 30, 1 << 27];
const WORKER_STACK_SIZE: usize = 1 << 26;

/// Runs the command that the process's arguments and environment ask for.
pub fn run(providers: Providers) -> ExitCode {
    std::thread::scope(|scope| {
        let spawn = |size: usize| {
            let builder = std::thread::Builder::new().name("plumb".into()).stack_size(size);
            builder.spawn_scoped(scope, || run_here(providers.clone())).ok()
        };
        match STACK_SIZES.into_iter().find_map(spawn) {
            // The thread has said itself why it panicked.
            Some(thread) => thread.join().unwrap_or(ExitCode::FAILURE),
            None => run_here(providers.clone()),
        }
    })
}

fn run_here(providers: Providers) -> ExitCode {
    let environment: BTreeMap<String, String> = std::env::vars_os()
        .filter_map(|(name, text)| Some((name.into_string().ok()?, text.into_string().ok()?)))
        .collect();
    let arguments = std::env::args_os().skip(1).map(|it| it.to_string_lossy().into_owned()).collect();
    let mut session = Session { providers, environment, workspace: state_file::DEFAULT_WORKSPACE.to_owned() };
    let exit = match args::parse(arguments, &session.environment) {
        Ok(cli) => start(cli, &mut session),
        Err(Misuse::Asked(text)) => {
            session.ui(&ViewOptions::default(), false).out(&text);
            Exit::Success
        }
        Err(Misuse::Wrong(diagnostic)) => refuse(*diagnostic, &session),
    };
    ExitCode::from(exit.code())
}

fn start(cli: Cli, session: &mut Session) -> Exit {
    if let Some(dir) = &cli.chdir
        && let Err(error) = std::env::set_current_dir(dir)
    {
        let detail = format!("The directory {} of -chdir cannot be entered: {error}.", dir.display());
        return refuse(Diagnostic::error("Error handling -chdir option", detail), session);
    }
    if let Err(diagnostic) = log::start(&session.environment) {
        return refuse(diagnostic, session);
    }
    if let Err(diagnostic) = key::start(&session.environment) {
        return refuse(diagnostic, session);
    }
    match commands::current_workspace(session) {
        Ok(workspace) => session.workspace = workspace,
        Err(diagnostic) => return refuse(diagnostic, session),
    }
    let mut command = match cli.command {
        Some(command) if !cli.version => command,
        _ => Command::Version(VersionArgs::default()),
    };
    if let Some(state) = command.state() {
        state_file::locate(state, &session.workspace);
    }
    match tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(WORKER_STACK_SIZE).build() {
        Ok(runtime) => runtime.block_on(commands::run(command, session)),
        Err(error) => refuse(
            Diagnostic::error("Cannot start", format!("The threads for the work cannot be made: {error}.")),
            session,
        ),
    }
}

fn refuse(diagnostic: Diagnostic, session: &Session) -> Exit {
    session.ui(&ViewOptions::default(), false).diagnostics(&diagnostic.into(), None);
    Exit::Error
}

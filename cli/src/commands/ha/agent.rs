//! `ha agent`: what runs on each server of a cluster, and `ha guard`, which looks after it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use plumb_engine::diagnostic::Diagnostic;
use plumb_provider_ha::address::resolver::{HostResolver, Resolver};
use plumb_provider_ha::agent::clock::{BootClock, Clock as _};
use plumb_provider_ha::agent::control;
use plumb_provider_ha::agent::core::Agent;
use plumb_provider_ha::agent::driver::{self, Input, Outbox, Ports};
use plumb_provider_ha::agent::event::Event;
use plumb_provider_ha::agent::guard::{self, Charge, Warden, end_machine};
use plumb_provider_ha::agent::local::{Machine, locals};
use plumb_provider_ha::agent::metrics::Telemetry;
use plumb_provider_ha::agent::network::{Interconnect, Target};
use plumb_provider_ha::agent::settings::Settings;
use plumb_provider_ha::arbiter::journaled::Counted;
use plumb_provider_ha::connect::{self, JOURNAL_VARIABLE, journal_path};
use plumb_provider_ha::group::{Cluster, Group};
use plumb_provider_ha::journal::{FileJournal, Journal as _, fold};
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use super::{arbiter, described, history, run_dir, socket, unplaced};
use crate::args::HaAgentArgs;
use crate::session::{Exit, Failure, Session};
use crate::ui::Ui;

/// What a file describes in place of the state.
#[derive(Deserialize)]
struct Description {
    cluster: Cluster,
    groups: Vec<Group>,
}

/// Runs the agent until it ends.
pub async fn run(args: &HaAgentArgs, session: &Session, ui: &Ui) -> Result<Exit, Failure> {
    let run_dir = run_dir(session);
    std::fs::create_dir_all(&run_dir).map_err(|error| {
        let way = format!("Set {} to a folder that this user can make and write to", connect::RUN_DIR_VARIABLE);
        cannot(format!("the folder {} cannot be made: {error}. {way}", run_dir.display()))
    })?;
    runnable("-address-program", args.address_program.as_deref())?;
    runnable("-power-program", args.power_program.as_deref())?;
    let description = description(args)?;
    let socket = socket(&description.cluster.name, session);
    // Two agents share the journal, too; this one says what it is.
    control::alone(&socket).map_err(cannot)?;
    let path = journal_path(session.environment.get(JOURNAL_VARIABLE).map(String::as_str));
    let journal = FileJournal::open(&path).map_err(|error| history::unreadable(&error.to_string()))?;
    let entries = journal.entries().map_err(|error| history::unreadable(&error.to_string()))?;
    let mut epochs = BTreeMap::new();
    for it in fold(&entries).into_iter().filter(|it| it.transition.cluster == description.cluster.name) {
        epochs.insert(it.transition.group, it.transition.epoch);
    }
    let Description { cluster, groups } = description;
    let settings = Settings { cluster, groups, server: args.server.clone(), epochs };
    if settings.own().is_none() {
        let names: Vec<&str> = settings.cluster.servers.iter().map(|it| &*it.name).collect();
        let (cluster, names) = (&settings.cluster.name, names.join(", "));
        let reason = format!("the cluster {cluster} has no server {:?}: -server names one of {names}", args.server);
        return Err(cannot(reason).into());
    }
    let machine = Machine { run_dir: run_dir.clone(), address_program: args.address_program.clone() };
    let charge = Charge {
        settings: settings.clone(),
        machine,
        agent: i32::try_from(std::process::id()).unwrap_or_default(),
        power: args.power_program.clone(),
    };
    let (outbox, inbox) = mpsc::unbounded_channel();
    // Before anything else is done: two agents of one server would be two that believe to be it.
    let listener = control::open(&socket).map_err(cannot)?;
    let warden = Arc::new(warden(&charge, outbox.clone())?);
    let action = serve(args, session, settings, charge, journal, warden.clone(), (outbox, inbox, listener), ui).await?;
    std::fs::remove_file(&socket).ok();
    end_machine(action, args.power_program.as_ref()).map_err(cannot)?;
    // The end of its pipe is the end of the guard, unless something is left here.
    drop(warden);
    Ok(Exit::Success)
}

/// The agent's ends of its ways.
type Ways = (Outbox, driver::Inbox, tokio::net::UnixListener);

#[expect(clippy::too_many_arguments, reason = "what an agent is made of comes from many sides")]
async fn serve(
    args: &HaAgentArgs,
    session: &Session,
    settings: Settings,
    charge: Charge,
    journal: FileJournal,
    warden: Arc<Warden>,
    (outbox, inbox, listener): Ways,
    ui: &Ui,
) -> Result<plumb_provider_ha::group::FinalAction, Failure> {
    let cloud = connect::cloud(&settings.cluster).await.map_err(unplaced)?;
    let journal: Arc<dyn plumb_provider_ha::journal::Journal> = Arc::new(journal);
    let arbiter = arbiter(&settings.cluster, session).await?;
    let arbiter = arbiter.unwrap_or_else(|| Arc::new(Counted::new(journal.clone())));
    let key = args.key_file.as_deref().map(key).transpose()?;
    let interconnect = Arc::new(Interconnect::open(&settings, args.port, key).await.map_err(cannot)?);
    let speak = ui.lines();
    let telemetry = Telemetry::new(Box::new(move |line| speak(line)));
    let resolver = HostResolver::new().map(|it| Arc::new(it) as Arc<dyn Resolver>).ok();
    let ports = Ports {
        clock: Arc::new(BootClock),
        locals: locals(&settings, &charge.machine, Some(&cloud)),
        third_party: Arc::new(Target::new(&settings.cluster.partition)),
        cloud,
        arbiter,
        journal,
        resolver,
        others: interconnect.clone(),
        guard: warden,
        log: telemetry.clone(),
    };
    let metrics = match args.metrics.as_str() {
        "off" => None,
        address => {
            let listener = TcpListener::bind(address).await.map_err(|error| {
                let way = "Give -metrics another address with its port, or \"off\"";
                cannot(format!("metrics cannot be served at {address}: {error}. {way}"))
            })?;
            Some(listener)
        }
    };
    let agent = Agent::new(settings, &uuid::Uuid::new_v4().to_string(), BootClock.now());
    let listening = outbox.clone();
    let around = async {
        let metrics = async {
            match metrics {
                Some(listener) => telemetry.clone().serve(listener).await,
                None => std::future::pending().await,
            }
        };
        let signals = signals(outbox.clone());
        tokio::join!(interconnect.listen(&listening), control::serve(listener, outbox.clone()), metrics, signals);
    };
    tokio::select! {
        action = driver::run(agent, ports, outbox.clone(), inbox) => Ok(action),
        () = around => unreachable!("none of them has an end"),
    }
}

/// Tells the agent to end when its process is told to.
async fn signals(outbox: Outbox) {
    let handlers = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
    if let (Ok(mut terminate), Ok(mut interrupt)) = handlers {
        loop {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            outbox.send(Input::Event(Event::Terminate)).ok();
        }
    }
    std::future::pending().await
}

/// Starts the guard: this program once more, in a process group of its own.
fn warden(charge: &Charge, outbox: Outbox) -> Result<Warden, Diagnostic> {
    use std::os::unix::process::CommandExt as _;
    let program = std::env::current_exe().map_err(|error| cannot(format!("the guard cannot be found: {error}")))?;
    let mut command = Command::new(program);
    command.args(["ha", "guard"]).stdin(Stdio::piped()).stdout(Stdio::null()).process_group(0);
    let child = command.spawn().map_err(|error| cannot(format!("the guard cannot be started: {error}")))?;
    Warden::new(child, charge, outbox).map_err(cannot)
}

/// Runs the guard until its agent ends.
pub async fn guard() -> Result<Exit, Failure> {
    // Who ends the agent does not mean its guard, which ends by itself when nothing is left to give up.
    let handlers = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
    guard::run().await.map_err(cannot)?;
    drop(handlers);
    Ok(Exit::Success)
}

fn description(args: &HaAgentArgs) -> Result<Description, Failure> {
    if let Some(path) = &args.description {
        let unusable = |error: &dyn std::fmt::Display| {
            let way = "It is JSON with \"cluster\" and \"groups\", as \"plumb output -json\" writes it of an output that has both";
            cannot(format!("the description {} cannot be used: {error}. {way}", path.display()))
        };
        let text = std::fs::read_to_string(path).map_err(|error| unusable(&error))?;
        return Ok(serde_json::from_str(&text).map_err(|error| unusable(&error))?);
    }
    let mut found = described::groups(&args.state, None)?;
    found.retain(|it| args.cluster.as_ref().is_none_or(|name| it.cluster.name == *name));
    let Some(first) = found.first() else {
        let of = args.cluster.as_ref().map(|name| format!(" of a cluster {name}")).unwrap_or_default();
        return Err(cannot(format!("the state has no failover group{of}: apply one, or name a -description")).into());
    };
    let cluster = first.cluster.clone();
    if found.iter().any(|it| it.cluster.name != cluster.name) {
        return Err(cannot("the state has several clusters: name one with -cluster".to_owned()).into());
    }
    Ok(Description { cluster, groups: found.into_iter().map(|it| it.group).collect() })
}

fn key(path: &Path) -> Result<Vec<u8>, Diagnostic> {
    let key = std::fs::read(path)
        .map_err(|error| cannot(format!("the key of heartbeats {} cannot be read: {error}", path.display())))?;
    let key = key.trim_ascii().to_vec();
    if key.is_empty() { Err(cannot(format!("the key of heartbeats {} is empty", path.display()))) } else { Ok(key) }
}

/// Whether a program of the site is there: without it, an agent could give nothing up, and would end the machine.
fn runnable(option: &str, program: Option<&Path>) -> Result<(), Diagnostic> {
    let Some(program) = program else { return Ok(()) };
    let found = which::which(program).map(drop);
    found.map_err(|error| cannot(format!("the program {} of {option} cannot be run: {error}", program.display())))
}

fn cannot(reason: String) -> Diagnostic {
    Diagnostic::error("Agent not started", format!("{reason}."))
}

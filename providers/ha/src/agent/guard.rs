//! A second process that gives up what is on a server when its agent does not: the agent was killed, is stopped, or hangs.
//!
//! It is told at every renewal until when it need not act, in the machine's own time, and shares nothing else with the
//! agent: a pipe, whose end is the agent's end.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use super::clock::{BootClock, Clock as _, Tick};
use super::core::last_resort;
use super::driver::{Guard, Input, Outbox};
use super::event::{Event, Watch};
use super::local::{Locals, Machine, locals};
use super::settings::{Settings, local_resources};
use crate::group::FinalAction;

/// Pause before what could not be given up is tried again.
const AGAIN: Duration = Duration::from_millis(500);
/// Longest time between two looks at the clock.
const STEP: Duration = Duration::from_millis(100);

/// What a guard is told when it starts.
#[derive(Debug, Serialize, Deserialize)]
pub struct Charge {
    /// What its agent was told.
    pub settings: Settings,
    /// What of the machine is used otherwise than usual.
    pub machine: Machine,
    /// Process of the agent.
    pub agent: i32,
    /// Program that stops or restarts the machine.
    pub power: Option<PathBuf>,
}

/// What a guard is told after that: how long a group may be here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The group.
    pub group: String,
    /// The limits; `None` when nothing of it is here.
    pub watch: Option<Watch>,
}

/// What a guard watches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watches(BTreeMap<String, Watch>);

impl Watches {
    /// Takes in how long a group may be here.
    pub fn set(&mut self, group: &str, watch: Option<Watch>) {
        match watch {
            Some(watch) => drop(self.0.insert(group.to_owned(), watch)),
            None => drop(self.0.remove(group)),
        }
    }

    /// When the agent is ended and its groups are given up in its place; `None` for never.
    pub fn act(&self) -> Option<Tick> {
        self.0.values().filter_map(|it| it.act).min()
    }

    /// When all must be gone if it is begun at a moment; `None` where nothing but the end of the agent says so. A machine
    /// that stood still for longer than its leases lasted gets the time for it that it would have had.
    pub fn gone_from(&self, now: Tick) -> Option<Tick> {
        self.0.values().filter_map(|it| it.gone_from(now)).min()
    }

    /// The groups that may be here.
    pub fn groups(&self) -> impl Iterator<Item = &String> {
        self.0.keys()
    }
}

/// Ends or restarts the machine, by a program of the site or by systemd, which does not wait for anything.
///
/// # Errors
/// The program could not be started, as a clause.
pub fn end_machine(action: FinalAction, program: Option<&PathBuf>) -> Result<(), String> {
    let verb = match action {
        FinalAction::Shutdown => "poweroff",
        FinalAction::Reboot => "reboot",
        FinalAction::None | FinalAction::StopGroup | FinalAction::StopAgent => return Ok(()),
    };
    let mut command = match program {
        Some(program) => Command::new(program),
        None => Command::new("systemctl"),
    };
    command.arg(verb);
    if program.is_none() {
        command.args(["--force", "--force"]);
    }
    let name = command.get_program().to_string_lossy().into_owned();
    command.stdin(Stdio::null()).status().map(drop).map_err(|error| format!("{name} cannot be started: {error}"))
}

/// The guard as its agent has it.
pub struct Warden {
    pipe: Mutex<ChildStdin>,
    outbox: Outbox,
}

impl Warden {
    /// Gives a guard that was just started its charge.
    ///
    /// # Errors
    /// It does not take it.
    pub fn new(mut child: Child, charge: &Charge, outbox: Outbox) -> Result<Self, String> {
        let failed = |error: &dyn std::fmt::Display| format!("the guard: {error}");
        let mut pipe = child.stdin.take().ok_or("the guard has no pipe")?;
        let line = serde_json::to_string(charge).map_err(|error| failed(&error))? + "\n";
        pipe.write_all(line.as_bytes()).map_err(|error| failed(&error))?;
        // From now on, a guard that does not read must not hold up the agent.
        fcntl(&pipe, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).map_err(|error| failed(&error))?;
        let gone = outbox.clone();
        std::thread::spawn(move || {
            child.wait().ok();
            // Without its guard an agent has nothing to rely on.
            gone.send(Input::Event(Event::Terminate)).ok();
        });
        Ok(Self { pipe: Mutex::new(pipe), outbox })
    }

    fn tell(&self, order: &Order) {
        let line = serde_json::to_string(order).expect("an order is plain data") + "\n";
        let mut pipe = self.pipe.lock().unwrap_or_else(PoisonError::into_inner);
        if pipe.write_all(line.as_bytes()).is_err() {
            self.outbox.send(Input::Event(Event::Terminate)).ok();
        }
    }
}

impl Guard for Warden {
    fn watch(&self, group: &str, watch: Option<Watch>) {
        self.tell(&Order { group: group.to_owned(), watch });
    }
}

/// Runs a guard: reads its charge and its orders from standard input until that ends.
///
/// # Errors
/// What it is told makes no sense, or something could not be given up; as a clause.
pub async fn run() -> Result<(), String> {
    let mut lines = lines();
    let first = lines.recv().await.ok_or("there is no charge")?;
    let charge: Charge = serde_json::from_str(&first).map_err(|error| error.to_string())?;
    let mut watches = Watches::default();
    loop {
        let due = watches.act().is_some_and(|at| BootClock.now() >= at);
        if due {
            break;
        }
        tokio::select! {
            line = lines.recv() => match line.as_deref().map(serde_json::from_str) {
                Some(Ok(Order { group, watch })) => watches.set(&group, watch),
                Some(Err(error)) => return Err(error.to_string()),
                // The agent has ended, in order or not.
                None if watches.groups().next().is_none() => return Ok(()),
                None => break,
            },
            () = tokio::time::sleep(STEP) => {}
        }
    }
    // A process that is stopped dies of this signal, too. It holds nothing that is not given up here.
    kill(Pid::from_raw(charge.agent), Signal::SIGKILL).ok();
    let gone = watches.gone_from(BootClock.now());
    let locals = locals(&charge.settings, &charge.machine, None);
    let work = give_up(&charge.settings, &locals, &watches);
    let end = async {
        match gone {
            Some(gone) => BootClock.until(gone).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        () = work => Ok(()),
        () = end => {
            let stuck = |group: &String| charge.settings.group(group).map(worst);
            let action = watches.groups().filter_map(stuck).max_by_key(|it| rank(*it)).unwrap_or(FinalAction::Shutdown);
            end_machine(action, charge.power.as_ref())
        }
    }
}

/// The lines of standard input as they come.
fn lines() -> mpsc::UnboundedReceiver<String> {
    let (sender, receiver) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

/// What the settings say for the worst of a group's resources.
fn worst(group: &crate::group::Group) -> FinalAction {
    let all = local_resources(group).into_iter().map(|it| last_resort(group, it));
    all.max_by_key(|it| rank(*it)).unwrap_or(FinalAction::None)
}

fn rank(action: FinalAction) -> u8 {
    match action {
        FinalAction::None | FinalAction::StopGroup | FinalAction::StopAgent => 0,
        FinalAction::Reboot => 1,
        FinalAction::Shutdown => 2,
    }
}

/// Gives up every group that may be here, each resource until it is gone.
async fn give_up(settings: &Settings, locals: &Locals, watches: &Watches) {
    for name in watches.groups() {
        let Some(group) = settings.group(name) else { continue };
        for resource in local_resources(group).into_iter().rev() {
            let Some(local) = locals.get(&(name.clone(), resource.to_owned())) else { continue };
            while let Err(reason) = local.deactivate().await {
                tracing::error!(group = name, resource, reason, "not given up");
                tokio::time::sleep(AGAIN).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Option<Tick> {
        Some(Tick::at(Duration::from_secs(seconds)))
    }

    #[test]
    fn the_first_limit_of_all_groups_counts() {
        let mut watches = Watches::default();
        assert_eq!(watches.act(), None);
        watches.set("a", Some(Watch { act: at(20), gone: at(30) }));
        watches.set("b", Some(Watch { act: at(10), gone: at(40) }));
        watches.set("c", Some(Watch { act: None, gone: None }));
        assert_eq!((watches.act(), watches.gone_from(at(12).unwrap())), (at(10), at(30)));
        assert_eq!(watches.gone_from(at(100).unwrap()), at(110), "a machine that slept gets its time");
        watches.set("b", None);
        assert_eq!((watches.act(), watches.groups().count()), (at(20), 2));
    }

    #[test]
    fn orders_survive_the_pipe() {
        let order = Order { group: "a".into(), watch: Some(Watch { act: at(1), gone: None }) };
        let text = serde_json::to_string(&order).unwrap();
        assert_eq!(serde_json::from_str::<Order>(&text).unwrap(), order);
    }
}

//! What an agent learns and what it has done because of it: the two sides of its core.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::clock::Tick;
use super::message::Beat;
use crate::address::{HostAction, Look};
use crate::arbiter::Lease;
use crate::errors::Trouble;
use crate::group::FinalAction;
use crate::transition::Request;

/// Number of a question that waits for its answer.
pub type Ticket = u64;

/// Something that an agent learns.
#[derive(Clone, Debug)]
pub enum Event {
    /// Time has passed.
    Tick,
    /// Another server's heartbeat came in.
    Heard(Beat),
    /// The partition check was answered, or not.
    Probed {
        /// When it was asked.
        asked: Tick,
        /// Why the third party cannot be reached, as a clause.
        result: Result<(), String>,
    },
    /// The last lease of a group, as the arbiter has it; why that is not known, as a clause.
    LeaseSeen {
        /// Name of the group.
        group: String,
        /// The lease; `None` when there never was one.
        seen: Result<Option<Lease>, String>,
    },
    /// This server has the lease of a group, newly or anew.
    LeaseHeld {
        /// Name of the group.
        group: String,
        /// The lease.
        lease: Lease,
        /// When it was asked for: it counts from then on.
        asked: Tick,
    },
    /// The arbiter did not answer to a renewal.
    LeaseSilent {
        /// Name of the group.
        group: String,
        /// Why, as a clause.
        reason: String,
    },
    /// Somebody has taken the lease over.
    LeaseLost {
        /// Name of the group.
        group: String,
        /// Who has it, in words.
        by: String,
    },
    /// A transition needs its lease no longer; what is active here decides when it is given back.
    LeaseUnneeded {
        /// Name of the group.
        group: String,
        /// Holder that is to stay on record.
        holder: String,
    },
    /// The lease was given back or handed on.
    LeaseGone {
        /// Name of the group.
        group: String,
        /// Why the arbiter does not know of it, as a clause: then the lease ends by itself.
        result: Result<(), String>,
    },
    /// A transition wants something done on this server.
    LocalWanted {
        /// Name of the group.
        group: String,
        /// Name of the resource.
        resource: String,
        /// What.
        action: HostAction,
        /// Who asks.
        ticket: Ticket,
    },
    /// Something was done on this server.
    LocalEnded {
        /// Name of the group.
        group: String,
        /// Name of the resource.
        resource: String,
        /// What.
        action: HostAction,
        /// Why it could not be done, as a clause.
        result: Result<(), String>,
    },
    /// Which copies of a group's disks here are not up to date.
    Outdated {
        /// Name of the group.
        group: String,
        /// Names of the disks.
        disks: BTreeSet<String>,
    },
    /// A transition has ended.
    TransitionEnded {
        /// Name of the group.
        group: String,
        /// Number of the job.
        job: u64,
        /// How.
        ended: Ended,
    },
    /// It was looked whether another server can have a group.
    Preflighted {
        /// Name of the group.
        group: String,
        /// Why it cannot.
        result: Result<(), Box<Trouble>>,
    },
    /// A monitor has looked.
    Monitored {
        /// Name of the group.
        group: String,
        /// Name of the monitor: that of its resource, or [`AZ_MONITOR`].
        monitor: String,
        /// What it saw.
        look: Look,
    },
    /// Somebody asks for something.
    Asked {
        /// Who asks.
        ticket: Ticket,
        /// What for.
        command: Command,
    },
    /// The agent is told to end.
    Terminate,
}

/// Name of the monitor of a server's zone.
pub const AZ_MONITOR: &str = "az";

/// How a transition ended.
#[derive(Clone, Debug)]
pub enum Ended {
    /// The group is where it should be.
    Done {
        /// Whether a record is still to be written, once Route 53 answers.
        is_pending: bool,
    },
    /// It was begun and could not be done.
    Failed(Box<Trouble>),
    /// It was not begun; nothing was changed.
    Refused(Box<Trouble>),
    /// Somebody else has the group by now.
    Superseded(Box<Trouble>),
}

/// What a person asks an agent for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "ask")]
pub enum Command {
    /// What it knows.
    Status,
    /// A group to another server.
    Move {
        /// Name of the group.
        group: String,
        /// The server; the best one when left out.
        to: Option<String>,
        /// Why, for the history.
        reason: String,
    },
    /// A group to this server.
    Start {
        /// Name of the group.
        group: String,
        /// The server; this one when left out.
        to: Option<String>,
        /// Why, for the history.
        reason: String,
        /// Whether a disk is used although its copy is not up to date.
        forced: bool,
    },
    /// A group to nowhere.
    Stop {
        /// Name of the group.
        group: String,
        /// Why, for the history.
        reason: String,
    },
}

/// What an agent has done.
#[derive(Clone, Debug)]
pub enum Action {
    /// A heartbeat goes to all others.
    Send(Beat),
    /// The third party of the partition check is asked.
    Probe,
    /// The arbiter is asked for the last lease of a group.
    Look {
        /// Name of the group.
        group: String,
    },
    /// A lease is taken without a transition: there is nothing to change.
    Acquire {
        /// Name of the group.
        group: String,
        /// Its holder: this server, or nobody for a stopped group.
        holder: String,
    },
    /// The lease is renewed.
    Renew {
        /// Name of the group.
        group: String,
    },
    /// The lease is given back: nothing of the group is here any more.
    GiveBack {
        /// Name of the group.
        group: String,
        /// Holder that stays on record.
        holder: String,
    },
    /// The lease goes on to another server: nothing of the group is here any more.
    HandOn {
        /// Name of the group.
        group: String,
        /// The server.
        to: String,
    },
    /// Something is done on this server; what was being done with the resource is broken off.
    Local {
        /// Name of the group.
        group: String,
        /// Name of the resource.
        resource: String,
        /// What.
        action: HostAction,
        /// Who waits for it.
        ticket: Option<Ticket>,
    },
    /// What a transition wants is not done.
    Refuse {
        /// Who asks.
        ticket: Ticket,
        /// Why, as a clause.
        reason: String,
    },
    /// A transition is begun.
    Transition {
        /// Name of the group.
        group: String,
        /// Number of the job.
        job: u64,
        /// What for.
        work: Work,
    },
    /// The transition of a group is broken off.
    Cancel {
        /// Name of the group.
        group: String,
    },
    /// It is looked whether another server can have a group.
    Preflight {
        /// Name of the group.
        group: String,
        /// The server.
        to: String,
    },
    /// A monitor looks.
    Monitor {
        /// Name of the group.
        group: String,
        /// Name of the monitor.
        monitor: String,
    },
    /// It is looked which copies of disks are not up to date.
    LookAtDisks {
        /// Name of the group.
        group: String,
    },
    /// The guard learns until when it need not act.
    Guard {
        /// Name of the group.
        group: String,
        /// The limits; `None` when nothing of the group is here.
        watch: Option<Watch>,
    },
    /// Who has asked is answered.
    Reply {
        /// Who.
        ticket: Ticket,
        /// The answer; why there is none, as a sentence.
        answer: Result<Json, String>,
    },
    /// A line goes to the log.
    Log(Notice),
    /// The agent ends, and the machine with it where the action says so.
    End(FinalAction),
}

/// What a transition is for.
#[derive(Clone, Debug)]
pub enum Work {
    /// What a request says.
    Run(Request),
    /// A resource is made right again after its monitor found an error.
    Restart(String),
    /// What was left open is finished.
    Finish,
}

/// Until when a guard need not act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    /// Then it ends the agent and gives up in its place.
    pub act: Option<Tick>,
    /// Then everything is given up, or the machine is stopped.
    pub gone: Option<Tick>,
}

impl Watch {
    /// When everything must be given up if that is begun at a moment. When the time for it has passed already, because
    /// the machine stood still, it begins anew: others have the group by now, and all that is left is to let go.
    pub fn gone_from(&self, now: Tick) -> Option<Tick> {
        let gone = self.gone?;
        if now < gone { Some(gone) } else { Some(now + gone.since(self.act.unwrap_or(gone))) }
    }
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// What happened, in a word.
    pub event: &'static str,
    /// How much it matters.
    pub level: Level,
    /// The group, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The resource or monitor, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// Epoch of the group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u64>,
    /// Error code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<u16>,
    /// In words.
    pub message: String,
}

/// How much a line of the log matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// It is as it should be.
    Info,
    /// Somebody should know.
    Warning,
    /// Somebody should do something.
    Error,
}

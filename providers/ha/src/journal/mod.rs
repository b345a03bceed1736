//! What transitions were begun, what each step found, wanted and did: a log that only grows.

mod file;
mod memory;
mod record;

use crate::moment::Moment;
use serde::{Deserialize, Serialize};

use crate::address::{Live, Op};

pub use file::FileJournal;
pub use memory::MemoryJournal;
pub use record::{Recorded, StepRecord, TransitionRecord, fold, recorded, rewrites};

/// A log of transitions.
pub trait Journal: Send + Sync {
    /// Adds an entry. When it returns `Ok`, the entry survives a crash of the machine.
    ///
    /// # Errors
    /// The entry is not durable: then what it announces must not be done.
    fn append(&self, entry: &Entry) -> Result<(), JournalError>;

    /// All entries, oldest first.
    ///
    /// # Errors
    /// The journal cannot be read.
    fn entries(&self) -> Result<Vec<Entry>, JournalError>;
}

/// Why a journal could not be written or read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct JournalError(pub String);

/// Why a transition happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// From nowhere to a server.
    Start,
    /// From a server to nowhere.
    Stop,
    /// From a server to another that both know of it.
    Move,
    /// From a server that is silent.
    Failover,
    /// A resource is made active again where it should be.
    Recover,
    /// Everything is brought to the confirmed owner.
    Repair,
}

impl Kind {
    /// The word in texts.
    pub fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Move => "move",
            Self::Failover => "failover",
            Self::Recover => "recover",
            Self::Repair => "repair",
        }
    }
}

/// One write of a transition, with what was there before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Name of the resource; that of the server for a forced stop.
    pub resource: String,
    /// The write.
    pub op: Op,
    /// What was there when the transition was planned.
    pub before: Live,
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// It is done and was seen to be done.
    Done,
    /// It could not be done.
    Failed,
    /// What it changes was brought back.
    Undone,
    /// Its target is what nobody of us made it.
    Unknown,
}

/// How a transition ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The group is where it should be.
    Done,
    /// It is not, and nothing more is tried.
    Failed,
    /// What was done of it was brought back.
    Undone,
    /// Somebody with a later epoch has the group.
    Superseded,
    /// What is there was made by nobody of us.
    Unknown,
}

impl Outcome {
    /// The word in texts.
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Undone => "undone",
            Self::Superseded => "superseded",
            Self::Unknown => "unknown",
        }
    }
}

/// What a transition is, as it was begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transition {
    /// Its id.
    pub id: String,
    /// Name of the cluster: the journal of another one is never taken for ours.
    pub cluster: String,
    /// Name of the group.
    pub group: String,
    /// Why it happens.
    pub kind: Kind,
    /// Server that had the group; `None` for none, or where that is not known.
    pub from: Option<String>,
    /// Server that gets the group; `None` for none.
    pub to: Option<String>,
    /// Epoch under which it is done.
    pub epoch: u64,
    /// In words, why.
    pub reason: String,
    /// Whether a person has overridden a check.
    pub forced: bool,
    /// Who does it: user and machine.
    pub by: String,
    /// Its writes in order.
    pub steps: Vec<Step>,
}

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "entry")]
pub enum Entry {
    /// A transition begins.
    Began {
        /// When.
        at: Moment,
        /// What it is.
        transition: Transition,
    },
    /// A step's write is about to be sent.
    Intent {
        /// When.
        at: Moment,
        /// The transition.
        id: String,
        /// Number of the step, from 0.
        seq: usize,
        /// How often it was sent before.
        attempt: u32,
    },
    /// A step has ended.
    Result {
        /// When.
        at: Moment,
        /// The transition.
        id: String,
        /// Number of the step, from 0.
        seq: usize,
        /// How.
        state: StepState,
        /// Error code of AWS or of ours.
        code: Option<String>,
        /// What went wrong.
        message: Option<String>,
        /// Id of AWS's request.
        request_id: Option<String>,
    },
    /// A transition has ended.
    Ended {
        /// When.
        at: Moment,
        /// The transition.
        id: String,
        /// How.
        outcome: Outcome,
        /// Why, unless it is done.
        message: Option<String>,
    },
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A transition with one step.
    pub(crate) fn transition(id: &str, kind: Kind, to: Option<&str>) -> Transition {
        let op = Op::Associate { allocation: "eipalloc-1".into(), eni: "eni-2".into() };
        let before = Live::Address { association: None, eni: Some("eni-1".into()) };
        Transition {
            id: id.into(),
            cluster: "db".into(),
            group: "failover1".into(),
            kind,
            from: Some("server1".into()),
            to: to.map(str::to_owned),
            epoch: 7,
            reason: "asked for".into(),
            forced: false,
            by: "test".into(),
            steps: vec![Step { resource: "e".into(), op, before }],
        }
    }

    fn began(id: &str) -> Entry {
        Entry::Began { at: Moment::EPOCH, transition: transition(id, Kind::Move, Some("server2")) }
    }

    #[test]
    fn a_torn_last_line_is_dropped_and_the_rest_kept() {
        let dir = std::env::temp_dir().join(format!("plumb-journal-{}", uuid::Uuid::new_v4()));
        let path = dir.join("db.jsonl");
        FileJournal::open(&path).unwrap().append(&began("1")).unwrap();
        let mut text = std::fs::read_to_string(&path).unwrap();
        text.push_str("{\"entry\":\"intent\",\"id\":\"1\"");
        std::fs::write(&path, text).unwrap();
        assert_eq!(FileJournal::read(&path).unwrap().len(), 1);
        let journal = FileJournal::open(&path).unwrap();
        journal.append(&began("2")).unwrap();
        assert_eq!(journal.entries().unwrap(), [began("1"), began("2")]);
        let busy = FileJournal::open(&path).unwrap_err();
        assert!(busy.to_string().contains("in use"), "{busy}");
        drop(journal);
        std::fs::write(&path, "nonsense\n{}\n").unwrap();
        assert!(FileJournal::read(&path).unwrap_err().to_string().contains("line 1"));
        std::fs::remove_dir_all(dir).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_reads_the_file() {
        use std::os::unix::fs::PermissionsExt as _;
        let path = std::env::temp_dir().join(format!("plumb-journal-{}.jsonl", uuid::Uuid::new_v4()));
        FileJournal::open(&path).unwrap().append(&began("1")).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn the_last_ended_transition_tells_the_owner() {
        let end = |id: &str, outcome| Entry::Ended { at: Moment::EPOCH, id: id.into(), outcome, message: None };
        let entries = [began("1"), end("1", Outcome::Done), began("2"), end("2", Outcome::Failed), began("3")];
        let all = fold(&entries);
        assert_eq!(all.iter().filter(|it| it.is_open()).count(), 1);
        let owner = recorded(&all, "db", "failover1").unwrap();
        assert_eq!((owner.server.as_deref(), owner.epoch), (Some("server2"), 7));
        assert!(recorded(&all, "other", "failover1").is_none());
    }
}

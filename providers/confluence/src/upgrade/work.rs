//! What a step does, and the id by which a plan records it.

use std::fmt;

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Work {
    /// Everything is as it must be before anything is changed.
    Check,
    /// The database is backed up.
    BackupDatabase,
    /// The shared home is backed up.
    BackupFiles,
    /// All groups are set to no machines.
    Stop,
    /// No machine is left.
    Gone,
    /// The groups make machines from the new template.
    Template,
    /// Each group gets one machine.
    First,
    /// The one node is up, and its upgrade tasks are done.
    Healthy,
    /// The new version answers.
    Verify,
    /// The groups get their usual sizes.
    Resize,
    /// All nodes are part of the cluster.
    Joined,
    /// The groups do nothing by themselves.
    Hold,
    /// Upgrade mode is on.
    Enable,
    /// A machine gets no requests any more.
    Drain(String),
    /// The node on a machine is stopped.
    StopNode(String),
    /// A machine gives way to a new one.
    Replace(String),
    /// So many new nodes serve.
    Join(usize),
    /// The upgrade is finalized.
    Finalize,
    /// The machines of Synchrony are replaced.
    Synchrony,
    /// The groups may do by themselves again what they do.
    Release,
}

/// Works without a part of their own, with their ids.
const PLAIN: [(&str, Work); 16] = [
    ("check", Work::Check),
    ("backup-database", Work::BackupDatabase),
    ("backup-files", Work::BackupFiles),
    ("stop", Work::Stop),
    ("gone", Work::Gone),
    ("template", Work::Template),
    ("first", Work::First),
    ("healthy", Work::Healthy),
    ("verify", Work::Verify),
    ("resize", Work::Resize),
    ("joined", Work::Joined),
    ("hold", Work::Hold),
    ("enable", Work::Enable),
    ("finalize", Work::Finalize),
    ("synchrony", Work::Synchrony),
    ("release", Work::Release),
];

impl Work {
    /// What the step of an id does; `None` for an id of a later version.
    pub fn parse(id: &str) -> Option<Self> {
        if let Some((_, work)) = PLAIN.iter().find(|(word, _)| *word == id) {
            return Some(work.clone());
        }
        let (word, part) = id.split_once('/')?;
        match word {
            "drain" => Some(Self::Drain(part.to_owned())),
            "stop" => Some(Self::StopNode(part.to_owned())),
            "replace" => Some(Self::Replace(part.to_owned())),
            "join" => part.parse().ok().map(Self::Join),
            _ => None,
        }
    }
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Drain(instance) => write!(f, "drain/{instance}"),
            Self::StopNode(instance) => write!(f, "stop/{instance}"),
            Self::Replace(instance) => write!(f, "replace/{instance}"),
            Self::Join(count) => write!(f, "join/{count}"),
            plain => f.write_str(PLAIN.iter().find(|(_, work)| work == plain).map_or("", |(word, _)| word)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_as_they_are_written() {
        let parts =
            [Work::Drain("i-1".into()), Work::StopNode("i-1".into()), Work::Replace("i-1".into()), Work::Join(3)];
        for work in PLAIN.iter().map(|(_, work)| work.clone()).chain(parts) {
            assert_eq!(Work::parse(&work.to_string()), Some(work));
        }
        assert_eq!(Work::parse("join/x"), None);
        assert_eq!(Work::parse("teleport"), None);
    }
}

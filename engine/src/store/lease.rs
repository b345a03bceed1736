//! Leases: which rows a run may write or relies on, until when, and who holds them against it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::addr::InstanceAddr;

/// What a lease covers: an instance with all of its objects, whether it exists yet or not, or an output.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Row(Arc<str>);

impl Row {
    /// The row of an instance.
    pub fn instance(addr: &InstanceAddr) -> Self {
        Self(addr.to_string().into())
    }

    /// The row of an output of the root module. Its text has a space, as no address outside of quotes does.
    pub fn output(name: &str) -> Self {
        Self(format!("output {name}").into())
    }

    /// The row as [`Row::as_str`] has it.
    pub fn from_text(text: &str) -> Self {
        Self(text.into())
    }

    /// The row as text: an address, or `output NAME`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a run does with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// It relies on the row: others may as well, and nobody may write it.
    Read,
    /// It writes the row: nobody else has a lease of it.
    Write,
}

/// Rows with what is done to them.
pub type Rows = BTreeMap<Row, Access>;

/// What a run wants to hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Everything: nobody else holds anything.
    Whole,
    /// These rows.
    Rows(Rows),
}

impl Scope {
    /// These rows, to be written.
    pub fn write(rows: impl IntoIterator<Item = Row>) -> Self {
        Scope::Rows(rows.into_iter().map(|row| (row, Access::Write)).collect())
    }

    /// Whether a row may be written.
    pub fn may_write(&self, row: &Row) -> bool {
        match self {
            Scope::Whole => true,
            Scope::Rows(rows) => rows.get(row) == Some(&Access::Write),
        }
    }

    /// The rows that two runs cannot hold at once, in order; `None` when both scopes can be held, no rows when one of
    /// them is the whole state.
    pub fn conflict(&self, other: &Scope) -> Option<Vec<Row>> {
        let (Scope::Rows(mine), Scope::Rows(theirs)) = (self, other) else { return Some(Vec::new()) };
        let writes = |access: Access| access == Access::Write;
        let both = mine
            .iter()
            .filter(|(row, access)| theirs.get(*row).is_some_and(|other| writes(**access) || writes(*other)));
        let rows: Vec<Row> = both.map(|(row, _)| row.clone()).collect();
        (!rows.is_empty()).then_some(rows)
    }
}

/// Who wants to write, and what for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockRequest {
    /// Id of the run, a UUID.
    pub run: String,
    /// What it does: `apply`, `state mv`.
    pub operation: String,
    /// `user@host`.
    pub who: String,
    /// Number of the process on its host.
    pub pid: u32,
    /// What tells the process from every other one anywhere, where the system has such a thing: by it a holder that has
    /// died is known before its lease ends. Empty when there is none.
    pub process: String,
    /// What it wants to hold.
    pub scope: Scope,
}

/// The right to write until it expires; renewed while the run goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Run that holds it.
    pub run: String,
    /// Fencing number, greater than that of every earlier lease: every write checks that this lease still counts.
    pub fence: u64,
}

/// Whose lease stands in the way, and of what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// `user@host`.
    pub who: String,
    /// Number of its process on that host.
    pub pid: u32,
    /// What it does.
    pub operation: String,
    /// Its run.
    pub run: String,
    /// Since when, RFC 3339.
    pub since: String,
    /// When the lease ends unless it is renewed, RFC 3339.
    pub expires: String,
    /// The rows that both want; none when either wants the whole state.
    pub rows: Vec<Row>,
}

/// How many rows a message names.
const NAMED: usize = 5;

impl Holder {
    /// What it holds, for a message: "aws_vpc.main and 3 more".
    pub fn held(&self) -> String {
        if self.rows.is_empty() {
            return "the state".to_owned();
        }
        let names: Vec<&str> = self.rows.iter().take(NAMED).map(Row::as_str).collect();
        let more = self.rows.len() - names.len();
        if more == 0 { names.join(", ") } else { format!("{} and {more} more", names.join(", ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(all: &[(&str, Access)]) -> Scope {
        Scope::Rows(all.iter().map(|(text, access)| (Row::from_text(text), *access)).collect())
    }

    #[test]
    fn readers_share_and_writers_do_not() {
        use Access::{Read, Write};
        let conflict = |a: &[(&str, Access)], b: &[(&str, Access)]| {
            let (a, b) = (rows(a), rows(b));
            assert_eq!(a.conflict(&b), b.conflict(&a));
            a.conflict(&b).map(|rows| rows.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        assert_eq!(conflict(&[("a", Read)], &[("a", Read)]), None);
        assert_eq!(conflict(&[("a", Write)], &[("b", Write)]), None);
        assert_eq!(conflict(&[("a", Write), ("b", Read)], &[("a", Read), ("b", Read)]), Some(vec!["a".to_owned()]));
        assert_eq!(Scope::Whole.conflict(&rows(&[])), Some(Vec::new()));
    }

    #[test]
    fn many_rows_are_counted() {
        let names = ["a", "b", "c", "d", "e", "f", "g"];
        let holder = Holder {
            who: "me@here".into(),
            pid: 1,
            operation: "apply".into(),
            run: "r".into(),
            since: String::new(),
            expires: String::new(),
            rows: names.map(Row::from_text).to_vec(),
        };
        assert_eq!(holder.held(), "a, b, c, d, e and 2 more");
    }
}

//! The file's format as a list of steps, each of which brings a file from one version to the next.
//!
//! The contract: a file's `user_version` is the number of steps that were done to it. A step that was released is
//! never edited, only followed by another; it keeps all data; it is done in one transaction with the new version, so
//! that a crash leaves the old format or the new one. A file with more steps than are known is refused untouched.

use rusqlite::{Connection, TransactionBehavior};
use uuid::Uuid;

use super::failure::Result;

/// Marks a file as a state of plumb ("plmb").
pub(super) const APPLICATION_ID: i64 = 0x706c_6d62;

/// The steps in order.
pub(super) const STEPS: &[&str] = &[
    include_str!("steps/001_initial.sql"),
    include_str!("steps/002_rows.sql"),
    include_str!("steps/003_checks.sql"),
    include_str!("steps/004_operation_steps.sql"),
];

/// What a file says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// `application_id`.
    pub application: i64,
    /// `user_version`: how many steps were done.
    pub version: i64,
    /// Whether it has no tables at all: a file that was just created.
    pub blank: bool,
}

/// Reads what a file says of itself; fails on a file that is no database. One statement, since another process may
/// be making the tables at this very moment, and half of its work would look like a database of something else.
pub(super) fn header(conn: &Connection) -> Result<Header> {
    let sql = "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema)
               FROM pragma_application_id, pragma_user_version";
    Ok(conn.query_row(sql, [], |row| {
        let (application, version, tables): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(Header { application, version, blank: tables == 0 && application == 0 && version == 0 })
    })?)
}

/// Does the steps that were not done yet. Safe when several processes do it at once: the first does the work.
pub(super) fn migrate(conn: &mut Connection, steps: &[&str]) -> Result<()> {
    let known = steps.len();
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let done = usize::try_from(header(&tx)?.version).unwrap_or(known);
    for step in steps.iter().skip(done) {
        tx.execute_batch(step)?;
    }
    if done < known {
        tx.pragma_update(None, "application_id", APPLICATION_ID)?;
        tx.pragma_update(None, "user_version", i64::try_from(known).expect("steps are few"))?;
    }
    if done == 0 {
        let lineage = Uuid::new_v4().to_string();
        tx.execute("INSERT INTO meta (id, lineage, serial, row_version, fence) VALUES (1, ?1, 0, 0, 0)", [&lineage])?;
        tracing::debug!(lineage, "new state");
    }
    tx.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: &str = "ALTER TABLE runs ADD COLUMN host TEXT NOT NULL DEFAULT 'unknown'";

    fn memory() -> Connection {
        Connection::open_in_memory().unwrap()
    }

    #[test]
    fn a_new_file_gets_every_step_once() {
        let mut conn = memory();
        assert!(header(&conn).unwrap().blank);
        migrate(&mut conn, STEPS).unwrap();
        migrate(&mut conn, STEPS).unwrap();
        let version = i64::try_from(STEPS.len()).unwrap();
        assert_eq!(header(&conn).unwrap(), Header { application: APPLICATION_ID, version, blank: false });
    }

    #[test]
    fn an_older_file_gets_the_missing_steps_and_keeps_its_data() {
        let mut conn = memory();
        migrate(&mut conn, &STEPS[..1]).unwrap();
        let lineage =
            |conn: &Connection| -> String { conn.query_row("SELECT lineage FROM meta", [], |row| row.get(0)).unwrap() };
        let before = lineage(&conn);
        conn.execute("INSERT INTO runs (id, command, who, summary, began) VALUES ('r', 'apply', 'me', '', '')", [])
            .unwrap();
        migrate(&mut conn, &[STEPS[0], SECOND]).unwrap();
        assert_eq!(lineage(&conn), before);
        assert_eq!(header(&conn).unwrap().version, 2);
        let host: String = conn.query_row("SELECT host FROM runs WHERE id = 'r'", [], |row| row.get(0)).unwrap();
        assert_eq!(host, "unknown");
    }

    #[test]
    fn a_failing_step_leaves_the_old_format() {
        let mut conn = memory();
        migrate(&mut conn, &STEPS[..1]).unwrap();
        migrate(&mut conn, &[STEPS[0], SECOND, "ALTER TABLE nothing ADD COLUMN x"]).unwrap_err();
        assert_eq!(header(&conn).unwrap().version, 1);
        assert!(conn.prepare("SELECT host FROM runs").is_err());
    }
}

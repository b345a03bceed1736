//! What the file remembers of runs, and how much of it is kept.

use std::collections::{BTreeMap, BTreeSet};

use plumb_engine::addr::Target;
use plumb_engine::store::{
    History, Moment, ObjectChange, ObjectKey, ObjectRecord, OperationId, OperationOutcome, OperationRecord, Run,
    RunOutcome, RunRecord, Snapshot, StoreError,
};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::SqliteStore;
use super::attributes::Opener;
use super::failure::{Failure, Result};
use super::objects::{RECORD, read_record};
use super::rows::{KEY, KEY_LEN, Reader, from_i64, parse_variant};
use super::stepped::{self, UNFINISHED};
use crate::failure::unknown_run;

impl History for SqliteStore {
    fn runs(&self, target: Option<&Target>) -> std::result::Result<Vec<RunRecord>, StoreError> {
        self.read("reading the history", |conn| {
            let touched = target.map(|target| runs_of(conn, target)).transpose()?;
            let all = runs(conn)?;
            Ok(all.into_iter().filter(|it| touched.as_ref().is_none_or(|ids| ids.contains(&it.run.id))).collect())
        })
    }

    fn operations(&self, run: &str) -> std::result::Result<Vec<OperationRecord>, StoreError> {
        self.read("reading the history", |conn| operations(conn, run))
    }

    fn changes(&self, run: &str) -> std::result::Result<Vec<ObjectChange>, StoreError> {
        self.read("reading the history", |conn| changes(conn, run, &self.opener()))
    }

    fn at(&self, moment: &Moment) -> std::result::Result<Snapshot, StoreError> {
        self.read("reading the history", |conn| at(conn, moment, &self.opener()))
    }
}

impl SqliteStore {
    /// Forgets all runs but the latest: their operations, and the versions of objects that only they need. What the
    /// kept runs found is kept, and so is every run that goes on, or has left an operation open or steps undone. Returns how many runs
    /// were forgotten.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn prune(&self, keep: usize) -> std::result::Result<usize, StoreError> {
        let pruned = self.write("pruning the history", |conn| prune(conn, keep))?;
        self.read("pruning the history", |conn| Ok(conn.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)")?))?;
        Ok(pruned)
    }
}

fn runs(conn: &Connection) -> Result<Vec<RunRecord>> {
    let mut statement = conn.prepare_cached(
        "SELECT id, command, who, revision, summary, began, ended, status, calls,
             (SELECT count(*) FROM operations WHERE operations.run = runs.id)
         FROM runs ORDER BY began DESC, rowid DESC",
    )?;
    let mut rows = statement.query([])?;
    let mut runs = Vec::new();
    while let Some(row) = rows.next()? {
        let run =
            Run { id: row.get(0)?, command: row.get(1)?, who: row.get(2)?, commit: row.get(3)?, summary: row.get(4)? };
        let ended: Option<String> = row.get(6)?;
        let outcome = match &ended {
            None => None,
            Some(_) => Some(RunOutcome { status: parse_variant(row, 7)?, calls: from_i64(row.get(8)?)? }),
        };
        let operations = from_i64(row.get(9)?)?;
        runs.push(RunRecord { run, began: row.get(5)?, ended, outcome, operations });
    }
    Ok(runs)
}

/// Runs that wrote an object of a target or began an operation on one.
fn runs_of(conn: &Connection, target: &Target) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    for table in ["object_history", "operations"] {
        let mut statement = conn.prepare_cached(&format!("SELECT DISTINCT run, address FROM {table}"))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let address: String = row.get(1)?;
            let addr = address.parse().map_err(|error| Failure::Row(format!("{address}: {error}")))?;
            if target.contains(&addr) {
                found.insert(row.get(0)?);
            }
        }
    }
    Ok(found)
}

fn operations(conn: &Connection, run: &str) -> Result<Vec<OperationRecord>> {
    let mut statement = conn.prepare_cached(&format!(
        "SELECT {KEY}, id, action, began, ended, nullif(ended_by, run), outcome, error, made_id
         FROM operations WHERE run = ?1 ORDER BY id"
    ))?;
    let mut rows = statement.query([run])?;
    let mut reader = Reader::default();
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let at = |offset| KEY_LEN + offset;
        let outcome: Option<String> = row.get(at(5))?;
        all.push(OperationRecord {
            object: reader.key(row)?,
            id: OperationId(row.get(at(0))?),
            steps: stepped::records(conn, OperationId(row.get(at(0))?))?,
            action: parse_variant(row, at(1))?,
            began: row.get(at(2))?,
            ended: row.get(at(3))?,
            ended_by: row.get(at(4))?,
            outcome: match outcome.as_deref() {
                None => None,
                Some("done") => Some(OperationOutcome::Done),
                Some(_) => Some(OperationOutcome::Failed(row.get::<_, Option<String>>(at(6))?.unwrap_or_default())),
            },
            made: row.get(at(7))?,
        });
    }
    Ok(all)
}

fn changes(conn: &Connection, run: &str, opener: &Opener) -> Result<Vec<ObjectChange>> {
    let mut statement = conn.prepare_cached(
        "SELECT address, deposed, min(seq), max(seq) FROM object_history WHERE run = ?1 GROUP BY address, deposed",
    )?;
    let keys: Vec<(String, String, i64, i64)> = statement
        .query_map([run], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut reader = Reader::default();
    let mut all = Vec::new();
    for (address, deposed, first, last) in keys {
        let before = version(conn, (&address, &deposed), first - 1, (&mut reader, opener))?;
        let after = version(conn, (&address, &deposed), last, (&mut reader, opener))?;
        let addr = address.parse().map_err(|error| Failure::Row(format!("{address}: {error}")))?;
        let object = ObjectKey { addr, deposed: (!deposed.is_empty()).then(|| deposed.as_str().into()) };
        all.push(ObjectChange { object, before, after });
    }
    all.sort_by(|a, b| a.object.cmp(&b.object));
    Ok(all)
}

/// The version of an object that counted after a row of the history.
fn version(
    conn: &Connection,
    (address, deposed): (&str, &str),
    seq: i64,
    (reader, opener): (&mut Reader, &Opener),
) -> Result<Option<ObjectRecord>> {
    let sql = format!(
        "SELECT {KEY}, {RECORD}, present FROM object_history WHERE address = ?1 AND deposed = ?2 AND seq <= ?3
         ORDER BY seq DESC LIMIT 1"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query(params![address, deposed, seq])?;
    match rows.next()? {
        Some(row) if present(row)? => read_record(reader, row, opener).map(Some),
        _ => Ok(None),
    }
}

fn present(row: &Row<'_>) -> Result<bool> {
    Ok(row.get("present")?)
}

fn at(conn: &mut Connection, moment: &Moment, opener: &Opener) -> Result<Snapshot> {
    let tx = conn.transaction()?;
    let last: Option<i64> = match moment {
        Moment::Time(time) => {
            tx.query_row("SELECT max(seq) FROM object_history WHERE at <= ?1", [time], |row| row.get(0))?
        }
        Moment::After(run) => {
            let began: Option<String> =
                tx.query_row("SELECT began FROM runs WHERE id = ?1", [run], |row| row.get(0)).optional()?;
            let began = began.ok_or_else(|| unknown_run(run))?;
            // A run that wrote nothing left what it found.
            let sql = "SELECT coalesce((SELECT max(seq) FROM object_history WHERE run = ?1),
                                       (SELECT max(seq) FROM object_history WHERE at <= ?2))";
            tx.query_row(sql, [run, &began], |row| row.get(0))?
        }
    };
    let lineage: String = tx.query_row("SELECT lineage FROM meta", [], |row| row.get(0))?;
    let mut snapshot = Snapshot { lineage, ..Snapshot::default() };
    let mut statement = tx.prepare(&format!(
        "SELECT {KEY}, {RECORD} FROM object_history WHERE present AND seq IN (
             SELECT max(seq) FROM object_history WHERE seq <= ?1 GROUP BY address, deposed)"
    ))?;
    let mut rows = statement.query([last.unwrap_or(0)])?;
    let mut reader = Reader::default();
    let mut objects = BTreeMap::new();
    while let Some(row) = rows.next()? {
        objects.insert(reader.key(row)?, read_record(&mut reader, row, opener)?);
    }
    snapshot.objects = objects;
    Ok(snapshot)
}

fn prune(conn: &Connection, keep: usize) -> Result<usize> {
    let keep = i64::try_from(keep).unwrap_or(i64::MAX);
    conn.execute_batch("CREATE TEMP TABLE IF NOT EXISTS forgotten (id TEXT PRIMARY KEY); DELETE FROM forgotten")?;
    let forget = format!(
        "INSERT INTO forgotten SELECT id FROM runs
         WHERE id NOT IN (SELECT id FROM runs ORDER BY began DESC, rowid DESC LIMIT ?1)
           AND id NOT IN (SELECT run FROM leases)
           AND id NOT IN (SELECT run FROM operations WHERE ended IS NULL)
           AND id NOT IN (SELECT run FROM {UNFINISHED})"
    );
    let count = conn.execute(&forget, [keep])?;
    // The oldest row that a kept run wrote: of what lies before, the last version of each object is what it found.
    let first: Option<i64> = conn.query_row(
        "SELECT min(seq) FROM object_history WHERE run IN (SELECT id FROM runs) AND run NOT IN (SELECT id FROM forgotten)",
        [],
        |row| row.get(0),
    )?;
    conn.execute("UPDATE object_history SET operation = NULL WHERE run IN (SELECT id FROM forgotten)", [])?;
    conn.execute(
        "DELETE FROM object_history WHERE seq < ?1 AND seq NOT IN (
             SELECT max(seq) FROM object_history WHERE seq < ?1 GROUP BY address, deposed)",
        [first.unwrap_or(i64::MAX)],
    )?;
    conn.execute("DELETE FROM object_history WHERE NOT present AND seq < ?1", [first.unwrap_or(i64::MAX)])?;
    let steps = "DELETE FROM operation_steps WHERE operation IN (
        SELECT id FROM operations WHERE run IN (SELECT id FROM forgotten))";
    conn.execute(steps, [])?;
    conn.execute("DELETE FROM operations WHERE run IN (SELECT id FROM forgotten)", [])?;
    conn.execute("DELETE FROM runs WHERE id IN (SELECT id FROM forgotten)", [])?;
    Ok(count)
}

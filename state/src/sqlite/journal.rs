//! Runs and their operations: written before a call is sent, completed after.

use std::collections::BTreeSet;

use plumb_engine::store::{Intent, ObjectKey, OpenOperation, OperationId, OperationOutcome, Run, RunOutcome};
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

use super::failure::Result;
use super::locks::Origin;
use super::rows::{KEY, KEY_LEN, KeyColumns, Reader, dependencies, json, parse_column, parse_variant, to_i64, variant};
use super::stepped;
use super::vault::{Vault, operation_place, paths, without_sensitive};
use crate::failure::{not_open, run_begun, run_not_begun};

/// The columns of an intent, after those of its object's key.
const INTENT: &str = "run, action, provider, planned, sensitive, dependencies, intent_key, recognition";

/// Records the beginning of a run.
pub(super) fn begin_run(conn: &Connection, run: &Run, at: &str) -> Result<()> {
    let added = conn.execute(
        "INSERT INTO runs (id, command, who, revision, summary, began) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT DO NOTHING",
        params![run.id, run.command, run.who, run.commit, run.summary, at],
    )?;
    if added == 0 { Err(run_begun(&run.id).into()) } else { Ok(()) }
}

/// Records the end of a run.
pub(super) fn end_run(conn: &Connection, run: &str, outcome: &RunOutcome, at: &str) -> Result<()> {
    let changed = conn.execute(
        "UPDATE runs SET ended = ?2, status = ?3, calls = ?4 WHERE id = ?1",
        params![run, at, variant(&outcome.status), to_i64(outcome.calls)?],
    )?;
    if changed == 0 { Err(run_not_begun(run).into()) } else { Ok(()) }
}

/// Records that an operation is about to be sent.
pub(super) fn begin(conn: &Connection, origin: Origin<'_>, intent: &Intent) -> Result<OperationId> {
    let lease = &origin.grant.lease;
    origin.grant.covers(conn, &intent.object)?;
    if !conn.prepare_cached("SELECT 1 FROM runs WHERE id = ?1")?.exists([&lease.run])? {
        return Err(run_not_begun(&lease.run).into());
    }
    let key = KeyColumns::new(&intent.object);
    let place = operation_place(&lease.run, &intent.object, intent.action);
    let (action, planned, sensitive) = (
        variant(&intent.action),
        origin.vault.close(&place, &intent.planned, &intent.sensitive)?,
        json(&intent.sensitive),
    );
    let dependencies = dependencies(&intent.dependencies);
    let (token, recognition) = (intent.key.as_ref().map(variant), intent.recognition.as_ref().map(variant));
    let mut values = key.all().to_vec();
    values.extend::<[&dyn rusqlite::ToSql; 9]>([
        &lease.run,
        &action,
        &intent.provider,
        &planned,
        &sensitive,
        &dependencies,
        &token,
        &recognition,
        &origin.at,
    ]);
    conn.prepare_cached(&format!(
        "INSERT INTO operations ({KEY}, {INTENT}, began)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)"
    ))?
    .execute(params_from_iter(values))?;
    let operation = OperationId(conn.last_insert_rowid());
    if let Some(steps) = &intent.steps {
        stepped::add(conn, operation, steps, origin.at)?;
    }
    Ok(operation)
}

/// Records the id that an operation has made.
pub(super) fn made(conn: &Connection, operation: OperationId, id: &str, at: &str) -> Result<()> {
    let changed = conn
        .prepare_cached("UPDATE operations SET made_id = ?2, made = ?3 WHERE id = ?1 AND ended IS NULL")?
        .execute(params![operation.0, id, at])?;
    if changed == 0 { Err(not_open(operation).into()) } else { Ok(()) }
}

/// Records the end of an operation. Of what was planned the sensitive parts are dropped: nobody needs them any more.
pub(super) fn end(
    conn: &Connection,
    origin: Origin<'_>,
    operation: OperationId,
    outcome: &OperationOutcome,
) -> Result<()> {
    let (word, error) = match outcome {
        OperationOutcome::Done => ("done", None),
        OperationOutcome::Failed(error) => ("failed", Some(error)),
    };
    let changed = conn
        .prepare_cached(
            "UPDATE operations SET ended = ?2, ended_by = ?3, outcome = ?4, error = ?5 WHERE id = ?1 AND ended IS NULL
             RETURNING planned, sensitive",
        )?
        .query_row(params![operation.0, origin.at, origin.grant.lease.run, word, error], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
        })
        .optional()?;
    let Some((planned, sensitive)) = changed else { return Err(not_open(operation).into()) };
    let paths = paths(sensitive)?;
    if !paths.is_empty() {
        let planned = without_sensitive(&planned, &paths)?;
        conn.execute("UPDATE operations SET planned = ?2 WHERE id = ?1", params![operation.0, planned])?;
    }
    Ok(())
}

/// Operations without an end, oldest first.
pub(super) fn open_operations(conn: &Connection, live: &BTreeSet<String>, vault: &Vault) -> Result<Vec<OpenOperation>> {
    let mut statement = conn.prepare_cached(&format!(
        "SELECT {KEY}, {INTENT}, id, made_id, goal FROM operations WHERE ended IS NULL ORDER BY id"
    ))?;
    let mut rows = statement.query([])?;
    let mut reader = Reader::default();
    let mut open = Vec::new();
    while let Some(row) = rows.next()? {
        let object = reader.key(row)?;
        let mut operation = read(&mut reader, object, row)?;
        operation.intent.steps = stepped::of(conn, operation.id, row.get(KEY_LEN + 10)?)?;
        let intent = &mut operation.intent;
        let place = operation_place(&operation.run, &intent.object, intent.action);
        vault.open(&place, &mut intent.planned, &intent.sensitive)?;
        open.push(OpenOperation { running: live.contains(&operation.run), ..operation });
    }
    Ok(open)
}

fn read(reader: &mut Reader, object: ObjectKey, row: &Row<'_>) -> Result<OpenOperation> {
    let at = |offset| KEY_LEN + offset;
    let intent = Intent {
        object,
        action: parse_variant(row, at(1))?,
        provider: row.get(at(2))?,
        planned: parse_column(row, at(3))?,
        sensitive: parse_column(row, at(4))?,
        dependencies: reader.dependencies(row, at(5))?,
        key: optional(row, at(6))?,
        recognition: optional(row, at(7))?,
        steps: None,
    };
    let (run, made) = (row.get(at(0))?, row.get(at(9))?);
    Ok(OpenOperation { id: OperationId(row.get(at(8))?), run, intent, made, running: false })
}

fn optional<T: serde::de::DeserializeOwned>(row: &Row<'_>, index: usize) -> Result<Option<T>> {
    match row.get_ref(index)? {
        rusqlite::types::ValueRef::Null => Ok(None),
        _ => parse_variant(row, index).map(Some),
    }
}

//! The steps of operations: written with the intent, completed one by one, and found again by the next plan.

use std::collections::BTreeMap;

use plumb_engine::provider::{ChangeSteps, PlannedStep};
use plumb_engine::store::{ObjectKey, OperationId, OperationOutcome, StepRecord};
use rusqlite::{Connection, params, params_from_iter};

use super::failure::Result;
use super::rows::{KEY, KEY_LEN, KeyColumns, Reader, from_i64, to_i64};
use crate::failure::{no_step, steps_would_be_lost};

/// Operations with steps that were not done to the end, where nothing else was done to the object since.
pub(super) const UNFINISHED: &str = "operations AS it
    WHERE id IN (SELECT DISTINCT operation FROM operation_steps) AND coalesce(outcome, '') <> 'done'
      AND NOT EXISTS (SELECT 1 FROM operations AS later
                      WHERE later.id > it.id AND later.address = it.address AND later.deposed = it.deposed
                        AND (later.outcome = 'done' OR later.goal IS NOT NULL))";

/// Has the operations of an object whose steps are left follow it to another key, so that the next plan finds them there.
///
/// # Errors
/// Something was done at the other key since, which would hide them.
pub(super) fn relocate(conn: &Connection, from: &ObjectKey, to: &ObjectKey) -> Result<()> {
    let Some(left) = unfinished(conn)?.remove(from) else { return Ok(()) };
    let (source, target) = (KeyColumns::new(from), KeyColumns::new(to));
    let mut values = target.all().to_vec();
    values.extend(source.identity());
    let sql = format!(
        "UPDATE operations SET address = ?1, deposed = ?2, module = ?3, mode = ?4, type = ?5, name = ?6, instance_key = ?7
         WHERE id IN (SELECT id FROM {UNFINISHED} AND address = ?8 AND deposed = ?9)"
    );
    conn.prepare_cached(&sql)?.execute(params_from_iter(values))?;
    if unfinished(conn)?.get(to) == Some(&left) { Ok(()) } else { Err(steps_would_be_lost(from, to).into()) }
}

/// Records the steps of an operation that was just begun. Those that an earlier run has done are recorded as done.
pub(super) fn add(conn: &Connection, operation: OperationId, steps: &ChangeSteps, at: &str) -> Result<()> {
    conn.execute("UPDATE operations SET goal = ?2 WHERE id = ?1", params![operation.0, steps.goal])?;
    let mut put = conn.prepare_cached(
        "INSERT INTO operation_steps (operation, number, id, title, target, expected_seconds, ended, outcome)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    for (index, step) in steps.steps.iter().enumerate() {
        let number = i64::try_from(index + 1).unwrap_or(i64::MAX);
        let (ended, outcome) = if index < steps.done { (Some(at), Some("done")) } else { (None, None) };
        let expected = to_i64(step.expected_seconds)?;
        put.execute(params![operation.0, number, &*step.id, step.title, step.target, expected, ended, outcome])?;
    }
    Ok(())
}

/// Records that a step is about to be done.
pub(super) fn begin(conn: &Connection, operation: OperationId, step: &str, at: &str) -> Result<()> {
    let sql = "UPDATE operation_steps SET began = ?3, ended = NULL, outcome = NULL, error = NULL
               WHERE operation = ?1 AND id = ?2 AND EXISTS (SELECT 1 FROM operations WHERE id = ?1 AND ended IS NULL)";
    let changed = conn.prepare_cached(sql)?.execute(params![operation.0, step, at])?;
    if changed == 0 { Err(no_step(operation, step).into()) } else { Ok(()) }
}

/// Records how a step ended.
pub(super) fn end(
    conn: &Connection,
    operation: OperationId,
    step: &str,
    outcome: &OperationOutcome,
    at: &str,
) -> Result<()> {
    let (word, error) = match outcome {
        OperationOutcome::Done => ("done", None),
        OperationOutcome::Failed(error) => ("failed", Some(error)),
    };
    let sql = "UPDATE operation_steps SET ended = ?3, outcome = ?4, error = ?5
               WHERE operation = ?1 AND id = ?2 AND EXISTS (SELECT 1 FROM operations WHERE id = ?1 AND ended IS NULL)";
    let changed = conn.prepare_cached(sql)?.execute(params![operation.0, step, at, word, error])?;
    if changed == 0 { Err(no_step(operation, step).into()) } else { Ok(()) }
}

/// The steps of an operation that has any.
pub(super) fn of(conn: &Connection, operation: OperationId, goal: Option<String>) -> Result<Option<ChangeSteps>> {
    let Some(goal) = goal else { return Ok(None) };
    let records = records(conn, operation)?;
    let done = records.iter().take_while(|it| it.outcome == Some(OperationOutcome::Done)).count();
    Ok(Some(ChangeSteps { goal, steps: records.into_iter().map(|it| it.step).collect(), done }))
}

/// The steps of an operation with how they ended, in order.
pub(super) fn records(conn: &Connection, operation: OperationId) -> Result<Vec<StepRecord>> {
    let mut statement = conn.prepare_cached(
        "SELECT id, title, target, expected_seconds, began, ended, outcome, error FROM operation_steps
         WHERE operation = ?1 ORDER BY number",
    )?;
    let mut rows = statement.query([operation.0])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let id: String = row.get(0)?;
        let expected_seconds = from_i64(row.get(3)?)?;
        let step = PlannedStep { id: id.into(), title: row.get(1)?, target: row.get(2)?, expected_seconds };
        let outcome = match row.get::<_, Option<String>>(6)?.as_deref() {
            None => None,
            Some("done") => Some(OperationOutcome::Done),
            Some(_) => Some(OperationOutcome::Failed(row.get::<_, Option<String>>(7)?.unwrap_or_default())),
        };
        all.push(StepRecord { step, began: row.get(4)?, ended: row.get(5)?, outcome });
    }
    Ok(all)
}

/// Steps that were begun and not done to the end, of objects to which nothing else was done since.
pub(super) fn unfinished(conn: &Connection) -> Result<BTreeMap<ObjectKey, ChangeSteps>> {
    let mut statement = conn.prepare_cached(&format!("SELECT {KEY}, id, goal FROM {UNFINISHED}"))?;
    let mut rows = statement.query([])?;
    let mut reader = Reader::default();
    let mut all = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let operation = OperationId(row.get(KEY_LEN)?);
        let steps = of(conn, operation, row.get(KEY_LEN + 1)?)?;
        if let Some(steps) = steps.filter(|it| !it.is_done()) {
            all.insert(reader.key(row)?, steps);
        }
    }
    Ok(all)
}

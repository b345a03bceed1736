//! The lock: one lease at a time, told apart by a fencing number that only grows.

use jiff::Timestamp;
use plumb_engine::store::{Lease, LockRequest};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::failure::{Failure, Result};
use super::rows::{from_i64, to_i64};
use crate::failure::{Held, lease_lost};
use crate::options::rfc3339;

/// Takes the lock, if it is free or has expired.
pub(super) fn take(conn: &Connection, request: &LockRequest, now: Timestamp, expires: Timestamp) -> Result<Lease> {
    if let Some(held) = held(conn)? {
        if let Some(refusal) = held.refusal(now) {
            return Err(refusal.into());
        }
        tracing::warn!(run = held.request.run, who = held.request.who, "taking over a lock that has expired");
    }
    let fence: i64 = conn.query_row("UPDATE meta SET fence = fence + 1 RETURNING fence", [], |row| row.get(0))?;
    conn.execute(
        "INSERT OR REPLACE INTO locks (id, run, operation, who, fence, since, expires) VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6)",
        params![request.run, request.operation, request.who, fence, rfc3339(now), rfc3339(expires)],
    )?;
    Ok(Lease { run: request.run.clone(), fence: from_i64(fence)? })
}

/// Fails unless the lease is the one that counts.
pub(super) fn check(conn: &Connection, lease: &Lease) -> Result<()> {
    let mut statement = conn.prepare_cached("SELECT 1 FROM locks WHERE run = ?1 AND fence = ?2")?;
    if statement.exists(params![lease.run, to_i64(lease.fence)?])? { Ok(()) } else { Err(lease_lost(lease).into()) }
}

/// Moves the end of the lease.
pub(super) fn renew(conn: &Connection, lease: &Lease, expires: Timestamp) -> Result<()> {
    check(conn, lease)?;
    conn.execute("UPDATE locks SET expires = ?1", [rfc3339(expires)])?;
    Ok(())
}

/// Frees the lock if the lease is still the one that counts.
pub(super) fn release(conn: &Connection, lease: &Lease) -> Result<()> {
    conn.execute("DELETE FROM locks WHERE run = ?1 AND fence = ?2", params![lease.run, to_i64(lease.fence)?])?;
    Ok(())
}

/// Frees the lock of a run; whether it had it.
pub(super) fn break_lock(conn: &Connection, run: &str) -> Result<bool> {
    Ok(conn.execute("DELETE FROM locks WHERE run = ?1", [run])? > 0)
}

fn held(conn: &Connection) -> Result<Option<Held>> {
    let sql = "SELECT run, operation, who, fence, since, expires FROM locks";
    conn.query_row(sql, [], |row| Ok(read(row))).optional()?.transpose()
}

fn read(row: &Row<'_>) -> Result<Held> {
    Ok(Held {
        request: LockRequest { run: row.get(0)?, operation: row.get(1)?, who: row.get(2)? },
        fence: from_i64(row.get(3)?)?,
        since: moment(&row.get::<_, String>(4)?)?,
        expires: moment(&row.get::<_, String>(5)?)?,
    })
}

fn moment(text: &str) -> Result<Timestamp> {
    text.parse().map_err(|error| Failure::Row(format!("a lock has no readable time: {error}")))
}

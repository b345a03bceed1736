//! Leases of rows, told apart by a fencing number that only grows.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use plumb_engine::addr::Mode;
use plumb_engine::store::{Access, Lease, LockRequest, ObjectKey, OperationId, Row as LeasedRow, Scope};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::failure::{Failure, Result};
use super::rows::{from_i64, to_i64};
use super::vault::Vault;
use crate::failure::{Held, lease_lost, not_covered};
use crate::options::{Options, rfc3339};

/// What a lease that counts allows.
pub(super) struct Grant {
    /// The lease.
    pub lease: Lease,
    whole: bool,
}

/// Who writes, as part of which operation, and when.
#[derive(Clone, Copy)]
pub(super) struct Origin<'a> {
    /// The right to write.
    pub grant: &'a Grant,
    /// What is sealed.
    pub vault: &'a Vault,
    /// The operation, where one does it.
    pub operation: Option<OperationId>,
    /// When, RFC 3339.
    pub at: &'a str,
}

impl Grant {
    /// Fails unless the object may be written. Data is a copy of what anybody may read, and needs no lease.
    pub fn covers(&self, conn: &Connection, key: &ObjectKey) -> Result<()> {
        if self.whole || key.addr.resource.mode == Mode::Data {
            return Ok(());
        }
        self.covers_row(conn, &LeasedRow::instance(&key.addr))
    }

    /// Fails unless the row may be written.
    pub fn covers_row(&self, conn: &Connection, row: &LeasedRow) -> Result<()> {
        let sql = "SELECT 1 FROM leased_rows WHERE row = ?1 AND run = ?2 AND writes";
        if self.whole || conn.prepare_cached(sql)?.exists(params![row.as_str(), self.lease.run])? {
            return Ok(());
        }
        Err(not_covered(row, &self.lease).into())
    }
}

/// Takes all rows that are asked for, or none. What stands in the way and does not count any more is taken over.
pub(super) fn take(conn: &Connection, request: &LockRequest, options: &Options) -> Result<Lease> {
    let now = (options.clock)();
    for (run, rows) in in_the_way(conn, request)? {
        let held = held(conn, &run)?;
        if held.counts(now, options) {
            return Err(held.refusal(rows).into());
        }
        tracing::warn!(run, who = held.request.who, "taking over a lease that does not count any more");
        break_lease(conn, &run)?;
    }
    let fence: i64 = conn.query_row("UPDATE meta SET fence = fence + 1 RETURNING fence", [], |row| row.get(0))?;
    let LockRequest { run, operation, who, pid, process, scope } = request;
    let (since, expires) = (rfc3339(now), rfc3339(options.lease_end(now)));
    let whole = *scope == Scope::Whole;
    conn.execute(
        "INSERT INTO leases (run, operation, who, pid, process, fence, whole, since, expires)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![run, operation, who, pid, process, fence, whole, since, expires],
    )?;
    if let Scope::Rows(rows) = scope {
        let mut insert = conn.prepare_cached("INSERT INTO leased_rows (row, run, writes) VALUES (?1, ?2, ?3)")?;
        for (row, access) in rows {
            insert.execute(params![row.as_str(), run, *access == Access::Write])?;
        }
    }
    Ok(Lease { run: run.clone(), fence: from_i64(fence)? })
}

/// Fails unless the lease still counts for its holder: nobody has taken it over.
pub(super) fn check(conn: &Connection, lease: &Lease) -> Result<Grant> {
    let mut statement = conn.prepare_cached("SELECT whole FROM leases WHERE run = ?1 AND fence = ?2")?;
    let whole = statement.query_row(params![lease.run, to_i64(lease.fence)?], |row| row.get(0)).optional()?;
    match whole {
        Some(whole) => Ok(Grant { lease: lease.clone(), whole }),
        None => Err(lease_lost(lease).into()),
    }
}

/// Moves the end of the lease.
pub(super) fn renew(conn: &Connection, lease: &Lease, expires: Timestamp) -> Result<()> {
    check(conn, lease)?;
    conn.execute("UPDATE leases SET expires = ?1 WHERE run = ?2", params![rfc3339(expires), lease.run])?;
    Ok(())
}

/// Gives the lease back if it still counts.
pub(super) fn release(conn: &Connection, lease: &Lease) -> Result<()> {
    conn.execute("DELETE FROM leases WHERE run = ?1 AND fence = ?2", params![lease.run, to_i64(lease.fence)?])?;
    Ok(())
}

/// Breaks the lease of a run; whether it had one.
pub(super) fn break_lease(conn: &Connection, run: &str) -> Result<bool> {
    Ok(conn.execute("DELETE FROM leases WHERE run = ?1", [run])? > 0)
}

/// Runs whose leases count.
pub(super) fn live_runs(conn: &Connection, options: &Options) -> Result<BTreeSet<String>> {
    let now = (options.clock)();
    let mut live = BTreeSet::new();
    for run in runs(conn, "SELECT run FROM leases", params![])? {
        if held(conn, &run)?.counts(now, options) {
            live.insert(run);
        }
    }
    Ok(live)
}

/// Runs that hold what is asked for, with the rows; none for the whole state.
fn in_the_way(conn: &Connection, request: &LockRequest) -> Result<BTreeMap<String, Vec<LeasedRow>>> {
    let Scope::Rows(rows) = &request.scope else {
        return Ok(runs(conn, "SELECT run FROM leases", params![])?.into_iter().map(|run| (run, Vec::new())).collect());
    };
    let mut found: BTreeMap<String, Vec<LeasedRow>> = BTreeMap::new();
    for (row, access) in rows {
        let sql = "SELECT run FROM leased_rows WHERE row = ?1 AND (writes OR ?2)";
        for run in runs(conn, sql, params![row.as_str(), *access == Access::Write])? {
            found.entry(run).or_default().push(row.clone());
        }
    }
    let sql = "SELECT run FROM leases WHERE whole OR run = ?1";
    found.extend(runs(conn, sql, params![request.run])?.into_iter().map(|run| (run, Vec::new())));
    Ok(found)
}

fn runs(conn: &Connection, sql: &str, values: &[&dyn rusqlite::ToSql]) -> Result<Vec<String>> {
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map(values, |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A lease without its rows.
fn held(conn: &Connection, run: &str) -> Result<Held> {
    let sql = "SELECT run, operation, who, pid, process, fence, since, expires FROM leases WHERE run = ?1";
    conn.prepare_cached(sql)?.query_row([run], |row| Ok(read(row)))?
}

fn read(row: &Row<'_>) -> Result<Held> {
    Ok(Held {
        request: LockRequest {
            run: row.get(0)?,
            operation: row.get(1)?,
            who: row.get(2)?,
            pid: row.get(3)?,
            process: row.get(4)?,
            scope: Scope::Rows(BTreeMap::new()),
        },
        fence: from_i64(row.get(5)?)?,
        since: moment(&row.get::<_, String>(6)?)?,
        expires: moment(&row.get::<_, String>(7)?)?,
    })
}

fn moment(text: &str) -> Result<Timestamp> {
    text.parse().map_err(|error| Failure::Row(format!("a lease has no readable time: {error}")))
}

//! Results of conditions.

use plumb_engine::plan::{CheckResult, CheckStatus};
use rusqlite::{Connection, params};

use super::failure::Result;
use super::rows::{json, parse_column, parse_variant, text, variant};

/// All results, by the address of their block.
pub(super) fn read(conn: &Connection) -> Result<Vec<CheckResult>> {
    let mut statement = conn.prepare_cached("SELECT block, kind, status, instances FROM checks ORDER BY block")?;
    let mut rows = statement.query([])?;
    let mut checks = Vec::new();
    while let Some(row) = rows.next()? {
        checks.push(CheckResult {
            address: text(row, 0)?.to_owned(),
            kind: text(row, 1)?.to_owned(),
            status: parse_variant::<CheckStatus>(row, 2)?,
            instances: parse_column(row, 3)?,
        });
    }
    Ok(checks)
}

/// Replaces all results.
pub(super) fn write(conn: &Connection, checks: &[CheckResult]) -> Result<()> {
    conn.execute("DELETE FROM checks", [])?;
    let mut insert =
        conn.prepare_cached("INSERT INTO checks (block, kind, status, instances) VALUES (?1, ?2, ?3, ?4)")?;
    for check in checks {
        insert.execute(params![check.address, check.kind, variant(&check.status), json(&check.instances)])?;
    }
    Ok(())
}

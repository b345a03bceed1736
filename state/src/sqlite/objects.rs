//! Objects and outputs: the rows that a snapshot is made of.

use std::collections::BTreeMap;
use std::sync::Arc;

use plumb_engine::addr::InstanceAddr;
use plumb_engine::store::{
    ObjectKey, ObjectRecord, ObjectStatus, ObjectWrite, OutputRecord, Row as LeasedRow, Snapshot,
};
use rusqlite::{Connection, Row, params, params_from_iter};

use super::attributes::Opener;
use super::checks;
use super::failure::{Failure, Result};
use super::locks::Origin;
use super::rows::variant;
use super::rows::{KEY, KEY_LEN, KeyColumns, Reader, dependencies, from_i64, json, parse_column, text, to_i64};
use super::stepped;
use super::vault::{Vault, object_place, output_paths, output_place, paths, reseal};
use crate::failure::{move_onto, nothing_to_move};

/// The columns of a record, after those of its key.
pub(super) const RECORD: &str =
    "provider, schema_version, status, attributes, sensitive, dependencies, create_before_destroy, row_version";

/// Everything, in one read transaction.
pub(super) fn snapshot(conn: &mut Connection, vault: &Vault, opener: &Opener) -> Result<Snapshot> {
    let tx = conn.transaction()?;
    let (lineage, serial): (String, i64) =
        tx.query_row("SELECT lineage, serial FROM meta", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let objects = read_objects(&tx, opener, ("true", &[]))?.into_iter().collect();
    let (outputs, checks) = (read_outputs(&tx, vault)?, checks::read(&tx)?);
    let unfinished = stepped::unfinished(&tx)?;
    Ok(Snapshot { lineage, serial: from_i64(serial)?, objects, outputs, checks, unfinished })
}

/// Does writes in order. Whether anything changed.
pub(super) fn apply(conn: &Connection, origin: Origin<'_>, writes: &[ObjectWrite]) -> Result<bool> {
    let mut changed = false;
    for write in writes {
        changed |= match write {
            ObjectWrite::Put(key, record) => put(conn, origin, key, record).map(|()| true)?,
            ObjectWrite::Remove(key) => remove(conn, origin, key)?,
            ObjectWrite::Move(from, to) => relocate(conn, origin, from, to).map(|()| true)?,
        };
    }
    Ok(changed)
}

/// Sets and removes outputs. Whether anything changed.
pub(super) fn write_outputs(
    conn: &Connection,
    origin: Origin<'_>,
    outputs: &BTreeMap<Arc<str>, Option<OutputRecord>>,
) -> Result<bool> {
    let stored = read_outputs(conn, origin.vault)?;
    let mut changed = false;
    for (name, output) in outputs {
        origin.grant.covers_row(conn, &LeasedRow::output(name))?;
        if stored.get(name) == output.as_ref() {
            continue;
        }
        changed = true;
        match output {
            Some(output) => put_output(conn, origin.vault, name, output)?,
            None => {
                conn.prepare_cached("DELETE FROM outputs WHERE name = ?1")?.execute([name])?;
            }
        }
    }
    Ok(changed)
}

fn put_output(conn: &Connection, vault: &Vault, name: &str, output: &OutputRecord) -> Result<()> {
    let value = vault.close(&output_place(name), &output.value, &output_paths(output.sensitive))?;
    conn.prepare_cached("INSERT OR REPLACE INTO outputs (name, value, type, sensitive) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![name, value, json(&output.ty), output.sensitive])?;
    Ok(())
}

/// Replaces everything by a snapshot.
pub(super) fn replace(conn: &Connection, origin: Origin<'_>, snapshot: &Snapshot) -> Result<()> {
    for key in keys(conn)?.into_iter().filter(|key| !snapshot.objects.contains_key(key)) {
        remove(conn, origin, &key)?;
    }
    for (key, record) in &snapshot.objects {
        put(conn, origin, key, record)?;
    }
    conn.execute("DELETE FROM outputs", [])?;
    for (name, output) in &snapshot.outputs {
        put_output(conn, origin.vault, name, output)?;
    }
    checks::write(conn, &snapshot.checks)?;
    let mut update = conn.prepare_cached("UPDATE meta SET lineage = ?1, serial = ?2")?;
    update.execute(params![snapshot.lineage, to_i64(snapshot.serial)?])?;
    Ok(())
}

fn keys(conn: &Connection) -> Result<Vec<ObjectKey>> {
    let mut statement = conn.prepare(&format!("SELECT {KEY} FROM objects"))?;
    let mut rows = statement.query([])?;
    let mut reader = Reader::default();
    let mut keys = Vec::new();
    while let Some(row) = rows.next()? {
        keys.push(reader.key(row)?);
    }
    Ok(keys)
}

/// Counts one more transaction that wrote objects or outputs.
pub(super) fn raise_serial(conn: &Connection) -> Result<()> {
    conn.prepare_cached("UPDATE meta SET serial = serial + 1")?.execute([])?;
    Ok(())
}

/// The objects that a condition of SQL finds.
fn read_objects(
    conn: &Connection,
    opener: &Opener,
    (condition, values): (&str, &[&str]),
) -> Result<Vec<(ObjectKey, ObjectRecord)>> {
    let mut statement = conn.prepare_cached(&format!("SELECT {KEY}, {RECORD} FROM objects WHERE {condition}"))?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut reader = Reader::default();
    let mut objects = Vec::new();
    while let Some(row) = rows.next()? {
        objects.push((reader.key(row)?, read_record(&mut reader, row, opener)?));
    }
    Ok(objects)
}

/// The objects of an instance, in order of their keys.
pub(super) fn of_instance(
    conn: &Connection,
    opener: &Opener,
    addr: &InstanceAddr,
) -> Result<Vec<(ObjectKey, ObjectRecord)>> {
    read_objects(conn, opener, ("address = ?1 ORDER BY deposed", &[&addr.to_string()]))
}

/// The record in the columns after those of the key.
pub(super) fn read_record(reader: &mut Reader, row: &Row<'_>, opener: &Opener) -> Result<ObjectRecord> {
    let at = |offset| KEY_LEN + offset;
    let sensitive = if text(row, at(4))? == "[]" { Vec::new() } else { parse_column(row, at(4))? };
    let (address, deposed, version) = (text(row, 0)?, text(row, 1)?, row.get(at(7))?);
    let place = || object_place(address, deposed, version);
    Ok(ObjectRecord {
        provider: text(row, at(0))?.to_owned(),
        schema_version: from_i64(row.get(at(1))?)?,
        status: status(text(row, at(2))?)?,
        attributes: opener.attributes(text(row, at(3))?, &sensitive, place),
        sensitive,
        dependencies: reader.dependencies(row, at(5))?,
        create_before_destroy: row.get(at(6))?,
        row_version: from_i64(version)?,
    })
}

fn status(name: &str) -> Result<ObjectStatus> {
    match name {
        "ready" => Ok(ObjectStatus::Ready),
        "tainted" => Ok(ObjectStatus::Tainted),
        other => Err(Failure::Row(format!("{other:?} is no status of an object"))),
    }
}

/// All outputs.
pub(super) fn read_outputs(conn: &Connection, vault: &Vault) -> Result<BTreeMap<Arc<str>, OutputRecord>> {
    let mut statement = conn.prepare_cached("SELECT name, value, type, sensitive FROM outputs")?;
    let mut rows = statement.query([])?;
    let mut outputs = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let mut record =
            OutputRecord { value: parse_column(row, 1)?, ty: parse_column(row, 2)?, sensitive: row.get(3)? };
        let name = text(row, 0)?;
        vault.open(&output_place(name), &mut record.value, &output_paths(record.sensitive))?;
        outputs.insert(name.into(), record);
    }
    Ok(outputs)
}

fn put(conn: &Connection, origin: Origin<'_>, key: &ObjectKey, record: &ObjectRecord) -> Result<()> {
    origin.grant.covers(conn, key)?;
    let key = KeyColumns::new(key);
    let schema_version = to_i64(record.schema_version)?;
    let (dependencies, version) = (dependencies(&record.dependencies), next_version(conn)?);
    let place = object_place(&key.address, &key.deposed, version);
    let attributes = origin.vault.close(&place, &*record.attributes.read()?, &record.sensitive)?;
    let (status, sensitive) = (variant(&record.status), json(&record.sensitive));
    let mut values = key.all().to_vec();
    values.extend::<[&dyn rusqlite::ToSql; 9]>([
        &record.provider,
        &schema_version,
        &status,
        &attributes,
        &sensitive,
        &dependencies,
        &record.create_before_destroy,
        &version,
        &origin.at,
    ]);
    conn.prepare_cached(&format!(
        "INSERT INTO objects ({KEY}, {RECORD}, created, updated)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?16)
         ON CONFLICT (address, deposed) DO UPDATE SET
             provider = excluded.provider, schema_version = excluded.schema_version, status = excluded.status,
             attributes = excluded.attributes, sensitive = excluded.sensitive, dependencies = excluded.dependencies,
             create_before_destroy = excluded.create_before_destroy, row_version = excluded.row_version,
             updated = excluded.updated"
    ))?
    .execute(params_from_iter(values))?;
    remember_present(conn, origin, &key)
}

fn remove(conn: &Connection, origin: Origin<'_>, key: &ObjectKey) -> Result<bool> {
    origin.grant.covers(conn, key)?;
    let key = KeyColumns::new(key);
    let removed = conn
        .prepare_cached("DELETE FROM objects WHERE address = ?1 AND deposed = ?2")?
        .execute(params_from_iter(key.identity()))?;
    if removed > 0 {
        remember_absent(conn, origin, &key)?;
    }
    Ok(removed > 0)
}

fn relocate(conn: &Connection, origin: Origin<'_>, from: &ObjectKey, to: &ObjectKey) -> Result<()> {
    origin.grant.covers(conn, from)?;
    origin.grant.covers(conn, to)?;
    let (source, target) = (KeyColumns::new(from), KeyColumns::new(to));
    let mut exists = conn.prepare_cached("SELECT 1 FROM objects WHERE address = ?1 AND deposed = ?2")?;
    if !exists.exists(params_from_iter(source.identity()))? {
        return Err(nothing_to_move(from).into());
    }
    if exists.exists(params_from_iter(target.identity()))? {
        return Err(move_onto(to).into());
    }
    let version = next_version(conn)?;
    let (attributes, sensitive, known): (String, String, i64) = conn
        .prepare_cached("SELECT attributes, sensitive, row_version FROM objects WHERE address = ?1 AND deposed = ?2")?
        .query_row(params_from_iter(source.identity()), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let places = (
        object_place(&source.address, &source.deposed, known),
        object_place(&target.address, &target.deposed, version),
    );
    let vaults = (origin.vault, origin.vault);
    let attributes = match paths(sensitive)? {
        paths if paths.is_empty() => attributes,
        paths => reseal(vaults, (&places.0, &places.1), &attributes, &paths)?,
    };
    let mut values = target.all().to_vec();
    values.push(&attributes);
    values.push(&version);
    values.push(&origin.at);
    values.extend(source.identity());
    conn.prepare_cached(
        "UPDATE objects SET address = ?1, deposed = ?2, module = ?3, mode = ?4, type = ?5, name = ?6,
             instance_key = ?7, attributes = ?8, row_version = ?9, updated = ?10
         WHERE address = ?11 AND deposed = ?12",
    )?
    .execute(params_from_iter(values))?;
    remember_absent(conn, origin, &source)?;
    remember_present(conn, origin, &target)?;
    stepped::relocate(conn, from, to)
}

/// A number that no row had before, so that no plan takes a later row for the one it has read.
fn next_version(conn: &Connection) -> Result<i64> {
    let sql = "UPDATE meta SET row_version = row_version + 1 RETURNING row_version";
    Ok(conn.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

fn remember_present(conn: &Connection, origin: Origin<'_>, key: &KeyColumns) -> Result<()> {
    let [address, deposed] = key.identity();
    conn.prepare_cached(&format!(
        "INSERT INTO object_history (run, operation, at, present, {KEY}, {RECORD})
         SELECT ?1, ?2, ?3, 1, {KEY}, {RECORD} FROM objects WHERE address = ?4 AND deposed = ?5"
    ))?
    .execute(params![origin.grant.lease.run, origin.operation.map(|it| it.0), origin.at, address, deposed])?;
    Ok(())
}

fn remember_absent(conn: &Connection, origin: Origin<'_>, key: &KeyColumns) -> Result<()> {
    let [address, deposed] = key.identity();
    conn.prepare_cached(
        "INSERT INTO object_history (run, operation, at, present, address, deposed) VALUES (?1, ?2, ?3, 0, ?4, ?5)",
    )?
    .execute(params![origin.grant.lease.run, origin.operation.map(|it| it.0), origin.at, address, deposed])?;
    Ok(())
}

//! What of the file is sealed: opened as rows are read, closed as they are written, and sealed anew under another key.

use plumb_engine::store::{ObjectKey, OperationAction};
use plumb_engine::value::Path;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value as Json;

use super::failure::{Failure, Result};
use super::rows::{json, variant};
use crate::options::Options;
use crate::seal::{DataKey, StateKey, Wrapped, hide_parts, open_parts, seal_parts, sealed};

/// The file's key.
#[derive(Clone, Default)]
pub(super) struct Vault {
    key: Option<DataKey>,
    /// How the key is kept, as the file had it when it was opened; `None` when nothing is sealed.
    wrapped: Option<String>,
}

impl Vault {
    /// The vault of a file, with the key of the options.
    pub fn of(conn: &Connection, options: &Options) -> Result<Self> {
        let Some(wrapped) = stored(conn)? else {
            if options.key.is_some() && !options.hide_sealed && !is_new(conn)? {
                let reason = "PLUMB_STATE_KEY is set, but nothing in this state is sealed. Seal it with \"plumb state rekey\" \
                              first, or unset the variable";
                return Err(sealed(reason).into());
            }
            return Ok(Self::default());
        };
        let key = match &options.key {
            Some(key) => match key.unwrap(&parse(&wrapped)?) {
                Ok(key) => Some(key),
                Err(_) if options.hide_sealed => None,
                Err(error) => return Err(error.into()),
            },
            None if options.hide_sealed => None,
            None => {
                let reason = "they are sealed, and PLUMB_STATE_KEY is not set. Set it to the passphrase or the key id that \
                              they were sealed with";
                return Err(sealed(reason).into());
            }
        };
        Ok(Self { key, wrapped: Some(wrapped) })
    }

    /// The vault of a file that is opened for writing: that of a new file is made.
    pub fn for_writing(conn: &Connection, options: &Options) -> Result<Self> {
        if let Some(key) = &options.key
            && stored(conn)?.is_none()
            && is_new(conn)?
        {
            // Of several that open a new file at once, one makes the key of all.
            let (_, wrapped) = key.wrap_new()?;
            conn.execute("INSERT OR IGNORE INTO seal (id, wrapped) VALUES (1, ?1)", [json(&wrapped)])?;
        }
        Self::of(conn, options)
    }

    /// Whether anything sensitive is sealed.
    pub fn is_sealed(&self) -> bool {
        self.wrapped.is_some()
    }

    /// Fails when the file was given another key since it was opened.
    pub fn check(&self, conn: &Connection) -> Result<()> {
        if stored(conn)? == self.wrapped {
            return Ok(());
        }
        Err(sealed("another process has given the state another key. Run the command again").into())
    }

    /// A value as it is stored: sealed at these paths, if anything is sealed.
    pub fn close(&self, place: &str, value: &Json, paths: &[Path]) -> Result<String> {
        if paths.is_empty() || self.wrapped.is_none() {
            return Ok(json(value));
        }
        let Some(key) = &self.key else {
            return Err(sealed("they are sealed, and without PLUMB_STATE_KEY nothing can be added to them").into());
        };
        let mut value = value.clone();
        seal_parts(key, place, &mut value, paths);
        Ok(json(&value))
    }

    /// Opens a stored value; sealed parts without a key become null.
    pub fn open(&self, place: &str, value: &mut Json, paths: &[Path]) -> Result<()> {
        if paths.is_empty() || self.wrapped.is_none() {
            return Ok(());
        }
        let opened = open_parts(self.key.as_ref(), place, value, paths);
        opened.ok_or_else(|| sealed("a value was changed or moved after it was sealed").into())
    }
}

/// The place of an object's sealed values. It has the version, so that no earlier value can be put back.
pub(super) fn object_place(address: &str, deposed: &str, version: i64) -> String {
    format!("object\u{0}{address}\u{0}{deposed}\u{0}{version}")
}

/// The place of an operation's sealed values.
pub(super) fn operation_place(run: &str, object: &ObjectKey, action: OperationAction) -> String {
    format!("operation\u{0}{run}\u{0}{object}\u{0}{}", variant(&action))
}

/// The place of a sensitive output.
pub(super) fn output_place(name: &str) -> String {
    format!("output\u{0}{name}")
}

/// The paths of an output's value that are sealed.
pub(super) fn output_paths(sensitive: bool) -> Vec<Path> {
    if sensitive { vec![Path::root()] } else { Vec::new() }
}

/// Seals everything anew under another key, or opens it for good.
pub(super) fn rekey(conn: &Connection, old: &Vault, key: Option<&StateKey>) -> Result<()> {
    old.check(conn)?;
    if old.wrapped.is_some() && old.key.is_none() {
        return Err(sealed("they are sealed, and the present key is needed to seal them anew").into());
    }
    let new = match key {
        None => Vault::default(),
        Some(key) => {
            let (data, wrapped) = key.wrap_new()?;
            Vault { key: Some(data), wrapped: Some(json(&wrapped)) }
        }
    };
    for (table, columns) in [
        ("objects", "rowid, attributes, sensitive, address, deposed, row_version"),
        ("object_history", "seq, attributes, sensitive, address, deposed, row_version"),
    ] {
        let id = columns.split(',').next().unwrap_or_default();
        let sql = format!("SELECT {columns} FROM {table} WHERE sensitive IS NOT NULL AND sensitive <> '[]'");
        anew(conn, &sql, &format!("UPDATE {table} SET attributes = ?2 WHERE {id} = ?1"), |row, value| {
            let (address, deposed): (String, String) = (row.get(3)?, row.get(4)?);
            let place = object_place(&address, &deposed, row.get(5)?);
            reseal((old, &new), (&place, &place), value, &paths(row.get(2)?)?)
        })?;
    }
    let mut reader = super::rows::Reader::default();
    let sql = format!(
        "SELECT {}, id, planned, sensitive, run, action FROM operations WHERE ended IS NULL AND sensitive <> '[]'",
        super::rows::KEY
    );
    let mut statement = conn.prepare(&sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let object = reader.key(row)?;
        let run: String = row.get(10)?;
        let place = operation_place(&run, &object, super::rows::parse_variant(row, 11)?);
        let value = reseal((old, &new), (&place, &place), &row.get::<_, String>(8)?, &paths(row.get(9)?)?)?;
        conn.execute("UPDATE operations SET planned = ?2 WHERE id = ?1", params![row.get::<_, i64>(7)?, value])?;
    }
    let sql = "SELECT rowid, value, name FROM outputs WHERE sensitive";
    anew(conn, sql, "UPDATE outputs SET value = ?2 WHERE rowid = ?1", |row, value| {
        let place = output_place(&row.get::<_, String>(2)?);
        reseal((old, &new), (&place, &place), value, &output_paths(true))
    })?;
    conn.execute("DELETE FROM seal", [])?;
    if let Some(wrapped) = &new.wrapped {
        conn.execute("INSERT INTO seal (id, wrapped) VALUES (1, ?1)", [wrapped])?;
    }
    Ok(())
}

/// Rewrites the second column of every row that a statement finds; the first is the row's number.
fn anew(
    conn: &Connection,
    select: &str,
    update: &str,
    change: impl Fn(&rusqlite::Row<'_>, &str) -> Result<String>,
) -> Result<()> {
    let mut statement = conn.prepare(select)?;
    let mut update = conn.prepare(update)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let value = change(row, &row.get::<_, String>(1)?)?;
        update.execute(params![row.get::<_, i64>(0)?, value])?;
    }
    Ok(())
}

/// A stored value for another place or under another key.
pub(super) fn reseal(
    (old, new): (&Vault, &Vault),
    (from, to): (&str, &str),
    stored: &str,
    paths: &[Path],
) -> Result<String> {
    let mut value: Json = serde_json::from_str(stored).map_err(|error| Failure::Row(error.to_string()))?;
    if old.wrapped.is_some() && old.key.is_none() && !paths.is_empty() {
        return Err(sealed("they are sealed, and cannot be moved without PLUMB_STATE_KEY").into());
    }
    old.open(from, &mut value, paths)?;
    new.close(to, &value, paths)
}

/// A value of the journal without its sensitive parts.
pub(super) fn without_sensitive(stored: &str, paths: &[Path]) -> Result<String> {
    let mut value: Json = serde_json::from_str(stored).map_err(|error| Failure::Row(error.to_string()))?;
    hide_parts(&mut value, paths);
    Ok(json(&value))
}

/// Paths as a column has them.
pub(super) fn paths(column: String) -> Result<Vec<Path>> {
    serde_json::from_str(&column).map_err(|error| Failure::Row(format!("the paths of sensitive values: {error}")))
}

fn stored(conn: &Connection) -> Result<Option<String>> {
    Ok(conn.prepare_cached("SELECT wrapped FROM seal")?.query_row([], |row| row.get(0)).optional()?)
}

/// Whether nothing was ever written that could hold a sensitive value.
fn is_new(conn: &Connection) -> Result<bool> {
    let sql = "SELECT serial = 0 AND NOT EXISTS (SELECT 1 FROM runs) FROM meta";
    Ok(conn.query_row(sql, [], |row| row.get(0))?)
}

fn parse(wrapped: &str) -> Result<Wrapped> {
    serde_json::from_str(wrapped).map_err(|error| Failure::Row(format!("how the key is kept: {error}")))
}

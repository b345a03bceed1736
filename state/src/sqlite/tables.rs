//! Queries by hand: documented tables in memory, filled from the file, so that a query can neither write nor see a secret
//! and the file's own format may change.

use plumb_engine::store::StoreError;
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, params_from_iter};
use serde_json::Value as Json;

use super::SqliteStore;
use super::failure::Result;
use super::vault::{paths, without_sensitive};
use crate::failure::bad_query;

/// What a query has found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Rows: texts, numbers and nulls.
    pub rows: Vec<Vec<Json>>,
}

/// A table that a query may name.
struct Source {
    name: &'static str,
    /// Its columns with their types.
    columns: &'static str,
    /// The rows in the file. A column `attributes` is followed by the paths of its sensitive parts.
    select: &'static str,
}

const SOURCES: &[Source] = &[
    Source {
        name: "state",
        columns: "lineage TEXT, serial INTEGER, sealed INTEGER",
        select: "SELECT lineage, serial, EXISTS (SELECT 1 FROM seal) FROM meta",
    },
    Source {
        name: "objects",
        columns: "address TEXT, deposed TEXT, module TEXT, mode TEXT, type TEXT, name TEXT, instance_key TEXT, provider TEXT,
            status TEXT, attributes TEXT, sensitive TEXT, dependencies TEXT, created TEXT, updated TEXT",
        select: "SELECT address, nullif(deposed, ''), module, mode, type, name, instance_key, provider,
            status, attributes, sensitive, dependencies, created, updated FROM objects ORDER BY address, deposed",
    },
    Source {
        name: "outputs",
        columns: "name TEXT, value TEXT, type TEXT, sensitive INTEGER",
        select: "SELECT name, iif(sensitive, NULL, value), type, sensitive FROM outputs ORDER BY name",
    },
    Source {
        name: "runs",
        columns: "id TEXT, command TEXT, who TEXT, revision TEXT, summary TEXT, began TEXT, ended TEXT, status TEXT,
            calls INTEGER",
        select: "SELECT id, command, who, revision, summary, began, ended, status, calls FROM runs ORDER BY began",
    },
    Source {
        name: "operations",
        columns: "id INTEGER, run TEXT, address TEXT, deposed TEXT, module TEXT, mode TEXT, type TEXT, name TEXT,
            action TEXT, provider TEXT, began TEXT, ended TEXT, seconds REAL, ended_by TEXT, outcome TEXT, error TEXT,
            object_id TEXT",
        select: "SELECT id, run, address, nullif(deposed, ''), module, mode, type, name, action, provider, began, ended,
            round((julianday(ended) - julianday(began)) * 86400, 3), ended_by, outcome, error, made_id FROM operations ORDER BY id",
    },
    Source {
        name: "steps",
        columns: "operation INTEGER, number INTEGER, id TEXT, title TEXT, target TEXT, expected_seconds INTEGER, began TEXT,
            ended TEXT, outcome TEXT, error TEXT",
        select: "SELECT operation, number, id, title, target, expected_seconds, began, ended, outcome, error
            FROM operation_steps ORDER BY operation, number",
    },
    Source {
        name: "versions",
        columns: "seq INTEGER, run TEXT, operation INTEGER, at TEXT, present INTEGER, address TEXT, deposed TEXT, type TEXT,
            status TEXT, attributes TEXT, sensitive TEXT",
        select: "SELECT seq, run, operation, at, present, address, nullif(deposed, ''), type, status, attributes,
            sensitive FROM object_history ORDER BY seq",
    },
    Source {
        name: "leases",
        columns: "run TEXT, operation TEXT, who TEXT, pid INTEGER, fence INTEGER, since TEXT, expires TEXT, row TEXT,
            access TEXT",
        select: "SELECT leases.run, operation, who, pid, fence, since, expires, row,
            iif(whole OR writes, 'write', 'read') FROM leases LEFT JOIN leased_rows USING (run) ORDER BY fence, row",
    },
];

/// Statements that only read begin with one of these.
const READING: [&str; 4] = ["select", "with", "values", "explain"];

impl SqliteStore {
    /// Answers a query over the tables `state`, `objects`, `outputs`, `runs`, `operations`, `steps`, `versions` and `leases`.
    /// Sensitive values are null in them.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] for a query that cannot be answered; the store cannot be read.
    pub fn query(&self, sql: &str) -> std::result::Result<Table, StoreError> {
        let first = sql.trim_start().split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
        if !READING.contains(&first.to_ascii_lowercase().as_str()) {
            return Err(bad_query("it must be one statement that begins with SELECT, WITH or VALUES"));
        }
        let memory = self.read("reading the state", |conn| {
            let memory = Connection::open_in_memory()?;
            let tx = conn.transaction()?;
            let lower = sql.to_ascii_lowercase();
            for source in SOURCES {
                memory.execute_batch(&format!("CREATE TABLE {} ({})", source.name, source.columns))?;
                // What a query does not name need not be copied.
                if lower.contains(source.name) {
                    fill(&tx, &memory, source)?;
                }
            }
            memory.pragma_update(None, "query_only", true)?;
            Ok(memory)
        })?;
        answer(&memory, sql).map_err(|error| match error {
            rusqlite::Error::MultipleStatement => bad_query("it must be one statement"),
            error => bad_query(&error.to_string()),
        })
    }
}

fn fill(from: &Connection, to: &Connection, source: &Source) -> Result<()> {
    let mut select = from.prepare(source.select)?;
    let count = select.column_count();
    let hidden = select.column_names().position(|name| name == "attributes");
    let marks = vec!["?"; count].join(", ");
    let insert = to.unchecked_transaction()?;
    {
        let mut put = insert.prepare(&format!("INSERT INTO {} VALUES ({marks})", source.name))?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let mut values = (0..count).map(|at| row.get::<_, Value>(at)).collect::<rusqlite::Result<Vec<_>>>()?;
            if let Some(at) = hidden
                && let [Value::Text(attributes), Value::Text(sensitive)] = &values[at..at + 2]
                && sensitive != "[]"
            {
                values[at] = Value::Text(without_sensitive(attributes, &paths(sensitive.clone())?)?);
            }
            put.execute(params_from_iter(values))?;
        }
    }
    insert.commit()?;
    Ok(())
}

fn answer(memory: &Connection, sql: &str) -> rusqlite::Result<Table> {
    let mut statement = memory.prepare(sql)?;
    let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut rows = statement.query([])?;
    let mut table = Table { columns, rows: Vec::new() };
    while let Some(row) = rows.next()? {
        let cells = (0..table.columns.len()).map(|at| Ok(cell(row.get_ref(at)?)));
        table.rows.push(cells.collect::<rusqlite::Result<_>>()?);
    }
    Ok(table)
}

fn cell(value: ValueRef<'_>) -> Json {
    match value {
        ValueRef::Null => Json::Null,
        ValueRef::Integer(number) => number.into(),
        ValueRef::Real(number) => number.into(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned().into(),
        ValueRef::Blob(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into(),
    }
}

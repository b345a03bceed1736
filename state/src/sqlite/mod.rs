//! The store in one SQLite file.

mod attributes;
mod checks;
mod failure;
mod history;
mod journal;
mod locks;
mod migrations;
mod objects;
mod open;
mod rows;
mod stepped;
mod tables;
#[cfg(test)]
mod tests;
mod vault;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use plumb_engine::addr::InstanceAddr;
use plumb_engine::plan::CheckResult;
use plumb_engine::store::{
    Intent, Lease, LockRequest, ObjectKey, ObjectRecord, ObjectWrite, OpenOperation, OperationId, OperationOutcome,
    OutputRecord, Row, Run, RunOutcome, Snapshot, Store, StoreError,
};
use rusqlite::{Connection, TransactionBehavior};

use self::attributes::Opener;
use self::failure::Result as SqlResult;
use self::locks::Origin;
use self::vault::Vault;
use crate::failure::foreign_run;
use crate::options::{Options, rfc3339};
use crate::seal::StateKey;

pub use self::tables::Table;

type Result<T> = std::result::Result<T, StoreError>;

/// A state in one SQLite file. Several processes may use the file at once; each commit is on the disk when the method
/// that made it returns, but for the ids of new objects, which are with the system.
pub struct SqliteStore {
    path: PathBuf,
    options: Options,
    conn: Mutex<Connection>,
    vault: Vault,
    effort: Effort,
}

/// What the commits of a store have cost so far.
#[derive(Default)]
struct Effort {
    commits: AtomicU64,
    micros: AtomicU64,
}

impl Effort {
    fn add(&self, taken: Duration) {
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.micros.fetch_add(u64::try_from(taken.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    fn tell(&self, run: &str) {
        let (commits, micros) = (self.commits.load(Ordering::Relaxed), self.micros.load(Ordering::Relaxed));
        tracing::info!(run, commits, micros, "commits of the state");
    }
}

impl SqliteStore {
    /// Opens a state for writing. Creates it, readable by its owner only, when there is none; the directory must
    /// exist. A file of an earlier version is brought to the present format.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] for a file that is no state or is damaged, [`StoreError::TooNew`] for one of a later
    /// version; both are left as they are. [`StoreError::Storage`] when it cannot be opened.
    pub fn open(path: impl Into<PathBuf>, options: Options) -> Result<Self> {
        let path = path.into();
        let conn = open::writable(&path)?;
        let vault = Vault::for_writing(&conn, &options).map_err(|failure| failure.at(&path, "opening the state"))?;
        Ok(Self { path, options, conn: Mutex::new(conn), vault, effort: Effort::default() })
    }

    /// Opens a state for reading; `None` when there is none. Creates no file, changes nothing in it, and needs no
    /// right to write. Methods that write fail.
    ///
    /// # Errors
    /// As [`SqliteStore::open`].
    pub fn open_existing(path: impl Into<PathBuf>, options: Options) -> Result<Option<Self>> {
        let path = path.into();
        let Some(conn) = open::readable(&path)? else { return Ok(None) };
        let vault = Vault::of(&conn, &options).map_err(|failure| failure.at(&path, "opening the state"))?;
        Ok(Some(Self { path, options, conn: Mutex::new(conn), vault, effort: Effort::default() }))
    }

    /// Whether sensitive values are sealed in the file.
    pub fn is_sealed(&self) -> bool {
        self.vault.is_sealed()
    }

    /// Seals every sensitive value anew with another key, or with none: all or nothing. This store and others that are
    /// open then have an old key, and neither read sealed values nor write any more.
    ///
    /// # Errors
    /// The lease was lost, does not cover the whole state, or the file cannot be written; [`StoreError::Sealed`] when the
    /// present key is missing.
    pub fn rekey(&self, lease: &Lease, key: Option<&StateKey>) -> Result<()> {
        self.fenced(lease, "sealing the state anew", |conn, origin| {
            origin.grant.covers_row(conn, &Row::from_text("the whole state"))?;
            vault::rekey(conn, &self.vault, key)
        })?;
        // What was in clear before must not stay in free pages or in the log.
        self.read("tidying the state", |conn| Ok(conn.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)")?))
    }

    /// A state that no file holds.
    #[cfg(test)]
    pub(crate) fn in_memory(options: Options) -> Self {
        let mut conn = Connection::open_in_memory().unwrap();
        conn.pragma_update(None, "foreign_keys", true).unwrap();
        migrations::migrate(&mut conn, migrations::STEPS).unwrap();
        let vault = Vault::for_writing(&conn, &options).unwrap();
        Self { path: PathBuf::new(), options, conn: Mutex::new(conn), vault, effort: Effort::default() }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The connection. A panic while it was held has rolled its transaction back, so it is fit for use.
    fn conn(&self) -> MutexGuard<'_, Connection> {
        self.conn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn opener(&self) -> Opener {
        Opener::new(&self.vault, &self.path)
    }

    fn now(&self) -> Timestamp {
        (self.options.clock)()
    }

    fn read<T>(&self, action: &str, work: impl FnOnce(&mut Connection) -> SqlResult<T>) -> Result<T> {
        work(&mut self.conn()).map_err(|failure| failure.at(&self.path, action))
    }

    /// One transaction that writes; it takes SQLite's write lock first, so that what it reads stays true.
    fn write<T>(&self, action: &str, work: impl FnOnce(&Connection) -> SqlResult<T>) -> Result<T> {
        let since = Instant::now();
        self.read(action, |conn| commit(conn, work)).inspect(|_| self.effort.add(since.elapsed()))
    }

    /// As [`SqliteStore::write`], and the disk is not waited for: the end of the process loses nothing, the end of the
    /// machine may lose this and nothing else, since the next commit that waits takes it along.
    fn note<T>(&self, action: &str, work: impl FnOnce(&Connection) -> SqlResult<T>) -> Result<T> {
        let since = Instant::now();
        self.read(action, |conn| {
            conn.pragma_update(None, "synchronous", "NORMAL")?;
            let result = commit(conn, work);
            conn.pragma_update(None, "synchronous", "FULL")?;
            result
        })
        .inspect(|_| self.effort.add(since.elapsed()))
    }

    /// One transaction that writes under a lease; `work` is told what it may do and the time.
    fn fenced<T>(
        &self,
        lease: &Lease,
        action: &str,
        work: impl FnOnce(&Connection, Origin<'_>) -> SqlResult<T>,
    ) -> Result<T> {
        self.write(action, |conn| self.under(lease, conn, work))
    }

    fn under<T>(
        &self,
        lease: &Lease,
        conn: &Connection,
        work: impl FnOnce(&Connection, Origin<'_>) -> SqlResult<T>,
    ) -> SqlResult<T> {
        let at = rfc3339(self.now());
        let grant = locks::check(conn, lease)?;
        self.vault.check(conn)?;
        work(conn, Origin { grant: &grant, vault: &self.vault, operation: None, at: &at })
    }
}

fn commit<T>(conn: &mut Connection, work: impl FnOnce(&Connection) -> SqlResult<T>) -> SqlResult<T> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let result = work(&tx)?;
    tx.commit()?;
    Ok(result)
}

impl Store for SqliteStore {
    fn snapshot(&self) -> Result<Snapshot> {
        self.read("reading the state", |conn| objects::snapshot(conn, &self.vault, &self.opener()))
    }

    fn outputs(&self) -> Result<BTreeMap<Arc<str>, OutputRecord>> {
        self.read("reading the state", |conn| objects::read_outputs(conn, &self.vault))
    }

    fn instance(&self, addr: &InstanceAddr) -> Result<Vec<(ObjectKey, ObjectRecord)>> {
        self.read("reading the state", |conn| objects::of_instance(conn, &self.opener(), addr))
    }

    fn lock(&self, request: &LockRequest) -> Result<Lease> {
        self.write("locking the state", |conn| locks::take(conn, request, &self.options))
    }

    fn renew(&self, lease: &Lease) -> Result<()> {
        self.write("renewing the lock", |conn| locks::renew(conn, lease, self.options.lease_end(self.now())))
    }

    fn unlock(&self, lease: &Lease) -> Result<()> {
        self.write("unlocking the state", |conn| locks::release(conn, lease))
    }

    fn force_unlock(&self, run: &str) -> Result<bool> {
        self.write("unlocking the state", |conn| locks::break_lease(conn, run))
    }

    fn begin_run(&self, lease: &Lease, run: &Run) -> Result<()> {
        self.fenced(lease, "recording the run", |conn, origin| {
            if run.id != lease.run {
                return Err(foreign_run(&run.id, lease).into());
            }
            journal::begin_run(conn, run, origin.at)
        })
    }

    fn end_run(&self, lease: &Lease, outcome: &RunOutcome) -> Result<()> {
        self.fenced(lease, "recording the end of the run", |conn, origin| {
            journal::end_run(conn, &lease.run, outcome, origin.at)
        })?;
        self.effort.tell(&lease.run);
        Ok(())
    }

    fn begin_operation(&self, lease: &Lease, intent: &Intent) -> Result<OperationId> {
        self.fenced(lease, "recording an operation", |conn, origin| journal::begin(conn, origin, intent))
    }

    fn operation_made(&self, lease: &Lease, operation: OperationId, id: &str) -> Result<()> {
        // Whoever settles the operation cannot count on the id, since the machine may stop between the answer that tells
        // it and any commit.
        self.note("recording a new object", |conn| {
            self.under(lease, conn, |conn, origin| journal::made(conn, operation, id, origin.at))
        })
    }

    fn begin_step(&self, lease: &Lease, operation: OperationId, step: &str) -> Result<()> {
        self.fenced(lease, "recording a step", |conn, origin| stepped::begin(conn, operation, step, origin.at))
    }

    fn end_step(&self, lease: &Lease, operation: OperationId, step: &str, outcome: &OperationOutcome) -> Result<()> {
        self.fenced(lease, "recording the end of a step", |conn, origin| {
            stepped::end(conn, operation, step, outcome, origin.at)
        })
    }

    fn end_operation(
        &self,
        lease: &Lease,
        operation: OperationId,
        outcome: &OperationOutcome,
        writes: &[ObjectWrite],
    ) -> Result<()> {
        self.fenced(lease, "recording the result of an operation", |conn, origin| {
            journal::end(conn, origin, operation, outcome)?;
            let origin = Origin { operation: Some(operation), ..origin };
            if objects::apply(conn, origin, writes)? { objects::raise_serial(conn) } else { Ok(()) }
        })
    }

    fn open_operations(&self) -> Result<Vec<OpenOperation>> {
        self.read("reading the journal", |conn| {
            let tx = conn.transaction()?;
            let live = locks::live_runs(&tx, &self.options)?;
            journal::open_operations(&tx, &live, &self.vault)
        })
    }

    fn write_objects(&self, lease: &Lease, writes: &[ObjectWrite]) -> Result<()> {
        self.fenced(lease, "writing objects", |conn, origin| {
            if objects::apply(conn, origin, writes)? { objects::raise_serial(conn) } else { Ok(()) }
        })
    }

    fn write_outputs(&self, lease: &Lease, outputs: &BTreeMap<Arc<str>, Option<OutputRecord>>) -> Result<()> {
        self.fenced(lease, "writing outputs", |conn, origin| {
            if objects::write_outputs(conn, origin, outputs)? { objects::raise_serial(conn) } else { Ok(()) }
        })
    }

    fn write_checks(&self, lease: &Lease, checks: &[CheckResult]) -> Result<()> {
        self.fenced(lease, "writing results of checks", |conn, _| checks::write(conn, checks))
    }

    fn replace(&self, lease: &Lease, snapshot: &Snapshot) -> Result<()> {
        self.fenced(lease, "replacing the state", |conn, origin| objects::replace(conn, origin, snapshot))
    }
}

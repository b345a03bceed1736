//! The right to write the state, held for as long as a command runs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use plumb_engine::store::{Lease, LockRequest, Run, RunOutcome, RunStatus, Scope, Store, StoreError};
use plumb_state::{LEASE, SqliteStore};
use tokio::task::JoinHandle;

use crate::process;
use crate::session::Failure;

/// Shortest and longest pause between two attempts to take a lease. They grow while it is waited, and no two are alike,
/// so that those who wait do not ask in step.
const RETRY: (Duration, Duration) = (Duration::from_millis(50), Duration::from_millis(500));

/// A lease that is renewed until it is given back.
pub struct Lock {
    /// The lease.
    pub lease: Lease,
    store: Arc<SqliteStore>,
    renewal: JoinHandle<()>,
}

/// Takes a lease for an operation such as `apply`, waiting for other runs until the deadline.
pub async fn acquire(
    store: &Arc<SqliteStore>,
    operation: &str,
    scope: Scope,
    deadline: Instant,
) -> Result<Lock, Failure> {
    let request = request(operation, scope);
    let mut pause = RETRY.0;
    let lease = loop {
        match store.lock(&request) {
            Err(StoreError::Locked(holder)) if Instant::now() < deadline => {
                tracing::info!(run = holder.run, who = holder.who, held = holder.held(), "waiting for another run");
                let left = deadline.saturating_duration_since(Instant::now());
                tokio::time::sleep(jittered(pause).min(left)).await;
                pause = (pause * 2).min(RETRY.1);
            }
            result => break result?,
        }
    };
    let renewal = tokio::spawn(renew(store.clone(), lease.clone()));
    Ok(Lock { lease, store: store.clone(), renewal })
}

/// What this process asks a store for.
pub fn request(operation: &str, scope: Scope) -> LockRequest {
    LockRequest {
        run: uuid::Uuid::new_v4().to_string(),
        operation: operation.into(),
        who: who(),
        pid: std::process::id(),
        process: process::identity(),
        scope,
    }
}

/// Between half of a pause and all of it.
fn jittered(pause: Duration) -> Duration {
    let drawn = (uuid::Uuid::new_v4().as_u128() % 1024) as u32;
    pause / 2 + pause * drawn / 2048
}

impl Lock {
    /// Records a run that is done in one go, so that its writes have an author.
    pub fn begin(&self, command: &str, summary: &str) -> Result<(), Failure> {
        let (command, summary) = (command.to_owned(), summary.to_owned());
        let run = Run { id: self.lease.run.clone(), command, who: who(), commit: None, summary };
        self.store.begin_run(&self.lease, &run)?;
        let outcome = RunOutcome { status: RunStatus::Succeeded, calls: 0 };
        Ok(self.store.end_run(&self.lease, &outcome)?)
    }

    /// Gives the lease back.
    pub fn release(self) -> Result<(), Failure> {
        self.renewal.abort();
        Ok(self.store.unlock(&self.lease)?)
    }
}

impl Drop for Lock {
    /// A lease that was not given back, because the command failed, ends by itself.
    fn drop(&mut self) {
        self.renewal.abort();
    }
}

async fn renew(store: Arc<SqliteStore>, lease: Lease) {
    let mut clock = tokio::time::interval(LEASE / 3);
    clock.tick().await;
    loop {
        clock.tick().await;
        // A lost lease shows at the next write, which is refused.
        if let Err(error) = store.renew(&lease) {
            tracing::warn!(%error, "the lease was not renewed");
            if matches!(error, StoreError::LeaseLost { .. }) {
                return;
            }
        }
    }
}

/// `user@host`.
pub fn who() -> String {
    let variable = |names: &[&str]| names.iter().find_map(|name| std::env::var(name).ok()).filter(|it| !it.is_empty());
    let user = variable(&["USER", "LOGNAME", "USERNAME"]).or_else(account).unwrap_or_else(|| "unknown".into());
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").ok().map(|it| it.trim().to_owned());
    let host = host.or_else(|| variable(&["HOSTNAME", "COMPUTERNAME"])).unwrap_or_else(|| "localhost".into());
    format!("{user}@{host}")
}

/// The account that the process runs as: services often have no variable for it.
fn account() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let user = status.lines().find_map(|line| line.strip_prefix("Uid:"))?.split_whitespace().next()?.to_owned();
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == user).then(|| name.to_owned())
    });
    Some(name.unwrap_or(user))
}

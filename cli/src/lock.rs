//! The right to write the state, held for as long as a command runs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use plumb_engine::store::{Lease, LockRequest, Store, StoreError};
use plumb_state::{LEASE, SqliteStore};
use tokio::task::JoinHandle;

use crate::args::LockOptions;
use crate::session::Failure;

/// Pause between two attempts to take the lock.
const RETRY: Duration = Duration::from_millis(500);

/// A lease that is renewed until it is given back.
pub struct Lock {
    /// The lease.
    pub lease: Lease,
    store: Arc<SqliteStore>,
    renewal: JoinHandle<()>,
}

/// Takes the lock for an operation such as `apply`, waiting for another run as long as the options allow.
pub async fn acquire(store: &Arc<SqliteStore>, operation: &str, options: &LockOptions) -> Result<Lock, Failure> {
    let request = LockRequest { run: uuid::Uuid::new_v4().to_string(), operation: operation.into(), who: who() };
    let deadline = Instant::now() + options.lock_timeout;
    let lease = loop {
        match store.lock(&request) {
            Err(StoreError::Locked { .. }) if Instant::now() < deadline => tokio::time::sleep(RETRY).await,
            result => break result?,
        }
    };
    let renewal = tokio::spawn(renew(store.clone(), lease.clone()));
    Ok(Lock { lease, store: store.clone(), renewal })
}

impl Lock {
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
    let user = variable(&["USER", "LOGNAME", "USERNAME"]).unwrap_or_else(|| "unknown".into());
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").ok().map(|it| it.trim().to_owned());
    let host = host.or_else(|| variable(&["HOSTNAME", "COMPUTERNAME"])).unwrap_or_else(|| "localhost".into());
    format!("{user}@{host}")
}

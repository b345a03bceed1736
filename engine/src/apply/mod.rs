//! Applying a plan: operations in order, each written down before it is sent and after it is done.

mod begin;
mod conditions;
mod connect;
mod ephemerals;
mod executor;
mod late;
mod marks;
mod outputs;
mod prepare;
mod provision;
mod record;
mod recover;
mod rows;
mod seed;
mod steps;
mod variables;

pub use connect::connect;
pub use recover::{RecoverRequest, recover};
pub use rows::{check_fresh, read_set, rows};
pub use variables::values as final_variables;

pub use crate::plan::walk::provider_error;

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::watch;

use crate::config::{Config, Variables};
use crate::diagnostic::Diagnostics;
use crate::eval::Settings;
use crate::events::Events;
use crate::plan::{CheckResult, Counts, Plan};
use crate::provider::Providers;
use crate::store::{Lease, OutputRecord, RunStatus, Snapshot, Store};

/// What an apply works on.
pub struct ApplyRequest<'a> {
    /// The configuration that the plan was made from.
    pub config: &'a Config,
    /// Variables as given from outside: those that the plan does not hold because they are ephemeral.
    pub variables: &'a Variables,
    /// The plan.
    pub plan: &'a Plan,
    /// Where the state is.
    pub store: &'a dyn Store,
    /// The state under the lease, as [`check_fresh`] has returned it.
    pub snapshot: &'a Snapshot,
    /// The right to write it.
    pub lease: &'a Lease,
    /// Providers by source address.
    pub providers: &'a Providers,
    /// Who is told of operations.
    pub events: &'a dyn Events,
    /// What expressions may know of the outside; `now` is set.
    pub settings: Settings,
    /// Operations at one time; at least 1.
    pub parallelism: usize,
    /// Whether a person wants it to stop.
    pub stop: watch::Receiver<Stop>,
}

/// Whether a person wants an apply to stop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    /// No.
    #[default]
    Go,
    /// Start nothing new, and wait for what runs.
    Gently,
    /// Do not wait; everything stays recoverable from the journal.
    Now,
}

/// How an apply ended.
pub struct ApplyOutcome {
    /// How it ended.
    pub status: RunStatus,
    /// Operations that were done.
    pub done: Counts,
    /// Errors and warnings.
    pub diagnostics: Diagnostics,
    /// Results of the conditions, by the address of their block.
    pub checks: Vec<CheckResult>,
    /// Outputs of the root module as they are now.
    pub outputs: BTreeMap<Arc<str>, OutputRecord>,
    /// API calls that were sent, by provider source.
    pub calls: BTreeMap<Arc<str>, u64>,
}

/// Applies a plan.
///
/// The plan is obeyed: which objects change, how and in which order was decided when it was made. What was unknown
/// then becomes known from the recorded results of earlier operations.
pub async fn run(request: ApplyRequest<'_>) -> ApplyOutcome {
    let mut executor = match executor::Executor::new(&request) {
        Ok(executor) => executor,
        Err(diagnostics) => {
            return ApplyOutcome {
                status: RunStatus::Failed,
                checks: Vec::new(),
                done: Counts::default(),
                diagnostics,
                outputs: BTreeMap::new(),
                calls: BTreeMap::new(),
            };
        }
    };
    executor.run().await;
    executor.finish()
}
